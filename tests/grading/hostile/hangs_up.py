# ruff: noqa
"""Closes the connection and goes on."""
# expect: crashed or protocol_error or timeout 4
# the rest is right

import os, time
def double(x):
    os.closerange(0, 64)
    time.sleep(1e6)
