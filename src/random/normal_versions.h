// SPDX-License-Identifier: GPL-3.0-or-later
/* The vector kernels behind the streams, one set for each instruction set. Internal to the random room and open to
 * its tests, which run every version that the processor has and compare bits. */
#ifndef ASSAY_RANDOM_NORMAL_VERSIONS_H
#define ASSAY_RANDOM_NORMAL_VERSIONS_H

#include <assay/random/stream.h>

enum { PHILOX_ROUNDS = 7 };

/* What is drawn. Normals count in their own half of the counter space, so that a normal never shares its block with
 * a uniform. */
enum draw_kind { DRAW_WORDS, DRAW_UNIFORMS, DRAW_NORMALS };

/* Key and first counter of a run of blocks that doesn't carry out of counter[0]. */
struct philox_run {
    uint32_t key[2], counter[4];
};

/* Fills out with 2 * lanes * vectors numbers of 8 bytes; only normals look at scale. */
typedef void normal_kernel(const struct philox_run *run, size_t vectors, double scale, void *out);

struct normal_version {
    const char *name;
    size_t lanes;
    normal_kernel *kernel[3]; // by enum draw_kind
    // The Box-Muller map alone: 2 * lanes * vectors words, radius and direction in turn, to as many normals.
    void (*transform)(size_t vectors, const uint64_t words[], double out[]);
};

enum { NORMAL_LANES_MAX = 8 };

/* The versions that this processor can run: i = 0 is the fastest, NULL ends the list. */
const struct normal_version *normal_version(int i);

/* Key and counter of a block: {block low, block high and kind, sample, stream}. */
struct philox_run philox_run(const struct stream *stream, enum draw_kind kind, uint64_t block);

/* Fills out[0..n) by the given version and advances the stream by n. */
void normal_fill(const struct normal_version *version, enum draw_kind kind, struct stream *stream, double scale,
                 size_t n, void *out);

/* The uniform that a word stands for. */
double uniform_of_word(uint64_t word);

#endif
