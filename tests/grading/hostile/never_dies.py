# ruff: noqa
"""Ignores signals, and loops whenever one of its objects is cleared away."""
# expect: timeout 4
# the rest is right

import signal
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
class Undead:
    def __del__(self):
        while True:
            pass
def double(x):
    return Undead()
