// SPDX-License-Identifier: GPL-3.0-or-later
/* The least correlation that two inputs can keep: gradient descent on the data, the network's parameters fixed.
 *
 * Minimises rho = z^(L)(x)' z^(L)(y) / N_L over pairs on the sphere |x|^2 = |y|^2 = N_0: both inputs take a step
 * down the gradient and return to the sphere. Steps have a given angle, whatever the gradient's size, from 0.3
 * radians falling geometrically to 0.003. Deep networks call for that: their slopes range over decades, and a rule
 * that only accepts improvements gets stuck at the kinks of relu (backtracking found half the gap 1 - rho at
 * twice the cost). The best pair on the path is kept. Local: what it finds bounds the least correlation from above
 * and proves nothing about it. Infinite-width theory speaks about fixed pairs; at finite width a search over the
 * data goes far below those. */
#ifndef ASSAY_NETWORK_INPUT_DESCENT_H
#define ASSAY_NETWORK_INPUT_DESCENT_H

#include <assay/network/layernorm_network.h>

struct input_descent {
    double start_gap; // 1 - rho at the given inputs
    double gap;       // the largest 1 - rho found, at the inputs returned
    int best;         // the step after which it was found, 0 for the start
    int steps;        // taken: fewer than asked if the gradient vanished
    double length;    // of the whole path: the angles that x and y turned through, summed, in radians
};

/* X holds x and y (2 x inputs); it starts the descent and is overwritten by the best pair. Rows are scaled to the
 * sphere first. To minimise the correlation at a lower layer, pass layernorm_part(model, 1, l). steps >= 1, each of
 * 8 flops a parameter. STATUS_RANGE if a row of X is zero or rho is not finite. */
enum status input_descent(const struct layernorm_model *model, double X[], int steps, struct input_descent *result);

#endif
