// SPDX-License-Identifier: GPL-3.0-or-later
/* Roots, minima and initial value problems with known answers. */
#include "assay_test.h"
#include <assay/numerics/roots.h>
#include <float.h>
#include <math.h>

static double cubic(double x, void *context)
{
    return x * x * x - *(const double *)context;
}

static double cosine(double x, void *context)
{
    (void)context;
    return cos(x);
}

static double shifted(double x, void *context)
{
    return x - *(const double *)context;
}

static double logarithmic(double x, void *context)
{
    return log(x) - log(*(const double *)context);
}

static double not_a_number(double x, void *context)
{
    (void)context;
    return x > -0.5 && x < 0.5 ? NAN : x;
}

TEST(roots_lie_in_their_stated_brackets)
{
    double eight = 8, two = 2;
    struct value root = root_bracketed(cubic, &eight, 0, 10);

    CHECK_ABSOLUTE(root.x, 2, value_bound(root));
    CHECK_AT_MOST(value_bound(root), 1e-14);
    root = root_bracketed(cosine, NULL, 3, 0); // ends in the wrong order are refused
    CHECK(!value_ok(root));
    root = root_bracketed(cosine, NULL, 0, 3);
    CHECK_ABSOLUTE(root.x, M_PI_2, value_bound(root));
    root = root_bracketed(cubic, &two, -5, 5);
    CHECK_ABSOLUTE(root.x, cbrt(2), value_bound(root) + DBL_EPSILON); // cubic itself rounds
}

TEST(a_root_may_be_an_end_or_zero)
{
    double a = 0.1, zero = 0;

    CHECK_SAME(root_bracketed(shifted, &a, 0.1, 3).x, 0.1);
    CHECK_SAME(root_bracketed(shifted, &a, -3, 0.1).x, 0.1);
    CHECK_ABSOLUTE(root_bracketed(shifted, &zero, -1, 3).x, 0, DBL_MIN);
    CHECK_RELATIVE(root_log(shifted, &a, 0.1, 3).x, 0.1, 4 * DBL_EPSILON);
    CHECK_RELATIVE(root_log(shifted, &a, 1e-9, 0.1).x, 0.1, 4 * DBL_EPSILON);
}

TEST(logarithmic_roots_keep_relative_accuracy_at_any_size)
{
    for (double truth = 1e-290; truth < 1e290; truth *= 1.7e23) {
        struct value linear = root_log(shifted, &truth, 1e-300, 1e300),
                     curved = root_log(logarithmic, &truth, 1e-300, 1e300);

        CHECK_RELATIVE(linear.x, truth, value_bound(linear) / truth);
        CHECK_AT_MOST(value_bound(linear), 1e-14 * truth);
        /* ln of 1e290 is 668, so logarithmic itself is off by 668 eps. */
        CHECK_RELATIVE(curved.x, truth, value_bound(curved) / truth + 2 * DBL_EPSILON * fabs(log(truth)));
    }
}

TEST(roots_without_a_bracket_fail_and_say_why)
{
    double minus = -1;

    CHECK(!value_ok(root_bracketed(cosine, NULL, -1, 1)));
    CHECK_CONTAINS(status_reason(), "no sign change");
    CHECK(!value_ok(root_bracketed(cosine, NULL, NAN, 1)));
    CHECK(!value_ok(root_bracketed(cosine, NULL, 0, INFINITY)));
    CHECK(!value_ok(root_bracketed(not_a_number, NULL, -1, 1)));
    CHECK_CONTAINS(status_reason(), "not finite");
    CHECK(!value_ok(root_log(shifted, &minus, -2, 2)));
    CHECK(!value_ok(root_log(shifted, &minus, 1, 2)));
    CHECK_CONTAINS(status_reason(), "no sign change");
}

/* ## Minima */

static double two_wells(double x, void *context)
{
    (void)context;
    return (x * x - 1) * (x * x - 1) + 0.1 * x;
}

static double fenced(double x, void *context)
{
    (void)context;
    return x < 0.5 ? INFINITY : x;
}

TEST(the_lower_of_two_wells_is_found)
{
    double x;
    struct value least = minimise_interval(two_wells, NULL, -2, 2, &x);

    CHECK_ABSOLUTE(4 * x * (x * x - 1) + 0.1, 0, 1e-6); // the slope; x is good to sqrt(eps)
    CHECK(x < 0);
    CHECK_SAME(least.x, two_wells(x, NULL));
    for (double t = -2; t <= 2; t += 0.001)
        CHECK_AT_LEAST(two_wells(t, NULL), least.x - value_bound(least));
    CHECK_AT_MOST(value_bound(least), 1e-13);
}

TEST(minima_at_ends_and_beside_infinities)
{
    double x, a = 5;
    struct value least = minimise_interval(shifted, &a, 1, 3, &x);

    CHECK_SAME(x, 1);
    CHECK_SAME(least.x, -4);
    minimise_interval(cosine, NULL, 0, 3, &x);
    CHECK_SAME(x, 3);
    minimise_interval(fenced, NULL, 0, 3, &x);
    CHECK_ABSOLUTE(x, 0.5, 1e-8);
    CHECK_SAME(minimise_interval(shifted, &a, 2, 2, &x).x, -3);
    CHECK(!value_ok(minimise_interval(cosine, NULL, 3, 0, &x)));
    CHECK(!value_ok(minimise_interval(not_a_number, NULL, -0.4, 0.4, &x)));
}

static double rosenbrock(size_t n, const double x[], void *context)
{
    double sum = 0;

    ++*(int *)context;
    for (size_t i = 0; i + 1 < n; i++)
        sum += 100 * pow(x[i + 1] - x[i] * x[i], 2) + pow(1 - x[i], 2);
    return sum;
}

static double half_plane(size_t n, const double x[], void *context)
{
    (void)n, (void)context;
    return x[0] < 1 ? INFINITY : x[0] + x[1] * x[1];
}

static double parabola(size_t n, const double x[], void *context)
{
    (void)n, (void)context;
    return (x[0] - 3) * (x[0] - 3);
}

TEST(simplex_finds_the_minimum_within_its_budget)
{
    int calls = 0;
    double x[2] = {-1.2, 1}, least = minimise_simplex(rosenbrock, &calls, 2, x, 0.5, 2000);

    CHECK_AT_MOST(least, 1e-14);
    CHECK_ABSOLUTE(x[0], 1, 1e-6);
    CHECK_ABSOLUTE(x[1], 1, 1e-6);
    CHECK_AT_MOST(calls, 2000);
    calls = 0;
    minimise_simplex(rosenbrock, &calls, 2, (double[]){-1.2, 1}, 0.5, 30);
    CHECK_AT_MOST(calls, 30 + 4); // a last iteration may shrink the simplex
}

TEST(simplex_respects_the_domain)
{
    double x[2] = {2, 1}, y = 0;

    CHECK_ABSOLUTE(minimise_simplex(half_plane, NULL, 2, x, 0.5, 2000), 1, 1e-6);
    CHECK_ABSOLUTE(minimise_simplex(parabola, NULL, 1, &y, 1, 500), 0, 1e-12);
    CHECK_ABSOLUTE(y, 3, 1e-6);
    x[0] = -5;
    CHECK_SAME(minimise_simplex(half_plane, NULL, 2, x, 0.1, 200), INFINITY);
}

/* ## Initial value problems */

static void oscillator(double t, size_t n, const double y[], double dydt[], void *context)
{
    (void)t, (void)n, (void)context;
    dydt[0] = y[1];
    dydt[1] = -y[0];
}

static void blow_up(double t, size_t n, const double y[], double dydt[], void *context)
{
    (void)t, (void)n, (void)context;
    dydt[0] = y[0] * y[0];
}

TEST(oscillator_comes_back)
{
    double y[2] = {1, 0};

    CHECK_INT(ode_solve(oscillator, NULL, 2, 0, 10, y, 1e-12), STATUS_OK);
    CHECK_ABSOLUTE(y[0], cos(10), 1e-10); // the tolerance is a step's; some 50 steps add up
    CHECK_ABSOLUTE(y[1], -sin(10), 1e-10);
    CHECK_INT(ode_solve(oscillator, NULL, 2, 10, 0, y, 1e-12), STATUS_OK);
    CHECK_ABSOLUTE(y[0], 1, 1e-10);
    CHECK_ABSOLUTE(y[1], 0, 1e-10);
    CHECK_INT(ode_solve(oscillator, NULL, 2, 3, 3, y, 1e-12), STATUS_OK);
}

TEST(blow_up_and_bad_arguments_are_reported)
{
    double y[2] = {1, 0};

    CHECK_INT(ode_solve(blow_up, NULL, 1, 0, 0.5, y, 1e-10), STATUS_OK);
    CHECK_ABSOLUTE(y[0], 2, 1e-8);
    CHECK_INT(ode_solve(blow_up, NULL, 1, 0, 2, y, 1e-10), STATUS_CONVERGENCE);
    CHECK_CONTAINS(status_reason(), "stopped at t");
    CHECK_INT(ode_solve(oscillator, NULL, 2, 0, INFINITY, y, 1e-10), STATUS_RANGE);
    CHECK_INT(ode_solve(oscillator, NULL, 2, 0, 1, y, 0), STATUS_RANGE);
}
