// SPDX-License-Identifier: GPL-3.0-or-later
/* What the two samplers of batch-normalised networks share. */
#ifndef ASSAY_NETWORK_BATCHNORM_PASS_H
#define ASSAY_NETWORK_BATCHNORM_PASS_H

#include <assay/network/batchnorm_network.h>
#include <stdbool.h>
#include <stddef.h>

/* Below this share of its own variance a sample counts as a combination of the others. Rounding of second moments is some 1e-15, and a
 * direction that is really this thin carries as little forward as backward. */
#define BATCHNORM_CUTOFF 1e-12

enum use { FORWARD, BACKWARD };

/* The stream at the draws of a layer and direction, l = 1..depth. */
struct stream batchnorm_place(struct stream stream, int l, enum use use, size_t offset);

/* X = phi(gamma z + beta) and, unless NULL, its derivative with respect to z, for n numbers. */
void batchnorm_activate(const struct batchnorm_network *network, size_t n, const double Z[], double X[],
                        double slope[]);

/* STATUS_RANGE if X^(l)'X^(l)/N is not finite or, with epsilon = 0 and more layers to come, a batch has no variance (LAYER: a sample is 0). */
enum status batchnorm_moments_check(const struct batchnorm_network *network, int l, const double S[]);

/* Completes the record of layer l from D'D/N as it stands in record->backward, on the scale of the layer above. D is to be multiplied by
 * *factor, a power of two, from then on. STATUS_RANGE if it is not finite. */
enum status batchnorm_record_rescale(struct batchnorm_record *record, int l, double *factor);

/* sum += factor X X' for X (n x m) by rows; work has n^2 numbers. */
void batchnorm_add_gram(int n, int m, double factor, const double X[], double sum[], double work[]);

/* Whether layer l adds its input to its output. */
static inline bool batchnorm_is_residual(const struct batchnorm_network *network, int l)
{
    return network->residual != 0 && l > 1;
}

/* ## Normalisation over a layer's neurons, for samples x neurons of which blocks of m come one after the other
 * sum[i] += sum_a A_ia, product[i] += sum_a A_ia B_ia. */
void layer_sums_add(int n, int m, const double A[], const double B[], double sum[], double product[]);

/* From sums of h and h^2 over all N neurons: their mean, and 1 / sqrt(variance + epsilon), in place. */
void layer_statistics(int n, int N, double epsilon, double mean[], double inverse[]);

/* Z = (Z - mean) inverse; D = (D - mean - along Z) inverse with the means over all neurons of D and of Z D. */
void layer_normalise(int n, int m, const double mean[], const double inverse[], double Z[]);
void layer_derivative(int n, int m, const double mean[], const double along[], const double inverse[], const double Z[],
                      double D[]);

/* One pass, forward and (back) backward, into the record, whose forward[0] is set. P may be NULL. */
typedef enum status batchnorm_sampler_pass(const struct batchnorm_network *network, const double P[],
                                           struct stream stream, bool back, struct batchnorm_record *record);
batchnorm_sampler_pass batchnorm_dense_pass, batchnorm_conditioned_pass;

#endif
