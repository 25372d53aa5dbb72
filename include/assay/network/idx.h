// SPDX-License-Identifier: GPL-3.0-or-later
/* IDX files: the format of MNIST and of its stand-ins, gzipped or not.
 *
 * Two zero bytes, a type (0x08: unsigned bytes, the only one read here), the number of dimensions, each dimension as
 * a big-endian 32-bit count, then the bytes. */
#ifndef ASSAY_NETWORK_IDX_H
#define ASSAY_NETWORK_IDX_H

#include <assay/base/status.h>
#include <stddef.h>
#include <stdint.h>

struct idx {
    int dimensions; // 1 to 4
    size_t size[4];
    uint8_t *data;
};

/* Reads a file; STATUS_ABSENT if there is none, STATUS_FORMAT (naming the file and what is wrong) if it is not IDX,
 * is truncated, is longer than its header says or is a corrupt gzip file. Free with idx_free. */
enum status idx_read(const char *path, struct idx *idx);
void idx_free(struct idx *idx);

/* Labelled images. pixels: count rows of features values; label[i] in 0..classes-1. */
struct images {
    size_t count, features;
    int classes;
    double *pixels;
    int *label;
};

/* The first count images (0: all) of directory DIR's training ("train") or test ("t10k") part:
 * DIR/PART-images-idx3-ubyte[.gz] and DIR/PART-labels-idx1-ubyte[.gz]. Each image is centred by the mean pixel of
 * the images read (one number) and scaled to RMS 1 (|x|^2 = features), as layer normalisation of the input would.
 * classes is 1 + the largest label read. STATUS_RANGE if fewer are there; STATUS_FORMAT if the two files do not
 * belong together or an image is uniform. */
enum status images_read(const char *directory, const char *part, size_t count, struct images *images);
void images_free(struct images *images);

/* The same from count images of `features` bytes each, and their labels; source names them in reasons. STATUS_FORMAT if an image is uniform. */
enum status images_of_bytes(const char *source, size_t count, size_t features, const uint8_t pixel[],
                            const uint8_t label[], struct images *images);

/* A hash of pixels and labels. */
uint64_t images_fingerprint(const struct images *images);

#endif
