// SPDX-License-Identifier: GPL-3.0-or-later
/* Random covariances. */
#ifndef ASSAY_RANDOM_WISHART_H
#define ASSAY_RANDOM_WISHART_H

#include <assay/random/stream.h>

/* S = X X' / degrees (n x n), X (n x degrees) of independent standard normals: mean I, rank min(n, degrees). Takes n degrees draws. */
void wishart(struct stream *stream, int n, int degrees, double S[]);

#endif
