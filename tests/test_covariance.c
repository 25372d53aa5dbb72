// SPDX-License-Identifier: GPL-3.0-or-later
/* Gaussian covariances: closed forms against quadrature, series and derivatives; small gaps against expansions;
 * stated errors. */
#include "assay_test.h"
#include <assay/meanfield/covariance.h>
#include <assay/numerics/quadrature.h>
#include <float.h>
#include <math.h>
#include <string.h>

static const char *const all[] = {"id",       "relu",    "lrelu:0.1", "lrelu:-0.5", "lrelu:3", "abs",    "relu^0",
                                  "relu^0.7", "relu^1",  "relu^1.5",  "relu^2",     "relu^3",  "relu^4", "relu^4.3",
                                  "tanh",     "sigmoid", "erf",       "sin",        "gelu",    "silu",   "softplus",
                                  "elu",      "selu",    "exp",       "bump",       "x^1",     "x^2",    "x^3",
                                  "x^6",      "h0",      "h1",        "h2",         "h5",      "h8",     NULL};

static const double some_rho[] = {-1, -0.97, -0.4, 0, 0.15, 0.6, 0.83, 0.9999, 1};

enum { SOME = sizeof some_rho / sizeof *some_rho };

static struct activation find(const char *name)
{
    struct activation phi = {.kind = NULL};

    CHECK(activation_find(name, &phi) == STATUS_OK);
    return phi;
}

/* Activations whose every covariance costs milliseconds: fewer points for them. */
static bool slow(const char *name)
{
    return strcmp(name, "elu") == 0 || strcmp(name, "selu") == 0;
}

/* Quadrature takes milliseconds: each activation meets every second correlation. */
TEST(best_route_agrees_with_quadrature)
{
    for (int n = 0; all[n]; n++) {
        struct activation phi = find(all[n]);

        for (int i = n % 2; i < SOME; i += slow(all[n]) ? 4 : 2) {
            struct value c = covariance(&phi, some_rho[i]), q = covariance_quadrature(&phi, some_rho[i]);

            CHECK_ABSOLUTE(c.x, q.x, value_tolerance(c, q, 0));
            CHECK_AT_MOST(value_error(c), 1e-11 * activation_norm2(&phi).x);
        }
    }
}

/* Price's theorem says what the derivatives are; here they are quadratures of phi' phi', phi'' phi'' where those are
 * smooth. */
TEST(slopes_are_covariances_of_slopes)
{
    static const char *const name[] = {"relu", "lrelu:0.1", "abs", "relu^2", "relu^1.5", "tanh", "erf", "sin",
                                       "gelu", "silu",      "exp", "bump",   "x^3",      "h5",   NULL};

    for (int n = 0; name[n]; n++) {
        struct activation phi = find(name[n]);
        struct piecewise f = activation_slope_piecewise(&phi);

        for (int i = 0; i < SOME; i += 2) {
            struct value s = covariance_slope(&phi, some_rho[i]), q = gaussian_product(&f, &f, some_rho[i]);

            CHECK_ABSOLUTE(s.x, q.x,
                           value_tolerance(s, q, 0) + 1e-13); // relu^1.5: phi' has an infinite slope of its own
            CHECK_AT_MOST(value_error(s), 1e-10 * covariance_slope(&phi, 1).x);
        }
    }
}

/* Central differences of step h: h^2 times the third derivative (below 1e5 here) and rounding 1e-12 / h. */
TEST(derivatives_match_differences)
{
    const double h = 1e-5;

    for (const char *const *name = all; *name; name++) {
        struct activation phi = find(*name);

        for (double rho = -0.8; rho < 0.85; rho += slow(*name) ? 0.7 : 0.2) {
            double slope = (covariance(&phi, rho + h).x - covariance(&phi, rho - h).x) / (2 * h);
            double curvature = (covariance_slope(&phi, rho + h).x - covariance_slope(&phi, rho - h).x) / (2 * h);
            double scale = activation_norm2(&phi).x;

            CHECK_ABSOLUTE(covariance_slope(&phi, rho).x, slope, 2e-6 * (scale + fabs(slope)));
            CHECK_ABSOLUTE(covariance_curvature(&phi, rho).x, curvature, 2e-6 * (scale + fabs(curvature)));
        }
    }
}

TEST(series_bound_their_truncation)
{
    for (const char *const *name = all; *name; name++) {
        struct activation phi = find(*name);

        for (double rho = -0.9; rho < 1; rho += 0.6) {
            struct value c = covariance(&phi, rho), s = covariance_series(&phi, rho, 40);

            CHECK_ABSOLUTE(s.x, c.x, value_tolerance(s, c, 0));
            CHECK_AT_MOST(value_error(s),
                          1e-3 * activation_norm2(&phi).x); // relu^0, the slowest, has 2 % of its norm beyond
        }
    }
    struct activation phi = find("erf");
    CHECK_AT_MOST(value_error(covariance_series(&phi, 1, 90)), 1e-14); // ratio 2/3 every two degrees
    phi = find("relu");
    CHECK_AT_LEAST(value_error(covariance_series(&phi, 1, 40)), 1e-5); // an algebraic tail cannot do better
}

/* E relu^p relu^p steps down: C_p' = p^2 C_{p-1}, also between powers that no closed form and no reflection covers. */
TEST(rectified_powers_step_down)
{
    static const char *const name[] = {"relu^0.2", "relu^1.2", "relu^2.2", "relu^-0.4", "relu^0.6", "relu^1.6"};

    for (int i = 0; i < 6; i += 3) {
        struct activation p0 = find(name[i]), p1 = find(name[i + 1]), p2 = find(name[i + 2]);
        double p = p2.parameter;

        for (double rho = -0.95; rho < 1; rho += 0.0999) {
            CHECK_RELATIVE(covariance_slope(&p2, rho).x, p * p * covariance(&p1, rho).x, 1e-12);
            CHECK_RELATIVE(covariance_curvature(&p2, rho).x, p * p * (p - 1) * (p - 1) * covariance(&p0, rho).x, 1e-12);
            CHECK_RELATIVE(covariance_slope(&p1, rho).x, (p - 1) * (p - 1) * covariance(&p0, rho).x, 1e-12);
        }
    }
    struct activation half = find("relu^0.5"); // E sqrt(relu)^2 at rho = 0: (2^(1/4) Gamma(3/4) / (2 sqrt(pi)))^2
    CHECK_RELATIVE(covariance(&half, 0).x, sqrt(2) * pow(tgamma(0.75), 2) / (4 * M_PI), 1e-14);
    CHECK(isfinite(covariance_curvature(&half, -1).x));
}

/* ## Gaps */

static double slope_below(double root, void *context)
{
    return 2 * root * covariance_slope(context, 1 - root * root).x;
}

/* gap(g) is the integral of C'(1 - t) over 0 < t < g. With t = r^2 the square root of rectified kernels at 1
 * disappears. */
TEST(gaps_are_integrals_of_slopes)
{
    static const double gaps[] = {1e-3, 0.3, 1, 1.6, 2};

    for (const char *const *name = all; *name; name++) {
        struct activation phi = find(*name);

        if (slow(*name) ||
            (strchr(*name, '^') && phi.parameter < 1)) // the latter's slope has another root at 1, or a pole
            continue;
        for (int i = 0; i < 5; i++) {
            struct value gap = covariance_gap(&phi, gaps[i]);
            struct value integral = integrate(slope_below, &phi, 0, sqrt(gaps[i]) * (1 - DBL_EPSILON), 1e-11);

            CHECK_ABSOLUTE(gap.x, integral.x,
                           value_tolerance(gap, integral, 0) + 1e-11 * activation_norm2(&phi).x * gaps[i]);
        }
    }
}

TEST(gaps_are_differences_where_those_are_safe)
{
    static const double gaps[] = {0.01, 0.0499, 0.0501, 0.9, 1.1, 2};

    for (const char *const *name = all; *name; name++) {
        struct activation phi = find(*name);

        for (int i = 0; i < 6; i++) {
            struct value gap = covariance_gap(&phi, gaps[i]);
            struct value difference = value_sub(activation_norm2(&phi), covariance(&phi, 1 - gaps[i]));

            CHECK_ABSOLUTE(gap.x, difference.x,
                           value_tolerance(gap, difference, 0) + 4 * DBL_EPSILON * activation_norm2(&phi).x);
        }
        CHECK_SAME(covariance_gap(&phi, 0).x, 0);
    }
}

/* gap / g tends to C'(1) = |phi'|^2 where that is finite; 1e-300 is far below the rounding of 1. */
TEST(tiny_gaps_keep_their_relative_accuracy)
{
    for (const char *const *name = all; *name; name++) {
        struct activation phi = find(*name);
        struct value slope = activation_slope_norm2(&phi);

        if (!value_ok(slope) || phi.parameter == 0.7) // the step; relu^0.7, whose approach is as slow as g^0.2
            continue;
        for (double g = 1e-300; g < 1e-40; g *= 1e60) {
            struct value gap = covariance_gap(&phi, g);

            CHECK_ABSOLUTE(gap.x / g, slope.x, 1e-13 * slope.x + value_error(slope) + value_error(gap) / g);
            CHECK_AT_MOST(value_error(gap), 1e-11 * slope.x * g);
        }
    }
}

/* These change their method at 1e-6. gap / g = C'(1) - g C''(1) / 2 + g^2 C'''/6, and C''' < 6 C'' here. */
TEST(gaps_of_analytic_activations_are_accurate_at_every_size)
{
    static const char *const name[] = {"tanh", "sigmoid", "silu", "softplus"};

    for (int n = 0; n < 4; n++) {
        struct activation phi = find(name[n]);
        double slope = activation_slope_norm2(&phi).x, curvature = covariance_curvature(&phi, 1).x;

        for (double g = 1e-9; g < 0.5; g *= 11) {
            struct value gap = covariance_gap(&phi, g);

            CHECK_AT_MOST(value_error(gap), 1e-11 * gap.x);
            CHECK_ABSOLUTE(gap.x / g, slope - g * curvature / 2,
                           g * g * curvature + value_error(gap) / g + 1e-14 * slope);
        }
    }
}

/* The first terms of each expansion at rho = 1, all derived by hand; the next one is below the tolerance. */
TEST(small_gaps_known)
{
    struct activation relu = find("relu"), erf_ = find("erf"), step = find("relu^0"), bump = find("bump"),
                      square = find("relu^2");

    CHECK_RELATIVE(covariance_gap(&relu, 1e-10).x, 0.5e-10 - pow(2e-10, 1.5) / (6 * M_PI), 1e-14);
    CHECK_RELATIVE(covariance_gap(&erf_, 1e-8).x, 4e-8 / (M_PI * sqrt(5)) - 8e-16 / (M_PI * 5 * sqrt(5)), 2e-15);
    CHECK_RELATIVE(covariance_gap(&step, 1e-20).x, sqrt(2e-20) / (2 * M_PI), 1e-15);
    CHECK_RELATIVE(covariance_gap(&bump, 1e-9).x, 1e-9 / (3 * sqrt(3)) - 1e-18 / (3 * sqrt(3)), 1e-15);
    CHECK_RELATIVE(covariance_gap(&square, 1e-7).x, 2e-7 - 1e-14 + pow(2e-7, 2.5) * 2 / (15 * M_PI), 1e-15);
}

/* The same formula in 80-bit arithmetic, which leaves 1e-19 / theta of relative error. */
TEST(relu_gap_in_extended_precision)
{
    struct activation phi = find("relu");

    for (double gap = 1e-6; gap < 2; gap *= 1.37) {
        long double theta = 2 * asinl(sqrtl((long double)gap / 2)), cosine = 1 - (long double)gap;
        long double sine = sqrtl((long double)gap * (2 - (long double)gap));
        long double expected = gap / 2 - (sine - theta * cosine) / (2 * acosl(-1));
        struct value actual = covariance_gap(&phi, gap);

        CHECK_ABSOLUTE(actual.x, (double)expected, value_error(actual));
        CHECK_AT_MOST(value_error(actual), 1e-14 * actual.x);
    }
}

/* ## Known numbers: closed forms with 60 digits (mpmath), and integers */

TEST(known_values)
{
    static const struct {
        const char *name;
        double rho, value;
    } known[] = {{"erf", 0.3, 0.12818843369794986},
                 {"erf", 0.99, 0.45888747546339851},
                 {"erf", -0.5, -0.21634689593878546},
                 {"relu", 0.3, 0.24137214191774381},
                 {"relu", 0.9, 0.45476919942233604},
                 {"relu", -0.5, 0.054498890522114679},
                 {"lrelu:0.3", 0.3, 0.20827234953969447},
                 {"lrelu:0.3", -0.9, -0.26766309228305534},
                 {"relu^2", 0, 0.25},
                 {"relu^2", 1, 1.5},
                 {"relu^3", 1, 7.5},
                 {"x^2", 0.5, 1.5},
                 {"x^3", 1, 15},
                 {"abs", 0, M_2_PI},
                 {"tanh", 0.5, 0.18632441320344809},
                 {"selu", 0.5, 0.49056912832547517},
                 {"silu", -0.9, -0.13146157210853074},
                 {"softplus", 0.5, 0.78007816520694352},
                 {"elu", 0.5, 0.32478364895676244},
                 {"sigmoid", 0.99, 0.29293090937717484}};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct activation phi = find(known[i].name);
        struct value c = covariance(&phi, known[i].rho);

        CHECK_ABSOLUTE(c.x, known[i].value, value_error(c) + DBL_EPSILON * fabs(known[i].value));
    }
}

static double square_integrand(double x, void *context)
{
    double y = activation_value(context, x);

    return y * y;
}

static double slope_square_integrand(double x, void *context)
{
    double y = activation_slope(context, x);

    return y * y;
}

TEST(norms_are_second_moments)
{
    for (const char *const *name = all; *name; name++) {
        struct activation phi = find(*name);
        struct piecewise f = activation_piecewise(&phi);
        struct value norm2 = activation_norm2(&phi), slope = activation_slope_norm2(&phi), moment;

        f.f = square_integrand;
        f.context = &phi;
        moment = gaussian_mean(&f);
        CHECK_ABSOLUTE(norm2.x, moment.x, value_tolerance(norm2, moment, 0));
        if (strchr(*name, '^') && phi.parameter < 1)
            continue; // no finite or no smooth slope
        f.f = slope_square_integrand;
        moment = gaussian_mean(&f);
        CHECK_ABSOLUTE(slope.x, moment.x, value_tolerance(slope, moment, 0));
    }
}

TEST(nonlinearity_is_what_the_first_two_coefficients_leave)
{
    for (const char *const *name = all; *name; name++) {
        struct activation phi = find(*name);
        struct value c[2], rest = activation_nonlinearity2(&phi), norm2 = activation_norm2(&phi);

        CHECK(activation_hermite(&phi, 1, c) == STATUS_OK);
        struct value expected = value_sub(norm2, value_add(value_mul(c[0], c[0]), value_mul(c[1], c[1])));
        CHECK_ABSOLUTE(rest.x, expected.x, value_tolerance(rest, expected, 0));
        CHECK_AT_MOST(value_error(rest), 1e-12 * norm2.x);
    }
    struct activation phi = find("erf");
    CHECK_RELATIVE(activation_nonlinearity2(&phi).x, 0.040145872819152416, 1e-14);
    CHECK_RELATIVE(activation_slope_norm2(&phi).x, 0.56941003473374165, 1e-15);
    phi = find("relu");
    CHECK_RELATIVE(activation_nonlinearity2(&phi).x, 0.090845056908104664, 1e-15);
}

TEST(nonlinearity_ratios_by_quadrature_agree_with_closed_forms)
{
    for (const char *const *name = all; *name; name++) {
        struct activation phi = find(*name);
        struct value slope_norm2 = activation_slope_norm2(&phi);

        if (isfinite(slope_norm2.x) && slope_norm2.x > 0) {
            struct value ratio = activation_nonlinearity_ratio(&phi),
                         expected = value_div(activation_nonlinearity2(&phi), slope_norm2);

            CHECK_ABSOLUTE(ratio.x, expected.x, value_tolerance(ratio, expected, 0));
            CHECK_AT_MOST(value_error(ratio), 1e-11);
        }
    }
    struct activation phi = find("relu");
    CHECK_RELATIVE(activation_nonlinearity_ratio(&phi).x, (M_PI - 2) / (2 * M_PI), 1e-13);
}

/* ## What diverges, and what is refused */

TEST(divergence_is_infinite_and_not_ok)
{
    struct activation step = find("relu^0"), relu = find("relu"), half = find("relu^0.5"), selu = find("selu");

    CHECK_SAME(activation_slope_norm2(&step).x, INFINITY);
    CHECK_SAME(activation_slope_norm2(&half).x, INFINITY);
    CHECK_SAME(covariance_curvature(&relu, 1).x, INFINITY);
    CHECK_SAME(covariance_curvature(&selu, 1).x, INFINITY);
    CHECK(!value_ok(covariance_curvature(&relu, 1)));
    CHECK_RELATIVE(covariance_slope(&step, 0).x, 1 / (2 * M_PI), 1e-15);
}

TEST(arguments_out_of_range_fail_with_a_reason)
{
    struct activation phi = find("tanh");

    CHECK(!value_ok(covariance(&phi, 1.0000001)));
    CHECK_CONTAINS(status_reason(), "between -1 and 1");
    CHECK(!value_ok(covariance(&phi, NAN)));
    CHECK(!value_ok(covariance_slope(&phi, -1.1)));
    CHECK(!value_ok(covariance_curvature(&phi, 2)));
    CHECK(!value_ok(covariance_quadrature(&phi, 2)));
    CHECK(!value_ok(covariance_gap(&phi, -1e-300)));
    CHECK(!value_ok(covariance_gap(&phi, 2.5)));
    CHECK_CONTAINS(status_reason(), "gap between 0 and 2");
    CHECK(!value_ok(covariance_series(&phi, 0.5, -1)));
}
