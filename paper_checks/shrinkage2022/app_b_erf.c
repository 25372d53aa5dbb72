/* # Appendix B, erf: covariance, linearisation and norms in closed form
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), appendix B. For the error function
 *
 * $$C[\mathrm{erf}\,|\,\rho]=\frac2\pi\arctan\frac{2\rho}{\sqrt{9-4\rho^2}},\qquad \overline{\mathrm{erf}}(x)=\frac{2x}{\sqrt{3\pi}},$$
 * $$\|\mathrm{erf}-\overline{\mathrm{erf}}\|^2=\frac2\pi\Big(\arctan\frac2{\sqrt5}-\frac23\Big),\qquad \|\mathrm{erf}'\|^2=\frac4{\pi\sqrt5}.$$
 *
 * **Checked.** Every form against quadrature of the definition; the covariance also against the arcsine form, $\frac2\pi\arcsin\frac{2\rho}3$, that
 * is usual elsewhere. The slope of the covariance at $0$ and at $1$ is $\phi_1^2$ and $\|\mathrm{erf}'\|^2$: both are seen again in finite
 * differences of the covariance.
 * **Tolerance.** Quadrature states its error. Closed forms take some ten roundings; the nonlinearity is a difference of two numbers ten times
 * as large. Finite differences: a Richardson table states the difference of its last two entries.
 * **Could miss.** Nothing: the forms have no parameter but $\rho$.
 * **Found.** Holds. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/covariance.h>
#include <assay/numerics/hermite.h>
#include <float.h>
#include <math.h>

/* ## The covariance, three ways */
static void check_covariance(struct claim *claim, const struct activation *phi, double rho)
{
    double root = sqrt(9 - 4 * rho * rho), argument = claim_fault(claim, "twice_rho") ? rho / root : 2 * rho / root;
    struct value printed = rounded(M_2_PI * atan(argument), 12), quadrature = covariance_quadrature(phi, rho);

    claim_case(claim, "rho = %g", rho);
    check_equal(claim, "covariance", printed, quadrature);
    check_equal(claim, "arcsine", printed, covariance(phi, rho));
    claim_row(claim, NULL, rho, printed.x, quadrature.x, 4 / (3 * M_PI) * rho);
}

/* ## Linear part and norms */
static double printed_linear(const struct claim *claim)
{
    return 2 / sqrt(claim_fault(claim, "three_lost") ? M_PI : 3 * M_PI);
}

static double printed_slope_norm(const struct claim *claim)
{
    return 4 / ((claim_fault(claim, "root_five") ? 5 : sqrt(5)) * M_PI);
}

static double remainder_square(double x, void *context)
{
    double rest = erf(x) - *(double *)context * x;

    return rest * rest;
}

static void check_norms(struct claim *claim, const struct activation *phi)
{
    struct piecewise value = activation_piecewise(phi), slope = activation_slope_piecewise(phi), square = value;
    double nonlinear = atan(2 / sqrt(5)) - (claim_fault(claim, "third") ? 1.0 / 3 : 2.0 / 3);
    double linear = printed_linear(claim), slope_norm = printed_slope_norm(claim);
    struct value c[2];

    claim_need(claim, hermite_expand(&value, 1, c));
    square.f = remainder_square;
    square.context = &c[1].x;
    claim_case(claim, "erf");
    check_zero(claim, "constant", claim_fault(claim, "from_zero") ? value_sub(c[0], exact(0.5)) : c[0], c[1].x);
    check_equal(claim, "linear", rounded(linear, 6), c[1]);
    check_equal(claim, "nonlinearity", measured(M_2_PI * nonlinear, 4 * DBL_EPSILON, ROUNDING), gaussian_mean(&square));
    check_equal(claim, "slope norm", rounded(slope_norm, 6), gaussian_product(&slope, &slope, 1));
}

/* ## The same norms as slopes of the covariance
 * One-sided differences of step $h=2^{-k}$, $k=3,4,\dots$, extrapolated to $h=0$: the covariance is analytic for $|\rho|<\frac32$. */
static struct value covariance_slope_at(const struct activation *phi, double rho)
{
    enum { LEVELS = 9 };
    double table[LEVELS], before = 0, noise = 0;
    struct value end = covariance_quadrature(phi, rho);

    for (int k = 0; k < LEVELS; k++) {
        double h = ldexp(1, -3 - k), weight = 1;
        struct value fall = value_scale(1 / h, value_sub(end, covariance_quadrature(phi, rho - h)));

        table[k] = fall.x;
        noise = 2 * value_error(fall);
        before = table[0];
        for (int j = k - 1; j >= 0; j--) {
            weight *= 2;
            table[j] = table[j + 1] + (table[j + 1] - table[j]) / (weight - 1);
        }
    }
    return measured(table[0], fabs(table[0] - before) + 8 * noise, QUADRATURE);
}

static void erf_forms(struct claim *claim)
{
    struct activation phi;
    int points = (int)claim_integer(claim, "points");

    claim_need(claim, activation_find("erf", &phi));
    claim_column(claim, "rho", EXACT, "a grid");
    claim_column(claim, "printed", RELATIVE(1e-14), "a closed form of a few roundings");
    claim_column(claim, "quadrature", ABSOLUTE(1e-13), "adaptive quadrature");
    claim_column(claim, "linear", RELATIVE(1e-14), "a closed form of a few roundings");
    for (int i = 0; i < points; i++) {
        check_covariance(claim, &phi, -1 + 2.0 * i / (points - 1));
    }
    check_norms(claim, &phi);
    claim_case(claim, "rho = 0");
    check_equal(claim, "slope at 0", rounded(printed_linear(claim) * printed_linear(claim), 12),
                covariance_slope_at(&phi, 0));
    claim_case(claim, "rho = 1");
    check_equal(claim, "slope at 1", rounded(printed_slope_norm(claim), 6), covariance_slope_at(&phi, 1));
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {integer("points", "how many correlations", 41, 3, 1001)},
                          .faults = {{"twice_rho", "rho in place of 2 rho under the arctangent", "covariance arcsine"},
                                     {"three_lost", "phi_1 = 2 / sqrt(pi), the slope of erf at 0", "linear slope?at?0"},
                                     {"from_zero", "phi_0 = 1/2, as of a sigmoid that starts at 0", "constant"},
                                     {"third", "1/3 in place of 2/3 in the nonlinearity", "nonlinearity"},
                                     {"root_five", "5 in place of its root", "slope?norm slope?at?1"}},
                          .run = erf_forms,
                      }));
}
