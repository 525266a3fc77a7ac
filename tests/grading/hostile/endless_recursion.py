# ruff: noqa
"""Lifts the limit of recursion and calls itself."""
# expect: timeout or crashed or memory 4
# the rest is right

import sys
sys.setrecursionlimit(10**9)
def double(x):
    return double(x) + double(x)
