/* # Figure 3e: gradients are the same at every layer of a critical erf network
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 4.1, figure 3e: gradient norms of critical erf networks,
 * layer by layer. In infinite width the mean squared gradient of a loss with respect to $z^{(l)}$ is multiplied by $P_{l+1}'(1)$ from layer $l+1$ to
 * layer $l$, and $P'(1)=1$ at criticality.
 *
 * **Checked.** Backpropagation through finite networks of $L$ non-linear layers, from a loss linear in the output with random coefficients:
 * the squared gradient at each layer, over that at the output, against the product of slopes.
 * **Tolerance.** Logarithms are averaged: gradients scatter like a log-normal law. Standard error over networks, widened for their small number; the bias
 * of finite width, linear in $L/N$, by halving the width, with its own standard error.
 * **Could miss.** What the loss does: the text names none. Gradients of another loss differ by one factor for all layers, as long as its
 * derivatives are independent of the weights.
 * **Found.** Holds. At width 256 the geometric mean falls to three quarters of its value at the output over 64 layers; the deficit is that of
 * finite width, in proportion to $L/N$. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/correlation_map.h>
#include <assay/network/layernorm_backward.h>
#include <assay/random/haar.h>
#include <math.h>

struct figure {
    int L, width;
    double bias_ratio;
};

/* ## One network
 * The embedding is layer 1, the output layer L + 1. out[l]: the logarithm of the squared gradient at layer l = 0..L, over that at the output. */
static enum status draw_gradients(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct figure *figure = context;
    int N = figure->width, depth = figure->L + 1;
    struct layernorm_layer *layer = memory_new((size_t)depth, sizeof *layer);
    struct layernorm_model model = {.parameter = NULL};
    struct layernorm_trace trace = {.capacity = 0};
    double *x = memory_doubles(2 * (size_t)N), *coefficients = x + N, *norm2 = memory_doubles((size_t)depth + 1);
    enum status status = layernorm_layers(depth, N, "erf", 1, sqrt(figure->bias_ratio), layer);

    (void)sample;
    sphere_uniform(stream, N, sqrt(N), x);
    stream_normals(stream, (size_t)N, coefficients);
    if (status == STATUS_OK) {
        status = layernorm_model_new(&model, &(struct layernorm_network){N, depth, layer}, *stream);
    }
    if (status == STATUS_OK) {
        status = layernorm_trace_new(&trace, &model.network, 1);
    }
    if (status == STATUS_OK) {
        layernorm_trace_forward(&trace, &model, 1, x);
        layernorm_trace_backward(&trace, &model, coefficients, &(struct layernorm_gradient){.norm2 = norm2});
    }
    for (int l = 0; l < depth; l++) {
        out[l] = log(norm2[l] / norm2[depth]);
    }
    layernorm_trace_free(&trace);
    layernorm_model_free(&model);
    memory_free(layer);
    memory_free(x);
    memory_free(norm2);
    return status;
}

/* ## Networks beside theory */
static void compare(struct claim *claim, int L, double slope, const struct moments wide[], const struct moments half[])
{
    for (int l = 0; l <= L; l++) {
        int above = L + 1 - (l > 1 ? l : 1); // non-linear layers above; the embedding changes nothing
        struct value network = moments_limit(wide[l], half[l]);
        struct value theory = measured(above * log(slope), 1e-14 * above, ROUNDING);

        claim_case(claim, "layer %d, %d non-linear layers above", l, above);
        check_zero(claim, "gradients", value_sub(network, theory), 1);
        claim_row(claim, NULL, l, exp(theory.x / 2), BOTH(moments_mean(wide[l])));
    }
}

static void draw_figure(struct claim *claim)
{
    struct activation erf;
    struct correlation_map map;
    struct figure figure = {.L = (int)claim_integer(claim, "L"), .width = (int)claim_integer(claim, "N")};
    size_t networks = (size_t)claim_integer(claim, "networks"), outputs = (size_t)figure.L + 1;
    struct moments *wide = memory_new(2 * outputs, sizeof *wide), *half = wide + outputs;

    claim_need(claim, activation_find("erf", &erf));
    figure.bias_ratio = claim_value(claim, critical_bias_ratio(&erf)).x;
    claim_need(claim, correlation_map_layer(&map, &erf, claim_fault(claim, "no_bias") ? 0 : figure.bias_ratio));
    claim_column(claim, "layer", EXACT, "a grid");
    claim_column(claim, "theory", RELATIVE(1e-11), "a closed form");
    claim_column(claim, "log_gradient2", SIGMAS(0.1), "the same draws: only BLAS rounding differs");
    claim_column(claim, "log_gradient2_err", RELATIVE(0.05), "a standard error");

    struct ensemble ensemble = claim_ensemble(claim, 0, networks, outputs, draw_gradients, &figure);
    claim_need(claim, ensemble_moments(&ensemble, wide));
    struct figure narrow = figure;
    narrow.width /= 2;
    ensemble = claim_ensemble(claim, 1, 2 * networks, outputs, draw_gradients, &narrow);
    claim_need(claim, ensemble_moments(&ensemble, half));
    compare(claim, figure.L, correlation_map_slope(&map, 1), wide, half);
    memory_free(wide);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer_by_scale("L", "depth: number of non-linear layers", 16, 64, 64, 8, 1024),
                           integer_by_scale("N", "width", 128, 256, 1024, 128, 4096),
                           integer_by_scale("networks", "how many are drawn; twice as many at half the width", 400, 192,
                                            192, 192, 100000)},
            .faults = {{"no_bias", "the slope without the critical bias", "gradients"}},
            .scaled = "Networks of width 256: the paper names no width for this figure, and 1024 for figure 1.",
            .run = draw_figure,
        }));
}
