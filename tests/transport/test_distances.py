"""Distances, their gradients, the line, potentials: closed forms and theorems."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import wasserstein_distance as scipy_distance
from scipy.stats import wasserstein_distance_nd
from transport_instances import cloud, weights

import minigen as mg
from minigen.transport import (
    cost_matrix,
    kantorovich_potential,
    transport_cost,
    transport_plan,
    wasserstein_1d,
    wasserstein_distance,
)


def central(f, x, direction, h=1e-6):
    return (f(x + h * direction) - f(x - h * direction)) / (2 * h)


def test_cost_matrix_against_its_definition():
    rng = np.random.default_rng(0)
    x, y = cloud(rng, 7, 3), cloud(rng, 4, 3)
    difference = np.abs(x[:, None] - y)
    for p in (0.5, 1, 2, 3):
        assert np.allclose(cost_matrix(x, y, p), np.sqrt((difference**2).sum(-1)) ** p, rtol=1e-14)
        assert np.allclose(cost_matrix(x, y, p, "cityblock"), difference.sum(-1) ** p, rtol=1e-14)
        assert np.allclose(cost_matrix(x, y, p, "chebyshev"), difference.max(-1) ** p, rtol=1e-14)
        own = cost_matrix(x, y, p, lambda s, t: np.sum(np.abs(s - t), axis=-1))
        assert np.allclose(own, cost_matrix(x, y, p, "cityblock"), rtol=1e-14)
    assert np.array_equal(cost_matrix([1, 2], [4]), [[3.0], [2.0]])
    near = cost_matrix([[1e8, 0]], [[1e8, 1e-6]])
    assert near[0, 0] == 1e-6  # |x|^2 + |y|^2 - 2 x.y would leave nothing
    assert cost_matrix(np.float32([[0, 0]]), np.int8([[3, 4]])).tolist() == [[5.0]]
    mg.check_grad(lambda x, y: cost_matrix(x, y, 2), x, y, order=2)
    mg.check_grad(lambda x, y: cost_matrix(x, y), 10 * x, y)


@pytest.mark.parametrize(
    ("x", "y", "options", "message"),
    [
        ([[0.0, np.nan]], [[0, 0]], {}, r"x\[0, 1\] is nan"),
        ([[0, 0]], [[0, 0, 0]], {}, "2 coordinates per point and y has 3"),
        (np.ones((0, 2)), [[0, 0]], {}, "there are no points"),
        (np.ones((1, 2, 3)), [[0, 0]], {}, r"shape \(1, 2, 3\)"),
        ([[1j]], [[0]], {}, "dtype complex128"),
        ([[0, 0]], [[0, 0]], {"p": 0}, "p is 0"),
        ([[0, 0]], [[0, 0]], {"metric": "cosine"}, "metric is 'cosine'"),
        ([[1e200, 0]], [[-1e200, 0]], {"p": 2}, "overflows"),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow")
def test_cost_matrix_refuses(x, y, options, message):
    with pytest.raises(ValueError, match=message):
        cost_matrix(x, y, **options)


def test_distance_is_always_the_root():
    assert wasserstein_distance([[0.0, 0]], [[3.0, 4]]) == 5
    for p in (1, 2, 3.5):
        assert wasserstein_distance([[0.0, 0]], [[3.0, 4]], p=p) == pytest.approx(5)
        assert wasserstein_distance([0, 2], [2, 4], p=p) == pytest.approx(2)
    for p in (0.5, 0, -1, np.nan):
        with pytest.raises(ValueError, match="p is"):
            wasserstein_distance([[0.0, 0]], [[3.0, 4]], p=p)
        with pytest.raises(ValueError, match="p is"):
            wasserstein_1d([0], [1], p=p)


def test_scipy_in_the_plane_agrees():
    rng = np.random.default_rng(1)
    for _ in range(5):
        x, y, a, b = cloud(rng, 9), cloud(rng, 6), weights(rng, 9), weights(rng, 6)
        assert wasserstein_distance(x, y, a, b) == pytest.approx(scipy_distance_nd(x, y, a, b), rel=1e-7)


def scipy_distance_nd(*args):
    return wasserstein_distance_nd(*args)


def test_the_distance_of_translates_and_scalings():
    rng = np.random.default_rng(2)
    x, y, shift = cloud(rng, 20), cloud(rng, 20), np.array([3.0, -4.0])
    for p in (1, 2, 3):
        assert wasserstein_distance(x, x + shift, p=p) == pytest.approx(5, rel=1e-12)
        assert wasserstein_distance(x, x[::-1].copy(), p=p) == 0
        w = wasserstein_distance(x, y, p=p)
        assert wasserstein_distance(7 * x, 7 * y, p=p) == pytest.approx(7 * w, rel=1e-12)
        assert wasserstein_distance(y, x, p=p) == pytest.approx(w, rel=1e-12)
    assert wasserstein_distance(x, y, p=1) <= wasserstein_distance(x, y, p=2) <= wasserstein_distance(x, y, p=3)


def test_triangle_inequality_holds_with_the_root_only():
    points = [np.array([[v, 0.0]]) for v in (0, 1, 2)]
    cost = [[transport_plan(None, None, cost_matrix(s, t, 2)).cost for t in points] for s in points]
    assert cost[0][2] == 4 > cost[0][1] + cost[1][2]
    rng = np.random.default_rng(3)
    places = cloud(rng, 6)
    for p in (1, 2):
        for _ in range(60):
            a, b, c = rng.dirichlet(np.ones(6), 3)
            ab, bc, ac = (wasserstein_distance(places, places, s, t, p) for s, t in ((a, b), (b, c), (a, c)))
            assert ac <= ab + bc + 1e-12


def test_optimal_plans_need_not_be_unique_on_a_line():
    rng = np.random.default_rng(4)
    x, y = np.sort(rng.random(50)), 1 + np.sort(rng.random(50))
    for s in (y, y[::-1], rng.permutation(y)):  # all mass moves to the right: any coupling costs the same
        assert np.mean(np.abs(x - s)) == pytest.approx(wasserstein_distance(x, y), rel=1e-13)
    assert np.mean((x - y) ** 2) == pytest.approx(wasserstein_distance(x, y, p=2) ** 2, rel=1e-13)
    assert np.mean((x - y[::-1]) ** 2) > 1.05 * wasserstein_distance(x, y, p=2) ** 2


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 2**32), st.sampled_from([1, 1.5, 2, 3]), st.booleans(), st.booleans())
def test_line_against_the_linear_program(seed, p, whole, uniform):
    """Any weights, any p, ties of points and of masses, zero masses, different sizes."""
    rng = np.random.default_rng(seed)
    m, n = rng.integers(1, 12, 2)
    x, y = (rng.integers(0, 4, k).astype(float) if whole else rng.standard_normal(k) for k in (m, n))
    if uniform:
        a = b = None
    else:
        a, b = (rng.multinomial(12, rng.dirichlet(np.ones(k))) for k in (m, n))
    plan = transport_plan(a, b, np.abs(x[:, None] - y) ** p)
    got = wasserstein_1d(x, y, a, b, p)
    assert got == pytest.approx(float(plan.cost) ** (1 / p), abs=1e-12 if p == 1 else 2e-6, rel=1e-9)
    assert wasserstein_distance(x[:, None], y, a, b, p) == got
    if p == 1 and a is not None:
        assert got == pytest.approx(12 * scipy_distance(x, y, a, b), abs=1e-12)
    tracked = wasserstein_1d(mg.Tensor(x, requires_grad=True), y, a, b, p)  # by the plan, not by the closed form
    assert float(tracked.data) == pytest.approx(got, abs=1e-12 if p == 1 else 2e-6, rel=1e-9)


def test_line_with_p_infinity_and_many_points():
    assert wasserstein_1d([0, 1], [0, 3], p=np.inf) == 2
    assert wasserstein_1d([0, 10], [0, 10, 10], [1, 2], [1, 1, 1], p=np.inf) == 0
    assert wasserstein_1d([0.0, 10], [0, 10, 10], [1 / 3, 2 / 3], None, p=np.inf) == 0
    rng = np.random.default_rng(5)
    x = rng.standard_normal(20001)
    assert wasserstein_1d(x, x + 2) == pytest.approx(2, rel=1e-12)
    assert wasserstein_1d(x, x[:-1] + 2, weights(rng, 20001), None) == pytest.approx(2, abs=0.1)
    with pytest.raises(ValueError, match=r"x has shape \(2, 2\)"):
        wasserstein_1d(np.ones((2, 2)), [1])
    with pytest.raises(ValueError, match=r"y\[1\] is nan"):
        wasserstein_1d([1], [1, np.nan])
    with pytest.raises(ValueError, match="no gradient"):
        wasserstein_1d(mg.Tensor([1.0], requires_grad=True), [2.0], p=np.inf)


@pytest.mark.parametrize("p", [1, 1.5, 2, 3])
@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("metric", ["euclidean", "cityblock", "chebyshev"])
def test_gradient_in_the_points(p, d, metric):
    rng = np.random.default_rng([d, int(2 * p)])
    x, y, a, b = cloud(rng, 9, d), cloud(rng, 7, d) + 0.5, weights(rng, 9), weights(rng, 7)
    for k, point in enumerate((x, y)):

        def distance(z, k=k):
            pair = (z, y) if k == 0 else (x, z)
            return wasserstein_distance(*pair, a, b, p, metric)

        direction = rng.standard_normal(point.shape)
        got = np.sum(mg.grad(distance)(point) * direction)
        assert got == pytest.approx(central(distance, point, direction), rel=1e-7, abs=1e-9)


def test_check_grad_to_second_order():
    rng = np.random.default_rng(6)
    x, y = 100 * cloud(rng, 6), 100 * cloud(rng, 5)  # far apart: the plan stands still while a coordinate moves by 1e-3
    a, b = weights(rng, 6), weights(rng, 5)
    for p in (1, 2, 3):
        mg.check_grad(lambda x, y, p=p: wasserstein_distance(x, y, a, b, p), x, y, order=2)
        mg.check_grad(lambda x, y, p=p: wasserstein_1d(x, y, a, b, p), x[:, 0], y[:, 0], order=2)
    mg.check_grad(lambda C: transport_cost(a, b, C), cost_matrix(x, y))


@pytest.mark.parametrize("p", [1, 2, 3])
@pytest.mark.parametrize("d", [1, 2])
def test_gradient_in_the_weights(p, d):
    rng = np.random.default_rng(7 + p)
    x, y, a, b = cloud(rng, 9, d), cloud(rng, 7, d), weights(rng, 9), weights(rng, 7)
    for k, w in enumerate((a, b)):

        def distance(w, k=k):
            return wasserstein_distance(x, y, *((w, b) if k == 0 else (a, w)), p)

        direction = rng.standard_normal(w.shape)
        direction -= direction.mean()  # the masses must stay equal
        g = mg.grad(distance)(w)
        assert abs(g.sum()) < 1e-12
        assert np.sum(g * direction) == pytest.approx(central(distance, w, 1e-3 * direction, 1e-4) * 1e3, rel=1e-6)
    with pytest.raises(TypeError, match="second derivative in its weights"):
        mg.hessian(lambda w: wasserstein_distance(x, y, w, b, p))(a)


def test_the_gradient_in_the_costs_is_the_plan():
    rng = np.random.default_rng(8)
    C, a, b = rng.random((6, 5)), weights(rng, 6), weights(rng, 5)
    assert np.allclose(mg.grad(lambda C: transport_cost(a, b, C))(C), transport_plan(a, b, C).dense(), atol=1e-17)
    u = mg.grad(lambda a: transport_cost(a, b, C))(a)
    plan = transport_plan(a, b, C)
    assert np.allclose(u, plan.u - plan.u.mean())


def test_uniform_weights_are_a_kink_and_get_a_subgradient():
    rng = np.random.default_rng(9)
    x, y, a = cloud(rng, 8), cloud(rng, 8), np.full(8, 1 / 8)
    w = wasserstein_distance(x, y)
    g = mg.grad(lambda a: wasserstein_distance(x, y, a))(a)
    for _ in range(50):
        other = rng.dirichlet(np.ones(8))
        assert wasserstein_distance(x, y, other) >= w + g @ (other - a) - 1e-12  # convex in a


def test_conventions_at_coinciding_points_and_at_zero():
    x = np.array([[0.0, 0.0], [1.0, 1.0]])
    for p in (1, 2):
        for flat in (x, x[:, 0]):
            assert (mg.grad(lambda z, f=flat, p=p: wasserstein_distance(z, f, p=p))(flat) == 0).all()
    y = np.array([[0.0, 0.0], [1.0, 2.0]])
    assert np.allclose(mg.grad(lambda z: wasserstein_distance(z, y))(x), [[0, 0], [0, -0.5]])


@pytest.mark.parametrize("metric", ["euclidean", "cityblock"])
@pytest.mark.parametrize("d", [1, 2])
def test_small_integers_do_not_wrap_around(metric, d):
    """With weights to be differentiated the costs are computed again, on the arcs of the plan."""
    x, y, b = np.tile(np.uint8([[0], [10]]), d), np.tile(np.uint8([[5], [200]]), d), np.array([0.3, 0.7])
    a = mg.Tensor([0.5, 0.5], requires_grad=True)
    for p in (1, 2):
        want = wasserstein_distance(x.astype(float), y.astype(float), a.data, b, p, metric)
        assert wasserstein_distance(x, y, a, b, p, metric).data == pytest.approx(want, rel=1e-12)
        assert wasserstein_distance(x, y, a.data, b, p, metric) == pytest.approx(want, rel=1e-12)
    assert transport_cost(a, b, [[1, 2], [3, 5]]).data == pytest.approx(transport_cost(a.data, b, [[1, 2], [3, 5]]))


@pytest.mark.parametrize("exponent", [-1060, -600, 600, 1020])
@pytest.mark.parametrize("d", [1, 2])
def test_distances_scale_with_the_points_as_far_as_floats_reach(exponent, d):
    """Powers of two, so that nothing is rounded; at 2^-600 squares vanish, at 2^600 they overflow."""
    rng = np.random.default_rng(d)
    x, y = rng.integers(0, 9, (5, d)), rng.integers(0, 9, (4, d))
    b = rng.dirichlet(np.ones(4))
    unit = 2.0**exponent
    for p in (1, 2, 7.5):
        for sides in ((None, None), (None, b)):
            want = wasserstein_distance(x, y, *sides, p)
            assert want > 0
            got = wasserstein_distance(x * unit, y * unit, *sides, p)
            assert got / unit == pytest.approx(want, rel=1e-12 if exponent > -1000 else 1e-3)
            if abs(exponent) > 1000:
                continue
            t = mg.Tensor(x * unit, requires_grad=True)
            value = wasserstein_distance(t, y * unit, *sides, p)
            value.backward()
            same = mg.Tensor(x * 1.0, requires_grad=True)
            wasserstein_distance(same, y, *sides, p).backward()
            assert float(value.data) == pytest.approx(got, rel=1e-12)
            np.testing.assert_allclose(t.grad, same.grad, rtol=1e-9, atol=1e-12)
    if d == 1:
        assert wasserstein_1d(x[:, 0] * unit, y[:, 0] * unit, p=np.inf) / unit == wasserstein_1d(x, y, p=np.inf)


def test_what_no_float_can_hold_is_refused_without_a_warning():
    for x, y in (([-1.7e308], [1.7e308]), ([[-1.7e308, 0]], [[1.7e308, 0]]), ([-1.7e308, 0], [1.7e308])):
        with pytest.raises(ValueError, match="overflows: the points are too far apart"):
            wasserstein_distance(x, y)
    with pytest.raises(ValueError, match="overflows"):
        cost_matrix([[0.0, 0.0]], [[1e200, 0.0]], 2)
    for metric in (lambda x, y: np.sum(x - y, axis=-1), lambda x, y: np.sum(np.nan * (x - y), axis=-1)):
        with pytest.raises(ValueError, match=r"metric gave a distance of (-1|nan)"):
            wasserstein_distance([[0.0, 1.0]], [[1.0, 1.0]], metric=metric)


def test_a_potential_keeps_the_precision_of_its_points_and_its_own_y():
    rng = np.random.default_rng(4)
    x, y = cloud(rng, 5, 2).astype(np.float32), cloud(rng, 6, 2).astype(np.float32)
    f = kantorovich_potential(x, y)
    z = mg.Tensor(x, requires_grad=True)
    before = f(x)
    values = f(z)
    assert values.dtype == np.float32
    np.testing.assert_allclose(values.data, before, atol=1e-6)
    y += 1  # a loop may write its next batch into the same array
    np.testing.assert_array_equal(f(x), before)


def test_single_precision_stays_single():
    rng = np.random.default_rng(10)
    for d in (1, 2):
        x, y = cloud(rng, 5, d).astype(np.float32), cloud(rng, 5, d).astype(np.float32)
        t = mg.Tensor(x, requires_grad=True)
        w = wasserstein_distance(t, y, p=2)
        w.backward()
        assert w.dtype == t.grad.dtype == np.float32
        assert float(w.data) == pytest.approx(wasserstein_distance(x, y, p=2), rel=1e-6)


def test_descent_on_the_points_reaches_the_data():
    rng = np.random.default_rng(11)
    x, y = cloud(rng, 12), cloud(rng, 12) + 3
    for _ in range(60):
        x = x - 0.5 * 12 * mg.grad(lambda x: wasserstein_distance(x, y, p=2) ** 2 / 2)(x)
    assert wasserstein_distance(x, y, p=2) < 1e-9


@pytest.mark.parametrize("metric", ["euclidean", "cityblock"])
def test_potential_is_a_lipschitz_function_that_attains_w1(metric):
    rng = np.random.default_rng(12)
    x, y, a, b = cloud(rng, 15), cloud(rng, 12) + 1, weights(rng, 15), weights(rng, 12)
    f = kantorovich_potential(x, y, a, b, metric)
    assert f.value == pytest.approx(wasserstein_distance(x, y, a, b, metric=metric), rel=1e-14)
    assert a @ f(x) - b @ f(y) == pytest.approx(f.value, abs=1e-14)
    z = 3 * cloud(rng, 300)
    assert (np.abs(np.subtract.outer(f(z), f(z))) <= cost_matrix(z, z, 1, metric) * (1 + 1e-12) + 1e-12).all()
    swapped = kantorovich_potential(y, x, b, a, metric)
    assert swapped.value == pytest.approx(f.value, rel=1e-13)


def test_the_gradient_of_a_potential_is_a_unit_vector():
    rng = np.random.default_rng(13)
    x, y = cloud(rng, 10), cloud(rng, 10) + 1
    f = kantorovich_potential(x, y)
    z = cloud(rng, 40)
    g = mg.grad(lambda z: np.sum(f(z)))(z)
    assert np.allclose(np.linalg.norm(g, axis=1), 1)
    assert np.allclose(f(mg.Tensor(z)).data, f(z))
    line = kantorovich_potential([0.0, 1.0], [2.0])
    assert line.value == 1.5 and np.diff(line([0.0, 1.0, 2.0])).tolist() == [-1, -1]
