/* # Equation 56: two batches with any joint covariance are one integral in two variables
 *
 * Yang et al. (2019), appendix H.1, equation 56. For $\phi$ of degree $\alpha$ and the joint covariance $\tilde\Sigma=\begin{pmatrix}\Sigma&\Xi\\\Xi^T&\Sigma'\end{pmatrix}$ of two batches of $B$, the block
 * between them is, with $D=\sqrt sI\oplus\sqrt tI$, $\Omega=D\tilde\Sigma^GD$ and $\Pi=D^{-1}\Omega(I+2\Omega)^{-1}D^{-1}$,
 *
 * $$\mathrm E\,\phi(h)\phi(h')^T=\frac{B^\alpha}{\Gamma(\frac\alpha2)^2}\int_0^\infty ds\int_0^\infty dt\,(st)^{\alpha/2-1}\det(I+2\Omega)^{-1/2}\,V_\phi(\Pi)_{12}.$$
 *
 * **Checked.** The integral against samples of two batches, each normalised by itself, at random joint covariances of full and of low rank; against the one-variable integral where both batches are
 * the same; against the square of a mean over the sphere where they are independent; the table follows $\Xi=c\,\Sigma$ from $c=-1$ to 1.
 * **Tolerance.** The rules are doubled until two levels agree, their difference is the error; samples have a standard error.
 * **Could miss.** In samples a difference below a percent.
 * **Found.** Holds as printed, with $\Omega$ taken of $\tilde\Sigma^G$, as the display after it does. */
#include <assay/base/memory.h>
#include <assay/evidence/entries.h>
#include <assay/meanfield/batchnorm_map.h>
#include <assay/numerics/sphere.h>
#include <assay/random/wishart.h>
#include <math.h>
#include <string.h>

/* ## The claimed block */
static void claimed_block(struct claim *claim, const struct homogeneous *h, int B, const double S[], double V[],
                          double error[])
{
    claim_need(claim, batchnorm_map_cross_laplace(h, B, S, V, error));
    for (int k = 0; claim_fault(claim, "whole_gamma") && k < B * B; k++) {
        V[k] *= pow(tgamma(0.5 * h->alpha), 2) / tgamma(h->alpha);
    }
    for (int k = 0; claim_fault(claim, "transposed") && k < B * B; k++) {
        if (k / B < k % B) {
            double kept = V[k];

            V[k] = V[k % B * B + k / B];
            V[k % B * B + k / B] = kept;
        }
    }
}

static struct homogeneous find(struct claim *claim, const char *name)
{
    struct activation phi;
    struct homogeneous h;

    claim_need(claim, activation_find(name, &phi));
    claim_need(claim, homogeneous_find(&phi, &h));
    return h;
}

/* ## Random joint covariances */
static void random_joint(struct claim *claim, const char *name, int B, int degrees)
{
    int n = 2 * B;
    size_t entries = (size_t)(n * n);
    double *S = memory_doubles(5 * entries), *V = S + entries, *error = S + 2 * entries, *W = S + 3 * entries,
           *other = S + 4 * entries;
    struct stream stream = claim_stream(claim, (uint32_t)B, (uint32_t)degrees);
    struct homogeneous h = find(claim, name);
    struct activation phi;

    wishart(&stream, n, degrees, S);
    claim_need(claim, activation_find(name, &phi));
    struct response response = response_of(&phi);
    claimed_block(claim, &h, B, S, V, error);
    claim_need(claim,
               batchnorm_map_batches_samples(&response, 2, B, S, &stream, claim_integer(claim, "samples"), W, other));
    claim_case(claim, "%s, B = %d, %d degrees", name, B, degrees);
    for (int k = 0; k < 4; k++) {
        int i = k / 2, j = k % 2, at = i * n + B + j;

        check_equal(claim, "samples", measured(V[i * B + j], error[i * B + j], QUADRATURE),
                    measured(W[at], other[at], SAMPLING));
    }
    memory_free(S);
}

/* ## From opposite to equal batches: $\Sigma=\Sigma'$, $\Xi=c\Sigma$ */
static void along(struct claim *claim, const char *name, int B)
{
    int n = 2 * B;
    size_t entries = (size_t)(B * B);
    double *one = memory_doubles(10 * entries), *S = one + entries, *V = one + 5 * entries, *error = one + 6 * entries;
    double *W = one + 7 * entries, *other = one + 8 * entries;
    struct stream stream = claim_stream(claim, 1000, (uint32_t)B);
    struct homogeneous h = find(claim, name);

    wishart(&stream, B, 3 * B, one);
    for (int k = -10; k <= 10; k += 2) {
        double c = k / 10.0;

        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                S[i * n + j] = (i / B == j / B ? 1 : c) * one[i % B * B + j % B];
            }
        }
        claimed_block(claim, &h, B, S, V, error);
        claim_case(claim, "%s, B = %d, c = %g", name, B, c);
        if (k == 10) {
            claim_need(claim, batchnorm_map_laplace(&h, B, one, W, other));
            check_entries(claim, "equal batches", entries, (struct entries){V, error, QUADRATURE},
                          (struct entries){W, other, QUADRATURE});
        }
        claim_row(claim, name, c, V[0], V[1]);
    }
    memory_free(one);
}

static void independent(struct claim *claim, const char *name, int B)
{
    int n = 2 * B;
    double *S = memory_doubles((size_t)(n * n + 2 * B * B)), *V = S + n * n, *error = V + B * B;
    struct homogeneous h = find(claim, name);
    struct piecewise phi = homogeneous_piecewise(&h);
    struct value mean = claim_value(claim, sphere_mean(B, &phi));

    for (int i = 0; i < n; i++) {
        S[i * (n + 1)] = i < B ? 1 : 2;
    }
    claimed_block(claim, &h, B, S, V, error);
    claim_case(claim, "%s, B = %d, independent", name, B);
    for (int k = 0; k < B * B; k++) {
        check_zero(claim, "independent batches", value_sub(value_mul(mean, mean), measured(V[k], error[k], QUADRATURE)),
                   1);
    }
    memory_free(S);
}

static void cross_block(struct claim *claim)
{
    static const char *const names[] = {"relu", "id", "abs", "lrelu:0.3", "relu^2"};
    const char *name = claim_text(claim, "phi");
    int B = (int)claim_integer(claim, "B");

    if (find(claim, name).alpha > 3) {
        claim_refuse(claim, "%s: above degree 3 rare samples carry the mean, and standard errors lie", name);
    }
    claim_labels(claim, "phi");
    claim_column(claim, "c", EXACT, "a grid");
    claim_column(claim, "own", ABSOLUTE(1e-9), "an integral");
    claim_column(claim, "cross", ABSOLUTE(1e-9), "an integral");
    random_joint(claim, name, B, 4 * B);
    random_joint(claim, name, B, B + 1);
    along(claim, name, 4);
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        int b = 3 + (int)k;

        random_joint(claim, names[k], b, 4 * b);
        if (k < 3 && strcmp(names[k], name) != 0) {
            along(claim, names[k], 4);
        }
        independent(claim, names[k], b);
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "a homogeneous activation of degree 3 at most", "relu^1.5"),
                           integer("B", "batch size", 5, 2, 12),
                           integer_by_scale("samples", "samples of two batches", 10000, 100000, 10000000, 1000,
                                            100000000)},
            .faults = {{"whole_gamma", "Gamma(alpha) in place of Gamma(alpha/2)^2", "samples equal* independent*"},
                       {"transposed", "Xi and its transpose exchanged", "samples"}},
            .run = cross_block,
        }));
}
