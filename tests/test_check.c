// SPDX-License-Identifier: GPL-3.0-or-later
#include "assay_test.h"

#include <assay/evidence/check.h>
#include <assay/evidence/claim.h>
#include <math.h>

static struct check one_case(struct relation relation)
{
    struct check check = {.kind = relation.kind};

    check_add(&check, &relation, "");
    return check;
}

static enum check_state state_of(struct relation relation)
{
    struct check check = one_case(relation);

    return check_state_of(&check);
}

TEST(equal_holds_within_the_errors_and_not_beyond)
{
    CHECK_INT(state_of(relation_equal(exact(1), measured(1.009, 0.01, QUADRATURE))), CHECK_HOLDS);
    CHECK_INT(state_of(relation_equal(exact(1), measured(1.011, 0.01, QUADRATURE))), CHECK_REFUTED);
    CHECK_INT(state_of(relation_equal(exact(1), measured(1.039, 0.01, SAMPLING))), CHECK_HOLDS);
    CHECK_INT(state_of(relation_equal(exact(1), measured(1.041, 0.01, SAMPLING))), CHECK_REFUTED);
    CHECK_INT(state_of(relation_equal(exact(1), exact(1))), CHECK_HOLDS);
}

TEST(nan_and_failures_refute)
{
    CHECK_INT(state_of(relation_equal(exact(1), value_failed())), CHECK_REFUTED);
    CHECK_INT(state_of(relation_equal(exact(NAN), exact(NAN))), CHECK_REFUTED);
    CHECK_INT(state_of(relation_at_most(exact(NAN), exact(1))), CHECK_REFUTED);
    CHECK_INT(state_of(relation_shape(exact(NAN), 1)), CHECK_REFUTED);
    CHECK_INT(state_of(relation_differs(exact(1), exact(NAN))), CHECK_REFUTED);
    CHECK_INT(state_of(relation_not_at_least(value_failed(), exact(1))), CHECK_REFUTED);
}

/* The definition of resolution, tried: the claimed side moved by a little more than it says, either way, turns red. */
TEST(a_change_beyond_the_resolution_is_seen)
{
    struct value witness = measured(3.002, 0.005, QUADRATURE);
    double resolution = relation_equal(exact(3), witness).resolution;

    CHECK_RELATIVE(resolution, 0.007 / 3, 1e-12);
    CHECK_INT(state_of(relation_equal(exact(3 * (1 + 1.01 * resolution)), witness)), CHECK_REFUTED);
    CHECK_INT(state_of(relation_equal(exact(3 * (1 - 1.01 * resolution)), witness)), CHECK_REFUTED);
    resolution = relation_at_most(exact(2), exact(3)).resolution;
    CHECK_INT(state_of(relation_at_most(exact(2), exact(3 * (1 - 1.01 * resolution)))), CHECK_REFUTED);
    CHECK_INT(state_of(relation_at_most(exact(2), exact(3 * (1 - 0.99 * resolution)))), CHECK_HOLDS);
    resolution = relation_at_least(exact(3), exact(2)).resolution;
    CHECK_INT(state_of(relation_at_least(exact(3), exact(2 * (1 + 1.01 * resolution)))), CHECK_REFUTED);
    CHECK_INT(state_of(relation_at_least(exact(3), exact(2 * (1 + 0.99 * resolution)))), CHECK_HOLDS);
}

TEST(a_blind_check_is_inconclusive)
{
    CHECK_INT(state_of(relation_equal(exact(1), measured(1, 0.3, QUADRATURE))), CHECK_INCONCLUSIVE);
    CHECK_INT(state_of(relation_equal(exact(0), exact(0))), CHECK_INCONCLUSIVE);
    CHECK_INT(state_of(relation_zero(exact(0), 1)), CHECK_HOLDS);
    CHECK_INT(state_of(relation_zero(measured(0, 0.5, QUADRATURE), 1)), CHECK_INCONCLUSIVE);
    CHECK_INT(state_of(relation_at_most(exact(1), exact(1000))), CHECK_INCONCLUSIVE);
    CHECK_INT(state_of(relation_at_least(exact(1000), exact(1))), CHECK_INCONCLUSIVE);
    CHECK_INT(state_of(relation_at_least(exact(1), exact(0))), CHECK_INCONCLUSIVE);
}

TEST(shapes_and_differences_need_more_than_their_errors)
{
    CHECK_INT(state_of(relation_shape(measured(0.1, 0.02, SAMPLING), 1)), CHECK_HOLDS);
    CHECK_INT(state_of(relation_shape(measured(0.1, 0.03, SAMPLING), 1)), CHECK_REFUTED);
    CHECK_INT(state_of(relation_shape(exact(0), 1)), CHECK_REFUTED);
    CHECK_INT(state_of(relation_differs(exact(1), measured(1.5, 0.1, SAMPLING))), CHECK_HOLDS);
    CHECK_INT(state_of(relation_differs(exact(1), measured(1.3, 0.1, SAMPLING))), CHECK_REFUTED);
    CHECK_INT(state_of(relation_differs(exact(1), exact(1))), CHECK_REFUTED);
    CHECK_INT(state_of(relation_not_at_least(exact(1), exact(2))), CHECK_HOLDS);
    CHECK_INT(state_of(relation_not_at_least(exact(2), exact(1))), CHECK_REFUTED);
    CHECK_INT(state_of(relation_not_at_most(exact(2), exact(1))), CHECK_HOLDS);
}

TEST(cases_fold_into_the_worst)
{
    struct check check = {.kind = CHECK_EQUAL};
    struct relation good = relation_equal(exact(1), measured(1.001, 0.01, QUADRATURE));
    struct relation near = relation_equal(exact(1), measured(1.09, 0.1, QUADRATURE));
    struct relation bad = relation_equal(exact(1), measured(2, 0.1, QUADRATURE));

    check_add(&check, &good, "good");
    check_add(&check, &near, "near");
    check_add(&check, &good, "good again");
    CHECK_TEXT(check.worst_case, "near");
    CHECK_INT(check_state_of(&check), CHECK_HOLDS);
    CHECK_SAME(check.resolution, good.resolution);
    CHECK_SAME(check.coarsest, near.resolution);
    check_add(&check, &bad, "bad");
    check_add(&check, &good, "good at last");
    CHECK_TEXT(check.worst_case, "bad");
    CHECK_INT(check_state_of(&check), CHECK_REFUTED);
    CHECK_INT(check.cases, 5);
    CHECK_INT(check.refuted, 1);
}

TEST(digits_and_z_are_those_of_the_worst_case)
{
    struct check check = one_case(relation_equal(exact(1), measured(1.001, 0.01, QUADRATURE)));

    CHECK_ABSOLUTE(check_digits(&check), 3, 0.01);
    CHECK(isnan(check_z(&check)));
    check = one_case(relation_equal(exact(1), measured(1.02, 0.01, SAMPLING)));
    CHECK_RELATIVE(check_z(&check), 2, 1e-12);
}

TEST(verdicts)
{
    struct check holds = one_case(relation_equal(exact(1), exact(1)));
    struct check refuted = one_case(relation_equal(exact(1), exact(2)));
    struct check blind = one_case(relation_equal(exact(0), exact(0)));
    struct check mixed[] = {holds, blind, refuted};
    bool red;

    CHECK_INT(verdict_of(1, &holds, false, false, &red), VERDICT_HOLDS);
    CHECK(!red);
    CHECK_INT(verdict_of(1, &holds, true, true, &red), VERDICT_CORRECTED);
    CHECK(!red);
    CHECK_INT(verdict_of(1, &holds, true, false, &red), VERDICT_REFUTED);
    CHECK(!red);
    CHECK_INT(verdict_of(2, mixed, false, false, &red), VERDICT_INCONCLUSIVE);
    CHECK(red);
    CHECK_INT(verdict_of(3, mixed, true, true, &red), VERDICT_REFUTED);
    CHECK(red);
    CHECK_INT(verdict_of(0, NULL, false, false, &red), VERDICT_INCONCLUSIVE);
    CHECK(red);
}
