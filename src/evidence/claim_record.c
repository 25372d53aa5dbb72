// SPDX-License-Identifier: GPL-3.0-or-later
/* What a run leaves behind: the notes of its table and its record. */
#include "claim_run.h"

#include <assay/base/hash.h>
#include <assay/base/memory.h>
#include <stdlib.h>
#include <string.h>

static void parameters_line(const struct claim *claim, size_t size, char line[])
{
    const struct parameter *declared = claim->spec->parameters;

    line[0] = '\0';
    for (int i = 0; declared[i].kind != PARAMETER_END; i++) {
        char value[512];
        size_t used = strlen(line);

        parameter_format(&declared[i], &claim->settings[i], sizeof value, value);
        snprintf(line + used, size - used, "%s%s=%s", i == 0 ? "" : " ", declared[i].name, value);
    }
    if (line[0] == '\0') {
        snprintf(line, size, "none");
    }
}

void claim_describe_table(struct claim *claim)
{
    char line[4096];
    cJSON *environment = record_environment(), *item = NULL;

    parameters_line(claim, sizeof line, line);
    table_note(&claim->table, "claim", "%s", claim->name);
    table_note(&claim->table, "parameters", "%s", line);
    table_note(&claim->table, "seed", "%lu", claim->seed);
    table_note(&claim->table, "scale", "%s", scale_name(claim->scale));
    if (claim->plant != NULL) {
        table_note(&claim->table, "planted", "%s", claim->plant);
    }
    table_note(&claim->table, "source", "%s, FNV-1a %016lx", claim->path,
               (unsigned long)hash_bytes(HASH_EMPTY, strlen(claim->source), claim->source));
    cJSON_ArrayForEach(item, environment)
    {
        table_note(&claim->table, item->string, "%s", item->valuestring);
    }
    cJSON_Delete(environment);
}

static double seconds_since(struct timespec start)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start.tv_sec) + 1e-9 * (double)(now.tv_nsec - start.tv_nsec);
}

/* An erratum must name checks that exist: a differs for the printed form, and for the corrected one something that isn't. A differs
 * without an erratum would be a discrepancy that no chapter tells. */
void claim_require_errata(const struct claim *claim)
{
    const struct erratum *errata = claim->spec->errata;

    for (const struct erratum *erratum = errata; erratum->id != NULL; erratum++) {
        bool differs = false, equal = erratum->equal == NULL;

        for (size_t i = 0; i < claim->checks; i++) {
            bool is_differs = claim->check[i].kind == CHECK_DIFFERS;

            differs = differs || (is_differs && record_matches(erratum->differs, claim->check[i].name));
            equal = equal || (!is_differs && record_matches(erratum->equal, claim->check[i].name));
        }
        if (!differs || !equal) {
            claim_wrong(claim, "no check for erratum", erratum->id);
        }
    }
    for (size_t i = 0; i < claim->checks; i++) {
        bool told = claim->check[i].kind != CHECK_DIFFERS;

        for (const struct erratum *erratum = errata; erratum->id != NULL; erratum++) {
            told = told || record_matches(erratum->differs, claim->check[i].name);
        }
        if (!told) {
            claim_wrong(claim, "no erratum for the differing check", claim->check[i].name);
        }
    }
}

enum verdict claim_verdict(const struct claim *claim, bool *red)
{
    const struct erratum *errata = claim->spec->errata;
    bool corrected = true;

    if (claim->skipped != NULL) {
        *red = false;
        return VERDICT_SKIPPED;
    }
    for (const struct erratum *erratum = errata; erratum->id != NULL; erratum++) {
        corrected = corrected && erratum->equal != NULL;
    }
    return verdict_of(claim->checks, claim->check, errata[0].id != NULL, corrected, red);
}

/* The declared parameters as the book shows them: name, value, range, meaning. */
static cJSON *declared_parameters(const struct claim *claim)
{
    cJSON *array = cJSON_CreateArray();

    for (int i = 0; claim->spec->parameters[i].kind != PARAMETER_END; i++) {
        const struct parameter *parameter = &claim->spec->parameters[i];
        cJSON *object = cJSON_CreateObject();
        char value[512], range[512];

        parameter_format(parameter, &claim->settings[i], sizeof value, value);
        parameter_range(parameter, sizeof range, range);
        cJSON_AddStringToObject(object, "name", parameter->name);
        cJSON_AddStringToObject(object, "value", value);
        cJSON_AddStringToObject(object, "range", range);
        cJSON_AddStringToObject(object, "help", parameter->help);
        cJSON_AddItemToArray(array, object);
    }
    return array;
}

cJSON *claim_record(const struct claim *claim)
{
    cJSON *record = cJSON_CreateObject(), *checks;
    char *title = record_title(claim->source);
    bool red;
    enum verdict verdict = claim_verdict(claim, &red);

    cJSON_AddStringToObject(record, "claim", claim->name);
    cJSON_AddStringToObject(record, "title", title);
    cJSON_AddStringToObject(record, "path", claim->path);
    cJSON_AddStringToObject(record, "verdict", verdict_name(verdict));
    cJSON_AddBoolToObject(record, "red", red);
    cJSON_AddStringToObject(record, "skipped", claim->skipped == NULL ? "" : claim->skipped);
    cJSON_AddStringToObject(record, "scaled", claim->spec->scaled == NULL ? "" : claim->spec->scaled);
    cJSON_AddStringToObject(record, "plant", claim->plant == NULL ? "" : claim->plant);
    cJSON_AddStringToObject(record, "scale", scale_name(claim->scale));
    cJSON_AddNumberToObject(record, "seed", (double)claim->seed);
    cJSON_AddBoolToObject(record, "defaults", !claim->changed && claim->plant == NULL);
    cJSON_AddNumberToObject(record, "threads", claim->threads);
    cJSON_AddNumberToObject(record, "seconds", seconds_since(claim->start));
    cJSON_AddItemToObject(record, "parameters", declared_parameters(claim));
    checks = cJSON_AddArrayToObject(record, "checks");
    for (size_t i = 0; claim->skipped == NULL && i < claim->checks; i++) {
        cJSON_AddItemToArray(checks, record_check(&claim->check[i]));
    }
    cJSON_AddItemToObject(record, "faults", record_faults(claim->spec->faults));
    cJSON_AddItemToObject(record, "errata", record_errata(claim->spec->errata));
    cJSON_AddItemToObject(record, "environment", record_environment());
    memory_free(title);
    return record;
}
