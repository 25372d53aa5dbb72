// SPDX-License-Identifier: GPL-3.0-or-later
/* Arc-cosine kernels: known values of any degree (mpmath, 40 digits), the defining integral, relations between degrees, the kernel's differential
 * equation, derivatives next to their divergences, stated errors. */
#include "assay_test.h"
#include <assay/base/status.h>
#include <assay/meanfield/arccosine.h>
#include <float.h>
#include <math.h>

static const double degrees[] = {-0.45, -0.25, 0, 0.3, 0.5, 0.9, 1, 1.5, 2, 2.7, 3, 7, 9.9, 10.5, 31, 99.5, 100};

enum { DEGREES = sizeof degrees / sizeof *degrees };

/* x is right within its stated error, which is small. */
static void check_value(struct value v, double expected, double relative)
{
    CHECK_ABSOLUTE(v.x, expected, value_error(v) + DBL_EPSILON * fabs(expected));
    CHECK_AT_MOST(value_error(v), relative * fabs(expected));
}

/* int sin^alpha v sin^alpha(v + theta) dv from 0 to pi - theta, over its value at theta = 0, by quadrature in 40 digits; for alpha = 100 by the
 * hypergeometric function in 40 digits. */
TEST(kernel_at_known_points)
{
    static const struct {
        double alpha, c, J;
    } known[] = {
        {-0.25, -0.9, 0.218293279812934446},       {-0.25, 0.75, 0.616542731929430759},
        {0.3, 0.3, 0.594101936790169896},          {0.5, -0.5, 0.203149443229980123},
        {0.5, 0.97, 0.970065223042932924},         {1.5, -0.9, 0.00221826841623353332},
        {1.5, 0.75, 0.746838143302652288},         {2, -0.5, 0.0288344428112186543},
        {2, 0.97, 0.960575022869078392},           {2.7, -0.9, 6.37109145907551618e-5},
        {2.7, 0.3, 0.243771626692772073},          {7, -0.9, 1.69219820433498692e-10},
        {7, 0.75, 0.365610139634588939},           {9.9, -0.9, 2.87958828805038657e-14},
        {9.9, 0.97, 0.854208430975021603},         {10.5, -0.5, 2.34304066901404277e-7},
        {10.5, 0.97, 0.84651751581285524},         {35, -0.875, 1.78183927987738527e-43},
        {35, 0.97, 0.584707948869629964},          {64.5, 0.75, 0.000169946337043183748},
        {100, -0.875, 9.6589142265921329898e-122}, {100, -0.5, 3.10569368458212525e-61},
        {100, 0.3, 1.57547593586685261e-19},       {100, 0.75, 1.48481758578211729e-6},
        {100, 0.97, 0.218939841640404401},
    };

    for (int i = 0; i < (int)(sizeof known / sizeof *known); i++)
        check_value(arccosine_kernel(known[i].alpha, known[i].c), known[i].J, 3e-12);
}

/* c is rounded: 1 - c is what mpmath took. */
TEST(derivatives_next_to_their_divergence)
{
    static const struct {
        double alpha, gap, slope, curvature;
    } known[] = {
        {-0.25, 1e-3, 24.1285084024548953, 18115.5739441853159},
        {-0.25, 1e-7, 24158.0687369653398, 181185816043.585136},
        {-0.25, 1e-13, 763768379.218307342, 5.72648222236241492e21},
        {0.1, 1e-3, 4.47542552295371318, 1794.23982685607714},
        {0.1, 1e-7, 178.617953165572893, 714521775.828767223},
        {0.1, 1e-13, 44864.3480896025137, 179401658276172182.0},
        {0.3, 1e-3, 2.08695702142119849, 462.085142609641509},
        {0.3, 1e-7, 14.3604731013933084, 29170943.9942856385},
        {0.3, 1e-13, 230.924793513197031, 462155881879120.982},
    };

    for (int i = 0; i < (int)(sizeof known / sizeof *known); i++) {
        double alpha = known[i].alpha, c = 1 - known[i].gap;

        check_value(arccosine_slope(alpha, c), known[i].slope, 1e-11);
        check_value(arccosine_curvature(alpha, c), known[i].curvature, 1e-11);
    }
}

TEST(norm_is_the_second_moment)
{
    CHECK_RELATIVE(arccosine_norm2(0).x, 0.5, 1e-15);
    CHECK_RELATIVE(arccosine_norm2(1).x, 0.5, 1e-15);
    CHECK_RELATIVE(arccosine_norm2(2).x, 1.5, 1e-15);
    CHECK_RELATIVE(arccosine_norm2(3).x, 7.5, 1e-15);
    CHECK_RELATIVE(arccosine_norm2(0.5).x, 0.398942280401432678, 1e-15);
    for (double up = 0.6; up <= 100; up += 0.7) { // c_{alpha+1} = (2 alpha + 1) c_alpha, up - 1 is not rounded
        struct value low = arccosine_norm2(up - 1), high = arccosine_norm2(up);

        CHECK_ABSOLUTE(high.x, (2 * up - 1) * low.x, value_error(high) + (2 * up - 1) * value_error(low));
        CHECK_AT_MOST(value_error(high), 1e-14 * high.x);
    }
}

TEST(defining_integral_agrees)
{
    for (int i = 0; i < DEGREES; i++)
        for (double c = -0.99; c < 1; c += 0.18) {
            struct value J = arccosine_kernel(degrees[i], c), integral = arccosine_kernel_integral(degrees[i], c);

            CHECK_ABSOLUTE(J.x, integral.x, value_tolerance(J, integral, 0));
            CHECK_AT_MOST(value_error(J), 1e-11 * J.x);
            CHECK_AT_MOST(value_error(integral), 1e-11 * integral.x);
        }
    struct value J = arccosine_kernel(1, 1 - 1e-9), integral = arccosine_kernel_integral(1, 1 - 1e-9);
    CHECK_ABSOLUTE(J.x, integral.x, value_tolerance(J, integral, 0));
}

TEST(ends_and_middle)
{
    for (int i = 0; i < DEGREES; i++) {
        double a = degrees[i];

        CHECK_SAME(arccosine_kernel(a, 1).x, 1);
        CHECK_SAME(arccosine_kernel(a, -1).x, 0);
        if (a < 80)
            CHECK_RELATIVE(arccosine_kernel(a, 0).x, pow(tgamma(a / 2 + 0.5), 2) / (2 * sqrt(M_PI) * tgamma(a + 0.5)),
                           1e-13);
        if (a > 0.5)
            CHECK_RELATIVE(arccosine_slope(a, 1).x, a * a / (2 * a - 1), 1e-13);
        else
            CHECK(arccosine_slope(a, 1).x == INFINITY);
        CHECK(a > 1.5 ? isfinite(arccosine_curvature(a, 1).x) : arccosine_curvature(a, 1).x == INFINITY);
    }
}

/* (1 - c^2) J'' + (2 alpha - 1) c J' - alpha^2 J = 0 holds together what three routes compute. */
TEST(differential_equation)
{
    for (int i = 0; i < DEGREES; i++)
        for (double c = -0.995; c < 1; c += 0.0945) {
            double a = degrees[i];
            struct value terms = value_scale((1 - c) * (1 + c), arccosine_curvature(a, c));
            double scale = fabs(terms.x) + a * a * arccosine_kernel(a, c).x;

            terms = value_add(terms, value_scale((2 * a - 1) * c, arccosine_slope(a, c)));
            terms = value_sub(terms, value_scale(a * a, arccosine_kernel(a, c)));
            CHECK_AT_MOST(fabs(terms.x), value_error(terms));
            CHECK_AT_MOST(value_error(terms), 1e-10 * scale);
        }
}

/* Fourth-order differences; the step follows the scale on which J changes, (1 - c^2) / (1 + alpha). */
TEST(slopes_match_differences)
{
    for (int i = 0; i < DEGREES; i++)
        for (double c = -0.8; c < 0.85; c += 0.2) {
            double a = degrees[i], h = 4e-3 * (1 - c) * (1 + c) / (1 + a);
            double difference = (8 * (arccosine_kernel(a, c + h).x - arccosine_kernel(a, c - h).x) -
                                 arccosine_kernel(a, c + 2 * h).x + arccosine_kernel(a, c - 2 * h).x) /
                                (12 * h);

            CHECK_RELATIVE(arccosine_slope(a, c).x, difference, 1e-7);
        }
}

TEST(derivatives_of_the_integral)
{
    for (int i = 0; i < DEGREES; i++)
        for (double c = -0.9; c < 1; c += 0.3) {
            double a = degrees[i];
            struct value d[3], J = arccosine_kernel(a, c), J1 = arccosine_slope(a, c), J2 = arccosine_curvature(a, c);

            CHECK(arccosine_derivatives_integral(a, c, 2, d) == STATUS_OK);
            CHECK_ABSOLUTE(d[0].x, J.x, value_tolerance(d[0], J, 0));
            CHECK_ABSOLUTE(d[1].x, J1.x, value_tolerance(d[1], J1, 0));
            CHECK_ABSOLUTE(d[2].x, J2.x, value_tolerance(d[2], J2, 0));
            CHECK_AT_MOST(value_error(d[1]), 3e-10 * fabs(d[1].x));
        }
    struct value d[5], third[1];
    CHECK(arccosine_derivatives_integral(2, 0.3, 4, d) ==
          STATUS_OK); // J_2'' = (4/3) J_0', J_0' = 1 / (pi sqrt(1 - c^2))
    CHECK_ABSOLUTE(d[2].x, 4.0 / 3 * arccosine_slope(1, 0.3).x, value_error(d[2]) + 1e-15);
    CHECK_ABSOLUTE(d[4].x, 4.0 / 3 * 0.3 / (M_PI * pow(0.91, 1.5)), value_error(d[4]));
    CHECK(arccosine_derivatives_integral(-0.75, 0.3, 0, d) ==
          STATUS_OK); // by the three-term relation from degrees 1/4 and 5/4
    CHECK(arccosine_derivatives_integral(1.25, 0.3, 0, third) == STATUS_OK);
    CHECK_RELATIVE(d[0].x * 0.0625 / (1.5 * -0.5) * 0.91, third[0].x - 0.3 * arccosine_kernel(0.25, 0.3).x, 1e-12);
    CHECK(arccosine_derivatives_integral(-0.5, 0, 1, d) == STATUS_RANGE);
    CHECK(arccosine_derivatives_integral(1, 0.995, 1, d) == STATUS_RANGE);
    CHECK(arccosine_derivatives_integral(1, 0, 9, d) == STATUS_RANGE);
}

TEST(bad_input_says_why)
{
    static const double bad[][2] = {{-0.5, 0}, {100.1, 0}, {NAN, 0}, {1, 1.01}, {1, -1.01}, {1, NAN}};

    for (int i = 0; i < 6; i++) {
        CHECK(!value_ok(arccosine_kernel(bad[i][0], bad[i][1])));
        CHECK(isnan(arccosine_slope(bad[i][0], bad[i][1]).x));
        CHECK(isnan(arccosine_curvature(bad[i][0], bad[i][1]).x));
        CHECK(isnan(arccosine_kernel_integral(bad[i][0], bad[i][1]).x));
        CHECK_CONTAINS(status_reason(), "wanted");
    }
    CHECK(isnan(arccosine_kernel_integral(1, 1).x));
    CHECK(isnan(arccosine_norm2(-0.5).x));
}
