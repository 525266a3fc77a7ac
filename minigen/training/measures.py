"""Measures of samples for the record of a run, each beside its null: what as many fresh draws of the data score."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigen.metrics import mode_report, null_report
from minigen.training.data import TrainingData
from minigen.transport import wasserstein_distance

__all__ = ["NAMES", "exact_w1", "label_agreement", "measure", "nearest_neighbour_accuracy"]

NAMES = {"mode_tv": "mode TV", "w1": "exact W1", "class_tv": "class TV"}  # where it is not the key without its _
POINTS_IN_W1, PAIRS = 1000, 5  # of samples and of data each; sets of data that they are compared with
POINTS_IN_PAIRS = 1000  # nearest neighbours are looked for among this many points, not all


def measure(samples: np.ndarray, data: TrainingData, rng: np.random.Generator, labels: Any = None) -> dict[str, Any]:
    """Measures of samples (n, d), in the data's own units: {name: {"value": ..., "null": ...}}.

    Mixtures: modes, high quality, mode TV.  All other data: the accuracy of a nearest neighbour at telling samples from
    data.  All: the exact W1 of standardised points.  Labelled points: how evenly the classes occur and, given the
    labels that were asked for, how often a sample's nearest real point has that label.  FloatingPointError if a sample
    is not finite."""
    n = len(samples)
    if not np.all(np.isfinite(samples)):
        raise FloatingPointError("some samples are not finite")
    fake = data.encode(samples)
    distance = exact_w1(fake, data, rng)
    if data.mixture is not None:
        report, null = mode_report(samples, data.mixture), null_report(data.mixture, n, rng)
        return {
            "modes": _pair(report.captured, null.captured[0], of=report.modes),
            "high_quality": _pair(report.high_quality, null.high_quality[0]),
            "mode_tv": _pair(report.mode_tv, null.mode_tv[0]),
            "w1": distance,
        }
    measures = {"w1": distance}
    if data.points is None or len(data.points) >= 20:
        measures["nearest_neighbour_accuracy"] = _told_apart(fake, data, rng)
    if data.labels is not None:
        measures |= _of_labels(samples, data, rng, labels)
    return measures


def _pair(value: float, null: float | None, **more: Any) -> dict[str, Any]:
    return {"value": float(value), "null": None if null is None else float(null), **more}


def exact_w1(samples: np.ndarray, data: TrainingData, rng: np.random.Generator) -> dict[str, Any]:
    """Exact W1 between standardised samples and as many data points, in the data's units (data.units).

    value, null: means over a few sets of data points, of W1 to samples and to fresh data.  Both are compared with the
    same sets, so that over_null = value / null, about 1 for perfect samples, does not depend on what is peculiar to
    them.  It is below 1 for copies of the points of a finite set.  Not to be compared with the w1 that a GAN records
    over its steps: that is of the generator as it is, a run's samples are of its running average, and n differs.

    n: so many points on each side; W1 is a linear program, solved exactly, in 1 to 3 s for all."""
    sets = data.sets(2 * PAIRS, min(POINTS_IN_W1, len(samples)), rng)
    n, pairs = len(sets[0]), list(zip(sets[::2], sets[1::2], strict=False))

    def distance(points: np.ndarray, real: np.ndarray) -> float:
        return wasserstein_distance(points.astype(np.float64), real.astype(np.float64))

    value = float(np.mean([distance(rng.permutation(samples)[:n], real) for real, _ in pairs]))
    null = float(np.mean([distance(fresh, real) for real, fresh in pairs]))
    return _pair(value, null, over_null=value / null if null > 0 else None, n=n, units=data.units)


def nearest_neighbour_accuracy(a: np.ndarray, b: np.ndarray) -> float:
    """Share of the points of two sets of n whose nearest other point is of their own set: 1/2 for two sets of one law.

    Above it the sets differ; below, one was copied from the other.  (Lopez-Paz and Oquab 2017.)"""
    points = np.concatenate([a, b])
    distances = _squared_distances(points, points)
    np.fill_diagonal(distances, np.inf)
    own = np.arange(len(points)) < len(a)
    return float(np.mean(own[np.argmin(distances, axis=1)] == own))


def label_agreement(samples: np.ndarray, asked: np.ndarray, points: np.ndarray, labels: np.ndarray) -> float:
    """Share of the samples whose nearest real point has the label that was asked for."""
    return float(np.mean(_nearest_labels(samples, points, labels) == asked))


def _told_apart(fake: np.ndarray, data: TrainingData, rng: np.random.Generator) -> dict[str, Any]:
    n = min(len(fake), POINTS_IN_PAIRS)
    if data.points is None:
        real, fresh = (data.encode(data.draw(n, rng)) for _ in range(2))
    else:  # drawn without replacement: two copies of a point would be each other's nearest
        n = min(n, len(data.points) // 2)
        order = data.encode(data.points[rng.permutation(len(data.points))[: 2 * n]])
        real, fresh = order[:n], order[n:]
    return _pair(nearest_neighbour_accuracy(fake[:n], real), nearest_neighbour_accuracy(fresh, real))


def _of_labels(samples: np.ndarray, data: TrainingData, rng: np.random.Generator, asked: Any) -> dict[str, Any]:
    assert data.points is not None and data.labels is not None
    shares = np.bincount(data.labels, minlength=data.classes) / len(data.labels)

    def imbalance(labels: np.ndarray) -> float:
        return 0.5 * float(np.sum(np.abs(np.bincount(labels, minlength=data.classes) / len(labels) - shares)))

    found = _nearest_labels(samples, data.points, data.labels)
    fresh = data.labels[rng.integers(len(data.labels), size=len(samples))]
    measures = {
        "classes": _pair(len(np.unique(found)), len(np.unique(fresh)), of=data.classes),
        "class_tv": _pair(imbalance(found), imbalance(fresh)),
    }
    if asked is not None:
        distances = _squared_distances(data.points, data.points)
        np.fill_diagonal(distances, np.inf)
        left_one_out = float(np.mean(data.labels[np.argmin(distances, axis=1)] == data.labels))
        agreement = label_agreement(samples, np.asarray(asked), data.points, data.labels)
        measures["label_agreement"] = _pair(agreement, left_one_out)
    return measures


def _nearest_labels(samples: np.ndarray, points: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return labels[np.argmin(_squared_distances(samples, points), axis=1)]


def _squared_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.sum(a * a, axis=1)[:, None] - 2 * a @ b.T + np.sum(b * b, axis=1)
