// SPDX-License-Identifier: GPL-3.0-or-later
/* Batch normalisation with epsilon: a rule for the radius, two angles for the direction. */
#include <assay/base/memory.h>
#include <assay/meanfield/batchnorm_epsilon.h>
#include <assay/numerics/roots.h>
#include <assay/numerics/sphere.h>
#include <float.h>
#include <math.h>

enum { RADII = 10, BATCH_MOST = 300, KINKS_MOST = 10, MEANS = 5 };

static const double smallest_m = 1e-4;

struct layer {
    const struct response *phi;
    int B;
    double epsilon, rho, error;
    const struct rule *radii;
    enum status status;
};

/* The half squared difference has the mean of phi_1^2 - phi_1 phi_2 without its cancellation. */
static void forward_product(double x, double y, double out[], void *context)
{
    const struct layer *layer = context;
    const struct piecewise *phi = &layer->phi->value;
    double gap = phi->f(layer->rho * x, phi->context) - phi->f(layer->rho * y, phi->context);

    out[0] = gap * gap / 2;
}

static void backward_products(double x, double y, double out[], void *context)
{
    const struct layer *layer = context;
    const struct piecewise *slope = &layer->phi->slope;
    double dx = slope->f(layer->rho * x, slope->context), dy = slope->f(layer->rho * y, slope->context);

    out[0] = dx * dx;
    out[1] = x * x * dx * dx;
    out[2] = dx * dy;
    out[3] = x * y * dx * dy;
}

/* Means over directions at one rho; kinks of phi(rho h) lie at kink / rho. */
static void directions(struct layer *layer, double rho, bool backward, double mean[MEANS])
{
    const struct piecewise *phi = &layer->phi->value;
    struct value value[MEANS];
    double kink[KINKS_MOST] = {0};
    int outputs = backward ? 4 : 1;

    layer->rho = rho;
    for (int i = 0; i < phi->kinks; i++) {
        kink[i] = phi->kink[i] / rho;
    }
    enum status status = sphere_pair_means(layer->B, outputs, backward ? backward_products : forward_product, layer,
                                           phi->kinks, kink, value);
    for (int i = 0; i < outputs; i++) {
        mean[i] = status == STATUS_OK ? value[i].x : NAN;
        layer->error =
            fmax(layer->error, status == STATUS_OK ? value_bound(value[i]) / fmax(fabs(value[0].x), DBL_MIN) : 0);
    }
    layer->status = status == STATUS_OK ? layer->status : status;
}

static double trace(const struct layer *layer, double rho2, const double mean[])
{
    double a = mean[0], b = mean[1], c = mean[2], d = mean[3], n = layer->B - 1, k = (2 - rho2) * rho2;

    return n * a - k * b - a + (a + n * c) / layer->B + k * (b + n * d) / layer->B;
}

/* m' or the rate, at m. */
static double over_radii(struct layer *layer, double m, bool backward)
{
    double sum = 0, total = 0, mean[MEANS];

    for (int i = 0; i < layer->radii->n; i++) {
        double t = 2 * m * layer->radii->x[i] / layer->B, s2 = t + layer->epsilon, rho2 = t / s2;

        directions(layer, sqrt(rho2), backward, mean);
        sum += layer->radii->w[i] * (backward ? trace(layer, rho2, mean) / s2 / (layer->B - 1) : mean[0]);
        total += layer->radii->w[i];
    }
    return sum / total;
}

static double excess(double m, void *context)
{
    return over_radii(context, m, false) / m - 1;
}

/* From above, where m' < m. */
static double fixed_point(struct layer *layer)
{
    double mean[MEANS], above, below;

    directions(layer, 1, false, mean);
    above = 2 * mean[0];
    for (; above > smallest_m * mean[0] && layer->status == STATUS_OK; above = below) {
        below = above / 1.5;
        if (excess(below, layer) > 0) {
            struct value m = root_log(excess, layer, below, above);

            layer->status = value_ok(m) ? layer->status : STATUS_CONVERGENCE;
            return m.x;
        }
    }
    return 0;
}

/* At m = 0 every rho is 0 and phi linear. */
static double rate_at(struct layer *layer, double m)
{
    double mean[MEANS];

    if (m > 0) {
        return over_radii(layer, m, true);
    }
    directions(layer, sqrt(DBL_EPSILON), true, mean);
    return trace(layer, 0, mean) / layer->epsilon / (layer->B - 1);
}

enum status batchnorm_epsilon(const struct response *phi, int B, double epsilon, struct value *m, struct value *rate)
{
    double at[2], G[2], error = 0;

    *m = *rate = value_failed();
    if (B < 4 || B > BATCH_MOST || !(epsilon > 0 && isfinite(epsilon)) || phi->value.kinks > KINKS_MOST) {
        return status_fail(STATUS_RANGE, "batchnorm_epsilon: B = %d (4 to %d), epsilon = %g (above 0), %d kinks", B,
                           BATCH_MOST, epsilon, phi->value.kinks);
    }
    for (int fine = 0; fine < 2; fine++) {
        struct rule radii;
        struct layer layer = {.phi = phi, .B = B, .epsilon = epsilon, .radii = &radii};
        enum status status = rule_laguerre(&radii, RADII << fine, (B - 3) / 2.0);

        if (status != STATUS_OK) {
            return status;
        }
        at[fine] = fixed_point(&layer);
        G[fine] = rate_at(&layer, at[fine]);
        error = fmax(error, layer.error);
        rule_free(&radii);
        if (layer.status != STATUS_OK) {
            return layer.status;
        }
    }
    double accuracy = 1e-12 + 10 * error;
    *m = measured(at[1], fabs(at[1] - at[0]) + accuracy * at[1], QUADRATURE);
    *rate = measured(G[1], fabs(G[1] - G[0]) + accuracy * G[1], QUADRATURE);
    return STATUS_OK;
}
