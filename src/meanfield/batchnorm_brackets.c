// SPDX-License-Identifier: GPL-3.0-or-later
/* The entries [ij|kl] of the forward Jacobian and of the backward operator at the symmetric fixed point, one by one (Yang et al. 2019, appendices
 * F.3.1 and G.1.1). Where a third and a fourth coordinate enter, they enter as polynomials, and their conditional means given the first two take their
 * place. */
#include "batchnorm_moments.h"
#include <assay/numerics/sphere.h>

enum { SQUARE = 9, PRODUCT, TERMS }; // behind the nine brackets: E phi_1^2 and E phi_1 phi_2

struct batch {
    const struct response *phi;
    int B;
};

/* In the order of struct brackets: what E multiplies, without the subtraction of V. */
static void forward_terms(double x, double y, double out[], void *context)
{
    const struct batch *batch = context;
    const struct piecewise *phi = &batch->phi->value;
    double a = phi->f(x, phi->context), one = a * a, two = a * phi->f(y, phi->context);
    struct sphere_rest rest = sphere_rest(batch->B, x, y);

    out[0] = one * x * x;
    out[1] = one * y * y;
    out[2] = one * x * y;
    out[3] = one * y * rest.mean;
    out[4] = two * x * x;
    out[5] = two * rest.square;
    out[6] = two * x * y;
    out[7] = two * x * rest.mean;
    out[8] = two * rest.product;
    out[SQUARE] = one;
    out[PRODUCT] = two;
}

/* delta_i delta_j P_ik P_jl with P = I - hh'/B, the mean over the two orders of k and l. */
static void backward_terms(double x, double y, double out[], void *context)
{
    const struct batch *batch = context;
    const struct piecewise *phi = &batch->phi->value, *slope = &batch->phi->slope;
    double B = batch->B, a = slope->f(x, slope->context), one = a * a, two = a * slope->f(y, slope->context);
    double at_x = 1 - x * x / B, at_y = 1 - y * y / B, cross = x * y / B, value = phi->f(x, phi->context);
    struct sphere_rest rest = sphere_rest(batch->B, x, y);

    out[0] = one * at_x * at_x;
    out[1] = one * cross * cross;
    out[2] = -one * at_x * cross;
    out[3] = one * cross * x * rest.mean / B;
    out[4] = -two * at_x * cross;
    out[5] = two * cross * rest.square / B;
    out[6] = two * (at_x * at_y + cross * cross) / 2;
    out[7] = two * y * rest.mean * (x * x / B - at_x) / (2 * B);
    out[8] = two * cross * rest.product / B;
    out[SQUARE] = value * value;
    out[PRODUCT] = value * phi->f(y, phi->context);
}

static enum status means(const struct response *phi, int B, pair_function *terms, struct value mean[TERMS])
{
    struct batch batch = {phi, B};
    enum status status = batchnorm_check_batch(B);

    return status == STATUS_OK ? sphere_pair_means(B, TERMS, terms, &batch, phi->value.kinks, phi->value.kink, mean)
                               : status;
}

static struct brackets brackets_of(const struct value b[])
{
    return (struct brackets){b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8]};
}

enum status batchnorm_forward_brackets(const struct response *phi, int B, struct brackets *U)
{
    struct value mean[TERMS];
    enum status status = means(phi, B, forward_terms, mean);

    if (status != STATUS_OK) {
        return status;
    }
    struct value twice_mu = value_scale(2, value_sub(mean[SQUARE], mean[PRODUCT]));
    static const int traced[SQUARE] = {SQUARE, SQUARE, 0, 0, PRODUCT, PRODUCT, 0, 0, 0};

    for (int i = 0; i < SQUARE; i++) {
        mean[i] = value_scale((B - 1.0) / B, mean[i]);
        mean[i] = value_div(traced[i] ? value_sub(mean[i], mean[traced[i]]) : mean[i], twice_mu);
    }
    *U = brackets_of(mean);
    return STATUS_OK;
}

enum status batchnorm_backward_brackets(const struct response *phi, int B, struct brackets *F)
{
    struct value mean[TERMS];
    enum status status = means(phi, B, backward_terms, mean);

    if (status != STATUS_OK) {
        return status;
    }
    struct value rate = value_div(exact(B), value_scale(B - 3, value_sub(mean[SQUARE], mean[PRODUCT])));

    for (int i = 0; i < SQUARE; i++) {
        mean[i] = value_mul(rate, mean[i]);
    }
    *F = brackets_of(mean);
    return STATUS_OK;
}
