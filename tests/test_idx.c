// SPDX-License-Identifier: GPL-3.0-or-later
/* IDX files written here, whole and damaged, and the installed data set if there is one. */
#include "assay_test.h"

#include <assay/network/idx.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { PATH = 256 };

static const uint8_t two_by_three[] = {0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255};

static void write_plain(const char *path, size_t n, const uint8_t bytes[])
{
    FILE *file = fopen(path, "wb");

    CHECK(file != NULL && fwrite(bytes, 1, n, file) == n && fclose(file) == 0);
}

static void write_gzip(const char *path, size_t n, const uint8_t bytes[])
{
    gzFile file = gzopen(path, "wb");

    CHECK(file != NULL && gzwrite(file, bytes, (unsigned)n) == (int)n && gzclose(file) == Z_OK);
}

static void make_path(char path[PATH], const char *directory, const char *name)
{
    snprintf(path, PATH, "%s/%s", directory, name);
}

/* Writes n bytes under a fresh name and reads them as IDX. */
static enum status read_bytes(size_t n, const uint8_t bytes[], struct idx *idx)
{
    char path[PATH];

    make_path(path, test_directory(), "bytes");
    write_plain(path, n, bytes);
    return idx_read(path, idx);
}

TEST(plain_and_gzipped_files_read_alike)
{
    const char *directory = test_directory();

    for (int zipped = 0; zipped <= 1; zipped++) {
        char path[PATH];
        struct idx idx;

        make_path(path, directory, zipped ? "zipped" : "plain");
        (zipped ? write_gzip : write_plain)(path, sizeof two_by_three, two_by_three);
        CHECK_INT(idx_read(path, &idx), STATUS_OK);
        CHECK_INT(idx.dimensions, 2);
        CHECK_INT(idx.size[0], 2);
        CHECK_INT(idx.size[1], 3);
        CHECK_INT(idx.data[5], 255);
        idx_free(&idx);
        CHECK(idx.data == NULL);
    }
}

TEST(absent_file_and_directory_are_told_apart)
{
    struct idx idx;

    CHECK_INT(idx_read("/nowhere/at/all", &idx), STATUS_ABSENT);
    CHECK_CONTAINS(status_reason(), "/nowhere/at/all");
    CHECK_INT(idx_read(test_directory(), &idx), STATUS_IO);
}

TEST(every_truncation_is_refused)
{
    struct idx idx;

    for (size_t n = 0; n < sizeof two_by_three; n++) {
        CHECK_INT(read_bytes(n, two_by_three, &idx), STATUS_FORMAT);
        CHECK_CONTAINS(status_reason(), "/bytes: truncated in its ");
        CHECK(idx.data == NULL);
    }
}

TEST(wrong_magic_and_types_are_refused)
{
    for (int i = 0; i < 4; i++) {
        uint8_t bytes[sizeof two_by_three];
        struct idx idx;

        memcpy(bytes, two_by_three, sizeof bytes);
        bytes[i] = (uint8_t)(i == 2 ? 0x0d : 9);
        CHECK_INT(read_bytes(sizeof bytes, bytes, &idx), STATUS_FORMAT);
        CHECK_CONTAINS(status_reason(), "not an IDX file");
    }
}

/* Counts whose product wraps to something small, or is merely too much for the file. */
TEST(impossible_counts_are_refused_before_allocation)
{
    const uint8_t wraps[] = {0, 0, 8, 4, 0x80, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 1, 7};
    const uint8_t large[] = {0, 0, 8, 1, 0xff, 0xff, 0xff, 0xff, 7};
    const uint8_t empty[] = {0, 0, 8, 2, 0, 0, 0, 0, 0, 0, 0, 3};
    struct idx idx;

    CHECK_INT(read_bytes(sizeof wraps, wraps, &idx), STATUS_FORMAT);
    CHECK_CONTAINS(status_reason(), "more data than");
    CHECK_INT(read_bytes(sizeof large, large, &idx), STATUS_FORMAT);
    CHECK_CONTAINS(status_reason(), "more data than");
    CHECK_INT(read_bytes(sizeof empty, empty, &idx), STATUS_FORMAT);
    CHECK_CONTAINS(status_reason(), "dimension 1 is empty");
}

TEST(trailing_bytes_are_refused)
{
    uint8_t bytes[sizeof two_by_three + 1] = {0};
    struct idx idx;

    memcpy(bytes, two_by_three, sizeof two_by_three);
    CHECK_INT(read_bytes(sizeof bytes, bytes, &idx), STATUS_FORMAT);
    CHECK_CONTAINS(status_reason(), "longer than its header says");
}

/* Every byte of the compressed data and its checksum inverted in turn, and every truncation. The ten bytes of gzip
 * header before them carry no data: a time stamp may change freely. */
TEST(damaged_gzip_is_refused)
{
    char path[PATH];
    uint8_t bytes[256];
    struct idx idx;

    make_path(path, test_directory(), "damaged.gz");
    write_gzip(path, sizeof two_by_three, two_by_three);
    FILE *file = fopen(path, "rb");
    size_t n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    for (size_t i = 10; i < n; i++) {
        bytes[i] ^= 0xff;
        write_plain(path, n, bytes);
        CHECK_INT(idx_read(path, &idx), STATUS_FORMAT);
        CHECK_CONTAINS(status_reason(), "damaged.gz");
        bytes[i] ^= 0xff;
        write_plain(path, i, bytes);
        CHECK_INT(idx_read(path, &idx), STATUS_FORMAT);
    }
}

/* Three 2 x 2 images and their labels, as a training part. */
static const uint8_t images_bytes[] = {0, 0, 8, 3,  0,  0,  0,   3, 0, 0, 0, 2, 0, 0,
                                       0, 2, 0, 10, 20, 30, 255, 0, 0, 0, 1, 2, 3, 4};
static const uint8_t labels_bytes[] = {0, 0, 8, 1, 0, 0, 0, 3, 4, 0, 1};

static void write_part(const char *directory, size_t images, const uint8_t pixel[], size_t labels,
                       const uint8_t label[])
{
    char path[PATH];

    make_path(path, directory, "train-images-idx3-ubyte");
    write_plain(path, images, pixel);
    make_path(path, directory, "train-labels-idx1-ubyte.gz");
    write_gzip(path, labels, label);
}

TEST(images_are_centred_and_scaled)
{
    const char *directory = test_directory();
    const double raw[2][4] = {{0, 10, 20, 30}, {255, 0, 0, 0}}, mean = 315.0 / 8;
    struct images images;

    write_part(directory, sizeof images_bytes, images_bytes, sizeof labels_bytes, labels_bytes);
    CHECK_INT(images_read(directory, "train", 2, &images), STATUS_OK);
    CHECK_INT(images.count, 2);
    CHECK_INT(images.features, 4);
    CHECK_INT(images.classes, 5);
    CHECK_INT(images.label[0], 4);
    CHECK_INT(images.label[1], 0);
    for (int i = 0; i < 2; i++) {
        double norm2 = 0;

        for (int j = 0; j < 4; j++) {
            norm2 += (raw[i][j] - mean) * (raw[i][j] - mean);
        }
        for (int j = 0; j < 4; j++) {
            CHECK_RELATIVE(images.pixels[4 * i + j], 2 * (raw[i][j] - mean) / sqrt(norm2), 1e-15);
        }
    }
    images_free(&images);
    CHECK_INT(images_read(directory, "train", 4, &images), STATUS_RANGE);
    CHECK_INT(images_read(directory, "t10k", 0, &images), STATUS_ABSENT);
    CHECK(images.pixels == NULL);
}

TEST(parts_that_do_not_belong_together_are_refused)
{
    const uint8_t four_labels[] = {0, 0, 8, 1, 0, 0, 0, 4, 4, 0, 1, 1},
                  uniform[] = {0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 1, 9, 9, 9};
    const char *directory = test_directory();
    struct images images;

    write_part(directory, sizeof images_bytes, images_bytes, sizeof four_labels, four_labels);
    CHECK_INT(images_read(directory, "train", 0, &images), STATUS_FORMAT);
    CHECK_CONTAINS(status_reason(), "3 images and 4 labels");
    write_part(directory, sizeof two_by_three, two_by_three, sizeof labels_bytes, labels_bytes);
    CHECK_INT(images_read(directory, "train", 0, &images), STATUS_FORMAT);
    write_part(directory, sizeof uniform, uniform, sizeof labels_bytes, labels_bytes);
    CHECK_INT(images_read(directory, "train", 0, &images), STATUS_FORMAT);
    CHECK_CONTAINS(status_reason(), "uniform");
}

TEST(installed_data_set_has_its_known_shape)
{
    const char *directory = "/usr/share/datasets/fashion-mnist";
    struct images images;
    enum status status = images_read(directory, "t10k", 0, &images);

    if (status == STATUS_ABSENT) {
        CHECK_CONTAINS(status_reason(), directory);
        return;
    }
    CHECK_INT(status, STATUS_OK);
    CHECK_INT(images.count, 10000);
    CHECK_INT(images.features, 784);
    CHECK_INT(images.classes, 10);
    size_t of_class[10] = {0};
    for (size_t i = 0; i < images.count; i++) {
        of_class[images.label[i]]++;
    }
    for (int c = 0; c < 10; c++) {
        CHECK_INT(of_class[c], 1000);
    }
    images_free(&images);
}
