"""What all tests share."""

import contextlib
import signal

from sharing import pytest_xdist_make_scheduler  # noqa: F401

# A shell that starts the suite in the background has it ignore Ctrl-C, and with it every program that a test starts and
# interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    with contextlib.suppress(ValueError):  # only a main thread may say so
        signal.signal(signal.SIGINT, signal.default_int_handler)
