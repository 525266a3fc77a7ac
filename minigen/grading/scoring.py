"""From the logs of a session to points, against the list of tests that there must be."""

import copy
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from minigen.grading.limits import Limits
from minigen.grading.runner import Result, none_of_it, read_log
from minigen.grading.session import HIDDEN, OTHERS, PUBLIC, REST

OTHER_INPUTS = "right for the inputs of the public tests, wrong for others"

# From the one that says most.
_BAD_ENDS = ("protocol_error", "crashed", "memory", "timeout")


@dataclass(frozen=True)
class Scored:
    """One test of a submission.  hidden: a student may see no more of it than its title and its hint."""

    name: str
    task: str
    title: str
    points: int
    earned: int
    outcome: str
    hidden: bool = False
    hint: str = ""
    message: str = ""
    example: str = ""


@dataclass
class Record:
    """What is known about one submission; the journal keeps one of these a line.

    status: ok (all points), partial, syntax_error, timeout, memory, crashed, protocol_error, rejected_upload, missing,
    or grader_error: a person must look.  message: about the submission as a whole.  late: try again when the machine is
    less busy.  key: of everything that the result depends on.  limits: cpu in seconds and memory in bytes.
    """

    id: str
    status: str
    message: str = ""
    tests: list[Scored] = field(default_factory=list)
    printed: str = ""
    key: str = ""
    stamp: str = ""
    seconds: float = 0.0
    late: bool = False
    limits: dict[str, float] = field(default_factory=dict)

    @property
    def earned(self) -> int:
        return sum(test.earned for test in self.tests)

    @property
    def points(self) -> int:
        return sum(test.points for test in self.tests)

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(line: str) -> "Record":
        data = json.loads(line)
        return Record(**{**data, "tests": [Scored(**test) for test in data["tests"]]})


def brief(limits: Limits) -> dict[str, float]:
    """What of them is said on the command line, as records and journals have it."""
    return {"cpu": limits.cpu, "memory": limits.memory}


@dataclass(frozen=True)
class Manifest:
    """The tests that there must be: of the file that students have, and of the hidden one."""

    public: Sequence[Result]
    hidden: Sequence[Result]

    @staticmethod
    def read(folder: Path) -> "Manifest":
        """From a session that listed the tests."""
        return Manifest(*(list(_results(folder / log, ()).values()) for log in (PUBLIC, HIDDEN)))

    def nothing(self) -> list[Scored]:
        """No points for any test."""
        missing = [_scored(r, False) for r in self.public]
        return [*missing, *(_scored(r, True) for r in self.hidden)]


def _results(log: Path, expected: Sequence[Result]) -> dict[str, Result]:
    results = {result.name: copy.copy(result) for result in expected}
    if log.exists():
        running = read_log(log, results)
        if running is not None:
            results[running].outcome = "missing"
    return results


def score(folder: Path, manifest: Manifest) -> Record:
    """What a finished session found.  A test earns its points if it passed, and passed again with other inputs."""
    rest = json.loads((folder / REST).read_text())
    record = Record("", "", rest["problem"], manifest.nothing(), rest["printed"], late=rest["late"])
    if rest["faults"]:
        record.status, record.message = "grader_error", rest["faults"][0]
        return record
    ends = [status for status in ("syntax_error", *_BAD_ENDS) if status in rest["statuses"]]
    if not rest["problem"]:
        logs = [_results(folder / PUBLIC, manifest.public), _results(folder / HIDDEN, manifest.hidden)]
        for found, expected in zip(logs, (manifest.public, manifest.hidden), strict=True):
            if list(found) != [result.name for result in expected]:
                record.status, record.message = "grader_error", "other tests ran than those that there are"
                return record
        if said := none_of_it(list(logs[0].values()), rest["printed"]):
            record.message = said
            for result in logs[0].values():
                result.message = ""
        others = _results(folder / OTHERS, ())
        record.tests = [_public(result, others) for result in logs[0].values()]
        record.tests += [_scored(result, True) for result in logs[1].values()]
    record.status = ends[0] if ends else "ok" if record.earned == record.points else "partial"
    return record


def _public(result: Result, others: dict[str, Result]) -> Scored:
    again = others.get(result.name)
    if result.earned and result.varies and (again is None or not again.earned):
        result.outcome, result.message, result.example = "failed", OTHER_INPUTS, ""
    return _scored(result, False)


def _scored(result: Result, hidden: bool) -> Scored:
    shown: dict[str, Any] = {} if hidden else {"message": result.message, "example": result.example}
    return Scored(result.name, result.task, result.title, result.points, result.earned, result.outcome, hidden,
                  result.hint, **shown)  # fmt: skip
