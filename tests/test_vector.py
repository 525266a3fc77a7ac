"""The parameters of a model are one vector: views stay views, and what a parameter holds is what counts."""

import copy

import numpy as np
import pytest

from minigen import Tensor, nn
from minigen.vector import ParameterVector


def parameters(dtype=float):
    return [nn.Parameter(np.arange(6.0).reshape(2, 3).astype(dtype)), nn.Parameter(np.array(7, dtype)),
            nn.Parameter(np.array([8, 9], dtype))]  # fmt: skip


def test_values_are_kept_and_every_parameter_is_a_view():
    ps = parameters()
    ps[2].grad = np.array([0.5, -0.5])
    theta = ParameterVector(ps)
    assert theta.data.tolist() == [0, 1, 2, 3, 4, 5, 7, 8, 9]
    assert theta.grad.tolist() == [0] * 7 + [0.5, -0.5]
    theta.data -= 1
    theta.grad += 1
    assert ps[0].data.tolist() == [[-1, 0, 1], [2, 3, 4]] and ps[1].data == 6 and ps[2].data.tolist() == [7, 8]
    assert ps[1].grad == 1 and ps[2].grad.tolist() == [1.5, 0.5]
    assert len(theta) == 9 and "9 numbers in 3 parameters" in repr(theta)


def test_backward_adds_into_the_vector():
    ps = parameters()
    theta = ParameterVector(ps)
    for k in (1, 2):
        (np.sum(ps[0] * ps[0]) + 3 * ps[1] + np.sum(ps[2])).backward()
        np.testing.assert_array_equal(theta.grad, k * np.array([0, 2, 4, 6, 8, 10, 3, 1, 1]))
    assert np.shares_memory(ps[0].grad, theta.grad)
    theta.zero_grad()
    assert not theta.grad.any() and not ps[0].grad.any()


def test_a_rebound_array_is_noticed_and_copied_in():
    ps = parameters()
    theta = ParameterVector(ps)
    ps[0].data = np.full((2, 3), 4.0)
    ps[0].grad = np.ones((2, 3))
    ps[2].grad = None
    assert theta.data.tolist() == [4] * 6 + [7, 8, 9]
    assert theta.grad.tolist() == [1] * 6 + [0] * 3
    assert np.shares_memory(ps[0].data, theta.data) and np.shares_memory(ps[2].grad, theta.grad)


@pytest.mark.parametrize("new", [np.zeros((3, 2)), np.zeros((2, 3), np.float32)])
def test_a_rebound_array_of_another_shape_or_dtype_is_refused(new):
    ps = parameters()
    theta = ParameterVector(ps)
    ps[0].data = new
    with pytest.raises(ValueError, match=r"convert the model first"):
        _ = theta.data
    ps = parameters()
    theta = ParameterVector(ps)
    ps[0].grad = np.zeros(())
    with pytest.raises(ValueError, match=r"shape \(2, 3\) has a grad of shape \(\)"):
        _ = theta.grad


def test_vectors_of_one_model_share_their_storage():
    ps = parameters()
    first = ParameterVector(ps)
    views = [p.data for p in ps]
    second, tail = ParameterVector(iter(ps)), ParameterVector(ps[1:])
    assert all(p.data is v for p, v in zip(ps, views, strict=True))
    second.data += 1
    tail.grad = 3
    assert first.data.tolist() == [1, 2, 3, 4, 5, 6, 8, 9, 10]
    assert first.grad.tolist() == [0] * 6 + [3] * 3
    for other in (second, tail):
        assert np.shares_memory(first.data, other.data) and np.shares_memory(first.grad, other.grad)


def test_vectors_in_different_orders_stay_in_agreement():
    ps = parameters()
    first, reverse = ParameterVector(ps), ParameterVector(ps[::-1])
    for _ in range(2):
        first.data += 1
        reverse.data *= 2
        first.grad += 1
        reverse.grad += 1
    np.testing.assert_array_equal(reverse.data, [(v + 1) * 4 + 2 for v in [8, 9, 7, 0, 1, 2, 3, 4, 5]])
    np.testing.assert_array_equal(first.data, [(v + 1) * 4 + 2 for v in [0, 1, 2, 3, 4, 5, 7, 8, 9]])
    assert first.grad.tolist() == [4] * 9


def test_transposed_and_gapped_views_are_not_taken_for_neighbours():
    memory = np.arange(12.0)
    gap = ParameterVector([nn.Parameter(memory[:2]), nn.Parameter(memory[3:5])])
    assert gap.data.tolist() == [0, 1, 3, 4]
    across = ParameterVector([nn.Parameter(memory[:6].reshape(2, 3).T), nn.Parameter(memory[6:8])])
    assert across.data.tolist() == [0, 3, 1, 4, 2, 5, 6, 7]
    strided = ParameterVector([nn.Parameter(memory[::2]), nn.Parameter(memory[6:8])])
    assert strided.data.tolist() == [0, 2, 4, 6, 8, 10, 6, 7]
    frozen = np.arange(4.0)
    frozen.flags.writeable = False
    theta = ParameterVector([nn.Parameter(frozen[:2]), nn.Parameter(frozen[2:])])
    theta.data += 1
    assert theta.data.tolist() == [1, 2, 3, 4] and frozen.tolist() == [0, 1, 2, 3]


def test_a_shared_weight_counts_once():
    w = nn.Parameter(np.ones(3))
    theta = ParameterVector([w, w, w])
    assert len(theta) == 3 and len(theta.parameters) == 1
    np.sum(w * w + w).backward()
    assert theta.grad.tolist() == [3, 3, 3]


def test_copies_are_vectors_of_their_own():
    model = nn.MLP((2, 3, 1), rng=np.random.default_rng(0))
    theta = model.vector
    other_model, other = copy.deepcopy((model, theta))
    other.data = 0
    assert not next(other_model.parameters()).data.any()
    assert theta.data.any() and next(model.parameters()).data.any()


def test_one_dtype_and_at_least_one_parameter():
    with pytest.raises(ValueError, match="several dtypes, float32 and float64"):
        ParameterVector([nn.Parameter(np.zeros(2)), nn.Parameter(np.zeros(2, np.float32))])
    with pytest.raises(ValueError, match="no parameters"):
        ParameterVector([])
    with pytest.raises(TypeError, match="got ndarray"):
        ParameterVector([np.zeros(2)])
    assert ParameterVector(parameters(np.float32)).data.dtype == np.float32


def test_of_takes_models_parameters_and_vectors():
    model = nn.Linear(2, 3, rng=np.random.default_rng(0))
    theta = ParameterVector.of(model)
    assert ParameterVector.of(theta) is theta
    assert len(ParameterVector.of(model.parameters())) == len(theta) == 9
    assert len(ParameterVector.of(Tensor([1.0, 2.0], requires_grad=True))) == 2
