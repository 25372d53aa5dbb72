/* # Lemma E.67: what a DOS operator between centrings does to fluctuations of the norms
 *
 * Yang et al. (2019), appendix E.5, lemma E.67. For $T=\mathrm{DOS}_B(u,v,w)$ and every $\Sigma\in\mathbb L=\{GDG:D\text{ diagonal},\operatorname{tr}D=0\}$
 *
 * $$G\,T\{\Sigma\}\,G=\frac{(u-2v)(B-2)+2w}B\,\Sigma.$$
 *
 * **Checked.** The eigenvalue for random $u$, $v$, $w$ as Rayleigh quotient, and the residual, of random members of $\mathbb L$, $B$ to 1000; the explicit $B^2\times B^2$
 * matrix to $B=8$. The steps of the proof: the image of $L_B(B-2,1)$ under $T$, and its projection.
 * **Corrected.** The proof writes $T\{L_B(B-2,1)\}=L_B(u(B-1),w-v(B-1))$. Lemma E.65 gives $L_B(u(B-2),w-v(B-2))$, from which the stated eigenvalue follows; the
 * printed step would give $((u-2v)(B-1)+2w)/B$. $B-1$ stands in the text twice, so the extraction is hardly to blame.
 * **Tolerance.** Roundings of the terms summed.
 * **Could miss.** Nothing.
 * **Found.** The lemma holds as printed, its proof with $B-2$ for $B-1$. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/ultrasymmetric.h>
#include <float.h>
#include <math.h>

struct dos {
    double u, v, w;
};

static struct value printed(struct claim *claim, int B, const struct dos *T)
{
    double norms = claim_fault(claim, "one_sample_more") ? B - 1 : B - 2,
           mixed = claim_fault(claim, "one_diagonal") ? 1 : 2;
    double size = fabs(T->u) + 2 * fabs(T->v) + 2 * fabs(T->w);

    return measured(((T->u - mixed * T->v) * norms + 2 * T->w) / B, 4 * DBL_EPSILON * size, ROUNDING);
}

static struct brackets brackets_of(const struct dos *T)
{
    return ultrasymmetric_dos(exact(T->u), exact(T->v), exact(T->w));
}

/* ## Members of $\mathbb L$ */
static struct value rayleigh(int B, const struct dos *T, const double S[])
{
    double *image = memory_doubles((size_t)(B * B)), *centred = memory_doubles((size_t)(B * B));
    struct brackets brackets = brackets_of(T);

    ultrasymmetric_apply(B, &brackets, S, image);
    centre_both(B, image, centred);
    double quotient = linear_dot(B * B, S, centred) / linear_dot(B * B, S, S);
    memory_free(image);
    memory_free(centred);
    // the image is a diagonal of size |S| u and B rows of size v each: their roundings, in the norm of S
    return measured(quotient, 16 * DBL_EPSILON * (fabs(T->u) + 2 * sqrt(B) * fabs(T->v) + fabs(T->w)), ROUNDING);
}

static void on_member(struct claim *claim, int B, const struct dos *T, const double S[])
{
    struct value lambda = printed(claim, B, T), quotient = rayleigh(B, T, S);
    struct brackets brackets = brackets_of(T);
    struct value residual = ultrasymmetric_residual(B, &brackets, true, quotient.x, S);

    check_equal(claim, "eigenvalue", lambda, quotient);
    check_zero(claim, "eigenspace", value_with(residual, value_error(quotient), ROUNDING),
               fabs(T->u) + fabs(T->v) + fabs(T->w));
}

static void explicit_matrix(struct claim *claim, int B, const struct dos *T)
{
    double *matrix = memory_doubles((size_t)(B * B) * (size_t)(B * B));
    struct brackets brackets = brackets_of(T);

    ultrasymmetric_matrix(B, &brackets, matrix);
    check_equal(claim, "matrix", printed(claim, B, T), operator_spectrum(B, matrix).L);
    memory_free(matrix);
}

/* ## The steps of the proof
 * Two entries tell $L_B(a,b)$: $a$ in the corner, $-b$ beside it. */
static void steps(struct claim *claim, int B, const struct dos *T)
{
    double *L = memory_doubles((size_t)(B * B)), *image = memory_doubles((size_t)(B * B)),
           *centred = memory_doubles((size_t)(B * B));
    struct brackets brackets = brackets_of(T);
    double error = 8 * DBL_EPSILON * (fabs(T->u) + fabs(T->v) + fabs(T->w)) * B;

    shape_L(B, 0, 1, B - 2, 1, L);
    ultrasymmetric_apply(B, &brackets, L, image);
    centre_both(B, image, centred);
    double a = T->u * (B - 2), b = T->w - T->v * (B - 2), size = error / DBL_EPSILON;
    check_zero(claim, "image, corrected", measured(fabs(a - image[0]) + fabs(b + image[2]), error, ROUNDING), size);
    check_zero(claim, "projected, corrected", measured((a + 2 * b) / B * (B - 2) - centred[0], 2 * error, ROUNDING),
               size);
    a = T->u * (B - 1);
    b = T->w - T->v * (B - 1);
    check_differs(claim, "image, printed", measured(a, error, ROUNDING), measured(image[0], error, ROUNDING));
    check_differs(claim, "projected, printed", measured((a + 2 * b) / B * (B - 2), 2 * error, ROUNDING),
                  measured(centred[0], 2 * error, ROUNDING));
    memory_free(L);
    memory_free(image);
    memory_free(centred);
}

static void at_batch_size(struct claim *claim, int B, const struct dos *T, struct stream *stream)
{
    double *d = memory_doubles((size_t)B), *S = memory_doubles((size_t)(B * B));

    claim_case(claim, "B = %d, u = %.3g, v = %.3g, w = %.3g", B, T->u, T->v, T->w);
    stream_normals(stream, (size_t)B, d);
    shape_diagonal(B, d, S);
    on_member(claim, B, T, S);
    shape_L(B, 0, B / 2, B - 2, 1, S);
    on_member(claim, B, T, S);
    if (B <= 8) {
        explicit_matrix(claim, B, T);
    }
    memory_free(d);
    memory_free(S);
}

static void lemma(struct claim *claim)
{
    static const int batches[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    struct dos chosen = {claim_real(claim, "u"), claim_real(claim, "v"), claim_real(claim, "w")};
    long samples = claim_integer(claim, "samples");

    claim_column(claim, "B", EXACT, "a grid");
    claim_column(claim, "lambda", RELATIVE(1e-12), "a closed form");
    claim_column(claim, "quotient", ABSOLUTE(1e-11), "sums over a matrix");
    for (int i = -1; i < (int)(sizeof batches / sizeof *batches); i++) {
        int B = i < 0 ? (int)claim_integer(claim, "B") : batches[i];
        struct stream stream = claim_stream(claim, (uint32_t)B, 0);

        at_batch_size(claim, B, &chosen, &stream);
        for (long k = 0; k < (B > 100 ? 1 : samples); k++) {
            double x[3];

            stream_normals(&stream, 3, x);
            at_batch_size(claim, B, &(struct dos){x[0], x[1], x[2]}, &stream);
            steps(claim, B, &(struct dos){x[0], x[1], x[2]});
        }
    }
    for (int B = 4; B <= 64; B++) {
        double *S = memory_doubles((size_t)(B * B));

        shape_L(B, 0, 1, B - 2, 1, S);
        claim_row(claim, NULL, B, printed(claim, B, &chosen).x, rayleigh(B, &chosen, S).x);
        memory_free(S);
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
                           real("w", "of the operator drawn", 0.7, -100, 100),
                           integer_by_scale("samples", "random operators for each batch size up to 100", 10, 50, 500, 1,
                                            10000)},
            .faults = {{"one_sample_more", "B - 1 in place of B - 2", "eigenvalue matrix"},
                       {"one_diagonal", "u - v in place of u - 2 v", "eigenvalue matrix"}},
            .errata = {{"Y6", "Proof: $G^{\\otimes2}\\circ T\\{L_B(B-2,1)\\}=G^{\\otimes2}\\{L_B(u(B-1),w-v(B-1))\\}$.",
                        "$G^{\\otimes2}\\circ T\\{L_B(B-2,1)\\}=G^{\\otimes2}\\{L_B(u(B-2),w-v(B-2))\\}$.", "*printed",
                        "*corrected", "None: the lemma's eigenvalue is that of the corrected step.",
                        "The upper left entry of $L_B(B-2,1)$ is $B-2$, and $T$ multiplies diagonal entries by $u$."}},
            .run = lemma,
        }));
}
