/* # Corollary K.3: a main block and a constant rest
 *
 * Yang et al. (2019), appendix K. $\Sigma=\mathrm{BSB2}^{B'}_B(d,f,c,b)$ has $d$ and $f$ on and off the diagonal of a main block of $B'\ge2$ samples, $b$ in every entry of the block of the
 * $B-B'$ others, and $c$ between. Centred, it has the eigenvalues $d-f$ on vectors of the main block that sum to zero,
 *
 * $$\frac{(d-f)(B-B')+B'(B-B')(f+b-2c)}B\quad\text{on }q=\big(\tfrac1{B'},\dots,\tfrac1{B'},\tfrac{-1}{B-B'},\dots\big),$$
 *
 * and $0$ on a space of dimension $B-B'$.
 *
 * **Checked.** Rank and eigenvalues by LAPACK to $B=100$; each space by the action of the centred matrix on random members to $B=1000$.
 * **Corrected.** The null space is printed as $\{(-\mu,\dots,-\mu,y_1,\dots,y_{B-B'}):\mu=\operatorname{mean}y\}$. It is that with $+\mu$: only then are the vectors
 * orthogonal to $q$. The minus stands in the text before both $\mu$ shown, so it is in print.
 * **Tolerance.** Roundings of the terms; LAPACK: some $B$ roundings of the norm.
 * **Could miss.** Nothing.
 * **Found.** Holds but for that sign. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/ultrasymmetric.h>
#include <float.h>
#include <math.h>

struct block {
    int B, main; // main is B'
    double d, f, c, b;
};

static void centred(const struct block *s, double out[])
{
    double *S = memory_doubles((size_t)(s->B * s->B));

    for (int i = 0; i < s->B; i++) {
        for (int j = 0; j < s->B; j++) {
            int inside = (i < s->main) + (j < s->main);

            S[i * s->B + j] = inside == 2 ? (i == j ? s->d : s->f) : inside == 1 ? s->c : s->b;
        }
    }
    centre_both(s->B, S, out);
    memory_free(S);
}

static double size_of(const struct block *s)
{
    return fabs(s->d) + s->B * (fabs(s->f) + fabs(s->c) + fabs(s->b));
}

/* ## As printed */
static double on_q(struct claim *claim, const struct block *s)
{
    double others = s->B - s->main, whole = claim_fault(claim, "over_main_block") ? s->main : s->B;

    return ((s->d - s->f) * others + s->main * others * (s->f + s->b - 2 * s->c)) / whole;
}

/* ## By LAPACK
 * How many eigenvalues lie at each of the three numbers. */
static void by_lapack(struct claim *claim, const struct block *s)
{
    static const char *const names[3] = {"main block, multiplicity", "q, multiplicity", "null space, multiplicity"};
    int counts[3] = {s->main - 1, 1, claim_fault(claim, "one_more") ? s->B - s->main + 1 : s->B - s->main};
    double at[3] = {s->d - s->f, on_q(claim, s), 0};
    double *G = memory_doubles((size_t)(s->B * s->B)), *eigenvalue = memory_doubles((size_t)s->B);
    double rounding = s->B * DBL_EPSILON * size_of(s);

    centred(s, G);
    claim_need(claim, linear_symmetric_eigen(s->B, G, eigenvalue, NULL));
    for (int space = 0; space < 3; space++) {
        int near = 0;

        for (int k = 0; k < s->B; k++) {
            near += fabs(eigenvalue[k] - at[space]) <= rounding;
        }
        check_equal(claim, names[space], exact(counts[space]), exact(near));
    }
    memory_free(G);
    memory_free(eigenvalue);
}

/* ## By members */
static struct value residual(const struct block *s, const double G[], double lambda, const double x[])
{
    double *out = memory_doubles((size_t)s->B);

    linear_multiply(false, false, s->B, 1, s->B, 1, G, x, 0, out);
    linear_axpy(s->B, -lambda, x, out);
    struct value miss =
        measured(linear_norm(s->B, out) / linear_norm(s->B, x), 8 * sqrt(s->B) * DBL_EPSILON * size_of(s), ROUNDING);
    memory_free(out);
    return miss;
}

/* The constant that the others' mean forces on the main block, with the sign given. */
static void null_vector(const struct block *s, double sign, struct stream *stream, double x[])
{
    int others = s->B - s->main;
    double mean = 0;

    stream_normals(stream, (size_t)others, x + s->main);
    x[s->main] += 1; // no mean near zero
    for (int i = s->main; i < s->B; i++) {
        mean += x[i] / others;
    }
    for (int i = 0; i < s->main; i++) {
        x[i] = sign * mean;
    }
}

static void by_members(struct claim *claim, const struct block *s, struct stream *stream)
{
    double *G = memory_doubles((size_t)(s->B * s->B)), *x = memory_doubles((size_t)s->B), mean = 0;

    centred(s, G);
    stream_normals(stream, (size_t)s->main, x);
    for (int i = 0; i < s->main; i++) {
        mean += x[i] / s->main;
    }
    for (int i = 0; i < s->main; i++) {
        x[i] -= mean;
    }
    check_zero(claim, "main block", residual(s, G, claim_fault(claim, "less_cross") ? s->d - s->c : s->d - s->f, x),
               size_of(s));
    for (int i = 0; i < s->B; i++) {
        x[i] = i < s->main ? 1.0 / s->main : -1.0 / (s->B - s->main);
    }
    check_zero(claim, "q", residual(s, G, on_q(claim, s), x), size_of(s));
    null_vector(s, 1, stream, x);
    check_zero(claim, "null space, corrected", residual(s, G, 0, x), size_of(s));
    null_vector(s, -1, stream, x);
    check_differs(claim, "null space, printed", exact(0), residual(s, G, 0, x));
    memory_free(G);
    memory_free(x);
}

/* ## The figure: which constant on the main block is in the null space */
static void tabulate(struct claim *claim, int B, int main)
{
    struct block s = {B, main, 2, 0.5, -0.1, 0.3};
    double *G = memory_doubles((size_t)(B * B)), *x = memory_doubles((size_t)B);

    centred(&s, G);
    for (int k = -8; k <= 8; k++) {
        for (int i = 0; i < B; i++) {
            x[i] = i < main ? k / 4.0 : 1;
        }
        claim_row(claim, NULL, k / 4.0, residual(&s, G, 0, x).x);
    }
    memory_free(G);
    memory_free(x);
}

static void corollary(struct claim *claim)
{
    static const int batches[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    int chosen = (int)claim_integer(claim, "B"), main = (int)claim_integer(claim, "main");

    main = main == 0 ? chosen / 2 : main;
    if (main < 2 || main >= chosen) {
        claim_refuse(claim, "main = %d: the main block has from 2 to B - 1 = %d samples", main, chosen - 1);
    }
    claim_column(claim, "constant", EXACT, "a grid");
    claim_column(claim, "residual", ABSOLUTE(1e-13), "sums over a matrix");
    for (int i = -1; i < (int)(sizeof batches / sizeof *batches); i++) {
        int B = i < 0 ? chosen : batches[i];
        struct stream stream = claim_stream(claim, (uint32_t)B, 0);

        for (long k = 0; k < (B > 100 ? 1 : claim_integer(claim, "samples")); k++) {
            double x[4];

            stream_normals(&stream, 4, x);
            struct block s = {B,   i < 0 ? main : 2 + (int)stream_below(&stream, (uint64_t)(B - 2)), x[0], x[1], x[2],
                              x[3]};
            claim_case(claim, "B = %d, B' = %d, matrix %ld", B, s.main, k);
            if (B <= 100) {
                by_lapack(claim, &s);
            }
            by_members(claim, &s, &stream);
        }
    }
    tabulate(claim, chosen, main);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters =
                {integer("B", "one more batch size to check; drawn", 12, 4, 1000),
                 integer("main", "size B' of its main block, at least 2; 0 stands for half of the batch", 0, 0, 999),
                 integer_by_scale("samples", "random matrices for each batch size up to 100", 4, 20, 200, 1, 10000)},
            .faults = {{"over_main_block", "B' in place of B in the denominator", "q q,*"},
                       {"one_more", "dimension B - B' + 1 for the null space", "null?space,?mult*"},
                       {"less_cross", "d - c in place of d - f", "main?block"}},
            .errata =
                {{"Y4",
                  "The null space is $\\{(-\\mu,\\dots,-\\mu,y_1,\\dots,y_{B-B'}):\\mu=\\frac1{B-B'}\\sum_jy_j\\}$.",
                  "$\\{(\\mu,\\dots,\\mu,y_1,\\dots,y_{B-B'}):\\mu=\\frac1{B-B'}\\sum_jy_j\\}$", "null?space,?printed",
                  "null?space,?corrected null?space,?mult*", "None: the null space is not used further.",
                  "$y=(1,\\dots,1)$, $\\mu=1$: the constant vector is in the null space of every centred matrix, "
                  "$(-1,\\dots,-1,1,\\dots,1)$ is not."}},
            .run = corollary,
        }));
}
