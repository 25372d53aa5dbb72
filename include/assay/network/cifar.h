// SPDX-License-Identifier: GPL-3.0-or-later
/* CIFAR-10 in its binary version (Krizhevsky 2009): files data_batch_1.bin to data_batch_5.bin for training and test_batch.bin for tests.
 *
 * A record is a label (one byte, 0 to 9), then 3072 bytes of a 32 x 32 picture: 1024 of red, row by row from the top, then green, then blue. The
 * original's files hold 10000 records each; one with fewer is read as well, if its records are whole. */
#ifndef ASSAY_NETWORK_CIFAR_H
#define ASSAY_NETWORK_CIFAR_H

#include <assay/network/idx.h>

enum { CIFAR_SIDE = 32, CIFAR_CHANNELS = 3, CIFAR_CLASSES = 10, CIFAR_FEATURES = 3072, CIFAR_RECORDS = 10000 };

/* The order of an image's features. Planes: channels x height x width, as in the file. Sites: height x width x channels, as convolution.h takes
 * maps. */
enum cifar_layout { CIFAR_PLANES, CIFAR_SITES };

/* The first count images (0: all) of the part "train" or "test" of a directory: training files in their order, opened as far as they are needed. Each image
 * is centred by the mean byte of the images read (one number for all channels) and scaled to RMS 1, as images_of_bytes does; classes is 10. STATUS_ABSENT if
 * a file is not there; STATUS_RANGE if there are fewer images or no such part; STATUS_FORMAT (naming the file) for a record that is cut short, more records than the
 * original's or a label above 9. Free with images_free. */
enum status cifar_read(const char *directory, const char *part, size_t count, enum cifar_layout layout,
                       struct images *images);

#endif
