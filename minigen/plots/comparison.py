"""Figures of a comparison of models: samples in one common frame, exact W1 over training.

Each returns a matplotlib Figure; see minigen.plots.style.  They are narrow, so that a telephone shows them whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minigen.plots.style import COLOURS, QUIET, figure, series
from minigen.plots.training import plain_log_axis, tiled

__all__ = ["distance_over_steps", "frame_of", "images", "points"]

Frame = tuple[np.ndarray, np.ndarray]


def frame_of(data: np.ndarray) -> Frame:
    """Lower and upper corner of the data (n, d) with a margin."""
    margin = 0.15 * np.ptp(data, axis=0) + 1e-9
    return data.min(0) - margin, data.max(0) + margin


def points(samples: np.ndarray, frame: Frame, of_data: bool = False) -> Any:
    """Samples (n, d) in the frame of the data: a histogram for d = 1, else the first two coordinates."""
    (low, high), color = frame, QUIET if of_data else COLOURS[0]
    picture, ax = figure(width=2.6, height=2.6)
    if samples.shape[1] == 1:
        ax.hist(samples[:, 0], bins=np.linspace(low[0], high[0], 41), density=True, color=color)
        ax.set(xlim=(low[0], high[0]), yticks=[])
    else:
        ax.plot(samples[:, 0], samples[:, 1], ".", color=color, markersize=2, alpha=0.5, markeredgewidth=0)
        ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    ax.tick_params(labelsize=8)
    return picture


def images(samples: np.ndarray, columns: int = 8) -> Any:
    """The first images (n, height, width) in a square, dark ink on white."""
    picture, ax = figure(width=2.6, height=2.6)
    ax.imshow(tiled(samples[: columns**2], columns), cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
    ax.set_axis_off()
    return picture


def distance_over_steps(
    curves: Mapping[str, tuple[Sequence[int], Sequence[float]]], null: float | None, unit: str
) -> Any:
    """Exact W1 of each model over its steps, {model: (steps, distances)}, above what perfect samples score.

    Of the generator as it is, as gan.Watch measures it: the tables' W1 is of its running average, with more points."""
    picture, ax = figure(width=4.8, height=4.6)
    for (model, (steps, distances)), look in zip(curves.items(), series(len(curves)), strict=True):
        every = max(1, len(steps) // 6)
        ax.plot(steps, distances, label=model, linewidth=1.5, markersize=5, markevery=every, **look)
    if null is not None:
        ax.axhline(null, color=QUIET, linewidth=1.2, label="as many fresh data")
    ax.set(xlabel="step", ylabel=f"exact W1, generator as it is\n({unit})")
    plain_log_axis(ax)
    picture.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    return picture
