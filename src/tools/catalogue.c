// SPDX-License-Identifier: GPL-3.0-or-later
/* Finding claims and their results. The tree is the list: nothing is registered anywhere. */
#include "catalogue.h"

#include <assay/base/file.h>
#include <assay/base/memory.h>
#include <glob.h>
#include <libgen.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static enum status find_top(char build[PATH_MAX])
{
    char top[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", top, sizeof top - 1);

    if (length < 0) {
        return status_fail(STATUS_IO, "/proc/self/exe cannot be read");
    }
    top[length] = '\0';
    *strrchr(top, '/') = '\0';
    snprintf(build, PATH_MAX, "%s", top);
    for (char *slash; (slash = strrchr(top, '/')) != NULL && slash != top;) {
        *slash = '\0';
        if (chdir(top) == 0 && access("paper_checks", F_OK) == 0 && access("Makefile", F_OK) == 0) {
            return STATUS_OK;
        }
    }
    return status_fail(STATUS_ABSENT, "%s: no directory above it holds the project", build);
}

/* "figures/PAPER/NAME.c" to "PAPER/NAME". */
static char *name_of(const char *source)
{
    char *name = memory_text(strchr(source, '/') + 1);

    name[strlen(name) - 2] = '\0';
    return name;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(strchr(*(char *const *)a, '/'), strchr(*(char *const *)b, '/'));
}

enum status catalogue_open(struct catalogue *catalogue)
{
    glob_t found = {0};

    *catalogue = (struct catalogue){0};
    enum status status = find_top(catalogue->build);
    if (status != STATUS_OK) {
        return status;
    }
    glob("figures/*/*.c", 0, NULL, &found);
    glob("paper_checks/*/*.c", GLOB_APPEND, NULL, &found);
    catalogue->count = found.gl_pathc;
    catalogue->source = memory_new(found.gl_pathc + 1, sizeof(char *));
    catalogue->name = memory_new(found.gl_pathc + 1, sizeof(char *));
    for (size_t i = 0; i < found.gl_pathc; i++) {
        catalogue->source[i] = memory_text(found.gl_pathv[i]);
    }
    qsort(catalogue->source, catalogue->count, sizeof(char *), by_name);
    for (size_t i = 0; i < catalogue->count; i++) {
        catalogue->name[i] = name_of(catalogue->source[i]);
    }
    globfree(&found);
    return STATUS_OK;
}

void catalogue_close(struct catalogue *catalogue)
{
    for (size_t i = 0; i < catalogue->count; i++) {
        memory_free(catalogue->source[i]);
        memory_free(catalogue->name[i]);
    }
    memory_free(catalogue->source);
    memory_free(catalogue->name);
}

enum { LISTED = 8, LIST_SIZE = 440, MORE_SIZE = 32 }; // a list that fits into what status_fail keeps

/* "a, b, c and 4 more": the claims that start with prefix. */
static void list_matches(const struct catalogue *catalogue, const char *prefix, size_t matches, char list[LIST_SIZE])
{
    size_t named = 0, used = 0;

    for (size_t i = 0; i < catalogue->count && named < LISTED; i++) {
        const char *name = catalogue->name[i];

        if (strncmp(name, prefix, strlen(prefix)) != 0) {
            continue;
        }
        if (used + strlen(name) + MORE_SIZE > LIST_SIZE) {
            break;
        }
        used += (size_t)sprintf(list + used, "%s%s", named == 0 ? "" : ", ", name);
        named++;
    }
    if (matches > named) {
        sprintf(list + used, " and %zu more", matches - named);
    }
}

enum status catalogue_find(const struct catalogue *catalogue, const char *prefix, size_t *index)
{
    size_t matches = 0;
    char list[LIST_SIZE] = "";

    for (size_t i = 0; i < catalogue->count; i++) {
        if (strcmp(catalogue->name[i], prefix) == 0) {
            *index = i;
            return STATUS_OK;
        }
        if (strncmp(catalogue->name[i], prefix, strlen(prefix)) == 0) {
            *index = i;
            matches++;
        }
    }
    if (matches == 0) {
        return status_fail(STATUS_RANGE, "no claim starts with %.100s ('assay list' shows them)", prefix);
    }
    list_matches(catalogue, prefix, matches, list);
    return matches == 1 ? STATUS_OK : status_fail(STATUS_RANGE, "%.48s is not unique: %s", prefix, list);
}

cJSON *catalogue_record(const struct catalogue *catalogue, const char *scale, const char *name)
{
    char path[2 * PATH_MAX];

    snprintf(path, sizeof path, "%s/%s/%s.json", catalogue->build, scale, name);
    char *content = file_read(path, NULL);
    if (content == NULL) {
        return NULL;
    }
    cJSON *record = cJSON_Parse(content);

    memory_free(content);
    if (!cJSON_IsArray(cJSON_GetObjectItem(record, "checks")) || !cJSON_IsBool(cJSON_GetObjectItem(record, "red")) ||
        !cJSON_IsString(cJSON_GetObjectItem(record, "verdict"))) {
        status_fail(STATUS_FORMAT, "%s: not a record of a run", path);
        cJSON_Delete(record);
        return NULL;
    }
    return record;
}

struct comparison catalogue_compare(const struct catalogue *catalogue, const char *name, FILE *details)
{
    char reference[PATH_MAX], result[2 * PATH_MAX];

    snprintf(reference, sizeof reference, "results/%s.tsv", name);
    snprintf(result, sizeof result, "%s/results/%s.tsv", catalogue->build, name);
    return table_compare_files(reference, result, details);
}

const char *record_text(const cJSON *record, const char *member)
{
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItem(record, member));

    return value == NULL ? "" : value;
}

double record_number(const cJSON *record, const char *member)
{
    const cJSON *item = cJSON_GetObjectItem(record, member);

    return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

bool record_skipped(const cJSON *record)
{
    return strcmp(record_text(record, "verdict"), "skipped") == 0;
}

void record_tightest(const cJSON *record, size_t size, char line[])
{
    double digits = INFINITY, z = -INFINITY;
    const cJSON *check;

    cJSON_ArrayForEach(check, cJSON_GetObjectItem(record, "checks"))
    {
        bool equal =
            strcmp(record_text(check, "kind"), "equal") == 0 || strcmp(record_text(check, "kind"), "rate") == 0;

        if (equal && cJSON_IsTrue(cJSON_GetObjectItem(check, "sampled"))) {
            z = fmax(z, record_number(check, "z"));
        } else if (equal) {
            digits = fmin(digits, record_number(check, "digits"));
        }
    }
    if (isfinite(z)) {
        snprintf(line, size, "z %.1f", z);
    } else if (isfinite(digits)) {
        snprintf(line, size, "%.1f digits", digits);
    } else {
        snprintf(line, size, "-");
    }
}

int catalogue_run(const struct catalogue *catalogue, const char *name, char *const arguments[])
{
    char program[2 * PATH_MAX];
    char *line[256] = {program};
    int count = 1, status = 0;

    snprintf(program, sizeof program, "%s/bin/%s", catalogue->build, name);
    for (; arguments[count] != NULL && count < 255; count++) {
        line[count] = arguments[count];
    }
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        execv(program, line);
        perror(program);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        return 127;
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
