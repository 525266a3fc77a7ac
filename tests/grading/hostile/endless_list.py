# ruff: noqa
"""Returns a list that contains itself."""
# expect: partial 4
# the rest is right

def double(x):
    value = []
    value += [value] * 9
    return value
