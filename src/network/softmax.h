// SPDX-License-Identifier: GPL-3.0-or-later
/* Softmax and cross-entropy of rows of logits. Private to the network room.
 *
 * With p = softmax(logits) the loss of one sample is -ln p_label and its gradient in the logits is p - e_label. Logits are shifted by
 * their maximum before exp, so nothing overflows and NaN comes only from NaN and infinities. */
#ifndef ASSAY_SRC_NETWORK_SOFTMAX_H
#define ASSAY_SRC_NETWORK_SOFTMAX_H

/* The mean loss; logits (samples x classes) become probabilities. *correct, unless NULL: how many samples have their largest logit at their label. */
double softmax_cross_entropy(int samples, int classes, const int label[], double logits[], int *correct);

/* Probabilities become the gradient of the mean loss with respect to the logits. */
void softmax_gradient(int samples, int classes, const int label[], double probabilities[]);

#endif
