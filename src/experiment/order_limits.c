// SPDX-License-Identifier: GPL-3.0-or-later
/* Order parameters in the limit.
 *
 * **Without normalisation** the bias at full size is b = c/C + d/m + e/inputs. From half to a quarter of C and m the first two change by twice what they are at full size; inputs at those sizes are chosen so that
 * 1/quarter - 1/half is 2/inputs too, or as near above as whole numbers go. Half of the change is b, and is allowed. With a single input channel nothing smaller exists: there the change from many to one is b itself.
 *
 * **With normalisation** gradients have factors 1/s^2 at every layer, whose biases are large and multiply, and h of two inputs biases of both signs. Logarithms are extrapolated, twice that at full size less that at half; a bias of second order is left, a third of what the same
 * from half and a quarter differs by, and half of that is allowed. Inputs are kept. With n weights a unit of the first layer, E 1/s^2 is n / (n - 2) times 1 / E s^2, and the correlation of two inputs, of variance 1/n, makes h of them up to 1 / (2 n) larger there, and less above: that is allowed too. */
#include <assay/base/memory.h>
#include <assay/experiment/order_limits.h>
#include <math.h>
#include <stdio.h>

enum { SIZES = 3, MANY = 64 };

const char *const order_triple_name[3] = {"same", "pair", "across"};

struct value order_triple_get(const struct order_triple *triple, int i)
{
    return i == 0 ? triple->same : i == 1 ? triple->pair : triple->across;
}

void drawn_columns(struct claim *claim, const char *name)
{
    char error[64];

    snprintf(error, sizeof error, "%s_err", name);
    claim_column(claim, name, SIGMAS(0.1), "the same draws: only rounding differs");
    claim_column(claim, error, RELATIVE(0.05), "a standard error and a measured bias");
}

/* ## What the parameters describe */

static enum status maps_of(const struct convolutions *net, struct order_map_network *maps, struct order_parameters at[])
{
    *maps = (struct order_map_network){
        .layers = net->layers, .batchnorm = net->gamma > 0, .sigma_w2 = net->sigma_w2, .sigma_b2 = net->sigma_b2};
    activation_find("relu", &maps->phi);
    maps->map[0] = (struct order_map){.side = net->side, .channels = net->inputs};
    for (int l = 1; l < net->layers; l++) {
        maps->map[l] = (struct order_map){
            .kernel = net->kernel, .stride = net->stride, .padding = net->padding, .channels = l * net->C};
        maps->gamma[l] = net->gamma * pow(net->ratio, l - 1);
    }
    return order_maps_find(maps, at);
}

struct convolutions convolutions_read(struct claim *claim, bool batchnorm)
{
    struct convolutions net = {.side = (int)claim_integer(claim, "side"),
                               .inputs = (int)claim_integer(claim, "inputs"),
                               .layers = (int)claim_integer(claim, "L"),
                               .C = (int)claim_integer(claim, "C"),
                               .kernel = (int)claim_integer(claim, "kernel"),
                               .stride = (int)claim_integer(claim, "stride"),
                               .padding = (int)claim_integer(claim, "padding"),
                               .m = (int)claim_integer(claim, "m"),
                               .outputs = 2,
                               .gamma = batchnorm ? claim_real(claim, "gamma") : 0,
                               .ratio = 1,
                               .sigma_w2 = claim_real(claim, "sigma_w2"),
                               .sigma_b2 = claim_real(claim, "sigma_b2"),
                               .networks = (size_t)claim_integer(claim, "networks")};
    int side = net.side;

    if (net.kernel * net.kernel * net.inputs < 9) {
        claim_refuse(claim, "kernel %d on %d inputs: below 9 weights a unit the bias is not linear in their number",
                     net.kernel, net.inputs);
    }
    for (int l = 1; l < net.layers; l++) {
        if (net.padding >= net.kernel || net.kernel > side + 2 * net.padding) {
            claim_refuse(claim, "kernel %d with padding %d does not fit into layer %d, of side %d", net.kernel,
                         net.padding, l - 1, side);
        }
        side = (side + 2 * net.padding - net.kernel) / net.stride + 1;
    }
    return net;
}

void convolutions_maps(struct claim *claim, const struct convolutions *net, struct order_parameters at[])
{
    struct order_map_network *maps = memory_new(1, sizeof *maps);

    claim_need(claim, maps_of(net, maps, at));
    memory_free(maps);
}

struct order_network convolutions_averaged(struct claim *claim, const struct convolutions *net)
{
    int L = net->layers;
    double side = net->side;
    struct order_network network = {
        .layers = L, .batchnorm = net->gamma > 0, .sigma_w2 = net->sigma_w2, .sigma_b2 = net->sigma_b2};

    claim_need(claim, activation_find("relu", &network.phi));
    network.layer[0] = (struct order_layer){net->inputs, side * side, 1};
    for (int l = 1; l < L; l++) {
        side = floor((side + 2 * net->padding - net->kernel) / net->stride) + 1;
        network.layer[l] = (struct order_layer){l * net->C, side * side, net->kernel * net->kernel};
        network.gamma[l] = net->gamma * pow(net->ratio, l - 1);
    }
    network.layer[L] = net->pooled ? (struct order_layer){1, side * side, 1} : (struct order_layer){1, 1, side * side};
    network.across_base = net->pooled ? 1 : 0;
    return network;
}

void convolutions_predict(struct claim *claim, const struct order_network *network, struct order_parameters at[])
{
    claim_need(claim, order_parameters_find(network, at));
}

/* ## Experiments of three sizes */

static void sample_of(const struct convolutions *net, int size, struct order_sample *sample)
{
    int few = net->inputs >= 4 ? net->inputs / 4 : 1, middle = net->inputs >= 4 ? net->inputs / 2 : MANY;
    int inputs[SIZES] = {net->inputs, net->inputs == 3 ? 3 : middle, few}, L = net->layers;
    int readouts = net->outputs > 0 ? net->outputs : 1;

    *sample = (struct order_sample){.samples = net->m >> size,
                                    .outputs = net->outputs,
                                    .pair = net->pair,
                                    .across = net->across,
                                    .ratio = net->ratio,
                                    .controlled = true,
                                    .gradients = net->gradients};
    feedforward_model_convolutions(&sample->model, net->side, net->gamma > 0 ? net->inputs : inputs[size], L,
                                   net->C >> size, net->kernel, net->stride, net->padding, readouts, net->gamma,
                                   net->sigma_w2, net->sigma_b2);
    sample->model.over_sites = net->over_sites;
    if (net->pooled) {
        sample->model.layer[L] = (struct feedforward_layer){readouts, 1, 1, 0};
    }
}

static enum status draw(struct stream *stream, size_t number, double out[], const void *context)
{
    (void)number;
    return order_sample_draw(context, *stream, out);
}

/* Extrapolated in the logarithm; as it is where a mean is not positive. */
static struct value extrapolated(const struct moments size[SIZES])
{
    struct value log_of[SIZES];

    for (int s = 0; s < SIZES; s++) {
        struct value mean = moments_estimate(size[s]);

        if (!(mean.x > 0)) {
            return moments_limit_of_sizes(size);
        }
        log_of[s] = value_through(mean, log(mean.x), 1 / mean.x);
    }
    struct value upper = value_sub(value_scale(2, log_of[0]), log_of[1]),
                 lower = value_sub(value_scale(2, log_of[1]), log_of[2]);
    struct value limit = value_with(upper, fabs(upper.x - lower.x) / 2, FINITE_SIZE);
    return value_through(limit, exp(limit.x), exp(limit.x));
}

static void limits(struct claim *claim, uint32_t stream, const struct convolutions *net, struct value out[])
{
    struct order_sample *sample = memory_new(SIZES, sizeof *sample);
    size_t numbers = (size_t)(net->layers + 1) * ORDER_NUMBERS;
    struct moments *at = memory_new(SIZES * numbers, sizeof *at);

    for (int s = 0; s < SIZES; s++) {
        sample_of(net, s, &sample[s]);
        struct ensemble ensemble =
            claim_ensemble(claim, stream + 2 * (uint32_t)s, net->networks << s, numbers, draw, &sample[s]);
        claim_need(claim, ensemble_moments(&ensemble, at + (size_t)s * numbers));
    }
    for (size_t k = 0; k < numbers; k++) {
        struct moments size[SIZES] = {at[k], at[numbers + k], at[2 * numbers + k]};

        out[k] = net->gamma > 0 ? extrapolated(size) : moments_limit_of_sizes(size);
        out[k].err[FINITE_SIZE] *= net->inputs == 1 && net->gamma == 0 ? 2 : 1;
    }
    memory_free(at);
    memory_free(sample);
}

/* What few weights a unit of the first layer do with normalisation. */
static void allow(struct value *v, double relative)
{
    *v = value_with(*v, relative * fabs(v->x), FINITE_SIZE);
}

static void allow_few_weights(const struct convolutions *net, struct order_parameters at[])
{
    double n = net->kernel * net->kernel * net->inputs;

    for (int l = 1; l < net->layers; l++) {
        double of_z = net->sigma_w2 * at[l].h.pair.x / (2 * n);

        allow(&at[l].h.pair, 1 / (2 * n));
        allow(&at[l].h.across, 1 / (2 * n));
        at[l + 1].z.pair = value_with(at[l + 1].z.pair, of_z, FINITE_SIZE);
        at[l + 1].z.across = value_with(at[l + 1].z.across, of_z, FINITE_SIZE);
    }
    allow(&at[1].delta.same, 2 / (n - 2));
    allow(&at[1].delta.pair, 2 / (n - 2));
    allow(&at[1].delta.across, 2 / (n - 2));
    allow(&at[1].f, 2 / (n - 2));
}

static struct order_triple triple_at(const struct value out[])
{
    return (struct order_triple){out[0], out[1], out[2]};
}

void convolutions_measure(struct claim *claim, uint32_t stream, const struct convolutions *net,
                          struct order_parameters at[])
{
    struct order_network network = convolutions_averaged(claim, net);
    struct value *out = memory_new((size_t)(net->layers + 1) * ORDER_NUMBERS, sizeof *out);

    limits(claim, stream, net, out);
    for (int l = 0; l <= net->layers; l++) {
        struct value *number = out + l * ORDER_NUMBERS;

        at[l] = (struct order_parameters){
            .z = triple_at(number + Z_SAME), .h = triple_at(number + H_SAME), .delta = triple_at(number + DELTA_SAME)};
        at[l].s2 = value_sub(at[l].z.same, at[l].z.pair);
        at[l].f = l > 0 ? value_scale(network.layer[l - 1].channels * network.layer[l].taps, number[F_PAIR]) : exact(0);
    }
    memory_free(out);
    if (net->gamma > 0) {
        allow_few_weights(net, at);
    }
}

void convolutions_with_border(struct claim *claim, uint32_t stream, const struct convolutions *net,
                              struct order_parameters sites[], struct order_parameters drawn[])
{
    struct convolutions padded = *net;

    padded.padding = net->padding > 0 ? net->padding : net->kernel > 1;
    convolutions_maps(claim, &padded, sites);
    convolutions_measure(claim, stream, &padded, drawn);
}
