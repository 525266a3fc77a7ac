"""On a line the optimal plan is known: the k-th smallest mass goes to the k-th smallest place."""

from __future__ import annotations

from math import fsum
from typing import Any, NamedTuple

import numpy as np

from minigen.autodiff import raw
from minigen.device import asnumpy
from minigen.transport.masses import float_masses, masses


class Staircase(NamedTuple):
    """The monotone plan: m + n - 1 pairs in order, with their masses (some may be 0) and dual potentials."""

    rows: np.ndarray
    cols: np.ndarray
    mass: np.ndarray
    u: np.ndarray
    v: np.ndarray


def line_cost(x: np.ndarray, y: np.ndarray, a: Any, b: Any, p: float) -> float:
    """The integral of |F^-1(t) - G^-1(t)|^p over t, times the mass: W_p^p.  x (m,), y (n,) finite float64."""
    if a is None and b is None and len(x) == len(y):
        return float(np.mean(np.abs(np.sort(x) - np.sort(y)) ** p))
    a, b = float_masses(a, b, len(x), len(y))
    if p == 1:  # the same area, cut the other way: the integral of |F(t) - G(t)|
        places = np.concatenate([x, y])
        order = places.argsort()
        heights = np.concatenate([a, -b])[order].cumsum()[:-1]
        return float(np.abs(heights) @ np.diff(places[order]))
    i, j = x.argsort(), y.argsort()
    rows, cols, mass = corner_steps(a[i], b[j])
    return float(mass @ np.abs(x[i][rows] - y[j][cols]) ** p)


def largest_shift(x: np.ndarray, y: np.ndarray, a: Any, b: Any) -> float:
    """max |F^-1 - G^-1|: W_infinity."""
    if a is None and b is None and len(x) == len(y):
        return float(np.abs(np.sort(x) - np.sort(y)).max())
    given = masses(a, b, len(x), len(y))
    rows, cols, mass = _steps(x, y, np.array(given.A, dtype=object), np.array(given.B, dtype=object))
    moved = mass > (0 if given.exact else sum(given.A) * 1e-12)  # rounding of the weights is no mass
    return float(np.abs(x[rows] - y[cols])[moved].max())


def staircase(x: np.ndarray, y: np.ndarray, a: Any, b: Any, p: float) -> Staircase:
    """The monotone plan for the cost |x - y|^p, p >= 1, and prices that prove it optimal."""
    m, n = len(x), len(y)
    a, b = float_masses(a, b, m, n)
    rows, cols, mass = _steps(x, y, a, b)
    cost = np.abs(x[rows] - y[cols]) ** p
    # Along the staircase u_i + v_j = C_ij; a step to the next row changes u alone, one to the next column v alone.
    rise, down = np.diff(cost), np.diff(rows) != 0
    u, v = np.empty(m), np.empty(n)
    u[rows] = np.concatenate([[0.0], np.cumsum(np.where(down, rise, 0.0))])
    v[cols] = cost[0] + np.concatenate([[0.0], np.cumsum(np.where(down, 0.0, rise))])
    shift = (fsum(b * v) - fsum(a * u)) / (2 * fsum(a))
    return Staircase(rows, cols, mass, u + shift, v - shift)


def corner_steps(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The north-west corner rule: rows, columns and masses of its m + n - 1 steps, for weights with equal sums."""
    m = len(a)
    levels = np.concatenate([np.cumsum(a)[:-1], np.cumsum(b)[:-1]])
    order = np.argsort(levels, kind="stable")
    rows = np.concatenate([[0], np.cumsum(order < m - 1)]).astype(np.int64)
    cols = np.concatenate([[0], np.cumsum(order >= m - 1)]).astype(np.int64)
    zero, total = levels[:0].sum(keepdims=True), np.cumsum(a)[-1:]
    mass = np.diff(np.concatenate([zero, levels[order], total]))
    return rows, cols, np.maximum(mass, 0) if mass.dtype.kind == "f" else mass


def on_line(name: str, x: Any) -> np.ndarray:
    """x as (n,) float64.  ValueError if it is no set of numbers."""
    x = np.asarray(asnumpy(raw(x)))
    if x.ndim == 2 and x.shape[1] == 1:
        x = x[:, 0]
    if x.dtype.kind not in "biuf" or x.ndim != 1 or not len(x):
        raise ValueError(f"{name} has shape {x.shape} and dtype {x.dtype}, expected real numbers of shape (n,), n >= 1")
    if not np.isfinite(x).all():
        k = int(np.flatnonzero(~np.isfinite(x))[0])
        raise ValueError(f"{name}[{k}] is {x[k]}, expected finite numbers")
    return x.astype(np.float64)


def _steps(x: np.ndarray, y: np.ndarray, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The north-west corner rule on sorted points, in the points' own numbering."""
    i, j = x.argsort(), y.argsort()
    rows, cols, mass = corner_steps(a[i], b[j])
    return i[rows], j[cols], mass
