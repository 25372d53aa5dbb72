// SPDX-License-Identifier: GPL-3.0-or-later
/* Laplace's method for the covariance map of batch normalisation, positive-homogeneous phi of degree alpha.
 *
 * Schwinger's |y|^(-2 alpha) = int ds/s s^alpha e^(-s |y|^2) / Gamma(alpha) turns the normalisation into a tilt of the Gaussian, and homogeneity takes
 * the power of s inside:
 *
 *     V(S) = B^alpha / Gamma(alpha) int ds/s V phi(s S_s) / sqrt(det(I + 2s S)),   S_s = S (I + 2s S)^-1, S = GSG.
 *
 * s S_s stays below I/2, so nothing overflows. With rank C the integrand falls like s^alpha to the left and like s^(-C/2) to the right; its
 * singularities are at s = -1/(2 l_j).
 *
 * **Nodes.** With s = t (x/(1-x))^2 both ends are analytic in x but for the factor x^(2 alpha - 1): a Gauss-Jacobi rule converges geometrically, to 1e-15 by
 * 24 nodes if all l_j are equal, with a number of nodes that grows like the fourth root of the condition number. Beyond 1000 the trapezoidal rule in u = ln s takes
 * over: the integrand is analytic in |Im u| < pi, whatever the l_j, and some 200 nodes suffice. Levels double the nodes until two agree.
 *
 * **Error.** The last difference; rounding of the sums; and what GSG's own rounding does, to first order: d ln of the integrand is at most
 * alpha dS / (S_s)_ii / (1 + 2s l_min) + sum_j s dS / (1 + 2s l_j), integrated along. */
#include "laplace_nodes.h"
#include <assay/base/memory.h>
#include <assay/meanfield/batchnorm_map.h>
#include <assay/numerics/linear.h>
#include <float.h>
#include <math.h>
#include <string.h>

/* ## Where the integral lives */

/* sum_j log(1 + 2s l_j), and sum_j s / (1 + 2s l_j). */
static double log_determinant(const struct projected *p, double s)
{
    double sum = 0;

    for (int j = 0; j < p->rank; j++)
        sum += log1p(2 * s * p->lambda[j]);
    return sum;
}

static double determinant_slope(const struct projected *p, double s)
{
    double sum = 0;

    for (int j = 0; j < p->rank; j++)
        sum += s / (1 + 2 * s * p->lambda[j]);
    return sum;
}

/* The s with log det = target. */
static double s_of_determinant(const struct projected *p, double target)
{
    double low = -300, high = 300 + 2 * target; // ln(2 s lambda[0])

    for (int i = 0; i < 100; i++) {
        double middle = 0.5 * (low + high);

        if (log_determinant(p, exp(middle) / (2 * p->lambda[0])) < target)
            low = middle;
        else
            high = middle;
    }
    return exp(low) / (2 * p->lambda[0]);
}

static void trapezoid_nodes(double h, double from, double to, struct laplace_nodes *nodes)
{
    int n = (int)ceil((to - from) / h) + 1;

    *nodes = (struct laplace_nodes){n, memory_doubles((size_t)n), memory_doubles((size_t)n)};
    for (int k = 0; k < n; k++) {
        nodes->s[k] = exp(from + h * k);
        nodes->w[k] = h;
    }
}

/* ## One integral for all entries */

struct laplace {
    const struct homogeneous *phi;
    struct projected p;
    double factor;         // B^alpha / Gamma(alpha)
    double *X, *Pi, *term; // n x rank; s S_s; V phi of it
    double *V, *before;    // n x n
    double *loss;          // n: rounding of GSG, integrated
};

static void laplace_start(struct laplace *l, const struct homogeneous *phi, int B)
{
    size_t n = (size_t)l->p.n;

    l->phi = phi;
    l->factor = exp(phi->alpha * log(B) - lgamma(phi->alpha));
    l->X = memory_doubles(n * n);
    l->Pi = memory_doubles(n * n);
    l->term = memory_doubles(n * n);
    l->V = memory_doubles(n * n);
    l->before = memory_doubles(n * n);
    l->loss = memory_doubles(n);
}

static void laplace_end(struct laplace *l)
{
    double *const block[] = {l->X, l->Pi, l->term, l->V, l->before, l->loss};

    for (size_t i = 0; i < sizeof block / sizeof block[0]; i++)
        memory_free(block[i]);
    projected_free(&l->p);
}

/* Adds the integrand at s, times w. */
static enum status add_node(struct laplace *l, double s, double w)
{
    const struct projected *p = &l->p;
    int n = p->n, C = p->rank;

    for (int i = 0; i < n; i++)
        for (int j = 0; j < C; j++)
            l->X[i * C + j] = p->vector[j * n + i] * sqrt(s * p->lambda[j] / (1 + 2 * s * p->lambda[j]));
    linear_gram(n, C, l->X, l->Pi);
    enum status status = homogeneous_moments(l->phi, n, l->Pi, l->term);
    if (status)
        return status;
    double weight = w * l->factor * exp(-0.5 * log_determinant(p, s));
    linear_axpy(n * n, weight, l->term, l->V);
    double shared = determinant_slope(p, s), own = l->phi->alpha * s / (1 + 2 * s * p->lambda[C - 1]);
    for (int i = 0; i < n; i++) {
        double variance = l->Pi[i * n + i];

        if (variance > 0)
            l->loss[i] += weight * l->term[i * n + i] * p->noise * (own / variance + shared);
    }
    return STATUS_OK;
}

static enum status add_level(struct laplace *l, const struct laplace_nodes *nodes)
{
    size_t n = (size_t)l->p.n;

    memcpy(l->before, l->V, n * n * sizeof *l->V);
    memset(l->V, 0, n * n * sizeof *l->V);
    memset(l->loss, 0, n * sizeof *l->loss);
    for (int k = 0; k < nodes->n; k++) {
        enum status status = add_node(l, nodes->s[k], nodes->w[k]);

        if (status)
            return status;
    }
    return STATUS_OK;
}

/* The largest difference of the last two levels, relative to sqrt(V_ii V_jj). */
static double disagreement(const struct laplace *l)
{
    int n = l->p.n;
    double worst = 0;

    for (int i = 0; i < n; i++)
        for (int j = 0; j <= i; j++) {
            double difference = fabs(l->V[i * n + j] - l->before[i * n + j]);

            if (difference > 0)
                worst = fmax(worst, difference / sqrt(l->V[i * n + i] * l->V[j * n + j]));
        }
    return worst;
}

/* Gauss and Jacobi at first where that converges, the trapezoid after. */
enum { GAUSS_LEVELS = 3, LEVELS = 8 };

static enum status level_nodes(const struct laplace *l, int level, struct laplace_nodes *nodes)
{
    const struct projected *p = &l->p;
    double alpha = l->phi->alpha, least = INFINITY;

    if (level < GAUSS_LEVELS)
        return laplace_jacobi_nodes(20 << level, alpha, laplace_peak(p, alpha), nodes);
    for (int i = 0; i < p->n; i++) {
        double variance = 0;

        for (int j = 0; j < p->rank; j++)
            variance += p->lambda[j] * p->vector[j * p->n + i] * p->vector[j * p->n + i];
        least = variance > p->noise ? fmin(least, variance) : least;
    }
    double rest = 80 + 2 * alpha * log(p->lambda[0] / least); // what is left out, next to the least V_ii: e^-40
    trapezoid_nodes(ldexp(0.5, GAUSS_LEVELS - level), fmax(-40 / alpha, -690) - log(2 * p->lambda[0]),
                    log(s_of_determinant(p, rest)), nodes);
    return STATUS_OK;
}

static enum status converge(struct laplace *l)
{
    bool stiff = l->p.lambda[0] > 1000 * l->p.lambda[l->p.rank - 1];
    double difference = INFINITY;

    for (int level = stiff ? GAUSS_LEVELS : 0, first = level; level < LEVELS && difference > LAPLACE_AGREEMENT;
         level++) {
        struct laplace_nodes nodes;
        enum status status = level_nodes(l, level, &nodes);

        if (status)
            return status;
        status = add_level(l, &nodes);
        laplace_nodes_free(&nodes);
        if (status)
            return status;
        difference = level == first ? INFINITY : disagreement(l);
    }
    return difference < 1e-6
               ? STATUS_OK
               : status_fail(STATUS_CONVERGENCE, "batchnorm_map_laplace: levels differ by %g", difference);
}

static double entry_error(const struct laplace *l, int i, int j)
{
    int n = l->p.n;
    double Vii = l->V[i * n + i], Vjj = l->V[j * n + j];

    if (!(Vii > 0 && Vjj > 0))
        return 0;
    double tilt = sqrt(Vjj / Vii), loss = 0.5 * (l->loss[i] * tilt + l->loss[j] / tilt);
    return fabs(l->V[i * n + j] - l->before[i * n + j]) + loss + laplace_rounding(l->phi, n, sqrt(Vii * Vjj));
}

enum status batchnorm_map_laplace(const struct homogeneous *phi, int B, const double S[], double V[], double error[])
{
    struct laplace l;
    enum status status = laplace_degree_check("batchnorm_map_laplace", phi);

    if (status == STATUS_OK)
        status = projected_find("batchnorm_map_laplace", 1, B, S, &l.p);
    if (status)
        return status;
    laplace_start(&l, phi, B);
    status = converge(&l);
    if (status == STATUS_OK)
        memcpy(V, l.V, (size_t)B * (size_t)B * sizeof *V);
    for (int i = 0; status == STATUS_OK && error && i < B; i++)
        for (int j = 0; j < B; j++)
            error[i * B + j] = entry_error(&l, i, j);
    laplace_end(&l);
    return status;
}
