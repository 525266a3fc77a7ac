"""Convolution in the plane and its adjoints.

The form  T(x, w, y) = sum over images, channels and places of  x[s i + a - p, s j + b - p] w[a, b] y[i, j]
is linear in the image x, the kernel w and the result y, and has a gradient in each:

    in y: convolution            C(x, w),  what a convolutional layer computes
    in x: transposed convolution X(y, w),  the adjoint of C in x, what an upsampling layer computes
    in w: correlation of both    W(x, y),  the adjoint of C in w

Each is bilinear, and its rules are the other two, so gradients of every order come out of these three functions.
Images are (n, channels, height, width); the stride s and the padding p with zeros hold for both directions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigen.autodiff import defvjp, primitive
from minigen.nn.init import check_rng, fan_in_uniform
from minigen.nn.layers import check_input, check_size
from minigen.nn.module import Module, Parameter

__all__ = ["Conv2d", "ConvTranspose2d", "conv2d", "conv_transpose2d"]


def _windows(x, kernel, stride, padding):
    """Views of the padded image through every position of the kernel: (n, c, places, places, a, b)."""
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding))) if padding else x
    return np.lib.stride_tricks.sliding_window_view(x, kernel, axis=(2, 3))[:, :, ::stride, ::stride]


@primitive
def _convolve(x, w, stride, padding):
    """C(x, w): x (n, c, h, w), w (o, c, a, b) -> (n, o, places, places)."""
    y = np.tensordot(_windows(x, w.shape[2:], stride, padding), w, ((1, 4, 5), (1, 2, 3)))
    return np.transpose(y, (0, 3, 1, 2))


@primitive
def _spread(y, w, size, stride, padding):
    """X(y, w): y (n, o, places, places), w (o, c, a, b) -> (n, c, *size); each y adds a kernel to the image."""
    height, width = y.shape[2:]
    x = np.zeros_like(y, shape=(len(y), w.shape[1], size[0] + 2 * padding, size[1] + 2 * padding))
    pieces = np.tensordot(w, y, ((0,), (1,)))  # (c, a, b, n, places, places)
    for a in range(w.shape[2]):
        for b in range(w.shape[3]):
            place = x[:, :, a : a + stride * height : stride, b : b + stride * width : stride]
            place += np.swapaxes(pieces[:, a, b], 0, 1)
    return x[:, :, padding : padding + size[0], padding : padding + size[1]]


@primitive
def _correlate(x, y, kernel, stride, padding):
    """W(x, y): x (n, c, h, w), y (n, o, places, places) -> (o, c, *kernel)."""
    return np.tensordot(y, _windows(x, kernel, stride, padding), ((0, 2, 3), (0, 2, 3)))


defvjp(
    _convolve,
    lambda g, y, x, w, stride, padding: _spread(g, w, x.shape[2:], stride=stride, padding=padding),
    lambda g, y, x, w, stride, padding: _correlate(x, g, w.shape[2:], stride=stride, padding=padding),
)
defvjp(
    _spread,
    lambda g, x, y, w, size, stride, padding: _convolve(g, w, stride=stride, padding=padding),
    lambda g, x, y, w, size, stride, padding: _correlate(g, y, w.shape[2:], stride=stride, padding=padding),
)
defvjp(
    _correlate,
    lambda g, w, x, y, kernel, stride, padding: _spread(y, g, x.shape[2:], stride=stride, padding=padding),
    lambda g, w, x, y, kernel, stride, padding: _convolve(x, g, stride=stride, padding=padding),
)


def _check(name: str, x: Any, w: Any, channels: int, stride: int, padding: int) -> None:
    check_size("stride", stride)
    if isinstance(padding, bool) or not isinstance(padding, (int, np.integer)) or padding < 0:
        raise ValueError(f"padding must be an integer >= 0, got {padding!r}")
    if np.ndim(x) != 4 or np.ndim(w) != 4 or x.shape[1] != w.shape[channels]:
        raise ValueError(
            f"{name} takes images (n, channels, height, width) and a weight with the same number of channels on axis "
            f"{channels}, got {np.shape(x)} and {np.shape(w)}"
        )


def conv2d(x: Any, weight: Any, bias: Any = None, stride: int = 1, padding: int = 0) -> Any:
    """y[i, j] = sum_{a, b} weight[a, b] x[s i + a - p, s j + b - p] + bias: the correlation that networks call so.

    x: (n, c, h, w).  weight: (o, c, a, b).  bias: (o,).  Returns (n, o, (h + 2 p - a) // s + 1, ...).
    Raises ValueError for other shapes and for kernels larger than the padded image.  (Claim C22.)"""
    _check("conv2d", x, weight, 1, stride, padding)
    if any(n + 2 * padding < k for n, k in zip(x.shape[2:], weight.shape[2:], strict=True)):
        raise ValueError(f"a kernel {weight.shape[2:]} does not fit an image {x.shape[2:]} with padding {padding}")
    y = _convolve(x, weight, stride=stride, padding=padding)
    return y if bias is None else y + np.reshape(bias, (-1, 1, 1))


def conv_transpose2d(
    x: Any, weight: Any, bias: Any = None, stride: int = 1, padding: int = 0, output_padding: int = 0
) -> Any:
    """The adjoint of conv2d in its image: <conv2d(u, w), x> = <u, conv_transpose2d(x, w)>.  It is not its inverse.

    x: (n, o, h, w).  weight: (o, c, a, b), as in conv2d.  bias: (c,).  Returns (n, c, (h - 1) s - 2 p + a + q, ...)
    with q = output_padding < s, which says from which of the s sizes that conv2d maps to h one comes back.
    (Zeiler et al. 2010; Dumoulin & Visin 2016, section 4.)"""
    _check("conv_transpose2d", x, weight, 0, stride, padding)
    if not 0 <= output_padding < stride:
        raise ValueError(f"output_padding must be from 0 to stride - 1 = {stride - 1}, got {output_padding}")
    pairs = zip(x.shape[2:], weight.shape[2:], strict=True)
    size = tuple((n - 1) * stride - 2 * padding + k + output_padding for n, k in pairs)
    if min(size) < 1:
        raise ValueError(f"images {x.shape[2:]} and a kernel {weight.shape[2:]} with padding {padding} leave nothing")
    y = _spread(x, weight, size=size, stride=stride, padding=padding)
    return y if bias is None else y + np.reshape(bias, (-1, 1, 1))


class Conv2d(Module):
    """conv2d with a weight (out_channels, in_channels, kernel, kernel) and a bias; init as in Linear."""

    def __init__(
        self, in_channels: int, out_channels: int, kernel: int, *, rng: np.random.Generator, stride: int = 1,
        padding: int = 0, bias: bool = True, init: Callable | None = None, dtype: Any = np.float64,
    ):  # fmt: skip
        self.in_channels, self.out_channels = (
            check_size("in_channels", in_channels),
            check_size("out_channels", out_channels),
        )
        self.kernel, self.stride, self.padding = check_size("kernel", kernel), check_size("stride", stride), padding
        self.weight = Parameter(self._draw(self._shape(), rng, init).astype(dtype))
        self.bias = Parameter(self._start(rng, init).astype(dtype)) if bias else None

    def _shape(self) -> tuple[int, ...]:
        return self.out_channels, self.in_channels, self.kernel, self.kernel

    def _draw(self, shape: tuple[int, ...], rng: np.random.Generator, init: Callable | None) -> np.ndarray:
        return (fan_in_uniform if init is None else init)(shape, check_rng(rng))

    def _start(self, rng: np.random.Generator, init: Callable | None) -> np.ndarray:
        if init is not None:
            return np.zeros(self.out_channels)
        bound = 1 / np.sqrt(np.prod(self._shape()[1:]))
        return rng.uniform(-bound, bound, self.out_channels)

    def forward(self, x: Any) -> Any:
        check_input(self, x, 1, self.in_channels, self.weight)
        return conv2d(x, self.weight, self.bias, self.stride, self.padding)

    def extra_repr(self) -> str:
        size = f"{self.in_channels} -> {self.out_channels}, {self.kernel}x{self.kernel}"
        return f"{size}, stride {self.stride}, padding {self.padding}"


class ConvTranspose2d(Conv2d):
    """conv_transpose2d with a weight (in_channels, out_channels, kernel, kernel) and a bias; init as in Linear."""

    def _shape(self) -> tuple[int, ...]:
        return self.in_channels, self.out_channels, self.kernel, self.kernel

    def forward(self, x: Any) -> Any:
        check_input(self, x, 1, self.in_channels, self.weight)
        return conv_transpose2d(x, self.weight, self.bias, self.stride, self.padding)
