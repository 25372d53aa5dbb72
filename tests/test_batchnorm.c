// SPDX-License-Identifier: GPL-3.0-or-later
/* Batchnorm spectra: three routes against each other, against the explicit operators and against mpmath (30 digits, Gegenbauer series of analytic
 * activations). Stated errors are tested wherever a truth is known. */
#include "assay_test.h"
#include <assay/base/memory.h>
#include <assay/meanfield/batchnorm.h>
#include <math.h>

enum { QUANTITIES = 9 };

static void list(const struct batchnorm_state *state, struct value v[QUANTITIES])
{
    const struct value all[QUANTITIES] = {state->fixed.q,    state->fixed.mu,   state->fixed.nu,
                                          state->forward.L,  state->forward.M,  state->backward.G,
                                          state->backward.L, state->backward.M, state->cross};

    for (int i = 0; i < QUANTITIES; i++) {
        v[i] = all[i];
    }
}

/* Every quantity within both errors, and the errors worth having. */
static void check_alike(const struct batchnorm_state *one, const struct batchnorm_state *other, double worth)
{
    struct value a[QUANTITIES], b[QUANTITIES];

    list(one, a);
    list(other, b);
    for (int i = 0; i < QUANTITIES; i++) {
        CHECK_ABSOLUTE(a[i].x, b[i].x, value_tolerance(a[i], b[i], 4));
        CHECK_AT_MOST(value_bound(b[i]), worth * fmax(fabs(b[i].x), fmax(0.01, fabs(one->fixed.mu.x))));
    }
}

static const int BATCH[] = {4, 5, 6, 7, 8, 10, 16, 33, 100, 1000};
enum { BATCHES = sizeof BATCH / sizeof *BATCH };

TEST(closed_forms_agree_with_the_sphere)
{
    static const char *const names[] = {"id",     "relu",     "lrelu:0.2", "lrelu:-0.7", "abs",
                                        "relu^2", "relu^1.7", "relu^0.8",  "x^2",        "x^3"};

    for (int n = 0; n < 10; n++) {
        for (int b = 0; b < BATCHES; b++) {
            struct activation phi;
            struct homogeneous homogeneous;
            struct batchnorm_state closed, sphere;

            CHECK_INT(activation_find(names[n], &phi), STATUS_OK);
            CHECK_INT(homogeneous_find(&phi, &homogeneous), STATUS_OK);
            struct response response = response_of(&phi);
            CHECK_INT(batchnorm_state_closed(&homogeneous, BATCH[b], &closed), STATUS_OK);
            CHECK_INT(batchnorm_state_sphere(&response, BATCH[b], &sphere), STATUS_OK);
            check_alike(&closed, &sphere, 1e-10);
        }
    }
}

TEST(closed_forms_for_both_signs)
{
    for (double alpha = 0.75; alpha < 3; alpha += 0.45) {
        struct homogeneous phi = {alpha, 1, -0.3};
        struct response response = {homogeneous_piecewise(&phi), homogeneous_slope_piecewise(&phi)};
        struct batchnorm_state closed, sphere;

        for (int b = 0; b < BATCHES; b++) {
            CHECK_INT(batchnorm_state_closed(&phi, BATCH[b], &closed), STATUS_OK);
            CHECK_INT(batchnorm_state_sphere(&response, BATCH[b], &sphere), STATUS_OK);
            check_alike(&closed, &sphere, 1e-9);
        }
    }
}

TEST(series_agrees_with_the_sphere)
{
    static const char *const names[] = {"tanh",     "erf",  "sin", "sigmoid", "gelu", "silu",
                                        "softplus", "bump", "exp", "x^3",     "h5"};

    for (int n = 0; n < 11; n++) {
        for (int b = 0; b < BATCHES; b++) {
            struct activation phi;
            struct batchnorm_state series, sphere;

            CHECK_INT(activation_find(names[n], &phi), STATUS_OK);
            struct response response = response_of(&phi);
            CHECK_INT(batchnorm_state_sphere(&response, BATCH[b], &sphere), STATUS_OK);
            CHECK_INT(batchnorm_state_series(&response, BATCH[b], 80, &series), STATUS_OK);
            check_alike(&series, &sphere, 1e-10);
        }
    }
}

TEST(series_states_its_truncation_at_kinks)
{
    struct activation phi;
    struct homogeneous homogeneous;
    struct batchnorm_state closed, series;

    CHECK_INT(activation_find("relu", &phi), STATUS_OK);
    CHECK_INT(homogeneous_find(&phi, &homogeneous), STATUS_OK);
    struct response response = response_of(&phi);
    for (int b = 0; b < BATCHES; b++) {
        for (int lmax = 4; lmax < 300; lmax *= 3) {
            CHECK_INT(batchnorm_state_closed(&homogeneous, BATCH[b], &closed), STATUS_OK);
            CHECK_INT(batchnorm_state_series(&response, BATCH[b], lmax, &series), STATUS_OK);
            check_alike(&closed, &series, 100);
        }
    }
}

TEST(brackets_give_the_spectra)
{
    static const char *const names[] = {"relu", "tanh", "gelu", "abs", "softplus"};

    for (int n = 0; n < 5; n++) {
        for (int B = 4; B <= 9; B++) {
            struct activation phi;
            struct batchnorm_state state;
            struct brackets U, F;
            double *matrix = memory_doubles((size_t)(B * B) * (size_t)(B * B));

            CHECK_INT(activation_find(names[n], &phi), STATUS_OK);
            struct response response = response_of(&phi);
            CHECK_INT(batchnorm_state(&phi, B, &state), STATUS_OK);
            CHECK_INT(batchnorm_forward_brackets(&response, B, &U), STATUS_OK);
            CHECK_INT(batchnorm_backward_brackets(&response, B, &F), STATUS_OK);
            struct spectrum forward = ultrasymmetric_spectrum(B, &U), backward = ultrasymmetric_spectrum(B, &F);
            CHECK_ABSOLUTE(forward.G.x, 0, value_bound(forward.G));
            CHECK_ABSOLUTE(forward.L.x, state.forward.L.x, value_tolerance(forward.L, state.forward.L, 0));
            CHECK_ABSOLUTE(forward.M.x, state.forward.M.x, value_tolerance(forward.M, state.forward.M, 0));
            CHECK_ABSOLUTE(backward.G.x, state.backward.G.x, value_tolerance(backward.G, state.backward.G, 0));
            CHECK_ABSOLUTE(backward.L.x, state.backward.L.x, value_tolerance(backward.L, state.backward.L, 0));
            CHECK_ABSOLUTE(backward.M.x, state.backward.M.x, value_tolerance(backward.M, state.backward.M, 0));
            CHECK_AT_MOST(value_bound(backward.G), 1e-9);
            ultrasymmetric_matrix(B, &F, matrix);
            struct spectrum explicit = operator_spectrum(B, matrix);
            CHECK_ABSOLUTE(explicit.M.x, backward.M.x, 1e-11);
            CHECK_ABSOLUTE(explicit.L.x, backward.L.x, 1e-11);
            memory_free(matrix);
        }
    }
}

TEST(values_of_analytic_activations)
{
    static const struct {
        const char *name;
        int B;
        double backward_G, mu, q, nu;
    } truth[] = {
        {"tanh", 5, 1.6418818182081454, 0.54492276823057059, 0.44102908132991268, -0.10389368690065791},
        {"tanh", 16, 1.2462584138549658, 0.43126859311909556, 0.40603374928470816, -0.025234843834387398},
        {"sin", 5, 1.6376130871079934, 0.63696664482507187, 0.51651083200588728, -0.12045581281918458},
        {"sin", 16, 1.3366071084301629, 0.47836774466733931, 0.45201433732873918, -0.02635340733860013},
        {"sigmoid", 5, 1.5177030003437623, 0.058750063755219113, 0.29708107871711026, 0.23833101496189115},
        {"sigmoid", 16, 1.1056299985894862, 0.047359280971135406, 0.2944374780348953, 0.24707819706375989},
    };

    for (int i = 0; i < 6; i++) {
        struct activation phi;
        struct batchnorm_state state;

        CHECK_INT(activation_find(truth[i].name, &phi), STATUS_OK);
        CHECK_INT(batchnorm_state(&phi, truth[i].B, &state), STATUS_OK);
        CHECK_ABSOLUTE(state.backward.G.x, truth[i].backward_G, value_bound(state.backward.G));
        CHECK_ABSOLUTE(state.fixed.mu.x, truth[i].mu, value_bound(state.fixed.mu));
        CHECK_ABSOLUTE(state.fixed.q.x, truth[i].q, value_bound(state.fixed.q));
        CHECK_ABSOLUTE(state.fixed.nu.x, truth[i].nu, value_bound(state.fixed.nu));
        CHECK_AT_MOST(value_bound(state.backward.G), 1e-11);
    }
}

TEST(single_quantities_are_those_of_the_state)
{
    struct activation phi;
    struct batchnorm_state state;

    CHECK_INT(activation_find("gelu", &phi), STATUS_OK);
    CHECK_INT(batchnorm_state(&phi, 23, &state), STATUS_OK);
    CHECK_SAME(batchnorm_fixed_point(&phi, 23).q.x, state.fixed.q.x);
    CHECK_SAME(batchnorm_forward_L(&phi, 23).x, state.forward.L.x);
    CHECK_SAME(batchnorm_forward_M(&phi, 23).x, state.forward.M.x);
    CHECK_SAME(batchnorm_backward_G(&phi, 23).x, state.backward.G.x);
    CHECK_SAME(batchnorm_backward_L(&phi, 23).x, state.backward.L.x);
    CHECK_SAME(batchnorm_backward_M(&phi, 23).x, state.backward.M.x);
    CHECK_SAME(batchnorm_cross_fixed_point(&phi, 23).x, state.cross_fixed.x);
    CHECK_SAME(batchnorm_cross(&phi, 23).x, state.cross.x);
}

TEST(transition_is_where_the_eigenvalue_crosses_one)
{
    double before = INFINITY;

    for (int B = 5; B <= 10000; B = B < 40 ? B + 1 : 3 * B) {
        struct value alpha = batchnorm_transition(B);
        struct batchnorm_state state;

        CHECK(value_ok(alpha));
        CHECK_AT_MOST(alpha.x, before);
        before = alpha.x;
        CHECK_INT(batchnorm_state_closed(&(struct homogeneous){alpha.x, 1, 0}, B, &state), STATUS_OK);
        CHECK_ABSOLUTE(state.forward.L.x, 1, 1e-11);
        CHECK_INT(batchnorm_state_closed(&(struct homogeneous){alpha.x + 1e-3, 1, 0}, B, &state), STATUS_OK);
        CHECK_AT_LEAST(state.forward.L.x, 1 + 1e-6);
    }
    CHECK(!value_ok(batchnorm_transition(4)));
}

TEST(bad_input_has_a_reason)
{
    struct activation phi;
    struct batchnorm_state state;

    CHECK_INT(activation_find("relu", &phi), STATUS_OK);
    CHECK_INT(batchnorm_state(&phi, 3, &state), STATUS_RANGE);
    CHECK_INT(batchnorm_state(&phi, 10001, &state), STATUS_RANGE);
    CHECK_CONTAINS(status_reason(), "10001");
    CHECK(!value_ok(batchnorm_backward_G(&phi, 2)));
    CHECK_INT(activation_find("h0", &phi), STATUS_OK); // constant
    CHECK_INT(batchnorm_state(&phi, 8, &state), STATUS_RANGE);
    CHECK_CONTAINS(status_reason(), "constant");
    CHECK_INT(activation_find("relu^0.4", &phi), STATUS_OK); // phi' has no second moment
    CHECK_INT(batchnorm_state(&phi, 8, &state), STATUS_OK);
    CHECK(isinf(state.backward.G.x));
    CHECK(isfinite(state.forward.L.x));
    struct response response = response_of(&phi);
    CHECK_INT(batchnorm_state_series(&response, 8, 0, &state), STATUS_RANGE);
    CHECK_INT(batchnorm_state_closed(&(struct homogeneous){1, 0, 0}, 8, &state), STATUS_RANGE);
}
