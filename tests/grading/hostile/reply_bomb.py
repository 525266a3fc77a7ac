# ruff: noqa
"""Returns more than a grader should take."""
# expect: partial 4
# the rest is right

import numpy as np
def double(x):
    return np.zeros(10**8 // 2, np.uint8)
