"""Are the tests good enough?  Break each rule and composition in every small way; the table of cases must notice.

A mutant that no case notices is either equal to the original (then it stands in EQUIVALENT, with the reason) or
shows a case that is missing.
"""

import ast
import sys
import warnings
from contextlib import contextmanager, nullcontext
from itertools import combinations
from unittest.mock import patch

import numpy as np
import pytest
from cases_shapes import CASES
from conventions import CONVENTIONS, check_convention
from mutants import (
    array_names,
    compiled,
    engine_functions,
    engine_rules,
    mutations,
    node_of,
    replaced,
    text_of,
    underlying,
    with_helpers,
)

import minigen as mg
from minigen.autodiff.duck import HANDLERS, name_of
from minigen.autodiff.tensor import RULES, Each

EQUIVALENT = {  # (function, mutation) -> why nothing can tell it from the original
    ("np.add", "rules 0 and 1 swapped"): "both are g",
    ("affine[2]", "dropped: np.ones_like(raw(g)[:, 0]) @ g -> g"): "fit sums the rows too, only slower",
    ("affine[2]", "x and bias swapped"): "then always g, and fit sums the rows, only slower",
    ("affine[2]", "weight and bias swapped"): "then always g, and fit sums the rows, only slower",
    ("np.diagonal on Tensors", "changed: n + min(offset, 0) -> n - min(offset, 0)"): "the array ends there anyway",
    ("np.diagonal on Tensors", "dropped: n + min(offset, 0) -> n"): "the array ends there anyway",
    ("np.diagonal on Tensors", "dropped: m + 1 -> m"): "a stop before the next step but after the last entry",
    ("np.dot on Tensors", "changed: np.ndim(b) <= 2 -> np.ndim(b) < 2"): "tensordot does matrices too, only slower",
    ("np.einsum on Tensors", "changed: s.count(c) > 1 -> s.count(c) >= 1"): "the loop below asks again",
    ("np.einsum on Tensors", "dropped: '...' * ('...' in inputs) -> '...'"): "without dots, the dots stand for nothing",
    ("np.linalg.norm on Tensors", "changed: ord > 0 -> ord >= 0"): "ord is infinite there",
    ("np.prod on Tensors", "changed: 1 + np.sum(x, axis=0) -> 1 - np.sum(x, axis=0)"): "the sum is empty there",
}


def run_case(form, shapes):
    """What test_rules.py asks of a form, with fixed numbers."""
    rng = np.random.default_rng(1)
    arrays = form.draw(rng, shapes)
    y, expected = form(*(mg.Tensor(x, requires_grad=True) for x in arrays)).data, form(*arrays)
    assert y.shape == np.shape(expected)
    np.testing.assert_allclose(y, expected, rtol=1e-12, atol=1e-12)
    mg.check_grad(form, *arrays, order=form.order, rng=rng)


CHECKS = [
    *((run_case, form, shapes) for forms in CASES.values() for form in forms for shapes in form.fixed_shapes()),
    *((check_convention, name) for name in CONVENTIONS),
]


def checks_by_code():
    """For the code of each function of the engine, the checks that run it."""
    reached: dict = {}
    for check, *args in CHECKS:
        codes = set()
        sys.setprofile(lambda frame, event, arg, codes=codes: codes.add(frame.f_code) if event == "call" else None)
        try:
            check(*args)
        finally:
            sys.setprofile(None)
        for code in codes:
            reached.setdefault(code, []).append((check, *args))
    return reached


def units():
    """Every function that takes part in a derivative: (name, function, names of its arrays, whether to scale it)."""
    found = {}
    for function, table in engine_rules().items():
        rules = [table.rule] if isinstance(table, Each) else [r for r in table if r is not None]
        for i, rule in enumerate(map(underlying, rules)):
            arrays = [] if isinstance(table, Each) else array_names(rule, len(table))
            found.setdefault(rule, (f"{name_of(function)}[{i}]", rule, arrays, True))
    for rule in list(found):
        for helper in with_helpers(rule):
            if helper in RULES:  # its value, not its derivative
                continue
            found.setdefault(helper, (f"{found[rule][0]}: {helper.__name__}", helper, [], helper.__name__ != "axes_of"))
    for function in engine_functions():
        handler = HANDLERS[function]
        if getattr(handler, "__module__", "") == "minigen.autodiff.compose":
            found.setdefault(handler, (f"{name_of(function)} on Tensors", handler, [], True))
    return list(found.values())


def noticed(checks, mutant, loops: bool) -> bool:
    with mutant:
        for check, *args in checks:
            try:
                with bounded() if loops else nullcontext():
                    check(*args)
            except Exception:
                return True
    return False


@contextmanager
def bounded(calls: int = 20_000):
    """An error after so many calls: a mutant may loop for ever."""
    left = iter(range(calls))

    def count(frame, event, arg):
        if event == "call" and next(left, None) is None:
            raise RuntimeError("too many calls")

    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(None)


@pytest.mark.slow
def test_every_mutant_is_noticed(capsys):
    total, survivors = 0, []
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        reached = checks_by_code()
        for name, function, arrays, scale in units():
            checks = sorted(reached.get(function.__code__, []), key=lambda c: c[0] is run_case)
            assert checks, f"no case runs {name}: {text_of(function)}"
            loops = any(isinstance(n, ast.While) for n in ast.walk(node_of(function)))
            for what, node in mutations(function, arrays, scale):
                total += 1
                if not noticed(checks, replaced(function, compiled(function, node)), loops):
                    survivors.append((name, what))
        for function, table in engine_rules().items():
            for i, j in [] if isinstance(table, Each) else combinations(range(len(table)), 2):
                if table[i] is None or table[j] is None:
                    continue
                total += 1
                order = [{i: j, j: i}.get(k, k) for k in range(len(table))]
                checks = reached[underlying(table[i]).__code__]
                if not noticed(checks, patch.dict(RULES, {function: tuple(table[k] for k in order)}), False):
                    survivors.append((name_of(function), f"rules {i} and {j} swapped"))
    unnoticed = set(survivors)
    with capsys.disabled():
        print(f"\nmutants noticed: {total - len(survivors)} of {total - len(unnoticed & set(EQUIVALENT))}, ", end="")
        print(f"and {len(unnoticed & set(EQUIVALENT))} that are equal to the original")
    assert unnoticed == set(EQUIVALENT)


def test_mutants_compile_back_to_the_original():
    """The machinery itself: an unchanged tree gives the function that was there."""
    for _, function, _, _ in units():
        code = compiled(function, node_of(function))
        assert code.co_names == function.__code__.co_names and code.co_varnames == function.__code__.co_varnames
