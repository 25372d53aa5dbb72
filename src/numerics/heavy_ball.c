// SPDX-License-Identifier: GPL-3.0-or-later
/* Polyak's heavy ball on a quadratic (Polyak 1964; LeCun, Bottou, Orr and Mueller 2012 for the bound on the rate).
 *
 * The two roots have product momentum and sum b = 1 + momentum - rate eigenvalue. Where b^2 < 4 momentum they are conjugate and both of modulus sqrt(momentum), whatever the rate; elsewhere they are real and the
 * larger one is (|b| + sqrt(b^2 - 4 momentum)) / 2. */
#include <assay/base/memory.h>
#include <assay/numerics/heavy_ball.h>
#include <assay/numerics/linear.h>
#include <float.h>
#include <math.h>

static enum status check(double momentum, double product)
{
    if (!(momentum >= 0 && momentum < 1) || !isfinite(product)) {
        return status_fail(STATUS_RANGE, "heavy_ball: momentum %g, rate times eigenvalue %g", momentum, product);
    }
    return STATUS_OK;
}

/* sqrt of what is known to lie within e of d, and is no less than 0. */
static struct value root_within(double d, double e)
{
    double root = sqrt(fmax(d, 0));

    return measured(root, fmax(sqrt(fmax(d + e, 0)) - root, root - sqrt(fmax(d - e, 0))), ROUNDING);
}

struct value heavy_ball_radius(double momentum, double rate_times_eigenvalue)
{
    if (check(momentum, rate_times_eigenvalue) != STATUS_OK) {
        return value_failed();
    }
    double b = 1 + momentum - rate_times_eigenvalue, modulus = sqrt(momentum);
    double error_b = DBL_EPSILON / 2 * (1 + momentum + fabs(b)), factors = fabs(b) + 2 * modulus;
    double discriminant = (fabs(b) - 2 * modulus) * factors;
    double error = (error_b + 2 * DBL_EPSILON * modulus) * factors + 2 * DBL_EPSILON * fabs(discriminant) +
                   fabs(fabs(b) - 2 * modulus) * (error_b + 2 * DBL_EPSILON * factors);

    if (discriminant + error < 0) {
        return rounded(modulus, 1);
    }
    struct value half = value_scale(0.5, root_within(discriminant, error));
    struct value real = value_add(measured(fabs(b) / 2, error_b / 2, ROUNDING), half);
    return discriminant < 0 ? measured(modulus, fabs(real.x - modulus) + value_bound(real), ROUNDING) : real;
}

struct value heavy_ball_radius_companion(double momentum, double rate_times_eigenvalue)
{
    double A[4] = {1 + momentum - rate_times_eigenvalue, -momentum, 1, 0}, re[2], im[2], error[2];

    if (check(momentum, rate_times_eigenvalue) != STATUS_OK || linear_general_eigen(2, A, re, im, error) != STATUS_OK) {
        return value_failed();
    }
    int larger = hypot(re[1], im[1]) > hypot(re[0], im[0]);
    double modulus = hypot(re[larger], im[larger]);
    return measured(modulus, error[larger] + DBL_EPSILON * modulus, ROUNDING);
}

double heavy_ball_run(int n, const double A[], double momentum, double rate, long steps, double theta[])
{
    double *before = memory_copy((size_t)n, theta), *gradient = memory_doubles((size_t)n);
    double start = linear_norm(n, theta), scale = 0;

    for (long t = 0; t < steps; t++) {
        linear_multiply(false, false, n, 1, n, 1, A, theta, 0, gradient);
        for (int i = 0; i < n; i++) {
            double next = theta[i] - rate * gradient[i] + momentum * (theta[i] - before[i]);

            before[i] = theta[i];
            theta[i] = next;
        }
        double norm = fmax(linear_norm(n, theta), linear_norm(n, before));
        if (norm > 1e100 || (norm < 1e-100 && norm > 0)) {
            scale += log(norm);
            for (int i = 0; i < n; i++) {
                theta[i] /= norm;
                before[i] /= norm;
            }
        }
    }
    memory_free(before);
    memory_free(gradient);
    return log(linear_norm(n, theta) / start) + scale;
}
