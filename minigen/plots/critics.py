"""Figures of the lecture on critics that keep the Lipschitz constraint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minigen.plots.style import QUIET, figure, series

__all__ = ["beside_potential", "estimates", "family", "optimal_critic", "surfaces", "tracking", "weights"]

FIRST, SECOND, THIRD = series(3)
REAL = {"marker": "o", "linestyle": "", "color": "#0072b2", "markersize": 4, "markeredgewidth": 0}
FAKE = {"marker": "s", "linestyle": "", "color": "#e69f00", "markersize": 4, "markeredgewidth": 0}


def _line(look: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"color": look["color"], "linestyle": look["linestyle"], **more}


def _plane(f: Any, left: float, right: float, low: float, high: float, n: int) -> tuple[Any, Any, Any]:
    """The axes of a lattice of points, and f on it, (n, n)."""
    across, up = np.linspace(left, right, n), np.linspace(low, high, n)
    points = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    return across, up, np.reshape(f(points), (n, n))


def _contours(ax: Any, f: Any, box: tuple[float, float, float, float], n: int = 90, levels: int = 14) -> None:
    drawn = ax.contour(*_plane(f, *box, n), levels=levels, colors="#444444", linewidths=0.7)
    drawn.set(linestyle="-")
    ax.set(xlim=box[:2], ylim=box[2:])
    ax.set_aspect("equal")
    ax.grid(False)


def _box(points: Any, margin: float) -> tuple[float, float, float, float]:
    (left, low), (right, high) = points.min(axis=0) - margin, points.max(axis=0) + margin
    return float(left), float(right), float(low), float(high)


def optimal_critic(f: Any, x: Any, y: Any, norms: Mapping[str, Any], line: Any, critic: Any) -> Any:
    """Contours of an optimal critic f with its coupled pairs (x_i, y_i); histograms of slopes; a critic with a flat.

    norms: name -> gradient norms.  critic: values at the points `line` of the second example."""
    picture, (left, middle, right) = figure(1, 3, width=12, height=3.8, width_ratios=(1.05, 1, 1))
    _contours(left, f, _box(np.concatenate([x, y]), 0.5))
    for a, b in zip(x, y, strict=True):
        left.plot(*np.stack([a, b]).T, color="black", linewidth=1.8)
    left.plot(*x.T, **REAL, label="x")
    left.plot(*y.T, **FAKE, label="y")
    left.set(xlabel="first coordinate", ylabel="second coordinate")
    left.legend(frameon=True, fontsize=8, loc="upper left")
    bins = np.arange(-0.0125, 1.05, 0.025)  # 1 lies in the middle of the last bin
    for (name, values), look in zip(norms.items(), (FIRST, SECOND), strict=True):
        weights = np.full(len(values), 100 / len(values))
        middle.hist(values, bins, weights=weights, histtype="step", label=name, linewidth=1.8,
                    color=look["color"], linestyle=look["linestyle"])  # fmt: skip
    middle.set(xlabel="slope $|\\nabla f|$", ylabel="percent of points", yscale="log", ylim=(0.03, 150))
    middle.legend(frameon=False, fontsize=9, loc="upper left")
    right.plot(line, critic, **_line(THIRD, linewidth=2))
    laws = ((0, 0.35, REAL, "P"), (2, 0.35, REAL, ""), (0, 0.15, FAKE, "Q"), (4, 0.15, FAKE, ""))
    for low, height, look, name in laws:
        right.fill_between([low, low + 1], height - 0.07, height + 0.07, color=look["color"], linewidth=0)
        right.annotate(name, (low + 0.4, height - 0.06), color="white" if look is REAL else "black", fontsize=9)
    right.set(xlabel="position", ylabel="critic f", ylim=(-4.3, 0.7))
    return picture


def weights(scale: Any, curves: Mapping[str, Sequence[Any]], prediction: Any) -> Any:
    """Gap / W1 of trained critics over the weight of the penalty: medians and middle seeds, and a formula.

    curves: name -> one row of gap / W1 for each of three or more seeds.  prediction: (weights, factors)."""
    picture, ax = figure(width=7, height=3.8)
    ax.plot(*prediction, color=QUIET, linewidth=1.2, label="$1 + \\theta/2\\lambda$, two points")
    for (name, rows), look in zip(curves.items(), (THIRD, FIRST, SECOND), strict=False):
        ax.plot(scale, np.median(rows, axis=0), label=name, **{**look, "markersize": 5}, linewidth=1.4)
        trimmed = np.sort(rows, axis=0)[1:-1]  # without the best and the worst seed
        ax.fill_between(scale, trimmed.min(axis=0), trimmed.max(axis=0), color=look["color"], alpha=0.2, linewidth=0)
    ax.axhline(1, color="black", linewidth=0.8)
    ax.set(xlabel="weight λ of the penalty", ylabel="gap / exact $W_1$", xscale="log", yscale="log")
    ax.set_yticks([0.3, 0.5, 1, 2, 5], ["0.3", "0.5", "1", "2", "5"])
    ax.minorticks_off()
    ax.legend(frameon=False, fontsize=9)
    return picture


def estimates(runs: Mapping[str, Any]) -> Any:
    """One panel for each run: exact W1, the critic's gap, and its gap over its Lipschitz constant, over steps.

    runs: name -> rows (step, W1, gap, normalised gap)."""
    picture, axes = figure(1, len(runs), width=4.0 * len(runs), height=3.5, sharey=True, squeeze=False)
    for ax, (name, rows) in zip(axes[0], runs.items(), strict=True):
        step, exact, gap, normalised = np.asarray(rows).T
        ax.plot(step, exact, label="exact $W_1$", **_line(THIRD, linewidth=2.2))
        ax.plot(step, gap, label="critic's gap", **_line(FIRST, linewidth=1.6))
        ax.plot(step, normalised, label="gap / Lipschitz constant", **_line(SECOND, linewidth=1.6))
        ax.set_title(name, fontsize=10)
        ax.set(xlabel="generator steps")
    axes[0, 0].set_ylabel("distance")
    for ax in axes[0]:
        ax.axhline(0, color=QUIET, linewidth=0.8)
    axes[0, -1].legend(frameon=False, fontsize=9)
    return picture


def tracking(sigma: Any, tracked: Any, cold: Any) -> Any:
    """The largest singular value over updates, what one warm or cold step of power iteration says, and the errors."""
    picture, (left, right) = figure(1, 2, width=10, height=3.4)
    updates = np.arange(len(sigma))
    curves = ((sigma, THIRD, "SVD"), (tracked, FIRST, "one step, warm"), (cold, SECOND, "one step, cold"))
    for values, look, name in curves:
        left.plot(updates, values, label=name, **_line(look, linewidth=2.2 if look is THIRD else 1.3))
        if look is not THIRD:
            error = np.maximum(1 - np.asarray(values) / sigma, 1e-16)
            right.plot(updates, error, label=name, **_line(look, linewidth=1.3))
    left.set(xlabel="update of W", ylabel="largest singular value", ylim=(None, 1.25 * np.max(sigma)))
    left.legend(frameon=False, fontsize=9, loc="upper right", ncols=3)
    right.set(xlabel="update of W", ylabel="relative error", yscale="log")
    return picture


def surfaces(critics: Mapping[tuple[str, str], Any], data: Mapping[str, Any], notes: Mapping) -> Any:
    """Contours of each critic on a shade of |grad f| over its median, over the data.

    critics: (row, column) -> (f, slope), two functions of points; data: column -> points; notes: same keys as critics
    -> a line of text."""
    rows, columns = (list(dict.fromkeys(key[i] for key in critics)) for i in (0, 1))
    size = (3.5 * len(columns) + 0.6, 3.45 * len(rows))
    picture, axes = figure(len(rows), len(columns), width=size[0], height=size[1], squeeze=False)
    for (row, column), (f, slope) in critics.items():
        ax, real = axes[rows.index(row), columns.index(column)], data[column]
        box = _box(real, 0.25 * float(np.ptp(real)))
        across, up, steep = _plane(slope, *box, 90)
        moving = steep[steep > 0]
        shade = steep / (np.median(moving) if moving.size else 1.0)
        image = ax.pcolormesh(across, up, shade, cmap="Greys", vmin=0, vmax=3, rasterized=True)
        _contours(ax, f, box)
        ax.plot(*real.T, **{**REAL, "markersize": 2.5})
        ax.set_title(notes[row, column], fontsize=9)
        ax.tick_params(labelsize=7)
        ax.set_ylabel(row if column == columns[0] else "", fontsize=10)
        ax.set_xlabel(column if row == rows[-1] else "", fontsize=10)
    picture.colorbar(image, ax=axes, shrink=0.6, label="slope $|\\nabla f|$ over its median in the panel")
    return picture


def beside_potential(potential: Any, critic: Any, real: Any, fake: Any) -> Any:
    """Contours of the exact potential and of a trained critic, and one against the other at the points."""
    picture, (left, middle, right) = figure(1, 3, width=12, height=3.9, width_ratios=(1, 1, 1.05))
    box = _box(np.concatenate([real, fake]), 0.1)
    for ax, f, title in ((left, potential, "optimal potential (linear program)"), (middle, critic, "trained critic")):
        _contours(ax, f, box)
        ax.plot(*fake.T, **{**FAKE, "markersize": 2.2}, label="fake")
        ax.plot(*real.T, **{**REAL, "markersize": 3}, label="real")
        ax.set_title(title, fontsize=10)
        ax.set(xlabel="first coordinate", ylabel="second coordinate" if ax is left else "")
    left.legend(frameon=True, fontsize=8, loc="upper left")
    middle_of = [float(np.mean(f(np.concatenate([real, fake])))) for f in (potential, critic)]
    for points, look in ((fake, FAKE), (real, REAL)):
        right.plot(potential(points) - middle_of[0], critic(points) - middle_of[1], **{**look, "markersize": 3})
    ends = np.array([right.get_xlim()[0], right.get_xlim()[1]])
    right.plot(ends, ends, color=QUIET, linewidth=1)
    right.set(xlabel="potential, less its mean", ylabel="critic, less its mean")
    return picture


def family(runs: Mapping[str, Sequence[Any]], modes: Any) -> Any:
    """One row for each method, one panel for each seed: the samples, and crosses at the modes."""
    columns = max(len(row) for row in runs.values())
    picture, axes = figure(len(runs), columns, width=2.1 * columns, height=2.1 * len(runs), squeeze=False)
    for i, (name, row) in enumerate(runs.items()):
        for j, samples in enumerate(row):
            ax = axes[i, j]
            ax.plot(*modes.T, "x", color="black", markersize=6, markeredgewidth=1.0, zorder=3)
            ax.plot(*np.asarray(samples).T, **{**REAL, "markersize": 1.6, "alpha": 0.5})
            ax.set(xlim=(-1.6, 1.6), ylim=(-1.6, 1.6), xticks=[-1, 0, 1], yticks=[-1, 0, 1])
            ax.set_aspect("equal")
            ax.tick_params(labelsize=7)
            ax.set_title(f"seed {j + 1}" if i == 0 else "", fontsize=9)
        axes[i, 0].set_ylabel(name, fontsize=9)
    return picture
