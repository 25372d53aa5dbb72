// SPDX-License-Identifier: GPL-3.0-or-later
/* Convolution by patches against a direct loop over sites, taps and channels, bit for bit in integers; the adjoint; sizes; refusals. */
#include "assay_test.h"

#include <assay/base/memory.h>
#include <assay/network/convolution.h>
#include <assay/network/dense.h>
#include <assay/numerics/linear.h>
#include <assay/random/stream.h>
#include <math.h>

enum { SAMPLES = 2, OUTPUTS = 3 };

static const struct convolution SHAPES[] = {{7, 5, 2, 3, 1, 0}, {7, 5, 2, 3, 2, 0}, {9, 9, 1, 3, 2, 1},
                                            {6, 8, 3, 2, 2, 1}, {4, 4, 2, 4, 1, 0}, {5, 6, 4, 1, 1, 0},
                                            {3, 3, 1, 5, 1, 2}, {8, 8, 2, 1, 3, 0}};
enum { SHAPE_COUNT = sizeof SHAPES / sizeof SHAPES[0] };

static double *whole_numbers(size_t n, uint32_t sample)
{
    struct stream stream = stream_open(stream_key("test/convolution", 1), 0, sample);
    double *x = memory_doubles(n);

    for (size_t i = 0; i < n; i++) {
        x[i] = (double)stream_below(&stream, 201) - 100;
    }
    return x;
}

/* Output (sample, y, x, o) by the definition. */
static double direct(const struct convolution *c, const double A[], const double W[], int sample, int y, int x, int o)
{
    double sum = 0;

    for (int ky = 0; ky < c->kernel; ky++) {
        for (int kx = 0; kx < c->kernel; kx++) {
            int row = y * c->stride - c->padding + ky, column = x * c->stride - c->padding + kx;

            for (int k = 0; row >= 0 && row < c->height && column >= 0 && column < c->width && k < c->channels; k++) {
                sum += W[((o * c->kernel + ky) * c->kernel + kx) * c->channels + k] *
                       A[((sample * c->height + row) * c->width + column) * c->channels + k];
            }
        }
    }
    return sum;
}

TEST(patches_make_the_direct_convolution_bit_for_bit)
{
    for (int s = 0; s < SHAPE_COUNT; s++) {
        const struct convolution *c = &SHAPES[s];
        int columns = convolution_columns(c), sites = convolution_sites(c), width = convolution_width(c);
        double *A = whole_numbers((size_t)(SAMPLES * c->height * c->width * c->channels), 1),
               *W = whole_numbers((size_t)(OUTPUTS * columns), 2),
               *Z = memory_doubles((size_t)(SAMPLES * sites * OUTPUTS)),
               *P = memory_doubles((size_t)(SAMPLES * sites * columns));

        CHECK_INT(convolution_check(c), STATUS_OK);
        convolution_patches(c, SAMPLES, A, P);
        dense_forward(SAMPLES * sites, columns, OUTPUTS, 1, P, W, NULL, Z);
        for (int i = 0; i < SAMPLES * sites * OUTPUTS; i++) {
            int site = i / OUTPUTS % sites;

            CHECK_SAME(Z[i], direct(c, A, W, i / OUTPUTS / sites, site / width, site % width, i % OUTPUTS));
        }
        memory_free(A);
        memory_free(W);
        memory_free(Z);
        memory_free(P);
    }
}

TEST(unpatch_is_the_adjoint)
{
    for (int s = 0; s < SHAPE_COUNT; s++) {
        const struct convolution *c = &SHAPES[s];
        int map = SAMPLES * c->height * c->width * c->channels,
            patches = SAMPLES * convolution_sites(c) * convolution_columns(c);
        double *A = whole_numbers((size_t)map, 3), *Q = whole_numbers((size_t)patches, 4),
               *P = memory_doubles((size_t)patches), *B = whole_numbers((size_t)map, 5);

        convolution_patches(c, SAMPLES, A, P);
        convolution_unpatch(c, SAMPLES, Q, B);
        CHECK_SAME(linear_dot(patches, P, Q), linear_dot(map, A, B));
        memory_free(A);
        memory_free(Q);
        memory_free(P);
        memory_free(B);
    }
}

TEST(sizes_are_those_of_the_literature)
{
    struct convolution cifar = {32, 32, 3, 3, 2, 0}, same = {32, 32, 3, 3, 2, 1}, mnist = {28, 28, 1, 3, 2, 0};

    CHECK_INT(convolution_sites(&cifar), 225);
    CHECK_INT(convolution_sites(&same), 256);
    CHECK_INT(convolution_sites(&mnist), 169);
    CHECK_INT(convolution_columns(&cifar), 27);
    CHECK(convolution_is_identity(&(struct convolution){5, 6, 4, 1, 1, 0}));
    CHECK(!convolution_is_identity(&(struct convolution){5, 6, 4, 1, 2, 0}));
}

TEST(what_does_not_fit_is_refused)
{
    const struct convolution bad[] = {{0, 5, 1, 1, 1, 0}, {5, 5, 0, 1, 1, 0}, {5, 5, 1, 6, 1, 0},  {5, 3, 1, 4, 1, 0},
                                      {5, 5, 1, 3, 0, 0}, {5, 5, 1, 3, 1, 3}, {5, 5, 1, 3, 1, -1}, {5, 5, 1, 0, 1, 0}};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_INT(convolution_check(&bad[i]), STATUS_RANGE);
    }
    CHECK_CONTAINS(status_reason(), "kernel 0");
}
