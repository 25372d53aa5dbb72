/* # Figure 8 (a fully connected network in VGG19's place): networks that begin with a shift learn faster
 *
 * Yang et al. (2019), appendix A, figure 8. Training and validation accuracy of VGG19 with batch normalisation on CIFAR-100 after 1 to 80 epochs, over learning rates, the value
 * $\beta$ that all shifts begin with, and $\epsilon$; medians of eight seeds. Each map shows the rate against one of $\beta$ and $\epsilon$, at the best value of the other. The text says that
 * $\epsilon>0$ and/or $\beta>0$ accelerate training, at first above all.
 *
 * The values on the axes can hardly be read in the figure's text. Here $\beta$ ends where figure 5b's does, at 2, and $\epsilon$ at 0.3, shortly before relu loses its fixed point.
 *
 * **Checked.** Over the first half of the looks at it, accuracy is greater with $\beta>0$ than with $\beta=0$, in the mean over values, rates and networks, in training and in test. It gains more than
 * by any $\epsilon>0$; from sixteen epochs on, more than twice as much, and test accuracy gains less in the end than at first. Theory says why: a shift of 1 or more lowers $\log\lambda_G$ to less than a half, and
 * $\epsilon$ leaves more than three quarters of it (asked from the standard scale on).
 * **Tolerance.** Means have the error of their scatter among networks. Networks begin with the same weights and orders of images at every point, so that only the point makes a difference.
 * **Could miss.** What convolutions, momentum and another data set change; that the gain wanes in training accuracy, too, for which the standard scale does not train enough.
 * **Found.** Shifts accelerate, at first above all. That $\epsilon>0$ accelerates hardly carries over: it changes little, and theory expects no more. In large batches the variance $m$ of
 * relu's pre-activations settles where $m+\epsilon=\frac12-\frac1{2\pi}$, and gradients grow by $\frac12/(m+\epsilon)=\pi/(\pi-1)$ a layer, whatever $\epsilon$ is, as long as there is such an $m>0$. */
#include <assay/experiment/learning_grid.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/meanfield/batchnorm_epsilon.h>
#include <math.h>

/* ## Theory
 * $\log\lambda_G$ of networks that have not been trained, at infinite width. */
static struct value log_of(struct value lambda)
{
    return value_through(lambda, log(lambda.x), 1 / lambda.x);
}

static void explain(struct claim *claim, const struct learning_grid *grid)
{
    int B = grid->training.batch;
    struct affine_activation affine = {.phi = grid->model.phi, .gain = 1};
    struct response response = response_affine(&affine);
    struct value plain = log_of(claim_value(claim, batchnorm_backward_G(&affine.phi, B))), m, lambda;
    double shift = claim_real(claim, "beta1"), epsilon = claim_real(claim, "epsilon1") / 2;

    if (claim_scale(claim) != SCALE_SMOKE) { // a second of quadrature
        claim_need(claim, batchnorm_epsilon(&response, B, epsilon, &m, &lambda));
        claim_case(claim, "epsilon = %g", epsilon);
        check_at_least(claim, "theory: epsilon lowers little", log_of(lambda), value_scale(0.75, plain));
    }
    for (double beta = 1; beta <= shift; beta *= 2) {
        struct batchnorm_state state;

        affine.shift = claim_fault(claim, "no_shift") ? 0 : beta;
        response = response_affine(&affine);
        claim_need(claim, batchnorm_state_sphere(&response, B, &state));
        claim_case(claim, "beta = %g", beta);
        check_at_most(claim, "theory: shift lowers much", log_of(state.backward.G), value_scale(0.5, plain));
    }
}

static void draw_figure(struct claim *claim)
{
    struct learning_grid grid;

    learning_grid_require_training(claim, 8);
    learning_grid_new(claim, &grid, "relu", false);
    learning_grid_draw(claim, &grid);
    learning_grid_write(claim, &grid, true);
    learning_grid_check(claim, &grid, claim_fault(claim, "exchanged") ? LEARNING_EPSILON : LEARNING_BETA, true);
    explain(claim, &grid);
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
                           integer_by_scale("networks", "networks a point", 16, 3, 8, 3, 1000)},
            .faults = {{"exchanged", "epsilon's gains taken for the shift's", "shift*"},
                       {"no_shift", "theory of relu without its shift", "theory:?shift*"}},
            .scaled =
                "a fully connected network of sixteen normalised layers, width 32, on 480 images of Fashion-MNIST "
                "in the place of VGG19 on CIFAR-100, whose thousands of trainings need accelerators; sixteen "
                "epochs of fifteen steps, three seeds. Scale paper trains for a day, and can be interrupted.",
            .run = draw_figure,
        }));
}
