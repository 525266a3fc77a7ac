"""Wasserstein distances, differentiable in the points and in the weights.

The envelope theorem: at the optimum, the value changes as if the plan and the prices stood still.  So the derivative
of min <P, C> in C is P, in a it is u, in b it is v (u - mean(u), v - mean(v), since the masses must stay equal).
"""

from __future__ import annotations

from math import frexp, fsum
from typing import Any

import numpy as np

from minigen.autodiff import Tensor, defvjp, primitive, raw
from minigen.device import asnumpy
from minigen.transport.costs import METRICS, Metric, cost_matrix, pair_costs, points
from minigen.transport.line import Staircase, largest_shift, line_cost, on_line, staircase
from minigen.transport.plan import TransportPlan, transport_plan


@primitive
def optimal_cost(pairs, a, b, plan):
    """sum_k mass_k pairs_k, where pairs are the costs on the support of the plan that is optimal for them, a and b."""
    return np.asarray(fsum(plan.mass * pairs), dtype=pairs.dtype)


def _price_rule(prices):
    def rule(g, y, pairs, a, b, plan):
        if isinstance(g, Tensor):
            raise TypeError("a transport cost has no second derivative in its weights here: take one derivative")
        u = prices(plan)
        return g * (u - u.mean())

    return rule


defvjp(
    optimal_cost,
    lambda g, y, pairs, a, b, plan: g * np.asarray(plan.mass, dtype=pairs.dtype),
    _price_rule(lambda plan: plan.u),
    _price_rule(lambda plan: plan.v),
)


def transport_cost(a: Any, b: Any, C: Any) -> Any:
    """min <P, C> over plans P with row sums a and column sums b: transport_plan(a, b, C).cost, differentiable.

    The gradient in C is P, in the weights u - mean(u) and v - mean(v).  Where the optimal plan (or the prices) is not
    unique, that is one subgradient: so it is in the weights when they are uniform, where central differences see the
    mean of two slopes."""
    plan = transport_plan(a, b, C)
    if not any(isinstance(t, Tensor) for t in (a, b, C)):
        return plan.cost
    C = C if isinstance(C, Tensor) else plan.C
    return _value(C[plan.rows, plan.cols], a, b, plan)


def wasserstein_distance(
    x: Any, y: Any, a: Any = None, b: Any = None, p: float = 1, metric: Metric = "euclidean"
) -> Any:
    """W_p = (min over plans of E d(x, y)^p)^(1/p), always with the root, between weighted points; exact.

    x: (m, d), y: (n, d) the points; a: (m,), b: (n,) their weights, None for uniform.  (Values and weights are easily
    confused: two histograms on the same bins are a and b, and the bins are x and y.)  p >= 1.  One-dimensional points
    take the closed form.  Weights of total mass M give M^(1/p) times the distance of the normalised laws.
    Differentiable in x, y, a and b; at coinciding points with p = 1, and at W = 0, the gradient is 0; in uniform
    weights W has a kink, and the gradient is one of its subgradients.
    ValueError for NaN, empty sets, negative weights, sums that differ.  (Claims C36, C41.)"""
    if p == np.inf and metric == "euclidean" and np.ndim(raw(x)) == np.ndim(raw(y)) == 1:
        return wasserstein_1d(x, y, a, b, p)
    if not 1 <= p < np.inf:
        raise ValueError(f"p is {p!r}, expected 1 <= p < infinity (below 1 no root makes it a distance)")
    x, y = points("x", x), points("y", y)
    if isinstance(metric, str) and metric in METRICS:
        if x.shape[1] == y.shape[1] == 1:
            return wasserstein_1d(x, y, a, b, p)
        if (unit := _unit(raw(x), raw(y), p)) != 1:
            return _in_units(unit, wasserstein_distance(x / unit, y / unit, a, b, p, metric))
    plan = transport_plan(a, b, cost_matrix(raw(x), raw(y), p, metric))
    if not any(isinstance(t, Tensor) for t in (x, y, a, b)):
        return max(float(plan.cost), 0.0) ** (1 / p)
    x, y = _in_double(x, y)
    return _root(_value(pair_costs(x, y, plan.rows, plan.cols, p, metric), a, b, plan), p)


def wasserstein_1d(x: Any, y: Any, a: Any = None, b: Any = None, p: float = 1) -> Any:
    """W_p between weighted points on a line, in closed form: (int_0^1 |F^-1 - G^-1|^p)^(1/p).  O(n log n).

    x: (m,) and y: (n,) are places, a and b how much lies there (None: uniform).  1 <= p <= infinity.  For p = 1 it is
    the area between the distribution functions.  Differentiable as wasserstein_distance is.  ValueError as there.
    (Claim C36; Villani 2003, theorem 2.18.)"""
    if not p >= 1:
        raise ValueError(f"p is {p!r}, expected p >= 1")
    xs, ys = on_line("x", x), on_line("y", y)
    if (unit := _unit(xs, ys, p if p < np.inf else 1)) != 1:
        x, y = (given / unit if isinstance(given, Tensor) else s / unit for given, s in ((x, xs), (y, ys)))
        return _in_units(unit, wasserstein_1d(x, y, a, b, p))
    if not any(isinstance(t, Tensor) for t in (x, y, a, b)):
        return largest_shift(xs, ys, a, b) if p == np.inf else line_cost(xs, ys, a, b, p) ** (1 / p)
    if p == np.inf:
        raise ValueError("W_infinity has no gradient here: p must be finite, or use .data")
    plan = staircase(xs, ys, raw(a), raw(b), p)
    x, y = _in_double(x, y)
    pairs = np.abs(np.reshape(x, (-1,))[plan.rows] - np.reshape(y, (-1,))[plan.cols]) ** p
    return _root(_value(pairs, a, b, plan), p)


def _value(pairs: Any, a: Any, b: Any, plan: TransportPlan | Staircase) -> Any:
    a, b = (w if isinstance(w, Tensor) else np.zeros(0) for w in (a, b))
    pairs = pairs if isinstance(pairs, Tensor) else np.asarray(asnumpy(pairs), dtype=np.float64)
    return optimal_cost(pairs, a, b, plan=plan)


def _in_double(x: Any, y: Any) -> tuple[Any, Any]:
    """The points in double precision unless they are to be differentiated: small integers would wrap around."""
    if isinstance(x, Tensor) or isinstance(y, Tensor):
        return x, y
    return np.asarray(asnumpy(x), dtype=np.float64), np.asarray(asnumpy(y), dtype=np.float64)


def _unit(x: np.ndarray, y: np.ndarray, p: float) -> float:
    """A power of two near the width of the points if powers of that leave the range of floats, else 1."""
    half = max(float(x.max()), float(y.max())) / 2 - min(float(x.min()), float(y.min())) / 2
    exponent = frexp(half)[1]
    return 2.0 ** min(exponent, 1023) if max(p, 2) * abs(exponent) > 512 else 1.0


def _in_units(unit: float, distance: Any) -> Any:
    with np.errstate(over="ignore"):
        distance = unit * distance
    if not np.isfinite(raw(distance)):
        raise ValueError("the distance overflows: the points are too far apart for their precision; rescale them")
    return distance


def _root(cost: Any, p: float) -> Any:
    if p == 1:
        return cost
    return cost ** (1 / p) if raw(cost) > 0 else 0.0 * cost
