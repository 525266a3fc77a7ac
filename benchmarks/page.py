"""The page of speeds: docs/speed.md, docs/speed.csv and docs/speed.png, from one run."""

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("numpy", "torch", "jax", "autograd", "mygrad", "tinygrad")


def surroundings():
    """One line: the processor, Python and the versions of all contenders."""
    return f"{processor()}; Python {platform.python_version()}, {', '.join(versions())}; one thread"


def versions():
    for package in PACKAGES:
        try:
            yield f"{package} {version(package)}"
        except PackageNotFoundError:
            yield f"no {package}"


def processor():
    """The processor's name as the system gives it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
