"""Figures of lecture 03: plans as tables and on a map, pivot by pivot, prices, laws on a line, the floor of W1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minigen.plots.style import COLOURS, QUIET, figure, series

BAKERY = {"marker": "s", "color": COLOURS[0], "markeredgecolor": "black", "linestyle": ""}
CAFE = {"marker": "o", "color": COLOURS[1], "markeredgecolor": "black", "linestyle": ""}
Town = tuple[np.ndarray, np.ndarray]


def town(minutes: np.ndarray, rounds: int = 2000) -> Town:
    """Places of bakeries (n, 2) and cafés (m, 2) in the plane whose distances come close to the minutes (n, m).

    Classical scaling of the shortest detours for a start (Torgerson 1952), then majorisation of the squared errors:
    each place moves to the mean of where its partners would have it (de Leeuw 1977)."""
    n, m = minutes.shape
    d = np.full((n + m, n + m), np.inf)
    d[:n, n:], d[n:, :n] = minutes, minutes.T
    np.fill_diagonal(d, 0)
    for k in range(n + m):
        d = np.minimum(d, d[:, [k]] + d[k])
    centre = np.eye(n + m) - 1 / (n + m)
    values, vectors = np.linalg.eigh(-centre @ d**2 @ centre / 2)
    places = vectors[:, -2:] * np.sqrt(values[-2:])
    pairs = np.zeros_like(d)
    pairs[:n, n:], pairs[n:, :n] = 1, 1
    inverse = np.linalg.pinv(np.diag(pairs.sum(1)) - pairs)
    for _ in range(rounds):
        now = np.linalg.norm(places[:, None] - places, axis=2)
        pull = np.where(pairs > 0, d / np.where(now > 0, now, 1), 0)
        places = inverse @ (np.diag(pull.sum(1)) - pull) @ places
    return places[:n], places[n:]


def _map(ax: Any, places: Town, plan: np.ndarray, names: bool = True, entering: tuple[int, int] | None = None) -> None:
    """Bakeries, cafés, and a line for each used route, as wide as its load."""
    x, y = places
    widths = 0.6 + (7.0 if names else 4.0) * plan / np.max(plan)
    for i, j in np.argwhere(plan > 0):
        look = {"color": "#888888", "linewidth": widths[i, j], "alpha": 0.75, "solid_capstyle": "butt", "zorder": 1}
        ax.plot(*zip(x[i], y[j], strict=True), **look)
    if entering is not None:
        i, j = entering
        ax.plot(*zip(x[i], y[j], strict=True), color="#d55e00", linewidth=1.8, linestyle=(0, (3, 1.5)), zorder=2)
    size = 11 if names else 5
    ax.plot(*x.T, **BAKERY, markersize=size, zorder=3)
    ax.plot(*y.T, **CAFE, markersize=size, zorder=3)
    if names:
        for i, place in enumerate(x):
            ax.annotate(f"{i + 1}", place, ha="center", va="center", color="white", fontsize=8, zorder=4)
        for j, place in enumerate(y):
            ax.annotate(f"{j + 1}", place, ha="center", va="center", color="black", fontsize=8, zorder=4)
    ax.set_aspect("equal")
    ax.margins(0.08)


def _table(ax: Any, plan: np.ndarray, numbers: bool = True) -> Any:
    """The plan as a heat map, dark where much is shipped, with its numbers."""
    n, m = plan.shape
    shown = ax.imshow(plan, cmap="Greys", vmin=0, vmax=1.25 * np.max(plan))
    ax.grid(False)
    if numbers:
        for i, j in np.argwhere(plan > 0):
            dark = plan[i, j] > 0.6 * np.max(plan)
            ax.text(j, i, f"{plan[i, j]:g}", ha="center", va="center", fontsize=9, color="white" if dark else "black")
    ax.set_xticks(range(m), [str(j + 1) for j in range(m)])
    ax.set_yticks(range(n), [str(i + 1) for i in range(n)])
    ax.set(xlabel="café", ylabel="bakery")
    return shown


def plan(plan: np.ndarray, places: Town, title: str = "", entering: tuple[int, int] | None = None) -> Any:
    """A plan (n, m) as a table, and as lines on the map of bakeries and cafés; `entering` is drawn dashed."""
    picture, (left, right) = figure(1, 2, width=8.4, height=3.9)
    _table(left, plan)
    if entering is not None:
        left.plot(entering[1], entering[0], "P", color="#d55e00", markersize=9)
    _map(right, places, plan, entering=entering)
    right.set(xlabel="minutes west - east", ylabel="minutes south - north")
    for look, label in ((BAKERY, "bakery"), (CAFE, "café")):
        right.plot([], [], **look, label=label)
    right.legend(fontsize=8, loc="best")
    if title:
        picture.suptitle(title, fontsize=11)
    return picture


def pivots(
    plans: Sequence[np.ndarray],
    costs: Sequence[float],
    entering: Sequence[tuple[int, int] | None],
    places: Town,
    columns: int = 5,
) -> Any:
    """A strip of small maps, one for each plan that the simplex method visits; the route that comes in is dashed."""
    rows = -(-len(plans) // columns)
    picture, axes = figure(rows, columns, width=1.9 * columns, height=1.85 * rows, squeeze=False)
    for ax in axes.flat:
        ax.grid(False)
        ax.set_xticks([])
        ax.set_yticks([])
        ax.spines[:].set_visible(False)
    for k, (ax, plan, cost, route) in enumerate(zip(axes.flat, plans, costs, entering, strict=False)):
        _map(ax, places, plan, names=False, entering=route)
        ax.set_title(f"{k}: {cost:g}", fontsize=9)
    return picture


def prices(bakeries: np.ndarray, cafes: np.ndarray, minutes: np.ndarray, plan: np.ndarray) -> Any:
    """Prices of a loaf at bakeries (n,) and cafés (m,): used routes as rising lines, and what is left of each cost.

    On the right, minutes - (price at the café - price at the bakery): nowhere negative, 0 on the used routes."""
    picture, (left, right) = figure(1, 2, width=8.4, height=4.2, width_ratios=[1.15, 1])
    widths = 0.8 + 4 * plan / np.max(plan)
    for i, j in np.argwhere(plan > 0):
        left.plot([0, 1], [bakeries[i], cafes[j]], color="#888888", linewidth=widths[i, j], zorder=1)
    left.plot(np.zeros_like(bakeries), bakeries, **BAKERY, markersize=8)
    left.plot(np.ones_like(cafes), cafes, **CAFE, markersize=8)
    for at, values, sign in ((0, bakeries, -1), (1, cafes, 1)):
        for value in np.unique(values):
            who = ", ".join(str(k + 1) for k in np.flatnonzero(values == value))
            side = "right" if sign < 0 else "left"
            left.annotate(who, (at, value), (9 * sign, 0), textcoords="offset points", ha=side, va="center", fontsize=9)
    left.set(xlim=(-0.25, 1.25), ylabel="price of a loaf (minutes)")
    left.set_xticks([0, 1], ["bakeries: bought here", "cafés: sold here"])
    slack = minutes - (cafes - bakeries[:, None])
    n, m = slack.shape
    right.imshow(slack, cmap="Greys", vmin=0, vmax=2 * slack.max())
    right.grid(False)
    for i, j in np.ndindex(n, m):
        used = plan[i, j] > 0
        right.text(j, i, f"{slack[i, j]:g}", ha="center", va="center", fontsize=9, weight="bold" if used else "normal")
        if used:
            right.plot(j, i, "o", markersize=21, markerfacecolor="none", markeredgecolor=COLOURS[1], markeredgewidth=2)
    right.set_xticks(range(m), [str(j + 1) for j in range(m)])
    right.set_yticks(range(n), [str(i + 1) for i in range(n)])
    right.set(xlabel="café", ylabel="bakery")
    right.set_title("minutes not paid by the prices (circles: used)", fontsize=9)
    return picture


def plans_on_a_line(t: np.ndarray, p: np.ndarray, q: np.ndarray, plans: Mapping[str, np.ndarray]) -> Any:
    """Several plans between the same two laws on a line, each a joint law with the two marginals on its axes.

    t: (n,) places; p, q: (n,) masses; plans: title -> (n, n), rows from p, columns to q."""
    picture, axes = figure(1, len(plans), width=2.9 * len(plans), height=3.3, squeeze=False, sharey=True)
    span = t[-1] - t[0]
    for ax, (title, joint) in zip(axes[0], plans.items(), strict=True):
        i, j = np.nonzero(joint > 1e-3 * joint.max())
        ax.scatter(t[i], t[j], s=1 + 11 * joint[i, j] / joint.max(), color="black", linewidths=0, zorder=3)
        ax.plot(t, t, color=QUIET, linewidth=0.8, linestyle=":")
        edge = t[0] - 0.27 * span
        height = 0.22 * span / max(p.max(), q.max())
        ax.fill_between(t, edge, edge + height * p, color=COLOURS[0], alpha=0.8, linewidth=0)
        ax.fill_betweenx(t, edge, edge + height * q, color=COLOURS[1], alpha=0.9, linewidth=0)
        ticks = np.linspace(t[0], t[-1], 5)
        ax.set(xlabel="from x (law P, below)", xlim=(edge, t[-1]), ylim=(edge, t[-1]), xticks=ticks, yticks=ticks)
        ax.set_title(title, fontsize=10)
        ax.set_aspect("equal")
    axes[0, 0].set_ylabel("to y (law Q, left)")
    return picture


def landscape(f: Any, x: np.ndarray, y: np.ndarray, plan: np.ndarray) -> Any:
    """Level lines of a potential f of the plane, and the plan that it certifies, from x (squares) to y (dots)."""
    picture, ax = figure(width=5.6, height=4.6)
    both = np.concatenate([x, y])
    low, high = both.min(0) - 0.08, both.max(0) + 0.08
    u, v = np.meshgrid(np.linspace(low[0], high[0], 141), np.linspace(low[1], high[1], 141))
    z = f(np.stack([u.ravel(), v.ravel()], axis=1)).reshape(u.shape)
    levels = np.arange(np.floor(z.min() * 20) / 20, z.max() + 0.05, 0.05)
    shown = ax.contourf(u, v, z, levels, cmap="Greys_r", vmin=z.min() - 0.6 * np.ptp(z))
    ax.contour(u, v, z, levels, colors="white", linewidths=0.4)
    for i, j in np.argwhere(plan > 1e-12):
        width = 0.5 + 5 * plan[i, j] / plan.max()
        ax.plot(*zip(x[i], y[j], strict=True), color=COLOURS[4], linewidth=width, zorder=2)
    ax.plot(*x.T, **BAKERY, markersize=7, label="x (law P)")
    ax.plot(*y.T, **CAFE, markersize=7, label="y (law Q)")
    ax.set_aspect("equal")
    ax.set(xlabel="first coordinate", ylabel="second coordinate")
    picture.colorbar(shown, ax=ax, label="f", shrink=0.85)
    ax.legend(fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return picture


def floor(n: Sequence[int], means: Mapping[str, np.ndarray], slopes: Mapping[str, float]) -> Any:
    """Mean W_1 between two samples of n points of one law, against n, on logarithmic axes.

    means: label -> (len(n),); slopes: label -> predicted power of n, drawn as a thin line through the last point."""
    picture, ax = figure(height=3.8)
    size = np.asarray(n, dtype=float)
    for (label, mean), look in zip(means.items(), series(len(means)), strict=True):
        ax.loglog(size, mean, label=label, linewidth=1.8, markersize=6, **look)
        line = mean[-1] * (size / size[-1]) ** slopes[label]
        ax.loglog(size, line, color=QUIET, linewidth=0.9, linestyle=":")
    ax.set_xticks(size, [f"{k:g}" for k in size])
    ax.minorticks_off()
    ticks = (0.1, 0.2, 0.5, 1, 2)
    ax.set_yticks(ticks, [f"{k:g}" for k in ticks])
    ax.set(xlabel="points in each sample, n", ylabel="mean W1 between two samples of one law")
    ax.legend(fontsize=9)
    return picture
