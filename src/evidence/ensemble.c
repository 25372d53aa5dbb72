// SPDX-License-Identifier: GPL-3.0-or-later
/* The ensemble: fixed chunks, a fixed tree, and threads that only decide who computes what. */
#include <assay/base/memory.h>
#include <assay/evidence/ensemble.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* One chunk a sample up to 256 samples, so that few heavy samples spread over threads; larger ones after that, so that moments stay few. */
enum { CHUNKS_MOST = 256 };

static size_t chunk_size(const struct ensemble *ensemble)
{
    return (ensemble->samples - 1) / CHUNKS_MOST + 1;
}

/* What the threads share. The failure of the lowest sample wins, so that the message does not depend on timing more than it must. */
struct run {
    const struct ensemble *ensemble;
    size_t chunks, done;
    enum status status;
    size_t failed_sample;
    char reason[512];
};

static void note_failure(struct run *run, enum status status, size_t sample)
{
#pragma omp critical(ensemble)
    if (run->status == STATUS_OK || sample < run->failed_sample) {
        run->status = status;
        run->failed_sample = sample;
        snprintf(run->reason, sizeof run->reason, "%s", status_reason());
    }
}

static void note_progress(struct run *run)
{
#pragma omp critical(ensemble)
    {
        run->done++;
        if (run->ensemble->progress != NULL) {
            run->ensemble->progress((double)run->done / (double)run->chunks, run->ensemble->reporter);
        }
    }
}

/* Draws the samples of one chunk into rows, and stops there at the first that fails. */
static bool draw_chunk(struct run *run, size_t first, size_t end, double rows[])
{
    const struct ensemble *e = run->ensemble;

    for (size_t sample = first; sample < end; sample++) {
        struct stream stream = stream_open(e->key, e->stream, (uint32_t)sample);
        enum status status = e->draw(&stream, sample, rows + (sample - first) * e->outputs, e->context);

        if (status != STATUS_OK) {
            note_failure(run, status, sample);
            return false;
        }
    }
    return true;
}

typedef void chunk_sink(size_t chunk, size_t first, size_t count, const double rows[], void *context);

static enum status run_chunks(const struct ensemble *ensemble, chunk_sink *sink, void *context)
{
    size_t size = chunk_size(ensemble);
    struct run run = {.ensemble = ensemble, .chunks = (ensemble->samples + size - 1) / size};

#pragma omp parallel for schedule(dynamic, 1) num_threads(ensemble->threads)
    for (size_t chunk = 0; chunk < run.chunks; chunk++) {
        enum status seen;
#pragma omp atomic read
        seen = run.status;
        if (seen != STATUS_OK) {
            continue;
        }
        size_t first = chunk * size, end = first + size < ensemble->samples ? first + size : ensemble->samples;
        double *rows = memory_doubles((end - first) * ensemble->outputs);

        if (draw_chunk(&run, first, end, rows)) {
            sink(chunk, first, end - first, rows, context);
            note_progress(&run);
        }
        memory_free(rows);
    }
    return run.status == STATUS_OK ? STATUS_OK : status_fail(run.status, "%s", run.reason);
}

struct moments_sink {
    size_t outputs;
    struct moments *chunk; // chunks x outputs
};

static void take_moments(size_t chunk, size_t first, size_t count, const double rows[], void *context)
{
    struct moments_sink *sink = context;

    (void)first;
    for (size_t k = 0; k < sink->outputs; k++) {
        sink->chunk[chunk * sink->outputs + k] = moments_of(count, rows + k, sink->outputs);
    }
}

static struct moments merge_tree(size_t chunks, const struct moments chunk[], size_t stride)
{
    if (chunks == 1) {
        return chunk[0];
    }
    size_t half = (chunks + 1) / 2;

    return moments_merge(merge_tree(half, chunk, stride), merge_tree(chunks - half, chunk + half * stride, stride));
}

static enum status require_samples(const struct ensemble *ensemble)
{
    if (ensemble->samples == 0 || ensemble->samples > UINT32_MAX || ensemble->outputs == 0 || ensemble->threads < 1) {
        return status_fail(STATUS_RANGE, "ensemble: %zu samples (1 to 2^32 - 1), %zu outputs, %d threads",
                           ensemble->samples, ensemble->outputs, ensemble->threads);
    }
    return STATUS_OK;
}

enum status ensemble_moments(const struct ensemble *ensemble, struct moments out[])
{
    enum status status = require_samples(ensemble);

    if (status != STATUS_OK) {
        return status;
    }
    size_t size = chunk_size(ensemble), chunks = (ensemble->samples + size - 1) / size;
    struct moments_sink sink = {ensemble->outputs, memory_new(chunks * ensemble->outputs, sizeof(struct moments))};

    status = run_chunks(ensemble, take_moments, &sink);
    for (size_t k = 0; status == STATUS_OK && k < ensemble->outputs; k++) {
        out[k] = merge_tree(chunks, sink.chunk + k, ensemble->outputs);
    }
    memory_free(sink.chunk);
    return status;
}

struct row_sink {
    size_t outputs;
    double *rows;
};

static void take_rows(size_t chunk, size_t first, size_t count, const double rows[], void *context)
{
    const struct row_sink *sink = context;

    (void)chunk;
    memcpy(sink->rows + first * sink->outputs, rows, count * sink->outputs * sizeof(double));
}

enum status ensemble_rows(const struct ensemble *ensemble, double rows[])
{
    enum status status = require_samples(ensemble);
    struct row_sink sink = {ensemble->outputs, rows};

    return status == STATUS_OK ? run_chunks(ensemble, take_rows, &sink) : status;
}

enum status ensemble_limit(const struct ensemble size[3], struct value out[])
{
    size_t outputs = size[0].outputs;
    struct moments *at = memory_new(3 * outputs, sizeof *at);
    enum status status = STATUS_OK;

    for (int s = 0; s < 3 && status == STATUS_OK; s++) {
        status = ensemble_moments(&size[s], at + (size_t)s * outputs);
    }
    for (size_t k = 0; k < outputs && status == STATUS_OK; k++) {
        out[k] = moments_limit_of_sizes((struct moments[]){at[k], at[outputs + k], at[2 * outputs + k]});
    }
    memory_free(at);
    return status;
}
