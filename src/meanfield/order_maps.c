// SPDX-License-Identifier: GPL-3.0-or-later
/* Order parameters of convolutions, site by site.
 *
 * A layer keeps what a pair of sites needs: E|z_a(x)|^2 for each site a, and E<z_a(x), z_b(y)> for each pair (a, b), equal sites included, x and y independent. A convolution sends a pair of sites to the mean over taps of the pairs that the taps
 * reach, 0 where one of them lies outside the map. Backwards nothing arrives for pairs of different sites, because the read-out has weights of its own for every site: the two moments of a site go down by the adjoint of the sum over taps. */
#include "variance_kernel.h"
#include <assay/base/memory.h>
#include <assay/meanfield/order_parameters.h>
#include <math.h>

/* Numbers of one layer: same[sites], pair[sites x sites]. */
struct field {
    int sites;
    struct value *same, *pair;
};

static struct field field_new(int sites)
{
    size_t n = (size_t)sites;

    return (struct field){sites, memory_new(n, sizeof(struct value)), memory_new(n * n, sizeof(struct value))};
}

static void field_free(struct field *field)
{
    memory_free(field->same);
    memory_free(field->pair);
}

/* Backwards: same[sites], pair[sites], the latter at equal sites. */
struct signal {
    int sites;
    struct value *same, *pair;
};

static struct order_triple means_of(const struct field *field)
{
    struct order_triple sum = {exact(0), exact(0), exact(0)};
    double sites = field->sites;

    for (int a = 0; a < field->sites; a++) {
        sum.same = value_add(sum.same, field->same[a]);
        for (int b = 0; b < field->sites; b++) {
            struct value *part = a == b ? &sum.pair : &sum.across;

            *part = value_add(*part, field->pair[a * field->sites + b]);
        }
    }
    sum.same = value_scale(1 / sites, sum.same);
    sum.pair = value_scale(1 / sites, sum.pair);
    sum.across = sites > 1 ? value_scale(1 / (sites * (sites - 1)), sum.across) : exact(0);
    return sum;
}

/* ## Geometry */

static int sites_of(const struct order_map *map)
{
    return map->side * map->side;
}

/* The site of the map below that a site's tap reaches, -1 outside. */
static int reached(const struct order_map *below, const struct order_map *map, int site, int tap)
{
    int row = site / map->side * map->stride - map->padding + tap / map->kernel;
    int column = site % map->side * map->stride - map->padding + tap % map->kernel;
    bool inside = row >= 0 && row < below->side && column >= 0 && column < below->side;

    return inside ? row * below->side + column : -1;
}

static enum status fill_sides(struct order_map_network *network)
{
    for (int l = 0; l < network->layers; l++) {
        struct order_map *map = &network->map[l], *below = map - 1;

        if (l > 0) {
            int room = below->side + 2 * map->padding - map->kernel;

            if (map->kernel < 1 || map->stride < 1 || map->padding < 0 || map->padding >= map->kernel || room < 0) {
                return status_fail(STATUS_RANGE,
                                   "order maps: layer %d: kernel %d, stride %d, padding %d on a side of %d", l,
                                   map->kernel, map->stride, map->padding, below->side);
            }
            map->side = room / map->stride + 1;
        }
        if (map->side < 1 || map->side > (l == 0 ? 4096 : ORDER_SIDE) || !(map->channels > 0)) {
            return status_fail(STATUS_RANGE, "order maps: layer %d has side %d, %g channels", l, map->side,
                               map->channels);
        }
    }
    return STATUS_OK;
}

/* ## Forward */

struct pass {
    const struct order_map_network *network;
    struct field h[ORDER_LAYERS + 1], z[ORDER_LAYERS + 1];
    struct signal delta[ORDER_LAYERS + 1];
};

/* z of the first layer: inputs of different samples are independent. */
static void first(const struct pass *pass, struct field *z)
{
    const struct order_map *map = &pass->network->map[1];
    double taps = map->kernel * map->kernel, sigma_w2 = pass->network->sigma_w2, sigma_b2 = pass->network->sigma_b2;

    for (int a = 0; a < z->sites; a++) {
        int inside = 0;

        for (int t = 0; t < taps; t++) {
            inside += reached(map - 1, map, a, t) >= 0;
        }
        z->same[a] = rounded(sigma_b2 + sigma_w2 * inside / taps, 3);
        for (int b = 0; b < z->sites; b++) {
            z->pair[a * z->sites + b] = exact(sigma_b2);
        }
    }
}

static void convolve(const struct pass *pass, int l, const struct field *h, struct field *z)
{
    const struct order_map *map = &pass->network->map[l];
    int taps = map->kernel * map->kernel;
    double factor = pass->network->sigma_w2 / taps;

    for (int a = 0; a < z->sites; a++) {
        struct value same = exact(0);

        for (int b = 0; b < z->sites; b++) {
            struct value pair = exact(0);

            for (int t = 0; t < taps; t++) {
                int from = reached(map - 1, map, a, t), other = reached(map - 1, map, b, t);

                if (from >= 0 && other >= 0) {
                    pair = value_add(pair, h->pair[from * h->sites + other]);
                    same = a == b ? value_add(same, h->same[from]) : same;
                }
            }
            z->pair[a * z->sites + b] = value_add(exact(pass->network->sigma_b2), value_scale(factor, pair));
        }
        z->same[a] = value_add(exact(pass->network->sigma_b2), value_scale(factor, same));
    }
}

/* The kernel of a pair of sites; of one site with itself for the same input if b < 0. */
static struct value site_kernel(const struct order_map_network *network, bool slope, int l, const struct field *z,
                                int a, int b)
{
    struct kernel kernel = kernel_of(&network->phi, slope);
    double gamma = network->gamma[l];

    if (network->batchnorm) {
        struct value variance = rounded(gamma * gamma, 1);

        return kernel_value(&kernel, variance, variance, exact(b < 0 ? 1 : 0));
    }
    if (b < 0) {
        return kernel_value(&kernel, z->same[a], z->same[a], exact(1));
    }
    struct value square = value_mul(z->same[a], z->same[b]),
                 root = value_through(square, sqrt(square.x), 0.5 / sqrt(square.x));
    struct value c = value_div(z->pair[a * z->sites + b], z->same[a].x == z->same[b].x ? z->same[a] : root);
    return kernel_value(&kernel, z->same[a], z->same[b], c);
}

/* h of z, symmetric in a pair of sites. */
static void activate(const struct order_map_network *network, int l, const struct field *z, struct field *h)
{
    struct value constant = network->batchnorm ? site_kernel(network, false, l, z, 0, 0) : exact(0);

    for (int a = 0; a < z->sites; a++) {
        h->same[a] = site_kernel(network, false, l, z, a, -1);
        for (int b = a; b < z->sites; b++) {
            struct value pair = network->batchnorm ? constant : site_kernel(network, false, l, z, a, b);

            h->pair[a * z->sites + b] = h->pair[b * z->sites + a] = pair;
        }
    }
}

static void forward(struct pass *pass)
{
    const struct order_map_network *network = pass->network;

    for (int l = 1; l < network->layers; l++) {
        if (l == 1) {
            first(pass, &pass->z[l]);
        } else {
            convolve(pass, l, &pass->h[l - 1], &pass->z[l]);
        }
        activate(network, l, &pass->z[l], &pass->h[l]);
    }
}

/* ## Backward */

/* sigma_w2 over the fan-in, and the normalisation's gamma^2 / s^2. */
static struct value gain(const struct order_map_network *network, int l, const struct field *z, int a)
{
    double taps = l + 1 < network->layers ? network->map[l + 1].kernel * network->map[l + 1].kernel : z->sites;
    struct value factor = rounded(network->sigma_w2 / taps, 1);

    if (!network->batchnorm) {
        return factor;
    }
    struct value s2 = value_sub(z->same[a], z->pair[a * z->sites + a]);
    return value_div(value_mul(rounded(network->gamma[l] * network->gamma[l], 1), factor), s2);
}

/* What arrives at layer l's map, before slopes. */
static void arrive(const struct pass *pass, int l, struct signal *delta)
{
    const struct order_map *above = &pass->network->map[l + 1];
    const struct signal *from = &pass->delta[l + 1];

    for (int a = 0; l + 1 == pass->network->layers && a < delta->sites; a++) {
        delta->same[a] = delta->pair[a] = exact(1);
    }
    for (int a = 0; l + 1 < pass->network->layers && a < from->sites; a++) {
        for (int t = 0; t < above->kernel * above->kernel; t++) {
            int to = reached(above - 1, above, a, t);

            if (to >= 0) {
                delta->same[to] = value_add(delta->same[to], from->same[a]);
                delta->pair[to] = value_add(delta->pair[to], from->pair[a]);
            }
        }
    }
}

static void backward_layer(struct pass *pass, int l)
{
    const struct order_map_network *network = pass->network;
    const struct field *z = &pass->z[l];
    struct signal *delta = &pass->delta[l];

    arrive(pass, l, delta);
    for (int a = 0; a < delta->sites; a++) {
        struct value g = gain(network, l, z, a);

        delta->same[a] = value_mul(value_mul(g, site_kernel(network, true, l, z, a, -1)), delta->same[a]);
        delta->pair[a] = value_mul(value_mul(g, site_kernel(network, true, l, z, a, a)), delta->pair[a]);
    }
}

static struct value mean(int n, const struct value x[])
{
    struct value sum = exact(0);

    for (int i = 0; i < n; i++) {
        sum = value_add(sum, x[i]);
    }
    return value_scale(1.0 / n, sum);
}

/* ## The bound */

static struct value f_of(const struct pass *pass, int l)
{
    const struct order_map *map = &pass->network->map[l];
    const struct signal *delta = &pass->delta[l];
    const struct field *h = &pass->h[l - 1];
    struct value sum = exact(0);

    for (int a = 0; l > 1 && a < delta->sites; a++) {
        struct value taps = exact(0);

        for (int t = 0; t < map->kernel * map->kernel; t++) {
            int from = reached(map - 1, map, a, t);

            taps = from >= 0 ? value_add(taps, h->pair[from * h->sites + from]) : taps;
        }
        sum = value_add(sum, value_mul(delta->pair[a], taps));
    }
    return value_scale(map[-1].channels, sum);
}

/* The read-out: one site, its weights a sum over all sites of the map below. */
static void readout(const struct pass *pass, struct order_parameters at[])
{
    const struct order_map_network *network = pass->network;
    int L = network->layers;
    struct order_triple h = L > 1 ? at[L - 1].h : (struct order_triple){exact(1), exact(0), exact(0)};
    double N = network->map[L - 1].channels * sites_of(&network->map[L - 1]);

    at[L].z.same = value_add(exact(network->sigma_b2), value_scale(network->sigma_w2, h.same));
    at[L].z.pair = at[L].z.across = value_add(exact(network->sigma_b2), value_scale(network->sigma_w2, h.pair));
    at[L].s2 = value_scale(network->sigma_w2, value_sub(h.same, h.pair));
    at[L].delta = (struct order_triple){exact(1), exact(1), exact(0)};
    at[L].f = value_scale(N, h.pair);
}

static enum status collect(struct pass *pass, struct order_parameters at[])
{
    int L = pass->network->layers;

    at[0].h = (struct order_triple){exact(1), exact(0), exact(0)};
    for (int l = 1; l < L; l++) {
        at[l].z = means_of(&pass->z[l]);
        at[l].h = means_of(&pass->h[l]);
        at[l].delta.same = mean(pass->delta[l].sites, pass->delta[l].same);
        at[l].delta.pair = mean(pass->delta[l].sites, pass->delta[l].pair);
        at[l].delta.across = exact(0);
        at[l].s2 = value_sub(at[l].z.same, at[l].z.pair);
        at[l].f = f_of(pass, l);
    }
    readout(pass, at);
    for (int l = 1; l <= L; l++) {
        if (!value_ok(at[l].f) || !value_ok(at[l].z.same) || !value_ok(at[l].delta.same)) {
            return status_fail(STATUS_CONVERGENCE, "order maps: layer %d is not finite", l);
        }
    }
    return STATUS_OK;
}

enum status order_maps_find(struct order_map_network *network, struct order_parameters at[])
{
    struct pass pass = {.network = network};
    enum status status =
        order_check(network->layers, network->batchnorm, network->gamma, network->sigma_w2, network->sigma_b2);

    if (status == STATUS_OK) {
        status = fill_sides(network);
    }
    if (status != STATUS_OK) {
        return status;
    }
    for (int l = 1; l < network->layers; l++) {
        int sites = sites_of(&network->map[l]);

        pass.z[l] = field_new(sites);
        pass.h[l] = field_new(sites);
        pass.delta[l] = (struct signal){sites, memory_new((size_t)sites, sizeof(struct value)),
                                        memory_new((size_t)sites, sizeof(struct value))};
    }
    forward(&pass);
    for (int l = network->layers - 1; l >= 1; l--) {
        backward_layer(&pass, l);
    }
    status = collect(&pass, at);
    for (int l = 1; l < network->layers; l++) {
        field_free(&pass.z[l]);
        field_free(&pass.h[l]);
        memory_free(pass.delta[l].same);
        memory_free(pass.delta[l].pair);
    }
    return status;
}

void order_maps_average(const struct order_map_network *maps, struct order_network *network)
{
    int L = maps->layers;

    *network = (struct order_network){.layers = L, .phi = maps->phi, .batchnorm = maps->batchnorm};
    network->sigma_w2 = maps->sigma_w2;
    network->sigma_b2 = maps->sigma_b2;
    for (int l = 0; l <= L && l <= ORDER_LAYERS; l++) {
        const struct order_map *map = &maps->map[l];
        double taps = l < L ? map->kernel * map->kernel : sites_of(map - 1);

        network->layer[l] = (struct order_layer){l < L ? map->channels : 1, l < L ? sites_of(map) : 1, taps};
        network->gamma[l] = maps->gamma[l];
    }
}
