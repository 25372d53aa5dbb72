// SPDX-License-Identifier: GPL-3.0-or-later
/* What every page of the book has in common: frame, escapes, badges, and being written only when it changed. */
#include "book.h"

#include <assay/base/file.h>
#include <assay/base/memory.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *path, *label;
} chapters[] = {{"index.html", "Claims"},
                {"discrepancies.html", "Discrepancies"},
                {"library/index.html", "Library"},
                {"method.html", "Method"}};

enum { CHAPTERS = sizeof chapters / sizeof chapters[0] };

static const char *root_of(const char *path)
{
    static const char up[] = "../../../";
    size_t depth = 0;

    for (; *path != '\0'; path++) {
        depth += *path == '/';
    }
    return up + strlen(up) - 3 * depth;
}

static void write_navigation(struct page *page)
{
    fprintf(page->out,
            "<a class=\"skip\" href=\"#main\">Skip to the content</a>\n<header class=\"top\"><nav "
            "aria-label=\"Chapters\">\n"
            "<a class=\"brand\" href=\"%sindex.html\">Assay</a>\n",
            page->root);
    for (int i = 0; i < CHAPTERS; i++) {
        bool here = strcmp(page->path, chapters[i].path) == 0;

        fprintf(page->out, "<a href=\"%s%s\"%s>%s</a>\n", page->root, chapters[i].path,
                here ? " aria-current=\"page\"" : "", chapters[i].label);
    }
    fputs("</nav><button id=\"theme\" type=\"button\" hidden>Theme: auto</button></header>\n", page->out);
}

struct page *page_begin(struct book *book, const char *path, const char *title, const struct book_claim *claim)
{
    struct page *page = memory_new(1, sizeof *page);

    *page = (struct page){.book = book, .claim = claim};
    snprintf(page->path, sizeof page->path, "%s", path);
    page->root = root_of(path);
    page->out = open_memstream(&page->text, &page->size);
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
          page->out);
    page_plain(page, title);
    fprintf(page->out,
            "%s</title>\n<meta name=\"color-scheme\" content=\"light dark\">\n"
            "<link rel=\"icon\" href=\"data:,\">\n"
            "<link rel=\"stylesheet\" href=\"%sassets/katex/katex.min.css\">\n"
            "<link rel=\"stylesheet\" href=\"%sassets/book.css\">\n"
            "<script src=\"%sassets/theme.js\"></script>\n"
            "<script defer src=\"%sassets/katex/katex.min.js\"></script>\n"
            "<script defer src=\"%sassets/highlight.min.js\"></script>\n"
            "<script defer src=\"%sassets/book.js\"></script>\n</head>\n<body>\n",
            strcmp(path, "index.html") == 0 ? "" : " · Assay", page->root, page->root, page->root, page->root,
            page->root, page->root);
    write_navigation(page);
    fputs("<main id=\"main\">\n", page->out);
    return page;
}

enum status page_end(struct page *page)
{
    char path[3 * PATH_MAX];
    bool changed;

    fputs("</main>\n<footer><p>Woven by Assay from the programs and their results. GPL-3.0-or-later.</p></footer>\n"
          "</body>\n</html>\n",
          page->out);
    fclose(page->out);
    snprintf(path, sizeof path, "%s/book/%s", page->book->catalogue->build, page->path);
    enum status status = file_update(path, page->size, page->text, &changed);

    page->book->pages++;
    page->book->changed += changed;
    free(page->text);
    memory_free(page);
    return status;
}

void page_text_part(struct page *page, const char *text, size_t length)
{
    for (size_t i = 0; i < length && text[i] != '\0'; i++) {
        const char *entity = text[i] == '<'   ? "&lt;"
                             : text[i] == '>' ? "&gt;"
                             : text[i] == '&' ? "&amp;"
                             : text[i] == '"' ? "&quot;"
                                              : NULL;

        entity == NULL ? (void)fputc(text[i], page->out) : (void)fputs(entity, page->out);
    }
}

void page_text(struct page *page, const char *text)
{
    page_text_part(page, text, strlen(text));
}

void page_inline(struct page *page, const char *text)
{
    while (*text != '\0') {
        size_t plain = strcspn(text, "$");
        const char *end = text[plain] == '$' ? strchr(text + plain + 1, '$') : NULL;

        page_text_part(page, text, plain);
        if (end == NULL) {
            return;
        }
        fputs("<span class=\"tex\">", page->out);
        page_text_part(page, text + plain + 1, (size_t)(end - text) - plain - 1);
        fputs("</span>", page->out);
        text = end + 1;
    }
}

/* TeX's commands that titles use, as words of Unicode; those not listed lose their backslash. */
static const struct {
    const char *tex, *plain;
} commands[] = {{"alpha", "α"},  {"beta", "β"},  {"gamma", "γ"}, {"delta", "δ"}, {"epsilon", "ε"},     {"lambda", "λ"},
                {"mu", "μ"},     {"pi", "π"},    {"rho", "ρ"},   {"sigma", "σ"}, {"tau", "τ"},         {"phi", "φ"},
                {"Phi", "Φ"},    {"le", "≤"},    {"ge", "≥"},    {"ne", "≠"},    {"approx", "≈"},      {"to", "→"},
                {"infty", "∞"},  {"sqrt", "√"},  {"cdot", "·"},  {"circ", "∘"},  {"dots", "…"},        {"bar", ""},
                {"tilde", ""},   {"mathrm", ""}, {"frac", ""},   {"tfrac", ""},  {"operatorname", ""}, {"|", "‖"},
                {"mapsto", "↦"}, {",", " "},     {";", " "},     {"!", ""},      {"partial", "∂"}};

static bool is_letter(char c)
{
    return (c | 32) >= 'a' && (c | 32) <= 'z';
}

/* Writes the command at at, which stands behind its backslash, and returns what follows. */
static const char *plain_command(struct page *page, const char *at)
{
    size_t length = 1;

    while (is_letter(at[0]) && is_letter(at[length])) {
        length++;
    }
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strlen(commands[i].tex) == length && strncmp(at, commands[i].tex, length) == 0) {
            fputs(commands[i].plain, page->out);
            return at + length;
        }
    }
    return at;
}

void page_plain(struct page *page, const char *text)
{
    bool tex = false;

    while (*text != '\0') {
        if (*text == '$') {
            tex = !tex;
            text++;
        } else if (tex && *text == '\\') {
            text = plain_command(page, text + 1);
        } else if (*text == '`' || (tex && (*text == '{' || *text == '}'))) {
            text++;
        } else {
            page_text_part(page, text++, 1);
        }
    }
}

void page_badge(struct page *page, const char *word)
{
    fputs("<span class=\"badge ", page->out);
    for (const char *c = word; *c != '\0'; c++) {
        fputc(*c == ' ' ? '-' : *c, page->out);
    }
    fputs("\">", page->out);
    page_text(page, word);
    fputs("</span>", page->out);
}

void page_fault(struct page *page, const char *file, int line, const char *what, const char *name)
{
    fprintf(stderr, "%s:%d: %s: %s\n", file, line, what, name);
    page->book->faults++;
}

void page_number(struct page *page, double x, int digits)
{
    char text[64], *exponent;

    if (!isfinite(x)) {
        fputs(isnan(x) ? "–" : x > 0 ? "∞" : "−∞", page->out);
        return;
    }
    snprintf(text, sizeof text, "%.*g", digits, x);
    exponent = strchr(text, 'e');
    if (exponent != NULL) {
        *exponent++ = '\0';
    }
    fprintf(page->out, "%s%s", text[0] == '-' ? "−" : "", text + (text[0] == '-'));
    if (exponent != NULL) {
        long power = strtol(exponent, NULL, 10);

        fprintf(page->out, "·10<sup>%s%ld</sup>", power < 0 ? "−" : "", labs(power));
    }
}

void page_value(struct page *page, const cJSON *value)
{
    double x = record_number(value, "x"), error = 0;
    const cJSON *item;

    cJSON_ArrayForEach(item, value)
    {
        error += strcmp(item->string, "x") == 0 ? 0 : cJSON_GetNumberValue(item);
    }
    double digits = error > 0 && x != 0 ? ceil(log10(fabs(x) / error)) + 1 : 12;

    page_number(page, x, (int)fmin(12, fmax(2, digits)));
    if (error > 0) {
        fputs(" <span class=\"error\">± ", page->out);
        page_number(page, error, 2);
        fputs("</span>", page->out);
    }
}
