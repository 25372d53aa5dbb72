// SPDX-License-Identifier: GPL-3.0-or-later
/* A dense layer on a batch by rows: Y = scale A W' + 1 b', and its derivatives.
 *
 * A is samples x inputs, W outputs x inputs, b has outputs entries. The scale, usually 1/sqrt(inputs), stays outside
 * W, so that W's entries have the variance that the theory names, and gradient descent on W is descent in that
 * parameterisation. */
#ifndef ASSAY_NETWORK_DENSE_H
#define ASSAY_NETWORK_DENSE_H

/* Y (samples x outputs). b may be NULL. 2 samples inputs outputs flops, as each of the following. */
void dense_forward(int samples, int inputs, int outputs, double scale, const double A[], const double W[],
                   const double b[], double Y[]);

/* dA = scale dY W (samples x inputs): the gradient with respect to A, given that with respect to Y. */
void dense_backward(int samples, int inputs, int outputs, double scale, const double dY[], const double W[],
                    double dA[]);

/* dW = keep dW + factor scale dY' A and db = keep db + factor * (column sums of dY). factor 1 and keep 0 give the
 * gradient; factor -(learning rate) and keep = momentum update a velocity in place. keep = 0 overwrites whatever
 * stood there. */
void dense_gradient(int samples, int inputs, int outputs, double scale, const double dY[], const double A[],
                    double factor, double keep, double dW[], double db[]);

#endif
