/* # Section 2.1: correlated Gaussians see Hermite polynomials of different degree as orthogonal
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 2.1. For jointly normal $x_1,x_2$ of mean 0, variance 1
 * and covariance $\rho$, and normalised Hermite polynomials,
 *
 * $$E[h_k(x_1)\,h_{k'}(x_2)]=\delta_{kk'}\,\rho^k.$$
 *
 * **Checked.** All pairs of degrees up to $K$ at several $\rho$, by three routes: a tensor Gauss-Hermite rule, exact for these polynomials up to
 * rounding; adaptive quadrature of one variable's conditional mean; and a sample of correlated normals.
 * **Tolerance.** Rounding of the rules, relative to the norm one of both sides; the sample's standard error.
 * **Could miss.** Degrees above $K$.
 * **Found.** Holds. */
#include <assay/evidence/claim.h>
#include <assay/numerics/hermite.h>
#include <math.h>

struct pair {
    int j, k;
};

static double product_of(double x, double y, void *context)
{
    const struct pair *pair = context;

    return hermite(pair->j, x) * hermite(pair->k, y);
}

static double polynomial(double x, void *context)
{
    return hermite(*(const int *)context, x);
}

/* ## The claim */
static double claimed(struct claim *claim, int j, int k, double rho)
{
    return j == k ? pow(rho, claim_fault(claim, "degree_off") ? k + 1 : k) : 0;
}

/* ## Quadrature, two ways */
static void by_quadrature(struct claim *claim, int K, double rho)
{
    for (int j = 0; j <= K; j++) {
        for (int k = 0; k <= K; k++) {
            struct pair pair = {j, k};
            struct piecewise f = {polynomial, &j, 0, NULL}, g = {polynomial, &k, 0, NULL};
            struct value expected = rounded(claimed(claim, j, k, rho), k + 1);
            struct value tensor = claim_value(claim, gaussian_pair(product_of, &pair, rho, K + 2));

            claim_case(claim, "k = %d, k' = %d, rho = %g", j, k, rho);
            check_zero(claim, "tensor rule", value_sub(tensor, expected), 1);
            if (j % 3 == 0 && k % 3 == 0) {
                check_zero(claim, "conditional mean",
                           value_sub(claim_value(claim, gaussian_product(&f, &g, rho)), expected), 1);
            }
            if (j == k) {
                claim_row(claim, NULL, rho, k, expected.x, tensor.x);
            }
        }
    }
}

/* ## A sample
 * $x_2=\rho x_1+\sqrt{1-\rho^2}\,z$. Degrees to 4: beyond, heavy tails make the standard error itself uncertain. */
enum { SAMPLED = 4 };

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const double rho = *(const double *)context;
    double z[2], h1[SAMPLED + 1], h2[SAMPLED + 1];

    (void)sample;
    stream_normals(stream, 2, z);
    hermite_all(SAMPLED, z[0], h1);
    hermite_all(SAMPLED, rho * z[0] + sqrt(1 - rho * rho) * z[1], h2);
    for (int i = 0; i < SAMPLED * SAMPLED; i++) {
        out[i] = h1[1 + i / SAMPLED] * h2[1 + i % SAMPLED];
    }
    return STATUS_OK;
}

static void by_sample(struct claim *claim, double rho)
{
    struct moments moments[SAMPLED * SAMPLED];
    struct ensemble ensemble =
        claim_ensemble(claim, 0, (size_t)claim_integer(claim, "samples"), SAMPLED * SAMPLED, draw, &rho);

    claim_need(claim, ensemble_moments(&ensemble, moments));
    for (int i = 0; i < SAMPLED * SAMPLED; i++) {
        int j = 1 + i / SAMPLED, k = 1 + i % SAMPLED;

        claim_case(claim, "k = %d, k' = %d, rho = %g", j, k, rho);
        check_zero(claim, "sample", value_sub(exact(claimed(claim, j, k, rho)), moments_estimate(moments[i])), 1);
    }
}

static void orthogonality(struct claim *claim)
{
    static const double rhos[] = {-1, -0.5, 0, 0.3, 0.99};
    int K = (int)claim_integer(claim, "K");

    claim_column(claim, "rho", EXACT, "a parameter");
    claim_column(claim, "k", EXACT, "a degree");
    claim_column(claim, "power", RELATIVE(1e-14), "a power");
    claim_column(claim, "tensor", ABSOLUTE(1e-11), "quadrature of functions of norm one");
    by_quadrature(claim, K, claim_real(claim, "rho"));
    for (size_t i = 0; i < sizeof rhos / sizeof rhos[0]; i++) {
        by_quadrature(claim, K < 10 ? K : 10, rhos[i]);
    }
    by_sample(claim, claim_real(claim, "rho"));
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("K", "highest degree", 10, 1, 30), real("rho", "covariance", 0.6, -1, 1),
                           integer_by_scale("samples", "pairs drawn", 100000, 400000, 100000000, 10000, 1000000000)},
            .faults = {{"degree_off", "rho^(k+1) in place of rho^k", "tensor?rule conditional?mean sample"}},
            .run = orthogonality,
        }));
}
