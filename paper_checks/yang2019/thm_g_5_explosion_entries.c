/* # Theorem G.5: the backward operator on G, entry by entry
 *
 * Yang et al. (2019), appendix G.1.2, theorem G.5. At the symmetric fixed point the backward operator $F$ takes $G=I-\mathbf 1\mathbf 1^T/B$ to a matrix with equal entries $F\{G\}_{aa}$ on the diagonal and
 * $F\{G\}_{ab}$ off it, which is why gradients grow by $\lambda_G^\downarrow=F\{G\}_{aa}-F\{G\}_{ab}$. With $x=h/\sqrt{B-1}$ for a coordinate $h$ of the sphere and the Gegenbauer coefficients $a_l$ of $\phi$
 *
 * $$F\{G\}_{aa}=\frac{B-1}{\mu^*(B-3)}\mathbb E(1-x_a^2)\phi_a'^2=\frac{\omega_{B-3}\omega_B}{\omega_{B-2}\omega_{B-1}}\frac{B-1}{\mu^*(B-3)}\mathop{\mathbb E}_{w\in S^B}\phi'(\sqrt{B-1}w_1)^2
 * =\frac1{\mu^*}\sum_la_l^2\frac{l+B-3}{B-3}\,l\,c_{B-1,l}^{-1}C_l(1),$$
 *
 * $$F\{G\}_{ab}=\frac{-1}{\mu^*(B-3)}\mathbb E(1+(B-1)x_ax_b)\phi_a'\phi_b'=\frac1{\mu^*}\sum_la_l^2\frac{l+B-3}{B-3}\,l\,c_{B-1,l}^{-1}C_l\big(\tfrac{-1}{B-1}\big).$$
 *
 * $\lambda_G^\downarrow\ge\frac{B-2}{B-3}>1$, with equality iff $\phi$ is linear. ($\omega_k$ is the area of $S^k$. The second form lifts the mean by two dimensions.)
 *
 * **Checked.** Both entries by their series, by the means over $S^{B-2}$, on the diagonal by the lifted mean over $S^B$; and against the operator as a matrix of $B^2\times B^2$ entries applied to $G$. The lift degree by
 * degree. $\lambda_G^\downarrow$ against samples of a batch in which batch normalisation is differentiated by differences, without any of these formulas. The bound for activations with gains from 0.1 to 10.
 * **Tolerance.** On the diagonal what lies beyond the last degree is extrapolated and all of it is the error; off it the rest is bounded. Samples have a standard error.
 * **Could miss.** With kinks, errors of the series below $10^{-3}$; in samples below a percent.
 * **Found.** Holds. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/numerics/sphere.h>
#include <assay/numerics/zonal.h>
#include <math.h>

/* ## The series
 * Times $\mu^*$: $a_l^2c_{B-1,l}^{-1}C_l(x)=f_l^2R_l(x)$. */
struct entries {
    struct value aa, ab;
};

static struct entries series(struct claim *claim, const struct response *phi, int B)
{
    int lmax = (int)claim_integer(claim, "lmax");
    double *diagonal = memory_doubles(2 * ((size_t)lmax + 1)), *off = diagonal + lmax + 1;
    double m = gegenbauer_ratio_bound(lmax + 1, B - 1, -1.0 / (B - 1)) / (B - 3),
           below = claim_fault(claim, "below") ? B - 2 : B - 3;
    struct zonal zonal;

    claim_need(claim, zonal_expand(B - 1, &phi->value, &phi->slope, lmax, &zonal));
    gegenbauer_ratios(lmax, (B - 3) / 2.0, (claim_fault(claim, "sign") ? 1.0 : -1.0) / (B - 1), off);
    for (int l = 0; l <= lmax; l++) {
        diagonal[l] = l * (l + B - 3.0) / below;
        off[l] *= diagonal[l];
    }
    struct entries sum = {zonal_sum_extrapolated(&zonal, diagonal),
                          zonal_sum(&zonal, off, (struct zonal_tail){-m, m, true})};
    zonal_free(&zonal);
    memory_free(diagonal);
    return sum;
}

/* ## Means */
struct mean_of {
    const struct piecewise *slope;
    double n, scale; // x = scale h
};

static double diagonal_mean(double h, void *context)
{
    const struct mean_of *of = context;
    double slope = of->slope->f(h, of->slope->context);

    return (1 - h * h / of->n) * slope * slope;
}

static double lifted_mean(double h, void *context)
{
    const struct mean_of *of = context;
    double slope = of->slope->f(of->scale * h, of->slope->context);

    return slope * slope;
}

static void off_diagonal_mean(double x, double y, double out[], void *context)
{
    const struct mean_of *of = context;

    out[0] = (1 + x * y) * of->slope->f(x, of->slope->context) * of->slope->f(y, of->slope->context);
}

/* $\omega_k/\omega_{k-1}=\sqrt\pi\,\Gamma(k/2)/\Gamma((k+1)/2)$. */
static struct value area_ratio(int k)
{
    return value_div(rounded(sqrt(M_PI), 2), sphere_radius_moment(k + 1, 0.5, 1));
}

static struct value lifted(struct claim *claim, const struct response *phi, int B)
{
    struct mean_of of = {&phi->slope, B - 1, sqrt((B - 1.0) / (B + 1))};
    double kink[10];

    for (int i = 0; i < phi->slope.kinks; i++) {
        kink[i] = phi->slope.kink[i] / of.scale;
    }
    struct value mean =
        claim_value(claim, sphere_mean(B + 2, &(struct piecewise){lifted_mean, &of, phi->slope.kinks, kink}));
    struct value areas = value_div(area_ratio(claim_fault(claim, "area") ? B - 1 : B), area_ratio(B - 2));

    return value_mul(value_scale((B - 1.0) / (B - 3), areas), mean);
}

static struct entries means(struct claim *claim, const struct response *phi, int B)
{
    struct mean_of of = {&phi->slope, B - 1, 1};
    struct value aa = claim_value(
                     claim, sphere_mean(B, &(struct piecewise){diagonal_mean, &of, phi->slope.kinks, phi->slope.kink})),
                 ab;

    claim_need(claim, sphere_pair_means(B, 1, off_diagonal_mean, &of, phi->slope.kinks, phi->slope.kink, &ab));
    return (struct entries){value_scale((B - 1.0) / (B - 3), aa), value_scale(-1.0 / (B - 3), ab)};
}

/* ## The operator as a matrix, applied to $G$ */
static void by_matrix(struct claim *claim, const struct response *phi, int B, struct value mu,
                      const struct entries *entries)
{
    size_t n = (size_t)(B * B);
    double *matrix = memory_doubles(n * n + 2 * n), *G = matrix + n * n, *out = G + n, error = 0;
    struct brackets F;

    claim_need(claim, batchnorm_backward_brackets(phi, B, &F));
    ultrasymmetric_matrix(B, &F, matrix);
    for (int i = 0; i < B; i++) {
        for (int j = 0; j < B; j++) {
            G[i * B + j] = (i == j) - 1.0 / B;
        }
    }
    operator_apply(B, matrix, G, out);
    const struct value *const all[] = {&F.b1111, &F.b1122, &F.b1112, &F.b1123, &F.b1211,
                                       &F.b1233, &F.b1212, &F.b1213, &F.b1234};
    for (int i = 0; i < 9; i++) {
        error = fmax(error, value_bound(*all[i]));
    }
    error = 2 * B * error + 4e-16 * (double)n * fabs(out[0]); // the entries of G sum to 2 (B - 1) in size
    check_equal(claim, "diagonal, matrix", measured(out[0], error, QUADRATURE), value_div(entries->aa, mu));
    check_zero(claim, "off the diagonal, matrix",
               value_sub(measured(out[1], error, QUADRATURE), value_div(entries->ab, mu)), out[0]);
    memory_free(matrix);
}

static struct value linear(struct claim *claim, int B)
{
    return rounded((claim_fault(claim, "bound") ? B - 1.0 : B - 2.0) / (B - 3), 2);
}

static void at(struct claim *claim, const struct activation *phi, int B, bool row)
{
    struct response response = response_of(phi);
    struct entries sums = series(claim, &response, B), there = means(claim, &response, B);
    struct value mu = batchnorm_fixed_point(phi, B).mu,
                 rate = value_div(value_sub(there.aa, there.ab), claim_value(claim, mu));

    claim_case(claim, "%s, B = %d", phi->name, B);
    check_equal(claim, "diagonal, series", sums.aa, there.aa);
    check_equal(claim, "diagonal, lifted", lifted(claim, &response, B), there.aa);
    check_zero(claim, "off the diagonal, series", value_sub(sums.ab, there.ab), there.aa.x);
    check_at_least(claim, "bound", rate, linear(claim, B));
    if (B <= 6) {
        by_matrix(claim, &response, B, mu, &there);
    }
    if (row) {
        claim_row(claim, phi->name, B, sums.aa.x / mu.x, there.aa.x / mu.x, sums.ab.x / mu.x, there.ab.x / mu.x,
                  rate.x);
    }
}

/* ## The lift, degree by degree
 * $\phi'$ has the coefficients $a_l(B-3)/(c_{B-1,l}\sqrt{B-1})$ in $C_{l-1}^{((B-1)/2)}$, zonal on $S^B$. */
static void lift(struct claim *claim, int B)
{
    for (int l = 1; l <= 30; l++) {
        double b = B, c = (b - 3) / (b - 3 + 2 * l), above = (b - 1) / (b - 1 + 2 * (l - 1.0));
        double ratio = exp(gegenbauer_log_at_one(l - 1, (b - 1) / 2) - gegenbauer_log_at_one(l, (b - 3) / 2));
        double on_sphere = (b - 3) / (c * c) * (claim_fault(claim, "lemma") ? c : above) * ratio * (b - 2) / (b - 1),
               direct = l * (l + b - 3) / ((b - 3) * c);

        claim_case(claim, "B = %d, l = %d", B, l);
        check_equal(claim, "lift", rounded(on_sphere, 40 + 4 * gegenbauer_log_at_one(l, (b - 1) / 2)),
                    rounded(direct, 8));
    }
}

/* ## Gains */
static void gains(struct claim *claim, int B)
{
    static const char *const names[] = {"tanh", "gelu", "sin", "exp", "selu"};

    for (int i = 0; i < 5; i++) {
        for (double gain = 0.1; gain < 11; gain *= claim_scale(claim) == SCALE_SMOKE ? 10 : 2.154434690031884) {
            struct affine_activation affine = {.gain = gain, .shift = 0.3};
            struct batchnorm_state state;

            claim_need(claim, activation_find(names[i], &affine.phi));
            struct response response = response_affine(&affine);
            claim_case(claim, "%s(%.3g x + 0.3), B = %d", names[i], gain, B);
            claim_need(claim, batchnorm_state_sphere(&response, B, &state));
            check_at_least(claim, "bound", state.backward.G, linear(claim, B));
        }
    }
}

/* ## Samples
 * $z\sim\mathcal N(0,\mu^*I)$ has the fixed point's law up to what $G$ removes. One output: $\mathrm{tr}(J^TGJ)/(B-1)$ with $J$ by central differences. */
enum { LARGEST = 16 };

struct batch {
    struct activation phi;
    int B;
    double mu;
};

static void normalised(const struct batch *batch, const double z[], double y[])
{
    double mean = 0, norm = 0;
    int B = batch->B;

    for (int i = 0; i < B; i++) {
        mean += z[i] / B;
    }
    for (int i = 0; i < B; i++) {
        norm += (z[i] - mean) * (z[i] - mean);
    }
    for (int i = 0; i < B; i++) {
        y[i] = activation_value(&batch->phi, sqrt(B / norm) * (z[i] - mean));
    }
}

static enum status draw_batch(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct batch *batch = context;
    double z[LARGEST], up[LARGEST], down[LARGEST];
    int B = batch->B;

    (void)sample;
    stream_normals_scaled(stream, sqrt(batch->mu), (size_t)B, z);
    out[0] = 0;
    for (int j = 0; j < B; j++) {
        double keep = z[j], step = 1e-5 * sqrt(batch->mu), mean = 0, squares = 0;

        z[j] = keep + step;
        normalised(batch, z, up);
        z[j] = keep - step;
        normalised(batch, z, down);
        z[j] = keep;
        for (int i = 0; i < B; i++) {
            double slope = (up[i] - down[i]) / (2 * step);

            mean += slope / B;
            squares += slope * slope;
        }
        out[0] += (squares - B * mean * mean) / (B - 1);
    }
    return STATUS_OK;
}

static void samples(struct claim *claim, const char *name, int B, uint32_t stream)
{
    struct batch batch = {.B = B};
    struct moments mean;

    claim_need(claim, activation_find(name, &batch.phi));
    batch.mu = claim_value(claim, batchnorm_fixed_point(&batch.phi, B).mu).x;
    struct ensemble ensemble =
        claim_ensemble(claim, stream, (size_t)claim_integer(claim, "batches"), 1, draw_batch, &batch);
    claim_need(claim, ensemble_moments(&ensemble, &mean));
    struct response response = response_of(&batch.phi);
    struct entries sums = series(claim, &response, B);
    claim_case(claim, "%s, B = %d, differences", name, B);
    check_equal(claim, "samples", value_scale(1 / batch.mu, value_sub(sums.aa, sums.ab)), moments_mean(mean));
}

static void explosion(struct claim *claim)
{
    static const int sizes[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
    struct activation phi;
    int B = (int)claim_integer(claim, "B"), step = claim_scale(claim) == SCALE_SMOKE ? 3 : 1;

    claim_labels(claim, "phi");
    claim_column(claim, "B", EXACT, "a grid");
    claim_column(claim, "aa_series", RELATIVE(1e-6), "an extrapolated series over quadratures");
    claim_column(claim, "aa", RELATIVE(1e-11), "quadrature");
    claim_column(claim, "ab_series", ABSOLUTE(1e-9), "a series over quadratures");
    claim_column(claim, "ab", ABSOLUTE(1e-10), "quadrature");
    claim_column(claim, "rate", RELATIVE(1e-11), "quadrature");
    for (const char *const *name = activation_names(); *name; name++) {
        claim_need(claim, activation_find(*name, &phi));
        for (int i = 0; i < 10; i += step) {
            at(claim, &phi, sizes[i], true);
        }
    }
    for (int i = 0; i < 10; i += step) {
        lift(claim, sizes[i]);
        gains(claim, sizes[i]);
    }
    samples(claim, "tanh", 8, 1);
    samples(claim, "gelu", 10, 2);
    claim_need(claim, activation_find(claim_text(claim, "phi"), &phi));
    if (activation_homogeneity(&phi) < 0.55) {
        claim_refuse(claim,
                     "phi=%s: the theorem asks for a derivative with a second moment; quadrature reaches it from the "
                     "power 0.55 on",
                     phi.name);
    }
    at(claim, &phi, B, false);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("B", "one more batch size", 23, 4, 1000),
                           text("phi", "one more activation, tried at B", "relu^1.7"),
                           integer_by_scale("lmax", "highest degree", 120, 400, 3000, 50, 5000),
                           integer_by_scale("batches", "sampled", 2500, 30000, 1000000, 1000, 100000000)},
            .faults = {{"below", "B - 2 in place of B - 3 under l + B - 3", "diagonal,?series off*series samples"},
                       {"sign", "C_l at 1/(B-1)", "off*series samples"},
                       {"area", "the area of S^(B-1) in place of S^B", "diagonal,?lifted"},
                       {"lemma", "c_{B-1,l} in place of c_{B+1,l-1} on the larger sphere", "lift"},
                       {"bound", "(B-1)/(B-3)", "bound"}},
            .run = explosion,
        }));
}
