"""Types of command-line options: each turns text into a number, or says what was expected."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from typing import TypeVar

__all__ = ["fraction", "non_negative", "non_negative_integer", "positive", "positive_integer"]

N = TypeVar("N", int, float)


def positive_integer(text: str) -> int:
    return _number(int, text, lambda x: x >= 1, "a whole number >= 1")


def non_negative_integer(text: str) -> int:
    return _number(int, text, lambda x: x >= 0, "a whole number >= 0")


def non_negative(text: str) -> float:
    return _number(float, text, lambda x: 0 <= x < math.inf, "a number >= 0")


def positive(text: str) -> float:
    return _number(float, text, lambda x: 0 < x < math.inf, "a number above 0")


def fraction(text: str) -> float:
    return _number(float, text, lambda x: 0 <= x < 1, "a number from 0 up to, but not, 1")


def _number(kind: type[N], text: str, allowed: Callable[[N], bool], expected: str) -> N:
    try:
        value = kind(text)
        if allowed(value):
            return value
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{text!r} is not {expected}")
