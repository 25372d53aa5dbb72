// SPDX-License-Identifier: GPL-3.0-or-later
/* Gaussian expectations against closed forms, and their stated errors. Reference numbers with 16 digits were computed
 * with mpmath at 30. */
#include "assay_test.h"
#include <assay/numerics/gaussian.h>
#include <float.h>
#include <math.h>

static void check_value(struct value v, double truth, double relative)
{
    CHECK(value_ok(v));
    CHECK_ABSOLUTE(v.x, truth, value_bound(v));
    CHECK_AT_MOST(value_bound(v), relative * fabs(truth));
}

static double relu(double x, void *context)
{
    (void)context;
    return x > 0 ? x : 0;
}

static double step(double x, void *context)
{
    (void)context;
    return x >= 0;
}

static double shifted_relu(double x, void *context)
{
    (void)context;
    return x > 1 ? x - 1 : 0;
}

static double error_function(double x, void *context)
{
    (void)context;
    return erf(x);
}

static double tangent(double x, void *context)
{
    (void)context;
    return tanh(x);
}

static double exponential(double x, void *context)
{
    return exp(*(const double *)context * x);
}

static double power(double x, void *context)
{
    return pow(x, *(const double *)context);
}

static double positive_power(double x, void *context)
{
    return x > 0 ? pow(x, *(const double *)context) : 0;
}

static const double ZERO[] = {0}, ONE[] = {1};
static const struct piecewise RELU = {relu, NULL, 1, ZERO}, STEP = {step, NULL, 1, ZERO},
                              SHIFTED = {shifted_relu, NULL, 1, ONE}, ERF = {error_function, NULL, 0, NULL},
                              TANH = {tangent, NULL, 0, NULL};

static const double RHO[] = {-1, -0.9999, -0.5, 0, 0.3, 0.9, 0.99, 0.999999, 1 - 1e-8, 1};
enum { RHOS = 10 };

/* ## One variable */

TEST(moments_are_double_factorials)
{
    double truth = 1;

    for (int k = 0; k <= 30; k++) {
        double degree = 2 * k;

        check_value(gaussian_mean(&(struct piecewise){power, &degree, 0, NULL}), truth, 1e-13);
        truth *= 2 * k + 1;
    }
}

TEST(means_of_kinked_and_singular_functions_are_known)
{
    const double powers[] = {-0.4, 0.5, 1, 2.5};

    check_value(gaussian_mean(&RELU), 1 / sqrt(2 * M_PI), 1e-13);
    check_value(gaussian_mean(&STEP), 0.5, 1e-13);
    check_value(gaussian_mean(&SHIFTED), normal_density(1) - normal_tail(1), 1e-13);
    for (int i = 0; i < 4; i++) {
        double p = powers[i], truth = pow(2, p / 2 - 1) * tgamma((p + 1) / 2) / sqrt(M_PI);

        check_value(gaussian_mean(&(struct piecewise){positive_power, &p, 1, ZERO}), truth, 1e-13);
    }
}

TEST(mean_follows_exponential_growth)
{
    for (double a = -12; a <= 12; a += 1.5)
        check_value(gaussian_mean(&(struct piecewise){exponential, &a, 0, NULL}), exp(a * a / 2), 1e-13);
}

static double square(double x, void *context)
{
    const struct piecewise *f = context;

    return f->f(x, f->context) * f->f(x, f->context);
}

static double steep(double x, void *context)
{
    (void)context;
    return x * tanh(50 * x);
}

static double bump(double x, void *context)
{
    double width = *(const double *)context;

    return exp(-0.5 * (x - 0.37) * (x - 0.37) / (width * width));
}

TEST(mean_adapts_to_poles_steps_and_bumps)
{
    struct piecewise erf_ = ERF, tanh_ = TANH;

    check_value(gaussian_mean(&(struct piecewise){square, &erf_, 0, NULL}), M_2_PI * asin(2.0 / 3), 1e-13);
    check_value(gaussian_mean(&(struct piecewise){square, &tanh_, 0, NULL}), 0.394294490397841174, 1e-13);
    check_value(gaussian_mean(&(struct piecewise){steep, NULL, 0, NULL}), 0.797753359367116060, 1e-13);
    for (double width = 1; width > 0.015; width /= 2) {
        double sum = 1 + width * width;

        check_value(gaussian_mean(&(struct piecewise){bump, &width, 0, NULL}),
                    width / sqrt(sum) * exp(-0.37 * 0.37 / 2 / sum), 1e-13);
    }
}

static double jump(double x, void *context)
{
    (void)context;
    return x > 0.3;
}

TEST(mean_is_honest_about_a_jump_that_was_not_declared)
{
    struct value v = gaussian_mean(&(struct piecewise){jump, NULL, 0, NULL});

    CHECK_ABSOLUTE(v.x, normal_tail(0.3), value_bound(v));
    CHECK_AT_MOST(value_bound(v), 1e-12);
}

static double too_fast(double x, void *context)
{
    (void)context;
    return exp(x * x);
}

static double not_a_number(double x, void *context)
{
    (void)context;
    return sqrt(x);
}

TEST(means_that_do_not_exist_fail)
{
    double many[11] = {0};

    CHECK(!value_ok(gaussian_mean(&(struct piecewise){too_fast, NULL, 0, NULL})));
    CHECK(!value_ok(gaussian_mean(&(struct piecewise){not_a_number, NULL, 0, NULL})));
    CHECK_CONTAINS(status_reason(), "not finite");
    CHECK(!value_ok(gaussian_mean(&(struct piecewise){relu, NULL, 11, many})));
    CHECK_CONTAINS(status_reason(), "11 given");
}

/* ## Two variables */

TEST(product_of_erf_follows_the_arcsine_law)
{
    for (int i = 0; i < RHOS; i++) {
        struct value v = gaussian_product(&ERF, &ERF, RHO[i]);

        CHECK_ABSOLUTE(v.x, M_2_PI * asin(2 * RHO[i] / 3), value_bound(v));
        CHECK_AT_MOST(value_bound(v), 1e-13);
    }
}

/* (sin t - t cos t) / (2 pi) with t the angle from -1, cos t = -rho; for small t its series, which does not cancel. */
static double arccosine_kernel(double rho)
{
    double sine = sqrt((1 - rho) * (1 + rho)), t = atan2(sine, -rho);

    if (t < 0.02)
        return t * t * t / 3 * (1 - t * t / 10 * (1 - t * t / 28)) / (2 * M_PI);
    return (sine + t * rho) / (2 * M_PI);
}

TEST(product_of_relu_is_the_arc_cosine_kernel)
{
    for (int i = 0; i < RHOS; i++)
        check_value(gaussian_product(&RELU, &RELU, RHO[i]), arccosine_kernel(RHO[i]), 2e-13);
}

TEST(product_of_steps_is_the_orthant_probability)
{
    for (int i = 0; i < RHOS; i++) {
        double angle = atan2(sqrt((1 - RHO[i]) * (1 + RHO[i])), -RHO[i]);

        check_value(gaussian_product(&STEP, &STEP, RHO[i]), angle / (2 * M_PI), 5e-12);
    }
}

TEST(product_of_two_different_functions)
{
    for (int i = 0; i < RHOS; i++) {
        double a = 1.5, b = -0.5, truth = exp((a * a + b * b) / 2 + a * b * RHO[i]);
        struct piecewise left = {exponential, &a, 0, NULL}, right = {exponential, &b, 0, NULL};

        check_value(gaussian_product(&left, &right, RHO[i]), truth, 1e-12);
        check_value(gaussian_product(&STEP, &RELU, RHO[i]), (1 + RHO[i]) / sqrt(8 * M_PI), 5e-12);
        struct value one_way = gaussian_product(&TANH, &SHIFTED, RHO[i]),
                     other = gaussian_product(&SHIFTED, &TANH, RHO[i]);
        CHECK_ABSOLUTE(one_way.x, other.x, value_tolerance(one_way, other, 0));
        CHECK_AT_MOST(value_bound(one_way), 1e-13);
    }
}

TEST(product_with_kinks_off_the_centre)
{
    const double rho[] = {-0.5, 0.3, 0.9, 0.99, 0.999999};
    const double truth[] = {0.00039713866722081805536, 0.017396229731681953706, 0.0623521365661633781,
                            0.073844242330383610368, 0.075339624779528391881};

    for (int i = 0; i < 5; i++)
        check_value(gaussian_product(&SHIFTED, &SHIFTED, rho[i]), truth[i], 5e-12);
    check_value(gaussian_product(&TANH, &TANH, 0.5), 0.18632441320344809, 1e-13);
    check_value(gaussian_product(&TANH, &TANH, 0.9), 0.3492033505819252, 1e-13);
}

TEST(product_meets_the_mean_at_the_ends_and_without_correlation)
{
    double p = -0.2;
    struct piecewise singular = {positive_power, &p, 1, ZERO};
    struct value mean = gaussian_mean(&SHIFTED);

    check_value(gaussian_product(&SHIFTED, &RELU, 0), mean.x / sqrt(2 * M_PI), 1e-12);
    check_value(gaussian_product(&singular, &singular, 1), pow(2, p - 1) * tgamma(p + 0.5) / sqrt(M_PI), 1e-13);
    CHECK_SAME(gaussian_product(&singular, &singular, -1).x, 0);
}

/* In polar coordinates, with L = acos(-rho): 2^p Gamma(p+1) / (2 pi) times the integral over (0, L) of (sin u
 * sin(L-u))^p. */
TEST(product_meets_a_singular_kink_without_cancellation)
{
    double p = -0.3;
    struct piecewise singular = {positive_power, &p, 1, ZERO};

    check_value(gaussian_product(&singular, &singular, 0.5), 0.510917850759192063, 1e-12);
    check_value(gaussian_product(&singular, &singular, -0.9), 0.233433298090501965, 1e-12);
}

TEST(product_refuses_what_is_no_correlation)
{
    CHECK(!value_ok(gaussian_product(&RELU, &RELU, 1.5)));
    CHECK_CONTAINS(status_reason(), "1.5 given");
    CHECK(!value_ok(gaussian_product(&RELU, &RELU, NAN)));
}

/* E cos(X) e^{bY} is the real part of E e^{iX + bY}. */
static double wave(double x, double y, void *context)
{
    return cos(x) * exp(*(const double *)context * y);
}

static double largest(double x, double y, void *context)
{
    (void)context;
    return fmax(x, y);
}

TEST(pairs_match_closed_forms_within_their_errors)
{
    double b = 0.7;

    for (int i = 0; i < RHOS; i++) {
        double rho = RHO[i], kink = sqrt((1 - rho) / M_PI);
        struct value v = gaussian_pair(largest, NULL, rho, 20);

        check_value(gaussian_pair(wave, &b, rho, 24), exp((b * b - 1) / 2) * cos(b * rho), 1e-13);
        CHECK_ABSOLUTE(v.x, kink, value_bound(v)); // slow, and it says so
        CHECK_AT_MOST(value_bound(v), 0.1);
    }
    CHECK(!value_ok(gaussian_pair(wave, &b, 0.5, 0)));
    CHECK(!value_ok(gaussian_pair(wave, &b, 2, 5)));
}

/* ## The normal distribution */

TEST(normal_functions_keep_relative_accuracy_in_the_tails)
{
    CHECK_RELATIVE(normal_tail(1.5), 0.0668072012688580660044940409799, 4 * DBL_EPSILON);
    CHECK_RELATIVE(normal_tail(10), 7.61985302416052606597334325163e-24, 10 * DBL_EPSILON);
    CHECK_RELATIVE(normal_tail(37), 5.72557122252457682268319254904e-300, 10 * DBL_EPSILON);
    CHECK_RELATIVE(normal_cdf(-8.25), 7.91972631464247734096137442192e-17, 10 * DBL_EPSILON);
    CHECK_RELATIVE(normal_density(10), 7.69459862670641934633903358004e-23, 4 * DBL_EPSILON);
    CHECK_RELATIVE(normal_density(-37), 2.12000655152460562685204547711e-298, 4 * DBL_EPSILON);
    CHECK_SAME(normal_density(INFINITY), 0);
    CHECK(isnan(normal_density(NAN)));
}

TEST(quantile_inverts_the_distribution_function)
{
    CHECK_RELATIVE(normal_quantile(0.975), 1.95996398454005423552459443052, 4 * DBL_EPSILON);
    CHECK_RELATIVE(normal_quantile(1e-300), -37.0470962993611992372229625079, 4 * DBL_EPSILON);
    for (double x = -36; x <= 8; x += 0.37) // dx = dp / density, and dp = eps p near 1
        CHECK_ABSOLUTE(normal_quantile(normal_cdf(x)), x,
                       10 * DBL_EPSILON * (fabs(x) + normal_cdf(x) / normal_density(x)));
    CHECK_SAME(normal_quantile(0), -INFINITY);
    CHECK_SAME(normal_quantile(1), INFINITY);
    CHECK(isnan(normal_quantile(-0.1)) && isnan(normal_quantile(1.1)));
}
