/* # Facts E.40 to E.42, lemmas E.48 and E.49: what Gegenbauer polynomials satisfy
 *
 * Yang et al. (2019), appendix E.4. With the weight $(1-x^2)^{\alpha-1/2}$ on $[-1,1]$ the polynomials $C_n^{(\alpha)}$ are orthogonal, and
 *
 * $$\int \big(C_n^{(\alpha)}\big)^2(1-x^2)^{\alpha-\frac12}dx=\frac{\pi2^{1-2\alpha}\Gamma(n+2\alpha)}{n!(n+\alpha)\Gamma(\alpha)^2},\qquad
 * C_n^{(\alpha)}(\pm1)=(\pm1)^n\binom{n+2\alpha-1}n,$$
 *
 * $$C_n^{(\lambda)\prime}=2\lambda C_{n-1}^{(\lambda+1)}\;(35),\qquad xC_n'=nC_n+C_{n-1}'\;(36),\qquad C_{n+1}'=(n+2\lambda)C_n+xC_n'\;(37),$$
 *
 * $$nC_n=2(n-1+\lambda)xC_{n-1}-(n-2+2\lambda)C_{n-2}\;(38).$$
 *
 * Hence $xC_l'=lC_l+\sum_j2(j+\lambda)C_j$ over $j=l-2,l-4,\dots$, $C_l'=\sum_j2(j+\lambda)C_j$ over $j=l-1,l-3,\dots$ (lemma E.48), and both together
 * cancel (lemma E.49).
 *
 * **Checked.** Norms and orthogonality by Gauss's rule for that weight. Everything else on the polynomials written out in powers of $2x$, derivatives
 * taken power by power: no recurrence enters. The library's recurrence against the same.
 * **Tolerance.** The sum over powers cancels near $|x|=1$; its error is some $\epsilon$ times the sum of sizes.
 * **Could miss.** Degrees above 16, where powers lose their digits; from the recurrence (38) the rest follows.
 * **Found.** All hold. */
#include <assay/evidence/claim.h>
#include <assay/numerics/gegenbauer.h>
#include <assay/numerics/quadrature.h>
#include <float.h>
#include <math.h>

enum { DEGREES = 16 };

/* ## In powers
 * $C_n^{(\lambda)}(x)=\sum_k(-1)^k\frac{\lambda(\lambda+1)\cdots(\lambda+n-k-1)}{k!(n-2k)!}(2x)^{n-2k}$, or its derivative. */
static struct value in_powers(int n, double lambda, double x, bool derivative)
{
    double sum = 0, size = 0;

    for (int k = 0; 2 * k <= n; k++) {
        int power = n - 2 * k;
        double term = k % 2 ? -1 : 1;

        for (int i = 0; i < n - k; i++) {
            term *= (lambda + i) / (i < power ? i + 1 : i - power + 1);
        }
        term *= derivative ? (power ? 2 * power * pow(2 * x, power - 1) : 0) : pow(2 * x, power);
        sum += term;
        size += fabs(term);
    }
    return measured(sum, (3 * n + 4) * DBL_EPSILON * size, ROUNDING);
}

static struct value C(int n, double lambda, double x) {
    return n < 0 ? exact(0) : in_powers(n, lambda, x, false);
}

static struct value
slope(int n, double lambda, double x)
{
    return n < 0 ? exact(0) : in_powers(n, lambda, x, true);
}

/* ## Norms and ends */
static struct value norm(struct claim *claim, int n, double alpha)
{
    double size = lgamma(n + 2 * alpha), power = claim_fault(claim, "half_the_norm") ? -2 * alpha : 1 - 2 * alpha;
    double logarithm = size - lgamma(n + 1) - 2 * lgamma(alpha);

    return rounded(M_PI * exp2(power) * exp(logarithm) / (n + alpha),
                   10 + 4 * (fabs(size) + 2 * fabs(lgamma(alpha)) + lgamma(n + 1) + alpha));
}

static void norms(struct claim *claim, double alpha)
{
    struct rule rule;

    claim_need(claim, rule_jacobi(&rule, DEGREES + 2, alpha - 0.5, alpha - 0.5));
    for (int n = 0; n <= DEGREES; n++) {
        struct value expected = norm(claim, n, alpha);

        for (int m = 0; m <= n; m++) {
            double sum = 0, size = 0;

            for (int i = 0; i < rule.n; i++) {
                double term = rule.w[i] * gegenbauer(n, alpha, rule.x[i]) * gegenbauer(m, alpha, rule.x[i]);

                sum += term;
                size += fabs(term);
            }
            struct value integral = measured(sum, 60 * (n + 4) * DBL_EPSILON * size, ROUNDING);
            claim_case(claim, "alpha = %g, n = %d, m = %d", alpha, n, m);
            if (m < n) {
                check_zero(claim, "orthogonal", integral, size);
            } else {
                check_equal(claim, "norm", expected, integral);
            }
        }
        claim_row(claim, NULL, alpha, n, expected.x, gegenbauer(n, alpha, 1));
    }
    rule_free(&rule);
}

static struct value binomial(struct claim *claim, int n, double alpha)
{
    double product = 1, shift = claim_fault(claim, "binomial") ? 0 : 1;

    for (int j = 1; j <= n; j++) {
        product *= (2 * alpha - shift + j) / j;
    }
    return rounded(product, 3 * n + 2);
}

static void ends(struct claim *claim, int n, double alpha)
{
    claim_case(claim, "alpha = %g, n = %d", alpha, n);
    check_equal(claim, "at 1", binomial(claim, n, alpha), C(n, alpha, 1));
    check_equal(claim, "at -1", value_scale(n % 2 ? -1 : 1, binomial(claim, n, alpha)), C(n, alpha, -1));
}

/* ## Identities at one point */
static struct value descending(struct claim *claim, int from, double lambda, double x)
{
    struct value sum = exact(0);
    double skip = claim_fault(claim, "without_lambda") ? 0 : lambda;

    for (int j = from; j >= 0; j -= 2) {
        sum = value_add(sum, value_scale(2 * (j + skip), C(j, lambda, x)));
    }
    return sum;
}

static void identities(struct claim *claim, int n, double lambda, double x)
{
    double raised = claim_fault(claim, "not_raised") ? lambda : lambda + 1;
    double two = claim_fault(claim, "recurrence_shift") ? n - 1 + 2 * lambda : n - 2 + 2 * lambda;
    struct value Cn = C(n, lambda, x), dC = slope(n, lambda, x), x_dC = value_scale(x, dC);

    claim_case(claim, "lambda = %g, n = %d, x = %.3f", lambda, n, x);
    check_equal(claim, "(35) slope", value_scale(2 * lambda, C(n - 1, raised, x)), dC);
    check_equal(claim, "(36) x slope", value_add(value_scale(n, Cn), slope(n - 1, lambda, x)), x_dC);
    check_equal(claim, "(37) next slope", value_add(value_scale(n + 2 * lambda, Cn), x_dC), slope(n + 1, lambda, x));
    if (n >= 2) {
        struct value first = value_scale(2 * (n - 1 + lambda) * x, C(n - 1, lambda, x));

        check_equal(claim, "(38) recurrence", value_sub(first, value_scale(two, C(n - 2, lambda, x))),
                    value_scale(n, Cn));
    }
    check_equal(claim, "E.48 x slope", value_add(value_scale(n, Cn), descending(claim, n - 2, lambda, x)), x_dC);
    check_equal(claim, "E.48 slope", descending(claim, n - 1, lambda, x), dC);
    struct value last = value_scale(x, descending(claim, n - 1, lambda, x));
    check_zero(claim, "E.49", value_sub(value_add(value_scale(n, Cn), descending(claim, n - 2, lambda, x)), last),
               gegenbauer(n, lambda, 1) * (n + 1));
    struct value recurred =
        measured(gegenbauer(n, lambda, x), 8 * (n + 1) * DBL_EPSILON * gegenbauer(n, lambda, 1), ROUNDING);
    check_equal(claim, "library", recurred, Cn);
}

static void facts(struct claim *claim)
{
    const double lambdas[] = {0.5, 1, 1.5, 2.5, 3.5, 6.5, 15, claim_real(claim, "lambda")};
    int count = (int)(sizeof lambdas / sizeof *lambdas);

    claim_column(claim, "alpha", EXACT, "a grid");
    claim_column(claim, "n", EXACT, "a grid");
    claim_column(claim, "norm", RELATIVE(1e-11), "a closed form over Gamma functions");
    claim_column(claim, "at_1", RELATIVE(1e-12), "a recurrence");
    for (int i = 0; i < count; i++) {
        struct stream stream = claim_stream(claim, 0, (uint32_t)i);

        norms(claim, lambdas[i]);
        for (int n = 0; n <= DEGREES; n++) {
            ends(claim, n, lambdas[i]);
            for (long point = 0; point < claim_integer(claim, "points"); point++) {
                identities(claim, n, lambdas[i], 2 * stream_uniform(&stream) - 1);
            }
        }
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {real("lambda", "one more order to check", 23, 0.05, 100),
                           integer_by_scale("points", "random x for each order and degree", 5, 40, 400, 1, 100000)},
            .faults = {{"half_the_norm", "2^(-2 alpha) in place of 2^(1 - 2 alpha)", "norm"},
                       {"binomial", "binom(n + 2 alpha, n) at 1", "at*"},
                       {"not_raised", "the derivative at the same order lambda", "(35)*"},
                       {"recurrence_shift", "n - 1 + 2 lambda in the last term of (38)", "(38)*"},
                       {"without_lambda", "2 j in place of 2 (j + lambda) in lemma E.48", "E.4*"}},
            .run = facts,
        }));
}
