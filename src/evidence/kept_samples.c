// SPDX-License-Identifier: GPL-3.0-or-later
/* Which file keeps the samples of a claim: its name and first line are made of everything they depend on. */
#include "claim_run.h"

#include <assay/base/file.h>
#include <assay/base/hash.h>
#include <assay/base/memory.h>
#include <assay/evidence/kept.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

/* The program itself, so that whatever is changed in it or in the library starts afresh. */
static uint64_t hash_of_program(struct claim *claim)
{
    size_t size;
    char *bytes = file_read("/proc/self/exe", &size);

    claim_need(claim, bytes == NULL ? STATUS_IO : STATUS_OK);
    uint64_t hash = hash_bytes(HASH_EMPTY, size, bytes);
    memory_free(bytes);
    return hash;
}

static void identify(struct claim *claim, size_t samples, uint64_t fingerprint, size_t size, char identity[])
{
    const struct parameter *declared = claim->spec->parameters;
    size_t n = (size_t)snprintf(
        identity, size, "# %s seed=%lu plant=%s program=%016" PRIx64 " data=%016" PRIx64 " samples=%zu", claim->name,
        claim->seed, claim->plant == NULL ? "-" : claim->plant, hash_of_program(claim), fingerprint, samples);

    for (int i = 0; declared[i].kind != PARAMETER_END && n < size; i++) {
        char value[1024];

        parameter_format(&declared[i], &claim->settings[i], sizeof value, value);
        n += (size_t)snprintf(identity + n, size - n, " %s=%s", declared[i].name, value);
    }
    for (char *c = identity; *c != '\0'; c++) {
        *c = *c == '\n' ? ' ' : *c;
    }
}

static void keep(struct claim *claim, const struct ensemble *ensemble, uint64_t fingerprint, double rows[])
{
    char identity[4096], path[PATH_MAX];
    size_t found;

    identify(claim, ensemble->samples, fingerprint, sizeof identity, identity);
    snprintf(path, sizeof path, "build/kept/%s-%016" PRIx64 ".cells", claim->name,
             hash_bytes(HASH_EMPTY, strlen(identity), identity));
    claim_need(claim, kept_rows(ensemble, path, identity, rows, &found));
    if (!claim->quiet) {
        fprintf(stderr, "%s: %zu of %zu cells were there (%s)\n", claim->name, found, ensemble->samples, path);
    }
}

void kept_samples(struct claim *claim, const struct ensemble *ensemble, uint64_t fingerprint, double rows[])
{
    if (claim_scale(claim) == SCALE_PAPER) {
        keep(claim, ensemble, fingerprint, rows);
    } else {
        claim_need(claim, ensemble_rows(ensemble, rows));
    }
}
