"""docs/courses.md: its commands and files exist, and its Python does what it says."""

import argparse
import json
import re
import shlex
from importlib import import_module
from pathlib import Path

import pytest

from minigen.cli import COMMANDS
from minigen.grading import intake
from minigen.grading.runner import run_tests

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "courses.md").read_text(encoding="utf-8")
LINES = [line.strip() for line in re.findall(r"^    (.*)$", TEXT, re.MULTILINE)]
COPYING, HIDDEN = re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
SHOWN = [line for line in LINES if line.startswith("minigen ")]


@pytest.mark.parametrize("line", list(dict.fromkeys(SHOWN)))
def test_its_commands_are_understood(line):
    _, name, *arguments = shlex.split(line)
    parser = argparse.ArgumentParser(exit_on_error=False)
    import_module(COMMANDS[name][0]).configure(parser)
    args = parser.parse_args(arguments)
    if getattr(args, "assignment", None):
        assert list((ROOT / "exercises").glob(f"{args.assignment}_*/test_exercise.py"))


def test_it_shows_all_that_instructors_use():
    assert {line.split()[1] for line in SHOWN} == {"handout", "check", "grade", "gradescope"}
    options = {word for line in SHOWN for word in line.split() if word.startswith("--")}
    assert {"--watch", "--doctor", "--resume", "--executor", "--scheduler", "--secret"} <= options


def test_the_files_it_names_are_there():
    sources = [shlex.split(line)[1] for line in LINES if line.startswith("cp ")]
    named = [name for name in re.findall(r"`((?:tests|exercises)/[^`]+)`", TEXT) if "..." not in name]
    links = [link for link in re.findall(r"\]\(([^)]+)\)", TEXT) if "://" not in link]
    assert len(sources) >= 4 and named and links
    assert [name for name in [*sources, *named] if not any(path.is_file() for path in ROOT.glob(name))] == []
    assert [link for link in links if not (ROOT / "docs" / link).is_file()] == []


@pytest.mark.parametrize(
    ("answers", "earned"),
    [
        ("def clip_weights(weights, c):\n    return [w.clip(-c, c) for w in weights]\n", 2),
        ("def clip_weights(weights, c):\n    return [weights[0].clip(-c, c), *weights[1:]]\n", 0),
        ("def clip_weights(weights, c):\n    return [w.clip(-c, c) for w in weights[:2]]\n", 0),
        ("def clip_weights(weights, c):\n    raise NotImplementedError\n", 0),
    ],
)
def test_its_hidden_tests_are_such_and_one_without_points_counts_nothing(tmp_path, answers, earned):
    (tmp_path / "hidden_06.py").write_text(HIDDEN + "\n\ndef test_clip_weights_for_nothing():\n    assert False\n")
    (tmp_path / "exercise.py").write_text(answers)
    (result,) = run_tests(tmp_path / "hidden_06.py", tmp_path / "exercise.py")
    assert (result.task, result.title) == ("clip_weights", "several layers, far outside")
    assert (result.points, result.earned) == (2, earned)
    assert result.hint == "every array of the list is clipped, not only the first"


def test_its_hidden_tests_are_of_the_exercise_that_it_says():
    (tests,) = (ROOT / "exercises").glob("06_*/test_exercise.py")
    worth = [int(n) for n in re.findall(r"^@points\((\d+)\)", tests.read_text("utf-8"), re.MULTILINE)]
    assert f"it makes {sum(worth) + 2} points of the {sum(worth)}" in TEXT
    assert "def clip_weights(weights, c):" in (tests.parent / "exercise.py").read_text("utf-8")


def test_its_lines_copy_downloads_by_the_names_of_the_table(tmp_path, monkeypatch, capsys):
    names = ["zoe,Zoë Müller", "ann,Ann Archer", "juan,Juan de la Cruz", "b1,Bob Baker", "b2,Bob Baker", "eva,Éva Nagy"]
    (tmp_path / "submissions").mkdir()
    (tmp_path / "submissions" / "roster.csv").write_text("\n".join(["id,name", *names]), encoding="utf-8")
    files = {
        "Zoë Müller_123456_assignsubmission_file_/exercise.py": "zoe",
        "archerann_LATE_1234_5678_exercise-1.py": "ann",
        "archerann_LATE_1234_5679_notes.txt": "a note of ann",
        "delacruzjuan_77_78_my answers.ipynb": "juan",
        "nagyeva_79_80_exercise.py": "eva",  # without the accent
        "Bob Baker_123457_assignsubmission_file_/exercise.py": "which Bob?",
        "strangersam_1_2_exercise.py": "who?",
        "archerann_LATE_1234_5680_exercise-2.py": "another one of ann",
    }
    for name, text in files.items():
        path = tmp_path / "downloads" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(tmp_path)
    exec(compile(COPYING, "courses.md", "exec"), {"__name__": "__main__"})
    copied = {path.relative_to("submissions").as_posix(): path.read_text() for path in Path("submissions").rglob("*.*")}
    del copied["roster.csv"]
    assert copied == {"zoe/exercise.py": "zoe", "ann/exercise.py": "ann", "ann/notes.txt": "a note of ann",
                      "juan/my answers.ipynb": "juan", "eva/exercise.py": "eva"}  # fmt: skip
    left = {line.removeprefix("copy this by hand: ") for line in capsys.readouterr().out.splitlines()}
    again = "archerann_LATE_1234_5680_exercise-2.py"
    assert left == {"Bob Baker_123457_assignsubmission_file_", "strangersam_1_2_exercise.py", again}
    uploads = {upload.id: upload for upload in intake.find(tmp_path / "submissions")}
    assert set(uploads) == {"ann", "eva", "juan", "zoe"} and intake.read(uploads["ann"])[1] == b"ann"


def test_it_reads_notebooks_as_it_says(tmp_path):
    (tmp_path / "ann").mkdir()
    cells = ["%matplotlib inline\nx = 1", "y = x + 1\nimport matplotlib_of_nobody\ny = 0", "!ls\nz = y + 1"]
    cells = [{"cell_type": "code", "source": source} for source in cells]
    (tmp_path / "ann" / "exercise.ipynb").write_text(json.dumps({"cells": cells}))
    (upload,) = intake.find(tmp_path)
    scope = {}
    exec(intake.read(upload)[1], scope)
    assert (scope["x"], scope["y"], scope["z"]) == (1, 2, 3)
    (tmp_path / "ann" / "exercise.py").write_text("z = 4")
    assert intake.read(upload) == ("exercise.py", b"z = 4")
    (tmp_path / "ann" / "exercise.py").unlink()
    (tmp_path / "ann" / "exercise.ipynb").write_text(json.dumps({"cells": [*cells, {**cells[0], "source": "def f(:"}]}))
    with pytest.raises(SyntaxError):
        compile(intake.read(upload)[1], "exercise.ipynb", "exec")
