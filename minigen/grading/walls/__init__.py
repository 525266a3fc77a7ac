"""The walls between a submission and everything else, strongest first.

A wall is a command around the worker and the layers that the worker then puts on itself (inside/jail.py).  Which one
was used is stamped on every output.
"""

import os
import secrets
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from minigen.grading.inside import landlock, seccomp
from minigen.grading.processes import processes_of
from minigen.grading.walls import bubblewrap

UNSANDBOXED = "UNSANDBOXED"


@dataclass(frozen=True)
class Wall:
    """name: what --wall calls it.  layers: of inside/jail.py.  wrap: makes the command that it runs of another."""

    name: str
    layers: tuple[str, ...]
    wrap: Callable[[list[str], Path], list[str]] | None = None

    @property
    def stamp(self) -> str:
        """What stands between, for every output."""
        return " + ".join(dict.fromkeys([self.name, *self.layers])) if self.name != "none" else UNSANDBOXED

    def command(self) -> list[str]:
        """The command that starts a worker behind this wall."""
        python = [os.path.realpath(getattr(sys, "_base_executable", sys.executable)), *("-s", "-S", "-P", "-B", "-c")]
        python.append(f"import sys; sys.path[:0] = {self.folders()!r}; from inside.serve import main; main()")
        return self.wrap(python, numpy_folder()) if self.wrap else python

    def folders(self) -> list[str]:
        """Where the worker finds NumPy and its own program; it forgets them before it loads a submission."""
        return [str(bubblewrap.INSIDE.parent), str(numpy_folder())]


def numpy_folder() -> Path:
    """The folder that holds NumPy."""
    return Path(np.__file__).resolve().parents[1]


def _layers(*names: str) -> tuple[str, ...]:
    """Those of the layers that this machine has."""
    have = {"landlock": landlock.version() > 0, "seccomp": not seccomp.problem(), "uid": is_root()}
    return tuple(name for name in names if have[name])


def is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def walls() -> list[Wall]:
    """All walls, strongest first, as they would be used on this machine; `problem` says which of them cannot be."""
    return [
        Wall("bubblewrap", _layers("landlock", "seccomp"), bubblewrap.command),
        Wall("landlock", ("landlock", "seccomp", *_layers("uid"))),
        Wall("uid", ("uid", *_layers("seccomp"))),
    ]


NONE = Wall("none", ())


def missing(wall: Wall) -> str:
    """Why this wall cannot stand here, as far as one can see without trying; "" if nothing is known against it."""
    if wall.name == "none":
        return ""
    if sys.platform != "linux":
        return "it needs Linux"
    if wall.name == "bubblewrap" and shutil.which("bwrap") is None:
        return "there is no bwrap: apt install bubblewrap, or dnf install bubblewrap"
    if "uid" in wall.layers and not is_root():
        return "only root can start processes as other users"
    if "seccomp" in wall.layers and seccomp.problem():
        return seccomp.problem()
    if "landlock" in wall.layers and not landlock.version():
        return "this kernel has no Landlock (Linux >= 5.13, and not switched off)"
    return ""


def stranger() -> int:
    """A user id that nobody has: of no account, and of no running process."""
    import pwd  # not on Windows

    taken = {entry.pw_uid for entry in pwd.getpwall()}
    while True:
        uid = 40000 + secrets.randbelow(20000)
        if uid not in taken and not processes_of(uid):
            return uid
