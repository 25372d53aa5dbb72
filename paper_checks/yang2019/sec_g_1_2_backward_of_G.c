/* # Section G.1.2: the image of $G$ under the backward operator, lifted and as a Dirichlet form
 *
 * Yang et al. (2019), appendix G.1.2. Applied to $G$ the backward operator at the symmetric fixed point needs two numbers,
 *
 * $$F\{G\}_{aa}=\frac1{\mu^*}\,\frac{B-1}{B-3}\,\mathbb E_v(1-x^2)\,\phi'(\sqrt{B-1}x)^2,\qquad
 * F\{G\}_{ab}=\frac{-1}{\mu^*(B-3)}\,\mathbb E_v\big(1+(B-1)xy\big)\phi'(\sqrt{B-1}x)\phi'(\sqrt{B-1}y),$$
 *
 * $x=\hat{\mathbf e}_a\cdot v$, $y=\hat{\mathbf e}_b\cdot v$. The weight $1-x^2$ lifts the first to the sphere $S^B$ of two dimensions more, where
 * $\phi'$ has the coefficients of $\phi$; both are Dirichlet forms on $S^{B-2}$ (theorem E.47), so that with
 * $\phi(\sqrt{B-1}x)=\sum_la_lc_{B-1,l}^{-1}C_l(x)$
 *
 * $$F\{G\}_{aa}=\frac1{\mu^*}\sum_{l\ge0}a_l^2\,\frac{l(l+B-3)}{B-3}\,c_{B-1,l}^{-1}C_l(1),\qquad
 * F\{G\}_{ab}=\frac1{\mu^*}\sum_{l\ge0}a_l^2\,\frac{l(l+B-3)}{B-3}\,c_{B-1,l}^{-1}C_l\Big(\frac{-1}{B-1}\Big).$$
 *
 * **Checked.** Both integrals against the operator's nine entries summed over $G$. The first against the integral over $S^B$, with the ratio
 * $\omega_{B-3}\omega_B/(\omega_{B-2}\omega_{B-1})$ of surfaces. The coefficients of $\phi'$ on $S^B$ from those of $\phi$ on $S^{B-2}$, one by one.
 * Both series, for smooth $\phi$. Their difference, the rate of gradient explosion, against closed forms for homogeneous $\phi$.
 * **Tolerance.** Quadrature states its errors; series are cut at two degrees.
 * **Could miss.** The series for kinked $\phi$, which converge slowly: the table shows how.
 * **Found.** Holds, signs included. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/numerics/gegenbauer.h>
#include <assay/numerics/sphere.h>
#include <float.h>
#include <math.h>
#include <string.h>

enum { DEGREE = 240, DRAWN = 60 };

struct image {
    struct value diagonal, off;
};

/* ## Integrals
 * $h_a=\sqrt{B-1}x$. */
struct slope {
    const struct activation *phi;
    double B, stretch, kink[4];
    bool weight_lost, sign_lost;
};

static double diagonal_integrand(double h, void *context)
{
    const struct slope *p = context;
    double slope = activation_slope(p->phi, h);

    return (p->weight_lost ? 1 : 1 - h * h / (p->B - 1)) * slope * slope;
}

static void off_integrand(double x, double y, double out[], void *context)
{
    const struct slope *p = context;

    out[0] = (1 + (p->sign_lost ? -1 : 1) * x * y) * activation_slope(p->phi, x) * activation_slope(p->phi, y);
}

static struct image integrals(struct claim *claim, const struct activation *phi, int B, struct value mu)
{
    struct slope p = {.phi = phi,
                      .B = B,
                      .weight_lost = claim_fault(claim, "weight_lost"),
                      .sign_lost = claim_fault(claim, "sign_lost")};
    const double *kink;
    int kinks = activation_kinks(phi, &kink);
    struct piecewise f = {diagonal_integrand, &p, kinks, kink};
    struct value off, diagonal = claim_value(claim, sphere_mean(B, &f));

    claim_need(claim, sphere_pair_means(B, 1, off_integrand, &p, kinks, kink, &off));
    return (struct image){value_div(value_scale((B - 1.0) / (B - 3), diagonal), mu),
                          value_div(value_scale(-1.0 / (B - 3), off), mu)};
}

/* ## From the nine entries
 * $F\{G\}_{kl}=\sum_{ij}[kl|ij]G_{ij}$, patterns counted. */
static struct image from_entries(struct claim *claim, const struct activation *phi, int B)
{
    struct response response = response_of(phi);
    struct brackets F;
    double d = 1 - 1.0 / B, o = -1.0 / B;

    claim_need(claim, batchnorm_backward_brackets(&response, B, &F));
    struct value diagonal[] = {value_scale(d, F.b1111), value_scale((B - 1) * d, F.b1122),
                               value_scale(2 * (B - 1) * o, F.b1112), value_scale((B - 1) * (B - 2.0) * o, F.b1123),
                               exact(0)};
    struct value off[] = {value_scale(2 * d, F.b1211), value_scale((B - 2) * d, F.b1233), value_scale(2 * o, F.b1212),
                          value_scale(4 * (B - 2) * o, F.b1213), value_scale((B - 2) * (B - 3.0) * o, F.b1234)};
    struct image image = {exact(0), exact(0)};
    for (int i = 0; i < 5; i++) {
        image.diagonal = value_add(image.diagonal, diagonal[i]);
        image.off = value_add(image.off, off[i]);
    }
    return image;
}

/* ## Lifted
 * A coordinate of $S^B$ is the library's $h/\sqrt{B+1}$ at batch size $B+2$. */
static double lifted_slope(double h, void *context)
{
    const struct slope *p = context;

    return activation_slope(p->phi, p->stretch * h);
}

static double lifted_square(double h, void *context)
{
    double slope = lifted_slope(h, context);

    return slope * slope;
}

/* $\omega_n=2\pi^{(n+1)/2}/\Gamma(\frac{n+1}2)$: the powers of $\pi$ cancel. */
static struct value surface_ratio(struct claim *claim, int B)
{
    double n = claim_fault(claim, "flat") ? B + 1 : B;
    struct value up = sphere_radius_moment(B - 1, 0.5, 1),
                 down = sphere_radius_moment((int)n + 1, 0.5,
                                             1); // Gamma((B-1)/2)/Gamma((B-2)/2), Gamma((B+1)/2)/Gamma(B/2)

    return value_div(up, down);
}

static struct value lifted(struct claim *claim, const struct activation *phi, int B, struct value mu)
{
    struct slope p = {.phi = phi, .B = B, .stretch = sqrt((B - 1.0) / (B + 1))};
    const double *kink;
    int kinks = activation_kinks(phi, &kink);

    for (int i = 0; i < kinks; i++)
        p.kink[i] = kink[i] / p.stretch;
    struct piecewise f = {lifted_square, &p, kinks, p.kink};
    struct value mean = claim_value(claim, sphere_mean(B + 2, &f));
    return value_div(value_scale((B - 1.0) / (B - 3), value_mul(surface_ratio(claim, B), mean)), mu);
}

/* $\phi'(\sqrt{B-1}x)=\frac1{\sqrt{B-1}}\sum_la_l(B-3)c_{B-1,l}^{-1}C_{l-1}^{((B-1)/2)}(x)$. With $f_l=a_l\sqrt{d_l}$ for the coefficients in the
 * orthonormal system of $S^{B-2}$ ($d_l$: the dimension of its harmonics), and $g_l$ those of $\phi'$ on $S^B$, this is
 * $g_{l-1}=\sqrt{(B-1)\,d'_{l-1}/d_l}\,f_l$. */
static void lifted_coefficients(struct claim *claim, const struct activation *phi, int B, const struct value f[])
{
    struct slope p = {.phi = phi, .B = B, .stretch = sqrt((B - 1.0) / (B + 1))};
    struct piecewise slope = {lifted_slope, &p, 0, NULL};
    struct value g[DRAWN];
    double scale = 0;

    claim_need(claim, gegenbauer_expand(B + 1, &slope, DRAWN - 1, g));
    for (int l = 0; l < DRAWN; l++)
        scale = fmax(scale, fabs(g[l].x));
    for (int l = 1; l <= DRAWN; l++) {
        int dimension = claim_fault(claim, "same_sphere") ? B - 1 : B + 1;
        double ratio = gegenbauer_log_dimension(l - 1, dimension) - gegenbauer_log_dimension(l, B - 1),
               factor = sqrt(B - 1.0) * exp(ratio / 2);

        claim_case(claim, "B = %d, %s, l = %d", B, phi->name, l);
        check_zero(claim, "lifted coefficients", value_sub(value_scale(factor, f[l]), g[l - 1]), scale);
    }
}

/* ## Series
 * $c_{B-1,l}^{-1}C_l(x)=d_lR_l(x)$ with $R_l=C_l/C_l(1)$, so $a_l^2c_{B-1,l}^{-1}C_l(x)=f_l^2R_l(x)$. */
static struct value series(struct claim *claim, int B, int most, const struct value f[], const double R[])
{
    int shift = claim_fault(claim, "degree_shifted") ? 2 : 3;
    struct value sum = exact(0);

    for (int l = 1; l <= most; l++)
        sum = value_add(sum, value_scale(l * (l + B - shift) / (B - 3.0) * R[l], value_mul(f[l], f[l])));
    return sum;
}

static struct value cut(struct claim *claim, int B, const struct value f[], const double R[])
{
    struct value whole = series(claim, B, DEGREE, f, R);

    return value_with(whole, fabs(whole.x - series(claim, B, DEGREE - 40, f, R).x), QUADRATURE);
}

/* What the expansion of $\phi$ at one batch size gives: coefficients, and $R_l$ at 1 and at $-1/(B-1)$. */
struct expansion {
    struct value f[DEGREE + 1];
    double at_one[DEGREE + 1], at_c[DEGREE + 1];
};

static void expand(struct claim *claim, const struct activation *phi, int B, struct expansion *e)
{
    struct piecewise value = activation_piecewise(phi);

    claim_need(claim, gegenbauer_expand(B - 1, &value, DEGREE, e->f));
    gegenbauer_ratios(DEGREE, (B - 3) / 2.0, 1, e->at_one);
    gegenbauer_ratios(DEGREE, (B - 3) / 2.0, -1 / (B - 1.0), e->at_c);
}

/* ## One activation at one batch size */
static void compare(struct claim *claim, const struct activation *phi, int B)
{
    struct value mu = claim_value(claim, batchnorm_fixed_point(phi, B).mu);
    struct image claimed = integrals(claim, phi, B, mu), entries = from_entries(claim, phi, B);
    struct homogeneous h;
    struct batchnorm_state state;
    const double *kink;

    claim_case(claim, "B = %d, %s", B, phi->name);
    check_equal(claim, "diagonal, entries", claimed.diagonal, entries.diagonal);
    check_zero(claim, "off, entries", value_sub(claimed.off, entries.off), claimed.diagonal.x / B);
    check_equal(claim, "diagonal, lifted", claimed.diagonal, lifted(claim, phi, B, mu));
    if (homogeneous_find(phi, &h) == STATUS_OK) {
        claim_need(claim, batchnorm_state_closed(&h, B, &state));
        check_equal(claim, "explosion rate", value_sub(claimed.diagonal, claimed.off), state.backward.G);
    }
    if (activation_kinks(phi, &kink) == 0) {
        struct expansion e;

        expand(claim, phi, B, &e);
        check_equal(claim, "diagonal, series", claimed.diagonal, value_div(cut(claim, B, e.f, e.at_one), mu));
        check_zero(claim, "off, series", value_sub(claimed.off, value_div(cut(claim, B, e.f, e.at_c), mu)),
                   claimed.diagonal.x / B);
        lifted_coefficients(claim, phi, B, e.f);
    }
}

/* Sums of the series to degree $l$, over the integrals. */
static void tabulate(struct claim *claim, const struct activation *phi, int B)
{
    struct value mu = claim_value(claim, batchnorm_fixed_point(phi, B).mu);
    struct image image = integrals(claim, phi, B, mu);
    struct expansion e;

    expand(claim, phi, B, &e);
    for (int l = 1; l <= DRAWN; l++)
        claim_row(claim, phi->name, l, series(claim, B, l, e.f, e.at_one).x / mu.x,
                  series(claim, B, l, e.f, e.at_c).x / mu.x, image.diagonal.x, image.off.x);
}

static void backward_of_G(struct claim *claim)
{
    static const int sizes[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    static const char *const names[] = {"relu", "gelu", "x^3", "exp", "sigmoid", "abs", "elu", "sin", "softplus"};
    struct activation phi, relu;
    int B = (int)claim_integer(claim, "B");

    claim_labels(claim, "phi");
    claim_column(claim, "l", EXACT, "a degree");
    claim_column(claim, "diagonal", RELATIVE(1e-9), "a sum of squares of quadratures");
    claim_column(claim, "off", ABSOLUTE(1e-9), "a sum of squares of quadratures");
    claim_column(claim, "diagonal_integral", RELATIVE(1e-11), "quadrature");
    claim_column(claim, "off_integral", ABSOLUTE(1e-11), "quadrature");
    claim_need(claim, activation_find("relu", &relu));
    claim_need(claim, activation_find(claim_text(claim, "phi"), &phi));
    if (activation_homogeneity(&phi) <= 0.5)
        claim_refuse(claim, "phi = %s: a derivative with a second moment wanted", phi.name);
    tabulate(claim, &phi, B);
    if (strcmp(phi.name, "relu") != 0)
        tabulate(claim, &relu, B);
    for (int i = 0; i < 10; i++)
        compare(claim, &phi, sizes[i]);
    compare(claim, &phi, B);
    for (int i = 0; i < 9; i++) {
        claim_need(claim, activation_find(names[i], &phi));
        compare(claim, &phi, i < 4 ? 4 + 2 * i : 5);
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("B", "one more batch size, drawn", 10, 4, 1000),
                           text("phi", "activation at all batch sizes", "tanh")},
            .faults = {{"weight_lost", "no factor 1 - x^2", "diagonal,* explosion*"},
                       {"sign_lost", "1 - (B-1)xy", "off,* explosion*"},
                       {"flat", "omega of one dimension more in the ratio of surfaces", "diagonal,?lifted"},
                       {"same_sphere", "harmonics of S^(B-2) in place of S^B", "lifted*"},
                       {"degree_shifted", "l(l+B-2) in place of l(l+B-3)", "*series"}},
            .run = backward_of_G,
        }));
}
