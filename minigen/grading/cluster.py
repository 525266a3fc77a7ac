"""Grading on several machines: the workers of a Dask cluster, each behind walls of its own.

A worker is sent what was handed in, the tests and the seeds, and returns a record: no files are shared, and only the
client writes any.  All must have the same minigen, Python and NumPy, or equal answers could get unequal points.
"""

import asyncio
import contextlib
import hashlib
import logging
import platform
import tempfile
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import minigen
from minigen.grading.choice import choosing
from minigen.grading.grader import Assignment, Grader, Sheet
from minigen.grading.runner import GradingError
from minigen.grading.scoring import Manifest, Record
from minigen.grading.visible import line
from minigen.grading.walls import NONE, Wall, walls

_CONNECT = 8.0  # seconds to find the scheduler, and again to find a worker
_PATIENCE = 90.0  # seconds without any worker, in the middle of a run, before it is given up
_RESUME = "what is graded is kept: --resume goes on"


@cache
def facts() -> dict[str, str]:
    """What must be the same on all machines."""
    package = Path(minigen.__file__).parent
    code = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        code.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    own = {"minigen": f"{version('minigen')} ({code.hexdigest()[:12]})", "Python": platform.python_version()}
    return own | {name: version(name) for name in ("numpy", "hypothesis", "pytest", "distributed")}


@dataclass(frozen=True)
class Order:
    """All that a worker needs to grade a sheet of an assignment.  tests, hidden: what is in these files.

    wall: its name; facts: those of the client, and the wall's stamp.
    """

    assignment: str
    tests: bytes
    hidden: bytes | None
    seeds: tuple[int, int]
    manifest: Manifest
    wall: str
    facts: dict[str, str]


def mark(order: Order, sheet: Sheet) -> str:
    """On a worker: grade a sheet; its record as JSON.  Raises GradingError if the worker is another than it must be."""
    wall = next(wall for wall in [*walls(), NONE] if wall.name == order.wall)
    if problem := _difference({**facts(), "wall": wall.stamp}, order.facts):
        raise GradingError(problem)
    with tempfile.TemporaryDirectory(prefix="minigen-") as folder:
        tests, hidden = Path(folder, "test_exercise.py"), Path(folder, "hidden.py")
        tests.write_bytes(order.tests)
        if order.hidden is not None:
            hidden.write_bytes(order.hidden)
        assignment = Assignment(order.assignment, tests, None if order.hidden is None else hidden, order.seeds)
        return Grader(assignment, wall, sheet.limits, manifest=order.manifest).mark(sheet).to_json()


def survey(wall: str | None, unsafe: bool) -> tuple[dict[str, str], str, tuple[str, ...]] | str:
    """On a worker: its facts, with the stamp of its wall, and that wall's name and layers; or why it cannot grade."""
    try:
        chosen = choosing(wall, unsafe)
    except LookupError as error:
        return str(error)
    return {**facts(), "wall": chosen.stamp}, chosen.name, chosen.layers


class Workers:
    """The workers of a scheduler, as an Engine.  client: connected to it, as by `connect`."""

    def __init__(self, client: Any, grader: Grader):
        assignment = grader.assignment
        hidden = assignment.hidden.read_bytes() if assignment.hidden else None
        self._order = Order(
            assignment.name, assignment.tests.read_bytes(), hidden, assignment.seeds, grader.manifest,
            grader.wall.name, {**facts(), "wall": grader.wall.stamp},
        )  # fmt: skip
        self._grader, self._client, self._pool = grader, client, client.get_executor(pure=False)
        self._last = time.monotonic()  # when there was a worker

    def room(self) -> int:
        """As many as the workers have threads, and one more that is under way to each."""
        try:
            threads = self._client.nthreads()
        except (OSError, RuntimeError, ValueError) as error:
            raise GradingError(f"the connection to the scheduler is lost ({error}); {_RESUME}") from None
        if threads:
            self._last = time.monotonic()
        elif time.monotonic() - self._last > _PATIENCE:
            raise GradingError(f"the scheduler has had no worker for {_PATIENCE:.0f} s; {_RESUME}")
        return max(sum(threads.values()) + len(threads), 1)

    def submit(self, sheet: Sheet) -> Future:
        return self._pool.submit(mark, self._order, sheet)

    def collect(self, sheet: Sheet, future: Future) -> Record:
        """The record.  Dask gives a sheet whose worker was lost to another one; if that too is lost, and so on, up."""
        from distributed import KilledWorker

        try:
            return Record.from_json(future.result())
        except KilledWorker:
            return self._grader.failed(sheet, "several workers were lost while they graded this")
        except CancelledError:
            raise GradingError(f"the connection to the scheduler is lost; {_RESUME}") from None
        except GradingError as error:
            raise GradingError(f"a new worker is not like the others: {error}; {_RESUME}") from None
        except Exception as error:  # whatever another machine can run into
            raise GradingError(f"a worker failed: {type(error).__name__}: {error}; {_RESUME}") from None

    def stop(self) -> None:
        with contextlib.suppress(Exception):  # the cluster may be what is broken
            self._pool.shutdown(wait=False)


@contextmanager
def connect(address: str, wall: str | None = None, unsafe: bool = False) -> Iterator[tuple[Any, Wall]]:
    """A client of the scheduler at this address, and the wall that its workers have.

    wall, unsafe: as for choosing.  Raises LookupError if there is no scheduler or no worker, or one that cannot grade.
    """
    logging.disable()  # what matters of Dask's news is said in our own words
    client = None
    try:
        client = _client(address)
        with contextlib.suppress(TimeoutError):
            client.wait_for_workers(1, timeout=_CONNECT)
        if not client.nthreads():
            raise LookupError(f"the scheduler at {address} has no workers: `dask worker {address}` starts one")
        yield client, _agreed(client.run(survey, wall, unsafe, on_error="return"))
    finally:
        if client is not None:
            with contextlib.suppress(Exception):
                client.close(timeout=2)
        logging.disable(logging.NOTSET)


def _client(address: str) -> Any:
    """A client of the scheduler.  It is asked who it is first: a Client waits for ever where nobody ever answers."""
    from distributed import Client
    from distributed.core import rpc
    from distributed.security import Security

    async def identity() -> dict[str, Any]:
        connection = Security().get_connection_args("client")
        async with rpc(address, timeout=_CONNECT, connection_args=connection) as scheduler:
            return await scheduler.identity()

    async def kind() -> str:
        return (await asyncio.wait_for(identity(), _CONNECT))["type"]

    try:
        if (found := asyncio.run(kind())) != "Scheduler":
            raise ValueError(f"this is a {found.lower()}")
        with warnings.catch_warnings(action="ignore"):  # of other versions: `facts` tells
            return Client(address, timeout=_CONNECT, set_as_default=False)
    except (OSError, ValueError, TypeError, KeyError) as error:
        reason = line(str(error).splitlines()[0] if str(error) else f"it says nothing in {_CONNECT:.0f} s")
        raise LookupError(f"no Dask scheduler answers at {address}: {reason}\n"
                          "`dask scheduler` starts one and says its address") from None  # fmt: skip


def _agreed(answers: dict[str, Any]) -> Wall:
    """The wall that all workers have, from the answers to `survey`.  Raises LookupError if they cannot be as one."""
    for worker, answer in answers.items():
        if isinstance(answer, BaseException):
            raise LookupError(f"the worker {worker} cannot grade: {line(str(answer))}\n"
                              "It needs what there is here: minigen[grading,dask] of the same version")  # fmt: skip
        if isinstance(answer, str):
            raise LookupError(f"the worker {worker} cannot grade: {answer}")
        if problem := _difference({**answer[0], "wall": ""}, {**facts(), "wall": ""}):
            raise LookupError(f"the worker {worker} is not like this machine: {problem}")
    stamps = {worker: answer[0]["wall"] for worker, answer in answers.items()}
    if len(set(stamps.values())) > 1:
        listed = "\n".join(f"  {worker}: {stamp}" for worker, stamp in stamps.items())
        raise LookupError(f"the workers have different walls; --wall names one that all of them have:\n{listed}")
    _, name, layers = next(iter(answers.values()))
    return Wall(name, tuple(layers))


def _difference(theirs: dict[str, str], ours: dict[str, str]) -> str:
    """In what they differ, or ""."""
    different = [f"{name} {theirs.get(name, 'missing')} there, {ours[name]} here" for name in ours
                 if theirs.get(name) != ours[name]]  # fmt: skip
    return f"{'; '.join(different)}: all machines need the same" if different else ""
