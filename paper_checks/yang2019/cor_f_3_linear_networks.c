/* # Corollary F.3: linear networks with batch normalisation make what is left of a batch white
 *
 * Yang et al. (2019), appendix F.1, corollary F.3, equation 43 with $\phi=\mathrm{id}$. If $G\Sigma^0G=\hat eD\hat e^T$ has rank $C<B$, with the columns of $\hat e\in\mathbb R^{B\times C}$ orthonormal,
 *
 * $$\Sigma^l=B\,\mathrm E\Big[\frac{Gh}{\|Gh\|}\frac{(Gh)^T}{\|Gh\|}\Big]_{h\sim\mathcal N(0,\Sigma^{l-1})}\longrightarrow\frac BC\,\hat e\hat e^T,$$
 *
 * the gap $\lambda_1-\lambda_C$ shrinks at every step, and at last by $1-\frac2{C+2}$. At full rank $C=B-1$ that is $\frac{B-1}{B+1}$.
 *
 * **Checked.** The map, by Laplace's method and by Fourier's, from random $\Sigma^0$ of every rank and with a large common part: the limit, that rank and range are kept, that the
 * gap shrinks, and the last ratio of gaps. The rate at full rank against the forward eigenvalues $\lambda_L$ and $\lambda_M$ of the fixed point by quadrature over the sphere.
 * **Tolerance.** Each step states its error. The last ratio is off by a multiple of the gap, and the limit by the gap.
 * **Could miss.** Nothing at infinite width.
 * **Found.** Holds as printed. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/meanfield/batchnorm_map.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/ultrasymmetric.h>
#include <assay/random/wishart.h>
#include <math.h>
#include <string.h>

static double limit_rate(struct claim *claim, int C)
{
    return 1 - 2.0 / (claim_fault(claim, "C_plus_1") ? C + 1 : C + 2);
}

/* ## A start of rank C, its range, and the claimed limit */
struct start {
    int B, C;
    double *S, *projector; // B x B
};

static struct start start_of(struct claim *claim, int B, int C, uint32_t number)
{
    size_t n = (size_t)(B * B);
    struct start start = {B, C, memory_doubles(n), memory_doubles(n)};
    double *centred = memory_doubles(2 * n + (size_t)B), *q = centred + n, *lambda = q + n;
    struct stream stream = claim_stream(claim, (uint32_t)B, number);

    wishart(&stream, B, C, start.S);
    for (size_t k = 0; k < n; k++) {
        start.S[k] += 5;
    }
    centre_both(B, start.S, centred);
    claim_need(claim, linear_symmetric_eigen(B, centred, lambda, q));
    for (int j = B - C; j < B; j++) {
        for (int i = 0; i < B; i++) {
            linear_axpy(B, q[j * B + i], q + j * B, start.projector + i * B);
        }
    }
    memory_free(centred);
    return start;
}

static void start_free(struct start *start)
{
    memory_free(start->S);
    memory_free(start->projector);
}

/* The largest and the least eigenvalue that are not 0 by construction, and the largest of the others. */
struct extremes {
    double most, least, beyond;
};

static struct extremes extremes_of(struct claim *claim, const struct start *start, const double S[])
{
    double *lambda = memory_doubles((size_t)start->B);

    claim_need(claim, linear_symmetric_eigen(start->B, S, lambda, NULL));
    struct extremes e = {lambda[start->B - 1], lambda[start->B - start->C], fabs(lambda[start->B - start->C - 1])};
    memory_free(lambda);
    return e;
}

/* ## The dynamics */
typedef enum status map_of_identity(int B, const double S[], double V[], double error[]);

static enum status by_laplace(int B, const double S[], double V[], double error[])
{
    return batchnorm_map_laplace(&(struct homogeneous){1, 1, 1}, B, S, V, error);
}

static void iterate(struct claim *claim, const char *route, map_of_identity *map, const struct start *start,
                    bool tabulate)
{
    int B = start->B, C = start->C;
    size_t n = (size_t)(B * B);
    double *S = memory_copy(n, start->S), *error = memory_doubles(n), gap = INFINITY, ratio = 0, bound = 0;
    struct extremes e = {0, 0, 0};
    char label[32];

    snprintf(label, sizeof label, "C = %d", C);
    for (int l = 0; l < 200 && gap > 1e-6; l++) {
        double before = gap;

        claim_need(claim, map(B, S, S, error));
        e = extremes_of(claim, start, S);
        gap = e.most - e.least;
        ratio = gap / before;
        bound = 0;
        for (size_t k = 0; k < n; k++) {
            bound += error[k];
        }
        claim_case(claim, "%s, B = %d, C = %d, step %d", route, B, C, l + 1);
        if (l > 0) {
            check_at_most(claim, "shrinks", measured(ratio, 2 * bound / gap, ROUNDING), exact(1));
        }
        check_zero(claim, "rank", measured(e.beyond, bound + 1e-13 * B, ROUNDING), 1);
        if (tabulate && gap > 1e-6) {
            claim_row(claim, label, l + 1, gap / B);
        }
    }
    claim_case(claim, "%s, B = %d, C = %d", route, B, C);
    for (size_t k = 0; k < n; k++) {
        double claimed = start->projector[k] * B / (claim_fault(claim, "over_B") ? B : C);

        check_zero(claim, "limit", measured(S[k] - claimed, 2 * gap + bound + 1e-12 * B, FINITE_SIZE), 1);
    }
    if (C > 1) {
        check_rate(claim, "rate", exact(limit_rate(claim, C)),
                   value_with(measured(ratio, 4 * gap, FINITE_SIZE), 4 * bound / gap, ROUNDING));
    }
    memory_free(S);
    memory_free(error);
}

static void from_every_rank(struct claim *claim, int B, bool tabulate)
{
    for (int C = 1; C < B; C = C < B - 1 && C + 1 + C / 6 > B - 1 ? B - 1 : C + 1 + C / 6) {
        struct start start = start_of(claim, B, C, (uint32_t)C);

        iterate(claim, "Laplace", by_laplace, &start, tabulate);
        if (B <= 8 && (C % 3 == 1 || C == B - 1)) {
            iterate(claim, "Fourier", batchnorm_map_fourier_identity, &start, false);
        }
        start_free(&start);
    }
}

/* ## At full rank: the fixed point's forward eigenvalues */
static void against_spectrum(struct claim *claim, int B)
{
    struct activation id;
    struct batchnorm_state state;

    claim_need(claim, activation_find("id", &id));
    struct response response = response_of(&id);
    claim_need(claim, batchnorm_state_sphere(&response, B, &state));
    claim_case(claim, "B = %d", B);
    check_equal(claim, "lambda_L", exact(limit_rate(claim, B - 1)), state.forward.L);
    check_equal(claim, "lambda_M", exact(limit_rate(claim, B - 1)), state.forward.M);
}

static void linear_networks(struct claim *claim)
{
    static const int sizes[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    int B = (int)claim_integer(claim, "B");

    claim_labels(claim, "rank");
    claim_column(claim, "layer", EXACT, "a number");
    claim_column(claim, "gap", RELATIVE(1e-5), "a difference of eigenvalues, small at the end");
    from_every_rank(claim, B, true);
    from_every_rank(claim, 4, false);
    from_every_rank(claim, 5, false);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        against_spectrum(claim, sizes[i]);
    }
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {integer("B", "batch size", 8, 2, 32)},
                          .faults = {{"C_plus_1", "1 - 2/(C+1) in place of 1 - 2/(C+2)", "rate lambda*"},
                                     {"over_B", "the limit as if the rank were B", "limit"}},
                          .run = linear_networks,
                      }));
}
