"""Numbers on a command line: what cannot be meant is said there, in a line, before anything is looked at."""

import math
from argparse import ArgumentTypeError

_DAY = 86400
_LEAST_MEMORY, _MOST_MEMORY = 256, 1 << 24  # MiB: Python and NumPy need some, and no machine has 16 TiB
_MOST_JOBS = 1000


def seconds(text: str) -> float:
    """A time: more than nothing, and at most a day."""
    number = _number(text)
    if not 0 < number <= _DAY:
        raise ArgumentTypeError(f"expected seconds, more than 0 and at most {_DAY}, such as 2.5; got {text!r}")
    return number


def mebibytes(text: str) -> int:
    """Memory, of which a submission needs some to start."""
    number = _number(text)
    if not (_LEAST_MEMORY <= number <= _MOST_MEMORY and number == int(number)):
        raise ArgumentTypeError(f"expected whole MiB, {_LEAST_MEMORY} at least, such as 1024; got {text!r}")
    return int(number)


def several(text: str) -> int:
    """How many at a time."""
    number = _number(text)
    if not (1 <= number <= _MOST_JOBS and number == int(number)):
        raise ArgumentTypeError(f"expected a whole number from 1 to {_MOST_JOBS}; got {text!r}")
    return int(number)


def _number(text: str) -> float:
    """The number; nan, which no comparison lets pass, if it is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan
