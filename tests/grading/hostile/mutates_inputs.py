# ruff: noqa
"""Changes its inputs so that a wrong answer looks right."""
# expect: partial 5
# the rest is right

def total(a):
    a[...] = 0
    return 0.0
