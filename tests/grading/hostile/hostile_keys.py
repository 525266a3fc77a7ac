# ruff: noqa
"""Returns a dict with a hundred thousand keys chosen to collide."""
# expect: timeout 4
# the rest is right

def double(x):
    return {k * ((1 << 61) - 1): k for k in range(100_000)}
