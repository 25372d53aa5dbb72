// SPDX-License-Identifier: GPL-3.0-or-later
/* Gradient descent with momentum (Polyak's heavy ball) on a quadratic.
 *
 *     theta(t+1) = theta(t) - rate A theta(t) + momentum (theta(t) - theta(t-1))
 *
 * splits into one recursion for every eigenvalue of A, with characteristic polynomial r^2 - (1 + momentum - rate eigenvalue) r + momentum. It contracts exactly for 0 < rate eigenvalue < 2 (1 + momentum), 0 <= momentum < 1. */
#ifndef ASSAY_NUMERICS_HEAVY_BALL_H
#define ASSAY_NUMERICS_HEAVY_BALL_H

#include <assay/base/status.h>
#include <assay/base/value.h>

/* The larger modulus of the two roots, from the polynomial; and from the companion matrix by LAPACK, the witness. */
struct value heavy_ball_radius(double momentum, double rate_times_eigenvalue);
struct value heavy_ball_radius_companion(double momentum, double rate_times_eigenvalue);

/* steps iterations from theta (n numbers, at rest) on the quadratic with symmetric A (n x n); theta is overwritten. The return is log(|theta| / |theta at the start|), computed without overflow. */
double heavy_ball_run(int n, const double A[], double momentum, double rate, long steps, double theta[]);

#endif
