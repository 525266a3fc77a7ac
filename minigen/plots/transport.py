"""Figures of transport plans."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigen.plots.style import COLOURS, figure
from minigen.transport import TransportPlan


def plan_on_points(x: np.ndarray, y: np.ndarray, plan: TransportPlan) -> Any:
    """Both sets of points and a line for each mass that moves, thick where it is much.

    x (m, d), y (n, d): the first two columns are drawn; points on a line are drawn on two levels."""
    from matplotlib.collections import LineCollection

    flat = x.shape[1] == 1
    start, end = (np.c_[p[:, 0], np.full(len(p), level)] if flat else p[:, :2] for p, level in ((x, 1.0), (y, 0.0)))
    mass = plan.mass.astype(np.float64)
    picture, ax = figure(width=6.5, height=3.2 if flat else 6.0)
    segments = np.stack([start[plan.rows], end[plan.cols]], axis=1)
    ax.add_collection(
        LineCollection(list(segments), linewidths=0.4 + 1.6 * mass / mass.max(), colors="#888888", zorder=1)
    )
    size = 30 if len(x) + len(y) <= 400 else 8
    ax.scatter(*start.T, s=size, color=COLOURS[0], marker="o", label=f"from ({len(x)})", zorder=2)
    ax.scatter(*end.T, s=size, color=COLOURS[1], marker="s", edgecolors="black", linewidths=0.4,
               label=f"to ({len(y)})", zorder=3)  # fmt: skip
    if flat:
        ax.set_yticks([])
        ax.set_ylim(-0.4, 1.4)
        ax.set_xlabel("x")
    else:
        ax.set_aspect("equal")
        ax.set(xlabel="first coordinate", ylabel="second coordinate")
    ax.set_title(f"optimal plan, cost {float(plan.cost):.6g}", fontsize=10)
    ax.legend(fontsize=9)
    return picture
