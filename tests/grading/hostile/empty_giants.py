# ruff: noqa
"""Returns an array without entries that is endless to loop over."""
# expect: partial 4
# the rest is right

import numpy as np
def double(x):
    return np.zeros((1 << 24, 0))
