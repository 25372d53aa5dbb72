// SPDX-License-Identifier: GPL-3.0-or-later
/* Memory that is there. Running out of it is the one failure that the library doesn't hand back: one line on stderr and
 * exit 3, because no caller could do better and every caller would have to write it. */
#ifndef ASSAY_BASE_MEMORY_H
#define ASSAY_BASE_MEMORY_H

#include <stddef.h>

/* count objects of size bytes, zeroed, aligned to a cache line (64 bytes). Free with memory_free. Never NULL. */
void *memory_new(size_t count, size_t size) __attribute__((returns_nonnull));

/* n zeroed doubles, aligned to 64 bytes: vectors, and matrices stored by rows. */
double *memory_doubles(size_t n) __attribute__((returns_nonnull));

/* A copy of n doubles, or of a string. */
double *memory_copy(size_t n, const double source[]) __attribute__((returns_nonnull));
char *memory_text(const char *source) __attribute__((returns_nonnull));

/* Frees what memory_new and its kin returned; NULL is allowed. */
void memory_free(void *block);

#endif
