"""The network of time and points, and the denoiser that makes a score of it: shapes, labels, guidance."""

import numpy as np
import pytest

from minigen import Tensor, check_grad, nn
from minigen import diffusion as df

PROCESS = df.VariancePreserving()


def network(seed=0, **options):
    """One whose output layer is not 0, as after training."""
    rng = np.random.default_rng(seed)
    net = df.TimeMLP(2, (8, 6), rng=rng, **options)
    net.output.weight.data[...] = rng.standard_normal(net.output.weight.shape)
    return net


def points(n=5, dtype=np.float32):
    return np.random.default_rng(1).standard_normal((n, 2)).astype(dtype)


ALL = [
    {"injection": i, "embedding": e, "classes": c, "point_features": p}
    for i in ("add", "norm") for e in ("sinusoidal", "fourier") for c in (0, 3) for p in (0, 4)
]  # fmt: skip


@pytest.mark.parametrize("options", ALL, ids=lambda o: "-".join(map(str, o.values())))
def test_each_point_has_its_own_time_and_label(options):
    """A batch is the same as its rows one by one; every parameter has a gradient; float32 stays float32."""
    net, x, u = network(**options), points(), np.linspace(0.1, 0.9, 5).astype(np.float32)
    labels = np.array([0, 1, 2, 3, 0]) if options["classes"] else None
    together = net(x, u, labels)
    assert together.dtype == np.float32 and together.shape == (5, 2)
    for i in range(5):
        alone = net(x[i : i + 1], u[i : i + 1], None if labels is None else labels[i : i + 1])
        np.testing.assert_allclose(alone.data[0], together.data[i], rtol=1e-4, atol=1e-5)
    np.sum(together**2).backward()
    assert all(p.grad is not None and np.any(p.grad) for p in net.parameters())
    assert np.ptp(net(np.repeat(x[:1], 5, 0), u, None).data, axis=0).min() > 1e-4  # the time is heard


@pytest.mark.parametrize("times", [1, 5])
def test_the_time_is_added_at_every_layer(times):
    """h <- silu(W h + b + V e + c), with e = silu(E waves + d): the formula, one matrix at a time."""
    net = network(dtype=np.float64)
    for part in (net.embedding.linear, *net.layers, *net.injections):  # no two biases may stand in for each other
        part.bias.data[...] = np.random.default_rng(part.weight.size).standard_normal(part.bias.shape)
    x, u = points(dtype=np.float64), np.linspace(0.1, 0.9, times)

    def linear(layer, h):
        return h @ layer.weight.data.T + layer.bias.data

    h, e = x, nn.silu(linear(net.embedding.linear, nn.sinusoidal(1000 * u, 64)))
    for layer, injection in zip(net.layers, net.injections, strict=True):
        h = nn.silu(linear(layer, h) + linear(injection, e))
    np.testing.assert_allclose(net(x, u).data, linear(net.output, h), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("injection", ["add", "norm"])
def test_gradients_of_the_network(injection):
    net = network(injection=injection, dtype=np.float64, features=8, point_features=4)
    check_grad(lambda x: np.sum(net(x, np.array([0.2, 0.7]))), points(2, np.float64))


def test_one_time_for_all_points_is_broadcast():
    net, x = network(classes=3), points()
    u = np.array([0.3], np.float32)
    np.testing.assert_allclose(net(x, u).data, net(x, np.repeat(u, 5)).data, rtol=1e-5, atol=1e-6)
    one = net(x, u, np.full(5, 2))
    np.testing.assert_allclose(one.data, net(x, np.repeat(u, 5), np.full(5, 2)).data, rtol=1e-5, atol=1e-6)


def test_an_untrained_network_guesses_no_noise():
    net = df.TimeMLP(2, (8,), rng=np.random.default_rng(0))
    np.testing.assert_array_equal(net(points(), np.array([0.3], np.float32)).data, 0)


def test_no_label_is_the_null_label():
    net, x, u = network(classes=3), points(), np.full(5, 0.4, np.float32)
    np.testing.assert_array_equal(net(x, u).data, net(x, u, np.full(5, 3)).data)
    assert np.abs(net(x, u).data - net(x, u, np.full(5, 2)).data).max() > 0.01
    with pytest.raises(ValueError, match="no labels"):
        network()(x, u, np.zeros(5, int))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"injection": "mul"}, 'injection is "add" or "norm", got \'mul\''),
        ({"embedding": "one-hot"}, '"sinusoidal" or "fourier", got \'one-hot\''),
        ({"hidden": ()}, "hidden is empty"),
        ({"dimension": 0}, "dimension must be a positive integer"),
    ],
)
def test_bad_networks_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        df.TimeMLP(**({"dimension": 2} | options), rng=np.random.default_rng(0))


@pytest.mark.parametrize("kind", df.KINDS)
def test_a_denoiser_answers_in_every_kind(kind):
    """Whatever the network says, its four predictions are one."""
    model, x = df.Denoiser(network(), PROCESS, kind), points()
    for t in (0.4, np.linspace(0.2, 0.9, 5)):
        raw = model.output(x, t).data
        np.testing.assert_array_equal(model.predict(kind, x, t), raw)
        for target in df.KINDS:
            want = df.convert(raw, kind, target, x, PROCESS, t)
            np.testing.assert_allclose(model.predict(target, x, t), want, rtol=1e-6)
            assert model.predict(target, x, t).dtype == np.float32
        np.testing.assert_array_equal(model.score(x, t), model.predict("score", x, t))
    assert isinstance(model.score(Tensor(x), 0.4), Tensor)
    assert not isinstance(model.score(x, 0.4), Tensor)


def test_a_denoiser_tells_the_network_the_share_of_time():
    seen = []

    class Spy(nn.Module):
        def forward(self, x, u, labels=None):
            seen.append((u, labels))
            return Tensor(x)

    model = df.Denoiser(Spy(), df.linear(1000))
    model.score(np.zeros((2, 2)), 250)
    model.score(np.zeros((2, 2)), np.array([500, 1000]), 7)
    assert seen[0][0].tolist() == [0.25] and seen[0][1] is None
    assert seen[1][0].tolist() == [0.5, 1.0] and seen[1][1].tolist() == [7, 7]


def test_double_precision_points_become_the_network_s():
    assert df.Denoiser(network(), PROCESS).score(points(dtype=np.float64), 0.5).dtype == np.float32


@pytest.mark.parametrize("labels", [1, np.array([0, 1, 2, 0, 1])])
def test_guidance(labels):
    """w = 0: without the label; w = 1: given the label; in between and beyond, on the line through both (C93)."""
    model, x = df.Denoiser(network(classes=3), PROCESS), points()
    free, given = model.score(x, 0.5), model.score(x, 0.5, np.broadcast_to(labels, 5))
    np.testing.assert_array_equal(model.guided(labels, 0)(x, 0.5), free)
    np.testing.assert_array_equal(model.guided(labels, 1)(x, 0.5), given)
    np.testing.assert_array_equal(model.guided(labels)(x, 0.5), given)
    for w in (0.5, 3.0):
        np.testing.assert_allclose(model.guided(labels, w)(x, 0.5), (1 - w) * free + w * given, rtol=1e-4, atol=1e-5)


def test_guidance_needs_labels():
    with pytest.raises(ValueError, match="guidance needs a network that knows labels"):
        df.Denoiser(network(), PROCESS).guided(0, 2.0)
    with pytest.raises(ValueError, match="a prediction is one of"):
        df.Denoiser(network(), PROCESS, "epsilon")


@pytest.mark.parametrize("kind", df.KINDS)
def test_at_t_0_a_guess_of_noise_is_no_score(kind):
    """It would be divided by sigma = 0; the process's first time is the earliest that can be asked for."""
    model, x = df.Denoiser(network(), PROCESS, kind), points()
    if kind == "score":
        assert np.all(np.isfinite(model.score(x, 0)))
    else:
        for t in (0, np.linspace(0, 1, len(x))):
            with pytest.raises(ValueError, match=f"predicts {kind} says nothing of the score; .* t = 1e-05"):
                model.score(x, t)
    assert np.all(np.isfinite(model.score(x, PROCESS.first)))
    if kind == "data":
        with pytest.raises(ValueError, match="says nothing of the noise"):
            model.predict("noise", x, 0)
    else:
        assert np.all(np.isfinite(model.predict("noise", x, 0)))
    assert np.all(np.isfinite(model.predict(kind, x, 0)))


def test_a_denoiser_s_bad_input_is_named():
    model = df.Denoiser(network(classes=3), PROCESS)
    with pytest.raises(ValueError, match=r"labels has shape \(2,\) for 7 points, expected one, or one for each"):
        model.score(points(7), 0.5, np.array([0, 1]))
    with pytest.raises(TypeError, match="x is a list"):
        model.score([[0.0, 1.0]], 0.5)
    rng = np.random.default_rng(0)
    with pytest.raises(TypeError, match="hidden is 64, expected the widths of the hidden layers, such as"):
        df.TimeMLP(2, 64, rng=rng)
    with pytest.raises(TypeError, match="widths is 4, expected the channels at each resolution, such as"):
        df.UNet(8, 1, 4, rng=rng)
