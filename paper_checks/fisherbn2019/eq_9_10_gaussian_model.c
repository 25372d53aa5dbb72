/* # Equations 9 and 10: with Gaussian labels the Fisher information is the mean of $\nabla f\otimes\nabla f$
 *
 * Mean-Field Analysis of Batch Normalization (2019), section 2.1. If the inputs' law has no parameters, only $\log p_\theta(y\mid x)$ is differentiated. With $p_\theta(y\mid x)\propto\exp(\frac12\|f_\theta(x)-y\|^2)$, as printed,
 *
 * $$I_\theta=\mathbb E_{x\sim\mathcal D}\big[\nabla_\theta f_\theta(x)\otimes\nabla_\theta f_\theta(x)\big],$$
 *
 * summed over outputs.
 *
 * **Checked.** A relu network with batch normalisation by fixed statistics, or without it ($\gamma=0$). The matrix on the right, by the Gram matrices of its dual, against the matrix of mean squared scores, parameter by parameter, with the mean over
 * labels by Gauss-Hermite nodes: trace, largest eigenvalue, sum of squares. In random directions against differences of $\log p$. And the sign: by equation 4 minus the mean second derivative of $\log p$ has to be the same.
 * **Tolerance.** Rounding of sums over samples and parameters; differences state their errors, in directions that cross no kink.
 * **Could miss.** Nothing that shows at this size; the identity is algebra.
 * **Found.** Holds for $\exp(-\frac12\|f-y\|^2)$. As printed the model has no finite mass, and formally it contradicts equation 4. The sign is surely the paper's: the extracted formula is clean, and what follows has the other one. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/network/fisher.h>
#include <assay/numerics/difference.h>
#include <assay/numerics/linear.h>
#include <float.h>
#include <math.h>
#include <string.h>

enum { INPUTS = 5, OUTPUTS = 2, NODES = 9 };

struct experiment {
    struct feedforward network;
    struct feedforward_pass pass, statistics;
    int m, P;
    double *X, *theta, *v;
    double label[OUTPUTS], *f; // y - f, and f, at the network as drawn
    double sign;               // of the exponent
    int sample;
};

static void experiment_new(struct claim *claim, struct experiment *experiment)
{
    struct feedforward_model model;
    struct stream stream = claim_stream(claim, 1, 0);
    int m = (int)claim_integer(claim, "m");

    feedforward_model_dense(&model, INPUTS, (int)claim_integer(claim, "L"), (int)claim_integer(claim, "N"), OUTPUTS,
                            claim_real(claim, "gamma"), 2, 0.5);
    claim_need(claim, feedforward_new(&experiment->network, &model, claim_stream(claim, 0, 0)));
    claim_need(claim, feedforward_pass_new(&experiment->pass, &experiment->network, m));
    claim_need(claim, feedforward_pass_new(&experiment->statistics, &experiment->network, m));
    experiment->m = m;
    experiment->P = (int)experiment->network.parameters;
    experiment->X = memory_doubles((size_t)(m * INPUTS));
    stream_normals(&stream, (size_t)(m * INPUTS), experiment->X);
    experiment->theta = memory_copy(experiment->network.parameters, experiment->network.parameter);
    experiment->v = memory_doubles(experiment->network.parameters);
    feedforward_forward(&experiment->network, &experiment->statistics, experiment->X);
    feedforward_forward(&experiment->network, &experiment->pass, experiment->X);
    experiment->f = memory_copy((size_t)(m * OUTPUTS), experiment->pass.z[model.layers]);
}

static void experiment_free(struct experiment *experiment)
{
    memory_free(experiment->X);
    memory_free(experiment->theta);
    memory_free(experiment->v);
    memory_free(experiment->f);
    feedforward_pass_free(&experiment->pass);
    feedforward_pass_free(&experiment->statistics);
    feedforward_free(&experiment->network);
}

/* $y-f$ at a node of the labels' law, and its weight: $0,\pm\sqrt3$ in each output, exact for cubics. */
static double label_at(int node, double label[OUTPUTS])
{
    double weight = 1;

    for (int k = 0; k < OUTPUTS; k++) {
        int place = (k == 0 ? node % 3 : node / 3) - 1;

        label[k] = place * sqrt(3);
        weight *= place == 0 ? 2.0 / 3 : 1.0 / 6;
    }
    return weight;
}

/* ## The whole matrix, both ways
 * The score of one sample at one label is the gradient of $\langle y-f,f_\theta\rangle$, with $y-f$ held. */
static void squared_scores(struct claim *claim, struct experiment *experiment, double I[])
{
    int m = experiment->m, P = experiment->P;
    double *D = memory_doubles((size_t)(m * OUTPUTS)), *g = memory_doubles((size_t)P);

    for (int node = 0; node < NODES; node++) {
        double label[OUTPUTS], weight = label_at(node, label) / (claim_fault(claim, "m_minus_one") ? m - 1 : m);

        for (int i = 0; i < m * OUTPUTS; i++) {
            D[i] = label[i % OUTPUTS];
        }
        feedforward_backward(&experiment->network, &experiment->pass, STATISTICS_FROZEN, D);
        for (int i = 0; i < m; i++) {
            feedforward_gradient_of(&experiment->network, &experiment->pass, i, g);
            linear_multiply(false, false, P, P, 1, weight, g, g, 1, I);
        }
    }
    memory_free(D);
    memory_free(g);
}

struct summary {
    struct value trace, largest, squares;
};

static struct summary summary_of(struct claim *claim, const struct experiment *experiment, int n, const double A[])
{
    double *eigenvalue = memory_doubles((size_t)n), trace = 0, squares = 0;
    double rounding = 4 * DBL_EPSILON * (experiment->P + NODES * experiment->m);

    claim_need(claim, linear_symmetric_eigen(n, A, eigenvalue, NULL));
    for (int i = 0; i < n; i++) {
        trace += A[i * n + i];
        squares += linear_dot(n, A + i * n, A + i * n);
    }
    double largest = eigenvalue[n - 1];
    memory_free(eigenvalue);
    return (struct summary){measured(trace, rounding * trace, ROUNDING), measured(largest, rounding * trace, ROUNDING),
                            measured(squares, 2 * rounding * trace * trace, ROUNDING)};
}

static void whole_matrix(struct claim *claim, struct experiment *experiment)
{
    int P = experiment->P, outputs = claim_fault(claim, "one_output") ? 1 : OUTPUTS, n = experiment->m * outputs;
    double *I = memory_doubles((size_t)(P * P)), *F = memory_doubles((size_t)(n * n));

    squared_scores(claim, experiment, I);
    claim_need(claim, fisher_dual(&experiment->network, &experiment->pass, STATISTICS_FROZEN, FISHER_ALL, outputs, F));
    struct summary scores = summary_of(claim, experiment, P, I), dual = summary_of(claim, experiment, n, F);
    claim_case(claim, "%d parameters, %d samples", P, experiment->m);
    check_equal(claim, "trace", dual.trace, scores.trace);
    check_equal(claim, "largest eigenvalue", dual.largest, scores.largest);
    check_equal(claim, "sum of squares", dual.squares, scores.squares);
    memory_free(I);
    memory_free(F);
}

/* ## In one direction
 * $\log p$ at $\theta+\epsilon v$ for one sample and one label, with the statistics of the network as drawn. */
static void move(struct experiment *experiment, double epsilon)
{
    for (int i = 0; i < experiment->P; i++) {
        experiment->network.parameter[i] = experiment->theta[i] + epsilon * experiment->v[i];
    }
    feedforward_forward_given(&experiment->network, &experiment->pass, experiment->X, &experiment->statistics);
}

static double log_likelihood(double epsilon, void *context)
{
    struct experiment *experiment = context;
    double sum = 0;

    move(experiment, epsilon);
    for (int k = 0; k < OUTPUTS; k++) {
        int at = experiment->sample * OUTPUTS + k;
        double residual = experiment->pass.z[experiment->network.model.layers][at] - experiment->f[at];

        sum += experiment->sign * pow(residual - experiment->label[k], 2) / 2;
    }
    return sum;
}

/* The mean over labels first: its second derivative is what equation 4 asks for. */
static double slope_of_mean(double epsilon, void *context)
{
    struct experiment *experiment = context;
    int L = experiment->network.model.layers;
    double *T = memory_doubles((size_t)(experiment->m * OUTPUTS)), sum = 0;

    move(experiment, epsilon);
    feedforward_tangent(&experiment->network, &experiment->pass, STATISTICS_FROZEN, experiment->v, T);
    for (int i = 0; i < experiment->m * OUTPUTS; i++) {
        sum += experiment->sign * (experiment->pass.z[L][i] - experiment->f[i]) * T[i] / experiment->m;
    }
    memory_free(T);
    return sum;
}

static bool crosses_a_kink(struct experiment *experiment, double step)
{
    bool crosses = false;

    for (int l = 1; l < experiment->network.model.layers; l++) {
        size_t size = (size_t)(experiment->m * feedforward_size(&experiment->network, l));

        move(experiment, step);
        double *slope = memory_copy(size, experiment->pass.slope[l]);
        move(experiment, -step);
        crosses = crosses || memcmp(slope, experiment->pass.slope[l], size * sizeof slope[0]) != 0;
        memory_free(slope);
    }
    return crosses;
}

static struct value squared_by_differences(struct claim *claim, struct experiment *experiment, double step)
{
    struct value sum = exact(0);

    for (int node = 0; node < NODES; node++) {
        double weight = label_at(node, experiment->label) / experiment->m;

        for (experiment->sample = 0; experiment->sample < experiment->m; experiment->sample++) {
            struct value score =
                claim_value(claim, derivative_by_differences(log_likelihood, experiment, 0, step, 100 * DBL_EPSILON));

            sum = value_add(sum, value_scale(weight, value_mul(score, score)));
        }
    }
    return sum;
}

static struct value minus_second_derivative(struct claim *claim, struct experiment *experiment, double sign,
                                            double step)
{
    experiment->sign = sign;
    struct value slope = derivative_by_differences(slope_of_mean, experiment, 0, step, 100 * DBL_EPSILON * step);
    experiment->sign = -1;
    return value_scale(-1, claim_value(claim, slope));
}

/* $|Jv|^2/m$, the right side. */
static struct value right_side(struct experiment *experiment)
{
    int n = experiment->m * OUTPUTS;
    double *T = memory_doubles((size_t)n);

    move(experiment, 0);
    feedforward_tangent(&experiment->network, &experiment->pass, STATISTICS_FROZEN, experiment->v, T);
    double square = linear_dot(n, T, T) / experiment->m;
    memory_free(T);
    return measured(square, 100 * DBL_EPSILON * square, ROUNDING);
}

static void one_direction(struct claim *claim, struct experiment *experiment, uint32_t number)
{
    double step = 1e-4;
    struct stream stream = claim_stream(claim, 2, number);

    do {
        stream_normals_scaled(&stream, 0.3, (size_t)experiment->P, experiment->v);
        step /= 2;
    } while (crosses_a_kink(experiment, step));
    struct value right = right_side(experiment), scores = squared_by_differences(claim, experiment, step);
    struct value corrected =
        minus_second_derivative(claim, experiment, claim_fault(claim, "printed_sign") ? 1 : -1, step);

    claim_case(claim, "direction %u", number);
    check_equal(claim, "by differences", right, scores);
    check_differs(claim, "printed", minus_second_derivative(claim, experiment, 1, step), scores);
    check_equal(claim, "minus in the exponent", corrected, scores);
    claim_row(claim, NULL, right.x, scores.x, corrected.x);
    move(experiment, 0);
}

static void gaussian_model(struct claim *claim)
{
    struct experiment experiment = {.sign = -1};

    claim_column(claim, "right", RELATIVE(1e-11), "a sum over samples");
    claim_column(claim, "scores", RELATIVE(1e-6), "differences");
    claim_column(claim, "curvature", RELATIVE(1e-6), "differences");
    experiment_new(claim, &experiment);
    whole_matrix(claim, &experiment);
    for (uint32_t i = 0; i < 8; i++) {
        one_direction(claim, &experiment, i);
    }
    experiment_free(&experiment);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("L", "layers", 3, 1, 5), integer("N", "units a layer", 8, 2, 16),
                           integer("m", "samples", 12, 4, 32),
                           real("gamma", "of batch normalisation; 0: none", 1, 0, 4)},
            .faults = {{"one_output", "the first output only", "trace largest* sum*"},
                       {"m_minus_one", "a mean that divides by m - 1", "trace largest* sum*"},
                       {"printed_sign", "the printed sign in the corrected model", "minus*"}},
            .errata = {{"E9a",
                        "The conditional model $p_\\theta(y\\mid x)\\propto\\exp(\\frac12\\|f_\\theta(x)-y\\|_2^2)$.",
                        "$p_\\theta(y\\mid x)\\propto\\exp(-\\frac12\\|f_\\theta(x)-y\\|_2^2)$.", "printed", "minus*",
                        "None: equation 10 and all that follows have the corrected sign.",
                        "With $f=\\theta$ a number: $-\\frac{d^2}{d\\theta^2}\\frac12(\\theta-y)^2=-1$, where equation "
                        "10 says $+1$."}},
            .run = gaussian_model,
        }));
}
