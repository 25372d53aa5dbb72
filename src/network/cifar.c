// SPDX-License-Identifier: GPL-3.0-or-later
/* Reading CIFAR-10: first how many records each file holds, from its size, then as many as are asked for. */
#include <assay/base/memory.h>
#include <assay/network/cifar.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { SITES = CIFAR_SIDE * CIFAR_SIDE, RECORD = 1 + CIFAR_FEATURES, FILES = 5 };

struct part {
    int files;
    char path[FILES][4096];
    size_t records[FILES]; // to be read
};

static enum status name_files(const char *directory, const char *name, struct part *part)
{
    bool train = strcmp(name, "train") == 0;

    if (!train && strcmp(name, "test") != 0) {
        return status_fail(STATUS_RANGE, "cifar_read: part %.40s where train or test is expected", name);
    }
    part->files = train ? FILES : 1;
    for (int f = 0; f < part->files; f++) {
        size_t size = sizeof part->path[f];
        int length = train ? snprintf(part->path[f], size, "%s/data_batch_%d.bin", directory, f + 1)
                           : snprintf(part->path[f], size, "%s/test_batch.bin", directory);

        if (length < 0 || (size_t)length >= size) {
            return status_fail(STATUS_RANGE, "cifar_read: the name of directory %.40s... is too long", directory);
        }
    }
    return STATUS_OK;
}

static enum status count_records(const char *path, size_t *records)
{
    struct stat facts;

    if (stat(path, &facts) != 0) {
        bool absent = errno == ENOENT || errno == ENOTDIR;

        return status_fail(absent ? STATUS_ABSENT : STATUS_IO, "%s: %s", path, strerror(errno));
    }
    if (!S_ISREG(facts.st_mode)) {
        return status_fail(STATUS_IO, "%s: not a file", path);
    }
    *records = (size_t)facts.st_size / RECORD;
    if (facts.st_size % RECORD != 0 || *records < 1 || *records > CIFAR_RECORDS) {
        return status_fail(STATUS_FORMAT, "%s: %lld bytes are not 1 to %d records of %d", path,
                           (long long)facts.st_size, CIFAR_RECORDS, RECORD);
    }
    return STATUS_OK;
}

/* How many records of each file make up the first count (0: all); *count becomes their number. */
static enum status plan(const char *directory, const char *name, struct part *part, size_t *count)
{
    size_t total = 0, asked = *count;
    enum status status = name_files(directory, name, part);

    for (int f = 0; status == STATUS_OK && f < part->files && (asked == 0 || total < asked); f++) {
        size_t records = 0;

        status = count_records(part->path[f], &records);
        part->records[f] = asked == 0 || records < asked - total ? records : asked - total;
        total += part->records[f];
    }
    if (status == STATUS_OK && total < asked) {
        return status_fail(STATUS_RANGE, "%s: %zu images of %s asked, %zu there", directory, asked, name, total);
    }
    *count = total;
    return status;
}

/* The picture's bytes in the order of the layout. */
static void lay_out(enum cifar_layout layout, const uint8_t picture[], uint8_t pixel[])
{
    if (layout == CIFAR_PLANES) {
        memcpy(pixel, picture, CIFAR_FEATURES);
        return;
    }
    for (int channel = 0; channel < CIFAR_CHANNELS; channel++) {
        for (int site = 0; site < SITES; site++) {
            pixel[site * CIFAR_CHANNELS + channel] = picture[channel * SITES + site];
        }
    }
}

static enum status read_file(const char *path, size_t records, enum cifar_layout layout, uint8_t pixel[],
                             uint8_t label[])
{
    FILE *file = fopen(path, "rb");
    enum status status = STATUS_OK;

    if (file == NULL) {
        return status_fail(STATUS_IO, "%s: %s", path, strerror(errno));
    }
    for (size_t i = 0; status == STATUS_OK && i < records; i++) {
        uint8_t record[RECORD];

        if (fread(record, 1, sizeof record, file) != sizeof record) {
            status =
                status_fail(ferror(file) ? STATUS_IO : STATUS_FORMAT, "%s: record %zu cannot be read", path, i + 1);
        } else if (record[0] >= CIFAR_CLASSES) {
            status = status_fail(STATUS_FORMAT, "%s: record %zu has label %d", path, i + 1, record[0]);
        } else {
            label[i] = record[0];
            lay_out(layout, record + 1, pixel + i * CIFAR_FEATURES);
        }
    }
    fclose(file);
    return status;
}

enum status cifar_read(const char *directory, const char *part, size_t count, enum cifar_layout layout,
                       struct images *images)
{
    struct part files = {0};
    char source[4096];
    size_t done = 0;
    enum status status = plan(directory, part, &files, &count);

    *images = (struct images){0};
    if (status != STATUS_OK) {
        return status;
    }
    uint8_t *pixel = memory_new(count * CIFAR_FEATURES, 1), *label = memory_new(count, 1);
    for (int f = 0; status == STATUS_OK && f < files.files; f++) {
        if (files.records[f] > 0) {
            status = read_file(files.path[f], files.records[f], layout, pixel + done * CIFAR_FEATURES, label + done);
            done += files.records[f];
        }
    }
    if (status == STATUS_OK) {
        snprintf(source, sizeof source, "%s, part %s", directory, part);
        status = images_of_bytes(source, count, CIFAR_FEATURES, pixel, label, images);
        images->classes = status == STATUS_OK ? CIFAR_CLASSES : 0;
    }
    memory_free(pixel);
    memory_free(label);
    return status;
}
