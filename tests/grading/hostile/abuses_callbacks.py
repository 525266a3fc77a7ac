# ruff: noqa
"""Calls the functions that it is given with anything, often, and when it should not."""
# expect: partial 4
# the rest is right

import numpy as np
kept = []
def apply(f, x):
    kept.append(f)
    for argument in (None, "text", [1] * 1000, {"a": 1}, np.zeros(1000), 1 << 5000):
        try:
            f(argument)
        except Exception:
            pass
        try:
            f(argument, argument, key=argument)
        except Exception:
            pass
    return f(x)
def double(x):
    for f in kept:
        x = f(x)
    return x
def order(xs):
    return sorted(xs)
