"""Layers: Linear, MLP, Sequential, normalisations, Dropout, Embedding."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from minigen.autodiff import affine, raw
from minigen.device import beside, device_of
from minigen.nn import init as initialisers
from minigen.nn.activations import relu
from minigen.nn.module import Module, Parameter

__all__ = ["MLP", "BatchNorm", "Dropout", "Embedding", "LayerNorm", "Linear", "Sequential"]


def check_input(layer: Module, x: Any, axis: int, size: int, own: Any) -> None:
    """ValueError or TypeError unless x has `size` features along axis, floats, if floats, of the dtype of `own`, a
    parameter or buffer of the layer, and lives on its device."""
    shape, name = getattr(x, "shape", None), type(layer).__name__
    if shape is None:
        raise TypeError(f"{name} takes an array or a Tensor, got {type(x).__name__}")
    if not shape or len(shape) <= axis or shape[axis] != size:
        raise ValueError(f"{name} got an input of shape {shape}: axis {axis} must have length {size}")
    if x.dtype != own.dtype and x.dtype.kind == "f":
        raise TypeError(f"{name} has {own.dtype} parameters but got {x.dtype}: convert one of them with .astype(...)")
    if type(raw(x)) is not type(raw(own)) and (here := device_of(own)) != (there := device_of(x)):
        raise TypeError(
            f'{name} lives on "{here}" but got an input on "{there}": move it, minigen.device.to(x, "{here}"), '
            f'or the model, model.to("{there}")'
        )


def check_size(name: str, value: Any) -> int:
    """value as a positive int; ValueError otherwise."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"{name} must be a positive integer, got {value!r}")
    return int(value)


class Linear(Module):
    """y = x W^T + b, for points x (..., in_features); weight (out_features, in_features), bias (out_features,).

    init(shape, rng) draws the weight.  By default weight and bias are U(-1/sqrt(in_features), 1/sqrt(in_features)), as
    in PyTorch; with an init the bias starts at zero.  Raises ValueError for points of another length, TypeError
    for floats of another dtype than the weight's."""

    def __init__(
        self, in_features: int, out_features: int, *, rng: np.random.Generator, bias: bool = True,
        init: Callable | None = None, dtype: Any = np.float64,
    ):  # fmt: skip
        self.in_features = check_size("in_features", in_features)
        self.out_features = check_size("out_features", out_features)
        shape = (self.out_features, self.in_features)
        draw = initialisers.fan_in_uniform if init is None else init
        weight = draw(shape, initialisers.check_rng(rng))
        if weight.shape != shape:
            raise ValueError(f"init gave a weight of shape {weight.shape}, not {shape}")
        self.weight = Parameter(weight.astype(dtype))
        self.bias: Parameter | None = None
        if bias:
            start = draw(shape, rng)[:, 0] if init is None else np.zeros(out_features)
            self.bias = Parameter(start.astype(dtype))

    def forward(self, x: Any, bias: Any = None) -> Any:
        """bias: in place of the layer's own, if given; (out_features,), or a row for each point."""
        check_input(self, x, -1, self.in_features, self.weight)
        bias = self.bias if bias is None else bias
        points = x if x.ndim == 2 else np.reshape(x, (-1, self.in_features))
        y = points @ np.transpose(self.weight) if bias is None else affine(points, self.weight, bias)
        return y if x.ndim == 2 else np.reshape(y, (*x.shape[:-1], self.out_features))

    def extra_repr(self) -> str:
        return f"{self.in_features} -> {self.out_features}" + ("" if self.bias is not None else ", no bias")


def _check_callable(what: str, f: Any) -> Any:
    if isinstance(f, type) or not callable(f):
        hint = f": write {f.__name__}()" if isinstance(f, type) else ""
        raise TypeError(f"{what} must be a function of arrays, nn.relu or nn.LeakyReLU(0.2) say, got {f!r}{hint}")
    return f


def _label(f: Any) -> str:
    return f"{type(f).__name__}({f.extra_repr()})" if isinstance(f, Module) else getattr(f, "__name__", repr(f))


class Sequential(Module):
    """The composition of its layers, first one first; plain functions (np.tanh) may be among them."""

    def __init__(self, *layers: Callable):
        self.layers = [_check_callable("a layer", layer) for layer in layers]

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x

    def __getitem__(self, i: int) -> Callable:
        return self.layers[i]

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Callable]:
        return iter(self.layers)

    def extra_repr(self) -> str:
        functions = [_label(f) for f in self.layers if not isinstance(f, Module)]
        return f"with {', '.join(functions)}" if functions else ""


class MLP(Module):
    """A multilayer perceptron: affine maps of the given sizes, with an activation between them.

    sizes: (2, 128, 128, 1), say.  activation: a function or Module, applied after every layer but the last;
    output_activation: one for the last.  init: see Linear.  `.layers` are the Linear layers."""

    def __init__(
        self, sizes: Sequence[int], activation: Callable = relu, *, rng: np.random.Generator,
        output_activation: Callable | None = None, init: Callable | None = None, dtype: Any = np.float64,
    ):  # fmt: skip
        if len(sizes) < 2:
            raise ValueError(f"an MLP needs at least the sizes of its input and its output, got {sizes!r}")
        self.sizes = tuple(sizes)
        self.layers: list[Any] = [Linear(n, m, rng=rng, init=init, dtype=dtype) for n, m in pairwise(sizes)]
        self.activation = _check_callable("activation", activation)
        if output_activation is not None:
            _check_callable("output_activation", output_activation)
        self.output_activation = output_activation

    def forward(self, x: Any) -> Any:
        for layer in self.layers[:-1]:
            x = self.activation(layer(x))
        x = self.layers[-1](x)
        return x if self.output_activation is None else self.output_activation(x)

    def extra_repr(self) -> str:
        last = "" if self.output_activation is None else f", then {_label(self.output_activation)}"
        return f"{' -> '.join(map(str, self.sizes))}, {_label(self.activation)}{last}"


class LayerNorm(Module):
    """(x - mean) / sqrt(var + eps) * weight + bias, over the last axis of each point.  (Ba et al. 2016.)"""

    def __init__(self, features: int, *, eps: float = 1e-5, dtype: Any = np.float64):
        self.features, self.eps = check_size("features", features), float(eps)
        self.weight = Parameter(np.ones(features, dtype))
        self.bias = Parameter(np.zeros(features, dtype))

    def forward(self, x: Any) -> Any:
        check_input(self, x, -1, self.features, self.weight)
        centred = x - np.mean(x, axis=-1, keepdims=True)
        variance = np.mean(np.square(centred), axis=-1, keepdims=True)
        return centred / np.sqrt(variance + self.eps) * self.weight + self.bias

    def extra_repr(self) -> str:
        return str(self.features)


class BatchNorm(Module):
    """(x - mean) / sqrt(var + eps) * weight + bias for each feature of (n, features) or (n, features, height, width).

    In training, mean and variance are those of the batch, and the running ones, which are used in eval(), follow:

        running <- (1 - momentum) running + momentum batch

    with the unbiased variance, as in PyTorch.  (Ioffe & Szegedy 2015, algorithms 1 and 2.)  Raises ValueError for a
    training batch with one value per feature, which has no variance."""

    def __init__(self, features: int, *, eps: float = 1e-5, momentum: float = 0.1, dtype: Any = np.float64):
        if not 0 <= momentum <= 1:
            raise ValueError(f"momentum must be between 0 and 1, got {momentum}")
        self.features, self.eps, self.momentum = check_size("features", features), float(eps), float(momentum)
        self.weight = Parameter(np.ones(features, dtype))
        self.bias = Parameter(np.zeros(features, dtype))
        self.running_mean = np.zeros(features, dtype)
        self.running_var = np.ones(features, dtype)

    def forward(self, x: Any) -> Any:
        check_input(self, x, 1, self.features, self.weight)
        axes = (0, *range(2, x.ndim))
        shape = (1, self.features, *[1] * (x.ndim - 2))
        if self.training:
            count = x.size // self.features
            if count < 2:
                raise ValueError(
                    "BatchNorm in training needs more than one value per feature: use a larger batch, or eval()"
                )
            mean = np.mean(x, axis=axes, keepdims=True)
            centred = x - mean
            variance = np.mean(np.square(centred), axis=axes, keepdims=True)
            self._follow(raw(mean), raw(variance) * (count / (count - 1)))
        else:
            centred, variance = x - self.running_mean.reshape(shape), self.running_var.reshape(shape)
        return centred / np.sqrt(variance + self.eps) * self.weight.reshape(shape) + self.bias.reshape(shape)

    def _follow(self, mean: Any, variance: Any) -> None:
        """New arrays, not changed ones: a forward pass in eval() before may still need the old."""
        old, new = 1 - self.momentum, self.momentum
        self.running_mean = old * self.running_mean + new * mean.reshape(-1)
        self.running_var = old * self.running_var + new * variance.reshape(-1)

    def extra_repr(self) -> str:
        return str(self.features)


class Dropout(Module):
    """In training, each number is set to 0 with probability p and divided by 1 - p otherwise; in eval(), nothing.

    The mean is the same in both.  rng is the caller's: save it with the rest for runs that resume.
    (Srivastava et al. 2014.)"""

    def __init__(self, p: float = 0.5, *, rng: np.random.Generator):
        if not 0 <= p < 1:
            raise ValueError(f"p is the probability of dropping, 0 <= p < 1, got {p}")
        self.p, self.rng = float(p), initialisers.check_rng(rng)

    def forward(self, x: Any) -> Any:
        if not self.training or self.p == 0:
            return x
        kept = np.asarray(self.rng.random(x.shape) >= self.p) / (1 - self.p)
        return x * beside(kept.astype(x.dtype), x)

    def extra_repr(self) -> str:
        return f"{self.p:g}"


class Embedding(Module):
    """A learned vector for each of `count` things: integers of any shape (...) to (..., features).

    Starts from N(0, 1).  Raises TypeError for what is not integer, ValueError for numbers outside 0..count-1."""

    def __init__(self, count: int, features: int, *, rng: np.random.Generator, dtype: Any = np.float64):
        self.count, self.features = check_size("count", count), check_size("features", features)
        self.weight = Parameter(initialisers.normal((count, features), rng, std=1.0, dtype=dtype))

    def forward(self, index: Any) -> Any:
        index = raw(index)
        index = index if hasattr(index, "__array_function__") else np.asarray(index)
        if index.dtype.kind not in "iu":
            raise TypeError(f"an Embedding is indexed by integers, got {index.dtype}")
        if index.size and not (index.min() >= 0 and index.max() < self.count):
            raise ValueError(f"indices must be from 0 to {self.count - 1}, got {index.min()} to {index.max()}")
        return self.weight[beside(index, self.weight)]

    def extra_repr(self) -> str:
        return f"{self.count} things -> {self.features}"
