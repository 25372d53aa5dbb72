/* # Figure 1a: the backward eigenvalues of relu against the batch size, theory and networks
 *
 * Yang et al. (2019), figure 1a. Gradients of a relu network with batch normalisation are multiplied from layer to layer by three numbers, one for each of the spaces
 * $\mathbb RG$, $\mathbb L$, $\mathbb M$ of gradient covariances (theorem G.12). The figure shows them against the batch size: theory dashed, and means over 200
 * networks of width 1000.
 *
 * **Checked.** Each of the three in networks, by backpropagation through one layer: at the top of a network that has reached its fixed point, a gradient with
 * covariance $\Pi=G+\frac12\Lambda_L+\frac14\Lambda_M$ is sent down a layer, where $\Lambda_L\in\mathbb L$ and $\Lambda_M\in\mathbb M$ set one half of the batch against the
 * other. What arrives is projected on $G$, $\Lambda_L$, $\Lambda_M$. And each against two-angle quadrature.
 * **Tolerance.** Quadrature states its error. Networks have a standard error, and a bias linear in $1/N$, measured by halving the width.
 * **Could miss.** With $B\le5$ squared gradients have no second moment: those points are drawn and not checked.
 * **Found.** Networks agree with theory to about a percent at every batch size. $\lambda_M$ is not monotone: it is least near $B=11$. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/network/batchnorm_network.h>
#include <assay/numerics/linear.h>
#include <math.h>

enum { SPACES = 3, LARGEST = 256 };

static const char *const space_name[SPACES] = {"G", "L", "M"};

/* ## Directions
 * One matrix of each space. $s$ has entries $\pm1$ that sum to 0 (and a 0 if $B$ is odd). $\Lambda_M$ is what $ss^T$ has beside its parts in $\mathbb RG$ and
 * $\mathbb L$, which are the parts with its diagonal. The factors keep $\Pi$ positive semi-definite. */
static const double share[SPACES] = {1, 0.5, 0.25};

static double sign_of(int B, int i)
{
    return i == B - 1 && B % 2 == 1 ? 0 : i % 2 == 0 ? 1 : -1;
}

/* G D G for diagonal D of trace 0. */
static void centred_diagonal(int B, const double D[], double factor, double T[])
{
    for (int i = 0; i < B; i++) {
        for (int j = 0; j < B; j++) {
            T[i * B + j] += factor * ((i == j ? D[i] : 0) - (D[i] + D[j]) / B);
        }
    }
}

static void direction(int B, int space, double T[])
{
    double D[LARGEST], power = B - B % 2; // s's = power

    for (int i = 0; i < B * B; i++) {
        double on = i % (B + 1) == 0 ? 1 : 0, G = on - 1.0 / B, signs = sign_of(B, i / B) * sign_of(B, i % B);

        T[i] = space == 0 ? G : space == 1 ? 0 : signs - power / (B - 1) * G;
    }
    for (int i = 0; i < B; i++) {
        D[i] = space == 1 ? sign_of(B, i) : fabs(sign_of(B, i)) - power / B;
    }
    centred_diagonal(B, D, space == 0 ? 0 : space == 1 ? 1 : -B / (B - 2.0), T);
}

struct figure {
    struct batchnorm_network network;
    double mu, nu;
    double *direction[SPACES], *P;
};

static void figure_start(struct claim *claim, struct figure *figure, int B, int width)
{
    struct activation phi;
    size_t entries = (size_t)(B * B);

    claim_need(claim, activation_find("relu", &phi));
    struct bsb1 fixed = batchnorm_fixed_point(&phi, B);
    figure->mu = fixed.mu.x;
    figure->nu = fixed.nu.x;
    claim_need(claim, batchnorm_network_of("relu", 2, width, B, &figure->network));
    figure->P = memory_doubles(entries);
    for (int space = 0; space < SPACES; space++) {
        figure->direction[space] = memory_doubles(entries);
        direction(B, space, figure->direction[space]);
        linear_axpy((int)entries, share[space], figure->direction[space], figure->P);
    }
}

static void figure_free(struct figure *figure)
{
    for (int space = 0; space < SPACES; space++) {
        memory_free(figure->direction[space]);
    }
    memory_free(figure->P);
}

/* ## One network
 * Two layers from the fixed point on, so that weights and covariances are a network's own, not the limit's. */
static enum status draw_network(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct figure *figure = context;
    int B = figure->network.batch, entries = B * B, top = figure->network.depth;
    double *S = memory_doubles((size_t)entries);
    struct batchnorm_record record;
    enum status status = batchnorm_record_new(&record, &figure->network);

    (void)sample;
    for (int i = 0; i < entries; i++) {
        S[i] = figure->nu + (i % (B + 1) == 0 ? figure->mu : 0);
    }
    if (status == STATUS_OK) {
        status = batchnorm_network_pass(&figure->network, S, figure->P, *stream, &record);
    }
    for (int space = 0; status == STATUS_OK && space < SPACES; space++) {
        const double *T = figure->direction[space];

        out[space] = exp(record.log_scale[top]) * linear_dot(entries, batchnorm_record_backward(&record, top), T) /
                     (share[space] * linear_dot(entries, T, T));
    }
    batchnorm_record_free(&record);
    memory_free(S);
    return status;
}

static void sample_networks(struct claim *claim, int B, int width, uint32_t stream, size_t networks,
                            struct moments eigenvalue[SPACES])
{
    struct figure figure;

    figure_start(claim, &figure, B, width);
    struct ensemble ensemble = claim_ensemble(claim, stream, networks, SPACES, draw_network, &figure);
    claim_need(claim, ensemble_moments(&ensemble, eigenvalue));
    figure_free(&figure);
}

/* ## Theory */
static void theory(struct claim *claim, int B, struct value closed[SPACES], struct value sphere[SPACES])
{
    struct activation phi;
    struct batchnorm_state state;
    bool other = claim_fault(claim, "one_sample_more");

    claim_need(claim, activation_find("relu", &phi));
    claim_need(claim, batchnorm_state(&phi, other ? B + 1 : B, &state));
    closed[0] = state.backward.G;
    closed[1] = state.backward.L;
    closed[2] = claim_fault(claim, "forward") ? state.forward.M : state.backward.M;
    struct response response = response_of(&phi);
    claim_need(claim, batchnorm_state_sphere(&response, B, &state));
    sphere[0] = state.backward.G;
    sphere[1] = state.backward.L;
    sphere[2] = state.backward.M;
}

struct point {
    int B;
    double theory;
    struct value mean;
    double deviation;
};

static void at_batch_size(struct claim *claim, int B, struct point point[SPACES])
{
    int width = (int)claim_integer(claim, "N");
    size_t networks = (size_t)claim_integer(claim, "networks");
    struct value closed[SPACES], sphere[SPACES];
    struct moments wide[SPACES], half[SPACES];

    theory(claim, B, closed, sphere);
    sample_networks(claim, B, width, 2 * (uint32_t)B, networks, wide);
    sample_networks(claim, B, width / 2, 2 * (uint32_t)B + 1, 2 * networks, half);
    for (int space = 0; space < SPACES; space++) {
        char name[32];

        claim_case(claim, "B = %d", B);
        snprintf(name, sizeof name, "%s, sphere", space_name[space]);
        check_equal(claim, name, closed[space], sphere[space]);
        snprintf(name, sizeof name, "%s, networks", space_name[space]);
        if (B > 5) {
            check_equal(claim, name, closed[space], moments_limit(wide[space], half[space]));
        }
        point[space] =
            (struct point){B, closed[space].x, moments_mean(wide[space]), sqrt(moments_variance(wide[space]))};
    }
}

static void draw_figure(struct claim *claim)
{
    enum { SIZES = 15 };
    static const int sizes[SIZES] = {4, 5, 6, 8, 10, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256};
    struct point point[SIZES][SPACES];
    int largest = (int)claim_integer(claim, "B");

    claim_labels(claim, "space");
    claim_column(claim, "B", EXACT, "a grid");
    claim_column(claim, "theory", RELATIVE(1e-12), "a closed form");
    claim_column(claim, "network", SIGMAS(0.01), "the same draws: only BLAS rounding differs");
    claim_column(claim, "network_err", RELATIVE(0.01), "a standard error");
    claim_column(claim, "deviation", RELATIVE(0.01), "of one network");
    int count = 0;
    while (count < SIZES && sizes[count] <= largest) {
        at_batch_size(claim, sizes[count], point[count]);
        count++;
    }
    for (int space = 0; space < SPACES; space++) {
        for (int i = 0; i < count; i++) {
            const struct point *p = &point[i][space];

            claim_row(claim, space_name[space], p->B, p->theory, BOTH(p->mean), p->deviation);
        }
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer_by_scale("B", "the largest batch size", 32, 64, 256, 8, LARGEST),
                           integer_by_scale("N", "width of the networks; half as wide ones measure the bias", 250, 1000,
                                            1000, 100, 1000000),
                           integer_by_scale("networks", "how many are drawn; twice as many at half the width", 100, 200,
                                            1000, 16, 1000000)},
            .faults = {{"one_sample_more", "theory of a batch of one sample more", "?,?sphere"},
                       {"forward", "the forward eigenvalue in place of the backward one", "M,*"}},
            .run = draw_figure,
        }));
}
