"""Look at a file again and again, and tell when somebody has saved it."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

_PAUSE = 0.25  # seconds between two looks


def saves(path: Path) -> Iterator[None]:
    """Yields at once, and then each time the file has become another: also while the caller was busy.

    A file that is still being written, or away for a moment, as some editors leave it, is waited for.
    """
    seen = _look(path)
    yield
    while True:
        time.sleep(_PAUSE)
        now = _look(path)
        if now is None or now == seen:
            continue
        while now is None or now != seen:
            seen = now
            time.sleep(_PAUSE)
            now = _look(path)
        yield


def _look(path: Path) -> tuple[int, int, int] | None:
    """What changes when a file is saved; None if there is no file."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
