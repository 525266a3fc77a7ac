# ruff: noqa
"""Returns what it was given."""
# expect: partial 0

double = lambda x: x
total = lambda a: a
order = lambda xs: xs
apply = lambda f, x: f
draw = lambda rng, n: [rng] * n
