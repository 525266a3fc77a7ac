"""The transportation simplex by hand (MODI, the u-v method), written to be watched; for n up to about 100."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from math import fsum
from typing import Any

import numpy as np

from minigen.transport.line import corner_steps
from minigen.transport.masses import Masses, _exact, masses
from minigen.transport.network_simplex import perturb
from minigen.transport.plan import check_costs

Arc = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Tableau:
    """One basic plan on the way to the optimum, and the exchange that comes next.

    plan: (m, n).  cost: <plan, C>.  basis: its m + n - 1 arcs (i, j), some perhaps without flow.  u, v: prices with
    u_i + v_j = C_ij on the basis and u_0 = 0.  reduced: C_ij - u_i - v_j, what a unit on that arc would add.
    entering: the arc that comes in (None at the optimum), cycle: the arcs round which flow is pushed, the entering
    one first, gaining and losing in turn; leaving: the one that runs dry; push: how much flow (0 if degenerate)."""

    plan: np.ndarray
    cost: Any
    basis: list[Arc]
    u: np.ndarray
    v: np.ndarray
    reduced: np.ndarray
    entering: Arc | None = None
    cycle: list[Arc] = field(default_factory=list)
    leaving: Arc | None = None
    push: Any = 0


def north_west_corner(a: Any, b: Any) -> np.ndarray:
    """A plan with row sums a and column sums b, (m, n): fill from the top left, going on when one is used up.

    Costs play no part.  Integers give integers.  On a line, with both sides sorted, it is optimal.  ValueError as in
    transport_plan."""
    if a is None or b is None:
        raise ValueError("north_west_corner needs both weights, a and b")
    given = masses(a, b, np.size(a), np.size(b))
    rows, cols, flow = corner_steps(_exact(given.A).astype(object), _exact(given.B).astype(object))
    return _dense(given, dict(zip(zip(rows.tolist(), cols.tolist(), strict=True), flow.tolist(), strict=True)))


def modi(a: Any, b: Any, C: Any) -> Iterator[Tableau]:
    """Solve min <P, C> from the north-west corner, yielding a Tableau before each exchange and one at the optimum.

    a, b, C: as in transport_plan, but finite costs.  Integer weights and costs stay exact.  Prices from the basis, the
    most negative reduced cost enters, flow goes round its cycle, the arc that runs dry leaves (Dantzig 1951).  Masses
    are perturbed out of sight, so degenerate tables cannot cycle."""
    original, costs, _, _, forbidden = check_costs(C)
    if forbidden:
        raise ValueError("modi needs finite costs; transport_plan takes np.inf for a forbidden arc")
    m, n = costs.shape
    given = masses(a, b, m, n)
    A, B, K = perturb(given.A, given.B)
    steps = corner_steps(np.array(A, dtype=object), np.array(B, dtype=object))
    flow: dict[Arc, int] = {(i, j): f for i, j, f in zip(*(s.tolist() for s in steps), strict=True)}

    def true(f: int) -> int:
        return (f + m * n) // K

    while True:
        u, v = prices(flow, costs)
        reduced = costs - u[:, None] - v
        entering, cycle = _entering(reduced, costs, flow)
        plan = _dense(given, {arc: true(f) for arc, f in flow.items()})
        moved = [(plan[arc], original[arc]) for arc in sorted(flow)]
        if given.exact and original.dtype.kind in "biu":
            cost: Any = sum(int(c) * (p if plan.dtype == object else int(p)) for p, c in moved)
        else:
            cost = fsum(float(p) * float(c) for p, c in moved)
        if entering is None:
            yield Tableau(plan, cost, sorted(flow), u, v, reduced)
            return
        losing = cycle[1::2]
        leaving = min(losing, key=flow.__getitem__)
        push = flow[leaving]
        for arc in cycle[::2]:
            flow[arc] = flow.get(arc, 0) + push
        before = dict(flow)
        for arc in losing:
            flow[arc] -= push
        del flow[leaving]
        pushed = given.back([true(before[leaving])])[0]
        yield Tableau(plan, cost, sorted(before.keys() - {entering}), u, v, reduced, entering, cycle, leaving, pushed)


def prices(basis: Any, C: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """u, v with u_i + v_j = C_ij on the arcs of a spanning tree, and u_0 = 0."""
    m, n = C.shape
    u, v = np.full(m, np.nan), np.full(n, np.nan)
    neighbours = _neighbours(basis, m, n)
    u[0], waiting = 0.0, [0]
    while waiting:
        x = waiting.pop()
        for y in neighbours[x]:
            if x < m and np.isnan(v[y - m]):
                v[y - m] = C[x, y - m] - u[x]
                waiting.append(y)
            elif x >= m and np.isnan(u[y]):
                u[y] = C[y, x - m] - v[x - m]
                waiting.append(y)
    return u, v


def cycle_of(entering: Arc, basis: Any, m: int, n: int) -> list[Arc]:
    """The cycle that the entering arc closes with the tree: itself first, then arcs that lose and gain in turn."""
    neighbours = _neighbours(basis, m, n)
    i, j = entering[0], entering[1] + m
    came, waiting = {j: j}, [j]
    while i not in came:
        x = waiting.pop()
        for y in neighbours[x]:
            if y not in came:
                came[y] = x
                waiting.append(y)
    path = [i]
    while path[-1] != j:
        path.append(came[path[-1]])
    nodes = path[::-1]  # from the entering arc's column back to its row
    return [entering, *((min(x, y), max(x, y) - m) for x, y in pairwise(nodes))]


def _entering(reduced: np.ndarray, C: np.ndarray, flow: dict[Arc, int]) -> tuple[Arc | None, list[Arc]]:
    """The arc with the most negative reduced cost; rounding is ruled out by the exact sum of costs round its cycle."""
    m, n = C.shape
    for k in np.argsort(reduced, axis=None).tolist():
        arc = divmod(k, n)
        if reduced[arc] >= 0:
            break
        if arc not in flow:
            cycle = cycle_of(arc, flow, m, n)
            if fsum(C[c] for c in cycle[::2]) < fsum(C[c] for c in cycle[1::2]):
                return arc, cycle
    return None, []


def _neighbours(basis: Any, m: int, n: int) -> list[list[int]]:
    neighbours: list[list[int]] = [[] for _ in range(m + n)]
    for i, j in basis:
        neighbours[i].append(m + j)
        neighbours[m + j].append(i)
    return neighbours


def _dense(given: Masses, flow: dict[Arc, int]) -> np.ndarray:
    arcs = list(flow)
    mass = given.back([flow[arc] for arc in arcs])
    plan = np.zeros((len(given.A), len(given.B)), dtype=mass.dtype)
    for arc, f in zip(arcs, mass, strict=True):
        plan[arc] = f
    return plan
