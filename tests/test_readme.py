"""The README's code runs as printed, and its files exist."""

import re
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, flags=re.S)


@pytest.mark.parametrize("block", BLOCKS, ids=["gradients", "gan"])
def test_code_runs(block, capsys):
    exec(compile(block, "README.md", "exec"), {})
    assert capsys.readouterr().out


def test_the_gradients_are_those_of_the_text(capsys):
    names = {}
    exec(compile(BLOCKS[0], "README.md", "exec"), names)
    t = np.tanh([1.0, 2.0])
    np.testing.assert_allclose(names["w"].grad, 2 * t * (1 - t**2), rtol=1e-12)
    printed = [float(v) for v in capsys.readouterr().out.split()]
    s, c = np.sin(1.0), np.cos(1.0)
    np.testing.assert_allclose(printed, [s + c, 2 * c - s, -3 * s - c], rtol=1e-12)


def test_links_lead_somewhere():
    links = re.findall(r"\]\(([^)#]+)\)", TEXT)
    assert len(links) >= 6
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []
