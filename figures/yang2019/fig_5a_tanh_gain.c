/* # Figure 5a (on Fashion-MNIST in MNIST's place): a small gain makes tanh nearly linear, and deeper networks trainable
 *
 * Yang et al. (2019), section 4, figure 5a. Test accuracy of networks with batch normalisation and $\phi(x)=\tanh(\gamma x)$ after training by SGD, against $\gamma$ and
 * depth, under the line $16\,\xi$. With $\gamma\to0$ the network becomes linear, gradients explode more slowly, and deeper networks train. No batch size, rate or width is given.
 *
 * **Checked.** Networks of up to $4\,\xi$ layers learn (a hundred layers at the smallest gains), those from $24\,\xi$ on do not. Where $16\,\xi$ lies within the depths
 * tried, accuracy falls through the level at $16\,\xi$ but for a factor of 1.6 in the mean, at depths that grow with $\xi$.
 * **Tolerance.** Means over cells and columns have the error of their scatter. The factor 16 is the paper's and rough.
 * **Could miss.** What limits the depth at small gains, where the line lies beyond the depths tried.
 * **Found.** Holds, near $13\,\xi$, for lines of up to 110 layers; rate and width of the standard scale were chosen so that these depths learn in four epochs. */
#include <assay/experiment/trainability.h>

/* ## One column: the gain */
static void set_gain(struct claim *claim, double gamma, struct trainability_column *column)
{
    (void)claim;
    column->model.gamma = gamma;
}

static void compare(struct claim *claim, const struct heatmap *map)
{
    trainability_check_line(claim, map,
                            (struct trainability_line){.where = "where 16 xi lies within the depths",
                                                       .shallow = 4,
                                                       .deep = 24,
                                                       .multiple = claim_fault(claim, "norm_not_squared") ? 32 : 16,
                                                       .factor = 1.6,
                                                       .direction = claim_fault(claim, "falls") ? -1 : 1});
}

static void draw_figure(struct claim *claim)
{
    struct trainability experiment;

    training_data_read(claim, &experiment.data);
    trainability_new(claim, &experiment, "tanh");
    experiment.shared.model.epsilon = claim_real(claim, "epsilon");
    experiment.shared.training.batch = (int)claim_integer(claim, "B");
    trainability_sweep(
        claim, &experiment,
        (struct trainability_axis){
            .name = "gamma", .from = claim_real(claim, "gamma0"), .to = claim_real(claim, "gamma1"), .shallowest = 8},
        set_gain);
    trainability_predict(claim, &experiment, 16, trainability_rate_sphere);
    trainability_draw(claim, &experiment);
    compare(claim, &experiment.map);
    trainability_free(&experiment);
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {text("data", "directory of IDX files", "/usr/share/datasets/fashion-mnist"),
                                         real_by_scale("gamma0", "least gain", 1.2, 0.5, 0.1, 0.1, 1.2),
                                         real_by_scale("gamma1", "greatest gain", 3.4, 2, 2, 1.9, 4),
                                         integer_by_scale("images", "training images", 512, 600, 60000, 512, 60000),
                                         integer_by_scale("tests", "test images", 320, 640, 10000, 512, 10000),
                                         integer_by_scale("epochs", "passes over them", 4, 4, 10, 2, 1000),
                                         real_by_scale("rate", "learning rate", 0.05, 0.025, 1e-3, 1e-6, 0.1),
                                         real("epsilon", "added to variances", 1e-3, 0, 0.01),
                                         integer_by_scale("N", "width", 32, 64, 384, 32, 4096),
                                         integer("B", "batch size", 32, 16, 256),
                                         integer_by_scale("L", "greatest depth", 88, 128, 400, 60, 1000),
                                         integer_by_scale("rows", "depths, from 8 on", 5, 7, 16, 5, 54),
                                         integer_by_scale("columns", "gains", 3, 7, 20, 3, 100),
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
