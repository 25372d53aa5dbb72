// SPDX-License-Identifier: GPL-3.0-or-later
/* Linear operators on symmetric B x B matrices that commute with permutations of the B samples (Yang et al. 2019, appendix E.5).
 *
 * T{S}_ij = sum_kl [ij|kl] S_kl. An ultrasymmetric T has [ij|kl] = [ji|kl] = [ij|lk] and depends on which of i, j, k, l are equal only.
 * Sandwiched between G (.) G, G = I - 11'/B, it acts as a number on each of three spaces: the multiples of G; L = {G D G : D
 * diagonal, tr D = 0}, of dimension B - 1; M = {S = G S G : diag S = 0}, of dimension B(B-3)/2. A DOS operator (diagonal, off-diagonal,
 * semidirect) T{S}_ii = u S_ii, T{S}_ij = v S_ii + v S_jj + w S_ij is a special case. */
#ifndef ASSAY_NUMERICS_ULTRASYMMETRIC_H
#define ASSAY_NUMERICS_ULTRASYMMETRIC_H

#include <assay/base/status.h>
#include <assay/base/value.h>
#include <assay/random/stream.h>
#include <stdbool.h>

/* The entries [ij|kl] by their pattern; b1213 is the mean of [12|13] and [12|31], b1212 that of [12|12] and [12|21]. */
struct brackets {
    struct value b1111, b1122, b1112, b1123, b1211, b1233, b1212, b1213, b1234;
};

/* Eigenvalues on the three spaces. */
struct spectrum {
    struct value G, L, M;
};

/* Of G (.) G after T, for B >= 4 (theorem E.62). Each is a fixed combination of the brackets, whose errors it carries. */
struct spectrum ultrasymmetric_spectrum(int B, const struct brackets *T);

/* out = T{S} for symmetric S (B x B) by the nine brackets and sums of rows: O(B^2), any B >= 2. out may not be S. */
void ultrasymmetric_apply(int B, const struct brackets *T, const double S[], double out[]);

/* |T{S} - lambda S| / |S|, or |G T{S} G - lambda S| / |S| if projected; its error is what rounding can leave of the terms summed, and what the brackets'
 * own errors do. S symmetric. */
struct value ultrasymmetric_residual(int B, const struct brackets *T, bool projected, double lambda, const double S[]);

/* |T{S} - image| / |S| (|G T{S} G - image| / |S|) with the same error: zero if the image is right. */
struct value ultrasymmetric_miss(int B, const struct brackets *T, bool projected, const double S[],
                                 const double image[]);

/* T as a matrix (B^2 x B^2, by rows; row i*B+j, column k*B+l): the witness. */
void ultrasymmetric_matrix(int B, const struct brackets *T, double matrix[]);

/* The brackets of DOS(u, v, w). */
struct brackets ultrasymmetric_dos(struct value u, struct value v, struct value w);

/* T (B^2 x B^2) between G (.) G, whatever T is: on each space the mean Rayleigh quotient over matrices that span it, and the worst
 * residual |G T{S} G - lambda S| / |S| of these as its error (QUADRATURE), rounding apart. For an ultrasymmetric T the residual is of rounding's
 * size; a large one says that T is not ultrasymmetric. O(B^6): 1 ms at B = 9, 1 s at B = 33. */
struct spectrum operator_spectrum(int B, const double T[]);

/* The same of an ultrasymmetric T by its matrix: ultrasymmetric_spectrum without theorem E.62. */
struct spectrum ultrasymmetric_spectrum_by_matrix(int B, const struct brackets *T);

/* out = T{S} for T (n x n) acting on S as a vector of n = B^2 numbers; out = G S G. out may not be S. O(B^4), O(B^2). */
void operator_apply(int B, const double T[], const double S[], double out[]);
void centre_both(int B, const double S[], double out[]);

/* ## Random operators and matrices: standard normal brackets; symmetric S with normal entries, all of variance 1 */
struct brackets brackets_random(struct stream *stream);
void symmetric_random(struct stream *stream, int B, double S[]);

/* ## Shapes (definitions E.50 and E.57) */

/* S = a on the diagonal and b off it. */
void shape_bsb1(int B, double a, double b, double S[]);

/* S with a at (i, i), -a at (j, j), -b on the rest of row and column i, b on that of j, and 0 at (i, j) and everywhere else; i != j.
 * With a = B - 2, b = 1 these span L. */
void shape_L(int B, int i, int j, double a, double b, double S[]);

/* S = G diag(d - mean d) G: any member of L. */
void shape_diagonal(int B, const double d[], double S[]);

/* The orthogonal projection of symmetric S onto M: out may be S. B >= 4. */
void project_on_M(int B, const double S[], double out[]);

#endif
