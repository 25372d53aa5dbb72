// SPDX-License-Identifier: GPL-3.0-or-later
#include "assay_test.h"

#include <assay/base/memory.h>
#include <assay/evidence/statistics.h>
#include <assay/numerics/gaussian.h>
#include <assay/random/stream.h>
#include <math.h>

TEST(extrapolation_over_three_sizes)
{
    for (int quadratic = 0; quadratic <= 1; quadratic++) {
        double c = 0.01 * quadratic;
        struct value whole = measured(1 + 0.1 + c, 0.02, SAMPLING), half = measured(1 + 0.2 + 4 * c, 0.03, SAMPLING),
                     quarter = measured(1 + 0.4 + 16 * c, 0.01, SAMPLING),
                     limit = limit_extrapolated(whole, half, quarter);

        CHECK_ABSOLUTE(limit.x, 1 - 2 * c, 1e-15);
        CHECK_ABSOLUTE(limit.err[FINITE_SIZE], 2 * c, 1e-15);
        CHECK_RELATIVE(limit.err[SAMPLING], 0.05, 1e-14);
    }
}

TEST(moments_of_known_numbers)
{
    double x[] = {2, 4, 4, 4, 5, 5, 7, 9};
    struct moments sample = moments_of(8, x, 1);

    CHECK_SAME(sample.mean, 5);
    CHECK_RELATIVE(moments_variance(sample), 32.0 / 7, 1e-15);
    CHECK_RELATIVE(moments_mean(sample).err[SAMPLING], sqrt(32.0 / 7 / 8), 1e-15);
    CHECK_SAME(sample.least, 2);
    CHECK_SAME(sample.most, 9);
}

TEST(merging_equals_adding)
{
    double x[1000];
    struct stream stream = stream_open(1, 0, 0);
    struct moments one = moments_empty(), two = moments_empty(), all = moments_empty();

    stream_normals(&stream, 1000, x);
    for (int i = 0; i < 1000; i++) {
        x[i] += 1e6; // a mean far from zero: sums of squares would lose everything
        moments_add(i < 300 ? &one : &two, x[i]);
        moments_add(&all, x[i]);
    }
    struct moments merged = moments_merge(one, two);

    CHECK_RELATIVE(merged.mean, all.mean, 1e-14); // a thousand updates round by half an ulp each
    CHECK_RELATIVE(merged.deviations, all.deviations, 1e-9);
    CHECK_RELATIVE(moments_of(1000, x, 1).deviations, all.deviations, 1e-9);
    CHECK_SAME(moments_merge(moments_empty(), one).mean, one.mean);
}

TEST(few_observations_have_no_error_bar)
{
    double x = 3;

    CHECK(isinf(moments_mean(moments_of(1, &x, 1)).err[SAMPLING]));
    CHECK(isnan(moments_variance(moments_empty())));
}

TEST(standard_errors_cover_the_truth)
{
    enum { TRIALS = 400, N = 50 };
    int inside = 0;

    for (uint32_t trial = 0; trial < TRIALS; trial++) {
        double x[N];
        struct stream stream = stream_open(2, 0, trial);

        stream_normals(&stream, N, x);
        struct value mean = moments_mean(moments_of(N, x, 1));
        inside += fabs(mean.x) <= mean.err[SAMPLING];
    }
    // about 68 % of the intervals hold the truth: 400 trials give a standard deviation of 2.3 %
    CHECK_ABSOLUTE(inside / (double)TRIALS, 0.68, 0.1);
}

/* With 5 observations four plain standard errors miss the truth in 1.6 % of the trials; widened ones in 6e-5, so in none of 2000. */
TEST(few_observations_widen_the_error_bar)
{
    enum { TRIALS = 2000, N = 5 };
    int outside = 0, outside_widened = 0;

    for (uint32_t trial = 0; trial < TRIALS; trial++) {
        double x[N];
        struct stream stream = stream_open(6, 0, trial);

        stream_normals(&stream, N, x);
        struct moments sample = moments_of(N, x, 1);
        outside += fabs(sample.mean) > 4 * moments_mean(sample).err[SAMPLING];
        outside_widened += fabs(sample.mean) > 4 * moments_estimate(sample).err[SAMPLING];
    }
    CHECK_ABSOLUTE(outside / (double)TRIALS, 0.016, 0.015);
    CHECK_AT_MOST(outside_widened, 1);
    CHECK(isinf(moments_estimate(moments_empty()).err[SAMPLING]));
}

/* Means 5 and 3: the limit keeps the first, its standard error, and their difference as a bias. */
TEST(a_limit_carries_the_bias_that_halving_shows)
{
    double wide[] = {4, 6, 5, 5}, half[] = {3, 2, 4, 3};
    struct moments at_wide = moments_of(4, wide, 1), at_half = moments_of(4, half, 1);
    struct value limit = moments_limit(at_wide, at_half);

    CHECK_SAME(limit.x, 5);
    CHECK_SAME(limit.err[FINITE_SIZE], 2);
    CHECK_RELATIVE(limit.err[SAMPLING],
                   hypot(2 * moments_estimate(at_wide).err[SAMPLING], moments_estimate(at_half).err[SAMPLING]), 1e-15);
}

/* The limit, 0, must lie within four standard errors of an estimate with bias b or 2b, whatever b: at most three misses are allowed
 * where 0.25 are expected. A standard error of the wide mean alone would miss a hundred and more. */
TEST(four_sigma_of_a_limit_cover_it_whatever_the_bias)
{
    enum { PAIRS = 4000, NETWORKS = 64 };
    static const double bias[] = {0, 0.1, 1, -10};
    struct stream stream = stream_open(11, 0, 0);

    for (size_t k = 0; k < sizeof bias / sizeof bias[0]; k++) {
        int misses = 0;

        for (int pair = 0; pair < PAIRS; pair++) {
            double x[NETWORKS], y[NETWORKS];

            stream_normals(&stream, NETWORKS, x);
            stream_normals(&stream, NETWORKS, y);
            for (int i = 0; i < NETWORKS; i++) {
                x[i] += bias[k];
                y[i] += 2 * bias[k];
            }
            struct value limit = moments_limit(moments_of(NETWORKS, x, 1), moments_of(NETWORKS, y, 1));

            misses += fabs(limit.x) > value_tolerance(exact(0), limit, 4);
        }
        CHECK_AT_MOST(misses, 3);
    }
}

TEST(quantiles_interpolate)
{
    double x[] = {4, 1, 3, 2};

    CHECK_SAME(quantile_of(4, x, 0.5), 2.5);
    CHECK_SAME(quantile_of(4, x, 0), 1);
    CHECK_SAME(quantile_of(4, x, 1), 4);
    CHECK_SAME(x[0], 4);
}

TEST(a_line_is_found_with_an_honest_error)
{
    enum { N = 40, TRIALS = 300 };
    double x[N], y[N], sd[N];
    int inside = 0, inside_weighted = 0;
    struct line line;

    for (uint32_t trial = 0; trial < TRIALS; trial++) {
        struct stream stream = stream_open(3, 0, trial);

        stream_normals_scaled(&stream, 0.1, N, y);
        for (int i = 0; i < N; i++) {
            x[i] = i;
            sd[i] = 0.1;
            y[i] += 2 - 0.5 * i;
        }
        CHECK_INT(line_fit(N, x, y, NULL, &line), STATUS_OK);
        inside += fabs(line.slope.x + 0.5) <= 2 * line.slope.err[SAMPLING];
        CHECK_INT(line_fit(N, x, y, sd, &line), STATUS_OK);
        inside_weighted += fabs(line.slope.x + 0.5) <= 2 * line.slope.err[SAMPLING];
    }
    // two standard errors cover 95.4 % (a little more unweighted, where Student's t widens them), +- 1.2 % for 300 trials
    CHECK_ABSOLUTE(inside / (double)TRIALS, 0.965, 0.04);
    CHECK_ABSOLUTE(inside_weighted / (double)TRIALS, 0.954, 0.04);
}

TEST(degenerate_lines_are_refused)
{
    double x[] = {1, 1, 1}, y[] = {1, 2, 3};
    struct line line;

    CHECK_INT(line_fit(2, x, y, NULL, &line), STATUS_RANGE);
    CHECK_INT(line_fit(3, x, y, NULL, &line), STATUS_RANGE);
    CHECK_CONTAINS(status_reason(), "all equal");
}

TEST(a_power_without_noise_is_found)
{
    double x[] = {50, 200, 800, 1e6}, y[4], sd[] = {1e-3, 2e-3, 1e-3, 5e-3};
    struct power_law power;

    for (int i = 0; i < 4; i++) {
        y[i] = -3 * pow(x[i], -0.75);
    }
    CHECK_INT(power_fit(4, x, y, sd, &power), STATUS_OK);
    CHECK_ABSOLUTE(power.exponent.x, -0.75, 1e-6); // golden section stops where rounding hides the minimum
    CHECK_RELATIVE(power.coefficient.x, -3, 1e-5);
    CHECK_ABSOLUTE(power.misfit, 0, 1e-9);
}

/* The errors cover as they should, and logarithms would not: the last points are noise, of either sign. */
TEST(a_power_is_found_with_an_honest_error)
{
    enum { N = 6, TRIALS = 600 };
    double x[N], y[N], sd[N];
    struct power_law power;
    struct moments misfit = moments_empty(), exponent = moments_empty();
    int inside = 0, inside_coefficient = 0;

    for (uint32_t trial = 0; trial < TRIALS; trial++) {
        struct stream stream = stream_open(5, 0, trial);

        for (int i = 0; i < N; i++) {
            x[i] = 50 * pow(4, i);
            sd[i] = 0.1 / sqrt(x[i]) / (1 + i);
            y[i] = 20 / x[i] + sd[i] * stream_normal(&stream);
        }
        CHECK_INT(power_fit(N, x, y, sd, &power), STATUS_OK);
        inside += fabs(power.exponent.x + 1) <= 2 * power.exponent.err[SAMPLING];
        inside_coefficient += fabs(power.coefficient.x - 20) <= 2 * power.coefficient.err[SAMPLING];
        moments_add(&misfit, power.misfit);
        moments_add(&exponent, power.exponent.x);
    }
    CHECK_ABSOLUTE(inside / (double)TRIALS, 0.954, 0.03);
    CHECK_ABSOLUTE(inside_coefficient / (double)TRIALS, 0.954, 0.03);
    CHECK_ABSOLUTE(misfit.mean, N - 2, 0.5);
    CHECK_RELATIVE(sqrt(moments_variance(exponent)), power.exponent.err[SAMPLING], 0.2);
}

TEST(powers_of_noise_say_so_and_bad_data_are_refused)
{
    double x[] = {1, 2, 4, 8}, y[] = {0.1, -0.2, 0.15, -0.05}, sd[] = {0.2, 0.2, 0.2, 0.2};
    struct power_law power;

    CHECK_INT(power_fit(4, x, y, sd, &power), STATUS_OK);
    CHECK_AT_LEAST(power.exponent.err[SAMPLING], 0.3);
    CHECK_INT(power_fit(2, x, y, sd, &power), STATUS_RANGE);
    y[1] = NAN;
    CHECK_INT(power_fit(4, x, y, sd, &power), STATUS_RANGE);
    y[1] = 0;
    x[0] = -1;
    CHECK_INT(power_fit(4, x, y, sd, &power), STATUS_RANGE);
    x[0] = x[1] = x[2] = x[3] = 2;
    CHECK_INT(power_fit(4, x, y, sd, &power), STATUS_RANGE);
}

TEST(kolmogorov_smirnov_tells_laws_apart)
{
    enum { N = 2000 };
    double x[N], y[N], p, shifted;
    struct stream stream = stream_open(4, 0, 0);

    stream_normals(&stream, N, x);
    stream_normals(&stream, N, y);
    kolmogorov_smirnov_cdf(N, x, normal_cdf, &p);
    CHECK_AT_LEAST(p, 1e-3);
    kolmogorov_smirnov(N, x, N, y, &p);
    CHECK_AT_LEAST(p, 1e-3);
    for (int i = 0; i < N; i++) {
        y[i] += 0.3;
    }
    shifted = kolmogorov_smirnov(N, x, N, y, &p);
    CHECK_AT_MOST(p, 1e-6);
    CHECK_ABSOLUTE(shifted, 0.12, 0.04); // sup |Phi(x) - Phi(x - 0.3)| = 2 Phi(0.15) - 1 = 0.119
}

TEST(kolmogorov_tail_matches_tabulated_quantiles)
{
    // For n large, P(sqrt(n) D > 1.3581) = 0.05 and P(> 0.8276) = 0.5 (Smirnov 1948): build samples with that distance.
    enum { N = 40000 };
    double *x = memory_doubles(N), p;
    static const double distance[2] = {1.3581, 0.8276}, expected[2] = {0.05, 0.5};

    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < N; i++) {
            x[i] = normal_quantile(fmin(1 - 1e-9, (i + 1.0) / N * (1 - distance[k] / sqrt(N))));
        }
        kolmogorov_smirnov_cdf(N, x, normal_cdf, &p);
        CHECK_ABSOLUTE(p, expected[k], 0.01);
    }
    memory_free(x);
}
