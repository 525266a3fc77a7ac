# ruff: noqa
"""Returns objects that equal everything and can be made into any number."""
# expect: partial 0

class Yes:
    def __eq__(self, other): return True
    def __getattr__(self, name): return self
    def __call__(self, *args, **kwargs): return self
    def __float__(self): return 0.0
    def __len__(self): return 1
    def __iter__(self): return iter([self])
    def __bool__(self): return True
    def __array__(self, *args, **kwargs):
        import numpy as np
        return np.array(self, dtype=object)
    __ge__ = __le__ = __lt__ = __gt__ = __eq__
    __sub__ = __rsub__ = __add__ = __radd__ = __abs__ = __call__
double = total = apply = order = draw = lambda *args, **kwargs: Yes()
