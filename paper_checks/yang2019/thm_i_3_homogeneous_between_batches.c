/* # Theorem I.3: gradients between batches for homogeneous activations
 *
 * Yang et al. (2019), appendix I, theorem I.3. For $\phi(x)=a\rho_\alpha(x)-b\rho_\alpha(-x)$ the number of theorem I.2 is
 *
 * $$\lambda_{\tilde M}^\downarrow=\frac1{8\pi}\,\frac{B(B-1)^{\alpha-1}}{\mu^*}\,\alpha^2(a+b)^2\,\mathrm{Beta}\Big(\frac\alpha2,\frac B2\Big)^2.$$
 *
 * **Checked.** The integral of its proof, $\int_0^{\pi/2}\cos^{\alpha-1}\theta\sin^{B-1}\theta\,d\theta=\frac12\mathrm{Beta}(\frac\alpha2,\frac B2)$, adaptive. The whole against
 * $\big(T_{11}-T_{12}\big)^2$, $T=\mathbb E\sqrt B\,D\,r^{-1}(I-vv^T)$, by integrals over two angles; and against the forward number of theorem H.14, which is stated in arc-cosine
 * kernels instead. All degrees from $0.6$, and both signs of $b$.
 * **Tolerance.** Quadratures and kernels state their errors.
 * **Could miss.** An error in $\mu^*$ that both sides share; theorem F.8 is about that.
 * **Found.** Holds. With $b=0$ it falls with the degree; below $\alpha\approx1.5$ larger batches keep more, above it less. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/numerics/sphere.h>
#include <math.h>

/* ## As printed
 * $\mathrm{Beta}(\frac\alpha2,\frac B2)=\Gamma(\frac\alpha2)\,\Gamma(\frac B2)/\Gamma(\frac{B+\alpha}2)$. */
static struct value beta(double alpha, int B)
{
    return value_div(rounded(tgamma(alpha / 2), 10), sphere_radius_moment(B + 1, 0.5, alpha));
}

static struct value printed(struct claim *claim, const struct homogeneous *phi, int B, struct value mu)
{
    double alpha = phi->alpha, power = claim_fault(claim, "one_power_more") ? alpha : alpha - 1;
    double sign = claim_fault(claim, "minus_b") ? -1 : 1, sum = phi->a + sign * phi->b;
    struct value Beta = beta(alpha, B);
    double front = B * pow(B - 1, power) * alpha * alpha * sum * sum / ((claim_fault(claim, "four_pi") ? 4 : 8) * M_PI);

    return value_div(value_mul(rounded(front, 10 + alpha), value_mul(Beta, Beta)), mu);
}

/* ## The integral of the proof */
struct powers {
    double cosine, sine;
};

static double powers_at(double t, void *context)
{
    const struct powers *p = context;
    double s = sin(t); // t = pi/2 - theta

    return pow(s, p->cosine) * exp(0.5 * p->sine * log1p(-s * s));
}

static void check_integral(struct claim *claim, double alpha, int B)
{
    struct powers p = {alpha - 1, B - 1};
    double end = fmin(M_PI / 2, (14 + 2 * sqrt(alpha)) / sqrt(B - 1)), points[257];
    int n = integrate_points(0, NULL, 0, end, 2 / sqrt(B - 1), 257, points);
    struct value I = claim_value(claim, integrate_pieces(powers_at, &p, n, points, 1e-13));
    struct value Beta = claim_fault(claim, "beta_shifted") ? beta(alpha + 1, B) : beta(alpha, B);

    check_equal(claim, "integral", value_scale(0.5, Beta), I);
}

/* ## Two angles */
struct slope_of {
    struct piecewise slope;
    double B;
};

static void entries(double x, double y, double out[], void *context)
{
    const struct slope_of *s = context;
    double slope = s->slope.f(x, s->slope.context);

    out[0] = slope * (1 - x * x / s->B);
    out[1] = -slope * x * y / s->B;
}

static struct value by_two_angles(struct claim *claim, const struct homogeneous *phi, int B, struct value mu)
{
    struct slope_of s = {homogeneous_slope_piecewise(phi), B};
    struct value T[2], radius = sphere_radius_moment(B, 1, -1);

    claim_need(claim, sphere_pair_means(B, 2, entries, &s, s.slope.kinks, s.slope.kink, T));
    struct value root = value_mul(radius, value_sub(T[0], T[1]));
    return value_div(value_scale(B, value_mul(root, root)), mu);
}

static void at_batch_size(struct claim *claim, const struct homogeneous *phi, int B, bool tabulate)
{
    struct batchnorm_state closed, sphere;
    struct response response = {homogeneous_piecewise(phi), homogeneous_slope_piecewise(phi)};

    claim_need(claim, batchnorm_state_closed(phi, B, &closed));
    claim_need(claim, batchnorm_state_sphere(&response, B, &sphere));
    struct value lambda = printed(claim, phi, B, sphere.fixed.mu),
                 angles = by_two_angles(claim, phi, B, sphere.fixed.mu);
    claim_case(claim, "alpha = %g, a = %g, b = %g, B = %d", phi->alpha, phi->a, phi->b, B);
    check_integral(claim, phi->alpha, B);
    if (fabs(phi->a + phi->b) > 1e-12 * fabs(phi->a)) {
        check_equal(claim, "two angles", lambda, angles);
        check_equal(claim, "theorem H.14", lambda, closed.cross);
    } else {
        check_zero(claim, "even", value_add(angles, closed.cross), 1);
    }
    if (tabulate)
        claim_row(claim, NULL, B, phi->alpha, lambda.x, angles.x);
}

static void homogeneous_between_batches(struct claim *claim)
{
    static const int sizes[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    static const struct homogeneous kinds[] = {
        {1, 1, 0},     {1, 1, 0.2}, {1, 1, 1},      {1, 1, -1},  {1.7, 1, 0},   {2, 1, -0.3}, {3, 1, 1},
        {0.8, 1, 0.5}, {2, 1, 1},   {1.3, -2, 0.7}, {2, 0, 1.5}, {0.7, 1, 1.0}, {4, 1, 0},    {2.5, 1, -0.9}};
    struct homogeneous chosen = {claim_real(claim, "alpha"), claim_real(claim, "a"), claim_real(claim, "b")};
    int sparse[SCALES] = {6, 3, 1}, every = sparse[claim_scale(claim)], B = (int)claim_integer(claim, "B");

    if (chosen.a == 0 && chosen.b == 0)
        claim_refuse(claim, "a = b = 0: an activation that is not 0 wanted");
    claim_column(claim, "B", EXACT, "a grid");
    claim_column(claim, "alpha", EXACT, "a grid");
    claim_column(claim, "printed", RELATIVE(1e-11), "a closed form");
    claim_column(claim, "two_angles", RELATIVE(1e-10), "quadrature");
    for (int n = 0; n < (int)(sizeof kinds / sizeof *kinds); n++)
        for (int i = n % every; i < 10; i += every)
            at_batch_size(claim, &kinds[n], sizes[i], false);
    at_batch_size(claim, &chosen, B, false);
    int drawn[] = {4, 10, B};
    for (int i = 0; i < 3; i++)
        for (double alpha = 0.6; alpha < 4.2; alpha += claim_scale(claim) == SCALE_SMOKE ? 1.2 : 0.2)
            at_batch_size(claim, &(struct homogeneous){alpha, chosen.a, chosen.b}, drawn[i], true);
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {real("alpha", "degree of one more activation", 1.5, 0.6, 12),
                                         real("a", "its factor on the positive side; also of those drawn", 1, -10, 10),
                                         real("b", "its factor on the negative side", 0, -10, 10),
                                         integer("B", "one more batch size; drawn", 64, 4, 10000)},
                          .faults = {{"one_power_more", "(B-1)^alpha in place of (B-1)^(alpha-1)", "two* theorem*"},
                                     {"minus_b", "(a-b)^2 in place of (a+b)^2", "two* theorem*"},
                                     {"four_pi", "1/(4 pi) in place of 1/(8 pi)", "two* theorem*"},
                                     {"beta_shifted", "Beta((alpha+1)/2, B/2)", "integral"}},
                          .run = homogeneous_between_batches,
                      }));
}
