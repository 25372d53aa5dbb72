/* # Theorem 3.7: how fast relu forgets a batch's shape, and that larger batches take longer
 *
 * Yang et al. (2019), section 3.1.1, theorem 3.7. Near the symmetric fixed point of a relu network with batch normalisation, deviations of the covariance in the space
 * $\mathbb L$ (norms of samples) and $\mathbb M$ (correlations) are multiplied from layer to layer by
 *
 * $$\lambda_L^\uparrow=\frac1{2(B+1)\mu^*}\Big((B-2)(1-J_1)+\frac B{B-1}J_1'\Big)\nearrow1,\qquad
 * \lambda_M^\uparrow=\frac B{2(B+1)\mu^*}J_1'\nearrow\frac\pi{2(\pi-1)},$$
 *
 * with $J_1$, $J_1'$ at $-1/(B-1)$ and $\mu^*=\frac12(1-J_1)$. So the number of layers to the fixed point, $-1/\log\lambda_L^\uparrow$, grows with $B$.
 *
 * **Checked.** Both formulas, written out here from $J_1$ and $J_1'=J_0$, against two witnesses: means over the sphere (two angles), and the Jacobian as a
 * matrix of $B^2\times B^2$ entries, each its own integral, applied to bases of the spaces. That both increase with $B$; that they stay below their limits and
 * reach them.
 * **Tolerance.** Quadrature states its error, the matrix its residual. Limits are extrapolated from $B=2500$, $5000$, $10000$; the error is what the last step
 * changed.
 * **Could miss.** An error common to both witnesses, in the reduction to the sphere: `prop_f_14_f_16_jacobian` differentiates the map itself.
 * **Found.** Holds as printed, for every $B$ from 4 to $10^4$. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <math.h>

/* ## As printed */
static struct value printed_L(struct claim *claim, int B)
{
    double c = -1.0 / (B - 1), J = (sqrt(1 - c * c) + (M_PI - acos(c)) * c) / M_PI, slope = (M_PI - acos(c)) / M_PI;
    double spread = claim_fault(claim, "one_sample_more") ? B - 1 : B - 2;

    return rounded((spread * (1 - J) + B * slope / (B - 1)) / ((B + 1) * (1 - J)), 30);
}

static struct value printed_M(struct claim *claim, int B)
{
    double c = -1.0 / (B - 1), J = (sqrt(1 - c * c) + (M_PI - acos(c)) * c) / M_PI, slope = (M_PI - acos(c)) / M_PI;

    return rounded(B * slope / ((claim_fault(claim, "wrong_width") ? B : B + 1) * (1 - J)), 30);
}

/* ## Two witnesses */
static struct response relu(struct claim *claim)
{
    static struct activation phi;

    claim_need(claim, activation_find("relu", &phi));
    return response_of(&phi);
}

static struct spectrum on_sphere(struct claim *claim, int B)
{
    struct batchnorm_state state;
    struct response phi = relu(claim);

    claim_need(claim, batchnorm_state_sphere(&phi, B, &state));
    return state.forward;
}

static struct spectrum of_matrix(struct claim *claim, int B)
{
    struct brackets U;
    struct response phi = relu(claim);
    double *matrix = memory_doubles((size_t)(B * B) * (size_t)(B * B));

    claim_need(claim, batchnorm_forward_brackets(&phi, B, &U));
    ultrasymmetric_matrix(B, &U, matrix);
    struct spectrum spectrum = operator_spectrum(B, matrix);
    memory_free(matrix);
    return spectrum;
}

static void at_batch_size(struct claim *claim, int B)
{
    struct spectrum sphere = on_sphere(claim, B);

    claim_case(claim, "B = %d", B);
    check_equal(claim, "L, sphere", printed_L(claim, B), sphere.L);
    check_equal(claim, "M, sphere", printed_M(claim, B), sphere.M);
    if (B <= 10) {
        struct spectrum matrix = of_matrix(claim, B);

        check_equal(claim, "L, matrix", printed_L(claim, B), matrix.L);
        check_equal(claim, "M, matrix", printed_M(claim, B), matrix.M);
        check_zero(claim, "G, matrix", matrix.G, matrix.L.x);
    }
}

/* ## Limits
 * Errors of order $1/B$ and $1/B^2$ removed. */
static struct value extrapolated(const struct value at[3])
{
    struct value ab = value_sub(value_scale(2, at[1]), at[0]), bc = value_sub(value_scale(2, at[2]), at[1]);
    struct value limit = value_scale(1.0 / 3, value_sub(value_scale(4, bc), ab));

    return value_with(limit, fabs(limit.x - bc.x), FINITE_SIZE);
}

static void limits(struct claim *claim)
{
    static const int sizes[3] = {2500, 5000, 10000};
    struct value L[3], M[3], top = exact(1),
                             M_top = rounded(M_PI / ((claim_fault(claim, "limit") ? 1 : 2) * (M_PI - 1)), 6);

    for (int i = 0; i < 3; i++) {
        L[i] = on_sphere(claim, sizes[i]).L;
        M[i] = on_sphere(claim, sizes[i]).M;
    }
    claim_case(claim, "B to infinity");
    check_equal(claim, "L, limit", top, extrapolated(L));
    check_equal(claim, "M, limit", M_top, extrapolated(M));
}

static void increase(struct claim *claim)
{
    struct spectrum before = {.L = exact(0), .M = exact(0)};

    for (int B = 4; B <= 10000; B += 1 + B / 12) {
        struct spectrum here = on_sphere(claim, B);
        struct value rise_L = value_sub(here.L, before.L), rise_M = value_sub(here.M, before.M);
        bool fall = claim_fault(claim, "falls");

        claim_case(claim, "B = %d", B);
        check_shape(claim, "L increases", fall ? value_scale(-1, rise_L) : rise_L, here.L.x);
        check_shape(claim, "M increases", fall ? value_scale(-1, rise_M) : rise_M, here.M.x);
        check_at_most(claim, "L below 1", here.L, exact(1));
        claim_row(claim, NULL, B, printed_L(claim, B).x, printed_M(claim, B).x, here.L.x, here.M.x);
        before = here;
    }
}

static void forward(struct claim *claim)
{
    static const int sizes[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000, 10000};

    claim_column(claim, "B", EXACT, "a grid");
    claim_column(claim, "L", RELATIVE(1e-13), "a closed form");
    claim_column(claim, "M", RELATIVE(1e-13), "a closed form");
    claim_column(claim, "L_sphere", RELATIVE(1e-11), "quadrature");
    claim_column(claim, "M_sphere", RELATIVE(1e-11), "quadrature");
    for (int i = 0; i < (int)(sizeof sizes / sizeof *sizes); i++) {
        at_batch_size(claim, sizes[i]);
    }
    at_batch_size(claim, (int)claim_integer(claim, "B"));
    limits(claim);
    increase(claim);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("B", "one more batch size to check", 64, 4, 10000)},
            .faults = {{"one_sample_more", "B - 1 in place of B - 2 in lambda_L", "L,?sphere L,?matrix"},
                       {"wrong_width", "B in place of B + 1 in the denominator of lambda_M", "M,?sphere M,?matrix"},
                       {"limit", "the backward limit pi/(pi-1) in place of half of it", "M,?limit"},
                       {"falls", "differences from one batch size to the next with the wrong sign", "?*increases"}},
            .run = forward,
        }));
}
