"""Every lecture runs from a clean kernel, and every claim in it holds."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LECTURES = sorted(path.name[:2] for path in (ROOT / "lectures").glob("[0-9][0-9]_*.ipynb"))


@pytest.mark.slow
@pytest.mark.parametrize("number", LECTURES)
def test_every_claim_holds(number, tmp_path):
    command = [sys.executable, "-m", "minigen.cli", "lectures", "run", number, "--out", str(tmp_path)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "claims hold" in run.stdout


def test_no_lecture_is_left_out():
    assert len({*LECTURES}) == len(list((ROOT / "lectures").glob("*.ipynb"))) > 0
