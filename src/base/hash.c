// SPDX-License-Identifier: GPL-3.0-or-later
#include <assay/base/hash.h>

uint64_t hash_bytes(uint64_t seed, size_t n, const void *bytes)
{
    const unsigned char *byte = bytes;

    for (size_t i = 0; i < n; i++) {
        seed = (seed ^ byte[i]) * UINT64_C(0x100000001b3);
    }
    return seed;
}
