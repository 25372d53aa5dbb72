// SPDX-License-Identifier: GPL-3.0-or-later
/* Positive-homogeneous activations: what the activation table says, two-dimensional Gaussian quadrature, finite differences, scaling. */
#include "assay_test.h"
#include <assay/meanfield/arccosine.h>
#include <assay/meanfield/covariance.h>
#include <assay/meanfield/homogeneous.h>
#include <math.h>
#include <string.h>

static const char *const all[] = {"id",       "relu",     "lrelu:0.2", "lrelu:-0.7", "abs",
                                  "relu^0.7", "relu^1.5", "relu^2",    "relu^99.5",  "x^1",
                                  "x^2",      "x^3",      "x^6",       "h1",         NULL};

static struct homogeneous find(const char *name, struct activation *phi)
{
    struct homogeneous h = {0, 0, 0};

    CHECK(activation_find(name, phi) == STATUS_OK);
    CHECK(homogeneous_find(phi, &h) == STATUS_OK);
    return h;
}

TEST(values_and_slopes_are_the_activations)
{
    for (const char *const *name = all; *name; name++) {
        struct activation phi;
        struct homogeneous h = find(*name, &phi), d = homogeneous_derivative(&h);

        for (double x = -2; x < 2.1; x += 0.25) {
            CHECK_ABSOLUTE(homogeneous_value(&h, x), activation_value(&phi, x),
                           1e-14 * fabs(activation_value(&phi, x)));
            if (x != 0) {
                CHECK_ABSOLUTE(homogeneous_slope(&h, x), activation_slope(&phi, x),
                               1e-14 * fabs(activation_slope(&phi, x)));
                CHECK_ABSOLUTE(homogeneous_value(&d, x), homogeneous_slope(&h, x),
                               1e-14 * fabs(homogeneous_slope(&h, x)));
            }
        }
        CHECK_INT(homogeneous_piecewise(&h).kinks, activation_piecewise(&phi).kinks);
        CHECK_SAME(homogeneous_slope_piecewise(&h).f(1.5, &h), homogeneous_slope(&h, 1.5));
    }
}

/* The table's own covariances, closed forms of another make for id, lrelu, abs and monomials. */
TEST(kernel_is_the_covariance)
{
    for (const char *const *name = all; *name; name++) {
        struct activation phi;
        struct homogeneous h = find(*name, &phi);
        struct value norm2 = arccosine_norm2(h.alpha);

        for (double c = -1; c < 1.01; c += 0.125) {
            struct value J = value_mul(norm2, homogeneous_kernel(&h, c)), C = covariance(&phi, c);
            struct value slope = value_mul(norm2, homogeneous_kernel_slope(&h, c)), C1 = covariance_slope(&phi, c);
            struct value curvature = value_mul(norm2, homogeneous_kernel_curvature(&h, c)),
                         C2 = covariance_curvature(&phi, c);

            CHECK_ABSOLUTE(J.x, C.x, value_tolerance(J, C, 0));
            CHECK_AT_MOST(value_error(J), 1e-10 * activation_norm2(&phi).x);
            CHECK_ABSOLUTE(slope.x, C1.x, value_tolerance(slope, C1, 0));
            if (isfinite(C2.x))
                CHECK_ABSOLUTE(curvature.x, C2.x, value_tolerance(curvature, C2, 0));
        }
    }
    struct homogeneous id = {1, 1, 1}, cube = {3, 1, 1};
    CHECK_SAME(homogeneous_kernel(&id, 1e-9).x, 2e-9); // no cancellation
    CHECK_RELATIVE(homogeneous_kernel(&cube, 1e-9).x, 2 * 9e-9 / 15, 1e-14);
}

TEST(mixtures_by_quadrature)
{
    static const struct homogeneous mixture[] = {
        {1.7, 1, 0.3}, {2, 1, -0.3}, {0.6, -0.4, 1.2}, {1, 0.5, 2}, {3, 1, 0.9}};

    for (int i = 0; i < 5; i++) {
        struct homogeneous h = mixture[i];
        struct piecewise f = homogeneous_piecewise(&h);

        for (double c = -0.9; c < 1; c += 0.6) {
            struct value J = value_mul(arccosine_norm2(h.alpha), homogeneous_kernel(&h, c)),
                         q = gaussian_product(&f, &f, c);

            CHECK_ABSOLUTE(J.x, q.x, value_tolerance(J, q, 0));
        }
    }
}

static const double S[9] = {1.2, 0.4, -0.3, 0.4, 0.7, 0.2, -0.3, 0.2, 2.1};

/* V(D S D) = D^alpha V(S) D^alpha; V may be S; zero variances give zeros. */
TEST(moments_scale)
{
    static const struct homogeneous some[] = {{1, 1, 0}, {1.7, 1, 0.4}, {0.6, 1, -1}};
    static const double d[3] = {0.5, 2, 3};

    for (int k = 0; k < 3; k++) {
        double V[9], scaled[9], zero[9] = {0};

        CHECK(homogeneous_moments(&some[k], 3, S, V) == STATUS_OK);
        for (int i = 0; i < 9; i++)
            scaled[i] = d[i / 3] * d[i % 3] * S[i];
        CHECK(homogeneous_moments(&some[k], 3, scaled, scaled) == STATUS_OK);
        for (int i = 0; i < 9; i++)
            CHECK_RELATIVE(scaled[i], pow(d[i / 3] * d[i % 3], some[k].alpha) * V[i], 1e-13);
        zero[0] = 1;
        CHECK(homogeneous_moments(&some[k], 3, zero, zero) == STATUS_OK);
        CHECK_SAME(zero[4], 0);
        CHECK_SAME(zero[1], 0);
    }
    struct homogeneous relu = {1, 1, 0};
    double V[9];
    CHECK(homogeneous_moments(&relu, 3, S, V) == STATUS_OK);
    CHECK_RELATIVE(V[0], 0.6, 1e-15);
}

TEST(derivative_matches_differences)
{
    static const struct homogeneous some[] = {{1, 1, 0}, {1.7, 1, 0.4}, {0.6, 1, -1}, {3, 1, 1}};
    static const double dS[9] = {0.3, -0.2, 0.5, -0.2, 0.4, 0.1, 0.5, 0.1, -0.6};
    const double step = 1e-4;

    for (int k = 0; k < 4; k++) {
        double up[9], down[9], dV[9];

        for (int i = 0; i < 9; i++) {
            up[i] = S[i] + step * dS[i];
            down[i] = S[i] - step * dS[i];
        }
        CHECK(homogeneous_moments(&some[k], 3, up, up) == STATUS_OK &&
              homogeneous_moments(&some[k], 3, down, down) == STATUS_OK);
        CHECK(homogeneous_moments_along(&some[k], 3, S, dS, dV) == STATUS_OK);
        for (int i = 0; i < 9; i++)
            CHECK_ABSOLUTE(dV[i], (up[i] - down[i]) / (2 * step), 3e-7);
    }
}

TEST(what_is_refused)
{
    static const char *const not [] = {"tanh", "relu^0", "relu^-0.3", "h0", "h2", "exp", NULL};
    struct homogeneous h, relu = {1, 1, 0};
    struct activation phi;
    double bad[4] = {1, 0, 0, -1}, out[4];

    for (const char *const *name = not ; *name; name++) {
        CHECK(activation_find(*name, &phi) == STATUS_OK);
        CHECK(homogeneous_find(&phi, &h) == STATUS_RANGE);
        CHECK_CONTAINS(status_reason(), "homogeneous");
    }
    CHECK(homogeneous_moments(&relu, 2, bad, out) == STATUS_RANGE);
    bad[3] = 0;
    CHECK(homogeneous_moments_along(&relu, 2, bad, bad, out) == STATUS_RANGE);
    CHECK(isnan(homogeneous_kernel(&relu, 1.5).x));
}

TEST(by_name_and_degree)
{
    struct activation phi;
    struct homogeneous h;

    CHECK_INT(homogeneous_within("relu^1.5", 1, 2, &phi, &h), STATUS_OK);
    CHECK_SAME(h.alpha, 1.5);
    CHECK_TEXT(phi.name, "relu^1.5");
    CHECK_INT(homogeneous_within("relu^1.5", 1.6, 2, &phi, &h), STATUS_RANGE);
    CHECK_INT(homogeneous_within("relu^1.5", 1, 1.4, &phi, &h), STATUS_RANGE);
    CHECK_INT(homogeneous_within("tanh", 0, 9, &phi, &h), STATUS_RANGE);
    CHECK_INT(homogeneous_within("nothing", 0, 9, &phi, &h), STATUS_RANGE);
    CHECK_CONTAINS(status_reason(), "nothing");
    for (const char *const *name = homogeneous_names(); *name != NULL; name++)
        CHECK_INT(homogeneous_within(*name, 0.6, 12, &phi, &h), STATUS_OK);
}
