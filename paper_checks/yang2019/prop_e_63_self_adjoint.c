/* # Proposition E.63: between centrings an ultrasymmetric operator is self-adjoint
 *
 * Yang et al. (2019), appendix E.5, proposition E.63. For ultrasymmetric $T$ and all $\Sigma$, $\Sigma'$ with $G\Sigma G=\Sigma$, $G\Sigma'G=\Sigma'$
 *
 * $$\langle G\,T\{\Sigma\}\,G,\Sigma'\rangle=\langle\Sigma,G\,T\{\Sigma'\}\,G\rangle,$$
 *
 * with the trace inner product, although $T$ itself is not self-adjoint in general: $[11|12]$ and $[12|11]$ are two numbers.
 *
 * **Checked.** Both sides for random operators and random pairs of matrices, $B$ to 1000. The projected operator as an explicit matrix, entry by entry against its transpose,
 * to $B=8$. That $T$ without the projection is not self-adjoint for any of the operators tried.
 * **Tolerance.** Roundings of the terms summed.
 * **Could miss.** Nothing: the proposition is linear in the nine brackets, and random ones are independent.
 * **Found.** Holds as printed. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/ultrasymmetric.h>
#include <float.h>
#include <math.h>
#include <string.h>

/* ## Two sides for one pair
 * $\langle T\{S\},R\rangle$ over $|S||R|$; each entry of $T\{S\}$ sums $B^2$ terms of size at most $\max|[ij|kl]|\,|S_{kl}|$. */
static double largest(const struct brackets *T)
{
    const struct value all[] = {T->b1111, T->b1122, T->b1112, T->b1123, T->b1211,
                                T->b1233, T->b1212, T->b1213, T->b1234};
    double size = 0;

    for (int k = 0; k < 9; k++) {
        size = fmax(size, fabs(all[k].x));
    }
    return size;
}

static struct value product(int B, const struct brackets *T, bool projected, const double S[], const double R[])
{
    double *image = memory_doubles((size_t)(B * B)), *centred = memory_doubles((size_t)(B * B));
    double norms = linear_norm(B * B, S) * linear_norm(B * B, R);

    ultrasymmetric_apply(B, T, S, image);
    centre_both(B, image, centred);
    double inner = linear_dot(B * B, projected ? centred : image, R) / norms;
    memory_free(image);
    memory_free(centred);
    return measured(inner, 4 * DBL_EPSILON * B * B * largest(T), ROUNDING);
}

/* R has an overlap with S, so that the product does not get small with B. */
static void pair(struct claim *claim, int B, bool projected, struct stream *stream, double S[], double R[])
{
    double *raw = memory_doubles((size_t)(B * B));

    symmetric_random(stream, B, raw);
    projected ? centre_both(B, raw, S) : (void)memcpy(S, raw, (size_t)(B * B) * sizeof *S);
    symmetric_random(stream, B, raw);
    linear_axpy(B * B, 1, S, raw);
    bool centred = projected && !claim_fault(claim, "one_not_centred");
    centred ? centre_both(B, raw, R) : (void)memcpy(R, raw, (size_t)(B * B) * sizeof *R);
    memory_free(raw);
}

static void two_sides(struct claim *claim, int B, const struct brackets *T, struct stream *stream, bool tabulate)
{
    double *S = memory_doubles((size_t)(B * B)), *R = memory_doubles((size_t)(B * B));

    pair(claim, B, true, stream, S, R);
    struct value left = product(B, T, !claim_fault(claim, "one_not_centred"), S, R);
    struct value right = product(B, T, !claim_fault(claim, "one_not_centred"), R, S);
    check_equal(claim, "projected", left, right);
    if (tabulate) {
        claim_row(claim, "projected", left.x, right.x);
    }
    bool centred = claim_fault(claim, "centred_anyway");
    pair(claim, B, centred, stream, S, R);
    left = product(B, T, centred, S, R);
    right = product(B, T, centred, R, S);
    struct value gap = value_sub(left, right);
    gap.x = fabs(gap.x);
    check_shape(claim, "T alone is not", gap, fabs(left.x));
    if (tabulate) {
        claim_row(claim, "not projected", left.x, right.x);
    }
    memory_free(S);
    memory_free(R);
}

/* ## The explicit matrix */
static void symmetric_matrix(struct claim *claim, int B, const struct brackets *T)
{
    int n = B * B;
    double *S = memory_doubles((size_t)n), *image = memory_doubles((size_t)n), *P = memory_doubles((size_t)(n * n)),
           worst = 0;

    for (int c = 0; c < n; c++) {
        memset(S, 0, (size_t)n * sizeof *S);
        S[c] += 0.5;
        S[c % B * B + c / B] += 0.5;
        if (claim_fault(claim, "after_only")) {
            ultrasymmetric_apply(B, T, S, P);
        } else {
            centre_both(B, S, image);
            ultrasymmetric_apply(B, T, image, S);
        }
        centre_both(B, claim_fault(claim, "after_only") ? P : S, image);
        memcpy(P + c * n, image, (size_t)n * sizeof *P);
    }
    for (int c = 0; c < n * n; c++) {
        worst = fmax(worst, fabs(P[c] - P[c % n * n + c / n]));
    }
    check_zero(claim, "matrix", measured(worst, 8 * DBL_EPSILON * B * largest(T), ROUNDING), largest(T));
    memory_free(S);
    memory_free(image);
    memory_free(P);
}

static void at_batch_size(struct claim *claim, int B, bool chosen)
{
    long samples = B > 100 ? 1 : claim_integer(claim, "samples");

    for (long k = 0; k < samples; k++) {
        struct stream stream = claim_stream(claim, (uint32_t)B, (uint32_t)k);
        struct brackets T = brackets_random(&stream);

        claim_case(claim, "B = %d, operator %ld", B, k);
        two_sides(claim, B, &T, &stream, chosen && k < 100);
        if (B <= 8 && k < 5) {
            symmetric_matrix(claim, B, &T);
        }
    }
}

static void proposition(struct claim *claim)
{
    static const int batches[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};

    claim_labels(claim, "series");
    claim_column(claim, "left", ABSOLUTE(1e-8), "sums of B^2 terms");
    claim_column(claim, "right", ABSOLUTE(1e-8), "sums of B^2 terms");
    at_batch_size(claim, (int)claim_integer(claim, "B"), true);
    for (int i = 0; i < (int)(sizeof batches / sizeof *batches); i++) {
        at_batch_size(claim, batches[i], false);
    }
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {integer("B", "one more batch size to check; its pairs are drawn", 6, 4, 1000),
                                         integer_by_scale("samples", "random operators for each batch size up to 100",
                                                          20, 100, 1000, 1, 10000)},
                          .faults = {{"one_not_centred", "one matrix and the image not centred", "projected"},
                                     {"centred_anyway", "the bare operator centred before and after", "T?alone*"},
                                     {"after_only", "the projection after T, not before", "matrix"}},
                          .run = proposition,
                      }));
}
