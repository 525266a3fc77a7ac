# ruff: noqa
"""Never returns, in one instruction that nothing can interrupt."""
# expect: timeout 4
# the rest is right

def double(x):
    return sum(range(10**18))
