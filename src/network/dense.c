// SPDX-License-Identifier: GPL-3.0-or-later
/* A dense layer: three matrix products.
 *
 * The bias is written into Y first and the product added to it, which saves a pass over Y. */
#include <assay/network/dense.h>
#include <assay/numerics/linear.h>
#include <stddef.h>
#include <string.h>

void dense_forward(int samples, int inputs, int outputs, double scale, const double A[], const double W[],
                   const double b[], double Y[])
{
    for (int i = 0; b != NULL && i < samples; i++) {
        memcpy(Y + (ptrdiff_t)i * outputs, b, (size_t)outputs * sizeof b[0]);
    }
    linear_multiply(false, true, samples, outputs, inputs, scale, A, W, b != NULL ? 1 : 0, Y);
}

void dense_backward(int samples, int inputs, int outputs, double scale, const double dY[], const double W[],
                    double dA[])
{
    linear_multiply(false, false, samples, inputs, outputs, scale, dY, W, 0, dA);
}

void dense_gradient(int samples, int inputs, int outputs, double scale, const double dY[], const double A[],
                    double factor, double keep, double dW[], double db[])
{
    linear_multiply(true, false, outputs, inputs, samples, factor * scale, dY, A, keep, dW);
    for (int j = 0; j < outputs; j++) {
        db[j] = keep != 0 ? keep * db[j] : 0;
    }
    for (int i = 0; i < samples; i++) {
        linear_axpy(outputs, factor, dY + (ptrdiff_t)i * outputs, db);
    }
}
