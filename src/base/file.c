// SPDX-License-Identifier: GPL-3.0-or-later
/* Whole files in and out. */
#include <assay/base/file.h>
#include <assay/base/memory.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum status file_make_parents(const char *path)
{
    char parent[PATH_MAX];

    snprintf(parent, sizeof parent, "%s", path);
    for (char *slash = strchr(parent + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(parent, 0777) != 0 && errno != EEXIST) {
            return status_fail(STATUS_IO, "%s: %s", parent, strerror(errno));
        }
        *slash = '/';
    }
    return STATUS_OK;
}

enum status file_replace(const char *path, void (*write)(const void *context, FILE *file), const void *context)
{
    char temporary[PATH_MAX];
    enum status status = file_make_parents(path);

    if (status != STATUS_OK) {
        return status;
    }
    if (snprintf(temporary, sizeof temporary, "%s.%ld.tmp", path, (long)getpid()) >= (int)sizeof temporary) {
        return status_fail(STATUS_IO, "%s: name too long", path);
    }
    FILE *file = fopen(temporary, "w");
    if (file == NULL) {
        return status_fail(STATUS_IO, "%s: %s", temporary, strerror(errno));
    }
    write(context, file);
    bool written = fflush(file) == 0 && !ferror(file) && fsync(fileno(file)) == 0;

    written = fclose(file) == 0 && written;
    if (!written || rename(temporary, path) != 0) {
        status = status_fail(STATUS_IO, "%s: %s", path, strerror(errno));
        unlink(temporary);
    }
    return status;
}

char *file_read(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    struct stat facts;

    if (file == NULL || fstat(fileno(file), &facts) != 0 || !S_ISREG(facts.st_mode)) {
        status_fail(file == NULL && errno == ENOENT ? STATUS_ABSENT : STATUS_IO, "%s: %s", path,
                    file == NULL ? strerror(errno) : "not a file");
        if (file != NULL) {
            fclose(file);
        }
        return NULL;
    }
    char *content = memory_new((size_t)facts.st_size + 1, 1);
    size_t got = fread(content, 1, (size_t)facts.st_size, file);

    fclose(file);
    if (size != NULL) {
        *size = got;
    }
    return content;
}

struct content {
    size_t size;
    const char *text;
};

static void put_content(const void *context, FILE *file)
{
    const struct content *content = context;

    fwrite(content->text, 1, content->size, file);
}

enum status file_update(const char *path, size_t size, const char content[], bool *changed)
{
    size_t old_size = 0;
    char *old = file_read(path, &old_size);
    bool same = old != NULL && old_size == size && memcmp(old, content, size) == 0;

    memory_free(old);
    if (changed != NULL) {
        *changed = !same;
    }
    return same ? STATUS_OK : file_replace(path, put_content, &(struct content){size, content});
}
