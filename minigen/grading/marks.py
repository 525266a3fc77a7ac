"""Points and hints of tests, and the comparison that tells a student what differs."""

from collections.abc import Callable
from typing import Any

import numpy as np


def points(n: int) -> Callable:
    """Decorator: this test is worth n points, all or nothing.  Goes above or below @given and @parametrize."""
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise ValueError(f"points({n!r}): expected a whole number of points, at least 1")
    return _attach("points", n)


def hint(text: str) -> Callable:
    """Decorator: what a student reads when this test fails; it should name the likely mistake."""
    if not isinstance(text, str) or not text.strip():
        raise ValueError("hint(...) needs a sentence that names the likely mistake")
    return _attach("hint", " ".join(text.split()))


def _attach(name: str, value: Any) -> Callable:
    def decorate(test: Callable) -> Callable:
        setattr(test, name, value)  # hypothesis copies a test's attributes to what @given returns
        return test

    return decorate


def assert_close(got: Any, want: Any, rtol: float = 1e-6, atol: float = 0.0, what: str = "your answer") -> None:
    """Raise AssertionError, in words for a student, unless |got - want| <= atol + rtol |want| and shapes agree.

    got: what the student returned, of any kind.  want: the right numbers; a scalar want takes a () array too.  Truth
    values are right or wrong, whatever is allowed.
    """
    __tracebackhide__ = True
    want = np.asarray(want)
    try:
        given = np.asarray(got)
    except Exception as error:
        raise AssertionError(f"{what} cannot be read as an array: {error}") from None
    if given.dtype.kind not in "biufc":
        raise AssertionError(f"{what} should be an array of numbers, not {_short(got)}")
    if given.dtype.kind == "c" and want.dtype.kind != "c":
        raise AssertionError(f"{what} is complex; real numbers are wanted")
    if given.shape != want.shape:
        raise AssertionError(f"{what} has shape {given.shape}; shape {want.shape} is wanted")
    with np.errstate(all="ignore"):
        same = given == want
        kind = np.result_type(given, want, float)  # differences of integers wrap around, and truth values have none
        far = np.abs(given.astype(kind) - want.astype(kind))
        distance = np.where(same, 0.0, np.where(far == 0, 1.0, far))  # 0: integers beyond 2^53
        size = np.where(np.isfinite(want), np.abs(want.astype(kind)), 0.0)
        right = same if want.dtype.kind == "b" else distance <= atol + rtol * size
    if np.all(right):
        return
    if want.ndim == 0:
        raise AssertionError(f"{what} is {_short(given[()])}; wanted {_short(want[()])}")
    # the worst entry: nan first, then the largest error
    i = np.unravel_index(np.argmax(np.where(right, -1.0, np.nan_to_num(distance, nan=np.inf))), want.shape)
    place = ", ".join(str(int(k)) for k in i)
    wrong = f"{np.size(right) - np.count_nonzero(right)} of {right.size} entries differ"
    raise AssertionError(f"{what}: {wrong}; entry [{place}] is {_short(given[i])}, wanted {_short(want[i])}")


def _short(x: Any) -> str:
    if isinstance(x, (np.bool_, np.integer)):
        return str(x)
    if isinstance(x, (float, complex, np.number)):
        return f"{x:.8g}"
    text = " ".join(repr(x).split())
    return text if len(text) <= 80 else text[:77] + "..."
