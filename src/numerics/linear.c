// SPDX-License-Identifier: GPL-3.0-or-later
/* Dense linear algebra over CBLAS and LAPACKE.
 *
 * LAPACK stores by columns, we by rows: what it reads is the transpose. LAPACKE's row-major mode copies and transposes;
 * nothing here needs that. A symmetric matrix is its own transpose, A' has the singular values of A with U and V
 * swapped, the lower factor by rows is the upper one by columns, and dgetrs solves with the transpose when asked.
 * LAPACKE checks its input for NaN and says so by a negative code.
 *
 * The power iteration's error. With v of length 1, lambda = |A v|^2 and residual r = A'A v - lambda v, the top
 * eigenvector u of A'A gives (lambda_1 - lambda) u'v = u'r, so lambda_1 - lambda <= |r| / |u'v|: a small residual alone
 * proves only that some eigenvalue is near. The overlap |u'v| starts as that of a random direction and is multiplied by
 * lambda_1 / |A'A v_j| at step j. The current lambda is at most lambda_1, so replacing the one by the other bounds the
 * growth from below. */
#include <assay/base/memory.h>
#include <assay/numerics/linear.h>
#include <cblas.h>
#include <float.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void linear_multiply(bool transpose_a, bool transpose_b, int m, int n, int k, double alpha, const double A[],
                     const double B[], double beta, double C[])
{
    cblas_dgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans, transpose_b ? CblasTrans : CblasNoTrans, m, n,
                k, alpha, A, transpose_a ? m : k, B, transpose_b ? k : n, beta, C, n);
}

void linear_gram(int m, int n, const double X[], double G[])
{
    cblas_dsyrk(CblasRowMajor, CblasLower, CblasNoTrans, m, n, 1, X, n, 0, G, m);
    for (int i = 0; i < m; i++)
        for (int j = i + 1; j < m; j++)
            G[i * m + j] = G[j * m + i];
}

double linear_dot(int n, const double x[], const double y[])
{
    return cblas_ddot(n, x, 1, y, 1);
}

double linear_norm(int n, const double x[])
{
    return cblas_dnrm2(n, x, 1);
}

void linear_axpy(int n, double a, const double x[], double y[])
{
    cblas_daxpy(n, a, x, 1, y, 1);
}

/* LAPACK's code as a status: negative for bad input, positive for no convergence. */
static enum status lapack_status(const char *function, int info)
{
    if (info < 0)
        return status_fail(STATUS_RANGE, "%s: the matrix holds a NaN or a size is wrong (LAPACK %d)", function, info);
    if (info > 0)
        return status_fail(STATUS_CONVERGENCE, "%s: LAPACK did not converge (%d)", function, info);
    return STATUS_OK;
}

static enum status size_check(const char *function, int m, int n)
{
    if (m < 1 || n < 1)
        return status_fail(STATUS_RANGE, "%s: m, n >= 1 wanted, %d and %d given", function, m, n);
    return STATUS_OK;
}

static size_t entries(int m, int n)
{
    return (size_t)m * (size_t)n;
}

enum status linear_symmetric_eigen(int n, const double A[], double eigenvalue[], double V[])
{
    enum status status = size_check("linear_symmetric_eigen", n, n);
    double *work;

    if (status)
        return status;
    work = memory_copy(entries(n, n), A);
    status = lapack_status("linear_symmetric_eigen",
                           LAPACKE_dsyevd(LAPACK_COL_MAJOR, V ? 'V' : 'N', 'U', n, work, n, eigenvalue));
    if (V && !status)
        memcpy(V, work, entries(n, n) * sizeof *V);
    memory_free(work);
    return status;
}

struct eigen {
    double re, im, error;
};

static int eigen_order(const void *left, const void *right)
{
    const struct eigen *a = left, *b = right;
    double first = a->re != b->re ? a->re - b->re : a->im - b->im;

    return (first > 0) - (first < 0);
}

/* A multiple eigenvalue comes out as several close ones, any basis of whose common space may serve as vectors: some of them look better
 * conditioned than they are. */
static void share_errors(int n, struct eigen eigen[])
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            if (hypot(eigen[i].re - eigen[j].re, eigen[i].im - eigen[j].im) <= eigen[j].error)
                eigen[i].error = fmax(eigen[i].error, eigen[j].error);
}

enum status linear_general_eigen(int n, const double A[], double re[], double im[], double error[])
{
    enum status status = size_check("linear_general_eigen", n, n);
    int low, high;
    double norm;

    if (status)
        return status;
    double *work = memory_copy(entries(n, n), A), *left = memory_doubles(entries(n, n)),
           *right = memory_doubles(entries(n, n));
    double *scale = memory_doubles((size_t)n), *condition = memory_doubles((size_t)n),
           *unused = memory_doubles((size_t)n);
    struct eigen *eigen = memory_new((size_t)n, sizeof *eigen);
    status = lapack_status("linear_general_eigen",
                           LAPACKE_dgeevx(LAPACK_COL_MAJOR, 'N', 'V', 'V', 'E', n, work, n, re, im, left, n, right, n,
                                          &low, &high, scale, &norm, condition, unused));
    for (int i = 0; i < n && !status; i++)
        eigen[i] = (struct eigen){re[i], im[i], n * DBL_EPSILON * linear_norm(n * n, A) / condition[i]};
    qsort(eigen, (size_t)n, sizeof *eigen, eigen_order);
    share_errors(n, eigen);
    for (int i = 0; i < n; i++) {
        re[i] = eigen[i].re;
        im[i] = eigen[i].im;
        error[i] = eigen[i].error;
    }
    double *all[] = {work, left, right, scale, condition, unused};
    for (int i = 0; i < 6; i++)
        memory_free(all[i]);
    memory_free(eigen);
    return status;
}

enum status linear_singular_values(int m, int n, const double A[], double s[])
{
    enum status status = size_check("linear_singular_values", m, n);
    double *work, unused;

    if (status)
        return status;
    work = memory_copy(entries(m, n), A);
    status = lapack_status("linear_singular_values",
                           LAPACKE_dgesdd(LAPACK_COL_MAJOR, 'N', n, m, work, n, s, &unused, 1, &unused, 1));
    memory_free(work);
    return status;
}

enum status linear_svd(int m, int n, const double A[], double U[], double s[], double Vt[])
{
    enum status status = size_check("linear_svd", m, n);
    int k = m < n ? m : n;
    double *work;

    if (status)
        return status;
    work = memory_copy(entries(m, n), A);
    status = lapack_status("linear_svd", LAPACKE_dgesdd(LAPACK_COL_MAJOR, 'S', n, m, work, n, s, Vt, n, U, k));
    memory_free(work);
    return status;
}

/* ## The spectral norm without LAPACK */

/* A random direction of n dimensions has overlap below 0.01 / sqrt(n) with a given one with probability 0.8 %. */
static const double START_OVERLAP = 0.01;

struct power {
    int m, n;
    const double *A;
    double *v, *w, *u;  // the direction, A v, A'A v
    double steps, logs; // how many so far, and the sum of ln |A'A v|
};

/* lambda = |A v|^2 of the current v, u = A'A v, and a bound on lambda_1 - lambda. */
static double power_measure(const struct power *p, double *error)
{
    cblas_dgemv(CblasRowMajor, CblasNoTrans, p->m, p->n, 1, p->A, p->n, p->v, 1, 0, p->w, 1);
    cblas_dgemv(CblasRowMajor, CblasTrans, p->m, p->n, 1, p->A, p->n, p->w, 1, 0, p->u, 1);
    double lambda = linear_dot(p->m, p->w, p->w), overlap, residual = 0;
    for (int i = 0; i < p->n; i++)
        residual = hypot(residual, p->u[i] - lambda * p->v[i]);
    overlap = fmin(1, START_OVERLAP / sqrt(p->n) * exp(p->steps * log(lambda) - p->logs));
    *error = residual / overlap;
    return lambda;
}

/* v = u / |u|. */
static void power_step(struct power *p)
{
    double norm = linear_norm(p->n, p->u);

    for (int i = 0; i < p->n; i++)
        p->v[i] = p->u[i] / norm;
    p->steps += 1;
    p->logs += log(norm);
}

static struct value power_run(struct power *p, double tolerance, int iterations)
{
    double error, lambda = power_measure(p, &error);

    for (int i = 0; i < iterations && error > 2 * tolerance * lambda; i++) {
        power_step(p);
        lambda = power_measure(p, &error);
    }
    if (!isfinite(lambda)) {
        status_fail(STATUS_RANGE, "linear_spectral_norm: the matrix holds values that are not finite or overflow");
        return value_failed();
    }
    if (lambda == 0)
        return exact(0); // a random direction is in the kernel only if everything is
    struct value norm = measured(sqrt(lambda), error / (2 * sqrt(lambda)), QUADRATURE);
    return value_with(norm, (p->m + p->n) * DBL_EPSILON * norm.x, ROUNDING);
}

struct value linear_spectral_norm(int m, int n, const double A[], struct stream *stream, double tolerance,
                                  int iterations)
{
    if (size_check("linear_spectral_norm", m, n))
        return value_failed();
    struct power p = {m, n, A, memory_doubles((size_t)n), memory_doubles((size_t)m), memory_doubles((size_t)n), 0, 0};
    stream_normals(stream, (size_t)n, p.v);
    cblas_dscal(n, 1 / linear_norm(n, p.v), p.v, 1);
    struct value norm = power_run(&p, tolerance, iterations);
    memory_free(p.v);
    memory_free(p.w);
    memory_free(p.u);
    return norm;
}

/* ## Factorisations and solutions */

enum status linear_cholesky(int n, const double A[], double L[])
{
    enum status status = size_check("linear_cholesky", n, n);
    int info;

    if (status)
        return status;
    memmove(L, A, entries(n, n) * sizeof *L);
    for (int i = 0; i < n; i++)
        for (int j = i + 1; j < n; j++)
            L[i * n + j] = 0;
    info = LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'U', n, L, n);
    if (info > 0)
        return status_fail(STATUS_RANGE, "linear_cholesky: not positive definite, the leading minor of order %d fails",
                           info);
    return lapack_status("linear_cholesky", info);
}

/* Column by column, in the given order: pivoting by size would make R jump where two candidates tie. */
enum status linear_semidefinite_root(int n, const double A[], double cutoff, double R[], int pivot[], int *rank)
{
    enum status status = size_check("linear_semidefinite_root", n, n);

    if (status)
        return status;
    double *column = memory_doubles((size_t)n);
    memset(R, 0, entries(n, n) * sizeof *R);
    *rank = 0;
    for (int j = 0; j < n; j++) {
        for (int i = j; i < n; i++)
            column[i] = A[i * n + j];
        if (*rank > 0)
            cblas_dgemv(CblasRowMajor, CblasNoTrans, n - j, *rank, -1, R + j * n, n, R + j * n, 1, 1, column + j, 1);
        if (!isfinite(column[j]))
            status = status_fail(STATUS_RANGE, "linear_semidefinite_root: row %d is not finite", j);
        if (!(column[j] > fmax(cutoff * A[j * n + j], DBL_MIN)))
            continue;
        for (int i = j; i < n; i++)
            R[i * n + *rank] = column[i] / sqrt(column[j]);
        pivot[(*rank)++] = j;
    }
    memory_free(column);
    return status;
}

/* The row of the largest share left, -1 if no share exceeds the cutoff. */
static int largest_share(int n, const double A[], const double residual[], double cutoff)
{
    int best = -1;
    double share = cutoff;

    for (int i = 0; i < n; i++) {
        double variance = A[i * n + i];

        if (variance > DBL_MIN && residual[i] > share * variance) {
            share = residual[i] / variance;
            best = i;
        }
    }
    return best;
}

/* residual[i] of rows that have had their turn is 0. */
enum status linear_pivoted_root(int n, const double A[], double cutoff, double R[], int pivot[], int *rank)
{
    enum status status = size_check("linear_pivoted_root", n, n);

    if (status)
        return status;
    double *residual = memory_doubles((size_t)n);
    memset(R, 0, entries(n, n) * sizeof *R);
    for (int i = 0; i < n; i++) {
        residual[i] = A[i * n + i];
        for (int j = 0; j <= i; j++)
            if (!isfinite(A[i * n + j]))
                status = status_fail(STATUS_RANGE, "linear_pivoted_root: row %d is not finite", i);
    }
    *rank = 0;
    for (int p = -1; !status && (p = largest_share(n, A, residual, cutoff)) >= 0; (*rank)++) {
        double root = sqrt(residual[p]);

        for (int i = 0; i < n; i++) {
            if (residual[i] <= 0 || i == p)
                continue;
            double a = i > p ? A[i * n + p] : A[p * n + i];

            R[i * n + *rank] = (a - cblas_ddot(*rank, R + i * n, 1, R + p * n, 1)) / root;
            residual[i] -= R[i * n + *rank] * R[i * n + *rank];
        }
        R[p * n + *rank] = root;
        residual[p] = 0;
        pivot[*rank] = p;
    }
    memory_free(residual);
    return status;
}

void linear_solve_triangular(bool transpose, int n, int m, const double L[], double B[])
{
    cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, transpose ? CblasTrans : CblasNoTrans, CblasNonUnit, n, m, 1, L,
                n, B, m);
}

enum status linear_pseudo_inverse(int m, int n, const double A[], double cutoff, double P[], int *rank)
{
    int k = m < n ? m : n, kept = 0;
    enum status status = size_check("linear_pseudo_inverse", m, n);

    if (status)
        return status;
    double *U = memory_doubles(entries(m, k)), *s = memory_doubles((size_t)k), *Vt = memory_doubles(entries(k, n));
    status = linear_svd(m, n, A, U, s, Vt);
    if (!status) {
        while (kept < k && s[kept] > cutoff * s[0])
            kept++;
        for (int j = 0; j < k; j++)
            cblas_dscal(n, j < kept ? 1 / s[j] : 0, Vt + j * n, 1);
        linear_multiply(true, true, n, m, k, 1, Vt, U, 0, P);
        if (rank)
            *rank = kept;
    }
    memory_free(U);
    memory_free(s);
    memory_free(Vt);
    return status;
}

enum status linear_solve(int n, const double A[], const double b[], double x[])
{
    enum status status = size_check("linear_solve", n, n);
    int info;

    if (status)
        return status;
    double *lu = memory_copy(entries(n, n), A);
    lapack_int *pivot = memory_new((size_t)n, sizeof *pivot);
    memmove(x, b, (size_t)n * sizeof *x);
    info = LAPACKE_dgetrf(LAPACK_COL_MAJOR, n, n, lu, n, pivot);
    if (info > 0)
        status = status_fail(STATUS_RANGE, "linear_solve: the matrix is singular, pivot %d is 0", info);
    else
        status = lapack_status("linear_solve", info);
    if (!status)
        status = lapack_status("linear_solve", LAPACKE_dgetrs(LAPACK_COL_MAJOR, 'T', n, 1, lu, n, pivot, x, n));
    memory_free(lu);
    memory_free(pivot);
    return status;
}
