// SPDX-License-Identifier: GPL-3.0-or-later
/* The Gaussian covariance (dual kernel) C[phi|rho] = E phi(X) phi(Y), X and Y standard normal with correlation rho.
 *
 * Closed forms where they exist (arc-cosine kernels, arcsine kernel, exponentials, Hermite polynomials), quadrature
 * otherwise. Quantities that a truncated Hermite series would get wrong, such as the slope at 1, come from exact
 * moments: C'[phi|rho] = C[phi'|rho] (Price).
 *
 * Every function returns value_failed, the reason in status_reason, for a correlation or a gap outside its range. Cost of a call: 0.1
 * to 0.5 microseconds with a closed form; 0.1 to 0.3 ms for tanh, sigmoid, silu and softplus; some ms for elu and selu
 * and for covariance_quadrature; some 10 microseconds for relu^p with p not an integer. */
#ifndef ASSAY_MEANFIELD_COVARIANCE_H
#define ASSAY_MEANFIELD_COVARIANCE_H

#include <assay/meanfield/activation.h>

/* C[phi|rho], -1 <= rho <= 1, by the best route; and by quadrature whatever the activation its witness. */
struct value covariance(const struct activation *phi, double rho);
struct value covariance_quadrature(const struct activation *phi, double rho);

/* By the Hermite series to degree kmax; the rest of the norm bounds the truncation. */
struct value covariance_series(const struct activation *phi, double rho, int kmax);

/* C[phi|1] - C[phi|1 - gap], 0 <= gap <= 2, without cancellation for small gaps (relative accuracy near 1e-13 down to
 * gap = 1e-300 with a closed form; elsewhere E (phi(X) - phi(Y))^2 / 2 by quadrature). */
struct value covariance_gap(const struct activation *phi, double gap);

/* dC/drho = C[phi'|rho], and the second derivative, for -1 <= rho <= 1. Where a derivative diverges (at rho = 1 the
 * second one of relu, the first one of the step) x is INFINITY, which value_ok refuses. */
struct value covariance_slope(const struct activation *phi, double rho);
struct value covariance_curvature(const struct activation *phi, double rho);

/* |phi|^2 = C[phi|1]; |phi'|^2 = C[phi'|1], INFINITY for relu^p with p <= 1/2; |phi - phibar|^2 where
 * phibar = phi_0 + phi_1 x is the linear part. */
struct value activation_norm2(const struct activation *phi);
struct value activation_slope_norm2(const struct activation *phi);
struct value activation_nonlinearity2(const struct activation *phi);

/* |phi - phibar|^2 / |phi'|^2, how far a layer is from linear: by quadrature and two Hermite coefficients whatever the
 * activation, the witness of the closed forms. */
struct value activation_nonlinearity_ratio(const struct activation *phi);

#endif
