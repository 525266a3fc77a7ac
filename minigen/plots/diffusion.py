"""Figures of the lecture on the diffusion chain, its scores and its exact reverse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minigen.plots.style import COLOURS, QUIET, figure, series

__all__ = ["bias", "copies", "journeys", "marginals", "paths", "score_fields", "targets"]

FIRST, SECOND, THIRD, FOURTH = series(4)
POINTS = {"marker": ".", "linestyle": "", "markeredgewidth": 0}


def _line(look: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"color": look["color"], "linestyle": look["linestyle"], **more}


def marginals(t: np.ndarray, x: np.ndarray, density: np.ndarray, title: str = "") -> Any:
    """The density of x_t over all t as a heat map, between the densities of the data and of the noise.

    density: (len(x), len(t)), whose first column is the data's."""
    picture, (left, middle, right) = _three_panels()
    left.plot(density[:, 0], x, label="$p_0$, the data", **_line(FIRST, linewidth=2))
    _heat(middle, t, x, density)
    middle.set_title(title, fontsize=10)
    middle.set_xlabel("t, steps of the chain")
    right.plot(density[:, -1], x, label=f"$p_{{{t[-1]:g}}}$", **_line(FIRST, linewidth=2))
    right.plot(_normal(x), x, label="N(0, 1)", **_line(SECOND, linewidth=1.8))
    for ax in (left, right):
        ax.set(xlabel="density", xlim=(0, None), ylim=(x.min(), x.max()))
        ax.legend(frameon=False, fontsize=9, loc="lower right")
    left.invert_xaxis()
    left.set_ylabel("x")
    return picture


def paths(
    t: np.ndarray, drawn: np.ndarray, x: np.ndarray, density: np.ndarray, ends: tuple[np.ndarray, np.ndarray],
) -> Any:  # fmt: skip
    """Paths from noise (left) to data (right) over the marginal densities, and the laws at both ends.

    t: (k,), decreasing.  drawn: (k, paths).  density: (len(x), k).  ends: many starts and as many ends, (n,) each, for
    the histograms."""
    picture, (left, middle, right) = _three_panels()
    _heat(middle, t, x, density)
    for i, path in enumerate(drawn.T):
        middle.plot(t, path, color=COLOURS[(0, 4, 3)[i % 3]], linewidth=1.0, alpha=0.9)
    middle.set_xlim(t.max(), t.min())
    middle.set_xlabel("t, from noise to data")
    edges = np.linspace(x.min(), x.max(), 61)
    for ax, points, column in ((left, ends[0], 0), (right, ends[1], -1)):
        ax.hist(points, bins=edges, density=True, orientation="horizontal", color="#c6dbef", label="paths")
        ax.plot(density[:, column], x, label=f"$p_{{{t[column]:g}}}$", color="black", linewidth=1.8)
        ax.set(xlabel="density", xlim=(0, None), ylim=(x.min(), x.max()))
        ax.legend(frameon=False, fontsize=9, loc="lower right")
    left.invert_xaxis()
    left.set_ylabel("x")
    return picture


def score_fields(oracle: Any, times: Sequence[int], limit: float = 3.2) -> Any:
    """One panel for each time: the density of x_t in the plane, and arrows sigma_t score, which are minus the noise.

    oracle: with `score`, `log_density` and `process`, such as diffusion.MixtureOracle."""
    picture, axes = figure(1, len(times), width=3.6 * len(times), height=4.2, squeeze=False, sharey=True)
    fine, coarse = np.linspace(-limit, limit, 121), np.linspace(-0.92 * limit, 0.92 * limit, 15)
    for ax, t in zip(axes[0], times, strict=True):
        u, v = np.meshgrid(fine, fine)
        height = np.exp(oracle.log_density(np.stack([u.ravel(), v.ravel()], axis=1), t)).reshape(u.shape)
        ax.contourf(u, v, height, 12, cmap="Greys", vmax=1.6 * height.max())
        u, v = np.meshgrid(coarse, coarse)
        points = np.stack([u.ravel(), v.ravel()], axis=1)
        arrows = oracle.score(points, t) * oracle.process.noise_level(t)
        ax.quiver(
            *points.T, *arrows.T, color=COLOURS[0], angles="xy", scale_units="xy",
            scale=np.linalg.norm(arrows, axis=1).max() / 0.9, width=0.006,
        )  # fmt: skip
        amplitude, level = float(oracle.process.amplitude(t)), float(oracle.process.noise_level(t))
        ax.set_title(f"t = {t}: $a_t$ = {amplitude:.2f}, $\\sigma_t$ = {level:.2f}", fontsize=10)
        ax.set(xlabel="x₁", xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal")
        ax.grid(False)
    axes[0, 0].set_ylabel("x₂")
    return picture


def targets(
    x: np.ndarray, target: np.ndarray, line: np.ndarray, exact: np.ndarray, fitted: np.ndarray, naive: np.ndarray
) -> Any:
    """What denoising score matching regresses on (dots), and what comes of it: a fit, the exact score, a bad guess."""
    picture, ax = figure(width=7.5, height=3.9)
    ax.plot(x, target, **POINTS, color="#9a9a9a", markersize=3.5, alpha=0.6, label="target $-\\xi/\\sigma_t$")
    ax.plot(line, naive, label="$-x$", **_line(FOURTH, linewidth=1.5))
    ax.plot(line, exact, label="exact score", **_line(FIRST, linewidth=3))
    ax.plot(line, fitted, label="fitted to the dots", **_line(SECOND, linewidth=2))
    ax.set(xlabel="$x_t$", ylabel="score, and its targets", xlim=(line.min(), line.max()), ylim=(-4.2, 4.2))
    ax.legend(frameon=False, fontsize=9, loc="upper right", markerscale=3)
    return picture


def bias(
    one_step: tuple[np.ndarray, Mapping[str, np.ndarray]], formula: tuple[np.ndarray, np.ndarray],
    simulated: tuple[np.ndarray, np.ndarray], final: tuple[np.ndarray, Mapping[str, np.ndarray]], truth: float,
) -> Any:  # fmt: skip
    """Errors of the Taylor kernel: of one step, of endless steps on N(0, 1), of the way from noise to data.

    one_step, final: h = 1 - alpha, and label -> (len(h),).  formula, simulated: alpha and the stationary variance."""
    picture, (left, middle, right) = figure(1, 3, width=11.5, height=3.5)
    h, errors = one_step
    for (label, error), look in zip(errors.items(), series(len(errors)), strict=True):
        left.loglog(h, error, label=label, linewidth=1.6, **{**look, "markersize": 4})
    left.loglog(h, 0.5 * h**2, color=QUIET, linewidth=1, label="slope 2")
    left.set(xlabel="1 - α", ylabel="error of one step")
    left.legend(frameon=False, fontsize=9)
    middle.plot(*formula, color="black", linewidth=1.5, label="(1 + α) / α(2 - α + α²)")
    middle.plot(*simulated, "o", color=COLOURS[0], markersize=5, label="simulated chains")
    middle.axhline(1, color=QUIET, linewidth=1, linestyle="--", label="right: 1")
    middle.set(xlabel="α", ylabel="stationary variance, data N(0, 1)")
    middle.legend(frameon=False, fontsize=9)
    h, variances = final
    for (label, variance), look in zip(variances.items(), series(len(variances)), strict=True):
        right.plot(h, variance, label=label, linewidth=1.6, **{**look, "markersize": 4})
    right.axhline(truth, color=QUIET, linewidth=1)
    right.set(xlabel="1 - α", ylabel="variance of the samples", xlim=(0, None))
    right.legend(frameon=False, fontsize=8)
    return picture


def journeys(rows: Mapping[str, Mapping[float, np.ndarray]], limits: Mapping[str, float]) -> Any:
    """One row for each law: its points at some times, from noise to data.

    rows: name -> noise level sigma_t -> (n, 2).  limits: name -> half width of the panels."""
    columns = max(len(row) for row in rows.values())
    picture, axes = figure(len(rows), columns, width=2.1 * columns, height=2.5 * len(rows), squeeze=False)
    for line, (name, row) in zip(axes, rows.items(), strict=True):
        for ax, (level, points) in zip(line, row.items(), strict=True):
            ax.plot(*points.T, **POINTS, color=COLOURS[0], markersize=2.5, alpha=0.6)
            ax.set(xlim=(-limits[name], limits[name]), ylim=(-limits[name], limits[name]), aspect="equal")
            ax.set_title(f"$\\sigma_t$ = {level:.2g}", fontsize=9)
        line[0].set_ylabel(f"{name}\nx₂")
        for ax in line[1:]:
            ax.tick_params(labelleft=False)
    for ax in axes[-1]:
        ax.set_xlabel("x₁")
    return picture


def copies(panels: Mapping[str, np.ndarray], given: np.ndarray, centre: Sequence[float], reach: float) -> Any:
    """Samples (dots) and the points of the training set (crosses), seen from near: one panel for each sampler.

    panels: title -> (n, 2)."""
    picture, axes = figure(1, len(panels), width=3.7 * len(panels), height=4.3, squeeze=False, sharey=True)
    for ax, (title, samples) in zip(axes[0], panels.items(), strict=True):
        ax.plot(*samples.T, **POINTS, color=COLOURS[0], markersize=6, alpha=0.6, label="samples")
        ax.plot(*given.T, "x", color="black", markersize=9, markeredgewidth=1.3, label="training points", zorder=1)
        ax.set(xlim=(centre[0] - reach, centre[0] + reach), ylim=(centre[1] - reach, centre[1] + reach))
        ax.set(xlabel="x₁", aspect="equal")
        ax.set_title(title, fontsize=10)
    axes[0, 0].set_ylabel("x₂")
    axes[0, 0].legend(fontsize=8, loc="upper right")
    return picture


def _three_panels() -> tuple[Any, Any]:
    return figure(1, 3, width=10.5, height=3.7, width_ratios=(1, 3.4, 1), sharey=True)


def _heat(ax: Any, t: np.ndarray, x: np.ndarray, density: np.ndarray) -> None:
    """Grey by density, in each column relative to its top, so that late and early times can both be seen."""
    ax.pcolormesh(t, x, density / density.max(axis=0), cmap="Greys", vmax=1.5, shading="nearest", rasterized=True)
    ax.set_ylim(x.min(), x.max())
    ax.grid(False)


def _normal(x: np.ndarray) -> np.ndarray:
    return np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
