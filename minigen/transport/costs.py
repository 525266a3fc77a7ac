"""What it costs to move a unit of mass from x_i to y_j."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigen.autodiff import Tensor, raw
from minigen.device import asnumpy

CHUNK = 1 << 17  # entries of a cost matrix that are computed at a time

Metric = str | Callable[[Any, Any], Any]


def euclidean(x: Any, y: Any) -> Any:
    return np.linalg.norm(x - y, axis=-1)


def cityblock(x: Any, y: Any) -> Any:
    return np.sum(np.abs(x - y), axis=-1)


def chebyshev(x: Any, y: Any) -> Any:
    return np.max(np.abs(x - y), axis=-1)


METRICS = {"euclidean": euclidean, "cityblock": cityblock, "chebyshev": chebyshev}


def cost_matrix(x: Any, y: Any, p: float = 1, metric: Metric = "euclidean") -> Any:
    """C_ij = d(x_i, y_j)^p, shape (m, n), float64.

    x: (m, d), y: (n, d); one-dimensional input is points on a line.  p > 0.  metric: "euclidean", "cityblock",
    "chebyshev", or a function d(x, y) that takes points along the last axis and broadcasts.  Differences are taken
    before squares, so near points keep all their digits.  Tensors give a Tensor, differentiable in both (at equal
    points the Euclidean distance has gradient 0).  ValueError for NaN, infinity or shapes that do not fit."""
    distance = distance_of(metric)
    if not 0 < p < np.inf:
        raise ValueError(f"p is {p!r}, expected a finite exponent > 0")
    x, y = points("x", x), points("y", y)
    _same_space(x, y)
    if isinstance(x, Tensor) or isinstance(y, Tensor):
        return distance(np.expand_dims(x, 1), np.expand_dims(y, 0)) ** p
    x, y = x.astype(np.float64), y.astype(np.float64)
    C = np.empty((len(x), len(y)))
    step = max(1, CHUNK // len(y))
    for start in range(0, len(x), step):
        rows = slice(start, start + step)
        with np.errstate(over="ignore"):  # what is infinite is refused below, in words
            if metric == "euclidean":
                C[rows] = _power(_squared(x[rows], y), p / 2)
            else:
                C[rows] = _power(_checked(distance(x[rows, None], y), metric), p)
    if not np.isfinite(C.max()):
        raise ValueError("a cost overflows: the points are too far apart for float64; rescale them")
    return C


def pair_costs(x: Any, y: Any, rows: np.ndarray, columns: np.ndarray, p: float, metric: Metric) -> Any:
    """d(x_i, y_j)^p for the listed pairs only, (k,)."""
    return distance_of(metric)(x[rows], y[columns]) ** p


def points(name: str, x: Any) -> Any:
    """x as (n, d): a Tensor stays one, everything else becomes an array.  ValueError if it is no set of points."""
    x = x if isinstance(x, Tensor) else np.asarray(asnumpy(x))
    values = raw(x)
    if values.dtype.kind not in "iuf":
        raise ValueError(f"{name} has dtype {values.dtype}, expected real numbers: one point per row")
    if values.ndim == 1:
        x = np.reshape(x, (-1, 1))
    elif values.ndim != 2:
        raise ValueError(f"{name} has shape {values.shape}, expected (n, d): one point per row")
    if 0 in values.shape:
        raise ValueError(f"{name} has shape {values.shape}: there are no points, and the distance needs at least one")
    if not np.isfinite(values).all():
        place = tuple(int(k) for k in np.argwhere(~np.isfinite(values))[0])
        raise ValueError(f"{name}{list(place)} is {values[place]}, expected finite numbers")
    return x


def _same_space(x: Any, y: Any) -> None:
    if x.shape[1] != y.shape[1]:
        raise ValueError(f"x has {x.shape[1]} coordinates per point and y has {y.shape[1]}: they must agree")


def distance_of(metric: Metric) -> Callable[[Any, Any], Any]:
    if callable(metric):
        return metric
    if metric not in METRICS:
        raise ValueError(f"metric is {metric!r}, expected {', '.join(map(repr, METRICS))} or a function d(x, y)")
    return METRICS[metric]


def _checked(distances: Any, metric: Metric) -> Any:
    """ValueError if a metric of one's own gave what is no distance."""
    if callable(metric) and not np.all(np.asarray(distances) >= 0):
        worst = np.min(distances)  # NaN, if there is one
        raise ValueError(f"the metric gave a distance of {worst}, expected numbers >= 0")
    return distances


def _squared(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """|x_i - y_j|^2, one coordinate at a time: no array of shape (m, n, d)."""
    total = np.zeros((len(x), len(y)))
    for k in range(x.shape[1]):
        difference = np.subtract.outer(x[:, k], y[:, k])
        difference *= difference
        total += difference
    return total


def _power(base: np.ndarray, exponent: float) -> np.ndarray:
    if exponent == 1:
        return base
    return np.sqrt(base) if exponent == 0.5 else base**exponent
