/* # Figure 3b (on Fashion-MNIST in MNIST's place): how deep networks train when only the batches of the statistics change
 *
 * Yang et al. (2019), section 4, figure 3b. As figure 3a, but all minibatches have the same size, 1000, and batch normalisation takes its statistics over sub-batches of size
 * $B$. This takes the noise of small minibatches out of the comparison. The rate is $10^{-5}$ times the minibatch, the same for all.
 *
 * **Checked.** As in figure 3a: networks of up to $4\,\xi$ layers learn, those from $24\,\xi$ on do not, the depth at which accuracy falls through the level is $16\,\xi$ but for a
 * factor of 1.6, and it grows with $\xi$.
 * **Tolerance.** Means over cells and columns have the error of their scatter; the factor is the paper's and rough.
 * **Could miss.** What figure 3a could.
 * **Found.** Holds: what limits the depth is the size of the batches that are normalised, not that of the minibatches. */
#include <assay/evidence/heatmap.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/network/batchnorm_training.h>
#include <math.h>

struct figure {
    struct heatmap map;
    struct batchnorm_model model;
    struct batchnorm_training training;
    struct images train, test;
    int minibatch; // made of as many whole sub-batches as fit
};

/* ## One network: a depth and the size of sub-batches */
static enum status draw_network(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct figure *figure = context;
    struct cell cell = heatmap_cell(&figure->map, sample);
    struct batchnorm_model model = figure->model;
    struct batchnorm_training training = figure->training;
    struct batchnorm_outcome outcome;

    model.depth = (int)figure->map.depth[cell.row];
    training.batch = (int)figure->map.x[cell.column];
    training.batches = figure->minibatch / training.batch;
    training.descent.rate *= training.batch * training.batches;
    enum status status = batchnorm_training_trial(&model, &figure->train, &figure->test, &training, *stream, &outcome);
    out[0] = outcome.test_accuracy;
    return status;
}

/* ## Theory
 * The sub-batch's size decides. */
static void predict(struct claim *claim, struct figure *figure)
{
    struct heatmap *map = &figure->map;

    for (int c = 0; c < map->columns; c++) {
        map->x[c] = round(map->x[c]);
        map->xi[c] = 1 / log(claim_value(claim, batchnorm_backward_G(&figure->model.phi, (int)map->x[c])).x);
    }
}

static void compare(struct claim *claim, const struct heatmap *map)
{
    struct value multiple = claim_value(claim, heatmap_multiple(map)), slope = claim_value(claim, heatmap_slope(map));
    double expected = claim_fault(claim, "norm_not_squared") ? 2 * map->multiple : map->multiple;

    claim_case(claim, "up to 4 xi");
    check_at_least(claim, "shallow networks learn", claim_value(claim, heatmap_mean(map, 0, 4)), exact(2 * map->level));
    claim_case(claim, "from 24 xi");
    check_at_most(claim, "deep networks do not", claim_value(claim, heatmap_mean(map, 24, INFINITY)),
                  exact(map->level));
    claim_case(claim, "mean over batch sizes");
    check_at_least(claim, "boundary over xi, from below", multiple, exact(expected / 1.6));
    check_at_most(claim, "boundary over xi, from above", multiple, exact(expected * 1.6));
    check_shape(claim, "boundary grows with xi", claim_fault(claim, "falls") ? value_scale(-1, slope) : slope, 1);
}

static void read_images(struct claim *claim, struct figure *figure)
{
    const char *data = claim_text(claim, "data");

    claim_need(claim, images_read(data, "train", (size_t)claim_integer(claim, "images"), &figure->train));
    claim_need(claim, images_read(data, "t10k", (size_t)claim_integer(claim, "tests"), &figure->test));
}

/* What a step changes in the logits is of order rate * M * N / 2 from the read-out alone: too much of it is unstable at any depth, too little in sum is no training. */
static void require_training(struct claim *claim)
{
    double step = claim_real(claim, "rate") * (double)claim_integer(claim, "N") / 2,
           all = step * (double)(claim_integer(claim, "images") * claim_integer(claim, "epochs"));

    if (step * (double)claim_integer(claim, "M") > 4 || all < 40) {
        claim_refuse(claim, "rate M N / 2 = %.3g (at most 4), rate N / 2 images epochs = %.3g (at least 40)",
                     step * (double)claim_integer(claim, "M"), all);
    }
}

static void draw_figure(struct claim *claim)
{
    struct figure figure = {.training.epochs = (int)claim_integer(claim, "epochs"),
                            .minibatch = (int)claim_integer(claim, "M")};

    require_training(claim);
    if (claim_integer(claim, "M") < claim_integer(claim, "B1")) {
        claim_refuse(claim, "minibatches of %d hold no sub-batch of %ld", figure.minibatch, claim_integer(claim, "B1"));
    }
    read_images(claim, &figure);
    figure.training.descent = (struct descent){.kind = DESCENT_SGD, .rate = claim_real(claim, "rate")};
    figure.model = (struct batchnorm_model){.inputs = (int)figure.train.features,
                                            .width = (int)claim_integer(claim, "N"),
                                            .classes = figure.train.classes,
                                            .gamma = 1,
                                            .epsilon = claim_real(claim, "epsilon")};
    claim_need(claim, activation_find("relu", &figure.model.phi));
    heatmap_new(claim, &figure.map, (double)claim_integer(claim, "B0"), (double)claim_integer(claim, "B1"), true, 4);
    figure.map.multiple = 16;
    figure.map.chance = 1.0 / figure.train.classes;
    predict(claim, &figure);
    heatmap_draw(claim, &figure.map, "B", draw_network, &figure,
                 images_fingerprint(&figure.train) ^ images_fingerprint(&figure.test));
    compare(claim, &figure.map);
    heatmap_free(&figure.map);
    images_free(&figure.train);
    images_free(&figure.test);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("data", "directory of IDX files", "/usr/share/datasets/fashion-mnist"),
                           integer_by_scale("images", "training images", 600, 1200, 60000, 512, 60000),
                           integer_by_scale("tests", "test images", 300, 600, 10000, 512, 10000),
                           integer_by_scale("epochs", "passes over them", 4, 4, 10, 1, 1000),
                           real_by_scale("rate", "learning rate for each sample of a minibatch", 2e-3, 4e-4, 1e-5, 1e-6,
                                         0.01),
                           real("epsilon", "added to variances", 1e-3, 0, 0.01),
                           integer_by_scale("N", "width", 32, 64, 384, 32, 4096),
                           integer_by_scale("L", "greatest depth", 64, 64, 100, 60, 1000),
                           integer_by_scale("rows", "depths, from 4 on", 6, 8, 16, 5, 57),
                           integer_by_scale("M", "minibatch", 64, 64, 1000, 64, 10000),
                           integer_by_scale("B0", "least sub-batch", 4, 4, 4, 4, 6),
                           integer_by_scale("B1", "greatest sub-batch", 64, 64, 256, 51, 512),
                           integer_by_scale("columns", "sub-batch sizes", 3, 6, 12, 3, 100),
                           integer_by_scale("networks", "networks a cell", 4, 2, 1, 1, 100),
                           real("level", "accuracy at the boundary", 0.25, 0.2, 0.4)},
            .faults = {{"norm_not_squared", "the depth over which the norm explodes, not its square",
                        "boundary?over*below"},
                       {"falls", "the boundary's change with xi with the wrong sign", "boundary?grows*"}},
            .scaled = "Fashion-MNIST in MNIST's place; width 64, minibatches of 64, 1200 images, four epochs at forty "
                      "times the rate. Scale paper trains in full, for days, and can be interrupted.",
            .run = draw_figure,
        }));
}
