"""Derivatives as functions of functions: closed forms, nesting, tracing, and the types that come back."""

import numpy as np
import pytest

import minigen as mg

rng = np.random.default_rng(0)
A = rng.standard_normal((4, 4))
x4 = rng.standard_normal(4)


def quadratic(x):
    return 0.5 * x @ A @ x


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def rosenbrock_hessian(x):
    n = len(x)
    H = np.diag(np.concatenate([2 + 1200 * x[:-1] ** 2, [0.0]]))
    H[np.arange(n - 1), np.arange(n - 1)] -= 400 * x[1:]
    H[np.arange(1, n), np.arange(1, n)] += 200
    H[np.arange(n - 1), np.arange(1, n)] -= 400 * x[:-1]
    H[np.arange(1, n), np.arange(n - 1)] -= 400 * x[:-1]
    return H


# Closed forms


def test_quadratic_form():
    symmetric = 0.5 * (A + A.T)
    np.testing.assert_allclose(mg.grad(quadratic)(x4), symmetric @ x4, rtol=1e-14)
    np.testing.assert_allclose(mg.hessian(quadratic)(x4), symmetric, rtol=1e-14)
    v = rng.standard_normal(4)
    np.testing.assert_allclose(mg.hvp(quadratic, x4, v), symmetric @ v, rtol=1e-14)


def test_sine_to_the_fifth_derivative():
    f, at = np.sin, 0.7
    for expected in (np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x), np.sin, np.cos):
        f = mg.grad(f)
        assert f(at) == pytest.approx(expected(at), rel=1e-14)


@pytest.mark.parametrize("f, fifth", [
    (np.exp, lambda x: np.exp(x)), (lambda x: x**7, lambda x: 2520 * x**2), (np.log, lambda x: 24 / x**5),
    (lambda x: np.exp(-x * x), lambda x: (-32 * x**5 + 160 * x**3 - 120 * x) * np.exp(-x * x)),
    (np.tanh, lambda x: 16 * np.tanh(x) ** 6 * 0 + (16 - 120 * np.tanh(x) ** 2 + 120 * np.tanh(x) ** 4)
     / np.cosh(x) ** 2),
])  # fmt: skip
def test_fifth_derivatives(f, fifth):
    for _ in range(5):
        f = mg.grad(f)
    for at in (0.3, 1.1):
        assert f(at) == pytest.approx(fifth(at), rel=1e-12)


def test_rosenbrock():
    for x in (np.ones(5), rng.standard_normal(5)):
        np.testing.assert_allclose(mg.hessian(rosenbrock)(x), rosenbrock_hessian(x), rtol=1e-12, atol=1e-11)
    np.testing.assert_array_equal(mg.grad(rosenbrock)(np.ones(5)), np.zeros(5))


def test_jacobian_of_a_linear_map_and_its_shapes():
    np.testing.assert_allclose(mg.jacobian(lambda x: A @ x)(x4), A, rtol=1e-15)
    x = rng.standard_normal((2, 3))
    J = mg.jacobian(lambda x: x[:, None] * np.ones((4, 1)))(x)
    assert J.shape == (2, 4, 3, 2, 3)
    np.testing.assert_array_equal(J.sum(1), 4 * np.eye(6).reshape(2, 3, 2, 3))
    assert mg.jacobian(np.sum)(x).shape == (2, 3)
    assert mg.jacobian(np.sin)(0.5).shape == () and mg.hessian(np.sin)(0.5) == -np.sin(0.5)
    assert mg.jacobian(lambda x: x[:0])(x4).shape == (0, 4)
    assert mg.jacobian(lambda x, y: x * y, argnums=1)(x4, 2.0).shape == (4,)


def test_hvp_is_the_hessian_times_v():
    f = rosenbrock
    x, v = rng.standard_normal(6), rng.standard_normal(6)
    np.testing.assert_allclose(mg.hvp(f, x, v), mg.hessian(f)(x) @ v, rtol=1e-11)


def test_jvp_against_the_complex_step():
    def f(x):
        return np.exp(np.sin(x @ A)) / (2 + np.cos(x)) + np.tanh(x) ** 3

    v = rng.standard_normal(4)
    y, slope = mg.jvp(f, x4, v)
    np.testing.assert_array_equal(y, f(x4))
    np.testing.assert_allclose(slope, f(x4 + 1e-30j * v).imag / 1e-30, rtol=1e-13)


def test_jvp_of_several_arguments_and_orders():
    def f(x, y):
        return x**2 * y

    value, slope = mg.jvp(f, (3.0, 2.0), (1.0, 10.0))
    assert value == 18 and slope == 2 * 3 * 2 + 9 * 10
    second = mg.jvp(lambda x: mg.jvp(np.sin, x, 1.0)[1], 0.4, 1.0)[1]
    assert second == pytest.approx(-np.sin(0.4), rel=1e-14)
    with pytest.raises(ValueError, match=r"direction has shape \(2,\)"):
        mg.jvp(np.sin, x4, np.ones(2))


# Nesting


def test_an_inner_derivative_does_not_see_the_outer_variable():
    """d/dx (x * d/dy (x + y)) = 1, not 2: the inner derivative is 1, whatever x is."""
    assert mg.grad(lambda x: x * mg.grad(lambda y: x + y)(2.0))(3.0) == 1
    assert mg.grad(lambda x: x * mg.grad(lambda y: x * y)(2.0))(3.0) == 6
    assert mg.grad(lambda x: mg.grad(lambda y: x * y * y)(x))(3.0) == 4 * 3
    assert mg.grad(lambda x: x * mg.jvp(lambda y: x + y, 2.0, 1.0)[1])(3.0) == 1


def test_inner_variable_of_the_same_value_is_another_variable():
    assert mg.grad(lambda x: mg.grad(lambda y: y * y)(x) * x)(3.0) == 4 * 3
    assert mg.grad(lambda x: mg.grad(lambda x: x**3)(x))(2.0) == 12


def test_mixed_partials_commute():
    def f(x, y):
        return np.sin(x * y) + x**3 * y**2

    xy = mg.grad(lambda x: mg.grad(f, argnums=1)(x, 0.7))(1.3)
    yx = mg.grad(lambda y: mg.grad(f, argnums=0)(1.3, y))(0.7)
    assert type(xy) is type(yx) is np.float64 and xy == pytest.approx(yx, rel=1e-14)
    H = mg.hessian(rosenbrock)(x4)
    np.testing.assert_allclose(H, H.T, rtol=1e-12)


def test_grad_inside_backward_and_backward_after_grad():
    w = mg.Tensor(2.0, requires_grad=True)
    (mg.grad(lambda x: w * x**3)(1.0) ** 2).backward()
    assert w.grad == 2 * (3 * 2.0) * 3


# argnums, values, pullbacks


def test_argnums():
    def f(a, b, c=1.0):
        return np.sum(a * b**2) * c

    a, b = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    np.testing.assert_array_equal(mg.grad(f)(a, b), b**2)
    np.testing.assert_array_equal(mg.grad(f, 1)(a, b, c=2.0), 4 * a * b)
    np.testing.assert_array_equal(mg.grad(f, -1)(a, b), 2 * a * b)
    ga, gb = mg.grad(f, (0, 1))(a, b)
    np.testing.assert_array_equal(ga, b**2)
    np.testing.assert_array_equal(gb, 2 * a * b)
    only = mg.grad(f, (1,))(a, b)
    assert isinstance(only, tuple) and len(only) == 1
    value, gradient = mg.value_and_grad(f, (1, 0))(a, b)
    assert value == f(a, b) and gradient[0] is not gradient[1]
    np.testing.assert_array_equal(gradient[1], ga)
    with pytest.raises(TypeError, match="argnums=3"):
        mg.grad(f, 3)(a, b)


def test_a_pullback_is_used_again_and_again():
    y, pullback = mg.vjp(lambda x, w: np.tanh(x) @ w, x4, A)
    us = rng.standard_normal((3, 4))
    for u in (*us, us[0]):
        gx, gw = pullback(u)
        np.testing.assert_allclose(gx, (1 - np.tanh(x4) ** 2) * (A @ u), rtol=1e-12)
        np.testing.assert_allclose(gw, np.outer(np.tanh(x4), u), rtol=1e-13)
    np.testing.assert_allclose(y, np.tanh(x4) @ A)
    with pytest.raises(ValueError, match="seed has shape"):
        pullback(np.ones(3))
    with pytest.raises(ValueError, match="scalar"):
        pullback()


def test_a_function_independent_of_its_argument_has_gradient_zero():
    w = mg.Tensor(x4, requires_grad=True)
    for f in (lambda x: np.sum(A), lambda x: 3.0, lambda x: np.sum(w * w), lambda x: np.sum(x.data), lambda x: 1):
        np.testing.assert_array_equal(mg.autodiff.raw(mg.grad(f)(x4)), np.zeros(4))
    np.testing.assert_array_equal(mg.hessian(lambda x: np.sum(x))(x4), np.zeros((4, 4)))
    np.testing.assert_array_equal(mg.jvp(lambda x: A[0], x4, x4)[1], np.zeros(4))
    assert mg.grad(mg.grad(lambda x: 3.0 * x))(1.0) == 0


def test_errors_name_the_function():
    def loss(x):
        return x * 2

    with pytest.raises(ValueError, match=r"loss returned shape \(4,\)"):
        mg.grad(loss)(x4)
    with pytest.raises(TypeError, match="2 values"):
        mg.grad(lambda x: (x, x))(x4)
    assert mg.grad(loss).__name__ == "loss"


def test_dtypes_and_inputs_are_kept():
    x = x4.astype(np.float32)
    before = x.copy()
    for d in (mg.grad(rosenbrock), mg.hessian(rosenbrock), lambda x: mg.hvp(rosenbrock, x, x),
              lambda x: mg.jvp(np.sin, x, x)[1], mg.jacobian(np.sin)):  # fmt: skip
        assert d(x).dtype == np.float32
    np.testing.assert_array_equal(x, before)
    assert mg.grad(np.sin)(np.float32(0.5)).dtype == np.float32


# Tracing: a result is a Tensor when something tracked besides its own variable was reached


def critic(x, w1, w2):
    return np.sum(mg.softplus(x @ w1) @ w2)


def penalty(x, w1, w2, **kwargs):
    """E (|d critic/dx| - 1)^2, as WGAN-GP writes it."""
    g = mg.grad(critic, **kwargs)(x, w1, w2)
    return np.mean((np.linalg.norm(g, axis=1) - 1) ** 2)


def test_a_gradient_penalty_is_differentiated_in_the_weights():
    x, w1, w2 = (rng.standard_normal(s) for s in [(5, 2), (2, 6), (6, 1)])
    t1, t2 = (mg.Tensor(w, requires_grad=True) for w in (w1, w2))
    penalty(x, t1, t2).backward()
    assert penalty(x, w1, w2).ndim == 0 and not isinstance(penalty(x, w1, w2), mg.Tensor)
    h = 1e-6
    for w, t in ((w1, t1), (w2, t2)):
        measured = np.zeros_like(w)
        for i in np.ndindex(w.shape):
            old = w[i]
            w[i] = old + h
            up = penalty(x, w1, w2)
            w[i] = old - h
            measured[i] = (up - penalty(x, w1, w2)) / (2 * h)
            w[i] = old
        np.testing.assert_allclose(t.grad, measured, rtol=1e-6, atol=1e-8)
    functional = mg.grad(penalty, argnums=(1, 2))(x, w1, w2)
    np.testing.assert_allclose(functional[0], t1.grad, rtol=1e-13)
    np.testing.assert_allclose(functional[1], t2.grad, rtol=1e-13)


def test_a_penalty_through_tracked_samples():
    """Also the generator behind the samples gets its derivative."""
    x, w1, w2, shift = (rng.standard_normal(s) for s in [(5, 2), (2, 6), (6, 1), (2,)])

    def through(shift):
        return penalty(x + shift, w1, w2)

    mg.check_grad(through, shift, order=2)


def test_traced_false_and_no_grad_give_arrays():
    x, w1, w2 = (rng.standard_normal(s) for s in [(5, 2), (2, 6), (6, 1)])
    t1 = mg.Tensor(w1, requires_grad=True)
    value, g = mg.value_and_grad(critic)(x, t1, w2)
    assert isinstance(value, mg.Tensor) and isinstance(g, mg.Tensor) and g.requires_grad
    plain = mg.grad(critic, traced=False)(x, t1, w2)
    assert type(plain) is np.ndarray
    np.testing.assert_array_equal(plain, g.data)
    with mg.no_grad():
        value, g = mg.value_and_grad(critic)(x, t1, w2)
    assert type(g) is np.ndarray and not isinstance(value, mg.Tensor)
    with mg.no_grad():
        h = mg.hvp(lambda x: critic(x, t1, w2), x, x)
    assert type(h) is np.ndarray
    assert not isinstance(penalty(x, t1, w2, traced=False), mg.Tensor)


def test_types_at_the_top_are_plain():
    """Nothing else is tracked: arrays in, arrays out; numbers of shape () are NumPy scalars."""
    for result in (mg.grad(rosenbrock)(x4), mg.hessian(rosenbrock)(x4), mg.jacobian(np.sin)(x4),
                   mg.hvp(rosenbrock, x4, x4), *mg.jvp(np.sin, x4, x4), mg.vjp(np.sin, x4)[0],
                   mg.grad(rosenbrock)(mg.Tensor(x4))):  # fmt: skip
        assert type(result) is np.ndarray
    for number in (mg.grad(np.sin)(0.5), mg.value_and_grad(np.sin)(0.5)[0], mg.hessian(np.sin)(0.5)):
        assert type(number) is np.float64
    tracked = mg.Tensor(x4, requires_grad=True)
    assert isinstance(mg.grad(rosenbrock)(tracked), mg.Tensor)
    np.testing.assert_allclose(mg.grad(rosenbrock)(tracked).data, mg.grad(rosenbrock)(x4))
    assert tracked.grad is None


def test_grad_leaves_no_gradients_behind():
    w = mg.Tensor(x4, requires_grad=True)
    mg.grad(lambda x: np.sum(x * w))(x4)
    assert w.grad is None


def test_an_inner_variable_is_no_reason_to_trace():
    """What an inner derivative was taken in is nobody's variable afterwards: the outer result is a plain number."""
    for outer in (
        mg.grad(lambda w: mg.grad(lambda x: np.sin(x * w) * w)(0.5)),
        mg.grad(lambda w: mg.value_and_grad(lambda x: np.sin(x * w) * w)(0.5)[0]),
        mg.grad(lambda w: mg.jvp(lambda x: np.sin(x * w) * w, 0.5, 1.0)[1]),
        lambda w: mg.hvp(lambda w: mg.grad(lambda x: np.sin(x * w) * w)(0.5), w, 1.0),
        mg.grad(mg.grad(lambda w: mg.grad(lambda x: np.sin(x * w) * w)(0.5))),
    ):
        assert type(outer(0.3)) is np.float64
    kept = []
    mg.grad(lambda x: kept.append(x) or x * x)(2.0)
    assert not (kept[0] * 3).requires_grad
