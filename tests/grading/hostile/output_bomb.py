# ruff: noqa
"""Prints without end."""
# expect: timeout 4
# the rest is right

import os
def double(x):
    while True:
        os.write(1, b"6 of 6 points" * 5000)
