// SPDX-License-Identifier: GPL-3.0-or-later
/* Spectra at the symmetric fixed point for positive-homogeneous phi, in arc-cosine kernels (Laplace's method: Yang et al. 2019, theorems F.8, F.33,
 * G.12, H.4, H.14), and the choice of a route.
 *
 * With c = -1/(B-1), J = J_phi(c), J(1) = J_phi(1) everything but the scale of the covariance depends on phi through alpha,
 *
 *     R = J' / (J(1) - J)   and   Q = J(1) / (J(1) - J).
 */
#include "batchnorm_moments.h"
#include <assay/meanfield/arccosine.h>
#include <assay/numerics/roots.h>
#include <assay/numerics/sphere.h>
#include <math.h>

enum { LEAST_BATCH = 4, LARGEST_BATCH = 10000 };

/* Gamma(n/2 + a) / Gamma(n/2): a moment of a chi-squared variable with n degrees of freedom. */
static struct value pochhammer(int n, double a)
{
    return sphere_radius_moment(n + 1, 0.5, 2 * a);
}

struct kernels {
    int batch;
    double B, alpha;
    struct value R, Q, rise; // rise = J(1) - J
};

static struct kernels kernels_of(const struct homogeneous *phi, int B)
{
    double c = -1.0 / (B - 1);
    struct value top = exact(phi->a * phi->a + phi->b * phi->b), rise = value_sub(top, homogeneous_kernel(phi, c));

    return (struct kernels){.batch = B,
                            .B = B,
                            .alpha = phi->alpha,
                            .R = value_div(homogeneous_kernel_slope(phi, c), rise),
                            .Q = value_div(top, rise),
                            .rise = rise};
}

/* ## The parts */

/* Theorem F.8: S = K_{alpha,B} ((J(1) - J) I + J 11'), K = c_alpha ((B-1)/2)^alpha Gamma((B-1)/2) / Gamma((B-1)/2 + alpha). */
static struct bsb1 fixed_closed(const struct homogeneous *phi, const struct kernels *k)
{
    struct value power = rounded(pow((k->B - 1) / 2, k->alpha), 2 + k->alpha);
    struct value K = value_div(value_mul(arccosine_norm2(k->alpha), power), pochhammer(k->batch - 1, k->alpha));
    struct value top = exact(phi->a * phi->a + phi->b * phi->b);

    return (struct bsb1){.q = value_mul(K, top),
                         .mu = value_mul(K, k->rise),
                         .nu = value_mul(K, homogeneous_kernel(phi, -1 / (k->B - 1)))};
}

/* Theorem F.33 with mu cancelled. */
static struct spectrum forward_closed(const struct kernels *k)
{
    double B = k->B, alpha = k->alpha, width = B - 1 + 2 * alpha;

    return (struct spectrum){
        .G = exact(0),
        .L = value_scale(1 / width, value_add(rounded((B - 2) * alpha, 1), value_scale(B / (B - 1), k->R))),
        .M = value_scale(B / width, k->R)};
}

/* Theorem G.12. The coefficients are polynomials of B and alpha; a dozen roundings cover each. */
static struct spectrum backward_closed(const struct kernels *k)
{
    double B = k->B, alpha = k->alpha, square = alpha * alpha, less = B - 3, width = B - 1 + 2 * alpha;
    double of_R = square * (3 * B - 4) + alpha * (3 * B - 8) * (B - 1) + less * (B - 1) * (B - 1);
    double of_M = B * (B * B + 2 * (alpha - 2) * B + 2 * (alpha - 3) * alpha + 3);
    double growth = (less + 2 * alpha) / less;
    struct value slope = rounded(square / (2 * alpha - 1), 3);

    if (alpha <= 0.5) {
        return (struct spectrum){exact(INFINITY), exact(INFINITY), exact(INFINITY)};
    }
    struct value G = value_scale(growth, value_add(value_scale(1 / (B - 1), k->R), value_mul(slope, k->Q)));
    struct value L = value_add(value_mul(rounded(2 * of_R / (less * (B - 1) * (B - 1) * width), 16), k->R),
                               value_mul(value_mul(rounded((B - 2) * growth / (B - 1), 6), slope), k->Q));

    return (struct spectrum){
        .G = value_sub(G, rounded(square / less, 2)),
        .L = value_sub(L, rounded(2 * square * (B - 2) * (B - 1 + alpha) / (less * (B - 1) * width), 10)),
        .M = value_mul(rounded(of_M / (less * (B - 1) * width), 14), k->R)};
}

/* Corollary H.4, squared: c* = (a-b)^2 / (4 pi) Gamma((alpha+1)/2)^2 ((B-1)^(alpha/2) Gamma((B-1)/2) / Gamma((B-1+alpha)/2))^2. */
static struct value cross_fixed_closed(const struct homogeneous *phi, const struct kernels *k)
{
    double root = (phi->a - phi->b) * tgamma((k->alpha + 1) / 2) / (2 * sqrt(M_PI));
    struct value inverse = value_div(rounded(root, 6), pochhammer(k->batch - 1, k->alpha / 2));

    return value_mul(rounded(pow(k->B - 1, k->alpha), 2 + k->alpha), value_mul(inverse, inverse));
}

/* Theorem H.14: B/(B-1) Gamma((B-1)/2 + alpha) / Gamma((B-1)/2) (Gamma(B/2) / Gamma(B/2 + alpha/2))^2 J'(0) / (J(1) - J). */
static struct value cross_closed(const struct homogeneous *phi, const struct kernels *k)
{
    struct value half = pochhammer(k->batch, k->alpha / 2);
    struct value ratio = value_div(pochhammer(k->batch - 1, k->alpha), value_mul(half, half));

    return value_scale(k->B / (k->B - 1), value_mul(ratio, value_div(homogeneous_kernel_slope(phi, 0), k->rise)));
}

/* ## Routes */

enum status batchnorm_check_batch(int B)
{
    if (B < LEAST_BATCH || B > LARGEST_BATCH) {
        return status_fail(STATUS_RANGE, "batchnorm: a batch of %d samples; it takes %d to %d", B, LEAST_BATCH,
                           LARGEST_BATCH);
    }
    return STATUS_OK;
}

enum status batchnorm_state_closed(const struct homogeneous *phi, int B, struct batchnorm_state *state)
{
    enum status status = batchnorm_check_batch(B);

    if (status != STATUS_OK) {
        return status;
    }
    if (!(phi->alpha > 0) || (phi->a == 0 && phi->b == 0)) {
        return status_fail(STATUS_RANGE,
                           "batchnorm_state_closed: degree %g, factors %g and %g; it takes a positive degree and a "
                           "factor other than 0",
                           phi->alpha, phi->a, phi->b);
    }
    struct kernels k = kernels_of(phi, B);
    *state = (struct batchnorm_state){.fixed = fixed_closed(phi, &k),
                                      .forward = forward_closed(&k),
                                      .backward = backward_closed(&k),
                                      .cross_fixed = cross_fixed_closed(phi, &k),
                                      .cross = cross_closed(phi, &k)};
    return value_ok(state->forward.L) && value_ok(state->fixed.q) ? STATUS_OK : STATUS_CONVERGENCE;
}

enum status batchnorm_state(const struct activation *phi, int B, struct batchnorm_state *state)
{
    struct homogeneous homogeneous;
    enum status status = batchnorm_check_batch(B);

    if (status != STATUS_OK) {
        return status;
    }
    if (activation_homogeneity(phi) > 0) {
        status = homogeneous_find(phi, &homogeneous);
        return status == STATUS_OK ? batchnorm_state_closed(&homogeneous, B, state) : status;
    }
    struct response response = response_of(phi);
    status = batchnorm_state_sphere(&response, B, state);
    if (status == STATUS_OK && activation_homogeneity(phi) <= 0.5) {
        state->backward = (struct spectrum){exact(INFINITY), exact(INFINITY), exact(INFINITY)};
    }
    return status;
}

/* ## One quantity */

static struct batchnorm_state state_or_failed(const struct activation *phi, int B)
{
    struct batchnorm_state state;
    struct value failed = value_failed();
    struct spectrum none = {failed, failed, failed};

    if (batchnorm_state(phi, B, &state) != STATUS_OK) {
        state = (struct batchnorm_state){{failed, failed, failed}, none, none, failed, failed};
    }
    return state;
}

struct bsb1 batchnorm_fixed_point(const struct activation *phi, int B)
{
    return state_or_failed(phi, B).fixed;
}

struct value batchnorm_forward_L(const struct activation *phi, int B)
{
    return state_or_failed(phi, B).forward.L;
}

struct value batchnorm_forward_M(const struct activation *phi, int B)
{
    return state_or_failed(phi, B).forward.M;
}

struct value batchnorm_backward_G(const struct activation *phi, int B)
{
    return state_or_failed(phi, B).backward.G;
}

struct value batchnorm_backward_L(const struct activation *phi, int B)
{
    return state_or_failed(phi, B).backward.L;
}

struct value batchnorm_backward_M(const struct activation *phi, int B)
{
    return state_or_failed(phi, B).backward.M;
}

struct value batchnorm_cross_fixed_point(const struct activation *phi, int B)
{
    return state_or_failed(phi, B).cross_fixed;
}

struct value batchnorm_cross(const struct activation *phi, int B)
{
    return state_or_failed(phi, B).cross;
}

/* ## The transition of relu^alpha */

static struct value excess(int B, double alpha)
{
    struct homogeneous phi = {alpha, 1, 0};
    struct kernels k = kernels_of(&phi, B);

    return value_sub(forward_closed(&k).L, exact(1));
}

static double excess_only(double alpha, void *context)
{
    return excess(*(const int *)context, alpha).x;
}

struct value batchnorm_transition(int B)
{
    if (batchnorm_check_batch(B) != STATUS_OK) {
        return value_failed();
    }
    if (B == LEAST_BATCH) {
        status_fail(STATUS_RANGE,
                    "batchnorm_transition: with 4 samples relu^alpha never loses its symmetric fixed point");
        return value_failed();
    }
    struct value root = root_bracketed(excess_only, &B, 1, 8);
    double step = 1e-4, slope = (excess(B, root.x + step).x - excess(B, root.x - step).x) / (2 * step);

    return value_with(root, value_bound(excess(B, root.x)) / fabs(slope), ROUNDING);
}
