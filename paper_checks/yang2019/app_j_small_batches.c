/* # Appendix J: batches of one, two and three
 *
 * Yang et al. (2019), appendix J, "Small Batch Size". With $B=1$ batch normalisation is not defined. With $B=2$ it gives $\pm1$ according to which sample is larger, so that gradients are
 * 0. $B=3$ "suffers similar gradient explosion as $B=4$", and the paper conjectures that a generalisation of theorem 3.9 holds there.
 *
 * At $B=3$ the squared length $r^2$ of a centred batch has density $1/(2\mu^*)$ at 0. A neuron multiplies squared gradients by $3/r^2$ times what is left of them orthogonal to its
 * batch's direction $v$, and the mean of $r^{-2}$ is infinite: $\lambda_G=\infty$. Over $N$ neurons the sum of terms with such a tail is typically $N\ln N$
 * times the tail's weight, so that a layer multiplies squared gradients typically by
 *
 * $$s\ln N+O(1),\qquad s=\frac3{4\mu^*}\,\mathbb E_v\big[v_\perp^TDGDv_\perp\big],\qquad D=\mathrm{diag}\,\phi'(\sqrt3v),$$
 *
 * with $v$ uniform on the circle and $v_\perp$ at right angles to it; which centred matrix stands for the gradients' covariance does not matter, by symmetry.
 *
 * **Checked.** $B=1$ and $B=2$ directly. $B=3$: the slope of the growth over $\ln N$ in networks of many widths, against $s$; the growth is a network's median over its
 * layers, because it has no mean. $B=4$ beside it: its growth depends on $N$ less. Both explode.
 * **Tolerance.** A fit's standard error, and what leaving out the narrowest width changes.
 * **Could miss.** A coefficient wrong by less than a tenth.
 * **Found.** The statements hold, the conjecture only in a weak sense: at $B=3$ gradients explode, but at a rate that grows with the logarithm of the width. No number
 * independent of $N$ describes it. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/network/batchnorm_layer.h>
#include <assay/network/batchnorm_network.h>
#include <assay/numerics/sphere.h>
#include <math.h>

enum { WIDTHS = 5, DEEPEST = 200 };

/* ## One sample, two samples */
static void one_sample(struct claim *claim)
{
    struct batchnorm_network network;
    double h = 0.7, z, inverse;

    claim_need(claim, batchnorm_network_of("relu", 2, 10, 1, &network));
    batchnorm_layer_forward(1, 1, 1, 0, &h, &z, &inverse);
    claim_case(claim, "0/0");
    check_equal(claim, "B = 1 undefined", exact(1), exact(isnan(z)));
    claim_case(claim, "network refused");
    check_equal(claim, "B = 1 undefined", exact(1), exact(batchnorm_network_check(&network) == STATUS_RANGE));
    status_clear();
}

static void two_samples(struct claim *claim, const struct activation *phi)
{
    struct stream stream = claim_stream(claim, 0, 0);

    for (int k = 0; k < 200; k++) {
        double h[2], z[2], E[2], D[2], up[2], inverse, step = 1e-3;
        double epsilon = claim_fault(claim, "epsilon") ? 1e-5 : 0;

        stream_normals(&stream, 2, h);
        stream_normals(&stream, 2, D);
        batchnorm_layer_forward(2, 1, 1, epsilon, h, z, &inverse);
        batchnorm_layer_derivative(2, 1, 1, z, &inverse, D, E);
        claim_case(claim, "batch %d", k);
        check_zero(claim, "B = 2, signs",
                   measured(fabs(z[0]) + fabs(z[1]) - 2 + fabs(z[0] - copysign(1, h[0] - h[1])),
                            1e-13 / fabs(h[0] - h[1]), ROUNDING),
                   1);
        check_zero(claim, "B = 2, gradient",
                   measured(fabs(E[0]) + fabs(E[1]), 1e-13 * inverse / fabs(h[0] - h[1]), ROUNDING), inverse);
        h[0] += h[0] > h[1] ? step : -step;
        batchnorm_layer_forward(2, 1, 1, epsilon, h, up, &inverse);
        double moved = activation_value(phi, up[0]) - activation_value(phi, z[0]);
        check_zero(claim, "B = 2, moved", measured(moved, 1e-12 / fabs(h[0] - h[1]), ROUNDING), 1);
    }
}

/* ## What the tail weighs
 * On the circle: $\sqrt3v_i=\sqrt2\cos(\theta+2\pi i/3)$. $\mu^*$ is the same integral of $\phi_1^2-\phi_1\phi_2$. */
struct circle {
    const struct activation *phi;
    bool slope;
};

static double on_circle(double theta, void *context)
{
    const struct circle *circle = context;
    double f[3], sum = 0, squares = 0;

    for (int i = 0; i < 3; i++) {
        double z = sqrt(2) * cos(theta + 2 * M_PI * i / 3), across = sqrt(2.0 / 3) * -sin(theta + 2 * M_PI * i / 3);

        f[i] = circle->slope ? activation_slope(circle->phi, z) * across : activation_value(circle->phi, z);
        sum += f[i];
        squares += f[i] * f[i];
    }
    return (squares - sum * sum / 3) / (2 * M_PI); // f'Gf
}

static struct value circle_mean(struct claim *claim, const struct activation *phi, bool slope)
{
    struct circle circle = {phi, slope};
    double points[13];

    for (int k = 0; k <= 12; k++) {
        points[k] = M_PI * k / 6; // arguments vanish at odd multiples of pi/6
    }
    return claim_value(claim, integrate_pieces(on_circle, &circle, 13, points, 1e-12));
}

static struct value tail_weight(struct claim *claim, const struct activation *phi)
{
    struct value mu = value_scale(0.5, circle_mean(claim, phi, false)); // f'Gf = (B-1) mu*

    return value_scale(claim_fault(claim, "tail_doubled") ? 1.5 : 0.75, value_div(circle_mean(claim, phi, true), mu));
}

/* ## Networks */
static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct batchnorm_network *network = context;
    struct batchnorm_record record;
    enum status status = batchnorm_record_new(&record, network);
    int B = network->batch, L = network->depth;
    double S[16] = {0}, growth[DEEPEST];

    (void)sample;
    for (int i = 0; i < B; i++) {
        S[i * B + i] = 1;
    }
    if (status == STATUS_OK) {
        status = batchnorm_network_pass(network, S, NULL, *stream, &record);
    }
    for (int l = 2; l < L && status == STATUS_OK; l++) {
        growth[l - 2] = exp(batchnorm_record_log_gradient(&record, l) - batchnorm_record_log_gradient(&record, l + 1));
    }
    out[0] = status == STATUS_OK ? quantile_of((size_t)(L - 2), growth, 0.5) : NAN;
    batchnorm_record_free(&record);
    return status;
}

static const int three_to[WIDTHS] = {1, 3, 9, 27, 81};

/* A line through the middle width's growth with the tail's slope is drawn beside. */
static void draw_rows(struct claim *claim, const char *batch, const struct value growth[WIDTHS], double s)
{
    for (int k = 0; k < WIDTHS; k++) {
        double N = (double)claim_integer(claim, "N") * three_to[k];

        claim_row(claim, batch, N, BOTH(growth[k]), growth[2].x + s * log((double)three_to[k] / three_to[2]));
    }
}

/* The growth at each width, and its slope over $\ln N$. */
static struct value slope_of(struct claim *claim, uint32_t stream, const struct activation *phi, int B,
                             struct value growth[WIDTHS])
{
    struct batchnorm_network network = {
        .depth = (int)claim_integer(claim, "L"), .batch = B, .batches = 1, .phi = *phi, .gamma = 1};
    double x[WIDTHS], y[WIDTHS], sd[WIDTHS];
    struct line all, wide;

    for (int k = 0; k < WIDTHS; k++) {
        size_t networks = (size_t)claim_integer(claim, "networks") >> k / 2;
        struct moments moments;
        struct ensemble ensemble =
            claim_ensemble(claim, stream + (uint32_t)k, networks > 8 ? networks : 8, 1, draw, &network);

        network.width = (int)claim_integer(claim, "N") * three_to[k];
        claim_need(claim, ensemble_moments(&ensemble, &moments));
        growth[k] = moments_estimate(moments);
        x[k] = log(network.width);
        y[k] = growth[k].x;
        sd[k] = value_standard(growth[k]);
    }
    claim_need(claim, line_fit(WIDTHS, x, y, sd, &all));
    claim_need(claim, line_fit(WIDTHS - 1, x + 1, y + 1, sd + 1, &wide));
    return value_with(all.slope, fabs(wide.slope.x - all.slope.x), FINITE_SIZE);
}

static void small_batches(struct claim *claim)
{
    struct activation phi;
    struct value three[WIDTHS], four[WIDTHS];

    if (activation_find(claim_text(claim, "phi"), &phi) != STATUS_OK) {
        claim_refuse(claim, "%s", status_reason());
    }
    if (activation_homogeneity(&phi) < 1) {
        claim_refuse(claim, "the slope of %s has a tail of its own", phi.name);
    }
    claim_labels(claim, "batch");
    claim_column(claim, "N", EXACT, "a parameter");
    claim_column(claim, "growth", SIGMAS(0.1), "the same draws: only rounding differs");
    claim_column(claim, "growth_err", RELATIVE(0.05), "a standard error");
    claim_column(claim, "line", RELATIVE(1e-3), "through a sampled point");
    one_sample(claim);
    two_samples(claim, &phi);
    struct value s = tail_weight(claim, &phi), slope = slope_of(claim, 10, &phi, 3, three),
                 settled = slope_of(claim, 20, &phi, 4, four);
    draw_rows(claim, "B = 3", three, s.x);
    draw_rows(claim, "B = 4", four, 0);
    claim_case(claim, "phi = %s, B = 3", phi.name);
    check_rate(claim, "B = 3, slope over ln N", s, slope);
    check_shape(claim, "explodes", value_sub(three[0], exact(1)), three[0].x);
    claim_case(claim, "phi = %s, B = 4", phi.name);
    check_shape(claim, "explodes", value_sub(four[0], exact(1)), four[0].x);
    check_shape(claim, "B = 4 depends less on N", value_sub(slope, settled), slope.x);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "activation", "relu"), integer_by_scale("L", "depth", 42, 42, 102, 42, DEEPEST),
                           integer_by_scale("N", "the narrowest width; then 3, 9, 27 and 81 times that", 100, 200, 1000,
                                            100, 4000000),
                           integer_by_scale("networks",
                                            "networks of the narrowest width; a fourth of that of the widest", 90, 100,
                                            1000, 90, 100000)},
            .faults = {{"epsilon", "epsilon = 1e-5 where there is none", "B?=?2*"},
                       {"tail_doubled", "a tail of density 1/mu*", "B?=?3*"}},
            .run = small_batches,
        }));
}
