/* # Figure 5d (on Fashion-MNIST in MNIST's place): shifted relu networks train deeper with a larger epsilon, up to a transition
 *
 * Yang et al. (2019), section 4, figure 5d. As figure 5c with $\phi(x)=\mathrm{relu}(x+2)$, which is linear around 0, so that the transition lies near $\epsilon=1$ again. (Relu's own
 * transition lies near $\epsilon=\frac12$.) Gradients explode slowly here for every $\epsilon$: $16\,\xi$ is more than 300 layers.
 *
 * **Checked.** Below the transition networks of all depths tried, at most $8\,\xi$, learn, although those of relu without a shift would not ($30\,\xi$ and more of its own). Beyond it
 * networks deeper than 8 scales of vanishing gradients do not.
 * **Tolerance.** Means over cells and columns have the error of their scatter. The factors are rough.
 * **Could miss.** Where the boundary lies below the transition, and how it moves with $\epsilon$: the line is beyond the depths tried. In a trial with 512 layers, at scale smoke, accuracy passed the
 * level near $8\,\xi$ and not deeper with more $\epsilon$: that factor of two below the line may be the little training or not, and is not checked here.
 * **Found.** Holds up to the transition. Just beyond it depth is limited again, by vanishing. */
#include <assay/experiment/trainability.h>
#include <math.h>

/* ## One column: epsilon */
static void set_epsilon(struct claim *claim, double epsilon, struct trainability_column *column)
{
    (void)claim;
    column->model.epsilon = epsilon;
}

/* ## What is expected
 * Where $\lambda_G<1$ gradients vanish, over $1/\log(1/\lambda_G)$ layers; such columns have a negative $\xi$. */
static void compare(struct claim *claim, const struct heatmap *map)
{
    bool other = claim_fault(claim, "both_sides");

    claim_case(claim, "up to 8 xi");
    trainability_check_learns(claim, "networks learn below", map, 0, 8);
    claim_case(claim, "from 8 scales of vanishing gradients");
    trainability_check_fails(claim, "nothing learns beyond", map, other ? 0 : -INFINITY, other ? 1 : -8);
}

static void draw_figure(struct claim *claim)
{
    struct trainability experiment;

    training_data_read(claim, &experiment.data);
    trainability_new(claim, &experiment, "relu");
    experiment.shared.model.beta = 2;
    experiment.shared.training.batch = (int)claim_integer(claim, "B");
    trainability_sweep(claim, &experiment,
                       (struct trainability_axis){.name = "epsilon",
                                                  .from = claim_real(claim, "epsilon0"),
                                                  .to = claim_real(claim, "epsilon1"),
                                                  .shallowest = 8},
                       set_epsilon);
    trainability_predict(claim, &experiment, 16, trainability_rate_epsilon);
    for (int c = 0; claim_fault(claim, "no_shift") && c < experiment.map.columns; c++) {
        experiment.column[c].model.beta = 0;
    }
    trainability_draw(claim, &experiment);
    compare(claim, &experiment.map);
    trainability_free(&experiment);
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
