"""Figures of the lecture on the Wasserstein GAN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minigen.plots.style import COLOURS, QUIET, figure, series

__all__ = ["best_critic", "clipped_supremum", "estimates", "floors", "potentials", "seeds", "walls"]

FIRST, SECOND, THIRD, FOURTH = series(4)
DATA = {"marker": "x", "color": "black", "linestyle": "", "markersize": 4, "markeredgewidth": 0.9}
FAKES = {"marker": "o", "color": COLOURS[0], "linestyle": "", "markersize": 3, "markeredgewidth": 0, "alpha": 0.7}


def _line(look: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"color": look["color"], "linestyle": look["linestyle"], **more}


def best_critic(t: np.ndarray, F_P: np.ndarray, F_Q: np.ndarray, f: np.ndarray, x: np.ndarray, y: np.ndarray) -> Any:
    """Distribution functions of data x and samples y (left), and the best critic f between their places t (right)."""
    picture, (left, right) = figure(1, 2, width=9.5, height=3.4)
    left.step(t, F_P, where="post", label="data, $F_P$", **_line(FIRST, linewidth=1.8))
    left.step(t, F_Q, where="post", label="samples, $F_Q$", **_line(SECOND, linewidth=1.8))
    left.fill_between(t, F_P, F_Q, step="post", color="#dddddd", linewidth=0, label="area: W1")
    left.set(xlabel="x", ylabel="distribution function")
    left.legend(frameon=False, fontsize=9)
    right.plot(t, f, color="black", linewidth=2, label="best critic f")
    low, step = f.min(), 0.07 * np.ptp(f)
    for points, look, level, name in ((x, FIRST, 2, "data"), (y, SECOND, 1, "samples")):
        at = np.full(len(points), low - level * step)
        right.plot(points, at, "|", color=look["color"], markersize=9, alpha=0.7, label=name)
    right.set(xlabel="x", ylabel="f(x), up to a constant")
    right.legend(frameon=False, fontsize=9)
    return picture


def clipped_supremum(
    place: np.ndarray, ratio: np.ndarray, formula: np.ndarray, w1: np.ndarray, supremum: np.ndarray, k: float
) -> Any:
    """What a clipped network measures: of one pair of laws in different places, and of many pairs against W1.

    place, ratio, formula: (n,), supremum over W1 and its closed form.  w1, supremum: (m,).  k: the steepest slope."""
    picture, (left, right) = figure(1, 2, width=9.5, height=3.5)
    left.plot(place, formula, color=QUIET, linewidth=2.5, alpha=0.6, label="0.08 min(1, 1/|m|)")
    left.plot(place, ratio, "o", color="black", markersize=4, label="clipped network")
    left.axhline(k, color=COLOURS[4], linewidth=1.2, linestyle="--", label=f"k = {k:g}")
    left.set(xlabel="place m of both laws", ylabel="supremum / W1", ylim=(0, 1.2 * k))
    left.legend(frameon=False, fontsize=9, loc="center right")
    right.plot(w1, supremum, ".", color="black", markersize=5, label="a pair of laws")
    end = np.array([0, w1.max()])
    right.plot(end, k * end, color=COLOURS[4], linewidth=1.2, linestyle="--", label=f"{k:g} W1, as printed")
    right.set(xlabel="W1", ylabel="supremum over clipped networks", xlim=(0, None), ylim=(0, None))
    right.legend(frameon=False, fontsize=9, loc="upper left")
    return picture


def walls(weights: Mapping[float, Mapping[int, np.ndarray]]) -> Any:
    """One row for each clipping constant c, one panel for each step: the histogram of all weights, in units of c.

    weights: c -> step -> (n,)."""
    steps = list(next(iter(weights.values())))
    picture, axes = figure(
        len(weights), len(steps), width=2.4 * len(steps), height=2.0 * len(weights),
        squeeze=False, sharex=True, sharey=True,
    )  # fmt: skip
    edges = np.linspace(-1, 1, 22)
    for row, (c, history) in zip(axes, weights.items(), strict=True):
        for ax, (step, theta) in zip(row, history.items(), strict=True):
            share = np.mean(np.abs(theta) >= c * (1 - 1e-6))
            ax.hist(np.asarray(theta) / c, bins=edges, weights=np.full(theta.size, 1 / theta.size), color=COLOURS[0])
            ax.set_title(f"step {step}: {100 * share:.0f} % at ±c", fontsize=9)
            ax.set_ylim(0, 0.6)
        row[0].set_ylabel(f"c = {c:g}\nshare of weights", fontsize=9)
    for ax in axes[-1]:
        ax.set_xlabel("weight / c", fontsize=9)
    return picture


def estimates(steps: Sequence[int], panels: Mapping[str, Mapping[str, np.ndarray]], null: float) -> Any:
    """One panel for each training: curves over its steps on a logarithmic axis, and the null of the exact distance.

    panels: title -> label -> (len(steps),).  Values that are not positive are left out."""
    picture, axes = figure(1, len(panels), width=5.2 * len(panels), height=3.8, squeeze=False, sharey=True)
    for ax, (title, curves) in zip(axes[0], panels.items(), strict=True):
        for (name, values), look in zip(curves.items(), series(len(curves)), strict=True):
            shown = np.where(np.asarray(values) > 0, values, np.nan)
            ax.plot(steps, shown, label=name, markersize=3.5, linewidth=1.6, **look)
        ax.axhline(null, color=QUIET, linewidth=1.2, label="null of W1")
        ax.set_title(title, fontsize=10)
        ax.set(xlabel="step of the generator", yscale="log")
    axes[0, 0].set_ylabel("distance, or what the critic says of it")
    axes[0, -1].legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    return picture


def potentials(critics: Mapping[str, Any], x: np.ndarray, y: np.ndarray, levels: int = 18) -> Any:
    """Level lines of several critics over the same data x and samples y, each with its own range of heights.

    critics: title -> function of points (n, 2) -> (n,)."""
    picture, axes = figure(1, len(critics), width=3.9 * len(critics), height=4.1, squeeze=False)
    both = np.concatenate([x, y])
    middle, reach = (both.min(0) + both.max(0)) / 2, 0.58 * np.ptp(both, axis=0).max()
    u, v = np.meshgrid(*(np.linspace(m - reach, m + reach, 121) for m in middle))
    for ax, (title, critic) in zip(axes[0], critics.items(), strict=True):
        height = np.asarray(critic(np.stack([u.ravel(), v.ravel()], axis=1))).reshape(u.shape)
        shown = ax.contourf(u, v, height, levels, cmap="Greys_r", vmin=height.min() - 0.6 * np.ptp(height))
        ax.contour(u, v, height, levels, colors="white", linewidths=0.4)
        ax.plot(*y.T, **{**FAKES, "label": "samples"})
        ax.plot(*x.T, **{**DATA, "color": COLOURS[4], "label": "data"})
        ax.set_aspect("equal")
        ax.set_title(title, fontsize=10)
        ax.set_xlabel("first coordinate")
        picture.colorbar(shown, ax=ax, shrink=0.75, format="%.2g").set_label("f", fontsize=9)
    axes[0, 0].set_ylabel("second coordinate")
    axes[0, 0].legend(fontsize=8, loc="upper right")
    return picture


def floors(
    n: Sequence[int], means: Mapping[str, np.ndarray], powers: Mapping[str, float],
    shift: np.ndarray, measured: Mapping[int, np.ndarray],
) -> Any:  # fmt: skip
    """Mean W1 of two samples of one law against n (left), and of laws at a true distance, against that distance.

    means: label -> (len(n),), powers: label -> fitted power of n.  measured: points in a sample -> (len(shift),)."""
    picture, (left, right) = figure(1, 2, width=10, height=3.7)
    for (label, mean), look in zip(means.items(), series(len(means)), strict=True):
        left.loglog(n, mean, label=f"{label}: $n^{{{powers[label]:.2f}}}$", linewidth=1.8, markersize=5, **look)
    left.set_xticks(n, [str(k) for k in n])
    left.set_yticks((0.1, 0.2, 0.5, 1, 2), ["0.1", "0.2", "0.5", "1", "2"])
    left.minorticks_off()
    left.set(xlabel="points in each sample, n", ylabel="mean W1 of two samples of one law")
    left.legend(frameon=False, fontsize=9)
    right.plot(shift, shift, color=QUIET, linewidth=1.5, label="the truth")
    for (size, values), look in zip(measured.items(), series(len(measured)), strict=True):
        right.plot(shift, values, label=f"n = {size}", linewidth=1.8, markersize=5, **look)
    right.set(xlabel="true W1 between the two laws", ylabel="mean W1 of two samples", xlim=(0, None), ylim=(0, None))
    right.legend(frameon=False, fontsize=9)
    return picture


def seeds(samples: Sequence[np.ndarray], titles: Sequence[str], means: np.ndarray, limit: float = 1.5) -> Any:
    """One panel for each training: its samples, and the modes of the data."""
    picture, axes = figure(1, len(samples), width=2.3 * len(samples), height=2.7, squeeze=False, sharey=True)
    for ax, points, title in zip(axes[0], samples, titles, strict=True):
        ax.plot(*np.asarray(points).T, **{**FAKES, "markersize": 2, "alpha": 0.4})
        ax.plot(*means.T, **{**DATA, "color": COLOURS[4], "markersize": 7, "markeredgewidth": 1.4})
        ax.set(xlim=(-limit, limit), ylim=(-limit, limit), xticks=[-1, 0, 1], yticks=[-1, 0, 1], xlabel="x₁")
        ax.set_title(title, fontsize=9)
        ax.set_aspect("equal")
    axes[0, 0].set_ylabel("x₂")
    return picture
