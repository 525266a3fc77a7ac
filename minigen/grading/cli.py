"""`minigen check NN`: what is right, what is wrong, what to look at next."""

import argparse
import ast
import contextlib
import os
import re
import shutil
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path

from minigen.grading.arguments import seconds
from minigen.grading.limits import MAX_SOURCE
from minigen.grading.notebook import code_of, in_cells, place, stops
from minigen.grading.runner import GradingError, Result, check_loading, none_of_it, run_tests
from minigen.grading.submission import SubmissionError, compile_file, foreign_imports
from minigen.grading.visible import visible
from minigen.grading.watch import saves

TESTS = "test_exercise.py"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `minigen check`."""
    parser.add_argument("exercise", nargs="?", metavar="NN", help="number or folder of the exercise; none: list them")
    parser.add_argument("--file", type=Path, metavar="FILE", help="your answers, .py or .ipynb (default: exercise.py)")
    parser.add_argument("--seed", type=int, default=0, help="try other random inputs (default 0)")
    parser.add_argument("--limit", type=seconds, default=20.0, metavar="S", help="seconds for one test (20)")
    parser.add_argument("--watch", action="store_true", help="check again whenever the file is saved; Ctrl-C ends it")


def run(args: argparse.Namespace) -> int:
    """Check the answers and print the result; 0 for full marks, 1 for fewer, 2 if it cannot be done."""
    for package in ("pytest", "hypothesis"):
        if find_spec(package) is None:
            raise ModuleNotFoundError(f"No module named {package!r}", name=package)
    try:
        if args.exercise is None and not Path(TESTS).is_file():
            if args.watch:
                raise LookupError("say which exercise: minigen check NN --watch")
            return _list(find_exercises(Path.cwd()))
        folder = Path.cwd() if args.exercise is None else choose(args.exercise, Path.cwd())
        file = (args.file or folder / "exercise.py").resolve()
        if not file.is_file():
            raise LookupError(f"there is no file {file}")
        return (_watch if args.watch else _check)(folder, file, args.seed, args.limit)
    except (LookupError, GradingError) as error:
        print(f"minigen check: {error}", file=sys.stderr)
        return 2


def find_exercises(start: Path) -> list[Path]:
    """The folders exercises/NN_name of the repository that holds start, in order.  Raises LookupError."""
    start = start.resolve()
    for folder in (start, *start.parents):
        found = sorted(path.parent for path in (folder / "exercises").glob(f"[0-9][0-9]_*/{TESTS}"))
        if found:
            return found
    raise LookupError(f"no exercises/NN_name in {start} or above it: go to your copy of the repository")


def choose(wanted: str, start: Path) -> Path:
    """The folder of the exercise that is wanted: "1", "01" or a path.  Raises LookupError."""
    if (Path(wanted) / TESTS).is_file():
        return Path(wanted).resolve()
    exercises = find_exercises(start)
    for folder in exercises:
        if folder.name == wanted or folder.name[:2] == wanted.zfill(2):
            return folder
    raise LookupError(f"there is no exercise {wanted}; there are {', '.join(f.name[:2] for f in exercises)}")


def title(folder: Path) -> str:
    """The first line of the tests' docstring."""
    docstring = ast.get_docstring(ast.parse((folder / TESTS).read_bytes())) or folder.name
    return docstring.splitlines()[0].rstrip(".")


def _list(folders: list[Path]) -> int:
    for folder in folders:
        print(title(folder))
    print("\nfill in exercises/NN_.../exercise.py, then: minigen check NN")
    return 0


def _watch(folder: Path, file: Path, seed: int, limit: float) -> int:
    """Check now and after each save, on a clean screen, until Ctrl-C."""
    try:
        for _ in saves(file):
            print("\x1b[2J\x1b[3J\x1b[H" if sys.stdout.isatty() else "\n", end="")
            try:
                _check(folder, file, seed, limit)
            except FileNotFoundError:  # replaced while it was looked at: the next round is near
                pass
            except (LookupError, GradingError) as error:
                print(f"minigen check: {error}")
            print(f"\nSave {file.name} and it is checked again. Ctrl-C ends this.", flush=True)
    except KeyboardInterrupt:
        print()
    return 0


@contextlib.contextmanager
def _as_graded(file: Path) -> Iterator[tuple[Path, bytes]]:
    """The file, and b""; if it is a notebook, the file of Python that the grader makes of it, and what is in that.

    Raises LookupError.
    """
    if file.suffix.lower() != ".ipynb":
        yield file, b""
        return
    try:
        code = code_of(file.read_bytes(), MAX_SOURCE)
    except ValueError as error:
        raise LookupError(f"{file.name}: {error}") from None
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, file.name)
        copy.write_bytes(code)
        yield copy, code


def _check(folder: Path, file: Path, seed: int, limit: float) -> int:
    paint = _paint if sys.stdout.isatty() and "NO_COLOR" not in os.environ else _plain
    print(paint("1", f"{title(folder)}\n"), end="")
    with _as_graded(file) as (answers, code):
        print(_shown(file) + (" (cells: those of code, counted from 1)" if code else "") + "\n")
        return _report(folder, answers, code, seed, limit, paint)


def _report(folder: Path, file: Path, code: bytes, seed: int, limit: float, paint) -> int:
    try:
        compile_file(file)
        printed = check_loading(file, limit)
    except SubmissionError as error:
        print(textwrap.indent(in_cells(str(error), code), "  "))
        print("\nRepair this first: until then nothing can be checked.\n\n0 points")
        return 1
    if stopped := stops(printed):
        print("\n".join(visible(said) for said in stopped))
        print("What comes after it in a cell is not run, here and where you are graded.\n")
    results = run_tests(folder / TESTS, file, seed, limit)
    for result in results:
        result.message = in_cells(result.message, code)
    nothing = none_of_it(results, printed)
    print(nothing or render(results, paint))
    earned, total = sum(r.earned for r in results), sum(r.points for r in results)
    print("\n" + paint("1", f"{earned} of {total} points"))
    if not nothing:
        print(_next(results, file, code))
    if foreign := _foreign(file):
        named = ", ".join(foreign)
        print(f"Note: {file.name} imports {named}. Graded answers can use NumPy and Python's standard library.")
    return 0 if earned == total else 1


def _foreign(file: Path) -> list[str]:
    """What the file imports and graded answers cannot use; nothing of a file that was saved half-typed since."""
    try:
        return list(foreign_imports(file))
    except (OSError, SyntaxError, ValueError):
        return []


def render(results: list[Result], paint=lambda code, text: text) -> str:
    """The results as text, one paragraph for each function of the exercise."""
    width = max(min(shutil.get_terminal_size((100, 24)).columns, 110), 50)
    lines: list[str] = []
    for task, group in groupby(results, key=lambda r: r.task):
        tests = list(group)
        worth = sum(r.points for r in tests)
        if tests and all(r.outcome == "todo" for r in tests):
            lines.append(f"· {task or tests[0].title}: not yet done ({_points(worth)})")
            continue
        if task:
            lines.append(f"{task}: {sum(r.earned for r in tests)} of {_points(worth)}")
        first = next((r for r in tests if r.outcome == "failed"), None)
        for r in tests:
            lines += _lines(r, paint, width, in_full=not task or r is first)
    return "\n".join(lines)


def _lines(r: Result, paint, width: int, in_full: bool) -> list[str]:
    """One test; in_full: with what differed and the hint.  A function's later failures often follow from its first."""
    if r.outcome == "passed":
        return [f"  {paint('32', '✓')} {r.points}/{r.points}  {r.title}"]
    lines = [f"  {paint('31', '✗')} 0/{r.points}  {r.title}"]
    if r.outcome == "todo":
        return [f"  · 0/{r.points}  {r.title}: not yet done"]
    if r.outcome == "missing":
        return [*lines, "         it could not be run"]
    if not in_full:
        return lines
    if r.message:
        lines += _wrapped(r.message, " " * 9, width)
    if r.example:
        lines += _wrapped(f"for {r.example}", " " * 9, width)
    if r.hint:
        lines += [paint("33", line) for line in _wrapped(f"hint: {r.hint}", " " * 9, width)]
    return lines


def _next(results: list[Result], file: Path, code: bytes) -> str:
    wrong = next((r for r in results if r.outcome in ("failed", "missing")), None)
    if wrong is not None:
        return f"Next: {_located(wrong, file, code)}."
    todo = next((r for r in results if r.outcome == "todo"), None)
    if todo is not None:
        return f"Next: write {_located(todo, file, code)}."
    return "All of it is right."


def _located(r: Result, file: Path, code: bytes) -> str:
    """The function of a test and its line in the student's file, or its cell of the notebook."""
    match = re.search(rf"^(\s*)def {re.escape(r.task)}\b", file.read_text("utf-8", errors="replace"), re.MULTILINE)
    if not r.task or match is None:
        return r.task or r.title
    number = match.string.count("\n", 0, match.end()) + 1
    return f"{r.task}, " + (place(code, number) or f"{file.name} line {number}")


def _shown(file: Path) -> str:
    return str(file.relative_to(Path.cwd())) if file.is_relative_to(Path.cwd()) else str(file)


def _points(n: int) -> str:
    return f"{n} point" + "s" * (n != 1)


def _wrapped(text: str, indent: str, width: int) -> list[str]:
    lines: list[str] = []
    for line in text.splitlines():
        lines += textwrap.wrap(line, width, initial_indent=indent, subsequent_indent=indent) or [""]
    return lines


def _paint(code: str, text: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m"


def _plain(code: str, text: str) -> str:
    return text
