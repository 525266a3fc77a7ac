"""check_grad accepts right rules and rejects wrong ones: also by a thousandth, also in the second derivative alone."""

from unittest.mock import patch

import numpy as np
import pytest

import minigen as mg
from minigen.autodiff import primitive
from minigen.autodiff.duck import HANDLERS
from minigen.autodiff.tensor import RULES

rng = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def rules_of_their_own():
    """What these tests define is forgotten after them."""
    with patch.dict(RULES), patch.dict(HANDLERS):
        yield


def with_rule(function, *rules):
    """A fresh primitive with these rules."""
    f = primitive(function)
    mg.defvjp(f, *rules)
    return f


def power_rule(scale=1.0, constant=False):
    """x^3, its slope scaled; constant: the rule computes on the raw numbers, so that it has no derivative itself."""

    def cube(x):
        return x**3

    return with_rule(cube, lambda g, y, x: scale * 3 * g * (mg.autodiff.raw(x) if constant else x) ** 2)


def rejected(words="the rules give"):
    return pytest.raises(AssertionError, match=words)


@pytest.mark.parametrize("shape", [(), (1,), (5,), (4, 3), (2, 1, 2, 2), (0,)])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_right_rules_pass_to_every_order(shape, dtype):
    x = rng.standard_normal(shape).astype(dtype)
    for f in (power_rule(), np.sin, lambda x: np.sum(np.exp(-x * x)), lambda x: np.cumsum(np.tanh(x))):
        mg.check_grad(f, x, order=3)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("scale", [1.001, 0.999, -1.0, 0.0, 2.0])
def test_a_scaled_rule_is_rejected(scale, seed):
    """By a thousandth already, whatever numbers are drawn."""
    x = np.random.default_rng(seed).uniform(0.5, 2, (3, 2))
    with rejected():
        mg.check_grad(power_rule(scale), x, rng=np.random.default_rng(seed))


@pytest.mark.parametrize("seed", range(10))
def test_in_float32_a_twentieth_is_rejected(seed):
    x = np.random.default_rng(seed).uniform(0.5, 2, (3, 2)).astype(np.float32)
    mg.check_grad(power_rule(), x, rng=np.random.default_rng(seed))
    with rejected():
        mg.check_grad(power_rule(1.05), x, rng=np.random.default_rng(seed))


def test_a_dropped_term_and_swapped_arguments_are_rejected():
    def f(a, b):
        return a * b + a**2

    a, b = rng.standard_normal((2, 3))
    mg.check_grad(with_rule(f, lambda g, y, a, b: g * (b + 2 * a), lambda g, y, a, b: g * a), a, b, order=2)
    for wrong in ((lambda g, y, a, b: g * b, lambda g, y, a, b: g * a),
                  (lambda g, y, a, b: g * (a + 2 * b), lambda g, y, a, b: g * a),
                  (lambda g, y, a, b: g * (b + 2 * a), lambda g, y, a, b: g * b)):  # fmt: skip
        with rejected():
            mg.check_grad(with_rule(f, *wrong), a, b)


def test_order_two_catches_a_rule_that_is_no_function_of_tensors():
    """The first derivative of a rule on raw numbers is right; the second is silently 0."""
    x = rng.uniform(0.5, 2, 4)
    f = power_rule(constant=True)
    mg.check_grad(f, x)
    with rejected("the gradient of cube: the rules give"):
        mg.check_grad(f, x, order=2)


def test_order_three_looks_one_further():
    def f(x):
        return x**4

    half_raw = with_rule(f, lambda g, y, x: 4 * g * x * mg.autodiff.raw(x * x) + 8 * g * (x - mg.autodiff.raw(x)) *
                         mg.autodiff.raw(x * x))  # fmt: skip
    x = rng.uniform(0.5, 2, 4)
    mg.check_grad(half_raw, x, order=2)
    with rejected():
        mg.check_grad(half_raw, x, order=3)


def test_the_complex_step_is_exact():
    def f(x):
        return np.exp(x) / np.sqrt(np.sin(x) ** 3 + np.cos(x) ** 3)

    x = np.array([0.3, 0.7])
    mg.check_grad(f, x, complex_step=True, tol=1e-13)
    mg.check_grad(f, x, complex_step=True, order=2)
    with rejected("the complex step"):
        mg.check_grad(power_rule(1 + 1e-9), x, complex_step=True, tol=1e-12)


def test_the_tolerance_is_kept():
    x = np.ones(3)
    mg.check_grad(power_rule(1.001), x, tol=1e-2)
    with rejected():
        mg.check_grad(power_rule(1 + 1e-7), x, tol=1e-9)
    mg.check_grad(power_rule(), x, tol=1e-9)


def test_nan_is_rejected():
    with rejected(), np.errstate(invalid="ignore"):
        mg.check_grad(with_rule(lambda x: x * 1.0, lambda g, y, x: g * np.nan), np.ones(2))


def test_the_message_has_both_numbers_the_shapes_and_the_name():
    with rejected(r"cube: the rules give .* but central differences give .*\(shapes \(2, 3\)\)"):
        mg.check_grad(power_rule(2.0), np.ones((2, 3)))


def test_bad_questions_are_refused():
    for question in (lambda: mg.check_grad(np.sin), lambda: mg.check_grad(np.sin, np.ones(2), order=0)):
        with pytest.raises(ValueError, match="order >= 1"):
            question()
    with pytest.raises(TypeError, match="floating point"):
        mg.check_grad(np.sin, np.arange(3))


def test_it_changes_nothing_and_repeats_itself():
    x = rng.standard_normal(3)
    before = x.copy()
    messages = []
    for _ in range(2):
        with pytest.raises(AssertionError) as error:
            mg.check_grad(power_rule(2.0), x)
        messages.append(str(error.value))
    assert messages[0] == messages[1]
    np.testing.assert_array_equal(x, before)


def test_it_takes_tensors_and_lists():
    mg.check_grad(np.sin, mg.Tensor(np.ones(3), requires_grad=True), order=2)
    mg.check_grad(lambda a, b: a @ b, [[1.0, 2.0]], [3.0, 4.0], order=2)


@pytest.mark.parametrize(
    ("f", "draw"),
    [
        (lambda a: np.trace(np.linalg.inv(a)), lambda rng: rng.standard_normal((3, 3))),
        (lambda a: np.sum(np.sqrt(a)), lambda rng: rng.uniform(1e-3, 1, 5)),
        (lambda a: np.sum(1 / a), lambda rng: rng.standard_normal(5)),
        (lambda a: np.sum(a**2), lambda rng: 1e6 * rng.standard_normal(5)),
        (lambda a: np.sum(mg.relu(a)), lambda rng: 50 * rng.standard_normal(50)),
    ],
    ids=["inverse", "square root near 0", "reciprocal", "large numbers", "many kinks"],
)
def test_right_rules_pass_where_one_step_does_not_suit(f, draw):
    rng = np.random.default_rng(3)
    for _ in range(40):
        mg.check_grad(f, draw(rng), order=2, rng=rng)


def test_a_rule_scaled_by_a_thousandth_is_rejected_on_a_steep_function_too():
    @mg.primitive
    def root(x):
        return np.sqrt(x)

    mg.defvjp(root, lambda g, y, x: 1.001 * g * 0.5 / y)
    rng = np.random.default_rng(4)
    for _ in range(40):
        with pytest.raises(AssertionError):
            mg.check_grad(root, rng.uniform(1e-2, 1, 5), rng=rng)


def test_a_measurement_that_is_unsure_says_so():
    with pytest.raises(AssertionError, match="a kink is near"):
        mg.check_grad(lambda x: np.where(x > 0, x + 1, x), np.array([0.0]))  # a jump
