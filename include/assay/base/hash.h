// SPDX-License-Identifier: GPL-3.0-or-later
/* A hash of bytes (FNV-1a, 64 bits): tells contents apart, resists nobody. */
#ifndef ASSAY_BASE_HASH_H
#define ASSAY_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_EMPTY UINT64_C(0xcbf29ce484222325)

/* The hash of what seed is the hash of, followed by n bytes; HASH_EMPTY to begin with. 1 ns a byte. */
uint64_t hash_bytes(uint64_t seed, size_t n, const void *bytes);

#endif
