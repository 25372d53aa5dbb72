// SPDX-License-Identifier: GPL-3.0-or-later
/* Normals: equal bits by every instruction set and any cut, the map from words against long double libm, the tails
 * to their end, and the distribution.
 *
 * Statistical checks have fixed keys, so they pass or fail for good. Their bounds are five standard errors. */
#include "../src/random/normal_versions.h"
#include "assay_test.h"

#include <assay/base/memory.h>
#include <assay/random/stream.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 1 << 20, PAIRS = 1 << 16 };

static struct stream fresh(uint32_t stream, uint32_t sample)
{
    return stream_open(stream_key("test_normal", 1), stream, sample);
}

static double *normals(uint32_t stream, size_t n)
{
    struct stream cursor = fresh(stream, 0);
    double *z = memory_doubles(n);

    stream_normals(&cursor, n, z);
    return z;
}

/* ---- the same bits ---- */

TEST(versions_give_equal_bits)
{
    const size_t n = 100003;
    const struct normal_version *version;
    double *first = memory_doubles(n), *other = memory_doubles(n);

    for (int kind = DRAW_WORDS; kind <= DRAW_NORMALS; kind++) {
        struct stream origin = fresh(1, 7);

        origin.draw = 12345;
        for (int i = 0; (version = normal_version(i)) != NULL; i++) {
            struct stream stream = origin;

            normal_fill(version, (enum draw_kind)kind, &stream, 1.7, n, i == 0 ? first : other);
            CHECK(i == 0 || memcmp(first, other, n * sizeof *first) == 0);
        }
    }
    CHECK(normal_version(0) != NULL && normal_version(-1) == NULL && normal_version(3) == NULL);
    memory_free(other);
    memory_free(first);
}

/* The map alone, at words of all sizes and at those that lie midway between two doubles, where a conversion that
 * doesn't round to even, or rounds twice, goes another way. */
TEST(versions_transform_alike)
{
    uint64_t *word = memory_new(2 * PAIRS, sizeof *word);
    double *first = memory_doubles(2 * PAIRS), *other = memory_doubles(2 * PAIRS);
    struct stream stream = fresh(1, 8);
    const struct normal_version *version;

    stream_words(&stream, 2 * PAIRS, word);
    for (size_t i = 0; i < PAIRS; i += 2)
        word[2 * i] =
            i % 4 == 0 ? word[2 * i] >> i / 4 % 64 : ((word[2 * i] | UINT64_C(1) << 63) & ~UINT64_C(0x7ff)) | 0x400;
    for (int i = 0; (version = normal_version(i)) != NULL; i++) {
        version->transform(PAIRS / version->lanes, word, i == 0 ? first : other);
        CHECK(i == 0 || memcmp(first, other, 2 * PAIRS * sizeof *first) == 0);
    }
    memory_free(other);
    memory_free(first);
    memory_free(word);
}

/* A stream's normals are that map of the words of their own counters. */
TEST(normals_are_made_of_their_words)
{
    const struct normal_version *version = normal_version(0);
    struct stream stream = fresh(1, 9);
    struct philox_run run = philox_run(&stream, DRAW_NORMALS, 50);
    uint64_t word[2 * NORMAL_LANES_MAX];
    double mapped[2 * NORMAL_LANES_MAX], drawn[2 * NORMAL_LANES_MAX];

    CHECK(run.counter[0] == 50 && run.counter[1] == UINT32_C(1) << 31);
    version->kernel[DRAW_WORDS](&run, 1, 1, word);
    version->transform(1, word, mapped);
    stream.draw = 100;
    stream_normals(&stream, 2 * version->lanes, drawn);
    CHECK(memcmp(mapped, drawn, 2 * version->lanes * sizeof *drawn) == 0);
}

/* Recorded once; a compiler or a processor that makes others breaks the promise of equal bits. */
TEST(bits_are_the_recorded_ones)
{
    struct stream stream = stream_open(stream_key("golden", 42), 3, 4);
    double z[1001];
    uint64_t hash = 0;

    stream_normals(&stream, 1001, z);
    for (int i = 0; i < 1001; i++) {
        uint64_t bits;

        memcpy(&bits, &z[i], sizeof bits);
        hash = (hash ^ bits) * UINT64_C(0x100000001b3);
    }
    CHECK_SAME(z[0], 0x1.149cae2f94254p+0);
    CHECK_SAME(z[1], 0x1.6e1bfb1345ffbp+0);
    CHECK_SAME(z[999], 0x1.43ed70b36ef39p-1);
    CHECK(hash == UINT64_C(0x0777b7c86236f4ff));
}

/* Pieces of any length from any draw are cut from one sequence, across the counter's carry too. */
TEST(pieces_equal_the_whole)
{
    const uint64_t start[] = {0, 1, (UINT64_C(1) << 33) - 501};
    const struct normal_version *version;
    double whole[1000], piece[1000];

    for (int i = 0; (version = normal_version(i)) != NULL; i++)
        for (size_t s = 0; s < 3; s++) {
            struct stream origin = fresh(2, 0), cursor;
            long differ = 0;

            origin.draw = start[s];
            cursor = origin;
            normal_fill(version, DRAW_NORMALS, &cursor, 1, 1000, whole);
            for (size_t n = 1; n <= 100; n++)
                for (size_t from = 0; from + n <= 1000; from += 89) {
                    cursor.draw = start[s] + from;
                    normal_fill(version, DRAW_NORMALS, &cursor, 1, n, piece);
                    differ += memcmp(piece, whole + from, n * sizeof *piece) != 0;
                }
            CHECK_INT(differ, 0);
        }
}

TEST(nothing_is_written_past_the_end)
{
    for (size_t n = 0; n < 40; n++) {
        struct stream stream = fresh(2, 1);
        double z[48];

        for (size_t i = 0; i < 48; i++)
            z[i] = 77;
        stream.draw = n % 3;
        stream_normals(&stream, n, z + 1);
        CHECK_SAME(z[0], 77);
        CHECK_SAME(z[n + 1], 77);
        CHECK(stream.draw == n % 3 + n);
    }
}

TEST(scaled_is_a_product)
{
    struct stream a = fresh(3, 0), b = a;
    double x[1001], y[1001];
    long differ = 0;

    stream_normals(&a, 1001, x);
    stream_normals_scaled(&b, 0.1, 1001, y);
    for (int i = 0; i < 1001; i++)
        differ += y[i] != 0.1 * x[i];
    CHECK_INT(differ, 0);
}

/* ---- the map from words to normals ---- */

/* A pair of normals by the definition, in long double. */
static void reference(const uint64_t word[2], long double z[2])
{
    double v = fmin((double)word[0] + 0.5, 0x1.fffffffffffffp+63);
    long double r = sqrtl(-2 * logl((long double)v * 0x1p-64L));
    long double t = (long double)(int64_t)((word[1] & 0x000fffffffffffff) | 1) * 0x1p-52L - 0.5L;
    long double angle = t * acosl(-1) / 2, a = cosl(angle), b = sinl(angle);
    int swap = word[1] >> 62 & 1, turn = word[1] >> 63 != 0;

    z[0] = (turn ? -r : r) * (swap ? b : a);
    z[1] = (turn ? -r : r) * (swap ? a : b);
}

/* The largest error of a normal in units of its own last place, over n blocks of words. */
static double worst_ulp(const struct normal_version *version, size_t n, const uint64_t word[])
{
    double *z = memory_doubles(2 * n), worst = 0;

    version->transform(n / version->lanes, word, z);
    for (size_t i = 0; i < 2 * n; i += 2) {
        long double expected[2];

        reference(word + i, expected);
        for (size_t j = 0; j < 2; j++) {
            double ulp = ldexp(1, ilogb((double)expected[j]) - 52);
            worst = fmax(worst, (double)fabsl(((long double)z[i + j] - expected[j]) / ulp));
        }
    }
    memory_free(z);
    return worst;
}

/* In half ulps of the worst case: radius 2.5 (the fit's 2^-52.2, a quotient and four sums and products, halved by
 * the root) and the root's 1; direction 3; product 1. A relative error of 7.5 half ulps can be that many ulps just
 * above a power of two; they don't all meet: 6. */
TEST(random_words_within_6_ulp)
{
    uint64_t *word = memory_new(2 * PAIRS, sizeof *word);
    struct stream stream = fresh(4, 0);

    stream_words(&stream, 2 * PAIRS, word);
    CHECK_AT_MOST(worst_ulp(normal_version(0), PAIRS, word), 6);
    memory_free(word);
}

/* The ends and seams of both maps: words next to powers of two, to 2^64 / sqrt 2, to 0 and 2^64 - 1 for the radius;
 * the four seams of the quadrants, their middles and their neighbours for the direction; each with each. */
TEST(extreme_words_within_6_ulp)
{
    enum { RADII = 64 * 5 + 48, ANGLES = 64, BLOCKS = RADII * ANGLES };
    uint64_t radius[RADII], angle[ANGLES], *word = memory_new(2 * BLOCKS, sizeof *word);
    size_t radii = 0, angles = 0;
    const struct normal_version *version;

    for (int k = 0; k < 64; k++)
        for (uint64_t d = 0; d < 5; d++)
            radius[radii++] = (UINT64_C(1) << k) + d - 2;
    for (int k = 0; k < 48; k++)
        radius[radii++] =
            k % 2 == 0 ? UINT64_MAX - (UINT64_C(1) << k) : (UINT64_C(0xb504f333f9de6484) >> k % 17) + (uint64_t)k - 24;
    for (uint64_t quadrant = 0; quadrant < 4; quadrant++)
        for (uint64_t d = 0; d < 16; d++) {
            const uint64_t base[] = {0, UINT64_C(1) << 51, UINT64_C(1) << 50, (UINT64_C(1) << 52) - 4};
            angle[angles++] = (quadrant << 62) + base[d / 4] + d % 4 - (d / 4 == 1 || d / 4 == 2 ? 2 : 0);
        }
    for (size_t i = 0; i < BLOCKS; i++) {
        word[2 * i] = radius[i / ANGLES];
        word[2 * i + 1] = angle[i % ANGLES];
    }
    for (int i = 0; (version = normal_version(i)) != NULL; i++)
        CHECK_AT_MOST(worst_ulp(version, BLOCKS, word), 6);
    memory_free(word);
}

/* The radius as sqrt(x^2 + y^2), which two roundings of each normal blur by some ulps at most. */
static long double radius_of_word(uint64_t word)
{
    uint64_t words[2 * NORMAL_LANES_MAX] = {0};
    double z[2 * NORMAL_LANES_MAX];

    words[0] = word;
    normal_version(0)->transform(1, words, z);
    return hypotl(z[0], z[1]);
}

/* P(r > R) = exp(-R^2 / 2): the word at which the radius passes R inverts that to rounding, at 1 to 9.4 sigma. An
 * ulp of r is r^2 ulps of the tail. */
TEST(radius_inverts_the_tail)
{
    for (double R = 1; R < 9.45; R += 0.4) {
        long double tail = expl(-(long double)R * R / 2);
        uint64_t word = (uint64_t)(tail * 0x1p64L);
        double v = (double)word + 0.5, r = (double)radius_of_word(word);

        CHECK_RELATIVE(exp(-r * r / 2) * 0x1p64, v, (1 + r * r) * 4 * 2.3e-16);
        if (word > 0) {
            CHECK(r >= R - 1e-9 || word < 1000);
            CHECK(radius_of_word(word + 1) <= radius_of_word(word));
        }
    }
    CHECK_RELATIVE((double)radius_of_word(0), sqrt(130 * log(2)), 1e-15);
    // Largest word, 2^64 - 1: the uniform is 1 - 2^-53, never 1.
    CHECK_RELATIVE((double)radius_of_word(UINT64_MAX), 0x1p-26, 1e-15);
}

/* The radius falls as the word grows, by steps of a millionth, far above rounding. */
TEST(radius_is_monotone)
{
    long rises = 0;

    for (int k = 0; k < 64; k++)
        for (uint64_t d = 1; d < 50; d++) {
            uint64_t word = (UINT64_C(1) << k) / 50 * d;

            rises += radius_of_word(word + (word >> 20) + 1) > radius_of_word(word);
        }
    CHECK_INT(rises, 0);
}

/* ---- the distribution ---- */

/* Moments to order 8, against (k - 1)!! with standard errors from the moment of order 2k. */
TEST(moments_to_order_eight)
{
    const double even[] = {1, 1, 3, 15, 105, 945, 10395, 135135, 2027025}; // E z^2j
    double *z = normals(5, 4 * N), sum[9] = {0};

    for (size_t i = 0; i < 4 * N; i++) {
        double power = 1;

        for (int k = 1; k <= 8; k++)
            sum[k] += power *= z[i];
    }
    for (int k = 1; k <= 8; k++) {
        double expected = k % 2 == 0 ? even[k / 2] : 0, variance = even[k] - expected * expected;

        CHECK_ABSOLUTE(sum[k] / (4 * N), expected, 5 * sqrt(variance / (4 * N)));
    }
    memory_free(z);
}

/* Counts beyond k sigma. Five standard errors and three counts more, for Poisson counts of expectation below one. */
TEST(tail_counts)
{
    enum { ROUNDS = 16 };
    double *z = memory_doubles(N), count[7] = {0};
    struct stream stream = fresh(6, 0);

    for (int round = 0; round < ROUNDS; round++) {
        stream_normals(&stream, N, z);
        for (size_t i = 0; i < N; i++) {
            int sigmas = (int)fabs(z[i]);

            count[sigmas < 6 ? sigmas : 6]++;
        }
    }
    for (int k = 5; k >= 1; k--)
        count[k] += count[k + 1];
    for (int k = 1; k <= 6; k++) {
        double p = erfc(k / sqrt(2)), expected = p * ROUNDS * N;

        CHECK_ABSOLUTE(count[k], expected, 5 * sqrt(expected * (1 - p)) + 3);
    }
    memory_free(z);
}

static double cdf(double z)
{
    return 0.5 * erfc(-z / sqrt(2));
}

/* (X^2 - freedom) / sqrt(2 freedom) for cells of equal probability. */
static double chi_square_sigmas(size_t cells, const long count[])
{
    double total = 0, square = 0, freedom = (double)cells - 1;

    for (size_t i = 0; i < cells; i++)
        total += (double)count[i];
    for (size_t i = 0; i < cells; i++)
        square += ((double)count[i] - total / (double)cells) * ((double)count[i] - total / (double)cells);
    return (square * (double)cells / total - freedom) / sqrt(2 * freedom);
}

/* In 1024 cells of equal probability, for even and odd draws apart. */
TEST(cells_of_the_distribution)
{
    enum { CELLS = 1024 };
    long count[2][CELLS] = {{0}};
    double *z = normals(7, N);

    for (size_t i = 0; i < N; i++)
        count[i % 2][(int)fmin(cdf(z[i]) * CELLS, CELLS - 1)]++;
    CHECK_ABSOLUTE(chi_square_sigmas(CELLS, count[0]), 0, 5);
    CHECK_ABSOLUTE(chi_square_sigmas(CELLS, count[1]), 0, 5);
    memory_free(z);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Kolmogorov and Smirnov: sqrt(n) D stays below 2.5 but for 2 exp(-2 * 2.5^2) = 7e-6. */
TEST(kolmogorov_smirnov)
{
    const size_t n = 100000;
    double *z = normals(8, n), D = 0;

    qsort(z, n, sizeof *z, compare);
    for (size_t i = 0; i < n; i++) {
        double p = cdf(z[i]);

        D = fmax(D, fmax(p - (double)i / (double)n, (double)(i + 1) / (double)n - p));
    }
    CHECK_AT_MOST(sqrt((double)n) * D, 2.5);
    memory_free(z);
}

/* The two normals of a block as polar coordinates: 64 sectors by 16 rings of equal probability, which a relation
 * between the cosine and the sine, their squares, their signs or the radius would show. */
TEST(pairs_are_round)
{
    long count[16 * 64] = {0};
    double *z = normals(9, N), product = 0, squares = 0;

    for (size_t i = 0; i < N; i += 2) {
        double x = z[i], y = z[i + 1];
        int ring = (int)fmin(16 * exp(-(x * x + y * y) / 2), 15);
        int sector = (int)fmin(64 * (atan2(y, x) / (2 * acos(-1)) + 0.5), 63);

        count[ring * 64 + sector]++;
        product += x * y;
        squares += (x * x - 1) * (y * y - 1);
    }
    CHECK_ABSOLUTE(chi_square_sigmas(16 * 64, count), 0, 5);
    CHECK_ABSOLUTE(product / sqrt(N / 2.0), 0, 5);
    CHECK_ABSOLUTE(squares / sqrt(N / 2.0) / 2, 0, 5);
    memory_free(z);
}

/* Correlations of x and y and of their squares in standard errors, the larger. */
static double dependence(size_t n, const double x[], const double y[])
{
    double product = 0, squares = 0;

    for (size_t i = 0; i < n; i++) {
        product += x[i] * y[i];
        squares += (x[i] * x[i] - 1) * (y[i] * y[i] - 1);
    }
    return fmax(fabs(product), fabs(squares) / 2) / sqrt((double)n);
}

TEST(lags_are_independent)
{
    double *z = normals(10, N), worst = 0;

    for (size_t lag = 1; lag <= 40; lag++)
        worst = fmax(worst, dependence(N - lag, z, z + lag));
    CHECK_AT_MOST(worst, 5);
    memory_free(z);
}

/* Cursors whose counter or key differs in one bit: streams, samples, keys, far blocks. */
TEST(one_bit_apart_is_independent)
{
    enum { M = 4096 };
    double x[M], y[M], worst = 0;
    struct stream origin = fresh(11, 0), stream = origin;

    stream_normals(&stream, M, x);
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
        stream_normals(&stream, M, y);
        worst = fmax(worst, dependence(M, x, y));
    }
    CHECK_AT_MOST(worst, 5);
}

/* The first normal of each of many samples, as an ensemble would take it. */
TEST(samples_are_independent_draws)
{
    const int n = 100000;
    double sum = 0, square = 0, neighbour = 0, last = 0;

    for (int i = 0; i < n; i++) {
        struct stream stream = fresh(12, (uint32_t)i);
        double z = stream_normal(&stream);

        sum += z;
        square += z * z - 1;
        neighbour += z * last;
        last = z;
    }
    CHECK_ABSOLUTE(sum / sqrt(n), 0, 5);
    CHECK_ABSOLUTE(square / sqrt(2.0 * n), 0, 5);
    CHECK_ABSOLUTE(neighbour / sqrt(n), 0, 5);
}
