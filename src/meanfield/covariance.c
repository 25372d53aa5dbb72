// SPDX-License-Identifier: GPL-3.0-or-later
/* Gaussian covariances by the best route.
 *
 * Closed forms come first (dual.c, rectified_power.c).
 *
 * Activations that are analytic in a strip |Im x| < w: tanh, sigmoid, silu, softplus. With M and D independent standard
 * normals, X = a M + b D, Y = a M - b D, a^2 = (1 + rho)/2, b^2 = (1 - rho)/2, take the trapezoidal rule of step h in
 * both. Its error falls like exp(-2 pi w / h) (Trefethen and Weideman 2014), so a lattice of some 110 by 55 points is
 * exact to rounding. Every second point makes a lattice of step 2h inside it, whose error is about the square root: the
 * square of the difference estimates what is left. The gap C(1) - C(rho) is E (phi(X) - phi(Y))^2 / 2 on the same
 * lattice. For tiny b the difference drowns in the rounding of phi, by eps / b; below gap = 1e-6 the midpoint rule
 * takes over: gap C[phi'|1 - gap/2], wrong by gap^3 C''' / 24.
 *
 * The rest (elu, selu) has a kink at 0, where phi' may jump by J. Adaptive quadrature splits there. By Price's theorem
 * twice, with the derivative of a jump a point mass, and R(rho) what is left when the product of point masses is taken
 * out,
 *
 *     C''(rho) = J^2 C''[relu|rho] + R(rho),    R = C[phi''|rho] + 2 J E phi''(sqrt(1 - rho^2) Z) / sqrt(2 pi).
 *
 * The point masses are relu's own, so the gap is gap |phi'|^2 - J^2 relu_tail(gap) - int_0^gap (gap - t) R(1 - t) dt.
 * The leading term comes from a moment, the singular one from a closed form, and the integral is a correction. */
#include "kind.h"
#include <assay/base/memory.h>
#include <assay/meanfield/covariance.h>
#include <assay/numerics/hermite.h>
#include <assay/numerics/quadrature.h>
#include <float.h>
#include <math.h>

/* ## Analytic activations: the lattice */

enum { LATTICE = 64 }; // points on either side of 0

typedef double pairing(double fx, double fy);

static double product(double fx, double fy)
{
    return fx * fy;
}

static double half_square(double fx, double fy)
{
    return 0.5 * (fx - fy) * (fx - fy);
}

/* weight[k] = h * density(k h) out to 9.5 standard deviations; returns their number. */
static int lattice_weights(double h, double weight[])
{
    int n = (int)(9.5 / h);

    for (int k = 0; k <= n; k++)
        weight[k] = h * normal_density(k * h);
    return n;
}

/* E F(f(X), f(Y)) for symmetric F, where 1 + rho = plus and 1 - rho = minus. */
static struct value lattice_mean(pairing *F, const struct activation *phi, scalar_function *f, double plus,
                                 double minus)
{
    double h = fmin(phi->kind->strip / 9.6, 0.32), a = sqrt(plus / 2), b = sqrt(minus / 2);
    double weight[LATTICE], fine = 0, coarse = 0, size = 0;
    int n = lattice_weights(h, weight);

    for (int i = -n; i <= n; i++) {
        double row = 0, even = 0; // sums of sums round less than one long sum

        for (int j = 0; j <= n; j++) {
            double m = a * (i * h), d = b * (j * h);
            double term = weight[i < 0 ? -i : i] * weight[j] * F(f(m + d, phi->parameter), f(m - d, phi->parameter));

            term *= j ? 2 : 1; // F is symmetric
            row += term;
            size += fabs(term);
            even += j % 2 == 0 ? term : 0;
        }
        fine += row;
        coarse += i % 2 == 0 ? 4 * even : 0;
    }
    double left = (fine - coarse) * (fine - coarse) / fmax(size, DBL_MIN);
    return value_with(measured(fine, 10 * left, QUADRATURE), 16 * DBL_EPSILON * size, ROUNDING);
}

static struct value lattice_product(const struct activation *phi, scalar_function *f, double rho)
{
    return lattice_mean(product, phi, f, 1 + rho, 1 - rho);
}

/* |phi|^2 on one line of the lattice: close enough for an error estimate. */
static double lattice_norm2(const struct activation *phi)
{
    double weight[LATTICE], sum = 0;
    int n = lattice_weights(0.3, weight);

    for (int i = -n; i <= n; i++) {
        double y = activation_value(phi, 0.3 * i);

        sum += weight[i < 0 ? -i : i] * y * y;
    }
    return sum;
}

static struct value lattice_gap(const struct activation *phi, double gap)
{
    if (gap < 1e-6) {
        struct value slope = lattice_product(phi, phi->kind->slope, 1 - gap / 2);
        double fall = fabs(lattice_product(phi, phi->kind->slope, 1).x - slope.x);

        return value_scale(gap, value_with(slope, gap * fall, QUADRATURE));
    }
    struct value fall = lattice_mean(half_square, phi, phi->kind->value, 2 - gap, gap);
    return value_with(fall, 6 * DBL_EPSILON * sqrt(fall.x * lattice_norm2(phi)), ROUNDING);
}

/* ## Activations with a kink: adaptive quadrature */

static double curvature_integrand(double x, void *context)
{
    return activation_curvature(context, x);
}

struct scaled {
    const struct activation *phi;
    double s;
};

static double scaled_curvature(double z, void *context)
{
    const struct scaled *scaled = context;

    return activation_curvature(scaled->phi, scaled->s * z);
}

/* R(1 - t); the scale of the point masses' partner is sqrt(1 - rho^2), which a small t gives better than rho does. */
static struct value kinked_remainder(const struct activation *phi, double t)
{
    struct scaled scaled = {phi, sqrt(t * (2 - t))};
    struct piecewise f = activation_piecewise(phi), partner = f;
    double jump = phi->kind->jump;

    f.f = curvature_integrand;
    partner.f = scaled_curvature;
    partner.context = &scaled;
    struct value regular = gaussian_product(&f, &f, 1 - t);
    return jump == 0 ? regular : value_add(regular, value_scale(2 * jump * normal_density(0), gaussian_mean(&partner)));
}

static struct value kinked_curvature(const struct activation *phi, double rho)
{
    double jump = phi->kind->jump;
    struct value singular = dual_lrelu.curvature(rho, 0);

    if (jump == 0)
        return kinked_remainder(phi, 1 - rho);
    return isfinite(singular.x) ? value_add(value_scale(jump * jump, singular), kinked_remainder(phi, 1 - rho))
                                : singular;
}

/* int_0^gap (gap - t) R(1 - t) dt by Gauss-Legendre in sqrt(t / gap), in which R is smooth up to t = 0. */
static struct value kinked_correction(const struct activation *phi, double gap, int nodes)
{
    struct value sum = exact(0);
    struct rule rule;

    if (rule_legendre(&rule, nodes, 0, 1))
        return value_failed();
    for (int i = 0; i < nodes; i++) {
        double square = rule.x[i] * rule.x[i], weight = 2 * rule.w[i] * rule.x[i] * (1 - square);

        sum = value_add(sum, value_scale(weight, kinked_remainder(phi, gap * square)));
    }
    rule_free(&rule);
    return value_scale(gap * gap, sum);
}

static struct value kinked_gap(const struct activation *phi, double gap)
{
    double jump = phi->kind->jump;

    if (gap > 0.05)
        return value_sub(activation_norm2(phi), covariance_quadrature(phi, 1 - gap));
    struct value leading = value_scale(gap, activation_slope_norm2(phi));
    struct value singular = rounded(jump * jump * relu_tail(gap), 20);
    struct value coarse = kinked_correction(phi, gap, 4), fine = kinked_correction(phi, gap, 8);
    fine = value_with(fine, fabs(fine.x - coarse.x), QUADRATURE);
    return value_sub(leading, value_add(singular, fine));
}

/* ## The kernel */

static bool in_range(const char *function, const char *what, double x, double low, double high)
{
    if (x >= low && x <= high)
        return true;
    status_fail(STATUS_RANGE, "%s: %s between %g and %g wanted, %.17g given", function, what, low, high, x);
    return false;
}

struct value covariance(const struct activation *phi, double rho)
{
    if (!in_range("covariance", "a correlation", rho, -1, 1))
        return value_failed();
    if (phi->kind->dual)
        return phi->kind->dual->covariance(rho, phi->parameter);
    return phi->kind->strip > 0 ? lattice_product(phi, phi->kind->value, rho) : covariance_quadrature(phi, rho);
}

struct value covariance_quadrature(const struct activation *phi, double rho)
{
    struct piecewise f = activation_piecewise(phi);

    return gaussian_product(&f, &f, rho);
}

struct value covariance_series(const struct activation *phi, double rho, int kmax)
{
    if (!in_range("covariance_series", "a correlation", rho, -1, 1) ||
        !in_range("covariance_series", "a degree", kmax, 0, 1e6))
        return value_failed();
    struct value *c = memory_new((size_t)kmax + 1, sizeof *c), sum = exact(0), rest = activation_norm2(phi);
    enum status status = activation_hermite(phi, kmax, c);
    for (int k = 0; k <= kmax && status == STATUS_OK; k++) {
        struct value square = value_mul(c[k], c[k]);

        sum = value_add(sum, value_scale(pow(rho, k), square));
        rest = value_sub(rest, square);
    }
    memory_free(c);
    if (status)
        return value_failed();
    return value_with(sum, pow(fabs(rho), kmax + 1) * (fmax(rest.x, 0) + value_error(rest)), QUADRATURE);
}

struct value covariance_gap(const struct activation *phi, double gap)
{
    if (!in_range("covariance_gap", "a gap", gap, 0, 2))
        return value_failed();
    if (gap == 0)
        return exact(0);
    if (phi->kind->dual)
        return phi->kind->dual->gap(gap, phi->parameter);
    return phi->kind->strip > 0 ? lattice_gap(phi, gap) : kinked_gap(phi, gap);
}

struct value covariance_slope(const struct activation *phi, double rho)
{
    struct piecewise f = activation_slope_piecewise(phi);

    if (!in_range("covariance_slope", "a correlation", rho, -1, 1))
        return value_failed();
    if (phi->kind->dual)
        return phi->kind->dual->slope(rho, phi->parameter);
    return phi->kind->strip > 0 ? lattice_product(phi, phi->kind->slope, rho) : gaussian_product(&f, &f, rho);
}

struct value covariance_curvature(const struct activation *phi, double rho)
{
    if (!in_range("covariance_curvature", "a correlation", rho, -1, 1))
        return value_failed();
    if (phi->kind->dual)
        return phi->kind->dual->curvature(rho, phi->parameter);
    return phi->kind->strip > 0 ? lattice_product(phi, phi->kind->curvature, rho) : kinked_curvature(phi, rho);
}

/* ## Norms: the kernels at 1 */

struct value activation_norm2(const struct activation *phi)
{
    return covariance(phi, 1);
}

struct value activation_slope_norm2(const struct activation *phi)
{
    return covariance_slope(phi, 1);
}

struct beyond {
    const struct activation *phi;
    double constant, linear;
};

static double beyond_linear2(double x, void *context)
{
    const struct beyond *b = context;
    double rest = activation_value(b->phi, x) - b->constant - b->linear * x;

    return rest * rest;
}

struct value activation_nonlinearity2(const struct activation *phi)
{
    struct piecewise f = activation_piecewise(phi);
    struct value c[2];

    if (phi->kind->dual)
        return phi->kind->dual->nonlinearity2(phi->parameter);
    if (activation_hermite(phi, 1, c))
        return value_failed();
    struct beyond beyond = {phi, c[0].x, c[1].x};
    f.f = beyond_linear2;
    f.context = &beyond;
    return gaussian_mean(&f);
}

struct value activation_nonlinearity_ratio(const struct activation *phi)
{
    struct piecewise value = activation_piecewise(phi), slope = activation_slope_piecewise(phi);
    struct value c[2], norm2 = gaussian_product(&value, &value, 1), slope_norm2 = gaussian_product(&slope, &slope, 1);

    if (hermite_expand(&value, 1, c))
        return value_failed();
    struct value linear = value_add(value_mul(c[0], c[0]), value_mul(c[1], c[1]));
    return value_div(value_sub(norm2, linear), slope_norm2);
}
