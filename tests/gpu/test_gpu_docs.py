"""docs/gpu.md runs as printed, and the benchmark beside torch computes the same on the device as on the CPU."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import gpu as benchmark
from benchmarks.gpu_steps import STEPS

ROOT = Path(__file__).parents[2]


def test_the_page_runs_as_printed(cuda, capsys):
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "gpu.md").read_text(encoding="utf-8"), flags=re.S)
    names = {}
    exec(compile(block, "gpu.md", "exec"), names)
    assert len(capsys.readouterr().out.splitlines()) == 20
    assert type(names["samples"]) is np.ndarray and names["samples"].shape == (1000, 2)
    assert type(names["generator"].vector.data) is cuda.ndarray


@pytest.mark.parametrize("name", STEPS)
def test_the_benchmark_trains_the_same_on_both_devices(cuda, name):
    problem, in_minigen, _ = STEPS[name]
    p = problem(16, 32)
    there, here = in_minigen(p, "cuda"), in_minigen(p, "cpu")
    for _ in range(3):
        np.testing.assert_allclose(there(), here(), rtol=1e-4)


@pytest.mark.parametrize("name", STEPS)
def test_the_benchmark_compares_like_with_like(name, capsys):
    """Its check of the losses against torch, on the CPU: AssertionError if the two train different models."""
    pytest.importorskip("torch")
    small = ["--device", "cpu", "--widths", "8", "--batches", "16", "--rounds", "1", "--seconds", "0.001"]
    assert benchmark.main([name, *small]) == 0
    assert f"| {name} | 8 | 16 |" in capsys.readouterr().out


def test_without_a_gpu_the_benchmark_says_what_is_missing(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "cupy", None)
    assert benchmark.main([]) == 1
    assert 'Nothing was measured: device "cuda" needs CuPy' in capsys.readouterr().err
