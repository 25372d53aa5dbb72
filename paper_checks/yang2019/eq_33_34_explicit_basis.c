/* # Equations (33) and (34): a triangular basis that hides all but four angles
 *
 * Yang et al. (2019), appendix E.3, definition E.26, fact E.27, equations (33) and (34). The columns
 *
 * $$(m(m+1))^{-1/2}(0,\dots,0,-m,1,\dots,1)^T,\qquad m=B-1,\dots,1,$$
 *
 * form a matrix $\mathbf e$ whose image is that of $G=I-\frac1B\mathbf 1\mathbf 1^T$. With $v_1=\cos\theta_1$,
 * $v_2=\sin\theta_1\cos\theta_2$, ... the first coordinates of $\mathbf ev$ depend on few angles:
 *
 * $$(\mathbf ev)_1=-\sqrt{\tfrac{B-1}B}\cos\theta_1,\qquad(\mathbf ev)_2=\frac{\cos\theta_1}{\sqrt{B(B-1)}}-\sqrt{\tfrac{B-2}{B-1}}\sin\theta_1\cos\theta_2,$$
 *
 * and $(\mathbf ev)_3$, $(\mathbf ev)_4$ likewise. In these coordinates
 *
 * $$dx=r^{B-2}\sin^{B-3}\theta_1\cdots\sin\theta_{B-3}\,dr\,d\theta,\qquad\mathbb E_vF=\tfrac12\pi^{(1-B)/2}\Gamma\big(\tfrac{B-1}2\big)\int F\,\sin^{B-3}\theta_1\cdots\sin\theta_{B-3}\,d\theta.$$
 *
 * **Checked.** $\mathbf e^T\mathbf e=I$ and $\mathbf e\mathbf e^T=G$, entry by entry. The four coordinates, as printed, against the product of the
 * matrix with $v$, at random angles. The volume element against the determinant of finite differences of $x(r,\theta)$. The constant of the mean with
 * quadrature of every angle, for $F=1$, $v_1^2$ and $v_1^2v_2^2$, whose means on a sphere are known.
 * **Tolerance.** Rounding of a closed form; finite differences at two steps, the smaller of which states the error; quadrature states its own.
 * **Could miss.** Nothing in (33) and (34). Means of functions of more than two coordinates: lemma E.35's program.
 * **Found.** Holds, with the coefficients of $(\mathbf ev)_3$ and $(\mathbf ev)_4$ continued from the basis: the text at hand has lost them. */
#include <assay/base/memory.h>
#include <assay/evidence/claim.h>
#include <assay/numerics/linear.h>
#include <assay/numerics/sphere.h>
#include <float.h>
#include <math.h>

enum { WIDEST = 100, DRAWN = 16 };

/* ## The basis
 * (33) as printed, column by column. */
static void basis(struct claim *claim, int B, double e[])
{
    for (int m = B - 1; m >= 1; m--) {
        double norm = claim_fault(claim, "neighbour") ? sqrt(m * (m - 1.0) + 2) : sqrt(m * (m + 1.0));

        for (int row = 0; row < B; row++) {
            int column = B - 1 - m;

            e[row * (B - 1) + column] = (row < column ? 0 : row == column ? -m : 1) / norm;
        }
    }
}

static void orthonormal(struct claim *claim, int B, const double e[])
{
    double *gram = memory_doubles((size_t)(B * B));

    linear_multiply(true, false, B - 1, B - 1, B, 1, e, e, 0, gram);
    for (int i = 0; i < B - 1; i++)
        for (int j = 0; j <= i; j++)
            check_zero(claim, "orthonormal",
                       measured(gram[i * (B - 1) + j] - (i == j), (2 + B / 2.0) * DBL_EPSILON, ROUNDING), 1);
    linear_multiply(false, true, B, B, B - 1, 1, e, e, 0, gram);
    for (int i = 0; i < B; i++)
        for (int j = 0; j <= i; j++)
            check_zero(claim, "image of G",
                       measured(gram[i * B + j] - (i == j) + 1.0 / B, (2 + B / 2.0) * DBL_EPSILON, ROUNDING), 1);
    memory_free(gram);
}

/* ## Coordinates
 * (34), and $v$ from definition E.26. */
static void polar(int B, const double theta[], double v[])
{
    double sines = 1;

    for (int i = 0; i < B - 2; i++) {
        v[i] = sines * cos(theta[i]);
        sines *= sin(theta[i]);
    }
    v[B - 2] = sines;
}

static double printed_coordinate(struct claim *claim, int B, int i, const double theta[])
{
    double sines = 1, sum = 0;

    for (int j = 1; j < i; j++) {
        sum += sines * cos(theta[j - 1]) / sqrt((B - j) * (B - j + 1.0));
        sines *= sin(theta[j - 1]);
    }
    double last = claim_fault(claim, "row_shifted") ? (B - i - 1.0) / (B - i) : (B - i) / (B - i + 1.0);
    return sum - sqrt(last) * sines * cos(theta[i - 1]);
}

static void random_angles(struct claim *claim, int B, uint32_t draw, double theta[])
{
    struct stream stream = claim_stream(claim, (uint32_t)B, draw);

    stream_uniforms(&stream, (size_t)(B - 2), theta);
    for (int i = 0; i < B - 2; i++)
        theta[i] *= i < B - 3 ? M_PI : 2 * M_PI;
}

static void coordinates(struct claim *claim, int B, const double e[])
{
    double theta[WIDEST], v[WIDEST];

    for (uint32_t draw = 0; draw < 10; draw++) {
        random_angles(claim, B, draw, theta);
        polar(B, theta, v);
        for (int i = 1; i <= 4 && i <= B - 2; i++) {
            struct value printed = exact(printed_coordinate(claim, B, i, theta));
            struct value product = exact(linear_dot(B - 1, &e[(i - 1) * (B - 1)], v));

            claim_case(claim, "B = %d, (ev)_%d, draw %u", B, i, draw);
            check_zero(claim, "coordinates",
                       value_with(value_sub(printed, product), (10 + B / 2.0) * DBL_EPSILON, ROUNDING), 0.1);
        }
    }
}

/* ## The volume element
 * The determinant of $\partial x/\partial(r,\theta)$ as the product of singular values, by central differences of the fourth order. */
static double determinant(int B, double r, const double theta[], double step)
{
    static const double weights[] = {1.0 / 12, -8.0 / 12, 8.0 / 12, -1.0 / 12};
    int n = B - 1;
    double *J = memory_doubles((size_t)(n * n)), moved[WIDEST], v[WIDEST], s[WIDEST], product = 1;

    for (int column = 0; column < n; column++)
        for (int k = 0; k < 4; k++) {
            double shift = step * (k < 2 ? k - 2 : k - 1), radius = column == 0 ? r + shift : r;

            for (int i = 0; i < B - 2; i++)
                moved[i] = theta[i] + (column == i + 1 ? shift : 0);
            polar(B, moved, v);
            for (int row = 0; row < n; row++)
                J[row * n + column] += weights[k] * radius * v[row] / step;
        }
    linear_singular_values(n, n, J, s);
    for (int i = 0; i < n; i++)
        product *= s[i];
    memory_free(J);
    return product;
}

static void volume(struct claim *claim, int B)
{
    double theta[WIDEST];

    for (uint32_t draw = 0; draw < 5; draw++) {
        random_angles(claim, B, draw, theta);
        double r = 0.5 + draw, printed = pow(r, B - 2);
        for (int i = 0; i < B - 3; i++)
            printed *= pow(sin(theta[i]), B - 3 - i + claim_fault(claim, "sine_too_many"));
        double coarse = determinant(B, r, theta, 4e-3), fine = determinant(B, r, theta, 2e-3), scale = pow(r, B - 2);
        claim_case(claim, "B = %d, draw %u", B, draw);
        check_equal(claim, "volume element", rounded(printed, 4.0 * B),
                    measured(fine, fabs(fine - coarse) + 1e-12 * scale, QUADRATURE));
    }
}

/* ## The mean
 * $\int\sin^j\theta\cos^k\theta\,d\theta$ of every angle by quadrature, times the constant. */
struct powers {
    int sine, cosine;
};

static double power_integrand(double theta, void *context)
{
    const struct powers *p = context;

    return pow(sin(theta), p->sine) * pow(cos(theta), p->cosine);
}

/* The mean of $v_1^av_2^b$: each angle carries the sines of the element and of the coordinates behind it. */
static struct value mean_of_powers(struct claim *claim, int B, int a, int b)
{
    double gamma = (claim_fault(claim, "whole_space") ? B : B - 1) / 2.0;
    struct value mean = rounded(0.5 * pow(M_PI, (1 - B) / 2.0) * tgamma(gamma), 20 + B);

    for (int i = 1; i <= B - 2; i++) {
        struct powers p = {B - 2 - i + (i == 1 ? b : 0), i == 1 ? a : i == 2 ? b : 0};
        double points[] = {0, M_PI_2, M_PI, 2 * M_PI};

        mean = value_mul(mean,
                         claim_value(claim, integrate_pieces(power_integrand, &p, i == B - 2 ? 4 : 3, points, 1e-14)));
    }
    return mean;
}

static void means(struct claim *claim, int B)
{
    double n = B - 1;

    claim_case(claim, "B = %d", B);
    check_equal(claim, "mean", mean_of_powers(claim, B, 0, 0), exact(1));
    check_equal(claim, "mean", mean_of_powers(claim, B, 2, 0), rounded(1 / n, 1));
    check_equal(claim, "mean", mean_of_powers(claim, B, 2, 2), rounded(1 / (n * (n + 2)), 3));
}

static void at_batch_size(struct claim *claim, int B)
{
    double *e = memory_doubles((size_t)(B * (B - 1)));

    basis(claim, B, e);
    claim_case(claim, "B = %d", B);
    orthonormal(claim, B, e);
    coordinates(claim, B, e);
    means(claim, B);
    if (B <= 10)
        volume(claim, B);
    memory_free(e);
}

static void explicit_basis(struct claim *claim)
{
    static const int sizes[] = {4, 5, 6, 7, 8, 10, 16, 33};
    int drawn = (int)fmin(DRAWN, (double)claim_integer(claim, "B"));
    double e[DRAWN * DRAWN];

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        at_batch_size(claim, sizes[i]);
    at_batch_size(claim, (int)claim_integer(claim, "B"));
    claim_column(claim, "row", EXACT, "an index");
    claim_column(claim, "column", EXACT, "an index");
    claim_column(claim, "entry", RELATIVE(1e-15), "a closed form");
    basis(claim, drawn, e);
    for (int row = 0; row < drawn; row++)
        for (int column = 0; column < drawn - 1; column++)
            claim_row(claim, NULL, row + 1, column + 1, e[row * (drawn - 1) + column]);
}

int main(int argc, char **argv)
{
    return claim_main(
        argc, argv,
        (&(struct claim_spec){
            .parameters = {integer("B", "one more batch size; its basis is drawn (to 16)", 10, 4, WIDEST)},
            .faults = {{"neighbour", "m(m-1)+2 in place of m(m+1): right for m = 1 only",
                        "orthonormal image* coordinates"},
                       {"row_shifted", "(B-i-1)/(B-i) in place of (B-i)/(B-i+1) in (34)", "coordinates"},
                       {"sine_too_many", "one power of each sine too many", "volume*"},
                       {"whole_space", "Gamma(B/2), as for the sphere of R^B", "mean"}},
            .run = explicit_basis,
        }));
}
