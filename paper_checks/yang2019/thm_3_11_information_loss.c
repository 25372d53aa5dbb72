/* # Theorem 3.11: batch normalisation forgets what two batches share
 *
 * Yang et al. (2019), section 3.1.3, theorem 3.11, eq. 24. The covariance between two batches converges, and the covariance of their gradients decays, at the same rate. With the Gegenbauer coefficients
 * $a_l$ of $\phi(\sqrt{B-1}x)$,
 *
 * $$\lambda_{\tilde M}^\uparrow=\lambda_{\tilde M}^\downarrow=\frac{\frac1{2\pi}B(B-1)a_1^2\,\mathrm{Beta}(\frac B2,\frac12)^2}{\sum_la_l^2\frac1{c_{B-1,l}}\big(C_l(1)-C_l(\frac{-1}{B-1})\big)}<1.$$
 *
 * For each $B$ it is largest for $\phi=\mathrm{id}$, where it is $\frac{B-1}2P(\frac B2,\frac12)^{-2}$ and increases to 1 with $B$.
 *
 * **Checked.** The formula for every activation against both directions, each by its own mean over the sphere: forward from $\mathbb Eh\phi$, backward from $\mathbb E(1-h^2/(B-1))\phi'$. Against samples of two
 * correlated batches, without any derivative. That $\lambda_{\tilde M}$ is the identity's times the share that degree 1 has of $\mu^*$, for random coefficients and every activation: so it is at most the identity's, and equal iff $\phi$ is
 * linear. The identity's value, growth and limit. A search over coefficients for a larger one.
 * **Tolerance.** Quadrature states its error; the series is completed by Parseval. Samples have a standard error, and at correlations 0.15 and 0.3 a bias, extrapolated; a tenth of what that changed is the error.
 * **Could miss.** In samples anything below a percent.
 * **Found.** Holds. Affine $\phi$ do as well as the identity. */
#include <assay/base/memory.h>
#include <assay/evidence/search.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/numerics/sphere.h>
#include <assay/numerics/zonal.h>
#include <math.h>

enum { DEGREES = 6 };

/* ## As printed
 * $\mathrm{Beta}(\frac B2,\frac12)=\sqrt\pi/P(\frac B2,\frac12)$, $P(x,y)=\Gamma(x+y)/\Gamma(x)$. */
static struct value P(int twice_x) {
    return sphere_radius_moment(twice_x + 1, 0.5, 1);
}

static struct value
printed(struct claim *claim, const struct piecewise *phi, int B)
{
    int lmax = (int)claim_integer(claim, "lmax");
    double *r = memory_doubles((size_t)lmax + 1), m = gegenbauer_ratio_bound(lmax + 1, B - 1, -1.0 / (B - 1)), b = B;
    struct zonal zonal;

    claim_need(claim, zonal_expand(B - 1, phi, NULL, lmax, &zonal));
    gegenbauer_ratios(lmax, (b - 3) / 2, -1 / (b - 1), r);
    for (int l = 0; l <= lmax; l++) {
        r[l] = 1 - r[l];
    }
    struct value a1 = value_scale(1 / sqrt(b - 1), zonal.f[1]),
                 beta = value_div(rounded(sqrt(M_PI), 2), P(claim_fault(claim, "beta") ? B + 1 : B));
    struct value top = value_scale(b * (claim_fault(claim, "one_less") ? b - 2 : b - 1) / (2 * M_PI),
                                   value_mul(value_mul(a1, a1), value_mul(beta, beta)));
    struct value ratio = value_div(top, zonal_sum(&zonal, r, (struct zonal_tail){1 - m, 1 + m, false}));
    zonal_free(&zonal);
    memory_free(r);
    return ratio;
}

static struct value identity(struct claim *claim, int B)
{
    struct value below = P(claim_fault(claim, "identity") ? B + 1 : B);

    return value_div(rounded((B - 1) / 2.0, 1), value_mul(below, below));
}

/* ## Both directions
 * At $z\sim\mathcal N(0,\mu^*I)$ of radius $r$ and $h=\sqrt Bz/r$: forward the block between batches is multiplied by $\mathbb E\phi(h)z^T/\mu^*$ from both sides, backward by $\mathbb E\,\partial\phi(h)/\partial z$. On the centred
 * space these are $\frac{\mathbb Er}{\mu^*}\frac{\sqrt B}{B-1}\mathbb Eh_1\phi$ and $\sqrt B\,\mathbb Er^{-1}\,\mathbb E(1-\frac{h_1^2}{B-1})\phi'$. */
struct mean_of {
    const struct response *phi;
    double B;
};

static double with_h(double h, void *context)
{
    const struct mean_of *of = context;

    return h * of->phi->value.f(h, of->phi->value.context);
}

static double slope_weighted(double h, void *context)
{
    const struct mean_of *of = context;

    return (1 - h * h / (of->B - 1)) * of->phi->slope.f(h, of->phi->slope.context);
}

static struct value squared(struct value v)
{
    return value_mul(v, v);
}

static struct value forward(struct claim *claim, const struct response *phi, int B, struct value mu)
{
    struct mean_of of = {phi, B};
    struct value mean =
        claim_value(claim, sphere_mean(B, &(struct piecewise){with_h, &of, phi->value.kinks, phi->value.kink}));

    return value_div(
        value_scale((double)B / ((B - 1.0) * (B - 1.0)), squared(value_mul(mean, sphere_radius_moment(B, 1, 1)))), mu);
}

static struct value backward(struct claim *claim, const struct response *phi, int B, struct value mu)
{
    struct mean_of of = {phi, B};
    struct value mean =
        claim_value(claim, sphere_mean(B, &(struct piecewise){slope_weighted, &of, phi->slope.kinks, phi->slope.kink}));

    return value_div(value_scale(B, squared(value_mul(mean, sphere_radius_moment(B, 1, -1)))), mu);
}

static void activation(struct claim *claim, const struct activation *phi, int B, bool row)
{
    struct response response = response_of(phi);
    struct value mu = claim_value(claim, batchnorm_fixed_point(phi, B).mu), rate = printed(claim, &response.value, B),
                 id = identity(claim, B);

    claim_case(claim, "%s, B = %d", phi->name, B);
    check_zero(claim, "forward", value_sub(rate, forward(claim, &response, B, mu)), 1);
    check_zero(claim, "backward", value_sub(rate, backward(claim, &response, B, mu)), 1);
    check_at_most(claim, "at most the identity's", forward(claim, &response, B, mu), id);
    if (row) {
        claim_row(claim, phi->name, B, rate.x, forward(claim, &response, B, mu).x, id.x, NAN, NAN);
    }
}

/* ## The share of degree 1 */
static void share(struct claim *claim, int B, uint32_t sample)
{
    double f[DEGREES + 1], R[DEGREES + 1], all = 0;
    struct zonal_activation phi = {B - 1, DEGREES, f};
    struct response response = response_zonal(&phi);
    struct batchnorm_state state;
    struct stream stream = claim_stream(claim, 0, sample + 100 * (uint32_t)B);

    stream_normals(&stream, DEGREES + 1, f);
    gegenbauer_ratios(DEGREES, (B - 3) / 2.0, -1.0 / (B - 1), R);
    for (int l = claim_fault(claim, "with_constant") ? 0 : 1; l <= DEGREES; l++) {
        all += f[l] * f[l] * (l ? 1 - R[l] : 1);
    }
    claim_need(claim, batchnorm_state_sphere(&response, B, &state));
    claim_case(claim, "B = %d, random coefficients %u", B, sample);
    check_equal(claim, "share of degree 1", value_scale(f[1] * f[1] * (1 - R[1]) / all, identity(claim, B)),
                state.cross);
}

/* ## A search
 * Over $f_1=1$ and $f_2,\dots,f_6$ in $[-1,1]$, for the largest rate. */
static double less_than_most(size_t n, const double x[], void *context)
{
    double f[DEGREES + 1] = {0, 1};
    struct zonal_activation phi = {*(const int *)context - 1, DEGREES, f};
    struct response response = response_zonal(&phi);
    struct batchnorm_state state;

    for (size_t i = 0; i < n; i++) {
        f[i + 2] = x[i];
    }
    return batchnorm_state_sphere(&response, phi.n + 1, &state) == STATUS_OK ? -state.cross.x : INFINITY;
}

static void search(struct claim *claim, int B)
{
    static const double least[] = {-1, -1, -1, -1, -1}, most[] = {1, 1, 1, 1, 1};
    double best[5];
    struct search task = {10 + (uint32_t)B, 5, least, most, (size_t)claim_integer(claim, "starts"), 200,
                          less_than_most,   &B};
    double found = -search_least(claim, &task, best);

    claim_case(claim, "search, B = %d", B);
    check_at_most(claim, "search", measured(found, 1e-12, QUADRATURE), identity(claim, B));
    claim_row(claim, "search", B, NAN, found, identity(claim, B).x, NAN, NAN);
}

/* ## Samples
 * Rows $z,z'$ of two batches with correlation $\pm\rho$, the same normals for both signs: $\mathrm{tr}(G\,\phi(h)\phi(h')^T)$, odd part, over $\rho\mu^*(B-1)$. */
enum { LARGEST = 32 };

struct batches {
    struct activation phi;
    int B;
};

static void outputs_of(const struct batches *batches, const double z[], double y[])
{
    double mean = 0, norm = 0, level = 0;
    int B = batches->B;

    for (int i = 0; i < B; i++) {
        mean += z[i] / B;
    }
    for (int i = 0; i < B; i++) {
        norm += (z[i] - mean) * (z[i] - mean);
    }
    for (int i = 0; i < B; i++) {
        y[i] = activation_value(&batches->phi, sqrt(B / norm) * (z[i] - mean));
        level += y[i] / B;
    }
    for (int i = 0; i < B; i++) {
        y[i] -= level;
    }
}

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct batches *batches = context;
    double z[2 * LARGEST], other[LARGEST], first[LARGEST], second[LARGEST];
    int B = batches->B;

    (void)sample;
    stream_normals(stream, 2 * (size_t)B, z);
    outputs_of(batches, z, first);
    for (int k = 0; k < 2; k++) {
        double rho = 0.15 * (k + 1);

        out[k] = 0;
        for (int sign = -1; sign <= 1; sign += 2) {
            for (int i = 0; i < B; i++) {
                other[i] = sign * rho * z[i] + sqrt(1 - rho * rho) * z[B + i];
            }
            outputs_of(batches, other, second);
            for (int i = 0; i < B; i++) {
                out[k] += sign * first[i] * second[i] / (2 * rho * (B - 1));
            }
        }
    }
    out[2] = (4 * out[0] - out[1]) / 3;
    return STATUS_OK;
}

static void samples(struct claim *claim, const char *name, int B, uint32_t stream)
{
    struct batches batches = {.B = B};
    struct moments out[3];

    claim_need(claim, activation_find(name, &batches.phi));
    struct ensemble ensemble =
        claim_ensemble(claim, stream, (size_t)claim_integer(claim, "batches"), 3, draw, &batches);
    claim_need(claim, ensemble_moments(&ensemble, out));
    struct response response = response_of(&batches.phi);
    struct value mu = claim_value(claim, batchnorm_fixed_point(&batches.phi, B).mu),
                 rate = printed(claim, &response.value, B);
    struct value sampled =
        value_with(moments_mean(out[2]), 0.1 * fabs(moments_mean(out[1]).x - moments_mean(out[0]).x), FINITE_SIZE);
    sampled = value_div(sampled, mu);
    claim_case(claim, "%s, B = %d, sampled", name, B);
    check_equal(claim, "samples", rate, sampled);
    claim_row(claim, name, B, rate.x, rate.x, identity(claim, B).x, BOTH(sampled));
}

/* ## The identity */
static void of_identity(struct claim *claim)
{
    struct value before = exact(0);

    for (int B = 4; B <= 10000; B += 1 + B / 8) {
        struct activation phi;
        struct value here = identity(claim, B);

        claim_need(claim, activation_find("id", &phi));
        claim_case(claim, "id, B = %d", B);
        check_equal(claim, "identity", here, claim_value(claim, batchnorm_cross(&phi, B)));
        check_at_most(claim, "identity below 1", here, exact(1));
        check_shape(claim, "identity increases", value_sub(here, before), 1);
        before = here;
    }
    claim_case(claim, "B = 10000");
    check_equal(
        claim, "identity's gap", rounded(0.5, 1),
        value_with(value_scale(10000, value_sub(exact(1), before = identity(claim, 10000))), 1e-4, FINITE_SIZE));
}

static void loss(struct claim *claim)
{
    static const int sizes[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    struct activation phi;
    int B = (int)claim_integer(claim, "B"), step = claim_scale(claim) == SCALE_SMOKE ? 3 : 1;

    claim_labels(claim, "phi");
    claim_column(claim, "B", EXACT, "a grid");
    claim_column(claim, "series", (struct tolerance){TOLERANCE_ABSOLUTE, 1e-9, true},
                 "a series over quadratures; nan for searches");
    claim_column(claim, "rate", ABSOLUTE(1e-3), "quadrature; for searches the end of a descent, not its path");
    claim_column(claim, "identity", RELATIVE(1e-13), "a closed form");
    claim_column(claim, "sampled", (struct tolerance){TOLERANCE_RELATIVE, 1e-9, true},
                 "sums of the same draws; nan where not sampled");
    claim_column(claim, "sampled_err", (struct tolerance){TOLERANCE_RELATIVE, 1e-6, true},
                 "a standard error and a bias");
    for (const char *const *name = activation_names(); *name; name++) {
        claim_need(claim, activation_find(*name, &phi));
        for (int i = 0; i < 10; i += step) {
            activation(claim, &phi, sizes[i], true);
        }
    }
    for (int i = 0; i < 10; i += step) {
        for (uint32_t k = 0; k < 6; k++) {
            share(claim, sizes[i], k);
        }
    }
    of_identity(claim);
    for (int i = 0; i < (step == 1 ? 3 : 1); i++) {
        search(claim, sizes[3 * i]);
    }
    samples(claim, "relu", 5, 1);
    samples(claim, "tanh", 8, 2);
    samples(claim, "gelu", 16, 3);
    claim_need(claim, activation_find(claim_text(claim, "phi"), &phi));
    activation(claim, &phi, B, false);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("B", "one more batch size", 23, 4, 1000),
                           text("phi", "one more activation, tried at B", "relu^1.7"),
                           integer_by_scale("lmax", "highest degree", 120, 400, 3000, 50, 5000),
                           integer_by_scale("starts", "of each search", 1, 3, 40, 1, 100000),
                           integer_by_scale("batches", "pairs of batches sampled", 6000, 60000, 1000000, 1000,
                                            100000000)},
            .faults = {{"beta", "Beta((B+1)/2, 1/2)", "forward backward samples"},
                       {"one_less", "B(B-2) in place of B(B-1)", "forward backward samples"},
                       {"identity", "P((B+1)/2, 1/2) for the identity", "at?most* share* identity identity's* search"},
                       {"with_constant", "the share of degree 1 counts degree 0 too", "share*"}},
            .run = loss,
        }));
}
