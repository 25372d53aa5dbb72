/* # Figure 1c: powers of relu above a critical one break the symmetry of the batch
 *
 * Yang et al. (2019), figure 1c. In deep networks with batch normalisation and $\phi=\mathrm{relu}^\alpha$ the covariance of a batch is symmetric under permutations of the samples for
 * small $\alpha$ (BSB1). Above a critical power one or a few samples win (BSB2): the variance of the diagonal entries jumps, and that of the off-diagonal ones. The figure
 * shows both against $\alpha$; its batch size is taken to be the ten samples of figure 1d.
 *
 * **Checked.** Where the jump should be: the symmetric fixed point loses its stability where $\lambda_L^\uparrow(\alpha,B)=1$. That $\alpha$, from the closed form of
 * theorem F.33, is put into two-angle quadrature, which must give 1. Where the jump is, in networks: below the transition the variance is noise of finite width and
 * falls like $1/N$; above, it stays. Networks of width $N/4$ and $N$ tell the two apart, from a distance of a quarter on.
 * Transitions of other batch sizes: each with its own quadrature, falling with $B$; none at $B=4$, where $\lambda_L^\uparrow<1$ to $\alpha=60$.
 * **Tolerance.** Quadrature and the root state their errors. Means over networks have a standard error, widened for their number.
 * **Could miss.** A transition of networks within a tenth or so of the predicted one: at width 1000 it is smeared, as in the paper. A jump from
 * another, distant fixed point: starts are random batches.
 * **Found.** Holds. At $B=10$ the transition is at $\alpha=1.4007$; already relu squared breaks the symmetry of all batches of 7 and more. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/network/batchnorm_network.h>
#include <assay/numerics/linear.h>
#include <math.h>

enum { LARGEST = 32 };

/* ## Networks
 * A random batch (Gram matrix of Gaussian inputs of dimension $2B$) goes through all layers. Outputs: the variance of the diagonal and of the off-diagonal entries of the
 * last covariance. */
struct spread {
    double diagonal, off_diagonal;
};

static struct spread spread_of(int B, const double S[])
{
    struct moments on = moments_empty(), off = moments_empty();

    for (int i = 0; i < B; i++) {
        for (int j = 0; j <= i; j++) {
            moments_add(i == j ? &on : &off, S[i * B + j]);
        }
    }
    return (struct spread){on.deviations / on.count, off.deviations / off.count};
}

static enum status draw_network(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct batchnorm_network *network = context;
    int B = network->batch;
    double X[2 * LARGEST * LARGEST], S[LARGEST * LARGEST];
    struct batchnorm_record record;
    enum status status = batchnorm_record_new(&record, network);

    (void)sample;
    stream_normals(stream, (size_t)(2 * B * B), X);
    linear_gram(B, 2 * B, X, S);
    if (status == STATUS_OK) {
        status = batchnorm_network_forward(network, S, *stream, &record);
    }
    struct spread spread =
        status == STATUS_OK ? spread_of(B, batchnorm_record_forward(&record, network->depth)) : (struct spread){0, 0};
    out[0] = spread.diagonal;
    out[1] = spread.off_diagonal;
    batchnorm_record_free(&record);
    return status;
}

static void sample_networks(struct claim *claim, double alpha, int width, uint32_t stream, struct value spread[2])
{
    char name[32];
    struct batchnorm_network network;
    struct moments moments[2];

    snprintf(name, sizeof name, "relu^%.6g", alpha);
    claim_need(claim, batchnorm_network_of(name, (int)claim_integer(claim, "L"), width, (int)claim_integer(claim, "B"),
                                           &network));
    struct ensemble ensemble =
        claim_ensemble(claim, stream, (size_t)claim_integer(claim, "networks"), 2, draw_network, &network);
    claim_need(claim, ensemble_moments(&ensemble, moments));
    spread[0] = moments_estimate(moments[0]);
    spread[1] = moments_estimate(moments[1]);
}

/* ## What theory says */
static double forward_L(struct claim *claim, double alpha, int B)
{
    struct batchnorm_state state;

    claim_need(claim, batchnorm_state_closed(&(struct homogeneous){alpha, 1, 0}, B, &state));
    return state.forward.L.x;
}

static double transition(struct claim *claim, int B)
{
    double alpha = claim_value(claim, batchnorm_transition(B)).x;

    return claim_fault(claim, "other_batch") ? claim_value(claim, batchnorm_transition(B + 1)).x : alpha;
}

static void by_quadrature(struct claim *claim, int B)
{
    struct homogeneous phi = {transition(claim, B), 1, 0};
    struct response response = {homogeneous_piecewise(&phi), homogeneous_slope_piecewise(&phi)};
    struct batchnorm_state state;

    claim_need(claim, batchnorm_state_sphere(&response, B, &state));
    claim_case(claim, "B = %d, alpha = %.4f", B, phi.alpha);
    check_equal(claim, "lambda_L at the transition", exact(1), value_with(state.forward.L, 1e-14, ROUNDING));
}

static void theory(struct claim *claim)
{
    double before = INFINITY;

    for (int B = 5; B <= 1000; B += 1 + B / 3) {
        double alpha = transition(claim, B);

        by_quadrature(claim, B);
        claim_case(claim, "B = %d", B);
        check_shape(claim, "falls with the batch", measured(isinf(before) ? 1 : before - alpha, 1e-12, ROUNDING), 1);
        before = alpha;
    }
    for (double alpha = 0.5; alpha <= 60; alpha *= 1.2) {
        claim_case(claim, "alpha = %.3g", alpha);
        check_at_most(claim, "never at B = 4",
                      rounded(forward_L(claim, alpha, claim_fault(claim, "five") ? 5 : 4), 200), exact(1));
    }
}

/* ## The figure */
static void compare(struct claim *claim, double alpha, double critical, int number)
{
    int width = (int)claim_integer(claim, "N");
    struct value narrow[2], wide[2];

    sample_networks(claim, alpha, width / 4, 2 * (uint32_t)number, narrow);
    sample_networks(claim, alpha, width, 2 * (uint32_t)number + 1, wide);
    claim_case(claim, "alpha = %.4g", alpha);
    if (alpha < critical - 0.25) {
        check_at_most(claim, "noise below, falls with the width", value_div(wide[0], narrow[0]), exact(0.5));
    }
    if (alpha > critical + 0.25) {
        check_at_least(claim, "order above, stays", value_div(wide[0], narrow[0]), exact(0.5));
    }
    claim_row(claim, NULL, alpha, BOTH(wide[0]), BOTH(wide[1]), BOTH(narrow[0]), BOTH(narrow[1]), critical);
}

static void draw_figure(struct claim *claim)
{
    static const char *const columns[] = {"diagonal", "off_diagonal", "diagonal_narrow", "off_diagonal_narrow"};
    int B = (int)claim_integer(claim, "B"), points = (int)claim_integer(claim, "points");
    double critical = transition(claim, B), from = claim_real(claim, "from"), to = claim_real(claim, "to");

    theory(claim);
    by_quadrature(claim, B);
    claim_column(claim, "alpha", EXACT, "a grid");
    for (int i = 0; i < 4; i++) {
        char error[32];

        snprintf(error, sizeof error, "%s_err", columns[i]);
        claim_column(claim, columns[i], SIGMAS(3),
                     "chaotic above the transition: another draw where BLAS rounds otherwise");
        claim_column(claim, error, RELATIVE(1), "a standard error of such a draw");
    }
    claim_column(claim, "transition", RELATIVE(1e-12), "a root of a closed form");
    for (int i = 0; i < points; i++) {
        compare(claim, from + (to - from) * i / (points - 1), claim_fault(claim, "later") ? critical + 3 : critical, i);
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("B", "batch size", 10, 5, LARGEST), real("from", "smallest power drawn", 1, 0.6, 6),
                           real("to", "largest power drawn", 3, 0.7, 8),
                           integer_by_scale("points", "powers drawn", 6, 17, 41, 2, 400),
                           integer_by_scale("N", "width of the networks; narrower ones have a quarter", 256, 1000, 4000,
                                            256, 100000),
                           integer_by_scale("L", "depth", 30, 40, 100, 10, 10000),
                           integer_by_scale("networks", "how many of each", 96, 32, 200, 16, 100000)},
            .faults = {{"other_batch", "the transition of a batch of one sample more", "lambda_L*"},
                       {"five", "B = 5 in place of 4", "never*"},
                       {"later", "a transition at a power larger by 3", "noise*"}},
            .run = draw_figure,
        }));
}
