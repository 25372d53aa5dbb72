// SPDX-License-Identifier: GPL-3.0-or-later
/* Weaving: everything that the pages are made of is read once, then page after page is written where it changed. */
#include "book.h"
#include "assay.h"

#include <assay/base/file.h>
#include <assay/base/memory.h>
#include <assay/evidence/record.h>
#include <string.h>

const struct book_claim *book_find(const struct book *book, const char *paper, const char *slug)
{
    for (size_t i = 0; i < book->claims; i++) {
        if (strcmp(book->claim[i].paper, paper) == 0 && strcmp(book->claim[i].slug, slug) == 0) {
            return &book->claim[i];
        }
    }
    return NULL;
}

const char *book_verdict(const struct book_claim *claim)
{
    return claim == NULL || claim->record == NULL ? "not run" : record_text(claim->record, "verdict");
}

bool book_skipped(const struct book_claim *claim)
{
    return claim->record != NULL && record_skipped(claim->record);
}

const char *book_agreement(const struct book_claim *claim)
{
    return book_skipped(claim) ? "not compared" : agreement_name(claim->comparison.agreement);
}

const char *book_row_verdict(const struct book *book, const struct ledger *ledger, const struct ledger_row *row)
{
    const struct book_claim *claim = book_find(book, ledger->paper, row->field[PROGRAM]);
    const char *verdict = "holds";
    const cJSON *check;

    if (claim == NULL || claim->record == NULL) {
        return "not run";
    }
    if (book_skipped(claim)) {
        return "skipped";
    }
    cJSON_ArrayForEach(check, cJSON_GetObjectItem(claim->record, "checks"))
    {
        const char *state = record_text(check, "state");

        if (!record_matches(row->field[CHECKS], record_text(check, "name"))) {
            continue;
        }
        if (strcmp(state, "holds") != 0) {
            return strcmp(state, "refuted") == 0 ? "refuted" : "inconclusive";
        }
        verdict = strcmp(record_text(check, "kind"), "differs") == 0 ? book_verdict(claim) : verdict;
    }
    return verdict;
}

const char *book_paper_title(const struct book *book, const char *paper)
{
    for (size_t i = 0; i < book->papers; i++) {
        if (strcmp(book->ledger[i].paper, paper) == 0) {
            return book->ledger[i].title;
        }
    }
    return paper;
}

/* ## Reading */

static enum status read_claim(const struct catalogue *catalogue, size_t i, struct book_claim *claim)
{
    const char *name = catalogue->name[i];

    *claim = (struct book_claim){.name = name, .source = catalogue->source[i], .slug = strchr(name, '/') + 1};
    snprintf(claim->paper, sizeof claim->paper, "%.*s", (int)strcspn(name, "/"), name);
    claim->text = file_read(claim->source, NULL);
    if (claim->text == NULL) {
        return STATUS_IO;
    }
    claim->title = record_title(claim->text);
    claim->record = catalogue_record(catalogue, "results", name);
    claim->comparison = catalogue_compare(catalogue, name, NULL);
    return STATUS_OK;
}

static enum status read_ledgers(struct book *book)
{
    char **paper;
    size_t papers = ledger_papers(book->catalogue, &paper);
    enum status status = STATUS_OK;

    book->ledger = memory_new(papers + 1, sizeof *book->ledger);
    for (size_t i = 0; i < papers; i++) {
        status = status == STATUS_OK ? ledger_read(&book->ledger[book->papers++], paper[i]) : status;
        memory_free(paper[i]);
    }
    memory_free(paper);
    return status;
}

static enum status read_claim_once(struct book *book, size_t i, bool taken[])
{
    if (taken[i]) {
        return STATUS_OK;
    }
    taken[i] = true;
    return read_claim(book->catalogue, i, &book->claim[book->claims++]);
}

/* The claim of a ledger's row, if it was not read before. */
static enum status read_row(struct book *book, const struct ledger *ledger, const struct ledger_row *row, bool taken[])
{
    char name[512];

    snprintf(name, sizeof name, "%s/%s", ledger->paper, row->field[ITEM] == NULL ? "-" : row->field[PROGRAM]);
    for (size_t i = 0; i < book->catalogue->count; i++) {
        if (strcmp(book->catalogue->name[i], name) == 0) {
            return read_claim_once(book, i, taken);
        }
    }
    return STATUS_OK;
}

/* Claims in the order of their papers: as the ledgers name them, then those that none names. */
static enum status read_claims(struct book *book)
{
    bool *taken = memory_new(book->catalogue->count + 1, sizeof *taken);
    enum status status = STATUS_OK;

    book->claim = memory_new(book->catalogue->count + 1, sizeof *book->claim);
    for (size_t p = 0; p < book->papers; p++) {
        for (size_t r = 0; status == STATUS_OK && r < book->ledger[p].rows; r++) {
            status = read_row(book, &book->ledger[p], &book->ledger[p].row[r], taken);
        }
    }
    for (size_t i = 0; status == STATUS_OK && i < book->catalogue->count; i++) {
        status = read_claim_once(book, i, taken);
    }
    memory_free(taken);
    return status;
}

static enum status read_book(struct book *book, const struct catalogue *catalogue)
{
    book->catalogue = catalogue;
    enum status status = symbols_read(&book->symbols);

    status = status == STATUS_OK ? read_ledgers(book) : status;
    return status == STATUS_OK ? read_claims(book) : status;
}

static void free_book(struct book *book)
{
    for (size_t i = 0; i < book->claims; i++) {
        memory_free(book->claim[i].text);
        memory_free(book->claim[i].title);
        cJSON_Delete(book->claim[i].record);
    }
    for (size_t i = 0; i < book->papers; i++) {
        ledger_free(&book->ledger[i]);
    }
    memory_free(book->claim);
    memory_free(book->ledger);
    symbols_free(&book->symbols);
}

/* ## Writing */

static enum status write_book(struct book *book)
{
    enum status status = book_front(book);

    for (size_t i = 0; status == STATUS_OK && i < book->claims; i++) {
        status = book_claim_page(book, i);
    }
    status = status == STATUS_OK ? book_discrepancies(book) : status;
    status = status == STATUS_OK ? book_method(book) : status;
    return status == STATUS_OK ? book_library(book) : status;
}

int command_weave(const struct catalogue *catalogue, int count, char **arguments)
{
    struct book book = {0};
    enum status status = read_book(&book, catalogue);

    (void)count;
    (void)arguments;
    if (status == STATUS_OK) {
        status = write_book(&book);
    }
    if (status == STATUS_OK) {
        printf("book: %d pages, %d changed, %d faults: %s/book/index.html\n", book.pages, book.changed, book.faults,
               catalogue->build);
    }
    int faults = book.faults;

    free_book(&book);
    return status != STATUS_OK ? command_failed(3) : faults > 0 ? 1 : 0;
}
