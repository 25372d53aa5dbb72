// SPDX-License-Identifier: GPL-3.0-or-later
/* Quadratic forms in Gegenbauer coefficients: whole sums by other routes, within the stated error whether the series has ended or not. */
#include "assay_test.h"
#include <assay/base/memory.h>
#include <assay/meanfield/response.h>
#include <assay/numerics/sphere.h>
#include <assay/numerics/zonal.h>
#include <math.h>

enum { LMAX = 200 };

static void find(const char *name, struct activation *phi, struct response *response)
{
    CHECK_INT(activation_find(name, phi), STATUS_OK);
    *response = response_of(phi);
}

/* E f(h_1) f(h_2) = sum f_l^2 R_l(-1/n). */
TEST(products_are_sums_of_ratios)
{
    const char *const names[] = {"tanh", "gelu", "relu", "selu", "relu^0.7", "exp", "h5"};
    double R[LMAX + 1];

    for (int i = 0; i < 7; i++) {
        for (int n = 3; n < 400; n = 3 * n + 1) {
            struct activation phi;
            struct response response;
            struct zonal zonal;

            find(names[i], &phi, &response);
            CHECK_INT(zonal_expand(n, &response.value, &response.slope, LMAX, &zonal), STATUS_OK);
            gegenbauer_ratios(LMAX, 0.5 * n - 1, -1.0 / n, R);
            double m = gegenbauer_ratio_bound(LMAX + 1, n, -1.0 / n);
            struct value sum = zonal_sum(&zonal, R, (struct zonal_tail){-m, m, false});
            struct value mean = sphere_product(n + 1, &response.value, &response.value);

            CHECK_ABSOLUTE(sum.x, mean.x, value_bound(sum) + value_bound(mean));
            CHECK_AT_MOST(value_bound(sum), 1e-5 * fmax(1, fabs(mean.x)));
            zonal_free(&zonal);
        }
    }
}

static double h2_square(double h, void *context)
{
    const struct piecewise *f = context;
    double y = h * f->f(h, f->context);

    return y * y;
}

/* E h^2 f^2 is tridiagonal: with a_l the recurrence's coefficients, n sum (a_l^2 + a_{l+1}^2) f_l^2 + 2 n a_{l+1} a_{l+2} f_l f_{l+2}. */
TEST(neighbours_enter)
{
    const char *const names[] = {"tanh", "relu", "softplus", "exp", "abs"};
    double g[LMAX + 1], u[LMAX + 1];

    for (int i = 0; i < 5; i++) {
        for (int n = 3; n < 400; n = 3 * n + 1) {
            struct activation phi;
            struct response response;
            struct zonal zonal;

            find(names[i], &phi, &response);
            struct piecewise square = {h2_square, &response.value, response.value.kinks, response.value.kink};
            CHECK_INT(zonal_expand(n, &response.value, NULL, LMAX, &zonal), STATUS_OK);
            for (int l = 0; l <= LMAX; l++) {
                double a[3];

                for (int k = 0; k < 3; k++) {
                    double m = l + k;

                    a[k] = m > 0 ? m * (m + n - 3) / ((2 * m + n - 2) * (2 * m + n - 4)) : 0;
                }
                g[l] = n * (a[0] + a[1]);
                u[l] = 2 * n * sqrt(a[1] * a[2]);
            }
            struct value sum =
                value_add(zonal_sum(&zonal, g, (struct zonal_tail){0, n, false}), zonal_sum_two_apart(&zonal, u, n));
            struct value mean = sphere_mean(n + 1, &square);

            CHECK_ABSOLUTE(sum.x, mean.x, value_bound(sum) + value_bound(mean));
            CHECK_AT_MOST(value_bound(sum), 1e-2 * mean.x);
            CHECK_SAME(zonal.slope_rest.x, INFINITY);
            zonal_free(&zonal);
        }
    }
}

/* n E (1 - v^2) phi'^2 for relu is half of that for the identity, n - 1; the rest beyond LMAX is the whole less the sum. */
TEST(rest_of_the_slope_is_known_for_relu)
{
    double g[LMAX + 1];

    for (int n = 3; n < 2000; n *= 3) {
        struct activation phi;
        struct response response;
        struct zonal zonal;

        find("relu", &phi, &response);
        CHECK_INT(zonal_expand(n, &response.value, &response.slope, LMAX, &zonal), STATUS_OK);
        for (int l = 0; l <= LMAX; l++) {
            g[l] = l * (l + n - 2.0);
        }
        CHECK_RELATIVE(zonal_sum(&zonal, g, (struct zonal_tail){1, 1, true}).x, 0.5 * (n - 1), 1e-12);
        CHECK_AT_LEAST(zonal.slope_rest.x, 1e-4);
        CHECK_AT_LEAST(zonal.rest.x, 1e-9);
        zonal_free(&zonal);
    }
}

/* E f^2 without knowing it. */
TEST(norms_are_extrapolated)
{
    const char *const names[] = {"tanh", "relu", "selu", "relu^0.7", "relu^1.5", "abs"};
    double one[LMAX + 1];

    for (int l = 0; l <= LMAX; l++) {
        one[l] = 1;
    }
    for (int i = 0; i < 6; i++) {
        for (int n = 3; n < 100; n = 2 * n + 1) {
            struct activation phi;
            struct response response;
            struct zonal zonal;

            find(names[i], &phi, &response);
            CHECK_INT(zonal_expand(n, &response.value, &response.slope, LMAX, &zonal), STATUS_OK);
            struct value norm = zonal_sum(&zonal, one, (struct zonal_tail){1, 1, false}),
                         sum = zonal_sum_extrapolated(&zonal, one);

            CHECK_ABSOLUTE(sum.x, norm.x, value_bound(sum) + value_bound(norm));
            CHECK_AT_MOST(value_bound(sum), 1e-4 * norm.x);
            zonal_free(&zonal);
        }
    }
}

TEST(coefficients_give_the_function_back)
{
    double f[LMAX + 1];

    for (int n = 3; n < 1000; n *= 5) {
        struct activation phi;
        struct response response;
        struct zonal zonal;

        find("sin", &phi, &response);
        CHECK_INT(zonal_expand(n, &response.value, &response.slope, LMAX, &zonal), STATUS_OK);
        for (int l = 0; l <= LMAX; l++) {
            f[l] = l <= 60 ? zonal.f[l].x : 0; // noise in later ones would grow towards the poles
        }
        for (double h = -1.5; h < 1.6; h += 0.3) {
            CHECK_ABSOLUTE(zonal_value(n, LMAX, f, h), sin(h), 1e-11);
            CHECK_ABSOLUTE(zonal_slope(n, LMAX, f, h), cos(h), 1e-10);
        }
        zonal_free(&zonal);
    }
    for (int l = 0; l < 8; l++) { // one degree is a ratio
        double one[9] = {0};

        one[l] = 1;
        CHECK_ABSOLUTE(zonal_value(9, 8, one, 1.2),
                       exp(0.5 * gegenbauer_log_dimension(l, 9)) * gegenbauer_ratio(l, 3.5, 0.4), 1e-13);
    }
}

TEST(bad_input_is_refused)
{
    struct activation phi;
    struct response response;
    struct zonal zonal;

    find("tanh", &phi, &response);
    CHECK_INT(zonal_expand(2, &response.value, NULL, 5, &zonal), STATUS_RANGE);
    zonal_free(&zonal);
    CHECK_INT(zonal_expand(5, &response.value, NULL, -1, &zonal), STATUS_RANGE);
    CHECK_CONTAINS(status_reason(), "5 and -1");
    zonal_free(&zonal);
}
