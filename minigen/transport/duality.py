"""The Kantorovich potential: the best 1-Lipschitz critic, exactly."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigen.autodiff import Tensor, raw
from minigen.device import asnumpy, beside
from minigen.transport.costs import CHUNK, Metric, cost_matrix, distance_of, points
from minigen.transport.plan import TransportPlan, c_transform, transport_plan


class KantorovichPotential:
    """f(z) = min_j d(z, y_j) - v_j, a function on the whole space.

    1-Lipschitz everywhere, being a minimum of 1-Lipschitz functions; E_x f - E_y f = W_1, which no 1-Lipschitz
    function exceeds.  plan: the optimal plan it comes from.  value: W_1."""

    def __init__(self, y: np.ndarray, plan: TransportPlan, metric: Metric):
        self.y, self.plan, self.metric, self.value = y.copy(), plan, metric, float(plan.cost)

    def __call__(self, z: Any) -> Any:
        """f at the points z (k, d): (k,).  On a Tensor it is differentiable, with a gradient of norm <= 1."""
        z = points("z", z)
        if isinstance(z, Tensor):
            y, v = (beside(part.astype(z.dtype, copy=False), z) for part in (self.y, self.plan.v))
            return np.min(distance_of(self.metric)(np.expand_dims(z, 1), y[None]) - v, axis=1)
        values = np.empty(len(z))
        for start in range(0, len(z), step := max(1, CHUNK // len(self.y))):
            part = slice(start, start + step)
            values[part] = c_transform(cost_matrix(z[part], self.y, 1, self.metric), self.plan.v)
        return values


def kantorovich_potential(
    x: Any, y: Any, a: Any = None, b: Any = None, metric: Metric = "euclidean"
) -> KantorovichPotential:
    """The 1-Lipschitz f that attains W_1 = sup E_x f - E_y f, as a function of new points.

    x: (m, d) with weights a, y: (n, d) with weights b (None: uniform).  The critic of a Wasserstein GAN approximates
    it.  metric must be one (triangle inequality).  ValueError as in wasserstein_distance.  (Claims C43, C44.)"""
    x, y = raw(points("x", x)), asnumpy(raw(points("y", y)))
    return KantorovichPotential(y, transport_plan(a, b, cost_matrix(x, y, 1, metric)), metric)
