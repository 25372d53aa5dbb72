// SPDX-License-Identifier: GPL-3.0-or-later
/* Fully connected networks with batch normalisation, forward and backward, with their weights or exactly in law without them.
 *
 * samples = batch * batches columns go through the network together, each batch normalised by itself. With X^(0) the inputs, N the width,
 *
 *     h^(l) = W^(l) X^(l-1),   X^(l) = phi(gamma z^(l) + beta),   z^(l) = (h^(l) - mean) / sqrt(variance + epsilon),   l = 1..depth,
 *
 * and W^(l) with independent entries N(0, 1/N), or Haar-distributed on O(N). Biases would be the same for a whole batch: normalisation
 * removes them. The inputs enter through their second moments S only: the rows of h^(1) are independent N(0, S), which is what Gaussian
 * weights make of any inputs with X'X/N = S (W^(1) is Gaussian whatever the other weights are).
 *
 * Instead of a batch, a layer's neurons can be what is normalised over (LAYER): then mean and variance are those of a sample's N numbers
 * h^(l), without biases, which would not drop out. And layers can be residual: with residual = alpha other than 0,
 *
 *     X^(l) = X^(l-1) + alpha phi(gamma z^(l) + beta),   l = 2..depth;
 *
 * the first layer stays as it is, an embedding, because of inputs only their moments are known.
 *
 * The gradient with respect to X^(depth) has independent rows N(0, P). It goes back through the normalisation, mean and
 * variance included, to the gradient D^(l) with respect to h^(l), and through W^(l)', or through the transpose of fresh independent weights, to X^(l-1).
 *
 * **Two samplers, one law.** DENSE draws every W, N^2 numbers and 2 N^2 samples flops a layer and direction; a layer's W has its place in the stream and is drawn
 * again on the way back. CONDITIONED draws only what the batch sees. Given X, h = W X has independent rows N(0, X'X/N); given h, W'D has the law of X (X'X)^+
 * h'D + (I - X (X'X)^+ X') G with G of independent rows N(0, D'D/N). Layers speak through samples x samples matrices, neurons pass in blocks that
 * fit the cache, and are drawn again on the way back: N samples normals and some N samples^2 flops a layer, memory of depth samples^2
 * whatever N. LAYER looks at each layer's rows once more on either way. A residual network keeps X and the gradient with respect to it, 2 N samples numbers
 * whatever its depth: on the way back X^(l-1) is X^(l) less the branch, which is drawn again. */
#ifndef ASSAY_NETWORK_BATCHNORM_NETWORK_H
#define ASSAY_NETWORK_BATCHNORM_NETWORK_H

#include <assay/meanfield/activation.h>
#include <assay/meanfield/response.h>
#include <assay/random/stream.h>

enum batchnorm_sampler { SAMPLER_CONDITIONED, SAMPLER_DENSE };
enum batchnorm_weights { WEIGHTS_GAUSSIAN, WEIGHTS_ORTHOGONAL };
enum batchnorm_backward { BACKWARD_REUSED, BACKWARD_FRESH };
enum batchnorm_normalisation { NORMALISE_BATCH, NORMALISE_LAYER };

/* Plain data. */
struct batchnorm_network {
    int depth, width, batch, batches;
    struct activation phi;
    double gamma, beta;              // phi(gamma z + beta)
    const struct response *response; // applied in place of phi unless NULL; must outlive the network
    double epsilon;
    enum batchnorm_sampler sampler;
    enum batchnorm_weights weights;
    enum batchnorm_backward backward;
    enum batchnorm_normalisation normalisation;
    double residual; // alpha of residual layers; 0: there are none
};

/* One batch, gamma = 1, beta = 0, epsilon = 0, conditioned, Gaussian, reused weights, normalised over the batch, not residual; change what should differ. STATUS_RANGE if there is no such activation. */
enum status batchnorm_network_of(const char *phi, int depth, int width, int batch, struct batchnorm_network *network);

/* depth to 2^20, width to 2^30 (DENSE: 2^15; LAYER: from 2 on), batch at least 2 (1 with epsilon > 0 or LAYER), samples to 4096, width * samples to 2^40 (residual: 2^30);
 * gamma not 0; epsilon >= 0; residual finite. */
enum status batchnorm_network_check(const struct batchnorm_network *network);

/* What a pass leaves behind; matrices are samples x samples. */
struct batchnorm_record {
    int depth, samples, width;
    double *forward; // depth + 1 of them: X^(l)'X^(l)/N; the first is S
    double *
        backward; // depth + 1: D^(l)'D^(l)/N times exp(-log_scale[l]), its trace between 1/2 and 2; the first is unused
    double *log_scale; // depth + 1: the natural logarithm of what backward and weight are to be multiplied by
    double *
        weight_gradient; // depth + 1: |D^(l) X^(l-1)'|_F^2, the squared norm of the gradient with respect to W^(l), times exp(-log_scale[l])
};

/* Room for a network's passes. Free with batchnorm_record_free. */
enum status batchnorm_record_new(struct batchnorm_record *record, const struct batchnorm_network *network);
void batchnorm_record_free(struct batchnorm_record *record);

/* The matrices of layer l, and ln of the trace of D^(l)'D^(l)/N and of |D^(l) X^(l-1)'|_F^2 (-infinity for gradients that are zero). */
const double *batchnorm_record_forward(const struct batchnorm_record *record, int l);
const double *batchnorm_record_backward(const struct batchnorm_record *record, int l);
double batchnorm_record_log_gradient(const struct batchnorm_record *record, int l);
double batchnorm_record_log_weight_gradient(const struct batchnorm_record *record, int l);

/* One network forward (into record->forward). The stream's draws from its position on, 2^40 for each layer and direction, are the network's;
 * those below position + 2^40 stay free for the caller. STATUS_RANGE for bad arguments, S that is not finite, or, with epsilon = 0, a batch without variance
 * (LAYER: a sample that is 0). */
enum status batchnorm_network_forward(const struct batchnorm_network *network, const double S[], struct stream stream,
                                      struct batchnorm_record *record);

/* The same network forward and backward. P NULL: the identity. */
enum status batchnorm_network_pass(const struct batchnorm_network *network, const double S[], const double P[],
                                   struct stream stream, struct batchnorm_record *record);

/* What a DENSE pass draws: h^(1) (samples x N); W^(l) (N x N), l = 2..depth, or its fresh copy for the way back, scaled as they are used; and the
 * gradient with respect to X^(depth) (samples x N). P NULL: the identity. */
enum status batchnorm_network_first(const struct batchnorm_network *network, const double S[], struct stream stream,
                                    double H[]);
enum status batchnorm_network_weights(const struct batchnorm_network *network, struct stream stream, int l, bool fresh,
                                      double W[]);
enum status batchnorm_network_last(const struct batchnorm_network *network, const double P[], struct stream stream,
                                   double D[]);

#endif
