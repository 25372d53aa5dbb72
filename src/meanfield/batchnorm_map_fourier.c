// SPDX-License-Identifier: GPL-3.0-or-later
/* Fourier's method for the covariance map of batch normalisation, phi = id.
 *
 * With w the frequency, p = iw and m_j = 2 l_j / B,
 *
 *     f_k(s) = 1/(2 pi i) int dp e^(ps) l_k / (1 + p m_k) prod_j (1 + p m_j)^(-1/2)
 *
 * is the density of |Gz|^2 / B at s times E z_k^2 given it, and the map multiplies l_k to int f_k(s) ds / s. The integrand has branch points at p = -1/m_j
 * and falls like a power only. Talbot's contour ps = z - r + r t (cot t + i), |t| < pi, goes around the negative axis, where e^(ps) kills it; along it every
 * 1 + p m_j stays off the negative axis, so that the principal power -1/2 of each factor is the right branch. The principal root of their product is not: with C
 * eigenvalues its angle reaches C pi. It crosses the real axis near the
 * integrand's saddle z, so that nothing cancels, and the midpoint rule converges geometrically.
 *
 * f_k(s) is analytic in ln s, falls like s^(C/2) to the left and exponentially to the right: the trapezoidal rule in u = ln s. */
#include "projected.h"
#include <assay/base/memory.h>
#include <assay/meanfield/batchnorm_map.h>
#include <complex.h>
#include <float.h>
#include <math.h>
#include <string.h>

/* The saddle of e^z prod_j (1 + m_j z/s)^(-1/2), z = ps, on the real axis, but at least 5 to the right of the first branch point. */
static double saddle(const struct projected *p, int B, double s)
{
    double branch = -0.5 * B * s / p->lambda[0], low = branch + 5, high = fmax(low, branch + 0.5 * p->rank);

    for (int i = 0; i < 30; i++) {
        double z = 0.5 * (low + high), pull = 0;

        for (int j = 0; j < p->rank; j++)
            pull += 0.5 * p->lambda[j] / (0.5 * B * s + p->lambda[j] * z);
        if (pull > 1)
            low = z;
        else
            high = z;
    }
    return low;
}

/* Adds h f_k(s) for every k. */
static void add_densities(const struct projected *p, int B, int nodes, double s, double h, double gamma[])
{
    double top = saddle(p, B, s), r = 5 + 0.25 * p->rank;

    for (int m = 0; m < nodes / 2; m++) {
        double t = (2 * m + 1) * M_PI / nodes, cotangent = cos(t) / sin(t);
        double complex z = top - r + r * t * (cotangent + I), slope = r * (cotangent - t / (sin(t) * sin(t)) + I);
        double complex weight = cexp(z) * slope * (2 * h / (nodes * s));

        for (int j = 0; j < p->rank; j++)
            weight /= csqrt(1 + 2 * p->lambda[j] / B * z / s);
        for (int k = 0; k < p->rank; k++) // the other half of the curve is the conjugate
            gamma[k] += cimag(weight * p->lambda[k] / (1 + 2 * p->lambda[k] / B * z / s));
    }
}

/* The integral over u from where s^(C/2) is 1e-17 next to the least eigenvalue's scale to where the exponential is. */
static void add_all(const struct projected *p, int B, double h, double gamma[])
{
    double scale = 2 * p->lambda[0] / B, least = 2 * p->lambda[p->rank - 1] / B;
    double from = log(least) - 80.0 / p->rank, to = log(scale * (45 + p->rank));

    memset(gamma, 0, (size_t)p->n * sizeof *gamma);
    double u = from;
    while (u < to) {
        add_densities(p, B, (int)(24 / h), exp(u), h, gamma);
        u += h;
    }
}

static double worst_change(int C, const double a[], const double b[])
{
    double worst = 0;

    for (int k = 0; k < C; k++)
        worst = fmax(worst, fabs(a[k] - b[k]));
    return worst;
}

enum status batchnorm_map_fourier_identity(int B, const double S[], double V[], double error[])
{
    struct projected p;
    enum status status = projected_find("batchnorm_map_fourier_identity", 1, B, S, &p);

    if (status)
        return status;
    double *gamma = memory_doubles((size_t)B), *before = memory_doubles((size_t)B), h = 0.5, change = INFINITY;
    add_all(&p, B, h, gamma);
    for (int level = 0; level < 4 && change > 1e-12 * B; level++) {
        memcpy(before, gamma, (size_t)B * sizeof *gamma);
        add_all(&p, B, h /= 2, gamma);
        change = worst_change(p.rank, gamma, before);
    }
    double rounding = B * (1e-12 + p.noise * p.rank / p.lambda[p.rank - 1]);
    for (int i = 0; i < B; i++)
        for (int j = 0; j < B; j++) {
            double sum = 0;

            for (int k = 0; k < p.rank; k++)
                sum += gamma[k] * p.vector[k * B + i] * p.vector[k * B + j];
            V[i * B + j] = sum;
            if (error)
                error[i * B + j] = change + rounding;
        }
    memory_free(gamma);
    memory_free(before);
    projected_free(&p);
    return status;
}
