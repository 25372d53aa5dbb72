// SPDX-License-Identifier: GPL-3.0-or-later
/* Means over the sphere of normalised batches: against closed forms, Gaussian means, mpmath at 22 digits (two nested integrals over t_1 and
 * t_2 of another parametrisation), and the other coordinates written out. */
#include "assay_test.h"
#include <assay/numerics/sphere.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

static const int SIZES[] = {3, 4, 5, 6, 7, 10, 33, 100, 1000, 10000, 1000000};
enum { SIZE_COUNT = sizeof SIZES / sizeof *SIZES };

static const double ZERO[] = {0}, HALF[] = {-0.5};

/* The truth within the stated error, and that error at most tolerance times scale. */
static void check_near(struct value v, double truth, double slack, double tolerance, double scale)
{
    CHECK(value_ok(v));
    CHECK_ABSOLUTE(v.x, truth, value_bound(v) + slack);
    CHECK_AT_MOST(value_bound(v), tolerance * scale);
}

static double power(double x, void *context)
{
    return pow(x, *(const double *)context);
}

static double positive_power(double x, void *context)
{
    return x > 0 ? pow(x, *(const double *)context) : 0;
}

static double exponential(double x, void *context)
{
    return exp(*(const double *)context * x);
}

static double tangent(double x, void *context)
{
    return tanh(*(const double *)context * x);
}

static double gelu(double x, void *context)
{
    (void)context;
    return x * normal_cdf(x);
}

static double shifted_relu(double x, void *context)
{
    (void)context;
    return x > -0.5 ? x + 0.5 : 0;
}

/* E h^(2k) = (B-1)^k (1/2)_k / ((B-1)/2)_k. */
static double even_moment(int B, int k)
{
    double moment = 1;

    for (int i = 0; i < k; i++)
        moment *= (B - 1) * (0.5 + i) / (0.5 * (B - 1) + i);
    return moment;
}

/* E exp(s h) = 0F1(; (B-1)/2; (B-1) s^2 / 4). */
static double exponential_mean(int B, double square)
{
    double term = 1, sum = 1;

    for (int k = 0; k < 400; k++) {
        term *= 0.25 * (B - 1) * square / ((k + 1) * (0.5 * (B - 1) + k));
        sum += term;
    }
    return sum;
}

/* E (|Gz|^2 / (B-1))^(k/2) for z ~ N(0, I): what a homogeneous function gains when h is replaced by a Gaussian. */
static double radial_gain(int B, double k)
{
    double n = B - 1, gain = 1;

    if (fmod(k, 2) != 0 || k < 0)
        return sphere_radius_moment(B, 1 / n, k).x;
    for (int i = 0; i < k / 2; i++)
        gain *= (n + 2 * i) / n;
    return gain;
}

/* ## One coordinate */

TEST(mean_of_powers)
{
    for (int i = 0; i < SIZE_COUNT; i++)
        for (int k = 0; k <= 15; k++) {
            double degree = 2 * k, truth = even_moment(SIZES[i], k);

            check_near(sphere_mean(SIZES[i], &(struct piecewise){power, &degree, 0, NULL}), truth, 0, 1e-13, truth);
        }
}

TEST(mean_of_singular_powers)
{
    const double powers[] = {-0.4, 0.5, 1, 2.5};

    for (int i = 0; i < SIZE_COUNT; i++)
        for (int k = 0; k < 4; k++) {
            double p = powers[k], gauss = pow(2, p / 2 - 1) * tgamma((p + 1) / 2) / sqrt(M_PI);
            double truth = gauss / radial_gain(SIZES[i], p);

            check_near(sphere_mean(SIZES[i], &(struct piecewise){positive_power, &p, 1, ZERO}), truth, 0, 2e-13, truth);
        }
}

TEST(mean_of_exponentials)
{
    for (int i = 0; i < SIZE_COUNT; i++)
        for (double a = -6; a <= 6; a += 1.5) {
            double truth = exponential_mean(SIZES[i], a * a);

            check_near(sphere_mean(SIZES[i], &(struct piecewise){exponential, &a, 0, NULL}), truth, 4e-16 * truth,
                       1e-13, truth);
        }
}

TEST(tail_is_a_ratio_of_moments)
{
    double three = 3;
    struct piecewise cube = {power, &three, 0, NULL};

    for (int i = 0; i < SIZE_COUNT; i++)
        CHECK_RELATIVE(sphere_tail(SIZES[i], &cube, 2), even_moment(SIZES[i], 6) / pow(even_moment(SIZES[i], 3), 2),
                       1e-12);
}

TEST(mean_refuses)
{
    double one = 1;
    struct piecewise f = {power, &one, 0, NULL}, many = {power, &one, 11, NULL};

    CHECK(!value_ok(sphere_mean(2, &f)));
    CHECK_CONTAINS(status_reason(), "2 and 0 given");
    CHECK(!value_ok(sphere_mean(1000001, &f)));
    CHECK(!value_ok(sphere_mean(5, &many)));
}

/* ## Two coordinates */

struct powers {
    int n;
    int a[SPHERE_OUTPUTS], b[SPHERE_OUTPUTS];
};

static void monomials(double x, double y, double out[], void *context)
{
    const struct powers *p = context;

    for (int k = 0; k < p->n; k++)
        out[k] = pow(x, p->a[k]) * pow(y, p->b[k]);
}

/* E x^a y^b for standard normals of correlation c: Isserlis, by pairing the first x. */
static double normal_moment(int a, int b, double c)
{
    if (a < 0 || b < 0 || (a + b) % 2)
        return 0;
    if (a == 0)
        return b == 0 ? 1 : (b - 1) * normal_moment(0, b - 2, c);
    return (a > 1 ? (a - 1) * normal_moment(a - 2, b, c) : 0) + (b > 0 ? b * c * normal_moment(a - 1, b - 1, c) : 0);
}

TEST(pair_moments)
{
    struct powers p = {12, {0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 10, 15}, {0, 0, 1, 1, 2, 1, 3, 2, 5, 6, 4, 15}};
    struct value mean[SPHERE_OUTPUTS];

    for (int i = 0; i < SIZE_COUNT; i++) {
        int B = SIZES[i];

        CHECK_INT(sphere_pair_means(B, p.n, monomials, &p, 0, NULL, mean), STATUS_OK);
        for (int k = 0; k < p.n; k++) {
            int degree = p.a[k] + p.b[k];
            double truth = normal_moment(p.a[k], p.b[k], -1 / (B - 1.0)) / radial_gain(B, degree);

            check_near(mean[k], truth, (4 + degree) * DBL_EPSILON * fabs(truth), 3e-14,
                       even_moment(B, (degree + 1) / 2));
        }
    }
}

/* A product that is homogeneous is a Gaussian mean over a moment of the radius. */
static void check_homogeneous(int B, double degree, const struct piecewise *f)
{
    struct value product = sphere_product(B, f, f), gauss = gaussian_product(f, f, -1 / (B - 1.0));
    double gain = radial_gain(B, 2 * degree);

    check_near(product, gauss.x / gain, value_bound(gauss) / gain + 1e-14 * product.x, 1e-13, product.x);
}

TEST(products_of_rectified_powers)
{
    double powers[] = {-0.4, 0, 0.75, 1, 1.7, 2, 4};

    for (int i = 0; i < SIZE_COUNT; i++)
        for (int k = i % 2; k < 7; k += 2)
            check_homogeneous(SIZES[i], powers[k], &(struct piecewise){positive_power, &powers[k], 1, ZERO});
}

TEST(product_of_relu_is_the_arc_cosine_kernel)
{
    double one = 1;
    struct piecewise relu = {positive_power, &one, 1, ZERO};

    for (int i = 0; i < SIZE_COUNT; i++) {
        double c = -1 / (SIZES[i] - 1.0), kernel = (sqrt(1 - c * c) + (M_PI - acos(c)) * c) / M_PI;

        check_near(sphere_product(SIZES[i], &relu, &relu), kernel / 2, DBL_EPSILON, 1e-14, 1);
    }
}

/* relu^-0.45 squared is x^-0.9: nodes down to 1e-167 are needed. */
static void squares(double x, double y, double out[], void *context)
{
    double p = *(const double *)context;

    out[0] = x > 0 ? pow(x, 2 * p) : 0;
    out[1] = y > 0 ? pow(y, 2 * p) * x * x : 0;
}

TEST(powers_that_are_barely_integrable)
{
    double p = -0.45;
    struct value mean[2];

    for (int i = 0; i < SIZE_COUNT; i++) {
        double twice = 2 * p, gauss = pow(2, p - 1) * tgamma(p + 0.5) / sqrt(M_PI),
               truth = gauss / radial_gain(SIZES[i], twice);

        CHECK_INT(sphere_pair_means(SIZES[i], 2, squares, &p, 1, ZERO, mean), STATUS_OK);
        check_near(mean[0], truth, 1e-15 * truth, 5e-14, truth);
    }
}

TEST(products_of_exponentials)
{
    double a = 1.5, b = -0.75;
    struct piecewise f = {exponential, &a, 0, NULL}, g = {exponential, &b, 0, NULL};

    for (int i = 0; i < SIZE_COUNT; i++) {
        double c = -1 / (SIZES[i] - 1.0), truth = exponential_mean(SIZES[i], a * a + b * b + 2 * a * b * c);

        check_near(sphere_product(SIZES[i], &f, &g), truth, 4 * DBL_EPSILON * truth, 3e-14, truth);
        double same = exponential_mean(SIZES[i], 2 * a * a * (1 + c));
        check_near(sphere_product(SIZES[i], &f, &f), same, 4 * DBL_EPSILON * same, 3e-14, same);
    }
}

TEST(growth_is_followed_into_the_outer_shells)
{
    for (double a = 3; a <= 12; a += 3) {
        struct piecewise f = {exponential, &a, 0, NULL};
        double truth = exponential_mean(1000, 2 * a * a * (1 - 1 / 999.0));

        check_near(sphere_product(1000, &f, &f), truth, 1e-13 * truth, 2e-13, truth);
    }
}

TEST(products_known_from_mpmath)
{
    const struct {
        int B;
        double tanh, gelu, shifted, steep;
    } known[] = {
        {5, -0.103893686900657915, 0.0119679112351343215, 0.374551311495703007, -0.153351593375160478},
        {10, -0.0429845786589740482, 0.0482752682495869345, 0.437117241594430694, -0.0661417698070376803},
        {100, -0.00372299421131496277, 0.076657438163714095, 0.482395150205021107, -0.00591237769697293773},
    };
    double one = 1, three = 3;
    struct piecewise f[] = {
        {tangent, &one, 0, NULL}, {gelu, NULL, 0, NULL}, {shifted_relu, NULL, 1, HALF}, {tangent, &three, 0, NULL}};

    for (int i = 0; i < 3; i++) {
        const double truth[] = {known[i].tanh, known[i].gelu, known[i].shifted, known[i].steep};

        for (int k = 0; k < 4; k++)
            check_near(sphere_product(known[i].B, &f[k], &f[k]), truth[k], 0, 2e-14, 1);
    }
}

/* ## Rings and angles share nothing but the integrand */

static double one_product(double x, double y, void *context)
{
    const struct piecewise *f = context;

    return f->f(x, f->context) * f->f(y, f->context);
}

TEST(angles_agree_with_rings)
{
    double one = 1, half = 0.75;
    const double kink[] = {-0.5};
    struct piecewise f[] = {{tangent, &one, 0, NULL},         {gelu, NULL, 0, NULL},
                            {shifted_relu, NULL, 1, kink},    {positive_power, &one, 1, ZERO},
                            {positive_power, &half, 1, ZERO}, {exponential, &one, 0, NULL}};

    for (int i = 1; i < SIZE_COUNT; i++)
        for (int k = 0; k < 6; k++) {
            if (k == 4 && i > 2)
                continue;
            struct value angles = sphere_angles_integral(SIZES[i], one_product, &f[k], f[k].kinks, f[k].kink);
            struct value mean = value_scale((SIZES[i] - 3) / (2 * M_PI), angles),
                         rings = sphere_product(SIZES[i], &f[k], &f[k]);

            CHECK_ABSOLUTE(mean.x, rings.x, value_tolerance(mean, rings, 0));
            CHECK_AT_MOST(value_bound(mean), 1e-11);
        }
    CHECK(!value_ok(sphere_angles_integral(3, one_product, &f[0], 0, NULL)));
}

/* ## The other coordinates */

/* B = 4: two coordinates leave two points. B = 5: they leave a circle, on which three points average squares and products exactly. */
TEST(rest_is_known_for_small_batches)
{
    for (double x = -1.2; x < 1.3; x += 0.3)
        for (double y = -0.7; y < 0.8; y += 0.2) {
            struct sphere_rest three = sphere_rest(3, x, y), four = sphere_rest(4, x, y), five = sphere_rest(5, x, y);
            double m = -(x + y) / 2, d = sqrt((4 - x * x - y * y) / 2 - m * m), square = 0, product = 0;

            CHECK_ABSOLUTE(three.mean, -(x + y), 1e-15);
            CHECK_ABSOLUTE(three.square, (x + y) * (x + y), 1e-15);
            CHECK(isnan(three.product));
            CHECK_ABSOLUTE(four.mean, m, 1e-15);
            CHECK_ABSOLUTE(four.square, ((m + d) * (m + d) + (m - d) * (m - d)) / 2, 2e-15);
            CHECK_ABSOLUTE(four.product, (m + d) * (m - d), 2e-15);
            m = -(x + y) / 3;
            d = sqrt((5 - x * x - y * y - 3 * m * m) * 2 / 3);
            for (int i = 0; i < 3; i++) {
                double third = m + d * cos(0.4 + 2 * M_PI * i / 3), fourth = m + d * cos(0.4 + 2 * M_PI * (i + 1) / 3);

                square += third * third / 3;
                product += (third * fourth + fourth * third) / 6;
            }
            CHECK_ABSOLUTE(five.mean, m, 1e-15);
            CHECK_ABSOLUTE(five.square, square, 2e-15);
            CHECK_ABSOLUTE(five.product, product, 2e-15);
        }
}

static void with_rest(double x, double y, double out[], void *context)
{
    struct sphere_rest rest = sphere_rest(*(const int *)context, x, y);

    out[0] = rest.mean;
    out[1] = rest.square;
    out[2] = rest.product;
    out[3] = x * rest.mean;
    out[4] = x * x * rest.square;
    out[5] = x * y * rest.product;
}

TEST(rest_has_the_moments_of_any_coordinate)
{
    for (int i = 1; i < SIZE_COUNT; i++) {
        int B = SIZES[i];
        double c = -1 / (B - 1.0), gain = (B + 1) / (B - 1.0); // E (r^2 / (B-1))^2
        double truth[] = {0, 1, c, c, (1 + 2 * c * c) / gain, 3 * c * c / gain};
        struct value mean[6];

        CHECK_INT(sphere_pair_means(B, 6, with_rest, &B, 0, NULL, mean), STATUS_OK);
        for (int k = 0; k < 6; k++)
            CHECK_ABSOLUTE(mean[k].x, truth[k], value_bound(mean[k]) + 2e-15 + 2e-16 * (k == 5 ? 1 : 0));
    }
}

/* h_1^2 h_3 h_4 and h_1 h_2 h_3^2, by exchange of coordinates moments of two others; even |h_1| h_3 h_4, with a kink. */
static double fourfold(const double h[4], void *context)
{
    int which = *(const int *)context;

    return which == 0 ? h[0] * h[0] * h[2] * h[3] : which == 1 ? h[0] * h[1] * h[2] * h[2] : fabs(h[0]) * h[2] * h[3];
}

static void conditional(double x, double y, double out[], void *context)
{
    struct sphere_rest rest = sphere_rest(*(const int *)context, x, y);

    out[0] = fabs(x) * rest.product;
}

TEST(four_angles_know_the_moments)
{
    for (int i = 3; i < SIZE_COUNT - 1; i++) {
        int B = SIZES[i];
        double c = -1 / (B - 1.0), gain = (B + 1) / (B - 1.0), constant = (B - 5.0) * (B - 3.0) / (4 * M_PI * M_PI);
        double truth = (c + 2 * c * c) / gain; // E h_1^2 h_2 h_3
        struct value kinked;

        for (int which = 0; which < 2; which++) {
            struct value v = value_scale(constant, sphere_four_angles_integral(B, fourfold, &which, 0, NULL));

            CHECK_ABSOLUTE(v.x, truth, value_bound(v) + 1e-13 * fabs(truth));
            CHECK_AT_MOST(value_bound(v), 1e-12);
        }
        int which = 2;
        struct value v = value_scale(constant, sphere_four_angles_integral(B, fourfold, &which, 1, ZERO));
        CHECK_INT(sphere_pair_means(B, 1, conditional, &B, 1, ZERO, &kinked), STATUS_OK);
        CHECK_ABSOLUTE(v.x, kinked.x, value_tolerance(v, kinked, 0) + 1e-14 * fabs(v.x));
    }
    CHECK(!value_ok(sphere_four_angles_integral(5, fourfold, NULL, 0, NULL)));
}

/* ## Errors, limits and input */

static void steep(double x, double y, double out[], void *context)
{
    double gain = *(const double *)context;

    out[0] = tanh(gain * x) * tanh(gain * y);
    out[1] = fabs(gain * x) < 40 ? 1 / (1 + gain * gain * x * x) : 0;
}

/* A kink that is not declared: slow, and the error says so. */
TEST(errors_cover_a_kink_that_was_not_declared)
{
    double one = 1;
    struct piecewise relu = {positive_power, &one, 0, NULL};

    for (int i = 1; i < SIZE_COUNT; i++) {
        struct value v = sphere_product(SIZES[i], &relu, &relu);
        double c = -1 / (SIZES[i] - 1.0), kernel = (sqrt(1 - c * c) + (M_PI - acos(c)) * c) / M_PI;

        CHECK_ABSOLUTE(v.x, kernel / 2, value_bound(v));
        CHECK_AT_MOST(value_bound(v), 1e-5);
    }
}

/* A nearly singular function: what more nodes would give, from the declared kink, lies within the error. */
TEST(errors_cover_steep_functions)
{
    for (double gain = 2; gain < 40; gain *= 2)
        for (int i = 1; i < 8; i++) {
            struct value without[2], with[2];

            CHECK_INT(sphere_pair_means(SIZES[i], 2, steep, &gain, 0, NULL, without), STATUS_OK);
            CHECK_INT(sphere_pair_means(SIZES[i], 2, steep, &gain, 1, ZERO, with), STATUS_OK);
            for (int k = 0; k < 2; k++)
                CHECK_ABSOLUTE(without[k].x, with[k].x, value_tolerance(without[k], with[k], 0));
            CHECK_AT_MOST(value_bound(without[0]), 1e-12);
        }
}

static void not_finite(double x, double y, double out[], void *context)
{
    (void)context;
    out[0] = sqrt(x + y);
}

TEST(pair_means_refuse)
{
    struct powers p = {1, {1}, {1}};
    double kink[11] = {0};
    struct value mean[SPHERE_OUTPUTS];

    CHECK_INT(sphere_pair_means(2, 1, monomials, &p, 0, NULL, mean), STATUS_RANGE);
    CHECK_CONTAINS(status_reason(), "2, 1 and 0 given");
    CHECK_INT(sphere_pair_means(1000001, 1, monomials, &p, 0, NULL, mean), STATUS_RANGE);
    CHECK_INT(sphere_pair_means(5, 17, monomials, &p, 0, NULL, mean), STATUS_RANGE);
    CHECK_INT(sphere_pair_means(5, 0, monomials, &p, 0, NULL, mean), STATUS_RANGE);
    CHECK_INT(sphere_pair_means(5, 1, monomials, &p, 11, kink, mean), STATUS_RANGE);
    CHECK_INT(sphere_pair_means(5, 1, not_finite, NULL, 0, NULL, mean), STATUS_CONVERGENCE);
    CHECK(!value_ok(mean[0]));
    CHECK_CONTAINS(status_reason(), "not finite");
}

/* Kinks that are not there, anywhere, change nothing. */
TEST(needless_kinks_are_harmless)
{
    double a = 0.8;
    const double kink[] = {-2.5, -1, 0, 1e-9, 0.3, 0.3, 1, 1.9999999, 2, 7};
    struct piecewise plain = {tangent, &a, 0, NULL}, cut = {tangent, &a, 10, kink};

    for (int i = 0; i < SIZE_COUNT; i++) {
        struct value v = sphere_product(SIZES[i], &plain, &plain), w = sphere_product(SIZES[i], &cut, &plain);

        CHECK_ABSOLUTE(w.x, v.x, value_tolerance(v, w, 0));
        CHECK_AT_MOST(value_bound(w), 3e-14);
    }
}

/* ## Radius and basis */

TEST(radius_moments)
{
    for (int i = 0; i < SIZE_COUNT; i++) {
        double n = SIZES[i] - 1;

        CHECK_RELATIVE(sphere_radius_moment(SIZES[i], 0.7, 2).x, 0.7 * n, 1e-14);
        CHECK_RELATIVE(sphere_radius_moment(SIZES[i], 0.7, 4).x, 0.49 * n * (n + 2), 1e-14);
        if (n > 2)
            CHECK_RELATIVE(sphere_radius_moment(SIZES[i], 0.7, -2).x, 1 / (0.7 * (n - 2)), 2e-14);
        CHECK_SAME(sphere_radius_moment(SIZES[i], 0.7, 0).x, 1);
        CHECK_SAME(sphere_radius_moment(SIZES[i], 0.7, -n).x, INFINITY);
    }
    CHECK_RELATIVE(sphere_radius_moment(4, 1.3, -0.5).x, 0.805439280735763503, 4e-15);
    CHECK_RELATIVE(sphere_radius_moment(5, 0.2, 3.7).x, 0.915250909178445042, 4e-15);
    CHECK_RELATIVE(sphere_radius_moment(1000, 1.3, -7.25).x, 5.25822427122083596e-12, 1e-14);
    CHECK_RELATIVE(sphere_radius_moment(10000, 2, 11.5).x, 5.39335011219331999e+24, 2e-14);
    CHECK(!value_ok(sphere_radius_moment(1, 1, 1)));
    CHECK(!value_ok(sphere_radius_moment(5, 0, 1)));
}

TEST(basis_is_orthonormal_and_triangular)
{
    for (int B = 2; B <= 9; B++) {
        double e[9 * 8];

        sphere_basis(B, e);
        for (int a = 0; a < B - 1; a++) {
            double sum = 0;

            for (int row = 0; row < B; row++)
                sum += e[row * (B - 1) + a];
            CHECK_ABSOLUTE(sum, 0, 1e-15);
            CHECK(a == 0 || e[(a - 1) * (B - 1) + a] == 0);
            for (int b = 0; b < B - 1; b++) {
                double dot = 0;

                for (int row = 0; row < B; row++)
                    dot += e[row * (B - 1) + a] * e[row * (B - 1) + b];
                CHECK_ABSOLUTE(dot, a == b, 1e-15);
            }
        }
        CHECK_RELATIVE(e[0], -sqrt((B - 1.0) / B), 1e-15);
    }
}
