"""One submission is graded in one process: it runs the tests, and what they call is in a worker behind a wall.

    python -m minigen.grading.session < JOB

JOB is a line of JSON, see Job.  The process ends when its input does, so that it never outlives the grader.
"""

import base64
import contextlib
import io
import json
import os
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from minigen.grading.limits import SESSION_MEMORY, Limits
from minigen.grading.walls import NONE, walls


@dataclass(frozen=True)
class Job:
    """folder: for logs, seen by nobody else.  tests: the exercise's file.  hidden: another file of tests, or "".

    name, source: of the answers, base64; no source: only list the tests.  wall, layers: how to shut them in.  seeds:
    of the inputs that students see, and of those that they do not.  limits: see Limits.
    """

    folder: str
    tests: str
    hidden: str
    name: str
    source: str
    wall: str
    seeds: tuple[int, int]
    limits: dict[str, Any]

    def line(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"


# Beside the modules that a worker loads in any case, as behind the wall no file can be opened: see inside/jail.py.
_MORE = ["__future__"]

# The logs of a session in its folder: tests as students know them, with other inputs, of the hidden file; and the rest.
PUBLIC, OTHERS, HIDDEN, REST = "public.jsonl", "others.jsonl", "hidden.jsonl", "session.json"


def main() -> None:
    """Do the job on standard input."""
    job = Job(**json.loads(sys.stdin.buffer.readline()))
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        memory = SESSION_MEMORY + job.limits["memory"]
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from minigen.grading.proxy import Remote

    wall = next(wall for wall in [*walls(), NONE] if wall.name == job.wall)
    remote = Remote(wall, Limits(**job.limits), job.name, base64.b64decode(job.source), _MORE)
    threading.Thread(target=_end_with_the_grader, args=(remote,), daemon=True).start()
    problem, printed = _grade(job, remote)
    remote.close()
    rest = {"problem": problem, "statuses": remote.statuses, "late": remote.late, "faults": remote.faults}
    Path(job.folder, REST).write_text(json.dumps({**rest, "printed": printed}))
    os._exit(0)


def _end_with_the_grader(remote: Any) -> None:
    sys.stdin.buffer.read()
    remote.close()
    os._exit(1)


def _grade(job: Job, remote: Any) -> tuple[str, str]:
    """Run all tests; what keeps the file from being loaded, or "", and what it printed that its author may see."""
    from minigen.grading.proxy import WallError, WorkerLost
    from minigen.grading.submission import SubmissionError, select, sub

    if not job.source:
        _pytest(job, [job.tests], PUBLIC, 0, remote, "--collect-only")
        _pytest(job, [job.hidden], HIDDEN, 0, remote, "--collect-only")
        return "", ""
    select(sub, Path(job.name), remote.call)
    try:
        remote.load()
    except WallError:
        return "", ""  # it is among the faults
    except (SubmissionError, WorkerLost) as error:
        return str(error), remote.printed()
    _pytest(job, [job.tests], PUBLIC, job.seeds[0], remote)
    printed = remote.printed()  # from here on it could tell hidden inputs
    _pytest(job, _passed(Path(job.folder, PUBLIC), job.tests), OTHERS, job.seeds[1], remote)
    _pytest(job, [job.hidden], HIDDEN, job.seeds[1], remote)
    return "", printed


def _passed(log: Path, tests: str) -> list[str]:
    """The tests that passed, and whose inputs depend on the seed."""
    from minigen.grading.runner import Result, read_log

    results: dict[str, Result] = {}
    read_log(log, results)
    return [f"{tests}::{name}" for name, result in results.items() if result.earned and result.varies]


class _Clock:
    """Tells the worker's clock where a test begins."""

    def __init__(self, remote: Any):
        self._remote = remote

    def pytest_runtest_setup(self, item: Any) -> None:
        self._remote.start_test()


def _pytest(job: Job, nodes: list[str], log: str, seed: int, remote: Any, *options: str) -> None:
    import pytest

    if not any(nodes):
        return
    folder = Path(job.folder)
    (folder / "pytest.ini").write_text("[pytest]\n")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        code = pytest.main(
            [
                *(*nodes, "-q", "-c", str(folder / "pytest.ini"), "--rootdir", str(folder), "--noconftest"),
                *("-p", "no:cacheprovider", "-p", "minigen.grading.plugin", "-p", "_hypothesis_pytestplugin"),
                # plain: what pytest makes of a comparison of long answers may take it hours
                *("--no-shrink", "--assert=plain", "--tb=short", f"--hypothesis-seed={seed}"),
                *("--results", str(folder / log), *options),
            ],
            plugins=[_Clock(remote)],
        )
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        remote.faults.append(f"pytest ends with {code!r}: {printed.getvalue()[-2000:]}")


if __name__ == "__main__":
    main()
