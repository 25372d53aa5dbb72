// SPDX-License-Identifier: GPL-3.0-or-later
/* Activations as one table. A struct activation is plain data: copy it, keep it on the stack, compare names.
 *
 * Names as a user types them: id, relu, lrelu:0.25 (slope on the negative side), abs, relu^2 (relu to the power 2,
 * any power from -1/2 to 100; 0 is the step), tanh, sigmoid, erf, sin, gelu (x Phi(x)), silu, softplus, elu, selu,
 * exp, bump (exp(-x^2/2)), x^3 (monomials, to degree 30), h5 (normalised Hermite polynomials, to degree 200). */
#ifndef ASSAY_MEANFIELD_ACTIVATION_H
#define ASSAY_MEANFIELD_ACTIVATION_H

#include <assay/base/status.h>
#include <assay/base/value.h>
#include <assay/numerics/gaussian.h>
#include <stdbool.h>
#include <stddef.h>

struct activation_kind; // one row of the table

struct activation {
    const struct activation_kind *kind;
    double parameter; // the negative slope, the power or the degree; 0 where the kind has none
    char name[24];    // as typed
};

/* The activation of that name; STATUS_RANGE, with the list of names in the reason, if there is none or its parameter
 * is out of range. */
enum status activation_find(const char *name, struct activation *phi);

/* The activation of a family that has a parameter, given as a number: activation_with("lrelu:", a, &phi), ("relu^",
 * 1.5, &phi). */
enum status activation_with(const char *kind, double parameter, struct activation *phi);

/* The names of the table, with an admissible parameter where one is needed ("lrelu:0.1", "relu^2", "x^3", "h5"); NULL
 * ends it. */
const char *const *activation_names(void);

/* phi(x), phi'(x). At a kink the derivative is the right one (relu'(0) = 1); erf(x) is the standard one. */
double activation_value(const struct activation *phi, double x);
double activation_slope(const struct activation *phi, double x);

/* phi''(x) away from kinks; at a kink the right one. The jump of phi' at a kink is not in it. */
double activation_curvature(const struct activation *phi, double x);

/* y[i] = phi(x[i]) and slope[i] = phi'(x[i]); either output may be NULL; y may be x, slope may not. Same bits as one
 * by one. */
void activation_apply(const struct activation *phi, size_t n, const double x[], double y[], double slope[]);

/* Where phi or phi' is not smooth: at most two points, increasing. Returns their number. */
int activation_kinks(const struct activation *phi, const double **kink);

/* alpha if phi(c x) = c^alpha phi(x) for every c > 0, NaN otherwise. */
double activation_homogeneity(const struct activation *phi);

/* +1 if phi is even, -1 if odd, 0 otherwise. */
int activation_parity(const struct activation *phi);

/* phi and phi' as functions of one variable for gaussian_mean and its kin. They point at *phi, which must outlive
 * them. */
struct piecewise activation_piecewise(const struct activation *phi);
struct piecewise activation_slope_piecewise(const struct activation *phi);

/* Hermite coefficients phi_k = E phi(Z) h_k(Z), k = 0..kmax: closed forms where known (all but tanh, sigmoid, silu,
 * softplus, elu and selu), else quadrature. STATUS_RANGE if kmax < 0. */
enum status activation_hermite(const struct activation *phi, int kmax, struct value c[]);

#endif
