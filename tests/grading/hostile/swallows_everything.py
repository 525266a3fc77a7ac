# ruff: noqa
"""Never returns, and catches whatever would end it."""
# expect: timeout 4
# the rest is right

import signal
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError, RuntimeError):
        pass
def double(x):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
