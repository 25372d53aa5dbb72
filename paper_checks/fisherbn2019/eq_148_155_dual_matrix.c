/* # Equations (148)-(155): a small matrix with the Fisher matrix's eigenvalues
 *
 * Mean-Field Analysis of Batch Normalization (2019), appendix 6.3, equations (148) to (155). With $B_m$ the $m\times n$ matrix of gradients of one output at $m$ inputs, the
 * empirical Fisher matrix and its dual,
 *
 * $$\hat I_\theta=\tfrac1mB_m^TB_m,\qquad\hat F_\theta=\tfrac1mB_mB_m^T,$$
 *
 * share their nonzero eigenvalues. The largest is the maximum of a Rayleigh quotient, at least its value at $\mathbf 1/\sqrt m$, which is a double sum over inputs and falls into
 * one share $f_l$ for each layer.
 *
 * **Checked.** All eigenvalues of both matrices by LAPACK, with the whole Jacobian at hand: fewer inputs than parameters and more, without and with batch normalisation, both
 * kinds of statistics, all outputs. In wide networks, where $\hat F$ is made of Gram matrices and $\hat I$ has millions of rows: the largest eigenvalue by LAPACK against Lanczos and power iteration that
 * never see a matrix, the quotient at $\mathbf 1/\sqrt m$ against the squared norm of one backward pass's gradient, whole and layer by layer, and at random vectors.
 * **Tolerance.** Rounding: a few $m$ or $n$ ulps of the matrix's norm. Iterations state their residual.
 * **Could miss.** Nothing: this is algebra, and holds for whatever $B_m$. That the gradients are right is for the library's tests, by finite differences.
 * **Found.** Holds. With several outputs $B_m$ has a row for each input and output, and the constant vector's place is taken by one vector for each output; see `eq_63_64_one_output`. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/network/fisher.h>
#include <assay/numerics/lanczos.h>
#include <assay/numerics/linear.h>
#include <float.h>
#include <math.h>

/* ## A network and a batch */
struct trial {
    struct feedforward network;
    struct feedforward_pass pass;
    enum statistics statistics;
    int m, outputs;
};

static void begin(struct claim *claim, struct trial *trial, const struct feedforward_model *model,
                  enum statistics statistics, int m, uint32_t stream)
{
    struct stream inputs = claim_stream(claim, stream + 1, 0);
    double *X = memory_doubles((size_t)m * (size_t)model->channels);

    *trial = (struct trial){.statistics = statistics, .m = m, .outputs = model->layer[model->layers].outputs};
    stream_normals(&inputs, (size_t)m * (size_t)model->channels, X);
    claim_need(claim, feedforward_new(&trial->network, model, claim_stream(claim, stream, 0)));
    claim_need(claim, feedforward_pass_new(&trial->pass, &trial->network, m));
    feedforward_forward(&trial->network, &trial->pass, X);
    memory_free(X);
}

static void end(struct trial *trial)
{
    feedforward_pass_free(&trial->pass);
    feedforward_free(&trial->network);
}

/* F as the library makes it, which divides by the number of inputs. */
static double *dual(struct claim *claim, struct trial *trial, struct fisher_parameters which)
{
    int n = trial->m * trial->outputs;
    double *F = memory_doubles((size_t)n * (size_t)n);

    claim_need(claim, fisher_dual(&trial->network, &trial->pass, trial->statistics, which, trial->outputs, F));
    for (int i = 0; i < n * n && claim_fault(claim, "unbiased"); i++) {
        F[i] *= trial->m / (trial->m - 1.0);
    }
    return F;
}

static struct value within_rounding(double x, double size, int n)
{
    return measured(x, 8 * n * DBL_EPSILON * size, ROUNDING);
}

/* ## Small networks: both spectra
 * Eigenvalues come in increasing order: the last ones of the smaller matrix are compared with the last ones of the larger, whose others are 0. */
static double *spectrum_of_I(struct claim *claim, struct trial *trial)
{
    int n = (int)trial->network.parameters, rows = trial->m * trial->outputs;
    double *J = memory_doubles((size_t)rows * (size_t)n), *I = memory_doubles((size_t)n * (size_t)n),
           *eigenvalue = memory_doubles((size_t)n);

    fisher_jacobian(&trial->network, &trial->pass, trial->statistics, trial->outputs, J);
    linear_multiply(true, false, n, n, rows, 1.0 / trial->m, J, J, 0, I);
    claim_need(claim, linear_symmetric_eigen(n, I, eigenvalue, NULL));
    memory_free(J);
    memory_free(I);
    return eigenvalue;
}

static void compare_spectra(struct claim *claim, struct trial *trial)
{
    int n = (int)trial->network.parameters, rows = trial->m * trial->outputs, most = n > rows ? n : rows;
    double *F = dual(claim, trial, FISHER_ALL), *of_I = spectrum_of_I(claim, trial),
           *of_F = memory_doubles((size_t)rows), largest = of_I[n - 1];

    claim_need(claim, linear_symmetric_eigen(rows, F, of_F, NULL));
    for (int k = 1; k <= most; k++) {
        if (k <= n && k <= rows) {
            check_equal(claim, "spectra", within_rounding(of_F[rows - k], largest, most),
                        within_rounding(of_I[n - k], largest, most));
        } else {
            check_zero(claim, "the rest is zero",
                       within_rounding(n > rows ? of_I[n - k] : of_F[rows - k], largest, most), largest);
        }
    }
    memory_free(F);
    memory_free(of_I);
    memory_free(of_F);
}

static void small_networks(struct claim *claim)
{
    static const struct {
        const char *name;
        double gamma;
        enum statistics statistics;
        int m, outputs;
    } tried[] = {{"vanilla, m < n", 0, STATISTICS_FROZEN, 12, 1},     {"vanilla, m > n", 0, STATISTICS_FROZEN, 120, 1},
                 {"frozen, m < n", 1.5, STATISTICS_FROZEN, 12, 1},    {"frozen, m > n", 1.5, STATISTICS_FROZEN, 120, 1},
                 {"live, m < n", 1.5, STATISTICS_LIVE, 12, 1},        {"live, m > n", 1.5, STATISTICS_LIVE, 120, 1},
                 {"frozen, 3 outputs", 0.5, STATISTICS_FROZEN, 9, 3}, {"live, 3 outputs", 0.5, STATISTICS_LIVE, 9, 3}};

    for (uint32_t i = 0; i < sizeof tried / sizeof *tried; i++) {
        struct feedforward_model model;
        struct trial trial;

        feedforward_model_dense(&model, 3, 3, 5, tried[i].outputs, tried[i].gamma, claim_real(claim, "sigma_w2"),
                                claim_real(claim, "sigma_b2"));
        begin(claim, &trial, &model, tried[i].statistics, tried[i].m, 100 + 2 * i);
        claim_case(claim, "%s", tried[i].name);
        compare_spectra(claim, &trial);
        end(&trial);
    }
}

/* ## Wide networks: the largest eigenvalue */
struct dense {
    int n;
    const double *F;
};

static void multiply(const double x[], double y[], void *context)
{
    const struct dense *dense = context;

    linear_multiply(false, false, dense->n, 1, dense->n, 1, dense->F, x, 0, y);
}

static void largest(struct claim *claim, struct trial *trial, const char *name, const double F[])
{
    int m = trial->m;
    double *eigenvalue = memory_doubles((size_t)m), *V = memory_doubles((size_t)m * (size_t)m),
           *y = memory_doubles((size_t)m);
    struct stream stream = claim_stream(claim, 1, 0);
    struct dense dense = {m, F};

    claim_need(claim, linear_symmetric_eigen(m, F, eigenvalue, V));
    struct value top = within_rounding(eigenvalue[m - 1], eigenvalue[m - 1], m);
    check_equal(claim, "Lanczos without a matrix", top,
                claim_value(claim, fisher_largest(&trial->network, &trial->pass, trial->statistics, FISHER_ALL, 1,
                                                  &stream, 1e-9)));
    check_equal(claim, "power iteration", top,
                claim_value(claim, power_largest(m, multiply, &dense, &stream, 1e-9, 10000)));
    multiply(V + (size_t)(m - 1) * (size_t)m, y, &dense);
    check_equal(claim, "quotient at the eigenvector", top,
                within_rounding(linear_dot(m, V + (size_t)(m - 1) * (size_t)m, y), top.x, m));
    for (int trials = 0; trials < 100; trials++) {
        stream_normals(&stream, (size_t)m, V);
        for (int i = 0; i < m && trials % 2 == 0; i++) {
            V[i] += trials; // towards the constant vector, near the eigenvector
        }
        multiply(V, y, &dense);
        check_at_most(claim, "quotient elsewhere", within_rounding(linear_dot(m, V, y) / linear_dot(m, V, V), top.x, m),
                      top);
    }
    for (int k = 0; k < m; k++) {
        claim_row(claim, name, m - k, eigenvalue[k]);
    }
    memory_free(eigenvalue);
    memory_free(V);
    memory_free(y);
}

/* ## The quotient at the constant vector, whole and by layers
 * One backward pass with $1/m$ at every output gives the gradient of the mean output; its squared norm is the double sum. */
static double at_constant(struct claim *claim, int m, const double F[])
{
    double sum = 0, norm2 = claim_fault(claim, "sum_of_squares_m2") ? m - 1 : m;

    for (int i = 0; i < m * m; i++) {
        sum += F[i];
    }
    return sum / norm2;
}

static void constant_vector(struct claim *claim, struct trial *trial, const double F[])
{
    int m = trial->m;
    double *D = memory_doubles((size_t)m), *gradient = memory_doubles(trial->network.parameters), sum = 0,
           whole = at_constant(claim, m, F);

    for (int i = 0; i < m; i++) {
        D[i] = 1.0 / m;
    }
    feedforward_backward(&trial->network, &trial->pass, trial->statistics, D);
    feedforward_gradient(&trial->network, &trial->pass, gradient);
    int n = (int)trial->network.parameters, L = trial->network.model.layers;
    double norm2 = linear_dot(n, gradient, gradient);
    check_equal(claim, "double sum", within_rounding(whole, whole, m), within_rounding(norm2, whole, m));
    for (int l = 1; l <= L; l++) {
        size_t from = trial->network.offset[l][PART_WEIGHTS],
               to = l < L ? trial->network.offset[l + 1][PART_WEIGHTS] : trial->network.parameters;
        double *share = dual(claim, trial, (struct fisher_parameters){FISHER_ALL.parts, l}),
               f = at_constant(claim, m, share), own = linear_dot((int)(to - from), gradient + from, gradient + from);

        check_equal(claim, "share of a layer", within_rounding(f, whole, m), within_rounding(own, whole, m));
        sum += claim_fault(claim, "first_layer_lost") && l == 1 ? 0 : f;
        memory_free(share);
    }
    check_equal(claim, "sum of shares", within_rounding(sum, whole, m), within_rounding(whole, whole, m));
    memory_free(D);
    memory_free(gradient);
}

static void wide_network(struct claim *claim, const char *name, uint32_t stream, double gamma)
{
    int N = (int)claim_integer(claim, "N");
    struct feedforward_model model;
    struct trial trial;

    feedforward_model_dense(&model, N, (int)claim_integer(claim, "L"), N, 1, gamma, claim_real(claim, "sigma_w2"),
                            claim_real(claim, "sigma_b2"));
    begin(claim, &trial, &model, STATISTICS_FROZEN, (int)claim_integer(claim, "m"), stream);
    double *F = dual(claim, &trial, FISHER_ALL);
    claim_case(claim, "%s, N = %d", name, N);
    largest(claim, &trial, name, F);
    constant_vector(claim, &trial, F);
    memory_free(F);
    end(&trial);
}

static void dual_matrix(struct claim *claim)
{
    claim_labels(claim, "networks");
    claim_column(claim, "rank", EXACT, "a count");
    claim_column(claim, "eigenvalue", RELATIVE(1e-8), "eigenvalues of one network, rounded in units of the largest");
    small_networks(claim);
    wide_network(claim, "vanilla", 10, 0);
    wide_network(claim, "batchnorm", 12, claim_real(claim, "gamma"));
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("L", "layers of the wide networks", 4, 1, 12),
                           integer_by_scale("N", "width, and number of inputs", 128, 1000, 1000, 4, 4000),
                           integer_by_scale("m", "batch", 32, 100, 200, 3, 1000),
                           real("gamma", "scale of batch normalisation", 1, 0.01, 100),
                           real("sigma_w2", "variance of weights", 2, 0.1, 10),
                           real("sigma_b2", "variance of biases", 0.5, 0, 10)},
            .faults = {{"unbiased", "F divided by m - 1", "spectra Lanczos* double?sum share*"},
                       {"sum_of_squares_m2", "the constant vector's norm squared taken as m - 1", "double?sum share*"},
                       {"first_layer_lost", "layers counted from 2", "sum?of?shares"}},
            .run = dual_matrix,
        }));
}
