// SPDX-License-Identifier: GPL-3.0-or-later
/* The commands of `assay`. Each returns the exit code: 0 fine, 1 red, 2 usage, 3 it could not be done, 77 a data set is absent. */
#ifndef ASSAY_TOOLS_ASSAY_H
#define ASSAY_TOOLS_ASSAY_H

#include "catalogue.h"

enum { EXIT_SKIPPED = 77 };

typedef int command_function(const struct catalogue *catalogue, int count, char **arguments);

command_function command_list, command_show, command_run, command_diff, command_accept;
command_function command_step, command_plant, command_summary, command_ledger, command_weave;

/* Prints the reason of the last failure and returns code. */
int command_failed(int code);

#endif
