/* # Lemmas E.51 and E.52: matrices with one diagonal and one off-diagonal entry
 *
 * Yang et al. (2019), appendix E.5, definition E.50, lemmas E.51 and E.52. A matrix with $a$ on the diagonal and $b$ elsewhere, $\mathrm{BSB1}_B(a,b)=\mu I+\nu
 * 11^T$ with $\mu=a-b$ and $\nu=b$, has the eigenvalue $\mu=a-b$ on $\{x:\sum_ix_i=0\}$ and $B\nu+\mu=(B-1)b+a$ on the constant vectors. Hence
 *
 * $$G\,\mathrm{BSB1}_B(a,b)\,G=(a-b)\,G,\qquad G=I-\tfrac1B11^T.$$
 *
 * Every fixed point of the paper but those of appendix K has this shape.
 *
 * **Checked.** Both eigenvalues with their multiplicities against LAPACK for $B$ up to 100. The eigenspaces at every $B$: the matrix applied to random vectors that
 * sum to zero and to the constant one. The projection, computed from row and column means. Random $a$ and $b$, among them nearly equal ones and
 * $a=0$.
 * **Tolerance.** LAPACK is backward stable: some $B$ roundings of the matrix's norm. Sums state theirs.
 * **Could miss.** Nothing: two lines of algebra, tried on numbers.
 * **Found.** Holds as printed. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/ultrasymmetric.h>
#include <float.h>
#include <math.h>

/* ## As printed */
static struct value off_constant(double a, double b)
{
    return rounded(a - b, 1);
}

static struct value on_constant(struct claim *claim, int B, double a, double b)
{
    int others = claim_fault(claim, "counts_itself") ? B : B - 1;

    return measured(others * b + a, 2 * DBL_EPSILON * (B * fabs(b) + fabs(a)), ROUNDING);
}

/* ## LAPACK
 * Eigenvalues come in increasing order: the one of the constant vector is last if $b>0$ and first if $b<0$. */
static void by_lapack(struct claim *claim, int B, double a, double b)
{
    double *S = memory_doubles((size_t)(B * B)), *eigenvalue = memory_doubles((size_t)B);
    int alone = b > 0 ? B - 1 : 0;

    shape_bsb1(B, a, b, S);
    claim_need(claim, linear_symmetric_eigen(B, S, eigenvalue, NULL));
    double rounding = B * DBL_EPSILON * linear_norm(B * B, S);
    for (int k = 0; k < B; k++) {
        check_equal(claim, k == alone ? "constant, LAPACK" : "sum zero, LAPACK",
                    k == alone ? on_constant(claim, B, a, b) : off_constant(a, b),
                    measured(eigenvalue[k], rounding, ROUNDING));
    }
    memory_free(S);
    memory_free(eigenvalue);
}

/* ## The eigenspaces and the projection */
static void apply(int B, const double S[], const double x[], double lambda, double out[])
{
    linear_multiply(false, false, B, 1, B, 1, S, x, 0, out);
    linear_axpy(B, -lambda, x, out);
}

static void on_vectors(struct claim *claim, int B, double a, double b, struct stream *stream)
{
    double *S = memory_doubles((size_t)(B * B)), *x = memory_doubles((size_t)B), *out = memory_doubles((size_t)B),
           mean = 0;
    double size = fabs(a) + B * fabs(b), rounding = 4 * DBL_EPSILON * size;

    shape_bsb1(B, a, b, S);
    stream_normals(stream, (size_t)B, x);
    for (int i = 0; i < B; i++) {
        mean += x[i] / B;
    }
    for (int i = 0; i < B && !claim_fault(claim, "not_centred"); i++) {
        x[i] -= mean;
    }
    apply(B, S, x, a - b, out);
    check_zero(claim, "sum zero", measured(linear_norm(B, out) / linear_norm(B, x), rounding, ROUNDING), size);
    for (int i = 0; i < B; i++) {
        x[i] = 1;
    }
    apply(B, S, x, on_constant(claim, B, a, b).x, out);
    check_zero(claim, "constant", measured(linear_norm(B, out) / sqrt(B), B * rounding, ROUNDING), size);
    memory_free(S);
    memory_free(x);
    memory_free(out);
}

static void projection(struct claim *claim, int B, double a, double b)
{
    double *S = memory_doubles((size_t)(B * B)), *centred = memory_doubles((size_t)(B * B)),
           *G = memory_doubles((size_t)(B * B));
    double printed = claim_fault(claim, "off_diagonal_kept") ? a : a - b, size = fabs(a) + fabs(b);

    shape_bsb1(B, a, b, S);
    centre_both(B, S, centred);
    shape_bsb1(B, 1 - 1.0 / B, -1.0 / B, G);
    linear_axpy(B * B, -printed, G, centred);
    check_zero(claim, "projection",
               measured(linear_norm(B * B, centred) / sqrt(B - 1), 8 * sqrt(B) * DBL_EPSILON * size, ROUNDING), size);
    memory_free(S);
    memory_free(centred);
    memory_free(G);
}

static void at_batch_size(struct claim *claim, int B, double a, double b, uint32_t number)
{
    struct stream stream = claim_stream(claim, 1, number);

    claim_case(claim, "B = %d, a = %.4g, b = %.4g", B, a, b);
    if (B <= 100) {
        by_lapack(claim, B, a, b);
    }
    on_vectors(claim, B, a, b, &stream);
    projection(claim, B, a, b);
}

/* ## The figure: both eigenvalues against the batch size */
static void tabulate(struct claim *claim, double a, double b)
{
    for (int B = 2; B <= 40; B++) {
        double *S = memory_doubles((size_t)(B * B)), *eigenvalue = memory_doubles((size_t)B);
        int alone = b > 0 ? B - 1 : 0;

        shape_bsb1(B, a, b, S);
        claim_need(claim, linear_symmetric_eigen(B, S, eigenvalue, NULL));
        claim_row(claim, NULL, B, off_constant(a, b).x, on_constant(claim, B, a, b).x,
                  eigenvalue[alone == 0 ? B - 1 : 0], eigenvalue[alone]);
        memory_free(S);
        memory_free(eigenvalue);
    }
}

static void lemmas(struct claim *claim)
{
    static const int batches[] = {2, 3, 4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    double a = claim_real(claim, "a"), b = claim_real(claim, "b");
    struct stream stream = claim_stream(claim, 0, 0);

    claim_column(claim, "B", EXACT, "a grid");
    claim_column(claim, "sum_zero", RELATIVE(1e-14), "a difference of parameters");
    claim_column(claim, "constant", RELATIVE(1e-14), "a sum of parameters");
    claim_column(claim, "sum_zero_lapack", ABSOLUTE(1e-12), "LAPACK, some roundings of the norm");
    claim_column(claim, "constant_lapack", ABSOLUTE(1e-12), "LAPACK, some roundings of the norm");
    at_batch_size(claim, (int)claim_integer(claim, "B"), a, b, 0);
    for (uint32_t i = 0; i < sizeof batches / sizeof *batches; i++) {
        double x[2];

        at_batch_size(claim, batches[i], a, b, i);
        stream_normals(&stream, 2, x);
        at_batch_size(claim, batches[i], x[0], x[1], i);
        at_batch_size(claim, batches[i], x[1] * (1 + 1e-6), x[1], i);
        at_batch_size(claim, batches[i], 0, x[0], i);
    }
    tabulate(claim, a, b);
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {integer("B", "one more batch size to check", 12, 2, 1000),
                                         real("a", "the diagonal entry", 1, 0.01, 1000),
                                         real("b", "the off-diagonal entry", 0.3, -1000, 1000)},
                          .faults = {{"counts_itself", "B b + a in place of (B - 1) b + a", "constant*"},
                                     {"not_centred", "vectors that do not sum to zero", "sum?zero"},
                                     {"off_diagonal_kept", "a G in place of (a - b) G", "projection"}},
                          .run = lemmas,
                      }));
}
