// SPDX-License-Identifier: GPL-3.0-or-later
/* The dual kernel K(v, w, c) = E phi(sqrt v X) phi(sqrt w Y), X and Y standard normal with correlation c, and that of phi'. Private to the mean-field room.
 *
 * Values carry the errors of v, w and c. value_failed, or a value that value_ok refuses, where a kernel is infinite. */
#ifndef ASSAY_SRC_MEANFIELD_VARIANCE_KERNEL_H
#define ASSAY_SRC_MEANFIELD_VARIANCE_KERNEL_H

#include <assay/meanfield/activation.h>

struct kernel {
    const struct activation *phi;
    bool slope;    // of phi' in place of phi
    double degree; // of phi or phi'; NaN if it is not homogeneous
};

struct kernel kernel_of(const struct activation *phi, bool slope);

/* A correlation that rounding took beyond -1 or 1 is cut. */
struct value kernel_value(const struct kernel *kernel, struct value v, struct value w, struct value c);

/* E Z phi'(scale Z). */
struct value radial_mean(const struct activation *phi, double scale);

/* STATUS_RANGE for layers, variances or gammas that order_parameters.h does not allow. */
enum status order_check(int layers, bool batchnorm, const double gamma[], double sigma_w2, double sigma_b2);

#endif
