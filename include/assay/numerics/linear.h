// SPDX-License-Identifier: GPL-3.0-or-later
/* Dense linear algebra over CBLAS and LAPACKE. Matrices are stored by rows without padding: A (m x n) has A[i*n + j].
 * */
#ifndef ASSAY_NUMERICS_LINEAR_H
#define ASSAY_NUMERICS_LINEAR_H

#include <assay/base/status.h>
#include <assay/base/value.h>
#include <assay/random/stream.h>
#include <stdbool.h>

/* C = alpha op(A) op(B) + beta C, where op transposes if asked. C is m x n, the inner dimension is k. */
void linear_multiply(bool transpose_a, bool transpose_b, int m, int n, int k, double alpha, const double A[],
                     const double B[], double beta, double C[]);

/* G = X X' (rows) of X (m x n): m x m, both triangles filled. */
void linear_gram(int m, int n, const double X[], double G[]);

/* x'y, |x|, and y += a x. */
double linear_dot(int n, const double x[], const double y[]);
double linear_norm(int n, const double x[]);
void linear_axpy(int n, double a, const double x[], double y[]);

/* Eigenvalues of symmetric A (n x n), increasing; with vectors in the rows of V unless V is NULL. A is kept. O(n^3). */
enum status linear_symmetric_eigen(int n, const double A[], double eigenvalue[], double V[]);

/* Eigenvalues of any A (n x n), by real and then imaginary part: re[n], im[n]. error[n] bounds the error of each as far as first order goes: n eps |A|
 * over the eigenvalue's own condition (LAPACK's dgeevx); close eigenvalues share the worst of theirs. A is kept. O(n^3). */
enum status linear_general_eigen(int n, const double A[], double re[], double im[], double error[]);

/* Singular values of A (m x n), decreasing: min(m, n) of them. A is kept. O(m n min(m, n)). */
enum status linear_singular_values(int m, int n, const double A[], double s[]);

/* The whole decomposition A = U diag(s) Vt: U m x k, Vt k x n, k = min(m, n). */
enum status linear_svd(int m, int n, const double A[], double U[], double s[], double Vt[]);

/* The largest singular value of A (m x n) by power iteration on A'A from a random start; the error estimate comes from
 * the last residual. Independent of LAPACK: the witness of linear_singular_values. */
struct value linear_spectral_norm(int m, int n, const double A[], struct stream *stream, double tolerance,
                                  int iterations);

/* A = L L' for symmetric positive definite A (n x n); L lower, zeros above. STATUS_RANGE if A is not positive definite.
 * */
enum status linear_cholesky(int n, const double A[], double L[]);

/* A = R R' for symmetric positive semi-definite A (n x n; its lower triangle is read), by Cholesky's method without exchanges. A row that depends on those
 * before it, with a residual variance of at most cutoff times its own, gets no column of its own: columns of R (n x n) from *rank on are 0, and the rows
 * pivot[0..*rank), increasing, form a lower triangle. R is a continuous function of A away from the cutoff. STATUS_RANGE if A is not finite.
 * n^2 rank flops. */
enum status linear_semidefinite_root(int n, const double A[], double cutoff, double R[], int pivot[], int *rank);

/* The same with exchanges: the next row is the one whose residual variance is the largest share of its own. Where the first rows nearly depend on each other, linear_semidefinite_root
 * divides by what rounding left and can find directions that aren't there; this one can't, but R jumps where two rows tie. Rows pivot[0], pivot[1], ...
 * of R, in this order, form the triangle. */
enum status linear_pivoted_root(int n, const double A[], double cutoff, double R[], int pivot[], int *rank);

/* X with op(L) X = B in the place of B (n x m), where op transposes if asked; L (n x n) is lower triangular without zeros on its diagonal. */
void linear_solve_triangular(bool transpose, int n, int m, const double L[], double B[]);

/* A^+ (n x m) of A (m x n) by SVD; singular values below cutoff * s_max count as zero. *rank may be NULL. */
enum status linear_pseudo_inverse(int m, int n, const double A[], double cutoff, double P[], int *rank);

/* x with A x = b, A n x n general (LU). */
enum status linear_solve(int n, const double A[], const double b[], double x[]);

#endif
