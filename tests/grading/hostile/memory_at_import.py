# ruff: noqa
"""Takes all memory while it is loaded."""
# expect: memory 0

import numpy as np
hoard = []
while True:
    hoard.append(np.empty(1 << 25))
