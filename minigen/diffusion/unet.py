"""A small U-Net for signals: residual blocks at each resolution, skip connections, self-attention at the lowest.

Signals are (n, length, channels) inside: the channels of a place are a point, to which Linear and LayerNorm apply.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from minigen.autodiff import softmax
from minigen.diffusion.networks import TimeEmbedding
from minigen.nn import LayerNorm, Linear, Module, Parameter, silu
from minigen.nn.init import zeros
from minigen.nn.layers import check_input, check_size

__all__ = ["Conv1d", "ResidualBlock", "SelfAttention", "UNet", "attention", "merged", "split_up"]


def attention(query: Any, key: Any, value: Any) -> Any:
    """softmax(q k^T / sqrt(d)) v, over the last two axes: (..., m, d), (..., n, d), (..., n, c) -> (..., m, c).

    Each answer is a mean of the values, weighted by how well their keys fit the query (Vaswani et al. 2017, eq. 1)."""
    weights = softmax(query @ np.swapaxes(key, -1, -2) / math.sqrt(key.shape[-1]))
    return weights @ value


def merged(x: Any) -> Any:
    """Half as many places with twice the channels: (n, length, c) -> (n, length / 2, 2 c).  Undone by `split_up`."""
    n, length, c = x.shape
    return np.reshape(x, (n, length // 2, 2 * c))


def split_up(x: Any) -> Any:
    """Twice as many places with half the channels: (n, length, 2 c) -> (n, 2 length, c)."""
    n, length, c = x.shape
    return np.reshape(x, (n, 2 * length, c // 2))


class Conv1d(Module):
    """y_i = W_-1 x_{i-1} + W_0 x_i + W_1 x_{i+1} + b with zeros beyond the ends: (n, length, c) -> (n, length, o).

    One Linear of each place and its two neighbours, side by side."""

    def __init__(self, channels: int, out_channels: int, *, rng: np.random.Generator, init: Any = None, dtype: Any):
        self.linear = Linear(3 * channels, out_channels, rng=rng, init=init, dtype=dtype)

    def forward(self, x: Any) -> Any:
        padded = np.pad(x, ((0, 0), (1, 1), (0, 0)))
        return self.linear(np.concatenate([padded[:, :-2], x, padded[:, 2:]], axis=2))


class ResidualBlock(Module):
    """x + Conv(silu((1 + scale) Norm(Conv(silu(Norm(x)))) + shift)),  (scale, shift) = V e, with e of time and label.

    x passes through a Linear if the channels change.  The last convolution starts at 0, so that the block does nothing
    at first.  (He et al. 2016; Dhariwal & Nichol 2021, with the norm over the channels of a place.)"""

    def __init__(self, channels: int, out_channels: int, embedding: int, *, rng: np.random.Generator, dtype: Any):
        self.first_norm = LayerNorm(channels, dtype=dtype)
        self.first = Conv1d(channels, out_channels, rng=rng, dtype=dtype)
        self.inject = Linear(embedding, 2 * out_channels, rng=rng, dtype=dtype)
        self.second_norm = LayerNorm(out_channels, dtype=dtype)
        self.second = Conv1d(out_channels, out_channels, rng=rng, init=zeros, dtype=dtype)
        self.skip = None if channels == out_channels else Linear(channels, out_channels, rng=rng, dtype=dtype)

    def forward(self, x: Any, e: Any) -> Any:
        h = self.first(silu(self.first_norm(x)))
        scale, shift = np.split(np.expand_dims(self.inject(e), 1), 2, axis=2)
        h = self.second(silu((1 + scale) * self.second_norm(h) + shift))
        return h + (x if self.skip is None else self.skip(x))


class SelfAttention(Module):
    """x + W attention(q, k, v), where q, k, v are linear in Norm(x), in `heads` parts of the channels.

    It knows no places: permuted places give the permuted result.  W starts at 0.  (Vaswani et al. 2017.)"""

    def __init__(self, channels: int, heads: int = 1, *, rng: np.random.Generator, dtype: Any):
        if channels % check_size("heads", heads):
            raise ValueError(f"{heads} heads cannot share {channels} channels equally")
        self.heads = heads
        self.norm = LayerNorm(channels, dtype=dtype)
        self.query_key_value = Linear(channels, 3 * channels, rng=rng, dtype=dtype)
        self.output = Linear(channels, channels, rng=rng, init=zeros, dtype=dtype)

    def forward(self, x: Any) -> Any:
        n, length, c = x.shape
        parts = np.reshape(self.query_key_value(self.norm(x)), (n, length, 3, self.heads, c // self.heads))
        query, key, value = np.transpose(parts, (2, 0, 3, 1, 4))  # each (n, heads, length, c / heads)
        answers = np.swapaxes(attention(query, key, value), 1, 2)
        return x + self.output(np.reshape(answers, (n, length, c)))

    def extra_repr(self) -> str:
        return f"{self.heads} head{'s' * (self.heads != 1)}"


class UNet(Module):
    """(x (n, length, channels) or (n, length * channels), u, labels) to the same shape, as TimeMLP takes them.

    widths: channels at full resolution, at half of it, at a quarter ...: so `length` must be divisible by
    2 ** (len(widths) - 1).  On the way down the result of each resolution is kept; on the way up it is joined to what
    comes from below, so that no detail is lost.  The last layer starts at 0: an untrained network guesses 0.
    (Ronneberger et al. 2015; Ho et al. 2020, appendix B.)"""

    def __init__(
        self, length: int, channels: int = 1, widths: Sequence[int] = (64, 128), *, rng: np.random.Generator,
        heads: int = 1, embedding: str = "sinusoidal", features: int = 64, classes: int = 0, dtype: Any = np.float32,
    ):  # fmt: skip
        self.length, self.channels = check_size("length", length), check_size("channels", channels)
        if not isinstance(widths, Iterable):
            raise TypeError(f"widths is {widths!r}, expected the channels at each resolution, such as (64, 128)")
        if not widths:
            raise ValueError("widths is empty, expected the channels at one resolution or more")
        if length % (coarsest := 2 ** (len(widths) - 1)):
            raise ValueError(
                f"a signal of length {length} cannot be halved {len(widths) - 1} times: take fewer widths, "
                f"or a length divisible by {coarsest}"
            )
        self.widths, self.classes = tuple(widths), classes
        e = 2 * max(widths)
        self.embedding = TimeEmbedding(e, rng=rng, kind=embedding, features=features, classes=classes, dtype=dtype)
        self.input = Linear(channels, widths[0], rng=rng, dtype=dtype)
        self.places = Parameter(zeros((length, widths[0]), rng).astype(dtype))  # a convolution alone knows only ends
        self.down = [ResidualBlock(w, w, e, rng=rng, dtype=dtype) for w in widths]
        self.shrink = [Linear(2 * w, v, rng=rng, dtype=dtype) for w, v in pairwise(widths)]
        self.attention = SelfAttention(widths[-1], heads, rng=rng, dtype=dtype)
        self.grow = [Linear(v, 2 * w, rng=rng, dtype=dtype) for w, v in pairwise(widths)]
        self.up = [ResidualBlock(2 * w, w, e, rng=rng, dtype=dtype) for w in widths]
        self.norm = LayerNorm(widths[0], dtype=dtype)
        self.output = Linear(widths[0], channels, rng=rng, init=zeros, dtype=dtype)

    def forward(self, x: Any, u: Any, labels: Any = None) -> Any:
        flat = x.ndim == 2
        if flat:
            check_input(self, x, 1, self.length * self.channels, self.output.weight)
        signal = np.reshape(x, (len(x), self.length, self.channels)) if flat else x
        check_input(self, signal, 1, self.length, self.output.weight)
        e = self.embedding(u, labels)
        h = self.input(signal) + self.places
        kept = []
        for i, block in enumerate(self.down):
            h = block(h, e)
            kept.append(h)
            if i < len(self.shrink):
                h = self.shrink[i](merged(h))
        h = self.attention(h)
        for i in reversed(range(len(self.up))):
            h = self.up[i](np.concatenate([h, kept[i]], axis=2), e)
            if i:
                h = split_up(self.grow[i - 1](h))
        y = self.output(silu(self.norm(h)))
        return np.reshape(y, x.shape) if flat else y

    def extra_repr(self) -> str:
        return f"{self.length} places x {self.channels}, widths {' '.join(map(str, self.widths))}"
