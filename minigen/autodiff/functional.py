"""Derivatives as functions of functions: grad, vjp, jvp, jacobian, hessian, hvp; they nest to any order.

A result is itself differentiable ("traced": a Tensor) when the function reached something tracked besides its
own variable: the variable of an outer derivative, or a critic's weights.  So a gradient penalty needs no
flag.  Otherwise the result is a plain array.  traced=False, or no_grad() around the call, gives plain arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from minigen.autodiff.duck import name_of
from minigen.autodiff.recording import differentiating, is_recording, recording
from minigen.autodiff.tensor import Tensor, ancestors, apply, check_seed, defvjp, raw, sweep


def alias(x):
    """x itself, as a variable of its own: what an inner derivative is taken in, linked to the outer ones."""
    return x


defvjp(alias, lambda g, y, x: g)


def _variable(x: Any, linked: bool) -> Tensor:
    """x as a fresh variable; linked to x itself if that is tracked, so that outer derivatives see it."""
    if linked and isinstance(x, Tensor) and x.requires_grad:
        return apply(alias, x)
    return Tensor(raw(x), requires_grad=True)


def _array(g: Any) -> Any:
    """A fresh array of the numbers of g, which may share memory; a NumPy scalar for shape ()."""
    return g.copy()[()] if hasattr(g, "copy") else np.asarray(g)[()]


def vjp(f: Callable, *xs: Any) -> tuple[Any, Callable]:
    """(f(*xs), pullback): pullback(u) gives J_i^T u for each x_i (alone, if there is one x).

    u: array of the shape of f(*xs); pullback(u, traced=None) may be called again and again.  Reverse mode: one
    call costs a few evaluations of f.  Raises TypeError for integer xs.
    """
    outer = is_recording()
    with differentiating():
        variables = [_variable(x, outer) for x in xs]
        y = f(*variables)
    if isinstance(y, (tuple, list)):
        raise TypeError(f"{name_of(f)} returned {len(y)} values; a derivative is taken of one array")
    y = y if isinstance(y, Tensor) else Tensor(y)
    reached = ancestors(y, stop=variables)
    own = {v.serial for v in variables}
    linked = any(v.function is not None for v in variables)
    linked = linked or any(t.function is None and t.serial not in own for t in reached.values() if t.requires_grad)
    depends = y.requires_grad
    for v in variables:  # a variable made here is nobody else's: what uses it later is not tracked on its account
        v.requires_grad = v.function is not None

    def pullback(u: Any = None, traced: bool | None = None) -> Any:
        u = check_seed(y, u)
        if traced is None:
            traced = is_recording() and (linked or (isinstance(u, Tensor) and u.requires_grad))
        if not depends:
            found: dict = {}
        elif traced:
            with recording(True):
                found = sweep(y, u if isinstance(u, Tensor) else Tensor(u), reached, variables, traced=True)
        else:
            found = sweep(y, raw(u), reached, variables)
        results = [found.get(v.serial, np.zeros_like(v.data)) for v in variables]
        if not traced:
            results = [_array(g) for g in results]
        return results[0] if len(results) == 1 else tuple(results)

    pullback.linked = linked  # type: ignore[attr-defined]
    return (y if outer and linked else _array(y.data)), pullback


def _chosen(f: Callable, argnums: int | tuple[int, ...], args: tuple, kwargs: dict) -> tuple:
    """f as a function of the arguments at argnums alone, and those arguments: what vjp takes."""
    places = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    if not all(-len(args) <= i < len(args) for i in places):
        raise TypeError(f"argnums={argnums}, but {name_of(f)} was given {len(args)} positional argument(s)")

    def partial(*chosen):
        full = list(args)
        for i, x in zip(places, chosen, strict=True):
            full[i] = x
        return f(*full, **kwargs)

    partial.__name__ = getattr(f, "__name__", "f")
    return partial, *(args[i] for i in places)


def value_and_grad(f: Callable, argnums: int | tuple[int, ...] = 0, traced: bool | None = None) -> Callable:
    """x -> (f(x), gradient of f at x), for a scalar f; argnums says in which arguments (a tuple: a tuple back).

    Raises ValueError if f is not scalar, TypeError if the argument is not floating point.
    """

    @wraps(f)
    def both(*args, **kwargs):
        y, pullback = vjp(*_chosen(f, argnums, args, kwargs))
        if np.shape(y) != ():
            raise ValueError(
                f"grad needs a scalar, but {name_of(f)} returned shape {np.shape(y)}: sum it, or use jacobian"
            )
        g = pullback(traced=traced)
        return y, (g,) if isinstance(argnums, tuple) and len(argnums) == 1 else g

    return both


def grad(f: Callable, argnums: int | tuple[int, ...] = 0, traced: bool | None = None) -> Callable:
    """x -> gradient of the scalar function f at x, of x's shape and dtype.  grad(grad(f)) is the second derivative.

    argnums: which argument, or a tuple of them for a tuple of gradients.  traced=False: a plain array always.
    """

    @wraps(f)
    def gradient(*args, **kwargs):
        return value_and_grad(f, argnums, traced)(*args, **kwargs)[1]

    return gradient


def jacobian(f: Callable, argnums: int = 0) -> Callable:
    """x -> J with J[i, j] = d f(x)[i] / d x[j]: shape f(x).shape + x.shape, one backward sweep for each i."""

    @wraps(f)
    def matrix(*args, **kwargs):
        y, pullback = vjp(*_chosen(f, argnums, args, kwargs))
        x = args[argnums]
        basis = np.diag(np.ones_like(raw(y)).ravel()).reshape((np.size(y), *np.shape(y)))
        rows = [pullback(e) for e in basis]
        stacked = np.stack(rows) if rows else np.zeros((0, *np.shape(x)), y.dtype)
        J = np.reshape(stacked, (*np.shape(y), *np.shape(x)))
        return J if isinstance(J, Tensor) else J[()]

    return matrix


def hessian(f: Callable, argnums: int = 0) -> Callable:
    """x -> H with H[i, j] = d^2 f / dx[i] dx[j] of the scalar f: shape x.shape + x.shape."""
    return jacobian(grad(f, argnums), argnums)


def jvp(f: Callable, xs: Any, vs: Any) -> tuple[Any, Any]:
    """(f(x), J v): the directional derivative of f at x along v, of f(x)'s shape; tuples for several arguments.

    The pullback u -> J^T u is linear; its own pullback is v -> J v, so no second table of rules is needed.
    """
    xs, vs = (t if isinstance(t, tuple) else (t,) for t in (xs, vs))
    for x, v in zip(xs, vs, strict=True):
        if np.shape(x) != np.shape(v):
            raise ValueError(f"the direction has shape {np.shape(v)}, but the point has shape {np.shape(x)}")
    y, pullback = vjp(f, *xs)

    def transposed(u):
        gs = pullback(u, traced=True)
        gs = gs if isinstance(gs, tuple) else (gs,)
        return sum((np.sum(g * v) for g, v in zip(gs, vs, strict=True)), start=0.0 * np.sum(u))

    traced = pullback.linked or any(  # type: ignore[attr-defined]
        isinstance(v, Tensor) and v.requires_grad for v in vs
    )
    return y, grad(transposed, traced=None if traced else False)(np.zeros_like(raw(y)))


def hvp(f: Callable, x: Any, v: Any) -> Any:
    """H v for the Hessian H of the scalar function f at x, without forming H: the cost of a few gradients."""
    return vjp(grad(f), x)[1](v)
