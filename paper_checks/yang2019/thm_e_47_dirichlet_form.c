/* # Theorem E.47: a form in the derivative of φ is diagonal in the Gegenbauer coefficients of φ
 *
 * Yang et al. (2019), appendix E.4, theorem E.47, new there. For $u_1,u_2$ on the sphere $S^{B-2}$ and $\phi(\sqrt{B-1}x)=\sum_la_lc_{B-1,l}^{-1}C_l(x)$,
 * $C_l=C_l^{((B-3)/2)}$, $c_{B-1,l}=\frac{B-3}{B-3+2l}$, both $\phi$ and $\phi'$ square integrable,
 *
 * $$\mathop{\mathbb E}_v\big(u_1\!\cdot\!u_2-(u_1\!\cdot\!v)(u_2\!\cdot\!v)\big)\phi'(\sqrt{B-1}\,u_1\!\cdot\!v)\phi'(\sqrt{B-1}\,u_2\!\cdot\!v)
 * =\frac1{B-1}\sum_la_l^2(l+B-3)\,l\,c_{B-1,l}^{-1}C_l(u_1\!\cdot\!u_2).$$
 *
 * The theorem on gradient explosion rests on it. (The left side is the mean of $\nabla F_1\cdot\nabla F_2/(B-1)$ for $F_i(v)=\phi(\sqrt{B-1}u_i\cdot v)$, and $l(l+B-3)$
 * the eigenvalue of the sphere's Laplacian: Green's identity.)
 *
 * **Checked.** The series against quadrature of the left side: over two angles for $u_1\cdot u_2=-1/(B-1)$ (two samples of a batch), over one for $u_1=u_2$,
 * and nested for other angles between $u_1$ and $u_2$. Every activation of the table.
 * **Tolerance.** What the series lacks between two samples is bounded: by the whole sum for $u_1=u_2$, and by the known rate at which $|C_l(x)/C_l(1)|$ falls. For
 * $u_1=u_2$ it is extrapolated, and all of it is the error. Smooth $\phi$ leave nothing; kinks leave up to $10^{-4}$ between two samples at $B=4$ and nothing at
 * $B\ge16$.
 * **Could miss.** With kinks and $B$ of 4 to 7, errors below that.
 * **Found.** Holds. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/response.h>
#include <assay/numerics/sphere.h>
#include <assay/numerics/zonal.h>
#include <math.h>
#include <stdlib.h>

/* ## The series
 * $a_l^2c_{B-1,l}^{-1}C_l(x)=f_l^2R_l(x)$ with the orthonormal coefficients $f_l$ and $R_l=C_l/C_l(1)$; with $n=B-1$ the weights are $l(l+n-2)/n$. */
static struct value series(struct claim *claim, const struct zonal *zonal, double t)
{
    int n = zonal->n, lmax = zonal->lmax;
    double *g = memory_doubles((size_t)lmax + 1), bound = gegenbauer_ratio_bound(lmax + 1, n, t);
    double shift = claim_fault(claim, "one_more") ? n - 1 : n - 2, width = claim_fault(claim, "batch") ? n + 1 : n;

    gegenbauer_ratios(lmax, 0.5 * n - 1, t, g);
    for (int l = 0; l <= lmax; l++) {
        g[l] *= l * (l + shift) / width;
    }
    struct value sum = t == 1 ? zonal_sum_extrapolated(zonal, g)
                              : zonal_sum(zonal, g, (struct zonal_tail){-bound / n, bound / n, true});
    memory_free(g);
    return sum;
}

/* ## Two samples of a batch, and one sample with itself */
struct setting_of {
    const struct response *phi;
    double n;
};

static void two_samples(double x, double y, double out[], void *context)
{
    const struct setting_of *s = context;
    const struct piecewise *slope = &s->phi->slope;

    out[0] = -(1 + x * y) / s->n * slope->f(x, slope->context) * slope->f(y, slope->context);
}

static double one_sample(double x, void *context)
{
    const struct setting_of *s = context;
    double slope = s->phi->slope.f(x, s->phi->slope.context);

    return (1 - x * x / s->n) * slope * slope;
}

/* ## Any angle between $u_1$ and $u_2$
 * $v\cdot u_1=\cos\theta_1$ with density $\sin^{n-2}\theta_1$, $v\cdot u_2=t\cos\theta_1+\sqrt{1-t^2}\sin\theta_1\cos\theta_2$ with density $\sin^{n-3}\theta_2$. The outer integral is split at the
 * kinks of the first factor and where those of the second enter or leave. */
struct nested {
    const struct response *phi;
    double n, t, cosine, sine, worst;
};

static double inner(double theta, void *context)
{
    const struct nested *s = context;
    double w = s->t * s->cosine + sqrt(1 - s->t * s->t) * s->sine * cos(theta);

    return (s->t - s->cosine * w) * s->phi->slope.f(sqrt(s->n) * w, s->phi->slope.context) * pow(sin(theta), s->n - 3);
}

static int kinks_between(const struct nested *s, double kink[])
{
    int count = 0;

    for (int i = s->phi->slope.kinks - 1; i >= 0; i--) {
        double x = (s->phi->slope.kink[i] / sqrt(s->n) - s->t * s->cosine) / (sqrt(1 - s->t * s->t) * s->sine);

        if (fabs(x) < 1) {
            kink[count++] = acos(x);
        }
    }
    return count;
}

static double outer(double theta, void *context)
{
    struct nested *s = context;
    double kink[8], points[40];

    s->cosine = cos(theta);
    s->sine = sin(theta);
    int count = integrate_points(kinks_between(s, kink), kink, 0, M_PI, 2 / sqrt(s->n), 40, points);
    struct value mean = integrate_pieces(inner, s, count, points, 1e-13);
    s->worst = fmax(s->worst, value_bound(mean));
    return mean.x * s->phi->slope.f(sqrt(s->n) * s->cosine, s->phi->slope.context) * pow(s->sine, s->n - 2);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double sine_integral(double k)
{
    return sqrt(M_PI) * exp(lgamma((k + 1) / 2) - lgamma(k / 2 + 1));
}

static struct value at_any_angle(struct claim *claim, const struct response *phi, int n, double t)
{
    struct nested s = {phi, n, t, 0, 0, 0};
    double split[24], points[80], norm = sine_integral(n - 2) * sine_integral(n - 3);
    int count = 0;

    for (int i = 0; i < phi->slope.kinks; i++) {
        double x = phi->slope.kink[i] / sqrt(n);

        if (fabs(x) < 1) {
            split[count++] = acos(x);
            split[count++] = fabs(acos(t) - acos(x));
            split[count++] = M_PI - fabs(M_PI - acos(t) - acos(x));
        }
    }
    qsort(split, (size_t)count, sizeof *split, compare);
    int n_points = integrate_points(count, split, 0, M_PI, 2 / sqrt(n), 80, points);
    struct value mean = claim_value(claim, integrate_pieces(outer, &s, n_points, points, 1e-12));
    struct setting_of self = {phi, n};
    double size =
        sqrt(claim_value(claim,
                         sphere_mean(n + 1, &(struct piecewise){one_sample, &self, phi->slope.kinks, phi->slope.kink}))
                 .x *
             n);
    return value_with(value_scale(1 / norm, mean),
                      s.worst / sine_integral(n - 3) * size + 1e-14 * n * fabs(mean.x / norm), QUADRATURE);
}

/* ## One activation and batch size */
static void at(struct claim *claim, const struct activation *phi, int B, bool angles)
{
    struct response response = response_of(phi);
    struct setting_of s = {&response, B - 1};
    struct value pair;
    struct zonal zonal;

    claim_case(claim, "%s, B = %d", phi->name, B);
    claim_need(claim, zonal_expand(B - 1, &response.value, &response.slope, (int)claim_integer(claim, "lmax"), &zonal));
    claim_need(claim, sphere_pair_means(B, 1, two_samples, &s, response.slope.kinks, response.slope.kink, &pair));
    struct value self = claim_value(
        claim, sphere_mean(B, &(struct piecewise){one_sample, &s, response.slope.kinks, response.slope.kink}));
    struct value between = series(claim, &zonal, -1.0 / (B - 1));
    check_zero(claim, "two samples", value_sub(between, pair), self.x);
    check_equal(claim, "one sample", series(claim, &zonal, 1), self);
    claim_row(claim, phi->name, B, between.x / self.x, pair.x / self.x, value_error(between) / self.x);
    for (double t = -0.75; angles && t < 1; t += 0.5) {
        struct value there = series(claim, &zonal, t);

        claim_case(claim, "%s, B = %d, u_1.u_2 = %g", phi->name, B, t);
        check_zero(claim, "any angle", value_sub(there, at_any_angle(claim, &response, B - 1, t)), self.x);
    }
    zonal_free(&zonal);
}

/* Whether $\phi'$ has a second moment near 0. */
static bool admitted(const struct activation *phi)
{
    return !(activation_homogeneity(phi) <= 0.5);
}

static void dirichlet(struct claim *claim)
{
    static const int sizes[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    struct activation phi;

    claim_labels(claim, "phi");
    claim_column(claim, "B", EXACT, "a grid");
    claim_column(claim, "series", ABSOLUTE(1e-11), "a series over quadratures, relative to one sample with itself");
    claim_column(claim, "sphere", ABSOLUTE(1e-11), "quadrature, relative to one sample with itself");
    claim_column(claim, "series_err", ABSOLUTE(1e-3), "its bound on what is left out");
    for (const char *const *name = activation_names(); *name; name++) {
        claim_need(claim, activation_find(*name, &phi));
        for (int i = 0; i < 10; i += claim_scale(claim) == SCALE_SMOKE ? 3 : 1) {
            at(claim, &phi, sizes[i], (i == 1 || i == 5) && claim_scale(claim) != SCALE_SMOKE);
        }
    }
    claim_need(claim, activation_find(claim_text(claim, "phi"), &phi));
    if (!admitted(&phi)) {
        claim_refuse(claim, "phi=%s: the theorem asks for a derivative with a second moment, a power above 1/2",
                     phi.name);
    }
    at(claim, &phi, (int)claim_integer(claim, "B"),
       !(activation_homogeneity(&phi) < 1) && claim_integer(claim, "B") <= 100);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("B", "one more batch size", 23, 4, 10000),
                           text("phi", "one more activation, tried at B", "relu^1.7"),
                           integer_by_scale("lmax", "highest degree", 120, 400, 3000, 50, 5000)},
            .faults = {{"one_more", "l + B - 2 in place of l + B - 3", "two?samples one?sample any?angle"},
                       {"batch", "1/B in front of the sum", "two?samples one?sample any?angle"}},
            .run = dirichlet,
        }));
}
