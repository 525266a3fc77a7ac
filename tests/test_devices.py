"""Without CuPy everything is NumPy, and asking for a CUDA device says what is missing."""

import platform
import subprocess
import sys
import types

import numpy as np
import pytest

from minigen import Tensor, device, nn


def test_numpy_is_the_home_of_arrays_and_tensors():
    x = np.arange(3.0)
    assert device.namespace(x) is np and device.namespace(Tensor(x)) is np and device.namespace(2.0) is np
    assert device.asnumpy(x) is x and device.to(x, "cpu") is x


def test_unknown_devices_are_named():
    with pytest.raises(ValueError, match="unknown device 'tpu'"):
        device.to(np.zeros(2), "tpu")


def test_cuda_without_cupy_is_a_clear_error(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(RuntimeError, match=r"needs CuPy: pip install cupy"):
        device.to(np.zeros(2), "cuda")
    model = nn.Linear(2, 1, rng=np.random.default_rng(0))
    before = model.weight.data
    with pytest.raises(RuntimeError, match="needs CuPy"):
        model.to("cuda")
    assert model.weight.data is before


@pytest.mark.parametrize("raises", [True, False])
def test_cupy_without_a_device_is_a_clear_error(monkeypatch, raises):
    class CUDARuntimeError(RuntimeError):
        pass

    def count():
        if raises:
            raise CUDARuntimeError("no driver")
        return 0

    runtime = types.SimpleNamespace(CUDARuntimeError=CUDARuntimeError, getDeviceCount=count)
    cupy = types.SimpleNamespace(cuda=types.SimpleNamespace(runtime=runtime))
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    with pytest.raises(RuntimeError, match="no CUDA device"):
        device.to(np.zeros(2), "cuda")


FAULTS = """
import resource
import numpy as np
from minigen import nn, optim
rng = np.random.default_rng(0)
model = nn.MLP((2, 128, 128, 1), rng=rng, dtype=np.float32)
optimizer, x = optim.SGD(model, lr=1e-3), rng.standard_normal((256, 2)).astype(np.float32)
for step in range(25):
    if step == 5:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    optimizer.zero_grad()
    nn.mse_loss(model(x), 0.0).backward()
    optimizer.step()
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / 20)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other allocators have other habits")
def test_a_training_step_reuses_its_memory():
    """Its temporaries, of 32 pages each, are not given back to the system and faulted in again."""
    run = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True)
    assert float(run.stdout) < 16


@pytest.mark.gpu
def test_a_model_trains_on_cuda_as_on_the_cpu():
    cupy = pytest.importorskip("cupy")
    try:
        device.to(np.zeros(1), "cuda")
    except RuntimeError as error:
        pytest.skip(str(error))
    from minigen import optim

    results = []
    for where in ("cpu", "cuda"):
        model = nn.MLP((2, 8, 1), rng=np.random.default_rng(0)).to(where)
        x = device.to(np.random.default_rng(1).standard_normal((16, 2)), where)
        optimizer = optim.Adam(model, lr=0.01)
        for _ in range(5):
            optimizer.zero_grad()
            nn.mse_loss(model(x), 0.0).backward()
            optimizer.step()
        assert device.namespace(model.vector.data) is (cupy if where == "cuda" else np)
        results.append(device.asnumpy(model.vector.data))
    np.testing.assert_allclose(*results, rtol=1e-10)
