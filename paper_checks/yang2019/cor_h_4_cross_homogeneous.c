/* # Corollary H.4: the covariance between batches in closed form, for homogeneous activations
 *
 * Yang et al. (2019), appendix H.1, corollary H.4. For $\phi(x)=a\rho_\alpha(x)-b\rho_\alpha(-x)$, $\rho_\alpha=\mathrm{relu}^\alpha$, the fixed point between batches of $B$ is
 *
 * $$\sqrt{c^*}=(a-b)\,\frac1{2\sqrt\pi}\,(B-1)^{\alpha/2}\,\frac{\Gamma(\frac{B-1}2)\,\Gamma(\frac{\alpha+1}2)}{\Gamma(\frac{\alpha+B-1}2)}.$$
 *
 * **Checked.** Against the mean of $\phi$ over the sphere by adaptive quadrature, at all batch sizes; against Laplace's method in two variables for two batches with $\Sigma=I$; against samples of
 * $h$. Homogeneous activations of the table and random $\alpha,a,b$. The limit of large $B$, $(a-b)\,\mathrm E\rho_\alpha(Z)$, and $c^*=\frac14$ for relu$^2$ at every $B$.
 * **Tolerance.** Quadrature states its error; the closed form is good to some roundings of $\ln\Gamma$, which grow with $B$; the limit is off by $\alpha^2/B$.
 * **Could miss.** Nothing.
 * **Found.** Holds as printed, with the sign of $a-b$ on the left. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm_map.h>
#include <assay/numerics/sphere.h>
#include <float.h>
#include <math.h>
#include <stdio.h>

/* ## As printed */
static struct value root_of_c(struct claim *claim, const struct homogeneous *h, int B)
{
    double n = 0.5 * (claim_fault(claim, "degrees") ? B : B - 1), half = 0.5 * (h->alpha + 1);
    double log_ratio = lgamma(n) + lgamma(half) - lgamma(n + 0.5 * h->alpha);
    double factor = claim_fault(claim, "sum") ? h->a + h->b : h->a - h->b;
    double x = factor * 0.5 / sqrt(M_PI) * exp(0.5 * h->alpha * log(B - 1) + log_ratio);
    double roundings = 8 + 4 * (fabs(lgamma(n)) + fabs(lgamma(half)) + h->alpha * log(B));

    return measured(x, roundings * DBL_EPSILON * fabs(x), ROUNDING);
}

/* ## Witnesses */
static double size_of(const struct homogeneous *h)
{
    return fabs(h->a) + fabs(h->b);
}

static void over_sphere(struct claim *claim, const struct homogeneous *h, int B)
{
    struct piecewise phi = homogeneous_piecewise(h);

    check_zero(claim, "sphere", value_sub(root_of_c(claim, h, B), claim_value(claim, sphere_mean(B, &phi))),
               size_of(h));
}

static void by_laplace(struct claim *claim, const struct homogeneous *h, int B)
{
    int n = 2 * B;
    double *S = memory_doubles((size_t)(n * n + 2 * B * B)), *V = S + n * n, *error = V + B * B;
    struct value root = root_of_c(claim, h, B);

    for (int i = 0; i < n; i++) {
        S[i * (n + 1)] = 1;
    }
    claim_need(claim, batchnorm_map_cross_laplace(h, B, S, V, error));
    check_zero(claim, "Laplace", value_sub(value_mul(root, root), measured(V[1], error[1], QUADRATURE)),
               size_of(h) * size_of(h));
    memory_free(S);
}

struct batch {
    int B;
    const struct homogeneous *h;
};

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct batch *b = context;
    double *z = memory_doubles((size_t)b->B), mean = 0, square = 0;

    (void)sample;
    stream_normals(stream, (size_t)b->B, z);
    for (int i = 0; i < b->B; i++) {
        mean += z[i] / b->B;
    }
    for (int i = 0; i < b->B; i++) {
        square += (z[i] - mean) * (z[i] - mean);
    }
    *out = homogeneous_value(b->h, sqrt(b->B / square) * (z[0] - mean));
    memory_free(z);
    return STATUS_OK;
}

static void by_samples(struct claim *claim, const char *name, int B)
{
    struct activation phi;
    struct homogeneous h;
    struct moments mean;

    claim_need(claim, activation_find(name, &phi));
    claim_need(claim, homogeneous_find(&phi, &h));
    struct ensemble ensemble =
        claim_ensemble(claim, 0, (size_t)claim_integer(claim, "samples"), 1, draw, &(struct batch){B, &h});
    claim_need(claim, ensemble_moments(&ensemble, &mean));
    claim_case(claim, "%s, B = %d", name, B);
    check_zero(claim, "samples", value_sub(root_of_c(claim, &h, B), moments_estimate(mean)), size_of(&h));
}

/* ## Everything about one activation */
static void activation(struct claim *claim, const char *name, const struct homogeneous *h)
{
    static const int sizes[] = {3, 4, 5, 6, 7, 8, 10, 16, 33, 100, 1000, 10000};
    double limit = (h->a - h->b) * exp(0.5 * h->alpha * M_LN2 + lgamma(0.5 * (h->alpha + 1))) / (2 * sqrt(M_PI));

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct value root = root_of_c(claim, h, sizes[i]);

        claim_case(claim, "%s, B = %d", name, sizes[i]);
        over_sphere(claim, h, sizes[i]);
        if (sizes[i] == 4 || (sizes[i] <= 6 && h->alpha == floor(h->alpha))) {
            by_laplace(claim, h, sizes[i]);
        }
        if (h->alpha == 2 && h->b == 0) {
            check_equal(claim, "a quarter", exact(0.25 * h->a * h->a), value_mul(root, root));
        }
        if (sizes[i] == 10000) {
            double off = fabs(limit) * h->alpha * (h->alpha + 2) / sizes[i];

            check_zero(claim, "limit", value_with(value_sub(root, exact(limit)), off, FINITE_SIZE), size_of(h));
        }
        claim_row(claim, name, sizes[i], root.x, limit);
    }
}

static void named(struct claim *claim, const char *name)
{
    struct activation phi;
    struct homogeneous h;

    claim_need(claim, activation_find(name, &phi));
    claim_need(claim, homogeneous_find(&phi, &h));
    activation(claim, name, &h);
}

static void closed_form(struct claim *claim)
{
    static const char *const names[] = {"relu", "lrelu:0.3", "abs", "id", "relu^2", "relu^0.5", "x^4"};
    const char *phi = claim_text(claim, "phi");

    claim_labels(claim, "phi");
    claim_column(claim, "B", EXACT, "a grid");
    claim_column(claim, "root", ABSOLUTE(1e-10), "a closed form with ln Gamma");
    claim_column(claim, "limit", ABSOLUTE(1e-12), "a closed form");
    named(claim, phi);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        named(claim, names[i]);
    }
    for (uint32_t number = 0; number < 4; number++) {
        struct stream stream = claim_stream(claim, 1, number);
        struct homogeneous h = {4 * stream_uniform(&stream), stream_normal(&stream), stream_normal(&stream)};
        char label[32];

        snprintf(label, sizeof label, "random %u", number);
        activation(claim, label, &h);
    }
    by_samples(claim, phi, (int)claim_integer(claim, "B"));
    by_samples(claim, "relu", 8);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "a homogeneous activation", "relu^1.5"),
                           integer("B", "batch size of the samples", 16, 3, 1000),
                           integer_by_scale("samples", "samples of a batch", 10000, 100000, 10000000, 1000,
                                            1000000000)},
            .faults = {{"degrees", "B in place of B-1 in the Gamma functions", "sphere Laplace samples a?quarter"},
                       {"sum", "a + b in place of a - b", "sphere Laplace limit"}},
            .run = closed_form,
        }));
}
