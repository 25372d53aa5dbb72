// SPDX-License-Identifier: GPL-3.0-or-later
/* Order parameters: known values (mpmath, and dictionaries of sites in Python), closed forms, the averaged recursion against sites one by one, other routes to the kernels, bounds, refusals. */
#include "assay_test.h"
#include <assay/meanfield/order_parameters.h>
#include <math.h>

static struct order_network dense(const char *phi, int layers, double width, double gamma, double sigma_w2,
                                  double sigma_b2)
{
    struct order_network network;

    order_network_dense(&network, layers, 7, width, gamma, sigma_w2, sigma_b2);
    CHECK_INT(activation_find(phi, &network.phi), STATUS_OK);
    return network;
}

static struct order_map_network maps(const char *phi, double gamma, double sigma_w2, double sigma_b2)
{
    struct order_map_network network = {.layers = 4, .batchnorm = gamma > 0, .sigma_w2 = sigma_w2};

    network.sigma_b2 = sigma_b2;
    CHECK_INT(activation_find(phi, &network.phi), STATUS_OK);
    for (int l = 0; l < 4; l++) {
        network.gamma[l] = gamma;
    }
    return network;
}

TEST(dense_relu_meets_thirty_digits)
{
    struct order_network network = dense("relu", 5, 100, 0, 1.7, 0.3);
    struct order_parameters at[ORDER_LAYERS + 1];
    struct value bound = order_bound(&network);

    CHECK_RELATIVE(bound.x, 161.0686280451424710063543, value_bound(bound) / bound.x);
    CHECK_AT_MOST(value_bound(bound) / bound.x, 3e-14);
    CHECK_INT(order_parameters_find(&network, at), STATUS_OK);
    CHECK_RELATIVE(at[5].z.same.x, 2, 1e-15);
    CHECK_RELATIVE(at[5].z.pair.x, 1.656425701160354199811416, value_bound(at[5].z.pair) / 1.65);
    CHECK_RELATIVE(at[1].delta.pair.x, 0.1072420083585417080397887, value_bound(at[1].delta.pair) / 0.107);
    CHECK_SAME(at[1].f.x, 0);
    network = dense("relu", 4, 1000, 0, 2, 0.5);
    CHECK_RELATIVE(order_bound(&network).x, 2234.173511878448829, 1e-14);
}

TEST(dense_tanh_meets_a_quadrature_in_two_variables)
{
    struct order_network network = dense("tanh", 3, 10, 0, 1.5, 0.2);
    struct order_parameters at[ORDER_LAYERS + 1];

    CHECK_INT(order_parameters_find(&network, at), STATUS_OK);
    CHECK_RELATIVE(order_parameters_bound(&network, at).x, 1.36673436214248, 1e-12);
    CHECK_RELATIVE(at[3].z.same.x, 0.773564757905419, 1e-12);
    CHECK_RELATIVE(at[3].z.pair.x, 0.359785286704112, 1e-12);
    CHECK_RELATIVE(at[1].delta.pair.x, 0.226649677928678, 1e-12);
}

/* Equal gammas: a geometric sum of ratios pi / (2 (pi - 1)); the other denominator gives gamma^2 sigma_w2 / (4 q). */
TEST(normalised_relu_has_closed_forms)
{
    for (double gamma = 0.01; gamma < 100; gamma *= 3) {
        struct order_network network = dense("relu", 4, 1000, gamma, 2, 0.5);
        double last = 1000 * gamma * gamma / (2 * M_PI), r = M_PI / (2 * (M_PI - 1)), x = gamma * gamma / 2;

        CHECK_RELATIVE(order_bound(&network).x, last * (1 + r + r * r), 1e-14);
        CHECK_RELATIVE(order_bound_live(&network, false).x, last, 1e-14);
        CHECK_RELATIVE(order_bound_live(&network, true).x, last + 1.5 + M_1_PI, 1e-14);
        struct order_parameters at[ORDER_LAYERS + 1];
        CHECK_INT(order_parameters_find(&network, at), STATUS_OK);
        CHECK_RELATIVE(order_bound_others(&network, at).x, (1 + r + r * r) * (1.5 + M_1_PI) + r * r * gamma * gamma / 4,
                       1e-13);
        network.denominator = DENOMINATOR_SECOND_MOMENT;
        x /= 0.5 + gamma * gamma;
        CHECK_RELATIVE(order_bound(&network).x, last * (1 + x + x * x), 1e-14);
    }
}

/* A homogeneous activation written as another kind, which goes the way of quadrature: lrelu:1 is the identity, and the identity's moments are those of the variance. */
TEST(quadrature_and_homogeneity_agree)
{
    struct order_network by_powers = dense("lrelu:0.3", 3, 10, 0, 1.3, 0.2);
    struct order_network by_elu = dense("elu", 3, 10, 0, 1.3, 0.2), selu = dense("selu", 3, 10, 1, 1.3, 0.2);
    struct order_parameters at[ORDER_LAYERS + 1];

    CHECK(value_ok(order_bound(&by_powers)));
    CHECK_INT(order_parameters_find(&by_elu, at), STATUS_OK);
    CHECK_AT_LEAST(value_bound(at[3].f), 1e-16);
    CHECK_INT(order_parameters_find(&selu, at), STATUS_OK);
    CHECK_RELATIVE(at[1].h.same.x, 1, 1e-12); // selu's defining property
    CHECK_ABSOLUTE(at[1].h.pair.x, 0, 1e-12);
}

static double at_gamma(double x, void *context)
{
    const struct order_network *network = context;

    return activation_slope(&network->phi, network->gamma[1] * x) * x;
}

TEST(live_shares_of_gamma_and_beta)
{
    static const char *const names[] = {"relu", "lrelu:0.2", "softplus", "relu^2", "gelu"};

    for (int i = 0; i < 5; i++) {
        struct order_network network = dense(names[i], 2, 10, 0.7, 1.6, 0.2);
        struct piecewise radial = {at_gamma, &network, 0, NULL}, slope = activation_slope_piecewise(&network.phi);
        double zero = 0, m = 0, d = gaussian_mean(&radial).x;
        struct value all = order_bound_live(&network, true), weights = order_bound_live(&network, false);

        radial.kinks = 1;
        radial.kink = &zero;
        d = gaussian_mean(&radial).x;
        m = sqrt(gaussian_moment(&slope, 0, &slope, 0, 0.49, 0, 0.49).x);
        CHECK_ABSOLUTE(all.x - weights.x - 1, 1.6 * (m * m + d * d), 1e-11);
    }
}

TEST(site_by_site_meets_dictionaries_of_sites)
{
    static const double expected[2][3] = {{1.0276800251072393, 4.203681489950028, 10.563311893724572},
                                          {0.8767708563603948, 1.4942150621576322, 2.444619925891513}};
    static const double same[2][3] = {{0.009857797482258145, 0.022244497249499433, 0.15542595287217117},
                                      {0.013486856202822061, 0.07565341775821238, 0.18336777586553252}};

    for (int bn = 0; bn < 2; bn++) {
        struct order_map_network network = maps("relu", bn ? 0.8 : 0, 1.6, 0.3);
        struct order_parameters at[ORDER_LAYERS + 1];

        network.map[0] = (struct order_map){6, 0, 0, 0, 3};
        network.map[1] = (struct order_map){0, 3, 2, 1, 4};
        network.map[2] = (struct order_map){0, 2, 1, 1, 5};
        network.map[3] = (struct order_map){0, 2, 2, 0, 6};
        CHECK_INT(order_maps_find(&network, at), STATUS_OK);
        CHECK_INT(network.map[2].side, 4);
        CHECK_INT(network.map[3].side, 2);
        for (int l = 2; l <= 4; l++) {
            CHECK_RELATIVE(at[l].f.x, expected[bn][l - 2], 1e-13);
            CHECK_RELATIVE(at[l - 1].delta.pair.x, same[bn][l - 2], 1e-13);
            CHECK_SAME(at[l - 1].delta.across.x, 0);
        }
    }
}

/* Without padding no border differs, and the averages are exact even where a stride leaves sites unread. */
TEST(averages_are_exact_without_padding)
{
    static const char *const names[] = {"relu", "abs", "relu^2"};

    for (int i = 0; i < 6; i++) {
        struct order_map_network network = maps(names[i / 2], i % 2 ? 0.7 : 0, 1.1, 0.4);
        struct order_network averaged;
        struct order_parameters at[ORDER_LAYERS + 1], mean[ORDER_LAYERS + 1];

        network.map[0] = (struct order_map){14, 0, 0, 0, 3};
        network.map[1] = (struct order_map){0, 3, 2, 0, 4};
        network.map[2] = (struct order_map){0, 2, 1, 0, 5};
        network.map[3] = (struct order_map){0, 3, 1, 0, 6};
        CHECK_INT(order_maps_find(&network, at), STATUS_OK);
        order_maps_average(&network, &averaged);
        CHECK_INT(order_parameters_find(&averaged, mean), STATUS_OK);
        for (int l = 1; l <= 4; l++) {
            CHECK_RELATIVE(at[l].f.x, mean[l].f.x, 1e-12);
            CHECK_RELATIVE(at[l].delta.same.x, mean[l].delta.same.x, 1e-12);
            CHECK_RELATIVE(at[l].delta.pair.x, mean[l].delta.pair.x, 1e-12);
            CHECK_RELATIVE(at[l].z.across.x, mean[l].z.across.x, 1e-12);
        }
    }
}

/* A kernel of 1 with stride 1 in a map of one site is a dense layer. */
TEST(a_map_of_one_site_is_dense)
{
    struct order_map_network network = maps("relu", 0, 1.7, 0.3);
    struct order_network flat = dense("relu", 4, 9, 0, 1.7, 0.3);
    struct order_parameters at[ORDER_LAYERS + 1];

    for (int l = 0; l < 4; l++) {
        network.map[l] = (struct order_map){1, 1, 1, 0, 9};
    }
    CHECK_INT(order_maps_find(&network, at), STATUS_OK);
    CHECK_RELATIVE(order_parameters_bound(&flat, at).x, order_bound(&flat).x, 1e-14);
}

/* Two ways to put f_l together agree where maps have one site, or where pairs of sites are like one site. */
TEST(options_agree_where_they_must)
{
    struct order_network network = dense("relu", 6, 50, 0, 1.5, 0.1);
    struct value bound = order_bound(&network);

    network.bound = BOUND_FACTORISED;
    network.sites = SITES_IGNORED;
    network.across_base = 0.3;
    CHECK_SAME(order_bound(&network).x, bound.x);
}

/* Four sites above, sixteen below, all signals equal: a non-overlapping 2 x 2 kernel hands each of 12 pairs of sites down to 4 of 240. */
TEST(pairs_of_sites_are_counted_as_pairs)
{
    struct order_network network = dense("id", 2, 5, 0, 3, 0.1);
    struct order_parameters at[ORDER_LAYERS + 1];

    network.layer[1].sites = 16;
    network.layer[2] = (struct order_layer){1, 4, 4};
    network.across_base = 1;
    CHECK_INT(order_parameters_find(&network, at), STATUS_OK);
    CHECK_RELATIVE(at[1].delta.pair.x, 3.0 / 4, 1e-15);
    CHECK_RELATIVE(at[1].delta.across.x, 3.0 * 12 / 240, 1e-15);
    CHECK_RELATIVE(at[2].f.x, 20 * 4 * 4 * 0.1, 1e-14); // h is 0.1 for any pair: 16 pairs of sites
    network.bound = BOUND_FACTORISED;
    CHECK_RELATIVE(at[2].f.x, 20 * 4 * 4 * 0.1, 1e-14);
    network.sites = SITES_IGNORED;
    CHECK_INT(order_parameters_find(&network, at), STATUS_OK);
    CHECK_RELATIVE(at[1].delta.across.x, 3, 1e-15);
}

TEST(errors_of_deep_networks_are_bounds)
{
    struct order_network network =
        dense("relu", 100, 1, 0, 0.6, 0.5); // pairs become equal: slopes next to their infinite derivative
    struct order_parameters at[ORDER_LAYERS + 1];

    CHECK_INT(order_parameters_find(&network, at), STATUS_OK);
    CHECK_ABSOLUTE(at[100].z.pair.x, at[100].z.same.x, 1e-13);
    CHECK_ABSOLUTE(at[99].delta.pair.x, 0.3, value_bound(at[99].delta.pair));
    CHECK_AT_MOST(value_bound(at[99].delta.pair), 1e-6);
}

TEST(order_parameters_refuse)
{
    struct order_network network = dense("relu", 3, 10, 1, 2, 0.5);
    struct order_map_network small = maps("relu", 0, 2, 0.5);
    struct order_parameters at[ORDER_LAYERS + 1];

    network.sigma_w2 = 0;
    CHECK_INT(order_parameters_find(&network, at), STATUS_RANGE);
    network = dense("relu", 3, 10, 1, 2, -0.5);
    CHECK(!value_ok(order_bound(&network)));
    network = dense("relu", 3, 10, 1, 2, 0.5);
    network.gamma[2] = 0;
    CHECK_INT(order_parameters_find(&network, at), STATUS_RANGE);
    CHECK_CONTAINS(status_reason(), "gamma_2");
    network.layers = ORDER_LAYERS + 1;
    CHECK_INT(order_parameters_find(&network, at), STATUS_RANGE);
    network = dense("relu", 3, 10, 0, 2, 0.5);
    CHECK(!value_ok(order_bound_live(&network, false)));
    network.layer[1].sites = 0;
    CHECK_INT(order_parameters_find(&network, at), STATUS_RANGE);
    network = dense("relu^0.3", 3, 10, 1, 2, 0.5); // E phi'^2 is infinite
    CHECK_INT(order_parameters_find(&network, at), STATUS_CONVERGENCE);
    small.map[0] = (struct order_map){4, 0, 0, 0, 3};
    for (int l = 1; l < 4; l++) {
        small.map[l] = (struct order_map){0, 3, 1, 0, 3};
    }
    CHECK_INT(order_maps_find(&small, at), STATUS_RANGE);
    CHECK_CONTAINS(status_reason(), "layer 2");
}
