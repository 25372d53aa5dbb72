// SPDX-License-Identifier: GPL-3.0-or-later
/* Training by gradient descent with momentum. */
#include "softmax.h"

#include <assay/base/memory.h>
#include <assay/network/momentum_training.h>
#include <math.h>
#include <string.h>

struct examples examples_of_images(const struct images *images)
{
    return (struct examples){.count = images->count, .X = images->pixels, .label = images->label};
}

void momentum_step(double rate, double momentum, double decay, size_t n, const double gradient[], double velocity[],
                   double parameter[])
{
    for (size_t i = 0; i < n; i++) {
        velocity[i] = momentum * velocity[i] - rate * (gradient[i] + decay * parameter[i]);
        parameter[i] += velocity[i];
    }
}

/* ## Losses */

/* What an example's output k should be; an example has Y or a label. */
static double target_of(const struct examples *examples, ptrdiff_t i, int k, int outputs)
{
    if (examples->Y != NULL) {
        return examples->Y[i * outputs + k];
    }
    return examples->label != NULL && examples->label[i] == k;
}

static double squared(int samples, int outputs, const double F[], const struct examples *examples, double D[],
                      int *correct)
{
    double sum = 0;

    *correct = 0;
    for (ptrdiff_t i = 0; i < samples; i++) {
        int largest = 0;

        for (int k = 0; k < outputs; k++) {
            double d = F[i * outputs + k] - target_of(examples, i, k, outputs);

            largest = F[i * outputs + k] > F[i * outputs + largest] ? k : largest;
            sum += d * d;
            D[i * outputs + k] = d / samples;
        }
        *correct += examples->label != NULL && largest == examples->label[i];
    }
    return sum / (2 * samples);
}

static double cross_entropy(int samples, int outputs, const double F[], const struct examples *examples, double D[],
                            int *correct)
{
    memcpy(D, F, (size_t)samples * (size_t)outputs * sizeof D[0]);
    double loss = softmax_cross_entropy(samples, outputs, examples->label, D, correct);

    softmax_gradient(samples, outputs, examples->label, D);
    return loss;
}

double momentum_loss(enum loss loss, int samples, int outputs, const double F[], const struct examples *examples,
                     double D[], int *correct)
{
    int right;
    double mean = (loss == LOSS_SQUARED ? squared : cross_entropy)(samples, outputs, F, examples, D, &right);

    if (correct != NULL) {
        *correct = right;
    }
    return mean;
}

/* ## What a run needs */

struct trainer {
    struct feedforward *network;
    const struct examples *train;
    const struct momentum_training *training;
    struct feedforward_pass pass;
    double *gradient, *velocity, *D;
    double *X, *Y; // a minibatch's examples
    int *label;
    size_t *order;
};

static int batch_of(const struct examples *train, const struct momentum_training *training)
{
    return training->minibatch == 0 ? (int)train->count : training->minibatch;
}

static enum status check_examples(const struct feedforward *network, const struct examples *examples, int batch,
                                  enum loss loss)
{
    int outputs = feedforward_size(network, network->model.layers);

    if (batch < (network->model.batchnorm ? 2 : 1) || (size_t)batch > examples->count) {
        return status_fail(STATUS_RANGE, "momentum_training: batches of %d out of %zu examples", batch,
                           examples->count);
    }
    if (examples->label == NULL && (examples->Y == NULL || loss == LOSS_CROSS_ENTROPY)) {
        return status_fail(STATUS_RANGE, "momentum_training: no labels");
    }
    for (size_t i = 0; examples->label != NULL && i < examples->count; i++) {
        if (examples->label[i] < 0 || examples->label[i] >= outputs) {
            return status_fail(STATUS_RANGE, "momentum_training: label %d, %d outputs", examples->label[i], outputs);
        }
    }
    return STATUS_OK;
}

static enum status check_training(const struct momentum_training *training)
{
    if (training->epochs < 1 || training->minibatch < 0) {
        return status_fail(STATUS_RANGE, "momentum_training: %d epochs, minibatches of %d", training->epochs,
                           training->minibatch);
    }
    if (!(training->rate > 0 && isfinite(training->rate) && training->momentum >= 0 && training->momentum < 1 &&
          training->decay >= 0 && isfinite(training->decay) && training->explosion > 1)) {
        return status_fail(STATUS_RANGE, "momentum_training: rate %g, momentum %g, decay %g, explosion %g",
                           training->rate, training->momentum, training->decay, training->explosion);
    }
    return STATUS_OK;
}

static enum status trainer_new(struct trainer *trainer, struct feedforward *network, const struct examples *train,
                               const struct momentum_training *training)
{
    int batch = batch_of(train, training);
    size_t samples = (size_t)batch, outputs = (size_t)feedforward_size(network, network->model.layers);
    enum status status = feedforward_pass_new(&trainer->pass, network, batch);

    if (status != STATUS_OK) {
        return status;
    }
    trainer->network = network;
    trainer->train = train;
    trainer->training = training;
    trainer->gradient = memory_doubles(network->parameters);
    trainer->velocity = memory_doubles(network->parameters);
    trainer->D = memory_doubles(samples * outputs);
    trainer->X = memory_doubles(samples * (size_t)feedforward_size(network, 0));
    trainer->Y = memory_doubles(samples * outputs);
    trainer->label = memory_new(samples, sizeof trainer->label[0]);
    trainer->order = memory_new(train->count, sizeof trainer->order[0]);
    return STATUS_OK;
}

static void trainer_free(struct trainer *trainer)
{
    feedforward_pass_free(&trainer->pass);
    memory_free(trainer->gradient);
    memory_free(trainer->velocity);
    memory_free(trainer->D);
    memory_free(trainer->X);
    memory_free(trainer->Y);
    memory_free(trainer->label);
    memory_free(trainer->order);
}

/* ## A step, an epoch */

static struct examples gather(struct trainer *trainer, size_t n, const size_t order[])
{
    const struct examples *train = trainer->train;
    size_t features = (size_t)feedforward_size(trainer->network, 0),
           outputs = (size_t)feedforward_size(trainer->network, trainer->network->model.layers);

    for (size_t i = 0; i < n; i++) {
        memcpy(trainer->X + i * features, train->X + order[i] * features, features * sizeof train->X[0]);
        if (train->Y != NULL) {
            memcpy(trainer->Y + i * outputs, train->Y + order[i] * outputs, outputs * sizeof train->Y[0]);
        }
        if (train->label != NULL) {
            trainer->label[i] = train->label[order[i]];
        }
    }
    return (struct examples){n, trainer->X, train->Y != NULL ? trainer->Y : NULL,
                             train->label != NULL ? trainer->label : NULL};
}

/* The loss before the step. */
static double step(struct trainer *trainer, const struct examples *batch)
{
    struct feedforward *network = trainer->network;
    struct feedforward_pass *pass = &trainer->pass;
    const struct momentum_training *training = trainer->training;
    int L = network->model.layers;

    feedforward_forward(network, pass, batch->X);
    double loss =
        momentum_loss(training->loss, pass->samples, feedforward_size(network, L), pass->z[L], batch, trainer->D, NULL);
    if (isfinite(loss)) {
        feedforward_backward(network, pass, STATISTICS_LIVE, trainer->D);
        feedforward_gradient(network, pass, trainer->gradient);
        momentum_step(training->rate, training->momentum, training->decay, network->parameters, trainer->gradient,
                      trainer->velocity, network->parameter);
    }
    return loss;
}

static bool exploded(const struct trainer *trainer, const struct momentum_outcome *outcome, double loss)
{
    return !(loss <= trainer->training->explosion * outcome->first_loss);
}

static void run_epoch(struct trainer *trainer, struct stream *stream, struct momentum_outcome *outcome)
{
    size_t batch = (size_t)trainer->pass.samples, batches = trainer->train->count / batch;
    bool whole = trainer->training->minibatch == 0;
    double sum = 0;

    if (!whole) {
        stream_permutation(stream, trainer->train->count, trainer->order);
    }
    for (size_t i = 0; i < batches && !outcome->diverged; i++) {
        struct examples examples = whole ? *trainer->train : gather(trainer, batch, trainer->order + i * batch);
        double loss = step(trainer, &examples);

        outcome->first_loss = outcome->steps == 0 ? loss : outcome->first_loss;
        outcome->last_loss = loss;
        outcome->diverged = exploded(trainer, outcome, loss);
        outcome->steps++;
        sum += loss;
    }
    outcome->end.loss = sum / (double)batches;
}

/* ## Tests */

enum status momentum_training_evaluate(const struct feedforward *network, const struct examples *examples, int batch,
                                       enum loss loss, double *mean_loss, double *accuracy)
{
    size_t features = (size_t)feedforward_size(network, 0), samples = (size_t)batch;
    int L = network->model.layers, outputs = feedforward_size(network, L), correct, all = 0, batches = 0;
    struct feedforward_pass pass;
    double sum = 0;
    enum status status = check_examples(network, examples, batch, loss);

    if (status == STATUS_OK) {
        status = feedforward_pass_new(&pass, network, batch);
    }
    if (status != STATUS_OK) {
        return status;
    }
    double *D = memory_doubles(samples * (size_t)outputs);
    for (size_t at = 0; at + samples <= examples->count; at += samples, batches++) {
        struct examples here = {samples, examples->X + at * features,
                                examples->Y != NULL ? examples->Y + at * (size_t)outputs : NULL,
                                examples->label != NULL ? examples->label + at : NULL};

        feedforward_forward(network, &pass, here.X);
        sum += momentum_loss(loss, batch, outputs, pass.z[L], &here, D, &correct);
        all += correct;
    }
    if (mean_loss != NULL) {
        *mean_loss = sum / batches;
    }
    if (accuracy != NULL) {
        *accuracy = examples->label != NULL ? (double)all / (double)batches / batch : NAN;
    }
    memory_free(D);
    feedforward_pass_free(&pass);
    return STATUS_OK;
}

static int test_batch(const struct examples *test, int batch)
{
    return test->count < (size_t)batch ? (int)test->count : batch;
}

static enum status test_network(const struct trainer *trainer, const struct examples *test,
                                struct momentum_outcome *outcome)
{
    enum status status =
        momentum_training_evaluate(trainer->network, test, test_batch(test, trainer->pass.samples),
                                   trainer->training->loss, &outcome->end.test_loss, &outcome->end.test_accuracy);

    outcome->diverged = outcome->diverged || !isfinite(outcome->end.test_loss);
    return status;
}

/* ## Runs */

static enum status run(struct trainer *trainer, const struct examples *test, struct stream *stream,
                       momentum_visit *visit, void *context, struct momentum_outcome *outcome)
{
    const struct momentum_training *training = trainer->training;
    enum status status = STATUS_OK;

    for (int epoch = 1; epoch <= training->epochs && !outcome->diverged && status == STATUS_OK; epoch++) {
        run_epoch(trainer, stream, outcome);
        outcome->end.epoch = epoch;
        if (!outcome->diverged && test != NULL && (visit != NULL || epoch == training->epochs)) {
            status = test_network(trainer, test, outcome);
        }
        if (status == STATUS_OK && visit != NULL && !outcome->diverged) {
            visit(&outcome->end, context);
        }
    }
    if (outcome->diverged) {
        outcome->end = (struct momentum_epoch){outcome->end.epoch, NAN, NAN, NAN};
    }
    return status;
}

enum status momentum_training_run(struct feedforward *network, const struct examples *train,
                                  const struct examples *test, const struct momentum_training *training,
                                  struct stream stream, momentum_visit *visit, void *context,
                                  struct momentum_outcome *outcome)
{
    struct trainer trainer;
    enum status status = check_training(training);

    *outcome = (struct momentum_outcome){.first_loss = NAN, .last_loss = NAN, .end = {0, NAN, NAN, NAN}};
    if (status == STATUS_OK) {
        status = check_examples(network, train, batch_of(train, training), training->loss);
    }
    if (status == STATUS_OK && test != NULL) {
        status = check_examples(network, test, test_batch(test, batch_of(train, training)), training->loss);
    }
    if (status == STATUS_OK) {
        status = trainer_new(&trainer, network, train, training);
    }
    if (status != STATUS_OK) {
        return status;
    }
    status = run(&trainer, test, &stream, visit, context, outcome);
    trainer_free(&trainer);
    return status;
}

enum status momentum_training_trial(const struct feedforward_model *model, const struct examples *train,
                                    const struct examples *test, const struct momentum_training *training,
                                    struct stream stream, struct momentum_outcome *outcome)
{
    struct feedforward network;
    enum status status = feedforward_new(&network, model, stream);

    if (status == STATUS_OK) {
        status = momentum_training_run(&network, train, test, training, stream, NULL, NULL, outcome);
        feedforward_free(&network);
    }
    return status;
}
