// SPDX-License-Identifier: GPL-3.0-or-later
/* Stochastic gradient descent with momentum.
 *
 * The velocity doubles as the gradient's storage: backpropagation itself computes momentum * v - rate * g layer by
 * layer (dense_gradient's keep and factor), which saves a pass over as many numbers as the network has parameters.
 * All layers see the parameters from before the step, as the update is added after the whole backward pass. */
#include <assay/base/memory.h>
#include <assay/network/training.h>
#include <assay/numerics/linear.h>
#include <math.h>
#include <string.h>

struct trainer {
    struct classifier *classifier;
    const struct images *train;
    const struct training *training;
    struct classifier_pass pass;
    double *velocity, *X;
    int *label;
    size_t *order;
};

static enum status check(const struct classifier *classifier, const struct images *train, const struct images *test,
                         const struct training *training)
{
    enum status status = classifier_check(classifier, train);

    if (status == STATUS_OK && test != NULL) {
        status = classifier_check(classifier, test);
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (training->epochs < 0 || training->minibatch < 1 || (size_t)training->minibatch > train->count) {
        return status_fail(STATUS_RANGE, "training: %d epochs, minibatches of %d out of %zu", training->epochs,
                           training->minibatch, train->count);
    }
    if (!(training->rate > 0 && training->momentum >= 0 && training->momentum < 1 && training->decay > 0 &&
          training->decay <= 1)) {
        return status_fail(STATUS_RANGE, "training: rate %g, momentum %g, decay %g", training->rate, training->momentum,
                           training->decay);
    }
    return STATUS_OK;
}

static void gather(struct trainer *trainer, const size_t order[])
{
    size_t features = trainer->train->features;

    for (int i = 0; i < trainer->training->minibatch; i++) {
        memcpy(trainer->X + (size_t)i * features, trainer->train->pixels + order[i] * features,
               features * sizeof trainer->X[0]);
        trainer->label[i] = trainer->train->label[order[i]];
    }
}

static void move(struct classifier *classifier, const double velocity[])
{
    for (size_t i = 0; i < classifier->parameters; i++) {
        classifier->parameter[i] += velocity[i];
    }
}

/* One pass over the training set; the mean loss goes to epoch->loss. */
static enum status run_epoch(struct trainer *trainer, struct stream *stream, struct training_epoch *epoch)
{
    size_t batch = (size_t)trainer->training->minibatch, batches = trainer->train->count / batch;
    double sum = 0;

    stream_permutation(stream, trainer->train->count, trainer->order);
    for (size_t i = 0; i < batches; i++) {
        gather(trainer, trainer->order + i * batch);
        double loss = classifier_gradient(trainer->classifier, &trainer->pass, (int)batch, trainer->X, trainer->label,
                                          -epoch->rate, trainer->training->momentum, trainer->velocity);
        if (!isfinite(loss)) {
            return status_fail(STATUS_CONVERGENCE, "training: the loss is %g in epoch %d, minibatch %zu", loss,
                               epoch->epoch, i + 1);
        }
        move(trainer->classifier, trainer->velocity);
        sum += loss;
    }
    epoch->loss = sum / (double)batches;
    return STATUS_OK;
}

static enum status run_epochs(struct trainer *trainer, const struct images *test, struct stream stream,
                              training_visit *visit, void *context)
{
    const struct training *training = trainer->training;
    struct training_epoch epoch = {.rate = training->rate, .test_loss = NAN, .test_accuracy = NAN};
    enum status status = STATUS_OK;
    bool going = true;

    while (going && status == STATUS_OK && epoch.epoch < training->epochs) {
        epoch.epoch++;
        status = run_epoch(trainer, &stream, &epoch);
        if (status == STATUS_OK && test != NULL) {
            status = classifier_evaluate(trainer->classifier, test, &epoch.test_loss, &epoch.test_accuracy);
        }
        if (status == STATUS_OK && visit != NULL) {
            going = visit(&epoch, context);
        }
        epoch.rate *= training->decay;
    }
    return status;
}

enum status training_run(struct classifier *classifier, const struct images *train, const struct images *test,
                         const struct training *training, struct stream stream, training_visit *visit, void *context)
{
    struct trainer trainer = {.classifier = classifier, .train = train, .training = training};
    enum status status = check(classifier, train, test, training);

    if (status == STATUS_OK) {
        status = classifier_pass_new(&trainer.pass, classifier, training->minibatch);
    }
    if (status != STATUS_OK) {
        return status;
    }
    trainer.velocity = memory_doubles(classifier->parameters);
    trainer.X = memory_doubles((size_t)training->minibatch * train->features);
    trainer.label = memory_new((size_t)training->minibatch, sizeof trainer.label[0]);
    trainer.order = memory_new(train->count, sizeof trainer.order[0]);
    status = run_epochs(&trainer, test, stream, visit, context);
    memory_free(trainer.velocity);
    memory_free(trainer.X);
    memory_free(trainer.label);
    memory_free(trainer.order);
    classifier_pass_free(&trainer.pass);
    return status;
}
