/* # Lemma E.69: the eigenmatrices of a DOS operator with one diagonal and one off-diagonal entry
 *
 * Yang et al. (2019), appendix E.5, lemma E.69. For $T=\mathrm{DOS}_B(u,v,w)$
 *
 * $$T\{\mathrm{BSB1}_B(u-w,2v)\}=u\,\mathrm{BSB1}_B(u-w,2v),\qquad T\{\mathrm{BSB1}_B(0,1)\}=w\,\mathrm{BSB1}_B(0,1).$$
 *
 * **Checked.** Both for random $u$, $v$, $w$, $B$ to 1000: the residual of each eigenmatrix under the operator's definition. That these are all of that shape: the
 * eigenvalues of the $2\times2$ matrix $(a,b)\mapsto(ua,wb+2va)$, read off the images of two matrices, by LAPACK.
 * **Corrected.** The lemma's first sentence calls $\mathrm{BSB1}_B(w-u,wv)$ an eigenvector; the display below it has $\mathrm{BSB1}_B(u-w,2v)$, and so has the proof. Only
 * the latter is one: $wv$ should be $-2v$ (or the sign of the first entry turned and $2v$). The two forms stand two lines apart, so one of them is wrong in print.
 * **Tolerance.** Roundings of the terms summed; LAPACK's condition number.
 * **Could miss.** Nothing.
 * **Found.** The displayed equations hold. The sentence holds only for $w=-2$, $v=0$ or $u=w$. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/ultrasymmetric.h>
#include <float.h>
#include <math.h>

struct dos {
    double u, v, w;
};

static double size_of(const struct dos *T)
{
    return fabs(T->u) + 2 * fabs(T->v) + fabs(T->w);
}

/* ## The residual of $\mathrm{BSB1}(a,b)$ as eigenmatrix for $\lambda$ */
static struct value residual(int B, const struct dos *T, double a, double b, double lambda)
{
    double *S = memory_doubles((size_t)(B * B));
    struct brackets brackets = ultrasymmetric_dos(exact(T->u), exact(T->v), exact(T->w));

    shape_bsb1(B, a, b, S);
    struct value miss = ultrasymmetric_residual(B, &brackets, false, lambda, S);
    memory_free(S);
    return miss;
}

/* The least residual over all numbers: the part of the image that is orthogonal to the matrix. */
static struct value least_residual(int B, const struct dos *T, double a, double b)
{
    double image_a = T->u * a, image_b = T->w * b + 2 * T->v * a, count = B * (B - 1.0),
           norm2 = B * a * a + count * b * b;

    return residual(B, T, a, b, (B * a * image_a + count * b * image_b) / norm2);
}

static void eigenmatrices(struct claim *claim, int B, const struct dos *T)
{
    double off = claim_fault(claim, "once") ? T->v : 2 * T->v, size = size_of(T),
           turned = claim_fault(claim, "sign_turned") ? -1 : 1;

    check_zero(claim, "u", residual(B, T, turned * (T->u - T->w), off, T->u), size);
    check_zero(claim, "w", residual(B, T, claim_fault(claim, "with_diagonal") ? 1 : 0, 1, T->w), size);
    check_differs(claim, "headline", exact(0), least_residual(B, T, T->w - T->u, T->w * T->v));
}

/* ## All of them */
static void complete(struct claim *claim, int B, const struct dos *T)
{
    double *S = memory_doubles((size_t)(B * B)), *image = memory_doubles((size_t)(B * B)), m[4], re[2], im[2], error[2];
    struct brackets brackets = ultrasymmetric_dos(exact(T->u), exact(T->v), exact(T->w));

    for (int k = 0; k < 2; k++) {
        shape_bsb1(B, k == 0, k == 1, S);
        ultrasymmetric_apply(B, &brackets, S, image);
        m[k] = image[0];
        m[2 + k] = image[1];
    }
    claim_need(claim, linear_general_eigen(2, m, re, im, error));
    check_equal(claim, "spectrum", exact(fmin(T->u, T->w)), measured(re[0], error[0], ROUNDING));
    check_equal(claim, "spectrum", exact(fmax(T->u, T->w)), measured(re[1], error[1], ROUNDING));
    memory_free(S);
    memory_free(image);
}

static void lemma(struct claim *claim)
{
    static const int batches[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    struct dos chosen = {claim_real(claim, "u"), claim_real(claim, "v"), claim_real(claim, "w")};
    int chosen_B = (int)claim_integer(claim, "B");
    long samples = claim_integer(claim, "samples");

    if (fabs(chosen.u - chosen.w) < 1e-3) {
        claim_refuse(claim, "u = w: BSB1(u - w, 2v) is then BSB1(0, 1) or nothing");
    }
    claim_column(claim, "angle", EXACT, "a grid");
    claim_column(claim, "residual", ABSOLUTE(1e-13), "sums over a matrix");
    for (int i = -1; i < (int)(sizeof batches / sizeof *batches); i++) {
        int B = i < 0 ? chosen_B : batches[i];

        for (long k = 0; k < (B > 100 ? 1 : samples); k++) {
            struct stream stream = claim_stream(claim, (uint32_t)B, (uint32_t)k);
            double x[3];

            stream_normals(&stream, 3, x);
            struct dos T = {x[0], x[1], x[2]};
            claim_case(claim, "B = %d, u = %.3g, v = %.3g, w = %.3g", B, T.u, T.v, T.w);
            eigenmatrices(claim, B, &T);
            complete(claim, B, &T);
        }
    }
    for (int degree = -90; degree < 90; degree++) {
        double angle = degree * M_PI / 180;

        claim_row(claim, NULL, degree, least_residual(chosen_B, &chosen, cos(angle), sin(angle)).x);
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
            .faults = {{"once", "v in place of 2 v", "u"},
                       {"sign_turned", "w - u in place of u - w", "u"},
                       {"with_diagonal", "BSB1(1, 1) in place of BSB1(0, 1)", "w"}},
            .errata = {{"Y3", "$\\mathrm{BSB1}_B(w-u,wv)$ and $\\mathrm{BSB1}_B(0,1)$ are eigenvectors of $T$.",
                        "$\\mathrm{BSB1}_B(u-w,2v)$ and $\\mathrm{BSB1}_B(0,1)$ are, as the display below that "
                        "sentence has it.",
                        "headline", "u w", "None: the display is what is used.",
                        "$u=1$, $v=1$, $w=0$: $T$ takes $(a,b)$ to $(a,2a)$. $(w-u,wv)=(-1,0)$ goes to $(-1,-2)$; "
                        "$(u-w,2v)=(1,2)$ stays."}},
            .run = lemma,
        }));
}
