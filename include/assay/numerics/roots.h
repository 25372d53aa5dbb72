// SPDX-License-Identifier: GPL-3.0-or-later
/* Roots of one equation in a bracket (Brent over GSL), minima of one and many variables, and initial value problems. */
#ifndef ASSAY_NUMERICS_ROOTS_H
#define ASSAY_NUMERICS_ROOTS_H

#include <assay/numerics/quadrature.h>
#include <stddef.h>

/* The root of f in [a, b], a <= b finite, where f(a) and f(b) differ in sign (zero counts as either). err[ROUNDING] is
 * the final bracket's width, a few eps of the root; what f's own error moves the root by is not in it. value_failed
 * without a sign change or if f is not finite. */
struct value root_bracketed(integrand *f, void *context, double a, double b);

/* The same for 0 < a < b, bisecting ln x: relative accuracy for roots of any size, such as 1e-12. */
struct value root_log(integrand *f, void *context, double a, double b);

/* The least value of f on [a, b] and where it is (golden section from the best of 64 points, ends included: finds one
 * of several minima). */
struct value minimise_interval(integrand *f, void *context, double a, double b, double *argument);

/* Nelder and Mead's simplex from x (n values; overwritten by the minimiser), initial steps of the given size, at most
 * so many evaluations. f may return INFINITY outside its domain. Returns the least value found. Local: start it from
 * many points. */
typedef double objective(size_t n, const double x[], void *context);
double minimise_simplex(objective *f, void *context, size_t n, double x[], double step, int evaluations);

/* dy/dt = f(t, y), n components, from t0 to t1, in place; Runge-Kutta-Prince-Dormand 8(9) with relative and absolute
 * tolerance. */
typedef void derivative(double t, size_t n, const double y[], double dydt[], void *context);
enum status ode_solve(derivative *f, void *context, size_t n, double t0, double t1, double y[], double tolerance);

#endif
