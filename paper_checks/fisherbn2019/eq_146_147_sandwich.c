/* # Equations (146)-(147): the largest eigenvalue lies between two means of gradients
 *
 * Mean-Field Analysis of Batch Normalization (2019), appendix 6.3, equations (146) and (147). With $g(x)=\nabla_\theta f_\theta(x)$, and $x,y$ independent,
 *
 * $$\mathbb E_{x,y}\langle g(x),g(y)\rangle\le\lambda_{\max}\big(\mathbb E_x\,g(x)g(x)^T\big)\le\mathbb E_x\|g(x)\|^2.$$
 *
 * Every lower bound of the paper on the eigenvalue is the left one.
 *
 * **Checked.** For the empirical measure, where it is an exact statement about a matrix of $m$ gradients: relu networks without and with batch normalisation, both kinds
 * of statistics, one output and all parameters; random matrices of any shape; and a search for a violation that shapes five gradients in four dimensions at will. Where
 * each side is reached: equal gradients have all three equal, orthogonal ones of equal length the left two. That leaving out equal pairs, as a mean over
 * $x\ne y$ does, keeps the left side true.
 * **Tolerance.** Rounding of an eigenvalue: $m$ ulps of the matrix's norm.
 * **Could miss.** Nothing beyond rounding: the statement is algebra, and $m$ and the measure are arbitrary.
 * **Found.** Holds. The left side is the quadratic form at the constant unit vector, the right one the trace. In networks the left side comes within a few percent of the
 * eigenvalue; the right one is 2 to 17 times too large and no estimate. */
#include <assay/base/memory.h>
#include <assay/evidence/search.h>
#include <assay/network/fisher.h>
#include <assay/numerics/linear.h>
#include <float.h>
#include <math.h>

enum { HUNTED = 5, DIMENSIONS = 4 };

/* ## Three numbers of a dual matrix $F=JJ^T/m$
 * Its trace is the right side, its quadratic form at $\mathbf 1/\sqrt m$ the left one. */
struct sandwich {
    double lower, pairs, eigenvalue, upper;
};

static enum status sandwich_of(int m, const double F[], struct sandwich *s)
{
    double *eigenvalue = memory_doubles((size_t)m);
    enum status status = linear_symmetric_eigen(m, F, eigenvalue, NULL);
    struct fisher_means means = fisher_means_of(m, F);

    *s = (struct sandwich){means.all, means.pairs, eigenvalue[m - 1], means.diagonal};
    memory_free(eigenvalue);
    return status;
}

static struct sandwich sandwich_of_gradients(struct claim *claim, int m, int n, const double J[])
{
    double *F = memory_doubles((size_t)m * (size_t)m);
    struct sandwich s;

    linear_gram(m, n, J, F);
    for (int i = 0; i < m * m; i++) {
        F[i] /= m;
    }
    claim_need(claim, sandwich_of(m, F, &s));
    memory_free(F);
    return s;
}

static struct value within_rounding(double x, int m, const struct sandwich *s)
{
    return measured(x, 4 * m * DBL_EPSILON * s->upper, ROUNDING);
}

static void compare(struct claim *claim, int m, const struct sandwich *s)
{
    struct value eigenvalue = within_rounding(s->eigenvalue, m, s);
    double lower = claim_fault(claim, "unequal_pairs_too_few") ? s->lower * m / (m - 1) : s->lower,
           upper = claim_fault(claim, "unbiased_mean") ? s->upper * (m - 1) / m : s->upper;

    check_at_least(claim, "left", eigenvalue, within_rounding(lower, m, s));
    check_at_least(claim, "left, different inputs", eigenvalue, within_rounding(s->pairs, m, s));
    check_at_most(claim, "right", eigenvalue, within_rounding(upper, m, s));
}

/* ## Random matrices, from one gradient to as many as a batch holds, and where the sides meet */
static void random_matrices(struct claim *claim)
{
    enum { LARGEST = 24 };
    long count = claim_integer(claim, "matrices");
    double J[LARGEST * LARGEST];

    for (uint32_t k = 0; k < count; k++) {
        struct stream stream = claim_stream(claim, 0, k);
        int m = 2 + (int)stream_below(&stream, LARGEST - 1), n = 1 + (int)stream_below(&stream, LARGEST);
        double shift = 4 * pow(stream_uniform(&stream), 2);

        stream_normals(&stream, (size_t)(m * n), J);
        for (int i = 0; i < m * n; i++) {
            J[i] += shift;
        }
        struct sandwich s = sandwich_of_gradients(claim, m, n, J);
        claim_case(claim, "%d gradients in %d dimensions, shift %.3g", m, n, shift);
        compare(claim, m, &s);
        if (k < 60) {
            claim_row(claim, "random matrices", s.lower / s.eigenvalue, s.upper / s.eigenvalue);
        }
    }
}

static void where_equal(struct claim *claim)
{
    for (int m = 2; m <= 12; m++) {
        double J[12 * 12] = {0};

        claim_case(claim, "%d equal gradients", m);
        for (int i = 0; i < m; i++) {
            J[i * m] = 1;
        }
        struct sandwich s = sandwich_of_gradients(claim, m, m, J);
        compare(claim, m, &s);
        check_equal(claim, "equal gradients", within_rounding(s.lower, m, &s), within_rounding(s.upper, m, &s));
        claim_case(claim, "%d orthogonal gradients", m);
        for (int i = 0; i < m; i++) {
            J[i * m] = 0;
            J[i * m + i] = 1;
        }
        s = sandwich_of_gradients(claim, m, m, J);
        compare(claim, m, &s);
        check_equal(claim, "orthogonal gradients", within_rounding(s.lower, m, &s),
                    within_rounding(s.eigenvalue, m, &s));
        check_equal(claim, "orthogonal gradients", exact(m),
                    value_div(exact(s.upper), within_rounding(s.eigenvalue, m, &s)));
    }
}

/* ## A search for a violation
 * The ratio of the larger side to the smaller one, as a function of the gradients' coordinates; below 1 would be a violation. */
struct hunt {
    bool right;
    double factor; // 1; a planted fault's otherwise
};

static double ratio(size_t n, const double u[], void *context)
{
    const struct hunt *hunt = context;
    double F[HUNTED * HUNTED];
    struct sandwich s;

    (void)n;
    linear_gram(HUNTED, DIMENSIONS, u, F);
    if (sandwich_of(HUNTED, F, &s) != STATUS_OK || !(s.lower > 1e-6)) {
        return INFINITY;
    }
    return hunt->right ? s.upper / (s.eigenvalue * hunt->factor) : s.eigenvalue / (s.lower * hunt->factor);
}

static void hunt_for(struct claim *claim, bool right)
{
    static const double least[HUNTED * DIMENSIONS] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
                                                      -1, -1, -1, -1, -1, -1, -1, -1, -1, -1},
                                       most[HUNTED * DIMENSIONS] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                                                    1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    struct hunt hunt = {right, right ? (claim_fault(claim, "unbiased_mean") ? HUNTED / (HUNTED - 1.0) : 1)
                                     : (claim_fault(claim, "unequal_pairs_too_few") ? HUNTED / (HUNTED - 1.0) : 1)};
    double found[HUNTED * DIMENSIONS];
    struct search search = {.stream = right ? 2 : 1,
                            .dimensions = HUNTED * DIMENSIONS,
                            .least = least,
                            .most = most,
                            .starts = (size_t)claim_integer(claim, "starts"),
                            .evaluations = 4000,
                            .f = ratio,
                            .context = &hunt};

    claim_case(claim, "the worst of a search");
    check_at_least(claim, right ? "search, right" : "search, left",
                   measured(search_least(claim, &search, found), 4 * HUNTED * DBL_EPSILON, ROUNDING), exact(1));
}

/* ## Networks */
static void network(struct claim *claim, const char *name, uint32_t stream, double gamma, enum statistics statistics)
{
    int m = (int)claim_integer(claim, "m"), N = (int)claim_integer(claim, "N");
    struct feedforward_model model;
    struct feedforward net;
    struct feedforward_pass pass;
    double *X = memory_doubles((size_t)m * (size_t)N), *F = memory_doubles((size_t)m * (size_t)m);

    feedforward_model_dense(&model, N, (int)claim_integer(claim, "L"), N, 1, gamma, claim_real(claim, "sigma_w2"),
                            claim_real(claim, "sigma_b2"));
    for (uint32_t k = 0; k < claim_integer(claim, "networks"); k++) {
        struct stream inputs = claim_stream(claim, stream + 1, k);
        struct sandwich s;

        stream_normals(&inputs, (size_t)m * (size_t)N, X);
        claim_need(claim, feedforward_new(&net, &model, claim_stream(claim, stream, k)));
        claim_need(claim, feedforward_pass_new(&pass, &net, m));
        feedforward_forward(&net, &pass, X);
        claim_need(claim, fisher_dual(&net, &pass, statistics, FISHER_ALL, 1, F));
        claim_need(claim, sandwich_of(m, F, &s));
        claim_case(claim, "%s, network %u", name, k);
        compare(claim, m, &s);
        claim_row(claim, name, s.lower / s.eigenvalue, s.upper / s.eigenvalue);
        feedforward_pass_free(&pass);
        feedforward_free(&net);
    }
    memory_free(X);
    memory_free(F);
}

static void sandwiches(struct claim *claim)
{
    double gamma = claim_real(claim, "gamma");

    claim_labels(claim, "gradients");
    claim_column(claim, "left", RELATIVE(1e-8), "sums and an eigenvalue of a network's gradients");
    claim_column(claim, "right", RELATIVE(1e-8), "sums and an eigenvalue of a network's gradients");
    random_matrices(claim);
    where_equal(claim);
    hunt_for(claim, false);
    hunt_for(claim, true);
    network(claim, "vanilla", 10, 0, STATISTICS_FROZEN);
    network(claim, "batchnorm, frozen", 12, gamma, STATISTICS_FROZEN);
    network(claim, "batchnorm, live", 14, gamma, STATISTICS_LIVE);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("L", "layers", 4, 1, 12), integer_by_scale("N", "width", 64, 200, 1000, 2, 4000),
                           integer_by_scale("m", "inputs", 16, 48, 128, 3, 1000),
                           integer_by_scale("networks", "of each kind", 2, 8, 20, 1, 1000),
                           integer_by_scale("matrices", "random matrices", 500, 5000, 50000, 100, 1000000),
                           integer_by_scale("starts", "of each search", 4, 16, 100, 2, 10000),
                           real("gamma", "scale of batch normalisation", 1, 0.01, 100),
                           real("sigma_w2", "variance of weights", 2, 0.1, 10),
                           real("sigma_b2", "variance of biases", 0.5, 0, 10)},
            .faults = {{"unequal_pairs_too_few", "the left side divided by m (m - 1)", "left search,?left"},
                       {"unbiased_mean", "the right side times (m - 1) / m", "right search,?right"}},
            .run = sandwiches,
        }));
}
