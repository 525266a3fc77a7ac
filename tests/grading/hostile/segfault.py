# ruff: noqa
"""Crashes Python."""
# expect: crashed 4
# the rest is right

import ctypes
def double(x):
    ctypes.string_at(0)
