/* # Equations 113 to 127: what becomes of means over sites on the way down
 *
 * Mean-Field Analysis of Batch Normalization (2019), section 6.2.1, equations 113 to 127: the last steps of claim 6.4. A window hands its gradient to each of its taps, $\delta^l_\alpha\propto\sum_{\delta\in F}W_\delta\,\delta^{l+1}_{\alpha-\delta}$, and (114) to (118) take it that a mean over
 * $\alpha$ of $|\delta^{l+1}_{\alpha-\delta}|^2$ is the mean over sites of layer $l+1$. For pairs of sites
 *
 * $$\sum_{\delta\in F}\sum_{\alpha\ne\beta}\langle\delta^{l+1}_{\alpha-\delta}(x),\delta^{l+1}_{\beta-\delta}(y)\rangle=|F|\sum_{\alpha\ne\beta}\langle\delta^{l+1}_\alpha(x),\delta^{l+1}_\beta(y)\rangle,$$
 *
 * $\alpha$ and $\beta$ in $K_{l+1}$ (119) to (122); and it is assumed (123), (124) that the mean of $\langle\delta^{l+1}_\alpha(x),\delta^{l+1}_\beta(y)\rangle$ over pairs of $K_l$ is that over pairs of $K_{l+1}$.
 *
 * **Checked.** The sums in whole numbers, on maps that wrap around, that windows stay inside of, that have a border of zeros, with strides. Then the recursions (116), (118), (127) in normalised networks (frozen statistics) with a read-out that sums over sites, so that different
 * sites have something to do with each other, at strides 1 and 2. The denominator is the variance $s^2$, not the printed $q^l$ (`eq_42_43_conv_batchnorm_backward`).
 * **Tolerance.** None in whole numbers. For networks standard errors, and a bias in $1/C$, $1/m$ and one over the inputs' channels, measured at half and a quarter of the size.
 * **Could miss.** In networks errors below some twenty percent.
 * **Found.** (119) to (122) hold in $K_{l+1}$ only on maps that wrap around. What the recursion needs is the left side over $K_l$, the sites that gradients arrive at; so it holds wherever windows stay inside the map, at every stride. Hence sums over
 * sites, and over pairs of sites, are handed down, not means. (123) has $\delta^{l+1}$ at sites of $K_l$; it is 0 where no window is, and the assumption is a contradiction unless the numbers of sites are the same. The recursions gain $|K_{l+1}|/|K_l|$, and for different
 * sites $\frac{|K_{l+1}|(|K_{l+1}|-1)}{|K_l|(|K_l|-1)}$. The right side of (118) lacks the index $xy$; in (114) and (115) $\delta^l$ stands for $\delta^{l+1}$, in (121) $K_l$ once for $K_{l+1}$. */
#include <assay/base/memory.h>
#include <assay/experiment/order_limits.h>
#include <math.h>

enum border { WRAPS, INSIDE, ZEROS, BORDERS };

static const char *const border_name[BORDERS] = {"wraps", "inside", "zeros"};

/* ## Windows on a map
 * side x side sites below, windows x windows above. Where a window's tap lies, along one axis: -1 outside. */
enum { CHANNELS = 2 };

struct geometry {
    int side, kernel, stride, windows;
    enum border border;
};

static struct geometry geometry_of(enum border border, int side, int kernel, int stride)
{
    int room = border == WRAPS ? side - 1 : border == ZEROS ? side + 2 * (kernel / 2) - kernel : side - kernel;

    return (struct geometry){side, kernel, stride, room / stride + 1, border};
}

static int along(const struct geometry *g, int window, int tap)
{
    int at = window * g->stride + tap - (g->border == ZEROS ? g->kernel / 2 : 0);

    return g->border == WRAPS ? at % g->side : at < g->side ? at : -1;
}

static int site_of(const struct geometry *g, int window, int tap)
{
    int row = along(g, window / g->windows, tap / g->kernel), column = along(g, window % g->windows, tap % g->kernel);

    return row < 0 || column < 0 ? -1 : row * g->side + column;
}

/* delta_(alpha - tap) for all alpha of K_l: each window's delta at the site that its tap sees, 0 elsewhere. */
static void place_below(const struct geometry *g, const long delta[], int tap, long map[])
{
    for (int i = 0; i < g->side * g->side * CHANNELS; i++) {
        map[i] = 0;
    }
    for (int window = 0; window < g->windows * g->windows; window++) {
        int site = site_of(g, window, tap);

        for (int i = 0; i < CHANNELS && site >= 0; i++) {
            map[site * CHANNELS + i] = delta[window * CHANNELS + i];
        }
    }
}

/* The same for alpha of K_(l+1), as printed: indices of windows less those of taps, around the map if it wraps. */
static void place_above(const struct geometry *g, const long delta[], int tap, long map[])
{
    int n = g->windows, centre = g->border == ZEROS ? g->kernel / 2 : 0;

    for (int alpha = 0; alpha < n * n; alpha++) {
        int row = alpha / n - tap / g->kernel + centre, column = alpha % n - tap % g->kernel + centre;

        if (g->border == WRAPS) {
            row = (row + n * g->kernel) % n;
            column = (column + n * g->kernel) % n;
        }
        bool is_window = row >= 0 && row < n && column >= 0 && column < n;
        for (int i = 0; i < CHANNELS; i++) {
            map[alpha * CHANNELS + i] = is_window ? delta[(row * n + column) * CHANNELS + i] : 0;
        }
    }
}

/* ## Sums over sites and over pairs of different sites */
static long product(const long x[], const long y[], int a, int b)
{
    long sum = 0;

    for (int i = 0; i < CHANNELS; i++) {
        sum += x[a * CHANNELS + i] * y[b * CHANNELS + i];
    }
    return sum;
}

struct sums {
    double site, pairs;
};

static struct sums sums_of(int sites, const long x[], const long y[])
{
    long site = 0, pairs = 0;

    for (int a = 0; a < sites; a++) {
        for (int b = 0; b < sites; b++) {
            *(a == b ? &site : &pairs) += product(x, y, a, b);
        }
    }
    return (struct sums){(double)site, (double)pairs};
}

typedef void place_function(const struct geometry *g, const long delta[], int tap, long map[]);

/* The left side, over as many sites as `place` fills. */
static struct sums over_taps(const struct geometry *g, int sites, place_function *place, const long x[], const long y[])
{
    size_t numbers = (size_t)sites * CHANNELS;
    long *at_x = memory_new(numbers, sizeof *at_x), *at_y = memory_new(numbers, sizeof *at_y);
    struct sums sum = {0, 0};

    for (int tap = 0; tap < g->kernel * g->kernel; tap++) {
        place(g, x, tap, at_x);
        place(g, y, tap, at_y);
        struct sums of_tap = sums_of(sites, at_x, at_y);
        sum.site += of_tap.site;
        sum.pairs += of_tap.pairs;
    }
    memory_free(at_x);
    memory_free(at_y);
    return sum;
}

/* The right side with |F| replaced by the number of taps that both windows have inside the map. */
static double counted(const struct geometry *g, const long x[], const long y[])
{
    double sum = 0;

    for (int a = 0; a < g->windows * g->windows; a++) {
        for (int b = 0; b < g->windows * g->windows; b++) {
            int taps = 0;

            for (int tap = 0; tap < g->kernel * g->kernel; tap++) {
                taps += site_of(g, a, tap) >= 0 && site_of(g, b, tap) >= 0;
            }
            sum += a == b ? 0 : (double)taps * (double)product(x, y, a, b);
        }
    }
    return sum;
}

/* ## Identities on one map */
static void whole_numbers(struct claim *claim, const struct geometry *g, const long x[], const long y[])
{
    int sites = g->side * g->side, windows = g->windows * g->windows, taps = g->kernel * g->kernel;
    long *start_x = memory_new((size_t)sites * CHANNELS, sizeof *start_x),
         *start_y = memory_new((size_t)sites * CHANNELS, sizeof *start_y);
    struct sums above = sums_of(windows, x, y), below = over_taps(g, sites, place_below, x, y),
                printed = over_taps(g, windows, place_above, x, y);
    double right = (taps - (claim_fault(claim, "tap_forgotten") ? 1 : 0)) * above.pairs;
    double pairs_below = (double)sites * (sites - 1), pairs_above = (double)windows * (windows - 1);

    check_equal(claim, "pairs counted", exact(counted(g, x, y)),
                exact(below.pairs + (claim_fault(claim, "equal_sites_kept") ? below.site : 0)));
    if (g->border != ZEROS) {
        check_equal(claim, "pairs below", exact(right), exact(below.pairs));
        check_equal(claim, "sites below", exact(taps * above.site),
                    exact(below.site + (claim_fault(claim, "equal_sites_kept") ? below.pairs : 0)));
    }
    if (g->border == WRAPS) {
        check_equal(claim, "pairs, wraps", exact(right), exact(printed.pairs));
    } else {
        check_differs(claim, "pairs as printed", exact(right), exact(printed.pairs));
    }
    place_below(g, x, (taps - 1) / 2, start_x); // a tap that is inside the map for every window
    place_below(g, y, (taps - 1) / 2, start_y);
    struct value mean_below = rounded(sums_of(sites, start_x, start_y).pairs / pairs_below, 2),
                 mean_above = rounded(above.pairs / pairs_above, 2);
    if (sites != windows) {
        double ratio = claim_fault(claim, "sites_for_pairs") ? (double)windows / sites : pairs_above / pairs_below;

        check_differs(claim, "124 as printed", mean_above, mean_below);
        check_equal(claim, "124 by pairs", value_mul(rounded(ratio, 1), mean_above), mean_below);
    }
    claim_row(claim, border_name[g->border], g->stride, sites, windows, pairs_above / pairs_below,
              below.pairs / pairs_below / taps / mean_above.x, 0);
    memory_free(start_x);
    memory_free(start_y);
}

static void maps(struct claim *claim)
{
    int kernel = 3, most = (int)claim_integer(claim, "side");

    for (int border = 0; border < BORDERS; border++) {
        for (int stride = 1; stride <= 3; stride++) {
            for (int side = kernel + stride; side <= most; side++) {
                struct geometry g = geometry_of((enum border)border, side, kernel, stride);
                struct stream stream = claim_stream(claim, 900, (uint32_t)(border * 100 + stride * 1000 + side));
                size_t numbers = (size_t)(g.windows * g.windows * CHANNELS);
                long *x = memory_new(numbers, sizeof *x), *y = memory_new(numbers, sizeof *y);

                for (size_t i = 0; i < numbers; i++) {
                    x[i] = 1 + (long)stream_below(&stream, 1000);
                    y[i] = 1 + (long)stream_below(&stream, 1000);
                }
                claim_case(claim, "%s, side %d, stride %d", border_name[border], side, stride);
                whole_numbers(claim, &g, x, y);
                memory_free(x);
                memory_free(y);
            }
        }
    }
}

/* ## The recursions, in networks
 * $\tilde q^l$, $\tilde q^l_{xy}$, $\tilde q^l_{\alpha\beta,xy}$ from those of the layer above, at $s^2$ of (39), (40). */
struct tildes {
    double same, pair, across;
};

struct step {
    double slope, above, here; // sigma_w2 gamma^2 / s^2, and the numbers of sites
};

static struct step step_of(const struct order_network *network, int l)
{
    double gamma = network->gamma[l], below = l > 1 ? network->gamma[l - 1] * network->gamma[l - 1] : 2;
    double s2 = network->sigma_w2 * (below / 2 - (l > 1 ? below / (2 * M_PI) : 0));

    return (struct step){network->sigma_w2 * gamma * gamma / s2, network->layer[l + 1].sites, network->layer[l].sites};
}

static struct tildes down(struct claim *claim, struct step step, struct tildes up)
{
    double sites = step.above / step.here,
           pairs = claim_fault(claim, "sites_for_pairs") ? sites : sites * (step.above - 1) / (step.here - 1),
           quarter = claim_fault(claim, "half_for_quarter") ? 0.5 : 0.25;

    return (struct tildes){sites * step.slope / 2 * up.same, sites * step.slope * quarter * up.pair,
                           pairs * step.slope * quarter * up.across};
}

static void layer(struct claim *claim, const struct convolutions *net, int l, struct step step, struct tildes right,
                  struct tildes up, const struct order_parameters drawn[])
{
    const struct order_triple *delta = &drawn[l].delta;

    claim_case(claim, "networks, stride %d, layer %d", net->stride, l);
    check_equal(claim, "one input", rounded(right.same, 50), delta->same);
    check_equal(claim, "two inputs", rounded(right.pair, 50), delta->pair);
    check_equal(claim, "two sites", rounded(right.across, 50), delta->across);
    if (step.above < step.here) {
        struct value ratio = value_scale(4 / step.slope, value_div(delta->across, drawn[l + 1].delta.across));

        check_differs(claim, "116 as printed", rounded(step.slope / 2 * up.same, 50), delta->same);
        check_differs(claim, "127 as printed", rounded(step.slope / 4 * up.across, 50), delta->across);
        check_differs(claim, "118 as printed", rounded(step.above / step.here * step.slope / 4 * up.same, 50),
                      delta->pair);
        claim_row(claim, "networks", net->stride, step.here, step.above,
                  step.above * (step.above - 1) / (step.here * (step.here - 1)), BOTH(ratio));
    }
}

static void networks(struct claim *claim, int side, int stride)
{
    struct convolutions net = {.side = side,
                               .inputs = (int)claim_integer(claim, "inputs"),
                               .layers = 3,
                               .C = (int)claim_integer(claim, "C"),
                               .kernel = 3,
                               .stride = stride,
                               .m = (int)claim_integer(claim, "m"),
                               .outputs = 4,
                               .pooled = true,
                               .gamma = claim_real(claim, "gamma"),
                               .ratio = 1,
                               .sigma_w2 = claim_real(claim, "sigma_w2"),
                               .sigma_b2 = claim_real(claim, "sigma_b2"),
                               .networks = (size_t)claim_integer(claim, "networks")};
    struct order_network network = convolutions_averaged(claim, &net);
    struct order_parameters drawn[ORDER_LAYERS + 1];
    struct tildes up = {1, 1, 1};

    convolutions_measure(claim, (uint32_t)(10 * stride), &net, drawn);
    for (int l = net.layers - 1; l >= 1; l--) {
        struct step step = step_of(&network, l);
        struct tildes right = down(claim, step, up);

        layer(claim, &net, l, step, right, up, drawn);
        up = right;
    }
}

static void means(struct claim *claim)
{
    claim_labels(claim, "map");
    claim_column(claim, "stride", EXACT, "a grid");
    claim_column(claim, "below", EXACT, "a whole number");
    claim_column(claim, "above", EXACT, "a whole number");
    claim_column(claim, "pairs", RELATIVE(1e-15), "a quotient of whole numbers");
    claim_column(claim, "handed", (struct tolerance){TOLERANCE_RELATIVE, 1e-6, false},
                 "quotients of whole numbers; means over the same drawn networks");
    claim_column(claim, "handed_err", (struct tolerance){TOLERANCE_RELATIVE, 0.05, false},
                 "standard errors and measured biases");
    maps(claim);
    networks(claim, 7, 1);
    networks(claim, 11, 2);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters =
                {integer_by_scale("side", "maps of whole numbers up to this many sites a side", 8, 10, 14, 6, 16),
                 integer("inputs", "channels of the networks' inputs", 16, 8, 64),
                 integer("C", "channels of the first layer; the second has twice as many", 24, 16, 128),
                 integer("m", "inputs that a network sees", 32, 32, 128),
                 integer_by_scale("networks",
                                  "how many are drawn at full size; at half and a quarter of it twice and four "
                                  "times as many",
                                  48, 100, 1000, 40, 100000),
                 real("gamma", "of the networks", 1, 0.1, 10),
                 real("sigma_w2", "variance of the weights, times N", 2, 0.1, 10),
                 real("sigma_b2", "variance of the biases", 0.5, 0, 10)},
            .faults = {{"tap_forgotten", "|F| - 1 taps in (122)", "pairs?below pairs,?wraps"},
                       {"equal_sites_kept", "sums over sites and over pairs mixed up", "pairs?counted sites?below"},
                       {"sites_for_pairs", "the ratio of sites for that of pairs of sites", "124?by* two?sites"},
                       {"half_for_quarter", "the mean squared slope for the mean slope's square",
                        "two?inputs two?sites"}},
            .errata =
                {{"E4",
                  "The mean of $\\langle\\delta^{l+1}_\\alpha(x),\\delta^{l+1}_\\beta(y)\\rangle$ over pairs of sites "
                  "of $K_l$ is that over pairs of $K_{l+1}$ (123), (124), and the same for single sites (114), (115).",
                  "Sums are the same. Means carry $|K_{l+1}|/|K_l|$, and over pairs "
                  "$\\frac{|K_{l+1}|(|K_{l+1}|-1)}{|K_l|(|K_l|-1)}$.",
                  "124?as* 116?as* 127?as*", "124?by* sites?below one?input two?sites",
                  "All backward recursions of convolutions that shrink their map lack a factor.",
                  "Three sites below, two windows of two taps, $\\delta^{l+1}=1$ at both: one of three sites below "
                  "has no window of its own, so that the mean over pairs (123) is $2/6$, that (124) is 1."},
                 {"E10e", "$\\alpha\\ne\\beta$ are in $K_{l+1}$ on the left side of (119) to (122).",
                  "They are in $K_l$, where gradients arrive; then it holds for windows inside the map, at any stride. "
                  "As printed it is true on maps that wrap around.",
                  "pairs?as*", "pairs?below pairs,?wraps pairs?counted",
                  "None by itself: a sum over $K_l$ is what (112) leads to. With it (123) is not needed.",
                  "The same two windows: over $K_{l+1}$, numbered 0 and 1, tap 0 has two ordered pairs and tap 1 none, "
                  "because $\\delta_{-1}$ is no window: 2, where $|F|$ times the right sum is 4. Over $K_l$, sites 0, "
                  "1 and 2, each tap has two: 4."},
                 {"E9k", "$\\tilde q^l_{xy}=\\frac{\\sigma_w^2\\gamma_l^2}{4q^l}\\tilde q^{l+1}$ (118)",
                  "The last factor is $\\tilde q^{l+1}_{xy}$.", "118?as*", "two?inputs",
                  "None: claim 6.4 has the index. It may be the text at hand, taken from a PDF, that lost it.", NULL}},
            .run = means,
        }));
}
