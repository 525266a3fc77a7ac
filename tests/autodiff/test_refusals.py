"""What cannot be differentiated is refused where it is written, with what to write instead."""

import math
import operator

import numpy as np
import pytest

import minigen as mg
from minigen.autodiff.duck import name_of
from minigen.autodiff.tensor import CONSTANTS


def leaf(*shape):
    return mg.Tensor(np.ones(shape), requires_grad=True)


def refused(words, kind=TypeError):
    return pytest.raises(kind, match=words)


# Turning into an ndarray, and writing


@pytest.mark.parametrize("convert", [np.array, np.asarray, np.ascontiguousarray, lambda t: np.array([t, t]),
                                     lambda t: np.asarray(t, dtype=float)])  # fmt: skip
def test_a_tensor_does_not_become_an_array_silently(convert):
    with refused(r"t\.data"):
        convert(leaf(3))


def test_out_is_refused():
    t, a = leaf(3), np.zeros(3)
    for write in (lambda: np.add(t, 1, out=a), lambda: np.exp(t, out=a), lambda: np.sum(t, out=np.zeros(()))):
        with refused(r"out"):
            write()
    with refused(r"write `a = a \+ t`"):
        a += t
    with refused(r"write `a = a \+ t`"):
        operator.imul(a, t)
    np.testing.assert_array_equal(a, 0)


def test_item_assignment_is_refused():
    t = leaf(3)
    with refused(r"np\.where"):
        t[0] = 1.0
    with refused(r"np\.where"):
        (t * 2)[:] = 1.0
    assert t.data[0] == 1


@pytest.mark.parametrize("op", [operator.iadd, operator.isub, operator.imul, operator.itruediv, operator.ipow,
                                operator.imatmul])  # fmt: skip
def test_in_place_operators_on_a_leaf_are_refused(op):
    t = mg.Tensor(np.eye(2), requires_grad=True)
    before = t
    try:
        after = op(t, t)
    except TypeError as error:
        assert "t.data" in str(error) or "leaf" in str(error)
    else:
        pytest.fail(f"{op.__name__} made {after!r} of {before!r}")


def test_in_place_operators_on_results_make_new_ones():
    x = leaf(2)
    y = first = x * 2
    y += 1
    y *= x
    assert y is not first
    np.testing.assert_array_equal(first.data, [2, 2])
    np.sum(y).backward()
    np.testing.assert_array_equal(x.grad, 2 + 2 + 1)


# Functions without a rule, and arguments that a rule does not know


@pytest.mark.parametrize("call, name", [
    (np.sinc, "np.sinc"), (np.linalg.eigh, "np.linalg.eigh"), (np.median, "np.median"),
    (np.linalg.svd, "np.linalg.svd"),
    (lambda t: np.fmod(t, 2), "np.fmod"), (lambda t: np.convolve(t, [1, 2]), "np.convolve"),
])  # fmt: skip
def test_a_function_without_a_rule_says_so(call, name):
    with refused(rf"^{name} has no gradient rule.*defvjp.*\.data"):
        call(leaf(2, 2))


@pytest.mark.parametrize("call, instead", [
    (lambda t: np.add.reduce(t), "np.sum"), (lambda t: np.multiply.reduce(t), "np.prod"),
    (lambda t: np.maximum.reduce(t), "np.max"), (lambda t: np.minimum.reduce(t), "np.min"),
    (lambda t: np.add.accumulate(t), "t.data"), (lambda t: np.multiply.outer(t, t), "t.data"),
    (lambda t: np.add.at(np.zeros(3), [0], t), "t.data"), (lambda t: np.logaddexp.reduce(t), "t.data"),
])  # fmt: skip
def test_methods_of_ufuncs_point_to_the_function(call, instead):
    with refused(instead):
        call(leaf(3))


@pytest.mark.parametrize("call", [
    lambda t: np.sum(t, dtype=np.float32), lambda t: np.sum(t, where=np.array([True, False, True])),
    lambda t: np.mean(t, dtype=float), lambda t: np.max(t, initial=3.0), lambda t: np.prod(t, dtype=float),
    lambda t: np.add(t, 1, where=np.array([True, False, True])), lambda t: np.exp(t, dtype=np.float32),
    lambda t: np.exp(t, casting="unsafe"), lambda t: np.sort(t, kind="heapsort"), lambda t: np.ravel(t, order="F"),
    lambda t: np.reshape(t, (3, 1), order="F"), lambda t: np.pad(t, 1, mode="linear_ramp", end_values=2),
    lambda t: np.linalg.norm(t, 0), lambda t: np.concatenate([t, t], dtype=np.float32),
    lambda t: np.stack([t], out=t),
    lambda t: np.linalg.norm(np.stack([t, t]), "nuc"), lambda t: np.linalg.norm(np.stack([t, t]), 2),
    lambda t: np.cumsum(t, dtype=float), lambda t: np.clip(t, 0, 1, dtype=float),
    lambda t: np.var(t, where=True, mean=t),
    lambda t: np.einsum(t, [0], [0]),
])  # fmt: skip
def test_arguments_that_a_rule_does_not_know_are_refused(call):
    with pytest.raises(TypeError):
        call(leaf(3))


def test_arguments_at_their_default_are_taken():
    t = leaf(2, 3)
    assert np.sum(t, axis=0, dtype=None, out=None, keepdims=False).shape == (3,)
    assert np.max(t, out=None).shape == np.min(t, None).shape == ()


# What a backward starts from


def test_backward_starts_from_a_scalar():
    with refused(r"shape \(3,\).*sum or the mean", ValueError):
        (leaf(3) * 2).backward()
    (leaf() * 2).backward()  # a scalar needs no seed
    with refused("scalar", ValueError):
        mg.grad(lambda x: x * 2)(np.ones(1))


def test_a_seed_has_the_shape_of_the_output():
    x = leaf(2, 3)
    for seed in (np.ones(3), 1.0, np.ones((2, 1)), np.ones((3, 2))):
        with refused(r"seed has shape .* output has shape \(2, 3\)", ValueError):
            (x * 2).backward(seed)
    (x * 2).backward(np.ones((2, 3)))
    (x * 2).backward(mg.Tensor(np.ones((2, 3), np.float32)))
    np.testing.assert_array_equal(x.grad, 4)


def test_nothing_to_differentiate():
    with refused("requires_grad=True", RuntimeError):
        np.sum(mg.Tensor(np.ones(3))).backward()
    with mg.no_grad():
        y = np.sum(leaf(3))
    with refused("no_grad", RuntimeError):
        y.backward()


# What a Tensor may hold


@pytest.mark.parametrize("data", [3, [1, 2], np.arange(3), True, np.uint8(3)])
def test_integers_have_no_gradient(data):
    assert not mg.Tensor(data).requires_grad
    with refused(r"floating point.*int|floating point.*bool"):
        mg.Tensor(data, requires_grad=True)
    with refused("floating point"):
        mg.grad(lambda x: np.sum(x * 1.0))(data)


@pytest.mark.parametrize("data", [1j, np.ones(2, complex), "x", [None], {"a": 1}, np.array(["a"])])
def test_only_real_numbers_are_held(data):
    with refused("real"):
        mg.Tensor(data)


def test_complex_results_are_refused():
    with refused("complex128"):
        leaf(3) * 1j


def test_ragged_lists_are_refused():
    with pytest.raises(ValueError, match="inhomogeneous"):
        mg.Tensor([[1.0, 2.0], [3.0]])


# Shape errors name the operation and the shapes


@pytest.mark.parametrize("call, words", [
    (lambda: leaf(2, 3) + leaf(2), r"np\.add on shapes \(2, 3\) and \(2,\)"),
    (lambda: leaf(2, 3) * np.ones((3, 2)), r"np\.multiply on shapes \(2, 3\) and \(3, 2\)"),
    (lambda: leaf(2, 3) @ leaf(2, 3), r"np\.matmul on shapes \(2, 3\) and \(2, 3\)"),
    (lambda: np.concatenate([leaf(2, 3), leaf(2, 2)]), r"concatenate on shapes \(2, 3\) and \(2, 2\)"),
    (lambda: np.reshape(leaf(2, 3), (4,)), r"np\.reshape on shapes \(2, 3\)"),
    (lambda: np.linalg.solve(leaf(2, 2), leaf(3, 1)), r"np\.linalg\.solve on shapes \(2, 2\) and \(3, 1\)"),
    (lambda: np.where(np.ones(2, bool), leaf(3), 0.0), r"np\.where on shapes \(2,\) and \(3,\) and \(\)"),
])  # fmt: skip
def test_shape_errors_name_the_operation_and_the_shapes(call, words):
    with refused(words, ValueError):
        call()


@pytest.mark.parametrize("call", [
    lambda t: np.sum(t, axis=2), lambda t: np.flip(t, 2), lambda t: np.prod(t, axis=-3), lambda t: np.std(t, axis=5),
    lambda t: np.expand_dims(t, 4), lambda t: np.moveaxis(t, 3, 0), lambda t: np.take(t, [0], axis=2),
    lambda t: np.swapaxes(t, 0, 2), lambda t: np.concatenate([t, t], axis=2), lambda t: np.split(t, [1], axis=2),
    lambda t: np.roll(t, 1, 2), lambda t: np.sum(t, axis=(0, 0)), lambda t: np.tensordot(t, t, axes=(2, 0)),
    lambda t: np.cumsum(t, 2), lambda t: np.diagonal(t, 0, 0, 2), lambda t: np.sort(t, axis=2),
    lambda t: mg.softmax(t, 2),
    lambda t: np.diagonal(t, 0, 1, 1), lambda t: np.squeeze(t, 0), lambda t: np.linalg.norm(t, axis=2),
])  # fmt: skip
def test_axes_out_of_range_are_errors_as_in_numpy(call):
    with pytest.raises((ValueError, IndexError)):
        call(np.ones((2, 3)))
    with pytest.raises((ValueError, IndexError)):
        call(leaf(2, 3))


def test_indices_out_of_range_are_errors():
    for index in (3, (0, 0), [0, 5], np.ones(2, bool), "a", 1.0):
        with pytest.raises((IndexError, TypeError)):
            leaf(3)[index]


# What is constant gives plain arrays


def test_comparisons_and_other_constants_are_plain_arrays():
    x = mg.Tensor(np.array([-1.5, 0.0, 2.5]), requires_grad=True)
    for y in (x > 0, x >= 0, x < 0, x <= 0, x == 0, x != 0, x == x, np.ones(3) < x, np.sign(x), np.floor(x),
              np.isfinite(x), np.argsort(x), x.argmax(), x // 1, np.round(x), np.logical_not(x > 0), np.isclose(x, x),
              np.zeros_like(x), np.any(x), x.all(), np.heaviside(x, 0.5), np.array_equal(x, x),
              np.ndim(x), np.shape(x)):  # fmt: skip
        assert not isinstance(y, mg.Tensor)
    np.testing.assert_array_equal(np.sign(x), [-1, 0, 1])
    np.testing.assert_array_equal(x > np.array([-2, 0, 3]), [True, False, False])
    assert np.all(x[x > 0].data == 2.5)


@pytest.mark.parametrize("function", sorted(CONSTANTS, key=name_of), ids=name_of)
def test_constants_take_tensors_wherever_numpy_takes_arrays(function):
    a, b = np.array([[0.5, 1.0], [-2.0, 0.0]]), np.array([1.0, 2.0])
    args = {
        np.full_like: (a, 2.0), np.searchsorted: (b, a), np.result_type: (a, b), np.array_repr: (a,),
        np.zeros_like: (a,),
        np.ones_like: (a,), np.empty_like: (a,), np.isclose: (a, b), np.allclose: (a, b), np.array_equal: (a, b),
    }.get(function) or ((a, b) if getattr(function, "nin", 1) == 2 else (a,))  # fmt: skip
    on_tensors = function(*(mg.Tensor(x, requires_grad=True) if isinstance(x, np.ndarray) else x for x in args))
    expected = function(*args)
    assert type(on_tensors) is type(expected)
    if function is np.empty_like:
        assert on_tensors.shape == expected.shape
    elif isinstance(expected, tuple):
        assert all(map(np.array_equal, on_tensors, expected))
    else:
        assert np.array_equal(on_tensors, expected)


# Looks like an array where that loses nothing


def test_python_protocols():
    t = mg.Tensor(np.array([[1.0, 2.0]]), requires_grad=True)
    assert len(t) == 1 and t.shape == (1, 2) and t.ndim == 2 and t.size == 2 and t.dtype == np.float64
    assert (
        float(t[0, 1]) == t[0, 1].item() == 2.0 and int(t[0, 0]) == 1 and bool(t[0, 0]) and f"{t[0, 1]:.2f}" == "2.00"
    )
    assert [row.shape for row in t] == [(2,)] and t.T.shape == (2, 1) and hash(t) != hash(t * 1)
    with pytest.raises(TypeError):
        len(t[0, 0])
    with pytest.raises((TypeError, ValueError)):
        float(t)
    with pytest.raises(ValueError):
        bool(t)
    assert "requires_grad" in repr(t) and "np.multiply" in repr(t * t) and "requires_grad" not in repr(mg.Tensor(1.0))
    assert 2.0 in mg.Tensor(np.array([1.0, 2.0]))


def test_what_would_cut_a_gradient_off_is_refused_inside_a_derivative():
    def filled(x):
        out = np.zeros(3)
        for i in range(3):
            out[i] = x[i] ** 2
        return np.sum(out)

    with pytest.raises(TypeError, match="cuts the gradient off"):
        mg.grad(lambda x: math.sin(x))(1.0)
    with pytest.raises((TypeError, ValueError)):
        mg.grad(filled)(np.ones(3))
    assert mg.grad(lambda x: x * x.item())(3.0) == 3.0  # a constant, if that is meant
    assert float(mg.Tensor(2.0, requires_grad=True)) == 2.0  # outside, a number is a number
    assert mg.grad(lambda x: x * float(mg.Tensor(2.0)))(1.0) == 2.0
