// SPDX-License-Identifier: GPL-3.0-or-later
/* Activations as quadrature sees them, plain or behind a gain and a shift. */
#include <assay/meanfield/response.h>
#include <assay/numerics/zonal.h>

struct response response_of(const struct activation *phi)
{
    return (struct response){activation_piecewise(phi), activation_slope_piecewise(phi)};
}

static double affine_value(double x, void *context)
{
    const struct affine_activation *affine = context;

    return activation_value(&affine->phi, affine->gain * x + affine->shift);
}

static double affine_slope(double x, void *context)
{
    const struct affine_activation *affine = context;

    return affine->gain * activation_slope(&affine->phi, affine->gain * x + affine->shift);
}

struct response response_affine(struct affine_activation *affine)
{
    const double *kink;
    int kinks = activation_kinks(&affine->phi, &kink);

    for (int k = 0; k < kinks; k++)
        affine->kink[k] = (kink[k] - affine->shift) / affine->gain;
    return (struct response){
        .value = {affine_value, affine, kinks, affine->kink},
        .slope = {affine_slope, affine, kinks, affine->kink},
    };
}

static double zonal_activation_value(double h, void *context)
{
    const struct zonal_activation *zonal = context;

    return zonal_value(zonal->n, zonal->lmax, zonal->f, h);
}

static double zonal_activation_slope(double h, void *context)
{
    const struct zonal_activation *zonal = context;

    return zonal_slope(zonal->n, zonal->lmax, zonal->f, h);
}

struct response response_zonal(struct zonal_activation *zonal)
{
    return (struct response){{zonal_activation_value, zonal, 0, NULL}, {zonal_activation_slope, zonal, 0, NULL}};
}
