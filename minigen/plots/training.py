"""Figures of training runs: samples beside data, grids of images, losses over steps.

Each returns a matplotlib Figure; see minigen.plots.style.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minigen.plots.style import COLOURS, QUIET, figure, series

__all__ = ["image_grids", "losses_over_steps", "plain_log_axis", "samples_beside_data", "tiled"]

ESTIMATES = {
    "w1": "exact W1, generator as it is",
    "normalised_gap": "critic's gap over its steepest slope",
    "gap": "critic's gap, in its own units",
}
FRAME = 99.5  # per cent of the losses that the frame of their figure shows


def samples_beside_data(data: np.ndarray, samples: np.ndarray, caption: str, of: int | None = None) -> Any:
    """Data on the left, samples on the right, in the same frame: histograms for d = 1, else the first two coordinates.

    data, samples: (n, d).  of: data were drawn from so many points, if from a finite set.
    The frame is the data's with a margin; samples outside it are counted in the title."""
    d = data.shape[1]
    low, high = data.min(0) - 0.15 * np.ptp(data, axis=0) - 1e-9, data.max(0) + 0.15 * np.ptp(data, axis=0) + 1e-9
    shown = min(d, 2)
    inside = np.all((samples >= low) & (samples <= high), axis=1) if d <= 2 else None
    outside = 0 if inside is None else int(len(samples) - np.count_nonzero(inside))
    picture, axes = figure(1, 2, width=9.0, height=4.8 if d > 1 else 3.6)
    lost = f", {outside} outside the frame" if outside else ""
    drawn = f"{len(data):,} points" if of is None else f"{len(data):,} drawn from {of:,} points"
    panels = ((data, QUIET, f"data ({drawn})"), (samples, COLOURS[0], f"samples ({len(samples):,}{lost})"))
    for ax, (points, color, title) in zip(axes, panels, strict=True):
        if shown == 1:
            ax.hist(points[:, 0], bins=np.linspace(low[0], high[0], 61), density=True, color=color)
            ax.set(xlabel="x", ylabel="density" if ax is axes[0] else "")
        else:
            ax.plot(points[:, 0], points[:, 1], ".", color=color, markersize=2.5, alpha=0.5, markeredgewidth=0)
            ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xlabel="x₁", ylabel="x₂" if ax is axes[0] else "")
            ax.set_aspect("equal" if _similar(low, high) else "auto")
        ax.set_title(title, fontsize=10)
    if shown == 1:
        axes[1].sharey(axes[0])
        axes[1].set_xlim(low[0], high[0])
        axes[0].set_xlim(low[0], high[0])
    if d > 2:
        caption += f": the first two of {d} coordinates"
    picture.suptitle(caption, fontsize=11)
    return picture


def _similar(low: np.ndarray, high: np.ndarray) -> bool:
    """Whether both axes have so much the same extent that one unit may be as long on both."""
    ratio = (high[1] - low[1]) / (high[0] - low[0])
    return bool(1 / 3 < ratio < 3)


def image_grids(data: np.ndarray, samples: np.ndarray, caption: str, columns: int = 10) -> Any:
    """Images of the data on the left, samples on the right, dark ink on white, `columns` to a row.

    data, samples: (n, height, width), ink from 0 to 1."""
    picture, axes = figure(1, 2, width=9.0, height=5.0)
    for ax, images, title in ((axes[0], data, "data"), (axes[1], samples, "samples")):
        ax.imshow(tiled(images, columns), cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
        ax.set_title(title, fontsize=10)
        ax.set_axis_off()
    picture.suptitle(caption, fontsize=11)
    return picture


def tiled(images: np.ndarray, columns: int) -> np.ndarray:
    """The images side by side with a white line between: one large image."""
    n, height, width = images.shape
    rows = -(-n // columns)
    sheet = np.zeros((rows * columns, height + 1, width + 1))
    sheet[:n, :height, :width] = images
    return sheet.reshape(rows, columns, height + 1, width + 1).swapaxes(1, 2).reshape(rows * (height + 1), -1)


def losses_over_steps(
    losses: np.ndarray,
    names: Sequence[str],
    unit: str = "nats",
    distances: Mapping[str, Any] | None = None,
    distance_unit: str = "",
) -> Any:
    """Each loss (steps, curves) over the steps: faint as it was, strong as a running mean.  Below, the distances.

    The frame leaves out the most extreme half per cent, which would flatten all the rest.  unit: of the losses.
    distances: what gan.Watch.record gives: exact W1 and its null, and the critic's estimates, in distance_unit.  They
    are of the generator as it is, not of its running average, which a run's samples and measures come from."""
    distances = distances or {}
    if not distances.get("step"):
        picture, ax = figure(width=8.0, height=3.8)
    else:
        picture, (ax, below) = figure(2, 1, width=8.0, height=7.2, sharex=True)
        _draw_distances(below, distances, distance_unit)
    steps = np.arange(1, len(losses) + 1)
    window = max(1, len(losses) // 100)
    thin = max(1, len(losses) // 5000)
    for i, (name, look) in enumerate(zip(names, series(len(names)), strict=True)):
        ax.plot(steps[::thin], losses[::thin, i], color=look["color"], linewidth=0.5, alpha=0.25)
        if len(losses) >= window:
            mean = np.convolve(losses[:, i], np.ones(window) / window, "valid")
            averaged = window > 1 and np.ptp(losses[:, i]) > 0
            label = name.replace("_", " ") + (f", mean of {window} steps" if averaged else "")
            line = {"color": look["color"], "linestyle": look["linestyle"], "linewidth": 1.6, "label": label}
            ax.plot(steps[window - 1 :: thin], mean[::thin], **line)
    finite = losses[np.isfinite(losses)]
    if finite.size:
        low, high = np.percentile(finite, [100 - FRAME, FRAME])
        ax.set_ylim(low - 0.1 * (high - low) - 1e-3, high + 0.15 * (high - low) + 1e-3)
    ax.set(ylabel=f"loss ({unit})")
    (below if distances.get("step") else ax).set_xlabel("step")
    ax.legend(frameon=False, fontsize=9)
    return picture


def _draw_distances(ax: Any, distances: Mapping[str, Any], unit: str) -> None:
    """On a logarithmic axis, for the critic's own gap may be far from the rest; what is not above 0 is not there."""
    looks = dict(zip(ESTIMATES, series(len(ESTIMATES)), strict=True))
    for name, label in ESTIMATES.items():
        if name in distances:
            values = np.asarray(distances[name], dtype=float)
            hidden = np.count_nonzero(values <= 0)
            line = {"color": looks[name]["color"], "linestyle": looks[name]["linestyle"], "linewidth": 1.6}
            label += f" ({hidden} of {len(values)} not above 0)" if hidden else ""
            ax.plot(distances["step"], np.where(values > 0, values, np.nan), label=label, **line)
    if distances.get("null"):
        ax.axhline(distances["null"], color=QUIET, linewidth=1, label="exact W1 of as many fresh data")
    plain_log_axis(ax)
    ax.set_ylabel("distance from the data\n" + (f"({unit})" if unit else ""))
    ax.legend(frameon=False, fontsize=9)


def plain_log_axis(ax: Any) -> None:
    """A logarithmic y-axis that says 0.1, 0.2, 0.5, 1, 2, 5 rather than powers."""
    from matplotlib.ticker import LogLocator, NullLocator

    ax.set_yscale("log")
    low, high = ax.get_ylim()
    subs = (1.0, 2.0, 5.0) if high < 300 * low else (1.0,)
    ax.yaxis.set_major_locator(LogLocator(subs=subs))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_locator(NullLocator())
