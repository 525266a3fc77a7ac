"""The worker: it closes the door behind itself, loads one file of answers, and answers calls until its input ends.

From the moment that the file is loaded, this process belongs to the stranger who wrote it.  The grader therefore
believes nothing that comes from here, except that it is data: see wire.py.
"""

import linecache
import os
import struct
import sys
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

from . import jail, wire
from .problems import first_line, unreadable, where

LENGTH = struct.Struct("<Q")
_MAX_TEXT = 2000


class Channel:
    """Frames on two file descriptors.  answer: makes the reply to a call, once there is what to call."""

    def __init__(self, incoming: int, outgoing: int):
        self._in, self._out = os.fdopen(incoming, "rb"), outgoing
        self.answer: Callable[..., bytes] | None = None

    def receive(self) -> Any:
        """The next value; SystemExit where the grader has hung up."""
        head = self._in.read(LENGTH.size)
        if len(head) < LENGTH.size:
            raise SystemExit
        return wire.decode(self._in.read(LENGTH.unpack(head)[0]), self._function)

    def send(self, value: Any) -> None:
        self.send_frame(wire.encode(value))

    def send_frame(self, data: bytes) -> None:
        data = LENGTH.pack(len(data)) + data
        while data:
            data = data[os.write(self._out, data) :]

    def _function(self, number: int) -> Callable:
        """A function of the grader's, as a function here."""

        def f(*args: Any, **kwargs: Any) -> Any:
            self.send(["callback", number, args, kwargs])
            kind, *reply = self.receive()
            while kind == "call" and self.answer is not None:  # it may itself call what is here
                self.send_frame(self.answer(*reply))
                kind, *reply = self.receive()
            if kind == "value":
                return reply[0]
            name, text = reply
            raise _ERRORS.get(name, RuntimeError)(text)

        return f


_ERRORS = {e.__name__: e for e in (ArithmeticError, AssertionError, AttributeError, FloatingPointError, IndexError,
           KeyError, NotImplementedError, OverflowError, TypeError, ValueError, ZeroDivisionError)}  # fmt: skip


def main() -> None:
    """Serve the grader that started this process: frames on standard input and output, prints on standard error."""
    channel = _open_channel()
    jail.load(jail.MODULES)
    setup = channel.receive()
    jail.load(setup["modules"])
    sys.path[:] = [path for path in sys.path if path not in setup["forget"]]
    for name in [name for name in sys.modules if name.partition(".")[0] in ("inside", "minigen")]:
        del sys.modules[name]
    try:
        jail.enter(setup["layers"], setup["uid"], setup["memory"], setup["cpu"])
    except (OSError, ValueError) as error:
        channel.send(["refused", str(error)[:_MAX_TEXT]])
        return
    channel.send(["ready"])
    _, name, source = channel.receive()
    module = ModuleType("minigen_submission")
    channel.send(_load(module, name, source.tobytes()))
    channel.answer = partial(_answer, module, name)
    while True:
        _, *call = channel.receive()
        channel.send_frame(channel.answer(*call))


def _answer(module: ModuleType, name: str, number: int, function: str, args: list, kwargs: dict) -> bytes:
    """The reply to a call, as a frame: a value or an error."""
    try:
        return wire.encode(["value", number, _call(module, name, function, args, kwargs)])
    except _Told as told:
        return wire.encode(["error", number, *told.args])
    except wire.WireError as error:
        text = f"{function} should return numbers, arrays or lists, not {error}"
        return wire.encode(["error", number, "data", text])


def _open_channel() -> Channel:
    """The frames' descriptors move away from 0 and 1: prints go where errors go, and there is no input."""
    if sys.platform == "win32":
        import msvcrt

        for descriptor in (0, 1):
            msvcrt.setmode(descriptor, os.O_BINARY)
    channel = Channel(os.dup(0), os.dup(1))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return channel


class _Told(Exception):
    """A problem that is told to the grader: kind, text."""


def _load(module: ModuleType, name: str, source: bytes) -> list:
    module.__file__ = name
    sys.modules[module.__name__] = module  # dataclasses look their module up
    linecache.cache[name] = (len(source), None, source.decode(errors="replace").splitlines(True), name)
    try:
        code = compile(source, name, "exec", dont_inherit=True)
    except SyntaxError as error:
        return ["unloaded", "syntax", unreadable(error, name)[:_MAX_TEXT]]
    except ValueError as error:
        return ["unloaded", "syntax", f"{name} is no Python text: {error}"[:_MAX_TEXT]]
    except (MemoryError, RecursionError):
        return ["unloaded", "syntax", f"{name} is nested too deeply for Python to read"]
    try:
        exec(code, module.__dict__)
    except BaseException as error:
        kind, text = _explain(error, name)
        return ["unloaded", kind, f"{name} stops while it is being loaded, {text}"[:_MAX_TEXT]]
    finally:
        _flush()
    return ["loaded"]


def _call(module: ModuleType, name: str, function: str, args: list, kwargs: dict) -> Any:
    f = getattr(module, function, None)
    if f is None:
        raise _Told("unusable", f"{name} has no function {function}: was it renamed or deleted?")
    if not callable(f):
        raise _Told("unusable", f"{function} in {name} is no function but of type {type(f).__name__[:60]}")
    try:
        return f(*args, **kwargs)
    except BaseException as error:
        raise _Told(*_explain(error, name)) from None
    finally:
        _flush()


def _explain(error: BaseException, name: str) -> tuple[str, str]:
    """The error's kind and a text about it, each short, whatever the error makes of the questions."""
    try:
        kind = type(error).__name__[:60]
        text = where(error, name)
        if isinstance(error, AssertionError):
            text = first_line(error) or text
        if isinstance(error, ModuleNotFoundError):
            text += " (answers can use NumPy and Python's standard library)"
        return kind, text[:_MAX_TEXT].encode(errors="backslashreplace").decode()
    except BaseException:
        return "Exception", "an error that cannot be shown"


def _flush() -> None:
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        return
