/* # Theorem I.2: one integral multiplies what two batches' gradients have in common
 *
 * Yang et al. (2019), appendix I, theorem I.2. At the symmetric fixed point the block $\Xi$ ($B\times B$, $G\Xi G=\Xi$) of gradient covariances between two batches is multiplied
 * from layer to layer by
 *
 * $$\lambda_{\tilde M}^\downarrow=\frac B{2\pi\mu^*}\Big(\int_0^\pi\sin^{B-1}\theta\;\phi'(-\sqrt{B-1}\cos\theta)\,d\theta\Big)^2.$$
 *
 * **Checked.** The integral, adaptive, for every activation of the table, against the operator it comes from: $T\otimes T$ with
 * $T=\mathbb E\sqrt B\,D\,r^{-1}(I-vv^T)$, whose two kinds of entries are integrals over two angles; as $(T_{11}-T_{12})^2$, and applied to random $\Xi$. Against the
 * forward number between batches, which knows $\phi$ and not $\phi'$. And against samples of two independent batches in which batch
 * normalisation is differentiated by differences.
 * **Tolerance.** Quadratures state their errors. Samples have a standard error.
 * **Could miss.** In samples anything below a percent.
 * **Found.** Holds. For even activations it is 0: the next layer knows nothing of what two batches share. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/sphere.h>
#include <assay/numerics/ultrasymmetric.h>
#include <math.h>

/* ## As printed
 * $\theta=\frac\pi2+t$, so that a kink at 0 stands at $t=0$. Where $\cos^{B-1}t<e^{-98}$ the integral has ended. */
struct integral {
    const struct piecewise *slope;
    double B, power;
};

static double integrand_at(double t, void *context)
{
    const struct integral *integral = context;

    double sine = sin(t);

    return exp(0.5 * integral->power * log1p(-sine * sine)) *
           integral->slope->f(sqrt(integral->B - 1) * sine, integral->slope->context);
}

static struct value printed(struct claim *claim, const struct piecewise *slope, int B, struct value mu)
{
    struct integral integral = {slope, B, claim_fault(claim, "one_sine_less") ? B - 2 : B - 1};
    double root = sqrt(B - 1), end = fmin(M_PI / 2, 14 / root), split[10], points[257];
    int inner = 0;

    for (int i = 0; i < slope->kinks; i++)
        if (fabs(slope->kink[i]) < root * sin(end))
            split[inner++] = asin(slope->kink[i] / root);
    int n = integrate_points(inner, split, -end, end, 2 / root, 257, points);
    struct value I = integrate_pieces(integrand_at, &integral, n, points, 1e-13);
    double factor = B / ((claim_fault(claim, "one_pi") ? 1 : 2) * M_PI);

    return value_scale(factor, value_div(value_mul(I, I), mu));
}

/* ## The operator */
static void entries(double x, double y, double out[], void *context)
{
    const struct integral *integral = context;
    double slope = integral->slope->f(x, integral->slope->context);

    out[0] = slope * (1 - x * x / integral->B);
    out[1] = -slope * x * y / integral->B;
}

/* $T_{11}$ and $T_{12}$. */
static void operator_entries(struct claim *claim, const struct piecewise *slope, int B, struct value mu,
                             struct value T[2])
{
    struct integral integral = {slope, B, 0};
    struct value radius = value_scale(sqrt(B), sphere_radius_moment(B, 1, -1));

    claim_need(claim, sphere_pair_means(B, 2, entries, &integral, slope->kinks, slope->kink, T));
    for (int i = 0; i < 2; i++)
        T[i] = value_scale(1 / sqrt(mu.x), value_mul(radius, T[i]));
    for (int i = 0; i < 2; i++)
        T[i] = value_with(T[i], 0.5 * fabs(T[i].x) * value_bound(mu) / mu.x, QUADRATURE);
}

/* $\|GT\Xi T^TG-\lambda\Xi\|/\|\Xi\|$ for a random $\Xi$, not symmetric. */
static double residual(struct claim *claim, int B, const struct value T[2], double lambda)
{
    struct stream stream = claim_stream(claim, 1, (uint32_t)B);
    size_t n = (size_t)(B * B);
    double *Xi = memory_doubles(n), *matrix = memory_doubles(n), *half = memory_doubles(n), *image = memory_doubles(n);

    stream_normals(&stream, n, half);
    centre_both(B, half, Xi);
    shape_bsb1(B, T[0].x, T[1].x, matrix);
    linear_multiply(false, false, B, B, B, 1, matrix, Xi, 0, half);
    linear_multiply(false, true, B, B, B, 1, half, matrix, 0, image);
    centre_both(B, image, half);
    linear_axpy((int)n, -lambda, Xi, half);
    double found = linear_norm((int)n, half) / linear_norm((int)n, Xi);
    memory_free(Xi);
    memory_free(matrix);
    memory_free(half);
    memory_free(image);
    return found;
}

/* ## One activation at one batch size */
static void check_number(struct claim *claim, const char *name, bool even, struct value claimed, struct value witness)
{
    if (even)
        check_zero(claim, name, value_sub(claimed, witness), 1);
    else
        check_equal(claim, name, claimed, witness);
}

static void at_batch_size(struct claim *claim, const char *name, int B, bool tabulate)
{
    struct activation phi;
    struct batchnorm_state sphere;
    struct value T[2];

    claim_need(claim, activation_find(name, &phi));
    bool even = activation_parity(&phi) == 1;
    struct response response = response_of(&phi);
    claim_need(claim, batchnorm_state_sphere(&response, B, &sphere));
    operator_entries(claim, &response.slope, B, sphere.fixed.mu, T);
    struct value lambda = claim_value(claim, printed(claim, &response.slope, B, sphere.fixed.mu)),
                 difference = value_sub(T[0], T[1]);
    struct value square = value_mul(difference, difference);
    claim_case(claim, "%s, B = %d", name, B);
    check_number(claim, "two angles", even, lambda, square);
    check_number(claim, "forward", even, lambda, sphere.cross);
    if (B <= 100)
        check_zero(
            claim, "applied",
            measured(residual(claim, B, T, lambda.x), value_bound(lambda) + 1e-15 * B + value_bound(square), ROUNDING),
            1);
    if (tabulate)
        claim_row(claim, name, B, lambda.x, square.x, sphere.cross.x);
}

/* ## Samples
 * $GT$ is $\lambda^{1/2}G$, so that $\mathrm{tr}\,J$ over $B-1$, $J$ the derivative of the normalised batch after $\phi$, has the mean $\lambda^{1/2}$; two
 * independent batches give a product with the mean $\lambda$. */
enum { SAMPLED = 8 };

static double trace_of_slope(const struct activation *phi, double z[])
{
    double trace = 0, step = 1e-6;

    for (int j = 0; j < SAMPLED; j++) {
        double here = z[j], out[2];

        for (int side = 0; side < 2; side++) {
            double mean = 0, square = 0;

            z[j] = here + (side ? step : -step);
            for (int i = 0; i < SAMPLED; i++)
                mean += z[i] / SAMPLED;
            for (int i = 0; i < SAMPLED; i++)
                square += (z[i] - mean) * (z[i] - mean) / SAMPLED;
            out[side] = activation_value(phi, (z[j] - mean) / sqrt(square));
        }
        z[j] = here;
        trace += (out[1] - out[0]) / (2 * step);
    }
    return trace / (SAMPLED - 1);
}

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    double z[2 * SAMPLED];

    (void)sample;
    stream_normals(stream, 2 * SAMPLED, z);
    out[0] = trace_of_slope(context, z) * trace_of_slope(context, z + SAMPLED);
    return STATUS_OK;
}

static void by_samples(struct claim *claim, const char *name, uint32_t number)
{
    struct activation phi;
    struct batchnorm_state sphere;
    struct moments found;

    claim_need(claim, activation_find(name, &phi));
    struct response response = response_of(&phi);
    claim_need(claim, batchnorm_state_sphere(&response, SAMPLED, &sphere));
    struct ensemble ensemble =
        claim_ensemble(claim, 100 + number, (size_t)claim_integer(claim, "samples"), 1, draw, &phi);
    claim_need(claim, ensemble_moments(&ensemble, &found));
    claim_case(claim, "%s, B = %d", name, SAMPLED);
    check_equal(claim, "samples", printed(claim, &response.slope, SAMPLED, sphere.fixed.mu),
                value_div(moments_mean(found), sphere.fixed.mu));
}

static void between_batches(struct claim *claim)
{
    static const int sizes[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    static const char *const drawn[] = {"relu", "tanh", "sin"};
    const char *const *name = activation_names();
    const char *chosen = claim_text(claim, "phi");
    struct activation phi;
    int sparse[SCALES] = {9, 3, 1}, every = sparse[claim_scale(claim)];

    claim_need(claim, activation_find(chosen, &phi));
    double alpha = activation_homogeneity(&phi);
    if (alpha < 0.6)
        claim_refuse(claim,
                     "phi = %s: a slope with a second moment wanted, degree 0.6 at least where phi is homogeneous",
                     chosen);
    claim_labels(claim, "phi");
    claim_column(claim, "B", EXACT, "a grid");
    claim_column(claim, "printed", ABSOLUTE(1e-11), "quadrature");
    claim_column(claim, "two_angles", ABSOLUTE(1e-11), "quadrature");
    claim_column(claim, "forward", ABSOLUTE(1e-11), "quadrature");
    for (int n = 0; name[n] != NULL; n++)
        for (int i = n % every; i < 10; i += every)
            at_batch_size(claim, name[n], sizes[i], false);
    at_batch_size(claim, chosen, (int)claim_integer(claim, "B"), false);
    for (int n = 0; n < 4; n++)
        for (int B = 4; B <= 1000; B += 1 + B / (claim_scale(claim) == SCALE_SMOKE ? 1 : 4))
            at_batch_size(claim, n < 3 ? drawn[n] : chosen, B, true);
    by_samples(claim, "relu", 0);
    by_samples(claim, "tanh", 1);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "one more activation to check; it is drawn", "gelu"),
                           integer("B", "one more batch size for it", 64, 4, 10000),
                           integer_by_scale("samples", "pairs of batches", 5000, 50000, 5000000, 1000, 100000000)},
            .faults = {{"one_sine_less", "sin^(B-2) in place of sin^(B-1)", "*"},
                       {"one_pi", "1/pi in place of 1/(2 pi)", "*"}},
            .run = between_batches,
        }));
}
