"""The pytest plugin of the exercises: it points `sub` at the answers, adds up points and shows hints.

Plain `pytest exercises/01_...` finds it through exercises/conftest.py; `minigen check` loads it with -p and reads
the lines of JSON that it writes.
"""

import ast
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, Verbosity, settings

from minigen.grading.inside.problems import where
from minigen.grading.submission import AnswerError, SubmissionError, is_elsewhere, path_of, select, sub

_outcomes = pytest.StashKey[dict]()

# Mistakes in the program itself, about which a hint on the topic says nothing.  Other errors come from the input.
_UNRELATED = (NameError, AttributeError, ImportError, SyntaxError, TypeError, SystemExit, SubmissionError)
_UNRELATED_KINDS = ("SyntaxError", "IndentationError", "SystemExit")  # of an AnswerError, which is none of these types


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("minigen", "exercises")
    group.addoption("--submission", metavar="FILE", help="the answers to test (default: exercise.py beside the tests)")
    group.addoption("--results", metavar="FILE", help="append what happens to FILE, one JSON object a line")
    group.addoption("--no-shrink", action="store_true", help="do not look for the simplest failing input")


def pytest_configure(config: pytest.Config) -> None:
    phases = [Phase.explicit, Phase.generate] + ([] if config.getoption("--no-shrink") else [Phase.shrink])
    # What is left out here comes from the profile in use, and with a variable like CI that is one without seeds.
    settings.register_profile(
        "minigen-exercises",
        parent=settings.get_profile("default"),
        phases=phases,
        deadline=None,
        database=None,
        derandomize=False,
        max_examples=20,
        verbosity=Verbosity.normal,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    settings.load_profile("minigen-exercises")
    config.option.importmode = "importlib"  # every exercise has its own test_exercise.py
    config.stash[_outcomes] = {}
    if not is_elsewhere(sub):
        select(sub, None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    expected = {}
    for item in items:
        if test := describe(item):
            item.add_marker(pytest.mark.filterwarnings("default"))  # a student's warning is no error
            expected[test["name"]] = test
    _write(config, {"event": "expected", "tests": list(expected.values())})


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    test = describe(item)
    if not test:
        return
    _write(item.config, {"event": "start", "name": test["name"]})
    if is_elsewhere(sub):
        return
    chosen = item.config.getoption("--submission") or os.environ.get("MINIGEN_SUBMISSION")
    path = Path(chosen).resolve() if chosen else item.path.parent / "exercise.py"
    if path_of(sub) != path:
        select(sub, path)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Any:
    report = yield
    test = describe(item)
    if not test or (report.when != "call" and report.passed):
        return report
    result: dict[str, Any] = {"outcome": "passed" if report.passed and not hasattr(report, "wasxfail") else "failed"}
    if call.excinfo is not None:
        result.update(explain(call.excinfo.value, path_of(sub)))
    if result["outcome"] == "todo":
        report.longrepr = f"not yet done ({test['points']} point{'s' * (test['points'] != 1)})"
    elif isinstance(call.excinfo and call.excinfo.value, SubmissionError):
        report.longrepr = result["message"]
    elif result["outcome"] != "passed" and test["hint"] and result.get("wrong", True):
        report.sections.append(("hint", test["hint"]))
    seen = item.config.stash[_outcomes].setdefault((item.path, test["name"]), [test["points"], True])
    seen[1] = seen[1] and result["outcome"] == "passed"
    _write(item.config, {"event": "result", "name": test["name"], **result})
    return report


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    outcomes = config.stash[_outcomes].values()
    if outcomes:
        earned, total = sum(n for n, passed in outcomes if passed), sum(n for n, _ in outcomes)
        terminalreporter.write_sep("-", f"{earned} of {total} points")


def describe(item: pytest.Item) -> dict[str, Any] | None:
    """Name, task, title, points and hint of a test; None for a test without points."""
    function: Any = getattr(item, "obj", None)
    if not isinstance(getattr(function, "points", None), int):
        return None
    name = getattr(item, "originalname", None) or item.name
    return {
        "name": name,
        "task": _task(name, _called(str(item.path))),
        "title": " ".join((function.__doc__ or name.removeprefix("test_").replace("_", " ")).split()),
        "points": function.points,
        "hint": getattr(function, "hint", ""),
        "varies": bool(getattr(function, "is_hypothesis_test", False)),
    }


_calls: dict[str, list[str]] = {}


def _called(path: str) -> list[str]:
    """The functions f that a test file calls as sub.f, longest name first."""
    if path not in _calls:
        tree = ast.parse(Path(path).read_bytes())
        names = {
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "sub"
        }
        _calls[path] = sorted(names, key=len, reverse=True)
    return _calls[path]


def _task(name: str, functions: list[str]) -> str:
    rest = name.removeprefix("test_")
    return next((f for f in functions if rest == f or rest.startswith(f + "_")), "")


def explain(error: BaseException, path: Path | None) -> dict[str, Any]:
    """What happened, for a student: outcome "todo" or "failed", a line about the error, the failing input.

    wrong: whether it is about the answer, so that the test's hint may help."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, NotImplementedError):
        return {"outcome": "todo", "message": "", "example": ""}
    if isinstance(error, SubmissionError) or not isinstance(error, Exception | SystemExit):  # the latter: no worker
        return {"outcome": "failed", "message": str(error), "example": "", "wrong": False}
    message = str(error)
    if isinstance(error, AssertionError):
        message = re.sub(r"\nassert .*", "", message, flags=re.DOTALL)  # what pytest adds below a message
        message = "\n".join(message.strip().splitlines()[:6])
    elif path is not None and not isinstance(error, AnswerError):
        message = where(error, str(path))
    wrong = not isinstance(error, _UNRELATED) and getattr(error, "kind", "") not in _UNRELATED_KINDS
    return {"outcome": "failed", "message": message[:1000], "example": _example(error), "wrong": wrong}


def _example(error: BaseException) -> str:
    """The input that hypothesis found, without the name of the test, in one line."""
    for note in getattr(error, "__notes__", ()):
        if match := re.match(r"[\w ]+: \w+\(\s*(.*?),?\s*\)\s*$", note, re.DOTALL):
            return " ".join(match[1].split())[:300]
    return ""


def _write(config: pytest.Config, record: dict[str, Any]) -> None:
    if path := config.getoption("--results"):
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
