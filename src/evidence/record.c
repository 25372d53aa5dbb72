// SPDX-License-Identifier: GPL-3.0-or-later
/* A run's record. cJSON writes numbers with the digits that they need. */
#include <assay/base/memory.h>
#include <assay/evidence/record.h>
#include <cblas.h>
#include <fnmatch.h>
#include <gsl/gsl_version.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_value(cJSON *object, const char *name, struct value v)
{
    cJSON *item = cJSON_AddObjectToObject(object, name);

    cJSON_AddNumberToObject(item, "x", v.x);
    for (int kind = 0; kind < ERROR_KINDS; kind++) {
        if (v.err[kind] > 0) {
            cJSON_AddNumberToObject(item, error_kind_name((enum error_kind)kind), v.err[kind]);
        }
    }
}

cJSON *record_check(const struct check *check)
{
    cJSON *object = cJSON_CreateObject();

    cJSON_AddStringToObject(object, "name", check->name);
    cJSON_AddStringToObject(object, "kind", check_kind_name(check->kind));
    cJSON_AddStringToObject(object, "state", check_state_name(check_state_of(check)));
    cJSON_AddNumberToObject(object, "cases", (double)check->cases);
    cJSON_AddNumberToObject(object, "refuted", (double)check->refuted);
    cJSON_AddStringToObject(object, "worst_case", check->worst_case);
    add_value(object, "claimed", check->worst.claimed);
    add_value(object, "witness", check->worst.witness);
    cJSON_AddNumberToObject(object, "difference", check->worst.difference);
    cJSON_AddNumberToObject(object, "tolerance", check->worst.tolerance);
    cJSON_AddNumberToObject(object, "digits", check_digits(check));
    cJSON_AddNumberToObject(object, "z", check_z(check));
    cJSON_AddNumberToObject(object, "resolution", check->resolution);
    cJSON_AddNumberToObject(object, "coarsest", check->coarsest);
    cJSON_AddBoolToObject(object, "sampled", check->sampled);
    return object;
}

cJSON *record_faults(const struct fault faults[])
{
    cJSON *array = cJSON_CreateArray();

    for (const struct fault *fault = faults; fault->name != NULL; fault++) {
        cJSON *object = cJSON_CreateObject();

        cJSON_AddStringToObject(object, "name", fault->name);
        cJSON_AddStringToObject(object, "what", fault->what);
        cJSON_AddStringToObject(object, "hits", fault->hits);
        cJSON_AddItemToArray(array, object);
    }
    return array;
}

cJSON *record_errata(const struct erratum errata[])
{
    cJSON *array = cJSON_CreateArray();

    for (const struct erratum *erratum = errata; erratum->id != NULL; erratum++) {
        cJSON *object = cJSON_CreateObject();

        cJSON_AddStringToObject(object, "id", erratum->id);
        cJSON_AddStringToObject(object, "printed", erratum->printed);
        cJSON_AddStringToObject(object, "corrected", erratum->corrected == NULL ? "" : erratum->corrected);
        cJSON_AddStringToObject(object, "differs", erratum->differs);
        cJSON_AddStringToObject(object, "equal", erratum->equal == NULL ? "" : erratum->equal);
        cJSON_AddStringToObject(object, "consequence", erratum->consequence == NULL ? "" : erratum->consequence);
        cJSON_AddStringToObject(object, "by_hand", erratum->by_hand == NULL ? "" : erratum->by_hand);
        cJSON_AddItemToArray(array, object);
    }
    return array;
}

static void processor_name(size_t size, char name[])
{
    char line[512];
    FILE *file = fopen("/proc/cpuinfo", "r");

    snprintf(name, size, "unknown");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "model name", 10) == 0 && strchr(line, ':') != NULL) {
            snprintf(name, size, "%s", strchr(line, ':') + 2);
            name[strcspn(name, "\n")] = '\0';
            break;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
}

cJSON *record_environment(void)
{
    cJSON *object = cJSON_CreateObject();
    char processor[128];

    processor_name(sizeof processor, processor);
#ifdef __clang__
    cJSON_AddStringToObject(object, "compiler", __VERSION__);
#else
    cJSON_AddStringToObject(object, "compiler", "gcc " __VERSION__);
#endif
    cJSON_AddStringToObject(object, "gsl", gsl_version);
    cJSON_AddStringToObject(object, "blas", openblas_get_config());
    cJSON_AddStringToObject(object, "blas kernel", openblas_get_corename());
    cJSON_AddStringToObject(object, "cpu", processor);
    return object;
}

char *record_prose(const char *comment, size_t length)
{
    char *prose = memory_new(length + 2, 1), *out = prose, *copy = memory_new(length + 1, 1);
    bool first = true;

    memcpy(copy, comment + 2, length > 4 ? length - 4 : 0);
    for (char *line = copy, *next; line != NULL; line = next, first = false) {
        next = strchr(line, '\n');
        if (next != NULL) {
            *next++ = '\0';
        }
        line += strspn(line, " ");
        line += !first && *line == '*';
        line += *line == ' ';
        out += sprintf(out, "%s\n", line);
    }
    memory_free(copy);
    return prose;
}

/* The first block comment without its decoration; empty if there is none. */
static char *undecorated(const char *source)
{
    const char *start = strstr(source, "/*"), *end = start == NULL ? NULL : strstr(start, "*/");

    return end == NULL ? memory_text("") : record_prose(start, (size_t)(end + 2 - start));
}

char *record_title(const char *source)
{
    char *text = undecorated(source), *start = strncmp(text, "# ", 2) == 0 ? text + 2 : text;
    char *title = memory_text(start);

    title[strcspn(title, "\n")] = '\0';
    memory_free(text);
    return title;
}

char *record_head(const char *source)
{
    char *text = undecorated(source), *body = strchr(text, '\n');
    char *head = memory_text(body == NULL ? "" : body + 1 + strspn(body + 1, "\n"));

    memory_free(text);
    return head;
}

bool record_matches(const char *patterns, const char *name)
{
    char one[128];

    while (patterns != NULL && *patterns != '\0') {
        size_t length = strcspn(patterns, " ");

        snprintf(one, sizeof one, "%.*s", (int)length, patterns);
        if (length > 0 && fnmatch(one, name, 0) == 0) {
            return true;
        }
        patterns += length + (patterns[length] == ' ');
    }
    return false;
}
