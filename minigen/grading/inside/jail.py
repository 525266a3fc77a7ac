"""What a worker gives up before it looks at a stranger's code: limits, user, files, network, processes."""

import ctypes
import importlib
import os
import sys

from . import landlock, seccomp

# Loaded before the door is closed: behind it no file can be opened, so nothing else can be imported.
_NAMES = (
    "abc argparse array ast base64 bisect builtins calendar cmath collections collections.abc colorsys "
    "concurrent.futures contextlib contextvars copy csv dataclasses datetime decimal difflib enum errno fractions "
    "functools gc getpass glob graphlib hashlib heapq hmac importlib inspect io itertools json keyword logging math "
    "mmap multiprocessing numbers operator os os.path pathlib pickle platform pprint queue random re resource "
    "secrets select shutil signal socket statistics string struct subprocess sys tempfile textwrap threading time "
    "timeit token traceback types typing unicodedata unittest uuid warnings weakref zlib encodings.ascii "
    "encodings.latin_1 encodings.utf_16 encodings.utf_8_sig encodings.cp1252 encodings.unicode_escape "
    "numpy.ctypeslib numpy.exceptions numpy.fft numpy.lib.stride_tricks numpy.linalg numpy.ma numpy.polynomial "
    "numpy.random numpy.strings numpy.testing numpy.typing"
)
MODULES = _NAMES.split()

_NO_NEW_PRIVS, _PARENT_DEATH, _DUMPABLE = 38, 1, 4  # options of prctl(2)


def load(modules: list[str]) -> None:
    """Import what answers may import later."""
    for name in modules:
        try:
            importlib.import_module(name)
        except ImportError:  # another version of Python or NumPy, or another system
            continue


def enter(layers: list[str], uid: int, memory: int, cpu: int) -> None:
    """Give up what can be given up.  Raises OSError if one of the layers cannot be had.

    layers: of "landlock", "seccomp", "uid"; uid: the user to become; memory: bytes; cpu: seconds for this process.
    """
    _limit(memory, cpu)
    if sys.platform != "linux":
        return
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if prctl(_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "the kernel does not know no_new_privs")
    if "landlock" in layers:
        landlock.enter()
    if "uid" in layers:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    prctl(_DUMPABLE, 0, 0, 0, 0)
    prctl(_PARENT_DEATH, 9, 0, 0, 0)
    if "seccomp" in layers:
        seccomp.enter()


def _limit(memory: int, cpu: int) -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    limits = {
        "RLIMIT_AS": memory,
        "RLIMIT_CPU": cpu,
        "RLIMIT_FSIZE": 0,
        "RLIMIT_CORE": 0,
        "RLIMIT_NOFILE": 16,
        "RLIMIT_NPROC": 0,
        "RLIMIT_MEMLOCK": 0,
        "RLIMIT_MSGQUEUE": 0,
    }
    for name, value in limits.items():
        if hasattr(resource, name):
            number = getattr(resource, name)
            hard = resource.getrlimit(number)[1]
            allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
            soft = max(allowed - 1, 1) if name == "RLIMIT_CPU" else allowed  # SIGXCPU a second before SIGKILL
            try:
                resource.setrlimit(number, (soft, allowed))
            except (ValueError, OSError):
                if name == "RLIMIT_AS" and sys.platform == "darwin":
                    continue  # macOS knows it by name only
                raise
