// SPDX-License-Identifier: GPL-3.0-or-later
/* Softmax and cross-entropy on top of a layer-normalised network. */
#include "softmax.h"

#include <assay/base/memory.h>
#include <assay/network/classifier.h>
#include <assay/network/dense.h>
#include <math.h>

enum { EVALUATION_BATCH = 256 };

static int outputs_of(const struct classifier *classifier)
{
    const struct layernorm_network *network = &classifier->model.network;

    return layernorm_width(network, network->depth);
}

static double readout_scale(const struct classifier *classifier)
{
    return 1 / sqrt(outputs_of(classifier));
}

enum status classifier_new(struct classifier *classifier, const struct layernorm_network *network, int classes,
                           double readout_sd, struct stream stream)
{
    enum status status = layernorm_network_check(network);

    *classifier = (struct classifier){.model.network = *network, .classes = classes};
    if (status != STATUS_OK) {
        return status;
    }
    if (classes < 2 || !(readout_sd >= 0 && isfinite(readout_sd))) {
        return status_fail(STATUS_RANGE, "classifier_new: %d classes, read-out deviation %g", classes, readout_sd);
    }
    size_t body = layernorm_offset(network, network->depth + 1);
    size_t readout = (size_t)classes * (size_t)outputs_of(classifier);

    classifier->parameters = body + readout + (size_t)classes;
    classifier->parameter = memory_doubles(classifier->parameters);
    classifier->model.parameter = classifier->parameter;
    layernorm_draw(network, stream, classifier->parameter);
    stream.draw += body;
    stream_normals_scaled(&stream, readout_sd, readout, classifier->parameter + body);
    return STATUS_OK;
}

void classifier_free(struct classifier *classifier)
{
    memory_free(classifier->parameter);
    classifier->parameter = classifier->model.parameter = NULL;
}

double *classifier_readout(const struct classifier *classifier)
{
    const struct layernorm_network *network = &classifier->model.network;

    return classifier->parameter + layernorm_offset(network, network->depth + 1);
}

double *classifier_readout_bias(const struct classifier *classifier)
{
    return classifier->parameter + (classifier->parameters - (size_t)classifier->classes);
}

enum status classifier_pass_new(struct classifier_pass *pass, const struct classifier *classifier, int capacity)
{
    enum status status = layernorm_trace_new(&pass->trace, &classifier->model.network, capacity);
    size_t classes = (size_t)classifier->classes, outputs = (size_t)outputs_of(classifier);

    pass->logits = pass->output = NULL;
    if (status == STATUS_OK) {
        pass->logits = memory_doubles((size_t)capacity * (classes + outputs));
        pass->output = pass->logits + (size_t)capacity * classes;
    }
    return status;
}

void classifier_pass_free(struct classifier_pass *pass)
{
    memory_free(pass->logits);
    layernorm_trace_free(&pass->trace);
    pass->logits = pass->output = NULL;
}

double classifier_loss(const struct classifier *classifier, struct classifier_pass *pass, int samples, const double X[],
                       const int label[], int *correct)
{
    const struct layernorm_network *network = &classifier->model.network;
    int classes = classifier->classes;

    layernorm_trace_forward(&pass->trace, &classifier->model, samples, X);
    dense_forward(samples, outputs_of(classifier), classes, readout_scale(classifier),
                  pass->trace.output[network->depth], classifier_readout(classifier),
                  classifier_readout_bias(classifier), pass->logits);
    return softmax_cross_entropy(samples, classes, label, pass->logits, correct);
}

double classifier_gradient(const struct classifier *classifier, struct classifier_pass *pass, int samples,
                           const double X[], const int label[], double factor, double keep, double gradient[])
{
    const struct layernorm_network *network = &classifier->model.network;
    int classes = classifier->classes, outputs = outputs_of(classifier);
    double loss = classifier_loss(classifier, pass, samples, X, label, NULL), scale = readout_scale(classifier);
    double *readout = gradient + (classifier_readout(classifier) - classifier->parameter);

    softmax_gradient(samples, classes, label, pass->logits);
    dense_gradient(samples, outputs, classes, scale, pass->logits, pass->trace.output[network->depth], factor, keep,
                   readout, readout + (ptrdiff_t)classes * outputs);
    dense_backward(samples, outputs, classes, scale, pass->logits, classifier_readout(classifier), pass->output);
    layernorm_trace_backward(&pass->trace, &classifier->model, pass->output,
                             &(struct layernorm_gradient){.parameter = gradient, .factor = factor, .keep = keep});
    return loss;
}

enum status classifier_check(const struct classifier *classifier, const struct images *images)
{
    size_t inputs = (size_t)classifier->model.network.inputs;

    if (images->count < 1 || images->features != inputs || images->classes > classifier->classes) {
        return status_fail(STATUS_RANGE,
                           "classifier: %zu images of %zu features in %d classes for %zu inputs and %d classes",
                           images->count, images->features, images->classes, inputs, classifier->classes);
    }
    return STATUS_OK;
}

enum status classifier_evaluate(const struct classifier *classifier, const struct images *images, double *loss,
                                double *accuracy)
{
    struct classifier_pass pass;
    double sum = 0;
    size_t right = 0;
    enum status status = classifier_check(classifier, images);

    if (status == STATUS_OK) {
        status = classifier_pass_new(&pass, classifier, EVALUATION_BATCH);
    }
    if (status != STATUS_OK) {
        return status;
    }
    for (size_t first = 0; first < images->count; first += EVALUATION_BATCH) {
        size_t left = images->count - first;
        int samples = left < EVALUATION_BATCH ? (int)left : EVALUATION_BATCH, correct;

        sum += samples * classifier_loss(classifier, &pass, samples, images->pixels + first * images->features,
                                         images->label + first, &correct);
        right += (size_t)correct;
    }
    classifier_pass_free(&pass);
    *loss = sum / (double)images->count;
    *accuracy = (double)right / (double)images->count;
    return STATUS_OK;
}
