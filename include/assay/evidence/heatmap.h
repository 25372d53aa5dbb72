// SPDX-License-Identifier: GPL-3.0-or-later
/* Heat maps with a predicted boundary: a score that falls with depth, for several values of something that is swept, and how deep it is still good.
 *
 * A map has columns (the values x of what is swept), rows (depths) and for each cell several independent repeats. In every column theory gives a scale xi, and a line at multiple * xi
 * below which scores should be good and beyond which they should be chance.
 *
 * **The boundary of a column** is the depth where the score falls through `level`. One crossing would hang on one or two noisy cells; it is averaged, in log depth, over all levels from
 * chance to as far above `level` as chance is below, which is an integral over all depths. Where all depths score higher it is the last, where none scores above chance the first.
 *
 * **Costs** are those of the cells: the deepest are started first, so that threads end together. At scale paper cells are kept as they are finished (kept.h), in build/kept, under a
 * name made of the program's own bytes, its parameters and the data: an interrupted map goes on where it was. At the other scales nothing is kept. */
#ifndef ASSAY_EVIDENCE_HEATMAP_H
#define ASSAY_EVIDENCE_HEATMAP_H

#include <assay/evidence/claim.h>

struct heatmap {
    int columns, rows, repeats;
    double *x, *xi;   // columns; xi is INFINITY where there is no boundary, negative where theory says something else
    double *depth;    // rows, increasing
    double multiple;  // of xi, the line
    double chance;    // the score of a guess
    double level;     // above chance
    double *score;    // columns x rows x repeats
    double *boundary; // columns x repeats
};

/* A map of the parameters "columns", "rows" (at least 2), "networks" (repeats; at least 1), "L" (the greatest depth) and "level", all of which the program declares. Its x are numbers from x0 to
 * x1, in steps of equal ratio if geometric, else of equal size; its depths whole numbers from depth0 to L, of nearly equal ratio and all different. Ends the program as a usage error if there
 * are not so many whole numbers. */
void heatmap_new(struct claim *claim, struct heatmap *map, double x0, double x1, bool geometric, int depth0);
void heatmap_free(struct heatmap *map);

/* A cell and its repeat, as sample numbers of an ensemble. */
struct cell {
    int column, row, repeat;
};
struct cell heatmap_cell(const struct heatmap *map, size_t sample);

/* Draws every cell, one output a sample, the score; finds the boundaries; writes the table: rows "cell" (x, depth, mean score, its standard error) and "line" (x, multiple * xi, and
 * the boundary that was found, in the geometric mean over repeats). x: the column's name. fingerprint: of the data that draw looks at beside the parameters. */
void heatmap_draw(struct claim *claim, struct heatmap *map, const char *x, sample_function *draw, const void *context,
                  uint64_t fingerprint);

/* The mean score of all cells with least <= depth / xi <= most (both may be negative), by its scatter over columns and repeats; value_failed if there are fewer than two. */
struct value heatmap_mean(const struct heatmap *map, double least, double most);

/* boundary / xi in the geometric mean over repeats and columns whose line lies well within the depths; value_failed below two of them. The slope of log boundary against the line's
 * logarithm, cut off at the greatest depth as boundaries are, over all columns with xi > 0; value_failed below three. Errors are those of the scatter, among repeats of the same column or, for the slope and where there is one
 * network a cell, about the fit, widened by Student's t. */
struct value heatmap_multiple(const struct heatmap *map);
struct value heatmap_slope(const struct heatmap *map);

/* The boundary in columns with least <= x <= most over that in the first column, in the geometric mean; value_failed without repeats or such columns. */
struct value heatmap_gain(const struct heatmap *map, double least, double most);

/* The boundary of one column of scores y (n, at increasing depths). */
double heatmap_boundary(int n, const double depth[], const double y[], double chance, double level);

#endif
