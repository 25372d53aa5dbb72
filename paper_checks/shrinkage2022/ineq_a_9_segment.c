/* # Inequality (A.9): on every short segment some point has a large Jacobian
 *
 * Gradient Explosion and Representation Shrinkage in Infinite Networks (2022), appendix A.1.1. Let $\|x_\alpha\|^2=\|x_\beta\|^2=n_0$ and
 * $1>x_\alpha\cdot x_\beta/n_0\ge(1+E)/(2+E)$ with $E=\frac{1-\rho_{\max}}4\sum_l\|\phi_l-\bar\phi_l\|^2/\|\phi_l'\|^2$. In wide networks some
 * $x_\gamma$ on the segment between them has
 *
 * $$\Big\|\frac{\partial z^{(L)}}{\partial z^{(0)}}(x_\gamma)\Big\|_{op}^2\;\ge\;\frac{1-\rho_{\max}}2E
 * \;=\;\frac{(1-\rho_{\max})^2}8\sum_{l=1}^L\frac{\|\phi_l-\bar\phi_l\|^2}{\|\phi_l'\|^2}.$$
 *
 * **Checked.** Networks with $n_0$ inputs and width $N$, their Jacobian at twenty points of the segment, inside the sphere, where the network divides
 * by the shorter length. Its norm, by singular values, against the bound. The step by the mean value theorem: the derivative along the segment,
 * integrated over it, is $z(x_\beta)-z(x_\alpha)$, and at some point it is no smaller than the difference quotient. That the norm is no smaller than
 * that derivative.
 * **Tolerance.** The nodes are Gauss's; a rule of half as many says how far the integral is off. Bounds and quadrature state their errors.
 * **Could miss.** A constant too large by up to nine times: networks stay as far above the bound. That almost every network has such a point: some
 * are drawn.
 * **Found.** Holds for every network drawn. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/correlation_map.h>
#include <assay/network/jacobian.h>
#include <assay/network/layernorm.h>
#include <assay/network/layernorm_network.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/quadrature.h>
#include <assay/random/haar.h>
#include <math.h>

enum { NODES = 20, ALL = NODES + NODES / 2, OUT = 4 + 2 * NODES };

/* ## The bound
 * Equal layers: $1-\rho_{\max}$ is the least of the $1-\min\rho_l$. */
struct segment {
    struct activation phi;
    int inputs, width, L;
    double s, tau;
    bool on_the_sphere; // a fault
    struct value bound;
    struct rule fine, coarse;
};

static struct segment segment_of(struct claim *claim, const char *name, double s, int L, double share)
{
    struct correlation_map map;
    double far = 2, least = 2;

    claim_need(claim, correlation_map_find(&map, name, s));
    struct segment segment = {.phi = map.phi, .L = L, .s = map.bias};
    for (int l = 1; l <= L; l++) {
        far = correlation_map_widest_gap(&map, far);
        least = fmin(least, far);
    }
    struct value gap = rounded(least, 1000.0 * L);
    struct value E = value_scale(0.25 * L, value_mul(gap, claim_value(claim, activation_nonlinearity_ratio(&map.phi))));
    segment.bound = value_scale(0.5, value_mul(gap, E));
    segment.tau = share / (2 + E.x);
    segment.on_the_sphere = claim_fault(claim, "on_the_sphere");
    segment.inputs = (int)claim_integer(claim, "n");
    segment.width = (int)claim_integer(claim, "N");
    claim_need(claim, rule_legendre(&segment.fine, NODES, 0, 1));
    claim_need(claim, rule_legendre(&segment.coarse, NODES / 2, 0, 1));
    return segment;
}

/* ## One network
 * Samples: the nodes of both rules, then the two ends. out: the difference quotient; how far the integral of $Jv$ is from $\Delta z$, and the two
 * rules from each other, both over $\|\Delta z\|$; what rounding does to $\Delta z$, a few ulp a layer at either end; $\|J\|_{op}^2$ and $\|Jv\|^2$
 * at the nodes, in units of mean squares. */
struct visit {
    const struct segment *segment;
    const double *v; // x_beta - x_alpha
    double *out;
};

static enum status at_the_end(const struct layer_state *state, void *context)
{
    const struct visit *visit = context;
    const struct segment *segment = visit->segment;
    int N = state->width, n = segment->inputs;
    const double *ends = state->Z + (ptrdiff_t)ALL * N;
    double *sums = memory_doubles((size_t)(3 * N)), *along = sums + 2 * (ptrdiff_t)N, length = linear_norm(n, visit->v);
    enum status status = STATUS_OK;

    for (int i = 0; status == STATUS_OK && state->layer == segment->L + 1 && i < ALL; i++) {
        struct layer_state one = *state;
        struct jacobian jacobian;
        bool fine = i < NODES;
        double weight = fine ? segment->fine.w[i] : segment->coarse.w[i - NODES];

        one.samples = 1;
        one.Z += (ptrdiff_t)i * N;
        one.T += (ptrdiff_t)i * n * N;
        linear_multiply(true, false, N, 1, n, 1, one.T, visit->v, 0, along);
        linear_axpy(N, weight, along, fine ? sums : sums + N);
        if (fine) {
            status = jacobian_of_state(&one, &jacobian, NULL);
            visit->out[4 + i] = jacobian.operator_norm * jacobian.operator_norm;
            visit->out[4 + NODES + i] = pow(linear_norm(N, along) / length, 2) * n / N;
        }
    }
    linear_axpy(N, -1, sums, sums + N);
    linear_axpy(N, -1, ends + N, sums);
    linear_axpy(N, 1, ends, sums);
    double apart = sqrt(2 * N * propagation_gap(N, ends, ends + N));
    visit->out[0] = apart * apart / N / (length * length / n);
    visit->out[1] = linear_norm(N, sums) / apart;
    visit->out[2] = linear_norm(N, sums + N) / apart;
    visit->out[3] = 4 * (segment->L + 1) * 2.2e-16 * (sqrt(N) / apart + sqrt(n) / length);
    memory_free(sums);
    return status;
}

static enum status draw_network(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct segment *segment = context;
    int n = segment->inputs, depth = segment->L + 1, samples = ALL + 2;
    struct layernorm_layer *layer = memory_new((size_t)depth, sizeof *layer);
    struct layernorm_network network = {n, depth, layer};
    double *X = memory_doubles((size_t)(samples * n)), *T = memory_doubles((size_t)(samples * n * n));
    double *alpha = X + (ptrdiff_t)ALL * n, *beta = alpha + n, *v = memory_doubles((size_t)n);
    struct visit visit = {segment, v, out};
    enum status status = layernorm_layers(depth, segment->width, segment->phi.name, 1, sqrt(segment->s), layer);

    (void)sample;
    if (status == STATUS_OK) {
        status = sphere_pair(stream, n, sqrt(n), 1 - segment->tau, alpha, beta);
    }
    for (int i = 0; i < n; i++) {
        v[i] = beta[i] - alpha[i];
    }
    for (int i = 0; i < samples; i++) {
        if (i < ALL) {
            double at = i < NODES ? segment->fine.x[i] : segment->coarse.x[i - NODES];

            for (int j = 0; j < n; j++) {
                X[i * n + j] = alpha[j] + at * v[j];
            }
            if (segment->on_the_sphere) {
                layernorm_forward(1, n, X + (ptrdiff_t)i * n, X + (ptrdiff_t)i * n, NULL);
            }
        }
        jacobian_directions(n, T + (ptrdiff_t)i * n * n);
    }
    if (status == STATUS_OK) {
        status = layernorm_propagate(&network, *stream, samples, X, n, T, at_the_end, &visit);
    }
    memory_free(layer);
    memory_free(X);
    memory_free(T);
    memory_free(v);
    return status;
}

/* ## The three steps of the proof, for every network */
static void examine(struct claim *claim, const char *name, double s, int L, double share, uint32_t stream)
{
    struct segment segment = segment_of(claim, name, s, L, share);
    size_t count = (size_t)claim_integer(claim, "networks");
    double *rows = memory_doubles(count * OUT);
    struct ensemble ensemble = claim_ensemble(claim, stream, count, OUT, draw_network, &segment);
    double again = claim_fault(claim, "root_forgotten") ? (double)segment.inputs / segment.width : 1;

    claim_need(claim, ensemble_rows(&ensemble, rows));
    for (size_t k = 0; k < count; k++) {
        const double *out = rows + k * OUT, *norm = out + 4, *along = norm + NODES;
        double most = 0, steepest = 0, halved = claim_fault(claim, "half_the_segment") ? 2 : 1;
        struct value quotient =
            value_with(measured(out[0], 2 * out[2] * out[0], QUADRATURE), 2 * out[3] * out[0], ROUNDING);
        char label[32];

        snprintf(label, sizeof label, "network %zu", k + 1);
        claim_case(claim, "%s, s = %.3g, L = %d, %s", name, segment.s, L, label);
        for (int i = 0; i < NODES; i++) {
            most = fmax(most, norm[i]);
            steepest = fmax(steepest, along[i]);
            check_at_least(claim, "norm", rounded(again * norm[i], 1e4), rounded(along[i], 1e4));
            if (stream == 0 && k < 5) {
                claim_row(claim, label, segment.fine.x[i], norm[i], along[i], out[0], segment.bound.x);
            }
        }
        check_zero(claim, "path", value_with(measured(out[1], out[2], QUADRATURE), out[3], ROUNDING), 1);
        check_at_least(claim, "mean value", rounded(steepest, 1e4), value_scale(halved, quotient));
        check_at_least(claim, "segment", rounded(again * most, 1e4), segment.bound);
    }
    memory_free(rows);
    rule_free(&segment.fine);
    rule_free(&segment.coarse);
}

static void segments(struct claim *claim)
{
    claim_labels(claim, "series");
    claim_column(claim, "at", RELATIVE(1e-13), "Gauss's nodes");
    claim_column(claim, "norm", RELATIVE(1e-7),
                 "the same draws: only BLAS and LAPACK rounding differs, amplified by layers");
    claim_column(claim, "along", RELATIVE(1e-7), "as norm");
    claim_column(claim, "quotient", RELATIVE(1e-7), "as norm");
    claim_column(claim, "bound", RELATIVE(1e-9), "iterated in 1 - rho, and a quadrature");
    examine(claim, claim_text(claim, "phi"), claim_real(claim, "s"), (int)claim_integer(claim, "L"),
            claim_real(claim, "share"), 0);
    examine(claim, "erf", 0, 5, 1, 1);
    examine(claim, "sin", 0, 4, 1, 2);
    examine(claim, "sin", 0, 4, 1e-3, 3);
    examine(claim, "h3", 0, 1, 1, 4);
    examine(claim, "relu", 0, 2, 1, 5);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {choice("phi", "activation", "erf|relu|lrelu:0.3|gelu|tanh|sin"),
                           real("s", "sigma_b^2 / sigma_w^2; -1 stands for the critical ratio", -1, -1, 1),
                           integer("L", "depth: number of non-linear layers", 8, 1, 32),
                           integer("n", "inputs", 4, 2, 64),
                           real("share", "1 - cosine of the segment's ends, as a share of the most that is allowed", 1,
                                1e-3, 1),
                           integer_by_scale("N", "width", 256, 256, 512, 64, 4096),
                           integer_by_scale("networks", "how many are drawn", 4, 16, 64, 1, 10000)},
            .faults = {{"root_forgotten", "the largest singular value times m/n in place of its root", "norm segment"},
                       {"on_the_sphere", "points on the sphere in place of the segment inside it", "path"},
                       {"half_the_segment", "the quotient over half the squared distance", "mean*"}},
            .run = segments,
        }));
}
