/* # Lemma E.2: Schwinger's integral takes a power of the norm out of a Gaussian mean
 *
 * Yang et al. (2019), appendix E.1, lemma E.2, equation 25. For $f$ of moderate growth and any covariance $\Sigma$ of rank above $2k$,
 *
 * $$\mathrm E_{y\sim\mathcal N(0,\Sigma)}\|y\|^{-2k}f(y)=\frac1{\Gamma(k)}\int_0^\infty ds\,s^{k-1}\,\frac{\mathrm E\big[f(y):y\sim\mathcal N(0,\Sigma(I+2s\Sigma)^{-1})\big]}{\sqrt{\det(I+2s\Sigma)}}.$$
 *
 * **Checked.** The right side, for $f=1$, $y_1^2y_2^2$, $\mathrm{relu}(y_1)\,\mathrm{relu}(y_2)$ and $\cos y_1$. The left side: in two dimensions, polar coordinates; for
 * $\Sigma=\mathrm{diag}(\sigma,\dots,1,\dots)$ in any dimension, the split of $\|y\|^2$ into two independent $\chi^2$, which leaves one integral against a Beta density;
 * samples at a random $\Sigma$. Rank: with $f=1$ and $\Sigma$ a projection of rank $C$ the mean is $2^{-k}\Gamma(\frac C2-k)/\Gamma(\frac C2)$, and goes to infinity with $2k\to C$.
 * **Tolerance.** Trapezoidal sums in $\ln s$ with the change at half the step; quadrature states its error; samples, at $4k<A$ so that the variance exists, a standard error.
 * **Could miss.** Nothing for these $f$; growth conditions on $f$ are taken on trust.
 * **Found.** Holds as printed. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/arccosine.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/quadrature.h>
#include <assay/random/wishart.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>

/* ## Four functions and their Gaussian means */
enum function { ONE, SQUARES, RECTIFIED, COSINE };
static const char *const function_name[] = {"1", "y1^2 y2^2", "relu(y1) relu(y2)", "cos y1"};

static double value_of(enum function f, double a, double b)
{
    switch (f) {
    case SQUARES:
        return a * a * b * b;
    case RECTIFIED:
        return fmax(a, 0) * fmax(b, 0);
    case COSINE:
        return cos(a);
    default:
        return 1;
    }
}

/* With the variances and the covariance of $y_1$, $y_2$. */
static double mean_of(enum function f, double a, double b, double ab)
{
    switch (f) {
    case SQUARES:
        return a * b + 2 * ab * ab;
    case RECTIFIED:
        return 0.5 * sqrt(a * b) * arccosine_kernel(1, fmin(fmax(ab / sqrt(a * b), -1), 1)).x;
    case COSINE:
        return exp(-0.5 * a);
    default:
        return 1;
    }
}

/* ## The right side, in the eigenvectors of $\Sigma$ */
struct law {
    int A, rank; // the last rank eigenvalues are not 0
    double *lambda, *q;
};

static struct law law_of(struct claim *claim, int A, const double S[])
{
    struct law law = {A, 0, memory_doubles((size_t)A), memory_doubles((size_t)(A * A))};

    claim_need(claim, linear_symmetric_eigen(A, S, law.lambda, law.q));
    for (int j = 0; j < A; j++) {
        law.lambda[j] = law.lambda[j] > 1e-13 * law.lambda[A - 1] ? law.lambda[j] : 0;
        law.rank += law.lambda[j] > 0;
    }
    return law;
}

static void law_free(struct law *law)
{
    memory_free(law->lambda);
    memory_free(law->q);
}

static double integrand_at(struct claim *claim, const struct law *law, double k, enum function f, double s)
{
    double a = 0, b = 0, ab = 0, log_factor = k * log(s) - lgamma(k);

    for (int j = law->A - law->rank; j < law->A; j++) {
        const double *q = law->q + j * law->A;
        double lambda = law->lambda[j], tilted = lambda / (1 + (claim_fault(claim, "one_s") ? s : 2 * s) * lambda);

        log_factor -= 0.5 * log1p(2 * s * lambda);
        a += tilted * q[0] * q[0];
        b += tilted * q[1] * q[1];
        ab += tilted * q[0] * q[1];
    }
    log_factor -= claim_fault(claim, "power_of_s") ? 0.1 * log(s) : 0;
    return exp(log_factor) * mean_of(f, a, b, ab);
}

/* Far to the left the integrand is $s^k$ times a constant, far to the right $s^{k-C/2}$, and $s^{-d/2}$ more for $f$ of degree $d$: the rest of the sum is geometric. */
static double trapezoid(struct claim *claim, const struct law *law, double k, enum function f, double step)
{
    double from = -log(2 * law->lambda[law->A - 1]) - 40, to = -log(2 * law->lambda[law->A - law->rank]) + 40, sum = 0;
    double degree = f == SQUARES ? 4 : f == RECTIFIED ? 2 : 0, right = 0.5 * (law->rank + degree) - k;
    int n = (int)ceil((to - from) / step);

    for (int i = 0; i <= n; i++) {
        double rest = i == 0 ? 1 / expm1(k * step) : i == n ? 1 / expm1(right * step) : 0;

        sum += step * (1 + rest) * integrand_at(claim, law, k, f, exp(from + step * i));
    }
    return sum;
}

static struct value right_side(struct claim *claim, const struct law *law, double k, enum function f)
{
    double coarse = trapezoid(claim, law, k, f, 0.2), fine = trapezoid(claim, law, k, f, 0.1);

    return value_with(measured(fine, fabs(fine - coarse), QUADRATURE), (1e-12 + 2e-14 * k * law->A) * fabs(fine),
                      ROUNDING);
}

/* ## Two dimensions, polar coordinates */
struct plane {
    double k, angle, variance[2];
    enum function f;
};

static double along_ray(double r, void *context)
{
    const struct plane *p = context;
    double a = r * cos(p->angle), b = r * sin(p->angle);
    double weight = exp(-0.5 * (a * a / p->variance[0] + b * b / p->variance[1]));

    return pow(r, 1 - 2 * p->k) * weight * value_of(p->f, a, b) / (2 * M_PI * sqrt(p->variance[0] * p->variance[1]));
}

static double around(double angle, void *context)
{
    struct plane p = *(const struct plane *)context;

    p.angle = angle;
    return integrate_pieces(along_ray, &p, 4, (double[]){0, 1, 4, 16}, 1e-12).x;
}

static void polar(struct claim *claim)
{
    double S[] = {1.3, 0, 0, 0.4};
    struct law law = law_of(claim, 2, S);

    for (enum function f = ONE; f <= COSINE; f++) {
        for (double k = 0.1; k < 0.95; k += 0.2) {
            struct plane p = {k, 0, {S[0], S[3]}, f};
            double points[] = {0, M_PI_2, M_PI, 1.5 * M_PI, 2 * M_PI};
            struct value left = claim_value(claim, integrate_pieces(around, &p, 5, points, 1e-11));

            claim_case(claim, "f = %s, k = %g, A = 2", function_name[f], k);
            check_equal(claim, "polar", right_side(claim, &law, k, f),
                        value_with(left, 1e-11 * fabs(left.x), QUADRATURE));
        }
    }
    law_free(&law);
}

/* ## Two variances in any dimension
 * $\sigma p$ and $q$ coordinates: $\|y\|^2=R(\sigma x+1-x)$ with $R\sim\chi^2_A$ and $x\sim\mathrm{Beta}(\frac p2,\frac q2)$ independent. $y_1$ is of the first kind and $y_2$ of the
 * second, so that $y_1^2y_2^2$ has the conditional mean $\sigma R^2x(1-x)/(pq)$. */
struct split {
    double p, q, sigma, k;
    enum function f;
};

static double beta_integrand(double t, void *context)
{
    const struct split *s = context;
    double x = sin(t) * sin(t), rest = cos(t) * cos(t), f = s->f == SQUARES ? s->sigma * x * rest / (s->p * s->q) : 1;
    double density = 2 * pow(sin(t), s->p - 1) * pow(cos(t), s->q - 1) * exp(-gsl_sf_lnbeta(0.5 * s->p, 0.5 * s->q));

    return density * f * pow(s->sigma * x + rest, -s->k);
}

static void two_variances(struct claim *claim, int A, double k)
{
    for (int i = 0; i < 8; i++) {
        struct split s = {A / 2, A - A / 2, pow(10, i % 4 - 2), k, i < 4 ? ONE : SQUARES};
        double *S = memory_doubles((size_t)(A * A)), m = (s.f == SQUARES ? 2 : 0) - k;
        double radius = exp(m * M_LN2 + lgamma(0.5 * A + m) - lgamma(0.5 * A));

        for (int j = 0; j < A; j++) {
            S[j * (A + 1)] = j % 2 == 0 && j / 2 < A / 2 ? s.sigma : 1;
        }
        struct law law = law_of(claim, A, S);
        struct value mean = claim_value(claim, integrate(beta_integrand, &s, 0, M_PI_2, 1e-12));
        claim_case(claim, "f = %s, A = %d, k = %g, sigma = %g", function_name[s.f], A, k, s.sigma);
        check_equal(claim, "two variances", right_side(claim, &law, k, s.f),
                    value_with(value_scale(radius, mean), 1e-13 * A * radius * mean.x, ROUNDING));
        law_free(&law);
        memory_free(S);
    }
}

/* ## Samples at a random covariance */
struct source {
    int A;
    double k;
    const double *L;
};

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct source *s = context;
    double *x = memory_doubles((size_t)(2 * s->A)), *y = x + s->A;

    (void)sample;
    stream_normals(stream, (size_t)s->A, x);
    linear_multiply(false, false, s->A, 1, s->A, 1, s->L, x, 0, y);
    double factor = pow(linear_norm(s->A, y), -2 * s->k);
    for (enum function f = ONE; f <= COSINE; f++) {
        out[f] = factor * value_of(f, y[0], y[1]);
    }
    memory_free(x);
    return STATUS_OK;
}

static void sampled(struct claim *claim, int A, double k, long samples)
{
    double *S = memory_doubles((size_t)(2 * A * A)), *L = S + A * A;
    struct stream stream = claim_stream(claim, 0, 0);
    struct moments mean[4];

    wishart(&stream, A, 3 * A, S);
    struct law law = law_of(claim, A, S);
    claim_need(claim, linear_cholesky(A, S, L));
    struct ensemble ensemble = claim_ensemble(claim, 1, (size_t)samples, 4, draw, &(struct source){A, k, L});
    claim_need(claim, ensemble_moments(&ensemble, mean));
    for (enum function f = ONE; f <= COSINE; f++) {
        claim_case(claim, "f = %s, A = %d, k = %g", function_name[f], A, k);
        check_equal(claim, "samples", right_side(claim, &law, k, f), moments_estimate(mean[f]));
    }
    law_free(&law);
    memory_free(S);
}

/* ## Rank */
static void ranks(struct claim *claim, int A)
{
    for (int C = 1; C <= 5; C++) {
        double *S = memory_doubles((size_t)(A * A));
        char label[16];

        for (int j = 0; j < C && j < A; j++) {
            S[j * (A + 1)] = 1;
        }
        struct law law = law_of(claim, A, S);
        snprintf(label, sizeof label, "rank %d", law.rank);
        for (int i = 1; i < 20 && C <= A; i++) {
            double k = 0.5 * C * i / 20;
            struct value right = right_side(claim, &law, k, ONE);

            claim_case(claim, "rank %d of %d, k = %g", C, A, k);
            check_equal(claim, "rank", right, rounded(exp(-k * M_LN2 + lgamma(0.5 * C - k) - lgamma(0.5 * C)), 40));
            claim_row(claim, label, k, BOTH(right));
        }
        law_free(&law);
        memory_free(S);
    }
}

static void master(struct claim *claim)
{
    int A = (int)claim_integer(claim, "A");
    double k = claim_real(claim, "k");

    if (2 * k >= A) {
        claim_refuse(claim, "k = %g: below A/2 = %g wanted, or the mean is infinite", k, 0.5 * A);
    }
    claim_labels(claim, "series");
    claim_column(claim, "k", RELATIVE(1e-14), "a grid");
    claim_column(claim, "mean", RELATIVE(1e-10), "a trapezoidal sum");
    claim_column(claim, "mean_err", ABSOLUTE(1e-9), "an estimate of rounding");
    polar(claim);
    two_variances(claim, A, k);
    two_variances(claim, A + 7, k);
    sampled(claim, A, fmin(fmin(k, 0.2 * A), 2), claim_integer(claim, "samples"));
    ranks(claim, A);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("A", "dimension of y", 5, 2, 60),
                           real("k", "half the power of 1/|y|", 1.5, 0.05, 20),
                           integer_by_scale("samples", "samples of y", 20000, 200000, 10000000, 1000, 1000000000)},
            .faults = {{"one_s", "I + s Sigma in the tilted covariance", "polar two* samples"},
                       {"power_of_s", "s^(k - 1.1) in place of s^(k - 1)", "polar two* samples rank"}},
            .run = master,
        }));
}
