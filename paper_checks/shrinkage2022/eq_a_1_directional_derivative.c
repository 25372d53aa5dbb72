/* # Equation (A.1): the slope of the correlation map at 1 is a directional derivative, and no more
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), appendix A.1. When an input $x_\beta$ approaches $x_\alpha$ on the
 * sphere $\|x\|^2=N_0$, wide networks satisfy
 *
 * $$\frac{N_L^{-1}\|z^{(L)}(x_\alpha)-z^{(L)}(x_\beta)\|^2}{N_0^{-1}\|x_\alpha-x_\beta\|^2}
 * =\frac{1-P_L\circ\dots\circ P_1(\rho_0)}{1-\rho_0}\;\to\;(P_L\circ\dots\circ P_1)'(1).$$
 *
 * The paper identifies this limit with the lim sup over all approaches, which is the squared operator norm of the Jacobian, and concludes
 * $\|\partial z^{(L)}/\partial z^{(0)}\|_{op}^2\ge(P_L\circ\dots\circ P_1)'(1)$.
 *
 * **Checked.** The product of the layers' slopes, from norms of $\phi$ and $\phi'$, against finite networks: a tangent carried through them, and
 * pairs of inputs at a distance of $10^{-6}$. Against it the largest singular value of the whole Jacobian, for as many inputs as neurons, and for
 * three inputs only.
 * **Tolerance.** Standard errors over networks, widened for their small number, of $\ln\|Jv\|^2$: its mean has the same limit and lighter tails. The
 * bias of finite width, measured by halving the width.
 * **Could miss.** A slope wrong by less than seven percent.
 * **Found.** The limit holds for a fixed direction. As an operator norm it depends on the order of limits: with $N_0$ fixed and the other widths
 * growing, as in section A.1.1, the largest singular value tends to the same limit. With all widths growing together, as in figures 3c and 3d, it
 * does not: at criticality it grows with depth where the slope stays 1 (`sec_4_1_operator_norm_grows`). The inequality $\ge$, which Theorem 1 needs,
 * is true in both. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/correlation_map.h>
#include <assay/network/jacobian.h>
#include <assay/network/layernorm_network.h>
#include <assay/numerics/linear.h>
#include <assay/random/haar.h>
#include <math.h>

enum { FEW = 3, PAIRS = 8, DEPTHS = 4 };

static const double distance = 1e-6; // of pairs: 1 - rho_0 is half its square

/* ## Networks
 * The first layer is the embedding, without activation and bias. Numbers are taken after four depths. */
struct experiment {
    const char *phi;
    int width, inputs, depth[DEPTHS];
    double bias_sd;
    bool whole;     // the whole Jacobian at one input, not one direction at several
    bool raw, mean; // planted faults
};

struct record {
    const struct experiment *experiment;
    double *out;
};

/* Means over the inputs of $|Jv|^2/N$, and of the difference quotients of the pairs. */
static void directions(const struct layer_state *state, double *tangent, double *quotient)
{
    int N = state->width;

    *tangent = *quotient = 0;
    for (int k = 0; k < PAIRS; k++) {
        const double *x = state->Z + (ptrdiff_t)2 * k * N, *v = state->T + (ptrdiff_t)2 * k * N;

        *tangent += linear_dot(N, v, v) / N / PAIRS;
        *quotient += 2 * propagation_gap(N, x, x + N) / (distance * distance) / PAIRS;
    }
}

/* Logarithms of those two; or of the squared operator norm, and of its ratio to the mean square over tangent directions. */
static enum status visit(const struct layer_state *state, void *context)
{
    const struct record *record = context;
    const struct experiment *experiment = record->experiment;
    enum status status = STATUS_OK;

    for (int i = 0; i < DEPTHS && status == STATUS_OK; i++) {
        struct jacobian J;
        double a, b;

        if (state->layer != experiment->depth[i] + 1) {
            continue;
        }
        if (experiment->whole) {
            status = jacobian_of_state(state, &J, NULL);
            a = experiment->mean ? J.tangent_mean_square : pow(experiment->raw ? J.largest : J.operator_norm, 2);
            b = a / J.tangent_mean_square;
        } else {
            directions(state, &a, &b);
        }
        record->out[i] = log(a);
        record->out[DEPTHS + i] = log(b);
    }
    return status;
}

/* Pairs are a step of the given distance apart along the tangent, and back on the sphere. */
static enum status draw_network(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct experiment *experiment = context;
    struct record record = {experiment, out};
    int n = experiment->inputs, depth = experiment->depth[DEPTHS - 1] + 1, samples = experiment->whole ? 1 : 2 * PAIRS;
    int tangents = experiment->whole ? n : 1;
    struct layernorm_layer *layer = memory_new((size_t)depth, sizeof *layer);
    struct layernorm_network network = {n, depth, layer};
    double *X = memory_doubles((size_t)(samples * n)), *T = memory_doubles((size_t)(samples * tangents * n));
    enum status status = layernorm_layers(depth, experiment->width, experiment->phi, 1, experiment->bias_sd, layer);

    (void)sample;
    for (int i = 0; i < samples; i += 2) {
        double *x = X + (ptrdiff_t)i * n, *v = T + (ptrdiff_t)i * n;

        sphere_uniform(stream, n, sqrt(n), x);
        if (!experiment->whole) {
            propagation_tangent(stream, n, x, v);
            for (int k = 0; k < n; k++) {
                x[n + k] = x[k] * cos(distance) + v[k] * sin(distance);
            }
        }
    }
    if (experiment->whole) {
        jacobian_directions(n, T);
    }
    if (status == STATUS_OK) {
        status = layernorm_propagate(&network, *stream, samples, X, tangents, T, visit, &record);
    }
    memory_free(layer);
    memory_free(X);
    memory_free(T);
    return status;
}

/* The moments of the logarithms over networks, and a geometric mean from a mean of them. */
static void measure(struct claim *claim, uint32_t stream, const struct experiment *experiment, long networks,
                    struct moments out[])
{
    struct ensemble ensemble = claim_ensemble(claim, stream, (size_t)networks, 2 * DEPTHS, draw_network, experiment);

    claim_need(claim, ensemble_moments(&ensemble, out));
}

static struct value geometric(struct value logarithm)
{
    return value_through(logarithm, exp(logarithm.x), exp(logarithm.x));
}

/* ## Infinite width
 * $P_l'(1)=\|\phi'\|^2/(s+\|\phi\|^2)$ by Price's theorem, to the power of the depth. */
static struct value limit(struct claim *claim, const struct activation *phi, double s, int depth)
{
    struct value slope = value_div(activation_slope_norm2(phi), value_add(exact(s), activation_norm2(phi)));
    int power = claim_fault(claim, "one_layer_less")  ? depth - 1
                : claim_fault(claim, "squared_twice") ? 2 * depth
                                                      : depth;

    return value_through(slope, pow(slope.x, power), power * pow(slope.x, power - 1));
}

/* ## One direction
 * The tangent and the pair. */
static void compare_directions(struct claim *claim, struct experiment experiment, const struct value theory[],
                               long networks)
{
    struct moments wide[2 * DEPTHS], half[2 * DEPTHS];

    measure(claim, 0, &experiment, networks, wide);
    experiment.width = experiment.inputs = experiment.width / 2;
    measure(claim, 1, &experiment, 2 * networks, half);
    for (int i = 0; i < 2 * DEPTHS; i++) {
        struct value mean = geometric(moments_estimate(wide[i]));
        int l = experiment.depth[i % DEPTHS];

        claim_case(claim, "%s, L = %d", experiment.phi, l);
        check_equal(claim, i < DEPTHS ? "tangents" : "pairs", theory[i % DEPTHS],
                    geometric(moments_limit(wide[i], half[i])));
        claim_row(claim, i < DEPTHS ? "one direction" : "pairs", l, theory[i % DEPTHS].x, BOTH(mean));
    }
}

/* ## All directions
 * The norm over the root mean square of the same network. With a fixed number of inputs its excess over 1 falls like $N^{-1/2}$: extrapolating from $N$
 * and $N/2$ removes it, and doing so from $N/2$ and $N/4$ shows what is left. With as many inputs as neurons it stays. */
static struct value extrapolated(struct moments wide, struct moments half)
{
    const double weight = 1 / (sqrt(2) - 1);
    struct value near = geometric(moments_estimate(wide)), far = geometric(moments_estimate(half));

    return value_sub(value_scale(1 + weight, near), value_scale(weight, far));
}

static void compare_norms(struct claim *claim, struct experiment experiment, const struct value theory[], long networks)
{
    struct moments few[3][2 * DEPTHS], square[2][2 * DEPTHS];

    experiment.whole = true;
    experiment.raw = claim_fault(claim, "raw");
    experiment.mean = claim_fault(claim, "mean_taken");
    for (uint32_t k = 0; k < 3; k++) {
        struct experiment narrow = experiment, full = experiment;

        narrow.inputs = FEW;
        narrow.width = experiment.width >> k;
        measure(claim, 2 + k, &narrow, networks << (k + 1), few[k]);
        if (k < 2) {
            full.inputs = full.width = experiment.width >> (2 + k);
            measure(claim, 5 + k, &full, (networks / 4 + 4) << k, square[k]);
        }
    }
    for (int i = 0; i < DEPTHS; i++) {
        int ratio = DEPTHS + i;
        struct value near = extrapolated(few[0][ratio], few[1][ratio]),
                     before = extrapolated(few[1][ratio], few[2][ratio]);
        struct value norm = geometric(moments_estimate(few[0][i])), full = geometric(moments_estimate(square[0][i]));

        claim_case(claim, "%s, L = %d", experiment.phi, experiment.depth[i]);
        check_equal(claim, "few inputs", exact(1), value_with(near, fabs(near.x - before.x), FINITE_SIZE));
        check_differs(claim, "square", exact(1), geometric(moments_limit(square[0][ratio], square[1][ratio])));
        check_at_least(claim, "inequality", norm, theory[i]);
        check_at_least(claim, "inequality", full, theory[i]);
        claim_row(claim, "norm, few inputs", experiment.depth[i], theory[i].x, BOTH(norm));
    }
    for (int i = 0; i < DEPTHS; i++) {
        claim_row(claim, "norm, square", experiment.depth[i], theory[i].x,
                  BOTH(geometric(moments_estimate(square[0][i]))));
    }
}

static void derivative_and_norm(struct claim *claim)
{
    int L = (int)claim_integer(claim, "L"), N = (int)claim_integer(claim, "N");
    long networks = claim_integer(claim, "networks");
    double s = claim_real(claim, "s");
    struct experiment experiment = {.phi = claim_text(claim, "phi"), .width = N, .inputs = N};
    struct value theory[DEPTHS];
    struct activation phi;

    claim_need(claim, activation_find(experiment.phi, &phi));
    s = s < 0 ? claim_value(claim, critical_bias_ratio(&phi)).x : s;
    experiment.bias_sd = sqrt(s);
    for (int i = 0; i < DEPTHS; i++) {
        experiment.depth[i] = L >> (DEPTHS - 1 - i);
        theory[i] = limit(claim, &phi, s, experiment.depth[i]);
    }
    claim_labels(claim, "series");
    claim_column(claim, "L", EXACT, "a parameter");
    claim_column(claim, "slope", RELATIVE(1e-12), "a power of a quotient of norms");
    claim_column(claim, "network", SIGMAS(0.1), "the same draws: only BLAS rounding differs");
    claim_column(claim, "network_err", RELATIVE(0.05), "a standard error");
    compare_directions(claim, experiment, theory, networks);
    compare_norms(claim, experiment, theory, networks);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters =
                {choice("phi", "activation", "erf|tanh|sin|relu|lrelu:0.3|abs|gelu"),
                 real("s", "sigma_b^2 / sigma_w^2; -1 stands for the critical ratio", 0.05, -1, 1),
                 integer("L", "non-linear layers; an eighth, a quarter and half of it are measured too", 8, 8, 16),
                 integer_by_scale("N", "width; square Jacobians have a quarter of it", 256, 512, 1024, 128, 8192),
                 integer_by_scale("networks", "of width N, one direction each", 60, 80, 400, 40, 100000)},
            .faults = {{"one_layer_less", "the slope of one layer less", "tangents pairs"},
                       {"squared_twice", "the slope's square in place of the slope", "tangents pairs inequality"},
                       {"mean_taken", "the mean square over directions in place of the norm", "square"},
                       {"raw", "singular values not scaled by the widths", "few?inputs"}},
            .errata = {{"S2",
                        "As $x_\\beta\\to x_\\alpha$ the lim sup of the ratio is the squared operator norm of the "
                        "Jacobian; this scenario is equivalent to $\\rho_0\\to1$, where the ratio tends to "
                        "$(P_L\\circ\\dots\\circ P_1)'(1)$.",
                        "The first limit is the worst over directions of one network, the second that of one direction "
                        "as widths grow, the mean of $|Jv|^2$. They agree if $N_0$ stays fixed while the other widths "
                        "grow; with $N_0=N_l$ the first is larger.",
                        "square", "tangents few?inputs inequality",
                        "None for Theorem 1: what (A.1) concludes, $\\ge$, is true of both. Whatever needs an "
                        "equality, as (4.1) and (4.2) do, has to take the second limit, as Remark 4 does.",
                        "One layer with $\\phi=\\mathrm{id}$ and $N_0=N_1$: $J$ is a square Gaussian matrix up to its "
                        "normalisation, with $\\|J\\|_{op}^2\\to4$ (Bai and Yin) and $P'(1)=1$."}},
            .run = derivative_and_norm,
        }));
}
