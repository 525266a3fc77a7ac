"""Reverse kernels: from x at time t one step back to s < t, knowing the score of p_t at x.

Each is a function (x, score, process, t, s) -> Kernel(mean, std): x_s ~ N(mean, std^2 I).  Throughout
alpha = a_t / a_s, the amplitude of the step that is undone.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from minigen.diffusion.forward import ForwardProcess
from minigen.diffusion.predictions import data_and_noise

__all__ = ["Kernel", "ReverseKernel", "ancestral", "ddim", "euler", "posterior", "taylor"]


class Kernel(NamedTuple):
    """N(mean, std^2 I): mean (n, ...), std one number."""

    mean: Any
    std: float


ReverseKernel = Callable[[Any, Any, ForwardProcess, float, float], Kernel]


def taylor(x: Any, score: Any, process: ForwardProcess, t: float, s: float) -> Kernel:
    """N((2 - alpha) x + (1 - alpha^2) score, (1 - alpha^2) I): the course's kernel, of first order in 1 - alpha.

    Its mean is off by (1-alpha)^2/alpha x + (1-alpha)(1-alpha^2)/alpha score; for N(0, I) its stationary variance is
    (1 + alpha) / (alpha (2 - alpha + alpha^2)), not 1 (claims C88, C89, erratum R25)."""
    alpha = float(process.step_amplitude(s, t))
    return Kernel((2 - alpha) * x + (1 - alpha**2) * score, math.sqrt(1 - alpha**2))


def ancestral(
    x: Any, score: Any, process: ForwardProcess, t: float, s: float, *, variance: str = "posterior"
) -> Kernel:
    """N((x + (1 - alpha^2) score) / alpha, std^2 I): the mean is E[x_s | x_t = x], exactly, for any data law (C88).

    The true variance depends on the law and on x: the posterior's plus what x leaves open of x_0.  So at some x it can
    exceed both of these, which are right for two extremes (Ho et al. 2020, section 3.2):
    "posterior": (1 - alpha^2) sigma_s^2 / sigma_t^2, where all data are one point; 0 at s = 0.
    "forward": 1 - alpha^2, where the data are N(0, I)."""
    alpha = float(process.step_amplitude(s, t))
    forward_variance = 1 - alpha**2
    if variance not in ("posterior", "forward"):
        raise ValueError(f'variance is {variance!r}, expected "posterior" or "forward"')
    std = _posterior_std(process, t, s) if variance == "posterior" else math.sqrt(forward_variance)
    return Kernel((x + forward_variance * score) / alpha, std)


def posterior(x: Any, x0: Any, process: ForwardProcess, t: float, s: float) -> Kernel:
    """p(x_s | x_t = x, x_0), from a known or a guessed x_0 in place of the score (Ho et al. 2020, eqs. 6 and 7).

    Mean (a_s (1 - alpha^2) x_0 + alpha sigma_s^2 x) / sigma_t^2, variance (1 - alpha^2) sigma_s^2 / sigma_t^2."""
    alpha, a_s = float(process.step_amplitude(s, t)), float(process.amplitude(s))
    variance_s, variance_t = float(process.noise_level(s)) ** 2, float(process.noise_level(t)) ** 2
    mean = (a_s * (1 - alpha**2) * x0 + alpha * variance_s * x) / variance_t
    return Kernel(mean, _posterior_std(process, t, s))


def ddim(x: Any, score: Any, process: ForwardProcess, t: float, s: float, *, eta: float = 0.0) -> Kernel:
    """N(a_s x_0 + sqrt(sigma_s^2 - std^2) xi, std^2 I), x_0 and xi as the score tells, std = eta times the posterior's.

    eta = 0: no noise, and Euler's step for the probability-flow ODE in x / a over sigma / a; eta = 1: `ancestral`.
    (Song, Meng & Ermon 2021, eqs. 12, 14 and 16.)"""
    x0, noise = data_and_noise("score", score, x, process, t)
    if not 0 <= eta <= 1:
        raise ValueError(f"eta is {eta!r}, expected a number from 0 (no noise) to 1 (ancestral)")
    std = eta * _posterior_std(process, t, s)
    left = math.sqrt(float(process.noise_level(s)) ** 2 - std**2)
    return Kernel(float(process.amplitude(s)) * x0 + left * noise, std)


def euler(x: Any, score: Any, process: ForwardProcess, t: float, s: float) -> Kernel:
    """x + log(1 / alpha) (x + score), no noise: Euler's step for dx / d log a = x + score.

    That is the probability-flow ODE dx/dt = -1/2 beta(t) (x + score), since d log a = -1/2 beta dt.  It moves the
    density as the noise does, point by point (Song et al. 2021, eq. 13)."""
    return Kernel(x + float(process.log_amplitude(s) - process.log_amplitude(t)) * (x + score), 0.0)


def _posterior_std(process: ForwardProcess, t: float, s: float) -> float:
    alpha = float(process.step_amplitude(s, t))
    return math.sqrt(1 - alpha**2) * float(process.noise_level(s)) / float(process.noise_level(t))
