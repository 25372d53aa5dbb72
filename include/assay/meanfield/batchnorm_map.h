// SPDX-License-Identifier: GPL-3.0-or-later
/* The covariance map of one infinitely wide layer with batch normalisation, at any covariance: V(S) = E phi(h) phi(h)',
 * h = sqrt(B) Gz / |Gz|, z ~ N(0, S), G = I - 11'/B. Four routes that share nothing but the definition (Yang et al. 2019, theorems 3.2, 3.3 and
 * E.25, equations 54 and 56).
 *
 * S and V are B x B, S symmetric positive semi-definite. The directions of GSG whose variance is at most 8 B eps max |S_ij| count as absent; at least one
 * must be left. STATUS_RANGE for B < 2 and for S that is not finite, not positive semi-definite or without variance. Each entry of error is the bound
 * that an estimate of quadrature and of rounding adds up to, or one standard error for the samplers. V may be S; error may be NULL. */
#ifndef ASSAY_MEANFIELD_BATCHNORM_MAP_H
#define ASSAY_MEANFIELD_BATCHNORM_MAP_H

#include <assay/meanfield/homogeneous.h>
#include <assay/meanfield/response.h>
#include <assay/random/stream.h>

/* Laplace's method, positive-homogeneous phi: one eigendecomposition, then one integral for all entries, adaptive (theorem 3.2). Relative accuracy near
 * 1e-13 of sqrt(V_ii V_jj), if GSG is well conditioned. Some 50 to 100 nodes of B^3 flops and B^2/2 kernels (0.2 ms for relu at B = 8), and 200 to 1000 nodes
 * where GSG has a condition number above 1000. */
enum status batchnorm_map_laplace(const struct homogeneous *phi, int B, const double S[], double V[], double error[]);

/* The sphere S^(B-2) by product quadrature against the angular density of GSG (theorem 3.3), any phi, B = 4 or 5 and GSG of full rank B-1. Kinks other than
 * at 0, and integrable singularities, make it slow to converge; the error says so.
 * STATUS_CONVERGENCE above 1e-4, as for condition numbers beyond some thousand. 3 to 90 ms. */
enum status batchnorm_map_sphere(const struct response *phi, int B, const double S[], double V[], double error[]);

/* Samples of z, any phi, any B >= 2; advances the stream by samples times the rank of GSG. samples >= 2. */
enum status batchnorm_map_samples(const struct response *phi, int B, const double S[], struct stream *stream,
                                  long samples, double V[], double error[]);

/* Fourier's method (theorem E.25) for phi whose V phi is analytic: id. In the frame of GSG's eigenvectors V has the entries
 *
 *     1/(2 pi) int ds/s int dw e^(iws) prod_j (1 + 2iw l_j / B)^(-1/2) l_k / (1 + 2iw l_k / B),
 *
 * the inner integral being the density of |Gz|^2 / B at s times E z_k^2 given it. Its path is bent around the branch points w = iB / (2 l_j); there, as on the
 * real axis, each factor is to be taken to the power -1/2 by itself: their product turns past -1, its principal root is another one. */
enum status batchnorm_map_fourier_identity(int B, const double S[], double V[], double error[]);

/* The off-diagonal block E phi(h_1) phi(h_2)' of two batches with joint covariance S (2B x 2B), by Laplace's method in two variables (eq.
 * 56), positive-homogeneous phi; V is B x B. 16^2 to 128^2 nodes of B^3 flops and B^2 kernels. */
enum status batchnorm_map_cross_laplace(const struct homogeneous *phi, int B, const double S[], double V[],
                                        double error[]);

/* The map of k batches at once, each normalised by itself (eq. 54): S and V are kB x kB. By Laplace's method and by samples. */
enum status batchnorm_map_batches_laplace(const struct homogeneous *phi, int k, int B, const double S[], double V[],
                                          double error[]);
enum status batchnorm_map_batches_samples(const struct response *phi, int k, int B, const double S[],
                                          struct stream *stream, long samples, double V[], double error[]);

#endif
