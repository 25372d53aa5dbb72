// SPDX-License-Identifier: GPL-3.0-or-later
/* Curves of largest eigenvalues: the grid and every second of it; drawn networks of either statistics against the same networks drawn one by one; units that cancel. */
#include "assay_test.h"

#include <assay/base/memory.h>
#include <assay/experiment/fisher_curves.h>
#include <assay/numerics/linear.h>
#include <math.h>

enum { INPUTS = 5, SAMPLES = 8, NETWORKS = 3 };

TEST(every_second_gamma_of_a_geometric_grid)
{
    for (int points = 2; points <= 7; points++) {
        struct fisher_curve grid, first, last;

        fisher_curve_grid(&grid, points, 0.1, 10);
        CHECK_RELATIVE(grid.gamma[0], 0.1, 1e-15);
        CHECK_RELATIVE(grid.gamma[points - 1], 10, 1e-14);
        first = last = grid;
        fisher_curve_thin(&first, false);
        fisher_curve_thin(&last, true);
        CHECK_INT(first.points, (points + 1) / 2);
        CHECK_INT(last.points, (points + 1) / 2);
        CHECK_SAME(first.gamma[0], grid.gamma[0]);
        CHECK_SAME(last.gamma[last.points - 1], grid.gamma[points - 1]);
        CHECK_SAME(last.gamma[0], grid.gamma[(points - 1) % 2]);
    }
}

/* ## Drawn networks
 * What a claim's run measured, and one eigenvalue and mean of it recomputed at one gamma from networks of their own. */
static enum fisher_curve_kind kind;
static struct fisher_curve_numbers in_units, bare;
static double largest, bound;

static double width(const struct feedforward_model *model, enum fisher_curve_kind of, double gamma, void *context)
{
    (void)of;
    return *(double *)context * (model->layer[1].outputs + gamma);
}

static double one(const struct feedforward_model *model, enum fisher_curve_kind of, double gamma, void *context)
{
    (void)model;
    (void)of;
    (void)gamma;
    (void)context;
    return 1;
}

static void recompute(struct claim *claim, const struct fisher_curve *curve, uint32_t sample)
{
    struct feedforward_model model = curve->model;
    struct feedforward network;
    struct feedforward_pass pass;
    struct stream inputs = stream_open(claim_key(claim) + 1, 0, sample);
    enum statistics statistics = kind == CURVE_LIVE ? STATISTICS_LIVE : STATISTICS_FROZEN;
    double X[SAMPLES * INPUTS], F[SAMPLES * SAMPLES], eigenvalue[SAMPLES];

    model.batchnorm = kind != CURVE_VANILLA;
    model.gamma = curve->gamma[1];
    CHECK_INT(feedforward_new(&network, &model, claim_stream(claim, 0, sample)), STATUS_OK);
    CHECK_INT(feedforward_pass_new(&pass, &network, SAMPLES), STATUS_OK);
    stream_normals(&inputs, SAMPLES * INPUTS, X);
    feedforward_forward(&network, &pass, X);
    CHECK_INT(fisher_dual(&network, &pass, statistics, FISHER_ALL, 1, F), STATUS_OK);
    CHECK_INT(linear_symmetric_eigen(SAMPLES, F, eigenvalue, NULL), STATUS_OK);
    largest += eigenvalue[SAMPLES - 1] / NETWORKS;
    bound += fisher_means_of(SAMPLES, F).all / NETWORKS;
    feedforward_pass_free(&pass);
    feedforward_free(&network);
}

static void run(struct claim *claim)
{
    struct fisher_curve curve = {.kind = kind, .samples = SAMPLES, .networks = NETWORKS};
    double factor = 3;

    feedforward_model_dense(&curve.model, INPUTS, 3, 6, 1, 1, 2, 0.5);
    fisher_curve_grid(&curve, 3, 0.2, 5);
    fisher_curve_measure(claim, 0, &curve, one, NULL, &bare);
    fisher_curve_measure(claim, 0, &curve, width, &factor, &in_units);
    largest = bound = 0;
    for (uint32_t sample = 0; sample < NETWORKS; sample++) {
        recompute(claim, &curve, sample);
    }
    fisher_curve_columns(claim);
    fisher_curve_row(claim, "one", 1, exact(2), 0.5);
    check_equal(claim, "nothing", exact(1), exact(1));
}

static void run_claim(enum fisher_curve_kind of)
{
    struct claim_spec spec = {
        .parameters = {integer("n", "nothing", 1, 1, 2)}, .faults = {{"none", "nothing", "nothing"}}, .run = run};
    char *argv[] = {"claim", "--quiet", "--out", (char *)test_directory(), NULL};

    kind = of;
    CHECK_INT(claim_main_of(4, argv, &spec, "figures/paper/curves.c", "/* # Curves, tried */\n"), 0);
}

TEST(numbers_are_means_over_networks_and_units_cancel)
{
    static const enum fisher_curve_kind kinds[] = {CURVE_VANILLA, CURVE_FROZEN, CURVE_LIVE};

    for (int i = 0; i < 3; i++) {
        run_claim(kinds[i]);
        int k = kinds[i] == CURVE_VANILLA ? 0 : 1; // the middle of the grid is gamma = 1, where networks are drawn

        CHECK_RELATIVE(bare.largest[k].x, largest, kinds[i] == CURVE_LIVE ? 1e-2 : 1e-11);
        CHECK_RELATIVE(in_units.largest[k].x, bare.largest[k].x, 1e-13);
        CHECK_RELATIVE(in_units.bound[k].x, bare.bound[k].x, 1e-12);
        CHECK_AT_LEAST(bare.bound[k].err[FINITE_SIZE], 1e-6);
        if (kinds[i] == CURVE_LIVE) {
            CHECK_RELATIVE(bare.bound[k].x, bound, 1e-11);
        }
        if (kinds[i] == CURVE_FROZEN) {
            CHECK_AT_LEAST(bare.others[k].x, 0.1);
        }
    }
}
