"""Weights as integers with equal sums, exactly: what the solvers work on, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import fsum, gcd, lcm
from typing import Any, NamedTuple

import numpy as np

from minigen.autodiff import raw
from minigen.device import asnumpy

SCALE = 1 << 60  # float masses become multiples of 2^-60 of their total


class Masses(NamedTuple):
    """Integer masses A (m) and B (n) with equal sums, and `back`, which turns integer flows into masses again.

    a, b: the weights, as arrays.  exact: the flows' masses are integers or Fractions, and so are their sums."""

    A: list[int]
    B: list[int]
    a: np.ndarray
    b: np.ndarray
    back: Callable[[Sequence[int]], np.ndarray]
    exact: bool


def masses(a: Any, b: Any, m: int, n: int, normalise: bool = False) -> Masses:
    """The weights of m rows and n columns; None is uniform, 1/m or 1/n each.

    Integers and Fractions are kept exactly.  normalise: divide each side by its sum.  ValueError for a negative or
    not finite weight, a wrong length, or sums that differ by more than 1e-9 of them (1e-6 in single precision); up to
    that, b is rescaled to the sum of a."""
    if a is None and b is None:
        common = gcd(m, n)
        whole = m * n // common
        uniform = np.full(m, 1 / m), np.full(n, 1 / n)
        return Masses([n // common] * m, [m // common] * n, *uniform, lambda f: np.array([v / whole for v in f]), False)
    sides = [_weights(*side) for side in (("a", a, m), ("b", b, n))]
    if normalise:
        sides = [_normalised(w) for w in sides]
    if all(isinstance(w, list) for w in sides):
        return _from_exact(*sides)
    return _from_floats(*_balanced(sides[0], sides[1], _tolerance(a, b)))


def float_masses(a: Any, b: Any, m: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The same weights as two arrays of float64 with equal sums, for closed forms."""
    return _balanced(_weights("a", a, m), _weights("b", b, n), _tolerance(a, b))


def _weights(name: str, w: Any, n: int) -> Any:
    """A list of integers or Fractions, or an array of float64, checked."""
    if w is None:
        return [Fraction(1, n)] * n
    array = np.asarray(asnumpy(raw(w)))
    if array.shape != (n,):
        raise ValueError(f"{name} has shape {array.shape}, expected ({n},): one weight for each point (None: uniform)")
    if array.dtype.kind == "O" and not all(isinstance(v, (int, Fraction)) for v in array.tolist()):
        array = array.astype(np.float64)
    if array.dtype.kind not in "biufO":
        raise ValueError(f"{name} has dtype {array.dtype}, expected real numbers")
    allowed = (array >= 0) & (array < np.inf)
    if not allowed.all():
        k = int(np.argmin(allowed))
        raise ValueError(f"{name}[{k}] is {array[k]}, expected a finite weight >= 0")
    if array.dtype.kind == "O" and array.max() > 1e300:
        raise ValueError(f"{name} has a weight beyond 1e300, too large for float64; rescale the weights")
    if not array.any():
        raise ValueError(f"{name} sums to 0: there is no mass to move")
    if array.dtype.kind == "f":
        return array.astype(np.float64)
    return [v if isinstance(v, Fraction) else int(v) for v in array.tolist()]


def _normalised(w: Any) -> Any:
    if isinstance(w, list):
        total = sum(w)
        return [Fraction(v) / total for v in w]
    return w / fsum(w)


def _from_exact(a: list, b: list) -> Masses:
    _check_sums(sum(a), sum(b), 0)
    unit = lcm(*(Fraction(v).denominator for v in {*a, *b}))
    A, B = [int(v * unit) for v in a], [int(v * unit) for v in b]
    common = gcd(*A, *B)
    A, B, one = [v // common for v in A], [v // common for v in B], Fraction(common, unit)
    whole = all(isinstance(v, int) for v in (*a, *b))

    def back(flow: Sequence[int]) -> np.ndarray:
        return _exact([int(f * one) if whole else f * one for f in flow])

    return Masses(A, B, _exact(a), _exact(b), back, True)


def _tolerance(a: Any, b: Any) -> float:
    """How far the sums may be apart, relatively."""
    kinds = [np.asarray(asnumpy(raw(w))).dtype for w in (a, b) if w is not None]
    return 1e-6 if any(t.kind == "f" and t.itemsize < 8 for t in kinds) else 1e-9


def _balanced(a: Any, b: Any, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
    """Both as float64, b rescaled to the sum of a if they differ by rounding."""
    a, b = np.array(a, dtype=np.float64), np.array(b, dtype=np.float64)
    with np.errstate(over="ignore"):
        s, t = float(a.sum()), float(b.sum())
    if not max(s, t) < 1e300:
        raise ValueError(f"the weights sum to {s:.6g} and {t:.6g}: too large for float64; rescale them")
    _check_sums(s, t, tolerance)
    return a, b * (s / t)


def _from_floats(a: np.ndarray, b: np.ndarray) -> Masses:
    total = fsum(a)
    A, B = _rounded(a / total), _rounded(b / total)
    return Masses(A, B, a, b, lambda flow: np.array([f / SCALE * total for f in flow]), False)


def _rounded(shares: np.ndarray) -> list[int]:
    """Shares of 1 as integers that sum to SCALE; the rounding goes to the largest."""
    A = [round(s * SCALE) for s in shares.tolist()]
    A[int(shares.argmax())] += SCALE - sum(A)
    return A


def _check_sums(s: Any, t: Any, tolerance: float) -> None:
    if abs(s - t) > tolerance * max(s, t):
        raise ValueError(
            f"a sums to {float(s):.12g} and b to {float(t):.12g}, {float(abs(s - t)):.3g} apart: the sums must agree; "
            "if only the proportions matter, divide each by its sum (transport_plan: normalise=True)"
        )


def _exact(values: Sequence) -> np.ndarray:
    """An integer array if all are integers that fit, else an array of Python integers or Fractions."""
    if all(isinstance(v, int) and v < 2**63 for v in values):
        return np.array(values, dtype=np.int64)
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
