// SPDX-License-Identifier: GPL-3.0-or-later
/* Positive-homogeneous activations.
 *
 * For an integer alpha <= 30 x^alpha = rho_alpha(x) + s rho_alpha(-x), s = (-1)^alpha, reflects the kernel:
 * J_alpha(c) + s J_alpha(-c) = M(c) / (2 c_alpha), with M(c) = E X^alpha Y^alpha a polynomial. Then
 *
 *     J_phi(c) = (a + s b)^2 J_alpha(c) - s a b M(c) / c_alpha,
 *
 * in which monomials lose their first term and keep their relative accuracy near c = 0, where J_alpha(c) - J_alpha(-c) cancels. */
#include "kind.h"
#include <assay/base/memory.h>
#include <assay/meanfield/arccosine.h>
#include <assay/meanfield/homogeneous.h>
#include <math.h>

enum status homogeneous_find(const struct activation *phi, struct homogeneous *h)
{
    double alpha = activation_homogeneity(phi);

    if (!(alpha > 0))
        return status_fail(STATUS_RANGE, "homogeneous_find: '%s' is not homogeneous of a positive degree", phi->name);
    *h = (struct homogeneous){alpha, activation_value(phi, 1), 0 - activation_value(phi, -1)};
    return STATUS_OK;
}

enum status homogeneous_within(const char *name, double least, double most, struct activation *phi,
                               struct homogeneous *h)
{
    enum status status = activation_find(name, phi);

    if (status != STATUS_OK)
        return status;
    if (homogeneous_find(phi, h) != STATUS_OK || h->alpha < least || h->alpha > most)
        return status_fail(STATUS_RANGE, "'%s' is not homogeneous of a degree from %g to %g", name, least, most);
    return STATUS_OK;
}

const char *const *homogeneous_names(void)
{
    static const char *const names[] = {"relu",   "relu^1.7", "id",       "abs", "lrelu:-0.5",
                                        "relu^2", "x^3",      "relu^0.8", NULL};

    return names;
}

/* ## Values and slopes */

double homogeneous_value(const struct homogeneous *h, double x)
{
    if (x > 0)
        return h->a * pow(x, h->alpha);
    return x < 0 ? -h->b * pow(-x, h->alpha) : 0;
}

double homogeneous_slope(const struct homogeneous *h, double x)
{
    if (x == 0)
        return h->alpha == 1 ? h->a : 0;
    return h->alpha * (x > 0 ? h->a : h->b) * pow(fabs(x), h->alpha - 1);
}

static double value_at(double x, void *context)
{
    return homogeneous_value(context, x);
}

static double slope_at(double x, void *context)
{
    return homogeneous_slope(context, x);
}

/* s for an integer alpha, 0 for another. */
static int reflection(double alpha)
{
    if (alpha != floor(alpha))
        return 0;
    return fmod(alpha, 2) == 0 ? 1 : -1;
}

static struct piecewise piecewise_of(integrand *f, const struct homogeneous *h)
{
    static const double origin[] = {0};
    int s = reflection(h->alpha);
    bool monomial = s != 0 && h->alpha >= 0 && h->b == -s * h->a;

    return (struct piecewise){f, (void *)h, monomial ? 0 : 1, origin};
}

struct piecewise homogeneous_piecewise(const struct homogeneous *h)
{
    return piecewise_of(value_at, h);
}

struct piecewise homogeneous_slope_piecewise(const struct homogeneous *h)
{
    return piecewise_of(slope_at, h);
}

struct homogeneous homogeneous_derivative(const struct homogeneous *h)
{
    return (struct homogeneous){h->alpha - 1, h->alpha * h->a, -h->alpha * h->b};
}

/* ## The kernel */

typedef struct value kernel_function(double alpha, double c);

/* M or one of its derivatives over c_alpha. */
static struct value polynomial(double alpha, int order, double c)
{
    double factor = order == 0 ? 1 : order == 1 ? alpha : alpha * (alpha - 1);

    if (factor == 0)
        return exact(0);
    struct value moment = rounded(factor * factor * monomial_covariance((int)alpha - order, c), 14 + 4 * alpha);
    return value_div(moment, arccosine_norm2(alpha));
}

static struct value scaled_or_none(double factor, double alpha, double c, kernel_function *kernel)
{
    return factor == 0 ? exact(0) : value_scale(factor, kernel(alpha, c));
}

/* The derivative of J_phi of that order, kernel being the one of J_alpha. */
static struct value kernel_of(const struct homogeneous *h, double c, int order, kernel_function *kernel)
{
    int s = reflection(h->alpha);

    if (s != 0 && h->alpha > 0 && h->alpha <= 30 && fabs(c) <= 1) {
        double one_sided = (h->a + s * h->b) * (h->a + s * h->b), both = -s * h->a * h->b;
        struct value part = scaled_or_none(one_sided, h->alpha, c, kernel);

        return both == 0 ? part : value_add(part, value_scale(both, polynomial(h->alpha, order, c)));
    }
    double sign = order % 2 ? -1 : 1;
    struct value there = scaled_or_none(h->a * h->a + h->b * h->b, h->alpha, c, kernel);
    return value_add(there, scaled_or_none(-2 * sign * h->a * h->b, h->alpha, -c, kernel));
}

struct value homogeneous_kernel(const struct homogeneous *h, double c)
{
    return kernel_of(h, c, 0, arccosine_kernel);
}

struct value homogeneous_kernel_slope(const struct homogeneous *h, double c)
{
    return kernel_of(h, c, 1, arccosine_slope);
}

struct value homogeneous_kernel_curvature(const struct homogeneous *h, double c)
{
    return kernel_of(h, c, 2, arccosine_curvature);
}

/* ## Gaussian moments */

static double correlation(double cross, double x, double y)
{
    return fmin(fmax(cross / sqrt(x * y), -1), 1);
}

static enum status variances_check(const char *function, int n, const double S[], bool zero_allowed)
{
    for (int i = 0; i < n; i++)
        if (!(S[i * n + i] > 0 || (zero_allowed && S[i * n + i] == 0)) || !isfinite(S[i * n + i]))
            return status_fail(STATUS_RANGE, "%s: variance %d is %g", function, i, S[i * n + i]);
    return STATUS_OK;
}

enum status homogeneous_moments(const struct homogeneous *h, int n, const double S[], double V[])
{
    enum status status = variances_check("homogeneous_moments", n, S, true);
    double norm2 = arccosine_norm2(h->alpha).x, *q;

    if (status || isnan(norm2))
        return STATUS_RANGE;
    q = memory_new((size_t)n, sizeof *q);
    for (int i = 0; i < n; i++)
        q[i] = S[i * n + i];
    for (int i = 0; i < n; i++)
        for (int j = 0; j <= i && status == STATUS_OK; j++) {
            double size = norm2 * pow(q[i] * q[j], h->alpha / 2);
            double c = i == j ? 1 : correlation(S[i * n + j], q[i], q[j]);

            V[i * n + j] = V[j * n + i] = q[i] == 0 || q[j] == 0 ? 0 : size * homogeneous_kernel(h, c).x;
            status = isnan(V[i * n + j]) ? STATUS_RANGE : STATUS_OK;
        }
    memory_free(q);
    return status;
}

/* dV_ij for variances x and y, their change dx and dy, and the change of the covariance. */
static double pair_along(const struct homogeneous *h, double norm2, double x, double y, double cross, double dx,
                         double dy, double dcross)
{
    double c = correlation(cross, x, y), size = norm2 * pow(x * y, h->alpha / 2);
    double slope = homogeneous_kernel_slope(h, c).x, rest = h->alpha * homogeneous_kernel(h, c).x - c * slope;

    return size * (slope * dcross / sqrt(x * y) + 0.5 * rest * (dx / x + dy / y));
}

enum status homogeneous_moments_along(const struct homogeneous *h, int n, const double S[], const double dS[],
                                      double dV[])
{
    double norm2 = arccosine_norm2(h->alpha).x, top = h->a * h->a + h->b * h->b;

    if (variances_check("homogeneous_moments_along", n, S, false) || isnan(norm2))
        return STATUS_RANGE;
    for (int i = 0; i < n; i++)
        for (int j = 0; j <= i; j++) {
            double x = S[i * n + i], y = S[j * n + j], dx = dS[i * n + i];
            double d = i == j ? norm2 * h->alpha * pow(x, h->alpha - 1) * top * dx
                              : pair_along(h, norm2, x, y, S[i * n + j], dx, dS[j * n + j], dS[i * n + j]);

            if (!isfinite(d))
                return status_fail(STATUS_RANGE, "homogeneous_moments_along: no derivative of entry (%d, %d)", i, j);
            dV[i * n + j] = dV[j * n + i] = d;
        }
    return STATUS_OK;
}
