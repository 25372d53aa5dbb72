// SPDX-License-Identifier: GPL-3.0-or-later
/* One row of the activation table: what the library knows about a family of activations. Private to the mean-field
 * room.
 *
 * Every function takes the family's parameter last (0 where there is none). Absent knowledge is a NULL pointer, and
 * then quadrature steps in: a new activation needs no more than its value, slope and curvature. */
#ifndef ASSAY_SRC_MEANFIELD_KIND_H
#define ASSAY_SRC_MEANFIELD_KIND_H

#include <assay/meanfield/activation.h>

/* C[phi|rho] in closed form: its value, its fall C(1) - C(1 - gap) without cancellation for small gaps, and two
 * derivatives. */
struct dual {
    struct value (*covariance)(double rho, double parameter);
    struct value (*gap)(double gap, double parameter);
    struct value (*slope)(double rho, double parameter);
    struct value (*curvature)(double rho, double parameter);
    struct value (*nonlinearity2)(double parameter);
};

extern const struct dual dual_identity, dual_lrelu, dual_abs, dual_erf, dual_sin, dual_gelu, dual_exp, dual_bump,
    dual_monomial, dual_hermite, dual_rectified_power;

/* Hermite coefficients in closed form, c[0..kmax]. */
typedef void hermite_closed(int kmax, struct value c[], double parameter);

hermite_closed hermite_of_identity, hermite_of_lrelu, hermite_of_abs, hermite_of_erf, hermite_of_sin, hermite_of_gelu,
    hermite_of_exp, hermite_of_bump, hermite_of_monomial, hermite_of_hermite, hermite_of_rectified_power;

typedef double scalar_function(double x, double parameter);

enum parameter_type { NO_PARAMETER, REAL_PARAMETER, INTEGER_PARAMETER };

struct activation_kind {
    const char *name; // with a parameter: what stands before it
    enum parameter_type type;
    double low, high;  // the parameter lies strictly between
    const char *range; // the same in words
    scalar_function *value, *slope, *curvature;
    void (*apply)(size_t n, const double x[], double y[], double slope[], double parameter);
    int (*parity)(double parameter);
    double (*homogeneity)(double parameter);
    bool (*kinked)(double parameter); // at 0, the only place where a kink can be
    hermite_closed *hermite;
    const struct dual *dual;
    // for quadrature, where there is no closed form:
    double strip; // phi is analytic for |Im x| < strip; 0 if it is not
    double jump;  // phi'(0+) - phi'(0-)
};

/* The closed forms of x^n and of the arc-cosine kernel of degree 1 are needed by more than one family. */
double monomial_covariance(int n, double rho);
double monomial_gap(int n, double gap);

/* E relu(X) relu(Y) at correlation u - 1, 0 <= u <= 1, to full relative accuracy: (sin t - t cos t) / (2 pi), cos t =
 * 1 - u. */
double relu_tail(double u);

/* E step(X) step(Y) at correlation u - 1, 0 <= u <= 1: t / (2 pi). */
double step_tail(double u);

/* Gamma(p + shift) to a few ulp, though p + shift be rounded. */
double gamma_plus(double p, double shift);

/* A closed form that is a sum of terms of either sign: the error is relative to the sum of their sizes. */
struct value rounded_sum(double x, double size, double roundings);

#endif
