// SPDX-License-Identifier: GPL-3.0-or-later
/* The ledger: one row for every item of a paper, so that nothing is left out quietly.
 *
 * results/PAPER/ledger.tsv: lines `# key: value` (paper, items: how many numbered items the paper has), a header row, rows of
 * item, kind, where, claim, program, checks, status, erratum. `checked` rows name a program and patterns of its checks; rows
 * of another status (definition, schematic, skipped) name no program and give the reason in `checks`. */
#include "assay.h"

#include <assay/base/file.h>
#include <assay/base/memory.h>
#include <assay/evidence/record.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS = 8, ITEMS_MOST = 4096 };
enum { ITEM, KIND, WHERE, CLAIM, PROGRAM, CHECKS, STATUS, ERRATUM };

struct ledger {
    const struct catalogue *catalogue;
    const char *path;
    char paper[64];
    int line, items, rows, faults;
    bool seen[ITEMS_MOST];
    bool *named; // by program of the catalogue
};

static void complain(struct ledger *ledger, const char *what, const char *which)
{
    printf("%s:%d: %s%s%s\n", ledger->path, ledger->line, what, which[0] == '\0' ? "" : ": ", which);
    ledger->faults++;
}

static bool any_check_matches(const cJSON *record, const char *pattern)
{
    const cJSON *check;
    bool any = false;

    cJSON_ArrayForEach(check, cJSON_GetObjectItem(record, "checks"))
    {
        any = any || record_matches(pattern, record_text(check, "name"));
    }
    return any;
}

static bool has_erratum(const cJSON *record, const char *id)
{
    const cJSON *erratum;
    bool any = false;

    cJSON_ArrayForEach(erratum, cJSON_GetObjectItem(record, "errata"))
    {
        any = any || strcmp(record_text(erratum, "id"), id) == 0;
    }
    return any;
}

/* The program exists; and, where it has run, it has the checks and the erratum that the row names. */
static void check_program(struct ledger *ledger, char *field[FIELDS])
{
    char name[256];
    bool exists = false;

    snprintf(name, sizeof name, "%s/%s", ledger->paper, field[PROGRAM]);
    for (size_t i = 0; i < ledger->catalogue->count; i++) {
        if (strcmp(ledger->catalogue->name[i], name) == 0) {
            ledger->named[i] = exists = true;
        }
    }
    if (!exists) {
        complain(ledger, "no such program", name);
        return;
    }
    cJSON *record = catalogue_record(ledger->catalogue, "results", name);
    if (record == NULL) {
        complain(ledger, "the program has not run to its end", name);
        return;
    }
    char *patterns = memory_text(field[CHECKS]), *state = NULL;
    for (char *one = strtok_r(patterns, " ", &state); one != NULL; one = strtok_r(NULL, " ", &state)) {
        if (!any_check_matches(record, one)) {
            complain(ledger, "the program has no such check", one);
        }
    }
    if (strcmp(field[ERRATUM], "-") != 0 && !has_erratum(record, field[ERRATUM])) {
        complain(ledger, "the program has no such erratum", field[ERRATUM]);
    }
    memory_free(patterns);
    cJSON_Delete(record);
}

static void check_row(struct ledger *ledger, char *field[FIELDS])
{
    static const char *const statuses[] = {"checked", "definition", "schematic", "skipped"};
    int item = atoi(field[ITEM]), status = 0;

    while (status < 4 && strcmp(field[STATUS], statuses[status]) != 0) {
        status++;
    }
    if (status == 4) {
        complain(ledger, "unknown status (checked, definition, schematic, skipped)", field[STATUS]);
    }
    if (item < 1 || item > ledger->items) {
        complain(ledger, "no item of the paper", field[ITEM]);
    } else {
        ledger->seen[item] = true;
    }
    if (status == 0) {
        check_program(ledger, field);
    } else if (strcmp(field[PROGRAM], "-") != 0 || strlen(field[CHECKS]) < 8) {
        complain(ledger, "a row without a check gives '-' as its program and a reason in checks", field[CLAIM]);
    }
    ledger->rows++;
}

static void check_line(struct ledger *ledger, char *line)
{
    char *field[FIELDS];
    int count = 0;

    if (line[0] == '#') {
        sscanf(line, "# items: %d", &ledger->items);
        return;
    }
    for (char *at = line; at != NULL && count < FIELDS; count++) {
        field[count] = strsep(&at, "\t");
        if (count == FIELDS - 1 && at != NULL) {
            count = FIELDS;
        }
    }
    if (count != FIELDS) {
        complain(ledger, "a row has eight fields", "");
    } else if (strcmp(field[ITEM], "item") != 0) {
        check_row(ledger, field);
    }
}

static void check_completeness(struct ledger *ledger)
{
    char number[32];
    size_t length = strlen(ledger->paper);

    if (ledger->items < 1 || ledger->items >= ITEMS_MOST) {
        complain(ledger, "no line '# items: N'", "");
    }
    for (int item = 1; item <= ledger->items && item < ITEMS_MOST; item++) {
        snprintf(number, sizeof number, "%d", item);
        if (!ledger->seen[item]) {
            complain(ledger, "no row for item", number);
        }
    }
    for (size_t i = 0; i < ledger->catalogue->count; i++) {
        const char *name = ledger->catalogue->name[i];

        if (strncmp(name, ledger->paper, length) == 0 && name[length] == '/' && !ledger->named[i]) {
            complain(ledger, "no row for program", name);
        }
    }
}

/* results/PAPER/ledger.tsv; returns the number of faults found. */
static int check_ledger(const struct catalogue *catalogue, const char *path)
{
    struct ledger ledger = {
        .catalogue = catalogue, .path = path, .named = memory_new(catalogue->count + 1, sizeof(bool))};
    char *content = file_read(path, NULL), *rest = content;

    snprintf(ledger.paper, sizeof ledger.paper, "%.*s", (int)strcspn(path + strlen("results/"), "/"),
             path + strlen("results/"));
    if (content == NULL) {
        complain(&ledger, status_reason(), "");
    }
    while (rest != NULL && *rest != '\0') {
        char *line = strsep(&rest, "\n");

        ledger.line++;
        check_line(&ledger, line);
    }
    check_completeness(&ledger);
    printf("%s: %d items, %d rows, %d faults\n", path, ledger.items, ledger.rows, ledger.faults);
    memory_free(content);
    memory_free(ledger.named);
    return ledger.faults;
}

/* Every paper that has a program must have a ledger. */
int command_ledger(const struct catalogue *catalogue, int count, char **arguments)
{
    char path[256], last[64] = "";
    int faults = 0;

    (void)count;
    (void)arguments;
    for (size_t i = 0; i < catalogue->count; i++) {
        int length = (int)strcspn(catalogue->name[i], "/");

        if ((int)strlen(last) == length && strncmp(last, catalogue->name[i], (size_t)length) == 0) {
            continue;
        }
        snprintf(last, sizeof last, "%.*s", length, catalogue->name[i]);
        snprintf(path, sizeof path, "results/%s/ledger.tsv", last);
        faults += check_ledger(catalogue, path);
    }
    return faults > 0 ? 1 : 0;
}
