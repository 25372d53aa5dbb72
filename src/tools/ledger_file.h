// SPDX-License-Identifier: GPL-3.0-or-later
/* The ledger file, results/PAPER/ledger.tsv: one row for every item of a paper, so that nothing is left out quietly.
 *
 * Lines `# key: value` (paper, title, items: how many numbered items the paper has), a header row, rows of item, kind, where, claim,
 * program, checks, status, erratum. `checked` rows name a program and patterns of its checks; rows of another status (definition,
 * schematic, skipped) name no program and give the reason in `checks`. erratum is `-` or identifiers of errata
 * that the program proves, with commas between them. */
#ifndef ASSAY_TOOLS_LEDGER_FILE_H
#define ASSAY_TOOLS_LEDGER_FILE_H

#include "catalogue.h"

#include <stdbool.h>

enum { LEDGER_FIELDS = 8, ERRATUM_SIZE = 64 };
enum ledger_field { ITEM, KIND, WHERE, CLAIM, PROGRAM, CHECKS, STATUS, ERRATUM };

struct ledger_row {
    int line;
    char *field[LEDGER_FIELDS]; // NULL all, where the line has not eight fields
};

struct ledger {
    char path[PATH_MAX], paper[64], title[256];
    int items;
    size_t rows;
    struct ledger_row *row;
    char *text; // what the fields point into
};

/* Reads a paper's ledger; STATUS_ABSENT or STATUS_IO if it can't be read. Rows are as they stand, checked by nobody. */
enum status ledger_read(struct ledger *ledger, const char *paper);
void ledger_free(struct ledger *ledger);

/* The row's erratum number i, from 0; false (and an empty id) if it has not so many. */
bool ledger_erratum(const struct ledger_row *row, int i, char id[ERRATUM_SIZE]);

/* Whether the row names that erratum. */
bool ledger_names_erratum(const struct ledger_row *row, const char *id);

/* The papers that have programs, in order; each has a ledger to read. paper[i] is the caller's (memory_free), as is the array. */
size_t ledger_papers(const struct catalogue *catalogue, char ***paper);

#endif
