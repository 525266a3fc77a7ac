# ruff: noqa
"""Calls the kernel by numbers of another kind of program (x32), and through its own files."""
# expect: partial 0

import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
X32 = 0x40000000
path = b"@CANARY@/grades.csv"
def double(x):
    descriptor = libc.syscall(X32 + 2, path, 0o1102, 0o666)  # open
    return os.write(descriptor, b"forged") if descriptor >= 0 else 0
def total(a):
    libc.syscall(X32 + 62, int("@PID@"), 9)  # kill
    libc.syscall(X32 + 90, path, 0)  # chmod
    return libc.syscall(X32 + 57) * 0  # fork
def order(xs):
    for place in ("/proc/self/fd/", "/dev/fd/"):
        for number in range(16):
            try:
                with open(f"{place}{number}", "wb", buffering=0) as file:
                    file.write(b"\0" * 8)  # the length of a message to itself, or to the grader
            except OSError:
                pass
    return []
