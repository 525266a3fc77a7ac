"""Activations, losses and initial weights: values, derivatives of two orders, conventions at kinks, torch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigen as mg
from minigen import nn

AWAY_FROM_0 = np.array([-3.0, -0.7, -0.02, 0.03, 1.0, 2.5])
FUNCTIONS = {
    "relu": (nn.relu, nn.ReLU()),
    "leaky_relu": (nn.leaky_relu, nn.LeakyReLU()),
    "elu": (nn.elu, nn.ELU()),
    "gelu": (nn.gelu, nn.GELU()),
    "silu": (nn.silu, nn.SiLU()),
    "softplus": (nn.softplus, nn.Softplus()),
    "tanh": (nn.tanh, nn.Tanh()),
    "sigmoid": (nn.sigmoid, nn.Sigmoid()),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_activations_have_their_derivatives_and_modules(name):
    f, module = FUNCTIONS[name]
    mg.check_grad(f, AWAY_FROM_0, order=3)
    np.testing.assert_array_equal(module(AWAY_FROM_0), f(AWAY_FROM_0))
    x = mg.Tensor(AWAY_FROM_0.astype(np.float32), requires_grad=True)
    np.sum(f(x)).backward()
    assert f(x).dtype == x.grad.dtype == np.float32
    assert np.shape(f(0.5)) == () and f(mg.Tensor(0.5, requires_grad=True)).shape == ()


@pytest.mark.parametrize("slope", [0.0, 0.1, 1.0])
def test_leaky_relu_and_its_convention_at_zero(slope):
    x = np.array([-2.0, -0.0, 0.0, 3.0])
    np.testing.assert_array_equal(nn.leaky_relu(x, slope=slope), [-2 * slope, 0, 0, 3])
    g = mg.grad(lambda x: np.sum(nn.leaky_relu(x, slope)))(x)
    np.testing.assert_array_equal(g, [slope, slope, slope, 1])
    assert x[0] == -2
    with pytest.raises(ValueError, match="slope must be between 0 and 1, got 2"):
        nn.LeakyReLU(2)


@given(slope=st.floats(0, 1), dtype=st.sampled_from([np.float16, np.float32, np.float64]))
def test_the_two_slopes_of_leaky_relu_are_exact(slope, dtype):
    x = mg.Tensor(np.array([-1, 1], dtype), requires_grad=True)
    nn.leaky_relu(x, slope).sum().backward()
    np.testing.assert_array_equal(x.grad, np.array([slope, 1], dtype))
    assert x.grad.dtype == dtype


def test_elu_of_another_alpha():
    np.testing.assert_allclose(nn.elu(AWAY_FROM_0, alpha=0.5)[:3], 0.5 * np.expm1(AWAY_FROM_0[:3]), rtol=1e-15)
    mg.check_grad(lambda x: nn.elu(x, alpha=0.5), AWAY_FROM_0, order=3)
    assert nn.elu(np.array([1e4, -1e4])).tolist() == [1e4, -1]
    assert nn.ELU(0.5)(np.array(-1e4)) == -0.5


def test_activations_equal_torch():
    torch = pytest.importorskip("torch")
    peers = torch.nn.functional
    x = np.linspace(-4, 4, 41)
    cases = {"leaky_relu": {"negative_slope": 0.2}, "gelu": {"approximate": "tanh"}}
    for name, (f, _) in FUNCTIONS.items():
        u, v = mg.Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
        y, z = f(u), getattr(peers, name)(v, **cases.get(name, {}))
        np.sum(y).backward()
        z.sum().backward()
        np.testing.assert_allclose(y.data, z.detach().numpy(), rtol=1e-12, atol=1e-14)
        # At the kink of relu, torch has slope 0 too; leaky_relu has the left slope in both.
        np.testing.assert_allclose(u.grad, v.grad.numpy(), rtol=1e-12, atol=1e-14)


# Losses

LOGITS = np.random.default_rng(0).standard_normal((6, 4)) * 3


def test_binary_cross_entropy_by_its_formula():
    t = np.random.default_rng(1).random((6, 4))
    p = 1 / (1 + np.exp(-LOGITS))
    want = np.mean(-t * np.log(p) - (1 - t) * np.log(1 - p))
    assert abs(nn.binary_cross_entropy_with_logits(LOGITS, t) - want) < 1e-14
    assert abs(nn.binary_cross_entropy_with_logits(LOGITS, 1.0) - np.mean(-np.log(p))) < 1e-14
    mg.check_grad(nn.binary_cross_entropy_with_logits, LOGITS, t, order=3)
    mg.check_grad(lambda x: nn.binary_cross_entropy_with_logits(x, 0), LOGITS, order=2)


def test_binary_cross_entropy_is_finite_and_exact_far_out():
    for dtype in (np.float32, np.float64):
        x = mg.Tensor(np.array([1e4, -1e4], dtype), requires_grad=True)
        loss = nn.binary_cross_entropy_with_logits(x, np.array([0, 1], dtype))
        loss.backward()
        assert loss.data == 1e4 and loss.dtype == dtype and x.grad.tolist() == [0.5, -0.5]
    x = mg.Tensor(np.array([40.0]), requires_grad=True)
    nn.binary_cross_entropy_with_logits(-x, 0.0).backward()
    np.testing.assert_allclose(x.grad, -np.exp(-40), rtol=1e-12)  # not rounded to zero


def test_cross_entropy_by_its_formula():
    labels = np.array([0, 3, 1, 1, 2, 0])
    p = np.exp(LOGITS) / np.exp(LOGITS).sum(1, keepdims=True)
    want = -np.mean(np.log(p[range(6), labels]))
    assert abs(nn.cross_entropy(LOGITS, labels) - want) < 1e-14
    mg.check_grad(lambda x: nn.cross_entropy(x, labels), LOGITS, order=3)
    assert nn.cross_entropy(np.array([[1e4, -1e4]]), np.array([1])) == 2e4
    assert nn.cross_entropy(LOGITS.astype(np.float32), labels).dtype == np.float32


def test_mse_loss():
    assert nn.mse_loss(np.array([1.0, 3.0]), np.array([0.0, 1.0])) == 2.5
    assert nn.mse_loss(np.array([1.0, 3.0]), 1.0) == 2
    mg.check_grad(nn.mse_loss, LOGITS, LOGITS[::-1].copy(), order=2)


@pytest.mark.parametrize("loss", [nn.mse_loss, nn.binary_cross_entropy_with_logits])
def test_targets_that_would_be_broadcast_are_refused(loss):
    with pytest.raises(ValueError, match=r"\(6, 1\) against targets \(6,\) would be broadcast"):
        loss(np.zeros((6, 1)), np.zeros(6))
    with pytest.raises(ValueError, match="broadcast"):
        loss(mg.Tensor(np.zeros(6)), mg.Tensor(np.zeros((6, 1))))


@pytest.mark.parametrize(
    "labels, error, message",
    [
        (np.zeros((6, 1), int), ValueError, r"labels \(n,\), got \(6, 4\) and \(6, 1\)"),
        (np.zeros(6), TypeError, "labels are integers"),
        (np.array([0, 1, 2, 3, 4, 0]), ValueError, "from 0 to 3, got 0 to 4"),
        (np.array([0, 1, 2, 3, -1, 0]), ValueError, "from 0 to 3, got -1 to 3"),
    ],
)
def test_labels_are_checked(labels, error, message):
    with pytest.raises(error, match=message):
        nn.cross_entropy(LOGITS, labels)


def test_losses_equal_torch():
    torch = pytest.importorskip("torch")
    peers = torch.nn.functional
    t, labels = np.random.default_rng(1).random((6, 4)), np.array([0, 3, 1, 1, 2, 0])
    for name, target in (("mse_loss", t), ("binary_cross_entropy_with_logits", t), ("cross_entropy", labels)):
        u, v = mg.Tensor(LOGITS, requires_grad=True), torch.tensor(LOGITS, requires_grad=True)
        y, z = getattr(nn, name)(u, target), getattr(peers, name)(v, torch.tensor(target))
        y.backward()
        z.backward()
        np.testing.assert_allclose(y.data, z.detach().numpy(), rtol=1e-14)
        np.testing.assert_allclose(u.grad, v.grad.numpy(), rtol=1e-12, atol=1e-16)


# Initial weights

SHAPE = (300, 200)
DRAWS = {
    "fan_in_uniform": (nn.init.fan_in_uniform, {}, 1 / 600, True),
    "glorot_uniform": (nn.init.glorot_uniform, {"gain": 2.0}, 4 * 2 / 500, True),
    "glorot_normal": (nn.init.glorot_normal, {}, 2 / 500, False),
    "he_uniform": (nn.init.he_uniform, {"slope": 0.5}, 2 / 1.25 / 200, True),
    "he_normal": (nn.init.he_normal, {}, 2 / 200, False),
    "normal": (nn.init.normal, {"std": 0.3}, 0.09, False),
}


@pytest.mark.parametrize("name", DRAWS)
def test_initial_variance_is_as_published(name):
    draw, settings, variance, uniform = DRAWS[name]
    w = draw(SHAPE, np.random.default_rng(0), **settings)
    assert w.shape == SHAPE and w.dtype == np.float64
    kurtosis = 9 / 5 if uniform else 3
    error = 4 * np.sqrt((kurtosis - 1) / w.size)
    assert abs(w.var() / variance - 1) < error and abs(w.mean()) < 4 * np.sqrt(variance / w.size)
    if uniform:
        assert 0.999 < np.abs(w).max() / np.sqrt(3 * variance) <= 1
    single = draw(SHAPE, np.random.default_rng(0), dtype=np.float32, **settings)
    np.testing.assert_array_equal(single, w.astype(np.float32))


def test_kernels_count_their_window():
    w = nn.init.he_normal((200, 3, 5, 5), np.random.default_rng(0))
    assert abs(w.var() * 75 / 2 - 1) < 4 * np.sqrt(2 / w.size)
    assert nn.init.fans((7, 3, 5, 2)) == (30, 70)


@pytest.mark.parametrize("shape", [(4, 4), (6, 3), (3, 6), (4, 2, 3, 3)])
def test_orthogonal_weights(shape):
    w = nn.init.orthogonal(shape, np.random.default_rng(0), gain=2.0).reshape(shape[0], -1)
    gram = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    np.testing.assert_allclose(gram, 4 * np.eye(len(gram)), atol=1e-12)


def test_orthogonal_weights_are_drawn_uniformly():
    """The uniform law on O(2) has mean 0 entries and rotations and reflections equally often."""
    rng = np.random.default_rng(0)
    draws = np.array([nn.init.orthogonal((2, 2), rng) for _ in range(4000)])
    assert np.abs(draws.mean(0)).max() < 4 * np.sqrt(0.5 / 4000)
    assert abs(np.mean(np.linalg.det(draws))) < 4 / np.sqrt(4000)


def test_bad_shapes_and_generators_are_refused():
    with pytest.raises(ValueError, match=r"got \(3,\)"):
        nn.init.he_normal((3,), np.random.default_rng(0))
    with pytest.raises(ValueError, match="no empty axis"):
        nn.init.orthogonal((3, 0), np.random.default_rng(0))
    for draw in (nn.init.he_normal, nn.init.orthogonal, nn.init.fan_in_uniform):
        with pytest.raises(TypeError, match=r"must be a np\.random\.Generator"):
            draw((2, 2), np.random.RandomState(0))
    assert not nn.init.zeros((2, 3)).any()
