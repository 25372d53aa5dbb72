/* # Propositions E.33 and E.34: a Gaussian batch is a uniform direction, reweighted
 *
 * Yang et al. (2019), appendix E.3, definition E.32, propositions E.33 and E.34. With $\mathbf e$ an orthonormal basis of the image of
 * $G=I-\frac1B\mathbf 1\mathbf 1^T$ and
 * $K(v;\Sigma,\beta)=\det(\mathbf e^T\Sigma\mathbf e)^{-1/2}\,(v^T(\mathbf e^T\Sigma\mathbf e)^{-1}v)^{-(B-1+\beta)/2}$, for $B>1-\beta$,
 *
 * $$\mathbb E_{h\sim\mathcal N(0,\Sigma)}\|Gh\|^\beta f\Big(\frac{Gh}{\|Gh\|}\Big)=2^{\beta/2}\,\frac{\Gamma(\frac{B-1+\beta}2)}{\Gamma(\frac{B-1}2)}\;
 *   \mathbb E_{v\sim S^{B-2}}f(\mathbf ev)\,K(v;\Sigma,\beta),$$
 *
 * and so $V_{B_\phi}(\Sigma)=\mathbb E_v\,\phi(\sqrt B\mathbf ev)^{\otimes2}K(v;\Sigma,0)$.
 *
 * **Checked.** Covariances $\mathbf e^T\Sigma\mathbf e=\mathrm{diag}(\lambda_1,\lambda_2,\mu,\dots,\mu)$, drawn at random: $K$ then depends on two
 * coordinates of the batch, and the right side is an integral over rings for any $B$. The left side knows nothing of spheres: for homogeneous $\phi$
 * of degree $\alpha$ and $\beta<2\alpha$ it is $\frac{B^\alpha}{\Gamma(a)}\int_0^\infty s^{a-1}\det(I+2sS)^{-1/2}\,V_\phi(S(I+2sS)^{-1})\,ds$,
 * $a=\alpha-\beta/2$, an arc-cosine kernel inside; for $\beta=2\alpha$ it is $B^\alpha V_\phi$; for $f=1$ a trace, a Gaussian moment or the same
 * integral. Then E.34 at a random full covariance, any $\phi$: samples of $h$ against samples of $v$.
 * **Tolerance.** Both quadratures state their errors. Samples have standard errors; those of $v$ carry the weights $K$.
 * **Could miss.** Covariances so skew that $K$ is a spike.
 * **Found.** Holds. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/activation.h>
#include <assay/meanfield/covariance.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/sphere.h>
#include <float.h>
#include <math.h>

enum { SAMPLED_MOST = 10 };

/* ## The right side
 * $v_1=-h_1/\sqrt{B-1}$ and $v_2=(v_1/\sqrt{B(B-1)}-h_2/\sqrt B)\sqrt{(B-1)/(B-2)}$ from (34). With $\mu$ taken out,
 * $v^TS^{-1}v=\mu^{-1}(1+v_1^2(\mu/\lambda_1-1)+v_2^2(\mu/\lambda_2-1))$. */
struct batch {
    int B;
    double lambda[2], mu, beta, exponent;
    const struct activation *phi;
};

static void weighted(double x, double y, double out[], void *context)
{
    const struct batch *b = context;
    double B = b->B, v = -x / sqrt(B - 1), w = (v / sqrt(B * (B - 1)) - y / sqrt(B)) * sqrt((B - 1) / (B - 2));
    double stretch = log1p(v * v * (b->mu / b->lambda[0] - 1) + w * w * (b->mu / b->lambda[1] - 1));

    out[0] = exp(-b->exponent * stretch);
    out[1] = out[0] * activation_value(b->phi, x) * activation_value(b->phi, y);
}

/* The right side for $f=1$ and $f=\phi(\sqrt B\cdot)_1\phi(\sqrt B\cdot)_2$. The powers of $\mu$ in the determinant and in the quadratic form leave
 * $\mu^{\beta/2}$. */
static void right_side(struct claim *claim, struct batch *b, struct value side[2])
{
    double determinant = claim_fault(claim, "whole_determinant") ? -1 : -0.5;
    struct value constant = sphere_radius_moment(b->B, claim_fault(claim, "two_forgotten") ? 0.5 : 1, b->beta);
    const double *kink;
    int kinks = activation_kinks(b->phi, &kink);

    b->exponent = (b->B - 1 + b->beta) / 2 - (claim_fault(claim, "beta_twice") ? -b->beta / 2 : 0);
    claim_need(claim, sphere_pair_means(b->B, 2, weighted, b, kinks, kink, side));
    double scale = pow(b->lambda[0] * b->lambda[1] / (b->mu * b->mu), determinant) * pow(b->mu, b->beta / 2);
    for (int i = 0; i < 2; i++) {
        side[i] = value_scale(scale, value_mul(constant, side[i]));
        side[i] = value_with(side[i], 20 * DBL_EPSILON * fabs(side[i].x), ROUNDING);
    }
}

/* ## The left side
 * $y=Gh$ has $y_1=-\sqrt{\frac{B-1}B}\,x_1$ and $y_2=x_1/\sqrt{B(B-1)}-\sqrt{\frac{B-2}{B-1}}\,x_2$ with $x_i$ of variance $\lambda_i$. */
static double homogeneous_pair(const struct batch *b, double first, double second, double alpha)
{
    double B = b->B, xx = (B - 1) / B * first, yy = first / (B * (B - 1)) + (B - 2) / (B - 1) * second, xy = -first / B;
    double rho = fmax(-1, xy / sqrt(xx * yy));

    return pow(xx * yy, alpha / 2) * covariance(b->phi, rho).x;
}

struct laplace {
    const struct batch *b;
    double alpha, a;
    bool radius_alone; // f = 1, alpha = 0
};

/* With $s=e^t$, and $V_\phi(S)=e^{-\alpha t}V_\phi(e^tS)$ so that nothing overflows. */
static double laplace_integrand(double t, void *context)
{
    const struct laplace *l = context;
    const struct batch *b = l->b;
    double s = exp(t), first = b->lambda[0] / (1 / s + 2 * b->lambda[0]),
           second = b->lambda[1] / (1 / s + 2 * b->lambda[1]);
    double log_determinant =
        log1p(2 * s * b->lambda[0]) + log1p(2 * s * b->lambda[1]) + (b->B - 3) * log1p(2 * s * b->mu);
    double pair = l->radius_alone ? 1 : homogeneous_pair(b, first, second, l->alpha);

    return exp((l->a - l->alpha) * t - log_determinant / 2) * pair;
}

static struct value laplace_mean(struct claim *claim, const struct batch *b, double alpha, bool radius_alone)
{
    struct laplace l = {b, alpha, alpha - b->beta / 2, radius_alone};
    double middle = -log(2 * b->mu * b->B), points[257];
    int n =
        integrate_points(1, &middle, middle - 10 - 40 / l.a, middle + 20 + 80 / (b->B - 1 + b->beta), 6, 257, points);
    struct value integral = claim_value(claim, integrate_pieces(laplace_integrand, &l, n, points, 1e-13));

    integral = value_with(integral, 1e-13 * fabs(integral.x), QUADRATURE); // the kernel's own error, and the ends
    return value_scale(1 / tgamma(l.a), integral);
}

/* Moments of $\|x\|^2$ by its cumulants: $\mathbb E\|x\|^2=\mathrm{tr}S$, $\mathbb E\|x\|^4=(\mathrm{tr}S)^2+2\,\mathrm{tr}S^2$. */
static struct value even_moment(const struct batch *b)
{
    double first = b->lambda[0] + b->lambda[1] + (b->B - 3) * b->mu;
    double second = b->lambda[0] * b->lambda[0] + b->lambda[1] * b->lambda[1] + (b->B - 3) * b->mu * b->mu;

    return rounded(b->beta == 0 ? 1 : b->beta == 2 ? first : first * first + 2 * second, 10);
}

static void compare(struct claim *claim, struct batch *b)
{
    struct value side[2];
    double alpha = activation_homogeneity(b->phi), power = pow(b->B, alpha);

    right_side(claim, b, side);
    claim_case(claim, "B = %d, beta = %g, lambda = %.2f, %.2f, %.2f", b->B, b->beta, b->lambda[0], b->lambda[1], b->mu);
    if (b->beta < 0)
        check_equal(claim, "radius, Laplace", side[0], laplace_mean(claim, b, 0, true));
    else if (fmod(b->beta, 2) == 0 && b->beta <= 4)
        check_equal(claim, "radius, moments", side[0], even_moment(b));
    if (b->beta < 2 * alpha)
        check_equal(claim, "activations, Laplace", side[1], value_scale(power, laplace_mean(claim, b, alpha, false)));
    else if (b->beta == 2 * alpha)
        check_equal(claim, "activations, covariance", side[1],
                    rounded(power * homogeneous_pair(b, b->lambda[0], b->lambda[1], alpha), 200));
}

/* ## Any covariance, any activation
 * E.34 with $\Sigma=I+\frac3{10B}XX^T$, $X$ standard normal: samples of $h$, and samples of $v$ with their weights. */
struct sampled {
    int B;
    struct activation phi;
    double root[SAMPLED_MOST * SAMPLED_MOST];    // R with R R' = Sigma
    double e[SAMPLED_MOST * SAMPLED_MOST];       // B x (B-1)
    double inverse[SAMPLED_MOST * SAMPLED_MOST]; // of e' Sigma e
    double log_determinant;
};

static void prepare(struct claim *claim, struct sampled *s)
{
    struct stream stream = claim_stream(claim, 1, (uint32_t)s->B);
    int B = s->B, n = B - 1;
    double X[SAMPLED_MOST * SAMPLED_MOST], Sigma[SAMPLED_MOST * SAMPLED_MOST], product[SAMPLED_MOST * SAMPLED_MOST];
    double S[SAMPLED_MOST * SAMPLED_MOST], eigenvalue[SAMPLED_MOST];

    stream_normals(&stream, (size_t)(B * B), X);
    linear_gram(B, B, X, Sigma);
    for (int i = 0; i < B * B; i++)
        Sigma[i] = 0.3 / B * Sigma[i] + (i % (B + 1) == 0);
    claim_need(claim, linear_cholesky(B, Sigma, s->root));
    sphere_basis(B, s->e);
    linear_multiply(false, false, B, n, B, 1, Sigma, s->e, 0, product);
    linear_multiply(true, false, n, n, B, 1, s->e, product, 0, S);
    claim_need(claim, linear_pseudo_inverse(n, n, S, 1e-12, s->inverse, NULL));
    claim_need(claim, linear_symmetric_eigen(n, S, eigenvalue, NULL));
    s->log_determinant = 0;
    for (int i = 0; i < n; i++)
        s->log_determinant += log(eigenvalue[i]);
}

static void activate_two(const struct sampled *s, const double y[], double weight, double out[])
{
    double square = 0;

    for (int i = 0; i < s->B; i++)
        square += y[i] * y[i];
    double scale = sqrt(s->B / square), first = activation_value(&s->phi, scale * y[0]);
    out[0] = weight * first * first;
    out[1] = weight * first * activation_value(&s->phi, scale * y[1]);
}

static enum status draw_h(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct sampled *s = context;
    double z[SAMPLED_MOST], y[SAMPLED_MOST], mean = 0;

    (void)sample;
    stream_normals(stream, (size_t)s->B, z);
    linear_multiply(false, false, s->B, 1, s->B, 1, s->root, z, 0, y);
    for (int i = 0; i < s->B; i++)
        mean += y[i] / s->B;
    for (int i = 0; i < s->B; i++)
        y[i] -= mean;
    activate_two(s, y, 1, out);
    return STATUS_OK;
}

static enum status draw_v(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct sampled *s = context;
    double z[SAMPLED_MOST], y[SAMPLED_MOST];
    int n = s->B - 1;

    (void)sample;
    stream_normals(stream, (size_t)n, z);
    linear_multiply(false, false, n, 1, n, 1, s->inverse, z, 0, y);
    double form = linear_dot(n, z, y) / linear_dot(n, z, z);
    linear_multiply(false, false, s->B, 1, n, 1, s->e, z, 0, y);
    activate_two(s, y, exp(-0.5 * (s->log_determinant + n * log(form))), out);
    return STATUS_OK;
}

static void sampled(struct claim *claim, int B)
{
    struct sampled s = {.B = B};
    struct moments left[2], right[2];
    size_t samples = (size_t)claim_integer(claim, "samples");

    claim_need(claim, activation_find(claim_text(claim, "phi"), &s.phi));
    prepare(claim, &s);
    struct ensemble of_h = claim_ensemble(claim, 2, samples, 2, draw_h, &s),
                    of_v = claim_ensemble(claim, 3, samples, 2, draw_v, &s);
    claim_need(claim, ensemble_moments(&of_h, left));
    claim_need(claim, ensemble_moments(&of_v, right));
    for (int i = 0; i < 2; i++) {
        struct value v = moments_estimate(right[i]);

        claim_case(claim, "B = %d, %s, entry (1,%d)", B, s.phi.name, i + 1);
        check_zero(claim, "E.34, samples",
                   value_sub(claim_fault(claim, "determinant_lost") ? value_scale(exp(0.5 * s.log_determinant), v) : v,
                             moments_estimate(left[i])),
                   moments_estimate(left[0]).x);
    }
}

/* ## All cases */
static void random_batch(struct claim *claim, struct batch *b, uint32_t trial)
{
    struct stream stream = claim_stream(claim, 4, trial);

    b->lambda[0] = 0.5 * pow(4, stream_uniform(&stream));
    b->lambda[1] = 0.5 * pow(4, stream_uniform(&stream));
    b->mu = 0.5 * pow(4, stream_uniform(&stream));
}

/* $\mathbb E\|Gh\|^\beta\phi\phi$ at one $\beta$, as $\lambda_1$ grows. */
static void tabulate(struct claim *claim, struct batch b)
{
    struct value side[2];
    double alpha = activation_homogeneity(b.phi);

    b.lambda[1] = b.mu = 1;
    b.beta = fmin(b.beta, 2 * alpha - 0.5);
    for (int i = 0; i <= 40; i++) {
        b.lambda[0] = pow(10, (i - 20) / 20.0);
        right_side(claim, &b, side);
        claim_row(claim, NULL, b.lambda[0], side[1].x, pow(b.B, alpha) * laplace_mean(claim, &b, alpha, false).x);
    }
}

static void radial_kernel(struct claim *claim)
{
    static const int sizes[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    struct activation phi, relu;
    int B = (int)claim_integer(claim, "B"), count = sizeof sizes / sizeof *sizes;
    double beta = claim_real(claim, "beta");

    claim_need(claim, activation_find(claim_text(claim, "phi"), &phi));
    claim_need(claim, activation_find("relu", &relu));
    if (!isfinite(activation_value(&phi, 0)))
        claim_refuse(claim, "phi = %s: a function that is finite at 0 wanted", phi.name);
    bool homogeneous = activation_homogeneity(&phi) >= 0.5 && activation_homogeneity(&phi) <= 8;
    const struct activation *kernel = homogeneous ? &phi : &relu;
    double alpha = activation_homogeneity(kernel), betas[] = {beta, 0, -1, -2.5, 0.3, 2, 4, 2 * alpha};
    if (beta < 1.1 - B)
        claim_refuse(claim, "beta = %g: beta > 1 - B = %d wanted, by 0.1 at least", beta, 1 - B);
    claim_column(claim, "lambda", EXACT, "a grid");
    claim_column(claim, "sphere", RELATIVE(1e-11), "quadrature");
    claim_column(claim, "laplace", RELATIVE(1e-11), "quadrature of another integral");
    for (int i = 0; i <= count; i++)
        for (uint32_t k = 0; k < 8; k++) {
            struct batch b = {.B = i < count ? sizes[i] : B, .beta = betas[k], .phi = kernel};

            random_batch(claim, &b, 8 * (uint32_t)i + k);
            if (b.beta > 1 - b.B && (k == 0 || k == 7 || i == count || (k + (uint32_t)i) % 3 == 0))
                compare(claim, &b);
        }
    tabulate(claim, (struct batch){.B = B, .mu = 1, .beta = beta, .phi = kernel});
    sampled(claim, 4);
    sampled(claim, 7);
    sampled(claim, (int)fmin(B, SAMPLED_MOST));
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("B", "one more batch size, drawn; sampled to 10", 6, 4, 1000),
                           real("beta", "the power of the radius that is drawn", -0.5, -20, 3.9),
                           text("phi",
                                "activation of E.34; where it is homogeneous of degree 1/2 to 8 also in place of relu",
                                "relu"),
                           integer_by_scale("samples", "of h and of v", 20000, 200000, 10000000, 10000, 1000000000)},
            .faults = {{"beta_twice", "the exponent of K with beta/2 more", "radius* activations*"},
                       {"two_forgotten", "no 2^(beta/2)", "radius* activations*"},
                       {"whole_determinant", "det^-1 in place of det^-1/2", "radius* activations*"},
                       {"determinant_lost", "K without its determinant in E.34", "E.34*"}},
            .run = radial_kernel,
        }));
}
