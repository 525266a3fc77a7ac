"""The graph of a Tensor as a picture: which call was made on which."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from minigen.autodiff.duck import name_of
from minigen.autodiff.tensor import Tensor, ancestors


class Drawing:
    """A drawn graph: `.dot` is DOT text for Graphviz, `.svg` a picture; a notebook shows the picture."""

    def __init__(self, labels: dict[int, str], leaves: set[int], arcs: list[tuple[int, int]]):
        self.labels, self.leaves, self.arcs = labels, leaves, arcs

    @property
    def dot(self) -> str:
        def quoted(s):
            return '"' + s.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'

        nodes = [
            f"  {n} [label={quoted(s)}, shape={'box' if n in self.leaves else 'ellipse'}];"
            for n, s in self.labels.items()
        ]
        return "\n".join(["digraph {", "  rankdir=LR;", *nodes, *(f"  {a} -> {b};" for a, b in self.arcs), "}"])

    @property
    def svg(self) -> str:
        """Columns by the longest way from a leaf; in a column, each node at the mean height of its arguments."""
        import html  # only pictures need it

        arguments: dict[int, list[int]] = defaultdict(list)
        column: dict[int, int] = {}
        height: dict[int, float] = {}
        for a, b in self.arcs:
            arguments[b].append(a)
        for n in sorted(self.labels):  # arguments have smaller serial numbers
            column[n] = 1 + max((column[a] for a in arguments[n]), default=-1)
        for leaf in self.leaves:  # a leaf stands just before its first use
            column[leaf] = min((column[b] for a, b in self.arcs if a == leaf), default=1) - 1
        for k in range(max(column.values()) + 1):
            members = [n for n in sorted(self.labels) if column[n] == k]
            wish = {n: np.mean([height.get(a, 0.0) for a in arguments[n]] or [0.0]) for n in members}
            for i, n in enumerate(sorted(members, key=lambda n: float(wish[n]))):
                height[n] = i - (len(members) - 1) / 2
        low = min(height.values())
        at = {n: (80 + 150 * column[n], 60 + 64 * (height[n] - low)) for n in self.labels}
        width, depth = (80 + max(x for x, _ in at.values())), (40 + max(y for _, y in at.values()))
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {depth:.0f}" width="{width:.0f}" '
            'font-family="sans-serif" font-size="12" text-anchor="middle">'
            '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
            '<path d="M0 0L8 4L0 8z" fill="#555"/></marker>'
        ]
        for i, (a, b) in enumerate(self.arcs):
            (x, y), (u, v) = at[a], at[b]
            again = (a, b) in self.arcs[:i]  # the second use of the same argument bows to the other side
            bow = 16 if again else -16 if (a, b) in self.arcs[i + 1 :] else -60 * (column[b] - column[a] > 1)
            parts.append(
                f'<path d="M{x + 58:.0f} {y:.0f}C{x + 84:.0f} {y + bow:.0f} {u - 88:.0f} {v + bow:.0f} '
                f'{u - 60:.0f} {v:.0f}" '
                'fill="none" stroke="#555" marker-end="url(#tip)"/>'
            )
        for n, (x, y) in at.items():
            fill, corner = ("#dbe9f6", 3) if n in self.leaves else ("#fdf2d8", 20)
            first, _, second = html.escape(self.labels[n]).partition("\n")
            parts.append(
                f'<rect x="{x - 58:.0f}" y="{y - 20:.0f}" width="116" height="40" rx="{corner}" fill="{fill}" '
                f'stroke="#555"/><text x="{x:.0f}" y="{y - 3:.0f}" fill="#111" font-weight="bold">{first}</text>'
                f'<text x="{x:.0f}" y="{y + 13:.0f}" fill="#333">{second}</text>'
            )
        return "".join([*parts, "</svg>"])

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"Drawing of {len(self.labels)} tensors (its text is .dot, its picture .svg)"


def draw(output: Tensor, **names: Tensor) -> Drawing:
    """The tracked Tensors that output was computed from and the calls between them, to be shown in a notebook.

    names: draw(loss, w=w, b=b) writes these names on their boxes.  Raises ValueError above 200 Tensors.
    """
    if not isinstance(output, Tensor) or not output.requires_grad:
        raise TypeError("draw takes a Tensor that was computed from one with requires_grad=True")
    reached = ancestors(output)
    if len(reached) > 200:
        raise ValueError(f"{len(reached)} Tensors are too many to draw; draw a part, or a smaller example")
    known = {t.serial: name for name, t in names.items()}
    labels = {}
    for n, t in sorted(reached.items()):
        numbers = f"{t.data.item():.4g}" if t.shape == () else f"shape {t.shape}"
        made = name_of(t.function).removeprefix("np.") if t.function else "leaf"
        labels[n] = f"{f'{known[n]} = {made}' if n in known and t.function else known.get(n, made)}\n{numbers}"
    arcs = [(a.serial, n) for n, t in sorted(reached.items()) for a in t.args if isinstance(a, Tensor)]
    return Drawing(labels, {n for n, t in reached.items() if t.function is None}, arcs)
