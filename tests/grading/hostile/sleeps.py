# ruff: noqa
"""Waits for ever without computing."""
# expect: timeout 4
# the rest is right

import time
def double(x):
    time.sleep(1e6)
