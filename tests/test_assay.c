// SPDX-License-Identifier: GPL-3.0-or-later
/* The assay command in a small project: ledger, steps, summary, planted faults, acceptance. */
#include "assay_test.h"
#include "small_project.h"

#include <assay/base/file.h>
#include <assay/base/memory.h>
#include <stdio.h>
#include <string.h>

TEST(a_whole_ledger_passes)
{
    const char *top = project_new();

    CHECK_INT(project_assay(top, "ledger"), 0);
    CHECK_CONTAINS(project_output, "2 items, 2 rows, 0 faults");
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
               {"\tE1", "\tE1,E2", "no such erratum: E2"},
               {"\tE1", "\tE2,E1", "no such erratum: E2"},
               {"\tE1", "\tE1,", "no such erratum\n"},
               {"checked", "believed", "unknown status"},
               {"\ts. 1\tit", "\tit", "eight fields"},
               {"it is a definition", "-", "gives '-' as its program and a reason"},
               {"# items: 2", "# items: many", "items: N"}};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *top = project_new();
        char changed[1024];
        const char *at = strstr(project_ledger, bad[i].from);

        snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - project_ledger), project_ledger, bad[i].to,
                 at + strlen(bad[i].from));
        project_write(top, "results/p/ledger.tsv", changed);
        CHECK_INT(project_assay(top, "ledger"), 1);
        CHECK_CONTAINS(project_output, bad[i].says);
    }
}

TEST(a_missing_ledger_is_a_fault)
{
    const char *top = project_new();
    char command[256];

    snprintf(command, sizeof command, "rm %s/results/p/ledger.tsv", top);
    CHECK_INT(test_run(command, sizeof project_output, project_output), 0);
    CHECK_INT(project_assay(top, "ledger"), 1);
    CHECK_CONTAINS(project_output, "No such file");
}

TEST(a_step_prints_one_line)
{
    const char *top = project_new();

    CHECK_INT(project_assay(top, "step p/a results standard 1 7"), 0);
    CHECK_CONTAINS(project_output, "[  1/7] p/a");
    CHECK_CONTAINS(project_output, "holds");
    CHECK_CONTAINS(project_output, "same");
    CHECK_CONTAINS(project_output, "12.0 digits");
    CHECK_INT(project_assay(top, "step p/a results standard 1 7"), 0);
    CHECK_CONTAINS(project_output, "[  2/7]");
    project_write(top, "build/bin/p/a", "#!/bin/sh\nexit 77\n");
    CHECK_INT(project_assay(top, "step p/a results standard 1 7"), 0);
    CHECK_CONTAINS(project_output, "data absent, no record (exit 77)");
    CHECK_INT(project_assay(top, "summary results p/a"), 1);
    CHECK_CONTAINS(project_output, "did not run to its end");
}

TEST(the_summary_counts_and_fails_on_red)
{
    const char *top = project_new();

    CHECK_INT(project_assay(top, "summary results p/a"), 0);
    CHECK_CONTAINS(project_output, "1 holds, 0 red");
    CHECK_CONTAINS(project_output, "1 same, 0 close");
    CHECK_CONTAINS(project_output, "1 passed, 0 failed\n");
    project_write(top, "build/results/p/a.json", PROJECT_RECORD("refuted", "true", "refuted"));
    CHECK_INT(project_assay(top, "summary results p/a"), 1);
    CHECK_CONTAINS(project_output, "red: p/a: refuted");
    CHECK_CONTAINS(project_output, "0 passed, 1 failed\n");
    char path[256];

    snprintf(path, sizeof path, "%s/build/junit/results.xml", top);
    char *junit = file_read(path, NULL);
    CHECK(junit != NULL);
    CHECK_CONTAINS(junit == NULL ? "" : junit, "<failure message=\"refuted; reference same\"/>");
    memory_free(junit);
}

/* Nothing was measured: no red, nothing passed, and no reference is missed. */
TEST(a_skipped_claim_is_neither_passed_nor_failed)
{
    const char *top = project_without_data();
    char path[256];

    CHECK_INT(project_assay(top, "summary results p/a"), 0);
    CHECK_CONTAINS(project_output, "skipped: p/a: /data/images: no such file\n");
    CHECK_CONTAINS(project_output, "1 claims in 0.0 s of computing: 1 skipped, 0 red\n");
    CHECK_CONTAINS(project_output, "0 drift, 0 missing");
    CHECK_CONTAINS(project_output, "1 skipped: their data sets are absent\n0 passed, 0 failed\n");
    snprintf(path, sizeof path, "%s/build/junit/results.xml", top);
    char *junit = file_read(path, NULL);
    CHECK_CONTAINS(junit == NULL ? "" : junit, "<skipped message=\"/data/images: no such file\"/>");
    memory_free(junit);
    CHECK_INT(project_assay(top, "step p/a smoke smoke 1 7"), 0);
    CHECK_INT(project_assay(top, "summary smoke p/a"), 0);
    CHECK_CONTAINS(project_output, "0 passed, 0 failed\n");
    CHECK_INT(project_assay(top, "plant p/a"), 0);
    CHECK_CONTAINS(project_output, "skipped: /data/images: no such file");
    CHECK_INT(project_assay(top, "ledger"), 0);
    CHECK_CONTAINS(project_output, "2 rows, 0 faults");
}

TEST(a_skipped_claim_says_so_to_the_reviewer)
{
    const char *top = project_without_data();
    char path[256];

    CHECK_INT(project_assay(top, "list"), 0);
    CHECK_CONTAINS(project_output, "skipped");
    CHECK_INT(project_assay(top, "show p/a"), 0);
    CHECK_CONTAINS(project_output, "Verdict: skipped, a data set is absent: /data/images: no such file.");
    CHECK_CONTAINS(project_output, "Parameters: data=/data");
    CHECK_INT(project_assay(top, "diff p/a"), 77);
    CHECK_CONTAINS(project_output, "p/a was skipped and has no table: /data/images: no such file");
    CHECK_INT(project_assay(top, "accept p/a --why 'a test'"), 77);
    CHECK_CONTAINS(project_output, "assay accept: p/a was skipped and has no table");
    snprintf(path, sizeof path, "%s/results/p/a.tsv", top);
    CHECK(file_read(path, NULL) == NULL);
    CHECK_INT(project_assay(top, "run p/a --scale smoke --out build/tried"), 77);
}

/* The exit code and the record must say the same. */
TEST(a_skipped_record_without_its_exit_code_is_no_result)
{
    const char *top = project_without_data();

    project_write(top, "build/bin/p/skipped.json", PROJECT_RECORD("holds", "false", "holds"));
    CHECK_INT(project_assay(top, "step p/a results standard 1 7"), 0);
    CHECK_CONTAINS(project_output, "data absent, no record (exit 77)");
    CHECK_INT(project_assay(top, "summary results p/a"), 1);
    top = project_new();
    project_write(top, "build/bin/p/green.json", PROJECT_SKIPPED);
    CHECK_INT(project_assay(top, "step p/a results standard 1 7"), 0);
    CHECK_CONTAINS(project_output, "failed (exit 0)");
    CHECK_INT(project_assay(top, "summary results p/a"), 1);
    CHECK_CONTAINS(project_output, "0 passed, 1 failed\n");
}

TEST(data_that_appear_make_the_claim_run_again)
{
    const char *top = project_without_data();

    project_write(top, "build/bin/p/skipped.json", PROJECT_RECORD("holds", "false", "holds"));
    project_write(top, "build/bin/p/a", "#!/bin/sh\ncp $(dirname $0)/green.json $4/p/tmp && mv $4/p/tmp $4/p/a.json\n");
    CHECK_INT(project_assay(top, "step p/a results standard 1 7"), 0);
    CHECK_INT(project_assay(top, "summary results p/a"), 1);
    CHECK_CONTAINS(project_output, "red: p/a: holds; reference missing");
    CHECK_CONTAINS(project_output, "0 passed, 1 failed\n");
}

TEST(a_missing_or_drifted_reference_is_red)
{
    const char *top = project_new();
    char command[256];

    project_write(top, "results/p/a.tsv",
                  "# assay table 1\n# claim: p/a\n# parameters: none\n# seed: 1\n# scale: standard\n"
                  "# column x: relative 0.1; a test\nx\n1.2\n# end: 1 rows\n");
    CHECK_INT(project_assay(top, "summary results p/a"), 1);
    CHECK_CONTAINS(project_output, "reference drift: x, row 1: 1, reference 1.2");
    CHECK_INT(project_assay(top, "diff p/a"), 1);
    CHECK_CONTAINS(project_output, "1 of 1 differ, 1 beyond tolerance");
    snprintf(command, sizeof command, "rm %s/results/p/a.tsv", top);
    CHECK_INT(test_run(command, sizeof project_output, project_output), 0);
    CHECK_INT(project_assay(top, "summary results p/a"), 1);
    CHECK_CONTAINS(project_output, "1 missing");
}

TEST(planted_faults_must_be_seen)
{
    const char *top = project_new();

    CHECK_INT(project_assay(top, "step p/a smoke smoke 1 7"), 0);
    CHECK_INT(project_assay(top, "plant p/a"), 0);
    CHECK_CONTAINS(project_output, "1 of 1 planted faults seen");
    project_write(top, "build/bin/p/red.json", PROJECT_RECORD("inconclusive", "true", "inconclusive"));
    CHECK_INT(project_assay(top, "plant p/a"), 1);
    CHECK_CONTAINS(project_output, "stays green");
    project_write(top, "build/bin/p/a", "#!/bin/sh\nexit 0\n");
    CHECK_INT(project_assay(top, "plant p/a"), 1);
    CHECK_CONTAINS(project_output, "exit 0, 1 expected");
}

TEST(acceptance_needs_a_reason_and_a_green_claim)
{
    const char *top = project_new();
    char path[256];

    CHECK_INT(project_assay(top, "accept p/a --why 'a test'"), 0);
    snprintf(path, sizeof path, "%s/results/p/a.tsv", top);
    char *reference = file_read(path, NULL);
    CHECK_CONTAINS(reference == NULL ? "" : reference, ", a test\n");
    memory_free(reference);
    CHECK_INT(project_assay(top, "accept p/a --why ''"), 2);
    CHECK_INT(project_assay(top, "accept p/a"), 2);
    project_write(top, "build/results/p/a.json", PROJECT_RECORD("refuted", "true", "refuted"));
    CHECK_INT(project_assay(top, "accept p/a --why 'it must pass'"), 1);
    CHECK_CONTAINS(project_output, "is red");
}

TEST(a_damaged_record_is_no_result)
{
    static const char *const bad[] = {"", "{\"claim\": \"p/a\", ", "[]", "{\"checks\":[]}",
                                      "{\"checks\":[1,null,\"x\"],\"verdict\":5,\"red\":\"no\"}"};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *top = project_new();

        project_write(top, "build/results/p/a.json", bad[i]);
        CHECK_INT(project_assay(top, "summary results p/a"), 1);
        CHECK_INT(project_assay(top, "show p/a"), 0);
        CHECK_CONTAINS(project_output, "Not run yet");
        CHECK_INT(project_assay(top, "accept p/a --why 'a test'"), 3);
        CHECK_CONTAINS(project_output, "not a record of a run");
    }
}

#define HEAD "# assay table 1\n# claim: p/a\n# parameters: none\n# seed: 1\n# scale: standard\n"

/* A table that is missing, empty, cut, of another claim or without a number in it: told by diff and show, never accepted. */
TEST(a_damaged_table_is_told_and_never_accepted)
{
    static const struct {
        const char *content, *diff, *accept; // what diff says with it as the result, and accept
    } bad[] = {{NULL, "p/a: other: ", "No such file"},
               {"", "truncated", "truncated"},
               {HEAD "# column x: relative 0.1; a test\nx\n1\n", "truncated", "truncated"},
               {HEAD "# column x: relative 0.1; a test\nx\none\n# end: 1 rows\n", "not a number", "not a number"},
               {HEAD "# column x: relative 0.1; a test\nx\nnan\n# end: 1 rows\n", "drift: x, row 1: nan",
                "does not agree with itself"},
               {HEAD "# column x: relative 0.1; a test\nx\n1\n2\n# end: 2 rows\n", "other: 2 rows", NULL},
               {"# assay table 1\n# claim: p/b\n# parameters: none\n# seed: 1\n# scale: standard\n# column x: "
                "relative 0.1; a test\nx\n1\n# end: 1 rows\n",
                "other claim: p/b", "a table of p/b"}};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *top = project_new();
        char path[256], result[256];

        snprintf(path, sizeof path, "%s/results/p/a.tsv", top);
        snprintf(result, sizeof result, "%s/build/results/p/a.tsv", top);
        char *before = file_read(path, NULL);
        if (bad[i].content != NULL) {
            project_write(top, "build/results/p/a.tsv", bad[i].content);
        } else {
            CHECK_INT(remove(result), 0);
        }
        CHECK_INT(project_assay(top, "diff p/a"), 1);
        CHECK_CONTAINS(project_output, bad[i].diff);
        CHECK_INT(project_assay(top, "show p/a"), 0);
        CHECK_CONTAINS(project_output, "Reference: ");
        CHECK_INT(project_assay(top, "summary results p/a"), 1);
        CHECK_CONTAINS(project_output, "0 passed, 1 failed\n");
        if (bad[i].accept != NULL) {
            CHECK_INT(project_assay(top, "accept p/a --why 'a test'"), 3);
            CHECK_CONTAINS(project_output, bad[i].accept);
            char *after = file_read(path, NULL);

            CHECK_TEXT(after == NULL ? "" : after, before);
            memory_free(after);
        }
        memory_free(before);
    }
}

TEST(a_damaged_reference_counts_as_missing)
{
    static const char *const bad[] = {"", "garbage", HEAD "# column x: relative 0.1; a test\nx\n1\n"};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *top = project_new();

        project_write(top, "results/p/a.tsv", bad[i]);
        CHECK_INT(project_assay(top, "diff p/a"), 1);
        CHECK_CONTAINS(project_output, "p/a: missing: results/p/a.tsv:");
        CHECK_INT(project_assay(top, "summary results p/a"), 1);
        CHECK_CONTAINS(project_output, "1 missing");
    }
}

/* make's runs: an interrupted one leaves the old record, one that ended without a record takes it away. */
TEST(an_interrupted_step_keeps_the_record_and_a_failed_one_drops_it)
{
    const char *top = project_new();
    char path[256], command[512];

    snprintf(path, sizeof path, "%s/build/results/p/a.json", top);
    project_write(top, "build/bin/p/a", "#!/bin/sh\nsleep 600\n");
    snprintf(command, sizeof command, "timeout -s INT 1 %s/build/assay step p/a results standard 1 7", top);
    CHECK_INT(test_run(command, sizeof project_output, project_output), 124);
    char *record = file_read(path, NULL);
    CHECK_TEXT(record == NULL ? "" : record, PROJECT_RECORD("holds", "false", "holds"));
    memory_free(record);
    for (int code = 1; code <= 3; code += 2) {
        char script[64], says[64];

        snprintf(script, sizeof script, "#!/bin/sh\nexit %d\n", code);
        snprintf(says, sizeof says, "failed (exit %d)", code);
        project_write(top, "build/results/p/a.json", PROJECT_RECORD("holds", "false", "holds"));
        project_write(top, "build/bin/p/a", script);
        CHECK_INT(project_assay(top, "step p/a results standard 1 7"), 0);
        CHECK_CONTAINS(project_output, says);
        CHECK(file_read(path, NULL) == NULL);
    }
}
