// SPDX-License-Identifier: GPL-3.0-or-later
/* Sweeps of networks trained with momentum: models and trainings of columns are made once, before any network is drawn, so that threads only read them. */
#include <assay/base/memory.h>
#include <assay/experiment/momentum_sweep.h>
#include <assay/network/cifar.h>
#include <assay/network/image_sets.h>
#include <math.h>
#include <string.h>

enum { DATA = 3, OWN = 4 }; // streams; critical_rates has 0 to 2

/* ## Images */

static size_t tests_for(long images)
{
    return (size_t)fmin(fmax((double)images / 6, 256), 10000);
}

void momentum_sweep_read(struct claim *claim, struct momentum_sweep *sweep)
{
    const char *data = claim_text(claim, "data");
    long count = claim_integer(claim, "images");

    claim_need(claim, images_read(data, "train", (size_t)count, &sweep->train));
    claim_need(claim, images_read(data, "t10k", tests_for(count), &sweep->test));
    claim_need(claim, images_centre(&sweep->train, &sweep->test));
    sweep->height = sweep->width = (int)lround(sqrt((double)sweep->train.features));
    sweep->channels = 1;
    if ((size_t)sweep->height * (size_t)sweep->width != sweep->train.features) {
        claim_refuse(claim, "images of %zu pixels are not square", sweep->train.features);
    }
}

static void draw_images(struct claim *claim, struct momentum_sweep *sweep, long count)
{
    enum { TEACHER_WIDTH = 64, CLASSES = 10 };
    struct feedforward_model model;
    struct feedforward teacher;
    struct stream stream = claim_stream(claim, DATA, 0);

    feedforward_model_dense(&model, sweep->height * sweep->width * sweep->channels, 2, TEACHER_WIDTH, CLASSES, 0, 2, 0);
    claim_need(claim, feedforward_new(&teacher, &model, claim_stream(claim, DATA, 1)));
    claim_need(claim, images_of_teacher(&teacher, (size_t)count, &stream, &sweep->train));
    claim_need(claim, images_of_teacher(&teacher, tests_for(count), &stream, &sweep->test));
    feedforward_free(&teacher);
}

void momentum_sweep_read_colour(struct claim *claim, struct momentum_sweep *sweep)
{
    const char *data = claim_text(claim, "data");
    long count = claim_integer(claim, "images");
    bool gaussian = strcmp(data, "gaussian") == 0;

    sweep->height = sweep->width = gaussian ? (int)claim_integer(claim, "side") : CIFAR_SIDE;
    sweep->channels = CIFAR_CHANNELS;
    if (gaussian) {
        draw_images(claim, sweep, count);
        return;
    }
    claim_need(claim, cifar_read(data, "train", (size_t)count, CIFAR_SITES, &sweep->train));
    claim_need(claim, cifar_read(data, "test", tests_for(count), CIFAR_SITES, &sweep->test));
    claim_need(claim, images_centre(&sweep->train, &sweep->test));
}

/* ## Models */

void momentum_sweep_new(struct claim *claim, struct momentum_sweep *sweep)
{
    long minibatch = claim_integer(claim, "minibatch");

    if (minibatch > (long)sweep->train.count || minibatch > (long)sweep->test.count) {
        claim_refuse(claim, "minibatches of %ld out of %zu images, %zu for tests", minibatch, sweep->train.count,
                     sweep->test.count);
    }
    sweep->shared.model = (struct feedforward_model){
        .height = sweep->height,
        .width = sweep->width,
        .channels = sweep->channels,
        .sigma_b2 = claim_real(claim, "sigma_b2"),
    };
    claim_need(claim, activation_find("relu", &sweep->shared.model.phi));
    sweep->shared.training = (struct momentum_training){.loss = LOSS_SQUARED,
                                                        .epochs = (int)claim_integer(claim, "epochs"),
                                                        .minibatch = (int)minibatch,
                                                        .rate = 1,
                                                        .momentum = claim_real(claim, "mu"),
                                                        .explosion = claim_real(claim, "explosion")};
}

void momentum_sweep_dense(struct feedforward_model *model, int layers, int width, int outputs)
{
    model->layers = layers;
    for (int l = 1; l <= layers; l++) {
        model->layer[l] = (struct feedforward_layer){.outputs = l < layers ? width : outputs};
    }
}

void momentum_sweep_convolutions(struct feedforward_model *model, int layers, int channels, int outputs)
{
    model->layers = layers;
    for (int l = 1; l < layers; l++) {
        model->layer[l] = (struct feedforward_layer){.outputs = l * channels, .kernel = 3, .stride = 2, .padding = 0};
    }
    model->layer[layers] = (struct feedforward_layer){.outputs = outputs};
}

void momentum_sweep_columns(struct claim *claim, struct momentum_sweep *sweep, const char *name, double x0, double x1,
                            bool geometric, momentum_setting *set)
{
    critical_rates_new(claim, &sweep->map, x0, x1, geometric);
    sweep->name = name;
    sweep->column = memory_new((size_t)sweep->map.columns, sizeof *sweep->column);
    for (int c = 0; c < sweep->map.columns; c++) {
        sweep->column[c] = sweep->shared;
        set(claim, sweep->map.x[c], &sweep->column[c]);
    }
}

void momentum_sweep_free(struct momentum_sweep *sweep)
{
    critical_rates_free(&sweep->map);
    memory_free(sweep->column);
    images_free(&sweep->train);
    images_free(&sweep->test);
}

/* ## Lines */

static double log_rate(const struct momentum_column *column, double lambda)
{
    return log10(2 * (1 + column->training.momentum) / lambda);
}

void momentum_sweep_line(struct claim *claim, const struct momentum_sweep *sweep, momentum_bound *bound, double line[])
{
    for (int c = 0; c < sweep->map.columns; c++) {
        line[c] = log_rate(&sweep->column[c], claim_value(claim, bound(&sweep->column[c].model)).x);
    }
}

struct own {
    const struct momentum_sweep *sweep;
    struct fisher_parameters which;
    int samples;
};

/* The network of a column's restart is the one that critical_rates trains: its stream, from the beginning. */
static enum status measure(struct stream *stream, size_t sample, double out[], const void *context)
{
    enum { RESTARTS = 2 };
    const struct own *own = context;
    const struct momentum_sweep *sweep = own->sweep;
    const struct momentum_column *column = &sweep->column[(int)sample / sweep->map.restarts];
    struct stream weights = *stream;
    struct feedforward network;
    struct feedforward_pass pass;

    weights.stream = RESTARTS;
    enum status status = feedforward_new(&network, &column->model, weights);
    if (status == STATUS_OK) {
        status = feedforward_pass_new(&pass, &network, own->samples);
    }
    if (status != STATUS_OK) {
        return status;
    }
    feedforward_forward(&network, &pass, sweep->train.pixels);
    struct value lambda = fisher_largest(&network, &pass, STATISTICS_LIVE, own->which,
                                         feedforward_size(&network, column->model.layers), stream, 1e-4);
    out[0] = log_rate(column, lambda.x);
    feedforward_pass_free(&pass);
    feedforward_free(&network);
    return value_ok(lambda) ? STATUS_OK : STATUS_CONVERGENCE;
}

void momentum_sweep_own(struct claim *claim, const struct momentum_sweep *sweep, struct fisher_parameters which,
                        int samples, double line[])
{
    int restarts = sweep->map.restarts;
    size_t networks = (size_t)sweep->map.columns * (size_t)restarts;
    struct own own = {sweep, which, samples < (int)sweep->train.count ? samples : (int)sweep->train.count};
    double *rows = memory_doubles(networks);
    struct ensemble ensemble = claim_ensemble(claim, OWN, networks, 1, measure, &own);

    claim_need(claim, ensemble_rows(&ensemble, rows));
    for (int c = 0; c < sweep->map.columns; c++) {
        line[c] = moments_of((size_t)restarts, rows + c * restarts, 1).mean;
    }
    memory_free(rows);
}

void momentum_sweep_lines(struct claim *claim, const struct momentum_sweep *sweep, int samples,
                          struct momentum_lines *lines)
{
    static const char *const name[MOMENTUM_LINES] = {"second moment", "frozen", "frozen, all", "live", "own"};
    momentum_bound *const bound[] = {momentum_bound_second_moment, momentum_bound_frozen, momentum_bound_frozen_all,
                                     momentum_bound_live};
    int columns = sweep->map.columns;

    lines->log_rate = memory_doubles(MOMENTUM_LINES * (size_t)columns);
    for (int i = 0; i < MOMENTUM_LINES; i++) {
        double *line = lines->log_rate + i * columns;

        lines->line[i] = (struct rate_line){name[i], line};
        if (i == LINE_OWN) {
            momentum_sweep_own(claim, sweep, FISHER_ALL, samples, line);
        } else {
            momentum_sweep_line(claim, sweep, bound[i], line);
        }
    }
}

void momentum_lines_free(struct momentum_lines *lines)
{
    memory_free(lines->log_rate);
}

/* ## Drawing */

static enum status train(int column, double rate, struct stream stream, double *loss, const void *context)
{
    const struct momentum_sweep *sweep = context;
    struct examples train = examples_of_images(&sweep->train), test = examples_of_images(&sweep->test);
    struct momentum_training training = sweep->column[column].training;
    struct momentum_outcome outcome;

    training.rate = rate;
    enum status status =
        momentum_training_trial(&sweep->column[column].model, &train, &test, &training, stream, &outcome);
    *loss = outcome.end.test_loss;
    return status;
}

void momentum_sweep_draw(struct claim *claim, struct momentum_sweep *sweep)
{
    critical_rates_draw(claim, &sweep->map, train, sweep,
                        images_fingerprint(&sweep->train) ^ images_fingerprint(&sweep->test));
}

/* ## Bounds */

void momentum_sweep_order(const struct feedforward_model *model, struct order_network *network)
{
    int height = model->height, width = model->width;

    *network = (struct order_network){.layers = model->layers,
                                      .phi = model->phi,
                                      .batchnorm = model->batchnorm,
                                      .sigma_w2 = model->sigma_w2,
                                      .sigma_b2 = model->sigma_b2};
    network->layer[0] = (struct order_layer){model->channels, height * width, 1};
    for (int l = 1; l <= model->layers; l++) {
        const struct feedforward_layer *layer = &model->layer[l];
        struct convolution shape = {height, width, 1, layer->kernel, layer->stride, layer->padding};
        bool dense = layer->kernel == 0;
        double taps = dense ? height * width : layer->kernel * layer->kernel;

        height = dense ? 1 : convolution_height(&shape);
        width = dense ? 1 : convolution_width(&shape);
        network->layer[l] = (struct order_layer){layer->outputs, height * width, taps};
        network->gamma[l] = model->gamma;
    }
    network->layer[model->layers].channels = 1;
}

struct value momentum_bound_frozen(const struct feedforward_model *model)
{
    struct order_network network;

    momentum_sweep_order(model, &network);
    return order_bound(&network);
}

struct value momentum_bound_frozen_all(const struct feedforward_model *model)
{
    struct order_network network;
    struct order_parameters at[ORDER_LAYERS + 1];

    momentum_sweep_order(model, &network);
    if (order_parameters_find(&network, at) != STATUS_OK) {
        return value_failed();
    }
    return value_add(order_parameters_bound(&network, at), order_bound_others(&network, at));
}

struct value momentum_bound_second_moment(const struct feedforward_model *model)
{
    struct order_network network;

    momentum_sweep_order(model, &network);
    network.denominator = DENOMINATOR_SECOND_MOMENT;
    network.sites = SITES_IGNORED;
    network.bound = BOUND_FACTORISED;
    network.across_base = 1;
    return order_bound(&network);
}

struct value momentum_bound_live(const struct feedforward_model *model)
{
    struct order_network network;

    momentum_sweep_order(model, &network);
    return order_bound_live(&network, true);
}
