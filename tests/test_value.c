// SPDX-License-Identifier: GPL-3.0-or-later
#include "assay_test.h"

#include <assay/base/value.h>
#include <float.h>
#include <math.h>

TEST(bounds_add_linearly_and_standard_errors_in_squares)
{
    struct value a = value_with(measured(2, 0.3, SAMPLING), 0.01, QUADRATURE);
    struct value b = value_with(measured(5, 0.4, SAMPLING), 0.02, QUADRATURE);
    struct value sum = value_add(a, b);

    CHECK_SAME(sum.x, 7);
    CHECK_RELATIVE(sum.err[SAMPLING], 0.5, 1e-15);
    CHECK_RELATIVE(sum.err[QUADRATURE], 0.03, 1e-15);
    CHECK_RELATIVE(value_tolerance(a, b, 4), 0.03 + 4 * 0.5, 1e-14);
}

TEST(products_and_quotients_carry_relative_errors)
{
    struct value a = measured(2, 0.02, SAMPLING), b = measured(5, 0, SAMPLING);

    CHECK_RELATIVE(value_mul(a, b).err[SAMPLING], 0.1, 1e-15);
    CHECK_RELATIVE(value_div(a, b).err[SAMPLING], 0.004, 1e-15);
    CHECK_RELATIVE(value_div(b, a).err[SAMPLING] / value_div(b, a).x, 0.01, 1e-15);
    CHECK_RELATIVE(value_through(a, sqrt(2), 0.5 / sqrt(2)).err[SAMPLING], 0.02 / (2 * sqrt(2)), 1e-15);
    CHECK_RELATIVE(value_scale(-3, a).err[SAMPLING], 0.06, 1e-15);
}

TEST(rounding_is_half_an_ulp_each)
{
    CHECK_SAME(rounded(3, 4).err[ROUNDING], 4 * (DBL_EPSILON / 2) * 3);
    CHECK_SAME(value_error(exact(3)), 0);
}

TEST(a_failure_is_never_ok_and_spreads)
{
    CHECK(!value_ok(value_failed()));
    CHECK(!value_ok(value_add(exact(1), value_failed())));
    CHECK(!value_ok(measured(1, NAN, QUADRATURE)));
    CHECK(value_ok(measured(1, INFINITY, QUADRATURE)));
    CHECK_INT(value_dominant(measured(1, 0.1, FINITE_SIZE)), FINITE_SIZE);
}
