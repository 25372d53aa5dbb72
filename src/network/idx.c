// SPDX-License-Identifier: GPL-3.0-or-later
/* Reading IDX files through zlib, which passes plain files through unchanged.
 *
 * A header is not to be believed: its counts may multiply beyond any memory. Before anything is allocated they are
 * held against the file's size on disk, of which deflate makes at most 1032 bytes each (258 bytes from a two-bit
 * code, and headers). */
#include <assay/base/memory.h>
#include <assay/network/idx.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

enum { UNSIGNED_BYTES = 0x08, DIMENSIONS_MAX = 4, DEFLATE_RATIO = 1032, CHUNK = 1 << 30 };

/* A read that gave less than it was asked for: says whether the system, zlib or the file's length is to blame. */
static enum status read_failure(gzFile file, const char *path, const char *part)
{
    int code;
    const char *reason = gzerror(file, &code);

    if (code == Z_ERRNO) {
        return status_fail(STATUS_IO, "%s: cannot be read", path);
    }
    if (code != Z_OK && code != Z_BUF_ERROR) {
        return status_fail(STATUS_FORMAT, "%s: corrupt gzip data in its %s (%s)", path, part, reason);
    }
    return status_fail(STATUS_FORMAT, "%s: truncated in its %s", path, part);
}

static enum status read_bytes(gzFile file, const char *path, const char *part, size_t n, uint8_t out[])
{
    while (n > 0) {
        unsigned ask = n < CHUNK ? (unsigned)n : CHUNK;
        int got = gzread(file, out, ask);

        if (got <= 0) {
            return read_failure(file, path, part);
        }
        out += got;
        n -= (size_t)got;
    }
    return STATUS_OK;
}

/* Fills dimensions and sizes; *total is their product, known to be possible for a file of that many bytes. */
static enum status read_header(gzFile file, const char *path, size_t bytes, struct idx *idx, size_t *total)
{
    uint8_t magic[4], count[4];
    size_t limit = bytes < SIZE_MAX / DEFLATE_RATIO ? bytes * DEFLATE_RATIO : SIZE_MAX;
    enum status status = read_bytes(file, path, "header", sizeof magic, magic);

    if (status != STATUS_OK) {
        return status;
    }
    if (magic[0] != 0 || magic[1] != 0 || magic[2] != UNSIGNED_BYTES || magic[3] < 1 || magic[3] > DIMENSIONS_MAX) {
        return status_fail(STATUS_FORMAT, "%s: not an IDX file of unsigned bytes (it starts %02x %02x %02x %02x)", path,
                           magic[0], magic[1], magic[2], magic[3]);
    }
    idx->dimensions = magic[3];
    *total = 1;
    for (int d = 0; d < idx->dimensions; d++) {
        status = read_bytes(file, path, "header", sizeof count, count);
        if (status != STATUS_OK) {
            return status;
        }
        idx->size[d] = (size_t)count[0] << 24 | (size_t)count[1] << 16 | (size_t)count[2] << 8 | count[3];
        if (idx->size[d] == 0) {
            return status_fail(STATUS_FORMAT, "%s: dimension %d is empty", path, d + 1);
        }
        if (idx->size[d] > limit / *total) {
            return status_fail(STATUS_FORMAT, "%s: its header asks for more data than %zu bytes can hold", path, bytes);
        }
        *total *= idx->size[d];
    }
    return STATUS_OK;
}

/* The end must be an end, for the file and for the gzip stream's checksum. */
static enum status read_end(gzFile file, const char *path)
{
    uint8_t extra;
    int got = gzread(file, &extra, 1), code;

    if (got > 0) {
        return status_fail(STATUS_FORMAT, "%s: longer than its header says", path);
    }
    gzerror(file, &code);
    return got < 0 || code != Z_OK ? read_failure(file, path, "end") : STATUS_OK;
}

enum status idx_read(const char *path, struct idx *idx)
{
    struct stat info;
    size_t total = 0;

    *idx = (struct idx){0};
    if (stat(path, &info) != 0) {
        return status_fail(STATUS_ABSENT, "%s: no such file", path);
    }
    gzFile file = S_ISREG(info.st_mode) ? gzopen(path, "rb") : NULL;
    if (file == NULL) {
        return status_fail(STATUS_IO, "%s: cannot be opened", path);
    }
    enum status status = read_header(file, path, (size_t)info.st_size, idx, &total);
    if (status == STATUS_OK) {
        idx->data = memory_new(total, 1);
        status = read_bytes(file, path, "data", total, idx->data);
    }
    if (status == STATUS_OK) {
        status = read_end(file, path);
    }
    gzclose(file);
    if (status != STATUS_OK) {
        idx_free(idx);
    }
    return status;
}

void idx_free(struct idx *idx)
{
    memory_free(idx->data);
    *idx = (struct idx){0};
}
