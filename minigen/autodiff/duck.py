"""DuckArray: what makes an object with `.data` pass for a NumPy array.

NumPy hands every call on it over (NEP 13, NEP 18); operators and methods are the same calls in other clothes.
What to do with a call stands in `HANDLERS`; nothing here knows about gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any

import numpy as np

HANDLERS: dict[Callable, Callable] = {}  # NumPy function -> what to call when a DuckArray is among its arguments


def name_of(function: Callable) -> str:
    """How a user writes the function: np.linalg.inv, np.add, logsumexp."""
    name = getattr(function, "__name__", repr(function))
    module = getattr(function, "__module__", None) or ""
    if isinstance(function, np.ufunc):
        module = "numpy" if getattr(np, name, None) is function else ""
    return f"np{module[5:]}.{name}" if module in ("numpy", "numpy.linalg", "numpy.fft") else name


def dispatch(function: Callable, args: tuple, kwargs: dict) -> Any:
    """Call what stands for the NumPy function when Tensors are among its arguments."""
    handler = HANDLERS.get(function)
    if handler is None:
        raise TypeError(f"{name_of(function)} has no gradient rule: add one with defvjp, or use .data")
    return handler(*args, **kwargs)


def getitem(x, index):
    """x[index]: the function that indexing is recorded as."""
    return x[index]


def _binary(ufunc: np.ufunc) -> tuple[Callable, Callable]:
    """a ∘ b and the reflected b ∘ a."""
    return (lambda a, b: HANDLERS[ufunc](a, b)), (lambda a, b: HANDLERS[ufunc](b, a))


def _unary(ufunc: np.ufunc) -> Callable:
    return lambda a: HANDLERS[ufunc](a)


def _methods(*functions: Callable) -> Iterator[Any]:
    """The functions as methods: t.sum(axis=0) is np.sum(t, axis=0)."""
    return (lambda self, *args, _f=f, **kwargs: HANDLERS[_f](self, *args, **kwargs) for f in functions)


def _forward(name: str) -> Callable:
    return lambda self: getattr(self.data, name)()


def _in_place(symbol: str, ufunc: np.ufunc) -> Callable:
    def operator(self, other):
        if self.is_leaf and self.requires_grad:
            raise TypeError(
                f"`t {symbol}= v` on a leaf would make it a result and lose its gradient: "
                f"write `t.data {symbol}= v` to update it, or `new = t {symbol} v`"
            )
        return HANDLERS[ufunc](self, other)

    return operator


class DuckArray:
    """Operators, methods and NumPy's protocols for a class with `.data`, `.is_leaf` and `.requires_grad`."""

    __slots__ = ()
    __hash__ = object.__hash__
    data: Any
    requires_grad: bool
    is_leaf: Any

    __add__, __radd__ = _binary(np.add)
    __sub__, __rsub__ = _binary(np.subtract)
    __mul__, __rmul__ = _binary(np.multiply)
    __truediv__, __rtruediv__ = _binary(np.divide)
    __floordiv__, __rfloordiv__ = _binary(np.floor_divide)
    __matmul__, __rmatmul__ = _binary(np.matmul)
    __lt__, __gt__ = _binary(np.less)
    __le__, __ge__ = _binary(np.less_equal)
    __eq__, _ = _binary(np.equal)  # type: ignore[assignment]
    __ne__, _ = _binary(np.not_equal)  # type: ignore[assignment]
    __neg__, __pos__, __abs__ = _unary(np.negative), _unary(np.positive), _unary(np.absolute)
    __iadd__, __isub__ = _in_place("+", np.add), _in_place("-", np.subtract)
    __imul__, __itruediv__ = _in_place("*", np.multiply), _in_place("/", np.divide)
    __ipow__, __imatmul__ = _in_place("**", np.power), _in_place("@", np.matmul)

    def __pow__(self, exponent):
        square = isinstance(exponent, (int, float)) and exponent == 2
        return HANDLERS[np.square](self) if square else HANDLERS[np.power](self, exponent)

    def __rpow__(self, base):
        return HANDLERS[np.power](base, self)

    sum, mean, var, std = _methods(np.sum, np.mean, np.var, np.std)
    max, min, prod, cumsum = _methods(np.max, np.min, np.prod, np.cumsum)
    argmax, argmin, argsort, round = _methods(np.argmax, np.argmin, np.argsort, np.round)
    dot, ravel, squeeze, swapaxes = _methods(np.dot, np.ravel, np.squeeze, np.swapaxes)
    any, all, clip, take = _methods(np.any, np.all, np.clip, np.take)

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        if kwargs.get("out") is not None:
            raise TypeError(
                f"{name_of(ufunc)} cannot write into an array when a Tensor is involved (out=, or `array += tensor`): "
                "write `a = a + t`, or use t.data"
            )
        if method != "__call__":
            instead = "np.sum, np.prod, np.max or np.min" if method == "reduce" else "plain functions"
            raise TypeError(f"{name_of(ufunc)}.{method} has no gradient rule: use {instead}, or t.data")
        for k in kwargs:
            raise TypeError(f"{name_of(ufunc)} on a Tensor does not take {k}=; leave it out, or use .data")
        return dispatch(ufunc, inputs, kwargs)

    def __array_function__(self, function, types, args, kwargs):
        return dispatch(function, args, kwargs)

    def __array__(self, *args, **kwargs):
        raise TypeError(
            "a Tensor does not turn into an ndarray by itself, since its gradient would be lost: "
            "use t.data for the numbers, or np.stack([...]) to join Tensors"
        )

    def __setitem__(self, index, value):
        raise TypeError(
            "a Tensor cannot be written into: use np.where(mask, new, t) or np.concatenate, "
            "or t.data[...] = v for a leaf before it is used"
        )

    def __getitem__(self, index):
        return HANDLERS[getitem](self, index)

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self):
        return (self[i] for i in range(len(self.data)))

    def __format__(self, spec: str) -> str:
        return format(self.data.item(), spec) if spec else str(self)

    __bool__, __int__ = _forward("__bool__"), _forward("__int__")
    item, tolist = _forward("item"), _forward("tolist")
    shape, ndim, size, dtype = (property(attrgetter(f"data.{k}")) for k in ("shape", "ndim", "size", "dtype"))
    T = property(lambda self: np.transpose(self))

    def reshape(self, *shape) -> Any:
        """np.reshape; the shape as one tuple or as several numbers."""
        return np.reshape(self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes) -> Any:
        """np.transpose; the axes as one tuple or as several numbers."""
        return np.transpose(self, (axes[0] if len(axes) == 1 else axes) if axes else None)
