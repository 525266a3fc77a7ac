"""What a folder of results holds of earlier runs: whose points stay, and what must not be mixed or lost."""

import json
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from minigen.grading.intake import is_id
from minigen.grading.journal import Exam, Journal, Line, file_name
from minigen.grading.roster import folded
from minigen.grading.scoring import Record
from minigen.grading.visible import line

_PAGES = (("feedback", ".md"), ("feedback", ".html"), ("gradescope", ".json"))


@dataclass(frozen=True)
class Earlier:
    """rows: folded id -> the last line of the journal.  graded: folded id -> id, of who has points in the gradebook.

    written: ids that pages were named after.  exam: that of the last record, None if it does not say; assignment: its
    name, or "".  roster: of the last run.  limits: those of all, as they were last; {} if there were none.
    """

    out: Path
    exists: bool
    rows: dict[str, Line]
    graded: dict[str, str]
    written: frozenset[str]
    exam: Exam | None
    assignment: str
    roster: dict[str, str]
    limits: Mapping[str, float]

    def admit(self, exam: Exam, force: bool) -> None:
        """Raises LookupError if results of this exam have no place here; force: everything is graded again."""
        if self.assignment not in ("", exam.assignment):
            raise LookupError(f"{self.out} holds results of {line(self.assignment)}, and this is {exam.assignment}: "
                              "choose another -o, or mend -a")  # fmt: skip
        if force or not self.rows or self.exam == exam:
            return
        choice = "--force grades everything again, another -o leaves them as they are"
        if self.exam is None:
            raise LookupError(f"{self.out}: its journal does not say which tests its results are from: {choice}")
        changed = [what for what, ours, theirs in (
            ("test_exercise.py", exam.tests, self.exam.tests),
            ("the file of hidden tests (--hidden)", exam.hidden, self.exam.hidden),
            ("the secret", exam.seeds, self.exam.seeds),
        ) if ours != theirs]  # fmt: skip
        verb = "is not the one" if len(changed) == 1 else "are not the ones"
        raise LookupError(f"{self.out} holds results, and {' and '.join(changed)} {verb} that they are from: {choice}")

    @property
    def own_limits(self) -> dict[str, Mapping[str, float]]:
        """folded id -> limits, of those who have others than all."""
        return {id: row.own for id, row in self.rows.items() if row.own}

    def forgettable(self, id: str) -> bool:
        """Whether there is anything of this id here."""
        return folded(id) in map(folded, self.written)

    def kept(self, exam: Exam, given: Iterable[str], forgotten: Iterable[str], roster: Iterable[str]) -> list[Record]:
        """The records of all whose uploads are not given now, with the roster's ids: their points stay as they are.

        Raises LookupError if that cannot be.
        """
        gone = {folded(id) for id in (*given, *forgotten)}
        left = {id: row for id, row in self.rows.items() if id not in gone}
        others = [row.id for row in left.values() if row.exam != exam]
        if others:
            raise LookupError(f"{self.out}: the points of {listed(others)} are from other tests: give these uploads "
                              "too, or drop the rows with --forget ID, or choose another -o")  # fmt: skip
        lost = [id for key, id in self.graded.items() if key not in gone and key not in left]
        if lost:
            raise LookupError(f"{self.out}: grades.json has points of {listed(lost)}, and the journal does not: give "
                              "these uploads too, or drop the rows with --forget ID, or choose another -o")  # fmt: skip
        names = {folded(id): id for id in roster}
        return [replace(row.record, id=names.get(id, row.id)) for id, row in left.items() if row.record is not None]

    def done(self, ids: Iterable[str]) -> dict[str, Record]:
        """The records of these ids, by id."""
        rows = {id: self.rows[folded(id)] for id in ids if folded(id) in self.rows}
        return {id: replace(row.record, id=id) for id, row in rows.items() if row.record is not None}

    def remove_pages(self, ids: Iterable[str]) -> tuple[list[str], list[str]]:
        """Remove what was written for anybody but these ids: whose it was, and which files could not be removed."""
        now = {file_name(id) for id in ids}
        twins: dict[str, list[str]] = defaultdict(list)
        for name in now:
            twins[name.casefold()].append(name)
        removed, stay = [], []
        for id in sorted(self.written):
            name = file_name(id)
            places = [self.out / folder / (name + kind) for folder, kind in _PAGES] if name not in now else []
            for path in (path for path in places if path.is_file() and not path.is_symlink()):
                same = (path.with_name(twin + path.suffix) for twin in twins[name.casefold()])
                if any(_is_same(path, twin) for twin in same):  # the disk takes ann and Ann for one
                    continue
                try:
                    path.unlink()
                    removed.append(id)
                except OSError as error:
                    stay.append(f"{path.parent.name}/{path.name}: {error.strerror}")
        return list(dict.fromkeys(removed)), stay


def look(out: Path) -> Earlier:
    """What the folder holds.  Raises LookupError if its gradebook cannot be read."""
    journal, path = Journal(out / "journal.jsonl"), out / "grades.json"
    rows: dict[str, Line] = {}
    limits: Mapping[str, float] = {}
    written, exam = set(), None
    for row in journal.lines():
        if not is_id(row.id):
            continue  # not ours
        written.add(row.id)
        rows[folded(row.id)] = row
        if row.record is not None:
            exam = row.exam
            limits = limits if row.own else row.record.limits or limits
    book = _gradebook(path)
    people = [row for row in book.get("grades", []) if is_id(row["id"])]
    graded = {folded(row["id"]): row["id"] for row in people if row["status"] != "missing"}
    graded = {key: id for key, id in graded.items() if key not in rows or rows[key].record is not None}
    rows = {key: row for key, row in rows.items() if row.record is not None}  # the rest somebody wanted forgotten
    roster = {id: name for id, name in book.get("roster", {}).items() if is_id(id)}
    written |= {row["id"] for row in people}
    assignment = exam.assignment if exam else str(book.get("assignment", ""))
    exists = journal.exists() or bool(book)
    return Earlier(out, exists, rows, graded, frozenset(written), exam, assignment, roster, limits)


def _gradebook(path: Path) -> dict[str, Any]:
    try:
        book = json.loads(path.read_text(encoding="utf-8"))
        if all(isinstance(row["id"], str) and isinstance(row["status"], str) for row in book.get("grades", [])):
            book.get("roster", {}).items()
            return book
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, KeyError, AttributeError):
        pass
    raise LookupError(f"{path} is no gradebook that minigen wrote: move it away, or choose another -o")


def _is_same(path: Path, other: Path) -> bool:
    return other.exists() and os.path.samefile(path, other)


def listed(ids: Sequence[str], most: int = 20) -> str:
    """The ids in one line, and how many more there are."""
    names = ", ".join(line(id) for id in ids[:most])
    return names + (f" and {len(ids) - most} more" if len(ids) > most else "")
