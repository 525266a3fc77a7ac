"""The catalogue: 93 claims that the lectures check, and 52 errata of the course texts behind them."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

SEVERITIES = {
    "M": "a number or formula is wrong",
    "H": "a hypothesis is missing",
    "A": "an approximation without its size",
    "T": "a slip of notation",
    "T/H": "a slip of notation and a missing hypothesis",
}


@dataclass(frozen=True)
class Entry:
    """One claim C01..C93: what is true, where it was read, and what the text said about it.

    status: "holds", "condition" (true under a condition that the text omits) or "misprinted";
    remark: the condition or the correction, "" where there is none.
    """

    id: str
    title: str
    statement: str
    sources: tuple[str, ...]
    status: str
    remark: str = ""


@dataclass(frozen=True)
class Erratum:
    """One erratum R01..R52: where, what was printed, what it should say, the claims that show it."""

    id: str
    severity: str
    place: str
    printed: str
    correct: str
    claims: tuple[str, ...]


@cache
def _raw() -> dict:
    return tomllib.loads((files("minigen") / "data" / "catalogue.toml").read_text(encoding="utf-8"))


@cache
def sources() -> dict[str, str]:
    """Number of each course text -> what it is about."""
    return dict(_raw()["sources"])


@cache
def claims() -> dict[str, Entry]:
    """Id -> claim, in order."""
    return {
        key: Entry(key, e["title"], e["statement"], tuple(e["sources"]), e["status"], e.get("remark", ""))
        for key, e in _raw()["claims"].items()
    }


@cache
def errata() -> dict[str, Erratum]:
    """Id -> erratum, in order."""
    return {
        key: Erratum(key, e["severity"], e["place"], e["printed"], e["correct"], tuple(e["claims"]))
        for key, e in _raw()["errata"].items()
    }


def source_of(id: str) -> str:
    """Where the claim or erratum was read (numbers of the texts); "" for an id outside the catalogue."""
    if id in errata():
        return errata()[id].place
    if id in claims():
        numbers = claims()[id].sources
        return f"source{'s' * (len(numbers) > 1)} {', '.join(numbers)}"
    return ""
