/* # Definition K.1 and theorem K.2: covariances of two blocks, centred
 *
 * Yang et al. (2019), appendix K. A BSB2 matrix $\Sigma$ has two diagonal blocks of BSB1 shape, $(d_1,f_1)$ and $(d_2,f_2)$, and the number $c$ off them. With
 * $B=B_1+B_2$ and $B_1,B_2\ge2$, $G\Sigma G$ has the eigenvalues
 *
 * - $d_1-f_1$ on vectors of the first block that sum to zero, $d_2-f_2$ on those of the second,
 * - $0$ on $1$, and on $q$, which is $1/B_1$ on the first block and $-1/B_2$ on the second,
 *
 * $$\frac{(d_1-f_1)B_2+(d_2-f_2)B_1+B_1B_2(f_1+f_2-2c)}B.$$
 *
 * **Checked.** LAPACK's eigenvalues of the centred matrix, all with their multiplicities, for random numbers and block sizes, $B$ to 100; the matrix applied to random vectors of
 * the four spaces to $B=1000$.
 * **Tolerance.** LAPACK: some $B$ roundings of the norm. Sums: some roundings of the terms.
 * **Could miss.** Nothing: it is linear in the five numbers.
 * **Found.** Holds. The text's "$G\Sigma G=\Sigma G$" is not meant as an equation between $\Sigma$ and a factor $G$ but is $\Sigma^G$, the name of $G\Sigma G$. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/ultrasymmetric.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

struct bsb2 {
    int B1, B2;
    double d1, f1, d2, f2, c;
};

static void fill(const struct bsb2 *s, double S[])
{
    int B = s->B1 + s->B2;

    for (int i = 0; i < B; i++) {
        for (int j = 0; j < B; j++) {
            bool first = i < s->B1 && j < s->B1, second = i >= s->B1 && j >= s->B1;

            S[i * B + j] = first ? (i == j ? s->d1 : s->f1) : second ? (i == j ? s->d2 : s->f2) : s->c;
        }
    }
}

static double size_of(const struct bsb2 *s)
{
    return fabs(s->d1) + fabs(s->d2) + (s->B1 + s->B2) * (fabs(s->f1) + fabs(s->f2) + fabs(s->c));
}

/* ## As printed */
static double between(struct claim *claim, const struct bsb2 *s)
{
    double B1 = s->B1, B2 = s->B2;
    double own = claim_fault(claim, "exchanged") ? (s->d1 - s->f1) * B1 + (s->d2 - s->f2) * B2
                                                 : (s->d1 - s->f1) * B2 + (s->d2 - s->f2) * B1;

    return (own + B1 * B2 * (s->f1 + s->f2 - (claim_fault(claim, "cross_once") ? 1 : 2) * s->c)) / (B1 + B2);
}

static int increasing(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

/* ## All eigenvalues by LAPACK */
static void by_lapack(struct claim *claim, const struct bsb2 *s)
{
    int B = s->B1 + s->B2;
    double *S = memory_doubles((size_t)(B * B)), *G = memory_doubles((size_t)(B * B)),
           *found = memory_doubles((size_t)B), *printed = memory_doubles((size_t)B);

    fill(s, S);
    centre_both(B, S, G);
    claim_need(claim, linear_symmetric_eigen(B, G, found, NULL));
    for (int k = 0; k < B - 2; k++) {
        printed[k] = k < s->B1 - 1 ? s->d1 - s->f1 : s->d2 - s->f2;
    }
    printed[B - 2] = between(claim, s);
    qsort(printed, (size_t)B, sizeof *printed, increasing);
    double rounding = B * DBL_EPSILON * (linear_norm(B * B, S) + size_of(s));
    for (int k = 0; k < B; k++) {
        check_equal(claim, "all eigenvalues", measured(printed[k], rounding, ROUNDING), exact(found[k]));
    }
    memory_free(S);
    memory_free(G);
    memory_free(found);
    memory_free(printed);
}

/* ## The four spaces
 * Vectors of block [first, last) that sum to zero; q; 1. */
static void zero_sum(int first, int last, struct stream *stream, double x[])
{
    double mean = 0;

    stream_normals(stream, (size_t)(last - first), x + first);
    for (int i = first; i < last; i++) {
        mean += x[i] / (last - first);
    }
    for (int i = first; i < last; i++) {
        x[i] -= mean;
    }
}

static void residual(struct claim *claim, const char *name, const struct bsb2 *s, const double G[], double lambda,
                     double x[])
{
    int B = s->B1 + s->B2;
    double *out = memory_doubles((size_t)B);

    linear_multiply(false, false, B, 1, B, 1, G, x, 0, out);
    linear_axpy(B, -lambda, x, out);
    check_zero(claim, name,
               measured(linear_norm(B, out) / linear_norm(B, x), 8 * sqrt(B) * DBL_EPSILON * size_of(s), ROUNDING),
               size_of(s));
    for (int i = 0; i < B; i++) {
        x[i] = 0;
    }
    memory_free(out);
}

static void by_spaces(struct claim *claim, const struct bsb2 *s, struct stream *stream)
{
    int B = s->B1 + s->B2;
    double *S = memory_doubles((size_t)(B * B)), *G = memory_doubles((size_t)(B * B)), *x = memory_doubles((size_t)B);

    fill(s, S);
    centre_both(B, S, G);
    zero_sum(0, s->B1, stream, x);
    residual(claim, "first block", s, G, s->d1 - s->f1, x);
    zero_sum(s->B1, B, stream, x);
    residual(claim, "second block", s, G, claim_fault(claim, "first_for_second") ? s->d1 - s->f1 : s->d2 - s->f2, x);
    for (int i = 0; i < B; i++) {
        x[i] = i < s->B1 ? 1.0 / s->B1 : -1.0 / s->B2;
    }
    residual(claim, "q", s, G, between(claim, s), x);
    for (int i = 0; i < B; i++) {
        x[i] = 1;
    }
    residual(claim, "constant", s, claim_fault(claim, "not_projected") ? S : G, 0, x);
    memory_free(S);
    memory_free(G);
    memory_free(x);
}

static void theorem(struct claim *claim)
{
    static const int batches[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    int chosen = (int)claim_integer(claim, "B");

    claim_column(claim, "B1", EXACT, "a grid");
    claim_column(claim, "q", RELATIVE(1e-13), "a closed form");
    claim_column(claim, "q_matrix", RELATIVE(1e-11), "sums over a matrix");
    for (int i = -1; i < (int)(sizeof batches / sizeof *batches); i++) {
        int B = i < 0 ? chosen : batches[i];
        struct stream stream = claim_stream(claim, (uint32_t)B, 0);

        for (long k = 0; k < (B > 100 ? 1 : claim_integer(claim, "samples")); k++) {
            double x[5];
            int B1 = 2 + (int)stream_below(&stream, (uint64_t)(B - 3));

            stream_normals(&stream, 5, x);
            struct bsb2 s = {B1, B - B1, x[0], x[1], x[2], x[3], x[4]};
            claim_case(claim, "B_1 = %d, B_2 = %d, matrix %ld", s.B1, s.B2, k);
            if (B <= 100) {
                by_lapack(claim, &s);
            }
            by_spaces(claim, &s, &stream);
        }
    }
    for (int B1 = 2; B1 <= chosen - 2; B1 += 1 + chosen / 64) {
        struct bsb2 s = {B1, chosen - B1, 2.5, 0.6, 0.3, 0.1, -0.05};
        double *S = memory_doubles((size_t)(chosen * chosen)), *G = memory_doubles((size_t)(chosen * chosen)),
               trace = 0;

        fill(&s, S);
        centre_both(chosen, S, G);
        for (int i = 0; i < chosen; i++) {
            trace += G[i * chosen + i];
        }
        claim_row(claim, NULL, B1, between(claim, &s), trace - (B1 - 1) * (s.d1 - s.f1) - (s.B2 - 1) * (s.d2 - s.f2));
        memory_free(S);
        memory_free(G);
    }
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {integer("B", "one more batch size to check; drawn", 32, 4, 1000),
                                         integer_by_scale("samples", "random matrices for each batch size up to 100", 4,
                                                          20, 200, 1, 10000)},
                          .faults = {{"exchanged", "B_1 and B_2 exchanged in the weights of the blocks", "all* q"},
                                     {"cross_once", "c in place of 2 c", "all* q"},
                                     {"first_for_second", "d_1 - f_1 for the second block", "second*"},
                                     {"not_projected", "the matrix itself applied to 1", "constant"}},
                          .run = theorem,
                      }));
}
