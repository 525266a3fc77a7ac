"""The page of a comparison: tables, samples side by side and distances over training, in one HTML file."""

from __future__ import annotations

import base64
import io
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from statistics import median
from typing import Any

import numpy as np

from minigen.compare.results import Group, Row, groups, number, table
from minigen.training.data import TrainingData, open_data

__all__ = ["render"]

DRAWN = 2500
DOTS_PER_INCH = 150


@dataclass(frozen=True)
class Figure:
    """A figure as a data URI, and the text below it."""

    uri: str
    caption: str


def render(rows: Sequence[Row], seeds: int, command: str) -> str:
    """The page, self-contained.  command: what made it."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("minigen"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found = groups(rows)
    names = list(dict.fromkeys(group.data for group in found))
    return environment.get_template("comparison.html").render(
        sections=[_section(name, [group for group in found if group.data == name]) for name in names],
        models=list(dict.fromkeys(group.model for group in found)),
        seeds=seeds,
        runs=len(rows),
        unfinished=[row for row in rows if row.outcome.status != "done"],
        cpu_minutes=sum(row.record["cpu_seconds"] for row in rows if row.record) / 60,
        command=command,
        date=datetime.now().strftime("%Y-%m-%d %H:%M"),
        versions={"minigen": version("minigen"), "numpy": np.__version__, "Python": platform.python_version()},
    )


def _section(name: str, of: Sequence[Group]) -> dict[str, Any]:
    """All that the page says of one data set."""
    data = open_data(name)
    header, body = table(of)
    return {
        "name": name,
        "units": data.units,
        "header": header,
        "body": body,
        "samples": _samples(data, of),
        "distances": _distances(data, of),
        "settings": [(group.model, _settings(group)) for group in of if group.done],
    }


def _samples(data: TrainingData, of: Sequence[Group]) -> list[Figure]:
    from minigen.plots import comparison as figures

    real = data.draw(DRAWN, np.random.default_rng(0))
    frame = figures.frame_of(real)

    def drawn(points: np.ndarray, of_data: bool = False) -> Any:
        if data.image is not None:
            return figures.images(points.reshape(-1, *data.image))
        return figures.points(points, frame, of_data)

    panels = [Figure(_uri(drawn(real, True)), "the data")]
    for group in of:
        if (row := group.typical) is not None:
            samples = np.load(row.job.folder / "samples.npy")
            caption = f"{group.model}, seed {row.job.seed}: {_said(row)}"
            outside = 0 if data.dimension > 2 else np.mean(np.any((samples < frame[0]) | (samples > frame[1]), axis=1))
            if outside:
                caption += f", {number(100 * float(outside))} % outside the frame"
            panels.append(Figure(_uri(drawn(samples)), caption))
    return panels


def _said(row: Row) -> str:
    """The measures of a run that say most, in words."""
    parts = []
    for name, entry in row.measures.items():
        if "of" in entry:
            parts.append(f"{number(entry['value'])} of {entry['of']} {name}")
        elif "over_null" in entry and entry["over_null"] is not None:
            parts.append(f"W1 {number(entry['over_null'])} times its null")
    return ", ".join(parts)


def _distances(data: TrainingData, of: Sequence[Group]) -> Figure | None:
    """Exact W1 over the steps, the median over seeds, of the models that measured it."""
    from minigen.plots import comparison as figures

    curves, nulls, n = {}, [], 0
    for group in of:
        records = [distances for row in group.done if (distances := row.record.get("distances"))]
        length = min((len(record["step"]) for record in records), default=0)
        if length:
            over_seeds = np.array([record["w1"][:length] for record in records])
            curves[group.model] = (records[0]["step"][:length], np.median(over_seeds, axis=0).tolist())
            nulls += [record["null"] for record in records if record["null"] is not None]
            n = records[0]["n"]
    if not curves:
        return None
    picture = figures.distance_over_steps(curves, median(nulls) if nulls else None, data.units)
    compared = f"{n} samples of the generator as it is, not of its average, and {n} data points"
    return Figure(_uri(picture), f"Exact W1 while training, of {compared}: median over seeds.")


def _settings(group: Group) -> str:
    settings = group.done[0].record["settings"]
    left_out = ("model", "data", "seed", "every")
    return ", ".join(
        f"{name.replace('_', ' ')} {' '.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in settings.items()
        if name not in left_out
    )


def _uri(picture: Any) -> str:
    buffer = io.BytesIO()
    picture.savefig(buffer, format="png", dpi=DOTS_PER_INCH)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
