# ruff: noqa
"""Is wrong once, on a call that hypothesis repeats."""
# expect: partial 3
# the rest is right

calls = []
def double(x):
    calls.append(x)
    return 0 if len(calls) == 7 else 2 * x
def apply(f, x):
    calls.append(x)
    return f(x) + (calls.count(x) == 3)
