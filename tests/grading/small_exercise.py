"""A small exercise for tests of the grader: its tests, its stub, and right answers."""

TESTS = '''\
"""Exercise 07: numbers."""
import numpy as np
from hypothesis import example, given, strategies as st
from hypothesis.extra.numpy import arrays
from minigen.grading import assert_close, hint, points, sub

numbers = st.integers(-9, 9)

@points(2)
@hint("twice as much")
@example(5)
@given(numbers)
def test_double(x):
    """twice the number"""
    want = 2 * x
    assert_close(sub.double(x), want)

@points(1)
@hint("add them up")
@example(np.array([1.0, 2.0]))
@given(arrays(float, st.integers(1, 5), elements=st.integers(1, 9).map(float)))
def test_total(a):
    """the sum of an array"""
    want = a.sum()
    assert_close(sub.total(a), want)

@points(1)
@hint("smallest first")
def test_order():
    """a list in order"""
    got = sub.order([3, 1, 2])
    assert isinstance(got, list) and got == [1, 2, 3], f"not in order: {got!r}"

@points(1)
@hint("call the function with x")
@example(3)
@given(numbers)
def test_apply(x):
    """a function that is called"""
    assert_close(sub.apply(lambda z: z * z + 1, x), x * x + 1)

@points(1)
@hint("draw from the generator that you are given")
@given(st.integers(0, 99))
def test_draw(seed):
    """random numbers"""
    rng = np.random.default_rng(seed)
    got = sub.draw(rng, 3)
    assert_close(got, rng.normal(size=3))
'''

STUB = '''\
import numpy as np


def double(x):
    raise NotImplementedError


def total(a):
    raise NotImplementedError


def order(xs):
    raise NotImplementedError


def apply(f, x):
    raise NotImplementedError


def draw(rng, n):
    raise NotImplementedError
'''

RIGHT = '''\
import numpy as np


def double(x):
    return 2 * x


def total(a):
    return np.sum(a)


def order(xs):
    return sorted(xs)


def apply(f, x):
    return f(x)


def draw(rng, n):
    return rng.normal(size=n)
'''

HALF = RIGHT.replace("2 * x", "x * x").replace("np.sum(a)", "np.max(a)")  # 3 of 6 points
