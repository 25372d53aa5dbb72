/* # Lemma E.13: three arc-cosine kernels, one degree apart
 *
 * Yang et al. (2019), appendix E.1.1, lemma E.13. For $\alpha>1$,
 *
 * $$\mathsf J_\alpha(c)=c\,\mathsf J_{\alpha-1}(c)+\frac{(\alpha-1)^2}{(2\alpha-1)(2\alpha-3)}(1-c^2)\,\mathsf J_{\alpha-2}(c).$$
 *
 * **Checked.** The left side from the integral that defines the kernel, by adaptive quadrature; the right side from hypergeometric series, over degrees
 * from $\frac32$ to 100. Between 1 and $\frac32$ the definition, made for degrees above $-\frac12$, does not reach $\mathsf J_{\alpha-2}$, though
 * its integral still exists: there the lemma is tried with that integral and $c_{\alpha-2}$ continued.
 * **Tolerance.** Quadrature and series state their errors.
 * **Could miss.** Correlations within 0.01 of $\pm1$; the integral at complex $c$ goes no nearer.
 * **Found.** Holds for $\alpha>\frac32$, and down to 1 if the definition of $\mathsf J_{\alpha-2}$ is read there too. At $\frac32$ itself the coefficient is
 * infinite and $\mathsf J_{-1/2}=0$: the product has a limit. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/arccosine.h>
#include <math.h>

static double coefficient(struct claim *claim, double alpha)
{
    double square = claim_fault(claim, "not_squared") ? alpha * (alpha - 1) : (alpha - 1) * (alpha - 1);

    return square / ((2 * alpha - 1) * (claim_fault(claim, "odd_numbers") ? 2 * alpha - 2 : 2 * alpha - 3));
}

/* The right side. lower is $\mathsf J_{\alpha-2}(c)$. */
static struct value printed(struct claim *claim, double alpha, double c, struct value lower)
{
    double factor = coefficient(claim, alpha) * (1 - c) * (1 + c), cosine = claim_fault(claim, "no_cosine") ? 1 : c;
    struct value first = value_scale(cosine, claim_value(claim, arccosine_kernel(alpha - 1, c)));
    struct value second = value_scale(factor, lower);

    return value_add(first, value_with(second, 8e-16 * fabs(second.x), ROUNDING));
}

static void check_degree(struct claim *claim, double alpha, const char *label)
{
    for (int i = -19; i <= 19; i += label ? 1 : 3) {
        double c = i / 20.0;
        struct value right = printed(claim, alpha, c, claim_value(claim, arccosine_kernel(alpha - 2, c)));
        struct value left = claim_value(claim, arccosine_kernel_integral(alpha, c));

        claim_case(claim, "alpha = %g, c = %g", alpha, c);
        check_equal(claim, "three terms", right, left);
        if (label)
            claim_row(claim, label, c, left.x, c * arccosine_kernel(alpha - 1, c).x, right.x);
    }
}

/* ## From 1 to 3/2 */
static void check_between(struct claim *claim, double alpha)
{
    for (double c = -0.96; c < 0.97; c += 0.32) {
        struct value lower;

        claim_need(claim, arccosine_derivatives_integral(alpha - 2, c, 0, &lower));
        claim_case(claim, "alpha = %g, c = %g", alpha, c);
        check_equal(claim, "continued", printed(claim, alpha, c, lower),
                    claim_value(claim, arccosine_kernel_integral(alpha, c)));
    }
}

/* At $\alpha=\frac32$: from either side by $\delta$, the mean is right to $\delta^2$. */
static void check_limit(struct claim *claim)
{
    for (double c = -0.9; c < 1; c += 0.3) {
        struct value above, below, mean, coarse, J = claim_value(claim, arccosine_kernel_integral(1.5, c));

        for (double delta = 1.0 / 128; delta >= 1.0 / 256; delta /= 2) {
            claim_need(claim, arccosine_derivatives_integral(delta - 0.5, c, 0, &above));
            claim_need(claim, arccosine_derivatives_integral(-delta - 0.5, c, 0, &below));
            coarse = delta > 1.0 / 256 ? exact(0) : mean;
            mean = value_scale(0.5,
                               value_add(printed(claim, 1.5 + delta, c, above), printed(claim, 1.5 - delta, c, below)));
        }
        claim_case(claim, "c = %g", c);
        check_equal(claim, "limit", value_with(mean, fabs(mean.x - coarse.x), FINITE_SIZE), J);
    }
}

static void three_terms(struct claim *claim)
{
    static const double degrees[] = {1.55, 1.7, 2, 2.25, 2.5, 3, 3.3, 4, 5.5, 8, 13.7, 31, 99.5};
    static const double between[] = {1.05, 1.25, 1.4, 1.48};

    claim_labels(claim, "alpha");
    claim_column(claim, "c", EXACT, "a grid");
    claim_column(claim, "J", RELATIVE(1e-11), "adaptive quadrature");
    claim_column(claim, "first", RELATIVE(1e-12), "a series");
    claim_column(claim, "printed", RELATIVE(1e-10), "series, which cancel near c = -1");
    check_degree(claim, claim_real(claim, "alpha"), "given");
    for (size_t i = 0; i < sizeof degrees / sizeof degrees[0]; i++)
        check_degree(claim, degrees[i], NULL);
    for (size_t i = 0; i < sizeof between / sizeof between[0]; i++)
        check_between(claim, between[i]);
    check_limit(claim);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {real("alpha", "degree", 2, 1.51, 100)},
            .faults = {{"not_squared", "alpha (alpha - 1) in place of (alpha - 1)^2", "three?terms continued limit"},
                       {"odd_numbers", "(2 alpha - 1)(2 alpha - 2) in place of (2 alpha - 1)(2 alpha - 3)",
                        "three?terms continued limit"},
                       {"no_cosine", "J_{alpha-1} without its factor c", "three?terms continued limit"}},
            .run = three_terms,
        }));
}
