// SPDX-License-Identifier: GPL-3.0-or-later
/* Learning grids. A sample is one network; its stream is that of its number among the networks of its point, so that points differ in nothing but the point. */
#include <assay/base/memory.h>
#include <assay/evidence/kept.h>
#include <assay/experiment/learning_grid.h>
#include <math.h>

/* ## The grid */

int learning_grid_epoch(int i)
{
    return 1 << i;
}

static size_t outputs_of(const struct learning_grid *grid)
{
    return (size_t)LEARNING_SCORES * (size_t)grid->epochs;
}

static size_t samples_of(const struct learning_grid *grid)
{
    return (size_t)grid->rates * (size_t)grid->values * (size_t)grid->values * (size_t)grid->networks;
}

static void set_model(struct claim *claim, struct learning_grid *grid, const char *activation)
{
    grid->model = (struct batchnorm_model){.inputs = (int)grid->data.train.features,
                                           .width = (int)claim_integer(claim, "N"),
                                           .depth = (int)claim_integer(claim, "L"),
                                           .classes = grid->data.train.classes,
                                           .gamma = 1,
                                           .trained = true};
    claim_need(claim, activation_find(activation, &grid->model.phi));
    grid->training = (struct batchnorm_training){.epochs = learning_grid_epoch(grid->epochs - 1),
                                                 .batch = (int)claim_integer(claim, "B"),
                                                 .batches = 1,
                                                 .descent = {.kind = DESCENT_SGD}};
}

void learning_grid_new(struct claim *claim, struct learning_grid *grid, const char *activation, bool cross)
{
    const char *const last[LEARNING_AXES] = {"beta1", "epsilon1"};
    double rate0 = claim_real(claim, "rate0"), rate1 = claim_real(claim, "rate1");

    *grid = (struct learning_grid){.rates = (int)claim_integer(claim, "rates"),
                                   .values = (int)claim_integer(claim, "values"),
                                   .networks = (int)claim_integer(claim, "networks"),
                                   .cross = cross};
    while (learning_grid_epoch(grid->epochs) <= claim_integer(claim, "epochs")) {
        grid->epochs++;
    }
    if (grid->rates > 1 && !(rate0 < rate1)) {
        claim_refuse(claim, "%d rates from %g to %g", grid->rates, rate0, rate1);
    }
    grid->rate = memory_doubles((size_t)grid->rates);
    for (int r = 0; r < grid->rates; r++) {
        grid->rate[r] = r == 0 ? rate0 : rate0 * pow(rate1 / rate0, (double)r / (grid->rates - 1));
    }
    for (int a = 0; a < LEARNING_AXES; a++) {
        grid->axis[a] = memory_doubles((size_t)grid->values);
        for (int i = 0; i < grid->values; i++) {
            grid->axis[a][i] = claim_real(claim, last[a]) * i / (grid->values - 1);
        }
    }
    training_data_read(claim, &grid->data);
    set_model(claim, grid, activation);
    grid->score = memory_doubles(samples_of(grid) * outputs_of(grid));
}

void learning_grid_require_training(struct claim *claim, long freedom)
{
    long steps = claim_integer(claim, "images") / claim_integer(claim, "B"), rates = claim_integer(claim, "rates"),
         scatter = rates * (claim_integer(claim, "networks") - 1);
    double least = claim_real(claim, "rate0"), most = rates > 1 ? claim_real(claim, "rate1") : least,
           shift = claim_real(claim, "beta1"), logits = most * (double)claim_integer(claim, "N") * (1 + shift * shift);

    if (most * (double)steps < 0.5 || least * (double)steps > 5 || logits > 20) {
        claim_refuse(claim,
                     "rate * steps of an epoch from %.3g (at most 5) to %.3g (at least 0.5), rate * N * (1 + beta1^2) "
                     "up to %.3g (at most 20)",
                     least * (double)steps, most * (double)steps, logits);
    }
    if (scatter < freedom) {
        claim_refuse(claim, "rates * (networks - 1) = %ld (at least %ld)", scatter, freedom);
    }
}

void learning_grid_free(struct learning_grid *grid)
{
    memory_free(grid->rate);
    for (int a = 0; a < LEARNING_AXES; a++) {
        memory_free(grid->axis[a]);
    }
    memory_free(grid->score);
    training_data_free(&grid->data);
}

/* ## Drawing */

struct observer {
    const struct learning_grid *grid;
    double *out;
};

/* Accuracies after 2^i epochs. */
static enum status observe(const struct batchnorm_classifier *classifier, int epoch, void *context)
{
    const struct observer *observer = context;
    const struct learning_grid *grid = observer->grid;
    const struct images *const images[LEARNING_SCORES] = {&grid->data.train, &grid->data.test};
    enum status status = STATUS_OK;
    double loss;
    int i = 0;

    while (i < grid->epochs && learning_grid_epoch(i) != epoch) {
        i++;
    }
    for (int score = 0; i < grid->epochs && status == STATUS_OK && score < LEARNING_SCORES; score++) {
        status = batchnorm_classifier_evaluate(classifier, images[score], grid->training.batch, &loss,
                                               &observer->out[score * grid->epochs + i]);
    }
    return status;
}

static enum status draw_network(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct learning_grid *grid = context;
    struct observer observer = {grid, out};
    struct batchnorm_model model = grid->model;
    struct batchnorm_training training = grid->training;
    struct batchnorm_classifier classifier;
    struct batchnorm_outcome outcome;
    size_t networks = (size_t)grid->networks, values = (size_t)grid->values, point = sample / networks;
    size_t e = point % values, b = point / values % values, r = point / values / values;
    bool skipped = grid->cross && e > 0 && b > 0;

    for (size_t i = 0; i < outputs_of(grid); i++) {
        out[i] = skipped ? NAN : 1.0 / model.classes;
    }
    if (skipped) {
        return STATUS_OK;
    }
    stream->sample = (uint32_t)(sample % networks);
    model.beta = grid->axis[LEARNING_BETA][b];
    model.epsilon = grid->axis[LEARNING_EPSILON][e];
    training.descent.rate = grid->rate[r];
    training.observe = observe;
    training.observer = &observer;
    enum status status = batchnorm_classifier_new(&classifier, &model, *stream);

    if (status == STATUS_OK) {
        status = batchnorm_training_run(&classifier, &grid->data.train, &training, *stream, &outcome);
    }
    batchnorm_classifier_free(&classifier);
    return status;
}

void learning_grid_draw(struct claim *claim, struct learning_grid *grid)
{
    struct ensemble ensemble = claim_ensemble(claim, 0, samples_of(grid), outputs_of(grid), draw_network, grid);

    kept_samples(claim, &ensemble, training_data_fingerprint(&grid->data), grid->score);
}

/* ## Views */

/* The first network's score at rate r, value i of the axis in view and value j of the other; the next network's is outputs_of(grid) further. */
static const double *scores_at(const struct learning_grid *grid, struct learning_view view, int epoch, int r, int i,
                               int j)
{
    int b = view.axis == LEARNING_BETA ? i : j, e = view.axis == LEARNING_BETA ? j : i;
    size_t values = (size_t)grid->values, point = ((size_t)r * values + (size_t)b) * values + (size_t)e;

    return grid->score + point * (size_t)grid->networks * outputs_of(grid) + (size_t)view.score * (size_t)grid->epochs +
           (size_t)epoch;
}

static double best_of_network(const struct learning_grid *grid, struct learning_view view, int epoch, int r, int i,
                              int network)
{
    double best = -INFINITY;

    for (int j = 0; j < (view.best ? grid->values : 1); j++) {
        best = fmax(best, scores_at(grid, view, epoch, r, i, j)[(size_t)network * outputs_of(grid)]);
    }
    return best;
}

struct value learning_grid_accuracy(const struct learning_grid *grid, struct learning_view view, int epoch, int r,
                                    int i)
{
    size_t networks = (size_t)grid->networks, stride = outputs_of(grid);
    double *score = memory_doubles(networks);
    struct value best = measured(-INFINITY, 0, SAMPLING);

    for (int j = 0; j < (view.best ? grid->values : 1); j++) {
        const double *at = scores_at(grid, view, epoch, r, i, j);

        for (size_t k = 0; k < networks; k++) {
            score[k] = at[k * stride];
        }
        double median = quantile_of(networks, score, 0.5),
               error = moments_mean(moments_of(networks, score, 1)).err[SAMPLING];
        best = median > best.x ? measured(median, 1.25 * error, SAMPLING) : best;
    }
    memory_free(score);
    return best;
}

/* ## Gains */

static double gain_of_network(const struct learning_grid *grid, struct learning_view view, int epoch, int r,
                              int network)
{
    int first = view.value > 0 ? view.value : 1, last = view.value > 0 ? view.value : grid->values - 1;
    double gain = -best_of_network(grid, view, epoch, r, 0, network);

    for (int i = first; i <= last; i++) {
        gain += best_of_network(grid, view, epoch, r, i, network) / (last - first + 1);
    }
    return gain;
}

static double early_gain_of_network(const struct learning_grid *grid, struct learning_view view, int r, int network)
{
    int early = (grid->epochs + 1) / 2;
    double gain = 0;

    for (int epoch = 0; epoch < early; epoch++) {
        gain += gain_of_network(grid, view, epoch, r, network) / early;
    }
    return gain;
}

static double waning_of_network(const struct learning_grid *grid, struct learning_view view, int r, int network)
{
    return early_gain_of_network(grid, view, r, network) - gain_of_network(grid, view, grid->epochs - 1, r, network);
}

static double excess_of_network(const struct learning_grid *grid, struct learning_view view, int r, int network)
{
    struct learning_view other = view;

    other.axis = view.axis == LEARNING_BETA ? LEARNING_EPSILON : LEARNING_BETA;
    view.value = 0;
    return early_gain_of_network(grid, view, r, network) - early_gain_of_network(grid, other, r, network);
}

static double half_excess_of_network(const struct learning_grid *grid, struct learning_view view, int r, int network)
{
    double excess = excess_of_network(grid, view, r, network);

    view.value = 0;
    return excess - early_gain_of_network(grid, view, r, network) / 2;
}

/* The mean over rates and networks of one of these. */
typedef double network_gain(const struct learning_grid *grid, struct learning_view view, int r, int network);

static struct value mean_gain(const struct learning_grid *grid, struct learning_view view, network_gain *gain)
{
    struct moments all = moments_empty(), within = moments_empty();

    for (int r = 0; r < grid->rates; r++) {
        struct moments rate = moments_empty();

        for (int k = 0; k < grid->networks; k++) {
            moments_add(&rate, gain(grid, view, r, k));
        }
        all = moments_merge(all, rate);
        within.count += rate.count - 1;
        within.deviations += rate.deviations;
    }
    within.count += 1; // as many degrees of freedom as moments count
    return measured(all.mean, moments_estimate(within).err[SAMPLING] * sqrt(within.count / all.count), SAMPLING);
}

struct value learning_grid_gain(const struct learning_grid *grid, struct learning_view view, enum learning_gain gain)
{
    static network_gain *const gains[] = {
        [LEARNING_EARLY] = early_gain_of_network,
        [LEARNING_WANING] = waning_of_network,
        [LEARNING_EXCESS] = excess_of_network,
        [LEARNING_HALF_EXCESS] = half_excess_of_network,
    };

    return mean_gain(grid, view, gains[gain]);
}

/* At each positive value of the other parameter. */
static void check_excess(struct claim *claim, const struct learning_grid *grid, struct learning_view view, bool full)
{
    bool test = view.score == LEARNING_TEST;

    for (view.value = 1; view.value < grid->values; view.value++) {
        claim_case(claim, "epsilon = %g", grid->axis[LEARNING_EPSILON][view.value]);
        check_shape(claim, test ? "shift more than epsilon, test" : "shift more than epsilon, train",
                    learning_grid_gain(grid, view, LEARNING_EXCESS), 1);
        if (full) {
            check_shape(claim, test ? "shift twice epsilon, test" : "shift twice epsilon, train",
                        learning_grid_gain(grid, view, LEARNING_HALF_EXCESS), 1);
        }
    }
}

void learning_grid_check(struct claim *claim, const struct learning_grid *grid, enum learning_axis shift, bool best)
{
    struct learning_view train = {.score = LEARNING_TRAIN, .axis = shift, .best = best},
                         test = {.score = LEARNING_TEST, .axis = shift, .best = best};
    bool full = grid->epochs >= LEARNING_LONG;

    claim_case(claim, "up to epoch %d", learning_grid_epoch((grid->epochs + 1) / 2 - 1));
    check_shape(claim, "shift accelerates, train", learning_grid_gain(grid, train, LEARNING_EARLY), 1);
    check_shape(claim, "shift accelerates, test", learning_grid_gain(grid, test, LEARNING_EARLY), 1);
    check_excess(claim, grid, train, full);
    check_excess(claim, grid, test, full);
    if (full) {
        claim_case(claim, "against epoch %d", learning_grid_epoch(grid->epochs - 1));
        check_shape(claim, "early more than late, test", learning_grid_gain(grid, test, LEARNING_WANING), 1);
    }
}

/* ## The table */

static void write_view(struct claim *claim, const struct learning_grid *grid, struct learning_view view, int epoch)
{
    static const char *const label[LEARNING_SCORES][LEARNING_AXES] = {{"train beta", "train epsilon"},
                                                                      {"test beta", "test epsilon"}};

    for (int r = 0; r < grid->rates; r++) {
        for (int i = 0; i < grid->values; i++) {
            claim_row(claim, label[view.score][view.axis], learning_grid_epoch(epoch), grid->rate[r],
                      grid->axis[view.axis][i], BOTH(learning_grid_accuracy(grid, view, epoch, r, i)));
        }
    }
}

void learning_grid_write(struct claim *claim, const struct learning_grid *grid, bool best)
{
    const char *draws = "training amplifies rounding into another draw";

    claim_labels(claim, "view");
    claim_column(claim, "epoch", EXACT, "a grid");
    claim_column(claim, "rate", RELATIVE(1e-14), "a grid");
    claim_column(claim, "x", RELATIVE(1e-14), "a grid");
    claim_column(claim, "accuracy", ABSOLUTE(0.2), draws);
    claim_column(claim, "accuracy_err", ABSOLUTE(0.2), draws);
    for (int score = 0; score < LEARNING_SCORES; score++) {
        for (int axis = 0; axis < LEARNING_AXES; axis++) {
            for (int i = 0; i < grid->epochs; i++) {
                write_view(claim, grid,
                           (struct learning_view){(enum learning_score)score, (enum learning_axis)axis, best, 0}, i);
            }
        }
    }
}
