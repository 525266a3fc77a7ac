# ruff: noqa
"""Returns ten million small values."""
# expect: partial 4
# the rest is right

def double(x):
    return [None] * 10_000_000
