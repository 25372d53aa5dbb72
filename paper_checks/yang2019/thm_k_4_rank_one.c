/* # Theorem K.4: with one sample alone the centred covariance has rank one
 *
 * Yang et al. (2019), appendix K.1. $\Sigma=\mathrm{BSB2}^1_B(d,c,b)$ has $d$ in the corner, $c$ on the rest of the first row and column, and $b$ in all other entries. Centred it is
 *
 * $$\Sigma^G=\lambda\,\hat q\hat q^T,\qquad\lambda=\frac{B-1}B(d-2c+b),\qquad\hat q=\sqrt{\frac{B-1}B}\Big(1,\frac{-1}{B-1},\dots,\frac{-1}{B-1}\Big).$$
 *
 * **Checked.** Singular values of the centred matrix by LAPACK to $B=100$: one, $|\lambda|$, and zeros. Every entry against $\lambda\hat q_i\hat q_j$, to $B=1000$. The length of $\hat q$.
 * **Tolerance.** Roundings of the terms.
 * **Could miss.** Nothing.
 * **Found.** Holds as printed. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/ultrasymmetric.h>
#include <float.h>
#include <math.h>

struct alone {
    double d, c, b;
};

static void centred(int B, const struct alone *s, double out[])
{
    double *S = memory_doubles((size_t)(B * B));

    for (int i = 0; i < B; i++) {
        for (int j = 0; j < B; j++) {
            S[i * B + j] = i == 0 && j == 0 ? s->d : i == 0 || j == 0 ? s->c : s->b;
        }
    }
    centre_both(B, S, out);
    memory_free(S);
}

/* ## As printed */
static struct value lambda_of(struct claim *claim, int B, const struct alone *s)
{
    double whole = claim_fault(claim, "factor_lost") ? B - 1 : B, cross = claim_fault(claim, "cross_once") ? 1 : 2;

    return measured((B - 1) * (s->d - cross * s->c + s->b) / whole,
                    4 * DBL_EPSILON * (fabs(s->d) + 2 * fabs(s->c) + fabs(s->b)), ROUNDING);
}

static double q(struct claim *claim, int B, int i)
{
    return sqrt((B - 1.0) / B) * (i == 0 ? 1 : -1.0 / (claim_fault(claim, "direction") ? B : B - 1));
}

/* ## Rank and entries */
static void rank_one(struct claim *claim, int B, const struct alone *s)
{
    double *G = memory_doubles((size_t)(B * B)), *singular = memory_doubles((size_t)B),
           size = fabs(s->d) + B * (fabs(s->c) + fabs(s->b));

    centred(B, s, G);
    claim_need(claim, linear_singular_values(B, B, G, singular));
    struct value lambda = lambda_of(claim, B, s), rounding = measured(0, 4 * B * DBL_EPSILON * size, ROUNDING);
    lambda.x = fabs(lambda.x);
    check_equal(claim, "first singular value", lambda, value_add(rounding, exact(singular[0])));
    check_zero(claim, "second singular value", value_add(rounding, exact(singular[1])), singular[0]);
    memory_free(G);
    memory_free(singular);
}

static void entries(struct claim *claim, int B, const struct alone *s)
{
    double *G = memory_doubles((size_t)(B * B)), size = fabs(s->d) + fabs(s->c) + fabs(s->b), worst = 0, length = 0;
    struct value lambda = lambda_of(claim, B, s);

    centred(B, s, G);
    for (int i = 0; i < B; i++) {
        for (int j = 0; j < B; j++) {
            worst = fmax(worst, fabs(G[i * B + j] - lambda.x * q(claim, B, i) * q(claim, B, j)));
        }
        length += q(claim, B, i) * q(claim, B, i);
    }
    check_zero(claim, "entries", measured(worst, 16 * DBL_EPSILON * size, ROUNDING), size);
    check_equal(claim, "length", exact(1), measured(length, B * DBL_EPSILON, ROUNDING));
    memory_free(G);
}

static void theorem(struct claim *claim)
{
    static const int batches[] = {3, 4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    int chosen = (int)claim_integer(claim, "B");

    claim_column(claim, "index", EXACT, "a number");
    claim_column(claim, "singular", ABSOLUTE(1e-12), "LAPACK");
    claim_column(claim, "lambda", ((struct tolerance){TOLERANCE_RELATIVE, 1e-13, true}),
                 "a closed form; one row has it");
    for (int i = -1; i < (int)(sizeof batches / sizeof *batches); i++) {
        int B = i < 0 ? chosen : batches[i];
        struct stream stream = claim_stream(claim, (uint32_t)B, 0);

        for (long k = 0; k < (B > 100 ? 2 : claim_integer(claim, "samples")); k++) {
            double x[3];

            stream_normals(&stream, 3, x);
            claim_case(claim, "B = %d, d = %.3g, c = %.3g, b = %.3g", B, x[0], x[1], x[2]);
            entries(claim, B, &(struct alone){x[0], x[1], x[2]});
            if (B <= 100) {
                rank_one(claim, B, &(struct alone){x[0], x[1], x[2]});
            }
        }
    }
    struct alone drawn = {2.5, -0.1, 0.3};
    int B = chosen > 100 ? 100 : chosen;
    double *G = memory_doubles((size_t)(B * B)), *singular = memory_doubles((size_t)B);
    centred(B, &drawn, G);
    claim_need(claim, linear_singular_values(B, B, G, singular));
    for (int k = 0; k < B; k++) {
        claim_row(claim, NULL, k + 1, fmax(singular[k], 1e-13), k == 0 ? lambda_of(claim, B, &drawn).x : NAN);
    }
    memory_free(G);
    memory_free(singular);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("B", "one more batch size to check; drawn if at most 100", 12, 3, 1000),
                           integer_by_scale("samples", "random matrices for each batch size up to 100", 10, 50, 500, 1,
                                            10000)},
            .faults = {{"factor_lost", "lambda without the factor (B - 1)/B", "first* entries"},
                       {"cross_once", "c in place of 2 c", "first* entries"},
                       {"direction", "-1/B in place of -1/(B - 1)", "entries length"}},
            .run = theorem,
        }));
}
