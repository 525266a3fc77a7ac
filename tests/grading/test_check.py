"""`minigen check` and plain pytest on a small exercise with every way to be right and wrong."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from minigen.cli import main
from minigen.grading import cli, runner

TESTS = '''\
"""Exercise 07: numbers.

More about it."""
import pytest
from hypothesis import given, strategies as st
from minigen.grading import assert_close, hint, points, sub

@points(1)
@hint("twice as much")
@given(st.integers(-9, 9))
def test_double_values(x):
    """twice the number"""
    assert_close(sub.double(x), x + x)

@given(st.integers(1, 9))
@hint("twice, for large numbers too")
@points(2)
def test_double_large(x):
    """twice a large number"""
    assert_close(sub.double(10 ** x), 2 * 10 ** x)

@points(1)
@hint("x times x")
@pytest.mark.parametrize("x", [0, 1, 2])
def test_square(x):
    assert_close(sub.square(x), x * x)

@points(1)
@hint("three of them")
def test_triple():
    assert sub.triple(1) == 3

@points(1)
@hint("four of them")
def test_quadruple():
    assert sub.quadruple(1) == 4

def test_without_points():
    pass
'''
STUB = "".join(
    f'def {name}(x):\n    """{name} of x"""\n    raise NotImplementedError\n\n'
    for name in ("double", "square", "triple", "quadruple")
)
RIGHT = (
    "def double(x): return 2 * x\ndef square(x): return x * x\ndef triple(x): return 3 * x\n"
    "def quadruple(x): return 4 * x\n"
)


@pytest.fixture
def exercise(tmp_path, monkeypatch):
    folder = tmp_path / "exercises" / "07_numbers"
    folder.mkdir(parents=True)
    (folder / "test_exercise.py").write_text(TESTS)
    (folder / "exercise.py").write_text(STUB)
    shipped = Path(__file__).parents[2] / "exercises" / "conftest.py"
    (folder.parent / "conftest.py").write_text(shipped.read_text())
    monkeypatch.chdir(tmp_path)
    return folder


def test_the_stub_is_not_yet_done(exercise, capsys):
    assert main(["check", "7"]) == 1
    said = capsys.readouterr().out
    assert said.startswith("Exercise 07: numbers\n")
    assert "· double: not yet done (3 points)" in said and "0 of 6 points" in said
    assert "Next: write double, exercise.py line 1." in said
    assert "hint" not in said and "Error" not in said


def test_right_answers_earn_everything(exercise, capsys):
    (exercise / "mine.py").write_text("print('noise')\n" + RIGHT)
    assert main(["check", "07", "--file", str(exercise / "mine.py")]) == 0
    said = capsys.readouterr().out
    assert "6 of 6 points" in said and "✗" not in said and "noise" not in said
    assert "✓ 2/2  twice a large number" in said


@pytest.mark.parametrize("variable", ["CI", "TF_BUILD"])
def test_inputs_depend_on_the_seed_wherever_the_tests_run(exercise, tmp_path, monkeypatch, variable):
    """hypothesis has a profile without seeds for continuous integration; it must not be the parent of ours."""
    monkeypatch.setenv(variable, "true")
    drawn = {}
    for i, seed in enumerate((1, 1, 2)):
        seen = tmp_path / f"seen{i}"
        body = f"open({str(seen)!r}, 'a').write(str(x) + ' ')\n    return 2 * x"
        (exercise / "mine.py").write_text(f"def double(x):\n    {body}\n")
        command = [sys.executable, "-m", "pytest", "-q", "test_exercise.py::test_double_values", "--noconftest",
                   "-p", "minigen.grading.plugin", f"--hypothesis-seed={seed}", "--submission", "mine.py"]  # fmt: skip
        subprocess.run(command, cwd=exercise, check=True, stdout=subprocess.DEVNULL)
        drawn.setdefault(seed, []).append(seen.read_text())
    assert drawn[1][0] == drawn[1][1] != drawn[2][0]


def test_packages_that_graded_answers_cannot_use_are_named(exercise, capsys):
    imports = "import os.path, pytest\nfrom minigen import Tensor\nimport numpy.linalg\n"
    (exercise / "exercise.py").write_text(imports + RIGHT)
    assert main(["check", "07"]) == 0
    said = capsys.readouterr().out
    assert "Note: exercise.py imports minigen, pytest. Graded answers can use NumPy" in said


def test_a_notebook_is_checked_as_it_is_graded(exercise, capsys, monkeypatch):
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)  # with it nothing that was printed can be lost
    cells = ["import matplotlab as plt", "%%time\n" + RIGHT, "plt.plot()", "!ls", "files = !ls"]
    notebook = exercise / "mine.ipynb"
    notebook.write_text(json.dumps({"cells": [{"cell_type": "code", "source": cell} for cell in cells]}))
    assert main(["check", "7", "--file", str(notebook)]) == 0
    said = capsys.readouterr().out
    assert "mine.ipynb" in said and "6 of 6 points" in said and "Note: mine.ipynb imports matplotlab." in said
    stopped = [line for line in said.splitlines() if line.startswith("cell ")]
    assert stopped == ["cell 1 of the notebook stops at line 1: ModuleNotFoundError: No module named 'matplotlab'",
                       "cell 3 of the notebook stops at line 1: NameError: name 'plt' is not defined"]  # fmt: skip
    cells[1] = cells[1].replace("2 * x", "3 * x")
    notebook.write_text(json.dumps({"cells": [{"cell_type": "code", "source": cell} for cell in cells]}))
    assert main(["check", "7", "--file", str(notebook)]) == 1
    assert "Next: double, cell 2, line 2." in capsys.readouterr().out
    cells[1] = cells[1].replace("3 * x", "[][x]")
    cells[3] = "def half(:"
    for source, told in (
        (cells[:3], "cell 2, line 2 (def double(x): return [][x]): IndexError"),
        (cells, "mine.ipynb, cell 4, line 1: Python cannot read this yet: invalid syntax"),
    ):
        notebook.write_text(json.dumps({"cells": [{"cell_type": "code", "source": cell} for cell in source]}))
        assert main(["check", "7", "--file", str(notebook)]) == 1
        assert told in " ".join(capsys.readouterr().out.split())
    notebook.write_text("{}")
    assert main(["check", "7", "--file", str(notebook)]) == 2
    assert "minigen check: mine.ipynb: the notebook cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("empty.py", "", "empty.py defines none of double, square, triple, quadruple: is it the right file?"),
        ("other.py", "def mean(x): return x", "other.py defines none of double, square, triple, quadruple: is it the"),
        ("none.ipynb", "import matplotlab\n" + RIGHT, "none.ipynb defines none of double, square, triple, quadruple\n"),
    ],
)
def test_a_file_with_nothing_that_is_asked_for_is_said_to_be_that_once(exercise, capsys, name, text, says):
    cells = {"cells": [{"cell_type": "code", "source": text}]}
    (exercise / name).write_text(json.dumps(cells) if name.endswith(".ipynb") else text)
    assert main(["check", "7", "--file", str(exercise / name)]) == 1
    said = capsys.readouterr().out
    assert says in said and "0 of 6 points" in said
    assert said.count("quadruple") == 1 and "has no function" not in said and "✗" not in said and "Next" not in said


def test_one_function_that_is_there_is_no_wrong_file(exercise, capsys):
    (exercise / "exercise.py").write_text("def double(x): return 3 * x")
    assert main(["check", "7"]) == 1
    said = capsys.readouterr().out
    assert "defines none" not in said and "has no function quadruple: was it renamed or deleted?" in said


@pytest.mark.parametrize("saved", ["def half(", None])
def test_a_file_that_is_saved_half_typed_during_a_check_ends_nothing(exercise, monkeypatch, capsys, saved):
    file = exercise / "exercise.py"
    file.write_text(RIGHT)

    def save_then_run(*args):
        results = runner.run_tests(*args)
        file.write_text(saved) if saved else file.unlink()
        return results

    monkeypatch.setattr(cli, "run_tests", save_then_run)
    assert main(["check", "7"]) == 0
    assert "6 of 6 points" in capsys.readouterr().out


def test_wrong_answers_are_shown_with_their_hints(exercise, capsys):
    (exercise / "exercise.py").write_text(
        "def double(x):\n    return 3 * x\n\ndef square(x):\n    if x == 1:\n        raise KeyError('one')\n"
        "    return x * x\n\ndef triple(x):\n    pass\n"
    )
    assert main(["check", "07_numbers"]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "0 of 6 points" in said and "Next: double, exercise.py line 1." in said
    assert "✗ 0/1 twice the number your answer is 3; wanted 2 for x=1 hint: twice as much" in said
    assert "✗ 0/2 twice a large number square: 0 of 1 point" in said  # its first failure says enough
    assert "line 6 (raise KeyError('one')): KeyError: 'one' hint: x times x" in said
    assert "triple returned None: is its `return` missing? hint: three of them" in said
    assert "exercise.py has no function quadruple" in said


def test_code_that_ends_or_never_ends_costs_its_own_points_only(exercise, capsys):
    (exercise / "exercise.py").write_text(
        RIGHT + "def square(x):\n    import os\n    os._exit(0)\n" + "def triple(x):\n    while True:\n        pass\n"
    )
    assert main(["check", "7", "--limit", "1.5"]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "4 of 6 points" in said
    assert "your code ended Python" in said
    assert "your code did not finish in 1.5 s: an endless loop?" in said
    assert "hint" not in said  # the topic is not what went wrong
    assert "✓ 1/1 quadruple" in said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("def double(x)\n    return 2", "line 1: Python cannot read"),
        ("y = 1 / 0", "ZeroDivisionError: division by zero"),
        ("while True:\n    pass", "exercise.py does not finish loading: an endless loop at the top level?"),
        ("import os\nos._exit(0)", "exercise.py ends Python while it is being loaded"),
        ("raise SystemExit", "exercise.py stops while it is being loaded"),
    ],
)
def test_a_file_that_cannot_be_loaded_is_repaired_first(exercise, capsys, monkeypatch, text, says):
    (exercise / "exercise.py").write_text(text)
    monkeypatch.setattr(cli, "run_tests", lambda *_: pytest.fail("tests were run on a file that does not load"))
    assert main(["check", "7", "--limit", "1.5"]) == 1
    said = capsys.readouterr().out
    assert said.count(says) == 1 and "Repair this first" in said and "0 points" in said and "hint" not in said


def test_a_thread_that_never_ends_does_not_keep_a_file_from_being_loaded(exercise):
    (exercise / "exercise.py").write_text(
        "import threading, time\nthreading.Thread(target=lambda: time.sleep(1e6)).start()\n" + RIGHT
    )
    runner.check_loading(exercise / "exercise.py", 1e5)


@pytest.mark.parametrize(
    ("body", "hinted"),
    [
        ("return x", True),
        ("return [][x]", True),
        ("return square(x)", True),  # too deep a recursion
        ("return sqaure(x)", False),
        ("return math.square(x)", False),
        ("import no_such_module", False),
        ("raise SystemExit", False),
    ],
)
def test_a_hint_is_for_answers_that_are_wrong(exercise, body, hinted):
    text = RIGHT.replace("return x * x", body)
    (exercise / "exercise.py").write_text("import math\n" + text)
    results = runner.run_tests(exercise / "test_exercise.py", exercise / "exercise.py")
    result = next(r for r in results if r.name == "test_square")
    assert (result.outcome, bool(result.hint)) == ("failed", hinted)


def test_a_skip_from_the_answers_earns_nothing(exercise):
    (exercise / "exercise.py").write_text(RIGHT + "import pytest\ndef square(x):\n    pytest.skip('please')\n")
    results = runner.run_tests(exercise / "test_exercise.py", exercise / "exercise.py")
    assert {r.name: r.earned for r in results}["test_square"] == 0
    assert sum(r.earned for r in results) == 5


def test_without_a_number_the_exercises_are_listed(exercise, capsys):
    assert main(["check"]) == 0
    assert capsys.readouterr().out.startswith("Exercise 07: numbers\n")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["8"], "there is no exercise 8; there are 07"),
        (["7", "--file", "none.py"], "there is no file"),
    ],
)
def test_what_cannot_be_done_is_said(exercise, capsys, arguments, says):
    assert main(["check", *arguments]) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize("limit", ["-1", "0", "nan", "inf", "two", "1e9", ""])
def test_a_limit_that_is_none_is_said_at_the_door(exercise, capsys, limit):
    with pytest.raises(SystemExit) as stopped:
        main(["check", "7", f"--limit={limit}"])
    said = capsys.readouterr()
    expected = f"--limit: expected seconds, more than 0 and at most 86400, such as 2.5; got {limit!r}"
    assert stopped.value.code == 2 and said.err.count("\n") == 2 and expected in said.err and not said.out


def test_tests_that_cannot_run_are_not_the_students_fault(exercise, capsys):
    (exercise / "test_exercise.py").write_text('"""Broken."""\nimport nothing_of_that_name\n')
    assert main(["check", "7"]) == 2
    assert "nothing_of_that_name" in capsys.readouterr().err


def test_outside_a_repository_it_says_where_to_go(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["check", "1"]) == 2
    assert "go to your copy of the repository" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="pipes close differently there")
@pytest.mark.parametrize("arguments", [["check"], ["check", "7"]])
def test_a_reader_that_stops_reading_is_no_error(exercise, arguments):
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "minigen.cli", *arguments]
    with os.fdopen(write, "wb") as pipe:
        done = subprocess.run(command, stdout=pipe, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 141 and done.stderr == ""


def test_plain_pytest_shows_points_and_hints(exercise):
    (exercise / "exercise.py").write_text(RIGHT + "def square(x):\n    return x\n" + "def triple(x):\n" +
                                          "    raise NotImplementedError\n")  # fmt: skip
    twin = exercise.parent / "08_twin"  # two exercises in one run do not mix their answers
    twin.mkdir()
    (twin / "test_exercise.py").write_text(TESTS)
    (twin / "exercise.py").write_text(RIGHT)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "exercises"],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "120"},
    )
    assert done.returncode == 1
    assert "x times x" in done.stdout and "not yet done (1 points)" not in done.stdout
    assert "not yet done (1 point)" in done.stdout
    assert "10 of 12 points" in done.stdout
    assert "2 failed, 14 passed" in done.stdout
