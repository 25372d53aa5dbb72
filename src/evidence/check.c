// SPDX-License-Identifier: GPL-3.0-or-later
/* From two values to a verdict.
 *
 * Every relation is reduced to one number, the difference, which must not exceed the tolerance: |claimed - witness| for equal, how far an
 * inequality is overstepped (negative while there is slack), and for differs the negative of how far apart the sides are beyond the
 * tolerance. A NaN anywhere refutes. The tolerance is what the two sides declare, see value_tolerance. */
#include <assay/evidence/check.h>
#include <assay/evidence/claim.h>
#include <float.h>
#include <math.h>
#include <stdio.h>

static struct relation relation_of(enum check_kind kind, struct value claimed, struct value witness, double difference,
                                   double tolerance, double resolution)
{
    bool holds = value_ok(claimed) && value_ok(witness) && difference <= tolerance;
    double seen = isnan(resolution) ? INFINITY : fmax(resolution, DBL_EPSILON);

    return (struct relation){.kind = kind,
                             .claimed = claimed,
                             .witness = witness,
                             .difference = difference,
                             .tolerance = tolerance,
                             .resolution = seen,
                             .scale = fmax(fabs(claimed.x), fabs(witness.x)),
                             .holds = holds};
}

/* How far an equality's sides may still move apart, on the scale of the claimed side. */
struct relation relation_equal(struct value claimed, struct value witness)
{
    double tolerance = value_tolerance(claimed, witness, CHECK_SIGMAS), difference = fabs(claimed.x - witness.x);

    return relation_of(CHECK_EQUAL, claimed, witness, difference, tolerance,
                       (tolerance + difference) / fabs(claimed.x));
}

struct relation relation_zero(struct value quantity, double scale)
{
    struct value zero = exact(0);
    double tolerance = value_tolerance(zero, quantity, CHECK_SIGMAS), difference = fabs(quantity.x);

    struct relation relation =
        relation_of(CHECK_EQUAL, zero, quantity, difference, tolerance, (tolerance + difference) / fabs(scale));

    relation.scale = fabs(scale);
    return relation;
}

struct relation relation_at_most(struct value quantity, struct value bound)
{
    double tolerance = value_tolerance(quantity, bound, CHECK_SIGMAS), excess = quantity.x - bound.x;

    return relation_of(CHECK_AT_MOST, bound, quantity, excess, tolerance, (tolerance - excess) / fabs(bound.x));
}

struct relation relation_at_least(struct value quantity, struct value bound)
{
    double tolerance = value_tolerance(quantity, bound, CHECK_SIGMAS), lack = bound.x - quantity.x;

    return relation_of(CHECK_AT_LEAST, bound, quantity, lack, tolerance, (tolerance - lack) / fabs(bound.x));
}

struct relation relation_shape(struct value margin, double scale)
{
    double tolerance = value_tolerance(exact(0), margin, CHECK_SIGMAS);
    struct relation relation =
        relation_of(CHECK_SHAPE, exact(0), margin, tolerance, margin.x, (margin.x + tolerance) / fabs(scale));

    relation.holds = relation.holds && margin.x > tolerance;
    return relation;
}

static struct relation apart(struct value printed, struct value witness, double distance)
{
    double tolerance = value_tolerance(printed, witness, CHECK_SIGMAS);
    struct relation relation =
        relation_of(CHECK_DIFFERS, printed, witness, tolerance, distance, (distance - tolerance) / fabs(printed.x));

    relation.holds = relation.holds && distance > tolerance;
    return relation;
}

struct relation relation_differs(struct value printed, struct value witness)
{
    return apart(printed, witness, fabs(printed.x - witness.x));
}

struct relation relation_not_at_least(struct value quantity, struct value bound)
{
    return apart(bound, quantity, bound.x - quantity.x);
}

struct relation relation_not_at_most(struct value quantity, struct value bound)
{
    return apart(bound, quantity, quantity.x - bound.x);
}

/* How near a case is to failing: above 1 it fails. Slack counts against the claimed side where a tolerance would be zero or beside the point. */
static double urgency(const struct relation *relation)
{
    if (isnan(relation->difference) || isnan(relation->tolerance)) {
        return INFINITY;
    }
    if (relation->kind == CHECK_AT_MOST || relation->kind == CHECK_AT_LEAST) {
        double beyond = relation->difference - relation->tolerance;

        return 1 + beyond / fmax(fabs(relation->claimed.x), 1e-300);
    }
    return relation->difference == 0 ? 0 : relation->difference / fmax(relation->tolerance, 1e-300);
}

void check_add(struct check *check, const struct relation *relation, const char *case_name)
{
    bool worse = check->cases == 0 || (!relation->holds && check->worst.holds) ||
                 (relation->holds == check->worst.holds && urgency(relation) > urgency(&check->worst));

    if (worse) {
        check->worst = *relation;
        snprintf(check->worst_case, sizeof check->worst_case, "%s", case_name);
    }
    check->resolution = check->cases == 0 ? relation->resolution : fmin(check->resolution, relation->resolution);
    check->coarsest = check->cases == 0 ? relation->resolution : fmax(check->coarsest, relation->resolution);
    check->sampled = check->sampled || value_standard(relation->claimed) > 0 || value_standard(relation->witness) > 0;
    check->cases++;
    check->refuted += !relation->holds;
}

static bool blind(const struct check *check)
{
    switch (check->kind) {
    case CHECK_AT_MOST:
        return check->resolution > 1 - 1 / INCONCLUSIVE_FACTOR;
    case CHECK_AT_LEAST:
        return check->resolution > INCONCLUSIVE_FACTOR - 1;
    case CHECK_EQUAL:
    case CHECK_RATE:
        return check->resolution > INCONCLUSIVE_EQUAL;
    default:
        return false;
    }
}

enum check_state check_state_of(const struct check *check)
{
    if (check->refuted > 0) {
        return CHECK_REFUTED;
    }
    return blind(check) ? CHECK_INCONCLUSIVE : CHECK_HOLDS;
}

double check_digits(const struct check *check)
{
    double digits = -log10(fabs(check->worst.claimed.x - check->worst.witness.x) / check->worst.scale);

    return isnan(digits) ? NAN : fmin(17, fmax(0, digits));
}

double check_z(const struct check *check)
{
    double standard = hypot(value_standard(check->worst.claimed), value_standard(check->worst.witness));

    return standard > 0 ? fabs(check->worst.claimed.x - check->worst.witness.x) / standard : NAN;
}

const char *check_kind_name(enum check_kind kind)
{
    static const char *const names[CHECK_KINDS] = {"equal", "at most", "at least", "rate", "shape", "differs"};

    return names[kind];
}

const char *check_state_name(enum check_state state)
{
    static const char *const names[] = {"holds", "refuted", "inconclusive"};

    return names[state];
}

enum verdict verdict_of(size_t checks, const struct check check[], bool errata, bool corrected, bool *red)
{
    bool refuted = false, inconclusive = checks == 0;

    for (size_t i = 0; i < checks; i++) {
        enum check_state state = check_state_of(&check[i]);

        refuted = refuted || state == CHECK_REFUTED;
        inconclusive = inconclusive || state == CHECK_INCONCLUSIVE;
    }
    *red = refuted || inconclusive;
    if (*red) {
        return refuted ? VERDICT_REFUTED : VERDICT_INCONCLUSIVE;
    }
    return !errata ? VERDICT_HOLDS : corrected ? VERDICT_CORRECTED : VERDICT_REFUTED;
}

const char *verdict_name(enum verdict verdict)
{
    static const char *const names[] = {"holds", "holds corrected", "refuted", "inconclusive", "skipped"};

    return names[verdict];
}
