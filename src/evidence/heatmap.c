// SPDX-License-Identifier: GPL-3.0-or-later
/* Heat maps. */
#include <assay/base/memory.h>
#include <assay/evidence/heatmap.h>
#include <assay/evidence/kept.h>
#include <math.h>

/* ## The grid */

static double between(int i, int n, double from, double to, bool geometric)
{
    double t = n == 1 ? 0 : (double)i / (n - 1);

    return geometric ? from * pow(to / from, t) : from + t * (to - from);
}

void heatmap_new(struct claim *claim, struct heatmap *map, double x0, double x1, bool geometric, int depth0)
{
    int columns = (int)claim_integer(claim, "columns"), rows = (int)claim_integer(claim, "rows"),
        repeats = (int)claim_integer(claim, "networks"), depth1 = (int)claim_integer(claim, "L");

    if (depth1 - depth0 < rows - 1 || (columns > 1 && !(x0 < x1))) {
        claim_refuse(claim, "%d depths from %d to %d, %d columns from %g to %g", rows, depth0, depth1, columns, x0, x1);
    }
    *map = (struct heatmap){.columns = columns, .rows = rows, .repeats = repeats};
    map->level = claim_real(claim, "level");
    map->x = memory_doubles((size_t)columns);
    map->xi = memory_doubles((size_t)columns);
    map->boundary = memory_doubles((size_t)columns * (size_t)repeats);
    map->depth = memory_doubles((size_t)rows);
    map->score = memory_doubles((size_t)columns * (size_t)rows * (size_t)repeats);
    for (int i = 0; i < columns; i++) {
        map->x[i] = between(i, columns, x0, x1, geometric);
    }
    for (int i = 0; i < rows; i++) { // whole, different, and with room for those that follow
        double depth = round(between(i, rows, depth0, depth1, true));

        map->depth[i] = fmin(fmax(depth, i == 0 ? depth0 : map->depth[i - 1] + 1), depth1 - (rows - 1 - i));
    }
}

void heatmap_free(struct heatmap *map)
{
    memory_free(map->x);
    memory_free(map->xi);
    memory_free(map->boundary);
    memory_free(map->depth);
    memory_free(map->score);
}

/* Deepest rows first. */
struct cell heatmap_cell(const struct heatmap *map, size_t sample)
{
    int i = (int)sample, repeats = map->repeats, columns = map->columns;

    return (struct cell){i / repeats % columns, map->rows - 1 - i / repeats / columns, i % repeats};
}

static double *score_of(const struct heatmap *map, int column, int row)
{
    return map->score + ((ptrdiff_t)column * map->rows + row) * map->repeats;
}

static struct moments cell_moments(const struct heatmap *map, int column, int row)
{
    return moments_of((size_t)map->repeats, score_of(map, column, row), 1);
}

/* ## The table */

static void declare_columns(struct claim *claim, const char *x)
{
    const char *draws =
        "training amplifies rounding into another draw: chaotic near the boundary, a few percent elsewhere";

    claim_labels(claim, "series");
    claim_column(claim, x, RELATIVE(1e-14), "a grid");
    claim_column(claim, "depth", (struct tolerance){TOLERANCE_RELATIVE, 1e-6, true}, "a grid; in lines, quadrature");
    claim_column(claim, "score", (struct tolerance){TOLERANCE_ABSOLUTE, 0.35, true}, draws);
    claim_column(claim, "score_err", (struct tolerance){TOLERANCE_ABSOLUTE, 0.35, true}, draws);
    claim_column(claim, "boundary", (struct tolerance){TOLERANCE_RELATIVE, 0.35, true}, "of scores drawn again");
}

static void write_map(struct claim *claim, const struct heatmap *map, const char *x)
{
    declare_columns(claim, x);
    for (int c = 0; c < map->columns; c++) {
        for (int r = 0; r < map->rows; r++) {
            struct value mean = moments_mean(cell_moments(map, c, r));

            claim_row(claim, "cell", map->x[c], map->depth[r], mean.x, map->repeats > 1 ? value_error(mean) : NAN, NAN);
        }
    }
    for (int c = 0; c < map->columns; c++) {
        double line = map->multiple * map->xi[c], boundary = 0;

        for (int k = 0; k < map->repeats; k++) {
            boundary += log(map->boundary[c * map->repeats + k]) / map->repeats;
        }
        claim_row(claim, "line", map->x[c], line > 0 && isfinite(line) ? line : NAN, NAN, NAN, exp(boundary));
    }
}

/* ## Drawing */

static void find_boundaries(struct heatmap *map)
{
    double *score = memory_doubles((size_t)map->rows);

    for (int c = 0; c < map->columns; c++) {
        for (int k = 0; k < map->repeats; k++) {
            for (int r = 0; r < map->rows; r++) {
                score[r] = score_of(map, c, r)[k];
            }
            map->boundary[c * map->repeats + k] =
                heatmap_boundary(map->rows, map->depth, score, map->chance, map->level);
        }
    }
    memory_free(score);
}

void heatmap_draw(struct claim *claim, struct heatmap *map, const char *x, sample_function *draw, const void *context,
                  uint64_t fingerprint)
{
    size_t samples = (size_t)map->columns * (size_t)map->rows * (size_t)map->repeats;
    double *rows = memory_doubles(samples);
    struct ensemble ensemble = claim_ensemble(claim, 0, samples, 1, draw, context);

    kept_samples(claim, &ensemble, fingerprint, rows);
    for (size_t i = 0; i < samples; i++) {
        struct cell cell = heatmap_cell(map, i);

        score_of(map, cell.column, cell.row)[cell.repeat] = rows[i];
    }
    find_boundaries(map);
    memory_free(rows);
    write_map(claim, map, x);
}

/* ## Boundaries */

double heatmap_boundary(int n, const double depth[], const double y[], double chance, double level)
{
    double at = log(depth[0]);

    for (int i = 0; i + 1 < n; i++) {
        double here = (y[i] - chance) / (2 * (level - chance)), next = (y[i + 1] - chance) / (2 * (level - chance));

        at += (fmin(fmax(here, 0), 1) + fmin(fmax(next, 0), 1)) / 2 * log(depth[i + 1] / depth[i]);
    }
    return exp(at);
}

struct value heatmap_mean(const struct heatmap *map, double least, double most)
{
    struct moments all = moments_empty();

    for (int c = 0; c < map->columns; c++) {
        for (int r = 0; r < map->rows; r++) {
            double ratio = map->depth[r] / map->xi[c]; // 0 for infinite xi

            for (int k = 0; ratio >= least && ratio <= most && k < map->repeats; k++) {
                moments_add(&all, score_of(map, c, r)[k]);
            }
        }
    }
    if (all.count < 2) {
        status_fail(STATUS_RANGE, "heatmap: no cells between %g and %g depth scales", least, most);
        return value_failed();
    }
    return moments_estimate(all);
}

/* Columns whose line lies well within the grid. */
static bool inside(const struct heatmap *map, int column)
{
    double line = map->multiple * map->xi[column];

    return line > 1.25 * map->depth[0] && 1.25 * line < map->depth[map->rows - 1];
}

/* What the line says within the depths, and the boundary, both as logarithms, of every repeat of those columns whose line lies inside, or of all that have one: how many. */
static size_t boundaries(const struct heatmap *map, bool all, double x[], double y[])
{
    size_t n = 0;

    for (int c = 0; c < map->columns; c++) {
        for (int k = 0; (all ? map->xi[c] > 0 : inside(map, c)) && k < map->repeats; k++) {
            x[n] = log(fmin(map->multiple * map->xi[c], map->depth[map->rows - 1]));
            y[n++] = log(map->boundary[c * map->repeats + k]);
        }
    }
    return n;
}

/* Deviations of log boundaries from their columns' means: their number of degrees of freedom (count - 1) and variance as moments have them. */
static struct moments scatter_of(const struct heatmap *map)
{
    struct moments all = moments_empty();

    for (int c = 0; c < map->columns; c++) {
        struct moments column = moments_empty();

        for (int k = 0; k < map->repeats; k++) {
            moments_add(&column, log(map->boundary[c * map->repeats + k]));
        }
        all.count += column.count - 1;
        all.deviations += column.deviations;
    }
    all.count += 1;
    return all;
}

struct value heatmap_multiple(const struct heatmap *map)
{
    size_t most = (size_t)map->columns * (size_t)map->repeats;
    double *x = memory_doubles(2 * most), *y = x + most;
    size_t n = boundaries(map, false, x, y);
    struct moments ratio = moments_empty(), scatter = scatter_of(map);

    for (size_t i = 0; i < n; i++) {
        moments_add(&ratio, y[i] - x[i] + log(map->multiple));
    }
    memory_free(x);
    if (n < 2) {
        status_fail(STATUS_RANGE, "heatmap: %zu boundaries are to be expected within the depths", n);
        return value_failed();
    }
    struct value mean = moments_estimate(ratio);
    if (map->repeats > 1) {
        mean.err[SAMPLING] = moments_estimate(scatter).err[SAMPLING] * sqrt(scatter.count / (double)n);
    }
    return value_through(mean, exp(mean.x), exp(mean.x));
}

struct value heatmap_gain(const struct heatmap *map, double least, double most)
{
    struct moments first = moments_empty(), others = moments_empty(), scatter = scatter_of(map);

    for (int i = 0; i < map->columns * map->repeats; i++) {
        double x = map->x[i / map->repeats], y = log(map->boundary[i]);

        if (i < map->repeats) {
            moments_add(&first, y);
        } else if (x >= least && x <= most) {
            moments_add(&others, y);
        }
    }
    if (map->repeats < 2 || others.count < 1) {
        status_fail(STATUS_RANGE, "heatmap: %d networks a cell, %g boundaries between %g and %g", map->repeats,
                    others.count, least, most);
        return value_failed();
    }
    double spread = moments_estimate(scatter).err[SAMPLING] * sqrt(scatter.count),
           error = spread * sqrt(1 / first.count + 1 / others.count), ratio = exp(others.mean - first.mean);

    return measured(ratio, ratio * error, SAMPLING);
}

struct value heatmap_slope(const struct heatmap *map)
{
    size_t most = (size_t)map->columns * (size_t)map->repeats;
    double *x = memory_doubles(2 * most), *y = x + most;
    size_t n = boundaries(map, true, x, y);
    struct line line;
    enum status status =
        n < 3 ? status_fail(STATUS_RANGE, "heatmap: %zu boundaries", n) : line_fit(n, x, y, NULL, &line);

    memory_free(x);
    return status == STATUS_OK ? line.slope : value_failed();
}
