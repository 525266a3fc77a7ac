"""Data laws: Gaussian mixtures with density and score, toy laws in the plane, a student's own points.

Every law has a `dimension` and `sample(n, rng) -> (n, dimension)`.  Densities and scores are plain NumPy, so
they take Tensors and can be differentiated.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import ArrayLike

from minigen.autodiff import logsumexp, softmax

__all__ = [
    "LAWS",
    "Empirical",
    "GaussianMixture",
    "Law",
    "Pinwheel",
    "SwissRoll",
    "TwoMoons",
    "by_name",
    "grid",
    "ring",
]


class Law(Protocol):
    """What a training loop needs of its data."""

    @property
    def dimension(self) -> int: ...

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray: ...


class GaussianMixture:
    """sum_k w_k N(m_k, C_k) in d dimensions.

    means: (k, d).  covariances: one variance for all modes (a scalar), one variance per mode (k,), or full
    matrices (k, d, d).  These are variances, sigma^2, not standard deviations.  weights: (k,), nonnegative,
    sum 1; equal if left out.  Raises ValueError for anything else."""

    def __init__(self, means: ArrayLike, covariances: ArrayLike, weights: ArrayLike | None = None) -> None:
        self.means = _frozen(_mode_matrix(means))
        k, d = self.means.shape
        self.weights = _frozen(_mode_weights(weights, k))
        given = _real_array("covariances", covariances)
        if given.ndim < 2:
            # A row of standard deviations divides faster than k matrices multiply.
            self._stds: np.ndarray | None = np.sqrt(_mode_variances(given, k))[:, None]
            self._factors = self._stds[:, :, None] * np.eye(d)
            self._whitening = np.eye(d) / self._stds[:, :, None]
        else:
            self._stds = None
            self._factors = _cholesky_factors(given, k, d)
            self._whitening = np.linalg.inv(self._factors)
        log_scale = np.sum(np.log(np.diagonal(self._factors, axis1=1, axis2=2)), axis=1)
        with np.errstate(divide="ignore"):  # a mode of weight 0 has log weight -inf
            self._log_peaks = np.log(self.weights) - log_scale - 0.5 * d * math.log(2 * math.pi)

    def __repr__(self) -> str:
        k, d = self.means.shape
        return f"GaussianMixture({k} modes in {d} dimensions)"

    @property
    def dimension(self) -> int:
        return self.means.shape[1]

    @property
    def modes(self) -> np.ndarray:
        """The means, (k, d).  (Peaks of the density only while the modes are well apart.)"""
        return self.means

    @property
    def sigma(self) -> float:
        """The standard deviation that all modes share.  ValueError where they do not share one."""
        if self._stds is None or np.ptp(self._stds) != 0:
            raise ValueError("this mixture has no single sigma: its modes differ or are not round; see covariances")
        return float(self._stds[0, 0])

    @property
    def covariances(self) -> np.ndarray:
        """Covariance matrix of each mode, (k, d, d)."""
        return self._factors @ np.swapaxes(self._factors, 1, 2)

    @property
    def mean(self) -> np.ndarray:
        """E x = sum_k w_k m_k, shape (d,)."""
        return self.weights @ self.means

    @property
    def covariance(self) -> np.ndarray:
        """Cov x = sum_k w_k (C_k + (m_k - E x)(m_k - E x)^T), shape (d, d)."""
        away = self.means - self.mean
        return np.tensordot(self.weights, self.covariances, 1) + (away.T * self.weights) @ away

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """n independent draws, (n, d)."""
        return self.sample_labelled(n, rng)[0]

    def sample_labelled(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """The same draws as `sample` and the mode that each came from: (n, d) and integers (n,)."""
        _check_draw(n, rng)
        labels = rng.choice(len(self.weights), size=n, p=self.weights)
        noise = rng.standard_normal((n, self.dimension))
        if self._stds is not None:
            return self.means[labels] + self._stds[labels] * noise, labels
        return self.means[labels] + (self._factors[labels] @ noise[:, :, None])[:, :, 0], labels

    def noised(self, amplitude: float, noise_level: float) -> "GaussianMixture":
        """The law of a x + sigma xi with xi ~ N(0, I): sum_k w_k N(a m_k, a^2 C_k + sigma^2 I)."""
        a, variance = float(amplitude), float(noise_level) ** 2
        if self._stds is not None:
            return GaussianMixture(a * self.means, a**2 * self._stds[:, 0] ** 2 + variance, self.weights)
        covariances = a**2 * self.covariances + variance * np.eye(self.dimension)
        return GaussianMixture(a * self.means, covariances, self.weights)

    def whitened(self, x: Any) -> Any:
        """z_k = L_k^{-1}(x - m_k) with C_k = L_k L_k^T: x in units of each mode's sigma, (..., k, d)."""
        x = _points(x, self.dimension)
        away = np.expand_dims(x, -2) - self.means
        if self._stds is not None:
            return away / self._stds
        return np.squeeze(np.matmul(self._whitening, np.expand_dims(away, -1)), -1)

    def log_density(self, x: Any) -> Any:
        """log p(x) for x of shape (..., d); returns (...).  Finite wherever the squares are."""
        return logsumexp(self._joint_log_density(self.whitened(x)), axis=-1)

    def responsibilities(self, x: Any) -> Any:
        """P(mode k | x), shape (..., k): Bayes' rule, rows sum to 1."""
        return softmax(self._joint_log_density(self.whitened(x)))

    def score(self, x: Any) -> Any:
        """grad_x log p(x) = sum_k P(k | x) C_k^{-1}(m_k - x), for x of shape (..., d)."""
        z = self.whitened(x)
        shares = softmax(self._joint_log_density(z))
        if self._stds is not None:
            pull = -z / self._stds
        else:
            pull = -np.squeeze(np.matmul(np.swapaxes(self._whitening, 1, 2), np.expand_dims(z, -1)), -1)
        return np.sum(np.expand_dims(shares, -1) * pull, axis=-2)

    def _joint_log_density(self, z: Any) -> Any:
        return self._log_peaks - 0.5 * np.sum(np.square(z), axis=-1)


def ring(modes: int = 8, radius: float = 1.0, sigma: float = 0.01) -> GaussianMixture:
    """Equal Gaussians at the angles 2 pi k / modes, k = 0 .. modes - 1.

    The end point 2 pi is the first mode again and is left out: linspace(0, 2 pi, 8) gives seven modes."""
    _check_count("modes", modes)
    _check_positive("sigma", sigma)
    _check_positive("radius", radius)
    angles = 2 * np.pi * np.arange(modes) / modes
    return GaussianMixture(radius * np.stack([np.cos(angles), np.sin(angles)], axis=1), sigma**2)


def grid(side: int = 5, spacing: float = 2.0, sigma: float = 0.05) -> GaussianMixture:
    """Equal Gaussians on a centred side x side lattice; the default is {-4, -2, 0, 2, 4}^2."""
    _check_count("side", side)
    _check_positive("sigma", sigma)
    _check_positive("spacing", spacing)
    ticks = spacing * (np.arange(side) - (side - 1) / 2)
    return GaussianMixture(np.stack(np.meshgrid(ticks, ticks, indexing="ij"), axis=-1).reshape(-1, 2), sigma**2)


@dataclass(frozen=True)
class SwissRoll:
    """A spiral of three half turns: ((t cos t, t sin t) + noise * N(0, I)) / scale, t = 3 pi / 2 (1 + 2 U(0, 1)).

    The roll of Marsland (2009) seen from its end.  Noise 0.25 and scale 7.5 are those of the toy experiments of
    Gulrajani et al. (2017); the noise is added before the division."""

    noise: float = 0.25
    scale: float = 7.5
    dimension: ClassVar[int] = 2

    def __post_init__(self) -> None:
        _check_not_negative("noise", self.noise)
        _check_positive("scale", self.scale)

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        _check_draw(n, rng)
        t = 1.5 * np.pi * (1 + 2 * rng.random(n))
        spiral = np.stack([t * np.cos(t), t * np.sin(t)], axis=1)
        return (spiral + self.noise * rng.standard_normal((n, 2))) / self.scale


@dataclass(frozen=True)
class TwoMoons:
    """Two half circles of radius 1 that interlock, each with probability 1/2, plus noise * N(0, I).

    Upper moon (cos t, sin t), lower moon (1 - cos t, 1/2 - sin t), t uniform on [0, pi]: the placement of
    scikit-learn's make_moons, with random instead of equally spaced t."""

    noise: float = 0.1
    dimension: ClassVar[int] = 2

    def __post_init__(self) -> None:
        _check_not_negative("noise", self.noise)

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        _check_draw(n, rng)
        lower = rng.integers(2, size=n)
        t = np.pi * rng.random(n)
        sign = 1 - 2 * lower
        moons = np.stack([lower + sign * np.cos(t), lower / 2 + sign * np.sin(t)], axis=1)
        return moons + self.noise * rng.standard_normal((n, 2))


@dataclass(frozen=True)
class Pinwheel:
    """Bent Gaussian arms: (a, b) ~ N(1, radial_sigma^2) x N(0, tangential_sigma^2), turned by an angle.

    The angle is 2 pi j / arms + twist e^a counter-clockwise, j a uniform arm; then times `scale`.  Form and default
    sigmas, arms and twist: Johnson et al. (2016), figure 1, whose scale is 10."""

    arms: int = 5
    radial_sigma: float = 0.3
    tangential_sigma: float = 0.1
    twist: float = 0.25
    scale: float = 1.0
    dimension: ClassVar[int] = 2

    def __post_init__(self) -> None:
        _check_count("arms", self.arms)
        _check_not_negative("radial_sigma", self.radial_sigma)
        _check_not_negative("tangential_sigma", self.tangential_sigma)
        _check_positive("scale", self.scale)
        if not math.isfinite(self.twist):
            raise ValueError(f"twist is {self.twist!r}, expected a finite number")

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        _check_draw(n, rng)
        arm = rng.integers(self.arms, size=n)
        a, b = (rng.standard_normal((n, 2)) * [self.radial_sigma, self.tangential_sigma] + [1.0, 0.0]).T
        angle = 2 * np.pi * arm / self.arms + self.twist * np.exp(a)
        cos, sin = np.cos(angle), np.sin(angle)
        return self.scale * np.stack([a * cos - b * sin, a * sin + b * cos], axis=1)


class Empirical:
    """The law of given points: each draw is one of the rows of (n, d), with replacement.

    Raises ValueError if points is not a finite, non-empty matrix."""

    def __init__(self, points: ArrayLike) -> None:
        points = _real_array("points", points)
        if points.ndim != 2 or points.size == 0:
            raise ValueError(f"points has shape {points.shape}, expected (n, d) with at least one point")
        self.points = _frozen(points)

    def __repr__(self) -> str:
        n, d = self.points.shape
        return f"Empirical({n} points in {d} dimensions)"

    @property
    def dimension(self) -> int:
        return self.points.shape[1]

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        _check_draw(n, rng)
        return self.points[rng.integers(len(self.points), size=n)]


LAWS: dict[str, Callable[..., Law]] = {
    "ring": ring,
    "grid": grid,
    "swiss_roll": SwissRoll,
    "moons": TwoMoons,
    "pinwheel": Pinwheel,
}


def by_name(name: str, **parameters: Any) -> Law:
    """The toy law called `name` (a key of LAWS) with its default parameters, or with those given."""
    if name not in LAWS:
        raise ValueError(f"no toy law is called {name!r}; there are {', '.join(LAWS)}")
    return LAWS[name](**parameters)


def _frozen(array: np.ndarray) -> np.ndarray:
    """Read-only from here on: densities are computed from what was checked."""
    array.flags.writeable = False
    return array


def _real_array(name: str, values: ArrayLike) -> np.ndarray:
    """A fresh floating-point copy of finite numbers."""
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{name} is not a rectangular array: {error}") from None
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} has dtype {array.dtype}, expected real numbers")
    array = array.astype(np.result_type(array.dtype, np.float32) if array.dtype.kind == "f" else np.float64)
    if not np.all(np.isfinite(array)):
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"{name}{list(where)} is {array[where]}, expected finite numbers")
    return array


def _mode_matrix(means: ArrayLike) -> np.ndarray:
    array = _real_array("means", means).astype(np.float64)
    if array.ndim == 1:
        raise ValueError(
            f"means has shape {array.shape}, expected (k, d): means[:, None] for {len(array)} modes on a line, "
            f"means[None, :] for one mode in {len(array)} dimensions"
        )
    if array.ndim != 2 or array.size == 0:
        raise ValueError(f"means has shape {array.shape}, expected (k, d) with k, d >= 1")
    return array


def _mode_weights(weights: ArrayLike | None, k: int) -> np.ndarray:
    if weights is None:
        return np.full(k, 1 / k)
    array = _real_array("weights", weights).astype(np.float64)
    if array.shape != (k,):
        raise ValueError(f"weights has shape {array.shape}, expected ({k},), one weight per mode")
    if np.any(array < 0):
        raise ValueError(f"weights[{int(np.argmin(array))}] is {array.min():g}, expected nothing below 0")
    total = float(np.sum(array))
    if abs(total - 1) > 1e-6:
        raise ValueError(f"weights sum to {total:g}, expected 1; divide them by their sum")
    return array / total


def _mode_variances(given: np.ndarray, k: int) -> np.ndarray:
    if given.shape not in ((), (k,)):
        raise ValueError(f"covariances has shape {given.shape}, expected a scalar, ({k},) or ({k}, d, d)")
    variances = np.broadcast_to(given, (k,)).astype(np.float64)
    if np.any(variances <= 0):
        raise ValueError(f"covariances holds the variance {variances.min():g}, expected all above 0")
    return variances


def _cholesky_factors(given: np.ndarray, k: int, d: int) -> np.ndarray:
    if given.shape != (k, d, d):
        raise ValueError(
            f"covariances has shape {given.shape}, expected a scalar, ({k},) or ({k}, {d}, {d}): "
            "one variance for all modes, one per mode, or one matrix per mode"
        )
    factors = np.empty(given.shape)
    for mode, matrix in enumerate(given.astype(np.float64)):
        # Cholesky reads one triangle only, so it would accept a matrix that is not symmetric.
        if not np.allclose(matrix, matrix.T, rtol=1e-8, atol=1e-12 * np.max(np.abs(matrix))):
            raise ValueError(f"covariances[{mode}] is not symmetric; expected C = C^T")
        try:
            factors[mode] = np.linalg.cholesky((matrix + matrix.T) / 2)
        except np.linalg.LinAlgError:
            smallest = np.linalg.eigvalsh(matrix)[0]
            raise ValueError(
                f"covariances[{mode}] is not positive definite: its smallest eigenvalue is {smallest:.3g}, "
                "expected above 0"
            ) from None
    return factors


def _points(x: Any, d: int) -> Any:
    if not hasattr(x, "__array_function__"):
        x = np.asarray(x, dtype=np.float64)
    if x.ndim == 0 or x.shape[-1] != d:
        raise ValueError(f"x has shape {x.shape}, expected (..., {d}): one point of {d} coordinates per row")
    return x


def _check_draw(n: int, rng: np.random.Generator) -> None:
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 0:
        raise ValueError(f"n is {n!r}, expected the number of samples, an integer >= 0")
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng is {rng!r}, expected a random generator: np.random.default_rng(seed)")


def _check_count(name: str, value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"{name} is {value!r}, expected an integer >= 1")


def _check_positive(name: str, value: float) -> None:
    if not 0 < value < math.inf:
        raise ValueError(f"{name} is {value!r}, expected a finite number above 0")


def _check_not_negative(name: str, value: float) -> None:
    if not 0 <= value < math.inf:
        raise ValueError(f"{name} is {value!r}, expected a finite number >= 0")
