// SPDX-License-Identifier: GPL-3.0-or-later
/* Cursors over Philox 4x32-7, and what is made of its words.
 *
 * Salmon, Moraes, Dror and Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3", replace the state of a
 * generator by a keyed bijection of a counter: number d of a stream is a function of (key, d) and of nothing else.
 * Philox 4x32 maps 128 bits of counter under 64 bits of key; seven rounds is the least number that passes BigCrush,
 * and the default of ten adds a margin. The counter here is
 *
 *     word 0, 1   number of the block: draw / 2, and the top bit of word 1 set for normals
 *     word 2      sample
 *     word 3      stream
 *
 * and a block holds two words of 64 bits, for an even draw and the odd one after it. A 64-bit key makes two claims
 * collide once in 2^64 pairs.
 *
 * One number at a time goes through Random123 itself; arrays go through the vector kernels of normal.c, which
 * return the same bits. */
#include <assay/random/stream.h>

#include "normal_versions.h"

#include <Random123/philox.h>

/* Steele, Lea and Flood (2014), the finaliser of SplitMix64 with Stafford's constants (mix 13): a bijection that
 * spreads every bit. */
static uint64_t spread(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

uint64_t stream_key(const char *claim, uint64_t seed)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (const unsigned char *c = (const unsigned char *)claim; *c != 0; c++)
        hash = (hash ^ *c) * UINT64_C(0x100000001b3);
    return spread(hash ^ spread(seed + UINT64_C(0x9e3779b97f4a7c15)));
}

struct stream stream_open(uint64_t key, uint32_t stream, uint32_t sample)
{
    return (struct stream){.key = {(uint32_t)key, (uint32_t)(key >> 32)}, .stream = stream, .sample = sample};
}

void stream_normals_scaled(struct stream *stream, double scale, size_t n, double out[])
{
    normal_fill(normal_version(0), DRAW_NORMALS, stream, scale, n, out);
}

void stream_normals(struct stream *stream, size_t n, double out[])
{
    stream_normals_scaled(stream, 1, n, out);
}

void stream_uniforms(struct stream *stream, size_t n, double out[])
{
    normal_fill(normal_version(0), DRAW_UNIFORMS, stream, 1, n, out);
}

void stream_words(struct stream *stream, size_t n, uint64_t out[])
{
    normal_fill(normal_version(0), DRAW_WORDS, stream, 1, n, out);
}

double stream_normal(struct stream *stream)
{
    double number;

    stream_normals(stream, 1, &number);
    return number;
}

uint64_t stream_bits(struct stream *stream)
{
    struct philox_run run = philox_run(stream, DRAW_WORDS, stream->draw >> 1);
    philox4x32_ctr_t counter = {{run.counter[0], run.counter[1], run.counter[2], run.counter[3]}};
    philox4x32_key_t key = {{run.key[0], run.key[1]}};
    philox4x32_ctr_t block = philox4x32_R(PHILOX_ROUNDS, counter, key);
    size_t first = 2 * (stream->draw++ & 1);

    return block.v[first] | (uint64_t)block.v[first + 1] << 32;
}

double stream_uniform(struct stream *stream)
{
    return uniform_of_word(stream_bits(stream));
}

/* Lemire (2019), "Fast random integer generation in an interval": the high half of word * n, after throwing away
 * the 2^64 mod n lowest values of the low half, which would favour some results. */
uint64_t stream_below(struct stream *stream, uint64_t n)
{
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)stream_bits(stream) * n;

    if ((uint64_t)product < n) {
        uint64_t surplus = -n % n;

        while ((uint64_t)product < surplus)
            product = (wide)stream_bits(stream) * n;
    }
    return (uint64_t)(product >> 64);
}

void stream_permutation(struct stream *stream, size_t n, size_t out[])
{
    for (size_t i = 0; i < n; i++) {
        size_t j = (size_t)stream_below(stream, i + 1);

        out[i] = i;
        out[i] = out[j];
        out[j] = i;
    }
}
