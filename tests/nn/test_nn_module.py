"""Module: what it finds among its attributes, what it saves, how it reads."""

import copy

import numpy as np
import pytest

from minigen import nn


class Block(nn.Module):
    def __init__(self):
        rng = np.random.default_rng(0)
        self.first = nn.Linear(2, 3, rng=rng)
        self.norms = {"a": nn.BatchNorm(3), "b": [nn.LayerNorm(3)]}
        self.scale = nn.Parameter(np.ones(3))
        self.offset = np.full(3, 2.0)
        self.counts = np.array([1, 2])
        self._cache = np.zeros(1000)
        self.again = self.first
        self.setting = 4

    def forward(self, x):
        return self.norms["b"][0](self.norms["a"](self.first(x))) * self.scale + self.offset


def test_parts_are_found_by_name_and_counted_once():
    block = Block()
    assert [name for name, _ in block.named_parameters()] == [
        "scale", "first.weight", "first.bias", "norms.a.weight", "norms.a.bias", "norms.b.0.weight", "norms.b.0.bias"
    ]  # fmt: skip
    assert [name for name, _ in block.named_buffers()] == [
        "offset", "counts", "norms.a.running_mean", "norms.a.running_var"
    ]  # fmt: skip
    assert [name for name, _ in block.named_modules()] == ["", "first", "norms.a", "norms.b.0"]
    assert len(block.vector) == sum(p.size for p in block.parameters()) == 3 + 9 + 6 + 6


def test_a_weight_that_two_layers_share_is_one_parameter():
    first, second = nn.Linear(3, 3, rng=np.random.default_rng(0)), nn.Linear(3, 3, rng=np.random.default_rng(1))
    second.weight = first.weight
    model = nn.Sequential(first, second)
    names = [name for name, _ in model.named_parameters()]
    assert names == ["layers.0.weight", "layers.0.bias", "layers.1.bias"] == list(model.state_dict())
    assert len(model.vector) == 15


def test_a_module_that_knows_its_parent_is_no_endless_loop():
    block = Block()
    block.first.parent = block
    assert len(list(block.parameters())) == 7 and repr(block)


def test_train_and_eval_reach_every_part():
    block = Block()
    assert all(m.training for _, m in block.named_modules())
    assert block.eval() is block
    assert not any(m.training for _, m in block.named_modules())
    block.train()
    assert block.norms["a"].training


def test_zero_grad_and_requires_grad():
    block = Block()
    x = np.random.default_rng(1).standard_normal((4, 2))
    np.sum(block(x)).backward()
    assert block.scale.grad.any()
    block.zero_grad()
    assert not any(p.grad.any() for p in block.parameters())
    block.requires_grad_(False)
    assert not block(x).requires_grad
    assert block.requires_grad_().scale.requires_grad


def test_state_dict_round_trip_and_independence():
    block, other = Block(), Block()
    block.vector.data = np.arange(24.0)
    block.norms["a"].running_mean = np.array([7.0, 8.0, 9.0])
    state = block.state_dict()
    theta = other.vector
    other.load_state_dict(state)
    for name, value in other.state_dict().items():
        np.testing.assert_array_equal(value, state[name])
    assert theta.data.tolist() == list(range(24))
    state["scale"][:] = -1
    assert block.scale.data[0] == 0 and other.scale.data[0] == 0


def test_loading_another_state_lists_all_that_is_wrong_and_changes_nothing():
    block = Block()
    before = block.state_dict()
    state = {name: value + 1 for name, value in before.items() if name != "norms.a.running_var"}
    state["first.weight"] = np.zeros((2, 3))
    state["extra"] = np.zeros(5)
    state["counts"] = np.array([0.5, 1.0])
    with pytest.raises(ValueError) as error:
        block.load_state_dict(state)
    assert str(error.value).split("\n")[1:] == [
        "  missing: norms.a.running_var (3,)",
        "  unexpected: extra (5,)",
        "  wrong kind: counts is int64 here, float64 there",
        "  wrong shape: first.weight is (3, 2) here, (2, 3) there",
    ]
    for name, value in block.state_dict().items():
        np.testing.assert_array_equal(value, before[name])


def test_astype_converts_floats_in_place():
    block = Block()
    assert block.astype(np.float32) is block
    assert {p.dtype for p in block.parameters()} == {np.dtype(np.float32)} and block.dtype == np.float32
    assert block.offset.dtype == np.float32 and block.counts.dtype == np.int64
    block.load_state_dict(Block().state_dict())  # from float64
    y = block(np.ones((4, 2), np.float32))
    np.sum(y).backward()
    assert y.dtype == np.float32 and block.vector.grad.dtype == np.float32
    with pytest.raises(TypeError, match="not int64"):
        block.astype(int)


def test_copies_share_nothing():
    block = Block()
    twin = copy.deepcopy(block)
    twin.vector.data = 0
    assert block.vector.data.any() and twin.again is twin.first


def test_repr_shows_the_parts_and_their_sizes():
    model = nn.MLP((2, 128, 1), nn.LeakyReLU(0.2), rng=np.random.default_rng(0), output_activation=np.tanh)
    assert repr(model).split("\n") == [
        "MLP(2 -> 128 -> 1, LeakyReLU(0.2), then tanh)        513",
        "  layers.0: Linear(2 -> 128)                         384",
        "  layers.1: Linear(128 -> 1)                         129",
        "  activation: LeakyReLU(0.2)",
    ]


def test_a_module_without_forward_says_so():
    with pytest.raises(NotImplementedError, match=r"Empty needs a method forward\(self"):
        type("Empty", (nn.Module,), {})()(1)
    assert list(nn.Module().parameters()) == [] and nn.Module().dtype == float


def test_parameters_are_floating_point():
    with pytest.raises(TypeError, match="floating point"):
        nn.Parameter(np.arange(3))
    with pytest.raises(TypeError, match="floating point"):
        nn.Parameter(np.arange(3), requires_grad=False)
