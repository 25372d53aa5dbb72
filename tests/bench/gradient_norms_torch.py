# SPDX-License-Identifier: GPL-3.0-or-later
"""Gradient norms by depth of one batchnorm-relu network, as one would write it in PyTorch: float32, one thread.

Usage: gradient_norms_torch.py WIDTH BATCH DEPTH REPEATS; prints the seconds of the best repeat and the growth a layer.
"""
import math
import sys
import time

import torch

width, batch, depth, repeats = map(int, sys.argv[1:5])
torch.set_num_threads(1)


def once():
    """Returns the squared gradient norms with respect to every layer's pre-activation."""
    x = torch.randn(batch, width)
    layers = []
    for _ in range(depth):
        weight = torch.randn(width, width) / math.sqrt(width)
        h = (x @ weight).requires_grad_() if not layers else x @ weight
        h.retain_grad()
        layers.append(h)
        x = torch.relu(torch.nn.functional.batch_norm(h, None, None, training=True, eps=0.0))
    x.backward(torch.randn(batch, width))
    return [float((h.grad**2).sum()) for h in layers]


best = math.inf
for _ in range(repeats):
    start = time.perf_counter()
    norms = once()
    best = min(best, time.perf_counter() - start)
print(best, (norms[0] / norms[-1]) ** (1 / max(depth - 1, 1)))
