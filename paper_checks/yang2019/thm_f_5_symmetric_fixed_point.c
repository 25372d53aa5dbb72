/* # Theorem F.5: the symmetric fixed point of any activation over two angles
 *
 * Yang et al. (2019), appendix F.2.1, theorem F.5. The map $\Sigma\mapsto V_{B_\phi}(\Sigma)=\mathbb E\,\phi(h)\phi(h)^T$, $h=\sqrt B\,Gz/\|Gz\|$,
 * $z\sim\mathcal N(0,\Sigma)$, has exactly one fixed point of the form $\mu^*I+\nu^*\mathbf 1\mathbf 1^T$:
 *
 * $$\mu^*+\nu^*=\frac{\Gamma(\frac{B-1}2)}{\Gamma(\frac{B-2}2)\sqrt\pi}\int_0^\pi\sin^{B-3}\theta\;\phi(\sqrt B\zeta_1)^2\,d\theta,\qquad
 * \nu^*=\frac{B-3}{2\pi}\int_0^\pi\!\!\int_0^\pi\sin^{B-3}\theta_1\,\sin^{B-4}\theta_2\;\phi(\sqrt B\zeta_1)\,\phi(\sqrt B\zeta_2)\,d\theta_1d\theta_2$$
 *
 * for $B\ge4$, with $\zeta_1=-\sqrt{\frac{B-1}B}\cos\theta_1$,
 * $\zeta_2=\frac{\cos\theta_1}{\sqrt{B(B-1)}}-\sqrt{\frac{B-2}{B-1}}\sin\theta_1\cos\theta_2$; and for $B=3$
 * $\nu^*=\frac1{2\pi}\int_0^{2\pi}\phi(-\sqrt2\sin\theta)\,\phi\big(\tfrac{\sin\theta}{\sqrt2}-\tfrac{\sqrt3\cos\theta}{\sqrt2}\big)d\theta$.
 *
 * **Checked.** The integrals as printed, nested and adaptive, against: rings of another parametrisation of the sphere, for any $\phi$; arc-cosine
 * kernels, for homogeneous $\phi$; and samples of $h$ at three covariances of that form, which must all give the same: that makes the fixed point
 * unique.
 * **Tolerance.** Each quadrature states its error. Samples have standard errors; activations with too heavy a tail for that are not sampled.
 * **Could miss.** Fixed points of other forms: section 3.1 and appendix K.
 * **Found.** Holds, $B=3$ included; signs under the roots restored from the basis (33). */
#include <assay/evidence/claim.h>
#include <assay/meanfield/activation.h>
#include <assay/meanfield/covariance.h>
#include <assay/numerics/sphere.h>
#include <float.h>
#include <math.h>
#include <string.h>

enum { SAMPLED_MOST = 33 };

struct fixed_point {
    struct value q, nu; // mu + nu, nu
};

/* ## As printed
 * One angle: $\theta=\frac\pi2+u$, so that $\phi$'s kink at 0 is met exactly. */
struct one_angle {
    const struct activation *phi;
    double B;
};

static double square_integrand(double u, void *context)
{
    const struct one_angle *p = context;
    double zeta = sqrt((p->B - 1) / p->B) * sin(u), phi = activation_value(p->phi, sqrt(p->B) * zeta);

    return exp((p->B - 3) / 2 * log1p(-fmin(1, sin(u) * sin(u)))) * phi * phi;
}

static struct value printed_q(struct claim *claim, const struct activation *phi, int B)
{
    struct one_angle p = {phi, B};
    double reach = fmin(M_PI_2, 30 / sqrt(B)), points[40], zero = 0;
    int n = integrate_points(1, &zero, -reach, reach, fmin(0.4, 1.5 / sqrt(B)), 40, points);
    struct value integral = claim_value(claim, integrate_pieces(square_integrand, &p, n, points, 1e-14));
    struct value gammas = sphere_radius_moment(
        B - 1, 0.5, claim_fault(claim, "gamma_shifted") ? 2 : 1); // Gamma((B-1)/2) / Gamma((B-2)/2)

    return value_mul(value_scale(1 / sqrt(M_PI), gammas), integral);
}

/* Two angles. */
static double product(double x, double y, void *context)
{
    return activation_value(context, x) * activation_value(context, y);
}

/* $B=3$: a ring, cut where $\sin\theta=0$ and where $\sin\theta-\sqrt3\cos\theta=2\sin(\theta-\frac\pi3)=0$. */
static double ring_integrand(double theta, void *context)
{
    return activation_value(context, -sqrt(2) * sin(theta)) *
           activation_value(context, sqrt(2) * sin(theta - M_PI / 3));
}

static struct value printed_nu(struct claim *claim, const struct activation *phi, int B)
{
    struct activation copy = *phi;
    const double *kink;
    int kinks = activation_kinks(phi, &kink);

    if (B > 3)
        return value_scale((claim_fault(claim, "sample_more") ? B - 2 : B - 3) / (2 * M_PI),
                           claim_value(claim, sphere_angles_integral(B, product, &copy, kinks, kink)));
    double cut[] = {0, M_PI / 3, M_PI, 4 * M_PI / 3, 2 * M_PI};
    double turns = claim_fault(claim, "sample_more") ? M_PI : 2 * M_PI;
    return value_scale(1 / turns, claim_value(claim, integrate_pieces(ring_integrand, &copy, 5, cut, 1e-13)));
}

static struct fixed_point printed(struct claim *claim, const struct activation *phi, int B)
{
    return (struct fixed_point){printed_q(claim, phi, B), printed_nu(claim, phi, B)};
}

/* ## Rings, and kernels
 * $\mathbb E\,\phi(h_1)\phi(h_2)$ over the library's rings; and for $\phi$ of degree $\alpha$, $h=\sqrt{B-1}\,z/\|\cdot\|$ with $z$ Gaussian: the
 * covariance of Gaussians over $\mathbb E(r^2/(B-1))^\alpha$. */
static double squared(double h, void *context)
{
    return product(h, h, context);
}

static struct fixed_point rings(struct claim *claim, const struct activation *phi, int B)
{
    struct activation copy = *phi;
    struct piecewise value = activation_piecewise(&copy), square = {squared, &copy, value.kinks, value.kink};

    return (struct fixed_point){claim_value(claim, sphere_mean(B, &square)),
                                claim_value(claim, sphere_product(B, &value, &value))};
}

static struct fixed_point kernels(struct claim *claim, const struct activation *phi, int B, double alpha)
{
    struct value gain = sphere_radius_moment(B, 1 / (B - 1.0), 2 * alpha);

    return (struct fixed_point){value_div(claim_value(claim, covariance(phi, 1)), gain),
                                value_div(claim_value(claim, covariance(phi, -1 / (B - 1.0))), gain)};
}

/* $\nu$ can be far below $q$, a sum of both signs: it is compared on the scale of $q$. */
static void compare(struct claim *claim, const struct activation *phi, int B)
{
    struct fixed_point claimed = printed(claim, phi, B), ring = rings(claim, phi, B);
    double alpha = activation_homogeneity(phi);

    claim_case(claim, "B = %d, %s", B, phi->name);
    check_equal(claim, "q, rings", claimed.q, ring.q);
    check_zero(claim, "nu, rings", value_sub(claimed.nu, ring.nu), ring.q.x);
    if (alpha >= 0) {
        struct fixed_point kernel = kernels(claim, phi, B, alpha);

        check_equal(claim, "q, kernel", claimed.q, kernel.q);
        check_zero(claim, "nu, kernel", value_sub(claimed.nu, kernel.nu), kernel.q.x);
    }
}

/* ## Samples
 * Three covariances of the form: $I$, $\frac3{10}I+2\cdot\mathbf 1\mathbf 1^T$, and $5I-\frac4B\mathbf 1\mathbf 1^T$, whose negative $\nu$ is near
 * the least. */
struct sampled {
    struct activation phi;
    int B;
    double mu, common; // z = sqrt(mu) g + common * (1/sqrt B sum g) 1 / sqrt B
};

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct sampled *s = context;
    double z[SAMPLED_MOST], sum = 0, mean = 0, square = 0;

    (void)sample;
    stream_normals(stream, (size_t)s->B, z);
    for (int i = 0; i < s->B; i++)
        sum += z[i];
    for (int i = 0; i < s->B; i++) {
        z[i] = sqrt(s->mu) * z[i] + s->common * sum / s->B;
        mean += z[i] / s->B;
    }
    for (int i = 0; i < s->B; i++)
        square += (z[i] - mean) * (z[i] - mean) / s->B;
    double first = activation_value(&s->phi, (z[0] - mean) / sqrt(square));
    out[0] = first * first;
    out[1] = first * activation_value(&s->phi, (z[1] - mean) / sqrt(square));
    return STATUS_OK;
}

/* $\sqrt\mu\,(I-P)+\sqrt{\mu+B\nu}\,P$ with $P=\frac1B\mathbf 1\mathbf 1^T$ is the root of $\mu I+\nu\mathbf 1\mathbf 1^T$. */
static void samples(struct claim *claim, const struct activation *phi, int B)
{
    const double mu[] = {1, 0.3, 5}, nu[] = {0, 2, -4.0 / B};
    struct fixed_point claimed = printed(claim, phi, B);
    struct piecewise value = activation_piecewise(phi);
    bool tame = sphere_tail(B, &value, 4) < (double)claim_integer(claim, "samples") / 50;

    for (int i = 0; i < 3 && tame; i++) {
        struct sampled s = {*phi, B, mu[i], sqrt(mu[i] + B * nu[i]) - sqrt(mu[i])};
        struct ensemble ensemble =
            claim_ensemble(claim, (uint32_t)i, (size_t)claim_integer(claim, "samples"), 2, draw, &s);
        struct moments moments[2];

        claim_need(claim, ensemble_moments(&ensemble, moments));
        claim_case(claim, "B = %d, %s, mu = %g, nu = %g", B, phi->name, mu[i], nu[i]);
        check_zero(claim, "samples", value_sub(claimed.q, moments_estimate(moments[0])), claimed.q.x);
        check_zero(claim, "samples", value_sub(claimed.nu, moments_estimate(moments[1])), claimed.q.x);
    }
}

/* ## All cases */
static void tabulate(struct claim *claim, const char *name)
{
    struct activation phi;

    claim_need(claim, activation_find(name, &phi));
    for (int B = 3; B <= 200; B += 1 + B / (claim_scale(claim) == SCALE_SMOKE ? 1 : 4)) {
        struct fixed_point angles = printed(claim, &phi, B), ring = rings(claim, &phi, B);

        claim_row(claim, name, B, angles.q.x, angles.nu.x, ring.nu.x);
    }
}

static void fixed_point(struct claim *claim)
{
    static const int sizes[] = {3, 4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    static const char *const names[] = {
        "id",       "relu", "lrelu:0.1", "abs", "relu^2", "tanh", "sigmoid", "erf", "sin",     "gelu", "silu",
        "softplus", "elu",  "selu",      "exp", "bump",   "x^2",  "x^3",     "h5",  "relu^1.7"}; // the last one is slow
    static const char *const drawn[] = {"relu", "gelu", "tanh", "exp"};
    struct activation phi, relu;
    int B = (int)claim_integer(claim, "B");

    claim_need(claim, activation_find("relu", &relu));
    claim_labels(claim, "phi");
    claim_column(claim, "B", EXACT, "a grid");
    claim_column(claim, "q", RELATIVE(1e-11), "adaptive quadrature");
    claim_column(claim, "nu", ABSOLUTE(1e-10), "adaptive quadrature, nested");
    claim_column(claim, "nu_rings", ABSOLUTE(1e-11), "quadrature");
    for (size_t i = 0; i < sizeof names / sizeof *names - (claim_scale(claim) == SCALE_SMOKE); i++) {
        claim_need(claim, activation_find(names[i], &phi));
        compare(claim, &phi, 3);
        compare(claim, &phi, i % 2 ? 4 : 7);
    }
    claim_need(claim, activation_find(claim_text(claim, "phi"), &phi));
    if (!isfinite(activation_value(&phi, 0)))
        claim_refuse(claim, "phi = %s: a function that is finite at 0 wanted", phi.name);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        compare(claim, &phi, sizes[i]);
    compare(claim, &phi, B);
    samples(claim, &phi, 3);
    samples(claim, &relu, 5);
    samples(claim, &phi, (int)fmin(B, SAMPLED_MOST));
    tabulate(claim, phi.name);
    for (size_t i = 0; i < sizeof drawn / sizeof *drawn; i++)
        if (strcmp(drawn[i], phi.name) != 0)
            tabulate(claim, drawn[i]);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("B", "one more batch size; sampled to 33", 12, 3, 10000),
                           text("phi", "activation at all batch sizes", "tanh"),
                           integer_by_scale("samples", "of h for each covariance", 10000, 100000, 10000000, 10000,
                                            1000000000)},
            .faults = {{"gamma_shifted", "Gamma(B/2) in place of Gamma((B-1)/2)", "q,* samples"},
                       {"sample_more", "B-2 in place of B-3 in front of nu; 1/pi in place of 1/(2 pi) for B = 3",
                        "nu,* samples"}},
            .run = fixed_point,
        }));
}
