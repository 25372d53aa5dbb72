/* # Lemma H.5: two integrals take the powers of two norms out of a Gaussian mean
 *
 * Yang et al. (2019), appendix H.1.2, lemma H.5, equation 55. For $(y,z)$ jointly Gaussian with covariance $\Sigma$ of rank above $2(a+b)$ and $f$ of moderate growth,
 *
 * $$\mathbb E\,\|y\|^{-2a}\|z\|^{-2b}f(y,z)=\frac1{\Gamma(a)\Gamma(b)}\int_0^\infty\!\!ds\int_0^\infty\!\!dt\;s^{a-1}t^{b-1}\,\frac{\mathbb E\,[f:(y,z)\sim N(0,\Pi)]}{\sqrt{\det(I+2\Omega)}},$$
 *
 * with $D=\sqrt s\,I\oplus\sqrt t\,I$, $\Omega=D\Sigma D$, $\Pi=D^{-1}\Omega(I+2\Omega)^{-1}D^{-1}=(\Sigma^{-1}+2D^2)^{-1}$.
 *
 * **Checked.** For $f=1$ and $f=y_1z_1$. $\Sigma$ pairs each $y_i$ with one $z_i$, which any $\Sigma$ with equal blocks can be turned to. Both norms of pairs with one correlation $\rho$ have the law of Kibble's
 * two $\chi^2$: $\mathbb E\,\|y\|^{-2a}\|z\|^{-2b}=2^{-a-b}\frac{\Gamma(\frac n2-a)\Gamma(\frac n2-b)}{\Gamma(\frac n2)^2}\,{}_2F_1(a,b;\frac n2;\rho^2)$; the mean cosine of two vectors ($a=b=\frac12$, $f=y_1z_1$) is a
 * hypergeometric function too. Samples, for unequal variances and correlations.
 * **Tolerance.** Trapezoidal sums in $\ln s$ and $\ln t$, with the change from a coarser step; rounding of the hypergeometric function; a standard error.
 * **Could miss.** Nothing for these $f$; growth conditions on $f$ are taken on trust.
 * **Found.** Holds. In the proof, as extracted, $e^{-\|y\|^2t}$ stands where $e^{-\|z\|^2t}$ is meant. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <gsl/gsl_sf_hyperg.h>
#include <math.h>

enum { MOST = 32 };

/* ## Pairs
 * Variances of $y_i$ and $z_i$, and their covariance. */
struct pairs {
    int n;
    double y[MOST], z[MOST], yz[MOST];
};

static struct pairs equal_pairs(int n, double rho)
{
    struct pairs pairs = {.n = n};

    for (int i = 0; i < n; i++) {
        pairs.y[i] = pairs.z[i] = 1;
        pairs.yz[i] = rho;
    }
    return pairs;
}

static struct pairs random_pairs(struct claim *claim, int n)
{
    struct stream stream = claim_stream(claim, 1, (uint32_t)n);
    struct pairs pairs = {.n = n};

    for (int i = 0; i < n; i++) {
        pairs.y[i] = 0.3 + stream_uniform(&stream);
        pairs.z[i] = 0.3 + stream_uniform(&stream);
        pairs.yz[i] = (2 * stream_uniform(&stream) - 1) * sqrt(pairs.y[i] * pairs.z[i]);
    }
    return pairs;
}

/* ## The right side
 * $\det(I+2\Omega)$ is a product over pairs, and $\Pi_{y_1z_1}$ the first pair's covariance over its determinant. */
static double integrand_at(struct claim *claim, const struct pairs *pairs, double a, double b, bool product,
                           double log_s, double log_t)
{
    double s = exp(log_s), t = exp(log_t), logs = a * log_s + b * log_t, first = 1,
           two = claim_fault(claim, "one_s") ? 1 : 2;

    for (int i = 0; i < pairs->n; i++) {
        double spread = pairs->y[i] * pairs->z[i] - pairs->yz[i] * pairs->yz[i];
        double determinant = 1 + two * s * pairs->y[i] + two * t * pairs->z[i] + two * two * s * t * spread;

        logs -= 0.5 * log(determinant);
        first = i == 0 ? determinant : first;
    }
    return exp(logs) * (product ? pairs->yz[0] / first : 1);
}

static double trapezoid(struct claim *claim, const struct pairs *pairs, double a, double b, bool product, double step)
{
    double sum = 0, half = 0.5 * pairs->n;
    int left_s = (int)ceil(38 / a / step), left_t = (int)ceil(38 / b / step),
        right_s = (int)ceil(42 / (half - a) / step), right_t = (int)ceil(42 / (half - b) / step);

    for (int i = -left_s; i <= right_s; i++) {
        for (int j = -left_t; j <= right_t; j++) {
            sum += integrand_at(claim, pairs, a, b, product, i * step, j * step);
        }
    }
    return sum * step * step;
}

static struct value right_side(struct claim *claim, const struct pairs *pairs, double a, double b, bool product)
{
    double gammas = claim_fault(claim, "one_gamma") ? tgamma(a + b) : tgamma(a) * tgamma(b);
    double coarse = trapezoid(claim, pairs, a, b, product, 0.7) / gammas,
           fine = trapezoid(claim, pairs, a, b, product, 0.5) / gammas;

    return value_with(measured(fine, fabs(fine - coarse), QUADRATURE), 1e-13 * fabs(fine), ROUNDING);
}

/* ## Kibble's law and the mean cosine
 * $\mathbb E\cos\angle(y,z)=\rho\,\frac{\Gamma(\frac{n+1}2)^2}{\Gamma(\frac n2)\Gamma(\frac n2+1)}\,{}_2F_1(\frac12,\frac12;\frac n2+1;\rho^2)$, $n$ times the mean with $f=y_1z_1$. */
static struct value kibble(int n, double rho, double a, double b)
{
    double half = 0.5 * n, log_factor = lgamma(half - a) + lgamma(half - b) - 2 * lgamma(half) - (a + b) * M_LN2;

    return rounded(exp(log_factor) * gsl_sf_hyperg_2F1(a, b, half, rho * rho), 200);
}

static struct value mean_cosine(int n, double rho)
{
    double half = 0.5 * n, log_factor = 2 * lgamma(half + 0.5) - lgamma(half) - lgamma(half + 1);

    return rounded(rho * exp(log_factor) * gsl_sf_hyperg_2F1(0.5, 0.5, half + 1, rho * rho), 200);
}

static void closed_forms(struct claim *claim, int n, double a, double b)
{
    for (double rho = -0.9; rho < 0.95; rho += 0.3) {
        struct pairs pairs = equal_pairs(n, rho);
        struct value kept = right_side(claim, &pairs, a, b, false),
                     cosine = value_scale(n, right_side(claim, &pairs, 0.5, 0.5, true));

        claim_case(claim, "n = %d, rho = %.1f, a = %g, b = %g", n, rho, a, b);
        check_equal(claim, "Kibble's law", kept, kibble(n, rho, a, b));
        if (fabs(rho) > 0.1) {
            check_equal(claim, "mean cosine", cosine, mean_cosine(n, rho));
        }
        claim_row(claim, NULL, n, rho, kept.x, kibble(n, rho, a, b).x, cosine.x, mean_cosine(n, rho).x);
    }
}

/* ## Samples */
struct source {
    struct pairs pairs;
    double a, b;
};

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct source *source = context;
    const struct pairs *p = &source->pairs;
    double normal[2 * MOST], yy = 0, zz = 0, product = 0;

    (void)sample;
    stream_normals(stream, (size_t)(2 * p->n), normal);
    for (int i = 0; i < p->n; i++) {
        double y = sqrt(p->y[i]) * normal[2 * i], slope = p->yz[i] / p->y[i];
        double z = slope * y + sqrt(p->z[i] - slope * p->yz[i]) * normal[2 * i + 1];

        yy += y * y;
        zz += z * z;
        product = i == 0 ? y * z : product;
    }
    out[0] = pow(yy, -source->a) * pow(zz, -source->b);
    out[1] = out[0] * product;
    return STATUS_OK;
}

/* With $n>4(a+b)$ the variance exists. */
static void sampled(struct claim *claim, int n, double a, double b)
{
    struct source source = {random_pairs(claim, n), a, b};
    struct moments mean[2];

    source.pairs.yz[0] = 0.8 * sqrt(source.pairs.y[0] * source.pairs.z[0]);
    struct ensemble ensemble = claim_ensemble(claim, 2, (size_t)claim_integer(claim, "samples"), 2, draw, &source);
    claim_need(claim, ensemble_moments(&ensemble, mean));
    claim_case(claim, "n = %d, a = %g, b = %g", n, a, b);
    check_equal(claim, "samples, f = 1", right_side(claim, &source.pairs, a, b, false), moments_mean(mean[0]));
    check_equal(claim, "samples, f = y1 z1", right_side(claim, &source.pairs, a, b, true), moments_mean(mean[1]));
}

static void two_norms(struct claim *claim)
{
    double a = claim_real(claim, "a"), b = claim_real(claim, "b");
    int n = (int)claim_integer(claim, "n");

    if (n <= 4 * (a + b)) {
        claim_refuse(claim, "n = %d with a + b = %g: samples have a variance for n > %g", n, a + b, 4 * (a + b));
    }
    claim_column(claim, "n", EXACT, "a grid");
    claim_column(claim, "rho", ABSOLUTE(1e-12), "a grid");
    claim_column(claim, "norms", RELATIVE(1e-11), "a trapezoidal sum");
    claim_column(claim, "kibble", RELATIVE(1e-12), "a hypergeometric function");
    claim_column(claim, "cosine", ABSOLUTE(1e-11), "a trapezoidal sum");
    claim_column(claim, "cosine_closed", ABSOLUTE(1e-12), "a hypergeometric function");
    closed_forms(claim, 4, 0.6, 0.75);
    closed_forms(claim, n, a, b);
    closed_forms(claim, 16, 1.5, 2);
    sampled(claim, n, a, b);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("n", "dimension of y and of z", 8, 5, MOST),
                           real("a", "half the power of 1/|y|", 0.5, 0.4, 4),
                           real("b", "half the power of 1/|z|", 0.8, 0.4, 4),
                           integer_by_scale("samples", "Gaussian pairs drawn", 40000, 400000, 4000000, 1000,
                                            100000000)},
            .faults = {{"one_s", "I + Omega in place of I + 2 Omega", "Kibble* mean* samples*"},
                       {"one_gamma", "Gamma(a + b) in place of Gamma(a) Gamma(b)", "Kibble* mean* samples*"}},
            .run = two_norms,
        }));
}
