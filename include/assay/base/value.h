// SPDX-License-Identifier: GPL-3.0-or-later
/* A number with its error budget.
 *
 * Each kind of error is kept apart, because they add up differently: bounds (rounding, quadrature, finite size) add
 * linearly, standard errors add in squares and are multiplied by the number of standard errors that a check allows. */
#ifndef ASSAY_BASE_VALUE_H
#define ASSAY_BASE_VALUE_H

#include <stdbool.h>

enum error_kind {
    ROUNDING,    // a bound on accumulated floating-point rounding
    QUADRATURE,  // the estimate of an adaptive rule, a truncated series or an iteration
    SAMPLING,    // one standard error of a Monte Carlo mean
    FINITE_SIZE, // a stated bias: finite width, depth or sample in place of a limit
    ERROR_KINDS
};

struct value {
    double x;
    double err[ERROR_KINDS]; // absolute, never negative
};

/* A number known exactly: an integer, a parameter, a definition. */
struct value exact(double x);

/* A closed form that took that many roundings, each of half an ulp and none amplified: err = roundings * eps/2 * |x|. */
struct value rounded(double x, double roundings);

/* A number with one error of one kind, absolute. */
struct value measured(double x, double err, enum error_kind kind);

/* The value of a computation that failed: x is NaN, all errors infinite. */
struct value value_failed(void);

/* Whether x is finite and every error is a number. */
bool value_ok(struct value v);

/* Adds an error to one kind of the budget. */
struct value value_with(struct value v, double err, enum error_kind kind);

/* Arithmetic with first-order propagation of each kind: bounds linearly, standard errors as if independent. One rounding is added. */
struct value value_add(struct value a, struct value b);
struct value value_sub(struct value a, struct value b);
struct value value_mul(struct value a, struct value b);
struct value value_div(struct value a, struct value b);
struct value value_scale(double factor, struct value v);

/* f(v), given f(v.x) and f'(v.x): every error is multiplied by |slope|. One rounding is added. */
struct value value_through(struct value v, double fx, double slope);

/* The bound part of the budget (rounding + quadrature + finite size), and the standard error. */
double value_bound(struct value v);
double value_standard(struct value v);

/* One number for a table's error column: bound + one standard error. */
double value_error(struct value v);

/* How far two values may lie apart: both bounds + sigmas * sqrt(sum of squared standard errors). */
double value_tolerance(struct value a, struct value b, double sigmas);

/* The name of a kind of error, and of the kind that contributes most to v. */
const char *error_kind_name(enum error_kind kind);
enum error_kind value_dominant(struct value v);

#endif
