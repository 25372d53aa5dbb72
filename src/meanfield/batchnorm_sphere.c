// SPDX-License-Identifier: GPL-3.0-or-later
/* Spectra at the symmetric fixed point for any phi: means over one and two coordinates of the sphere, and what follows from them. The derivation
 * stands in batchnorm_moments.h. */
#include "batchnorm_moments.h"
#include <assay/base/memory.h>
#include <assay/numerics/gegenbauer.h>
#include <assay/numerics/sphere.h>
#include <math.h>

/* ## One coordinate */

struct weighted {
    const struct response *phi;
    double mean;
    int power;
};

static double phi_weighted(double h, void *context)
{
    const struct weighted *w = context;

    return w->phi->value.f(h, w->phi->value.context) * (w->power ? h : 1);
}

static double psi2_weighted(double h, void *context)
{
    const struct weighted *w = context;
    double psi = w->phi->value.f(h, w->phi->value.context) - w->mean;

    return psi * psi * (w->power ? h * h : 1);
}

static double delta2_weighted(double h, void *context)
{
    const struct weighted *w = context;
    double delta = w->phi->slope.f(h, w->phi->slope.context);

    for (int i = 0; i < w->power; i++) {
        delta *= h;
    }
    return delta * delta;
}

static struct value single_mean(int B, integrand *f, struct weighted *w)
{
    return sphere_mean(B, &(struct piecewise){f, w, w->phi->value.kinks, w->phi->value.kink});
}

/* What the error of E phi does to means of psi is of second order. */
enum status batchnorm_single_means(const struct response *phi, int B, struct single_means *single)
{
    struct weighted w = {.phi = phi};
    struct value *const delta[] = {&single->delta2, &single->h2_delta2, &single->h4_delta2, &single->h6_delta2};

    single->phi = single_mean(B, phi_weighted, &w);
    w.mean = single->phi.x;
    single->psi2 = single_mean(B, psi2_weighted, &w);
    w.power = 1;
    single->h_phi = single_mean(B, phi_weighted, &w);
    single->h2_psi2 = single_mean(B, psi2_weighted, &w);
    for (w.power = 0; w.power < 4; w.power++) {
        *delta[w.power] = single_mean(B, delta2_weighted, &w);
    }
    return value_ok(single->psi2) && value_ok(single->h2_psi2) && value_ok(single->h6_delta2) ? STATUS_OK
                                                                                              : STATUS_CONVERGENCE;
}

/* ## From means to eigenvalues */

/* n one-sample terms and n (n-1) two-sample terms. */
static struct value double_sum(double n, struct value one, struct value two)
{
    return value_add(value_scale(n, one), value_scale(n * (n - 1), two));
}

static struct spectrum assemble_forward(double B, struct value mu, const struct single_means *single,
                                        const struct value pair[])
{
    struct value A = value_sub(single->h2_psi2, single->psi2), C = value_sub(pair[PSI_H2], pair[PSI]);
    struct value shared = value_scale(2 * (B - 1) / (B - 2), C);
    struct value M = value_add(value_scale(B - 1, pair[PSI_H1_H2]), value_add(pair[PSI], shared));

    return (struct spectrum){.G = exact(0),
                             .L = value_div(value_sub(A, shared), value_scale(2, mu)),
                             .M = value_div(value_scale((B - 1) / (B * (B - 3)), M), mu)};
}

static struct spectrum assemble_backward(double B, struct value mu, const struct single_means *single,
                                         const struct value pair[])
{
    // S = sum delta, T = sum delta h, U = sum delta h^2, W = sum delta h^3
    struct value SS = double_sum(B, single->delta2, pair[DELTA]),
                 TT = double_sum(B, single->h2_delta2, pair[DELTA_H1_H2]);
    struct value SU = double_sum(B, single->h2_delta2, pair[DELTA_H2]),
                 TW = double_sum(B, single->h4_delta2, pair[DELTA_H1_H2_H2]);
    struct value UU = double_sum(B, single->h4_delta2, pair[DELTA_H1_H1_H2_H2]);
    struct value AA =
        value_scale((B - 1) / B, value_add(value_sub(value_scale(B - 1, single->delta2), single->h2_delta2),
                                           value_add(pair[DELTA], pair[DELTA_H1_H2])));
    struct value square = value_add(value_scale((B - 2) * (B - 2), single->delta2),
                                    value_sub(single->h4_delta2, value_scale(2 * (B - 2), single->h2_delta2)));
    struct value diagonal = value_add(value_scale(B * B, square), value_sub(value_scale(2 * B - 3, value_add(SS, TT)),
                                                                            value_scale(2, value_add(SU, TW))));

    // B^4 sum A_ii^2 is B times that; AA is E tr AA'
    struct value on_L =
        value_scale(B / (B - 2), value_sub(value_scale(1 / (B * B * B), diagonal), value_scale(1 / B, AA)));
    struct value trace2 = value_add(value_scale((B - 1) * (B - 1), SS), value_sub(UU, value_scale(2 * (B - 1), SU)));
    struct value square_trace = value_add(value_scale(B - 2, single->delta2), value_scale(-2, single->h2_delta2));
    struct value all = value_scale(
        0.5, value_add(value_scale(1 / (B * B), value_add(trace2, value_add(value_add(SS, UU), value_scale(2, TT)))),
                       square_trace));
    struct value on_M = value_sub(all, value_add(value_scale(1 / (B - 1), AA), on_L));
    struct value rate = value_div(exact(B), value_scale(B - 3, mu));

    return (struct spectrum){.G = value_scale(1 / (B - 1), value_mul(rate, AA)),
                             .L = value_scale(1 / (B - 1), value_mul(rate, on_L)),
                             .M = value_scale(2 / (B * (B - 3)), value_mul(rate, on_M))};
}

/* (s/mu)^2 = B (E r)^2 (E h phi)^2 / ((B-1) mu)^2, (E r)^2 / mu = (E chi_{B-1})^2. */
static struct value assemble_cross(int B, struct value mu, struct value h_phi)
{
    struct value chi = value_scale(1.0 / (B - 1), sphere_radius_moment(B, 1, 1));

    return value_div(value_scale(B, value_mul(value_mul(chi, chi), value_mul(h_phi, h_phi))), mu);
}

enum status batchnorm_assemble(int B, const struct single_means *single, const struct value pair[PAIR_MEANS],
                               struct batchnorm_state *state)
{
    struct value mu = value_sub(single->psi2, pair[PSI]), square = value_mul(single->phi, single->phi);

    if (!(mu.x > 4 * value_bound(mu))) {
        return status_fail(STATUS_RANGE, "batchnorm: phi is constant on the sphere of %d samples, or nearly", B);
    }
    *state = (struct batchnorm_state){.fixed = {value_add(single->psi2, square), mu, value_add(pair[PSI], square)},
                                      .forward = assemble_forward(B, mu, single, pair),
                                      .backward = assemble_backward(B, mu, single, pair),
                                      .cross_fixed = square,
                                      .cross = assemble_cross(B, mu, single->h_phi)};
    return STATUS_OK;
}

/* ## Two coordinates by quadrature */

static void pair_products(double x, double y, double out[], void *context)
{
    const struct weighted *w = context;
    const struct response *phi = w->phi;
    double psi = (phi->value.f(x, phi->value.context) - w->mean) * (phi->value.f(y, phi->value.context) - w->mean);
    double delta = phi->slope.f(x, phi->slope.context) * phi->slope.f(y, phi->slope.context);
    double xy = x * y, square = (x * x + y * y) / 2;

    out[PSI] = psi;
    out[PSI_H1_H2] = psi * xy;
    out[PSI_H2] = psi * square;
    out[DELTA] = delta;
    out[DELTA_H1_H2] = delta * xy;
    out[DELTA_H2] = delta * square;
    out[DELTA_H1_H2_H2] = delta * xy * square;
    out[DELTA_H1_H1_H2_H2] = delta * xy * xy;
}

enum status batchnorm_state_sphere(const struct response *phi, int B, struct batchnorm_state *state)
{
    struct single_means single;
    struct value pair[PAIR_MEANS];
    enum status status = batchnorm_check_batch(B);

    if (status == STATUS_OK) {
        status = batchnorm_single_means(phi, B, &single);
    }
    if (status == STATUS_OK) {
        struct weighted w = {.phi = phi, .mean = single.phi.x};

        status = sphere_pair_means(B, PAIR_MEANS, pair_products, &w, phi->value.kinks, phi->value.kink, pair);
    }
    return status == STATUS_OK ? batchnorm_assemble(B, &single, pair, state) : status;
}

/* ## Two coordinates by series
 * E f(h_1) g(h_2) = sum_l f_l g_l R_l(-1/(B-1)) for functions with coefficients f_l, g_l. Multiplication by h is the three-term recurrence: with
 * n = B - 1 and b_l^2 = l (l+n-3) / ((2l+n-2) (2l+n-4)), h p_l = sqrt(n) (b_{l+1} p_{l+1} + b_l p_{l-1}). What degrees beyond the last can add is at
 * most max |R_l| times what Parseval's sum lacks. */
static double recurrence(int n, double l)
{
    return l < 1 ? 0 : sqrt(l * (l + n - 3) / ((2 * l + n - 2) * fmax(2 * l + n - 4, 1)));
}

/* The coefficients 0..lmax-1 of h f from those of f, 0..lmax; out may be f. */
static void times_h(int n, int lmax, const double f[], double out[])
{
    double root = sqrt(n), before = 0;

    for (int l = 0; l < lmax; l++) {
        double here = f[l];

        out[l] = root * (recurrence(n, l) * before + recurrence(n, l + 1) * f[l + 1]);
        before = here;
    }
}

struct expansion {
    int lmax;                   // of the coefficients that all powers have
    double *power[4], error[4]; // h^k f: coefficients, the norm of what they lack or get wrong
};

/* f, h f, h^2 f, h^3 f, whose squared norms are norm2[0..3]. */
static enum status expand(struct expansion *e, int n, int lmax, const struct piecewise *f, double shift,
                          const struct value norm2[4])
{
    struct value *c = memory_new((size_t)lmax + 4, sizeof *c);
    enum status status = gegenbauer_expand(n, f, lmax + 3, c);
    double quadrature = 0;

    e->lmax = lmax;
    for (int k = 0; k < 4; k++) {
        e->power[k] = memory_doubles((size_t)lmax + 4);
    }
    for (int l = 0; l <= lmax + 3; l++) {
        e->power[0][l] = c[l].x - (l == 0 ? shift : 0);
        quadrature += value_bound(c[l]) * value_bound(c[l]);
    }
    for (int k = 1; k < 4; k++) {
        times_h(n, lmax + 4 - k, e->power[k - 1], e->power[k]);
    }
    for (int k = 0; k < 4; k++) {
        double rest = norm2[k].x + value_bound(norm2[k]);

        for (int l = 0; l <= lmax; l++) {
            rest -= e->power[k][l] * e->power[k][l];
        }
        e->error[k] = sqrt(fmax(rest, 0)) + pow(2 * sqrt(n), k) * sqrt(quadrature);
    }
    memory_free(c);
    return status;
}

static void expansion_free(struct expansion *e)
{
    for (int k = 0; k < 4; k++) {
        memory_free(e->power[k]);
    }
}

/* E h_1^j f(h_1) h_2^k f(h_2). */
static struct value pair_series(const struct expansion *e, int j, int k, const double R[], double beyond)
{
    double sum = 0, size = 0;

    for (int l = e->lmax; l >= 0; l--) {
        sum += e->power[j][l] * e->power[k][l] * R[l];
        size += fabs(e->power[j][l] * e->power[k][l] * R[l]);
    }
    struct value total = measured(sum, beyond * e->error[j] * e->error[k], QUADRATURE);
    return value_with(total, 4e-16 * (e->lmax + 4) * size, ROUNDING);
}

enum status batchnorm_state_series(const struct response *phi, int B, int lmax, struct batchnorm_state *state)
{
    struct single_means single;
    enum status status = batchnorm_check_batch(B);

    if (status == STATUS_OK && (lmax < 1 || lmax > 5000)) {
        status = status_fail(STATUS_RANGE, "batchnorm_state_series: degree %d; it takes 1 to 5000", lmax);
    }
    if (status == STATUS_OK) {
        status = batchnorm_single_means(phi, B, &single);
    }
    if (status != STATUS_OK) {
        return status;
    }
    double *R = memory_doubles((size_t)lmax + 1);
    struct expansion psi, delta;

    gegenbauer_ratios(lmax, (B - 3) / 2.0, -1.0 / (B - 1), R);
    double beyond = gegenbauer_ratio_bound(lmax + 1, B - 1, -1.0 / (B - 1));
    status = expand(&psi, B - 1, lmax, &phi->value, single.phi.x,
                    (struct value[]){single.psi2, single.h2_psi2, exact(0), exact(0)});
    enum status second = expand(&delta, B - 1, lmax, &phi->slope, 0,
                                (struct value[]){single.delta2, single.h2_delta2, single.h4_delta2, single.h6_delta2});
    struct value pair[PAIR_MEANS] = {
        [PSI] = pair_series(&psi, 0, 0, R, beyond),
        [PSI_H1_H2] = pair_series(&psi, 1, 1, R, beyond),
        [PSI_H2] = pair_series(&psi, 0, 2, R, beyond),
        [DELTA] = pair_series(&delta, 0, 0, R, beyond),
        [DELTA_H1_H2] = pair_series(&delta, 1, 1, R, beyond),
        [DELTA_H2] = pair_series(&delta, 0, 2, R, beyond),
        [DELTA_H1_H2_H2] = pair_series(&delta, 1, 3, R, beyond),
        [DELTA_H1_H1_H2_H2] = pair_series(&delta, 2, 2, R, beyond),
    };
    expansion_free(&psi);
    expansion_free(&delta);
    memory_free(R);
    status = status == STATUS_OK ? second : status;
    return status == STATUS_OK ? batchnorm_assemble(B, &single, pair, state) : status;
}
