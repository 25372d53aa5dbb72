/* # Appendix B, erf: the critical variance ratio
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), appendix B. A layer-normalised erf network is critical at
 *
 * $$\frac{\sigma_b^2}{\sigma_w^2}=\frac2\pi\Big(\frac2{\sqrt5}-\arctan\frac2{\sqrt5}\Big).$$
 *
 * **Checked.** Critical means $P'(1)=1$. The ratio is sought as a root, in two ways that know no closed form: with
 * $P'(1)=\mathrm E\,\phi'(Z)^2/(s+\mathrm E\,\phi(Z)^2)$ from quadrature, and with $P'(1)$ from finite differences of the correlation map, whose
 * covariance comes from quadrature. Then the transition itself: below the ratio a pair at $\rho=1-10^{-4}$ moves apart, above it closer. By the way,
 * $P''(1)=\frac45$ there: the number that sets the speed of shrinkage.
 * **Tolerance.** Quadrature and root finding state their errors. Finite differences: a Richardson table states the difference of its last
 * two entries. The transition is tried $\delta$ to either side.
 * **Could miss.** Nothing: one number, found four times.
 * **Found.** Holds. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/correlation_map.h>
#include <assay/numerics/roots.h>
#include <float.h>
#include <math.h>

static struct value printed_ratio(const struct claim *claim)
{
    double y = 2 / sqrt(5), factor = claim_fault(claim, "half")    ? M_1_PI
                                     : claim_fault(claim, "twice") ? 4 * M_1_PI
                                                                   : M_2_PI;

    return measured(factor * (y - atan(y)), 4 * DBL_EPSILON, ROUNDING); // y and the angle cancel to a fifth
}

/* ## $P'(1)$ by quadrature, as a function of $s=\sigma_b^2/\sigma_w^2$ */
static double erf_square(double x, void *context)
{
    (void)context;
    return erf(x) * erf(x);
}

static double slope_square(double x, void *context)
{
    (void)context;
    return 4 * M_1_PI * exp(-2 * x * x);
}

static double curvature_square(double x, void *context)
{
    return 4 * x * x * slope_square(x, context);
}

static struct value gaussian_mean_of(integrand *f)
{
    return gaussian_mean(&(struct piecewise){.f = f});
}

struct norms {
    struct value value, slope;
};

static double excess_slope(double s, void *context)
{
    const struct norms *norms = context;

    return norms->slope.x / (s + norms->value.x) - 1;
}

/* ## $P'(1)$ by finite differences
 * $(C(1)-C(1-h))/h$ at $h=2^{-3},2^{-4},\dots$ extrapolated to $h=0$. */
static struct value covariance_slope_at_one(const struct activation *phi)
{
    enum { LEVELS = 9 };
    double table[LEVELS], before = 0, noise = 0;
    struct value end = covariance_quadrature(phi, 1);

    for (int k = 0; k < LEVELS; k++) {
        double h = ldexp(1, -3 - k), weight = 1;
        struct value slope = value_scale(1 / h, value_sub(end, covariance_quadrature(phi, 1 - h)));

        table[k] = slope.x;
        noise = 2 * value_error(slope);
        before = table[0];
        for (int j = k - 1; j >= 0; j--) {
            weight *= 2;
            table[j] = table[j + 1] + (table[j + 1] - table[j]) / (weight - 1);
        }
    }
    return measured(table[0], fabs(table[0] - before) + 8 * noise, QUADRATURE);
}

/* ## The transition
 * How much one layer widens the gap of a close pair, minus one. */
static struct value widening(struct claim *claim, const struct activation *phi, double s)
{
    double gap = 1e-4;
    struct correlation_map map;

    claim_need(claim, correlation_map_layer(&map, phi, s));
    return value_sub(value_scale(1 / gap, correlation_map_gap_value(&map, gap)), exact(1));
}

/* $1-\rho_{fp}$ against $s$, with $P'(1)$ beside it. */
static void tabulate(struct claim *claim, const struct activation *phi, const struct norms *norms)
{
    for (int i = 0; i <= 60; i++) {
        double s = 0.005 * i;
        struct correlation_map map;

        claim_need(claim, correlation_map_layer(&map, phi, s));
        claim_row(claim, NULL, s, 1 + excess_slope(s, (void *)norms), 1 - correlation_map_fixed_gap(&map).x);
    }
}

static void critical_ratio(struct claim *claim)
{
    struct activation phi;
    struct value printed = printed_ratio(claim);
    struct norms norms = {gaussian_mean_of(erf_square), gaussian_mean_of(slope_square)};
    struct value root = claim_value(claim, root_bracketed(excess_slope, &norms, 0, 1));
    double delta = claim_real(claim, "delta"), errors = value_error(norms.value) + value_error(norms.slope);

    claim_need(claim, activation_find("erf", &phi));
    claim_column(claim, "s", EXACT, "a grid");
    claim_column(claim, "slope", RELATIVE(1e-13), "quadrature");
    claim_column(claim, "fixed", ABSOLUTE(1e-11), "root finding");
    tabulate(claim, &phi, &norms);
    claim_case(claim, "erf");
    check_equal(claim, "quadrature", printed, value_with(root, errors, QUADRATURE));
    check_equal(claim, "differences", printed, value_sub(covariance_slope_at_one(&phi), norms.value));
    check_equal(claim, "curvature", exact(claim_fault(claim, "five_quarters") ? 5.0 / 4 : 4.0 / 5),
                value_div(gaussian_mean_of(curvature_square), value_add(printed, norms.value)));
    claim_case(claim, "delta = %g", delta);
    check_shape(claim, "chaotic below", widening(claim, &phi, printed.x - delta), delta);
    check_shape(claim, "ordered above", value_scale(-1, widening(claim, &phi, printed.x + delta)), delta);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {real("delta", "how far from the ratio the transition is tried", 1e-3, 1e-4, 0.1)},
            .faults = {{"half", "1/pi in place of 2/pi", "quadrature differences curvature ordered*"},
                       {"twice", "4/pi in place of 2/pi", "quadrature differences curvature chaotic*"},
                       {"five_quarters", "P''(1) turned over", "curvature"}},
            .run = critical_ratio,
        }));
}
