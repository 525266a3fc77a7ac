"""What the lectures proved: claims and figures read out of executed notebooks, rendered as one HTML page."""

import base64
import binascii
import os
import platform
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from minigen import catalogue
from minigen.claims import MIME, Claim

WARNING = re.compile(r"^.*\b\w*Warning: .*$", re.MULTILINE)


@dataclass
class Section:
    """A heading of a lecture with the claims and figures below it, in order.

    items: Claim objects and figures; a figure is a data URI.
    """

    heading: str
    items: list[Claim | str] = field(default_factory=list)

    @property
    def claims(self) -> list[Claim]:
        return [item for item in self.items if isinstance(item, Claim)]

    @property
    def figures(self) -> list[str]:
        return [item for item in self.items if isinstance(item, str)]


@dataclass
class Outcome:
    """What running one lecture left: its sections, the seconds it took, the problems (none if it passed)."""

    number: str
    title: str
    seconds: float = 0.0
    sections: list[Section] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def claims(self) -> list[Claim]:
        return [claim for section in self.sections for claim in section.claims]

    @property
    def passed(self) -> bool:
        return not self.problems


def read_outcome(notebook: Mapping[str, Any], number: str, seconds: float, problem: str = "") -> Outcome:
    """Collect an executed notebook's claims, figures and problems: false claims, warnings, no claim at all.

    problem: what stopped the run, "" if it came to its end; left out where a false claim says it better.
    """
    outcome = Outcome(number, title(notebook), seconds, [Section("")])
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            outcome.sections += [Section(text) for text in _headings(cell["source"])]
        if cell["cell_type"] != "code":
            continue
        where = f"cell [{cell.get('execution_count') or '?'}]"
        for output in cell.get("outputs", []):
            if output["output_type"] == "stream" and output["name"] == "stderr":
                outcome.problems += [f"{where}: {line.strip()}" for line in WARNING.findall(output["text"])]
            outcome.sections[-1].items += [*_claims(output), *_figures(output)]
            outcome.problems += [f"{where}, {claim.row()}" for claim in _claims(output) if not claim.passed]
    if problem and not (problem.endswith("ClaimError") and outcome.problems):
        outcome.problems.append(problem)
    if not outcome.claims and not outcome.problems:
        outcome.problems.append("it ran to its end without a single claim")
    outcome.sections = [section for section in outcome.sections if section.items]
    return outcome


def title(notebook: Mapping[str, Any]) -> str:
    """The first heading of a notebook, as plain text."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown" and (headings := _headings(cell["source"])):
            return headings[0]
    return "untitled"


def _headings(markdown: str) -> list[str]:
    without_code = re.sub(r"^```.*?^```", "", markdown, flags=re.MULTILINE | re.DOTALL)
    return [_plain(text) for text in re.findall(r"^#{1,6}\s+(.+?)\s*#*\s*$", without_code, re.MULTILINE)]


def _plain(markdown: str) -> str:
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", markdown)
    text = re.sub(r"\\[,;:! ]", " ", text)
    return re.sub(r"[*`$\\]", "", text).strip()


def _claims(output: Mapping[str, Any]) -> list[Claim]:
    data = output.get("data", {}).get(MIME)
    return [Claim.from_payload(data)] if data else []


def _figures(output: Mapping[str, Any]) -> list[str]:
    """The figure of an output as a data URI, which an <img> shows without running anything inside it."""
    data = output.get("data", {})
    if svg := data.get("image/svg+xml"):
        encoded = base64.b64encode("".join(svg).encode()).decode()
        return [f"data:image/svg+xml;base64,{encoded}"]
    if png := data.get("image/png"):
        try:
            encoded = base64.b64encode(base64.b64decode("".join(png))).decode()
        except binascii.Error:
            return []
        return [f"data:image/png;base64,{encoded}"]
    return []


@dataclass(frozen=True)
class Refutation:
    """An erratum with the rows that bear on it, each as (anchor, claim).

    own: claims with its id, which show that the printed form is wrong; related: claims of the correct form.
    """

    erratum: catalogue.Erratum
    own: list[tuple[str, Claim]]
    related: list[tuple[str, Claim]]

    @property
    def severity(self) -> str:
        return catalogue.SEVERITIES[self.erratum.severity]

    @property
    def proved(self) -> bool:
        return bool(self.own) and all(claim.passed for _, claim in self.own)


def refutations(outcomes: Iterable[Outcome]) -> list[Refutation]:
    """The errata that the lectures touch, in the catalogue's order."""
    rows = [(anchor(outcome.number, i), c) for outcome in outcomes for i, c in enumerate(outcome.claims)]
    found = [
        Refutation(
            erratum,
            [(target, c) for target, c in rows if c.id[:3] == id],
            [(target, c) for target, c in rows if c.id[:3] in erratum.claims],
        )
        for id, erratum in catalogue.errata().items()
    ]
    return [refutation for refutation in found if refutation.own or refutation.related]


def anchor(number: str, index: int) -> str:
    """The id of a lecture's claim within the page."""
    return f"lecture-{number}-{index}"


def render(outcomes: Sequence[Outcome], seconds: float) -> str:
    """The report as one self-contained HTML page. seconds: how long the whole run took."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("minigen"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    claims = [claim for outcome in outcomes for claim in outcome.claims]
    covered = {claim.id[:3] for claim in claims if claim.passed}
    errata = refutations(outcomes)
    return environment.get_template("report.html").render(
        outcomes=outcomes,
        claims=claims,
        failed=[claim for claim in claims if not claim.passed],
        broken=[outcome for outcome in outcomes if not outcome.passed],
        covered=len(covered & set(catalogue.claims())),
        catalogued=len(catalogue.claims()),
        errata=errata,
        proved=sum(e.proved for e in errata),
        catalogued_errata=len(catalogue.errata()),
        sources=catalogue.sources(),
        entries=catalogue.claims(),
        anchor=anchor,
        is_figure=lambda item: isinstance(item, str),
        seconds=seconds,
        versions={
            "minigen": version("minigen"),
            "numpy": version("numpy"),
            "Python": platform.python_version(),
            "system": f"{platform.system()} {platform.machine()}",
        },
        date=datetime.now().strftime("%Y-%m-%d %H:%M"),
    )


def write_atomically(path: Path, text: str) -> None:
    """Write a file whole or not at all: into a neighbour first, then rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_text(text, encoding="utf-8")
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
