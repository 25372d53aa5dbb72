// SPDX-License-Identifier: GPL-3.0-or-later
/* Counter-based random streams: Philox 4x32 with 7 rounds (Salmon, Moraes, Dror and Shaw 2011, Random123).
 *
 * A draw is a pure function of (key, stream, sample, draw). The key comes from a claim's name and its seed, the
 * stream tells the uses inside one claim apart (weights, inputs, labels), the sample numbers the networks or
 * trials, the draw counts. Any draw can be recomputed alone, in any order, by any thread.
 *
 * One draw is one 64-bit word, from which bits, uniforms and integers are made. Normals take one draw each as well,
 * from words of their own: a normal is independent of every uniform, whatever their draws. (Normals 2k and 2k + 1
 * are made together, of two words.) Kinds may be mixed on one cursor; setting draw back gives the same numbers
 * again. */
#ifndef ASSAY_RANDOM_STREAM_H
#define ASSAY_RANDOM_STREAM_H

#include <stddef.h>
#include <stdint.h>

/* A cursor. Plain data: copying it forks the stream at this point; setting draw moves it. */
struct stream {
    uint32_t key[2];
    uint32_t stream, sample;
    uint64_t draw; // the next draw; normals, uniforms and bits each take one a number
};

/* The key of a claim: a hash (FNV-1a, 64 bits) of its name mixed with the seed. */
uint64_t stream_key(const char *claim, uint64_t seed);

/* A cursor at draw 0. */
struct stream stream_open(uint64_t key, uint32_t stream, uint32_t sample);

/* Fills out[0..n) with independent standard normals and advances by n draws. Bits are the same on every x86-64,
 * whatever n the draws are asked in. Never zero, and |normal| <= 9.5: the tail is exact to its end, where a pair of
 * draws arrives once in 2^65. Below 1 ns a number with AVX-512, 2 ns with AVX2, 4 ns with SSE2, in long runs; a
 * call costs some 50 ns at least. */
void stream_normals(struct stream *stream, size_t n, double out[]);

/* The same scaled: out[i] = scale * normal, rounded once. */
void stream_normals_scaled(struct stream *stream, double scale, size_t n, double out[]);

/* Fills out[0..n) with uniforms in the open interval (0, 1) and advances by n draws: (word + 1/2) / 2^64 rounded to
 * a double below 1, so that small ones keep their full relative precision. */
void stream_uniforms(struct stream *stream, size_t n, double out[]);

/* Fills out[0..n) with the draws' words and advances by n draws. */
void stream_words(struct stream *stream, size_t n, uint64_t out[]);

/* One number each; slower a number than the vector forms, and equal to them. */
double stream_normal(struct stream *stream);
double stream_uniform(struct stream *stream);
uint64_t stream_bits(struct stream *stream);

/* An integer uniform on [0, n), exactly (Lemire 2019). n >= 1. Takes one draw, and one more for each rejection,
 * which has a chance below n / 2^64. */
uint64_t stream_below(struct stream *stream, uint64_t n);

/* A uniformly random permutation of 0..n-1 (Fisher and Yates, from the inside out). Takes n draws, rejections apart. */
void stream_permutation(struct stream *stream, size_t n, size_t out[]);

#endif
