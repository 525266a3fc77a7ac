# ruff: noqa
"""Returns what is masked, no number, a date or as large as numbers get."""
# expect: partial 0

import numpy as np
double = lambda x: np.ma.masked
total = lambda a: np.ma.masked_all(())
order = lambda xs: [np.nan] * 3
apply = lambda f, x: f(1 << 4000)
draw = lambda rng, n: np.zeros(n, "M8[s]")
