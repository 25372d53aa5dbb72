// SPDX-License-Identifier: GPL-3.0-or-later
/* The vector kernels, written once; normal.c includes this file for each instruction set, hence no include guard.
 *
 * Before inclusion normal.c defines
 *
 *     VERSION              the suffix of every name
 *     TARGET               the function attribute that admits the instructions
 *     LANES                64-bit numbers in a vector
 *     DOUBLES, INTEGERS    the vector types of the intrinsics
 *     MULTIPLY(a, b)       the 64-bit products of the low halves of the lanes
 *     ROOT(x)              square roots, correctly rounded
 *     SMALLER(a, b)        lane by lane the lesser
 *     CHOOSE(w, a, b)      lane by lane a where the top bit of w is set, else b
 *     LOWS(a, b)           a0 b0 a2 b2 ...
 *     HIGHS(a, b)          a1 b1 a3 b3 ...
 *     CONVERT(w)           unsigned integers to the nearest doubles; optional
 *
 * Everything else is + - * / and integer operations, which IEEE 754 and -ffp-contract=off pin down to the last bit. */
#define JOIN(name, version) name##_##version
#define EXPAND(name, version) JOIN(name, version)
#define NAME(name) EXPAND(name, VERSION)
#define WORDS NAME(vector)

typedef uint64_t WORDS __attribute__((vector_size(8 * LANES)));

/* Seven rounds of Philox 4x32 on LANES blocks. The low half of a lane is one 32-bit word, the high half is dirt
 * that MULTIPLY ignores. What rounds one and two share between blocks the compiler lifts out of the callers' loops. */
TARGET static inline void NAME(philox)(const struct philox_run *run, WORDS block, WORDS word[2])
{
    const WORDS zero = {0}, low = zero + UINT32_MAX, m0 = zero + PHILOX_M4x32_0, m1 = zero + PHILOX_M4x32_1;
    WORDS c0 = block, c1 = zero + run->counter[1], c2 = zero + run->counter[2], c3 = zero + run->counter[3];
    uint32_t k0 = run->key[0], k1 = run->key[1];

    for (int round = 1; round < PHILOX_ROUNDS; round++) {
        WORDS p0 = (WORDS)MULTIPLY((INTEGERS)m0, (INTEGERS)c0), p1 = (WORDS)MULTIPLY((INTEGERS)m1, (INTEGERS)c2);

        c0 = (c1 ^ k0) ^ (p1 >> 32);
        c2 = (c3 ^ k1) ^ (p0 >> 32);
        c1 = p1;
        c3 = p0;
        k0 += PHILOX_W32_0;
        k1 += PHILOX_W32_1;
    }
    // The last round: a rotation puts the low product, output word 1 or 3, above the high one, word 0 or 2.
    WORDS p0 = (WORDS)MULTIPLY((INTEGERS)m0, (INTEGERS)c0), p1 = (WORDS)MULTIPLY((INTEGERS)m1, (INTEGERS)c2);

    word[0] = ((c1 ^ k0) & low) ^ ((p1 >> 32) | (p1 << 32));
    word[1] = ((c3 ^ k1) & low) ^ ((p0 >> 32) | (p0 << 32));
}

/* Blocks lie in the lanes as 0 h 1 h+1 2 h+2 ..., h = LANES / 2: then LOWS and HIGHS of a pair of results are in
 * draw order. */
TARGET static inline WORDS NAME(first_blocks)(const struct philox_run *run)
{
    WORDS block = {0};

    for (int lane = 0; lane < LANES; lane++)
        block[lane] = run->counter[0] + (uint64_t)(lane / 2 + lane % 2 * (LANES / 2));
    return block;
}

TARGET static inline void NAME(store)(DOUBLES even, DOUBLES odd, unsigned char *out)
{
    DOUBLES first = LOWS(even, odd), second = HIGHS(even, odd);

    memcpy(out, &first, sizeof first);
    memcpy(out + sizeof first, &second, sizeof second);
}

TARGET static inline DOUBLES NAME(convert)(WORDS w)
{
#ifdef CONVERT
    return CONVERT((INTEGERS)w);
#else
    // 2^84 + 2^32 high and 2^52 + low are exact when the halves are put into mantissas; the last sum rounds, once.
    DOUBLES high = (DOUBLES)((w >> 32) | TWO_84_BITS), low = (DOUBLES)((w & UINT32_MAX) | TWO_52_BITS);

    return (high - (0x1p84 + 0x1p52)) + low;
#endif
}

/* v = w + 1/2, kept below 2^64: the uniform is v / 2^64. */
TARGET static inline DOUBLES NAME(numerator)(WORDS w)
{
    const DOUBLES zero = {0};

    return SMALLER(NAME(convert)(w) + 0.5, zero + NUMERATOR_MAX);
}

/* c[0] + c[1] z + ... + c[6] z^6 by Estrin's scheme: two products more than Horner's, half the chain. */
TARGET static inline DOUBLES NAME(polynomial)(const double c[TERMS], DOUBLES z)
{
    DOUBLES z2 = z * z, z4 = z2 * z2;

    return ((c[0] + c[1] * z) + z2 * (c[2] + c[3] * z)) + z4 * ((c[4] + c[5] * z) + z2 * c[6]);
}

/* -2 log(v / 2^64), 1/2 <= v < 2^64. */
TARGET static inline DOUBLES NAME(radius_squared)(DOUBLES v)
{
    // v = m 2^e with sqrt(1/2) <= m < sqrt(2). The exponent is biased by one: e + 1 >= 0 lets a logical shift do.
    WORDS bits = (WORDS)v - (ROOT_HALF_BITS - (UINT64_C(1) << 52));
    DOUBLES e = (DOUBLES)((bits >> 52) | TWO_52_BITS) - (0x1p52 + 65);
    DOUBLES m = (DOUBLES)((bits & MANTISSA) + ROOT_HALF_BITS);
    DOUBLES s = (m - 1) / (m + 1);

    return e * MINUS_TWO_LN_2 + s * NAME(polynomial)(log_series, s * s);
}

/* One Box-Muller step: the first word gives the radius, the second the direction. */
TARGET static inline void NAME(box_muller)(const WORDS word[2], double scale, void *out)
{
    DOUBLES r = ROOT(NAME(radius_squared)(NAME(numerator)(word[0])));

    // t quarter turns, -1/2 < t < 1/2: an odd multiple of 2^-52, so symmetric about zero and never zero.
    DOUBLES t = (DOUBLES)((word[1] & MANTISSA) | ONE_AND_LAST_BIT) - 1.5, z = t * t;
    DOUBLES cosine = NAME(polynomial)(cosine_series, z), sine = t * NAME(polynomial)(sine_series, z);

    // Two bits spread that quarter around the circle: the top one makes half a turn, the next one swaps the axes.
    r = (DOUBLES)((WORDS)r ^ (word[1] & TOP_BIT));
    INTEGERS swap = (INTEGERS)(word[1] << 1);
    NAME(store)(r * CHOOSE(swap, sine, cosine) * scale, r * CHOOSE(swap, cosine, sine) * scale, out);
}

/* Words first, normals after, a chunk at a time: the two loops are short enough for the processor to overlap their
 * turns. */
TARGET static void NAME(normals)(const struct philox_run *run, size_t vectors, double scale, void *out)
{
    WORDS block = NAME(first_blocks)(run), word[CHUNK][2];
    unsigned char *to = out;

    while (vectors > 0) {
        size_t count = vectors < CHUNK ? vectors : CHUNK;

        for (size_t i = 0; i < count; i++, block += LANES)
            NAME(philox)(run, block, word[i]);
        for (size_t i = 0; i < count; i++, to += sizeof word[i])
            NAME(box_muller)(word[i], scale, to);
        vectors -= count;
    }
}

TARGET static void NAME(uniforms)(const struct philox_run *run, size_t vectors, double scale, void *out)
{
    WORDS block = NAME(first_blocks)(run), word[2];
    unsigned char *to = out;

    (void)scale;
    for (size_t i = 0; i < vectors; i++, block += LANES, to += sizeof word) {
        NAME(philox)(run, block, word);
        NAME(store)(NAME(numerator)(word[0]) * 0x1p-64, NAME(numerator)(word[1]) * 0x1p-64, to);
    }
}

TARGET static void NAME(words)(const struct philox_run *run, size_t vectors, double scale, void *out)
{
    WORDS block = NAME(first_blocks)(run), word[2];
    unsigned char *to = out;

    (void)scale;
    for (size_t i = 0; i < vectors; i++, block += LANES, to += sizeof word) {
        NAME(philox)(run, block, word);
        NAME(store)((DOUBLES)word[0], (DOUBLES)word[1], to);
    }
}

TARGET static void NAME(transform)(size_t vectors, const uint64_t words[], double out[])
{
    DOUBLES half[2];
    WORDS word[2];

    for (size_t i = 0; i < vectors; i++) {
        memcpy(half, words + 2 * LANES * i, sizeof half);
        word[0] = (WORDS)LOWS(half[0], half[1]);
        word[1] = (WORDS)HIGHS(half[0], half[1]);
        NAME(box_muller)(word, 1, out + 2 * LANES * i);
    }
}

#undef JOIN
#undef EXPAND
#undef NAME
#undef WORDS
#undef VERSION
#undef TARGET
#undef LANES
#undef DOUBLES
#undef INTEGERS
#undef MULTIPLY
#undef ROOT
#undef SMALLER
#undef CHOOSE
#undef LOWS
#undef HIGHS
#undef CONVERT
