// SPDX-License-Identifier: GPL-3.0-or-later
/* Tables in memory and on disk. The file says everything that its reader needs; a reader that finds less says so. */
#include <assay/base/file.h>
#include <assay/base/memory.h>
#include <assay/evidence/table.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_names[TOLERANCE_KINDS] = {"exact", "relative", "absolute", "digits", "sigmas"};

void table_start(struct table *table)
{
    *table = (struct table){0};
}

void table_release(struct table *table)
{
    for (int i = 0; i < table->notes; i++) {
        memory_free(table->note_key[i]);
        memory_free(table->note[i]);
    }
    for (int i = 0; i < table->columns; i++) {
        memory_free(table->column[i].name);
        memory_free(table->column[i].reason);
    }
    for (size_t i = 0; table->label != NULL && i < table->rows; i++) {
        memory_free(table->label[i]);
    }
    free(table->note_key);
    free(table->note);
    free(table->column);
    free(table->label);
    free(table->cell);
    memory_free(table->label_name);
    table_start(table);
}

/* realloc for the few arrays that grow here. */
static void *grow(void *block, size_t count, size_t size)
{
    void *grown = realloc(block, count * size);

    if (grown == NULL) {
        fprintf(stderr, "assay: out of memory: %zu objects of %zu bytes asked\n", count, size);
        exit(3);
    }
    return grown;
}

static char *one_line(const char *source)
{
    char *copy = memory_text(source);

    for (char *c = copy; *c != '\0'; c++) {
        *c = iscntrl((unsigned char)*c) ? ' ' : *c;
    }
    return copy;
}

void table_note(struct table *table, const char *key, const char *format, ...)
{
    char value[4096];
    va_list arguments;
    size_t count = (size_t)table->notes + 1;

    va_start(arguments, format);
    vsnprintf(value, sizeof value, format, arguments);
    va_end(arguments);
    table->note_key = grow(table->note_key, count, sizeof(char *));
    table->note = grow(table->note, count, sizeof(char *));
    table->note_key[table->notes] = one_line(key);
    table->note[table->notes] = one_line(value);
    table->notes++;
}

void table_labels(struct table *table, const char *name)
{
    memory_free(table->label_name);
    table->label_name = one_line(name);
}

void table_column(struct table *table, const char *name, struct tolerance tolerance, const char *reason)
{
    table->column = grow(table->column, (size_t)table->columns + 1, sizeof(struct column));
    table->column[table->columns++] = (struct column){one_line(name), one_line(reason), tolerance};
}

void table_row(struct table *table, const char *label, const double cells[])
{
    size_t columns = (size_t)table->columns;

    if (table->rows == table->room) {
        table->room = table->room == 0 ? 64 : 2 * table->room;
        table->cell = grow(table->cell, table->room * columns + 1, sizeof(double));
        table->label = grow(table->label, table->room, sizeof(char *));
    }
    memcpy(table->cell + table->rows * columns, cells, columns * sizeof(double));
    table->label[table->rows] = one_line(label == NULL ? "" : label);
    table->rows++;
}

const char *table_find_note(const struct table *table, const char *key)
{
    for (int i = 0; i < table->notes; i++) {
        if (strcmp(table->note_key[i], key) == 0) {
            return table->note[i];
        }
    }
    return NULL;
}

int table_find_column(const struct table *table, const char *name)
{
    for (int i = 0; i < table->columns; i++) {
        if (strcmp(table->column[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

/* ## Writing */

static void write_rule(FILE *file, const struct column *column)
{
    const struct tolerance *tolerance = &column->tolerance;

    fprintf(file, "# column %s: %s", column->name, kind_names[tolerance->kind]);
    if (tolerance->kind != TOLERANCE_EXACT) {
        fprintf(file, " %.17g", tolerance->amount);
    }
    fprintf(file, "%s; %s\n", tolerance->nan_equal ? ", nan equals nan" : "", column->reason);
}

static void write_body(const void *context, FILE *file)
{
    const struct table *table = context;

    fputs("# assay table 1\n", file);
    for (int i = 0; i < table->notes; i++) {
        fprintf(file, "# %s: %s\n", table->note_key[i], table->note[i]);
    }
    for (int i = 0; i < table->columns; i++) {
        write_rule(file, &table->column[i]);
    }
    if (table->label_name != NULL) {
        fprintf(file, "%s\t", table->label_name);
    }
    for (int i = 0; i < table->columns; i++) {
        fprintf(file, "%s%c", table->column[i].name, i + 1 < table->columns ? '\t' : '\n');
    }
    for (size_t row = 0; row < table->rows; row++) {
        if (table->label_name != NULL) {
            bool next_series = row > 0 && strcmp(table->label[row - 1], table->label[row]) != 0;

            fprintf(file, "%s%s\t", next_series ? "\n" : "", table->label[row]);
        }
        for (int i = 0; i < table->columns; i++) {
            fprintf(file, "%.17g%c", table->cell[row * (size_t)table->columns + (size_t)i],
                    i + 1 < table->columns ? '\t' : '\n');
        }
    }
    fprintf(file, "# end: %zu rows\n", table->rows);
}

enum status table_write(const struct table *table, const char *path)
{
    return file_replace(path, write_body, table);
}

/* ## Reading */

struct reader {
    const char *path;
    int line;
    bool header, ended;
};

static enum status malformed(const struct reader *reader, const char *what, const char *where)
{
    return status_fail(STATUS_FORMAT, "%s:%d: %s%s%.60s", reader->path, reader->line, what,
                       where[0] == '\0' ? "" : ": ", where);
}

/* "# column NAME: KIND [AMOUNT][, nan equals nan]; REASON", from NAME on. */
static enum status read_rule(struct table *table, const struct reader *reader, char *text)
{
    char *colon = strstr(text, ": "), *semicolon = strstr(text, "; ");

    if (colon == NULL || semicolon == NULL || semicolon < colon) {
        return malformed(reader, "a column's rule is malformed", text);
    }
    *colon = *semicolon = '\0';
    char *rule = colon + 2, *nan = strstr(rule, ", nan equals nan");
    struct tolerance tolerance = {.nan_equal = nan != NULL};

    if (nan != NULL) {
        *nan = '\0';
    }
    char *space = strchr(rule, ' ');
    if (space != NULL) {
        char *end;

        *space = '\0';
        tolerance.amount = strtod(space + 1, &end);
        if (end == space + 1 || *end != '\0' || !(tolerance.amount >= 0 && isfinite(tolerance.amount))) {
            return malformed(reader, "a column's tolerance is no number", space + 1);
        }
    }
    int kind = 0;
    while (kind < TOLERANCE_KINDS && strcmp(kind_names[kind], rule) != 0) {
        kind++;
    }
    if (kind == TOLERANCE_KINDS || (space == NULL) != (kind == TOLERANCE_EXACT)) {
        return malformed(reader, "unknown tolerance", rule);
    }
    tolerance.kind = (enum tolerance_kind)kind;
    table_column(table, text, tolerance, semicolon + 2);
    return STATUS_OK;
}

static enum status read_comment(struct table *table, struct reader *reader, char *line)
{
    char *text = line + strspn(line, "# "), *colon = strstr(text, ": ");
    if (strncmp(line, "# end: ", 7) == 0) {
        char expected[64];

        snprintf(expected, sizeof expected, "# end: %zu rows", table->rows);
        reader->ended = strcmp(line, expected) == 0;
        return reader->ended ? STATUS_OK : malformed(reader, "rows are missing", line);
    }
    if (strncmp(text, "column ", 7) == 0) {
        return reader->header ? malformed(reader, "a column's rule after the header row", text)
                              : read_rule(table, reader, text + 7);
    }
    if (colon == NULL) {
        return strncmp(text, "assay table 1", 13) == 0 ? STATUS_OK
                                                       : malformed(reader, "neither a note nor a column", line);
    }
    *colon = '\0';
    table_note(table, text, "%s", colon + 2);
    return STATUS_OK;
}

/* The header row: a labels column may stand before the declared ones. */
static enum status read_header(struct table *table, struct reader *reader, char *line)
{
    int tabs = 0, i = 0;

    for (const char *c = line; *c != '\0'; c++) {
        tabs += *c == '\t';
    }
    char *state = NULL, *field = strtok_r(line, "\t", &state);
    if (tabs == table->columns && field != NULL) {
        table_labels(table, field);
        field = strtok_r(NULL, "\t", &state);
    }
    for (; field != NULL; field = strtok_r(NULL, "\t", &state), i++) {
        if (i >= table->columns || strcmp(field, table->column[i].name) != 0) {
            return malformed(reader, "the header row names another column than the rules", field);
        }
    }
    reader->header = true;
    return i == table->columns ? STATUS_OK : malformed(reader, "the header row lacks a column that has a rule", "");
}

static enum status read_row(struct table *table, const struct reader *reader, char *line, double cells[])
{
    char *at = line, *label = NULL;

    if (table->label_name != NULL) {
        label = at;
        at += strcspn(at, "\t");
        if (*at != '\t') {
            return malformed(reader, "a row without numbers", line);
        }
        *at++ = '\0';
    }
    for (int i = 0; i < table->columns; i++) {
        char *end;

        cells[i] = strtod(at, &end);
        if (end == at || *end != (i + 1 < table->columns ? '\t' : '\0')) {
            return malformed(reader, "not a number, or too few or too many fields", at);
        }
        at = end + 1;
    }
    table_row(table, label, cells);
    return STATUS_OK;
}

static enum status read_lines(struct table *table, struct reader *reader, FILE *file)
{
    char *line = NULL;
    size_t room = 0;
    double *cells = NULL;
    enum status status = STATUS_OK;

    for (ssize_t length; status == STATUS_OK && (length = getline(&line, &room, file)) >= 0;) {
        reader->line++;
        bool whole = strlen(line) == (size_t)length;

        line[strcspn(line, "\n")] = '\0';
        if (reader->line == 1 && strcmp(line, "# assay table 1") != 0) {
            status = malformed(reader, "not a table of this suite", "");
        } else if (!whole) {
            status = malformed(reader, "a byte of value 0", line);
        } else if (reader->ended) {
            status = malformed(reader, "text after the end", line);
        } else if (line[0] == '\0' && table->label_name != NULL) {
            continue; // between two series
        } else if (line[0] == '#') {
            status = read_comment(table, reader, line);
        } else if (!reader->header) {
            status = read_header(table, reader, line);
            cells = memory_doubles((size_t)table->columns);
        } else {
            status = read_row(table, reader, line, cells);
        }
    }
    if (status == STATUS_OK && ferror(file)) {
        status = status_fail(STATUS_IO, "%s: %s", reader->path, strerror(errno));
    } else if (status == STATUS_OK && !reader->ended) {
        status = malformed(reader, "truncated: no line '# end: N rows'", "");
    } else if (status == STATUS_OK && !reader->header) {
        status = malformed(reader, "no header row", "");
    }
    free(line);
    memory_free(cells);
    return status;
}

enum status table_read(struct table *table, const char *path)
{
    struct reader reader = {.path = path};
    FILE *file = fopen(path, "r");

    table_start(table);
    if (file == NULL) {
        return status_fail(errno == ENOENT ? STATUS_ABSENT : STATUS_IO, "%s: %s", path, strerror(errno));
    }
    enum status status = read_lines(table, &reader, file);

    fclose(file);
    if (status != STATUS_OK) {
        table_release(table);
    }
    return status;
}
