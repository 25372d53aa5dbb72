// SPDX-License-Identifier: GPL-3.0-or-later
/* Ensembles whose samples are kept as they are finished: an interrupted run goes on where it was.
 *
 * A file has one line for what made it (the identity) and one for every finished sample, with a check sum. A line is appended by one write and synced before the sample counts as
 * finished, so that whatever kills the process, SIGKILL or the power, costs only the samples under way. What a torn last line leaves is cut off. A file with another identity is not
 * looked into: it is refused. Numbers are kept as hexadecimal fractions, bit by bit. */
#ifndef ASSAY_EVIDENCE_KEPT_H
#define ASSAY_EVIDENCE_KEPT_H

#include <assay/evidence/claim.h>

/* ensemble_rows with samples taken from the file at path where they are there, drawn and added to it where not. identity: one line that names everything the samples depend on.
 * *found, unless NULL, is the number that were there. The file is locked meanwhile: STATUS_IO if another process has it, or for what the system refuses; STATUS_FORMAT if it was made
 * by something else. */
enum status kept_rows(const struct ensemble *ensemble, const char *path, const char *identity, double rows[],
                      size_t *found);

/* The same for a claim, which ends where kept_rows fails: at scale paper samples are kept in build/kept, under a name made of the program's own bytes, its parameters and the data's
 * fingerprint; at the other scales nothing is kept. */
void kept_samples(struct claim *claim, const struct ensemble *ensemble, uint64_t fingerprint, double rows[]);

#endif
