// SPDX-License-Identifier: GPL-3.0-or-later
/* Derivatives that are known, and stated errors that cover the true ones. */
#include "assay_test.h"
#include <assay/numerics/difference.h>
#include <math.h>

static double sine(double x, void *context)
{
    return sin(*(const double *)context * x);
}

static double power(double x, void *context)
{
    return pow(x, *(const double *)context);
}

static double noisy(double x, void *context)
{
    return exp(x) + *(const double *)context * sin(1e9 * x);
}

static double undefined(double x, void *context)
{
    (void)context;
    return sqrt(x);
}

static void check(struct value d, double truth, double worth)
{
    CHECK_ABSOLUTE(d.x, truth, value_bound(d));
    CHECK_AT_MOST(value_bound(d), worth * fmax(1, fabs(truth)));
}

TEST(analytic_functions)
{
    for (double omega = 0.5; omega <= 8; omega *= 2)
        for (double x = -2; x <= 2; x += 0.37)
            check(derivative_by_differences(sine, &omega, x, 1 / omega, 0), omega * cos(omega * x), 1e-10);
    for (double alpha = 0.3; alpha < 4; alpha += 0.4)
        check(derivative_by_differences(power, &alpha, 0.7, 0.2, 0), alpha * pow(0.7, alpha - 1), 1e-10);
}

TEST(noise_is_stated)
{
    for (double noise = 1e-14; noise < 1e-5; noise *= 100)
        check(derivative_by_differences(noisy, &noise, 0.3, 0.5, noise), exp(0.3), 1e-9 + 1e3 * noise);
}

TEST(values_that_are_not_there)
{
    CHECK_INT(value_ok(derivative_by_differences(undefined, NULL, -1, 0.5, 0)), 0);
}
