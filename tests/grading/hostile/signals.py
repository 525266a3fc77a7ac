# ruff: noqa
"""Ends the grader, and everything else that it may."""
# expect: partial 0

import os, signal
def double(x):
    for pid in (os.getppid(), -1, int("@PID@"), 1):
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            pass
    os.killpg(0, signal.SIGKILL)
