"""Are right answers ever rejected?  python rejections.py JOB.json

JOB.json: {"tests": FILE, "answers": [FILE, ...], "seeds": [first, last], "wall": NAME or "", "results": FILE}.  The
inputs of each seed are those of `minigen check NN --seed SEED`.  They are drawn once, and every answer gets them twice:
called in process, and in a worker behind the wall, one worker for each answer and all seeds.  (A worker for each answer
and seed, as `minigen grade` has it, would take most of the time to start; that it starts is measured apart.)  A line is
printed after each seed.
"""

import contextlib
import copy
import functools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from minigen.grading import sub
from minigen.grading.limits import Limits
from minigen.grading.proxy import Remote, WallError, WorkerLost
from minigen.grading.submission import Submission, select
from minigen.grading.walls import walls

PATIENCE = Limits(cpu=20.0, wall=300.0, total=1e6)  # for all seeds


class InProcess:
    """An answer called as `minigen check` calls it."""

    mode = "in process"

    def __init__(self, answer: Path):
        self.name, self._submission = answer.stem, Submission(answer)

    def start_test(self) -> None:
        pass

    def call(self, name: str, args: tuple, kwargs: dict) -> Any:
        return getattr(self._submission, name)(*args, **kwargs)

    def close(self) -> None:
        pass


class Walled:
    """An answer called as `minigen grade` calls it, in a worker that is kept."""

    mode = "walled"

    def __init__(self, answer: Path, wall: str):
        self.name = answer.stem
        self._remote = Remote(next(w for w in walls() if w.name == wall), PATIENCE, answer.name, answer.read_bytes())
        self.start_test, self.call, self.close = self._remote.start_test, self._remote.call, self._remote.close


class Council:
    """Everybody answers the same question; who is rejected is noted, and the test goes on."""

    def __init__(self, members: list):
        self.members, self.seed, self.inputs = members, 0, 0
        self.rejected: dict[str, dict[str, list]] = {m.mode: {} for m in members}

    def ask(self, test: Callable, *args: Any, **kwargs: Any) -> None:
        self.inputs += 1
        for member in self.members:
            select(sub, None, member.call)
            try:
                test(*copy.deepcopy(args), **copy.deepcopy(kwargs))
            except (hypothesis.errors.HypothesisException, WallError):
                raise
            except (Exception, WorkerLost) as error:
                self._note(member, test, error)

    def _note(self, member: Any, test: Callable, error: BaseException) -> None:
        seeds = self.rejected[member.mode].setdefault(member.name, [])
        if all(seed != self.seed for seed, _ in seeds):
            seeds.append((self.seed, f"{test.__name__}: {error}"[:500]))


class Sitting:
    """A plugin of pytest, which holds the exercise's tests and settings: runs them with many seeds before a council."""

    def __init__(self, job: dict[str, Any]):
        self.job = job

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        tests = [item.obj for item in session.items]  # type: ignore[attr-defined]
        answers = [Path(answer) for answer in self.job["answers"]]
        members: list = [InProcess(answer) for answer in answers]
        members += [Walled(answer, self.job["wall"]) for answer in answers] if self.job["wall"] else []
        council = Council(members)
        varied = [test for test in tests if hasattr(test, "hypothesis")]
        for test in varied:
            test.hypothesis.inner_test = _asking(council, test.hypothesis.inner_test)
        council.seed, last = self.job["seeds"]
        for test in tests:
            if test not in varied:  # another seed would change nothing
                council.ask(test)
        while council.seed < last:
            for test in varied:
                for member in members:
                    member.start_test()
                hypothesis.seed(council.seed)(test)()
            print(council.seed, flush=True, file=sys.__stdout__)
            council.seed += 1
        for member in members:
            member.close()
        seeds = self.job["seeds"][1] - self.job["seeds"][0]
        found = {"rejected": council.rejected, "inputs": council.inputs, "seeds": seeds}
        Path(self.job["results"]).write_text(json.dumps(found))
        return True


def _asking(council: Council, test: Callable) -> Callable:
    @functools.wraps(test)
    def ask(*args: Any, **kwargs: Any) -> None:
        council.ask(test, *args, **kwargs)

    return ask


def main(job_file: str) -> int:
    job = json.loads(Path(job_file).read_text())
    folder = Path(job_file).parent
    (folder / "pytest.ini").write_text("[pytest]\n")
    options = ["-c", str(folder / "pytest.ini"), "--rootdir", str(folder), "--noconftest", "-p", "no:cacheprovider"]
    options += ["-p", "minigen.grading.plugin", "--no-shrink", "-q", "--capture=sys", "-W", "ignore"]
    with contextlib.redirect_stdout(sys.stderr):
        return pytest.main([job["tests"], *options], plugins=[Sitting(job)])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
