// SPDX-License-Identifier: GPL-3.0-or-later
/* Correlation maps: shape, gap form, long chains, fixed points, and the tables of Gradient Explosion and Representation
 * Shrinkage in Infinite Networks (2022) recomputed elsewhere in multiple precision. */
#include "assay_test.h"
#include <assay/meanfield/correlation_map.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

static struct activation find(const char *name)
{
    struct activation phi = {.kind = NULL};

    CHECK(activation_find(name, &phi) == STATUS_OK);
    return phi;
}

static struct correlation_map layer(const char *name, double bias_ratio)
{
    struct activation phi = find(name);
    struct correlation_map map = {.bias = NAN};

    CHECK(correlation_map_layer(&map, &phi, bias_ratio) == STATUS_OK);
    return map;
}

static struct correlation_map residual(const char *name, double variance)
{
    struct activation phi = find(name);
    struct correlation_map map = {.bias = NAN};

    CHECK(correlation_map_residual(&map, &phi, variance) == STATUS_OK);
    return map;
}

static double critical(const char *name)
{
    struct activation phi = find(name);

    return critical_bias_ratio(&phi).x;
}

/* The gap after so many layers of one map. */
static double iterate(const struct correlation_map *map, int layers, double gap)
{
    for (int l = 0; l < layers; l++)
        gap = correlation_map_gap(map, gap);
    return gap;
}

TEST(maps_are_increasing_convex_and_end_at_one)
{
    struct correlation_map maps[] = {layer("erf", 0.05),  layer("relu", 0),      layer("relu", 0.3), layer("gelu", 0.1),
                                     layer("tanh", 0.02), residual("relu", 0.5), residual("x^3", 2), residual("h5", 1)};

    for (int m = 0; m < 8; m++) {
        double before = correlation_map_apply(&maps[m], 0), slope = 0;

        CHECK_ABSOLUTE(correlation_map_apply(&maps[m], 1), 1, 2 * DBL_EPSILON);
        CHECK_AT_LEAST(before, 0);
        for (double rho = 0.0625; rho <= 1; rho += 0.0625) {
            double now = correlation_map_apply(&maps[m], rho);

            CHECK_AT_LEAST(now - before, slope - 1e-15); // differences grow: convex
            CHECK_ABSOLUTE(correlation_map_gap(&maps[m], 1 - rho), 1 - now, 4 * DBL_EPSILON);
            slope = now - before;
            before = now;
        }
    }
}

/* Central differences with step 1e-5. */
TEST(slopes_and_curvatures_are_derivatives)
{
    struct correlation_map maps[] = {layer("erf", 0.05), layer("relu", 0.3), residual("gelu", 0.5), residual("x^3", 2)};
    const double h = 1e-5;

    for (int m = 0; m < 4; m++)
        for (double rho = -0.9; rho < 0.95; rho += 0.2) {
            double up = correlation_map_apply(&maps[m], rho + h), down = correlation_map_apply(&maps[m], rho - h);
            double slope_up = correlation_map_slope(&maps[m], rho + h),
                   slope_down = correlation_map_slope(&maps[m], rho - h);

            CHECK_ABSOLUTE(correlation_map_slope(&maps[m], rho), (up - down) / (2 * h), 1e-8);
            CHECK_ABSOLUTE(correlation_map_curvature(&maps[m], rho), (slope_up - slope_down) / (2 * h), 1e-8);
        }
}

/* erf at criticality: P'(1) = 1 and P''(1) = 4/5. */
TEST(critical_erf)
{
    struct correlation_map map = layer("erf", critical("erf"));

    CHECK_RELATIVE(critical("erf"), 0.10485098033620167, 1e-14);
    CHECK_RELATIVE(correlation_map_slope(&map, 1), 1, 4 * DBL_EPSILON);
    CHECK_RELATIVE(correlation_map_curvature(&map, 1), 0.8, 1e-14);
}

/* Chains of equal critical layers, as 1 - rho_L from rho_0 = 0 and -1, iterated from the closed forms with 60 digits (mpmath). Roundings add up to
 * about 10 eps a layer. */
TEST(known_chains)
{
    static const struct {
        int layers;
        double erf0, erf1, relu0, relu1;
    } known[] = {{8, 0.30672441532683484, 0.44227866441344895, 0.16558369740745254, 0.19085194852050229},
                 {64, 0.041361116361592529, 0.043595101741928584, 0.0079339262657597295, 0.0081550265046905666},
                 {256, 0.01000645004485582, 0.010135068658712181, 0.00061483015895722955, 0.00061945720996122545},
                 {512, 0.004954911408223171, 0.0049863623182684463, 0.00016065802140402301, 0.00016127265809805815},
                 {4096, 0.00061203774100035322, 0.0006125164758246314, 2.6255596970903262e-6, 2.6268373818222897e-6}};
    struct correlation_map erf_ = layer("erf", critical("erf")), relu = layer("relu", 0), leaky = layer("lrelu:0.5", 0);

    for (int i = 0; i < 5; i++) {
        int n = known[i].layers;

        CHECK_RELATIVE(iterate(&erf_, n, 1), known[i].erf0, 1e-12);
        CHECK_RELATIVE(iterate(&erf_, n, 2), known[i].erf1, 1e-12);
        CHECK_RELATIVE(iterate(&relu, n, 1), known[i].relu0, 1e-12);
        CHECK_RELATIVE(iterate(&relu, n, 2), known[i].relu1, 1e-12);
    }
    CHECK_RELATIVE(iterate(&leaky, 8, 2), 1.0195916804401857, 1e-14);
    CHECK_RELATIVE(iterate(&leaky, 64, 2), 0.13195509255591004, 1e-13);
}

/* P(-1) = -1 for odd activations without bias: the gap stays 2, and rounding must not push it beyond, out of range. */
TEST(odd_layers_keep_opposites_opposite)
{
    static const char *const odd[] = {"erf", "sin", "tanh", "x^3", "x^7", "h5", "lrelu:1"};

    for (int i = 0; i < 7; i++) {
        struct correlation_map map = layer(odd[i], 0);

        CHECK_ABSOLUTE(correlation_map_gap(&map, 2), 2, 1e-14);
        CHECK_AT_MOST(correlation_map_gap(&map, 2), 2);
    }
}

/* 1 - rho_l tends to 9 pi^2 / (2 l^2); corrections are of order log(l) / l. */
TEST(a_million_layers_of_relu)
{
    struct correlation_map relu = layer("relu", 0);
    double gap = iterate(&relu, 1000000, 1);

    CHECK_RELATIVE(gap * 1e12, 4.5 * M_PI * M_PI, 1e-4);
}

TEST(chains_of_different_layers)
{
    struct correlation_map erf_ = layer("erf", critical("erf")), relu = layer("relu", 0);
    const struct correlation_map *maps[33];
    double gap[34] = {2};

    for (int l = 0; l < 33; l++)
        maps[l] = l % 2 ? &erf_ : &relu;
    correlation_maps_iterate(33, maps, gap);
    CHECK_RELATIVE(gap[33], 0.044138832897660723, 1e-13); // 60 digits, mpmath
    CHECK_SAME(gap[2], correlation_map_gap(&erf_, correlation_map_gap(&relu, 2)));
    for (int l = 0; l < 33; l++)
        maps[l] = l % 2 ? &relu : &erf_;
    correlation_maps_iterate(33, maps, gap);
    CHECK_RELATIVE(gap[33], 0.046764879585536416, 1e-13);
}

/* Residual blocks: rho_1..rho_4 from 0.2 (relu, 1/2), with 60 digits (mpmath). */
TEST(known_residual_chain)
{
    static const double known[] = {0.24493951277265309, 0.28602697493755142, 0.32370859982215324, 0.35836528648096714};
    struct correlation_map map = residual("relu", 0.5);
    double gap = 0.8;

    for (int l = 0; l < 4; l++) {
        gap = correlation_map_gap(&map, gap);
        CHECK_ABSOLUTE(1 - gap, known[l], 1e-15);
    }
    map = residual("relu", 0);
    CHECK_SAME(correlation_map_gap(&map, 1e-17), 1e-17);
    map = residual("relu^0", 0); // an infinite slope with no weight
    CHECK_SAME(correlation_map_slope(&map, 1), 1);
}

/* Relative errors add along a chain, and the error of one step is honest: erf's series at 1 is the truth at a small
 * gap. */
TEST(gaps_state_their_error)
{
    struct correlation_map map = layer("erf", 0.05);
    double total = 0.05 + map.norm2, curvature = 16 / (M_PI * 5 * sqrt(5));

    for (double gap = 1e-300; gap < 1e-9; gap *= 1e50) {
        struct value v = correlation_map_gap_value(&map, gap);

        CHECK_ABSOLUTE(v.x, gap * (map.slope_norm2 - gap * curvature / 2) / total, value_error(v));
        CHECK_AT_MOST(value_error(v), 1e-14 * v.x);
        CHECK_RELATIVE(correlation_map_gap(&map, gap), v.x, 4 * DBL_EPSILON);
    }
}

/* ## Fixed points */

/* Bias ratio, P'(1), fixed point, P' there: by bisection with 60 digits (mpmath). */
TEST(known_fixed_points_of_chaotic_erf)
{
    static const double known[][4] = {{0.02, 1.1751096787195489, 0.35691743225249652, 0.90177525161454403},
                                      {0.05, 1.1065980277043666, 0.67058401827981335, 0.92208381299723827},
                                      {0.08, 1.0456350512134904, 0.87566330135749088, 0.95991607219106984},
                                      {0.1, 1.0085925117991037, 0.97817605512262733, 0.99161403714379647}};

    for (int i = 0; i < 4; i++) {
        struct correlation_map map = layer("erf", known[i][0]);
        struct value gap = correlation_map_fixed_gap(&map);

        CHECK_RELATIVE(correlation_map_slope(&map, 1), known[i][1], 1e-13);
        CHECK_ABSOLUTE(gap.x, 1 - known[i][2], value_error(gap) + DBL_EPSILON);
        CHECK_RELATIVE(correlation_map_slope(&map, 1 - gap.x), known[i][3], 1e-12);
        CHECK_AT_MOST(value_error(gap), 1e-12 * gap.x);
    }
}

TEST(iteration_arrives_at_the_fixed_point)
{
    struct correlation_map maps[] = {layer("erf", 0.05), layer("sin", 0.01), layer("relu^2", 0.3), layer("x^3", 4),
                                     layer("relu^0", 0.2)};

    for (int m = 0; m < 5; m++) {
        struct value gap = correlation_map_fixed_gap(&maps[m]);

        CHECK(value_ok(gap));
        CHECK_AT_LEAST(gap.x, 1e-10);
        CHECK_ABSOLUTE(iterate(&maps[m], 4000, 1), gap.x, 2 * value_error(gap));
        CHECK_ABSOLUTE(iterate(&maps[m], 4000, 1e-9), gap.x, 2 * value_error(gap));
        CHECK_AT_MOST(correlation_map_slope(&maps[m], 1 - gap.x), 1);
    }
}

/* Just above criticality the gap is 2 (P'(1) - 1) / P''(1), up to a relative error of the same order as itself. What
 * is known of P'(1) - 1 is eps over itself: the stated error must cover that, and say so. */
TEST(fixed_points_just_above_criticality)
{
    for (double below = 1e-3; below > 1e-13; below /= 10) {
        double s = critical("erf") * (1 - below);
        struct correlation_map map = layer("erf", s);
        double steepness = (map.slope_norm2 - (s + map.norm2)) / (s + map.norm2);
        double expected = 2 * steepness / correlation_map_curvature(&map, 1);
        struct value gap = correlation_map_fixed_gap(&map);

        CHECK_ABSOLUTE(gap.x, expected, 2 * expected * expected + value_error(gap) + 8 * DBL_EPSILON);
        CHECK_AT_MOST(value_error(gap), 1e-13 * expected + 100 * DBL_EPSILON);
    }
}

TEST(ordered_and_critical_layers_shrink_to_one)
{
    struct correlation_map ordered = layer("erf", 0.2), erf_ = layer("erf", critical("erf")), relu = layer("relu", 0);
    struct correlation_map leaky = layer("lrelu:0.3", 0), linear = layer("id", 0.1), constant = layer("h0", 0.5),
                           exponential = layer("exp", 0); // P = e^(rho - 1)

    CHECK_SAME(correlation_map_fixed_gap(&ordered).x, 0);
    CHECK_SAME(value_error(correlation_map_fixed_gap(&ordered)), 0);
    CHECK_SAME(correlation_map_fixed_gap(&erf_).x, 0);
    CHECK_AT_MOST(value_error(correlation_map_fixed_gap(&erf_)), 1e-12);
    CHECK_SAME(correlation_map_fixed_gap(&relu).x, 0);
    CHECK_SAME(correlation_map_fixed_gap(&leaky).x, 0);
    CHECK_SAME(correlation_map_fixed_gap(&linear).x, 0);
    CHECK_SAME(correlation_map_fixed_gap(&constant).x, 0);
    CHECK_SAME(correlation_map_fixed_gap(&exponential).x, 0);
}

TEST(without_bias_odd_activations_decorrelate_fully)
{
    struct correlation_map maps[] = {layer("erf", 0), layer("tanh", 0), layer("h2", 0), layer("x^5", 0)};

    for (int m = 0; m < 4; m++)
        CHECK_SAME(correlation_map_fixed_gap(&maps[m]).x, 1);
}

TEST(the_identity_has_no_attracting_fixed_point)
{
    struct correlation_map maps[] = {layer("id", 0), layer("h1", 0), layer("lrelu:1", 0), residual("x^1", 3),
                                     residual("erf", 0)};

    for (int m = 0; m < 5; m++) {
        CHECK(!value_ok(correlation_map_fixed_gap(&maps[m])));
        CHECK_CONTAINS(status_reason(), "identity");
        CHECK_RELATIVE(correlation_map_gap(&maps[m], 0.3), 0.3, 2 * DBL_EPSILON);
    }
}

TEST(critical_bias_ratios)
{
    static const char *const homogeneous[] = {"relu", "id", "abs", "lrelu:0.3", "lrelu:-0.7", "relu^1"};
    struct activation bump = find("bump"), step = find("relu^0"), cube = find("x^3"), tanh_ = find("tanh");

    for (int i = 0; i < 6; i++)
        CHECK_SAME(critical(homogeneous[i]), 0);
    CHECK_RELATIVE(critical_bias_ratio(&cube).x, 27 - 15, 1e-14);
    CHECK_RELATIVE(critical_bias_ratio(&tanh_).x, 0.46440290244826824 - 0.39429449039784117, 1e-12); // mpmath
    CHECK(!value_ok(critical_bias_ratio(&bump)));
    CHECK_CONTAINS(status_reason(), "bump");
    CHECK(!value_ok(critical_bias_ratio(&step)));
}

TEST(maps_are_found_by_name)
{
    struct correlation_map map, expected = layer("erf", 0.05);

    CHECK(correlation_map_find(&map, "erf", 0.05) == STATUS_OK);
    CHECK_SAME(correlation_map_gap(&map, 0.3), correlation_map_gap(&expected, 0.3));
    CHECK(correlation_map_find(&map, "tanh", -1) == STATUS_OK);
    CHECK_SAME(map.bias, critical("tanh"));
    CHECK(correlation_map_find(&map, "bump", -1) == STATUS_RANGE);
    CHECK_CONTAINS(status_reason(), "bump");
    CHECK(correlation_map_find(&map, "no such", 0) == STATUS_RANGE);
    CHECK(correlation_map_sloped(&expected) == STATUS_OK);
    CHECK(correlation_map_find(&map, "relu^0.4", 0) == STATUS_OK && correlation_map_sloped(&map) == STATUS_RANGE);
    CHECK(correlation_map_find(&map, "h0", 0) == STATUS_OK && correlation_map_sloped(&map) == STATUS_RANGE);
    CHECK_CONTAINS(status_reason(), "h0");
}

/* P of even activations has its least value at 0; that of leaky relu with a negative slope a inside, where P' vanishes:
 * a + (1-a)^2 (pi - arccos rho) / (2 pi) = 0. */
TEST(the_widest_gap_is_where_the_map_turns)
{
    struct correlation_map erf_ = layer("erf", 0.1), even = layer("h2", 0), turning = layer("lrelu:-0.5", 0);
    double turn = 1 - cos(M_PI * (1 - 1 / (1.5 * 1.5)));

    CHECK_SAME(correlation_map_widest_gap(&erf_, 2), correlation_map_gap(&erf_, 2));
    CHECK_SAME(correlation_map_widest_gap(&even, 0.7), correlation_map_gap(&even, 0.7));
    CHECK_RELATIVE(correlation_map_widest_gap(&even, 1.4), 1, 1e-15);
    CHECK_RELATIVE(correlation_map_widest_gap(&turning, 2), correlation_map_gap(&turning, turn), 1e-14);
    CHECK(correlation_map_gap(&turning, turn) > correlation_map_gap(&turning, 2));
}

/* Both routes to P'(1) against a chord so short that it does not bend. */
TEST(slopes_at_one_by_two_routes)
{
    struct correlation_map maps[] = {layer("erf", 0.05), layer("relu", 0.3), layer("h3", 0), residual("gelu", 0.5),
                                     residual("tanh", 2)};

    for (int m = 0; m < 5; m++) {
        struct value norms = correlation_map_slope_at_one(&maps[m]),
                     quadrature = correlation_map_slope_by_quadrature(&maps[m]);

        CHECK_ABSOLUTE(norms.x, quadrature.x, value_tolerance(norms, quadrature, 0));
        CHECK_RELATIVE(norms.x, correlation_map_gap(&maps[m], 1e-40) / 1e-40, 1e-13);
        CHECK_AT_MOST(value_error(norms), 1e-13 * norms.x);
    }
}

/* A gap with a relative error of 1e-3 passes on no more than that, and no less than the map's slope makes of it. */
TEST(gaps_hand_on_their_errors)
{
    struct correlation_map map = layer("erf", 0.05);
    struct value exact_gap = correlation_map_gap_value(&map, 0.5),
                 gap = correlation_map_gap_through(&map, measured(0.5, 0.5e-3, ROUNDING));
    double moved = correlation_map_gap(&map, 0.5 * (1 + 1e-3)) - exact_gap.x;

    CHECK_SAME(gap.x, exact_gap.x);
    CHECK_RELATIVE(gap.err[ROUNDING], 1e-3 * gap.x, 1e-9);
    CHECK_AT_MOST(moved, gap.err[ROUNDING]);
}

TEST(parameters_out_of_range_are_refused)
{
    struct activation phi = find("erf");
    struct correlation_map map;

    CHECK(correlation_map_layer(&map, &phi, -0.1) == STATUS_RANGE);
    CHECK_CONTAINS(status_reason(), "-0.1");
    CHECK(correlation_map_layer(&map, &phi, NAN) == STATUS_RANGE);
    CHECK(correlation_map_residual(&map, &phi, -1) == STATUS_RANGE);
    CHECK(correlation_map_residual(&map, &phi, INFINITY) == STATUS_RANGE);
    map = layer("erf", 0.1);
    CHECK(isnan(correlation_map_apply(&map, 1.5)));
    CHECK(isnan(correlation_map_gap(&map, -1)));
}
