/* # Definition H.7 and theorem H.8: what two batches share is multiplied by one number
 *
 * Yang et al. (2019), appendix H.2, definition H.7, eq. 57, theorem H.8. The Jacobian of the covariance map of several batches takes diagonal blocks to diagonal blocks, and the block between two batches to
 * $V\{\Sigma^{11}\}+V\{\Sigma^{22}\}^T+W\{\Sigma^{12}\}$ ("BDOS"). For every $\Lambda$ ($B\times B$) with $G\Lambda G=\Lambda$
 *
 * $$W\{\Lambda\}=\frac{2a_1^2}{\mu^*}P\Big(\frac{B-1}2,\frac12\Big)^2\frac B{B-1}\Lambda=\frac{\frac12a_1^2P(\frac B2,\frac12)^{-2}B(B-1)}{\sum_la_l^2\frac1{c_{B-1,l}}\big(C_l(1)-C_l(\frac{-1}{B-1})\big)}\Lambda,\qquad
 * P(x,y)=\frac{\Gamma(x+y)}{\Gamma(x)},$$
 *
 * with the Gegenbauer coefficients $a_l$ of $\phi(\sqrt{B-1}x)$. $W$ is twice a derivative with respect to $\Sigma^{12}$, because $\Sigma^{21}$ moves with it.
 *
 * **Checked.** Both forms for every activation against $W$ built from its entries $\mathbb E\phi(h_b)h_c\,\mathbb E\phi(h_a)h_d$ and applied to random $\Lambda$; that only degree 1 enters these; the identity of $P$ that joins the forms. And
 * against the map of two batches itself, differentiated by differences: Laplace's method in two variables, which knows neither sphere nor Gegenbauer, for relu and its powers. That way also that a change of a diagonal block does
 * nothing to the block beside it.
 * **Tolerance.** Quadrature states its error. Series are completed by Parseval. Differences of step $t$ and $2t$ are extrapolated; a fiftieth of what the two differ by is the error.
 * **Could miss.** In differences anything below $10^{-6}$.
 * **Found.** Both forms hold, with the factor 2 as the paper explains it. $V$ vanishes after $G$: it makes rows or columns that are constant. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/meanfield/batchnorm_map.h>
#include <assay/numerics/sphere.h>
#include <assay/numerics/ultrasymmetric.h>
#include <assay/numerics/zonal.h>
#include <math.h>

/* $P(x,\frac12)$ for $x$ half an integer: $\Gamma((n+1)/2)/\Gamma(n/2)$ is the mean length of $n$ normals over $\sqrt2$. */
static struct value P(int twice_x) {
    return sphere_radius_moment(twice_x + 1, 0.5, 1);
}

/* ## As printed */
struct forms {
    struct value first, second;
};

static struct forms printed(struct claim *claim, const struct piecewise *phi, int B, struct value mu)
{
    int lmax = (int)claim_integer(claim, "lmax");
    double *spread = memory_doubles((size_t)lmax + 1), m = gegenbauer_ratio_bound(lmax + 1, B - 1, -1.0 / (B - 1)),
           b = B;
    struct zonal zonal;

    claim_need(claim, zonal_expand(B - 1, phi, NULL, lmax, &zonal));
    gegenbauer_ratios(lmax, (b - 3) / 2, -1 / (b - 1), spread);
    for (int l = 0; l <= lmax; l++) {
        spread[l] = 1 - spread[l];
    }
    struct value a1 = value_scale(1 / sqrt(b - 1), zonal.f[1]), square = value_mul(a1, a1), above = P(B - 1),
                 below = P(claim_fault(claim, "half_less") ? B - 1 : B);
    struct value first = value_scale((claim_fault(claim, "without_two") ? 1 : 2) * b / (b - 1),
                                     value_div(value_mul(square, value_mul(above, above)), mu));
    struct value sum = zonal_sum(&zonal, spread, (struct zonal_tail){1 - m, 1 + m, false});
    struct value second = value_div(value_scale(0.5 * b * (b - 1), value_div(square, value_mul(below, below))), sum);
    zonal_free(&zonal);
    memory_free(spread);
    return (struct forms){first, second};
}

static void identity_of_P(struct claim *claim, int B)
{
    struct value above = value_scale(2.0 / (B - (claim_fault(claim, "identity") ? 2 : 1)), P(B - 1));

    claim_case(claim, "B = %d", B);
    check_equal(claim, "P", above, value_div(exact(1), P(B)));
}

/* ## From entries
 * The derivative of the density of $(z,z')\sim\mathcal N(0,\mu^*I)$ along $\Lambda$ and $\Lambda^T$ is $z^T\Lambda z'/\mu^{*2}$ times the density: $W\{\Lambda\}_{ab}=\mu^{*-2}\sum_{cd}\mathbb E\phi(h_a)z_c\,\mathbb E\phi(h'_b)z'_d\,\Lambda_{cd}$, and
 * $z=rh/\sqrt B$ with the radius $r$ independent of $h$. */
static void moments_of_pair(double x, double y, double out[], void *context)
{
    const struct piecewise *phi = context;

    out[0] = phi->f(x, phi->context) * x;
    out[1] = phi->f(x, phi->context) * y;
}

static void from_entries(struct claim *claim, struct piecewise *phi, int B, struct value mu, const struct forms *forms,
                         uint32_t sample)
{
    size_t n = (size_t)(B * B);
    double *Lambda = memory_doubles(3 * n), *raw = Lambda + n, *out = raw + n, worst = 0, size = 0;
    struct value E[2], radius = sphere_radius_moment(B, 1, 1); // over sqrt(mu)
    struct stream stream = claim_stream(claim, 0, sample);

    claim_need(claim, sphere_pair_means(B, 2, moments_of_pair, phi, phi->kinks, phi->kink, E));
    stream_normals(&stream, n, raw);
    centre_both(B, raw, Lambda);
    struct value scale = value_scale(1.0 / B, value_div(value_mul(radius, radius), mu)), step = value_sub(E[0], E[1]);
    struct value constant = value_mul(scale, value_mul(step, step));
    for (int a = 0; a < B; a++) {
        for (int b = 0; b < B; b++) {
            out[a * B + b] = 0;
            for (int c = 0; c < B; c++) {
                for (int d = 0; d < B; d++) {
                    out[a * B + b] += scale.x * E[c != a].x * E[d != b].x * Lambda[c * B + d];
                }
            }
        }
    }
    for (size_t i = 0; i < n; i++) {
        size = fmax(size, fabs(Lambda[i]));
    }
    for (size_t i = 0; i < n; i++) {
        worst = fmax(worst, fabs(out[i] - constant.x * Lambda[i]) / size);
    }
    double top = scale.x * (fabs(E[0].x) + (B - 1) * fabs(E[1].x)) * (fabs(E[0].x) + (B - 1) * fabs(E[1].x));
    double error = 4e-16 * (double)n * top +
                   4 * top * (value_bound(E[0]) + B * value_bound(E[1])) / (fabs(E[0].x) + value_bound(E[0]));
    check_zero(claim, "a multiple", measured(worst, error, QUADRATURE), 1);
    check_zero(claim, "first form", value_sub(forms->first, constant), 1);
    check_zero(claim, "second form", value_sub(forms->second, constant), 1);
    memory_free(Lambda);
}

/* ## One degree
 * Networks of degree $l\ne1$ share nothing: $\phi=C_l$ has $W=0$. */
static void other_degrees(struct claim *claim, int B)
{
    for (int l = 0; l <= 8; l++) {
        double f[9] = {0};
        struct zonal_activation phi = {B - 1, l, f};
        struct response response = response_zonal(&phi);
        struct value E[2];

        f[l] = 1;
        claim_case(claim, "B = %d, l = %d", B, l);
        claim_need(claim, sphere_pair_means(B, 2, moments_of_pair, &response.value, 0, NULL, E));
        struct value step = value_sub(E[0], E[1]), expected = l == 1 ? rounded(1 + 1.0 / (B - 1), 2) : exact(0);
        check_zero(claim, "only degree 1", value_sub(expected, step), 1);
    }
}

static void activation(struct claim *claim, const struct activation *phi, int B, uint32_t sample, bool row)
{
    struct response response = response_of(phi);
    struct value mu = claim_value(claim, batchnorm_fixed_point(phi, B).mu);
    struct forms forms = printed(claim, &response.value, B, mu);

    claim_case(claim, "%s, B = %d", phi->name, B);
    if (B <= 33) {
        from_entries(claim, &response.value, B, mu, &forms, sample);
    }
    check_zero(claim, "forms agree", value_sub(forms.first, forms.second), 1);
    if (row) {
        claim_row(claim, phi->name, B, forms.first.x, forms.second.x, NAN);
    }
}

/* ## Differences of the map of two batches
 * Along $\Sigma^{12}=\Lambda$, $\Sigma^{21}=\Lambda^T$, or along a diagonal block. */
static void block(struct claim *claim, const struct homogeneous *phi, int B, const struct batchnorm_state *at,
                  const double Lambda[], bool diagonal, double t, double out[])
{
    size_t n = (size_t)(2 * B);
    double *S = memory_doubles(n * n + 2 * n * n), *V = S + n * n, *error = V + n * n;

    for (int i = 0; i < 2 * B; i++) {
        for (int j = 0; j < 2 * B; j++) {
            int a = i / B, b = j / B, k = i % B, l = j % B;
            double base = a != b ? at->cross_fixed.x : k == l ? at->fixed.q.x : at->fixed.nu.x;
            double move = diagonal ? (a == 0 && b == 0 ? (Lambda[k * B + l] + Lambda[l * B + k]) / 2 : 0)
                          : a == b ? 0
                          : a < b  ? Lambda[k * B + l]
                                   : Lambda[l * B + k];

            S[i * 2 * B + j] = base + t * move;
        }
    }
    claim_need(claim, batchnorm_map_cross_laplace(phi, B, S, V, error));
    centre_both(B, V, out);
    memory_free(S);
}

static void differences(struct claim *claim, const char *name, int B, uint32_t sample, bool diagonal)
{
    size_t n = (size_t)(B * B);
    double *work = memory_doubles(5 * n), *Lambda = work, *raw = work + n, *up = raw + n, *down = up + n,
           *slope = down + n, over = 0, norm = 0, off = 0;
    double constant[2];
    struct activation phi;
    struct homogeneous homogeneous;
    struct batchnorm_state at;
    struct stream stream = claim_stream(claim, 1, sample);

    claim_need(claim, activation_find(name, &phi));
    claim_need(claim, homogeneous_find(&phi, &homogeneous));
    claim_need(claim, batchnorm_state_closed(&homogeneous, B, &at));
    stream_normals(&stream, n, raw);
    centre_both(B, raw, Lambda);
    for (int k = 0; k < 2; k++) {
        double t = 0.004 * (k + 1) * at.fixed.mu.x;

        block(claim, &homogeneous, B, &at, Lambda, diagonal, t, up);
        block(claim, &homogeneous, B, &at, Lambda, diagonal, -t, down);
        over = norm = off = 0;
        for (size_t i = 0; i < n; i++) {
            slope[i] = (up[i] - down[i]) / (2 * t);
            over += slope[i] * Lambda[i];
            norm += Lambda[i] * Lambda[i];
        }
        constant[k] = over / norm;
        for (size_t i = 0; i < n; i++) {
            off = fmax(off, fabs(slope[i] - (diagonal ? 0 : constant[k] * Lambda[i])));
        }
    }
    claim_case(claim, "%s, B = %d, differences", name, B);
    double change = fabs(constant[1] - constant[0]), extrapolated = constant[0] + (constant[0] - constant[1]) / 3;
    if (diagonal) {
        check_zero(claim, "V vanishes, differences", measured(off, 1e-11, ROUNDING), 1);
    } else {
        struct response response = response_of(&phi);
        struct forms forms = printed(claim, &response.value, B, at.fixed.mu);

        check_equal(claim, "W, differences", forms.first, measured(extrapolated, 0.02 * change + 1e-10, FINITE_SIZE));
        claim_row(claim, name, B, forms.first.x, forms.second.x, extrapolated);
    }
    memory_free(work);
}

static void between(struct claim *claim)
{
    static const int sizes[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    static const char *const homogeneous[] = {"relu", "lrelu:0.1", "relu^2", "relu^1.7"};
    struct activation phi;
    int B = (int)claim_integer(claim, "B"), step = claim_scale(claim) == SCALE_SMOKE ? 3 : 1;

    claim_labels(claim, "phi");
    claim_column(claim, "B", EXACT, "a grid");
    claim_column(claim, "first", ABSOLUTE(1e-11), "a closed form over quadratures");
    claim_column(claim, "second", ABSOLUTE(1e-9), "a series over quadratures");
    claim_column(claim, "differences", (struct tolerance){TOLERANCE_RELATIVE, 1e-7, true},
                 "extrapolated differences; nan where not taken");
    for (const char *const *name = activation_names(); *name; name++) {
        claim_need(claim, activation_find(*name, &phi));
        for (int i = 0; i < 10; i += step) {
            activation(claim, &phi, sizes[i], (uint32_t)i, true);
        }
    }
    for (int i = 0; i < 10; i += step) {
        other_degrees(claim, sizes[i]);
        identity_of_P(claim, sizes[i]);
    }
    for (int i = 0; i < (step == 1 ? 4 : 1); i++) {
        differences(claim, homogeneous[i], 4 + i % 2, (uint32_t)i, false);
        differences(claim, homogeneous[i], 4 + i % 2, (uint32_t)i, true);
    }
    claim_need(claim, activation_find(claim_text(claim, "phi"), &phi));
    activation(claim, &phi, B, 99, false);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("B", "one more batch size", 23, 4, 1000),
                           text("phi", "one more activation, tried at B", "relu^1.7"),
                           integer_by_scale("lmax", "highest degree of the sum", 120, 400, 3000, 50, 5000)},
            .faults = {{"without_two", "without the factor 2", "first?form forms?agree W,*"},
                       {"half_less", "P((B-1)/2, 1/2) in the second form", "second?form forms?agree"},
                       {"identity", "2/(B-2) in the identity of P", "P"}},
            .run = between,
        }));
}
