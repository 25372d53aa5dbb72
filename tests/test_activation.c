// SPDX-License-Identifier: GPL-3.0-or-later
/* The table of activations: jets against finite differences, symmetries, tails, names, Hermite coefficients by two
 * routes. */
#include "assay_test.h"
#include <assay/meanfield/activation.h>
#include <assay/numerics/hermite.h>
#include <float.h>
#include <math.h>
#include <string.h>

/* The examples of the table and the corners of its parameters. */
static const char *const all[] = {"id",     "relu",     "lrelu:0.1", "abs",      "relu^2",   "tanh",     "sigmoid",
                                  "erf",    "sin",      "gelu",      "silu",     "softplus", "elu",      "selu",
                                  "exp",    "bump",     "x^3",       "h5",       "relu^0",   "relu^0.5", "relu^-0.25",
                                  "relu^3", "lrelu:-2", "lrelu:1",   "lrelu:-1", "x^1",      "x^2",      "x^30",
                                  "h0",     "h1",       "h12",       NULL};

static struct activation find(const char *name)
{
    struct activation phi = {.kind = NULL};

    CHECK(activation_find(name, &phi) == STATUS_OK);
    return phi;
}

TEST(every_name_of_the_table_is_found)
{
    int n = 0;

    for (const char *const *name = activation_names(); *name; name++, n++)
        CHECK_TEXT(find(*name).name, *name);
    CHECK_INT(n, 18);
    CHECK_SAME(find("lrelu:-0.25").parameter, -0.25);
    CHECK_SAME(find("relu^1.5e0").parameter, 1.5);
    CHECK_SAME(find("h200").parameter, 200);
    CHECK_SAME(find("tanh").parameter, 0);
}

TEST(a_parameter_given_as_a_number_keeps_all_its_bits)
{
    struct activation phi;

    CHECK(activation_with("lrelu:", 1.0 / 3, &phi) == STATUS_OK);
    CHECK_SAME(phi.parameter, 1.0 / 3);
    CHECK_TEXT(phi.name, "lrelu:0.333333333");
    CHECK(activation_with("lrelu:", NAN, &phi) == STATUS_RANGE);
    CHECK(activation_with("relu^", -0.5, &phi) == STATUS_RANGE);
}

TEST(bad_names_are_refused_with_a_list)
{
    static const char *const bad[] = {
        "",          "relu^",    "h",        "x^",       "lrelu:", "lrelu",
        "lrelu:abc", "lrelu:1x", "relu^2 ",  " relu",    "Relu",   "h-1",
        "h+3",       "h2.5",     "x^2.0",    "relu2",    "hx",     "lrelu:nan",
        "relu^0x1",  "tanh:1",   "lrelu: 1", "lrelu:1-", "x^3 ",   "lrelu:0.10000000000000000001",
        NULL};
    struct activation phi;

    for (const char *const *name = bad; *name; name++) {
        CHECK(activation_find(*name, &phi) == STATUS_RANGE);
        CHECK_CONTAINS(status_reason(), "softplus");
    }
}

TEST(parameters_out_of_range_are_refused_with_the_range)
{
    static const char *const bad[] = {"relu^-0.5", "relu^100", "h201", "x^0", "x^31", "lrelu:1e999", NULL};
    static const char *const range[] = {"-0.5", "100", "200", "1 to 30", "30", "finite"};
    struct activation phi;

    for (int i = 0; bad[i]; i++) {
        CHECK(activation_find(bad[i], &phi) == STATUS_RANGE);
        CHECK_CONTAINS(status_reason(), range[i]);
    }
}

/* A central difference of step h is off by h^2 f'''/6 and by the rounding of f over h: 1e-5 of the scale at most,
 * except that the smooth functions here have third derivatives up to 1e3 times their size (x^30): hence 1e-6
 * relative. */
TEST(slopes_and_curvatures_are_derivatives)
{
    const double h = 1e-5;

    for (const char *const *name = all; *name; name++) {
        struct activation phi = find(*name);

        for (double x = -2.95; x < 3; x += 0.2) { // 0.05 away from the kink at least
            double slope = (activation_value(&phi, x + h) - activation_value(&phi, x - h)) / (2 * h);
            double curvature = (activation_slope(&phi, x + h) - activation_slope(&phi, x - h)) / (2 * h);
            double scale = 1 + fabs(activation_value(&phi, x)) + fabs(activation_slope(&phi, x));

            CHECK_ABSOLUTE(activation_slope(&phi, x), slope, 1e-6 * scale);
            CHECK_ABSOLUTE(activation_curvature(&phi, x), curvature, 1e-6 * (scale + fabs(curvature)));
        }
    }
}

TEST(derivatives_at_a_kink_are_the_right_ones)
{
    static const char *const name[] = {"relu", "abs", "lrelu:0.3", "elu", "relu^1", "relu^2", "relu^0"};
    static const double slope[] = {1, 1, 1, 1, 1, 0, 0};

    for (int i = 0; i < 7; i++) {
        struct activation phi = find(name[i]);

        CHECK_SAME(activation_slope(&phi, 0), slope[i]);
    }
    struct activation step = find("relu^0"), selu = find("selu");
    CHECK_SAME(activation_value(&step, 0), 1);
    CHECK_SAME(activation_value(&step, -DBL_MIN), 0);
    CHECK_RELATIVE(activation_slope(&selu, 0), 1.0507009873554805, DBL_EPSILON);
}

/* A listed kink shows as a jump of phi, phi' or phi''; elsewhere they are continuous. */
TEST(kinks_are_where_they_are_listed)
{
    const double h = 1e-9;

    for (const char *const *name = all; *name; name++) {
        struct activation phi = find(*name);
        const double *kink;
        int kinks = activation_kinks(&phi, &kink);
        double jump = fabs(activation_value(&phi, h) - activation_value(&phi, -h)) +
                      fabs(activation_slope(&phi, h) - activation_slope(&phi, -h)) +
                      fabs(activation_curvature(&phi, h) - activation_curvature(&phi, -h));

        CHECK(kinks == 0 || (kinks == 1 && kink[0] == 0));
        CHECK(kinks ? jump > 0.1 || strcmp(*name, "relu^3") == 0 : jump < 1e-6);
    }
}

TEST(parity_and_homogeneity_hold_and_are_not_overlooked)
{
    for (const char *const *name = all; *name; name++) {
        struct activation phi = find(*name);
        double alpha = activation_homogeneity(&phi);
        int parity = activation_parity(&phi);
        bool even = true, odd = true, homogeneous = true;

        for (double x = -2.5; x < 3; x += 0.7) {
            double y = activation_value(&phi, x), mirrored = activation_value(&phi, -x);

            even = even && mirrored == y;
            odd = odd && mirrored == -y;
            // 1e-12: pow, and the recurrence of h1, round
            homogeneous = homogeneous &&
                          fabs(activation_value(&phi, 3 * x) - pow(3, alpha) * y) <= 1e-12 * fabs(pow(3, alpha) * y);
        }
        CHECK_INT(parity, even ? 1 : odd ? -1 : 0);
        CHECK(isnan(alpha) || homogeneous);
    }
    struct activation phi = find("lrelu:0.25");
    CHECK_SAME(activation_homogeneity(&phi), 1);
    phi = find("relu^1.5");
    CHECK_SAME(activation_homogeneity(&phi), 1.5);
    phi = find("tanh");
    CHECK(isnan(activation_homogeneity(&phi)));
}

TEST(arrays_get_the_bits_of_scalars)
{
    enum { N = 37 };
    double x[N], y[N], slope[N];

    for (const char *const *name = all; *name; name++) {
        struct activation phi = find(*name);

        for (int i = 0; i < N; i++)
            x[i] = 0.17 * (i - N / 2);
        activation_apply(&phi, N, x, y, slope);
        for (int i = 0; i < N; i++) {
            CHECK_SAME(y[i], activation_value(&phi, x[i]));
            CHECK_SAME(slope[i], activation_slope(&phi, x[i]));
        }
        memset(slope, 0, sizeof slope);
        activation_apply(&phi, N, x, NULL, slope);
        activation_apply(&phi, N, x, x, NULL);
        for (int i = 0; i < N; i++) {
            CHECK_SAME(x[i], y[i]);
            CHECK_SAME(slope[i], activation_slope(&phi, 0.17 * (i - N / 2)));
        }
    }
    struct activation phi = find("relu");
    activation_apply(&phi, 0, NULL, NULL, NULL);
}

/* Known values (mpmath), tails that must neither overflow nor cancel, NaN in, NaN out. */
TEST(values_in_the_tails)
{
    struct activation softplus = find("softplus"), sigmoid = find("sigmoid"), tanh_ = find("tanh"), silu = find("silu"),
                      gelu = find("gelu"), elu = find("elu"), relu = find("relu");

    CHECK_SAME(activation_value(&softplus, 1000), 1000);
    CHECK_RELATIVE(activation_value(&softplus, -700), exp(-700), 1e-15);
    CHECK_RELATIVE(activation_value(&softplus, 0), M_LN2, 1e-15);
    CHECK_RELATIVE(activation_value(&sigmoid, -700), exp(-700), 1e-15);
    CHECK_SAME(activation_value(&sigmoid, 1000), 1);
    CHECK_RELATIVE(activation_slope(&tanh_, 30), 4 * exp(-60), 1e-15);
    CHECK_RELATIVE(activation_curvature(&tanh_, -30), 8 * exp(-60), 1e-15);
    CHECK_ABSOLUTE(activation_value(&silu, -1000), 0, 0);
    CHECK_RELATIVE(activation_value(&gelu, 1), 0.84134474606854295, 1e-15);
    CHECK_RELATIVE(activation_value(&gelu, -10), -7.6198530241605261e-23, 1e-13);
    CHECK_RELATIVE(activation_value(&elu, -1e-12), -1e-12, 1e-11);
    CHECK(isnan(activation_value(&relu, NAN)));
}

/* The two equations that define its constants. */
TEST(selu_keeps_mean_and_variance)
{
    struct activation selu = find("selu");
    struct piecewise f = activation_piecewise(&selu);
    struct value mean = gaussian_mean(&f), second = gaussian_product(&f, &f, 1);

    CHECK_ABSOLUTE(mean.x, 0, 1e-14);
    CHECK_ABSOLUTE(second.x, 1, 1e-14);
}

/* Both routes state their error: they must agree within the sum. Degree 12 shows every sign pattern. */
TEST(hermite_coefficients_by_closed_form_and_by_quadrature)
{
    enum { KMAX = 12 };

    for (const char *const *name = all; *name; name++) {
        struct activation phi = find(*name);
        struct piecewise f = activation_piecewise(&phi);
        struct value c[KMAX + 1], q[KMAX + 1];

        CHECK(activation_hermite(&phi, KMAX, c) == STATUS_OK);
        if (strcmp(*name, "relu^-0.25") == 0)
            continue; // no quadrature through the pole; covered by the recurrence below
        CHECK(hermite_expand(&f, KMAX, q) == STATUS_OK);
        for (int k = 0; k <= KMAX; k++) {
            CHECK_ABSOLUTE(c[k].x, q[k].x, value_tolerance(c[k], q[k], 0));
            CHECK_AT_MOST(value_error(c[k]), 1e-9 * (1 + fabs(c[0].x) + fabs(c[1].x)));
        }
    }
}

/* E relu(Z)^p h_k by parts: phi_k(p) sqrt(k) = p phi_{k-1}(p-1), also where relu^(p-1) has a pole. */
TEST(hermite_coefficients_of_powers_step_down)
{
    static const char *const name[] = {"relu^0.75", "relu^-0.25"};
    struct activation up = find(name[0]), down = find(name[1]);
    struct value a[9], b[9];

    activation_hermite(&up, 8, a);
    activation_hermite(&down, 8, b);
    for (int k = 1; k <= 8; k++)
        CHECK_RELATIVE(a[k].x * sqrt(k), 0.75 * b[k - 1].x, 1e-14);
}

/* Integrals of f h_k by quadrature with 30 digits (mpmath). */
TEST(hermite_coefficients_known)
{
    static const double relu[] = {0.39894228040143268,  0.5, 0.28209479177387814,  0, -0.081433751983819987, 0,
                                  0.044603102903819278, 0,   -0.029801701688056006};
    static const double error_function[] = {0, 0.6514700158705599,   0, -0.17730768017841452, 0, 0.079294405162345383,
                                            0, -0.04078464116600429, 0, 0.022430408261910175};
    struct activation phi = find("relu");
    struct value c[10], tail[501];

    activation_hermite(&phi, 8, c);
    for (int k = 0; k <= 8; k++)
        CHECK_ABSOLUTE(c[k].x, relu[k], 1e-15);
    phi = find("erf");
    activation_hermite(&phi, 9, c);
    for (int k = 0; k <= 9; k++)
        CHECK_ABSOLUTE(c[k].x, error_function[k], 1e-15);
    phi = find("relu"); // far out the coefficients fall like k^(-5/4)
    CHECK(activation_hermite(&phi, 500, tail) == STATUS_OK);
    CHECK_RELATIVE(fabs(tail[500].x / tail[250].x), pow(2, -1.25), 0.01);
    CHECK(activation_hermite(&phi, -1, tail) == STATUS_RANGE);
}

TEST(odd_activations_have_no_even_coefficients)
{
    struct activation phi = find("tanh");
    struct value c[8];

    CHECK(activation_hermite(&phi, 7, c) == STATUS_OK);
    for (int k = 0; k < 8; k += 2)
        CHECK_SAME(c[k].x, 0);
    CHECK_RELATIVE(c[1].x, 0.60570550960215884, 1e-13); // E tanh'(Z), mpmath
}
