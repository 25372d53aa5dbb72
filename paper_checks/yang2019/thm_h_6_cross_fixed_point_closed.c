/* # Theorem H.6: the covariance between batches by Laplace's method
 *
 * Yang et al. (2019), appendix H.1, theorem H.6. For $\phi(x)=a\rho_\alpha(x)-b\rho_\alpha(-x)$, with $P(x,y)=\Gamma(x+y)/\Gamma(x)$ and the arc-cosine kernel $J_\phi$,
 *
 * $$c^*=c_\alpha\Big(\frac{B-1}2\Big)^\alpha P\Big(\frac{B-1}2,\frac\alpha2\Big)^{-2}J_\phi(0)=(a-b)^2\frac1{4\pi}(B-1)^\alpha\left(\frac{\Gamma(\frac{B-1}2)\Gamma(\frac{\alpha+1}2)}{\Gamma(\frac{\alpha+B-1}2)}\right)^2.$$
 *
 * **Checked.** Both forms against each other; against the square of the mean over the sphere; against the double integral (56) for two batches of $\Sigma=\mu I$ and constant cross-covariance, which
 * factors into two one-variable integrals; and against (56) without that, whatever the constant. For the activations of the table and random $\alpha,a,b$.
 * **Tolerance.** Quadratures state their errors; closed forms are good to some roundings of $\ln\Gamma$, which grow with $B$.
 * **Could miss.** Nothing.
 * **Found.** Holds as printed. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/arccosine.h>
#include <assay/meanfield/batchnorm_map.h>
#include <assay/numerics/quadrature.h>
#include <assay/numerics/sphere.h>
#include <float.h>
#include <math.h>
#include <stdio.h>

static double log_rounding(double alpha, int B)
{
    return (20 + 8 * (lgamma(0.5 * B + alpha) + fabs(lgamma(0.5 * B)) + alpha * log(B))) * DBL_EPSILON;
}

/* ## The two forms */
static struct value kernel_form(struct claim *claim, const struct homogeneous *h, int B)
{
    double n = 0.5 * (B - 1), half = (claim_fault(claim, "whole_alpha") ? 1 : 0.5) * h->alpha;
    double log_P = lgamma(n + half) - lgamma(n), factor = exp(h->alpha * log(n) - 2 * log_P);
    struct value J = homogeneous_kernel(h, claim_fault(claim, "at_one") ? 1 : 0);

    return value_mul(measured(factor, log_rounding(h->alpha, B) * factor, ROUNDING),
                     value_mul(arccosine_norm2(h->alpha), J));
}

static struct value gamma_form(const struct homogeneous *h, int B)
{
    double log_ratio = lgamma(0.5 * (B - 1)) + lgamma(0.5 * (h->alpha + 1)) - lgamma(0.5 * (h->alpha + B - 1));
    double x = (h->a - h->b) * (h->a - h->b) / (4 * M_PI) * exp(h->alpha * log(B - 1) + 2 * log_ratio);

    return measured(x, log_rounding(h->alpha, B) * x, ROUNDING);
}

/* ## (56) with independent batches
 * $\int_0^\infty d\sigma\,\sigma^{\alpha/2-1}(1+2\sigma)^{-(B-1+\alpha)/2}$, in $u=\ln\sigma$, squared, times $c_\alpha(B-1)^\alpha\Gamma(\frac\alpha2)^{-2}J_\phi(0)$; and
 * $J_\phi(0)c_\alpha$ as the product of two Gaussian means. */
static double half_integrand(double u, void *context)
{
    const double *alpha_B = context, s = exp(u);

    return exp(0.5 * alpha_B[0] * u - 0.5 * (alpha_B[1] - 1 + alpha_B[0]) * log1p(2 * s));
}

static struct value factored(struct claim *claim, const struct homogeneous *h, int B)
{
    double context[] = {h->alpha, B}, from = -80 / h->alpha - 12; // the peak is at 1/B or above
    double points[] = {from, 0.5 * (from - 10), -10, -7, -4, 0, 4, 100};
    struct piecewise phi = homogeneous_piecewise(h);
    struct value mean = claim_value(claim, gaussian_mean(&phi));
    struct value half = claim_value(claim, integrate_pieces(half_integrand, context, 8, points, 1e-13));
    struct value one = value_mul(half, value_scale(exp(0.5 * h->alpha * log(B - 1) - lgamma(0.5 * h->alpha)), mean));

    return value_with(value_mul(one, one), log_rounding(h->alpha, B) * one.x * one.x, ROUNDING);
}

static struct value sphere_squared(struct claim *claim, const struct homogeneous *h, int B)
{
    struct piecewise phi = homogeneous_piecewise(h);
    struct value mean = claim_value(claim, sphere_mean(B, &phi));

    return value_mul(mean, mean);
}

static struct value by_equation_56(struct claim *claim, const struct homogeneous *h, int B, double c)
{
    int n = 2 * B;
    double *S = memory_doubles((size_t)(n * n + 2 * B * B)), *V = S + n * n, *error = V + B * B;

    for (int k = 0; k < n * n; k++) {
        int i = k / n, j = k % n;

        S[k] = i / B != j / B ? c : 0.5 + (i == j);
    }
    claim_need(claim, batchnorm_map_cross_laplace(h, B, S, V, error));
    struct value entry = measured(V[1], error[1], QUADRATURE);
    memory_free(S);
    return entry;
}

/* ## Everything about one activation */
static void activation(struct claim *claim, const char *name, const struct homogeneous *h)
{
    static const int sizes[] = {3, 4, 5, 6, 7, 8, 10, 16, 33, 100, 1000, 10000};
    double size = pow(fabs(h->a) + fabs(h->b), 2);

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int B = sizes[i];
        struct value c = kernel_form(claim, h, B);

        claim_case(claim, "%s, B = %d", name, B);
        check_zero(claim, "two forms", value_sub(c, gamma_form(h, B)), size);
        check_zero(claim, "sphere", value_sub(c, sphere_squared(claim, h, B)), size);
        check_zero(claim, "factored", value_sub(c, factored(claim, h, B)), size);
        if (B == 4) {
            check_zero(claim, "equation 56", value_sub(c, by_equation_56(claim, h, B, 0)), size);
            check_zero(claim, "equation 56", value_sub(c, by_equation_56(claim, h, B, 0.45)), size);
        }
        claim_row(claim, name, B, c.x, factored(claim, h, B).x);
    }
}

static void named(struct claim *claim, const char *name)
{
    struct activation phi;
    struct homogeneous h;

    claim_need(claim, activation_find(name, &phi));
    claim_need(claim, homogeneous_find(&phi, &h));
    if (h.alpha > 30) {
        claim_refuse(claim, "%s: a degree of 30 at most wanted", name);
    }
    activation(claim, name, &h);
}

static void closed_form(struct claim *claim)
{
    static const char *const names[] = {"relu", "lrelu:0.3", "abs", "id", "relu^2", "relu^0.5", "x^4"};

    claim_labels(claim, "phi");
    claim_column(claim, "B", EXACT, "a grid");
    claim_column(claim, "c", ABSOLUTE(1e-9), "a closed form with ln Gamma");
    claim_column(claim, "integral", ABSOLUTE(1e-9), "the square of a quadrature");
    named(claim, claim_text(claim, "phi"));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        named(claim, names[i]);
    }
    for (uint32_t number = 0; number < 4; number++) {
        struct stream stream = claim_stream(claim, 0, number);
        struct homogeneous h = {0.2 + 3 * stream_uniform(&stream), stream_normal(&stream), stream_normal(&stream)};
        char label[32];

        snprintf(label, sizeof label, "random %u", number);
        activation(claim, label, &h);
    }
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {text("phi", "a homogeneous activation of degree 30 at most", "relu^1.5")},
                          .faults = {{"whole_alpha", "P((B-1)/2, alpha) in place of P((B-1)/2, alpha/2)",
                                      "two* sphere factored equation*"},
                                     {"at_one", "J_phi(1) in place of J_phi(0)", "two* sphere factored equation*"}},
                          .run = closed_form,
                      }));
}
