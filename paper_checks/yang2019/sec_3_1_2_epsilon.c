/* # Section 3.1.2: epsilon ameliorates gradient explosion, and where it ends it
 *
 * Yang et al. (2019), section 3.1.2, "Effect of $\epsilon$ as a hyperparameter": values of $\epsilon$ larger than usual can ameliorate, but not eliminate, gradient explosion. The
 * paper calls the theory a straightforward generalisation and gives none; here it is. At $\Sigma=mI+\nu\mathbf 1\mathbf 1^T$ the radius and the
 * direction of $Gh$ are independent, $\|Gh\|^2/B=t$ with $Bt/m\sim\chi^2_{B-1}$, so that batch normalisation gives $\rho\sqrt Bv$ with $v$ uniform and
 * $\rho^2=t/(t+\epsilon)$, and
 *
 * $$m'=\mathbb E_\rho\big[\mathbb E_v\phi(\rho h_1)^2-\mathbb E_v\phi(\rho h_1)\phi(\rho h_2)\big],\qquad
 * \lambda_G(\epsilon)=\frac1{B-1}\mathbb E_\rho\frac{T(\rho)}{t+\epsilon},$$
 *
 * $h=\sqrt Bv$, where $T=\mathbb E_v\operatorname{tr}(D\,G\,DP^2)$, $P=G-zz^T\!/B$, $D=\mathrm{diag}\,\phi'(z)$, is a polynomial in $\rho^2$ and in four means over two angles.
 *
 * **Checked.** The identity against the formula that is left of this, by Gauss-Laguerre rules. $\epsilon=0$ against the library's $\lambda_G$. Networks, forward
 * and backward, at several $\epsilon$. That $\lambda_G$ stays above 1 below a threshold of $\epsilon$, and falls with $\epsilon$ up to three quarters of it (selu's
 * rises again by a percent near the end). Where it reaches 1: for odd sigmoids
 * and the identity at $\phi'(0)^2$, where $m$ vanishes too; for relu later than $m$ does.
 * **Tolerance.** Quadrature over angles and radius and interpolation in $\rho$ state their errors. Networks have a standard error, and a bias linear in $1/N$ that is
 * measured by halving the width.
 * **Could miss.** Fixed points other than the one with the largest $m$.
 * **Found.** Holds for $\epsilon$ below a threshold of order $\phi'(0)^2$: 1 for the identity and tanh, near $1/2$ for relu. Beyond it $m=0$ and gradients *vanish*
 * at rate $\phi'(0)^2/\epsilon$. What is usual, $\epsilon\approx10^{-5}$, changes nothing. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/network/batchnorm_network.h>
#include <assay/numerics/roots.h>
#include <assay/numerics/sphere.h>
#include <float.h>
#include <math.h>
#include <string.h>

/* ## Means over directions, at every $\rho$
 * Six of them: $\phi_1^2$, $\frac12(\phi_1-\phi_2)^2$, which has the mean of $\phi_1^2-\phi_1\phi_2$ without its cancellation; $\phi_1'^2$, $h_1^2\phi_1'^2$, $\phi_1'\phi_2'$, $h_1h_2\phi_1'\phi_2'$, of $\phi_i=\phi(\rho h_i)$. Homogeneous $\phi$ scale with $\rho$;
 * the others are interpolated between Chebyshev points of $[0,1]$. */
enum { MEANS = 6, POINTS = 65 };

struct directions {
    struct activation phi;
    int B;
    double degree; // NaN unless homogeneous
    double rho, mean[POINTS][MEANS], error;
};

static void products(double x, double y, double out[], void *context)
{
    const struct directions *d = context;
    double X = activation_value(&d->phi, d->rho * x), Y = activation_value(&d->phi, d->rho * y);
    double dX = activation_slope(&d->phi, d->rho * x), dY = activation_slope(&d->phi, d->rho * y);
    const double all[MEANS] = {X * X, (X - Y) * (X - Y) / 2, dX * dX, x * x * dX * dX, dX * dY, x * y * dX * dY};

    memcpy(out, all, sizeof all);
}

static double point(int k)
{
    return (1 - cos(M_PI * k / (POINTS - 1))) / 2;
}

static void means_at(struct claim *claim, struct directions *d, double rho, double mean[])
{
    const double *kink;
    int kinks = activation_kinks(&d->phi, &kink);
    struct value value[MEANS];

    d->rho = fmax(rho, 1e-9); // at 0 the slopes of relu have no side
    claim_need(claim, sphere_pair_means(d->B, MEANS, products, d, kinks, kink, value));
    for (int k = 0; k < MEANS; k++) {
        mean[k] = value[k].x;
        d->error = fmax(d->error, value_bound(value[k]) / fmax(fabs(value[0].x) + fabs(value[2].x), DBL_MIN));
    }
}

/* Barycentric interpolation (Berrut and Trefethen 2004). */
static void means_between(const struct directions *d, double rho, double mean[])
{
    double sum[MEANS] = {0}, total = 0;

    for (int k = 0; k < POINTS; k++) {
        double gap = rho - point(k), w = (k % 2 ? -1 : 1) * (k == 0 || k == POINTS - 1 ? 0.5 : 1) / gap;

        if (gap == 0) {
            memcpy(mean, d->mean[k], sizeof sum);
            return;
        }
        total += w;
        for (int i = 0; i < MEANS; i++) {
            sum[i] += w * d->mean[k][i];
        }
    }
    for (int i = 0; i < MEANS; i++) {
        mean[i] = sum[i] / total;
    }
}

static void means_of(const struct directions *d, double rho, double mean[])
{
    if (isnan(d->degree)) {
        means_between(d, rho, mean);
        return;
    }
    for (int i = 0; i < MEANS; i++) {
        mean[i] = d->mean[0][i] * pow(rho, 2 * (i < 2 ? d->degree : d->degree - 1));
    }
}

static void directions_of(struct claim *claim, const char *phi, int B, struct directions *d)
{
    *d = (struct directions){.B = B};
    if (activation_find(phi, &d->phi) != STATUS_OK) {
        claim_refuse(claim, "%s", status_reason());
    }
    d->degree = activation_homogeneity(&d->phi);
    if (!isnan(d->degree)) {
        means_at(claim, d, 1, d->mean[0]);
        return;
    }
    for (int k = 0; k < POINTS; k++) {
        means_at(claim, d, point(k), d->mean[k]);
    }
    double mean[2][MEANS]; // how well it interpolates, between two points
    for (int k = 4; k < POINTS; k += 20) {
        double rho = (point(k) + point(k - 1)) / 2;

        means_at(claim, d, rho, mean[0]);
        means_between(d, rho, mean[1]);
        for (int i = 0; i < MEANS; i++) {
            d->error = fmax(d->error, 2 * fabs(mean[1][i] - mean[0][i]) / (fabs(mean[0][0]) + fabs(mean[0][2])));
        }
    }
}

/* ## Means over radii
 * $x=\sqrt{Bt/m}$ has density $\propto x^{B-2}e^{-x^2/2}$, with its bulk within a few units of $\sqrt{B-1}$. */
struct radius {
    struct claim *claim;
    const struct directions *d;
    double m, epsilon;
    bool backward;
};

/* $T(\rho)$. */
static double backward_part(struct claim *claim, int B, double rho2, const double mean[])
{
    double a = mean[2], b = mean[3], c = mean[4], d = mean[5], n = B - 1;
    double k = claim_fault(claim, "unit_sphere") ? rho2 : (2 - rho2) * rho2;

    return n * a - k * b - a + (a + n * c) / B + k * (b + n * d) / B;
}

static double at_radius(double x, void *context)
{
    const struct radius *radius = context;
    int B = radius->d->B;
    double t = radius->m * x * x / B, s2 = t + radius->epsilon, rho2 = t / s2, mean[MEANS];
    double density = exp((B - 2) * log(x) - x * x / 2 - (B - 3) / 2.0 * M_LN2 - lgamma((B - 1) / 2.0));

    means_of(radius->d, sqrt(rho2), mean);
    return density * (radius->backward ? backward_part(radius->claim, B, rho2, mean) / s2 / (B - 1) : mean[1]);
}

static struct value over_radii(struct claim *claim, const struct directions *d, double m, double epsilon, bool backward)
{
    struct radius radius = {claim, d, m, epsilon, backward};
    double middle = sqrt(d->B - 1),
           points[] = {0, fmax(middle - 6, 0), middle - 1, middle, middle + 1, middle + 4, middle + 14};
    int first = middle > 6 ? 0 : 1;
    struct value mean = claim_value(claim, integrate_pieces(at_radius, &radius, 7 - first, points + first, 1e-10));

    return value_with(mean, 10 * d->error * fabs(mean.x), QUADRATURE);
}

/* ## The fixed point with the largest $m$, 0 if there is none above $10^{-5}$ of what $\epsilon=0$ gives */
static double excess(double m, void *context)
{
    struct radius *radius = context;

    return over_radii(radius->claim, radius->d, m, radius->epsilon, false).x / m - 1;
}

static struct value fixed_point(struct claim *claim, const struct directions *d, double epsilon)
{
    struct radius radius = {claim, d, 0, epsilon, false};
    double mean[MEANS], top, down;

    means_of(d, 1, mean);
    top = mean[1];
    if (epsilon == 0) {
        return measured(top, 10 * d->error * mean[0], QUADRATURE);
    }
    double least = 1e-5 * top;
    for (top *= 1.5; top > least; top = down) {
        down = top / 1.25;
        if (excess(down, &radius) > 0) {
            struct value m = claim_value(claim, root_log(excess, &radius, down, top));
            double slope = (excess(m.x * 1.001, &radius) - excess(m.x * 0.999, &radius)) / (0.002 * m.x);

            return value_with(m, (1e-10 + 20 * d->error) / fabs(slope), QUADRATURE);
        }
    }
    return exact(0);
}

/* $\lambda_G$ at the fixed point. Where $m=0$, $\rho=0$ and $t=0$. */
static struct value rate(struct claim *claim, const struct directions *d, double epsilon, struct value *m)
{
    double mean[MEANS];

    *m = fixed_point(claim, d, epsilon);
    if (epsilon == 0) {
        means_of(d, 1, mean);
        double limit = backward_part(claim, d->B, 1, mean) / (d->B - 1) * d->B / ((d->B - 3) * m->x);
        return measured(limit, limit * (20 * d->error + value_bound(*m) / m->x), QUADRATURE);
    }
    if (m->x == 0) {
        means_of(d, isnan(d->degree) ? 0 : 1, mean);
        return measured(backward_part(claim, d->B, 0, mean) / (d->B - 1) / epsilon, 1e-8 / epsilon, QUADRATURE);
    }
    struct value at = over_radii(claim, d, m->x, epsilon, true);
    double shifted = over_radii(claim, d, m->x * (1 + 1e-4), epsilon, true).x;
    return value_with(at, fabs(shifted - at.x) / (1e-4 * m->x) * value_bound(*m), QUADRATURE);
}

/* ## The identity, by another rule
 * With $s^2=r^2+B\epsilon$ and $r^2=2mx$, $x$ of density $x^{(B-3)/2}e^{-x}/\Gamma(\frac{B-1}2)$: $m=\frac B{B-1}\mathbb E\,r^2/s^2$,
 * $\lambda_G=\frac B{B-1}\mathbb E\big[(B-2)/s^2+(B\epsilon)^2/s^6\big]$. */
static double laguerre(const struct rule *rule, int B, double m, double epsilon, bool backward)
{
    double sum = 0, total = 0, Be = B * epsilon;

    for (int k = 0; k < rule->n; k++) {
        double r2 = 2 * m * rule->x[k], s2 = r2 + Be;

        sum += rule->w[k] * (backward ? (B - 2) / s2 + Be * Be / (s2 * s2 * s2) : r2 / s2);
        total += rule->w[k];
    }
    return sum / total * B / (B - 1);
}

static void identity(struct claim *claim, int B, double epsilon)
{
    struct directions d;
    struct rule rule, coarse;
    struct value m;

    directions_of(claim, "id", B, &d);
    claim_need(claim, rule_laguerre(&rule, 120, (B - 3) / 2.0));
    claim_need(claim, rule_laguerre(&coarse, 60, (B - 3) / 2.0));
    struct value lambda = rate(claim, &d, epsilon, &m);
    claim_case(claim, "B = %d, epsilon = %g", B, epsilon);
    for (int back = 0; back < 2; back++) {
        double fine = laguerre(&rule, B, m.x, epsilon, back),
               error = fabs(fine - laguerre(&coarse, B, m.x, epsilon, back)) + 1e-11;

        check_equal(claim, back ? "identity, rate" : "identity, m", back ? lambda : m,
                    measured(fine, error, QUADRATURE));
    }
    rule_free(&rule);
    rule_free(&coarse);
}

/* ## Networks
 * $m$ of the last layer and the mean growth of the logarithm of gradients a layer, from the fixed point on. */
struct experiment {
    struct batchnorm_network network;
    const double *S;
};

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct experiment *e = context;
    struct batchnorm_record record;
    enum status status = batchnorm_record_new(&record, &e->network);
    int B = e->network.batch, L = e->network.depth;
    double diagonal = 0, all = 0;

    (void)sample;
    if (status == STATUS_OK) {
        status = batchnorm_network_pass(&e->network, e->S, NULL, *stream, &record);
    }
    for (int i = 0; i < B * B && status == STATUS_OK; i++) {
        double entry = batchnorm_record_forward(&record, L)[i];

        all += entry / B;
        diagonal += i / B == i % B ? entry : 0;
    }
    out[0] = (diagonal - all) / (B - 1);
    out[1] = (batchnorm_record_log_gradient(&record, 1) - batchnorm_record_log_gradient(&record, L)) / (L - 1);
    batchnorm_record_free(&record);
    return status;
}

static void against_networks(struct claim *claim, const struct directions *d, double epsilon, uint32_t stream)
{
    int B = d->B, N = (int)claim_integer(claim, "N");
    struct value m, lambda = rate(claim, d, epsilon, &m);
    double *S = memory_doubles((size_t)(B * B)), mean[MEANS];
    struct experiment e = {.S = S};
    struct moments wide[2], half[2];
    size_t networks = (size_t)claim_integer(claim, "networks");

    means_of(d, 1, mean);
    for (int i = 0; i < B * B; i++) {
        // Where m is 0 networks start with little, and it dies out.
        S[i] = i / B == i % B ? fmax(m.x, 1e-4 * mean[1]) : 0; // the part along 1 is removed at once
    }
    claim_need(claim, batchnorm_network_of(d->phi.name, 12, N, B, &e.network));
    e.network.epsilon = epsilon;
    struct ensemble ensemble = claim_ensemble(claim, stream, networks, 2, draw, &e);
    claim_need(claim, ensemble_moments(&ensemble, wide));
    e.network.width = N / 2;
    ensemble = claim_ensemble(claim, stream + 1, 2 * networks, 2, draw, &e);
    claim_need(claim, ensemble_moments(&ensemble, half));
    struct value slope = moments_limit(wide[1], half[1]);
    claim_case(claim, "phi = %s, B = %d, epsilon = %.3g", d->phi.name, B, epsilon);
    check_zero(claim, "networks, m",
               value_sub(value_with(m, m.x == 0 ? S[0] : 0, FINITE_SIZE), moments_limit(wide[0], half[0])), mean[0]);
    check_equal(claim, "networks, rate", lambda, value_through(slope, exp(slope.x), exp(slope.x)));
    memory_free(S);
}

/* ## One activation over a range of epsilon
 * In units of $\phi'(0)^2$, the slope squared that a vanishing $m$ sees. */
static double unit_of(struct claim *claim, const struct directions *d)
{
    double mean[MEANS];

    means_of(d, isnan(d->degree) ? 0 : 1, mean);
    return backward_part(claim, d->B, 0, mean) / (d->B - 1);
}

static void over_epsilon(struct claim *claim, const char *phi, int B)
{
    static const double part[] = {0,   1e-5, 1e-3, 0.01, 0.03, 0.1, 0.2,  0.3, 0.4,
                                  0.5, 0.6,  0.7,  0.8,  0.9,  1.1, 1.25, 1.5, 2};
    struct directions d;
    struct value before = exact(NAN), m;

    directions_of(claim, phi, B, &d);
    double unit = unit_of(claim, &d);
    for (size_t k = 0; k < sizeof part / sizeof part[0]; k++) {
        double epsilon = unit * part[k];
        struct value lambda = rate(claim, &d, epsilon, &m);

        claim_case(claim, "phi = %s, B = %d, epsilon = %.4g", phi, B, epsilon);
        if (k > 0 && (part[k] < 0.75 || part[k] > 1.2)) {
            check_shape(claim, "falls with epsilon", value_sub(before, lambda), 1);
        }
        check_shape(claim, part[k] < 1 ? "not eliminated" : "vanishes beyond",
                    value_scale(part[k] < 1 ? 1 : -1, value_sub(lambda, exact(1))), 1);
        claim_row(claim, phi, epsilon, m.x, lambda.x);
        before = lambda;
    }
    double usual = rate(claim, &d, 1e-5, &m).x, none = rate(claim, &d, 0, &m).x;
    claim_case(claim, "phi = %s, B = %d", phi, B);
    check_shape(claim, "usual epsilon", measured(1e-3 * none - fabs(none - usual), 1e-8, QUADRATURE), 1e-3 * none);
    check_equal(claim, "no epsilon", rate(claim, &d, 0, &m), batchnorm_backward_G(&d.phi, B));
}

/* Where the rate reaches 1. The library's kernels give relu's $\mathbb E\phi_1'\phi_2'$ as $J_1'/2$. */
static double above_one(double epsilon, void *context)
{
    struct radius *radius = context;
    struct value m;

    return rate(radius->claim, radius->d, epsilon, &m).x - 1;
}

static void where_it_ends(struct claim *claim, const char *phi, int B, double formula)
{
    struct directions d;

    directions_of(claim, phi, B, &d);
    struct radius radius = {claim, &d, 0, 0, false};
    struct value root = claim_value(claim, root_bracketed(above_one, &radius, 0.3 * formula, 2 * formula));
    claim_case(claim, "phi = %s, B = %d", phi, B);
    check_equal(claim, "end", rounded(claim_fault(claim, "slope_not_squared") ? sqrt(formula) : formula, 10),
                value_with(root, 1e-4 * formula, QUADRATURE));
}

static void epsilon(struct claim *claim)
{
    static const double fractions[] = {0.01, 0.1, 0.5, 1.6};
    int B = (int)claim_integer(claim, "B");
    const char *phi = claim_text(claim, "phi");
    struct directions d;
    struct batchnorm_state state;

    directions_of(claim, phi, B, &d);
    double unit = unit_of(claim, &d);
    if ((!isnan(d.degree) && d.degree != 1) || unit < 1e-3) {
        claim_refuse(claim, "%s has no slope at 0: what a vanishing m sees is not linear", phi);
    }
    claim_need(claim, batchnorm_state(&d.phi, B, &state));
    if (!(state.forward.L.x < 0.97 && state.forward.M.x < 0.97)) {
        claim_refuse(claim, "at B = %d %s has no symmetric fixed point that attracts", B, phi);
    }
    claim_labels(claim, "phi");
    claim_column(claim, "epsilon", RELATIVE(1e-12), "a grid in units of a slope squared");
    claim_column(claim, "m", ABSOLUTE(1e-8), "a root of quadratures");
    claim_column(claim, "rate", RELATIVE(1e-7), "quadrature at that root");
    over_epsilon(claim, phi, B);
    over_epsilon(claim, "relu", B);
    for (int b = 4; b <= 64; b *= 2) {
        identity(claim, b, 0.01);
        identity(claim, b, 0.3);
        identity(claim, b, 0.8);
        where_it_ends(claim, "id", b, 1);
        double slope = homogeneous_kernel_slope(&(struct homogeneous){1, 1, 0}, -1.0 / (b - 1)).x;
        where_it_ends(claim, "relu", b, ((b - 2) * 0.5 + (0.5 + (b - 1) * slope / 2) / b) / (b - 1));
    }
    for (uint32_t k = 0; k < 4; k++) {
        against_networks(claim, &d, unit * fractions[k], 2 * k);
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "activation", "tanh"), integer("B", "batch size", 16, 6, 256),
                           integer_by_scale("N", "width", 400, 1000, 4000, 200, 1000000),
                           integer_by_scale("networks", "networks drawn; twice as many of half the width", 16, 64, 400,
                                            4, 100000)},
            .faults = {{"unit_sphere", "the derivative of a direction in place of 2 rho^2 - rho^4", "identity,?rate"},
                       {"slope_not_squared", "explosion ends at |phi'(0)|", "end"}},
            .run = epsilon,
        }));
}
