/* # Equations 105 to 112: the chain rule through a convolution
 *
 * Mean-Field Analysis of Batch Normalization (2019), section 6.2.1, equations 105 to 112, and 137, 138 for networks without normalisation. With $\delta^l_\alpha[i]=\partial f/\partial z^l_\alpha[i]$, statistics held,
 *
 * $$\delta^l_\alpha[i]=\frac{\gamma_l}{s^l_\alpha[i]}\,\sigma'(u^l_\alpha[i]\gamma_l)\sum_{\beta\in F_{l+1},k}[W_\beta^{l+1}]_{ki}\,\delta^{l+1}_{\alpha-\beta}[k],$$
 *
 * and over the weights $\mathbb E\sum WW\delta\delta=\frac{\sigma_w^2}{N_l}\sum_{\delta\in F_{l+1}}\langle\delta^{l+1}_{\alpha-\delta}(x),\delta^{l+1}_{\beta-\delta}(y)\rangle$ (111).
 *
 * **Checked.** The formula, written out, from the output down to the first layer of small networks, with and without normalisation, against differences of a forward pass (26), (28) that is written out too, every site and channel of every layer; and against the
 * library's backward pass. (111) with all signs in the place of normal weights.
 * **Tolerance.** Networks of relu are piecewise linear: central differences have rounding only, divided by the step. Where a unit lies within a step of its kink it is left out. Rounding elsewhere.
 * **Could miss.** Whether the two factors of (112) are independent: that is the approximation, and `eq_37_38_conv_backward` and `eq_42_43_conv_batchnorm_backward` measure what it gives.
 * **Found.** Holds, if sites are numbered on the map of layer $l$ and $\delta^{l+1}_{\alpha-\beta}$ is 0 where no window starts: beyond the map, and with a stride at most sites between. The sum over $\beta\in F_{l+1}$ is right. What this leaves out is in the
 * averages: $\sum_\alpha\sum_\beta$ meets every window $|F|$ times, whatever the number of sites $\alpha$. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/network/feedforward.h>
#include <math.h>
#include <string.h>

enum { SAMPLES = 4, LAYERS = 4 };

/* ## Windows and weights
 * The site of the map below that tap (row, column) of window alpha sees; -1 beyond the border. Weights are stored by taps, channels side by side. */
static int seen(const struct convolution *c, int alpha, int tap)
{
    int width = convolution_width(c);
    int row = alpha / width * c->stride - c->padding + tap / c->kernel,
        column = alpha % width * c->stride - c->padding + tap % c->kernel;

    return row >= 0 && row < c->height && column >= 0 && column < c->width ? row * c->width + column : -1;
}

/* Layer l as a convolution: the read-out is one window as large as its map. */
static struct convolution window_of(const struct feedforward *net, int l)
{
    struct convolution c = net->shape[l];

    if (net->model.layer[l].kernel == 0) {
        struct convolution below = net->shape[l - 1];

        c = (struct convolution){convolution_height(&below),
                                 convolution_width(&below),
                                 feedforward_channels(net, l - 1),
                                 convolution_height(&below),
                                 1,
                                 0};
    }
    return c;
}

static double weight(const struct feedforward *net, int l, int tap, int k, int i)
{
    struct convolution c = window_of(net, l);

    return net->parameter[net->offset[l][PART_WEIGHTS] + (size_t)((k * c.kernel * c.kernel + tap) * c.channels + i)];
}

/* ## Forward by (26) and (28), from z of layer l of one sample */
static double scale_of(const struct feedforward *net, const struct feedforward_pass *pass, int l, int at)
{
    return net->model.batchnorm ? net->model.gamma * pass->inverse[l][at] : 1;
}

static double shift_of(const struct feedforward *net, const struct feedforward_pass *pass, int l, int at)
{
    return net->model.batchnorm ? pass->z[l][at] - pass->u[l][at] / pass->inverse[l][at] : 0;
}

static double output_from(const struct feedforward *net, const struct feedforward_pass *pass, int l, const double z[],
                          double scratch[])
{
    double *h = scratch, *next = scratch + 4096;

    if (l == net->model.layers) {
        return z[0];
    }
    for (int at = 0; at < feedforward_size(net, l); at++) {
        h[at] = fmax(0, scale_of(net, pass, l, at) * (z[at] - shift_of(net, pass, l, at)));
    }
    struct convolution c = window_of(net, l + 1);
    int channels = feedforward_channels(net, l + 1);
    for (int alpha = 0; alpha < convolution_sites(&c); alpha++) {
        for (int k = 0; k < channels; k++) {
            double sum = net->parameter[net->offset[l + 1][PART_BIASES] + (size_t)k];

            for (int tap = 0; tap < c.kernel * c.kernel; tap++) {
                int site = seen(&c, alpha, tap);

                for (int j = 0; j < c.channels && site >= 0; j++) {
                    sum += weight(net, l + 1, tap, k, j) * h[site * c.channels + j];
                }
            }
            next[alpha * channels + k] = sum;
        }
    }
    return output_from(net, pass, l + 1, next, next + 4096);
}

/* ## Backward by (110)
 * Sites of layer l + 1 are numbered on the map of layer l: window (a, b) starts at stride a - padding. */
static void chain(struct claim *claim, const struct feedforward *net, const struct feedforward_pass *pass, int sample,
                  int l, const double above[], double delta[])
{
    struct convolution c = window_of(net, l + 1);
    int channels = feedforward_channels(net, l), outputs = feedforward_channels(net, l + 1),
        width = convolution_width(&c), sign = claim_fault(claim, "plus_for_minus") ? -1 : 1;

    for (int at = 0; at < feedforward_size(net, l); at++) {
        double u = pass->u[l][(ptrdiff_t)sample * feedforward_size(net, l) + at], sum = 0;
        int alpha = at / channels;

        for (int tap = 0; tap < c.kernel * c.kernel; tap++) {
            int row = alpha / c.width - sign * (tap / c.kernel) + c.padding,
                column = alpha % c.width - sign * (tap % c.kernel) + c.padding;
            int a = row / c.stride, b = column / c.stride;
            bool starts = row >= 0 && column >= 0 &&
                          (claim_fault(claim, "stride_forgotten") || (row % c.stride == 0 && column % c.stride == 0)) &&
                          a < convolution_height(&c) && b < width;

            for (int k = 0; k < outputs && starts; k++) {
                sum += weight(net, l + 1, tap, k, at % channels) * above[(a * width + b) * outputs + k];
            }
        }
        delta[at] = (claim_fault(claim, "no_gamma") && net->model.batchnorm ? pass->inverse[l][at]
                                                                            : scale_of(net, pass, l, at)) *
                    (u > 0 ? sum : 0);
    }
}

/* ## One network */
static void differences(struct claim *claim, const char *name, const struct feedforward *net,
                        const struct feedforward_pass *pass, int sample, int l, const double delta[])
{
    int size = feedforward_size(net, l);
    double *z = memory_copy((size_t)size, pass->z[l] + (ptrdiff_t)sample * size),
           *scratch = memory_doubles(4096 * 2 * (LAYERS + 1));
    double step = 1e-6, largest = 0;

    for (int at = 0; at < size; at++) {
        largest = fmax(largest, fabs(delta[at]));
    }
    for (int at = 0; at < size; at++) {
        double was = z[at];

        z[at] = was + step;
        double up = output_from(net, pass, l, z, scratch);
        z[at] = was - step;
        double down = output_from(net, pass, l, z, scratch);
        z[at] = was;
        double here = output_from(net, pass, l, z, scratch);
        if (fabs(up - 2 * here + down) < 1e-13 * (1 + fabs(here))) { // no kink on the way
            check_equal(
                claim, name, measured(delta[at], 1e-14 * largest, ROUNDING),
                measured((up - down) / (2 * step), 1e-13 * (1 + fabs(here)) / step + 1e-14 * largest, ROUNDING));
        }
    }
    memory_free(z);
    memory_free(scratch);
}

static void library(struct claim *claim, const char *name, int size, const double delta[], const double backward[])
{
    double largest = 0, off = 0;

    for (int at = 0; at < size; at++) {
        largest = fmax(largest, fabs(backward[at]));
        off = fmax(off, fabs(delta[at] - backward[at]));
    }
    check_zero(claim, name, measured(off, 1e-13 * largest, ROUNDING), largest);
}

/* The mean over samples and sites of |delta|^2. */
static double square_of(const struct feedforward *net, const struct feedforward_pass *pass, int l)
{
    return pair_means_of(SAMPLES, feedforward_sites(net, l), feedforward_channels(net, l), pass->delta[l]).same;
}

/* The ratio of the numbers of sites of layers l + 1 and l, and that of their mean squares, below over above: for the figure. */
static void row(struct claim *claim, const struct feedforward *net, const struct feedforward_pass *pass, int stride,
                int l)
{
    claim_row(claim, net->model.batchnorm ? "normalised" : "vanilla", stride, l,
              (double)feedforward_sites(net, l + 1) / feedforward_sites(net, l),
              square_of(net, pass, l) / square_of(net, pass, l + 1));
}

static void network_of(struct claim *claim, double gamma, int stride, int padding)
{
    int side = (int)claim_integer(claim, "side");
    struct feedforward_model model = {.height = side,
                                      .width = side,
                                      .channels = 2,
                                      .layers = LAYERS,
                                      .batchnorm = gamma > 0,
                                      .gamma = gamma,
                                      .sigma_w2 = 2,
                                      .sigma_b2 = 0.5};
    struct feedforward net;
    struct feedforward_pass pass;
    struct stream inputs = claim_stream(claim, 1, (uint32_t)(stride + 10 * padding));
    double X[SAMPLES * 12 * 12 * 2], D[SAMPLES * 2] = {1, 0, 1, 0, 1, 0, 1, 0};
    double *delta[2] = {memory_doubles(4096), memory_doubles(4096)};

    claim_need(claim, activation_find("relu", &model.phi));
    model.layer[1] = (struct feedforward_layer){3, 2, 1, padding > 0};
    model.layer[2] = (struct feedforward_layer){4, 3, stride, padding};
    model.layer[3] = (struct feedforward_layer){3, 2, 1, padding > 0};
    model.layer[4] = (struct feedforward_layer){2, 0, 0, 0};
    claim_need(claim, feedforward_new(&net, &model, claim_stream(claim, 0, (uint32_t)(stride + 10 * padding))));
    claim_need(claim, feedforward_pass_new(&pass, &net, SAMPLES));
    stream_normals(&inputs, (size_t)(SAMPLES * side * side * 2), X);
    feedforward_forward(&net, &pass, X);
    feedforward_backward(&net, &pass, STATISTICS_FROZEN, D);
    for (int sample = 0; sample < SAMPLES; sample++) {
        delta[LAYERS % 2][0] = 1;
        delta[LAYERS % 2][1] = 0;
        for (int l = LAYERS - 1; l >= 1; l--) {
            int size = feedforward_size(&net, l);

            chain(claim, &net, &pass, sample, l, delta[(l + 1) % 2], delta[l % 2]);
            claim_case(claim, "%s, stride %d, padding %d, layer %d, sample %d", gamma > 0 ? "normalised" : "vanilla",
                       stride, padding, l, sample);
            library(claim, gamma > 0 ? "110, backpropagation" : "138, backpropagation", size, delta[l % 2],
                    pass.delta[l] + (ptrdiff_t)sample * size);
            if (sample == 0) {
                differences(claim, gamma > 0 ? "110, differences" : "138, differences", &net, &pass, sample, l,
                            delta[l % 2]);
                row(claim, &net, &pass, stride, l);
            }
        }
    }
    feedforward_pass_free(&pass);
    feedforward_free(&net);
    memory_free(delta[0]);
    memory_free(delta[1]);
}

/* ## (111): the mean over weights
 * Two windows a side of $2\times2$ taps on a $3\times3$ map, two channels above and one below: 8 weights and all their $2^8$ signs. */
enum { TAPS = 4, ABOVE = 2, WEIGHTS = TAPS * ABOVE };

static double above_at(const double above[], int alpha, int tap, int k)
{
    int a = alpha / 3 - tap / 2, b = alpha % 3 - tap % 2;

    return a >= 0 && a < 2 && b >= 0 && b < 2 ? above[(2 * a + b) * ABOVE + k] : 0;
}

static double below(const double above[], int alpha, unsigned signs)
{
    double sum = 0;

    for (int w = 0; w < WEIGHTS; w++) {
        sum += (signs >> w & 1 ? 1 : -1) * above_at(above, alpha, w / ABOVE, w % ABOVE);
    }
    return sum;
}

static void equation_111(struct claim *claim)
{
    struct stream stream = claim_stream(claim, 2, 0);
    double x[4 * ABOVE], y[4 * ABOVE], sigma_w2 = 2, N = claim_fault(claim, "channels_above") ? TAPS * ABOVE : TAPS;

    stream_normals(&stream, 4 * ABOVE, x);
    stream_normals(&stream, 4 * ABOVE, y);
    for (int pair = 0; pair < 81; pair++) {
        int alpha = pair / 9, beta = pair % 9;
        double mean = 0, products = 0;

        for (unsigned signs = 0; signs < 1u << WEIGHTS; signs++) {
            mean += ldexp(sigma_w2 / TAPS * below(x, alpha, signs) * below(y, beta, signs), -WEIGHTS);
        }
        for (int w = 0; w < WEIGHTS; w++) {
            products += above_at(x, alpha, w / ABOVE, w % ABOVE) * above_at(y, beta, w / ABOVE, w % ABOVE);
        }
        claim_case(claim, "sites %d and %d", alpha, beta);
        if (products != 0) {
            check_equal(claim, "111, signs", measured(sigma_w2 / N * products, 1e-14, ROUNDING),
                        measured(mean, 1e-13, ROUNDING));
        } else {
            check_zero(claim, "111, no window", measured(mean, 1e-13, ROUNDING), 1);
        }
    }
}

static void rule(struct claim *claim)
{
    double gamma = claim_real(claim, "gamma");

    claim_labels(claim, "network");
    claim_column(claim, "stride", EXACT, "a grid");
    claim_column(claim, "l", EXACT, "a grid");
    claim_column(claim, "sites", RELATIVE(1e-15), "a quotient of whole numbers");
    claim_column(claim, "square", RELATIVE(1e-10), "gradients of drawn networks, up to rounding");
    for (int i = 0; i < 2; i++) {
        for (int stride = 1; stride <= (int)claim_integer(claim, "stride"); stride++) {
            for (int padding = 0; padding <= 2; padding++) {
                network_of(claim, i == 0 ? 0 : gamma, stride, padding);
            }
        }
    }
    equation_111(claim);
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {integer_by_scale("side", "of the input map", 7, 9, 9, 7, 12),
                                         integer("stride", "strides of the second layer from 1 to this", 3, 2, 3),
                                         real("gamma", "of the networks with normalisation", 1.5, 0.1, 10)},
                          .faults = {{"plus_for_minus", "alpha + beta in place of alpha - beta", "110* 138*"},
                                     {"stride_forgotten", "windows start at every site", "110* 138*"},
                                     {"no_gamma", "gamma_l dropped", "110*"},
                                     {"channels_above", "N_(l+1) in place of N_l", "111,?signs"}},
                          .run = rule,
                      }));
}
