# ruff: noqa
"""Returns functions, modules, classes and itself."""
# expect: partial 0

import sys
double = lambda x: double
total = lambda a: sys
order = lambda xs: Exception
apply = lambda f, x: f
draw = lambda rng, n: (k for k in range(n))
