"""Gradients at kinks, ties and singularities: (call, arrays, exact gradients of the sum)."""

import numpy as np

import minigen as mg
from minigen.autodiff import rules

x3 = np.array([-1.0, 0.0, 2.0])
ones = np.array([1.0, 1.0, 1.0])
zeros = np.zeros(3)
half = 0.5 * ones

CONVENTIONS = {
    "abs has slope 0 at 0": (np.absolute, [x3], [[-1.0, 0.0, 1.0]]),
    "relu has slope 0 at 0": (mg.relu, [x3], [[0.0, 0.0, 1.0]]),
    "maximum gives half to each at a tie": (np.maximum, [x3, x3.copy()], [half, half]),
    "minimum gives half to each at a tie": (np.minimum, [x3, x3.copy()], [half, half]),
    "maximum with a number, at the number": (lambda x: np.maximum(x, 0), [x3], [[0.0, 0.5, 1.0]]),
    "max shares equally between ties": (np.max, [np.array([2.0, 1.0, 2.0])], [[0.5, 0.0, 0.5]]),
    "min shares equally between ties": (np.min, [np.array([1.0, 1.0, 2.0])], [[0.5, 0.5, 0.0]]),
    "max shares along its axis": (
        lambda x: np.max(x, axis=1), [np.array([[3.0, 3.0], [1.0, 0.0]])], [[[0.5, 0.5], [1.0, 0.0]]]),
    "max over two axes": (lambda x: np.max(x, axis=(0, 1)), [np.ones((2, 2))], [[[0.25, 0.25], [0.25, 0.25]]]),
    "clip has slope 1 at its bounds": (lambda x: np.clip(x, -1, 2), [x3], [ones]),
    "clip gives nothing to bounds that are met": (
        rules.clip_to, [x3, np.array([-1.0, 0.0, 1.0]), np.array([0.0, 0.0, 2.0])], [ones, zeros, zeros]),
    "the norm has gradient 0 at 0": (np.linalg.norm, [zeros], [zeros]),
    "norms of rows, one of them 0": (
        lambda x: np.linalg.norm(x, axis=1), [np.array([[3.0, 4.0], [0.0, 0.0]])], [[[0.6, 0.8], [0.0, 0.0]]]),
    "the Frobenius norm at 0": (np.linalg.norm, [np.zeros((2, 2))], [np.zeros((2, 2))]),
    "the 1-norm at 0": (lambda x: np.linalg.norm(x, 1), [zeros], [zeros]),
    "hypot has gradient 0 at 0": (np.hypot, [np.array([0.0, 3.0]), np.array([0.0, 4.0])], [[0.0, 0.6], [0.0, 0.8]]),
    "std has gradient 0 where nothing varies": (np.std, [ones], [zeros]),
    "var has gradient 0 where nothing varies": (np.var, [ones], [zeros]),
    "prod at one zero": (np.prod, [np.array([2.0, 0.0, 3.0])], [[0.0, 6.0, 0.0]]),
    "prod at two zeros": (np.prod, [np.array([0.0, 0.0, 3.0])], [zeros]),
    "prod at a zero, along an axis": (
        lambda x: np.prod(x, axis=0), [np.array([[0.0, 2.0], [5.0, 3.0]])], [[[5.0, 3.0], [0.0, 2.0]]]),
    "power at 0 with exponents 0, 1, 2, 3": (
        np.power, [np.zeros(4), np.arange(4.0)], [[0.0, 1.0, 0.0, 0.0], np.zeros(4)]),
    "the power 0 at 0": (lambda x: x**0, [x3], [zeros]),
    "the power 1 at 0": (lambda x: x**1, [x3], [ones]),
    "the power 2 at 0": (lambda x: x**2, [x3], [2 * x3]),
    "the power 3 of negative bases": (lambda x: x**3, [x3], [3 * x3**2]),
    "the power -1 of a negative base": (lambda x: x**-1, [np.array([-2.0])], [[-0.25]]),
    "array exponents of negative bases": (
        lambda x: x ** np.array([2.0, 3.0, 0.0]), [np.array([-2.0, -2.0, -2.0])], [[-4.0, 12.0, 0.0]]),
    "0 to the power b is constant in b > 0": (lambda b: 0.0**b, [np.array([1.0, 2.5])], [[0.0, 0.0]]),
    "a base of 2": (lambda b: 2**b, [np.array([0.0, 1.0])], [[np.log(2), 2 * np.log(2)]]),
    "one array as both arguments of a tie": (lambda x: np.maximum(x, x), [x3], [ones]),
    "ties in sort go in order": (
        lambda x: np.sort(x) * np.array([1.0, 2.0, 3.0]), [np.array([5.0, 5.0, 1.0])], [[2.0, 3.0, 1.0]]),
    "repeated indices add up": (lambda x: x[np.array([0, 0, 2])], [ones], [[2.0, 0.0, 1.0]]),
    "where at its condition": (lambda x: np.where(x > 0, 2 * x, 3 * x), [x3], [[3.0, 3.0, 2.0]]),
    "cholesky: the symmetric gradient": (
        lambda x: np.linalg.cholesky(x)[1, 0], [np.array([[4.0, 2.0], [2.0, 5.0]])], [[[-0.125, 0.25], [0.25, 0.0]]]),
    "logsumexp of -inf": (
        lambda x: mg.logsumexp(x), [np.array([0.0, -np.inf, 0.0])], [[0.5, 0.0, 0.5]]),
}  # fmt: skip


def check_convention(name):
    """The gradient is exactly this, in proportion to the seed, also as the value of a traced gradient, and silent."""
    call, arrays, gradients = CONVENTIONS[name]
    leaves = [mg.Tensor(x, requires_grad=True) for x in arrays]
    np.sum(call(*leaves)).backward()
    for leaf, g in zip(leaves, gradients, strict=True):
        np.testing.assert_allclose(leaf.grad, g, rtol=4e-16, atol=0)
    traced = mg.vjp(lambda *xs: np.sum(call(*xs)), *arrays)[1](np.array(4.0), traced=True)
    for t, g in zip(traced if isinstance(traced, tuple) else (traced,), gradients, strict=True):
        np.testing.assert_allclose(mg.autodiff.raw(t), np.multiply(4, g), rtol=4e-16, atol=0)
