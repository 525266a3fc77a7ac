"""Networks of (x, t): a multilayer perceptron that is told the time at every layer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from minigen.nn import Embedding, FourierFeatures, LayerNorm, Linear, Module, silu, sinusoidal
from minigen.nn.init import zeros
from minigen.nn.layers import check_input, check_size

__all__ = ["TimeEmbedding", "TimeMLP"]


class TimeEmbedding(Module):
    """u (n,) in [0, 1] to (n, width): sines and cosines of u, then an affine map and an activation.

    kind "sinusoidal": geometric frequencies of 1000 u (Vaswani et al. 2017; Ho et al. 2020).  "fourier": random ones
    (Tancik et al. 2020; Song et al. 2021).  classes > 0: a learned vector of the label is added before the activation;
    label `classes`, the null label, stands for none."""

    def __init__(
        self, width: int, *, rng: np.random.Generator, kind: str = "sinusoidal", features: int = 64, classes: int = 0,
        scale: float = 16.0, activation: Callable = silu, dtype: Any = np.float32,
    ):  # fmt: skip
        if kind not in ("sinusoidal", "fourier"):
            raise ValueError(f'the time embedding is "sinusoidal" or "fourier", got {kind!r}')
        self.kind, self.features, self.classes = kind, features, classes
        self.fourier = FourierFeatures(1, features, rng=rng, scale=scale, dtype=dtype) if kind == "fourier" else None
        self.linear = Linear(features, width, rng=rng, dtype=dtype)
        self.label = Embedding(classes + 1, width, rng=rng, dtype=dtype) if classes else None
        self.activation = activation

    def forward(self, u: Any, labels: Any = None) -> Any:
        waves = sinusoidal(1000 * u, self.features) if self.fourier is None else self.fourier(u[:, None])
        e = self.linear(waves)
        if self.label is not None:
            e = e + self.label(np.full(len(u), self.classes) if labels is None else labels)
        elif labels is not None:
            raise ValueError("this network has no labels: build it with classes=...")
        return self.activation(e)

    def extra_repr(self) -> str:
        return f"{self.kind}, {self.features}" + (f", {self.classes} classes" if self.classes else "")


class TimeMLP(Module):
    """(x (n, dimension), u (n,), labels (n,) or None) to (n, dimension): an MLP with the time injected at each layer.

    With e the embedding of time and label, a hidden layer is

        injection "add":   h <- activation(W h + b + V e)
        injection "norm":  h <- activation((1 + scale) LayerNorm(W h + b) + shift),  (scale, shift) = V e

    (adaptive normalisation: Perez et al. 2018, Dhariwal & Nichol 2021).  The last layer starts at 0, so an untrained
    network guesses 0.  u: times as shares of the last one, in [0, 1], (n,) or (1,) for all points alike.  classes: of
    labels 0 .. classes - 1; label `classes`, or None, means no label.  point_features: the network also sees so many
    waves of x, cos and sin of 2 pi B x with fixed B ~ N(0, point_scale^2): without them it is slow to learn detail that
    is fine beside the whole, such as the 25 peaks of the grid (Tancik et al. 2020)."""

    def __init__(
        self, dimension: int, hidden: Sequence[int] = (128, 128, 128), *, rng: np.random.Generator,
        embedding: str = "sinusoidal", injection: str = "add", features: int = 64, classes: int = 0,
        point_features: int = 0, point_scale: float = 1.0, activation: Callable = silu, dtype: Any = np.float32,
    ):  # fmt: skip
        if injection not in ("add", "norm"):
            raise ValueError(f'injection is "add" or "norm", got {injection!r}')
        if not isinstance(hidden, Iterable):
            raise TypeError(f"hidden is {hidden!r}, expected the widths of the hidden layers, such as (64, 64)")
        if not hidden:
            raise ValueError("hidden is empty, expected the widths of at least one hidden layer")
        self.dimension, self.injection = check_size("dimension", dimension), injection
        self.classes, self.activation = classes, activation
        width = max(hidden)
        self.embedding = TimeEmbedding(
            width, rng=rng, kind=embedding, features=features, classes=classes, activation=activation, dtype=dtype
        )
        self.waves: FourierFeatures | None = None
        if point_features:
            self.waves = FourierFeatures(dimension, point_features, rng=rng, scale=point_scale, dtype=dtype)
        sizes = (dimension + point_features, *hidden)
        self.layers: list[Any] = [Linear(n, m, rng=rng, dtype=dtype) for n, m in pairwise(sizes)]
        parts = 2 if injection == "norm" else 1
        self.injections: list[Any] = [Linear(width, parts * m, rng=rng, dtype=dtype) for m in hidden]
        self.norms = [LayerNorm(m, dtype=dtype) for m in hidden] if injection == "norm" else []
        self.output = Linear(hidden[-1], dimension, rng=rng, init=zeros, dtype=dtype)

    def forward(self, x: Any, u: Any, labels: Any = None) -> Any:
        check_input(self, x, -1, self.dimension, self.output.weight)
        e = self.embedding(u, labels)
        h = x if self.waves is None else np.concatenate([x, self.waves(x)], axis=1)
        for i, (layer, inject) in enumerate(zip(self.layers, self.injections, strict=True)):
            if self.injection == "add":
                h = layer(h, bias=inject(e, bias=layer.bias + inject.bias))
            else:
                scale, shift = np.split(inject(e), 2, axis=1)
                h = (1 + scale) * self.norms[i](layer(h)) + shift
            h = self.activation(h)
        return self.output(h)

    def extra_repr(self) -> str:
        return f"{self.dimension} -> {self.dimension}, time by {self.injection}"
