// SPDX-License-Identifier: GPL-3.0-or-later
/* Declared parameters and their strict parsing: a reviewer's typing error must never run with a default. */
#include <assay/base/memory.h>
#include <assay/base/parameter.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const scale_names[SCALES] = {"smoke", "standard", "paper"};

const char *scale_name(enum scale scale)
{
    return scale_names[scale];
}

enum scale scale_find(const char *name)
{
    int scale = 0;

    while (scale < SCALES && strcmp(scale_names[scale], name) != 0) {
        scale++;
    }
    return (enum scale)scale;
}

int parameter_count(const struct parameter declared[])
{
    int count = 0;

    while (declared[count].kind != PARAMETER_END) {
        count++;
    }
    return count;
}

int parameter_find(const struct parameter declared[], const char *name)
{
    for (int i = 0; declared[i].kind != PARAMETER_END; i++) {
        if (strcmp(declared[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

static char *first_alternative(const char *alternatives)
{
    char *first = memory_text(alternatives);

    first[strcspn(first, "|")] = '\0';
    return first;
}

void parameter_defaults(const struct parameter declared[], enum scale scale, struct setting settings[])
{
    for (int i = 0; declared[i].kind != PARAMETER_END; i++) {
        settings[i] = (struct setting){.number = declared[i].standard[scale]};
        if (declared[i].kind == PARAMETER_TEXT) {
            settings[i].text = memory_text(declared[i].text);
        } else if (declared[i].kind == PARAMETER_CHOICE) {
            settings[i].text = first_alternative(declared[i].text);
        }
    }
}

void parameter_release(const struct parameter declared[], struct setting settings[])
{
    for (int i = 0; declared[i].kind != PARAMETER_END; i++) {
        memory_free(settings[i].text);
        settings[i].text = NULL;
    }
}

static bool is_alternative(const char *alternatives, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = alternatives; at != NULL; at = strchr(at, '|')) {
        at += *at == '|';
        if (strcspn(at, "|") == length && strncmp(at, word, length) == 0 && length > 0) {
            return true;
        }
    }
    return false;
}

static enum status refuse(const struct parameter *parameter, const char *value)
{
    char range[256];

    parameter_range(parameter, sizeof range, range);
    return status_fail(STATUS_RANGE, "%s=%s: %s is %s", parameter->name, value, parameter->name, range);
}

static enum status set_number(const struct parameter *parameter, struct setting *setting, const char *value)
{
    char *end;
    double number = strtod(value, &end);

    if (end == value || *end != '\0' || !isfinite(number) || number < parameter->least || number > parameter->most ||
        (parameter->kind == PARAMETER_INTEGER && number != floor(number))) {
        return refuse(parameter, value);
    }
    setting->number = number;
    return STATUS_OK;
}

static enum status refuse_name(const struct parameter declared[], const char *name)
{
    char known[384] = "";

    for (int i = 0; declared[i].kind != PARAMETER_END; i++) {
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", i == 0 ? "" : ", ", declared[i].name);
    }
    return status_fail(STATUS_RANGE, "unknown parameter %s (known: %s)", name, known[0] == '\0' ? "none" : known);
}

enum status parameter_set(const struct parameter declared[], struct setting settings[], const char *assignment)
{
    const char *equals = strchr(assignment, '=');

    if (equals == NULL) {
        return status_fail(STATUS_RANGE, "%s: expected NAME=VALUE", assignment);
    }
    char name[128];
    snprintf(name, sizeof name, "%.*s", (int)(equals - assignment), assignment);
    int i = parameter_find(declared, name);
    const char *value = equals + 1;

    if (i < 0) {
        return refuse_name(declared, name);
    }
    if (declared[i].kind == PARAMETER_INTEGER || declared[i].kind == PARAMETER_REAL) {
        return set_number(&declared[i], &settings[i], value);
    }
    if (declared[i].kind == PARAMETER_CHOICE && !is_alternative(declared[i].text, value)) {
        return refuse(&declared[i], value);
    }
    if (strpbrk(value, "\t\n") != NULL) {
        return status_fail(STATUS_RANGE, "%s: a text without tabs or line ends is expected", name);
    }
    memory_free(settings[i].text);
    settings[i].text = memory_text(value);
    return STATUS_OK;
}

void parameter_format(const struct parameter *parameter, const struct setting *setting, size_t size, char out[])
{
    if (parameter->kind == PARAMETER_INTEGER) {
        snprintf(out, size, "%.0f", setting->number);
    } else if (parameter->kind == PARAMETER_REAL) {
        snprintf(out, size, "%.15g", setting->number);
        if (strtod(out, NULL) != setting->number) {
            snprintf(out, size, "%.17g", setting->number);
        }
    } else {
        snprintf(out, size, "%s", setting->text);
    }
}

void parameter_range(const struct parameter *parameter, size_t size, char out[])
{
    switch (parameter->kind) {
    case PARAMETER_INTEGER:
        snprintf(out, size, "an integer from %.15g to %.15g", parameter->least, parameter->most);
        break;
    case PARAMETER_REAL:
        snprintf(out, size, "a number from %.15g to %.15g", parameter->least, parameter->most);
        break;
    case PARAMETER_CHOICE:
        snprintf(out, size, "one of %s", parameter->text);
        break;
    default:
        snprintf(out, size, "a text");
    }
}
