// SPDX-License-Identifier: GPL-3.0-or-later
/* The weaver in a small project: what pages hold, what is left alone, and that no reference may lead nowhere. */
#include "assay_test.h"
#include "small_project.h"

#include <assay/base/file.h>
#include <assay/base/memory.h>
#include <stdio.h>
#include <string.h>

static const char record[] =
    "{\"claim\":\"p/a\",\"title\":\"A claim\",\"verdict\":\"holds "
    "corrected\",\"red\":false,\"defaults\":true,\"seconds\":1.5,"
    "\"scale\":\"standard\",\"seed\":1,\"threads\":1,\"parameters\":[{\"name\":\"n\",\"value\":\"3\",\"range\":\"an "
    "integer\",\"help\":\"size\"}],\"checks\":[{\"name\":\"sum\",\"kind\":\"equal\",\"state\":\"holds\",\"cases\":2,"
    "\"worst_case\":\"n < 3\",\"claimed\":{\"x\":1.25,\"rounding\":1e-15},\"witness\":{\"x\":1.25,\"quadrature\":1e-6},"
    "\"resolution\":1e-6,\"digits\":12},{\"name\":\"as printed\",\"kind\":\"differs\",\"state\":\"holds\",\"cases\":1,"
    "\"worst_case\":\"\",\"claimed\":{\"x\":2},\"witness\":{\"x\":1.25},\"resolution\":0.3}],\"faults\":[{\"name\":"
    "\"lost\","
    "\"what\":\"a term\",\"hits\":\"s?m\"}],\"errata\":[{\"id\":\"E1\",\"printed\":\"It is $2$.\",\"corrected\":\"It "
    "is "
    "$\\\\frac54$.\",\"differs\":\"as?printed\",\"equal\":\"sum\",\"consequence\":\"None.\",\"by_hand\":\"\"}],"
    "\"environment\":{\"compiler\":\"cc\"}}";

#define PROGRAM(prose)                                                                                                 \
    "/* # A claim: $x<1$\n *\n * It adds up. " prose "\n * **Found.** It does. */\n#include <assay/base/thing.h>\n\n"  \
    "/* ## The sum\n * Term by term. */\nint total(int n)\n{\n    return n < 2 ? n : thing_add(n, \"a < b\"); // a & " \
    "b\n}\n"

/* The small project with all that a book is made of. */
static const char *book_project(void)
{
    const char *top = project_new();

    project_write(top, "paper_checks/p/a.c", PROGRAM("See `thing_add()`, `p/a` and `--set n=2`, where $x<1$."));
    project_write(top, "paper_checks/p/a.gp", "# What is drawn.\n# In black.\nplot table\n");
    project_write(top, "build/results/p/a.json", record);
    project_write(top, "build/plots/p/a.svg",
                  "<?xml version=\"1.0\"?>\n<svg \n viewBox=\"0 0 720 460\"\n>\n<title>Gnuplot</title>\n<g "
                  "id=\"gnuplot_canvas\">\n</g>\n</svg>\n");
    project_write(top, "include/assay/base/thing.h",
                  "// SPDX-License-Identifier: x\n/* Things. */\n#ifndef THING_H\n#define THING_H\n\n/* Adds; see "
                  "thing_add. */\nint thing_add(int n, const char *why);\n\n#endif\n");
    project_write(top, "src/tools/book/front.md", "Front words.\n");
    project_write(top, "src/tools/book/discrepancies.md", "Fair words.\n");
    project_write(top, "src/tools/book/method.md", "## How\n\nWords on method.\n");
    return top;
}

static bool page_has(const char *top, const char *page, const char *text)
{
    char path[512];

    snprintf(path, sizeof path, "%s/build/book/%s", top, page);
    char *content = file_read(path, NULL);
    bool has = content != NULL && strstr(content, text) != NULL;

    memory_free(content);
    return has;
}

TEST(a_claim_has_its_page)
{
    const char *top = book_project();
    static const char page[] = "p/a.html";

    CHECK_INT(project_assay(top, "weave"), 0);
    CHECK_CONTAINS(project_output, "6 pages, 6 changed, 0 faults");
    CHECK(page_has(top, page, "<h1>A claim: <span class=\"tex\">x&lt;1</span></h1>"));
    CHECK(page_has(top, page, "<title>A claim: x&lt;1 · Assay</title>"));
    CHECK(page_has(top, page, "badge holds-corrected"));
    CHECK(page_has(top, page, "<p><strong>Found.</strong> It does.</p>"));
    CHECK(page_has(top, page, "<a href=\"../library/base/thing.html#thing_add\"><code>thing_add()</code></a>"));
    CHECK(page_has(top, page, "<a href=\"../p/a.html\"><code>p/a</code></a>"));
    CHECK(page_has(top, page, "thing_add</a>(n, &quot;a &lt; b&quot;); // a &amp; b"));
    CHECK(page_has(top, page, "<h3>The sum</h3>"));
    CHECK(page_has(top, page, "What is drawn. In black."));
    CHECK(page_has(top, page, "n &lt; 3"));
    CHECK(page_has(top, page, "10<sup>−6</sup>"));
    CHECK(page_has(top, page, "build/assay run p/a --set n=3"));
    CHECK(page_has(top, page, "<code>--plant lost</code>: a term. Red: <em>sum</em>"));
    CHECK(page_has(top, "p/a.tsv", "# claim: p/a"));
}

TEST(the_other_chapters_know_the_claim)
{
    const char *top = book_project();

    CHECK_INT(project_assay(top, "weave"), 0);
    CHECK(page_has(top, "index.html", "Front words."));
    CHECK(page_has(top, "index.html", "<a class=\"mark holds-corrected\" href=\"p/a.html\""));
    CHECK(page_has(top, "index.html", "<tr data-paper=\"p\" data-kind=\"thm\" data-verdict=\"holds\">"));
    CHECK(page_has(top, "index.html", "No program: it is a definition"));
    CHECK(page_has(top, "discrepancies.html", "<section class=\"erratum-group\" id=\"p-E1\">"));
    CHECK(page_has(top, "discrepancies.html", "It is <span class=\"tex\">\\frac54</span>."));
    CHECK(page_has(top, "method.html", "Words on method."));
    CHECK(page_has(top, "library/base/thing.html", "<b id=\"thing_add\">thing_add</b>"));
    CHECK(page_has(top, "library/index.html", "base/thing.html#thing_add"));
}

/* The record with a second erratum, which the ledger's row names, too. */
TEST(a_row_with_two_errata_links_both)
{
    const char *top = book_project(), *errata = strstr(record, "\"errata\":["), *ledger = strstr(project_ledger, "E1");
    char changed[4096];

    snprintf(changed, sizeof changed,
             "%.*s\"errata\":[{\"id\":\"E10\",\"printed\":\"It is none.\",\"differs\":\"sum\"},%s",
             (int)(errata - record), record, errata + strlen("\"errata\":["));
    project_write(top, "build/results/p/a.json", changed);
    snprintf(changed, sizeof changed, "%.*sE1,E10%s", (int)(ledger - project_ledger), project_ledger, ledger + 2);
    project_write(top, "results/p/ledger.tsv", changed);
    CHECK_INT(project_assay(top, "ledger"), 0);
    CHECK_INT(project_assay(top, "weave"), 0);
    CHECK(page_has(top, "index.html",
                   "href=\"discrepancies.html#p-E1\">E1</a> <a class=\"erratum-link\" "
                   "href=\"discrepancies.html#p-E10\">E10</a></td>"));
    CHECK(page_has(top, "discrepancies.html", "id=\"p-E1\">\n<h2>E1 <span class=\"where\">s. 1</span>"));
    CHECK(page_has(top, "discrepancies.html", "id=\"p-E10\">\n<h2>E10 <span class=\"where\">s. 1</span>"));
}

TEST(a_second_weave_changes_nothing_and_a_new_word_one_page)
{
    const char *top = book_project();

    CHECK_INT(project_assay(top, "weave"), 0);
    CHECK_INT(project_assay(top, "weave"), 0);
    CHECK_CONTAINS(project_output, "6 pages, 0 changed");
    project_write(top, "paper_checks/p/a.c", PROGRAM("It is said otherwise."));
    CHECK_INT(project_assay(top, "weave"), 0);
    CHECK_CONTAINS(project_output, "6 pages, 1 changed");
}

TEST(references_to_nothing_are_faults_with_file_and_line)
{
    static const struct {
        const char *program, *says;
    } bad[] = {{PROGRAM("See `thm_9_nowhere`."), "paper_checks/p/a.c:3: no such claim: thm_9_nowhere"},
               {PROGRAM("See `p/thm_9`."), "a.c:3: no such claim: p/thm_9"},
               {PROGRAM("See [it](claim:b)."), "a.c:3: no such claim: b"},
               {PROGRAM("See [it](check:product)."), "a.c:3: no such check: product"},
               {PROGRAM("Calls `thing_take()`."), "a.c:3: no such symbol: thing_take()"},
               {PROGRAM("Calls [it](symbol:thing_take)."), "a.c:3: no such symbol: thing_take"},
               {PROGRAM("In `include/assay/base/none.h`."), "a.c:3: no such file: include/assay/base/none.h"},
               {PROGRAM("In [it](file:results/none.tsv)."), "a.c:3: no such file: results/none.tsv"},
               {PROGRAM("Try `--set m=3`."), "a.c:3: no such parameter: m"},
               {PROGRAM("It costs 3 $ a piece."), "a.c:3: a dollar without its partner"}};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *top = book_project();

        project_write(top, "paper_checks/p/a.c", bad[i].program);
        CHECK_INT(project_assay(top, "weave"), 1);
        CHECK_CONTAINS(project_output, bad[i].says);
        CHECK_CONTAINS(project_output, "1 faults");
    }
}

TEST(references_that_lead_somewhere_are_not)
{
    const char *top = book_project();

    project_write(
        top, "paper_checks/p/a.c",
        PROGRAM("[a](claim:p/a), [b](check:sum), [c](symbol:total), [d](file:results/p/ledger.tsv), `total()`, "
                "`results/PAPER/NAME.tsv`, `figures/p/a_1.5`, `x_1`, `--set NAME=VALUE`."));
    CHECK_INT(project_assay(top, "weave"), 0);
    CHECK(page_has(top, "p/a.html", "<a href=\"#checks\">b</a>"));
}

TEST(a_claim_that_has_not_run_says_so)
{
    const char *top = book_project();
    char command[256];

    snprintf(command, sizeof command, "rm %s/build/results/p/a.json", top);
    CHECK_INT(test_run(command, sizeof project_output, project_output), 0);
    CHECK_INT(project_assay(top, "weave"), 0);
    CHECK(page_has(top, "p/a.html", "badge not-run"));
}

TEST(a_skipped_claim_says_what_is_missing_and_how_to_run_it)
{
    const char *top = book_project();
    char command[512];

    project_write(top, "paper_checks/p/a.c", PROGRAM("See `--set data=DIR` and [it](check:sum)."));
    project_write(top, "build/results/p/a.json", PROJECT_SKIPPED);
    snprintf(command, sizeof command, "rm %s/build/plots/p/a.svg %s/build/results/p/a.tsv", top, top);
    CHECK_INT(test_run(command, sizeof project_output, project_output), 0);
    CHECK_INT(project_assay(top, "weave"), 0);
    CHECK(page_has(top, "p/a.html", "Claim <span class=\"badge skipped\">skipped"));
    CHECK(page_has(top, "p/a.html", "Reference <span class=\"badge not-compared\">not compared"));
    CHECK(page_has(top, "p/a.html", "<code>/data/images: no such file</code>"));
    CHECK(page_has(top, "p/a.html", "build/assay run p/a --set data=DIR"));
    CHECK(page_has(top, "p/a.html", "<code>--plant lost</code>: a term. Red: <code>s?m</code>"));
    CHECK(!page_has(top, "p/a.html", "id=\"checks\"") && !page_has(top, "p/a.html", "id=\"figure\""));
    CHECK(!page_has(top, "p/a.html", "id=\"table\""));
    CHECK(page_has(top, "index.html", "<a class=\"mark skipped\" href=\"p/a.html\""));
    CHECK(page_has(top, "index.html", "data-kind=\"thm\" data-verdict=\"skipped\""));
    CHECK(page_has(top, "index.html", "<option>skipped</option>"));
    CHECK(page_has(top, "index.html", "0 references same, 0 close, 0 drift, 0 missing"));
    CHECK(page_has(top, "discrepancies.html", "Not measured here: a data set is absent."));
    CHECK(page_has(top, "method.html", "0.0 s of one core for 0 programs"));
}

TEST(a_lost_picture_is_a_fault)
{
    const char *top = book_project();
    char command[256];

    snprintf(command, sizeof command, "rm %s/build/plots/p/a.svg", top);
    CHECK_INT(test_run(command, sizeof project_output, project_output), 0);
    CHECK_INT(project_assay(top, "weave"), 1);
    CHECK_CONTAINS(project_output, "paper_checks/p/a.gp:1: no picture");
}
