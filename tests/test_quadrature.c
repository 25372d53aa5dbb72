// SPDX-License-Identifier: GPL-3.0-or-later
/* Gauss rules against moments in closed form and GSL's own rules; adaptive integrals against known values, their stated
 * errors included. */
#include "assay_test.h"
#include <assay/numerics/hermite.h>
#include <assay/numerics/quadrature.h>
#include <float.h>
#include <gsl/gsl_integration.h>
#include <math.h>

/* The truth lies within the stated error, and the stated error is at most that fraction of it. */
static void check_value(struct value v, double truth, double relative)
{
    CHECK(value_ok(v));
    CHECK_ABSOLUTE(v.x, truth, value_bound(v));
    CHECK_AT_MOST(value_bound(v), relative * fabs(truth));
}

/* ## Gauss rules */

static double power(double x, void *context)
{
    return pow(x, *(const int *)context);
}

static double moment(const struct rule *rule, int degree)
{
    return rule_apply(rule, power, &degree);
}

static double double_factorial(int n)
{
    return n < 2 ? 1 : n * double_factorial(n - 2);
}

TEST(hermite_rule_is_exact_to_degree_2n_minus_1_and_no_further)
{
    for (int n = 1; n <= 40; n = 2 * n + 1) {
        struct rule rule;

        CHECK_INT(rule_hermite(&rule, n), STATUS_OK);
        for (int degree = 0; degree < 2 * n; degree += 2) // 2n roundings in the power, as many in the sum
            CHECK_RELATIVE(moment(&rule, degree), double_factorial(degree - 1), 4 * n * DBL_EPSILON);
        CHECK_AT_LEAST(fabs(moment(&rule, 2 * n) / double_factorial(2 * n - 1) - 1), 1e-14);
        rule_free(&rule);
    }
}

TEST(legendre_rule_is_exact_to_degree_2n_minus_1)
{
    struct rule rule;

    for (int n = 1; n <= 33; n = 2 * n + 1) {
        CHECK_INT(rule_legendre(&rule, n, -1, 2), STATUS_OK);
        for (int d = 0; d < 2 * n; d++)
            CHECK_RELATIVE(moment(&rule, d), (pow(2, d + 1) - pow(-1, d + 1)) / (d + 1), 4 * n * DBL_EPSILON);
        rule_free(&rule);
    }
}

/* Sizes for which no library has a table: the even moments on [-1, 1], 2/(d + 1). */
TEST(legendre_rule_keeps_its_accuracy_at_any_size)
{
    struct rule rule;

    for (int n = 34; n <= 400; n += 33) {
        CHECK_INT(rule_legendre(&rule, n, -1, 1), STATUS_OK);
        for (int d = 0; d < 2 * n; d += 10)
            CHECK_RELATIVE(moment(&rule, d), 2.0 / (d + 1), 4 * n * DBL_EPSILON);
        rule_free(&rule);
    }
}

TEST(laguerre_rule_is_exact_to_degree_2n_minus_1)
{
    const double alphas[] = {-0.9, 0, 0.5, 30};
    struct rule rule;

    for (int a = 0; a < 4; a++)
        for (int n = 1; n <= 33; n = 2 * n + 1) {
            CHECK_INT(rule_laguerre(&rule, n, alphas[a]), STATUS_OK);
            for (int d = 0; d < 2 * n; d++) // tgamma itself is good to about 10 eps
                CHECK_RELATIVE(moment(&rule, d), tgamma(alphas[a] + d + 1), (10 + 8 * n) * DBL_EPSILON);
            rule_free(&rule);
        }
}

/* The moments of (1 - x)^alpha (1 + x)^beta in powers of 1 + x, by their ratio. */
static double one_plus(double x, void *context)
{
    return pow(1 + x, *(const int *)context);
}

TEST(jacobi_rule_is_exact_to_degree_2n_minus_1)
{
    const double exponents[][2] = {{0, 0}, {-0.5, -0.5}, {-0.9, 2}, {3.5, -0.3}, {40, 40}};
    struct rule rule;

    for (int e = 0; e < 5; e++)
        for (int n = 1; n <= 33; n = 2 * n + 1) {
            double alpha = exponents[e][0], beta = exponents[e][1];
            double expected =
                pow(2, alpha + beta + 1) * exp(lgamma(alpha + 1) + lgamma(beta + 1) - lgamma(alpha + beta + 2));

            CHECK_INT(rule_jacobi(&rule, n, alpha, beta), STATUS_OK);
            for (int d = 0; d < 2 * n; d++) { // lgamma(82) = 277 costs 277 eps
                CHECK_RELATIVE(rule_apply(&rule, one_plus, &d), expected, (600 + 8 * n) * DBL_EPSILON);
                expected *= 2 * (beta + 1 + d) / (alpha + beta + 2 + d);
            }
            rule_free(&rule);
        }
}

TEST(jacobi_mass_keeps_its_accuracy_for_large_exponents)
{
    double product = 2; // of 2j / (2j + 1), j = 1..2000: the integral of (1 - x^2)^2000
    struct rule rule;

    for (int j = 1; j <= 2000; j++)
        product *= 2.0 * j / (2.0 * j + 1);
    CHECK_INT(rule_jacobi(&rule, 1, 2000, 2000), STATUS_OK);
    CHECK_RELATIVE(rule.w[0], product, 3 * sqrt(2000) * DBL_EPSILON); // random roundings of the product
    rule_free(&rule);
}

/* E h_{n-1}^2 = 1 weighs the outermost nodes as much as the innermost: the sum is off by the relative errors of tiny
 * weights. */
TEST(hermite_weights_keep_their_relative_accuracy)
{
    for (int n = 10; n <= 300; n += 58) {
        double sum = 0, square = 0, mixed = 0;
        struct rule rule;

        CHECK_INT(rule_hermite(&rule, n), STATUS_OK);
        for (int i = 0; i < n; i++) {
            double h = hermite(n - 1, rule.x[i]);

            sum += rule.w[i];
            square += rule.w[i] * h * h;
            mixed += rule.w[i] * h * hermite(n - 3, rule.x[i]);
        }
        CHECK_RELATIVE(sum, 1, 1e-14);
        CHECK_RELATIVE(square, 1, 1e-13);
        CHECK_ABSOLUTE(mixed, 0, 1e-13);
        rule_free(&rule);
    }
}

TEST(gsl_finds_the_same_rules)
{
    const struct {
        const gsl_integration_fixed_type *type;
        double alpha, beta;
    } kinds[] = {{gsl_integration_fixed_laguerre, 0.5, 0}, {gsl_integration_fixed_jacobi, 1.5, -0.25}};
    const int n = 20;

    for (int k = 0; k < 2; k++) {
        struct rule rule;
        gsl_integration_fixed_workspace *gsl =
            gsl_integration_fixed_alloc(kinds[k].type, (size_t)n, k ? -1 : 0, 1, kinds[k].alpha, kinds[k].beta);

        if (k)
            rule_jacobi(&rule, n, kinds[k].alpha, kinds[k].beta);
        else
            rule_laguerre(&rule, n, kinds[k].alpha);
        for (int i = 0; i < n; i++) { // GSL's eigenvalues are good to eps times the norm, about 80 for Laguerre
            CHECK_ABSOLUTE(rule.x[i], gsl_integration_fixed_nodes(gsl)[i], 300 * DBL_EPSILON);
            CHECK_ABSOLUTE(rule.w[i], gsl_integration_fixed_weights(gsl)[i], 100 * DBL_EPSILON);
        }
        rule_free(&rule);
        gsl_integration_fixed_free(gsl);
    }
}

TEST(rules_refuse_bad_arguments)
{
    struct rule rule;

    CHECK_INT(rule_hermite(&rule, 0), STATUS_RANGE);
    CHECK_CONTAINS(status_reason(), "0 given");
    CHECK_INT(rule_legendre(&rule, -3, 0, 1), STATUS_RANGE);
    CHECK_INT(rule_legendre(&rule, 3, 0, INFINITY), STATUS_RANGE);
    CHECK_INT(rule_laguerre(&rule, 3, -1), STATUS_RANGE);
    CHECK_CONTAINS(status_reason(), "alpha");
    CHECK_INT(rule_laguerre(&rule, 3, 200), STATUS_RANGE);
    CHECK_INT(rule_jacobi(&rule, 3, 0, -1.5), STATUS_RANGE);
    CHECK_INT(rule_jacobi(&rule, 3, NAN, 0), STATUS_RANGE);
}

/* ## Adaptive rules */

static double inverse_root(double x, void *context)
{
    (void)context;
    return 1 / sqrt(x);
}

static double logarithm(double x, void *context)
{
    (void)context;
    return log(x);
}

static double bell(double x, void *context)
{
    return exp(-(x - *(const double *)context) * (x - *(const double *)context));
}

static double lorentz(double x, void *context)
{
    (void)context;
    return 1 / (1 + x * x);
}

static double decay(double x, void *context)
{
    (void)context;
    return exp(x);
}

static double sine(double x, void *context)
{
    (void)context;
    return sin(x);
}

TEST(known_integrals_lie_within_their_stated_errors)
{
    double centre = 3;

    check_value(integrate(sine, NULL, 0, M_PI, 1e-13), 2, 1e-13);
    check_value(integrate(sine, NULL, M_PI, 0, 1e-13), -2, 1e-13);
    check_value(integrate(inverse_root, NULL, 0, 1, 1e-12), 2, 2e-12);
    check_value(integrate(logarithm, NULL, 0, 1, 1e-12), -1, 2e-12);
    check_value(integrate(bell, &centre, -INFINITY, INFINITY, 1e-12), sqrt(M_PI), 2e-12);
    check_value(integrate(lorentz, NULL, 0, INFINITY, 1e-12), M_PI_2, 2e-12);
    check_value(integrate(lorentz, NULL, -INFINITY, INFINITY, 1e-12), M_PI, 2e-12);
    check_value(integrate(decay, NULL, -INFINITY, 1, 1e-12), M_E, 2e-12);
    CHECK_SAME(integrate(sine, NULL, 1, 1, 1e-12).x, 0);
}

TEST(cancelling_integral_stops_at_rounding)
{
    struct value v = integrate(sine, NULL, -3, 3, 1e-13);

    CHECK_ABSOLUTE(v.x, 0, value_bound(v));
    CHECK_AT_MOST(value_bound(v), 1e-13 * 2 * (1 - cos(3))); // of the integral of |sin|
}

static double kinked(double x, void *context)
{
    (void)context;
    return fabs(sin(20 * x)) * exp(x);
}

/* GSL's doubly adaptive CQUAD shares neither nodes nor error estimate. */
TEST(pieces_agree_with_clenshaw_curtis)
{
    double points[8], expected = 0;
    gsl_integration_cquad_workspace *work = gsl_integration_cquad_workspace_alloc(100);
    gsl_function f = {kinked, NULL};

    for (int i = 0; i < 8; i++)
        points[i] = i < 7 ? i * M_PI / 20 : 1;
    for (int i = 0; i < 7; i++) {
        double piece;

        gsl_integration_cquad(&f, points[i], points[i + 1], 0, 1e-13, work, &piece, NULL, NULL);
        expected += piece;
    }
    gsl_integration_cquad_workspace_free(work);
    CHECK_RELATIVE(integrate_pieces(kinked, NULL, 8, points, 1e-13).x, expected, 2e-13);
    struct value unsplit = integrate(kinked, NULL, 0, 1, 1e-11); // has to find the kinks
    CHECK_ABSOLUTE(unsplit.x, expected, value_bound(unsplit));
    CHECK_RELATIVE(unsplit.x, expected, 1e-11);
}

static double pole(double x, void *context)
{
    (void)context;
    return 1 / x;
}

static double not_a_number(double x, void *context)
{
    (void)context;
    return x > 0.5 ? NAN : 1;
}

TEST(attempt_gives_value_and_error_where_the_tolerance_is_missed)
{
    struct value v;
    double magnitude;

    CHECK_INT(integrate_attempt(pole, NULL, 2, (double[]){0, 1}, 1e-12, &v, &magnitude), STATUS_CONVERGENCE);
    CHECK_AT_LEAST(value_bound(v), 0.1); // the integral is infinite: no panel at 0 may look good
    CHECK_INT(integrate_attempt(sine, NULL, 3, (double[]){-1, 0, 1}, 1e-12, &v, &magnitude), STATUS_OK);
    CHECK_RELATIVE(magnitude, 2 * (1 - cos(1)), 1e-14);
}

TEST(integrals_that_fail_say_why)
{
    CHECK(!value_ok(integrate(pole, NULL, 0, 1, 1e-12)));
    CHECK_CONTAINS(status_reason(), "panels");
    CHECK(!value_ok(integrate(not_a_number, NULL, 0, 1, 1e-12)));
    CHECK_CONTAINS(status_reason(), "not finite");
    CHECK(!value_ok(integrate(sine, NULL, NAN, 1, 1e-12)));
    CHECK(!value_ok(integrate_pieces(sine, NULL, 1, (double[]){0}, 1e-12)));
    CHECK(!value_ok(integrate_pieces(sine, NULL, 3, (double[]){0, 2, 1}, 1e-12)));
    CHECK_CONTAINS(status_reason(), "number 2");
}

TEST(points_hold_the_splits_and_leave_no_gap)
{
    double points[50];
    int n = integrate_points(4, (double[]){-7, -0.3, 0.1, 9}, -2, 3, 0.5, 50, points), found = 0;

    CHECK_SAME(points[0], -2);
    CHECK_SAME(points[n - 1], 3);
    for (int i = 0; i < n; i++)
        found += points[i] == -0.3 || points[i] == 0.1;
    CHECK_INT(found, 2);
    for (int i = 1; i < n; i++) {
        CHECK(points[i] > points[i - 1]);
        CHECK_AT_MOST(points[i] - points[i - 1], 0.5 * (1 + 1e-15));
    }
    n = integrate_points(0, NULL, 0, 1, 1e-9, 10, points);
    CHECK_INT(n, 10);
    CHECK_SAME(points[9], 1);
}
