# ruff: noqa
"""Starts processes until the machine gives up."""
# expect: partial 0

import os
def double(x):
    while True:
        os.fork()
