"""Activations, as functions of arrays and Tensors and, where Sequential wants one, as Modules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigen.autodiff import defvjp, primitive, raw, relu, sigmoid, softplus
from minigen.autodiff.rules import times_sigmoid
from minigen.nn.module import Module

__all__ = [
    "ELU", "GELU", "LeakyReLU", "ReLU", "SiLU", "Sigmoid", "Softplus", "Tanh",
    "elu", "gelu", "leaky_relu", "relu", "sigmoid", "silu", "softplus", "tanh",
]  # fmt: skip

tanh = np.tanh


@primitive
def leaky_relu(x, slope=0.2):
    """max(x, slope x), for 0 <= slope <= 1; the slope at 0 is `slope`.

    (Maas et al. 2013; the default is that of the critics of DCGAN, Radford et al. 2015.)"""
    y = slope * x
    return np.maximum(x, y, out=y if np.ndim(y) else None)  # one temporary, not two


def _steps(x, low):
    """1 where x > 0 and `low` elsewhere, in x's dtype, without a branch: np.where is several times slower.

    (1 - low) + low is 1 exactly: half a unit in the last place of a number below 1 is lost when 1 is rounded to."""
    low = x.dtype.type(low)
    steps = (x > 0).astype(x.dtype)
    steps *= 1 - low
    steps += low
    return steps


defvjp(leaky_relu, lambda g, y, x, slope=0.2: g * _steps(raw(x), slope))


@primitive
def elu(x, alpha=1.0):
    """x for x > 0, alpha (exp(x) - 1) for x <= 0.  (Clevert et al. 2016.)"""
    return np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0))


def _elu(g, y, x, alpha=1.0):
    above = (raw(x) > 0).astype(x.dtype)
    return g * (above + (1 - above) * (y + alpha))


defvjp(elu, _elu)


def gelu(x: Any) -> Any:
    """x Phi(x) with the normal distribution function in its tanh approximation.  (Hendrycks & Gimpel 2016.)"""
    return 0.5 * x * (1 + np.tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)))  # sqrt(2 / pi)


@primitive
def silu(x):
    """x sigmoid(x), also called swish.  (Elfwing et al. 2018.)"""
    return times_sigmoid(x, x)


def _silu(g, y, x):
    s = sigmoid(x)
    slope = 1 - s  # s + y (1 - s); on arrays each step reuses the first's memory
    slope *= y
    slope += s
    slope *= g
    return slope


defvjp(silu, _silu)


class _Activation(Module):
    function: Callable

    def forward(self, x: Any) -> Any:
        return type(self).function(x)


class ReLU(_Activation):
    """max(x, 0)."""

    function = staticmethod(relu)


class ELU(Module):
    """x for x > 0, alpha (exp(x) - 1) for x <= 0."""

    def __init__(self, alpha: float = 1.0):
        self.alpha = float(alpha)

    def forward(self, x: Any) -> Any:
        return elu(x, alpha=self.alpha)

    def extra_repr(self) -> str:
        return f"{self.alpha:g}"


class LeakyReLU(Module):
    """max(x, slope x), for 0 <= slope <= 1."""

    def __init__(self, slope: float = 0.2):
        if not 0 <= slope <= 1:
            raise ValueError(f"slope must be between 0 and 1, got {slope}")
        self.slope = float(slope)

    def forward(self, x: Any) -> Any:
        return leaky_relu(x, slope=self.slope)

    def extra_repr(self) -> str:
        return f"{self.slope:g}"


class GELU(_Activation):
    """x Phi(x), by its tanh approximation."""

    function = staticmethod(gelu)


class SiLU(_Activation):
    """x sigmoid(x)."""

    function = staticmethod(silu)


class Softplus(_Activation):
    """log(1 + exp(x))."""

    function = staticmethod(softplus)


class Tanh(_Activation):
    """tanh(x)."""

    function = staticmethod(tanh)


class Sigmoid(_Activation):
    """1 / (1 + exp(-x))."""

    function = staticmethod(sigmoid)
