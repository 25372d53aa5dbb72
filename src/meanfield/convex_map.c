// SPDX-License-Identifier: GPL-3.0-or-later
/* Convex maps of [0, 1], evaluated from both ends.
 *
 * What matters about such a map happens next to 1: the map of a deep network is flat almost everywhere and climbs to
 * 1 over the last millionth. There neither x nor g(x) is of use, but 1 - x and 1 - g(x) are; on the flat part it is
 * the other way round. So a point is the pair (x, 1 - x), each number to relative accuracy, and a map takes pairs to
 * pairs:
 *
 *     series       x form sum c_k x^k, gap form gap sum c_k (1 + x + ... + x^(k-1)): sums of positive terms
 *     piecewise    the polygon of (1 - x, 1 - y), read from either end of an edge
 *     Moebius      x / (1 + c gap) and (1 + c) gap / (1 + c gap)
 *     chain        G_n o ... o G_1 (start gap) / G_n o ... o G_1 (start), and 1 minus that
 *     composition  pairs handed on
 *     mixture      linear in both
 *
 * Errors. The gap form G is concave with G(0) = 0, so gap G'(gap) <= G(gap): relative errors of gaps are not
 * amplified and add up along a composition. For x <= 1/2 convexity gives g'(x) <= (1 - g) / (1 - x) <= 2: absolute
 * errors of small x at most double. The smaller of the two bounds the error that g(x) inherits. */
#include <assay/meanfield/convex_map.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

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
        g->c[k] = c[k] / sum;
    return STATUS_OK;
}

enum status convex_map_crop_series(struct convex_map *g, int n, const double c[], double a, double b, double *range)
{
    double taylor[CONVEX_MAP_CAPACITY + 1], scale = 1, rise = 0;

    if (n < 1 || n > CONVEX_MAP_CAPACITY || !(a >= 0 && b > a)) {
        return status_fail(STATUS_RANGE, "convex_map_crop_series: degree %d (1 to %d), crop to [%g, %g]", n,
                           CONVEX_MAP_CAPACITY, a, b);
    }
    memcpy(taylor, c, (size_t)(n + 1) * sizeof(double));
    for (int j = 0; j <= n; j++) { // repeated division by x - a leaves the coefficients at a
        for (int k = n - 1; k >= j; k--) {
            taylor[k] += a * taylor[k + 1];
        }
        taylor[j] *= scale;
        rise += j > 0 ? taylor[j] : 0;
        scale *= b - a;
    }
    if (range != NULL) {
        *range = rise;
    }
    return convex_map_series(g, n, taylor + 1);
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
        g->x[i] = x[n - 1 - i];
        g->y[i] = y[n - 1 - i];
        g->u[i] = 1 - g->x[i];
        g->v[i] = 1 - g->y[i];
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

enum status convex_map_three_edges(struct convex_map *g, const double u[4])
{
    double x1 = u[0], y1 = u[1] * x1, x2 = x1 + (1 - x1) * u[2];
    double straight_on = u[1] * x2, to_the_end = y1 + (1 - y1) * u[2],
           y2 = straight_on + u[3] * (to_the_end - straight_on);

    return convex_map_piecewise(g, 4, (double[]){0, x1, x2, 1}, (double[]){0, y1, y2, 1});
}

enum status convex_map_powers(struct convex_map *g, int n, const double u[])
{
    double c[CONVEX_MAP_CAPACITY] = {0};

    for (int k = 0; k < n; k++)
        c[1 << k] = pow(u[k], 8);
    return convex_map_series(g, (1 << (n - 1)) + 1, c);
}

/* ## Evaluation */

/* A point and its image: x and gap = 1 - x, each with its own error. */
struct pair {
    struct value x, gap;
};

static struct pair series_image(const struct convex_map *g, double x, double gap)
{
    double geometric = 1, sum = 0, power = 0;

    for (int k = 0; k < g->n; k++) {
        sum += g->c[k] * geometric;
        geometric = 1 + x * geometric;
    }
    for (int k = g->n - 1; k >= 0; k--)
        power = (power + g->c[k]) * x;
    return (struct pair){rounded(power, 4.0 * g->n + 4), rounded(gap * sum, 4.0 * g->n + 4)};
}

/* How far vertex i lies below vertex i - 1, from the end whose numbers are the smaller ones. */
static double span(const double from_zero[], const double from_one[], int i)
{
    return from_zero[i - 1] < 0.5 ? from_zero[i - 1] - from_zero[i] : from_one[i] - from_one[i - 1];
}

static double edge_slope(const struct convex_map *g, int i)
{
    return span(g->y, g->v, i) / span(g->x, g->u, i);
}

static struct pair piecewise_image(const struct convex_map *g, double x, double gap)
{
    int i = 1;

    while (i < g->n - 1 && gap > g->u[i])
        i++;
    double slope = edge_slope(g, i), rest = x < 0.5 ? x - g->x[i] : g->u[i] - gap;
    return (struct pair){rounded(g->y[i] + slope * rest, 10), rounded(g->v[i - 1] + slope * (gap - g->u[i - 1]), 10)};
}

static struct pair moebius_image(double c, double x, double gap)
{
    return (struct pair){rounded(x / (1 + c * gap), 8), rounded((1 + c) * gap / (1 + c * gap), 10)};
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

static struct pair chain_image(const struct convex_map *g, double gap)
{
    struct value fall = value_div(chain_end(g, g->parameter * gap), chain_end(g, g->parameter));

    return (struct pair){value_sub(exact(1), fall), fall};
}

static struct pair image(const struct convex_map *g, double x, double gap);

static struct pair composition_image(const struct convex_map *g, double x, double gap)
{
    struct pair inner = image(g->inner, x, gap), outer = image(g->outer, inner.x.x, inner.gap.x);
    double relative = inner.gap.x > 0 ? value_error(inner.gap) / inner.gap.x : 0, by_gap = relative * outer.gap.x;
    double by_x = inner.x.x <= 0.5 ? 2 * value_error(inner.x) : by_gap;

    return (struct pair){value_with(outer.x, fmin(by_gap, by_x), ROUNDING), value_with(outer.gap, by_gap, ROUNDING)};
}

static struct pair mixture_image(const struct convex_map *g, double x, double gap)
{
    struct pair inner = image(g->inner, x, gap);
    double p = g->parameter, q = 1 - p;

    return (struct pair){value_add(rounded(p * x, 2), value_scale(q, inner.x)),
                         value_add(rounded(p * gap, 2), value_scale(q, inner.gap))};
}

static struct pair image(const struct convex_map *g, double x, double gap)
{
    switch (g->kind) {
    case CONVEX_SERIES:
        return series_image(g, x, gap);
    case CONVEX_PIECEWISE:
        return piecewise_image(g, x, gap);
    case CONVEX_MOEBIUS:
        return moebius_image(g->parameter, x, gap);
    case CONVEX_CHAIN:
        return chain_image(g, gap);
    case CONVEX_COMPOSITION:
        return composition_image(g, x, gap);
    case CONVEX_MIXTURE:
        return mixture_image(g, x, gap);
    }
    return (struct pair){value_failed(), value_failed()};
}

double convex_map_apply(const struct convex_map *g, double x)
{
    return image(g, x, 1 - x).x.x;
}

double convex_map_gap(const struct convex_map *g, double gap)
{
    return image(g, 1 - gap, gap).gap.x;
}

struct value convex_map_gap_value(const struct convex_map *g, double gap)
{
    return image(g, 1 - gap, gap).gap;
}

struct value convex_map_at_gap(const struct convex_map *g, double gap)
{
    return image(g, 1 - gap, gap).x;
}

/* ## Slopes */

static double series_slope(const struct convex_map *g)
{
    double sum = 0;

    for (int k = 0; k < g->n; k++)
        sum += (k + 1) * g->c[k];
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
        return edge_slope(g, 1);
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

/* The identity but for a weight of 1e-12 to 1 on one or more powers; or such a weight of the identity, and the rest
 * on a high power. */
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

/* Vertices from steps[1..n-1]: how far each lies below 1, and above 0, divided by the sum of the steps. */
static void stack(int n, const double steps[], double from_zero[], double from_one[])
{
    from_one[0] = from_zero[n - 1] = 0;
    for (int i = 1; i < n; i++) {
        from_one[i] = from_one[i - 1] + steps[i];
        from_zero[n - 1 - i] = from_zero[n - i] + steps[n - i];
    }
    for (int i = 0; i < n; i++) {
        from_one[i] /= from_one[n - 1];
        from_zero[n - 1 - i] /= from_zero[0];
    }
}

/* Edges from 1 downwards: slopes decrease, spread over nine decades at most; widths over three. */
struct convex_map convex_map_random_piecewise(struct stream *stream, int vertices)
{
    double slope[CONVEX_MAP_CAPACITY], width[CONVEX_MAP_CAPACITY], spread = pow(10, 9 * stream_uniform(stream) - 8);
    struct convex_map g = {.kind = CONVEX_PIECEWISE};

    g.n = vertices < 3 ? 3 : vertices > CONVEX_MAP_CAPACITY ? CONVEX_MAP_CAPACITY : vertices;
    for (int i = 1; i < g.n; i++)
        slope[i] = exp(spread * (2 * stream_uniform(stream) - 1));
    qsort(slope + 1, (size_t)g.n - 1, sizeof *slope, compare_decreasing);
    for (int i = 1; i < g.n; i++) {
        width[i] = exp(-7 * stream_uniform(stream));
        slope[i] *= width[i];
    }
    stack(g.n, width, g.x, g.u);
    stack(g.n, slope, g.y, g.v);
    return g;
}
