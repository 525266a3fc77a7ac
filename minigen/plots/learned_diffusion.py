"""Figures of the lecture on learned diffusion models."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from minigen.plots.style import COLOURS, QUIET, figure, series
from minigen.plots.training import tiled

__all__ = ["by_noise", "densities", "digits", "explosion", "guided", "samplers", "scoreboard", "seeds"]

SAMPLES = {"marker": "o", "color": COLOURS[0], "linestyle": "", "markeredgewidth": 0}


def explosion(curves: Mapping[str, np.ndarray], truth: np.ndarray) -> Any:
    """Standard deviation of what a sampler makes, against the time t that it has come down to, on a logarithmic axis.

    curves: label -> (T + 1,), from t = T to 0; truth: the same for the noised data."""
    picture, ax = figure(width=7.0, height=3.6)
    t = np.arange(len(truth))[::-1]
    for (label, values), look in zip(curves.items(), series(len(curves)), strict=True):
        ax.plot(t, values, label=label, linewidth=1.8, markevery=max(1, len(t) // 8), markersize=5, **look)
    ax.plot(t, truth, color=QUIET, linewidth=4, alpha=0.45, label="noised data", zorder=1)
    ax.set(xlabel="time t, from noise (left) to data (right)", ylabel="standard deviation", yscale="log")
    ax.invert_xaxis()
    ax.legend(frameon=False, fontsize=9)
    return picture


def by_noise(ratio: np.ndarray, losses: Mapping[str, np.ndarray], errors: Mapping[str, np.ndarray]) -> Any:
    """Losses (left) and mean squared errors (right), both against the noise ratio sigma / a.

    losses, errors: label -> (len(ratio),)."""
    picture, axes = figure(1, 2, width=10, height=3.7)
    for ax, curves in zip(axes, (losses, errors), strict=True):
        for (label, values), look in zip(curves.items(), series(len(curves)), strict=True):
            ax.plot(ratio, values, label=label, linewidth=1.8, markersize=4.5, **look)
        ax.set(xscale="log", xlabel="noise ratio σ / a")
        ax.legend(frameon=False, fontsize=9)
    axes[0].set(ylabel="half mean squared error of the noise", ylim=(0, None))
    axes[1].set(ylabel="mean squared error", yscale="log")
    return picture


def seeds(samples: Sequence[np.ndarray], titles: Sequence[str], limit: float = 1.3) -> Any:
    """One panel for each training: its samples, (n, 2)."""
    picture, axes = figure(1, len(samples), width=2.3 * len(samples), height=2.7, squeeze=False, sharey=True)
    for ax, points, title in zip(axes[0], samples, titles, strict=True):
        ax.plot(*np.asarray(points).T, **SAMPLES, markersize=1.8, alpha=0.5)
        ax.set(xlim=(-limit, limit), ylim=(-limit, limit), xticks=[-1, 0, 1], yticks=[-1, 0, 1], xlabel="x₁")
        ax.set_title(title, fontsize=9)
        ax.set_aspect("equal")
    axes[0, 0].set_ylabel("x₂")
    return picture


def samplers(
    exact: Mapping[str, tuple[np.ndarray, np.ndarray]],
    learned: Mapping[str, tuple[np.ndarray, np.ndarray]],
    perfect: float,
) -> Any:
    """Against the questions asked of the score: error of the flow (left), share of good samples in per cent (right).

    exact, learned: label, which begins with the method -> (evaluations, values).
    perfect: what perfect samples score on the right."""
    picture, (left, right) = figure(1, 2, width=10, height=3.7)
    methods = list(dict.fromkeys(label.split()[0] for label in (*learned, *exact)))
    looks = dict(zip(methods, series(len(methods)), strict=True))  # a method looks the same on both sides
    for ax, curves in ((left, exact), (right, learned)):
        for label, (evaluations, values) in curves.items():
            ax.plot(evaluations, values, label=label, linewidth=1.8, markersize=5, **looks[label.split()[0]])
        ax.set(xscale="log", xlabel="evaluations of the score")
        shown = sorted({int(n) for evaluations, _ in curves.values() for n in evaluations})
        ax.set_xticks(_apart(shown), [str(n) for n in _apart(shown)])
        ax.minorticks_off()
    left.set(yscale="log", ylabel="largest error, as a probability")
    right.axhline(perfect, color=QUIET, linewidth=1.2, label="perfect samples")
    right.set(ylabel="high quality (per cent)", ylim=(0, 104))
    left.legend(frameon=False, fontsize=9)
    right.legend(frameon=False, fontsize=9, loc="lower right")
    return picture


def _apart(ticks: Sequence[int]) -> list[int]:
    """Those of the increasing numbers that have room for a label on a logarithmic axis."""
    kept = list(ticks[:1])
    for n in ticks[1:]:
        if n >= 1.4 * kept[-1]:
            kept.append(n)
    return kept


def densities(x: np.ndarray, curves: Mapping[str, np.ndarray]) -> Any:
    """Densities over a line, the first as a grey area: label -> (len(x),)."""
    picture, ax = figure(width=7.0, height=3.3)
    (first, values), *others = curves.items()
    ax.fill_between(x, values, color="#d5d5d5", linewidth=0, label=first)
    for (label, values), look in zip(others, series(len(others)), strict=True):
        ax.plot(x, values, color=look["color"], linestyle=look["linestyle"], linewidth=1.8, label=label)
    ax.set(xlabel="x", ylabel="density", ylim=(0, None))
    ax.legend(frameon=False, fontsize=9)
    return picture


def guided(
    rows: Mapping[str, Mapping[str, np.ndarray]],
    density: Callable[[np.ndarray], np.ndarray],
    modes: np.ndarray,
    limit: float,
) -> Any:
    """One panel for each set of samples (n, 2): row -> column -> points; level lines of p(x | label), crosses at modes.

    The lines are those of a round Gaussian at 1, 2 and 3 deviations.  density: points (n, 2) -> (n,)."""
    columns = len(next(iter(rows.values())))
    picture, axes = figure(
        len(rows), columns, width=2.7 * columns, height=0.3 + 2.7 * len(rows), squeeze=False, sharex=True, sharey=True
    )
    ticks = np.linspace(-limit, limit, 121)
    u, v = np.meshgrid(ticks, ticks)
    height = density(np.stack([u.ravel(), v.ravel()], axis=1)).reshape(u.shape)
    levels = height.max() * np.exp(-0.5 * np.array([3.0, 2.0, 1.0]) ** 2)
    for of_row, (row, panels) in zip(axes, rows.items(), strict=True):
        for ax, (title, points) in zip(of_row, panels.items(), strict=True):
            ax.plot(*points.T, **SAMPLES, markersize=2.2, alpha=0.5)
            ax.contour(u, v, height, levels, colors="black", linewidths=0.9)
            ax.plot(*modes.T, linestyle="", marker="x", color=COLOURS[4], markersize=8, markeredgewidth=1.8)
            ax.set(xlim=(-limit, limit), ylim=(-limit, limit))
            ax.set_title(f"{title}, {row}", fontsize=10)
            ax.set_aspect("equal")
        of_row[0].set_ylabel("x₂")
    for ax in axes[-1]:
        ax.set_xlabel("x₁")
    return picture


def digits(panels: Mapping[str, np.ndarray], columns: int = 10) -> Any:
    """Images (n, height, width) with ink in [0, 1], in rows of `columns`; one panel for each title."""
    picture, axes = figure(1, len(panels), width=3.4 * len(panels), height=3.7, squeeze=False)
    for ax, (title, images) in zip(axes[0], panels.items(), strict=True):
        ax.imshow(tiled(images, columns), cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
        ax.set_title(title, fontsize=10)
        ax.set_axis_off()
    return picture


def scoreboard(data: Mapping[str, Mapping[str, Sequence[float]]], label: str, perfect: float = 1.0) -> Any:
    """One panel for each data set, one line for each model: a dot for each run, a bar at the median.

    data: data set -> model -> values of the runs; perfect: what perfect samples score."""
    rows = max(len(models) for models in data.values())
    picture, axes = figure(1, len(data), width=4.8 * len(data), height=0.9 + 0.42 * rows, squeeze=False)
    for ax, (name, models) in zip(axes[0], data.items(), strict=True):
        best_first = sorted(models, key=lambda model: float(np.median(models[model])))
        for place, model in enumerate(best_first):
            values = np.asarray(models[model])
            ax.plot(values, np.full(len(values), place), "o", color=COLOURS[0], markersize=4.5, alpha=0.7)
            ax.plot(np.median(values), place, "|", color="black", markersize=15, markeredgewidth=2.2)
        ax.axvline(perfect, color=QUIET, linewidth=1.2)
        _plain_log_axis_of_x(ax)
        ax.set_yticks(range(len(best_first)), best_first)
        ax.invert_yaxis()
        ax.set_title(name, fontsize=10)
        ax.set_xlabel(label)
    axes[0, 0].set_ylabel("model")
    return picture


def _plain_log_axis_of_x(ax: Any) -> None:
    """A logarithmic x-axis that says 1, 1.5, 2, 3, 5 rather than powers."""
    from matplotlib.ticker import LogLocator, NullLocator

    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 1.5, 2.0, 3.0, 5.0, 7.0)))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter("{x:g}")
