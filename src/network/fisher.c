// SPDX-License-Identifier: GPL-3.0-or-later
/* The dual Fisher matrix.
 *
 * With frozen statistics every sample has a gradient of its own, an outer product for a dense layer, so that the weights' share of F is the product, entry by entry, of two Gram matrices. With live statistics an
 * output depends on all samples, and F is taken column by column from what it does to unit vectors. */
#include <assay/base/memory.h>
#include <assay/network/fisher.h>
#include <assay/numerics/lanczos.h>
#include <assay/numerics/linear.h>
#include <string.h>

static bool counts(struct fisher_parameters which, int l, enum feedforward_part part)
{
    return (which.parts >> part & 1) != 0 && (which.layer == 0 || which.layer == l);
}

static enum status check(const struct feedforward *network, struct fisher_parameters which, int outputs)
{
    int L = network->model.layers;

    if (outputs < 1 || outputs > feedforward_size(network, L) || which.layer < 0 || which.layer > L) {
        return status_fail(STATUS_RANGE, "fisher: %d outputs of %d, layer %d of %d", outputs,
                           feedforward_size(network, L), which.layer, L);
    }
    return STATUS_OK;
}

/* ## What F does to a vector */

/* Forgets the gradient's parts that don't count. */
static void restrict_to(const struct feedforward *network, struct fisher_parameters which, double gradient[])
{
    for (int l = 1; l <= network->model.layers; l++) {
        for (int part = 0; part < PARTS; part++) {
            if (!counts(which, l, (enum feedforward_part)part)) {
                memset(gradient + network->offset[l][part], 0, network->count[l][part] * sizeof gradient[0]);
            }
        }
    }
}

/* Between rows of all outputs and rows of the first few. */
static void spread(int m, int size, int outputs, const double x[], double D[])
{
    for (ptrdiff_t i = 0; i < m; i++) {
        for (int k = 0; k < size; k++) {
            D[i * size + k] = k < outputs ? x[i * outputs + k] : 0;
        }
    }
}

static void gather(int m, int size, int outputs, const double T[], double factor, double y[])
{
    for (ptrdiff_t i = 0; i < m; i++) {
        for (int k = 0; k < outputs; k++) {
            y[i * outputs + k] = factor * T[i * size + k];
        }
    }
}

void fisher_apply(const struct feedforward *network, struct feedforward_pass *pass, enum statistics statistics,
                  struct fisher_parameters which, int outputs, const double x[], double gradient[], double y[])
{
    int m = pass->samples, size = feedforward_size(network, network->model.layers);
    double *D = memory_doubles((size_t)m * (size_t)size);

    spread(m, size, outputs, x, D);
    feedforward_backward(network, pass, statistics, D);
    feedforward_gradient(network, pass, gradient);
    restrict_to(network, which, gradient);
    feedforward_tangent(network, pass, statistics, gradient, D);
    gather(m, size, outputs, D, 1.0 / m, y);
    memory_free(D);
}

/* ## Live statistics: column by column */

static void dual_by_columns(const struct feedforward *network, struct feedforward_pass *pass,
                            enum statistics statistics, struct fisher_parameters which, int outputs, double F[])
{
    int n = pass->samples * outputs;
    double *gradient = memory_doubles(network->parameters), *unit = memory_doubles((size_t)n);

    for (int j = 0; j < n; j++) {
        unit[j] = 1;
        fisher_apply(network, pass, statistics, which, outputs, unit, gradient, F + (ptrdiff_t)j * n);
        unit[j] = 0;
    }
    memory_free(gradient);
    memory_free(unit);
}

/* ## Frozen statistics: every sample's own gradient */

/* One output's backward pass, with every sample's own delta in its row. */
static void backward_of_output(const struct feedforward *network, struct feedforward_pass *pass, int output)
{
    int m = pass->samples, size = feedforward_size(network, network->model.layers);
    double *D = memory_doubles((size_t)m * (size_t)size);

    for (ptrdiff_t i = 0; i < m; i++) {
        D[i * size + output] = 1;
    }
    feedforward_backward(network, pass, STATISTICS_FROZEN, D);
    memory_free(D);
}

/* How many numbers a sample's row has in layer l: delta itself where the weights' share is a product of Gram matrices, the whole gradient of W elsewhere, and the three others. */
static bool by_grams(const struct feedforward *network, int l)
{
    return feedforward_sites(network, l) == 1;
}

static size_t row_length(const struct feedforward *network, int l, enum feedforward_part part)
{
    bool short_row = part == PART_WEIGHTS && by_grams(network, l);

    return short_row ? (size_t)feedforward_channels(network, l) : network->count[l][part];
}

/* The rows of one layer and part for the output of the last backward pass; row (i, output) of m * outputs. */
static void fill_rows(const struct feedforward *network, const struct feedforward_pass *pass, int l,
                      enum feedforward_part part, int outputs, int output, double R[])
{
    size_t length = row_length(network, l, part);

    for (int i = 0; i < pass->samples; i++) {
        double *row = R + ((size_t)i * (size_t)outputs + (size_t)output) * length;

        if (part == PART_WEIGHTS && by_grams(network, l)) {
            memcpy(row, pass->delta[l] + (size_t)i * length, length * sizeof row[0]);
        } else {
            feedforward_gradient_part(network, pass, l, part, i, 1, row);
        }
    }
}

/* F += factor G, entry (i k, j k') times H[i, j] unless H is NULL. */
static void add_gram(int m, int outputs, const double G[], const double H[], double factor, double F[])
{
    int n = m * outputs;

    for (ptrdiff_t a = 0; a < n; a++) {
        for (ptrdiff_t b = 0; b < n; b++) {
            F[a * n + b] += factor * G[a * n + b] * (H != NULL ? H[a / outputs * m + b / outputs] : 1);
        }
    }
}

static void add_part(const struct feedforward *network, const struct feedforward_pass *pass, int l,
                     enum feedforward_part part, int outputs, const double R[], double F[])
{
    int m = pass->samples, n = m * outputs;
    double *G = memory_doubles((size_t)n * (size_t)n), *H = NULL;

    linear_gram(n, (int)row_length(network, l, part), R, G);
    if (part == PART_WEIGHTS && by_grams(network, l)) {
        H = memory_doubles((size_t)m * (size_t)m);
        linear_gram(m, convolution_columns(&network->shape[l]), pass->patches[l], H);
    }
    add_gram(m, outputs, G, H, 1.0 / m, F);
    memory_free(G);
    memory_free(H);
}

struct rows {
    int layer;
    enum feedforward_part part;
    double *R;
};

/* Room for the rows of every layer and part that counts; returns their number. */
static int rows_new(const struct feedforward *network, const struct feedforward_pass *pass,
                    struct fisher_parameters which, int outputs, struct rows rows[])
{
    int n = 0;

    for (int l = 1; l <= network->model.layers; l++) {
        for (int p = 0; p < PARTS; p++) {
            enum feedforward_part part = (enum feedforward_part)p;

            if (counts(which, l, part) && network->count[l][part] > 0) {
                size_t length = row_length(network, l, part);

                rows[n++] = (struct rows){l, part, memory_doubles((size_t)pass->samples * (size_t)outputs * length)};
            }
        }
    }
    return n;
}

static void dual_by_samples(const struct feedforward *network, struct feedforward_pass *pass,
                            struct fisher_parameters which, int outputs, double F[])
{
    struct rows rows[FEEDFORWARD_LAYERS * PARTS];
    size_t n = (size_t)pass->samples * (size_t)outputs;
    int count = rows_new(network, pass, which, outputs, rows);

    for (int k = 0; k < outputs; k++) {
        backward_of_output(network, pass, k);
        for (int r = 0; r < count; r++) {
            fill_rows(network, pass, rows[r].layer, rows[r].part, outputs, k, rows[r].R);
        }
    }
    memset(F, 0, n * n * sizeof F[0]);
    for (int r = 0; r < count; r++) {
        add_part(network, pass, rows[r].layer, rows[r].part, outputs, rows[r].R, F);
        memory_free(rows[r].R);
    }
}

enum status fisher_dual(const struct feedforward *network, struct feedforward_pass *pass, enum statistics statistics,
                        struct fisher_parameters which, int outputs, double F[])
{
    enum status status = check(network, which, outputs);

    if (status != STATUS_OK) {
        return status;
    }
    if (statistics == STATISTICS_LIVE && network->model.batchnorm) {
        dual_by_columns(network, pass, statistics, which, outputs, F);
    } else {
        dual_by_samples(network, pass, which, outputs, F);
    }
    return STATUS_OK;
}

/* ## The whole Jacobian */

void fisher_jacobian(const struct feedforward *network, struct feedforward_pass *pass, enum statistics statistics,
                     int outputs, double J[])
{
    int m = pass->samples, size = feedforward_size(network, network->model.layers);
    double *D = memory_doubles((size_t)m * (size_t)size);

    for (int i = 0; i < m; i++) {
        for (int k = 0; k < outputs; k++, J += network->parameters) {
            D[i * size + k] = 1;
            feedforward_backward(network, pass, statistics, D);
            feedforward_gradient(network, pass, J);
            D[i * size + k] = 0;
        }
    }
    memory_free(D);
}

/* ## The largest eigenvalue */

struct fisher_operator {
    const struct feedforward *network;
    struct feedforward_pass *pass;
    enum statistics statistics;
    struct fisher_parameters which;
    int outputs;
    double *gradient;
};

static void apply(const double x[], double y[], void *context)
{
    const struct fisher_operator *fisher = context;

    fisher_apply(fisher->network, fisher->pass, fisher->statistics, fisher->which, fisher->outputs, x, fisher->gradient,
                 y);
}

struct value fisher_largest(const struct feedforward *network, struct feedforward_pass *pass,
                            enum statistics statistics, struct fisher_parameters which, int outputs,
                            struct stream *stream, double tolerance)
{
    if (check(network, which, outputs) != STATUS_OK) {
        return value_failed();
    }
    struct fisher_operator fisher = {network, pass, statistics, which, outputs, memory_doubles(network->parameters)};
    struct value largest = lanczos_largest(pass->samples * outputs, apply, &fisher, stream, tolerance, 300, NULL);

    memory_free(fisher.gradient);
    return largest;
}

struct fisher_means fisher_means_of(int m, const double F[])
{
    double diagonal = 0, all = 0;

    for (ptrdiff_t i = 0; i < m; i++) {
        diagonal += F[i * m + i];
        for (ptrdiff_t j = 0; j < m; j++) {
            all += F[i * m + j];
        }
    }
    return (struct fisher_means){diagonal, (all - diagonal) / (m - 1.0), all / m};
}
