// SPDX-License-Identifier: GPL-3.0-or-later
/* Markdown with TeX as HTML, by md4c; every reference is looked up.
 *
 * Code spans are references where they look like one (page_reference): `thm_1_finite_networks`, `excess_convexity()`,
 * `include/assay/base/value.h`, `--set s=0.05`. Links may say what they mean: [text](claim:NAME), (check:NAME), (symbol:NAME), (file:PATH). */
#include "book.h"

#include <assay/base/memory.h>
#include <md4c.h>
#include <string.h>

struct rendering {
    struct page *page;
    const char *file, *text; // the Markdown as md4c sees it
    size_t size;
    int *line;   // in the file, of each line of text
    int heading; // level of "##"
    int at;      // line of what came last
    bool in_code, in_block;
    size_t code_length;
    char code[256]; // the code span so far
};

/* ## Lines
 * A line that begins with a bold word and a full stop (**Checked.**) begins a paragraph. */
static bool begins_paragraph(const char *line)
{
    const char *end = strncmp(line, "**", 2) == 0 ? strstr(line + 2, ".**") : NULL;

    return end != NULL && end < line + strcspn(line, "\n");
}

static void prepare(struct rendering *rendering, const char *text, int first_line)
{
    size_t length = strlen(text), lines = 2;
    char *out;

    for (size_t i = 0; i < length; i++) {
        lines += text[i] == '\n' ? 2 : 0;
    }
    rendering->line = memory_new(lines + 1, sizeof(int));
    rendering->text = out = memory_new(2 * length + 2, 1);
    size_t line = 0;
    for (int n = first_line; *text != '\0'; n++) {
        size_t part = strcspn(text, "\n");

        if (begins_paragraph(text) && line > 0) {
            rendering->line[line++] = n;
            *out++ = '\n';
        }
        rendering->line[line++] = n;
        memcpy(out, text, part);
        out += part;
        *out++ = '\n';
        text += part + (text[part] == '\n');
    }
    rendering->size = (size_t)(out - rendering->text);
}

static int line_of(struct rendering *rendering, const char *at)
{
    if (at >= rendering->text && at < rendering->text + rendering->size) {
        size_t line = 0;

        for (const char *c = rendering->text; c < at; c++) {
            line += *c == '\n';
        }
        rendering->at = rendering->line[line];
    }
    return rendering->at;
}

/* ## Blocks */

static int heading_level(const struct rendering *rendering, const void *detail)
{
    unsigned level = ((const MD_BLOCK_H_DETAIL *)detail)->level;
    int shifted = rendering->heading + (level > 2 ? (int)level - 2 : 0);

    return shifted > 6 ? 6 : shifted;
}

static const char *cell_class(const void *detail)
{
    return ((const MD_BLOCK_TD_DETAIL *)detail)->align == MD_ALIGN_RIGHT ? " class=\"number\"" : "";
}

static int enter_block(MD_BLOCKTYPE type, void *detail, void *context)
{
    struct rendering *rendering = context;
    FILE *out = rendering->page->out;

    switch (type) {
    case MD_BLOCK_H:
        fprintf(out, "<h%d>", heading_level(rendering, detail));
        break;
    case MD_BLOCK_CODE:
        rendering->in_block = true;
        fputs("<pre class=\"plain\" tabindex=\"0\">", out);
        break;
    case MD_BLOCK_TABLE:
        fputs("<div class=\"wide\" tabindex=\"0\"><table>", out);
        break;
    case MD_BLOCK_TH:
        fprintf(out, "<th scope=\"col\"%s>", cell_class(detail));
        break;
    case MD_BLOCK_TD:
        fprintf(out, "<td%s>", cell_class(detail));
        break;
    default:
        fputs(type == MD_BLOCK_P       ? "<p>"
              : type == MD_BLOCK_UL    ? "<ul>"
              : type == MD_BLOCK_OL    ? "<ol>"
              : type == MD_BLOCK_LI    ? "<li>"
              : type == MD_BLOCK_QUOTE ? "<blockquote>"
              : type == MD_BLOCK_HR    ? "<hr>"
              : type == MD_BLOCK_THEAD ? "<thead>"
              : type == MD_BLOCK_TBODY ? "<tbody>"
              : type == MD_BLOCK_TR    ? "<tr>"
                                       : "",
              out);
    }
    return 0;
}

static int leave_block(MD_BLOCKTYPE type, void *detail, void *context)
{
    struct rendering *rendering = context;
    FILE *out = rendering->page->out;

    switch (type) {
    case MD_BLOCK_H:
        fprintf(out, "</h%d>\n", heading_level(rendering, detail));
        break;
    case MD_BLOCK_CODE:
        rendering->in_block = false;
        fputs("</pre>\n", out);
        break;
    case MD_BLOCK_TABLE:
        fputs("</table></div>\n", out);
        break;
    default:
        fputs(type == MD_BLOCK_P       ? "</p>\n"
              : type == MD_BLOCK_UL    ? "</ul>\n"
              : type == MD_BLOCK_OL    ? "</ol>\n"
              : type == MD_BLOCK_LI    ? "</li>\n"
              : type == MD_BLOCK_QUOTE ? "</blockquote>\n"
              : type == MD_BLOCK_THEAD ? "</thead>\n"
              : type == MD_BLOCK_TBODY ? "</tbody>\n"
              : type == MD_BLOCK_TR    ? "</tr>\n"
              : type == MD_BLOCK_TH    ? "</th>"
              : type == MD_BLOCK_TD    ? "</td>"
                                       : "",
              out);
    }
    return 0;
}

/* ## Spans */

static bool has_scheme(const MD_ATTRIBUTE *href)
{
    static const char *const schemes[] = {"claim:", "check:", "symbol:", "file:"};

    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t length = strlen(schemes[i]);

        if (href->size > length && memcmp(href->text, schemes[i], length) == 0) {
            return true;
        }
    }
    return false;
}

/* A reference's page, or the address as it stands. */
static void open_link(struct rendering *rendering, const MD_ATTRIBUTE *href)
{
    struct page *page = rendering->page;
    int line = line_of(rendering, href->text);
    const char *address = has_scheme(href) ? page_reference(page, href->text, href->size, rendering->file, line) : NULL;

    fputs("<a href=\"", page->out);
    if (address != NULL) {
        page_text(page, address);
    } else if (!has_scheme(href)) {
        page_text_part(page, href->text, href->size);
    }
    fputs("\">", page->out);
}

static void close_code(struct rendering *rendering)
{
    struct page *page = rendering->page;
    const char *address = page_reference(page, rendering->code, rendering->code_length, rendering->file, rendering->at);
    bool linked = address != NULL && address[0] != '\0';

    if (linked) {
        fputs("<a href=\"", page->out);
        page_text(page, address);
        fputs("\">", page->out);
    }
    fputs("<code>", page->out);
    page_text_part(page, rendering->code, rendering->code_length);
    fputs(linked ? "</code></a>" : "</code>", page->out);
    rendering->in_code = false;
}

static int enter_span(MD_SPANTYPE type, void *detail, void *context)
{
    struct rendering *rendering = context;
    FILE *out = rendering->page->out;

    if (type == MD_SPAN_A) {
        open_link(rendering, &((MD_SPAN_A_DETAIL *)detail)->href);
    } else if (type == MD_SPAN_CODE) {
        rendering->in_code = true;
        rendering->code_length = 0;
    } else {
        fputs(type == MD_SPAN_EM                  ? "<em>"
              : type == MD_SPAN_STRONG            ? "<strong>"
              : type == MD_SPAN_LATEXMATH         ? "<span class=\"tex\">"
              : type == MD_SPAN_LATEXMATH_DISPLAY ? "<span class=\"tex display\">"
                                                  : "",
              out);
    }
    return 0;
}

static int leave_span(MD_SPANTYPE type, void *detail, void *context)
{
    struct rendering *rendering = context;

    (void)detail;
    if (type == MD_SPAN_CODE) {
        close_code(rendering);
        return 0;
    }
    fputs(type == MD_SPAN_EM                                               ? "</em>"
          : type == MD_SPAN_STRONG                                         ? "</strong>"
          : type == MD_SPAN_A                                              ? "</a>"
          : type == MD_SPAN_LATEXMATH || type == MD_SPAN_LATEXMATH_DISPLAY ? "</span>"
                                                                           : "",
          rendering->page->out);
    return 0;
}

/* Plain words, of which those with an underscore that the library declares become links to its manual: headers name functions so. */
static void write_words(struct page *page, const char *text, size_t size)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    size_t plain = 0;

    for (size_t i = 0, length; i<size; i += length> 0 ? length : 1) {
        for (length = 0; i + length < size && strchr(letters, text[i + length]) != NULL; length++) {
        }
        const struct symbol *symbol =
            memchr(text + i, '_', length) == NULL ? NULL : symbols_find(&page->book->symbols, text + i, length);

        if (symbol != NULL) {
            page_text_part(page, text + plain, i - plain);
            fprintf(page->out, "<a href=\"%slibrary/%.*s.html#%s\"><code>%s</code></a>", page->root,
                    (int)strcspn(symbol->header, "."), symbol->header, symbol->name, symbol->name);
            plain = i + length;
        }
    }
    page_text_part(page, text + plain, size - plain);
}

static int write_text(MD_TEXTTYPE type, const MD_CHAR *text, MD_SIZE size, void *context)
{
    struct rendering *rendering = context;
    int line = line_of(rendering, text);

    if (rendering->in_code && rendering->code_length + size < sizeof rendering->code) {
        memcpy(rendering->code + rendering->code_length, text, size);
        rendering->code_length += size;
    } else if (type == MD_TEXT_BR || type == MD_TEXT_SOFTBR) {
        fputs(type == MD_TEXT_BR ? "<br>\n" : "\n", rendering->page->out);
    } else {
        if (type == MD_TEXT_NORMAL && memchr(text, '$', size) != NULL) {
            page_fault(rendering->page, rendering->file, line, "a dollar without its partner", "TeX not understood");
        }
        if (type == MD_TEXT_NORMAL && rendering->page->claim == NULL) {
            write_words(rendering->page, text, size);
        } else {
            page_text_part(rendering->page, text, size);
        }
    }
    return 0;
}

void page_markdown(struct page *page, const char *text, const char *file, int line, int heading)
{
    static const MD_PARSER parser = {.flags = MD_FLAG_TABLES | MD_FLAG_LATEXMATHSPANS | MD_FLAG_NOHTML,
                                     .enter_block = enter_block,
                                     .leave_block = leave_block,
                                     .enter_span = enter_span,
                                     .leave_span = leave_span,
                                     .text = write_text};
    struct rendering rendering = {.page = page, .file = file, .heading = heading, .at = line};

    prepare(&rendering, text, line);
    md_parse(rendering.text, (MD_SIZE)rendering.size, &parser, &rendering);
    memory_free((void *)rendering.text);
    memory_free(rendering.line);
}
