// SPDX-License-Identifier: GPL-3.0-or-later
/* An activation and its derivative as quadrature sees them: one of the table's, with a gain and a shift, or any pair of functions. */
#ifndef ASSAY_MEANFIELD_RESPONSE_H
#define ASSAY_MEANFIELD_RESPONSE_H

#include <assay/meanfield/activation.h>

struct response {
    struct piecewise value, slope; // the same kinks
};

/* phi and phi'; they point at *phi, which must outlive them. */
struct response response_of(const struct activation *phi);

/* x -> phi(gain x + shift), as batch normalisation's parameters gamma and beta make it. gain > 0. The object is the context: it must
 * outlive the response. */
struct affine_activation {
    struct activation phi;
    double gain, shift;
    double kink[2]; // filled by response_affine
};
struct response response_affine(struct affine_activation *affine);

/* The function of given Gegenbauer coefficients f[0..lmax] on the sphere of R^n (zonal.h). The object is the context: it must outlive the
 * response. */
struct zonal_activation {
    int n, lmax;
    const double *f;
};
struct response response_zonal(struct zonal_activation *zonal);

#endif
