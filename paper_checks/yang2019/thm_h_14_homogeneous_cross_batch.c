/* # Theorem H.14: how fast homogeneous activations forget what two batches share
 *
 * Yang et al. (2019), appendix H.2, theorem H.14. For $\phi$ positive-homogeneous of degree $\alpha$ the covariances between two batches relax to their fixed point by the factor
 *
 * $$\lambda_{\tilde M}^\uparrow=\frac B{B-1}\,\frac{P(\frac{B-1}2,\alpha)}{P(\frac B2,\frac\alpha2)^2}\,\frac{J_\phi'(0)}{J_\phi(1)-J_\phi(\frac{-1}{B-1})},
 *   \qquad P(x,y)=\frac{\Gamma(x+y)}{\Gamma(x)},$$
 *
 * a layer.
 *
 * **Checked.** Against integrals over the sphere, which need one coordinate of a normalised batch and no kernel. And against the map itself: the covariance block
 * between two batches by the double Laplace integral (equation 56), at $\Sigma^*$ with $\tau X$ in the block between, $X$ random and not symmetric, differentiated in $\tau$ by
 * differences. There the whole direction is tried, through the product with a second random matrix $Y$: the derivative must be $\lambda\langle X,Y\rangle$.
 * **Tolerance.** Quadratures, kernels and differences state their errors.
 * **Could miss.** For the map: batches of more than 5 samples.
 * **Found.** Holds, also for batches of 3 samples, where gradients have no second moment. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/meanfield/batchnorm_map.h>
#include <assay/numerics/difference.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/sphere.h>
#include <assay/numerics/ultrasymmetric.h>
#include <math.h>

/* ## As printed */
static struct value pochhammer(int twice_x, double y)
{
    return sphere_radius_moment(twice_x + 1, 0.5, 2 * y);
}

static struct value printed(struct claim *claim, const struct homogeneous *phi, int B)
{
    double c = -1.0 / (B - 1), half = claim_fault(claim, "whole_alpha") ? phi->alpha : phi->alpha / 2;
    struct value rise = value_sub(homogeneous_kernel(phi, 1), homogeneous_kernel(phi, c)), below = pochhammer(B, half);
    struct value slope = homogeneous_kernel_slope(phi, claim_fault(claim, "slope_at_c") ? c : 0);
    struct value ratio = value_div(pochhammer(B - 1, phi->alpha), value_mul(below, below));
    double front = claim_fault(claim, "no_front") ? 1 : B / (B - 1.0);

    return value_mul(value_scale(front, ratio), value_div(slope, rise));
}

/* ## Sphere */
static void on_sphere(struct claim *claim, const char *name, int B, bool tabulate)
{
    struct activation phi;
    struct homogeneous h;
    struct batchnorm_state sphere;

    claim_need(claim, homogeneous_within(name, 0.1, 12, &phi, &h));
    struct response response = response_of(&phi);
    claim_need(claim, batchnorm_state_sphere(&response, B, &sphere));
    struct value lambda = printed(claim, &h, B);
    claim_case(claim, "%s, B = %d", name, B);
    if (activation_parity(&phi) == 1)
        check_zero(claim, "even", value_sub(lambda, sphere.cross), 1);
    else
        check_equal(claim, "sphere", lambda, sphere.cross);
    if (tabulate)
        claim_row(claim, name, B, lambda.x, sphere.cross.x);
}

/* ## The map between batches
 * $\langle Y,V_{12}\rangle$ as a function of $\tau$. Diagonal blocks are $\mu^*I$: what $\Sigma^*$ has along $\mathbf 1\mathbf 1^T$ batch normalisation takes away. */
enum { LARGEST = 5, BLOCK = LARGEST * LARGEST };

struct between {
    const struct homogeneous *phi;
    int B;
    double mu, X[BLOCK], Y[BLOCK], noise;
};

static double inner_product(double tau, void *context)
{
    struct between *b = context;
    double S[4 * BLOCK] = {0}, V[BLOCK], error[BLOCK];
    int B = b->B, n = 2 * B;

    for (int i = 0; i < B; i++) {
        S[i * n + i] = S[(B + i) * n + B + i] = b->mu;
        for (int j = 0; j < B; j++)
            S[i * n + B + j] = S[(B + j) * n + i] = tau * b->X[i * B + j] + 0.1 * b->mu;
    }
    if (batchnorm_map_cross_laplace(b->phi, B, S, V, error) != STATUS_OK)
        return NAN;
    b->noise = 0;
    for (int i = 0; i < B * B; i++)
        b->noise += fabs(b->Y[i]) * error[i];
    return linear_dot(B * B, b->Y, V);
}

static void random_block(struct stream *stream, int B, double X[])
{
    double Z[BLOCK];

    stream_normals(stream, (size_t)(B * B), Z);
    centre_both(B, Z, X);
    double norm = linear_norm(B * B, X);
    for (int i = 0; i < B * B; i++)
        X[i] /= norm;
}

static void of_map(struct claim *claim, const char *name, int B)
{
    struct activation phi;
    struct homogeneous h;
    struct between b = {.phi = &h, .B = B};
    struct stream stream = claim_stream(claim, 1, (uint32_t)B);
    double S[BLOCK], V[BLOCK], error[BLOCK];

    claim_need(claim, homogeneous_within(name, 0.1, 12, &phi, &h));
    shape_bsb1(B, 1, 0, S);
    claim_need(claim, batchnorm_map_laplace(&h, B, S, V, error));
    struct value mu = measured(V[0] - V[1], error[0] + error[1], QUADRATURE);
    b.mu = mu.x;
    random_block(&stream, B, b.X);
    random_block(&stream, B, b.Y);
    linear_axpy(B * B, 1, b.X, b.Y); // so that <X, Y> is far from 0
    inner_product(0.1 * b.mu, &b);
    struct value slope = derivative_by_differences(inner_product, &b, 0, 0.4 * b.mu, b.noise);
    struct value product = value_scale(linear_dot(B * B, b.X, b.Y), printed(claim, &h, B));
    claim_case(claim, "%s, B = %d", name, B);
    check_equal(claim, "map", product,
                value_with(claim_value(claim, slope), fabs(slope.x) * value_bound(mu) / mu.x, QUADRATURE));
}

static void cross_batch(struct claim *claim)
{
    static const int sizes[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    static const char *const names[] = {"relu",       "lrelu:0.2", "id",       "relu^2", "x^3",
                                        "lrelu:-0.5", "relu^1.7",  "relu^0.6", "abs",    "x^2"};
    const char *chosen = claim_text(claim, "phi");
    struct activation phi;
    struct homogeneous h;
    int sparse[SCALES] = {4, 2, 1}, every = sparse[claim_scale(claim)];

    claim_need(claim, homogeneous_within(chosen, 0.1, 12, &phi, &h));
    claim_labels(claim, "phi");
    claim_column(claim, "B", EXACT, "a grid");
    claim_column(claim, "printed", RELATIVE(1e-12), "a closed form");
    claim_column(claim, "sphere", RELATIVE(1e-11), "quadrature");
    for (int n = 0; n < 10; n++)
        for (int i = n % every; i < 10; i += every)
            on_sphere(claim, names[n], sizes[i], false);
    on_sphere(claim, chosen, (int)claim_integer(claim, "B"), false);
    for (int n = 0; n < 5; n++)
        for (int B = 4; B <= 10000; B += 1 + B / (claim_scale(claim) == SCALE_SMOKE ? 1 : 3))
            on_sphere(claim, names[n], B, true);
    of_map(claim, "relu", 3);
    if (claim_scale(claim) != SCALE_SMOKE) {
        of_map(claim, "relu", 4);
        of_map(claim, "relu^2", 3);
    }
    if (claim_scale(claim) == SCALE_PAPER) {
        of_map(claim, "lrelu:-0.5", 5);
        of_map(claim, "relu^1.7", 4);
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "one more activation, homogeneous of a positive degree", "relu^1.5"),
                           integer("B", "its batch size", 64, 4, 10000)},
            .faults = {{"whole_alpha", "P(B/2, alpha) in place of P(B/2, alpha/2)", "sphere map"},
                       {"slope_at_c", "J'(-1/(B-1)) in place of J'(0)", "sphere map even"},
                       {"no_front", "without B/(B-1)", "sphere map"}},
            .run = cross_batch,
        }));
}
