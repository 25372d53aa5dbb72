// SPDX-License-Identifier: GPL-3.0-or-later
/* Two coordinates of a random point of the sphere.
 *
 * With R = sqrt(B-1), cos w = -1/(B-1), h_1 = R sin(psi) cos(t) and h_2 = R sin(psi) cos(t - w): the mean of F is (B-3)/(2 pi) times the integral of F
 * sin(psi) cos^(B-4)(psi) over psi in (0, pi/2) and t around the circle.
 *
 * Rings. At one psi, a ring without kinks is a periodic analytic function, and the trapezoid rule converges geometrically (Trefethen and
 * Weideman 2014, SIAM Review 56). Otherwise the ring is cut where h_1 or h_2 is at a kink, and each piece has a tanh-sinh rule (Takahasi and
 * Mori 1974), which does not mind what happens at the ends. Nodes are known by their distance d from the nearer end, and coordinates come from the
 * addition theorem cos(t_0 + d) = cos t_0 cos d - sin t_0 sin d with cos t_0 exactly 0 for a kink at 0: so h stays accurate
 * where it is 1e-60. Both rules are nested: doubling the nodes reuses the old ones.
 *
 * Radii. The integral over a ring, as a function of psi, is smooth but where a kink's line touches the ring (square roots), where two of
 * them cross on it, and at 0 if a kink is there (powers). psi is split at these points and graded to the fourth power there;
 * Gauss-Legendre then sees a smooth function. For large B outer shells, where the density is below e^-50, are looked at
 * one by one until one adds nothing. */
#include <assay/numerics/sphere.h>
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

enum { SPHERE_B = 1000000, KINKS_EACH = 10, SHELLS = 4, RADII = 3 * KINKS_EACH + KINKS_EACH * KINKS_EACH + SHELLS + 2 };
enum { CUTS = 4 * KINKS_EACH, RADIAL_FIRST = 16, RADIAL_LAST = 256 };

static const double SHELL[SHELLS] = {50, 110, 200, 400}; // -ln of the density: h near 10, 15, 20, 28 for large B
static const double TOLERANCE = 4e-15;                   // of E |F|, for a ring and for a radial piece
static const double NOISE = 1e-12;                       // differences below this that no longer fall are rounding

/* ## Nodes, the same for every call */

enum { CIRCLE_FIRST = 16, CIRCLE = 4096 };
enum { LEVELS = 7, ENDS_FIRST = 22, ENDS = ENDS_FIRST << (LEVELS - 1) };
static const double ENDS_STEP = 0.25;

static double circle_cosine[CIRCLE], circle_sine[CIRCLE];

/* tanh-sinh on (0, 1): distance from the nearer end and weight, t = step, 2 step, ... at level 0, the odd multiples of half the step at
 * level 1, and so on. To t = 5.5: a distance of 1e-167, enough for |x|^-0.9. */
static double ends_distance[LEVELS][ENDS], ends_weight[LEVELS][ENDS];

static double level_t(int level, int j)
{
    return level ? ENDS_STEP * (2 * j + 1) / (1 << level) : ENDS_STEP * (j + 1);
}

static int level_nodes(int level)
{
    return level ? ENDS_FIRST << (level - 1) : ENDS_FIRST;
}

static void make_nodes(void)
{
    for (int j = 0; j < CIRCLE; j++) {
        circle_cosine[j] = cos(2 * M_PI * j / CIRCLE);
        circle_sine[j] = sin(2 * M_PI * j / CIRCLE);
    }
    for (int level = 0; level < LEVELS; level++)
        for (int j = 0; j < level_nodes(level); j++) {
            double t = level_t(level, j), grown = exp(M_PI * sinh(t)), distance = 1 / (1 + grown);

            ends_distance[level][j] = distance;
            ends_weight[level][j] = M_PI * cosh(t) * distance * (1 - distance);
        }
}

/* ## One integrand */

struct side {
    int kinks;
    const double *kink;
};

struct pair {
    int B, outputs;
    double R, c, s; // cosine and sine of the angle between the two coordinates' axes
    pair_function *F;
    void *context;
    struct side x, y;
    double total[SPHERE_OUTPUTS]; // E |F_k| as far as it is known
};

/* An integral, that of |F|, and the error estimate; one for each output. */
struct sums {
    double sum[SPHERE_OUTPUTS], size[SPHERE_OUTPUTS], error[SPHERE_OUTPUTS], rounding[SPHERE_OUTPUTS];
};

static void sums_add(struct sums *to, const struct sums *from, int outputs, double weight)
{
    for (int k = 0; k < outputs; k++) {
        to->sum[k] += weight * from->sum[k];
        to->size[k] += weight * from->size[k];
        to->error[k] += weight * from->error[k];
        to->rounding[k] += weight * from->rounding[k];
    }
}

/* Adds F at one node; whether it still counts beside what is there. */
static bool sums_take(struct sums *sums, const struct pair *p, double x, double y, double weight)
{
    double out[SPHERE_OUTPUTS];
    bool counts = false;

    p->F(x, y, out, p->context);
    for (int k = 0; k < p->outputs; k++) {
        double term = weight * out[k], size = fabs(term);

        sums->sum[k] += term;
        sums->size[k] += size;
        counts = counts || size > 1e-18 * sums->size[k];
    }
    return counts;
}

/* Compares two levels, fine and coarse: writes the differences as the errors of fine. Done if each is below tolerance of the ring or
 * piece itself, or of everything there (share), or has stopped to fall. */
static bool sums_settled(struct sums *fine, const struct sums *coarse, const struct pair *p, double share)
{
    bool settled = true;

    for (int k = 0; k < p->outputs; k++) {
        double size = fmax(fine->size[k], share * p->total[k]), change = fabs(fine->sum[k] - coarse->sum[k]);
        bool stuck = change < NOISE * size && change > coarse->error[k] / 4;

        fine->error[k] = change;
        settled = settled && (change <= TOLERANCE * size || stuck || !isfinite(change));
    }
    return settled;
}

/* The sums of nodes, times the step, in place of the integral. */
static struct sums sums_scaled(const struct sums *nodes, int outputs, double step)
{
    struct sums scaled = {0};

    for (int k = 0; k < outputs; k++) {
        scaled.sum[k] = step * nodes->sum[k];
        scaled.size[k] = step * nodes->size[k];
    }
    return scaled;
}

/* The first level has nothing to be compared with. */
static void sums_begin(struct sums *first, int outputs)
{
    for (int k = 0; k < outputs; k++)
        first->error[k] = INFINITY;
}

/* ## A ring without kinks */

/* The first node's direction changes with r: nodes that are blind to a kink that was not declared are so on one ring, not on all. */
static struct sums circle_sums(const struct pair *p, double r, double share)
{
    struct sums nodes = {0}, fine, coarse;
    double turn_x = r * cos(7 * r), turn_y = r * sin(7 * r);

    for (int n = CIRCLE_FIRST;; n *= 2) {
        int stride = CIRCLE / n, step = n == CIRCLE_FIRST ? stride : 2 * stride;

        for (int j = n == CIRCLE_FIRST ? 0 : stride; j < CIRCLE; j += step) {
            double x = turn_x * circle_cosine[j] - turn_y * circle_sine[j];
            double across = turn_y * circle_cosine[j] + turn_x * circle_sine[j];

            sums_take(&nodes, p, x, p->c * x + p->s * across, 1);
        }
        fine = sums_scaled(&nodes, p->outputs, 2 * M_PI / n);
        if (n > CIRCLE_FIRST && (sums_settled(&fine, &coarse, p, share) || n == CIRCLE))
            return fine;
        coarse = fine;
        if (n == CIRCLE_FIRST)
            sums_begin(&coarse, p->outputs);
    }
}

/* ## A ring that is cut */

/* A direction t at which h_1 or h_2 is at a kink: cosines and sines of t and t - w. */
struct cut {
    double t, cos_x, sin_x, cos_y, sin_y;
};

struct arc {
    const struct cut *left, *right;
    double length, r;
    int last; // nodes of level 0 that count
};

/* The nodes at distance d from both ends of the arc. */
static bool arc_take(const struct arc *a, const struct pair *p, double d, double weight, struct sums *nodes)
{
    double sine = sin(d), cosine = cos(d), r = a->r;
    bool left = sums_take(nodes, p, r * (a->left->cos_x * cosine - a->left->sin_x * sine),
                          r * (a->left->cos_y * cosine - a->left->sin_y * sine), weight);
    bool right = sums_take(nodes, p, r * (a->right->cos_x * cosine + a->right->sin_x * sine),
                           r * (a->right->cos_y * cosine + a->right->sin_y * sine), weight);

    return left || right;
}

static void arc_first_level(struct arc *a, const struct pair *p, struct sums *nodes)
{
    arc_take(a, p, a->length / 2, M_PI / 8, nodes); // the middle, from both sides
    a->last = 0;
    for (int j = 0; j < ENDS_FIRST && j <= a->last + 3; j++)
        if (arc_take(a, p, a->length * ends_distance[0][j], ends_weight[0][j], nodes))
            a->last = j;
}

static struct sums arc_sums(struct arc *a, const struct pair *p, double share)
{
    struct sums nodes = {0}, fine, coarse;

    arc_first_level(a, p, &nodes);
    coarse = sums_scaled(&nodes, p->outputs, a->length * ENDS_STEP);
    sums_begin(&coarse, p->outputs);
    for (int level = 1;; level++) {
        double reach = ENDS_STEP * (a->last + 2);

        for (int j = 0; j < level_nodes(level) && level_t(level, j) < reach; j++)
            arc_take(a, p, a->length * ends_distance[level][j], ends_weight[level][j], &nodes);
        fine = sums_scaled(&nodes, p->outputs, a->length * ENDS_STEP / (1 << level));
        if (sums_settled(&fine, &coarse, p, share) || level == LEVELS - 1)
            return fine;
        coarse = fine;
    }
}

/* The two directions in which cos = k / r, as cosine and signed sine. */
static int cuts_of(const struct side *side, double r, double cosine[], double sine[])
{
    int n = 0;

    for (int i = 0; i < side->kinks; i++) {
        double k = side->kink[i];

        if (fabs(k) >= r)
            continue;
        for (int sign = -1; sign <= 1; sign += 2) {
            cosine[n] = k / r;
            sine[n++] = sign * sqrt((r - k) * (r + k)) / r;
        }
    }
    return n;
}

static int compare_cuts(const void *a, const void *b)
{
    double x = ((const struct cut *)a)->t, y = ((const struct cut *)b)->t;

    return (x > y) - (x < y);
}

/* All cuts of the ring of radius r, in the order of their angles; returns their number. */
static int ring_cuts(const struct pair *p, double r, struct cut cut[])
{
    double cosine[CUTS], sine[CUTS];
    int of_x = cuts_of(&p->x, r, cosine, sine), n = of_x + cuts_of(&p->y, r, cosine + of_x, sine + of_x);

    for (int i = 0; i < n; i++) {
        double c = cosine[i], s = sine[i];

        if (i < of_x)
            cut[i] = (struct cut){0, c, s, c * p->c + s * p->s, s * p->c - c * p->s};
        else
            cut[i] = (struct cut){0, c * p->c - s * p->s, s * p->c + c * p->s, c, s};
        cut[i].t = atan2(cut[i].sin_x, cut[i].cos_x);
    }
    qsort(cut, (size_t)n, sizeof *cut, compare_cuts);
    return n;
}

/* The integral over the ring of radius r. */
static struct sums ring_sums(const struct pair *p, double r, double share)
{
    struct cut cut[CUTS];
    struct sums ring = {0};
    int n = ring_cuts(p, r, cut);

    if (n == 0)
        return circle_sums(p, r, share);
    for (int i = 0; i < n; i++) {
        struct arc arc = {&cut[i], &cut[(i + 1) % n], cut[(i + 1) % n].t - cut[i].t + (i + 1 == n ? 2 * M_PI : 0), r,
                          0};

        if (arc.length < 1e-15)
            continue;
        struct sums part = arc_sums(&arc, p, share);
        sums_add(&ring, &part, p->outputs, 1);
    }
    return ring;
}

/* ## Radii */

struct radius {
    double psi;
    bool singular; // as a point to grade to
};

/* psi as a function of s in (0, 1) that is flat to the fourth power at singular ends, and its derivative. */
static double graded(const struct radius *a, const struct radius *b, double s, double *slope)
{
    double width = b->psi - a->psi, t = 1 - s;

    if (a->singular && b->singular) { // the polynomial with slope 140 s^3 t^3
        *slope = width * 140 * s * s * s * t * t * t;
        return a->psi + width * s * s * s * s * (35 - s * (84 - s * (70 - 20 * s)));
    }
    if (!a->singular && !b->singular) {
        *slope = width;
        return a->psi + width * s;
    }
    double u = a->singular ? s : t;
    *slope = 4 * width * u * u * u;
    return a->singular ? a->psi + width * u * u * u * u : b->psi - width * u * u * u * u;
}

/* One Gauss-Legendre rule of n radii. */
static enum status radial_sums(struct pair *p, const struct radius *a, const struct radius *b, int n, struct sums *sums)
{
    struct rule rule;
    enum status status = rule_legendre(&rule, n, 0, 1);

    if (status)
        return status;
    *sums = (struct sums){0};
    for (int i = 0; i < n; i++) {
        double slope, psi = graded(a, b, rule.x[i], &slope), sine = sin(psi);
        double fall = p->B > 4 ? -0.5 * (p->B - 4) * log1p(-sine * sine) : 0;
        double weight = rule.w[i] * slope * (p->B - 3) / (2 * M_PI) * sine * exp(-fall);

        if (!(weight > 0))
            continue;
        struct sums ring = ring_sums(p, p->R * sine, 1 / (n * weight));
        for (int k = 0; k < p->outputs; k++)
            ring.rounding[k] = (3 + fall) * DBL_EPSILON * ring.size[k]; // of the density, and of steep F
        sums_add(sums, &ring, p->outputs, weight);
        for (int k = 0; k < p->outputs; k++)
            p->total[k] = fmax(p->total[k], sums->size[k]);
    }
    rule_free(&rule);
    return STATUS_OK;
}

/* Doubles the radii of one piece until two rules agree. Errors of the rings come on top of their difference. */
static enum status radial_piece(struct pair *p, const struct radius *a, const struct radius *b, struct sums *piece)
{
    struct sums fine = {0}, coarse;
    enum status status = radial_sums(p, a, b, RADIAL_FIRST, &coarse);

    sums_begin(&coarse, p->outputs);
    for (int n = 2 * RADIAL_FIRST; !status; n *= 2) {
        double rings[SPHERE_OUTPUTS] = {0};

        status = radial_sums(p, a, b, n, &fine);
        if (status)
            break;
        for (int k = 0; k < p->outputs; k++)
            rings[k] = fine.error[k];
        bool settled = sums_settled(&fine, &coarse, p, 1);
        coarse = fine;
        for (int k = 0; k < p->outputs; k++)
            fine.error[k] += rings[k];
        *piece = fine;
        if (settled || n >= RADIAL_LAST)
            break;
    }
    return status;
}

static int compare_radii(const void *a, const void *b)
{
    double x = ((const struct radius *)a)->psi, y = ((const struct radius *)b)->psi;

    return (x > y) - (x < y);
}

static void radius_add(const struct pair *p, double r, struct radius radius[], int *n)
{
    if (r < p->R * (1 - 1e-13))
        radius[(*n)++] = (struct radius){asin(r / p->R), true};
}

/* Where lines touch a ring (and 0, if a line passes there), and where they cross. */
static int singular_radii(const struct pair *p, struct radius radius[])
{
    int n = 0;

    for (int i = 0; i < p->x.kinks; i++)
        radius_add(p, fabs(p->x.kink[i]), radius, &n);
    for (int i = 0; i < p->y.kinks; i++)
        radius_add(p, fabs(p->y.kink[i]), radius, &n);
    for (int i = 0; i < p->x.kinks; i++)
        for (int j = 0; j < p->y.kinks; j++) {
            double a = p->x.kink[i], b = p->y.kink[j];

            radius_add(p, hypot(a, (b - p->c * a) / p->s), radius, &n);
        }
    return n;
}

/* The ends of all radial pieces, increasing, without repetition. core: the radius from which on a piece that adds nothing ends the sum. */
static int radial_ends(const struct pair *p, struct radius radius[], double *core)
{
    int n = singular_radii(p, radius), kept = 1;
    double end = M_PI_2;

    *core = 0;
    for (int i = 0; i < n; i++)
        *core = fmax(*core, radius[i].psi);
    for (int i = 0; i < SHELLS; i++) {
        double cosine = p->B > 4 ? exp(-SHELL[i] / (p->B - 4)) : 0;

        if (cosine < 0.12)
            break;
        radius[n++] = (struct radius){acos(cosine), false};
        *core = fmax(*core, radius[n - 1].psi * (i == 0));
        end = i == SHELLS - 1 ? radius[n - 1].psi : M_PI_2;
    }
    radius[n++] = (struct radius){0, false};
    radius[n++] = (struct radius){end, false};
    qsort(radius, (size_t)n, sizeof *radius, compare_radii);
    for (int i = 1; i < n && radius[i].psi <= end; i++) {
        if (radius[i].psi - radius[kept - 1].psi > 1e-13)
            radius[kept++] = radius[i];
        else
            radius[kept - 1].singular = radius[kept - 1].singular || radius[i].singular;
    }
    return kept;
}

static bool adds_nothing(const struct pair *p, const struct sums *piece)
{
    for (int k = 0; k < p->outputs; k++)
        if (piece->size[k] > 1e-17 * p->total[k])
            return false;
    return true;
}

static enum status all_pieces(struct pair *p, struct sums *all)
{
    struct radius radius[RADII];
    struct sums piece;
    double core;
    int ends = radial_ends(p, radius, &core);

    for (int i = 0; i + 1 < ends; i++) {
        enum status status = radial_piece(p, &radius[i], &radius[i + 1], &piece);

        if (status)
            return status;
        sums_add(all, &piece, p->outputs, 1);
        for (int k = 0; k < p->outputs; k++)
            p->total[k] = fmax(p->total[k], all->size[k]);
        if (radius[i].psi >= core && core > 0 && adds_nothing(p, &piece))
            break;
    }
    return STATUS_OK;
}

static enum status pair_means(struct pair *p, struct value mean[])
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct sums all = {0};
    enum status status = STATUS_OK;

    pthread_once(&once, make_nodes);
    if (p->B == 3) { // a single ring
        struct sums ring = ring_sums(p, p->R, 0);

        sums_add(&all, &ring, p->outputs, 1 / (2 * M_PI));
    } else {
        status = all_pieces(p, &all);
    }
    for (int k = 0; k < p->outputs; k++) {
        if (!status && !isfinite(all.sum[k]))
            status = status_fail(STATUS_CONVERGENCE, "sphere_pair_means: output %d is not finite", k);
        mean[k] = measured(all.sum[k], all.error[k], QUADRATURE);
        mean[k].err[ROUNDING] = all.rounding[k] + 4 * DBL_EPSILON * all.size[k];
    }
    for (int k = 0; status && k < p->outputs; k++)
        mean[k] = value_failed();
    return status;
}

static struct pair pair_new(int B, int outputs, pair_function *F, void *context)
{
    double c = -1 / (B - 1.0);

    return (struct pair){.B = B,
                         .outputs = outputs,
                         .R = sqrt(B - 1.0),
                         .c = c,
                         .s = sqrt((1 - c) * (1 + c)),
                         .F = F,
                         .context = context};
}

enum status sphere_pair_means(int B, int outputs, pair_function *F, void *context, int kinks, const double kink[],
                              struct value mean[])
{
    if (B < 3 || B > SPHERE_B || outputs < 1 || outputs > SPHERE_OUTPUTS || kinks < 0 || kinks > KINKS_EACH)
        return status_fail(
            STATUS_RANGE,
            "sphere_pair_means: 3 <= B <= %d, at most %d outputs and %d kinks wanted, %d, %d and %d given", SPHERE_B,
            SPHERE_OUTPUTS, KINKS_EACH, B, outputs, kinks);
    struct pair p = pair_new(B, outputs, F, context);
    p.x = p.y = (struct side){kinks, kink};
    return pair_means(&p, mean);
}

struct product {
    const struct piecewise *f, *g;
};

static void product_output(double x, double y, double out[], void *context)
{
    const struct product *product = context;

    out[0] = product->f->f(x, product->f->context) * product->g->f(y, product->g->context);
}

struct value sphere_product(int B, const struct piecewise *f, const struct piecewise *g)
{
    struct product product = {f, g};
    struct pair p = pair_new(B, 1, product_output, &product);
    struct value mean;

    if (B < 3 || B > SPHERE_B || f->kinks < 0 || f->kinks > KINKS_EACH || g->kinks < 0 || g->kinks > KINKS_EACH) {
        status_fail(STATUS_RANGE, "sphere_product: 3 <= B <= %d and at most %d kinks wanted, %d, %d and %d given",
                    SPHERE_B, KINKS_EACH, B, f->kinks, g->kinks);
        return value_failed();
    }
    p.x = (struct side){f->kinks, f->kink};
    p.y = (struct side){g->kinks, g->kink};
    pair_means(&p, &mean);
    return mean;
}
