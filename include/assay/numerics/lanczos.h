// SPDX-License-Identifier: GPL-3.0-or-later
/* The largest eigenvalue of a symmetric operator that is known only by what it does to a vector. */
#ifndef ASSAY_NUMERICS_LANCZOS_H
#define ASSAY_NUMERICS_LANCZOS_H

#include <assay/base/status.h>
#include <assay/base/value.h>
#include <assay/random/stream.h>

/* y = A x, n numbers each. */
typedef void symmetric_operator(const double x[], double y[], void *context);

/* By Lanczos iteration with full reorthogonalisation from a random start, until the residual of the Ritz vector is below tolerance times the Ritz value or n steps are done; the error is the residual, which bounds the distance to
 * some eigenvalue. value_failed (STATUS_CONVERGENCE) after `iterations` steps. vector: n numbers, or NULL. Memory n iterations. */
struct value lanczos_largest(int n, symmetric_operator *apply, void *context, struct stream *stream, double tolerance,
                             int iterations, double vector[]);

/* The same of a symmetric matrix (n x n) that is at hand; at most 300 steps. */
struct value lanczos_largest_of(int n, const double A[], struct stream *stream, double tolerance);

/* By power iteration, for positive semi-definite A: the witness. The same stopping rule. */
struct value power_largest(int n, symmetric_operator *apply, void *context, struct stream *stream, double tolerance,
                           int iterations);

#endif
