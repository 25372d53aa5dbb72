// SPDX-License-Identifier: GPL-3.0-or-later
/* Haar-distributed orthogonal matrices and uniform frames (QR of a Gaussian matrix with the signs of R's diagonal
 * moved into Q; Mezzadri 2007). */
#ifndef ASSAY_RANDOM_HAAR_H
#define ASSAY_RANDOM_HAAR_H

#include <assay/base/status.h>
#include <assay/random/stream.h>

/* Q (n x n, by rows) from the Haar measure on O(n). Takes n*n normals and O(n^3) time: 0.1 s at n = 1000.
 * STATUS_RANGE unless n >= 1. */
enum status haar_orthogonal(struct stream *stream, int n, double Q[]);

/* F (n x k, by rows), k <= n: k orthonormal columns, uniform on the Stiefel manifold. Takes n*k normals and
 * O(n k^2) time. STATUS_RANGE unless 1 <= k <= n. */
enum status haar_frame(struct stream *stream, int n, int k, double F[]);

/* x: uniform on the sphere of the given radius in R^n, n >= 1. Takes n normals. */
void sphere_uniform(struct stream *stream, int n, double radius, double x[]);

/* x and y on the sphere of the given radius with cosine rho exactly (up to rounding), otherwise uniform. -1 <= rho
 * <= 1, n >= 2. Takes 2n - 1 normals. STATUS_RANGE outside those ranges, x and y then untouched. */
enum status sphere_pair(struct stream *stream, int n, double radius, double rho, double x[], double y[]);

#endif
