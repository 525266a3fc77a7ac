"""Whether calls on tracked Tensors are recorded: for this thread and context only."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

RECORDING: ContextVar[bool] = ContextVar("recording", default=True)
DIFFERENTIATING: ContextVar[bool] = ContextVar("differentiating", default=False)  # inside the f of vjp(f, x)


@contextmanager
def recording(on: bool) -> Iterator[None]:
    """Turn recording on or off inside a `with` block, for this thread and context only."""
    token = RECORDING.set(on)
    try:
        yield
    finally:
        RECORDING.reset(token)


@contextmanager
def differentiating() -> Iterator[None]:
    """Record, and refuse what would cut a gradient off: around the function whose derivative is asked for."""
    token = DIFFERENTIATING.set(True)
    try:
        with recording(True):
            yield
    finally:
        DIFFERENTIATING.reset(token)


def no_grad():
    """Compute without recording, so that nothing inside can be differentiated; a decorator too."""
    return recording(False)


def is_recording() -> bool:
    """Whether calls on tracked Tensors are being recorded here and now."""
    return RECORDING.get()
