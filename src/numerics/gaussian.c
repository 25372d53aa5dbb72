// SPDX-License-Identifier: GPL-3.0-or-later
/* Gaussian expectations by adaptive Gauss-Kronrod panels.
 *
 * A fixed Gauss-Hermite rule is the textbook choice, and a trap: at a kink its error falls only as 1/n, near a pole
 * (tanh has them at +-i pi/2) it needs ninety nodes for ten digits, and in neither case does it say so. Panels split at
 * the kinks see smooth pieces only; each panel carries QUADPACK's error estimate, and is halved if that is too large.
 *
 * The range. E f(m + s Z) is cut at |z| = R, where R starts at 9 (density 1e-18) and grows until the integrand at its
 * ends is negligible. Beyond R the integrand is taken to fall by a factor e or more a unit, which holds when f grows at
 * most like exp((R - 1) |z|): the value at the ends then bounds the tail, and enters the error.
 *
 * Two variables. E f(X) g(Y) = E f(X) G(X) with G(x) = E g(rho x + s Z), s = sqrt(1 - rho^2): the same routine twice.
 * The conditional mean smooths a kink k of g over a width s/|rho| about k/rho, so near |rho| = 1 the outer panels are
 * laid out there at multiples of that width. */
#include <assay/numerics/gaussian.h>
#include <float.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

static const double ONE_OVER_ROOT_TWO_PI = 0.398942280401432677939946059934;

enum { KINKS_EACH = 10, KINKS = 100, POINTS = 200 };
enum { RANGE = 9, RANGE_LIMIT = 37 };
enum { GAP = 1, PRODUCT_GAP = 2 }; // widths of the first panels
static const double TOLERANCE = 2e-14;

/* g(m + s Z) as a function of t = z - origin: z = origin + t, m + s z = start + s t. With the origin at a kink, start
 * is the kink itself, and a singularity there is met without cancellation: |y|^-0.4 at y = 0 wants y to be exact, not m
 * + s z. */
struct affine {
    const struct piecewise *g;
    double s, origin, start;
};

static double affine_integrand(double t, void *context)
{
    const struct affine *a = context;
    double z = a->origin + t;

    return a->g->f(a->start + a->s * t, a->g->context) * exp(-0.5 * z * z) * ONE_OVER_ROOT_TWO_PI;
}

static struct affine affine_at(const struct piecewise *g, double m, double s)
{
    struct affine a = {g, s, 0, m};
    double nearest = 38;

    for (int i = 0; i < g->kinks; i++)
        if (fabs(g->kink[i] - m) < nearest * s) {
            a.start = g->kink[i];
            a.origin = (a.start - m) / s;
            nearest = fabs(a.origin);
        }
    return a;
}

/* The kinks in terms of t, those where the density is not 0; returns their number. */
static int affine_kinks(const struct affine *a, double kink[])
{
    int n = 0;

    for (int i = 0; i < a->g->kinks && n < KINKS; i++) {
        double t = (a->g->kink[i] - a->start) / a->s;

        if (fabs(a->origin + t) < 38)
            kink[n++] = t;
    }
    return n;
}

/* The largest |integrand| at three points near t, going inwards. */
static double affine_end(struct affine *a, double t, double inwards)
{
    double largest = 0;

    for (int i = 0; i < 3; i++)
        largest = fmax(largest, fabs(affine_integrand(t + 0.1 * i * inwards, a)));
    return largest;
}

/* Adds panels beyond end, one step outwards at a time, until the integrand there is negligible. Returns its size at the
 * last end. */
static double affine_extend(struct affine *a, double end, double step, struct value *mean, double *magnitude)
{
    double rest, size;
    struct value piece;

    while ((rest = affine_end(a, end, -step)) > 1e-16 * *magnitude && fabs(a->origin + end) < RANGE_LIMIT) {
        double points[] = {fmin(end, end + step), fmax(end, end + step)};

        if (integrate_attempt(affine_integrand, a, 2, points, TOLERANCE, &piece, &size) == STATUS_RANGE)
            return INFINITY;
        *mean = value_add(*mean, piece);
        *magnitude += size;
        end += step;
    }
    return rest;
}

/* E g(m + s Z), s > 0, and E |g(m + s Z)|, from panels at most gap wide. */
static struct value affine_mean(const struct piecewise *g, double m, double s, double gap, double *magnitude)
{
    struct affine a = affine_at(g, m, s);
    double kink[KINKS], points[POINTS], left = -RANGE - a.origin, right = RANGE - a.origin, rest;
    int kinks = affine_kinks(&a, kink), n;
    struct value mean;

    if (kinks) {
        left = fmin(left, kink[0] - 2);
        right = fmax(right, kink[kinks - 1] + 2);
    }
    n = integrate_points(kinks, kink, left, right, gap, POINTS, points);
    if (integrate_attempt(affine_integrand, &a, n, points, TOLERANCE, &mean, magnitude) == STATUS_RANGE)
        return value_failed();
    rest = affine_extend(&a, left, -2, &mean, magnitude) + affine_extend(&a, right, 2, &mean, magnitude);
    if (!isfinite(rest)) {
        status_fail(STATUS_RANGE, "gaussian: the integrand does not decay");
        return value_failed();
    }
    return value_with(mean, rest, QUADRATURE);
}

static enum status kinks_check(const struct piecewise *f)
{
    if (f->kinks < 0 || f->kinks > KINKS_EACH)
        return status_fail(STATUS_RANGE, "gaussian: at most %d kinks wanted, %d given", KINKS_EACH, f->kinks);
    return STATUS_OK;
}

struct value gaussian_mean(const struct piecewise *f)
{
    double magnitude;

    return kinks_check(f) ? value_failed() : affine_mean(f, 0, 1, GAP, &magnitude);
}

/* ## Two variables */

struct product {
    const struct piecewise *f, *g;
    double rho, s;
    double relative, of_magnitude; // the largest error of a conditional mean, over its value and over that of |g|
};

/* f(x) E(g(Y) | X = x). */
static double product_integrand(double x, void *context)
{
    struct product *p = context;
    double fx = p->f->f(x, p->f->context), magnitude;
    struct value mean;

    if (fx == 0)
        return 0;
    mean = affine_mean(p->g, p->rho * x, p->s, PRODUCT_GAP, &magnitude);
    if (magnitude > 1e-200) { // less adds nothing, and may have lost its relative accuracy to underflow
        p->relative = fmax(p->relative, value_bound(mean) / fabs(mean.x));
        p->of_magnitude = fmax(p->of_magnitude, value_bound(mean) / magnitude);
    }
    return fx * mean.x;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Where the outer integrand needs panels of its own: at the kinks of f and at the smoothed kinks of g. */
static int product_kinks(const struct product *p, double kink[])
{
    double width = p->s / fabs(p->rho);
    int n = 0;

    for (int i = 0; i < p->f->kinks; i++)
        kink[n++] = p->f->kink[i];
    for (int i = 0; i < p->g->kinks && width < 1; i++)
        for (int j = -4; j <= 4; j++)
            kink[n++] = p->g->kink[i] / p->rho + 2 * j * width;
    qsort(kink, (size_t)n, sizeof *kink, compare_doubles);
    return n;
}

/* rho = +-1: E f(X) g(+-X). */
static double diagonal_integrand(double x, void *context)
{
    struct product *p = context;

    return p->f->f(x, p->f->context) * p->g->f(p->rho * x, p->g->context);
}

/* sqrt(E f(Z)^2). */
static double square_integrand(double x, void *context)
{
    const struct piecewise *f = context;
    double fx = f->f(x, f->context);

    return fx * fx;
}

static double gaussian_norm(const struct piecewise *f)
{
    struct piecewise local = *f, square = {square_integrand, &local, f->kinks, f->kink};

    return sqrt(gaussian_mean(&square).x);
}

/* What the errors of the conditional means add up to: at most relative * E |f(X) G(X)|, sharp when g keeps its sign,
 * and at most of_magnitude * sqrt(E f^2 E g^2), by Cauchy and Schwarz. */
static double product_inner_error(const struct product *p, double magnitude)
{
    if (p->of_magnitude == 0)
        return 0;
    return fmin(p->relative * magnitude, p->of_magnitude * gaussian_norm(p->f) * gaussian_norm(p->g));
}

struct value gaussian_product(const struct piecewise *f, const struct piecewise *g, double rho)
{
    struct product p = {f, g, rho, sqrt((1 - rho) * (1 + rho)), 0, 0};
    double kink[KINKS], magnitude;

    if (!(fabs(rho) <= 1)) {
        status_fail(STATUS_RANGE, "gaussian_product: -1 <= rho <= 1 wanted, %g given", rho);
        return value_failed();
    }
    if (kinks_check(f) || kinks_check(g))
        return value_failed();
    struct piecewise outer = {p.s > 0 ? product_integrand : diagonal_integrand, &p, product_kinks(&p, kink), kink};
    struct value mean = affine_mean(&outer, 0, 1, PRODUCT_GAP, &magnitude);
    return value_with(mean, product_inner_error(&p, magnitude), QUADRATURE);
}

/* ## Smooth functions of two variables */

/* The tensor rule of n x n nodes, and the same sum over |F|; pairs of a weight below 1e-30 are left out. */
static double tensor_sum(integrand_pair *F, void *context, double rho, int n, double *magnitude)
{
    double s = sqrt((1 - rho) * (1 + rho)), sum = 0;
    struct rule rule;

    *magnitude = 0;
    if (rule_hermite(&rule, n))
        return NAN;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            double weight = rule.w[i] * rule.w[j];

            if (weight < 1e-30)
                continue;
            double term = weight * F(rule.x[i], rho * rule.x[i] + s * rule.x[j], context);
            sum += term;
            *magnitude += fabs(term);
        }
    rule_free(&rule);
    return sum;
}

struct value gaussian_pair(integrand_pair *F, void *context, double rho, int n)
{
    double magnitude, coarse, fine;

    if (n < 1 || !(fabs(rho) <= 1)) {
        status_fail(STATUS_RANGE, "gaussian_pair: n >= 1 and -1 <= rho <= 1 wanted, %d and %g given", n, rho);
        return value_failed();
    }
    coarse = tensor_sum(F, context, rho, n, &magnitude);
    fine = tensor_sum(F, context, rho, 2 * n, &magnitude);
    if (!isfinite(coarse + fine)) {
        status_fail(STATUS_RANGE, "gaussian_pair: the sum over %d nodes is not finite", 2 * n);
        return value_failed();
    }
    /* An error falling as slowly as n^-1/2 leaves 2.4 times the difference. */
    return value_with(measured(fine, 3 * fabs(fine - coarse), QUADRATURE), 20 * DBL_EPSILON * magnitude, ROUNDING);
}

/* ## The normal distribution */

/* exp(-x^2/2) with x = head + rest, head a multiple of 1/16: head^2 is exact, so no rounding of x^2 is blown up by exp.
 * */
double normal_density(double x)
{
    double head = trunc(16 * x) / 16, rest = x - head;

    if (!(fabs(x) < 40))
        return isnan(x) ? x : 0;
    return ONE_OVER_ROOT_TWO_PI * exp(-0.5 * head * head) * exp(-rest * (head + 0.5 * rest));
}

double normal_cdf(double x)
{
    return gsl_cdf_ugaussian_P(x);
}

double normal_tail(double x)
{
    return gsl_cdf_ugaussian_Q(x);
}

double normal_quantile(double p)
{
    return p >= 0 && p <= 1 ? gsl_cdf_ugaussian_Pinv(p) : NAN;
}
