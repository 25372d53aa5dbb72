// SPDX-License-Identifier: GPL-3.0-or-later
/* Gegenbauer polynomials and expansions on spheres: references by mpmath at 40 digits, closed forms, Parseval, and the stated errors. */
#include "assay_test.h"
#include <assay/base/memory.h>
#include <assay/numerics/gegenbauer.h>
#include <float.h>
#include <math.h>

enum { LMAX = 1000 };

/* ## Polynomials */

TEST(polynomials_match_references)
{
    CHECK_RELATIVE(gegenbauer(20, 3.5, 0.3), 114.3748794946285584798168, 1e-13);
    CHECK_RELATIVE(gegenbauer(20, 0.3, -1.7), 241257687.2538281128211671, 1e-13);
    CHECK_RELATIVE(gegenbauer_ratio(50, 2.5, 0.3), 0.0003461702578987806976859392, 1e-12);
    CHECK_RELATIVE(gegenbauer_ratio(1000, 0.5, -0.9), -0.01316843086903809317291933, 1e-12);
    CHECK_RELATIVE(gegenbauer_ratio(5000, 3, 0.0001), 1.051033655860847514925789e-10, 1e-12);
    CHECK_RELATIVE(gegenbauer_ratio(40, 5000, -0.01), 3.937033677919392258711327e-57, 1e-13);
    CHECK_SAME(gegenbauer_ratio(3000, 2000, 0.25), 0); // 1e-1010
}

TEST(ratios_are_values_over_those_at_one)
{
    double R[41];

    for (double lambda = 0.5; lambda < 20; lambda *= 1.7) {
        for (double x = -1; x <= 1; x += 0.25) {
            gegenbauer_ratios(40, lambda, x, R);
            for (int l = 0; l <= 40; l++) {
                CHECK_SAME(R[l], gegenbauer_ratio(l, lambda, x));
                CHECK_ABSOLUTE(R[l] * exp(gegenbauer_log_at_one(l, lambda)), gegenbauer(l, lambda, x),
                               40 * l * DBL_EPSILON * exp(gegenbauer_log_at_one(l, lambda)));
            }
        }
    }
    for (int l = 0; l < 300; l += 7) {
        CHECK_ABSOLUTE(gegenbauer_ratio(l, 0, cos(0.7)), cos(0.7 * l), 2 * (l + 1) * DBL_EPSILON);
    }
}

TEST(ratios_stay_bounded_for_thousands)
{
    double *R = memory_doubles(5001);

    for (double lambda = 0.5; lambda < 6000; lambda *= 3) {
        for (double x = -1; x <= 1; x += 0.0625) {
            double largest = 0;

            gegenbauer_ratios(5000, lambda, x, R);
            for (int l = 0; l <= 5000; l++) {
                largest = fmax(largest, fabs(R[l]));
            }
            CHECK_AT_MOST(largest, 1 + 5000 * DBL_EPSILON);
        }
        CHECK_RELATIVE(R[5000], 1, 5000 * DBL_EPSILON);
    }
    memory_free(R);
}

TEST(bound_holds_for_all_later_ratios)
{
    double R[801], loosest = 0;

    for (int n = 3; n < 3000; n = n * 2 - 1) {
        for (double x = -0.9; x <= 1; x += 0.3) {
            gegenbauer_ratios(800, 0.5 * n - 1, x, R);
            for (int l = 0; l <= 400; l = 2 * l + 1) {
                double largest = 0, bound = gegenbauer_ratio_bound(l, n, x);

                for (int k = l; k <= 800; k++) {
                    largest = fmax(largest, fabs(R[k]));
                }
                CHECK_AT_MOST(largest, bound);
                loosest = fmax(loosest, n <= 9 ? bound / largest : 0);
            }
        }
    }
    CHECK_AT_MOST(loosest, 200);
    CHECK_SAME(gegenbauer_ratio_bound(50, 7, -1), 1);
}

TEST(slope_is_the_derivative)
{
    for (int l = 0; l <= 12; l++) {
        for (double x = -0.9; x < 1; x += 0.3) {
            double d = 1e-5, slope = (gegenbauer(l, 1.5, x + d) - gegenbauer(l, 1.5, x - d)) / (2 * d);

            CHECK_ABSOLUTE(gegenbauer_slope(l, 1.5, x), slope, 1e-5); // d^2 C'''/6, C''' below 2e5
        }
    }
}

TEST(logarithms_match_references)
{
    CHECK_RELATIVE(gegenbauer_log_at_one(50, 2.5), 12.66429148107420372463323, 1e-14);
    CHECK_RELATIVE(gegenbauer_log_at_one(3000, 2000), 4775.154765985955010592985, 1e-15);
    CHECK_RELATIVE(gegenbauer_log_at_one(40, 5000), 258.1708726666106422226088, 1e-15);
    CHECK_SAME(gegenbauer_log_at_one(1000, 0.5), 0);
    CHECK_RELATIVE(gegenbauer_log_dimension(1000, 10000), 3346.568222747678939483995, 1e-15);
    CHECK_RELATIVE(gegenbauer_log_dimension(7, 3), 2.708050201102210065996005, 4e-16);
}

TEST(dimensions_count_polynomials)
{
    double d = 1;

    for (int l = 0; l < 20; l++) { // on the sphere of R^3 there are 2l + 1
        CHECK_RELATIVE(d, 2 * l + 1, 40 * DBL_EPSILON);
        CHECK_RELATIVE(log(d), gegenbauer_log_dimension(l, 3), 1e-14);
        d *= gegenbauer_dimension_ratio(l, 3);
    }
    CHECK_RELATIVE(gegenbauer_dimension_ratio(0, 40), 40, 2 * DBL_EPSILON);
}

/* ## Expansions */

static double relu(double x, void *context)
{
    (void)context;
    return x > 0 ? x : 0;
}

static double hyperbolic_tangent(double x, void *context)
{
    (void)context;
    return tanh(x);
}

static double gelu(double x, void *context)
{
    (void)context;
    return x * normal_cdf(x);
}

static double power(double x, void *context)
{
    return x > 0 ? pow(x, *(const double *)context) : 0;
}

static double cube(double x, void *context)
{
    (void)context;
    return x * x * x;
}

static double step_at_one(double x, void *context)
{
    (void)context;
    return x > 1;
}

static const double ZERO = 0;

struct reference {
    int n, l;
    double tanh, gelu;
};

TEST(smooth_coefficients_match_references)
{
    const struct reference reference[] = {
        {3, 1, 0.66838695570505268589, 0.5},     {3, 2, 0, 0.2474605274337724196},
        {3, 7, -0.0038884571019480123344, 0},    {3, 20, 0, -3.8724089122833413746e-12},
        {7, 0, 0, 0.2944483628698052882},        {7, 7, -0.012173474325848825077, 0},
        {7, 20, 0, -3.1843333724461805904e-9},   {100, 1, 0.60762960426198391625, 0.5},
        {100, 7, -0.029596745978474801438, 0},   {100, 20, 0, -0.00004446562206319771749},
        {10000, 0, 0, 0.28210360719750270173},   {10000, 1, 0.60572473990924220212, 0.5},
        {10000, 7, -0.031426936434781974776, 0}, {10000, 50, 0, 2.7248969050519598584e-9},
    };
    static struct value c[LMAX + 1];
    struct piecewise t = {hyperbolic_tangent, NULL, 0, NULL}, g = {gelu, NULL, 0, NULL};

    for (size_t i = 0; i < sizeof reference / sizeof *reference; i++) {
        const struct reference *r = &reference[i];

        CHECK_INT(gegenbauer_expand(r->n, &t, 60, c), STATUS_OK);
        CHECK_ABSOLUTE(c[r->l].x, r->tanh, value_bound(c[r->l]));
        CHECK_AT_MOST(value_bound(c[r->l]), 1e-14);
        CHECK_INT(gegenbauer_expand(r->n, &g, 60, c), STATUS_OK);
        CHECK_ABSOLUTE(c[r->l].x, r->gelu, value_bound(c[r->l]));
        CHECK_AT_MOST(value_bound(c[r->l]), 1e-14);
    }
}

/* (1-x^2)^(lambda-1/2) R_l is the second derivative of (1-x^2)^(lambda+3/2) R_{l-2} at lambda + 2, over (n-1)(n+1): integrating by parts twice, f_l =
 * sqrt(n d_l) c_n R_{l-2}(0) / ((n-1)(n+1)), and R_{k+2}(0) / R_k(0) = -(k+1) / (k+1+2 lambda). */
static void relu_truth(int n, double truth[])
{
    double c = exp(lgamma(0.5 * n) - lgamma(0.5 * (n - 1))) / sqrt(M_PI), R = 1;

    truth[0] = sqrt(n) * c / (n - 1);
    truth[1] = 0.5;
    for (int l = 2; l <= LMAX; l++) {
        truth[l] = l % 2 ? 0 : sqrt(n) * c * R * exp(0.5 * gegenbauer_log_dimension(l, n)) / ((n - 1.0) * (n + 1.0));
        if (l % 2 == 0) {
            R *= -(l - 1.0) / (l + 1 + n);
        }
    }
}

TEST(relu_coefficients_are_known)
{
    static struct value c[LMAX + 1];
    double truth[LMAX + 1];
    const int ns[] = {3, 4, 5, 7, 9, 15, 99, 999, 9999};

    for (int i = 0; i < 9; i++) {
        double worst = -1, error = 0, lgamma_error = 1e-16 * ns[i] * log(ns[i]);

        relu_truth(ns[i], truth);
        CHECK_INT(gegenbauer_expand(ns[i], &(struct piecewise){relu, NULL, 1, &ZERO}, LMAX, c), STATUS_OK);
        for (int l = 0; l <= LMAX; l++) {
            worst = fmax(worst, fabs(c[l].x - truth[l]) - value_bound(c[l]) - (lgamma_error + 1e-13) * fabs(truth[l]));
            error = fmax(error, value_bound(c[l]));
        }
        CHECK_AT_MOST(worst, 0);
        CHECK_AT_MOST(error, 5e-14);
    }
}

/* mpmath's quadrature of x^-0.3 on the sphere of R^7. */
TEST(singular_kinks_are_resolved)
{
    const double truth[] = {0.63057521303109919785, 0.41335203138968453948, -0.14671186212941626598};
    static struct value c[LMAX + 1];
    double exponent = -0.3;

    CHECK_INT(gegenbauer_expand(7, &(struct piecewise){power, &exponent, 1, &ZERO}, LMAX, c), STATUS_OK);
    for (int l = 0; l < 3; l++) {
        CHECK_ABSOLUTE(c[l].x, truth[l], value_bound(c[l]));
    }
    CHECK_ABSOLUTE(c[9].x, 0.12421960003984619486, value_bound(c[9]));
    CHECK_AT_MOST(value_bound(c[9]), 1e-13);
}

/* h^3 = sqrt(n^3) v^3, v^3 = (n-1)/(n+2) R_3 + 3/(n+2) R_1: two coefficients, whatever n. */
TEST(polynomials_have_finite_expansions)
{
    static struct value c[LMAX + 1];

    for (int n = 3; n <= 10000; n = n * 3 / 2 + 1) {
        double root = sqrt((double)n * n * n), norm = sqrt(15.0 * n * n / ((n + 2.0) * (n + 4.0))); // E h^6
        double c1 = 3 * root / (n + 2.0) / sqrt(n);
        double c3 = root * (n - 1.0) / (n + 2.0) * exp(-0.5 * gegenbauer_log_dimension(3, n));

        CHECK_INT(gegenbauer_expand(n, &(struct piecewise){cube, NULL, 0, NULL}, LMAX, c), STATUS_OK);
        for (int l = 0; l <= LMAX; l++) {
            CHECK_ABSOLUTE(c[l].x, l == 1 ? c1 : l == 3 ? c3 : 0, value_bound(c[l]));
            CHECK_AT_MOST(value_bound(c[l]), (10 + 2 * sqrt(l)) * 4 * DBL_EPSILON * norm);
        }
    }
}

/* Parseval. tanh is analytic and its series has ended; a step's falls so slowly that only the sign of the rest is tested. */
TEST(squares_sum_to_the_norm)
{
    static struct value c[LMAX + 1];
    const double one = 1, norm7 = 0.420169472732990295326144153427; // E tanh(h)^2 at n = 7, mpmath

    CHECK_INT(gegenbauer_expand(7, &(struct piecewise){hyperbolic_tangent, NULL, 0, NULL}, LMAX, c), STATUS_OK);
    double sum = 0;
    for (int l = LMAX; l >= 0; l--) {
        sum += c[l].x * c[l].x;
    }
    CHECK_RELATIVE(sum, norm7, 1e-13);
    CHECK_INT(gegenbauer_expand(7, &(struct piecewise){step_at_one, NULL, 1, &one}, LMAX, c), STATUS_OK);
    sum = 0;
    for (int l = LMAX; l >= 0; l--) {
        sum += c[l].x * c[l].x;
    }
    CHECK_AT_MOST(sum, c[0].x); // E f^2 = E f
    CHECK_RELATIVE(sum, c[0].x, 2e-3);
}

/* An expansion in Hermite polynomials is the limit of many dimensions, from which it is of order 1/n away. */
TEST(many_dimensions_approach_hermite)
{
    static struct value c[LMAX + 1];

    for (int n = 100; n <= 10000; n *= 10) {
        CHECK_INT(gegenbauer_expand(n, &(struct piecewise){relu, NULL, 1, &ZERO}, 4, c), STATUS_OK);
        CHECK_ABSOLUTE(c[0].x, 1 / sqrt(2 * M_PI), 0.2 / n);
        CHECK_ABSOLUTE(c[2].x, 1 / sqrt(4 * M_PI), 0.4 / n);
        CHECK_ABSOLUTE(c[4].x, -1 / sqrt(48 * M_PI), 0.4 / n);
    }
}

TEST(thousands_of_degrees_are_bounded_by_the_error)
{
    struct value *c = memory_new(5004, sizeof *c);
    double worst = 0;

    CHECK_INT(gegenbauer_expand(9, &(struct piecewise){gelu, NULL, 0, NULL}, 5003, c), STATUS_OK);
    for (int l = 60; l <= 5003; l++) {
        worst = fmax(worst, fabs(c[l].x) - value_bound(c[l])); // true ones are below 1e-30
    }
    CHECK_AT_MOST(worst, 0);
    memory_free(c);
}

static double not_a_number(double x, void *context)
{
    (void)context;
    return log(x);
}

TEST(expansion_refuses_bad_input)
{
    static struct value c[LMAX + 1];
    struct piecewise f = {relu, NULL, 0, NULL}, g = {not_a_number, NULL, 0, NULL};

    CHECK_INT(gegenbauer_expand(2, &f, 5, c), STATUS_RANGE);
    CHECK_CONTAINS(status_reason(), "2, 5 and 0 given");
    CHECK_INT(gegenbauer_expand(7, &f, -1, c), STATUS_RANGE);
    CHECK_INT(gegenbauer_expand(7, &g, 5, c), STATUS_RANGE);
    CHECK_CONTAINS(status_reason(), "not finite");
}
