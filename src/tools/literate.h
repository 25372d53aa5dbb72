// SPDX-License-Identifier: GPL-3.0-or-later
/* C sources as literate texts: block comments that begin in column one are prose, everything else is code. */
#ifndef ASSAY_TOOLS_LITERATE_H
#define ASSAY_TOOLS_LITERATE_H

#include <stdbool.h>
#include <stddef.h>

struct piece {
    bool prose;
    int line;   // where it begins in the file, from 1
    char *text; // prose without its decoration, line by line; or code
};

struct literate {
    size_t count;
    struct piece *piece;
};

/* The pieces in order, without blank ends, licence lines and empty code. */
struct literate literate_split(const char *source);
void literate_free(struct literate *literate);

/* ## Tokens of C, as far as links need them */

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_BLANK, TOKEN_COMMENT, TOKEN_QUOTED, TOKEN_OTHER };

struct token {
    enum token_kind kind;
    const char *start;
    size_t length;
};

/* The token at *at, which moves behind it. Words are identifiers and numbers; others are single characters. */
struct token token_next(const char **at);

/* The first character behind at that is neither blank nor in a comment; '\0' at the end. */
char token_peek(const char *at);

bool token_is(const struct token *token, const char *word);

#endif
