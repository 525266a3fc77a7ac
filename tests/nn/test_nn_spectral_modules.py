"""Spectral normalisation of whole modules: what is wrapped, saved and refused, and both networks of a GAN."""

import io
from collections import namedtuple
from contextlib import redirect_stdout

import numpy as np
import pytest
from spectral_layers import RNG, largest

from minigen import checkpoint, gan, nn, optim
from minigen.autodiff import raw

# Saving, and going on


def critic_and_optimizer(seed, dtype=np.float32):
    critic = nn.spectral_norm(nn.MLP((2, 8, 8, 1), nn.leaky_relu, rng=RNG(seed), dtype=dtype), rng=RNG(seed + 1))
    return critic, optim.Adam(critic, 1e-2)


def train(critic, optimizer, rng, steps):
    for _ in range(steps):
        x, y = rng.standard_normal((2, 16, 2)).astype(np.float32)
        optimizer.zero_grad()
        gan.hinge.discriminator(critic(x), critic(y + 1)).backward()
        optimizer.step()


def test_a_run_from_a_checkpoint_goes_on_bit_for_bit(tmp_path):
    critic, optimizer = critic_and_optimizer(0)
    rng = RNG(5)
    train(critic, optimizer, rng, 7)
    checkpoint.save(tmp_path / "run.npz", critic=critic, optimizer=optimizer, rng=rng)
    train(critic, optimizer, rng, 7)
    other, its = critic_and_optimizer(100)
    again = RNG(8)
    checkpoint.restore(tmp_path / "run.npz", critic=other, optimizer=its, rng=again)
    train(other, its, again, 7)
    state, want = other.state_dict(), critic.state_dict()
    assert sorted(state) == sorted(want) and any(name.endswith(".u") for name in state)
    for name, value in want.items():
        assert state[name].tobytes() == value.tobytes(), name
    assert raw(other.eval()(np.ones((1, 2), np.float32))) == raw(critic.eval()(np.ones((1, 2), np.float32)))


def test_what_is_saved_and_trained():
    spectral = nn.SpectralNorm(nn.Linear(3, 2, rng=RNG(0)), rng=RNG(1))
    assert sorted(spectral.state_dict()) == ["layer.bias", "layer.weight", "u", "v"]
    assert [name for name, _ in spectral.named_parameters()] == ["layer.weight", "layer.bias"]
    other = nn.SpectralNorm(nn.Linear(3, 2, rng=RNG(5)), rng=RNG(6))
    other.load_state_dict(spectral.state_dict())
    for name, value in spectral.state_dict().items():
        np.testing.assert_array_equal(other.state_dict()[name], value)
    x = np.ones((1, 3))
    np.testing.assert_array_equal(raw(other(x)), raw(spectral(x)))
    single = spectral.astype(np.float32)
    assert {single.u.dtype, single.v.dtype, single(x.astype(np.float32)).dtype} == {np.dtype(np.float32)}


def test_the_layers_own_weight_is_back_after_a_pass_and_after_an_error_in_one():
    spectral = nn.SpectralNorm(nn.Linear(3, 2, rng=RNG(0)), rng=RNG(1))
    weight = spectral.layer.weight
    kept = weight.data.copy()
    spectral(np.ones((1, 3)))
    assert spectral.layer.weight is weight
    with pytest.raises(ValueError, match="axis -1 must have length 3"):
        spectral(np.ones((1, 4)))
    assert spectral.layer.weight is weight and isinstance(weight, nn.Parameter)
    np.testing.assert_array_equal(weight.data, kept)


# On whole modules


def test_every_layer_with_a_matrix_is_wrapped_and_only_those():
    Pair = namedtuple("Pair", "first second")
    rng = RNG(0)

    class Model(nn.Module):
        def __init__(self):
            self.entry = nn.Conv2d(1, 2, 3, rng=rng)
            self.blocks = [nn.MLP((4, 3, 4), rng=rng), (nn.Linear(4, 4, rng=rng), np.tanh)]
            self.named = {"head": nn.Linear(4, 1, rng=rng), "more": {"deep": [nn.Linear(1, 1, rng=rng)]}}
            self.pair = Pair(nn.Linear(2, 2, rng=rng), np.tanh)
            self.norms = nn.Sequential(nn.BatchNorm(4), nn.LayerNorm(4), nn.ReLU())
            self.words = nn.Embedding(5, 3, rng=rng)
            self.sizes, self.name = [1, 2], "model"
            self.scale = nn.Parameter(np.ones((2, 2)))

    model = Model()
    parameters, before = list(model.parameters()), {name for name, _ in model.named_modules()}
    assert nn.spectral_norm(model, rng=RNG(1)) is model
    wrapped = {name for name, m in model.named_modules() if isinstance(m, nn.SpectralNorm)}
    assert wrapped == {
        "entry", "blocks.0.layers.0", "blocks.0.layers.1", "blocks.1.0", "named.head", "named.more.deep.0", "pair.0",
        "words",
    }  # fmt: skip
    assert {name for name, _ in model.named_modules()} == before | {f"{name}.layer" for name in wrapped}
    assert [id(p) for p in model.parameters()] == [id(p) for p in parameters]
    assert model.sizes == [1, 2] and model.name == "model" and type(model.blocks[1]) is tuple
    assert model.pair.second is np.tanh and isinstance(model.scale, nn.Parameter)


def test_a_module_with_a_matrix_and_parts_of_its_own():
    class Skip(nn.Linear):
        def __init__(self, n):
            super().__init__(n, n, rng=RNG(0))
            self.inner = nn.Linear(n, n, rng=RNG(1))

        def forward(self, x):
            return super().forward(x) + self.inner(x)

    model = nn.spectral_norm(Skip(3), rng=RNG(2))
    assert isinstance(model, nn.SpectralNorm) and isinstance(model.layer.inner, nn.SpectralNorm)
    for _ in range(200):
        model(np.ones((1, 3)))
    for weight in (model.weight, model.layer.inner.weight):
        assert np.linalg.norm(raw(weight), 2) == pytest.approx(1, rel=1e-6)


def test_a_layer_by_itself_and_one_that_is_used_twice():
    layer = nn.Linear(3, 3, rng=RNG(0))
    wrapped = nn.spectral_norm(layer, rng=RNG(1), bound=2.0)
    assert isinstance(wrapped, nn.SpectralNorm) and wrapped.layer is layer and wrapped.bound == 2
    shared = nn.Linear(3, 3, rng=RNG(0))
    model = nn.spectral_norm(nn.Sequential(shared, np.tanh, nn.Sequential(shared)), rng=RNG(1))
    assert model[0] is model[2][0] and isinstance(model[0], nn.SpectralNorm)
    assert sum(1 for _ in model.parameters()) == 2
    u = model[0].u
    model(np.ones((1, 3)))
    np.testing.assert_array_equal(model[0].u, nn.power_iteration(shared.weight.data, u, 2)[1])  # once in each pass


def test_it_keeps_the_mode_and_the_optimiser_of_the_module():
    model = nn.MLP((2, 4, 1), rng=RNG(0)).eval()
    optimizer = optim.SGD(model, 0.1)
    nn.spectral_norm(model, rng=RNG(1))
    u = model.layers[0].u
    loss = np.sum(model(np.ones((3, 2))))
    assert model.layers[0].u is u  # in use, as it was
    loss.backward()
    before = model.layers[0].layer.weight.data.copy()
    optimizer.step()
    assert not np.array_equal(model.layers[0].layer.weight.data, before)


def test_what_cannot_be_normalised_is_refused_and_left_as_it_was():
    linear = nn.Linear(2, 2, rng=RNG(0))
    for part in (nn.LayerNorm(2), nn.ReLU(), nn.Sequential(linear)):
        with pytest.raises(TypeError, match=f"a layer with a weight matrix, which {type(part).__name__} has not"):
            nn.SpectralNorm(part, rng=RNG(0))
    with pytest.raises(TypeError, match="spectrally normalised already"):
        nn.SpectralNorm(nn.SpectralNorm(linear, rng=RNG(0)), rng=RNG(0))
    with pytest.raises(ValueError, match="Sequential has no layer with a weight matrix"):
        nn.spectral_norm(nn.Sequential(nn.LayerNorm(2), np.tanh), rng=RNG(0))
    half = nn.Sequential(nn.MLP((2, 3, 2), rng=RNG(0)), nn.SpectralNorm(linear, rng=RNG(0)))
    before = repr(half)
    for whole in (half, nn.spectral_norm(nn.MLP((2, 1), rng=RNG(0)), rng=RNG(0)), half[1]):
        with pytest.raises(ValueError, match="spectrally normalised already"):
            nn.spectral_norm(whole, rng=RNG(0))
    assert repr(half) == before
    for bound in (0, -1.0, np.inf, np.nan):
        with pytest.raises(ValueError, match=r"bound is .*, expected the largest singular value to allow"):
            nn.SpectralNorm(linear, rng=RNG(0), bound=bound)
    for steps in (0, 1.5, True):
        with pytest.raises(ValueError, match="steps must be a positive integer"):
            nn.SpectralNorm(linear, rng=RNG(0), steps=steps)
    with pytest.raises(ValueError, match=r"W \(m, n\) and u \(m,\), got shapes \(2, 3\) and \(3,\)"):
        nn.power_iteration(np.ones((2, 3)), np.ones(3))
    for steps in (0, 1.5, True):
        with pytest.raises(ValueError, match=f"steps must be a positive integer, got {steps}"):
            nn.power_iteration(np.ones((2, 3)), np.ones(2), steps)
    with pytest.raises(TypeError, match="takes arrays, but W is a list"):
        nn.power_iteration([[1.0]], np.ones(1))
    with pytest.raises(TypeError, match="takes arrays, but u is a list"):
        nn.power_iteration(np.ones((1, 1)), [1.0])
    with pytest.raises(ValueError, match="W has entries that are not finite"):
        nn.power_iteration(np.array([[1.0, np.nan]]), np.ones(1))
    with pytest.raises(ValueError, match="u has entries that are not finite"):
        nn.power_iteration(np.ones((1, 2)), np.array([np.inf]))
    with pytest.raises(ValueError, match="u is zero, which has no direction"):
        nn.power_iteration(np.ones((2, 3)), np.zeros(2))


def test_how_it_looks():
    model = nn.spectral_norm(nn.MLP((2, 3, 1), rng=RNG(0)), rng=RNG(0), bound=2.0)
    shown = io.StringIO()
    with redirect_stdout(shown):
        print(model)
    lines = [line.split() for line in shown.getvalue().splitlines()]
    assert lines == [
        ["MLP(2", "->", "3", "->", "1,", "relu)", "13"],
        ["layers.0:", "SpectralNorm(bound", "2)", "9"], ["layer:", "Linear(2", "->", "3)", "9"],
        ["layers.1:", "SpectralNorm(bound", "2)", "4"], ["layer:", "Linear(3", "->", "1)", "4"],
    ]  # fmt: skip
    assert repr(nn.SpectralNorm(nn.Linear(1, 1, rng=RNG(0)), rng=RNG(0))).startswith("SpectralNorm() ")


# In the game


class Images(nn.Module):
    """A generator of 4 x 4 images with all kinds of layers that a normalised one has."""

    def __init__(self, rng, dtype):
        self.project = nn.Linear(3, 8, rng=rng, dtype=dtype)
        self.norm = nn.BatchNorm(2, dtype=dtype)
        self.grow = nn.ConvTranspose2d(2, 1, 4, stride=2, padding=1, rng=rng, dtype=dtype)

    def forward(self, z):
        return np.tanh(self.grow(nn.relu(self.norm(np.reshape(self.project(z), (-1, 2, 2, 2))))))


class Judge(nn.Module):
    def __init__(self, rng, dtype):
        self.look = nn.Conv2d(1, 4, 3, stride=2, padding=1, rng=rng, dtype=dtype)
        self.say = nn.Linear(16, 1, rng=rng, dtype=dtype)

    def forward(self, x):
        return self.say(np.reshape(nn.leaky_relu(self.look(x)), (-1, 16)))


@pytest.mark.parametrize("constraint", [None, gan.GradientPenalty(1.0)], ids=["alone", "with a gradient penalty"])
def test_generator_and_critic_both(constraint):
    """Both networks normalised, as in BigGAN: every matrix keeps norm 1 while both move, in single precision."""
    rng = RNG(0)
    generator, critic = (nn.spectral_norm(kind(rng, np.float32), rng=rng) for kind in (Images, Judge))
    start = [network.vector.data.copy() for network in (generator, critic)]
    run = gan.train(
        generator, critic, lambda n, rng: rng.uniform(-1, 1, (n, 1, 4, 4)), lambda n, rng: rng.standard_normal((n, 3)),
        gan.hinge, optim.Adam(generator, 1e-3), optim.Adam(critic, 1e-3), rng=rng, batch_size=8, n_critic=2, steps=20,
        constraint=constraint,
    )  # fmt: skip
    records = list(run)
    assert all(np.isfinite([r.discriminator_loss, r.generator_loss]).all() for r in records)
    assert isinstance(generator.norm, nn.BatchNorm)
    modules = [m for network in (generator, critic) for _, m in network.named_modules()]
    wrapped = [m for m in modules if isinstance(m, nn.SpectralNorm)]
    assert len(wrapped) == 4
    for layer in wrapped:
        assert largest(layer.layer, raw(layer.weight)) == pytest.approx(1, rel=2e-2)
        assert layer.u.dtype == layer.weight.dtype == np.float32
    for network, before in zip((generator, critic), start, strict=True):
        assert np.abs(network.vector.data - before).max() > 1e-3


def test_a_spectral_critic_of_relu_layers_is_1_lipschitz_after_training():
    rng = RNG(3)
    generator, critic = nn.Linear(2, 2, rng=rng), nn.spectral_norm(nn.MLP((2, 16, 16, 1), rng=rng), rng=rng)

    def data(n, rng):
        return 2 + rng.standard_normal((n, 2))

    for _ in gan.train(
        generator, critic, data, lambda n, rng: rng.standard_normal((n, 2)), gan.wasserstein,
        optim.Adam(generator, 1e-3), optim.Adam(critic, 1e-2), rng=rng, n_critic=3, steps=60,
    ):  # fmt: skip
        pass
    bound = gan.lipschitz_bound(critic)
    assert bound == pytest.approx(1, rel=1e-2)
    assert 0.2 < gan.measured_lipschitz(critic, data(500, rng)) <= bound
