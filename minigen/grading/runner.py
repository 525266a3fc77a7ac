"""Run an exercise's tests on a file of answers in a process of their own, and read what came out."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from minigen.grading.notebook import stops
from minigen.grading.submission import SubmissionError


@dataclass
class Result:
    """One test of an exercise and how it went.

    task: the student's function that it is about.  outcome: "passed", "failed", "todo" (the stub is untouched)
    or "missing" (it never ran).  message, example: what differed, and for which input.  varies: hypothesis draws its
    inputs, so that another seed makes another test.
    """

    name: str
    task: str
    title: str
    points: int
    hint: str
    varies: bool = False
    outcome: str = "missing"
    message: str = ""
    example: str = ""

    @property
    def earned(self) -> int:
        return self.points if self.outcome == "passed" else 0


class GradingError(RuntimeError):
    """The tests themselves could not be run; the student is not to blame."""


_TAIL = 3000  # characters, of what is printed, that are shown: the last ones
_LACKING = re.compile(r"(.*) has no function \w+: was it renamed or deleted\?")  # see submission.py


def none_of_it(results: Sequence[Result], printed: str) -> str:
    """What to say, once for all tests, of a file that has none of the functions that are asked for; else "".

    printed: while it was loaded.
    """
    names = {match[1] for result in results if (match := _LACKING.fullmatch(result.message))}
    if len(names) != 1 or not all(_LACKING.fullmatch(result.message) for result in results):
        return ""
    tasks = dict.fromkeys(result.task for result in results if result.task)
    why = "" if stops(printed) else ": is it the right file?"
    return f"{names.pop()} defines none of {', '.join(tasks)}{why}"


# What the process that tries to load a file runs.  It leaves with os._exit, whatever the file has set going.
_LOADING = """
import contextlib, json, os, sys
from pathlib import Path
from minigen.grading.submission import SubmissionError, load

log, path = Path(sys.argv[1]), Path(sys.argv[2])
log.write_text("\\n")
problem = ""
try:
    load(path)
except SubmissionError as error:
    problem = str(error)
with contextlib.suppress(Exception):
    sys.stdout.flush()
log.write_text(json.dumps({"problem": problem}))
os._exit(0)
"""


def check_loading(submission: Path, limit: float = 20.0) -> str:
    """Load the file once in a process of its own; what it prints.

    Raises SubmissionError if that fails, ends Python or takes over limit s.
    """
    with tempfile.TemporaryDirectory(prefix="minigen-") as folder:
        log = Path(folder) / "loading.json"
        log.write_text("")
        command = [sys.executable, "-c", _LOADING, str(log), str(submission)]
        finished, output = _call(command, log, limit)
        said = log.read_text(encoding="utf-8")
    if said.strip():
        if problem := json.loads(said)["problem"]:
            raise SubmissionError(problem)
    elif not finished:
        raise SubmissionError(f"{submission.name} does not finish loading: an endless loop at the top level? "
                              f"(stopped after {limit:g} s)")  # fmt: skip
    elif said:
        raise SubmissionError(f"{submission.name} ends Python while it is being loaded")
    else:
        raise GradingError(f"Python could not be started to load {submission}\n{output[-_TAIL:]}")
    return output


def run_tests(tests: Path, submission: Path, seed: int = 0, limit: float = 20.0) -> list[Result]:
    """One Result for each test with points in the file `tests`, in order.

    seed: of hypothesis: the same file gets the same marks.  limit: seconds for one test; a test that takes
    longer or ends the process is failed, and the others still run.  Raises GradingError.
    """
    results: dict[str, Result] = {}
    with tempfile.TemporaryDirectory(prefix="minigen-") as folder:
        log = Path(folder) / "results.jsonl"
        waiting: list[str] | None = None
        while waiting is None or waiting:
            log.write_text("")
            nodes = [str(tests)] if waiting is None else [f"{tests}::{name}" for name in waiting]
            finished, output = _run(nodes, submission, log, seed, limit)
            running = read_log(log, results)
            if not results:
                raise GradingError(f"no tests with points ran in {tests}\n{output[-_TAIL:]}")
            if running is None:
                break
            stopped = "ended Python" if finished else f"did not finish in {limit:g} s: an endless loop?"
            results[running].outcome, results[running].message = "failed", f"your code {stopped}"
            results[running].hint = ""
            waiting = [name for name, result in results.items() if result.outcome == "missing"]
    return list(results.values())


def read_log(log: Path, results: dict[str, Result]) -> str | None:
    """Enter what the plugin wrote into results; the test that was under way at its end, if there is one."""
    running = None
    for line in log.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        if record["event"] == "expected":
            for test in record["tests"]:
                results.setdefault(test["name"], Result(**test))
        elif record["event"] == "start":
            running = record["name"]
        else:
            running = None
            result = results[record["name"]]
            if result.outcome in ("missing", "passed"):  # of a parametrised test the first failure stands
                result.outcome = record["outcome"]
                result.message, result.example = record.get("message", ""), record.get("example", "")
                if not record.get("wrong", True):
                    result.hint = ""
    return running


def _run(nodes: Sequence[str], submission: Path, log: Path, seed: int, limit: float) -> tuple[bool, str]:
    """Run pytest on the nodes; whether it ended by itself, and what it printed."""
    folder = log.parent
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [
        *(sys.executable, "-m", "pytest", *nodes, "-q", "-c", str(folder / "pytest.ini"), "--rootdir", str(folder)),
        *("--noconftest", "-p", "minigen.grading.plugin", "-p", "no:cacheprovider", f"--hypothesis-seed={seed}"),
        *("--submission", str(submission), "--results", str(log)),
    ]
    return _call(command, log, limit)


def _call(command: Sequence[str], log: Path, limit: float) -> tuple[bool, str]:
    """Run a command in the folder of its log; whether it ended by itself, and what it printed."""
    folder = log.parent
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_ADDOPTS": ""}
    for name in ("CI", "BUILD_NUMBER"):  # with these pytest shows the difference of long lists in full, hours long
        env.pop(name, None)
    with open(folder / "output.txt", "w+", encoding="utf-8", errors="replace") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=env, cwd=folder)
        try:
            finished = _watch(process, log, limit)
        finally:
            process.kill()
            process.wait()
        output.seek(0)
        return finished, output.read()


def _watch(process: subprocess.Popen, log: Path, limit: float) -> bool:
    """Wait until the process ends (True) or nothing new is logged for `limit` seconds (False)."""
    size, since = -1, time.monotonic()
    while True:
        try:
            process.wait(0.05)
            return True
        except subprocess.TimeoutExpired:
            now = log.stat().st_size
            if now != size:
                size, since = now, time.monotonic()
            elif time.monotonic() - since > limit + (size == 0) * 30:  # starting may take a slow machine long
                return False
