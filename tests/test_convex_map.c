// SPDX-License-Identifier: GPL-3.0-or-later
/* Convex maps of [0, 1] and their excess convexity: exact families, known numbers, properties on random maps. */
#include "assay_test.h"
#include <assay/meanfield/excess_convexity.h>
#include <float.h>
#include <math.h>

static struct correlation_map layer(const char *name, double bias_ratio)
{
    struct activation phi = {.kind = NULL};
    struct correlation_map map = {.bias = NAN};

    CHECK(activation_find(name, &phi) == STATUS_OK);
    CHECK(correlation_map_layer(&map, &phi, bias_ratio) == STATUS_OK);
    return map;
}

static double critical_erf(void)
{
    struct activation phi;

    activation_find("erf", &phi);
    return critical_bias_ratio(&phi).x;
}

static struct convex_map moebius(double c)
{
    struct convex_map g = {.n = 0};

    CHECK(convex_map_moebius(&g, c) == STATUS_OK);
    return g;
}

static struct convex_map monomial(int degree)
{
    double c[CONVEX_MAP_CAPACITY] = {0};
    struct convex_map g = {.n = 0};

    c[degree - 1] = 3; // normalised away
    CHECK(convex_map_series(&g, degree, c) == STATUS_OK);
    return g;
}

static struct convex_map crop(const struct correlation_map *map, double gap)
{
    struct convex_map g = {.n = 0};

    CHECK(convex_map_crop(&g, map, gap) == STATUS_OK);
    return g;
}

/* ## Maps */

/* 0 to 0, 1 to 1, increasing, convex, the two forms agreeing, the slope at 1 the limit of gap form over gap. */
static void check_map(const struct convex_map *g)
{
    double before = 0, step = 0, slope = convex_map_slope_at_one(g);

    CHECK_ABSOLUTE(convex_map_apply(g, 0), 0, 4 * DBL_EPSILON);
    CHECK_ABSOLUTE(convex_map_apply(g, 1), 1, 4 * DBL_EPSILON);
    CHECK_ABSOLUTE(convex_map_gap(g, 1), 1, value_error(convex_map_gap_value(g, 1)) + DBL_EPSILON);
    CHECK_SAME(convex_map_gap(g, 0), 0);
    for (int i = 1; i <= 32; i++) {
        double x = i / 32.0, now = convex_map_apply(g, x);
        struct value gap = convex_map_gap_value(g, 1 - x);

        CHECK_AT_LEAST(now - before, step - 1e-14);
        CHECK_ABSOLUTE(gap.x, 1 - now, value_error(gap) + 8 * DBL_EPSILON);
        step = now - before;
        before = now;
    }
    CHECK_RELATIVE(convex_map_gap(g, 1e-200) / 1e-200, slope, 1e-12);
}

TEST(every_kind_is_a_convex_map)
{
    const double x[] = {0, 0.5, 0.9, 1}, y[] = {0, 0.125, 0.3, 1}, c[] = {0.2, 0, 0.5, 0.1};
    struct correlation_map erf_ = layer("erf", 0.05), square = layer("relu^2", 0.1);
    const struct correlation_map *chain[] = {&erf_, &square, &erf_};
    struct convex_map g[8];

    CHECK(convex_map_series(&g[0], 4, c) == STATUS_OK);
    CHECK(convex_map_piecewise(&g[1], 4, x, y) == STATUS_OK);
    g[2] = moebius(7);
    g[3] = crop(&erf_, 0.8);
    CHECK(convex_map_chain(&g[4], 3, chain, 1) == STATUS_OK);
    g[5] = convex_map_compose(&g[1], &g[3]);
    CHECK(convex_map_mix(&g[6], 0.25, &g[4]) == STATUS_OK);
    g[7] = convex_map_compose(&g[6], &g[5]);
    for (int i = 0; i < 8; i++)
        check_map(&g[i]);
    CHECK_RELATIVE(convex_map_apply(&g[0], 0.5), (0.2 * 0.5 + 0.5 * 0.125 + 0.1 * 0.0625) / 0.8, 1e-15);
    CHECK_RELATIVE(convex_map_apply(&g[1], 0.7), 0.2125, 1e-14);
    CHECK_RELATIVE(convex_map_slope_at_one(&g[1]), 7, 1e-14);
    CHECK_RELATIVE(convex_map_apply(&g[2], 0.5), 1.0 / 9, 1e-15);
    CHECK_RELATIVE(convex_map_apply(&g[6], 0.5), 0.125 + 0.75 * convex_map_apply(&g[4], 0.5), 1e-15);
}

TEST(a_crop_is_the_rescaled_map)
{
    struct correlation_map map = layer("erf", 0.05);
    struct convex_map g = crop(&map, 0.6);
    double low = correlation_map_apply(&map, 0.4);

    for (double t = 0; t < 1; t += 0.125)
        CHECK_ABSOLUTE(convex_map_apply(&g, t), (correlation_map_apply(&map, 0.4 + 0.6 * t) - low) / (1 - low),
                       8 * DBL_EPSILON);
}

/* (A.2) of the paper: cropping a chain is the chain of the crops. */
TEST(a_chain_is_the_composition_of_its_crops)
{
    struct correlation_map erf_ = layer("erf", critical_erf()), relu = layer("relu", 0);
    const struct correlation_map *maps[] = {&erf_, &relu, &erf_};
    double gap[4] = {1};
    struct convex_map crops[3], pair, all, chain;

    correlation_maps_iterate(3, maps, gap);
    for (int l = 0; l < 3; l++)
        crops[l] = crop(maps[l], gap[l]);
    pair = convex_map_compose(&crops[1], &crops[0]);
    all = convex_map_compose(&crops[2], &pair);
    CHECK(convex_map_chain(&chain, 3, maps, 1) == STATUS_OK);
    for (double t = 1e-12; t < 1; t *= 7)
        CHECK_RELATIVE(convex_map_gap(&chain, t), convex_map_gap(&all, t), 1e-14);
    CHECK_RELATIVE(convex_map_slope_at_one(&chain), convex_map_slope_at_one(&all), 1e-14);
    CHECK_RELATIVE(convex_map_slope_at_one(&chain), 1 / gap[3], 1e-14); // both layers are critical
}

TEST(random_maps_are_convex_maps_and_reach_extremes)
{
    struct stream stream = stream_open(stream_key("test_convex_map", 1), 0, 0);
    double least = INFINITY, most = 0;

    for (int i = 0; i < 100; i++) {
        struct convex_map g =
            i % 2 ? convex_map_random_series(&stream, 60) : convex_map_random_piecewise(&stream, 3 + i / 4);
        double e = excess_convexity(&g).x;

        check_map(&g);
        least = fmin(least, e);
        most = fmax(most, e);
    }
    CHECK_AT_MOST(least, 1e-5);
    CHECK_AT_LEAST(most, 15);
    struct convex_map extreme = convex_map_random_series(&stream, 1000);
    CHECK_AT_MOST(extreme.n, CONVEX_MAP_CAPACITY);
    extreme = convex_map_random_piecewise(&stream, 0);
    CHECK_INT(extreme.n, 3);
}

TEST(bad_maps_are_refused)
{
    const double negative[] = {0.5, -1e-300, 0.5}, nothing[] = {0, 0}, x[] = {0, 0.5, 1}, concave[] = {0, 0.6, 1},
                 y[] = {0, 0.2, 0.9};
    const double repeated[] = {0, 0, 1}, falling[] = {0, -0.1, 1};
    struct correlation_map map = layer("erf", 0.1), constant = layer("h0", 0);
    struct convex_map g, inner = moebius(1);

    CHECK(convex_map_series(&g, 3, negative) == STATUS_RANGE);
    CHECK_CONTAINS(status_reason(), "x^2");
    CHECK(convex_map_series(&g, 2, nothing) == STATUS_RANGE);
    CHECK(convex_map_series(&g, CONVEX_MAP_CAPACITY + 1, nothing) == STATUS_RANGE);
    CHECK(convex_map_piecewise(&g, 3, x, concave) == STATUS_RANGE);
    CHECK(convex_map_piecewise(&g, 3, x, y) == STATUS_RANGE);
    CHECK(convex_map_piecewise(&g, 3, repeated, x) == STATUS_RANGE);
    CHECK(convex_map_piecewise(&g, 3, x, falling) == STATUS_RANGE);
    CHECK(convex_map_piecewise(&g, 1, x, x) == STATUS_RANGE);
    CHECK(convex_map_piecewise(&g, 3, x, x) == STATUS_OK);
    CHECK(convex_map_moebius(&g, -0.1) == STATUS_RANGE);
    CHECK(convex_map_moebius(&g, NAN) == STATUS_RANGE);
    CHECK(convex_map_crop(&g, &map, 0) == STATUS_RANGE);
    CHECK(convex_map_crop(&g, &map, 1.1) == STATUS_RANGE);
    CHECK(convex_map_crop(&g, &constant, 0.5) == STATUS_RANGE);
    CHECK(convex_map_chain(&g, 0, NULL, 0.5) == STATUS_RANGE);
    CHECK(convex_map_mix(&g, 1.5, &inner) == STATUS_RANGE);
}

/* ## Excess convexity */

/* e(g_c) = sqrt(1 + c) - 1 from 1e-12 to 1e6. */
TEST(excess_of_the_moebius_family)
{
    for (double c = 1e-12; c < 2e12; c *= 10) {
        struct convex_map g = moebius(c);
        struct value e = excess_convexity(&g);

        CHECK_ABSOLUTE(e.x, c / (sqrt(1 + c) + 1), value_error(e));
        CHECK_AT_MOST(value_error(e), 1e-14 * (1 + e.x));
    }
    struct convex_map a = moebius(3), b = moebius(8), both = convex_map_compose(&a, &b);
    struct value e = excess_convexity(&both);
    CHECK_ABSOLUTE(e.x, 5, value_error(e));
}

/* Roots of (1 - t)^k = t by bisection with 60 digits (mpmath). */
TEST(excess_of_monomials)
{
    static const int degree[] = {1, 2, 3, 5, 10, 50};
    static const double known[] = {
        0, 0.61803398874989485, 1.1478990357047874, 2.0795956234914388, 4.0635107660926156, 15.852875697354524};

    for (int i = 0; i < 6; i++) {
        struct convex_map g = monomial(degree[i]);
        struct value e = excess_convexity(&g);

        CHECK_ABSOLUTE(e.x, known[i], value_error(e) + 6e-13); // the longer ones are known to 12 decimals
        CHECK_AT_MOST(value_error(e), 1e-12 * (1 + e.x));
    }
}

/* y = s (x - (1 - w)) beyond 1 - w, w = 1/s, 0 before: t = 1/(1 + s), e = s - 1. A corner, exactly where it is looked
 * for or off. */
TEST(excess_of_a_hinge)
{
    for (double s = 1.5; s < 1e7; s *= 11) {
        double x[] = {0, 1 - 1 / s, 1}, y[] = {0, 0, 1};
        struct convex_map g;

        CHECK(convex_map_piecewise(&g, 3, x, y) == STATUS_OK);
        struct value e = excess_convexity(&g);
        double slope = convex_map_slope_at_one(&g); // s, up to the rounding of the vertex
        CHECK_ABSOLUTE(e.x, slope - 1, value_error(e) + 4 * DBL_EPSILON * slope);
    }
}

/* A tie of nearly 1: the flat part is low but not 0, so t is small while g there is not steep. */
TEST(excess_on_a_flat_part)
{
    double x[] = {0, 1 - 1e-9, 1}, y[] = {0, 1e-5, 1};
    struct convex_map g;

    CHECK(convex_map_piecewise(&g, 3, x, y) == STATUS_OK);
    struct value e = excess_convexity(&g);
    double slope = 1e-5 / (1 - 1e-9), t = slope / (1 + slope); // slope (1 - t) = t
    CHECK_ABSOLUTE(e.x, 1 / t - 2, value_error(e));
    CHECK_AT_MOST(value_error(e), 1e-9 * e.x);
}

/* Bisection of erf's closed form, iterated and cropped, with 60 digits (mpmath). */
TEST(excess_of_deep_chains_known)
{
    static const struct {
        double bias;
        int layers;
        double e;
    } known[] = {{-1, 8, 0.61186137786064071},   {-1, 32, 2.0331998476212318},   {-1, 128, 5.3365123618593249},
                 {0.05, 8, 0.71066361762118871}, {0.05, 32, 5.2039905092704128}, {0.05, 128, 522.38705967665022}};
    const struct correlation_map *maps[128];

    for (int i = 0; i < 6; i++) {
        struct correlation_map map = layer("erf", known[i].bias < 0 ? critical_erf() : known[i].bias);
        struct convex_map g;

        for (int l = 0; l < 128; l++)
            maps[l] = &map;
        CHECK(convex_map_chain(&g, known[i].layers, maps, 1) == STATUS_OK);
        struct value e = excess_convexity(&g);
        CHECK_ABSOLUTE(e.x, known[i].e, value_error(e));
        CHECK_AT_MOST(value_error(e), 1e-9 * e.x); // t is a difference from 1 here
    }
}

/* Cropped covariances, by bisection with 60 digits (mpmath). The weights and biases of the layer cancel. */
TEST(excess_of_cropped_covariances_known)
{
    static const struct {
        const char *name;
        double rho, e;
    } known[] = {{"relu", 0, 0.15987592557920946},     {"relu", 0.7, 0.061997001312155044},
                 {"relu", 0.95, 0.021461696158360117}, {"erf", 0, 0.072105854478438432},
                 {"erf", 0.3, 0.068558327355916811},   {"erf", 0.95, 0.0094298708119879835}};

    for (int i = 0; i < 6; i++) {
        struct correlation_map plain = layer(known[i].name, 0), biased = layer(known[i].name, 0.4);
        struct convex_map g = crop(&plain, 1 - known[i].rho), h = crop(&biased, 1 - known[i].rho);

        CHECK_ABSOLUTE(excess_convexity(&g).x, known[i].e, 2e-14);
        CHECK_ABSOLUTE(excess_convexity(&h).x, excess_convexity(&g).x, 1e-14);
    }
}

/* A mixture of the identity and x^5: the number that refutes e(p id + q g) >= q e(g). */
TEST(excess_of_a_mixture)
{
    struct convex_map g = monomial(5), mixed, straight = moebius(0);

    CHECK(convex_map_mix(&mixed, 0.5, &g) == STATUS_OK);
    CHECK_ABSOLUTE(excess_convexity(&mixed).x, 0.72356758772507189, 1e-14); // 60 digits, mpmath
    CHECK(convex_map_mix(&mixed, 1, &g) == STATUS_OK);
    CHECK_SAME(excess_convexity(&mixed).x, 0);
    CHECK_SAME(excess_convexity(&straight).x, 0);
}

/* Mixed with the share that it asks for, any map crosses at t; the vertices of three edges are where they should be. */
TEST(maps_for_searches)
{
    const double u[] = {0.5, 0.25, 0.5, 0.5, 0.9, 1, 0.2};
    struct convex_map edges, powers, mixed;

    CHECK(convex_map_three_edges(&edges, u) == STATUS_OK);
    CHECK_RELATIVE(convex_map_apply(&edges, 0.5), 0.125, 1e-15);  // u1 x1
    CHECK_RELATIVE(convex_map_apply(&edges, 0.75), 0.375, 1e-15); // half way between 0.1875 and 0.5625
    CHECK(convex_map_powers(&powers, 7, u) == STATUS_OK);
    double sum = 0, image = 0;
    for (int k = 0; k < 7; k++) {
        sum += pow(u[k], 8);
        image += pow(u[k], 8) * pow(0.8, (1 << k) + 1);
    }
    CHECK_RELATIVE(convex_map_apply(&powers, 0.8), image / sum, 1e-14);
    for (int k = 0; k < 2; k++) {
        const struct convex_map *g = k == 0 ? &edges : &powers;
        double e = excess_convexity(g).x;

        CHECK(convex_map_mix(&mixed, excess_convexity_identity_share(g, 1 / (2 + e / 3)), g) == STATUS_OK);
        CHECK_RELATIVE(excess_convexity(&mixed).x, e / 3, 1e-13);
        CHECK_AT_MOST(excess_convexity_identity_share(g, 1 / (2 + 2 * e)), 0);
    }
}

/* Bounds from the paper's appendix A.3, with the stated errors as the only slack: e >= 0, g'(1) >= 1 + e,
 * e(g2 o g1) >= e(g1) + e(g2), e(p id + q g) >= q e / (1 + p e). */
TEST(properties_on_random_maps)
{
    struct stream stream = stream_open(stream_key("test_convex_map", 2), 0, 0);

    for (int i = 0; i < 150; i++) {
        struct convex_map g =
            i % 2 ? convex_map_random_series(&stream, 50) : convex_map_random_piecewise(&stream, 3 + i % 7);
        struct convex_map f = i % 3 ? convex_map_random_series(&stream, 50) : convex_map_random_piecewise(&stream, 4),
                          mixed;
        struct convex_map both = convex_map_compose(&g, &f);
        struct value eg = excess_convexity(&g), ef = excess_convexity(&f), e = excess_convexity(&both);
        double p = stream_uniform(&stream), bound = (1 - p) * eg.x / (1 + p * eg.x);

        CHECK_AT_LEAST(eg.x, 0);
        CHECK_AT_LEAST(convex_map_slope_at_one(&g) * (1 + 4 * 50 * DBL_EPSILON), 1 + eg.x - value_error(eg));
        CHECK_AT_LEAST(e.x, eg.x + ef.x - value_error(e) - value_error(eg) - value_error(ef));
        CHECK(convex_map_mix(&mixed, p, &g) == STATUS_OK);
        struct value em = excess_convexity(&mixed);
        CHECK_AT_LEAST(em.x, bound - value_error(em) - value_error(eg));
    }
}

/* (2 + 3x)^3 on [a, b] is a cube of a linear function wherever it is cropped: compare with the definition. */
TEST(a_cropped_series_is_the_series_on_its_interval)
{
    const double c[] = {8, 36, 54, 27};
    struct convex_map g;
    double range, a = 0.3, b = 0.9, low = pow(2 + 3 * a, 3), high = pow(2 + 3 * b, 3);

    CHECK_INT(convex_map_crop_series(&g, 3, c, a, b, &range), STATUS_OK);
    CHECK_RELATIVE(range, high - low, 1e-14);
    for (int i = 0; i <= 10; i++) {
        double t = i / 10.0;

        CHECK_ABSOLUTE(convex_map_apply(&g, t), (pow(2 + 3 * (a + (b - a) * t), 3) - low) / (high - low), 1e-15 * 8);
    }
    CHECK_INT(convex_map_crop_series(&g, 3, c, 0.9, 0.3, NULL), STATUS_RANGE);
    CHECK_INT(convex_map_crop_series(&g, 0, c, 0, 1, NULL), STATUS_RANGE);
    CHECK_INT(convex_map_crop_series(&g, 3, (double[]){1, 0, 0, 0}, 0, 1, NULL), STATUS_RANGE);
}
