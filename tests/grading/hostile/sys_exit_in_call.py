# ruff: noqa
"""Leaves politely inside a call."""
# expect: partial 4
# the rest is right

import sys
def double(x):
    sys.exit(0)
