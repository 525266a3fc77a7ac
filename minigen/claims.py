"""claim(id, statement, got, want, tol): the predicted number next to the measured one, or an error.

A derivation ends in a number that the formula predicts. `claim` puts the number that the code measured
next to it, prints one row, records it and raises ClaimError if the two disagree.

    claim("C14", "V(G, D*) = 2 JS - log 4", got=value, want=2 * js - np.log(4), tol=1e-10)
    claim("C02", "JS <= log 2", got=js, at_most=np.log(2), tol=1e-12)
    claim("C67", "mean log ratio is the ELBO", got=ratios.mean(), want=elbo, se=ratios.std() / np.sqrt(n))
"""

import html
import math
import re
import sys
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from minigen import catalogue

MIME = "application/vnd.minigen.claim+json"


class ClaimError(AssertionError):
    """A claim that the numbers do not support."""


@dataclass(frozen=True)
class Claim:
    """One row: what was claimed, what was predicted and measured, and whether the two agree.

    error: largest |got - want|, or how far a bound is exceeded (0 inside it); nan if nothing can be compared.
    """

    id: str
    statement: str
    predicted: str
    measured: str
    error: float
    tolerance: str
    passed: bool
    source: str = ""
    note: str = ""

    def row(self) -> str:
        """The row as plain text."""
        tick = "✓" if self.passed else "✗ FAILS"
        row = f"{tick} {self.id}  {self.statement}\n    predicted {self.predicted}   measured {self.measured}"
        row += f"   error {self.error:.2g}   allowed {self.tolerance}"
        return row + (f"\n    {self.note}" if self.note else "")

    def html(self) -> str:
        """The row as a small table, everything escaped."""
        colour, tick = ("#1a7f5a", "✓") if self.passed else ("#c0392b", "✗ fails")
        cell = "padding:.1em .9em .1em 0;text-align:left;border:0;background:none"
        mono = cell + ";font-family:monospace;white-space:nowrap"

        def small(label: str, text: str) -> str:
            return f'<td style="{mono}"><span style="opacity:.65">{label}</span> {html.escape(text)}</td>'

        note = f'<div style="opacity:.75">{html.escape(self.note)}</div>' if self.note else ""
        return (
            f'<div style="border-left:4px solid {colour};padding:.2em 0 .2em .8em;margin:.2em 0">'
            f'<b style="color:{colour}">{tick} {html.escape(self.id)}</b> {html.escape(self.statement)}{note}'
            f'<table style="margin:0;border:0"><tr>{small("predicted", self.predicted)}'
            f"{small('measured', self.measured)}{small('error', f'{self.error:.2g}')}"
            f"{small('allowed', self.tolerance)}</tr></table></div>"
        )

    def payload(self) -> dict[str, Any]:
        """The row as JSON data; an error that is no finite number becomes its name."""
        data = asdict(self)
        if not math.isfinite(self.error):
            data["error"] = str(self.error)
        return data

    @classmethod
    def from_payload(cls, data: dict[str, Any]) -> "Claim":
        """The inverse of payload()."""
        return cls(**{**data, "error": float(data["error"])})


_records: list[Claim] = []


def records() -> list[Claim]:
    """All claims made so far in this process, in order, those that failed included."""
    return list(_records)


def clear() -> None:
    """Forget all records."""
    _records.clear()


def claim(
    id: str,
    statement: str,
    got: Any,
    want: Any = None,
    tol: float | None = None,
    *,
    at_most: Any = None,
    at_least: Any = None,
    between: tuple[Any, Any] | None = None,
    se: Any = None,
    rtol: float | None = None,
    source: str = "",
    note: str = "",
) -> None:
    """Check `got` against exactly one of want, at_most, at_least, between=(low, high); print and record it.

    id: C01..C93 or R01..R52 of the catalogue, or E01.. for the engine; a letter may follow ("C14b").
    got: what was measured: a number or an array (the worst entry is shown).
    want: what was predicted: a number, or an array of got's shape. Holds if |got - want| <= tol + rtol |want|
    everywhere; nan never holds, and inf equals inf. tol=0 asks for equality.
    se: standard error of got, for random draws: tol is then 4 se unless given.
    For a bound tol is slack, 0 unless given.
    source: where the statement was read; ids of the catalogue know theirs.

    Raises ClaimError when the claim fails, after showing it; ValueError, TypeError when it cannot be checked.
    """
    _check_id(id)
    options = {"want": want, "at_most": at_most, "at_least": at_least, "between": between}
    given = [name for name, value in options.items() if value is not None]
    if len(given) != 1:
        said = "nothing to compare with" if not given else "both " + " and ".join(given)
        raise TypeError(f"{id}: {said}; give exactly one of want=, at_most=, at_least=, between=(low, high)")
    measured = _numbers(id, "got", got)
    if given == ["want"]:
        result = _near(id, measured, _numbers(id, "want", want), tol, rtol, se)
    else:
        if rtol is not None:
            raise TypeError(f"{id}: rtol goes with want=; a bound takes tol= as slack")
        if between is not None and (not isinstance(between, (tuple, list)) or len(between) != 2):
            raise TypeError(f"{id}: between must be a pair (low, high), not {between!r}")
        low, high = between if between is not None else (at_least, at_most)
        result = _within(id, measured, low, high, tol, se)
    record = Claim(id, str(statement), **result, source=source or catalogue.source_of(id[:3]), note=note)
    _records.append(record)
    _show(record)
    if not record.passed:
        raise ClaimError("\n" + record.row())


def your_turn(your_value: Any, true_value: Any, tol: float = 1e-6) -> None:
    """Show a student's answer beside the true value; ... or None is still to be done. Never raises."""
    if _to_do(your_value):
        return _say("… still to be done: write your answer in place of the dots and run the cell again.")
    try:
        yours, true = np.asarray(_raw(your_value)), np.asarray(_raw(true_value))
        if true.dtype.kind in "biufc" and yours.dtype.kind not in "biufc":
            return _say(f"✗ your value should be a number or an array of numbers, not {your_value!r}.")
        if yours.shape != true.shape:
            return _say(f"✗ your value has shape {yours.shape}; an answer of shape {true.shape} is wanted.")
        if true.dtype.kind in "biufc":
            right = bool(np.all(np.abs(_difference(yours, true)) <= tol))
        else:
            right = bool(np.all(yours == true))
        verdict = "✓ they agree" if right else "✗ not yet: look again"
        _say(f"true value  {_brief(true, tol)}\nyour value  {_brief(yours, tol)}   {verdict}")
    except Exception as error:
        _say(f"✗ your value cannot be compared with the true one ({type(error).__name__}: {error}).")


def _check_id(id: str) -> None:
    if not isinstance(id, str) or not re.fullmatch(r"[CRE]\d\d[a-z]?", id):
        raise ValueError(f"claim id {id!r}: expected C01..C93, R01..R52 or E01.., such as 'C14' or 'C14b'")
    for letter, known in (("C", list(catalogue.claims())), ("R", list(catalogue.errata()))):
        if id[0] == letter and id[:3] not in known:
            raise ValueError(f"claim id {id!r} is not in the catalogue, which ends at {known[-1]}")


def _raw(x: Any) -> Any:
    """The plain array of a Tensor or of a device array; anything else as it is."""
    if hasattr(x, "requires_grad"):
        x = x.data
    return x.get() if hasattr(x, "__cuda_array_interface__") and hasattr(x, "get") else x


def _numbers(id: str, name: str, x: Any) -> np.ndarray:
    array = np.asarray(_raw(x))
    if array.dtype == object and array.size and all(type(v) is int for v in array.flat):
        return array  # integers beyond 64 bits stay exact
    if array.dtype.kind not in "biufc":
        raise TypeError(f"{id}: {name} must be a number or an array of numbers, not {x!r}")
    if array.size == 0:
        raise ValueError(f"{id}: {name} is empty (shape {array.shape}): nothing was measured")
    return array.astype(int) if array.dtype == bool else array


def _difference(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a - b, exact for integers, 0 where both are the same infinity."""
    if a.dtype.kind in "iuO" and b.dtype.kind in "iuO":
        return np.asarray(a.astype(object) - b.astype(object), dtype=float)
    with np.errstate(invalid="ignore", over="ignore"):
        return np.where(a == b, 0.0, np.subtract(a, b))


def _allowance(id: str, name: str, value: Any) -> float:
    array = _numbers(id, name, value)
    if array.ndim or array.dtype.kind == "c" or not 0 <= array < math.inf:
        raise ValueError(f"{id}: {name} must be a finite number >= 0, not {value!r}")
    return float(array)


def _standard_error(id: str, se: Any) -> np.ndarray:
    errors = _numbers(id, "se", se).astype(float)
    if not np.all(np.isfinite(errors) & (errors >= 0)):
        raise ValueError(f"{id}: se must be finite and >= 0, not {se!r}")
    return errors


def _near(id: str, got: np.ndarray, want: np.ndarray, tol: Any, rtol: Any, se: Any) -> dict[str, Any]:
    if tol is None and rtol is None and se is None:
        raise TypeError(f"{id}: give tol= (absolute; 0 for equality), rtol= or se= (standard error)")
    if want.shape not in ((), got.shape):
        raise ValueError(f"{id}: got has shape {got.shape}, want {want.shape}; they must be equal")
    allowed, words = np.zeros(()), []
    if tol is not None:
        allowed = allowed + _allowance(id, "tol", tol)
        words.append(f"{float(tol):.3g}")
    elif se is not None:
        allowed = allowed + 4 * _standard_error(id, se)
    if se is not None:
        largest = float(np.max(_standard_error(id, se)))
        words.append(f"4 se = {4 * largest:.2g}" if tol is None else f"(se {largest:.2g})")
    if rtol is not None:
        size = np.abs(want).astype(float)
        allowed = allowed + _allowance(id, "rtol", rtol) * np.where(np.isfinite(size), size, 0.0)
        words.append(f"{rtol:.3g} relative")
    if allowed.shape not in ((), got.shape):
        raise ValueError(f"{id}: se has shape {allowed.shape}, got {got.shape}; they must be equal")
    error = np.abs(_difference(got, want))
    holds = error <= allowed
    worst = _worst(error - allowed)
    scale = float(np.max(allowed))
    return {
        "predicted": _brief(want, scale, worst),
        "measured": _brief(got, scale, worst),
        "error": float(np.max(error)),
        "tolerance": " + ".join(words).replace(" + (", " ("),
        "passed": bool(np.all(holds)),
    }


def _within(id: str, got: np.ndarray, low: Any, high: Any, tol: Any, se: Any) -> dict[str, Any]:
    if got.dtype.kind == "c":
        raise TypeError(f"{id}: complex numbers have no order; compare abs() or the real part")
    slack = 0.0 if tol is None else _allowance(id, "tol", tol)
    beyond, words = np.full(got.shape, -np.inf), []
    for name, bound, sign, symbol in (("lower", low, -1, "≥"), ("upper", high, 1, "≤")):
        if bound is None:
            continue
        limit = _numbers(id, f"the {name} bound", bound)
        if limit.shape not in ((), got.shape):
            raise ValueError(f"{id}: got has shape {got.shape}, its {name} bound {limit.shape}; make them equal")
        beyond = np.maximum(beyond, sign * _difference(got, limit))
        words.append((symbol, limit))
    if len(words) == 2 and not np.all(words[0][1] <= words[1][1]):
        raise ValueError(f"{id}: between=({low!r}, {high!r}) is empty: the lower bound exceeds the upper")
    worst = _worst(beyond)
    excess = float(np.max(beyond))
    fine = excess if slack < excess < 1e-4 else 1e-4
    limits = [_brief(limit, fine, worst) for _, limit in words]
    scatter = "" if se is None else f" (se {float(np.max(_standard_error(id, se))):.2g})"
    return {
        "predicted": f"{limits[0]} to {limits[1]}" if len(words) == 2 else f"{words[0][0]} {limits[0]}",
        "measured": _brief(got, fine, worst),
        "error": max(0.0, excess) if excess == excess else excess,
        "tolerance": f"{slack:.3g}{scatter}",
        "passed": bool(np.all(beyond <= slack)),
    }


def _worst(error: np.ndarray) -> int:
    flat = np.asarray(error, dtype=float).ravel()
    return int(np.argmax(np.where(np.isnan(flat), np.inf, flat)))


def _brief(x: "np.ndarray[Any, Any]", tol: float, worst: int | None = None) -> str:
    """Few enough digits to read, enough to see an error of size tol; of a large array the worst entry."""
    if x.ndim == 0:
        return _digits(x[()], tol)
    if x.size <= 4:
        return "[" + ", ".join(_digits(v, tol) for v in x.ravel()) + "]"
    if worst is None:
        return f"array of shape {x.shape}, first entry {_digits(x.flat[0], tol)}"
    return f"{_digits(x.flat[worst], tol)} (worst of {x.size})"


def _digits(v: Any, tol: float) -> str:
    if isinstance(v, (int, np.integer, np.bool_, str)):
        return str(v)
    size = abs(v)
    if not np.isfinite(size) or size == 0:
        return str(v)
    digits = 10 if tol <= 0 else math.ceil(math.log10(size) - math.log10(tol)) + 2
    return f"{v:.{min(max(digits, 4), 12)}g}"


def _to_do(value: Any) -> bool:
    if value is None or value is Ellipsis:
        return True
    return isinstance(value, (list, tuple)) and any(_to_do(v) for v in value)


def _say(text: str) -> None:
    try:
        print(text)
    except UnicodeEncodeError:  # a console that knows neither ticks nor Greek
        encoding = getattr(sys.stdout, "encoding", None) or "ascii"
        print(text.encode(encoding, "replace").decode(encoding))


def _show(record: Claim) -> None:
    """In a notebook, display data for the eye and for the runner; elsewhere, one printed row."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if getattr(shell, "kernel", None) is None:
        return _say(record.row())
    display = sys.modules["IPython"].display.display
    display({"text/plain": record.row(), "text/html": record.html(), MIME: record.payload()}, raw=True)
