// SPDX-License-Identifier: GPL-3.0-or-later
/* Coefficients of a function in orthonormal polynomials, all degrees in one pass.
 *
 * c_k = integral of f(y) p_k(x) D dt over an interval of t, where x(t), y(t) and the density D = factor root(t)^2 belong to the
 * family. f root is integrated against psi_k = p_k root, which stays bounded where p_k overflows and D underflows: psi_0 = root,
 * psi_{k+1} = scale[k] x psi_k - ratio[k] psi_{k-1}. The recurrence is run once a node and serves all degrees, on eight nodes at a time.
 * Private to the numerics room. */
#ifndef ASSAY_SRC_NUMERICS_EXPANSION_H
#define ASSAY_SRC_NUMERICS_EXPANSION_H

#include <assay/numerics/gaussian.h>

struct expansion_point {
    double argument, variable, root; // y of f, x of the recurrence, root
};

typedef void expansion_map(double t, const void *context, struct expansion_point *point);

struct expansion_family {
    expansion_map *map;
    const void *context;
    double factor;
    double *scale, *ratio; // kmax + 1 of each
};

/* sum and error: c_k over [points[0], points[n-1]] and what quadrature does to it, k = 0..kmax. Each panel between two points is measured by the
 * Gauss-Legendre rules of 16 and 24 nodes and halved until all coefficients agree within tolerance, or as far as doubles go; the difference enters
 * the error. Points lie at the kinks and so close that psi_kmax turns by no more than some 14 radians between two. *magnitude gets the integral of
 * factor |f| root. */
enum status expansion_integrate(const struct expansion_family *family, const struct piecewise *f, int kmax, int n,
                                const double points[], double tolerance, double sum[], double error[],
                                double *magnitude);

#endif
