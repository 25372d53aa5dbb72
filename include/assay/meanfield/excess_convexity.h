// SPDX-License-Identifier: GPL-3.0-or-later
/* Excess convexity: one number for how far a convex map of [0, 1] sags below the diagonal.
 *
 * For non-decreasing convex g with g(0) = 0, g(1) = 1 there is one t in (0, 1/2] with g(1 - t) = t: the graph meets
 * the anti-diagonal. Then e(g) = 1/t - 2. It is 0 for the identity only, grows at least additively under composition,
 * and bounds the slope at 1: g'(1) >= 1 + e(g). Source: Gradient Explosion and Representation Shrinkage in Infinite
 * Networks (2022), appendix A.3. */
#ifndef ASSAY_MEANFIELD_EXCESS_CONVEXITY_H
#define ASSAY_MEANFIELD_EXCESS_CONVEXITY_H

#include <assay/meanfield/convex_map.h>

/* t, found on a logarithmic scale: small t keep what accuracy the map offers. Some 50 evaluations of g. */
struct value excess_convexity_point(const struct convex_map *g);

/* e(g) = 1/t - 2. For nearly straight g the error is absolute, near 1e-15. */
struct value excess_convexity(const struct convex_map *g);

/* The share p of the identity with which p id + (1 - p) g crosses at t; negative if g itself crosses above t. */
double excess_convexity_identity_share(const struct convex_map *g, double t);

#endif
