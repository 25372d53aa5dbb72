// SPDX-License-Identifier: GPL-3.0-or-later
/* Standard normals in vectors, with the same bits on every x86-64.
 *
 * Box and Muller (1958): if u and v are uniform on (0, 1), then r = sqrt(-2 log u) and the angle 2 pi v are the
 * polar coordinates of two independent standard normals. The ziggurat draws fewer bits but rejects some; here
 * nothing branches, so all lanes of a vector march in step, and draw number d is always made of block d / 2 and can
 * be recomputed alone.
 *
 * Radius. The 64-bit word w stands for u = (w + 1/2) / 2^64, rounded to a double. Small u keep their full relative
 * precision, so the tails are right as far as they go: r ends at sqrt(130 log 2) = 9.49, beyond which a pair lies
 * once in 2^65 times. With w + 1/2 = m 2^e, sqrt(1/2) <= m < sqrt(2), and s = (m - 1) / (m + 1),
 *
 *     -2 log u = -2 (e - 64) log 2 - 4 atanh(s),        4 atanh(s) = s (4 + 4 s^2 / 3 + ...)
 *
 * Direction. 51 bits give t in (-1/2, 1/2), two more bits the quadrant; sin and cos of t quarter turns are
 * polynomials in t^2.
 *
 * The polynomials have seven terms. They are minimax fits in relative error (Remez, in 60 decimal digits; leading
 * coefficients rounded to doubles one at a time and the rest fitted again): 2^-52.2 for the logarithm, 2^-54.5 for
 * the sine, 2^-53.9 for the cosine. Rounding included, a normal is within 6 ulp of the exact function of its two
 * words (5.3 seen in 2 10^7).
 *
 * Equal bits come from using only what IEEE 754 rounds exactly (+ - * / sqrt and conversions) in one fixed order.
 * Fused multiply-add would be faster and is left out, because SSE2 and AVX2 processors need not have it.
 * normal_kernel.h is that one order, compiled here for SSE2, AVX2 and AVX-512; the processor is asked at each call. */
#include "normal_versions.h"

#include <immintrin.h>
#include <Random123/philox.h>
#include <string.h>

enum {
    TERMS = 7,
    CHUNK = 16 // vectors; their words fill 2 to 8 KiB of the stack
};

static const double log_series[TERMS] = {
    -4,
    -0x1.555555555397ap+0,
    -0x1.999999a28e9e9p-1,
    -0x1.2492417a906d7p-1,
    -0x1.c722769ec8bc3p-2,
    -0x1.732c5113ff402p-2,
    -0x1.5875a04e1c8a9p-2,
};
static const double sine_series[TERMS] = {
    0x1.921fb54442d18p+0,  -0x1.4abbce625bdaep-1,  0x1.466bc6774afcfp-4,  -0x1.32d2ccd46a5ddp-8,
    0x1.507821d503f76p-13, -0x1.e2f3f1185e1edp-19, 0x1.dfc5c7360ca54p-25,
};
static const double cosine_series[TERMS] = {
    1,
    -0x1.3bd3cc9be459dp+0,
    0x1.03c1f081b0df1p-2,
    -0x1.55d3c7dc39909p-6,
    0x1.e1f4fb7f9b143p-11,
    -0x1.a6c9c80aa78aep-16,
    0x1.f3dc1e882b177p-22,
};

#define MINUS_TWO_LN_2 (-0x1.62e42fefa39efp+0)
#define NUMERATOR_MAX 0x1.fffffffffffffp+63 // the last double below 2^64
#define MANTISSA UINT64_C(0x000fffffffffffff)
#define TOP_BIT UINT64_C(0x8000000000000000)
// Doubles by their bits: sqrt(1/2), 2^52, 2^84, and 1 + 2^-52.
#define ROOT_HALF_BITS UINT64_C(0x3fe6a09e667f3bcd)
#define TWO_52_BITS UINT64_C(0x4330000000000000)
#define TWO_84_BITS UINT64_C(0x4530000000000000)
#define ONE_AND_LAST_BIT UINT64_C(0x3ff0000000000001)

#define VERSION sse2
#define TARGET __attribute__((target("sse2")))
#define LANES 2
#define DOUBLES __m128d
#define INTEGERS __m128i
#define MULTIPLY _mm_mul_epu32
#define ROOT _mm_sqrt_pd
#define SMALLER _mm_min_pd
#define SIGN_MASK(w) _mm_castsi128_pd(_mm_shuffle_epi32(_mm_srai_epi32(w, 31), 0xf5))
#define CHOOSE(w, a, b) _mm_or_pd(_mm_and_pd(SIGN_MASK(w), a), _mm_andnot_pd(SIGN_MASK(w), b))
#define LOWS _mm_unpacklo_pd
#define HIGHS _mm_unpackhi_pd
#include "normal_kernel.h"

#define VERSION avx2
#define TARGET __attribute__((target("avx2")))
#define LANES 4
#define DOUBLES __m256d
#define INTEGERS __m256i
#define MULTIPLY _mm256_mul_epu32
#define ROOT _mm256_sqrt_pd
#define SMALLER _mm256_min_pd
#define CHOOSE(w, a, b) _mm256_blendv_pd(b, a, _mm256_castsi256_pd(w))
#define LOWS _mm256_unpacklo_pd
#define HIGHS _mm256_unpackhi_pd
#include "normal_kernel.h"

#define VERSION avx512
#define TARGET __attribute__((target("avx512f,avx512dq")))
#define LANES 8
#define DOUBLES __m512d
#define INTEGERS __m512i
#define MULTIPLY _mm512_mul_epu32
#define ROOT _mm512_sqrt_pd
#define SMALLER _mm512_min_pd
#define CHOOSE(w, a, b) _mm512_mask_blend_pd(_mm512_movepi64_mask(w), b, a)
#define LOWS _mm512_unpacklo_pd
#define HIGHS _mm512_unpackhi_pd
#define CONVERT _mm512_cvtepu64_pd
#include "normal_kernel.h"

const struct normal_version *normal_version(int i)
{
    static const struct normal_version version[] = {
        {"avx512", 8, {words_avx512, uniforms_avx512, normals_avx512}, transform_avx512},
        {"avx2", 4, {words_avx2, uniforms_avx2, normals_avx2}, transform_avx2},
        {"sse2", 2, {words_sse2, uniforms_sse2, normals_sse2}, transform_sse2},
    };
    int first = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") ? 0
                : __builtin_cpu_supports("avx2")                                        ? 1
                                                                                        : 2;

    return i >= 0 && first + i < 3 ? &version[first + i] : NULL;
}

struct philox_run philox_run(const struct stream *stream, enum draw_kind kind, uint64_t block)
{
    // Blocks number half the draws, 63 bits: the top bit of the counter is free to set the normals apart.
    uint64_t counter = kind == DRAW_NORMALS ? block | TOP_BIT : block;

    return (struct philox_run){
        .key = {stream->key[0], stream->key[1]},
        .counter = {(uint32_t)counter, (uint32_t)(counter >> 32), stream->sample, stream->stream},
    };
}

double uniform_of_word(uint64_t word)
{
    double v = (double)word + 0.5;

    return (v < NUMERATOR_MAX ? v : NUMERATOR_MAX) * 0x1p-64;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Whole vectors go straight to out. What remains (an odd first draw, the last few numbers, the end of the counter's
 * low word) goes through one vector on the stack, of which the wanted part is kept. */
void normal_fill(const struct normal_version *version, enum draw_kind kind, struct stream *stream, double scale,
                 size_t n, void *out)
{
    unsigned char *to = out;

    while (n > 0) {
        struct philox_run run = philox_run(stream, kind, stream->draw >> 1);
        size_t odd = stream->draw & 1, vector = 2 * version->lanes, take;
        size_t until_carry = 2 * ((UINT64_C(1) << 32) - run.counter[0]);
        size_t vectors = odd ? 0 : least(n, until_carry) / vector;

        if (vectors > 0) {
            take = vectors * vector;
            version->kernel[kind](&run, vectors, scale, to);
        } else {
            unsigned char spare[8 * 2 * NORMAL_LANES_MAX];

            take = least(n, least(vector, until_carry) - odd);
            version->kernel[kind](&run, 1, scale, spare);
            memcpy(to, spare + 8 * odd, 8 * take);
        }
        stream->draw += take;
        to += 8 * take;
        n -= take;
    }
}
