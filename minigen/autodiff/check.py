"""check_grad: is this derivative right?  Public: students and graders use it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from minigen.autodiff.duck import name_of
from minigen.autodiff.functional import vjp
from minigen.autodiff.tensor import raw


def check_grad(
    f: Callable,
    *xs: Any,
    order: int = 1,
    tol: float | None = None,
    complex_step: bool = False,
    rng: np.random.Generator | None = None,
) -> None:
    """Compare <v, J^T u> from the rules with <u, (d/dt) f(x + t v)> measured, for random u and v.

    f: function of arrays xs (floating point) to one array.  order=2 also checks the derivative of the
    pullback (x, u) -> J^T u, and so on.  The measurement is a central difference of fourth order at the step that suits
    f best; with complex_step, Im f(x + i h v) / h, which is exact to rounding but needs an analytic f.  tol: largest
    error relative to 1 + the size of the numbers compared (default 1e-7 in float64, 1e-3 in float32), beside what the
    measurement is unsure of (at most 3e-4).  Raises AssertionError with both numbers if they differ.
    """
    rng = np.random.default_rng(0) if rng is None else rng
    xs = tuple(np.asarray(raw(x)) for x in xs)
    if not xs or order < 1:
        raise ValueError("check_grad needs a function, at least one array, and order >= 1")
    y, pullback = vjp(f, *xs)
    u = rng.standard_normal(np.shape(y)).astype(y.dtype)
    vs = [rng.standard_normal(x.shape).astype(x.dtype) for x in xs]
    with_rules = pullback(u, traced=False)
    with_rules = with_rules if isinstance(with_rules, tuple) else (with_rules,)
    for x, g in zip(xs, with_rules, strict=True):
        if g.shape != x.shape or g.dtype != x.dtype:
            raise AssertionError(
                f"{name_of(f)}: the gradient is {g.dtype} of shape {g.shape}, but its argument {x.dtype} of {x.shape}"
            )
    got = float(sum(np.sum(g.astype(float) * v) for g, v in zip(with_rules, vs, strict=True)))
    want, scale, doubt = _directional(f, xs, vs, u, complex_step)
    single = any(x.dtype.itemsize < 8 for x in xs)
    bound = (1e-3 if single else 1e-7) if tol is None else tol
    if not abs(got - want) <= bound * (1 + scale) + 3 * min(doubt, 1e-4 * (1 + scale)):
        unsure = "; a kink is near, or f is badly conditioned here: try another point" if doubt > 1e-5 * scale else ""
        raise AssertionError(
            f"{name_of(f)}: the rules give {got:.12g} for the derivative along a random direction, but "
            f"{'the complex step' if complex_step else 'central differences'} give {want:.12g} (shapes "
            f"{', '.join(str(x.shape) for x in xs)}){unsure}"
        )
    if order > 1:

        def transposed(u, *xs):
            g = vjp(f, *xs)[1](u)
            return np.concatenate([np.ravel(p) for p in g]) if isinstance(g, tuple) else g

        transposed.__name__ = f"the gradient of {name_of(f)}"
        check_grad(transposed, u, *xs, order=order - 1, tol=tol, rng=rng)


def _directional(f, xs, vs, u, complex_step):
    """<u, (d/dt) f(x + t v)> at t = 0 in double precision, the size of its terms, and how well it was measured.

    Central differences of fourth order at steps a decade apart; the two neighbours that agree best are believed, as
    far as they agree: too large a step sees curvature and kinks, too small a one sees rounding."""
    xs, vs, u = [x.astype(float) for x in xs], [v.astype(float) for v in vs], u.astype(float)

    def along(t):
        return np.asarray(raw(f(*(x + t * v for x, v in zip(xs, vs, strict=True)))))

    def central(h):
        return (8 * (along(h) - along(-h)) - (along(2 * h) - along(-2 * h))) / (12 * h)

    if complex_step:
        h = 1e-30
        slope = along(1j * h).imag / h
        return float(np.sum(u * slope)), float(np.sum(np.abs(u * slope))), 0.0
    size = max(1.0, *(float(np.max(np.abs(x), initial=0)) for x in xs))
    with np.errstate(all="ignore"):  # a large step may leave the domain of f
        slopes = [u * central(size * h) for h in (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7)]
        apart = [float(np.sum(np.abs(a - b))) for a, b in pairwise(slopes)]
    best = int(np.nanargmin(apart)) if np.isfinite(apart).any() else 0
    return float(np.sum(slopes[best + 1])), float(np.sum(np.abs(slopes[best + 1]))), apart[best]
