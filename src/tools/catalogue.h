// SPDX-License-Identifier: GPL-3.0-or-later
/* The project's claims as they stand on disk, and where their results are. */
#ifndef ASSAY_TOOLS_CATALOGUE_H
#define ASSAY_TOOLS_CATALOGUE_H

#include <assay/base/status.h>
#include <assay/evidence/table.h>
#include <cjson/cJSON.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

struct catalogue {
    size_t count;
    char **source;        // "figures/PAPER/NAME.c", sorted by paper and name
    char **name;          // "PAPER/NAME"
    char build[PATH_MAX]; // the build directory, absolute
};

/* Changes to the project's top (the directory above the running tool that holds paper_checks) and lists the programs there. */
enum status catalogue_open(struct catalogue *catalogue);
void catalogue_close(struct catalogue *catalogue);

/* The index of the one claim whose name starts with prefix (or is it); STATUS_RANGE, listing the matches, if there is none or more. */
enum status catalogue_find(const struct catalogue *catalogue, const char *prefix, size_t *index);

/* BUILD/SCALE/NAME.json, where scale is "results", "smoke", ...; NULL with a reason if there is none or it is malformed. Free with
 * cJSON_Delete. */
cJSON *catalogue_record(const struct catalogue *catalogue, const char *scale, const char *name);

/* The result's comparison with results/NAME.tsv. */
struct comparison catalogue_compare(const struct catalogue *catalogue, const char *name, FILE *details);

/* Text and number of a record's member; "" and NaN where it is absent or null. */
const char *record_text(const cJSON *record, const char *member);
double record_number(const cJSON *record, const char *member);

/* Whether the run was skipped, because a data set is absent; its member "skipped" says which. */
bool record_skipped(const cJSON *record);

/* One line on a run: "12.3 digits" or "z 2.1", from the check nearest to failing. */
void record_tightest(const cJSON *record, size_t size, char line[]);

/* Runs the claim's program (arguments ends with NULL; arguments[0] is ignored) and returns its exit status, 128 + signal if it was killed. */
int catalogue_run(const struct catalogue *catalogue, const char *name, char *const arguments[]);

#endif
