/* # Lemma E.70, theorems E.72 and E.73: all eigenvalues of a DOS operator, and of it between centrings
 *
 * Yang et al. (2019), appendix E.5. For $T=\mathrm{DOS}_B(u,v,w)$ with $u\ne w$, on symmetric matrices: eigenvalue $w$ on the matrices without diagonal, of dimension
 * $B(B-1)/2$, and $u$ on the span of $\bar L_B(w-u,v)$ in all positions, of dimension $B$, where $\bar L_B(a,b)$ has $a$ in the corner and $-b$ on the rest of the
 * first row and column. For $G^{\otimes2}\circ T$ on the matrices with $G\Sigma G=\Sigma$:
 *
 * $$\lambda_G=\frac{(B-1)(u-2v)+w}B,\qquad\lambda_L=\frac{(B-2)(u-2v)+2w}B,\qquad\lambda_M=w.$$
 *
 * **Checked.** The first by LAPACK's eigenvalues of the operator on symmetric matrices, to $B=10$, counted; and by the action on $\bar L_B(w-u,v)$ and on random matrices
 * without diagonal to $B=1000$. That the permuted $\bar L$ are independent, by their rank. The second by the explicit matrix to $B=10$ and by members
 * of the spaces to $B=1000$.
 * **Tolerance.** Roundings of the terms summed. LAPACK's condition numbers: the operator is triangular and far from normal when $u$ and $w$ are close.
 * **Could miss.** Multiplicities at $B>10$.
 * **Found.** Holds as printed. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/ultrasymmetric.h>
#include <float.h>
#include <math.h>
#include <string.h>

struct dos {
    double u, v, w;
};

static double size_of(const struct dos *T)
{
    return fabs(T->u) + 2 * fabs(T->v) + fabs(T->w);
}

static void corner(int B, int i, double a, double b, double S[])
{
    memset(S, 0, (size_t)(B * B) * sizeof *S);
    for (int k = 0; k < B; k++) {
        S[i * B + k] = S[k * B + i] = k == i ? a : -b;
    }
}

/* ## On symmetric matrices, by LAPACK
 * Coordinates are the $B$ diagonal entries and the $B(B-1)/2$ others; column by column, the image of each. */
static void pack(int B, const double S[], double coordinates[])
{
    for (int i = 0; i < B; i++) {
        *coordinates++ = S[i * B + i];
    }
    for (int i = 0; i < B; i++) {
        for (int j = 0; j < i; j++) {
            *coordinates++ = S[i * B + j];
        }
    }
}

static void multiplicities(struct claim *claim, int B, const struct dos *T, const struct brackets *brackets)
{
    int n = B * (B + 1) / 2, column = 0, at_u = 0, at_w = 0;
    double *A = memory_doubles((size_t)(n * n)), *S = memory_doubles((size_t)(B * B)),
           *image = memory_doubles((size_t)(B * B));
    double *re = memory_doubles((size_t)n), *im = memory_doubles((size_t)n), *error = memory_doubles((size_t)n);

    for (int off = 0; off < 2; off++) {
        for (int i = 0; i < B; i++) {
            for (int j = off ? 0 : i; j < (off ? i : i + 1); j++) {
                memset(S, 0, (size_t)(B * B) * sizeof *S);
                S[i * B + j] = S[j * B + i] = 1;
                ultrasymmetric_apply(B, brackets, S, image);
                pack(B, image, A + n * column++);
            }
        }
    }
    claim_need(claim, linear_general_eigen(n, A, re, im, error)); // of the transpose: the same
    for (int k = 0; k < n;
         k++) { // eigenvalues of one space have no vectors of their own: LAPACK's errors may exceed the gap
        double near = fmin(error[k], fabs(T->u - T->w) / 4), w = claim_fault(claim, "mixed_in") ? T->w + T->v : T->w;

        at_u += hypot(re[k] - T->u, im[k]) <= near;
        at_w += hypot(re[k] - w, im[k]) <= near;
    }
    check_equal(claim, "u, multiplicity", exact(B), exact(at_u));
    check_equal(claim, "w, multiplicity", exact(B * (B - 1) / 2), exact(at_w));
    double *blocks[] = {A, S, image, re, im, error};
    for (int k = 0; k < 6; k++) {
        memory_free(blocks[k]);
    }
}

/* ## On symmetric matrices, by members */
static void members(struct claim *claim, int B, const struct dos *T, const struct brackets *brackets,
                    struct stream *stream)
{
    double *S = memory_doubles((size_t)(B * B)), b = claim_fault(claim, "v_doubled") ? 2 * T->v : T->v;

    corner(B, (int)stream_below(stream, (uint64_t)B), T->w - T->u, b, S);
    check_zero(claim, "u, member", ultrasymmetric_residual(B, brackets, false, T->u, S), size_of(T));
    symmetric_random(stream, B, S);
    for (int i = 0; i < B && !claim_fault(claim, "with_diagonal"); i++) {
        S[i * B + i] = 0;
    }
    check_zero(claim, "w, member", ultrasymmetric_residual(B, brackets, false, T->w, S), size_of(T));
    memory_free(S);
}

static void independent(struct claim *claim, int B, const struct dos *T)
{
    double *all = memory_doubles((size_t)(B * B * B)), *s = memory_doubles((size_t)B),
           shift = claim_fault(claim, "u_is_w") ? 0 : T->w - T->u;
    int rank = 0;

    for (int i = 0; i < B; i++) {
        corner(B, i, shift, claim_fault(claim, "u_is_w") ? 0 : T->v, all + i * B * B);
    }
    claim_need(claim, linear_singular_values(B, B * B, all, s));
    for (int i = 0; i < B; i++) {
        rank += s[i] > B * DBL_EPSILON * s[0];
    }
    check_equal(claim, "independent", exact(B), exact(rank));
    memory_free(all);
    memory_free(s);
}

/* ## Between centrings */
static struct spectrum printed(struct claim *claim, int B, const struct dos *T)
{
    double slope = T->u - (claim_fault(claim, "one_diagonal") ? 1 : 2) * T->v, error = 4 * DBL_EPSILON * size_of(T);

    return (struct spectrum){measured(((B - 1) * slope + T->w) / B, error, ROUNDING),
                             measured(((B - 2) * slope + 2 * T->w) / B, error, ROUNDING), exact(T->w)};
}

static void centred(struct claim *claim, int B, const struct dos *T, const struct brackets *brackets,
                    struct stream *stream)
{
    struct spectrum s = printed(claim, B, T);
    double *S = memory_doubles((size_t)(B * B)), *R = memory_doubles((size_t)(B * B));

    shape_bsb1(B, B - 1, -1, S);
    check_zero(claim, "G, centred",
               value_with(ultrasymmetric_residual(B, brackets, true, s.G.x, S), value_error(s.G), ROUNDING),
               size_of(T));
    symmetric_random(stream, B, R);
    shape_diagonal(B, R, S);
    check_zero(claim, "L, centred",
               value_with(ultrasymmetric_residual(B, brackets, true, s.L.x, S), value_error(s.L), ROUNDING),
               size_of(T));
    project_on_M(B, R, S);
    check_zero(claim, "M, centred", ultrasymmetric_residual(B, brackets, true, s.M.x, S), size_of(T));
    memory_free(S);
    memory_free(R);
}

static void explicit_matrix(struct claim *claim, int B, const struct dos *T, const struct brackets *brackets)
{
    struct spectrum s = printed(claim, B, T);
    double *matrix = memory_doubles((size_t)(B * B) * (size_t)(B * B));

    ultrasymmetric_matrix(B, brackets, matrix);
    struct spectrum applied = operator_spectrum(B, matrix);
    check_equal(claim, "G, matrix", s.G, applied.G);
    check_equal(claim, "L, matrix", s.L, applied.L);
    check_equal(claim, "M, matrix", s.M, applied.M);
    memory_free(matrix);
}

static void at_batch_size(struct claim *claim, int B, const struct dos *T, struct stream *stream)
{
    struct brackets brackets = ultrasymmetric_dos(exact(T->u), exact(T->v), exact(T->w));

    claim_case(claim, "B = %d, u = %.3g, v = %.3g, w = %.3g", B, T->u, T->v, T->w);
    members(claim, B, T, &brackets, stream);
    centred(claim, B, T, &brackets, stream);
    if (B <= 10) {
        multiplicities(claim, B, T, &brackets);
        explicit_matrix(claim, B, T, &brackets);
        independent(claim, B, T);
    }
}

static void tabulate(struct claim *claim, const struct dos *T)
{
    struct brackets brackets = ultrasymmetric_dos(exact(T->u), exact(T->v), exact(T->w));

    for (int B = 4; B <= 12; B++) {
        double *matrix = memory_doubles((size_t)(B * B) * (size_t)(B * B));

        ultrasymmetric_matrix(B, &brackets, matrix);
        struct spectrum s = printed(claim, B, T), applied = operator_spectrum(B, matrix);
        claim_row(claim, NULL, B, s.G.x, s.L.x, s.M.x, applied.G.x, applied.L.x, applied.M.x);
        memory_free(matrix);
    }
}

static void theorems(struct claim *claim)
{
    static const int batches[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    static const char *const columns[] = {"G", "L", "M", "G_matrix", "L_matrix", "M_matrix"};
    struct dos chosen = {claim_real(claim, "u"), claim_real(claim, "v"), claim_real(claim, "w")};
    long samples = claim_integer(claim, "samples");

    if (fabs(chosen.u - chosen.w) < 1e-3 * size_of(&chosen)) {
        claim_refuse(claim, "theorem E.72 asks for u and w that differ");
    }
    claim_column(claim, "B", EXACT, "a grid");
    for (int k = 0; k < 6; k++) {
        claim_column(claim, columns[k], ABSOLUTE(1e-11), "sums over a matrix");
    }
    for (int i = -1; i < (int)(sizeof batches / sizeof *batches); i++) {
        int B = i < 0 ? (int)claim_integer(claim, "B") : batches[i];
        struct stream stream = claim_stream(claim, (uint32_t)B, 0);

        at_batch_size(claim, B, &chosen, &stream);
        for (long k = 0; k < (B > 100 ? 1 : samples); k++) {
            double x[3];

            stream_normals(&stream, 3, x);
            at_batch_size(claim, B, &(struct dos){x[0], x[1], x[2]}, &stream);
        }
    }
    tabulate(claim, &chosen);
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {integer("B", "one more batch size to check", 12, 4, 1000),
                                         real("u", "of the operator drawn", 0.9, -100, 100),
                                         real("v", "of the operator drawn", 0.25, -100, 100),
                                         real("w", "of the operator drawn", 0.7, -100, 100),
                                         integer_by_scale("samples", "random operators for each batch size up to 100",
                                                          3, 10, 100, 1, 1000)},
                          .faults = {{"mixed_in", "w + v in place of w", "w,?multiplicity"},
                                     {"v_doubled", "L-bar(w - u, 2 v) in place of L-bar(w - u, v)", "u,?member"},
                                     {"with_diagonal", "matrices with a diagonal", "w,?member"},
                                     {"u_is_w", "L-bar(0, 0), as if u = w and v = 0", "independent"},
                                     {"one_diagonal", "u - v in place of u - 2 v", "G,* L,*"}},
                          .run = theorems,
                      }));
}
