// SPDX-License-Identifier: GPL-3.0-or-later
/* Critical learning rates. */
#include <assay/base/hash.h>
#include <assay/base/memory.h>
#include <assay/evidence/kept.h>
#include <assay/experiment/critical_rates.h>
#include <math.h>
#include <stdio.h>

/* The streams of restarts, apart from those of the ensembles. */
enum { GRID = 0, NARROWING = 1, RESTARTS = 2 };

/* ## The grid */

void critical_rates_new(struct claim *claim, struct critical_rates *map, double x0, double x1, bool geometric)
{
    int columns = (int)claim_integer(claim, "columns"), rows = (int)claim_integer(claim, "rows"),
        restarts = (int)claim_integer(claim, "restarts");

    if (!(x0 < x1) || columns < 2 || rows < 2 || restarts < 2) {
        claim_refuse(claim, "%d columns from %g to %g, %d rows, %d restarts", columns, x0, x1, rows, restarts);
    }
    *map = (struct critical_rates){.columns = columns, .rows = rows, .restarts = restarts};
    map->x = memory_doubles((size_t)columns);
    map->log_rate = memory_doubles((size_t)rows);
    map->loss = memory_doubles((size_t)columns * (size_t)rows * (size_t)restarts);
    map->boundary = memory_doubles((size_t)columns * (size_t)restarts);
    for (int c = 0; c < columns; c++) {
        double t = (double)c / (columns - 1);

        map->x[c] = geometric ? x0 * pow(x1 / x0, t) : x0 + t * (x1 - x0);
    }
}

void critical_rates_free(struct critical_rates *map)
{
    memory_free(map->x);
    memory_free(map->log_rate);
    memory_free(map->loss);
    memory_free(map->boundary);
}

void critical_rates_span(struct critical_rates *map, const double line[], double below, double above)
{
    double least = line[0], most = line[0];

    for (int c = 1; c < map->columns; c++) {
        least = fmin(least, line[c]);
        most = fmax(most, line[c]);
    }
    for (int r = 0; r < map->rows; r++) {
        map->log_rate[r] = least - below + r * (most + above - least + below) / (map->rows - 1);
    }
}

static double *loss_of(const struct critical_rates *map, int column, int row)
{
    return map->loss + ((ptrdiff_t)column * map->rows + row) * map->restarts;
}

/* ## Drawing */

struct drawing {
    const struct critical_rates *map;
    rate_trial *trial;
    const void *context;
};

static enum status train(const struct drawing *drawing, int column, int restart, double log_rate, struct stream stream,
                         double *loss)
{
    stream.stream = RESTARTS;
    stream.sample = (uint32_t)(column * drawing->map->restarts + restart);
    stream.draw = 0;
    return drawing->trial(column, pow(10, log_rate), stream, loss, drawing->context);
}

struct cell {
    int column, row, restart;
};

/* Low rates first: they are trained to the end. */
static struct cell cell_of(const struct critical_rates *map, size_t sample)
{
    int i = (int)sample;

    return (struct cell){i / map->restarts % map->columns, i / map->restarts / map->columns, i % map->restarts};
}

static enum status draw_cell(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct drawing *drawing = context;
    struct cell cell = cell_of(drawing->map, sample);

    return train(drawing, cell.column, cell.restart, drawing->map->log_rate[cell.row], *stream, out);
}

/* The first row that diverged: 0 if it is the lowest, rows if there is none. */
static int first_diverged(const struct critical_rates *map, int column, int restart)
{
    int row = 0;

    while (row < map->rows && !isnan(loss_of(map, column, row)[restart])) {
        row++;
    }
    return row;
}

static enum status narrow(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct drawing *drawing = context;
    const struct critical_rates *map = drawing->map;
    int column = (int)sample / map->restarts, restart = (int)sample % map->restarts,
        row = first_diverged(map, column, restart);
    enum status status = STATUS_OK;

    out[0] = NAN;
    if (row == 0 || row == map->rows) {
        return STATUS_OK;
    }
    double stable = map->log_rate[row - 1], diverged = map->log_rate[row], loss;
    for (int i = 0; status == STATUS_OK && i < CRITICAL_RATES_HALVINGS; i++) {
        double middle = (stable + diverged) / 2;

        status = train(drawing, column, restart, middle, *stream, &loss);
        *(isnan(loss) ? &diverged : &stable) = middle;
    }
    out[0] = (stable + diverged) / 2;
    return status;
}

void critical_rates_draw(struct claim *claim, struct critical_rates *map, rate_trial *trial, const void *context,
                         uint64_t fingerprint)
{
    static const char narrowing[] = "narrowing";
    struct drawing drawing = {map, trial, context};
    size_t restarts = (size_t)map->columns * (size_t)map->restarts, cells = restarts * (size_t)map->rows;
    double *rows = memory_doubles(cells);
    struct ensemble grid = claim_ensemble(claim, GRID, cells, 1, draw_cell, &drawing),
                    brackets = claim_ensemble(claim, NARROWING, restarts, 1, narrow, &drawing);

    kept_samples(claim, &grid, fingerprint, rows);
    for (size_t i = 0; i < cells; i++) {
        struct cell cell = cell_of(map, i);

        loss_of(map, cell.column, cell.row)[cell.restart] = rows[i];
    }
    memory_free(rows);
    kept_samples(claim, &brackets, hash_bytes(fingerprint, sizeof narrowing, narrowing), map->boundary);
}

/* ## Boundaries */

double critical_rates_resolution(const struct critical_rates *map)
{
    return ldexp(map->log_rate[1] - map->log_rate[0], -CRITICAL_RATES_HALVINGS - 1);
}

/* The standard error of one restart's value (columns x restarts, NaN where there is none), from its scatter about the means of columns; widened for few restarts. */
static double scatter(const struct critical_rates *map, const double value[])
{
    struct moments all = {.count = 1};

    for (int c = 0; c < map->columns; c++) {
        struct moments column = moments_empty();

        for (int k = 0; k < map->restarts; k++) {
            if (isfinite(value[c * map->restarts + k])) {
                moments_add(&column, value[c * map->restarts + k]);
            }
        }
        all.count += column.count > 1 ? column.count - 1 : 0;
        all.deviations += column.deviations;
    }
    return all.count < 2 ? INFINITY : moments_estimate(all).err[SAMPLING] * sqrt(all.count);
}

/* Of a column's mean boundary. */
static double standard_error(const struct critical_rates *map)
{
    return scatter(map, map->boundary) / sqrt((double)map->restarts);
}

static double column_boundary(const struct critical_rates *map, int column)
{
    return moments_of((size_t)map->restarts, map->boundary + column * map->restarts, 1).mean;
}

struct value critical_rates_boundary(const struct critical_rates *map, int column)
{
    double mean = column_boundary(map, column);

    if (!isfinite(mean)) {
        status_fail(STATUS_RANGE, "critical rates: column %d, x = %g, has no boundary within the rates", column,
                    map->x[column]);
        return value_failed();
    }
    return value_with(measured(mean, standard_error(map), SAMPLING), critical_rates_resolution(map), FINITE_SIZE);
}

struct rate_offset critical_rates_offset(const struct critical_rates *map, const double line[])
{
    struct moments all = moments_empty();
    double error = standard_error(map), bound = critical_rates_resolution(map), weighted = 0;

    for (int c = 0; c < map->columns; c++) {
        double offset = column_boundary(map, c) - line[c];

        if (isfinite(offset)) {
            moments_add(&all, offset);
        }
    }
    struct rate_offset offset = {(int)all.count, value_failed(), value_failed()};
    if (all.count < 2) {
        status_fail(STATUS_RANGE, "critical rates: %g columns have a boundary and a line", all.count);
        return offset;
    }
    double spread = sqrt(moments_variance(all));
    for (int c = 0; c < map->columns; c++) {
        double deviation = column_boundary(map, c) - line[c] - all.mean;

        weighted += isfinite(deviation) ? fabs(deviation) : 0;
    }
    double share = spread > 0 ? weighted / ((all.count - 1) * spread) : 1;
    offset.mean = value_with(measured(all.mean, error / sqrt(all.count), SAMPLING), bound, FINITE_SIZE);
    offset.spread = value_with(measured(spread, error / sqrt(all.count - 1), SAMPLING), share * bound, FINITE_SIZE);
    return offset;
}

/* ## Losses */

double critical_rates_loss(const struct critical_rates *map, int column, int restart, double least, double most)
{
    struct moments all = moments_empty();

    for (int r = 0; r < map->rows; r++) {
        double ratio = pow(10, map->log_rate[r] - map->boundary[column * map->restarts + restart]),
               loss = loss_of(map, column, r)[restart];

        if (ratio >= least && ratio <= most && isfinite(loss)) {
            moments_add(&all, log10(loss));
        }
    }
    return all.count > 0 ? all.mean : NAN;
}

static double cell_loss(const struct critical_rates *map, int column, int row)
{
    return moments_of((size_t)map->restarts, loss_of(map, column, row), 1).mean;
}

double critical_rates_best(const struct critical_rates *map, int column)
{
    double best = NAN;

    for (int r = 0; r < map->rows; r++) {
        best = fmin(best, cell_loss(map, column, r));
    }
    return best;
}

/* ## The table */

static void declare_columns(struct claim *claim, const char *x)
{
    claim_labels(claim, "series");
    claim_column(claim, x, RELATIVE(1e-14), "a grid");
    claim_column(claim, "log_rate", (struct tolerance){TOLERANCE_ABSOLUTE, 1e-3, true},
                 "a grid, closed forms, and Lanczos iteration");
    claim_column(claim, "loss", (struct tolerance){TOLERANCE_RELATIVE, 0.1, true},
                 "training amplifies rounding: chaotic next to the boundary");
    claim_column(claim, "boundary", (struct tolerance){TOLERANCE_ABSOLUTE, 0.15, true},
                 "as loss: a run next to the boundary may end on its other side");
    claim_column(claim, "boundary_err", (struct tolerance){TOLERANCE_ABSOLUTE, 0.15, true}, "as boundary");
}

void critical_rates_table(struct claim *claim, const struct critical_rates *map, const char *x, int lines,
                          const struct rate_line line[])
{
    declare_columns(claim, x);
    for (int c = 0; c < map->columns; c++) {
        for (int r = 0; r < map->rows; r++) {
            claim_row(claim, "cell", map->x[c], map->log_rate[r], cell_loss(map, c, r), NAN, NAN);
        }
    }
    for (int c = 0; c < map->columns; c++) {
        bool found = isfinite(column_boundary(map, c));
        struct value boundary = found ? critical_rates_boundary(map, c) : value_failed();

        claim_row(claim, "boundary", map->x[c], NAN, NAN, boundary.x, found ? value_error(boundary) : NAN);
    }
    for (int i = 0; i < lines; i++) {
        for (int c = 0; c < map->columns; c++) {
            claim_row(claim, line[i].name, map->x[c], line[i].log_rate[c], NAN, NAN, NAN);
        }
    }
}

/* ## Checks */

void critical_rates_check_line(struct claim *claim, const struct critical_rates *map, const char *x,
                               struct rate_line line, double factor)
{
    char name[64];

    snprintf(name, sizeof name, "%s line, within a factor", line.name);
    for (int c = 0; c < map->columns; c++) {
        if (isfinite(column_boundary(map, c)) && isfinite(line.log_rate[c])) {
            struct value offset = value_sub(critical_rates_boundary(map, c), exact(line.log_rate[c]));

            claim_case(claim, "log10 of rates, %s = %.3g", x, map->x[c]);
            check_shape(claim, name, value_sub(exact(log10(factor)), offset.x < 0 ? value_scale(-1, offset) : offset),
                        1);
        }
    }
    struct value mean = claim_value(claim, critical_rates_offset(map, line.log_rate).mean);
    snprintf(name, sizeof name, "%s line, in the mean", line.name);
    claim_case(claim, "log10 of rates, %d columns", map->columns);
    check_shape(claim, name, value_sub(exact(log10(factor) / 2), mean.x < 0 ? value_scale(-1, mean) : mean), 1);
}

void critical_rates_check_tracks(struct claim *claim, const struct critical_rates *map, struct rate_line better,
                                 struct rate_line worse)
{
    struct value spread = claim_value(claim, critical_rates_offset(map, better.log_rate).spread),
                 other = claim_value(claim, critical_rates_offset(map, worse.log_rate).spread);
    char name[64];

    snprintf(name, sizeof name, "%s tracks better than %s", better.name, worse.name);
    claim_case(claim, "spread over columns");
    check_shape(claim, name, value_sub(other, spread), other.x);
}

void critical_rates_check_excluded(struct claim *claim, const char *name, const struct critical_rates *map,
                                   struct rate_line line, struct rate_line other, int column, double factor)
{
    double apart = fabs(line.log_rate[column] - other.log_rate[column]);
    struct value boundary = claim_value(claim, critical_rates_boundary(map, column));

    if (!(apart >= log10(5))) {
        claim_refuse(claim, "lines \"%s\" and \"%s\" are a factor of %.3g apart at %.3g, too near to be told apart",
                     line.name, other.name, pow(10, apart), map->x[column]);
    }
    claim_case(claim, "log10 of rates, column %.3g", map->x[column]);
    check_differs(claim, name, exact(line.log_rate[column]), value_with(boundary, log10(factor), FINITE_SIZE));
}

/* The strip of low losses that is looked for, in units of the boundary's rate, and what lies below it. */
static const double strip_least = 0.125, strip_most = 0.5, slow_most = 0.03125;

/* The mean of columns first to last, with the error of its scatter. */
static struct value mean_of(struct claim *claim, const struct critical_rates *map, const double value[], int first,
                            int last)
{
    struct moments all = moments_empty();

    for (int i = first * map->restarts; i < (last + 1) * map->restarts; i++) {
        if (isfinite(value[i])) {
            moments_add(&all, value[i]);
        }
    }
    if (all.count < 1) {
        claim_refuse(claim, "%d rows are too few to compare losses at rates below the boundary", map->rows);
    }
    return measured(all.mean, scatter(map, value) / sqrt(all.count), SAMPLING);
}

void critical_rates_check_strip(struct claim *claim, const char *name, const struct critical_rates *map, int first,
                                int last)
{
    double *gain = memory_doubles((size_t)map->columns * (size_t)map->restarts);

    for (int i = 0; i < map->columns * map->restarts; i++) {
        int c = i / map->restarts, k = i % map->restarts;

        gain[i] =
            critical_rates_loss(map, c, k, 0, slow_most) - critical_rates_loss(map, c, k, strip_least, strip_most);
    }
    claim_case(claim, "log10 of losses, columns %.3g to %.3g", map->x[first], map->x[last]);
    check_shape(claim, name, mean_of(claim, map, gain, first, last), 1);
    memory_free(gain);
}

void critical_rates_check_smaller(struct claim *claim, const char *name, const struct critical_rates *map, bool larger)
{
    int third = map->columns < 6 ? 1 : map->columns / 3, high = map->columns - third;
    double *loss = memory_doubles((size_t)map->columns * (size_t)map->restarts);

    for (int i = 0; i < map->columns * map->restarts; i++) {
        loss[i] = critical_rates_loss(map, i / map->restarts, i % map->restarts, strip_least, strip_most);
    }
    struct value lower = mean_of(claim, map, loss, 0, third - 1),
                 upper = mean_of(claim, map, loss, high, map->columns - 1);
    claim_case(claim, "log10 of losses, columns to %.3g and from %.3g", map->x[third - 1], map->x[high]);
    check_shape(claim, name, larger ? value_sub(lower, upper) : value_sub(upper, lower), 1);
    memory_free(loss);
}
