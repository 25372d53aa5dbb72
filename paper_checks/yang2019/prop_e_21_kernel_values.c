/* # Proposition E.21: the kernel of a positive-homogeneous activation at 1 and at 0
 *
 * Yang et al. (2019), appendix E.1.2, definition E.20 and proposition E.21. For $\phi(x)=a\rho_\alpha(x)-b\rho_\alpha(-x)$ let
 * $\mathsf J_\phi(c)=(a^2+b^2)\,\mathsf J_\alpha(c)-2ab\,\mathsf J_\alpha(-c)$. Then
 *
 * $$\mathsf J_\phi(1)=a^2+b^2,\qquad\mathsf J_\phi(0)=(a-b)^2\,\mathsf J_\alpha(0)=\frac{(a-b)^2}{2\sqrt\pi}\,
 *   \frac{\Gamma(\frac\alpha2+\frac12)^2}{\Gamma(\alpha+\frac12)},$$
 *
 * and, as a check of the paper's own, $\mathsf J_{\mathrm{id}}(c)=2c$, so that $\mathrm V\,\mathrm{id}(\Sigma)=\Sigma$.
 *
 * **Checked.** $c_\alpha\mathsf J_\phi(1)=\mathrm E\phi(Z)^2$ and $c_\alpha\mathsf J_\phi(0)=(\mathrm E\phi(Z))^2$ by quadrature over one Gaussian, for random
 * $a$ and $b$ of either sign. The definition at 0 with the integral that defines $\mathsf J_\alpha$. $\mathsf J_{\mathrm{id}}$, and for more odd and even
 * powers the polynomials $\mathrm EX^nY^n/c_n$, from that integral too: they are counted by Isserlis' theorem.
 * **Tolerance.** Quadrature states its error. The two terms of $\mathsf J_\phi$ cancel: errors are relative to their sizes.
 * **Could miss.** Degrees above 30.
 * **Found.** Holds. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/arccosine.h>
#include <assay/meanfield/homogeneous.h>
#include <float.h>
#include <math.h>

static struct value of_terms(double x, double size)
{
    return measured(x, 8 * DBL_EPSILON * size, ROUNDING);
}

static struct value printed_at_one(struct claim *claim, const struct homogeneous *h)
{
    double a = h->a, b = h->b;

    return of_terms(claim_fault(claim, "square_of_sum") ? (a + b) * (a + b) : a * a + b * b, a * a + b * b);
}

static struct value printed_at_zero(struct claim *claim, const struct homogeneous *h)
{
    double a = h->a, b = h->b, gamma = tgamma(h->alpha / 2 + 0.5);
    double square = claim_fault(claim, "sum") ? (a + b) * (a + b) : (a - b) * (a - b);
    double J = gamma * gamma / (2 * sqrt(M_PI) * tgamma(h->alpha + (claim_fault(claim, "half_more") ? 1 : 0.5)));

    return of_terms(square * J, 8 * (fabs(a) + fabs(b)) * (fabs(a) + fabs(b)) * J);
}

/* Definition E.20 with the integral of definition E.9. */
static struct value by_definition(struct claim *claim, const struct homogeneous *h, double c)
{
    double sum = h->a * h->a + h->b * h->b, cross = (claim_fault(claim, "cross_sign") ? -2 : 2) * h->a * h->b;
    struct value there = value_scale(sum, claim_value(claim, arccosine_kernel_integral(h->alpha, c)));

    return value_sub(there, value_scale(cross, claim_value(claim, arccosine_kernel_integral(h->alpha, -c))));
}

/* ## Moments of one Gaussian */
static double square_of(double x, void *context)
{
    double y = homogeneous_value(context, x);

    return y * y;
}

static struct value moment(struct claim *claim, struct homogeneous *h, bool square)
{
    static const double origin[] = {0};
    struct piecewise f = {square_of, h, 1, origin}, value = homogeneous_piecewise(h);

    value.kinks = 1; // the two sides may cancel, and are better summed each for itself
    value.kink = origin;
    return claim_value(claim, gaussian_mean(square ? &f : &value));
}

static void check_values(struct claim *claim, struct homogeneous h)
{
    struct value norm2 = claim_value(claim, arccosine_norm2(h.alpha)), mean = moment(claim, &h, false);

    claim_case(claim, "alpha = %g, a = %.3g, b = %.3g", h.alpha, h.a, h.b);
    check_equal(claim, "at one", printed_at_one(claim, &h), value_div(moment(claim, &h, true), norm2));
    double size = (h.a * h.a + h.b * h.b) * norm2.x *
                  DBL_EPSILON; // an error of the mean counts twice, times the mean, and once squared
    mean = value_with(value_mul(mean, mean), value_error(mean) * value_error(mean) + size, ROUNDING);
    check_equal(claim, "at zero, independence", printed_at_zero(claim, &h), value_div(mean, norm2));
    check_equal(claim, "at zero, definition", printed_at_zero(claim, &h), by_definition(claim, &h, 0));
}

/* ## Monomials
 * $\mathrm EX^nY^n=\sum_k\big(\frac{n!}{k!\,j!\,2^j}\big)^2k!\,c^k$ over the pairings with k of them across and $j=(n-k)/2$ on each side. */
static double isserlis(int n, double c)
{
    double sum = 0;

    for (int k = n; k >= 0; k -= 2) {
        int j = (n - k) / 2;
        double ways = tgamma(n + 1) / (tgamma(k + 1) * tgamma(j + 1) * exp2(j));

        sum += ways * ways * tgamma(k + 1) * pow(c, k);
    }
    return sum;
}

static void check_monomial(struct claim *claim, int n)
{
    struct homogeneous h = {n, 1, n % 2 ? 1 : -1};
    struct value norm2 = arccosine_norm2(n);

    for (int i = -19; i <= 19; i += 2) {
        double c = i / 20.0;
        struct value J = by_definition(claim, &h, c);

        claim_case(claim, "x^%d, c = %g", n, c);
        check_equal(claim, n == 1 ? "identity" : "monomials", value_with(J, 4 * DBL_EPSILON, ROUNDING),
                    n == 1 ? exact(2 * c) : value_div(rounded(isserlis(n, c), 20.0 * n), norm2));
    }
}

static void tabulate(struct claim *claim, double alpha)
{
    claim_column(claim, "b", EXACT, "a grid");
    claim_column(claim, "one", RELATIVE(1e-13), "a closed form");
    claim_column(claim, "zero", ABSOLUTE(1e-13), "a closed form with Gamma functions");
    claim_column(claim, "moment_one", RELATIVE(1e-12), "adaptive quadrature");
    claim_column(claim, "moment_zero", ABSOLUTE(1e-12), "adaptive quadrature");
    for (int i = -20; i <= 20; i++) {
        struct homogeneous h = {alpha, 1, i / 10.0};
        struct value norm2 = claim_value(claim, arccosine_norm2(alpha)), mean = moment(claim, &h, false);

        claim_row(claim, NULL, h.b, printed_at_one(claim, &h).x, printed_at_zero(claim, &h).x,
                  value_div(moment(claim, &h, true), norm2).x, mean.x * mean.x / norm2.x);
        check_values(claim, h);
    }
}

static void kernel_values(struct claim *claim)
{
    static const double degrees[] = {0.25, 0.5, 0.9, 1, 1.5, 1.7, 2, 3, 5.5, 8, 30};
    long samples = claim_integer(claim, "samples");

    tabulate(claim, claim_real(claim, "alpha"));
    for (uint32_t k = 0; k < samples; k++) {
        struct stream stream = claim_stream(claim, 0, k);
        double a = stream_normal(&stream), b = stream_normal(&stream);

        check_values(claim, (struct homogeneous){degrees[k % (sizeof degrees / sizeof degrees[0])], a, b});
    }
    for (int n = 1; n <= 7; n++)
        check_monomial(claim, n);
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {real("alpha", "degree", 1, 0.1, 30),
                                         integer_by_scale("samples", "random pairs a, b", 40, 200, 10000, 1, 1000000)},
                          .faults = {{"square_of_sum", "(a + b)^2 in place of a^2 + b^2", "at?one"},
                                     {"sum", "(a + b)^2 in place of (a - b)^2", "at?zero*"},
                                     {"half_more", "Gamma(alpha + 1) in place of Gamma(alpha + 1/2)", "at?zero*"},
                                     {"cross_sign", "+2ab in place of -2ab in the definition",
                                      "at?zero,?definition identity monomials"}},
                          .run = kernel_values,
                      }));
}
