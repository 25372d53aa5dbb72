// SPDX-License-Identifier: GPL-3.0-or-later
/* The covariance map of batch normalisation over the sphere of directions, B = 4 and 5, any phi.
 *
 * With e the basis of {x : sum x = 0} and T = e'Se, a direction v on S^(B-2) has the density K(v) = det T^(-1/2) (v' T^-1 v)^(-(B-1)/2) against the uniform
 * one, and V(S) = E phi(sqrt(B) e v) phi(sqrt(B) e v)' K(v).
 *
 * For samples i and j only the part of v in the plane of the rows e_i and e_j enters phi. In coordinates
 *
 *     v = sin t (cos f p + sin f q) + cos t w,   p = e_i / |e_i|, q perpendicular in the plane, w a unit vector of the complement,
 *
 * h_i = sqrt(B-1) sin t cos f and h_j = sqrt(B-1) sin t cos(f - f_j): kinks of phi at 0 are the four lines f = +-pi/2, f_j +- pi/2, between which a product of
 * Gauss rules converges geometrically. w is one of two points for B = 4 and runs around a circle for B = 5, where the trapezoidal rule converges so. In the
 * eigenvectors of T, v' T^-1 v is a sum of positive terms. */
#include <assay/base/memory.h>
#include <assay/meanfield/batchnorm_map.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/quadrature.h>
#include <assay/numerics/sphere.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_B = 5, MOST_N = MOST_B - 1, PAIR_MEANS = 3, MOST_NODES = 170 }; // E phi_i^2, phi_j^2, phi_i phi_j

struct geometry {
    int B, n;                       // n = B - 1
    double basis[MOST_B * MOST_N];  // e
    double lambda[MOST_N];          // eigenvalues of T
    double vector[MOST_N * MOST_N]; // and eigenvectors, by rows
    double scale;                   // det T^(-1/2) over the area of the sphere
    const struct piecewise *phi;
};

/* One pair's plane and its complement, in units in which v' T^-1 v is the square of a length. */
struct frame {
    double axis[MOST_N][MOST_N];
    double angle; // f_j
};

/* ## Geometry */

static enum status find_geometry(const struct piecewise *phi, int B, const double S[], struct geometry *g)
{
    int n = B - 1;
    double T[MOST_N * MOST_N], Se[MOST_B * MOST_N], log_determinant = 0;

    *g = (struct geometry){.B = B, .n = n, .phi = phi};
    for (int i = 0; i < B * B; i++)
        if (!isfinite(S[i]))
            return status_fail(STATUS_RANGE, "batchnorm_map_sphere: the covariance is not finite");
    sphere_basis(B, g->basis);
    linear_multiply(false, false, B, n, B, 1, S, g->basis, 0, Se);
    linear_multiply(true, false, n, n, B, 1, g->basis, Se, 0, T);
    enum status status = linear_symmetric_eigen(n, T, g->lambda, g->vector);
    if (status)
        return status;
    if (!(g->lambda[0] > 32 * DBL_EPSILON * g->lambda[n - 1]))
        return status_fail(STATUS_RANGE, "batchnorm_map_sphere: rank %d wanted, least and largest eigenvalue %g and %g",
                           n, g->lambda[0], g->lambda[n - 1]);
    for (int j = 0; j < n; j++)
        log_determinant += log(g->lambda[j]);
    g->scale = exp(-0.5 * log_determinant) * tgamma(0.5 * n) / (2 * pow(M_PI, 0.5 * n));
    return STATUS_OK;
}

/* Orthonormal axes, the first two in the plane of e_i and e_j, by Gram and Schmidt from the rows and the unit vectors. */
static void orthonormal_axes(const struct geometry *g, int i, int j, double axis[MOST_N][MOST_N])
{
    int n = g->n, found = 0;

    for (int candidate = 0; candidate < n + 2 && found < n; candidate++) {
        double x[MOST_N] = {0};

        if (candidate < 2)
            memcpy(x, g->basis + (candidate ? j : i) * n, (size_t)n * sizeof *x);
        else
            x[candidate - 2] = 1;
        for (int pass = 0; pass < 2; pass++)
            for (int k = 0; k < found; k++)
                linear_axpy(n, -linear_dot(n, x, axis[k]), axis[k], x);
        double length = linear_norm(n, x);
        if (length < 1e-3)
            continue;
        for (int k = 0; k < n; k++)
            axis[found][k] = x[k] / length;
        found++;
    }
}

static struct frame find_frame(const struct geometry *g, int i, int j)
{
    struct frame frame;
    double axis[MOST_N][MOST_N];
    const double *e = g->basis + j * g->n;

    orthonormal_axes(g, i, j, axis);
    frame.angle = atan2(linear_dot(g->n, e, axis[1]), linear_dot(g->n, e, axis[0]));
    for (int a = 0; a < g->n; a++)
        for (int k = 0; k < g->n; k++)
            frame.axis[a][k] = linear_dot(g->n, axis[a], g->vector + k * g->n) / sqrt(g->lambda[k]);
    return frame;
}

/* ## One pair */

/* The unit vectors w: both points for B = 4, some of the circle for B = 5. */
struct circle {
    int points;
    double length; // of the circle, over points; 1 for B = 4
    double w[2 * MOST_NODES][MOST_N];
};

static void find_circle(const struct geometry *g, const struct frame *frame, int points, struct circle *circle)
{
    circle->points = g->B == 4 ? 2 : points;
    circle->length = g->B == 4 ? 1 : 2 * M_PI / points;
    for (int m = 0; m < circle->points; m++) {
        double angle = 2 * M_PI * m / circle->points;

        for (int k = 0; k < g->n; k++)
            circle->w[m][k] = cos(angle) * frame->axis[2][k] + (g->B == 5 ? sin(angle) * frame->axis[3][k] : 0);
    }
}

/* The integral of |v' T^-1 v|^(-(B-1)/2) over w. */
static double complement(const struct geometry *g, const struct frame *frame, const struct circle *circle, double t,
                         double f)
{
    double plane[MOST_N] = {0}, sum = 0, a = sin(t) * cos(f), b = sin(t) * sin(f), c = cos(t);

    for (int k = 0; k < g->n; k++)
        plane[k] = a * frame->axis[0][k] + b * frame->axis[1][k];
    for (int m = 0; m < circle->points; m++) {
        double square = 0;

        for (int k = 0; k < MOST_N; k++) {
            double y = plane[k] + c * circle->w[m][k];

            square += y * y;
        }
        sum += 1 / (square * (g->B == 4 ? sqrt(square) : square));
    }
    return sum * circle->length;
}

/* Adds the part of f from a to b. Both angles are stretched towards kinks at 0: x -> x^2 (3 - 2x), x -> x^2. */
static void add_piece(const struct geometry *g, const struct frame *frame, const struct circle *circle, double a,
                      double b, const struct rule *rule, double mean[PAIR_MEANS])
{
    for (int m = 0; m < rule->n; m++)
        for (int l = 0; l < rule->n; l++) {
            double u = rule->x[m], v = rule->x[l], f = a + (b - a) * u * u * (3 - 2 * u), t = 0.5 * M_PI * v * v;
            double stretch = (b - a) * 6 * u * (1 - u) * M_PI * v * rule->w[m] * rule->w[l];
            double weight = g->scale * stretch * sin(t) * (g->B == 5 ? cos(t) : 1), radius = sqrt(g->n) * sin(t);
            double x = g->phi->f(radius * cos(f), g->phi->context);
            double y = g->phi->f(radius * cos(f - frame->angle), g->phi->context);

            weight *= complement(g, frame, circle, t, f);
            mean[0] += weight * x * x;
            mean[1] += weight * y * y;
            mean[2] += weight * x * y;
        }
}

static int increasing(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void pair_means(const struct geometry *g, const struct frame *frame, const struct rule *rule,
                       double mean[PAIR_MEANS])
{
    double line[5] = {0.5 * M_PI, 1.5 * M_PI, fmod(frame->angle + 2.5 * M_PI, 2 * M_PI),
                      fmod(frame->angle + 1.5 * M_PI, 2 * M_PI)};

    struct circle circle = {0};

    find_circle(g, frame, 2 * rule->n, &circle);
    qsort(line, 4, sizeof *line, increasing);
    line[4] = line[0] + 2 * M_PI;
    memset(mean, 0, PAIR_MEANS * sizeof *mean);
    for (int piece = 0; piece < 4; piece++)
        add_piece(g, frame, &circle, line[piece], line[piece + 1], rule, mean);
}

/* Doubles the nodes until two levels agree. */
static enum status converge(const struct geometry *g, const struct frame *frame, double mean[PAIR_MEANS],
                            double error[PAIR_MEANS])
{
    int most = g->B == 4 ? 140 : 60;
    double before[PAIR_MEANS] = {INFINITY, INFINITY, INFINITY}, worst = INFINITY;

    for (int nodes = 12; nodes <= most && worst > 1e-13; nodes += nodes / 2) {
        struct rule rule;
        enum status status = rule_legendre(&rule, nodes, 0, 1);

        if (status)
            return status;
        pair_means(g, frame, &rule, mean);
        rule_free(&rule);
        worst = 0;
        for (int k = 0; k < PAIR_MEANS; k++) {
            double size = k < 2 ? mean[k] : sqrt(mean[0] * mean[1]);

            error[k] =
                fabs(mean[k] - before[k]) + size * DBL_EPSILON * (100 + 2 * g->n * g->lambda[g->n - 1] / g->lambda[0]);
            worst = size > 0 ? fmax(worst, fabs(mean[k] - before[k]) / size) : worst;
            before[k] = mean[k];
        }
    }
    if (worst < 1e-4)
        return STATUS_OK;
    return status_fail(STATUS_CONVERGENCE, "batchnorm_map_sphere: levels differ by %g: phi or the density is too steep",
                       worst);
}

static void put(int B, int i, int j, double x, double out[])
{
    if (out)
        out[i * B + j] = out[j * B + i] = x;
}

enum status batchnorm_map_sphere(const struct response *phi, int B, const double S[], double V[], double error[])
{
    struct geometry g;

    if (B != 4 && B != 5)
        return status_fail(STATUS_RANGE, "batchnorm_map_sphere: B = 4 or 5 wanted, %d given", B);
    enum status status = find_geometry(&phi->value, B, S, &g);
    for (int i = 0; i < B; i++)
        for (int j = i + 1; j < B && status == STATUS_OK; j++) {
            struct frame frame = find_frame(&g, i, j);
            double mean[PAIR_MEANS] = {0}, bound[PAIR_MEANS] = {0};

            status = converge(&g, &frame, mean, bound);
            put(B, i, j, mean[2], V);
            put(B, i, j, bound[2], error);
            put(B, i, i, mean[0], V);
            put(B, i, i, bound[0], error);
            put(B, j, j, mean[1], V);
            put(B, j, j, bound[1], error);
        }
    return status;
}
