/* # Equations (16) to (18): how gradients go back through batch normalisation
 *
 * Yang et al. (2019), section 3.1.2. A gradient passes from one layer to the one below through all samples of the batch,
 *
 * $$\delta_{\alpha i}^l=\sum_{\beta j}\frac{\partial\mathcal B_\phi(h_\alpha^l)_j}{\partial h_{\alpha i}^l}W_{\beta\alpha}^{l+1}\delta_{\beta j}^{l+1},\tag{16}$$
 *
 * so that, were the weights of the way back independent, its second moments would follow
 *
 * $$\Pi^l=\mathbb E\Big[\Big(\frac{d\mathcal B_\phi}{dh}\Big)^T\Pi^{l+1}\frac{d\mathcal B_\phi}{dh}\Big]=G^{\otimes2}\circ F(\Sigma^l)\{\Pi^{l+1}\},\tag{17, 18}$$
 *
 * and over $n$ layers at a fixed point $(G^{\otimes2}\circ F)^n=(G^{\otimes2}\circ F\circ G^{\otimes2})^{n-1}\circ G^{\otimes2}\circ F$.
 *
 * **Checked.** The Jacobian of one batch, column by column, against central differences. At the symmetric fixed point: $F$ from two-angle integrals, entry by
 * entry, as a $B^2\times B^2$ matrix, applied to a random $\Pi$ without any symmetry, against samples of the Jacobian; its powers against networks that go back
 * through the weights they came by. That (18) commutes with permutations of the batch and annihilates nothing but what $G$ does: rows sum to 0.
 * **Tolerance.** Differences err by their step squared and by rounding over the step. Quadrature states its error. Samples and networks have a standard error,
 * networks a bias linear in $1/N$ that is measured by halving the width.
 * **Could miss.** What differs by less than a percent. $B\le5$: there squared gradients have no second moment, and standard errors would lie.
 * **Found.** (16) to (18) hold. Equation (52) in appendix G prints $F(\Sigma)\{\Lambda\}=B\,\mathbb E\,r^{-2}D(I-vv^T)\Lambda(I-vv^T)D$ with $D=\mathrm{diag}\,\phi'$: that
 * is $J\Lambda J^T$, the adjoint of what (18) defines. On centred matrices both have the same eigenvalues, so that no rate changes. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/network/batchnorm_layer.h>
#include <assay/network/batchnorm_network.h>
#include <assay/numerics/linear.h>
#include <float.h>
#include <math.h>
#include <string.h>

enum { LARGEST = 16, ENTRIES = LARGEST * LARGEST, LAYERS = 4 };

/* ## The Jacobian of one batch
 * With $z=\sqrt B\,Gh/\|Gh\|$ it is $\mathrm{diag}\,\phi'(z)\,\frac{\sqrt B}{\|Gh\|}(G-\frac1Bzz^T)$: transposed, what backpropagation applies to $\delta$. */
static void output(const struct activation *phi, int B, const double h[], double out[])
{
    double inverse;

    batchnorm_layer_forward(B, 1, 1, 0, h, out, &inverse);
    for (int i = 0; i < B; i++) {
        out[i] = activation_value(phi, out[i]);
    }
}

static void jacobian(struct claim *claim, const struct activation *phi, int B, uint32_t sample)
{
    struct stream stream = claim_stream(claim, 0, sample);
    double h[LARGEST], z[LARGEST], inverse, up[LARGEST], down[LARGEST], step = 1e-5, steepest = 0;

    stream_normals(&stream, (size_t)B, h);
    batchnorm_layer_forward(B, 1, 1, 0, h, z, &inverse);
    for (int i = 0; i < B; i++) {
        if (fabs(z[i]) < 1e-2) {
            return; // differences across a kink say nothing
        }
        steepest = fmax(steepest, fabs(activation_slope(phi, z[i])) + fabs(activation_curvature(phi, z[i])));
    }
    for (int i = 0; i < B; i++) {
        double was = h[i];

        h[i] = was + step;
        output(phi, B, h, up);
        h[i] = was - step;
        output(phi, B, h, down);
        h[i] = was;
        for (int j = 0; j < B; j++) {
            double product = z[i] * z[j] / (claim_fault(claim, "radius") ? B - 1 : B);
            double entry = activation_slope(phi, z[j]) * inverse * ((i == j) - 1.0 / B - product);
            double size = steepest * inverse, error = size * (1e3 * step * step * inverse * inverse + 1e-9);

            claim_case(claim, "batch %u, entry %d, %d", sample, j, i);
            check_zero(claim, "Jacobian", measured(entry - (up[j] - down[j]) / (2 * step), error, QUADRATURE), size);
        }
    }
}

/* ## The operator of (18), from integrals
 * The library gives $J\Pi J^T$, $J$ the Jacobian, as (52) prints $F$; gradients need the transpose, $J^T\Pi J$. */
struct operator_of {
    int B;
    double *F;    // B^2 x B^2
    double error; // of an entry, relative to the largest
};

static struct operator_of operator_from_integrals(struct claim *claim, const struct activation *phi, int B,
                                                  bool as_printed)
{
    struct response response = response_of(phi);
    struct brackets brackets;
    struct operator_of back = {B, memory_doubles((size_t)(B * B * B * B)), 0};

    claim_need(claim, batchnorm_backward_brackets(&response, B, &brackets));
    double *adjoint = memory_doubles((size_t)(B * B * B * B));
    ultrasymmetric_matrix(B, &brackets, adjoint);
    for (int i = 0; i < B * B; i++) {
        for (int j = 0; j < B * B; j++) {
            back.F[i * B * B + j] = adjoint[as_printed ? i * B * B + j : j * B * B + i];
        }
    }
    memory_free(adjoint);
    back.error = value_bound(brackets.b1111) / fabs(brackets.b1111.x) + 1e-12;
    if (claim_fault(claim, "moment_of_radius")) {
        for (int i = 0; i < B * B * B * B; i++) {
            back.F[i] *= (B - 3.0) / (B - 1.0);
        }
    }
    return back;
}

static void go_back(struct claim *claim, const struct operator_of *back, const double Pi[], double out[])
{
    double inner[ENTRIES];

    operator_apply(back->B, back->F, Pi, inner);
    if (claim_fault(claim, "no_projection")) {
        memcpy(out, inner, sizeof inner);
    } else {
        centre_both(back->B, inner, out);
    }
}

/* ## Samples and networks */
struct experiment {
    struct batchnorm_network network;
    const double *S, *Pi;
};

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct experiment *e = context;
    struct batchnorm_record record;
    enum status status = batchnorm_record_new(&record, &e->network);
    int B = e->network.batch;

    (void)sample;
    if (status == STATUS_OK) {
        status = batchnorm_network_pass(&e->network, e->S, e->Pi, *stream, &record);
    }
    for (int l = 1; l <= e->network.depth && status == STATUS_OK; l++) {
        for (int i = 0; i < B * B; i++) {
            out[(l - 1) * B * B + i] = exp(record.log_scale[l]) * batchnorm_record_backward(&record, l)[i];
        }
    }
    batchnorm_record_free(&record);
    return status;
}

static struct moments *sampled(struct claim *claim, uint32_t stream, const struct experiment *e, size_t count)
{
    size_t outputs = (size_t)(e->network.depth * e->network.batch * e->network.batch);
    struct moments *moments = memory_new(outputs, sizeof *moments);
    struct ensemble ensemble = claim_ensemble(claim, stream, count, outputs, draw, e);

    claim_need(claim, ensemble_moments(&ensemble, moments));
    return moments;
}

static double trace(int B, const double A[])
{
    double sum = 0;

    for (int i = 0; i < B; i++) {
        sum += A[i * B + i];
    }
    return sum;
}

/* The neurons of one wide layer are samples of $J^T\delta$ with $\delta\sim N(0,\Pi)$. */
static void one_layer(struct claim *claim, const struct operator_of *back, struct experiment e)
{
    int B = back->B;
    double claimed[ENTRIES];

    e.network.depth = 1;
    e.network.width = 4000;
    struct moments *at = sampled(claim, 1, &e, (size_t)claim_integer(claim, "samples") / 4000);
    go_back(claim, back, e.Pi, claimed);
    double size = trace(B, claimed) / B;
    for (int i = 0; i < B; i++) {
        double sum = 0;

        for (int j = 0; j < B; j++) {
            struct value sample = moments_estimate(at[i * B + j]);

            sum += claimed[i * B + j];
            if (j <= i) {
                claim_case(claim, "entry %d, %d", i, j);
                check_zero(claim, "samples",
                           value_sub(measured(claimed[i * B + j], back->error * size, QUADRATURE), sample), size);
                claim_row(claim, NULL, i, j, claimed[i * B + j], BOTH(moments_mean(at[i * B + j])));
            }
        }
        claim_case(claim, "row %d", i);
        check_zero(claim, "rows sum to 0", measured(sum, 1e-12 * size * B, ROUNDING), size);
    }
    memory_free(at);
}

/* Equation (52) against the same samples, where the two differ most: with relu, whatever the activation chosen. For the identity they are equal. */
static void as_printed(struct claim *claim, const double Pi[])
{
    int B = (int)claim_integer(claim, "B"), most = 0;
    struct activation relu;
    struct batchnorm_state state;
    double S[ENTRIES], printed[ENTRIES], corrected[ENTRIES];

    claim_need(claim, activation_find("relu", &relu));
    claim_need(claim, batchnorm_state(&relu, B, &state));
    for (int i = 0; i < B * B; i++) {
        S[i] = (i / B == i % B ? state.fixed.mu.x : 0) + state.fixed.nu.x;
    }
    struct operator_of adjoint = operator_from_integrals(claim, &relu, B, true),
                       back = operator_from_integrals(claim, &relu, B, false);
    struct experiment e = {{.depth = 1, .width = 4000, .batch = B, .batches = 1, .phi = relu, .gamma = 1}, S, Pi};
    struct moments *at = sampled(claim, 5, &e, (size_t)claim_integer(claim, "samples") / 4000);
    go_back(claim, &adjoint, Pi, printed);
    go_back(claim, &back, Pi, corrected);
    for (int i = 0; i < B * B; i++) {
        most = fabs(printed[i] - corrected[i]) > fabs(printed[most] - corrected[most]) ? i : most;
    }
    claim_case(claim, "relu, entry %d, %d", most / B, most % B);
    check_differs(claim, "(52) as printed", exact(printed[most]), moments_estimate(at[most]));
    memory_free(at);
    memory_free(adjoint.F);
    memory_free(back.F);
}

/* Powers of the operator, in networks that start at the fixed point. */
static void many_layers(struct claim *claim, const struct operator_of *back, struct experiment e)
{
    int B = back->B;
    double claimed[2][ENTRIES];
    size_t networks = (size_t)claim_integer(claim, "networks");

    e.network.depth = LAYERS;
    e.network.width = (int)claim_integer(claim, "N");
    struct moments *wide = sampled(claim, 2, &e, networks);
    e.network.width /= 2;
    struct moments *half = sampled(claim, 3, &e, 2 * networks);
    memcpy(claimed[LAYERS % 2], e.Pi, (size_t)(B * B) * sizeof(double));
    for (int l = LAYERS - 1; l >= 0; l--) {
        double *now = claimed[l % 2];

        go_back(claim, back, claimed[1 - l % 2], now);
        for (int i = 0; i < B; i++) {
            int e_diagonal = l * B * B + i * B + i, e_first = l * B * B + i * B;
            double size = trace(B, now) / B;

            claim_case(claim, "layer %d of %d, sample %d", l + 1, LAYERS, i);
            check_zero(claim, "networks",
                       value_sub(exact(now[i * B + i]), moments_limit(wide[e_diagonal], half[e_diagonal])), size);
            check_zero(claim, "networks", value_sub(exact(now[i * B]), moments_limit(wide[e_first], half[e_first])),
                       size);
        }
    }
    memory_free(wide);
    memory_free(half);
}

/* A random $\Pi$ whose samples weigh very differently. */
static void random_gradient(struct claim *claim, int B, double Pi[])
{
    struct stream stream = claim_stream(claim, 4, 0);
    double X[2 * ENTRIES];

    stream_normals_scaled(&stream, 1 / sqrt(2 * B), (size_t)(2 * B * B), X);
    for (int i = 0; i < 2 * B * B; i++) {
        X[i] *= 1 + 2.0 * (i / (2 * B)) / B;
    }
    linear_gram(B, 2 * B, X, Pi);
}

static void backward(struct claim *claim)
{
    int B = (int)claim_integer(claim, "B");
    struct activation phi;
    struct batchnorm_state state;
    double S[ENTRIES], Pi[ENTRIES];

    if (activation_find(claim_text(claim, "phi"), &phi) != STATUS_OK) {
        claim_refuse(claim, "%s", status_reason());
    }
    if (activation_homogeneity(&phi) < 0.75) {
        claim_refuse(claim, "the slope of %s has no fourth moment: a standard error of its square would lie", phi.name);
    }
    claim_need(claim, batchnorm_state(&phi, B, &state));
    if (!(state.forward.L.x < 0.99 && state.forward.M.x < 0.99)) {
        claim_refuse(claim, "at B = %d networks of %s don't stay at their symmetric fixed point", B, phi.name);
    }
    claim_column(claim, "i", EXACT, "an index");
    claim_column(claim, "j", EXACT, "an index");
    claim_column(claim, "operator", ABSOLUTE(1e-8), "quadrature");
    claim_column(claim, "sampled", SIGMAS(0.1), "the same draws: only rounding differs");
    claim_column(claim, "sampled_err", RELATIVE(0.05), "a standard error");
    for (uint32_t k = 0; k < 50; k++) {
        jacobian(claim, &phi, B, k);
    }
    for (int i = 0; i < B * B; i++) {
        S[i] = (i / B == i % B ? state.fixed.mu.x : 0) + state.fixed.nu.x;
    }
    random_gradient(claim, B, Pi);
    struct operator_of back = operator_from_integrals(claim, &phi, B, claim_fault(claim, "adjoint"));
    struct experiment e = {{.batch = B, .batches = 1, .phi = phi, .gamma = 1}, S, Pi};
    one_layer(claim, &back, e);
    as_printed(claim, Pi);
    many_layers(claim, &back, e);
    memory_free(back.F);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "activation that keeps its symmetric fixed point", "relu"),
                           integer("B", "batch size", 8, 6, LARGEST),
                           integer_by_scale("N", "width", 400, 800, 4000, 200, 1000000),
                           integer_by_scale("samples", "batches drawn", 400000, 2000000, 100000000, 200000, 1000000000),
                           integer_by_scale("networks", "networks drawn; twice as many of half the width", 400, 400,
                                            1000, 16, 100000)},
            .faults = {{"radius", "z z' / (B - 1)", "Jacobian"},
                       {"no_projection", "F without G on both sides", "samples networks rows*"},
                       {"adjoint", "J Pi J' in place of J' Pi J", "samples networks"},
                       {"moment_of_radius", "E |Gh|^-2 with B - 1 in place of B - 3", "samples networks"}},
            .errata =
                {{"Y20n",
                  "$F(\\Sigma)\\{\\Lambda\\}=B\\,\\mathbb E\\,r^{-2}\\big(D\\Lambda D+Dvv^T\\Lambda vv^TD-D\\Lambda "
                  "vv^TD-Dvv^T\\Lambda D\\big)$, equation (52), "
                  "as the $F$ of equation (18)",
                  "$F(\\Sigma)\\{\\Lambda\\}=B\\,\\mathbb E\\,r^{-2}(I-vv^T)D\\Lambda D(I-vv^T)$", "*52*",
                  "samples networks",
                  "None for rates: between $G^{\\otimes2}$ the two are adjoint, and ultrasymmetric operators are "
                  "self-adjoint there (proposition E.63). "
                  "Gradients that do not sum to 0 over the batch, as at the top of a network, go back differently.",
                  "For a single batch let $D$ have one entry 1, at sample 1, and $\\Lambda$ one entry 1, at (2, 2). A "
                  "gradient at sample 2 does not pass "
                  "$D$, so nothing comes back; (52) gives $v_1^2v_2^2$ at (1, 1)."}},
            .run = backward,
        }));
}
