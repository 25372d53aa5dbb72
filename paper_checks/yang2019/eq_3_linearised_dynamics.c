/* # Equation (3): near its fixed point a network without normalisation forgets at two rates
 *
 * Yang et al. (2019), section 3. Near $\Sigma^*=q^*[(1-c^*)I+c^*11^T]$ the map $\Sigma\mapsto\sigma_w^2V_\phi(\Sigma)+\sigma_b^211^T$ is $\Delta\Sigma^l=J\{\Delta\Sigma^{l-1}\}$. $J$ is diagonal-off-diagonal semidirect:
 * each diagonal entry depends on itself only, each other one on itself and its two diagonal ones. So it has two eigenspaces, with the eigenvalues of
 * Schoenholz et al. (2016), and is stable if both are below 1,
 *
 * $$u=\sigma_w^2\,\mathrm E[\phi'(\sqrt{q^*}x)^2+\phi(\sqrt{q^*}x)\,\phi''(\sqrt{q^*}x)],\qquad w=\sigma_w^2\,\mathrm E\,\phi'(\sqrt{q^*}x)\phi'(\sqrt{q^*}y),\quad\operatorname{corr}(x,y)=c^*;$$
 *
 * and $\Sigma^l$ approaches $\Sigma^*$ over $-1/\log\lambda_1$ layers, $\lambda_1=\max(u,w)$.
 *
 * **Checked.** The Jacobian of the batch's map by differences, entry by entry, as a matrix on symmetric matrices: LAPACK's eigenvalues, $B$ times $u$ and $B(B-1)/2$ times $w$, with $u$ as
 * $\mathrm E\,x\phi\phi'/\sqrt{q^*}$ by quadrature (kinks need no $\phi''$) and $w$ from one mean; and which entries
 * vanish. The decay of a perturbation from layer to layer, along the diagonal and off it, against $u$ and $w$.
 * **Tolerance.** Extrapolated differences state their error, LAPACK multiplies it by the eigenvalue's condition. The decay over layers is
 * extrapolated from two sizes of the perturbation; what that changed is allowed.
 * **Could miss.** Fixed points with $c^*$ next to 1, which are refused: the map is not smooth there.
 * **Found.** Holds. At the chaotic fixed points tried $w$ is the larger one: correlations settle last. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/meanfield/response.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/ultrasymmetric.h>
#include <float.h>
#include <math.h>
#include <string.h>

enum { LARGEST = 8, ENTRIES = LARGEST * LARGEST, COORDINATES = LARGEST * (LARGEST + 1) / 2, KEPT = 128 };

struct remembered {
    double p, q, s;
    struct value mean;
};

struct memory {
    struct remembered kept[KEPT];
    int next;
};

struct layer {
    struct activation phi;
    double weight2, bias2, q, c;
    struct memory *memory;
};

/* ## One entry of the map */
struct means {
    struct affine_activation x, y;
    struct response f, g;
};

static void open_means(struct means *m, const struct layer *layer, double p, double q)
{
    m->x = (struct affine_activation){layer->phi, sqrt(p), 0, {0}};
    m->y = (struct affine_activation){layer->phi, sqrt(q), 0, {0}};
    m->f = response_affine(&m->x);
    m->g = response_affine(&m->y);
}

static struct value entry(const struct layer *layer, double p, double q, double s)
{
    struct means m;

    open_means(&m, layer, p, q);
    return value_add(
        value_scale(layer->weight2, gaussian_product(&m.f.value, &m.g.value, fmax(-1, fmin(1, s / sqrt(p * q))))),
        exact(layer->bias2));
}

/* The map of a batch. Entries with the same two variances and covariance are the same mean, whatever their place and the call: the last ones are kept,
 * which saves most quadratures. */
static double map(const struct layer *layer, int B, const double S[], double out[])
{
    struct memory *memory = layer->memory;
    double error = 0;

    for (int i = 0; i < B; i++) {
        for (int j = 0; j <= i; j++) {
            double p = fmin(S[i * B + i], S[j * B + j]), q = fmax(S[i * B + i], S[j * B + j]),
                   s = i == j ? p : S[i * B + j];
            int k = 0;

            while (k < KEPT && !(memory->kept[k].p == p && memory->kept[k].q == q && memory->kept[k].s == s)) {
                k++;
            }
            if (k == KEPT) {
                k = memory->next++ % KEPT;
                memory->kept[k] = (struct remembered){p, q, s, entry(layer, p, q, s)};
            }
            out[i * B + j] = out[j * B + i] = memory->kept[k].mean.x;
            error = fmax(error, value_error(memory->kept[k].mean));
        }
    }
    return error;
}

/* ## The fixed point, from two samples */
static double accelerated(double a, double b, double c)
{
    double bend = (c - b) - (b - a);

    return fabs(bend) > 1e-3 * fabs(c - b) && fabs(c - b) < 0.1 * fabs(c) ? c - (c - b) * (c - b) / bend : c;
}

/* Twice the map, then Aitken's extrapolation of both numbers; it has settled when a step of the map itself changes nothing. */
static void find_fixed_point(struct claim *claim, struct layer *layer)
{
    double S[4] = {1, 0.3, 0.3, 1}, T[4], next[4], change = 1;

    for (int l = 0; l < 400 && change > 1e-15; l += 2) {
        map(layer, 2, S, T);
        map(layer, 2, T, next);
        change = (fabs(T[0] - S[0]) + fabs(T[1] - S[1])) / fabs(T[0]);
        for (int k = 0; k < 4; k++) {
            S[k] = change > 1e-14 ? accelerated(S[k], T[k], next[k]) : next[k];
        }
    }
    layer->q = S[0];
    layer->c = S[1] / S[0];
    if (!(change < 1e-13) || !(layer->q > 1e-6) || layer->c > 0.995) {
        claim_refuse(claim,
                     "phi = %s, sigma_w2 = %g, sigma_b2 = %g: no fixed point with c* < 0.995 reached in 400 layers (q "
                     "= %.4g, c = %.6g)",
                     layer->phi.name, layer->weight2, layer->bias2, layer->q, layer->c);
    }
}

/* ## The two eigenvalues */
static double times_slope(double x, void *context)
{
    const struct layer *layer = context;

    return x * activation_value(&layer->phi, sqrt(layer->q) * x) * activation_slope(&layer->phi, sqrt(layer->q) * x);
}

/* $u=\sigma_w^2\frac{d}{dq}\mathrm E\phi(\sqrt qx)^2$. */
static struct value printed_u(struct claim *claim, struct layer *layer)
{
    struct means m;
    open_means(&m, layer, layer->q, layer->q);
    struct piecewise product = m.f.value;

    product.f = times_slope;
    product.context = layer;
    double factor = claim_fault(claim, "no_curvature") ? 0 : layer->weight2 / sqrt(layer->q);
    if (claim_fault(claim, "no_curvature")) { // E phi'^2 alone, the term phi phi'' forgotten
        return value_scale(layer->weight2 / layer->q, gaussian_product(&m.f.slope, &m.f.slope, 1));
    }
    return value_scale(factor, claim_value(claim, gaussian_mean(&product)));
}

static struct value printed_w(struct claim *claim, const struct layer *layer)
{
    struct means m;

    open_means(&m, layer, layer->q, layer->q);
    // the response's slope is that of phi(sqrt(q) x) in x
    struct value mean = claim_value(
        claim, gaussian_product(&m.f.slope, &m.g.slope, claim_fault(claim, "equal_samples") ? 1 : layer->c));
    return value_scale(layer->weight2 / layer->q, mean);
}

/* ## The Jacobian by differences
 * Along one direction: central differences at h, h/2, h/4, extrapolated; returns the error of an entry. */
static double derivative(const struct layer *layer, int B, const double direction[], double out[])
{
    double S[ENTRIES], V[ENTRIES], d[3][ENTRIES], h = 0.04 * layer->q * (1 - layer->c), error = 0;

    for (int level = 0; level < 3; level++, h /= 2) {
        memset(d[level], 0, sizeof d[level]);
        for (int side = -1; side <= 1; side += 2) {
            shape_bsb1(B, layer->q, layer->c * layer->q, S);
            linear_axpy(B * B, side * h, direction, S);
            double noise = map(layer, B, S, V);
            linear_axpy(B * B, side / (2 * h), V, d[level]);
            error = fmax(error, 4 * (noise + 4 * DBL_EPSILON * layer->q) / h);
        }
    }
    double change = 0;
    for (int k = 0; k < B * B; k++) {
        double first = (4 * d[1][k] - d[0][k]) / 3, second = (4 * d[2][k] - d[1][k]) / 3;

        out[k] = (16 * second - first) / 15;
        change = fmax(change, fabs(out[k] - second));
    }
    return error + change;
}

static void jacobian(struct claim *claim, const struct layer *layer, int B, struct value u, struct value w)
{
    int n = B * (B + 1) / 2, column = 0, at_u = 0, at_w = 0;
    double J[COORDINATES * COORDINATES], direction[ENTRIES], image[ENTRIES], re[COORDINATES], im[COORDINATES],
        error[COORDINATES], noise = 0, foreign = 0;

    for (int i = 0; i < B; i++) {
        for (int j = 0; j <= i; j++, column++) {
            memset(direction, 0, sizeof direction);
            direction[i * B + j] = direction[j * B + i] = 1;
            noise = fmax(noise, derivative(layer, B, direction, image));
            for (int a = 0, row = 0; a < B; a++) {
                for (int b = 0; b <= a; b++, row++) {
                    bool own = a == i && b == j, diagonal = i == j && (a == i || b == i);

                    J[row * n + column] = image[a * B + b];
                    foreign = fmax(foreign, own || diagonal ? 0 : fabs(image[a * B + b]));
                }
            }
        }
    }
    check_zero(claim, "entries that vanish", measured(foreign, noise, QUADRATURE), w.x);
    claim_need(claim, linear_general_eigen(n, J, re, im, error));
    double amplified = noise / (DBL_EPSILON * linear_norm(n * n, J)); // the errors are those of J, not of rounding it
    for (int k = 0; k < n; k++) {
        double near = fmin(amplified * error[k], fabs(u.x - w.x) / 4);

        at_u += hypot(re[k] - u.x, im[k]) <= near + value_error(u);
        at_w += hypot(re[k] - w.x, im[k]) <= near + value_error(w);
    }
    check_equal(claim, "u, multiplicity", exact(B), exact(at_u));
    check_equal(claim, "w, multiplicity", exact(B * (B - 1) / 2), exact(at_w));
    memset(direction, 0, sizeof direction);
    direction[0] = 1;
    noise = derivative(layer, B, direction, image);
    check_equal(claim, "u", u, measured(image[0], noise, QUADRATURE));
    direction[0] = 0;
    direction[1] = direction[B] = 1;
    noise = derivative(layer, B, direction, image);
    check_equal(claim, "w", w, measured(image[1], noise, QUADRATURE));
}

/* ## Decay over layers
 * From one layer to the next a perturbation of a covariance alone shrinks by $w$, one of all variances, with correlations kept as they follow, by $u$; the
 * ratio tends to them like $1+O(\Delta)$, so it is taken at two sizes and extrapolated. */
static struct value ratio_after(const struct layer *layer, const double start[4], int layers, int which)
{
    double S[2][4], ratio[2], delta = 0.01 * layer->q * (1 - layer->c);

    for (int size = 0; size < 2; size++, delta /= 2) {
        double before = 0, after = 0, fixed[4];

        shape_bsb1(2, layer->q, layer->c * layer->q, fixed);
        for (int k = 0; k < 4; k++) {
            S[0][k] = fixed[k] + delta * start[k];
        }
        for (int l = 0; l < layers; l++) {
            before = S[l % 2][which] - fixed[which];
            map(layer, 2, S[l % 2], S[(l + 1) % 2]);
            after = S[(l + 1) % 2][which] - fixed[which];
        }
        ratio[size] = after / before;
    }
    return measured(2 * ratio[1] - ratio[0], fabs(ratio[1] - ratio[0]), FINITE_SIZE);
}

static void decay(struct claim *claim, const struct layer *layer, struct value u, struct value w)
{
    static const double off[4] = {0, 1, 1, 0}, diagonal[4] = {1, 0, 0, 1};
    bool one_more = claim_fault(claim, "second_layer");

    struct value off_ratio = ratio_after(layer, off, 3, 1), diagonal_ratio = ratio_after(layer, diagonal, 3, 0);
    check_rate(claim, "decay off the diagonal", one_more ? value_mul(w, w) : w,
               value_with(off_ratio, 1e-9 / fmax(0.01, w.x * w.x), QUADRATURE));
    check_rate(claim, "decay on the diagonal", one_more ? value_mul(u, u) : u,
               value_with(diagonal_ratio, 1e-9 / fmax(0.01, u.x * u.x), QUADRATURE));
}

/* ## The figure: a random start, layer by layer */
static void tabulate(struct claim *claim, const struct layer *layer, double lambda)
{
    double S[2][4] = {{1.3 * layer->q, 0.2 * layer->q, 0.2 * layer->q, 0.8 * layer->q}}, first = 0;

    for (int l = 0; l <= 60; l++) {
        double distance = 0, fixed[4];

        shape_bsb1(2, layer->q, layer->c * layer->q, fixed);
        for (int k = 0; k < 4; k++) {
            distance = hypot(distance, S[l % 2][k] - fixed[k]);
        }
        first = l == 0 ? distance : first;
        if (distance < 1e-9 * first) {
            break;
        }
        claim_row(claim, NULL, l, distance, pow(lambda, l));
        map(layer, 2, S[l % 2], S[(l + 1) % 2]);
    }
}

static void at_layer(struct claim *claim, const char *name, double weight2, double bias2, int B, bool chosen)
{
    struct memory memory = {.next = 0};
    struct layer layer = {.weight2 = weight2, .bias2 = bias2, .memory = &memory};

    claim_need(claim, activation_find(name, &layer.phi));
    find_fixed_point(claim, &layer);
    struct value u = printed_u(claim, &layer), w = printed_w(claim, &layer);
    claim_case(claim, "phi = %s, sigma_w^2 = %g, sigma_b^2 = %g, B = %d", name, weight2, bias2, B);
    if (fabs(u.x - w.x) < 1e-3) {
        claim_refuse(claim, "phi = %s: u = %.6g and w = %.6g are too near each other to be told apart", name, u.x, w.x);
    }
    jacobian(claim, &layer, B, u, w);
    decay(claim, &layer, u, w);
    check_at_most(claim, "stable", u.x > w.x ? u : w, exact(1));
    if (chosen) {
        tabulate(claim, &layer, fmax(u.x, w.x));
    }
}

static void equation(struct claim *claim)
{
    claim_column(claim, "layer", EXACT, "a number");
    claim_column(claim, "distance", RELATIVE(1e-4), "quadrature less a fixed point, to 1e-9 of the start");
    claim_column(claim, "power", RELATIVE(1e-9), "quadrature");
    at_layer(claim, claim_text(claim, "phi"), claim_real(claim, "sigma_w2"), claim_real(claim, "sigma_b2"),
             (int)claim_integer(claim, "B"), true);
    if (claim_scale(claim) != SCALE_SMOKE) {
        at_layer(claim, "erf", 6, 0.1, 6, false);
        at_layer(claim, "sin", 3, 0.2, 4, false);
        at_layer(claim, "tanh", 4, 0.01, 2, false);
    }
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "activation", "tanh"),
                           real("sigma_w2", "variance of weights times width", 6, 0.01, 100),
                           real("sigma_b2", "variance of biases", 0.1, 0, 100),
                           integer("B", "batch size", 5, 2, LARGEST)},
            .faults = {{"no_curvature", "E phi'^2 in place of E (phi'^2 + phi phi'')", "u u,* decay?on* stable"},
                       {"equal_samples", "w at correlation 1", "w w,* decay?off* stable"},
                       {"second_layer", "squares of the rates", "decay*"}},
            .run = equation,
        }));
}
