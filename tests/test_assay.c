// SPDX-License-Identifier: GPL-3.0-or-later
/* The assay command in a project of its own: a copy of the binary in a small tree whose one "program" is a shell script. */
#include "assay_test.h"

#include <assay/base/file.h>
#include <assay/base/memory.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static char output[32768];

static void put(const void *context, FILE *file)
{
    fputs(context, file);
}

static void write_file(const char *top, const char *name, const char *content)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s", top, name);
    CHECK_INT(file_replace(path, put, content), STATUS_OK);
    chmod(path, 0755);
}

/* A record with one check in the given state. With --plant, the script's check is refuted. */
#define RECORD(verdict, red, state)                                                                                    \
    "{\"claim\":\"p/a\",\"verdict\":\"" verdict "\",\"red\":" red ",\"defaults\":true,\"seconds\":1,\"scale\":\"standard\","     \
    "\"checks\":[{\"name\":\"sum\",\"kind\":\"equal\",\"state\":\"" state "\",\"resolution\":1e-6,\"digits\":12}],"             \
    "\"faults\":[{\"name\":\"lost\",\"what\":\"a term\",\"hits\":\"sum\"}],\"errata\":[{\"id\":\"E1\"}]}"

static const char script[] = "#!/bin/sh\nout=$4; case $3$4 in --plant*) out=$6; esac\nmkdir -p $out/p\n"
                             "[ \"$3\" = --plant ] && cp $(dirname $0)/red.json $out/p/a.json && exit 1\n"
                             "cp $(dirname $0)/green.json $out/p/a.json\n";

static const char table[] = "# assay table 1\n# claim: p/a\n# parameters: none\n# seed: 1\n# scale: standard\n"
                            "# column x: relative 0.1; a test\nx\n1\n# end: 1 rows\n";

static const char ledger[] = "# paper: p\n# items: 2\nitem\tkind\twhere\tclaim\tprogram\tchecks\tstatus\terratum\n"
                             "1\tthm\ts. 1\tit adds up\ta\tsum\tchecked\tE1\n"
                             "2\tdef\ts. 1\ta name\t-\tit is a definition\tdefinition\t-\n";

/* A tree in which all is well. */
static const char *project(void)
{
    static char top[128];
    char command[512];

    snprintf(top, sizeof top, "%s", test_directory());
    write_file(top, "Makefile", "build/results/%.json: ;\nbuild/bin/%: ;\n");
    write_file(top, "paper_checks/p/a.c", "/* # A claim\n *\n * It adds up. */\n");
    write_file(top, "build/bin/p/a", script);
    write_file(top, "build/bin/p/green.json", RECORD("holds", "false", "holds"));
    write_file(top, "build/bin/p/red.json", RECORD("refuted", "true", "refuted"));
    write_file(top, "build/results/p/a.json", RECORD("holds", "false", "holds"));
    write_file(top, "build/results/p/a.tsv", table);
    write_file(top, "results/p/a.tsv", table);
    write_file(top, "results/p/ledger.tsv", ledger);
    snprintf(command, sizeof command, "cp %s/assay %s/build/assay", BUILD, top);
    CHECK_INT(test_run(command, sizeof output, output), 0);
    return top;
}

static int assay(const char *top, const char *arguments)
{
    char command[512];

    snprintf(command, sizeof command, "%s/build/assay %s", top, arguments);
    return test_run(command, sizeof output, output);
}

TEST(a_whole_ledger_passes)
{
    const char *top = project();

    CHECK_INT(assay(top, "ledger"), 0);
    CHECK_CONTAINS(output, "2 items, 2 rows, 0 faults");
}

TEST(a_gap_in_the_ledger_is_found)
{
    static const struct {
        const char *from, *to, *says;
    } bad[] = {{"# items: 2", "# items: 3", "no row for item: 3"},
               {"\ta\tsum", "\tb\tsum", "no such program: p/b"},
               {"\ta\tsum", "\tb\tsum", "no row for program: p/a"},
               {"\tsum\t", "\tsum nothing\t", "no such check: nothing"},
               {"\tE1", "\tE2", "no such erratum: E2"},
               {"checked", "believed", "unknown status"},
               {"\ts. 1\tit", "\tit", "eight fields"},
               {"it is a definition", "-", "gives '-' as its program and a reason"},
               {"# items: 2", "# items: many", "items: N"}};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *top = project();
        char changed[1024];
        const char *at = strstr(ledger, bad[i].from);

        snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - ledger), ledger, bad[i].to, at + strlen(bad[i].from));
        write_file(top, "results/p/ledger.tsv", changed);
        CHECK_INT(assay(top, "ledger"), 1);
        CHECK_CONTAINS(output, bad[i].says);
    }
}

TEST(a_missing_ledger_is_a_fault)
{
    const char *top = project();
    char command[256];

    snprintf(command, sizeof command, "rm %s/results/p/ledger.tsv", top);
    CHECK_INT(test_run(command, sizeof output, output), 0);
    CHECK_INT(assay(top, "ledger"), 1);
    CHECK_CONTAINS(output, "No such file");
}

TEST(a_step_prints_one_line)
{
    const char *top = project();

    CHECK_INT(assay(top, "step p/a results standard 1 7"), 0);
    CHECK_CONTAINS(output, "[  1/7] p/a");
    CHECK_CONTAINS(output, "holds");
    CHECK_CONTAINS(output, "same");
    CHECK_CONTAINS(output, "12.0 digits");
    CHECK_INT(assay(top, "step p/a results standard 1 7"), 0);
    CHECK_CONTAINS(output, "[  2/7]");
    write_file(top, "build/bin/p/a", "#!/bin/sh\nexit 77\n");
    CHECK_INT(assay(top, "step p/a results standard 1 7"), 0);
    CHECK_CONTAINS(output, "data absent (exit 77)");
    CHECK_INT(assay(top, "summary results p/a"), 1);
    CHECK_CONTAINS(output, "did not run to its end");
}

TEST(the_summary_counts_and_fails_on_red)
{
    const char *top = project();

    CHECK_INT(assay(top, "summary results p/a"), 0);
    CHECK_CONTAINS(output, "1 holds, 0 red");
    CHECK_CONTAINS(output, "1 same, 0 close");
    CHECK_CONTAINS(output, "1 passed, 0 failed\n");
    write_file(top, "build/results/p/a.json", RECORD("refuted", "true", "refuted"));
    CHECK_INT(assay(top, "summary results p/a"), 1);
    CHECK_CONTAINS(output, "red: p/a: refuted");
    CHECK_CONTAINS(output, "0 passed, 1 failed\n");
    char path[256];

    snprintf(path, sizeof path, "%s/build/junit/results.xml", top);
    char *junit = file_read(path, NULL);
    CHECK(junit != NULL);
    CHECK_CONTAINS(junit == NULL ? "" : junit, "<failure message=\"refuted; reference same\"/>");
    memory_free(junit);
}

TEST(a_missing_or_drifted_reference_is_red)
{
    const char *top = project();
    char command[256];

    write_file(top, "results/p/a.tsv",
               "# assay table 1\n# claim: p/a\n# parameters: none\n# seed: 1\n# scale: standard\n"
               "# column x: relative 0.1; a test\nx\n1.2\n# end: 1 rows\n");
    CHECK_INT(assay(top, "summary results p/a"), 1);
    CHECK_CONTAINS(output, "reference drift: x, row 1: 1, reference 1.2");
    CHECK_INT(assay(top, "diff p/a"), 1);
    CHECK_CONTAINS(output, "1 of 1 differ, 1 beyond tolerance");
    snprintf(command, sizeof command, "rm %s/results/p/a.tsv", top);
    CHECK_INT(test_run(command, sizeof output, output), 0);
    CHECK_INT(assay(top, "summary results p/a"), 1);
    CHECK_CONTAINS(output, "1 missing");
}

TEST(planted_faults_must_be_seen)
{
    const char *top = project();

    CHECK_INT(assay(top, "step p/a smoke smoke 1 7"), 0);
    CHECK_INT(assay(top, "plant p/a"), 0);
    CHECK_CONTAINS(output, "1 of 1 planted faults seen");
    write_file(top, "build/bin/p/red.json", RECORD("inconclusive", "true", "inconclusive"));
    CHECK_INT(assay(top, "plant p/a"), 1);
    CHECK_CONTAINS(output, "stays green");
    write_file(top, "build/bin/p/a", "#!/bin/sh\nexit 0\n");
    CHECK_INT(assay(top, "plant p/a"), 1);
    CHECK_CONTAINS(output, "exit 0, 1 expected");
}

TEST(acceptance_needs_a_reason_and_a_green_claim)
{
    const char *top = project();
    char path[256];

    CHECK_INT(assay(top, "accept p/a --why 'a test'"), 0);
    snprintf(path, sizeof path, "%s/results/p/a.tsv", top);
    char *reference = file_read(path, NULL);
    CHECK_CONTAINS(reference == NULL ? "" : reference, ", a test\n");
    memory_free(reference);
    CHECK_INT(assay(top, "accept p/a --why ''"), 2);
    CHECK_INT(assay(top, "accept p/a"), 2);
    write_file(top, "build/results/p/a.json", RECORD("refuted", "true", "refuted"));
    CHECK_INT(assay(top, "accept p/a --why 'it must pass'"), 1);
    CHECK_CONTAINS(output, "is red");
}

TEST(a_damaged_record_is_no_result)
{
    const char *top = project();

    write_file(top, "build/results/p/a.json", "{\"claim\": \"p/a\", ");
    CHECK_INT(assay(top, "summary results p/a"), 1);
    CHECK_INT(assay(top, "show p/a"), 0);
    CHECK_CONTAINS(output, "Not run yet");
    CHECK_INT(assay(top, "accept p/a --why 'a test'"), 3);
    CHECK_CONTAINS(output, "not a record of a run");
}
