/* # Equations 5 and 6: at the true parameters the Hessian of the population loss is the Fisher information
 *
 * Mean-Field Analysis of Batch Normalization (2019), section 2.1. The population loss has the Hessian
 *
 * $$\mathrm{Hess}\,L(\theta)=-\mathbb E_{(x,y)\sim\mathcal D}\big[\mathrm{Hess}_\theta\log p_\theta(x,y)\big],$$
 *
 * and if some $\theta_*$ generates the data, $\mathrm{Hess}\,L(\theta_*)=I_{\theta_*}$.
 *
 * **Checked.** A student that has its teacher's parameters, under squared loss with labels $f_{\theta_*}(x)$ plus Gaussian noise, over whose law the loss is averaged exactly. The whole Hessian by differences of the gradient in every
 * parameter, against $J^TJ/m$ from backpropagation; their largest eigenvalues, which equation 7 uses. Equation 5 at many distances from $\theta_*$, in a random direction, by forward-mode
 * scores at Gauss-Hermite nodes of the labels; there Hessian and information differ.
 * **Tolerance.** Differences of the eighth order state their errors.
 * **Could miss.** Kinks: relu's Hessian at $\theta_*$ exists almost surely, but steps that cross a kink give no derivative; they are made short.
 * **Found.** Holds, and at $\theta_*$ only. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/network/fisher.h>
#include <assay/numerics/difference.h>
#include <assay/numerics/linear.h>
#include <float.h>
#include <math.h>
#include <string.h>

enum { INPUTS = 3, OUTPUTS = 2 };

struct experiment {
    struct feedforward network;
    struct feedforward_pass pass;
    int m, P;
    double *X, *teacher; // teacher: its outputs
    bool smooth;
};

static void experiment_new(struct claim *claim, struct experiment *experiment)
{
    struct feedforward_model model;
    struct stream stream = claim_stream(claim, 1, 0);
    int m = (int)claim_integer(claim, "m");

    feedforward_model_dense(&model, INPUTS, (int)claim_integer(claim, "L"), (int)claim_integer(claim, "N"), OUTPUTS, 0,
                            2, 0.5);
    claim_need(claim, activation_find(claim_text(claim, "phi"), &model.phi));
    claim_need(claim, feedforward_new(&experiment->network, &model, claim_stream(claim, 0, 0)));
    claim_need(claim, feedforward_pass_new(&experiment->pass, &experiment->network, m));
    experiment->m = m;
    experiment->P = (int)experiment->network.parameters;
    experiment->smooth = strcmp(model.phi.name, "relu") != 0;
    experiment->X = memory_doubles((size_t)(m * INPUTS));
    stream_normals(&stream, (size_t)(m * INPUTS), experiment->X);
    feedforward_forward(&experiment->network, &experiment->pass, experiment->X);
    experiment->teacher = memory_copy((size_t)(m * OUTPUTS), experiment->pass.z[model.layers]);
}

static void experiment_free(struct experiment *experiment)
{
    memory_free(experiment->X);
    memory_free(experiment->teacher);
    feedforward_pass_free(&experiment->pass);
    feedforward_free(&experiment->network);
}

/* ## Both sides
 * $L(\theta)=\frac1{2m}\sum_x\|f_\theta(x)-f_{\theta_*}(x)\|^2$ up to a constant: the noise of the labels has mean zero. */
static void gradient_of_loss(struct experiment *experiment, double gradient[])
{
    int n = experiment->m * OUTPUTS, L = experiment->network.model.layers;
    double *D = memory_doubles((size_t)n);

    feedforward_forward(&experiment->network, &experiment->pass, experiment->X);
    for (int i = 0; i < n; i++) {
        D[i] = (experiment->pass.z[L][i] - experiment->teacher[i]) / experiment->m;
    }
    feedforward_backward(&experiment->network, &experiment->pass, STATISTICS_LIVE, D);
    feedforward_gradient(&experiment->network, &experiment->pass, gradient);
    memory_free(D);
}

static void move(struct experiment *experiment, const double theta[], const double v[], double epsilon)
{
    for (int i = 0; i < experiment->P; i++) {
        experiment->network.parameter[i] = theta[i] + epsilon * v[i];
    }
}

/* Whether some unit is on different sides of its kink at $\theta$ moved by a step along $v$ one way and the other. */
static bool crosses_a_kink(struct experiment *experiment, const double theta[], const double v[], double step)
{
    bool crosses = false;

    for (int l = 1; l < experiment->network.model.layers && !experiment->smooth; l++) {
        size_t size = (size_t)(experiment->m * feedforward_size(&experiment->network, l));

        move(experiment, theta, v, step);
        feedforward_forward(&experiment->network, &experiment->pass, experiment->X);
        double *slope = memory_copy(size, experiment->pass.slope[l]);
        move(experiment, theta, v, -step);
        feedforward_forward(&experiment->network, &experiment->pass, experiment->X);
        crosses = crosses || memcmp(slope, experiment->pass.slope[l], size * sizeof slope[0]) != 0;
        memory_free(slope);
    }
    return crosses;
}

static double step_along(struct experiment *experiment, const double theta[], const double v[])
{
    double step = 0.005;

    while (crosses_a_kink(experiment, theta, v, 4 * step)) {
        step /= 2;
    }
    return step;
}

/* H v, by differences of the gradient. Where the estimate of one entry's error is small by chance, that of another is not. */
static void hessian_times(struct experiment *experiment, const double v[], struct value Hv[])
{
    int P = experiment->P;
    double *theta = memory_copy((size_t)P, experiment->network.parameter), *gradient = memory_doubles((size_t)(9 * P));
    double step = step_along(experiment, theta, v), worst = 0;

    for (int k = -4; k <= 4; k++) {
        move(experiment, theta, v, k * step);
        gradient_of_loss(experiment, gradient + (k + 4) * P);
    }
    move(experiment, theta, v, 0);
    for (int i = 0; i < P; i++) {
        struct value at[9];

        for (int k = 0; k < 9; k++) {
            at[k] = measured(gradient[k * P + i], 16 * DBL_EPSILON * (1 + fabs(gradient[k * P + i])), ROUNDING);
        }
        Hv[i] = central_difference(step, at);
        worst = fmax(worst, Hv[i].err[QUADRATURE]);
    }
    for (int i = 0; i < P; i++) {
        Hv[i].err[QUADRATURE] = worst;
    }
    memory_free(theta);
    memory_free(gradient);
}

static void hessian(struct experiment *experiment, struct value H[])
{
    double *unit = memory_doubles((size_t)experiment->P);

    for (int j = 0; j < experiment->P; j++) {
        unit[j] = 1;
        hessian_times(experiment, unit, H + j * experiment->P);
        unit[j] = 0;
    }
    memory_free(unit);
}

static void information(struct experiment *experiment, double I[])
{
    int n = experiment->m * OUTPUTS;
    double *J = memory_doubles((size_t)(n * experiment->P));

    feedforward_forward(&experiment->network, &experiment->pass, experiment->X);
    fisher_jacobian(&experiment->network, &experiment->pass, STATISTICS_FROZEN, OUTPUTS, J);
    linear_multiply(true, false, experiment->P, experiment->P, n, 1.0 / experiment->m, J, J, 0, I);
    memory_free(J);
}

/* ## At the true parameters */
static void at_optimum(struct claim *claim, struct experiment *experiment)
{
    int P = experiment->P, n = experiment->m * OUTPUTS;
    struct value *H = memory_new((size_t)(P * P), sizeof *H);
    double *I = memory_doubles((size_t)(P * P)), *A = memory_doubles((size_t)(P * P)),
           *F = memory_doubles((size_t)(n * n));
    double *eigenvalue = memory_doubles((size_t)(P > n ? P : n)), errors = 0;

    hessian(experiment, H);
    information(experiment, I);
    claim_case(claim, "%d parameters, %d samples", P, experiment->m);
    for (int i = 0; i < P * P; i++) {
        double factor = claim_fault(claim, "two_half_losses") ? 2 : 1;

        check_equal(claim, "entries", measured(factor * I[i], 1e-14 * (1 + fabs(I[i])), ROUNDING), H[i]);
        A[i] = (H[i].x + H[i % P * P + i / P].x) / 2;
        errors = hypot(errors, value_bound(H[i]));
    }
    claim_need(claim, linear_symmetric_eigen(P, A, eigenvalue, NULL));
    double of_hessian = eigenvalue[P - 1];
    feedforward_forward(&experiment->network, &experiment->pass, experiment->X);
    claim_need(claim, fisher_dual(&experiment->network, &experiment->pass, STATISTICS_FROZEN, FISHER_ALL,
                                  claim_fault(claim, "one_output") ? 1 : OUTPUTS, F));
    int m = claim_fault(claim, "one_output") ? experiment->m : n;
    claim_need(claim, linear_symmetric_eigen(m, F, eigenvalue, NULL));
    check_equal(claim, "largest eigenvalue", measured(eigenvalue[m - 1], 1e-13 * eigenvalue[m - 1], ROUNDING),
                measured(of_hessian, errors + 1e-13 * of_hessian, ROUNDING));
    memory_free(H);
    memory_free(I);
    memory_free(A);
    memory_free(F);
    memory_free(eigenvalue);
}

/* ## Anywhere: equation 5
 * Minus the mean second derivative of $\log p$ along $v$, labels at Gauss-Hermite nodes of the teacher's law, from forward-mode scores. */
struct path {
    struct experiment *experiment;
    const double *theta, *v;
};

static double mean_score(double epsilon, void *context)
{
    const struct path *path = context;
    struct experiment *experiment = path->experiment;
    int n = experiment->m * OUTPUTS, L = experiment->network.model.layers;
    double *T = memory_doubles((size_t)n), sum = 0;

    move(experiment, path->theta, path->v, epsilon);
    feedforward_forward(&experiment->network, &experiment->pass, experiment->X);
    feedforward_tangent(&experiment->network, &experiment->pass, STATISTICS_FROZEN, path->v, T);
    for (int i = 0; i < n; i++) {
        for (int node = -1; node <= 1; node++) {
            double y = experiment->teacher[i] + node * sqrt(3), weight = node == 0 ? 2.0 / 3 : 1.0 / 6;

            sum += weight * (y - experiment->pass.z[L][i]) * T[i] / experiment->m;
        }
    }
    memory_free(T);
    return sum;
}

static struct value along(struct experiment *experiment, const double v[])
{
    struct value *Hv = memory_new((size_t)experiment->P, sizeof *Hv), sum = exact(0);

    hessian_times(experiment, v, Hv);
    for (int i = 0; i < experiment->P; i++) {
        sum = value_add(sum, value_scale(v[i], Hv[i]));
    }
    memory_free(Hv);
    return sum;
}

/* $\theta_*$ moved by that distance. The information there, the Hessian, and minus the mean second derivative, along one direction. */
static void at_distance(struct claim *claim, struct experiment *experiment, double distance)
{
    int P = experiment->P, n = experiment->m * OUTPUTS;
    double *star = memory_copy((size_t)P, experiment->network.parameter), *away = memory_copy((size_t)P, star);
    double *v = memory_doubles((size_t)P), *T = memory_doubles((size_t)n);
    struct stream stream = claim_stream(claim, 2, 0);

    stream_normals(&stream, (size_t)P, v);
    linear_axpy(P, distance, v, away);
    stream_normals_scaled(&stream, 1 / sqrt(P), (size_t)P, v);
    move(experiment, away, v, 0);
    struct value hessian_here = along(experiment, v);
    struct path path = {experiment, away, v};
    struct value scores =
        claim_value(claim, derivative_by_differences(mean_score, &path, 0, 4 * step_along(experiment, away, v), 1e-14));
    move(experiment, away, v, 0);
    feedforward_forward(&experiment->network, &experiment->pass, experiment->X);
    feedforward_tangent(&experiment->network, &experiment->pass, STATISTICS_FROZEN, v, T);
    double square = linear_dot(n, T, T) / experiment->m;
    struct value information_here = measured(square, 1e-14 * square, ROUNDING);
    claim_case(claim, "%.3g from the optimum", distance);
    check_equal(claim, "equation 5", value_scale(claim_fault(claim, "plus") ? 1 : -1, scores), hessian_here);
    if (distance == 0) {
        check_equal(claim, "one direction", information_here, hessian_here);
    } else if (distance > 0.1) {
        struct value difference = value_sub(hessian_here, information_here);

        difference.x = fabs(difference.x);
        check_shape(claim, "parts away", difference, square);
    }
    claim_row(claim, NULL, distance, square, hessian_here.x);
    move(experiment, star, v, 0);
    memory_free(star);
    memory_free(away);
    memory_free(v);
    memory_free(T);
}

static void optimum(struct claim *claim)
{
    struct experiment experiment = {0};

    claim_column(claim, "distance", EXACT, "a grid");
    claim_column(claim, "information", RELATIVE(1e-10), "a sum over samples");
    claim_column(claim, "hessian", RELATIVE(1e-5), "differences");
    experiment_new(claim, &experiment);
    at_optimum(claim, &experiment);
    for (int i = 0; i <= 16; i++) {
        at_distance(claim, &experiment, i / 32.0);
    }
    experiment_free(&experiment);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {choice("phi", "activation", "relu|tanh|erf|gelu|silu|softplus"),
                           integer("L", "layers", 3, 2, 5), integer_by_scale("N", "units a layer", 4, 5, 8, 2, 8),
                           integer_by_scale("m", "samples", 50, 100, 400, 10, 400)},
            .faults = {{"two_half_losses", "the loss without its half", "entries"},
                       {"one_output", "the information of the first output only", "largest*"},
                       {"plus", "equation 5 without its minus", "equation*"}},
            .run = optimum,
        }));
}
