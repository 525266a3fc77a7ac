"""Layers: closed forms, derivatives of two orders, torch as an oracle, errors."""

import numpy as np
import pytest

import minigen as mg
from minigen import nn

RNG = np.random.default_rng
X = RNG(1).standard_normal((5, 3))


def close(a, b, tol=1e-12):
    a, b = (v.detach().numpy() if hasattr(v, "detach") and not isinstance(v, mg.Tensor) else mg.autodiff.raw(v)
            for v in (a, b))  # fmt: skip
    np.testing.assert_allclose(a, b, rtol=tol, atol=tol)


def as_function(model):
    """The model as a function of its input and of all its parameters, for check_grad."""

    def f(x, *values):
        for p, v in zip(holders, values, strict=True):
            p[0].__dict__[p[1]] = v
        try:
            return model(x)
        finally:
            for (module, name), p in zip(holders, own, strict=True):
                module.__dict__[name] = p

    holders = [(m, k) for _, m in model.named_modules() for k, v in vars(m).items() if isinstance(v, nn.Parameter)]
    own = [m.__dict__[k] for m, k in holders]
    return f, [p.data for p in own]


LAYERS = {
    "linear": lambda: nn.Linear(3, 4, rng=RNG(0)),
    "linear, no bias": lambda: nn.Linear(3, 4, rng=RNG(0), bias=False),
    "mlp": lambda: nn.MLP((3, 5, 4, 2), np.tanh, rng=RNG(0), output_activation=mg.sigmoid),
    "leaky mlp": lambda: nn.MLP((3, 5, 2), nn.LeakyReLU(0.2), rng=RNG(0)),
    "layer norm": lambda: nn.LayerNorm(3),
    "batch norm": lambda: nn.BatchNorm(3),
    "batch norm, eval": lambda: nn.BatchNorm(3).eval(),
    "sequential": lambda: nn.Sequential(nn.Linear(3, 4, rng=RNG(0)), nn.BatchNorm(4), np.tanh, nn.LayerNorm(4)),
    "fourier": lambda: nn.FourierFeatures(3, 6, rng=RNG(0), scale=0.3),
}


@pytest.mark.parametrize("name", LAYERS)
def test_derivatives_of_two_orders(name):
    model = LAYERS[name]()
    rng = RNG(2)
    for p in model.parameters():
        p.data += 0.1 * rng.standard_normal(p.shape)
    f, values = as_function(model)
    mg.check_grad(f, X, *values, order=2)


def test_dropout_derivative_and_law():
    mg.check_grad(lambda x: nn.Dropout(0.4, rng=RNG(3))(x) ** 2, X, order=2)
    layer = nn.Dropout(0.3, rng=RNG(0))
    y = layer(np.ones(100_000, np.float32))
    assert y.dtype == np.float32 and set(np.unique(y)) == {0, np.float32(1 / 0.7)}
    assert abs(y.mean() - 1) < 4 * np.sqrt(0.3 / 0.7 / 1e5)
    assert layer.eval()(X) is X
    assert nn.Dropout(0.0, rng=RNG(0))(X) is X
    for p in (-0.1, 1.0):
        with pytest.raises(ValueError, match="0 <= p < 1"):
            nn.Dropout(p, rng=RNG(0))


def test_linear_on_points_of_any_rank():
    layer = LAYERS["linear"]()
    want = X @ layer.weight.data.T + layer.bias.data
    close(layer(X), want)
    close(layer(X[0]), want[0])
    close(layer(X.reshape(5, 1, 3)), want[:, None])
    assert layer(np.zeros((0, 3))).shape == (0, 4)
    ints = np.array([[1, 2, 3]])
    close(layer(ints), layer(ints.astype(float)))


@pytest.mark.parametrize("own", [True, False])
def test_linear_with_a_bias_that_is_given(own):
    """In place of its own, one for all points or one for each; the layer's own then has no part in the gradient."""
    layer = nn.Linear(3, 4, rng=RNG(0), bias=own)
    for shape in ((4,), (1, 4), (5, 4)):
        bias = RNG(1).standard_normal(shape)
        close(layer(X, bias=bias), X @ layer.weight.data.T + bias)
        mg.check_grad(lambda x, b: np.sum(layer(x, bias=b) ** 3), X, bias)
        np.sum(layer(X, bias=bias)).backward()
        assert not own or layer.bias.grad is None
    with pytest.raises(ValueError, match="affine on shapes"):
        layer(X, bias=np.ones((2, 4)))


def test_linear_starts_as_said():
    layer = nn.Linear(100, 50, rng=RNG(0))
    assert np.abs(layer.weight.data).max() <= 0.1 and np.abs(layer.bias.data).max() <= 0.1 and layer.bias.data.any()
    drawn = nn.Linear(100, 50, rng=RNG(0), init=nn.init.he_normal, dtype=np.float32)
    np.testing.assert_array_equal(drawn.weight.data, nn.init.he_normal((50, 100), RNG(0), dtype=np.float32))
    assert not drawn.bias.data.any() and drawn.bias.dtype == np.float32
    a, b = nn.Linear(3, 2, rng=RNG(7)), nn.Linear(3, 2, rng=RNG(7), dtype=np.float32)
    np.testing.assert_array_equal(a.weight.data.astype(np.float32), b.weight.data)


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: nn.Linear(3, 4, rng=RNG(0))(np.zeros((2, 5))), ValueError, r"\(2, 5\): axis -1 must have length 3"),
        (lambda: nn.Linear(3, 4, rng=RNG(0))(np.zeros(())), ValueError, r"shape \(\)"),
        (lambda: nn.Linear(3, 4, rng=RNG(0))([1, 2, 3]), TypeError, "takes an array or a Tensor, got list"),
        (lambda: nn.Linear(3, 4, rng=RNG(0))(np.zeros((2, 3), "f4")), TypeError, "float64 parameters but got float32"),
        (lambda: nn.Linear(3, 4, rng=0), TypeError, r"np.random.default_rng\(seed\) say, got 0"),
        (lambda: nn.Linear(0, 4, rng=RNG(0)), ValueError, "in_features must be a positive integer, got 0"),
        (lambda: nn.Linear(3, 2.5, rng=RNG(0)), ValueError, "out_features must be a positive integer"),
        (lambda: nn.Linear(3, 4, rng=RNG(0), init=lambda s, r: np.zeros(2)), ValueError, r"shape \(2,\), not \(4, 3\)"),
        (lambda: nn.MLP((3,), rng=RNG(0)), ValueError, "at least the sizes"),
        (lambda: nn.MLP((3, 1), nn.Tanh, rng=RNG(0)), TypeError, r"write Tanh\(\)"),
        (lambda: nn.MLP((3, 1), rng=RNG(0), output_activation="tanh"), TypeError, "function of arrays"),
        (lambda: nn.Sequential(nn.ReLU), TypeError, r"write ReLU\(\)"),
        (lambda: nn.LayerNorm(3)(np.zeros((2, 4))), ValueError, "axis -1 must have length 3"),
        (lambda: nn.BatchNorm(3)(np.zeros((2, 4))), ValueError, "axis 1 must have length 3"),
        (lambda: nn.BatchNorm(3)(np.zeros((1, 3))), ValueError, "more than one value per feature"),
        (lambda: nn.BatchNorm(3, momentum=2), ValueError, "momentum must be between"),
        (lambda: nn.Embedding(4, 2, rng=RNG(0))(np.array([0, 4])), ValueError, "from 0 to 3, got 0 to 4"),
        (lambda: nn.Embedding(4, 2, rng=RNG(0))(np.array([-1])), ValueError, "from 0 to 3"),
        (lambda: nn.Embedding(4, 2, rng=RNG(0))(np.array([1.0])), TypeError, "indexed by integers"),
        (lambda: nn.SinusoidalEmbedding(5), ValueError, "must be even, got 5"),
        (lambda: nn.FourierFeatures(2, 5, rng=RNG(0)), ValueError, "must be even, got 5"),
    ],
)  # fmt: skip
def test_bad_input_is_named_at_the_door(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_sequential_is_a_sequence():
    model = LAYERS["sequential"]()
    assert len(model) == 4 and isinstance(model[1], nn.BatchNorm) and list(model)[2] is np.tanh
    assert repr(model).startswith("Sequential(with tanh)")


def test_float32_stays_float32_through_every_layer():
    for make in LAYERS.values():
        model = make().astype(np.float32)
        x = mg.Tensor(X.astype(np.float32), requires_grad=True)
        y = model(x)
        np.sum(y).backward()
        assert y.dtype == np.float32 and x.grad.dtype == np.float32
        assert all(a.dtype == np.float32 for a in model.state_dict().values())


def test_batch_norm_statistics():
    """Means and unbiased variances of two batches, weighted 0.9 * 0.1 and 0.1, and the start weighted 0.81."""
    layer = nn.BatchNorm(3)
    a, b = RNG(3).standard_normal((2, 6, 3)) * 2 + 5
    y = layer(a)
    close(y.data.mean(0), 0)
    close(y.data.var(0) * (a.var(0) + 1e-5) / a.var(0), 1)
    old = layer.running_mean
    layer(b)
    assert layer.running_mean is not old
    close(layer.running_mean, 0.09 * a.mean(0) + 0.1 * b.mean(0))
    close(layer.running_var, 0.81 + 0.09 * a.var(0, ddof=1) + 0.1 * b.var(0, ddof=1))
    layer.eval()
    before = layer.running_mean.copy()
    close(layer(a), (a - layer.running_mean) / np.sqrt(layer.running_var + 1e-5))
    np.testing.assert_array_equal(layer.running_mean, before)


def test_a_later_forward_pass_does_not_spoil_the_gradient_of_an_earlier_one():
    layer = nn.BatchNorm(3)
    layer.eval()
    loss = np.sum(layer(X))
    layer.train()
    layer(X)
    loss.backward()
    close(layer.bias.grad, [5, 5, 5])


def test_layer_norm_forgets_scale_and_shift():
    layer = nn.LayerNorm(3, eps=0.0)
    close(layer(3 * X + 2), layer(X), tol=1e-10)


def test_embedding_adds_up_repeated_gradients():
    layer = nn.Embedding(4, 2, rng=RNG(0))
    index = np.array([[0, 3], [3, 3]])
    y = layer(index)
    np.testing.assert_array_equal(y.data, layer.weight.data[index])
    np.sum(y).backward()
    assert layer.weight.grad[:, 0].tolist() == [1, 0, 0, 3]
    f, values = as_function(layer)
    mg.check_grad(lambda w: np.tanh(f(index, w)), *values, order=2)


def test_sinusoidal_embedding_by_hand():
    t = np.array([0.0, 1.5])
    want = [[0, 0, 1, 1], [np.sin(1.5), np.sin(0.015), np.cos(1.5), np.cos(0.015)]]
    close(nn.sinusoidal(t, 4), want)
    close(nn.SinusoidalEmbedding(4)(np.array(1.5)), want[1])
    assert nn.sinusoidal(t.astype(np.float32), 4).dtype == np.float32
    close(nn.sinusoidal(np.arange(3), 8), nn.sinusoidal(np.arange(3.0), 8))
    mg.check_grad(lambda t: nn.sinusoidal(t, 6), t, order=2)


def test_fourier_features_have_the_kernel_of_their_law():
    """The mean of cos(2 pi b (x - y)) over b ~ N(0, s^2) is exp(-2 pi^2 s^2 |x - y|^2).  (Rahimi & Recht 2007.)"""
    layer = nn.FourierFeatures(2, 40_000, rng=RNG(0), scale=0.5)
    x, y = np.array([[0.1, 0.2]]), np.array([[0.4, -0.1]])
    got = (layer(x) @ layer(y).T / 20_000).item()
    assert abs(got - np.exp(-2 * np.pi**2 * 0.25 * 0.18)) < 4 / np.sqrt(2 * 20_000)
    assert [n for n, _ in layer.named_buffers()] == ["frequencies"] and not list(layer.parameters())


# torch

PEERS = {
    "linear": lambda t: t.nn.Linear(3, 4),
    "layer norm": lambda t: t.nn.LayerNorm(3),
    "batch norm": lambda t: t.nn.BatchNorm1d(3),
    "batch norm, eval": lambda t: t.nn.BatchNorm1d(3).eval(),
}


@pytest.mark.parametrize("name", PEERS)
def test_layers_equal_torch(name):
    torch = pytest.importorskip("torch")
    ours, theirs = LAYERS[name](), PEERS[name](torch).double()
    rng = RNG(4)
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        p.data[...] = rng.standard_normal(p.shape)
        q.data = torch.tensor(p.data)
    for _ in range(3):
        x = rng.standard_normal((5, 3)) * 2 + 1
        u = mg.Tensor(x, requires_grad=True)
        v = torch.tensor(x, requires_grad=True)
        ours.zero_grad()
        theirs.zero_grad()
        np.sum(np.sin(ours(u))).backward()
        theirs(v).sin().sum().backward()
        close(u.grad, v.grad)
        for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
            close(p.grad, q.grad)
    for _, buffer in ours.named_buffers():
        close(buffer, dict(theirs.named_buffers())[_])


def test_batch_norm_of_images_equals_torch():
    torch = pytest.importorskip("torch")
    ours, theirs = nn.BatchNorm(3), torch.nn.BatchNorm2d(3).double()
    x = RNG(5).standard_normal((4, 3, 2, 5))
    close(ours(x), theirs(torch.tensor(x)))
    close(ours.running_var, theirs.running_var)
    close(ours.eval()(x), theirs.eval()(torch.tensor(x)))


def test_embedding_equals_torch():
    torch = pytest.importorskip("torch")
    ours = nn.Embedding(4, 3, rng=RNG(0))
    weight = torch.tensor(ours.weight.data, requires_grad=True)
    index = np.array([1, 1, 3])
    np.sum(np.exp(ours(index))).backward()
    torch.nn.functional.embedding(torch.tensor(index), weight).exp().sum().backward()
    close(ours.weight.grad, weight.grad)


def test_the_penalty_on_a_critic_equals_torch():
    """A second derivative through a whole network: the gradient in the weights of sum (|grad_x D| - 1)^2."""
    torch = pytest.importorskip("torch")
    critic = nn.Sequential(nn.Linear(3, 6, rng=RNG(0)), nn.LayerNorm(6), np.tanh, nn.Linear(6, 1, rng=RNG(1)))
    peer = torch.nn.Sequential(
        torch.nn.Linear(3, 6), torch.nn.LayerNorm(6), torch.nn.Tanh(), torch.nn.Linear(6, 1)
    ).double()
    for p, q in zip(critic.parameters(), peer.parameters(), strict=True):
        q.data = torch.tensor(p.data)
    slopes = mg.grad(lambda x: np.sum(critic(x)))(X)
    np.sum(np.square(np.linalg.norm(slopes, axis=1) - 1)).backward()
    x = torch.tensor(X, requires_grad=True)
    (g,) = torch.autograd.grad(peer(x).sum(), x, create_graph=True)
    (g.norm(dim=1) - 1).square().sum().backward()
    for p, q in zip(critic.parameters(), peer.parameters(), strict=True):
        close(np.zeros(p.shape) if p.grad is None else p.grad, np.zeros(p.shape) if q.grad is None else q.grad, 1e-10)
