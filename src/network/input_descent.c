// SPDX-License-Identifier: GPL-3.0-or-later
/* Gradient descent on two inputs of one network.
 *
 * The state is the pair (x, y) on the product of two spheres of radius sqrt(N_0). The gradient is projected to the
 * tangent spaces and scaled to the step's length; the sum is scaled back to the spheres. An angle a is a step of
 * length a sqrt(N_0), shared by x and y as the gradient shares it.
 *
 * rho is kept as its gap 1 - rho = |z_x - z_y|^2 / (2N): in shrunken networks rho is 1 up to a small gap whose
 * relative changes the descent has to see. For the same reason the gradient of the gap, (z_x - z_y) / N, is what
 * goes back. */
#include <assay/base/memory.h>
#include <assay/network/input_descent.h>
#include <assay/network/layernorm.h>
#include <assay/network/layernorm_backward.h>
#include <assay/numerics/linear.h>
#include <math.h>
#include <string.h>

static const double first_turn = 0.3, last_turn = 0.003;

struct search {
    const struct layernorm_model *model;
    struct layernorm_trace trace;
    int inputs, outputs;
    double *X, *dX;  // 2 x inputs: where the search is, and the gap's gradient there
    double *dOutput; // 2 x outputs
};

/* Runs both inputs and returns their gap. */
static double gap_here(struct search *search)
{
    const double *Z = search->trace.output[search->model->network.depth];

    layernorm_trace_forward(&search->trace, search->model, 2, search->X);
    return propagation_gap(search->outputs, Z, Z + search->outputs);
}

/* The gap's gradient at the trace's inputs, tangent to the spheres. Returns its norm. */
static double gradient_here(struct search *search)
{
    int n = search->outputs, m = search->inputs;
    const double *Z = search->trace.output[search->model->network.depth], ones[2] = {1, 1};

    for (int i = 0; i < n; i++) {
        search->dOutput[i] = (Z[i] - Z[n + i]) / n;
        search->dOutput[n + i] = -search->dOutput[i];
    }
    layernorm_trace_backward(&search->trace, search->model, search->dOutput,
                             &(struct layernorm_gradient){.input = search->dX});
    layernorm_derivative(2, 1, m, search->X, ones, search->dX, search->dX);
    return linear_norm(2 * m, search->dX);
}

/* Moves by length along the gradient and back to the spheres. Returns the angles turned, summed. */
static double move(struct search *search, double length, double norm)
{
    int m = search->inputs;
    double angle = 0;

    for (int i = 0; i < 2; i++) {
        const double *dx = search->dX + (ptrdiff_t)i * m;

        angle += atan(length / norm * linear_norm(m, dx) / sqrt(m)); // the step is tangent, the radius sqrt(m)
    }
    linear_axpy(2 * m, length / norm, search->dX, search->X);
    layernorm_forward(2, m, search->X, search->X, NULL);
    return angle;
}

static void descend(struct search *search, double best[], int steps, struct input_descent *result)
{
    size_t size = 2 * (size_t)search->inputs * sizeof best[0];
    double fall = pow(last_turn / first_turn, 1.0 / steps), turn = first_turn;

    for (; result->steps < steps; turn *= fall) {
        double norm = gradient_here(search);

        if (!(norm > 0)) {
            return;
        }
        result->length += move(search, turn * sqrt(search->inputs), norm);
        result->steps++;
        double gap = gap_here(search);
        if (gap > result->gap) {
            result->gap = gap;
            result->best = result->steps;
            memcpy(best, search->X, size);
        }
    }
}

enum status input_descent(const struct layernorm_model *model, double X[], int steps, struct input_descent *result)
{
    const struct layernorm_network *network = &model->network;
    struct search search = {
        .model = model, .inputs = network->inputs, .outputs = layernorm_width(network, network->depth)};
    size_t inputs = 2 * (size_t)search.inputs;

    if (steps < 1) {
        return status_fail(STATUS_RANGE, "input_descent: at least one step, %d given", steps);
    }
    enum status status = layernorm_trace_new(&search.trace, network, 2);
    if (status != STATUS_OK) {
        return status;
    }
    layernorm_forward(2, search.inputs, X, X, NULL);
    search.X = memory_copy(inputs, X);
    search.dX = memory_doubles(inputs);
    search.dOutput = memory_doubles(2 * (size_t)search.outputs);
    double gap = gap_here(&search);
    *result = (struct input_descent){.start_gap = gap, .gap = gap};
    if (isfinite(gap)) {
        descend(&search, X, steps, result);
    } else {
        status = status_fail(STATUS_RANGE, "input_descent: the correlation at the given inputs is not finite");
    }
    memory_free(search.X);
    memory_free(search.dX);
    memory_free(search.dOutput);
    layernorm_trace_free(&search.trace);
    return status;
}
