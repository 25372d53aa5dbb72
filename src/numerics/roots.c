// SPDX-License-Identifier: GPL-3.0-or-later
/* Roots, minima and initial value problems, over GSL.
 *
 * Brent's method (1973, Algorithms for Minimization without Derivatives, ch. 4) keeps a bracket and takes inverse
 * quadratic steps inside it, so its error needs no theory: the root lies in the last bracket. What the bracket cannot
 * know is the error of f itself; divide it by the slope and add it where it matters.
 *
 * Minima are found only to the square root of the precision in the argument: f is flat there. The value keeps full
 * precision. */
#include <assay/numerics/roots.h>
#include <float.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_multimin.h>
#include <gsl/gsl_odeiv2.h>
#include <gsl/gsl_roots.h>
#include <math.h>

/* ## Roots */

/* Brent's iteration until the bracket is narrower than relative * |root| + absolute. */
static enum status brent(gsl_root_fsolver *solver, double relative, double absolute)
{
    for (int i = 0; i < 5000; i++) {
        double low = gsl_root_fsolver_x_lower(solver), high = gsl_root_fsolver_x_upper(solver);

        if (high - low <= fmax(relative * fmax(fabs(low), fabs(high)), absolute))
            return STATUS_OK;
        if (gsl_root_fsolver_iterate(solver))
            return status_fail(STATUS_RANGE, "root: f is not finite in [%.17g, %.17g]", low, high);
    }
    return status_fail(STATUS_CONVERGENCE, "root: Brent's method did not close the bracket");
}

/* Narrows [*low, *high] to the tolerance and sets *root in it. The ends' signs have been checked. */
static enum status narrow(gsl_function *f, double *low, double *high, double *root, double relative, double absolute)
{
    gsl_root_fsolver *solver = gsl_root_fsolver_alloc(gsl_root_fsolver_brent);
    enum status status = STATUS_OK;

    if (gsl_root_fsolver_set(solver, f, *low, *high))
        status = status_fail(STATUS_RANGE, "root: f is not finite at an end of [%.17g, %.17g]", *low, *high);
    else
        status = brent(solver, relative, absolute);
    *root = gsl_root_fsolver_root(solver);
    *low = gsl_root_fsolver_x_lower(solver);
    *high = gsl_root_fsolver_x_upper(solver);
    gsl_root_fsolver_free(solver);
    return status;
}

/* Whether f changes sign between a and b; if not, the reason. */
static enum status bracket_check(integrand *f, void *context, double a, double b)
{
    if (!(isfinite(a) && isfinite(b) && a <= b))
        return status_fail(STATUS_RANGE, "root: a finite interval a <= b wanted, [%g, %g] given", a, b);
    double fa = f(a, context), fb = f(b, context);
    if (!((fa <= 0 && fb >= 0) || (fa >= 0 && fb <= 0)))
        return status_fail(STATUS_RANGE, "root: no sign change, f(%.17g) = %g and f(%.17g) = %g", a, fa, b, fb);
    return STATUS_OK;
}

struct value root_bracketed(integrand *f, void *context, double a, double b)
{
    gsl_function function = {f, context};
    double root;

    if (bracket_check(f, context, a, b) || narrow(&function, &a, &b, &root, 4 * DBL_EPSILON, DBL_MIN))
        return value_failed();
    return measured(root, fmax(b - a, DBL_EPSILON * fabs(root)), ROUNDING);
}

struct logarithmic {
    integrand *f;
    void *context;
    double a, b; // the ends of the bracket, kept exact: exp(ln a) may miss a by an ulp, and the root with it
};

static double at_exponential(double u, void *context)
{
    const struct logarithmic *map = context;
    double x = u <= log(map->a) ? map->a : u >= log(map->b) ? map->b : exp(u);

    return map->f(x, map->context);
}

/* In ln x down to a factor 1.05, then in x itself: a rounding of ln x = -700 would cost 1e-13 of x. */
struct value root_log(integrand *f, void *context, double a, double b)
{
    struct logarithmic map = {f, context, a, b};
    gsl_function function = {at_exponential, &map};

    if (!(a > 0 && a <= b)) {
        status_fail(STATUS_RANGE, "root_log: 0 < a <= b wanted, [%g, %g] given", a, b);
        return value_failed();
    }
    if (bracket_check(f, context, a, b))
        return value_failed();
    double low = log(a), high = log(b), root;
    if (narrow(&function, &low, &high, &root, 0, 0.05))
        return value_failed();
    /* exp may have moved the ends by a few ulps: step outside, but not outside [a, b]. */
    return root_bracketed(f, context, fmax(a, exp(low) * (1 - 1e-10)), fmin(b, exp(high) * (1 + 1e-10)));
}

/* ## Minima */

enum { GRID = 64 };

/* Golden section (sqrt(5) - 1)/2 until [a, b] is 1e-9 of what it was. x and fx hold the best point so far. */
static double golden_section(integrand *f, void *context, double a, double b, double *x)
{
    const double ratio = (sqrt(5) - 1) / 2, width = 1e-9 * (b - a);
    double left = b - ratio * (b - a), right = a + ratio * (b - a);
    double f_left = f(left, context), f_right = f(right, context);

    while (b - a > fmax(width, 4 * DBL_EPSILON * fabs(left))) {
        if (f_left <= f_right) {
            b = right;
            right = left;
            f_right = f_left;
            left = b - ratio * (b - a);
            f_left = f(left, context);
        } else {
            a = left;
            left = right;
            f_left = f_right;
            right = a + ratio * (b - a);
            f_right = f(right, context);
        }
    }
    *x = f_left <= f_right ? left : right;
    return fmin(f_left, f_right);
}

struct value minimise_interval(integrand *f, void *context, double a, double b, double *argument)
{
    double step = (b - a) / (GRID - 1), least = INFINITY, x;
    int best = 0;

    if (!(isfinite(a) && isfinite(b) && a <= b)) {
        status_fail(STATUS_RANGE, "minimise_interval: a finite interval a <= b wanted, [%g, %g] given", a, b);
        return value_failed();
    }
    for (int i = 0; i < GRID; i++) {
        double fx = f(i == GRID - 1 ? b : a + i * step, context);

        if (fx < least) {
            least = fx;
            best = i;
        }
    }
    if (!isfinite(least)) {
        status_fail(STATUS_RANGE, "minimise_interval: f is nowhere finite on [%g, %g]", a, b);
        return value_failed();
    }
    *argument = best == GRID - 1 ? b : a + best * step;
    double inner = golden_section(f, context, fmax(a, *argument - step), fmin(b, *argument + step), &x);
    double error =
        fabs(f(fmax(a, x - 1e-9 * step), context) - inner) + fabs(f(fmin(b, x + 1e-9 * step), context) - inner);
    if (inner < least) {
        least = inner;
        *argument = x;
    }
    return value_with(measured(least, error, QUADRATURE), DBL_EPSILON * fabs(least), ROUNDING);
}

/* The objective as GSL wants it: counted, and finite, for the simplex refuses infinities. */
struct counted {
    objective *f;
    void *context;
    int evaluations;
};

static const double OUTSIDE = 1e300;

static double counted_objective(const gsl_vector *x, void *context)
{
    struct counted *counted = context;
    double fx = counted->f(x->size, x->data, counted->context); // GSL's own vectors have stride 1

    counted->evaluations++;
    return fx < OUTSIDE ? fx : OUTSIDE;
}

double minimise_simplex(objective *f, void *context, size_t n, double x[], double step, int evaluations)
{
    struct counted counted = {f, context, 0};
    gsl_multimin_function function = {counted_objective, n, &counted};
    gsl_vector *start = gsl_vector_alloc(n), *steps = gsl_vector_alloc(n);
    gsl_multimin_fminimizer *simplex = gsl_multimin_fminimizer_alloc(gsl_multimin_fminimizer_nmsimplex2, n);
    double least;

    for (size_t i = 0; i < n; i++)
        gsl_vector_set(start, i, x[i]);
    gsl_vector_set_all(steps, step);
    gsl_multimin_fminimizer_set(simplex, &function, start, steps);
    while (counted.evaluations < evaluations && !gsl_multimin_fminimizer_iterate(simplex))
        if (gsl_multimin_fminimizer_size(simplex) < 1e-10 * fabs(step))
            break;
    least = gsl_multimin_fminimizer_minimum(simplex);
    for (size_t i = 0; i < n; i++)
        x[i] = gsl_vector_get(gsl_multimin_fminimizer_x(simplex), i);
    gsl_multimin_fminimizer_free(simplex);
    gsl_vector_free(start);
    gsl_vector_free(steps);
    return least < OUTSIDE ? least : INFINITY;
}

/* ## Initial value problems */

struct system {
    derivative *f;
    void *context;
    size_t n;
};

static int system_derivative(double t, const double y[], double dydt[], void *context)
{
    const struct system *system = context;

    system->f(t, system->n, y, dydt, system->context);
    for (size_t i = 0; i < system->n; i++)
        if (!isfinite(dydt[i]))
            return GSL_EBADFUNC;
    return GSL_SUCCESS;
}

enum status ode_solve(derivative *f, void *context, size_t n, double t0, double t1, double y[], double tolerance)
{
    struct system system = {f, context, n};
    gsl_odeiv2_system gsl = {system_derivative, NULL, n, &system};
    double t = t0, step = (t1 - t0) * 1e-3;

    if (!(isfinite(t0) && isfinite(t1) && tolerance > 0 && n > 0))
        return status_fail(STATUS_RANGE,
                           "ode_solve: n >= 1, finite times and tolerance > 0 wanted, %zu, %g, %g, %g given", n, t0, t1,
                           tolerance);
    if (t0 == t1)
        return STATUS_OK;
    gsl_odeiv2_driver *driver = gsl_odeiv2_driver_alloc_y_new(&gsl, gsl_odeiv2_step_rk8pd, step, tolerance, tolerance);
    gsl_odeiv2_driver_set_nmax(driver, 1000000);
    int failure = gsl_odeiv2_driver_apply(driver, &t, t1, y);
    gsl_odeiv2_driver_free(driver);
    if (failure)
        return status_fail(STATUS_CONVERGENCE, "ode_solve: stopped at t = %.17g of %g (%s)", t, t1,
                           gsl_strerror(failure));
    return STATUS_OK;
}
