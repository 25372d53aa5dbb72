/* # Lemma F.25: how a normalised batch's covariance changes near an isotropic one
 *
 * Yang et al. (2019), appendix F.3.2, lemma F.25. Let $\phi$ be positive-homogeneous of degree $\alpha$, $n(z)=\sqrt Bz/|z|$,
 * $P(a,b)=\Gamma(a+b)/\Gamma(a)$, and $\Sigma_t$ a path with $\Sigma_0=\mu G$, $\dot\Sigma=G\dot\Sigma G$. Then
 *
 * $$\frac d{dt}\mathrm V_{\phi\circ n}(\Sigma_t)=-\frac{\alpha B^\alpha\,\mathrm{tr}\dot\Sigma}{\mu\,2^{1+\alpha}P(\frac{B-1}2,\alpha+1)}\,\mathrm V\phi(G)
 *   +\frac{B^\alpha}{\mu\,2^\alpha P(\frac{B+1}2,\alpha)}\,\frac{d\mathrm V\phi}{d\Sigma}\Big|_G\{\dot\Sigma\}.\qquad(50)$$
 *
 * **Checked.** (50), entry by entry and for random $\dot\Sigma$, against the Jacobian, applied by its nine kinds of entries, each an integral over the sphere, and against
 * samples of $z\sim\mathcal N(0,\mu G)$ weighted with the derivative of their density. $\dot\Sigma=G$, which changes nothing. Degrees above
 * $\frac{B-1}2+2$, which the lemma excludes, too.
 * **Tolerance.** Quadrature states its error, samples their standard errors.
 * **Could miss.** Batches above 64; samples resolve 1 %.
 * **Found.** Holds. The lemma's hypothesis $\frac{B-1}2+2>\alpha$ is not needed; see `thm_f_33_forward_spectrum`. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/arccosine.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/numerics/sphere.h>
#include <float.h>
#include <math.h>

enum { MOST = 64 };

/* ## (50) as printed */
static struct value pochhammer(int twice, double b)
{
    return sphere_radius_moment(twice + 1, 0.5, 2 * b); // P(twice/2, b)
}

static void identity_less_mean(int B, double G[])
{
    for (int i = 0; i < B * B; i++)
        G[i] = (i / B == i % B) - 1.0 / B;
}

/* dV[B*B] and the size of its terms. */
static double printed(struct claim *claim, const struct homogeneous *h, int B, double mu, const double dS[],
                      double dV[])
{
    double G[MOST * MOST], V[MOST * MOST], along[MOST * MOST], alpha = h->alpha, trace = 0, size = 0;
    double power = pow(B, alpha) * exp2(-alpha) / mu;
    int first = claim_fault(claim, "same_batch") ? B + 1 : B - 1;

    identity_less_mean(B, G);
    claim_need(claim, homogeneous_moments(h, B, G, V));
    claim_need(claim, homogeneous_moments_along(h, B, G, dS, along));
    for (int i = 0; i < B; i++)
        trace += dS[i * B + i];
    double fall =
        (claim_fault(claim, "degree_lost") ? 1 : alpha) * power * trace / (2 * pochhammer(first, alpha + 1).x);
    double rise = power / pochhammer(B + 1, alpha).x;
    for (int i = 0; i < B * B; i++) {
        dV[i] = rise * along[i] - (claim_fault(claim, "no_trace") ? 0 : fall * V[i]);
        size = fmax(size, fabs(rise * along[i]) + fabs(fall * V[i]));
    }
    return size;
}

/* A random symmetric direction in im G, of size 1. */
static void random_direction(struct stream *stream, int B, double dS[])
{
    double A[MOST * MOST];

    for (int i = 0; i < B; i++)
        for (int j = 0; j <= i; j++)
            A[i * B + j] = A[j * B + i] = stream_normal(stream) / B;
    centre_both(B, A, dS);
}

/* ## The Jacobian's entries
 * The library's brackets are those of the Jacobian at the fixed point, where $\mu=\mu^*$; the derivative is homogeneous of degree $-1$ in $\mu$. */
static void check_matrix(struct claim *claim, const struct homogeneous *h, int B, double mu, uint32_t number)
{
    struct response phi = {homogeneous_piecewise(h), homogeneous_slope_piecewise(h)};
    struct batchnorm_state state;
    struct brackets U;
    struct stream stream = claim_stream(claim, 0, number);
    double dS[MOST * MOST], claimed[MOST * MOST], witness[MOST * MOST];

    claim_need(claim, batchnorm_state_sphere(&phi, B, &state));
    claim_need(claim, batchnorm_forward_brackets(&phi, B, &U));
    random_direction(&stream, B, dS);
    double size = printed(claim, h, B, mu, dS, claimed), ratio = state.fixed.mu.x / mu, largest = 0;
    ultrasymmetric_apply(B, &U, dS, witness);
    const struct value nine[] = {U.b1111, U.b1122, U.b1112, U.b1123, U.b1211, U.b1233, U.b1212, U.b1213, U.b1234};
    for (int k = 0; k < 9; k++)
        largest = fmax(largest, value_error(nine[k]) + DBL_EPSILON * fabs(nine[k].x));
    double error = ratio * B * largest + value_error(state.fixed.mu) / state.fixed.mu.x * size;
    for (int i = 0; i < B; i++)
        for (int j = 0; j <= i; j++) {
            claim_case(claim, "alpha = %g, a = %.3g, b = %.3g, B = %d, entry %d %d", h->alpha, h->a, h->b, B, i, j);
            check_equal(claim, i == j ? "matrix, diagonal" : "matrix, off",
                        measured(claimed[i * B + j], (60 + 8 * h->alpha) * DBL_EPSILON * size, ROUNDING),
                        measured(ratio * witness[i * B + j], error, QUADRATURE));
        }
}

/* $\dot\Sigma=G$: the same as a change of $\mu$. */
static void check_radial(struct claim *claim, const struct homogeneous *h, int B)
{
    double G[MOST * MOST], dV[MOST * MOST];

    identity_less_mean(B, G);
    double size = printed(claim, h, B, 1, G, dV);
    claim_case(claim, "alpha = %g, B = %d", h->alpha, B);
    check_zero(claim, "radial", measured(dV[0], 100 * DBL_EPSILON * size, ROUNDING), size);
    check_zero(claim, "radial", measured(dV[1], 100 * DBL_EPSILON * size, ROUNDING), size);
}

/* ## Samples
 * $\frac d{dt}\mathbb E\,f=\frac1{2\mu}\mathbb E\,f\,(z^T\dot\Sigma z/\mu-\mathrm{tr}\dot\Sigma)$ for $z\sim\mathcal N(0,\mu G)$, and less noise if the mean of $f$ is
 * subtracted first. */
struct sampler {
    struct homogeneous h;
    int B;
    double mu, trace, dS[MOST * MOST], mean[2];
};

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct sampler *s = context;
    double z[MOST], mean = 0, norm2 = 0, form = 0;
    int B = s->B;

    (void)sample;
    for (int i = 0; i < B; i++) {
        z[i] = sqrt(s->mu) * stream_normal(stream);
        mean += z[i] / B;
    }
    for (int i = 0; i < B; i++) {
        z[i] -= mean;
        norm2 += z[i] * z[i];
    }
    for (int i = 0; i < B * B; i++)
        form += s->dS[i] * z[i / B] * z[i % B];
    double weight = (form / s->mu - s->trace) / (2 * s->mu), unit = sqrt(B / norm2);
    double first = homogeneous_value(&s->h, unit * z[0]), second = homogeneous_value(&s->h, unit * z[1]);
    out[0] = (first * first - s->mean[0]) * weight;
    out[1] = (first * second - s->mean[1]) * weight;
    return STATUS_OK;
}

static void check_samples(struct claim *claim, const struct homogeneous *h, int B, double mu, uint32_t number)
{
    struct sampler s = {.h = *h, .B = B, .mu = mu};
    struct stream stream = claim_stream(claim, 1, number);
    struct moments moments[2];
    struct batchnorm_state state;
    double dV[MOST * MOST];

    random_direction(&stream, B, s.dS);
    s.dS[0] += 0.5; // a trace, and a change that the first sample sees
    centre_both(B, s.dS, dV);
    for (int i = 0; i < B * B; i++)
        s.dS[i] = dV[i];
    for (int i = 0; i < B; i++)
        s.trace += s.dS[i * B + i];
    claim_need(claim, batchnorm_state_closed(h, B, &state));
    s.mean[0] = state.fixed.q.x;
    s.mean[1] = state.fixed.nu.x;
    double size = printed(claim, h, B, mu, s.dS, dV);
    struct ensemble ensemble = claim_ensemble(claim, 10 + number, (size_t)claim_integer(claim, "samples"), 2, draw, &s);
    claim_need(claim, ensemble_moments(&ensemble, moments));
    claim_case(claim, "alpha = %g, B = %d, mu = %g", h->alpha, B, mu);
    check_equal(claim, "samples, diagonal", measured(dV[0], 100 * DBL_EPSILON * size, ROUNDING),
                moments_mean(moments[0]));
    check_equal(claim, "samples, off", measured(dV[1], 100 * DBL_EPSILON * size, ROUNDING), moments_mean(moments[1]));
}

/* ## The derivative as a picture
 * Entries (1,1) and (1,2) against $t$ for the direction $G D G$, $D=\mathrm{diag}(\cos t,\sin t,0,\dots)$, and the Jacobian's. */
static void tabulate(struct claim *claim, const struct homogeneous *h, int B, double mu)
{
    struct response phi = {homogeneous_piecewise(h), homogeneous_slope_piecewise(h)};
    struct batchnorm_state state;
    struct brackets U;
    double D[MOST * MOST] = {0}, dS[MOST * MOST], dV[MOST * MOST], witness[MOST * MOST];

    claim_column(claim, "t", EXACT, "a grid");
    claim_column(claim, "diagonal", ABSOLUTE(1e-10), "a closed form of two terms");
    claim_column(claim, "off", ABSOLUTE(1e-10), "a closed form of two terms");
    claim_column(claim, "matrix_diagonal", ABSOLUTE(1e-9), "quadrature");
    claim_column(claim, "matrix_off", ABSOLUTE(1e-9), "quadrature");
    claim_need(claim, batchnorm_state_sphere(&phi, B, &state));
    claim_need(claim, batchnorm_forward_brackets(&phi, B, &U));
    for (int i = 0; i <= 48; i++) {
        double t = i / 8.0, ratio = state.fixed.mu.x / mu;

        D[0] = cos(t);
        D[B + 1] = sin(t);
        centre_both(B, D, dS);
        printed(claim, h, B, mu, dS, dV);
        ultrasymmetric_apply(B, &U, dS, witness);
        claim_row(claim, NULL, t, dV[0], dV[1], ratio * witness[0], ratio * witness[1]);
    }
}

static void derivative_near_isotropy(struct claim *claim)
{
    static const struct homogeneous some[] = {{1, 1, 0},     {1, 1, 1},      {1, 1, 0.2}, {1, 1, -1}, {2, 1, 0},
                                              {1.7, 1, 0.3}, {0.6, 1, -0.4}, {3, 1, 1},   {6, 1, 0}};
    static const int batches[] = {4, 5, 6, 7, 10, 33};
    struct homogeneous asked = {claim_real(claim, "alpha"), claim_real(claim, "a"), claim_real(claim, "b")};
    double mu = claim_real(claim, "mu");
    int B = (int)claim_integer(claim, "B");

    if (asked.a == 0 && asked.b == 0)
        claim_refuse(claim, "a and b are both 0");
    tabulate(claim, &asked, B, mu);
    check_matrix(claim, &asked, B, mu, 0);
    check_radial(claim, &asked, B);
    for (uint32_t k = 0; k < 9; k++)
        for (uint32_t i = k % 2; i < 6; i += 2) {
            check_matrix(claim, &some[k], batches[i], 0.5 + k, 10 + 6 * k + i);
            check_radial(claim, &some[k], batches[i]);
        }
    for (uint32_t k = 0; k < 3; k++)
        check_samples(claim, &some[2 * k], 5 + (int)k, 0.7, k);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("B", "batch size", 6, 4, MOST), real("alpha", "degree", 1, 0.2, 12),
                           real("a", "phi(1)", 1, -10, 10), real("b", "-phi(-1)", 0, -10, 10),
                           real("mu", "scale of the isotropic covariance", 1, 0.01, 100),
                           integer_by_scale("samples", "sampled batches", 20000, 200000, 10000000, 1000, 1000000000)},
            .faults = {{"same_batch", "P((B+1)/2, alpha + 1) in the first term", "matrix* radial samples*"},
                       {"degree_lost", "the first term without its factor alpha", "matrix* radial samples*"},
                       {"no_trace", "(50) without its first term", "matrix* radial samples*"}},
            .run = derivative_near_isotropy,
        }));
}
