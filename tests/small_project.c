// SPDX-License-Identifier: GPL-3.0-or-later
/* The small project's files. */
#include "small_project.h"

#include "assay_test.h"

#include <assay/base/file.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

char project_output[32768];

static void put(const void *context, FILE *file)
{
    fputs(context, file);
}

void project_write(const char *top, const char *name, const char *content)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s", top, name);
    CHECK_INT(file_replace(path, put, content), STATUS_OK);
    chmod(path, 0755);
}

/* With --plant, the script's check is refuted. */
static const char script[] = "#!/bin/sh\nout=$4; case $3$4 in --plant*) out=$6; esac\nmkdir -p $out/p\n"
                             "[ \"$3\" = --plant ] && cp $(dirname $0)/red.json $out/p/a.json && exit 1\n"
                             "cp $(dirname $0)/green.json $out/p/tmp && mv $out/p/tmp $out/p/a.json\n";

static const char table[] = "# assay table 1\n# claim: p/a\n# parameters: none\n# seed: 1\n# scale: standard\n"
                            "# column x: relative 0.1; a test\nx\n1\n# end: 1 rows\n";

const char project_ledger[] = "# paper: p\n# items: 2\nitem\tkind\twhere\tclaim\tprogram\tchecks\tstatus\terratum\n"
                              "1\tthm\ts. 1\tit adds up\ta\tsum\tchecked\tE1\n"
                              "2\tdef\ts. 1\ta name\t-\tit is a definition\tdefinition\t-\n";

/* A tree in which all is well. */
const char *project_new(void)
{
    static char top[128];
    char command[512];

    snprintf(top, sizeof top, "%s", test_directory());
    project_write(top, "Makefile", "build/results/%.json: ;\nbuild/bin/%: ;\n");
    project_write(top, "paper_checks/p/a.c", "/* # A claim\n *\n * It adds up. */\n");
    project_write(top, "build/bin/p/a", script);
    project_write(top, "build/bin/p/green.json", PROJECT_RECORD("holds", "false", "holds"));
    project_write(top, "build/bin/p/red.json", PROJECT_RECORD("refuted", "true", "refuted"));
    project_write(top, "build/results/p/a.json", PROJECT_RECORD("holds", "false", "holds"));
    project_write(top, "build/results/p/a.tsv", table);
    project_write(top, "results/p/a.tsv", table);
    project_write(top, "results/p/ledger.tsv", project_ledger);
    snprintf(command, sizeof command, "cp %s/assay %s/build/assay", BUILD, top);
    CHECK_INT(test_run(command, sizeof project_output, project_output), 0);
    return top;
}

const char *project_without_data(void)
{
    const char *top = project_new();
    char command[512];

    project_write(top, "build/bin/p/a",
                  "#!/bin/sh\nmkdir -p $4/p\nrm -f $4/p/a.tsv\ncp $(dirname $0)/skipped.json $4/p/tmp\n"
                  "mv $4/p/tmp $4/p/a.json\nexit 77\n");
    project_write(top, "build/bin/p/skipped.json", PROJECT_SKIPPED);
    snprintf(command, sizeof command, "rm %s/results/p/a.tsv", top);
    CHECK_INT(test_run(command, sizeof project_output, project_output), 0);
    CHECK_INT(project_assay(top, "step p/a results standard 1 7"), 0);
    CHECK_CONTAINS(project_output, "skipped: /data/images: no such file\n");
    return top;
}

int project_assay(const char *top, const char *arguments)
{
    char command[512];

    snprintf(command, sizeof command, "%s/build/assay %s", top, arguments);
    return test_run(command, sizeof project_output, project_output);
}
