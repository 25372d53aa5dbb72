// SPDX-License-Identifier: GPL-3.0-or-later
/* Lanczos iteration with full reorthogonalisation (Golub and Van Loan, Matrix Computations, section 10.3).
 *
 * A V = V T + beta v e', T tridiagonal: if T s = theta s then |A V s - theta V s| = beta |s_k|, so that the residual costs no product. T is solved at growing sizes only; each check costs k^3. */
#include <assay/base/memory.h>
#include <assay/numerics/lanczos.h>
#include <assay/numerics/linear.h>
#include <float.h>
#include <math.h>
#include <string.h>

struct basis {
    int n, size;          // vectors so far
    double *V;            // size x n
    double *alpha, *beta; // of T
};

/* The largest eigenvalue of T and the residual of its Ritz vector; s has size numbers. */
static enum status ritz(const struct basis *basis, double s[], double *theta, double *residual)
{
    int k = basis->size;
    double *T = memory_doubles((size_t)k * (size_t)k), *values = memory_doubles((size_t)k);
    double *vectors = memory_doubles((size_t)k * (size_t)k);

    for (ptrdiff_t i = 0; i < k; i++) {
        T[i * k + i] = basis->alpha[i];
        if (i + 1 < k) {
            T[i * k + i + 1] = T[(i + 1) * k + i] = basis->beta[i];
        }
    }
    enum status status = linear_symmetric_eigen(k, T, values, vectors);
    memcpy(s, vectors + (size_t)(k - 1) * (size_t)k, (size_t)k * sizeof s[0]);
    *theta = values[k - 1];
    *residual = fabs(basis->beta[k - 1] * s[k - 1]);
    memory_free(T);
    memory_free(values);
    memory_free(vectors);
    return status;
}

/* w -= V V' w, twice: once loses what rounding left. */
static void orthogonalise(const struct basis *basis, double w[], double product[])
{
    for (int pass = 0; pass < 2; pass++) {
        linear_multiply(false, false, basis->size, 1, basis->n, 1, basis->V, w, 0, product);
        linear_multiply(true, false, basis->n, 1, basis->size, -1, basis->V, product, 1, w);
    }
}

/* One product more: the next alpha and beta, and, unless the space is exhausted, the next vector behind the others. False if beta vanished. */
static bool extend(struct basis *basis, symmetric_operator *apply, void *context, double w[], double product[])
{
    int k = basis->size, n = basis->n;
    double *v = basis->V + (size_t)k * (size_t)n, size;

    apply(v, w, context);
    size = linear_norm(n, w);
    basis->alpha[k] = linear_dot(n, v, w);
    basis->size = k + 1;
    orthogonalise(basis, w, product);
    basis->beta[k] = linear_norm(n, w);
    if (basis->beta[k] <= 4 * DBL_EPSILON * size || k + 1 == n) {
        return false;
    }
    for (int i = 0; i < n; i++) {
        v[n + i] = w[i] / basis->beta[k];
    }
    return true;
}

static void random_unit(int n, struct stream *stream, double v[])
{
    stream_normals(stream, (size_t)n, v);
    double norm = linear_norm(n, v);
    for (int i = 0; i < n; i++) {
        v[i] /= norm;
    }
}

static enum status check(const char *who, int n, double tolerance, int iterations)
{
    if (n < 1 || iterations < 1 || !(tolerance > 0)) {
        return status_fail(STATUS_RANGE, "%s: n = %d, %d iterations, tolerance %g", who, n, iterations, tolerance);
    }
    return STATUS_OK;
}

/* The products and sums behind a Ritz value round to some multiple of its size. */
static struct value found(int n, double theta, double residual)
{
    return value_with(measured(theta, residual, QUADRATURE), (2 * sqrt(n) + 8) * DBL_EPSILON * fabs(theta), ROUNDING);
}

static struct value iterate(struct basis *basis, symmetric_operator *apply, void *context, double tolerance, int most,
                            double s[])
{
    double *w = memory_doubles((size_t)basis->n), *product = memory_doubles((size_t)most + 1);
    double theta = 0, residual = INFINITY;
    bool goes_on = true;

    for (int next = 1; goes_on && basis->size < most && residual > tolerance * fabs(theta);) {
        goes_on = extend(basis, apply, context, w, product);
        if (!goes_on || basis->size >= next || basis->size == most) {
            next = basis->size + 1 + basis->size / 16;
            if (ritz(basis, s, &theta, &residual) != STATUS_OK) {
                residual = NAN;
                break;
            }
        }
    }
    memory_free(w);
    memory_free(product);
    if (!(residual <= tolerance * fabs(theta)) && goes_on) {
        status_fail(STATUS_CONVERGENCE, "lanczos_largest: residual %.2g of %.6g after %d steps", residual, theta,
                    basis->size);
        return value_failed();
    }
    return found(basis->n, theta, residual);
}

struct value lanczos_largest(int n, symmetric_operator *apply, void *context, struct stream *stream, double tolerance,
                             int iterations, double vector[])
{
    if (check("lanczos_largest", n, tolerance, iterations) != STATUS_OK) {
        return value_failed();
    }
    int most = iterations < n ? iterations : n;
    size_t room = (size_t)most + 1;
    struct basis basis = {n, 0, memory_doubles(room * (size_t)n), memory_doubles(room), memory_doubles(room)};
    double *s = memory_doubles(room);

    random_unit(n, stream, basis.V);
    struct value largest = iterate(&basis, apply, context, tolerance, most, s);
    if (vector != NULL && value_ok(largest)) {
        linear_multiply(true, false, n, 1, basis.size, 1, basis.V, s, 0, vector);
    }
    memory_free(basis.V);
    memory_free(basis.alpha);
    memory_free(basis.beta);
    memory_free(s);
    return largest;
}

struct dense {
    int n;
    const double *A;
};

static void multiply(const double x[], double y[], void *context)
{
    const struct dense *dense = context;

    linear_multiply(false, false, dense->n, 1, dense->n, 1, dense->A, x, 0, y);
}

struct value lanczos_largest_of(int n, const double A[], struct stream *stream, double tolerance)
{
    struct dense dense = {n, A};

    return lanczos_largest(n, multiply, &dense, stream, tolerance, 300, NULL);
}

struct value power_largest(int n, symmetric_operator *apply, void *context, struct stream *stream, double tolerance,
                           int iterations)
{
    if (check("power_largest", n, tolerance, iterations) != STATUS_OK) {
        return value_failed();
    }
    double *x = memory_doubles((size_t)n), *y = memory_doubles((size_t)n), theta = 0, residual = INFINITY;

    random_unit(n, stream, x);
    for (int step = 0; step < iterations && !(residual <= tolerance * theta); step++) {
        apply(x, y, context);
        double norm = linear_norm(n, y);

        theta = linear_dot(n, x, y);
        linear_axpy(n, -theta, x, y);
        residual = linear_norm(n, y);
        linear_axpy(n, theta, x, y);
        for (int i = 0; i < n; i++) {
            x[i] = norm > 0 ? y[i] / norm : 0;
        }
    }
    memory_free(x);
    memory_free(y);
    if (!(residual <= tolerance * theta)) {
        status_fail(STATUS_CONVERGENCE, "power_largest: residual %.2g of %.6g after %d steps", residual, theta,
                    iterations);
        return value_failed();
    }
    return found(n, theta, residual);
}
