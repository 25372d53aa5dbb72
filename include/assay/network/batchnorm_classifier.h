// SPDX-License-Identifier: GPL-3.0-or-later
/* A classifier to be trained: a fully connected network with batch normalisation, a linear read-out, softmax and cross-entropy.
 *
 *     h^(l) = W^(l) x^(l-1),   z^(l) = (h^(l) - mean) / sqrt(variance + epsilon),   x^(l) = phi(gamma^(l) z^(l) + beta^(l)),   l = 1..depth,
 *     logits = R x^(depth) + c.
 *
 * Weights are as gradient descent sees them: entries N(0, 1/inputs of the layer) with nothing outside. Biases would be removed by the normalisation. Means and variances are those
 * of the minibatch at hand, and gradients go through them.
 *
 * **Batches.** samples = batch * batches rows go through together, each group of `batch` rows normalised by itself. With batches = 1 that is what everybody does.
 * **Evaluation** normalises test images by the statistics of groups of test images, as many as in training, and keeps no running averages: a
 * deep network carries small differences between a batch's statistics and their average on to the next layer and enlarges them there, so that averages would
 * measure the estimator and not what the network has learned.
 *
 * All parameters lie in one block: for each layer W (width x inputs), gamma (width), beta (width), then R (classes x width) and c. */
#ifndef ASSAY_NETWORK_BATCHNORM_CLASSIFIER_H
#define ASSAY_NETWORK_BATCHNORM_CLASSIFIER_H

#include <assay/meanfield/activation.h>
#include <assay/network/idx.h>
#include <assay/random/stream.h>
#include <stdbool.h>

/* Plain data. gamma and beta are what every neuron starts with; unless `trained` they stay, and their gradients are not computed. */
struct batchnorm_model {
    int inputs, width, depth, classes;
    struct activation phi;
    double gamma, beta, epsilon;
    bool trained;
};

struct batchnorm_classifier {
    struct batchnorm_model model;
    size_t parameters;
    double *parameter;
};

/* Draws the weights, in their order. STATUS_RANGE unless 1 <= inputs, width, depth <= 2^20, classes >= 2, epsilon >= 0 and gamma and beta are
 * finite. */
enum status batchnorm_classifier_new(struct batchnorm_classifier *classifier, const struct batchnorm_model *model,
                                     struct stream stream);
void batchnorm_classifier_free(struct batchnorm_classifier *classifier);

/* Where a layer's W begins in the block, l = 1..depth + 1 (the last: R), and how many numbers W has. gamma follows W, beta gamma; c follows R. */
size_t batchnorm_classifier_offset(const struct batchnorm_model *model, int l);
size_t batchnorm_classifier_weights(const struct batchnorm_model *model, int l);

/* Room for passes over batch * batches samples. */
struct batchnorm_classifier_pass {
    int batch, batches;
    double *x, *z, *slope; // depth layers of samples x width
    double *inverse;       // depth layers of batches x width: 1 / sqrt(variance + epsilon)
    double *logits;        // samples x classes; after a gradient: dLoss/dlogits
    double *d, *below;     // samples x width
};

/* STATUS_RANGE unless batch >= 2 (1 with epsilon > 0), batches >= 1. */
enum status batchnorm_classifier_pass_new(struct batchnorm_classifier_pass *pass,
                                          const struct batchnorm_classifier *classifier, int batch, int batches);
void batchnorm_classifier_pass_free(struct batchnorm_classifier_pass *pass);

/* The mean cross-entropy of X (samples x inputs) against label[0..samples). *correct, unless NULL, is the number of samples whose largest logit is that
 * of their label. NaN if a logit is, or if a neuron's variance overflows, which would silence it. */
double batchnorm_classifier_loss(const struct batchnorm_classifier *classifier, struct batchnorm_classifier_pass *pass,
                                 const double X[], const int label[], int *correct);

/* The same, and gradient = dLoss/dparameter. square[l], l = 1..depth, unless NULL, is |dLoss/dh^(l)|^2. 6 samples width^2 flops a layer. */
double batchnorm_classifier_gradient(const struct batchnorm_classifier *classifier,
                                     struct batchnorm_classifier_pass *pass, const double X[], const int label[],
                                     double gradient[], double square[]);

/* STATUS_RANGE if the images' features or classes do not fit, or they do not fill a group of `batch`. */
enum status batchnorm_classifier_check(const struct batchnorm_classifier *classifier, const struct images *images,
                                       int batch);

/* Mean loss and accuracy (a fraction) over a data set, in its order, by groups of `batch`; images that fill no group are left out. */
enum status batchnorm_classifier_evaluate(const struct batchnorm_classifier *classifier, const struct images *images,
                                          int batch, double *loss, double *accuracy);

#endif
