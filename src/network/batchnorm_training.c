// SPDX-License-Identifier: GPL-3.0-or-later
/* Training batch-normalised classifiers.
 *
 * Gradients explode here, that is the subject. A parameter that is not finite makes the next loss NaN, so that only the last step has to be looked at. */
#include <assay/base/memory.h>
#include <assay/network/batchnorm_training.h>
#include <math.h>
#include <string.h>

struct trainer {
    struct batchnorm_classifier *classifier;
    const struct images *train;
    const struct batchnorm_training *training;
    struct batchnorm_classifier_pass pass;
    double *gradient, *v, *X;
    int *label;
    size_t *order;
};

void descent_step(const struct descent *descent, size_t n, const double gradient[], double v[], double parameter[])
{
    if (descent->kind == DESCENT_SGD) {
        for (size_t i = 0; i < n; i++) {
            parameter[i] -= descent->rate * gradient[i];
        }
        return;
    }
    for (size_t i = 0; i < n; i++) {
        v[i] = descent->memory * v[i] + (1 - descent->memory) * gradient[i] * gradient[i];
        parameter[i] -= descent->rate * gradient[i] / (sqrt(v[i]) + descent->floor);
    }
}

static enum status check(const struct batchnorm_classifier *classifier, const struct images *train,
                         const struct batchnorm_training *training)
{
    const struct descent *descent = &training->descent;

    if (training->epochs < 0 || training->batch < 1 || training->batches < 1 ||
        (size_t)training->batch * (size_t)training->batches > train->count) {
        return status_fail(STATUS_RANGE, "batchnorm_training: %d epochs, minibatches of %d times %d out of %zu",
                           training->epochs, training->batches, training->batch, train->count);
    }
    if (!(descent->rate > 0 && isfinite(descent->rate)) ||
        (descent->kind == DESCENT_RMSPROP && !(descent->memory >= 0 && descent->memory < 1 && descent->floor > 0))) {
        return status_fail(STATUS_RANGE, "batchnorm_training: rate %g, memory %g, floor %g", descent->rate,
                           descent->memory, descent->floor);
    }
    return batchnorm_classifier_check(classifier, train, training->batch);
}

static void gather(struct trainer *trainer, size_t n, const size_t order[])
{
    size_t features = trainer->train->features;

    for (size_t i = 0; i < n; i++) {
        memcpy(trainer->X + i * features, trainer->train->pixels + order[i] * features,
               features * sizeof trainer->X[0]);
        trainer->label[i] = trainer->train->label[order[i]];
    }
}

static bool all_finite(size_t n, const double x[])
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        sum += 0 * x[i]; // NaN from an infinity or a NaN
    }
    return sum == 0;
}

/* One minibatch; the loss before its step, NaN if the network has diverged. */
static double step(struct trainer *trainer)
{
    struct batchnorm_classifier *classifier = trainer->classifier;
    double loss =
        batchnorm_classifier_gradient(classifier, &trainer->pass, trainer->X, trainer->label, trainer->gradient, NULL);

    if (!isfinite(loss)) {
        return NAN;
    }
    descent_step(&trainer->training->descent, classifier->parameters, trainer->gradient, trainer->v,
                 classifier->parameter);
    return loss;
}

static void run_epoch(struct trainer *trainer, struct stream *stream, struct batchnorm_outcome *outcome)
{
    size_t batch = (size_t)trainer->training->batch * (size_t)trainer->training->batches,
           batches = trainer->train->count / batch;
    double sum = 0;

    stream_permutation(stream, trainer->train->count, trainer->order);
    for (size_t i = 0; i < batches && !outcome->diverged; i++) {
        gather(trainer, batch, trainer->order + i * batch);
        double loss = step(trainer);

        outcome->diverged = isnan(loss);
        outcome->steps++;
        sum += loss;
    }
    outcome->loss = sum / (double)batches;
}

static enum status observe(const struct trainer *trainer, int epoch)
{
    const struct batchnorm_training *training = trainer->training;

    return training->observe == NULL ? STATUS_OK : training->observe(trainer->classifier, epoch, training->observer);
}

enum status batchnorm_training_run(struct batchnorm_classifier *classifier, const struct images *train,
                                   const struct batchnorm_training *training, struct stream stream,
                                   struct batchnorm_outcome *outcome)
{
    struct trainer trainer = {.classifier = classifier, .train = train, .training = training};
    enum status status = check(classifier, train, training);

    *outcome = (struct batchnorm_outcome){.loss = NAN};
    if (status == STATUS_OK) {
        status = batchnorm_classifier_pass_new(&trainer.pass, classifier, training->batch, training->batches);
    }
    if (status != STATUS_OK) {
        return status;
    }
    size_t samples = (size_t)training->batch * (size_t)training->batches;

    trainer.gradient = memory_doubles(classifier->parameters);
    trainer.v = training->descent.kind == DESCENT_SGD ? NULL : memory_doubles(classifier->parameters);
    trainer.X = memory_doubles(samples * train->features);
    trainer.label = memory_new(samples, sizeof trainer.label[0]);
    trainer.order = memory_new(train->count, sizeof trainer.order[0]);
    status = observe(&trainer, 0);
    for (int epoch = 1; status == STATUS_OK && epoch <= training->epochs && !outcome->diverged; epoch++) {
        run_epoch(&trainer, &stream, outcome);
        status = outcome->diverged ? STATUS_OK : observe(&trainer, epoch);
    }
    outcome->diverged = outcome->diverged || !all_finite(classifier->parameters, classifier->parameter);
    outcome->loss = outcome->diverged ? NAN : outcome->loss;
    memory_free(trainer.gradient);
    memory_free(trainer.v);
    memory_free(trainer.X);
    memory_free(trainer.label);
    memory_free(trainer.order);
    batchnorm_classifier_pass_free(&trainer.pass);
    return status;
}

enum status batchnorm_training_trial(const struct batchnorm_model *model, const struct images *train,
                                     const struct images *test, const struct batchnorm_training *training,
                                     struct stream stream, struct batchnorm_outcome *outcome)
{
    struct batchnorm_classifier classifier;
    double loss;
    enum status status = batchnorm_classifier_new(&classifier, model, stream);

    if (status == STATUS_OK) {
        status = batchnorm_training_run(&classifier, train, training, stream, outcome);
    }
    if (status == STATUS_OK) {
        status = batchnorm_classifier_evaluate(&classifier, test, training->batch, &loss, &outcome->test_accuracy);
        outcome->diverged = outcome->diverged || isnan(loss);
    }
    if (status == STATUS_OK && outcome->diverged) {
        outcome->test_accuracy = 1.0 / model->classes;
    }
    batchnorm_classifier_free(&classifier);
    return status;
}
