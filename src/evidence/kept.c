// SPDX-License-Identifier: GPL-3.0-or-later
/* Kept samples.
 *
 * One line a sample: its number, its outputs, and the hash of all that, so that a line is whole or worthless. Lines come in the order in which samples were
 * finished; reading stops at the first line that is not whole, and the file is cut there before anything is added. */
#include <assay/base/file.h>
#include <assay/base/hash.h>
#include <assay/base/memory.h>
#include <assay/evidence/kept.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { NUMBER_ROOM = 32, MARK_ROOM = 48 };

struct keeper {
    const struct ensemble *ensemble;
    const char *path;
    int file;
    bool *there;  // samples
    double *rows; // samples x outputs: those that are there
};

static enum status failed(const char *path)
{
    return status_fail(STATUS_IO, "%s: %s", path, strerror(errno));
}

static enum status append(const struct keeper *keeper, size_t n, const char line[])
{
    return write(keeper->file, line, n) == (ssize_t)n && fsync(keeper->file) == 0 ? STATUS_OK : failed(keeper->path);
}

/* ## A sample as a line */

static enum status keep(const struct keeper *keeper, size_t sample, const double out[])
{
    size_t outputs = keeper->ensemble->outputs, room = outputs * NUMBER_ROOM + MARK_ROOM + NUMBER_ROOM;
    char *line = memory_new(room, 1);
    size_t n = (size_t)snprintf(line, room, "%zu", sample);

    for (size_t k = 0; k < outputs; k++) {
        n += (size_t)snprintf(line + n, room - n, "\t%a", out[k]);
    }
    n += (size_t)snprintf(line + n, room - n, "\t%016" PRIx64 "\n", hash_bytes(HASH_EMPTY, n, line));
    enum status status;
#pragma omp critical(kept)
    status = append(keeper, n, line);
    memory_free(line);
    return status;
}

/* Takes a line in (ended by '\0' in place of its newline); false if it is not whole. */
static bool take(struct keeper *keeper, char line[])
{
    char *mark = strrchr(line, '\t'), *at, expected[MARK_ROOM];
    size_t outputs = keeper->ensemble->outputs;

    if (mark == NULL) {
        return false;
    }
    snprintf(expected, sizeof expected, "\t%016" PRIx64, hash_bytes(HASH_EMPTY, (size_t)(mark - line), line));
    size_t sample = strtoul(line, &at, 10);
    if (strcmp(mark, expected) != 0 || sample >= keeper->ensemble->samples) {
        return false;
    }
    for (size_t k = 0; k < outputs; k++) {
        keeper->rows[sample * outputs + k] = strtod(at, &at);
    }
    keeper->there[sample] = at == mark;
    return at == mark;
}

/* ## The file */

/* Takes in what is whole after the identity and cuts off the rest. */
static enum status read_kept(struct keeper *keeper, size_t identity, size_t size, char *content)
{
    size_t good = identity;

    while (good < size) {
        char *line = content + good, *end = memchr(line, '\n', size - good);

        if (end == NULL) {
            break;
        }
        *end = '\0';
        if (!take(keeper, line)) {
            break;
        }
        good += (size_t)(end - line) + 1;
    }
    return ftruncate(keeper->file, (off_t)good) == 0 ? STATUS_OK : failed(keeper->path);
}

static enum status open_kept(struct keeper *keeper, const char *identity)
{
    enum status status = file_make_parents(keeper->path);
    size_t length = strlen(identity), size = 0;

    if (status != STATUS_OK) {
        return status;
    }
    keeper->file = open(keeper->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (keeper->file < 0) {
        return failed(keeper->path);
    }
    if (flock(keeper->file, LOCK_EX | LOCK_NB) != 0) {
        return status_fail(STATUS_IO, "%s: another process is at it", keeper->path);
    }
    char *content = file_read(keeper->path, &size), *end = content == NULL ? NULL : memchr(content, '\n', size);
    if (content == NULL) {
        return STATUS_IO;
    }
    if (end == NULL) { // new, or killed before the first line was whole
        char *line = memory_new(length + 2, 1);

        snprintf(line, length + 2, "%s\n", identity);
        status = ftruncate(keeper->file, 0) == 0 ? append(keeper, length + 1, line) : failed(keeper->path);
        memory_free(line);
    } else if ((size_t)(end - content) != length || memcmp(content, identity, length) != 0) {
        status = status_fail(STATUS_FORMAT, "%s: made by something else", keeper->path);
    } else {
        status = read_kept(keeper, length + 1, size, content);
    }
    memory_free(content);
    return status;
}

/* ## The ensemble of what is missing */

static enum status draw_or_take(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct keeper *keeper = context;
    const struct ensemble *ensemble = keeper->ensemble;

    if (keeper->there[sample]) {
        memcpy(out, keeper->rows + sample * ensemble->outputs, ensemble->outputs * sizeof out[0]);
        return STATUS_OK;
    }
    enum status status = ensemble->draw(stream, sample, out, ensemble->context);
    return status == STATUS_OK ? keep(keeper, sample, out) : status;
}

enum status kept_rows(const struct ensemble *ensemble, const char *path, const char *identity, double rows[],
                      size_t *found)
{
    struct keeper keeper = {.ensemble = ensemble, .path = path, .file = -1};
    struct ensemble missing = *ensemble;

    if (strchr(identity, '\n') != NULL) {
        return status_fail(STATUS_RANGE, "kept_rows: an identity of several lines");
    }
    keeper.there = memory_new(ensemble->samples, sizeof keeper.there[0]);
    keeper.rows = memory_doubles(ensemble->samples * ensemble->outputs);
    missing.draw = draw_or_take;
    missing.context = &keeper;
    enum status status = open_kept(&keeper, identity);
    if (found != NULL) {
        *found = 0;
        for (size_t i = 0; i < ensemble->samples; i++) {
            *found += keeper.there[i] ? 1 : 0;
        }
    }
    if (status == STATUS_OK) {
        status = ensemble_rows(&missing, rows);
    }
    if (keeper.file >= 0) {
        close(keeper.file);
    }
    memory_free(keeper.there);
    memory_free(keeper.rows);
    return status;
}
