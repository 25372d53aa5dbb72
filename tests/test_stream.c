// SPDX-License-Identifier: GPL-3.0-or-later
/* Streams: known answers of Philox, vector kernels against Random123, any draw alone, uniformity and independence.
 *
 * Statistical checks have fixed keys, so they pass or fail for good. Their bounds are five standard errors: a
 * correct generator fails one of a hundred such checks with probability 6e-5. */
#include "../src/random/normal_versions.h"
#include "assay_test.h"

#include <assay/base/memory.h>
#include <assay/random/stream.h>
#include <math.h>
#include <Random123/philox.h>
#include <stdlib.h>
#include <string.h>

enum { N = 100000 };

static struct stream fresh(uint32_t stream)
{
    return stream_open(stream_key("test_stream", 1), stream, 0);
}

/* The word of a draw, by Random123 alone. */
static uint64_t reference_word(const struct stream *stream, uint64_t draw)
{
    uint64_t block = draw / 2;
    philox4x32_ctr_t counter = {{(uint32_t)block, (uint32_t)(block >> 32), stream->sample, stream->stream}};
    philox4x32_key_t key = {{stream->key[0], stream->key[1]}};
    philox4x32_ctr_t out = philox4x32_R(7, counter, key);

    return draw % 2 == 0 ? out.v[0] | (uint64_t)out.v[1] << 32 : out.v[2] | (uint64_t)out.v[3] << 32;
}

/* Random123's own known answers (its file kat_vectors), for the rounds that we use and for its default. */
TEST(philox_known_answers)
{
    static const struct {
        unsigned rounds;
        uint32_t counter[4], key[2], out[4];
    } known[] = {
        {7, {0, 0, 0, 0}, {0, 0}, {0x5f6fb709, 0x0d893f64, 0x4f121f81, 0x4f730a48}},
        {7,
         {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x5207ddc2, 0x45165e59, 0x4d8ee751, 0x8c52f662}},
        {7,
         {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0x4dfccaba, 0x190a87f0, 0xc47362ba, 0xb6b5242a}},
        {10, {0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {10,
         {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        philox4x32_ctr_t counter;
        philox4x32_key_t key;

        memcpy(counter.v, known[i].counter, sizeof counter.v);
        memcpy(key.v, known[i].key, sizeof key.v);
        philox4x32_ctr_t out = philox4x32_R(known[i].rounds, counter, key);
        CHECK(memcmp(out.v, known[i].out, sizeof out.v) == 0);
    }
}

/* The 7-round answer at a full counter comes out of every kernel. */
TEST(kernels_know_the_answers)
{
    const uint32_t pi[4] = {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344};
    const struct philox_run run = {.key = {0xa4093822, 0x299f31d0}, .counter = {pi[0], pi[1], pi[2], pi[3]}};
    const struct normal_version *version;

    for (int i = 0; (version = normal_version(i)) != NULL; i++) {
        uint64_t out[2 * NORMAL_LANES_MAX];

        version->kernel[DRAW_WORDS](&run, 1, 1, out);
        CHECK(out[0] == UINT64_C(0x190a87f04dfccaba));
        CHECK(out[1] == UINT64_C(0xb6b5242ac47362ba));
    }
}

static long words_that_differ(const struct normal_version *version, struct stream stream, size_t n)
{
    uint64_t *word = memory_new(n, sizeof *word), first = stream.draw;
    long differ = 0;

    normal_fill(version, DRAW_WORDS, &stream, 1, n, word);
    for (size_t i = 0; i < n; i++)
        differ += word[i] != reference_word(&stream, first + i);
    differ += stream.draw != first + n;
    memory_free(word);
    return differ;
}

/* Every version gives Random123's words, from even and odd draws, and across the carry out of the counter's low 32
 * bits and the end of the draws. */
TEST(kernels_equal_random123)
{
    const uint64_t start[] = {0, 1, 1001, (UINT64_C(1) << 33) - 37, (UINT64_C(1) << 40) + 5, UINT64_MAX - 20};
    const struct normal_version *version;

    for (int i = 0; (version = normal_version(i)) != NULL; i++)
        for (size_t j = 0; j < sizeof start / sizeof start[0]; j++)
            for (size_t n = 1; n < 90; n += 4) {
                struct stream stream = stream_open(stream_key("words", j), UINT32_MAX - 3, 12345);

                stream.draw = start[j];
                CHECK_INT(words_that_differ(version, stream, n), 0);
            }
}

TEST(single_draws_equal_arrays)
{
    struct stream a = fresh(1), b = a;
    uint64_t word[101];
    double uniform[101], normal[101];
    long differ = 0;

    stream_words(&a, 101, word);
    stream_uniforms(&a, 101, uniform);
    stream_normals(&a, 101, normal);
    for (int i = 0; i < 101; i++)
        differ += stream_bits(&b) != word[i];
    for (int i = 0; i < 101; i++)
        differ += stream_uniform(&b) != uniform[i];
    for (int i = 0; i < 101; i++)
        differ += stream_normal(&b) != normal[i];
    CHECK_INT(differ, 0);
    CHECK(a.draw == 303 && b.draw == 303);
}

/* A fork continues alike, and a cursor set back repeats itself. */
TEST(any_draw_alone)
{
    struct stream stream = fresh(2);
    double all[1000], one;
    long differ = 0;

    stream_uniforms(&stream, 1000, all);
    for (uint64_t draw = 1000; draw-- > 0;) {
        stream.draw = draw;
        stream_uniforms(&stream, 1, &one);
        differ += one != all[draw];
    }
    CHECK_INT(differ, 0);
}

/* Names and seeds make other keys, and each bit of the seed changes about half of the key's bits. */
TEST(key_depends_on_name_and_seed)
{
    uint64_t key = stream_key("yang2019/thm_3_10", 7);
    double flipped = 0;

    CHECK(key == stream_key("yang2019/thm_3_10", 7));
    CHECK(key != stream_key("yang2019/thm_3_11", 7));
    CHECK(key != stream_key("", 7));
    for (int bit = 0; bit < 64; bit++)
        flipped += __builtin_popcountll(key ^ stream_key("yang2019/thm_3_10", 7 ^ UINT64_C(1) << bit));
    // 4096 coin tosses: 32 standard deviations of a mean of 32 is five times 4 / 8.
    CHECK_ABSOLUTE(flipped / 64, 32, 5 * 4 / 8.0);
}

/* Ends of the map from words to uniforms: open, symmetric to rounding, full relative precision below. */
TEST(uniform_of_extreme_words)
{
    CHECK_SAME(uniform_of_word(0), 0x1p-65);
    CHECK_SAME(uniform_of_word(1), 3 * 0x1p-65);
    CHECK_SAME(uniform_of_word(UINT64_MAX), 1 - 0x1p-53);
    CHECK_SAME(uniform_of_word(UINT64_MAX - 2000), 1 - 0x1p-53);
    CHECK_SAME(uniform_of_word(UINT64_C(1) << 63), 0.5);
}

/* Chi-square over n equally likely cells, in standard deviations. */
static double chi_square_sigmas(size_t cells, const long count[])
{
    double total = 0, square = 0;

    for (size_t i = 0; i < cells; i++)
        total += (double)count[i];
    for (size_t i = 0; i < cells; i++)
        square += ((double)count[i] - total / (double)cells) * ((double)count[i] - total / (double)cells);
    double chi_square = square * (double)cells / total, freedom = (double)cells - 1;
    return (chi_square - freedom) / sqrt(2 * freedom);
}

TEST(uniforms_fill_the_interval)
{
    enum { CELLS = 1000 };
    long count[CELLS] = {0}, pair[32 * 32] = {0};
    double *u = memory_doubles(10 * N), mean = 0;
    struct stream stream = fresh(3);

    stream_uniforms(&stream, 10 * N, u);
    for (size_t i = 0; i < 10 * N; i++) {
        mean += u[i] / (10 * N);
        count[(int)(u[i] * CELLS)]++;
        if (i % 2 == 1)
            pair[(int)(u[i - 1] * 32) * 32 + (int)(u[i] * 32)]++;
    }
    CHECK_ABSOLUTE(mean, 0.5, 5 * sqrt(1 / 12.0 / (10 * N)));
    CHECK_ABSOLUTE(chi_square_sigmas(CELLS, count), 0, 5);
    CHECK_ABSOLUTE(chi_square_sigmas(32 * 32, pair), 0, 5);
    memory_free(u);
}

/* Each of the 64 bits is a fair coin, and each pair of neighbouring draws' bits agrees half the time. */
TEST(bits_are_fair)
{
    struct stream stream = fresh(4);
    long ones[64] = {0}, same[64] = {0};
    uint64_t last = 0;
    double worst = 0;

    for (int i = 0; i < N; i++) {
        uint64_t word = stream_bits(&stream);

        for (int bit = 0; bit < 64; bit++) {
            ones[bit] += (long)(word >> bit & 1);
            same[bit] += (long)(~(word ^ last) >> bit & 1);
        }
        last = word;
    }
    for (int bit = 0; bit < 64; bit++)
        worst = fmax(worst, fmax(fabs((double)ones[bit] - N / 2.0), fabs((double)same[bit] - N / 2.0)));
    CHECK_AT_MOST(worst, 5 * sqrt(N) / 2);
}

TEST(below_is_uniform)
{
    const uint64_t sides[] = {1, 2, 3, 6, 7, 100, 1000};

    for (size_t s = 0; s < sizeof sides / sizeof sides[0]; s++) {
        struct stream stream = fresh(10 + (uint32_t)s);
        long count[1000] = {0}, outside = 0;

        for (int i = 0; i < N; i++) {
            uint64_t side = stream_below(&stream, sides[s]);
            side < sides[s] ? count[side]++ : outside++;
        }
        CHECK_INT(outside, 0);
        if (sides[s] > 1)
            CHECK_ABSOLUTE(chi_square_sigmas(sides[s], count), 0, 5);
    }
}

/* At n = 3/4 2^64 a quarter of the words are rejected: without rejection a third of the results would be twice as
 * likely. */
TEST(below_rejects)
{
    const uint64_t n = UINT64_C(3) << 62;
    struct stream stream = fresh(5);
    long count[3] = {0};

    for (int i = 0; i < N; i++)
        count[stream_below(&stream, n) % 3]++;
    CHECK_ABSOLUTE(chi_square_sigmas(3, count), 0, 5);
    // N / (3/4) draws, with the variance of a geometric law.
    CHECK_ABSOLUTE((double)stream.draw, N / 0.75, 5 * sqrt(N * 0.25) / 0.75);
}

TEST(permutations_are_equally_likely)
{
    struct stream stream = fresh(6);
    long count[120] = {0}, broken = 0;

    for (int i = 0; i < N; i++) {
        size_t p[5], rank = 0;
        unsigned seen = 0;

        stream_permutation(&stream, 5, p);
        for (size_t j = 0; j < 5; j++) {
            size_t smaller = 0;

            seen |= 1u << p[j];
            for (size_t k = j + 1; k < 5; k++)
                smaller += p[k] < p[j];
            rank = rank * (5 - j) + smaller;
        }
        broken += seen != 31;
        count[rank]++;
    }
    CHECK_INT(broken, 0);
    CHECK_ABSOLUTE(chi_square_sigmas(120, count), 0, 5);
}

/* Correlation of two uniform sequences, in standard errors. */
static double correlation_sigmas(size_t n, const double x[], const double y[])
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (x[i] - 0.5) * (y[i] - 0.5);
    return 12 * sum / sqrt((double)n);
}

/* Cursors that differ in one bit of key, stream, sample or block give independent numbers. */
TEST(one_bit_apart_is_independent)
{
    enum { M = 4096 };
    double x[M], y[M], worst = 0;
    struct stream origin = fresh(7), stream = origin;

    stream_uniforms(&stream, M, x);
    for (int bit = 0; bit < 32 + 32 + 64 + 50; bit++) {
        stream = origin;
        if (bit < 32)
            stream.stream ^= UINT32_C(1) << bit;
        else if (bit < 64)
            stream.sample ^= UINT32_C(1) << (bit - 32);
        else if (bit < 128)
            stream.key[bit / 32 % 2] ^= UINT32_C(1) << bit % 32;
        else
            stream.draw ^= UINT64_C(1) << (bit - 128 + 13); // beyond the M draws of x
        stream_uniforms(&stream, M, y);
        worst = fmax(worst, fabs(correlation_sigmas(M, x, y)));
    }
    CHECK_AT_MOST(worst, 5);
}

/* A uniform and the normal of the other half of the same block share nothing: large normals would show small
 * uniforms. */
TEST(kinds_do_not_share_words)
{
    double sum = 0;

    for (uint32_t sample = 0; sample < N; sample++) {
        struct stream stream = stream_open(stream_key("test_stream", 2), 0, sample);
        double u = stream_uniform(&stream), z = stream_normal(&stream);

        sum += (u - 0.5) * (z * z - 1);
    }
    // Var (u - 1/2)(z^2 - 1) = 2 / 12.
    CHECK_ABSOLUTE(sum / N, 0, 5 * sqrt(2 / 12.0 / N));
}
