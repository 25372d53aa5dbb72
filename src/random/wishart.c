// SPDX-License-Identifier: GPL-3.0-or-later
/* Random covariances. */
#include <assay/base/memory.h>
#include <assay/random/wishart.h>

void wishart(struct stream *stream, int n, int degrees, double S[])
{
    double *X = memory_doubles((size_t)n * (size_t)degrees);

    stream_normals(stream, (size_t)n * (size_t)degrees, X);
    for (int i = 0; i < n; i++)
        for (int j = 0; j <= i; j++) {
            double sum = 0;

            for (int k = 0; k < degrees; k++)
                sum += X[i * degrees + k] * X[j * degrees + k];
            S[i * n + j] = S[j * n + i] = sum / degrees;
        }
    memory_free(X);
}
