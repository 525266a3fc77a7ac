"""Contenders side by side: first their numbers must agree, then they take turns.

A figure is the median over rounds of the time of a step; a ratio is the median, and its spread the quartiles, of the
ratios within a round, so that a busy machine disturbs all alike.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

SIX_DIGITS = 1e-6  # in float64: the same algorithm, rounded in another order
DTYPES = {"float32": np.float32, "float64": np.float64}


@dataclass(frozen=True)
class Workload:
    """problem(dtype) makes the data; contenders: name -> make(problem), which gives a function that makes a step and
    returns its losses; or a word why this one is left out.

    aim: dtype -> the ratio to torch that is aimed at, or None; these dtypes are timed.  single: how far losses in
    float32 may be from those in float64, as a share of them; scale: the size of the terms, where they cancel.
    checked: of so many steps, before anything is timed."""

    name: str
    title: str
    problem: Callable[[Any], Any]
    contenders: dict[str, Callable | str]
    aim: dict[str, float | None]
    single: float = 1e-4
    scale: float = 0.0
    checked: int = 10


@dataclass
class Timing:
    """seconds: name -> per step, in each round.  first: of the first step, compilation included.  left_out: why."""

    workload: Workload
    dtype: str
    seconds: dict[str, np.ndarray]
    first: dict[str, float]
    left_out: dict[str, str] = field(default_factory=dict)


def start(workload, dtype, only=None):
    """(name -> step function, name -> seconds of the first step, name -> why it is left out), losses having agreed."""
    reference = losses(workload.contenders["NumPy by hand"](workload.problem(np.float64)), workload.checked)
    p, steps, first, left_out = workload.problem(DTYPES[dtype]), {}, {}, {}
    for name, make in workload.contenders.items():
        if only is not None and name not in only:
            continue
        if isinstance(make, str):
            left_out[name] = make
            continue
        try:
            step = make(p)
            begin = time.perf_counter()
            values = losses(step, 1)
            first[name] = time.perf_counter() - begin
        except ImportError as error:
            left_out[name] = f"not installed ({error})"
            continue
        check(
            workload,
            name,
            dtype,
            np.concatenate([values, *[losses(step, 1) for _ in range(workload.checked - 1)]]),
            reference,
        )
        steps[name] = step
    return steps, first, left_out


def losses(step, n):
    return np.array([np.atleast_1d(step()) for _ in range(n)], dtype=np.float64)


def check(workload, name, dtype, values, reference):
    """AssertionError if a contender computes something else."""
    tolerance = SIX_DIGITS if dtype == "float64" else workload.single
    np.testing.assert_allclose(
        values, reference, rtol=tolerance, atol=tolerance * workload.scale,
        err_msg=f"{workload.name} in {dtype}: the losses of {name} are not those of NumPy by hand in float64",
    )  # fmt: skip


def take_turns(steps, rounds, seconds, clock=time.perf_counter, progress=lambda rounds: rounds):
    """name -> seconds per step in each round; the order changes from round to round."""
    count = {name: steps_in(step, seconds, clock) for name, step in steps.items()}
    times = {name: [] for name in steps}
    names = list(steps)
    for r in progress(range(rounds)):
        k = r % len(names)
        for name in names[k:] + names[:k]:
            step, n = steps[name], count[name]
            step()  # its data come back into the caches
            begin = clock()
            for _ in range(n):
                step()
            times[name].append((clock() - begin) / n)
    return {name: np.array(t) for name, t in times.items()}


def steps_in(step, seconds, clock):
    """How many steps take so long, at least one."""
    n = 1
    while True:
        begin = clock()
        for _ in range(n):
            step()
        took = clock() - begin
        if took > seconds / 8:
            return max(1, round(n * seconds / took))
        n *= 2


def ratio(mine, theirs):
    """(median, lower quartile, upper quartile) over rounds of the ratio within a round."""
    low, median, high = np.quantile(mine / theirs, [0.25, 0.5, 0.75])
    return float(median), float(low), float(high)


def best_torch(seconds):
    """The faster of torch's foreach and fused optimisers, or None."""
    found = [name for name in ("torch foreach", "torch fused", "torch") if name in seconds]
    return min(found, key=lambda name: np.median(seconds[name]), default=None)
