// SPDX-License-Identifier: GPL-3.0-or-later
/* tabdiff REFERENCE RESULT: compares two tables by the rules that stand in the reference, column by column. Exit 0: same or close; 1: drift; 2:
 * usage; 3: a table that can't be read. */
#include <assay/evidence/table.h>
#include <string.h>

int main(int argc, char **argv)
{
    if (argc != 3 || strcmp(argv[1], "--help") == 0) {
        fputs("usage: tabdiff REFERENCE RESULT\nCompares two result tables by the rules in REFERENCE.\n",
              argc == 2 ? stdout : stderr);
        return argc == 2 && strcmp(argv[1], "--help") == 0 ? 0 : 2;
    }
    struct table reference, result;

    if (table_read(&reference, argv[1]) != STATUS_OK) {
        fprintf(stderr, "tabdiff: %s\n", status_reason());
        return 3;
    }
    if (table_read(&result, argv[2]) != STATUS_OK) {
        fprintf(stderr, "tabdiff: %s\n", status_reason());
        table_release(&reference);
        return 3;
    }
    struct comparison comparison = table_compare(&reference, &result, stdout);

    printf("%s%s%s\n", agreement_name(comparison.agreement), comparison.what[0] == '\0' ? "" : ": ", comparison.what);
    table_release(&reference);
    table_release(&result);
    return comparison.agreement == AGREES_SAME || comparison.agreement == AGREES_CLOSE ? 0 : 1;
}
