"""A student's file as an object: sub.f(...) calls their f.

Arguments are copied on their way in, so that whatever a student does to them, the test keeps its own.  Under
`minigen grade` the file is in another process, and the calls go through proxy.Remote: tests see no difference.
"""

import ast
import copy
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from minigen.grading.inside.problems import unreadable, where

_MODULE = "minigen_submission"


class SubmissionError(Exception):
    """The student's file cannot be used as it is; the message is for the student."""


class AnswerError(Exception):
    """The student's code raised an error, in another process.  kind: the name of its type; the text says where."""

    kind = ""

    def __str__(self) -> str:  # a KeyError would show the repr of its text
        return str(self.args[0])


def answer_error(kind: str, text: str) -> Exception:
    """The error as it would have come in process, as far as that can be told from the name of its type."""
    base = _USUAL.get(kind)
    error = type(kind, (AnswerError, base), {})(text) if base else AnswerError(text)
    error.kind = kind
    return error


_USUAL = {e.__name__: e for e in (ArithmeticError, AssertionError, AttributeError, FloatingPointError, ImportError,
          IndexError, KeyError, LookupError, ModuleNotFoundError, NameError, NotImplementedError, OverflowError,
          RecursionError, RuntimeError, TypeError, UnboundLocalError, ValueError, ZeroDivisionError)}  # fmt: skip


class Submission:
    """The functions of one file, which is loaded when the first of them is called.

    path: the file; `select` may set it later.  call: calls a function by name, with its arguments, somewhere else.
    """

    def __init__(self, path: Path | None = None, call: Callable[[str, tuple, dict], Any] | None = None):
        self._path = path
        self._call = call
        self._module: ModuleType | None = None
        self._problem = ""

    def __getattr__(self, name: str) -> Callable:
        if name.startswith(("_", "pytest")):  # what tools ask of every object that they meet
            raise AttributeError(name)

        def call(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            if self._call is not None:
                result = self._call(name, args, kwargs)
            else:
                function = _function(self, name)
                result = function(*copy.deepcopy(args), **copy.deepcopy(kwargs))
            if result is None:
                raise AssertionError(f"{name} returned None: is its `return` missing?")
            return result

        call.__name__ = name
        return call


sub = Submission()


def select(submission: Submission, path: Path | None, call: Callable[[str, tuple, dict], Any] | None = None) -> None:
    """Make `submission` stand for another file, or for the same one loaded afresh."""
    submission.__init__(path, call)  # type: ignore[misc]


def is_elsewhere(submission: Submission) -> bool:
    """Whether its functions run in another process."""
    return submission._call is not None


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
        raise SubmissionError(f"{path.name} stops while it is being loaded, {where(error, str(path))}") from None
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
        raise SubmissionError(unreadable(error, path.name)) from None
    except ValueError as error:
        raise SubmissionError(f"{path.name} is no Python text: {error}") from None


def foreign_imports(path: Path) -> list[str]:
    """The packages that a file imports beside NumPy and Python's own: where it is graded they may not be there."""
    named: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            named.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            named.add(node.module.partition(".")[0])
    return sorted(named - sys.stdlib_module_names - {"numpy"})
