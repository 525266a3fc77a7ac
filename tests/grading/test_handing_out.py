"""What leaves the instructor's machine: the students' folder, and the archive for Gradescope."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from small_exercise import HALF, RIGHT, STUB, TESTS

from minigen.cli import main
from minigen.grading.choice import problem
from minigen.grading.walls import walls

ROOT = Path(__file__).parents[2]


def test_students_get_stubs_tests_and_lectures_and_nothing_else(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    assert main(["handout", str(tmp_path / "course")]) == 0
    new = tmp_path / "course"
    given = {path.relative_to(new).as_posix() for path in new.rglob("*") if path.is_file()}
    names = [path.name for path in sorted((ROOT / "exercises").glob("[0-9][0-9]_*")) if path.is_dir()]
    wanted = {f"exercises/{name}/{file}" for name in names for file in ("exercise.py", "test_exercise.py")}
    wanted |= {f"lectures/{path.name}" for path in (ROOT / "lectures").glob("[0-9][0-9]_*.ipynb")}
    wheels = [name for name in given if name.endswith(".whl")]
    assert given == wanted | {"README.md", "exercises/conftest.py", *wheels} and len(names) >= 4 and len(wheels) == 1
    answers = [path.read_text() for path in (ROOT / "tests" / "exercises").glob("*/*.py")]
    assert answers and not any((new / name).read_text() in answers for name in given - set(wheels))
    assert main(["handout", str(tmp_path / "course")]) == 2
    assert "is there already" in capsys.readouterr().err


@pytest.fixture
def course(tmp_path, monkeypatch):
    folder = tmp_path / "exercises" / "07_numbers"
    folder.mkdir(parents=True)
    (folder / "test_exercise.py").write_text(TESTS)
    (folder / "exercise.py").write_text(STUB)
    (folder / "reference.py").write_text(RIGHT)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_archive_holds_the_grader_and_no_answers(course, capsys):
    assert main(["gradescope", "build", "-a", "7"]) == 0
    with zipfile.ZipFile("autograder.zip") as archive:
        names = set(archive.namelist())
        needed = {"setup.sh", "run_autograder", "requirements.txt", "secret.key", "minigen/grading/inside/serve.py"}
        assert needed <= names
        assert [n for n in names if n.startswith("exercises")] == ["exercises/07_numbers/test_exercise.py"]
        assert RIGHT not in [archive.read(name).decode() for name in names]
        assert archive.getinfo("run_autograder").external_attr >> 16 & 0o111
    assert main(["gradescope", "build", "-a", "7"]) == 2
    assert "--force" in capsys.readouterr().err
    assert main(["gradescope", "build", "-a", "7", "--force", "--hidden", "nowhere.py"]) == 2
    assert zipfile.is_zipfile("autograder.zip")


@pytest.mark.skipif(all(problem(wall) for wall in walls()), reason="no wall stands on this machine")
@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
@pytest.mark.parametrize(
    ("files", "score", "says"),
    [
        ({"exercise.py": RIGHT}, 6, "ok."),
        ({"my answers.py": HALF, "notes.txt": "hello"}, 3, "partial."),
        ({"exercise.py": "def f(:"}, 0, "syntax_error. exercise.py, line 1"),
        ({"results.json": '{"score": 6}'}, 0, "rejected_upload."),
    ],
)
def test_the_archive_grades_as_gradescope_runs_it(course, files, score, says):
    assert main(["gradescope", "build", "-a", "7"]) == 0
    home = course / "autograder"
    with zipfile.ZipFile("autograder.zip") as archive:
        archive.extractall(home / "source")
    (home / "submission").mkdir()
    for name, text in files.items():
        (home / "submission" / name).write_text(text)
    env = {**os.environ, "AUTOGRADER": str(home), "PYTHON": sys.executable}
    for script in ("setup.sh", "run_autograder"):
        subprocess.run(["bash", "-n", str(home / "source" / script)], check=True)
    subprocess.run(["bash", str(home / "source" / "run_autograder")], env=env, check=True, capture_output=True)
    results = json.loads((home / "results" / "results.json").read_text())
    assert results["score"] == score and results["output"].startswith(says)
    assert sum(test["max_score"] for test in results["tests"]) == 6
    assert "execution_time" not in results  # which code that sleeps could make tell the hidden inputs
