// SPDX-License-Identifier: GPL-3.0-or-later
/* Images made to measure: moments after centring, labels of a known teacher, refusals. */
#include "assay_test.h"

#include <assay/base/memory.h>
#include <assay/network/image_sets.h>
#include <math.h>

enum { COUNT = 40, FEATURES = 5 };

static struct images noisy_images(size_t count, double shift, double size, uint32_t sample)
{
    struct stream stream = stream_open(stream_key("test/image_sets", 1), 0, sample);
    struct images images = {.count = count, .features = FEATURES, .classes = 2};

    images.pixels = memory_doubles(count * FEATURES);
    images.label = memory_new(count, sizeof images.label[0]);
    stream_normals_scaled(&stream, size, count * FEATURES, images.pixels);
    for (size_t i = 0; i < count * FEATURES; i++) {
        images.pixels[i] += shift * (double)(i % FEATURES);
    }
    return images;
}

TEST(centred_images_have_mean_zero_and_mean_square_one)
{
    struct images train = noisy_images(COUNT, 3, 2, 0), test = noisy_images(4, 3, 2, 1);
    double square = 0, first = test.pixels[0], second = test.pixels[FEATURES];

    CHECK_INT(images_centre(&train, &test), STATUS_OK);
    for (int j = 0; j < FEATURES; j++) {
        double mean = 0;

        for (int i = 0; i < COUNT; i++) {
            mean += train.pixels[i * FEATURES + j] / COUNT;
            square += train.pixels[i * FEATURES + j] * train.pixels[i * FEATURES + j] / (COUNT * FEATURES);
        }
        CHECK_ABSOLUTE(mean, 0, 1e-14);
    }
    CHECK_RELATIVE(square, 1, 1e-14);
    // one number for both: differences are divided by it, and the noise had size 2
    CHECK_RELATIVE((test.pixels[0] - test.pixels[FEATURES]) / (first - second), 0.5, 0.2);
    images_free(&train);
    images_free(&test);
}

TEST(images_that_cannot_be_centred_are_refused)
{
    struct images train = noisy_images(COUNT, 3, 0, 0), test = noisy_images(4, 3, 2, 1);

    CHECK_INT(images_centre(&train, NULL), STATUS_RANGE);
    test.features = FEATURES - 1;
    CHECK_INT(images_centre(&train, &test), STATUS_RANGE);
    images_free(&train);
    images_free(&test);
}

/* A linear teacher that copies two coordinates. */
TEST(labels_are_the_teachers_largest_output)
{
    struct feedforward_model model;
    struct feedforward teacher;
    struct stream stream = stream_open(stream_key("test/image_sets", 1), 0, 2);
    struct images images;
    double square = 0;

    feedforward_model_dense(&model, FEATURES, 1, 1, 2, 0, 1, 0);
    CHECK_INT(feedforward_new(&teacher, &model, stream), STATUS_OK);
    for (int i = 0; i < 2 * FEATURES; i++) {
        teacher.parameter[i] = i == 1 || i == FEATURES + 3;
    }
    CHECK_INT(images_of_teacher(&teacher, 300, &stream, &images), STATUS_OK); // more than fill one pass
    CHECK_INT(stream.draw, 300 * FEATURES);
    CHECK_INT(images.classes, 2);
    for (int i = 0; i < 300; i++) {
        const double *x = images.pixels + i * FEATURES;

        CHECK_INT(images.label[i], x[3] > x[1]);
        square += x[0] * x[0] / 300;
    }
    CHECK_ABSOLUTE(square, 1, 5 * sqrt(2.0 / 300));
    images_free(&images);
    CHECK_INT(images_of_teacher(&teacher, 0, &stream, &images), STATUS_RANGE);
    teacher.model.batchnorm = true;
    CHECK_INT(images_of_teacher(&teacher, 10, &stream, &images), STATUS_RANGE);
    feedforward_free(&teacher);
}
