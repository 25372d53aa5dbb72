// SPDX-License-Identifier: GPL-3.0-or-later
/* Discrepancies: every statement found wrong as printed, with its evidence, its correction and what follows. */
#include "book.h"

#include <assay/base/file.h>
#include <assay/base/memory.h>
#include <assay/evidence/record.h>
#include <stdlib.h>
#include <string.h>

/* ## One erratum, as a claim's page and this chapter show it */

static void write_part(struct page *page, const char *class, const char *label, const char *text)
{
    char *labelled;

    if (text[0] == '\0') {
        return;
    }
    labelled = memory_new(strlen(label) + strlen(text) + 8, 1);
    sprintf(labelled, "**%s.** %s", label, text);
    fprintf(page->out, "<div class=\"%s\">\n", class);
    page_markdown(page, labelled, page->claim->source, 1, 4);
    fputs("</div>\n", page->out);
    memory_free(labelled);
}

/* The checks that the pattern names, each with both sides in its worst case. */
static void write_evidence(struct page *page, const char *patterns, const char *sides)
{
    const cJSON *check;

    if (book_skipped(page->claim)) {
        fputs("<p class=\"note\">Not measured here: a data set is absent.</p>\n", page->out);
        return;
    }
    fputs("<ul class=\"evidence\">\n", page->out);
    cJSON_ArrayForEach(check, cJSON_GetObjectItem(page->claim->record, "checks"))
    {
        const char *at = record_text(check, "worst_case");

        if (!record_matches(patterns, record_text(check, "name"))) {
            continue;
        }
        bool differs =
            strcmp(record_text(check, "kind"), "differs") == 0 && strcmp(record_text(check, "state"), "holds") == 0;

        fputs("<li>", page->out);
        page_badge(page, differs ? "differs" : record_text(check, "state"));
        fputs(" <em>", page->out);
        page_text(page, record_text(check, "name"));
        fprintf(page->out, "</em> (%s): %s ", record_text(check, "kind"), sides);
        page_value(page, cJSON_GetObjectItem(check, "claimed"));
        fputs(", witness ", page->out);
        page_value(page, cJSON_GetObjectItem(check, "witness"));
        if (at[0] != '\0') {
            fputs(", at ", page->out);
            page_text(page, at);
        }
        fprintf(page->out, "; %.0f case%s</li>\n", record_number(check, "cases"),
                record_number(check, "cases") == 1 ? "" : "s");
    }
    fputs("</ul>\n", page->out);
}

void page_erratum(struct page *page, const struct book_claim *claim, const cJSON *erratum)
{
    const struct book_claim *before = page->claim;

    page->claim = claim;
    write_part(page, "printed", "As printed", record_text(erratum, "printed"));
    write_evidence(page, record_text(erratum, "differs"), "printed");
    write_part(page, "corrected", "Corrected", record_text(erratum, "corrected"));
    write_evidence(page, record_text(erratum, "equal"), "claimed");
    write_part(page, "by-hand", "By hand", record_text(erratum, "by_hand"));
    write_part(page, "consequence", "Consequence", record_text(erratum, "consequence"));
    page->claim = before;
}

/* ## The chapter: one section an identifier, one block a program that proves it */

struct entry {
    const struct book_claim *claim;
    const cJSON *erratum;
};

/* By paper, then "S2" before "S10". */
static int by_identifier(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    const char *x = record_text(left->erratum, "id"), *y = record_text(right->erratum, "id");
    int papers = strcmp(left->claim->paper, right->claim->paper);

    return papers != 0                  ? papers
           : x[0] != y[0]               ? (y[0] - x[0])
           : atoi(x + 1) != atoi(y + 1) ? atoi(x + 1) - atoi(y + 1)
           : strcmp(x, y) != 0          ? strcmp(x, y)
                                        : strcmp(left->claim->name, right->claim->name);
}

static size_t collect(const struct book *book, struct entry entry[])
{
    size_t count = 0;

    for (size_t i = 0; i < book->claims; i++) {
        const cJSON *erratum;

        cJSON_ArrayForEach(erratum, cJSON_GetObjectItem(book->claim[i].record, "errata"))
        {
            entry[count++] = (struct entry){&book->claim[i], erratum};
        }
    }
    qsort(entry, count, sizeof *entry, by_identifier);
    return count;
}

static bool same_section(const struct entry *a, const struct entry *b)
{
    return strcmp(a->claim->paper, b->claim->paper) == 0 &&
           strcmp(record_text(a->erratum, "id"), record_text(b->erratum, "id")) == 0;
}

static void write_entry(struct page *page, const struct entry *entry)
{
    fprintf(page->out, "<div class=\"erratum\">\n<h3><a href=\"%s.html\">", entry->claim->name);
    page_inline(page, entry->claim->title);
    fputs("</a></h3>\n", page->out);
    page_erratum(page, entry->claim, entry->erratum);
    fputs("</div>\n", page->out);
}

static void write_section(struct page *page, size_t count, const struct entry entry[])
{
    const char *id = record_text(entry->erratum, "id");

    fprintf(page->out, "<section class=\"erratum-group\" id=\"%s-%s\">\n<h2>%s", entry->claim->paper, id, id);
    for (size_t p = 0, shown = 0; p < page->book->papers; p++) {
        const struct ledger *ledger = &page->book->ledger[p];

        for (size_t r = 0; strcmp(ledger->paper, entry->claim->paper) == 0 && r < ledger->rows; r++) {
            if (ledger->row[r].field[ITEM] != NULL && ledger_names_erratum(&ledger->row[r], id)) {
                fputs(shown++ == 0 ? " <span class=\"where\">" : "; ", page->out);
                page_text(page, ledger->row[r].field[WHERE]);
            }
        }
        fputs(shown > 0 ? "</span>" : "", page->out);
    }
    fputs("</h2>\n", page->out);
    for (size_t i = 0; i < count; i++) {
        write_entry(page, &entry[i]);
    }
    fputs("</section>\n", page->out);
}

static void write_list(struct page *page, size_t count, const struct entry entry[])
{
    fputs("<ol class=\"contents\">\n", page->out);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || !same_section(&entry[i - 1], &entry[i])) {
            const char *id = record_text(entry[i].erratum, "id");

            fprintf(page->out, "<li><a href=\"#%s-%s\">%s</a> ", entry[i].claim->paper, id, id);
            page_inline(page, entry[i].claim->title);
            fputs("</li>\n", page->out);
        }
    }
    fputs("</ol>\n", page->out);
}

enum status book_discrepancies(struct book *book)
{
    static const char source[] = "src/tools/book/discrepancies.md";
    struct entry *entry = memory_new(book->claims * CLAIM_ERRATA + 1, sizeof *entry);
    size_t count = collect(book, entry);
    char *words = file_read(source, NULL);

    if (words == NULL) {
        return STATUS_IO;
    }
    struct page *page = page_begin(book, "discrepancies.html", "Discrepancies", NULL);

    fputs("<h1>Discrepancies</h1>\n<div class=\"lead\">\n", page->out);
    page_markdown(page, words, source, 1, 2);
    fputs("</div>\n", page->out);
    write_list(page, count, entry);
    for (size_t i = 0, next; i < count; i = next) {
        for (next = i + 1; next < count && same_section(&entry[i], &entry[next]); next++) {
        }
        if (i == 0 || strcmp(entry[i - 1].claim->paper, entry[i].claim->paper) != 0) {
            fputs("<p class=\"paper\">", page->out);
            page_text(page, book_paper_title(book, entry[i].claim->paper));
            fputs("</p>\n", page->out);
        }
        write_section(page, next - i, &entry[i]);
    }
    memory_free(words);
    memory_free(entry);
    return page_end(page);
}
