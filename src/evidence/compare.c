// SPDX-License-Identifier: GPL-3.0-or-later
/* Comparing a result with its reference, column by column, by the rules that stand in the reference: a program can't loosen them. */
#include <assay/evidence/table.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

const char *agreement_name(enum agreement agreement)
{
    static const char *const names[] = {"same", "close", "drift", "missing", "other"};

    return names[agreement];
}

static bool same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

/* Decimal digits that agree; 0 where not even the sign or the size does. */
static double agreeing_digits(double reference, double result)
{
    double digits = -log10(fabs(result - reference) / fmax(fabs(reference), fabs(result)));

    return isnan(digits) ? 0 : fmin(17, fmax(0, digits));
}

static bool within(struct tolerance tolerance, double reference, double result, double standard)
{
    double difference = fabs(result - reference);

    if (isnan(reference) || isnan(result)) {
        return isnan(reference) && isnan(result) && tolerance.nan_equal;
    }
    if (reference == result) {
        return true;
    }
    if (isinf(reference) || isinf(result)) {
        return false;
    }
    switch (tolerance.kind) {
    case TOLERANCE_RELATIVE:
        return difference <= tolerance.amount * fabs(reference);
    case TOLERANCE_ABSOLUTE:
        return difference <= tolerance.amount;
    case TOLERANCE_DIGITS:
        return agreeing_digits(reference, result) >= tolerance.amount;
    case TOLERANCE_SIGMAS:
        return difference <= tolerance.amount * standard;
    default:
        return false;
    }
}

/* The notes that a table must share with its reference to be the same experiment. */
static const char *const identity[] = {"claim", "parameters", "seed", "scale"};

static struct comparison other(const char *format, ...) __attribute__((format(printf, 1, 2)));
static struct comparison other(const char *format, ...)
{
    struct comparison comparison = {.agreement = AGREES_OTHER};
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(comparison.what, sizeof comparison.what, format, arguments);
    va_end(arguments);
    return comparison;
}

/* What keeps two tables from being compared cell by cell; what[0] is 0 if nothing does. */
static struct comparison same_experiment(const struct table *reference, const struct table *result)
{
    for (size_t i = 0; i < sizeof identity / sizeof identity[0]; i++) {
        const char *a = table_find_note(reference, identity[i]), *b = table_find_note(result, identity[i]);

        if (a == NULL || b == NULL || strcmp(a, b) != 0) {
            return other("other %s: %.80s, reference %.80s", identity[i], b == NULL ? "none" : b,
                         a == NULL ? "none" : a);
        }
    }
    if (reference->columns != result->columns || reference->rows != result->rows) {
        return other("%zu rows of %d columns, reference %zu of %d", result->rows, result->columns, reference->rows,
                     reference->columns);
    }
    for (int i = 0; i < reference->columns; i++) {
        if (strcmp(reference->column[i].name, result->column[i].name) != 0) {
            return other("column %.80s, reference %.80s", result->column[i].name, reference->column[i].name);
        }
    }
    for (size_t row = 0; row < reference->rows; row++) {
        if (strcmp(reference->label[row], result->label[row]) != 0) {
            return other("row %zu: label %.80s, reference %.80s", row + 1, result->label[row], reference->label[row]);
        }
    }
    return (struct comparison){.agreement = AGREES_SAME, .digits = 17};
}

static double standard_of(const struct table *table, int column, size_t row)
{
    char name[256];

    snprintf(name, sizeof name, "%s_err", table->column[column].name);
    int err = table_find_column(table, name);

    return err < 0 ? 0 : table->cell[row * (size_t)table->columns + (size_t)err];
}

static void compare_column(const struct table *reference, const struct table *result, int i,
                           struct comparison *comparison, FILE *details)
{
    const struct column *column = &reference->column[i];
    size_t differing = 0, drifted = 0;
    double digits = 17;

    for (size_t row = 0; row < reference->rows; row++) {
        size_t at = row * (size_t)reference->columns + (size_t)i;
        double a = reference->cell[at], b = result->cell[at];

        if (same_bits(a, b) && (!isnan(a) || column->tolerance.nan_equal)) {
            continue;
        }
        bool good = within(column->tolerance, a, b, standard_of(reference, i, row));
        double agreeing = a == b ? 17 : agreeing_digits(a, b);

        differing++;
        drifted += !good;
        if ((!good && comparison->drifted + drifted == 1) ||
            (comparison->drifted + drifted == 0 && agreeing < digits)) {
            snprintf(comparison->what, sizeof comparison->what, "%.80s, row %zu: %.17g, reference %.17g", column->name,
                     row + 1, b, a);
        }
        digits = fmin(digits, agreeing);
    }
    if (details != NULL) {
        fprintf(details, "%-24s %zu of %zu differ, %zu beyond tolerance, %.1f digits agree\n", column->name, differing,
                reference->rows, drifted, digits);
    }
    comparison->differing += differing;
    comparison->drifted += drifted;
    comparison->digits = fmin(comparison->digits, digits);
}

struct comparison table_compare(const struct table *reference, const struct table *result, FILE *details)
{
    struct comparison comparison = same_experiment(reference, result);

    if (comparison.agreement != AGREES_SAME) {
        return comparison;
    }
    for (int i = 0; i < reference->columns; i++) {
        compare_column(reference, result, i, &comparison, details);
    }
    comparison.agreement = comparison.drifted > 0     ? AGREES_DRIFT
                           : comparison.differing > 0 ? AGREES_CLOSE
                                                      : AGREES_SAME;
    return comparison;
}

struct comparison table_compare_files(const char *reference_path, const char *result_path, FILE *details)
{
    struct table reference, result;
    struct comparison comparison;

    if (table_read(&reference, reference_path) != STATUS_OK) {
        comparison = other("%.250s", status_reason());
        comparison.agreement = AGREES_MISSING;
        return comparison;
    }
    if (table_read(&result, result_path) != STATUS_OK) {
        comparison = other("%.250s", status_reason());
    } else {
        comparison = table_compare(&reference, &result, details);
        table_release(&result);
    }
    table_release(&reference);
    return comparison;
}
