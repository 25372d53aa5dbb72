/* # Figure 2b: the straighter the activation, the less a network of given depth shrinks
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 4.1, figure 2b. Leaky relu networks of $L=256$ layers
 * without bias, negative slopes $0\le a\le1$. Red: pairs in networks of finite width. Black: infinite width. Green: the largest gap that gradient
 * descent on the two inputs finds. Blue: the bound (4.1) on $1-\rho_{\max}$,
 *
 * $$\sqrt{\frac{16\pi}{\pi-2}}\;\frac{\sqrt{1+a^2}}{1-a}\;\frac1{\sqrt L}.$$
 *
 * $\rho_{\max}$ is the largest over layers, so $1-\rho_{\max}$ is the least over layers. At $a=1$ the network is linear, the gap stays what it
 * was, and the bound says nothing.
 *
 * **Checked.** The geometric mean over networks against the infinite-width map, for antipodal and orthogonal inputs, at the depths
 * $L, L/2, L/4,\dots$ Theory, and the geometric mean over networks of what searches find, against the bound. That the gap grows with $a$.
 * **Tolerance.** Logarithms are averaged: gaps of deep networks scatter like a log-normal law. Standard error over networks, widened for their small
 * number; the bias of finite width, linear in $L/N$, by halving the width, with its own standard error. The map is iterated in $1-\rho$, $8$ ulp a layer. All slopes share
 * the networks' weights, so the points of one curve move together. Deeper than $8N$ layers gaps are lost in rounding, and not compared.
 * **Could miss.** At $L=256$ anything below a factor of five or so. The search is local and in narrow networks.
 * **Found.** Holds; the bound says something (less than $2$) up to $a=0.7$. It is slack by a factor of five or more for fixed pairs, and by
 * more than two for pairs found by search, whose gap is $1.5$ at $a=0.6$, $L=32$, width $64$, where the bound is $3.4$. Now and then a search in one narrow
 * network goes beyond the bound: it is one of infinite width. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/correlation_map.h>
#include <assay/network/input_descent.h>
#include <assay/random/haar.h>
#include <float.h>
#include <math.h>

enum { PAIRS = 2, DEPTHS = 11, COMPARED = 8 }; // networks are compared to a depth of 8 N

static const double rho_0[PAIRS] = {-1, 0};
static const char *const pair_name[PAIRS] = {"rho_0 = -1", "rho_0 = 0"};

struct figure {
    int L, width, slopes, steps;
};

static double slope_at(const struct figure *figure, int i)
{
    return (double)i / (figure->slopes - 1);
}

/* $L, L/2, L/4,\dots$, down to $1$; L < 2^DEPTHS. */
static int depths(int L)
{
    return ilogb(L) + 1;
}

/* ## One set of weights, all slopes
 * The weights are kept, only the activation changes. */
static enum status draw_weights(const struct figure *figure, struct stream stream, struct layernorm_layer layer[],
                                struct layernorm_model *model)
{
    enum status status = layernorm_layers(figure->L + 1, figure->width, "relu", 1, 0, layer);

    *model = (struct layernorm_model){.parameter = NULL};
    return status != STATUS_OK
               ? status
               : layernorm_model_new(model, &(struct layernorm_network){figure->width, figure->L + 1, layer}, stream);
}

static enum status set_slope(const struct figure *figure, double a, struct layernorm_layer layer[])
{
    enum status status = STATUS_OK;

    for (int l = 1; status == STATUS_OK && l <= figure->L; l++) {
        status = activation_with("lrelu:", a, &layer[l].phi);
    }
    return status;
}

/* ## Red: two pairs
 * out[(i * DEPTHS + k) * PAIRS + p]: the logarithm of the gap for slope i, depth $L/2^k$, pair p. */
static enum status draw_pairs(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct figure *figure = context;
    int N = figure->width, L = figure->L;
    struct layernorm_layer *layer = memory_new((size_t)L + 1, sizeof *layer);
    struct layernorm_model model;
    double *X = memory_doubles(2 * PAIRS * (size_t)N), *gap = memory_doubles(PAIRS * (size_t)(L + 2));
    enum status status = draw_weights(figure, *stream, layer, &model);

    (void)sample;
    stream->draw += layernorm_offset(&model.network, L + 2);
    for (int p = 0; status == STATUS_OK && p < PAIRS; p++) {
        double *x = X + (size_t)(2 * p * N);

        status = sphere_pair(stream, N, sqrt(N), rho_0[p], x, x + N);
    }
    for (int i = 0; status == STATUS_OK && i < figure->slopes; i++) {
        status = set_slope(figure, slope_at(figure, i), layer);
        if (status == STATUS_OK) {
            status = layernorm_model_propagate(&model, 2 * PAIRS, X, 0, NULL, propagation_record_gaps, gap);
        }
        for (int k = 0; k < depths(L); k++) {
            for (int p = 0; p < PAIRS; p++) {
                out[(i * DEPTHS + k) * PAIRS + p] = log(gap[((L >> k) + 1) * PAIRS + p]);
            }
        }
    }
    layernorm_model_free(&model);
    memory_free(layer);
    memory_free(X);
    memory_free(gap);
    return status;
}

/* ## Green: descent on the data, from antipodal inputs, at every second slope */
static enum status search_pairs(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct figure *figure = context;
    int N = figure->width;
    struct layernorm_layer *layer = memory_new((size_t)figure->L + 1, sizeof *layer);
    struct layernorm_model model;
    double *X = memory_doubles(2 * (size_t)N);
    enum status status = draw_weights(figure, *stream, layer, &model);

    (void)sample;
    stream->draw += layernorm_offset(&model.network, figure->L + 2);
    for (int i = 0; status == STATUS_OK && i < figure->slopes; i += 2) {
        struct input_descent found = {.gap = NAN};

        status = set_slope(figure, slope_at(figure, i), layer);
        if (status == STATUS_OK) {
            status = sphere_pair(stream, N, sqrt(N), -1, X, X + N);
        }
        if (status == STATUS_OK) {
            status = input_descent(&model, X, figure->steps, &found);
        }
        out[i / 2] = log(found.gap);
    }
    layernorm_model_free(&model);
    memory_free(layer);
    memory_free(X);
    return status;
}

/* ## Black and blue */
static double bound_at(double a, int L)
{
    return sqrt(16 * M_PI / (M_PI - 2)) * sqrt(1 + a * a) / (1 - a) / sqrt(L);
}

static struct value claimed_bound(struct claim *claim, double a, int L)
{
    double bound = bound_at(a, L);

    return rounded(claim_fault(claim, "one_plus_a") ? bound * (1 - a) / (1 + a) : bound, 8);
}

/* $1-\rho_l$ in infinite width, from $1-\rho_0$ given, with its rounding; and the least over layers of it. */
static struct value follow(struct claim *claim, double a, double gap, int layers, double *least)
{
    struct activation phi;
    struct correlation_map map;

    claim_need(claim, activation_with("lrelu:", a, &phi));
    claim_need(claim, correlation_map_layer(&map, &phi, 0));
    *least = gap;
    for (int l = 1; l <= layers; l++) {
        gap = correlation_map_gap(&map, gap);
        *least = fmin(*least, gap);
    }
    return rounded(gap, 8.0 * (layers + 1));
}

/* Both sides at one slope; returns $1-\rho_{\max}$. */
static double judge_theory(struct claim *claim, const struct figure *figure, double a, double below)
{
    double least;
    struct value last = follow(claim, a, 2, figure->L, &least);

    claim_case(claim, "a = %g", a);
    if (a < 1) {
        check_at_most(claim, "bound", rounded(least, 8.0 * figure->L), claimed_bound(claim, a, figure->L));
    }
    if (a > 0) {
        struct value rise = value_sub(last, rounded(below, 8.0 * figure->L));

        check_shape(claim, "grows", claim_fault(claim, "falls") ? value_scale(-1, rise) : rise, last.x);
    }
    return least;
}

/* ## Points beside theory */
static void compare_pairs(struct claim *claim, const struct figure *figure, double a, const struct moments wide[],
                          const struct moments half[])
{
    for (int k = 0; k < depths(figure->L); k++) {
        for (int p = 0; p < PAIRS; p++) {
            double least;
            int l = figure->L >> k, at = k * PAIRS + p;
            struct value theory =
                follow(claim, a, 1 - rho_0[p], claim_fault(claim, "one_layer_less") ? l - 1 : l, &least);
            struct value network = value_with(moments_limit(wide[at], half[at]), 1e-15 * l, ROUNDING);

            claim_case(claim, "a = %g, %s, L = %d", a, pair_name[p], l);
            if (l <= COMPARED * figure->width) {
                check_zero(claim, "networks", value_sub(network, value_through(theory, log(theory.x), 1 / theory.x)),
                           1);
            }
        }
    }
}

/* What searches find in one network, in the mean: single networks of finite width may go beyond the bound of infinite ones. */
static void search(struct claim *claim, const struct figure *figure, uint32_t stream, size_t networks,
                   struct moments found[])
{
    struct figure narrow = *figure;
    size_t outputs = (size_t)figure->slopes / 2 + 1;
    struct moments *half = memory_new(outputs, sizeof *half);
    struct ensemble ensemble = claim_ensemble(claim, stream, networks, outputs, search_pairs, figure);

    claim_need(claim, ensemble_moments(&ensemble, found));
    narrow.width /= 2;
    ensemble = claim_ensemble(claim, stream + 1, networks, outputs, search_pairs, &narrow);
    claim_need(claim, ensemble_moments(&ensemble, half));
    for (int i = 0; i < figure->slopes - 1 && figure->L <= COMPARED * figure->width; i += 2) {
        double a = slope_at(figure, i);
        struct value widest =
            value_with(moments_limit(found[i / 2], half[i / 2]), 8 * figure->L * DBL_EPSILON, ROUNDING);

        claim_case(claim, "a = %g, L = %d, width %d", a, figure->L, figure->width);
        check_at_most(claim, "searched", value_through(widest, exp(widest.x), exp(widest.x)),
                      claimed_bound(claim, a, figure->L));
    }
    memory_free(half);
}

static void declare_table(struct claim *claim)
{
    struct tolerance none_at_one = {TOLERANCE_RELATIVE, 1e-14, true};

    claim_labels(claim, "series");
    claim_column(claim, "a", EXACT, "a grid");
    claim_column(claim, "theory", RELATIVE(1e-10), "iterated in 1 - rho: rounding grows by a few ulp a layer");
    claim_column(claim, "bound", none_at_one, "a closed form of a few roundings; nan where it says nothing");
    claim_column(claim, "log_network", ABSOLUTE(0.05), "the same draws: only BLAS rounding differs");
    claim_column(claim, "log_network_err", ABSOLUTE(0.05), "a standard error; rounding alone at a = 1");
    claim_column(claim, "log_found", (struct tolerance){TOLERANCE_SIGMAS, 2, true},
                 "descent over kinks amplifies rounding");
    claim_column(claim, "log_found_err", (struct tolerance){TOLERANCE_RELATIVE, 0.8, true}, "as log_found");
}

static void tabulate(struct claim *claim, const struct figure *figure, int p, const double theory[],
                     const struct moments wide[], const struct moments found[])
{
    for (int i = 0; i < figure->slopes; i++) {
        double a = slope_at(figure, i), least;
        bool searched = p == 0 && i % 2 == 0;
        struct value network = moments_mean(wide[i * DEPTHS * PAIRS + p]),
                     best = searched ? moments_mean(found[i / 2]) : exact(NAN);

        claim_row(claim, pair_name[p], a, p == 0 ? theory[i] : follow(claim, a, 1 - rho_0[p], figure->L, &least).x,
                  a < 1 ? bound_at(a, figure->L) : NAN, BOTH(network), best.x, searched ? value_error(best) : NAN);
    }
}

/* A small search is always made: where the bound is far off, it is what the bound's constant is held against. */
static void draw_figure(struct claim *claim)
{
    struct figure wide = {.L = (int)claim_integer(claim, "L"), .width = (int)claim_integer(claim, "N")};
    wide.slopes = (int)claim_integer(claim, "slopes");
    wide.steps = (int)claim_integer(claim, "steps");
    struct figure half = wide, narrow = wide;
    size_t networks = (size_t)claim_integer(claim, "networks"), outputs = (size_t)wide.slopes * DEPTHS * PAIRS;
    struct moments *at_wide = memory_new(3 * outputs, sizeof *at_wide), *at_half = at_wide + outputs,
                   *found = at_half + outputs;
    double *theory = memory_doubles((size_t)wide.slopes);

    half.width /= 2;
    narrow.width = (int)claim_integer(claim, "M");
    struct ensemble ensemble = claim_ensemble(claim, 0, networks, outputs, draw_pairs, &wide);
    claim_need(claim, ensemble_moments(&ensemble, at_wide));
    ensemble = claim_ensemble(claim, 1, 2 * networks, outputs, draw_pairs, &half);
    claim_need(claim, ensemble_moments(&ensemble, at_half));
    search(claim, &(struct figure){.L = 32, .width = 64, .slopes = 11, .steps = 20}, 2, 16, found);
    search(claim, &narrow, 4, (size_t)claim_integer(claim, "searches"), found);

    for (int i = 0; i < wide.slopes; i++) {
        double a = slope_at(&wide, i);

        theory[i] = judge_theory(claim, &wide, a, i > 0 ? theory[i - 1] : 0);
        compare_pairs(claim, &wide, a, at_wide + i * DEPTHS * PAIRS, at_half + i * DEPTHS * PAIRS);
    }
    declare_table(claim);
    for (int p = 0; p < PAIRS; p++) {
        tabulate(claim, &wide, p, theory, at_wide, found);
    }
    memory_free(at_wide);
    memory_free(theory);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer_by_scale("L", "depth: number of non-linear layers", 64, 256, 256, 1, 1024),
                           integer_by_scale("N", "width of the networks", 64, 256, 512, 64, 2048),
                           integer_by_scale("M", "width of the networks searched", 64, 96, 128, 64, 1024),
                           integer("slopes", "how many slopes from 0 to 1", 11, 11, 1001),
                           integer_by_scale("steps", "steps of each search", 10, 20, 1000, 1, 100000),
                           integer_by_scale("networks", "how many are drawn; twice as many at half the width", 24, 12,
                                            50, 4, 100000),
                           integer_by_scale("searches", "how many networks are searched", 4, 4, 20, 4, 100000)},
            .faults = {{"one_layer_less", "the map applied once too few", "networks"},
                       {"falls", "the gap's change with the slope with the wrong sign", "grows"},
                       {"one_plus_a", "the bound with 1 + a in place of 1 - a", "bound searched"}},
            .scaled = "Pairs in networks of width 256, searches in networks of width 96: the paper names no width for "
                      "this figure, and 1024 for figure 1.",
            .run = draw_figure,
        }));
}
