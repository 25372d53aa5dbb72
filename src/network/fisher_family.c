// SPDX-License-Identifier: GPL-3.0-or-later
/* Dual Fisher matrices at every gamma, from three of them. */
#include <assay/base/memory.h>
#include <assay/network/fisher_family.h>
#include <assay/numerics/linear.h>
#include <math.h>

enum status fisher_family_new(struct fisher_family *family, const struct feedforward *network,
                              struct feedforward_pass *pass)
{
    const struct feedforward_model *model = &network->model;
    const struct fisher_parameters which[] = {FISHER_ALL, FISHER_WEIGHTS, {1u << PART_BIASES, 1}};
    size_t entries = (size_t)pass->samples * (size_t)pass->samples;
    enum status status = STATUS_OK;

    *family = (struct fisher_family){.m = pass->samples, .gamma = model->batchnorm ? model->gamma : 0};
    if (model->batchnorm && (activation_homogeneity(&model->phi) != 1 || model->beta != 0 || model->epsilon != 0)) {
        return status_fail(STATUS_RANGE, "fisher_family_new: activation %s, beta %g, epsilon %g", model->phi.name,
                           model->beta, model->epsilon);
    }
    double **F[] = {&family->all, &family->weights, &family->biases};
    for (int s = 0; s < 3; s++) {
        *F[s] = memory_doubles(entries);
        if (status == STATUS_OK) {
            status = fisher_dual(network, pass, STATISTICS_FROZEN, which[s], 1, *F[s]);
        }
    }
    return status;
}

void fisher_family_free(struct fisher_family *family)
{
    memory_free(family->all);
    memory_free(family->weights);
    memory_free(family->biases);
    *family = (struct fisher_family){0};
}

struct fisher_numbers fisher_family_at(const struct fisher_family *family, double gamma)
{
    int m = family->m;
    double *F = memory_doubles((size_t)m * (size_t)m), *eigenvalue = memory_doubles((size_t)m);
    double factor = family->gamma == 0 ? 1 : pow(gamma / family->gamma, 2);
    struct fisher_numbers numbers = {NAN, factor * fisher_means_of(m, family->weights).pairs, 0};

    for (ptrdiff_t i = 0; i < (ptrdiff_t)m * m; i++) {
        F[i] = family->all[i] + (factor - 1) * (family->weights[i] + family->biases[i]);
    }
    if (linear_symmetric_eigen(m, F, eigenvalue, NULL) == STATUS_OK) {
        numbers.largest = eigenvalue[m - 1];
    }
    numbers.others = fisher_means_of(m, F).pairs - numbers.weights;
    memory_free(F);
    memory_free(eigenvalue);
    return numbers;
}

void feedforward_set_gamma(struct feedforward *network, double gamma)
{
    for (int l = 1; l < network->model.layers; l++) {
        for (size_t i = 0; i < network->count[l][PART_GAMMA]; i++) {
            network->parameter[network->offset[l][PART_GAMMA] + i] = gamma;
        }
    }
    network->model.gamma = gamma;
}

double fisher_constant_form(const struct feedforward *network, struct feedforward_pass *pass,
                            enum statistics statistics, struct fisher_parameters which)
{
    int m = pass->samples;
    double *one = memory_doubles((size_t)m), *F_one = memory_doubles((size_t)m);
    double *gradient = memory_doubles(network->parameters);

    for (int i = 0; i < m; i++) {
        one[i] = 1 / sqrt(m);
    }
    fisher_apply(network, pass, statistics, which, 1, one, gradient, F_one);
    double form = linear_dot(m, one, F_one);
    memory_free(one);
    memory_free(F_one);
    memory_free(gradient);
    return form;
}
