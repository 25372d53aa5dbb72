/* # Theorem F.8: the symmetric fixed point of a positive-homogeneous activation
 *
 * Yang et al. (2019), appendix F.2.2, definition F.6, proposition F.7, theorem F.8, corollary F.9. Let $\phi$ be positive-homogeneous of degree $\alpha$ and
 * $P(a,b)=\Gamma(a+b)/\Gamma(a)$. For every covariance $\Sigma$ with equal variances and equal correlations,
 *
 * $$\mathrm V_{\mathrm B_\phi}(\Sigma)_{ii}=K_{\alpha,B}\,\mathsf J_\phi(1),\qquad
 *   \mathrm V_{\mathrm B_\phi}(\Sigma)_{ij}=K_{\alpha,B}\,\mathsf J_\phi\Big(\frac{-1}{B-1}\Big),\qquad
 *   K_{\alpha,B}=c_\alpha\,P\Big(\frac{B-1}2,\alpha\Big)^{-1}\Big(\frac{B-1}2\Big)^\alpha,$$
 *
 * which therefore is the one fixed point of this form. $K_{\alpha,B}\to c_\alpha$ as $B\to\infty$, and $G\Sigma^*G=\mu^*G$ with
 * $\mu^*=K_{\alpha,B}\big(\mathsf J_\phi(1)-\mathsf J_\phi(\frac{-1}{B-1})\big)$.
 *
 * **Checked.** Both entries, and $\mu^*=\frac12\mathbb E(\phi(h_1)-\phi(h_2))^2$ on its own, against quadrature over the sphere $S^{B-2}$, for all homogeneous
 * activations of the table and batches from 4 to 1000. That the start does not matter: samples of Gaussian batches of two different covariances of this
 * form, normalised as the definition says. The limit of $K_{\alpha,B}$, extrapolated from batches up to $10^6$.
 * **Tolerance.** Quadrature states its error, samples their standard errors, the extrapolation its last change.
 * **Could miss.** Degrees above 30.
 * **Found.** Holds. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/arccosine.h>
#include <assay/meanfield/homogeneous.h>
#include <assay/numerics/sphere.h>
#include <float.h>
#include <math.h>

enum { LARGEST = 64 }; // batch that is sampled

/* ## As printed */
static struct value pochhammer(double half_less, double alpha)
{
    return sphere_radius_moment((int)(2 * half_less + 1), 0.5, 2 * alpha);
}

static struct value K(struct claim *claim, double alpha, int B) {
    double half = (B - 1) / 2.0, shifted = claim_fault(claim, "half_a_sample") ? half + 0.5 : half;
    struct value power = rounded(pow(half, alpha), 2 + alpha), norm2 = claim_value(claim, arccosine_norm2(alpha));

    return claim_value(claim, value_div(value_mul(norm2, power), pochhammer(shifted, alpha)));
}

static double
correlation(struct claim *claim, int B)
{
    return -1.0 / (claim_fault(claim, "one_sample_more") ? B : B - 1);
}

static struct value top(const struct homogeneous *h)
{
    return rounded(h->a * h->a + h->b * h->b, 3);
}

static struct value off_diagonal(struct claim *claim, const struct homogeneous *h, int B)
{
    return value_mul(K(claim, h->alpha, B), claim_value(claim, homogeneous_kernel(h, correlation(claim, B))));
}

/* ## The sphere
 * All three means in one pass. */
static void square_product_spread(double x, double y, double out[], void *context)
{
    double f = homogeneous_value(context, x), g = homogeneous_value(context, y);

    out[0] = f * f;
    out[1] = f * g;
    out[2] = 0.5 * (f - g) * (f - g);
}

static void check_batch(struct claim *claim, struct homogeneous *h, const char *name, int B, bool tabulate)
{
    static const double origin[] = {0};
    struct value mean[3], k = K(claim, h->alpha, B), off = off_diagonal(claim, h, B), diagonal = value_mul(k, top(h));
    struct value rise = value_sub(top(h), claim_value(claim, homogeneous_kernel(h, correlation(claim, B))));

    claim_need(claim, sphere_pair_means(B, 3, square_product_spread, h, 1, origin, mean));
    claim_case(claim, "%s, B = %d", name, B);
    check_equal(claim, "diagonal", diagonal, mean[0]);
    check_equal(claim, "off the diagonal", off, value_with(mean[1], 4 * DBL_EPSILON * mean[0].x, ROUNDING));
    check_equal(claim, "mu", value_mul(k, rise), mean[2]);
    if (tabulate)
        claim_row(claim, NULL, B, diagonal.x, off.x, mean[0].x, mean[1].x);
}

/* ## Any covariance of this form
 * $z=\sqrt\mu\,\xi+\sqrt\nu\,\xi_0\mathbf 1$ with unit Gaussians; $h=\sqrt B\,Gz/|Gz|$. */
struct batch {
    struct homogeneous h;
    int B;
    double mu, nu;
};

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct batch *batch = context;
    double z[LARGEST], common = sqrt(batch->nu) * stream_normal(stream), mean = 0, norm2 = 0, sum = 0, square = 0;
    int B = batch->B;

    (void)sample;
    for (int i = 0; i < B; i++) {
        z[i] = sqrt(batch->mu) * stream_normal(stream) + common;
        mean += z[i] / B;
    }
    for (int i = 0; i < B; i++)
        norm2 += (z[i] - mean) * (z[i] - mean);
    for (int i = 0; i < B; i++) {
        double y = homogeneous_value(&batch->h, sqrt(B / norm2) * (z[i] - mean));

        sum += y;
        square += y * y;
    }
    out[0] = square / B;
    out[1] = (sum * sum - square) / (B * (B - 1.0));
    return STATUS_OK;
}

static void check_samples(struct claim *claim, const struct homogeneous *h, int B)
{
    static const double start[][2] = {{1, 0}, {0.3, 5}};

    for (uint32_t k = 0; k < 2; k++) {
        struct batch batch = {*h, B, start[k][0], start[k][1]};
        struct moments moments[2];
        struct ensemble ensemble = claim_ensemble(claim, k, (size_t)claim_integer(claim, "samples"), 2, draw, &batch);

        claim_need(claim, ensemble_moments(&ensemble, moments));
        claim_case(claim, "alpha = %g, B = %d, mu = %g, nu = %g", h->alpha, B, batch.mu, batch.nu);
        check_equal(claim, "samples, diagonal", value_mul(K(claim, h->alpha, B), top(h)),
                    value_with(moments_mean(moments[0]), 1e-13 * moments_mean(moments[0]).x, ROUNDING));
        check_equal(claim, "samples, off", off_diagonal(claim, h, B),
                    value_with(moments_mean(moments[1]), 1e-13 * moments_mean(moments[0]).x, ROUNDING));
    }
}

/* ## The limit
 * $K_{\alpha,B}$ has an expansion in $1/(B-1)$: errors of orders 1 and 2 are removed at $B-1=n,2n,4n$. */
static void check_limit(struct claim *claim, double alpha)
{
    int n = 100000;
    struct value a = K(claim, alpha, n + 1), b = K(claim, alpha, 2 * n + 1), c = K(claim, alpha, 4 * n + 1);
    struct value ab = value_sub(value_scale(2, b), a), bc = value_sub(value_scale(2, c), b);
    struct value limit = value_scale(1.0 / 3, value_sub(value_scale(4, bc), ab));
    double Gamma = tgamma(alpha + (claim_fault(claim, "limit") ? 1 : 0.5));

    claim_case(claim, "alpha = %g", alpha);
    check_equal(claim, "limit of K", rounded(exp2(alpha - 1) * Gamma / sqrt(M_PI), 20),
                value_with(limit, fabs(limit.x - bc.x), FINITE_SIZE));
}

static void fixed_point(struct claim *claim)
{
    static const char *const names[] = {"id",       "relu",   "lrelu:0.2", "abs", "relu^0.5",
                                        "relu^1.7", "relu^2", "relu^3",    "x^2", "x^3"};
    static const int batches[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    int B = (int)claim_integer(claim, "B"), step = claim_scale(claim) == SCALE_SMOKE ? 3 : 1;
    struct activation phi;
    struct homogeneous h;

    claim_column(claim, "B", EXACT, "a grid");
    claim_column(claim, "diagonal", RELATIVE(1e-12), "a closed form with Gamma functions");
    claim_column(claim, "off", RELATIVE(1e-11), "a closed form with Gamma functions, of two terms");
    claim_column(claim, "sphere_diagonal", RELATIVE(1e-11), "quadrature");
    claim_column(claim, "sphere_off", ABSOLUTE(1e-11), "quadrature");
    claim_need(claim, activation_find(claim_text(claim, "phi"), &phi));
    if (!(activation_homogeneity(&phi) > 0 && activation_homogeneity(&phi) <= 30))
        claim_refuse(claim, "phi = %s is not homogeneous of a degree above 0 and up to 30", phi.name);
    claim_need(claim, homogeneous_find(&phi, &h));
    for (int i = 0; i < 10; i++)
        check_batch(claim, &h, phi.name, batches[i], true);
    check_batch(claim, &h, phi.name, B, false);
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        claim_need(claim, activation_find(names[k], &phi));
        claim_need(claim, homogeneous_find(&phi, &h));
        for (int i = (int)k % step; i < 10; i += step)
            check_batch(claim, &h, names[k], batches[i], false);
        check_batch(claim, &h, names[k], B, false);
        check_limit(claim, h.alpha);
    }
    h = (struct homogeneous){1, 1, 0};
    check_samples(claim, &h, B < LARGEST ? B : LARGEST);
    h = (struct homogeneous){2, 1, -0.4};
    check_samples(claim, &h, 7);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "homogeneous activation of the table, such as id, relu, abs, relu^1.5, x^3",
                                "lrelu:0.2"),
                           integer("B", "one more batch size", 23, 4, 10000),
                           integer_by_scale("samples", "sampled batches", 4000, 40000, 4000000, 100, 1000000000)},
            .faults = {{"half_a_sample", "P(B/2, alpha) in place of P((B-1)/2, alpha)",
                        "diagonal off?the?diagonal mu samples*"},
                       {"one_sample_more", "c = -1/B in place of -1/(B-1)", "off?the?diagonal mu"},
                       {"limit", "Gamma(alpha + 1) in the limit", "limit?of?K"}},
            .run = fixed_point,
        }));
}
