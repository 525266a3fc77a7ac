"""Arrays on the CPU (NumPy) or on a CUDA device (CuPy, optional): which module is theirs, and moving them.

Rules, models and losses call NumPy's functions, which go to the array's own module by themselves; only creating an
array and moving one between devices has to know where it lives.  To train on a GPU, move the networks before their
optimisers are made, and nothing else changes:

    generator.to("cuda"), critic.to("cuda")
    for step in gan.train(generator, critic, ...):      # or diffusion.train(model, ...)

Batches and noise are drawn by the samplers on the CPU, as before, and moved to where the networks live: so the same
seed gives the same numbers on both devices.  `asnumpy(samples)` brings samples back.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

from minigen.autodiff import raw

__all__ = ["asnumpy", "beside", "device_of", "namespace", "to"]

# The C library's allocator gives freed blocks of 128 KiB and more back to the system, and the next temporary of a
# training step has to fault its pages in again: half of the step's time.  Once a large block was freed, glibc keeps
# smaller ones for reuse (mallopt(3), M_MMAP_THRESHOLD, "dynamic").  This block is never touched, so it costs nothing.
_large = np.empty(2**25 - 2**16, np.uint8)
del _large


def _is_cupy(x: Any) -> bool:
    return type(x).__module__.partition(".")[0] == "cupy"


def _cupy() -> ModuleType:
    """CuPy, with a device to work on; RuntimeError if either is missing."""
    try:
        import cupy
    except ImportError:
        raise RuntimeError('device "cuda" needs CuPy: pip install cupy-cuda12x, or stay on "cpu"') from None
    try:
        count = cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError as error:
        raise RuntimeError(f'CuPy finds no CUDA device ({error}): use "cpu"') from None
    if not count:
        raise RuntimeError('CuPy finds no CUDA device: use "cpu"')
    return cupy


def namespace(x: Any) -> ModuleType:
    """The module that x's array type belongs to: cupy for CuPy arrays, numpy for all else; looks inside Tensors."""
    return _cupy() if _is_cupy(raw(x)) else np


def device_of(x: Any) -> str:
    """Where the array or Tensor x lives: "cpu" or "cuda"."""
    return "cuda" if _is_cupy(raw(x)) else "cpu"


def to(x: Any, device: str) -> Any:
    """The array x on "cpu" or "cuda"; x itself if it is there already.

    Raises ValueError for another device, RuntimeError if CuPy or a CUDA device is missing."""
    if device == "cpu":
        return asnumpy(x)
    if device == "cuda":
        return x if _is_cupy(x) else _cupy().asarray(x)
    raise ValueError(f'unknown device {device!r}: "cpu" or "cuda"')


def beside(x: Any, other: Any) -> Any:
    """The array x on the device where `other`, an array or a Tensor, lives; x itself if it is there already."""
    return to(x, device_of(other))


def asnumpy(x: Any) -> np.ndarray:
    """x as a NumPy array, copied from the device if it lives on one; a NumPy array is returned as it is."""
    return x.get() if _is_cupy(x) else np.asarray(x)
