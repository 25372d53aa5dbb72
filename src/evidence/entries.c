// SPDX-License-Identifier: GPL-3.0-or-later
/* Checks of matrices. */
#include <assay/evidence/entries.h>

static struct value entry(struct entries entries, size_t i)
{
    return entries.error ? measured(entries.x[i], entries.error[i], entries.kind) : exact(entries.x[i]);
}

void check_entries(struct claim *claim, const char *name, size_t n, struct entries claimed, struct entries witness)
{
    for (size_t i = 0; i < n; i++)
        check_equal(claim, name, entry(claimed, i), entry(witness, i));
}
