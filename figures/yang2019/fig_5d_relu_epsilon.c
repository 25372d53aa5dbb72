/* # Figure 5d (on Fashion-MNIST in MNIST's place): shifted relu networks train deeper with a larger epsilon, up to a transition
 *
 * Yang et al. (2019), section 4, figure 5d. As figure 5c with $\phi(x)=\mathrm{relu}(x+2)$, which is linear around 0, so that the transition lies near $\epsilon=1$ again. (Relu itself loses its
 * fixed point near $\epsilon=\frac12$.) Gradients explode slowly here for every $\epsilon$: $16\,\xi$ is more than 300 layers.
 *
 * **Checked.** Below the transition networks of all depths tried, at most $8\,\xi$, learn, although those of relu without a shift would not ($30\,\xi$ and more of its own). Beyond it
 * networks deeper than 8 scales of vanishing gradients do not.
 * **Tolerance.** Means over cells and columns have the error of their scatter. The factors are rough.
 * **Could miss.** Where the boundary lies below the transition, and how it moves with $\epsilon$: the line is beyond the depths tried. In a trial with 512 layers, at scale smoke, accuracy passed the
 * level near $8\,\xi$ and not deeper with more $\epsilon$: that factor of two below the line may be the little training or not, and is not checked here.
 * **Found.** Holds up to the transition. Just beyond it depth is limited again, by vanishing. */
#include <assay/evidence/heatmap.h>
#include <assay/meanfield/batchnorm_epsilon.h>
#include <assay/network/batchnorm_training.h>
#include <math.h>

struct figure {
    struct heatmap map;
    struct batchnorm_model model;
    struct batchnorm_training training;
    struct images train, test;
};

/* ## One network: a depth and an epsilon */
static enum status draw_network(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct figure *figure = context;
    struct cell cell = heatmap_cell(&figure->map, sample);
    struct batchnorm_model model = figure->model;
    struct batchnorm_outcome outcome;

    model.depth = (int)figure->map.depth[cell.row];
    model.epsilon = figure->map.x[cell.column];
    enum status status =
        batchnorm_training_trial(&model, &figure->train, &figure->test, &figure->training, *stream, &outcome);
    out[0] = outcome.test_accuracy;
    return status;
}

/* ## Theory
 * Where $\lambda_G<1$ gradients vanish, over $1/\log(1/\lambda_G)$ layers; such columns are marked by a negative $\xi$. */
static void predict(struct claim *claim, struct heatmap *map, const struct batchnorm_model *model, int B)
{
    struct affine_activation affine = {.phi = model->phi, .gain = model->gamma, .shift = model->beta};
    struct response response = response_affine(&affine);

    for (int c = 0; c < map->columns; c++) {
        struct value m, rate;

        claim_need(claim, batchnorm_epsilon(&response, B, map->x[c], &m, &rate));
        map->xi[c] = 1 / log(rate.x);
    }
}

static void compare(struct claim *claim, const struct heatmap *map)
{
    bool other = claim_fault(claim, "both_sides");

    claim_case(claim, "up to 8 xi");
    check_at_least(claim, "networks learn below", claim_value(claim, heatmap_mean(map, 0, 8)), exact(2 * map->level));
    claim_case(claim, "from 8 scales of vanishing gradients");
    check_at_most(claim, "nothing learns beyond",
                  claim_value(claim, heatmap_mean(map, other ? 0 : -INFINITY, other ? 1 : -8)), exact(map->level));
}

static void read_images(struct claim *claim, struct figure *figure)
{
    const char *data = claim_text(claim, "data");

    claim_need(claim, images_read(data, "train", (size_t)claim_integer(claim, "images"), &figure->train));
    claim_need(claim, images_read(data, "t10k", (size_t)claim_integer(claim, "tests"), &figure->test));
}

static void draw_figure(struct claim *claim)
{
    struct figure figure = {.training = {.epochs = (int)claim_integer(claim, "epochs"),
                                         .batch = (int)claim_integer(claim, "B"),
                                         .batches = 1}};

    read_images(claim, &figure);
    figure.training.descent = (struct descent){.kind = DESCENT_SGD, .rate = claim_real(claim, "rate")};
    figure.model = (struct batchnorm_model){.inputs = (int)figure.train.features,
                                            .width = (int)claim_integer(claim, "N"),
                                            .classes = figure.train.classes,
                                            .gamma = 1,
                                            .beta = 2};
    claim_need(claim, activation_find("relu", &figure.model.phi));
    heatmap_new(claim, &figure.map, claim_real(claim, "epsilon0"), claim_real(claim, "epsilon1"), false, 8);
    figure.map.multiple = 16;
    figure.map.chance = 1.0 / figure.train.classes;
    predict(claim, &figure.map, &figure.model, figure.training.batch);
    figure.model.beta = claim_fault(claim, "no_shift") ? 0 : figure.model.beta;
    heatmap_draw(claim, &figure.map, "epsilon", draw_network, &figure,
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
                           integer_by_scale("images", "training images", 320, 512, 60000, 320, 60000),
                           integer_by_scale("tests", "test images", 320, 640, 10000, 512, 10000),
                           integer_by_scale("epochs", "passes over them", 4, 4, 10, 2, 1000),
                           real_by_scale("rate", "learning rate", 0.03, 0.012, 1e-3, 1e-6, 0.1),
                           real("epsilon0", "least epsilon", 0.001, 1e-6, 0.05),
                           real("epsilon1", "greatest epsilon", 1.25, 1.2, 10),
                           integer_by_scale("N", "width", 32, 48, 384, 32, 4096),
                           integer("B", "batch size", 32, 16, 256),
                           integer_by_scale("L", "greatest depth", 96, 160, 800, 60, 1000),
                           integer_by_scale("rows", "depths, from 8 on", 5, 6, 16, 5, 48),
                           integer_by_scale("columns", "values of epsilon", 3, 10, 20, 3, 100),
                           integer_by_scale("networks", "networks a cell", 3, 2, 2, 2, 100),
                           real("level", "accuracy at the boundary", 0.25, 0.2, 0.4)},
            .faults = {{"no_shift", "relu without its shift in the networks, not in theory", "networks*"},
                       {"both_sides", "shallow networks on the near side of the transition taken for the far side",
                        "nothing*"}},
            .scaled = "Fashion-MNIST in MNIST's place; width 48, 512 images, four epochs. Scale paper trains in full, "
                      "for days, and can be interrupted.",
            .run = draw_figure,
        }));
}
