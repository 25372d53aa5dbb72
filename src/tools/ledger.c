// SPDX-License-Identifier: GPL-3.0-or-later
/* Whether every paper's ledger is whole: each item has its row, each row its program and checks, each program its row. */
#include "assay.h"
#include "ledger_file.h"

#include <assay/base/memory.h>
#include <assay/evidence/record.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ITEMS_MOST = 4096 };

struct audit {
    const struct catalogue *catalogue;
    struct ledger ledger;
    int line, faults;
    bool seen[ITEMS_MOST];
    bool *named; // by program of the catalogue
};

static void complain(struct audit *audit, const char *what, const char *which)
{
    printf("%s:%d: %s%s%s\n", audit->ledger.path, audit->line, what, which[0] == '\0' ? "" : ": ", which);
    audit->faults++;
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

/* The program exists and has run; it has the errata that the row names and, unless its data are absent, the checks. */
static void check_program(struct audit *audit, const struct ledger_row *row)
{
    char *const *field = row->field;
    char name[256], id[ERRATUM_SIZE];
    bool exists = false;

    snprintf(name, sizeof name, "%s/%s", audit->ledger.paper, field[PROGRAM]);
    for (size_t i = 0; i < audit->catalogue->count; i++) {
        if (strcmp(audit->catalogue->name[i], name) == 0) {
            audit->named[i] = exists = true;
        }
    }
    if (!exists) {
        complain(audit, "no such program", name);
        return;
    }
    cJSON *record = catalogue_record(audit->catalogue, "results", name);
    if (record == NULL) {
        complain(audit, "the program has not run to its end", name);
        return;
    }
    char *patterns = memory_text(field[CHECKS]), *state = NULL;
    for (char *one = strtok_r(patterns, " ", &state); one != NULL; one = strtok_r(NULL, " ", &state)) {
        if (!record_skipped(record) && !any_check_matches(record, one)) {
            complain(audit, "the program has no such check", one);
        }
    }
    for (int i = 0; ledger_erratum(row, i, id); i++) {
        if (!has_erratum(record, id)) {
            complain(audit, "the program has no such erratum", id);
        }
    }
    memory_free(patterns);
    cJSON_Delete(record);
}

static void check_row(struct audit *audit, const struct ledger_row *row)
{
    char *const *field = row->field;
    static const char *const statuses[] = {"checked", "definition", "schematic", "skipped"};
    int item = atoi(field[ITEM]), status = 0;

    while (status < 4 && strcmp(field[STATUS], statuses[status]) != 0) {
        status++;
    }
    if (status == 4) {
        complain(audit, "unknown status (checked, definition, schematic, skipped)", field[STATUS]);
    }
    if (item < 1 || item > audit->ledger.items) {
        complain(audit, "no item of the paper", field[ITEM]);
    } else {
        audit->seen[item] = true;
    }
    if (status == 0) {
        check_program(audit, row);
    } else if (strcmp(field[PROGRAM], "-") != 0 || strlen(field[CHECKS]) < 8) {
        complain(audit, "a row without a check gives '-' as its program and a reason in checks", field[CLAIM]);
    }
}

static void check_completeness(struct audit *audit)
{
    char number[32];
    size_t length = strlen(audit->ledger.paper);

    if (audit->ledger.items < 1 || audit->ledger.items >= ITEMS_MOST) {
        complain(audit, "no line '# items: N'", "");
    }
    for (int item = 1; item <= audit->ledger.items && item < ITEMS_MOST; item++) {
        snprintf(number, sizeof number, "%d", item);
        if (!audit->seen[item]) {
            complain(audit, "no row for item", number);
        }
    }
    for (size_t i = 0; i < audit->catalogue->count; i++) {
        const char *name = audit->catalogue->name[i];

        if (strncmp(name, audit->ledger.paper, length) == 0 && name[length] == '/' && !audit->named[i]) {
            complain(audit, "no row for program", name);
        }
    }
}

/* Returns the number of faults found. */
static int check_ledger(const struct catalogue *catalogue, const char *paper)
{
    struct audit audit = {.catalogue = catalogue, .named = memory_new(catalogue->count + 1, sizeof(bool))};

    if (ledger_read(&audit.ledger, paper) != STATUS_OK) {
        complain(&audit, status_reason(), "");
    }
    for (size_t i = 0; i < audit.ledger.rows; i++) {
        const struct ledger_row *row = &audit.ledger.row[i];

        audit.line = row->line;
        if (row->field[ITEM] == NULL) {
            complain(&audit, "a row has eight fields", "");
        } else {
            check_row(&audit, row);
        }
    }
    check_completeness(&audit);
    printf("%s: %d items, %zu rows, %d faults\n", audit.ledger.path, audit.ledger.items, audit.ledger.rows,
           audit.faults);
    ledger_free(&audit.ledger);
    memory_free(audit.named);
    return audit.faults;
}

/* Every paper that has a program must have a ledger. */
int command_ledger(const struct catalogue *catalogue, int count, char **arguments)
{
    char **paper;
    size_t papers = ledger_papers(catalogue, &paper);
    int faults = 0;

    (void)count;
    (void)arguments;
    for (size_t i = 0; i < papers; i++) {
        faults += check_ledger(catalogue, paper[i]);
        memory_free(paper[i]);
    }
    memory_free(paper);
    return faults > 0 ? 1 : 0;
}
