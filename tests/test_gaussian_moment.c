// SPDX-License-Identifier: GPL-3.0-or-later
/* Moments of Gaussian pairs against Isserlis' theorem and the orthant formula; regressions against the normal equations. */
#include "assay_test.h"
#include <assay/numerics/gaussian.h>
#include <math.h>

static double one(double x, void *context)
{
    (void)context;
    (void)x;
    return 1;
}

static double step(double x, void *context)
{
    return x > *(const double *)context ? 1 : 0;
}

static void check(struct value found, double truth)
{
    CHECK_ABSOLUTE(found.x, truth, value_bound(found) + 1e-15 * fabs(truth));
    CHECK_AT_MOST(value_bound(found), 1e-10 * (1 + fabs(truth)));
}

TEST(polynomials_by_isserlis)
{
    struct piecewise f = {.f = one};
    double x = 2.5, y = 0.3, c = -0.6;

    check(gaussian_moment(&f, 0, &f, 0, x, c, y), 1);
    check(gaussian_moment(&f, 1, &f, 1, x, c, y), c);
    check(gaussian_moment(&f, 2, &f, 2, x, c, y), x * y + 2 * c * c);
    check(gaussian_moment(&f, 3, &f, 1, x, c, y), 3 * x * c);
    check(gaussian_moment(&f, 0, &f, 4, x, c, y), 3 * y * y);
    check(gaussian_moment(&f, 2, &f, 2, 2, -2, 2), 12); // y = -x
}

/* E 1(x > 0) 1(y > 0) = 1/4 + arcsin(rho) / (2 pi), E x 1(x > 0) 1(y > 0) = sqrt(xx) (1 + rho) / (2 sqrt(2 pi)); a kink elsewhere. */
TEST(steps_at_kinks)
{
    double zero = 0, away = 1.5;
    struct piecewise f = {step, &zero, 1, &zero}, g = {step, &away, 1, &away}, all = {.f = one};
    double x = 4, y = 9, rho = 0.37, c = rho * 6;

    check(gaussian_moment(&f, 0, &f, 0, x, c, y), 0.25 + asin(rho) / (2 * M_PI));
    check(gaussian_moment(&f, 1, &f, 0, x, c, y), 2 * (1 + rho) / (2 * sqrt(2 * M_PI)));
    check(gaussian_moment(&all, 0, &g, 0, x, c, y), normal_tail(0.5));
    check(gaussian_moment(&all, 0, &g, 1, x, c, y), 3 * normal_density(0.5));
}

/* The residual is uncorrelated with both components. */
TEST(regressions)
{
    const double S[9] = {2, 0.5, -0.3, 0.5, 1, 0.4, -0.3, 0.4, 1.5};
    double M[6];

    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            CHECK_INT(gaussian_regression(3, S, i, j, M), STATUS_OK);
            for (int m = 0; m < 3; m++) {
                CHECK_ABSOLUTE(S[m * 3 + i], M[2 * m] * S[i * 3 + i] + M[2 * m + 1] * S[j * 3 + i], 1e-15);
                CHECK_ABSOLUTE(i == j ? 0 : S[m * 3 + j],
                               i == j ? M[2 * m + 1] : M[2 * m] * S[i * 3 + j] + M[2 * m + 1] * S[j * 3 + j], 1e-15);
            }
        }
}

TEST(bad_input)
{
    const double S[4] = {1, -1, -1, 1};
    struct piecewise f = {.f = one};
    double M[4];

    CHECK_INT(value_ok(gaussian_moment(&f, 0, &f, 0, 0, 0, 1)), 0);
    CHECK_INT(value_ok(gaussian_moment(&f, 0, &f, 0, 1, 2, 1)), 0);
    CHECK_INT(value_ok(gaussian_moment(&f, -1, &f, 0, 1, 0, 1)), 0);
    CHECK_INT(gaussian_regression(2, S, 0, 1, M), STATUS_RANGE);
    CHECK_INT(gaussian_regression(2, S, 0, 0, M), STATUS_OK);
}
