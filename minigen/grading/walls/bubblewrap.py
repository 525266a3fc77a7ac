"""bubblewrap: the worker in namespaces of its own, with nothing in sight but the interpreter and NumPy, read-only."""

import os
import sys
import sysconfig
from pathlib import Path

INSIDE = Path(__file__).parents[1] / "inside"


def command(python: list[str], numpy: Path) -> list[str]:
    """The command that runs `python` behind the wall.  numpy: the folder that holds NumPy."""
    return [
        *("bwrap", "--unshare-all", "--unshare-user", "--uid", "65534", "--gid", "65534", "--cap-drop", "ALL"),
        *("--die-with-parent", "--new-session", "--hostname", "worker", "--clearenv"),
        *(word for name, value in environment().items() for word in ("--setenv", name, value)),
        # Scratch before the mounts: it would hide an interpreter or a checkout that lies in /tmp itself.
        *("--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev", "--size", str(16 << 20), "--tmpfs", "/tmp"),
        *_mounts(python[0], numpy),
        *("--chdir", "/tmp", "--remount-ro", "/", "--"),
        *python,
    ]


def environment() -> dict[str, str]:
    """All that a worker's environment holds."""
    threads = ("OMP", "OPENBLAS", "MKL", "VECLIB_MAXIMUM", "NUMEXPR")
    return {**{f"{name}_NUM_THREADS": "1" for name in threads}, "PYTHONHASHSEED": "0", "PYTHONUTF8": "1"}


def _mounts(python: str, numpy: Path) -> list[str]:
    """Libraries of the system, the interpreter without its installed packages, NumPy, and the worker's own program."""
    libraries = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache"]
    standard = sorted({sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")})
    shared = os.path.join(sys.base_prefix, "lib")  # libpython, and under conda what NumPy is linked with
    words: list[str] = []
    for path in [*libraries, shared, *standard, python]:
        if os.path.exists(path):
            words += ["--ro-bind", path, path]
    for packages in sorted({found for base in ("/usr/lib/python3", *standard) for found in _packages(Path(base))}):
        words += ["--tmpfs", packages]
    for needed in [*numpy.glob("numpy"), *numpy.glob("numpy.libs"), INSIDE]:
        words += ["--ro-bind", str(needed), str(needed)]
    return words


def _packages(base: Path) -> list[str]:
    return [str(base / name) for name in ("site-packages", "dist-packages") if (base / name).is_dir()]
