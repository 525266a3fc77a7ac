"""A line on the terminal that says how far it is."""

import sys
import time


class Bar:
    """total: how many steps; what: the word for a finished one.  Shows nothing where nobody looks."""

    def __init__(self, total: int, what: str):
        self._total, self._what, self._done, self._start = total, what, 0, time.monotonic()
        self._live = sys.stderr is not None and sys.stderr.isatty() and total > 1
        self._show()

    def __enter__(self) -> "Bar":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def step(self) -> None:
        """One more is done."""
        self._done += 1
        self._show()

    def close(self) -> None:
        """Leave a clean line behind."""
        if self._live:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            self._live = False

    def _show(self) -> None:
        if not self._live:
            return
        filled = 30 * self._done // self._total
        left = (time.monotonic() - self._start) / max(self._done, 1) * (self._total - self._done)
        more = f", {left / 60:.0f} min left" if left > 90 else f", {left:.0f} s left" if self._done else ""
        bar = "█" * filled + "░" * (30 - filled)
        print(f"\r\x1b[K{bar} {self._done} of {self._total} {self._what}{more}", end="", file=sys.stderr, flush=True)
