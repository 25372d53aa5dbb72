/* # Figure 5b (on Fashion-MNIST in MNIST's place): a shift makes relu nearly linear, and deeper networks trainable
 *
 * Yang et al. (2019), section 4, figure 5b. Test accuracy of networks with batch normalisation and $\phi(x)=\mathrm{relu}(x+\beta)$ after training by SGD, against
 * $\beta$ and depth, under the line $16\,\xi$. With $\beta\to\infty$ no neuron is ever off and the network becomes linear. No batch size, rate or width is given.
 *
 * **Checked.** Networks of up to $4\,\xi$ layers learn (a hundred layers at the largest shifts), those from $24\,\xi$ on do not. Where $16\,\xi$ lies within the depths
 * tried, accuracy falls through the level at $16\,\xi$ but for a factor of 1.6 in the mean, at depths that grow with $\xi$.
 * **Tolerance.** Means over cells and columns have the error of their scatter. The factor 16 is the paper's and rough.
 * **Could miss.** What limits the depth at large shifts, where the line lies beyond the depths tried.
 * **Found.** Holds, near $13\,\xi$, for lines of up to 110 layers; rate and width of the standard scale were chosen so that these depths learn in four epochs. */
#include <assay/evidence/heatmap.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/network/batchnorm_training.h>
#include <math.h>

struct figure {
    struct heatmap map;
    struct batchnorm_model model;
    struct batchnorm_training training;
    struct images train, test;
};

/* ## One network: a depth and a shift */
static enum status draw_network(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct figure *figure = context;
    struct cell cell = heatmap_cell(&figure->map, sample);
    struct batchnorm_model model = figure->model;
    struct batchnorm_outcome outcome;

    model.depth = (int)figure->map.depth[cell.row];
    model.beta = figure->map.x[cell.column];
    enum status status =
        batchnorm_training_trial(&model, &figure->train, &figure->test, &figure->training, *stream, &outcome);
    out[0] = outcome.test_accuracy;
    return status;
}

/* ## Theory
 * The response $x\mapsto\mathrm{relu}(x+\beta)$ as a whole takes the place of the activation. */
static void predict(struct claim *claim, struct heatmap *map, const struct batchnorm_model *model, int B)
{
    for (int c = 0; c < map->columns; c++) {
        struct affine_activation affine = {.phi = model->phi, .gain = 1, .shift = map->x[c]};
        struct response response = response_affine(&affine);
        struct batchnorm_state state;

        claim_need(claim, batchnorm_state_sphere(&response, B, &state));
        map->xi[c] = 1 / log(state.backward.G.x);
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
    claim_case(claim, "where 16 xi lies within the depths");
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
                                            .epsilon = claim_real(claim, "epsilon")};
    claim_need(claim, activation_find("relu", &figure.model.phi));
    heatmap_new(claim, &figure.map, claim_real(claim, "beta0"), claim_real(claim, "beta1"), false, 8);
    figure.map.multiple = 16;
    figure.map.chance = 1.0 / figure.train.classes;
    predict(claim, &figure.map, &figure.model, figure.training.batch);
    heatmap_draw(claim, &figure.map, "beta", draw_network, &figure,
                 images_fingerprint(&figure.train) ^ images_fingerprint(&figure.test));
    compare(claim, &figure.map);
    heatmap_free(&figure.map);
    images_free(&figure.train);
    images_free(&figure.test);
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {text("data", "directory of IDX files", "/usr/share/datasets/fashion-mnist"),
                                         real("beta0", "least shift", 0, 0, 0.2),
                                         real_by_scale("beta1", "greatest shift", 0.9, 2, 2, 0.9, 2.5),
                                         integer_by_scale("images", "training images", 512, 600, 60000, 512, 60000),
                                         integer_by_scale("tests", "test images", 320, 640, 10000, 512, 10000),
                                         integer_by_scale("epochs", "passes over them", 4, 4, 10, 2, 1000),
                                         real_by_scale("rate", "learning rate", 0.04, 0.012, 1e-3, 1e-6, 0.1),
                                         real("epsilon", "added to variances", 1e-3, 0, 0.01),
                                         integer_by_scale("N", "width", 32, 64, 384, 32, 4096),
                                         integer("B", "batch size", 32, 16, 256),
                                         integer_by_scale("L", "greatest depth", 128, 144, 400, 60, 1000),
                                         integer_by_scale("rows", "depths, from 8 on", 6, 7, 16, 5, 54),
                                         integer_by_scale("columns", "shifts", 3, 9, 20, 3, 100),
                                         integer_by_scale("networks", "networks a cell", 3, 2, 1, 1, 100),
                                         real("level", "accuracy at the boundary", 0.25, 0.2, 0.4)},
                          .faults = {{"norm_not_squared", "the depth over which the norm explodes, not its square",
                                      "boundary?over*below"},
                                     {"falls", "the boundary's change with xi with the wrong sign", "boundary?grows*"}},
                          .scaled = "Fashion-MNIST in MNIST's place; width 64, 600 images, four epochs. Scale paper "
                                    "trains in full, for days, and can be interrupted.",
                          .run = draw_figure,
                      }));
}
