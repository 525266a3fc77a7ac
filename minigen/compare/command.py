"""`minigen compare`: models x data x seeds, in parallel, one folder with a table and a page of figures."""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from minigen.compare.jobs import Job, carry_out
from minigen.compare.results import Row, as_csv, as_markdown, number
from minigen.report import write_atomically
from minigen.training.data import NAMES as DATA
from minigen.training.data import DataError, open_data
from minigen.training.measures import NAMES
from minigen.training.models import MODELS, unknown_model
from minigen.training.options import positive_integer
from minigen.training.run import interruptions

__all__ = ["configure", "run"]

DEFAULTS: dict[str, Any] = {"models": list(MODELS), "data": ["ring", "grid", "swiss_roll"], "seeds": 5, "steps": None}


class Refused(Exception):
    """The comparison cannot be made as it was asked for; the message says why and what would do."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `minigen compare`."""
    parser.description = (
        "Train every model on every data set with every seed, and write tables and a page of figures of what came of "
        "it. A run in the plane takes about a minute of one core; the defaults are "
        f"{len(MODELS) * len(DEFAULTS['data']) * DEFAULTS['seeds']} runs."
    )
    parser.epilog = "Ctrl-C keeps what is done; the same --out with --resume goes on, also with more models or seeds."
    parser.add_argument(
        "--models", type=_names(_model), metavar="A,B", help=f"which of {', '.join(MODELS)} (default all)"
    )
    parser.add_argument(
        "--data", type=_names(str), metavar="A,B",
        help=f"which of {', '.join(DATA)}, and .csv or .npy files of points (default {','.join(DEFAULTS['data'])})",
    )  # fmt: skip
    parser.add_argument("--seeds", type=positive_integer, metavar="N", help="seeds of each, 0 to N - 1 (default 5)")
    parser.add_argument(
        "--steps", type=positive_integer, metavar="N", help="of training in each run (default: the model's own)"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("comparison"), metavar="DIR", help="folder for it all (default comparison)"
    )
    parser.add_argument(
        "-j", "--jobs", type=positive_integer, metavar="N", help="runs at a time (default: one per core)"
    )
    parser.add_argument("--resume", action="store_true", help="go on with what is in DIR, and add what is asked for")


def _names(known: Callable[[str], str]) -> Callable[[str], list[str]]:
    def parse(text: str) -> list[str]:
        names = [known(name.strip()) for name in text.split(",") if name.strip()]
        if not names:
            raise argparse.ArgumentTypeError("it is empty, expected names with commas between them")
        for i, name in enumerate(names):
            if twice := next((other for other in names[:i] if _identity(other) == _identity(name)), None):
                same = f"{name} is named twice" if twice == name else f"{twice} and {name} are the same file"
                raise argparse.ArgumentTypeError(same)
        return names

    return parse


def _identity(name: str) -> str:
    """What tells names apart: of a file where it lies, in whatever way its path is written."""
    return os.path.realpath(name) if name not in DATA and os.path.exists(name) else name


def _model(name: str) -> str:
    if name not in MODELS:
        raise argparse.ArgumentTypeError(unknown_model(name))
    return name


def run(args: argparse.Namespace) -> int:
    """Carry out `minigen compare`; 0, 1 (a run failed), 2 (refused), 130 or 143 (interrupted)."""
    import jinja2  # noqa: F401  if one of them is missing, say so before hours of training, not after
    import matplotlib  # noqa: F401
    import tqdm  # noqa: F401

    try:
        plan = prepare(args)
    except (Refused, DataError, OSError) as error:
        print(f"minigen compare: {error}", file=sys.stderr)
        return 2
    return Comparison(args.out, plan, args.jobs or _cores()).carry_out()


def prepare(args: argparse.Namespace) -> dict[str, Any]:
    """What is to be compared: models, data, seeds, steps.  Refused or DataError, with nothing changed in the folder."""
    ledger = args.out / "comparison.json"
    given = {name: getattr(args, name) for name in DEFAULTS if getattr(args, name) is not None}
    if args.out.exists() and not args.out.is_dir():
        raise Refused(f"{args.out} is a file; --out names a folder")
    before: dict[str, Any] = {}
    if args.resume:
        if not ledger.exists():
            raise Refused(f"there is no comparison in {args.out} to go on with: leave out --resume to begin one")
        before = _read(ledger)
    elif ledger.exists():
        raise Refused(f"{args.out} already holds a comparison: go on with it (--resume) or choose another folder")
    plan = DEFAULTS | given
    if before:
        for name in ("models", "data"):  # never fewer than before, and in that order, which the folders' names go by
            known = set(map(_identity, before[name]))
            plan[name] = [*before[name], *(new for new in given.get(name, []) if _identity(new) not in known)]
        plan["seeds"] = max(before["seeds"], given.get("seeds", 0))
        plan["steps"] = given.get("steps", before["steps"])
    if before and plan["steps"] != before["steps"]:
        theirs = f"--steps {before['steps']}" if before["steps"] else "each model's own number of steps"
        raise Refused(f"the runs in {args.out} have {theirs}: leave out --steps, or choose another folder")
    for name in plan["data"]:
        open_data(name)
    try:
        args.out.mkdir(parents=True, exist_ok=True)
        write_atomically(ledger, json.dumps({**before, **plan}, indent=2))
    except OSError as error:
        reason = error.strerror or error
        raise Refused(f"--out {args.out}: nothing can be written there ({reason}); choose another folder") from None
    return plan


def _read(ledger: Path) -> dict[str, Any]:
    try:
        before = json.loads(ledger.read_text(encoding="utf-8"))
        names, seeds = [*before["models"], *before["data"]], before["seeds"]
        if "steps" in before and all(isinstance(name, str) for name in names) and isinstance(seeds, int):
            if unknown := next((name for name in before["models"] if name not in MODELS), None):
                raise Refused(f"{ledger} has runs of {unknown!r}, a model that this version does not know")
            return before
    except (ValueError, TypeError, KeyError):
        pass
    raise Refused(f"{ledger} is not the record of a comparison: choose another folder")


class Comparison:
    """The runs of a comparison, models x data x seeds, and what became of them, in a folder.

    Those of which the folder knows that they are done, or have diverged, stand."""

    def __init__(self, folder: Path, plan: dict[str, Any], at_a_time: int):
        self.folder, self.plan, self.at_a_time = folder, plan, at_a_time
        names = _file_names(plan["data"])
        self.jobs = [
            Job(model, data, seed, folder / "runs" / f"{model}-{names[data]}-{seed}", plan["steps"])
            for seed in range(plan["seeds"])  # the seeds of each before the next, so that half of it is a comparison
            for data in plan["data"]
            for model in plan["models"]
        ]
        self.outcomes = {job: outcome for job in self.jobs if (outcome := job.outcome())}

    @property
    def rows(self) -> list[Row]:
        order = {name: i for i, name in enumerate([*self.plan["data"], *self.plan["models"]])}
        known = sorted(self.outcomes, key=lambda job: (order[job.data], order[job.model], job.seed))
        return [Row(job, self.outcomes[job]) for job in known]

    def carry_out(self) -> int:
        """Make the runs that are missing, and write down all; returns the exit code."""
        from tqdm import tqdm

        missing = [job for job in self.jobs if job not in self.outcomes]
        made = f", {len(self.jobs) - len(missing)} of them made before" if len(missing) < len(self.jobs) else ""
        pace = f", {min(self.at_a_time, len(missing))} at a time" if missing else ""
        print(f"{len(self.jobs)} run{'s' * (len(self.jobs) != 1)}{made}{pace}", flush=True)
        bar = tqdm(
            total=len(self.jobs), initial=len(self.jobs) - len(missing), unit="run", desc="compare", disable=None,
            leave=False, dynamic_ncols=True,
        )  # fmt: skip
        with interruptions() as interruption, bar:
            for job, outcome in carry_out(missing, self.at_a_time, lambda: interruption.signal):
                self.outcomes[job] = outcome
                if outcome.status != "stopped":
                    bar.update()
                    count = sum(o.status != "stopped" for o in self.outcomes.values())
                    tqdm.write(f"[{count}/{len(self.jobs)}] {_line(Row(job, outcome))}", file=sys.stdout)
                    sys.stdout.flush()
                self._write_tables()
        self._write_tables()
        self._write_page()
        where = f"{self.folder / 'comparison.html'}, comparison.md, .csv and .json"
        if interruption.signal:
            print(f"Stopped; what is done is in {where}. Go on with: {self.to_resume}")
            return 128 + interruption.signal
        failed = [row for row in self.rows if row.outcome.status == "failed"]
        for row in failed:
            print(f"{row.job.name} failed: {row.outcome.message}", file=sys.stderr)
        if failed:
            print(f"To try {'it' if len(failed) == 1 else 'them'} again: {self.to_resume}", file=sys.stderr)
        print(f"Written: {where}")
        return 1 if failed else 0

    @property
    def to_resume(self) -> str:
        """The command that goes on with this comparison."""
        return f"minigen compare --out {shlex.quote(str(self.folder))} --resume"

    def _write_tables(self) -> None:
        rows = self.rows
        plan = {name: self.plan[name] for name in DEFAULTS}
        ledger = {**plan, "runs": [row.entry() for row in rows]}
        write_atomically(self.folder / "comparison.json", json.dumps(ledger, indent=2) + "\n")
        write_atomically(self.folder / "comparison.md", as_markdown(rows, self.plan["seeds"]))
        write_atomically(self.folder / "comparison.csv", as_csv(rows))

    def _write_page(self) -> None:
        from minigen.compare.page import render

        steps = f" --steps {self.plan['steps']}" if self.plan["steps"] else ""
        models, data = ",".join(self.plan["models"]), shlex.quote(",".join(self.plan["data"]))
        command = f"minigen compare --models {models} --data {data} --seeds {self.plan['seeds']}{steps}"
        write_atomically(self.folder / "comparison.html", render(self.rows, self.plan["seeds"], command))


def _line(row: Row) -> str:
    """A run in a line."""
    if row.outcome.status != "done":
        return f"{row.job.name}: {row.outcome.status}. {row.outcome.message}"
    said = []
    for name, entry in row.measures.items():
        of = f" of {entry['of']}" if "of" in entry else ""
        said.append(f"{NAMES.get(name, name.replace('_', ' '))} {number(entry['value'])}{of}")
    return f"{row.job.name}: {', '.join(said)}; {row.record['cpu_seconds']:.0f} s of CPU"


def _file_names(data: Sequence[str]) -> dict[str, str]:
    """A name for files for each of the data, which may be paths; no two the same."""
    names: dict[str, str] = {}
    for name in data:
        plain = re.sub(r"[^\w.-]+", "_", Path(name).stem) or "data"
        names[name] = plain if plain not in names.values() else f"{plain}_{len(names)}"
    return names


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
