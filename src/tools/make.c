// SPDX-License-Identifier: GPL-3.0-or-later
/* What make asks of `assay`: one run and its line, planted faults, the summary and the JUnit report. */
#include "assay.h"

#include <assay/base/file.h>
#include <assay/base/memory.h>
#include <assay/evidence/record.h>
#include <fcntl.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ## One run */

/* How many runs of this make have ended, this one included: one byte each in a file of the run's own, appended atomically. */
static long count_run(const struct catalogue *catalogue, const char *run)
{
    char path[2 * PATH_MAX];
    struct stat facts = {0};

    snprintf(path, sizeof path, "%s/progress/%s", catalogue->build, run);
    file_make_parents(path);
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0666);
    if (file < 0 || write(file, ".", 1) != 1) {
        return 0;
    }
    fstat(file, &facts);
    close(file);
    return (long)facts.st_size;
}

static const char *failure_name(int code)
{
    return code == 2 ? "usage" : code == 77 ? "data absent, no record" : code >= 128 ? "killed" : "failed";
}

/* A run puts its record in place by rename: another file than before, so that an older run's is told from this one's. */
static ino_t identity_of(const char *path)
{
    struct stat facts = {0};

    return stat(path, &facts) == 0 ? facts.st_ino : 0;
}

/* The record that a run with this exit code left in place of the one before; NULL if it left none or another verdict's. */
static cJSON *record_of_run(const struct catalogue *catalogue, const char *directory, const char *name, int code,
                            bool replaced)
{
    bool ended = code == 0 || code == 1 || code == EXIT_SKIPPED;
    cJSON *record = replaced && ended ? catalogue_record(catalogue, directory, name) : NULL;

    if (record != NULL && record_skipped(record) != (code == EXIT_SKIPPED)) {
        cJSON_Delete(record);
        return NULL;
    }
    return record;
}

static void print_run(const struct catalogue *catalogue, const char *directory, const char *name, const cJSON *record)
{
    char tightest[64];
    bool compared = strcmp(directory, "results") == 0;

    if (record_skipped(record)) {
        printf("%-52s skipped: %s\n", name, record_text(record, "skipped"));
        return;
    }
    record_tightest(record, sizeof tightest, tightest);
    printf("%-52s %-16s %-8s %-12s %6.2f s\n", name, record_text(record, "verdict"),
           compared ? agreement_name(catalogue_compare(catalogue, name, NULL).agreement) : "-", tightest,
           record_number(record, "seconds"));
}

int command_step(const struct catalogue *catalogue, int count, char **arguments)
{
    char *name = arguments[0], *directory = arguments[1], *scale = arguments[2];
    char out[2 * PATH_MAX], path[4 * PATH_MAX];

    (void)count;
    snprintf(out, sizeof out, "%s/%s", catalogue->build, directory);
    snprintf(path, sizeof path, "%s/%s.json", out, name);
    ino_t before = identity_of(path);
    int code = catalogue_run(catalogue, name,
                             (char *[]){"", "--scale", scale, "--out", out, "--threads", "1", "--quiet", NULL});
    long number = count_run(catalogue, arguments[3]);
    cJSON *record = record_of_run(catalogue, directory, name, code, identity_of(path) != before);

    printf("[%3ld/%s] ", number, arguments[4]);
    if (record == NULL) { // an older run's record must not pass for this one's
        unlink(path);
        printf("%-52s %s (exit %d)\n", name, failure_name(code), code);
        return 0;
    }
    print_run(catalogue, directory, name, record);
    cJSON_Delete(record);
    return 0;
}

/* ## Planted faults */

/* Compares the checks of a planted run with what the fault declares; complains about each that is wrong. */
static bool exactly_its_checks(const cJSON *record, const char *name, const char *fault, const char *hits)
{
    const cJSON *check;
    bool exact = true, any = false;

    cJSON_ArrayForEach(check, cJSON_GetObjectItem(record, "checks"))
    {
        bool refuted = strcmp(record_text(check, "state"), "refuted") == 0;
        bool declared = record_matches(hits, record_text(check, "name"));

        any = any || refuted;
        if (refuted != declared) {
            printf("%s --plant %s: check %s %s\n", name, fault, record_text(check, "name"),
                   refuted ? "turns red and is not declared" : "stays green");
            exact = false;
        }
    }
    if (!any) {
        printf("%s --plant %s: nothing turns red\n", name, fault);
    }
    return exact && any;
}

static bool plant_one(const struct catalogue *catalogue, char *name, char *fault, const char *hits)
{
    char out[2 * PATH_MAX], path[4 * PATH_MAX], directory[128];

    snprintf(directory, sizeof directory, "planted/%s", fault);
    snprintf(out, sizeof out, "%s/%s", catalogue->build, directory);
    snprintf(path, sizeof path, "%s/%s.json", out, name);
    unlink(path);
    int code = catalogue_run(
        catalogue, name,
        (char *[]){"", "--scale", "smoke", "--plant", fault, "--out", out, "--threads", "1", "--quiet", NULL});
    cJSON *record = code == 1 ? catalogue_record(catalogue, directory, name) : NULL;

    if (record == NULL) {
        printf("%s --plant %s: exit %d, 1 expected\n", name, fault, code);
        return false;
    }
    bool exact = exactly_its_checks(record, name, fault, hits);

    cJSON_Delete(record);
    return exact;
}

int command_plant(const struct catalogue *catalogue, int count, char **arguments)
{
    cJSON *smoke = catalogue_record(catalogue, "smoke", arguments[0]);
    const cJSON *fault;
    int planted = 0, seen = 0;

    (void)count;
    if (smoke == NULL) {
        return command_failed(3);
    }
    if (record_skipped(smoke)) { // what can't be measured can't be broken
        printf("%-52s skipped: %s\n", arguments[0], record_text(smoke, "skipped"));
        cJSON_Delete(smoke);
        return 0;
    }
    cJSON_ArrayForEach(fault, cJSON_GetObjectItem(smoke, "faults"))
    {
        char *name = memory_text(record_text(fault, "name"));

        planted++;
        seen += plant_one(catalogue, arguments[0], name, record_text(fault, "hits"));
        memory_free(name);
    }
    cJSON_Delete(smoke);
    printf("%-52s %d of %d planted faults seen\n", arguments[0], seen, planted);
    return planted > 0 && seen == planted ? 0 : 1;
}

/* ## Summary */

enum { VERDICTS = 6, AGREEMENTS = 5, MEDIANS = 3, CHECKS_MOST = 20000 };

static const char *const verdicts[VERDICTS] = {"holds",        "holds corrected", "refuted",
                                               "inconclusive", "skipped",         "failed"};

struct totals {
    int verdict[VERDICTS], agreement[AGREEMENTS];
    int red, skipped, claims;
    double seconds;
    int resolutions[MEDIANS]; // closed forms and quadrature; sampled; inequalities
    double *resolution[MEDIANS];
};

static void count_resolutions(struct totals *totals, const cJSON *record)
{
    const cJSON *check;

    cJSON_ArrayForEach(check, cJSON_GetObjectItem(record, "checks"))
    {
        const char *kind = record_text(check, "kind");
        bool equality = strcmp(kind, "equal") == 0 || strcmp(kind, "rate") == 0;
        int class = !equality ? 2 : cJSON_IsTrue(cJSON_GetObjectItem(check, "sampled")) ? 1 : 0;
        double resolution = record_number(check, "resolution");

        if (totals->resolutions[class] < CHECKS_MOST && strcmp(kind, "shape") != 0 && strcmp(kind, "differs") != 0) {
            totals->resolution[class][totals->resolutions[class]++] = isnan(resolution) ? INFINITY : resolution;
        }
    }
}

static int verdict_index(const char *name)
{
    int i = 0;

    while (i < VERDICTS - 1 && strcmp(verdicts[i], name) != 0) {
        i++;
    }
    return i;
}

enum outcome { PASSED, FAILED, SKIPPED };

/* Counts one claim; why says in one line what its outcome comes from. */
static enum outcome count_claim(const struct catalogue *catalogue, const char *directory, const char *name,
                                struct totals *totals, size_t size, char why[])
{
    cJSON *record = catalogue_record(catalogue, directory, name);
    bool compared = strcmp(directory, "results") == 0, red;

    totals->claims++;
    if (record == NULL) {
        snprintf(why, size, "did not run to its end");
        totals->verdict[VERDICTS - 1]++;
        totals->red++;
        return FAILED;
    }
    if (record_skipped(record)) { // it has nothing to compare
        snprintf(why, size, "%s", record_text(record, "skipped"));
        totals->verdict[verdict_index("skipped")]++;
        totals->skipped++;
        cJSON_Delete(record);
        return SKIPPED;
    }
    struct comparison comparison = compared ? catalogue_compare(catalogue, name, NULL) : (struct comparison){0};
    const char *verdict = record_text(record, "verdict");
    bool stands = comparison.agreement == AGREES_SAME || comparison.agreement == AGREES_CLOSE;

    red = cJSON_IsTrue(cJSON_GetObjectItem(record, "red")) || !stands;
    totals->verdict[verdict_index(verdict)]++;
    totals->agreement[comparison.agreement]++;
    totals->seconds += record_number(record, "seconds");
    totals->red += red;
    count_resolutions(totals, record);
    snprintf(why, size, "%s; reference %s%s%s", verdict,
             compared ? agreement_name(comparison.agreement) : "not compared", comparison.what[0] == '\0' ? "" : ": ",
             comparison.what);
    cJSON_Delete(record);
    return red ? FAILED : PASSED;
}

static void print_totals(struct totals *totals, bool compared)
{
    static const char *const classes[MEDIANS] = {"closed forms and quadrature", "sampled", "inequalities"};

    printf("%d claims in %.1f s of computing:", totals->claims, totals->seconds);
    for (int i = 0; i < VERDICTS; i++) {
        if (totals->verdict[i] > 0) {
            printf(" %d %s,", totals->verdict[i], verdicts[i]);
        }
    }
    printf(" %d red\n", totals->red);
    if (compared) {
        printf("references:");
        for (int i = 0; i < AGREEMENTS; i++) {
            printf(" %d %s%s", totals->agreement[i], agreement_name((enum agreement)i),
                   i + 1 < AGREEMENTS ? "," : "\n");
        }
    }
    printf("median resolution:");
    for (int i = 0; i < MEDIANS; i++) {
        size_t n = (size_t)totals->resolutions[i];

        if (n > 0) {
            gsl_sort(totals->resolution[i], 1, n);
            printf(" %.1e %s (%zu checks)%s", gsl_stats_median_from_sorted_data(totals->resolution[i], 1, n),
                   classes[i], n, i + 1 < MEDIANS ? "," : "");
        }
    }
    putchar('\n');
}

struct junit {
    char *text;
    size_t size;
    FILE *file;
};

static void put_escaped(FILE *file, const char *text)
{
    for (; *text != '\0'; text++) {
        const char *entity = *text == '<'   ? "&lt;"
                             : *text == '>' ? "&gt;"
                             : *text == '&' ? "&amp;"
                             : *text == '"' ? "&quot;"
                                            : NULL;

        entity == NULL ? (void)fputc(*text, file) : (void)fputs(entity, file);
    }
}

static void junit_case(FILE *file, const char *name, enum outcome outcome, const char *why)
{
    fprintf(file, "  <testcase classname=\"claims\" name=\"%s\">", name);
    if (outcome != PASSED) {
        fputs(outcome == FAILED ? "<failure message=\"" : "<skipped message=\"", file);
        put_escaped(file, why);
        fputs("\"/>", file);
    }
    fputs("</testcase>\n", file);
}

static void print_junit(const void *context, FILE *file)
{
    const struct junit *junit = context;

    fprintf(file, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n%s", junit->text);
}

int command_summary(const struct catalogue *catalogue, int count, char **arguments)
{
    struct totals totals = {0};
    struct junit junit = {0};
    char path[2 * PATH_MAX], why[512];

    for (int i = 0; i < MEDIANS; i++) {
        totals.resolution[i] = memory_doubles(CHECKS_MOST);
    }
    junit.file = open_memstream(&junit.text, &junit.size);
    fputs("<testsuite name=\"claims\">\n", junit.file);
    for (int i = 1; i < count; i++) {
        enum outcome outcome = count_claim(catalogue, arguments[0], arguments[i], &totals, sizeof why, why);

        if (outcome != PASSED) {
            printf("%s: %s: %s\n", outcome == FAILED ? "red" : "skipped", arguments[i], why);
        }
        junit_case(junit.file, arguments[i], outcome, why);
    }
    fputs("</testsuite>\n", junit.file);
    fclose(junit.file);
    snprintf(path, sizeof path, "%s/junit/%s.xml", catalogue->build, arguments[0]);
    enum status status = file_replace(path, print_junit, &junit);
    free(junit.text);
    print_totals(&totals, strcmp(arguments[0], "results") == 0);
    if (totals.skipped > 0) {
        printf("%d skipped: their data sets are absent\n", totals.skipped);
    }
    printf("%d passed, %d failed\n", totals.claims - totals.red - totals.skipped, totals.red);
    for (int i = 0; i < MEDIANS; i++) {
        memory_free(totals.resolution[i]);
    }
    return status != STATUS_OK ? command_failed(3) : totals.red > 0 ? 1 : 0;
}
