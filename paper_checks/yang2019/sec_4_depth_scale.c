/* # Section 4: gradients explode over a depth scale that no batch size stretches beyond 2.61 layers
 *
 * Yang et al. (2019), section 4. With $\lambda_G$, "the largest eigenvalue of the Jacobian", gradients explode over $\xi=1/\log\lambda_G$ layers, and $16\,\xi$
 * is the depth to which relu networks with batch normalisation train in the paper's figures: about 50 layers, whatever the batch size.
 *
 * **Checked.** That $\lambda_G$ is the largest of the three backward eigenvalues, for every activation of the table and every batch size. For relu: that $\xi$ grows with $B$,
 * stays below its limit $1/\log\frac\pi{\pi-1}$, and reaches it: $16\,\xi\to41.76$, so that the predicted depth lies below 50 for every $B$.
 * $\lambda_G$ is taken from two-angle quadrature, not from theorem 3.10; the limit is extrapolated from $B=2500$, $5000$ and $10000$.
 * **Tolerance.** Quadrature states its error; the extrapolation's is the change from the one before.
 * **Could miss.** What networks do when trained: figures 3 to 5 show that.
 * **Found.** Holds. The paper proves nowhere that $\lambda_G$ is the largest eigenvalue; no activation of the table contradicts it. */
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <math.h>
#include <string.h>

/* ## The order of the eigenvalues
 * Step and powers of relu up to $1/2$ have no second moment of $\phi'$, and $\lambda_G=\infty$. */
static void order(struct claim *claim, const char *name, int B)
{
    struct activation phi;
    struct batchnorm_state state;

    claim_need(claim, activation_find(name, &phi));
    claim_need(claim, batchnorm_state(&phi, B, &state));
    if (!isfinite(state.backward.G.x)) {
        claim_refuse(claim, "%s has no second moment of phi'", name);
    }
    struct value largest = claim_fault(claim, "smallest") ? state.backward.M : state.backward.G;

    claim_case(claim, "%s, B = %d", name, B);
    check_at_most(claim, "L below G", state.backward.L, largest);
    check_at_most(claim, "M below G", state.backward.M, largest);
    check_shape(claim, "explodes", value_sub(state.backward.G, exact(1)), state.backward.G.x);
    claim_row(claim, name, B, state.backward.G.x, state.backward.L.x, state.backward.M.x, 1 / log(state.backward.G.x));
}

/* ## Relu's depth scale */
static struct value depth_scale(struct claim *claim, int B)
{
    struct activation phi;
    struct batchnorm_state state;

    claim_need(claim, activation_find("relu", &phi));
    struct response response = response_of(&phi);
    claim_need(claim, batchnorm_state_sphere(&response, B, &state));
    double rate = claim_fault(claim, "norm_not_squared") ? 0.5 : 1, x = state.backward.G.x, log_x = rate * log(x);

    return value_through(state.backward.G, 1 / log_x, -rate / (x * log_x * log_x));
}

/* Errors of order $1/B$ and $1/B^2$ removed; what the second removal changed bounds what a third would. */
static struct value limit_of_batch(struct claim *claim)
{
    struct value a = depth_scale(claim, 2500), b = depth_scale(claim, 5000), c = depth_scale(claim, 10000);
    struct value ab = value_sub(value_scale(2, b), a), bc = value_sub(value_scale(2, c), b);
    struct value limit = value_scale(1.0 / 3, value_sub(value_scale(4, bc), ab));

    return value_with(limit, fabs(limit.x - bc.x), FINITE_SIZE);
}

static void relu_scale(struct claim *claim)
{
    static const int sizes[] = {4, 5, 6, 7, 8, 10, 16, 33, 64, 100, 256, 1000, 5000};
    struct value limit = rounded(1 / log(M_PI / (M_PI - 1)), 12), before = exact(0);

    for (int i = 0; i < (int)(sizeof sizes / sizeof *sizes); i++) {
        struct value xi = depth_scale(claim, sizes[i]), gained = value_sub(xi, before);

        claim_case(claim, "B = %d", sizes[i]);
        check_shape(claim, "grows with the batch", claim_fault(claim, "falls") ? value_scale(-1, gained) : gained,
                    xi.x);
        check_at_most(claim, "below its limit", xi, limit);
        check_at_most(claim, "16 xi below 50", value_scale(16, xi), exact(50));
        before = xi;
    }
    claim_case(claim, "B to infinity");
    check_equal(claim, "limit", limit, limit_of_batch(claim));
}

static void scale(struct claim *claim)
{
    static const int sizes[] = {4, 6, 10, 33, 100, 1000};
    const char *phi = claim_text(claim, "phi");

    claim_labels(claim, "phi");
    claim_column(claim, "B", EXACT, "a grid");
    claim_column(claim, "G", RELATIVE(1e-10), "a closed form, or quadrature to 1e-12");
    claim_column(claim, "L", RELATIVE(1e-10), "a closed form, or quadrature to 1e-12");
    claim_column(claim, "M", ABSOLUTE(1e-10), "a closed form, or quadrature to 1e-12; may be 0");
    claim_column(claim, "xi", RELATIVE(1e-9), "from G; near 1 its logarithm loses digits");
    for (const char *const *name = activation_names(); *name != NULL; name++) {
        for (int i = 0; i < (int)(sizeof sizes / sizeof *sizes); i++) {
            order(claim, *name, sizes[i]);
        }
    }
    order(claim, phi, (int)claim_integer(claim, "B"));
    relu_scale(claim);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "one more activation for the order of the eigenvalues", "lrelu:0.3"),
                           integer("B", "its batch size", 64, 4, 10000)},
            .faults = {{"smallest", "lambda_M taken for the largest eigenvalue", "L*"},
                       {"norm_not_squared", "the rate of the norm in place of the squared norm's", "below* 16* limit"},
                       {"falls", "the depth scale's change with the wrong sign", "grows*"}},
            .run = scale,
        }));
}
