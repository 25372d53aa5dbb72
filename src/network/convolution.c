// SPDX-License-Identifier: GPL-3.0-or-later
/* Patches and their adjoint.
 *
 * One row of taps of a patch is contiguous in the map (columns and channels lie side by side), so that copying goes by runs of up to kernel * channels numbers. */
#include <assay/network/convolution.h>
#include <stddef.h>
#include <string.h>

enum { SIZE_MOST = 1 << 20 };

enum status convolution_check(const struct convolution *c)
{
    if (c->height < 1 || c->width < 1 || c->channels < 1 || c->kernel < 1 || c->stride < 1 || c->padding < 0 ||
        c->padding >= c->kernel || c->height > SIZE_MOST || c->width > SIZE_MOST || c->channels > SIZE_MOST) {
        return status_fail(STATUS_RANGE, "convolution: map %d x %d x %d, kernel %d, stride %d, padding %d", c->height,
                           c->width, c->channels, c->kernel, c->stride, c->padding);
    }
    if (c->kernel > c->height + 2 * c->padding || c->kernel > c->width + 2 * c->padding) {
        return status_fail(STATUS_RANGE, "convolution: kernel %d does not fit into %d x %d with padding %d", c->kernel,
                           c->height, c->width, c->padding);
    }
    return STATUS_OK;
}

int convolution_height(const struct convolution *c)
{
    return (c->height + 2 * c->padding - c->kernel) / c->stride + 1;
}

int convolution_width(const struct convolution *c)
{
    return (c->width + 2 * c->padding - c->kernel) / c->stride + 1;
}

int convolution_sites(const struct convolution *c)
{
    return convolution_height(c) * convolution_width(c);
}

int convolution_columns(const struct convolution *c)
{
    return c->kernel * c->kernel * c->channels;
}

bool convolution_is_identity(const struct convolution *c)
{
    return c->kernel == 1 && c->stride == 1 && c->padding == 0;
}

/* One row of taps: numbers first..first + count of the patch's row are the map's from `at` on; others lie beyond the border. */
struct run {
    ptrdiff_t at;
    int first, count;
};

static struct run run_of(const struct convolution *c, int row, int column)
{
    int left = column < 0 ? -column : 0;
    int right = column + c->kernel > c->width ? c->width - column : c->kernel;

    if (row < 0 || row >= c->height || right <= left) {
        return (struct run){0, 0, 0};
    }
    return (struct run){((ptrdiff_t)row * c->width + column + left) * c->channels, left * c->channels,
                        (right - left) * c->channels};
}

static void patch(const struct convolution *c, int row, int column, const double A[], double P[])
{
    int length = c->kernel * c->channels;

    for (int t = 0; t < c->kernel; t++, P += length) {
        struct run run = run_of(c, row + t, column);

        if (run.count < length) {
            memset(P, 0, (size_t)length * sizeof P[0]);
        }
        memcpy(P + run.first, A + run.at, (size_t)run.count * sizeof P[0]);
    }
}

static void unpatch(const struct convolution *c, int row, int column, const double P[], double A[])
{
    int length = c->kernel * c->channels;

    for (int t = 0; t < c->kernel; t++, P += length) {
        struct run run = run_of(c, row + t, column);

        for (int i = 0; i < run.count; i++) {
            A[run.at + i] += P[run.first + i];
        }
    }
}

void convolution_patches(const struct convolution *c, int samples, const double A[], double P[])
{
    int height = convolution_height(c), width = convolution_width(c), columns = convolution_columns(c);
    ptrdiff_t size = (ptrdiff_t)c->height * c->width * c->channels;

    for (int i = 0; i < samples; i++, A += size) {
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++, P += columns) {
                patch(c, y * c->stride - c->padding, x * c->stride - c->padding, A, P);
            }
        }
    }
}

void convolution_unpatch(const struct convolution *c, int samples, const double P[], double A[])
{
    int height = convolution_height(c), width = convolution_width(c), columns = convolution_columns(c);
    ptrdiff_t size = (ptrdiff_t)c->height * c->width * c->channels;

    memset(A, 0, (size_t)samples * (size_t)size * sizeof A[0]);
    for (int i = 0; i < samples; i++, A += size) {
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++, P += columns) {
                unpatch(c, y * c->stride - c->padding, x * c->stride - c->padding, P, A);
            }
        }
    }
}
