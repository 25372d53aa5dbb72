/* # Proposition E.43: multiplying a Gegenbauer polynomial by x and by x²
 *
 * Yang et al. (2019), appendix E.4, proposition E.43. For $n\ge1$ and $n\ge0$, with $C_n=C_n^{(\lambda)}$ and $C_n=0$ for $n<0$,
 *
 * $$xC_n=\frac{(n+1)C_{n+1}+(n-1+2\lambda)C_{n-1}}{2(n+\lambda)},\qquad x^2C_n=\kappa_2C_{n+2}+\kappa_0C_n+\kappa_{-2}C_{n-2},$$
 *
 * $$\kappa_2=\frac{(n+1)(n+2)}{4(n+\lambda)(n+1+\lambda)},\quad\kappa_{-2}=\frac{(n-1+2\lambda)(n-2+2\lambda)}{4(n+\lambda)(n-1+\lambda)},\quad
 * \kappa_0=\frac{(n+1)(n+2\lambda)}{4(n+\lambda)(n+1+\lambda)}+\frac{(n-1+2\lambda)n}{4(n+\lambda)(n-1+\lambda)}.$$
 *
 * The forward eigenvalues of batch normalisation are built on them: a layer's Jacobian weighs coordinates by $h^2$.
 *
 * **Checked.** Every coefficient is a ratio of integrals, $\langle x^2C_n,C_m\rangle/\langle C_m,C_m\rangle$, taken by Gauss's rule for the weight
 * $(1-x^2)^{\lambda-1/2}$, which is exact for these degrees; all other $m\le n+4$ give 0.
 * **Tolerance.** Rounding of the rule, of the polynomials and of the sums.
 * **Could miss.** Nothing within the degrees and orders tried: the coefficients determine the products.
 * **Found.** Holds, also for $n=0$ and $n=1$, where terms of negative degree drop out. At $\lambda=1$, $n=0$ the second part of $\kappa_0$ reads $0/0$: it is 0. */
#include <assay/evidence/claim.h>
#include <assay/numerics/gegenbauer.h>
#include <assay/numerics/quadrature.h>
#include <float.h>
#include <math.h>

enum { DEGREES = 30 };

/* ## As printed */
static double of_x(int n, double lambda, int shift)
{
    double up = shift == 1 ? n + 1 : n - 1 + 2 * lambda;

    return up / (2 * (n + lambda));
}

static double kappa(struct claim *claim, int n, double lambda, int shift)
{
    double above = 4 * (n + lambda) * (n + 1 + lambda), below = 4 * (n + lambda) * (n - 1 + lambda);
    double top = claim_fault(claim, "kappa_2") ? n + 1 : n + 2;
    double middle = claim_fault(claim, "kappa_0") ? n - 1 + lambda : n - 1 + 2 * lambda;
    double bottom = claim_fault(claim, "kappa_minus_2") ? n - 1 + 2 * lambda : n - 2 + 2 * lambda;

    switch (shift) {
    case 2:
        return (n + 1) * top / above;
    case 0:
        return (n + 1) * (n + 2 * lambda) / above + (n ? middle * n / below : 0);
    case -2:
        return (n - 1 + 2 * lambda) * bottom / below;
    default:
        return 0;
    }
}

/* ## As integrals
 * $\langle x^pC_n,C_m\rangle/\langle C_m,C_m\rangle$ and the size of its terms. */
static struct value projected(const struct rule *rule, double lambda, int p, int n, int m)
{
    double sum = 0, size = 0, norm = 0;

    for (int i = 0; i < rule->n; i++) {
        double x = rule->x[i], Cm = gegenbauer(m, lambda, x),
               term = rule->w[i] * pow(x, p) * gegenbauer(n, lambda, x) * Cm;

        sum += term;
        size += fabs(term);
        norm += rule->w[i] * Cm * Cm;
    }
    return measured(sum / norm, 60 * (n + 4) * DBL_EPSILON * (size + fabs(sum)) / norm, ROUNDING);
}

static void at_degree(struct claim *claim, const struct rule *rule, double lambda, int n)
{
    for (int m = n + 4; m >= 0; m--) {
        struct value x = projected(rule, lambda, 1, n, m), x2 = projected(rule, lambda, 2, n, m);
        double scale = gegenbauer(n, lambda, 1) / gegenbauer(m, lambda, 1);

        claim_case(claim, "lambda = %g, n = %d, m = %d", lambda, n, m);
        if (m == n + 1 || m == n - 1) {
            check_equal(claim, "x, neighbours", rounded(of_x(n, lambda, m - n), 8), x);
        } else {
            check_zero(claim, "x, others", x, scale);
        }
        if (m == n + 2) {
            check_equal(claim, "kappa 2", rounded(kappa(claim, n, lambda, 2), 8), x2);
        } else if (m == n) {
            check_equal(claim, "kappa 0", rounded(kappa(claim, n, lambda, 0), 16), x2);
        } else if (m == n - 2) {
            check_equal(claim, "kappa -2", rounded(kappa(claim, n, lambda, -2), 12), x2);
        } else {
            check_zero(claim, "x squared, others", x2, scale);
        }
    }
}

static void multiplication(struct claim *claim)
{
    const double lambdas[] = {0.5, 1, 1.5, 2, 2.5, 3.5, 6.5, 15, 48.5, claim_real(claim, "lambda")};

    claim_column(claim, "lambda", EXACT, "a grid");
    claim_column(claim, "n", EXACT, "a grid");
    claim_column(claim, "kappa_2", RELATIVE(1e-14), "a rational function");
    claim_column(claim, "kappa_0", RELATIVE(1e-14), "a rational function");
    claim_column(claim, "kappa_minus_2", RELATIVE(1e-14), "a rational function");
    claim_column(claim, "integral_0", RELATIVE(1e-11), "Gauss's rule");
    for (int i = 0; i < 10; i++) {
        double lambda = lambdas[i];
        struct rule rule;

        claim_need(claim, rule_jacobi(&rule, DEGREES + 5, lambda - 0.5, lambda - 0.5));
        for (int n = 0; n <= DEGREES; n += n < 8 ? 1 : 11) {
            at_degree(claim, &rule, lambda, n);
            claim_row(claim, NULL, lambda, n, kappa(claim, n, lambda, 2), kappa(claim, n, lambda, 0),
                      n < 2 ? 0 : kappa(claim, n, lambda, -2), projected(&rule, lambda, 2, n, n).x);
        }
        rule_free(&rule);
    }
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {real("lambda", "one more order to check", 23, 0.05, 60)},
                          .faults = {{"kappa_2", "(n+1)^2 in place of (n+1)(n+2)", "kappa?2"},
                                     {"kappa_0", "n - 1 + lambda in place of n - 1 + 2 lambda", "kappa?0"},
                                     {"kappa_minus_2", "(n-1+2 lambda)^2 in the numerator", "kappa?-2"}},
                          .run = multiplication,
                      }));
}
