// SPDX-License-Identifier: GPL-3.0-or-later
/* Layer normalisation without centring, row by row.
 *
 * From z = y / r, r = |y| / sqrt(N), a change e of y changes z by (e - z (z'e) / N) / r, since |z|^2 = N. Storing z
 * and r is enough for both directions; y itself is not needed again. */
#include <assay/network/layernorm.h>
#include <assay/numerics/linear.h>
#include <math.h>
#include <stddef.h>

void layernorm_forward(int samples, int width, const double Y[], double Z[], double rms[])
{
    for (int i = 0; i < samples; i++) {
        const double *y = Y + (ptrdiff_t)i * width;
        double *z = Z + (ptrdiff_t)i * width;
        double r = linear_norm(width, y) / sqrt(width);

        for (int j = 0; j < width; j++) {
            z[j] = y[j] / r;
        }
        if (rms != NULL) {
            rms[i] = r;
        }
    }
}

void layernorm_derivative(int samples, int rows, int width, const double Z[], const double rms[], const double D[],
                          double E[])
{
    for (int i = 0; i < samples * rows; i++) {
        const double *z = Z + (ptrdiff_t)(i / rows) * width, *d = D + (ptrdiff_t)i * width;
        double *e = E + (ptrdiff_t)i * width;
        double along = linear_dot(width, z, d) / width, scale = 1 / rms[i / rows];

        for (int j = 0; j < width; j++) {
            e[j] = (d[j] - along * z[j]) * scale;
        }
    }
}
