/* # Theorem F.13: what a layer with batch normalisation makes of any symmetric covariance
 *
 * Yang et al. (2019), appendix F.2.3, theorem F.13. From any covariance $aI+b\mathbf 1\mathbf 1^T$ of $B$ samples one layer leads to $\Sigma^*=\mu^*I+\nu^*\mathbf 1\mathbf 1^T$, with the expansion
 * $\phi(\sqrt{B-1}x)=\sum_la_lc_{B-1,l}^{-1}C_l(x)$, $C_l=C_l^{((B-3)/2)}$, and
 *
 * $$\mu^*=\sum_la_l^2\frac1{c_{B-1,l}}\Big(C_l(1)-C_l\big(\tfrac{-1}{B-1}\big)\Big)=\sum_la_l^2\frac1{c_{B-1,l}}\Big(\tbinom{B-4+l}l-C_l\big(\tfrac{-1}{B-1}\big)\Big),\qquad
 * \nu^*=\sum_la_l^2\frac1{c_{B-1,l}}C_l\big(\tfrac{-1}{B-1}\big).$$
 *
 * **Checked.** $\mu^*$ and $\nu^*$ of every activation against means over the sphere by quadrature, and against one layer applied to Gaussian batches of random $a$
 * and $b$. The binomial against the polynomials at 1.
 * **Tolerance.** What lies beyond the last degree of $\mu^*$ is Parseval's rest for $\phi$ times $1\pm\max|C_l(x)/C_l(1)|$; quadrature states its error; samples bring standard
 * errors.
 * **Could miss.** With kinks and $B$ of 4 or 5, errors below $10^{-8}$.
 * **Found.** Holds. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/numerics/zonal.h>
#include <math.h>

/* ## The series
 * In ratios: $a_l^2c_{B-1,l}^{-1}C_l(1)=f_l^2$, and $R_l=C_l(\frac{-1}{B-1})/C_l(1)$. */
static struct bsb1 series(struct claim *claim, const struct activation *phi, int B)
{
    int n = B - 1, lmax = (int)claim_integer(claim, "lmax");
    double *R = memory_doubles(2 * ((size_t)lmax + 1)), *spread = R + lmax + 1,
           order = claim_fault(claim, "order") ? 0.5 * n : 0.5 * n - 1;
    double bound = gegenbauer_ratio_bound(lmax + 1, n, -1.0 / n);
    struct response response = response_of(phi);
    struct zonal zonal;

    claim_need(claim, zonal_expand(n, &response.value, NULL, lmax, &zonal));
    gegenbauer_ratios(lmax, order, (claim_fault(claim, "one_sample_more") ? -1.0 / B : -1.0 / n), R);
    for (int l = 0; l <= lmax; l++) {
        spread[l] = 1 - R[l];
    }
    struct bsb1 at = {.mu = zonal_sum(&zonal, spread, (struct zonal_tail){1 - bound, 1 + bound, false}),
                      .nu = zonal_sum(&zonal, R, (struct zonal_tail){-bound, bound, false})};
    at.q = value_add(at.mu, at.nu);
    zonal_free(&zonal);
    memory_free(R);
    return at;
}

static void at(struct claim *claim, const struct activation *phi, int B, bool row)
{
    struct response response = response_of(phi);
    struct batchnorm_state state;
    struct bsb1 here = series(claim, phi, B);

    claim_case(claim, "%s, B = %d", phi->name, B);
    claim_need(claim, batchnorm_state_sphere(&response, B, &state));
    check_equal(claim, "mu", here.mu, state.fixed.mu);
    check_zero(claim, "nu", value_sub(here.nu, state.fixed.nu), state.fixed.q.x);
    if (row) {
        claim_row(claim, phi->name, B, here.mu.x / state.fixed.q.x, state.fixed.mu.x / state.fixed.q.x,
                  here.nu.x / state.fixed.q.x);
    }
}

/* ## One layer on Gaussian batches
 * Samples $z_i=\sqrt ag_i+\sqrt bg_0$. Outputs: the mean over the batch of $\phi(h_i)^2$ and over its pairs of $\phi(h_i)\phi(h_j)$. */
enum { LARGEST = 64 };

struct batch {
    struct activation phi;
    int B;
    double a, b;
};

static enum status draw_batch(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct batch *batch = context;
    double g[LARGEST + 1], mean = 0, norm = 0, sum = 0, squares = 0;
    int B = batch->B;

    (void)sample;
    stream_normals(stream, (size_t)B + 1, g);
    for (int i = 0; i < B; i++) {
        g[i] = sqrt(batch->a) * g[i] + sqrt(batch->b) * g[B];
        mean += g[i] / B;
    }
    for (int i = 0; i < B; i++) {
        norm += (g[i] - mean) * (g[i] - mean);
    }
    for (int i = 0; i < B; i++) {
        double y = activation_value(&batch->phi, sqrt(B / norm) * (g[i] - mean));

        sum += y;
        squares += y * y;
    }
    out[0] = squares / B;
    out[1] = (sum * sum - squares) / (B * (B - 1.0));
    return STATUS_OK;
}

static void one_layer(struct claim *claim, const char *name, int B, uint32_t stream)
{
    struct stream random = claim_stream(claim, 100, stream);
    struct batch batch = {.B = B, .a = exp(stream_normal(&random)), .b = exp(stream_normal(&random))};
    struct moments out[2];

    claim_need(claim, activation_find(name, &batch.phi));
    struct ensemble ensemble =
        claim_ensemble(claim, stream, (size_t)claim_integer(claim, "batches"), 2, draw_batch, &batch);
    claim_need(claim, ensemble_moments(&ensemble, out));
    struct bsb1 here = series(claim, &batch.phi, B);
    claim_case(claim, "%s, B = %d, a = %.3g, b = %.3g", name, B, batch.a, batch.b);
    check_zero(claim, "one layer, diagonal", value_sub(value_add(here.mu, here.nu), moments_mean(out[0])), here.q.x);
    check_zero(claim, "one layer, off the diagonal", value_sub(here.nu, moments_mean(out[1])), here.q.x);
}

/* ## The binomial
 * $\binom{B-4+l}l$ as a product, $C_l(1)$ by the recurrence. */
static void at_one(struct claim *claim, int B)
{
    double binomial = 1;

    for (int l = 1; l <= 12; l++) {
        binomial = binomial * (B - 4 + l) / l;
        claim_case(claim, "B = %d, l = %d", B, l);
        check_equal(claim, "at 1",
                    rounded(claim_fault(claim, "binomial") ? binomial * (B - 3 + l) / (B - 3) : binomial, 2 * l + 1),
                    rounded(gegenbauer(l, 0.5 * (B - 3), 1), 8 * l));
    }
}

static void spread(struct claim *claim)
{
    static const int sizes[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    struct activation phi;

    claim_labels(claim, "phi");
    claim_column(claim, "B", EXACT, "a grid");
    claim_column(claim, "mu", ABSOLUTE(1e-11), "a series over quadratures, relative to q");
    claim_column(claim, "mu_sphere", ABSOLUTE(1e-11), "quadrature, relative to q");
    claim_column(claim, "nu", ABSOLUTE(1e-11), "a series over quadratures, relative to q");
    for (const char *const *name = activation_names(); *name; name++) {
        claim_need(claim, activation_find(*name, &phi));
        for (int i = 0; i < 10; i += claim_scale(claim) == SCALE_SMOKE ? 3 : 1) {
            at(claim, &phi, sizes[i], true);
        }
    }
    for (int i = 0; i < 10; i++) {
        at_one(claim, sizes[i]);
    }
    one_layer(claim, "relu", 4, 1);
    one_layer(claim, "tanh", 5, 2);
    one_layer(claim, "selu", 10, 3);
    one_layer(claim, "gelu", 33, 4);
    claim_need(claim, activation_find(claim_text(claim, "phi"), &phi));
    at(claim, &phi, (int)claim_integer(claim, "B"), false);
    at_one(claim, (int)claim_integer(claim, "B"));
}

int main(int argc, char **argv)
{
    return claim_main(argc, argv,
                      (&(struct claim_spec){
                          .parameters = {integer("B", "one more batch size", 23, 4, 10000),
                                         text("phi", "one more activation, tried at B", "relu^1.7"),
                                         integer_by_scale("lmax", "highest degree", 120, 400, 3000, 50, 5000),
                                         integer_by_scale("batches", "Gaussian batches through one layer", 10000, 60000,
                                                          1000000, 1000, 100000000)},
                          .faults = {{"one_sample_more", "C_l at -1/B", "mu nu one*off*"},
                                     {"order", "polynomials of order (B-1)/2", "mu nu one*off*"},
                                     {"binomial", "binom(B - 3 + l, l)", "at?1"}},
                          .run = spread,
                      }));
}
