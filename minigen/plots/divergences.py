"""Figures of lecture 02: what each divergence calls a good fit, and where it falls silent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from minigen.plots.style import COLOURS, QUIET, figure, series

Circle = tuple[np.ndarray, float]


def three_fits(
    x: np.ndarray,
    data: Mapping[tuple[float, float], np.ndarray],
    fits: Mapping[tuple[float, float, str], tuple[float, float, float]],
) -> Any:
    """One panel for each data law (grey) with the Gaussians that the divergences fitted to it.

    data: (a, s) -> density at x.  fits: (a, s, name of the divergence) -> (mean, deviation, value)."""
    picture, axes = figure(1, len(data), width=3.6 * len(data), height=3.4, squeeze=False)
    for ax, ((a, s), density) in zip(axes[0], data.items(), strict=True):
        ax.fill_between(x, density, color="#d0d0d0", linewidth=0, label="data")
        own = [(name, fit) for (b, t, name), fit in fits.items() if (b, t) == (a, s)]
        top = density.max()
        for (name, (mean, sd, value)), look in zip(own, series(len(own)), strict=True):
            curve = np.exp(-(((x - mean) / sd) ** 2) / 2) / (sd * np.sqrt(2 * np.pi))
            ax.plot(x, curve, label=f"{name}: {value:.3f}", linewidth=1.8, **{**look, "marker": ""})
            top = max(top, curve.max())
        ax.set(xlim=(-2.4 * a - 0.6, 2.4 * a + 0.6), ylim=(0, 1.3 * top), xlabel="x")
        ax.set_title(f"a = {a}, s = {s}: a/s = {a / s:.1f}", fontsize=10)
        ax.legend(fontsize=8, loc="upper center", ncols=2, frameon=False)
    axes[0, 0].set_ylabel("density")
    return picture


def js_switch(ratios: np.ndarray, cover: np.ndarray, seek: np.ndarray, switch: float) -> Any:
    """JS at its two valleys, one Gaussian over both bumps and one on a single bump, against their distance a/s."""
    picture, ax = figure(height=3.5)
    for values, label, look in zip((cover, seek), ("over both bumps", "on one bump"), series(2), strict=True):
        ax.plot(ratios, values, label=label, linewidth=1.8, markersize=5, **look)
    ax.axvline(switch, color=QUIET, linewidth=1, linestyle=":")
    ax.annotate(f"equal at a/s = {switch:.3f}", (switch, cover.min()), (6, 2), textcoords="offset points", fontsize=9)
    ax.set(xlabel="distance of a bump from the centre, in its deviations: a/s", ylabel="JS at the valley (nats)")
    ax.legend(fontsize=9, title="one Gaussian", title_fontsize=9)
    return picture


def fits_in_the_plane(pictures: Mapping[str, tuple[np.ndarray, Circle, Circle]]) -> Any:
    """Samples of the data with two fitted round Gaussians, each drawn as the circle of two deviations.

    pictures: title -> (samples (n, 2), fit of forward KL, fit of reverse KL); a fit is (mean, deviation)."""
    picture, axes = figure(1, len(pictures), width=4.2 * len(pictures), height=4.4, squeeze=False)
    angles = np.linspace(0, 2 * np.pi, 201)
    round_ = np.stack([np.cos(angles), np.sin(angles)])
    for ax, (title, (samples, forward, reverse)) in zip(axes[0], pictures.items(), strict=True):
        ax.plot(*samples.T, ".", color="#999999", markersize=3, label="data")
        ax.plot(*(forward[0][:, None] + 2 * forward[1] * round_), color=COLOURS[0], linewidth=2, label="forward KL")
        ax.plot(*(reverse[0][:, None] + 2 * reverse[1] * round_), color="black", linewidth=2.5, label="reverse KL")
        reach = 1.2 * np.max(np.abs(forward[0]) + 2 * forward[1])
        ax.set(xlim=(-reach, reach), ylim=(-reach, 1.45 * reach), xlabel="x₁")
        ax.set_title(title, fontsize=10)
        ax.set_aspect("equal")
    axes[0, 0].set_ylabel("x₂")
    axes[0, 0].legend(fontsize=8, loc="upper center", ncols=3, title="circles: two deviations", title_fontsize=8)
    return picture


def likelihood_against_bandwidth(
    eps: np.ndarray, on_test: np.ndarray, on_train: np.ndarray, true: float, train: np.ndarray, samples: np.ndarray
) -> Any:
    """Log-likelihood of a kernel mixture against its variance eps (left), and samples at the smallest one (right)."""
    picture, (left, right) = figure(1, 2, width=8.6, height=3.9, width_ratios=(1.35, 1))
    for values, label, look in zip((on_train, on_test), ("training points", "new points"), series(2), strict=True):
        left.plot(eps, values, label=label, linewidth=1.8, markersize=5, **look)
    left.axhline(true, color=QUIET, linewidth=1.2, linestyle=":", label="the true law, new points")
    left.set_xscale("log")
    left.set_yscale("symlog", linthresh=5)
    left.set(xlabel="variance ε of each bump (logarithmic)", ylabel="mean log-likelihood (nats, symlog)")
    left.set_yticks([-1000, -100, -10, -3, 0, 3], ["-1000", "-100", "-10", "-3", "0", "3"])
    left.set_ylim(top=8)
    left.minorticks_off()
    left.legend(fontsize=8, loc="lower right")
    right.plot(*samples.T, ".", color=COLOURS[1], markersize=4, label=f"samples, ε = {eps.min():g}")
    right.plot(*train.T, "o", markeredgecolor="black", fillstyle="none", markersize=7, label="training points")
    right.set(xlabel="x₁", ylabel="x₂", ylim=(train[:, 1].min() - 0.4, train[:, 1].max() + 1.3))
    right.legend(fontsize=8, loc="upper right", ncols=2)
    return picture


def blurred_js(theta: np.ndarray, curves: Mapping[float, np.ndarray]) -> Any:
    """JS of two blurred point masses against their distance theta, one curve for each deviation of the noise."""
    picture, ax = figure(height=3.7)
    for (sigma, values), look in zip(curves.items(), series(len(curves)), strict=True):
        ax.plot(theta, values, label=f"σ = {sigma:g}", linewidth=1.6, markersize=4, markevery=8, **look)
    ax.axhline(np.log(2), color=QUIET, linewidth=1, linestyle=":")
    ax.annotate("log 2", (theta[0], np.log(2)), (0, 3), textcoords="offset points", fontsize=9)
    ax.set(xlabel="distance θ between the two points", ylabel="JS of the blurred points (nats)", ylim=(-0.02, 0.78))
    ax.legend(fontsize=8, loc="lower left", title="noise", title_fontsize=8)
    return picture


def parallel_segments(theta: float) -> Any:
    """Two parallel segments at distance theta (left), and KL, JS, TV and W as functions of theta (right)."""
    picture, (left, right) = figure(1, 2, width=8.6, height=3.6, width_ratios=(1, 1.7))
    data, model = series(2)
    for x, label, look in ((0.0, "data", data), (theta, "model", model)):
        left.plot([x, x], [0, 1], linewidth=4, label=label, **{**look, "marker": ""})
    left.set(xlim=(-1.15, 1.15), ylim=(-0.1, 1.35), xlabel="x₁", ylabel="x₂")
    left.set_title(f"θ = {theta:.2f}", fontsize=10)
    left.legend(fontsize=8, loc="upper center", ncols=2)

    reach, top = np.linspace(-1, 1, 201), 1.4
    off = reach[reach != 0]
    curves = {"KL = ∞": np.inf, "TV": 1.0, "JS": np.log(2)}
    looks = series(4)
    for (name, level), look in zip(curves.items(), looks[1:], strict=True):
        drawn = np.where(off > 0, np.nan, min(level, top)), np.where(off > 0, min(level, top), np.nan)
        line = {**look, "marker": ""}
        right.plot(off, drawn[0], linewidth=1.8, **line)
        right.plot(off, drawn[1], linewidth=1.8, label=name, **line)
        right.plot(0, min(level, top), "o", markerfacecolor="white", markeredgecolor=look["color"], markersize=6)
    right.plot(reach, np.abs(reach), linewidth=2.2, label="W = |θ|", **{**looks[0], "marker": ""})
    right.plot(0, 0, "ko", markersize=6)
    right.axvline(theta, color=QUIET, linewidth=1, linestyle=":")
    right.plot(theta, abs(theta), "s", color=looks[0]["color"], markersize=8)
    right.set(xlabel="θ", ylabel="divergence (JS in nats, W in units of x)", ylim=(-0.08, 1.95))
    right.set_yticks([0, 0.5, np.log(2), 1, top], ["0", "0.5", "log 2", "1", "∞"])
    right.legend(fontsize=8, loc="upper center", ncols=4, frameon=False)
    return picture
