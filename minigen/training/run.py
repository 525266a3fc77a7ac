"""One training run in one folder: progress, figures and checkpoints on the way, measures at the end, going on later."""

from __future__ import annotations

import json
import platform
import shlex
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from minigen import checkpoint
from minigen.report import write_atomically
from minigen.training.data import TrainingData
from minigen.training.measures import NAMES, measure
from minigen.training.models import Model

__all__ = ["DIVERGED", "Run", "interruptions", "train"]

SAMPLES = 2500  # as many as the customary mode metrics are made of
SMOOTHING = 100  # losses are shown as means over this many steps
DIVERGED = "minigen: training diverged."


@dataclass
class Run:
    """A run and where it stands.  losses: (step, number of curves), one row for each step made.

    seconds: of training so far, by the clock.  cpu_seconds: of the processor, on all its cores."""

    folder: Path
    settings: dict[str, Any]
    data: TrainingData
    model: Model
    rng: np.random.Generator
    step: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    losses: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.float32))

    CHECKPOINT = "checkpoint.npz"
    FILES = (CHECKPOINT, "metrics.json", "samples.npy", "samples.png", "losses.png", "progress/*.png")
    UNFINISHED = (f".{CHECKPOINT}.*.tmp", ".metrics.json.*")  # of a run that was killed while it wrote

    @property
    def checkpoint(self) -> Path:
        return self.folder / self.CHECKPOINT

    @property
    def to_resume(self) -> str:
        """The command that goes on with this run."""
        return f"minigen train {self.settings['model']} --out {shlex.quote(str(self.folder))} --resume"

    def save(self) -> None:
        """Write the checkpoint, whole or not at all."""
        checkpoint.save(
            self.checkpoint, settings=self.settings, fingerprint=self.data.fingerprint, step=self.step,
            seconds=self.seconds, cpu_seconds=self.cpu_seconds, losses=self.losses, rng=self.rng, **self.model.states,
        )  # fmt: skip

    def restore(self) -> None:
        """Go back to where the checkpoint was made.  CheckpointError if it does not fit."""
        rest = checkpoint.restore(self.checkpoint, rng=self.rng, **self.model.states)
        self.step, self.losses = rest["step"], rest["losses"]
        self.seconds, self.cpu_seconds = rest["seconds"], rest["cpu_seconds"]

    def fresh_rng(self, purpose: int) -> np.random.Generator:
        """A generator apart from the training's, so that looking at samples does not change the run."""
        return np.random.default_rng([self.settings["seed"], purpose])

    def draw(self, path: Path) -> None:
        """The figure of samples beside data."""
        from minigen.plots import training as figures

        caption = f"{self.settings['model']} on {self.data.name}, step {self.step:,}"
        rng = self.fresh_rng(1)
        if self.data.image is not None:
            assert self.data.points is not None
            asked = np.repeat(np.arange(self.data.classes), 10) if self.settings.get("conditional") else None
            samples, _ = self.model.sample(100, rng, asked)
            rows = rng.choice(len(self.data.points), 100, replace=False)
            if asked is not None and self.data.labels is not None:  # a row of each class, as in the samples
                rows = np.concatenate([rng.choice(np.flatnonzero(self.data.labels == c), 10) for c in asked[::10]])
            figure = figures.image_grids(
                self.data.points[rows].reshape(-1, *self.data.image),
                self.data.decode(samples).reshape(-1, *self.data.image),
                caption,
            )
        else:
            samples, _ = self.model.sample(SAMPLES, rng)
            of = None if self.data.points is None else len(self.data.points)
            figure = figures.samples_beside_data(self.data.draw(SAMPLES, rng), self.data.decode(samples), caption, of)
        path.parent.mkdir(exist_ok=True)
        figure.savefig(path)

    def finish(self) -> dict[str, Any]:
        """Samples, figures and metrics.json; returns the measures."""
        from minigen.plots import training as figures

        samples, labels = self.model.sample(SAMPLES, self.fresh_rng(2))
        samples = self.data.decode(samples)
        measures = measure(samples, self.data, self.fresh_rng(3), labels)
        np.save(self.folder / "samples.npy", samples)
        self.draw(self.folder / "samples.png")
        distances = self.model.distances()
        figure = figures.losses_over_steps(self.losses, self.model.curves, self.model.unit, distances, self.data.units)
        figure.savefig(self.folder / "losses.png")
        record = {
            "model": self.settings["model"],
            "data": self.data.name,
            "steps": self.step,
            "seconds": round(self.seconds, 2),
            "cpu_seconds": round(self.cpu_seconds, 2),
            "samples": SAMPLES,
            "measures": measures,
            "losses": self.recent_losses(),
            "distances": distances and {"units": self.data.units, **distances},
            "settings": self.settings,
            "versions": _versions(),
        }
        write_atomically(self.folder / "metrics.json", json.dumps(record, indent=2) + "\n")
        return measures

    def recent_losses(self) -> dict[str, float]:
        """Mean of each loss over the last steps."""
        if not len(self.losses):
            return {}
        means = np.mean(self.losses[-SMOOTHING:], axis=0)
        return {name: float(value) for name, value in zip(self.model.curves, means, strict=True)}


def train(run: Run) -> int:
    """Make the steps that are left, and finish.  Returns the exit code: 0, 1 (diverged), 130 or 143 (interrupted).

    Every settings["every"] steps and at the end the checkpoint is written and the samples are drawn.  Ctrl-C waits for
    the end of the step, so that the run can go on bit for bit; a second one does not wait."""
    from tqdm import tqdm

    steps, every = run.settings["steps"], run.settings["every"]
    rows = [tuple(row) for row in run.losses.tolist()]
    on_screen = sys.stderr.isatty()

    def clocks() -> tuple[float, float]:
        return time.perf_counter(), time.process_time()

    def save(began: tuple[float, float]) -> None:
        run.losses = np.asarray(rows, np.float32).reshape(len(rows), len(run.model.curves))
        now = clocks()
        run.seconds += now[0] - began[0]
        run.cpu_seconds += now[1] - began[1]
        run.save()

    with (
        interruptions() as interruption,
        tqdm(total=steps, initial=run.step, unit="step", disable=not on_screen, dynamic_ncols=True) as bar,
    ):
        began = clocks()
        try:
            for record in run.model.steps(run.step, steps, run.rng):
                run.step = record.step
                rows.append(tuple(getattr(record, name) for name in run.model.curves))
                bar.update()
                if on_screen and run.step % 20 == 0:
                    bar.set_postfix_str(_means(run.model.curves, rows[-SMOOTHING:]), refresh=False)
                if interruption.signal:
                    break
                if run.step % every == 0 and run.step < steps:
                    save(began)
                    run.draw(run.folder / "progress" / f"{run.step:07d}.png")
                    began = clocks()  # drawing is not training
                    if not on_screen:
                        print(f"step {run.step} of {steps}: {_means(run.model.curves, rows[-SMOOTHING:])}", flush=True)
        except FloatingPointError as error:
            bar.close()
            return _diverged(run, error)
        save(began)
    if interruption.signal and run.step < steps:
        print(f"Stopped after step {run.step} of {steps}, all saved. Go on with: {run.to_resume}")
        return 128 + interruption.signal
    try:
        measures = run.finish()
    except FloatingPointError as error:
        return _diverged(run, error)
    except KeyboardInterrupt:
        print(f"\nStopped before the figures and measures were ready; step {run.step} is saved. "
              f"Make the figures with: {run.to_resume}")  # fmt: skip
        return 130
    print(_table(measures))
    made = f"{run.step} step{'s' * (run.step != 1)}"
    print(f"{made} in {run.seconds:.0f} s; samples, figures and metrics.json are in {run.folder}")
    return 0


def _diverged(run: Run, error: FloatingPointError) -> int:
    """Say so, and how to begin anew: going on would only lead there again, and the folder is in the way."""
    print(f"{DIVERGED} {error}", file=sys.stderr)
    print(f"To begin anew with other settings, add --force, which replaces the run in {run.folder}, or choose another "
          "--out.", file=sys.stderr)  # fmt: skip
    return 1


@dataclass
class _Interruption:
    signal: int = 0


@contextmanager
def interruptions() -> Iterator[_Interruption]:
    """Inside the block a first SIGINT or SIGTERM is only noted, in .signal; after it they do what they always do."""
    noted = _Interruption()
    if threading.current_thread() is not threading.main_thread():  # only the main thread is given signals
        yield noted
        return

    def note(number: int, _: Any) -> None:
        noted.signal = number
        restore()

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, note)
    try:
        yield noted
    finally:
        restore()


def _means(names: tuple[str, ...], rows: list[tuple[float, ...]]) -> str:
    means = np.mean(rows, axis=0)
    return ", ".join(f"{name.replace('_', ' ')} {mean:.3f}" for name, mean in zip(names, means, strict=True))


def _table(measures: dict[str, Any]) -> str:
    """Each measure beside its null, as text."""
    if not measures:
        return "no measures for these data"
    rows = [("", "samples", "fresh data")]
    for name, entry in measures.items():
        of = f" (of {entry['of']})" if "of" in entry else f" (in {entry['units']})" if "units" in entry else ""
        null = "" if entry["null"] is None else f"{entry['null']:.4g}"
        rows.append((NAMES.get(name, name.replace("_", " ")) + of, f"{entry['value']:.4g}", null))
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    return "\n".join(f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}" for a, b, c in rows)


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {"minigen": version("minigen"), "numpy": np.__version__, "python": platform.python_version()}
