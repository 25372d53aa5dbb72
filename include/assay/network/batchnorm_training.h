// SPDX-License-Identifier: GPL-3.0-or-later
/* Training a batch-normalised classifier by SGD or RMSProp.
 *
 *     SGD        parameter <- parameter - rate g
 *     RMSProp    v <- memory v + (1 - memory) g^2,   parameter <- parameter - rate g / (sqrt(v) + floor)
 *
 * with g the gradient of a minibatch's mean loss and v from 0 (Tieleman and Hinton 2012): the first step moves every parameter by rate / sqrt(1 - memory). The same arguments give the
 * same bits with single-threaded BLAS. */
#ifndef ASSAY_NETWORK_BATCHNORM_TRAINING_H
#define ASSAY_NETWORK_BATCHNORM_TRAINING_H

#include <assay/network/batchnorm_classifier.h>

enum descent_kind { DESCENT_SGD, DESCENT_RMSPROP };

struct descent {
    enum descent_kind kind;
    double rate;          // > 0
    double memory, floor; // RMSProp's: in [0, 1), > 0
};

/* One step for n parameters; v (n numbers, zero before the first step) may be NULL for SGD. */
void descent_step(const struct descent *descent, size_t n, const double gradient[], double v[], double parameter[]);

/* Minibatches have batch * batches samples; statistics are those of each group of batch. observe, unless NULL, is called before the first epoch (as epoch 0) and after each; a failure ends
 * the training and is its status. After a divergence no more is observed. */
struct batchnorm_training {
    int epochs, batch, batches;
    struct descent descent;
    enum status (*observe)(const struct batchnorm_classifier *classifier, int epoch, void *observer);
    void *observer;
};

struct batchnorm_outcome {
    long steps;
    bool diverged;        // a loss or a parameter was not finite: training ended there
    double loss;          // the mean of the last epoch's minibatches, each before its step; NaN if diverged
    double test_accuracy; // of a trial: a fraction; that of a guess, 1/classes, if diverged
};

/* Trains in place. Each epoch takes the images in a new order drawn from stream; those that fill no minibatch sit out that epoch. A network that diverges is an outcome, not a
 * failure. STATUS_RANGE for bad arguments. */
enum status batchnorm_training_run(struct batchnorm_classifier *classifier, const struct images *train,
                                   const struct batchnorm_training *training, struct stream stream,
                                   struct batchnorm_outcome *outcome);

/* Draws a classifier, trains it and tests it: weights are the stream's normals, orders its uniforms. */
enum status batchnorm_training_trial(const struct batchnorm_model *model, const struct images *train,
                                     const struct images *test, const struct batchnorm_training *training,
                                     struct stream stream, struct batchnorm_outcome *outcome);

#endif
