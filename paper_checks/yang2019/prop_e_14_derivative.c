/* # Proposition E.14: the derivative of an arc-cosine kernel is the kernel one degree lower
 *
 * Yang et al. (2019), appendix E.1.1, proposition E.14. For $\alpha>\frac12$,
 *
 * $$\mathsf J_\alpha'(c)=\frac{\alpha^2}{2\alpha-1}\,\mathsf J_{\alpha-1}(c),\qquad
 *   \frac{d}{d\theta}\mathsf J_\alpha(\cos\theta)=-\frac{\alpha^2}{2\alpha-1}\,\mathsf J_{\alpha-1}(\cos\theta)\sin\theta,$$
 * $$\mathsf J_{\alpha-n}(c)=\Big(\prod_{\beta=\alpha-n+1}^\alpha\beta^{-2}(2\beta-1)\Big)\,\partial_c^n\,\mathsf J_\alpha(c).$$
 *
 * **Checked.** The lower kernel from a hypergeometric series; the derivatives from the integral that defines the kernel, taken at complex $c$ on a circle
 * (Cauchy's formula), up to the fourth, and in $\theta$ from differences extrapolated to step 0. Where $\phi'$ is one of the table's, also
 * Price's theorem: $c_\alpha\mathsf J_\alpha'=\mathrm E\rho_\alpha'(X)\rho_\alpha'(Y)$ by quadrature over a Gaussian pair.
 * **Tolerance.** Series, quadrature and Cauchy's formula state their errors; the extrapolation states the difference of its last two entries.
 * **Could miss.** Correlations beyond $\pm0.98$.
 * **Found.** Holds. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/activation.h>
#include <assay/meanfield/arccosine.h>
#include <math.h>

enum { ORDERS = 4, LEVELS = 6 };

static const double correlations[] = {-0.98, -0.8, -0.4, -0.1, 0, 0.3, 0.6, 0.9, 0.98};

enum { CORRELATIONS = sizeof correlations / sizeof correlations[0] };

/* $\beta^2/(2\beta-1)$. */
static double factor(struct claim *claim, double beta)
{
    return (claim_fault(claim, "not_squared") ? beta : beta * beta) / (2 * beta - 1);
}

/* The kernel n degrees lower, times the product: what the n-th derivative is claimed to be. */
static struct value printed(struct claim *claim, double alpha, int n, double c)
{
    double product = 1, last = alpha - n + (claim_fault(claim, "one_too_many") && n > 1 ? 0 : 1);

    for (double beta = alpha; beta > last - 0.5; beta--)
        product *= factor(claim, beta);
    struct value J = claim_value(claim, arccosine_kernel(alpha - n, c));
    return value_with(value_scale(product, J), 4e-16 * n * fabs(product * J.x), ROUNDING);
}

static void check_orders(struct claim *claim, double alpha, double c)
{
    struct value derivative[ORDERS + 1];

    claim_need(claim, arccosine_derivatives_integral(alpha, c, ORDERS, derivative));
    for (int n = 1; n <= ORDERS && alpha - n > -0.5; n++) {
        claim_case(claim, "alpha = %g, c = %g, n = %d", alpha, c, n);
        check_equal(claim, n == 1 ? "derivative" : "iterated", printed(claim, alpha, n, c), derivative[n]);
    }
}

/* ## In the angle
 * Central differences of step h, h/2, ... extrapolated to 0. */
static struct value angle_derivative(struct claim *claim, double alpha, double angle)
{
    double table[LEVELS], before = 0, noise = 0;

    for (int k = 0; k < LEVELS; k++) {
        double h = ldexp(fmin(angle, M_PI - angle) / (4 + alpha / 4), -k), weight = 1;
        struct value up = claim_value(claim, arccosine_kernel_integral(alpha, cos(angle + h)));
        struct value down = claim_value(claim, arccosine_kernel_integral(alpha, cos(angle - h)));

        table[k] = (up.x - down.x) / (2 * h);
        noise = (value_error(up) + value_error(down) + 2e-16) / (2 * h);
        before = table[0];
        for (int j = k - 1; j >= 0; j--) {
            weight *= 4;
            table[j] = table[j + 1] + (table[j + 1] - table[j]) / (weight - 1);
        }
    }
    return measured(table[0], fabs(table[0] - before) + 2 * noise, QUADRATURE);
}

static void check_angle(struct claim *claim, double alpha, double angle)
{
    double c = cos(angle), sine = claim_fault(claim, "sine_lost") ? 1 : sin(angle);

    claim_case(claim, "alpha = %g, theta = %g", alpha, angle);
    check_equal(claim, "angle", value_scale(-sine, printed(claim, alpha, 1, c)), angle_derivative(claim, alpha, angle));
}

/* ## Price's theorem */
static void check_price(struct claim *claim, double alpha)
{
    struct activation rho;

    claim_need(claim, activation_with("relu^", alpha, &rho));
    struct piecewise slope = activation_slope_piecewise(&rho);
    for (int i = 1; i < CORRELATIONS; i += 2) {
        double c = correlations[i];
        struct value mean = claim_value(claim, gaussian_product(&slope, &slope, c));

        claim_case(claim, "alpha = %g, c = %g", alpha, c);
        check_equal(claim, "Price", value_mul(arccosine_norm2(alpha), printed(claim, alpha, 1, c)), mean);
    }
}

static void tabulate(struct claim *claim, double alpha)
{
    claim_column(claim, "c", EXACT, "a grid");
    claim_column(claim, "lower", RELATIVE(1e-11), "a series");
    claim_column(claim, "derivative", RELATIVE(1e-9), "an integral at complex arguments");
    for (int i = -24; i <= 24; i++) {
        double c = i / 25.0;
        struct value d[2];

        claim_need(claim, arccosine_derivatives_integral(alpha, c, 1, d));
        claim_row(claim, NULL, c, printed(claim, alpha, 1, c).x, d[1].x);
    }
}

static void derivatives(struct claim *claim)
{
    static const double degrees[] = {0.55, 0.7, 1, 1.3, 1.5, 2, 2.7, 3, 4, 5.5, 10, 30};
    double alpha = claim_real(claim, "alpha");

    tabulate(claim, alpha);
    for (int i = 0; i < CORRELATIONS; i++) {
        check_orders(claim, alpha, correlations[i]);
        for (size_t k = claim_scale(claim) == SCALE_SMOKE; k < sizeof degrees / sizeof degrees[0];
             k += claim_scale(claim) == SCALE_SMOKE ? 2 : 1)
            check_orders(claim, degrees[k], correlations[i]);
    }
    for (double angle = 0.3; angle < 3; angle += 0.4) {
        check_angle(claim, alpha, angle);
        check_angle(claim, 1, angle);
        check_angle(claim, 3, angle);
    }
    for (int degree = 1; degree <= 4; degree++)
        check_price(claim, degree);
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {real("alpha", "degree", 2.5, 0.51, 100)},
                          .faults = {{"not_squared", "alpha in place of alpha^2", "derivative iterated angle Price"},
                                     {"one_too_many", "the product from alpha - n", "iterated"},
                                     {"sine_lost", "the derivative in theta without sin(theta)", "angle"}},
                          .run = derivatives,
                      }));
}
