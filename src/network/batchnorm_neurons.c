// SPDX-License-Identifier: GPL-3.0-or-later
/* Normalisation over a layer's neurons, in two looks: sums over all neurons, block by block, then each block by itself.
 *
 * Of mean and variance of a sample's N numbers the derivative is (I - 11'/N - z z'/N) / s, the one of batch normalisation with neurons and samples exchanged. h has
 * mean 0 over the weights, so that the mean of its N numbers is small beside its spread and the variance loses no digits as a difference. */
#include "batchnorm_pass.h"

#include <math.h>

void layer_sums_add(int n, int m, const double A[], const double B[], double sum[], double product[])
{
    for (ptrdiff_t i = 0; i < n; i++) {
        for (ptrdiff_t a = i * m; a < (i + 1) * m; a++) {
            sum[i] += A[a];
            product[i] += A[a] * B[a];
        }
    }
}

void layer_statistics(int n, int N, double epsilon, double mean[], double inverse[])
{
    for (int i = 0; i < n; i++) {
        mean[i] /= N;
        inverse[i] = 1 / sqrt(inverse[i] / N - mean[i] * mean[i] + epsilon);
    }
}

void layer_normalise(int n, int m, const double mean[], const double inverse[], double Z[])
{
    for (ptrdiff_t i = 0; i < n; i++) {
        for (ptrdiff_t a = i * m; a < (i + 1) * m; a++) {
            Z[a] = (Z[a] - mean[i]) * inverse[i];
        }
    }
}

void layer_derivative(int n, int m, const double mean[], const double along[], const double inverse[], const double Z[],
                      double D[])
{
    for (ptrdiff_t i = 0; i < n; i++) {
        for (ptrdiff_t a = i * m; a < (i + 1) * m; a++) {
            D[a] = (D[a] - mean[i] - along[i] * Z[a]) * inverse[i];
        }
    }
}
