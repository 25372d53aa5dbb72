// SPDX-License-Identifier: GPL-3.0-or-later
/* The images that a program trains and tests with. */
#ifndef ASSAY_EXPERIMENT_TRAINING_DATA_H
#define ASSAY_EXPERIMENT_TRAINING_DATA_H

#include <assay/evidence/claim.h>
#include <assay/network/idx.h>

struct training_data {
    struct images train, test;
};

/* Reads IDX images (idx.h): the first "images" training and the first "tests" test images in the directory "data", which are parameters that the program declares. */
void training_data_read(struct claim *claim, struct training_data *data);
void training_data_free(struct training_data *data);

/* A hash of all of it. */
uint64_t training_data_fingerprint(const struct training_data *data);

#endif
