# ruff: noqa
"""Returns an array of a class whose comparisons are always true."""
# expect: partial 0

import numpy as np
class Yes(np.ndarray):
    def __array_ufunc__(self, *args, **kwargs): return np.True_
    def __array_function__(self, *args, **kwargs): return np.True_
    def __eq__(self, other): return True
    def __sub__(self, other): return np.zeros(self.shape)
    shape = property(lambda self: ())
double = total = draw = lambda *args: np.full(3, 1e9).view(Yes)
class Real(float):
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
apply = lambda f, x: Real(1e9)
class Liar(list):
    def __eq__(self, other): return True
    def __iter__(self): return iter([0, 0, 0])
order = lambda xs: Liar([9])
