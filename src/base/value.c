// SPDX-License-Identifier: GPL-3.0-or-later
/* Values and first-order propagation of their error budgets (GUM, Evaluation of measurement data, 2008, section 5, for the
 * standard errors; interval-like sums for the bounds). */
#include <assay/base/value.h>
#include <float.h>
#include <math.h>

static const double half_ulp = DBL_EPSILON / 2;

struct value exact(double x)
{
    return (struct value){.x = x};
}

struct value rounded(double x, double roundings)
{
    return measured(x, roundings * half_ulp * fabs(x), ROUNDING);
}

struct value measured(double x, double err, enum error_kind kind)
{
    return value_with(exact(x), err, kind);
}

struct value value_failed(void)
{
    return (struct value){.x = NAN, .err = {INFINITY, INFINITY, INFINITY, INFINITY}};
}

bool value_ok(struct value v)
{
    bool ok = isfinite(v.x);

    for (int kind = 0; kind < ERROR_KINDS; kind++) {
        ok = ok && v.err[kind] >= 0;
    }
    return ok;
}

struct value value_with(struct value v, double err, enum error_kind kind)
{
    v.err[kind] = kind == SAMPLING ? hypot(v.err[kind], err) : v.err[kind] + fabs(err);
    return v;
}

/* x = f(a, b) with partial derivatives da and db. */
static struct value combine(double x, struct value a, double da, struct value b, double db)
{
    struct value v = {.x = x};

    for (int kind = 0; kind < ERROR_KINDS; kind++) {
        double from_a = fabs(da) * a.err[kind], from_b = fabs(db) * b.err[kind];

        v.err[kind] = kind == SAMPLING ? hypot(from_a, from_b) : from_a + from_b;
    }
    v.err[ROUNDING] += half_ulp * fabs(x);
    return v;
}

struct value value_add(struct value a, struct value b)
{
    return combine(a.x + b.x, a, 1, b, 1);
}

struct value value_sub(struct value a, struct value b)
{
    return combine(a.x - b.x, a, 1, b, 1);
}

struct value value_mul(struct value a, struct value b)
{
    return combine(a.x * b.x, a, b.x, b, a.x);
}

struct value value_div(struct value a, struct value b)
{
    return combine(a.x / b.x, a, 1 / b.x, b, a.x / (b.x * b.x));
}

struct value value_scale(double factor, struct value v)
{
    return combine(factor * v.x, v, factor, exact(0), 0);
}

struct value value_through(struct value v, double fx, double slope)
{
    return combine(fx, v, slope, exact(0), 0);
}

double value_bound(struct value v)
{
    return v.err[ROUNDING] + v.err[QUADRATURE] + v.err[FINITE_SIZE];
}

double value_standard(struct value v)
{
    return v.err[SAMPLING];
}

double value_error(struct value v)
{
    return value_bound(v) + value_standard(v);
}

double value_tolerance(struct value a, struct value b, double sigmas)
{
    return value_bound(a) + value_bound(b) + sigmas * hypot(value_standard(a), value_standard(b));
}

const char *error_kind_name(enum error_kind kind)
{
    static const char *const names[ERROR_KINDS] = {"rounding", "quadrature", "sampling", "finite size"};

    return names[kind];
}

enum error_kind value_dominant(struct value v)
{
    enum error_kind dominant = ROUNDING;

    for (int kind = 0; kind < ERROR_KINDS; kind++) {
        dominant = v.err[kind] > v.err[dominant] ? (enum error_kind)kind : dominant;
    }
    return dominant;
}
