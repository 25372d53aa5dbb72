// SPDX-License-Identifier: GPL-3.0-or-later
/* Random covariances: mean, rank, draws taken. */
#include "assay_test.h"
#include <assay/numerics/linear.h>
#include <assay/random/wishart.h>
#include <math.h>

TEST(mean_is_the_identity)
{
    struct stream stream = stream_open(stream_key("test_wishart", 1), 0, 0);
    double S[16];

    wishart(&stream, 4, 100000, S);
    CHECK_INT(stream.draw, 400000);
    for (int i = 0; i < 16; i++)
        CHECK_ABSOLUTE(S[i], i % 5 == 0, 0.025); // standard errors 0.0045 and 0.0032
}

TEST(rank_is_the_number_of_degrees)
{
    struct stream stream = stream_open(stream_key("test_wishart", 1), 0, 1);
    double S[36], lambda[6];

    wishart(&stream, 6, 4, S);
    CHECK_INT(linear_symmetric_eigen(6, S, lambda, NULL), STATUS_OK);
    CHECK_AT_MOST(fmax(fabs(lambda[0]), fabs(lambda[1])), 1e-14);
    CHECK_AT_LEAST(lambda[2], 1e-4);
}
