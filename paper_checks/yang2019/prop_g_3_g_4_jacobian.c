/* # Propositions G.3 and G.4, equation (52): how a layer passes gradients back
 *
 * Yang et al. (2019), appendix G.1. With $n(z)=\sqrt B\,z/\|z\|$, $r=\|y\|$, $v=y/r$ and $D=\mathrm{diag}\,\phi'(n(y))$,
 *
 * $$\frac{dn}{dz}\Big|_y=\frac{\sqrt B}r(I-vv^T),\qquad\frac{d\,\phi\circ n}{dz}\Big|_y=\frac{\sqrt B}r\,D(I-vv^T),$$
 *
 * so that covariances of gradients are multiplied, between two centrings with $G$, by
 *
 * $$F(\Sigma)\{\Lambda\}=B\,\mathbb E\,r^{-2}\big(D\Lambda D+Dvv^T\Lambda vv^TD-D\Lambda vv^TD-Dvv^T\Lambda D\big),\qquad y\sim\mathcal N(0,G\Sigma G).$$
 *
 * **Checked.** Both Jacobians, entry by entry, against finite differences of $n$ and $\phi\circ n$ at random points. The four terms against
 * $J\Lambda J^T$ with the same differences and random $\Lambda$, symmetric and not. Then $F$ at the symmetric fixed point: samples of the four terms
 * against the operator put together from nine integrals over two angles.
 * **Tolerance.** Difference formulas of sixth and eighth order: they differ by more than the latter's error. Points next to a kink of $\phi$ are not
 * differenced. Samples have standard errors: $r^{-2}$ needs $B\ge8$ for those to be told from the sample, and where $\phi'$ has too heavy a tail relu
 * is sampled instead.
 * **Could miss.** Nothing of G.3 and G.4. $F$ away from symmetric $\Sigma$ is the four terms' mean, by definition.
 * **Found.** Holds. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/batchnorm.h>
#include <assay/numerics/difference.h>
#include <assay/numerics/sphere.h>
#include <float.h>
#include <math.h>

enum { MOST = 24 };

struct layer {
    int B;
    struct activation phi;
    double mu, Lambda[MOST * MOST];
};

/* ## As printed */
static void at_point(const struct layer *layer, const double y[], double *r, double v[], double D[])
{
    double square = 0;

    for (int i = 0; i < layer->B; i++)
        square += y[i] * y[i];
    *r = sqrt(square);
    for (int i = 0; i < layer->B; i++) {
        v[i] = y[i] / *r;
        D[i] = activation_slope(&layer->phi, sqrt(layer->B) * v[i]);
    }
}

static double printed_jacobian(struct claim *claim, int B, double r, const double v[], int i, int j)
{
    double projection = claim_fault(claim, "no_projection") ? 0 : v[i] * v[j];

    return sqrt(B) / (claim_fault(claim, "radius_squared") ? r * r : r) * ((i == j) - projection);
}

/* What stands under the mean of $F$, times $B$: out is $B\times B$. sign is 1 as printed. */
static void four_terms(const struct layer *layer, const double y[], double sign, double out[])
{
    int B = layer->B;
    double r, v[MOST], D[MOST], left[MOST], right[MOST], both = 0; // Lambda' v, Lambda v, v' Lambda v

    at_point(layer, y, &r, v, D);
    for (int i = 0; i < B; i++) {
        left[i] = right[i] = 0;
        for (int j = 0; j < B; j++) {
            left[i] += layer->Lambda[j * B + i] * v[j];
            right[i] += layer->Lambda[i * B + j] * v[j];
        }
        both += v[i] * right[i];
    }
    for (int i = 0; i < B; i++)
        for (int j = 0; j < B; j++)
            out[i * B + j] = B / (r * r) * D[i] * D[j] *
                             (layer->Lambda[i * B + j] + v[i] * both * v[j] - right[i] * v[j] - sign * v[i] * left[j]);
}

/* ## Finite differences
 * Of $n_i$ or $\phi(n_i)$ along $\delta_j$. */
static struct value difference(const struct layer *layer, const double y[], int i, int j, bool activated)
{
    double step = 0.02, square = 0;
    struct value at[9];

    for (int k = 0; k < layer->B; k++)
        square += y[k] * y[k];
    for (int k = -4; k <= 4; k++) {
        double shift = k * step, moved = square + 2 * shift * y[j] + shift * shift;
        double n = sqrt(layer->B / moved) * (y[i] + (i == j ? shift : 0)),
               slope = activated ? activation_slope(&layer->phi, n) : 1;
        struct value f = rounded(activated ? activation_value(&layer->phi, n) : n, 4);

        at[k + 4] = value_with(f, 10 * DBL_EPSILON * fabs(slope * n), ROUNDING);
    }
    return central_difference(step, at);
}

/* Whether the differences of $\phi\circ n$ at y step over a kink. */
static bool near_kink(const struct layer *layer, const double y[])
{
    const double *kink;
    int kinks = activation_kinks(&layer->phi, &kink);
    double r, v[MOST], D[MOST];

    at_point(layer, y, &r, v, D);
    for (int i = 0; i < layer->B; i++)
        for (int k = 0; k < kinks; k++)
            if (fabs(sqrt(layer->B) * v[i] - kink[k]) < 0.2 * sqrt(layer->B) / r)
                return true;
    return false;
}

static void random_point(struct claim *claim, struct layer *layer, uint32_t draw, double y[])
{
    struct stream stream = claim_stream(claim, (uint32_t)layer->B, draw);

    do
        stream_normals_scaled(&stream, 3, (size_t)layer->B, y);
    while (near_kink(layer, y));
    stream_normals(&stream, (size_t)(layer->B * layer->B), layer->Lambda);
    for (int i = 0; draw % 2 && i < layer->B; i++)
        for (int j = 0; j < i; j++)
            layer->Lambda[i * layer->B + j] = layer->Lambda[j * layer->B + i];
}

/* The four terms against $J\Lambda J^T$. */
static void sandwich(struct claim *claim, const struct layer *layer, const double y[], const struct value J[])
{
    int B = layer->B;
    double out[MOST * MOST], scale = 0;
    struct value half[MOST * MOST];

    four_terms(layer, y, claim_fault(claim, "one_sign") ? -1 : 1, out);
    for (int i = 0; i < B * B; i++)
        scale = fmax(scale, fabs(out[i]));
    for (int i = 0; i < B; i++)
        for (int l = 0; l < B; l++) {
            half[i * B + l] = exact(0);
            for (int k = 0; k < B; k++)
                half[i * B + l] = value_add(half[i * B + l], value_scale(layer->Lambda[k * B + l], J[i * B + k]));
        }
    for (int i = 0; i < B; i++)
        for (int j = 0; j < B; j++) {
            struct value product = exact(0);

            for (int l = 0; l < B; l++)
                product = value_add(product, value_mul(half[i * B + l], J[j * B + l]));
            check_zero(claim, "four terms", value_sub(measured(out[i * B + j], 1e-13 * scale, ROUNDING), product),
                       scale);
        }
}

static void jacobians(struct claim *claim, struct layer *layer, uint32_t draw)
{
    int B = layer->B;
    double y[MOST], r, v[MOST], D[MOST];
    struct value J[MOST * MOST];

    random_point(claim, layer, draw, y);
    at_point(layer, y, &r, v, D);
    claim_case(claim, "B = %d, %s, draw %u", B, layer->phi.name, draw);
    for (int i = 0; i < B; i++)
        for (int j = 0; j < B; j++) {
            struct value printed = rounded(printed_jacobian(claim, B, r, v, i, j), 20);
            double size = fmax(fabs(D[i]), 1e-3) * sqrt(B) / r;

            J[i * B + j] = difference(layer, y, i, j, true);
            check_zero(claim, "G.3", value_sub(printed, difference(layer, y, i, j, false)), sqrt(B) / r);
            check_zero(claim, "G.4", value_sub(value_scale(D[i], printed), J[i * B + j]), size);
        }
    sandwich(claim, layer, y, J);
}

/* ## The mean
 * $y\sim\mathcal N(0,\mu^*G)$. */
static enum status draw_terms(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct layer *layer = context;
    double y[MOST], mean = 0;

    (void)sample;
    stream_normals_scaled(stream, sqrt(layer->mu), (size_t)layer->B, y);
    for (int i = 0; i < layer->B; i++)
        mean += y[i] / layer->B;
    for (int i = 0; i < layer->B; i++)
        y[i] -= mean;
    four_terms(layer, y, 1, out);
    return STATUS_OK;
}

static void mean_of_terms(struct claim *claim, struct layer *layer)
{
    int B = layer->B, entries = B * B;
    struct response response = response_of(&layer->phi);
    struct brackets F;
    double *matrix = memory_doubles((size_t)entries * (size_t)entries), expected[MOST * MOST], y[MOST], scale = 0;
    struct moments moments[MOST * MOST];

    random_point(claim, layer, 1001, y);
    layer->mu =
        claim_value(claim, batchnorm_fixed_point(&layer->phi, B).mu).x * (claim_fault(claim, "twice_mu") ? 2 : 1);
    claim_need(claim, batchnorm_backward_brackets(&response, B, &F));
    ultrasymmetric_matrix(B, &F, matrix);
    operator_apply(B, matrix, layer->Lambda, expected);
    struct ensemble ensemble =
        claim_ensemble(claim, 99, (size_t)claim_integer(claim, "samples"), (size_t)entries, draw_terms, layer);
    claim_need(claim, ensemble_moments(&ensemble, moments));
    for (int i = 0; i < entries; i++)
        scale = fmax(scale, fabs(expected[i]));
    for (int i = 0; i < B; i++)
        for (int j = 0; j <= i; j++) {
            struct value sampled = moments_estimate(moments[i * B + j]);

            claim_case(claim, "B = %d, %s, entry (%d,%d)", B, layer->phi.name, i + 1, j + 1);
            check_zero(claim, "(52), samples",
                       value_sub(measured(expected[i * B + j], 1e-11 * scale, QUADRATURE), sampled), scale);
            claim_row(claim, NULL, i + 1, j + 1, expected[i * B + j], sampled.x, sampled.err[SAMPLING]);
        }
    memory_free(matrix);
}

static void layer_passes_back(struct claim *claim)
{
    static const int sizes[] = {3, 4, 5, 8, 16};
    static const char *const names[] = {"relu", "gelu", "exp", "x^3", "lrelu:0.2"};
    struct layer layer = {.B = (int)claim_integer(claim, "B")};

    claim_column(claim, "i", EXACT, "an index");
    claim_column(claim, "j", EXACT, "an index");
    claim_column(claim, "operator", ABSOLUTE(1e-9), "quadrature");
    claim_column(claim, "samples", SIGMAS(0.1), "the same draws: only rounding differs");
    claim_column(claim, "samples_err", RELATIVE(1e-3), "the same draws: only rounding differs");
    claim_need(claim, activation_find(claim_text(claim, "phi"), &layer.phi));
    if (activation_homogeneity(&layer.phi) <= 0.5)
        claim_refuse(claim, "phi = %s: a derivative with a second moment wanted", layer.phi.name);
    for (uint32_t draw = 0; draw < 10; draw++)
        jacobians(claim, &layer, draw);
    struct piecewise slope = activation_slope_piecewise(&layer.phi);
    if (!(sphere_tail(layer.B, &slope, 4) < (double)claim_integer(claim, "samples") / 200))
        claim_need(claim, activation_find("relu", &layer.phi));
    mean_of_terms(claim, &layer);
    for (int i = 0; i < 5; i++) {
        layer.B = sizes[i];
        claim_need(claim, activation_find(names[i], &layer.phi));
        for (uint32_t draw = 0; draw < 10; draw++)
            jacobians(claim, &layer, draw);
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("B", "batch size; sampled", 8, 8, MOST),
                           text("phi", "activation, beside relu, gelu, exp, x^3 and lrelu:0.2", "tanh"),
                           integer_by_scale("samples", "of y", 20000, 200000, 10000000, 10000, 1000000000)},
            .faults = {{"no_projection", "I in place of I - vv'", "G.3 G.4"},
                       {"radius_squared", "1/r^2 in place of 1/r in the Jacobians", "G.3 G.4"},
                       {"one_sign", "the last of the four terms with a plus", "four*"},
                       {"twice_mu", "samples with 2 mu in place of mu", "?52?*"}},
            .run = layer_passes_back,
        }));
}
