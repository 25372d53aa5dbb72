/* # Lemma F.18: how a Gaussian mean changes with its covariance
 *
 * Yang et al. (2019), appendix F.3, lemma F.18. For $z\sim\mathcal N(0,\Sigma)$ with invertible $\Sigma$, any symmetric $\Lambda$, and in the second form twice differentiable $f$,
 *
 * $$\frac{d}{d\Sigma}\mathrm E f(z)\{\Lambda\}=\tfrac12\,\mathrm E\big[f(z)\,\langle\Sigma^{-1}zz^T\Sigma^{-1}-\Sigma^{-1},\Lambda\rangle\big]=\tfrac12\,\mathrm E\,\langle f''(z),\Lambda\rangle.$$
 *
 * **Checked.** Two dimensions: both right sides by product Gauss-Hermite rules, against central differences of $\mathrm Ef$ in $\Sigma$, extrapolated, at random $\Sigma$ and $\Lambda$, for smooth $f$
 * of two variables. For $f=\phi(z_1)\phi(z_2)$ with a kink, where the first form still holds: relu, in closed form on the left. Any dimension: samples of the first
 * form for $f=\cos(w\cdot z)$, whose mean is $e^{-w^T\Sigma w/2}$.
 * **Tolerance.** Rules are compared with twice the nodes; differences carry the last change of the extrapolation and rounding over the step; samples have a standard error.
 * **Could miss.** Nothing for these $f$.
 * **Found.** Holds as printed, $\Lambda$ symmetric. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/homogeneous.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/quadrature.h>
#include <assay/random/wishart.h>
#include <float.h>
#include <math.h>

/* ## Smooth functions of two variables and their second derivatives $f_{11}$, $f_{12}$, $f_{22}$ */
static double smooth(int kind, double x, double y, double second[3])
{
    double t = tanh(x), u = tanh(y), e = exp(-0.1 * x * x), g = exp(0.3 * x + 0.2 * y);

    switch (kind) {
    case 0: // x^2 y^2
        second[0] = 2 * y * y, second[1] = 4 * x * y, second[2] = 2 * x * x;
        return x * x * y * y;
    case 1: // exp(0.3 x + 0.2 y)
        second[0] = 0.09 * g, second[1] = 0.06 * g, second[2] = 0.04 * g;
        return g;
    case 2: // sin(x) cos(y)
        second[0] = -sin(x) * cos(y), second[1] = -cos(x) * sin(y), second[2] = -sin(x) * cos(y);
        return sin(x) * cos(y);
    case 3: // exp(-x^2 / 10) y^2
        second[0] = (0.04 * x * x - 0.2) * e * y * y, second[1] = -0.4 * x * y * e, second[2] = 2 * e;
        return e * y * y;
    default: // tanh(x) tanh(y)
        second[0] = -2 * t * (1 - t * t) * u, second[1] = (1 - t * t) * (1 - u * u),
        second[2] = -2 * u * (1 - u * u) * t;
        return t * u;
    }
}

enum { KINDS = 5, NODES = 100 };

/* E of something of $z=L\xi$ by a product rule. */
struct problem {
    struct claim *claim;
    int kind;
    double S[3], L[3]; // S11, S12, S22; the lower factor
};

static struct value mean_by_rule(const struct problem *p, const struct rule rules[2], int form)
{
    double sums[2] = {0, 0}, magnitude = 0;

    for (int k = 0; k < 2; k++) {
        for (int m = 0; m < rules[k].n * rules[k].n; m++) {
            int a = m / rules[k].n, b = m % rules[k].n;
            double x = p->L[0] * rules[k].x[a], y = p->L[1] * rules[k].x[a] + p->L[2] * rules[k].x[b],
                   w = rules[k].w[a] * rules[k].w[b];
            double det = p->S[0] * p->S[2] - p->S[1] * p->S[1], second[3], f = smooth(p->kind, x, y, second);
            double u = (p->S[2] * x - p->S[1] * y) / det, v = (p->S[0] * y - p->S[1] * x) / det; // S^-1 z
            double weight = form < 3    ? 0
                            : form == 3 ? u * u - p->S[2] / det
                            : form == 4 ? u * v + p->S[1] / det
                                        : v * v - p->S[0] / det;
            double term = w * (form < 0 ? f : form < 3 ? second[form] : f * weight);

            sums[k] += term;
            magnitude += fabs(term);
        }
    }
    return value_with(measured(sums[1], fabs(sums[1] - sums[0]), QUADRATURE), 20 * DBL_EPSILON * magnitude, ROUNDING);
}

static void set(struct problem *p, const double S[3], const double direction[3], double h)
{
    for (int k = 0; k < 3; k++) {
        p->S[k] = S[k] + h * direction[k];
    }
    p->L[0] = sqrt(p->S[0]);
    p->L[1] = p->S[1] / p->L[0];
    p->L[2] = sqrt(p->S[2] - p->L[1] * p->L[1]);
}

/* Half the sum over $\Lambda_{11},2\Lambda_{12},\Lambda_{22}$ of form first, first + 1, first + 2. */
static struct value right_side(const struct problem *p, const struct rule rules[2], int first,
                               const double direction[3])
{
    struct value sum = exact(0);

    for (int k = 0; k < 3; k++) {
        double factor =
            (claim_fault(p->claim, "no_half") ? 1 : 0.5) * (k == 1 && !claim_fault(p->claim, "once") ? 2 : 1);

        sum = value_add(sum, value_scale(factor * direction[k], mean_by_rule(p, rules, first + k)));
    }
    return sum;
}

static struct value by_differences(struct problem *p, const struct rule rules[2], const double S[3],
                                   const double direction[3])
{
    struct value table[4];
    double before = 0;

    for (int level = 0; level < 4; level++) {
        double h = ldexp(0.08, -level) * fmin(S[0], S[2]), factor = 1;

        set(p, S, direction, h);
        struct value up = mean_by_rule(p, rules, -1);
        set(p, S, direction, -h);
        table[level] = value_scale(0.5 / h, value_sub(up, mean_by_rule(p, rules, -1)));
        before = table[0].x;
        for (int j = level - 1; j >= 0; j--) {
            factor *= 4;
            table[j] = value_add(table[j + 1], value_scale(1 / (factor - 1), value_sub(table[j + 1], table[j])));
        }
    }
    set(p, S, direction, 0);
    return value_with(table[0], 0.1 * fabs(table[0].x - before), QUADRATURE);
}

static void smooth_functions(struct claim *claim, uint32_t number, const struct rule rules[2])
{
    static const char *const names[] = {"x^2 y^2", "exp", "sin cos", "bump y^2", "tanh tanh"};
    struct stream stream = claim_stream(claim, 0, number);
    double W[4], S[3], direction[3];

    wishart(&stream, 2, 6, W);
    S[0] = W[0] + 0.3, S[1] = W[1], S[2] = W[3] + 0.3;
    for (int k = 0; k < 3; k++) {
        direction[k] = 2 * stream_uniform(&stream) - 1;
    }
    for (int kind = 0; kind < KINDS; kind++) {
        struct problem p = {.claim = claim, .kind = kind};
        struct value left = by_differences(&p, rules, S, direction);
        struct value curvature = right_side(&p, rules, 0, direction), score = right_side(&p, rules, 3, direction);

        claim_case(claim, "%s, covariance %u", names[kind], number);
        check_equal(claim, "score", score, left);
        check_equal(claim, "second derivatives", curvature, left);
        claim_row(claim, names[kind], left.x, score.x, curvature.x);
    }
}

/* ## Any dimension: $f=\cos(w\cdot z)$
 * $d\,e^{-w^T\Sigma w/2}\{\Lambda\}=-\frac12w^T\Lambda w\,e^{-w^T\Sigma w/2}$. */
struct source {
    int n;
    const double *w, *L, *inverse, *direction;
    double trace; // of S^-1 Lambda
};

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct source *s = context;
    int n = s->n;
    double *xi = memory_doubles((size_t)(4 * n)), *z = xi + n, *y = xi + 2 * n, *Ly = xi + 3 * n;

    (void)sample;
    stream_normals(stream, (size_t)n, xi);
    linear_multiply(false, false, n, 1, n, 1, s->L, xi, 0, z);
    linear_multiply(false, false, n, 1, n, 1, s->inverse, z, 0, y);
    linear_multiply(false, false, n, 1, n, 1, s->direction, y, 0, Ly);
    out[0] = 0.5 * cos(linear_dot(n, s->w, z)) * (linear_dot(n, y, Ly) - s->trace);
    memory_free(xi);
    return STATUS_OK;
}

static void sampled(struct claim *claim, int n)
{
    size_t entries = (size_t)(n * n);
    double *S = memory_doubles(4 * entries + 2 * (size_t)n), *L = S + entries, *inverse = S + 2 * entries,
           *direction = S + 3 * entries;
    double *w = S + 4 * entries, *half = w + n, quadratic = 0, bilinear = 0, trace = 0;
    struct stream stream = claim_stream(claim, 1, 0);
    struct moments mean;

    wishart(&stream, n, 4 * n, S);
    claim_need(claim, linear_cholesky(n, S, L));
    claim_need(claim, linear_pseudo_inverse(n, n, S, 1e-14, inverse, NULL));
    for (int i = 0; i < n; i++) {
        w[i] = stream_normal(&stream) / sqrt(n);
        for (int j = 0; j <= i; j++) {
            direction[i * n + j] = direction[j * n + i] = stream_normal(&stream);
        }
    }
    for (size_t k = 0; k < entries; k++) {
        trace += inverse[k] * direction[k];
    }
    linear_multiply(false, false, n, 1, n, 1, S, w, 0, half);
    quadratic = linear_dot(n, w, half);
    linear_multiply(false, false, n, 1, n, 1, direction, w, 0, half);
    bilinear = linear_dot(n, w, half);
    struct ensemble ensemble = claim_ensemble(claim, 2, (size_t)claim_integer(claim, "samples"), 1, draw,
                                              &(struct source){n, w, L, inverse, direction, trace});
    claim_need(claim, ensemble_moments(&ensemble, &mean));
    double scale = 0.5 * trace * trace + fabs(bilinear);
    claim_case(claim, "cos, dimension %d", n);
    check_zero(claim, "samples",
               value_sub(rounded(-0.5 * bilinear * exp(-0.5 * quadratic), 50), moments_estimate(mean)), scale);
    memory_free(S);
}

/* ## A kink: $f=\mathrm{relu}(z_1)\,\mathrm{relu}(z_2)$
 * Left: the arc-cosine kernel's derivative along $\Lambda$. Right, first form, in polar coordinates $z=L\,r(\cos t,\sin t)$, over the angles where both are positive: the integrals over $r$ are
 * $\mathrm E r^4=8$ and $\mathrm E r^2=2$. */
struct kinked {
    const struct problem *p;
    const double *direction;
};

static double sector(double t, void *context)
{
    const struct kinked *k = context;
    const double *S = k->p->S, *d = k->direction;
    double x = k->p->L[0] * cos(t), y = k->p->L[1] * cos(t) + k->p->L[2] * sin(t), det = S[0] * S[2] - S[1] * S[1];
    double u = (S[2] * x - S[1] * y) / det, v = (S[0] * y - S[1] * x) / det;
    double quadratic = d[0] * u * u + 2 * d[1] * u * v + d[2] * v * v;
    double trace = (d[0] * S[2] - 2 * d[1] * S[1] + d[2] * S[0]) / det;

    return 0.5 * x * y * (8 * quadratic - 2 * trace) / (2 * M_PI);
}

static void kink(struct claim *claim, uint32_t number)
{
    struct stream stream = claim_stream(claim, 3, number);
    double W[4], direction[3], S[3], dV[4];
    struct problem p = {.claim = claim};

    wishart(&stream, 2, 6, W);
    for (int k = 0; k < 3; k++) {
        direction[k] = 2 * stream_uniform(&stream) - 1;
    }
    S[0] = W[0] + 0.3, S[1] = W[1], S[2] = W[3] + 0.3;
    set(&p, S, direction, 0);
    struct kinked k = {&p, direction};
    double from = -atan2(p.L[1], p.L[2]), to = M_PI_2; // y > 0 from here, x > 0 to here
    struct value right = claim_value(claim, integrate(sector, &k, from, to, 1e-12));
    struct homogeneous relu = {1, 1, 0};
    double full[] = {S[0], S[1], S[1], S[2]},
           full_direction[] = {direction[0], direction[1], direction[1], direction[2]};
    claim_need(claim, homogeneous_moments_along(&relu, 2, full, full_direction, dV));
    claim_case(claim, "relu relu, covariance %u", number);
    check_zero(claim, "kink",
               value_sub(value_scale(claim_fault(claim, "no_half") ? 2 : 1, right), measured(dV[1], 1e-13, ROUNDING)),
               1);
}

static void lemma(struct claim *claim)
{
    struct rule rules[2];

    claim_labels(claim, "f");
    claim_column(claim, "differences", ABSOLUTE(1e-7), "extrapolated differences");
    claim_column(claim, "score", ABSOLUTE(1e-9), "a product rule");
    claim_column(claim, "curvature", ABSOLUTE(1e-9), "a product rule");
    claim_need(claim, rule_hermite(&rules[0], NODES - 16));
    claim_need(claim, rule_hermite(&rules[1], NODES));
    for (uint32_t number = 0; number < (uint32_t)claim_integer(claim, "covariances"); number++) {
        smooth_functions(claim, number, rules);
        kink(claim, number);
    }
    rule_free(&rules[0]);
    rule_free(&rules[1]);
    sampled(claim, (int)claim_integer(claim, "B"));
    sampled(claim, 2);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("B", "dimension of the samples", 5, 2, 50),
                           integer_by_scale("covariances", "random covariances in two dimensions", 2, 6, 100, 1, 1000),
                           integer_by_scale("samples", "samples", 20000, 200000, 10000000, 1000, 1000000000)},
            .faults = {{"no_half", "without the factor 1/2", "score second* kink"},
                       {"once", "the off-diagonal entry of Lambda taken once", "score second*"}},
            .run = lemma,
        }));
}
