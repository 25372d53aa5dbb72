// SPDX-License-Identifier: GPL-3.0-or-later
/* Skimming: a block of a deep network's layers is replaced by one linear layer, and everything else is shared.
 *
 * The new layer stands where the block's first layer stood: identity activation, weights and bias, normalised like
 * any other, as wide as the block's last layer. Layers before the block keep their numbers, those after it move down
 * by last - first. The layer is drawn afresh, or set to the block's linearisation. */
#ifndef ASSAY_NETWORK_SKIMMING_H
#define ASSAY_NETWORK_SKIMMING_H

#include <assay/network/classifier.h>

/* Fills depth layers of one width: an embedding (the identity, no bias), then the kinds >= 1 named activations in
 * turn. Weights have deviation 1, each bias the deviation that makes its layer critical, P'(1) = 1. STATUS_RANGE if
 * an activation is unknown or has no such deviation. */
enum status skimming_alternate(int depth, int width, int kinds, const char *const activation[],
                               struct layernorm_layer layer[]);

/* The number of the full network's layer l in the skimmed one; 0 if the block has it. 1 <= first <= last. */
int skimming_layer(int first, int last, int l);

/* Makes skimmed from full without the layers first..last: shared parameters are copied, the linear layer is drawn from
 * stream with weights of deviation 1 and no bias. layer has room for depth - (last - first) entries, is filled here
 * and must outlive skimmed. Free with classifier_free. STATUS_RANGE unless 1 <= first <= last <= depth. */
enum status skimming_classifier(struct classifier *skimmed, const struct classifier *full, int first, int last,
                                struct layernorm_layer layer[], struct stream stream);

/* Sets skimmed's linear layer to the block's tangent at m, the mean over the batch X (samples x inputs) of what enters
 * the block: z -> F(m) + F'(m) (z - m), where F is the block with all its normalisations. skimmed comes from
 * skimming_classifier with the same full, first and last. One pass with N_{first-1} tangents through the block. */
enum status skimming_linearise(struct classifier *skimmed, const struct classifier *full, int first, int last,
                               int samples, const double X[]);

#endif
