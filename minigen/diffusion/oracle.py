"""Exact answers: the noised law, its score and its reverse kernel, for mixtures of Gaussians and for finite sets.

Everything that a network learns can be held against these.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from minigen.autodiff import logsumexp, softmax
from minigen.diffusion.forward import ForwardProcess, in_order, per_point
from minigen.diffusion.predictions import convert
from minigen.distributions import Empirical, GaussianMixture

__all__ = ["MixtureOracle", "Oracle", "PointsOracle"]


class Oracle:
    """The conditional means of a law under a process: `score` and, by conversion, all other predictions.

    x: points (n, d).  t: one time for all of them, or one for each, (n,)."""

    law: Any
    process: ForwardProcess

    @property
    def dimension(self) -> int:
        return self.law.dimension

    def score(self, x: Any, t: ArrayLike) -> Any:
        """grad log p_t(x), (n, d).  ValueError for points of another dimension than the law's."""
        raise NotImplementedError

    def predict(self, kind: str, x: Any, t: ArrayLike) -> Any:
        """What the best possible network of this kind answers: noise, score, data or velocity, (n, d)."""
        return convert(self.score(x, t), "score", kind, x, self.process, t)

    def posterior_mean(self, x: Any, t: ArrayLike) -> Any:
        """E[x_0 | x_t = x] = (x + sigma^2 grad log p_t(x)) / a.  (Tweedie's formula: Efron 2011.)"""
        return self.predict("data", x, t)

    def _check_points(self, x: Any) -> None:
        if not hasattr(x, "shape"):
            raise TypeError(f"x is a {type(x).__name__}, expected an array of points: np.array(x)")
        if len(x.shape) != 2 or x.shape[1] != self.dimension:
            raise ValueError(f"x has shape {tuple(x.shape)}, expected (n, {self.dimension}): one point per row")

    def sample(self, n: int, t: float, rng: np.random.Generator) -> np.ndarray:
        """n draws of x_t, exactly: data first, then noise."""
        return self.sample_with_noise(n, t, rng)[0]

    def sample_with_noise(self, n: int, t: ArrayLike, rng: np.random.Generator) -> tuple[Any, Any, Any]:
        """n draws of (x_t, x_0, xi); t: one time, or n of them."""
        x0 = self.law.sample(n, rng)
        noise = rng.standard_normal(x0.shape)
        return self.process.mix(x0, t, noise), x0, noise


class MixtureOracle(Oracle):
    """x_0 ~ sum_k w_k N(m_k, C_k), so x_t ~ sum_k w_k N(a m_k, a^2 C_k + sigma^2 I), for any covariances.

    Takes Tensors, so scores can be differentiated."""

    def __init__(self, law: GaussianMixture, process: ForwardProcess) -> None:
        self.law, self.process = law, process
        self._variances, self._axes = np.linalg.eigh(law.covariances)
        with np.errstate(divide="ignore"):  # a mode of weight 0 has log weight -inf
            self._log_weights = np.log(law.weights)

    def marginal(self, t: float) -> GaussianMixture:
        """The law of x_t: a mixture again, with its density and its score."""
        return self.law.noised(self.process.amplitude(t), self.process.noise_level(t))

    def score(self, x: Any, t: ArrayLike) -> Any:
        z, v, joint = self._by_mode(x, t)
        shares = np.expand_dims(softmax(joint), -1)
        return -np.sum(_turned(shares * z / v, np.swapaxes(self._axes, 1, 2)), axis=1)

    def log_density(self, x: Any, t: ArrayLike) -> Any:
        """log p_t(x), (n,)."""
        return logsumexp(self._by_mode(x, t)[2], axis=1)

    def _by_mode(self, x: Any, t: ArrayLike) -> tuple[Any, Any, Any]:
        """For each point and mode, in the axes Q of C_k = Q diag(c) Q^T, which noise does not turn:

        z = Q^T (x - a m_k) and its variances v = a^2 c + sigma^2, (n, k, d), and log w_k N(x; k), (n, k)."""
        self._check_points(x)
        x = np.expand_dims(x, 1)
        a, sigma = per_point(self.process.amplitude(t), x), per_point(self.process.noise_level(t), x)
        v = a**2 * self._variances + sigma**2
        z = _turned(x - a * self.law.means, self._axes)
        squares = np.sum(np.square(z) / v + np.log(2 * np.pi * v), axis=-1)
        return z, v, self._log_weights - 0.5 * squares

    def reverse_step(self, x: np.ndarray, t: float, s: float, rng: np.random.Generator) -> np.ndarray:
        """One draw of x_s from p(x_s | x_t = x) for each x, exactly, for any s < t (Bayes' rule; claim C83).

        The mode k by its responsibility for x; then, in the axes of C_k, with v = a_s^2 C_k + sigma_s^2,
        alpha = a_t / a_s and the gain g = alpha v / (alpha^2 v + 1 - alpha^2):

            N(a_s m_k + g (x - a_t m_k), (1 - alpha^2) g / alpha)"""
        self._check_points(x)
        a_s, a_t, alpha = self.process.amplitude(s), self.process.amplitude(t), self.process.step_amplitude(s, t)
        shares = self.marginal(t).responsibilities(x)
        modes = np.minimum(np.sum(np.cumsum(shares, axis=1) < rng.random((len(x), 1)), axis=1), shares.shape[1] - 1)
        v = a_s**2 * self._variances[modes] + self.process.noise_level(s) ** 2
        gain = alpha * v / (alpha**2 * v + 1 - alpha**2)
        axes, means = self._axes[modes], self.law.means[modes]
        away = np.einsum("nij,ni->nj", axes, x - a_t * means)
        drawn = gain * away + np.sqrt((1 - alpha**2) / alpha * gain) * rng.standard_normal(x.shape)
        return a_s * means + np.einsum("nij,nj->ni", axes, drawn)

    def ancestral(
        self, x: np.ndarray, times: ArrayLike, rng: np.random.Generator
    ) -> Iterator[tuple[float, np.ndarray]]:
        """Exact ancestral sampling from x at times[0] down to times[-1]: yields (t, x), the start first (claim C83)."""
        down = in_order(times)
        yield down[0], x
        for t, s in pairwise(down):
            x = self.reverse_step(x, t, s, rng)
            yield s, x


class PointsOracle(Oracle):
    """x_0 is one of finitely many points (n, d): p_t is a mixture of n Gaussians of variance sigma^2.

    A network that learned this score perfectly would generate the training set and nothing else.  Not at t = 0, where
    there is no density."""

    def __init__(self, points: ArrayLike, process: ForwardProcess) -> None:
        self.law, self.process = Empirical(points), process

    def score(self, x: Any, t: ArrayLike) -> Any:
        return convert(self.posterior_mean(x, t), "data", "score", x, self.process, t)

    def posterior_mean(self, x: Any, t: ArrayLike) -> Any:
        """E[x_0 | x_t = x]: the mean of the points with weights softmax(-|x - a x_i|^2 / (2 sigma^2))."""
        self._check_points(x)
        points = self.law.points
        a, sigma = per_point(self.process.amplitude(t), x), per_point(self.process.noise_level(t), x)
        if not np.all(np.asarray(t) > 0):
            raise ValueError("at t = 0 the points have no density and no score; take t above 0")
        # |x|^2 is the same for all points, and dropped.
        closeness = (a * (x @ points.T) - 0.5 * a**2 * np.sum(points**2, axis=1)) / sigma**2
        return softmax(closeness) @ points


def _turned(z: Any, axes: np.ndarray) -> Any:
    """z_nk Q_k, (n, k, d): for each mode one product of all its points, which is faster than one for each point."""
    return np.swapaxes(np.matmul(np.swapaxes(z, 0, 1), axes), 0, 1)
