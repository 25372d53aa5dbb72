/* # Definitions F.19 to F.21: the forward operator as integrals over four angles
 *
 * Yang et al. (2019), appendix F.3.1. The derivative of $\Sigma\mapsto V_{B_\phi}(\Sigma)$ at the symmetric fixed point
 * $\Sigma^*=\mu^*I+\nu^*\mathbf 1\mathbf 1^T$ is, for $\Lambda=G\Lambda G$,
 *
 * $$\mathcal U\{\Lambda\}=\frac1{2\mu^*}\Big(\mathbb E\big[B_\phi(z)^{\otimes2}\langle Gzz^TG,\Lambda\rangle\big]-\Sigma^*\langle I,\Lambda\rangle\Big),\qquad z\sim\mathcal N(0,I),$$
 *
 * in entries $\mathcal U\{\tau_{ij}\}_{kl}=\frac1{2\mu^*}(W_{ij|kl}-\Sigma^*_{kl}[i=j])$ with
 * $W_{ij|kl}=\mathbb E\,\phi(n(\mathbf ex))_k\phi(n(\mathbf ex))_l(\mathbf ex)_i(\mathbf ex)_j$, which depends on which indices are equal only. For
 * $i,j\le4$, $k,l\le2$ and $B\ge6$
 *
 * $$W_{ij|kl}=\frac{(B-5)(B-3)(B-1)}{(2\pi)^2}\int_{[0,\pi]^4}\phi(\sqrt B\mathbf ev)_k\,\phi(\sqrt B\mathbf ev)_l\,(\mathbf ev)_i(\mathbf ev)_j\,
 *   \sin^{B-3}\theta_1\cdots\sin^{B-6}\theta_4\,d\theta.$$
 *
 * **Checked.** The integral as printed: $\theta_3$ and $\theta_4$, on which the integrand depends as a polynomial, by exact Gauss rules, $\theta_1$
 * and $\theta_2$ adaptively. Against means over rings, where the third and fourth coordinate stand by their conditional moments, for all nine
 * patterns of indices; the same pattern with other indices; samples of $x$. That $\mathcal U$, put together from the nine numbers, is the derivative:
 * against finite differences of $V_{B_\phi}(\Sigma^*+t\Lambda)$, a mean over the sphere with the kernel $K$ of definition E.32.
 * **Tolerance.** Quadrature states its errors; finite differences of sixth and eighth order differ by more than the latter's error; samples have
 * standard errors.
 * **Could miss.** Directions $\Lambda$ outside $\mathrm{diag}(a_1,a_2,0,\dots)$ in the basis $\mathbf e$.
 * **Found.** Holds. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/activation.h>
#include <assay/numerics/difference.h>
#include <assay/numerics/sphere.h>
#include <float.h>
#include <math.h>

enum { PATTERNS = 9, SAMPLED_MOST = 33 };

/* One choice of $(i,j|k,l)$ for each pattern, and another. */
static const int indices[PATTERNS][4] = {{1, 1, 1, 1}, {2, 2, 1, 1}, {1, 2, 1, 1}, {2, 3, 1, 1}, {1, 1, 1, 2},
                                         {3, 3, 1, 2}, {1, 2, 1, 2}, {1, 3, 1, 2}, {3, 4, 1, 2}};
static const int others[PATTERNS][4] = {{2, 2, 2, 2}, {4, 4, 1, 1}, {1, 4, 1, 1}, {3, 4, 1, 1}, {2, 2, 1, 2},
                                        {4, 4, 1, 2}, {2, 1, 1, 2}, {2, 4, 1, 2}, {4, 3, 1, 2}};
static const char *const labels[PATTERNS] = {"11|11", "22|11", "12|11", "23|11", "11|12",
                                             "33|12", "12|12", "13|12", "34|12"};

/* ## As printed
 * $\sqrt B(\mathbf ev)_i=h_i$. */
struct entry {
    int B;
    const int *index;
    const struct activation *phi;
};

static double under_integral(const double h[4], void *context)
{
    const struct entry *p = context;
    const int *i = p->index;

    return activation_value(p->phi, h[i[2] - 1]) * activation_value(p->phi, h[i[3] - 1]) * h[i[0] - 1] * h[i[1] - 1] /
           p->B;
}

static struct value printed_W(struct claim *claim, const struct activation *phi, int B, const int index[4])
{
    struct entry p = {B, index, phi};
    double constant =
        (claim_fault(claim, "four_for_five") ? B - 4.0 : B - 5.0) * (B - 3.0) * (B - 1) / (4 * M_PI * M_PI);
    const double *kink;
    int kinks = activation_kinks(phi, &kink);

    return value_scale(constant, claim_value(claim, sphere_four_angles_integral(B, under_integral, &p, kinks, kink)));
}

/* ## Rings
 * $\mathbf ex=r\,h/\sqrt B$ with $r$ independent of $h$ and $\mathbb E\,r^2=B-1$. */
struct rings {
    int B;
    const struct activation *phi;
};

static void ring_terms(double x, double y, double out[], void *context)
{
    const struct rings *p = context;
    double a = activation_value(p->phi, x), one = a * a, two = a * activation_value(p->phi, y);
    struct sphere_rest rest = sphere_rest(p->B, x, y);
    double terms[] = {one * x * x,
                      one * y * y,
                      one * x * y,
                      one * y * rest.mean,
                      two * x * x,
                      two * rest.square,
                      two * x * y,
                      two * x * rest.mean,
                      two * rest.product,
                      one,
                      two};

    for (int i = 0; i < PATTERNS + 2; i++)
        out[i] = terms[i];
}

/* The nine $W$, then $\Sigma^*_{11}$ and $\Sigma^*_{12}$. */
static void ring_W(struct claim *claim, const struct activation *phi, int B, struct value W[PATTERNS + 2])
{
    struct rings p = {B, phi};
    const double *kink;
    int kinks = activation_kinks(phi, &kink);

    claim_need(claim, sphere_pair_means(B, PATTERNS + 2, ring_terms, &p, kinks, kink, W));
    for (int i = 0; i < PATTERNS; i++)
        W[i] = value_scale((claim_fault(claim, "whole_radius") ? B : B - 1.0) / B, W[i]);
}

static void compare(struct claim *claim, const struct activation *phi, int B, bool all)
{
    struct value W[PATTERNS + 2];

    ring_W(claim, phi, B, W);
    for (int i = 0; i < PATTERNS; i++) {
        struct value printed = printed_W(claim, phi, B, indices[i]);

        claim_case(claim, "B = %d, %s, %s", B, phi->name, labels[i]);
        check_zero(claim, "rings", value_sub(printed, W[i]), W[PATTERNS].x);
        if (all)
            check_zero(claim, "same pattern", value_sub(printed, printed_W(claim, phi, B, others[i])), W[PATTERNS].x);
    }
}

/* ## Samples
 * $\mathbf ex=Gz$. */
static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct rings *p = context;
    double y[SAMPLED_MOST], mean = 0, square = 0;

    (void)sample;
    stream_normals(stream, (size_t)p->B, y);
    for (int i = 0; i < p->B; i++)
        mean += y[i] / p->B;
    for (int i = 0; i < p->B; i++) {
        y[i] -= mean;
        square += y[i] * y[i];
    }
    double scale = sqrt(p->B / square),
           phi[3] = {0, activation_value(p->phi, scale * y[0]), activation_value(p->phi, scale * y[1])};
    for (int i = 0; i < PATTERNS; i++)
        out[i] = phi[indices[i][2]] * phi[indices[i][3]] * y[indices[i][0] - 1] * y[indices[i][1] - 1];
    return STATUS_OK;
}

static void samples(struct claim *claim, const struct activation *phi, int B)
{
    struct rings p = {B, phi};
    struct moments moments[PATTERNS];
    struct value W[PATTERNS + 2];
    struct ensemble ensemble =
        claim_ensemble(claim, (uint32_t)B, (size_t)claim_integer(claim, "samples"), PATTERNS, draw, &p);

    ring_W(claim, phi, B, W);
    claim_need(claim, ensemble_moments(&ensemble, moments));
    for (int i = 0; i < PATTERNS; i++) {
        claim_case(claim, "B = %d, %s, %s", B, phi->name, labels[i]);
        check_zero(claim, "samples", value_sub(W[i], moments_estimate(moments[i])), W[PATTERNS].x);
    }
}

/* ## The derivative
 * $\Sigma_t=\mu^*\mathbf e(I+t\,\mathrm{diag}(a_1,a_2,0,\dots))\mathbf e^T$, that is
 * $\Lambda=\mu^*\mathbf e\,\mathrm{diag}(a_1,a_2,0,\dots)\mathbf e^T$. */
struct path {
    struct rings at;
    double a[2], t;
};

static void with_kernel(double x, double y, double out[], void *context)
{
    const struct path *p = context;
    double B = p->at.B, v1 = -x / sqrt(B - 1), v2 = (v1 / sqrt(B * (B - 1)) - y / sqrt(B)) * sqrt((B - 1) / (B - 2));
    double first = 1 + p->t * p->a[0], second = 1 + p->t * p->a[1];
    double K = exp(-(B - 1) / 2 * log1p(v1 * v1 * (1 / first - 1) + v2 * v2 * (1 / second - 1))) / sqrt(first * second);
    double phi = activation_value(p->at.phi, x);

    out[0] = K * phi * phi;
    out[1] = K * phi * activation_value(p->at.phi, y);
}

static void differences(struct claim *claim, struct path *p, struct value slope[2])
{
    const double *kink, step = 0.02;
    int kinks = activation_kinks(p->at.phi, &kink);
    struct value first[9], second[9], V[2];

    for (int k = -4; k <= 4; k++) {
        p->t = k * step;
        claim_need(claim, sphere_pair_means(p->at.B, 2, with_kernel, p, kinks, kink, V));
        first[k + 4] = V[0];
        second[k + 4] = V[1];
    }
    slope[0] = central_difference(step, first);
    slope[1] = central_difference(step, second);
}

/* The pattern of $(i,j|1,1)$ or $(i,j|1,2)$, $i,j$ from 0. */
static int pattern_of(int i, int j, int l)
{
    int least = i < j ? i : j, most = i < j ? j : i;

    if (l == 0)
        return most == 0 ? 0 : i == j ? 1 : least == 0 ? 2 : 3;
    return i == j ? (i < 2 ? 4 : 5) : most == 1 ? 6 : least < 2 ? 7 : 8;
}

/* $\mathcal U\{\Lambda\}_{11}$ and $\mathcal U\{\Lambda\}_{12}$ from the nine numbers. */
static struct value assembled(struct claim *claim, const struct path *p, const struct value W[], int l)
{
    double e[SAMPLED_MOST * SAMPLED_MOST], factor = claim_fault(claim, "half_forgotten") ? 1 : 0.5;
    int B = p->at.B;
    struct value sum = exact(0);

    sphere_basis(B, e);
    for (int i = 0; i < B; i++)
        for (int j = 0; j < B; j++) {
            double Lambda =
                p->a[0] * e[i * (B - 1)] * e[j * (B - 1)] + p->a[1] * e[i * (B - 1) + 1] * e[j * (B - 1) + 1];
            struct value entry = W[pattern_of(i, j, l)];

            sum = value_add(sum, value_scale(Lambda, i == j ? value_sub(entry, W[PATTERNS + l]) : entry));
        }
    return value_scale(factor, sum);
}

static void derivative_along(struct claim *claim, const struct activation *phi, int B)
{
    struct stream stream = claim_stream(claim, 1, (uint32_t)B);
    struct path p = {{B, phi}, {2 * stream_uniform(&stream) - 1, 2 * stream_uniform(&stream) - 1}, 0};
    struct value W[PATTERNS + 2], slope[2];

    ring_W(claim, phi, B, W);
    differences(claim, &p, slope);
    for (int l = 0; l < 2; l++) {
        claim_case(claim, "B = %d, %s, entry (1,%d)", B, phi->name, l + 1);
        check_zero(claim, "derivative", value_sub(assembled(claim, &p, W, l), slope[l]), W[PATTERNS].x);
    }
}

/* ## All cases */
static void tabulate(struct claim *claim, const struct activation *phi)
{
    int most = claim_scale(claim) == SCALE_SMOKE ? 10 : 100;

    for (int i = 0; i < PATTERNS; i++)
        for (int B = 6; B <= most; B += 1 + 2 * B / 3) {
            struct value W[PATTERNS + 2];

            ring_W(claim, phi, B, W);
            claim_row(claim, labels[i], B, printed_W(claim, phi, B, indices[i]).x, W[i].x);
        }
}

static void forward_operator(struct claim *claim)
{
    static const int sizes[] = {6, 7, 8, 10, 16, 33, 100, 1000};
    static const char *const names[] = {"x^2", "tanh", "gelu", "silu"};
    struct activation phi;
    int B = (int)claim_integer(claim, "B");

    claim_labels(claim, "pattern");
    claim_column(claim, "B", EXACT, "a grid");
    claim_column(claim, "angles", ABSOLUTE(1e-10), "adaptive quadrature, nested");
    claim_column(claim, "rings", ABSOLUTE(1e-11), "quadrature");
    claim_need(claim, activation_find(claim_text(claim, "phi"), &phi));
    if (!isfinite(activation_value(&phi, 0)))
        claim_refuse(claim, "phi = %s: a function that is finite at 0 wanted", phi.name);
    for (int i = claim_scale(claim) == SCALE_SMOKE ? 7 : 0; i < 8; i++) {
        compare(claim, &phi, sizes[i], false);
        derivative_along(claim, &phi, (int)fmin(sizes[i], SAMPLED_MOST));
    }
    compare(claim, &phi, B, true);
    derivative_along(claim, &phi, (int)fmin(B, SAMPLED_MOST));
    tabulate(claim, &phi);
    for (int i = 0; i < 4; i++) {
        claim_need(claim, activation_find(names[i], &phi));
        if (i == 0 || claim_scale(claim) != SCALE_SMOKE)
            compare(claim, &phi, 6 + i, false);
        derivative_along(claim, &phi, 4 + i);
        samples(claim, &phi, i % 2 ? 6 : 11);
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("B", "one more batch size", 12, 6, 1000),
                           text("phi", "activation at all batch sizes, beside x^2, tanh, gelu and silu", "relu"),
                           integer_by_scale("samples", "of x", 10000, 100000, 10000000, 10000, 1000000000)},
            .faults = {{"four_for_five", "B-4 in place of B-5 in the constant", "rings"},
                       {"whole_radius", "E r^2 = B, as for a Gaussian in R^B", "rings samples derivative"},
                       {"half_forgotten", "1/mu in place of 1/(2 mu)", "derivative"}},
            .run = forward_operator,
        }));
}
