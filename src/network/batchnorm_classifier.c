// SPDX-License-Identifier: GPL-3.0-or-later
/* A batch-normalised classifier, forward and backward.
 *
 * A pass keeps x, z and phi' of every layer; h is overwritten by z, because the derivative of the normalisation needs only z and 1/s. The loss is shared with the
 * layer-normalised classifier (softmax.h). */
#include "softmax.h"

#include <assay/base/memory.h>
#include <assay/network/batchnorm_classifier.h>
#include <assay/network/batchnorm_layer.h>
#include <assay/numerics/linear.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

enum { SIZE_MOST = 1 << 20, EVALUATION_ROWS = 512 };

/* ## The block of parameters */

static int inputs_of(const struct batchnorm_model *model, int l)
{
    return l == 1 ? model->inputs : model->width;
}

size_t batchnorm_classifier_weights(const struct batchnorm_model *model, int l)
{
    return (size_t)inputs_of(model, l) * (size_t)(l > model->depth ? model->classes : model->width);
}

size_t batchnorm_classifier_offset(const struct batchnorm_model *model, int l)
{
    size_t width = (size_t)model->width, first = width * ((size_t)model->inputs + 2);

    return l == 1 ? 0 : first + (size_t)(l - 2) * width * (width + 2);
}

static enum status check_model(const struct batchnorm_model *model)
{
    if (model->inputs < 1 || model->width < 1 || model->depth < 1 || model->inputs > SIZE_MOST ||
        model->width > SIZE_MOST || model->depth > SIZE_MOST || model->classes < 2) {
        return status_fail(STATUS_RANGE, "batchnorm_classifier: %d inputs, width %d, depth %d, %d classes",
                           model->inputs, model->width, model->depth, model->classes);
    }
    if (!(isfinite(model->gamma) && isfinite(model->beta) && model->epsilon >= 0 && isfinite(model->epsilon))) {
        return status_fail(STATUS_RANGE, "batchnorm_classifier: gamma %g, beta %g, epsilon %g", model->gamma,
                           model->beta, model->epsilon);
    }
    return STATUS_OK;
}

static void fill(size_t n, double value, double out[])
{
    for (size_t i = 0; i < n; i++) {
        out[i] = value;
    }
}

enum status batchnorm_classifier_new(struct batchnorm_classifier *classifier, const struct batchnorm_model *model,
                                     struct stream stream)
{
    enum status status = check_model(model);

    *classifier = (struct batchnorm_classifier){.model = *model};
    if (status != STATUS_OK) {
        return status;
    }
    int last = model->depth + 1;

    classifier->parameters =
        batchnorm_classifier_offset(model, last) + batchnorm_classifier_weights(model, last) + (size_t)model->classes;
    classifier->parameter = memory_doubles(classifier->parameters);
    for (int l = 1; l <= last; l++) {
        double *W = classifier->parameter + batchnorm_classifier_offset(model, l);
        size_t weights = batchnorm_classifier_weights(model, l);

        stream_normals_scaled(&stream, 1 / sqrt(inputs_of(model, l)), weights, W);
        if (l < last) {
            fill((size_t)model->width, model->gamma, W + weights);
            fill((size_t)model->width, model->beta, W + weights + model->width);
        }
    }
    return STATUS_OK;
}

void batchnorm_classifier_free(struct batchnorm_classifier *classifier)
{
    memory_free(classifier->parameter);
    classifier->parameter = NULL;
}

/* ## Room for a pass */

enum status batchnorm_classifier_pass_new(struct batchnorm_classifier_pass *pass,
                                          const struct batchnorm_classifier *classifier, int batch, int batches)
{
    const struct batchnorm_model *model = &classifier->model;

    *pass = (struct batchnorm_classifier_pass){.batch = batch, .batches = batches};
    if (batch < (model->epsilon > 0 ? 1 : 2) || batches < 1 || batch > SIZE_MOST / batches) {
        return status_fail(STATUS_RANGE, "batchnorm_classifier: %d batches of %d", batches, batch);
    }
    size_t samples = (size_t)batch * (size_t)batches, layer = samples * (size_t)model->width,
           depth = (size_t)model->depth;

    if (layer > SIZE_MAX / sizeof(double) / (3 * depth + 2)) {
        return status_fail(STATUS_RANGE, "batchnorm_classifier: %zu samples are too many for %zu layers", samples,
                           depth);
    }
    pass->x = memory_doubles(layer * (3 * depth + 2));
    pass->z = pass->x + depth * layer;
    pass->slope = pass->z + depth * layer;
    pass->d = pass->slope + depth * layer;
    pass->below = pass->d + layer;
    pass->inverse = memory_doubles(depth * (size_t)batches * (size_t)model->width);
    pass->logits = memory_doubles(samples * (size_t)model->classes);
    return STATUS_OK;
}

void batchnorm_classifier_pass_free(struct batchnorm_classifier_pass *pass)
{
    memory_free(pass->x);
    memory_free(pass->inverse);
    memory_free(pass->logits);
    *pass = (struct batchnorm_classifier_pass){.batch = 0};
}

static int samples_of(const struct batchnorm_classifier_pass *pass)
{
    return pass->batch * pass->batches;
}

/* ## Forward */

/* x = gamma z + beta, each neuron with its own. */
static void scale_and_shift(int samples, int width, const double gamma[], const double beta[], const double z[],
                            double x[])
{
    for (ptrdiff_t i = 0; i < samples; i++) {
        for (int a = 0; a < width; a++) {
            x[i * width + a] = gamma[a] * z[i * width + a] + beta[a];
        }
    }
}

/* Layer l, 1..depth, from x^(l-1); false if a variance has overflowed. */
static bool forward_layer(const struct batchnorm_classifier *classifier, struct batchnorm_classifier_pass *pass, int l,
                          const double below[])
{
    const struct batchnorm_model *model = &classifier->model;
    const double *W = classifier->parameter + batchnorm_classifier_offset(model, l),
                 *gamma = W + batchnorm_classifier_weights(model, l);
    int samples = samples_of(pass), width = model->width;
    size_t layer = (size_t)samples * (size_t)width, at = (size_t)(l - 1) * layer,
           neurons = (size_t)pass->batches * (size_t)width;
    double *z = pass->z + at, *x = pass->x + at, *inverse = pass->inverse + (size_t)(l - 1) * neurons;
    bool alive = true;

    linear_multiply(false, true, samples, width, inputs_of(model, l), 1, below, W, 0, z);
    batchnorm_layer_forward(pass->batch, pass->batches, width, model->epsilon, z, z, inverse);
    for (size_t a = 0; a < neurons; a++) {
        alive = alive && inverse[a] > 0;
    }
    scale_and_shift(samples, width, gamma, gamma + width, z, x);
    activation_apply(&model->phi, layer, x, x, pass->slope + at);
    return alive;
}

static const double *last_layer(const struct batchnorm_classifier *classifier,
                                const struct batchnorm_classifier_pass *pass)
{
    const struct batchnorm_model *model = &classifier->model;

    return pass->x + (size_t)(model->depth - 1) * (size_t)samples_of(pass) * (size_t)model->width;
}

double batchnorm_classifier_loss(const struct batchnorm_classifier *classifier, struct batchnorm_classifier_pass *pass,
                                 const double X[], const int label[], int *correct)
{
    const struct batchnorm_model *model = &classifier->model;
    const double *R = classifier->parameter + batchnorm_classifier_offset(model, model->depth + 1),
                 *c = R + batchnorm_classifier_weights(model, model->depth + 1), *below = X;
    int samples = samples_of(pass);
    bool alive = true;

    for (int l = 1; l <= model->depth; l++) {
        alive = forward_layer(classifier, pass, l, below) && alive;
        below = pass->x + (size_t)(l - 1) * (size_t)samples * (size_t)model->width;
    }
    for (ptrdiff_t i = 0; i < samples; i++) {
        memcpy(pass->logits + i * model->classes, c, (size_t)model->classes * sizeof c[0]);
    }
    linear_multiply(false, true, samples, model->classes, model->width, 1, below, R, 1, pass->logits);
    double loss = softmax_cross_entropy(samples, model->classes, label, pass->logits, correct);
    return alive ? loss : NAN;
}

/* ## Backward */

/* Gradients of layer l's gamma and beta from d = dLoss/d(gamma z + beta). */
static void scale_gradient(int samples, int width, const double d[], const double z[], double gamma[], double beta[])
{
    fill((size_t)width, 0, gamma);
    fill((size_t)width, 0, beta);
    for (ptrdiff_t i = 0; i < samples; i++) {
        for (int a = 0; a < width; a++) {
            gamma[a] += d[i * width + a] * z[i * width + a];
            beta[a] += d[i * width + a];
        }
    }
}

/* pass->d: from the gradient with respect to x^(l) to that with respect to h^(l). */
static void backward_normalisation(const struct batchnorm_classifier *classifier,
                                   struct batchnorm_classifier_pass *pass, int l, double gradient[])
{
    const struct batchnorm_model *model = &classifier->model;
    size_t scales = batchnorm_classifier_offset(model, l) + batchnorm_classifier_weights(model, l);
    const double *gamma = classifier->parameter + scales;
    int samples = samples_of(pass), width = model->width;
    size_t layer = (size_t)samples * (size_t)width, at = (size_t)(l - 1) * layer;
    const double *slope = pass->slope + at, *z = pass->z + at;
    double *d = pass->d;

    for (size_t i = 0; i < layer; i++) {
        d[i] *= slope[i];
    }
    if (model->trained) {
        scale_gradient(samples, width, d, z, gradient + scales, gradient + scales + width);
    } else {
        fill(2 * (size_t)width, 0, gradient + scales);
    }
    for (ptrdiff_t i = 0; i < samples; i++) {
        for (int a = 0; a < width; a++) {
            d[i * width + a] *= gamma[a];
        }
    }
    batchnorm_layer_derivative(pass->batch, pass->batches, width, z,
                               pass->inverse + (size_t)(l - 1) * (size_t)pass->batches * (size_t)width, d, d);
}

/* From pass->logits = dLoss/dlogits to the read-out's gradient, and to pass->d = dLoss/dx^(depth). */
static void backward_readout(const struct batchnorm_classifier *classifier, struct batchnorm_classifier_pass *pass,
                             double gradient[])
{
    const struct batchnorm_model *model = &classifier->model;
    size_t readout = batchnorm_classifier_offset(model, model->depth + 1);
    double *c = gradient + readout + batchnorm_classifier_weights(model, model->depth + 1);
    int samples = samples_of(pass), classes = model->classes;

    linear_multiply(true, false, classes, model->width, samples, 1, pass->logits, last_layer(classifier, pass), 0,
                    gradient + readout);
    fill((size_t)classes, 0, c);
    for (ptrdiff_t i = 0; i < samples; i++) {
        linear_axpy(classes, 1, pass->logits + i * classes, c);
    }
    linear_multiply(false, false, samples, model->width, classes, 1, pass->logits, classifier->parameter + readout, 0,
                    pass->d);
}

double batchnorm_classifier_gradient(const struct batchnorm_classifier *classifier,
                                     struct batchnorm_classifier_pass *pass, const double X[], const int label[],
                                     double gradient[], double square[])
{
    const struct batchnorm_model *model = &classifier->model;
    int samples = samples_of(pass), width = model->width;
    double loss = batchnorm_classifier_loss(classifier, pass, X, label, NULL);

    softmax_gradient(samples, model->classes, label, pass->logits);
    backward_readout(classifier, pass, gradient);
    for (int l = model->depth; l >= 1; l--) {
        size_t at = batchnorm_classifier_offset(model, l);
        const double *below = l == 1 ? X : pass->x + (size_t)(l - 2) * (size_t)samples * (size_t)width;

        backward_normalisation(classifier, pass, l, gradient);
        if (square != NULL) {
            square[l] = linear_dot(samples * width, pass->d, pass->d);
        }
        linear_multiply(true, false, width, inputs_of(model, l), samples, 1, pass->d, below, 0, gradient + at);
        if (l > 1) {
            double *d = pass->d;

            linear_multiply(false, false, samples, width, width, 1, d, classifier->parameter + at, 0, pass->below);
            pass->d = pass->below;
            pass->below = d;
        }
    }
    return loss;
}

/* ## Evaluation */

enum status batchnorm_classifier_check(const struct batchnorm_classifier *classifier, const struct images *images,
                                       int batch)
{
    const struct batchnorm_model *model = &classifier->model;

    if (images->features != (size_t)model->inputs || images->classes > model->classes || batch < 1 ||
        images->count < (size_t)batch) {
        return status_fail(
            STATUS_RANGE,
            "batchnorm_classifier: %zu images of %zu features in %d classes for batches of %d, %d inputs, %d classes",
            images->count, images->features, images->classes, batch, model->inputs, model->classes);
    }
    return STATUS_OK;
}

/* Adds up over the groups [first, first + pass->batches). */
static void evaluate_groups(const struct batchnorm_classifier *classifier, struct batchnorm_classifier_pass *pass,
                            const struct images *images, size_t first, double *loss, size_t *right)
{
    size_t row = first * (size_t)pass->batch;
    int correct;

    *loss += samples_of(pass) * batchnorm_classifier_loss(classifier, pass, images->pixels + row * images->features,
                                                          images->label + row, &correct);
    *right += (size_t)correct;
}

enum status batchnorm_classifier_evaluate(const struct batchnorm_classifier *classifier, const struct images *images,
                                          int batch, double *loss, double *accuracy)
{
    struct batchnorm_classifier_pass pass;
    enum status status = batchnorm_classifier_check(classifier, images, batch);

    if (status != STATUS_OK) {
        return status;
    }
    size_t groups = images->count / (size_t)batch,
           together = batch < EVALUATION_ROWS ? EVALUATION_ROWS / (size_t)batch : 1, right = 0, done = 0;
    double sum = 0;

    together = together < groups ? together : groups;
    status = batchnorm_classifier_pass_new(&pass, classifier, batch, (int)together);
    if (status != STATUS_OK) {
        return status;
    }
    for (; done < groups; done += (size_t)pass.batches) {
        if (groups - done < together) {
            pass.batches = (int)(groups - done); // the last pass, in the same room
        }
        evaluate_groups(classifier, &pass, images, done, &sum, &right);
    }
    batchnorm_classifier_pass_free(&pass);
    *loss = sum / (double)(groups * (size_t)batch);
    *accuracy = (double)right / (double)(groups * (size_t)batch);
    return STATUS_OK;
}
