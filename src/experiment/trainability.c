// SPDX-License-Identifier: GPL-3.0-or-later
/* Trainability: the model and training of a column are made once, before any network is drawn, so that threads only read them. */
#include <assay/base/memory.h>
#include <assay/experiment/trainability.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/meanfield/batchnorm_epsilon.h>
#include <math.h>

/* ## What all networks share */

void trainability_new(struct claim *claim, struct trainability *experiment, const char *activation)
{
    struct trainability_column *shared = &experiment->shared;

    shared->model = (struct batchnorm_model){.inputs = (int)experiment->data.train.features,
                                             .width = (int)claim_integer(claim, "N"),
                                             .classes = experiment->data.train.classes,
                                             .gamma = 1};
    claim_need(claim, activation_find(activation, &shared->model.phi));
    shared->training = (struct batchnorm_training){.epochs = (int)claim_integer(claim, "epochs"),
                                                   .batches = 1,
                                                   .descent = {.kind = DESCENT_SGD, .rate = claim_real(claim, "rate")}};
}

void trainability_require_steps(struct claim *claim, const char *largest)
{
    double sample = claim_real(claim, "rate") * (double)claim_integer(claim, "N") / 2,
           step = sample * (double)claim_integer(claim, largest),
           all = sample * (double)(claim_integer(claim, "images") * claim_integer(claim, "epochs"));

    if (step > 4 || all < 40) {
        claim_refuse(claim, "rate %s N / 2 = %.3g (at most 4), rate N / 2 images epochs = %.3g (at least 40)", largest,
                     step, all);
    }
}

void trainability_free(struct trainability *experiment)
{
    heatmap_free(&experiment->map);
    memory_free(experiment->column);
    training_data_free(&experiment->data);
}

/* ## The columns */

void trainability_sweep(struct claim *claim, struct trainability *experiment, struct trainability_axis axis,
                        trainability_setting *set)
{
    struct heatmap *map = &experiment->map;

    heatmap_new(claim, map, axis.from, axis.to, axis.geometric, axis.shallowest);
    map->chance = 1.0 / experiment->data.train.classes;
    experiment->name = axis.name;
    experiment->column = memory_new((size_t)map->columns, sizeof *experiment->column);
    for (int c = 0; c < map->columns; c++) {
        map->x[c] = axis.whole ? round(map->x[c]) : map->x[c];
        experiment->column[c] = experiment->shared;
        set(claim, map->x[c], &experiment->column[c]);
    }
}

/* ## Theory */

void trainability_predict(struct claim *claim, struct trainability *experiment, double multiple,
                          trainability_rate *rate)
{
    experiment->map.multiple = multiple;
    for (int c = 0; c < experiment->map.columns; c++) {
        experiment->map.xi[c] = 1 / log(claim_value(claim, rate(&experiment->column[c])).x);
    }
}

struct value trainability_rate_homogeneous(const struct trainability_column *column)
{
    return batchnorm_backward_G(&column->model.phi, column->training.batch);
}

/* x -> phi(gamma x + beta) as a whole takes the place of the activation. */
static struct affine_activation layer_of(const struct trainability_column *column)
{
    return (struct affine_activation){
        .phi = column->model.phi, .gain = column->model.gamma, .shift = column->model.beta};
}

struct value trainability_rate_sphere(const struct trainability_column *column)
{
    struct affine_activation affine = layer_of(column);
    struct response response = response_affine(&affine);
    struct batchnorm_state state;
    enum status status = batchnorm_state_sphere(&response, column->training.batch, &state);

    return status == STATUS_OK ? state.backward.G : value_failed();
}

struct value trainability_rate_epsilon(const struct trainability_column *column)
{
    struct affine_activation affine = layer_of(column);
    struct response response = response_affine(&affine);
    struct value m, rate;
    enum status status = batchnorm_epsilon(&response, column->training.batch, column->model.epsilon, &m, &rate);

    return status == STATUS_OK ? rate : value_failed();
}

/* ## Drawing */

static enum status draw_network(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct trainability *experiment = context;
    struct cell cell = heatmap_cell(&experiment->map, sample);
    const struct trainability_column *column = &experiment->column[cell.column];
    struct batchnorm_model model = column->model;
    struct batchnorm_outcome outcome;

    model.depth = (int)experiment->map.depth[cell.row];
    enum status status = batchnorm_training_trial(&model, &experiment->data.train, &experiment->data.test,
                                                  &column->training, *stream, &outcome);
    out[0] = outcome.test_accuracy;
    return status;
}

void trainability_draw(struct claim *claim, struct trainability *experiment)
{
    heatmap_draw(claim, &experiment->map, experiment->name, draw_network, experiment,
                 training_data_fingerprint(&experiment->data));
}

/* ## Checks */

void trainability_check_learns(struct claim *claim, const char *name, const struct heatmap *map, double least,
                               double most)
{
    check_at_least(claim, name, claim_value(claim, heatmap_mean(map, least, most)), exact(2 * map->level));
}

void trainability_check_fails(struct claim *claim, const char *name, const struct heatmap *map, double least,
                              double most)
{
    check_at_most(claim, name, claim_value(claim, heatmap_mean(map, least, most)), exact(map->level));
}

void trainability_check_boundary(struct claim *claim, const struct heatmap *map, double multiple, double factor)
{
    struct value found = claim_value(claim, heatmap_multiple(map));

    check_at_least(claim, "boundary over xi, from below", found, exact(multiple / factor));
    check_at_most(claim, "boundary over xi, from above", found, exact(multiple * factor));
}

void trainability_check_line(struct claim *claim, const struct heatmap *map, struct trainability_line line)
{
    struct value slope = claim_value(claim, heatmap_slope(map));

    claim_case(claim, "up to %g xi", line.shallow);
    trainability_check_learns(claim, "shallow networks learn", map, 0, line.shallow);
    claim_case(claim, "from %g xi", line.deep);
    trainability_check_fails(claim, "deep networks do not", map, line.deep, INFINITY);
    claim_case(claim, "%s", line.where);
    trainability_check_boundary(claim, map, line.multiple, line.factor);
    check_shape(claim, "boundary grows with xi", line.direction > 0 ? slope : value_scale(-1, slope), 1);
}
