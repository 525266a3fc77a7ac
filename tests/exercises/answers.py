"""What there is to hold the graders to: exercises, right and wrong answers, mutants; and running tests on them.

For each exercise NN_name, the folder NN_name beside this file has
    reference.py    a right answer, of which mutants are made;
    right_*.py      other right answers, written independently;
    wrong.py        WRONG = [(function, wrong answer, the test that it must lose, a part of that test's hint), ...];
                    or, where it would be long, several wrong_*.py, each with the functions of one theme;
    equivalent.txt  mutants that are as right as the reference: a line with the name, and below it, indented, why.
"""

import ast
import functools
import json
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import reference_mutants

from minigen.grading.runner import Result, read_log

HERE = Path(__file__).parent
EXERCISES = HERE.parents[1] / "exercises"
NAMES = sorted(path.parent.name for path in HERE.glob("[0-9][0-9]_*/reference.py"))
SEEDS = (0, 1234)  # of `minigen check`, and one that students do not know
CPU = 5  # seconds of computing for a mutant, several times what all tests of a right answer take


def public_tests(exercise: str) -> Path:
    return EXERCISES / exercise / "test_exercise.py"


def functions(exercise: str) -> list[str]:
    """The functions that a student fills in."""
    return [name for name in _defined(EXERCISES / exercise / "exercise.py") if not name.startswith("_")]


def rights(exercise: str) -> list[str]:
    return ["reference", *sorted(path.stem for path in (HERE / exercise).glob("right_*.py"))]


def _nothing() -> None:
    pass


@functools.cache
def wrongs(exercise: str) -> list[tuple]:
    """The rows of WRONG in the order of the exercise's functions, each with the file that it is from."""
    order, files = functions(exercise), sorted((HERE / exercise).glob("wrong*.py"))
    rows = [(*row, file) for file in files for row in runpy.run_path(str(file))["WRONG"]]
    return sorted(rows, key=lambda row: order.index(row[0]))


@functools.cache
def mutants_of(exercise: str) -> dict[str, reference_mutants.Mutant]:
    """The mutants of the reference, by name."""
    return {mutant.name: mutant for mutant in reference_mutants.mutants((HERE / exercise / "reference.py").read_text())}


@functools.cache
def equivalents(exercise: str) -> dict[str, str]:
    """The mutants that are as right as the reference, and why."""
    file = HERE / exercise / "equivalent.txt"
    lines = [line for line in file.read_text().splitlines() if line.strip()] if file.exists() else []
    return {name: reason.strip() for name, reason in zip(lines[::2], lines[1::2], strict=True)}


def _defined(file: Path) -> list[str]:
    return [node.name for node in ast.parse(file.read_text()).body if isinstance(node, ast.FunctionDef)]


def own_tests(exercise: str, function: str) -> list[str]:
    """The names of the tests of a function."""
    return [name for name in _defined(public_tests(exercise)) if name.startswith(f"test_{function}")]


def patched(base: Path, function: str, source: Path, name: str) -> str:
    """The answers in `base`, with one function taken from another file."""
    return (
        f"import runpy\n\nglobals().update(runpy.run_path({str(base)!r}))\n"
        f"{function} = runpy.run_path({str(source)!r})[{name!r}]\n"
    )


def wrong_answer(exercise: str, i: int) -> str:
    """The file with the i-th wrong answer, and the reference for all else."""
    function, wrong, _, _, file = wrongs(exercise)[i]
    return patched(HERE / exercise / "reference.py", function, file, wrong.__name__)


def process(script: str, job: dict[str, Any], seen: Callable[[], object]) -> int:
    """Have a script beside this file do a job, which goes to a file of its own; its exit code.

    seen() is called after each line that it prints.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "job.json")
        file.write_text(json.dumps(job))
        command = [sys.executable, str(HERE / script), str(file)]
        with open(Path(folder, "said.txt"), "w+") as said:
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, text=True) as running:
                assert running.stdout is not None
                for _ in running.stdout:
                    seen()
            said.seek(0)
            assert running.returncode in (0, 1), said.read()[-3000:]
        return running.returncode


@dataclass(frozen=True)
class Job:
    """tests: what pytest is to run.  answers: a file or its text.  seed: of hypothesis."""

    tests: Sequence[str]
    answers: Path | str
    seed: int = 0


def run(jobs: dict[str, Job], seen: Callable[[], object] = _nothing) -> dict[str, dict[str, Result]]:
    """The results of each job by test, all of them run in one process; seen() is called after each job."""
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch)
        rows = [
            [list(job.tests), str(_file(made / f"{i}.py", job.answers)), job.seed, str(made / f"{i}.jsonl")]
            for i, job in enumerate(jobs.values())
        ]
        assert process("driver.py", {"jobs": rows}, seen) == 0
        found: dict[str, dict[str, Result]] = {key: {} for key in jobs}
        for key, row in zip(jobs, rows, strict=True):
            assert read_log(Path(row[3]), found[key]) is None, f"{key} did not finish"
        return found


def _file(path: Path, answers: Path | str) -> Path:
    if isinstance(answers, Path):
        return answers
    path.write_text(answers)
    return path


def losses(exercise: str, tried: dict[str, tuple[Sequence[str], str]], seed: int, seen: Callable[[], object] = _nothing
           ) -> dict[str, Result | None]:  # fmt: skip
    """For each name: (tests, in this order, and text of the answers), the first of the tests that is lost."""
    with tempfile.TemporaryDirectory() as scratch:
        made, rows = Path(scratch), []
        for i, (order, text) in enumerate(tried.values()):
            rows.append([list(order), str(_file(made / f"{i}.py", text)), str(made / f"{i}.jsonl")])
        job = {"exercise": str(public_tests(exercise)), "reference": str(HERE / exercise / "reference.py"),
               "seed": seed, "cpu": CPU, "results": str(made / "reference.jsonl"), "jobs": rows}  # fmt: skip
        process("forks.py", job, seen)
        lost = _lost(made / "reference.jsonl")
        assert lost is None, f"the reference itself loses {lost}"
        return {name: _lost(Path(row[2])) for name, row in zip(tried, rows, strict=True)}


def _lost(log: Path) -> Result | None:
    """The test that failed, or in which the process ended."""
    results: dict[str, Result] = {}
    if stopped := read_log(log, results):
        return results[stopped]
    assert not all(result.outcome == "missing" for result in results.values()), f"{log}: no test ran"
    return next((r for r in results.values() if not r.earned and r.outcome != "missing"), None)


def deaths(exercise: str, names: Sequence[str], seen: Callable[[], object] = _nothing) -> dict[str, str]:
    """For each of these mutants, the test that it loses: with the inputs of one seed or else of the other; "": none.

    The tests of the mutant's own function come first, as they are the likeliest.
    """
    killers = dict.fromkeys(names, "")
    every = [name for name in _defined(public_tests(exercise)) if name.startswith("test_")]
    for seed in SEEDS:
        tried = {}
        for mutant in (mutants_of(exercise)[name] for name in names if not killers[name]):
            own = own_tests(exercise, mutant.function)
            tried[mutant.name] = (own + [name for name in every if name not in own], mutant.source)
        for name, lost in losses(exercise, tried, seed, seen).items():
            killers[name] = f"{lost.name}, seed {seed}" if lost else ""
    return killers
