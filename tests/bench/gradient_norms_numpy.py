# SPDX-License-Identifier: GPL-3.0-or-later
"""Gradient norms by depth of one batchnorm-relu network, as one would write it in NumPy: float64, one thread.

Usage: gradient_norms_numpy.py WIDTH BATCH DEPTH REPEATS; prints the seconds of the best repeat and the growth a layer.
"""
import math
import os
import sys
import time

os.environ["OPENBLAS_NUM_THREADS"] = "1"
import numpy  # noqa: E402 (after the number of threads)

width, batch, depth, repeats = map(int, sys.argv[1:5])
generator = numpy.random.default_rng(1)


def once():
    """Returns the squared gradient norms with respect to every layer's pre-activation."""
    x = generator.standard_normal((batch, width))
    weights, normed, scales = [], [], []
    for _ in range(depth):
        weight = generator.standard_normal((width, width)) / math.sqrt(width)
        h = x @ weight
        h -= h.mean(axis=0)
        scale = h.std(axis=0)
        h /= scale
        weights.append(weight)
        normed.append(h)
        scales.append(scale)
        x = numpy.maximum(h, 0)
    gradient = generator.standard_normal((batch, width))
    norms = []
    for weight, z, scale in zip(reversed(weights), reversed(normed), reversed(scales)):
        d = gradient * (z > 0)
        d = (d - d.mean(axis=0) - z * (d * z).mean(axis=0)) / scale
        norms.append(float((d**2).sum()))
        gradient = d @ weight.T
    return norms


best = math.inf
for _ in range(repeats):
    start = time.perf_counter()
    norms = once()
    best = min(best, time.perf_counter() - start)
print(best, (norms[-1] / norms[0]) ** (1 / max(depth - 1, 1)))
