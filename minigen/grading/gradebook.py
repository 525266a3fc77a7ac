"""The gradebook: what is entered for whom, as a table, as JSON, for Gradescope and for continuous integration."""

import csv
import io
import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from xml.etree import ElementTree as xml

from minigen.grading.journal import write, write_for
from minigen.grading.scoring import Record, Scored
from minigen.grading.visible import line, visible


@dataclass(frozen=True)
class Entry:
    """A record, the student's name, and what a person decided instead: points and why."""

    record: Record
    name: str = ""
    override: float | None = None
    note: str = ""

    @property
    def points(self) -> float:
        return self.record.earned if self.override is None else self.override


def write_all(out: Path, entries: Sequence[Entry], facts: Mapping[str, object]) -> dict[str, str]:
    """grades.csv, grades.json, junit.xml and gradescope/ID.json.  facts: about the run; the stamp is among them.

    What comes back: the students whose file could not be written, with the reason.
    """
    write(out / "grades.csv", table(entries, str(facts["wall"])))
    grades = [{**asdict(e.record), "name": e.name, "points": e.points, "override": e.override, "note": e.note}
              for e in entries]  # fmt: skip
    write(out / "grades.json", json.dumps({**facts, "grades": grades}, indent=1) + "\n")
    write(out / "junit.xml", junit(entries, facts))
    unwritten: dict[str, str] = {}
    for entry in entries:
        write_for(entry.record.id, out / "gradescope", ".json", gradescope(entry), unwritten)
    return unwritten


def table(entries: Sequence[Entry], stamp: str) -> str:
    """The gradebook as CSV; one column for each test at the end."""
    tests = list(dict.fromkeys(test.name for entry in entries for test in entry.record.tests))
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["id", "name", "points", "max", "status", "message", "note", "wall", *tests])
    for entry in entries:
        record = entry.record
        earned = {test.name: test.earned for test in record.tests}
        words = [_cell(word) for word in (record.status, record.message, entry.note, record.stamp or stamp)]
        points = f"{entry.points:g}"
        writer.writerow([_cell(record.id), _cell(entry.name), points, record.points, *words,
                         *(earned.get(test, "") for test in tests)])  # fmt: skip
    return text.getvalue()


def _cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    text = line(text)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def gradescope(entry: Entry) -> str:
    """results.json as Gradescope's autograders leave it, without the seconds: a student sees it after every upload, and
    code that sleeps as long as its inputs say could tell them."""
    record = entry.record
    tests = [
        {
            "name": f"{test.task}: {test.title}" if test.task else test.title,
            "score": test.earned,
            "max_score": test.points,
            "status": "passed" if test.earned else "failed",
            "output": visible("\n".join(explained(test))),
            "output_format": "text",
        }
        for test in record.tests
    ]
    output = f"{record.status}. {visible(record.message)}\nGraded behind: {record.stamp}"
    results = {"score": entry.points, "output": output, "output_format": "text", "visibility": "visible",
               "stdout_visibility": "hidden", "tests": tests}  # fmt: skip
    return json.dumps(results, indent=1) + "\n"


def explained(test: Scored) -> list[str]:
    """What a student reads below a test that gave no points."""
    if test.earned:
        return []
    if test.outcome == "todo":
        return ["not yet done"]
    if test.outcome == "missing":
        return ["it was not run"]
    lines = [test.message, f"for {test.example}" if test.example else "", f"hint: {test.hint}" if test.hint else ""]
    return [text for text in lines if text]


def junit(entries: Sequence[Entry], facts: Mapping[str, object]) -> str:
    """One test suite for each submission, as continuous integration reads them."""
    root = xml.Element("testsuites", name=str(facts["assignment"]))
    for entry in entries:
        record = entry.record
        failed = sum(not test.earned for test in record.tests)
        suite = xml.SubElement(root, "testsuite", name=record.id, tests=str(len(record.tests)), failures=str(failed),
                               time=str(record.seconds))  # fmt: skip
        properties = xml.SubElement(suite, "properties")
        for name in ("status", "message", "stamp"):
            xml.SubElement(properties, "property", name=name, value=visible(getattr(record, name)))
        for test in record.tests:
            case = xml.SubElement(suite, "testcase", classname=test.task or record.id, name=test.name)
            if not test.earned:
                xml.SubElement(case, "failure", message=line(test.title)).text = visible("\n".join(explained(test)))
    return xml.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def summary(entries: Sequence[Entry], roster: Collection[str] = ()) -> str:
    """How many of which status, and the mean: over the people in the roster, if there is one."""
    counts = Counter(entry.record.status for entry in entries)
    parts = [f"{n} {status}" for status, n in counts.most_common()]
    most = max((entry.record.points for entry in entries), default=0)
    people = [entry for entry in entries if not roster or entry.record.id in roster]
    mean = sum(entry.points for entry in people) / max(len(people), 1)
    whose = f" over the roster's {count(len(people), 'person', 'people')}" if roster else ""
    return f"{count(len(entries), 'submission')}: {', '.join(parts)}; mean {mean:.2f} of {most} points{whose}"


def count(n: int, what: str, several: str = "") -> str:
    """1 submission, 2 submissions."""
    return f"{n} {what if n == 1 else several or what + 's'}"
