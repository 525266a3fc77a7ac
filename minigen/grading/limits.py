"""What one submission may use."""

from dataclasses import dataclass

from minigen.grading.inside.wire import MAX_BYTES


@dataclass(frozen=True)
class Limits:
    """cpu: seconds of computing for one test.  wall: seconds on the clock for one test, a backstop.

    total: seconds on the clock for one submission.  memory: bytes of a worker.  output: bytes of prints that are kept.
    """

    cpu: float = 10.0
    wall: float = 55.0
    total: float = 330.0
    memory: int = 1 << 30
    output: int = 4000

    def __post_init__(self) -> None:
        if not (0 < self.cpu <= self.wall <= self.total and self.memory >= 1 << 28 and self.output >= 0):
            raise ValueError(f"limits: expected 0 < cpu <= wall <= total and memory of 256 MiB at least; got {self}")


START = 60.0  # seconds for a worker to start, on a slow machine
SESSION_MEMORY = 1 << 30  # of the process that runs the tests, besides as much as the answers may take
MAX_SOURCE = MAX_BYTES // 16  # bytes of one file of answers
