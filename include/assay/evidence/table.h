// SPDX-License-Identifier: GPL-3.0-or-later
/* Result tables and their comparison.
 *
 * A table is a TSV file: lines `# key: value` with what made it, a line `# column NAME: RULE; REASON` for every column, one header row
 * that gnuplot reads with columnheader, rows of %.17g, and a last line `# end: N rows` that a truncated file lacks. An optional
 * first column holds labels; where the label changes stands an empty line, so that gnuplot draws each series apart. Nothing that varies from run to run (date, seconds, threads) stands in it: same input, same bytes. */
#ifndef ASSAY_EVIDENCE_TABLE_H
#define ASSAY_EVIDENCE_TABLE_H

#include <assay/base/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum tolerance_kind {
    TOLERANCE_EXACT,
    TOLERANCE_RELATIVE,
    TOLERANCE_ABSOLUTE,
    TOLERANCE_DIGITS,
    TOLERANCE_SIGMAS,
    TOLERANCE_KINDS
};

/* How a column is compared with its reference: bit by bit; |a - b| <= amount |reference|; <= amount; so many decimal digits;
 * <= amount standard errors, taken from the reference's column NAME_err. NaN equals nothing unless nan_equal. */
struct tolerance {
    enum tolerance_kind kind;
    double amount;
    bool nan_equal;
};

#define EXACT ((struct tolerance){TOLERANCE_EXACT, 0, false})
#define RELATIVE(amount) ((struct tolerance){TOLERANCE_RELATIVE, amount, false})
#define ABSOLUTE(amount) ((struct tolerance){TOLERANCE_ABSOLUTE, amount, false})
#define DIGITS(amount) ((struct tolerance){TOLERANCE_DIGITS, amount, false})
#define SIGMAS(amount) ((struct tolerance){TOLERANCE_SIGMAS, amount, false})

struct column {
    char *name, *reason;
    struct tolerance tolerance;
};

struct table {
    int notes, columns;
    char **note_key, **note;
    struct column *column;
    char *label_name; // NULL: no labels
    size_t rows, room;
    char **label; // rows
    double *cell; // rows x columns
};

/* An empty table; release frees what it holds. */
void table_start(struct table *table);
void table_release(struct table *table);

/* Adds a note, a labels column (before the first row), a column (before the first row), a row of table->columns numbers. Texts are
 * copied; tabs and line ends in them become spaces. */
void table_note(struct table *table, const char *key, const char *format, ...) __attribute__((format(printf, 3, 4)));
void table_labels(struct table *table, const char *name);
void table_column(struct table *table, const char *name, struct tolerance tolerance, const char *reason);
void table_row(struct table *table, const char *label, const double cells[]);

/* The value of a note (NULL if there is none), the index of a column (-1 if there is none). */
const char *table_find_note(const struct table *table, const char *key);
int table_find_column(const struct table *table, const char *name);

/* Writes to a temporary name beside path, syncs and renames: an interrupt or a full disk leaves the old file whole. Missing directories
 * are made. STATUS_IO with the reason. */
enum status table_write(const struct table *table, const char *path);

/* Reads and checks a table: STATUS_ABSENT if there is no file, STATUS_FORMAT naming file and line otherwise. */
enum status table_read(struct table *table, const char *path);

enum agreement { AGREES_SAME, AGREES_CLOSE, AGREES_DRIFT, AGREES_MISSING, AGREES_OTHER };

struct comparison {
    enum agreement agreement;
    double digits; // least decimal digits that agree, of all cells that differ; 17 if none does
    size_t differing, drifted;
    char what[256]; // the worst cell, or why the tables can't be compared
};

/* Compares a result with its reference by the rules that the reference holds. AGREES_OTHER: made with other parameters, seed or scale, or for
 * another claim, or with other columns, labels or number of rows; that counts as drift. details (may be NULL) gets one line for every column. */
struct comparison table_compare(const struct table *reference, const struct table *result, FILE *details);

/* The same for files; a missing or unreadable reference is AGREES_MISSING, a missing or unreadable result AGREES_OTHER. */
struct comparison table_compare_files(const char *reference, const char *result, FILE *details);

const char *agreement_name(enum agreement agreement);

#endif
