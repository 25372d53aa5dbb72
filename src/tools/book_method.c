// SPDX-License-Identifier: GPL-3.0-or-later
/* Method and environment: how verdicts come about, on which machine, at what cost, and what of each paper is covered. */
#include "book.h"

#include <assay/base/file.h>
#include <assay/base/memory.h>
#include <stdlib.h>
#include <string.h>

/* ## Coverage */

/* Rows of that status; a row whose program was skipped is skipped, too. */
static int rows_of(const struct book *book, const struct ledger *ledger, const char *status)
{
    int rows = 0;

    for (size_t r = 0; r < ledger->rows; r++) {
        const struct ledger_row *row = &ledger->row[r];

        if (row->field[ITEM] != NULL) {
            bool skipped = strcmp(row->field[STATUS], "checked") == 0 &&
                           strcmp(book_row_verdict(book, ledger, row), "skipped") == 0;

            rows += strcmp(skipped ? "skipped" : row->field[STATUS], status) == 0;
        }
    }
    return rows;
}

static void write_coverage(struct page *page)
{
    static const char *const statuses[] = {"checked", "definition", "schematic", "skipped"};
    const struct book *book = page->book;

    fputs(
        "<section id=\"coverage\">\n<h2>Coverage</h2>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" "
        "aria-label=\"Coverage\">\n"
        "<table><thead><tr><th scope=\"col\">Paper</th><th scope=\"col\">Items</th><th scope=\"col\">Programs</th><th "
        "scope=\"col\">Checked</th><th scope=\"col\">Definition</th><th scope=\"col\">Schematic</th><th "
        "scope=\"col\">Skipped</th></tr></thead>\n<tbody>\n",
        page->out);
    for (size_t p = 0; p < book->papers; p++) {
        const struct ledger *ledger = &book->ledger[p];
        int programs = 0;

        for (size_t i = 0; i < book->claims; i++) {
            programs += strcmp(book->claim[i].paper, ledger->paper) == 0;
        }
        fprintf(page->out, "<tr><th scope=\"row\">%s</th><td class=\"number\">%d</td><td class=\"number\">%d</td>",
                ledger->paper, ledger->items, programs);
        for (int s = 0; s < 4; s++) {
            fprintf(page->out, "<td class=\"number\">%d</td>", rows_of(book, ledger, statuses[s]));
        }
        fputs("</tr>\n", page->out);
    }
    fputs("</tbody></table>\n</div>\n</section>\n", page->out);
}

/* ## Cost */

static int by_cost(const void *a, const void *b)
{
    const struct book_claim *const *left = a, *const *right = b;
    double x = record_number((*left)->record, "seconds"), y = record_number((*right)->record, "seconds");

    return (x < y) - (x > y);
}

static void write_costs(struct page *page)
{
    const struct book *book = page->book;
    const struct book_claim **claim = memory_new(book->claims + 1, sizeof(const struct book_claim *));
    size_t count = 0;
    double total = 0, most = 0;

    for (size_t i = 0; i < book->claims; i++) {
        if (book->claim[i].record != NULL && !book_skipped(&book->claim[i])) {
            double seconds = record_number(book->claim[i].record, "seconds");

            claim[count++] = &book->claim[i];
            total += seconds;
            most = seconds > most ? seconds : most;
        }
    }
    qsort(claim, count, sizeof *claim, by_cost);
    fprintf(
        page->out,
        "<section id=\"seconds\">\n<h2>Seconds</h2>\n<p>%.1f s of one core for %zu programs, the slowest "
        "first.</p>\n<table "
        "class=\"bars\"><thead><tr><th scope=\"col\">Claim</th><th scope=\"col\">Seconds</th></tr></thead><tbody>\n",
        total, count);
    for (size_t i = 0; i < count; i++) {
        double seconds = record_number(claim[i]->record, "seconds");

        fprintf(page->out,
                "<tr><td><a href=\"%s.html\">%s</a></td><td><span class=\"bar\" "
                "style=\"width:%.2f%%\"></span>%.2f</td></tr>\n",
                claim[i]->name, claim[i]->name, most > 0 ? 60 * seconds / most : 0, seconds);
    }
    fputs("</tbody></table>\n</section>\n", page->out);
    memory_free(claim);
}

/* ## Environment: of the first result that there is; all come from one run of make */

static void write_environment(struct page *page)
{
    const struct book *book = page->book;
    size_t i = 0;
    const cJSON *item;

    while (i < book->claims && book->claim[i].record == NULL) {
        i++;
    }
    if (i == book->claims) {
        return;
    }
    fputs("<section id=\"environment\">\n<h2>Machine and versions</h2>\n<dl class=\"environment\">\n", page->out);
    cJSON_ArrayForEach(item, cJSON_GetObjectItem(book->claim[i].record, "environment"))
    {
        fprintf(page->out, "<dt>%s</dt><dd>", item->string);
        page_text(page, cJSON_GetStringValue(item));
        fputs("</dd>\n", page->out);
    }
    fputs("</dl>\n</section>\n", page->out);
}

enum status book_method(struct book *book)
{
    static const char source[] = "src/tools/book/method.md";
    char *words = file_read(source, NULL);

    if (words == NULL) {
        return STATUS_IO;
    }
    struct page *page = page_begin(book, "method.html", "Method and environment", NULL);

    fputs("<h1>Method and environment</h1>\n", page->out);
    page_markdown(page, words, source, 1, 2);
    memory_free(words);
    write_coverage(page);
    write_environment(page);
    write_costs(page);
    return page_end(page);
}
