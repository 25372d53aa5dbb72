/* # Figure 9 (a fully connected network in VGG19's place): shifts alone accelerate learning, epsilon alone hardly does
 *
 * Yang et al. (2019), appendix A, figure 9. As figure 8, with the parameter that a map does not show at 0, in place of its best value: the rate against $\beta$ at $\epsilon=0$, and against
 * $\epsilon$ at $\beta=0$. The text says of both figures that $\epsilon>0$ and/or $\beta>0$ accelerate training, at first above all.
 *
 * **Checked.** As in figure 8: over the first half of the looks at it, accuracy in training and in test gains by $\beta>0$, and more than by any $\epsilon>0$; from sixteen epochs on, more than twice as much,
 * and test accuracy gains less in the end than at first.
 * **Tolerance.** Means have the error of their scatter among networks, which begin with the same weights at every point.
 * **Could miss.** What figure 8 could.
 * **Found.** Shifts alone accelerate, at first above all. What $\epsilon>0$ alone does hardly carries over: it gains little where it gains at all, and near the end of its
 * range, where relu is about to lose its fixed point and signals are small, it loses. */
#include <assay/experiment/learning_grid.h>

static void draw_figure(struct claim *claim)
{
    struct learning_grid grid;

    learning_grid_require_training(claim, 12);
    learning_grid_new(claim, &grid, "relu", true);
    for (int i = 1; claim_fault(claim, "no_shift") && i < grid.values; i++) {
        grid.axis[LEARNING_BETA][i] = 0;
    }
    learning_grid_draw(claim, &grid);
    learning_grid_write(claim, &grid, false);
    learning_grid_check(claim, &grid, claim_fault(claim, "exchanged") ? LEARNING_EPSILON : LEARNING_BETA, false);
    learning_grid_free(&grid);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("data", "directory of IDX files", "/usr/share/datasets/fashion-mnist"),
                           integer_by_scale("images", "training images", 256, 480, 60000, 256, 60000),
                           integer_by_scale("tests", "test images", 128, 256, 10000, 128, 10000),
                           integer_by_scale("epochs", "passes over them; looked at after 1, 2, 4, ...", 2, 16, 16, 2,
                                            64),
                           real_by_scale("rate0", "least learning rate", 0.1, 0.01, 0.001, 0.001, 0.1),
                           real_by_scale("rate1", "greatest learning rate", 0.1, 0.1, 0.02, 0.005, 0.1),
                           integer_by_scale("rates", "rates", 1, 4, 6, 1, 20),
                           real("beta1", "greatest shift", 2, 1, 2.5),
                           real("epsilon1", "greatest epsilon", 0.3, 0.01, 0.33),
                           integer_by_scale("values", "shifts, and values of epsilon, from 0 on", 2, 3, 5, 2, 20),
                           integer_by_scale("L", "depth", 12, 16, 16, 12, 16),
                           integer_by_scale("N", "width", 32, 32, 128, 32, 1024),
                           integer_by_scale("B", "batch size", 32, 32, 128, 32, 256),
                           integer_by_scale("networks", "networks a point", 16, 5, 8, 3, 1000)},
            .faults = {{"exchanged", "epsilon's gains taken for the shift's", "shift*"},
                       {"no_shift", "networks that begin without a shift", "shift*"}},
            .scaled =
                "a fully connected network of sixteen normalised layers, width 32, on 480 images of Fashion-MNIST "
                "in the place of VGG19 on CIFAR-100, whose thousands of trainings need accelerators; sixteen "
                "epochs of fifteen steps, five seeds. Scale paper trains for hours, and can be interrupted.",
            .run = draw_figure,
        }));
}
