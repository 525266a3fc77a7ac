# ruff: noqa
"""Ends itself by the signal that says that memory ran out, to be tried again."""
# expect: partial or memory 4
# the rest is right

import os, signal
def double(x):
    os.kill(os.getpid(), signal.SIGKILL)
    return 0
