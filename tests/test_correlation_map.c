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

/* Chains of equal critical layers, as 1 - rho_L from rho_0 = 0 and -1. Roundings add up to about 10 eps a layer. */
TEST(known_chains)
{
    static const struct {
        int layers;
        double erf0, erf1, relu0, relu1;
    } known[] = {{8, 1 - 0.69327558467317, 0.44227866441345, 0.16558369740745, 0.1908519485205},
                 {64, 1 - 0.95863888363841, 0.043595101741929, 0.0079339262657597, 0.0081550265046906},
                 {256, 1 - 0.98999354995514, 0.010135068658712, 0.00061483015895723, 0.00061945720996123},
                 {512, 1 - 0.99504508859178, 0.0049863623182684, 0.00016065802140402, 0.00016127265809806},
                 {4096, 1 - 0.999387962259, 0.00061251647582463, 2.6255596970903e-6, 2.6268373818223e-6}};
    struct correlation_map erf_ = layer("erf", critical("erf")), relu = layer("relu", 0), leaky = layer("lrelu:0.5", 0);

    for (int i = 0; i < 5; i++) {
        int n = known[i].layers;

        CHECK_RELATIVE(iterate(&erf_, n, 1), known[i].erf0, 1e-14 / known[i].erf0 + 1e-12); // printed as rho
        CHECK_RELATIVE(iterate(&erf_, n, 2), known[i].erf1, 1e-12);
        CHECK_RELATIVE(iterate(&relu, n, 1), known[i].relu0, 1e-12);
        CHECK_RELATIVE(iterate(&relu, n, 2), known[i].relu1, 1e-12);
    }
    CHECK_RELATIVE(iterate(&leaky, 8, 2), 1.0195916804402, 1e-13);
    CHECK_RELATIVE(iterate(&leaky, 64, 2), 0.13195509255591, 1e-12);
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
    CHECK_ABSOLUTE(gap[33], 1 - 0.955861, 5e-7); // known to six digits
    CHECK_SAME(gap[2], correlation_map_gap(&erf_, correlation_map_gap(&relu, 2)));
    for (int l = 0; l < 33; l++)
        maps[l] = l % 2 ? &relu : &erf_;
    correlation_maps_iterate(33, maps, gap);
    CHECK_ABSOLUTE(gap[33], 1 - 0.953235, 5e-7);
}

/* Residual blocks: rho_1..rho_4 from 0.2 (relu, 1/2). */
TEST(known_residual_chain)
{
    static const double known[] = {0.2449395128, 0.2860269749, 0.3237085998, 0.3583652865};
    struct correlation_map map = residual("relu", 0.5);
    double gap = 0.8;

    for (int l = 0; l < 4; l++) {
        gap = correlation_map_gap(&map, gap);
        CHECK_ABSOLUTE(1 - gap, known[l], 5e-11);
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

TEST(known_fixed_points_of_chaotic_erf)
{
    static const double known[][4] = {{0.02, 1.1751096787195, 0.3569174322524965, 0.90177525161454},
                                      {0.05, 1.1065980277044, 0.6705840182798133, 0.92208381299724},
                                      {0.08, 1.0456350512135, 0.8756633013574909, 0.95991607219107},
                                      {0.1, 1.0085925117991, 0.9781760551226273, 0.9916140371438}};

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
