// SPDX-License-Identifier: GPL-3.0-or-later
/* How fast batch-normalised networks learn: training and test accuracy after 1, 2, 4, ... epochs, for all combinations of a learning rate, the shift beta that all neurons begin with and an
 * epsilon; at each point several networks, which begin with the same weights and orders of images at every point. gamma and beta are trained.
 *
 * **Views.** A view looks at one of beta and epsilon against the rate. Of the other it takes the best, or leaves it at 0. Accuracies are medians over networks, as is the custom; what is
 * checked are gains: by how much accuracies at the positive values of the parameter in view, in the mean over them, exceed those at 0, network by network, in the mean over rates. */
#ifndef ASSAY_EXPERIMENT_LEARNING_GRID_H
#define ASSAY_EXPERIMENT_LEARNING_GRID_H

#include <assay/experiment/training_data.h>
#include <assay/network/batchnorm_training.h>

enum learning_score { LEARNING_TRAIN, LEARNING_TEST, LEARNING_SCORES };
enum learning_axis { LEARNING_BETA, LEARNING_EPSILON, LEARNING_AXES };

struct learning_grid {
    int rates, values, networks,
        epochs; // values of beta and of epsilon, the first 0; accuracies are taken epochs times
    bool cross; // only points with beta = 0 or epsilon = 0 are drawn
    double *rate, *axis[LEARNING_AXES];
    struct training_data data;
    struct batchnorm_model model;
    struct batchnorm_training training;
    double *
        score; // rates x values (beta) x values (epsilon) x networks x LEARNING_SCORES x epochs; NaN where nothing is drawn
};

/* A grid of the parameters "rate0", "rate1" and "rates" (1 and more; steps of equal ratio), "beta1", "epsilon1" and "values" (2 and more; steps of equal size from 0), "networks" (2 and more),
 * "N", "L", "B" and "epochs" (1 and more), which the program declares beside those of training_data.h. */
void learning_grid_new(struct claim *claim, struct learning_grid *grid, const char *activation, bool cross);
void learning_grid_free(struct learning_grid *grid);

/* Ends the program as a usage error if the greatest rate teaches nothing in the first epoch, rate * steps < 0.5; if the least one leaves nothing to be learned after it, rate * steps > 5; if a
 * step changes logits too much for shifted networks to learn at all, rate * N * (1 + beta1^2) > 20, which is the rate times the read-out's squared input; or if there are too few networks for an
 * error, rates * (networks - 1) < freedom. */
void learning_grid_require_training(struct claim *claim, long freedom);

/* Trains all networks. A network that diverges is one that guesses, from the epoch on in which it does. At scale paper networks are kept (kept.h). */
void learning_grid_draw(struct claim *claim, struct learning_grid *grid);

/* After how many epochs the accuracies of that number (from 0) are taken: 2^i. */
int learning_grid_epoch(int i);

struct learning_view {
    enum learning_score score;
    enum learning_axis axis;
    bool best; // the other parameter: its best value (not for a cross), else 0
    int value; // of gains: at this value of the axis (its number, from 1); 0: in the mean over positive values
};

/* The median over networks at rate r, value i of the axis and the accuracies of number `epoch`, the greatest of them if best; its error is 1.25 standard errors of the mean, a median's of
 * normal draws. */
struct value learning_grid_accuracy(const struct learning_grid *grid, struct learning_view view, int epoch, int r,
                                    int i);

/* The early gain, in the mean over the first half of the epochs at which accuracies are taken (of five: three); by how much it exceeds the gain at the last. By how much it, or half of it, in the
 * mean over positive values, exceeds the early gain of the other parameter, at the view's value. The error is that of the scatter among networks at the same rate, widened by Student's t. */
enum learning_gain { LEARNING_EARLY, LEARNING_WANING, LEARNING_EXCESS, LEARNING_HALF_EXCESS };
struct value learning_grid_gain(const struct learning_grid *grid, struct learning_view view, enum learning_gain gain);

/* Checks of training and test accuracies ("..., train" and "..., test"): the early gain of the shift is positive, "shift accelerates", and greater than that of any epsilon, "shift more than
 * epsilon". From LEARNING_LONG looks at the accuracies on, it is more than twice that of any epsilon, "shift twice epsilon", and the gain in test accuracy wanes, "early more than late, test".
 * shift: whose gains are taken for the shift's. */
enum { LEARNING_LONG = 5 };
void learning_grid_check(struct claim *claim, const struct learning_grid *grid, enum learning_axis shift, bool best);

/* Writes the table: for both scores, axes and all epochs a row for each rate and value, labelled "train beta" and so on. */
void learning_grid_write(struct claim *claim, const struct learning_grid *grid, bool best);

#endif
