/* # Equations (61) and (62): the mean product of activations
 *
 * Mean-Field Analysis of Batch Normalization (2019), section 6.1, equations (57), (61) and (62). In the Gaussian approximation
 *
 * $$\hat q^l_{xy}=\int\!Dz_1Dz_2\;\sigma\big(\sqrt{\Sigma_{xx}}\,z_1\gamma_l\big)\,\sigma\Big(\sqrt{\Sigma_{yy}}\big(cz_1+\sqrt{1-c^2}\,z_2\big)\gamma_l\Big),$$
 *
 * and with $\Sigma_{xx}=\Sigma_{yy}=1$ and $c=0$ it is the square of a mean, $\hat q^l_{xy}=\gamma_l^2/(2\pi)$.
 *
 * **Checked.** (62) against the integral over one variable, squared; the integral over two; and the zeroth Hermite coefficient of relu. (57) at any $\Sigma$ against the arc-cosine kernel that it leads to. Fresh
 * pairs of inputs in layer 1 with exact statistics, $\mu=b$ and $s=|w|$, where the pair is Gaussian in truth. Networks with the statistics of $m$ samples, whose pairs have $c=-1/(m-1)$: they lie on the same
 * kernel, beside $c=0$.
 * **Tolerance.** Quadrature states its error; standard errors; half the width for networks.
 * **Could miss.** Other activations: (57) holds for them, (62) does not.
 * **Found.** Holds as printed. At $c=0$ the kernel has slope $\gamma^2/4$. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/activation.h>
#include <assay/meanfield/arccosine.h>
#include <assay/network/order_experiment.h>
#include <math.h>

/* ## (62) */
static double relu(double z, void *context)
{
    return fmax(*(const double *)context * z, 0);
}

static struct piecewise scaled(double *gamma)
{
    static const double kink[] = {0};

    return (struct piecewise){relu, gamma, 1, kink};
}

static struct value printed(struct claim *claim, double gamma)
{
    return rounded(gamma * gamma / (claim_fault(claim, "pi") ? M_PI : 2 * M_PI), 4);
}

static void product(struct claim *claim, double gamma)
{
    struct piecewise f = scaled(&gamma);
    struct value mean = claim_value(claim, gaussian_mean(&f)), hermite[1];
    struct activation phi;

    claim_need(claim, activation_find("relu", &phi));
    claim_need(claim, activation_hermite(&phi, 0, hermite));
    claim_case(claim, "gamma = %.3g", gamma);
    check_equal(claim, "one integral, squared", printed(claim, gamma), value_mul(mean, mean));
    check_equal(claim, "two integrals", printed(claim, gamma), claim_value(claim, gaussian_product(&f, &f, 0)));
    check_equal(claim, "Hermite", printed(claim, gamma), value_scale(gamma * gamma, value_mul(hermite[0], hermite[0])));
}

/* ## (57) at any covariance
 * With $c=\Sigma_{xy}/\sqrt{\Sigma_{xx}\Sigma_{yy}}$ the integral is $\gamma^2\sqrt{\Sigma_{xx}\Sigma_{yy}}\,\kappa_1(c)$. The witness integrates over $z_1$ and $z_2$ in turn. */
struct pair {
    double gamma, xx, yy, c, z1;
};

static double inner(double z2, void *context)
{
    const struct pair *pair = context;

    return fmax(sqrt(pair->yy) * (pair->c * pair->z1 + sqrt(1 - pair->c * pair->c) * z2) * pair->gamma, 0);
}

static double outer(double z1, void *context)
{
    struct pair pair = *(const struct pair *)context;

    pair.z1 = z1;
    double kink[] = {-pair.c * z1 / sqrt(1 - pair.c * pair.c)};
    struct piecewise f = {inner, &pair, 1, kink};
    return fmax(sqrt(pair.xx) * z1 * pair.gamma, 0) * gaussian_mean(&f).x;
}

static void any_covariance(struct claim *claim, double gamma)
{
    static const double kink[] = {0}, spread[][2] = {{1, 1}, {0.5, 2}, {3, 0.1}};

    for (int k = 0; k < 3; k++) {
        for (int i = -4; i <= 4; i++) {
            struct pair pair = {gamma, spread[k][0], spread[k][1], i * 0.2, 0};
            struct piecewise f = {outer, &pair, 1, kink};
            struct value integral = claim_value(claim, gaussian_mean(&f));
            double size = gamma * gamma * sqrt(pair.xx * pair.yy);

            claim_case(claim, "Sigma = (%g, %g), c = %g", pair.xx, pair.yy, pair.c);
            check_equal(claim, "(57)",
                        value_scale(0.5 * size, arccosine_kernel(1, claim_fault(claim, "no_correlation") ? 0 : pair.c)),
                        value_with(integral, 1e-13 * size, QUADRATURE));
        }
    }
    for (int i = -20; i <= 20; i++) {
        claim_row(claim, "kernel", i * 0.02, arccosine_kernel(1, i * 0.02).x / 2, NAN, NAN);
    }
}

/* ## Fresh pairs with exact statistics */
static enum status draw_pairs(struct stream *stream, size_t sample, double out[], const void *context)
{
    enum { N = 16, PAIRS = 50 };
    double gamma = *(const double *)context, w[N], x[N], y[N];

    (void)sample;
    out[0] = 0;
    for (int k = 0; k < PAIRS; k++) {
        double s2 = 0, ux = 0, uy = 0;

        stream_normals(stream, N, w);
        stream_normals(stream, N, x);
        stream_normals(stream, N, y);
        for (int j = 0; j < N; j++) {
            s2 += w[j] * w[j];
            ux += w[j] * x[j];
            uy += w[j] * y[j];
        }
        out[0] += gamma * gamma * fmax(ux, 0) * fmax(uy, 0) / (s2 * PAIRS);
    }
    return STATUS_OK;
}

static void fresh_pairs(struct claim *claim, double gamma)
{
    struct moments mean;
    struct ensemble ensemble =
        claim_ensemble(claim, 1, (size_t)claim_integer(claim, "pairs") / 50, 1, draw_pairs, &gamma);

    claim_need(claim, ensemble_moments(&ensemble, &mean));
    claim_case(claim, "gamma = %g", gamma);
    check_equal(claim, "fresh pairs", printed(claim, gamma), moments_mean(mean));
}

/* ## Networks beside c = 0 */
static void networks(struct claim *claim, int m, uint32_t stream)
{
    enum { L = 3, OUTPUTS = ORDER_MEASURES * (L + 1) };
    double gamma = claim_real(claim, "gamma"), c = -1.0 / (claim_fault(claim, "one_sample_more") ? m : m - 1);
    struct moments wide[OUTPUTS], half[OUTPUTS];

    for (int s = 0; s < 2; s++) {
        struct order_experiment experiment = {.samples = m};
        int N = (int)claim_integer(claim, "N") >> s;

        feedforward_model_dense(&experiment.model, N, L, N, 1, gamma, 2, 0.5);
        struct ensemble ensemble =
            claim_ensemble(claim, stream + (uint32_t)s, (size_t)claim_integer(claim, "networks") << (2 * s), OUTPUTS,
                           order_experiment_draw, &experiment);
        claim_need(claim, ensemble_moments(&ensemble, s ? half : wide));
    }
    for (int l = 1; l < L; l++) {
        int k = ORDER_MEASURES * l + MEASURE_H_PAIR;
        struct value h = moments_limit(wide[k], half[k]);

        claim_case(claim, "m = %d, l = %d", m, l);
        check_equal(claim, "networks", value_scale(gamma * gamma / 2, arccosine_kernel(1, c)), h);
        if (l == 2) {
            struct value relative = value_scale(1 / (gamma * gamma), h);

            claim_row(claim, "networks", -1.0 / (m - 1), arccosine_kernel(1, -1.0 / (m - 1)).x / 2, BOTH(relative));
        }
    }
}

static void mean_product(struct claim *claim)
{
    static const int batches[] = {4, 5, 7, 10, 20, 50};
    double gamma = claim_real(claim, "gamma");

    claim_labels(claim, "series");
    claim_column(claim, "c", RELATIVE(1e-14), "a grid");
    claim_column(claim, "kernel", RELATIVE(1e-13), "a closed form");
    claim_column(claim, "measured", (struct tolerance){TOLERANCE_SIGMAS, 0.1, true}, "sampled; the same draws");
    claim_column(claim, "measured_err", (struct tolerance){TOLERANCE_RELATIVE, 0.05, true},
                 "a standard error and a bias");
    for (double g = 0.01; g < 200; g *= 3) {
        product(claim, g);
    }
    product(claim, gamma);
    any_covariance(claim, gamma);
    fresh_pairs(claim, gamma);
    for (uint32_t i = 0; i < 6; i++) {
        networks(claim, batches[i], 10 + 10 * i);
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {real("gamma", "batchnorm's factor", 1, 0.01, 100),
                           integer_by_scale("N", "width of the networks; half as wide ones measure the bias", 128, 256,
                                            1000, 128, 3000),
                           integer_by_scale("networks", "how many are drawn; four times as many of half the width", 16,
                                            32, 200, 16, 100000),
                           integer_by_scale("pairs", "fresh pairs of inputs", 100000, 500000, 10000000, 100000,
                                            1000000000)},
            .faults = {{"pi", "gamma^2 / pi", "one* two* Hermite fresh*"},
                       {"no_correlation", "(57) at c = 0", "(57)"},
                       {"one_sample_more", "c = -1 / m", "networks"}},
            .run = mean_product,
        }));
}
