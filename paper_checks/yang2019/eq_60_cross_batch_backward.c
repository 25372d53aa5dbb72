/* # Definition I.1, equations (59) and (60): what backpropagation does to the covariance of gradients of two batches
 *
 * Yang et al. (2019), appendix I. At the fixed point, samples of different batches are independent after centring, and the off-diagonal block $\Xi$ of the gradients' covariance goes through
 * $\Xi\mapsto\mathrm E[B_\phi'(y)^T\,\Xi\,B_\phi'(x)]$. The mean factorises, and
 *
 * $$T=\mathrm E\,\sqrt B\,r^{-1}D(I-vv^T),\qquad D=\operatorname{diag}\phi'(\sqrt Bv),\quad rv\sim N(0,\mu^*G),$$
 *
 * is BSB1, with $T_{11}=\sqrt B\,\mathrm E\,r^{-1}(1-v_1^2)\phi'(\sqrt Bv_1)$ and $T_{12}=-\sqrt B\,\mathrm E\,r^{-1}v_1v_2\phi'(\sqrt Bv_1)$. So $T\Xi T^T=(T_{11}-T_{12})^2\,\Xi$ for all $\Xi=G\Xi G$:
 * multiplication by the number $\tilde\lambda_M$.
 *
 * **Checked.** $T_{11}$ and $T_{12}$ by two-angle quadrature against sampled matrices $\sqrt Br^{-1}D(I-vv^T)$: all $B^2$ entries, and their means. $(T_{11}-T_{12})^2$ against the cross-batch eigenvalue of
 * the library, which comes from one coordinate alone or in closed form, for the activations of the table; and against the sampled operator of equation (60)
 * on a random $\Xi$ that is not symmetric: the multiple of $\Xi$, and that nothing else is left.
 * **Tolerance.** Quadrature states its error; samples have a standard error. $r^{-2}$ has a finite mean for $B\ge4$, its square for $B\ge6$: samples are used from 8.
 * **Could miss.** Small batches, in the samples.
 * **Found.** Holds as printed. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/sphere.h>
#include <float.h>
#include <math.h>

enum { LARGE = 16 };

struct setup {
    struct activation phi;
    int B;
    double mu, Xi[LARGE * LARGE], across[LARGE * LARGE];
    bool root_lost, no_projection;
};

/* ## $T_{11}$ and $T_{12}$
 * In terms of $h=\sqrt Bv$; $r$ and $v$ are independent. */
static void two_entries(double x, double y, double out[], void *context)
{
    const struct setup *s = context;
    double slope = activation_slope(&s->phi, x);

    out[0] = (1 - x * x / s->B) * slope;
    out[1] = -x * y / s->B * slope;
}

static void entries(struct claim *claim, struct setup *s, struct value T[2])
{
    const double *kink;
    int kinks = activation_kinks(&s->phi, &kink);
    struct value scale = value_scale(sqrt(s->B), claim_value(claim, sphere_radius_moment(s->B, s->mu, -1)));

    claim_need(claim, sphere_pair_means(s->B, 2, two_entries, s, kinks, kink, T));
    if (claim_fault(claim, "sign_lost")) {
        T[1] = value_scale(-1, T[1]);
    }
    for (int k = 0; k < 2; k++) {
        T[k] = value_mul(scale, T[k]);
    }
}

static struct value squared_difference(const struct value T[2])
{
    struct value d = value_sub(T[0], T[1]);

    return value_mul(d, d);
}

/* ## Sampled
 * One $B_\phi'$ before the centring on the right: $\sqrt Br^{-1}D(I-vv^T)$. */
static void sampled_factor(const struct setup *s, struct stream *stream, double out[])
{
    int B = s->B;
    double z[LARGE], mean = 0, r = 0;

    stream_normals_scaled(stream, sqrt(s->mu), (size_t)B, z);
    for (int i = 0; i < B; i++) {
        mean += z[i] / B;
    }
    for (int i = 0; i < B; i++) {
        z[i] -= mean;
        r = hypot(r, z[i]);
    }
    for (int i = 0; i < B; i++) {
        double slope = activation_slope(&s->phi, sqrt(B) * z[i] / r);

        for (int j = 0; j < B; j++) {
            out[i * B + j] =
                (s->root_lost ? 1 : sqrt(B)) / r * slope * ((i == j) - (s->no_projection ? 0 : z[i] * z[j] / (r * r)));
        }
    }
}

/* Outputs: the entries of one factor, those of the operator of two independent ones on Xi; the factor's mean diagonal and off-diagonal entry; the
 * image's component along Xi and along its transpose's part that is orthogonal to it. */
static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct setup *s = context;
    double other[LARGE * LARGE], work[LARGE * LARGE];
    int B = s->B, n = B * B;

    (void)sample;
    sampled_factor(s, stream, out);
    sampled_factor(s, stream, other);
    linear_multiply(false, false, B, B, B, 1, out, s->Xi, 0, work);
    linear_multiply(false, true, B, B, B, 1, work, other, 0, out + n);
    out[2 * n] = out[2 * n + 1] = 0;
    for (int k = 0; k < n; k++) {
        double share = 0.5 * (out[k] + other[k]);

        out[2 * n + (k / B == k % B ? 0 : 1)] += k / B == k % B ? share / B : share / (n - B);
    }
    out[2 * n + 2] = linear_dot(n, s->Xi, out + n);
    out[2 * n + 3] = linear_dot(n, s->across, out + n);
    return STATUS_OK;
}

/* Xi and across: random, centred, of norm 1 and orthogonal to each other. */
static void random_directions(struct claim *claim, struct setup *s)
{
    int B = s->B, n = B * B;
    struct stream stream = claim_stream(claim, 1, 0);
    double raw[LARGE * LARGE];

    for (int k = 0; k < 2; k++) {
        double *X = k ? s->across : s->Xi;

        stream_normals(&stream, (size_t)n, raw);
        centre_both(B, raw, X);
        if (k) {
            linear_axpy(n, -linear_dot(n, s->Xi, X), s->Xi, X);
        }
        double norm = linear_norm(n, X);
        for (int m = 0; m < n; m++) {
            X[m] /= norm;
        }
    }
}

static void by_samples(struct claim *claim, struct setup *s, const struct value T[2])
{
    int B = s->B, n = B * B, outputs = 2 * n + 4;
    struct moments *moments = memory_new((size_t)outputs, sizeof *moments);
    struct ensemble ensemble =
        claim_ensemble(claim, 0, (size_t)claim_integer(claim, "samples"), (size_t)outputs, draw, s);
    struct value lambda = squared_difference(T);

    random_directions(claim, s);
    s->root_lost = claim_fault(claim, "root_lost");
    s->no_projection = claim_fault(claim, "no_projection");
    claim_need(claim, ensemble_moments(&ensemble, moments));
    if (value_error(moments_mean(moments[2 * n + 2])) > lambda.x / 25) {
        claim_refuse(claim, "phi = %s, B = %d: the eigenvalue %.2g drowns in its sampling error; take more samples",
                     s->phi.name, B, lambda.x);
    }
    for (int k = 0; k < n; k++) {
        bool diagonal = k / B == k % B;
        struct value image = moments_mean(moments[n + k]);

        claim_case(claim, "phi = %s, B = %d, entry %d, %d", s->phi.name, B, k / B, k % B);
        check_zero(claim, "T is BSB1", value_sub(moments_mean(moments[k]), T[diagonal ? 0 : 1]), T[0].x);
        if (diagonal || k < B) {
            claim_row(claim, "operator", s->Xi[k], lambda.x * s->Xi[k], BOTH(image));
        }
    }
    claim_case(claim, "phi = %s, B = %d", s->phi.name, B);
    check_equal(claim, "T_11, samples", T[0], moments_mean(moments[2 * n]));
    check_equal(claim, "T_12, samples", T[1], moments_mean(moments[2 * n + 1]));
    check_equal(claim, "operator, samples", lambda, moments_mean(moments[2 * n + 2]));
    check_zero(claim, "nothing else", moments_mean(moments[2 * n + 3]), lambda.x);
    memory_free(moments);
}

/* ## At one batch size */
static void at_batch_size(struct claim *claim, const char *name, int B, bool sample)
{
    struct setup s = {.B = B};
    struct value T[2];

    claim_need(claim, activation_find(name, &s.phi));
    struct bsb1 fixed = batchnorm_fixed_point(&s.phi, B);
    s.mu = claim_value(claim, fixed.mu).x;
    struct value cross = claim_value(claim, batchnorm_cross(&s.phi, B));
    entries(claim, &s, T);
    claim_case(claim, "phi = %s, B = %d", name, B);
    struct value lambda = squared_difference(T);
    check_equal(claim, "lambda", value_with(lambda, lambda.x * value_error(fixed.mu) / s.mu, QUADRATURE), cross);
    claim_row(claim, name, B, lambda.x, BOTH(cross));
    if (sample) {
        by_samples(claim, &s, T);
    }
}

static void operator_between(struct claim *claim)
{
    static const char *const names[] = {"id",  "relu", "lrelu:0.1", "relu^2",   "tanh", "sigmoid", "erf",
                                        "sin", "gelu", "silu",      "softplus", "x^3",  "exp"};
    static const int batches[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    int B = (int)claim_integer(claim, "B");
    struct activation phi;

    claim_need(claim, activation_find(claim_text(claim, "phi"), &phi));
    if (activation_parity(&phi) > 0) {
        claim_refuse(claim, "phi = %s is even: T = 0, and so is lambda", phi.name);
    }
    if (activation_homogeneity(&phi) < 0.8) {
        claim_refuse(claim, "phi = %s: samples of its slope have no standard error to rely on", phi.name);
    }
    claim_labels(claim, "series");
    claim_column(claim, "x", EXACT, "a batch size, or a random entry");
    claim_column(claim, "claimed", ABSOLUTE(1e-9), "quadrature");
    claim_column(claim, "witness", SIGMAS(6), "samples, or quadrature");
    claim_column(claim, "witness_err", RELATIVE(0.5), "an error estimate");
    at_batch_size(claim, phi.name, B, true);
    for (int i = 0; i < 13; i++) {
        for (int k = 0; k < 10; k++) {
            if (claim_scale(claim) != SCALE_SMOKE || k % 3 == i % 3) {
                at_batch_size(claim, names[i], batches[k], false);
            }
        }
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "activation that is sampled", "tanh"),
                           integer("B", "its batch size", 8, 8, LARGE),
                           integer_by_scale("samples", "pairs of factors", 30000, 200000, 2000000, 10000, 100000000)},
            .faults = {{"sign_lost", "v_1 v_2 in place of -v_1 v_2", "T_12,* operator,* lambda T?is*"},
                       {"root_lost", "samples without sqrt(B)", "T_1* operator,* T?is*"},
                       {"no_projection", "samples of D/r in place of D(I - vv')/r", "T_1* operator,* T?is*"}},
            .run = operator_between,
        }));
}
