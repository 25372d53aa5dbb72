// SPDX-License-Identifier: GPL-3.0-or-later
/* Reading ledgers. */
#include "ledger_file.h"

#include <assay/base/file.h>
#include <assay/base/memory.h>
#include <stdio.h>
#include <string.h>

static void read_note(struct ledger *ledger, const char *line)
{
    sscanf(line, "# items: %d", &ledger->items);
    sscanf(line, "# title: %255[^\n]", ledger->title);
}

static void read_row(struct ledger *ledger, char *line, int number)
{
    struct ledger_row *row = &ledger->row[ledger->rows];
    int count = 0;

    row->line = number;
    for (char *at = line; at != NULL && count <= LEDGER_FIELDS; count++) {
        char *field = strsep(&at, "\t");

        if (count < LEDGER_FIELDS) {
            row->field[count] = field;
        }
    }
    if (count == LEDGER_FIELDS && strcmp(row->field[ITEM], "item") == 0) {
        return; // the header
    }
    if (count != LEDGER_FIELDS) {
        memset(row->field, 0, sizeof row->field);
    }
    ledger->rows++;
}

enum status ledger_read(struct ledger *ledger, const char *paper)
{
    int lines = 0;

    *ledger = (struct ledger){0};
    snprintf(ledger->paper, sizeof ledger->paper, "%s", paper);
    snprintf(ledger->title, sizeof ledger->title, "%s", paper);
    snprintf(ledger->path, sizeof ledger->path, "results/%s/ledger.tsv", paper);
    ledger->text = file_read(ledger->path, NULL);
    if (ledger->text == NULL) {
        return STATUS_ABSENT;
    }
    for (const char *at = ledger->text; *at != '\0'; at++) {
        lines += *at == '\n';
    }
    ledger->row = memory_new((size_t)lines + 2, sizeof *ledger->row);
    lines = 0;
    for (char *rest = ledger->text, *line; rest != NULL && *rest != '\0';) {
        line = strsep(&rest, "\n");
        lines++;
        if (line[0] == '#') {
            read_note(ledger, line);
        } else {
            read_row(ledger, line, lines);
        }
    }
    return STATUS_OK;
}

void ledger_free(struct ledger *ledger)
{
    memory_free(ledger->row);
    memory_free(ledger->text);
    *ledger = (struct ledger){0};
}

bool ledger_erratum(const struct ledger_row *row, int i, char id[ERRATUM_SIZE])
{
    const char *at = row->field[ERRATUM];

    id[0] = '\0';
    if (at == NULL || strcmp(at, "-") == 0) {
        return false;
    }
    for (; i > 0 && at != NULL; i--) {
        at = strchr(at, ',');
        at = at == NULL ? NULL : at + 1;
    }
    if (at != NULL) {
        snprintf(id, ERRATUM_SIZE, "%.*s", (int)strcspn(at, ","), at);
    }
    return at != NULL;
}

bool ledger_names_erratum(const struct ledger_row *row, const char *id)
{
    char one[ERRATUM_SIZE];

    for (int i = 0; ledger_erratum(row, i, one); i++) {
        if (strcmp(one, id) == 0) {
            return true;
        }
    }
    return false;
}

size_t ledger_papers(const struct catalogue *catalogue, char ***paper)
{
    size_t papers = 0;

    *paper = memory_new(catalogue->count + 1, sizeof(char *));
    for (size_t i = 0; i < catalogue->count; i++) {
        char name[64];

        snprintf(name, sizeof name, "%.*s", (int)strcspn(catalogue->name[i], "/"), catalogue->name[i]);
        if (papers == 0 || strcmp((*paper)[papers - 1], name) != 0) {
            (*paper)[papers++] = memory_text(name);
        }
    }
    return papers;
}
