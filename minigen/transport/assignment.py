"""Monge's problem: who goes to whom, one to one.  Shortest augmenting paths; the dual prices come free."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import fsum
from typing import Any

import numpy as np

from minigen.transport.plan import check_costs


@dataclass(frozen=True, eq=False)
class Assignment:
    """Row i goes to columns[i].  cost: the sum (an integer for integer C).  u, v: prices with u_i + v_j <= C_ij."""

    columns: np.ndarray
    cost: Any
    u: np.ndarray = field(repr=False)
    v: np.ndarray = field(repr=False)

    def dense(self) -> np.ndarray:
        """The permutation matrix."""
        return np.eye(len(self.columns), dtype=np.int64)[self.columns]


def assignment(C: Any) -> Assignment:
    """The permutation s that costs least, min sum_i C[i, s(i)], and prices that prove it.

    C: (n, n) costs of any sign; np.inf forbids a pair.  Rows enter one at a time; each finds the cheapest way to a free
    column, moving others on its way (Dijkstra's algorithm on reduced costs; Jonker and Volgenant 1987).  O(n^3);
    transport_plan(None, None, C) finds the same optimum faster when n is large.
    ValueError if C is not square, holds NaN, or if every permutation needs a forbidden pair.  (Claim C37.)"""
    original, costs, _, _, _ = check_costs(C)
    n, columns = costs.shape
    if n != columns:
        raise ValueError(f"C has shape {costs.shape}: an assignment is one to one; transport_plan takes any shape")
    v = costs.min(axis=0, initial=np.inf)
    if not np.isfinite(v).all():
        raise ValueError(f"column {int(np.argmax(~np.isfinite(v)))} is forbidden to every row: no assignment exists")
    u = np.zeros(n)
    row_of = np.full(n, -1)
    column_of = np.full(n, -1)
    for start in range(n):
        shortest, before, closed = np.full(n, np.inf), np.full(n, start), np.zeros(n, dtype=bool)
        i, reached = start, 0.0
        while True:
            through = reached + (costs[i] - u[i] - v)
            shorter = (through < shortest) & ~closed  # a closed column is final: rounding must not reopen it
            shortest[shorter], before[shorter] = through[shorter], i
            j = int(np.where(closed, np.inf, shortest).argmin())
            if closed[j] or shortest[j] == np.inf:
                raise ValueError("every assignment needs a forbidden pair")
            reached = shortest[j]
            if row_of[j] < 0:
                break
            closed[j] = True
            i = row_of[j]
        gain = np.where(closed, reached - shortest, 0.0)
        v -= gain
        u[row_of[closed]] += gain[closed]
        u[start] += reached
        while True:  # along the path, each column goes over to the row that reached it
            i = before[j]
            row_of[j] = i
            column_of[i], j = j, column_of[i]
            if i == start:
                break
    used = original[np.arange(n), column_of]
    cost = sum(used.tolist()) if original.dtype.kind in "biu" else fsum(used)
    return Assignment(column_of, cost, u, v)
