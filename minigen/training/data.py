"""What a model is trained on, by name or from a file, in units in which every coordinate has mean 0 and variance 1."""

from __future__ import annotations

import difflib
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from minigen.data import load_digits, load_points
from minigen.distributions import LAWS, Empirical, GaussianMixture, by_name

__all__ = ["NAMES", "DataError", "TrainingData", "disjoint_sets", "open_data"]

NAMES = (*LAWS, "digits")
DRAWS_FOR_SCALE = 100_000


class DataError(ValueError):
    """The data cannot be had or cannot be learned from; the message says why."""


@dataclass(frozen=True)
class TrainingData:
    """Data of a run.  `draw` gives points in their own units, `sample` standardised ones; `decode` leads back.

    mixture: the law, where it has modes to be counted.  points, labels, image: of data that are a finite set of points,
    with labels 0 .. classes - 1 and an image's shape where they have them.  fingerprint: of the points in a file;
    of other data their name.  source: what was read in a file, in a sentence.  units: those of standardised points."""

    name: str
    draw: Callable[[int, np.random.Generator], np.ndarray]
    centre: np.ndarray
    scale: np.ndarray
    mixture: GaussianMixture | None = None
    points: np.ndarray | None = None
    labels: np.ndarray | None = None
    classes: int = 0
    image: tuple[int, int] | None = None
    fingerprint: str = field(default="")
    source: str = ""
    units: str = "standard deviations of each column"

    @property
    def dimension(self) -> int:
        return len(self.centre)

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """n standardised points, (n, dimension), single precision."""
        return self.encode(self.draw(n, rng))

    def sets(self, k: int, n: int, rng: np.random.Generator) -> list[np.ndarray]:
        """k sets of n standardised points each, drawn anew; of a finite set as disjoint_sets gives them."""
        if self.points is None:
            return [self.sample(n, rng) for _ in range(k)]
        return disjoint_sets(self.encode(self.points), k, n, rng)

    def encode(self, points: np.ndarray) -> np.ndarray:
        """(points - centre) / scale, in single precision."""
        return ((points - self.centre) / self.scale).astype(np.float32)

    def decode(self, points: np.ndarray) -> np.ndarray:
        """Standardised points in the data's own units, in double precision."""
        return points.astype(np.float64) * self.scale + self.centre


def disjoint_sets(points: np.ndarray, k: int, n: int, rng: np.random.Generator) -> list[np.ndarray]:
    """k sets of n of the points (N, d), each point in one at most; fewer sets, but two, or points, if N is too small.

    Drawn with replacement, two sets would share points, and be nearer to each other than new data would be."""
    n = min(n, len(points) // 2)
    k = min(k, len(points) // n)
    return np.split(points[rng.permutation(len(points))[: k * n]], k)


def open_data(name: str) -> TrainingData:
    """The data called `name`: a toy law, "digits", or the path of a .csv, .tsv, .txt or .npy file of points.

    DataError if there is no such law or file, or if the file has not at least two different points."""
    if name == "digits":
        return _digits()
    if name in LAWS:
        return _toy(name)
    if not os.path.exists(name) and not os.path.splitext(name)[1] and os.path.basename(name) == name:
        near = difflib.get_close_matches(name, NAMES, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(NAMES)}, or a .csv or .npy file of points"
        raise DataError(f"no data are called {name!r}: {hint}")
    return _file(name)


def _toy(name: str) -> TrainingData:
    law = by_name(name)
    # Drawn, not derived: not every law knows its moments.  The seed is fixed, so every run has the same units.
    draws = law.sample(DRAWS_FOR_SCALE, np.random.default_rng(0))
    mixture = law if isinstance(law, GaussianMixture) else None
    return TrainingData(name, law.sample, draws.mean(0), draws.std(0), mixture=mixture, fingerprint=name)


def _digits() -> TrainingData:
    """Pixels from [0, 1] to [-1, 1], the same scale for all of them: some pixels are never inked."""
    points, labels = load_digits(flat=True)
    half = np.full(points.shape[1], 0.5)
    return TrainingData(
        "digits", Empirical(points).sample, half, half, points=points, labels=labels, classes=10, image=(8, 8),
        fingerprint="digits", units="pixels from -1 to 1",
    )  # fmt: skip


def _file(name: str) -> TrainingData:
    try:
        points = load_points(name)
    except (OSError, ValueError) as error:
        raise DataError(str(error)) from None
    with np.errstate(over="ignore", invalid="ignore"):
        spread = np.where(np.ptp(points, axis=0) > 0, points.std(0), 0.0)  # the mean of equal numbers is rounded, too
    if not np.all(np.isfinite(spread)):
        raise DataError(f"{name}: the numbers are too large to be squared; rescale them")
    if not np.any(spread > 0):
        said = "there is only one point" if len(points) == 1 else f"all {len(points)} points are the same"
        raise DataError(f"{name}: {said}, expected at least two different ones")
    spread[spread == 0] = 1.0  # a column that is constant stays as it is
    fingerprint = hashlib.sha256(points.tobytes()).hexdigest()
    return TrainingData(
        name, Empirical(points).sample, points.mean(0), spread, points=points, fingerprint=fingerprint,
        source=_source(name, points),
    )  # fmt: skip


def _source(name: str, points: np.ndarray) -> str:
    """What a file was read as, for the student to see whether it is what was meant."""
    n, d = points.shape
    said = f"{name}: {n:,} points with {d} column{'s' * (d != 1)}"
    if not name.lower().endswith(".npy"):
        with open(name, encoding="utf-8-sig") as file:
            lines = [line for line in file.read().splitlines() if line.strip() and not line.lstrip().startswith("#")]
        said += "; first line taken as header" if len(lines) > n else "; no header"
    return said
