// SPDX-License-Identifier: GPL-3.0-or-later
/* Activations: a table with one row a family.
 *
 * A family is written down once, as its jet: value, slope and second derivative at x. The macro FAMILY makes from it
 * the scalar functions and the loops over arrays; inlining drops the parts of the jet that a caller doesn't ask for.
 *
 * Jets are written to keep their relative accuracy in the tails: tanh' is 4u/(1+u)^2 with u = exp(-2|x|), not
 * 1 - tanh^2; softplus and sigmoid take exponentials of -|x| only, so nothing overflows. selu's two constants solve the
 * fixed-point equations E selu(Z) = 0, E selu(Z)^2 = 1 (Klambauer et al. 2017). */
#include "kind.h"
#include <assay/base/memory.h>
#include <assay/numerics/hermite.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct jet {
    double value, slope, curvature;
};

#define FAMILY(name)                                                                                                   \
    static double name##_value(double x, double p)                                                                     \
    {                                                                                                                  \
        return name##_jet(x, p).value;                                                                                 \
    }                                                                                                                  \
    static double name##_slope(double x, double p)                                                                     \
    {                                                                                                                  \
        return name##_jet(x, p).slope;                                                                                 \
    }                                                                                                                  \
    static double name##_curvature(double x, double p)                                                                 \
    {                                                                                                                  \
        return name##_jet(x, p).curvature;                                                                             \
    }                                                                                                                  \
    static void name##_apply(size_t n, const double x[], double y[], double slope[], double p)                         \
    {                                                                                                                  \
        if (y && slope)                                                                                                \
            for (size_t i = 0; i < n; i++) {                                                                           \
                struct jet jet = name##_jet(x[i], p);                                                                  \
                                                                                                                       \
                y[i] = jet.value;                                                                                      \
                slope[i] = jet.slope;                                                                                  \
            }                                                                                                          \
        else if (y)                                                                                                    \
            for (size_t i = 0; i < n; i++)                                                                             \
                y[i] = name##_jet(x[i], p).value;                                                                      \
        else if (slope)                                                                                                \
            for (size_t i = 0; i < n; i++)                                                                             \
                slope[i] = name##_jet(x[i], p).slope;                                                                  \
    }

/* ## Piecewise powers */

static inline struct jet identity_jet(double x, double p)
{
    (void)p;
    return (struct jet){x, 1, 0};
}
FAMILY(identity)

static inline struct jet lrelu_jet(double x, double p)
{
    double slope = x < 0 ? p : 1;

    return (struct jet){slope * x, slope, 0};
}
FAMILY(lrelu)

static inline struct jet relu_jet(double x, double p)
{
    (void)p;
    return (struct jet){x < 0 ? 0 : x, x < 0 ? 0 : 1, 0};
}
FAMILY(relu)

static inline struct jet abs_jet(double x, double p)
{
    return lrelu_jet(x, p - 1);
}
FAMILY(abs)

/* factor * x^power, with 0 for a vanished factor whatever the power. */
static inline double term(double factor, double x, double power)
{
    return factor == 0 ? 0 : factor * pow(x, power);
}

static inline struct jet power_jet(double x, double p)
{
    if (x < 0)
        return (struct jet){0, 0, 0};
    return (struct jet){pow(x, p), term(p, x, p - 1), term(p * (p - 1), x, p - 2)};
}
FAMILY(power)

static inline struct jet monomial_jet(double x, double p)
{
    return (struct jet){pow(x, p), term(p, x, p - 1), term(p * (p - 1), x, p - 2)};
}
FAMILY(monomial)

static inline struct jet hermite_polynomial_jet(double x, double p)
{
    int k = (int)p;

    return (struct jet){hermite(k, x), hermite_slope(k, x), k < 2 ? 0 : sqrt(p * (p - 1)) * hermite(k - 2, x)};
}
FAMILY(hermite_polynomial)

/* ## Exponentials and sigmoids */

static inline struct jet tanh_jet(double x, double p)
{
    double u = exp(-2 * fabs(x)), t = tanh(x), slope = 4 * u / ((1 + u) * (1 + u));

    (void)p;
    return (struct jet){t, slope, -2 * t * slope};
}
FAMILY(tanh)

static inline struct jet sigmoid_jet(double x, double p)
{
    double u = exp(-fabs(x)), slope = u / ((1 + u) * (1 + u));

    (void)p;
    return (struct jet){(x < 0 ? u : 1) / (1 + u), slope, copysign(slope * expm1(-fabs(x)) / (1 + u), -x)};
}
FAMILY(sigmoid)

static inline struct jet silu_jet(double x, double p)
{
    struct jet s = sigmoid_jet(x, p);

    return (struct jet){x * s.value, s.value + x * s.slope, 2 * s.slope + x * s.curvature};
}
FAMILY(silu)

static inline struct jet softplus_jet(double x, double p)
{
    struct jet s = sigmoid_jet(x, p);

    return (struct jet){fmax(x, 0) + log1p(exp(-fabs(x))), s.value, s.slope};
}
FAMILY(softplus)

static inline struct jet erf_jet(double x, double p)
{
    double slope = M_2_SQRTPI * exp(-x * x);

    (void)p;
    return (struct jet){erf(x), slope, -2 * x * slope};
}
FAMILY(erf)

static inline struct jet gelu_jet(double x, double p)
{
    double cdf = normal_cdf(x), density = normal_density(x);

    (void)p;
    return (struct jet){x * cdf, cdf + x * density, (2 - x * x) * density};
}
FAMILY(gelu)

static inline struct jet sin_jet(double x, double p)
{
    double s = sin(x);

    (void)p;
    return (struct jet){s, cos(x), -s};
}
FAMILY(sin)

static inline struct jet exp_jet(double x, double p)
{
    double e = exp(x);

    (void)p;
    return (struct jet){e, e, e};
}
FAMILY(exp)

static inline struct jet bump_jet(double x, double p)
{
    double e = exp(-0.5 * x * x);

    (void)p;
    return (struct jet){e, -x * e, (x * x - 1) * e};
}
FAMILY(bump)

static inline struct jet elu_jet(double x, double p)
{
    double e = x < 0 ? exp(x) : 0;

    (void)p;
    return (struct jet){x < 0 ? expm1(x) : x, x < 0 ? e : 1, e};
}
FAMILY(elu)

#define SELU_SCALE 1.0507009873554804934193349852946
#define SELU_ALPHA 1.6732632423543772848170429916717

static inline struct jet selu_jet(double x, double p)
{
    double scale = x < 0 ? SELU_SCALE * SELU_ALPHA : SELU_SCALE;
    struct jet elu = elu_jet(x, p);

    return (struct jet){scale * elu.value, scale * elu.slope, scale * elu.curvature};
}
FAMILY(selu)

/* ## Parity, homogeneity, kinks */

static int even(double p)
{
    (void)p;
    return 1;
}

static int odd(double p)
{
    (void)p;
    return -1;
}

static int neither(double p)
{
    (void)p;
    return 0;
}

static int by_degree(double p)
{
    return fmod(p, 2) == 0 ? 1 : -1;
}

static int lrelu_parity(double p)
{
    return p == 1 ? -1 : p == -1;
}

static double homogeneous(double p)
{
    (void)p;
    return 1;
}

static double homogeneous_by_degree(double p)
{
    return p;
}

static double not_homogeneous(double p)
{
    (void)p;
    return NAN;
}

static double hermite_homogeneity(double p)
{
    return p < 2 ? p : NAN;
}

static bool kinked(double p)
{
    (void)p;
    return true;
}

static bool smooth(double p)
{
    (void)p;
    return false;
}

static bool lrelu_kinked(double p)
{
    return p != 1;
}

/* ## The table */

#define JET(family)                                                                                                    \
    .value = family##_value, .slope = family##_slope, .curvature = family##_curvature, .apply = family##_apply
#define TRAITS(its_parity, its_homogeneity, its_kinks)                                                                 \
    .parity = its_parity, .homogeneity = its_homogeneity, .kinked = its_kinks
#define CLOSED(family) .hermite = hermite_of_##family, .dual = &dual_##family

static const struct activation_kind kinds[] = {
    {"id", JET(identity), TRAITS(odd, homogeneous, smooth), CLOSED(identity)},
    {"relu", JET(relu), TRAITS(neither, homogeneous, kinked), CLOSED(lrelu)},
    {"lrelu:", REAL_PARAMETER, -INFINITY, INFINITY, "a finite slope", JET(lrelu),
     TRAITS(lrelu_parity, homogeneous, lrelu_kinked), CLOSED(lrelu)},
    {"abs", JET(abs), TRAITS(even, homogeneous, kinked), CLOSED(abs)},
    {"relu^", REAL_PARAMETER, -0.5, 100, "a power between -0.5 and 100, both excluded", JET(power),
     TRAITS(neither, homogeneous_by_degree, kinked), CLOSED(rectified_power)},
    {"tanh", JET(tanh), TRAITS(odd, not_homogeneous, smooth), .strip = M_PI_2},
    {"sigmoid", JET(sigmoid), TRAITS(neither, not_homogeneous, smooth), .strip = M_PI},
    {"erf", JET(erf), TRAITS(odd, not_homogeneous, smooth), CLOSED(erf)},
    {"sin", JET(sin), TRAITS(odd, not_homogeneous, smooth), CLOSED(sin)},
    {"gelu", JET(gelu), TRAITS(neither, not_homogeneous, smooth), CLOSED(gelu)},
    {"silu", JET(silu), TRAITS(neither, not_homogeneous, smooth), .strip = M_PI},
    {"softplus", JET(softplus), TRAITS(neither, not_homogeneous, smooth), .strip = M_PI},
    {"elu", JET(elu), TRAITS(neither, not_homogeneous, kinked)},
    {"selu", JET(selu), TRAITS(neither, not_homogeneous, kinked), .jump = SELU_SCALE * (1 - SELU_ALPHA)},
    {"exp", JET(exp), TRAITS(neither, not_homogeneous, smooth), CLOSED(exp)},
    {"bump", JET(bump), TRAITS(even, not_homogeneous, smooth), CLOSED(bump)},
    {"x^", INTEGER_PARAMETER, 0, 31, "a degree from 1 to 30", JET(monomial),
     TRAITS(by_degree, homogeneous_by_degree, smooth), CLOSED(monomial)},
    {"h", INTEGER_PARAMETER, -1, 201, "a degree from 0 to 200", JET(hermite_polynomial),
     TRAITS(by_degree, hermite_homogeneity, smooth), CLOSED(hermite)},
};

static const char *const names[] = {"id",  "relu", "lrelu:0.1", "abs",  "relu^2",   "tanh", "sigmoid",
                                    "erf", "sin",  "gelu",      "silu", "softplus", "elu",  "selu",
                                    "exp", "bump", "x^3",       "h5",   NULL};

enum { KINDS = sizeof kinds / sizeof *kinds };
_Static_assert(sizeof names / sizeof *names == KINDS + 1, "each row of the table has one example");

const char *const *activation_names(void)
{
    return names;
}

/* ## From a name to an activation */

/* The row whose name is the text, or what stands before a parameter. Exact names win: "relu" is not "relu^" without
 * its power. */
static const struct activation_kind *kind_find(const char *text)
{
    const struct activation_kind *found = NULL;

    for (const struct activation_kind *kind = kinds; kind < kinds + KINDS; kind++) {
        if (kind->type == NO_PARAMETER && strcmp(text, kind->name) == 0)
            return kind;
        if (kind->type != NO_PARAMETER && strncmp(text, kind->name, strlen(kind->name)) == 0)
            found = kind;
    }
    return found;
}

/* A decimal number, or digits only for an integer, that fills the text. */
static bool parameter_parse(enum parameter_type type, const char *text, double *parameter)
{
    const char *allowed = type == INTEGER_PARAMETER ? "0123456789" : "+-.0123456789eE";
    char *end;

    if (*text == '\0' || text[strspn(text, allowed)] != '\0')
        return false;
    *parameter = strtod(text, &end);
    return *end == '\0';
}

static enum status name_unknown(const char *name)
{
    char list[256] = "";

    for (int i = 0; i < KINDS; i++) {
        strcat(list, i ? ", " : "");
        strcat(list, names[i]);
    }
    return status_fail(STATUS_RANGE, "activation_find: no activation '%.40s'; there are %s", name, list);
}

enum status activation_find(const char *name, struct activation *phi)
{
    const struct activation_kind *kind = kind_find(name);
    double parameter = 0;

    if (!kind || strlen(name) >= sizeof phi->name)
        return name_unknown(name);
    if (kind->type != NO_PARAMETER) {
        if (!parameter_parse(kind->type, name + strlen(kind->name), &parameter))
            return name_unknown(name);
        if (!(parameter > kind->low && parameter < kind->high))
            return status_fail(STATUS_RANGE, "activation_find: '%s' needs %s", name, kind->range);
    }
    *phi = (struct activation){.kind = kind, .parameter = parameter};
    strcpy(phi->name, name);
    return STATUS_OK;
}

enum status activation_with(const char *kind, double parameter, struct activation *phi)
{
    char name[sizeof phi->name];

    snprintf(name, sizeof name, "%.7s%.9g", kind, parameter);
    enum status status = activation_find(name, phi);
    if (status == STATUS_OK) {
        phi->parameter = parameter; // all its bits, where the name has nine digits
    }
    return status;
}

/* ## What a row knows */

double activation_value(const struct activation *phi, double x)
{
    return phi->kind->value(x, phi->parameter);
}

double activation_slope(const struct activation *phi, double x)
{
    return phi->kind->slope(x, phi->parameter);
}

double activation_curvature(const struct activation *phi, double x)
{
    return phi->kind->curvature(x, phi->parameter);
}

void activation_apply(const struct activation *phi, size_t n, const double x[], double y[], double slope[])
{
    phi->kind->apply(n, x, y, slope, phi->parameter);
}

int activation_kinks(const struct activation *phi, const double **kink)
{
    static const double origin[] = {0};

    *kink = origin;
    return phi->kind->kinked(phi->parameter) ? 1 : 0;
}

double activation_homogeneity(const struct activation *phi)
{
    return phi->kind->homogeneity(phi->parameter);
}

int activation_parity(const struct activation *phi)
{
    return phi->kind->parity(phi->parameter);
}

/* ## As a function of one variable for the quadrature rules */

static double value_integrand(double x, void *context)
{
    return activation_value(context, x);
}

static double slope_integrand(double x, void *context)
{
    return activation_slope(context, x);
}

static struct piecewise piecewise_of(integrand *f, const struct activation *phi)
{
    struct piecewise piecewise = {.f = f, .context = (void *)phi};

    piecewise.kinks = activation_kinks(phi, &piecewise.kink);
    return piecewise;
}

struct piecewise activation_piecewise(const struct activation *phi)
{
    return piecewise_of(value_integrand, phi);
}

struct piecewise activation_slope_piecewise(const struct activation *phi)
{
    return piecewise_of(slope_integrand, phi);
}

enum status activation_hermite(const struct activation *phi, int kmax, struct value c[])
{
    struct piecewise f = activation_piecewise(phi);
    enum status status;

    if (kmax < 0)
        return status_fail(STATUS_RANGE, "activation_hermite: degree 0 or more wanted, %d given", kmax);
    if (phi->kind->hermite) {
        phi->kind->hermite(kmax, c, phi->parameter);
        return STATUS_OK;
    }
    status = hermite_expand(&f, kmax, c);
    for (int k = 0; k <= kmax && status == STATUS_OK; k++)
        if (activation_parity(phi) == (k % 2 ? 1 : -1))
            c[k] = exact(0);
    return status;
}
