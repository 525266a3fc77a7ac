# ruff: noqa
"""Maps memory past Python's own count."""
# expect: crashed 4
# the rest is right

import ctypes, mmap
def double(x):
    hoard = []
    try:
        while True:
            hoard.append(mmap.mmap(-1, 1 << 28))
    except (OSError, ValueError, MemoryError):
        ctypes.memset(1, 0, 1 << 40)
