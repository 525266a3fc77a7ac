# ruff: noqa
"""Returns arrays of objects, of texts, of dates, of records."""
# expect: partial 0

import numpy as np
class Reduce:
    def __reduce__(self): return (print, ("unpickled",))
double = lambda x: np.array([Reduce()], dtype=object)
total = lambda a: np.array(["text"])
order = lambda xs: np.zeros(3, "M8[s]")
apply = lambda f, x: np.zeros(1, "i4,O")
draw = lambda rng, n: np.ma.masked_all(n)
