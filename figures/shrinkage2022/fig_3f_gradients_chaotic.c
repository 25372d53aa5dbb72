/* # Figure 3f: gradients of a chaotic erf network explode towards the low layers
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 4.1, figure 3f: gradient norms of chaotic erf networks,
 * layer by layer. In infinite width the mean squared gradient of a loss with respect to $z^{(l)}$ is multiplied by $P_{l+1}'(1)>1$ from layer $l+1$ to
 * layer $l$. The text gives no variances: $s=\sigma_b^2/\sigma_w^2=0.05$ here, and `--set s=` takes any other.
 *
 * The caption says that the bound in this panel is (4.3),
 * $\frac14\sqrt{(\arctan\frac2{\sqrt5}-\frac23)\sqrt5}\,(1-\rho_{\rm fp})\sqrt L$. That is a bound on the Jacobian of all $L$ layers, shown in panel 3d.
 * It doesn't bound the gradients of the layers from below: near the output they are of the size of the output's gradient, however deep the network.
 *
 * **Checked.** Backpropagation through finite networks of $L$ non-linear layers, from a loss linear in the output with random coefficients:
 * the squared gradient at each layer, over that at the output, against the product of slopes. For the caption, networks of 256 layers without bias,
 * where the bound is largest: one layer below the output the gradient, over that at the output, is less than the bound; $k$ layers below it is
 * more than the bound for a Jacobian of $k$ layers.
 * **Tolerance.** Logarithms are averaged: gradients scatter like a log-normal law. Standard error over networks, widened for their small number; the bias
 * of finite width, linear in $L/N$, by halving the width, with its own standard error.
 * **Could miss.** What the loss does: the text names none. Another reading of the caption: a picture may have drawn the bound at the lowest layer only, where
 * it holds.
 * **Found.** Gradients grow as they should, up to a deficit in proportion to $L/N$. The bound belongs to panel 3d. */
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

/* ## Networks beside theory
 * The bound (4.3) on the Jacobian of one layer; that of $k$ layers is $\sqrt k$ times as large. */
static struct value bound_of_layer(struct claim *claim, const struct correlation_map *map)
{
    struct value gap = claim_value(claim, correlation_map_fixed_gap(map));

    return value_scale(sqrt((atan(2 / sqrt(5)) - 2.0 / 3) * sqrt(5)) / 4, gap);
}

static void compare(struct claim *claim, int L, const struct correlation_map *map, const struct moments wide[],
                    const struct moments half[])
{
    double slope = correlation_map_slope(map, 1), bound = bound_of_layer(claim, map).x;

    for (int l = 0; l <= L; l++) {
        int above = L + 1 - (l > 1 ? l : 1); // non-linear layers above; the embedding changes nothing
        struct value network = moments_limit(wide[l], half[l]);
        struct value theory = measured(above * log(slope), 1e-14 * above, ROUNDING);

        if (claim_fault(claim, "squared")) {
            theory = value_scale(2, theory);
        }
        claim_case(claim, "layer %d, %d non-linear layers above", l, above);
        check_zero(claim, "gradients", value_sub(network, theory), 1);
        claim_row(claim, NULL, l, exp(theory.x / 2), bound * sqrt(above), BOTH(moments_mean(wide[l])));
    }
}

/* ## The bound (4.3), where the caption puts it and where it belongs */
static void check_caption(struct claim *claim, const struct activation *phi)
{
    enum { DEEP = 256 };
    struct moments wide[DEEP + 1], half[DEEP + 1];
    struct correlation_map map;

    claim_need(claim, correlation_map_layer(&map, phi, 0));
    struct ensemble ensemble = claim_ensemble(claim, 2, 96, DEEP + 1, draw_gradients, &(struct figure){DEEP, 64, 0});
    claim_need(claim, ensemble_moments(&ensemble, wide));
    ensemble = claim_ensemble(claim, 3, 192, DEEP + 1, draw_gradients, &(struct figure){DEEP, 32, 0});
    claim_need(claim, ensemble_moments(&ensemble, half));
    struct value factor = bound_of_layer(claim, &map);

    for (int k = 1; k <= 16; k++) {
        int l = DEEP + 1 - k;
        struct value log2 = moments_limit(wide[l], half[l]);
        struct value gradient = value_through(log2, exp(log2.x / 2), exp(log2.x / 2) / 2);

        claim_case(claim, "s = 0, %d layers below the output", k);
        check_at_least(claim, "Jacobian", gradient,
                       value_scale(sqrt(claim_fault(claim, "whole_depth") ? DEEP : k), factor));
        if (k == 1) {
            check_not_at_least(claim, "gradient", gradient,
                               value_scale(sqrt(claim_fault(claim, "layers_above") ? k : DEEP), factor));
        }
    }
}

static void draw_figure(struct claim *claim)
{
    struct activation erf;
    struct correlation_map map;
    struct figure figure = {(int)claim_integer(claim, "L"), (int)claim_integer(claim, "N"), claim_real(claim, "s")};
    size_t networks = (size_t)claim_integer(claim, "networks"), outputs = (size_t)figure.L + 1;
    struct moments *wide = memory_new(2 * outputs, sizeof *wide), *half = wide + outputs;

    claim_need(claim, activation_find("erf", &erf));
    claim_need(claim, correlation_map_layer(&map, &erf, figure.bias_ratio));
    claim_column(claim, "layer", EXACT, "a grid");
    claim_column(claim, "theory", RELATIVE(1e-11), "a closed form");
    claim_column(claim, "bound", ABSOLUTE(1e-11), "a closed form of the fixed point, a root");
    claim_column(claim, "log_gradient2", SIGMAS(0.1), "the same draws: only BLAS rounding differs");
    claim_column(claim, "log_gradient2_err", RELATIVE(0.05), "a standard error");

    struct ensemble ensemble = claim_ensemble(claim, 0, networks, outputs, draw_gradients, &figure);
    claim_need(claim, ensemble_moments(&ensemble, wide));
    figure.width /= 2;
    ensemble = claim_ensemble(claim, 1, 2 * networks, outputs, draw_gradients, &figure);
    claim_need(claim, ensemble_moments(&ensemble, half));
    compare(claim, figure.L, &map, wide, half);
    check_caption(claim, &erf);
    memory_free(wide);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {real("s", "sigma_b^2 / sigma_w^2", 0.05, 0, 10),
                           integer_by_scale("L", "depth: number of non-linear layers", 16, 64, 64, 8, 256),
                           integer_by_scale("N", "width", 128, 256, 1024, 128, 4096),
                           integer_by_scale("networks", "how many are drawn; twice as many at half the width", 400, 192,
                                            192, 192, 100000)},
            .faults = {{"squared", "squared gradients growing like the square of the product of slopes", "gradients"},
                       {"layers_above", "the caption's bound with the number of layers above in place of the depth",
                        "gradient"},
                       {"whole_depth", "the bound for the whole depth, held against the Jacobian of a few layers",
                        "Jacobian"}},
            .errata = {{"S4", "Bounds in figures 3a and 3f are the predictions of inequalities 4.2 and 4.3.",
                        "The bound (4.3) is on the Jacobian, figure 3d; gradients near the output lie below it in a "
                        "deep network.",
                        "gradient", "Jacobian", "A caption; no result depends on it.", NULL}},
            .scaled = "Networks of width 256: the paper names no width for this figure, and 1024 for figure 1.",
            .run = draw_figure,
        }));
}
