"""The parameters of a model as one vector theta, and their gradients as another.

    theta = ParameterVector(model.parameters())
    theta.data -= eta * theta.grad      # gradient descent; every weight of the model moves

Optimisers, averages, clipping and checkpoints work on these two vectors.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from minigen.autodiff import Tensor

__all__ = ["ParameterVector"]


class ParameterVector:
    """One contiguous vector `.data` of which each parameter's `.data` is a view; the same for `.grad`.

    parameters: Tensors of one floating point dtype (one that comes twice counts once).  Their values and gradients
    are kept.  What they hold is what counts: a parameter whose `.data` or `.grad` was bound to another array since is
    copied back in when the vector is next looked at (grad = None counts as zero).  Parameters that lie side by side
    in a vector already go on sharing it, so all optimisers and averages of one model work on the same storage.
    Raises ValueError if there are no parameters, or several dtypes."""

    def __init__(self, parameters: Iterable[Tensor]):
        self.parameters = tuple({id(p): p for p in parameters}.values())
        for p in self.parameters:
            if not isinstance(p, Tensor):
                raise TypeError(f"a parameter is a Tensor, but got {type(p).__name__}")
        if not self.parameters:
            raise ValueError("there are no parameters: a model's are the Parameter attributes of its modules")
        dtypes = sorted({str(p.dtype) for p in self.parameters})
        if len(dtypes) > 1:
            raise ValueError(
                f"the parameters have several dtypes, {' and '.join(dtypes)}: use model.astype(np.{dtypes[0]})"
            )
        ends = np.cumsum([0] + [p.size for p in self.parameters]).tolist()
        self.slices = tuple(slice(a, b) for a, b in pairwise(ends))
        self._data, self._data_views = self._adopt([p.data for p in self.parameters])
        self._grad, self._grad_views = self._adopt([p.grad for p in self.parameters])
        self._sync()

    @classmethod
    def of(cls, parameters: Any) -> ParameterVector:
        """The vector of a model, of an iterable of parameters, of one Tensor; a ParameterVector as it is."""
        if isinstance(parameters, cls):
            return parameters
        if isinstance(parameters, Tensor):
            return cls([parameters])
        return cls(parameters.parameters() if hasattr(parameters, "parameters") else parameters)

    def _adopt(self, arrays: list) -> tuple[Any, list]:
        """The stretch of memory that the arrays fill in order, and they; else a new vector of zeros and views of it."""
        first, n = self.parameters[0].data, self.slices[-1].stop
        base: Any = getattr(arrays[0], "base", None)
        if type(base) is type(first) and base.ndim == 1 and base.dtype == first.dtype and base.flags.c_contiguous:
            start = (_address(arrays[0]) - _address(base)) // base.itemsize
            places = [_address(base) + (start + s.start) * base.itemsize for s in self.slices]
            if start + n <= base.size and getattr(base.flags, "writeable", True) and all(
                a is not None and a.base is base and a.dtype == base.dtype and a.shape == p.shape
                and a.flags.c_contiguous and _address(a) == place
                for a, p, place in zip(arrays, self.parameters, places, strict=True)
            ):  # fmt: skip
                return base[start : start + n], arrays
        vector = np.zeros_like(first, shape=(n,))
        return vector, [vector[s].reshape(p.shape) for s, p in zip(self.slices, self.parameters, strict=True)]

    def _sync(self) -> None:
        """Copy in what was bound to other arrays, and make every parameter a view again."""
        for p, data, grad in zip(self.parameters, self._data_views, self._grad_views, strict=True):
            if p.data is not data:
                if p.data.shape != data.shape or p.data.dtype != data.dtype or type(p.data) is not type(data):
                    raise ValueError(
                        f"a parameter of shape {data.shape} and {data.dtype} became {type(p.data).__name__} of shape "
                        f"{p.data.shape} and {p.data.dtype}: convert the model first, then make its optimisers"
                    )
                data[...] = p.data
                p.data = data
            if p.grad is not grad:
                if p.grad is not None and np.shape(p.grad) != grad.shape:
                    raise ValueError(f"a parameter of shape {grad.shape} has a grad of shape {np.shape(p.grad)}")
                grad[...] = 0 if p.grad is None else p.grad
                p.grad = grad

    @property
    def data(self) -> Any:
        """theta, shape (n,).  Write into it (theta.data -= ...) and the parameters change."""
        self._sync()
        return self._data

    @data.setter
    def data(self, value: Any) -> None:
        self._sync()
        self._data[...] = value

    @property
    def grad(self) -> Any:
        """The gradient of theta, shape (n,): what backward() has added up since zero_grad()."""
        self._sync()
        return self._grad

    @grad.setter
    def grad(self, value: Any) -> None:
        self._sync()
        self._grad[...] = value

    def zero_grad(self) -> None:
        """Set the gradient to zero, in one stroke."""
        self.grad.fill(0)

    def __reduce__(self):
        return type(self), (self.parameters,)  # copied arrays are no longer views: join them anew

    def __len__(self) -> int:
        return self._data.size

    def __iter__(self) -> Iterator[Tensor]:
        return iter(self.parameters)

    def __repr__(self) -> str:
        return f"ParameterVector({len(self):,} numbers in {len(self.parameters)} parameters, {self._data.dtype})"


def _address(a: Any) -> int:
    """Where the array's memory begins."""
    return a.__array_interface__["data"][0] if isinstance(a, np.ndarray) else a.data.ptr
