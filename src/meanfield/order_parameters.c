// SPDX-License-Identifier: GPL-3.0-or-later
/* Order parameters (Karakida, Akaho and Amari 2019 for dense layers; Xiao et al. 2018 for convolutions).
 *
 * All there is to a layer is the dual kernel K(v, w, c) = E phi(sqrt v X) phi(sqrt w Y) at correlation c, and that of phi'. Batch normalisation makes v = w = gamma^2 and c = 0 between different inputs: their normalised pre-activations
 * are uncorrelated because each has mean zero over the other.
 *
 * **With live statistics** a gradient summed over all samples is zero below the last normalisation: adding a constant to a unit, or scaling it, changes nothing. What is left beside the last weights, in the pair mean, are the last bias, 1,
 * the beta next to the output, sigma_w2 (E phi'(gamma Z))^2, and the gamma, sigma_w2 (E Z phi'(gamma Z))^2. */
#include "variance_kernel.h"
#include <assay/meanfield/order_parameters.h>
#include <math.h>

/* ## The averaged network */

void order_network_dense(struct order_network *network, int layers, double inputs, double width, double gamma,
                         double sigma_w2, double sigma_b2)
{
    *network = (struct order_network){.layers = layers, .batchnorm = gamma > 0};
    network->sigma_w2 = sigma_w2;
    network->sigma_b2 = sigma_b2;
    activation_find("relu", &network->phi);
    for (int l = 0; l <= layers && l <= ORDER_LAYERS; l++) {
        network->layer[l] = (struct order_layer){l == 0 ? inputs : l == layers ? 1 : width, 1, 1};
        network->gamma[l] = gamma;
    }
}

enum status order_check(int layers, bool batchnorm, const double gamma[], double sigma_w2, double sigma_b2)
{
    if (layers < 1 || layers > ORDER_LAYERS) {
        return status_fail(STATUS_RANGE, "order parameters: %d layers", layers);
    }
    if (!(sigma_w2 > 0 && sigma_b2 >= 0) || !isfinite(sigma_w2) || !isfinite(sigma_b2)) {
        return status_fail(STATUS_RANGE, "order parameters: sigma_w2 = %g, sigma_b2 = %g", sigma_w2, sigma_b2);
    }
    for (int l = 1; batchnorm && l < layers; l++) {
        if (!(gamma[l] > 0) || !isfinite(gamma[l])) {
            return status_fail(STATUS_RANGE, "order parameters: gamma_%d = %g", l, gamma[l]);
        }
    }
    return STATUS_OK;
}

static enum status check_network(const struct order_network *network)
{
    enum status status =
        order_check(network->layers, network->batchnorm, network->gamma, network->sigma_w2, network->sigma_b2);

    for (int l = 0; status == STATUS_OK && l <= network->layers; l++) {
        struct order_layer layer = network->layer[l];

        if (!(layer.channels > 0 && layer.sites >= 1) || (l > 0 && !(layer.taps > 0))) {
            status = status_fail(STATUS_RANGE, "order parameters: layer %d has %g channels, %g sites, %g taps", l,
                                 layer.channels, layer.sites, layer.taps);
        }
    }
    return status;
}

/* sigma_b2 + sigma_w2 h. */
static struct value affine(double sigma_w2, double sigma_b2, struct value h)
{
    return value_add(exact(sigma_b2), value_scale(sigma_w2, h));
}

/* The kernel between inputs, with or without normalisation, at a pair moment z. */
static struct value pair_kernel(const struct order_network *network, bool slope, int l, struct value same,
                                struct value pair)
{
    struct kernel kernel = kernel_of(&network->phi, slope);
    double gamma = network->gamma[l];

    if (network->batchnorm) {
        struct value variance = rounded(gamma * gamma, 1);

        return kernel_value(&kernel, variance, variance, exact(0));
    }
    return kernel_value(&kernel, same, same, value_div(pair, same));
}

static struct value self_kernel(const struct order_network *network, bool slope, int l, struct value same)
{
    struct kernel kernel = kernel_of(&network->phi, slope);
    struct value variance = network->batchnorm ? rounded(network->gamma[l] * network->gamma[l], 1) : same;

    return kernel_value(&kernel, variance, variance, exact(1));
}

static void forward(const struct order_network *network, struct order_parameters at[])
{
    at[0].h = (struct order_triple){exact(1), exact(0), exact(0)};
    for (int l = 1; l <= network->layers; l++) {
        const struct order_triple *below = &at[l - 1].h;
        struct order_triple *z = &at[l].z, *h = &at[l].h;

        z->same = affine(network->sigma_w2, network->sigma_b2, below->same);
        z->pair = affine(network->sigma_w2, network->sigma_b2, below->pair);
        z->across = affine(network->sigma_w2, network->sigma_b2, below->across);
        at[l].s2 = value_scale(network->sigma_w2, value_sub(below->same, below->pair));
        if (l < network->layers) {
            h->same = self_kernel(network, false, l, z->same);
            h->pair = pair_kernel(network, false, l, z->same, z->pair);
            h->across = network->batchnorm ? h->pair : pair_kernel(network, false, l, z->same, z->across);
        }
    }
}

/* What multiplies every slope: sigma_w2, and the normalisation's gamma^2 over its denominator. */
static struct value gain(const struct order_network *network, int l, const struct order_parameters *at)
{
    double gamma = network->gamma[l];

    if (!network->batchnorm) {
        return exact(network->sigma_w2);
    }
    struct value denominator = network->denominator == DENOMINATOR_VARIANCE ? at->s2 : at->z.same;
    return value_div(rounded(network->sigma_w2 * gamma * gamma, 2), denominator);
}

static void backward(const struct order_network *network, struct order_parameters at[])
{
    int L = network->layers;

    at[L].delta = (struct order_triple){exact(1), exact(1), exact(network->across_base)};
    for (int l = L - 1; l >= 1; l--) {
        double here = network->layer[l].sites, above = network->layer[l + 1].sites;
        bool counted = network->sites == SITES_COUNTED;
        struct value g = gain(network, l, &at[l]), ratio = counted ? rounded(above / here, 1) : exact(1);
        struct value pairs = counted ? rounded(here > 1 ? above * (above - 1) / (here * (here - 1)) : 0, 3) : exact(1);
        struct value pair = pair_kernel(network, true, l, at[l].z.same, at[l].z.pair);
        struct value across = network->batchnorm ? pair : pair_kernel(network, true, l, at[l].z.same, at[l].z.across);
        const struct order_triple *up = &at[l + 1].delta;

        at[l].delta.same =
            value_mul(value_mul(value_mul(g, ratio), self_kernel(network, true, l, at[l].z.same)), up->same);
        at[l].delta.pair = value_mul(value_mul(value_mul(g, ratio), pair), up->pair);
        at[l].delta.across = value_mul(value_mul(value_mul(g, pairs), across), up->across);
    }
}

static struct value f_of(const struct order_network *network, int l, const struct order_parameters at[])
{
    double sites = network->layer[l].sites, N = network->layer[l - 1].channels * network->layer[l].taps;
    const struct order_triple *delta = &at[l].delta, *h = &at[l - 1].h;

    if (network->bound == BOUND_FACTORISED) {
        struct value left = value_add(value_scale(sites - 1, delta->across), delta->pair);
        struct value right = value_add(value_scale(sites - 1, h->across), h->pair);

        return value_scale(N, value_mul(left, right));
    }
    struct value across = value_scale(sites - 1, value_mul(delta->across, h->across));
    return value_scale(N * sites, value_add(value_mul(delta->pair, h->pair), across));
}

static enum status check_found(int layers, const struct order_parameters at[])
{
    for (int l = 1; l <= layers; l++) {
        if (!value_ok(at[l].f) || !value_ok(at[l].z.same) || !value_ok(at[l].delta.same)) {
            return status_fail(STATUS_CONVERGENCE, "order parameters: layer %d is not finite", l);
        }
    }
    return STATUS_OK;
}

enum status order_parameters_find(const struct order_network *network, struct order_parameters at[])
{
    enum status status = check_network(network);

    if (status != STATUS_OK) {
        return status;
    }
    forward(network, at);
    backward(network, at);
    for (int l = 1; l <= network->layers; l++) {
        at[l].f = f_of(network, l, at);
    }
    return check_found(network->layers, at);
}

/* ## Bounds */

struct value order_parameters_bound(const struct order_network *network, const struct order_parameters at[])
{
    struct value sum = exact(0);

    for (int l = 1; l <= network->layers; l++) {
        sum = value_add(sum, at[l].f);
    }
    return sum;
}

struct value order_bound(const struct order_network *network)
{
    struct order_parameters at[ORDER_LAYERS + 1];

    return order_parameters_find(network, at) == STATUS_OK ? order_parameters_bound(network, at) : value_failed();
}

static bool normalised(const struct order_network *network)
{
    if (check_network(network) != STATUS_OK) {
        return false;
    }
    if (!network->batchnorm) {
        status_fail(STATUS_RANGE, "order parameters: a bound of batch-normalised networks, and this is none");
    }
    return network->batchnorm;
}

/* (E phi'(gamma Z))^2 + (E Z phi'(gamma Z))^2 at layer l: the squared mean gradients with respect to beta and gamma of a unit, by the gradient with respect to its activation. */
static struct value beta_and_gamma(const struct order_network *network, int l)
{
    struct value radial = radial_mean(&network->phi, network->gamma[l]);
    struct value zero = exact(0);

    return value_add(pair_kernel(network, true, l, zero, zero), value_mul(radial, radial));
}

struct value order_bound_live(const struct order_network *network, bool all)
{
    int L = network->layers;

    if (!normalised(network)) {
        return value_failed();
    }
    if (L == 1) {
        return exact(all ? 1 : 0);
    }
    struct value zero = exact(0), h = pair_kernel(network, false, L - 1, zero, zero);
    struct value bound = value_scale(network->layer[L - 1].channels * network->layer[L].taps, h);
    if (all) {
        bound = value_add(bound, exact(1));
        bound = value_add(bound, value_scale(network->sigma_w2, beta_and_gamma(network, L - 1)));
    }
    return bound;
}

/* The sum over all pairs of sites of a layer's delta. */
static struct value over_sites(double sites, const struct order_triple *delta)
{
    return value_scale(sites, value_add(delta->pair, value_scale(sites - 1, delta->across)));
}

struct value order_bound_others(const struct order_network *network, const struct order_parameters at[])
{
    struct value sum = exact(0);

    if (!normalised(network)) {
        return value_failed();
    }
    for (int l = 1; l <= network->layers; l++) {
        struct value biases = over_sites(network->layer[l].sites, &at[l].delta);

        sum = value_add(sum, biases);
        if (l < network->layers) {
            struct value zero = exact(0), slope = pair_kernel(network, true, l, zero, zero);
            struct value per_slope = value_div(biases, value_mul(gain(network, l, &at[l]), slope));

            sum = value_add(sum, value_scale(network->sigma_w2, value_mul(per_slope, beta_and_gamma(network, l))));
        }
    }
    return sum;
}
