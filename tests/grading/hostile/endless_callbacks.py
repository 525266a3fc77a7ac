# ruff: noqa
"""Calls the function that it is given for ever."""
# expect: timeout 5
# the rest is right

def apply(f, x):
    while True:
        f(x)
