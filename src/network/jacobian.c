// SPDX-License-Identifier: GPL-3.0-or-later
/* Jacobians read off a pass that carries tangents.
 *
 * The tangents of one sample along the identity's rows are the rows of J'. J and J' share singular values and
 * Frobenius norm, so the transpose is never undone. */
#include <assay/base/memory.h>
#include <assay/network/jacobian.h>
#include <assay/numerics/linear.h>
#include <math.h>
#include <stddef.h>

void jacobian_directions(int inputs, double T[])
{
    for (int i = 0; i < inputs; i++) {
        for (int j = 0; j < inputs; j++) {
            T[(ptrdiff_t)i * inputs + j] = i == j;
        }
    }
}

double jacobian_operator_norm(int outputs, int inputs, double largest)
{
    return sqrt((double)inputs / outputs) * largest;
}

/* Row by row, as the sum may have more than INT_MAX terms. */
static double squares(const struct layer_state *state)
{
    double sum = 0;

    for (int i = 0; i < state->samples * state->tangents; i++) {
        const double *t = state->T + (ptrdiff_t)i * state->width;

        sum += linear_dot(state->width, t, t);
    }
    return sum;
}

double jacobian_directional(const struct layer_state *state)
{
    return squares(state) / ((double)state->samples * state->tangents * state->width);
}

enum status jacobian_of_state(const struct layer_state *state, struct jacobian *jacobian, double s[])
{
    int n = state->width, m = state->tangents, k = n < m ? n : m;

    if (state->samples != 1 || m < 1) {
        return status_fail(STATUS_RANGE, "jacobian: one sample with tangents needed, %d with %d given", state->samples,
                           m);
    }
    double *all = s != NULL ? s : memory_doubles((size_t)k);
    enum status status = linear_singular_values(m, n, state->T, all);
    if (status == STATUS_OK) {
        double mean_square = squares(state) / n;

        *jacobian = (struct jacobian){
            .outputs = n,
            .inputs = m,
            .largest = all[0],
            .smallest = all[k - 1],
            .smallest_tangent = all[k > 1 ? k - 2 : 0],
            .operator_norm = jacobian_operator_norm(n, m, all[0]),
            .mean_square = mean_square,
            .tangent_mean_square = m > 1 ? mean_square * m / (m - 1) : NAN,
        };
    }
    if (s == NULL) {
        memory_free(all);
    }
    return status;
}
