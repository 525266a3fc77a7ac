# ruff: noqa
"""Makes every comparison of NumPy true."""
# expect: crashed 0

import numpy as np
import numpy.testing
yes = lambda *args, **kwargs: True
np.allclose = np.isclose = np.array_equal = np.array_equiv = np.all = np.equal = np.less_equal = yes
np.testing.assert_allclose = np.testing.assert_equal = np.testing.assert_array_equal = yes
np.asarray = np.array = np.abs = lambda *args, **kwargs: np.float64(0)
def double(x):
    return 0
def total(a):
    return 0
def order(xs):
    return 0
