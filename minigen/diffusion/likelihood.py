"""Likelihood through the probability-flow ODE: the density of x_0 from that of the noise that x_0 flows to."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from minigen.autodiff import vjp
from minigen.device import beside
from minigen.diffusion.forward import ForwardProcess, in_order
from minigen.diffusion.samplers import Score, check_start

__all__ = ["divergence", "flow_log_density"]


def divergence(
    f: Callable[[Any], Any], x: np.ndarray, probe: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """(f(x), div f(x)) at points x (n, d), where row i of f(x) depends on row i of x alone: (n, d) and (n,).

    Exact: d backward sweeps, one for each term of the trace.  With a probe v (n, d) of independent signs or normals:
    v^T J v, one sweep, unbiased (Hutchinson 1990)."""
    y, pullback = vjp(f, x)
    value = y.data if hasattr(y, "requires_grad") else y
    if probe is not None:
        return value, np.sum(probe * pullback(probe, traced=False), axis=1)
    trace = np.zeros_like(x, shape=(len(x),))
    for i in range(x.shape[1]):
        direction = np.zeros_like(x)
        direction[:, i] = 1
        trace += pullback(direction, traced=False)[:, i]
    return value, trace


def flow_log_density(
    score: Score,
    process: ForwardProcess,
    x: np.ndarray,
    times: ArrayLike | None = None,
    *,
    rng: np.random.Generator | None = None,
) -> np.ndarray:
    """log p(x), (n,), of the law that the probability-flow ODE makes of N(0, I), at the time times[-1].

    In y = x / a and r = sigma / a, with dy/dr = xi(a y), the guessed noise:

        log p(y_0) = log p_T(y_T) + integral of div_y xi dr,    log N(0, I) = log p_T

    N(0, I) stands for the true p_T, whose mean is a_T E[x_0].  So even the exact score misses the law's log density, by
    log N(x_T; 0, I) - log p_T(x_T): that is -a_T E[x_0] . x_T + O(a_T^2) at a point, and on average over the data
    -a_T^2 |E[x_0]|^2 / 2 + O(a_T^4).  a_T is 0.0066 for VariancePreserving(); of centred data almost nothing is left.

    y by Heun's method in r, backwards along `times`, which decrease as in sampling; those of a default grid end at the
    process's `first`, not at 0, where a learned score says nothing.  The integral as that of r div over log r: r div
    goes from 0 to d where r passes the widths of the data, and is flat on both sides, while div falls as d / r, which
    the last steps of a chain, from r = 600 to 20,000 in one, would sum up wrongly.

    rng: for Hutchinson's estimate in place of the exact trace, the same probes along the whole path.  score(x, t) must
    take Tensors.  (Chen et al. 2018; Song et al. 2021, eq. 39.)"""
    check_start(x)
    times = in_order(process.grid(200)[:-1] if times is None else times)[::-1]
    probe = None if rng is None else beside(np.sign(rng.random(x.shape) - 0.5).astype(x.dtype), x)

    def slope(y: np.ndarray, t: float) -> tuple[np.ndarray, np.ndarray]:
        a, sigma = float(process.amplitude(t)), float(process.noise_level(t))
        return divergence(lambda y: -sigma * score(a * y, t), y, probe)

    a = float(process.amplitude(times[0]))
    y, gained = x / a, np.zeros_like(x, shape=(len(x),))
    for s, t in pairwise(times):
        r, ahead = float(process.noise_ratio(s)), float(process.noise_ratio(t))
        k, growth = slope(y, s)
        k_ahead, growth_ahead = slope(y + (ahead - r) * k, t)
        y = y + (ahead - r) / 2 * (k + k_ahead)
        if r > 0:
            gained = gained + math.log(ahead / r) / 2 * (r * growth + ahead * growth_ahead)
        else:  # log r has no end there
            gained = gained + ahead / 2 * (growth + growth_ahead)
    end = float(process.amplitude(times[-1]))
    d = x.shape[1]
    log_prior = -0.5 * np.sum(np.square(end * y), axis=1) - 0.5 * d * math.log(2 * math.pi)
    return log_prior + d * (math.log(end) - math.log(a)) + gained
