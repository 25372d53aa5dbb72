// SPDX-License-Identifier: GPL-3.0-or-later
/* What Laplace's method shares between one batch and two. Private to the mean-field room. */
#ifndef ASSAY_SRC_MEANFIELD_LAPLACE_NODES_H
#define ASSAY_SRC_MEANFIELD_LAPLACE_NODES_H

#include "projected.h"
#include <assay/meanfield/homogeneous.h>

#define LAPLACE_AGREEMENT 1e-13 // of two levels, relative to the entry's size

/* sum_k w_k F(s_k) for int F(s) ds/s. */
struct laplace_nodes {
    int n;
    double *s, *w;
};

/* For F that is s^power times a function analytic in sqrt s / (sqrt s + sqrt scale) on [0, 1], power > 0. */
enum status laplace_jacobi_nodes(int n, double power, double scale, struct laplace_nodes *nodes);
void laplace_nodes_free(struct laplace_nodes *nodes);

/* Where (s/(1 + 2s l))^power / sqrt(det(I + 2s S)) peaks, l the mean eigenvalue of S: the scale. */
double laplace_peak(const struct projected *p, double power);

/* The rounding of sums over n samples, for an entry of that size. A kernel of degree below 1/2 is steep where two samples coincide. */
double laplace_rounding(const struct homogeneous *phi, int n, double size);

/* STATUS_RANGE unless 0 < alpha <= 100 and phi is finite and not 0. */
enum status laplace_degree_check(const char *function, const struct homogeneous *phi);

#endif
