# ruff: noqa
"""Returns an integer of a million digits."""
# expect: partial 4
# the rest is right

def double(x):
    return 1 << 4_000_000
