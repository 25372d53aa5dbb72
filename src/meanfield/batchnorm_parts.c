// SPDX-License-Identifier: GPL-3.0-or-later
/* The backward operator at the symmetric fixed point in its three parts (Yang et al. 2019, equation 52), entry by entry. With P = I - vv',
 *
 *     D P S P D = D S D + D vv' S vv' D - (D S vv' D + D vv' S D),
 *
 * and what the parts multiply are products of at most four coordinates of v = h / sqrt(B), two of which stand in phi'. */
#include "batchnorm_moments.h"
#include <assay/numerics/sphere.h>

enum { SQUARE, PRODUCT, VALUES };
enum { DIRECT_1111, DIRECT_1212, MIXED_1111, MIXED_1112, MIXED_1211, MIXED_1212, MIXED_1213, SHORT_TERMS };
enum { BRACKETS = 9 };

struct batch {
    const struct response *phi;
    int B;
};

static void values(double x, double y, double out[], void *context)
{
    const struct piecewise *phi = &((const struct batch *)context)->phi->value;
    double a = phi->f(x, phi->context);

    out[SQUARE] = a * a;
    out[PRODUCT] = a * phi->f(y, phi->context);
}

/* delta_i delta_j times 1, and times the mean of [k = i] v_j v_l + [l = j] v_i v_k over the two orders of k and l. */
static void short_terms(double x, double y, double out[], void *context)
{
    const struct batch *batch = context;
    const struct piecewise *slope = &batch->phi->slope;
    double B = batch->B, a = slope->f(x, slope->context), one = a * a, two = a * slope->f(y, slope->context);

    out[DIRECT_1111] = one;
    out[DIRECT_1212] = two / 2;
    out[MIXED_1111] = 2 * one * x * x / B;
    out[MIXED_1112] = one * x * y / B;
    out[MIXED_1211] = two * x * y / B;
    out[MIXED_1212] = two * (x * x + y * y) / (2 * B);
    out[MIXED_1213] = two * y * sphere_rest(batch->B, x, y).mean / (2 * B);
}

/* delta_i delta_j v_i v_j v_k v_l in the order of struct brackets. */
static void outer_terms(double x, double y, double out[], void *context)
{
    const struct batch *batch = context;
    const struct piecewise *slope = &batch->phi->slope;
    double B = batch->B, a = slope->f(x, slope->context);
    double one = a * a * x * x / (B * B), two = a * slope->f(y, slope->context) * x * y / (B * B);
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
}

static enum status means(const struct batch *batch, int outputs, pair_function *F, struct value mean[])
{
    const struct piecewise *phi = &batch->phi->value;

    return sphere_pair_means(batch->B, outputs, F, (void *)batch, phi->kinks, phi->kink, mean);
}

enum status batchnorm_backward_parts(const struct response *phi, int B, struct backward_parts *parts)
{
    struct batch batch = {phi, B};
    struct value value[VALUES], m[SHORT_TERMS], b[BRACKETS];
    enum status status = batchnorm_check_batch(B);

    status = status ? status : means(&batch, VALUES, values, value);
    status = status ? status : means(&batch, SHORT_TERMS, short_terms, m);
    status = status ? status : means(&batch, BRACKETS, outer_terms, b);
    if (status)
        return status;
    struct value rate = value_div(exact(B), value_scale(B - 3, value_sub(value[SQUARE], value[PRODUCT])));

    for (int i = 0; i < SHORT_TERMS; i++)
        m[i] = value_mul(rate, m[i]);
    for (int i = 0; i < BRACKETS; i++)
        b[i] = value_mul(rate, b[i]);
    *parts = (struct backward_parts){
        .direct = {.b1111 = m[DIRECT_1111], .b1212 = m[DIRECT_1212]},
        .outer = {b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8]},
        .mixed = {.b1111 = m[MIXED_1111],
                  .b1112 = m[MIXED_1112],
                  .b1211 = m[MIXED_1211],
                  .b1212 = m[MIXED_1212],
                  .b1213 = m[MIXED_1213]},
    };
    return STATUS_OK;
}
