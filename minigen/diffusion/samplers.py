"""Samplers: from noise to data along a grid of times, as iterators that yield (t, x), the start first.

A score is any function score(x, t) -> like x, exact or learned.  For the last x of a path: `final(path)`.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import count, pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from minigen.device import beside
from minigen.diffusion.forward import ForwardProcess, in_order, standard_normal
from minigen.diffusion.kernels import ReverseKernel, ancestral

__all__ = ["Corrector", "Score", "final", "langevin", "langevin_corrector", "probability_flow", "reverse_chain"]

Score = Callable[[Any, Any], Any]
Corrector = Callable[[Score, Any, float, np.random.Generator], Any]
Path = Iterator[tuple[float, Any]]


def final(path: Iterable[tuple[float, Any]]) -> Any:
    """The x that a path ends at."""
    return deque(path, maxlen=1).pop()[1]


def check_start(x: Any) -> None:
    """TypeError unless x is an array of floating point numbers."""
    if not hasattr(x, "dtype"):
        raise TypeError(f"x is a {type(x).__name__}, expected an array of points: np.array(x, dtype=float)")
    if x.dtype.kind != "f":
        raise TypeError(f"x holds {x.dtype} numbers, expected floating point ones: x.astype(float)")


def reverse_chain(
    score: Score,
    process: ForwardProcess,
    x: Any,
    times: ArrayLike | None = None,
    *,
    rng: np.random.Generator,
    kernel: ReverseKernel = ancestral,
    corrector: Corrector | None = None,
    last_noise: bool = False,
) -> Path:
    """Algorithm 3 of the course, Algorithm 2 of Ho et al. (2020).  From x ~ N(0, I) at times[0], for t, s in pairs:

        mean, std = kernel(x, score(x, t), process, t, s)
        x = mean + std xi
        x = corrector(score, x, s, rng), if there is one and s > 0

    The score is asked at t, where x is: not at s, where sigma may be 0 (claim C91).  kernel: taylor, ancestral, ddim,
    euler; options by functools.partial(ddim, eta=0.5).  times: decreasing, process.times() by default.  last_noise: add
    noise even on arriving at t = 0, as the course prints it (claim C89 measures the harm)."""
    check_start(x)
    times = in_order(process.times() if times is None else times)
    yield times[0], x
    for t, s in pairwise(times):
        mean, std = kernel(x, score(x, t), process, t, s)
        x = mean if std == 0 or (s == 0 and not last_noise) else mean + std * _noise(x, rng)
        if corrector is not None and s > 0:
            x = corrector(score, x, s, rng)
        yield s, x


def probability_flow(
    score: Score, process: ForwardProcess, x: Any, times: ArrayLike | None = None, *, method: str = "heun"
) -> Path:
    """The probability-flow ODE from x at times[0]: with y = x / a and r = sigma / a it reads dy/dr = xi, the noise

    -sigma score(x, t) that is guessed in x.  method "euler" is DDIM with eta = 0; "heun" averages the slopes at both
    ends, but for a step that ends at t = 0, where a guess of noise means nothing.  times may also grow, from data to
    noise: the flow can be undone.  With a learned score from process.first then, process.grid(50)[-2::-1], not from 0.

    Few steps are long ones where the noise is as small as the data's detail, and there heun overshoots.  On the ring,
    by its exact score, with first = 1e-4: process.grid(10) makes the modes 2.4 times as wide as they are (euler: 2.1)
    and exact W1 a third larger than grid(50); grid(20) is within 7 % of their width, grid(50), enough, within 3 %.
    (Song et al. 2021, eq. 13; Karras et al. 2022, Algorithm 1.)"""
    if method not in ("euler", "heun"):
        raise ValueError(f'method is {method!r}, expected "euler" or "heun"')
    check_start(x)
    times = in_order(process.times() if times is None else times, growing=True)

    def slope(y: Any, t: float) -> Any:
        return -float(process.noise_level(t)) * score(float(process.amplitude(t)) * y, t)

    yield times[0], x
    y = x / float(process.amplitude(times[0]))
    for t, s in pairwise(times):
        dr = float(process.noise_ratio(s) - process.noise_ratio(t))
        k = slope(y, t)
        ahead = y + dr * k
        y = ahead if method == "euler" or s == 0 else y + dr / 2 * (k + slope(ahead, s))
        yield s, float(process.amplitude(s)) * y


def langevin(
    score: Score, x: Any, t: float, step_size: float, *, rng: np.random.Generator, steps: int | None = None
) -> Iterator[Any]:
    """x <- x + step_size score(x, t) + sqrt(2 step_size) xi, whose law tends to p_t as the step size tends to 0.

    Yields x, the start first; without end if steps is None.  For N(0, I) the stationary variance is
    1 / (1 - step_size / 2).  (Roberts & Tweedie 1996; Song & Ermon 2019, eq. 4, with step_size / 2.)"""
    if not 0 < step_size < math.inf:
        raise ValueError(f"step_size is {step_size!r}, expected a number above 0")
    check_start(x)
    yield x
    for _ in count() if steps is None else range(steps):
        x = x + step_size * score(x, t) + math.sqrt(2 * step_size) * _noise(x, rng)
        yield x


def langevin_corrector(ratio: float = 0.16, steps: int = 1) -> Corrector:
    """`steps` Langevin steps at the time reached, for reverse_chain: predictor and corrector.

    step_size = 2 (ratio |xi| / |score|)^2 with mean norms over the batch, so that noise and drift keep a fixed ratio at
    every t.  For Gaussian p_t it is stationary at (1 + ratio^2) times the variance.  Where the score is 0
    everywhere, as an untrained network's may be, no step is made.  (Song et al. 2021, Algorithms 3 and 5, whose
    default is 0.16; there also times alpha.)"""

    def correct(score: Score, x: Any, t: float, rng: np.random.Generator) -> Any:
        for _ in range(steps):
            drift, noise = score(x, t), _noise(x, rng)
            if not (slope := _mean_norm(drift)):
                break
            step_size = 2 * (ratio * _mean_norm(noise) / slope) ** 2
            x = x + step_size * drift + math.sqrt(2 * step_size) * noise
        return x

    return correct


def _noise(x: Any, rng: np.random.Generator) -> Any:
    """N(0, I) like x, where x lives; drawn on the CPU, so that a seed means the same everywhere."""
    return beside(standard_normal(x.shape, x.dtype, rng), x)


def _mean_norm(x: Any) -> float:
    return float(np.mean(np.sqrt(np.sum(np.square(x.reshape(len(x), -1)), axis=1))))
