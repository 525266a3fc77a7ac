"""What keeps a critic tame: weight clipping and penalties on the norm of its gradient."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import numpy as np

from minigen.autodiff import grad, raw, relu
from minigen.device import beside
from minigen.gan.algorithm import Constraint
from minigen.nn import BatchNorm, Module
from minigen.optim import clip_weights

__all__ = ["DRAGAN", "GradientPenalty", "WeightClipping", "ZeroCentredPenalty", "gradient_norms", "interpolates"]


def gradient_norms(critic: Any, points: Any) -> Any:
    """|grad_x f(x)| at each point x: (n,) from points (n, ...).

    critic: takes (n, ...) and gives one number a point, none of which depends on the other points.  Differentiable in
    the critic's weights, which takes its mixed second derivative (claim C61).  Where the gradient is 0, so is the slope
    of its norm: no division by zero.  ValueError for a critic that gives more or fewer numbers."""

    def total(x: Any) -> Any:
        values = critic(x)
        if np.size(values) != len(points):
            raise ValueError(
                f"a critic gives one number a point, but {len(points)} points gave shape {np.shape(values)}"
            )
        return np.sum(values)

    check_points(points)
    slopes = grad(total)(points)
    return np.linalg.norm(np.reshape(slopes, (len(points), -1)), axis=1)


def interpolates(real: Any, fake: Any, rng: np.random.Generator) -> Any:
    """Points a x + (1 - a) y on the lines from samples y to data x, one a ~ U(0, 1) for each pair (x, y).

    One weight for each pair, not for each coordinate: that would fill a box.  (Gulrajani et al. 2017, algorithm 1.)"""
    check_points(real)
    check_points(fake)
    if real.shape != fake.shape:
        raise ValueError(f"data and samples are joined in pairs, but have shapes {real.shape} and {fake.shape}")
    share = _as(real, rng.random((len(real), *[1] * (real.ndim - 1))))
    return fake + share * (real - fake)


def check_points(points: Any) -> None:
    """TypeError for what is not an array, a list say; ValueError for an array that holds no points."""
    if not hasattr(points, "dtype") or not hasattr(points, "shape"):
        raise TypeError(f"points are an array (n, ...), got {type(points).__name__}: use np.asarray")
    if not points.shape or 0 in points.shape:
        raise ValueError(f"expected one point or more, an array (n, ...), got shape {points.shape}")


def _as(points: Any, numbers: np.ndarray) -> Any:
    """The numbers in the precision of the points and on their device."""
    if points.dtype.kind != "f":
        raise TypeError(f"a gradient is taken at floating-point data, got {points.dtype}: use data.astype(np.float32)")
    return beside(numbers.astype(points.dtype), points)


class WeightClipping(Constraint):
    """Clip every weight and bias of the critic to [-c, c] after each of its steps (Arjovsky et al. 2017, algorithm 1).

    The critic's gradient is then at most prod_l c sqrt(n_l n_{l+1}), which is far from 1 both ways: tiny for small c
    and wide layers alike, large for large c.  What it maximises is not W1, nor a multiple of it (claims C53, C54)."""

    def __init__(self, c: float = 0.01):
        self.c = _positive("c", c)
        self._clipped: tuple[Any, Any] = (None, None)

    def after_step(self, discriminator: Module) -> None:
        if discriminator is not self._clipped[0]:  # the walk through its layers costs as much as a step of the critic
            self._clipped = discriminator, discriminator.vector
        try:
            clip_weights(self._clipped[1], self.c)
        except ValueError:  # the critic was converted, or moved to another device, since
            self._clipped = discriminator, discriminator.vector
            clip_weights(self._clipped[1], self.c)


class GradientPenalty(Constraint):
    """weight E (|grad f(x)| - target)^2 over points x on lines between data and samples.

    one_sided: only norms above target are penalised, max(0, |grad f| - target)^2.  The optimum under the penalty is
    not 1-Lipschitz: between two points at distance W its slope is 1 + W / (2 weight), so that the gap over-estimates W1
    by that factor (weight is the paper's lambda; claims C60, C61).  ValueError for a critic with BatchNorm, in which
    a point's value depends on the others.  (Gulrajani et al. 2017, eq. 3; one-sided: Petzka et al. 2018.)"""

    def __init__(self, weight: float = 10.0, *, one_sided: bool = False, target: float = 1.0):
        self.weight, self.one_sided, self.target = _positive("weight", weight), bool(one_sided), float(target)
        if not math.isfinite(self.target):
            raise ValueError(f"target is {target!r}, expected a finite slope")
        self._checked: Module | None = None

    def points(self, real: Any, fake: Any, rng: np.random.Generator) -> Any:
        """Where the gradient is taken."""
        return interpolates(real, fake, rng)

    def penalty(self, discriminator: Module, real: Any, fake: Any, rng: np.random.Generator) -> Any:
        if discriminator is not self._checked:
            _check_pointwise(discriminator)
            self._checked = discriminator
        excess = gradient_norms(discriminator, self.points(real, fake, rng)) - self.target
        return self.weight * np.mean(np.square(relu(excess) if self.one_sided else excess))


class DRAGAN(GradientPenalty):
    """weight E (|grad f(x + d)| - target)^2 around the data x, with d ~ N(0, (spread s)^2 I).

    s is the standard deviation of all the numbers in the batch of data.  The samples play no part: the critic is kept
    tame where the data are, and nothing holds it elsewhere.  (Kodali et al. 2017, section 2.3.)"""

    def __init__(self, weight: float = 10.0, *, spread: float = 0.5, one_sided: bool = False, target: float = 1.0):
        super().__init__(weight, one_sided=one_sided, target=target)
        self.spread = _positive("spread", spread)

    def points(self, real: Any, fake: Any, rng: np.random.Generator) -> Any:
        noise = _as(real, rng.standard_normal(real.shape))
        return real + self.spread * raw(real).std() * noise


class ZeroCentredPenalty(GradientPenalty):
    """gamma / 2 E |grad f(x)|^2 at the data themselves, also called R1.

    It does not bound the slope: it makes the critic flat where the generator is right, so that the game comes to rest
    there (Mescheder et al. 2018, eq. 9)."""

    def __init__(self, gamma: float = 0.1):
        super().__init__(_positive("gamma", gamma) / 2, target=0.0)
        self.gamma = gamma

    def points(self, real: Any, fake: Any, rng: np.random.Generator) -> Any:
        return real


def _check_pointwise(critic: Any) -> None:
    if isinstance(critic, Module) and any(isinstance(module, BatchNorm) for _, module in critic.named_modules()):
        raise ValueError(
            "a gradient penalty needs a critic that judges each point by itself, and BatchNorm does not: "
            "use LayerNorm, or leave the normalisation out"
        )


def _positive(name: str, value: float) -> float:
    if not isinstance(value, Real):
        raise TypeError(f"{name} is {value!r}, a {type(value).__name__}, expected a number above 0")
    if not 0 < value < math.inf:
        raise ValueError(f"{name} is {value!r}, expected a number above 0")
    return float(value)
