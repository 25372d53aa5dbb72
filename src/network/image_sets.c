// SPDX-License-Identifier: GPL-3.0-or-later
/* Images made to measure. */
#include <assay/base/memory.h>
#include <assay/network/image_sets.h>
#include <math.h>
#include <string.h>

/* ## Centring */

static void mean_image(const struct images *images, double mean[])
{
    for (size_t i = 0; i < images->count; i++) {
        for (size_t j = 0; j < images->features; j++) {
            mean[j] += images->pixels[i * images->features + j] / (double)images->count;
        }
    }
}

static void subtract(struct images *images, const double mean[])
{
    for (size_t i = 0; i < images->count; i++) {
        for (size_t j = 0; j < images->features; j++) {
            images->pixels[i * images->features + j] -= mean[j];
        }
    }
}

static void scale(struct images *images, double factor)
{
    for (size_t i = 0; i < images->count * images->features; i++) {
        images->pixels[i] *= factor;
    }
}

static double mean_square(const struct images *images)
{
    double sum = 0;

    for (size_t i = 0; i < images->count * images->features; i++) {
        sum += images->pixels[i] * images->pixels[i];
    }
    return sum / ((double)images->count * (double)images->features);
}

enum status images_centre(struct images *train, struct images *test)
{
    if (train->count < 1 || (test != NULL && test->features != train->features)) {
        return status_fail(STATUS_RANGE, "images_centre: %zu images of %zu features, %zu for tests", train->count,
                           train->features, test == NULL ? 0 : test->features);
    }
    double *mean = memory_doubles(train->features), before = mean_square(train);

    mean_image(train, mean);
    subtract(train, mean);
    double square = mean_square(train);
    if (test != NULL) {
        subtract(test, mean);
    }
    memory_free(mean);
    if (!(square > 1e-24 * before)) { // all that is left is rounding
        return status_fail(STATUS_RANGE, "images_centre: all %zu images are the same", train->count);
    }
    scale(train, 1 / sqrt(square));
    if (test != NULL) {
        scale(test, 1 / sqrt(square));
    }
    return STATUS_OK;
}

/* ## A teacher's labels */

static int largest(int n, const double x[])
{
    int best = 0;

    for (int k = 1; k < n; k++) {
        best = x[k] > x[best] ? k : best;
    }
    return best;
}

enum status images_of_teacher(const struct feedforward *teacher, size_t count, struct stream *stream,
                              struct images *images)
{
    enum { TOGETHER = 256 };
    size_t features = (size_t)feedforward_size(teacher, 0);
    int L = teacher->model.layers, outputs = feedforward_size(teacher, L);
    struct feedforward_pass pass;

    *images = (struct images){.count = count, .features = features, .classes = outputs};
    if (count < 1 || teacher->model.batchnorm) {
        return status_fail(STATUS_RANGE, "images_of_teacher: %zu images%s", count,
                           teacher->model.batchnorm ? ", and the teacher has batch normalisation" : "");
    }
    enum status status = feedforward_pass_new(&pass, teacher, TOGETHER);
    if (status != STATUS_OK) {
        return status;
    }
    size_t padded = (count + TOGETHER - 1) / TOGETHER * TOGETHER; // the last pass may see zeros
    images->pixels = memory_doubles(padded * features);
    images->label = memory_new(count, sizeof images->label[0]);
    stream_normals(stream, count * features, images->pixels);
    for (size_t at = 0; at < count; at += TOGETHER) {
        feedforward_forward(teacher, &pass, images->pixels + at * features);
        for (size_t i = 0; i < TOGETHER && at + i < count; i++) {
            images->label[at + i] = largest(outputs, pass.z[L] + i * (size_t)outputs);
        }
    }
    feedforward_pass_free(&pass);
    return STATUS_OK;
}
