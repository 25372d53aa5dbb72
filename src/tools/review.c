// SPDX-License-Identifier: GPL-3.0-or-later
/* What a reviewer does with one claim: list, show, run, diff, accept. */
#include "assay.h"

#include <assay/base/file.h>
#include <assay/base/memory.h>
#include <assay/evidence/record.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int command_failed(int code)
{
    fprintf(stderr, "assay: %s\n", status_reason());
    return code;
}

static char *title_of(const char *source)
{
    char *text = file_read(source, NULL);
    char *title = text == NULL ? memory_text("") : record_title(text);

    memory_free(text);
    return title;
}

int command_list(const struct catalogue *catalogue, int count, char **arguments)
{
    for (size_t i = 0; i < catalogue->count; i++) {
        if (count == 1 && strstr(catalogue->name[i], arguments[0]) == NULL) {
            continue;
        }
        cJSON *record = catalogue_record(catalogue, "results", catalogue->name[i]);
        char *title = title_of(catalogue->source[i]);

        printf("%-52s %-16s %s\n", catalogue->name[i], record == NULL ? "not run" : record_text(record, "verdict"),
               title);
        memory_free(title);
        cJSON_Delete(record);
    }
    return 0;
}

static void show_value(const cJSON *check, const char *side)
{
    const cJSON *value = cJSON_GetObjectItem(check, side), *item;

    printf("      %-8s %.15g", side, record_number(value, "x"));
    cJSON_ArrayForEach(item, value)
    {
        if (strcmp(item->string, "x") != 0) {
            printf(", %s %.2g", item->string, cJSON_GetNumberValue(item));
        }
    }
    putchar('\n');
}

static void show_check(const cJSON *check)
{
    const char *at = record_text(check, "worst_case");

    printf("  %-12s %s (%s)%s%s, %.0f cases\n", record_text(check, "state"), record_text(check, "name"),
           record_text(check, "kind"), at[0] == '\0' ? "" : ", worst at ", at, record_number(check, "cases"));
    show_value(check, "claimed");
    show_value(check, "witness");
    printf("      difference %.3g, tolerance %.3g; a change of the claimed side by %.2g would have shown (coarsest "
           "case %.2g)\n",
           record_number(check, "difference"), record_number(check, "tolerance"), record_number(check, "resolution"),
           record_number(check, "coarsest"));
}

static void show_verdict(const struct catalogue *catalogue, const char *name, const cJSON *record)
{
    struct comparison comparison = catalogue_compare(catalogue, name, NULL);

    if (record_skipped(record)) {
        printf("\nVerdict: skipped, a data set is absent: %s.", record_text(record, "skipped"));
        return;
    }
    printf("\nVerdict: %s%s. Reference: %s%s%s. %.2f s at scale %s, seed %.0f.", record_text(record, "verdict"),
           cJSON_IsTrue(cJSON_GetObjectItem(record, "red")) ? " (red)" : "", agreement_name(comparison.agreement),
           comparison.what[0] == '\0' ? "" : ", ", comparison.what, record_number(record, "seconds"),
           record_text(record, "scale"), record_number(record, "seed"));
}

static void show_record(const struct catalogue *catalogue, const char *name, const cJSON *record)
{
    const cJSON *item;

    show_verdict(catalogue, name, record);
    fputs("\nParameters:", stdout);
    cJSON_ArrayForEach(item, cJSON_GetObjectItem(record, "parameters"))
    {
        printf(" %s=%s", record_text(item, "name"), record_text(item, "value"));
    }
    puts(record_skipped(record) ? "" : "\nChecks:");
    cJSON_ArrayForEach(item, cJSON_GetObjectItem(record, "checks"))
    {
        show_check(item);
    }
    cJSON_ArrayForEach(item, cJSON_GetObjectItem(record, "errata"))
    {
        printf("Erratum %s. Printed: %s\n  Corrected: %s\n", record_text(item, "id"), record_text(item, "printed"),
               record_text(item, "corrected"));
    }
}

int command_show(const struct catalogue *catalogue, int count, char **arguments)
{
    size_t i;

    (void)count;
    if (catalogue_find(catalogue, arguments[0], &i) != STATUS_OK) {
        return command_failed(2);
    }
    char *text = file_read(catalogue->source[i], NULL);
    if (text == NULL) {
        return command_failed(3);
    }
    char *title = record_title(text), *head = record_head(text);
    cJSON *record = catalogue_record(catalogue, "results", catalogue->name[i]);

    printf("%s: %s\n%s\n\n%s", catalogue->name[i], title, catalogue->source[i], head);
    if (record != NULL) {
        show_record(catalogue, catalogue->name[i], record);
    } else {
        printf("\nNot run yet: make %s\n", catalogue->name[i]);
    }
    cJSON_Delete(record);
    memory_free(title);
    memory_free(head);
    memory_free(text);
    return 0;
}

#ifdef __SANITIZE_ADDRESS__
#define MAKE "MAKEFLAGS= make -s SANITIZE=1"
#else
#define MAKE "MAKEFLAGS= make -s"
#endif

/* The build directory as make knows it, from the top: its rules on headers name files that way. */
static const char *relative_build(const struct catalogue *catalogue)
{
    char top[PATH_MAX];
    size_t length = getcwd(top, sizeof top) == NULL ? 0 : strlen(top);
    bool inside = length > 0 && strncmp(catalogue->build, top, length) == 0 && catalogue->build[length] == '/';

    return catalogue->build + (inside ? length + 1 : 0);
}

/* Has make build what a command needs; make says what is wrong. */
static int make_target(const struct catalogue *catalogue, const char *what, const char *name)
{
    char command[4 * PATH_MAX];
    const char *build = relative_build(catalogue);

    snprintf(command, sizeof command, MAKE " BUILD='%s' '%s/%s/%s' >&2", build, build, what, name);
    fflush(stdout);
    return system(command) == 0 ? 0 : 3;
}

int command_run(const struct catalogue *catalogue, int count, char **arguments)
{
    size_t i;
    char *line[256] = {0};

    if (catalogue_find(catalogue, arguments[0], &i) != STATUS_OK) {
        return command_failed(2);
    }
    for (int k = 1; k < count; k++) {
        line[k] = arguments[k];
    }
    int code = make_target(catalogue, "bin", catalogue->name[i]);
    return code != 0 ? code : catalogue_run(catalogue, catalogue->name[i], line);
}

/* Whether the claim's last run was skipped: then it has no table, and the line on stderr says why. */
static bool complain_of_skipped(const char *command, const struct catalogue *catalogue, const char *name)
{
    cJSON *record = catalogue_record(catalogue, "results", name);
    bool skipped = record != NULL && record_skipped(record);

    if (skipped) {
        fprintf(stderr, "assay %s: %s was skipped and has no table: %s\n", command, name,
                record_text(record, "skipped"));
    }
    cJSON_Delete(record);
    return skipped;
}

int command_diff(const struct catalogue *catalogue, int count, char **arguments)
{
    size_t i;

    (void)count;
    if (catalogue_find(catalogue, arguments[0], &i) != STATUS_OK) {
        return command_failed(2);
    }
    if (complain_of_skipped("diff", catalogue, catalogue->name[i])) {
        return EXIT_SKIPPED;
    }
    struct comparison comparison = catalogue_compare(catalogue, catalogue->name[i], stdout);

    printf("%s: %s%s%s\n", catalogue->name[i], agreement_name(comparison.agreement),
           comparison.what[0] == '\0' ? "" : ": ", comparison.what);
    return comparison.agreement == AGREES_SAME || comparison.agreement == AGREES_CLOSE ? 0 : 1;
}

/* A reference that no result could ever match is none: another claim's table, or a NaN where NaN equals nothing. */
static enum status require_matchable(const struct table *table, const char *name)
{
    const char *claim = table_find_note(table, "claim");
    struct comparison comparison = table_compare(table, table, NULL);

    if (claim == NULL || strcmp(claim, name) != 0) {
        return status_fail(STATUS_FORMAT, "%s: the result is a table of %.80s", name,
                           claim == NULL ? "nothing" : claim);
    }
    if (comparison.agreement != AGREES_SAME) {
        return status_fail(STATUS_FORMAT, "%s: the result does not agree with itself: %s", name, comparison.what);
    }
    return STATUS_OK;
}

/* The result with one more note, the date and the reason, becomes the reference. */
static enum status write_reference(const struct catalogue *catalogue, const char *name, const char *why)
{
    char result[2 * PATH_MAX], reference[PATH_MAX], date[16];
    struct table table;
    time_t now = time(NULL);

    snprintf(result, sizeof result, "%s/results/%s.tsv", catalogue->build, name);
    snprintf(reference, sizeof reference, "results/%s.tsv", name);
    strftime(date, sizeof date, "%Y-%m-%d", gmtime(&now));
    enum status status = table_read(&table, result);
    if (status != STATUS_OK) {
        return status;
    }
    status = require_matchable(&table, name);
    if (status == STATUS_OK) {
        table_note(&table, "accepted", "%s, %s", date, why);
        status = table_write(&table, reference);
    }
    table_release(&table);
    return status;
}

int command_accept(const struct catalogue *catalogue, int count, char **arguments)
{
    size_t i;

    (void)count;
    if (strcmp(arguments[1], "--why") != 0 || arguments[2][strspn(arguments[2], " \t\n")] == '\0') {
        fputs("assay accept: say why: assay accept CLAIM --why TEXT\n", stderr);
        return 2;
    }
    if (catalogue_find(catalogue, arguments[0], &i) != STATUS_OK) {
        return command_failed(2);
    }
    const char *name = catalogue->name[i];
    char record_name[PATH_MAX];

    snprintf(record_name, sizeof record_name, "%s.json", name);
    int code = make_target(catalogue, "results", record_name);
    if (code != 0) {
        return code;
    }
    if (complain_of_skipped("accept", catalogue, name)) {
        return EXIT_SKIPPED;
    }
    cJSON *record = catalogue_record(catalogue, "results", name);

    if (record == NULL) {
        return command_failed(3);
    }
    bool red = cJSON_IsTrue(cJSON_GetObjectItem(record, "red"));
    bool standard = cJSON_IsTrue(cJSON_GetObjectItem(record, "defaults"));

    cJSON_Delete(record);
    if (red || !standard) {
        fprintf(stderr, "assay accept: %s %s\n", name, red ? "is red" : "was run with other parameters than its own");
        return 1;
    }
    if (write_reference(catalogue, name, arguments[2]) != STATUS_OK) {
        return command_failed(3);
    }
    printf("accepted results/%s.tsv\n", name);
    return 0;
}
