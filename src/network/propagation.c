// SPDX-License-Identifier: GPL-3.0-or-later
/* What can be read off a pass, whatever the network: gaps between samples, and directions to send through it. */
#include <assay/network/propagation.h>
#include <assay/numerics/linear.h>
#include <math.h>
#include <stddef.h>

double propagation_gap(int n, const double x[], const double y[])
{
    double sum = 0;

    for (int i = 0; i < n; i++) {
        sum += (x[i] - y[i]) * (x[i] - y[i]);
    }
    return sum / (2.0 * n);
}

void propagation_scale(int samples, int rows, int width, const double slope[], double T[])
{
    for (int i = 0; i < samples * rows; i++) {
        const double *s = slope + (ptrdiff_t)(i / rows) * width;
        double *t = T + (ptrdiff_t)i * width;

        for (int j = 0; j < width; j++) {
            t[j] *= s[j];
        }
    }
}

enum status propagation_record_gaps(const struct layer_state *state, void *context)
{
    int pairs = state->samples / 2, n = state->width;
    double *gap = (double *)context + (ptrdiff_t)state->layer * pairs;

    for (int p = 0; p < pairs; p++) {
        const double *x = state->Z + (ptrdiff_t)(2 * p) * n;

        gap[p] = propagation_gap(n, x, x + n);
    }
    return STATUS_OK;
}

void propagation_tangent(struct stream *stream, int n, const double x[], double v[])
{
    stream_normals(stream, (size_t)n, v);
    linear_axpy(n, -linear_dot(n, x, v) / linear_dot(n, x, x), x, v);
    double scale = sqrt(n) / linear_norm(n, v);
    for (int i = 0; i < n; i++) {
        v[i] *= scale;
    }
}
