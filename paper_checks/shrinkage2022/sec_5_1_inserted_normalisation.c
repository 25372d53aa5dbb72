/* # Section 5.1: layer normalisation can be inserted if the activation is rescaled
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), section 5.1. A network without layer normalisation, with weight and bias
 * variances $\sigma_w^2$ and $\sigma_b^2$, has preactivations of mean square
 *
 * $$q_1=\sigma_w^2+\sigma_b^2,\qquad q_{l+1}=\sigma_b^2+\sigma_w^2\,E\,\phi(\sqrt{q_l}\,Z)^2 .$$
 *
 * Normalising them and giving the next layer the activation $x\mapsto\phi(\sqrt{q_l}\,x)$ changes nothing.
 *
 * **Checked.** At infinite width, layer by layer: the covariance of two inputs without normalisation, by quadrature over pairs, against the
 * correlation map of the rescaled activation, by Hermite series. At finite width: $|y^{(l)}|^2/N$ against $q_l$, and the cosines in both kinds of
 * network against the recursion.
 * **Tolerance.** Quadrature states its error; of the series the rest of the norm is left. Networks bring a standard error, widened for their small
 * number, and a bias of order $1/N$, measured by halving the width. Layers beyond $N/8$ are drawn and not compared.
 * **Could miss.** A difference between the two kinds of network that is smaller than their scatter. They share their weights, and their cosines
 * differ by less.
 * **Found.** Holds, exactly at infinite width. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/activation.h>
#include <assay/network/dense.h>
#include <assay/network/layernorm.h>
#include <assay/numerics/hermite.h>
#include <assay/numerics/linear.h>
#include <assay/random/haar.h>
#include <math.h>

enum { MOST = 32, TERMS = 160 };

struct experiment {
    struct activation phi;
    double sigma_w2, sigma_b2, rho_0;
    int L, N;
    double q[MOST + 2], rho[MOST + 2], root[MOST + 2]; // of layer l = 1..L; root: what rescales the activation
};

/* phi(root x), split at 0 where relu and abs have their kink. */
struct rescaled {
    const struct activation *phi;
    double root;
};

static double rescaled_value(double x, void *context)
{
    const struct rescaled *rescaled = context;

    return activation_value(rescaled->phi, rescaled->root * x);
}

static double rescaled_square(double x, void *context)
{
    double y = rescaled_value(x, context);

    return y * y;
}

static struct piecewise rescaled_piecewise(struct rescaled *rescaled)
{
    static const double zero = 0;

    return (struct piecewise){rescaled_value, rescaled, 1, &zero};
}

/* ## Infinite width, twice
 * Without normalisation the pair of preactivations is Gaussian with variances $q_l$ and correlation $\rho_l$. */
static struct value without(struct claim *claim, struct experiment *experiment, int l)
{
    struct rescaled gaussian = {&experiment->phi, sqrt(experiment->q[l])};
    struct piecewise f = rescaled_piecewise(&gaussian);
    struct value variance = claim_value(claim, gaussian_product(&f, &f, 1)), bias = exact(experiment->sigma_b2);
    struct value pair = claim_value(claim, gaussian_product(&f, &f, experiment->rho[l]));

    variance = value_add(bias, value_scale(experiment->sigma_w2, variance));
    experiment->q[l + 1] = variance.x;
    return value_div(value_add(bias, value_scale(experiment->sigma_w2, pair)), variance);
}

/* With it the correlation goes through $(s+\sum_kc_k^2\rho^k)/(s+\sum_kc_k^2)$, $c_k$ the Hermite coefficients of the rescaled activation. */
static struct value with_normalisation(struct claim *claim, const struct experiment *experiment, int l)
{
    struct rescaled layer = {&experiment->phi, experiment->root[l]};
    struct piecewise f = rescaled_piecewise(&layer);
    struct value c[TERMS + 1], sum = exact(0), s = exact(experiment->sigma_b2 / experiment->sigma_w2);
    struct value norm2 = claim_value(claim, gaussian_mean(&(struct piecewise){rescaled_square, &layer, 1, f.kink}));
    double power = 1, rest = norm2.x + value_error(norm2);

    claim_need(claim, hermite_expand(&f, TERMS, c));
    for (int k = 0; k <= TERMS; k++) {
        struct value square = value_mul(c[k], c[k]);

        sum = value_add(sum, value_scale(power, square));
        rest -= square.x - value_error(square);
        power *= experiment->rho[l];
    }
    sum = value_with(sum, fmax(0, rest) * fabs(power), QUADRATURE);
    return value_div(value_add(s, sum), value_add(s, norm2));
}

static void recursion(struct claim *claim, struct experiment *experiment)
{
    experiment->q[1] = experiment->sigma_w2 + experiment->sigma_b2;
    experiment->rho[1] = (experiment->sigma_w2 * experiment->rho_0 + experiment->sigma_b2) / experiment->q[1];
    for (int l = 1; l <= experiment->L; l++) {
        experiment->root[l] = claim_fault(claim, "not_rescaled") ? 1 : sqrt(experiment->q[l]);
        struct value correlation = without(claim, experiment, l);

        claim_case(claim, "rho_0 = %g, layer %d", experiment->rho_0, l + 1);
        check_equal(claim, "correlation", with_normalisation(claim, experiment, l), correlation);
        experiment->rho[l + 1] = fmax(-1, fmin(1, correlation.x));
    }
}

/* ## Finite networks, without and with normalisation
 * Both use the same weights and start from the same pair. The first layer embeds the input: it has no activation. */
static void affine(const struct experiment *experiment, int l, double root, const double W[], const double Z[],
                   double A[], double Y[])
{
    int N = experiment->N;

    for (int i = 0; i < 2 * N; i++) {
        A[i] = root * Z[i];
    }
    if (l > 1) {
        activation_apply(&experiment->phi, (size_t)(2 * N), A, A, NULL);
    }
    dense_forward(2, N, N, 1 / sqrt(N), A, W, W + (ptrdiff_t)N * N, Y);
}

static double cosine(int N, const double Y[])
{
    return linear_dot(N, Y, Y + N) / (linear_norm(N, Y) * linear_norm(N, Y + N));
}

static enum status draw_networks(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct experiment *experiment = context;
    int N = experiment->N;
    size_t pair = (size_t)(2 * N), weights = (size_t)N * (size_t)N;
    double *W = memory_doubles(weights + (size_t)N + 3 * pair), *Y = W + weights + N, *Z = Y + pair, *A = Z + pair;
    enum status status = sphere_pair(stream, N, sqrt(N), experiment->rho_0, Y, Y + N);

    (void)sample;
    for (size_t i = 0; i < pair; i++) {
        Z[i] = Y[i];
    }
    for (int l = 1; status == STATUS_OK && l <= experiment->L; l++, out += 3) {
        stream_normals_scaled(stream, sqrt(experiment->sigma_w2), weights, W);
        stream_normals_scaled(stream, sqrt(experiment->sigma_b2), (size_t)N, W + weights);
        affine(experiment, l, 1, W, Y, A, Y);
        affine(experiment, l, l > 1 ? experiment->root[l - 1] : 1, W, Z, A, Z);
        layernorm_forward(2, N, Z, Z, NULL);
        out[0] = linear_dot(N, Y, Y) / N;
        out[1] = cosine(N, Y);
        out[2] = cosine(N, Z);
    }
    memory_free(W);
    return status;
}

static void compare(struct claim *claim, const struct experiment *experiment)
{
    enum { OUTPUTS = 3 * MOST };
    int layers = experiment->L, skip = claim_fault(claim, "a_layer_late") ? 1 : 0;
    size_t networks = (size_t)claim_integer(claim, "networks");
    struct experiment narrow = *experiment;
    struct moments wide[OUTPUTS], half[OUTPUTS];
    struct ensemble ensemble = claim_ensemble(claim, 0, networks, (size_t)(3 * layers), draw_networks, experiment);

    claim_need(claim, ensemble_moments(&ensemble, wide));
    narrow.N /= 2;
    ensemble = claim_ensemble(claim, 1, 2 * networks, (size_t)(3 * layers), draw_networks, &narrow);
    claim_need(claim, ensemble_moments(&ensemble, half));
    for (int l = 1; l <= layers; l++) {
        const struct moments *at = wide + 3 * (l - 1), *at_half = half + 3 * (l - 1);
        struct value q = rounded(experiment->q[l + skip], 64), rho = rounded(experiment->rho[l + skip], 64);

        claim_case(claim, "layer %d", l);
        if (8 * l <= experiment->N) {
            check_equal(claim, "length", q, moments_limit(at[0], at_half[0]));
            check_equal(claim, "without", rho, moments_limit(at[1], at_half[1]));
            check_equal(claim, "with", rho, moments_limit(at[2], at_half[2]));
        }
        claim_row(claim, "networks", l, q.x, rho.x, BOTH(moments_mean(at[0])), BOTH(moments_mean(at[1])),
                  BOTH(moments_mean(at[2])));
    }
}

static void insertion(struct claim *claim)
{
    static const double rho_0s[] = {-1, 0, 0.9};
    struct experiment experiment = {.sigma_w2 = claim_real(claim, "sigma_w2"),
                                    .sigma_b2 = claim_real(claim, "sigma_b2"),
                                    .L = (int)claim_integer(claim, "L"),
                                    .N = (int)claim_integer(claim, "N")};

    claim_need(claim, activation_find(claim_text(claim, "phi"), &experiment.phi));
    claim_labels(claim, "series");
    claim_column(claim, "layer", EXACT, "a count");
    claim_column(claim, "q", RELATIVE(1e-9), "quadrature, layer after layer");
    claim_column(claim, "rho", ABSOLUTE(1e-9), "quadrature, layer after layer");
    for (int i = 0; i < 3; i++) {
        static const char *const name[] = {"length", "without", "with"}, *const error[] = {"length_err", "without_err",
                                                                                           "with_err"};

        claim_column(claim, name[i], SIGMAS(0.1), "the same draws: only BLAS rounding differs");
        claim_column(claim, error[i], RELATIVE(0.05), "a standard error");
    }
    for (size_t i = 0; i < sizeof rho_0s / sizeof rho_0s[0]; i++) {
        experiment.rho_0 = rho_0s[i];
        recursion(claim, &experiment);
    }
    experiment.rho_0 = claim_real(claim, "rho_0");
    recursion(claim, &experiment);
    compare(claim, &experiment);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {choice("phi", "activation", "erf|tanh|relu|abs|sin"),
                           real("sigma_w2", "weight variance", 2, 0.1, 4), real("sigma_b2", "bias variance", 0.5, 0, 1),
                           real("rho_0", "correlation of the inputs", 0.3, -0.99, 0.99),
                           integer_by_scale("L", "layers", 8, 16, 16, 2, MOST),
                           integer_by_scale("N", "width", 128, 512, 2048, 64, 8192),
                           integer_by_scale("networks", "how many are drawn", 256, 64, 128, 32, 100000)},
            .faults = {{"not_rescaled", "normalisation inserted without rescaling the activation", "correlation with"},
                       {"a_layer_late", "the recursion compared with the layer before", "length without with"}},
            .run = insertion,
        }));
}
