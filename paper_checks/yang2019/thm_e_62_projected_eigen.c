/* # Theorem E.62: an ultrasymmetric operator between centrings is three numbers
 *
 * Yang et al. (2019), appendix E.5, theorem E.62. For ultrasymmetric $T$ the operator $\Sigma\mapsto G(T\{\Sigma\})G$ on matrices with $G\Sigma G=\Sigma$ has the
 * eigenspaces $\mathbb RG$, $\mathbb L$ and $\mathbb M$ with
 *
 * $$\lambda_G=\tfrac1B\big((B-1)(\alpha_{11}-\alpha_{21})-(\alpha_{12}-\alpha_{22})\big),\qquad
 *   \lambda_L=\tfrac1B\big((B-2)\beta_{11}+\beta_{12}+2(B-2)\beta_{21}+2\beta_{22}\big),$$
 * $$\lambda_M=[12|12]+[12|21]-4[12|13]+2[12|34],$$
 *
 * $\alpha$ and $\beta$ as in theorem E.61. All spectra of the paper's forward and backward operators come from here.
 *
 * **Checked.** The formulas, built up from $\alpha$ and $\beta$ here, for operators with random brackets: against the explicit $B^2\times B^2$ matrix applied to sets that
 * span the spaces, to $B=10$; against LAPACK's eigenvalues of the projected matrix with multiplicities, to $B=8$; against the operator's action on
 * random members of the spaces, to $B=1000$; and against the library's version, which states each eigenvalue as one sum of brackets.
 * **Tolerance.** Roundings of the terms summed; the explicit matrix adds its residual.
 * **Could miss.** Operators whose $[12|13]$ and $[12|31]$ differ: `prop_e_58_spaces`.
 * **Found.** Holds as printed. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/ultrasymmetric.h>
#include <float.h>
#include <math.h>
#include <string.h>

/* ## As printed */
static struct value printed_G(struct claim *claim, double B, const struct brackets *T)
{
    double a11 = T->b1111.x + T->b1122.x * (B - 1), a12 = 2 * (B - 1) * T->b1112.x + (B - 2) * (B - 1) * T->b1123.x;
    double a21 = 2 * T->b1211.x + (claim_fault(claim, "one_sample_more") ? B - 1 : B - 2) * T->b1233.x;
    double a22 = 2 * T->b1212.x + 4 * (B - 2) * T->b1213.x + (B - 2) * (B - 3) * T->b1234.x;
    double size =
        fabs(T->b1111.x) +
        B * (fabs(T->b1122.x) + 2 * fabs(T->b1112.x) + B * fabs(T->b1123.x) + fabs(T->b1233.x) + 4 * fabs(T->b1213.x)) +
        2 * fabs(T->b1211.x) + 2 * fabs(T->b1212.x) + B * B * fabs(T->b1234.x);

    return measured(((B - 1) * (a11 - a21) - (a12 - a22)) / B, 8 * DBL_EPSILON * size, ROUNDING);
}

static struct value printed_L(struct claim *claim, double B, const struct brackets *T)
{
    double b11 = T->b1111.x - T->b1122.x, b12 = 2 * (B - 2) * (T->b1123.x - T->b1112.x), b21 = T->b1233.x - T->b1211.x;
    double b22 = 2 * T->b1212.x + 2 * (B - 4) * T->b1213.x - 2 * (B - 3) * T->b1234.x;
    double twice = claim_fault(claim, "not_doubled") ? 1 : 2;
    double size = fabs(T->b1111.x) + fabs(T->b1122.x) +
                  2 * (fabs(T->b1123.x) + fabs(T->b1112.x) + fabs(T->b1233.x) + fabs(T->b1211.x)) +
                  4 * (fabs(T->b1212.x) + fabs(T->b1213.x) + fabs(T->b1234.x));

    return measured(((B - 2) * b11 + b12 + twice * (B - 2) * b21 + 2 * b22) / B, 8 * DBL_EPSILON * size, ROUNDING);
}

static struct value printed_M(struct claim *claim, const struct brackets *T)
{
    double shared = claim_fault(claim, "two_neighbours") ? 2 : 4;
    double size = 2 * fabs(T->b1212.x) + 4 * fabs(T->b1213.x) + 2 * fabs(T->b1234.x);

    return measured(2 * T->b1212.x - shared * T->b1213.x + 2 * T->b1234.x, 8 * DBL_EPSILON * size, ROUNDING);
}

/* ## The explicit matrix */
static void by_matrix(struct claim *claim, int B, const struct brackets *T)
{
    double *matrix = memory_doubles((size_t)(B * B) * (size_t)(B * B));

    ultrasymmetric_matrix(B, T, matrix);
    struct spectrum applied = operator_spectrum(B, matrix);
    check_equal(claim, "G, matrix", printed_G(claim, B, T), applied.G);
    check_equal(claim, "L, matrix", printed_L(claim, B, T), applied.L);
    check_equal(claim, "M, matrix", printed_M(claim, T), applied.M);
    memory_free(matrix);
}

/* ## LAPACK
 * Column $kl$ of the projected operator: $G\,T\{G\,\mathrm{sym}(\delta_k\delta_l^T)\,G\}G$. It is symmetric, with zeros beyond the three spaces. */
static void projected(int B, const struct brackets *T, double P[])
{
    double *S = memory_doubles((size_t)(B * B)), *image = memory_doubles((size_t)(B * B));
    int n = B * B;

    for (int c = 0; c < n; c++) {
        memset(image, 0, (size_t)n * sizeof *image);
        image[c] += 0.5;
        image[c % B * B + c / B] += 0.5;
        centre_both(B, image, S);
        ultrasymmetric_apply(B, T, S, image);
        centre_both(B, image, P + c * n);
    }
    memory_free(S);
    memory_free(image);
}

static void by_lapack(struct claim *claim, int B, const struct brackets *T, long number)
{
    static const char *const names[3] = {"G, multiplicity", "L, multiplicity", "M, multiplicity"};
    struct value lambda[3] = {printed_G(claim, B, T), printed_L(claim, B, T), printed_M(claim, T)};
    const int dimension[3] = {1, B - 1, B * (B - 3) / 2};
    int n = B * B;
    double *P = memory_doubles((size_t)(n * n)), *eigenvalue = memory_doubles((size_t)n);

    projected(B, T, P);
    claim_need(claim, linear_symmetric_eigen(n, P, eigenvalue, NULL));
    double rounding = n * DBL_EPSILON * linear_norm(n * n, P);
    for (int space = 0; space < 3; space++) {
        int near = 0;

        for (int k = 0; k < n; k++) {
            near += fabs(eigenvalue[k] - lambda[space].x) <= rounding + value_error(lambda[space]);
        }
        check_equal(claim, names[space], exact(dimension[space]), exact(near));
    }
    double top = fmax(fabs(eigenvalue[0]), fabs(eigenvalue[n - 1]));
    for (int k = 0; k < n && number < 6; k++) {
        if (fabs(eigenvalue[k]) > 1e-9 * top) {
            claim_row(claim, "LAPACK", (double)number, eigenvalue[k]);
        }
    }
    memory_free(P);
    memory_free(eigenvalue);
}

/* ## Random members of the spaces, any batch size */
static void by_members(struct claim *claim, int B, const struct brackets *T, struct stream *stream)
{
    double *S = memory_doubles((size_t)(B * B)), *R = memory_doubles((size_t)(B * B));
    struct value G = printed_G(claim, B, T), L = printed_L(claim, B, T), M = printed_M(claim, T);

    shape_bsb1(B, B - 1, -1, S);
    check_zero(claim, "G, member", value_with(ultrasymmetric_residual(B, T, true, G.x, S), value_error(G), ROUNDING),
               fabs(G.x));
    symmetric_random(stream, B, R);
    shape_diagonal(B, R, S);
    check_zero(claim, "L, member", value_with(ultrasymmetric_residual(B, T, true, L.x, S), value_error(L), ROUNDING),
               fabs(L.x));
    project_on_M(B, R, S);
    check_zero(claim, "M, member", value_with(ultrasymmetric_residual(B, T, true, M.x, S), value_error(M), ROUNDING),
               fabs(M.x));
    memory_free(S);
    memory_free(R);
}

static void at_batch_size(struct claim *claim, int B, bool chosen)
{
    long samples = B > 100 ? 1 : claim_integer(claim, "samples");

    for (long k = 0; k < samples; k++) {
        struct stream stream = claim_stream(claim, (uint32_t)B, (uint32_t)k);
        struct brackets T = brackets_random(&stream);
        struct spectrum library = ultrasymmetric_spectrum(B, &T);

        claim_case(claim, "B = %d, operator %ld", B, k);
        check_equal(claim, "G, library", printed_G(claim, B, &T), library.G);
        check_equal(claim, "L, library", printed_L(claim, B, &T), library.L);
        check_equal(claim, "M, library", printed_M(claim, &T), library.M);
        if (B <= 10 && k < 10) {
            by_matrix(claim, B, &T);
        }
        if (B <= 8 && k < 10) {
            by_lapack(claim, B, &T, chosen ? k : 100);
        }
        by_members(claim, B, &T, &stream);
        if (chosen && k < 6) {
            claim_row(claim, "G", (double)k, printed_G(claim, B, &T).x);
            claim_row(claim, "L", (double)k, printed_L(claim, B, &T).x);
            claim_row(claim, "M", (double)k, printed_M(claim, &T).x);
        }
    }
}

static void theorem(struct claim *claim)
{
    static const int batches[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};

    claim_labels(claim, "series");
    claim_column(claim, "operator", EXACT, "a number");
    claim_column(claim, "lambda", ABSOLUTE(1e-11), "sums, or LAPACK");
    at_batch_size(claim, (int)claim_integer(claim, "B"), true);
    for (int i = 0; i < (int)(sizeof batches / sizeof *batches); i++) {
        at_batch_size(claim, batches[i], false);
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("B", "one more batch size to check; its operators are drawn", 6, 4, 1000),
                           integer_by_scale("samples", "random operators for each batch size up to 100", 6, 20, 200, 1,
                                            10000)},
            .faults = {{"one_sample_more", "B - 1 in place of B - 2 before [12|33] in alpha_21", "G,*"},
                       {"not_doubled", "(B - 2) beta_21 in place of 2 (B - 2) beta_21", "L,*"},
                       {"two_neighbours", "2 in place of 4 before [12|13]", "M,*"}},
            .run = theorem,
        }));
}
