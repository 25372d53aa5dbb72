// SPDX-License-Identifier: GPL-3.0-or-later
/* The heavy ball: two routes to its radius, where it contracts, its flat interval, and what iterations do. */
#include "assay_test.h"
#include <assay/numerics/heavy_ball.h>
#include <math.h>

TEST(radius_meets_companion_matrix)
{
    for (double momentum = 0; momentum < 0.999; momentum += 0.0507) {
        for (double product = -0.5; product < 5; product += 0.0311) {
            struct value closed = heavy_ball_radius(momentum, product);
            struct value matrix = heavy_ball_radius_companion(momentum, product);

            CHECK_ABSOLUTE(closed.x, matrix.x, value_bound(closed) + value_bound(matrix));
            CHECK_AT_MOST(value_bound(closed), 1e-13);
        }
    }
}

TEST(contracts_below_twice_one_plus_momentum)
{
    for (double momentum = 0; momentum < 0.99; momentum += 0.0407) {
        double most = 2 * (1 + momentum);

        CHECK_AT_MOST(heavy_ball_radius(momentum, most * (1 - 1e-9)).x, 1 - 1e-12);
        CHECK_AT_LEAST(heavy_ball_radius(momentum, most * (1 + 1e-9)).x, 1 + 1e-12);
        CHECK_AT_MOST(heavy_ball_radius(momentum, 1e-9).x, 1 - 1e-10);
        CHECK_AT_LEAST(heavy_ball_radius(momentum, -1e-9).x, 1 + 1e-10);
    }
    CHECK_RELATIVE(heavy_ball_radius(0.9, 1.9).x, sqrt(0.9), 1e-15);
    CHECK_RELATIVE(heavy_ball_radius(0, 1.25).x, 0.25, 1e-15);
}

TEST(errors_hold_at_the_double_root)
{
    double edge = pow(1 - sqrt(0.25), 2); // exact: 1/4, where the root is exactly 1/2
    struct value radius = heavy_ball_radius(0.25, edge);

    CHECK_ABSOLUTE(radius.x, 0.5, value_bound(radius));
    CHECK_AT_MOST(value_bound(radius), 1e-7);
    CHECK_AT_LEAST(value_bound(radius), 1e-9);
}

TEST(iterations_follow_the_radius)
{
    static const double A[4] = {2, 0.5, 0.5, 1};
    double largest = 1.5 + sqrt(0.5);

    for (int above = 0; above < 2; above++) {
        double rate = (above ? 1.01 : 0.99) * 3.8 / largest, theta[2] = {1, -0.5};
        double short_run = heavy_ball_run(2, A, 0.9, rate, 20000, theta);
        double rest[2] = {1, -0.5}, long_run = heavy_ball_run(2, A, 0.9, rate, 40000, rest);

        CHECK_RELATIVE((long_run - short_run) / 20000, log(heavy_ball_radius(0.9, rate * largest).x), 1e-3);
    }
    double theta[2] = {1, 2}, twice[2] = {1 - 0.1 * 3, 2 - 0.1 * 2.5}; // one step is plain descent
    CHECK_RELATIVE(heavy_ball_run(2, A, 0.5, 0.1, 1, theta), log(hypot(twice[0], twice[1]) / hypot(1, 2)), 1e-12);
    CHECK_RELATIVE(theta[0], twice[0], 1e-15);
    CHECK_RELATIVE(theta[1], twice[1], 1e-15);
}

TEST(refuses_momentum_out_of_range)
{
    CHECK(!value_ok(heavy_ball_radius(1, 1)));
    CHECK(!value_ok(heavy_ball_radius(-0.1, 1)));
    CHECK(!value_ok(heavy_ball_radius_companion(0.5, INFINITY)));
    CHECK_CONTAINS(status_reason(), "momentum");
}
