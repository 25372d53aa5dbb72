// SPDX-License-Identifier: GPL-3.0-or-later
/* Moments of two components of a Gaussian vector, and what they say of the others. */
#include <assay/numerics/gaussian.h>
#include <math.h>

enum { KINKS = 10 };

/* x -> (scale x)^power f(scale x). */
struct factor {
    const struct piecewise *f;
    double scale, kink[KINKS];
    int power;
};

static double factor_at(double x, void *context)
{
    const struct factor *factor = context;
    double here = factor->scale * x, value = factor->f->f(here, factor->f->context);

    for (int i = 0; i < factor->power; i++)
        value *= here;
    return value;
}

static struct piecewise factor_piecewise(struct factor *factor)
{
    for (int i = 0; i < factor->f->kinks; i++)
        factor->kink[i] = factor->f->kink[i] / factor->scale;
    return (struct piecewise){factor_at, factor, factor->f->kinks, factor->kink};
}

struct value gaussian_moment(const struct piecewise *f, int j, const struct piecewise *g, int k, double xx, double xy,
                             double yy)
{
    if (!(xx > 0 && yy > 0) || !isfinite(xx * yy) || !(xy * xy <= xx * yy * (1 + 1e-14)) || j < 0 || k < 0 ||
        f->kinks > KINKS || g->kinks > KINKS) {
        status_fail(STATUS_RANGE, "gaussian_moment: variances %g and %g, covariance %g, powers %d and %d", xx, yy, xy,
                    j, k);
        return value_failed();
    }
    struct factor at_x = {.f = f, .scale = sqrt(xx), .power = j}, at_y = {.f = g, .scale = sqrt(yy), .power = k};
    struct piecewise left = factor_piecewise(&at_x), right = factor_piecewise(&at_y);

    return gaussian_product(&left, &right, fmin(fmax(xy / sqrt(xx * yy), -1), 1));
}

enum status gaussian_regression(int n, const double S[], int i, int j, double M[])
{
    double xx = S[i * n + i], xy = S[i * n + j], yy = S[j * n + j], determinant = xx * yy - xy * xy;

    if (!(xx > 0) || (i != j && !(determinant > 1e-14 * xx * yy)))
        return status_fail(STATUS_RANGE, "gaussian_regression: components %d and %d leave no regression", i, j);
    for (int m = 0; m < n; m++) {
        double to_i = S[m * n + i], to_j = S[m * n + j];

        M[2 * m] = i == j ? to_i / xx : (to_i * yy - to_j * xy) / determinant;
        M[2 * m + 1] = i == j ? 0 : (to_j * xx - to_i * xy) / determinant;
    }
    return STATUS_OK;
}
