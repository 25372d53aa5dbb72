/* # Equation (7): the normalised network, and what it does not see
 *
 * Yang et al. (2019), section 3.1. Batch normalisation changes equation (1) to
 *
 * $$h_i^l=W^l\phi(\tilde h_i^{l-1})+b^l,\qquad\tilde h_{\alpha i}^l=\gamma_\alpha\frac{h_{\alpha i}^l-\mu_\alpha}{\sigma_\alpha}+\beta_\alpha,$$
 *
 * with $\mu_\alpha$ and $\sigma_\alpha^2-\epsilon$ the mean and the variance of neuron $\alpha$ over the batch. With $\epsilon=0$ nothing depends on
 * $\sigma_w$ and $\sigma_b$. The paper prints $\mu_\alpha=\frac1N\sum_ih_{\alpha i}$ and $\sigma_\alpha^2=\frac1N\sum_i(h_{\alpha i}-\mu_\alpha)^2+\epsilon$,
 * where $i$ counts the samples and $N$ is the width.
 *
 * **Checked.** A network written out here, with a scale and a shift for each neuron: every $\tilde h$ at several $\sigma_w$, $\sigma_b$ against
 * $\sigma_w=1$, $\sigma_b=0$; mean and variance over the batch against $\beta_\alpha$ and $\gamma_\alpha^2$; the library's normalisation. The same with $1/N$ as
 * printed.
 * **Tolerance.** Rounding: some ulp of the largest pre-activation over its neuron's $\sigma_\alpha$, times the slopes of the layers above.
 * **Could miss.** Nothing: the statement is algebra.
 * **Found.** Holds with $1/B$. With $1/N$ the bias stays, and so do its effects: the $N$ must be $B$, as in definition C.2 and equation (8). With
 * $\epsilon>0$ the network sees $\sigma_w$. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/activation.h>
#include <assay/network/batchnorm_layer.h>
#include <float.h>
#include <math.h>

struct setting_of {
    int N, B, L;
    struct activation phi;
    double weight_sd, bias_sd, epsilon, divisor; // what sums over the batch are divided by
};

/* ## The network
 * Samples x width; weights, biases, scales and shifts are the same draws whatever multiplies them. Returns the largest growth of rounding met on the way. */
static void normalise(const struct setting_of *s, const double gamma[], const double beta[], double h[])
{
    for (int a = 0; a < s->N; a++) {
        double mean = 0, variance = s->epsilon;

        for (int i = 0; i < s->B; i++) {
            mean += h[i * s->N + a] / s->divisor;
        }
        for (int i = 0; i < s->B; i++) {
            variance += (h[i * s->N + a] - mean) * (h[i * s->N + a] - mean) / s->divisor;
        }
        for (int i = 0; i < s->B; i++) {
            h[i * s->N + a] = gamma[a] * (h[i * s->N + a] - mean) / sqrt(variance) + beta[a];
        }
    }
}

static double *run(struct claim *claim, const struct setting_of *s)
{
    struct stream stream = claim_stream(claim, 0, 0);
    size_t N = (size_t)s->N, numbers = N * (size_t)s->B;
    double *W = memory_doubles(N * N), *b = memory_doubles(3 * N), *gamma = b + N, *beta = gamma + N;
    double *h = memory_doubles(numbers), *x = memory_doubles(numbers);

    stream_normals(&stream, numbers, x);
    for (int l = 1; l <= s->L; l++) {
        stream_normals_scaled(&stream, s->weight_sd / sqrt(s->N), N * N, W);
        stream_normals_scaled(&stream, s->bias_sd, N, b);
        stream_uniforms(&stream, 2 * N, gamma);
        for (int k = 0; k < s->B * s->N; k++) {
            h[k] = b[k % s->N];
            for (int c = 0; c < s->N; c++) {
                h[k] += W[k % s->N * s->N + c] * x[k / s->N * s->N + c];
            }
        }
        for (size_t a = 0; a < N; a++) {
            gamma[a] += 0.5;
            beta[a] -= 0.5;
        }
        normalise(s, gamma, beta, h);
        activation_apply(&s->phi, numbers, h, x, NULL);
    }
    memory_free(W);
    memory_free(x);
    memory_free(b);
    return h;
}

/* Root of the mean squared difference of two networks' last $\tilde h$. */
static double distance(struct claim *claim, const struct setting_of *a, const struct setting_of *b)
{
    double *x = run(claim, a), *y = run(claim, b), sum = 0;

    for (int k = 0; k < a->N * a->B; k++) {
        sum += (x[k] - y[k]) * (x[k] - y[k]) / (a->N * a->B);
    }
    memory_free(x);
    memory_free(y);
    return sqrt(sum);
}

/* ## Other deviations
 * A bias of 100 leaves rounding of 100 ulp in a difference of size 1, and each layer may multiply what it receives by its slope. */
static void deviations(struct claim *claim, const struct setting_of *plain)
{
    static const double weight[] = {1, 1e-3, 30, 1, 2, 0.1}, bias[] = {0, 0, 0, 1, 0.3, 10};
    double printed_size = 0;

    for (size_t k = 1; k < sizeof weight / sizeof weight[0]; k++) {
        struct setting_of other = *plain, printed = *plain, printed_other;

        other.weight_sd = weight[k];
        other.bias_sd = bias[k];
        other.epsilon = claim_fault(claim, "epsilon") ? 1e-5 : 0;
        claim_case(claim, "sigma_w = %g, sigma_b = %g", weight[k], bias[k]);
        double moved = distance(claim, plain, &other),
               rounding = 1000 * DBL_EPSILON * (1 + bias[k] / weight[k]) * pow(3, plain->L);
        check_zero(claim, "invariance", measured(moved, rounding, ROUNDING), 1);
        printed.divisor = printed.N;
        printed_other = printed;
        printed_other.weight_sd = weight[k];
        printed_other.bias_sd = bias[k];
        double changed = distance(claim, &printed, &printed_other);
        claim_row(claim, NULL, weight[k], bias[k], moved < rounding ? 0 : moved, bias[k] > 0 ? changed : 0);
        if (bias[k] > 0) {
            check_differs(claim, "as printed", exact(0), measured(changed, rounding * 100, ROUNDING));
            printed_size = changed;
        }
    }
    struct setting_of with = *plain, without = *plain;
    with.epsilon = without.epsilon = 1e-2;
    with.weight_sd = 0.1;
    claim_case(claim, "epsilon = 0.01, sigma_w = 0.1");
    check_shape(claim, "epsilon sees sigma_w", measured(distance(claim, &with, &without), 1e-10, ROUNDING),
                printed_size);
}

/* ## Mean and variance of the last layer, and the library's normalisation */
static void moments_of_neurons(struct claim *claim, const struct setting_of *s)
{
    struct stream stream = claim_stream(claim, 1, 0);
    int N = s->N, B = s->B;
    double *h = memory_doubles((size_t)(2 * N * B)), *z = h + N * B, *gamma = memory_doubles((size_t)(3 * N)),
           *beta = gamma + N;
    struct setting_of faulty = *s;

    faulty.divisor = claim_fault(claim, "unbiased") ? B - 1 : s->divisor;
    stream_normals(&stream, (size_t)(N * B), h);
    stream_uniforms(&stream, (size_t)(2 * N), gamma);
    batchnorm_layer_forward(B, 1, N, s->epsilon, h, z, beta + N);
    normalise(&faulty, gamma, beta, h);
    for (int a = 0; a < N; a++) {
        double mean = 0, square = 0, difference = 0;

        for (int i = 0; i < B; i++) {
            double x = h[i * N + a];

            mean += x / B;
            square += (x - beta[a]) * (x - beta[a]) / B;
            difference = fmax(difference, fabs(gamma[a] * z[i * N + a] + beta[a] - x));
        }
        claim_case(claim, "neuron %d", a);
        check_equal(claim, "variance is gamma^2", rounded(gamma[a] * gamma[a], 4), measured(square, 1e-13, ROUNDING));
        check_zero(claim, "mean is beta", measured(mean - beta[a], 1e-13, ROUNDING), 1);
        check_zero(claim, "library", measured(difference, 1e-13, ROUNDING), gamma[a]);
    }
    memory_free(h);
    memory_free(gamma);
}

static void invariance(struct claim *claim)
{
    int N = (int)claim_integer(claim, "N"), B = (int)claim_integer(claim, "B");
    struct setting_of plain = {N, B, (int)claim_integer(claim, "L"), .weight_sd = 1, .divisor = B};

    if (N == B) {
        claim_refuse(claim, "with N = B the printed divisor is the right one: choose another N");
    }
    if (activation_find(claim_text(claim, "phi"), &plain.phi) != STATUS_OK) {
        claim_refuse(claim, "%s", status_reason());
    }
    claim_column(claim, "weight_sd", EXACT, "a parameter");
    claim_column(claim, "bias_sd", EXACT, "a parameter");
    claim_column(claim, "moved", EXACT, "0 within rounding");
    claim_column(claim, "printed_moved", RELATIVE(1e-6), "rounding through a few layers");
    deviations(claim, &plain);
    moments_of_neurons(claim, &plain);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "activation", "tanh"), integer("N", "width", 50, 2, 1000),
                           integer("B", "batch size", 8, 3, 200), integer("L", "layers", 3, 1, 5)},
            .faults = {{"epsilon", "epsilon = 1e-5 where there is none", "invariance"},
                       {"unbiased", "sums divided by B - 1", "variance* mean* library"}},
            .errata = {{"Y15",
                        "$\\mu_\\alpha=\\frac1N\\sum_ih_{\\alpha i}$, $\\sigma_\\alpha^2=\\frac1N\\sum_i(h_{\\alpha "
                        "i}-\\mu_\\alpha)^2+\\epsilon$ with $N$ the width",
                        "$1/B$ in both places", "as*printed", "invariance variance*",
                        "None: definition C.2 and equation (8) divide by $B$, and so does everything that follows.",
                        "Let a neuron's $h_{\\alpha i}$ be 1 for all $i$. Its mean is 1, the printed one $B/N$: a "
                        "bias, which is such a constant, is "
                        "not removed unless $N=B$."}},
            .run = invariance,
        }));
}
