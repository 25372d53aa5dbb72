// SPDX-License-Identifier: GPL-3.0-or-later
/* Covariances of centred batches. */
#include "projected.h"
#include <assay/base/memory.h>
#include <assay/numerics/linear.h>
#include <float.h>
#include <math.h>
#include <string.h>

/* out_i = x_i less the mean of its batch, for k batches of B numbers, stride apart. */
static void centre(int k, int B, int stride, double x[])
{
    for (int batch = 0; batch < k; batch++) {
        double *first = x + batch * B * stride, sum = 0;

        for (int i = 0; i < B; i++)
            sum += first[i * stride];
        for (int i = 0; i < B; i++)
            first[i * stride] -= sum / B;
    }
}

static void centre_both_sides(int k, int B, double S[])
{
    int n = k * B;

    for (int i = 0; i < n; i++)
        centre(k, B, 1, S + i * n);
    for (int j = 0; j < n; j++)
        centre(k, B, n, S + j);
}

/* The symmetric part of S, and its largest entry; NaN if S is not finite. */
static double symmetric_part(int n, const double S[], double out[])
{
    double largest = 0;

    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            out[i * n + j] = 0.5 * (S[i * n + j] + S[j * n + i]);
            largest = isfinite(out[i * n + j]) ? fmax(largest, fabs(out[i * n + j])) : NAN;
            if (isnan(largest))
                return NAN;
        }
    return largest;
}

/* Keeps the eigenvalues above the cutoff, largest first. */
static void keep(struct projected *p, double cutoff, const double lambda[], const double vector[])
{
    for (int j = p->n - 1; j >= 0 && lambda[j] > cutoff; j--) {
        p->lambda[p->rank] = lambda[j];
        memcpy(p->vector + p->rank++ * p->n, vector + j * p->n, (size_t)p->n * sizeof *vector);
    }
}

enum status projected_find(const char *function, int k, int B, const double S[], struct projected *p)
{
    int n = k * B;

    if (k < 1 || B < 2)
        return status_fail(STATUS_RANGE, "%s: at least 2 samples a batch wanted, %d given", function, B);
    size_t entries = (size_t)n * (size_t)n;
    double *A = memory_doubles(entries), *vector = memory_doubles(entries), *lambda = memory_doubles((size_t)n);
    double largest = symmetric_part(n, S, A), cutoff = 8 * n * DBL_EPSILON * largest;

    centre_both_sides(k, B, A);
    enum status status = isnan(largest) ? status_fail(STATUS_RANGE, "%s: the covariance is not finite", function)
                                        : linear_symmetric_eigen(n, A, lambda, vector);
    if (status == STATUS_OK && lambda[0] < -cutoff)
        status = status_fail(STATUS_RANGE, "%s: the centred covariance has the eigenvalue %g", function, lambda[0]);
    if (status == STATUS_OK && !(lambda[n - 1] > cutoff))
        status = status_fail(STATUS_RANGE, "%s: the centred covariance is 0", function);
    if (status == STATUS_OK) {
        *p = (struct projected){n, 0, memory_doubles((size_t)n), memory_doubles(entries),
                                4 * sqrt(n) * DBL_EPSILON * largest};
        keep(p, cutoff, lambda, vector);
    }
    memory_free(A);
    memory_free(vector);
    memory_free(lambda);
    return status;
}

void projected_free(struct projected *p)
{
    memory_free(p->lambda);
    memory_free(p->vector);
    *p = (struct projected){0};
}

void projected_root(const struct projected *p, double X[])
{
    for (int i = 0; i < p->n; i++)
        for (int j = 0; j < p->rank; j++)
            X[i * p->rank + j] = sqrt(p->lambda[j]) * p->vector[j * p->n + i];
}
