# ruff: noqa
"""Tells what the inputs are that students do not see: in prints, in errors, and by its end."""
# expect: crashed 4
# the rest is right

import os
counts = [0, 0]
def later(which, value):
    counts[which] += 1
    if counts[which] > 21:  # as many as are public
        print("HIDDEN-INPUT", value, flush=True)
    return counts[which] > 25
def total(a):
    if later(0, a):
        raise AssertionError(f"HIDDEN-INPUT {a}")
    return np.sum(a)
def draw(rng, n):
    if later(1, rng.bit_generator.state):
        os._exit(3)
    return rng.normal(size=n)
