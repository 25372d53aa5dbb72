/* # Definitions E.3 and E.4: what centring a batch does to its covariance, in a basis and without one
 *
 * Yang et al. (2019), appendix E.1, definitions E.3 and E.4. The columns of $e\in\mathbb R^{B\times(B-1)}$ are an orthonormal basis of $\{x:\sum x=0\}$, so that $e^Te=I$ and
 * $ee^T=G=I-\frac1B11^T$; $\Sigma_\square=e^T\Sigma e$ and $\Sigma^G=G\Sigma G$. Then, for $s\ge0$, four forms of the tilted covariance are one,
 *
 * $$G(I+2s\Sigma G)^{-1}\Sigma G=e(I+2s\Sigma_\square)^{-1}\Sigma_\square e^T=\Sigma^G(I+2s\Sigma^G)^{-1},$$
 *
 * and $\det(I+2s\Sigma G)=\det(I+2s\Sigma_\square)=\det(I+2s\Sigma^G)$.
 *
 * **Checked.** The basis that the paper writes out in its equation 33 and bases rotated at random. Each form by its own linear algebra: a system with a
 * non-symmetric matrix, Cholesky in $B-1$ dimensions, eigenvectors in $B$. Random covariances with and without a large common part $c\,11^T$, which $G$ must remove.
 * **Tolerance.** Backward stable algorithms: $20B\,\epsilon$ times the condition $1+2s\|\Sigma\|$, whatever common part there is included.
 * **Could miss.** Nothing.
 * **Found.** Holds as printed. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/sphere.h>
#include <assay/numerics/ultrasymmetric.h>
#include <assay/random/haar.h>
#include <assay/random/wishart.h>
#include <float.h>
#include <math.h>
#include <string.h>

/* ## The basis */
static void check_basis(struct claim *claim, int B, const double e[])
{
    int n = B - 1;
    double *product = memory_doubles((size_t)(B * B)), bound = 20 * B * DBL_EPSILON;

    linear_multiply(true, false, n, n, B, 1, e, e, 0, product);
    for (int k = 0; k < n * n; k++) {
        check_zero(claim, "e'e = I", measured(product[k] - (k % (n + 1) == 0), bound, ROUNDING), 1);
    }
    linear_multiply(false, true, B, B, n, 1, e, e, 0, product);
    for (int k = 0; k < B * B; k++) {
        double G = (k % (B + 1) == 0) - 1.0 / (claim_fault(claim, "degrees_of_freedom") ? n : B);

        check_zero(claim, "ee' = G", measured(product[k] - G, bound, ROUNDING), 1);
    }
    memory_free(product);
}

/* ## Three forms
 * $G(I+2s\Sigma G)^{-1}\Sigma G$, column by column, and its determinant from the eigenvalues' product by elimination. */
static double eliminate(int n, double A[])
{
    double log_determinant = 0;

    for (int k = 0; k < n; k++) {
        log_determinant += log(fabs(A[k * (n + 1)]));
        for (int i = k + 1; i < n; i++) {
            linear_axpy(n - k, -A[i * n + k] / A[k * (n + 1)], A + k * (n + 1), A + i * n + k);
        }
    }
    return log_determinant;
}

static double product_form(struct claim *claim, int B, const double S[], double s, double out[])
{
    size_t entries = (size_t)(B * B);
    double *SG = memory_doubles(3 * entries), *A = SG + entries, *x = SG + 2 * entries;

    for (int i = 0; i < B; i++) {
        double mean = 0;

        for (int j = 0; j < B; j++) {
            mean += S[i * B + j] / B;
        }
        for (int j = 0; j < B; j++) {
            SG[i * B + j] = S[i * B + j] - mean;
            A[i * B + j] = (i == j) + 2 * s * SG[i * B + j];
        }
    }
    for (int j = 0; j < B; j++) {
        double column[128], mean = 0;

        for (int i = 0; i < B; i++) {
            column[i] = SG[i * B + j];
        }
        claim_need(claim, linear_solve(B, A, column, x));
        for (int i = 0; i < B; i++) {
            mean += x[i] / B;
        }
        for (int i = 0; i < B; i++) {
            out[i * B + j] = x[i] - mean;
        }
    }
    double log_determinant = eliminate(B, A);
    memory_free(SG);
    return log_determinant;
}

static double basis_form(struct claim *claim, int B, const double e[], const double S[], double s, double out[])
{
    int n = B - 1;
    size_t entries = (size_t)(B * B);
    double *Se = memory_doubles(5 * entries), *square = Se + entries, *A = Se + 2 * entries, *L = Se + 3 * entries;
    double *half = Se + 4 * entries, log_determinant = 0;

    linear_multiply(false, false, B, n, B, 1, S, e, 0, Se);
    linear_multiply(true, false, n, n, B, 1, e, Se, 0, square);
    for (int k = 0; k < n * n; k++) {
        A[k] = (k % (n + 1) == 0) + 2 * s * square[k];
    }
    claim_need(claim, linear_cholesky(n, A, L));
    linear_solve_triangular(false, n, n, L, square);
    linear_solve_triangular(true, n, n, L, square);
    linear_multiply(false, false, B, n, n, 1, e, square, 0, half);
    linear_multiply(false, true, B, B, n, 1, half, e, 0, out);
    for (int k = 0; k < n; k++) {
        log_determinant += 2 * log(L[k * (n + 1)]);
    }
    memory_free(Se);
    return log_determinant;
}

static double centred_form(struct claim *claim, int B, const double S[], double s, double out[])
{
    size_t entries = (size_t)(B * B);
    double *centred = memory_doubles(2 * entries + (size_t)B), *q = centred + entries, *lambda = q + entries,
           log_determinant = 0;

    centre_both(B, S, centred);
    claim_need(claim, linear_symmetric_eigen(B, centred, lambda, q));
    memset(out, 0, entries * sizeof *out);
    for (int j = 0; j < B; j++) {
        double tilt = (claim_fault(claim, "one_s") ? 1 : 2) * s;

        log_determinant += log1p(tilt * lambda[j]);
        for (int i = 0; i < B; i++) {
            linear_axpy(B, lambda[j] / (1 + tilt * lambda[j]) * q[j * B + i], q + j * B, out + i * B);
        }
    }
    memory_free(centred);
    return log_determinant;
}

static void compare(struct claim *claim, int B, const double e[], const double S[], double s)
{
    size_t entries = (size_t)(B * B);
    double *forms = memory_doubles(3 * entries), *a = forms, *b = forms + entries, *c = forms + 2 * entries, size = 0;

    for (int i = 0; i < B; i++) {
        size += S[i * (B + 1)];
    }
    double scale = fmin(size, 0.5 / s), bound = 20 * B * DBL_EPSILON * (1 + 2 * s * size);
    double product = product_form(claim, B, S, s, a), basis = basis_form(claim, B, e, S, s, b);
    double centred = centred_form(claim, B, S, s, c);
    for (size_t k = 0; k < entries; k++) {
        check_zero(claim, "product and basis", measured(a[k] - b[k], bound * scale, ROUNDING), scale);
        check_zero(claim, "basis and centred", measured(b[k] - c[k], bound * scale, ROUNDING), scale);
    }
    check_equal(claim, "determinants", measured(centred, bound, ROUNDING), measured(basis, bound, ROUNDING));
    check_equal(claim, "product's determinant", measured(product, bound, ROUNDING), measured(basis, bound, ROUNDING));
    memory_free(forms);
}

static void at_batch_size(struct claim *claim, int B)
{
    size_t entries = (size_t)(B * B);
    double *e = memory_doubles(4 * entries), *turn = e + entries, *turned = e + 2 * entries, *S = e + 3 * entries;

    sphere_basis(B, e);
    claim_case(claim, "equation 33, B = %d", B);
    check_basis(claim, B, e);
    for (uint32_t number = 0; number < 3; number++) {
        struct stream stream = claim_stream(claim, (uint32_t)B, number);
        double common = number == 2 ? 100 : number;

        claim_need(claim, haar_orthogonal(&stream, B - 1, turn));
        linear_multiply(false, false, B, B - 1, B - 1, 1, e, turn, 0, turned);
        claim_case(claim, "basis %u, B = %d", number, B);
        check_basis(claim, B, turned);
        wishart(&stream, B, 2 * B, S);
        for (size_t k = 0; k < entries; k++) {
            S[k] += common;
        }
        for (int power = -2; power <= 2; power++) {
            claim_case(claim, "B = %d, common part %g, s = 1e%d", B, common, power);
            compare(claim, B, turned, S, pow(10, power));
        }
    }
    memory_free(e);
}

/* The tilted covariance's largest and least eigenvalue on the centred batch, $\lambda/(1+2s\lambda)$. */
static void tabulate(struct claim *claim, int B)
{
    size_t entries = (size_t)(B * B);
    double *S = memory_doubles(3 * entries + (size_t)B), *e = S + entries, *Pi = S + 2 * entries,
           *lambda = S + 3 * entries;
    struct stream stream = claim_stream(claim, (uint32_t)B, 0);

    wishart(&stream, B, 2 * B, S);
    sphere_basis(B, e);
    for (int k = -16; k <= 16; k++) {
        double s = pow(10, k / 8.0);

        basis_form(claim, B, e, S, s, Pi);
        claim_need(claim, linear_symmetric_eigen(B, Pi, lambda, NULL));
        claim_row(claim, NULL, s, lambda[1], lambda[B - 1]);
    }
    memory_free(S);
}

static void centred_basis(struct claim *claim)
{
    static const int sizes[] = {2, 3, 4, 5, 6, 7, 8, 10, 16};
    int B = (int)claim_integer(claim, "B");

    claim_column(claim, "s", RELATIVE(1e-14), "a grid");
    claim_column(claim, "least", RELATIVE(1e-10), "an eigenvalue");
    claim_column(claim, "largest", RELATIVE(1e-10), "an eigenvalue");
    tabulate(claim, B);
    at_batch_size(claim, B);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        at_batch_size(claim, sizes[i]);
    }
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {integer("B", "one more batch size", 33, 2, 100)},
                          .faults = {{"degrees_of_freedom", "1/(B-1) in place of 1/B in G", "ee*"},
                                     {"one_s", "I + s Sigma^G in the third form", "basis?and* determinants"}},
                          .run = centred_basis,
                      }));
}
