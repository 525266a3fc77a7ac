"""pytest -n: what is shared is made once, by one process; and all tests that share something are known to do so."""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from sharing import group

TESTS = Path(__file__).parent
HOSTILE = """\
import os
import pytest

@pytest.fixture(scope="module", params=["bubblewrap", "landlock", "uid"])
def graded(request):
    with open("made", "a") as file:
        file.write(f"{request.param} {os.environ['PYTEST_XDIST_WORKER']}\\n")

@pytest.mark.parametrize("case", range(9))
def test_a_case(graded, case):
    pass

def test_all_of_it(graded):
    pass
"""


def run(folder, *arguments):
    """What pytest says, outside of the process that this test runs in."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "--color=no", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, cwd=folder, env={**env, "PYTHONPATH": str(TESTS)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_what_is_shared_is_made_once(tmp_path):
    pytest.importorskip("xdist")
    (tmp_path / "grading").mkdir()
    (tmp_path / "grading" / "test_hostile.py").write_text(HOSTILE)
    (tmp_path / "test_others.py").write_text("def test_a(): pass\ndef test_b(): pass\ndef test_c(): pass\n")
    assert "33 passed" in run(tmp_path, "-p", "sharing", "-n", "2")
    made = [line.split() for line in (tmp_path / "made").read_text().splitlines()]
    assert sorted(wall for wall, _ in made) == ["bubblewrap", "landlock", "uid"]
    assert len({worker for _, worker in made}) == 2  # and not all by one


def test_the_groups_are_those_that_share_something():
    files = "grading/test_hostile.py", "exercises/test_exercises.py"
    names = [line for line in run(TESTS, "--collect-only", *files).splitlines() if "::" in line]
    groups = Counter(map(group, names))
    exercises = [path.name[:2] for path in (TESTS / "exercises").glob("[0-9][0-9]_*")]
    walls = ["bubblewrap", "landlock", "uid"]
    assert sorted(re.sub(".*::", "", name) for name in groups) == sorted([*exercises, *walls])
    assert len({groups[name] for name in groups if "hostile" in name}) == 1  # each wall has all the cases
    assert group("tests/test_optim.py::test_adam[uid-01_a]") == "tests/test_optim.py::test_adam[uid-01_a]"
