// SPDX-License-Identifier: GPL-3.0-or-later
/* Labelled images from a pair of IDX files, centred and scaled.
 *
 * One number is subtracted from all pixels, their mean over the images read; then each image is scaled to root mean
 * square 1. An image that equals the mean throughout has no direction and is refused. */
#include <assay/base/hash.h>
#include <assay/base/memory.h>
#include <assay/network/idx.h>
#include <assay/network/layernorm.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

/* DIR/PART-NAME, gzipped if there is no plain file of that name. */
static enum status read_part(const char *directory, const char *part, const char *name, struct idx *idx)
{
    char path[4096];
    int length = snprintf(path, sizeof path - 3, "%s/%s-%s", directory, part, name);

    if (length < 0 || (size_t)length >= sizeof path - 3) {
        return status_fail(STATUS_RANGE, "images_read: the name of directory %.40s... is too long", directory);
    }
    if (access(path, F_OK) != 0) {
        snprintf(path + length, sizeof path - (size_t)length, ".gz");
    }
    return idx_read(path, idx);
}

static enum status check(const char *directory, const char *part, size_t count, const struct idx *pixels,
                         const struct idx *labels)
{
    if (pixels->dimensions != 3 || labels->dimensions != 1) {
        return status_fail(STATUS_FORMAT, "%s: %s has %d and %d dimensions where 3 (images) and 1 (labels) belong",
                           directory, part, pixels->dimensions, labels->dimensions);
    }
    if (pixels->size[0] != labels->size[0]) {
        return status_fail(STATUS_FORMAT, "%s: %s has %zu images and %zu labels", directory, part, pixels->size[0],
                           labels->size[0]);
    }
    if (count > pixels->size[0]) {
        return status_fail(STATUS_RANGE, "%s: %zu images of %s asked, %zu there", directory, count, part,
                           pixels->size[0]);
    }
    if (pixels->size[1] > INT_MAX / pixels->size[2]) {
        return status_fail(STATUS_FORMAT, "%s: images of %zu by %zu pixels in %s", directory, pixels->size[1],
                           pixels->size[2], part);
    }
    return STATUS_OK;
}

static double mean_pixel(size_t n, const uint8_t pixel[])
{
    uint64_t sum = 0;

    for (size_t i = 0; i < n; i++) {
        sum += pixel[i];
    }
    return (double)sum / (double)n;
}

/* Centres and scales image i; whether it has a direction. */
static int normalise(struct images *images, size_t i, const uint8_t pixel[], double mean)
{
    double *x = images->pixels + i * images->features, rms;

    for (size_t j = 0; j < images->features; j++) {
        x[j] = pixel[i * images->features + j] - mean;
    }
    layernorm_forward(1, (int)images->features, x, x, &rms);
    return rms > 0;
}

enum status images_of_bytes(const char *source, size_t count, size_t features, const uint8_t pixel[],
                            const uint8_t label[], struct images *images)
{
    double mean = mean_pixel(count * features, pixel);

    *images = (struct images){.count = count, .features = features};
    images->pixels = memory_doubles(count * features);
    images->label = memory_new(count, sizeof images->label[0]);
    for (size_t i = 0; i < count; i++) {
        if (!normalise(images, i, pixel, mean)) {
            images_free(images);
            return status_fail(STATUS_FORMAT, "%s: image %zu is uniform and cannot be scaled", source, i + 1);
        }
        images->label[i] = label[i];
        images->classes = images->label[i] >= images->classes ? images->label[i] + 1 : images->classes;
    }
    return STATUS_OK;
}

uint64_t images_fingerprint(const struct images *images)
{
    uint64_t hash = hash_bytes(HASH_EMPTY, images->count * images->features * sizeof images->pixels[0], images->pixels);

    return hash_bytes(hash, images->count * sizeof images->label[0], images->label);
}

enum status images_read(const char *directory, const char *part, size_t count, struct images *images)
{
    struct idx pixels = {0}, labels = {0};
    enum status status = read_part(directory, part, "images-idx3-ubyte", &pixels);

    *images = (struct images){0};
    if (status == STATUS_OK) {
        status = read_part(directory, part, "labels-idx1-ubyte", &labels);
    }
    if (status == STATUS_OK) {
        status = check(directory, part, count, &pixels, &labels);
    }
    if (status == STATUS_OK) {
        char source[4096];

        snprintf(source, sizeof source, "%s, part %s", directory, part);
        status = images_of_bytes(source, count > 0 ? count : pixels.size[0], pixels.size[1] * pixels.size[2],
                                 pixels.data, labels.data, images);
    }
    idx_free(&pixels);
    idx_free(&labels);
    return status;
}

void images_free(struct images *images)
{
    memory_free(images->pixels);
    memory_free(images->label);
    *images = (struct images){0};
}
