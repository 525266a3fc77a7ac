"""`minigen grade` from uploads to gradebook: points, other inputs, resume, overrides, and whose fault an error is."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from small_exercise import HALF, RIGHT, STUB, TESTS

from minigen.cli import main
from minigen.grading import processes
from minigen.grading.choice import problem
from minigen.grading.grader import _environment, seed_of
from minigen.grading.journal import file_name
from minigen.grading.walls import walls

HIDDEN = '''\
"""More about numbers."""
from minigen.grading import assert_close, hint, points, sub

@points(3)
@hint("half numbers too")
def test_double_halves():
    """halves"""
    assert_close(sub.double(0.5), 1.0)
'''

pytestmark = pytest.mark.skipif(all(problem(wall) for wall in walls()), reason="no wall stands on this machine")


@pytest.fixture
def course(tmp_path, monkeypatch):
    folder = tmp_path / "exercises" / "07_numbers"
    folder.mkdir(parents=True)
    (folder / "test_exercise.py").write_text(TESTS)
    (folder / "exercise.py").write_text(STUB)
    (tmp_path / "in").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def grade(*more):
    return main(["grade", "in", "-a", "7", "-o", "out", "--jobs", "2", *more])


def grades(course):
    return {row["id"]: row for row in json.loads((course / "out" / "grades.json").read_text())["grades"]}


def journal(course):
    return [json.loads(line)["id"] for line in (course / "out" / "journal.jsonl").read_text().splitlines()]


def test_a_class_is_graded(course, capsys):
    (course / "in" / "ann.py").write_text(RIGHT)
    (course / "in" / "bob").mkdir()
    (course / "in" / "bob" / "exercise.py").write_text(HALF)
    cells = [{"cell_type": "markdown", "source": "# Mine"},
             {"cell_type": "code", "source": ["%matplotlib inline\n", RIGHT]},
             {"cell_type": "code", "source": "%%bash\nraise ValueError"}]  # fmt: skip
    (course / "in" / "cleo.ipynb").write_text(json.dumps({"cells": cells}))
    (course / "in" / "roster.csv").write_text("\ufeffID, Name\nann,=Ann\ncleo,Cleo\ndan,Dan\n")
    assert grade() == 0
    said = capsys.readouterr()
    assert "4 submissions: 2 ok, 1 missing, 1 partial; mean 4.00 of 6 points over the roster's 3 people" in said.out
    assert "not in the roster: bob" in said.err
    with open(course / "out" / "grades.csv", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    assert {id: (row["points"], row["max"], row["status"]) for id, row in rows.items()} == {
        "ann": ("6", "6", "ok"), "bob": ("3", "6", "partial"), "cleo": ("6", "6", "ok"), "dan": ("0", "6", "missing"),
    }  # fmt: skip
    assert rows["ann"]["name"] == "'=Ann" and rows["bob"]["test_double"] == "0" and rows["bob"]["test_draw"] == "1"
    page = (course / "out" / "feedback" / "bob.md").read_text()
    assert "**3 of 6 points**" in page and "hint: twice as much" in page and "your answer is 25; wanted 10" in page
    results = json.loads((course / "out" / "gradescope" / "bob.json").read_text())
    assert results["score"] == 3 and [t["score"] for t in results["tests"]] == [0, 0, 1, 1, 1]
    suites = ElementTree.parse(course / "out" / "junit.xml").getroot()
    failures = {suite.get("name"): suite.get("failures") for suite in suites}
    assert failures == {"ann": "0", "bob": "2", "cleo": "0", "dan": "5"}


def test_the_roster_decides_how_an_id_is_written(course, capsys):
    (course / "in" / "Ann.py").write_text(RIGHT)
    for name in ("bob.py", "BOB.py"):
        (course / "in" / name).write_text(RIGHT)
    (course / "in" / "cleo" / "hw").mkdir(parents=True)
    (course / "in" / "cleo" / "hw" / "exercise.py").write_text(HALF)
    (course / "in" / "roster.csv").write_text("id,name\nann,Ann\nBob,Bob\nCleo,Cleo\n")
    (course / "out").mkdir()
    (course / "out" / "overrides.csv").write_text("id,points\nCLEO,4\n")
    assert grade() == 0
    seen = {id: (row["name"], row["status"], row["points"]) for id, row in grades(course).items()}
    assert seen == {"ann": ("Ann", "ok", 6), "Bob": ("Bob", "rejected_upload", 0), "Cleo": ("Cleo", "partial", 4)}
    assert "2 uploads for this id, and one is expected: BOB.py, bob.py" in grades(course)["Bob"]["message"]
    said = capsys.readouterr()
    assert "not in the roster" not in said.err and "nobody" not in said.err
    assert "3 submissions, behind" in said.out and "mean 3.33 of 6 points over the roster's 3 people" in said.out
    assert {path.stem for path in (course / "out" / "feedback").iterdir()} == set(seen)
    assert grade("--resume") == 0 and len(journal(course)) == 3


def test_of_hidden_tests_titles_and_hints_are_shown_only(course):
    (course / "in" / "ann.py").write_text(RIGHT.replace("return 2 * x", "return 2 * x if x != 0.5 else 0"))
    (course / "hidden.py").write_text(HIDDEN)
    (course / "secret").write_text("a secret of the instructor")
    assert grade("--secret", "secret", "--hidden", "hidden.py") == 0
    ann = grades(course)["ann"]
    assert (ann["points"], ann["status"]) == (6, "partial")
    assert ann["tests"][-1] == {
        "name": "test_double_halves", "task": "double", "title": "halves", "points": 3, "earned": 0,
        "outcome": "failed", "hidden": True, "hint": "half numbers too", "message": "", "example": "",
    }  # fmt: skip
    for kind in ("md", "html"):
        page = (course / "out" / "feedback" / f"ann.{kind}").read_text()
        assert "halves" in page and "half numbers too" in page and "0.5" not in page


def test_an_answer_that_is_right_for_public_inputs_only_earns_nothing(course):
    tests = TESTS.replace("numbers = st.integers(-9, 9)", "numbers = st.integers(-10**9, 10**9)")
    (course / "exercises" / "07_numbers" / "test_exercise.py").write_text(tests)
    (course / "in" / "spy.py").write_text(RIGHT.replace("return 2 * x", "print(x)\n    return 2 * x"))
    assert grade() == 0
    drawn = [int(x) for x in grades(course)["spy"]["printed"].split()]
    public = set(drawn)
    assert 10 < len(public) <= len(drawn) <= 21  # what was printed about other inputs is not shown
    by_heart = RIGHT.replace("return 2 * x", f"return 2 * x if x in {public} else 0")
    (course / "in" / "heart.py").write_text(by_heart)
    assert grade("--resume") == 0
    heart = grades(course)["heart"]
    assert (heart["points"], heart["status"]) == (4, "partial")
    assert heart["tests"][0]["message"] == "right for the inputs of the public tests, wrong for others"
    assert heart["tests"][0]["hint"] == "twice as much" and not heart["tests"][0]["example"]


@pytest.mark.parametrize("variable", ["CI", "GITLAB_CI"])
def test_nothing_is_known_by_heart_under_continuous_integration(course, monkeypatch, variable):
    """Even an empty variable gives hypothesis other defaults: inputs that do not depend on the seed."""
    monkeypatch.setenv(variable, "")
    seen = "rng.bit_generator.state['state']['state']"
    (course / "in" / "spy.py").write_text(RIGHT.replace("return rng", f"print({seen})\n    return rng"))
    assert grade() == 0
    public = {int(x) for x in grades(course)["spy"]["printed"].split()}
    assert len(public) > 10
    by_heart = RIGHT.replace("size=n)", f"size=n) if {seen} in {public} else 0")
    (course / "in" / "heart.py").write_text(by_heart)
    assert grade("--resume") == 0
    heart = grades(course)["heart"]
    assert heart["points"] == 5 and [test["earned"] for test in heart["tests"]] == [2, 1, 1, 1, 0]
    assert heart["tests"][-1]["message"] == "right for the inputs of the public tests, wrong for others"


def test_nothing_in_a_sessions_environment_changes_how_tests_run(monkeypatch):
    before = _environment()
    names = "CI", "BUILD_NUMBER", "GITHUB_ACTIONS", "GITLAB_CI", "PYTEST_ADDOPTS", "HYPOTHESIS_NO_NPY", "PYTHONOPTIMIZE"
    for name in names:
        monkeypatch.setenv(name, "1")
    assert _environment() == before and "PATH" in before and not set(names) & set(before)


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are Linux's")
def test_a_session_has_little_more_memory_than_the_answers(course):
    limit = "(__import__('resource').getrlimit(__import__('resource').RLIMIT_AS)[0] >> 20)"
    tests = re.sub(r"assert isinstance\(got.*", f"assert {limit} == 512 + 1024, {limit}", TESTS)
    (course / "exercises" / "07_numbers" / "test_exercise.py").write_text(tests)
    (course / "in" / "ann.py").write_text(RIGHT)
    assert grade("--memory", "512") == 0
    assert grades(course)["ann"]["points"] == 6


def test_a_long_wrong_list_is_no_work_for_the_grader(course, monkeypatch):
    """Under continuous integration pytest shows such a difference in full: a matter of hours."""
    monkeypatch.setenv("CI", "1")
    wanted = "assert got == [f'node {i:04}' for i in range(5001)]"
    tests = re.sub(r"assert isinstance\(got.*", wanted, TESTS)
    (course / "exercises" / "07_numbers" / "test_exercise.py").write_text(tests)
    answer = "return [f'mode {i:04}' for i in range(5001)]"
    (course / "in" / "ann.py").write_text(RIGHT.replace("return sorted(xs)", answer))
    assert grade("--cpu", "0.5") == 0
    assert (grades(course)["ann"]["status"], grades(course)["ann"]["points"]) == ("partial", 5)


def test_seeds_are_one_for_each_assignment_and_secret():
    seeds = {seed_of(secret, name) for secret in (b"one", b"two") for name in ("01", "02")}
    assert len(seeds) == 4 and seed_of(b"one", "01") in seeds and all(0 <= seed < 1 << 32 for seed in seeds)


def test_resume_grades_what_is_new_or_changed_only(course, capsys):
    for name in ("ann", "bob", "cleo"):
        (course / "in" / f"{name}.py").write_text(RIGHT)
    assert grade() == 0
    assert sorted(journal(course)) == ["ann", "bob", "cleo"]
    assert grade() == 2
    assert "--resume goes on with them, --force grades everything again" in capsys.readouterr().err
    (course / "in" / "bob.py").write_text(HALF)
    (course / "in" / "dan.py").write_text(STUB)
    lines = (course / "out" / "journal.jsonl").read_text()
    (course / "out" / "journal.jsonl").write_text(lines + '{"id": "ann", "status": "o')  # cut off in the middle
    secret = (course / "out" / "secret.key").read_text()
    assert grade("--resume") == 0
    assert sorted(line["id"] for line in _lines(course)[3:]) == ["bob", "dan"]
    assert {id: row["points"] for id, row in grades(course).items()} == {"ann": 6, "bob": 3, "cleo": 6, "dan": 0}
    (course / "exercises" / "07_numbers" / "test_exercise.py").write_text(TESTS.replace("@points(2)", "@points(4)"))
    before = (course / "out" / "grades.csv").read_bytes(), _lines(course)
    capsys.readouterr()
    assert grade("--resume") == 2  # other tests: not without a word
    assert "results, and test_exercise.py is not the one that they are from: --force" in capsys.readouterr().err
    assert ((course / "out" / "grades.csv").read_bytes(), _lines(course)) == before
    assert grade("--force") == 0
    assert "other points than before: ann 6 -> 8, cleo 6 -> 8\n" in capsys.readouterr().out
    assert {id: row["points"] for id, row in grades(course).items()} == {"ann": 8, "bob": 3, "cleo": 8, "dan": 0}
    assert (course / "out" / "secret.key").read_text() == secret
    assert (course / "out" / "secret.key").stat().st_mode & 0o077 == 0


def _lines(course):
    lines = []
    for line in (course / "out" / "journal.jsonl").read_text().splitlines():
        try:
            lines.append(json.loads(line))
        except ValueError:
            continue
    return lines


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["killed", "Ctrl-C"])
def test_a_run_that_is_stopped_loses_and_repeats_nothing(course, how):
    names = [f"s{i:02}" for i in range(8)]
    for name in names:
        (course / "in" / f"{name}.py").write_text(RIGHT)
    command = [sys.executable, "-m", "minigen.cli", "grade", "in", "-a", "7", "-o", "out", "--jobs", "2"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    path, deadline = course / "out" / "journal.jsonl", time.monotonic() + 120
    while not (path.exists() and path.read_text().count("\n") >= 2) and time.monotonic() < deadline:
        time.sleep(0.02)
    family = processes.family(process.pid)
    process.send_signal(how)
    said = process.communicate()[1].decode()
    assert process.returncode == (130 if how == signal.SIGINT else -how)
    assert how == signal.SIGKILL or re.search(r"stopped: \d of 8 are graded; --resume goes on", said)
    deadline = time.monotonic() + 20
    while any(processes.family(pid) for pid in family) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(family) > 1 and not any(processes.family(pid) for pid in family)
    done = journal(course)
    assert 2 <= len(done) < len(names) and not (course / "out" / "grades.csv").exists()
    assert grade("--resume") == 0
    assert journal(course)[: len(done)] == done and sorted(journal(course)) == names
    assert {row["points"] for row in grades(course).values()} == {6} and len(grades(course)) == len(names)


def test_what_a_person_decides_stays(course, capsys):
    (course / "in" / "ann.py").write_text(HALF)
    (course / "out").mkdir()
    table = "id,points,note\nann,5.5,a typo only\nnobody,1,\n"
    (course / "out" / "overrides.csv").write_text(table)
    assert grade() == 0
    assert "overrides.csv names nobody that there is: nobody" in capsys.readouterr().err
    ann = grades(course)["ann"]
    assert (ann["points"], ann["override"], ann["note"]) == (5.5, 5.5, "a typo only")
    for kind, points in (("md", "**5.5 of 6 points**"), ("html", "<b>5.5</b> of 6 points")):
        page = (course / "out" / "feedback" / f"ann.{kind}").read_text()
        assert points in page and "the tests gave 3." in page and "a typo only" in page
    assert grade("--force") == 0 and (course / "out" / "overrides.csv").read_text() == table
    assert grades(course)["ann"]["points"] == 5.5


def test_one_students_files_do_not_stop_the_class(course, capsys):
    long = "𝐚" * 62  # 248 bytes
    for id in ("ann", "bob", long):
        (course / "in" / id).mkdir()
        (course / "in" / id / "exercise.py").write_text(RIGHT)
    for taken in ("feedback/ann.html", "gradescope/ann.json"):
        (course / "out" / taken).mkdir(parents=True)
    assert grade() == 1
    said = capsys.readouterr().err
    assert "the points of ann are entered, but this could not be written: gradescope/ann.json: Is a directory" in said
    assert "bob" not in said
    assert {id: row["points"] for id, row in grades(course).items()} == {"ann": 6, "bob": 6, long: 6}
    for id in ("bob", file_name(long)):
        for name in (f"feedback/{id}.md", f"feedback/{id}.html", f"gradescope/{id}.json"):
            assert (course / "out" / name).is_file()
    assert (course / "out" / "grades.csv").is_file() and (course / "out" / "feedback" / "ann.md").is_file()


@given(st.text(min_size=1, max_size=300), st.text(min_size=1, max_size=300))
@example("a" * 200 + "b", "a" * 200 + "c")
@example("a" * 200, "\ud800" * 99)
def test_names_of_files_are_short_and_differ(one, other):
    assert len(file_name(one).encode(errors="backslashreplace")) <= 220
    assert (file_name(one) == file_name(other)) == (one == other)
    assert file_name("ann") == "ann"


def test_an_error_of_the_grader_is_for_a_person_to_look_at(course, capsys):
    tests = TESTS.replace("sub.order([3, 1, 2])", "sub.order(object())")
    (course / "exercises" / "07_numbers" / "test_exercise.py").write_text(tests)
    (course / "in" / "ann.py").write_text(RIGHT)
    assert grade() == 1
    assert "the grader failed on ann, look at it: a test calls a function with an object" in capsys.readouterr().err
    assert grades(course)["ann"]["status"] == "grader_error"
    assert grade("--resume") == 1 and len(journal(course)) == 2  # it is tried again


def test_a_session_that_breaks_off_is_for_a_person_to_look_at(course, capsys):
    tests = TESTS.replace("got = sub.order([3, 1, 2])", "__import__('os')._exit(3)")
    (course / "exercises" / "07_numbers" / "test_exercise.py").write_text(tests)
    (course / "in" / "ann.py").write_text(RIGHT)
    assert grade() == 1
    assert "the session broke off" in capsys.readouterr().err
    assert (grades(course)["ann"]["status"], grades(course)["ann"]["points"]) == ("grader_error", 0)


def test_tests_that_cannot_run_are_said_at_once(course, capsys):
    broken = '"""Broken."""\nimport nothing_of_that_name\n'
    (course / "exercises" / "07_numbers" / "test_exercise.py").write_text(broken)
    (course / "in" / "ann.py").write_text(RIGHT)
    assert grade() == 2
    assert "nothing_of_that_name" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "say what to grade"),
        (["in", "-a", "7", "-o", "out"], "holds no submissions"),
        (["nowhere", "-a", "7", "-o", "out"], "there is no nowhere"),
        (["in", "-a", "9", "-o", "out"], "there is no exercise 9"),
        (["x.py", "-a", "7", "-o", "out", "--roster", "x.py"], "has no column 'id'"),
        (["x.py", "-a", "7", "-o", "out", "--hidden", "none.py"], "there is no file"),
        (["x.py", "-a", "7", "-o", "out", "--secret", "none"], "none"),
        (["x.py", "-a", "7", "-o", "out", "--secret", "x.py"], "16 characters"),
    ],
)
def test_what_cannot_be_done_is_said(course, capsys, arguments, says):
    (course / "x.py").write_text("x = 1\n")
    assert main(["grade", *arguments]) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "values", "expected"),
    [
        ("--cpu", ["-1", "0", "nan", "inf", "two", "1e9"], "seconds, more than 0 and at most 86400, such as 2.5"),
        ("--memory", ["-1", "0", "255", "nan", "inf", "two", "300.5"], "whole MiB, 256 at least, such as 1024"),
        ("--jobs", ["-1", "0", "nan", "inf", "two", "1.5"], "a whole number from 1 to 1000"),
    ],
)
def test_limits_that_are_none_are_said_at_the_door(course, capsys, option, values, expected):
    (course / "x.py").write_text("x = 1\n")
    for value in values:
        with pytest.raises(SystemExit) as stopped:
            main(["grade", "x.py", "-a", "7", "-o", "out", option, value])
        line, help = capsys.readouterr().err.splitlines()
        assert stopped.value.code == 2 and help == "All options: minigen grade --help"
        assert line == f"minigen grade: error: argument {option}: expected {expected}; got {value!r}"
    assert not (course / "out").exists()


def test_a_notebook_is_graded_and_its_student_told_of_cells(course):
    cells = ["from __future__ import annotations\nimport numpy as np\nimport matplotlib_of_nobody",
             "%%time\n" + RIGHT.replace("sorted(xs)", "xs[9]"), "def f(:"]  # fmt: skip
    for id, sources in (("ann", cells[:2]), ("bob", cells), ("cleo", ["import no_such_thing\n" + RIGHT])):
        notebook = {"cells": [{"cell_type": "code", "source": source} for source in sources]}
        (course / "in" / f"{id}.ipynb").write_text(json.dumps(notebook))
    (course / "in" / "dan.py").write_text("")
    assert grade() == 0
    assert {id: (row["status"], row["points"]) for id, row in grades(course).items()} == {
        "ann": ("partial", 5), "bob": ("syntax_error", 0), "cleo": ("partial", 0), "dan": ("partial", 0)}  # fmt: skip
    pages = {id: (course / "out" / "feedback" / f"{id}.md").read_text() for id in grades(course)}
    for id, says in (
        ("ann", "cell 1 of the notebook stops at line 3: ModuleNotFoundError: No module named 'matplotlib_of_nobody'"),
        ("ann", "    cell 2, line 14 (return xs[9]): IndexError: list index out of range\n"),
        ("bob", "    exercise.ipynb, cell 3, line 1: Python cannot read this yet: invalid syntax\n"),
        ("cleo", "    exercise.ipynb defines none of double, total, order, apply, draw\n"),
        ("cleo", "cell 1 of the notebook stops at line 1: ModuleNotFoundError"),
        ("dan", "    exercise.py defines none of double, total, order, apply, draw: is it the right file?\n"),
    ):
        assert pages[id].count(says) == 1, pages[id]
    assert not any("has no function" in page for page in pages.values())


def test_answers_may_say_what_is_to_come(course):
    (course / "in" / "ann.py").write_text("from __future__ import annotations\n" + RIGHT)
    assert grade() == 0 and grades(course)["ann"]["points"] == 6


def test_one_file_without_a_wall_is_marked(course, capsys):
    (course / "ann.py").write_text(RIGHT)
    assert main(["grade", "ann.py", "-a", "7", "-o", "out", "--unsafe-no-sandbox"]) == 0
    assert "UNSANDBOXED" in capsys.readouterr().err
    pages = "feedback/ann.md", "feedback/ann.html"
    for name in ("grades.csv", "grades.json", "junit.xml", "gradescope/ann.json", *pages):
        assert "UNSANDBOXED" in (course / "out" / name).read_text(), name
    assert os.path.exists("ann.py")
