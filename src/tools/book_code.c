// SPDX-License-Identifier: GPL-3.0-or-later
/* Programs on pages: prose beside code, code with links to what it calls. */
#include "book.h"

#include "literate.h"

#include <ctype.h>
#include <string.h>

/* Names in lower case are common words: they are links only where they are called or used as a type. */
static bool is_used(const struct symbol *symbol, const struct token *last, char next)
{
    for (const char *c = symbol->name; *c != '\0'; c++) {
        if (isupper((unsigned char)*c)) {
            return true;
        }
    }
    return next == '(' || token_is(last, "struct") || token_is(last, "enum");
}

static void write_word(struct page *page, const struct token *word, const struct token *last, char next, int line,
                       const char *header)
{
    const struct symbol *symbol = symbols_find(&page->book->symbols, word->start, word->length);
    bool own = symbol != NULL && header != NULL && strcmp(symbol->header, header) == 0;

    if (own && symbol->line == line) {
        fprintf(page->out, "<b id=\"%s\">%s</b>", symbol->name, symbol->name);
    } else if (symbol != NULL && is_used(symbol, last, next)) {
        fprintf(page->out, "<a href=\"%slibrary/%.*s.html#%s\">%s</a>", page->root, (int)strcspn(symbol->header, "."),
                symbol->header, symbol->name, symbol->name);
    } else {
        page_text_part(page, word->start, word->length);
    }
}

void page_code(struct page *page, const char *code, int line, const char *header)
{
    struct token last = {TOKEN_OTHER, "", 0};

    fputs("<pre class=\"code\" tabindex=\"0\"><code class=\"language-c\">", page->out);
    for (struct token token; (token = token_next(&code)).kind != TOKEN_END;) {
        if (token.kind == TOKEN_WORD) {
            write_word(page, &token, &last, token_peek(code), line, header);
        } else {
            page_text_part(page, token.start, token.length);
        }
        for (size_t i = 0; i < token.length; i++) {
            line += token.start[i] == '\n';
        }
        last = token.kind == TOKEN_BLANK || token.kind == TOKEN_COMMENT ? last : token;
    }
    fputs("</code></pre>\n", page->out);
}

void page_literate(struct page *page, const char *source, const char *file, const char *header, int heading,
                   bool skip_head)
{
    struct literate literate = literate_split(source);

    for (size_t i = skip_head ? 1 : 0; i < literate.count; i++) {
        const struct piece *piece = &literate.piece[i];
        const struct piece *code = piece->prose && i + 1 < literate.count && !literate.piece[i + 1].prose
                                       ? &literate.piece[++i]
                                   : piece->prose ? NULL
                                                  : piece;

        fprintf(page->out, "<div class=\"piece%s\">\n<div class=\"prose\">\n", code == NULL ? " alone" : "");
        if (piece->prose) {
            page_markdown(page, piece->text, file, piece->line, heading);
        }
        fputs("</div>\n", page->out);
        if (code != NULL) {
            page_code(page, code->text, code->line, header);
        }
        fputs("</div>\n", page->out);
    }
    literate_free(&literate);
}
