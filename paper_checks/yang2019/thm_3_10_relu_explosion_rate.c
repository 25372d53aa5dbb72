/* # Theorem 3.10: with relu, batch normalisation explodes gradients at a fixed rate
 *
 * Yang et al. (2019), section 3.1.2, theorem 3.10. In an infinitely wide network with batch normalisation and relu the mean squared gradient grows from each layer to the one
 * below it by
 *
 * $$\lambda_G^\downarrow=\frac1{B-3}\Big(\frac{B-1+J_1'(c)}{1-J_1(c)}-1\Big)\searrow\frac\pi{\pi-1},\qquad c=\frac{-1}{B-1},$$
 *
 * with $B$ the batch size and $J_1$ the arc-cosine kernel of degree 1. A linear network has $\frac{B-2}{B-3}$, which goes to 1.
 *
 * **Checked.** Both rates at each $B$ against witnesses that share nothing with Laplace's method: the backward operator integrated over two angles; the same
 * operator as an explicit $B^2\times B^2$ matrix; its pair means as a series of Gegenbauer polynomials; samples of a batch in which batch normalisation is
 * differentiated by finite differences, without a formula for its derivative; and gradients of finite networks, by backpropagation through weights that the
 * forward pass used. That the rate falls with $B$, and its limits.
 * **Tolerance.** Quadrature and series state their errors. Samples have a standard error. Networks have one too, and a bias linear in $1/N$, measured by halving
 * the width.
 * **Could miss.** In samples and networks anything below a percent. With $B\le5$ the squared gradient has no second moment, its standard error would
 * lie, and neither is asked.
 * **Found.** Holds as printed. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/network/batchnorm_network.h>
#include <math.h>

/* ## As printed */
static struct value relu_rate(struct claim *claim, int B)
{
    double c = -1.0 / (claim_fault(claim, "one_sample_more") ? B : B - 1);
    double J = (sqrt(1 - c * c) + (M_PI - acos(c)) * c) / M_PI, slope = (M_PI - acos(c)) / M_PI;

    return rounded(((B - 1 + (claim_fault(claim, "no_slope") ? 0 : slope)) / (1 - J) - 1) / (B - 3), 20);
}

static struct value linear_rate(struct claim *claim, int B)
{
    return rounded((B - 2.0) / (claim_fault(claim, "linear") ? B - 1 : B - 3), 2);
}

/* ## Integrals */
static struct response response_named(struct claim *claim, const char *name, struct activation *phi)
{
    claim_need(claim, activation_find(name, phi));
    return response_of(phi);
}

static struct value on_sphere(struct claim *claim, const char *name, int B)
{
    struct activation phi;
    struct batchnorm_state state;
    struct response response = response_named(claim, name, &phi);

    claim_need(claim, batchnorm_state_sphere(&response, B, &state));
    return state.backward.G;
}

static struct value by_series(struct claim *claim, const char *name, int B)
{
    struct activation phi;
    struct batchnorm_state state;
    struct response response = response_named(claim, name, &phi);

    claim_need(claim, batchnorm_state_series(&response, B, 400, &state));
    return state.backward.G;
}

static struct value of_matrix(struct claim *claim, const char *name, int B)
{
    struct activation phi;
    struct brackets F;
    struct response response = response_named(claim, name, &phi);
    double *matrix = memory_doubles((size_t)(B * B) * (size_t)(B * B));

    claim_need(claim, batchnorm_backward_brackets(&response, B, &F));
    ultrasymmetric_matrix(B, &F, matrix);
    struct value G = operator_spectrum(B, matrix).G;
    memory_free(matrix);
    return G;
}

static void by_integrals(struct claim *claim, int B)
{
    struct value relu = relu_rate(claim, B), linear = linear_rate(claim, B);

    claim_case(claim, "B = %d", B);
    check_equal(claim, "sphere", relu, on_sphere(claim, "relu", B));
    check_equal(claim, "series", relu, by_series(claim, "relu", B));
    check_equal(claim, "linear, sphere", linear, on_sphere(claim, "id", B));
    if (B <= 10) {
        check_equal(claim, "matrix", relu, of_matrix(claim, "relu", B));
        check_equal(claim, "linear, matrix", linear, of_matrix(claim, "id", B));
    }
}

/* ## Samples, differentiated numerically
 * A batch is drawn from $N(0,\Sigma^*)$; up to a factor $\mu^*$ in the radius $\Sigma^*$ may be the identity, because the part along $\mathbf 1$ is removed. A random gradient
 * $g$ with covariance $G$ goes through the transposed Jacobian: $\lambda_G=\mathbb E\,|G\,J^Tg|^2/(B-1)$, and with the roles of sides
 * exchanged $|J\,u|^2$ along a random direction $u$ in the image of $G$. Kinks are hit with probability of order of the step. */
enum { LARGEST = 64 };

static void batch_relu(int B, const double z[], double out[])
{
    double mean = 0, square = 0;

    for (int i = 0; i < B; i++) {
        mean += z[i] / B;
    }
    for (int i = 0; i < B; i++) {
        square += (z[i] - mean) * (z[i] - mean) / B;
    }
    for (int i = 0; i < B; i++) {
        out[i] = fmax((z[i] - mean) / sqrt(square), 0);
    }
}

static enum status draw_batch(struct stream *stream, size_t sample, double out[], const void *context)
{
    int B = *(const int *)context;
    double z[LARGEST], u[LARGEST], up[LARGEST] = {0}, down[LARGEST] = {0}, above[LARGEST], below[LARGEST];
    double step = 1e-6, mean = 0, square = 0;

    (void)sample;
    stream_normals(stream, (size_t)B, z);
    stream_normals(stream, (size_t)B, u);
    for (int i = 0; i < B; i++) {
        up[i] = z[i] + step * u[i];
        down[i] = z[i] - step * u[i];
    }
    batch_relu(B, up, above);
    batch_relu(B, down, below);
    for (int i = 0; i < B; i++) {
        double along = (above[i] - below[i]) / (2 * step);

        mean += along / B;
        square += along * along;
    }
    out[0] = (square - B * mean * mean) / (B - 1);
    return STATUS_OK;
}

static void by_samples(struct claim *claim, int B)
{
    struct moments slope;
    double c = -1.0 / (B - 1), J = (sqrt(1 - c * c) + (M_PI - acos(c)) * c) / M_PI;
    struct ensemble ensemble =
        claim_ensemble(claim, (uint32_t)B, (size_t)claim_integer(claim, "batches"), 1, draw_batch, &B);

    claim_need(claim, ensemble_moments(&ensemble, &slope));
    claim_case(claim, "B = %d", B);
    check_equal(claim, "samples", relu_rate(claim, B), value_scale(2 / (1 - J), moments_mean(slope)));
}

/* ## Networks
 * From a batch at the fixed point, and a gradient with covariance $G$ at the output: the growth of the squared gradient a layer, in the geometric mean over layers and networks. */
enum { DEPTH = 12 };

struct experiment {
    struct batchnorm_network network;
    double mu, nu;
};

static enum status draw_network(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct experiment *experiment = context;
    int B = experiment->network.batch;
    double S[LARGEST * LARGEST], P[LARGEST * LARGEST];
    struct batchnorm_record record;
    enum status status = batchnorm_record_new(&record, &experiment->network);

    (void)sample;
    for (int i = 0; i < B * B; i++) {
        S[i] = experiment->nu + (i % (B + 1) == 0 ? experiment->mu : 0);
        P[i] = (i % (B + 1) == 0 ? 1 : 0) - 1.0 / B;
    }
    if (status == STATUS_OK) {
        status = batchnorm_network_pass(&experiment->network, S, P, *stream, &record);
    }
    out[0] = (batchnorm_record_log_gradient(&record, 1) - batchnorm_record_log_gradient(&record, DEPTH)) / (DEPTH - 1);
    batchnorm_record_free(&record);
    return status;
}

static void by_networks(struct claim *claim, const char *name, struct value printed, int B)
{
    struct activation phi;
    struct experiment wide, half;
    struct moments at_wide, at_half;
    size_t networks = (size_t)claim_integer(claim, "networks");

    claim_need(claim, activation_find(name, &phi));
    struct bsb1 fixed = batchnorm_fixed_point(&phi, B);
    claim_need(claim, batchnorm_network_of(name, DEPTH, (int)claim_integer(claim, "N"), B, &wide.network));
    wide.mu = fixed.mu.x;
    wide.nu = fixed.nu.x;
    half = wide;
    half.network.width /= 2;
    struct ensemble ensemble = claim_ensemble(claim, 1000 + 2 * (uint32_t)B, networks, 1, draw_network, &wide);
    claim_need(claim, ensemble_moments(&ensemble, &at_wide));
    ensemble = claim_ensemble(claim, 1001 + 2 * (uint32_t)B, 2 * networks, 1, draw_network, &half);
    claim_need(claim, ensemble_moments(&ensemble, &at_half));
    struct value rate = moments_limit(at_wide, at_half);
    claim_case(claim, "%s, B = %d, N = %d", name, B, wide.network.width);
    check_equal(claim, "networks", printed, value_through(rate, exp(rate.x), exp(rate.x)));
}

/* ## Limits
 * Errors of order $1/B$ and $1/B^2$ removed from quadrature at three large batches. */
static void limit(struct claim *claim)
{
    struct value a = on_sphere(claim, "relu", 2500), b = on_sphere(claim, "relu", 5000),
                 c = on_sphere(claim, "relu", 10000);
    struct value ab = value_sub(value_scale(2, b), a), bc = value_sub(value_scale(2, c), b);
    struct value extrapolated = value_scale(1.0 / 3, value_sub(value_scale(4, bc), ab));
    double printed = M_PI / (M_PI - 1);

    claim_case(claim, "B to infinity");
    check_equal(claim, "limit", rounded(claim_fault(claim, "half_limit") ? printed / 2 + 0.5 : printed, 4),
                value_with(extrapolated, fabs(extrapolated.x - bc.x), FINITE_SIZE));
}

static void fall(struct claim *claim)
{
    struct value before = exact(INFINITY);

    for (int B = 4; B <= 10000; B += 1 + B / 12) {
        struct value here = on_sphere(claim, "relu", B);

        if (B > 4) {
            struct value lost = value_sub(before, here);

            claim_case(claim, "B = %d", B);
            check_shape(claim, "falls", claim_fault(claim, "rises") ? value_scale(-1, lost) : lost, here.x);
        }
        claim_row(claim, NULL, B, relu_rate(claim, B).x, here.x, linear_rate(claim, B).x);
        before = here;
    }
}

static void explosion(struct claim *claim)
{
    static const int sizes[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    int B = (int)claim_integer(claim, "B");

    claim_column(claim, "B", EXACT, "a grid");
    claim_column(claim, "relu", RELATIVE(1e-13), "a closed form");
    claim_column(claim, "sphere", RELATIVE(1e-11), "quadrature");
    claim_column(claim, "linear", RELATIVE(1e-14), "a closed form");
    for (int i = 0; i < (int)(sizeof sizes / sizeof *sizes); i++) {
        by_integrals(claim, sizes[i]);
    }
    by_integrals(claim, B);
    fall(claim);
    limit(claim);
    for (int tried = 6; tried <= 32; tried *= 2) {
        by_samples(claim, tried);
    }
    by_networks(claim, "relu", relu_rate(claim, 10), 10);
    by_networks(claim, "id", linear_rate(claim, 16), 16);
    if (B >= 6 && B <= LARGEST && B != 10) {
        by_networks(claim, "relu", relu_rate(claim, B), B);
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("B", "one more batch size to check; from 6 to 64 in networks too", 32, 4, 10000),
                           integer_by_scale("N", "width of the networks; half as wide ones measure the bias", 256, 1000,
                                            4000, 64, 1000000),
                           integer_by_scale("networks", "how many are drawn; twice as many at half the width", 24, 48,
                                            200, 8, 100000),
                           integer_by_scale("batches", "samples of a batch", 40000, 200000, 2000000, 1000, 100000000)},
            .faults = {{"one_sample_more", "c = -1/B in place of -1/(B-1)", "sphere series matrix"},
                       {"no_slope", "J' dropped from the numerator", "sphere series matrix samples networks"},
                       {"linear", "(B-2)/(B-1), without an explosion", "linear* networks"},
                       {"half_limit", "half of the limit's distance from 1", "limit"},
                       {"rises", "differences from one batch size to the next with the wrong sign", "falls"}},
            .run = explosion,
        }));
}
