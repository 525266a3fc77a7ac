# ruff: noqa
"""Ends Python inside a call, as if the tests had passed."""
# expect: crashed 4
# the rest is right

import os
def double(x):
    os._exit(0)
