/* # Appendix B, leaky relu: covariance, linearisation and norms in closed form
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), appendix B. For $\phi(x)=ax+(1-a)\max(x,0)$,
 *
 * $$C[\phi\,|\,\rho]=a\rho+(1-a)^2\,\frac{\sqrt{1-\rho^2}+\rho\,(\pi-\arccos\rho)}{2\pi},\qquad
 *   \bar\phi(x)=\frac{1-a}{\sqrt{2\pi}}+\frac{1+a}2x,$$
 * $$\|\phi-\bar\phi\|^2=\frac{\pi-2}{4\pi}(1-a)^2,\qquad \|\phi'\|^2=\frac{1+a^2}2,$$
 *
 * and a layer is critical if and only if it has no bias.
 *
 * **Checked.** Every form against quadrature of the definition, which splits at the kink and knows no closed form. The critical ratio
 * $\sigma_b^2/\sigma_w^2=\|\phi'\|^2-\|\phi\|^2$ from two quadratures: it is zero for every slope.
 * **Tolerance.** Quadrature states its error; the closed forms take some ten roundings of their largest term. The nonlinearity's quadrature subtracts
 * $\bar\phi$ from $\phi$ point by point: one ulp of $\phi$, times twice what is left. Coefficients that miss by $\delta$ add $|\delta|^2$.
 * **Could miss.** Nothing but a slope outside those tried.
 * **Found.** Holds. $\|\phi\|^2=\|\phi'\|^2$, which is why the bias has to vanish. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/covariance.h>
#include <assay/numerics/hermite.h>
#include <float.h>
#include <math.h>

/* ## The forms as printed
 * Their error is relative to the sum of the terms' sizes: near $\rho=-1$ they cancel. */
static struct value of_terms(double x, double size)
{
    return measured(x, 6 * DBL_EPSILON * size, ROUNDING);
}

static struct value printed_covariance(struct claim *claim, double a, double rho)
{
    double angle = claim_fault(claim, "angle") ? acos(rho) : M_PI - acos(rho);
    double weight = (1 - a) * (1 - a) / (2 * M_PI), sine = sqrt((1 - rho) * (1 + rho));

    return of_terms(a * rho + weight * (sine + rho * angle), fabs(a * rho) + weight * (sine + fabs(rho) * angle));
}

static struct value printed_nonlinearity(struct claim *claim, double a)
{
    return rounded((M_PI - 2) / ((claim_fault(claim, "quarter") ? 1 : 4) * M_PI) * (1 - a) * (1 - a), 8);
}

static struct value printed_slope_norm(struct claim *claim, double a)
{
    return rounded((1 + a * a) / (claim_fault(claim, "half") ? 1 : 2), 4);
}

/* ## The same from the definitions */
struct remainder {
    const struct activation *phi;
    double constant, linear;
};

static double remainder_square(double x, void *context)
{
    const struct remainder *r = context;
    double rest = activation_value(r->phi, x) - r->constant - r->linear * x;

    return rest * rest;
}

static struct activation leaky_relu(struct claim *claim, double a)
{
    struct activation phi;

    claim_need(claim, activation_with("lrelu:", a, &phi));
    return phi;
}

static void check_norms(struct claim *claim, double a)
{
    struct activation phi = leaky_relu(claim, a);
    struct piecewise value = activation_piecewise(&phi), slope = activation_slope_piecewise(&phi), square = value;
    struct value c[2], norm2 = gaussian_product(&value, &value, 1), slope_norm2 = gaussian_product(&slope, &slope, 1);

    claim_need(claim, hermite_expand(&value, 1, c));
    if (claim_fault(claim, "about_the_mean")) {
        norm2 = value_sub(norm2, value_mul(c[0], c[0]));
    }
    struct remainder rest = {&phi, c[0].x, c[1].x};
    square.f = remainder_square;
    square.context = &rest;
    struct value nonlinearity = gaussian_mean(&square);
    double missed = 2 * DBL_EPSILON * sqrt(norm2.x * nonlinearity.x);
    missed += value_error(c[0]) * value_error(c[0]) + value_error(c[1]) * value_error(c[1]);
    claim_case(claim, "a = %g", a);
    double root = sqrt(claim_fault(claim, "two_lost") ? M_PI : 2 * M_PI);
    check_equal(claim, "constant", of_terms((1 - a) / root, (1 + fabs(a)) / root), c[0]);
    check_equal(claim, "linear", of_terms((claim_fault(claim, "sign") ? 1 - a : 1 + a) / 2, (1 + fabs(a)) / 2), c[1]);
    check_equal(claim, "nonlinearity", printed_nonlinearity(claim, a), value_with(nonlinearity, missed, ROUNDING));
    check_equal(claim, "slope norm", printed_slope_norm(claim, a), slope_norm2);
    check_zero(claim, "critical ratio", value_sub(slope_norm2, norm2), norm2.x);
}

static void check_covariance(struct claim *claim, double a, int points, bool tabulate)
{
    struct activation phi = leaky_relu(claim, a);
    char series[32];

    snprintf(series, sizeof series, "a = %g", a);
    for (int i = 0; i < points; i++) {
        double rho = -1 + 2.0 * i / (points - 1);
        struct value printed = printed_covariance(claim, a, rho), quadrature = covariance_quadrature(&phi, rho);

        claim_case(claim, "a = %g, rho = %g", a, rho);
        check_equal(claim, "covariance", printed, quadrature);
        if (tabulate) {
            claim_row(claim, series, rho, printed.x, quadrature.x);
        }
    }
}

static void leaky_relu_forms(struct claim *claim)
{
    static const double others[] = {-1, 0.01, 0.1, 0.3, 0.6, 0.9, 1, 3};
    double a = claim_real(claim, "a");

    claim_labels(claim, "series");
    claim_column(claim, "rho", EXACT, "a grid");
    claim_column(claim, "printed", ABSOLUTE(1e-14), "a closed form that cancels near rho = -1");
    claim_column(claim, "quadrature", ABSOLUTE(1e-12), "adaptive quadrature");
    check_norms(claim, a);
    check_covariance(claim, a, 21, true);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        bool drawn = (others[i] == 0.3 || others[i] == 0.6) && others[i] != a;

        check_norms(claim, others[i]);
        check_covariance(claim, others[i], drawn ? 21 : 5, drawn);
    }
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {real("a", "negative slope of leaky relu", 0, -100, 100)},
                          .faults = {{"angle", "arccos(rho) in place of pi - arccos(rho)", "covariance"},
                                     {"two_lost", "phi_0 = (1 - a)/sqrt(pi)", "constant"},
                                     {"sign", "phi_1 = (1 - a)/2", "linear"},
                                     {"quarter", "the nonlinearity four times as large", "nonlinearity"},
                                     {"half", "1 + a^2 without the half", "slope?norm"},
                                     {"about_the_mean", "the variance of phi in place of its norm", "critical?ratio"}},
                          .run = leaky_relu_forms,
                      }));
}
