// SPDX-License-Identifier: GPL-3.0-or-later
/* Finite differences: exact for polynomials of their order, and errors that cover for functions that are not. */
#include "assay_test.h"
#include <assay/numerics/difference.h>
#include <float.h>
#include <math.h>

static struct value difference_of(double (*f)(double), double x, double step)
{
    struct value at[9];

    for (int k = -4; k <= 4; k++)
        at[k + 4] = rounded(f(x + k * step), 4);
    at[4] = exact(NAN);
    return central_difference(step, at);
}

static double eighth_power(double x)
{
    return pow(x, 8);
}

TEST(polynomials_of_degree_eight_are_exact)
{
    struct value v = difference_of(eighth_power, 1.5, 0.25);

    CHECK_RELATIVE(v.x, 8 * pow(1.5, 7), 1e-13);
    CHECK_AT_LEAST(value_bound(v), 1e-6); // the sixth order is not
}

TEST(errors_cover_the_truth_at_every_step)
{
    for (double step = 1e-6; step < 0.5; step *= 2)
        for (double x = -3; x <= 3; x += 0.37) {
            struct value sine = difference_of(sin, x, step), growth = difference_of(exp, x, step);

            CHECK_ABSOLUTE(sine.x, cos(x), value_bound(sine) + 8 * DBL_EPSILON / step);
            CHECK_ABSOLUTE(growth.x, exp(x), value_bound(growth) + 8 * DBL_EPSILON * exp(x) / step);
        }
    CHECK_AT_MOST(value_bound(difference_of(sin, 0.3, 0.02)), 1e-11);
}
