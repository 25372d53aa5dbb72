/* # Lemma K.6: at the rank-one fixed point gradients vanish or have no mean
 *
 * Yang et al. (2019), appendix K.1. With $\hat q$ of theorem K.4,
 *
 * $$G_B-\hat q\hat q^T=\begin{pmatrix}0&0\\0&G_{B-1}\end{pmatrix},$$
 *
 * so that at the fixed point $\mathrm{BSB2}^1_B(d^*,c^*,b^*)$ one step of backpropagation takes a gradient $\delta=(\delta_1,\delta_2)\in\mathbb R\times\mathbb R^{B-1}$ to
 *
 * $$\sqrt B\,\phi'\Big(\frac{-\operatorname{sgn}r}{\sqrt{B-1}}\Big)|r|^{-1}\,(0,\;G_{B-1}\delta_2),\qquad r\sim N(0,\lambda^*).$$
 *
 * It is zero if $\delta_2$ is constant, and otherwise has no finite mean, because of $|r|^{-1}$.
 *
 * **Checked.** The lemma entry by entry, $B$ to 1000. The step against differences of $B_\phi$ itself at samples $h\sim N(0,\Sigma^*)$. No finite mean: the integral of $|r|^{-1}$ from
 * $\epsilon$ grows like $\sqrt{2/\pi\lambda^*}\log(1/\epsilon)$, by quadrature, and the fractions of sampled $|r|^{-1}$ beyond 10, 100 and 1000 units fall like one over
 * these.
 * **Tolerance.** Differences state what extrapolation and rounding leave. Sampled fractions are binomial. Quadrature states its error.
 * **Could miss.** Nothing of the lemma. Whether a network is at this fixed point is another matter.
 * **Found.** Holds as printed. For relu-like $\phi$ the factor $\phi'$ is 0 for one sign of $r$: see `rem_k_7_rounding`. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/activation.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/ultrasymmetric.h>
#include <float.h>
#include <math.h>

/* ## The lemma */
static double q(int B, int i)
{
    return sqrt((B - 1.0) / B) * (i == 0 ? 1 : -1.0 / (B - 1));
}

static void projection(struct claim *claim, int B)
{
    double worst = 0, rest = claim_fault(claim, "one_sample_more") ? B : B - 1;

    for (int i = 0; i < B; i++) {
        for (int j = 0; j < B; j++) {
            double left = (i == j) - 1.0 / B - q(B, i) * q(B, j), right = i == 0 || j == 0 ? 0 : (i == j) - 1 / rest;

            worst = fmax(worst, fabs(left - right));
        }
    }
    check_zero(claim, "lemma", measured(worst, 8 * DBL_EPSILON, ROUNDING), 1.0 / B);
}

/* ## The step as printed
 * h = (x, y, ..., y); $r=\hat q\cdot h=\sqrt{(B-1)/B}\,(x-y)$. */
static double factor(struct claim *claim, const struct activation *phi, int B, double r)
{
    double argument = (r > 0 ? -1 : 1) / sqrt(B - 1.0);

    return (claim_fault(claim, "root_lost") ? 1 : sqrt(B)) * activation_slope(phi, argument) / fabs(r);
}

/* ## Against differences of $B_\phi$
 * Entry i of the step is the derivative of $\delta\cdot B_\phi(h)$ in $h_i$. */
static double along(const struct activation *phi, int B, const double h[], const double delta[])
{
    double norm2 = 0, sum = 0;
    long double mean = 0;

    for (int i = 0; i < B; i++) {
        mean += (long double)h[i] / B;
    }
    for (int i = 0; i < B; i++) {
        norm2 += (h[i] - (double)mean) * (h[i] - (double)mean);
    }
    for (int i = 0; i < B; i++) {
        sum += delta[i] * activation_value(phi, (h[i] - (double)mean) * sqrt(B / norm2));
    }
    return sum;
}

static struct value derivative(const struct activation *phi, int B, double h[], const double delta[], int i,
                               double step)
{
    double kept = h[i], d[3], size = 0;

    for (int k = 0; k < 3; k++, step /= 2) {
        h[i] = kept + step;
        double up = along(phi, B, h, delta);
        h[i] = kept - step;
        double down = along(phi, B, h, delta);
        d[k] = (up - down) / (2 * step);
        size = fmax(size, (fabs(up) + fabs(down)) / step);
    }
    h[i] = kept;
    double first = (4 * d[1] - d[0]) / 3, second = (4 * d[2] - d[1]) / 3, best = (16 * second - first) / 15;
    return value_with(measured(best, fabs(best - second), QUADRATURE), 64 * B * DBL_EPSILON * size, ROUNDING);
}

static void step_at(struct claim *claim, const struct activation *phi, int B, double x, double y, struct stream *stream)
{
    double *h = memory_doubles((size_t)B), *delta = memory_doubles((size_t)B), mean = 0,
           r = sqrt((B - 1.0) / B) * (x - y), size = 0;
    double scale = factor(claim, phi, B, r);

    stream_normals(stream, (size_t)B, delta);
    for (int i = 0; i < B; i++) {
        h[i] = i == 0 ? x : y;
        mean += i == 0 ? 0 : delta[i] / (B - 1);
        size = fmax(size, fabs(delta[i]));
    }
    mean = claim_fault(claim, "mean_kept") ? 0 : mean;
    for (int i = 0; i < (B < 12 ? B : 12); i++) {
        struct value printed =
            i == 0 ? exact(0) : rounded(scale * (delta[i] - mean), 8 + 4 * size / fabs(delta[i] - mean));
        struct value difference = derivative(phi, B, h, delta, i, 0.02 * fabs(x - y) / B);

        i == 0 ? check_zero(claim, "alone", difference, fabs(scale) * size + 1e-3)
               : check_equal(claim, "others", printed, difference);
    }
    for (int i = 1; i < B; i++) {
        delta[i] = claim_fault(claim, "not_constant") ? i : 0.7;
    }
    check_zero(claim, "constant gradient", derivative(phi, B, h, delta, 1, 0.02 * fabs(x - y) / B), fabs(scale) + 1e-3);
    memory_free(h);
    memory_free(delta);
}

static double lambda_of(const struct activation *phi, int B)
{
    double s = sqrt(B - 1.0), up = activation_value(phi, s) - activation_value(phi, -1 / s),
           down = activation_value(phi, -s) - activation_value(phi, 1 / s);

    return (B - 1) * (up * up + down * down) / (2 * B);
}

static void steps(struct claim *claim, const struct activation *phi, int B)
{
    double s = sqrt(B - 1.0), far = activation_value(phi, s), back = activation_value(phi, -s),
           near = activation_value(phi, 1 / s), opposite = activation_value(phi, -1 / s);
    double d = (far * far + back * back) / 2, c = (far * opposite + back * near) / 2,
           b = (near * near + opposite * opposite) / 2;

    for (uint32_t k = 0; k < 6; k++) {
        struct stream stream = claim_stream(claim, (uint32_t)B, k);
        double z[2];

        do { // differences of B_phi need a distance from its pole
            stream_normals(&stream, 2, z);
        } while (fabs(z[0]) < 0.3);
        double x = sqrt(d) * z[0], y = c / sqrt(d) * z[0] + sqrt(fmax(0, b - c * c / d)) * z[1];
        claim_case(claim, "phi = %s, B = %d, sample %u", phi->name, B, k);
        if (fabs(x - y) > 0.1 * (fabs(x) + fabs(y))) {
            step_at(claim, phi, B, x, y, &stream);
        }
    }
}

/* ## No mean
 * $\mathrm E\,\min$: the part of $\mathrm E|r|^{-1}$ from $|r|>\epsilon\sqrt{\lambda^*}$, in units of $1/\sqrt{\lambda^*}$. */
static double over_r(double r, void *context)
{
    (void)context;
    return 2 * normal_density(r) / r;
}

static void no_mean(struct claim *claim)
{
    struct value before = exact(0);
    double last = 40;

    for (int k = 1; k <= 40; k++) {
        double epsilon = ldexp(1, -k);
        struct value piece = claim_value(claim, integrate(over_r, NULL, epsilon, last, 1e-13));

        claim_case(claim, "epsilon = 2^-%d", k);
        if (k > 20) {
            double printed = sqrt((claim_fault(claim, "one_sided") ? 0.5 : 2) / M_PI) * M_LN2;

            check_rate(claim, "logarithm", rounded(printed, 6), value_with(piece, epsilon * epsilon, FINITE_SIZE));
        }
        before = value_add(before, piece);
        claim_row(claim, "integral", epsilon, before.x,
                  sqrt(2 / M_PI) * (log(1 / epsilon) + (M_LN2 - 0.57721566490153286) / 2));
        last = epsilon;
    }
}

static void tail(struct claim *claim)
{
    long samples = claim_integer(claim, "samples");
    struct stream stream = claim_stream(claim, 2, 0);
    double beyond[3] = {0};

    for (long k = 0; k < samples; k++) {
        double r = fabs(stream_normal(&stream));

        for (int t = 0; t < 3; t++) {
            beyond[t] += 1 / r > pow(10, t + 1);
        }
    }
    for (int t = 0; t < 3; t++) {
        double threshold = pow(10, t + 1), fraction = beyond[t] / (double)samples;
        double power = claim_fault(claim, "finite_mean") ? 1.1 : 1, printed = sqrt(2 / M_PI) * pow(threshold, -power);

        claim_case(claim, "beyond %g", threshold);
        check_equal(claim, "tail", measured(printed, printed / (3 * threshold * threshold), FINITE_SIZE),
                    measured(fraction, sqrt(printed / (double)samples), SAMPLING));
    }
}

static void lemma(struct claim *claim)
{
    static const int batches[] = {3, 4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    static const char *const names[] = {"relu", "tanh", "gelu", "relu^2", "x^3", "silu"};
    struct activation phi;

    claim_need(claim, activation_find(claim_text(claim, "phi"), &phi));
    if (!(lambda_of(&phi, (int)claim_integer(claim, "B")) > 1e-12)) {
        claim_refuse(claim, "phi = %s takes equal values at the two points: lambda* = 0", phi.name);
    }
    claim_labels(claim, "series");
    claim_column(claim, "epsilon", EXACT, "a grid");
    claim_column(claim, "mean", RELATIVE(1e-12), "quadrature");
    claim_column(claim, "asymptote", RELATIVE(1e-13), "a closed form");
    projection(claim, (int)claim_integer(claim, "B"));
    steps(claim, &phi, (int)claim_integer(claim, "B"));
    for (int i = 0; i < (int)(sizeof batches / sizeof *batches); i++) {
        claim_case(claim, "B = %d", batches[i]);
        projection(claim, batches[i]);
        for (int k = 0; k < 6 && batches[i] <= 33; k++) {
            struct activation other;

            claim_need(claim, activation_find(names[k], &other));
            steps(claim, &other, batches[i]);
        }
    }
    no_mean(claim);
    tail(claim);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "one more activation", "sigmoid"),
                           integer("B", "one more batch size", 12, 3, 1000),
                           integer_by_scale("samples", "of r", 2000000, 4000000, 100000000, 200000, 2000000000)},
            .faults = {{"one_sample_more", "1/B in place of 1/(B-1) in the lemma's block", "lemma"},
                       {"root_lost", "the step without sqrt(B)", "others"},
                       {"mean_kept", "delta_2 in place of G_{B-1} delta_2", "others"},
                       {"not_constant", "delta_2 = (1, 2, ...) in place of a constant", "constant*"},
                       {"one_sided", "1/sqrt(2 pi) in place of sqrt(2/pi)", "logarithm"},
                       {"finite_mean", "a tail exponent of 1.1", "tail"}},
            .run = lemma,
        }));
}
