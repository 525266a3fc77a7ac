"""A student's file as an object: sub.f(...) calls their f.

Arguments are copied on their way in, so that whatever a student does to them, the test keeps its own; a proxy
that runs the file in another process behaves the same.
"""

import copy
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

_MODULE = "minigen_submission"


class SubmissionError(Exception):
    """The student's file cannot be used as it is; the message is for the student."""


class Submission:
    """The functions of one file, which is loaded when the first of them is called.

    path: the file; `select` may set it later.
    """

    def __init__(self, path: Path | None = None):
        self._path = path
        self._module: ModuleType | None = None
        self._problem = ""

    def __getattr__(self, name: str) -> Callable:
        if name.startswith(("_", "pytest")):  # what tools ask of every object that they meet
            raise AttributeError(name)

        def call(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            function = _function(self, name)
            result = function(*copy.deepcopy(args), **copy.deepcopy(kwargs))
            if result is None:
                raise AssertionError(f"{name} returned None: is its `return` missing?")
            return result

        call.__name__ = name
        return call


sub = Submission()


def select(submission: Submission, path: Path | None) -> None:
    """Make `submission` stand for another file, or for the same one loaded afresh."""
    submission.__init__(path)  # type: ignore[misc]


def path_of(submission: Submission) -> Path | None:
    """The file that `submission` stands for."""
    return submission._path


def _function(submission: Submission, name: str) -> Callable:
    if submission._path is None:
        raise SubmissionError("no answers chosen: run pytest on the exercise's folder, or `minigen check`")
    if submission._problem:  # it failed before, and would fail the same way
        raise SubmissionError(submission._problem)
    if submission._module is None:
        try:
            submission._module = load(submission._path)
        except SubmissionError as error:
            submission._problem = str(error)
            raise
    function = getattr(submission._module, name, None)
    if function is None:
        raise SubmissionError(f"{submission._path.name} has no function {name}: was it renamed or deleted?")
    if not callable(function):
        raise SubmissionError(f"{name} in {submission._path.name} is no function but {function!r}")
    return function


def load(path: Path) -> ModuleType:
    """The module at path, executed afresh.  Raises SubmissionError with the line where it goes wrong."""
    code = compile_file(path)
    module = ModuleType(_MODULE)
    module.__file__ = str(path)
    sys.modules[_MODULE] = module  # dataclasses look their module up
    try:
        exec(code, module.__dict__)
    except (Exception, SystemExit) as error:
        raise SubmissionError(f"{path.name} stops while it is being loaded, {where(error, path)}") from None
    return module


def compile_file(path: Path) -> Any:
    """The code of the file at path, not yet run.  Raises SubmissionError if it is missing or no Python."""
    try:
        source = path.read_bytes()
    except OSError as error:
        raise SubmissionError(f"{path} cannot be read: {error.strerror or error}") from None
    try:
        return compile(source, str(path), "exec", dont_inherit=True)
    except SyntaxError as error:
        raise SubmissionError(_syntax(error, path)) from None
    except ValueError as error:
        raise SubmissionError(f"{path.name} is no Python text: {error}") from None


def where(error: BaseException, path: Path) -> str:
    """The error in one line, with the last line of the student's file that led to it."""
    text = f"{type(error).__name__}: {first_line(error)}".rstrip(": ")
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
    return f"line {frames[-1].lineno} ({frames[-1].line}): {text}" if frames else text


def first_line(error: BaseException) -> str:
    """The first line of the error's message that says something."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), "")


def _syntax(error: SyntaxError, path: Path) -> str:
    text = f"{path.name}, line {error.lineno}: Python cannot read this yet: {error.msg}"
    if error.text:
        line = error.text.rstrip("\n")
        text += f"\n    {line.lstrip()}"
        if error.offset:
            text += "\n    " + " " * max(error.offset - 1 - (len(line) - len(line.lstrip())), 0) + "^"
    return text
