/* # Theorem F.2: normalised Gaussians of rank $C$ become white on their range, at the rate $1-\frac2{C+2}$
 *
 * Yang et al. (2019), appendix F.1, theorem F.2. For $\Sigma^l=\mathrm E\,(h/\|h\|)(h/\|h\|)^T$, $h\sim\mathcal N(0,\Sigma^{l-1})$ of dimension $A$, and $\Sigma^0=M^TDM$ with $M$ orthogonal and $D$
 * diagonal of rank $C$,
 *
 * $$\Sigma^l\longrightarrow\frac1CM^TD'M,\qquad D'_{ii}=[D_{ii}\ne0];$$
 *
 * from the second step on the gap $\lambda_1-\lambda_C$ shrinks, by a factor below a constant $K<1$, and at last by $1-\frac2{C+2}$.
 *
 * **Checked.** One step against samples. The dynamics from random $\Sigma^0$ of every rank from 1 to $A$: limit, rank, every step's factor and the last one. The map is that of batch
 * normalisation with id for a batch of $A+1$, in a basis of the centred batch: Laplace's method on the whole matrix, which is told neither rank nor eigenvectors. Near a start of
 * lower rank: with $\lambda_C=10^{-6}$ the gap falls slowly until $\lambda_C$ has grown, and then at the same rate.
 * **Tolerance.** Each step states its error; the last factor is off by a multiple of the gap, the limit by the gap; samples have a standard error.
 * **Could miss.** Nothing.
 * **Found.** Holds as printed. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm_map.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/sphere.h>
#include <assay/random/haar.h>
#include <math.h>

enum { MOST = 32 };

/* ## The map
 * $e$ maps $\mathbb R^A$ to the centred batches of $A+1$, an isometry: $V(\Sigma)=e^TV_{\mathrm{id}}(e\Sigma e^T)e/(A+1)$. */
static double step(struct claim *claim, int A, double S[])
{
    int B = A + 1;
    size_t n = (size_t)(B * B);
    double *e = memory_doubles(5 * n), *half = e + n, *full = e + 2 * n, *V = e + 3 * n, *error = e + 4 * n, bound = 0;

    sphere_basis(B, e);
    linear_multiply(false, false, B, A, A, 1, e, S, 0, half);
    linear_multiply(false, true, B, B, A, 1, half, e, 0, full);
    claim_need(claim, batchnorm_map_laplace(&(struct homogeneous){1, 1, 1}, B, full, V, error));
    linear_multiply(false, false, B, A, B, 1.0 / B, V, e, 0, half);
    linear_multiply(true, false, A, A, B, 1, e, half, 0, S);
    for (size_t k = 0; k < n; k++) {
        bound += error[k] / B;
    }
    memory_free(e);
    return bound;
}

/* ## A start: $M$ Haar, $D$ random but for its last entry */
struct start {
    int A, C;
    double S[MOST * MOST], limit[MOST * MOST];
};

static void add_square(int A, double factor, const double row[], double S[])
{
    for (int i = 0; i < A; i++) {
        linear_axpy(A, factor * row[i], row, S + i * A);
    }
}

static void start_at(struct claim *claim, int A, int C, double last, struct start *start)
{
    struct stream stream = claim_stream(claim, (uint32_t)A, (uint32_t)C);
    double *M = memory_doubles((size_t)(A * A));

    *start = (struct start){.A = A, .C = C};
    claim_need(claim, haar_orthogonal(&stream, A, M));
    for (int c = 0; c < C; c++) {
        double d = c == C - 1 && last > 0 ? last : 0.1 + stream_uniform(&stream);

        add_square(A, d, M + c * A, start->S);
        add_square(A, 1.0 / (claim_fault(claim, "over_A") ? A : C), M + c * A, start->limit);
    }
    memory_free(M);
}

/* ## The dynamics */
static void iterate(struct claim *claim, int A, int C, double last, bool tabulate)
{
    struct start start;
    double lambda[MOST], gap = INFINITY, ratio = 0, bound = 0;
    char label[32];

    start_at(claim, A, C, last, &start);
    snprintf(label, sizeof label, last > 0 ? "C = %d, near" : "C = %d", C);
    for (int l = 0; l < 400 && gap > 1e-6; l++) {
        double before = gap;

        bound = step(claim, A, start.S);
        claim_need(claim, linear_symmetric_eigen(A, start.S, lambda, NULL));
        gap = lambda[A - 1] - lambda[A - C];
        ratio = gap / before;
        claim_case(claim, "A = %d, C = %d, step %d%s", A, C, l + 1, last > 0 ? ", lambda_C small" : "");
        if (l > 0 && C > 1) {
            check_at_most(claim, "shrinks", measured(ratio, 2 * bound / gap, ROUNDING), exact(1));
        }
        if (C < A) {
            check_zero(claim, "rank", measured(lambda[A - C - 1], bound + 1e-14 * A, ROUNDING), 1.0 / C);
        }
        if (tabulate && gap > 1e-6 && l < 60) {
            claim_row(claim, label, l + 1, gap, l > 0 ? ratio : NAN);
        }
    }
    claim_case(claim, "A = %d, C = %d%s", A, C, last > 0 ? ", lambda_C small" : "");
    for (int k = 0; k < A * A; k++) {
        check_zero(claim, "limit", measured(start.S[k] - start.limit[k], 2 * gap + bound + 1e-14 * A, FINITE_SIZE),
                   1.0 / C);
    }
    if (C > 1) {
        check_rate(claim, "rate", exact(1 - 2.0 / (claim_fault(claim, "C_plus_1") ? C + 1 : C + 2)),
                   value_with(measured(ratio, 4 * C * gap, FINITE_SIZE), 4 * bound / gap, ROUNDING));
    }
}

/* ## One step by its definition */
struct source {
    int A, C;
    const double *root; // A x C
};

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct source *s = context;
    double x[MOST], h[MOST];

    (void)sample;
    stream_normals(stream, (size_t)s->C, x);
    linear_multiply(false, false, s->A, 1, s->C, 1, s->root, x, 0, h);
    double square = linear_dot(s->A, h, h);
    out[0] = h[0] * h[0] / square;
    out[1] = h[0] * h[1] / square;
    out[2] = h[s->A - 1] * h[s->A - 1] / square;
    return STATUS_OK;
}

static void one_step(struct claim *claim, int A, int C)
{
    struct start start;
    struct moments mean[3];
    double lambda[MOST], *q = memory_doubles((size_t)(2 * A * A)), *root = q + A * A;

    start_at(claim, A, C, 0, &start);
    claim_need(claim, linear_symmetric_eigen(A, start.S, lambda, q));
    for (int i = 0; i < A; i++) {
        for (int c = 0; c < C; c++) {
            root[i * C + c] = sqrt(lambda[A - C + c]) * q[(A - C + c) * A + i];
        }
    }
    struct ensemble ensemble = claim_ensemble(claim, (uint32_t)(1000 + C), (size_t)claim_integer(claim, "samples"), 3,
                                              draw, &(struct source){A, C, root});
    claim_need(claim, ensemble_moments(&ensemble, mean));
    double bound = step(claim, A, start.S);
    claim_case(claim, "A = %d, C = %d", A, C);
    for (int k = 0; k < 3; k++) {
        double entry = start.S[k == 2 ? A * A - 1 : k];

        check_equal(claim, "one step", measured(entry, bound, QUADRATURE), moments_estimate(mean[k]));
    }
    memory_free(q);
}

static void rank_deficient(struct claim *claim)
{
    int A = (int)claim_integer(claim, "A");

    claim_labels(claim, "rank");
    claim_column(claim, "step", EXACT, "a number");
    claim_column(claim, "gap", RELATIVE(1e-5), "a difference of eigenvalues, small at the end");
    claim_column(claim, "ratio", (struct tolerance){TOLERANCE_RELATIVE, 1e-5, true}, "of two small gaps");
    for (int C = 1; C <= A; C = C < A && C + 1 + C / 6 > A ? A : C + 1 + C / 6) {
        iterate(claim, A, C, 0, true);
        one_step(claim, A, C);
    }
    iterate(claim, A, A, 1e-6, true);
    iterate(claim, A, (A + 1) / 2 + 1, 1e-6, false);
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {integer("A", "dimension", 7, 3, 30),
                                         integer_by_scale("samples", "samples of one step", 10000, 100000, 10000000,
                                                          1000, 1000000000)},
                          .faults = {{"C_plus_1", "1 - 2/(C+1) in place of 1 - 2/(C+2)", "rate"},
                                     {"over_A", "the limit as if the rank were full", "limit"}},
                          .run = rank_deficient,
                      }));
}
