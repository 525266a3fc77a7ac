# ruff: noqa
"""Runs code that it brought with it."""
# expect: partial 4
# the rest is right

import mmap
def double(x):
    memory = mmap.mmap(-1, 4096, prot=7)
    memory.write(b"\xc3")
    return 0
