// SPDX-License-Identifier: GPL-3.0-or-later
/* The images that a program trains and tests with. */
#include <assay/experiment/training_data.h>

void training_data_read(struct claim *claim, struct training_data *data)
{
    const char *directory = claim_text(claim, "data");

    claim_need(claim, images_read(directory, "train", (size_t)claim_integer(claim, "images"), &data->train));
    claim_need(claim, images_read(directory, "t10k", (size_t)claim_integer(claim, "tests"), &data->test));
}

void training_data_free(struct training_data *data)
{
    images_free(&data->train);
    images_free(&data->test);
}

uint64_t training_data_fingerprint(const struct training_data *data)
{
    return images_fingerprint(&data->train) ^ images_fingerprint(&data->test);
}
