// SPDX-License-Identifier: GPL-3.0-or-later
/* The learning rate at which training diverges: a map of test losses against the rate and one parameter that is swept, its boundary, and lines of theory beside it.
 *
 * A map has columns (the values x of what is swept), rows (rates in equal steps of their logarithm to base 10) and for each cell several restarts. A restart of a column is one network, from one stream, whatever
 * the rate.
 *
 * **The boundary** of a column and restart lies between the first rate that diverged and the row below it, which did not; that bracket is halved a few times more. It is known to half of what is left, a bound, and to the scatter of
 * restarts about their columns' means, a standard error.
 *
 * **Lines** give a rate for every column. Where training leaves the quadratic neighbourhood of its start the boundary need not lie on a line that is right; what speaks for a line is a boundary at a constant distance, in
 * logarithms: the mean offset over columns and its spread.
 *
 * At scale paper finished cells are kept (evidence/kept.h): an interrupted map goes on where it was. */
#ifndef ASSAY_EXPERIMENT_CRITICAL_RATES_H
#define ASSAY_EXPERIMENT_CRITICAL_RATES_H

#include <assay/evidence/claim.h>

enum { CRITICAL_RATES_HALVINGS = 3 };

struct critical_rates {
    int columns, rows, restarts;
    double *x;        // columns
    double *log_rate; // rows, increasing
    double *loss;     // columns x rows x restarts; NaN where training diverged
    double *boundary; // columns x restarts, a logarithm; NaN where no row, or the lowest, diverged
};

/* Trains a network of that column, drawn from stream, and tests it; *loss is NaN if it diverged. Runs on any thread: reads context, never writes it. */
typedef enum status rate_trial(int column, double rate, struct stream stream, double *loss, const void *context);

/* A map of the parameters "columns", "rows" (at least 2 each) and "restarts" (at least 2), which the program declares. Its x run from x0 to x1, in steps of equal ratio if geometric, else of equal size; rates are still to be set. Ends
 * the program as a usage error unless x0 < x1. */
void critical_rates_new(struct claim *claim, struct critical_rates *map, double x0, double x1, bool geometric);
void critical_rates_free(struct critical_rates *map);

/* Rows from `below` under the lowest to `above` over the highest of a line (columns numbers; logarithms). */
void critical_rates_span(struct critical_rates *map, const double line[], double below, double above);

/* Draws every cell, then narrows every bracket. fingerprint: of the data that trial looks at beside the parameters. */
void critical_rates_draw(struct claim *claim, struct critical_rates *map, rate_trial *trial, const void *context,
                         uint64_t fingerprint);

/* The boundary of a column in the mean over restarts, a logarithm; value_failed if one of them has none. */
struct value critical_rates_boundary(const struct critical_rates *map, int column);

/* Half of a bracket. */
double critical_rates_resolution(const struct critical_rates *map);

/* The boundary over a line, in logarithms, over columns that have both: mean and standard deviation (spread, of at least two columns), with the errors that the boundaries' errors give them. value_failed for fewer columns. */
struct rate_offset {
    int columns;
    struct value mean, spread;
};
struct rate_offset critical_rates_offset(const struct critical_rates *map, const double line[]);

/* log10 of the loss of a column's restart in the mean over rows without divergence whose rate is between `least` and `most` times that at its boundary; NaN if there are none. */
double critical_rates_loss(const struct critical_rates *map, int column, int restart, double least, double most);

/* The least loss of a column over its rates, each in the mean over restarts, none of which diverged; NaN if there is none. */
double critical_rates_best(const struct critical_rates *map, int column);

/* A named line: logarithms, NaN where there is none. */
struct rate_line {
    const char *name;
    const double *log_rate;
};

/* The table: rows "cell" (x, log_rate, mean loss, NaN if a restart diverged), "boundary" (x, -, -, boundary and its error) and one series a line (x, log_rate). x: the column's name. */
void critical_rates_table(struct claim *claim, const struct critical_rates *map, const char *x, int lines,
                          const struct rate_line line[]);

/* In every column with a boundary it is the line's rate but for a factor, and in the mean over columns but for its square root: checks "NAME line, within a factor" and "NAME line, in the mean". */
void critical_rates_check_line(struct claim *claim, const struct critical_rates *map, const char *x,
                               struct rate_line line, double factor);

/* Offsets from one line spread less over columns than those from another: check "NAME tracks better than NAME". */
void critical_rates_check_tracks(struct claim *claim, const struct critical_rates *map, struct rate_line better,
                                 struct rate_line worse);

/* In one column the boundary is off the line by more than a factor: a differing check. Ends the program as a usage error if it is within a factor of 5 of `other` there. */
void critical_rates_check_excluded(struct claim *claim, const char *name, const struct critical_rates *map,
                                   struct rate_line line, struct rate_line other, int column, double factor);

/* In columns first to last: losses are lower at an eighth to a half of the boundary's rate than below a thirty-second, for the same network. Ends the program as a usage error if there are no such rows. */
void critical_rates_check_strip(struct claim *claim, const char *name, const struct critical_rates *map, int first,
                                int last);

/* At an eighth to a half of the boundary's rate, losses in the lower third of columns are lower than in the upper third (`larger`: the other way round). */
void critical_rates_check_smaller(struct claim *claim, const char *name, const struct critical_rates *map, bool larger);

#endif
