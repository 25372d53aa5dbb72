// SPDX-License-Identifier: GPL-3.0-or-later
/* Two-dimensional convolution by patches: each output site sees a kernel x kernel window of the input, zeros beyond its border.
 *
 * Maps are samples x height x width x channels, channels side by side. The patches of a batch form a matrix with a row for every sample and output site and a column for every tap and channel (taps by rows, channels side by side),
 * so that the layer is a dense layer (dense.h) on patches, with W (outputs x taps channels). A kernel of 1 with stride 1 and no padding has the map itself as its patches. */
#ifndef ASSAY_NETWORK_CONVOLUTION_H
#define ASSAY_NETWORK_CONVOLUTION_H

#include <assay/base/status.h>
#include <stdbool.h>

/* Plain data. */
struct convolution {
    int height, width, channels; // of the input
    int kernel, stride, padding;
};

/* STATUS_RANGE unless sizes, kernel and stride are at least 1, 0 <= padding < kernel, and the kernel fits into the padded map. */
enum status convolution_check(const struct convolution *convolution);

/* The output map's height and width, its number of sites, and the columns of a patch matrix. */
int convolution_height(const struct convolution *convolution);
int convolution_width(const struct convolution *convolution);
int convolution_sites(const struct convolution *convolution);
int convolution_columns(const struct convolution *convolution);

/* Whether patches are the map itself. */
bool convolution_is_identity(const struct convolution *convolution);

/* P (samples sites x columns) of A; one copy of each number. */
void convolution_patches(const struct convolution *convolution, int samples, const double A[], double P[]);

/* The adjoint: A = for every number of the map the sum of P over the patches that hold it. A is overwritten. */
void convolution_unpatch(const struct convolution *convolution, int samples, const double P[], double A[]);

#endif
