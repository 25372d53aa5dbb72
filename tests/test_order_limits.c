// SPDX-License-Identifier: GPL-3.0-or-later
/* Order parameters in the limit: a small claim measures networks, and is compared with recursions site by site; geometries that do not fit are refused. */
#include "assay_test.h"

#include <assay/experiment/order_limits.h>
#include <math.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static const char source[] = "/* # Order limits, tried */\n";

static struct order_parameters drawn[ORDER_LAYERS + 1], sites[ORDER_LAYERS + 1], averaged[ORDER_LAYERS + 1];
static bool batchnorm, pooled;

static void measure(struct claim *claim)
{
    struct convolutions net = convolutions_read(claim, batchnorm);

    net.pooled = pooled;
    net.gradients = true;
    convolutions_measure(claim, 0, &net, drawn);
    convolutions_maps(claim, &net, sites);
    struct order_network network = convolutions_averaged(claim, &net);
    convolutions_predict(claim, &network, averaged);
    claim_column(claim, "l", EXACT, "a grid");
    drawn_columns(claim, "drawn");
    claim_row(claim, NULL, 1, BOTH(drawn[1].z.same));
    check_equal(claim, "z", sites[1].z.same, drawn[1].z.same);
}

static int run(const char *setting)
{
    const struct claim_spec spec = {
        .parameters = {CONVOLUTIONS_LIKE(8, 8, 6, 30, 3, 2, 16, 20, 20, 20), real("gamma", "gamma", 1, 0.1, 10)},
        .run = measure};
    char *argv[] = {"claim", "--quiet",       "--scale", "smoke", "--out", (char *)test_directory(),
                    "--set", (char *)setting, NULL};

    return claim_main_of(8, argv, &spec, "paper_checks/paper/order_limits.c", source);
}

static void check_near(struct value a, struct value b)
{
    CHECK_ABSOLUTE(a.x, b.x, value_tolerance(a, b, 4.5));
    CHECK(value_ok(a));
}

static void check_layers(const struct order_parameters theory[])
{
    for (int l = 1; l <= 3; l++) {
        for (int i = 0; i < 2; i++) {
            check_near(order_triple_get(&drawn[l].z, i), order_triple_get(&theory[l].z, i));
            check_near(order_triple_get(&drawn[l].delta, i), order_triple_get(&theory[l].delta, i));
        }
        check_near(drawn[l].f, theory[l].f);
    }
    CHECK_TEXT(order_triple_name[2], "across");
    CHECK_SAME(order_triple_get(&drawn[1].z, 2).x, drawn[1].z.across.x);
}

TEST(networks_meet_recursions_site_by_site)
{
    batchnorm = pooled = false;
    CHECK_INT(run("padding=0"), 0);
    check_layers(sites);
    check_layers(averaged);
    CHECK_INT(run("padding=1"), 0);
    check_layers(sites);
}

TEST(normalised_networks_too)
{
    batchnorm = true;
    pooled = false;
    CHECK_INT(run("padding=0"), 0);
    check_layers(averaged);
    CHECK_AT_MOST(drawn[2].delta.same.err[FINITE_SIZE], 0.3 * drawn[2].delta.same.x);
}

TEST(a_pooled_output_correlates_sites)
{
    batchnorm = false;
    pooled = true;
    CHECK_INT(run("side=12"), 0);
    check_layers(averaged);
    check_near(drawn[2].delta.across, averaged[2].delta.across);
    CHECK_AT_LEAST(drawn[2].delta.across.x, 0.3);
}

/* The exit code of a program of its own. */
static int code_of(const char *setting)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        fclose(stderr);
        _exit(run(setting));
    }
    waitpid(child, &status, 0);
    return WEXITSTATUS(status);
}

TEST(what_does_not_fit_is_refused)
{
    batchnorm = pooled = false;
    CHECK_INT(code_of("side=2"), 2);
    CHECK_INT(code_of("kernel=1"), 2);
    CHECK_INT(code_of("padding=4"), 2);
}
