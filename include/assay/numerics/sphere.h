// SPDX-License-Identifier: GPL-3.0-or-later
/* Means over what batch normalisation makes of a Gaussian batch: h = sqrt(B) v with v uniform on the unit sphere of
 * {x in R^B : x_1 + ... + x_B = 0}, a sphere of dimension B - 2.
 *
 * Coordinates are exchangeable, each within +-sqrt(B-1), with E h_i = 0, E h_i^2 = 1, E h_i h_j = -1/(B-1). One coordinate is
 * sqrt(B-1) cos t with density proportional to sin^(B-3) t. Two are an orthonormal pair's image: in polar coordinates of that
 * pair, radius sqrt(B-1) sin psi, the density is proportional to sin psi cos^(B-4) psi dpsi dtheta, analytic for every B >= 4.
 * Given two, the others have moments that are polynomials in those two (sphere_rest), so that means over any number of coordinates
 * reduce to two angles as long as only two enter a nonlinear function. Yang et al. (2019), appendices E.3 and F.3. */
#ifndef ASSAY_NUMERICS_SPHERE_H
#define ASSAY_NUMERICS_SPHERE_H

#include <assay/numerics/gaussian.h>

/* E f(h_1), 3 <= B <= 10^6. Adaptive over pieces between kinks; relative accuracy near 2e-14 of E |f|. 3 to 25 microseconds for tanh. */
struct value sphere_mean(int B, const struct piecewise *f);

/* E |f|^(2p) / (E |f|^p)^2: how heavy the tail of |f|^p is. Only samples many times as many tell the standard error of a mean of |f|^(p/2) by
 * themselves. */
double sphere_tail(int B, const struct piecewise *f, double p);

/* Writes the outputs of F at h_1 = x, h_2 = y. */
typedef void pair_function(double x, double y, double out[], void *context);

enum { SPHERE_OUTPUTS = 16 };

/* E F_k(h_1, h_2) for k < outputs <= SPHERE_OUTPUTS, all in one pass, 3 <= B <= 10^6. F may be non-smooth where either argument is at one of the
 * kinks (increasing, at most 10): angles are split there, radii where a kink's line is tangent and where two of them cross; at kinks
 * at 0 arguments keep their relative accuracy, so integrable powers of x or y (to the power -0.9) are allowed there, and only there. Nodes are doubled
 * until two levels agree to 1e-14 of E |F_k|, or to the limit of nodes; the last difference is the error estimate (QUADRATURE), rounding apart. A kink
 * that is not declared makes it slow, and the error says so; a jump that is not declared can go unseen. For large B, F may grow like exp(10 |h|).
 * 3000 to 100000 calls of F: 0.1 to 2 ms, and up to 8 ms where F calls pow. STATUS_RANGE for arguments out of range, STATUS_CONVERGENCE if F is not
 * finite. */
enum status sphere_pair_means(int B, int outputs, pair_function *F, void *context, int kinks, const double kink[],
                              struct value mean[]);

/* E f(h_1) g(h_2). */
struct value sphere_product(int B, const struct piecewise *f, const struct piecewise *g);

/* The witness of sphere_pair_means, without a constant in front: the integral of F(h_1, h_2) sin^(B-3) theta_1 sin^(B-4) theta_2 over theta in [0,
 * pi]^2, with h_1 = -sqrt(B-1) cos theta_1 and h_2 = cos theta_1 / sqrt(B-1) - sqrt(B(B-2)/(B-1)) sin theta_1 cos theta_2. (B-3)/(2 pi) times this is
 * E F. Two nested adaptive integrals, split at the kinks as above; relative accuracy near 1e-13 of E |F|, worse for singular kinks. 4 <= B <= 10^6. 1
 * to 10 ms; 100 ms and more for singular kinks. */
struct value sphere_angles_integral(int B, integrand_pair *F, void *context, int kinks, const double kink[]);

/* The same over four angles (lemma E.35): the integral of F(h_1, ..., h_4) sin^(B-3) theta_1 ... sin^(B-6) theta_4 over [0, pi]^4, h[0] to h[3], for
 * F that are polynomials of degree 3 at most in h_3 and h_4 together: two nodes each for theta_3 and theta_4 are exact. Kinks are those of h_1 and
 * h_2. 6 <= B <= 10^6. */
typedef double quadruple_function(const double h[4], void *context);
struct value sphere_four_angles_integral(int B, quadruple_function *F, void *context, int kinks, const double kink[]);

/* Conditional moments of further coordinates given h_1 = x, h_2 = y: E h_3, E h_3^2 (B >= 4: with B = 3 h_3 is known), E h_3 h_4 (B >= 4). */
struct sphere_rest {
    double mean, square, product;
};
struct sphere_rest sphere_rest(int B, double x, double y);

/* The moment E |Gz|^k for z ~ N(0, mu I_B): (2 mu)^(k/2) Gamma((B-1+k)/2) / Gamma((B-1)/2). Infinite unless k > -(B-1); that is exact. */
struct value sphere_radius_moment(int B, double mu, double k);

/* e (B x (B-1), by rows): the orthonormal basis of {x : sum x = 0} that is triangular: column B-1-m (m = B-1, ..., 1; the first column is number 0) is
 * (0, ..., 0, -m, 1, ..., 1) / sqrt(m(m+1)) with m ones, so that (e v)_1 = -sqrt((B-1)/B) v_1 (Yang et al., eq. 33). */
void sphere_basis(int B, double e[]);

#endif
