// SPDX-License-Identifier: GPL-3.0-or-later
/* One-dimensional quadrature: classical Gauss rules and adaptive rules that state their error, over GSL. */
#ifndef ASSAY_NUMERICS_QUADRATURE_H
#define ASSAY_NUMERICS_QUADRATURE_H

#include <assay/base/status.h>
#include <assay/base/value.h>

typedef double integrand(double x, void *context);

/* Nodes and weights of one Gauss rule, nodes increasing: sum_i w[i] f(x[i]) approximates the integral of f against the
 * rule's weight, and is exact up to rounding for polynomials of degree 2n - 1. */
struct rule {
    int n;
    double *x, *w;
};

/* Legendre on [a, b]; Hermite against the standard normal density (weights sum to 1); Laguerre against x^alpha e^-x on
 * [0, inf), -1 < alpha < 170.6 (the total Gamma(alpha + 1) must be finite); Jacobi against (1-x)^alpha (1+x)^beta on
 * [-1, 1], alpha, beta > -1. n >= 1; O(n^2). Weights below 1e-308 come out as 0. Golub and Welsch 1969. */
enum status rule_legendre(struct rule *rule, int n, double a, double b);
enum status rule_hermite(struct rule *rule, int n);
enum status rule_laguerre(struct rule *rule, int n, double alpha);
enum status rule_jacobi(struct rule *rule, int n, double alpha, double beta);
void rule_free(struct rule *rule);

/* The rule's sum. Its error: the difference between n and 2n nodes is for the caller to take. */
double rule_apply(const struct rule *rule, integrand *f, void *context);

/* Adaptive Gauss-Kronrod on [a, b], either end may be infinite, a > b turns the sign; tolerance is relative to the
 * integral (absolute below 1e-300). Where cancellation or rounding forbids the tolerance, it stops at 50 eps times the
 * integral of |f| and says so in the error. The estimate is in err[QUADRATURE], rounding in err[ROUNDING]. f is not
 * evaluated at the ends, which may be integrable singularities. On failure value_failed, with its reason in
 * status_reason. A feature much narrower than the spacing of 21 nodes a piece may go unseen: split there. */
struct value integrate(integrand *f, void *context, double a, double b, double tolerance);

/* The same over [points[0], points[n-1]], split at every interior point (kinks, jumps, peaks). 2 <= n <= 257, finite,
 * increasing. */
struct value integrate_pieces(integrand *f, void *context, int n, const double points[], double tolerance);

/* The same, and the integral of |f| in magnitude. On STATUS_CONVERGENCE (512 panels did not meet the tolerance)
 * integral still holds the best value with its error; on STATUS_RANGE it is value_failed. */
enum status integrate_attempt(integrand *f, void *context, int n, const double points[], double tolerance,
                              struct value *integral, double *magnitude);

/* Points for the above: a, b, those of split (increasing) that lie between, and as many more as leave no gap wider than
 * gap. Returns their number, at most capacity >= 2 (then the last gap is wider). */
int integrate_points(int inner, const double split[], double a, double b, double gap, int capacity, double points[]);

#endif
