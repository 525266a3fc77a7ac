# ruff: noqa
"""Returns lists within lists, 100,000 deep."""
# expect: partial 4
# the rest is right

def double(x):
    value = []
    for _ in range(100_000):
        value = [value]
    return value
