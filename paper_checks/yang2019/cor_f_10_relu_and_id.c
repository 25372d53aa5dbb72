/* # Corollaries F.10 and F.11: the symmetric fixed points of relu and of the identity
 *
 * Yang et al. (2019), appendix F.2.2, corollaries F.10 and F.11. With $\mathsf J_1$ at $-1/(B-1)$, for every covariance $\Sigma$ with equal variances and equal
 * correlations $\mathrm V_{\mathrm B_{\mathrm{relu}}}(\Sigma)$ has diagonal entries $\frac12$ and others $\frac12\mathsf J_1$; for the identity they are $1$ and
 * $-1/(B-1)$. So
 *
 * $$G\,\mathrm V_{\mathrm B_{\mathrm{relu}}}(\Sigma)\,G=\Big(\frac12-\frac12\mathsf J_1\Big(\frac{-1}{B-1}\Big)\Big)G,\qquad
 *   G\,\mathrm V_{\mathrm B_{\mathrm{id}}}(\Sigma)\,G=\frac B{B-1}G.$$
 *
 * **Checked.** The entries against quadrature over the sphere $S^{B-2}$. The last two equations, entry by entry, with $\mathrm V$ from Gaussian batches of random
 * covariances of this form, drawn, centred and normalised as the definition says, for three batch sizes. For the identity also what needs no mean: each
 * batch satisfies $\sum_ih_i=0$ and $\sum_ih_i^2=B$, which fixes both numbers.
 * **Tolerance.** Quadrature states its error, samples their standard errors.
 * **Could miss.** Nothing: two numbers each.
 * **Found.** Holds. The extraction shows $1/(B-1)$ without its sign in both; the text's other places have it, so that it is not counted as an error. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/numerics/sphere.h>
#include <assay/numerics/ultrasymmetric.h>
#include <float.h>
#include <math.h>

enum { LARGEST = 32 }; // batch that is sampled

/* ## As printed */
static double correlation(struct claim *claim, int B)
{
    return (claim_fault(claim, "sign") ? 1.0 : -1.0) / (B - 1);
}

static struct value relu_off(struct claim *claim, int B)
{
    double c = correlation(claim, B), angle = M_PI - acos(c);

    return rounded((sqrt(1 - c * c) + angle * c) / (2 * M_PI), 20);
}

static struct value identity_off(struct claim *claim, int B)
{
    return rounded(correlation(claim, B), 1);
}

/* What multiplies G. */
static struct value spread(struct claim *claim, bool relu, int B)
{
    double whole = claim_fault(claim, "whole") ? 1 : 0.5;

    return relu ? value_sub(exact(whole), relu_off(claim, B))
                : rounded((claim_fault(claim, "whole") ? B - 1.0 : B) / (B - 1), 2);
}

/* ## The sphere */
static double relu_value(double x, void *context)
{
    (void)context;
    return x > 0 ? x : 0;
}

static double relu_square(double x, void *context)
{
    return relu_value(x, context) * x;
}

static double identity(double x, void *context)
{
    (void)context;
    return x;
}

static double square(double x, void *context)
{
    (void)context;
    return x * x;
}

static void check_sphere(struct claim *claim, int B, bool tabulate)
{
    static const double origin[] = {0};
    struct piecewise relu = {relu_value, NULL, 1, origin}, relu2 = {relu_square, NULL, 1, origin}, id = {.f = identity},
                     id2 = {.f = square};
    struct value relu_witness = claim_value(claim, sphere_product(B, &relu, &relu));
    struct value identity_witness = claim_value(claim, sphere_product(B, &id, &id));

    claim_case(claim, "B = %d", B);
    check_equal(claim, "relu, diagonal", exact(0.5), claim_value(claim, sphere_mean(B, &relu2)));
    check_equal(claim, "id, diagonal", exact(1), claim_value(claim, sphere_mean(B, &id2)));
    check_equal(claim, "relu, off", relu_off(claim, B), relu_witness);
    check_equal(claim, "id, off", identity_off(claim, B), identity_witness);
    if (tabulate)
        claim_row(claim, NULL, B, relu_off(claim, B).x, identity_off(claim, B).x, relu_witness.x, identity_witness.x);
}

/* ## Samples
 * $z=\sqrt\mu\,\xi+\sqrt\nu\,\xi_0\mathbf 1$; one output an entry of $G\phi(h)\phi(h)^TG$ that is on the diagonal, and one that is off it. */
struct batch {
    int B;
    bool relu;
    double mu, nu;
};

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct batch *batch = context;
    double z[LARGEST], y[LARGEST], V[LARGEST * LARGEST], GVG[LARGEST * LARGEST], mean = 0, norm2 = 0;
    double common = sqrt(batch->nu) * stream_normal(stream);
    int B = batch->B;

    (void)sample;
    for (int i = 0; i < B; i++) {
        z[i] = sqrt(batch->mu) * stream_normal(stream) + common;
        mean += z[i] / B;
    }
    for (int i = 0; i < B; i++)
        norm2 += (z[i] - mean) * (z[i] - mean);
    for (int i = 0; i < B; i++) {
        double h = sqrt(B / norm2) * (z[i] - mean);

        y[i] = batch->relu ? fmax(h, 0) : h;
    }
    for (int i = 0; i < B * B; i++)
        V[i] = y[i / B] * y[i % B];
    centre_both(B, V, GVG);
    out[0] = GVG[0];
    out[1] = GVG[1];
    return STATUS_OK;
}

static void check_samples(struct claim *claim, int B, bool relu, uint32_t number)
{
    struct stream stream = claim_stream(claim, 100, number);
    struct batch batch = {B, relu, exp(stream_normal(&stream)), exp(stream_normal(&stream))};
    struct ensemble ensemble = claim_ensemble(claim, number, (size_t)claim_integer(claim, "samples"), 2, draw, &batch);
    struct value factor = spread(claim, relu, B);
    struct moments moments[2];

    claim_need(claim, ensemble_moments(&ensemble, moments));
    claim_case(claim, "B = %d, mu = %.3g, nu = %.3g", B, batch.mu, batch.nu);
    check_equal(claim, relu ? "relu, GVG" : "id, GVG", value_scale(1 - 1.0 / B, factor), moments_mean(moments[0]));
    check_equal(claim, relu ? "relu, GVG" : "id, GVG", value_scale(-1.0 / B, factor), moments_mean(moments[1]));
}

/* ## What holds for each batch
 * $\sum_{ij}h_ih_j=0$ and $\sum_ih_i^2=B$: B variances of 1 and B(B-1) covariances that sum to minus that. */
static void check_sums(struct claim *claim, int B)
{
    struct value others = value_scale(B * (B - 1.0), identity_off(claim, B));

    claim_case(claim, "B = %d", B);
    check_equal(claim, "id, sum of entries", value_with(others, 2 * DBL_EPSILON * B, ROUNDING), exact(-B));
}

static void relu_and_identity(struct claim *claim)
{
    static const int batches[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    static const int sampled[] = {4, 7, 16};
    int B = (int)claim_integer(claim, "B");

    claim_column(claim, "B", EXACT, "a grid");
    claim_column(claim, "relu", RELATIVE(1e-13), "a closed form");
    claim_column(claim, "id", RELATIVE(1e-15), "a quotient");
    claim_column(claim, "relu_sphere", RELATIVE(1e-11), "quadrature");
    claim_column(claim, "id_sphere", ABSOLUTE(1e-12), "quadrature");
    for (int i = 0; i < 10; i++) {
        check_sphere(claim, batches[i], true);
        check_sums(claim, batches[i]);
    }
    check_sphere(claim, B, false);
    check_sums(claim, B);
    for (uint32_t i = 0; i < 3; i++) {
        check_samples(claim, sampled[i], true, 2 * i);
        check_samples(claim, sampled[i], false, 2 * i + 1);
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("B", "one more batch size", 23, 4, 10000),
                           integer_by_scale("samples", "sampled batches", 10000, 40000, 4000000, 1000, 1000000000)},
            .faults = {{"sign", "1/(B-1) in place of -1/(B-1)", "relu,?off id,?off relu,?GVG id,?sum*"},
                       {"whole", "1 in place of 1/2, and G in place of B/(B-1) G", "*GVG"}},
            .run = relu_and_identity,
        }));
}
