"""The grader's side of the wall: a worker process, and a stand-in for the student's functions that calls it."""

import contextlib
import itertools
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from minigen.grading import processes
from minigen.grading.inside import wire
from minigen.grading.inside.serve import LENGTH
from minigen.grading.limits import START, Limits
from minigen.grading.submission import SubmissionError, answer_error
from minigen.grading.visible import visible
from minigen.grading.walls import Wall, bubblewrap, stranger

_TEXT = 2000  # characters of a message that are kept


class WallError(BaseException):
    """The wall could not be put up, or the test sent what is no data; the student is not to blame."""


class WorkerLost(BaseException):
    """The worker is gone.  Not an Exception: hypothesis shall not try again.

    kind: a status ("timeout", "crashed", "protocol_error").  late: the clock ran out although little was computed, or
    the machine killed it: another try when less is going on may end better.
    """

    def __init__(self, kind: str, text: str, late: bool = False):
        super().__init__(text)
        self.kind, self.late = kind, late


class Worker:
    """One process behind a wall, with one file of answers loaded.

    Its pipes are read and written by threads, so that nothing it does, or does not do, can hold the grader up.
    """

    def __init__(self, wall: Wall, limits: Limits, modules: list[str] | None = None):
        self._wall, self._limits = wall, limits
        self._uid = stranger() if "uid" in wall.layers else 0
        self._process = subprocess.Popen(
            wall.command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=bubblewrap.environment(),
            cwd="/" if os.name == "posix" else None,
            start_new_session=True,
            bufsize=0,
        )
        self.printed = bytearray()
        self._closed = False
        self._frames: queue.Queue[bytes | None] = queue.Queue(1)
        self._out: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._threads = [threading.Thread(target=task, daemon=True) for task in (self._read, self._write, self._drain)]
        for thread in self._threads:
            thread.start()
        setup = {
            "layers": list(wall.layers),
            "uid": self._uid,
            "memory": limits.memory,
            "cpu": int(limits.total) + 1,
            "modules": modules or [],
            "forget": wall.folders(),
        }
        try:
            self.send(setup)
            kind, *text = self.receive(Clock(START, START, self.cpu_seconds))
        except (WorkerLost, ValueError) as error:
            self.close()
            raise WallError(f"no worker behind {wall.stamp}: {error} {self.said()}".strip()) from None
        if kind != "ready":
            self.close()
            raise WallError(f"no worker behind {wall.stamp}: {text[0]}")

    def send(self, value: Any, export: Callable[[Callable], int] | None = None) -> None:
        data = wire.encode(value, export)
        self._out.put(LENGTH.pack(len(data)) + data)

    def receive(self, clock: "Clock") -> list:
        """The next message.  Raises WorkerLost if none comes in time, or none that is one."""
        while True:
            try:
                data = self._frames.get(timeout=clock.step())
                break
            except queue.Empty:
                if reason := clock.over():
                    raise WorkerLost("timeout", *reason) from None
        if data is None:
            raise self._ended()
        try:
            message = wire.decode(data)
        except wire.WireError as error:
            raise WorkerLost("protocol_error", f"what came back cannot be read: {error}") from None
        if not isinstance(message, list) or not message or not isinstance(message[0], str):
            raise WorkerLost("protocol_error", "what came back is no answer")
        return message

    def cpu_seconds(self) -> float:
        return processes.cpu_seconds(self._process.pid)

    def said(self) -> str:
        """What was printed, the beginning of it."""
        return self.printed.decode(errors="replace")

    def close(self) -> None:
        """End the process and all that came of it."""
        self._closed = True
        self._out.put(None)
        processes.kill(self._process.pid)
        self._process.wait()
        if self._uid:
            processes.kill_user(self._uid)
        for thread in self._threads:  # they end with the pipes; but no worker shall be waited for
            thread.join(2)

    def _ended(self) -> WorkerLost:
        """The process closed its pipe: how did it end?"""
        try:
            code = self._process.wait(5)
        except subprocess.TimeoutExpired:
            return WorkerLost("protocol_error", "your code closed the connection to the grader")
        number = -code if code < 0 else code - 128  # bwrap says 128 + n
        name = signal.Signals(number).name if number in list(signal.Signals) else ""
        if name == "SIGXCPU":
            return WorkerLost("timeout", "your code computed for too long")
        if name == "SIGKILL":
            return WorkerLost("memory", "your code was stopped by the machine: it may be out of memory", late=True)
        return WorkerLost("crashed", f"your code crashed Python ({name})" if name else "your code ended Python")

    def _read(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(OSError, ValueError), self._process.stdout as stream:
            while (head := _exactly(stream, LENGTH.size)) is not None:
                size = LENGTH.unpack(head)[0]
                if size > wire.MAX_BYTES:
                    self._hand_over(b"?")  # no value: who receives it will say so
                    break
                if (data := _exactly(stream, size)) is None:
                    break
                self._hand_over(data)
        self._hand_over(None)

    def _hand_over(self, data: bytes | None) -> None:
        """One frame at a time: who sends more than is asked for has to wait."""
        while not self._closed:
            with contextlib.suppress(queue.Full):
                return self._frames.put(data, timeout=0.2)

    def _write(self) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError), self._process.stdin as stream:
            while (data := self._out.get()) is not None:
                while data:
                    data = data[stream.write(data) :]

    def _drain(self) -> None:
        assert self._process.stderr is not None
        with contextlib.suppress(OSError, ValueError), self._process.stderr as stream:
            while data := stream.read(1 << 16):
                self.printed += data[: max(self._limits.output - len(self.printed), 0)]


def _exactly(stream: Any, size: int) -> bytes | None:
    """That many bytes, or None where the stream ends before."""
    parts = []
    while size:
        part = stream.read(min(size, 1 << 20))
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


class Clock:
    """The time for one test: of computing, and on the clock as a backstop."""

    def __init__(self, cpu: float, wall: float, used: Callable[[], float]):
        self._cpu, self._used = cpu, used
        self._start, self._since = used(), time.monotonic()
        self._end = self._since + wall
        self._wall = wall

    def step(self) -> float:
        """How long to wait before asking again whether it is over."""
        return max(min(0.25, self._end - time.monotonic()), 0.001)

    def over(self) -> tuple[str, bool] | None:
        """If the time is over: what to say, and whether it was only the clock."""
        # A single thread computes no faster than the clock goes: most often there is no need to ask.
        if time.monotonic() - self._since > self._cpu and self._used() - self._start > self._cpu:
            return f"your code did not finish in {self._cpu:g} s: an endless loop?", False
        if time.monotonic() > self._end:
            return f"your code did not finish in {self._wall:g} s: does it wait for something?", True
        return None


class Remote:
    """Calls the functions of one file of answers behind a wall; a worker that dies is replaced for the next test.

    statuses: what went wrong with workers so far.  late: one of these may be the machine's fault.  faults: what went
    wrong on the grader's side.
    """

    def __init__(self, wall: Wall, limits: Limits, name: str, source: bytes, modules: list[str] | None = None):
        self._wall, self._limits, self._modules = wall, limits, modules
        self._name, self._source = name, source or b"\n"
        self._worker: Worker | None = None
        self._clock: Clock | None = None
        self._end = time.monotonic() + limits.total
        self._functions: dict[int, Callable] = {}
        self._numbers = itertools.count()
        self.statuses: list[str] = []
        self.faults: list[str] = []
        self.late = False
        self._printed = ""

    def start_test(self) -> None:
        """The next calls belong to another test."""
        self._clock = None

    def load(self) -> None:
        """Start a worker with the answers, if there is none.  Raises SubmissionError, WorkerLost, WallError."""
        if self._worker is None:
            try:
                self._worker = Worker(self._wall, self._limits, self._modules)
            except WallError as error:
                self.faults.append(str(error))
                raise
            with self._watched():
                self._worker.send(["load", self._name, np.frombuffer(self._source, np.uint8)])
                message = self._receive()
                if message[0] == "unloaded" and len(message) == 3 and _texts(message[1:]):
                    kind, text = message[1:]
                    self.statuses.append({"syntax": "syntax_error", "MemoryError": "memory"}.get(kind, "crashed"))
                    self.close()
                    raise SubmissionError(text[:_TEXT])
                if message != ["loaded"]:
                    raise WorkerLost("protocol_error", "what came back is no answer")

    def call(self, function: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """What the student's function returns.  Raises what it raised, if that is usual; else an AnswerError."""
        self.load()
        number = next(self._numbers)
        with self._watched():
            assert self._worker is not None
            before = set(self._functions)
            try:
                self._worker.send(["call", number, function, list(args), kwargs], self._export)
                while True:
                    kind, *rest = self._receive()
                    if kind == "callback" and len(rest) == 3:
                        self._worker.send(self._call_back(*rest))
                        continue
                    if not rest or type(rest[0]) is not int or rest[0] != number:
                        raise WorkerLost("protocol_error", "what came back is no answer to what was asked")
                    if kind == "value" and len(rest) == 2:
                        return rest[1]
                    if kind == "error" and len(rest) == 3 and _texts(rest[1:]):
                        break
                    raise WorkerLost("protocol_error", "what came back is no answer")
            finally:
                self._functions = {n: f for n, f in self._functions.items() if n in before}
        raise self._error(rest[1], rest[2][:_TEXT])

    def close(self) -> None:
        """End the worker, if there is one."""
        if self._worker is not None:
            self._printed = self.printed()
            self._worker.close()
            self._worker = None

    def printed(self) -> str:
        """What was printed so far by the first worker that printed anything, the beginning of it."""
        return self._printed or (self._worker.said() if self._worker is not None else "")

    def _receive(self) -> list:
        assert self._worker is not None
        left = self._end - time.monotonic()
        if left <= 0:
            raise WorkerLost("timeout", f"no time is left: the tests before took all {self._limits.total:g} s", True)
        if self._clock is None:
            wall = min(self._limits.wall, left)
            self._clock = Clock(self._limits.cpu, wall, self._worker.cpu_seconds)
        if reason := self._clock.over():
            raise WorkerLost("timeout", *reason)
        return self._worker.receive(self._clock)

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        """A worker that is lost is noted and cleared away, and so is one that was left in the middle of a call."""
        try:
            yield
        except wire.WireError as error:
            self.faults.append(f"a test calls a function with {error}")
            raise WallError(self.faults[-1]) from None
        except WorkerLost as lost:
            if self._worker is not None:
                self.statuses.append(lost.kind)
                self.late = self.late or lost.late
            self.close()
            raise
        except BaseException:
            self.close()
            raise

    def _export(self, function: Callable) -> int:
        number = next(self._numbers)
        self._functions[number] = function
        return number

    def _call_back(self, number: Any, args: Any, kwargs: Any) -> list:
        """Call a function of the test for the student's code, with what may be any data."""
        try:
            if type(number) is not int or number not in self._functions:
                raise RuntimeError("this function was given to an earlier call: it cannot be called any more")
            value = self._functions[number](*args, **kwargs)
            wire.encode(value)
            return ["value", value]
        except Exception as error:
            return ["error", type(error).__name__, visible(str(error), _TEXT)]

    def _error(self, kind: str, text: str) -> Exception:
        if kind == "unusable":
            return SubmissionError(text)
        if kind == "data":
            return AssertionError(text)
        if kind == "MemoryError":
            self.statuses.append("memory")
        return answer_error(kind, text)


def _texts(values: list) -> bool:
    return all(isinstance(value, str) for value in values)
