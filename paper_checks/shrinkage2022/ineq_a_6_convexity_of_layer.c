/* # Inequality (A.6): excess convexity of a layer cropped to what it meets
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), appendix A.1. With $\tilde P_l$ the map of layer $l$ cropped to
 * $[\bar\rho_{l-1},1]$, $\bar\phi$ the linear part of $\phi$ and $e$ the excess convexity,
 *
 * $$e(\tilde P_l)\;\ge\;\frac{(1-\bar\rho_{l-1})\,\|\phi_l-\bar\phi_l\|^2}{2\,\|\phi_l'\|^2}.$$
 *
 * **Checked.** Left: where the cropped map meets its antidiagonal, from covariances. Right: norms from quadrature of the activation and its first two
 * Hermite coefficients. For eighteen activations cropped from $\bar\rho=0$ to $1-10^{-6}$, the layers of the network chosen, and random Hermite
 * series, where both sides come from the coefficients $\phi_k^2$. A search hunts for the series and the crop with the least ratio.
 * **Tolerance.** Roots and quadrature state their errors.
 * **Could miss.** Activations without a finite $\|\phi'\|$: the bound is zero.
 * **Found.** Holds, and is sharp: $x+\sqrt\varepsilon\,h_2$ comes to equality as $\varepsilon\to0$, and $h_2$ itself as the crop narrows. For erf the
 * left side is twice the right at $\bar\rho=0$. */
#include <assay/evidence/search.h>
#include <assay/meanfield/excess_convexity.h>
#include <math.h>

enum { DEGREE = 20 };

/* ## The two sides */
static void compare(struct claim *claim, const char *check, struct value e, double gap_bar, struct value R)
{
    double factor = claim_fault(claim, "half_lost") ? gap_bar : claim_fault(claim, "uncropped") ? 0.5 : gap_bar / 2;

    check_at_least(claim, check, e, value_scale(factor, R));
}

static void crops(struct claim *claim, const char *name)
{
    struct correlation_map map;

    claim_need(claim, correlation_map_find(&map, name, 0));
    struct value R = claim_value(claim, activation_nonlinearity_ratio(&map.phi));

    for (int i = 0; i <= 12; i++) {
        double gap_bar = pow(10, -i / 2.0);
        struct convex_map crop;

        claim_need(claim, convex_map_crop(&crop, &map, gap_bar));
        struct value e = excess_convexity(&crop);

        claim_case(claim, "%s, 1 - rho_bar = %.2g", name, gap_bar);
        compare(claim, "crops", e, gap_bar, R);
        claim_row(claim, name, gap_bar, e.x, gap_bar * R.x / 2);
    }
}

/* ## The layers of a network
 * Each is cropped at the correlation that comes out of the layers before it. */
static void network(struct claim *claim, const char *name, double s, long L)
{
    struct correlation_map map;
    double gap_bar = 1;

    claim_need(claim, correlation_map_find(&map, name, s));
    claim_need(claim, correlation_map_sloped(&map));
    struct value R = claim_value(claim, activation_nonlinearity_ratio(&map.phi));

    for (long l = 1; l <= L && gap_bar > 1e-100; l++) {
        struct convex_map crop;

        claim_need(claim, convex_map_crop(&crop, &map, gap_bar));
        claim_case(claim, "%s, s = %.3g, l = %ld", name, map.bias, l);
        compare(claim, "crops", excess_convexity(&crop), gap_bar, R);
        gap_bar = fmin(correlation_map_gap(&map, gap_bar), 1);
    }
}

/* ## Hermite series
 * With $c_k=\phi_k^2$ the covariance is $\sum_kc_k\rho^k$, and the norms are $\sum_{k\ge2}c_k$ and $\sum_kkc_k$. */
static struct value series_convexity(const double c[], double gap_bar)
{
    struct convex_map crop;

    return convex_map_crop_series(&crop, DEGREE, c, 1 - gap_bar, 1, NULL) == STATUS_OK ? excess_convexity(&crop)
                                                                                       : value_failed();
}

static struct value series_nonlinearity(const double c[])
{
    double nonlinear = 0, slope = c[1];

    for (int k = 2; k <= DEGREE; k++) {
        nonlinear += c[k];
        slope += k * c[k];
    }
    return rounded(nonlinear / slope, 3 * DEGREE);
}

static void random_series(struct claim *claim, uint32_t number)
{
    struct stream stream = claim_stream(claim, 0, number);
    double c[DEGREE + 1] = {0}, rho_bar = 1 - fmax(pow(stream_uniform(&stream), 3), 1e-12), gap_bar = 1 - rho_bar;
    double sparse = stream_uniform(&stream), decay = 6 * stream_uniform(&stream);

    for (int k = 0; k <= DEGREE; k++) {
        double u = stream_uniform(&stream), weight = stream_uniform(&stream) * pow(k + 1, -decay);

        c[k] = u < sparse && k != 1 ? 0 : weight;
    }
    claim_case(claim, "series %u, 1 - rho_bar = %.2g", number, gap_bar);
    struct value R = series_nonlinearity(c);
    if (R.x > 0) { // else the series is straight: 0 >= 0
        compare(claim, "random series", series_convexity(c, gap_bar), gap_bar, R);
    }
}

/* ## The least ratio
 * $x$ plus a multiple of $x^2$ from a hundredth and multiples of $x^3$ and $x^{20}$, cropped anywhere. */
static double ratio(size_t n, const double x[], void *context)
{
    double c[DEGREE + 1] = {0, 1, x[0], x[1], [DEGREE] = x[2]};

    (void)n;
    (void)context;
    return series_convexity(c, x[3]).x / (x[3] / 2 * series_nonlinearity(c).x);
}

static void hunt(struct claim *claim, long starts)
{
    static const double least[4] = {0.01, 0, 0, 0.01}, most[4] = {2, 2, 2, 1};
    struct search search = {1, 4, least, most, (size_t)starts, 600, ratio, NULL};
    double x[4];

    search_least(claim, &search, x);
    double c[DEGREE + 1] = {0, 1, x[0], x[1], [DEGREE] = x[2]};
    claim_case(claim, "x + %.2g x^2 + %.2g x^3 + %.2g x^20, 1 - rho_bar = %.2g", x[0], x[1], x[2], x[3]);
    compare(claim, "search", series_convexity(c, x[3]), x[3], series_nonlinearity(c));
}

static void convexity(struct claim *claim)
{
    static const char *const names[] = {"relu", "lrelu:0.3", "lrelu:0.99", "abs", "erf",        "tanh",
                                        "sin",  "gelu",      "bump",       "exp", "relu^2",     "h2",
                                        "h3",   "h5",        "h20",        "x^3", "lrelu:-0.5", "sigmoid"};
    const char *phi = claim_text(claim, "phi");
    long series = claim_integer(claim, "series");

    claim_labels(claim, "series");
    claim_column(claim, "gap_bar", EXACT, "a grid");
    claim_column(claim, "e", RELATIVE(1e-9), "a root, absolute to some 1e-15");
    claim_column(claim, "bound", RELATIVE(1e-11), "norms from quadrature");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        crops(claim, names[i]);
    }
    network(claim, phi, claim_real(claim, "s"), claim_integer(claim, "L"));
    for (long i = 0; i < series; i++) {
        random_series(claim, (uint32_t)i);
    }
    hunt(claim, claim_integer(claim, "starts"));
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "activation of the network", "erf"),
                           real("s", "sigma_b^2 / sigma_w^2; -1 stands for the critical ratio", -1, -1, 100),
                           integer("L", "depth: number of non-linear layers", 200, 1, 10000),
                           integer_by_scale("series", "random Hermite series", 500, 3000, 100000, 1, 10000000),
                           integer_by_scale("starts", "of the search", 4, 12, 200, 1, 100000)},
            .faults = {{"half_lost", "the bound without its factor 1/2", "crops random?series search"},
                       {"uncropped", "1 in place of 1 - rho_bar", "crops random?series search"}},
            .run = convexity,
        }));
}
