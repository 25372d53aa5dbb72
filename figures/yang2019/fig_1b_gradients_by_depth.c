/* # Figure 1b: gradients of relu networks explode by the predicted factor in every one of a hundred layers
 *
 * Yang et al. (2019), figure 1b. The magnitude of the gradient against the layer, in relu networks of width 1000 with batch normalisation and a hundred layers: means over 200
 * networks and the band of one standard deviation; dashed the growth by $\sqrt{\lambda_G^\downarrow}$ a layer. The figure names no batch size; here there are four.
 *
 * **Checked.** The growth a layer of the mean squared gradient, from the last layer to the first, in the geometric mean over networks, against $\lambda_G^\downarrow$ by two-angle
 * quadrature. That growth is the same all the way: the lower half of the network against the upper.
 * **Tolerance.** Networks have a standard error, and a bias linear in $1/N$, measured by halving the width. Quadrature states its error.
 * **Could miss.** A layer or two that differ from the rest.
 * **Found.** Networks of width 1000 grow by the predicted factor to a few parts in a thousand. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/network/batchnorm_network.h>
#include <math.h>
#include <stdio.h>

enum { SIZES = 3 };

struct figure {
    struct batchnorm_network network;
    double mu, nu;
};

/* ## One network
 * The logarithm of the squared gradient at every layer, $\log\mathrm{tr}\,\Pi^{(l)}$, from a batch at the fixed point and a gradient with covariance $G$ at the output. */
static enum status draw_network(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct figure *figure = context;
    int B = figure->network.batch, L = figure->network.depth;
    double *S = memory_doubles((size_t)(B * B)), *P = memory_doubles((size_t)(B * B));
    struct batchnorm_record record;
    enum status status = batchnorm_record_new(&record, &figure->network);

    (void)sample;
    for (int i = 0; i < B * B; i++) {
        double on = i % (B + 1) == 0 ? 1 : 0;

        S[i] = figure->nu + on * figure->mu;
        P[i] = on - 1.0 / B;
    }
    if (status == STATUS_OK) {
        status = batchnorm_network_pass(&figure->network, S, P, *stream, &record);
    }
    for (int l = 1; status == STATUS_OK && l <= L; l++) {
        out[l - 1] = batchnorm_record_log_gradient(&record, l);
    }
    out[L] = (out[0] - out[L - 1]) / (L - 1);
    out[L + 1] = (out[0] - out[L / 2 - 1]) / (L / 2 - 1) - (out[L - L / 2] - out[L - 1]) / (L / 2 - 1);
    batchnorm_record_free(&record);
    memory_free(S);
    memory_free(P);
    return status;
}

static void sample_networks(struct claim *claim, struct figure *figure, int width, uint32_t stream, size_t networks,
                            struct moments outputs[])
{
    figure->network.width = width;
    struct ensemble ensemble =
        claim_ensemble(claim, stream, networks, (size_t)figure->network.depth + 2, draw_network, figure);
    claim_need(claim, ensemble_moments(&ensemble, outputs));
}

/* ## One batch size */
static struct value rate(struct claim *claim, const char *name, int B)
{
    struct activation phi;
    struct batchnorm_state state;

    claim_need(claim, activation_find(name, &phi));
    struct response response = response_of(&phi);
    claim_need(claim, batchnorm_state_sphere(&response, B, &state));
    double power = claim_fault(claim, "norm_not_squared") ? 0.5 : 1;
    return value_through(state.backward.G, power * log(state.backward.G.x), power / state.backward.G.x);
}

static void at_batch_size(struct claim *claim, int B)
{
    const char *name = claim_text(claim, "phi");
    int L = (int)claim_integer(claim, "L"), width = (int)claim_integer(claim, "N");
    size_t networks = (size_t)claim_integer(claim, "networks");
    struct moments *wide = memory_new((size_t)L + 2, sizeof *wide), *half = memory_new((size_t)L + 2, sizeof *half);
    struct figure figure;
    struct activation phi;
    char label[32];

    claim_need(claim, activation_find(name, &phi));
    claim_need(claim, batchnorm_network_of(name, L, width, B, &figure.network));
    struct bsb1 fixed = batchnorm_fixed_point(&phi, B);
    figure.mu = claim_value(claim, fixed.mu).x;
    figure.nu = fixed.nu.x;
    sample_networks(claim, &figure, width, 2 * (uint32_t)B, networks, wide);
    sample_networks(claim, &figure, width / 2, 2 * (uint32_t)B + 1, networks, half);
    struct value log_rate = rate(claim, name, B), growth = moments_limit(wide[L], half[L]),
                 trend = moments_limit(wide[L + 1], half[L + 1]);

    claim_case(claim, "%s, B = %d, N = %d", name, B, width);
    check_equal(claim, "growth a layer", log_rate, growth);
    check_zero(claim, "the same all the way",
               claim_fault(claim, "half_as_fast_above") ? value_add(trend, value_scale(0.5, growth)) : trend, growth.x);
    snprintf(label, sizeof label, "B = %d", B);
    for (int l = 1; l <= L; l++) {
        struct value log_gradient = moments_mean(wide[l - 1]);

        claim_row(claim, label, l, 0.5 * log_gradient.x, 0.5 * value_error(log_gradient),
                  0.5 * sqrt(moments_variance(wide[l - 1])), 0.5 * (log(B - 1) + (L - l + 1) * log_rate.x));
    }
    memory_free(wide);
    memory_free(half);
}

static void draw_figure(struct claim *claim)
{
    static const int sizes[SIZES] = {6, 16, 32};

    claim_labels(claim, "batch");
    claim_column(claim, "layer", EXACT, "a grid");
    claim_column(claim, "log_gradient", SIGMAS(0.01), "the same draws: only BLAS rounding differs");
    claim_column(claim, "log_gradient_err", RELATIVE(0.01), "a standard error");
    claim_column(claim, "deviation", RELATIVE(0.01), "of one network's logarithm");
    claim_column(claim, "theory", RELATIVE(1e-12), "quadrature");
    for (int i = 0; i < SIZES; i++) {
        if (sizes[i] != claim_integer(claim, "B")) {
            at_batch_size(claim, sizes[i]);
        }
    }
    at_batch_size(claim, (int)claim_integer(claim, "B"));
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "activation", "relu"), integer("B", "one more batch size", 8, 6, 256),
                           integer_by_scale("L", "depth", 30, 100, 100, 6, 10000),
                           integer_by_scale("N", "width of the networks; half as wide ones measure the bias", 200, 1000,
                                            1000, 64, 1000000),
                           integer_by_scale("networks", "how many of each width", 24, 50, 200, 8, 1000000)},
            .faults = {{"norm_not_squared", "the growth of the norm in place of its square's", "growth*"},
                       {"half_as_fast_above", "the upper half grows half as fast", "the*"}},
            .scaled = "Fifty networks of each width; the paper draws 200 (scale paper).",
            .run = draw_figure,
        }));
}
