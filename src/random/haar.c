// SPDX-License-Identifier: GPL-3.0-or-later
/* Haar measure from Gaussian matrices.
 *
 * A matrix A of independent standard normals keeps its law when it is turned from the left. Factor A = Q R with
 * orthonormal columns in Q and a positive diagonal in R: that factorisation is unique, so A turned by U has the
 * factor U Q, and Q is Haar distributed. Householder's QR leaves the signs of R's diagonal to its own convention,
 * and its Q is not Haar (the trace is biased); multiplying each column of Q by the sign of its entry of R makes it
 * so (Mezzadri 2007, "How to generate random matrices from the classical compact groups"). LAPACK stores by columns
 * and we by rows: the copy that applies the signs also transposes.
 *
 * On the sphere a normalised Gaussian vector is uniform for the same reason (Muller 1959). */
#include <assay/random/haar.h>

#include <assay/base/memory.h>
#include <lapacke.h>
#include <math.h>

/* A (n x k by columns) = Q R: F = Q sign(diag R), by rows; A is lost. */
static lapack_int orthonormalise(int n, int k, double A[], double F[])
{
    size_t rows = (size_t)n, columns = (size_t)k;
    double *tau = memory_doubles(columns), *sign = memory_doubles(columns);
    lapack_int info = LAPACKE_dgeqrf(LAPACK_COL_MAJOR, n, k, A, n, tau);

    for (size_t j = 0; j < columns; j++)
        sign[j] = copysign(1, A[j * rows + j]);
    if (info == 0)
        info = LAPACKE_dorgqr(LAPACK_COL_MAJOR, n, k, k, A, n, tau);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            F[i * columns + j] = sign[j] * A[j * rows + i];
    memory_free(sign);
    memory_free(tau);
    return info;
}

enum status haar_frame(struct stream *stream, int n, int k, double F[])
{
    if (n < 1)
        return status_fail(STATUS_RANGE, "haar_frame: dimension at least 1, %d given", n);
    if (k < 1 || k > n)
        return status_fail(STATUS_RANGE, "haar_frame: from 1 to %d columns, %d given", n, k);

    size_t entries = (size_t)n * (size_t)k;
    double *A = memory_doubles(entries);

    stream_normals(stream, entries, A);
    lapack_int info = orthonormalise(n, k, A, F);
    memory_free(A);
    return info == 0 ? STATUS_OK : status_fail(STATUS_CONVERGENCE, "haar_frame: LAPACK's QR returned %d", (int)info);
}

enum status haar_orthogonal(struct stream *stream, int n, double Q[])
{
    return haar_frame(stream, n, n, Q);
}

static double dot(int n, const double x[], const double y[])
{
    double sum = 0;

    for (int i = 0; i < n; i++)
        sum += x[i] * y[i];
    return sum;
}

void sphere_uniform(struct stream *stream, int n, double radius, double x[])
{
    stream_normals(stream, (size_t)n, x);

    // Normals are never zero, so neither is the norm.
    double norm = sqrt(dot(n, x, x));
    for (int i = 0; i < n; i++)
        x[i] = x[i] / norm * radius;
}

/* z, whose first entry is 0, is reflected to a vector orthogonal to the unit vector u: by the Householder
 * reflection that maps the first axis to -+u. v = u +- e_1 with the sign that avoids cancellation; only |v|^2 = 2
 * (1 + |u_1|) enters. */
static void reflect_off(int n, const double u[], double z[])
{
    double along = dot(n, u, z) / (1 + fabs(u[0]));

    z[0] = -along * copysign(1 + fabs(u[0]), u[0]);
    for (int i = 1; i < n; i++)
        z[i] -= along * u[i];
}

enum status sphere_pair(struct stream *stream, int n, double radius, double rho, double x[], double y[])
{
    if (n < 2)
        return status_fail(STATUS_RANGE, "sphere_pair: dimension at least 2, %d given", n);
    if (!(fabs(rho) <= 1))
        return status_fail(STATUS_RANGE, "sphere_pair: cosine from -1 to 1, %g given", rho);

    // A uniform direction in the complement of the first axis, turned into the complement of x.
    sphere_uniform(stream, n, 1, x);
    y[0] = 0;
    sphere_uniform(stream, n - 1, 1, y + 1);
    reflect_off(n, x, y);

    double sine = sqrt((1 - rho) * (1 + rho));
    for (int i = 0; i < n; i++) {
        y[i] = radius * (rho * x[i] + sine * y[i]);
        x[i] *= radius;
    }
    return STATUS_OK;
}
