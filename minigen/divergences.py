"""Divergences between two laws, on discrete laws and on densities over a uniform grid.

Every function takes p and q with the states along the last axis (leading axes are batches and broadcast) and
returns one number per law, in nats (natural logarithm).

- `dx=None`: p and q are probabilities and sum to 1.  `dx=h`: they are densities at the points of a uniform grid of
  cell width h, and integrals are Riemann sums, h * sum; on a flattened grid of the plane h is the cell's area.
- `log=True`: p and q hold log probabilities or log densities (-inf is mass 0).  Far tails need this: exp(-800) is 0
  in floating point, and a zero under q makes KL(p || q) infinite.
- `tol`: how far a total mass may be from 1: 1e-6 (1e-4 in single precision), and 1e-3 on a grid, which may cut off
  tails.  `tol=np.inf` skips this check.

0 log 0 = 0.  A divergence that is infinite is returned as inf, without a warning.  Tensors are differentiated; at
zero mass, where a one-sided derivative may be infinite, and where the divergence itself is infinite, the gradient is
taken as 0.  ValueError for negative mass, NaN, a total away from 1, or different numbers of states.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from minigen.autodiff import Tensor, raw

__all__ = ["chi2", "jeffreys", "js", "kl", "squared_hellinger", "tv"]


def kl(p: Any, q: Any, *, dx: float | None = None, log: bool = False, tol: float | None = None) -> Any:
    """KL(p || q) = sum p log(p / q), in [0, inf]; inf where p has mass that q has not.  (Claim C01.)"""
    a, b = _laws(p, q, dx, log, tol)
    return _kl(a, b, dx)


def js(p: Any, q: Any, *, dx: float | None = None, log: bool = False, tol: float | None = None) -> Any:
    """JS(p, q) = KL(p || m) / 2 + KL(q || m) / 2 with m = (p + q) / 2, in [0, log 2].

    With the halves: some texts leave them out and get twice this, up to 2 log 2.  Symmetric, always finite; its
    square root is a metric.  (Claims C02, C03, C26.)"""
    a, b = _laws(p, q, dx, log, tol)
    both = a.support & b.support
    one = np.where(a.support, a.log, b.log)
    log_middle = np.where(both, np.logaddexp(a.log, b.log), one) - math.log(2)
    middle = _Law((a.mass + b.mass) / 2, log_middle, a.support | b.support)
    return 0.5 * _kl(a, middle, dx) + 0.5 * _kl(b, middle, dx)


def jeffreys(p: Any, q: Any, *, dx: float | None = None, log: bool = False, tol: float | None = None) -> Any:
    """KL(p || q) + KL(q || p) = sum (p - q) log(p / q), in [0, inf].  Not JS.  (Claim C03.)"""
    a, b = _laws(p, q, dx, log, tol)
    return _kl(a, b, dx) + _kl(b, a, dx)


def tv(p: Any, q: Any, *, dx: float | None = None, log: bool = False, tol: float | None = None) -> Any:
    """Total variation sum |p - q| / 2 = max_A P(A) - Q(A), in [0, 1].  (Claim C15.)"""
    a, b = _laws(p, q, dx, log, tol)
    return _sum(0.5 * np.abs(a.mass - b.mass), dx)


def squared_hellinger(p: Any, q: Any, *, dx: float | None = None, log: bool = False, tol: float | None = None) -> Any:
    """sum (sqrt p - sqrt q)^2, in [0, 2]: without the factor 1/2 that some texts have.  (Claim C30.)"""
    a, b = _laws(p, q, dx, log, tol)
    roots = [np.where(law.support, np.exp(0.5 * law.log), 0.0) for law in (a, b)]
    return _sum(np.square(roots[0] - roots[1]), dx)


def chi2(p: Any, q: Any, *, dx: float | None = None, log: bool = False, tol: float | None = None) -> Any:
    """Pearson's sum (p - q)^2 / q, in [0, inf]; chi2(q, p) is Neyman's.  (Claim C31.)"""
    a, b = _laws(p, q, dx, log, tol)
    both = a.support & b.support
    with np.errstate(over="ignore"):
        if log:  # q itself may be too small for a float
            p_squared_by_q = np.where(both, np.exp(np.where(both, 2 * a.log - b.log, 0.0)), 0.0)
            terms = p_squared_by_q - 2 * a.mass + b.mass
        else:  # nothing cancels where p is near q
            away = a.mass - b.mass
            terms = away * (away / np.where(b.support, b.mass, 1.0))
        total = _not_below_zero(_sum(terms, dx))
    return _infinite_where(a.support & ~b.support, total)


class _Law(NamedTuple):
    """Mass, its logarithm, and where it is positive.  Off the support `log` holds 0, so nothing there is NaN."""

    mass: Any
    log: Any
    support: np.ndarray


def _kl(a: _Law, b: _Law, dx: float | None) -> Any:
    terms = np.where(a.support & b.support, a.mass * (a.log - b.log), 0.0)
    return _infinite_where(a.support & ~b.support, _not_below_zero(_sum(terms, dx)))


def _sum(terms: Any, dx: float | None) -> Any:
    total = np.sum(terms, axis=-1)
    return total if dx is None else total * (dx if isinstance(dx, Tensor) else float(dx))


def _infinite_where(missing: np.ndarray, total: Any) -> Any:
    infinite = np.any(missing, axis=-1)
    if not np.any(infinite):
        return total
    total = np.where(infinite, np.inf, total)
    return total if isinstance(total, Tensor) else total[()]


def _not_below_zero(total: Any) -> Any:
    """Adds a constant to what rounding left just below 0: the square root of a divergence must not be NaN."""
    value = raw(total)
    below = np.where((value < 0) & (value > -64 * np.finfo(value.dtype).eps), value, 0)
    return total - below.astype(value.dtype) if np.any(below) else total


def _laws(p: Any, q: Any, dx: float | None, log: bool, tol: float | None) -> tuple[_Law, _Law]:
    if dx is not None and not (np.ndim(dx) == 0 and 0 < dx < math.inf):
        raise ValueError(f"dx is {dx!r}, expected the width of a grid cell, a finite number above 0")
    p, q = _real("p", p), _real("q", q)
    if p.shape[-1] != q.shape[-1]:
        raise ValueError(
            f"p has {p.shape[-1]} states and q has {q.shape[-1]} (shapes {p.shape} and {q.shape}); "
            "both laws need the same states along the last axis"
        )
    try:
        np.broadcast_shapes(p.shape, q.shape)
    except ValueError:
        raise ValueError(f"p of shape {p.shape} and q of shape {q.shape} are batches that do not match") from None
    return _law("p", p, dx, log, tol), _law("q", q, dx, log, tol)


def _law(name: str, values: Any, dx: float | None, log: bool, tol: float | None) -> _Law:
    array = raw(values)
    support = array > (-np.inf if log else 0)
    _check_entries(name, array, log)
    safe = np.where(support, values, 0.0 if log else 1.0)
    law = _Law(np.where(support, np.exp(safe), 0.0), safe, support) if log else _Law(values, np.log(safe), support)
    _check_total(name, raw(law.mass), dx, tol)
    return law


def _check_entries(name: str, array: np.ndarray, log: bool) -> None:
    what = "log mass" if log else "mass"
    for wrong, word in [
        (np.isnan(array), "NaN"),
        (array == np.inf, "infinite"),
        (np.zeros_like(array, dtype=bool) if log else array < 0, "negative; if it holds logarithms, pass log=True"),
    ]:
        if np.any(wrong):
            where = tuple(int(i) for i in np.argwhere(wrong)[0])
            index = where[0] if len(where) == 1 else where
            raise ValueError(f"{name} has {what} {float(array[where]):g} at index {index}: {word}")


def _check_total(name: str, mass: np.ndarray, dx: float | None, tol: float | None) -> None:
    if tol is None:
        tol = 1e-3 if dx is not None else 1e-6 if mass.dtype.itemsize >= 8 else 1e-4
    totals = np.sum(mass, axis=-1, dtype=np.float64) * (1.0 if dx is None else dx)
    away = np.ravel(totals - 1)
    worst = int(np.argmax(np.abs(away)))
    if abs(away[worst]) <= tol:
        return
    law = name if totals.ndim == 0 else f"{name}[{', '.join(map(str, np.unravel_index(worst, totals.shape)))}]"
    verb, hint = (
        ("sums to", "divide it by its sum, or pass dx= if it is a density on a grid")
        if dx is None
        else ("integrates to", "widen the grid, check dx, or divide by the integral")
    )
    excess = f"{abs(away[worst]):.3g} {'above' if away[worst] > 0 else 'below'} 1"
    raise ValueError(f"{law} {verb} {away[worst] + 1:.6g}, {excess} (allowed: {tol:g}); {hint}")


def _real(name: str, values: Any) -> Any:
    """Floating-point array or Tensor with at least one state."""
    if not hasattr(values, "__array_function__"):
        try:
            values = np.asarray(values)
        except ValueError as error:
            raise ValueError(f"{name} is not a rectangular array: {error}") from None
    if values.dtype.kind in "biu":
        values = values * 1.0
    if values.dtype.kind != "f":
        raise ValueError(f"{name} has dtype {values.dtype}, expected real numbers")
    if values.ndim == 0 or values.size == 0:
        raise ValueError(f"{name} has shape {values.shape}, expected at least one state along the last axis")
    return values
