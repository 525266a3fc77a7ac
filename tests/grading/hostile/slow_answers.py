# ruff: noqa
"""Answers each call after a while."""
# expect: timeout 4
# the rest is right

import time
def double(x):
    time.sleep(2.5)
    return 2 * x
