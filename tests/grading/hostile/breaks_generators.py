# ruff: noqa
"""Returns generators, and breaks the one that it is given."""
# expect: partial 5
# the rest is right

import numpy as np
def draw(rng, n):
    rng.bit_generator.state = dict(rng.bit_generator.state, state={"state": 0, "inc": 0})
    return rng
