"""Families of transport problems, random and adversarial, and what other solvers say about them."""

from collections.abc import Iterator

import numpy as np
from scipy.optimize import linprog

PER_FAMILY = 36


def cloud(rng, n, d=2):
    return rng.standard_normal((n, d))


def distances(x, y):
    return np.sqrt(np.sum((x[:, None] - y[None]) ** 2, axis=-1))


def weights(rng, n):
    w = rng.random(n)
    return w / w.sum()


def integers_with_equal_sums(rng, m, n, zeros=0.0):
    """Integer masses; about this share of them is 0."""
    total = int(rng.integers(1, 60))
    shares = [rng.random(k) * (rng.random(k) >= zeros) + 1e-9 for k in (m, n)]
    return [rng.multinomial(total, s / s.sum()) for s in shares]


def sizes(rng):
    return (int(k) for k in rng.integers(2, 26, size=2))


def uniform_square(rng):
    n = int(rng.integers(2, 26))
    return None, None, distances(cloud(rng, n), cloud(rng, n))


def uniform_rectangle(rng):
    m, n = sizes(rng)
    return None, None, distances(cloud(rng, m, 3), cloud(rng, n, 3))


def general_weights(rng):
    m, n = sizes(rng)
    return weights(rng, m), weights(rng, n), distances(cloud(rng, m), cloud(rng, n)) ** 2


def integer_grid(rng):
    m, n = sizes(rng)
    x, y = rng.integers(0, 4, (m, 2)), rng.integers(0, 4, (n, 2))
    return *integers_with_equal_sums(rng, m, n), np.abs(x[:, None] - y[None]).sum(-1)


def all_costs_equal(rng):
    m, n = sizes(rng)
    return *integers_with_equal_sums(rng, m, n), np.full((m, n), int(rng.integers(0, 3)))


def zeros_and_ones(rng):
    n = int(rng.integers(2, 26))
    return None, None, rng.integers(0, 2, (n, n))


def equal_points(rng):
    m, n = sizes(rng)
    places = cloud(rng, 5)
    return None, None, distances(places[rng.integers(0, 5, m)], places[rng.integers(0, 5, n)])


def collinear(rng):
    m, n = sizes(rng)
    return weights(rng, m), weights(rng, n), np.abs(rng.random(m)[:, None] - rng.random(n))


def tight_clusters(rng):
    n = 2 * int(rng.integers(2, 12))
    centres = 10 * np.repeat(cloud(rng, 2), n // 2, axis=0)
    return None, None, distances(centres + 1e-6 * cloud(rng, n), centres + 1e-6 * cloud(rng, n))


def tiny_costs(rng):
    a, b, C = general_weights(rng)
    return a, b, 1e-12 * C


def long_and_flat(rng):
    m, n = (1, int(rng.integers(1, 40))) if rng.random() < 0.5 else (3, 60)
    a, b, C = weights(rng, m), weights(rng, n), distances(cloud(rng, m), cloud(rng, n))
    return (a, b, C) if rng.random() < 0.5 else (b, a, C.T)


def zero_masses(rng):
    m, n = sizes(rng)
    return *integers_with_equal_sums(rng, m, n, zeros=0.6), distances(cloud(rng, m), cloud(rng, n))


def negative_costs(rng):
    m, n = sizes(rng)
    return weights(rng, m), weights(rng, n), rng.standard_normal((m, n))


def skewed_masses(rng):
    m, n = sizes(rng)
    a, b = (10.0 ** rng.uniform(-12, 0, k) for k in (m, n))
    return a / a.sum(), b / b.sum(), distances(cloud(rng, m), cloud(rng, n))


def monge_array(rng):
    m, n = sizes(rng)
    return weights(rng, m), weights(rng, n), -np.outer(np.arange(m), np.arange(n)).astype(float)


FAMILIES = (
    uniform_square, uniform_rectangle, general_weights, integer_grid, all_costs_equal, zeros_and_ones, equal_points,
    collinear, tight_clusters, tiny_costs, long_and_flat, zero_masses, negative_costs, skewed_masses, monge_array,
)  # fmt: skip


def instances(family) -> Iterator[tuple]:
    """The problems (a, b, C) of a family; the same ones every time."""
    for seed in range(PER_FAMILY):
        yield family(np.random.default_rng([FAMILIES.index(family), seed]))


def as_floats(a, b, C):
    """The weights spelled out, as float64."""
    return *(np.full(n, 1 / n) if w is None else np.asarray(w, float) for w, n in zip((a, b), C.shape, strict=True)),


def highs(a, b, C):
    """The optimum by scipy's linear program; costs are scaled to 1 first, because its tolerances are absolute."""
    a, b = as_floats(a, b, C)
    m, n = C.shape
    scale = np.abs(C).max() or 1.0
    sums = np.vstack([np.kron(np.eye(m), np.ones((1, n))), np.kron(np.ones((1, m)), np.eye(n))])
    mass = a.sum()
    # One sum follows from the others, and rounding must not contradict it: leave out that of the largest mass.
    rows = np.delete(np.arange(m + n), m + b.argmax())
    solution = linprog(C.ravel() / scale, A_eq=sums[rows], b_eq=(np.concatenate([a, b]) / mass)[rows], method="highs")
    assert solution.status == 0
    return solution.fun * scale * mass
