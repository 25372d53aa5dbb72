// SPDX-License-Identifier: GPL-3.0-or-later
/* Finding declarations without a compiler: outside all brackets, a word before '(' is a function, one behind struct or enum and before '{' a
 * type, one before ';' and behind another word a declared object; inside the braces of an enum stand constants; behind #define, macros. */
#include "symbols.h"

#include "literate.h"

#include <assay/base/file.h>
#include <assay/base/memory.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const library_rooms[] = {"base",    "random",   "numerics",   "meanfield",
                                     "network", "evidence", "experiment", NULL};

static void add_symbol(struct symbols *symbols, const struct token *name, const char *header, int line)
{
    if (symbols->count == symbols->room) {
        struct symbol *old = symbols->symbol;

        symbols->room = 2 * symbols->room + 64;
        symbols->symbol = memory_new(symbols->room, sizeof *symbols->symbol);
        if (old != NULL) {
            memcpy(symbols->symbol, old, symbols->count * sizeof *old);
        }
        memory_free(old);
    }
    char *copy = memory_new(name->length + 1, 1);

    memcpy(copy, name->start, name->length);
    symbols->symbol[symbols->count++] = (struct symbol){copy, name->length, header, line};
}

/* Where a header's scan stands. */
struct scan {
    struct symbols *symbols;
    const char *header, *at;
    int line, braces, brackets;
    bool in_enum;
    struct token last, before; // the two tokens of substance seen last
};

static bool is_directive_of(const struct scan *scan, const char *word)
{
    return token_is(&scan->last, word) && token_is(&scan->before, "#");
}

static bool declares(const struct scan *scan, const struct token *word, char next)
{
    if (scan->in_enum && scan->braces == 1) {
        return token_is(&scan->last, "{") || token_is(&scan->last, ",");
    }
    if (scan->braces > 0 || scan->brackets > 0 || strncmp(word->start, "__", 2) == 0) {
        return false;
    }
    bool tagged = token_is(&scan->last, "struct") || token_is(&scan->last, "enum");

    return next == '(' || (tagged && next == '{') || (!tagged && next == ';' && scan->last.kind == TOKEN_WORD);
}

/* A macro's name counts unless it is the header's guard; its text is passed over. */
static void take_macro(struct scan *scan, const struct token *name)
{
    const char *guard = "_H";

    if (name->length < 2 || memcmp(name->start + name->length - 2, guard, 2) != 0) {
        add_symbol(scan->symbols, name, scan->header, scan->line);
    }
    while (*scan->at != '\0' && !(*scan->at == '\n' && scan->at[-1] != '\\')) {
        scan->line += *scan->at++ == '\n';
    }
}

static void take_mark(struct scan *scan, char mark)
{
    scan->brackets += (mark == '(' || mark == '[') - (mark == ')' || mark == ']');
    if (mark == '{') {
        scan->in_enum = scan->braces == 0 && (token_is(&scan->last, "enum") || token_is(&scan->before, "enum"));
    }
    scan->braces += (mark == '{') - (mark == '}');
}

static void scan_header(struct symbols *symbols, const char *header, const char *text)
{
    struct scan scan = {symbols, header, text, 1, 0, 0, false, {TOKEN_OTHER, "", 0}, {TOKEN_OTHER, "", 0}};

    for (struct token token; (token = token_next(&scan.at)).kind != TOKEN_END;) {
        if (token.kind == TOKEN_WORD && is_directive_of(&scan, "define")) {
            take_macro(&scan, &token);
        } else if (token.kind == TOKEN_WORD && declares(&scan, &token, token_peek(scan.at))) {
            add_symbol(symbols, &token, header, scan.line);
        } else if (token.kind == TOKEN_OTHER) {
            take_mark(&scan, *token.start);
        }
        for (size_t i = 0; i < token.length; i++) {
            scan.line += token.start[i] == '\n';
        }
        if (token.kind != TOKEN_BLANK && token.kind != TOKEN_COMMENT) {
            scan.before = scan.last;
            scan.last = token;
        }
    }
}

enum status symbols_read(struct symbols *symbols)
{
    static const char top[] = "include/assay/";
    glob_t found = {0};

    *symbols = (struct symbols){0};
    for (int i = 0; library_rooms[i] != NULL; i++) {
        char pattern[128];

        snprintf(pattern, sizeof pattern, "%s%s/*.h", top, library_rooms[i]);
        glob(pattern, i == 0 ? 0 : GLOB_APPEND, NULL, &found);
    }
    symbols->header = memory_new(found.gl_pathc + 1, sizeof(char *));
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char *text = file_read(found.gl_pathv[i], NULL);

        if (text == NULL) {
            globfree(&found);
            return STATUS_IO;
        }
        symbols->header[symbols->headers++] = memory_text(found.gl_pathv[i] + strlen(top));
        scan_header(symbols, symbols->header[i], text);
        memory_free(text);
    }
    globfree(&found);
    return STATUS_OK;
}

void symbols_free(struct symbols *symbols)
{
    for (size_t i = 0; i < symbols->headers; i++) {
        memory_free(symbols->header[i]);
    }
    for (size_t i = 0; i < symbols->count; i++) {
        memory_free(symbols->symbol[i].name);
    }
    memory_free(symbols->header);
    memory_free(symbols->symbol);
    *symbols = (struct symbols){0};
}

const struct symbol *symbols_find(const struct symbols *symbols, const char *name, size_t length)
{
    for (size_t i = 0; i < symbols->count; i++) {
        if (symbols->symbol[i].length == length && memcmp(symbols->symbol[i].name, name, length) == 0) {
            return &symbols->symbol[i];
        }
    }
    return NULL;
}
