/* # Section 6.1: what a data set of m samples changes, with its coefficients
 *
 * Mean-Field Analysis of Batch Normalization (2019), section 6.1, the paragraph before claim 6.2. The recursions assume infinitely many data. With $m$ of them there are $m^2-m$ pairs of different samples, and
 * an error of order $m/(m^2-m)$, that is $O(1/m)$, is said to be negligible.
 *
 * **Derived.** At infinite width a unit's normalised pre-activations are uniform on a sphere of $m-2$ dimensions and independent of $s$; two of them have the correlation $\rho=-1/(m-1)$. With the arc-cosine kernels
 * $\kappa_0,\kappa_1$ of (22) and (21) everything is exact in $m$. Over pairs of different samples
 *
 * $$\hat q_{xy}=\gamma^2\kappa_1(\rho)=\gamma^2\Big(\frac1{2\pi}-\frac1{4m}+\dots\Big),$$
 *
 * and over all pairs, as in (153), with samples beside themselves,
 *
 * $$\frac1m\frac{\gamma^2}2+\Big(1-\frac1m\Big)\gamma^2\kappa_1(\rho)=\gamma^2\Big(\frac1{2\pi}+\frac1m\Big(\frac14-\frac1{2\pi}\Big)+\dots\Big).$$
 *
 * Backward, $\mathbb E\,s^{-2}=\frac m{(m-3)v}$ with $v=q-q_{xy}$, so that from layer to layer, with equal $\gamma$, gradients grow by
 *
 * $$\frac m{m-3}\,\frac1{1-2\kappa_1(\rho)}=\frac\pi{\pi-1}\Big(1+\frac1m\Big(3-\frac\pi{2(\pi-1)}\Big)+\dots\Big),$$
 *
 * and products of two inputs' gradients by this times $2\kappa_0(\rho)=\frac12-\frac1{\pi m}-\dots$
 *
 * **Checked.** The exact expressions against samples of one unit; their coefficients against extrapolation in $m$; and the recursions they make against networks with $m$ samples, both ways.
 * **Tolerance.** Standard errors; for networks the bias of finite width, seen at half the width. Extrapolation: what its last step changed.
 * **Could miss.** Data that are not Gaussian in the first layer; wide layers above make them so.
 * **Found.** The order is right, with coefficients of both signs. Forward the error is small, $-\pi/(2m)$ relative to $\hat q_{xy}$. Backward it is larger and adds up over layers: $2.27/m$ a layer. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/arccosine.h>
#include <assay/network/order_experiment.h>
#include <math.h>

enum { LAYERS = 5 };

/* ## Exact in m, at $\gamma=1$ */
static double correlation(struct claim *claim, double m)
{
    return claim_fault(claim, "independent") ? 0 : -1 / (m - 1);
}

static struct value different(struct claim *claim, double m)
{
    return value_scale(0.5, arccosine_kernel(1, correlation(claim, m)));
}

static struct value all(struct claim *claim, double m)
{
    return value_add(rounded(0.5 / m, 2), value_scale(1 - 1 / m, different(claim, m)));
}

/* The mean of $1/s^2$, of unit variance, and with both slopes. */
static struct value inverse(struct claim *claim, double m)
{
    return rounded(m / (m - (claim_fault(claim, "chi_squared") ? 2 : 3)), 2);
}

static struct value slopes(struct claim *claim, double m)
{
    return value_scale(0.5, value_mul(inverse(claim, m), arccosine_kernel(0, -1 / (m - 1))));
}

/* By how much a gradient grows from layer to layer, for one input and for two. */
static struct value growth(struct claim *claim, double m)
{
    return value_div(inverse(claim, m), value_sub(exact(1), arccosine_kernel(1, -1 / (m - 1))));
}

static struct value growth_pair(struct claim *claim, double m)
{
    return value_div(value_scale(2, slopes(claim, m)), value_sub(exact(1), arccosine_kernel(1, -1 / (m - 1))));
}

/* ## One unit of an infinitely wide layer */
static enum status draw_unit(struct stream *stream, size_t sample, double out[], const void *context)
{
    int m = *(const int *)context;
    double *z = memory_doubles((size_t)m), mean = 0, square = 0, sum = 0, same = 0, active = 0;

    (void)sample;
    stream_normals(stream, (size_t)m, z);
    for (int i = 0; i < m; i++) {
        mean += z[i] / m;
    }
    for (int i = 0; i < m; i++) {
        square += (z[i] - mean) * (z[i] - mean) / m;
    }
    for (int i = 0; i < m; i++) {
        double h = fmax((z[i] - mean) / sqrt(square), 0);

        sum += h;
        same += h * h;
        active += h > 0;
    }
    double pairs = (double)m * (m - 1);
    out[0] = (sum * sum - same) / pairs;
    out[1] = sum * sum / ((double)m * m);
    out[2] = 1 / square;
    out[3] = (active * active - active) / (pairs * square);
    memory_free(z);
    return STATUS_OK;
}

static void one_unit(struct claim *claim, int m, uint32_t stream)
{
    struct moments at[4];
    struct ensemble ensemble =
        claim_ensemble(claim, stream, (size_t)(claim_integer(claim, "draws") / m), 4, draw_unit, &m);

    claim_need(claim, ensemble_moments(&ensemble, at));
    claim_case(claim, "m = %d", m);
    check_equal(claim, "unit, different inputs", different(claim, m), moments_mean(at[0]));
    check_equal(claim, "unit, all pairs", all(claim, m), moments_mean(at[1]));
    check_equal(claim, "unit, 1/s^2", inverse(claim, m), moments_mean(at[2]));
    check_equal(claim, "unit, slopes", slopes(claim, m), moments_mean(at[3]));
}

/* ## Coefficients of 1/m
 * $m(f(m)/f(\infty)-1)$ at three $m$, extrapolated twice. */
typedef struct value of_samples(struct claim *claim, double m);

static void coefficient(struct claim *claim, const char *name, of_samples *f, double limit, double derived)
{
    double at[3], m = 256;

    for (int k = 0; k < 3; k++, m *= 2) {
        at[k] = m * (f(claim, m).x / limit - 1);
    }
    double first = 2 * at[1] - at[0], second = 2 * at[2] - at[1], last = (4 * second - first) / 3;
    check_equal(claim, name, rounded(derived, 4), measured(last, fabs(last - second), QUADRATURE));
}

static void coefficients(struct claim *claim)
{
    double back = 3 - M_PI / (2 * (M_PI - 1)), rate = M_PI / (M_PI - 1);

    coefficient(claim, "coefficient, different inputs", different, 1 / (2 * M_PI),
                claim_fault(claim, "half_coefficient") ? -M_PI / 4 : -M_PI / 2);
    coefficient(claim, "coefficient, all pairs", all, 1 / (2 * M_PI), M_PI / 2 - 1);
    coefficient(claim, "coefficient, gradient", growth, rate, back);
    coefficient(claim, "coefficient, gradients of two", growth_pair, rate / 2, back - 2 / M_PI);
}

/* ## Networks with m samples
 * The recursions with the expressions above: $v=\sigma_w^2$ in layer 1. */
static void measure(struct claim *claim, int m, uint32_t stream, struct value out[])
{
    struct moments wide[ORDER_MEASURES * (LAYERS + 1)], half[ORDER_MEASURES * (LAYERS + 1)];
    struct order_experiment experiment = {.samples = m};
    size_t outputs = 0;

    for (int halvings = 0; halvings < 2; halvings++) {
        int N = (int)claim_integer(claim, "N") >> halvings;

        feedforward_model_dense(&experiment.model, N, (int)claim_integer(claim, "L"), N, 1, claim_real(claim, "gamma"),
                                claim_real(claim, "sigma_w2"), claim_real(claim, "sigma_b2"));
        outputs = order_experiment_outputs(&experiment);
        struct ensemble ensemble = claim_ensemble(claim, stream + (uint32_t)halvings,
                                                  (size_t)claim_integer(claim, "networks") << (2 * halvings), outputs,
                                                  order_experiment_draw, &experiment);
        claim_need(claim, ensemble_moments(&ensemble, halvings ? half : wide));
    }
    for (size_t k = 0; k < outputs; k++) {
        out[k] = moments_limit(wide[k], half[k]);
    }
}

static void networks(struct claim *claim, int m, uint32_t stream)
{
    int L = (int)claim_integer(claim, "L");
    double gamma2 = pow(claim_real(claim, "gamma"), 2);
    struct value out[ORDER_MEASURES * (LAYERS + 1)], pair = exact(1), same = exact(1);

    measure(claim, m, stream, out);
    for (int l = L - 1; l >= 1; l--) {
        const struct value *at = out + ORDER_MEASURES * l;

        pair = value_mul(pair, l > 1 ? growth_pair(claim, m) : value_scale(gamma2, slopes(claim, m)));
        same = value_mul(same, l > 1 ? growth(claim, m) : value_scale(gamma2 / 2, inverse(claim, m)));
        claim_case(claim, "m = %d, l = %d", m, l);
        check_equal(claim, "networks, forward", value_scale(gamma2, different(claim, m)), at[MEASURE_H_PAIR]);
        check_equal(claim, "networks, gradient", same, at[MEASURE_DELTA]);
        check_equal(claim, "networks, gradients of two", pair, at[MEASURE_DELTA_PAIR]);
    }
    struct value h = value_scale(1 / gamma2, out[ORDER_MEASURES + MEASURE_H_PAIR]),
                 last = out[ORDER_MEASURES * (L - 1) + MEASURE_DELTA];
    claim_row(claim, "networks", m, h.x * 2 * M_PI - 1, value_error(h) * 2 * M_PI, NAN,
              L > 2 ? last.x * (M_PI - 1) / M_PI - 1 : NAN, L > 2 ? value_error(last) * (M_PI - 1) / M_PI : NAN);
}

static void finite_data(struct claim *claim)
{
    static const int units[] = {8, 20, 100}, batches[] = {8, 16, 64};

    claim_labels(claim, "series");
    claim_column(claim, "m", EXACT, "a grid");
    claim_column(claim, "forward", (struct tolerance){TOLERANCE_ABSOLUTE, 1e-3, true}, "sampled, or a closed form");
    claim_column(claim, "forward_err", (struct tolerance){TOLERANCE_ABSOLUTE, 1e-3, true}, "an error");
    claim_column(claim, "all_pairs", (struct tolerance){TOLERANCE_ABSOLUTE, 1e-12, true}, "a closed form");
    claim_column(claim, "gradient", (struct tolerance){TOLERANCE_ABSOLUTE, 1e-3, true}, "sampled, or a closed form");
    claim_column(claim, "gradient_err", (struct tolerance){TOLERANCE_ABSOLUTE, 1e-3, true}, "an error");
    coefficients(claim);
    for (uint32_t i = 0; i < 3; i++) {
        one_unit(claim, units[i], i);
    }
    for (double m = 8; m <= 65536; m *= 2) {
        claim_row(claim, "exact", m, different(claim, m).x * 2 * M_PI - 1, 0, all(claim, m).x * 2 * M_PI - 1,
                  growth(claim, m).x * (M_PI - 1) / M_PI - 1, 0);
    }
    for (uint32_t i = 0; i < 3; i++) {
        networks(claim, batches[i], 10 + 10 * i);
    }
    networks(claim, (int)claim_integer(claim, "m"), 100);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("L", "layers", 4, 2, LAYERS), real("gamma", "batchnorm's factor", 1, 0.01, 100),
                           real("sigma_w2", "variance of weights times width", 2, 0.01, 100),
                           real("sigma_b2", "variance of biases", 0.5, 0, 100),
                           integer("m", "one more number of samples in networks", 32, 8, 1000),
                           integer_by_scale("N", "width of the networks; half as wide ones measure the bias", 256, 500,
                                            1000, 256, 3000),
                           integer_by_scale("networks", "how many are drawn; four times as many of half the width", 48,
                                            24, 100, 16, 10000),
                           integer_by_scale("draws", "normals for single units", 1000000, 4000000, 100000000, 1000000,
                                            1000000000)},
            .faults = {{"independent", "no correlation from the common mean",
                        "unit,?different* unit,?all* coefficient,?different* coefficient,?all* networks,?f*"},
                       {"chi_squared", "m / (m - 2)", "unit,?1* unit,?slopes coefficient,?grad* networks,?grad*"},
                       {"half_coefficient", "half of the first coefficient", "coefficient,?different*"}},
            .run = finite_data,
        }));
}
