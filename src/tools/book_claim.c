// SPDX-License-Identifier: GPL-3.0-or-later
/* A claim's page: statement, verdict, figure, checks, table, how to run it again, the program, what it cost. */
#include "book.h"

#include "literate.h"

#include <assay/base/file.h>
#include <assay/base/memory.h>
#include <assay/evidence/record.h>
#include <math.h>
#include <string.h>

enum { ROWS_SHOWN = 400 };

/* ## Head: where it stands, verdicts, the first comment */

static void write_place(struct page *page)
{
    const struct book_claim *claim = page->claim;

    fprintf(page->out, "<p class=\"path\"><a href=\"%sindex.html?paper=%s\">", page->root, claim->paper);
    page_text(page, book_paper_title(page->book, claim->paper));
    fputs("</a></p>\n<h1>", page->out);
    page_inline(page, claim->title);
    fputs("</h1>\n<p class=\"verdicts\"><span class=\"verdict\">Claim ", page->out);
    page_badge(page, book_verdict(claim));
    fputs("</span> <span class=\"reference\">Reference ", page->out);
    page_badge(page, book_agreement(claim));
    fputs("</span></p>\n", page->out);
    if (record_text(claim->record, "scaled")[0] != '\0') {
        fputs("<p class=\"scaled\"><strong>Scaled.</strong> ", page->out);
        page_inline(page, record_text(claim->record, "scaled"));
        fputs("</p>\n", page->out);
    }
}

static void write_items(struct page *page)
{
    const struct book *book = page->book;

    fputs("<ul class=\"items\">\n", page->out);
    for (size_t p = 0; p < book->papers; p++) {
        for (size_t r = 0; r < book->ledger[p].rows; r++) {
            const struct ledger_row *row = &book->ledger[p].row[r];

            if (row->field[ITEM] != NULL &&
                book_find(book, book->ledger[p].paper, row->field[PROGRAM]) == page->claim) {
                fprintf(page->out, "<li>Item %s, %s, ", row->field[ITEM], row->field[KIND]);
                page_text(page, row->field[WHERE]);
                fputs(": ", page->out);
                page_inline(page, row->field[CLAIM]);
                fputs("</li>\n", page->out);
            }
        }
    }
    fputs("</ul>\n", page->out);
}

static void write_statement(struct page *page)
{
    char *head = record_head(page->claim->text);
    const cJSON *erratum;

    fputs("<section id=\"statement\" aria-label=\"Statement\">\n", page->out);
    write_items(page);
    page_markdown(page, head, page->claim->source, 3, 2);
    memory_free(head);
    cJSON_ArrayForEach(erratum, cJSON_GetObjectItem(page->claim->record, "errata"))
    {
        fputs("<div class=\"erratum\">\n", page->out);
        page_erratum(page, page->claim, erratum);
        fprintf(page->out,
                "<p class=\"note\"><a href=\"%sdiscrepancies.html#%s-%s\">%s in Discrepancies</a></p>\n</div>\n",
                page->root, page->claim->paper, record_text(erratum, "id"), record_text(erratum, "id"));
    }
    fputs("</section>\n", page->out);
}

/* ## In place of figure, checks and table, where a data set is absent */

static void write_skipped(struct page *page)
{
    const struct book_claim *claim = page->claim;
    const cJSON *parameter;

    fputs("<section id=\"skipped\">\n<h2>Skipped: a data set is absent</h2>\n<p>Nothing was measured, and the claim "
          "counts neither "
          "as passed nor as failed. What is missing: <code>",
          page->out);
    page_text(page, record_text(claim->record, "skipped"));
    fputs("</code></p>\n", page->out);
    cJSON_ArrayForEach(parameter, cJSON_GetObjectItem(claim->record, "parameters"))
    {
        if (strcmp(record_text(parameter, "name"), "data") == 0) {
            fputs("<p>With it in place, <code>make</code> runs the claim. If it lies elsewhere, in a directory "
                  "<var>DIR</var> (",
                  page->out);
            page_text(page, record_text(parameter, "help"));
            fprintf(page->out,
                    "):</p>\n<pre class=\"command\" tabindex=\"0\">build/assay run %s --set data=DIR</pre>\n",
                    claim->name);
        }
    }
    fputs("</section>\n", page->out);
}

/* ## Figure: the script's first comment is its caption, the picture stands in the page so that its colours follow the theme */

static char *caption_of(const char *script)
{
    char *caption = memory_new(strlen(script) + 2, 1), *out = caption;

    while (strncmp(script, "# ", 2) == 0) {
        size_t length = strcspn(script, "\n");

        memcpy(out, script + 2, length - 2);
        out += length - 2;
        *out++ = ' ';
        script += length + (script[length] == '\n');
    }
    if (out > caption) {
        out[-1] = '\0';
    }
    return caption;
}

static void write_svg(struct page *page, const char *svg, const char *caption)
{
    const char *open = strstr(svg, "<svg"), *box = open == NULL ? NULL : strstr(open, "viewBox=\"");
    const char *body = open == NULL ? NULL : strstr(open, "<g id=\"gnuplot_canvas\">");

    if (box == NULL || body == NULL) {
        return;
    }
    box += strlen("viewBox=\"");
    fprintf(page->out,
            "<svg class=\"figure\" role=\"img\" viewBox=\"%.*s\" xmlns=\"http://www.w3.org/2000/svg\" "
            "xmlns:xlink=\"http://www.w3.org/1999/xlink\" aria-label=\"",
            (int)strcspn(box, "\""), box);
    page_plain(page, caption);
    fprintf(page->out, "\">\n%s", body);
}

static enum status copy_result(struct page *page, const char *folder, const char *ending)
{
    char from[2 * PATH_MAX], to[2 * PATH_MAX];
    const char *build = page->book->catalogue->build;

    snprintf(from, sizeof from, "%s/%s/%s.%s", build, folder, page->claim->name, ending);
    snprintf(to, sizeof to, "%s/book/%s.%s", build, page->claim->name, ending);
    size_t size = 0;
    char *content = file_read(from, &size);
    enum status status = content == NULL ? STATUS_ABSENT : file_update(to, size, content, NULL);

    memory_free(content);
    return status;
}

static void write_figure(struct page *page)
{
    char path[2 * PATH_MAX], script_path[2 * PATH_MAX];
    size_t stem = strlen(page->claim->source) - 1;

    snprintf(path, sizeof path, "%s/plots/%s.svg", page->book->catalogue->build, page->claim->name);
    snprintf(script_path, sizeof script_path, "%.*sgp", (int)stem, page->claim->source);
    char *svg = file_read(path, NULL), *script = file_read(script_path, NULL);

    if (svg == NULL || script == NULL || copy_result(page, "plots", "svg") != STATUS_OK) {
        page_fault(page, script_path, 1, "no picture", status_reason());
    } else {
        char *caption = caption_of(script);

        fputs("<section id=\"figure\" aria-label=\"Figure\">\n<figure>\n", page->out);
        write_svg(page, svg, caption);
        fputs("<figcaption>", page->out);
        page_inline(page, caption);
        fprintf(page->out, " <a href=\"%s.svg\" download>SVG</a></figcaption>\n</figure>\n</section>\n",
                page->claim->slug);
        memory_free(caption);
    }
    memory_free(svg);
    memory_free(script);
}

/* ## Checks */

static double both_sides(const cJSON *check, enum error_kind kind)
{
    double claimed = record_number(cJSON_GetObjectItem(check, "claimed"), error_kind_name(kind));
    double witness = record_number(cJSON_GetObjectItem(check, "witness"), error_kind_name(kind));

    claimed = isnan(claimed) ? 0 : claimed;
    witness = isnan(witness) ? 0 : witness;
    return kind == SAMPLING ? CHECK_SIGMAS * hypot(claimed, witness) : claimed + witness;
}

/* Where the tolerance comes from: every kind of error that either side declares. */
static void write_tolerance(struct page *page, const cJSON *check)
{
    int parts = 0;

    for (int kind = 0; kind < ERROR_KINDS; kind++) {
        double part = both_sides(check, (enum error_kind)kind);

        if (part > 0) {
            fprintf(page->out, "%s%s ", parts++ == 0 ? "" : "<br>",
                    kind == SAMPLING ? "4 standard errors" : error_kind_name((enum error_kind)kind));
            page_number(page, part, 2);
        }
    }
    if (parts == 0) {
        fputs("none: exact", page->out);
    }
}

static void write_agreement(struct page *page, const cJSON *check)
{
    const char *kind = record_text(check, "kind");
    double claimed = record_number(cJSON_GetObjectItem(check, "claimed"), "x");
    double witness = record_number(cJSON_GetObjectItem(check, "witness"), "x");

    if (strcmp(kind, "equal") == 0 || strcmp(kind, "rate") == 0) {
        double z = record_number(check, "z");

        fprintf(page->out, isnan(z) ? "%.1f digits" : "%.1f standard errors",
                isnan(z) ? record_number(check, "digits") : z);
    } else if (strcmp(kind, "shape") == 0) {
        fputs("margin ", page->out);
        page_number(page, witness, 3);
    } else if (strcmp(kind, "differs") == 0) {
        fputs("apart by ", page->out);
        page_number(page, fabs(claimed - witness), 3);
    } else {
        fputs("witness / bound ", page->out);
        page_number(page, witness / claimed, 4);
    }
}

static void write_check(struct page *page, const cJSON *check)
{
    fputs("<tr>\n<td data-label=\"State\">", page->out);
    page_badge(page, record_text(check, "state"));
    fputs("</td>\n<th scope=\"row\">", page->out);
    page_text(page, record_text(check, "name"));
    fprintf(page->out, " <span class=\"kind\">%s</span></th>\n<td data-label=\"Claimed\">", record_text(check, "kind"));
    page_value(page, cJSON_GetObjectItem(check, "claimed"));
    fputs("</td>\n<td data-label=\"Witness\">", page->out);
    page_value(page, cJSON_GetObjectItem(check, "witness"));
    fputs("</td>\n<td data-label=\"Agreement\">", page->out);
    write_agreement(page, check);
    fputs("</td>\n<td data-label=\"Resolution\">", page->out);
    page_number(page, record_number(check, "resolution"), 2);
    fputs("</td>\n<td data-label=\"Tolerance\">", page->out);
    write_tolerance(page, check);
    fprintf(page->out, "</td>\n<td data-label=\"Worst case\">");
    page_text(page, record_text(check, "worst_case"));
    fprintf(page->out, " <span class=\"kind\">of %.0f</span></td>\n</tr>\n", record_number(check, "cases"));
}

static void write_checks(struct page *page)
{
    const cJSON *check;

    fputs("<section id=\"checks\">\n<h2>Checks</h2>\n<p class=\"note\">The worst case of each. Resolution: the "
          "smallest relative change of the "
          "claimed side that would have turned the check red.</p>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" "
          "aria-label=\"Checks\">\n<table class=\"checks stacks\">\n<thead><tr><th scope=\"col\">State</th><th "
          "scope=\"col\">Check</th><th scope=\"col\">Claimed</th><th scope=\"col\">Witness</th><th "
          "scope=\"col\">Agreement</th><th scope=\"col\">Resolution</th><th scope=\"col\">Tolerance</th><th "
          "scope=\"col\">Worst case</th></tr></thead>\n<tbody>\n",
          page->out);
    cJSON_ArrayForEach(check, cJSON_GetObjectItem(page->claim->record, "checks"))
    {
        write_check(page, check);
    }
    fputs("</tbody>\n</table>\n</div>\n</section>\n", page->out);
}

/* ## Table */

static void write_rows(struct page *page, const struct table *table)
{
    fputs("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Numbers\">\n<table "
          "class=\"numbers\">\n<thead><tr>",
          page->out);
    if (table->label_name != NULL) {
        fprintf(page->out, "<th scope=\"col\">%s</th>", table->label_name);
    }
    for (int c = 0; c < table->columns; c++) {
        fprintf(page->out, "<th scope=\"col\">%s</th>", table->column[c].name);
    }
    fputs("</tr></thead>\n<tbody>\n", page->out);
    for (size_t r = 0; r < table->rows && r < ROWS_SHOWN; r++) {
        fputs("<tr>", page->out);
        if (table->label_name != NULL) {
            fputs("<td>", page->out);
            page_text(page, table->label[r]);
            fputs("</td>", page->out);
        }
        for (int c = 0; c < table->columns; c++) {
            fputs("<td>", page->out);
            page_number(page, table->cell[r * (size_t)table->columns + (size_t)c], 7);
            fputs("</td>", page->out);
        }
        fputs("</tr>\n", page->out);
    }
    fputs("</tbody>\n</table>\n</div>\n", page->out);
}

static void write_columns(struct page *page, const struct table *table)
{
    static const char *const rules[TOLERANCE_KINDS] = {"equal bits", "relative", "absolute", "digits",
                                                       "standard errors"};

    fputs("<ul class=\"columns\">\n", page->out);
    for (int c = 0; c < table->columns; c++) {
        const struct column *column = &table->column[c];

        fprintf(page->out, "<li><code>%s</code> compared by ", column->name);
        if (column->tolerance.kind != TOLERANCE_EXACT) {
            page_number(page, column->tolerance.amount, 3);
            fputc(' ', page->out);
        }
        fprintf(page->out, "%s: ", rules[column->tolerance.kind]);
        page_text(page, column->reason);
        fputs("</li>\n", page->out);
    }
    fputs("</ul>\n", page->out);
}

static enum status write_table(struct page *page)
{
    char path[2 * PATH_MAX];
    struct table table;
    const struct comparison *comparison = &page->claim->comparison;

    snprintf(path, sizeof path, "%s/results/%s.tsv", page->book->catalogue->build, page->claim->name);
    enum status status = table_read(&table, path);
    if (status != STATUS_OK) {
        return status;
    }
    fprintf(page->out,
            "<section id=\"table\">\n<h2>Table</h2>\n<p class=\"note\">Against the reference: %s%s%s. "
            "<a href=\"%s.tsv\" download>TSV with all digits</a></p>\n<details>\n<summary>%zu rows, %d "
            "columns%s</summary>\n",
            agreement_name(comparison->agreement), comparison->what[0] == '\0' ? "" : ", ", comparison->what,
            page->claim->slug, table.rows, table.columns, table.rows > ROWS_SHOWN ? "; the first 400" : "");
    write_rows(page, &table);
    write_columns(page, &table);
    fputs("</details>\n</section>\n", page->out);
    table_release(&table);
    return copy_result(page, "results", "tsv");
}

/* ## How to run it again */

static void write_parameters(struct page *page)
{
    const cJSON *declared;

    fputs("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Parameters\">\n<table "
          "class=\"stacks\">\n<thead><tr><th "
          "scope=\"col\">Parameter</th><th scope=\"col\">Value</th><th scope=\"col\">Range</th><th "
          "scope=\"col\">Meaning</th></tr></thead>\n<tbody>\n",
          page->out);
    cJSON_ArrayForEach(declared, cJSON_GetObjectItem(page->claim->record, "parameters"))
    {
        fprintf(page->out, "<tr><th scope=\"row\"><code>%s</code></th><td data-label=\"Value\">",
                record_text(declared, "name"));
        page_text(page, record_text(declared, "value"));
        fputs("</td><td data-label=\"Range\">", page->out);
        for (const char *c = record_text(declared, "range"); *c != '\0'; c++) {
            page_text_part(page, c, 1);
            fputs(*c == '|' ? "<wbr>" : "", page->out);
        }
        fputs("</td><td data-label=\"Meaning\">", page->out);
        page_text(page, record_text(declared, "help"));
        fputs("</td></tr>\n", page->out);
    }
    fputs("</tbody>\n</table>\n</div>\n", page->out);
}

/* The names of the checks that the patterns match; the patterns, where no check was made. */
static void write_hits(struct page *page, const char *patterns)
{
    const cJSON *check;
    int shown = 0;

    if (book_skipped(page->claim)) {
        fputs("<code>", page->out);
        page_text(page, patterns);
        fputs("</code>", page->out);
    }
    cJSON_ArrayForEach(check, cJSON_GetObjectItem(page->claim->record, "checks"))
    {
        const char *name = record_text(check, "name");

        if (record_matches(patterns, name)) {
            fputs(shown++ == 0 ? "<em>" : ", <em>", page->out);
            page_text(page, name);
            fputs("</em>", page->out);
        }
    }
}

static void write_faults(struct page *page)
{
    const cJSON *fault;

    fputs("<p>Planted faults, each of which must turn exactly its checks red:</p>\n<ul class=\"faults\">\n", page->out);
    cJSON_ArrayForEach(fault, cJSON_GetObjectItem(page->claim->record, "faults"))
    {
        fprintf(page->out, "<li><code>--plant %s</code>: ", record_text(fault, "name"));
        page_text(page, record_text(fault, "what"));
        fputs(". Red: ", page->out);
        write_hits(page, record_text(fault, "hits"));
        fputs("</li>\n", page->out);
    }
    fputs("</ul>\n", page->out);
}

static void write_commands(struct page *page)
{
    const char *name = page->claim->name;
    const cJSON *parameter, *parameters = cJSON_GetObjectItem(page->claim->record, "parameters");

    fprintf(page->out,
            "<section id=\"reproduce\">\n<h2>Run it again</h2>\n<pre class=\"command\" tabindex=\"0\">make %s</pre>\n",
            name);
    if (cJSON_GetArraySize(parameters) > 0) {
        fputs("<p>With other parameters: change any of the values.</p>\n<pre class=\"command\" "
              "tabindex=\"0\">build/assay run ",
              page->out);
        page_text(page, name);
        cJSON_ArrayForEach(parameter, parameters)
        {
            fprintf(page->out, " --set %s=", record_text(parameter, "name"));
            page_text(page, record_text(parameter, "value"));
        }
        fputs("</pre>\n", page->out);
        write_parameters(page);
    }
    write_faults(page);
    fputs("</section>\n", page->out);
}

/* ## The program, its script, its cost */

static void write_program(struct page *page)
{
    char path[2 * PATH_MAX];

    snprintf(path, sizeof path, "%.*sgp", (int)strlen(page->claim->source) - 1, page->claim->source);
    char *script = file_read(path, NULL);

    fprintf(page->out, "<section id=\"program\">\n<h2>The program</h2>\n<p class=\"note\"><code>%s</code></p>\n",
            page->claim->source);
    page_literate(page, page->claim->text, page->claim->source, NULL, 3, true);
    fprintf(page->out, "<details>\n<summary>The plot: <code>%s</code></summary>\n<pre class=\"plain\" tabindex=\"0\">",
            path);
    page_text(page, script == NULL ? "" : script);
    fputs("</pre>\n</details>\n</section>\n", page->out);
    memory_free(script);
}

/* The library's functions that the program calls, each once, in the order of the manual. */
static void write_calls(struct page *page)
{
    const struct symbols *symbols = &page->book->symbols;
    bool *called = memory_new(symbols->count + 1, sizeof *called);
    const char *at = page->claim->text;

    for (struct token token; (token = token_next(&at)).kind != TOKEN_END;) {
        const struct symbol *symbol =
            token.kind == TOKEN_WORD && token_peek(at) == '(' ? symbols_find(symbols, token.start, token.length) : NULL;

        if (symbol != NULL) {
            called[symbol - symbols->symbol] = true;
        }
    }
    fputs("<p>Calls ", page->out);
    for (size_t i = 0, shown = 0; i < symbols->count; i++) {
        const struct symbol *symbol = &symbols->symbol[i];

        if (called[i]) {
            fprintf(page->out, "%s<a href=\"%slibrary/%.*s.html#%s\"><code>%s</code></a>", shown++ == 0 ? "" : ", ",
                    page->root, (int)strcspn(symbol->header, "."), symbol->header, symbol->name, symbol->name);
        }
    }
    fputs(".</p>\n", page->out);
    memory_free(called);
}

static void write_cost(struct page *page)
{
    const cJSON *record = page->claim->record, *item;

    fprintf(page->out,
            "<section id=\"cost\">\n<h2>Cost and environment</h2>\n<p>%.2f s on %.0f thread%s at scale %s, seed %.0f.",
            record_number(record, "seconds"), record_number(record, "threads"),
            record_number(record, "threads") > 1 ? "s" : "", record_text(record, "scale"),
            record_number(record, "seed"));
    cJSON_ArrayForEach(item, cJSON_GetObjectItem(record, "environment"))
    {
        fprintf(page->out, " %s: ", item->string);
        page_text(page, cJSON_GetStringValue(item));
        fputc('.', page->out);
    }
    fputs("</p>\n", page->out);
    write_calls(page);
    fputs("</section>\n", page->out);
}

static void write_turn(struct page *page, size_t i)
{
    const struct book *book = page->book;
    const struct book_claim *before = i > 0 ? &book->claim[i - 1] : NULL,
                            *after = i + 1 < book->claims ? &book->claim[i + 1] : NULL;

    fputs("<nav class=\"turn\" aria-label=\"Previous and next claim\">\n", page->out);
    if (before != NULL && strcmp(before->paper, page->claim->paper) == 0) {
        fprintf(page->out, "<a rel=\"prev\" href=\"%s.html\">← ", before->slug);
        page_inline(page, before->title);
        fputs("</a>\n", page->out);
    }
    if (after != NULL && strcmp(after->paper, page->claim->paper) == 0) {
        fprintf(page->out, "<a rel=\"next\" href=\"%s.html\">", after->slug);
        page_inline(page, after->title);
        fputs(" →</a>\n", page->out);
    }
    fputs("</nav>\n", page->out);
}

enum status book_claim_page(struct book *book, size_t i)
{
    const struct book_claim *claim = &book->claim[i];
    bool measured = claim->record != NULL && !book_skipped(claim);
    char path[PATH_MAX];
    enum status status = STATUS_OK;

    snprintf(path, sizeof path, "%s.html", claim->name);
    struct page *page = page_begin(book, path, claim->title, claim);

    write_place(page);
    fputs("<div class=\"opening\">\n", page->out);
    write_statement(page);
    if (measured) {
        write_figure(page);
    }
    fputs("</div>\n", page->out);
    if (measured) {
        write_checks(page);
        status = write_table(page);
    } else if (claim->record != NULL) {
        write_skipped(page);
    }
    if (claim->record != NULL) {
        write_commands(page);
    }
    write_program(page);
    if (claim->record != NULL) {
        write_cost(page);
    }
    write_turn(page, i);
    enum status written = page_end(page);

    return status == STATUS_OK ? written : status;
}
