"""Who is expected, and what a person decided: tables that people write, in whatever program they have."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from minigen.grading.intake import IDS, Upload, is_id
from minigen.grading.visible import line

_NUMBER = r"[0-9]{1,9}(\.[0-9]*)?|\.[0-9]+"


class _Row(NamedTuple):
    """place: where it stands, for people.  separator: of the table's cells."""

    place: str
    id: str
    cells: dict[str, str]
    separator: str


def read_roster(path: Path) -> dict[str, str]:
    """id -> name, of a table with the column id, and name if there is one.  Raises LookupError."""
    return {row.id: row.cells.get("name", "") for row in _people(path, "id")}


def read_overrides(path: Path, roster: Iterable[str] = ()) -> dict[str, tuple[float | None, str]]:
    """id -> points and note, of a table that people write and no program; ids as the roster has them, whatever their
    case.  No points, None: those of the tests stay.  Raises LookupError."""
    if not path.exists():
        return {}
    ids = _by_folded(roster)
    return {ids.get(folded(row.id), row.id): (_points(row), row.cells.get("note", ""))
            for row in _people(path, "id", "points")}  # fmt: skip


def _points(row: _Row) -> float | None:
    text = row.cells.get("points", "")
    # where cells are separated by ; the comma is the decimal point: so spreadsheets write in half of Europe
    number = text.replace(",", ".") if row.separator == ";" else text
    if number and not re.fullmatch(_NUMBER, number):
        raise LookupError(f"{row.place}: {line(text)!r} is no number of points: expected one such as 3 or 2.5, or "
                          "nothing, if the points of the tests shall stay")  # fmt: skip
    return float(number) if number else None


def enrolled(uploads: Sequence[Upload], roster: Iterable[str]) -> list[Upload]:
    """The uploads with the roster's ids, one for each id: Ann.py is ann's.

    Of several for one id, which `find` has rejected all, the first stands for all: that student did hand something in.
    """
    ids = _by_folded(roster)
    first: dict[str, Upload] = {}
    for upload in uploads:
        key = folded(upload.id)
        first.setdefault(key, replace(upload, id=ids.get(key, upload.id)))
    return list(first.values())


def folded(id: str) -> str:
    """What all ways to write an id have in common."""
    return unicodedata.normalize("NFC", id).casefold()


def _by_folded(ids: Iterable[str]) -> dict[str, str]:
    return {folded(id): id for id in ids}  # `_people` refuses tables in which two become one


def _people(path: Path, *needed: str) -> Iterator[_Row]:
    """The rows: ids that can be file names, nobody twice."""
    seen: dict[str, int] = {}
    for number, row, separator in _rows(path, *needed):
        place, id = f"{path}, line {number}", unicodedata.normalize("NFC", row.get("id", ""))
        if not id:
            raise LookupError(f"{place}: there is no id")
        if not is_id(id):
            raise LookupError(f"{place}: {line(id)!r} cannot be an id: {IDS}")
        first = seen.setdefault(folded(id), number)  # on some machines files ann and Ann are the same
        if first != number:
            raise LookupError(f"{place}: {id} is in line {first} already (upper and lower case are the same)")
        yield _Row(place, id, row, separator)


def _rows(path: Path, *needed: str) -> Iterator[tuple[int, dict[str, str], str]]:
    """The number of its first line, the cells and what separates them, of each row that is not empty; no case in the
    names of columns."""
    lines = list(io.StringIO(_text(path)))
    separator = max(",;\t", key=lines[0].count) if lines else ","
    skipped = 0
    if lines and (said := re.fullmatch(r"sep=([,;\t|])\s*", lines[0], flags=re.IGNORECASE)):
        separator, skipped = said[1], 1
    rows = _parsed(path, lines[skipped:], separator, skipped)
    head = [name.strip().lower() for name in next(rows, (0, []))[1]]
    for name in needed:
        if name not in head:
            raise LookupError(f"{path} has no column {name!r}: its first line should name the columns")
        if head.count(name) > 1:
            raise LookupError(f"{path} has two columns {name!r}")
    for number, row in rows:
        cells = [cell.strip() for cell in row]
        if any(cells[len(head) :]):
            raise LookupError(f"{path}, line {number}: more cells than columns: quote a text that holds {separator!r}")
        if any(cells):
            yield number, dict(zip(head, cells, strict=False)), separator


def _parsed(path: Path, lines: list[str], separator: str, skipped: int) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(lines, delimiter=separator, strict=True)
    while True:
        first = skipped + reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            end = "a quote is opened and not closed" if "unexpected end" in str(error) else error
            raise LookupError(f"{path}, line {first}: {end}") from None
        if row is None:
            return
        yield first, row


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LookupError(f"{path} cannot be read: {error.strerror}") from None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data:
        raise LookupError(f"{path} is UTF-16, or no text at all: save it as CSV UTF-8")
    try:
        return io.TextIOWrapper(io.BytesIO(data), "utf-8-sig").read()  # with any ends of lines
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        raise LookupError(f"{path}, line {number}: this is no UTF-8: save it as CSV UTF-8") from None
