// SPDX-License-Identifier: GPL-3.0-or-later
/* Convex maps of [0, 1] in terms of gaps.
 *
 * What matters about such a map happens next to 1: the map of a deep network is flat almost everywhere and climbs to 1 over the last
 * millionth. So the form computed is G(gap) = 1 - g(1 - gap), concave with G(0) = 0, for each kind without cancellation:
 *
 *     series       gap sum c_k (1 + q + ... + q^(k-1)), q = 1 - gap: sums of positive terms
 *     piecewise    the polygon of (1 - x, 1 - y), starting at the end where it is steep
 *     Moebius      (1 + c) gap / (1 + c gap)
 *     chain        G_n o ... o G_1 (start gap) / G_n o ... o G_1 (start), correlation maps in their gap form
 *     composition  the composition of the gap forms
 *     mixture      p gap + (1 - p) G(gap)
 *
 * Errors: concavity gives gap G'(gap) <= G(gap), so a relative error of the argument is not amplified, and the relative errors of the maps
 * of a composition add up. */
#include <assay/meanfield/convex_map.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

/* ## Constructors */

enum status convex_map_series(struct convex_map *g, int n, const double c[])
{
    double sum = 0;

    if (n < 1 || n > CONVEX_MAP_CAPACITY)
        return status_fail(STATUS_RANGE, "convex_map_series: 1 to %d coefficients wanted, %d given",
                           CONVEX_MAP_CAPACITY, n);
    *g = (struct convex_map){.kind = CONVEX_SERIES, .n = n};
    for (int k = 0; k < n; k++) {
        if (!(c[k] >= 0 && isfinite(c[k])))
            return status_fail(STATUS_RANGE, "convex_map_series: coefficient %d of x^%d is not allowed: %g", k, k + 1,
                               c[k]);
        sum += c[k];
    }
    if (!(sum > 0))
        return status_fail(STATUS_RANGE, "convex_map_series: all %d coefficients are 0", n);
    for (int k = 0; k < n; k++)
        g->a[k] = c[k] / sum;
    return STATUS_OK;
}

enum status convex_map_piecewise(struct convex_map *g, int n, const double x[], const double y[])
{
    double before = 0;

    if (n < 2 || n > CONVEX_MAP_CAPACITY)
        return status_fail(STATUS_RANGE, "convex_map_piecewise: 2 to %d vertices wanted, %d given", CONVEX_MAP_CAPACITY,
                           n);
    if (!(x[0] == 0 && y[0] == 0 && x[n - 1] == 1 && y[n - 1] == 1))
        return status_fail(STATUS_RANGE,
                           "convex_map_piecewise: ends (0, 0) and (1, 1) wanted, (%g, %g) and (%g, %g) given", x[0],
                           y[0], x[n - 1], y[n - 1]);
    for (int i = 1; i < n; i++) {
        double slope = (y[i] - y[i - 1]) / (x[i] - x[i - 1]);

        if (!(x[i] > x[i - 1] && slope >= before * (1 - 1e-9)))
            return status_fail(STATUS_RANGE, "convex_map_piecewise: the slope falls to %g after vertex %d", slope,
                               i - 1);
        before = slope;
    }
    *g = (struct convex_map){.kind = CONVEX_PIECEWISE, .n = n};
    for (int i = 0; i < n; i++) {
        g->a[i] = 1 - x[n - 1 - i];
        g->b[i] = 1 - y[n - 1 - i];
    }
    return STATUS_OK;
}

enum status convex_map_moebius(struct convex_map *g, double c)
{
    if (!(c >= 0 && isfinite(c)))
        return status_fail(STATUS_RANGE, "convex_map_moebius: c >= 0 wanted, %g given", c);
    *g = (struct convex_map){.kind = CONVEX_MOEBIUS, .parameter = c};
    return STATUS_OK;
}

enum status convex_map_chain(struct convex_map *g, int n, const struct correlation_map *const maps[], double gap)
{
    if (n < 1)
        return status_fail(STATUS_RANGE, "convex_map_chain: 1 map or more wanted, %d given", n);
    if (!(gap > 0 && gap <= 1))
        return status_fail(STATUS_RANGE, "convex_map_chain: a gap above 0 and at most 1 wanted, %g given", gap);
    *g = (struct convex_map){.kind = CONVEX_CHAIN, .n = n, .parameter = gap, .layers = maps};
    for (int l = 0; l < n; l++) {
        gap = correlation_map_gap(maps[l], gap);
        if (!(gap > 0))
            return status_fail(STATUS_RANGE, "convex_map_chain: map %d of %d leaves a gap of %g", l + 1, n, gap);
    }
    return STATUS_OK;
}

enum status convex_map_crop(struct convex_map *g, const struct correlation_map *map, double gap)
{
    enum status status = convex_map_chain(g, 1, &map, gap);

    g->layer = map;
    g->layers = NULL;
    return status;
}

struct convex_map convex_map_compose(const struct convex_map *outer, const struct convex_map *inner)
{
    return (struct convex_map){.kind = CONVEX_COMPOSITION, .outer = outer, .inner = inner};
}

enum status convex_map_mix(struct convex_map *g, double p, const struct convex_map *inner)
{
    if (!(p >= 0 && p <= 1))
        return status_fail(STATUS_RANGE, "convex_map_mix: a weight between 0 and 1 wanted, %g given", p);
    *g = (struct convex_map){.kind = CONVEX_MIXTURE, .parameter = p, .inner = inner};
    return STATUS_OK;
}

/* ## Gap forms */

static struct value series_gap(const struct convex_map *g, double gap)
{
    double geometric = 1, sum = 0;

    for (int k = 0; k < g->n; k++) {
        sum += g->a[k] * geometric;
        geometric = 1 + (1 - gap) * geometric;
    }
    return rounded(gap * sum, 4.0 * g->n + 4);
}

static struct value piecewise_gap(const struct convex_map *g, double gap)
{
    int i = 1;

    while (i < g->n - 1 && gap > g->a[i])
        i++;
    double slope = (g->b[i] - g->b[i - 1]) / (g->a[i] - g->a[i - 1]);
    return rounded(g->b[i - 1] + slope * (gap - g->a[i - 1]), 10);
}

static struct value moebius_gap(double c, double gap)
{
    return rounded((1 + c) * gap / (1 + c * gap), 10);
}

static const struct correlation_map *chain_layer(const struct convex_map *g, int l)
{
    return g->layers ? g->layers[l] : g->layer;
}

/* The chain's gap from a starting gap, not rescaled. */
static struct value chain_end(const struct convex_map *g, double gap)
{
    double relative = 0;

    for (int l = 0; l < g->n && gap > 0; l++) {
        struct value next = correlation_map_gap_value(chain_layer(g, l), gap);

        relative += value_error(next) / next.x;
        gap = next.x;
    }
    return gap > 0 ? measured(gap, relative * gap, ROUNDING) : exact(0);
}

static struct value composition_gap(const struct convex_map *g, double gap)
{
    struct value inner = convex_map_gap_value(g->inner, gap), outer = convex_map_gap_value(g->outer, inner.x);

    return inner.x > 0 ? value_with(outer, value_error(inner) / inner.x * outer.x, ROUNDING) : outer;
}

struct value convex_map_gap_value(const struct convex_map *g, double gap)
{
    switch (g->kind) {
    case CONVEX_SERIES:
        return series_gap(g, gap);
    case CONVEX_PIECEWISE:
        return piecewise_gap(g, gap);
    case CONVEX_MOEBIUS:
        return moebius_gap(g->parameter, gap);
    case CONVEX_CHAIN:
        return value_div(chain_end(g, g->parameter * gap), chain_end(g, g->parameter));
    case CONVEX_COMPOSITION:
        return composition_gap(g, gap);
    case CONVEX_MIXTURE:
        return value_add(rounded(g->parameter * gap, 1),
                         value_scale(1 - g->parameter, convex_map_gap_value(g->inner, gap)));
    }
    return value_failed();
}

double convex_map_gap(const struct convex_map *g, double gap)
{
    return convex_map_gap_value(g, gap).x;
}

/* ## Values and slopes */

static double series_apply(const struct convex_map *g, double x)
{
    double sum = 0;

    for (int k = g->n - 1; k >= 0; k--)
        sum = (sum + g->a[k]) * x;
    return sum;
}

double convex_map_apply(const struct convex_map *g, double x)
{
    switch (g->kind) {
    case CONVEX_SERIES:
        return series_apply(g, x);
    case CONVEX_MOEBIUS:
        return x / (1 + g->parameter * (1 - x));
    case CONVEX_COMPOSITION:
        return convex_map_apply(g->outer, convex_map_apply(g->inner, x));
    case CONVEX_MIXTURE:
        return g->parameter * x + (1 - g->parameter) * convex_map_apply(g->inner, x);
    case CONVEX_PIECEWISE:
    case CONVEX_CHAIN:
        return 1 - convex_map_gap(g, 1 - x);
    }
    return NAN;
}

static double series_slope(const struct convex_map *g)
{
    double sum = 0;

    for (int k = 0; k < g->n; k++)
        sum += (k + 1) * g->a[k];
    return sum;
}

static double chain_slope(const struct convex_map *g)
{
    double slope = g->parameter / chain_end(g, g->parameter).x;

    for (int l = 0; l < g->n; l++)
        slope *= correlation_map_slope(chain_layer(g, l), 1);
    return slope;
}

double convex_map_slope_at_one(const struct convex_map *g)
{
    switch (g->kind) {
    case CONVEX_SERIES:
        return series_slope(g);
    case CONVEX_PIECEWISE:
        return g->b[1] / g->a[1];
    case CONVEX_MOEBIUS:
        return 1 + g->parameter;
    case CONVEX_CHAIN:
        return chain_slope(g);
    case CONVEX_COMPOSITION:
        return convex_map_slope_at_one(g->outer) * convex_map_slope_at_one(g->inner);
    case CONVEX_MIXTURE:
        return g->parameter + (1 - g->parameter) * convex_map_slope_at_one(g->inner);
    }
    return NAN;
}

/* ## Random maps */

/* A degree from 1 to the highest, uniform in its logarithm. */
static int random_degree(struct stream *stream, int degree)
{
    return 1 + (int)(pow(degree, stream_uniform(stream)) - 1e-9) % degree;
}

static void fill_dense(struct stream *stream, int degree, double c[])
{
    double decay = 3 * stream_uniform(stream);

    for (int k = 0; k < degree; k++)
        c[k] = -log(stream_uniform(stream)) * pow(k + 1, -decay);
}

static void fill_sparse(struct stream *stream, int degree, double c[])
{
    int terms = 1 + (int)stream_below(stream, 3);

    for (int i = 0; i < terms; i++)
        c[random_degree(stream, degree) - 1] += stream_uniform(stream);
}

/* The identity but for a weight of 1e-12 to 1 on one or more powers; or such a weight of the identity, and the rest on a high power. */
static void fill_extreme(struct stream *stream, int degree, double c[])
{
    double small = pow(10, -12 * stream_uniform(stream));
    bool straight = stream_below(stream, 2) == 0;

    fill_sparse(stream, degree, c);
    for (int k = 0; k < degree; k++)
        c[k] *= straight ? small : 0;
    c[0] += straight ? 1 : small;
    c[degree - 1] += straight ? 0 : 1;
}

struct convex_map convex_map_random_series(struct stream *stream, int degree)
{
    double c[CONVEX_MAP_CAPACITY] = {0};
    struct convex_map g;

    degree = degree < 2 ? 2 : degree > CONVEX_MAP_CAPACITY ? CONVEX_MAP_CAPACITY : degree;
    switch (stream_below(stream, 3)) {
    case 0:
        fill_dense(stream, degree, c);
        break;
    case 1:
        fill_sparse(stream, degree, c);
        break;
    default:
        fill_extreme(stream, degree, c);
    }
    convex_map_series(&g, degree, c);
    return g;
}

static int compare_decreasing(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x < y) - (x > y);
}

/* Edges from 1 downwards: slopes decrease, spread over up to ten decades; widths spread over three or so. */
struct convex_map convex_map_random_piecewise(struct stream *stream, int vertices)
{
    double slope[CONVEX_MAP_CAPACITY], spread = pow(10, 9 * stream_uniform(stream) - 8), width = 0, height = 0;
    struct convex_map g = {.kind = CONVEX_PIECEWISE};

    g.n = vertices < 3 ? 3 : vertices > CONVEX_MAP_CAPACITY ? CONVEX_MAP_CAPACITY : vertices;
    for (int i = 1; i < g.n; i++)
        slope[i] = exp(spread * (2 * stream_uniform(stream) - 1));
    qsort(slope + 1, (size_t)g.n - 1, sizeof *slope, compare_decreasing);
    for (int i = 1; i < g.n; i++) {
        double step = exp(-7 * stream_uniform(stream));

        g.a[i] = width += step;
        g.b[i] = height += step * slope[i];
    }
    for (int i = 1; i < g.n; i++) {
        g.a[i] /= width;
        g.b[i] /= height;
    }
    return g;
}
