// SPDX-License-Identifier: GPL-3.0-or-later
/* CIFAR-10's files written here, whole and damaged. */
#include "assay_test.h"

#include <assay/network/cifar.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RECORD = 3073 };

/* Byte j of image n: nothing in it repeats over channels, rows or images. */
static uint8_t byte_of(size_t n, size_t j)
{
    return (uint8_t)((j * j + 37 * j * (n + 1) + 11 * n) % 251);
}

/* Appends to a file the images from first on, image n with label n % 10; then cut bytes are taken off its end. */
static void write_batch(const char *directory, const char *name, size_t first, size_t images, size_t cut)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL);
    for (size_t n = first; n < first + images; n++) {
        uint8_t record[RECORD] = {(uint8_t)(n % 10)};

        for (size_t j = 0; j < CIFAR_FEATURES; j++) {
            record[1 + j] = byte_of(n, j);
        }
        CHECK(fwrite(record, 1, sizeof record, file) == sizeof record);
    }
    CHECK(fclose(file) == 0);
    CHECK(truncate(path, (off_t)(RECORD * images - cut)) == 0);
}

/* Five training batches of 3, 2, 1, 2 and 1 images in this order, and four for tests. */
static const char *small_set(void)
{
    static const size_t images[] = {3, 2, 1, 2, 1};
    const char *directory = test_directory();
    size_t first = 0;

    for (int f = 0; f < 5; f++) {
        char name[32];

        snprintf(name, sizeof name, "data_batch_%d.bin", f + 1);
        write_batch(directory, name, first, images[f], 0);
        first += images[f];
    }
    write_batch(directory, "test_batch.bin", 100, 4, 0);
    return directory;
}

/* Against the bytes, centred and scaled here; place(j) is where byte j belongs. */
static void expect_images(const struct images *images, size_t first, size_t count, size_t (*place)(size_t j))
{
    double mean = 0;

    CHECK_INT(images->count, count);
    CHECK_INT(images->features, 3072);
    CHECK_INT(images->classes, 10);
    for (size_t n = 0; n < count; n++) {
        for (size_t j = 0; j < CIFAR_FEATURES; j++) {
            mean += byte_of(first + n, j) / (double)(count * CIFAR_FEATURES);
        }
    }
    for (size_t n = 0; n < count; n++) {
        double square = 0, worst = 0;

        for (size_t j = 0; j < CIFAR_FEATURES; j++) {
            square += pow(byte_of(first + n, j) - mean, 2) / CIFAR_FEATURES;
        }
        for (size_t j = 0; j < CIFAR_FEATURES; j++) {
            double x = (byte_of(first + n, j) - mean) / sqrt(square);

            worst = fmax(worst, fabs(images->pixels[n * CIFAR_FEATURES + place(j)] - x));
        }
        CHECK_INT(images->label[n], (first + n) % 10);
        CHECK(worst < 1e-12);
    }
}

static size_t as_stored(size_t j)
{
    return j;
}

/* Channel c, row y, column x stand at 1024 c + 32 y + x in the file, and at 3 (32 y + x) + c by sites. */
static size_t by_sites(size_t j)
{
    size_t c = j / 1024, y = j % 1024 / 32, x = j % 32;

    return (32 * y + x) * 3 + c;
}

TEST(images_come_in_order_across_the_batches)
{
    const char *directory = small_set();
    static const size_t counts[] = {1, 3, 4, 6, 9};
    struct images images;

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        CHECK_INT(cifar_read(directory, "train", counts[i], CIFAR_PLANES, &images), STATUS_OK);
        expect_images(&images, 0, counts[i], as_stored);
        images_free(&images);
    }
    CHECK_INT(cifar_read(directory, "train", 0, CIFAR_PLANES, &images), STATUS_OK);
    expect_images(&images, 0, 9, as_stored);
    images_free(&images);
    CHECK_INT(cifar_read(directory, "test", 0, CIFAR_PLANES, &images), STATUS_OK);
    expect_images(&images, 100, 4, as_stored);
    images_free(&images);
}

TEST(channels_stand_side_by_side_where_asked)
{
    struct images images;

    CHECK_INT(cifar_read(small_set(), "train", 5, CIFAR_SITES, &images), STATUS_OK);
    expect_images(&images, 0, 5, by_sites);
    images_free(&images);
}

TEST(what_is_not_there_is_absent_as_far_as_it_is_needed)
{
    const char *directory = small_set();
    char path[256];
    struct images images;

    CHECK_INT(cifar_read("/nowhere/at/all", "train", 1, CIFAR_PLANES, &images), STATUS_ABSENT);
    CHECK_CONTAINS(status_reason(), "/nowhere/at/all/data_batch_1.bin: No such file");
    CHECK(images.pixels == NULL);
    snprintf(path, sizeof path, "%s/data_batch_3.bin", directory);
    CHECK_INT(remove(path), 0);
    CHECK_INT(cifar_read(directory, "train", 5, CIFAR_PLANES, &images), STATUS_OK);
    images_free(&images);
    CHECK_INT(cifar_read(directory, "train", 6, CIFAR_PLANES, &images), STATUS_ABSENT);
    CHECK_CONTAINS(status_reason(), "data_batch_3.bin");
    CHECK_INT(cifar_read(directory, "train", 0, CIFAR_PLANES, &images), STATUS_ABSENT);
    CHECK_INT(mkdir(path, 0777), 0);
    CHECK_INT(cifar_read(directory, "train", 6, CIFAR_PLANES, &images), STATUS_IO);
    CHECK_INT(cifar_read(path, "test", 0, CIFAR_PLANES, &images), STATUS_ABSENT);
}

TEST(more_than_there_is_and_other_parts_are_out_of_range)
{
    const char *directory = small_set();
    struct images images;

    CHECK_INT(cifar_read(directory, "train", 10, CIFAR_PLANES, &images), STATUS_RANGE);
    CHECK_CONTAINS(status_reason(), "10 images of train asked, 9 there");
    CHECK_INT(cifar_read(directory, "test", 5, CIFAR_PLANES, &images), STATUS_RANGE);
    CHECK_INT(cifar_read(directory, "t10k", 1, CIFAR_PLANES, &images), STATUS_RANGE);
    CHECK_CONTAINS(status_reason(), "train or test");
    CHECK(images.pixels == NULL && images.label == NULL);
}

/* Cut within a record, at its label, to nothing; longer than the original's. */
TEST(files_of_another_size_are_refused)
{
    static const size_t cut[] = {1, RECORD - 1, RECORD + 1, 2 * RECORD};
    const char *directory = small_set();
    char path[256];
    struct images images;

    for (size_t i = 0; i < sizeof cut / sizeof cut[0]; i++) {
        write_batch(directory, "test_batch.bin", 0, 2, cut[i]);
        CHECK_INT(cifar_read(directory, "test", 1, CIFAR_PLANES, &images), STATUS_FORMAT);
        CHECK_CONTAINS(status_reason(), "test_batch.bin: ");
        CHECK(images.pixels == NULL);
    }
    snprintf(path, sizeof path, "%s/test_batch.bin", directory);
    write_batch(directory, "test_batch.bin", 0, 2, 0);
    CHECK_INT(truncate(path, (off_t)RECORD * 10000), 0); // a hole: black images of class 0
    CHECK_INT(cifar_read(directory, "test", 3, CIFAR_PLANES, &images), STATUS_OK);
    CHECK_INT(images.label[2], 0);
    images_free(&images);
    CHECK_INT(truncate(path, (off_t)RECORD * 10001), 0);
    CHECK_INT(cifar_read(directory, "test", 3, CIFAR_PLANES, &images), STATUS_FORMAT);
}

TEST(a_label_above_nine_is_refused)
{
    const char *directory = small_set();
    char path[256];
    struct images images;

    snprintf(path, sizeof path, "%s/data_batch_2.bin", directory);
    FILE *file = fopen(path, "r+b");
    CHECK(file != NULL && fseek(file, RECORD, SEEK_SET) == 0 && fputc(10, file) == 10 && fclose(file) == 0);
    CHECK_INT(cifar_read(directory, "train", 4, CIFAR_PLANES, &images), STATUS_OK);
    images_free(&images);
    CHECK_INT(cifar_read(directory, "train", 5, CIFAR_PLANES, &images), STATUS_FORMAT);
    CHECK_CONTAINS(status_reason(), "data_batch_2.bin: record 2 has label 10");
    CHECK(images.pixels == NULL);
}

/* All black: equal to their mean, without a direction. */
TEST(uniform_images_are_refused)
{
    const char *directory = test_directory();
    char path[256];
    struct images images;

    write_batch(directory, "test_batch.bin", 0, 1, RECORD);
    snprintf(path, sizeof path, "%s/test_batch.bin", directory);
    CHECK_INT(truncate(path, 2 * RECORD), 0);
    CHECK_INT(cifar_read(directory, "test", 0, CIFAR_PLANES, &images), STATUS_FORMAT);
    CHECK_CONTAINS(status_reason(), "uniform");
}

TEST(an_installed_data_set_has_its_known_shape)
{
    const char *directory = "/usr/share/datasets/cifar-10-batches-bin";
    struct images images;
    enum status status = cifar_read(directory, "test", 0, CIFAR_PLANES, &images);

    if (status == STATUS_ABSENT) {
        CHECK_CONTAINS(status_reason(), directory);
        return;
    }
    CHECK_INT(status, STATUS_OK);
    CHECK_INT(images.count, 10000);
    size_t of_class[10] = {0};
    for (size_t i = 0; i < images.count; i++) {
        of_class[images.label[i]]++;
    }
    for (int c = 0; c < 10; c++) {
        CHECK_INT(of_class[c], 1000);
    }
    images_free(&images);
}
