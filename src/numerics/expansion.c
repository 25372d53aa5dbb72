// SPDX-License-Identifier: GPL-3.0-or-later
#include "expansion.h"
#include <assay/base/memory.h>
#include <float.h>
#include <math.h>

enum { SPLITS = 2000, LANES = 8, COARSE = 2 * LANES, FINE = 3 * LANES };

struct expansion {
    const struct expansion_family *family;
    const struct piecewise *f;
    int kmax, splits;
    double tolerance;
    double magnitude;
    struct rule coarse, fine;
    double *sum, *error;               // so far
    double *panel_coarse, *panel_fine; // of one panel
};

/* Adds what LANES nodes give to sum[k]; psi comes in as psi_0 times weight and f. */
static void add_lanes(const struct expansion *e, const double x[LANES], double psi[LANES], double sum[])
{
    const double *scale = e->family->scale, *ratio = e->family->ratio;
    double before[LANES] = {0};

    for (int k = 0; k <= e->kmax; k++) {
        double total = sum[k];

        for (int i = 0; i < LANES; i++) {
            total += psi[i];
        }
        sum[k] = total;
        for (int i = 0; i < LANES; i++) {
            double next = x[i] * scale[k] * psi[i] - ratio[k] * before[i];

            before[i] = psi[i];
            psi[i] = next;
        }
    }
}

/* sum[k] = the rule's integral over the panel of that middle and half width; returns that of |f| root. */
static double measure(const struct expansion *e, const struct rule *rule, double middle, double half, double sum[])
{
    double magnitude = 0;

    for (int k = 0; k <= e->kmax; k++) {
        sum[k] = 0;
    }
    for (int first = 0; first < rule->n; first += LANES) {
        double x[LANES], psi[LANES];

        for (int i = 0; i < LANES; i++) {
            struct expansion_point at;

            e->family->map(middle + half * rule->x[first + i], e->family->context, &at);
            double y = half * rule->w[first + i] * e->family->factor * at.root * e->f->f(at.argument, e->f->context);

            magnitude += fabs(y);
            x[i] = at.variable;
            psi[i] = y * at.root;
        }
        add_lanes(e, x, psi, sum);
    }
    return magnitude;
}

/* Halves the panel until both rules agree on every coefficient or it can't be halved. */
static void refine(struct expansion *e, double a, double b)
{
    double middle = a + (b - a) / 2, half = (b - a) / 2, worst = 0, magnitude;

    measure(e, &e->coarse, middle, half, e->panel_coarse);
    magnitude = measure(e, &e->fine, middle, half, e->panel_fine);
    for (int k = 0; k <= e->kmax; k++) {
        worst = fmax(worst, fabs(e->panel_fine[k] - e->panel_coarse[k]));
    }
    if (worst > e->tolerance && half > 64 * DBL_EPSILON * fmax(fabs(middle), 1e-12) && e->splits++ < SPLITS) {
        refine(e, a, middle);
        refine(e, middle, b);
        return;
    }
    e->magnitude += magnitude;
    for (int k = 0; k <= e->kmax; k++) {
        e->sum[k] += e->panel_fine[k];
        e->error[k] += fabs(e->panel_fine[k] - e->panel_coarse[k]);
    }
}

enum status expansion_integrate(const struct expansion_family *family, const struct piecewise *f, int kmax, int n,
                                const double points[], double tolerance, double sum[], double error[],
                                double *magnitude)
{
    size_t degrees = (size_t)kmax + 1;
    double *panels = memory_doubles(2 * degrees);
    struct expansion e = {family,          f,   kmax,  0,      tolerance,       0, {0, NULL, NULL},
                          {0, NULL, NULL}, sum, error, panels, panels + degrees};
    enum status status = rule_legendre(&e.coarse, COARSE, -1, 1);

    if (!status) {
        status = rule_legendre(&e.fine, FINE, -1, 1);
    }
    for (int k = 0; k <= kmax; k++) {
        sum[k] = error[k] = 0;
    }
    for (int i = 0; !status && i + 1 < n; i++) {
        refine(&e, points[i], points[i + 1]);
    }
    *magnitude = e.magnitude;
    rule_free(&e.coarse);
    rule_free(&e.fine);
    memory_free(panels);
    return status;
}
