/* # Figure 5c (on Fashion-MNIST in MNIST's place): tanh networks train deeper with a larger epsilon, up to a transition
 *
 * Yang et al. (2019), section 4, figure 5c. Test accuracy of tanh networks with batch normalisation after training by SGD, against $\epsilon$ and depth, under the line
 * $16\,\xi$. Near $\epsilon=1$ gradients cease to explode, and the text says that very deep networks train there. No batch size, rate or width is given.
 *
 * The paper's theory with $\epsilon$ is not printed; the library's (batchnorm_epsilon) is derived anew.
 *
 * **Checked.** Networks of up to $2\,\xi$ layers learn. The boundary lies at $16\,\xi$ but for a factor of 1.6 where that lies within the depths tried,
 * and for $\epsilon$ from 0.2 to 0.8 it is deeper than for the least. Beyond the transition gradients *vanish*, and so do the differences between images: networks deeper than 8 of those scales do not learn.
 * **Tolerance.** Means over cells and columns have the error of their scatter. The factors are rough.
 * **Could miss.** How deep networks train near the transition, where the line leaves the depths tried and the little training of the standard scale is the limit.
 * **Found.** Holds up to the transition. Just beyond it depth is limited again, by vanishing. Near it networks train less deep than the line says, and at $\epsilon=1$ less deep than at $\frac12$: more layers
 * do not learn in the training of the standard scale, whatever their gradients do. */
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
    struct value multiple = claim_value(claim, heatmap_multiple(map));
    double expected = claim_fault(claim, "norm_not_squared") ? 2 * map->multiple : map->multiple;

    claim_case(claim, "up to 2 xi");
    check_at_least(claim, "shallow networks learn", claim_value(claim, heatmap_mean(map, 0, 2)), exact(2 * map->level));
    claim_case(claim, "where 16 xi lies within the depths");
    check_at_least(claim, "boundary over xi, from below", multiple, exact(expected / 1.6));
    check_at_most(claim, "boundary over xi, from above", multiple, exact(expected * 1.6));

    struct value gain = claim_value(claim, heatmap_gain(map, 0.2, 0.8));
    claim_case(claim, "epsilon from 0.2 to 0.8 against the least");
    check_at_least(claim, "epsilon makes it deeper", claim_fault(claim, "falls") ? value_div(exact(1), gain) : gain,
                   exact(1.2));
    claim_case(claim, "from 8 scales of vanishing gradients");
    check_at_most(claim, "nothing learns beyond",
                  claim_value(claim, heatmap_mean(map, claim_fault(claim, "both_sides") ? 0 : -INFINITY,
                                                  claim_fault(claim, "both_sides") ? 1 : -8)),
                  exact(map->level));
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
                                            .beta = 0};
    claim_need(claim, activation_find("tanh", &figure.model.phi));
    heatmap_new(claim, &figure.map, claim_real(claim, "epsilon0"), claim_real(claim, "epsilon1"), false, 12);
    figure.map.multiple = 16;
    figure.map.chance = 1.0 / figure.train.classes;
    predict(claim, &figure.map, &figure.model, figure.training.batch);
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
                           real_by_scale("rate", "learning rate", 0.03, 0.02, 1e-3, 1e-6, 0.1),
                           real("epsilon0", "least epsilon", 0.001, 1e-6, 0.05),
                           real("epsilon1", "greatest epsilon", 1.25, 1.2, 10),
                           integer_by_scale("N", "width", 32, 48, 384, 32, 4096),
                           integer("B", "batch size", 16, 16, 256),
                           integer_by_scale("L", "greatest depth", 112, 160, 400, 60, 1000),
                           integer_by_scale("rows", "depths, from 12 on", 5, 6, 16, 5, 48),
                           integer_by_scale("columns", "values of epsilon", 3, 6, 20, 3, 100),
                           integer_by_scale("networks", "networks a cell", 5, 3, 2, 2, 100),
                           real("level", "accuracy at the boundary", 0.25, 0.2, 0.4)},
            .faults = {{"norm_not_squared", "the depth over which the norm explodes, not its square",
                        "boundary?over*below"},
                       {"falls", "the change with epsilon with the wrong sign", "epsilon*"},
                       {"both_sides", "shallow networks on the near side of the transition taken for the far side",
                        "nothing*"}},
            .scaled = "Fashion-MNIST in MNIST's place; width 48, 512 images, four epochs. Scale paper trains in full, "
                      "for days, and can be interrupted.",
            .run = draw_figure,
        }));
}
