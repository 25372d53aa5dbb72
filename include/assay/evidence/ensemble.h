// SPDX-License-Identifier: GPL-3.0-or-later
/* Ensembles: many independent samples of a random experiment, with the same bits for any number of threads.
 *
 * Samples are cut into chunks whose size depends on the ensemble alone; a thread takes a whole chunk, and the chunks'
 * moments are merged in a fixed binary tree. What a sample draws comes from its own stream, never from who computes it. A
 * rank of a distributed run would take a range of chunks and send their moments: nothing else has to change. */
#ifndef ASSAY_EVIDENCE_ENSEMBLE_H
#define ASSAY_EVIDENCE_ENSEMBLE_H

#include <assay/base/status.h>
#include <assay/evidence/statistics.h>
#include <assay/random/stream.h>

/* Draws one sample and writes its outputs. It runs on any thread: it may read context, never write it. */
typedef enum status sample_function(struct stream *stream, size_t sample, double out[], const void *context);

struct ensemble {
    uint64_t key;    // from stream_key
    uint32_t stream; // tells the ensembles of one claim apart
    size_t samples, outputs;
    int threads; // at least 1
    sample_function *draw;
    const void *context;
    void (*progress)(double fraction, void *reporter); // may be NULL; called by one thread at a time
    void *reporter;
};

/* The moments of each output: out[outputs]. Stops at the first failed sample (the one of lowest number among those seen) and returns its
 * status. Memory: outputs moments a chunk. */
enum status ensemble_moments(const struct ensemble *ensemble, struct moments out[]);

/* Every sample: rows[samples * outputs], sample by sample. */
enum status ensemble_rows(const struct ensemble *ensemble, double rows[]);

/* Every output in the limit of infinite size, from the same experiment at some size, half and a quarter of it (moments_limit_of_sizes). */
enum status ensemble_limit(const struct ensemble size[3], struct value out[]);

#endif
