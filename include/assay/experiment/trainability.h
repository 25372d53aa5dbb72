// SPDX-License-Identifier: GPL-3.0-or-later
/* Which networks train: test accuracy of batch-normalised classifiers after training, against depth and one parameter that is swept, beside a depth scale of theory.
 *
 * The map is a heatmap (heatmap.h): a column is a value of the parameter, a row a depth, a cell a few networks, each drawn, trained and tested from a stream of its own. All networks share
 * what trainability_new reads of the program's parameters; a function of the program makes a column's model and training of it, another the rate of theory at that column.
 *
 * A program reads its data, calls trainability_new, sets what only it knows (batch, epsilon, ...), then trainability_sweep, trainability_predict, trainability_draw, its checks. */
#ifndef ASSAY_EXPERIMENT_TRAINABILITY_H
#define ASSAY_EXPERIMENT_TRAINABILITY_H

#include <assay/evidence/heatmap.h>
#include <assay/experiment/training_data.h>
#include <assay/network/batchnorm_training.h>

/* What all networks of one column share, but for the depth. */
struct trainability_column {
    struct batchnorm_model model;
    struct batchnorm_training training;
};

struct trainability {
    struct training_data data;
    struct trainability_column shared;  // what columns begin with
    struct heatmap map;                 // x, xi and multiple may be changed before the drawing
    struct trainability_column *column; // map.columns of them
    const char *name;                   // of what is swept
};

/* What is swept: the name of the table's column, from where to where, in steps of equal ratio or size, rounded to whole numbers if whole; and the least depth. */
struct trainability_axis {
    const char *name;
    double from, to;
    bool geometric, whole;
    int shallowest;
};

/* Makes a column of what all share, at the value x; may read the claim's parameters, and ends the program through it if they don't go together. */
typedef void trainability_setting(struct claim *claim, double x, struct trainability_column *column);

/* By what factor a column's squared gradients grow from a layer to the one below; value_failed with a reason. */
typedef struct value trainability_rate(const struct trainability_column *column);

/* Sets what is shared, from the data, which has been read, and the parameters "N" (width), "epochs" and "rate", which the program declares as it does all that follow: gamma = 1, beta = 0, epsilon = 0, one batch a minibatch, its size still to be set; SGD. */
void trainability_new(struct claim *claim, struct trainability *experiment, const char *activation);

/* For SGD whose rate is "rate" for each sample of a minibatch, at most "LARGEST" samples (the name of a parameter): what a step changes in the logits is of order rate * samples * N / 2 from the
 * read-out alone. More than 4 a step is unstable at any depth, less than 40 in all the steps is no training: either ends the program as a usage error. */
void trainability_require_steps(struct claim *claim, const char *largest);

/* Makes map (with heatmap_new's parameters) and columns. */
void trainability_sweep(struct claim *claim, struct trainability *experiment, struct trainability_axis axis,
                        trainability_setting *set);

/* xi = 1 / log(rate), and the line at multiple * xi. xi is negative where gradients vanish. */
void trainability_predict(struct claim *claim, struct trainability *experiment, double multiple,
                          trainability_rate *rate);

/* Trains all networks, by heatmap_draw: the table is written, boundaries are found. */
void trainability_draw(struct claim *claim, struct trainability *experiment);

/* Frees images, map and columns. */
void trainability_free(struct trainability *experiment);

/* ## Rates of theory, at initialisation and infinite width: for gamma = 1, beta = 0 and homogeneous phi in closed form, for all by quadrature (batchnorm.h); both take epsilon for 0.
 * The third is that at the model's epsilon > 0 (batchnorm_epsilon.h). */
trainability_rate trainability_rate_homogeneous, trainability_rate_sphere, trainability_rate_epsilon;

/* ## What is to be expected of a map, as checks; depths in scales xi, both ends negative where gradients vanish */

/* The mean score of networks with least <= depth / xi <= most is at least twice the level; at most the level. */
void trainability_check_learns(struct claim *claim, const char *name, const struct heatmap *map, double least,
                               double most);
void trainability_check_fails(struct claim *claim, const char *name, const struct heatmap *map, double least,
                              double most);

/* The boundary is multiple * xi, but for that factor, in the mean over columns whose line lies within the depths: "boundary over xi, from below" and "boundary over xi, from above". */
void trainability_check_boundary(struct claim *claim, const struct heatmap *map, double multiple, double factor);

/* All of it: "shallow networks learn", up to `shallow` scales; "deep networks do not", from `deep` on; the boundary; "boundary grows with xi", or falls if direction is negative. where: the
 * case that the boundary stands for. */
struct trainability_line {
    const char *where;
    double shallow, deep, multiple, factor, direction;
};
void trainability_check_line(struct claim *claim, const struct heatmap *map, struct trainability_line line);

#endif
