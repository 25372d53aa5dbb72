/* # Theorem I.4: gradients of two batches share what degree 1 of the activation lets through
 *
 * Yang et al. (2019), appendix I, theorem I.4. With the Gegenbauer coefficients $a_l$ of $\phi(\sqrt{B-1}x)$, the block of gradient covariances between two batches is multiplied from layer to layer by
 *
 * $$\lambda_{\tilde M}^\downarrow=\frac{B(B-1)}{2\pi\mu^*}a_1^2\,\mathrm{Beta}\Big(\frac B2,\frac12\Big)^2
 * =\frac{\frac1{2\pi}B(B-1)a_1^2\,\mathrm{Beta}(\frac B2,\frac12)^2}{\sum_la_l^2\frac1{c_{B-1,l}}\big(C_l(1)-C_l(\frac{-1}{B-1})\big)}=\lambda_{\tilde M}^\uparrow.$$
 *
 * The proof expands $\phi'$ in $C_l^{((B-1)/2)}$, to which $\sin^{B-1}\theta$ is the weight: $\int_0^\pi\sin^{B-1}\theta\,\phi'(-\sqrt{B-1}\cos\theta)d\theta=a_1\sqrt{B-1}\,\mathrm{Beta}(\frac B2,\frac12)$, all other degrees
 * being orthogonal to 1.
 *
 * **Checked.** The integral against $a_1$, which is a mean of $\phi$ itself, for every activation; for $\phi$ of one degree, whether it vanishes. Both forms of the eigenvalue against the operator
 * $\Xi\mapsto G\,T\,\Xi\,T^TG$, $T=\mathbb E\sqrt BD\,r^{-1}(I-vv^T)$ built from means over two coordinates and applied to random $\Xi$, and against the forward eigenvalue.
 * **Tolerance.** Quadrature states its error; the series is completed by Parseval.
 * **Could miss.** An error in $T$ itself: `thm_i_2_gradients_between_batches` samples it.
 * **Found.** Holds. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/sphere.h>
#include <assay/numerics/ultrasymmetric.h>
#include <assay/numerics/zonal.h>
#include <math.h>

/* $\mathrm{Beta}(\frac x2,\frac12)$. */
static struct value beta(int x)
{
    return value_div(rounded(sqrt(M_PI), 2), sphere_radius_moment(x + 1, 0.5, 1));
}

/* ## The integral
 * With $\theta=\frac\pi2+t$, so that a kink at 0 stands at $t=0$; cut where $\cos^{B-1}t$ is below $e^{-98}$. */
struct integral {
    const struct piecewise *slope;
    double B;
};

static double integrand_at(double t, void *context)
{
    const struct integral *of = context;
    double s = sin(t);

    return exp(0.5 * (of->B - 1) * log1p(-s * s)) * of->slope->f(sqrt(of->B - 1) * s, of->slope->context);
}

static struct value integral_of(struct claim *claim, const struct piecewise *slope, int B)
{
    struct integral of = {slope, B};
    double root = sqrt(B - 1), end = fmin(M_PI / 2, 14 / root), split[10], points[200];
    int inner = 0;

    for (int i = 0; i < slope->kinks; i++) {
        if (fabs(slope->kink[i]) < root) {
            split[inner++] = asin(slope->kink[i] / root);
        }
    }
    int n = integrate_points(inner, split, -end, end, 1 / root, 200, points);
    struct value mean;
    double magnitude;

    claim_need(claim, integrate_attempt(integrand_at, &of, n, points, 1e-14, &mean, &magnitude) == STATUS_RANGE
                          ? STATUS_RANGE
                          : STATUS_OK);
    return value_with(mean, 1e-14 * magnitude, ROUNDING);
}

/* ## As printed */
struct forms {
    struct value a1, first, second;
};

static struct forms printed(struct claim *claim, const struct piecewise *phi, int B, struct value mu)
{
    int lmax = (int)claim_integer(claim, "lmax");
    double *r = memory_doubles((size_t)lmax + 1), m = gegenbauer_ratio_bound(lmax + 1, B - 1, -1.0 / (B - 1)), b = B;
    struct zonal zonal;

    claim_need(claim, zonal_expand(B - 1, phi, NULL, lmax, &zonal));
    gegenbauer_ratios(lmax, (b - 3) / 2, -1 / (b - 1), r);
    for (int l = 0; l <= lmax; l++) {
        r[l] = claim_fault(claim, "plus") ? 1 + r[l] : 1 - r[l];
    }
    struct value a1 = value_scale(1 / sqrt(b - 1), zonal.f[1]), a1_beta = value_mul(a1, beta(B));
    struct value top =
        value_scale(b * (claim_fault(claim, "batch") ? b : b - 1) / (2 * M_PI), value_mul(a1_beta, a1_beta));
    struct forms forms = {a1, value_div(top, mu),
                          value_div(top, zonal_sum(&zonal, r, (struct zonal_tail){1 - m, 1 + m, false}))};
    zonal_free(&zonal);
    memory_free(r);
    return forms;
}

/* ## The operator
 * $T_{11}=\sqrt{B/\mu^*}\,\mathbb Er^{-1}\,\mathbb E(1-\frac{h_1^2}B)\phi'_1$, $T_{12}=-\sqrt{B/\mu^*}\,\mathbb Er^{-1}\,\mathbb E\frac{h_1h_2}B\phi'_1$, $r$ the length of $B-1$ normals. */
struct slopes {
    const struct piecewise *slope;
    double B;
};

static void both_entries(double x, double y, double out[], void *context)
{
    const struct slopes *of = context;
    double slope = of->slope->f(x, of->slope->context);

    out[0] = (1 - x * x / of->B) * slope;
    out[1] = -x * y / of->B * slope;
}

static struct value by_operator(struct claim *claim, const struct piecewise *slope, int B, struct value mu,
                                uint32_t sample)
{
    size_t n = (size_t)(B * B);
    double *T = memory_doubles(5 * n), *Xi = T + n, *raw = Xi + n, *half = raw + n, *out = half + n, over = 0, norm = 0,
           off = 0;
    struct slopes of = {slope, B};
    struct value E[2], scale = value_scale(sqrt(B / mu.x), sphere_radius_moment(B, 1, -1));
    struct stream stream = claim_stream(claim, 0, sample);

    claim_need(claim, sphere_pair_means(B, 2, both_entries, &of, slope->kinks, slope->kink, E));
    for (int i = 0; i < B; i++) {
        for (int j = 0; j < B; j++) {
            T[i * B + j] = scale.x * E[i != j].x;
        }
    }
    stream_normals(&stream, n, raw);
    centre_both(B, raw, Xi);
    linear_multiply(false, false, B, B, B, 1, T, Xi, 0, half);
    linear_multiply(false, true, B, B, B, 1, half, T, 0, raw);
    centre_both(B, raw, out);
    for (size_t i = 0; i < n; i++) {
        over += out[i] * Xi[i];
        norm += Xi[i] * Xi[i];
    }
    for (size_t i = 0; i < n; i++) {
        off = fmax(off, fabs(out[i] - over / norm * Xi[i]));
    }
    double step = fabs(T[0] - T[1]),
           error = scale.x * (value_bound(E[0]) + value_bound(E[1])) + step * value_bound(mu) / mu.x;
    struct value eigenvalue = measured(over / norm,
                                       off / sqrt(norm / (double)n) + (2 * step + error) * error +
                                           4e-16 * B * fabs(T[0]) * (fabs(T[0]) + step),
                                       QUADRATURE);
    memory_free(T);
    return eigenvalue;
}

static void activation(struct claim *claim, const struct activation *phi, int B, uint32_t sample, bool row)
{
    struct response response = response_of(phi);
    struct value mu = claim_value(claim, batchnorm_fixed_point(phi, B).mu),
                 integral = integral_of(claim, &response.slope, B);
    struct forms forms = printed(claim, &response.value, B, mu);
    struct value of_a1 = value_scale(sqrt(B - 1), value_mul(forms.a1, beta(claim_fault(claim, "weight") ? B - 1 : B)));
    double size = sqrt(mu.x) * beta(B).x;

    claim_case(claim, "%s, B = %d", phi->name, B);
    check_zero(claim, "integral", value_sub(of_a1, integral), size);
    if (B <= 100) {
        struct value eigenvalue = by_operator(claim, &response.slope, B, mu, sample);

        check_zero(claim, "first form, operator", value_sub(forms.first, eigenvalue), 1);
        check_zero(claim, "second form, operator", value_sub(forms.second, eigenvalue), 1);
    }
    check_zero(claim, "forward", value_sub(forms.second, claim_value(claim, batchnorm_cross(phi, B))), 1);
    if (row) {
        claim_row(claim, phi->name, B, of_a1.x / size, integral.x / size, forms.second.x);
    }
}

/* ## One degree */
static void degrees(struct claim *claim, int B)
{
    for (int l = 0; l <= 10; l++) {
        double f[11] = {0};
        struct zonal_activation phi = {B - 1, l, f};
        struct response response = response_zonal(&phi);

        f[l] = 1;
        claim_case(claim, "B = %d, l = %d", B, l);
        struct value integral = value_div(integral_of(claim, &response.slope, B), beta(B)); // a_1 sqrt(B-1) = f_1
        check_zero(claim, "only degree 1",
                   value_sub(exact(l == (claim_fault(claim, "degree") ? 3 : 1)),
                             value_with(integral, 1e-14 * (l + 1) * (l + 1), ROUNDING)),
                   1);
    }
}

static void gradients(struct claim *claim)
{
    static const int sizes[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    struct activation phi;
    int B = (int)claim_integer(claim, "B"), step = claim_scale(claim) == SCALE_SMOKE ? 3 : 1;

    claim_labels(claim, "phi");
    claim_column(claim, "B", EXACT, "a grid");
    claim_column(claim, "of_a1", ABSOLUTE(1e-11), "a closed form over quadratures, relative to sqrt(mu) Beta");
    claim_column(claim, "integral", ABSOLUTE(1e-11), "quadrature, relative to sqrt(mu) Beta");
    claim_column(claim, "rate", ABSOLUTE(1e-9), "a series over quadratures");
    for (const char *const *name = activation_names(); *name; name++) {
        claim_need(claim, activation_find(*name, &phi));
        for (int i = 0; i < 10; i += step) {
            activation(claim, &phi, sizes[i], (uint32_t)i, true);
        }
    }
    for (int i = 0; i < 10; i += step) {
        degrees(claim, sizes[i]);
    }
    claim_need(claim, activation_find(claim_text(claim, "phi"), &phi));
    if (activation_homogeneity(&phi) <= 0.5) {
        claim_refuse(claim, "phi=%s: a derivative with a second moment is asked for, a power above 1/2", phi.name);
    }
    activation(claim, &phi, B, 99, false);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("B", "one more batch size", 23, 4, 1000),
                           text("phi", "one more activation, tried at B", "relu^1.7"),
                           integer_by_scale("lmax", "highest degree of the sum", 120, 400, 3000, 50, 5000)},
            .faults = {{"weight", "Beta((B-1)/2, 1/2): the weight of one sine less", "integral"},
                       {"batch", "B^2 in place of B(B-1)", "first* second* forward"},
                       {"plus", "C_l(1) + C_l(-1/(B-1)) below", "second* forward"},
                       {"degree", "degree 3 in place of 1", "only*"}},
            .run = gradients,
        }));
}
