"""`minigen handout`: no answers leave, however they got into the folder, and what leaves can be installed and used."""

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from small_exercise import HALF, RIGHT, STUB, TESTS

from minigen.cli import main
from minigen.grading import handout
from minigen.grading.handout import LIBRARY, filled_in

ROOT = Path(__file__).parents[2]
NAMES = [path.parent.name for path in sorted((ROOT / "exercises").glob("[0-9][0-9]_*/exercise.py"))]


def cell(source, **run):
    plain = {"cell_type": "code", "id": "a1", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
    return plain | run


def notebook(*cells):
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture
def course(tmp_path, monkeypatch):
    folder = tmp_path / "course" / "exercises" / "07_numbers"
    folder.mkdir(parents=True)
    (folder / "test_exercise.py").write_text(TESTS)
    (folder / "exercise.py").write_text(STUB)
    (folder.parents[1] / "lectures").mkdir()
    monkeypatch.chdir(folder.parents[1])
    return folder.parents[1]


@pytest.mark.parametrize("name", NAMES)
def test_our_stubs_can_be_handed_out_and_answers_cannot(name, tmp_path):
    assert filled_in(ROOT / "exercises" / name / "exercise.py") == []
    stub = ROOT / "exercises" / name / "exercise.py"
    functions = re.findall(r"^def (\w+)", stub.read_text("utf-8"), re.MULTILINE)
    answers = sorted((ROOT / "tests" / "exercises" / name).glob("r*.py"))
    assert len(answers) >= 4 and functions
    for answer in answers:
        file = tmp_path / "exercise.py"
        file.write_bytes(answer.read_bytes())
        assert set(functions) <= set(filled_in(file)), answer.name


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def f(x):\n    return 2 * x\n\n\ndef g(x):\n    raise NotImplementedError\n", ["f"]),
        ('"""Text."""\ndef f(x):\n    """Text."""\n    y = 2 * x\n    raise NotImplementedError\n', ["f"]),
        ("def f(x):\n    if x is None:\n        raise NotImplementedError\n    return 2 * x\n", ["f"]),
        ("def f(x):\n    raise NotImplementedError\n    return 2 * x\n", ["f"]),
        ("def f(x):\n    raise NotImplementedError(2 * x)\n", ["f"]),
        ("def f(x):\n    raise ValueError\n", ["f"]),
        ("def f(x):\n    '''Text.'''\n", ["f"]),
        ("def f(x):\n    '''Text.'''\n    '''return 2 * x'''\n    raise NotImplementedError\n", ["f"]),
        ("def f(x):\n    pass\n", ["f"]),
        ("class A:\n    def f(self, x):\n        return 2 * x\n", ["A"]),
        ("import numpy as np\n\nf = lambda x: 2 * x\n", ["line 3"]),
        ("def f(x):\n    # return 2 * x\n    raise NotImplementedError\n", ["the comment in line 2"]),
        ("def f(x):\n    raise NotImplementedError\n    #    y = 2 * x\n", ["the comment in line 3"]),
        ("def f(x:\n", ["it is no Python"]),
        ("def f(x):\n    return '\0'\n", ["it is no Python"]),
    ],
)
def test_what_a_stub_is_not(tmp_path, source, found):
    file = tmp_path / "exercise.py"
    file.write_text(source)
    assert filled_in(file) == found


@pytest.mark.parametrize(
    "source",
    [
        "",
        '"""Text."""\n',
        "import numpy as np  # noqa: F401\nfrom math import pi\n",
        "# first part: losses\ndef f(x, h=1e-5):\n    # it goes here\n    raise NotImplementedError('to do')\n",
        "def f(x: int) -> int:\n    '''Text.'''\n    raise NotImplementedError()\n",
    ],
)
def test_what_a_stub_is(tmp_path, source):
    file = tmp_path / "exercise.py"
    file.write_text(source)
    assert filled_in(file) == []


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("exercises/07_numbers/exercise.py", RIGHT, "double, total, order, apply, draw"),
        ("exercises/07_numbers/exercise.py", STUB + HALF, "double, total, order, apply, draw"),
        ("exercises/07_numbers/exercise.py", STUB.replace("raise NotImplementedError", "return 2 * x", 1), "double"),
        ("lectures/01_a.ipynb", notebook(cell("your_value = ...\n"), cell("your_value = 2 / 3  # so\n")), "cell 2"),
        ("lectures/01_a.ipynb", notebook(cell(["x = 1\n", "your_value = [2, ...]"])), "cell 1"),
        ("lectures/01_a.ipynb", "[]", "it is no notebook"),
    ],
)
def test_answers_in_the_folder_are_not_handed_out(course, capsys, name, text, found):
    (course / name).write_text(text)
    assert main(["handout", "../students"]) == 2
    said = capsys.readouterr()
    assert f"  {name}: {found}\n" in said.err and not said.out
    assert "nothing was handed out" in said.err and "fresh copy of the repository" in said.err
    assert [path.name for path in course.parent.iterdir()] == ["course"]


def test_a_lecture_that_was_run_leaves_without_its_outputs(course):
    asked = cell("your_value = [..., ...]  # two numbers\nyour_turn(your_value, [1, 2])")
    run = cell("print('é')", outputs=[{"output_type": "stream", "name": "stdout", "text": "secret"}], execution_count=3)
    fresh, text = notebook(asked), {"cell_type": "markdown", "id": "b2", "metadata": {}, "source": "your_value = 3"}
    (course / "lectures" / "01_fresh.ipynb").write_text(fresh)
    (course / "lectures" / "02_run.ipynb").write_text(notebook(text, run, asked))
    assert main(["handout", "../students"]) == 0
    students = course.parent / "students" / "lectures"
    assert (students / "01_fresh.ipynb").read_text() == fresh
    assert json.loads((students / "02_run.ipynb").read_bytes())["cells"] == [text, cell("print('é')"), asked]
    assert "secret" in (course / "lectures" / "02_run.ipynb").read_text()  # the instructor's own stays as it was


@pytest.fixture
def students(course):
    assert main(["handout", "../students"]) == 0
    return course.parent / "students"


def test_students_install_the_file_that_they_got_and_nothing_by_name(students):
    text = (students / "README.md").read_text("utf-8")
    asked = re.findall(r'^    \S*pip install "(.*)\[lectures,grading\]"$', text, re.MULTILINE)
    assert [name[:2] for name in asked] == ["./", ".\\"] and all((students / name[2:]).is_file() for name in asked)
    assert len(re.findall("pip install", text)) == 3  # here, on Windows, and in the warning
    assert "not by name: what `pip install minigen` finds is a package of other people" in text
    oldest = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["requires-python"]
    assert f"Python {oldest.removeprefix('>=')} or newer" in text


def test_without_an_installed_library_nothing_is_handed_out(course, capsys, monkeypatch):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(handout, "distribution", missing)
    assert main(["handout", "../students"]) == 2
    assert "minigen itself is not installed here" in capsys.readouterr().err
    assert [path.name for path in course.parent.iterdir()] == ["course"]


def test_the_library_in_it_is_whole_and_nothing_else(students):
    (wheel,) = students.glob("*.whl")
    data = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["package-data"]
    assert ["**/*.py", *data["minigen"]] == list(LIBRARY)
    with zipfile.ZipFile(wheel) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    (about,) = {name.partition("/")[0] for name in files} - {"minigen"}
    assert wheel.name == f"{about.removesuffix('.dist-info')}-py3-none-any.whl"
    code = {path.relative_to(ROOT).as_posix() for path in (ROOT / "minigen").rglob("*.py")}
    assert {name for name in files if name.endswith(".py")} == code and len(code) > 100
    assert {"minigen/data/digits.npz", "minigen/templates/report.html", f"{about}/licenses/LICENSE"} <= set(files)
    assert not any("__pycache__" in name for name in files)
    answers = [path.read_bytes() for path in (ROOT / "tests" / "exercises").glob("*/*.py")]
    assert answers and not any(file in answers for file in files.values())
    listed = [row.rsplit(",", 2) for row in files[f"{about}/RECORD"].decode().splitlines()]
    assert sorted(name for name, _, _ in listed) == sorted(files)
    for name, digest, size in listed[:-1]:
        sha256 = base64.urlsafe_b64encode(hashlib.sha256(files[name]).digest()).decode().rstrip("=")
        assert (digest, int(size)) == (f"sha256={sha256}", len(files[name])), name


def test_pip_installs_it_and_the_exercises_run(students, tmp_path):
    pytest.importorskip("pip")
    (wheel,) = students.glob("*.whl")
    there = tmp_path / "installed"
    pip = [sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check", "install", "-q"]
    subprocess.run([*pip, "--no-index", "--no-deps", "--no-compile", "--target", str(there), str(wheel)], check=True)
    (metadata,) = there.glob("minigen-*.dist-info/METADATA")
    extras = re.findall(r"^Requires-Dist: (\w+)\S*; extra == .(?:lectures|grading).$", metadata.read_text(), re.M)
    assert {"pytest", "hypothesis", "matplotlib", "jupyterlab"} <= set(extras)
    assert list(there.glob("bin/minigen*")) or list(there.glob("Scripts/minigen*"))
    env = {**os.environ, "PYTHONPATH": str(there)}
    where = [sys.executable, "-c", "import minigen; print(minigen.__file__)"]
    assert Path(subprocess.check_output(where, env=env, cwd=students, text=True).strip()).is_relative_to(there)
    check = [sys.executable, "-m", "minigen.cli", "check", "7"]
    for text, rc, says in ((STUB, 1, "0 of 6 points"), (RIGHT, 0, "6 of 6 points")):
        (students / "exercises" / "07_numbers" / "exercise.py").write_text(text)
        done = subprocess.run(check, env=env, cwd=students, capture_output=True, encoding="utf-8")
        assert (done.returncode, says in done.stdout) == (rc, True), done.stdout + done.stderr
