"""What the runs of a comparison came to: rows, medians over seeds, and tables of them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from statistics import median, median_low
from typing import Any, NamedTuple

from minigen.compare.jobs import Job, Outcome
from minigen.training.measures import NAMES

__all__ = ["Cell", "Column", "Group", "Row", "Spread", "as_csv", "as_markdown", "columns", "groups", "number", "table"]

PER_CENT = ("high_quality", "nearest_neighbour_accuracy", "label_agreement")
PERFECT = "perfect samples"


@dataclass
class Row:
    """One run and its outcome.  record: what its metrics.json says, {} if it did not come to its end."""

    job: Job
    outcome: Outcome

    @cached_property
    def record(self) -> dict[str, Any]:
        if self.outcome.status != "done":
            return {}
        return json.loads((self.job.folder / "metrics.json").read_text(encoding="utf-8"))

    @property
    def measures(self) -> dict[str, dict[str, Any]]:
        return self.record.get("measures", {})

    def entry(self) -> dict[str, Any]:
        """For comparison.json."""
        job, outcome = self.job, self.outcome
        known = {"model": job.model, "data": job.data, "seed": job.seed, "status": outcome.status}
        if outcome.status != "done":
            return {**known, "message": outcome.message}
        return {**known, **{key: self.record[key] for key in ("steps", "seconds", "cpu_seconds", "measures")}}


@dataclass(frozen=True)
class Spread:
    """Median and range of a number over seeds."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        return cls(median(values), min(values), max(values))


@dataclass(frozen=True)
class Column:
    """One number of a run: what it is called, where it is found, what perfect samples score."""

    title: str
    measure: str
    key: str = "value"
    per_cent: bool = False

    def value(self, row: Row) -> float | None:
        source = row.record if self.measure == "" else row.measures.get(self.measure, {})
        value = source.get(self.key)
        return None if value is None else value * (100 if self.per_cent else 1)

    def null(self, row: Row) -> float | None:
        if self.key == "over_null":
            return 1.0
        null = row.measures.get(self.measure, {}).get("null") if self.key == "value" else None
        return None if null is None else null * (100 if self.per_cent else 1)


@dataclass
class Group:
    """The runs of one model on the same data, over the seeds."""

    model: str
    data: str
    rows: list[Row] = field(default_factory=list)

    @property
    def done(self) -> list[Row]:
        return [row for row in self.rows if row.outcome.status == "done"]

    @property
    def runs(self) -> str:
        """How many came to their end, and what became of the others."""
        others = [row.outcome.status for row in self.rows if row.outcome.status != "done"]
        counts = [f"{others.count(status)} {status}" for status in dict.fromkeys(others)]
        return ", ".join([f"{len(self.done)}", *counts])

    def spread(self, column: Column) -> Spread | None:
        values = [value for row in self.done if (value := column.value(row)) is not None]
        return Spread.of(values) if values else None

    def null(self, column: Column) -> float | None:
        values = [null for row in self.done if (null := column.null(row)) is not None]
        return median(values) if values else None

    @property
    def typical(self) -> Row | None:
        """The run of the median seed, by exact W1 or, where there is none, by the first measure."""
        if not self.done:
            return None

        def rank(row: Row) -> float:
            measure = row.measures.get("w1") or next(iter(row.measures.values()), {})
            return measure.get("value", 0.0)

        middle = median_low(map(rank, self.done))
        return next(row for row in self.done if rank(row) == middle)


def groups(rows: Iterable[Row]) -> list[Group]:
    """The runs by data and model, in the order in which these come."""
    found: dict[tuple[str, str], Group] = {}
    for row in rows:
        key = (row.job.data, row.job.model)
        found.setdefault(key, Group(row.job.model, row.job.data)).rows.append(row)
    order = list(dict.fromkeys(data for data, _ in found))
    return sorted(found.values(), key=lambda group: order.index(group.data))


def columns(of: Sequence[Group]) -> list[Column]:
    """All that was measured of these runs, and what they cost."""
    found: dict[tuple[str, str], Column] = {}
    for row in (row for group in of for row in group.done):
        for name, entry in row.measures.items():
            title = NAMES.get(name, name.replace("_", " "))
            per_cent = name in PER_CENT
            unit = " (%)" if per_cent else f" (of {entry['of']})" if "of" in entry else ""
            found.setdefault((name, "value"), Column(title + unit, name, per_cent=per_cent))
            if "over_null" in entry:
                found.setdefault((name, "over_null"), Column(f"{title} over its null", name, "over_null"))
    return [*found.values(), Column("CPU seconds", "", "cpu_seconds")]


def number(value: float) -> str:
    """Three digits that say something."""
    return f"{value:.0f}" if value == round(value) or abs(value) >= 100 else f"{value:.3g}"


class Cell(NamedTuple):
    """What a cell of a table says: a number or a name, and the range where there is one."""

    text: str
    range: str = ""

    @classmethod
    def of(cls, spread: Spread | None) -> Cell:
        if spread is None:
            return cls("–")
        middle, low, high = map(number, (spread.median, spread.low, spread.high))
        return cls(middle, "" if low == high else f"{low} to {high}")

    def __str__(self) -> str:
        return f"{self.text} ({self.range})" if self.range else self.text


def table(of: Sequence[Group]) -> tuple[list[str], list[list[Cell]]]:
    """Header and rows of one data set's comparison; the first row is what perfect samples score."""
    shown = columns(of)
    header = ["model", "runs", *(column.title for column in shown)]
    best = [next((null for g in of if (null := g.null(column)) is not None), None) for column in shown]
    perfect = [Cell(PERFECT), Cell(""), *(Cell("" if null is None else number(null)) for null in best)]
    rows = [[Cell(g.model), Cell(g.runs), *(Cell.of(g.spread(column)) for column in shown)] for g in of]
    return header, [perfect, *rows]


def as_markdown(rows: Sequence[Row], seeds: int) -> str:
    """A table for each data set."""
    found = groups(rows)
    text = [
        "# Comparison",
        "",
        f"Of {seeds} seed{'s' * (seeds != 1)}: median of the runs that came to their end, and their range in brackets.",
        "",
    ]
    for data in dict.fromkeys(group.data for group in found):
        header, body = table([group for group in found if group.data == data])
        lines: list[Sequence[Any]] = [header, ["---"] * len(header), *body]
        text += [f"## {data}", "", *("| " + " | ".join(map(str, line)) + " |" for line in lines), ""]
        units = {m["w1"]["units"] for g in found if g.data == data for m in (r.measures for r in g.done) if "w1" in m}
        text += [f"Exact W1 in {unit}." for unit in sorted(units)] + [""] * bool(units)
    return "\n".join(text)


def as_csv(rows: Sequence[Row]) -> str:
    """A line for each run; a measure has a column, and so has its null."""
    lines: list[dict[str, Any]] = []
    for row in rows:
        entry = row.entry()
        measures = entry.pop("measures", {})
        for name, measure in measures.items():
            entry[name] = measure["value"]
            entry[f"{name}_null"] = measure["null"]
        lines.append(entry)
    names = list(dict.fromkeys(name for entry in lines for name in entry if name != "message"))
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, [*names, "message"], restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return out.getvalue()
