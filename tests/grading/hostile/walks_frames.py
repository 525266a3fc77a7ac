# ruff: noqa
"""Looks for the right answer in the frames of its callers."""
# expect: partial 0

import sys
def found():
    frame = sys._getframe()
    while frame is not None:
        for name in ("want", "expected", "right", "reference"):
            if name in frame.f_locals:
                yield frame.f_locals[name]
        frame = frame.f_back

def answer(*args):
    for value in found():
        return value
    return -12345
double = total = order = apply = draw = answer
