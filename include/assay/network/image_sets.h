// SPDX-License-Identifier: GPL-3.0-or-later
/* Labelled images made to measure: centred pixel by pixel, or drawn with a teacher's labels. */
#ifndef ASSAY_NETWORK_IMAGE_SETS_H
#define ASSAY_NETWORK_IMAGE_SETS_H

#include <assay/network/feedforward.h>
#include <assay/network/idx.h>

/* Takes train's mean image from all images and divides them by one number, so that train's coordinates have mean 0 each and mean square 1 together: as near to independent coordinates of mean 0 and variance 1 as
 * real images come without changing their covariances. test (NULL: none) is treated by train's mean and number. STATUS_RANGE if features differ, there are no images, or all of train's are the same. */
enum status images_centre(struct images *train, struct images *test);

/* count images of independent standard normals, labelled by the teacher's largest output; the stream moves on by what was drawn. The teacher has no batch normalisation, so that a label depends on its own image only. STATUS_RANGE if
 * it has, or for count < 1. Free with images_free. */
enum status images_of_teacher(const struct feedforward *teacher, size_t count, struct stream *stream,
                              struct images *images);

#endif
