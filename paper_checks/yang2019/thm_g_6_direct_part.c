/* # Theorem G.6: the part of the backward operator that multiplies entrywise
 *
 * Yang et al. (2019), appendix G.2, theorem G.6. For $\phi$ positive-homogeneous of degree $\alpha$ the first part of the backward operator,
 * $B^\alpha A\{\Lambda\}=B^\alpha\,\mathbb E\,r^{-2\alpha}D\Lambda D$ with $D=\mathrm{diag}\,\phi'(y)$, $r=\|y\|$, $y\sim N(0,\mu^*G)$, has the eigenvalues
 *
 * $$\lambda_G=\frac{R}{\mu^*}\Big(\frac{B-1}BJ'(1)+\frac1BJ'\Big)=\frac{(2\alpha+B-3)\big(\alpha^2(B-1)J_1+(2\alpha-1)J'\big)}{(2\alpha-1)(B-3)(B-1)(J_1-J)},$$
 *
 * $$\lambda_L=\frac{R}{\mu^*}\Big(\frac{B-2}BJ'(1)+\frac2BJ'\Big)=\frac{(2\alpha+B-3)\big(\alpha^2(B-2)J_1+2(2\alpha-1)J'\big)}{(2\alpha-1)(B-3)(B-1)(J_1-J)},\qquad
 *   \lambda_M=\frac R{\mu^*}J'=\frac{B(2\alpha+B-3)J'}{(B-3)(B-1)(J_1-J)},$$
 *
 * with $R=(2\alpha-1)c_{\alpha-1}B(B-1)^{\alpha-1}\frac{\Gamma((B-3)/2)}{\Gamma((B-3)/2+\alpha)}2^{-\alpha}$, $J=J_\phi$ and $J'=J'_\phi$ at $\frac{-1}{B-1}$, $J_1=J_\phi(1)$.
 *
 * **Checked.** Both forms of each eigenvalue against entries integrated over the sphere (two angles), put together by theorem E.62 and as a $B^2\times B^2$ matrix; and the
 * two entries that are not 0 against the integrals of which the proof makes them: over the radius (numerically), and Gaussian means of $\phi'\phi'$ (numerically).
 * **Tolerance.** Kernels and quadrature state their errors; entries of size 1 cancel in the sums over $B^2$ of them.
 * **Could miss.** What all homogeneous activations tried have in common: their kink, if any, at 0.
 * **Found.** Holds. The prime at 1 in the forms with $R$ is the derivative of $J_\phi$: $J_\phi'(1)=\frac{\alpha^2}{2\alpha-1}J_\phi(1)$. */
#include <assay/evidence/spaces.h>
#include <assay/meanfield/arccosine.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/numerics/sphere.h>
#include <math.h>

struct setting_of {
    struct activation phi;
    struct homogeneous h;
    int B;
    struct value top, J, slope, slope_at_1, rise, mu;
};

static void prepare(struct claim *claim, const char *name, int B, struct setting_of *s)
{
    struct batchnorm_state sphere;

    claim_need(claim, homogeneous_within(name, 0.1, 12, &s->phi, &s->h));
    struct response response = response_of(&s->phi);
    claim_need(claim, batchnorm_state_sphere(&response, B, &sphere));
    s->B = B;
    s->mu = sphere.fixed.mu;
    s->top = homogeneous_kernel(&s->h, 1);
    s->J = homogeneous_kernel(&s->h, -1.0 / (B - 1));
    s->slope = homogeneous_kernel_slope(&s->h, -1.0 / (B - 1));
    s->slope_at_1 = homogeneous_kernel_slope(&s->h, 1);
    s->rise = value_sub(s->top, s->J);
}

static struct value sum(double a, struct value x, double b, struct value y)
{
    return value_add(value_scale(a, x), value_scale(b, y));
}

/* ## The forms with $R$ and $\mu^*$ */
static struct value R_over_mu(struct claim *claim, const struct setting_of *s)
{
    double B = s->B, alpha = s->h.alpha;
    double power =
        rounded(B * pow(B - 1, alpha - 1), 0).x * pow(2, -(claim_fault(claim, "half_power") ? alpha - 0.5 : alpha));
    struct value ratio = sphere_radius_moment(s->B - 2, 0.5, 2 * alpha);
    struct value R = value_div(value_scale((2 * alpha - 1) * power, arccosine_norm2(alpha - 1)), ratio);

    return value_div(value_with(R, 4e-16 * (4 + alpha) * fabs(R.x), ROUNDING), s->mu);
}

static struct spectrum with_R(struct claim *claim, const struct setting_of *s)
{
    double B = s->B;
    struct value R = R_over_mu(claim, s);

    return (struct spectrum){value_mul(R, sum((B - 1) / B, s->slope_at_1, 1 / B, s->slope)),
                             value_mul(R, sum((B - 2) / B, s->slope_at_1, 2 / B, s->slope)), value_mul(R, s->slope)};
}

/* ## The forms without */
static struct spectrum with_kernels(struct claim *claim, const struct setting_of *s)
{
    double B = s->B, alpha = s->h.alpha, twice = 2 * alpha - 1, width = 2 * alpha + B - 3;
    double below = (B - 3) * (B - 1), on_L = claim_fault(claim, "not_doubled") ? 1 : 2;
    double square = claim_fault(claim, "one_alpha") ? alpha : alpha * alpha;
    struct value G = sum(square * (B - 1), s->top, twice, s->slope);
    struct value L = sum(square * (B - 2), s->top, on_L * twice, s->slope);
    struct value factor = rounded(width / (twice * below), 6);

    return (struct spectrum){value_mul(factor, value_div(G, s->rise)), value_mul(factor, value_div(L, s->rise)),
                             value_mul(rounded(B * width / below, 6), value_div(s->slope, s->rise))};
}

/* ## The integrals of the proof
 * $\mathbb E\,r^{-2\alpha}\psi(y)=\Gamma(\alpha)^{-1}\int_0^\infty s^{\alpha-1}(1+2s\mu)^{-(B-1)/2}\big(\frac\mu{1+2s\mu}\big)^{\alpha-1}ds\;\mathbb E_{N(0,G)}\psi$ for $\psi$
 * of degree $2\alpha-2$; with $2s\mu=e^t$. */
static double radius_integrand(double t, void *context)
{
    const struct setting_of *s = context;
    double alpha = s->h.alpha;

    return exp(alpha * t - (0.5 * (s->B - 1) + alpha - 1) * log1p(exp(t)));
}

static struct value radius_integral(struct claim *claim, const struct setting_of *s)
{
    double middle = log(2 * s->h.alpha / (s->B - 3)), points[257];
    int n =
        integrate_points(1, &middle, fmin(middle, 0) - 44 / s->h.alpha, middle + 88.0 / (s->B - 3) + 6, 8, 257, points);
    struct value integral = claim_value(claim, integrate_pieces(radius_integrand, (void *)s, n, points, 1e-13));
    double factor = pow(2, -s->h.alpha) / tgamma(s->h.alpha) * pow(s->B, s->h.alpha);

    integral = value_with(value_scale(factor, integral), 1e-14 * factor * integral.x, ROUNDING);
    return value_div(integral, s->mu);
}

static void check_entries(struct claim *claim, const struct setting_of *s, const struct brackets *A)
{
    double variance = pow(1 - 1.0 / s->B, s->h.alpha - 1);
    struct piecewise slope = homogeneous_slope_piecewise(&s->h);
    struct value radius = value_scale(variance, radius_integral(claim, s));
    struct value on = value_mul(radius, gaussian_product(&slope, &slope, 1));
    struct value off = value_mul(radius, gaussian_product(&slope, &slope, -1.0 / (s->B - 1)));
    struct value R = R_over_mu(claim, s);

    check_equal(claim, "entries, diagonal", value_mul(R, s->slope_at_1), on);
    check_equal(claim, "entries, others", value_mul(R, s->slope), off);
    check_equal(claim, "entries, radius", A->b1111, on);
}

static void at_batch_size(struct claim *claim, const char *name, int B, bool entries, bool tabulate)
{
    struct setting_of s;
    struct backward_parts parts;

    prepare(claim, name, B, &s);
    struct response response = response_of(&s.phi);
    claim_need(claim, batchnorm_backward_parts(&response, B, &parts));
    struct spectrum sphere = ultrasymmetric_spectrum(B, &parts.direct), kernels = with_kernels(claim, &s);
    claim_case(claim, "%s, B = %d", name, B);
    check_brackets(claim, B, kernels, &parts.direct);
    check_spectrum(claim, "with R", with_R(claim, &s), sphere);
    if (entries)
        check_entries(claim, &s, &parts.direct);
    if (tabulate)
        claim_row(claim, NULL, B, kernels.G.x, kernels.L.x, kernels.M.x, sphere.G.x, sphere.L.x, sphere.M.x);
}
static void direct_part(struct claim *claim)
{
    const char *const *name = homogeneous_names();
    static const int sizes[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    const char *chosen = claim_text(claim, "phi");
    struct activation phi;
    struct homogeneous h;
    int sparse[SCALES] = {6, 2, 1}, every = sparse[claim_scale(claim)];

    claim_need(claim, homogeneous_within(chosen, 0.6, 12, &phi, &h));
    claim_column(claim, "B", EXACT, "a grid");
    claim_column(claim, "G", RELATIVE(1e-12), "a closed form");
    claim_column(claim, "L", RELATIVE(1e-12), "a closed form");
    claim_column(claim, "M", ABSOLUTE(1e-12), "a closed form");
    claim_column(claim, "G_sphere", RELATIVE(1e-9), "quadrature of entries that cancel");
    claim_column(claim, "L_sphere", RELATIVE(1e-9), "quadrature of entries that cancel");
    claim_column(claim, "M_sphere", ABSOLUTE(1e-9), "quadrature of entries that cancel");
    for (int n = 0; name[n] != NULL; n++)
        for (int i = n % every; i < 10; i += every)
            at_batch_size(claim, name[n], sizes[i], n < 4 && i < 8, false);
    at_batch_size(claim, chosen, (int)claim_integer(claim, "B"), true, false);
    for (int B = 4; B <= 300; B += 1 + B * every / 12)
        at_batch_size(claim, chosen, B, false, true);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "one more activation, homogeneous of a degree above 1/2; it is drawn",
                                "relu^1.5"),
                           integer("B", "one more batch size for it", 64, 4, 2000)},
            .faults = {{"half_power", "2^(1/2-alpha) in place of 2^-alpha in R",
                        "?,?with?R entries,?diagonal entries,?others"},
                       {"one_alpha", "alpha in place of alpha^2 before J(1)",
                        "G,?brackets L,?brackets G,?matrix L,?matrix"},
                       {"not_doubled", "J' once in place of twice in lambda_L", "L,?brackets L,?matrix"}},
            .run = direct_part,
        }));
}
