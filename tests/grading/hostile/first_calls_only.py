# ruff: noqa
"""Is right on the first three calls only."""
# expect: partial 4
# the rest is right

calls = 0
def double(x):
    global calls
    calls += 1
    return 2 * x if calls <= 3 else 0
