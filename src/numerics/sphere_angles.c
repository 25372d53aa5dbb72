// SPDX-License-Identifier: GPL-3.0-or-later
/* Two coordinates by two nested adaptive integrals: slower than rings, and different from them in everything but the integrand.
 *
 * theta_1 = pi/2 + u, theta_2 = a + t: h_1 = R sin u, and h_2 = k + 2 A sin(a + t/2) sin(t/2), A = sqrt(B(B-2)/(B-1)) cos u, where k is the kink
 * nearest to 0 (or the middle, if there is none) and a the angle at which h_2 = k: so both coordinates are accurate where they are small. */
#include <assay/numerics/sphere.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

enum { KINKS_EACH = 10, POINTS = 120, OUTER = 5 * KINKS_EACH + 2 * 4 };

static const double INNER_TOLERANCE = 1e-14, OUTER_TOLERANCE = 1e-12;

struct angles {
    int B;
    integrand_pair *F;
    void *context;
    int kinks;
    const double *kink;
    double R, reach;   // sqrt(B-1), sqrt(B(B-2)/(B-1))
    double worst;      // error of an inner integral over that of |F|, where there is something
    double largest;    // integral of |F| sin^(B-3) theta_1 over theta_2
    double size;       // the last integral of |F| over theta_2
    double lift;       // added to the inner integral
    double x, y, a, A; // of the present theta_1: h_1, the kink nearest to 0, its angle, the amplitude of h_2
    double cos_a;      // for large B cos(a + t) is small and a + t not exact enough
};

/* sin^n of an angle given by its cosine. */
static double sine_power(double n, double cosine)
{
    return n > 0 ? exp(0.5 * n * log1p(-fmin(cosine * cosine, 1))) : 1;
}

/* Half the width of the interval about pi/2 where sin^n is above e^-400. */
static double half_width(double n)
{
    double sine = n > 0 ? exp(-400 / n) : 0;

    return sine < 0.1 ? M_PI_2 : acos(sine);
}

static double inner_integrand(double t, void *context)
{
    const struct angles *p = context;
    double y = p->y + 2 * p->A * sin(p->a + t / 2) * sin(t / 2);

    double cosine = p->cos_a * cos(t) - sqrt((1 - p->cos_a) * (1 + p->cos_a)) * sin(t);

    return p->F(p->x, y, p->context) * sine_power(p->B - 4, cosine);
}

static int compare_doubles(const void *left, const void *right)
{
    double x = *(const double *)left, y = *(const double *)right;

    return (x > y) - (x < y);
}

/* Adds the shells |theta - pi/2| where sin^n falls to e^-18, e^-50, e^-110, so that panels see the peak; returns the new number. */
static int add_shells(double n, double origin, int splits, double split[])
{
    const double falls[] = {18, 50, 110};

    for (int i = 0; i < 3 && n > 0; i++) {
        double width = acos(exp(-falls[i] / n));

        split[splits++] = M_PI_2 - width - origin;
        split[splits++] = M_PI_2 + width - origin;
    }
    qsort(split, (size_t)splits, sizeof *split, compare_doubles);
    return splits;
}

/* Chooses the origin a and finds all kinks of h_2 as a function of t; returns their number. middle: h_2 at theta_2 = pi/2. */
static int inner_kinks(struct angles *p, double middle, double split[])
{
    double nearest = INFINITY;
    int n = 0;

    p->y = middle;
    p->cos_a = 0;
    for (int i = 0; i < p->kinks; i++)
        if (fabs(p->kink[i] - middle) < p->A && fabs(p->kink[i]) < nearest) {
            p->y = p->kink[i];
            p->cos_a = (middle - p->y) / p->A;
            nearest = fabs(p->y);
        }
    p->a = acos(p->cos_a);
    for (int i = 0; i < p->kinks; i++)
        if (fabs(p->kink[i] - middle) < p->A)
            split[n++] = p->kink[i] == p->y ? 0 : acos((middle - p->kink[i]) / p->A) - p->a;
    return n;
}

static double outer_integrand(double u, void *context)
{
    struct angles *p = context;
    double split[KINKS_EACH + 6], points[POINTS], size, width = half_width(p->B - 4);
    struct value inner;

    p->x = p->R * sin(u);
    p->A = p->reach * cos(u);
    int splits = add_shells(p->B - 4, 0, 0, split), kinks = inner_kinks(p, -p->x / (p->B - 1), split + splits);
    for (int i = 0; i < splits; i++)
        split[i] -= p->a;
    qsort(split, (size_t)splits + (size_t)kinks, sizeof *split, compare_doubles);
    int n = integrate_points(splits + kinks, split, M_PI_2 - width - p->a, M_PI_2 + width - p->a, 0.8, POINTS, points);
    if (integrate_attempt(inner_integrand, p, n, points, INNER_TOLERANCE, &inner, &size) == STATUS_RANGE)
        return NAN;
    double weight = sine_power(p->B - 3, sin(u));
    p->largest = fmax(p->largest, weight * size);
    if (weight * size > 1e-9 * p->largest)
        p->worst = fmax(p->worst, value_bound(inner) / size);
    p->size = size;
    return weight * (inner.x + p->lift);
}

/* Where h_1 is at a kink, and where a kink of h_2 appears or goes: as angles u. Returns their number. */
static int outer_kinks(const struct angles *p, double split[])
{
    double w = acos(-1 / (p->B - 1.0));
    int n = 0;

    for (int i = 0; i < p->kinks; i++) {
        double k = p->kink[i] / p->R;

        if (fabs(k) >= 1)
            continue;
        split[n++] = asin(k);
        for (int sign = -1; sign <= 1; sign += 2)
            for (int side = -1; side <= 1; side += 2) {
                double from = side * w + sign * acos(k); // the angle between v and the axis of h_1

                split[n++] = M_PI_2 - acos(cos(from));
            }
    }
    return n;
}

static double weight_alone(double u, void *context)
{
    return sine_power(*(const double *)context, sin(u));
}

/* The integral of |F|, roughly: twelve of the inner ones. */
static double rough_size(struct angles *p, double width)
{
    double sum = 0, step = fmin(width, 6 / p->R) / 6;

    for (int i = 0; i < 12; i++) {
        double u = (i - 5.5) * step;

        outer_integrand(u, p);
        sum += step * sine_power(p->B - 3, sin(u)) * p->size;
    }
    return sum;
}

/* A constant is added to the inner integrals, of the size of those of |F|, and its integral taken off in the end: so the tolerance refers to |F|, and a
 * sum that cancels does not ask for digits that are not there. Errors of the inner integrals are at most worst times that of |F|. */
struct value sphere_angles_integral(int B, integrand_pair *F, void *context, int kinks, const double kink[])
{
    struct angles p = {.B = B, .F = F, .context = context, .kinks = kinks, .kink = kink, .R = sqrt(B - 1.0)};
    double split[OUTER], points[POINTS], size, width = half_width(B - 3), power = B - 3;
    struct value integral;

    if (B < 4 || B > 1000000 || kinks < 0 || kinks > KINKS_EACH) {
        status_fail(STATUS_RANGE,
                    "sphere_angles_integral: 4 <= B <= 1000000 and at most %d kinks wanted, %d and %d given",
                    KINKS_EACH, B, kinks);
        return value_failed();
    }
    p.reach = sqrt(B * (B - 2.0) / (B - 1));
    int splits = add_shells(B - 3, M_PI_2, outer_kinks(&p, split), split);
    int n = integrate_points(splits, split, -width, width, 0.8, POINTS, points);
    struct value weight = integrate_pieces(weight_alone, &power, n, points, 1e-14);
    p.lift = 2 * rough_size(&p, width) / weight.x;
    if (!isfinite(p.lift) ||
        integrate_attempt(outer_integrand, &p, n, points, OUTER_TOLERANCE, &integral, &size) == STATUS_RANGE) {
        status_fail(STATUS_RANGE, "sphere_angles_integral: the integrand is not finite");
        return value_failed();
    }
    integral = value_sub(integral, value_scale(p.lift, weight));
    return value_with(integral, p.worst * size, QUADRATURE);
}

/* ## Four angles */

struct four_angles {
    int B;
    quadruple_function *F;
    void *context;
    struct rule third, fourth; // in the cosines of theta_3 and theta_4
};

/* v from h_1 and h_2, then h_3 and h_4 from v, by the triangular basis. */
static double over_last_two(double x, double y, void *context)
{
    const struct four_angles *p = context;
    double B = p->B, v1 = -x / sqrt(B - 1),
           v2 = (v1 / (B - 1) - y / sqrt(B - 1)) * sqrt((B - 1) * (B - 1) / (B * (B - 2)));
    double both = v1 / sqrt(B - 1) + v2 * sqrt(B / ((B - 1) * (B - 2))), rest = sqrt(fmax(0, 1 - v1 * v1 - v2 * v2)),
           sum = 0;

    for (int a = 0; a < p->third.n; a++)
        for (int b = 0; b < p->fourth.n; b++) {
            double cosine = p->third.x[a], v3 = rest * cosine;
            double v4 = rest * sqrt((1 - cosine) * (1 + cosine)) * p->fourth.x[b];
            double h3 = both - sqrt(B * (B - 3) / (B - 2)) * v3;
            double h4 = both + v3 * sqrt(B / ((B - 2) * (B - 3))) - sqrt(B * (B - 4) / (B - 3)) * v4;

            sum += p->third.w[a] * p->fourth.w[b] * p->F((double[]){x, y, h3, h4}, p->context);
        }
    return sum;
}

struct value sphere_four_angles_integral(int B, quadruple_function *F, void *context, int kinks, const double kink[])
{
    struct four_angles p = {B, F, context, {0, NULL, NULL}, {0, NULL, NULL}};

    if (B < 6) {
        status_fail(STATUS_RANGE, "sphere_four_angles_integral: B >= 6 wanted, %d given", B);
        return value_failed();
    }
    if (rule_jacobi(&p.third, 2, (B - 6) / 2.0, (B - 6) / 2.0) ||
        rule_jacobi(&p.fourth, 2, (B - 7) / 2.0, (B - 7) / 2.0))
        return value_failed();
    struct value integral = sphere_angles_integral(B, over_last_two, &p, kinks, kink);
    rule_free(&p.third);
    rule_free(&p.fourth);
    return integral;
}
