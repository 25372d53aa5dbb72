/* # Section 3.1.1: what real images do to the order parameters (Fashion-MNIST)
 *
 * Mean-Field Analysis of Batch Normalization (2019), sections 3.1.1 and 3.2.1. The theory assumes inputs whose coordinates are independent with mean 0 and variance 1, so that two inputs are orthogonal: $\hat q^0=1$, $\hat q_{xy}^0=0$, and with many
 * coordinates every pair has the same product. The paper compares it with training on MNIST and CIFAR-10. Fashion-MNIST stands in for them here.
 *
 * **Checked.** How far images are from that: the spread of $\langle x,y\rangle/N_0$ over pairs. Each order parameter, each $f_l$ and the largest eigenvalue, with frozen and with live statistics, of dense and convolutional networks without and with batch
 * normalisation, for normal inputs, for images scaled to mean square 1, and for the same with every pixel standardised. For normal inputs networks agree with the recursions. For every kind of input dense networks without batch normalisation
 * agree with the recursions once these are run pair by pair, on the products that the images have, and averaged at the end.
 * **Tolerance.** Standard errors over networks, each with images of its own; networks of half the width measure the bias in $1/N$.
 * **Could miss.** A tenth. The eigenvalues are of one batch of $m$, which lifts them; the same for normal inputs is beside them.
 * **Found.** Images are far from orthogonal. Scaled to mean square 1 their mean product is 0.31 in place of 0, and its standard deviation over pairs is seven times that of independent coordinates. The first layer then has a share $f_1$, which the
 * theory sets to 0. Without batch normalisation it raises the eigenvalue by about a half; $\hat q_{xy}$ and $\tilde q_{xy}$ of the first layers grow by a third, and depth forgets it. With batch normalisation and frozen statistics $f_1$ is the largest
 * share of all, because the common part of the images is taken off and gradients are divided by the small deviations that are left: the eigenvalue of dense networks doubles. Pixels that hardly ever change make it ten times as large in convolutions and more, differently in each
 * network and not along the constant vector. Standardising every pixel removes most of that. With live statistics, as in training, the eigenvalue of convolutions hardly notices the images; that of dense networks nearly doubles. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/order_parameters.h>
#include <assay/network/fisher.h>
#include <assay/network/idx.h>
#include <assay/network/order_sample.h>
#include <assay/numerics/lanczos.h>
#include <assay/numerics/linear.h>
#include <math.h>
#include <string.h>

enum { SIDE = 28, PIXELS = SIDE * SIDE, LAYERS = 6, KINDS = 3 };
static const char *const kind_name[KINDS] = {"normal", "images", "standardised"};

/* ## Inputs
 * Every pixel less its mean and over its standard deviation, taken over the images at hand. */
static void standardise(size_t count, double X[])
{
    for (size_t p = 0; p < PIXELS; p++) {
        struct moments pixel = moments_of(count, X + p, PIXELS);
        double deviation = sqrt(moments_variance(pixel));

        for (size_t i = 0; i < count; i++) {
            X[i * PIXELS + p] = deviation > 0 ? (X[i * PIXELS + p] - pixel.mean) / deviation : 0;
        }
    }
}

static void normal_inputs(struct claim *claim, size_t count, double X[])
{
    struct stream stream = claim_stream(claim, 1000, 0);

    stream_normals(&stream, count * PIXELS, X);
}

/* The mean product of two inputs a coordinate, and its standard deviation over pairs. */
static struct moments products(int count, const double X[])
{
    double *G = memory_doubles((size_t)count * (size_t)count);
    struct moments pairs = moments_empty();

    linear_gram(count, PIXELS, X, G);
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < i; j++) {
            moments_add(&pairs, G[i * count + j] / PIXELS);
        }
    }
    memory_free(G);
    return pairs;
}

/* ## One network and its batch
 * Order parameters of layers 1 to L; deltas and the $f_l$ below the last divided by the read-out's squared length over its mean, which is independent of all else. */
enum {
    AT_Z,
    AT_Z_XY,
    AT_H,
    AT_H_XY,
    AT_DELTA,
    AT_DELTA_XY,
    AT_F,
    PER_LAYER,
    FROZEN = LAYERS * PER_LAYER,
    LIVE,
    NUMBERS
};

struct ensemble_of {
    struct feedforward_model model;
    const double *pool;
    size_t count;
    int m;
    bool eigenvalues;
};

static double length_of_readout(const struct feedforward *network)
{
    int L = network->model.layers;
    const double *w = network->parameter + network->offset[L][PART_WEIGHTS];

    return linear_dot((int)network->count[L][PART_WEIGHTS], w, w) / network->model.sigma_w2;
}

/* The mean over pairs of different inputs of what layer l's weights contribute, a column of W; of a dense layer. */
static double share(const struct feedforward *network, const struct feedforward_pass *pass, int l)
{
    int m = pass->samples, below = feedforward_size(network, l - 1), size = feedforward_size(network, l);
    double *G = memory_doubles((size_t)m * (size_t)m), *H = memory_doubles((size_t)m * (size_t)m), sum = 0;

    linear_gram(m, below, pass->h[l - 1], G);
    linear_gram(m, size, pass->delta[l], H);
    for (int i = 0; i < m * m; i++) {
        sum += i % (m + 1) == 0 ? 0 : G[i] * H[i];
    }
    memory_free(G);
    memory_free(H);
    return sum / ((double)m * (m - 1) * below);
}

static void orders(const struct feedforward *network, struct feedforward_pass *pass, double out[NUMBERS])
{
    int m = pass->samples, L = network->model.layers;
    double *D = memory_doubles((size_t)m), length = length_of_readout(network);

    for (int i = 0; i < m; i++) {
        D[i] = 1;
    }
    feedforward_backward(network, pass, STATISTICS_FROZEN, D);
    for (int l = 1; l <= L; l++) {
        double *of = out + (l - 1) * PER_LAYER, scale = l < L ? 1 / length : 1;
        int sites = feedforward_sites(network, l), channels = feedforward_channels(network, l);
        struct pair_means delta = pair_means_of(m, sites, channels, pass->delta[l]);

        of[AT_DELTA] = delta.same * scale;
        of[AT_DELTA_XY] = delta.pair * scale;
        of[AT_F] = network->model.height == 1 ? share(network, pass, l) * scale : 0;
        if (l < L) {
            struct pair_means z = pair_means_of(m, sites, channels, pass->z[l]),
                              h = pair_means_of(m, sites, channels, pass->h[l]);

            of[AT_Z] = z.same / channels;
            of[AT_Z_XY] = z.pair / channels;
            of[AT_H] = h.same / channels;
            of[AT_H_XY] = h.pair / channels;
        }
    }
    memory_free(D);
}

/* Each layer's dual matrix, and their sum's largest eigenvalue; without batch normalisation frozen and live are one. */
static enum status eigenvalues(const struct feedforward *network, struct feedforward_pass *pass, struct stream *stream,
                               double out[NUMBERS])
{
    int m = pass->samples, L = network->model.layers;
    double *G = memory_doubles((size_t)m * (size_t)m), *sum = memory_doubles((size_t)m * (size_t)m),
           length = length_of_readout(network);
    enum status status = STATUS_OK;

    for (int l = 1; l <= L && status == STATUS_OK; l++) {
        status =
            fisher_dual(network, pass, STATISTICS_FROZEN, (struct fisher_parameters){FISHER_WEIGHTS.parts, l}, 1, G);
        out[(l - 1) * PER_LAYER + AT_F] = fisher_means_of(m, G).pairs / (l < L ? length : 1);
        linear_axpy(m * m, 1, G, sum);
    }
    if (status == STATUS_OK) {
        out[FROZEN] = lanczos_largest_of(m, sum, stream, 1e-6).x;
        out[LIVE] = network->model.batchnorm
                        ? fisher_largest(network, pass, STATISTICS_LIVE, FISHER_WEIGHTS, 1, stream, 1e-3).x
                        : out[FROZEN];
        status = isfinite(out[FROZEN] + out[LIVE]) ? STATUS_OK : STATUS_CONVERGENCE;
    }
    memory_free(G);
    memory_free(sum);
    return status;
}

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct ensemble_of *of = context;
    struct feedforward network;
    struct feedforward_pass pass;
    enum status status = feedforward_new(&network, &of->model, *stream);

    if (status != STATUS_OK || (status = feedforward_pass_new(&pass, &network, of->m)) != STATUS_OK) {
        return status;
    }
    size_t first = sample * (size_t)of->m % (of->count - (size_t)of->m + 1);
    memset(out, 0, NUMBERS * sizeof out[0]);
    stream->draw = UINT64_C(1) << 40;
    feedforward_forward(&network, &pass, of->pool + first * PIXELS);
    orders(&network, &pass, out);
    if (of->eigenvalues) {
        status = eigenvalues(&network, &pass, stream, out);
    }
    feedforward_pass_free(&pass);
    feedforward_free(&network);
    return status;
}

/* ## The recursions pair by pair
 * Infinitely wide dense networks without batch normalisation on one batch: each pair's own product from the inputs up, its own gradient down, and means over pairs at the end. */
struct pairs {
    double h[LAYERS + 1], delta[LAYERS + 1], f[LAYERS + 1]; // f over the number of columns
};

static double kernel(double c, bool slope)
{
    double angle = acos(fmax(-1, fmin(1, c)));

    return slope ? (M_PI - angle) / (2 * M_PI) : (sqrt(fmax(0, 1 - c * c)) + c * (M_PI - angle)) / (2 * M_PI);
}

static double mean_of_pairs(int m, const double A[], const double B[])
{
    double sum = 0;

    for (int i = 0; i < m * m; i++) {
        sum += i % (m + 1) == 0 ? 0 : A[i] * (B == NULL ? 1 : B[i]);
    }
    return sum / ((double)m * (m - 1));
}

/* From the products H of a layer's inputs, those of its outputs, and the slopes' kernel. */
static void one_layer_up(const struct feedforward_model *model, int m, const double H[], double out[], double slope[])
{
    for (int i = 0; i < m * m; i++) {
        double xx = model->sigma_b2 + model->sigma_w2 * H[i / m * (m + 1)],
               yy = model->sigma_b2 + model->sigma_w2 * H[i % m * (m + 1)],
               c = i % (m + 1) == 0 ? 1 : (model->sigma_b2 + model->sigma_w2 * H[i]) / sqrt(xx * yy);

        out[i] = sqrt(xx * yy) * kernel(c, false);
        slope[i] = kernel(c, true);
    }
}

static struct pairs pair_by_pair(const struct feedforward_model *model, int m, const double X[], bool orthogonal)
{
    size_t size = (size_t)m * (size_t)m;
    int L = model->layers;
    double *H = memory_doubles(size * (LAYERS + 1)), *slope = memory_doubles(size * (LAYERS + 1)),
           *delta = memory_doubles(size);
    struct pairs pairs = {.h = {0}};

    linear_gram(m, PIXELS, X, H);
    for (size_t i = 0; i < size; i++) {
        H[i] = orthogonal ? i % ((size_t)m + 1) == 0 : H[i] / PIXELS;
        delta[i] = 1;
    }
    for (int l = 1; l < L; l++) {
        one_layer_up(model, m, H + (size_t)(l - 1) * size, H + (size_t)l * size, slope + (size_t)l * size);
        pairs.h[l] = mean_of_pairs(m, H + (size_t)l * size, NULL);
    }
    for (int l = L - 1; l >= 1; l--) {
        for (size_t i = 0; i < size; i++) {
            delta[i] *= model->sigma_w2 * slope[(size_t)l * size + i];
        }
        pairs.delta[l] = mean_of_pairs(m, delta, NULL);
        pairs.f[l] = mean_of_pairs(m, H + (size_t)(l - 1) * size, delta);
    }
    memory_free(H);
    memory_free(slope);
    memory_free(delta);
    return pairs;
}

/* Networks' means against those of the recursions for the same images. */
static void against_pairs(struct claim *claim, uint32_t stream, const struct ensemble_of *wide, const char *name)
{
    int L = wide->model.layers;
    size_t networks = (size_t)claim_integer(claim, "forward");
    struct moments at[2][NUMBERS];
    struct pairs mean = {.h = {0}};
    struct ensemble_of of = *wide;

    of.m = 16;
    of.eigenvalues = false;
    for (int s = 0; s < 2; s++) {
        struct ensemble ensemble = claim_ensemble(claim, stream + (uint32_t)s, networks, NUMBERS, draw, &of);

        claim_need(claim, ensemble_moments(&ensemble, at[s]));
        for (int l = 1; l < L; l++) {
            of.model.layer[l].outputs /= 2;
        }
    }
    for (size_t k = 0; k < networks; k++) {
        size_t first = k * (size_t)of.m % (of.count - (size_t)of.m + 1);
        struct pairs one =
            pair_by_pair(&of.model, of.m, of.pool + first * PIXELS, claim_fault(claim, "orthogonal_inputs"));

        for (int l = 1; l < L; l++) {
            mean.h[l] += one.h[l] / (double)networks;
            mean.delta[l] += one.delta[l] / (double)networks;
            mean.f[l] += one.f[l] / (double)networks;
        }
    }
    for (int l = 1; l < L; l++) {
        const struct moments *whole = at[0] + (l - 1) * PER_LAYER, *half = at[1] + (l - 1) * PER_LAYER;

        claim_case(claim, "%s, layer %d, h", name, l);
        check_equal(claim, "pair by pair", exact(mean.h[l]), moments_limit(whole[AT_H_XY], half[AT_H_XY]));
        claim_case(claim, "%s, layer %d, delta", name, l);
        check_equal(claim, "pair by pair", exact(mean.delta[l]), moments_limit(whole[AT_DELTA_XY], half[AT_DELTA_XY]));
        claim_case(claim, "%s, layer %d, f", name, l);
        check_equal(claim, "pair by pair", exact(mean.f[l]), moments_limit(whole[AT_F], half[AT_F]));
    }
}

/* ## Theory for independent coordinates */
static void dense_theory(struct claim *claim, double gamma, struct order_parameters at[])
{
    struct order_network order;

    order_network_dense(&order, (int)claim_integer(claim, "L"), PIXELS, (double)claim_integer(claim, "N"), gamma,
                        claim_real(claim, "sigma_w2"), claim_real(claim, "sigma_b2"));
    claim_need(claim, order_parameters_find(&order, at));
}

static int convolutional_layers(const struct claim *claim)
{
    return claim_integer(claim, "L") < 4 ? (int)claim_integer(claim, "L") : 4; // maps of 28, 13, 6 and 2
}

static void convolution_theory(struct claim *claim, double gamma, struct order_parameters at[])
{
    struct order_map_network maps = {.layers = convolutional_layers(claim),
                                     .map = {{.side = SIDE, .channels = 1}},
                                     .batchnorm = gamma > 0,
                                     .sigma_w2 = claim_real(claim, "sigma_w2"),
                                     .sigma_b2 = claim_real(claim, "sigma_b2")};

    claim_need(claim, activation_find("relu", &maps.phi));
    for (int l = 1; l < maps.layers; l++) {
        maps.map[l] = (struct order_map){.kernel = 3, .stride = 2, .channels = (double)(l * claim_integer(claim, "C"))};
        maps.gamma[l] = gamma;
    }
    claim_need(claim, order_maps_find(&maps, at));
}

/* ## Tables: each network with each kind of input */
static void rows(struct claim *claim, const char *name, const struct moments at[NUMBERS], int L, double gamma,
                 const struct order_parameters theory[])
{
    double bound = 0, live = 0;

    for (int l = 1; l <= L; l++) {
        bound += theory[l].f.x;
        live = gamma > 0 ? theory[l].f.x : bound; // of the last layer alone
    }
    for (int l = 1; l <= L; l++) {
        const struct moments *of = at + (l - 1) * PER_LAYER;
        bool last = l == L;

        claim_row(claim, name, l, last ? NAN : of[AT_Z].mean, theory[l].z.same.x, last ? NAN : of[AT_Z_XY].mean,
                  theory[l].z.pair.x, last ? NAN : of[AT_H].mean, last ? NAN : theory[l].h.same.x,
                  last ? NAN : of[AT_H_XY].mean, last ? NAN : theory[l].h.pair.x, of[AT_DELTA].mean,
                  theory[l].delta.same.x, of[AT_DELTA_XY].mean, theory[l].delta.pair.x, of[AT_F].mean, theory[l].f.x,
                  at[FROZEN].mean, bound, at[LIVE].mean, live);
    }
}

static void network_with(struct claim *claim, uint32_t stream, const char *name, bool convolutions, double gamma,
                         const double *pool[KINDS], size_t count)
{
    struct order_parameters theory[ORDER_LAYERS + 1];
    int L = convolutions ? convolutional_layers(claim) : (int)claim_integer(claim, "L");

    convolutions ? convolution_theory(claim, gamma, theory) : dense_theory(claim, gamma, theory);
    for (int k = 0; k < KINDS; k++) {
        struct ensemble_of of = {
            .pool = pool[k], .count = count, .m = (int)claim_integer(claim, "m"), .eigenvalues = true};
        struct moments at[NUMBERS];
        double w2 = claim_real(claim, "sigma_w2"), b2 = claim_real(claim, "sigma_b2");
        char label[64];

        if (convolutions) {
            feedforward_model_convolutions(&of.model, SIDE, 1, L, (int)claim_integer(claim, "C"), 3, 2, 0, 1, gamma, w2,
                                           b2);
        } else {
            feedforward_model_dense(&of.model, PIXELS, L, (int)claim_integer(claim, "N"), 1, gamma, w2, b2);
        }
        struct ensemble ensemble =
            claim_ensemble(claim, stream + (uint32_t)k, (size_t)claim_integer(claim, "networks"), NUMBERS, draw, &of);
        claim_need(claim, ensemble_moments(&ensemble, at));
        snprintf(label, sizeof label, "%s, %s", name, kind_name[k]);
        rows(claim, label, at, L, gamma, theory);
        if (!convolutions && gamma == 0) {
            against_pairs(claim, stream + 10 + 2 * (uint32_t)k, &of, label);
        }
    }
}

static void inputs(struct claim *claim, const double *pool[KINDS], size_t count)
{
    int few = count < 500 ? (int)count : 500;
    double independent = 1 / sqrt(PIXELS);

    for (int k = 0; k < KINDS; k++) {
        struct moments pairs = products(few, pool[claim_fault(claim, "normal_for_images") ? 0 : k]);
        double deviation = sqrt(moments_variance(pairs));

        claim_case(claim, "%s", kind_name[k]);
        if (k == 0) {
            check_equal(claim, "spread of products, normal", rounded(independent, 2),
                        measured(deviation, deviation / sqrt(few), SAMPLING));
        } else {
            check_shape(claim, "images are not independent",
                        measured(deviation / independent - 2, deviation / independent / sqrt(few), SAMPLING), 1);
        }
    }
}

static void real_inputs(struct claim *claim)
{
    static const char *const names[] = {"z", "h", "delta"};
    struct tolerance tight = {TOLERANCE_RELATIVE, 1e-6, true}, theory = {TOLERANCE_RELATIVE, 1e-10, true};
    struct images images;
    char column[32];

    claim_need(claim, images_read(claim_text(claim, "data"), "t10k", (size_t)claim_integer(claim, "images"), &images));
    if (images.features != PIXELS || images.count < (size_t)claim_integer(claim, "m")) {
        claim_refuse(claim, "data: %zu images of %zu pixels; %d pixels and as many images as a batch are needed",
                     images.count, images.features, PIXELS);
    }
    size_t numbers = images.count * PIXELS;
    double *normal = memory_doubles(numbers), *standardised = memory_copy(numbers, images.pixels);
    const double *pool[KINDS] = {normal, images.pixels, standardised};
    normal_inputs(claim, images.count, normal);
    standardise(images.count, standardised);
    claim_labels(claim, "network");
    claim_column(claim, "l", EXACT, "the layer");
    for (int i = 0; i < 3; i++) {
        for (int pair = 0; pair < 2; pair++) {
            snprintf(column, sizeof column, "%s%s", names[i], pair ? "_xy" : "");
            claim_column(claim, column, tight, "means over the same draws");
            snprintf(column, sizeof column, "%s%s_theory", names[i], pair ? "_xy" : "");
            claim_column(claim, column, theory, "a recursion");
        }
    }
    claim_column(claim, "f", RELATIVE(1e-5), "means over the same draws");
    claim_column(claim, "f_theory", theory, "a recursion");
    claim_column(claim, "frozen", RELATIVE(1e-4), "an iteration on the same draws");
    claim_column(claim, "frozen_theory", theory, "a recursion");
    claim_column(claim, "live", RELATIVE(3e-3), "an iteration on the same draws");
    claim_column(claim, "live_theory", theory, "a recursion");
    inputs(claim, pool, images.count);
    network_with(claim, 0, "dense vanilla", false, 0, pool, images.count);
    network_with(claim, 100, "dense batchnorm", false, claim_real(claim, "gamma"), pool, images.count);
    network_with(claim, 200, "convolutions vanilla", true, 0, pool, images.count);
    network_with(claim, 300, "convolutions batchnorm", true, claim_real(claim, "gamma"), pool, images.count);
    memory_free(normal);
    memory_free(standardised);
    images_free(&images);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .scaled = "Fashion-MNIST in place of MNIST and CIFAR-10: the data set that is at hand",
            .parameters =
                {text("data", "directory of IDX files", "/usr/share/datasets/fashion-mnist"),
                 integer_by_scale("images", "how many of the test images are read", 500, 2000, 10000, 200, 10000),
                 integer("L", "layers; of convolutional networks at most four", 4, 2, LAYERS),
                 integer_by_scale("N", "width of dense networks", 128, 256, 1000, 64, 4000),
                 integer_by_scale("C", "channels of the first convolution; layer l has l C", 6, 30, 30, 4, 100),
                 integer_by_scale("m", "batch", 24, 64, 128, 16, 200),
                 integer_by_scale("networks", "of each kind with each kind of input", 4, 3, 24, 3, 1000),
                 integer_by_scale("forward", "networks to compare with the recursions pair by pair", 60, 48, 200, 40,
                                  10000),
                 real("gamma", "scale of batch normalisation", 1, 0.01, 100),
                 real("sigma_w2", "variance of weights", 2, 0.1, 10),
                 real("sigma_b2", "variance of biases", 0.5, 0, 10)},
            .faults = {{"orthogonal_inputs", "the recursions as if all inputs were orthogonal", "pair*"},
                       {"normal_for_images", "independent coordinates in the images' place", "images*"}},
            .run = real_inputs,
        }));
}
