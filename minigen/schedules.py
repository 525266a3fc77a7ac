"""Learning-rate schedules: functions of the number of steps made so far, giving a factor on the learning rate."""

import math
from collections.abc import Callable

__all__ = ["cosine_decay"]


def cosine_decay(steps: int, last: float = 0.0) -> Callable[[int], float]:
    """step -> last + (1 - last) (1 + cos(pi step / steps)) / 2: from 1 at step 0 to `last` at `steps` and after.

    (Loshchilov and Hutter 2017, without restarts.)"""
    if not steps >= 1:
        raise ValueError(f"steps is {steps!r}, expected a whole number >= 1")
    if not 0 <= last <= 1:
        raise ValueError(f"last is {last!r}, expected a factor between 0 and 1")
    return lambda step: last + (1 - last) * 0.5 * (1 + math.cos(math.pi * min(step, steps) / steps))
