"""docs/courses.md: its commands exist with these options, and the files it names are there."""

import argparse
import re
import shlex
from importlib import import_module
from pathlib import Path

import pytest

from minigen.cli import COMMANDS

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "courses.md").read_text(encoding="utf-8")
LINES = [line.strip() for line in re.findall(r"^    (.*)$", TEXT, re.MULTILINE)]
SHOWN = [line for line in LINES if line.startswith("minigen ")]


@pytest.mark.parametrize("line", list(dict.fromkeys(SHOWN)))
def test_its_commands_are_understood(line):
    _, name, *arguments = shlex.split(line)
    parser = argparse.ArgumentParser(exit_on_error=False)
    import_module(COMMANDS[name][0]).configure(parser)
    args = parser.parse_args(arguments)
    if getattr(args, "assignment", None):
        assert list((ROOT / "exercises").glob(f"{args.assignment}_*/test_exercise.py"))


def test_it_shows_all_that_instructors_use():
    assert {line.split()[1] for line in SHOWN} == {"handout", "check", "grade", "gradescope"}
    options = {word for line in SHOWN for word in line.split() if word.startswith("--")}
    assert {"--watch", "--doctor", "--resume", "--executor", "--scheduler", "--secret"} <= options


def test_the_files_it_names_are_there():
    sources = [shlex.split(line)[1] for line in LINES if line.startswith("cp ")]
    named = [name for name in re.findall(r"`((?:tests|exercises)/[^`]+)`", TEXT) if "..." not in name]
    links = [link for link in re.findall(r"\]\(([^)]+)\)", TEXT) if "://" not in link]
    assert len(sources) >= 4 and named and links
    assert [name for name in [*sources, *named] if not (ROOT / name).is_file()] == []
    assert [link for link in links if not (ROOT / "docs" / link).is_file()] == []
