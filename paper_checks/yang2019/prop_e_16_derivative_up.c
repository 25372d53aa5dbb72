/* # Proposition E.16: the derivative of an arc-cosine kernel from the kernel one degree higher
 *
 * Yang et al. (2019), appendix E.1.1, propositions E.15 and E.16. For $\alpha\ge0$ and $n\ge1$,
 *
 * $$\mathsf J_{\alpha+n}(c)=\frac{c_\alpha}{c_{\alpha+n}}(1-c^2)^{n+\alpha+\frac12}\,\partial_c^n\frac{\mathsf J_\alpha(c)}{(1-c^2)^{\alpha+\frac12}},\qquad
 *   \frac{c_\alpha}{c_{\alpha+n}}=\prod_{\beta=\alpha}^{\alpha+n-1}\frac1{2\beta+1},$$
 * $$\mathsf J_\alpha'(c)=\frac{2\alpha+1}{1-c^2}\big(\mathsf J_{\alpha+1}(c)-c\,\mathsf J_\alpha(c)\big).$$
 *
 * **Checked.** Higher kernels from hypergeometric series; derivatives from the integral that defines the kernel, by Cauchy's formula. Those of the quotient
 * follow by Leibniz' rule from the Taylor series of $(1-c^2)^{-\alpha-1/2}$, for $n$ to 4. The ratio of constants against second
 * moments by quadrature.
 * **Tolerance.** Series, quadrature and Cauchy's formula state their errors. The difference in E.16 and the sum of Leibniz' rule cancel near $c=-1$; errors
 * are carried through term by term.
 * **Could miss.** Correlations beyond $\pm0.98$.
 * **Found.** Holds, also for $-\frac12<\alpha<0$. The extracted text of E.15 shows some exponents as $\alpha+1$; the proof of E.16 has
 * $\alpha+\frac12$, which is right. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/arccosine.h>
#include <assay/numerics/gaussian.h>
#include <math.h>

enum { ORDERS = 4 };

static const double correlations[] = {-0.98, -0.8, -0.4, -0.1, 0, 0.3, 0.6, 0.9, 0.98};

enum { CORRELATIONS = sizeof correlations / sizeof correlations[0] };

/* ## Proposition E.16 */
static struct value printed_slope(struct claim *claim, double alpha, double c)
{
    double factor = (claim_fault(claim, "sign_of_one") ? 2 * alpha - 1 : 2 * alpha + 1) / ((1 - c) * (1 + c));
    double cosine = claim_fault(claim, "no_cosine") ? 1 : c;
    struct value up = claim_value(claim, arccosine_kernel(alpha + 1, c)),
                 here = claim_value(claim, arccosine_kernel(alpha, c));
    struct value slope = value_scale(factor, value_sub(up, value_scale(cosine, here)));

    return value_with(slope, 4e-16 * fabs(slope.x), ROUNDING);
}

/* ## Proposition E.15
 * Taylor coefficients at c of $f=(1-x^2)^{-p}$, times $(1-c^2)^p$: from $(1-x^2)f'=2pxf$. */
static void quotient_series(double p, double c, double f[ORDERS + 1])
{
    double sine2 = (1 - c) * (1 + c);

    f[0] = 1;
    for (int k = 0; k < ORDERS; k++) {
        double lower = k > 0 ? (k - 1 + 2 * p) * f[k - 1] : 0;

        f[k + 1] = ((2 * k + 2 * p) * c * f[k] + lower) / ((k + 1) * sine2);
    }
}

/* $(1-c^2)^{n+\alpha+1/2}\,\partial^n$ of the quotient: $\binom nk$ times derivatives of both. */
static struct value raised(struct claim *claim, const struct value derivative[], double alpha, int n, double c)
{
    double f[ORDERS + 1], power = alpha + (claim_fault(claim, "half_more") ? 1 : 0.5), factorial = 1;
    struct value sum = exact(0);

    quotient_series(power, c, f);
    for (int k = 0; k <= n; k++) { // derivative[k] / k! is J's Taylor coefficient
        sum = value_add(sum, value_scale(f[n - k] / factorial, derivative[k]));
        sum = value_with(sum, 1e-15 * (n + 1) * fabs(f[n - k] / factorial * derivative[k].x), ROUNDING);
        factorial *= k + 1;
    }
    return value_scale(tgamma(n + 1) * pow((1 - c) * (1 + c), n), sum);
}

/* $\prod(2\beta+1)$. */
static double ratio(struct claim *claim, double alpha, int n)
{
    double product = 1;

    for (int k = 0; k < n; k++)
        product *= 2 * (alpha + k) + 1;
    return claim_fault(claim, "one_too_many") ? product * (2 * (alpha + n) + 1) : product;
}

static void check_degree(struct claim *claim, double alpha, double c)
{
    struct value derivative[ORDERS + 1];

    claim_need(claim, arccosine_derivatives_integral(alpha, c, ORDERS, derivative));
    claim_case(claim, "alpha = %g, c = %g", alpha, c);
    check_equal(claim, "derivative", printed_slope(claim, alpha, c), derivative[1]);
    for (int n = 1; n <= ORDERS; n++) {
        struct value claimed = value_scale(1 / ratio(claim, alpha, n), raised(claim, derivative, alpha, n, c));

        claim_case(claim, "alpha = %g, c = %g, n = %d", alpha, c, n);
        check_equal(claim, "raising", claim_value(claim, arccosine_kernel(alpha + n, c)), claimed);
    }
}

/* ## The ratio of constants */
static double square(double x, void *context)
{
    double alpha = *(double *)context;

    return x > 0 ? pow(x, 2 * alpha) : 0;
}

static void check_ratio(struct claim *claim, double alpha)
{
    static const double origin[] = {0};

    for (int n = 1; n <= ORDERS; n++) {
        double high = alpha + n;
        struct value above = gaussian_mean(&(struct piecewise){square, &high, 1, origin});
        struct value below = gaussian_mean(&(struct piecewise){square, &alpha, 1, origin});

        claim_case(claim, "alpha = %g, n = %d", alpha, n);
        check_equal(claim, "constants", rounded(ratio(claim, alpha, n), 4.0 * n),
                    claim_value(claim, value_div(above, below)));
    }
}

static void tabulate(struct claim *claim, double alpha)
{
    claim_column(claim, "c", EXACT, "a grid");
    claim_column(claim, "printed", RELATIVE(1e-10), "a difference of series");
    claim_column(claim, "derivative", RELATIVE(1e-9), "an integral at complex arguments");
    for (int i = -24; i <= 24; i++) {
        double c = i / 25.0;
        struct value d[2];

        claim_need(claim, arccosine_derivatives_integral(alpha, c, 1, d));
        claim_row(claim, NULL, c, printed_slope(claim, alpha, c).x, d[1].x);
    }
}

static void derivatives(struct claim *claim)
{
    static const double degrees[] = {-0.4, -0.2, 0, 0.3, 0.5, 1, 1.5, 2, 2.7, 4, 8, 20};
    double alpha = claim_real(claim, "alpha");
    size_t smoke = claim_scale(claim) == SCALE_SMOKE;

    tabulate(claim, alpha);
    check_ratio(claim, alpha);
    for (int i = 0; i < CORRELATIONS; i++) {
        check_degree(claim, alpha, correlations[i]);
        for (size_t k = smoke; k < sizeof degrees / sizeof degrees[0]; k += 1 + smoke)
            check_degree(claim, degrees[k], correlations[i]);
    }
    for (size_t k = 0; k < sizeof degrees / sizeof degrees[0]; k++)
        check_ratio(claim, degrees[k]);
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {real("alpha", "degree", 1, -0.45, 60)},
                          .faults = {{"sign_of_one", "2 alpha - 1 in place of 2 alpha + 1 in E.16", "derivative"},
                                     {"no_cosine", "J_{alpha+1} - J_alpha in E.16", "derivative"},
                                     {"half_more", "exponents alpha + 1 in place of alpha + 1/2 in E.15", "raising"},
                                     {"one_too_many", "the product to alpha + n", "raising constants"}},
                          .run = derivatives,
                      }));
}
