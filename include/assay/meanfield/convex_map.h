// SPDX-License-Identifier: GPL-3.0-or-later
/* Non-decreasing convex maps g of [0, 1] into itself with g(0) = 0 and g(1) = 1.
 *
 * Correlation maps, cropped to [rho, 1] and rescaled, are of this kind, and so is every composition of such maps:
 * this is the class on which excess convexity is defined (excess_convexity.h). Here they are plain data, copied by
 * assignment. Those built from others (crops, chains, compositions, mixtures) point at them: what they point at must
 * outlive them. */
#ifndef ASSAY_MEANFIELD_CONVEX_MAP_H
#define ASSAY_MEANFIELD_CONVEX_MAP_H

#include <assay/meanfield/correlation_map.h>
#include <assay/random/stream.h>

enum { CONVEX_MAP_CAPACITY = 128 }; // the highest degree, and the largest number of vertices

enum convex_kind { CONVEX_SERIES, CONVEX_PIECEWISE, CONVEX_MOEBIUS, CONVEX_CHAIN, CONVEX_COMPOSITION, CONVEX_MIXTURE };

struct convex_map {
    enum convex_kind kind;
    int n;            // coefficients, vertices, maps of a chain
    double parameter; // Moebius: c; chain: the gap it starts from; mixture: the weight of the identity
    union {
        double c[CONVEX_MAP_CAPACITY]; // series: c[k-1] of x^k
        struct {                       // piecewise: vertices from (1, 1) down to (0, 0), with 1 - x and 1 - y
            double x[CONVEX_MAP_CAPACITY], y[CONVEX_MAP_CAPACITY], u[CONVEX_MAP_CAPACITY], v[CONVEX_MAP_CAPACITY];
        };
    };
    const struct correlation_map *layer;         // a chain of one map
    const struct correlation_map *const *layers; // a chain of several
    const struct convex_map *outer, *inner;      // composition; a mixture has an inner map only
};

/* sum of c[k-1] x^k, k = 1..n, n <= CONVEX_MAP_CAPACITY, coefficients non-negative, not all 0; divided by their sum. */
enum status convex_map_series(struct convex_map *g, int n, const double c[]);

/* sum of c[k] x^k, k = 0..n, 1 <= n <= CONVEX_MAP_CAPACITY, coefficients non-negative, cropped to [a, b] and rescaled on both sides,
 * 0 <= a < b. A series itself: its coefficients are the Taylor coefficients at a times (b - a)^k, all sums of non-negative terms.
 * *range = g(b) - g(a), unless NULL. STATUS_RANGE as convex_map_series, or if g is constant on [a, b]. O(n^2). */
enum status convex_map_crop_series(struct convex_map *g, int n, const double c[], double a, double b, double *range);

/* The polygon through (x[i], y[i]), 2 <= n <= CONVEX_MAP_CAPACITY, from (0, 0) to (1, 1), x strictly increasing,
 * slopes non-negative and non-decreasing up to a relative 1e-9 (rounding of given vertices). */
enum status convex_map_piecewise(struct convex_map *g, int n, const double x[], const double y[]);

/* g_c(x) = x / (1 + c (1 - x)), c >= 0. Composing multiplies 1 + c; the excess convexity of g_c is sqrt(1 + c) - 1. */
enum status convex_map_moebius(struct convex_map *g, double c);

/* The map cropped to [rho, 1] and rescaled on both sides, t -> (P(rho + (1 - rho) t) - P(rho)) / (1 - P(rho)), at
 * rho = 1 - gap, 0 < gap <= 1. P must not be constant. */
enum status convex_map_crop(struct convex_map *g, const struct correlation_map *map, double gap);

/* The same of P_n o ... o P_1, n >= 1: maps[l-1] is P_l. It equals the composition of the crops of each P_l at the
 * gap it meets. */
enum status convex_map_chain(struct convex_map *g, int n, const struct correlation_map *const maps[], double gap);

/* outer o inner; and p id + (1 - p) inner, 0 <= p <= 1. */
struct convex_map convex_map_compose(const struct convex_map *outer, const struct convex_map *inner);
enum status convex_map_mix(struct convex_map *g, double p, const struct convex_map *inner);

/* g(x), 0 <= x <= 1. */
double convex_map_apply(const struct convex_map *g, double x);

/* 1 - g(1 - gap), 0 <= gap <= 1, to relative accuracy however small the gap; and the same with its error. */
double convex_map_gap(const struct convex_map *g, double gap);
struct value convex_map_gap_value(const struct convex_map *g, double gap);

/* g(1 - gap) with its error, which is relative also where g is small; only chains have it by difference from 1. */
struct value convex_map_at_gap(const struct convex_map *g, double gap);

/* g'(1), from the left; may be INFINITY. */
double convex_map_slope_at_one(const struct convex_map *g);

/* Maps for searches, from numbers in (0, 1): the polygon of three edges whose inner vertices lie at x1 = u[0] and u[2] of the way
 * from there to 1, under the diagonal by u[1] and u[3]; the series of the powers 2, 3, 5, ..., 2^(n-1) + 1, n <= 7, with weights
 * u[k]^8, so that a few of them can count. */
enum status convex_map_three_edges(struct convex_map *g, const double u[4]);
enum status convex_map_powers(struct convex_map *g, int n, const double u[]);

/* Random maps for property tests and adversarial searches, extremes included: nearly the identity, nearly a step at
 * 1, single monomials. Degrees up to degree (2 to CONVEX_MAP_CAPACITY); polygons of so many vertices (3 to
 * CONVEX_MAP_CAPACITY). */
struct convex_map convex_map_random_series(struct stream *stream, int degree);
struct convex_map convex_map_random_piecewise(struct stream *stream, int vertices);

#endif
