// SPDX-License-Identifier: GPL-3.0-or-later
/* Dual kernels at any variance: covariance.h by homogeneity where there is one, quadrature elsewhere. */
#include "variance_kernel.h"
#include <assay/meanfield/covariance.h>
#include <assay/numerics/gaussian.h>
#include <math.h>

struct kernel kernel_of(const struct activation *phi, bool slope)
{
    return (struct kernel){phi, slope, activation_homogeneity(phi) - (slope ? 1 : 0)};
}

/* x -> phi(scale x), or phi'. */
struct scaled {
    const struct kernel *kernel;
    double scale, kink[2];
};

static double scaled_value(double x, void *context)
{
    const struct scaled *scaled = context;

    return scaled->kernel->slope ? activation_slope(scaled->kernel->phi, scaled->scale * x)
                                 : activation_value(scaled->kernel->phi, scaled->scale * x);
}

static struct piecewise scaled_piecewise(struct scaled *scaled, const struct kernel *kernel, double variance)
{
    const double *kink;
    int kinks = activation_kinks(kernel->phi, &kink);

    *scaled = (struct scaled){kernel, sqrt(variance), {0, 0}};
    for (int i = 0; i < kinks; i++) {
        scaled->kink[i] = kink[i] / scaled->scale;
    }
    return (struct piecewise){scaled_value, scaled, kinks, scaled->kink};
}

/* K at c, all arguments taken as exact; for a homogeneous activation without the factor (v w)^(degree / 2). */
static struct value kernel_at(const struct kernel *kernel, double v, double w, double c)
{
    if (isfinite(kernel->degree) || (v == 1 && w == 1)) {
        return kernel->slope ? covariance_slope(kernel->phi, c) : covariance(kernel->phi, c);
    }
    struct scaled at_v, at_w;
    struct piecewise f = scaled_piecewise(&at_v, kernel, v), g = scaled_piecewise(&at_w, kernel, w);
    return gaussian_product(&f, &g, c);
}

/* x^power, power a small half-integer in most cases. */
static struct value power_of(struct value x, double power)
{
    if (power == 0) {
        return exact(1);
    }
    return power == 1 ? x : value_through(x, pow(x.x, power), power * pow(x.x, power - 1));
}

/* How far K moves when one argument moves to another value. */
static double moved(const struct kernel *kernel, struct value here, double v, double w, double c)
{
    return fabs(kernel_at(kernel, v, w, c).x - here.x);
}

/* K with the errors of its arguments: by evaluating at their ends, as slopes are infinite at c = 1. */
struct value kernel_value(const struct kernel *kernel, struct value v, struct value w, struct value c)
{
    double low = fmax(-1, c.x - value_bound(c)), high = fmin(1, c.x + value_bound(c)), middle = fmin(1, fmax(-1, c.x));
    struct value here = kernel_at(kernel, v.x, w.x, middle), result = here;

    if (low < middle || high > middle) {
        result =
            value_with(result, fmax(moved(kernel, here, v.x, w.x, low), moved(kernel, here, v.x, w.x, high)), ROUNDING);
    }
    if (isfinite(kernel->degree)) {
        struct value product = v.x == w.x ? power_of(v, kernel->degree) : power_of(value_mul(v, w), kernel->degree / 2);

        return value_mul(product, result);
    }
    double error_v = value_bound(v), error_w = value_bound(w);
    if (error_v > 0 || error_w > 0) {
        result = value_with(result, moved(kernel, here, v.x + error_v, w.x + error_w, middle), ROUNDING);
    }
    return result;
}

/* E Z phi'(scale Z). */
static double radial_value(double x, void *context)
{
    return x * scaled_value(x, context);
}

struct value radial_mean(const struct activation *phi, double scale)
{
    struct kernel kernel = kernel_of(phi, true);
    struct scaled at;
    struct piecewise f = scaled_piecewise(&at, &kernel, scale * scale);

    if (isfinite(kernel.degree)) { // d/ds E phi(s Z)
        struct value mean;

        if (activation_hermite(phi, 0, &mean) != STATUS_OK) {
            return value_failed();
        }
        double power = kernel.degree + 1;
        return value_mul(rounded(power * pow(scale, power - 1), 3), mean);
    }
    f.f = radial_value;
    return gaussian_mean(&f);
}
