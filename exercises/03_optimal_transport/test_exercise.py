"""Exercise 03: optimal transport.

Run `minigen check 03`, or pytest on this folder.  The right values come from definitions (the best of all
permutations), from problems built around a known answer, and from invariants, so reading on gives no answers away.
"""

from itertools import combinations, permutations

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from minigen.grading import assert_close, hint, points, sub

sizes = st.integers(1, 4)
loaves = st.integers(0, 9)
costs = st.integers(-6, 12).map(lambda k: k / 2)
places = st.integers(-8, 8).map(lambda k: k / 2)


def near(got, want, what="your answer"):
    assert_close(got, want, rtol=1e-5, atol=1e-5, what=what)  # an answer in float32 is an answer


def lists(elements, low, high):
    return st.lists(elements, min_size=low, max_size=high)


def divided(draw, total, n):
    """n whole numbers >= 0 with this sum, in floating point."""
    cuts = sorted(draw(lists(st.integers(0, total), n - 1, n - 1)))
    return np.diff([0, *cuts, total]).astype(float)


# the north-west corner


@st.composite
def masses(draw):
    total = draw(st.integers(1, 30))
    return divided(draw, total, draw(sizes)), divided(draw, total, draw(sizes))


@points(1)
@hint("what was shipped is gone from the bakery AND no longer wanted by the café: subtract it from both before you go "
      "on, and go on until both lists end")  # fmt: skip
@example((np.array([3.0, 2.0]), np.array([1.0, 4.0])))
@example((np.array([2.0, 2.0, 1.0]), np.array([2.0, 3.0])))
@given(masses())
def test_north_west_corner_sums(ab):
    """the sums of rows and columns"""
    a, b = ab
    P = np.asarray(sub.north_west_corner(a.copy(), b.copy()), dtype=float)
    assert_close(P.shape, (a.size, b.size), what="the shape")
    assert P.min() >= 0, f"your plan has the entry {P.min():g}: nobody can ship less than nothing"
    near(P.sum(1), a, "the sums of your rows")
    near(P.sum(0), b, "the sums of your columns")


@points(1)
@hint("start at [0, 0], ship as much as the two allow, min(left in i, wanted by j), and leave a bakery only when it is "
      "empty, a café only when it is full")  # fmt: skip
@example((np.array([3.0, 2.0]), np.array([1.0, 4.0])))
@given(masses())
def test_north_west_corner_staircase(ab):
    """as much as possible, from the corner on"""
    a, b = ab
    P = np.asarray(sub.north_west_corner(a.copy(), b.copy()), dtype=float)
    assert_close(P.shape, (a.size, b.size), what="the shape")
    for i in range(a.size):
        for j in range(b.size):
            what = f"what bakeries 0..{i} bring to cafés 0..{j}, the sum of P[:{i + 1}, :{j + 1}],"
            near(P[: i + 1, : j + 1].sum(), min(a[: i + 1].sum(), b[: j + 1].sum()), what)


# potentials


@st.composite
def priced_trees(draw, shuffled):
    """A cost table that true prices explain on a tree of routes: (C, basis, u, v)."""
    n, m = draw(sizes), draw(sizes)
    u, v = draw(arrays(float, n, elements=costs)), draw(arrays(float, m, elements=costs))
    u[0] = 0
    i = j = 0
    basis = [(0, 0)]
    while (i, j) != (n - 1, m - 1):
        down = j == m - 1 or (i < n - 1 and draw(st.booleans()))
        i, j = (i + 1, j) if down else (i, j + 1)
        basis.append((i, j))
    if shuffled:
        rows, columns = draw(st.permutations(range(n))), draw(st.permutations(range(m)))
        basis = draw(st.permutations([(rows[i], columns[j]) for i, j in basis]))
    C = np.add.outer(u, v) + draw(arrays(float, (n, m), elements=costs))
    for i, j in basis:
        C[i, j] = u[i] + v[j]
    return C, [list(pair) for pair in basis], u, v


def check_prices(C, basis, u, v):
    got = sub.potentials(C, basis)
    assert isinstance(got, (tuple, list)) and len(got) == 2, "return the pair (u, v)"
    near(got[0], u, "u")
    near(got[1], v, "v")


@points(1)
@hint("u[0] = 0 starts it; then each route of the tree gives the price at its other end: v[j] = C[i, j] - u[i], or "
      "u[i] = C[i, j] - v[j]; and 0 is a price too, no mark for an unknown one")  # fmt: skip
@example((np.array([[1.0, 3.0], [9.0, 7.0]]), [[0, 0], [0, 1], [1, 1]], np.array([0.0, 4.0]), np.array([1.0, 3.0])))
@example((np.array([[1.0, 9.0], [1.0, 7.0]]), [[0, 0], [1, 0], [1, 1]], np.array([0.0, 0.0]), np.array([1.0, 7.0])))
@given(priced_trees(shuffled=False))
def test_potentials_staircase(case):
    """a staircase, its routes in order"""
    check_prices(*case)


@points(1)
@hint("the routes come in any order: one pass over the list may meet a route of which neither price is known yet; "
      "repeat until all prices are known")  # fmt: skip
@example((np.array([[7.0, 3.0], [4.0, 9.0]]), [[1, 0], [0, 0], [0, 1]], np.array([0.0, -3.0]), np.array([7.0, 3.0])))
@given(priced_trees(shuffled=True))
def test_potentials_any_order(case):
    """any tree, in any order"""
    check_prices(*case)


# certificates


@st.composite
def certificates(draw):
    """P, u, v, a, b, C that form a proof, and a route that P uses, and one that it does not."""
    n, m = draw(st.integers(2, 4)), draw(st.integers(2, 4))
    u, v = draw(arrays(float, n, elements=costs)), draw(arrays(float, m, elements=costs))
    P = draw(arrays(float, (n, m), elements=st.sampled_from([0.0, 0.0, 1.0, 2.5])))
    used = draw(st.integers(0, n - 1)), draw(st.integers(0, m - 1))
    unused = (used[0] + 1) % n, draw(st.integers(0, m - 1))
    P[used], P[unused] = 2.0, 0.0
    slack = draw(arrays(float, (n, m), elements=st.sampled_from([0.0, 0.5, 3.0])))
    C = np.add.outer(u, v) + np.where(P > 0, 0, slack)
    return (P, u, v, P.sum(1), P.sum(0), C), used, unused


THIRDS = (np.diag([0.1, 0.2]), np.array([0.1, 0.7]), np.array([0.2, 0.1]),
          np.array([0.1, 0.2]), np.array([0.1, 0.2]), np.array([[0.3, 0.5], [1.0, 0.8]]))  # fmt: skip

ROUNDED = (*THIRDS[:3], THIRDS[3] + 5e-10, THIRDS[4] - 5e-10, THIRDS[5])


def verdict(*proof):
    got = sub.is_optimal(*(np.copy(part) for part in proof))
    assert isinstance(got, (bool, np.bool_)), f"return True or False, not {got!r}"
    return bool(got)


@points(1)
@hint("no profit on any route: u[i] + v[j] <= C[i, j] (not >=), used or not")
@given(certificates())
def test_is_optimal_prices(case):
    """a proof, and one whose prices exceed a cost"""
    (P, u, v, a, b, C), _, unused = case
    assert verdict(P, u, v, a, b, C), "you rejected a right proof"
    C[unused] = u[unused[0]] + v[unused[1]] - 0.5
    assert not verdict(P, u, v, a, b, C), f"u + v exceeds C on the route {unused}"


@points(1)
@hint("where P ships, the prices must pay the whole cost: u[i] + v[j] = C[i, j] wherever P[i, j] > 0, up to rounding, "
      "and only there")  # fmt: skip
@example((THIRDS, (0, 0), (0, 1)))
@example((ROUNDED, (0, 0), (0, 1)))
@given(certificates())
def test_is_optimal_used_routes(case):
    """a proof, and one that uses a dear route"""
    (P, u, v, a, b, C), used, _ = case
    assert verdict(P, u, v, a, b, C), "you rejected a right proof"
    C = C.copy()
    C[used] += 0.25
    assert not verdict(P, u, v, a, b, C), f"P uses the route {used}, which costs more than u + v"


@points(1)
@hint("before prices matter P must be a plan: rows that sum to a, columns that sum to b, and no negative entry")
@given(certificates(), st.sampled_from(["a", "b", "sign"]), st.sampled_from([0.5, 2.0]))
def test_is_optimal_plan(case, broken, by):
    """a proof, and one of something that is no plan"""
    (P, u, v, a, b, C), used, unused = case
    assert verdict(P, u, v, a, b, C), "you rejected a right proof"
    if broken == "a":  # a row has lost, another row has won: the columns are still met
        Q = P.copy()
        Q[used] -= by
        Q[unused[0], used[1]] += by
        C = np.add.outer(u, v)
        assert not verdict(Q, u, v, a, b, C), f"row {used[0]} does not sum to a"
    elif broken == "b":
        Q = P.copy()
        Q[used] -= by
        Q[used[0], used[1] - 1] += by
        C = np.add.outer(u, v)
        assert not verdict(Q, u, v, a, b, C), f"column {used[1]} does not sum to b"
    else:
        i, j, k, l = unused[0], used[1] - 1, used[0], used[1]
        Q = P.copy()
        by = by + Q[i, j]
        Q[[i, k], [j, l]] -= by
        Q[[i, k], [l, j]] += by
        C = np.add.outer(u, v)  # every true plan costs the same: only the sign is wrong
        assert not verdict(Q, u, v, a, b, C), f"P{[i, j]} is {Q[i, j]:g}"


# the c-transform


@st.composite
def tables(draw):
    n, m = draw(sizes), draw(sizes)
    return draw(arrays(float, (n, m), elements=costs)), draw(arrays(float, m, elements=costs))


@points(1)
@hint("u[i] <= C[i, j] - v[j] for every café j: the largest such u[i] is the smallest of these m numbers; one number "
      "for each bakery")  # fmt: skip
@example((np.array([[1.0, 2.0, 6.0], [5.0, 0.0, 1.0]]), np.array([1.0, -1.0, 2.0])))
@given(tables())
def test_c_transform_largest(case):
    """never above the cost, and touching it"""
    C, v = case
    u = np.asarray(sub.c_transform(C, v), dtype=float)
    assert_close(u.shape, C.shape[:1], what="the shape")
    slack = C - np.add.outer(u, v)
    near(slack.min(1), np.zeros(len(C)), "for each bakery, the smallest C[i, j] - u[i] - v[j]")


# on a line


def cheapest(x, y, p):
    """The least mean of |x - y|^p over all ways to pair the points."""
    return min(np.mean(np.abs(x - y[list(s)]) ** p) for s in permutations(range(len(y))))


@st.composite
def two_sets(draw):
    n = draw(st.integers(1, 5))
    return draw(arrays(float, n, elements=places)), draw(arrays(float, n, elements=places))


@points(1)
@hint("on a line the cheapest pairing keeps the order: sort x and sort y, both; then the mean (each point has mass "
      "1/n) of the absolute differences")  # fmt: skip
@example((np.array([2.0, 0.0, 1.0]), np.array([1.0, 3.0, 2.0])))
@example((np.array([0.0, 1.0, 2.0]), np.array([3.0, 2.0, 1.0])))
@example((np.array([2.0, 1.0, 0.0]), np.array([1.0, 2.0, 3.0])))
@given(two_sets())
def test_wp_on_a_line_p_is_1(xy):
    """p = 1"""
    x, y = xy
    near(sub.wp_on_a_line(x.copy(), y.copy(), 1), cheapest(x, y, 1))


@points(1)
@hint("the power acts on each distance before the mean, the p-th root on the mean, once: W_p is a distance, and "
      "doubling all coordinates doubles it")  # fmt: skip
@example((np.array([0.0, 1.0]), np.array([2.0, 6.0])), 2)
@given(two_sets(), st.sampled_from([1.5, 2, 3]))
def test_wp_on_a_line_root(xy, p):
    """p = 1.5, 2, 3"""
    x, y = xy
    near(sub.wp_on_a_line(x.copy(), y.copy(), p), cheapest(x, y, p) ** (1 / p))


@st.composite
def weighted(draw, common):
    """Places with whole numbers of equal grains, 6 or fewer in all, which the definition can pair one by one."""
    total = draw(st.integers(1, 6))
    n = draw(st.integers(1, 5))
    m = n if common else draw(st.integers(1, 5))
    x = draw(arrays(float, n, elements=places))
    x = np.cumsum(np.abs(x) + 0.5) if common else x
    y = x if common else draw(arrays(float, m, elements=places))
    a, b = divided(draw, total, n), divided(draw, total, m)
    return x, y, a / total, b / total, cheapest(np.repeat(x, a.astype(int)), np.repeat(y, b.astype(int)), 1)


@points(1)
@hint("x and y are places, a and b are weights: add up the weights to F and G, and multiply |F - G| on each gap "
      "between neighbouring places by the width of the gap")  # fmt: skip
@example((np.array([0.0, 3.0]), np.array([0.0, 3.0]), np.array([1.0, 0.0]), np.array([0.0, 1.0]), 3.0))
@example((np.array([0.0, 4.0]), np.array([0.0, 4.0]), np.array([0.75, 0.25]), np.array([0.5, 0.5]), 1.0))
@given(weighted(common=True))
def test_w1_with_weights_same_places(case):
    """the same places, in order, with different weights"""
    *arguments, want = case
    near(sub.w1_with_weights(*(np.copy(z) for z in arguments)), want)


@points(1)
@hint("put the places of both into one sorted list, and let each weight travel with its own place (argsort): F counts "
      "all of a at places <= t, whatever order they came in")  # fmt: skip
@example((np.array([3.0, 0.0]), np.array([1.0]), np.array([0.25, 0.75]), np.array([1.0]), 1.25))
@example((np.array([1.0]), np.array([3.0, 0.0]), np.array([1.0]), np.array([0.25, 0.75]), 1.25))
@given(weighted(common=False))
def test_w1_with_weights_any_places(case):
    """any places, in any order"""
    *arguments, want = case
    near(sub.w1_with_weights(*(np.copy(z) for z in arguments)), want)


# exchanges


@st.composite
def assignments(draw):
    n = draw(st.integers(2, 5))
    return draw(arrays(float, (n, n), elements=costs)), draw(st.permutations(range(n)))


STEPS = np.array([[0.0, 1.0, 9.0], [9.0, 0.0, 1.0], [1.0, 9.0, 0.0]])
TWO_ROUNDS = np.array([[9.0, 5.0, 1.0], [1.0, 9.0, 9.0], [9.0, 3.0, 9.0]])


def exchanged(C, plan):
    got = sub.exchange_until_stuck(C.copy(), list(plan))
    got = [int(j) for j in np.ravel(got)]
    assert sorted(got) == list(range(len(plan))), f"not each café once: {got}"
    return got


@points(1)
@hint("an exchange helps if the two new costs TOGETHER are less than the two old ones: what one bakery wins, the "
      "other may lose; plan[i] is the café of bakery i")  # fmt: skip
@example((np.array([[3.0, 1.0], [9.0, 2.0]]), [0, 1]))
@example((STEPS, [0, 1, 2]))
@given(assignments())
def test_exchange_until_stuck_no_dearer(case):
    """each café once, at no more than before"""
    C, plan = case
    before = sum(C[i, j] for i, j in enumerate(plan))
    got = exchanged(C, plan)
    after = sum(C[i, j] for i, j in enumerate(got))
    assert after <= before + 1e-9, f"the plan {list(plan)} cost {before:g}; yours, {got}, costs {after:g}"
    if len(plan) == 2:
        near(after, min(C[0, 0] + C[1, 1], C[0, 1] + C[1, 0]), "the cost of your plan of two")


@points(1)
@hint("after an exchange others may help that did not before, and not only neighbours: go through all pairs again and "
      "again until a whole round changes nothing")  # fmt: skip
@example((TWO_ROUNDS, [0, 1, 2]))
@given(assignments())
def test_exchange_until_stuck_stuck(case):
    """no exchange is left that helps"""
    C, plan = case
    got = exchanged(C, plan)
    for i, k in combinations(range(len(got)), 2):
        now, then = C[i, got[i]] + C[k, got[k]], C[i, got[k]] + C[k, got[i]]
        assert now <= then + 1e-9, f"in {got}, bakeries {i} and {k} pay {now:g}; exchanged they would pay {then:g}"
