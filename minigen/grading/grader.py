"""Grading many submissions of one exercise: each in a session of its own, several at a time."""

import base64
import contextlib
import hashlib
import hmac
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from minigen.grading import processes
from minigen.grading.intake import Rejected, Upload, read
from minigen.grading.limits import Limits
from minigen.grading.notebook import in_cells
from minigen.grading.runner import GradingError
from minigen.grading.scoring import Manifest, Record, brief, score
from minigen.grading.session import REST, Job
from minigen.grading.walls import Wall, bubblewrap

_GRACE = 120.0  # seconds that a session may take beyond the limit of its submission: for starting, and for the tests


def seed_of(secret: bytes, assignment: str) -> int:
    """The seed of the inputs that students do not see: one for each assignment, known to who knows the secret."""
    return int.from_bytes(hmac.digest(secret, assignment.encode(), "sha256")[:4], "big")


@dataclass(frozen=True)
class Assignment:
    """tests: the exercise's file of tests; hidden: another one or None; seeds: public, secret."""

    name: str
    tests: Path
    hidden: Path | None
    seeds: tuple[int, int]


@dataclass(frozen=True)
class Sheet:
    """What a student handed in: the name and the bytes of the file.  key: of everything that its result depends on."""

    id: str
    name: str
    source: bytes
    limits: Limits
    key: str


class Engine(Protocol):
    """Where sheets are graded."""

    def room(self) -> int:
        """How many it takes at a time.  Raises GradingError if it cannot go on."""

    def submit(self, sheet: Sheet) -> Future:
        """Have it graded, some time."""

    def collect(self, sheet: Sheet, future: Future) -> Record:
        """What came of it.  Raises GradingError if the engine cannot go on."""

    def stop(self) -> None:
        """Drop what is under way."""


class Grader:
    """Grades uploads of an assignment behind a wall.  Raises GradingError if its tests cannot be listed.

    own: id -> limits, of who has others than all.  manifest: the tests, if somebody has listed them before.
    """

    def __init__(
        self,
        assignment: Assignment,
        wall: Wall,
        limits: Limits,
        own: Mapping[str, Limits] | None = None,
        manifest: Manifest | None = None,
    ):
        self.assignment, self.wall, self.limits, self.own = assignment, wall, limits, own or {}
        self._running: set[subprocess.Popen] = set()
        self._lock = threading.Lock()
        self._stopped = False
        self._fixed = _fingerprint(assignment, wall)
        self.manifest = manifest or self._listed()

    def key(self, name: str, source: bytes, limits: Limits) -> str:
        """A hash of everything that the result depends on."""
        facts = f"{asdict(limits)}\0{name}\0".encode()
        return hashlib.sha256(self._fixed + facts + source).hexdigest()

    def grade(self, upload: Upload, done: Record | None = None) -> Record:
        """The record of an upload; `done`, if that is a record of the very same upload, tests and limits."""
        found = self.open(upload, done)
        return self.mark(found) if isinstance(found, Sheet) else found

    def open(self, upload: Upload, done: Record | None = None) -> Sheet | Record:
        """What was handed in, still to be graded; or its record, if there is nothing to do."""
        try:
            name, source = read(upload)
        except Rejected as reason:
            text = f"{upload.path.name}: {reason}".encode(errors="backslashreplace").decode()
            record = self._without_session(upload.id, "rejected_upload", text)
            return done if done == record else record
        limits = self.own.get(upload.id, self.limits)
        key = self.key(name, source, limits)
        if done is not None and done.key == key and not done.late and done.status != "grader_error":
            return done
        return Sheet(upload.id, name, source, limits, key)

    def mark(self, sheet: Sheet) -> Record:
        """Grade it, in a session of its own."""
        start = time.monotonic()
        with self._session(sheet.name, sheet.source or b"\n", sheet.limits) as folder:
            try:
                record = score(folder, self.manifest)
            except (OSError, ValueError, KeyError) as error:
                record = self.failed(sheet, f"the session broke off: {error}\n{_said(folder)}")
        seconds = round(time.monotonic() - start, 2)
        return replace(_in_cells(record, sheet), id=sheet.id, key=sheet.key, stamp=self.wall.stamp, seconds=seconds,
                       limits=brief(sheet.limits))  # fmt: skip

    def failed(self, sheet: Sheet, message: str) -> Record:
        """The record of what the grader could not grade: a person has to look."""
        return replace(self._without_session(sheet.id, "grader_error", message), key=sheet.key)

    def missing(self, id: str) -> Record:
        """The record of a student who handed nothing in."""
        return self._without_session(id, "missing", "nothing was handed in")

    def grade_all(self, uploads: Iterable[Upload], done: dict[str, Record], engine: Engine) -> Generator[Record]:
        """The records, as they come.  What only ran out of time on the clock is tried once more at the end, alone."""
        late: list[Sheet] = []
        try:
            for sheet, record in _marked((self.open(upload, done.get(upload.id)) for upload in uploads), engine):
                if sheet is not None and record.late:
                    late.append(sheet)
                else:
                    yield record
            for _, record in _marked(late, engine, most=1):
                yield replace(record, late=False)
        except BaseException:
            engine.stop()
            raise

    def stop(self) -> None:
        """End all sessions, and start no more."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                processes.kill(process.pid)

    def _without_session(self, id: str, status: str, message: str) -> Record:
        return Record(id, status, message, self.manifest.nothing(), stamp=self.wall.stamp)

    def _listed(self) -> Manifest:
        with self._session("exercise.py", b"", self.limits) as folder:
            manifest = Manifest.read(folder)
            if not manifest.public:
                raise GradingError(f"no tests with points in {self.assignment.tests}\n{_said(folder)}")
        return manifest

    @contextmanager
    def _session(self, name: str, source: bytes, limits: Limits) -> Iterator[Path]:
        """A folder with the logs of a session that is over; no source: of one that lists the tests."""
        with tempfile.TemporaryDirectory(prefix="minigen-") as folder:
            hidden = str(self.assignment.hidden) if self.assignment.hidden else ""
            job = Job(folder, str(self.assignment.tests), hidden, name, base64.b64encode(source).decode(),
                      self.wall.name, self.assignment.seeds, asdict(limits))  # fmt: skip
            with open(Path(folder, "said.txt"), "wb") as said:
                self._run(job, said, limits.total + _GRACE)
            yield Path(folder)

    def _run(self, job: Job, said, patience: float) -> None:
        with self._lock:
            if self._stopped:
                raise GradingError("stopped")
            process = subprocess.Popen(
                [sys.executable, "-m", "minigen.grading.session"],
                stdin=subprocess.PIPE,
                stdout=said,
                stderr=said,
                cwd=job.folder,
                env=_environment(),
                start_new_session=True,
            )
            self._running.add(process)
        assert process.stdin is not None
        try:
            process.stdin.write(job.line())
            process.stdin.flush()
            process.wait(patience)
        except (subprocess.TimeoutExpired, OSError):
            pass  # the logs are not complete, which says it all
        finally:
            processes.kill(process.pid)
            process.wait()
            with self._lock:
                self._running.discard(process)
            with contextlib.suppress(OSError):  # there may be nobody to read what was still to be written
                process.stdin.close()


def _in_cells(record: Record, sheet: Sheet) -> Record:
    """The record; of a notebook it tells of cells, where it told of lines of the code that was made of it."""
    if not sheet.name.endswith(".ipynb"):
        return record
    tests = [replace(test, message=in_cells(test.message, sheet.source)) for test in record.tests]
    return replace(record, message=in_cells(record.message, sheet.source), tests=tests)


class Threads:
    """Grades on this machine, `jobs` submissions at a time."""

    def __init__(self, grader: Grader, jobs: int):
        self._grader, self._jobs, self._pool = grader, jobs, ThreadPoolExecutor(jobs)

    def room(self) -> int:
        return self._jobs

    def submit(self, sheet: Sheet) -> Future:
        return self._pool.submit(self._grader.mark, sheet)

    def collect(self, sheet: Sheet, future: Future) -> Record:
        return future.result()

    def stop(self) -> None:
        self._grader.stop()
        self._pool.shutdown(cancel_futures=True)


def _marked(
    papers: Iterable[Sheet | Record], engine: Engine, most: int | None = None
) -> Iterator[tuple[Sheet | None, Record]]:
    """Sheets with their records, as they come; and the records that were there before.

    No more papers are read than the engine takes, and `most`, so that memory stays flat.
    """
    waiting: Iterator[Any] = iter(papers)
    running: dict[Future, Sheet] = {}
    ended = False
    while running or not ended:
        room = min(engine.room(), most or sys.maxsize)
        while not ended and len(running) < room:
            paper = next(waiting, None)
            if paper is None:
                ended = True
            elif isinstance(paper, Record):
                yield None, paper
            else:
                running[engine.submit(paper)] = paper
        for future in wait(running, timeout=2, return_when=FIRST_COMPLETED).done:
            sheet = running.pop(future)
            yield sheet, engine.collect(sheet, future)


# What Python needs of its environment, to start and to find its libraries and a place for scratch.  All else is left
# out: pytest and hypothesis work differently where one of a dozen variables, CI among them, says so.
_KEPT = ("PATH", "HOME", "USERPROFILE", "TMPDIR", "TMP", "TEMP", "LANG", "LC_ALL", "LC_CTYPE", "PYTHONPATH",
         "PYTHONHOME", "VIRTUAL_ENV", "CONDA_PREFIX", "LD_LIBRARY_PATH", "LD_PRELOAD", "DYLD_LIBRARY_PATH",
         "SYSTEMROOT", "WINDIR", "COMSPEC", "PATHEXT")  # fmt: skip


def _environment() -> dict[str, str]:
    """A session's environment: nothing in it changes how tests run."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, **bubblewrap.environment(), "PYTHONHASHSEED": "random", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONDONTWRITEBYTECODE": "1"}  # fmt: skip


def _said(folder: Path) -> str:
    """What a session says that did not do what it should."""
    said = (folder / "said.txt").read_text(errors="replace")[-2000:]
    with contextlib.suppress(OSError, ValueError, KeyError):
        said = "\n".join([*json.loads((folder / REST).read_text())["faults"], said])
    return said.strip()


def _fingerprint(assignment: Assignment, wall: Wall) -> bytes:
    """A hash of what all results of a run depend on: tests, grader, versions, seeds."""
    import hypothesis

    files = [*sorted(Path(__file__).parent.rglob("*.py")), assignment.tests]
    files += [assignment.hidden] if assignment.hidden else []
    parts = [hashlib.sha256(path.read_bytes()).digest() for path in files]
    versions = (platform.python_version(), np.__version__, hypothesis.__version__)
    facts = (assignment.name, assignment.seeds, wall.stamp, versions)
    return hashlib.sha256(b"".join(parts) + repr(facts).encode()).digest()
