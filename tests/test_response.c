// SPDX-License-Identifier: GPL-3.0-or-later
/* Responses: the activation behind them, gain and shift, kinks where they belong. */
#include "assay_test.h"
#include <assay/meanfield/response.h>
#include <math.h>

TEST(plain_response_is_the_activation)
{
    struct activation phi = {.kind = NULL};

    CHECK(activation_find("relu", &phi) == STATUS_OK);
    struct response r = response_of(&phi);
    CHECK_SAME(r.value.f(1.5, r.value.context), 1.5);
    CHECK_SAME(r.slope.f(-1.5, r.slope.context), 0);
    CHECK_INT(r.value.kinks, 1);
    CHECK_INT(r.slope.kinks, 1);
}

TEST(gain_and_shift)
{
    struct affine_activation affine = {.gain = 2, .shift = 0.5};
    const double h = 1e-5;

    CHECK(activation_find("relu", &affine.phi) == STATUS_OK);
    struct response r = response_affine(&affine);
    CHECK_INT(r.value.kinks, 1);
    CHECK_SAME(r.value.kink[0], -0.25);
    CHECK_SAME(r.slope.kink[0], -0.25);
    CHECK_SAME(r.value.f(1, r.value.context), 2.5);
    CHECK_SAME(r.slope.f(1, r.slope.context), 2);
    CHECK(activation_find("tanh", &affine.phi) == STATUS_OK);
    r = response_affine(&affine);
    CHECK_INT(r.value.kinks, 0);
    for (double x = -2; x <= 2; x += 0.5)
        CHECK_ABSOLUTE(r.slope.f(x, r.slope.context), (r.value.f(x + h, &affine) - r.value.f(x - h, &affine)) / (2 * h),
                       1e-8);
}
