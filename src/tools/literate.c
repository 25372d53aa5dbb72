// SPDX-License-Identifier: GPL-3.0-or-later
/* Splitting sources, by lines; and a lexer of some thirty lines. */
#include "literate.h"

#include <assay/base/memory.h>
#include <assay/evidence/record.h>
#include <ctype.h>
#include <string.h>

static const char *next_line(const char *at)
{
    const char *end = strchr(at, '\n');

    return end == NULL ? at + strlen(at) : end + 1;
}

/* Behind the block comment that begins at the line at; NULL if none does, or code follows it on its last line. */
static const char *comment_end(const char *at)
{
    const char *end = strncmp(at, "/*", 2) == 0 ? strstr(at + 2, "*/") : NULL;

    if (end == NULL) {
        return NULL;
    }
    end += 2;
    return *end == '\0' ? end : *end == '\n' ? end + 1 : NULL;
}

static int count_lines(const char *from, const char *to)
{
    int lines = 0;

    for (; from < to; from++) {
        lines += *from == '\n';
    }
    return lines;
}

static void add_piece(struct literate *literate, bool prose, int line, const char *start, const char *end)
{
    while (start < end && !prose && (*start == '\n' || strncmp(start, "// SPDX", 7) == 0)) {
        start = next_line(start);
        line++;
    }
    while (end > start && isspace((unsigned char)end[-1])) {
        end--;
    }
    if (start >= end) {
        return;
    }
    struct piece *piece = &literate->piece[literate->count++];
    size_t length = (size_t)(end - start);

    *piece = (struct piece){prose, line, NULL};
    if (prose) {
        piece->text = record_prose(start, length);
    } else {
        piece->text = memory_new(length + 1, 1);
        memcpy(piece->text, start, length);
    }
}

struct literate literate_split(const char *source)
{
    struct literate literate = {
        0, memory_new((size_t)count_lines(source, source + strlen(source)) + 2, sizeof(struct piece))};
    const char *code = source, *at = source;
    int code_line = 1, line = 1;

    while (*at != '\0') {
        const char *end = comment_end(at);

        if (end == NULL) {
            at = next_line(at);
            line++;
            continue;
        }
        add_piece(&literate, false, code_line, code, at);
        add_piece(&literate, true, line, at, end);
        line += count_lines(at, end);
        at = code = end;
        code_line = line;
    }
    add_piece(&literate, false, code_line, code, at);
    return literate;
}

void literate_free(struct literate *literate)
{
    for (size_t i = 0; i < literate->count; i++) {
        memory_free(literate->piece[i].text);
    }
    memory_free(literate->piece);
    *literate = (struct literate){0};
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static const char *quoted_end(const char *at)
{
    char quote = *at++;

    while (*at != '\0' && *at != quote && *at != '\n') {
        at += *at == '\\' && at[1] != '\0' ? 2 : 1;
    }
    return *at == quote ? at + 1 : at;
}

static const char *comment_behind(const char *at)
{
    const char *end = at[1] == '*' ? strstr(at + 2, "*/") : strchr(at, '\n');

    return end == NULL ? at + strlen(at) : at[1] == '*' ? end + 2 : end;
}

struct token token_next(const char **at)
{
    struct token token = {TOKEN_OTHER, *at, 1};
    const char *end = *at + 1;

    if (**at == '\0') {
        return (struct token){TOKEN_END, *at, 0};
    }
    if (isspace((unsigned char)**at)) {
        token.kind = TOKEN_BLANK;
    } else if (is_word(**at)) {
        token.kind = TOKEN_WORD;
        while (is_word(*end)) {
            end++;
        }
    } else if (**at == '"' || **at == '\'') {
        token.kind = TOKEN_QUOTED;
        end = quoted_end(*at);
    } else if (**at == '/' && (end[0] == '*' || end[0] == '/')) {
        token.kind = TOKEN_COMMENT;
        end = comment_behind(*at);
    }
    token.length = (size_t)(end - *at);
    *at = end;
    return token;
}

char token_peek(const char *at)
{
    struct token token;

    do {
        token = token_next(&at);
    } while (token.kind == TOKEN_BLANK || token.kind == TOKEN_COMMENT);
    return *token.start;
}

bool token_is(const struct token *token, const char *word)
{
    return strlen(word) == token->length && memcmp(word, token->start, token->length) == 0;
}
