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

    claim_case(claim, "up to 2 xi");
    trainability_check_learns(claim, "shallow networks learn", map, 0, 2);
    claim_case(claim, "where 16 xi lies within the depths");
    trainability_check_boundary(claim, map, claim_fault(claim, "norm_not_squared") ? 32 : 16, 1.6);

    struct value gain = claim_value(claim, heatmap_gain(map, 0.2, 0.8));
    claim_case(claim, "epsilon from 0.2 to 0.8 against the least");
    check_at_least(claim, "epsilon makes it deeper", claim_fault(claim, "falls") ? value_div(exact(1), gain) : gain,
                   exact(1.2));
    claim_case(claim, "from 8 scales of vanishing gradients");
    trainability_check_fails(claim, "nothing learns beyond", map, other ? 0 : -INFINITY, other ? 1 : -8);
}

static void draw_figure(struct claim *claim)
{
    struct trainability experiment;

    training_data_read(claim, &experiment.data);
    trainability_new(claim, &experiment, "tanh");
    experiment.shared.training.batch = (int)claim_integer(claim, "B");
    trainability_sweep(claim, &experiment,
                       (struct trainability_axis){.name = "epsilon",
                                                  .from = claim_real(claim, "epsilon0"),
                                                  .to = claim_real(claim, "epsilon1"),
                                                  .shallowest = 12},
                       set_epsilon);
    trainability_predict(claim, &experiment, 16, trainability_rate_epsilon);
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
