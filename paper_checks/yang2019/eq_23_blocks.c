/* # Equations (22) and (23): gradients of several batches, block by block
 *
 * Yang et al. (2019), section 3.2. For two batches the covariance of gradients $\tilde\Pi$, of size $2B\times2B$, goes through the adjoint of $V_{(B_\phi^{\oplus2})'}(\tilde\Sigma^*)$, and each of its blocks evolves
 * by itself:
 *
 * $$\begin{pmatrix}\Pi_1&\Xi\\\Xi^T&\Pi_2\end{pmatrix}\mapsto\mathrm E\begin{pmatrix}B_\phi'(x)^T\Pi_1B_\phi'(x)&B_\phi'(x)^T\Xi B_\phi'(y)\\B_\phi'(y)^T\Xi^TB_\phi'(x)&B_\phi'(y)^T\Pi_2B_\phi'(y)\end{pmatrix},$$
 *
 * the diagonal blocks by equation (17), as for one batch, the other by a number, $\tilde\lambda_M$.
 *
 * **Checked.** One layer, sampled: $(x,y)\sim N(0,\tilde\Sigma^*)$ with the covariance between batches at its fixed point, gradients $(\delta_x,\delta_y)\sim N(0,\tilde\Pi)$ with random $\tilde\Pi$, sent back through the
 * derivative of $B_\phi$. The mean products against the operator from quadrature ($\lambda_G$, $\lambda_L$, $\lambda_M$ on the parts of $\Pi_1$) and
 * $\tilde\lambda_MG\Xi G$: the components along $G$, in $\mathbb L$, in $\mathbb M$, along $\Xi$. With $\Xi$ changed and $\Pi_1$ kept, the first block stays; and the other way round.
 * **Tolerance.** Standard errors of samples. $\mathrm E\,r^{-8}$ is finite from $B=10$: smaller batches are not sampled.
 * **Could miss.** Small batches; depth (equation (17) is `eq_17_backward_operator`).
 * **Found.** Holds as printed. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/sphere.h>
#include <math.h>
#include <string.h>

enum { LARGE = 24, ENTRIES = LARGE * LARGE, OUTPUTS = 6 };

struct setup {
    struct activation phi;
    int B;
    double q, nu, cross;                       // the fixed point: within a batch, and between
    double half_Pi[4 * ENTRIES];               // Pi = half_Pi half_Pi'
    double G[ENTRIES], L[ENTRIES], M[ENTRIES]; // test matrices of norm 1 in the three spaces
    double Xi[ENTRIES];                        // and between batches
    bool forgets_norm, same_batch;
    int power; // of the slope, in need_samples
};

/* ## Sampling one layer
 * $h$ has the covariance $\tilde\Sigma^*$: $(q-\nu)I+\nu11^T$ in each batch, $c11^T$ between. */
static void pre_activations(const struct setup *s, struct stream *stream, double x[], double y[])
{
    double shared[2], common = s->cross / s->nu;

    stream_normals(stream, 2, shared);
    stream_normals_scaled(stream, sqrt(s->q - s->nu), (size_t)s->B, x);
    stream_normals_scaled(stream, sqrt(s->q - s->nu), (size_t)s->B, y);
    for (int i = 0; i < s->B; i++) {
        x[i] += sqrt(fabs(s->nu)) * shared[0]; // the shift that centring takes away: its sign and size do not matter
        y[i] += sqrt(fabs(s->nu)) * (common * shared[0] + sqrt(fmax(0, 1 - common * common)) * shared[1]);
    }
}

static void centre(int B, double x[])
{
    double mean = 0;

    for (int i = 0; i < B; i++) {
        mean += x[i] / B;
    }
    for (int i = 0; i < B; i++) {
        x[i] -= mean;
    }
}

/* $B_\phi'(h)^T\delta=\sqrt Br^{-1}G(I-vv^T)D\delta$. */
static void backward(const struct setup *s, double h[], double delta[])
{
    double r, inner = 0;
    int B = s->B;

    centre(B, h);
    r = linear_norm(B, h);
    for (int i = 0; i < B; i++) {
        h[i] /= r;
        delta[i] *= activation_slope(&s->phi, sqrt(B) * h[i]);
        inner += h[i] * delta[i];
    }
    for (int i = 0; i < B; i++) {
        delta[i] = sqrt(B) / r * (delta[i] - (s->forgets_norm ? 0 : h[i] * inner));
    }
    centre(B, delta);
}

static double form(int B, const double X[], const double x[], const double y[])
{
    double sum = 0;

    for (int i = 0; i < B; i++) {
        for (int j = 0; j < B; j++) {
            sum += x[i] * X[i * B + j] * y[j];
        }
    }
    return sum;
}

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct setup *s = context;
    double h[2][LARGE], z[2 * LARGE], delta[2 * LARGE];
    int B = s->B;

    (void)sample;
    pre_activations(s, stream, h[0], h[1]);
    stream_normals(stream, (size_t)(2 * B), z);
    linear_multiply(false, false, 2 * B, 1, 2 * B, 1, s->half_Pi, z, 0, delta);
    for (int batch = 0; batch < 2; batch++) {
        centre(B, delta + batch * B);
    }
    if (s->same_batch) {
        memcpy(h[1], h[0], sizeof h[0]);
    }
    backward(s, h[0], delta);
    backward(s, h[1], delta + B);
    out[0] = form(B, s->G, delta, delta);
    out[1] = form(B, s->L, delta, delta);
    out[2] = form(B, s->M, delta, delta);
    out[3] = form(B, s->Xi, delta, delta + B);
    return STATUS_OK;
}

/* ## The covariance of gradients
 * $\tilde\Pi$ has $\Pi_1=\Pi_2=12G+lL+2M$ and $\Xi$ as random member, each of norm $\sqrt B$; with $I$ for $G$ it is positive definite, and gradients are centred after they are drawn, as the layer above would
 * leave them. */
static void normalise(int n, double X[])
{
    double norm = linear_norm(n, X);

    for (int k = 0; k < n; k++) {
        X[k] /= norm;
    }
}

static void test_matrices(struct claim *claim, struct setup *s)
{
    struct stream stream = claim_stream(claim, 1, 0);
    double raw[ENTRIES], d[LARGE];
    int B = s->B, n = B * B;

    shape_bsb1(B, B - 1, -1, s->G);
    stream_normals(&stream, (size_t)B, d);
    shape_diagonal(B, d, s->L);
    symmetric_random(&stream, B, raw);
    project_on_M(B, raw, s->M);
    stream_normals(&stream, (size_t)n, raw);
    centre_both(B, raw, s->Xi);
    normalise(n, s->G);
    normalise(n, s->L);
    normalise(n, s->M);
    normalise(n, s->Xi);
}

static void covariance_of_gradients(struct claim *claim, struct setup *s, double l, double xi)
{
    int B = s->B, side = 2 * B;
    double *Pi = memory_doubles((size_t)(side * side)), size = sqrt(B);

    for (int i = 0; i < side; i++) {
        for (int j = 0; j < side; j++) {
            int k = i % B * B + j % B, t = j % B * B + i % B;
            double own = 12 * (i % B == j % B) + l * size * s->L[k] + 2 * size * s->M[k];

            Pi[i * side + j] = i / B == j / B ? own : xi * size * (i < B ? s->Xi[k] : s->Xi[t]);
        }
    }
    claim_need(claim, linear_cholesky(side, Pi, s->half_Pi));
    memory_free(Pi);
}

/* ## One setting
 * $\Pi_1$ has the components $12\sqrt{B-1}$ along G (of norm 1), $l\sqrt B$, $2\sqrt B$, and $\Xi$ has $\xi\sqrt B$. */
static void at(struct claim *claim, struct setup *s, const struct batchnorm_state *state, uint32_t stream, double l,
               double xi, const char *label)
{
    struct moments moments[OUTPUTS];
    struct ensemble ensemble = claim_ensemble(claim, stream, (size_t)claim_integer(claim, "samples"), 4, draw, s);
    double size = sqrt(s->B);
    struct value cross = claim_fault(claim, "forward_for_cross") ? state->forward.L : state->cross;

    covariance_of_gradients(claim, s, l, xi);
    claim_need(claim, ensemble_moments(&ensemble, moments));
    struct value printed[4] = {value_scale(12 * sqrt(s->B - 1), state->backward.G),
                               value_scale(l * size, state->backward.L), value_scale(2 * size, state->backward.M),
                               value_scale(xi * size, cross)};
    static const char *const names[4] = {"diagonal block, G", "diagonal block, L", "diagonal block, M", "between"};
    for (int k = 0; k < 4; k++) {
        double start[4] = {12 * sqrt(s->B - 1), l * size, 2 * size, xi * size};
        struct value found = moments_mean(moments[k]);

        claim_case(claim, "phi = %s, B = %d, %s", s->phi.name, s->B, label);
        if (k == 0) {
            check_equal(claim, names[k], printed[k], found);
        } else { // eigenvalues may be near 0: on the scale of what growth like the trace's would be
            check_zero(claim, names[k], value_sub(found, printed[k]), size * state->backward.G.x);
        }
        claim_row(claim, names[k], start[k], printed[k].x, BOTH(found));
    }
}

/* ## Whether a standard error can be relied on
 * The products hold two slopes, their squares four, and the squares' fluctuation eight: samples have to outnumber $\mathrm E\phi'^8/(\mathrm E\phi'^2)^4$ by far. */
static double slope_power(double x, void *context)
{
    const struct setup *s = context;

    return pow(activation_slope(&s->phi, x), s->power);
}

static void need_samples(struct claim *claim, struct setup *s)
{
    const double *kink;
    struct piecewise f = {slope_power, s, activation_kinks(&s->phi, &kink), NULL};
    double moment[2];

    f.kink = kink;
    for (int k = 0; k < 2; k++) {
        s->power = k ? 8 : 2;
        moment[k] = sphere_mean(s->B, &f).x;
    }
    double wanted = 20 * moment[1] / pow(moment[0], 4);
    if (!((double)claim_integer(claim, "samples") >= wanted)) {
        claim_refuse(claim,
                     "phi = %s, B = %d: rare large slopes, samples = %.2g or more are needed for standard errors to "
                     "mean what they say",
                     s->phi.name, s->B, wanted);
    }
}

static void blocks(struct claim *claim)
{
    static struct setup s;
    struct batchnorm_state state;

    s.B = (int)claim_integer(claim, "B");
    claim_need(claim, activation_find(claim_text(claim, "phi"), &s.phi));
    claim_need(claim, batchnorm_state(&s.phi, s.B, &state));
    need_samples(claim, &s);
    s.q = state.fixed.q.x;
    s.nu = state.fixed.nu.x;
    s.cross = state.cross_fixed.x;
    s.forgets_norm = claim_fault(claim, "no_projection");
    s.same_batch = claim_fault(claim, "same_batch");
    claim_labels(claim, "block");
    claim_column(claim, "before", EXACT, "a parameter");
    claim_column(claim, "claimed", RELATIVE(1e-10), "quadrature");
    claim_column(claim, "sampled", SIGMAS(6), "samples");
    claim_column(claim, "sampled_err", RELATIVE(0.5), "an error estimate");
    test_matrices(claim, &s);
    at(claim, &s, &state, 2, 1.5, 2, "L 1.5, Xi 2");
    at(claim, &s, &state, 3, 1.5, 0, "L 1.5, Xi 0");
    at(claim, &s, &state, 4, 0, 2, "L 0, Xi 2");
    at(claim, &s, &state, 5, -1, -2, "L -1, Xi -2");
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "activation", "relu"), integer("B", "batch size", 12, 10, LARGE),
                           integer_by_scale("samples", "for each covariance of gradients", 50000, 200000, 4000000,
                                            10000, 100000000)},
            .faults = {{"forward_for_cross", "lambda_L forward in place of the eigenvalue between batches", "between"},
                       {"no_projection", "a derivative that forgets that r depends on h", "diag* between"},
                       {"same_batch", "the same pre-activations for both batches", "between"}},
            .run = blocks,
        }));
}
