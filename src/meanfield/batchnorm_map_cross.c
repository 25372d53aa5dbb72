// SPDX-License-Identifier: GPL-3.0-or-later
/* Laplace's method between batches, positive-homogeneous phi of degree alpha: each batch's norm has its own variable, s and t.
 *
 * With X X' = PSP (2B x C), D = diag(sqrt s, ..., sqrt t, ...) and Y = D X, the tilted covariance is D Pi D = Y (I + 2 Y'Y)^-1 Y' = Z'Z with L Z = Y',
 * L L' = I + 2 Y'Y: nothing cancels, and det L^2 is the determinant. Homogeneity takes the powers (st)^(alpha/2) inside, as for one batch:
 *
 *     V_12 = B^alpha / Gamma(alpha/2)^2 int ds/s int dt/t V phi(Z'Z)_12 / det L.
 *
 * A product of Gauss-Jacobi rules, doubled until two levels agree relative to the integral of the integrand's size. Batches that depend on each other leave
 * a corner at s = t = infinity where the integrand is not analytic but falls like the power C/2. */
#include "laplace_nodes.h"
#include <assay/base/memory.h>
#include <assay/meanfield/arccosine.h>
#include <assay/meanfield/batchnorm_map.h>
#include <assay/numerics/linear.h>
#include <cblas.h>
#include <math.h>
#include <string.h>

struct cross {
    const struct homogeneous *phi;
    struct projected p;
    int B;
    double norm2, factor;               // c_alpha; (B^(alpha/2) / Gamma(alpha/2))^2
    double *X, *Y, *M, *L, *Z, *square; // 2B x C twice, C x C twice, C x 2B, 2B
    double *V, *before, *size;          // B x B; size is the integral with every kernel at its largest
};

static void cross_start(struct cross *c, const struct homogeneous *phi, int B)
{
    size_t n = (size_t)c->p.n, BB = (size_t)B * (size_t)B;

    c->phi = phi;
    c->B = B;
    c->norm2 = arccosine_norm2(phi->alpha).x;
    c->factor = exp(phi->alpha * log(B) - 2 * lgamma(phi->alpha / 2));
    c->X = memory_doubles(n * n);
    c->Y = memory_doubles(n * n);
    c->M = memory_doubles(n * n);
    c->L = memory_doubles(n * n);
    c->Z = memory_doubles(n * n);
    c->square = memory_doubles(n);
    c->V = memory_doubles(BB);
    c->before = memory_doubles(BB);
    c->size = memory_doubles(BB);
    projected_root(&c->p, c->X);
}

static void cross_end(struct cross *c)
{
    double *const block[] = {c->X, c->Y, c->M, c->L, c->Z, c->square, c->V, c->before, c->size};

    for (size_t i = 0; i < sizeof block / sizeof block[0]; i++)
        memory_free(block[i]);
    projected_free(&c->p);
}

/* Z and the variances of its columns at (s, t); returns the logarithm of 1/sqrt(det). */
static double tilt(struct cross *c, double s, double t, enum status *status)
{
    int n = c->p.n, C = c->p.rank;
    double log_weight = 0;

    for (int i = 0; i < n; i++)
        for (int j = 0; j < C; j++)
            c->Y[i * C + j] = sqrt(i < c->B ? s : t) * c->X[i * C + j];
    for (int j = 0; j < C; j++)
        for (int i = 0; i < n; i++)
            c->Z[j * n + i] = c->Y[i * C + j];
    linear_gram(C, n, c->Z, c->M);
    for (int j = 0; j < C * C; j++)
        c->M[j] = 2 * c->M[j] + (j % (C + 1) == 0);
    *status = linear_cholesky(C, c->M, c->L);
    if (*status)
        return NAN;
    linear_solve_triangular(false, C, n, c->L, c->Z);
    memset(c->square, 0, (size_t)n * sizeof *c->square);
    for (int j = 0; j < C; j++) {
        log_weight -= log(c->L[j * C + j]);
        for (int i = 0; i < n; i++)
            c->square[i] += c->Z[j * n + i] * c->Z[j * n + i];
    }
    return log_weight;
}

static enum status add_cross_node(struct cross *c, double s, double t, double w)
{
    enum status status;
    int B = c->B, n = c->p.n;
    double weight = w * c->factor * c->norm2 * exp(tilt(c, s, t, &status));
    double largest = c->phi->a * c->phi->a + c->phi->b * c->phi->b;

    if (status)
        return status;
    for (int i = 0; i < B; i++)
        for (int j = 0; j < B; j++) {
            double q = c->square[i] * c->square[B + j];

            if (q <= 0)
                continue;
            double cross = cblas_ddot(c->p.rank, c->Z + i, n, c->Z + B + j, n);
            double size = weight * pow(q, c->phi->alpha / 2);
            c->V[i * B + j] += size * homogeneous_kernel(c->phi, fmin(fmax(cross / sqrt(q), -1), 1)).x;
            c->size[i * B + j] += size * largest;
        }
    return STATUS_OK;
}

static enum status add_cross_level(struct cross *c, const struct laplace_nodes *nodes)
{
    size_t bytes = (size_t)c->B * (size_t)c->B * sizeof *c->V;

    memcpy(c->before, c->V, bytes);
    memset(c->V, 0, bytes);
    memset(c->size, 0, bytes);
    for (int k = 0; k < nodes->n * nodes->n; k++) {
        int a = k / nodes->n, b = k % nodes->n;
        enum status status = add_cross_node(c, nodes->s[a], nodes->s[b], nodes->w[a] * nodes->w[b]);

        if (status)
            return status;
    }
    return STATUS_OK;
}

static double cross_disagreement(const struct cross *c)
{
    double worst = 0;

    for (int k = 0; k < c->B * c->B; k++)
        if (c->size[k] > 0)
            worst = fmax(worst, fabs(c->V[k] - c->before[k]) / c->size[k]);
    return worst;
}

static enum status cross_converge(struct cross *c)
{
    enum { CROSS_LEVELS = 4 };
    double difference = INFINITY, scale = laplace_peak(&c->p, c->phi->alpha);

    for (int level = 0; level < CROSS_LEVELS && difference > LAPLACE_AGREEMENT; level++) {
        struct laplace_nodes nodes;
        enum status status = laplace_jacobi_nodes(16 << level, c->phi->alpha / 2, scale, &nodes);

        if (status)
            return status;
        status = add_cross_level(c, &nodes);
        laplace_nodes_free(&nodes);
        if (status)
            return status;
        difference = level == 0 ? INFINITY : cross_disagreement(c);
    }
    return difference < 1e-3
               ? STATUS_OK
               : status_fail(STATUS_CONVERGENCE, "batchnorm_map_cross_laplace: levels differ by %g", difference);
}

enum status batchnorm_map_cross_laplace(const struct homogeneous *phi, int B, const double S[], double V[],
                                        double error[])
{
    struct cross c;
    enum status status = laplace_degree_check("batchnorm_map_cross_laplace", phi);

    if (status == STATUS_OK)
        status = projected_find("batchnorm_map_cross_laplace", 2, B, S, &c.p);
    if (status)
        return status;
    cross_start(&c, phi, B);
    status = cross_converge(&c);
    double noise = c.p.noise / c.p.lambda[c.p.rank - 1] * (phi->alpha + 0.5 * c.p.rank);
    for (int k = 0; status == STATUS_OK && k < B * B; k++) {
        V[k] = c.V[k];
        if (error)
            error[k] = fabs(c.V[k] - c.before[k]) + noise * c.size[k] + laplace_rounding(phi, 2 * B, c.size[k]);
    }
    cross_end(&c);
    return status;
}

/* ## k batches: block by block */

/* The blocks (a, b) of S, n x n with n = kB, as a matrix of two batches, or of one if a = b. */
static void take_blocks(int k, int B, const double S[], int a, int b, double joint[])
{
    int n = k * B, width = a == b ? B : 2 * B;

    for (int i = 0; i < width; i++)
        for (int j = 0; j < width; j++) {
            int row = (i < B ? a * B : (b - 1) * B) + i, column = (j < B ? a * B : (b - 1) * B) + j;

            joint[i * width + j] = S[row * n + column];
        }
}

static void put_block(int k, int B, int a, int b, const double block[], double V[])
{
    int n = k * B;

    for (int i = 0; i < B; i++)
        for (int j = 0; j < B; j++)
            V[(a * B + i) * n + b * B + j] = V[(b * B + j) * n + a * B + i] = block[i * B + j];
}

enum status batchnorm_map_batches_laplace(const struct homogeneous *phi, int k, int B, const double S[], double V[],
                                          double error[])
{
    if (k < 1 || B < 2)
        return status_fail(STATUS_RANGE, "batchnorm_map_batches_laplace: %d batches of %d samples", k, B);
    size_t BB = (size_t)B * (size_t)B;
    double *joint = memory_doubles(4 * BB), *block = memory_doubles(BB), *block_error = memory_doubles(BB);
    double *source = memory_copy((size_t)(k * k) * BB, S);
    enum status status = STATUS_OK;

    for (int a = 0; a < k; a++)
        for (int b = a; b < k && status == STATUS_OK; b++) {
            take_blocks(k, B, source, a, b, joint);
            status = a == b ? batchnorm_map_laplace(phi, B, joint, block, block_error)
                            : batchnorm_map_cross_laplace(phi, B, joint, block, block_error);
            put_block(k, B, a, b, block, V);
            if (error)
                put_block(k, B, a, b, block_error, error);
        }
    memory_free(joint);
    memory_free(block);
    memory_free(block_error);
    memory_free(source);
    return status;
}
