# ruff: noqa
"""Declares the test skipped, in every way that a test runner knows."""
# expect: partial 0

import unittest
class Skipped(BaseException):
    pass
Skipped.__module__ = "_pytest.outcomes"
try:
    from pytest import skip
except ImportError:
    def skip(reason):
        raise Skipped(reason)
def double(x):
    skip("not today")
def total(a):
    raise unittest.SkipTest("not today")
def order(xs):
    raise KeyboardInterrupt
def apply(f, x):
    raise GeneratorExit
def draw(rng, n):
    raise StopIteration
