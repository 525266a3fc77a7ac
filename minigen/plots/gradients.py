"""Figures of lecture 01: how well derivatives can be measured, how fast gradient descent is, what float32 loses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from minigen.plots.style import QUIET, figure, series


def difference_errors(
    h: np.ndarray, errors: Mapping[str, np.ndarray], optimum: Mapping[str, tuple[float, float]]
) -> Any:
    """Error of a measured derivative against the step h, both on logarithmic axes: the V of differences.

    errors: label -> errors at h; an error of 0 is drawn at the bottom.  optimum: label -> predicted (step, error),
    drawn as a star."""
    picture, ax = figure(height=4.0)
    floor = 1e-17
    for (label, error), look in zip(errors.items(), series(len(errors)), strict=True):
        ax.loglog(h, np.maximum(error, floor), label=label, markersize=3.5, linewidth=1.2, **look)
    stars = np.array(list(optimum.values()))
    ax.loglog(
        stars[:, 0], stars[:, 1], "*", color="white", markeredgecolor="black", markersize=15, label="predicted best"
    )
    ax.invert_xaxis()
    ax.set(xlabel="step h (smaller to the right)", ylabel="|measured - true derivative|", ylim=(floor / 3, 1e6))
    ax.legend(fontsize=8, ncols=2, loc="upper right")
    return picture


def descent_on_a_quadratic(distances: Mapping[str, np.ndarray], rates: Mapping[str, float]) -> Any:
    """Distance to the minimum over the steps, on a logarithmic axis, with the predicted rates as straight lines.

    distances: label -> (steps + 1,).  rates: label -> predicted factor of each step."""
    picture, ax = figure()
    for (label, d), look in zip(distances.items(), series(len(distances)), strict=True):
        steps = np.arange(len(d))
        look = {**look, "marker": ""}
        ax.semilogy(steps, d, label=label, linewidth=1.8, **look)
        if label in rates:
            line = d[0] * rates[label] ** steps
            ax.semilogy(steps, line, color=QUIET, linewidth=0.9, linestyle=":")
            k = int(0.8 * len(d))
            place = {"xytext": (0, 7)} if rates[label] > 0.9 else {"xytext": (-6, -6), "ha": "right"}
            ax.annotate(f"{rates[label]:.4g} a step", (k, line[k]), textcoords="offset points", fontsize=8, **place)
    ax.set(xlabel="step", ylabel="distance to the minimum")
    ax.legend(fontsize=8, loc="lower left")
    return picture


def descent_paths(
    f: Callable, paths: Mapping[str, np.ndarray], minimum: tuple[float, float], box: tuple[float, float, float, float]
) -> Any:
    """Paths of optimisers over the level lines of f(x, y), one panel each, and f along them in a last panel.

    paths: label -> (steps + 1, 2).  box: (left, right, bottom, top)."""
    picture, axes = figure(1, len(paths) + 1, width=2.6 * (len(paths) + 1), height=2.9)
    x, y = np.meshgrid(np.linspace(*box[:2], 161), np.linspace(*box[2:], 161))
    levels = f(np.stack([x, y]))
    heights = np.logspace(-1.5, np.log10(levels.max()), 12)
    for ax, (label, path) in zip(axes[:-1], paths.items(), strict=True):
        ax.contour(x, y, levels, heights, colors="#bbbbbb", linewidths=0.7)
        ax.plot(*path.T, color="#0072b2", linewidth=1.4)
        ax.plot(*path[0], "s", color="black", markersize=5)
        ax.plot(*path[-1], "o", color="#e69f00", markeredgecolor="black", markersize=6)
        ax.plot(*minimum, "*", color="white", markeredgecolor="black", markersize=12)
        ax.set(xlim=box[:2], ylim=box[2:], xlabel="x")
        ax.set_title(label, fontsize=10)
    axes[0].set_ylabel("y")
    for (label, path), look in zip(paths.items(), series(len(paths)), strict=True):
        axes[-1].loglog(np.arange(1, len(path) + 1), f(path.T), label=label, **{**look, "marker": ""})
    axes[-1].set(xlabel="step", title="")
    axes[-1].set_title("f along the path", fontsize=10)
    axes[-1].legend(fontsize=7)
    return picture


def logits_in_float32(x: np.ndarray, errors: Mapping[str, np.ndarray]) -> Any:
    """Relative error of formulas that are equal on paper, over x; where a value is inf or nan, a mark at the top."""
    picture, ax = figure()
    top = 100.0
    for i, ((label, error), look) in enumerate(zip(errors.items(), series(len(errors)), strict=True)):
        lost = ~np.isfinite(error)
        ax.semilogy(x[~lost], np.maximum(error[~lost], 1e-9), label=label, markersize=3, linewidth=1, **look)
        if np.any(lost):
            ax.semilogy(
                x[lost],
                np.full(np.count_nonzero(lost), top / 5**i),
                "x",
                color=look["color"],
                label=f"{label}: not finite",
            )
    ax.axhline(np.finfo(np.float32).eps, color=QUIET, linewidth=0.9, linestyle=":")
    ax.annotate(
        "precision of float32", (x[0], np.finfo(np.float32).eps), (2, 3), textcoords="offset points", fontsize=8
    )
    ax.set(xlabel="x", ylabel="relative error", ylim=(1e-9, 2 * top))
    ax.legend(fontsize=8, loc="center right")
    return picture
