// SPDX-License-Identifier: GPL-3.0-or-later
/* Means with their standard errors, fitted slopes with their confidence, and the Kolmogorov-Smirnov distance. */
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
struct value moments_limit(struct moments wide, struct moments half);

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

/* The Kolmogorov-Smirnov distance between two samples (both sorted in place) and its asymptotic p-value. n, m >= 1. */
double kolmogorov_smirnov(size_t n, double x[], size_t m, double y[], double *p);

/* The distance between a sample (sorted in place) and a continuous distribution function, and its p-value. */
double kolmogorov_smirnov_cdf(size_t n, double x[], double (*cdf)(double), double *p);

#endif
