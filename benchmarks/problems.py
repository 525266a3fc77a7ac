"""What every contender of a workload gets: the same weights, and the same draws, made ahead."""

from itertools import cycle, pairwise

import numpy as np

ITERATIONS = 8  # so many different iterations are drawn; then they come again


def weights_of(sizes, rng, dtype):
    """[(weight (out, in), bias (out,)), ...] of a perceptron, by fan-in."""
    return [
        ((rng.standard_normal((n, m)) / np.sqrt(m)).astype(dtype), (0.1 * rng.standard_normal(n)).astype(dtype))
        for m, n in pairwise(sizes)
    ]


def normal(rng, shape, dtype):
    return rng.standard_normal((ITERATIONS, *shape)).astype(dtype)


class Replay:
    """A generator of random numbers whose draws were made ahead: each argument is an array of draws, in turn."""

    def __init__(self, random=(), standard_normal=()):
        self._random, self._normal = cycle(random), cycle(standard_normal)

    def random(self, shape):
        return next(self._random)

    def standard_normal(self, shape, dtype=None):
        return next(self._normal)


def replay(draws):
    """A sampler, sampler(n, rng), that gives one array of draws after another."""
    draws = cycle(draws)
    return lambda n, rng: next(draws)
