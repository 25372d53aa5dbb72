/* # Equations 3 and 4: the Fisher information is the mean squared score, and the mean of minus the Hessian
 *
 * Mean-Field Analysis of Batch Normalization (2019), section 2.1. For a loss $-\log p_\theta(x,y)$,
 *
 * $$I_\theta=\mathbb E_{(x,y)\sim\mathbb P_\theta}\big[\nabla_\theta\log p_\theta\otimes\nabla_\theta\log p_\theta\big]=-\mathbb E_{(x,y)\sim\mathbb P_\theta}\big[\mathrm{Hess}_\theta\log p_\theta\big],$$
 *
 * and both squared loss and cross-entropy are of this form.
 *
 * **Checked.** A small network with two outputs under squared loss, whose labels are Gaussian, and with three under cross-entropy. In random directions $v$ of its parameters: $v^TI_\theta v$ by both sides, the mean over labels
 * exact (three Gauss-Hermite nodes an output; a sum over classes), scores by forward-mode derivatives, second derivatives by differences of scores; scores by differences of log-likelihoods; closed forms, $|Jv|^2$
 * and the variance of $Jv$ over classes; and labels drawn at random.
 * **Tolerance.** Differences state their errors. Drawn labels have a standard error.
 * **Could miss.** Networks with kinks, where the Hessian exists almost everywhere only.
 * **Found.** Holds. It needs labels drawn from the model itself: with the labels of the second planted fault the two sides part. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/network/feedforward.h>
#include <assay/numerics/difference.h>
#include <float.h>
#include <math.h>

enum { INPUTS = 4, MOST = 9, OUTPUTS = 3 };

/* One network at $\theta+\epsilon v$, one input, one label. */
struct experiment {
    struct feedforward network;
    struct feedforward_pass pass;
    bool classes;
    int outputs;
    double x[INPUTS], y[OUTPUTS];
    double *theta, *v;
    double f[OUTPUTS], Jv[OUTPUTS]; // after `at`
};

static void at(struct experiment *experiment, double epsilon)
{
    for (size_t i = 0; i < experiment->network.parameters; i++) {
        experiment->network.parameter[i] = experiment->theta[i] + epsilon * experiment->v[i];
    }
    feedforward_forward(&experiment->network, &experiment->pass, experiment->x);
    for (int k = 0; k < experiment->outputs; k++) {
        experiment->f[k] = experiment->pass.z[experiment->network.model.layers][k];
    }
    feedforward_tangent(&experiment->network, &experiment->pass, STATISTICS_FROZEN, experiment->v, experiment->Jv);
}

/* ## Two likelihoods
 * Labels are real numbers, or a class $c$ as a unit vector. */
static void softmax_of(const struct experiment *experiment, double p[])
{
    double top = -INFINITY, sum = 0;

    for (int k = 0; k < experiment->outputs; k++) {
        top = fmax(top, experiment->f[k]);
    }
    for (int k = 0; k < experiment->outputs; k++) {
        sum += p[k] = exp(experiment->f[k] - top);
    }
    for (int k = 0; k < experiment->outputs; k++) {
        p[k] /= sum;
    }
}

static double log_likelihood(double epsilon, void *context)
{
    struct experiment *experiment = context;
    double p[OUTPUTS], sum = 0;

    at(experiment, epsilon);
    softmax_of(experiment, p);
    for (int k = 0; k < experiment->outputs; k++) {
        double residual = experiment->y[k] - experiment->f[k];

        sum += experiment->classes ? (experiment->y[k] > 0 ? log(p[k]) : 0) : -residual * residual / 2;
    }
    return sum;
}

/* $\frac{d}{d\epsilon}\log p_{\theta+\epsilon v}(y\mid x)=\langle y-\mathbb E\,y,Jv\rangle$, in either model. */
static double score(double epsilon, void *context)
{
    struct experiment *experiment = context;
    double p[OUTPUTS], sum = 0;

    at(experiment, epsilon);
    softmax_of(experiment, p);
    for (int k = 0; k < experiment->outputs; k++) {
        sum += (experiment->y[k] - (experiment->classes ? p[k] : experiment->f[k])) * experiment->Jv[k];
    }
    return sum;
}

/* ## The mean over labels
 * Node number i of the labels' law: its weight; y is set. Squared loss: nodes $0,\pm\sqrt3$ with weights $\frac23,\frac16$, exact for cubics. */
static int nodes(const struct experiment *experiment)
{
    return experiment->classes ? experiment->outputs : 9;
}

static double set_label(struct claim *claim, struct experiment *experiment, const double f[], const double p[], int i)
{
    double spread = claim_fault(claim, "other_labels") ? 1.2 : 1, weight = 1;

    for (int k = 0; k < experiment->outputs; k++) {
        int node = (k == 0 ? i % 3 : i / 3) - 1;

        if (experiment->classes) {
            experiment->y[k] = k == i ? 1 : 0;
        } else {
            experiment->y[k] = f[k] + node * sqrt(3) * spread;
            weight *= node == 0 ? 2.0 / 3 : 1.0 / 6;
        }
    }
    return !experiment->classes ? weight : claim_fault(claim, "other_labels") ? 1.0 / experiment->outputs : p[i];
}

struct sides {
    struct value squared, hessian, closed;
};

static struct sides exact_means(struct claim *claim, struct experiment *experiment)
{
    double f[OUTPUTS], p[OUTPUTS], Jv[OUTPUTS], mean = 0, square = 0;
    struct sides sides = {exact(0), exact(0), exact(0)};

    at(experiment, 0);
    softmax_of(experiment, p);
    for (int k = 0; k < experiment->outputs; k++) {
        f[k] = experiment->f[k];
        Jv[k] = experiment->Jv[k];
        mean += p[k] * Jv[k];
        square += (experiment->classes ? p[k] : 1) * Jv[k] * Jv[k];
    }
    sides.closed = rounded(square - (experiment->classes ? mean * mean : 0), 100);
    for (int i = 0; i < nodes(experiment); i++) {
        double weight = set_label(claim, experiment, f, p, i), s = score(0, experiment), size = 1 + fabs(s);
        struct value curvature = derivative_by_differences(score, experiment, 0, 0.1, 64 * DBL_EPSILON * size);
        struct value slope = derivative_by_differences(log_likelihood, experiment, 0, 0.1,
                                                       64 * DBL_EPSILON * (1 + fabs(log_likelihood(0, experiment))));

        check_equal(claim, "score", measured(s, 64 * DBL_EPSILON * size, ROUNDING), slope);
        sides.squared =
            value_add(sides.squared, measured(weight * s * s, 200 * DBL_EPSILON * weight * size * size, ROUNDING));
        sides.hessian =
            value_add(sides.hessian, value_scale(claim_fault(claim, "no_minus") ? weight : -weight, curvature));
    }
    return sides;
}

/* Labels drawn from the model. */
static struct value sampled_square(struct claim *claim, struct experiment *experiment, uint32_t sample)
{
    struct stream stream = claim_stream(claim, 1, sample);
    struct moments moments = moments_empty();
    double f[OUTPUTS], p[OUTPUTS];

    at(experiment, 0);
    softmax_of(experiment, p);
    for (int k = 0; k < experiment->outputs; k++) {
        f[k] = experiment->f[k];
    }
    for (long i = 0; i < claim_integer(claim, "labels"); i++) {
        double u = stream_uniform(&stream), sum = 0;
        int c = p[0] > u ? 0 : p[0] + p[1] > u ? 1 : 2;

        for (int k = 0; k < experiment->outputs; k++) {
            double y = experiment->classes ? (k == c ? 1 : 0) : f[k] + stream_normal(&stream);

            sum += (y - (experiment->classes ? p[k] : f[k])) * experiment->Jv[k];
        }
        moments_add(&moments, sum * sum);
    }
    return moments_estimate(moments);
}

/* ## One likelihood */
static void one(struct claim *claim, bool classes)
{
    struct experiment experiment = {.classes = classes, .outputs = classes ? 3 : 2};
    struct feedforward_model model;

    feedforward_model_dense(&model, INPUTS, (int)claim_integer(claim, "L"), 6, experiment.outputs, 0, 2, 0.5);
    claim_need(claim, activation_find(claim_text(claim, "phi"), &model.phi));
    claim_need(claim, feedforward_new(&experiment.network, &model, claim_stream(claim, 0, classes)));
    claim_need(claim, feedforward_pass_new(&experiment.pass, &experiment.network, 1));
    experiment.theta = memory_copy(experiment.network.parameters, experiment.network.parameter);
    experiment.v = memory_doubles(experiment.network.parameters);
    for (uint32_t i = 0; i < 12; i++) {
        struct stream stream = claim_stream(claim, 2 + classes, i);

        stream_normals(&stream, INPUTS, experiment.x);
        stream_normals_scaled(&stream, 0.2, experiment.network.parameters, experiment.v);
        claim_case(claim, "%s, direction %u", classes ? "cross-entropy" : "squared loss", i);
        struct sides sides = exact_means(claim, &experiment);
        check_equal(claim, "identity", sides.squared, sides.hessian);
        check_equal(claim, "closed form", sides.closed, sides.squared);
        struct value sampled = sampled_square(claim, &experiment, 2 * i + classes);
        check_equal(claim, "drawn labels", sides.closed, sampled);
        claim_row(claim, classes ? "cross-entropy" : "squared loss", sides.squared.x, sides.hessian.x, BOTH(sampled));
    }
    memory_free(experiment.theta);
    memory_free(experiment.v);
    feedforward_pass_free(&experiment.pass);
    feedforward_free(&experiment.network);
}

static void information(struct claim *claim)
{
    claim_labels(claim, "loss");
    claim_column(claim, "squared", RELATIVE(1e-10), "a sum over labels");
    claim_column(claim, "hessian", RELATIVE(1e-7), "differences");
    claim_column(claim, "drawn", RELATIVE(1e-8), "the same draws");
    claim_column(claim, "drawn_err", RELATIVE(1e-6), "a standard error");
    one(claim, false);
    one(claim, true);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {choice("phi", "activation", "tanh|erf|gelu|silu|softplus|sigmoid"),
                           integer("L", "layers", 3, 1, 6),
                           integer_by_scale("labels", "drawn labels a direction", 2000, 10000, 1000000, 1000,
                                            100000000)},
            .faults = {{"no_minus", "the Hessian without its minus", "identity"},
                       {"other_labels", "labels of variance 1.44, or of equal classes", "identity closed*"}},
            .run = information,
        }));
}
