// SPDX-License-Identifier: GPL-3.0-or-later
/* Quadrature of one variable.
 *
 * Gauss rules. The polynomials orthonormal under a weight satisfy b[k+1] p_{k+1} = (x - a[k]) p_k - b[k] p_{k-1}. Golub
 * and Welsch (1969, Math. Comp. 23): the nodes of the n-point rule are the eigenvalues of the tridiagonal matrix with
 * diagonal a and off-diagonal b. LAPACK finds them to an absolute accuracy of its norm times eps, which is poor for the
 * small ones. So each node takes two Newton steps on p_n, and its weight is mass / sum_{k<n} p_k(x)^2 (Christoffel)
 * instead of a squared component of an eigenvector: small weights then keep their relative accuracy, and E h_j h_k
 * comes out right for the highest degrees. Newton needs no derivative recurrence: the Christoffel-Darboux identity
 * gives p_n' = sum_{k<n} p_k^2 / (b[n] p_{n-1}) at a node. The sums outgrow doubles for n near 350 (Hermite); exact
 * powers of two are taken out on the way.
 *
 * Adaptive rules. The 21-point Kronrod rule with its embedded 10-point Gauss rule, both from GSL (QUADPACK's pair and
 * its error estimate: Piessens et al. 1983), on a list of panels. The panel with the largest error is bisected until
 * the sum of the errors meets the tolerance or every error is down to rounding. Bisection alone, without QUADPACK's
 * epsilon algorithm, grades the panels geometrically towards a singularity: slower there, but the error estimate stays
 * a sum of local ones. */
#include <assay/base/memory.h>
#include <assay/numerics/quadrature.h>
#include <float.h>
#include <gsl/gsl_integration.h>
#include <gsl/gsl_sf_gamma.h>
#include <lapacke.h>
#include <math.h>

/* ## Gauss rules */

/* The orthonormal polynomials under a weight of the given mass: n diagonal terms and b[1..n]; b[0] is not used. */
struct recurrence {
    int n;
    double mass, *a, *b;
};

static struct recurrence recurrence_new(int n, double mass)
{
    return (struct recurrence){n, mass, memory_doubles((size_t)n), memory_doubles((size_t)n + 1)};
}

static void recurrence_free(struct recurrence *r)
{
    memory_free(r->a);
    memory_free(r->b);
}

static struct rule rule_new(int n)
{
    return (struct rule){n, memory_doubles((size_t)n), memory_doubles((size_t)n)};
}

void rule_free(struct rule *rule)
{
    memory_free(rule->x);
    memory_free(rule->w);
    *rule = (struct rule){0, NULL, NULL};
}

/* One Newton step from x towards a root of p_n; weight receives mass / sum p_k(x)^2. */
static double newton_step(const struct recurrence *r, double x, double *weight)
{
    double before = 0, p = 1, squares = 0;
    int power = 0; // the true p_k are 2^power times ours

    for (int k = 0; k < r->n; k++) {
        double next = (x - r->a[k]) * p - (k ? r->b[k] * before : 0);

        squares += p * p;
        before = p;
        p = k + 1 < r->n ? next / r->b[k + 1] : next; // at the end p = b[n] p_n
        if (fabs(p) > 0x1p200) {
            p *= 0x1p-200;
            before *= 0x1p-200;
            squares *= 0x1p-400;
            power += 200;
        }
    }
    *weight = ldexp(r->mass / squares, -2 * power);
    return x - p * before / squares;
}

static enum status rule_from_recurrence(struct rule *rule, const struct recurrence *r)
{
    double *off_diagonal = memory_copy((size_t)r->n + 1, r->b);

    *rule = rule_new(r->n);
    for (int i = 0; i < r->n; i++)
        rule->x[i] = r->a[i];
    if (LAPACKE_dsterf(r->n, rule->x, off_diagonal + 1) != 0) {
        memory_free(off_diagonal);
        rule_free(rule);
        return status_fail(STATUS_CONVERGENCE, "rule: no eigenvalues of the %d-point Jacobi matrix", r->n);
    }
    memory_free(off_diagonal);
    for (int i = 0; i < r->n; i++) {
        double x = newton_step(r, rule->x[i], &rule->w[i]);

        rule->x[i] = newton_step(r, x, &rule->w[i]);
    }
    return STATUS_OK;
}

/* Frees the recurrence when the rule stands. */
static enum status rule_finish(struct rule *rule, struct recurrence *r)
{
    enum status status = rule_from_recurrence(rule, r);

    recurrence_free(r);
    return status;
}

/* Not GSL's tables: beyond the sizes they hold, their weights are good to 1e-10 only. */
enum status rule_legendre(struct rule *rule, int n, double a, double b)
{
    if (n < 1)
        return status_fail(STATUS_RANGE, "rule_legendre: n >= 1 wanted, %d given", n);
    if (!(isfinite(a) && isfinite(b)))
        return status_fail(STATUS_RANGE, "rule_legendre: finite ends wanted, [%g, %g] given", a, b);
    struct recurrence r = recurrence_new(n, 2);
    for (int k = 1; k <= n; k++)
        r.b[k] = k / sqrt(4.0 * k * k - 1);
    enum status status = rule_finish(rule, &r);
    for (int i = 0; status == STATUS_OK && i < n; i++) {
        rule->x[i] = 0.5 * (a + b) + 0.5 * (b - a) * rule->x[i];
        rule->w[i] *= 0.5 * (b - a);
    }
    return status;
}

enum status rule_hermite(struct rule *rule, int n)
{
    if (n < 1)
        return status_fail(STATUS_RANGE, "rule_hermite: n >= 1 wanted, %d given", n);
    struct recurrence r = recurrence_new(n, 1);
    for (int k = 1; k <= n; k++)
        r.b[k] = sqrt(k);
    return rule_finish(rule, &r);
}

enum status rule_laguerre(struct rule *rule, int n, double alpha)
{
    double mass = tgamma(alpha + 1);

    if (n < 1)
        return status_fail(STATUS_RANGE, "rule_laguerre: n >= 1 wanted, %d given", n);
    if (!(alpha > -1 && isfinite(mass)))
        return status_fail(STATUS_RANGE, "rule_laguerre: -1 < alpha < 170.6 wanted, %g given", alpha);
    struct recurrence r = recurrence_new(n, mass);
    for (int k = 0; k < n; k++)
        r.a[k] = 2 * k + alpha + 1;
    for (int k = 1; k <= n; k++)
        r.b[k] = sqrt(k * (k + alpha));
    return rule_finish(rule, &r);
}

/* The integral of (1-x)^alpha (1+x)^beta: 2^(a+b-1) Gamma(a) Gamma(b) / Gamma(a+b) with a = alpha + 1, b = beta + 1. In
 * Gamma(x) = sqrt(2 pi / x) (x/e)^x gammastar(x) the large powers cancel: what is left is accurate for exponents of any
 * size. */
static double jacobi_mass(double alpha, double beta)
{
    double a = alpha + 1, b = beta + 1, skew = (a - b) / (a + b);
    double stars = gsl_sf_gammastar(a) * gsl_sf_gammastar(b) / gsl_sf_gammastar(a + b);

    return sqrt(M_PI_2 * (1 / a + 1 / b)) * exp(a * log1p(skew) + b * log1p(-skew)) * stars;
}

enum status rule_jacobi(struct rule *rule, int n, double alpha, double beta)
{
    double sum = alpha + beta;

    if (n < 1)
        return status_fail(STATUS_RANGE, "rule_jacobi: n >= 1 wanted, %d given", n);
    if (!(alpha > -1 && beta > -1 && isfinite(sum)))
        return status_fail(STATUS_RANGE, "rule_jacobi: alpha, beta > -1 wanted, %g and %g given", alpha, beta);
    struct recurrence r = recurrence_new(n, jacobi_mass(alpha, beta));
    r.a[0] = (beta - alpha) / (sum + 2);
    r.b[1] = sqrt(4 * (1 + alpha) * (1 + beta) / (sum + 3)) / (sum + 2); // the general term is 0/0 when sum = -1
    for (int k = 1; k < n; k++)
        r.a[k] = (beta - alpha) * sum / ((2 * k + sum) * (2 * k + sum + 2));
    for (int k = 2; k <= n; k++) {
        double twice = 2 * k + sum;

        r.b[k] = sqrt(4 * k * (k + alpha) * (k + beta) * (k + sum) / ((twice + 1) * (twice - 1))) / twice;
    }
    return rule_finish(rule, &r);
}

double rule_apply(const struct rule *rule, integrand *f, void *context)
{
    double sum = 0;

    for (int i = 0; i < rule->n; i++)
        sum += rule->w[i] * f(rule->x[i], context);
    return sum;
}

/* ## Adaptive rules */

enum { PANELS = 512 };

struct panel {
    double a, b, integral, error, magnitude;
};

struct panels {
    int n;
    double integral, error; // running sums over the panels
    double stuck;           // the errors of panels too narrow to split
    struct panel panel[PANELS];
};

/* QUADPACK's error estimate is never below 50 eps times the integral of |f|. */
static double panel_floor(const struct panel *p)
{
    return 50 * DBL_EPSILON * p->magnitude * (1 + 1e-6);
}

static struct panel panel_measure(const gsl_function *f, double a, double b)
{
    struct panel p = {.a = a, .b = b};
    double spread;

    gsl_integration_qk21(f, a, b, &p.integral, &p.error, &p.magnitude, &spread);
    return p;
}

static void panels_add(struct panels *list, struct panel p)
{
    list->integral += p.integral;
    list->error += p.error;
    list->panel[list->n++] = p;
}

static struct panel *panels_worst(struct panels *list)
{
    struct panel *worst = list->panel;

    for (struct panel *p = list->panel; p < list->panel + list->n; p++)
        if (p->error > worst->error)
            worst = p;
    return worst;
}

/* Halves one panel. One too narrow for distinct nodes keeps its error, put aside. */
static void panels_split(struct panels *list, struct panel *p, const gsl_function *f)
{
    double middle = p->a + (p->b - p->a) / 2;

    if (p->b - p->a <= 64 * DBL_EPSILON * fmax(fabs(p->a), fabs(p->b))) {
        list->stuck += p->error;
        p->error = 0;
        return;
    }
    struct panel left = panel_measure(f, p->a, middle), right = panel_measure(f, middle, p->b);
    list->integral += left.integral - p->integral;
    list->error += left.error - p->error;
    *p = left;
    panels_add(list, right);
}

/* Bisects until the tolerance is met or the largest error is down to rounding. */
static enum status panels_refine(struct panels *list, const gsl_function *f, double tolerance)
{
    for (;;) {
        struct panel *worst = panels_worst(list);

        if (!isfinite(list->error))
            return status_fail(STATUS_RANGE, "integrate: the integrand is not finite");
        if (list->error <= fmax(tolerance * fabs(list->integral), 1e-300) || worst->error <= panel_floor(worst))
            return STATUS_OK;
        if (list->n == PANELS)
            return status_fail(STATUS_CONVERGENCE, "integrate: error %g left after %d panels, the worst at %.17g",
                               list->error, PANELS, worst->a);
        panels_split(list, worst, f);
    }
}

/* Sums afresh, free of what the running sums picked up. */
static struct value panels_sum(const struct panels *list, double *magnitude)
{
    struct value v = {.x = 0, .err[QUADRATURE] = list->stuck};

    *magnitude = 0;
    for (const struct panel *p = list->panel; p < list->panel + list->n; p++) {
        v.x += p->integral;
        v.err[QUADRATURE] += p->error;
        *magnitude += p->magnitude;
    }
    v.err[ROUNDING] = 4 * DBL_EPSILON * *magnitude;
    return v;
}

static enum status points_check(int n, const double points[])
{
    if (n < 2 || n > PANELS / 2 + 1)
        return status_fail(STATUS_RANGE, "integrate: 2 to %d points wanted, %d given", PANELS / 2 + 1, n);
    for (int i = 0; i < n; i++)
        if (!isfinite(points[i]) || (i && points[i] < points[i - 1]))
            return status_fail(STATUS_RANGE, "integrate: finite increasing points wanted, number %d is %g", i,
                               points[i]);
    return STATUS_OK;
}

enum status integrate_attempt(integrand *f, void *context, int n, const double points[], double tolerance,
                              struct value *integral, double *magnitude)
{
    gsl_function function = {f, context};
    struct panels list;
    enum status status = points_check(n, points);

    *integral = value_failed();
    *magnitude = NAN;
    if (status)
        return status;
    list.n = 0;
    list.integral = list.error = list.stuck = 0;
    for (int i = 0; i + 1 < n; i++)
        panels_add(&list, panel_measure(&function, points[i], points[i + 1]));
    status = panels_refine(&list, &function, tolerance);
    if (status != STATUS_RANGE)
        *integral = panels_sum(&list, magnitude);
    return status;
}

struct value integrate_pieces(integrand *f, void *context, int n, const double points[], double tolerance)
{
    struct value integral;
    double magnitude;

    return integrate_attempt(f, context, n, points, tolerance, &integral, &magnitude) ? value_failed() : integral;
}

/* The line and the half line are mapped to an interval: x = t / (1 - t^2), or x = end + direction * t / (1 - t). */
struct mapping {
    integrand *f;
    void *context;
    double end, direction;
};

static double on_line(double t, void *context)
{
    const struct mapping *map = context;
    double rest = (1 - t) * (1 + t);

    return map->f(t / rest, map->context) * (1 + t * t) / (rest * rest);
}

static double on_half_line(double t, void *context)
{
    const struct mapping *map = context;
    double rest = 1 - t;

    return map->f(map->end + map->direction * t / rest, map->context) / (rest * rest);
}

struct value integrate(integrand *f, void *context, double a, double b, double tolerance)
{
    if (isnan(a) || isnan(b)) {
        status_fail(STATUS_RANGE, "integrate: an end of [%g, %g] is not a number", a, b);
        return value_failed();
    }
    if (a == b)
        return exact(0);
    if (a > b)
        return value_scale(-1, integrate(f, context, b, a, tolerance));
    if (isfinite(a) && isfinite(b))
        return integrate_pieces(f, context, 2, (double[]){a, b}, tolerance);
    struct mapping map = {f, context, isfinite(a) ? a : b, isfinite(a) ? 1 : -1};
    if (isfinite(a) || isfinite(b))
        return integrate_pieces(on_half_line, &map, 5, (double[]){0, 0.25, 0.5, 0.75, 1}, tolerance);
    return integrate_pieces(on_line, &map, 5, (double[]){-1, -0.5, 0, 0.5, 1}, tolerance);
}

int integrate_points(int inner, const double split[], double a, double b, double gap, int capacity, double points[])
{
    int n = 0;
    double left = a;

    for (int i = 0; i <= inner; i++) {
        double right = i < inner ? fmin(split[i], b) : b;
        double width = right - left;

        if (!(width > 0))
            continue;
        int parts = width < gap * capacity ? (int)ceil(width / gap) : capacity;
        for (int part = 0; part < parts && n < capacity; part++)
            points[n++] = left + width * part / parts;
        left = right;
    }
    points[n < capacity ? n++ : capacity - 1] = b;
    return n;
}
