"""Embeddings of a real number, a time or a noise level, or of points, by sines and cosines."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigen.device import beside
from minigen.nn.init import check_rng
from minigen.nn.layers import check_input, check_size
from minigen.nn.module import Module

__all__ = ["FourierFeatures", "SinusoidalEmbedding", "sinusoidal"]


def sinusoidal(t: Any, features: int, max_period: float = 10000.0) -> Any:
    """(..., features) from t (...): sin(w_i t) for all i, then cos(w_i t), with w_i = max_period^(-2 i / features).

    (Vaswani et al., Attention is all you need, 2017, section 3.5, there with sines and cosines interleaved.)"""
    if check_size("features", features) % 2:
        raise ValueError(f"half of the features are sines and half cosines: features must be even, got {features}")
    frequencies = max_period ** (-np.arange(features // 2) / (features / 2))
    t = t if hasattr(t, "__array_function__") else np.asarray(t)
    if t.dtype.kind == "f":
        frequencies = frequencies.astype(t.dtype)
    angles = np.expand_dims(t, -1) * beside(frequencies, t)
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=-1)


class SinusoidalEmbedding(Module):
    """t (...) to (..., features): sines and cosines of geometrically spaced frequencies; see `sinusoidal`."""

    def __init__(self, features: int, *, max_period: float = 10000.0):
        self.features, self.max_period = check_size("features", features), float(max_period)
        if features % 2:
            raise ValueError(f"half of the features are sines and half cosines: features must be even, got {features}")

    def forward(self, t: Any) -> Any:
        return sinusoidal(t, self.features, self.max_period)

    def extra_repr(self) -> str:
        return f"{self.features}"


class FourierFeatures(Module):
    """x (..., dimension) to (..., features): cos(2 pi B x), sin(2 pi B x) with fixed B, entries from N(0, scale^2).

    B is a buffer, (features / 2, dimension): saved, but not trained.  (Rahimi & Recht 2007; Tancik et al. 2020.)"""

    def __init__(
        self, dimension: int, features: int, *, rng: np.random.Generator, scale: float = 1.0, dtype: Any = np.float64
    ):
        self.dimension, self.features = check_size("dimension", dimension), check_size("features", features)
        if features % 2:
            raise ValueError(f"half of the features are sines and half cosines: features must be even, got {features}")
        self.frequencies = (scale * check_rng(rng).standard_normal((features // 2, dimension))).astype(dtype)

    def forward(self, x: Any) -> Any:
        check_input(self, x, -1, self.dimension, self.frequencies)
        angles = x @ (2 * math.pi * self.frequencies.T)
        return np.concatenate([np.cos(angles), np.sin(angles)], axis=-1)

    def extra_repr(self) -> str:
        return f"{self.dimension} -> {self.features}"
