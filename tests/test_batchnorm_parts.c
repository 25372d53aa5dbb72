// SPDX-License-Identifier: GPL-3.0-or-later
/* The three parts of the backward operator: against moments of the sphere that are known (id), against the whole, and against samples of v. */
#include "assay_test.h"
#include <assay/meanfield/batchnorm.h>
#include <assay/random/stream.h>
#include <math.h>

enum { BRACKETS = 9 };

static void list(const struct brackets *T, struct value v[BRACKETS])
{
    const struct value all[BRACKETS] = {T->b1111, T->b1122, T->b1112, T->b1123, T->b1211,
                                        T->b1233, T->b1212, T->b1213, T->b1234};

    for (int i = 0; i < BRACKETS; i++)
        v[i] = all[i];
}

static struct backward_parts parts_of(const char *name, int B, struct activation *phi)
{
    struct backward_parts parts;

    CHECK_INT(activation_find(name, phi), STATUS_OK);
    struct response response = response_of(phi);
    CHECK_INT(batchnorm_backward_parts(&response, B, &parts), STATUS_OK);
    return parts;
}

/* id: mu = B/(B-1), the rate is (B-1)/(B-3); E v_i v_j v_k v_l = (G_ij G_kl + G_ik G_jl + G_il G_jk) / ((B-1)(B+1)), E v_i v_j = G_ij/(B-1). */
TEST(identity_by_moments_of_the_sphere)
{
    for (int B = 4; B <= 100; B = 2 * B - 1) {
        struct activation phi;
        struct backward_parts parts = parts_of("id", B, &phi);
        struct value v[BRACKETS];
        double b = B, rate = (b - 1) / (b - 3), on = 1 - 1 / b, off = -1 / b, four = rate / ((b - 1) * (b + 1));
        double two = rate / (b - 1);
        const double outer[BRACKETS] = {3 * on * on,
                                        on * on + 2 * off * off,
                                        3 * on * off,
                                        on * off + 2 * off * off,
                                        3 * on * off,
                                        on * off + 2 * off * off,
                                        on * on + 2 * off * off,
                                        on * off + 2 * off * off,
                                        3 * off * off};
        const double mixed[BRACKETS] = {2 * on, 0, off, 0, off, 0, on, off / 2, 0};

        CHECK_RELATIVE(parts.direct.b1111.x, rate, 1e-12);
        CHECK_RELATIVE(parts.direct.b1212.x, rate / 2, 1e-12);
        list(&parts.outer, v);
        for (int i = 0; i < BRACKETS; i++) {
            CHECK_ABSOLUTE(v[i].x, four * outer[i], value_bound(v[i]) + 1e-15 * four);
            CHECK_AT_MOST(value_bound(v[i]), 1e-11 * four);
        }
        list(&parts.mixed, v);
        for (int i = 0; i < BRACKETS; i++)
            CHECK_ABSOLUTE(v[i].x, two * mixed[i], value_bound(v[i]) + 1e-15 * two);
    }
}

TEST(parts_add_up_to_the_operator)
{
    static const char *const names[] = {"relu", "tanh", "gelu", "relu^1.7", "relu^0.7", "exp"};
    static const int sizes[] = {4, 5, 8, 33, 300};

    for (int n = 0; n < 6; n++)
        for (int s = 0; s < 5; s++) {
            struct activation phi;
            struct backward_parts parts = parts_of(names[n], sizes[s], &phi);
            struct response response = response_of(&phi);
            struct brackets F;
            struct value whole[BRACKETS], direct[BRACKETS], outer[BRACKETS], mixed[BRACKETS];

            CHECK_INT(batchnorm_backward_brackets(&response, sizes[s], &F), STATUS_OK);
            list(&F, whole);
            list(&parts.direct, direct);
            list(&parts.outer, outer);
            list(&parts.mixed, mixed);
            for (int i = 0; i < BRACKETS; i++) {
                struct value sum = value_sub(value_add(direct[i], outer[i]), mixed[i]);

                CHECK_ABSOLUTE(sum.x, whole[i].x, value_tolerance(sum, whole[i], 4));
                CHECK_AT_MOST(value_bound(sum), 1e-10 * F.b1111.x);
            }
        }
}

/* Brackets of outer and mixed with three and four different indices from samples of y: the rate taken out with direct. */
TEST(parts_of_tanh_by_samples)
{
    enum { B = 5, SAMPLES = 200000 };
    struct activation phi;
    struct backward_parts parts = parts_of("tanh", B, &phi);
    struct stream stream = stream_open(stream_key("test_batchnorm_parts", 1), 0, 0);
    double sum[4] = {0}, square[4] = {0}, rate = parts.direct.b1111.x, norm = 0;

    for (int s = 0; s < SAMPLES; s++) {
        double z[B], mean = 0, r2 = 0, D[2];

        stream_normals(&stream, B, z);
        for (int i = 0; i < B; i++)
            mean += z[i] / B;
        for (int i = 0; i < B; i++)
            r2 += (z[i] - mean) * (z[i] - mean);
        for (int i = 0; i < B; i++)
            z[i] = (z[i] - mean) / sqrt(r2);
        D[0] = activation_slope(&phi, sqrt(B) * z[0]);
        D[1] = activation_slope(&phi, sqrt(B) * z[1]);
        norm += D[0] * D[0] / SAMPLES;
        const double term[4] = {D[0] * D[1] * z[0] * z[1] * z[2] * z[3], D[0] * D[1] * z[0] * z[1] * z[0] * z[2],
                                D[0] * D[1] * z[1] * z[2] / 2, D[0] * D[0] * z[0] * z[0] * z[1] * z[2]};
        for (int k = 0; k < 4; k++) {
            sum[k] += term[k] / SAMPLES;
            square[k] += term[k] * term[k] / SAMPLES;
        }
    }
    const double quadrature[4] = {parts.outer.b1234.x, parts.outer.b1213.x, parts.mixed.b1213.x, parts.outer.b1123.x};
    for (int k = 0; k < 4; k++)
        CHECK_ABSOLUTE(quadrature[k] * norm / rate, sum[k], 4.5 * sqrt(square[k] / SAMPLES) + 1e-2 * fabs(sum[k]));
}

TEST(parts_refuse_batches_out_of_range)
{
    struct activation phi;
    struct backward_parts parts;

    CHECK_INT(activation_find("relu", &phi), STATUS_OK);
    struct response response = response_of(&phi);
    CHECK_INT(batchnorm_backward_parts(&response, 3, &parts), STATUS_RANGE);
    CHECK_INT(batchnorm_backward_parts(&response, 10001, &parts), STATUS_RANGE);
}
