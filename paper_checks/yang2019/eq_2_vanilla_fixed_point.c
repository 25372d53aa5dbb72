/* # Equation (2): covariances of a network without normalisation settle where two samples say
 *
 * Yang et al. (2019), section 3, equations (1) and (2). In a wide fully connected network the covariance of a batch's pre-activations follows
 *
 * $$\Sigma^l=\sigma_w^2V_\phi(\Sigma^{l-1})+\sigma_b^2\mathbf 1\mathbf 1^T,$$
 *
 * and for most $\phi$ goes to $\Sigma^*=q^*[(1-c^*)I+c^*\mathbf 1\mathbf 1^T]$ (BSB1), whose two numbers come from the problem of two samples.
 *
 * **Checked.** The map of a whole batch, iterated from a random covariance, against $q^*$ and $c^*$: $q^*$ as a fixed point of one variance, $c^*$ as the root
 * of one correlation's equation by bracketing, 1 where that attracts. Networks of equation (1), their weights drawn, layer by layer against the map.
 * **Tolerance.** The iteration stops at a change whose geometric tail is its error. Networks have a standard error, and a bias linear in $1/N$ that is measured by
 * halving the width.
 * **Could miss.** Starting points that end elsewhere.
 * **Found.** Holds. Where two equal samples drift apart ($\chi=\sigma_w^2\mathbb E\phi'(\sqrt{q^*}x)^2>1$) $c^*<1$; elsewhere $c^*=1$, and the
 * two-sample problem still names the limit. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/response.h>
#include <assay/network/vanilla_network.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/roots.h>
#include <math.h>

enum { LARGEST = 8, STEPS = 300 };

struct layer {
    struct activation phi;
    double weight2, bias2; // sigma_w^2, sigma_b^2
    double q;              // where one variance stands
};

/* ## Two samples
 * $q\mapsto\sigma_w^2\mathbb E\phi(\sqrt qx)^2+\sigma_b^2$, and $\Sigma_{ij}$ as a function of $\Sigma_{ii},\Sigma_{jj}$ and their correlation. */
static double moment(const struct layer *layer, double p, double q, double c)
{
    struct affine_activation x = {layer->phi, sqrt(p), 0, {0}}, y = {layer->phi, sqrt(q), 0, {0}};
    struct response f = response_affine(&x), g = response_affine(&y);

    return layer->weight2 * gaussian_product(&f.value, &g.value, c).x + layer->bias2;
}

static double excess(double c, void *context)
{
    const struct layer *layer = context;

    return moment(layer, layer->q, layer->q, c) - layer->q * c;
}

/* How fast two nearly equal samples drift apart, times $q^*$. */
static double drift(const struct layer *layer)
{
    struct affine_activation x = {layer->phi, sqrt(layer->q), 0, {0}};
    struct response f = response_affine(&x);

    return layer->weight2 * gaussian_product(&f.slope, &f.slope, 1).x / layer->q;
}

/* The fixed point: $q^*$ by iteration, $c^*$ by bracketing away from the root at 1, which attracts where samples do not drift apart. */
static double two_samples(struct claim *claim, struct layer *layer)
{
    double before = 0, chi;

    layer->q = 1;
    for (int i = 0; i < 2000 && fabs(layer->q - before) > 1e-14 * layer->q; i++) {
        before = layer->q;
        layer->q = moment(layer, before, before, 1);
    }
    chi = drift(layer);
    if (!(fabs(layer->q - before) <= 1e-12 * before) || fabs(chi - 1) < 0.02) {
        claim_refuse(claim,
                     "the variance reaches no fixed point, or chi = %.4g is so near 1 that convergence takes too long",
                     chi);
    }
    if (chi < 1) {
        return 1;
    }
    return claim_value(claim, root_bracketed(excess, layer, -0.5, 1 - 1e-3 * (chi - 1))).x;
}

/* ## A batch */
static void map_once(const struct layer *layer, int B, const double S[], double next[])
{
    for (int i = 0; i < B; i++) {
        for (int j = 0; j <= i; j++) {
            double p = S[i * B + i], q = S[j * B + j], c = i == j ? 1 : fmin(1, fmax(-1, S[i * B + j] / sqrt(p * q)));

            next[i * B + j] = next[j * B + i] = moment(layer, p, q, c);
        }
    }
}

static double change_of(int B, const double S[], const double T[])
{
    double change = 0;

    for (int i = 0; i < B * B; i++) {
        change = fmax(change, fabs(S[i] - T[i]));
    }
    return change;
}

/* All layers' covariances, until the change is below 1e-11; returns their number. */
static int iterate(struct claim *claim, const struct layer *layer, int B, double S[], double *error)
{
    double last = INFINITY;

    for (int l = 1; l < STEPS; l++) {
        double *now = S + (ptrdiff_t)l * B * B;

        map_once(layer, B, now - B * B, now);
        double change = change_of(B, now - B * B, now), ratio = fmin(change / last, 0.99);
        last = change;
        if (change < 1e-11 * layer->q && l > 12) {
            *error = change * ratio / (1 - ratio) + 1e-12 * layer->q;
            return l;
        }
    }
    claim_refuse(claim, "the covariance does not settle in %d layers", STEPS);
}

static void start(struct claim *claim, int B, double S[])
{
    struct stream stream = claim_stream(claim, 0, 0);
    double X[LARGEST * LARGEST * 2];

    stream_normals_scaled(&stream, 1 / sqrt(2 * B), (size_t)(2 * B * B), X);
    linear_gram(B, 2 * B, X, S);
}

/* ## Networks */
struct experiment {
    struct vanilla_network network;
    const double *S;
};

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct experiment *e = context;
    struct vanilla_record record;
    enum status status = vanilla_record_new(&record, &e->network);
    int B = e->network.samples;

    (void)sample;
    if (status == STATUS_OK) {
        status = vanilla_pass(&e->network, e->S, NULL, *stream, &record);
    }
    for (int l = 1; l <= e->network.depth && status == STATUS_OK; l++) {
        linear_multiply(false, true, B, B, e->network.width, 1.0 / e->network.width, record.h[l], record.h[l], 0,
                        out + (ptrdiff_t)(l - 1) * B * B);
    }
    vanilla_record_free(&record);
    return status;
}

static struct moments *networks(struct claim *claim, uint32_t stream, const struct experiment *e, size_t count)
{
    size_t outputs = (size_t)(e->network.depth * e->network.samples * e->network.samples);
    struct moments *moments = memory_new(outputs, sizeof *moments);
    struct ensemble ensemble = claim_ensemble(claim, stream, count, outputs, draw, e);

    claim_need(claim, ensemble_moments(&ensemble, moments));
    return moments;
}

static void against_networks(struct claim *claim, const struct layer *layer, int B, const double S[], int depth)
{
    int N = (int)claim_integer(claim, "N");
    struct vanilla_network network = {depth, N, B, layer->phi, sqrt(layer->weight2), sqrt(layer->bias2)};
    struct experiment wide = {network, S}, half = {network, S};
    size_t count = (size_t)claim_integer(claim, "networks");

    half.network.width = N / 2;
    struct moments *at = networks(claim, 1, &wide, count), *halved = networks(claim, 2, &half, 2 * count);
    for (int e = 0; e < 2; e++) {
        for (int l = 1; l <= depth; l++) {
            int entry = (l - 1) * B * B + e;
            double claimed = S[entry];

            claim_case(claim, "layer %d, entry 0, %d", l, e);
            check_zero(claim, "networks", value_sub(exact(claimed), moments_limit(at[entry], halved[entry])), layer->q);
            claim_row(claim, e == 0 ? "variance" : "covariance", l, claimed, BOTH(moments_mean(at[entry])));
        }
    }
    memory_free(at);
    memory_free(halved);
}

static void vanilla(struct claim *claim)
{
    int B = (int)claim_integer(claim, "B");
    struct layer layer = {.weight2 = claim_real(claim, "weight_variance"), .bias2 = claim_real(claim, "bias_variance")};
    double *S = memory_doubles((size_t)(STEPS * B * B)), error;

    claim_labels(claim, "entry");
    claim_column(claim, "layer", EXACT, "an index");
    claim_column(claim, "map", RELATIVE(1e-9), "iterated quadrature");
    claim_column(claim, "network", SIGMAS(0.1), "the same draws: only rounding differs");
    claim_column(claim, "network_err", RELATIVE(0.05), "a standard error");
    if (activation_find(claim_text(claim, "phi"), &layer.phi) != STATUS_OK) {
        claim_refuse(claim, "%s", status_reason());
    }
    if (fmax(fabs(activation_value(&layer.phi, 1e3)), fabs(activation_value(&layer.phi, -1e3))) > 1e4) {
        claim_refuse(claim, "%s grows faster than linearly: no fixed point attracts large variances", layer.phi.name);
    }
    double c = two_samples(claim, &layer), q = layer.q, shift = claim_fault(claim, "bias_outside") ? layer.bias2 : 0;
    start(claim, B, S);
    int l = iterate(claim, &layer, B, S, &error);
    for (int i = 0; i < B * B; i++) {
        bool diagonal = i / B == i % B;
        double claimed = diagonal ? q + shift : claim_fault(claim, "no_covariance") ? q * c * c : q * c;

        claim_case(claim, "entry %d, %d after %d layers", i / B, i % B, l);
        check_equal(claim, diagonal ? "q*" : "q* c*", measured(claimed, 1e-11 * q, QUADRATURE),
                    measured(S[(ptrdiff_t)l * B * B + i], error, QUADRATURE));
    }
    if (claim_fault(claim, "weights_only")) {
        layer.bias2 = 0;
    }
    against_networks(claim, &layer, B, S, l < 12 ? l : 12);
    memory_free(S);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "activation: any of the table that settles with these variances", "tanh"),
                           integer_by_scale("B", "batch size", 3, 4, 4, 2, LARGEST),
                           real("weight_variance", "sigma_w^2", 4, 0.01, 100),
                           real("bias_variance", "sigma_b^2", 0.3, 0.001, 100),
                           integer_by_scale("N", "width", 128, 256, 1024, 64, 8192),
                           integer_by_scale("networks", "networks drawn; twice as many of half the width", 40, 160, 500,
                                            4, 100000)},
            .faults = {{"bias_outside", "sigma_b^2 added once more to the variance", "q?"},
                       {"no_covariance", "c* squared", "q?*c?"},
                       {"weights_only", "networks without bias", "networks"}},
            .run = vanilla,
        }));
}
