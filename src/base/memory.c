// SPDX-License-Identifier: GPL-3.0-or-later
/* Aligned, zeroed memory, or a clear end. */
#include <assay/base/memory.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64, LARGE = 1 << 26 };

/* Passes take and free the same rooms again and again: kept by the process, they are not faulted in anew each time, which can cost as much as what is computed in them. */
__attribute__((constructor)) static void keep_what_is_freed(void)
{
    mallopt(M_MMAP_THRESHOLD, 1 << 25); // the most that glibc takes
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

static _Noreturn void exhausted(size_t count, size_t size)
{
    fprintf(stderr, "assay: out of memory: %zu objects of %zu bytes asked\n", count, size);
    exit(3);
}

/* What the kernel could still give without evicting anybody; SIZE_MAX where it doesn't say. */
static size_t available(void)
{
    FILE *file = fopen("/proc/meminfo", "r");
    char line[128];
    size_t kilobytes = SIZE_MAX / 1024;

    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        sscanf(line, "MemAvailable: %zu", &kilobytes);
    }
    if (file != NULL) {
        fclose(file);
    }
    return 1024 * kilobytes;
}

static void *zeroed(size_t count, size_t size)
{
    size_t bytes = count * size;
    size_t padded =
        (bytes / ALIGNMENT + 1) * ALIGNMENT; // aligned_alloc wants a multiple; one byte too many never hurts
    void *block = aligned_alloc(ALIGNMENT, padded);

    if (block == NULL) {
        exhausted(count, size);
    }
    return memset(block, 0, bytes);
}

/* The kernel promises more than it has, and kills who takes it at its word: large blocks are asked for one by one, and only where there is room. */
void *memory_new(size_t count, size_t size)
{
    void *block;

    if (size != 0 && count > (SIZE_MAX - ALIGNMENT) / size) {
        exhausted(count, size);
    }
    if (count * size < LARGE) {
        return zeroed(count, size);
    }
#pragma omp critical(memory)
    {
        if (count * size > available()) {
            exhausted(count, size);
        }
        block = zeroed(count, size);
    }
    return block;
}

double *memory_doubles(size_t n)
{
    return memory_new(n, sizeof(double));
}

double *memory_copy(size_t n, const double source[])
{
    return memcpy(memory_doubles(n), source, n * sizeof(double));
}

char *memory_text(const char *source)
{
    size_t size = strlen(source) + 1;

    return memcpy(memory_new(size, 1), source, size);
}

void memory_free(void *block)
{
    free(block);
}
