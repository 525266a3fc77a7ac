"""The solvers to be watched, MODI and the north-west corner, and Monge's assignment."""

from fractions import Fraction
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from test_plan import BAKERIES, PRODUCED, WANTED
from transport_instances import FAMILIES, instances

from minigen.transport import assignment, modi, north_west_corner, transport_plan


def test_north_west_corner():
    plan = north_west_corner([10, 5], [4, 6, 5])
    assert plan.dtype == np.int64 and plan.tolist() == [[4, 6, 0], [0, 0, 5]]
    assert north_west_corner(PRODUCED, WANTED)[0].tolist() == [3, 21, 0, 0, 0, 0]
    a, b = np.random.default_rng(0).dirichlet(np.ones(5), 2)
    plan = north_west_corner(a, b)
    assert np.allclose(plan.sum(1), a, atol=1e-15) and np.allclose(plan.sum(0), b, atol=1e-15)
    assert np.count_nonzero(plan) <= 9
    assert north_west_corner([Fraction(1, 2)] * 2, [Fraction(1, 3)] * 3)[0, 1] == Fraction(1, 6)
    with pytest.raises(ValueError, match="apart"):
        north_west_corner([1, 2], [2, 2])
    with pytest.raises(ValueError, match="both weights"):
        north_west_corner(None, [1])


def test_the_bread_pivot_by_pivot():
    steps = list(modi(PRODUCED, WANTED, BAKERIES))
    assert [type(s.cost) for s in steps] == [int] * len(steps)
    assert steps[0].cost == np.sum(north_west_corner(PRODUCED, WANTED) * BAKERIES) == 1989
    assert steps[-1].cost == 1070 and steps[-1].entering is None and (steps[-1].reduced >= 0).all()
    for now, after in pairwise(steps):
        assert len(now.basis) == 11 and set(after.basis) == set(now.basis) - {now.leaving} | {now.entering}
        assert all(now.u[i] + now.v[j] == BAKERIES[i, j] for i, j in now.basis) and now.u[0] == 0
        assert now.entering == now.cycle[0] and now.leaving in now.cycle[1::2] and len(now.cycle) % 2 == 0
        expected = now.plan.copy()
        for k, arc in enumerate(now.cycle):
            expected[arc] += now.push * (-1) ** k
        assert (after.plan == expected).all() and now.push > 0
        assert after.cost == now.cost + now.push * now.reduced[now.entering] < now.cost
        assert (now.plan.sum(1) == PRODUCED).all() and (now.plan.sum(0) == WANTED).all()


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_degenerate_tables_do_not_cycle(data):
    m, n = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 5))
    flow = np.array(data.draw(st.lists(st.integers(0, 1), min_size=m * n, max_size=m * n))).reshape(m, n)
    flow[-1, -1] += 1
    C = np.array(data.draw(st.lists(st.integers(0, 2), min_size=m * n, max_size=m * n))).reshape(m, n)
    a, b = flow.sum(1), flow.sum(0)
    steps = list(modi(a, b, C))
    assert steps[-1].cost == transport_plan(a, b, C).cost
    assert all(after.cost <= now.cost for now, after in pairwise(steps))
    assert len({tuple(s.basis) for s in steps}) == len(steps)  # no basis comes back


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.__name__)
def test_modi_ends_where_the_network_simplex_does(family):
    for a, b, C in list(instances(family))[:4]:
        *_, last = modi(a, b, C)
        plan = transport_plan(a, b, C)
        scale = max(abs(float(plan.cost)), 1e-3 * np.abs(C).max() * float(sum(plan.a)))
        assert float(last.cost) == pytest.approx(float(plan.cost), abs=1e-9 * scale)


def test_modi_wants_finite_costs():
    with pytest.raises(ValueError, match="finite costs"):
        next(modi(None, None, [[np.inf, 1], [1, 1]]))


def test_the_bakeries_need_64_minutes_not_65():
    found = assignment(BAKERIES)
    assert found.columns.tolist() == [4, 5, 1, 0, 2, 3] and found.cost == 64 and isinstance(found.cost, int)
    totals = sorted(sum(BAKERIES[range(6), list(s)].tolist()) for s in permutations(range(6)))
    assert totals[:3] == [64, 65, 66]
    assert found.dense().tolist() == np.eye(6, dtype=int)[[4, 5, 1, 0, 2, 3]].tolist()


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 2**32), st.sampled_from(["ties", "real", "huge", "barred"]))
def test_assignment_against_scipy(seed, kind):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 14))
    C = {
        "ties": lambda: rng.integers(0, 3, (n, n)),
        "real": lambda: rng.standard_normal((n, n)),
        "huge": lambda: rng.random((n, n)) * 10.0 ** rng.integers(-12, 12, (n, n)),
        "barred": lambda: np.where(rng.random((n, n)) < 0.5, np.inf, rng.random((n, n))),
    }[kind]()
    if kind == "barred":
        C[np.arange(n), rng.permutation(n)] = 0.9
    found = assignment(C)
    rows, columns = linear_sum_assignment(C)
    assert sorted(found.columns) == list(range(n))
    assert found.cost == pytest.approx(C[rows, columns].sum(), rel=1e-9, abs=1e-300)
    scale = np.abs(C[np.isfinite(C)]).max()
    assert (found.u[:, None] + found.v <= C + 1e-12 * scale).all()
    assert np.sum(found.u) + np.sum(found.v) == pytest.approx(found.cost, abs=1e-11 * scale)
    assert transport_plan(None, None, C).cost * n == pytest.approx(found.cost, rel=1e-9, abs=1e-300)


def test_assignment_refuses():
    with pytest.raises(ValueError, match=r"shape \(2, 3\): an assignment is one to one"):
        assignment(np.ones((2, 3)))
    with pytest.raises(ValueError, match="column 1 is forbidden to every row"):
        assignment([[1, np.inf], [1, np.inf]])
    with pytest.raises(ValueError, match="every assignment needs a forbidden pair"):
        assignment([[1, np.inf, np.inf], [1, np.inf, np.inf], [1, 1, 1]])
    with pytest.raises(ValueError, match="nan"):
        assignment([[1, np.nan], [1, 1]])
