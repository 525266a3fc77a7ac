"""The journal of a grading run: one line for each submission that is done, never changed, only added to."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from minigen.grading.scoring import Record, Scored

_MAX_NAME = 200  # bytes of an id in the name of a file


@dataclass(frozen=True)
class Exam:
    """What points are for: the exercise, and hashes of its tests, of the hidden ones ("": none) and of the seeds."""

    assignment: str
    tests: str
    hidden: str
    seeds: str

    @staticmethod
    def of(assignment: str, tests: bytes, hidden: bytes | None, seeds: tuple[int, int]) -> "Exam":
        parts = tests, hidden, repr(seeds).encode()
        return Exam(assignment, *("" if part is None else hashlib.sha256(part).hexdigest() for part in parts))


@dataclass(frozen=True)
class Line:
    """record: None if somebody wanted it forgotten.  exam: None if the line does not say.

    own: the limits of this student alone, as in Record; {} if they are those of all.
    """

    id: str
    record: Record | None
    exam: Exam | None
    own: Mapping[str, float]


class Journal:
    """The file at path; what is in it survives whatever ends the run."""

    def __init__(self, path: Path):
        self._path = path

    def exists(self) -> bool:
        return self._path.exists()

    def lines(self) -> Iterator[Line]:
        """The lines, from the oldest.  One that was cut off in the middle is none."""
        text = self._path.read_text(encoding="utf-8") if self.exists() else ""
        for line in text.split("\n")[:-1]:
            try:
                yield _line(json.loads(line))
            except (ValueError, TypeError, KeyError, AttributeError):
                continue

    def add(self, record: Record, exam: Exam, own: Mapping[str, float] | None = None) -> None:
        """Write it to the disk, before anybody is told."""
        self._append({**asdict(record), "exam": asdict(exam), "own": dict(own or {})})

    def forget(self, id: str) -> None:
        """From here on there is no record of this id."""
        self._append({"id": id, "forgotten": True})

    def _append(self, data: Mapping[str, Any]) -> None:
        with open(self._path, "ab+") as file:
            if file.tell() and not self._ends_a_line(file):
                file.write(b"\n")  # an earlier run was cut off here
            file.write(json.dumps(data).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    @staticmethod
    def _ends_a_line(file) -> bool:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def _line(data: dict[str, Any]) -> Line:
    exam, own = data.pop("exam", None), data.pop("own", {})
    if data.get("forgotten"):
        return Line(str(data["id"]), None, None, {})
    record = Record(**{**data, "tests": [Scored(**test) for test in data["tests"]]})
    return Line(record.id, record, None if exam is None else Exam(**exam), dict(own))


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path to write to, which takes the place of `path` once it is written in full."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    try:
        yield new
        os.replace(new, path)
    finally:
        new.unlink(missing_ok=True)


def write(path: Path, text: str) -> None:
    """The file at path holds the text, or what it held before."""
    with replacing(path) as new:
        new.write_text(text, encoding="utf-8", newline="")


def write_for(id: str, folder: Path, kind: str, text: str, unwritten: dict[str, str]) -> None:
    """Write a student's file of this kind into the folder; if that cannot be done, unwritten says why: id -> text.

    What is wrong with one student's file is no reason to end the run.  Long ids are shortened: see file_name.
    """
    try:
        write(folder / f"{file_name(id)}{kind}", text)
    except OSError as error:
        unwritten[id] = f"{folder.name}/{file_name(id)}{kind}: {error.strerror}"


def file_name(id: str) -> str:
    """The id, or of one of more than 200 bytes its beginning and a hash: most disks end names at 255."""
    data = id.encode(errors="backslashreplace")
    if len(data) <= _MAX_NAME:
        return id
    return f"{data[:_MAX_NAME].decode(errors='ignore')}-{hashlib.sha256(data).hexdigest()[:16]}"
