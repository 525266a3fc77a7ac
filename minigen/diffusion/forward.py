"""The forward process: data fade while noise grows.

    x_t = a_t x_0 + sigma_t xi,   xi ~ N(0, I),   a_t^2 + sigma_t^2 = 1,   a_0 = 1

The letters, once and for all.  From s to t > s the process is Markov with

    x_t | x_s ~ N(alpha x_s, (1 - alpha^2) I),   alpha = a_t / a_s.

alpha is an amplitude: it multiplies x, as in the course's chain x_{t+1} | x_t ~ N(alpha x_t, (1 - alpha^2) I), where
a_t = alpha^t.  Ho et al. (2020) write beta_t for the variance 1 - alpha_t^2 of a step, alpha_t for *our alpha_t
squared*, and alpha-bar_t for our a_t squared; Song et al. (2021) write beta(t) for -2 d log a_t / dt.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from minigen.device import beside

__all__ = ["Chain", "ForwardProcess", "VariancePreserving", "constant", "cosine", "in_order", "linear", "per_point"]


def per_point(values: Any, x: Any) -> Any:
    """Numbers that belong to times, ready to multiply points x (n, ...), in the precision of x.

    One time for all points: a float.  One time for each point: shape (n, 1, ...).  ValueError for another number."""
    values = np.asarray(values)
    if values.ndim == 0:
        return float(values)
    if values.shape != x.shape[:1]:
        raise ValueError(f"there are {len(values)} times for points of shape {x.shape}, expected one for each point")
    return beside(values.astype(x.dtype).reshape(-1, *[1] * (x.ndim - 1)), x)


def in_order(times: ArrayLike, growing: bool = False) -> list:
    """The times as Python numbers.  ValueError unless they decrease, or (growing) increase throughout."""
    listed = np.asarray(times)
    steps = np.diff(listed)
    if listed.ndim != 1 or len(listed) < 2 or not (np.all(steps < 0) or (growing and np.all(steps > 0))):
        order = "decreasing or increasing" if growing else "decreasing"
        raise ValueError(f"times should be at least two, {order}, got {_shown(listed)}")
    return listed.tolist()


def standard_normal(shape: tuple[int, ...], dtype: Any, rng: np.random.Generator) -> np.ndarray:
    """N(0, I) in the given precision; NumPy draws single and double, and other precisions are rounded from double."""
    if dtype in (np.float32, np.float64):
        return rng.standard_normal(shape, dtype=dtype)
    return rng.standard_normal(shape).astype(dtype)


def even_in_root(high: float, low: float, count: int, rho: float = 7.0) -> np.ndarray:
    """`count` numbers from high to low, even in their rho-th root (Karras et al. 2022, eq. 5)."""
    return np.linspace(high ** (1 / rho), low ** (1 / rho), count) ** rho


class ForwardProcess:
    """Noising that preserves variance, from t = 0 (data) to t = last (noise).

    A process is its log a_t; all else follows.  t: a number, or an array of any shape for as many times."""

    first: float  # the earliest time with noise: where training begins
    last: float

    def log_amplitude(self, t: ArrayLike) -> Any:
        """log a_t, which falls from 0."""
        raise NotImplementedError

    def amplitude(self, t: ArrayLike) -> Any:
        """a_t, the share of x_0 that is left: E[x_t | x_0] = a_t x_0."""
        return np.exp(self.log_amplitude(t))

    def noise_level(self, t: ArrayLike) -> Any:
        """sigma_t = sqrt(1 - a_t^2), the standard deviation of x_t given x_0."""
        return np.sqrt(-np.expm1(2 * self.log_amplitude(t)))

    def noise_ratio(self, t: ArrayLike) -> Any:
        """r_t = sigma_t / a_t: the noise in units of x_0, since x_t / a_t = x_0 + r_t xi."""
        with np.errstate(over="ignore"):  # inf where a_t is below 1e-154, and nothing of x_0 is left
            return np.sqrt(np.expm1(-2 * self.log_amplitude(t)))

    def signal_to_noise(self, t: ArrayLike) -> Any:
        """a_t^2 / sigma_t^2, inf at t = 0."""
        with np.errstate(divide="ignore"):
            return 1 / self.noise_ratio(t) ** 2

    def step_amplitude(self, s: ArrayLike, t: ArrayLike) -> Any:
        """alpha = a_t / a_s of the transition x_t | x_s ~ N(alpha x_s, (1 - alpha^2) I), s < t."""
        return np.exp(self.log_amplitude(t) - self.log_amplitude(s))

    def time_of(self, ratio: ArrayLike) -> Any:
        """The time t at which sigma_t / a_t is `ratio`."""
        raise NotImplementedError

    def draw_times(self, n: int, rng: np.random.Generator) -> Any:
        """n times, uniform over those with noise."""
        raise NotImplementedError

    def draw_by_noise(self, n: int, rng: np.random.Generator) -> Any:
        """n times with log(sigma_t / a_t) uniform from `first` to `last`: more of little noise than `draw_times` gives.

        For data with detail that is fine beside the whole.  (On laws of t: Kingma et al. 2021, section 5.1.)"""
        self._check_last()
        low, high = np.log(self.noise_ratio([self.first, self.last]))
        return np.maximum(self.time_of(np.exp(rng.uniform(low, high, n))), self.first)

    def mix(self, x0: Any, t: ArrayLike, noise: Any) -> Any:
        """x_t = a_t x_0 + sigma_t xi for given noise xi, in one step (claim C84).  TypeError for lists, which have no
        arithmetic."""
        _check_array("x0", x0)
        _check_array("noise", noise)
        return per_point(self.amplitude(t), x0) * x0 + per_point(self.noise_level(t), x0) * noise

    def path(self, x0: Any, times: Sequence[float], rng: np.random.Generator) -> Iterator[tuple[float, Any]]:
        """Simulate the chain at increasing times, the first of which is that of x0: yields (t, x_t), (0, x0) first."""
        _check_array("x0", x0)
        if getattr(x0, "dtype", np.dtype(float)).kind != "f":
            raise TypeError(f"x0 holds {x0.dtype} numbers, expected floating point ones: x0.astype(float)")
        if not len(times):
            raise ValueError("there are no times for a path, expected one at least, that of x0")
        x = x0
        yield times[0], x
        for s, t in pairwise(times):
            if not s < t:
                raise ValueError(f"the times of a forward path grow, but {t:g} comes after {s:g}")
            alpha = float(self.step_amplitude(s, t))
            x = alpha * x + math.sqrt(1 - alpha**2) * beside(standard_normal(x.shape, x.dtype, rng), x)
            yield t, x

    def times(self, steps: int | None = None) -> np.ndarray:
        """Times from `last` to 0 for a sampler, where none are given."""
        return self.grid(500 if steps is None else steps)

    def grid(self, steps: int, rho: float = 7.0, smallest: float | None = None) -> np.ndarray:
        """steps + 1 times from `last` to 0 that crowd where the noise is small.

        sigma_t / a_t is even in its rho-th root from `last` to `smallest`, and then 0 (Karras et al. 2022, eq. 5).
        Detail finer than `smallest` is lost: for data with features of width w take it below w / 5.  Default: at
        `first`.  A Chain has whole times alone: each is taken once, and fewer than steps + 1 are left where they are
        finer than whole: cosine().grid(50) has 27, linear().grid(100) 100."""
        _check_whole("steps", steps, 1)
        low = float(self.noise_ratio(self.first)) if smallest is None else smallest
        high = float(self.noise_ratio(self.last))
        self._check_last()
        if not (0 < low < high or (smallest is None and low == high)):  # a chain of one step has one ratio
            raise ValueError(f"smallest is {low!r}, expected a noise ratio between 0 and the last one, {high:.4g}")
        ratios = even_in_root(high, low, steps, rho)
        return self._grid(np.concatenate([[self.last], self.time_of(ratios[1:]), [0]]))

    def _grid(self, times: np.ndarray) -> np.ndarray:
        return times

    def _check_last(self) -> None:
        if self.noise_ratio(self.last) == math.inf:
            raise ValueError(
                f"nothing is left of the data at t = {self.last}, where sigma / a overflows: end it earlier"
            )


class Chain(ForwardProcess):
    """t = 0, 1, ..., T: x_t | x_{t-1} ~ N(alpha_t x_{t-1}, (1 - alpha_t^2) I), and a_t = alpha_1 ... alpha_t.

    alphas: alpha_1 .. alpha_T, amplitudes strictly between 0 and 1.  Times that are not whole are an error."""

    def __init__(self, alphas: ArrayLike) -> None:
        self.alphas = np.array(alphas, dtype=np.float64)
        if self.alphas.ndim != 1 or not self.alphas.size or not np.all((self.alphas > 0) & (self.alphas < 1)):
            raise ValueError("alphas should be amplitudes strictly between 0 and 1, one for each step of the chain")
        self.first, self.last = 1, len(self.alphas)
        self._log_amplitudes = np.concatenate([[0.0], np.cumsum(np.log(self.alphas))])

    def __repr__(self) -> str:
        return f"Chain({self.last} steps, a_T = {self.amplitude(self.last):.3g})"

    def log_amplitude(self, t: ArrayLike) -> Any:
        if isinstance(t, int) and 0 <= t <= self.last:  # what a sampler asks ten times a step
            return self._log_amplitudes[t]
        t = np.asarray(t)
        if t.size and not (np.all(t == np.floor(t)) and t.min() >= 0 and t.max() <= self.last):
            raise ValueError(f"the times of this chain are 0, 1, ..., {self.last}, got {_shown(t)}")
        return self._log_amplitudes[t.astype(np.int64)]

    def time_of(self, ratio: ArrayLike) -> Any:
        """The time at which sigma_t / a_t is nearest to `ratio`."""
        ratios = self.noise_ratio(np.arange(self.last + 1))
        middles = (ratios[1:] + ratios[:-1]) / 2
        return np.searchsorted(middles, ratio)

    def draw_times(self, n: int, rng: np.random.Generator) -> Any:
        """n times, uniform on {1, ..., T}."""
        return rng.integers(1, len(self.alphas), size=n, endpoint=True)

    def times(self, steps: int | None = None) -> np.ndarray:
        """T, T - 1, ..., 0; or `steps` steps as even as whole numbers allow (Song, Meng & Ermon 2021, section 4.2)."""
        steps = len(self.alphas) if steps is None else _check_whole("steps", steps, 1)
        return self._grid(np.linspace(len(self.alphas), 0, min(steps, len(self.alphas)) + 1).round())

    def _grid(self, times: np.ndarray) -> np.ndarray:
        """Whole times, each once; so there may be fewer than were asked for."""
        return np.unique(times.astype(np.int64))[::-1]


def constant(alpha: float, steps: int) -> Chain:
    """The chain of the course: the same amplitude alpha in each of T = `steps` steps, a_t = alpha^t (claim C84)."""
    if not 0 < alpha < 1:
        raise ValueError(f"alpha is {alpha!r}, expected an amplitude between 0 and 1, such as 0.95")
    return Chain(np.full(_check_whole("steps", steps, 1), alpha))


def linear(steps: int = 1000, beta_first: float = 1e-4, beta_last: float = 0.02) -> Chain:
    """beta_t = 1 - alpha_t^2 even from beta_1 to beta_T (Ho et al. 2020, section 4; its T and betas by default).

    With another T keep the sum of the betas near 10, or noise remains data: a_T^2 is about exp(-sum)."""
    _check_whole("steps", steps, 1)
    for name, beta in (("beta_first", beta_first), ("beta_last", beta_last)):
        if not 0 < beta < 1:
            raise ValueError(f"{name} is {beta!r}, expected the variance of a step, between 0 and 1")
    return Chain(np.sqrt(1 - np.linspace(beta_first, beta_last, steps)))


def cosine(steps: int = 1000, offset: float = 0.008, largest_beta: float = 0.999) -> Chain:
    """a_t = cos(pi/2 (t/T + offset) / (1 + offset)), divided by a_0, with beta_t <= 0.999.

    (Nichol & Dhariwal 2021, eq. 17, where f is our a squared.)"""
    t = np.arange(_check_whole("steps", steps, 1) + 1) / steps
    if not 0 <= offset < math.inf:
        raise ValueError(f"offset is {offset!r}, expected a number >= 0")
    a_squared = np.cos((t + offset) / (1 + offset) * np.pi / 2) ** 2
    return Chain(np.sqrt(np.maximum(a_squared[1:] / a_squared[:-1], 1 - largest_beta)))


class VariancePreserving(ForwardProcess):
    """dx = -1/2 beta(t) x dt + sqrt(beta(t)) dW on 0 <= t <= 1, beta(t) = beta_min + t (beta_max - beta_min).

    a_t = exp(-1/4 t^2 (beta_max - beta_min) - 1/2 t beta_min).  (Song et al. 2021, eq. 33, its betas by default: the
    limit of the linear chain of Ho et al.)  first: the earliest time drawn in training."""

    last = 1.0

    def __init__(self, beta_min: float = 0.1, beta_max: float = 20.0, first: float = 1e-5) -> None:
        if not 0 < beta_min <= beta_max < math.inf:
            raise ValueError(f"beta_min is {beta_min!r} and beta_max {beta_max!r}, expected 0 < beta_min <= beta_max")
        if not 0 < first < 1:
            raise ValueError(f"first is {first!r}, expected a time between 0 and 1")
        self.beta_min, self.beta_max, self.first = float(beta_min), float(beta_max), float(first)

    def __repr__(self) -> str:
        return f"VariancePreserving(beta from {self.beta_min:g} to {self.beta_max:g})"

    def beta(self, t: ArrayLike) -> Any:
        """beta(t), the rate at which noise comes in."""
        return self.beta_min + np.asarray(t) * (self.beta_max - self.beta_min)

    def log_amplitude(self, t: ArrayLike) -> Any:
        t = np.asarray(t, dtype=np.float64)
        if t.size and not (t.min() >= 0 and t.max() <= 1):
            raise ValueError(f"the times of this process are from 0 to 1, got {_shown(t)}")
        return -0.25 * t**2 * (self.beta_max - self.beta_min) - 0.5 * t * self.beta_min

    def time_of(self, ratio: ArrayLike) -> Any:
        faded = 0.5 * np.log1p(np.square(ratio))  # -log a_t, a quadratic in t, whose root is written without cancelling
        b = 4 * (self.beta_max - self.beta_min) * faded
        return np.minimum(4 * faded / (self.beta_min + np.sqrt(self.beta_min**2 + b)), 1.0)

    def draw_times(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """n times, uniform between `first` and 1."""
        return rng.uniform(self.first, self.last, n)


def _check_array(name: str, x: Any) -> None:
    if isinstance(x, (list, tuple)):
        raise TypeError(f"{name} is a {type(x).__name__}, expected an array of points: np.array({name}, dtype=float)")


def _check_whole(name: str, value: int, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"{name} is {value!r}, expected a whole number >= {least}")
    return int(value)


def _shown(t: np.ndarray) -> str:
    return f"{t}" if t.size < 4 else f"{t.min():g} to {t.max():g}"
