/* # Equations (20) and (21): several batches settle where each is by itself, and all pairs of samples across are alike
 *
 * Yang et al. (2019), section 3.2, equations 20 and 21; definitions H.1 and H.2. For $k$ batches at once, $h_1,\dots,h_k$ jointly Gaussian,
 *
 * $$\Sigma^l=\mathbb E\,\big(\mathcal B_\phi(h_1),\dots,\mathcal B_\phi(h_k)\big)^{\otimes2},\qquad(h_1,\dots,h_k)\sim N(0,\Sigma^{l-1}).$$
 *
 * The paper observes that for relu and the identity the global fixed point has the symmetric covariance of one batch in its diagonal blocks, and one number $c^*_{CB}$ in all others.
 *
 * **Checked.** The map, by Laplace's method in one and two variables, applied to random covariances of two and three batches until it stops moving: diagonal blocks against
 * theorem F.8, all other entries against $c^*_{CB}=(\mathbb E\,\phi(h_1))^2$ by an integral over the sphere. One step of the map against samples of the batches. For activations that are not homogeneous: wide networks with two batches.
 * **Tolerance.** The map states its error; what is left after the last step follows from that step and the slowest eigenvalue. Samples and networks have standard errors, networks a bias linear in
 * $1/N$, measured by halving the width.
 * **Could miss.** Another fixed point that random starts don't reach: "global" is what the paper observed, and what every start here does.
 * **Found.** Holds. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/meanfield/batchnorm_map.h>
#include <assay/network/batchnorm_network.h>
#include <assay/numerics/sphere.h>
#include <assay/random/wishart.h>
#include <math.h>

enum { LARGEST = 32 };

/* ## The fixed point as stated */

static struct value cross_covariance(struct claim *claim, const struct response *phi, int B)
{
    struct value mean = claim_value(claim, sphere_mean(B, &phi->value));

    return claim_fault(claim, "not_squared") ? mean : value_mul(mean, mean);
}

static void compare(struct claim *claim, int k, int B, const double V[], double error, const struct bsb1 *fixed,
                    struct value cross)
{
    int n = k * B;

    for (int i = 0; i < n; i++) {
        for (int j = 0; j <= i; j++) {
            struct value found = measured(V[i * n + j], error, QUADRATURE);

            if (i / B != j / B) {
                check_equal(claim, "across batches", cross, found);
            } else {
                check_equal(claim, i == j ? "diagonal" : "within a batch", i == j ? fixed->q : fixed->nu, found);
            }
        }
    }
}

/* ## The map, iterated */
static void iterate(struct claim *claim, const char *name, int k, int B)
{
    int n = k * B;
    size_t entries = (size_t)(n * n);
    double *S = memory_doubles(entries), *V = memory_doubles(entries), *error = memory_doubles(entries), step = 1,
           largest = 0;
    struct stream stream = claim_stream(claim, 1, (uint32_t)(100 * k + B));
    struct activation phi;
    struct homogeneous homogeneous;
    struct batchnorm_state state;

    claim_need(claim, activation_find(name, &phi));
    claim_need(claim, homogeneous_find(&phi, &homogeneous));
    claim_need(claim, batchnorm_state_closed(&homogeneous, claim_fault(claim, "one_sample_more") ? B + 1 : B, &state));
    double slowest = fmax(fmax(state.forward.L.x, state.cross.x), fabs(state.forward.M.x));
    wishart(&stream, n, 2 * n, S);
    for (int l = 0; l < 5 + (double)claim_integer(claim, "exponent") / -log(slowest) && step > 1e-14; l++) {
        claim_need(claim, batchnorm_map_batches_laplace(&homogeneous, k, B, S, V, error));
        step = largest = 0;
        for (size_t i = 0; i < entries; i++) {
            step = fmax(step, fabs(V[i] - S[i]));
            largest = fmax(largest, error[i]);
            S[i] = V[i];
        }
    }
    struct response response = response_of(&phi);
    claim_case(claim, "%s, k = %d, B = %d", name, k, B);
    compare(claim, k, B, S, (step + largest) / (1 - slowest), &state.fixed, cross_covariance(claim, &response, B));
    claim_row(claim, name, k, B, S[0], S[1], S[n - 1], state.cross_fixed.x);
    memory_free(S);
    memory_free(V);
    memory_free(error);
}

/* ## One step, by samples */
static void one_step(struct claim *claim, const char *name, int k, int B)
{
    int n = k * B;
    size_t entries = (size_t)(n * n);
    double *S = memory_doubles(entries), *V = memory_doubles(entries), *error = memory_doubles(entries),
           *drawn = memory_doubles(entries), *deviation = memory_doubles(entries);
    struct stream stream = claim_stream(claim, 2, 0);
    struct activation phi;
    struct homogeneous homogeneous;

    claim_need(claim, activation_find(name, &phi));
    claim_need(claim, homogeneous_find(&phi, &homogeneous));
    struct response response = response_of(&phi);
    wishart(&stream, n, 2 * n, S);
    claim_need(claim, batchnorm_map_batches_laplace(&homogeneous, k, B, S, V, error));
    claim_need(claim, batchnorm_map_batches_samples(&response, k, B, S, &stream, claim_integer(claim, "samples"), drawn,
                                                    deviation));
    claim_case(claim, "one step of %s, k = %d, B = %d", name, k, B);
    for (int i = 0; i < n * n; i++) {
        double claimed = claim_fault(claim, "blocks_apart") && i / n / B != i % n / B ? 0 : V[i];

        check_zero(claim, "one step, samples",
                   value_sub(measured(claimed, error[i], QUADRATURE), measured(drawn[i], deviation[i], SAMPLING)),
                   V[0]);
    }
    memory_free(S);
    memory_free(V);
    memory_free(error);
    memory_free(drawn);
    memory_free(deviation);
}

/* ## Networks with two batches
 * The mean of the entries of each kind in the last layer. */
static enum status draw_network(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct batchnorm_network *network = context;
    int B = network->batch, n = 2 * B;
    double S[4 * LARGEST * LARGEST];
    struct batchnorm_record record;
    struct moments kind[3] = {moments_empty(), moments_empty(), moments_empty()};
    enum status status = batchnorm_record_new(&record, network);

    (void)sample;
    wishart(stream, n, 2 * n, S);
    if (status == STATUS_OK) {
        status = batchnorm_network_forward(network, S, *stream, &record);
    }
    for (int i = 0; status == STATUS_OK && i < n * n; i++) {
        int row = i / n, column = i % n;

        moments_add(&kind[row / B != column / B ? 2 : row != column],
                    batchnorm_record_forward(&record, network->depth)[i]);
    }
    for (int i = 0; i < 3; i++) {
        out[i] = kind[i].mean;
    }
    batchnorm_record_free(&record);
    return status;
}

static void networks(struct claim *claim, const char *name, int B, uint32_t stream)
{
    static const char *const kind[3] = {"networks, diagonal", "networks, within a batch", "networks, across batches"};
    size_t count = (size_t)claim_integer(claim, "networks");
    struct batchnorm_network network;
    struct activation phi;
    struct moments wide[3], half[3];

    claim_need(claim, activation_find(name, &phi));
    claim_need(claim, batchnorm_network_of(name, 40, (int)claim_integer(claim, "N"), B, &network));
    network.batches = 2;
    struct ensemble ensemble = claim_ensemble(claim, stream, count, 3, draw_network, &network);
    claim_need(claim, ensemble_moments(&ensemble, wide));
    network.width /= 2;
    ensemble = claim_ensemble(claim, stream + 1, count, 3, draw_network, &network);
    claim_need(claim, ensemble_moments(&ensemble, half));
    struct bsb1 fixed = batchnorm_fixed_point(&phi, B);
    struct response response = response_of(&phi);
    struct value claimed[3] = {fixed.q, fixed.nu, cross_covariance(claim, &response, B)};
    claim_case(claim, "%s, B = %d", name, B);
    for (int i = 0; i < 3; i++) {
        check_zero(claim, kind[i], value_sub(claimed[i], moments_limit(wide[i], half[i])), claimed[0].x);
    }
}

static void fixed_point(struct claim *claim)
{
    const char *phi = claim_text(claim, "phi");
    int B = (int)claim_integer(claim, "B");
    struct activation one_more;

    claim_need(claim, activation_find(phi, &one_more));
    if (!(activation_homogeneity(&one_more) > 0) || !(batchnorm_forward_L(&one_more, B).x < 0.97)) {
        claim_refuse(claim, "phi = %s, B = %d: the map takes homogeneous phi, and settles where lambda_L < 0.97", phi,
                     B);
    }
    claim_labels(claim, "phi");
    claim_column(claim, "k", EXACT, "a setting");
    claim_column(claim, "B", EXACT, "a setting");
    claim_column(claim, "diagonal", RELATIVE(1e-9), "an iterated map");
    claim_column(claim, "within", RELATIVE(1e-9), "an iterated map");
    claim_column(claim, "across", ABSOLUTE(1e-9), "an iterated map; 0 for odd activations");
    claim_column(claim, "across_closed", ABSOLUTE(1e-12), "a closed form");
    iterate(claim, "relu", 2, 4);
    iterate(claim, "relu", 3, 4);
    iterate(claim, "id", 2, 4);
    iterate(claim, phi, 2, B);
    one_step(claim, "relu", 2, 5);
    networks(claim, "tanh", 8, 10);
    networks(claim, "sigmoid", 8, 12);
    networks(claim, "gelu", 8, 14);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters =
                {text("phi", "one more homogeneous activation", "lrelu:0.3"), integer("B", "its batch size", 4, 4, 10),
                 integer_by_scale("exponent", "the map is applied until e to minus this is left", 8, 18, 30, 5, 40),
                 integer_by_scale("samples", "batches drawn for one step", 40000, 400000, 4000000, 1000, 100000000),
                 integer_by_scale("N", "width of the networks; half as wide ones measure the bias", 256, 1000, 4000, 64,
                                  1000000),
                 integer_by_scale("networks", "how many of each width", 16, 32, 200, 8, 100000)},
            .faults = {{"one_sample_more", "the fixed point of a batch of one sample more", "within*"},
                       {"not_squared", "the mean activation in place of its square", "across* networks,?across*"},
                       {"blocks_apart", "batches that know nothing of each other", "one*"}},
            .run = fixed_point,
        }));
}
