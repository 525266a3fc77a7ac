"""The network simplex method: optimal transport by exchanging one arc of a spanning tree at a time.

Nodes: the rows 0 .. m-1 and the columns m .. m+n-1.  A basic plan is a spanning tree of arcs row -> column; the flows
on it follow from the masses.  An arc outside closes one cycle; if the costs round it, with alternating signs, sum to
less than 0, then flow pushed round the cycle makes the plan cheaper, until one arc of the tree runs dry and leaves
(Dantzig 1951; Ahuja, Magnanti, Orlin 1993, chapter 11).  What makes it short and fast here:

- Masses are Python integers, so flows are exact.  They are perturbed so that no tree has an arc without flow
  (`perturb`): every exchange strictly lowers the cost, nothing can cycle, and no tie needs a rule.
- The tree is four lists: for each node its parent, the cost and the flow of the arc between them, and a rank, lower
  than the parent's: of two nodes, the lower one cannot be above the other, so the climb to where two paths meet visits
  nothing but the cycle.
- All potentials at once, from all nodes, by pointer jumping: log2(depth) NumPy passes (`potentials`).
- Arcs are priced a block of rows at a time; the best column of each row is a candidate.  Exchanges make the potentials
  stale, so each candidate is priced again, exactly, by the sum round its cycle.
"""

from __future__ import annotations

from math import fsum, isqrt
from typing import NamedTuple

import numpy as np

CHUNK = 1 << 17  # entries of C that are worked on at a time


class Tree(NamedTuple):
    """A spanning tree: lists over the nodes.  cost is + on rows and - on columns; the root is its own parent.

    rank[x] < rank[parent[x]]; apart from that, ranks mean nothing.  cost[-1] is the
    place of an arc that wants to come in."""

    parent: list[int]
    cost: list[float]
    flow: list[int]
    rank: list[int]
    root: int


def solve(A: list[int], B: list[int], C: np.ndarray) -> tuple[list[int], list[int], list[int], np.ndarray]:
    """An optimal basic plan (rows, columns, flows) and potentials v of the columns.

    A, B: nonnegative integers with equal sums; C: (m, n) finite float64.  v is one side of a dual optimum; the other
    is its c-transform, u_i = min_j C_ij - v_j."""
    m, n = C.shape
    A, B, K = perturb(A, B)
    parent, cost, flow, rank, root = tree = greedy(A, B, C)
    up, signed = np.array(parent), np.array(cost[:-1])  # the same lists for NumPy, brought up to date by `changed`
    changed: list[int] = []
    cost_of = cost.__getitem__
    everyone, few, many = np.arange(m), min(m, max(8, isqrt(2 * m))), min(m, 10 * isqrt(m) + 8)
    first, rows, block = 0, min(m, 5 * isqrt(m) + 8), np.empty((many, n))
    quiet = 0  # rows in succession without an exchange: all of them, and the plan is optimal
    while quiet < m:
        up[changed] = [parent[x] for x in changed]
        signed[changed] = [cost[x] for x in changed]
        changed.clear()
        p = potentials(up, signed, root)
        last = min(first + rows, m)
        prices = np.add(C[first:last], p[m:], out=block[: last - first])
        best = prices.argmin(axis=1)
        reduced = prices[everyone[: last - first], best] - p[first:last]
        best += m
        outside = (up[first:last] != best) & (up[best] != everyone[first:last])
        candidates = np.flatnonzero((reduced < 0) & outside)
        candidates = candidates[reduced[candidates].argsort()]
        exchanges = stale = 0
        for i, j in zip((candidates + first).tolist(), best[candidates].tolist(), strict=True):
            left, right = climb(parent, rank, i, j)
            cost[-1] = c = C.item(i, j - m)
            right.append(-1)
            # Both sums are rounded correctly, so "less" is never a rounding error: the cost falls strictly.
            if fsum(map(cost_of, right)) < fsum(map(cost_of, left)):
                right.pop()
                exchange(tree, i, j, c, left, right, changed)
                exchanges += 1
            else:
                stale += 1
        quiet = 0 if exchanges else quiet + last - first
        if exchanges and stale > exchanges:  # much has changed: price the same rows again, and fewer at a time
            rows = max(few, rows * 4 // 5)
        else:
            first, rows = last % m, min(many, rows * 5 // 4) if exchanges else rows
    plan = [(x, parent[x], (flow[x] + m * n) // K) for x in range(m + n) if x != root]
    arcs = sorted((min(x, y), max(x, y) - m, f) for x, y, f in plan if f)
    up[changed], signed[changed] = [parent[x] for x in changed], [cost[x] for x in changed]
    v = -potentials(up, signed, root)[m:]
    return [i for i, _, _ in arcs], [j for _, j, _ in arcs], [f for _, _, f in arcs], v


def perturb(A: list[int], B: list[int]) -> tuple[list[int], list[int], int]:
    """K A + n on every row, K B + 1 on every column, the rest on the last; K = 2 m n + 1.

    No part of the rows and part of the columns have equal sums then, so removing an arc never leaves two balanced
    trees: every arc of every spanning tree has flow.  The true flow is (f + m n) // K, since the perturbation of an
    arc's flow is at most m n.  Zero masses are welcome."""
    m, n = len(A), len(B)
    K = 2 * m * n + 1
    B = [K * b + 1 for b in B]
    B[-1] += m * n - n
    return [K * a + n for a in A], B, K


def potentials(up: np.ndarray, cost: np.ndarray, root: int) -> np.ndarray:
    """The sum of the signed costs from each node to the root: C_ij = p_i - p_j on the tree.

    Pointer jumping: add what your parent has, then make your grandparent your parent."""
    p = cost.copy()
    while True:
        p += p[up]
        up = up[up]
        if (up == root).all():
            return p


def climb(parent: list[int], rank: list[int], i: int, j: int) -> tuple[list[int], list[int]]:
    """The nodes from i and from j up to where the two paths meet, that node left out."""
    left, right = [], []
    while i != j:
        if rank[i] < rank[j]:
            left.append(i)
            i = parent[i]
        else:
            right.append(j)
            j = parent[j]
    return left, right


def exchange(tree: Tree, i: int, j: int, c: float, left: list[int], right: list[int], changed: list[int]) -> None:
    """Push flow along the arc i -> j and back through the tree; the arc that runs dry leaves.

    Going round, arcs are passed against their direction (and lose) and with it (and gain) in turn.  The part of the
    tree that the leaving arc cut off is hung on the new arc: parents are reversed along the stem, and ranks raised from
    there upwards as far as needed."""
    parent, cost, flow, rank, root = tree
    losing = left[::2] + right[::2]
    dry = min(losing, key=flow.__getitem__)
    push = f = flow[dry]
    for x in losing:
        flow[x] -= push
    for x in left[1::2]:
        flow[x] += push
    for x in right[1::2]:
        flow[x] += push
    stem, new = (left, j) if dry in left else (right, i)
    if stem is right:
        c = -c
    for x in stem:
        changed.append(x)
        parent[x], new = new, x
        cost[x], c = c, -cost[x]
        flow[x], f = f, flow[x]
        if x == dry:
            break
    above = rank[dry]
    while x != root:
        x = parent[x]
        above += 1
        if rank[x] >= above:
            return
        rank[x] = above


def greedy(A: list[int], B: list[int], C: np.ndarray) -> Tree:
    """A spanning tree to start from: cheap arcs first, as much as fits on each.

    Cheap is meant relative to the row's and the column's mean cost.  Each row proposes its 16 best columns (more if
    there are many columns for each row); when all proposals are used, the rows and columns that are left propose
    again.  The one that an arc exhausts hangs on the other, which is exhausted later: the last is the root."""
    m, n = C.shape
    left, row_mean, column_mean = A + B, C.mean(axis=1), C.mean(axis=0)
    parent, cost, flow, rank = list(range(m + n)), [0.0] * (m + n + 1), [0] * (m + n), [0] * (m + n)
    exhausted = 0
    rows, columns = np.arange(m), np.arange(n)
    while True:
        k = min(len(columns), max(16, 2 * len(columns) // len(rows)))
        step = max(1, CHUNK // len(columns))
        arcs, values = [], []
        for part in (rows[s : s + step] for s in range(0, len(rows), step)):
            block = C[part[0] : part[-1] + 1] if len(part) == part[-1] - part[0] + 1 else C[part]
            block = (block if len(columns) == n else block[:, columns]) - column_mean[columns]
            best = block.argpartition(k - 1, axis=1)[:, :k]
            values.append((np.take_along_axis(block, best, axis=1) - row_mean[part, None]).ravel())
            arcs.append((part[:, None] * n + columns[best]).ravel())
        order = np.concatenate(values).argsort(kind="stable")
        for arc in np.concatenate(arcs)[order].tolist():
            i, j = divmod(arc, n)
            supply, demand = left[i], left[m + j]
            if supply and demand:
                x, other = (i, m + j) if supply <= demand else (m + j, i)
                push = left[x]
                left[x], left[other] = 0, left[other] - push
                c = C.item(i, j)
                parent[x], cost[x], flow[x], rank[x] = other, (c if x < m else -c), push, exhausted
                exhausted += 1
                if supply == demand:  # nothing is left anywhere
                    rank[other] = exhausted
                    return Tree(parent, cost, flow, rank, other)
        rows = np.array([i for i in rows.tolist() if left[i]])
        columns = np.array([j for j in columns.tolist() if left[m + j]])
