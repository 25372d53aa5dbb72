/* # Equations 1 and 2: gradient descent with momentum on the population loss
 *
 * Mean-Field Analysis of Batch Normalization (2019), section 2.1. Parameters follow
 *
 * $$\theta_{t+1}=\theta_t-\eta\nabla L(\theta_t)+\mu(\theta_t-\theta_{t-1}),\qquad L(\theta)=\mathbb E_{(x,y)\sim\mathcal D}\,l(f_\theta(x),y),$$
 *
 * and the difference between $L$ and its mean over samples is left out.
 *
 * **Checked.** A linear model with squared loss, where $L$ is a quadratic with the data's covariance as its Hessian. The recursion, step by step in all coordinates, against powers of the companion matrix in each eigendirection; its
 * library routine; the same recursion written with a velocity, as programs do. The population loss against means over samples, and the size of the difference that is left out: Gaussian residuals make it $\sqrt{2/m}\,L$ in the root mean square.
 * **Tolerance.** Rounding of some ulps a step, more where a step amplifies. Sampled losses have a standard error.
 * **Could miss.** Losses that are not quadratic.
 * **Found.** Holds. It is the heavy ball of Polyak (1964). */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/numerics/heavy_ball.h>
#include <assay/numerics/linear.h>
#include <float.h>
#include <math.h>

enum { SIZE = 5 };

/* $y=\langle\theta^*,x\rangle+\epsilon$, $x\sim N(0,\Sigma)$ with $\Sigma$ of condition of some tens, $\theta^*=(1,\dots,1)$: $L=\frac12(\theta-\theta^*)^T\Sigma(\theta-\theta^*)+\frac12\sigma^2$. */
struct model {
    double Sigma[SIZE * SIZE], root[SIZE * SIZE], eigenvalue[SIZE], V[SIZE * SIZE], noise2;
};

static void model_new(struct claim *claim, struct model *model)
{
    struct stream stream = claim_stream(claim, 0, 0);
    double X[SIZE * 2 * SIZE];

    stream_normals(&stream, SIZE * 2 * SIZE, X);
    linear_gram(SIZE, 2 * SIZE, X, model->Sigma);
    for (int i = 0; i < SIZE * SIZE; i++) {
        model->Sigma[i] /= 2 * SIZE;
    }
    model->noise2 = 0.25;
    claim_need(claim, linear_cholesky(SIZE, model->Sigma, model->root));
    claim_need(claim, linear_symmetric_eigen(SIZE, model->Sigma, model->eigenvalue, model->V));
}

/* ## The recursion
 * Equation 1 as it stands, from rest at $\theta_0$; $d=\theta-\theta^*$. */
static void step(struct claim *claim, const struct model *model, double eta, double mu, double d[], double before[])
{
    double gradient[SIZE];

    linear_multiply(false, false, SIZE, 1, SIZE, 1, model->Sigma, d, 0, gradient);
    for (int i = 0; i < SIZE; i++) {
        double momentum = claim_fault(claim, "backwards") ? before[i] - d[i] : d[i] - before[i];
        double next = d[i] - eta * gradient[i] + mu * momentum;

        before[i] = d[i];
        d[i] = next;
    }
}

/* The same with a velocity: $v_{t+1}=\mu v_t-\eta\nabla L(\theta_t)$, $\theta_{t+1}=\theta_t+v_{t+1}$. */
static void step_with_velocity(const struct model *model, double eta, double mu, double d[], double v[])
{
    double gradient[SIZE];

    linear_multiply(false, false, SIZE, 1, SIZE, 1, model->Sigma, d, 0, gradient);
    for (int i = 0; i < SIZE; i++) {
        v[i] = mu * v[i] - eta * gradient[i];
        d[i] += v[i];
    }
}

/* $(d_{t+1},d_t)^T=M(d_t,d_{t-1})^T$ in one eigendirection, $M$ the companion matrix, by repeated squaring. */
static double by_power(double eta_lambda, double mu, long t, double start)
{
    double M[4] = {1 + mu - eta_lambda, -mu, 1, 0}, P[4] = {1, 0, 0, 1}, C[4];

    for (; t > 0; t /= 2) {
        if (t % 2 == 1) {
            linear_multiply(false, false, 2, 2, 2, 1, M, P, 0, C);
            P[0] = C[0], P[1] = C[1], P[2] = C[2], P[3] = C[3];
        }
        linear_multiply(false, false, 2, 2, 2, 1, M, M, 0, C);
        M[0] = C[0], M[1] = C[1], M[2] = C[2], M[3] = C[3];
    }
    return (P[0] + P[1]) * start;
}

/* Rounding: each step adds some ulps of the largest distance so far, which later steps amplify: a push grows to at most $1+\mu+\dots+\mu^t$ where its direction contracts. */
static struct value with_rounding(double x, double largest, double mu, long t)
{
    double amplified = fmin((double)(t + 1), 1 / (1 - mu));

    return measured(x, 40 * DBL_EPSILON * (double)(t + 1) * amplified * largest, ROUNDING);
}

static void recursion(struct claim *claim, const struct model *model, double eta, double mu)
{
    enum { STEPS = 120 };
    double d[SIZE], before[SIZE], w[SIZE], v[SIZE] = {0}, start[SIZE], coefficient[SIZE], largest = 0;

    for (int i = 0; i < SIZE; i++) {
        start[i] = d[i] = before[i] = w[i] = 1.0 / (1 + i);
    }
    linear_multiply(false, false, SIZE, 1, SIZE, 1, model->V, start, 0, coefficient);
    for (long t = 0; t <= STEPS; t++) {
        double square = 0, along[SIZE], routine[SIZE];

        linear_multiply(false, false, SIZE, 1, SIZE, 1, model->V, d, 0, along);
        claim_case(claim, "mu = %g, rate %.3g of the critical one, t = %ld", mu,
                   eta * model->eigenvalue[SIZE - 1] / (2 * (1 + mu)), t);
        for (int i = 0; i < SIZE; i++) {
            largest = fmax(largest, fmax(fabs(along[i]), fabs(start[i])));
            check_equal(claim, "companion matrix", with_rounding(along[i], 4 * largest, mu, t),
                        measured(by_power(eta * model->eigenvalue[i], mu, t, coefficient[i]), 0, ROUNDING));
            check_equal(claim, "velocity", with_rounding(d[i], 4 * largest, mu, t), measured(w[i], 0, ROUNDING));
            square += d[i] * d[i];
            routine[i] = start[i];
        }
        double grown = heavy_ball_run(SIZE, model->Sigma, mu, eta, t, routine);
        double norm = sqrt(square), expected = exp(grown) * linear_norm(SIZE, start);
        check_equal(claim, "routine", with_rounding(norm, 8 * largest, mu, t), rounded(expected, 4));
        if (t % 2 == 0 && mu == claim_real(claim, "mu")) {
            claim_row(claim, "distance", (double)t, norm, expected, NAN);
        }
        step(claim, model, eta, mu, d, before);
        step_with_velocity(model, eta, mu, w, v);
    }
}

/* ## Means over samples */
static double sample_loss(const struct model *model, struct stream *stream, size_t m)
{
    double sum = 0;

    for (size_t k = 0; k < m; k++) {
        double z[SIZE], x[SIZE], residual = sqrt(model->noise2) * stream_normal(stream);

        stream_normals(stream, SIZE, z);
        linear_multiply(false, false, SIZE, 1, SIZE, 1, model->root, z, 0, x);
        for (int i = 0; i < SIZE; i++) {
            residual -= x[i] / (1 + i); // d_i = 1 / (1 + i)
        }
        sum += residual * residual / 2;
    }
    return sum / (double)m;
}

static double population_loss(struct claim *claim, const struct model *model)
{
    double d[SIZE], Sd[SIZE];

    for (int i = 0; i < SIZE; i++) {
        d[i] = 1.0 / (1 + i);
    }
    linear_multiply(false, false, SIZE, 1, SIZE, 1, model->Sigma, d, 0, Sd);
    return linear_dot(SIZE, d, Sd) / (claim_fault(claim, "no_half") ? 1 : 2) + model->noise2 / 2;
}

static void samples(struct claim *claim, const struct model *model)
{
    enum { SIZES = 5, SETS = 2400 };
    double loss = population_loss(claim, model);

    for (int s = 0; s < SIZES; s++) {
        struct stream stream = claim_stream(claim, 1, (uint32_t)s);
        struct moments moments = moments_empty(), squares = moments_empty();
        size_t m = (size_t)8 << s;

        for (int k = 0; k < SETS; k++) {
            double mean = sample_loss(model, &stream, m);

            moments_add(&moments, mean);
            moments_add(&squares, (mean - loss) * (mean - loss));
        }
        double left_out = 2 * loss * loss / (double)(claim_fault(claim, "like_1_over_m") ? m * m : m);
        struct value square = moments_estimate(squares);
        claim_case(claim, "m = %zu", m);
        check_equal(claim, "samples", rounded(loss, 20), moments_estimate(moments));
        check_equal(claim, "left out", rounded(left_out, 40), square);
        claim_row(claim, "samples", (double)m, sqrt(left_out), sqrt(square.x),
                  value_standard(square) / 2 / sqrt(square.x));
    }
}

static void momentum(struct claim *claim)
{
    struct model model;
    double mu = claim_real(claim, "mu");

    claim_labels(claim, "series");
    claim_column(claim, "x", EXACT, "a grid");
    claim_column(claim, "claimed", RELATIVE(1e-9), "rounding of 120 steps");
    claim_column(claim, "y", RELATIVE(1e-9), "rounding of 120 steps; the same draws");
    claim_column(claim, "y_err", ((struct tolerance){TOLERANCE_RELATIVE, 1e-6, true}),
                 "a standard error of samples, NaN for steps");
    model_new(claim, &model);
    for (int i = 0; i < 3; i++) {
        double critical = 2 * (1 + (i == 0 ? mu : i == 1 ? 0 : 0.5)) / model.eigenvalue[SIZE - 1];

        recursion(claim, &model, claim_real(claim, "share") * critical, i == 0 ? mu : i == 1 ? 0 : 0.5);
    }
    samples(claim, &model);
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {real("mu", "momentum", 0.9, 0.01, 0.99),
                                         real("share", "the rate as a share of the critical one", 0.5, 0.01, 1)},
                          .faults = {{"backwards", "theta_{t-1} - theta_t in place of theta_t - theta_{t-1}",
                                      "companion* velocity routine"},
                                     {"no_half", "the loss without its half", "samples left*"},
                                     {"like_1_over_m", "the difference falls like 1/m", "left*"}},
                          .run = momentum,
                      }));
}
