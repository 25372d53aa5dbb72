/* # Equations 95 to 98: shifting the pairs of sites that a kernel sees
 *
 * Mean-Field Analysis of Batch Normalization (2019), section 6.2, equations 95 to 98, with 91 to 93. The recursion of $q_{\alpha\beta,xy}$ rests on
 *
 * $$\sum_{\delta\in F}\sum_{\alpha\ne\beta}\langle h_{\alpha+\delta}(x),h_{\beta+\delta}(y)\rangle=|F|\sum_{\alpha\ne\beta}\langle h_\alpha(x),h_\beta(y)\rangle,$$
 *
 * $\alpha$ and $\beta$ in $K_l$ on both sides, in two steps: sums over $\alpha\ne\beta$ are products of sums less the terms $\alpha=\beta$ (95, 96 and 97, 98), and a shift by $\delta$ changes no sum (96, 97).
 *
 * **Checked.** All four expressions on maps of random whole numbers, so that every comparison is exact: convolutions that wrap around, that stay inside the map, that see zeros around it, with strides. And what holds for all of them: every pair of
 * sites counted as often as windows see both through the same tap. And the mean over pairs, where the products of different sites are all the same.
 * **Tolerance.** None: integers.
 * **Could miss.** Nothing at the sizes tried.
 * **Found.** True where every tap meets every site once: with stride 1 on a map that wraps around. Elsewhere the left side runs over the windows, $K_{l+1}$, whose numbers differ, and sites near a border are in fewer of them. What (91) to (93) need is less: means over pairs
 * of different sites, in expectation. They agree if $\mathbb E\,\langle h_\alpha(x),h_\beta(y)\rangle$ is the same for all $\alpha\ne\beta$, as it is for independent inputs without a border of zeros. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>

enum border { WRAPS, INSIDE, ZEROS, BORDERS };

static const char *const border_name[BORDERS] = {"wraps", "inside", "zeros"};

/* ## Maps and windows
 * A map is side x side sites with channels numbers each. Where window alpha's tap delta lies: a site, or -1 outside. */
struct geometry {
    int side, kernel, stride, channels, windows; // windows a side
    enum border border;
};

static struct geometry geometry_of(enum border border, int side, int kernel, int stride, int channels)
{
    int room = border == WRAPS ? side - 1 : border == ZEROS ? side + 2 * (kernel / 2) - kernel : side - kernel;

    return (struct geometry){side, kernel, stride, channels, room / stride + 1, border};
}

static int place(const struct geometry *g, int window, int tap)
{
    int at = window * g->stride + tap - (g->border == ZEROS ? g->kernel / 2 : 0);

    return g->border == WRAPS ? at % g->side : at < g->side ? at : -1;
}

static int site_of(const struct geometry *g, int alpha, int delta)
{
    int row = place(g, alpha / g->windows, delta / g->kernel), column = place(g, alpha % g->windows, delta % g->kernel);

    return row < 0 || column < 0 ? -1 : row * g->side + column;
}

static long product(const struct geometry *g, const long x[], const long y[], int a, int b)
{
    long sum = 0;

    for (int i = 0; i < g->channels && a >= 0 && b >= 0; i++) {
        sum += x[a * g->channels + i] * y[b * g->channels + i];
    }
    return sum;
}

/* The sum of h over the sites of one tap, or over all sites (delta < 0); what lies outside is 0. */
static void add_up(const struct geometry *g, const long h[], int delta, long sum[])
{
    int sites = delta < 0 ? g->side * g->side : g->windows * g->windows;

    for (int i = 0; i < g->channels; i++) {
        sum[i] = 0;
    }
    for (int alpha = 0; alpha < sites; alpha++) {
        int site = delta < 0 ? alpha : site_of(g, alpha, delta);

        for (int i = 0; i < g->channels && site >= 0; i++) {
            sum[i] += h[site * g->channels + i];
        }
    }
}

/* ## The four expressions */
enum { CHANNELS = 3 };

static long eq_95(const struct geometry *g, const long x[], const long y[])
{
    long sum = 0;
    int windows = g->windows * g->windows;

    for (int delta = 0; delta < g->kernel * g->kernel; delta++) {
        for (int alpha = 0; alpha < windows; alpha++) {
            for (int beta = 0; beta < windows; beta++) {
                sum += alpha == beta ? 0 : product(g, x, y, site_of(g, alpha, delta), site_of(g, beta, delta));
            }
        }
    }
    return sum;
}

static long eq_96(const struct geometry *g, const long x[], const long y[])
{
    long sum = 0, at_x[CHANNELS], at_y[CHANNELS];

    for (int delta = 0; delta < g->kernel * g->kernel; delta++) {
        add_up(g, x, delta, at_x);
        add_up(g, y, delta, at_y);
        sum += product(g, at_x, at_y, 0, 0);
        for (int alpha = 0; alpha < g->windows * g->windows; alpha++) {
            int site = site_of(g, alpha, delta);

            sum -= product(g, x, y, site, site);
        }
    }
    return sum;
}

static long eq_97(const struct geometry *g, const long x[], const long y[])
{
    long at_x[CHANNELS], at_y[CHANNELS];

    add_up(g, x, -1, at_x);
    add_up(g, y, -1, at_y);
    long sum = product(g, at_x, at_y, 0, 0);
    for (int alpha = 0; alpha < g->side * g->side; alpha++) {
        sum -= product(g, x, y, alpha, alpha);
    }
    return g->kernel * g->kernel * sum;
}

/* (98), or with how often windows see both sites of a pair through one tap in the place of |F|. */
static long eq_98(const struct geometry *g, const long x[], const long y[], const long times[])
{
    long sum = 0;
    int sites = g->side * g->side;

    for (int a = 0; a < sites; a++) {
        for (int b = 0; b < sites; b++) {
            long count = times != NULL ? times[a * sites + b] : g->kernel * g->kernel;

            sum += a == b ? 0 : count * product(g, x, y, a, b);
        }
    }
    return sum;
}

static void count_times(struct claim *claim, const struct geometry *g, long times[])
{
    int windows = g->windows * g->windows, sites = g->side * g->side;
    int taps = g->kernel * g->kernel - claim_fault(claim, "a_tap_missed");

    for (int delta = 0; delta < taps; delta++) {
        for (int alpha = 0; alpha < windows; alpha++) {
            for (int beta = 0; beta < windows; beta++) {
                int a = site_of(g, alpha, delta), b = site_of(g, beta, delta);

                if (a >= 0 && b >= 0) {
                    times[a * sites + b]++;
                }
            }
        }
    }
}

/* ## One geometry */
static void identities(struct claim *claim, const struct geometry *g, const long x[], const long y[])
{
    size_t sites = (size_t)g->side * (size_t)g->side;
    long *times = memory_new(sites * sites, sizeof *times);
    double left = (double)eq_95(g, x, y), shifted = (double)eq_97(g, x, y);
    bool circular = g->border == WRAPS && g->stride == 1;

    count_times(claim, g, times);
    check_equal(claim, "95 and 96", exact(claim_fault(claim, "equal_sites_kept") ? left + 1 : left),
                exact((double)eq_96(g, x, y)));
    check_equal(claim, "97 and 98", exact(shifted), exact((double)eq_98(g, x, y, NULL)));
    check_equal(claim, "pairs counted", exact((double)eq_98(g, x, y, times)), exact(left));
    if (circular) {
        check_equal(claim, "wraps, 96 and 97",
                    exact(claim_fault(claim, "a_tap_missed")
                              ? shifted / (g->kernel * g->kernel) * (g->kernel * g->kernel - 1)
                              : shifted),
                    exact(left));
    } else {
        check_differs(claim, g->stride == 1 ? "96 and 97, border" : "96 and 97, stride", exact(shifted), exact(left));
    }
    memory_free(times);
}

/* Both sides over their numbers of pairs, multiplied out, where <h_a(x), h_b(y)> is 6 for all a != b. */
static void uniform(struct claim *claim, const struct geometry *g)
{
    size_t sites = (size_t)g->side * (size_t)g->side;
    long *x = memory_new(sites * CHANNELS, sizeof *x), *y = memory_new(sites * CHANNELS, sizeof *y);
    double pairs = (double)sites * (double)(sites - 1), windows = g->windows * g->windows;

    for (size_t a = 0; a < sites; a++) {
        x[a * CHANNELS] = 2;
        y[a * CHANNELS] = 3;
        x[a * CHANNELS + 1] = (long)a % 7; // y has no such channel
    }
    if (g->border != ZEROS && windows > 1) {
        double of_windows = windows * (windows - 1);

        check_equal(claim, "uniform, means", exact((double)eq_97(g, x, y) * of_windows),
                    exact((double)eq_95(g, x, y) * pairs));
    }
    memory_free(x);
    memory_free(y);
}

static void random_maps(struct claim *claim, const struct geometry *g, long maps)
{
    size_t numbers = (size_t)g->side * (size_t)g->side * CHANNELS;
    long *x = memory_new(numbers, sizeof *x), *y = memory_new(numbers, sizeof *y);

    for (uint32_t k = 0; k < maps; k++) {
        struct stream stream = claim_stream(claim, (uint32_t)g->border, k);

        for (size_t i = 0; i < numbers; i++) {
            x[i] = 1 + (long)stream_below(&stream, 1000);
            y[i] = 1 + (long)stream_below(&stream, 1000);
        }
        claim_case(claim, "%s, side %d, kernel %d, stride %d, map %u", border_name[g->border], g->side, g->kernel,
                   g->stride, k);
        identities(claim, g, x, y);
        if (k == 0) {
            double windows = g->windows * g->windows, sites = g->side * g->side;
            double of_pairs = windows > 1 ? windows * (windows - 1) / (sites * (sites - 1)) : 0;
            char series[32];

            snprintf(series, sizeof series, "%s, stride %d", border_name[g->border], g->stride);
            claim_row(claim, series, g->side, (double)eq_95(g, x, y), (double)eq_97(g, x, y), of_pairs);
            uniform(claim, g);
        }
    }
    memory_free(x);
    memory_free(y);
}

static void identity(struct claim *claim)
{
    int most = (int)claim_integer(claim, "side"), kernel = (int)claim_integer(claim, "kernel");

    if (kernel % 2 == 0) {
        claim_refuse(claim, "kernel %d: odd ones have a border of zeros of half their size", kernel);
    }

    claim_labels(claim, "map");
    claim_column(claim, "side", EXACT, "a grid");
    claim_column(claim, "windows", EXACT, "a whole number");
    claim_column(claim, "sites", EXACT, "a whole number");
    claim_column(claim, "pairs", RELATIVE(1e-15), "a quotient of whole numbers");
    for (int border = 0; border < BORDERS; border++) {
        for (int stride = 1; stride <= (int)claim_integer(claim, "stride"); stride++) {
            for (int side = kernel + 1; side <= (most > kernel ? most : kernel + 1); side++) {
                struct geometry g = geometry_of((enum border)border, side, kernel, stride, CHANNELS);

                random_maps(claim, &g, claim_integer(claim, "maps"));
            }
        }
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer_by_scale("side", "maps up to this many sites a side", 7, 11, 16, 3, 24),
                           integer("kernel", "taps a side", 3, 2, 7),
                           integer("stride", "strides from 1 to this", 2, 1, 4),
                           integer_by_scale("maps", "random maps of each geometry", 1, 3, 20, 1, 1000)},
            .faults = {{"equal_sites_kept", "one more than the sum over different sites", "95?and*"},
                       {"a_tap_missed", "a tap forgotten", "pairs* wraps*"}},
            .errata = {{"E9h",
                        "$\\sum_\\delta\\sum_{\\alpha\\ne\\beta\\in K_l}\\langle "
                        "h_{\\alpha+\\delta}(x),h_{\\beta+\\delta}(y)\\rangle=|F|\\sum_{\\alpha\\ne\\beta\\in "
                        "K_l}\\langle h_\\alpha(x),h_\\beta(y)\\rangle$ (95) to (98)",
                        "Where every tap meets every site once, as on a map that wraps around, with stride 1. In "
                        "general every pair of sites counts as often as "
                        "windows see both through one tap; over $K_{l+1}$, and means for sums, it holds where all "
                        "pairs are alike.",
                        "96?and*", "wraps* pairs?counted uniform*",
                        "None for independent inputs without a border of zeros: (93) needs the means only. With a "
                        "border of zeros (93) is too large.",
                        "Three sites in a row, two taps, stride 1, $h=1$ everywhere: two windows, hence $2\\cdot2=4$ "
                        "on the left, $2\\cdot6=12$ on the right."}},
            .run = identity,
        }));
}
