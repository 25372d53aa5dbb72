// SPDX-License-Identifier: GPL-3.0-or-later
/* Means with their standard errors, fitted slopes and powers with their confidence, and the Kolmogorov-Smirnov distance. */
#ifndef ASSAY_EVIDENCE_STATISTICS_H
#define ASSAY_EVIDENCE_STATISTICS_H

#include <assay/base/status.h>
#include <assay/base/value.h>
#include <stddef.h>

/* Count, mean, sum of squared deviations and extremes of a sample; mergeable (Chan, Golub and LeVeque 1983). */
struct moments {
    double count, mean, deviations, least, most;
};

/* An empty sample; one more observation; the union of two samples (not symmetric in the last bit: merge in a fixed order). */
struct moments moments_empty(void);
void moments_add(struct moments *sample, double x);
struct moments moments_merge(struct moments a, struct moments b);

/* Moments of n numbers with the given stride, by a fixed binary tree over blocks of 64: the same bits whoever computes them. */
struct moments moments_of(size_t n, const double x[], size_t stride);

/* Unbiased variance (NaN below two observations), and the mean with its standard error in err[SAMPLING] (infinite below two). */
double moments_variance(struct moments sample);
struct value moments_mean(struct moments sample);

/* The mean for a check: its standard error is widened by Student's t, so that four of them cover as much at few observations (at least 2) as
 * at many; at 8 observations by 2.2. */
struct value moments_estimate(struct moments sample);

/* An estimate at some width, and one at half that width, as an estimate of the limit of infinite width. A bias linear in 1/width is
 * what halving the width changed: it is allowed, and the standard error is that of estimate and change together, which share the wide sample. */
struct value limit_of_widths(struct value wide, struct value half);

/* The limit from estimates at some size, at half and at a quarter of it, drawn apart. What is linear in 1/size drops out of twice the first less the second; what is quadratic remains, and is a third of how much that differs from
 * the same of the other two, which is allowed. */
struct value limit_extrapolated(struct value whole, struct value half, struct value quarter);
struct value moments_limit(struct moments wide, struct moments half);

/* The same where wide samples are few and noise outweighs what halving changes: the bias linear in 1/size is measured at half and a quarter of the
 * size, where samples are cheap. It is half of what changes there; it is allowed, with its own standard error. size[0] is the full one. */
struct value moments_limit_of_sizes(const struct moments size[3]);

/* The median and the q-quantile (0 <= q <= 1, linear interpolation) of n numbers; x is kept. n >= 1. */
double quantile_of(size_t n, const double x[], double q);

/* A straight line through n points by least squares: y = intercept + slope x. */
struct line {
    struct value slope,
        intercept; // err[SAMPLING]: the standard error, inflated by Student's t so that 4 sigma keep their meaning at few points
    double residual; // root mean square
};

/* Unweighted (sd NULL: the scatter gives the error) or weighted by 1/sd^2 (sd[i] > 0 gives it). n >= 3, x not all equal. */
enum status line_fit(size_t n, const double x[], const double y[], const double sd[], struct line *line);

/* A power law through n points by weighted least squares, y = coefficient * x^exponent. */
struct power_law {
    struct value exponent,
        coefficient; // err[SAMPLING]: the standard error, from the derivatives of the law at its minimum
    double misfit;   // chi squared: some n - 2 if the law holds and sd is true
};

/* Points enter as they are, not as logarithms: those that noise drowns, or turns negative, bring no bias. x > 0, sd > 0, n >= 3; exponents from -8 to 8. Where y is
 * not resolved from zero the exponent's error says so: it is some sd of the coefficient over the coefficient. STATUS_RANGE if the data are not finite or x are all equal. */
enum status power_fit(size_t n, const double x[], const double y[], const double sd[], struct power_law *power);

/* The Kolmogorov-Smirnov distance between two samples (both sorted in place) and its asymptotic p-value. n, m >= 1. */
double kolmogorov_smirnov(size_t n, double x[], size_t m, double y[], double *p);

/* The distance between a sample (sorted in place) and a continuous distribution function, and its p-value. */
double kolmogorov_smirnov_cdf(size_t n, double x[], double (*cdf)(double), double *p);

#endif
