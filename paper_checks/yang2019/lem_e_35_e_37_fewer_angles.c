/* # Lemmas E.35 to E.37: Gaussian means over four, two and one angle
 *
 * Yang et al. (2019), appendix E.3, lemmas E.28 to E.31 and E.35 to E.37. For $x\sim\mathcal N(0,I_{B-1})$, $r=|x|$, $v=x/r$ and $f$ of the first
 * $m=4$, $2$ or $1$ coordinates, if $k<B-1$ and $B\ge m+2$,
 *
 * $$\mathbb E\,r^{-k}f(v_1,\dots,v_m)=\frac{\Gamma(\frac{B-1-k}2)}{\Gamma(\frac{B-1-m}2)}\,2^{-k/2}\pi^{-m/2}
 *   \int_{[0,\pi]^m}f(v^\theta)\,\sin^{B-3}\theta_1\cdots\sin^{B-2-m}\theta_m\,d\theta,$$
 *
 * $v_1^\theta=\cos\theta_1$, $v_2^\theta=\sin\theta_1\cos\theta_2$ and so on. The integrals of $\sin^j\cos^k$ that make up the constants are Beta
 * functions (E.28, E.29), products of them and of Gaussian radii are Gamma functions (E.30, E.31).
 *
 * **Checked.** The right side as printed, with $f=e^{a\cdot v}$, $a$ random: no product of functions of single angles, so all $m$ integrals are truly
 * nested; Gauss rules in $\cos\theta_i$. Against the left side in closed form, a Gamma function times a Bessel function's power series; and against
 * Gaussian samples. The four lemmas against adaptive quadrature at random exponents and ends.
 * **Tolerance.** Gauss rules of $n$ and $n+4$ nodes; the series is summed to rounding; samples have standard errors.
 * **Could miss.** Kinked $f$: theorem F.5's program integrates those over the same angles.
 * **Found.** Holds. The condition $B\ge m+2$ is needed: at $B=m+1$ the constant is zero and the integral infinite. */
#include <assay/evidence/claim.h>
#include <assay/numerics/quadrature.h>
#include <assay/numerics/sphere.h>
#include <float.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>

enum { ANGLES = 4 };

/* ## The right side
 * With $t_i=\cos\theta_i$ the weight of $\theta_i$ is $(1-t_i^2)^{(B-3-i)/2}dt_i$: a Gauss-Jacobi rule for each angle. */
struct tensor {
    int m;
    const double *a;
    const struct rule *rule;
};

static double nested(const struct tensor *t, int angle, double sines, double exponent)
{
    const struct rule *rule = &t->rule[angle];
    double sum = 0;

    if (angle == t->m)
        return exp(exponent);
    for (int i = 0; i < rule->n; i++) {
        double x = rule->x[i];

        sum += rule->w[i] * nested(t, angle + 1, sines * sqrt((1 - x) * (1 + x)), exponent + t->a[angle] * sines * x);
    }
    return sum;
}

static double angles(struct claim *claim, int B, int m, const double a[], int nodes)
{
    struct rule rule[ANGLES] = {{0}};
    struct tensor t = {m, a, rule};

    for (int i = 0; i < m; i++)
        claim_need(claim, rule_jacobi(&rule[i], nodes, (B - 4.0 - i) / 2, (B - 4.0 - i) / 2));
    double integral = nested(&t, 0, 1, 0);
    for (int i = 0; i < m; i++)
        rule_free(&rule[i]);
    return integral;
}

/* Gamma functions of large arguments by the difference of their logarithms; the error is that of the logarithms. */
static struct value gamma_quotient(double x, double y)
{
    double log_x = lgamma(x), log_y = lgamma(y), quotient = exp(log_x - log_y);

    return rounded(quotient, 4 + 2 * (fabs(log_x) + fabs(log_y)));
}

static struct value printed(struct claim *claim, int B, int m, double k, const double a[])
{
    double coarse = angles(claim, B, m, a, 8), fine = angles(claim, B, m, a, 12);
    struct value integral =
        value_with(measured(fine, fabs(fine - coarse), QUADRATURE), 40 * DBL_EPSILON * fine, ROUNDING);
    double power = claim_fault(claim, "radius_up") ? k / 2 : -k / 2, shift = claim_fault(claim, "one_angle_more");
    struct value constant = gamma_quotient((B - 1 - k) / 2, (B - 1 - m - shift) / 2);

    return value_scale(pow(2, power) * pow(M_PI, -m / 2.0), value_mul(constant, integral));
}

/* ## The left side
 * Radius and direction are independent. $\mathbb E_ve^{a\cdot v}=\sum_j(|a|^2/4)^j/(j!\,(\frac{B-1}2)_j)$. */
static struct value closed(int B, int m, double k, const double a[])
{
    double square = 0, term = 1, sum = 1;

    for (int i = 0; i < m; i++)
        square += a[i] * a[i];
    for (int j = 0; j < 60; j++) {
        term *= square / 4 / ((j + 1) * ((B - 1) / 2.0 + j));
        sum += term;
    }
    return value_mul(sphere_radius_moment(B, 1, -k), rounded(sum, 20));
}

struct sampled {
    int B, m;
    double k;
    double a[ANGLES];
};

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct sampled *s = context;
    double x[128], square = 0, exponent = 0;

    (void)sample;
    stream_normals(stream, (size_t)s->B - 1, x);
    for (int i = 0; i < s->B - 1; i++)
        square += x[i] * x[i];
    for (int i = 0; i < s->m; i++)
        exponent += s->a[i] * x[i] / sqrt(square);
    out[0] = pow(square, -s->k / 2) * exp(exponent);
    return STATUS_OK;
}

/* Sampled where $r^{-k}$ has a fourth moment and no heavy tail. */
static void compare(struct claim *claim, int B, int m, double k)
{
    struct sampled s = {B, m, k, {0}};
    struct stream stream = claim_stream(claim, 1, (uint32_t)(ANGLES * B + m));

    for (int i = 0; i < m; i++)
        s.a[i] = 1 + stream_uniform(&stream);
    struct value angles_side = printed(claim, B, m, k, s.a), exact_side = closed(B, m, k, s.a);
    claim_case(claim, "B = %d, %d angles, k = %g", B, m, k);
    check_equal(claim, "closed form", angles_side, exact_side);
    if (B <= 33 && 4 * k < B - 2 && k >= -4) {
        struct moments moments;
        struct ensemble ensemble =
            claim_ensemble(claim, (uint32_t)(8 + m), (size_t)claim_integer(claim, "samples"), 1, draw, &s);

        claim_need(claim, ensemble_moments(&ensemble, &moments));
        check_equal(claim, "samples", angles_side, moments_estimate(moments));
    }
}

static const int counts[] = {1, 2, 4};

static void at_batch_size(struct claim *claim, int B, double k)
{
    for (int i = 0; i < 3; i++)
        if (B >= counts[i] + 2 && k < B - 1)
            compare(claim, B, counts[i], k);
}

/* The same $a$ at every batch size. */
static void tabulate(struct claim *claim, double k)
{
    static const double a[ANGLES] = {1.5, 1.5, 1.5, 1.5};

    for (int i = 0; i < 3; i++)
        for (int B = counts[i] + 2; B <= 1000; B += 1 + B / 8)
            if (k < B - 1)
                claim_row(claim,
                          i == 0   ? "one"
                          : i == 1 ? "two"
                                   : "four",
                          B, k, printed(claim, B, counts[i], k, a).x, closed(B, counts[i], k, a).x);
}

/* ## Lemmas E.28 to E.31 */
struct powers {
    double j, k, mu;
};

static double trigonometric(double theta, void *context)
{
    const struct powers *p = context;
    double cosine = cos(theta);

    return pow(sin(theta), p->j) * (cosine < 0 ? pow(-1, p->k) * pow(-cosine, p->k) : pow(cosine, p->k));
}

static double radial(double r, void *context)
{
    const struct powers *p = context;

    return pow(r, p->j) * exp(-r * r / (2 * p->mu));
}

/* Beta$(x,y;a,b)=\int_x^yt^{a-1}(1-t)^{b-1}dt$. */
static double beta_between(double x, double y, double a, double b)
{
    return gsl_sf_beta(a, b) * (gsl_sf_beta_inc(a, b, y) - gsl_sf_beta_inc(a, b, x));
}

static void incomplete_beta(struct claim *claim, uint32_t trial)
{
    struct stream stream = claim_stream(claim, 2, trial);
    struct powers p = {6 * stream_uniform(&stream), (double)stream_below(&stream, 7), 1};
    double s = M_PI_2 * stream_uniform(&stream), t = M_PI_2 * stream_uniform(&stream), low = fmin(s, t),
           high = fmax(s, t);
    double half = claim_fault(claim, "half_forgotten") ? 1 : 0.5, sign = p.k > 0 ? pow(-1, p.k) : 1;
    double cosines[] = {pow(cos(high), 2), pow(cos(low), 2)};
    double beta = half * beta_between(cosines[0], cosines[1], (p.k + 1) / 2, (p.j + 1) / 2),
           total = gsl_sf_beta((p.k + 1) / 2, (p.j + 1) / 2);

    claim_case(claim, "j = %g, k = %g, from %g to %g", p.j, p.k, low, high);
    check_zero(claim, "E.28",
               value_sub(measured(beta, 1e-14 * total, ROUNDING),
                         claim_value(claim, integrate(trigonometric, &p, low, high, 1e-14))),
               total);
    check_zero(claim, "E.28",
               value_sub(measured(sign * beta, 1e-14 * total, ROUNDING),
                         claim_value(claim, integrate(trigonometric, &p, M_PI - high, M_PI - low, 1e-14))),
               total);
    p.j = floor(p.j);
    struct value whole = claim_value(claim, integrate_pieces(trigonometric, &p, 3, (double[]){0, M_PI_2, M_PI}, 1e-14));
    check_zero(claim, "E.29",
               value_sub(rounded((1 + sign) * half * gsl_sf_beta((p.j + 1) / 2, (p.k + 1) / 2), 40), whole), total);
}

static void products(struct claim *claim)
{
    struct value product = exact(1);

    for (int k = 1; k <= 60; k++) {
        struct powers p = {k, 0, 0.1 * k};

        product = value_mul(
            product, claim_value(claim, integrate_pieces(trigonometric, &p, 3, (double[]){0, M_PI_2, M_PI}, 1e-14)));
        claim_case(claim, "k = %d", k);
        check_equal(claim, "E.30",
                    rounded(pow(M_PI, k / 2.0) / tgamma((k + 2 - claim_fault(claim, "gamma_shifted")) / 2.0), 20 + k),
                    product);
        check_equal(claim, "E.31",
                    rounded(pow(2, (k - 1) / 2.0) * pow(p.mu, (k + 1) / 2.0) * tgamma((k + 1) / 2.0), 20 + k),
                    claim_value(claim, integrate(radial, &p, 0, INFINITY, 1e-13)));
    }
}

static void fewer_angles(struct claim *claim)
{
    static const int sizes[] = {3, 4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    static const double exponents[] = {-2, -1, 0, 0.5, 1, 2, 3.5};
    double k = claim_real(claim, "k");
    int B = (int)claim_integer(claim, "B");

    if (k >= B - 1)
        claim_refuse(claim, "k = %g: k < B - 1 = %d wanted", k, B - 1);
    claim_labels(claim, "angles");
    claim_column(claim, "B", EXACT, "a grid");
    claim_column(claim, "k", EXACT, "a parameter");
    claim_column(claim, "mean", RELATIVE(1e-11), "Gauss rules, and logarithms of Gamma");
    claim_column(claim, "closed", RELATIVE(1e-11), "a series");
    for (int i = 0; i < (int)(sizeof sizes / sizeof *sizes); i++) {
        for (int j = 0; j < (int)(sizeof exponents / sizeof *exponents); j++)
            if (exponents[j] != k && (j == i % 7 || j == (i + 3) % 7))
                at_batch_size(claim, sizes[i], exponents[j]);
        if (sizes[i] != B)
            at_batch_size(claim, sizes[i], k);
    }
    tabulate(claim, k);
    at_batch_size(claim, B, k);
    for (uint32_t trial = 0; trial < 40; trial++)
        incomplete_beta(claim, trial);
    products(claim);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("B", "one more batch size to check", 64, 3, 1000),
                           real("k", "the power of 1/r in the table", 2, -10, 30),
                           integer_by_scale("samples", "Gaussian vectors a case", 2000, 10000, 1000000, 1000,
                                            100000000)},
            .faults = {{"radius_up", "2^(k/2) in place of 2^(-k/2)", "closed* samples"},
                       {"one_angle_more", "Gamma((B-2-m)/2) in place of Gamma((B-1-m)/2)", "closed* samples"},
                       {"half_forgotten", "E.28 and E.29 without their 1/2", "E.28 E.29"},
                       {"gamma_shifted", "E.30 with Gamma((k+1)/2)", "E.30"}},
            .run = fewer_angles,
        }));
}
