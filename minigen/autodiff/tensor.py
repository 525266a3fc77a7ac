"""Tensor: a NumPy duck array that remembers the call that made it.

NumPy's own functions are the primitives.  A call on a Tensor reaches this file through NumPy's dispatch
protocols (NEP 13 and NEP 18), is made on the raw arrays, and is recorded if one of its arguments is
tracked.  `sweep` walks the record backwards and asks the table `RULES` for each call's derivative.
"""

from __future__ import annotations

import inspect
import itertools
import math
import threading
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial, wraps
from types import FunctionType
from typing import Any

import numpy as np

from minigen.autodiff.duck import HANDLERS, DuckArray, name_of
from minigen.autodiff.recording import DIFFERENTIATING, RECORDING

RULES: dict[Callable, Any] = {}  # function -> its vector-Jacobian rules, one for each array argument
CONSTANTS: set[Callable] = set()  # functions without a slope

_serials = itertools.count()
_accumulation = threading.Lock()  # two threads may add to the gradient of one shared leaf


class Tensor(DuckArray):
    """An array whose computation is remembered, so that its gradient can be asked for.

    data: array or array-like of real numbers, shared and not copied.  requires_grad: track this Tensor as
    a variable; then data must be floating point.  After `loss.backward()`, `.grad` is an array of data's
    shape and dtype.  Use NumPy's functions on it: `np.tanh(x @ w)`; `.data` is the raw array.
    """

    __slots__ = (
        "__weakref__", "args", "data", "function", "grad", "marks", "params", "requires_grad", "serial", "values",
    )  # fmt: skip
    data: Any
    grad: Any
    requires_grad: bool
    function: Any
    args: Sequence[Any]
    params: dict[str, Any]
    values: Sequence[Any]
    marks: Sequence[Any]

    def __init__(self, data: Any, requires_grad: bool = False):
        data = raw(data)
        if not hasattr(data, "__array_function__"):
            data = np.asarray(data)
        if data.dtype.kind not in "biuf":
            raise TypeError(f"Tensor holds real numbers; got an array of dtype {data.dtype}")
        if requires_grad and data.dtype.kind != "f":
            raise TypeError(
                f"a gradient needs floating point numbers, got {data.dtype}: write 3.0 for 3, or use .astype(float)"
            )
        self.data, self.grad, self.requires_grad = data, None, bool(requires_grad)
        self.function, self.args, self.params, self.values, self.marks = None, (), {}, (), ()
        self.serial = next(_serials)

    @property
    def is_leaf(self) -> bool:
        """True if no recorded call made this Tensor: it was given, not computed."""
        return self.function is None

    def detach(self) -> Tensor:
        """The same numbers (shared memory), cut off from the record: a constant from here on."""
        return Tensor(self.data)

    def backward(self, seed: Any = None) -> None:
        """Add d(sum of seed * self)/d(leaf) to `.grad` of every leaf that self depends on (first order).

        seed: array of self's shape; 1 for a scalar.  Raises RuntimeError if nothing tracked was used, or
        if an array that the gradient needs was changed since; no `.grad` is touched then.
        """
        if not self.requires_grad:
            raise RuntimeError(
                "nothing to differentiate: no Tensor with requires_grad=True went into this one, "
                "or it was computed under no_grad()"
            )
        reached = ancestors(self)
        gradients = sweep(self, raw(check_seed(self, seed)), reached)
        with _accumulation:
            for serial, g in gradients.items():
                leaf = reached[serial]
                if leaf.grad is None:
                    leaf.grad = np.array(g, subok=True) if isinstance(g, np.generic) else g.copy()
                else:
                    leaf.grad += g

    def astype(self, dtype) -> Tensor:
        """The same numbers in another floating point type; the gradient comes back in this one."""
        return astype(self, dtype)

    def __float__(self) -> float:
        if DIFFERENTIATING.get() and self.requires_grad:  # math.sin(t), or array[i] = t, would give the gradient 0
            raise TypeError(
                "float(t) cuts the gradient off: use NumPy's functions on t, np.stack([...]) to put Tensors into an "
                "array, or t.item() if a constant is meant"
            )
        return float(self.data)

    def __repr__(self) -> str:
        numbers = repr(self.data)
        if self.function is not None:
            return f"Tensor({numbers}, from {name_of(self.function)})"
        return f"Tensor({numbers}, requires_grad=True)" if self.requires_grad else f"Tensor({numbers})"

    def __reduce__(self):
        return type(self), (self.data, self.requires_grad)  # a copy is a leaf with a serial number of its own

    def zero_grad(self) -> None:
        """Forget the gradient."""
        self.grad = None


def raw(x: Any) -> Any:
    """The array inside a Tensor; anything else unchanged."""
    return x.data if isinstance(x, Tensor) else x


def apply(function: Callable, *args: Any, **params: Any) -> Tensor:
    """function(*args, **params) on the raw arrays, as a Tensor; recorded if an argument is tracked."""
    tracked, values = False, []
    for a in args:
        if isinstance(a, Tensor):
            tracked = tracked or a.requires_grad
            values.append(a.data)
        else:
            values.append(np.asarray(a) if isinstance(a, (list, tuple)) else a)
    try:
        data = function(*values, **params)
    except ValueError as error:
        if type(error) is not ValueError:
            raise  # LinAlgError, AxisError say enough
        shapes = " and ".join(str(np.shape(v)) for v in values)
        raise ValueError(f"{name_of(function)} on shapes {shapes}: {error}") from None
    out = Tensor.__new__(Tensor)
    out.data = np.asarray(data) if isinstance(data, np.generic) else data
    out.grad, out.serial = None, next(_serials)
    if tracked and RECORDING.get():
        if data.dtype.kind != "f":
            raise TypeError(f"{name_of(function)} gave {data.dtype}; only real floating point can be differentiated")
        inputs, marks = [], []
        for a, v in zip(args, values):  # noqa: B905 (the check costs as much as the loop)
            if isinstance(a, Tensor) and a.requires_grad:
                inputs.append(a)
                if a.function is not None:  # computed: nobody writes into it
                    continue
            else:
                inputs.append(v)
            if type(v) is np.ndarray:
                marks.append((v, mark(v)))
        out.requires_grad, out.function, out.params = True, function, params
        # Tuples: the garbage collector, which walks through a deep graph again and again, need not look into most.
        out.args, out.values, out.marks = tuple(inputs), tuple(values), tuple(marks)
    else:
        out.requires_grad, out.function, out.args, out.params, out.values, out.marks = False, None, (), {}, (), ()
    return out


def mark(a: np.ndarray) -> Any:
    """A fingerprint of an array's bits, to notice that someone wrote into it.

    Exact up to 4096 bytes.  Beyond: the sum of all bits as integers (any one changed entry shows) and some 64 of the
    entries in place (a shuffle shows; a swap of two others does not), since copies would cost more than they protect.
    """
    if a.nbytes <= 4096:
        return a.tobytes()
    bits = a.ravel(order="K").view(f"u{math.gcd(a.nbytes, 8)}")  # words that hold whole numbers
    return np.add.reduce(bits), bits[:: len(bits) // 64].tobytes()


def ancestors(output: Tensor, stop: Iterable[Tensor] = ()) -> dict[int, Tensor]:
    """Every tracked Tensor that output was computed from, by serial number, output included.

    The walk does not go behind the Tensors in `stop`.  A Tensor is newer than its arguments, so the
    serial numbers, taken downwards, are a topological order.
    """
    stops = {t.serial for t in stop}
    reached, waiting = {output.serial: output}, [output]
    while waiting:
        t = waiting.pop()
        if t.serial in stops:
            continue
        for a in t.args:
            if isinstance(a, Tensor) and a.serial not in reached:
                reached[a.serial] = a
                waiting.append(a)
    return reached


def sweep(output: Tensor, seed: Any, reached: dict[int, Tensor], targets: Any = None, traced: bool = False) -> dict:
    """The backward sweep: {serial of target: d(sum of seed * output)/d(target)}; the targets are all leaves if None.

    Each call passes its cotangent g to its arguments by their rules, newest call first, so that a cotangent is
    complete before it is passed on.  The rules run on raw arrays, or on Tensors if the result is to be
    differentiated again (traced).  Targets without a path from output are missing from the result.
    """
    if targets is None:
        needed, wanted = set(reached), {s for s, t in reached.items() if t.function is None}
    else:  # pass cotangents only to what leads to a target: a gradient that nobody asked for costs nothing
        wanted = {t.serial for t in targets}
        needed = set(wanted)
        for serial in sorted(reached):
            if any(isinstance(a, Tensor) and a.serial in needed for a in reached[serial].args):
                needed.add(serial)
    cotangents = {output.serial: seed}
    for serial in sorted(needed, reverse=True):
        if serial in wanted or serial not in cotangents:
            continue
        t = reached[serial]
        g = cotangents.pop(serial)
        rules, params = RULES[t.function], t.params
        for v, m in t.marks:
            if m != mark(v):
                raise _changed(v, t.function)
        if traced:  # the rules compute with the Tensors, whose .data may have been bound to other numbers since
            for a, v in zip(t.args, t.values, strict=True):
                if isinstance(a, Tensor) and a.data is not v and not _same(a.data, v):
                    raise _changed(v, t.function)
        y, args = (t, t.args) if traced else (t.data, t.values)
        for i, a in enumerate(t.args):
            if not isinstance(a, Tensor) or a.serial not in needed:
                continue
            rule, v = rules[i], t.values[i]
            if rule is None:
                raise TypeError(f"{name_of(t.function)} has no gradient in its argument {i + 1}: use .data there")
            ga = rule(g, y, *args, **params)
            if ga.shape != v.shape or ga.dtype != v.dtype:
                ga = fit(ga, v)
            cotangents[a.serial] = cotangents[a.serial] + ga if a.serial in cotangents else ga
    return {serial: cotangents[serial] for serial in wanted if serial in cotangents}


def _same(a: Any, b: Any) -> bool:
    """Whether two arrays are of one shape and precision and hold the same numbers."""
    return a.shape == b.shape and a.dtype == b.dtype and bool(np.all((a == b) | ((a != a) & (b != b))))


def _changed(array: Any, function: Callable) -> RuntimeError:
    return RuntimeError(
        f"an array of shape {array.shape} was changed after {name_of(function)} used it and before the "
        "gradient was taken: take the gradient first, or compute with a copy"
    )


def check_seed(output: Tensor, seed: Any) -> Any:
    """The cotangent to start from: ones for a scalar, or the given seed, if its shape is output's."""
    if seed is None:
        if output.shape != ():
            raise ValueError(
                f"a gradient starts from a scalar, and this has shape {output.shape}: take the sum or the mean, "
                "or give a seed of that shape"
            )
        return np.ones_like(output.data)
    if np.shape(seed) != output.shape:
        raise ValueError(f"the seed has shape {np.shape(seed)}, but the output has shape {output.shape}")
    if isinstance(seed, Tensor):
        return seed if seed.dtype == output.dtype else astype(seed, output.dtype)
    return seed.astype(output.dtype) if hasattr(seed, "astype") else np.asarray(seed, output.dtype)


def fit(g: Any, x: Any) -> Any:
    """g with the shape and dtype of x: broadcasting is undone here, so that no rule has to.

    Where x was broadcast, g is summed; where a reduction's rule left an axis of length 1, g is broadcast.
    """
    shape = x.shape
    if g.shape != shape:
        if g.ndim > len(shape) or any(n == 1 != m for n, m in zip(shape[::-1], g.shape[::-1], strict=False)):
            g = sum_to(g, shape)
        if g.shape != shape:
            g = np.broadcast_to(g, shape)
    return g if g.dtype == x.dtype else astype(g, x.dtype)


class Each:
    """The rules of a function that takes any number of arrays: rule(i, g, y, *arrays, **params)."""

    def __init__(self, rule: Callable):
        self.rule = rule

    def __getitem__(self, i: int) -> Callable:
        return partial(self.rule, i)


def _handler(function: Callable, rules: tuple) -> Callable:
    """What NumPy's call becomes: arrays first, then the parameters that the rule names, in whatever way they came.

    A parameter that the rule does not name is refused unless it has its default value.
    """

    @cache  # on first use, to keep the import fast
    def names() -> tuple[dict, set]:
        rule = next(r for r in rules if r is not None)
        accepted = set(list(inspect.signature(rule).parameters)[2 + len(rules) :])
        return {k: p.default for k, p in inspect.signature(function).parameters.items()}, accepted

    def handler(*args, **kwargs):
        if len(args) == len(rules) and (not kwargs or names()[1].issuperset(kwargs)):
            return apply(function, *args, **kwargs)
        defaults, accepted = names()
        given = inspect.signature(function).bind(*args, **kwargs).arguments
        arrays = [given.pop(k) for k in list(defaults)[: len(rules)] if k in given]
        for k in set(given) - accepted:
            if given.pop(k) is not defaults[k]:
                raise TypeError(f"{name_of(function)} on a Tensor does not take {k}=; leave it out, or use .data")
        return apply(function, *arrays, **given)

    return handler


def defvjp(function: Callable, *rules: Callable | None, each: Callable | None = None) -> None:
    """Give a function its derivative: one vector-Jacobian rule for each array argument, in order.

    rule(g, y, *arrays, **params) returns (dy/d array)^T g, where y = function(*arrays, **params) and g has the
    shape of y.  Write it in NumPy on its arguments: the same rule then serves gradients of any order.  Its
    shape need only broadcast to the array's.  None: no gradient in that argument.  each: instead of rules, one
    rule(i, g, y, *arrays, **params) for any number of arrays.

        defvjp(np.tanh, lambda g, y, x: g * (1 - y * y))
    """
    function = getattr(function, "on_arrays", function)
    if not rules and each is None:
        raise TypeError(f"defvjp({name_of(function)}) needs a rule for each array argument")
    if isinstance(function, np.ufunc) and not each and len(rules) != function.nin:
        raise TypeError(f"{name_of(function)} takes {function.nin} arrays, but got {len(rules)} rules")
    RULES[function] = Each(each) if each else rules
    if isinstance(function, np.ufunc):
        HANDLERS[function] = partial(apply, function)
    elif not each:
        HANDLERS[function] = _handler(function, rules)


def derived(function: Callable, composition: Callable | None = None) -> Callable:
    """On Tensors, compute the NumPy function as this composition of others; without one, a decorator."""
    if composition is None:
        return partial(derived, function)
    if isinstance(composition, FunctionType):
        composition.__qualname__ = f"{name_of(function)} on Tensors"  # named so when an argument is not taken
    HANDLERS[function] = composition
    return composition


def constant(*functions: Callable) -> None:
    """Declare functions whose derivative is 0 or not asked for: on Tensors they return plain arrays."""
    CONSTANTS.update(functions)
    for f in functions:
        HANDLERS[f] = lambda *args, _f=f, **kwargs: _f(*map(raw, args), **{k: raw(v) for k, v in kwargs.items()})


def primitive(function: Callable) -> Callable:
    """Decorator: a function written on raw arrays becomes one that Tensors go through; add its rule by defvjp."""

    @wraps(function)
    def wrapper(*args, **params):
        for a in args:
            if isinstance(a, Tensor):
                return HANDLERS[function](*args, **params)
        return function(*args, **params)

    wrapper.on_arrays = function  # type: ignore[attr-defined]
    return wrapper


@primitive
def astype(x, dtype):
    """x as another floating point type."""
    return x.astype(dtype)


@primitive
def sum_to(x, shape):
    """x summed over the axes along which an array of this shape was broadcast to x's: broadcasting's adjoint."""
    lead = x.ndim - len(shape)
    axes = tuple(range(lead)) + tuple(lead + i for i, n in enumerate(shape) if n == 1 != x.shape[lead + i])
    kept = tuple(1 if n == 1 else m for n, m in zip(shape, x.shape[lead:], strict=True))
    return x.sum(axes, keepdims=True).reshape(kept)
