/* # Theorem 3.2: for homogeneous activations a layer with batch normalisation is one integral
 *
 * Yang et al. (2019), section 3.1, theorem 3.2. For $\phi$ of degree $\alpha$ and any covariance $\Sigma$ of a batch of $B$ samples, with $\Sigma^G=G\Sigma G$,
 *
 * $$V_{B_\phi}(\Sigma)=\frac{B^\alpha}{\Gamma(\alpha)}\int_0^\infty\frac{ds}s\,s^\alpha\,\frac{V_\phi\big(\Sigma^G(I+2s\Sigma^G)^{-1}\big)}{\sqrt{\det(I+2s\Sigma^G)}},$$
 *
 * where $V_\phi$ knows only pairs of Gaussians. The left side is $\mathrm E\,\phi(h)\phi(h)^T$, $h=\sqrt BGz/\|Gz\|$, a mean over $B$ dimensions.
 *
 * **Checked.** The right side, the integral taken as it stands, entry by entry against the integral over the sphere of directions (theorem 3.3,
 * $B=4$ and 5), against samples of $h$, against the sphere's one- and two-angle means at $\Sigma=I$, and, with degree 1, against the exact trace
 * $\frac12(a^2+b^2)B$. Random covariances of full and of low rank, variances from 1 to $10^{-6}$, and a family in which one sample's variance leaves the others'.
 * **Tolerance.** The integral is a trapezoidal sum in $\ln s$, its error what halving the step changed; the sphere states its error; samples have a standard error.
 * **Could miss.** In samples a difference below a percent; with $B\le5$ nothing above $10^{-10}$.
 * **Found.** Holds as printed, at every rank from 1. */
#include <assay/base/memory.h>
#include <assay/evidence/entries.h>
#include <assay/meanfield/batchnorm_map.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/sphere.h>
#include <assay/numerics/ultrasymmetric.h>
#include <assay/random/wishart.h>
#include <math.h>

/* ## As printed
 * In the eigenvectors $q_j$ of $\Sigma^G$, those with eigenvalue 0 left out: $\Pi=\Sigma^G(I+2s\Sigma^G)^{-1}$ has the eigenvalues $\lambda_j/(1+2s\lambda_j)$. */
struct frame {
    int B, rank;
    double *lambda, *q, *Pi, *V; // B; B x B, by rows; B x B twice
};

static struct frame frame_of(struct claim *claim, int B, const double S[])
{
    size_t n = (size_t)(B * B);
    struct frame f = {B, 0, memory_doubles((size_t)B), memory_doubles(n), memory_doubles(n), memory_doubles(n)};

    centre_both(B, S, f.Pi);
    claim_need(claim, linear_symmetric_eigen(B, f.Pi, f.lambda, f.q));
    for (int j = 0; j < B; j++) {
        f.lambda[j] = f.lambda[j] > 1e-13 * f.lambda[B - 1] ? f.lambda[j] : 0;
        f.rank += f.lambda[j] > 0;
    }
    return f;
}

static void frame_free(struct frame *f)
{
    memory_free(f->lambda);
    memory_free(f->q);
    memory_free(f->Pi);
    memory_free(f->V);
}

/* Adds the integrand at $s$, times weight. */
static void add(struct claim *claim, const struct homogeneous *phi, struct frame *f, double s, double weight,
                double sum[])
{
    int B = f->B;
    double tilt = claim_fault(claim, "one_s") ? s : 2 * s, log_factor = phi->alpha * log(B * s) - lgamma(phi->alpha);

    for (int i = 0; i < B * B; i++) {
        f->Pi[i] = 0;
    }
    for (int j = B - f->rank; j < B; j++) {
        const double *q = f->q + j * B;

        log_factor -= (claim_fault(claim, "whole_determinant") ? 1 : 0.5) * log1p(2 * s * f->lambda[j]);
        for (int i = 0; i < B; i++) {
            linear_axpy(B, f->lambda[j] / (1 + tilt * f->lambda[j]) * q[i], q, f->Pi + i * B);
        }
    }
    claim_need(claim, homogeneous_moments(phi, B, f->Pi, f->V));
    linear_axpy(B * B, weight * exp(log_factor), f->V, sum);
}

/* Trapezoidal in $\ln s$, from where $s^\alpha$ to where $s^{-C/2}$ have fallen to $10^{-16}$, $C$ the rank. */
static void integrate_over_s(struct claim *claim, const struct homogeneous *phi, struct frame *f, double step,
                             double sum[])
{
    double largest = f->lambda[f->B - 1], least = f->lambda[f->B - f->rank], span = phi->alpha * log(largest / least);
    double from = -log(2 * largest) - 38 / phi->alpha, to = -log(2 * least) + 2 * (38 + span) / f->rank;

    for (double u = from; u < to; u += step) {
        add(claim, phi, f, exp(u), step, sum);
    }
}

static void printed(struct claim *claim, const struct homogeneous *phi, int B, const double S[], double V[],
                    double error[])
{
    struct frame f = frame_of(claim, B, S);
    double *coarse = memory_doubles((size_t)(B * B));
    double rounding = (1 + phi->alpha) * (2e-14 * B + 1e-15 * f.lambda[B - 1] / f.lambda[B - f.rank]);

    for (int i = 0; i < B * B; i++) {
        V[i] = 0;
    }
    integrate_over_s(claim, phi, &f, 0.4, coarse);
    integrate_over_s(claim, phi, &f, 0.2, V);
    for (int i = 0; i < B * B; i++) {
        error[i] = fabs(V[i] - coarse[i]) + rounding * sqrt(V[i / B * (B + 1)] * V[i % B * (B + 1)]);
    }
    memory_free(coarse);
    frame_free(&f);
}

/* ## One covariance, every witness that takes it
 * Samples are asked four entries: with all of them, some of many thousand would be off by four standard errors. Above degree 2 rare
 * samples carry the mean, and standard errors lie. */
static void against_samples(struct claim *claim, const struct homogeneous *h, int B, const double V[],
                            const double error[], const double W[], const double other[])
{
    const int entry[] = {0, 1, B * B - 2, B * B - 1};

    for (int k = 0; k < 4 && h->alpha <= 2; k++) {
        check_equal(claim, "samples", measured(V[entry[k]], error[entry[k]], QUADRATURE),
                    measured(W[entry[k]], other[entry[k]], SAMPLING));
    }
}

static void check_trace(struct claim *claim, const struct homogeneous *h, int B, const double V[], const double error[])
{
    double trace = 0, bound = 0;

    for (int i = 0; i < B; i++) {
        trace += V[i * (B + 1)];
        bound += error[i * (B + 1)];
    }
    if (h->alpha == 1) {
        check_equal(claim, "trace", measured(trace, bound, QUADRATURE),
                    rounded(0.5 * B * (h->a * h->a + h->b * h->b), 4));
    }
}

static void compare(struct claim *claim, const char *name, int B, const double S[], long samples)
{
    size_t n = (size_t)(B * B);
    double *V = memory_doubles(4 * n), *error = V + n, *W = V + 2 * n, *other = V + 3 * n;
    struct stream stream = claim_stream(claim, 1, (uint32_t)(1000 * S[0]));
    struct activation phi;
    struct homogeneous h;

    claim_need(claim, activation_find(name, &phi));
    claim_need(claim, homogeneous_find(&phi, &h));
    struct response response = response_of(&phi);
    printed(claim, &h, B, S, V, error);
    check_trace(claim, &h, B, V, error);
    if (samples > 0) {
        claim_need(claim, batchnorm_map_samples(&response, B, S, &stream, samples, W, other));
        against_samples(claim, &h, B, V, error, W, other);
    } else if (batchnorm_map_sphere(&response, B, S, W, other) == STATUS_OK) {
        check_entries(claim, "sphere", n, (struct entries){V, error, QUADRATURE},
                      (struct entries){W, other, QUADRATURE});
    }
    memory_free(V);
}

static void random_covariances(struct claim *claim, const char *name, int B, long samples)
{
    double *S = memory_doubles((size_t)(B * B));

    for (int degrees = samples > 0 ? 1 : B; degrees <= (samples > 0 ? 4 : 2) * B; degrees *= 2) {
        struct stream stream = claim_stream(claim, 0, (uint32_t)degrees);

        wishart(&stream, B, degrees, S);
        claim_case(claim, "%s, B = %d, random of rank %d", name, B, degrees < B ? degrees : B);
        compare(claim, name, B, S, samples);
    }
    for (int i = 0; i < B * B; i++) {
        S[i] = i % (B + 1) == 0 ? pow(samples > 0 ? 1e-6 : 1e-2, i / (B + 1) / (B - 1.0)) : 0;
    }
    claim_case(claim, "%s, B = %d, variances from 1 to %g", name, B, S[B * B - 1]);
    compare(claim, name, B, S, samples);
    memory_free(S);
}

/* ## At $\Sigma=I$
 * The direction is uniform: one and two angles. */
static void at_identity(struct claim *claim, const char *name, int B)
{
    size_t n = (size_t)(B * B);
    double *S = memory_doubles(3 * n), *V = S + n, *error = S + 2 * n;
    struct activation phi;
    struct homogeneous h;

    for (int i = 0; i < B; i++) {
        S[i * (B + 1)] = 1;
    }
    claim_need(claim, activation_find(name, &phi));
    claim_need(claim, homogeneous_find(&phi, &h));
    struct piecewise f = activation_piecewise(&phi);
    printed(claim, &h, B, S, V, error);
    claim_case(claim, "%s, B = %d, identity", name, B);
    check_equal(claim, "two angles", measured(V[1], error[1], QUADRATURE),
                claim_value(claim, sphere_product(B, &f, &f)));
    memory_free(S);
}

/* ## One sample whose variance leaves the others': $\Sigma=\mathrm{diag}(t^2,1,\dots,1)$ */
static void tabulate(struct claim *claim, const char *name, int B, long samples)
{
    size_t n = (size_t)(B * B);
    double *S = memory_doubles(5 * n), *V = S + n, *error = S + 2 * n, *W = S + 3 * n, *other = S + 4 * n;
    struct activation phi;
    struct homogeneous h;

    claim_need(claim, activation_find(name, &phi));
    claim_need(claim, homogeneous_find(&phi, &h));
    struct response response = response_of(&phi);
    for (int k = -10; k <= 10; k++) {
        double t = pow(10, k / 5.0);
        struct stream stream = claim_stream(claim, 2, (uint32_t)(k + 10));

        for (int i = 0; i < B; i++) {
            S[i * (B + 1)] = i == 0 ? t * t : 1;
        }
        printed(claim, &h, B, S, V, error);
        claim_need(claim, batchnorm_map_samples(&response, B, S, &stream, samples, W, other));
        claim_case(claim, "%s, B = %d, t = %.3g", name, B, t);
        if (k % 5 == 0) {
            against_samples(claim, &h, B, V, error, W, other);
        }
        claim_row(claim, NULL, t, V[0], V[1], V[n - 1], V[n - 2], W[0], other[0], W[1], other[1], W[n - 1],
                  other[n - 1], W[n - 2], other[n - 2]);
    }
    memory_free(S);
}

static void laplace_form(struct claim *claim)
{
    static const char *const names[] = {"id", "relu", "lrelu:0.3", "abs", "relu^2", "relu^1.5", "x^3"};
    static const char *const columns[] = {"own", "cross", "other", "others"};
    const char *name = claim_text(claim, "phi");
    int B = (int)claim_integer(claim, "B");
    long samples = claim_integer(claim, "samples");

    claim_column(claim, "t", RELATIVE(1e-14), "a grid");
    for (int i = 0; i < 4; i++) {
        claim_column(claim, columns[i], RELATIVE(1e-10), "an integral; may be small next to the diagonal");
    }
    for (int i = 0; i < 4; i++) {
        char column[32];

        snprintf(column, sizeof column, "%s_sampled", columns[i]);
        claim_column(claim, column, SIGMAS(0.1), "the same draws everywhere, through other roundings");
        snprintf(column, sizeof column, "%s_sampled_err", columns[i]);
        claim_column(claim, column, RELATIVE(0.01), "a standard error");
    }
    random_covariances(claim, name, B, samples);
    random_covariances(claim, name, 4, 0);
    random_covariances(claim, name, 5, 0);
    tabulate(claim, name, B, samples);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        random_covariances(claim, names[i], 4 + (int)i % 2, 0);
    }
    for (int b = 4; b <= 10; b++) {
        at_identity(claim, name, b);
    }
    at_identity(claim, "relu", 33);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "a homogeneous activation", "relu"), integer("B", "batch size", 6, 3, 60),
                           integer_by_scale("samples", "samples of each batch", 5000, 50000, 5000000, 1000, 100000000)},
            .faults = {{"one_s", "I + s Sigma in the tilted covariance", "sphere samples trace two*"},
                       {"whole_determinant", "the determinant without its square root", "sphere samples trace two*"}},
            .run = laplace_form,
        }));
}
