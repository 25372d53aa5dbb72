/* # Definition E.64, lemmas E.65, E.66 and E.68: operators that mix an off-diagonal entry with its two diagonal ones
 *
 * Yang et al. (2019), appendix E.5. $T=\mathrm{DOS}_B(u,v,w)$ maps $T\{\Sigma\}_{ii}=u\Sigma_{ii}$ and $T\{\Sigma\}_{ij}=v\Sigma_{ii}+v\Sigma_{jj}+w\Sigma_{ij}$: the Jacobian of
 * a network without batch normalisation. On the two shapes of matrices that the theory needs
 *
 * $$T\{L_B(a,b)\}=L_B(ua,\,wb-va),\qquad T\{\mathrm{BSB1}_B(a,b)\}=\mathrm{BSB1}_B(ua,\,wb+2va),$$
 * $$T\{L_B(w-u,v)\}=u\,L_B(w-u,v),\qquad T\{L_B(0,1)\}=w\,L_B(0,1).$$
 *
 * **Checked.** The definition, coded entry by entry, applied to the shapes with random $a$, $b$, $u$, $v$, $w$ and in random positions. That the nine brackets of such
 * an operator are those of an ultrasymmetric one, on random matrices.
 * **Tolerance.** An entry is three products and two sums.
 * **Could miss.** Nothing: the lemmas are identities of small polynomials.
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

/* ## Definition E.64 */
static void apply(const struct dos *T, int B, const double S[], double out[])
{
    for (int i = 0; i < B; i++) {
        for (int j = 0; j < B; j++) {
            out[i * B + j] =
                i == j ? T->u * S[i * B + i] : T->v * S[i * B + i] + T->v * S[j * B + j] + T->w * S[i * B + j];
        }
    }
}

static double size_of(const struct dos *T)
{
    return fabs(T->u) + 2 * fabs(T->v) + fabs(T->w);
}

/* The largest difference of two matrices; each entry has a few roundings of terms of the given size. */
static void check_same(struct claim *claim, const char *name, int B, const double claimed[], const double witness[],
                       double size)
{
    double worst = 0;

    for (int k = 0; k < B * B; k++) {
        worst = fmax(worst, fabs(claimed[k] - witness[k]));
    }
    check_zero(claim, name, measured(worst, 4 * DBL_EPSILON * size, ROUNDING), size);
}

/* ## The images of the shapes */
static void images(struct claim *claim, const struct dos *T, int B, double a, double b, struct stream *stream,
                   const char *tabulate)
{
    double *S = memory_doubles((size_t)(B * B)), *image = memory_doubles((size_t)(B * B)),
           *printed = memory_doubles((size_t)(B * B));
    double size = size_of(T) * (fabs(a) + fabs(b));
    int i = (int)stream_below(stream, (uint64_t)B), j = (i + 1 + (int)stream_below(stream, (uint64_t)(B - 1))) % B,
        k = 0;

    shape_L(B, i, j, a, b, S);
    apply(T, B, S, image);
    shape_L(B, i, j, T->u * a, T->w * b + (claim_fault(claim, "sign_turned") ? T->v : -T->v) * a, printed);
    check_same(claim, "L, image", B, printed, image, size);
    while (k == i || k == j) {
        k++;
    }
    if (strcmp(tabulate, "L") == 0) {
        claim_row(claim, "L", T->u * a, T->w * b - T->v * a, image[i * B + i], -image[i * B + k]);
    }
    shape_bsb1(B, a, b, S);
    apply(T, B, S, image);
    shape_bsb1(B, T->u * a, T->w * b + (claim_fault(claim, "one_diagonal") ? 1 : 2) * T->v * a, printed);
    check_same(claim, "BSB1, image", B, printed, image, size);
    if (strcmp(tabulate, "BSB1") == 0) {
        claim_row(claim, "BSB1", T->u * a, T->w * b + 2 * T->v * a, image[0], image[1]);
    }
    memory_free(S);
    memory_free(image);
    memory_free(printed);
}

/* ## Eigenmatrices */
static void eigenmatrix(struct claim *claim, const char *name, const struct dos *T, int B, double a, double b,
                        double lambda)
{
    double *S = memory_doubles((size_t)(B * B)), *image = memory_doubles((size_t)(B * B)),
           size = size_of(T) * (fabs(a) + fabs(b));

    shape_L(B, 1, 0, a, b, S);
    apply(T, B, S, image);
    for (int k = 0; k < B * B; k++) {
        S[k] *= lambda;
    }
    check_same(claim, name, B, S, image, size);
    memory_free(S);
    memory_free(image);
}

/* ## Ultrasymmetric, with three of the nine brackets not zero */
static void as_brackets(struct claim *claim, const struct dos *T, int B, struct stream *stream)
{
    double *S = memory_doubles((size_t)(B * B)), *image = memory_doubles((size_t)(B * B));
    double w = claim_fault(claim, "both_orders") ? 2 * T->w : T->w;
    struct brackets brackets = ultrasymmetric_dos(exact(T->u), exact(T->v), exact(w));

    symmetric_random(stream, B, S);
    apply(T, B, S, image);
    check_zero(claim, "ultrasymmetric", ultrasymmetric_miss(B, &brackets, false, S, image), size_of(T));
    memory_free(S);
    memory_free(image);
}

static void at_batch_size(struct claim *claim, int B, long samples)
{
    for (long k = 0; k < samples; k++) {
        struct stream stream = claim_stream(claim, (uint32_t)B, (uint32_t)k);
        double x[5];

        stream_normals(&stream, 5, x);
        struct dos T = {x[0], x[1], x[2]};
        claim_case(claim, "B = %d, u = %.3g, v = %.3g, w = %.3g", B, T.u, T.v, T.w);
        images(claim, &T, B, x[3], x[4], &stream, "");
        eigenmatrix(claim, "L(w-u, v)", &T, B, T.w - T.u, claim_fault(claim, "v_doubled") ? 2 * T.v : T.v, T.u);
        eigenmatrix(claim, "L(0, 1)", &T, B, 0, 1, T.w);
        as_brackets(claim, &T, B, &stream);
    }
}

static void lemmas(struct claim *claim)
{
    static const int batches[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    int chosen = (int)claim_integer(claim, "B");
    long samples = claim_integer(claim, "samples");
    struct dos T = {claim_real(claim, "u"), claim_real(claim, "v"), claim_real(claim, "w")};
    struct stream stream = claim_stream(claim, 0, 0);

    claim_labels(claim, "series");
    claim_column(claim, "a", ABSOLUTE(1e-14), "two products");
    claim_column(claim, "b", ABSOLUTE(1e-14), "two products");
    claim_column(claim, "a_image", ABSOLUTE(1e-14), "two products");
    claim_column(claim, "b_image", ABSOLUTE(1e-14), "two products");
    for (int i = 0; i < 2 * 48; i++) {
        double angle = 2 * M_PI * (i % 48) / 47;

        claim_case(claim, "B = %d, a = %.3g, b = %.3g", chosen, cos(angle), sin(angle));
        images(claim, &T, chosen, cos(angle), sin(angle), &stream, i < 48 ? "L" : "BSB1");
    }
    at_batch_size(claim, chosen, chosen > 100 ? 1 : samples);
    for (int i = 0; i < (int)(sizeof batches / sizeof *batches); i++) {
        at_batch_size(claim, batches[i], batches[i] > 100 ? 1 : samples);
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("B", "one more batch size to check", 12, 4, 1000),
                           real("u", "of the operator drawn", 0.9, -100, 100),
                           real("v", "of the operator drawn", 0.25, -100, 100),
                           real("w", "of the operator drawn", 0.5, -100, 100),
                           integer_by_scale("samples", "random operators for each batch size up to 100", 10, 50, 500, 1,
                                            10000)},
            .faults = {{"sign_turned", "w b + v a in place of w b - v a", "L,?image"},
                       {"one_diagonal", "v a in place of 2 v a", "BSB1,?image"},
                       {"v_doubled", "L(w - u, 2 v) as eigenmatrix", "L(w*"},
                       {"both_orders", "w in place of w/2 for [12|12] and [12|21] each", "ultrasymmetric"}},
            .run = lemmas,
        }));
}
