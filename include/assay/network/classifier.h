// SPDX-License-Identifier: GPL-3.0-or-later
/* A classifier: a layer-normalised network, a linear read-out, softmax and cross-entropy.
 *
 * logits = N_L^{-1/2} R z^(L) + c, with R (classes x N_L). All parameters lie in one block: the network's in their
 * order, R by rows, c. */
#ifndef ASSAY_NETWORK_CLASSIFIER_H
#define ASSAY_NETWORK_CLASSIFIER_H

#include <assay/network/idx.h>
#include <assay/network/layernorm_backward.h>

struct classifier {
    struct layernorm_model model; // shares the block
    int classes;
    size_t parameters;
    double *parameter;
};

/* Draws the parameters in their order; R has standard deviation readout_sd, c starts at zero. classes >= 2. */
enum status classifier_new(struct classifier *classifier, const struct layernorm_network *network, int classes,
                           double readout_sd, struct stream stream);
void classifier_free(struct classifier *classifier);

/* R (classes x N_L) and c (classes). */
double *classifier_readout(const struct classifier *classifier);
double *classifier_readout_bias(const struct classifier *classifier);

/* Room for a pass over up to capacity samples. */
struct classifier_pass {
    struct layernorm_trace trace;
    double *logits; // capacity x classes; after classifier_gradient: dLoss/dlogits
    double *output; // capacity x N_L: dLoss/dz^(L)
};

enum status classifier_pass_new(struct classifier_pass *pass, const struct classifier *classifier, int capacity);
void classifier_pass_free(struct classifier_pass *pass);

/* The mean cross-entropy of X (samples x inputs) against label[0..samples), each in 0..classes-1. *correct, unless
 * NULL, is the number of samples whose largest logit is that of their label. NaN if a logit is. */
double classifier_loss(const struct classifier *classifier, struct classifier_pass *pass, int samples, const double X[],
                       const int label[], int *correct);

/* The same, and gradient = keep * gradient + factor * dLoss/dparameter (parameters entries). */
double classifier_gradient(const struct classifier *classifier, struct classifier_pass *pass, int samples,
                           const double X[], const int label[], double factor, double keep, double gradient[]);

/* STATUS_RANGE if the images' features or classes do not fit, or there are none. */
enum status classifier_check(const struct classifier *classifier, const struct images *images);

/* Mean loss and accuracy (a fraction) over a data set that classifier_check admits. */
enum status classifier_evaluate(const struct classifier *classifier, const struct images *images, double *loss,
                                double *accuracy);

#endif
