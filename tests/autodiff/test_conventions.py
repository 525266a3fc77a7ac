"""Gradients at kinks, ties and singularities are the documented ones, exactly and without a warning."""

import numpy as np
import pytest
from conventions import CONVENTIONS, check_convention

import minigen as mg


@pytest.mark.parametrize("name", CONVENTIONS)
def test_convention(name):
    check_convention(name)


@pytest.mark.parametrize("f", [np.linalg.norm, np.std, np.prod, lambda x: np.sum(np.hypot(x, x)), np.max])
def test_second_derivatives_at_zero_are_finite(f):
    assert np.all(np.isfinite(mg.hessian(f)(np.zeros(3))))


def test_hessian_of_prod_at_zeros():
    """d2(abc)/da db = c, whatever the other factors are."""
    np.testing.assert_array_equal(
        mg.hessian(np.prod)(np.array([0.0, 0.0, 3.0])), [[0.0, 3.0, 0.0], [3.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    )


def test_power_to_the_second_order_at_zero():
    for k, second in [(0, 0.0), (1, 0.0), (2, 2.0), (3, 0.0), (4, 0.0)]:
        assert mg.grad(mg.grad(lambda x, k=k: x**k))(0.0) == second
        assert mg.grad(mg.grad(lambda x, k=k: np.power(x, np.float64(k))))(0.0) == second
        assert mg.grad(mg.grad(lambda x, k=k: x ** np.array(k)))(0.0) == second
    assert mg.grad(mg.grad(lambda x: x**3))(-2.0) == -12.0


def test_a_fractional_power_at_zero_is_infinite_as_it_is():
    with np.errstate(divide="ignore"):
        assert mg.grad(lambda x: x**0.5)(0.0) == np.inf
        assert mg.grad(np.sqrt)(0.0) == np.inf


@pytest.mark.parametrize("p", [1, 2, 3, 1.5, np.inf])
def test_every_norm_at_zero(p):
    g = mg.grad(lambda x: np.linalg.norm(x, p))(np.zeros(3))
    np.testing.assert_array_equal(g, np.zeros(3))
