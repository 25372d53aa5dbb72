/* # Figure 2a: deep relu networks send all inputs into a narrow cone
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 4.1, figure 2a. For relu without bias the gap
 * $1-\rho_L$ of two inputs falls with the depth $L$, up to $L=512$. Red: pairs in networks of finite width. Black: infinite width. Green: the
 * largest gap that gradient descent on the two inputs finds in one network. Blue: the bound (4.1) on $1-\rho_{\max}$,
 *
 * $$\sqrt{\frac{16\pi}{\pi-2}}\;\frac{\sqrt{1+a^2}}{1-a}\;\frac1{\sqrt L}.$$
 *
 * $L$ counts non-linear layers; the embedding stands before them. The text doesn't say which pairs it samples: here antipodal, orthogonal and
 * close ones go through the same weights.
 *
 * **Checked.** The geometric mean over networks against the infinite-width map, for each kind of pair at each depth. Theory, and the
 * geometric mean over networks of what searches find, against the bound. That the gap shrinks with every layer. `--set a=` takes other slopes of leaky relu.
 * **Tolerance.** Gaps of deep networks scatter like a log-normal law, so logarithms are averaged. Standard error over networks, widened for their small
 * number. The bias of finite width is linear in $L/N$ in the logarithm (near $-1.5\,L/N$ for relu) and is measured by halving the width, with its own standard error.
 * The map is iterated in $1-\rho$, $8$ ulp a layer. Deeper than $8N$ layers the gaps of narrow networks are lost in rounding, and not compared.
 * **Could miss.** At $L=512$ anything below a factor of ten or so: there finite width decides. The search is local, and in narrow
 * networks: it shows that pairs exist, never that there are no others.
 * **Found.** Holds. The search finds pairs several times further apart than any fixed pair (at $L=16$ a gap near $0.5$ against $0.08$): the
 * black curve is the limit for a fixed pair, not for the worst one. The bound, slack by more than a factor of two at every depth, stays above both. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/correlation_map.h>
#include <assay/network/input_descent.h>
#include <assay/random/haar.h>
#include <float.h>
#include <math.h>

enum { PAIRS = 3, COMPARED = 8 }; // networks are compared to a depth of 8 N

static const double rho_0[PAIRS] = {-1, 0, 0.9};
static const char *const pair_name[PAIRS] = {"rho_0 = -1", "rho_0 = 0", "rho_0 = 0.9"};

struct figure {
    struct activation phi;
    int L, width, steps;
};

/* ## Red: three pairs in one network
 * The outputs are the logarithms of the gaps after $0$ to $L$ non-linear layers. */
static enum status draw_pairs(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct figure *figure = context;
    int N = figure->width, depth = figure->L + 1;
    struct layernorm_layer *layer = memory_new((size_t)depth, sizeof *layer);
    double *X = memory_doubles(2 * PAIRS * (size_t)N), *gap = memory_doubles(PAIRS * (size_t)(depth + 1));
    enum status status = layernorm_layers(depth, N, figure->phi.name, 1, 0, layer);

    (void)sample;
    for (int i = 0; status == STATUS_OK && i < PAIRS; i++) {
        double *x = X + (size_t)(2 * i * N);

        status = sphere_pair(stream, N, sqrt(N), rho_0[i], x, x + N);
    }
    if (status == STATUS_OK) {
        status = layernorm_propagate(&(struct layernorm_network){N, depth, layer}, *stream, 2 * PAIRS, X, 0, NULL,
                                     propagation_record_gaps, gap);
    }
    for (int i = 0; i < PAIRS * depth; i++) {
        out[i] = log(gap[PAIRS + i]);
    }
    memory_free(layer);
    memory_free(X);
    memory_free(gap);
    return status;
}

/* ## Green: descent on the data
 * At each depth $1,2,4,\dots$ of one network the search starts from a new antipodal pair. */
static enum status search_pairs(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct figure *figure = context;
    int N = figure->width, depth = figure->L + 1;
    struct layernorm_layer *layer = memory_new((size_t)depth, sizeof *layer);
    struct layernorm_model model = {.parameter = NULL};
    double *X = memory_doubles(2 * (size_t)N);
    enum status status = layernorm_layers(depth, N, figure->phi.name, 1, 0, layer);

    (void)sample;
    if (status == STATUS_OK) {
        status = layernorm_model_new(&model, &(struct layernorm_network){N, depth, layer}, *stream);
    }
    stream->draw += layernorm_offset(&model.network, depth + 1);
    for (int l = 1; status == STATUS_OK && l <= figure->L; l *= 2) {
        struct layernorm_model part = layernorm_part(&model, 1, l + 1);
        struct input_descent found = {.gap = NAN};

        status = sphere_pair(stream, N, sqrt(N), -1, X, X + N);
        if (status == STATUS_OK) {
            status = input_descent(&part, X, figure->steps, &found);
        }
        *out++ = log(found.gap);
    }
    layernorm_model_free(&model);
    memory_free(layer);
    memory_free(X);
    return status;
}

/* ## Black and blue
 * The map without bias, applied $L$ times to each pair's gap: gap[l * PAIRS + i]. Antipodal inputs stay the least correlated pair. */
static double bound_at(double a, int L)
{
    return sqrt(16 * M_PI / (M_PI - 2)) * sqrt(1 + a * a) / (1 - a) / sqrt(L);
}

static struct value claimed_bound(struct claim *claim, double a, int L)
{
    double bound = bound_at(a, L);

    if (claim_fault(claim, "upside_down")) {
        bound *= (M_PI - 2) / (16 * M_PI);
    }
    return rounded(claim_fault(claim, "no_constant") ? bound / sqrt(16 * M_PI / (M_PI - 2)) : bound, 8);
}

static void follow(struct claim *claim, double a, int L, double gap[])
{
    struct activation phi;
    struct correlation_map map;

    claim_need(claim, activation_with("lrelu:", a, &phi));
    claim_need(claim, correlation_map_layer(&map, &phi, 0));
    for (int i = 0; i < PAIRS; i++) {
        gap[i] = 1 - rho_0[i];
    }
    for (int l = 1; l <= L; l++) {
        double *above = gap + (ptrdiff_t)l * PAIRS, *below = above - PAIRS;

        for (int i = 0; i < PAIRS; i++) {
            above[i] = correlation_map_gap(&map, below[i]);
        }
        struct value lost = value_sub(rounded(below[0], 8.0 * l), rounded(above[0], 8.0 * l));

        claim_case(claim, "a = %g, L = %d", a, l);
        check_at_most(claim, "bound", rounded(above[0], 8.0 * l), claimed_bound(claim, a, l));
        check_shape(claim, "shrinks", claim_fault(claim, "widens") ? value_scale(-1, lost) : lost, below[0]);
    }
}

/* ## Points beside theory
 * Depths $2^{k/2}$; the search has every second one. */
static int depth_at(int k)
{
    return (int)lround(exp2(k / 2.0));
}

static void sample_pairs(struct claim *claim, const struct figure *figure, uint32_t stream, size_t networks,
                         const double gap[], struct moments wide[])
{
    struct figure narrow = *figure;
    size_t outputs = PAIRS * (size_t)(figure->L + 1);
    struct moments *half = memory_new(outputs, sizeof *half);
    struct ensemble ensemble = claim_ensemble(claim, stream, networks, outputs, draw_pairs, figure);

    claim_need(claim, ensemble_moments(&ensemble, wide));
    narrow.width /= 2;
    ensemble = claim_ensemble(claim, stream + 1, 2 * networks, outputs, draw_pairs, &narrow);
    claim_need(claim, ensemble_moments(&ensemble, half));
    for (int k = 0; depth_at(k) <= figure->L && depth_at(k) <= COMPARED * figure->width; k++) {
        for (int i = 0; i < PAIRS; i++) {
            int l = depth_at(k), at = l * PAIRS + i, used = claim_fault(claim, "one_layer_less") ? at - PAIRS : at;
            struct value theory = rounded(gap[used], 8.0 * l), network = moments_limit(wide[at], half[at]);

            claim_case(claim, "%s, L = %d, N = %d", pair_name[i], l, figure->width);
            check_zero(claim, "networks", value_sub(network, value_through(theory, log(theory.x), 1 / theory.x)), 1);
        }
    }
    memory_free(half);
}

/* What searches find in one network, in the mean: single networks of finite width may go beyond the bound of infinite ones. */
static void search(struct claim *claim, const struct figure *figure, uint32_t stream, size_t networks,
                   struct moments found[])
{
    struct figure narrow = *figure;
    size_t outputs = (size_t)ilogb(figure->L) + 1;
    struct moments half[32];
    struct ensemble ensemble = claim_ensemble(claim, stream, networks, outputs, search_pairs, figure);

    claim_need(claim, ensemble_moments(&ensemble, found));
    narrow.width /= 2;
    ensemble = claim_ensemble(claim, stream + 1, networks, outputs, search_pairs, &narrow);
    claim_need(claim, ensemble_moments(&ensemble, half));
    for (int l = 1, k = 0; l <= figure->L && l <= COMPARED * figure->width; l *= 2, k++) {
        struct value widest = value_with(moments_limit(found[k], half[k]), 8.0 * l * DBL_EPSILON, ROUNDING);

        claim_case(claim, "%s, L = %d, width %d", figure->phi.name, l, figure->width);
        check_at_most(claim, "searched", value_through(widest, exp(widest.x), exp(widest.x)),
                      claimed_bound(claim, figure->phi.parameter, l));
    }
}

static void tabulate(struct claim *claim, double a, int L, const double gap[], const struct moments wide[],
                     const struct moments found[])
{
    claim_labels(claim, "series");
    claim_column(claim, "L", EXACT, "a grid");
    claim_column(claim, "theory", RELATIVE(1e-10), "iterated in 1 - rho: rounding grows by a few ulp a layer");
    claim_column(claim, "bound", RELATIVE(1e-14), "a closed form of a few roundings");
    claim_column(claim, "log_network", SIGMAS(0.1), "the same draws: only BLAS rounding differs");
    claim_column(claim, "log_network_err", RELATIVE(0.05), "a standard error");
    claim_column(claim, "log_found", (struct tolerance){TOLERANCE_SIGMAS, 2, true},
                 "descent over kinks amplifies rounding");
    claim_column(claim, "log_found_err", (struct tolerance){TOLERANCE_RELATIVE, 0.8, true}, "as log_found");
    for (int i = 0; i < PAIRS; i++) {
        for (int k = 0; depth_at(k) <= L; k++) {
            int l = depth_at(k), at = l * PAIRS + i;
            bool searched = i == 0 && k % 2 == 0;
            struct value network = moments_mean(wide[at]), best = searched ? moments_mean(found[k / 2]) : exact(NAN);

            claim_row(claim, pair_name[i], l, gap[at], bound_at(a, l), BOTH(network), best.x,
                      searched ? value_error(best) : NAN);
        }
    }
}

/* Two small experiments are always made, because they resolve what the large ones may not: many shallow networks for the map, a search in
 * shallow relu networks for the constant of the bound. */
static void draw_figure(struct claim *claim)
{
    double a = claim_real(claim, "a");
    int L = (int)claim_integer(claim, "L");
    size_t outputs = PAIRS * (size_t)((L > 4 ? L : 4) + 1);
    struct figure many = {.L = L < 4 ? L : 4, .width = 128}, wide = {.L = L, .width = (int)claim_integer(claim, "N")};
    struct figure shallow = {.L = 16, .width = 64, .steps = 30};
    struct figure deep = {.L = L, .width = (int)claim_integer(claim, "M"), .steps = (int)claim_integer(claim, "steps")};
    struct moments *network = memory_new(outputs, sizeof *network), found[32];
    double *gap = memory_doubles(outputs);

    claim_need(claim, activation_find("relu", &shallow.phi));
    claim_need(claim, activation_with("lrelu:", a, &deep.phi));
    many.phi = wide.phi = deep.phi;
    follow(claim, 0, 1, gap);
    follow(claim, a, L, gap);
    sample_pairs(claim, &many, 0, 256, gap, network);
    sample_pairs(claim, &wide, 2, (size_t)claim_integer(claim, "networks"), gap, network);
    search(claim, &shallow, 4, 16, found);
    search(claim, &deep, 6, (size_t)claim_integer(claim, "searches"), found);
    tabulate(claim, a, L, gap, network, found);
    memory_free(network);
    memory_free(gap);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {real("a", "negative slope of leaky relu", 0, 0, 0.999),
                           integer_by_scale("L", "depth: number of non-linear layers", 128, 512, 512, 1, 2048),
                           integer_by_scale("N", "width of the networks", 64, 512, 1024, 64, 16384),
                           integer_by_scale("M", "width of the networks searched", 64, 96, 256, 64, 1024),
                           integer_by_scale("steps", "steps of each search", 30, 50, 1000, 1, 100000),
                           integer_by_scale("networks", "how many are drawn; twice as many at half the width", 48, 8,
                                            50, 2, 100000),
                           integer_by_scale("searches", "how many networks are searched", 4, 4, 20, 4, 100000)},
            .faults = {{"one_layer_less", "the map applied once too few", "networks"},
                       {"widens", "the gap's change from layer to layer with the wrong sign", "shrinks"},
                       {"upside_down", "the bound with the fraction under the root inverted", "bound searched"},
                       {"no_constant", "the bound without its constant", "searched"}},
            .scaled = "Searches in networks of width 96, pairs in networks of width 512: the paper names no width for "
                      "this figure, and 1024 for figure 1.",
            .run = draw_figure,
        }));
}
