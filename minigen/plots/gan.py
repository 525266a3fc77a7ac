"""Figures of the lecture on generative adversarial networks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minigen.autodiff import log_sigmoid, sigmoid
from minigen.divergences import kl
from minigen.plots.style import QUIET, figure, series

__all__ = [
    "descent", "digits", "generator_losses", "missing_modes", "optimal_discriminator", "orbits",
    "perfect_discriminators", "seeds", "seven_modes", "training", "transposed_convolution",
]  # fmt: skip

FIRST, SECOND, THIRD, FOURTH = series(4)
POINTS = {"marker": ".", "markersize": 2.2, "alpha": 0.5, "markeredgewidth": 0, "linestyle": "", "color": "#0072b2"}


def _line(look: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"color": look["color"], "linestyle": look["linestyle"], **more}


def optimal_discriminator(x: Any, p_d: Any, p_g: Any, d_star: Any, said: Any, share_real: Any) -> Any:
    """Two densities and D* between them; what D* says against how often it is true."""
    picture, (left, right) = figure(1, 2, width=9, height=3.6, width_ratios=(1.6, 1))
    left.plot(x, p_d, label="data $p_d$", **_line(FIRST, linewidth=1.8))
    left.plot(x, p_g, label="fakes $p_g$", **_line(SECOND, linewidth=1.8))
    left.plot(x, d_star, color="black", linewidth=2.4, label="$D^*$")
    left.axhline(0.5, color=QUIET, linewidth=0.8)
    left.set(xlim=(-6, 6), ylim=(0, 1), xlabel="x", ylabel="density, probability")
    left.legend(frameon=False)
    right.plot([0, 1], [0, 1], color=QUIET, linewidth=1, label="calibrated")
    right.plot(said, share_real, "o", color="black", markersize=4, label="measured")
    right.set(xlim=(0, 0.75), ylim=(0, 0.75), xlabel="$D^*$ says", ylabel="share of real points")
    right.set_aspect("equal")
    right.legend(frameon=False)
    return picture


def generator_losses(v: Any) -> Any:
    """Both losses of the generator, and how strongly each pushes, over the logit of a fake."""
    picture, (left, right) = figure(1, 2, width=9, height=3.4)
    for look, name, loss, push in (
        (FIRST, "saturating, log(1 - D)", log_sigmoid(-v), sigmoid(v)),
        (SECOND, "non-saturating, -log D", -log_sigmoid(v), 1 - sigmoid(v)),
    ):
        left.plot(v, loss, label=name, **_line(look, linewidth=2))
        right.plot(v, push, label=name, **_line(look, linewidth=2))
    left.set(xlabel="logit v of a fake", ylabel="loss of G (nats)")
    right.set(xlabel="logit v of a fake", ylabel="push: |slope of the loss|", yscale="log", ylim=(1e-5, 5))
    right.annotate("the fake is seen through", (-10, 1.5), fontsize=9)
    right.annotate("it passes", (6.5, 1.5), fontsize=9)
    left.legend(frameon=False)
    return picture


def descent(p: Any, path: Mapping[int, Any], other: Mapping[int, Any]) -> Any:
    """A law that moves to the data's, state by state, and KL(p_d || p_g) on the way for both losses."""
    picture, axes = figure(1, 4, width=11, height=3.0, width_ratios=(1, 1, 1, 1.3))
    for i, (ax, step) in enumerate(zip(axes[:3], (0, 100, 20_000), strict=True)):
        ax.bar(np.arange(p.size), path[step], color="#9ecae1", label="$p_g$")
        ax.plot(np.arange(p.size), p, "k.", markersize=5, label="$p_d$")
        ax.set(title=f"step {step:,}", xlabel="state", ylim=(0, 1.15 * p.max()), ylabel="probability" if i == 0 else "")
        ax.title.set_fontsize(10)
        ax.xaxis.set_major_locator(_locator([0, 5, 10, 15, 19]))
    axes[0].legend(frameon=False, fontsize=9)
    for look, name, history in ((FIRST, "minimax", path), (SECOND, "non-saturating", other)):
        steps = [step for step in history if step]
        values = [max(float(kl(p, history[step])), 1e-17) for step in steps]
        axes[3].loglog(steps, values, label=name, **{**look, "markersize": 4})
    axes[3].set(xlabel="step", ylabel="KL($p_d$ || $p_g$) (nats)", title="the floor is rounding")
    axes[3].title.set_fontsize(10)
    axes[3].legend(frameon=False, fontsize=9)
    return picture


def _locator(ticks: Sequence[float]) -> Any:
    from matplotlib.ticker import FixedLocator

    return FixedLocator(ticks)


def orbits(together: Any, in_turn: Any) -> Any:
    """The two players' positions: simultaneous steps, alternating steps, and the distance to the equilibrium."""
    picture, (left, middle, right) = figure(1, 3, width=11, height=3.5)
    shown = min(len(together), 400)
    for ax, path, look, name in ((left, together, FIRST, "simultaneous"), (middle, in_turn, SECOND, "alternating")):
        ax.plot(*path[:shown].T, color=look["color"], linewidth=0.9)
        ax.plot(*path[0], "o", color="black", markersize=5)
        ax.plot(0, 0, "+", color="black", markersize=11, markeredgewidth=1.8)
        ax.set(title=f"{name}, {shown - 1} steps", xlabel="θ (generator)", ylabel="φ (discriminator)")
        ax.title.set_fontsize(10)
        ax.set_aspect("equal", adjustable="datalim")
        right.plot(np.linalg.norm(path, axis=1), label=name, **_line(look, linewidth=1.8))
    right.set(xlabel="step", ylabel="distance to the equilibrium", yscale="log")
    right.legend(frameon=False)
    return picture


def perfect_discriminators(steepness: Sequence[float]) -> Any:
    """D(x) = sigmoid(k (1/2 - x)) for several k, and the slope of log(1 - D) that a fake at 1 feels."""
    picture, (left, right) = figure(1, 2, width=9, height=3.4)
    x = np.linspace(-0.4, 1.4, 600)
    for k, look in zip(steepness, series(len(steepness)), strict=True):
        left.plot(x, sigmoid(k * (0.5 - x)), label=f"k = {k:g}", **_line(look, linewidth=1.8))
    left.plot([0], [1], "o", color="black", markersize=8)
    left.plot([1], [0], "s", color="black", markersize=8)
    left.annotate("data", (-0.27, 0.92))
    left.annotate("fake", (1.08, 0.05))
    left.set(xlabel="x", ylabel="D(x)")
    left.legend(frameon=False, loc="center right")
    range_of_k = np.linspace(0.5, 60, 300)
    for sign, name, look in ((-1, "log(1 - D): vanishes", FIRST), (1, "-log D: explodes", SECOND)):
        slope = range_of_k * sigmoid(sign * range_of_k / 2)
        right.plot(range_of_k, slope, label=name, **_line(look, linewidth=2))
    right.set(xlabel="steepness k of D", ylabel="|slope| that the fake feels", yscale="log", ylim=(1e-12, 1e3))
    right.legend(frameon=False, loc="upper right", bbox_to_anchor=(1, 0.86))
    return picture


def missing_modes(covered: Any, js: Any, work: Any) -> Any:
    """What a generator pays that covers 1 to 8 of eight modes, in JS and in W."""
    picture, (left, right) = figure(1, 2, width=9, height=3.2)
    left.plot(covered, js, **FIRST, linewidth=1.8)
    left.axhline(np.log(2), color=QUIET, linewidth=1)
    left.annotate("log 2: nothing in common", (4.2, 0.64), fontsize=9, color="#444444")
    left.annotate("the last mode:\n0.045 nats", (7, js[6]), (5.9, 0.26), arrowprops={"arrowstyle": "-", "color": QUIET})
    left.set(xlabel="modes covered, of 8", ylabel="JS (nats)", ylim=(-0.02, 0.75))
    right.plot(covered, work, **SECOND, linewidth=1.8)
    right.set(xlabel="modes covered, of 8", ylabel="W (mass × distance; radius 2)", ylim=(-0.08, 2.8))
    return picture


def transposed_convolution(matrix: Any, y: Any, spread: Any, up: Any) -> Any:
    """A convolution as a matrix; a small picture, with zeros between its pixels, and after convT."""
    picture, axes = figure(1, 4, width=11, height=2.6, width_ratios=(3.2, 1, 1, 1))
    shown = (
        (matrix, "C: convolution, 8×8 to 4×4, as a matrix"),
        (y, "y, 4×4"),
        (spread, "zeros between, 7×7"),
        (up, "convT(y), 8×8"),
    )
    for ax, (image, title) in zip(axes, shown, strict=True):
        size = np.max(np.abs(image))
        ax.imshow(image, cmap="PuOr", vmin=-size, vmax=size, interpolation="nearest")
        ax.set_title(title, fontsize=10)
        ax.grid(False)
        ax.set(xticks=[], yticks=[])
    axes[0].set(xlabel="64 pixels in", ylabel="16 out")
    return picture


def training(snapshots: Mapping[int, Any], losses: Any, mixture: Any) -> Any:
    """Samples after several steps, and both losses, each a running mean."""
    picture, axes = figure(1, len(snapshots) + 1, width=12.5, height=2.7, width_ratios=[1] * len(snapshots) + [1.5])
    for ax, (step, samples) in zip(axes, snapshots.items(), strict=False):
        _samples(ax, samples, mixture)
        ax.set_title(f"step {step:,}", fontsize=10)
    window = 25
    names = ("loss of D", "loss of G")
    for curve, level, look, name in zip(losses.T, (math.log(4), math.log(2)), (FIRST, SECOND), names, strict=True):
        smooth = np.convolve(curve, np.ones(window) / window, "valid")
        axes[-1].plot(np.arange(window, len(curve) + 1), smooth, label=name, **_line(look, linewidth=1.6))
        axes[-1].axhline(level, color=QUIET, linewidth=0.9)
        text = f"log {np.exp(level):.0f}"
        place = {"xytext": (0, -12), "textcoords": "offset points", "ha": "right", "fontsize": 8}
        axes[-1].annotate(text, (len(curve), level), **place)
    axes[-1].set(xlabel="step", ylabel=f"mean of {window} steps (nats)", ylim=(0, None))
    axes[-1].legend(frameon=False, fontsize=9)
    return picture


def _samples(ax: Any, samples: Any, mixture: Any, limit: float = 1.5) -> None:
    ax.plot(*mixture.means.T, "x", color="#444444", markersize=6, markeredgewidth=1.0, zorder=3)
    ax.plot(*np.asarray(samples).T, **POINTS)
    ax.set(xlim=(-limit, limit), ylim=(-limit, limit), xticks=[-1, 0, 1], yticks=[-1, 0, 1])
    ax.set_aspect("equal")
    ax.tick_params(labelsize=7)


def seeds(runs: Mapping[str, Sequence[Any]], mixture: Any) -> Any:
    """One row for each setting, one panel for each seed: the samples and the modes."""
    columns = max(len(row) for row in runs.values())
    picture, axes = figure(len(runs), columns, width=2.0 * columns, height=2.05 * len(runs), squeeze=False)
    for i, (name, row) in enumerate(runs.items()):
        for j, samples in enumerate(row):
            _samples(axes[i, j], samples, mixture)
            axes[i, j].set_title(f"seed {j + 1}" if i == 0 else "", fontsize=9)
        axes[i, 0].set_ylabel(name, fontsize=11)
    return picture


def seven_modes(buggy: Any, ring: Any) -> Any:
    """How many points lie at which angle, for both rings."""
    picture, axes = figure(1, 2, width=9, height=2.8, sharey=True)
    named = ((buggy, "linspace(0, 2π, 8): seven, one of them twice"), (ring, "2π arange(8) / 8: eight"))
    for ax, (points, title) in zip(axes, named, strict=True):
        angles = np.degrees(np.arctan2(points[:, 1], points[:, 0])) % 360
        angles = np.where(angles > 350, angles - 360, angles)
        ax.hist(angles, bins=np.arange(-12.5, 350, 5), color="#0072b2")
        ax.set_title(title, fontsize=10)
        ax.set(xlabel="angle (degrees)", xticks=np.arange(0, 360, 45))
    axes[0].set_ylabel(f"points, of {len(buggy)}")
    return picture


def digits(real: Any, labels: Any, written: Any, nearest: Any) -> Any:
    """Ten real digits of each class, ten written ones, and the real digit nearest to each written one."""
    picture, axes = figure(1, 3, width=11, height=3.9)
    rows = np.concatenate([real[labels == digit][:10] for digit in range(10)])
    named = ((rows, "real"), (written, "written by G"), (nearest, "nearest real digit to each"))
    for ax, (images, title) in zip(axes, named, strict=True):
        sheet = np.zeros((10, 9, 10, 9))
        sheet[:, :8, :, :8] = np.reshape(images, (10, 10, 8, 8)).transpose(0, 2, 1, 3)
        ax.imshow(sheet.reshape(90, 90), cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
        ax.set_title(title, fontsize=10)
        ax.grid(False)
        ax.spines[:].set_visible(False)
        ax.set(xticks=[], yticks=4 + 9 * np.arange(10) if ax is axes[0] else [])
        if ax is axes[0]:
            ax.set_yticklabels([str(digit) for digit in range(10)])
            ax.tick_params(length=0)
            ax.set_ylabel("label")
    return picture
