# ruff: noqa
"""Raises errors that are called like those of pytest, hypothesis and the grader."""
# expect: partial 0

def error(name):
    raise type(name, (BaseException,), {})("6 of 6 points")
def double(x): error("Skipped")
def total(a): error("UnsatisfiedAssumption")
def order(xs): error("StopTest")
def apply(f, x): error("WorkerLost")
def draw(rng, n): error("XFailed")
