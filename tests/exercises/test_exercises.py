"""The graders are graded: the stub earns 0, right answers everything, and a wrong answer meets the hint that names it.

For each exercise NN_name, the folder NN_name beside this file has
    reference.py   a right answer;
    right_*.py     other right answers, written independently;
    wrong.py       WRONG = [(function, wrong answer, the test that it must lose, a part of that test's hint), ...],
                   or, where it would be long, several wrong_*.py, each with the functions of one theme.
"""

import ast
import functools
import json
import runpy
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from minigen.grading.runner import Result, read_log

HERE = Path(__file__).parent
EXERCISES = HERE.parents[1] / "exercises"
NAMES = sorted(path.parent.name for path in HERE.glob("[0-9][0-9]_*/reference.py"))
SEEDS = (0, 1, 2)


def functions(exercise: str) -> list[str]:
    """The functions that a student fills in."""
    tree = ast.parse((EXERCISES / exercise / "exercise.py").read_text())
    return [n.name for n in tree.body if isinstance(n, ast.FunctionDef) and not n.name.startswith("_")]


def rights(exercise: str) -> list[str]:
    return ["reference", *sorted(path.stem for path in (HERE / exercise).glob("right_*.py"))]


@functools.cache
def wrongs(exercise: str) -> list[tuple]:
    """The rows of WRONG in the order of the exercise's functions, each with the file that it is from."""
    order, files = functions(exercise), sorted((HERE / exercise).glob("wrong*.py"))
    rows = [(*row, file) for file in files for row in runpy.run_path(str(file))["WRONG"]]
    return sorted(rows, key=lambda row: order.index(row[0]))


def patched(base: Path, function: str, source: Path, name: str) -> str:
    """The answers in `base`, with one function taken from another file."""
    return (
        f"import runpy\n\nglobals().update(runpy.run_path({str(base)!r}))\n"
        f"{function} = runpy.run_path({str(source)!r})[{name!r}]\n"
    )


@functools.cache
def outcomes(exercise: str) -> dict[str, dict[str, Result]]:
    """Every answer's results, by test: all answers of an exercise run in one process."""
    folder, stub, reference = HERE / exercise, EXERCISES / exercise / "exercise.py", HERE / exercise / "reference.py"
    tests = EXERCISES / exercise / "test_exercise.py"
    names = [n.name for n in ast.parse(tests.read_text()).body if isinstance(n, ast.FunctionDef)]
    jobs: dict[str, tuple] = {"stub": ([str(tests)], str(stub), 0)}
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch)

        def write(key: str, text: str, chosen: list[str]) -> None:
            path = made / f"answers_{len(jobs)}.py"
            path.write_text(text)
            jobs[key] = (chosen, str(path), 0)

        for name in rights(exercise):
            jobs.update({f"{name} {seed}": ([str(tests)], str(folder / f"{name}.py"), seed) for seed in SEEDS})
        for i, (function, wrong, _, _, file) in enumerate(wrongs(exercise)):
            chosen = [f"{tests}::{name}" for name in names if name.startswith(f"test_{function}")]
            write(f"wrong {i}", patched(reference, function, file, wrong.__name__), chosen)
        for function in functions(exercise):
            write(f"only {function}", patched(stub, function, reference, function), [str(tests)])
        logs = {key: made / f"{i}.jsonl" for i, key in enumerate(jobs)}
        description = {"jobs": [[*job, str(logs[key])] for key, job in jobs.items()]}
        (made / "jobs.json").write_text(json.dumps(description))
        command = [sys.executable, str(HERE / "driver.py"), str(made / "jobs.json")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=1200)
        assert done.returncode == 0, done.stdout + done.stderr
        found: dict[str, dict[str, Result]] = {key: {} for key in jobs}
        for key, log in logs.items():
            assert read_log(log, found[key]) is None, f"{key} did not finish"
        return found


def explained(results: dict[str, Result]) -> str:
    return "\n".join(f"{r.name}: {r.outcome} {r.message} {r.example}" for r in results.values() if not r.earned)


@pytest.mark.parametrize("exercise", NAMES)
def test_the_untouched_stub_earns_nothing(exercise):
    results = outcomes(exercise)["stub"].values()
    assert results and {r.outcome for r in results} == {"todo"}


@pytest.mark.parametrize("exercise", NAMES)
def test_every_test_belongs_to_a_function_and_has_a_title_and_a_hint(exercise):
    results = outcomes(exercise)["stub"].values()
    assert {r.task for r in results} == set(functions(exercise))
    assert all(r.hint and r.title and r.points >= 1 for r in results)
    titles = [(r.task, r.title) for r in results]
    assert len(titles) == len(set(titles))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("exercise", "answer"), [(e, a) for e in NAMES for a in rights(e)])
def test_a_right_answer_earns_everything(exercise, answer, seed):
    results = outcomes(exercise)[f"{answer} {seed}"]
    assert all(r.outcome == "passed" for r in results.values()), explained(results)


@pytest.mark.parametrize(
    ("exercise", "i"),
    [pytest.param(e, i, id=f"{e[:2]}-{w[1].__name__}") for e in NAMES for i, w in enumerate(wrongs(e))],
)
def test_a_wrong_answer_loses_points_with_the_hint_that_names_its_error(exercise, i):
    function, _, test, fragment, _ = wrongs(exercise)[i]
    results = outcomes(exercise)[f"wrong {i}"]
    assert results[test].outcome == "failed" and results[test].task == function
    assert fragment in results[test].hint
    first = next(r for r in results.values() if not r.earned)
    assert first.name == test, f"a student would read the hint of {first.name} first: {first.hint}"


@pytest.mark.parametrize(("exercise", "function"), [(e, f) for e in NAMES for f in functions(e)])
def test_solving_one_function_earns_exactly_its_points(exercise, function):
    results = outcomes(exercise)[f"only {function}"].values()
    assert {r.name for r in results if r.earned} == {r.name for r in results if r.task == function}


@pytest.mark.parametrize("exercise", NAMES)
def test_there_are_enough_answers_to_hold_the_grader_to(exercise):
    assert len(rights(exercise)) >= 4 and len(wrongs(exercise)) >= 8
