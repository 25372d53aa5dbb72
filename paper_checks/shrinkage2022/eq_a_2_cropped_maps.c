/* # Equation (A.2): cropped to what it meets, a layer's map is a rescaled covariance of its activation
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), appendix A.1. Layer $l$ only meets correlations in
 * $[\bar\rho_{l-1},1]$, where $\bar\rho_l=P_l\circ\dots\circ P_1(0)$. Cropped to this interval and rescaled to $[0,1]$ on both sides it is
 *
 * $$\tilde P_l(t)=\frac{P_l(\bar\rho_{l-1}+(1-\bar\rho_{l-1})t)-\bar\rho_l}{1-\bar\rho_l}
 *   =\frac{C[\phi_l\,|\,\bar\rho_{l-1}+(1-\bar\rho_{l-1})t]-C[\phi_l\,|\,\bar\rho_{l-1}]}{C[\phi_l\,|\,1]-C[\phi_l\,|\,\bar\rho_{l-1}]},$$
 *
 * free of the weights' and biases' variances, and for $k<l$
 *
 * $$P_l\circ\dots\circ P_{k+1}(\bar\rho_k+(1-\bar\rho_k)t)=\bar\rho_l+(1-\bar\rho_l)\,\tilde P_l\circ\dots\circ\tilde P_{k+1}(t).$$
 *
 * **Checked.** Left: the maps $P$ in closed form, with their biases, never cropped. Right: the cropped maps as ratios of covariances that quadrature
 * computes from the activation alone. Both in $1-\rho$, at several $t$, from the input and from halfway. Also one crop as a polynomial: for a
 * Hermite series with random coefficients the binomial theorem gives the coefficients of $\tilde P$, which must be non-negative and reproduce it.
 * **Tolerance.** Quadrature states its error, and each layer hands it on with the slope of its map. Binomial sums have positive terms.
 * **Could miss.** Layers where $1-\bar\rho<10^{-6}$: differences of covariances have no digits left there, and the comparison stops.
 * **Found.** Holds as printed. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/convex_map.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>

enum { DEPTH = 64, DEGREE = 16, POINTS = 3 };

static const double points[POINTS] = {0.05, 0.5, 0.95};

/* ## Right: a crop from covariances
 * In gaps: $u=1-t$ becomes $1-\tilde P(t)=(C(1)-C(1-gu))/(C(1)-C(1-g))$ with $g=1-\bar\rho_{l-1}$. No variance of weights or biases enters. */
static struct value fall(struct claim *claim, const struct activation *phi, struct value norm2, struct value gap)
{
    struct value here = claim_value(claim, covariance_quadrature(phi, 1 - gap.x));

    return value_with(value_sub(norm2, here), activation_slope_norm2(phi).x * value_error(gap), QUADRATURE);
}

static struct value cropped(struct claim *claim, const struct activation *phi, double gap_bar, struct value u)
{
    struct value norm2 = claim_value(claim, covariance_quadrature(phi, 1));
    struct value part = fall(claim, phi, norm2, value_scale(gap_bar, u)),
                 whole = fall(claim, phi, norm2, exact(gap_bar));

    return value_div(part, whole);
}

/* ## The identity, from layer k to layer l */
static void compare(struct claim *claim, const struct correlation_map *maps[], const double gap_bar[], int k, int L,
                    double t, const char *label)
{
    double gap[DEPTH + 1] = {gap_bar[k] * (1 - t)};
    struct value u = exact(1 - t);

    correlation_maps_iterate(L - k, maps + k, gap);
    for (int l = k + 1; l <= L; l++) {
        double start = claim_fault(claim, "next_crop") ? gap_bar[l] : gap_bar[l - 1];

        u = cropped(claim, &maps[l - 1]->phi, start, u);
        claim_case(claim, "%s, k = %d, l = %d, t = %g", label, k, l, t);
        check_equal(claim, "composition", value_mul(rounded(gap_bar[l], 8 * l), u), rounded(gap[l - k], 8 * l));
        if (k == 0) {
            claim_row(claim, label, (double)l, t, 1 - gap[l - k], 1 - gap_bar[l], 1 - u.x);
        }
    }
}

static void chain(struct claim *claim, const char *label, const char *odd, const char *even, double s, int L)
{
    struct correlation_map two[2];
    const struct correlation_map *maps[DEPTH];
    double gap_bar[DEPTH + 1] = {1};

    claim_need(claim, correlation_map_find(&two[0], odd, s));
    claim_need(claim, correlation_map_find(&two[1], even, s));
    for (int l = 0; l < L; l++) {
        maps[l] = &two[l % 2];
    }
    correlation_maps_iterate(L, maps, gap_bar);
    while (L > 1 && gap_bar[L] < 1e-6) {
        L--;
    }
    for (int i = 0; i < POINTS; i++) {
        compare(claim, maps, gap_bar, 0, L, points[i], label);
        compare(claim, maps, gap_bar, L / 2, L, points[i], label);
    }
}

/* ## A crop is again a power series with non-negative coefficients
 * $\sum_kc_k(r+(1-r)t)^k$ has at $t^j$ the coefficient $(1-r)^j\sum_{k\ge j}\binom kjc_kr^{k-j}$. */
static void binomial(struct claim *claim, uint32_t number)
{
    struct stream stream = claim_stream(claim, 0, number);
    double c[DEGREE] = {0}, shifted[DEGREE] = {0}, r = stream_uniform(&stream);
    struct convex_map g, crop;

    for (int k = 1; k <= DEGREE; k++) {
        c[k - 1] = stream_below(&stream, 3) == 0 ? 0 : pow(stream_uniform(&stream), 8);
        for (int j = 1; j <= k; j++) {
            shifted[j - 1] += c[k - 1] * gsl_sf_choose((unsigned)k, (unsigned)j) * pow(r, k - j) * pow(1 - r, j);
        }
    }
    claim_need(claim, convex_map_series(&g, DEGREE, c));
    claim_need(claim, convex_map_series(&crop, DEGREE, shifted));
    for (int i = 0; i < POINTS; i++) {
        double start = claim_fault(claim, "uncropped") ? 0 : r, u = 1 - points[i];
        double direct = convex_map_gap(&g, (1 - start) * u) / convex_map_gap(&g, 1 - start);

        claim_case(claim, "series %u, rho_bar = %.3g, t = %g", number, r, points[i]);
        check_equal(claim, "binomial", rounded(direct, 12 * DEGREE), rounded(convex_map_gap(&crop, u), 12 * DEGREE));
    }
}

static void cropped_maps(struct claim *claim)
{
    const char *phi = claim_text(claim, "phi");
    double s = claim_real(claim, "s");

    claim_labels(claim, "phi");
    claim_column(claim, "l", EXACT, "a parameter");
    claim_column(claim, "t", EXACT, "a grid");
    claim_column(claim, "rho", ABSOLUTE(1e-12), "iterated in 1 - rho: a few ulp a layer");
    claim_column(claim, "rho_bar", ABSOLUTE(1e-12), "as rho");
    claim_column(claim, "cropped", ABSOLUTE(1e-10), "differences of quadratures over 1 - rho_bar");
    chain(claim, phi, phi, phi, s, (int)claim_integer(claim, "L"));
    chain(claim, "relu and erf in turn", "relu", "erf", 0.1, 8);
    chain(claim, "tanh and gelu in turn", "tanh", "gelu", 0.02, 4);
    chain(claim, "sin and abs in turn", "sin", "abs", 0.5, 4);
    for (uint32_t i = 0; i < 100; i++) {
        binomial(claim, i);
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {choice(
                               "phi", "activation",
                               "erf|relu|lrelu:0.3|abs|gelu|tanh|sigmoid|sin|softplus|silu|elu|selu|exp|bump|relu^2"),
                           real("s", "sigma_b^2 / sigma_w^2; -1 stands for the critical ratio", -1, -1, 100),
                           integer_by_scale("L", "depth: number of non-linear layers", 4, 8, 16, 2, DEPTH)},
            .faults = {{"next_crop", "every layer cropped at the correlation that it hands on, not the one it meets",
                        "composition"},
                       {"uncropped", "the series not cropped", "binomial"}},
            .run = cropped_maps,
        }));
}
