// SPDX-License-Identifier: GPL-3.0-or-later
/* Training feed-forward networks by gradient descent with momentum (Polyak's heavy ball), full batch or minibatches.
 *
 *     theta(t+1) = theta(t) - rate (gradient(t) + decay theta(t)) + momentum (theta(t) - theta(t-1)),   theta(-1) = theta(0),
 *
 * with the gradient of a minibatch's mean loss in all parameters, through the statistics of that minibatch (STATISTICS_LIVE). Losses are
 *
 *     squared          |f - y|^2 / 2 a sample: that of a model with Gaussian outputs, whose Fisher matrix is J'J / m (fisher.h)
 *     cross-entropy    of softmax(f) and a label
 *
 * Near a minimum of the squared loss that fits all samples, full-batch descent contracts exactly while rate < 2 (1 + momentum) / the largest eigenvalue of that matrix (numerics/heavy_ball.h).
 *
 * **Divergence** is an outcome, no failure: a loss that is not finite, or above `explosion` times the first minibatch's, ends the run. With relu a rate somewhat too large lets the loss rise at first and sends the
 * network to flatter ground; only what rises by more than `explosion` counts, and how much that is moves the boundary little, because with momentum an unstable mode grows by 1 + 2 (1 + momentum) / (1 - momentum) x
 * a step where the rate is too large by a factor 1 + x. The same arguments give the same bits with single-threaded BLAS. */
#ifndef ASSAY_NETWORK_MOMENTUM_TRAINING_H
#define ASSAY_NETWORK_MOMENTUM_TRAINING_H

#include <assay/network/feedforward.h>
#include <assay/network/idx.h>

enum loss { LOSS_SQUARED, LOSS_CROSS_ENTROPY };

/* Samples by rows: inputs X, and Y (count x outputs) or, where Y is NULL, labels, which stand for unit vectors. Cross-entropy reads labels. Arrays belong to the caller. */
struct examples {
    size_t count;
    const double *X, *Y;
    const int *label;
};

struct examples examples_of_images(const struct images *images);

/* One step for n parameters; velocity is theta(t) - theta(t-1), zero at the start. */
void momentum_step(double rate, double momentum, double decay, size_t n, const double gradient[], double velocity[],
                   double parameter[]);

/* The mean loss of `samples` outputs F (samples x outputs), the first of those examples; D = its gradient with respect to F. *correct, unless NULL: how many samples with labels have their largest output at their label. */
double momentum_loss(enum loss loss, int samples, int outputs, const double F[], const struct examples *examples,
                     double D[], int *correct);

struct momentum_training {
    enum loss loss;
    int epochs;
    int minibatch; // 0: full batch, a step an epoch
    double rate, momentum, decay;
    double explosion; // > 1
};

/* After an epoch. */
struct momentum_epoch {
    int epoch;                       // from 1
    double loss;                     // the mean of the minibatches' losses, each before its step
    double test_loss, test_accuracy; // NaN without a test set; accuracy NaN without labels
};

/* Called after each epoch that did not diverge. */
typedef void momentum_visit(const struct momentum_epoch *epoch, void *context);

struct momentum_outcome {
    long steps;
    bool diverged;
    double first_loss, last_loss; // of the first and the last minibatch
    struct momentum_epoch end;    // the last epoch's; losses NaN if diverged
};

/* Trains in place. Each epoch takes the examples in a new order drawn from stream (full batch: in theirs); those that fill no minibatch sit out that epoch. test and visit may be NULL. Without a
 * visit, tests are made once, at the end, which a test loss that is not finite makes a divergence, too. STATUS_RANGE unless epochs >= 1, 0 <= minibatch <= count, 0 < rate < infinity, 0 <= momentum < 1, decay
 * >= 0, explosion > 1 and a minibatch has at least 2 samples with batch normalisation. Cost: some 6 flops a weight, site and sample. */
enum status momentum_training_run(struct feedforward *network, const struct examples *train,
                                  const struct examples *test, const struct momentum_training *training,
                                  struct stream stream, momentum_visit *visit, void *context,
                                  struct momentum_outcome *outcome);

/* Draws a network (the stream's normals), trains it (orders are the stream's uniforms) and tests it. */
enum status momentum_training_trial(const struct feedforward_model *model, const struct examples *train,
                                    const struct examples *test, const struct momentum_training *training,
                                    struct stream stream, struct momentum_outcome *outcome);

/* Mean loss and accuracy over examples in batches of that size with statistics of their own; those that fill no batch are left out. Either output may be NULL. STATUS_RANGE as above. */
enum status momentum_training_evaluate(const struct feedforward *network, const struct examples *examples, int batch,
                                       enum loss loss, double *mean_loss, double *accuracy);

#endif
