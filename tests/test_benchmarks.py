"""The benchmarks compare like with like: every contender, and the engine without each lever, computes the same."""

import csv
import itertools
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[1]))
from benchmarks import levers, measure, page, workloads
from benchmarks.profile import Stopwatch

SMALL = [w for w in workloads.WORKLOADS if w.name not in ("W4 wide", "W6 deep")]
CASES = [(w, name) for w in SMALL for name, make in w.contenders.items() if callable(make) and name != "NumPy by hand"]
SLOW = ("jax jit", "tinygrad jit")  # their compilers take seconds for each workload: W1 has to do
STEPS = 4


def named(case):
    return f"{case[0].name} {case[1]}"


@pytest.fixture(scope="module")
def expected():
    """name of the workload -> losses of NumPy by hand in float64."""
    return {
        w.name: measure.losses(w.contenders["NumPy by hand"](w.problem(np.float64)), min(STEPS, w.checked))
        for w in SMALL
    }


@pytest.mark.parametrize("case", CASES, ids=named)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_contenders_compute_the_same(case, dtype, expected):
    workload, name = case
    if name in SLOW and workload.name != "W1":
        pytest.skip(f"compiling {workload.name} takes seconds")
    try:
        values = measure.losses(
            workload.contenders[name](workload.problem(measure.DTYPES[dtype])), len(expected[workload.name])
        )
    except ImportError as error:
        pytest.skip(str(error))
    measure.check(workload, name, dtype, values, expected[workload.name])


def test_float32_is_float32(expected):
    """A contender that computes in double precision behind the back of its user is as exact as double precision."""
    (w,) = (w for w in SMALL if w.name == "W1")
    values = measure.losses(w.contenders["NumPy by hand"](w.problem(np.float32)), STEPS)
    assert 1e-9 < np.max(np.abs(values / expected["W1"] - 1)) < 1e-6


def test_who_computes_something_else_is_refused():
    (w,) = (w for w in SMALL if w.name == "W1")
    honest = w.contenders["NumPy by hand"]

    def other(p):
        p.weights[1][1][:] *= 1.001  # the biases of one layer
        return honest(p)

    cheat = replace(w, contenders={"NumPy by hand": honest, "cheat": other})
    with pytest.raises(AssertionError, match="the losses of cheat are not those"):
        measure.start(cheat, "float64")


def test_who_is_not_installed_is_left_out_with_a_word():
    def make(p):
        import a_library_that_nobody_has  # noqa: F401

    (w,) = (w for w in SMALL if w.name == "W1")
    some = replace(w, contenders={"NumPy by hand": w.contenders["NumPy by hand"], "other": make, "third": "it is slow"})
    steps, first, left_out = measure.start(some, "float64")
    assert list(steps) == list(first) == ["NumPy by hand"]
    assert "a_library_that_nobody_has" in left_out["other"] and left_out["third"] == "it is slow"


@pytest.mark.parametrize("name", [*levers.LEVERS, *levers.CHECKS])
@pytest.mark.parametrize("where", ["W1", "W4", "W5"])
def test_the_engine_without_a_lever_computes_the_same(name, where, expected):
    lever, workloads_of_it = (levers.LEVERS | levers.CHECKS)[name]
    if where not in workloads_of_it:
        pytest.skip(f"{where} does not use it")
    (w,) = (w for w in SMALL if w.name == where)
    before = [(thing, attribute, _get(thing, attribute)) for thing, attribute, _ in lever()]
    with levers.without(lever):
        assert all(_get(thing, attribute) is not value for thing, attribute, value in before)
        values = measure.losses(w.contenders["minigen"](w.problem(np.float64)), STEPS)
    measure.check(w, name, "float64", values, expected[where])
    assert all(_get(thing, attribute) is value for thing, attribute, value in before)


def _get(thing, name):
    return thing[name] if isinstance(thing, (dict, list)) else getattr(thing, name)


def test_turns_are_taken_in_changing_order():
    """A clock that each call moves on by its own cost: the times found are these costs."""
    now, calls = [0.0], []

    def step(name, cost):
        def call():
            now[0] += cost
            calls.append(name)

        return call

    steps = {"a": step("a", 0.5), "b": step("b", 0.125)}
    times = measure.take_turns(steps, rounds=4, seconds=1.0, clock=lambda: now[0])
    assert {name: t.tolist() for name, t in times.items()} == {"a": [0.5] * 4, "b": [0.125] * 4}
    order = [name for name, _ in itertools.groupby(calls[-4 * (3 + 9) :])]  # 2 and 8 steps, and one each to warm up
    assert order == ["a", "b", "a", "b", "a"]  # ab ba ab ba


def test_a_stopwatch_takes_off_what_is_inside():
    now = [0.0]
    watch = Stopwatch(clock=lambda: now[0])

    def inner():
        now[0] += 2.0

    timed = watch.wrap(inner, "inner")

    def outer():
        now[0] += 1.0
        timed()
        timed()

    watch.wrap(outer, "outer")()
    assert watch.own == {"inner": 4.0, "outer": 1.0} and watch.calls == {"inner": 2, "outer": 1}


def test_a_ratio_is_the_median_of_those_within_a_round():
    mine, theirs = np.array([1.0, 3.0, 90.0, 2.0, 2.0]), np.array([2.0, 4.0, 100.0, 4.0, 8.0])
    assert measure.ratio(mine, theirs) == (0.5, 0.5, 0.75)  # of 0.25, 0.5, 0.5, 0.75, 0.9
    assert measure.best_torch({"torch loop": [1], "torch foreach": [3], "torch fused": [2]}) == "torch fused"


def test_the_page_says_what_was_measured(tmp_path):
    (w,) = (w for w in SMALL if w.name == "W1")
    seconds = {"minigen": [1e-3] * 3, "torch loop": [4e-3] * 3, "torch fused": [2e-3] * 3, "NumPy by hand": [8e-4] * 3}
    timing = measure.Timing(
        w, "float32", {name: np.array(t) for name, t in seconds.items()}, dict.fromkeys(seconds, 0.1), {"jax": "absent"}
    )
    page.write([timing], [("More", "Text.\n")], tmp_path, rounds=3, seconds=0.2, clock="the clock")
    text = (tmp_path / "speed.md").read_text()
    assert "| 0.50 (0.50-0.50) | 0.50 | 0.25 | 1.25 | 0.40 |" in text and "- jax is not in W1: absent." in text
    rows = list(csv.DictReader((tmp_path / "speed.csv").read_text().splitlines()))
    assert [(r["contender"], float(r["ratio"]), float(r["microseconds"])) for r in rows] == [
        ("minigen", 0.5, 1000), ("torch loop", 2, 4000), ("torch fused", 1, 2000), ("NumPy by hand", 0.4, 800)
    ]  # fmt: skip
    assert (tmp_path / "speed.png").read_bytes().startswith(b"\x89PNG")
