"""Other engines and other methods as oracles: scipy's differences, HIPS autograd, torch."""

from itertools import pairwise

import numpy as np
import pytest

import minigen as mg

autograd = pytest.importorskip("autograd")
anp = pytest.importorskip("autograd.numpy")
optimize = pytest.importorskip("scipy.optimize")


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


WIDTHS = [(2, 5), (3, 8, 8), (1, 4, 4, 4)]


def weights(rng, widths):
    sizes = [*widths, 1]
    return [rng.standard_normal(s) for a, b in pairwise(sizes) for s in ((a, b), (b,))]


def mlp(xp, x, ws):
    """The same code on three engines: xp is where tanh and sum come from."""
    for w, b in zip(ws[:-2:2], ws[1:-2:2], strict=True):
        x = xp.tanh(x @ w + b)
    return xp.sum((x @ ws[-2] + ws[-1]) ** 2)


@pytest.mark.parametrize("widths", WIDTHS)
@pytest.mark.parametrize("seed", range(3))
def test_random_networks_against_autograd(widths, seed):
    rng = np.random.default_rng(seed)
    x, ws = rng.standard_normal((4, widths[0])), weights(rng, widths)
    ours = mg.grad(lambda x, *ws: mlp(np, x, ws), argnums=tuple(range(1 + len(ws))))(x, *ws)
    theirs = autograd.grad(lambda *a: mlp(anp, a[0], a[1:]), argnum=tuple(range(1 + len(ws))))(x, *ws)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)
    v = rng.standard_normal(x.shape)
    np.testing.assert_allclose(
        mg.hvp(lambda x: mlp(np, x, ws), x, v),
        autograd.hessian_vector_product(lambda x: mlp(anp, x, ws))(x, v),
        rtol=1e-9, atol=1e-11,
    )  # fmt: skip


def expression(xp, rng, x, depth):
    """A random expression tree over x, the same tree for the same state of rng."""
    if depth == 0:
        return x[int(rng.integers(3))] if rng.random() < 0.8 else float(rng.uniform(0.5, 2))
    kind = int(rng.integers(8))
    a = expression(xp, rng, x, depth - 1)
    if kind < 4:
        return (xp.sin, xp.tanh, lambda a: xp.exp(xp.sin(a)), lambda a: xp.sqrt(1 + a * a))[kind](a)
    b = expression(xp, rng, x, depth - 1)
    return (a + b, a * b, a / (2 + b * b), a - b)[kind - 4]


@pytest.mark.parametrize("seed", range(20))
def test_random_expressions_against_autograd(seed):
    x = np.random.default_rng(seed).standard_normal(3)

    def f(xp):
        return lambda x: expression(xp, np.random.default_rng(seed), x, 6) + 0.0 * x[0]

    np.testing.assert_allclose(mg.grad(f(np))(x), autograd.grad(f(anp))(x), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(mg.hessian(f(np))(x), autograd.hessian(f(anp))(x), rtol=1e-8, atol=1e-10)


def test_gradient_against_scipy_differences():
    rng = np.random.default_rng(0)
    ws = weights(rng, (3, 8))
    x = rng.standard_normal(3)

    def f(x):
        return mlp(np, x, ws)

    np.testing.assert_allclose(mg.grad(f)(x), optimize.approx_fprime(x, f, 1e-7), rtol=1e-5, atol=1e-5)


def test_rosenbrock_against_scipy():
    x = np.random.default_rng(0).standard_normal(5)
    np.testing.assert_allclose(mg.grad(rosenbrock)(x), optimize.rosen_der(x), rtol=1e-12)
    np.testing.assert_allclose(mg.hessian(rosenbrock)(x), optimize.rosen_hess(x), rtol=1e-12, atol=1e-12)


def test_newton_with_our_derivatives_finds_rosenbrocks_minimum():
    found = optimize.minimize(
        rosenbrock, -np.ones(4), jac=mg.grad(rosenbrock), hessp=lambda x, v: mg.hvp(rosenbrock, x, v),
        method="Newton-CG", options={"xtol": 1e-10},
    )  # fmt: skip
    np.testing.assert_allclose(found.x, np.ones(4), atol=1e-6)
