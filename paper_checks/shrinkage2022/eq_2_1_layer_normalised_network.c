/* # Equations (2.1) and (2.2): the layer-normalised network and the correlation of its preactivations
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 2.2. Preactivations are normalised without centring,
 *
 * $$z_i^{(l)}(x)=\sqrt{N_l}\,\frac{y_i^{(l)}(x)}{\|y^{(l)}(x)\|},\qquad
 * y_i^{(l)}=\frac1{\sqrt{N_{l-1}}}\sum_jW_{ij}^{(l)}\phi_l(z_j^{(l-1)})+b_i^{(l)},\tag{2.1}$$
 *
 * with $\phi_1(x)=x$, and their correlation is the cosine of the $y$'s:
 *
 * $$\rho_l=\frac1{N_l}\sum_iz_i^{(l)}(x_\alpha)z_i^{(l)}(x_\beta)
 * =\frac{y^{(l)}(x_\alpha)\cdot y^{(l)}(x_\beta)}{\|y^{(l)}(x_\alpha)\|\,\|y^{(l)}(x_\beta)\|}.\tag{2.2}$$
 *
 * **Checked.** The library's network, as used by all programs of this paper, against a direct evaluation written here loop by loop from the same
 * weights: every $z^{(l)}$, their norms, both sides of (2.2). What the normalisation implies: scaling $\sigma_w$ and $\sigma_b$ together changes
 * nothing, and neither does the input's length in a network without bias in its first layer.
 * **Tolerance.** Sums of $N$ terms round by at most $N$ ulp of the sum of their sizes, a few of their norm; errors pass from layer to layer with the
 * layer's slope.
 * **Could miss.** A wrong law of the weights: programs that compare networks with infinite width would see it.
 * **Found.** The network is the paper's. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/correlation_map.h>
#include <assay/network/layernorm_network.h>
#include <float.h>
#include <math.h>
#include <string.h>

enum { PAIR = 2 };

/* ## The direct evaluation of one layer
 * y receives the layer before normalisation. */
static void layer_by_hand(const struct layernorm_model *model, int l, const double z[], bool centred, double y[],
                          double out[])
{
    const struct layernorm_layer *layer = &model->network.layer[l - 1];
    int from = layernorm_width(&model->network, l - 1), to = layer->width;
    const double *W = layernorm_weight(model, l), *b = layernorm_bias(model, l);
    double square = 0, mean = 0;

    for (int i = 0; i < to; i++) {
        double sum = 0;

        for (int j = 0; j < from; j++) {
            sum += W[i * from + j] * activation_value(&layer->phi, z[j]);
        }
        y[i] = sum / sqrt(from) + b[i];
        mean += y[i] / to;
    }
    for (int i = 0; i < to; i++) {
        y[i] -= centred ? mean : 0;
        square += y[i] * y[i];
    }
    for (int i = 0; i < to; i++) {
        out[i] = sqrt(to) * y[i] / sqrt(square);
    }
}

static double dot(int n, const double x[], const double y[])
{
    double sum = 0;

    for (int i = 0; i < n; i++) {
        sum += x[i] * y[i];
    }
    return sum;
}

/* ## Layer by layer beside the library */
struct walk {
    struct claim *claim;
    const struct layernorm_model *model;
    double *z[PAIR], *y[PAIR], *next;
    double noise;  // rounding carried so far, relative to the layer's norm
    double growth; // by which a layer multiplies it: twice the root of its mean squared slope, and one for what it adds
};

static enum status compare_layer(const struct layer_state *state, void *context)
{
    struct walk *walk = context;
    struct claim *claim = walk->claim;
    int N = state->width;

    if (state->layer == 0) {
        memcpy(walk->z[0], state->Z, (size_t)N * sizeof(double));
        memcpy(walk->z[1], state->Z + N, (size_t)N * sizeof(double));
        return STATUS_OK;
    }
    walk->noise = walk->growth * walk->noise + 16 * DBL_EPSILON;
    claim_case(claim, "layer %d", state->layer);
    for (int a = 0; a < PAIR; a++) {
        double difference = 0;

        layer_by_hand(walk->model, state->layer, walk->z[a], claim_fault(claim, "centred"), walk->y[a], walk->next);
        memcpy(walk->z[a], walk->next, (size_t)N * sizeof(double));
        for (int i = 0; i < N; i++) {
            difference = fmax(difference, fabs(walk->z[a][i] - state->Z[a * N + i]));
        }
        check_zero(claim, "preactivations", measured(difference, sqrt(N) * walk->noise, ROUNDING), 1);
        check_equal(claim, "norm", exact(claim_fault(claim, "unit_norm") ? 1 : N),
                    rounded(dot(N, state->Z + a * N, state->Z + a * N), 2.0 * N));
    }
    struct value rho = measured(dot(N, state->Z, state->Z + N) / N, walk->noise, ROUNDING);
    double cosine =
        dot(N, walk->y[0], walk->y[1]) / sqrt(dot(N, walk->y[0], walk->y[0]) * dot(N, walk->y[1], walk->y[1]));
    check_equal(claim, "correlation", measured(cosine, walk->noise, ROUNDING), rho);
    claim_row(claim, NULL, state->layer, rho.x, cosine);
    return STATUS_OK;
}

/* ## Invariance
 * The correlations at the last layer under other scales of the weights, the biases and the inputs. */
static double last_gap(struct claim *claim, const struct layernorm_network *network, const double X[])
{
    double *gap = memory_doubles((size_t)network->depth + 1);

    claim_need(claim,
               layernorm_propagate(network, claim_stream(claim, 0, 0), PAIR, X, 0, NULL, propagation_record_gaps, gap));
    double last = gap[network->depth];
    memory_free(gap);
    return last;
}

/* A gap is $|z-z'|^2/2N$: noise in the states is noise in the root of twice the gap. */
static struct value noisy(double gap, double noise)
{
    return measured(gap, noise * (sqrt(2 * gap) + noise), ROUNDING);
}

static void invariance(struct claim *claim, struct layernorm_network *network, struct layernorm_layer layer[],
                       const double X[], double noise)
{
    int N = network->inputs;
    double *scaled = memory_doubles((size_t)(PAIR * N)), before = last_gap(claim, network, X);

    for (int i = 0; i < PAIR * N; i++) {
        scaled[i] = (i < N ? 3.7 : 0.2) * X[i];
    }
    claim_case(claim, "inputs of other lengths");
    check_equal(claim, "invariance", noisy(before, noise), noisy(last_gap(claim, network, scaled), noise));
    for (int l = 0; l < network->depth; l++) {
        layer[l].weight_sd *= 2.9;
        layer[l].bias_sd *= claim_fault(claim, "weights_only") ? 1 : 2.9;
    }
    claim_case(claim, "weights and biases scaled together");
    check_equal(claim, "invariance", noisy(before, noise), noisy(last_gap(claim, network, X), noise));
    memory_free(scaled);
}

static void network_by_hand(struct claim *claim)
{
    int N = (int)claim_integer(claim, "N"), depth = (int)claim_integer(claim, "L") + 1;
    struct layernorm_layer *layer = memory_new((size_t)depth, sizeof *layer);
    struct layernorm_network network = {N, depth, layer};
    struct layernorm_model model;
    struct correlation_map map;
    struct stream inputs = claim_stream(claim, 1, 0);
    double *X = memory_doubles((size_t)(PAIR * N)), *room = memory_doubles((size_t)(5 * N));
    struct walk walk = {claim, &model, {room, room + N}, {room + 2 * N, room + 3 * N}, room + 4 * N, 0, 0};

    claim_need(claim, correlation_map_find(&map, claim_text(claim, "phi"), claim_real(claim, "s")));
    walk.growth = 1 + 2 * sqrt(correlation_map_slope_at_one(&map).x);
    claim_column(claim, "layer", EXACT, "an index");
    claim_column(claim, "rho", RELATIVE(1e-9), "sums of N terms, carried through the layers");
    claim_column(claim, "cosine", RELATIVE(1e-9), "sums of N terms, carried through the layers");
    stream_normals(&inputs, (size_t)(PAIR * N), X);
    for (int a = 0; a < PAIR; a++) {
        double length = sqrt(dot(N, X + a * N, X + a * N));

        for (int i = 0; i < N; i++) {
            X[a * N + i] *= sqrt(N) / length;
        }
    }
    claim_need(claim, layernorm_layers(depth, N, claim_text(claim, "phi"), 1, sqrt(claim_real(claim, "s")), layer));
    claim_need(claim, layernorm_model_new(&model, &network, claim_stream(claim, 0, 0)));
    claim_need(claim, layernorm_model_propagate(&model, PAIR, X, 0, NULL, compare_layer, &walk));
    invariance(claim, &network, layer, X, walk.noise);
    layernorm_model_free(&model);
    memory_free(layer);
    memory_free(X);
    memory_free(room);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {choice("phi", "activation",
                                  "erf|relu|tanh|sigmoid|gelu|silu|softplus|elu|selu|sin|abs|bump|x^2|h3"),
                           integer_by_scale("N", "width", 64, 512, 1024, 8, 4096),
                           integer("L", "non-linear layers", 6, 1, 10),
                           real("s", "sigma_b^2 / sigma_w^2", 0.1, 0.001, 100)},
            .faults = {{"unit_norm", "preactivations of norm 1 in place of sqrt(N)", "norm"},
                       {"centred", "the mean subtracted before normalisation", "preactivations correlation"},
                       {"weights_only", "sigma_w scaled without sigma_b", "invariance"}},
            .run = network_by_hand,
        }));
}
