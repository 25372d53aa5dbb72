/* # Lemmas E.38 and E.39: means over a sphere by slices
 *
 * Yang et al. (2019), appendix E.3, lemmas E.38 and E.39. For $v$ uniform on $S^n\subset\mathbb R^{n+1}$ and unit vectors $u,u_1,u_2$,
 *
 * $$\mathbb E\,f(u\cdot v)=\frac{\omega_{n-1}}{\omega_n}\int_{-1}^1(1-h^2)^{\frac{n-2}2}f(h)\,dh,\qquad
 * \mathbb E\,f(u_1\cdot v,u_2\cdot v)=\frac{\omega_{n-2}}{\omega_n}\int_{|w|\le1,\,w\in\mathrm{span}(u_1,u_2)}(1-|w|^2)^{\frac{n-3}2}f(u_1\cdot w,u_2\cdot w)\,dw,$$
 *
 * where $\omega_n=2\pi^{(n+1)/2}/\Gamma(\frac{n+1}2)$ is the surface of $S^n$.
 *
 * **Checked.** Both integrals, adaptive, for $f=e^{h}$ and $e^{ah_1+bh_2}$, whose means are Bessel functions (power series), and for powers of $|h|$
 * and products of two rectified powers at any angle between $u_1$ and $u_2$, which are Gaussian means over a moment of the radius. For any
 * activation, at the angle that two samples of a batch have, $u_1\cdot u_2=-1/n$, against a quadrature over rings. And samples, at a random angle.
 * **Tolerance.** Adaptive quadrature states its error. Samples have standard errors.
 * **Could miss.** Nothing of the two lemmas for $n\ge2$.
 * **Found.** Holds. Where the paper explains the symbol, $\omega_{n-1}$ is the surface of $S^{n-1}$, which it calls the $(n-1)$-dimensional unit
 * hypersphere. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/activation.h>
#include <assay/meanfield/covariance.h>
#include <assay/numerics/sphere.h>
#include <float.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>

/* ## As printed
 * The ratio of two surfaces as a ratio of Gamma functions: $\omega_{n-k}/\omega_n=\pi^{-k/2}\,\Gamma(\frac{n+1}2)/\Gamma(\frac{n+1-k}2)$. */
static struct value surfaces(struct claim *claim, int n, int k)
{
    double x = (n + 1.0) / 2, y = (n + 1.0 - k) / 2;
    double ratio = pow(M_PI, -(claim_fault(claim, "pi_once_more") ? k + 1 : k) / 2.0) * exp(lgamma(x) - lgamma(y));

    return rounded(ratio, 8 + 2 * (fabs(lgamma(x)) + fabs(lgamma(y))));
}

/* $h=\sin u$ makes the first integral smooth at the ends. */
struct slice {
    integrand *f;
    void *context;
    double exponent; // of 1 - h^2
};

static double slice_integrand(double u, void *context)
{
    const struct slice *s = context;
    double cosine = cos(u);

    return s->f(sin(u), s->context) * pow(cosine, 2 * s->exponent + 1);
}

static struct value one_slice(struct claim *claim, int n, integrand *f, void *context)
{
    struct slice s = {f, context, (claim_fault(claim, "one_dimension_more") ? n - 1 : n - 2) / 2.0};
    double width = fmin(1, 12 / sqrt(n + 1.0)), points[] = {-M_PI_2, -M_PI_2 * width, 0, M_PI_2 * width, M_PI_2};

    return value_mul(surfaces(claim, n, 1),
                     claim_value(claim, integrate_pieces(slice_integrand, &s, 5, points, 1e-14)));
}

/* The disc in polar coordinates: $w=\sin\psi\,(\cos t\,u_1+\dots)$, so that $u_1\cdot w=\sin\psi\cos t$, $u_2\cdot w=\sin\psi\cos(t-\omega)$ where
 * $\cos\omega=u_1\cdot u_2$. $t$ is split where one of them changes sign. */
struct disc {
    integrand_pair *f;
    void *context;
    double exponent, omega, radius;
    double worst; // error of a ring
};

static double ring_integrand(double t, void *context)
{
    const struct disc *d = context;

    return d->f(d->radius * cos(t), d->radius * cos(t - d->omega), d->context);
}

static double disc_integrand(double psi, void *context)
{
    struct disc *d = context;
    double from = d->omega - M_PI_2, points[] = {from, M_PI_2, d->omega + M_PI_2, 3 * M_PI_2, from + 2 * M_PI};

    d->radius = sin(psi);
    struct value ring = integrate_pieces(ring_integrand, d, 5, points, 1e-14);
    d->worst = fmax(d->worst, value_bound(ring));
    return ring.x * d->radius * pow(cos(psi), 2 * d->exponent + 1);
}

static struct value two_slices(struct claim *claim, int n, double omega, integrand_pair *f, void *context)
{
    struct disc d = {f, context, (claim_fault(claim, "one_dimension_more") ? n - 2 : n - 3) / 2.0, omega, 0, 0};
    double width = fmin(1, 12 / sqrt(n + 1.0)), points[] = {0, M_PI_2 * width, M_PI_2};
    struct value integral = claim_value(claim, integrate_pieces(disc_integrand, &d, 3, points, 1e-12));

    return value_mul(surfaces(claim, n, 2), value_with(integral, d.worst / fmax(n - 1, 1), QUADRATURE));
}

/* ## Exponentials
 * $\mathbb E\,e^{s\cdot v}=\sum_j(|s|^2/4)^j/(j!\,(\frac{n+1}2)_j)$. */
static double exponential(double h, void *context)
{
    return exp(*(const double *)context * h);
}

static double exponential_pair(double x, double y, void *context)
{
    const double *a = context;

    return exp(a[0] * x + a[1] * y);
}

static struct value bessel(int n, double square)
{
    double term = 1, sum = 1;

    for (int j = 0; j < 80; j++) {
        term *= square / 4 / ((j + 1) * ((n + 1) / 2.0 + j));
        sum += term;
    }
    return rounded(sum, 20);
}

static void exponentials(struct claim *claim, int n, double omega)
{
    double a[] = {1.7, -2.3};

    claim_case(claim, "n = %d, angle %g", n, omega);
    check_equal(claim, "one slice", one_slice(claim, n, exponential, a), bessel(n, a[0] * a[0]));
    check_equal(claim, "two slices", two_slices(claim, n, omega, exponential_pair, a),
                bessel(n, a[0] * a[0] + a[1] * a[1] + 2 * a[0] * a[1] * cos(omega)));
}

/* ## Rectified powers
 * $\mathbb E\,\rho(u_1\cdot v)\rho(u_2\cdot v)=C[\rho\,|\cos\omega]\,/\,\mathbb E\,|z|^{2\alpha}$ for $\rho=\mathrm{relu}^\alpha$,
 * $z\sim\mathcal N(0,I_{n+1})$. */
static double rectified(double h, void *context)
{
    return activation_value(context, h);
}

static double rectified_pair(double x, double y, void *context)
{
    return activation_value(context, x) * activation_value(context, y);
}

static void rectified_powers(struct claim *claim, int n, double omega, double alpha)
{
    struct activation rho;

    claim_need(claim, activation_with("relu^", alpha, &rho));
    claim_case(claim, "n = %d, relu^%g, angle %g", n, alpha, omega);
    struct value mean = measured(pow(2, alpha / 2 - 1) * tgamma((alpha + 1) / 2) / sqrt(M_PI), 1e-15, ROUNDING);
    check_equal(claim, "one slice", one_slice(claim, n, rectified, &rho),
                value_div(mean, sphere_radius_moment(n + 2, 1, alpha)));
    check_equal(claim, "two slices", two_slices(claim, n, omega, rectified_pair, &rho),
                value_div(claim_value(claim, covariance(&rho, cos(omega))), sphere_radius_moment(n + 2, 1, 2 * alpha)));
}

/* ## Any activation
 * At the angle of two samples of a batch of $n+1$, scaled as batch normalisation does. */
struct scaled {
    struct activation phi;
    double radius, omega;
    int n;
};

static double scaled_pair(double x, double y, void *context)
{
    const struct scaled *s = context;

    return activation_value(&s->phi, s->radius * x) * activation_value(&s->phi, s->radius * y);
}

static struct value batch_pair(struct claim *claim, int B)
{
    struct scaled s = {.radius = sqrt(B - 1.0), .omega = acos(-1 / (B - 1.0)), .n = B - 2};

    claim_need(claim, activation_find(claim_text(claim, "phi"), &s.phi));
    if (!isfinite(activation_value(&s.phi, 0)))
        claim_refuse(claim, "phi = %s: a function that is finite at 0 wanted", s.phi.name);
    struct piecewise phi = activation_piecewise(&s.phi);
    struct value disc = two_slices(claim, B - 2, s.omega, scaled_pair, &s),
                 rings = claim_value(claim, sphere_product(B, &phi, &phi));
    claim_case(claim, "B = %d, %s", B, s.phi.name);
    check_equal(claim, "rings", disc, rings);
    return disc;
}

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct scaled *s = context;
    double z[130], square = 0;

    (void)sample;
    stream_normals(stream, (size_t)s->n + 1, z);
    for (int i = 0; i <= s->n; i++)
        square += z[i] * z[i];
    double x = z[0] / sqrt(square), y = (cos(s->omega) * z[0] + sin(s->omega) * z[1]) / sqrt(square);
    out[0] = activation_value(&s->phi, s->radius * x);
    out[0] *= activation_value(&s->phi, s->radius * y);
    return STATUS_OK;
}

static void samples(struct claim *claim, int n)
{
    struct stream stream = claim_stream(claim, 1, (uint32_t)n);
    struct scaled s = {.radius = 1, .omega = 0.3 + 2.5 * stream_uniform(&stream), .n = n};
    struct moments moments;

    claim_need(claim, activation_find("relu", &s.phi));
    struct ensemble ensemble = claim_ensemble(claim, 2, (size_t)claim_integer(claim, "samples"), 1, draw, &s);
    claim_need(claim, ensemble_moments(&ensemble, &moments));
    claim_case(claim, "n = %d, relu, angle %g", n, s.omega);
    check_equal(claim, "samples", two_slices(claim, n, s.omega, scaled_pair, &s), moments_estimate(moments));
}

/* Relu at all angles: the arc-cosine kernel. */
static void tabulate(struct claim *claim, int n)
{
    struct activation relu;

    claim_need(claim, activation_find("relu", &relu));
    for (int i = 1; i < 40; i++) {
        double omega = M_PI * i / 40;

        claim_row(claim, NULL, n, omega, two_slices(claim, n, omega, rectified_pair, &relu).x,
                  covariance(&relu, cos(omega)).x / (n + 1));
    }
}

static void slices(struct claim *claim)
{
    static const int dimensions[] = {2, 3, 4, 5, 6, 8, 14, 31, 98};
    static const double angles[] = {0.4, 1.3, 2.6};
    int B = (int)claim_integer(claim, "B");

    claim_column(claim, "n", EXACT, "a grid");
    claim_column(claim, "angle", EXACT, "a grid");
    claim_column(claim, "relu", RELATIVE(1e-11), "adaptive quadrature, nested");
    claim_column(claim, "kernel", RELATIVE(1e-12), "a closed form");
    for (int i = 0; i < (int)(sizeof dimensions / sizeof *dimensions); i++) {
        int n = dimensions[i];

        exponentials(claim, n, angles[i % 3]);
        rectified_powers(claim, n, angles[(i + 1) % 3], 0.5 + 0.5 * (i % 4));
        rectified_powers(claim, n, claim_real(claim, "angle"), 1);
        batch_pair(claim, n + 2);
        if (n <= 32)
            samples(claim, n);
    }
    batch_pair(claim, B);
    tabulate(claim, B - 2);
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {integer("B", "batch size: the table has n = B - 2", 10, 4, 1000),
                                         text("phi", "activation tried at the angle of a batch", "tanh"),
                                         real("angle", "between u_1 and u_2, one more to check", 2, 0.01, 3.1),
                                         integer_by_scale("samples", "vectors a dimension", 10000, 100000, 10000000,
                                                          1000, 100000000)},
                          .faults = {{"one_dimension_more", "exponents (n-1)/2 and (n-2)/2", "one* two* rings samples"},
                                     {"pi_once_more", "omega_n with pi^(n/2)", "one* two* rings samples"}},
                          .run = slices,
                      }));
}
