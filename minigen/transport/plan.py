"""The optimal plan of the Kantorovich problem, with a certificate that does not trust the solver."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import fsum
from typing import Any, NamedTuple

import numpy as np

from minigen.autodiff import raw
from minigen.device import asnumpy
from minigen.transport.costs import CHUNK
from minigen.transport.masses import Masses, masses
from minigen.transport.network_simplex import solve

GAP = 1e-9  # of max(cost, 1e-3 max|C| mass): the cost itself may be 0
MARGINAL = 1e-12  # of the mass


class Certificate(NamedTuple):
    """Why a plan is optimal: it costs what the prices earn, and no price is too high (weak duality).

    gap = <P, C> - a.u - b.v.  excess: largest u_i + v_j - C_ij.  slack: largest C_ij - u_i - v_j where mass moves.
    marginal_error: largest error of a row or column sum.  scale, mass: what these are relative to."""

    gap: float
    excess: float
    slack: float
    marginal_error: float
    scale: float
    mass: float

    @property
    def ok(self) -> bool:
        per_unit = GAP * self.scale / self.mass
        return (
            abs(self.gap) <= GAP * self.scale
            and self.excess <= per_unit
            and self.marginal_error <= MARGINAL * self.mass
        )

    def __str__(self) -> str:
        return (
            f"{'optimal' if self.ok else 'NOT PROVED OPTIMAL'}: gap {self.gap:.1e} of {self.scale:.4g}, "
            f"prices above cost by at most {max(self.excess, 0):.1e}, slack where mass moves {self.slack:.1e}, "
            f"marginal error {self.marginal_error:.1e}"
        )


@dataclass(frozen=True, eq=False, repr=False)
class TransportPlan:
    """An optimal plan: mass[k] moves from row rows[k] to column cols[k], at most m + n - 1 entries.

    cost: <P, C>, not a distance: W_p is its p-th root when C = d^p.  u (m,), v (n,): dual potentials (prices),
    u_i + v_j <= C_ij with equality where mass moves; u + t, v - t is as good, and t is chosen so that a.u = b.v.
    gap: cost - a.u - b.v, the proof of optimality.  dense(): the plan as a matrix.  check(): the certificate anew."""

    cost: Any
    rows: np.ndarray
    cols: np.ndarray
    mass: np.ndarray
    u: np.ndarray
    v: np.ndarray
    gap: float
    a: np.ndarray
    b: np.ndarray
    C: np.ndarray

    def __repr__(self) -> str:
        m, n = self.shape
        return f"TransportPlan({m} x {n}, cost {self.cost}, {len(self.mass)} arcs, gap {self.gap:.1e})"

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.a), len(self.b)

    def dense(self) -> np.ndarray:
        """P, shape (m, n): P_ij is the mass that moves from i to j."""
        P = np.zeros(self.shape, dtype=self.mass.dtype)
        P[self.rows, self.cols] = self.mass
        return P

    def check(self) -> Certificate:
        """The certificate, computed from the plan, the prices, the weights and C alone.  AssertionError if it fails."""
        certificate = certify(self)
        if not certificate.ok:
            raise AssertionError(str(certificate))
        return certificate


def transport_plan(a: Any, b: Any, C: Any, *, normalise: bool = False) -> TransportPlan:
    """The plan P >= 0 with row sums a and column sums b that costs least, min <P, C>: Kantorovich's linear program.

    a: (m,), b: (n,) weights (how much there is, not where: positions enter through C alone); None is uniform.
    C: (m, n) costs of any sign; np.inf forbids an arc.  Integer or Fraction weights give integers or Fractions back.
    normalise: divide each of a and b by its sum.  The network simplex; the optimum is certified to 1e-9.
    ValueError if the weights are negative, not finite, or sum to different amounts, if a cost is NaN or -inf, if
    shapes do not fit, or if every plan needs a forbidden arc.  (Claims C36-C39.)"""
    original, costs, lowest, highest, forbidden = check_costs(C)
    m, n = costs.shape
    given = masses(a, b, m, n, normalise)
    flipped = not costs.flags.c_contiguous  # the solver reads rows: if those are far apart in memory, swap the sides
    work = costs.T if flipped else costs
    work = work if work.flags.c_contiguous else np.ascontiguousarray(work)
    A, B = (given.B, given.A) if flipped else (given.A, given.B)
    arcs = _solve_forbidden(A, B, work, lowest, highest) if forbidden else _solve(A, B, work)
    plan = _plan(given, original, costs, arcs, flipped)
    ceiling = _ceiling(plan, costs, lowest)
    if plan.gap > 1e-12 * abs(plan.cost) and (ceiling < highest or forbidden):
        # Costs of very different size spoil the prices.  A plan that is optimal for min(C, ceiling) and uses no arc
        # at the ceiling is optimal for C: raising the cost of unused arcs makes no other plan cheaper.
        lowered = _plan(given, original, costs, _solve(A, B, np.minimum(work, ceiling)), flipped)
        if lowered.C[lowered.rows, lowered.cols].max() < ceiling and lowered.gap < plan.gap:
            plan = lowered
    if not abs(plan.gap) <= GAP * max(abs(plan.cost), 1e-3 * max(-lowest, highest) * float(sum(given.a))):
        raise ArithmeticError(f"the gap {plan.gap:.3g} at cost {plan.cost:.6g} is too large: rescale the costs")
    return plan


def is_optimal(P: Any, u: Any, v: Any, C: Any, tol: float = 1e-9) -> bool:
    """Do the prices u, v prove that the plan P is optimal for its own marginals?  (Complementary slackness.)

    P >= 0, u_i + v_j <= C_ij everywhere, and equality wherever P_ij > 0; up to tol, relative as in a plan's gap.
    ValueError if the shapes (m, n), (m,), (n,) do not fit."""
    P, u, v, C = (np.asarray(asnumpy(raw(t))).astype(np.float64) for t in (P, u, v, C))
    if not (P.ndim == 2 and P.shape == C.shape == (*u.shape, *v.shape)):
        raise ValueError(f"P {P.shape}, u {u.shape}, v {v.shape} and C {C.shape} do not fit")
    if not (np.isfinite(P).all() and np.isfinite(u).all() and np.isfinite(v).all()):
        return False
    mass = float(np.abs(P).sum())
    if P.min() < -tol * mass:
        return False
    moves = P > 0
    slack = C - u[:, None] - v
    if not np.isfinite(C[moves]).all():
        return False
    finite = np.abs(C[np.isfinite(C)]).max(initial=0.0)
    scale = max(abs(float(np.sum(P[moves] * C[moves]))), 1e-3 * finite * mass)
    return bool(slack.min() * mass >= -tol * scale and np.sum(P[moves] * slack[moves]) <= tol * scale)


def check_costs(C: Any) -> tuple[np.ndarray, np.ndarray, float, float, bool]:
    """C as given and as float64, its lowest and highest finite entry, and whether an arc is forbidden.

    ValueError if it is no cost matrix."""
    original = np.asarray(asnumpy(raw(C)))
    if original.dtype.kind == "O":
        original = original.astype(np.float64)
    if original.dtype.kind not in "biuf":
        raise ValueError(f"C has dtype {original.dtype}, expected real numbers")
    if original.ndim != 2 or 0 in original.shape:
        raise ValueError(f"C has shape {original.shape}, expected (m, n) with at least one row and one column")
    costs = original.astype(np.float64, copy=False)
    lowest, highest = float(costs.min()), float(costs.max())
    if np.isnan(lowest) or lowest == -np.inf:
        i, j = (int(k) for k in np.argwhere(np.isnan(costs) | (costs == -np.inf))[0])
        raise ValueError(f"C[{i}, {j}] is {costs[i, j]}, expected a number (np.inf forbids the arc)")
    if lowest == np.inf:
        raise ValueError("all costs are infinite: every arc is forbidden")
    forbidden = highest == np.inf
    if forbidden:
        highest = float(costs.max(where=costs < np.inf, initial=lowest))
    if max(-lowest, highest) > 1e300:
        raise ValueError("a cost is beyond 1e300, where sums overflow: rescale the costs (np.inf forbids an arc)")
    return original, costs, lowest, highest, forbidden


def certify(plan: TransportPlan) -> Certificate:
    """The certificate of a plan, from its definition; a pass over C in chunks."""
    m, n = plan.shape
    costs, mass = plan.C, _floats(plan.mass)
    a, b, used = _floats(plan.a), _floats(plan.b), costs[plan.rows, plan.cols].astype(np.float64)
    excess, top = -np.inf, 0.0
    for start in range(0, m, step := max(1, CHUNK // n)):
        block = costs[start : start + step].astype(np.float64)
        excess = max(excess, float((plan.u[start : start + step, None] + plan.v - block).max()))
        top = max(top, float(np.abs(block[np.isfinite(block)]).max(initial=0.0)))
    total, cost = fsum(a), fsum(mass * used)
    row_sums = np.bincount(plan.rows, mass, minlength=m)
    column_sums = np.bincount(plan.cols, mass, minlength=n)
    error = max(np.abs(row_sums - a).max(), np.abs(column_sums - b).max())
    if mass.min() < 0:
        error = np.inf
    gap = cost - fsum([*(a * plan.u), *(b * plan.v)])
    slack = float((used - plan.u[plan.rows] - plan.v[plan.cols]).max())
    return Certificate(gap, excess, slack, float(error), max(abs(cost), 1e-3 * top * total), total)


def _plan(given: Masses, original: np.ndarray, costs: np.ndarray, arcs: tuple, flipped: bool) -> TransportPlan:
    """Assemble the plan; the prices of one side by c-transform of the other, from C itself."""
    rows, cols, flow, v = arcs
    if flipped:
        order = sorted(range(len(rows)), key=lambda k: (cols[k], rows[k]))
        rows, cols, flow = ([t[k] for k in order] for t in (cols, rows, flow))
        v, u = _finite(c_transform(costs.T, v)), v
    else:
        u = _finite(c_transform(costs, v))
    i, j, mass = np.array(rows), np.array(cols), given.back(flow)
    used = original[i, j]
    if given.exact and original.dtype.kind in "biu":
        cost = sum(p * c for p, c in zip(mass.tolist(), used.tolist(), strict=True))
    else:
        cost = fsum(_floats(mass) * used)
    a, b = _floats(given.a), _floats(given.b)
    earned = fsum(a * u), fsum(b * v)
    shift = (earned[1] - earned[0]) / (2 * fsum(a))
    u, v = u + shift, v - shift
    gap = float(cost) - fsum([*(a * u), *(b * v)])
    return TransportPlan(cost, i, j, mass, u, v, gap, given.a, given.b, original)


def c_transform(C: np.ndarray, v: np.ndarray) -> np.ndarray:
    """u_i = min_j C_ij - v_j: the highest prices of the rows that those of the columns allow."""
    u = np.empty(len(C))
    for start in range(0, len(C), step := max(1, CHUNK // C.shape[1])):
        u[start : start + step] = (C[start : start + step] - v).min(axis=1)
    return u


def _finite(prices: np.ndarray) -> np.ndarray:
    """A row without mass, all of whose arcs are forbidden, may have any price: then it is 0."""
    return np.where(prices < np.inf, prices, 0.0)


def _solve(A: list[int], B: list[int], C: np.ndarray) -> tuple:
    """The network simplex, on the rows and columns with mass alone where that halves the work at least."""
    i, j = (np.array([k for k, mass in enumerate(side) if mass]) for side in (A, B))
    if 2 * len(i) * len(j) > C.size:
        return solve(A, B, C)
    rows, cols, flow, part = solve([A[k] for k in i], [B[k] for k in j], C[np.ix_(i, j)])
    v = np.empty(len(B))
    v[j] = part
    empty = np.setdiff1d(np.arange(len(B)), j)
    if len(empty):
        u = c_transform(C[np.ix_(i, j)], part)
        v[empty] = (C[np.ix_(i, empty)] - u[:, None]).min(axis=0)
    return i[rows].tolist(), j[cols].tolist(), flow, v


def _solve_forbidden(A: list[int], B: list[int], C: np.ndarray, lowest: float, highest: float) -> tuple:
    """Forbidden arcs get a cost so high that avoiding one pays for any detour, which has fewer than m + n arcs."""
    forbidden = np.isposinf(C)
    finite = np.where(forbidden, highest + (len(A) + len(B)) * ((highest - lowest) or max(abs(highest), 1.0)), C)
    rows, cols, flow, v = _solve(A, B, finite)
    crossing = sum(f for i, j, f in zip(rows, cols, flow, strict=True) if forbidden[i, j])
    if crossing:
        share = float(Fraction(crossing, sum(A)))
        raise ValueError(f"no plan avoids the forbidden arcs: at least {share:.6g} of the mass needs an infinite cost")
    return rows, cols, flow, v


def _ceiling(plan: TransportPlan, costs: np.ndarray, lowest: float) -> float:
    used = float(costs[plan.rows, plan.cols].max())
    return used + 4 * sum(plan.shape) * ((used - lowest) or max(abs(used), 1.0))


def _floats(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float64)
