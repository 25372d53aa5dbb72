// SPDX-License-Identifier: GPL-3.0-or-later
/* One coordinate of a random point of the sphere, and what follows without quadrature.
 *
 * h = sqrt(B-1) sin u has the density proportional to cos^(B-3) u on (-pi/2, pi/2): written with the sine, so that h keeps its
 * relative accuracy at a kink at 0. Powers of the cosine are exponentials of log1p(-sin^2), whose rounding grows with the exponent, not
 * with B. Ratios of Gamma functions come from Gamma(x) = sqrt(2 pi / x) (x/e)^x gammastar(x), where the large powers cancel. */
#include <assay/numerics/sphere.h>
#include <float.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>
#include <stdlib.h>

enum { SPHERE_B = 1000000, KINKS_EACH = 10, SHELLS = 4, SPLITS = KINKS_EACH + 2 * SHELLS, POINTS = 120 };

/* -ln of the density at the ends of the shells, where growth of f may still matter: h near 10, 15, 20, 28 for large B. */
static const double SHELL[SHELLS] = {50, 110, 200, 400};

/* Gamma(x + a) / Gamma(x), x > 0, x + a > 0. */
static struct value gamma_ratio(double x, double a)
{
    double y = x + a, turn = x * log1p(a / x), lift = a * log(y);
    double ratio = sqrt(x / y) * exp(turn + lift - a) * gsl_sf_gammastar(y) / gsl_sf_gammastar(x);

    return rounded(ratio, 12 + 2 * (fabs(turn) + fabs(lift) + fabs(a)));
}

/* ## One coordinate */

struct coordinate {
    const struct piecewise *f;
    double radius, exponent;
};

static double coordinate_integrand(double u, void *context)
{
    const struct coordinate *q = context;
    double sine = sin(u);

    return q->f->f(q->radius * sine, q->f->context) * exp(0.5 * q->exponent * log1p(-sine * sine));
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The angles of the kinks and of the shells, increasing, all within (-end, end); returns their number. */
static int coordinate_splits(const struct coordinate *q, double *end, double split[])
{
    int n = 0;

    *end = M_PI_2;
    for (int i = 0; i < SHELLS; i++) {
        double cosine = q->exponent > 0 ? exp(-SHELL[i] / q->exponent) : 0;

        if (cosine < 0.1)
            break;
        *end = acos(cosine);
        split[n++] = -*end;
        split[n++] = *end;
        if (i < SHELLS - 1)
            *end = M_PI_2;
    }
    for (int i = 0; i < q->f->kinks; i++)
        if (fabs(q->f->kink[i]) < q->radius * sin(*end))
            split[n++] = asin(q->f->kink[i] / q->radius);
    qsort(split, (size_t)n, sizeof *split, compare_doubles);
    return n;
}

struct value sphere_mean(int B, const struct piecewise *f)
{
    struct coordinate q = {f, sqrt(B - 1.0), B - 3.0};
    double split[SPLITS], points[POINTS], end;

    if (B < 3 || B > SPHERE_B || f->kinks < 0 || f->kinks > KINKS_EACH) {
        status_fail(STATUS_RANGE, "sphere_mean: 3 <= B <= %d and at most %d kinks wanted, %d and %d given", SPHERE_B,
                    KINKS_EACH, B, f->kinks);
        return value_failed();
    }
    int splits = coordinate_splits(&q, &end, split);
    int n = integrate_points(splits, split, -end, end, 1.2 / q.radius, POINTS, points);
    struct value integral = integrate_pieces(coordinate_integrand, &q, n, points, 2e-14);
    return value_div(value_mul(integral, gamma_ratio(B / 2.0 - 1, 0.5)), rounded(sqrt(M_PI), 2));
}

struct power {
    const struct piecewise *f;
    double p;
};

static double power_integrand(double h, void *context)
{
    const struct power *q = context;

    return pow(fabs(q->f->f(h, q->f->context)), q->p);
}

double sphere_tail(int B, const struct piecewise *f, double p)
{
    struct power once = {f, p}, twice = {f, 2 * p};
    struct piecewise first = {power_integrand, &once, f->kinks, f->kink},
                     second = {power_integrand, &twice, f->kinks, f->kink};
    double mean = sphere_mean(B, &first).x;

    return sphere_mean(B, &second).x / (mean * mean);
}

/* ## The other coordinates */

struct sphere_rest sphere_rest(int B, double x, double y)
{
    double others = B - 2.0, mean = -(x + y) / others;
    double spread = B - x * x - y * y - others * mean * mean; // the sum of squares about the mean
    double square = mean * mean + spread / others;

    if (B == 3)
        return (struct sphere_rest){mean, mean * mean, NAN};
    return (struct sphere_rest){mean, square, mean * mean - spread / (others * (others - 1))};
}

struct value sphere_radius_moment(int B, double mu, double k)
{
    double dimension = B - 1.0;
    struct value scale = rounded(pow(2 * mu, k / 2), 2 + fabs(k));

    if (B < 2 || !(mu > 0) || !isfinite(k)) {
        status_fail(STATUS_RANGE, "sphere_radius_moment: B >= 2, mu > 0 and finite k wanted, %d, %g and %g given", B,
                    mu, k);
        return value_failed();
    }
    if (k <= -dimension)
        return exact(INFINITY);
    return value_mul(scale, gamma_ratio(dimension / 2, k / 2));
}

void sphere_basis(int B, double e[])
{
    int columns = B - 1;

    for (int column = 0; column < columns; column++) {
        double m = B - 1 - column, norm = sqrt(m * (m + 1));

        for (int row = 0; row < B; row++)
            e[row * columns + column] = (row < column ? 0 : row == column ? -m : 1) / norm;
    }
}
