/* # Equation (8): batch normalisation as an operator on a batch, and the covariance map it makes
 *
 * Yang et al. (2019), section 3.1, equation (8); appendix C, definitions C.2 and C.3. With $G=I-\frac1B\mathbf 1\mathbf 1^T$,
 *
 * $$\mathcal B_\phi(h)=\phi\Big(\frac{\sqrt B\,Gh}{\|Gh\|}\Big),\qquad\Sigma^l=V_{\mathcal B_\phi}(\Sigma^{l-1})
 * =\mathbb E[\mathcal B_\phi(h)\mathcal B_\phi(h)^T:h\sim N(0,\Sigma^{l-1})].$$
 *
 * **Checked.** The operator against subtracting the mean and dividing by the standard deviation, sample by sample. That it is blind to scale and shift, moves with permutations,
 * and that $\|\mathcal B_{\mathrm{id}}(h)\|^2=B$. That $V_{\mathcal B_\phi}(\Sigma)$ depends on $G\Sigma G$ only: at every $\Sigma=aI+b\mathbf 1\mathbf 1^T$ it
 * is what two integrals over a sphere give, and at a random $\Sigma$ and another with the same $G\Sigma G$ samples agree. The recurrence: networks of finite width against
 * the map applied to the map's own result.
 * **Tolerance.** Rounding; quadrature states its error; samples and networks have a standard error, networks a bias linear in $1/N$ that is measured by halving the width.
 * **Could miss.** Anything below a percent in the recurrence.
 * **Found.** Holds. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/activation.h>
#include <assay/network/batchnorm_network.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/sphere.h>
#include <float.h>
#include <math.h>

enum { LARGEST = 16 };

/* ## The operator, as printed and by mean and deviation */
static void batchnorm(struct claim *claim, const struct activation *phi, int B, const double h[], double out[])
{
    double G[LARGEST * LARGEST], norm;

    for (int i = 0; i < B * B; i++) {
        G[i] = (i / B == i % B) - 1.0 / B;
    }
    linear_multiply(false, false, B, 1, B, 1, G, h, 0, out);
    norm = linear_norm(B, out);
    for (int i = 0; i < B; i++) {
        out[i] = activation_value(phi, sqrt(claim_fault(claim, "unbiased") ? B - 1 : B) * out[i] / norm);
    }
}

static void by_mean_and_deviation(const struct activation *phi, int B, const double h[], double out[])
{
    double mean = 0, variance = 0;

    for (int i = 0; i < B; i++) {
        mean += h[i] / B;
    }
    for (int i = 0; i < B; i++) {
        variance += (h[i] - mean) * (h[i] - mean) / B;
    }
    for (int i = 0; i < B; i++) {
        out[i] = activation_value(phi, (h[i] - mean) / sqrt(variance));
    }
}

static struct value difference(int B, const double x[], const double y[], double error)
{
    double most = 0;

    for (int i = 0; i < B; i++) {
        most = fmax(most, fabs(x[i] - y[i]));
    }
    return measured(most, error, ROUNDING);
}

/* Each number is rounded by some ulp of the largest, relative to the batch's deviation; $\phi$ multiplies that by its slope. */
static void one_batch(struct claim *claim, const struct activation *phi, int B, uint32_t sample)
{
    struct stream stream = claim_stream(claim, 1, sample);
    struct activation id;
    double h[LARGEST], moved[LARGEST], plain[LARGEST], again[LARGEST], spread = 0, slope = 1;
    size_t order[LARGEST];

    claim_need(claim, activation_find("id", &id));
    stream_normals(&stream, (size_t)B, h);
    stream_permutation(&stream, (size_t)B, order);
    double scale = exp(3 * stream_normal(&stream)), shift = 10 * stream_normal(&stream);
    batchnorm(claim, &id, B, h, plain);
    claim_case(claim, "batch %u", sample);
    check_equal(claim, "norm", exact(B), rounded(linear_dot(B, plain, plain), 30.0 * B));
    for (int i = 0; i < B; i++) {
        spread = fmax(spread, fabs(plain[i]) / fmax(fabs(h[i]), 1e-3));
        slope = fmax(slope, fabs(activation_slope(phi, plain[i])));
        moved[i] = scale * h[order[i]] + (claim_fault(claim, "one_shifted") && i > 0 ? 0 : shift);
    }
    double error = 100 * DBL_EPSILON * slope * B * (1 + fabs(shift) / scale) * (1 + spread);
    batchnorm(claim, phi, B, h, plain);
    by_mean_and_deviation(phi, B, h, again);
    check_zero(claim, "definition", difference(B, plain, again, error), slope);
    by_mean_and_deviation(phi, B, moved, again);
    for (int i = 0; i < B; i++) {
        moved[i] = plain[order[i]];
    }
    check_zero(claim, "scale, shift, permutation", difference(B, moved, again, error), slope);
}

/* ## The covariance map, by samples
 * The neurons of one layer of a wide network are samples: the layer's second moments are the map's. */
struct source {
    struct batchnorm_network network;
    const double *S;
};

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct source *source = context;
    struct batchnorm_record record;
    enum status status = batchnorm_record_new(&record, &source->network);
    int B = source->network.batch;

    (void)sample;
    if (status == STATUS_OK) {
        status = batchnorm_network_forward(&source->network, source->S, *stream, &record);
    }
    for (int i = 0; i < B * B && status == STATUS_OK; i++) {
        out[i] = batchnorm_record_forward(&record, source->network.depth)[i];
    }
    batchnorm_record_free(&record);
    return status;
}

static struct moments *sampled(struct claim *claim, uint32_t stream, const struct activation *phi, int depth, int width,
                               size_t networks, int B, const double S[])
{
    struct source source = {{.depth = depth, .width = width, .batch = B, .batches = 1, .phi = *phi, .gamma = 1}, S};
    struct moments *moments = memory_new((size_t)(B * B), sizeof *moments);
    struct ensemble ensemble = claim_ensemble(claim, stream, networks, (size_t)(B * B), draw, &source);

    source.network.sampler = depth > 1 ? SAMPLER_DENSE : SAMPLER_CONDITIONED;
    claim_need(claim, ensemble_moments(&ensemble, moments));
    return moments;
}

static void random_covariance(struct claim *claim, int B, double S[])
{
    struct stream stream = claim_stream(claim, 2, 0);
    double *X = memory_doubles((size_t)(2 * B * B));

    stream_normals_scaled(&stream, 1 / sqrt(2 * B), (size_t)(2 * B * B), X);
    for (int i = 0; i < 2 * B * B; i++) {
        X[i] *= 1 + i / (2 * B); // samples of different size
    }
    linear_gram(B, 2 * B, X, S);
    memory_free(X);
}

/* $\Sigma+\mathbf 1a^T+a\mathbf 1^T$ with $a$ large enough to change every correlation, and $c\mathbf 1\mathbf 1^T$ that keeps it positive. */
static void same_centred(struct claim *claim, int B, const double S[], double other[])
{
    for (int i = 0; i < B; i++) {
        for (int j = 0; j < B; j++) {
            double shift = 0.3 * (i % 3 + j % 3) + 20;

            other[i * B + j] = S[i * B + j] + (claim_fault(claim, "not_centred") && i == j ? 2 : 0) + shift;
        }
    }
}

static void depends_on_centred(struct claim *claim, const struct activation *phi, int B, const double S[],
                               struct moments V[])
{
    size_t networks = (size_t)claim_integer(claim, "networks");
    double *other = memory_doubles((size_t)(B * B));

    same_centred(claim, B, S, other);
    struct moments *W = sampled(claim, 11, phi, 1, 20000, networks, B, other);
    for (int i = 0; i < B; i++) {
        double size = sqrt(V[i * B + i].mean * V[0].mean);

        claim_case(claim, "entries %d, 0 and %d, %d", i, i, i);
        check_zero(claim, "same centred covariance", value_sub(moments_estimate(V[i * B]), moments_estimate(W[i * B])),
                   size);
        check_zero(claim, "same centred covariance",
                   value_sub(moments_estimate(V[i * B + i]), moments_estimate(W[i * B + i])), size);
    }
    memory_free(other);
    memory_free(W);
}

/* At $aI+b\mathbf 1\mathbf 1^T$ a batch is a uniform direction, whatever $a>0$ and $b$. */
static void squares(double x, double y, double out[], void *context)
{
    out[0] = activation_value(context, x) * activation_value(context, x);
    out[1] = activation_value(context, x) * activation_value(context, y);
    out[2] = out[0] * out[0];
}

static void symmetric(struct claim *claim, struct activation *phi, int B)
{
    static const double variance[] = {1, 0.2}, common[] = {0, 5};
    double *S = memory_doubles((size_t)(B * B));
    struct value mean[3];
    const double *kink;
    int kinks = activation_kinks(phi, &kink);

    claim_need(claim, sphere_pair_means(B, 3, squares, phi, kinks, kink, mean));
    if (mean[2].x > 10 * mean[0].x * mean[0].x) {
        claim_refuse(claim,
                     "at B = %d a few large values decide about the moments of %s: networks of this width would not "
                     "resolve them",
                     B, phi->name);
    }
    for (uint32_t k = 0; k < 2; k++) {
        for (int i = 0; i < B * B; i++) {
            S[i] = (i / B == i % B ? variance[k] : 0) + common[k];
        }
        struct moments *V = sampled(claim, 12 + k, phi, 1, 20000, (size_t)claim_integer(claim, "networks"), B, S);
        claim_case(claim, "a = %g, b = %g", variance[k], common[k]);
        check_zero(claim, "sphere", value_sub(mean[0], moments_estimate(V[0])), V[0].mean);
        check_zero(claim, "sphere", value_sub(mean[1], moments_estimate(V[1])), V[0].mean);
        memory_free(V);
    }
    memory_free(S);
}

/* ## The recurrence
 * Two layers of dense networks against the map of the map. */
static void recurrence(struct claim *claim, const struct activation *phi, int B, const double S[],
                       const struct moments V[])
{
    size_t networks = (size_t)claim_integer(claim, "networks");
    int N = (int)claim_integer(claim, "N");
    double *between = memory_doubles((size_t)(B * B));

    for (int i = 0; i < B * B; i++) {
        between[i] = V[i].mean;
    }
    struct moments *twice = sampled(claim, 14, phi, 1, 20000, networks, B, between);
    struct moments *wide = sampled(claim, 15, phi, 2, N, 8 * networks, B, S),
                   *half = sampled(claim, 16, phi, 2, N / 2, 16 * networks, B, S);
    for (int i = 0; i < B; i++) {
        for (int j = 0; j <= i && j < 3; j++) {
            int e = i * B + j;
            struct value map = moments_mean(twice[e]);

            claim_case(claim, "entry %d, %d", i, j);
            check_zero(claim, "recurrence", value_sub(moments_estimate(twice[e]), moments_limit(wide[e], half[e])),
                       twice[0].mean);
            claim_row(claim, NULL, i, j, BOTH(map), BOTH(moments_mean(wide[e])));
        }
    }
    memory_free(between);
    memory_free(twice);
    memory_free(wide);
    memory_free(half);
}

static void batchnorm_operator(struct claim *claim)
{
    int B = (int)claim_integer(claim, "B");
    struct activation phi;
    double *S = memory_doubles((size_t)(B * B));

    if (activation_find(claim_text(claim, "phi"), &phi) != STATUS_OK) {
        claim_refuse(claim, "%s", status_reason());
    }
    claim_column(claim, "i", EXACT, "an index");
    claim_column(claim, "j", EXACT, "an index");
    claim_column(claim, "map", SIGMAS(0.1), "the same draws: only rounding differs");
    claim_column(claim, "map_err", RELATIVE(0.05), "a standard error");
    claim_column(claim, "network", SIGMAS(0.1), "the same draws: only rounding differs");
    claim_column(claim, "network_err", RELATIVE(0.05), "a standard error");
    for (uint32_t k = 0; k < 200; k++) {
        one_batch(claim, &phi, B, k);
    }
    random_covariance(claim, B, S);
    struct moments *V = sampled(claim, 10, &phi, 1, 20000, (size_t)claim_integer(claim, "networks"), B, S);
    depends_on_centred(claim, &phi, B, S, V);
    symmetric(claim, &phi, B);
    recurrence(claim, &phi, B, S, V);
    memory_free(V);
    memory_free(S);
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {text("phi", "activation", "relu"), integer("B", "batch size", 6, 3, LARGEST),
                                         integer_by_scale("N", "width of dense networks", 128, 256, 512, 128, 4096),
                                         integer_by_scale("networks", "networks drawn", 20, 40, 400, 16, 100000)},
                          .faults = {{"unbiased", "norm sqrt(B - 1)", "norm definition scale*"},
                                     {"one_shifted", "one sample shifted", "scale*"},
                                     {"not_centred", "a diagonal that differs", "same*"}},
                          .run = batchnorm_operator,
                      }));
}
