// SPDX-License-Identifier: GPL-3.0-or-later
/* The front page: what Assay is, totals, a strip of claims for each paper, the ledger with live verdicts. */
#include "book.h"

#include <assay/base/file.h>
#include <assay/base/memory.h>
#include <string.h>

enum { CHOICES_MOST = 64 };

/* ## Totals and strips */

static const char *const verdicts[] = {"holds",   "holds corrected", "refuted", "inconclusive",
                                       "skipped", "failed",          "not run"};

enum { VERDICTS = sizeof verdicts / sizeof verdicts[0] };

/* paper may be NULL: of all papers. */
static int count_verdict(const struct book *book, const char *paper, const char *verdict)
{
    int count = 0;

    for (size_t i = 0; i < book->claims; i++) {
        bool of_paper = paper == NULL || strcmp(book->claim[i].paper, paper) == 0;

        count += of_paper && strcmp(book_verdict(&book->claim[i]), verdict) == 0;
    }
    return count;
}

static void write_counts(struct page *page, const char *paper)
{
    for (int v = 0; v < VERDICTS; v++) {
        int count = count_verdict(page->book, paper, verdicts[v]);

        if (count > 0) {
            fprintf(page->out, "<span class=\"total\"><b>%d</b> ", count);
            page_badge(page, verdicts[v]);
            fputs("</span>\n", page->out);
        }
    }
}

static void write_totals(struct page *page)
{
    const struct book *book = page->book;
    int agreement[AGREES_OTHER + 1] = {0};
    double seconds = 0;

    for (size_t i = 0; i < book->claims; i++) {
        agreement[book->claim[i].comparison.agreement] += !book_skipped(&book->claim[i]);
        seconds += book->claim[i].record == NULL ? 0 : record_number(book->claim[i].record, "seconds");
    }
    fprintf(page->out, "<p class=\"totals\"><span class=\"total\"><b>%zu</b> programs</span>\n", book->claims);
    write_counts(page, NULL);
    fprintf(page->out, "<span class=\"total\">%d references same, %d close, %d drift, %d missing</span>\n",
            agreement[AGREES_SAME], agreement[AGREES_CLOSE], agreement[AGREES_DRIFT] + agreement[AGREES_OTHER],
            agreement[AGREES_MISSING]);
    fprintf(page->out, "<span class=\"total\">%.0f s of computing</span></p>\n", seconds);
}

static void write_mark(struct page *page, const struct book_claim *claim)
{
    const char *verdict = book_verdict(claim);

    fputs("<li><a class=\"mark ", page->out);
    for (const char *c = verdict; *c != '\0'; c++) {
        fputc(*c == ' ' ? '-' : *c, page->out);
    }
    fprintf(page->out, "\" href=\"%s.html\" title=\"", claim->name);
    page_plain(page, claim->title);
    fprintf(page->out, " (%s)\" aria-label=\"", verdict);
    page_plain(page, claim->title);
    fprintf(page->out, ", %s\"></a></li>\n", verdict);
}

static void write_strip(struct page *page, const struct ledger *ledger)
{
    const struct book *book = page->book;

    fprintf(page->out, "<section class=\"strip\" data-paper=\"%s\">\n<h2>", ledger->paper);
    page_text(page, ledger->title);
    fprintf(page->out, "</h2>\n<p class=\"note\"><code>%s</code>, %d items in the ledger. ", ledger->paper,
            ledger->items);
    write_counts(page, ledger->paper);
    fputs("</p>\n<ol>\n", page->out);
    for (size_t i = 0; i < book->claims; i++) {
        if (strcmp(book->claim[i].paper, ledger->paper) == 0) {
            write_mark(page, &book->claim[i]);
        }
    }
    fputs("</ol>\n</section>\n", page->out);
}

/* ## The ledger */

static void write_choice(struct page *page, const char *name, const char *label, size_t count,
                         const char *const choice[])
{
    fprintf(page->out,
            "<span class=\"field\"><label for=\"filter-%s\">%s</label><select id=\"filter-%s\" name=\"%s\"><option "
            "value=\"\">all</option>",
            name, label, name, name);
    for (size_t i = 0; i < count; i++) {
        fprintf(page->out, "<option>%s</option>", choice[i]);
    }
    fputs("</select></span>\n", page->out);
}

static size_t add_choice(size_t count, const char *choice[], const char *word)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(choice[i], word) == 0) {
            return count;
        }
    }
    if (count < CHOICES_MOST) {
        choice[count++] = word;
    }
    return count;
}

static const char *row_verdict(const struct book *book, const struct ledger *ledger, const struct ledger_row *row)
{
    return strcmp(row->field[STATUS], "checked") == 0 ? book_row_verdict(book, ledger, row) : row->field[STATUS];
}

static void write_filters(struct page *page)
{
    const struct book *book = page->book;
    const char *paper[CHOICES_MOST], *kind[CHOICES_MOST], *verdict[CHOICES_MOST];
    size_t papers = 0, kinds = 0, verdicts_seen = 0, rows = 0;

    for (size_t p = 0; p < book->papers; p++) {
        papers = add_choice(papers, paper, book->ledger[p].paper);
        for (size_t r = 0; r < book->ledger[p].rows; r++) {
            const struct ledger_row *row = &book->ledger[p].row[r];

            if (row->field[ITEM] != NULL) {
                rows++;
                kinds = add_choice(kinds, kind, row->field[KIND]);
                verdicts_seen = add_choice(verdicts_seen, verdict, row_verdict(book, &book->ledger[p], row));
            }
        }
    }
    fputs("<form id=\"filters\" role=\"search\" aria-label=\"Filter the ledger\">\n", page->out);
    write_choice(page, "paper", "Paper", papers, paper);
    write_choice(page, "kind", "Kind", kinds, kind);
    write_choice(page, "verdict", "Verdict", verdicts_seen, verdict);
    fprintf(page->out,
            "<span class=\"field\"><label for=\"filter-text\">Text</label><input id=\"filter-text\" name=\"text\" "
            "type=\"search\"></span>\n"
            "<button type=\"reset\">Reset</button>\n<output id=\"shown\" aria-live=\"polite\">%zu of %zu "
            "rows</output>\n</form>\n",
            rows, rows);
}

/* A row's claim as a link; a row without a program says why. */
static void write_claim_cell(struct page *page, const struct ledger_row *row, const struct book_claim *claim)
{
    char id[ERRATUM_SIZE];

    fputs("<td class=\"what\">", page->out);
    if (claim != NULL) {
        fprintf(page->out, "<a href=\"%s.html\">", claim->name);
        page_inline(page, row->field[CLAIM]);
        fputs("</a>", page->out);
    } else {
        page_inline(page, row->field[CLAIM]);
        fputs(" <span class=\"why\">No program: ", page->out);
        page_inline(page, row->field[CHECKS]);
        fputs("</span>", page->out);
    }
    for (int i = 0; ledger_erratum(row, i, id); i++) {
        fprintf(page->out, " <a class=\"erratum-link\" href=\"discrepancies.html#%s-%s\">%s</a>",
                claim == NULL ? "" : claim->paper, id, id);
    }
    fputs("</td>\n", page->out);
}

static void write_numbers_of(struct page *page, const struct book_claim *claim)
{
    char tightest[64] = "";

    if (claim != NULL && claim->record != NULL && !book_skipped(claim)) {
        record_tightest(claim->record, sizeof tightest, tightest);
        fputs("<td data-label=\"Reference\">", page->out);
        page_badge(page, book_agreement(claim));
        fprintf(page->out,
                "</td>\n<td data-label=\"Tightest\">%s</td>\n<td class=\"number\" data-label=\"Seconds\">%.2f</td>\n",
                tightest, record_number(claim->record, "seconds"));
    } else {
        fputs("<td></td>\n<td></td>\n<td></td>\n", page->out);
    }
}

static void write_row(struct page *page, const struct ledger *ledger, const struct ledger_row *row)
{
    const struct book_claim *claim = book_find(page->book, ledger->paper, row->field[PROGRAM]);
    const char *verdict = row_verdict(page->book, ledger, row);

    fprintf(page->out,
            "<tr data-paper=\"%s\" data-kind=\"%s\" data-verdict=\"%s\">\n<td class=\"number\" "
            "data-label=\"Item\">%s</td>\n",
            ledger->paper, row->field[KIND], verdict, row->field[ITEM]);
    fprintf(page->out, "<td data-label=\"Paper\">%s</td>\n<td data-label=\"Kind\">%s</td>\n<td data-label=\"Where\">",
            ledger->paper, row->field[KIND]);
    page_text(page, row->field[WHERE]);
    fputs("</td>\n", page->out);
    write_claim_cell(page, row, claim);
    fputs("<td data-label=\"Verdict\">", page->out);
    page_badge(page, verdict);
    fputs("</td>\n", page->out);
    write_numbers_of(page, claim);
    fputs("</tr>\n", page->out);
}

static void write_ledger(struct page *page)
{
    static const char *const headings[] = {"Item",    "Paper",     "Kind",     "Where",  "Claim",
                                           "Verdict", "Reference", "Tightest", "Seconds"};
    const struct book *book = page->book;

    fputs("<section id=\"all\">\n<h2>Every item</h2>\n", page->out);
    write_filters(page);
    fputs("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Ledger\">\n<table id=\"ledger\" "
          "class=\"stacks\">\n<thead><tr>",
          page->out);
    for (size_t i = 0; i < sizeof headings / sizeof headings[0]; i++) {
        fprintf(page->out, "<th scope=\"col\"><button type=\"button\" class=\"sort\">%s</button></th>", headings[i]);
    }
    fputs("</tr></thead>\n<tbody>\n", page->out);
    for (size_t p = 0; p < book->papers; p++) {
        for (size_t r = 0; r < book->ledger[p].rows; r++) {
            if (book->ledger[p].row[r].field[ITEM] != NULL) {
                write_row(page, &book->ledger[p], &book->ledger[p].row[r]);
            }
        }
    }
    fputs("</tbody>\n</table>\n</div>\n</section>\n", page->out);
}

enum status book_front(struct book *book)
{
    static const char source[] = "src/tools/book/front.md";
    char *words = file_read(source, NULL);

    if (words == NULL) {
        return STATUS_IO;
    }
    struct page *page = page_begin(book, "index.html", "Assay: claims of papers, checked by programs", NULL);

    fputs("<h1>Assay</h1>\n<div class=\"lead\">\n", page->out);
    page_markdown(page, words, source, 1, 2);
    fputs("</div>\n", page->out);
    memory_free(words);
    write_totals(page);
    for (size_t p = 0; p < book->papers; p++) {
        write_strip(page, &book->ledger[p]);
    }
    write_ledger(page);
    return page_end(page);
}
