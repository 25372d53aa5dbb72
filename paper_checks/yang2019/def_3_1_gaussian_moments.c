/* # Definition 3.1: second moments of an activation under a Gaussian, one pair of samples at a time
 *
 * Yang et al. (2019), definitions 3.1 and C.1, and what follows equation (2). For $\Sigma$ positive semi-definite,
 *
 * $$V_\phi(\Sigma)=\mathbb E[\phi(h)\phi(h)^T:h\sim N(0,\Sigma)],$$
 *
 * with $\phi$ applied coordinate by coordinate. Each entry involves two coordinates of $h$, so that $B(B+1)/2$ integrals over a plane give the whole matrix.
 *
 * **Checked.** The matrix from pairs, by adaptive quadrature that splits at kinks, against closed forms where there are any (arc-cosine kernels for homogeneous
 * $\phi$, erf, sin, exp, the Gaussian bump), against a tensor Gauss-Hermite rule for smooth $\phi$, and against draws of all $B$ coordinates at once, at a random
 * $\Sigma$ of full rank and at one of low rank. That it is positive semi-definite, which no single pair knows.
 * **Tolerance.** Quadrature states its error, the tensor rule its change from $n$ to $2n$ nodes. Samples have a standard error.
 * **Could miss.** In activations without closed form or smoothness (elu, selu) an error below the samples' standard error.
 * **Found.** Holds. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/homogeneous.h>
#include <assay/meanfield/response.h>
#include <assay/numerics/linear.h>
#include <float.h>
#include <math.h>
#include <string.h>

enum { LARGEST = 64 };

/* ## From pairs
 * $\phi(\sqrt{\Sigma_{ii}}\,x)$ and $\phi(\sqrt{\Sigma_{jj}}\,y)$ with $x,y$ standard normals of the pair's correlation. */
static double correlation(int B, const double S[], int i, int j)
{
    double c = S[i * B + j] / sqrt(S[i * B + i] * S[j * B + j]);

    return i == j ? 1 : fmax(-1, fmin(1, c));
}

static struct value from_pair(struct claim *claim, const struct activation *phi, int B, const double S[], int i, int j)
{
    struct affine_activation x = {*phi, sqrt(S[i * B + i]), 0, {0}}, y = {*phi, sqrt(S[j * B + j]), 0, {0}};
    struct response f = response_affine(&x), g = response_affine(&y);
    double c = correlation(B, S, i, j);

    struct value second =
        claim_value(claim, gaussian_product(&f.value, &g.value, claim_fault(claim, "angle") ? 2 / M_PI * asin(c) : c));
    struct value mean = gaussian_mean(&f.value);

    return i == j && claim_fault(claim, "centred") ? value_sub(second, value_mul(mean, mean)) : second;
}

/* ## Closed forms
 * With $p=\Sigma_{ii}$, $q=\Sigma_{jj}$, $r=\Sigma_{ij}$. NaN where $\phi$ has none here. */
static struct value closed(struct claim *claim, const struct activation *phi, double p, double q, double r)
{
    struct homogeneous h;
    double S[4] = {p, r, r, q}, V[4];

    if (strcmp(phi->name, "erf") == 0) {
        return rounded(2 / M_PI * asin(2 * r / sqrt((1 + 2 * p) * (1 + 2 * q))), 30);
    }
    if (strcmp(phi->name, "sin") == 0) {
        return rounded(exp(-(p + q) / 2) * sinh(r), 30);
    }
    if (strcmp(phi->name, "exp") == 0) {
        return rounded(exp((p + q) / 2 + r), 30);
    }
    if (strcmp(phi->name, "bump") == 0) {
        return rounded(1 / sqrt((1 + p) * (1 + q) - r * r), 30);
    }
    if (homogeneous_find(phi, &h) == STATUS_OK) {
        claim_need(claim, homogeneous_moments(&h, 2, S, V));
        return measured(V[1], 1e-12 * sqrt(V[0] * V[3]), ROUNDING);
    }
    return exact(NAN);
}

/* ## A tensor rule */
struct pair {
    const struct activation *phi;
    double p, q;
};

static double product(double x, double y, void *context)
{
    const struct pair *pair = context;

    return activation_value(pair->phi, sqrt(pair->p) * x) * activation_value(pair->phi, sqrt(pair->q) * y);
}

/* ## Draws of all coordinates */
struct draw {
    const struct activation *phi;
    int B;
    const double *root; // B x B
};

static enum status draw_all(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct draw *draw = context;
    double z[LARGEST], h[LARGEST];
    int B = draw->B;

    (void)sample;
    stream_normals(stream, (size_t)B, z);
    linear_multiply(false, false, B, 1, B, 1, draw->root, z, 0, h);
    activation_apply(draw->phi, (size_t)B, h, h, NULL);
    for (int i = 0; i < B * B; i++) {
        out[i] = h[i / B] * h[i % B];
    }
    return STATUS_OK;
}

static void against_draws(struct claim *claim, const struct activation *phi, int B, const double S[], const double V[])
{
    double *root = memory_doubles((size_t)(B * B));
    int rank, pivot[LARGEST];
    struct draw draw = {phi, B, root};
    struct moments *moments = memory_new((size_t)(B * B), sizeof *moments);
    struct ensemble ensemble =
        claim_ensemble(claim, 1, (size_t)claim_integer(claim, "samples"), (size_t)(B * B), draw_all, &draw);

    claim_need(claim, linear_semidefinite_root(B, S, 1e-12, root, pivot, &rank));
    claim_need(claim, ensemble_moments(&ensemble, moments));
    for (int i = 0; i < B; i++) {
        for (int j = 0; j <= i; j++) {
            double size = sqrt(V[i * B + i] * V[j * B + j]);

            claim_case(claim, "phi = %s, rank %d, entry %d, %d", phi->name, rank, i, j);
            check_zero(claim, "draws", value_sub(exact(V[i * B + j]), moments_mean(moments[i * B + j])), size);
            claim_row(claim, phi->name, rank, i, j, S[i * B + j], V[i * B + j], BOTH(moments_mean(moments[i * B + j])));
        }
    }
    memory_free(root);
    memory_free(moments);
}

/* ## One matrix
 * $X$ is $B\times k$, $\Sigma=XX^T$: rank $k$. */
static void random_matrix(struct claim *claim, int B, int k, double S[])
{
    struct stream stream = claim_stream(claim, 0, (uint32_t)k);
    double *X = memory_doubles((size_t)(B * k));

    stream_normals_scaled(&stream, sqrt(claim_real(claim, "variance") / k), (size_t)(B * k), X);
    linear_gram(B, k, X, S);
    memory_free(X);
}

static void one_entry(struct claim *claim, const struct activation *phi, int B, const double S[], int i, int j,
                      double V[])
{
    struct value entry = from_pair(claim, phi, B, S, i, j);
    double p = S[i * B + i], q = S[j * B + j], r = S[i * B + j];
    const double *kink;

    V[i * B + j] = V[j * B + i] = entry.x;
    claim_case(claim, "phi = %s, entry %d, %d", phi->name, i, j);
    double size = sqrt(from_pair(claim, phi, B, S, i, i).x * from_pair(claim, phi, B, S, j, j).x);
    struct value formula = closed(claim, phi, p, q, claim_fault(claim, "independent") && i != j ? 0 : r);

    if (!isnan(formula.x)) {
        check_zero(claim, "closed form", value_sub(entry, formula), size);
    }
    if (activation_kinks(phi, &kink) == 0) {
        struct pair pair = {phi, p, q};

        check_zero(claim, "tensor rule", value_sub(entry, gaussian_pair(product, &pair, correlation(B, S, i, j), 100)),
                   size);
    }
}

static void one_matrix(struct claim *claim, const struct activation *phi, int B, int rank, bool sampled)
{
    double S[LARGEST * LARGEST], V[LARGEST * LARGEST], eigenvalue[LARGEST];

    random_matrix(claim, B, rank, S);
    for (int i = 0; i < B; i++) {
        for (int j = 0; j <= i; j++) {
            one_entry(claim, phi, B, S, i, j, V);
        }
    }
    claim_need(claim, linear_symmetric_eigen(B, V, eigenvalue, NULL));
    claim_case(claim, "phi = %s, rank %d", phi->name, rank);
    double largest = eigenvalue[B - 1];
    check_at_least(claim, "positive", measured(eigenvalue[0] + largest, 1e-11 * B * largest, QUADRATURE),
                   exact(largest));
    if (sampled) {
        against_draws(claim, phi, B, S, V);
    }
}

/* ## Tails
 * A standard error of $\phi(h)^2$ means something while $\phi(h)^4$ has a standard error itself: $\mathbb E\phi^8/(\mathbb E\phi^4)^2$ is 12 for the identity,
 * 2900 for $x^3$, and infinite for powers of $-1/8$ and less. */
struct power {
    struct piecewise f;
    double exponent;
};

static double raised(double x, void *context)
{
    const struct power *power = context;

    return pow(fabs(power->f.f(x, power->f.context)), power->exponent);
}

static double tail_ratio(const struct activation *phi, double variance)
{
    struct affine_activation h = {*phi, sqrt(variance), 0, {0}};
    struct power fourth = {response_affine(&h).value, 4}, eighth = {fourth.f, 8};
    struct piecewise f = {raised, &fourth, fourth.f.kinks, fourth.f.kink},
                     g = {raised, &eighth, fourth.f.kinks, fourth.f.kink};
    double mean = gaussian_mean(&f).x;

    return gaussian_mean(&g).x / (mean * mean);
}

/* ## Every activation
 * The chosen one is also drawn. */
static void gaussian_moments(struct claim *claim)
{
    int B = (int)claim_integer(claim, "B"), few = B < 3 ? B : 3;
    struct activation phi;

    claim_labels(claim, "phi");
    claim_column(claim, "rank", EXACT, "an index");
    claim_column(claim, "i", EXACT, "an index");
    claim_column(claim, "j", EXACT, "an index");
    claim_column(claim, "covariance", ABSOLUTE(1e-12), "a sum of products");
    claim_column(claim, "moment", ABSOLUTE(1e-9), "quadrature");
    claim_column(claim, "drawn", SIGMAS(0.1), "the same draws: only rounding differs");
    claim_column(claim, "drawn_err", RELATIVE(0.01), "a standard error");
    if (activation_find(claim_text(claim, "phi"), &phi) != STATUS_OK) {
        claim_refuse(claim, "%s", status_reason());
    }
    if (!(activation_homogeneity(&phi) <= -0.125) && tail_ratio(&phi, 2 * claim_real(claim, "variance")) < 1e4) {
        one_matrix(claim, &phi, B, B + 2, true);
        one_matrix(claim, &phi, B, B > 2 ? 2 : 1, true);
    } else {
        claim_refuse(claim,
                     "products of %s have tails in which a standard error would lie: take another phi or less variance",
                     phi.name);
    }
    for (const char *const *name = activation_names(); *name != NULL; name++) {
        claim_need(claim, activation_find(*name, &phi));
        one_matrix(claim, &phi, few, few + 2, false);
        one_matrix(claim, &phi, few, few - 1, false);
    }
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {text("phi", "activation that is also drawn: any of the table", "tanh"),
                                         integer("B", "batch size", 6, 2, 32),
                                         real("variance", "mean variance of a coordinate", 1, 0.1, 2),
                                         integer_by_scale("samples", "Gaussian vectors drawn", 40000, 400000, 10000000,
                                                          10000, 1000000000)},
                          .faults = {{"angle", "the correlation's angle in its place", "closed* tensor* draws"},
                                     {"independent", "different samples as if independent", "closed*"},
                                     {"centred", "variances on the diagonal", "positive closed* tensor*"}},
                          .run = gaussian_moments,
                      }));
}
