"""Initial weights: each is f(shape, rng) -> array, for shape (out, in) or (out, in, height, width).

fan_in = in * height * width counts what goes into one unit, fan_out = out * height * width where one input goes.
The draws are made in float64 and then converted, so that a seed gives the same numbers in every dtype.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = [
    "fan_in_uniform", "glorot_normal", "glorot_uniform", "he_normal", "he_uniform", "normal", "orthogonal", "zeros",
]  # fmt: skip

Shape = tuple[int, ...]


def fans(shape: Shape) -> tuple[int, int]:
    """(fan_in, fan_out) of a weight; ValueError unless it has at least two axes, none of them empty."""
    if len(shape) < 2 or min(shape) < 1:
        raise ValueError(f"a weight has shape (out, in, ...) with no empty axis, got {shape}")
    window = math.prod(shape[2:])
    return shape[1] * window, shape[0] * window


def check_rng(rng: Any) -> np.random.Generator:
    """rng, if it is a Generator; TypeError with the remedy otherwise."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng= must be a np.random.Generator, np.random.default_rng(seed) say, got {rng!r}")
    return rng


def _uniform(shape: Shape, rng: np.random.Generator, bound: float, dtype: Any) -> np.ndarray:
    return check_rng(rng).uniform(-bound, bound, shape).astype(dtype)


def _normal(shape: Shape, rng: np.random.Generator, std: float, dtype: Any) -> np.ndarray:
    return (std * check_rng(rng).standard_normal(shape)).astype(dtype)


def fan_in_uniform(shape: Shape, rng: np.random.Generator, *, dtype: Any = np.float64) -> np.ndarray:
    """U(-1/sqrt(fan_in), 1/sqrt(fan_in)), variance 1/(3 fan_in): what PyTorch's layers start from.

    (LeCun et al., Efficient BackProp, 1998, recommend variance 1/fan_in.)"""
    return _uniform(shape, rng, 1 / math.sqrt(fans(shape)[0]), dtype)


def glorot_uniform(shape: Shape, rng: np.random.Generator, *, gain: float = 1.0, dtype: Any = np.float64) -> np.ndarray:
    """U(-b, b) with b = gain sqrt(6 / (fan_in + fan_out)): variance 2 gain^2 / (fan_in + fan_out).

    (Glorot & Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010, eq. 16.)"""
    return _uniform(shape, rng, gain * math.sqrt(6 / sum(fans(shape))), dtype)


def glorot_normal(shape: Shape, rng: np.random.Generator, *, gain: float = 1.0, dtype: Any = np.float64) -> np.ndarray:
    """N(0, 2 gain^2 / (fan_in + fan_out)).  (Glorot & Bengio 2010, eq. 12.)"""
    return _normal(shape, rng, gain * math.sqrt(2 / sum(fans(shape))), dtype)


def he_uniform(shape: Shape, rng: np.random.Generator, *, slope: float = 0.0, dtype: Any = np.float64) -> np.ndarray:
    """U(-b, b) with the variance of he_normal: b = sqrt(6 / ((1 + slope^2) fan_in))."""
    return _uniform(shape, rng, math.sqrt(6 / ((1 + slope**2) * fans(shape)[0])), dtype)


def he_normal(shape: Shape, rng: np.random.Generator, *, slope: float = 0.0, dtype: Any = np.float64) -> np.ndarray:
    """N(0, 2 / ((1 + slope^2) fan_in)), for units behind a (leaky) rectifier of that slope.

    (He et al., Delving deep into rectifiers, 2015, eqs. 10 and 15.)"""
    return _normal(shape, rng, math.sqrt(2 / ((1 + slope**2) * fans(shape)[0])), dtype)


def normal(shape: Shape, rng: np.random.Generator, *, std: float = 0.02, dtype: Any = np.float64) -> np.ndarray:
    """N(0, std^2).  The default is that of DCGAN (Radford et al. 2015, section 4)."""
    return _normal(shape, rng, std, dtype)


def orthogonal(shape: Shape, rng: np.random.Generator, *, gain: float = 1.0, dtype: Any = np.float64) -> np.ndarray:
    """gain * Q with orthonormal rows or columns, whichever are fewer, drawn uniformly; axes from the second on are one.

    Q of a QR decomposition of a Gaussian matrix, with the signs of R's diagonal moved into it, without which the law
    would not be uniform.  (Saxe et al., Exact solutions to the nonlinear dynamics of learning, 2014.)"""
    fans(shape)
    rows, columns = shape[0], math.prod(shape[1:])
    q, r = np.linalg.qr(check_rng(rng).standard_normal((max(rows, columns), min(rows, columns))))
    q = q * np.sign(np.diagonal(r))
    return (gain * (q if rows >= columns else q.T)).reshape(shape).astype(dtype)


def zeros(shape: Shape, rng: np.random.Generator | None = None, *, dtype: Any = np.float64) -> np.ndarray:
    """All zero; rng is not used."""
    return np.zeros(shape, dtype)
