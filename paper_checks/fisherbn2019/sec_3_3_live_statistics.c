/* # Section 3.3: gradients through the batch statistics leave only the last layer's share
 *
 * Mean-Field Analysis of Batch Normalization (2019), section 3.3, claim 3.1, and appendix 6.1, equation (66). The backward recursions take the mean $\mu^l$ and deviation $s^l$ of a unit for constants. They depend on all
 * weights below, and training differentiates them: the loss of a batch-normalised network is a function of its weights alone.
 *
 * A gradient that has gone through the statistics of a layer has mean zero over the batch and no component along $u$. What is left of the mean gradient is a function of $u$ that a Gaussian unit cannot tell from noise, and every share $f_l$
 * but the last is lost, the shares of biases exactly:
 *
 * $$\bar\lambda_{\max}\to N_{L-1}\hat q_{xy}^{L-1}=\frac{N\gamma^2}{2\pi}\qquad\text{in place of}\qquad\sum_{l=2}^Lf_l.$$
 *
 * **Checked.** That derivatives through the statistics are what one gets by moving the weights and normalising again, and those without are not. The quadratic form at the constant vector in networks against the formula, for
 * several $\gamma$, with and without the offset of biases, $\beta$ and $\gamma$ next to the output; the shares of biases below; and that the largest eigenvalue, by Lanczos iteration without a matrix, is below the claimed bound. That the printed bound, and the one with corrected denominators (E2), are larger.
 * **Tolerance.** Finite differences of two steps; standard errors over networks. Three sizes of networks and batches take out what is linear in $1/N$ and $1/m$ and measure what is left.
 * **Could miss.** A percent.
 * **Found.** The recursions describe a network whose statistics are frozen, and then the bound holds with the corrected denominators. For the network that is trained it does not: at $\gamma=1$ the eigenvalue is 0.44 of the corrected
 * bound and 0.69 of the printed one, whose denominators happen to be too large. For small $\gamma$ the printed bound tends to the true value: two errors cancel. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/order_parameters.h>
#include <assay/network/fisher.h>
#include <assay/numerics/linear.h>
#include <math.h>
#include <string.h>

enum { GAMMAS = 5, SIZES = 3 };

/* ## What training differentiates
 * The outputs of a small network at $\theta\pm\epsilon V$, normalised anew, against the tangent along $V$. */
static void outputs_at(const struct feedforward *network, const double theta[], double step, const double V[],
                       struct feedforward_pass *pass, const double X[], double out[])
{
    for (size_t i = 0; i < network->parameters; i++) {
        network->parameter[i] = theta[i] + step * V[i];
    }
    feedforward_forward(network, pass, X);
    memcpy(out, pass->z[network->model.layers], (size_t)pass->samples * sizeof out[0]);
    memcpy(network->parameter, theta, network->parameters * sizeof theta[0]);
}

static void derivative(struct claim *claim)
{
    enum { M = 12, N = 20 };
    const double step = 1e-5;
    struct feedforward_model model;
    struct feedforward network;
    struct feedforward_pass pass;
    struct stream stream = claim_stream(claim, 901, 0);
    double X[M * N], up[M], down[M], up2[M], down2[M], live[M], frozen[M], mean_difference = 0;

    feedforward_model_dense(&model, N, (int)claim_integer(claim, "L"), N, 1, claim_real(claim, "gamma"),
                            claim_real(claim, "sigma_w2"), claim_real(claim, "sigma_b2"));
    claim_need(claim, feedforward_new(&network, &model, claim_stream(claim, 900, 0)));
    claim_need(claim, feedforward_pass_new(&pass, &network, M));
    double *theta = memory_copy(network.parameters, network.parameter), *V = memory_doubles(network.parameters),
           size = 0;
    stream_normals(&stream, M * N, X);
    stream_normals_scaled(&stream, 0.1, network.parameters, V);
    outputs_at(&network, theta, step, V, &pass, X, up);
    outputs_at(&network, theta, -step, V, &pass, X, down);
    outputs_at(&network, theta, 2 * step, V, &pass, X, up2);
    outputs_at(&network, theta, -2 * step, V, &pass, X, down2);
    feedforward_forward(&network, &pass, X);
    feedforward_tangent(&network, &pass, STATISTICS_FROZEN, V, frozen);
    feedforward_tangent(&network, &pass, claim_fault(claim, "frozen_for_live") ? STATISTICS_FROZEN : STATISTICS_LIVE, V,
                        live);
    for (int i = 0; i < M; i++) {
        size = fmax(size, fabs(live[i]));
    }
    for (int i = 0; i < M; i++) {
        double near = (up[i] - down[i]) / (2 * step), far = (up2[i] - down2[i]) / (4 * step);
        struct value moved = measured(near, fabs(near - far) + 1e-14 / step * (size + fabs(up[i])), QUADRATURE);

        claim_case(claim, "input %d", i);
        check_zero(claim, "derivative", value_sub(moved, exact(live[i])), size);
        mean_difference += fabs(frozen[i] - moved.x) / M;
    }
    check_shape(claim, "frozen derivative is another", measured(mean_difference, 1e-3 * size, QUADRATURE), size);
    memory_free(theta);
    memory_free(V);
    feedforward_pass_free(&pass);
    feedforward_free(&network);
}

/* ## One network at every $\gamma$
 * The quadratic form at the constant vector, of weights and of all others, through the statistics, and of weights with them frozen; what the biases below the output add; and the largest eigenvalue of weights. */
enum { FORM, OTHERS, FORM_FROZEN, BIASES, EIGENVALUE, NUMBERS };

struct ensemble_of {
    struct feedforward_model model;
    double gamma[GAMMAS];
    int m, gammas;
    bool eigenvalue;
};

/* The squared gradient of the mean output, of one part of layers 1 to `last`. */
static double square_of(const struct feedforward *network, const double gradient[], enum feedforward_part part,
                        int last)
{
    double sum = 0;

    for (int l = 1; l <= last; l++) {
        const double *g = gradient + network->offset[l][part];

        sum += linear_dot((int)network->count[l][part], g, g);
    }
    return sum;
}

static enum status at_gamma(const struct feedforward *network, struct feedforward_pass *pass, const double X[],
                            bool eigenvalue, struct stream *stream, double out[NUMBERS])
{
    int m = pass->samples, L = network->model.layers;
    double *D = memory_doubles((size_t)m), *gradient = memory_doubles(network->parameters),
           *F = memory_doubles((size_t)m * (size_t)m);

    for (int i = 0; i < m; i++) {
        D[i] = 1.0 / m;
    }
    feedforward_forward(network, pass, X);
    feedforward_backward(network, pass, STATISTICS_LIVE, D);
    feedforward_gradient(network, pass, gradient);
    out[FORM] = square_of(network, gradient, PART_WEIGHTS, L);
    out[BIASES] = square_of(network, gradient, PART_BIASES, L - 1);
    out[OTHERS] = square_of(network, gradient, PART_BIASES, L) + square_of(network, gradient, PART_GAMMA, L - 1) +
                  square_of(network, gradient, PART_BETA, L - 1);
    enum status status = fisher_dual(network, pass, STATISTICS_FROZEN, FISHER_WEIGHTS, 1, F);
    out[FORM_FROZEN] = fisher_means_of(m, F).all;
    if (eigenvalue && status == STATUS_OK) {
        struct value largest = fisher_largest(network, pass, STATISTICS_LIVE, FISHER_WEIGHTS, 1, stream, 1e-3);

        out[EIGENVALUE] = largest.x;
        status = value_ok(largest) ? status : STATUS_CONVERGENCE;
    }
    memory_free(D);
    memory_free(gradient);
    memory_free(F);
    return status;
}

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct ensemble_of *of = context;
    size_t numbers = (size_t)of->m * (size_t)of->model.channels;
    struct feedforward network;
    struct feedforward_pass pass;
    enum status status = feedforward_new(&network, &of->model, *stream);

    (void)sample;
    if (status != STATUS_OK || (status = feedforward_pass_new(&pass, &network, of->m)) != STATUS_OK) {
        return status;
    }
    double *X = memory_doubles(numbers);
    stream->draw = UINT64_C(1) << 40;
    stream_normals(stream, numbers, X);
    memset(out, 0, GAMMAS * NUMBERS * sizeof out[0]);
    for (int g = 0; g < of->gammas && status == STATUS_OK; g++) {
        for (int l = 1; l < of->model.layers; l++) {
            for (size_t i = 0; i < network.count[l][PART_GAMMA]; i++) {
                network.parameter[network.offset[l][PART_GAMMA] + i] = of->gamma[g];
            }
        }
        status = at_gamma(&network, &pass, X, of->eigenvalue, stream, out + g * NUMBERS);
    }
    memory_free(X);
    feedforward_pass_free(&pass);
    feedforward_free(&network);
    return status;
}

/* ## Networks of three sizes, and the limit
 * $N$, $N_0$ and $m$, and a half and a quarter of them. Weights' terms are divided by the width. What is linear in the inverse sizes drops out of twice the largest less the middle one; what is quadratic remains, and is a
 * third of how much that differs from the same of the smaller two. */
static void sample(struct claim *claim, uint32_t stream, size_t networks, int N, int m, int gammas,
                   const double gamma[], bool eigenvalue, struct moments out[GAMMAS * NUMBERS])
{
    struct ensemble_of of = {.m = m, .gammas = gammas, .eigenvalue = eigenvalue};

    memcpy(of.gamma, gamma, (size_t)gammas * sizeof gamma[0]);
    feedforward_model_dense(&of.model, N, (int)claim_integer(claim, "L"), N, 1, 1, claim_real(claim, "sigma_w2"),
                            claim_real(claim, "sigma_b2"));
    struct ensemble ensemble = claim_ensemble(claim, stream, networks, GAMMAS * NUMBERS, draw, &of);
    claim_need(claim, ensemble_moments(&ensemble, out));
}

static struct value limit(struct claim *claim, struct moments at[SIZES][GAMMAS * NUMBERS], int g, int number)
{
    struct value size[SIZES];

    for (int s = 0; s < SIZES; s++) {
        double width = number == OTHERS ? 1 : (double)(claim_integer(claim, "N") >> s);

        size[s] = value_scale(1 / width, moments_estimate(at[s][g * NUMBERS + number]));
    }
    return value_scale(number == OTHERS ? 1 : (double)claim_integer(claim, "N"),
                       limit_extrapolated(size[0], size[1], size[2]));
}

/* ## Theory: of frozen statistics, corrected and as printed, and of live ones */
struct bounds {
    struct value live, all, frozen, printed;
};

static struct bounds predict(struct claim *claim, double gamma)
{
    struct order_network order;
    struct bounds bounds;
    double N = (double)claim_integer(claim, "N");

    order_network_dense(&order, (int)claim_integer(claim, "L"), N, N, gamma, claim_real(claim, "sigma_w2"),
                        claim_real(claim, "sigma_b2"));
    bounds.frozen = claim_value(claim, order_bound(&order));
    bounds.all = claim_value(claim, order_bound_live(&order, true));
    order.denominator = DENOMINATOR_SECOND_MOMENT;
    bounds.printed = claim_value(claim, order_bound(&order));
    bounds.live = rounded(N * gamma * gamma / (2 * M_PI), 4);
    if (claim_fault(claim, "second_moment")) {
        bounds.live = rounded(N * gamma * gamma / 2, 4);
    }
    return bounds;
}

static void compare(struct claim *claim, struct moments at[SIZES][GAMMAS * NUMBERS], int g, double gamma)
{
    struct bounds theory = predict(claim, gamma);
    struct value live = limit(claim, at, g, FORM);

    claim_case(claim, "gamma = %.3g", gamma);
    check_equal(claim, "last layer alone", theory.live, live);
    check_equal(claim, "all parameters", theory.all, value_add(live, limit(claim, at, g, OTHERS)));
    check_zero(claim, "biases below", value_with(limit(claim, at, g, BIASES), 1e-12, ROUNDING), 1);
    check_differs(claim, "corrected bound", theory.frozen, live);
    if (theory.printed.x > 1.15 * (double)claim_integer(claim, "N") * gamma * gamma / (2 * M_PI)) {
        check_differs(claim, "printed bound", theory.printed, live);
    }
    claim_row(claim, NULL, gamma, BOTH(live), at[0][g * NUMBERS + FORM_FROZEN].mean,
              value_error(moments_mean(at[0][g * NUMBERS + FORM_FROZEN])), theory.live.x, theory.frozen.x,
              theory.printed.x);
}

/* The claimed inequality itself. The eigenvalue needs large batches, the more so the deeper a network is, because $1/m$ of all that the mean gradient lost is still in the matrix: it is taken from $4m$ inputs, at half the width. */
static void inequality(struct claim *claim, double gamma)
{
    struct moments at[GAMMAS * NUMBERS];
    int N = (int)claim_integer(claim, "N") / 2;
    double of_half = (double)N / (double)claim_integer(claim, "N");
    struct value bound = predict(claim, gamma).frozen;

    sample(claim, 10, 6, N, 4 * (int)claim_integer(claim, "m"), 1, &gamma, true, at);
    claim_case(claim, "gamma = %.3g, N = %d", gamma, N);
    check_not_at_least(claim, "claimed inequality", moments_estimate(at[EIGENVALUE]),
                       value_scale(claim_fault(claim, "third_of_the_bound") ? of_half / 3 : of_half, bound));
}

/* At the last $\gamma$ biases hardly count, and the printed bound's ratio to the true one is near its largest. */
static void live_statistics(struct claim *claim)
{
    double gamma = claim_real(claim, "gamma"), ratio = claim_real(claim, "sigma_b2") / claim_real(claim, "sigma_w2");
    const double tried[GAMMAS] = {gamma, 0.1, 0.3, 3, 10 * sqrt(1 + ratio)};
    struct moments at[SIZES][GAMMAS * NUMBERS];

    claim_column(claim, "gamma", EXACT, "a parameter");
    claim_column(claim, "live", SIGMAS(4), "a mean over networks");
    claim_column(claim, "live_err", RELATIVE(0.5), "an error");
    claim_column(claim, "frozen", SIGMAS(4), "a mean over networks");
    claim_column(claim, "frozen_err", RELATIVE(0.5), "an error");
    claim_column(claim, "live_f", RELATIVE(1e-12), "a closed form");
    claim_column(claim, "corrected", RELATIVE(1e-12), "a recursion of closed forms");
    claim_column(claim, "printed", RELATIVE(1e-12), "a recursion of closed forms");
    derivative(claim);
    for (int s = 0; s < SIZES; s++) {
        sample(claim, (uint32_t)s, (size_t)claim_integer(claim, "networks") << s, (int)claim_integer(claim, "N") >> s,
               (int)claim_integer(claim, "m") >> s, GAMMAS, tried, false, at[s]);
    }
    for (int g = 0; g < GAMMAS; g++) {
        compare(claim, at, g, tried[g]);
    }
    inequality(claim, gamma);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters =
                {integer("L", "layers", 4, 3, 6),
                 integer_by_scale("N", "width, and inputs of a network; half and a quarter of it measure the bias", 128,
                                  400, 1000, 128, 4000),
                 integer_by_scale("m", "batch; a half and a quarter of it measure the bias", 128, 128, 400, 128, 4000),
                 integer_by_scale("networks", "how many; more of the smaller ones", 8, 8, 24, 8, 10000),
                 real("gamma", "scale of batch normalisation, beside others", 1, 0.01, 100),
                 real("sigma_w2", "variance of weights", 2, 0.1, 10),
                 real("sigma_b2", "variance of biases", 0.5, 0, 10)},
            .faults = {{"frozen_for_live", "derivatives that forget the statistics", "derivative"},
                       {"second_moment", "the last inputs' second moment in place of their mean product", "last*"},
                       {"third_of_the_bound", "a third of the bound claimed", "claimed*"}},
            .errata = {{"E3",
                        "Claim 3.1 and (66)-(68): for batch-normalised networks $\\bar\\lambda_{\\max}\\ge\\sum_lf_l$ "
                        "with $\\tilde q_{xy}^l$ from derivatives in which $\\mu^l$ and $s^l$ are "
                        "constants.",
                        "For the network that is trained, whose statistics move with its weights, $f_l\\to0$ for $l<L$ "
                        "and $\\bar\\lambda_{\\max}\\to N\\gamma^2/2\\pi$. The sum of all $f_l$ "
                        "belongs to frozen statistics.",
                        "corrected?bound printed?bound claimed*", "last*",
                        "The eigenvalue of batch-normalised networks is smaller than claimed, and the critical rate "
                        "larger: the flattening is stronger and holds up to larger $\\gamma$.",
                        "Adding a constant to a bias below the last layer changes no output, because the mean is taken "
                        "off again. Its derivative is 0; with $\\mu$ held constant it is "
                        "not."}},
            .run = live_statistics,
        }));
}
