// SPDX-License-Identifier: GPL-3.0-or-later
/* Layer normalisation without centring: every row is scaled to root mean square 1.
 *
 * z = sqrt(N) y / |y| = y / r with r = |y| / sqrt(N). Its Jacobian is (I - z z' / N) / r: a projection that removes
 * the radial direction, divided by r. It is symmetric, so one function carries tangents forward and gradients back. */
#ifndef ASSAY_NETWORK_LAYERNORM_H
#define ASSAY_NETWORK_LAYERNORM_H

/* Z = each row of Y (samples x width) scaled to |z|^2 = width; Z may be Y. rms[i] = |y_i| / sqrt(width); rms may be
 * NULL. A row of zeros has no direction: its z is NaN. */
void layernorm_forward(int samples, int width, const double Y[], double Z[], double rms[]);

/* Applies sample i's Jacobian to each of its rows: E = (D - z (z'd) / width) / rms for the rows i*rows ..
 * (i+1)*rows-1 of D ((samples*rows) x width). E may be D. rows = 1: gradients going back; any rows: tangents going
 * forward. */
void layernorm_derivative(int samples, int rows, int width, const double Z[], const double rms[], const double D[],
                          double E[]);

#endif
