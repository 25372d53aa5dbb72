/* # Footnote 8: which error function
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), footnote 8. The experiments' sigmoid is
 *
 * $$\mathrm{erf}(x)=\frac2{\sqrt\pi}\int_0^xe^{-y^2}\,dy,$$
 *
 * smooth, increasing, with values between $-1$ and $1$. Every constant of erf in the paper hangs on this normalisation; some papers of the field use
 * $\mathrm{erf}(x/\sqrt2)$ instead.
 *
 * **Checked.** The activation that all programs here call erf, against quadrature of the integral, and against the chance that a standard normal
 * falls within $\sqrt2\,x$ of $0$. Its slope, which networks and Jacobians use, against finite differences. Monotonicity, the bounds $\pm1$ and the
 * limit.
 * **Tolerance.** Quadrature states its error; finite differences are extrapolated, and the last correction is their error.
 * **Could miss.** Nothing that matters here.
 * **Found.** Holds. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/activation.h>
#include <float.h>
#include <math.h>

/* ## The integral */
static double density(double y, void *context)
{
    (void)context;
    return exp(-y * y);
}

static struct value integral(const struct claim *claim, double x)
{
    double factor = claim_fault(claim, "root_lost") ? M_2_PI : 2 / sqrt(M_PI);

    return value_scale(factor, integrate(density, NULL, 0, x, 1e-14));
}

/* ## The probability */
static double within(double z, void *context)
{
    return fabs(z) <= *(double *)context;
}

static struct value probability(const struct claim *claim, double x)
{
    double reach = (claim_fault(claim, "unit_variance") ? 1 : sqrt(2)) * fabs(x);
    struct value chance = gaussian_mean(&(struct piecewise){within, &reach, 2, (double[]){-reach, reach}});

    return x < 0 ? value_scale(-1, chance) : chance;
}

/* ## The slope
 * Central differences of steps $2h$, $h$ and $h/2$, extrapolated twice. */
static double central(const struct activation *phi, double x, double h)
{
    return (activation_value(phi, x + h) - activation_value(phi, x - h)) / (2 * h);
}

static struct value difference(const struct activation *phi, double x)
{
    double h = 0.02, a = central(phi, x, 2 * h), b = central(phi, x, h), c = central(phi, x, h / 2);
    double ab = b + (b - a) / 3, bc = c + (c - b) / 3, best = bc + (bc - ab) / 15;

    return value_with(measured(best, fabs(best - bc), QUADRATURE), 4 * DBL_EPSILON / h, ROUNDING);
}

static void error_function(struct claim *claim)
{
    struct activation phi;
    double reach = claim_real(claim, "reach");

    claim_need(claim, activation_find("erf", &phi));
    claim_column(claim, "x", EXACT, "a grid");
    claim_column(claim, "erf", RELATIVE(1e-15), "the C library's");
    claim_column(claim, "integral", RELATIVE(1e-13), "adaptive quadrature");
    claim_column(claim, "slope", RELATIVE(1e-14), "a closed form");
    for (int i = -30; i <= 30; i++) {
        double x = reach * i / 30, slope = activation_slope(&phi, x);
        struct value ours = rounded(activation_value(&phi, x), 2), wanted = integral(claim, x);

        if (claim_fault(claim, "complement")) {
            ours = value_sub(exact(1), ours);
            slope = -slope;
        }

        claim_case(claim, "x = %g", x);
        check_equal(claim, "integral", wanted, ours);
        if (i != 0) {
            check_equal(claim, "probability", probability(claim, x), ours);
        }
        check_equal(claim, "slope", rounded(claim_fault(claim, "half_slope") ? slope / 2 : slope, 6),
                    difference(&phi, x));
        check_shape(claim, "increasing", exact(slope), 1);
        check_at_most(claim, "bounded", exact(fabs(ours.x)), exact(1));
        claim_row(claim, NULL, x, ours.x, wanted.x, slope);
    }
    claim_case(claim, "x to infinity");
    check_equal(claim, "limit", exact(1), integral(claim, INFINITY));
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {real("reach", "the largest |x| tried", 3, 0.1, 20)},
                          .faults = {{"root_lost", "2/pi before the integral", "integral limit"},
                                     {"unit_variance", "erf(x / sqrt 2), as in other papers", "probability"},
                                     {"complement", "erfc = 1 - erf", "integral probability slope increasing bounded"},
                                     {"half_slope", "the slope halved", "slope"}},
                          .run = error_function,
                      }));
}
