"""Spectral normalisation: a layer's weight divided by its largest singular value, found by power iteration."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from minigen.autodiff import raw
from minigen.device import namespace
from minigen.nn.conv import ConvTranspose2d
from minigen.nn.init import check_rng
from minigen.nn.layers import check_size
from minigen.nn.module import Module, Parameter

__all__ = ["SpectralNorm", "power_iteration", "spectral_norm"]


def power_iteration(weight: Any, u: Any, steps: int = 1) -> tuple[Any, Any, Any]:
    """(sigma, u, v) after `steps` rounds of v <- W^T u / |W^T u|, u <- W v / |W v|, with sigma = u^T W v.

    weight: (m, n).  u: (m,), any start that is not orthogonal to the leading singular vector.  sigma never exceeds the
    largest singular value and tends to it, the faster the smaller the ratio of the second to the first.  A W of zeros
    gives sigma = 0, v = 0 and u as it was, ready for a W that is not.  The u given is not changed in place.
    TypeError for lists; ValueError for what is not finite, a u of zeros, or steps that are no whole number >= 1.
    (Miyato et al. 2018, algorithm 1; claims C62, C64.)"""
    for name, array in (("W", weight), ("u", u)):
        if not hasattr(array, "ndim"):
            raise TypeError(f"power_iteration takes arrays, but {name} is a {type(array).__name__}: use np.asarray")
    if weight.ndim != 2 or u.shape != weight.shape[:1]:
        raise ValueError(f"power_iteration takes W (m, n) and u (m,), got shapes {weight.shape} and {u.shape}")
    check_size("steps", steps)
    for name, array in (("W", weight), ("u", u)):
        if not np.isfinite(raw(array)).all():
            raise ValueError(f"{name} has entries that are not finite")
    if not raw(u).any():
        raise ValueError("u is zero, which has no direction: draw it at random, rng.standard_normal(m)")
    return _rounds(weight, u, steps)


def _rounds(weight: Any, u: Any, steps: int) -> tuple[Any, Any, Any]:
    """power_iteration unchecked: in a layer a weight that is not finite is for the loss to report."""
    v = u  # replaced below
    for _ in range(steps):
        v = _unit(weight.T @ u)
        u = _unit(weight @ v, otherwise=u)
    return u @ (weight @ v), u, v


def _unit(vector: Any, otherwise: Any = None) -> Any:
    """vector / |vector|; a vector of zeros, which has no direction, gives `otherwise`, or itself."""
    length = np.linalg.norm(vector)
    if length > 0:
        return vector / length
    return vector if otherwise is None else otherwise


class SpectralNorm(Module):
    """A layer that computes with bound W / sigma(W) in place of its weight W; its bias is left alone.

    sigma is the largest singular value (not eigenvalue) of W as a matrix, output features by all the rest; for a
    convolution that is the customary stand-in for its norm as a map of images, not that norm itself.  Each forward
    pass in training makes `steps` rounds of power iteration on two vectors that persist (buffers `u` and `v`, saved
    with the rest); eval() leaves them alone.  The gradient goes through sigma = u^T W v, with u and v held fixed:
    d sigma / dW = u v^T.

    layer: any module with a Parameter `weight` of two or more axes.  warm_up: rounds made at once, for a good start.
    (Miyato et al. 2018, section 2.1, eq. 12.)"""

    def __init__(
        self, layer: Module, *, rng: np.random.Generator, bound: float = 1.0, steps: int = 1, warm_up: int = 15
    ):
        weight = getattr(layer, "weight", None)
        if isinstance(layer, SpectralNorm):
            raise TypeError("this layer is spectrally normalised already")
        if not isinstance(weight, Parameter) or weight.ndim < 2:
            raise TypeError(f"SpectralNorm needs a layer with a weight matrix, which {type(layer).__name__} has not")
        if not 0 < bound < np.inf:
            raise ValueError(f"bound is {bound!r}, expected the largest singular value to allow, a number above 0")
        self.layer: Any = layer
        self.training = layer.training
        self.bound, self.steps = float(bound), check_size("steps", steps)
        matrix = raw(self._matrix(weight))
        self.u = namespace(matrix).asarray(_unit(check_rng(rng).standard_normal(len(matrix)))).astype(matrix.dtype)
        _, self.u, self.v = _rounds(matrix, self.u, max(warm_up, 1))

    def _matrix(self, weight: Any) -> Any:
        """W with the output features as its rows."""
        if isinstance(self.layer, ConvTranspose2d):
            weight = np.swapaxes(weight, 0, 1)
        return np.reshape(weight, (len(weight), -1))

    @property
    def sigma(self) -> Any:
        """u^T W v, the present estimate of the largest singular value: a Tensor, differentiable in W."""
        return np.sum(self.u * (self._matrix(self.layer.weight) @ self.v))

    @property
    def weight(self) -> Any:
        """The weight that the layer computes with, bound W / sigma: a Tensor of W's shape.  A W of zeros stays zero."""
        sigma = self.sigma
        return self.layer.weight * (self.bound / sigma) if raw(sigma) > 0 else self.layer.weight

    def forward(self, x: Any) -> Any:
        if self.training:
            # New vectors, not changed ones: a backward pass that is still to come may need the old.
            _, self.u, self.v = _rounds(raw(self._matrix(self.layer.weight)), self.u, self.steps)
        with _weight(self.layer, self.weight):
            return self.layer(x)

    def extra_repr(self) -> str:
        return "" if self.bound == 1 else f"bound {self.bound:g}"


@contextmanager
def _weight(layer: Any, value: Any) -> Iterator[None]:
    """Inside the block the layer computes with another weight than its own."""
    own = layer.weight
    layer.weight = value
    try:
        yield
    finally:
        layer.weight = own


def spectral_norm(module: Module, *, rng: np.random.Generator, bound: float = 1.0) -> Module:
    """Wrap every layer with a weight matrix, in the module and in all its parts, in SpectralNorm.

    Changes the module in place and returns it; a layer by itself is returned wrapped.  Make optimisers afterwards or
    before, as you like: the Parameters stay the same.  ValueError if there is nothing to normalise, or if a part is
    normalised already; the module is unchanged then."""
    if any(isinstance(part, SpectralNorm) for _, part in module.named_modules()):
        raise ValueError(f"a part of this {type(module).__name__} is spectrally normalised already")
    wrapped: dict[int, Module] = {}

    def normalised(part: Any) -> Any:
        if isinstance(part, Module):
            if id(part) not in wrapped:
                weight = getattr(part, "weight", None)
                matrix = isinstance(weight, Parameter) and weight.ndim >= 2
                wrapped[id(part)] = SpectralNorm(part, rng=rng, bound=bound) if matrix else part
                for name, value in list(vars(part).items()):
                    setattr(part, name, normalised(value))
            return wrapped[id(part)]
        if isinstance(part, (list, tuple)):
            return getattr(part, "_make", type(part))([normalised(value) for value in part])  # a namedtuple's way too
        if isinstance(part, dict):
            return {name: normalised(value) for name, value in part.items()}
        return part

    result = normalised(module)
    if not any(isinstance(part, SpectralNorm) for part in wrapped.values()):
        raise ValueError(f"{type(module).__name__} has no layer with a weight matrix to normalise")
    return result
