"""The graders measured: what the report on them says, part by part, each part kept until what it depends on changes."""

import hashlib
import json
import os
import platform
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
from answers import (
    CPU,
    HERE,
    SEEDS,
    deaths,
    losses,
    mutants_of,
    own_tests,
    process,
    public_tests,
    rights,
    wrong_answer,
    wrongs,
)

import minigen.grading
from minigen.grading.grader import Assignment, Grader
from minigen.grading.intake import Upload
from minigen.grading.limits import Limits
from minigen.grading.walls import Wall

ROOT = HERE.parents[1]
KEPT = ROOT / "build" / "grading-report"
GRADING = Path(minigen.grading.__file__).parent
BLOCK = 25  # seeds that are measured at a time
Seen = Callable[[], object]  # is called after each unit of progress

# What a call to an answer passes through, and what one graded submission does.
CALLS = [GRADING / f"{name}.py" for name in ("plugin", "submission", "marks", "proxy", "limits")]
SESSION = [GRADING / f"{name}.py" for name in ("session", "grader", "scoring", "runner", "intake")]


class Part:
    """One measurement.  name: of the file that keeps it.  size: units of progress.  make(seen): measures it."""

    def __init__(self, name: str, size: int, make: Callable[[Seen], Any], files: list[Path], *facts: Any):
        self.name, self.size, self._make = name, size, make
        versions = (platform.python_version(), np.__version__, hypothesis.__version__)
        digests = [hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(files)]
        self._key = hashlib.sha256(repr((name, versions, digests, facts)).encode()).hexdigest()

    def kept(self) -> Any:
        """What was measured with the present files; None if nothing was."""
        try:
            found = json.loads((KEPT / f"{self.name}.json").read_text())
        except (OSError, ValueError):
            return None
        return found["value"] if found["key"] == self._key else None

    def measure(self, seen: Seen) -> None:
        value = self._make(seen)
        KEPT.mkdir(parents=True, exist_ok=True)
        file = KEPT / f"{self.name}.json"
        file.with_suffix(".new").write_text(json.dumps({"key": self._key, "value": value}))
        file.with_suffix(".new").replace(file)


def parts_of(exercise: str, wall: Wall | None, seeds: int) -> Iterator[Part]:
    """All measurements of an exercise: wrong answers, mutants, whole submissions, and right answers for many seeds."""
    tests, here = [public_tests(exercise)], HERE / exercise
    answers = [here / f"{name}.py" for name in rights(exercise)]
    name = exercise[:2]
    yield Part(f"{name}-wrong", len(wrongs(exercise)), lambda seen: _wrong(exercise, seen),
               [*tests, *CALLS, answers[0], HERE / "forks.py", *here.glob("wrong*.py")])  # fmt: skip
    yield Part(f"{name}-mutants", len(mutants_of(exercise)),
               lambda seen: deaths(exercise, list(mutants_of(exercise)), seen),
               [*tests, *CALLS, answers[0], HERE / "reference_mutants.py", HERE / "forks.py"], SEEDS, CPU)  # fmt: skip
    if wall is None:
        return
    walled = [*tests, *answers, *CALLS, *_below("inside"), *_below("walls")]
    yield Part(f"{name}-submissions", len(answers) + 1, lambda seen: _submissions(exercise, wall, seen),
               [*walled, *SESSION, ROOT / "exercises" / exercise / "exercise.py"], wall.stamp)  # fmt: skip
    for first in range(0, seeds, BLOCK):
        block = [first, min(first + BLOCK, seeds)]
        yield Part(f"{name}-seeds-{first:03}", block[1] - first,
                   lambda seen, block=block: _rejections(exercise, wall, block, seen),
                   [*walled, HERE / "rejections.py"], wall.stamp, block)  # fmt: skip


def hostile_part(wall: Wall) -> Part:
    """The hostile suite behind a wall."""
    suite = HERE.parent / "grading"
    files = [*(suite / "hostile").glob("*.py"), suite / "hostile_suite.py", suite / "small_exercise.py"]
    files += [*CALLS, *SESSION, *_below("inside"), *_below("walls")]
    others = ("earlier", "grade", "gradebook", "journal", "notebook", "processes", "roster", "visible")
    files += [GRADING / f"{name}.py" for name in others]
    return Part(f"hostile-{wall.name}", 1, lambda seen: _hostile(wall, seen), files, wall.stamp)


def _below(folder: str) -> list[Path]:
    return list((GRADING / folder).glob("*.py"))


def _wrong(exercise: str, seen: Seen) -> dict[str, int]:
    """How many wrong answers lose the test whose hint names their error before any other."""
    rows = wrongs(exercise)
    tried = {str(i): (own_tests(exercise, row[0]), wrong_answer(exercise, i)) for i, row in enumerate(rows)}
    caught = 0
    for lost, (_, _, test, fragment, _) in zip(losses(exercise, tried, 0, seen).values(), rows, strict=True):
        caught += lost is not None and lost.name == test and fragment in lost.hint
    return {"wrong": len(tried), "caught": caught}


def _submissions(exercise: str, wall: Wall, seen: Seen) -> dict[str, Any]:
    """Every right answer and the stub graded as a submission: what they got, and seconds of computing for each."""
    grader = Grader(Assignment(exercise, public_tests(exercise), None, SEEDS), wall, Limits())
    files = {name: HERE / exercise / f"{name}.py" for name in rights(exercise)}
    files["stub"] = ROOT / "exercises" / exercise / "exercise.py"
    found = {}
    for name, file in files.items():
        before = _computed()
        record = grader.grade(Upload(name, file))
        found[name] = {"status": record.status, "earned": record.earned, "points": record.points,
                       "cpu": _computed() - before, "clock": record.seconds}  # fmt: skip
        seen()
    return found


def _computed() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _rejections(exercise: str, wall: Wall, block: list[int], seen: Seen) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder, "results.json")
        answers = [str(HERE / exercise / f"{name}.py") for name in rights(exercise)]
        job = {"tests": str(public_tests(exercise)), "answers": answers, "seeds": block, "wall": wall.name,
               "results": str(results)}  # fmt: skip
        process("rejections.py", job, seen)
        return json.loads(results.read_text())


def _hostile(wall: Wall, seen: Seen) -> dict[str, Any]:
    sys.path.insert(0, str(HERE.parent / "grading"))
    from hostile_suite import graded_behind

    quiet = os.open(os.devnull, os.O_WRONLY)
    out, err = os.dup(1), os.dup(2)
    os.dup2(quiet, 1), os.dup2(quiet, 2)
    try:
        with graded_behind(wall.name) as run:
            return {"stamp": wall.stamp, "rows": run.rows(), "forged": run.forged(), "touched": run.touched,
                    "visitors": run.visitors, "left": run.left, "code": run.code}  # fmt: skip
    finally:
        os.dup2(out, 1), os.dup2(err, 2)
        seen()
