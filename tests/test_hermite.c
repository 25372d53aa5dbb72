// SPDX-License-Identifier: GPL-3.0-or-later
/* Hermite polynomials and expansions: recurrence against explicit forms, orthogonality and Mehler's formula by
 * quadrature, coefficients against closed forms with their stated errors. */
#include "assay_test.h"
#include <assay/numerics/hermite.h>
#include <float.h>
#include <math.h>

enum { KMAX = 200 };

TEST(polynomials_match_explicit_forms)
{
    for (double x = -4; x <= 4; x += 0.7) {
        CHECK_SAME(hermite(0, x), 1);
        CHECK_SAME(hermite(1, x), x);
        CHECK_ABSOLUTE(hermite(2, x), (x * x - 1) / sqrt(2), 20 * DBL_EPSILON);
        CHECK_ABSOLUTE(hermite(5, x), (pow(x, 5) - 10 * pow(x, 3) + 15 * x) / sqrt(120), 200 * DBL_EPSILON);
    }
}

/* References by mpmath at 30 digits. The recurrence picks up about sqrt(k) roundings. */
TEST(high_degrees_match_references)
{
    CHECK_RELATIVE(hermite(50, 3), 2.16777071044036933071355164339, 1e-14);
    CHECK_RELATIVE(hermite(200, 0.5), 0.176721979321247720186434623375, 1e-13);
    CHECK_RELATIVE(hermite(200, 20), 7.51202729603434700054456964122e+42, 1e-14);
    CHECK_RELATIVE(hermite(1000, 1.25), -0.0616807838497168133233676875195, 1e-12);
}

TEST(all_degrees_and_the_slope_agree_with_single_ones)
{
    double h[21];

    hermite_all(20, 1.7, h);
    for (int k = 0; k <= 20; k++) {
        double d = 1e-5, slope = (hermite(k, 1.7 + d) - hermite(k, 1.7 - d)) / (2 * d);

        CHECK_RELATIVE(h[k], hermite(k, 1.7), 20 * DBL_EPSILON);
        CHECK_ABSOLUTE(hermite_slope(k, 1.7), slope, 1e-8); // d^2 h'''/6 with h''' below 100
    }
}

TEST(series_by_clenshaw_is_the_sum)
{
    double c[31], h[31];

    for (double x = -3; x <= 3; x += 0.9) {
        double sum = 0, size = 0;

        hermite_all(30, x, h);
        for (int k = 0; k <= 30; k++) {
            c[k] = cos(3 * k) / (1 + k);
            sum += c[k] * h[k];
            size += fabs(c[k] * h[k]);
        }
        CHECK_ABSOLUTE(hermite_series(30, c, x), sum, 30 * DBL_EPSILON * size);
    }
    CHECK_SAME(hermite_series(0, c, 2.5), c[0]);
}

/* ## Orthogonality and Mehler */

struct degrees {
    int j, k;
};

static double two_hermites(double x, void *context)
{
    const struct degrees *d = context;

    return hermite(d->j, x) * hermite(d->k, x);
}

static double one_hermite(double x, void *context)
{
    return hermite(*(const int *)context, x);
}

TEST(polynomials_are_orthonormal)
{
    for (int j = 0; j <= 40; j += 5)
        for (int k = j; k <= 40; k += 5) {
            struct degrees degrees = {j, k};
            struct value v = gaussian_mean(&(struct piecewise){two_hermites, &degrees, 0, NULL});

            CHECK_ABSOLUTE(v.x, j == k, value_bound(v));
            CHECK_AT_MOST(value_bound(v), 1e-13);
        }
}

TEST(products_follow_mehler)
{
    const double rhos[] = {-0.99, -0.3, 0.7, 0.9999};

    for (int i = 0; i < 4; i++)
        for (int j = 1; j <= 7; j += 2)
            for (int k = j; k <= 7; k += 3) {
                struct value v = gaussian_product(&(struct piecewise){one_hermite, &j, 0, NULL},
                                                  &(struct piecewise){one_hermite, &k, 0, NULL}, rhos[i]);

                CHECK_ABSOLUTE(v.x, j == k ? pow(rhos[i], k) : 0, value_bound(v));
                CHECK_AT_MOST(value_bound(v), 2e-13);
            }
}

/* ## Expansions */

static double relu(double x, void *context)
{
    (void)context;
    return x > 0 ? x : 0;
}

static double exponential(double x, void *context)
{
    return exp(*(const double *)context * x);
}

static double error_function(double x, void *context)
{
    (void)context;
    return erf(x * M_SQRT1_2);
}

static double clipped(double x, void *context)
{
    (void)context;
    return fmax(-1, fmin(x, 1));
}

static double positive_root(double x, void *context)
{
    (void)context;
    return x > 0 ? sqrt(x) : 0;
}

/* Each coefficient within its error, which is at most bound. */
static void check_coefficients(const struct value c[], const double truth[], double bound)
{
    double worst = -1, error = 0;

    for (int k = 0; k <= KMAX; k++) {
        worst = fmax(worst, fabs(c[k].x - truth[k]) - value_bound(c[k]));
        error = fmax(error, value_bound(c[k]));
    }
    CHECK_AT_MOST(worst, 0);
    CHECK_AT_MOST(error, bound);
}

/* Integration by parts: c_k = h_{k-2}(0) / sqrt(2 pi k (k-1)) for k >= 2. */
TEST(relu_coefficients_are_known)
{
    static struct value c[KMAX + 1];
    double truth[KMAX + 1] = {1 / sqrt(2 * M_PI), 0.5}, kink = 0;

    for (int k = 2; k <= KMAX; k++)
        truth[k] = hermite(k - 2, 0) / sqrt(2 * M_PI * k * (k - 1));
    CHECK_INT(hermite_expand(&(struct piecewise){relu, NULL, 1, &kink}, KMAX, c), STATUS_OK);
    check_coefficients(c, truth, 1e-14);
}

TEST(exponential_coefficients_are_known)
{
    static struct value c[KMAX + 1];
    double truth[KMAX + 1], a = 2;

    for (int k = 0; k <= KMAX; k++)
        truth[k] = k ? truth[k - 1] * a / sqrt(k) : exp(a * a / 2);
    CHECK_INT(hermite_expand(&(struct piecewise){exponential, &a, 0, NULL}, KMAX, c), STATUS_OK);
    check_coefficients(c, truth, 2e-13 * exp(a * a)); // relative to the norm of f
}

/* The slope of erf(x / sqrt 2) is twice the density, under which h_m has mean (-1/2)^(m/2) (m-1)!! / sqrt(m!) / (2
 * sqrt(pi)). */
TEST(smooth_coefficients_are_known)
{
    static struct value c[KMAX + 1];
    double truth[KMAX + 1] = {0}, mean = 1 / sqrt(M_PI), norm = 0;

    for (int k = 1; k <= KMAX; k += 2) {
        truth[k] = mean / sqrt(k);
        mean *= -0.5 * sqrt(k / (k + 1.0));
    }
    CHECK_INT(hermite_expand(&(struct piecewise){error_function, NULL, 0, NULL}, KMAX, c), STATUS_OK);
    check_coefficients(c, truth, 1e-14);
    for (int k = 0; k <= KMAX; k++)
        norm += c[k].x * c[k].x;
    CHECK_RELATIVE(norm, 1.0 / 3,
                   1e-14); // Parseval: (1 + f)/2 is uniform on (0, 1), and the series has ended within 1e-60
}

/* The slope of the clipped identity is the indicator of (-1, 1): sqrt(k) c_k = (h_{k-2}(-1) phi(1) - h_{k-2}(1) phi(1))
 * / sqrt(k-1). */
TEST(two_kinks_are_resolved)
{
    static struct value c[KMAX + 1];
    const double kinks[] = {-1, 1};
    double truth[KMAX + 1] = {0, normal_cdf(1) - normal_cdf(-1)};

    for (int k = 2; k <= KMAX; k++)
        truth[k] = (hermite(k - 2, -1) - hermite(k - 2, 1)) * normal_density(1) / sqrt(k * (k - 1.0));
    CHECK_INT(hermite_expand(&(struct piecewise){clipped, NULL, 2, kinks}, KMAX, c), STATUS_OK);
    check_coefficients(c, truth, 2e-14);
}

/* The same without telling: slower, and within the stated errors all the same. */
TEST(an_undeclared_kink_is_found_or_admitted)
{
    static struct value c[KMAX + 1];
    double truth[KMAX + 1] = {1 / sqrt(2 * M_PI), 0.5};

    for (int k = 2; k <= KMAX; k++)
        truth[k] = hermite(k - 2, 0) / sqrt(2 * M_PI * k * (k - 1));
    CHECK_INT(hermite_expand(&(struct piecewise){relu, NULL, 0, NULL}, KMAX, c), STATUS_OK);
    check_coefficients(c, truth, 1e-12);
}

TEST(singular_kink_is_graded)
{
    static struct value c[KMAX + 1];
    double kink = 0, c0 = pow(2, -0.75) * tgamma(0.75) / sqrt(M_PI), c1 = pow(2, -0.25) * tgamma(1.25) / sqrt(M_PI);

    CHECK_INT(hermite_expand(&(struct piecewise){positive_root, NULL, 1, &kink}, KMAX, c), STATUS_OK);
    CHECK_ABSOLUTE(c[0].x, c0, value_bound(c[0]));
    CHECK_ABSOLUTE(c[1].x, c1, value_bound(c[1]));
    for (int k = 2; k <= KMAX; k += 33) {
        double degree_mean = gaussian_product(&(struct piecewise){positive_root, NULL, 1, &kink},
                                              &(struct piecewise){one_hermite, &k, 0, NULL}, 1)
                                 .x;

        CHECK_ABSOLUTE(c[k].x, degree_mean, 1e-13); // both are good to some 1e-14
        CHECK_AT_MOST(value_bound(c[k]), 2e-14);
    }
}

static double not_a_number(double x, void *context)
{
    (void)context;
    return log(x);
}

TEST(expansion_refuses_bad_input)
{
    static struct value c[KMAX + 1];

    CHECK_INT(hermite_expand(&(struct piecewise){relu, NULL, 0, NULL}, -1, c), STATUS_RANGE);
    CHECK_CONTAINS(status_reason(), "-1 given");
    CHECK_INT(hermite_expand(&(struct piecewise){not_a_number, NULL, 0, NULL}, 5, c), STATUS_RANGE);
    CHECK_CONTAINS(status_reason(), "not finite");
}
