// SPDX-License-Identifier: GPL-3.0-or-later
/* What a reference in prose points at. */
#include "book.h"

#include "literate.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

enum { LENGTH = 256 };

static char address[4 * PATH_MAX];

static const char *claim_address(struct page *page, const struct book_claim *claim)
{
    snprintf(address, sizeof address, "%s%s.html", page->root, claim->name);
    return address;
}

/* ## Claims: NAME of the same paper, or PAPER/NAME */

static bool begins_with_paper(const struct book *book, const char *text)
{
    for (size_t i = 0; i < book->papers; i++) {
        size_t length = strlen(book->ledger[i].paper);

        if (strncmp(text, book->ledger[i].paper, length) == 0 && text[length] == '/') {
            return true;
        }
    }
    return false;
}

static bool looks_like_claim(const struct book *book, const char *text)
{
    static const char *const kinds[] = {"thm", "lem", "prop", "cor", "fig", "eq",   "ineq", "sec",
                                        "app", "def", "obs",  "rem", "tab", "fact", "fn"};
    if (text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_/")] != '\0') {
        return false;
    }
    if (strchr(text, '/') != NULL) {
        return begins_with_paper(book, text) && text[strcspn(text, "/") + 1] != '\0';
    }
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t length = strlen(kinds[i]);

        if (strncmp(text, kinds[i], length) == 0 && text[length] == '_') {
            return true;
        }
    }
    return false;
}

static const char *claim_reference(struct page *page, const char *text, const char *file, int line)
{
    const char *slash = strchr(text, '/');
    char paper[64] = "";

    if (slash != NULL) {
        snprintf(paper, sizeof paper, "%.*s", (int)(slash - text), text);
    } else if (page->claim != NULL) {
        snprintf(paper, sizeof paper, "%s", page->claim->paper);
    }
    const struct book_claim *claim = book_find(page->book, paper, slash == NULL ? text : slash + 1);

    if (claim == NULL) {
        page_fault(page, file, line, "no such claim", text);
        return "";
    }
    return claim_address(page, claim);
}

/* ## Checks: of the claim whose page it is */

static const char *check_reference(struct page *page, const char *name, const char *file, int line)
{
    const cJSON *checks = page->claim == NULL ? NULL : cJSON_GetObjectItem(page->claim->record, "checks"), *check;

    cJSON_ArrayForEach(check, checks)
    {
        if (strcmp(record_text(check, "name"), name) == 0) {
            return "#checks";
        }
    }
    if (page->claim != NULL && book_skipped(page->claim)) {
        return ""; // it would be there with the data
    }
    page_fault(page, file, line, "no such check", name);
    return "";
}

/* ## Symbols: the library's, or a function of the file itself */

static const char *symbol_address(struct page *page, const struct symbol *symbol)
{
    snprintf(address, sizeof address, "%slibrary/%.*s.html#%s", page->root, (int)strcspn(symbol->header, "."),
             symbol->header, symbol->name);
    return address;
}

static bool defined_here(const struct page *page, const char *name, size_t length)
{
    const char *at = page->claim == NULL ? "" : page->claim->text;

    for (struct token token; (token = token_next(&at)).kind != TOKEN_END;) {
        if (token.kind == TOKEN_WORD && token.length == length && memcmp(token.start, name, length) == 0) {
            return true;
        }
    }
    return false;
}

static const char *symbol_reference(struct page *page, const char *name, size_t length, const char *file, int line)
{
    const struct symbol *symbol = symbols_find(&page->book->symbols, name, length);

    if (symbol != NULL) {
        return symbol_address(page, symbol);
    }
    if (!defined_here(page, name, length)) {
        page_fault(page, file, line, "no such symbol", name);
    }
    return "";
}

/* ## Files, from the project's top; words in capitals stand for any name */

static bool looks_like_file(const char *text)
{
    const char *dot = strrchr(text, '.');

    return strchr(text, '/') != NULL && dot != NULL && strpbrk(text, " *<>") == NULL &&
           (strcmp(dot, ".c") == 0 || strcmp(dot, ".h") == 0 || strcmp(dot, ".gp") == 0 || strcmp(dot, ".tsv") == 0);
}

static bool is_pattern(const char *text)
{
    for (; *text != '\0'; text++) {
        if (isupper((unsigned char)text[0]) && isupper((unsigned char)text[1])) {
            return true;
        }
    }
    return false;
}

static const char *file_reference(struct page *page, const char *path, const char *file, int line)
{
    static const char include[] = "include/assay/";

    if (access(path, R_OK) != 0) {
        page_fault(page, file, line, "no such file", path);
        return "";
    }
    if (strncmp(path, include, strlen(include)) == 0) {
        const char *header = path + strlen(include);

        snprintf(address, sizeof address, "%slibrary/%.*s.html", page->root, (int)strcspn(header, "."), header);
        return address;
    }
    return "";
}

/* ## Parameters: --set NAME=VALUE on a claim's page */

static bool has_parameter(const cJSON *record, const char *name)
{
    const cJSON *parameter;

    cJSON_ArrayForEach(parameter, cJSON_GetObjectItem(record, "parameters"))
    {
        if (strcmp(record_text(parameter, "name"), name) == 0) {
            return true;
        }
    }
    return false;
}

static void check_setting(struct page *page, const char *text, const char *file, int line)
{
    const char *set = strstr(text, "--set ");
    char name[64];

    if (page->claim == NULL || set == NULL || page->claim->record == NULL) {
        return;
    }
    snprintf(name, sizeof name, "%.*s", (int)strcspn(set + 6, "= "), set + 6);
    if (!is_pattern(name) && !has_parameter(page->claim->record, name)) {
        page_fault(page, file, line, "no such parameter", name);
    }
}

const char *page_reference(struct page *page, const char *text, size_t length, const char *file, int line)
{
    char word[LENGTH];

    snprintf(word, sizeof word, "%.*s", (int)length, text);
    check_setting(page, word, file, line);
    if (strncmp(word, "claim:", 6) == 0) {
        return claim_reference(page, word + 6, file, line);
    }
    if (strncmp(word, "check:", 6) == 0) {
        return check_reference(page, word + 6, file, line);
    }
    if (strncmp(word, "symbol:", 7) == 0) {
        return symbol_reference(page, word + 7, strlen(word + 7), file, line);
    }
    if (strncmp(word, "file:", 5) == 0) {
        return file_reference(page, word + 5, file, line);
    }
    if (looks_like_claim(page->book, word)) {
        return claim_reference(page, word, file, line);
    }
    if (looks_like_file(word) && !is_pattern(word)) {
        return file_reference(page, word, file, line);
    }
    if (length > 2 && length < LENGTH && strcmp(word + length - 2, "()") == 0) {
        return symbol_reference(page, word, length - 2, file, line);
    }
    const struct symbol *symbol = symbols_find(&page->book->symbols, word, strlen(word));

    return symbol == NULL ? NULL : symbol_address(page, symbol);
}
