// SPDX-License-Identifier: GPL-3.0-or-later
/* Nodes and checks of Laplace's method. */
#include "laplace_nodes.h"
#include <assay/base/memory.h>
#include <assay/numerics/quadrature.h>
#include <float.h>
#include <math.h>

void laplace_nodes_free(struct laplace_nodes *nodes)
{
    memory_free(nodes->s);
    memory_free(nodes->w);
}

enum status laplace_jacobi_nodes(int n, double power, double scale, struct laplace_nodes *nodes)
{
    /* The rest of the power is smooth, and can't overflow. */
    double beta = 2 * power < 1 ? 2 * power - 1 : fmod(2 * power - 1, 1);
    struct rule rule;
    enum status status = rule_jacobi(&rule, n, 0, beta);

    if (status)
        return status;
    *nodes = (struct laplace_nodes){n, memory_doubles((size_t)n), memory_doubles((size_t)n)};
    for (int k = 0; k < n; k++) {
        double x = 0.5 * (1 + rule.x[k]), rest = 0.5 * (1 - rule.x[k]);

        nodes->s[k] = scale * (x / rest) * (x / rest);
        nodes->w[k] = rule.w[k] * exp2(-beta) * pow(x, -1 - beta) / rest;
    }
    rule_free(&rule);
    return STATUS_OK;
}

double laplace_peak(const struct projected *p, double power)
{
    double low = log(1e-6 / p->lambda[0]), high = log(1e6 / p->lambda[p->rank - 1]), mean = 0;

    for (int j = 0; j < p->rank; j++)
        mean += p->lambda[j] / p->rank;
    for (int i = 0; i < 60; i++) {
        double middle = 0.5 * (low + high), s = exp(middle), pull = 0;

        for (int j = 0; j < p->rank; j++)
            pull += s * p->lambda[j] / (1 + 2 * s * p->lambda[j]);
        if (pull < power / (1 + 2 * s * mean))
            low = middle;
        else
            high = middle;
    }
    return exp(low);
}

double laplace_rounding(const struct homogeneous *phi, int n, double scale)
{
    double roundings = (30 + n) * (1 + phi->alpha) * DBL_EPSILON;

    return scale * (phi->alpha < 0.5 ? pow(roundings, phi->alpha + 0.5) : roundings);
}

enum status laplace_degree_check(const char *function, const struct homogeneous *phi)
{
    if (phi->alpha > 0 && phi->alpha <= 100 && isfinite(phi->a) && isfinite(phi->b) && (phi->a != 0 || phi->b != 0))
        return STATUS_OK;
    return status_fail(STATUS_RANGE, "%s: a degree from 0 to 100 and finite a, b wanted, %g, %g, %g given", function,
                       phi->alpha, phi->a, phi->b);
}
