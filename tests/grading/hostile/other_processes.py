# ruff: noqa
"""Reads and rewrites the memory of the grader."""
# expect: partial 0

import ctypes, os
libc = ctypes.CDLL(None)
def double(x):
    for pid in (os.getppid(), int("@PID@")):
        libc.ptrace(16, pid, 0, 0)
        for name in ("environ", "mem", "maps", "cmdline", "fd"):
            try:
                open(f"/proc/{pid}/{name}", "rb").read(99)
                return 0
            except OSError:
                pass
    return 0
