/* # Theorem H.3: between batches the covariance is one number, the square of a Gegenbauer coefficient
 *
 * Yang et al. (2019), appendix H.1, theorem H.3. If the joint covariance of $k$ batches is CBSB1, that is $\Sigma$ of the form $\mu I+\nu11^T$ within each batch and a constant $c$ between them,
 * then one layer makes of it the fixed point: $\Sigma^*$ within batches and $c^*$ between them, whatever $\mu,\nu$ and $c$ were, with
 *
 * $$\sqrt{c^*}=\frac{\Gamma(\frac{B-1}2)}{\Gamma(\frac{B-2}2)\sqrt\pi}\int_0^\pi d\theta\,\phi(-\sqrt{B-1}\cos\theta)\sin^{B-3}\theta=a_0,$$
 *
 * $a_0$ the constant in the Gegenbauer expansion of $\phi(\sqrt{B-1}\,x)$.
 *
 * **Checked.** The integral as printed against the coefficient of the expansion, against samples of two batches, each centred and normalised by itself, and for homogeneous activations against
 * Laplace's method in two variables; several $c$, with both signs. That all entries between batches are equal, and that the block within is $\Sigma^*$. Where $\phi-\frac12$ is
 * odd, $c^*=\frac14$.
 * **Tolerance.** Quadrature states its error; samples have a standard error.
 * **Could miss.** In samples a difference below a percent.
 * **Found.** Holds. The paper writes $\sqrt{c^*}$ for $a_0$, which is negative for some activations: $c^*=a_0^2$ is meant. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/meanfield/batchnorm_map.h>
#include <assay/meanfield/covariance.h>
#include <assay/numerics/gegenbauer.h>
#include <math.h>

/* ## As printed */
struct angle {
    int B;
    double power;
    const struct piecewise *phi;
};

static double angle_integrand(double theta, void *context)
{
    const struct angle *a = context;

    return a->phi->f(-sqrt(a->B - 1) * cos(theta), a->phi->context) * pow(sin(theta), a->power);
}

static struct value root_of_c(struct claim *claim, const struct piecewise *phi, int B)
{
    struct angle angle = {B, claim_fault(claim, "power_of_sine") ? B - 2 : B - 3, phi};
    double kink[16], points[64], factor = exp(lgamma(0.5 * (B - 1)) - lgamma(0.5 * (B - 2))) / sqrt(M_PI);
    int kinks = 0;

    for (int k = 0; k < phi->kinks; k++) {
        double x = -phi->kink[k] / sqrt(B - 1);

        if (fabs(x) < 1) {
            kink[kinks++] = acos(x); // kinks increase, and so do these
        }
    }
    int n = integrate_points(kinks, kink, 0, M_PI, 0.3, 64, points);
    struct value integral = claim_value(claim, integrate_pieces(angle_integrand, &angle, n, points, 1e-12));
    return value_with(value_scale(factor, integral), 1e-14 * log(B) * B * fabs(factor * integral.x) * 1e-1, ROUNDING);
}

/* ## Two batches */
static void cbsb1(int B, double mu, double nu, double c, double S[])
{
    for (int i = 0; i < 2 * B; i++) {
        for (int j = 0; j < 2 * B; j++) {
            S[i * 2 * B + j] = i / B != j / B ? c : nu + (i == j ? mu : 0);
        }
    }
}

static void by_samples(struct claim *claim, const char *name, int B, struct value fixed)
{
    int n = 2 * B;
    size_t entries = (size_t)(n * n);
    double *S = memory_doubles(3 * entries), *V = S + entries, *error = S + 2 * entries;
    struct activation phi;

    claim_need(claim, activation_find(name, &phi));
    struct response response = response_of(&phi);
    for (int k = -1; k <= 1; k++) {
        struct stream stream = claim_stream(claim, (uint32_t)B, (uint32_t)(k + 1));

        cbsb1(B, 0.7, 1, 0.9 * k, S);
        claim_need(claim, batchnorm_map_batches_samples(&response, 2, B, S, &stream, claim_integer(claim, "samples"), V,
                                                        error));
        claim_case(claim, "%s, B = %d, c = %g", name, B, 0.9 * k);
        for (int j = B; j < B + 2; j++) {
            check_equal(claim, "samples", fixed, measured(V[j], error[j], SAMPLING));
        }
    }
    memory_free(S);
}

static void by_laplace(struct claim *claim, const char *name, int B, struct value fixed)
{
    int n = 2 * B;
    size_t entries = (size_t)(n * n);
    double *S = memory_doubles(3 * entries), *V = S + entries, *error = S + 2 * entries;
    struct activation phi;
    struct homogeneous h;
    struct batchnorm_state state;

    claim_need(claim, activation_find(name, &phi));
    claim_need(claim, homogeneous_find(&phi, &h));
    struct response response = response_of(&phi);
    claim_need(claim, batchnorm_state_sphere(&response, B, &state));
    cbsb1(B, 1.3, 0.4, 0.2, S);
    claim_need(claim, batchnorm_map_batches_laplace(&h, 2, B, S, V, error));
    claim_case(claim, "%s, B = %d", name, B);
    double size = state.fixed.q.x;
    for (int i = 0; i < B; i++) {
        for (int j = 0; j < B; j++) {
            struct value between = measured(V[i * n + B + j], error[i * n + B + j], QUADRATURE);
            struct value within = measured(V[i * n + j], error[i * n + j], QUADRATURE);

            check_zero(claim, "Laplace", value_sub(fixed, between), size);
            check_zero(claim, "block within", value_sub(i == j ? state.fixed.q : state.fixed.nu, within), size);
        }
    }
    memory_free(S);
}

static struct value fixed_point(struct claim *claim, const char *name, int B)
{
    struct activation phi;
    struct value coefficient[4];

    claim_need(claim, activation_find(name, &phi));
    struct piecewise f = activation_piecewise(&phi);
    struct value root = root_of_c(claim, &f, B);
    claim_need(claim, gegenbauer_expand(B - 1, &f, 3, coefficient));
    double size = sqrt(activation_norm2(&phi).x);
    claim_case(claim, "%s, B = %d", name, B);
    check_zero(claim, "a_0", value_sub(root, coefficient[0]), isfinite(size) ? size : fabs(coefficient[0].x));
    return claim_fault(claim, "not_squared") ? root : value_mul(root, root);
}

static void cross(struct claim *claim)
{
    static const int sizes[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    static const char *const smooth[] = {"tanh", "sigmoid", "gelu", "relu", "bump"};
    static const char *const homogeneous[] = {"id", "relu", "lrelu:0.3", "abs", "relu^2", "relu^1.5", "x^3"};
    const char *name = claim_text(claim, "phi");
    int B = (int)claim_integer(claim, "B");

    claim_labels(claim, "phi");
    claim_column(claim, "B", EXACT, "a grid");
    claim_column(claim, "c", ABSOLUTE(1e-11), "a quadrature; 0 for odd activations");
    for (const char *const *phi = activation_names(); *phi; phi++) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            fixed_point(claim, *phi, sizes[i]);
        }
    }
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        claim_row(claim, name, sizes[i], fixed_point(claim, name, sizes[i]).x);
        claim_case(claim, "B = %d", sizes[i]);
        check_equal(claim, "a quarter", exact(0.25), fixed_point(claim, "sigmoid", sizes[i]));
    }
    for (size_t k = 0; k < sizeof smooth / sizeof *smooth; k++) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            claim_row(claim, smooth[k], sizes[i], fixed_point(claim, smooth[k], sizes[i]).x);
        }
        by_samples(claim, smooth[k], 6, fixed_point(claim, smooth[k], 6));
    }
    by_samples(claim, name, B, fixed_point(claim, name, B));
    for (size_t k = 0; k < sizeof homogeneous / sizeof *homogeneous; k++) {
        by_laplace(claim, homogeneous[k], 4 + (int)k % 3, fixed_point(claim, homogeneous[k], 4 + (int)k % 3));
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "any activation", "softplus"),
                           integer("B", "batch size of the samples", 8, 4, 100),
                           integer_by_scale("samples", "samples of two batches", 10000, 100000, 10000000, 1000,
                                            100000000)},
            .faults = {{"power_of_sine", "sin^(B-2) in place of sin^(B-3)", "a_0 samples Laplace a?quarter"},
                       {"not_squared", "a_0 in place of its square", "samples Laplace a?quarter"}},
            .run = cross,
        }));
}
