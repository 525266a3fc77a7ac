"""Landlock: a process gives up every right on files, on TCP ports and towards processes outside (Linux >= 5.13)."""

import ctypes
import os
import struct
import sys

_CREATE, _RESTRICT = 444, 446  # the same numbers on all machines
# Rights on files by version of the interface: the number of bits that the kernel knows.
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_TCP_RIGHTS, _SCOPES = 0b11, 0b11  # bind, connect; abstract sockets, signals


def version() -> int:
    """The version of Landlock's interface in this kernel; 0 if there is none."""
    if sys.platform != "linux":
        return 0
    return max(ctypes.CDLL(None).syscall(_CREATE, None, 0, 1), 0)


def enter() -> None:
    """Give it all up, for good.  Raises OSError.  Needs no_new_privs and a single thread."""
    abi = version()
    if not abi:
        raise OSError("Landlock: this kernel has none")
    if len(os.listdir("/proc/self/task")) != 1:
        raise OSError("Landlock: there are other threads, which it would not hold")
    files = (1 << _FILE_RIGHTS.get(abi, 16)) - 1
    attributes = struct.pack("QQQ", files, _TCP_RIGHTS, _SCOPES)[: 8 if abi < 4 else 16 if abi < 6 else 24]
    libc = ctypes.CDLL(None, use_errno=True)
    ruleset = libc.syscall(_CREATE, ctypes.create_string_buffer(attributes, len(attributes)), len(attributes), 0)
    if ruleset < 0:
        raise OSError(ctypes.get_errno(), "Landlock: no ruleset: " + os.strerror(ctypes.get_errno()))
    refused = libc.syscall(_RESTRICT, ruleset, 0)
    os.close(ruleset)
    if refused:
        raise OSError(ctypes.get_errno(), "Landlock: not entered: " + os.strerror(ctypes.get_errno()))
