// SPDX-License-Identifier: GPL-3.0-or-later
/* Correlation maps: how one infinitely wide layer changes the cosine of two inputs.
 *
 * A normalised layer with bias ratio s = sigma_b^2 / sigma_w^2 has P(rho) = (s + C[phi|rho]) / (s + C[phi|1]); a
 * residual block with branch variance sigma^2 has P(rho) = (rho + sigma^2 C[phi|rho]) / (1 + sigma^2 C[phi|1]). Both
 * are (bias + skip rho + branch C[phi|rho]) / (bias + skip + branch C[phi|1]). */
#ifndef ASSAY_MEANFIELD_CORRELATION_MAP_H
#define ASSAY_MEANFIELD_CORRELATION_MAP_H

#include <assay/meanfield/covariance.h>

struct correlation_map {
    struct activation phi;
    double bias, skip, branch; // non-negative, not all zero
    double norm2;              // C[phi|1], filled by the constructors
    double slope_norm2;        // C[phi'|1]
    double nonlinearity2;      // |phi - phibar|^2
};

/* The map of a layer (bias ratio s >= 0) and of a residual block (branch variance >= 0). STATUS_RANGE for other
 * parameters, STATUS_CONVERGENCE if a norm of phi cannot be computed. slope_norm2 is INFINITY for relu^p with p at most
 * 1/2. */
enum status correlation_map_layer(struct correlation_map *map, const struct activation *phi, double bias_ratio);
enum status correlation_map_residual(struct correlation_map *map, const struct activation *phi, double branch_variance);

/* The map of a layer whose activation is given by its name; a negative bias ratio stands for the critical one. STATUS_RANGE
 * also if there is no such activation, or none that is critical. */
enum status correlation_map_find(struct correlation_map *map, const char *name, double bias_ratio);

/* STATUS_RANGE unless 0 < |phi'| < infinity, which every statement about P'(1) asks of phi. */
enum status correlation_map_sloped(const struct correlation_map *map);

/* P(rho); and 1 - P(1 - gap) as a function of gap, accurate however small the gap. -1 <= rho <= 1, 0 <= gap <= 2. */
double correlation_map_apply(const struct correlation_map *map, double rho);
double correlation_map_gap(const struct correlation_map *map, double gap);

/* The latter with its error; and for a gap that has one itself: relative errors add up, as 1 - P(1 - gap) is concave. */
struct value correlation_map_gap_value(const struct correlation_map *map, double gap);
struct value correlation_map_gap_through(const struct correlation_map *map, struct value gap);

/* The largest 1 - P(rho) for rho in [1 - gap, 1]: that of 1 - gap, unless an even part of phi makes P turn below 0. */
double correlation_map_widest_gap(const struct correlation_map *map, double gap);

/* P'(rho), P''(rho); INFINITY where they diverge. */
double correlation_map_slope(const struct correlation_map *map, double rho);
double correlation_map_curvature(const struct correlation_map *map, double rho);

/* P'(1) with its error: from the norms of phi and phi'; and with both by quadrature whatever the activation, its witness. */
struct value correlation_map_slope_at_one(const struct correlation_map *map);
struct value correlation_map_slope_by_quadrature(const struct correlation_map *map);

/* P_n o ... o P_1 in terms of the gap: gap[l] = 1 - rho_l, gap[0] given, gap[1..n] filled. maps[l-1] is layer l. */
void correlation_maps_iterate(int n, const struct correlation_map *const maps[], double gap[]);

/* The attracting fixed point on [0, 1], as the gap 1 - rho_fp: 0 if P'(1) <= 1 (with the gap below which rounding
 * would hide another fixed point as its error if P'(1) = 1 to rounding), else by root_log. Fails if P is the
 * identity, of which every point is fixed. */
struct value correlation_map_fixed_gap(const struct correlation_map *map);

/* The bias ratio at which P'(1) = 1: |phi'|^2 - |phi|^2; fails if that is negative or infinite. */
struct value critical_bias_ratio(const struct activation *phi);

#endif
