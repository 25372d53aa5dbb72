/* # Theorem 3.3: for any activation a layer with batch normalisation is one integral over a sphere
 *
 * Yang et al. (2019), section 3.1, theorem 3.3. With $e$ any orthonormal basis of $\{x\in\mathbb R^B:\sum x=0\}$ as columns, $\Sigma_\square=e^T\Sigma e$, and $v$ uniform on the
 * unit sphere $S^{B-2}$,
 *
 * $$V_{B_\phi}(\Sigma)=\mathrm E_v\,\phi(\sqrt B\,ev)\,\phi(\sqrt B\,ev)^T\,K(v),\qquad K(v)=\frac1{\sqrt{\det\Sigma_\square}\,(v^T\Sigma_\square^{-1}v)^{(B-1)/2}}.$$
 *
 * $K$ is the density of the direction of $Gz$, $z\sim\mathcal N(0,\Sigma)$.
 *
 * **Checked.** $B=3$: the integral over the circle as printed; the density against a histogram of directions. $B=4$ and 5: product quadrature. All three
 * against Laplace's method, which knows no directions, for homogeneous activations, and against samples of $z$ for any. Larger $B$: uniform $v$ with weights $K$
 * against samples of $z$ with none. That bases rotated at random give the same.
 * **Tolerance.** Quadrature states its error; samples have a standard error.
 * **Could miss.** At $B\ge6$ anything below a percent.
 * **Found.** Holds as printed. */
#include <assay/base/memory.h>
#include <assay/evidence/entries.h>
#include <assay/meanfield/batchnorm_map.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/sphere.h>
#include <assay/random/haar.h>
#include <assay/random/wishart.h>
#include <math.h>
#include <stdlib.h>

enum { BINS = 36 };

/* The scale of $\Sigma$ is nothing to directions, but it is to $K$'s two factors. */
static void scale_up(int B, double S[])
{
    for (int i = 0; i < B * B; i++) {
        S[i] *= 3;
    }
}

/* ## The density in a basis of one's choice */
struct geometry {
    struct claim *claim;
    int B;
    double *e, *L; // B x (B-1); the lower factor of Sigma_square
    double root;   // of its determinant
};

static struct geometry geometry_of(struct claim *claim, int B, const double S[], struct stream *stream)
{
    int n = B - 1;
    size_t entries = (size_t)(B * B);
    struct geometry g = {claim, B, memory_doubles(entries), memory_doubles(entries), 1};
    double *basis = memory_doubles(4 * entries), *turn = basis + entries, *Se = basis + 2 * entries,
           *square = basis + 3 * entries;

    sphere_basis(B, basis);
    claim_need(claim, haar_orthogonal(stream, n, turn));
    linear_multiply(false, false, B, n, n, 1, basis, turn, 0, g.e);
    linear_multiply(false, false, B, n, B, 1, S, g.e, 0, Se);
    linear_multiply(true, false, n, n, B, 1, g.e, Se, 0, square);
    claim_need(claim, linear_cholesky(n, square, g.L));
    for (int i = 0; i < n; i++) {
        g.root *= g.L[i * (n + 1)];
    }
    memory_free(basis);
    return g;
}

static void geometry_free(struct geometry *g)
{
    memory_free(g->e);
    memory_free(g->L);
}

/* $K(v)$: with $Lx=v$, $v^T\Sigma_\square^{-1}v=\|x\|^2$. */
static double density(const struct geometry *g, const double v[])
{
    int n = g->B - 1;
    double *x = memory_copy((size_t)n, v);

    linear_solve_triangular(false, n, 1, g->L, x);
    double length = linear_norm(n, x), power = claim_fault(g->claim, "one_dimension_less") ? n - 1 : n;
    memory_free(x);
    return pow(length, -power) / (claim_fault(g->claim, "no_determinant") ? 1 : g->root);
}

/* ## $B=3$: the circle */
struct on_circle {
    const struct geometry *g;
    const struct piecewise *phi; // NULL: 1
    int i, j;
};

static double coordinate(const struct geometry *g, int i, double angle)
{
    return sqrt(3) * (g->e[2 * i] * cos(angle) + g->e[2 * i + 1] * sin(angle));
}

static double circle_integrand(double angle, void *context)
{
    const struct on_circle *c = context;
    double K = density(c->g, (double[]){cos(angle), sin(angle)}) / (2 * M_PI);

    if (!c->phi) {
        return K;
    }
    return K * c->phi->f(coordinate(c->g, c->i, angle), c->phi->context) *
           c->phi->f(coordinate(c->g, c->j, angle), c->phi->context);
}

static int increasing(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Split where $h_i$ or $h_j$ is at a kink: at an angle $\pm\arccos(\kappa/\sqrt2)$ from where it is largest. */
static struct value circle_mean(const struct on_circle *c)
{
    double points[64] = {0, M_PI_2, M_PI, 1.5 * M_PI, 2 * M_PI};
    int n = 5, distinct = 1;

    for (int k = 0; c->phi && k < 2 * c->phi->kinks; k++) {
        int sample = k % 2 ? c->j : c->i;
        double top = atan2(c->g->e[2 * sample + 1], c->g->e[2 * sample]), kink = c->phi->kink[k / 2] / sqrt(2);

        for (int sign = -1; sign <= 1 && fabs(kink) < 1; sign += 2) {
            points[n++] = fmod(top + sign * acos(kink) + 4 * M_PI, 2 * M_PI);
        }
    }
    qsort(points, (size_t)n, sizeof *points, increasing);
    for (int k = 1; k < n; k++) {
        if (points[k] - points[distinct - 1] > 1e-9) {
            points[distinct++] = points[k];
        }
    }
    points[distinct - 1] = 2 * M_PI;
    return integrate_pieces(circle_integrand, (void *)c, distinct, points, 1e-12);
}

static void circle(struct claim *claim, const char *name, const double S[])
{
    struct stream stream = claim_stream(claim, 1, 0);
    struct geometry g = geometry_of(claim, 3, S, &stream);
    struct activation phi;
    struct homogeneous h;
    double W[9], other[9];

    claim_need(claim, activation_find(name, &phi));
    struct response response = response_of(&phi);
    bool homogeneous = homogeneous_find(&phi, &h) == STATUS_OK;
    claim_case(claim, "%s, B = 3", name);
    check_equal(claim, "total", exact(1), claim_value(claim, circle_mean(&(struct on_circle){&g, NULL, 0, 0})));
    if (homogeneous) {
        claim_need(claim, batchnorm_map_laplace(&h, 3, S, W, other));
    } else {
        claim_need(claim, batchnorm_map_samples(&response, 3, S, &stream, claim_integer(claim, "samples"), W, other));
    }
    for (int k = 0; k < 9; k++) {
        struct on_circle c = {&g, &response.value, k / 3, k % 3};

        check_equal(claim, homogeneous ? "circle, Laplace" : "circle, samples", claim_value(claim, circle_mean(&c)),
                    measured(W[k], other[k], homogeneous ? QUADRATURE : SAMPLING));
    }
    geometry_free(&g);
}

/* The share of directions in each of 36 sectors, $\cos$ and $\sin$ of the angle being those of $e^Tz$. */
static void histogram(struct claim *claim, const double S[])
{
    struct stream stream = claim_stream(claim, 2, 0);
    struct geometry g = geometry_of(claim, 3, S, &stream);
    long samples = claim_integer(claim, "samples"), count[BINS] = {0};

    for (long k = 0; k < samples; k++) {
        double a = stream_normal(&stream), b = stream_normal(&stream);
        double x = g.L[0] * a, y = g.L[2] * a + g.L[3] * b, turns = atan2(y, x) / (2 * M_PI);

        count[(int)floor(BINS * (turns < 0 ? turns + 1 : turns)) % BINS]++;
    }
    for (int k = 0; k < BINS; k++) {
        struct on_circle c = {&g, NULL, 0, 0};
        double width = 2 * M_PI / BINS, share = (double)count[k] / (double)samples, middle = (k + 0.5) * width;
        struct value part = claim_value(claim, integrate(circle_integrand, &c, k * width, (k + 1) * width, 1e-12));
        double error = sqrt(part.x * fmax(1 - part.x, 0) / (double)samples);

        claim_case(claim, "sector %d of %d", k, BINS);
        check_equal(claim, "histogram", part, measured(share, error, SAMPLING));
        claim_row(claim, "directions", middle, 2 * M_PI * circle_integrand(middle, &c), share * BINS, error * BINS);
    }
    geometry_free(&g);
}

/* ## $B=4$ and 5: product quadrature */
static void product(struct claim *claim, const char *name, int B, long samples)
{
    double S[25], V[25], error[25], W[25], other[25];
    struct stream stream = claim_stream(claim, 3, (uint32_t)B);
    struct activation phi;
    struct homogeneous h;

    wishart(&stream, B, 3 * B, S);
    claim_need(claim, activation_find(name, &phi));
    struct response response = response_of(&phi);
    claim_need(claim, batchnorm_map_sphere(&response, B, S, V, error));
    struct entries claimed = {V, error, QUADRATURE};
    claim_case(claim, "%s, B = %d", name, B);
    if (homogeneous_find(&phi, &h) == STATUS_OK) {
        claim_need(claim, batchnorm_map_laplace(&h, B, S, W, other));
        check_entries(claim, "product, Laplace", (size_t)(B * B), claimed, (struct entries){W, other, QUADRATURE});
    } else {
        claim_need(claim, batchnorm_map_samples(&response, B, S, &stream, samples, W, other));
        check_entries(claim, "product, samples", (size_t)B + 1, claimed, (struct entries){W, other, SAMPLING});
    }
}

/* ## Any $B$: uniform directions, weighted */
struct weighted {
    const struct geometry *g;
    const struct piecewise *phi;
};

static enum status draw(struct stream *stream, size_t sample, double out[], const void *context)
{
    const struct weighted *w = context;
    int n = w->g->B - 1;
    double *v = memory_doubles((size_t)n), h[2];

    (void)sample;
    stream_normals(stream, (size_t)n, v);
    double length = linear_norm(n, v);
    for (int k = 0; k < n; k++) {
        v[k] /= length;
    }
    for (int i = 0; i < 2; i++) {
        h[i] = w->phi->f(sqrt(w->g->B) * linear_dot(n, w->g->e + i * n, v), w->phi->context);
    }
    double K = density(w->g, v);
    out[0] = K * h[0] * h[0];
    out[1] = K * h[0] * h[1];
    out[2] = K * h[1] * h[1];
    memory_free(v);
    return STATUS_OK;
}

/* $\Sigma$ is near $3I$, or weights would be rare and large; above degree 2 the samples that carry the mean are. */
static void uniform(struct claim *claim, const char *name, int B, long samples)
{
    double *S = memory_doubles((size_t)(3 * B * B)), *W = S + B * B, *other = S + 2 * B * B;
    struct stream stream = claim_stream(claim, 4, (uint32_t)B);
    struct activation phi;
    struct moments mean[3];

    wishart(&stream, B, 20 * B * B, S);
    scale_up(B, S);
    claim_need(claim, activation_find(name, &phi));
    struct response response = response_of(&phi);
    struct geometry g = geometry_of(claim, B, S, &stream);
    struct ensemble ensemble =
        claim_ensemble(claim, 5, (size_t)samples, 3, draw, &(struct weighted){&g, &response.value});
    claim_need(claim, ensemble_moments(&ensemble, mean));
    claim_need(claim, batchnorm_map_samples(&response, B, S, &stream, samples, W, other));
    claim_case(claim, "%s, B = %d, uniform directions", name, B);
    for (int k = 0; k < 3; k++) {
        int entry = k == 2 ? B + 1 : k;

        check_equal(claim, "weighted", moments_estimate(mean[k]), measured(W[entry], other[entry], SAMPLING));
    }
    geometry_free(&g);
    memory_free(S);
}

static bool degree_above_two(struct claim *claim, const char *name)
{
    struct activation phi;

    claim_need(claim, activation_find(name, &phi));
    return activation_homogeneity(&phi) > 2;
}

static void sphere_form(struct claim *claim)
{
    static const char *const names[] = {"id", "relu", "lrelu:0.3", "abs", "relu^2", "x^3", "tanh", "gelu"};
    const char *name = claim_text(claim, "phi");
    long samples = claim_integer(claim, "samples");
    struct stream stream = claim_stream(claim, 0, 0);
    double S[9];

    claim_labels(claim, "series");
    claim_column(claim, "angle", RELATIVE(1e-14), "a grid");
    claim_column(claim, "density", RELATIVE(1e-10), "a formula");
    claim_column(claim, "share", RELATIVE(1e-3), "counts; a draw may change its sector");
    claim_column(claim, "share_err", RELATIVE(1e-3), "a standard error");
    wishart(&stream, 3, 5, S);
    scale_up(3, S);
    histogram(claim, S);
    for (size_t i = 0; i < 1 + sizeof names / sizeof *names; i++) {
        const char *phi = i ? names[i - 1] : name;

        circle(claim, phi, S);
        product(claim, phi, 4, samples);
        product(claim, phi, 5, samples);
    }
    const char *mild = degree_above_two(claim, name) ? "relu" : name;
    uniform(claim, mild, (int)claim_integer(claim, "B"), samples);
    uniform(claim, mild, 16, samples);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {text("phi", "any activation", "tanh"),
                           integer("B", "batch size of the weighted samples", 8, 3, 100),
                           integer_by_scale("samples", "samples of each batch", 20000, 100000, 10000000, 1000,
                                            1000000000)},
            .faults = {{"one_dimension_less", "the exponent (B-2)/2 in place of (B-1)/2",
                        "total circle* histogram weighted"},
                       {"no_determinant", "the density without its determinant", "total circle* histogram weighted"}},
            .run = sphere_form,
        }));
}
