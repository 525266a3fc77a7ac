"""Layers of every kind, exact singular values and finite differences, for the tests of spectral normalisation."""

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from minigen import nn

RNG = np.random.default_rng
seeds = st.integers(0, 2**32 - 1)
few = settings(max_examples=25, deadline=None)

LAYERS = {
    "linear": lambda **o: nn.Linear(5, 3, rng=RNG(0), **o),
    "row": lambda **o: nn.Linear(4, 1, rng=RNG(0), **o),
    "column": lambda **o: nn.Linear(1, 4, rng=RNG(0), **o),
    "no bias": lambda **o: nn.Linear(3, 4, rng=RNG(0), bias=False, **o),
    "conv": lambda **o: nn.Conv2d(2, 3, 3, stride=2, padding=1, rng=RNG(0), **o),
    "transposed conv": lambda **o: nn.ConvTranspose2d(2, 3, 3, stride=2, padding=1, rng=RNG(0), **o),
}


def inputs(layer, seed=1, n=4):
    shape = (n, layer.in_features) if isinstance(layer, nn.Linear) else (n, layer.in_channels, 4, 4)
    return RNG(seed).standard_normal(shape).astype(layer.weight.dtype)


def as_matrix(layer, weight):
    """Output features by all the rest."""
    rows = 1 if isinstance(layer, nn.ConvTranspose2d) else 0
    return np.moveaxis(weight, rows, 0).reshape(weight.shape[rows], -1)


def largest(layer, weight):
    return np.linalg.svd(as_matrix(layer, weight), compute_uv=False)[0]


def give_gap(layer, seed=0):
    """Give the layer a weight whose other singular values are at most 0.7 of the first: 100 rounds find it exactly."""
    matrix = as_matrix(layer, layer.weight.data)
    u, s, vt = np.linalg.svd(RNG(seed).standard_normal(matrix.shape), full_matrices=False)
    s[1:] = s[0] * 0.7 * RNG(seed).random(len(s) - 1)
    shape = layer.weight.shape
    if isinstance(layer, nn.ConvTranspose2d):
        layer.weight.data[...] = np.swapaxes(((u * s) @ vt).reshape(shape[1], shape[0], *shape[2:]), 0, 1)
    else:
        layer.weight.data[...] = ((u * s) @ vt).reshape(shape)
    return layer


def converged(name, seed=0, **options):
    return nn.SpectralNorm(give_gap(LAYERS[name](), seed), rng=RNG(9), warm_up=100, **options)


def finite_differences(f, theta, h=1e-5):
    slopes, flat = np.empty(theta.size), theta.reshape(-1)
    for i, old in enumerate(flat.copy()):
        flat[i] = old + h
        above = float(f())
        flat[i] = old - h
        slopes[i] = (above - float(f())) / (2 * h)
        flat[i] = old
    return slopes.reshape(theta.shape)


def close(got, want, relative=1e-6):
    assert np.linalg.norm(got - want) <= relative * max(np.linalg.norm(want), 1e-2), (got, want)
