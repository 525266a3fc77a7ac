"""Every test here runs on the strict stand-in for CuPy, and, where there is a GPU, on CuPy: `pytest -m gpu`."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "autodiff"))

import strict_array

from minigen import device


@pytest.fixture(params=["stand-in", pytest.param("cupy", marks=pytest.mark.gpu)])
def cuda(request, monkeypatch):
    """The module `cupy` of this run: strict_array's, or CuPy, and then the test is skipped without a device."""
    if request.param == "stand-in":
        monkeypatch.setitem(sys.modules, "cupy", strict_array.module())
    try:
        device.to(np.zeros(1), "cuda")
    except RuntimeError as error:
        pytest.skip(f"no GPU here: {error}")
    return sys.modules["cupy"]


@pytest.fixture
def waits(monkeypatch):
    """A stand-in for CuPy, and a function that says how often a call waited for the device."""
    monkeypatch.setitem(sys.modules, "cupy", strict_array.module())

    def count(call):
        before = strict_array.waits
        call()
        return strict_array.waits - before

    return count
