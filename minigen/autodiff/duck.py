"""DuckArray: what makes an object with `.data` pass for a NumPy array.

NumPy hands every call on it over (NEP 13, NEP 18); operators and methods are the same calls in other clothes.
What to do with a call stands in `HANDLERS`; nothing here knows about gradients.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

HANDLERS: dict[
    Callable, Callable
] = {}  # NumPy function -> what to call when a DuckArray is among its arguments


def name_of(function: Callable) -> str:
    """How a user writes the function: np.linalg.inv, np.add, logsumexp."""
    name = getattr(function, "__name__", repr(function))
    if isinstance(function, np.ufunc):
        return f"np.{name}"
    module = getattr(function, "__module__", None) or ""
    return f"np{module[5:]}.{name}" if module in ("numpy", "numpy.linalg") else name


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


def _method(function: Callable) -> Callable:
    def method(self, *args, **kwargs):
        return HANDLERS[function](self, *args, **kwargs)

    method.__name__, method.__doc__ = function.__name__, f"{name_of(function)} of this array."
    return method


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
    is_leaf: Any
    requires_grad: bool

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

    def __pow__(self, exponent):
        square = isinstance(exponent, (int, float)) and exponent == 2
        return HANDLERS[np.square](self) if square else HANDLERS[np.power](self, exponent)

    def __rpow__(self, base):
        return HANDLERS[np.power](base, self)

    sum, mean, var, std = map(_method, (np.sum, np.mean, np.var, np.std))
    max, min, prod, cumsum = map(_method, (np.max, np.min, np.prod, np.cumsum))
    argmax, argmin, argsort = map(_method, (np.argmax, np.argmin, np.argsort))
    any, all, round, clip = map(_method, (np.any, np.all, np.round, np.clip))
    dot, ravel, squeeze, swapaxes = map(_method, (np.dot, np.ravel, np.squeeze, np.swapaxes))
    diagonal, trace, take = map(_method, (np.diagonal, np.trace, np.take))

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        if kwargs.get("out") is not None:
            raise TypeError(
                f"{name_of(ufunc)} cannot write into an array when a Tensor is involved (out=, or `array += tensor`): "
                "write `a = a + t`, or use t.data"
            )
        if method != "__call__":
            hint = {"add": "np.sum", "multiply": "np.prod", "maximum": "np.max", "minimum": "np.min"}
            instead = (
                hint.get(ufunc.__name__, "another function") if method == "reduce" else "another function"
            )
            raise TypeError(f"{name_of(ufunc)}.{method} has no gradient rule: use {instead}, or t.data")
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

    def __bool__(self) -> bool:
        return bool(self.data)

    def __float__(self) -> float:
        return float(self.data)

    def __int__(self) -> int:
        return int(self.data)

    def __format__(self, spec: str) -> str:
        return format(self.data.item(), spec) if spec else str(self)

    def item(self) -> float:
        """The one number of a Tensor of size 1."""
        return self.data.item()

    @property
    def shape(self) -> tuple[int, ...]:
        return self.data.shape

    @property
    def ndim(self) -> int:
        return self.data.ndim

    @property
    def size(self) -> int:
        return self.data.size

    @property
    def dtype(self):
        return self.data.dtype

    @property
    def T(self) -> Any:
        return np.transpose(self)

    def reshape(self, *shape) -> Any:
        """np.reshape; the shape as one tuple or as several numbers."""
        return np.reshape(self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes) -> Any:
        """np.transpose; the axes as one tuple or as several numbers."""
        return np.transpose(self, (axes[0] if len(axes) == 1 else axes) if axes else None)
