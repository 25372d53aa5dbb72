// SPDX-License-Identifier: GPL-3.0-or-later
/* Batch normalisation, neurons side by side.
 *
 * A mean over a batch is a sum over rows. Rows are short in number and long, so the sums run along a strip of neurons at a time, which
 * the compiler turns into vectors without reordering any sum. */
#include <assay/network/batchnorm_layer.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

enum { STRIP = 128 };

/* One batch, n <= STRIP neurons, rows `width` apart. */
static void forward_strip(int batch, int width, int n, double epsilon, const double H[], double Z[], double inverse[])
{
    double mean[STRIP] = {0}, square[STRIP] = {0};

    for (ptrdiff_t i = 0; i < batch; i++) {
        for (int a = 0; a < n; a++) {
            mean[a] += H[i * width + a];
        }
    }
    for (int a = 0; a < n; a++) {
        mean[a] /= batch;
    }
    for (ptrdiff_t i = 0; i < batch; i++) {
        for (int a = 0; a < n; a++) {
            double h = H[i * width + a] - mean[a];

            Z[i * width + a] = h;
            square[a] += h * h;
        }
    }
    for (int a = 0; a < n; a++) {
        inverse[a] = 1 / sqrt(square[a] / batch + epsilon);
    }
    for (ptrdiff_t i = 0; i < batch; i++) {
        for (int a = 0; a < n; a++) {
            Z[i * width + a] *= inverse[a];
        }
    }
}

static void derivative_strip(int batch, int width, int n, const double Z[], const double inverse[], const double D[],
                             double E[])
{
    double mean[STRIP] = {0}, along[STRIP] = {0};

    for (ptrdiff_t i = 0; i < batch; i++) {
        for (int a = 0; a < n; a++) {
            mean[a] += D[i * width + a];
            along[a] += Z[i * width + a] * D[i * width + a];
        }
    }
    for (int a = 0; a < n; a++) {
        mean[a] /= batch;
        along[a] /= batch;
    }
    for (ptrdiff_t i = 0; i < batch; i++) {
        for (int a = 0; a < n; a++) {
            E[i * width + a] = (D[i * width + a] - mean[a] - along[a] * Z[i * width + a]) * inverse[a];
        }
    }
}

void batchnorm_layer_forward(int batch, int batches, int width, double epsilon, const double H[], double Z[],
                             double inverse[])
{
    for (ptrdiff_t g = 0; g < batches; g++) {
        for (int a = 0; a < width; a += STRIP) {
            ptrdiff_t corner = g * batch * width + a;

            forward_strip(batch, width, width - a < STRIP ? width - a : STRIP, epsilon, H + corner, Z + corner,
                          inverse + g * width + a);
        }
    }
}

void batchnorm_layer_derivative(int batch, int batches, int width, const double Z[], const double inverse[],
                                const double D[], double E[])
{
    for (ptrdiff_t g = 0; g < batches; g++) {
        for (int a = 0; a < width; a += STRIP) {
            ptrdiff_t corner = g * batch * width + a;

            derivative_strip(batch, width, width - a < STRIP ? width - a : STRIP, Z + corner, inverse + g * width + a,
                             D + corner, E + corner);
        }
    }
}
