"""The filter, read instruction by instruction as the kernel does: it lets through what it says, on each machine."""

import re
from pathlib import Path

import pytest

from minigen.grading.inside import seccomp

ALLOW, EPERM, KILL = 0x7FFF0000, 0x00050001, 0x80000000
ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
PID = 4321
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}


def verdict(machine, number, arguments=(0, 0, 0, 0, 0, 0), arch=None):
    """What the filter answers to a system call."""
    data = {0: number, 4: ARCH[machine] if arch is None else arch}
    for i, value in enumerate(arguments):
        data[16 + 8 * i], data[20 + 8 * i] = value & 0xFFFFFFFF, value >> 32
    program, place, loaded = seccomp.program(machine, PID), 0, 0
    while True:
        code, yes, no, k = program[place]
        place += 1
        if code == 0x06:
            return k
        if code == 0x20:
            loaded = data[k]
        else:
            assert code in (0x15, 0x45)
            place += yes if (loaded == k if code == 0x15 else loaded & k) else no


def numbers(table, column):
    return {pair[column] for pair in table if pair[column] is not None}


@pytest.mark.parametrize(("machine", "column"), [("x86_64", 0), ("aarch64", 1)])
def test_what_is_named_is_allowed_and_nothing_else(machine, column):
    named = numbers(seccomp.ALLOWED.values(), column)
    conditional = numbers([seccomp.MMAP, seccomp.MPROTECT, seccomp.TGKILL, seccomp.PRLIMIT], column)
    assert not named & conditional
    for number in range(1000):
        if number not in conditional:
            assert verdict(machine, number) == (ALLOW if number in named else EPERM), number
        assert verdict(machine, number | 0x40000000) == EPERM  # the x32 numbering
        assert verdict(machine, number, arch=0x40000003) == KILL  # 32-bit calls


@pytest.mark.parametrize(("machine", "column"), [("x86_64", 0), ("aarch64", 1)])
def test_calls_that_depend_on_an_argument(machine, column):
    for call in (seccomp.MMAP, seccomp.MPROTECT):
        assert verdict(machine, call[column], (0, 4096, 3, 0, 0, 0)) == ALLOW
        for protection in (4, 5, 6, 7, 0x1000004, 0xFFFFFFFF):
            assert verdict(machine, call[column], (0, 4096, protection, 0, 0, 0)) == EPERM
    assert verdict(machine, seccomp.TGKILL[column], (PID, PID, 6, 0, 0, 0)) == ALLOW
    for pid in (1, PID + 1, 0, 0xFFFFFFFF):
        assert verdict(machine, seccomp.TGKILL[column], (pid, PID, 9, 0, 0, 0)) == EPERM
    assert verdict(machine, seccomp.PRLIMIT[column], (0, 7, 0, 0x7FFF00001000, 0, 0)) == ALLOW
    for pid, new in ((1, 0), (0, 0x7FFF00001000), (0, 1 << 32), (PID, 0)):
        assert verdict(machine, seccomp.PRLIMIT[column], (pid, 7, new, 0, 0, 0)) == EPERM


@pytest.mark.parametrize(("machine", "column"), [("x86_64", 0), ("aarch64", 1)])
def test_the_numbers_are_the_kernels(machine, column):
    if not HEADERS[machine].is_file():
        pytest.skip(f"{HEADERS[machine]} is not here (Debian: linux-libc-dev)")
    found = dict(re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", HEADERS[machine].read_text()))
    calls = {**seccomp.ALLOWED, "mmap": seccomp.MMAP, "mprotect": seccomp.MPROTECT, "tgkill": seccomp.TGKILL,
             "prlimit64": seccomp.PRLIMIT, "seccomp": seccomp.SECCOMP}  # fmt: skip
    for name, pair in calls.items():
        assert found.get(name) == (None if pair[column] is None else str(pair[column])), name


def test_no_call_that_opens_a_door_is_among_them():
    doors = {
        "access", "bind", "bpf", "chmod", "chroot", "clone", "clone3", "connect", "creat", "dup", "dup2", "eventfd",
        "execve",
        "execveat", "fchmodat", "fcntl", "fork", "ftruncate", "inotify_init", "io_uring_setup", "ioctl", "keyctl",
        "kill", "link", "lstat", "memfd_create", "mkdir", "mount", "msgget", "newfstatat", "open", "openat", "openat2",
        "personality", "pipe", "prctl", "process_vm_readv", "ptrace", "rename", "sendto", "setns", "setresuid",
        "setrlimit", "setuid", "shmget", "socket", "stat", "statx", "symlink", "timer_create", "tkill", "truncate",
        "unlink", "unshare", "userfaultfd", "vfork",
    }  # fmt: skip
    assert len(doors) > 50 and not doors & set(seccomp.ALLOWED)
