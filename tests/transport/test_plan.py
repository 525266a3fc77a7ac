"""Plans are optimal: against other solvers on hundreds of problems, and by their own certificate."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from transport_instances import FAMILIES, PER_FAMILY, as_floats, distances, highs, instances, tiny_costs, weights

from minigen.transport import cost_matrix, is_optimal, transport_cost, transport_plan
from minigen.transport.network_simplex import climb, greedy, perturb, potentials

BAKERIES = np.array([
    [12, 10, 31, 27, 10, 30], [22, 7, 25, 15, 11, 14], [19, 7, 19, 10, 15, 15],
    [10, 6, 21, 19, 14, 24], [15, 23, 14, 24, 31, 34], [35, 26, 16, 9, 34, 15],
])  # fmt: skip
PRODUCED, WANTED = (24, 9, 3, 16, 21, 27), (3, 23, 18, 26, 16, 14)


def tolerance(cost, C, mass):
    return 1e-9 * max(abs(cost), 1e-3 * np.abs(C).max() * mass)


def test_there_are_at_least_500_problems():
    assert len(FAMILIES) * PER_FAMILY >= 500


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.__name__)
def test_highs_finds_the_same_optimum(family):
    for a, b, C in instances(family):
        plan = transport_plan(a, b, C)
        certificate = plan.check()
        mass = float(sum(plan.a))
        assert certificate.gap == pytest.approx(plan.gap, abs=tolerance(plan.cost, C, mass))
        # HiGHS stops when its constraints hold to 1e-7: its cost may be off by that, the certificate is the judge.
        assert float(plan.cost) == pytest.approx(highs(a, b, C), abs=3e-7 * max(np.abs(C).max() * mass, 1e-300))
        assert is_optimal(plan.dense(), plan.u, plan.v, C)
        assert (np.asarray(plan.mass) > 0).all() and len(plan.mass) <= sum(C.shape) - 1


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.__name__)
def test_pot_finds_the_same_optimum(family):
    ot = pytest.importorskip("ot", reason="POT is not installed: pip install POT")
    for a, b, C in instances(family):
        scale = 1e12 if family is tiny_costs else 1.0  # POT is wrong by a percent on costs of 1e-12
        cost = float(transport_plan(a, b, C).cost)
        p, q = as_floats(a, b, C)
        theirs = np.sum(ot.emd(p / p.sum(), q / q.sum(), np.ascontiguousarray(C, float) * scale) * C) * p.sum()
        assert cost == pytest.approx(theirs, abs=10 * tolerance(cost, C, p.sum()))


@pytest.mark.parametrize("n", [60, 200])
@pytest.mark.parametrize("p", [1, 2])
def test_larger_clouds(n, p):
    rng = np.random.default_rng(n)
    x, y = rng.standard_normal((n, 2)), rng.standard_normal((n + 7, 2)) + 1
    C = cost_matrix(x, y, p)
    for a, b in ((None, None), (weights(rng, n), weights(rng, n + 7))):
        plan = transport_plan(a, b, C)
        assert plan.check().gap <= 1e-12 * plan.cost
        ot = pytest.importorskip("ot", reason="POT is not installed: pip install POT")
        assert plan.cost == pytest.approx(np.sum(ot.emd(*as_floats(a, b, C), C) * C), rel=1e-12)


def test_sorted_points_and_column_order_in_memory():
    x = np.sort(np.random.default_rng(0).random(150))
    C = np.subtract.outer(x, x + 0.5) ** 2
    assert transport_plan(None, None, C).cost == pytest.approx(0.25, rel=1e-13)
    plan = transport_plan(None, None, np.asfortranarray(C))
    assert plan.cost == pytest.approx(0.25, rel=1e-13)
    assert plan.check().ok and (np.diff(plan.rows) >= 0).all()


def test_the_bread_of_the_bakeries():
    plan = transport_plan(PRODUCED, WANTED, BAKERIES)
    printed = np.array([
        [1, 7, 0, 0, 16, 0], [0, 0, 0, 0, 0, 9], [0, 0, 0, 0, 0, 3],
        [0, 16, 0, 0, 0, 0], [2, 0, 18, 1, 0, 0], [0, 0, 0, 25, 0, 2],
    ])  # fmt: skip
    assert plan.cost == 1070 and isinstance(plan.cost, int)
    assert plan.dense().dtype == np.int64 and (plan.dense() == printed).all()
    assert plan.check().gap == 0
    reduced = BAKERIES - plan.u[:, None] - plan.v
    assert np.count_nonzero(np.abs(reduced) < 1e-9) == 11  # as many as the basis has arcs: the optimum is unique


def test_rectangular_example_and_uniform_bakeries():
    assert transport_plan((10, 5), (4, 6, 5), [[1, 2, 3], [3, 1, 2]]).cost == 26
    rows, columns = linear_sum_assignment(BAKERIES)
    assert transport_plan(None, None, BAKERIES).cost * 6 == pytest.approx(BAKERIES[rows, columns].sum()) == 64


def test_exact_masses_come_back_exactly():
    third, half = Fraction(1, 3), Fraction(1, 2)
    plan = transport_plan([third, 2 * third], [half, half], [[1, 2], [3, 4]])
    assert plan.cost == Fraction(17, 6) and sum(plan.mass) == 1
    assert set(plan.dense().sum(axis=1)) == {third, 2 * third}
    large = transport_plan([10**30, 1], [1, 10**30], [[0, 1], [1, 0]])
    assert large.mass.dtype == object and sum(large.mass) == 10**30 + 1
    assert transport_plan(np.array([2, 1], np.uint8), [1, 2], [[0, 1], [1, 0]]).mass.dtype == np.int64


def test_a_cost_of_1e32_beside_1_hides_nothing():
    for seed in range(20):
        rng = np.random.default_rng(seed)
        n = 12
        C = distances(rng.random((n, 2)), rng.random((n, 2)))
        barred = rng.random((n, n)) < 0.6
        barred[np.arange(n), rng.permutation(n)] = False
        rows, columns = linear_sum_assignment(np.where(barred, 1e6, C))
        want = C[rows, columns].sum() / n
        for wall in (1e32, np.inf):
            plan = transport_plan(None, None, np.where(barred, wall, C))
            assert plan.cost == pytest.approx(want, rel=1e-12)
            assert plan.check().gap <= 1e-9 * plan.cost


def test_blocks_joined_by_huge_costs_only():
    """Every spanning tree needs an arc of 1e32, next to which costs of 1 have no digits."""
    rng = np.random.default_rng(3)
    C = np.full((24, 24), 1e32)
    want = 0.0
    for k in range(3):
        block = slice(8 * k, 8 * k + 8)
        C[block, block] = rng.random((8, 8))
        want += transport_plan(None, None, C[block, block]).cost / 3
    for wall in (1e32, np.inf):
        plan = transport_plan(None, None, np.where(C == 1e32, wall, C))
        assert plan.cost == pytest.approx(want, rel=1e-12)
        assert plan.gap <= 1e-9 * want


def test_tiny_costs_beside_ordinary_ones():
    """Two balanced clusters, 1 apart and 1e-13 wide: the cost is all in the small differences."""
    rng = np.random.default_rng(4)
    small = 1e-13 * rng.random((2, 10, 10))
    C = np.ones((20, 20))
    C[:10, :10], C[10:, 10:] = small
    want = sum(transport_plan(None, None, s).cost for s in small) / 2
    assert transport_plan(None, None, C).cost == pytest.approx(want, rel=1e-9)


def test_forbidden_arcs_that_cannot_be_avoided():
    C = np.array([[np.inf, 1.0], [2.0, np.inf]])
    assert transport_plan([3, 4], [4, 3], C).cost == 11
    with pytest.raises(ValueError, match=r"no plan avoids the forbidden arcs: at least 0\.2 of the mass"):
        transport_plan([0.7, 0.3], [0.5, 0.5], C)
    with pytest.raises(ValueError, match="all costs are infinite"):
        transport_plan(None, None, np.full((2, 2), np.inf))


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_degenerate_integer_tables_end_at_the_exact_optimum(data):
    m, n = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 6))
    flow = np.array(data.draw(st.lists(st.integers(0, 2), min_size=m * n, max_size=m * n))).reshape(m, n)
    flow[0, 0] += 1
    C = np.array(data.draw(st.lists(st.integers(0, 3), min_size=m * n, max_size=m * n))).reshape(m, n)
    plan = transport_plan(flow.sum(1), flow.sum(0), C)
    assert abs(plan.check().gap) < 1e-12 and isinstance(plan.cost, int)
    assert (plan.dense().sum(1) == flow.sum(1)).all() and (plan.dense().sum(0) == flow.sum(0)).all()
    assert plan.cost <= np.sum(flow * C)


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 2**32), st.integers(1, 8), st.integers(1, 8))
def test_perturbed_trees_have_flow_everywhere(seed, m, n):
    rng = np.random.default_rng(seed)
    total = int(rng.integers(1, 9))
    A, B = (rng.multinomial(total, np.full(k, 1 / k)).tolist() for k in (m, n))
    C = rng.integers(0, 3, (m, n)).astype(float)
    PA, PB, K = perturb(A, B)
    assert sum(PA) == sum(PB) and all((p + m * n) // K == a for p, a in zip(PA + PB, A + B, strict=True))
    parent, cost, flow, rank, root = greedy(PA, PB, C)
    assert all(f > 0 for x, f in enumerate(flow) if x != root)
    assert all(rank[x] < rank[parent[x]] for x in range(m + n) if x != root)
    p = potentials(np.array(parent), np.array(cost[:-1]), root)
    for x in range(m + n):
        if x != root:
            i, j = min(x, parent[x]), max(x, parent[x]) - m
            assert p[i] - p[m + j] == C[i, j]
    left, right = climb(parent, rank, 0, m)
    assert not set(left) & set(right)


def test_no_basis_without_flow_even_with_zero_masses():
    """The perturbation makes every split of rows and columns unbalanced: all subsets of a small table."""
    A, B, _ = perturb([0, 2, 0], [1, 0, 1, 0])
    masses = [*A, *(-b for b in B)]
    sums = [sum(v for k, v in enumerate(masses) if s >> k & 1) for s in range(1, 2**7 - 1)]
    assert 0 not in sums


def test_is_optimal_wants_all_three_conditions():
    plan = transport_plan(PRODUCED, WANTED, BAKERIES)
    P, u, v = plan.dense().astype(float), plan.u, plan.v
    assert is_optimal(P, u, v, BAKERIES)
    assert is_optimal(P, u + 5, v - 5, BAKERIES)
    assert not is_optimal(P, u + 0.01, v, BAKERIES)  # a price above its cost
    assert not is_optimal(P, u - 0.01, v, BAKERIES)  # slack where mass moves
    worse = P.copy()
    worse[0, 0] -= 1
    worse[0, 2] += 1
    worse[4, 0] += 1
    worse[4, 2] -= 1
    assert not is_optimal(worse, u, v, BAKERIES)
    shifted = P.copy()
    shifted[0, :2] += (-2, 2)  # negative mass
    assert not is_optimal(shifted, u, v, BAKERIES)
    assert not is_optimal(P, np.full(6, np.nan), v, BAKERIES)
    with pytest.raises(ValueError, match="do not fit"):
        is_optimal(P, u[:5], v, BAKERIES)


def test_the_certificate_notices_tampering():
    from dataclasses import replace

    plan = transport_plan(PRODUCED, WANTED, BAKERIES)
    for change in (
        {"mass": plan.mass + np.eye(1, 11, 0, dtype=int)[0]},
        {"u": plan.u + 0.01},
        {"v": plan.v - 0.01},
        {"cols": plan.cols[::-1].copy()},
        {"C": BAKERIES.T.copy()},
    ):
        with pytest.raises(AssertionError, match="NOT PROVED OPTIMAL"):
            replace(plan, **change).check()


def test_each_part_of_the_certificate_counts():
    from dataclasses import replace

    plan = transport_plan([0, 1], [1, 0], np.zeros((2, 2)))
    assert plan.check().ok
    with pytest.raises(AssertionError, match="NOT PROVED"):
        replace(plan, u=plan.u + np.array([0.01, 0])).check()  # no mass pays this price, but it is above the cost
    plan = transport_plan([1, 1], [1, 1], np.zeros((2, 2)))
    with pytest.raises(AssertionError, match="NOT PROVED"):
        replace(plan, mass=np.array([2, 1])).check()  # free of charge, but not what was asked for
    with pytest.raises(AssertionError, match="NOT PROVED"):
        replace(plan, mass=np.array([1, 1, -1, 1]), rows=np.array([0, 1, 0, 0]), cols=np.array([0, 1, 1, 1])).check()


def test_a_zero_weight_gets_no_rounding():
    a = np.array([0.0, 0.1, 0.2, 0.7, 0.0])
    for seed in range(20):
        rng = np.random.default_rng(seed)
        plan = transport_plan(a, None, rng.random((5, 7)))
        assert not {0, 4} & set(plan.rows.tolist())
        a[1:4] = rng.dirichlet(np.ones(3))


def test_zero_masses_have_tight_prices():
    C = np.random.default_rng(0).random((4, 5))
    plan = transport_plan([0, 1, 1, 0], [1, 0, 0, 1, 0], C)
    slack = C - plan.u[:, None] - plan.v
    assert np.allclose(slack.min(axis=1), 0) and np.allclose(slack.min(axis=0), 0, atol=1e-15)
    assert plan.a @ plan.u == pytest.approx(plan.b @ plan.v)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_point_without_mass_may_have_no_arc_at_all(place):
    C, a = np.array([[1.0, 2.0], [3.0, 1.0], [2.0, 5.0]]), np.array([0.5, 0.5, 0.5])
    without = transport_plan(np.delete(a, place), [0.25, 0.75], np.delete(C, place, axis=0))
    C[place], a[place] = np.inf, 0
    for plan in (transport_plan(a, [0.25, 0.75], C), transport_plan([0.25, 0.75], a, C.T)):
        assert plan.check().ok and plan.cost == without.cost
        assert is_optimal(plan.dense(), plan.u, plan.v, plan.C)
    C = np.full((6, 6), np.inf)  # most of it without mass: solved on the rest alone
    C[0, 0], C[1, 1] = 1, 2
    assert transport_plan([1, 1, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0], C).check().ok


def test_inputs_are_left_alone_and_float32_is_welcome():
    rng = np.random.default_rng(5)
    C, a = rng.random((5, 5)).astype(np.float32), weights(rng, 5).astype(np.float32)
    before = C.copy(), a.copy()
    plan = transport_plan(a, None, C)
    assert np.array_equal(C, before[0]) and np.array_equal(a, before[1])
    assert plan.cost == pytest.approx(transport_plan(a / a.sum(dtype=float), None, C.astype(float)).cost, rel=1e-6)
    assert plan.check().ok and transport_cost(a, None, C) == plan.cost
    assert "5 x 5" in repr(plan) and "optimal" in str(plan.check())


@pytest.mark.parametrize(
    ("a", "b", "C", "message"),
    [
        ([1, -1], [0, 0], np.ones((2, 2)), r"a\[1\] is -1, expected a finite weight >= 0"),
        ([0.5, 0.5], [np.nan, 1], np.ones((2, 2)), r"b\[0\] is nan"),
        ([0.5, np.inf], [1, 1], np.ones((2, 2)), r"a\[1\] is inf"),
        ([0, 0], [0, 0], np.ones((2, 2)), "a sums to 0"),
        ([1, 1], [1, 2], np.ones((2, 2)), r"a sums to 2 and b to 3, 1 apart.*normalise=True"),
        ([0.5, 0.5], [0.5, 0.5 + 1e-6], np.ones((2, 2)), "1e-06 apart"),
        ([1, 1, 1], None, np.ones((2, 2)), r"a has shape \(3,\), expected \(2,\)"),
        ([1e308, 1e308], [1e308, 1e308], np.ones((2, 2)), "too large|sum to inf"),
        ([10**400, 1], [10**400, 1], np.ones((2, 2)), "a has a weight beyond 1e300"),
        (None, None, np.ones(3), r"C has shape \(3,\)"),
        (None, None, np.ones((0, 3)), "at least one row"),
        (None, None, [[1, np.nan]], r"C\[0, 1\] is nan"),
        (None, None, [[1, -np.inf]], r"C\[0, 1\] is -inf"),
        (None, None, [[1, 1e301]], "beyond 1e300"),
        (None, None, np.ones((2, 2), complex), "dtype complex128"),
        (["x", "y"], None, np.ones((2, 2)), "dtype"),
    ],
)
def test_bad_input_is_refused_at_the_door(a, b, C, message):
    with pytest.raises(ValueError, match=message):
        transport_plan(a, b, C)


def test_sums_normalised_only_when_asked():
    assert transport_plan([1, 1], [2, 2], [[0, 1], [1, 0]], normalise=True).mass.tolist() == [Fraction(1, 2)] * 2
    assert transport_plan([1.0, 3.0], [2, 2], [[0, 1], [1, 0]], normalise=True).cost == pytest.approx(0.25)
    nearly = transport_plan([0.5, 0.5], [0.5, 0.5 + 1e-10], [[0, 1], [1, 0]])
    assert nearly.check().ok
