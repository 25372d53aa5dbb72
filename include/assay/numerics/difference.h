// SPDX-License-Identifier: GPL-3.0-or-later
/* Derivatives by differences: the witness that knows nothing of a function but its values. */
#ifndef ASSAY_NUMERICS_DIFFERENCE_H
#define ASSAY_NUMERICS_DIFFERENCE_H

#include <assay/numerics/quadrature.h>

/* f'(x) by central differences of steps step, step/2, ..., step/128, extrapolated to step 0 (Ridders 1982): of all entries of the table the
 * one of least error. f must be smooth on [x - step, x + step]; noise bounds the error of each value f(x). The error (QUADRATURE) is
 * the last change, and what noise and the rounding of f's values make of it. 16 evaluations; with f analytic some 1e-12 relative. */
struct value derivative_by_differences(integrand *f, void *context, double x, double step, double noise);

/* f'(x) from at[k + 4] = f(x + k step), k = -4..4 (at[4] may be anything): central differences of the eighth order. How far they are from those of
 * the sixth order is the error estimate (QUADRATURE), which is larger than the error itself for steps well below the distance over which f changes;
 * the errors of the values are divided by step. */
struct value central_difference(double step, const struct value at[9]);

#endif
