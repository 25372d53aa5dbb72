// SPDX-License-Identifier: GPL-3.0-or-later
/* The book: what the weaver knows while it writes its pages, and the pages. */
#ifndef ASSAY_TOOLS_BOOK_H
#define ASSAY_TOOLS_BOOK_H

#include "ledger_file.h"
#include "symbols.h"

#include <assay/evidence/table.h>
#include <stdbool.h>

/* One claim: its program, its last result and how that compares with the reference. */
struct book_claim {
    const char *name, *source; // "PAPER/NAME", "paper_checks/PAPER/NAME.c"
    char paper[64];
    const char *slug; // NAME
    char *text;       // of the program
    char *title;
    cJSON *record; // NULL if it has not run to its end
    struct comparison comparison;
};

struct book {
    const struct catalogue *catalogue;
    struct symbols symbols;
    size_t claims, papers;
    struct book_claim *claim; // in the order of the papers
    struct ledger *ledger;    // papers
    int faults;               // references to what does not exist
    int pages, changed;       // written so far, and those that were not the same before
};

/* ## A page: text that becomes BUILD/book/PATH */

struct page {
    struct book *book;
    FILE *out;
    char path[PATH_MAX];            // below BUILD/book
    const char *root;               // the way back to BUILD/book: "" or "../" or "../../"
    const struct book_claim *claim; // whose page it is; NULL for others
    char *text;
    size_t size;
};

/* Begins a page: head, navigation, an open <main>. title may hold TeX between dollars. */
struct page *page_begin(struct book *book, const char *path, const char *title, const struct book_claim *claim);

/* Closes and writes the page, unless the file holds the same text already. */
enum status page_end(struct page *page);

/* Escaped text; the same for at most length characters; text with TeX between dollars, marked for KaTeX; such text as plain words. */
void page_text(struct page *page, const char *text);
void page_text_part(struct page *page, const char *text, size_t length);
void page_inline(struct page *page, const char *text);
void page_plain(struct page *page, const char *text);

/* Markdown with TeX. file and line say where it stands, for messages; headings begin at the given level (2 or more). References that
 * lead nowhere are faults of the book. */
void page_markdown(struct page *page, const char *text, const char *file, int line, int heading);

/* C with links to the library's manual; on the manual's own page of that header, declarations get their ids. */
void page_code(struct page *page, const char *code, int line, const char *header);

/* A file's pieces: prose, whose headings begin at the given level, beside code. */
void page_literate(struct page *page, const char *source, const char *file, const char *header, int heading,
                   bool skip_head);

/* A number to so many significant digits, powers of ten as such; "–" if it is none. */
void page_number(struct page *page, double x, int digits);

/* A value of a record (x and its errors by kind): as many digits as its error leaves, and the error. */
void page_value(struct page *page, const cJSON *value);

/* A verdict or an agreement as a badge: its name is its class, spaces as hyphens. */
void page_badge(struct page *page, const char *word);

/* The errata of a claim's record: printed, evidence, corrected, by hand, consequence. link: with a link to the claim's page. */
void page_erratum(struct page *page, const struct book_claim *claim, const cJSON *erratum);

/* What a reference in prose points at: the address relative to the page, "" if it exists and has no page, NULL if it is no reference. One
 * that leads nowhere is a fault, printed with file and line. The address is static. */
const char *page_reference(struct page *page, const char *text, size_t length, const char *file, int line);

/* Prints FILE:LINE: what and counts a fault. */
void page_fault(struct page *page, const char *file, int line, const char *what, const char *name);

/* ## Pages */

enum status book_front(struct book *book);
enum status book_claim_page(struct book *book, size_t i);
enum status book_discrepancies(struct book *book);
enum status book_method(struct book *book);
enum status book_library(struct book *book);

/* ## What several pages ask */

/* The claim of that name; NULL if there is none. */
const struct book_claim *book_find(const struct book *book, const char *paper, const char *slug);

/* The verdict on one row of a ledger: from the checks that it names. "not run" where there is no result. */
const char *book_row_verdict(const struct book *book, const struct ledger *ledger, const struct ledger_row *row);

/* A claim's verdict: "holds", ..., "not run". */
const char *book_verdict(const struct book_claim *claim);

/* Whether its last run was skipped, because a data set is absent. */
bool book_skipped(const struct book_claim *claim);

/* How its result compares with the reference: "same", ...; "not compared" where it was skipped. */
const char *book_agreement(const struct book_claim *claim);

/* The paper's title. */
const char *book_paper_title(const struct book *book, const char *paper);

#endif
