"""A filter in the kernel after which a process can compute, and read and write what it has open: nothing else.

Linux on x86-64 and aarch64.  The filter (classic BPF, see seccomp(2)) names the system calls that stay; all others,
those of future kernels too, fail with EPERM.  None of those that stay opens a file, asks about one, makes a socket, a
process or a thread, signals or traces another process, changes a limit, or makes memory executable.
"""

import ctypes
import os
import platform
import struct

# name: (x86-64, aarch64)
ALLOWED = {
    "read": (0, 63), "readv": (19, 65), "write": (1, 64), "writev": (20, 66), "close": (3, 57), "lseek": (8, 62),
    "munmap": (11, 215), "mremap": (25, 216), "madvise": (28, 233), "brk": (12, 214), "futex": (202, 98),
    "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "sigaltstack": (131, 132),
    "clock_gettime": (228, 113), "clock_getres": (229, 114), "clock_nanosleep": (230, 115), "nanosleep": (35, 101),
    "gettimeofday": (96, 169), "time": (201, None), "times": (100, 153), "getrusage": (98, 165),
    "getrandom": (318, 278), "getpid": (39, 172), "gettid": (186, 178), "getuid": (102, 174), "geteuid": (107, 175),
    "getgid": (104, 176), "getegid": (108, 177), "sched_yield": (24, 124), "sched_getaffinity": (204, 123),
    "restart_syscall": (219, 128), "exit": (60, 93), "exit_group": (231, 94),
}  # fmt: skip
# These stay under a condition on an argument.
MMAP, MPROTECT, TGKILL, PRLIMIT = (9, 222), (10, 226), (234, 131), (302, 261)
SECCOMP = (317, 277)

_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column above, AUDIT_ARCH
_PROT_EXEC = 4
_ALLOW, _EPERM, _KILL = 0x7FFF0000, 0x00050001, 0x80000000
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16  # places in struct seccomp_data


def problem() -> str:
    """Why the filter cannot be had here; "" if it can, as far as one can tell without a try."""
    if platform.system() != "Linux" or platform.machine() not in _MACHINES or struct.calcsize("P") != 8:
        return f"seccomp: not written for {platform.system()} on {platform.machine()}"
    return ""


def program(machine: str, pid: int) -> list[tuple[int, int, int, int]]:
    """The filter as instructions (code, jump if true, jump if false, k) for the process `pid`."""
    column, arch = _MACHINES[machine]
    allow, refuse = (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _EPERM)
    code = [
        (_LOAD, 0, 0, _ARCH),
        (_EQUAL, 1, 0, arch),  # a 32-bit call would be numbered otherwise
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
    ]
    for numbers in ALLOWED.values():
        if (number := numbers[column]) is not None:
            code += [(_EQUAL, 0, 1, number), allow]
    for call in (MMAP, MPROTECT):
        code += [(_EQUAL, 0, 4, call[column]), *_argument(2), (_ANY_BIT, 0, 1, _PROT_EXEC), refuse, allow]
    # abort() signals its own process
    code += [(_EQUAL, 0, 4, TGKILL[column]), *_argument(0), (_EQUAL, 0, 1, pid), allow, refuse]
    # reading its own limits: prlimit(0, ..., new = NULL, ...)
    code += [(_EQUAL, 0, 7, PRLIMIT[column]), *_argument(0), (_EQUAL, 0, 5, 0)]
    code += [*_argument(2), (_EQUAL, 0, 3, 0), *_argument(2, high=True), (_EQUAL, 0, 1, 0), allow]
    return [*code, refuse]


def _argument(n: int, high: bool = False) -> list[tuple[int, int, int, int]]:
    return [(_LOAD, 0, 0, _ARGUMENTS + 8 * n + 4 * high)]


def enter() -> None:
    """Put the filter on this process, all threads of it, for good.  Raises OSError.  Needs no_new_privs."""
    if reason := problem():
        raise OSError(reason)
    machine = platform.machine()
    instructions = b"".join(struct.pack("<HBBI", *i) for i in program(machine, os.getpid()))
    code = ctypes.create_string_buffer(instructions, len(instructions))
    header = struct.pack("HxxxxxxP", len(instructions) // 8, ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    set_filter, all_threads = 1, 1
    number = SECCOMP[_MACHINES[machine][0]]
    if libc.syscall(number, set_filter, all_threads, ctypes.create_string_buffer(header, len(header))):
        raise OSError(ctypes.get_errno(), "seccomp: the kernel takes no filter: " + os.strerror(ctypes.get_errno()))
