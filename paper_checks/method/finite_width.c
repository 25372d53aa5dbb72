/* # How wide is wide enough
 *
 * Method. Theory speaks of infinitely many neurons, networks have $N$. This page measures what that costs: how far rates of gradient explosion, covariances within and between batches, and
 * the assumption of independent weights on the way back are from their limits, with which power of $N$ they get there, and from which width on they are good to one per cent.
 *
 * **Checked.** Every bias falls as $1/N$: the exponent is fitted over all widths. The spread of the logarithm of squared gradients over networks grows as $\sqrt{L/N}$: exponents in $N$ and
 * in $L$. Biases that symmetry forbids are zero. The reduced estimates agree with plain means.
 * **Tolerance.** Standard errors of weighted fits. Further terms of the expansion are allowed for by what leaving out the narrowest widths
 * changes. Transients at both ends of a network may contribute one per cent of a bias.
 * **Could miss.** Exponents near 1, such as that of $1/N$ with a logarithm. A bias whose exponent does not come out well enough to tell 1 from 1/2 is reported as a bound and not checked: so
 * relu's for the rate with weights reused from $B=10$ on, where its parts nearly cancel.
 * **Found.** All are of order $1/N$, from some $B^2$ neurons on. For relu at $B=8$ the limit is good to one per cent from $N\approx140$ for the rate with weights reused, 270 with fresh
 * weights, 410 for the difference of the two, which is Assumption 2's error; from 95 for correlations within a batch and 60 between batches. The table has the intervals.
 *
 * ## Why one over $N$
 * A layer that is given the covariance $S$ puts out means over $N$ independent neurons: $\hat S'=V(S)+\xi/\sqrt N$ with $V$ the map of infinite width and $\mathbb E[\xi|S]=0$. So
 * $\mathbb E\hat S'=\mathbb EV(\hat S)$ for every $N$: a bias comes from the curvature of $V$ alone. With $\delta$ the deviation from the fixed point,
 *
 * $$\mathbb E\,\delta'=J\,\mathbb E\,\delta+\frac12H\,\mathbb E[\delta,\delta]+\dots,$$
 *
 * and $\mathbb E[\delta,\delta]$ is of order $1/N$, as $V$ contracts. The next terms, third moments of means, are of order $1/N^2$, unless heavy tails stretch them.
 * The same holds for ratios such as $c$, and for two batches.
 *
 * Gradients have three such terms: the mean logarithm of a sum over neurons is less than the logarithm of its mean by half its relative variance, $O(1/N)$; the rate depends on $S$, which fluctuates,
 * with curvature; and weights that are used again know of the way forward: $W^TD$ has a part $X(X^TX)^+h^TD$ of relative size $1/\sqrt N$, uncorrelated with the rest, so that it adds
 * $O(1/N)$ to squares. Fresh weights leave out the third. What is left of Assumption 2 (Yang et al. 2019) in a network is their difference.
 *
 * The logarithm of a gradient is a sum over layers of such means' logarithms. Its spread over networks is that of a sum of $L$ nearly independent terms of variance $1/N$.
 *
 * ## Why it can be measured
 * At width $N$ fluctuations are $\sqrt N$ times larger than the bias: plain means take $N$ times as many networks for the same share. But draws are functions of a counter. Beside each layer of a network
 * stands one made from the same draws whose inputs and gradients have the moments of the limit. Its means are known exactly, so it may be subtracted; it shares the network's fluctuations to first
 * order. What is left is of order $1/N$ in its mean and in its spread: equal cost at every width gives errors that grow as $\sqrt N$, not as $N$.
 *
 * Permutations of samples make this complete. $V$'s derivative, restricted to functions that treat samples alike, vanishes: $V$ sees centred covariances up to a factor. The rate's derivative does
 * not: a layer's gradients are divided by the variance below, whose deviation $\eta$ enters with a minus sign, and is known from the layer below. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/network/batchnorm_network.h>
#include <assay/numerics/ultrasymmetric.h>
#include <math.h>
#include <stdio.h>

enum { LARGEST = 16, WIDTHS = 9, WINDOWS = 5, BURN_MOST = 100, PIECES = 4 };
enum { REUSED, FRESH, DIFFERENCE, DIAGONAL, CORRELATION, CROSS, SERIES, OUTPUTS = 2 * SERIES + PIECES };

static const char *const series_name[SERIES] = {"rate, weights reused", "rate, fresh weights", "fresh less reused", "q",
                                                "correlation",          "between batches"};

struct experiment {
    struct batchnorm_network network; // one batch, weights reused; burn layers, the window, burn layers
    int narrowest, burn, deepest; // a width; layers of a transient, and of the longest window of the spread over depth
    double lambda, q, nu, cross;  // the limits
    double biased;                // planted: what the control of the correlation is wrong by
    double S[LARGEST * LARGEST], P[LARGEST * LARGEST], both[4 * LARGEST * LARGEST];
};

/* ## One layer in the limit's place
 * Draws of layer $l$, moments of the limit: $\zeta$ is the relative deviation of squared gradients from $\lambda_G$, $\eta$ that of the centred variance, both of mean 0. */
struct control {
    double zeta, eta, diagonal, off;
};

static void means_of(int B, const double S[], double *diagonal, double *off)
{
    *diagonal = *off = 0;
    for (int i = 0; i < B * B; i++) {
        *(i % (B + 1) == 0 ? diagonal : off) += S[i] / (i % (B + 1) == 0 ? B : B * (B - 1));
    }
}

/* A layer and direction has 2^40 draws to itself (batchnorm_network.h). */
static struct stream at_layer(struct stream stream, int l)
{
    stream.draw += 2 * (uint64_t)(l - 1) << 40;
    return stream;
}

static enum status control_layer(const struct experiment *e, struct stream stream, int l,
                                 struct batchnorm_record *record, struct control *control)
{
    struct batchnorm_network layer = e->network;
    int B = layer.batch;

    layer.depth = 1;
    enum status status = batchnorm_network_pass(&layer, e->S, e->P, at_layer(stream, l), record);
    means_of(B, batchnorm_record_forward(record, 1), &control->diagonal, &control->off);
    control->zeta = exp(batchnorm_record_log_gradient(record, 1)) / (e->lambda * (B - 1)) - 1;
    control->eta = (control->diagonal - control->off) / (e->q - e->nu) - 1;
    return status;
}

/* ## A network beside its layers */

/* q and the correlation of layers behind the first transient, less their limits: reduced into out, plain into plain. */
static void add_covariances(const struct experiment *e, const double S[], const struct control *control, double share,
                            double out[], double plain[])
{
    double q, off, c = e->nu / e->q, dq = control->diagonal - e->q, doff = control->off - e->nu;

    means_of(e->network.batch, S, &q, &off);
    plain[DIAGONAL] += share * (q - e->q);
    plain[CORRELATION] += share * (off / q - c);
    out[DIAGONAL] += share * (q - e->q - dq);
    out[CORRELATION] += share * (off / q - c - (doff - c * dq) / e->q + e->biased); // the ratio, linearised
}

static double growth(const struct batchnorm_record *record, int first, int last)
{
    return batchnorm_record_log_gradient(record, first) - batchnorm_record_log_gradient(record, last);
}

static enum status one_batch(const struct experiment *e, struct stream stream, struct batchnorm_record record[3],
                             double out[], double plain[])
{
    struct batchnorm_network fresh = e->network;
    int L = fresh.depth, first = e->burn + 1, last = L - e->burn;
    double steps = last - first, drift = 0, eta = 0;
    enum status status = batchnorm_network_pass(&e->network, e->S, e->P, stream, &record[0]);

    fresh.backward = BACKWARD_FRESH;
    status = status == STATUS_OK ? batchnorm_network_pass(&fresh, e->S, e->P, stream, &record[1]) : status;
    for (int l = e->burn; l <= L && status == STATUS_OK; l++) {
        struct control control;

        status = control_layer(e, stream, l, &record[2], &control);
        drift += l >= first && l < last ? control.zeta - eta : 0;
        eta = control.eta;
        if (l >= first) {
            add_covariances(e, batchnorm_record_forward(&record[0], l), &control, 1.0 / (L - e->burn), out, plain);
        }
    }
    if (status == STATUS_OK) {
        plain[REUSED] = growth(&record[0], first, last) / steps - log(e->lambda);
        plain[FRESH] = growth(&record[1], first, last) / steps - log(e->lambda);
        out[REUSED] = plain[REUSED] - drift / steps;
        out[FRESH] = plain[FRESH] - drift / steps;
        for (int i = 0; i < PIECES; i++) {
            int above = first + (last - first) * (i + 1) / PIECES, below = first + (last - first) * i / PIECES;

            plain[SERIES + i] = growth(&record[0], below, above);
        }
        out[DIFFERENCE] = plain[DIFFERENCE] = plain[FRESH] - plain[REUSED]; // the same draws
    }
    return status;
}

/* The mean covariance of samples of different batches, and the mean variance. */
static double between(int B, const double S[], double *q)
{
    double sum = 0;

    *q = 0;
    for (int i = 0; i < 2 * B; i++) {
        *q += S[i * (2 * B + 1)] / (2 * B);
        for (int j = 0; j < B; j++) {
            sum += i < B ? S[i * 2 * B + B + j] / (B * B) : 0;
        }
    }
    return sum;
}

static enum status two_batches(const struct experiment *e, struct stream stream, struct batchnorm_record record[2],
                               double *out, double *plain)
{
    struct batchnorm_network network = e->network, layer;
    int L = network.depth, B = network.batch, layers = L - e->burn;
    double limit = e->cross / e->q, q, dq;

    network.batches = 2;
    layer = network;
    layer.depth = 1;
    enum status status = batchnorm_network_forward(&network, e->both, stream, &record[0]);
    for (int l = e->burn + 1; l <= L && status == STATUS_OK; l++) {
        status = batchnorm_network_forward(&layer, e->both, at_layer(stream, l), &record[1]);
        double ratio = between(B, batchnorm_record_forward(&record[0], l), &q) / q - limit,
               cross = between(B, batchnorm_record_forward(&record[1], 1), &dq) - e->cross;

        *plain += ratio / layers;
        *out += (ratio - (cross - limit * (dq - e->q)) / e->q) / layers;
    }
    return status;
}

/* Reduced, then plain, then the growth through each quarter of the window. */
static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct experiment *e = context;
    struct batchnorm_network layer = e->network, both = e->network, both_layer;
    struct batchnorm_record record[5];
    double *plain = out + SERIES;

    (void)sample;
    layer.depth = 1;
    both.batches = 2;
    both_layer = both;
    both_layer.depth = 1;
    const struct batchnorm_network *const owner[5] = {&e->network, &e->network, &layer, &both, &both_layer};
    for (int i = 0; i < 5; i++) {
        batchnorm_record_new(&record[i], owner[i]);
    }
    for (int i = 0; i < OUTPUTS; i++) {
        out[i] = 0;
    }
    enum status status = one_batch(e, *stream, record, out, plain);
    stream->stream += 1000;
    status = status == STATUS_OK ? two_batches(e, *stream, record + 3, &out[CROSS], &plain[CROSS]) : status;
    for (int i = 0; i < 5; i++) {
        batchnorm_record_free(&record[i]);
    }
    return status;
}

/* ## Exponents
 * $y=bx^a$, and once more without the first points: without two of six or more, without one of fewer. A correction of relative order $x^{-1/2}$ or smaller loses at least the square root of the
 * factor between first and new first point by that: what it leaves is at most a geometric series of such changes. (Orders between $1/2$ and 1 are there: gradients are sums of $1/r^2$ with
 * $r$ the deviation of a neuron over the batch, whose tail falls as a power of $(B-1)/2$ only.) Of few points the change is mostly noise: what exceeds its standard error is counted. */
static struct value fit(struct claim *claim, size_t n, const double x[], const struct value y[], bool logarithms)
{
    double abscissa[WIDTHS], mean[WIDTHS], sd[WIDTHS];
    struct power_law power;
    struct line line;

    for (size_t i = 0; i < n; i++) {
        abscissa[i] = logarithms ? log(x[i]) : x[i];
        mean[i] = logarithms ? log(y[i].x) : y[i].x;
        sd[i] = value_error(y[i]) / (logarithms ? y[i].x : 1);
    }
    claim_need(claim, logarithms ? line_fit(n, abscissa, mean, sd, &line) : power_fit(n, abscissa, mean, sd, &power));
    return logarithms ? line.slope : power.exponent;
}

struct exponent {
    struct value fitted;
    double left; // what the first point still leaves, with its sign: a bound
};

static struct exponent exponent_of(struct claim *claim, size_t n, const double x[], const struct value y[],
                                   bool logarithms)
{
    size_t less = n < 6 ? 1 : 2;
    struct value all = fit(claim, n, x, y, logarithms), rest = fit(claim, n - less, x + less, y + less, logarithms);
    double change = all.x - rest.x,
           noise = sqrt(fmax(pow(value_standard(rest), 2) - pow(value_standard(all), 2), 0)), // the fits share points
        seen = n < 6 ? copysign(fmax(fabs(change) - noise, 0), change) : change;

    return (struct exponent){all, seen / (1 - sqrt(x[0] / x[less]))};
}

static struct value value_of(struct exponent exponent)
{
    return value_with(exponent.fitted, fabs(exponent.left), FINITE_SIZE);
}

/* Of independent estimates the mean, weighted by their standard errors. */
static struct exponent together(int n, const struct exponent exponent[])
{
    double weights = 0, mean = 0, left = 0;

    for (int i = 0; i < n; i++) {
        double w = 1 / pow(value_standard(exponent[i].fitted), 2);

        weights += w;
        mean += w * exponent[i].fitted.x;
        left += w * exponent[i].left;
    }
    return (struct exponent){measured(mean / weights, 1 / sqrt(weights), SAMPLING), left / weights};
}

/* Tells 1 from 1/2. */
static bool resolved(struct exponent exponent)
{
    struct value v = value_of(exponent);

    return CHECK_SIGMAS * value_standard(v) + value_bound(v) < 0.5;
}

/* Nb = b + b_2/N: b where the bias is resolved, the mean of Nb where it is not. */
static struct value coefficient_of(struct claim *claim, size_t n, const double x[], const struct value y[], bool line)
{
    double scaled[WIDTHS], inverse[WIDTHS], sd[WIDTHS], weights = 0, mean = 0;
    struct line fit;

    for (size_t i = 0; i < n; i++) {
        inverse[i] = 1 / x[i];
        scaled[i] = x[i] * y[i].x;
        sd[i] = x[i] * value_error(y[i]);
        weights += 1 / (sd[i] * sd[i]);
        mean += scaled[i] / (sd[i] * sd[i]);
    }
    if (!line) {
        return measured(mean / weights, 1 / sqrt(weights), SAMPLING);
    }
    claim_need(claim, line_fit(n, inverse, scaled, sd, &fit));
    return value_with(fit.intercept, 0.01 * fabs(fit.intercept.x), FINITE_SIZE); // transients
}

/* From which width on the limit is good to one per cent; for a bias that is not resolved, a width that is enough. */
static struct value width_enough(struct value b, bool known, double limit)
{
    double percent = 0.01 * fabs(limit);

    return known ? value_scale(1 / percent, measured(fabs(b.x), value_error(b), SAMPLING))
                 : measured((fabs(b.x) + CHECK_SIGMAS * value_error(b)) / percent, value_error(b) / percent, SAMPLING);
}

static void check_power(struct claim *claim, const char *name, struct exponent exponent)
{
    claim_case(claim, "%s", name);
    check_rate(claim, "bias as 1/N", exact(claim_fault(claim, "square_root") ? -0.5 : -1), value_of(exponent));
}

static struct exponent report(struct claim *claim, int which, double limit, size_t n, const double N[],
                              const struct value bias[], const struct value plain[])
{
    const char *name = series_name[which];
    struct exponent exponent = exponent_of(claim, n, N, bias, false);
    struct value power = value_of(exponent);
    bool known = resolved(exponent);
    struct value b = coefficient_of(claim, n, N, bias, known), width = width_enough(b, known, limit);

    if (known) {
        check_power(claim, name, exponent);
    }
    for (size_t i = 0; i < n; i++) {
        claim_row(claim, name, N[i], BOTH(bias[i]), BOTH(plain[i]), limit, known ? power.x : NAN,
                  known ? value_error(power) : NAN, BOTH(b), BOTH(width));
        claim_case(claim, "%s, N = %g", name, N[i]);
        if (which != DIFFERENCE) {
            check_zero(claim, "plain means", value_sub(plain[i], bias[i]), fmax(fabs(limit), 0.01));
        }
    }
    return exponent;
}

/* ## Biases that symmetry forbids
 * Turning all inputs of a neuron around, $h\to-h$, changes no law. Where $\phi(x)^2+\phi(-x)^2\propto x^2$, as for relu, two such neurons have $\sum_i\phi(h_i)^2$ fixed by
 * $\sum_ih_i^2=B$, so $\mathbb E\,q$ has its limit's value at every width. Where $\phi$ is odd, turning a batch around as a whole changes the sign of covariances between batches. */
static bool fixes_squares(const struct activation *phi)
{
    double first = pow(activation_value(phi, 1), 2) + pow(activation_value(phi, -1), 2);

    for (double x = 0.25; x < 3; x += 0.25) {
        double square = pow(activation_value(phi, x), 2) + pow(activation_value(phi, -x), 2);

        if (fabs(square - first * x * x) > 1e-12 * first) {
            return false;
        }
    }
    return true;
}

static bool is_odd(const struct activation *phi)
{
    for (double x = 0.25; x < 3; x += 0.25) {
        if (fabs(activation_value(phi, x) + activation_value(phi, -x)) > 1e-12) {
            return false;
        }
    }
    return true;
}

/* ## The spread
 * Growth of squared gradients through windows of layers: its standard deviation. That has a relative error of $\sqrt{(\kappa-1)/4n}$ with $\kappa$ the kurtosis, of which a small sample knows little: at
 * least 3. Small samples that come out narrow must not seem precise, and so the exponent is fitted to logarithms, with relative errors, and with the mean logarithm's bias
 * of half the error squared taken away. */
static struct value spread_of(size_t n, const double growths[])
{
    struct moments sample = moments_of(n, growths, 1);
    double fourth = 0, variance = moments_variance(sample);

    for (size_t i = 0; i < n; i++) {
        fourth += pow(growths[i] - sample.mean, 4) / (double)n;
    }
    double error = sqrt((fmax(fourth / (variance * variance), 3) - 1) / (4 * ((double)n - 1))),
           spread = sqrt(variance) * exp(error * error / 2);
    return measured(spread, error * spread, SAMPLING);
}

static void check_spread(struct claim *claim, const char *name, double sign, struct exponent exponent)
{
    claim_case(claim, "%s", name);
    check_rate(claim, "spread as sqrt(L/N)", exact(sign * (claim_fault(claim, "linear") ? 1 : 0.5)),
               value_of(exponent));
}

static struct exponent report_spread(struct claim *claim, const char *name, double sign, size_t n, const double x[],
                                     const struct value spread[])
{
    struct exponent exponent = exponent_of(claim, n, x, spread, true);
    struct value power = value_of(exponent);

    check_spread(claim, name, sign, exponent);
    for (size_t i = 0; i < n; i++) {
        claim_row(claim, name, x[i], BOTH(spread[i]), NAN, NAN, NAN, BOTH(power), NAN, NAN, NAN, NAN);
    }
    exponent.fitted.x *= sign;
    exponent.left *= sign;
    return exponent;
}

/* The growth from the last layer of the window to each layer above the first transient. */
static enum status draw_depths(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct experiment *e = context;
    struct batchnorm_record record;
    enum status status = batchnorm_record_new(&record, &e->network);

    (void)sample;
    status = status == STATUS_OK ? batchnorm_network_pass(&e->network, e->S, e->P, *stream, &record) : status;
    for (int k = 0; k <= e->deepest && status == STATUS_OK; k++) {
        out[k] = growth(&record, e->burn + e->deepest + 1 - k, e->burn + e->deepest + 1);
    }
    batchnorm_record_free(&record);
    return status;
}

/* Windows of some length and of two, four ... times that. (Growths of neighbouring layers are weakly correlated: short windows know more of that than of the square root.) Every network is cut
 * into windows of every length; that makes the spreads rise and fall together, and the exponent more certain than its error says. */
static struct exponent over_depths(struct claim *claim, struct experiment *e, size_t networks)
{
    int shortest = (int)claim_integer(claim, "window");
    double length[WINDOWS];
    struct value spread[WINDOWS];

    e->deepest = shortest << (WINDOWS - 1);
    e->network.depth = 2 * e->burn + e->deepest + 1;
    size_t deepest = (size_t)e->deepest, layers = deepest + 1;
    double *rows = memory_doubles(networks * layers), *growths = memory_doubles(networks * deepest);
    struct ensemble ensemble = claim_ensemble(claim, 500, networks, layers, draw_depths, e);
    claim_need(claim, ensemble_rows(&ensemble, rows));
    for (int w = 0; w < WINDOWS; w++) {
        size_t k = (size_t)shortest << w, windows = deepest / k;

        for (size_t i = 0; i < networks * windows; i++) {
            double *network = rows + i / windows * layers;

            growths[i] = network[(i % windows + 1) * k] - network[i % windows * k];
        }
        length[w] = (double)k;
        spread[w] = spread_of(networks * windows, growths);
    }
    memory_free(growths);
    memory_free(rows);
    return report_spread(claim, "spread over depth", 1, WINDOWS, length, spread);
}

/* ## Over widths */

/* So many networks that every width costs about the same; three at least. */
static size_t networks_of(struct claim *claim, const struct experiment *e, double N)
{
    double narrowest = (double)e->narrowest, overhead = 30, most = (double)claim_integer(claim, "networks");

    return (size_t)fmax(3, most * (narrowest + overhead) / (N + overhead));
}

/* Returns the exponent of the spread. */
static struct exponent over_widths(struct claim *claim, struct experiment *e)
{
    static const int factor[SCALES][WIDTHS] = {
        {1, 2, 4, 10}, {1, 2, 4, 8, 16, 64, 256, 1024}, {1, 2, 4, 8, 16, 64, 256, 1024, 20000}};
    static const size_t widths[SCALES] = {4, 8, 9};
    enum scale scale = claim_scale(claim);
    size_t n = widths[scale];
    double N[WIDTHS], off = claim_fault(claim, "wrong_limit") ? 0.01 : 0;
    const double limit[SERIES] = {log(e->lambda), log(e->lambda), log(e->lambda), e->q, e->nu / e->q, e->cross / e->q};
    struct value bias[SERIES][WIDTHS], plain[SERIES][WIDTHS], spread[WIDTHS];

    for (size_t k = 0; k < n; k++) {
        N[k] = (double)(e->narrowest * factor[scale][k]);
        size_t networks = networks_of(claim, e, N[k]);
        double *rows = memory_doubles(networks * OUTPUTS), *growths = memory_doubles(networks * PIECES);
        struct ensemble ensemble = claim_ensemble(claim, (uint32_t)k, networks, OUTPUTS, draw, e);

        e->network.width = (int)N[k];
        claim_need(claim, ensemble_rows(&ensemble, rows));
        for (int s = 0; s < SERIES; s++) {
            double shift = s == CORRELATION ? off : 0;

            bias[s][k] = value_with(moments_estimate(moments_of(networks, rows + s, OUTPUTS)), 1e-14, ROUNDING);
            plain[s][k] =
                value_with(moments_estimate(moments_of(networks, rows + SERIES + s, OUTPUTS)), 1e-14, ROUNDING);
            bias[s][k].x -= shift;
            plain[s][k].x -= shift;
        }
        for (size_t i = 0; i < networks * PIECES; i++) {
            growths[i] = rows[i / PIECES * OUTPUTS + 2 * SERIES + i % PIECES];
        }
        spread[k] = spread_of(networks * PIECES, growths);
        memory_free(growths);
        memory_free(rows);
    }
    struct exponent independent[SERIES];
    int count = 0;
    for (int s = 0; s < SERIES; s++) {
        struct exponent exponent = report(claim, s, limit[s], n, N, bias[s], plain[s]);

        if (resolved(exponent) && (s == DIFFERENCE || s == CORRELATION || s == CROSS)) {
            independent[count++] = exponent;
        }
    }
    if (count > 1) {
        check_power(claim, "difference and correlations together", together(count, independent));
    }
    claim_case(claim, "N = %g to %g", N[0], N[n - 1]);
    if (fixes_squares(&e->network.phi)) {
        check_zero(claim, "q is exact", coefficient_of(claim, n, N, bias[DIAGONAL], false), e->q);
    }
    if (is_odd(&e->network.phi)) {
        check_zero(claim, "batches stay uncorrelated", coefficient_of(claim, n, N, bias[CROSS], false), 1);
    }
    return report_spread(claim, "spread over width", -1, n, N, spread);
}

/* Transients die as rho^2 a layer; over a window of w layers they may be a hundredth of the bias. */
static int burn_of(const struct batchnorm_state *state, double window)
{
    double G = state->backward.G.x,
           rho = fmax(fmax(fabs(state->forward.L.x), fabs(state->forward.M.x)),
                      fmax(fmax(fabs(state->backward.L.x), fabs(state->backward.M.x)) / G, state->cross.x));

    return (int)fmax(2, fmin(BURN_MOST + 1, ceil(log(0.01 * window * (1 - rho * rho)) / (2 * log(rho)))));
}

/* ## The narrowest width
 * Fluctuations have as many components as covariances have entries: $B-1$ and $B(B-3)/2$ on the spaces $L$ and $M$ (Yang et al., appendix E.5). Each is of order $1/N$ and lives on for
 * $1/(1-\rho^2)$ layers, $\rho$ its eigenvalue over that of gradients' size. The expansion is one in their sum over $N$: widths begin there. */
static double components_of(int B, const struct spectrum *backward)
{
    double L = backward->L.x / backward->G.x, M = backward->M.x / backward->G.x;

    return (B - 1) / (1 - L * L) + B * (B - 3) / 2 / (1 - M * M);
}

static void set_limit(struct experiment *e, const struct batchnorm_state *state)
{
    int B = e->network.batch;

    e->lambda = state->backward.G.x;
    e->q = state->fixed.q.x;
    e->nu = state->fixed.nu.x;
    e->cross = state->cross_fixed.x;
    shape_bsb1(B, e->q, e->nu, e->S);
    shape_bsb1(B, 1 - 1.0 / B, -1.0 / B, e->P);
    for (int i = 0; i < 4 * B * B; i++) {
        int row = i / (2 * B), column = i % (2 * B);

        e->both[i] = row / B == column / B ? e->S[row % B * B + column % B] : e->cross;
    }
}

static void finite_width(struct claim *claim)
{
    static struct experiment e;
    int B = (int)claim_integer(claim, "B"), window = (int)claim_integer(claim, "L");
    struct batchnorm_state state;

    if (batchnorm_network_of(claim_text(claim, "phi"), 1, 1, B, &e.network) != STATUS_OK) {
        claim_refuse(claim, "%s", status_reason());
    }
    if (activation_homogeneity(&e.network.phi) < 0.75) {
        claim_refuse(claim, "the slope of %s has no fourth moment: a standard error of its square would lie",
                     e.network.phi.name);
    }
    claim_need(claim, batchnorm_state(&e.network.phi, B, &state));
    e.burn = burn_of(&state, window);
    e.narrowest = (int)ceil(claim_real(claim, "N") * components_of(B, &state.backward));
    if (!(state.forward.L.x < 0.99 && state.forward.M.x < 0.99 && e.burn <= BURN_MOST)) {
        claim_refuse(claim, "at B = %d networks of %s don't settle at their symmetric fixed point", B,
                     e.network.phi.name);
    }
    set_limit(&e, &state);
    e.biased = claim_fault(claim, "biased_control") ? 0.01 : 0;
    e.network.depth = window + 1 + 2 * e.burn;
    claim_labels(claim, "series");
    claim_column(claim, "size", EXACT, "a width; layers for the spread over depth");
    static const char *const measured_column[5] = {"bias", "plain", "exponent", "coefficient", "width"};
    for (int i = 0; i < 5; i++) {
        char name[32];
        struct tolerance sigmas = SIGMAS(0.1), relative = RELATIVE(0.05);

        if (i == 2) {
            claim_column(claim, "limit", (struct tolerance){TOLERANCE_ABSOLUTE, 1e-9, true}, "quadrature");
        }
        sigmas.nan_equal = relative.nan_equal = true;
        snprintf(name, sizeof name, "%s_err", measured_column[i]);
        claim_column(claim, measured_column[i], sigmas, "the same draws: only rounding differs");
        claim_column(claim, name, relative, "a standard error");
    }
    struct exponent spread[2] = {over_widths(claim, &e)};
    e.network.width = 4 * e.narrowest;
    spread[1] = over_depths(claim, &e, (size_t)claim_integer(claim, "networks"));
    check_spread(claim, "width and depth together", 1, together(2, spread));
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "activation that keeps its symmetric fixed point", "relu"),
                           integer("B", "batch size; below 8 squared gradients hardly have a variance", 8, 8, LARGEST),
                           integer("L", "layers measured, transients at both ends apart", 32, 8, 200),
                           real_by_scale("N", "the narrowest width, over the number of fluctuating components", 0.7, 1,
                                         1, 0.7, 20),
                           integer_by_scale("networks", "networks of the narrowest width; wider ones for equal cost",
                                            110, 1100, 10000, 60, 1000000),
                           integer_by_scale("window", "layers of the shortest window of the spread over depth", 4, 8,
                                            16, 2, 100)},
            .faults = {{"square_root", "the bias taken for a fluctuation", "bias*"},
                       {"wrong_limit", "a limit of the correlation that is off by a hundredth", "bias*"},
                       {"biased_control", "a control whose mean is not what it is taken for", "bias* plain*"},
                       {"linear", "layers that add up their deviations", "spread*"}},
            .run = finite_width,
        }));
}
