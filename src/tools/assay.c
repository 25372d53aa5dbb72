// SPDX-License-Identifier: GPL-3.0-or-later
/* assay: the reviewer's one door to the claims. Each command is a function; `make` uses the ones behind the line. */
#include "assay.h"

#include <stdio.h>
#include <string.h>

static const struct command {
    const char *name, *usage;
    command_function *run;
    int least, most; // arguments
} commands[] = {
    {"list", "list [PATTERN]             claims whose name contains PATTERN, with their verdicts", command_list, 0, 1},
    {"show", "show CLAIM                 statement, verdict and numbers", command_show, 1, 1},
    {"run", "run CLAIM [options]        builds and runs it; --help after CLAIM lists its parameters", command_run, 1,
     250},
    {"diff", "diff CLAIM                 compares its table with the reference, column by column", command_diff, 1, 1},
    {"accept", "accept CLAIM --why TEXT    makes the result the reference; refused while the claim is red",
     command_accept, 3, 3},
    {"step", "step CLAIM DIR SCALE RUN TOTAL   one run under make: result in DIR, one line", command_step, 5, 5},
    {"plant", "plant CLAIM                its planted faults: each must turn exactly its checks red", command_plant, 1,
     1},
    {"summary", "summary DIR CLAIM...       totals of the results in DIR", command_summary, 1, 100000},
    {"ledger", "ledger                     checks every paper's ledger", command_ledger, 0, 0},
    {"weave", "weave                      writes the book's pages that changed", command_weave, 0, 0},
};

enum { COMMANDS = sizeof commands / sizeof commands[0], FOR_REVIEWERS = 5 };

static int usage(FILE *file)
{
    fputs("usage: assay COMMAND\n", file);
    for (int i = 0; i < COMMANDS; i++) {
        fprintf(file, "%s  %s\n", i == FOR_REVIEWERS ? "for make:\n" : "", commands[i].usage);
    }
    fputs("CLAIM is PAPER/PREFIX, unique or the matches are listed.\n", file);
    return file == stdout ? 0 : 2;
}

int main(int argc, char **argv)
{
    struct catalogue catalogue;

    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        return usage(argc < 2 ? stderr : stdout);
    }
    for (int i = 0; i < COMMANDS; i++) {
        if (strcmp(argv[1], commands[i].name) != 0) {
            continue;
        }
        if (argc - 2 < commands[i].least || argc - 2 > commands[i].most) {
            fprintf(stderr, "usage: assay %s\n", commands[i].usage);
            return 2;
        }
        if (catalogue_open(&catalogue) != STATUS_OK) {
            fprintf(stderr, "assay: %s\n", status_reason());
            return 3;
        }
        int code = commands[i].run(&catalogue, argc - 2, argv + 2);

        catalogue_close(&catalogue);
        return code;
    }
    fprintf(stderr, "assay: unknown command %s ('assay help' lists them)\n", argv[1]);
    return 2;
}
