"""What all figures share: colours that differ in grey and for the colour-blind, a calm frame, no global state."""

from __future__ import annotations

from functools import cache
from itertools import cycle, islice
from typing import Any

import numpy as np

# Okabe and Ito (2008), ordered so that neighbours differ in lightness; lines differ in dash and marker, too.
COLOURS = ("#0072b2", "#e69f00", "#000000", "#009e73", "#d55e00", "#cc79a7")
DASHES = ("-", "--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)))
MARKERS = ("o", "s", "^", "D", "v", "X")
QUIET = "#777777"  # guides, predictions, what is only to compare with


def series(n: int) -> list[dict[str, Any]]:
    """Keyword arguments for n curves: colour, linestyle and marker, all different up to six."""
    looks = ({"color": c, "linestyle": d, "marker": m} for c, d, m in zip(COLOURS, DASHES, MARKERS, strict=True))
    return list(islice(cycle(looks), n))


@cache
def _figure_class() -> type:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    class Picture(Figure):
        """A figure that a notebook shows when it is a cell's value, whether pyplot is loaded or not."""

        def _repr_png_(self) -> bytes:
            from io import BytesIO

            buffer = BytesIO()
            FigureCanvasAgg(self).print_png(buffer)
            return buffer.getvalue()

    return Picture


def figure(rows: int = 1, columns: int = 1, width: float = 7.0, height: float = 3.6, **options: Any) -> tuple[Any, Any]:
    """A figure of width x height inches and its axes: one Axes, or an array of them (rows x columns, squeezed).

    options: of Figure.subplots (sharex, width_ratios, ...).  It is the caller's to show or to save.
    """
    picture = _figure_class()(figsize=(width, height), dpi=110, layout="constrained")
    axes = picture.subplots(rows, columns, **options)
    for ax in np.ravel(axes):
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(color="#e3e3e3", linewidth=0.7)
        ax.set_axisbelow(True)
    return picture, axes
