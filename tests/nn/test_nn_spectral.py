"""Spectral normalisation against the SVD, finite differences and torch; what persists, and what is put back.

Claims C62 and C64."""

import io
from collections import namedtuple
from contextlib import redirect_stdout

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigen import checkpoint, gan, nn, optim
from minigen.autodiff import Tensor, no_grad, raw

RNG = np.random.default_rng
seeds = st.integers(0, 2**32 - 1)
few = settings(max_examples=25, deadline=None)

LAYERS = {
    "linear": lambda **o: nn.Linear(5, 3, rng=RNG(0), **o),
    "row": lambda **o: nn.Linear(4, 1, rng=RNG(0), **o),
    "column": lambda **o: nn.Linear(1, 4, rng=RNG(0), **o),
    "no bias": lambda **o: nn.Linear(3, 4, rng=RNG(0), bias=False, **o),
    "conv": lambda **o: nn.Conv2d(2, 3, 3, stride=2, padding=1, rng=RNG(0), **o),
    "transposed conv": lambda **o: nn.ConvTranspose2d(2, 3, 3, stride=2, padding=1, rng=RNG(0), **o),
}


def inputs(layer, seed=1, n=4):
    shape = (n, layer.in_features) if isinstance(layer, nn.Linear) else (n, layer.in_channels, 4, 4)
    return RNG(seed).standard_normal(shape).astype(layer.weight.dtype)


def as_matrix(layer, weight):
    """Output features by all the rest."""
    rows = 1 if isinstance(layer, nn.ConvTranspose2d) else 0
    return np.moveaxis(weight, rows, 0).reshape(weight.shape[rows], -1)


def largest(layer, weight):
    return np.linalg.svd(as_matrix(layer, weight), compute_uv=False)[0]


def give_gap(layer, seed=0):
    """Give the layer a weight whose other singular values are at most 0.7 of the first: 100 rounds find it exactly."""
    matrix = as_matrix(layer, layer.weight.data)
    u, s, vt = np.linalg.svd(RNG(seed).standard_normal(matrix.shape), full_matrices=False)
    s[1:] = s[0] * 0.7 * RNG(seed).random(len(s) - 1)
    shape = layer.weight.shape
    if isinstance(layer, nn.ConvTranspose2d):
        layer.weight.data[...] = np.swapaxes(((u * s) @ vt).reshape(shape[1], shape[0], *shape[2:]), 0, 1)
    else:
        layer.weight.data[...] = ((u * s) @ vt).reshape(shape)
    return layer


def converged(name, seed=0, **options):
    return nn.SpectralNorm(give_gap(LAYERS[name](), seed), rng=RNG(9), warm_up=100, **options)


def finite_differences(f, theta, h=1e-5):
    slopes, flat = np.empty(theta.size), theta.reshape(-1)
    for i, old in enumerate(flat.copy()):
        flat[i] = old + h
        above = float(f())
        flat[i] = old - h
        slopes[i] = (above - float(f())) / (2 * h)
        flat[i] = old
    return slopes.reshape(theta.shape)


def close(got, want, relative=1e-6):
    assert np.linalg.norm(got - want) <= relative * max(np.linalg.norm(want), 1e-2), (got, want)


# sigma


@few
@given(seeds, st.integers(1, 9), st.integers(1, 9), st.sampled_from([np.float32, np.float64]))
def test_at_convergence_sigma_is_the_largest_singular_value(seed, m, n, dtype):
    layer = give_gap(nn.Linear(n, m, rng=RNG(0), dtype=dtype), seed)
    spectral = nn.SpectralNorm(layer, rng=RNG(seed), warm_up=100)
    exact = 1e-5 if dtype == np.float32 else 1e-12
    assert float(spectral.sigma) == pytest.approx(largest(layer, layer.weight.data), rel=exact)
    u, _, vt = np.linalg.svd(layer.weight.data)
    assert abs(u[:, 0] @ spectral.u) == pytest.approx(1, rel=exact)
    assert abs(vt[0] @ spectral.v) == pytest.approx(1, rel=exact)
    for a in (spectral.u, spectral.v, spectral.sigma, spectral.weight, spectral(np.zeros((1, n), dtype))):
        assert a.dtype == dtype
    assert np.linalg.norm(raw(spectral.weight), 2) == pytest.approx(1, rel=exact)


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("bound", [1.0, 2.5])
def test_a_layer_computes_with_its_weight_over_sigma_and_its_own_bias(name, bound):
    spectral, twin = converged(name, bound=bound), give_gap(LAYERS[name]())
    x = inputs(twin)
    if twin.bias is not None:
        twin.bias.data[...] = spectral.layer.bias.data
    twin.weight.data *= bound / largest(twin, twin.weight.data)
    assert largest(twin, raw(spectral.weight)) == pytest.approx(bound, rel=1e-12)
    np.testing.assert_allclose(raw(spectral.weight), twin.weight.data, rtol=1e-10, atol=1e-13)
    for mode in (True, False):
        spectral.train(mode)
        np.testing.assert_allclose(raw(spectral(x)), raw(twin(x)), rtol=1e-10, atol=1e-12)


@few
@given(seeds, st.integers(1, 8), st.integers(1, 8))
def test_power_iteration_climbs_to_the_largest_singular_value_from_below(seed, m, n):
    W, u = RNG(seed).standard_normal((m, n)), RNG(seed + 1).standard_normal(m)
    kept, before, exact = u.copy(), 0.0, np.linalg.norm(W, 2)
    for steps in (1, 2, 3, 10, 50):
        sigma, left, right = nn.power_iteration(W, u, steps)
        assert before * (1 - 1e-12) <= sigma <= exact * (1 + 1e-12)
        assert np.linalg.norm(left) == pytest.approx(1) and np.linalg.norm(right) == pytest.approx(1)
        assert sigma == pytest.approx(left @ W @ right, rel=1e-12)
        before = sigma
    np.testing.assert_array_equal(u, kept)
    once, twice = nn.power_iteration(W, u, 1), nn.power_iteration(W, u, 2)
    for a, b in zip(nn.power_iteration(W, once[1], 1), twice, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13)


def test_one_round_by_hand():
    """W = diag(3, 1), u = (1, 1): v = (3, 1)/sqrt 10, W v = (9, 1)/sqrt 10, and sigma = |W v| = sqrt(82/10)."""
    sigma, u, v = nn.power_iteration(np.diag([3.0, 1.0]), np.array([1.0, 1.0]))
    assert sigma == pytest.approx(np.sqrt(8.2), rel=1e-15)
    np.testing.assert_allclose(v, np.array([3, 1]) / np.sqrt(10))
    np.testing.assert_allclose(u, np.array([9, 1]) / np.sqrt(82))


@pytest.mark.parametrize(
    ("matrix", "sigma"),
    [
        ([[1.0, 10.0], [0.0, 1.0]], 10.0990), ([[0.0, 1.0], [0.0, 0.0]], 1.0), ([[0.0, -2.0], [2.0, 0.0]], 2.0),
        (-3 * np.eye(2), 3.0), ([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], 9.5255),
    ],
    ids=["sheared", "nilpotent", "rotation", "negative", "tall"],
)  # fmt: skip
def test_it_is_the_largest_singular_value_and_no_eigenvalue(matrix, sigma):
    """The eigenvalues of the first four are 1, 0, +-2i and -3 (claim C62)."""
    got, *_ = nn.power_iteration(np.array(matrix), np.array([0.6, 0.8, 0.1][: len(matrix)]), 50)
    assert got == pytest.approx(np.linalg.norm(matrix, 2), rel=1e-9) == pytest.approx(sigma, abs=5e-5)


def test_one_warm_step_for_each_update_tracks_sigma_and_a_cold_one_does_not():
    """32 x 48 Gaussian, 0.01 N(0, 1) added 500 times, relative error after step 200; 20 runs (claim C64: mean 1.6e-4,
    max 7e-3, where two singular values cross; 0.287 for one step from a random start)."""
    errors, cold = [], []
    for seed in range(20):
        rng = RNG(seed)
        layer = nn.Linear(48, 32, rng=rng, init=lambda shape, rng: rng.standard_normal(shape))
        u = rng.standard_normal(32)
        exact = np.linalg.norm(layer.weight.data, 2)
        cold.append(1 - nn.power_iteration(layer.weight.data, u)[0] / exact)
        spectral = nn.SpectralNorm(layer, rng=rng, warm_up=1)
        x = np.zeros((1, 48))
        for step in range(500):
            layer.weight.data += 0.01 * rng.standard_normal((32, 48))
            spectral(x)
            if step >= 200 and step % 5 == 0:
                errors.append(1 - float(spectral.sigma) / np.linalg.norm(layer.weight.data, 2))
    assert min(errors) >= 0 and max(errors) < 0.05
    assert 1e-5 < np.mean(errors) < 5e-4
    assert np.mean(cold) == pytest.approx(0.287, abs=0.05)


# The gradient


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("bound", [1.0, 0.7])
def test_the_gradient_goes_through_sigma(name, bound):
    """At convergence that of bound W / ||W||_2, by finite differences with a fresh SVD each; of the bias as ever."""
    spectral = converged(name, bound=bound)
    layer, twin = spectral.layer, LAYERS[name]()
    x = inputs(layer)
    c = RNG(3).standard_normal(raw(layer(x)).shape)

    def loss():
        twin.weight.data[...] = bound * layer.weight.data / largest(layer, layer.weight.data)
        if layer.bias is not None:
            twin.bias.data[...] = layer.bias.data
        return np.sum(c * np.tanh(raw(twin(x))))

    np.sum(c * np.tanh(spectral(x))).backward()
    close(layer.weight.grad, finite_differences(loss, layer.weight.data))
    # W / sigma does not change with W's size, so nothing pulls along W.
    assert abs(np.sum(layer.weight.grad * layer.weight.data)) < 1e-10
    if layer.bias is not None:
        close(layer.bias.grad, finite_differences(loss, layer.bias.data))


@few
@given(seeds, st.integers(1, 6), st.integers(1, 6))
def test_by_hand_the_gradient_of_sigma_is_u_v_transposed(seed, m, n):
    """The pullback of G is G / sigma - <G, W> / sigma^2 u v^T, converged or not (Miyato et al. 2018, eq. 12)."""
    layer = nn.Linear(n, m, rng=RNG(seed))
    spectral = nn.SpectralNorm(layer, rng=RNG(seed + 1), warm_up=1)
    x, c = RNG(seed + 2).standard_normal((3, n)), RNG(seed + 3).standard_normal((3, m))
    np.sum(c * spectral(x)).backward()
    W, u, v, G = layer.weight.data, spectral.u, spectral.v, c.T @ x
    sigma = u @ W @ v
    want = G / sigma - np.sum(G * W) / sigma**2 * np.outer(u, v)
    np.testing.assert_allclose(layer.weight.grad, want, rtol=1e-10, atol=1e-12 * np.abs(G / sigma).max())


def test_two_forward_passes_before_one_backward_pass():
    """Each pass has its own u and v; the gradient of the sum is the sum of the gradients."""
    def model():
        critic = nn.spectral_norm(nn.MLP((3, 8, 8, 1), np.tanh, rng=RNG(0)), rng=RNG(1))
        critic.vector.data = RNG(2).standard_normal(len(critic.vector))  # far from what u and v were warmed up on
        return critic

    x, y = RNG(2).standard_normal((2, 5, 3))
    together, apart = model(), model()
    loss = np.sum(together(x)) + np.sum(together(y) ** 2)
    loss.backward()
    np.sum(apart(x)).backward()
    np.sum(apart(y) ** 2).backward()  # backward() adds to what is there
    np.testing.assert_allclose(together.vector.grad, apart.vector.grad, rtol=1e-13, atol=1e-14)
    once = model()
    np.sum(once(x)).backward()
    assert np.abs(once.layers[1].u - apart.layers[1].u).max() > 1e-2  # the vectors did move between the passes


@pytest.mark.parametrize("activation", [np.tanh, nn.softplus, nn.leaky_relu], ids=["tanh", "softplus", "leaky_relu"])
def test_a_gradient_penalty_through_spectral_layers_against_finite_differences(activation):
    critic = nn.MLP((3, 6, 5, 1), activation, rng=RNG(0))
    for k, layer in enumerate(critic.layers):
        give_gap(layer, k)
    nn.spectral_norm(critic, rng=RNG(1), bound=1.7)
    x = RNG(2).standard_normal((4, 3))
    for _ in range(100):
        critic(x)
    critic.eval()
    penalty = gan.GradientPenalty(5.0)

    def value():
        return penalty.penalty(critic, x, x, RNG(0))

    value().backward()
    close(critic.vector.grad, finite_differences(lambda: float(value()), critic.vector.data))
    twin = nn.MLP((3, 6, 5, 1), activation, rng=RNG(0))

    def with_svd():
        for layer, own in zip(critic.layers, twin.layers, strict=True):
            own.weight.data[...] = 1.7 * layer.layer.weight.data / np.linalg.norm(layer.layer.weight.data, 2)
            own.bias.data[...] = layer.layer.bias.data
        return float(penalty.penalty(twin, x, x, RNG(0)))

    close(critic.vector.grad, finite_differences(with_svd, critic.vector.data))


# torch


def torch_twin(torch, layer):
    """torch's layer with the same weight and bias."""
    if isinstance(layer, nn.Linear):
        twin = torch.nn.Linear(layer.in_features, layer.out_features, bias=layer.bias is not None)
    else:
        kind = torch.nn.ConvTranspose2d if isinstance(layer, nn.ConvTranspose2d) else torch.nn.Conv2d
        twin = kind(layer.in_channels, layer.out_channels, 3, stride=2, padding=1)
    twin = twin.double()
    with torch.no_grad():
        twin.weight.copy_(torch.tensor(layer.weight.data))
        if layer.bias is not None:
            twin.bias.copy_(torch.tensor(layer.bias.data))
    return twin


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_against_torch_over_several_steps_of_training_and_in_use(name):
    """torch.nn.utils.spectral_norm makes the half steps in the paper's order: v from u, then u from v."""
    torch = pytest.importorskip("torch")
    spectral = nn.SpectralNorm(LAYERS[name](), rng=RNG(1), warm_up=1)
    twin = torch.nn.utils.spectral_norm(torch_twin(torch, spectral.layer))
    with torch.no_grad():
        twin.weight_u.copy_(torch.tensor(spectral.u))
        twin.weight_v.copy_(torch.tensor(spectral.v))
    for step in range(6):
        mode = step not in (2, 5)
        spectral.train(mode)
        twin.train(mode)
        x = inputs(spectral.layer, step)
        spectral.zero_grad()
        twin.zero_grad()
        ours, theirs = spectral(x), twin(torch.tensor(x))
        np.sum(np.tanh(ours)).backward()
        torch.tanh(theirs).sum().backward()
        np.testing.assert_allclose(raw(ours), theirs.detach(), rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(spectral.u, twin.weight_u, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(spectral.v, twin.weight_v, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(spectral.layer.weight.grad, twin.weight_orig.grad, rtol=1e-9, atol=1e-11)
        spectral.layer.weight.data -= 0.1 * spectral.layer.weight.grad
        with torch.no_grad():
            twin.weight_orig -= 0.1 * twin.weight_orig.grad


@pytest.mark.parametrize("name", LAYERS)
def test_against_torchs_parametrization_with_the_same_vectors(name):
    torch = pytest.importorskip("torch")
    spectral = nn.SpectralNorm(LAYERS[name](), rng=RNG(1), warm_up=2).eval()
    twin = torch.nn.utils.parametrizations.spectral_norm(torch_twin(torch, spectral.layer)).eval()
    state = twin.parametrizations.weight[0]
    state._u.copy_(torch.tensor(spectral.u))
    state._v.copy_(torch.tensor(spectral.v))
    x = inputs(spectral.layer)
    for _ in range(2):
        ours, theirs = spectral(x), twin(torch.tensor(x))
        np.testing.assert_allclose(raw(ours), theirs.detach(), rtol=1e-10, atol=1e-12)
        np.sum(np.tanh(ours)).backward()
        torch.tanh(theirs).sum().backward()
        want = twin.parametrizations.weight.original.grad
        np.testing.assert_allclose(spectral.layer.weight.grad, want, rtol=1e-9, atol=1e-11)


def test_the_second_order_gradient_against_torch():
    torch = pytest.importorskip("torch")
    critic = nn.spectral_norm(nn.MLP((3, 7, 1), np.tanh, rng=RNG(0)), rng=RNG(1)).eval()
    parametrized = torch.nn.utils.parametrizations.spectral_norm
    layers = [parametrized(torch_twin(torch, layer.layer)).eval() for layer in critic.layers]
    for own, twin in zip(critic.layers, layers, strict=True):
        twin.parametrizations.weight[0]._u.copy_(torch.tensor(own.u))
        twin.parametrizations.weight[0]._v.copy_(torch.tensor(own.v))
    x = RNG(2).standard_normal((6, 3))
    gan.GradientPenalty(10.0).penalty(critic, x, x, RNG(0)).backward()
    points = torch.tensor(x, requires_grad=True)
    (slopes,) = torch.autograd.grad(layers[1](torch.tanh(layers[0](points))).sum(), points, create_graph=True)
    (10 * ((slopes.norm(dim=1) - 1) ** 2).mean()).backward()
    for own, twin in zip(critic.layers, layers, strict=True):
        want = twin.parametrizations.weight.original.grad
        np.testing.assert_allclose(own.layer.weight.grad, want, rtol=1e-9, atol=1e-11)


# When the vectors move


def test_each_forward_pass_in_training_makes_its_steps_and_none_is_made_in_use():
    for steps in (1, 3):
        spectral = nn.SpectralNorm(nn.Linear(6, 5, rng=RNG(0)), rng=RNG(1), warm_up=1, steps=steps)
        W, u, v, x = spectral.layer.weight.data, spectral.u, spectral.v, np.ones((2, 6))
        spectral.eval()
        with no_grad():
            first = raw(spectral(x))
        spectral(Tensor(x))
        assert spectral.u is u and spectral.v is v
        np.testing.assert_array_equal(raw(spectral(x)), first)
        spectral.train()
        kept = u.copy()
        spectral(x)
        np.testing.assert_array_equal(u, kept)  # a new vector, not a changed one
        _, *want = nn.power_iteration(W, u, steps)
        np.testing.assert_array_equal(spectral.u, want[0])
        np.testing.assert_array_equal(spectral.v, want[1])
        with no_grad():  # a generator's samples for the critic are made so
            spectral(x)
        np.testing.assert_array_equal(spectral.u, nn.power_iteration(W, want[0], steps)[1])


def test_the_start_is_random_and_warmed_up():
    def start(seed, warm_up):
        return nn.SpectralNorm(nn.Linear(6, 5, rng=RNG(0)), rng=RNG(seed), warm_up=warm_up)

    assert start(1, 3).u.tobytes() == start(1, 3).u.tobytes() != start(2, 3).u.tobytes()
    further = nn.power_iteration(start(1, 1).layer.weight.data, start(1, 1).u, 4)
    np.testing.assert_allclose(start(1, 5).u, further[1], rtol=1e-13)
    sigmas = [float(start(1, k).sigma) for k in (1, 3, 15)]
    assert sigmas == sorted(sigmas) and len(set(sigmas)) == 3


def test_a_weight_of_zeros_stays_zero_and_is_normalised_when_it_no_longer_is():
    layer = nn.Linear(3, 2, rng=RNG(0))
    own = layer.weight.data.copy()
    layer.weight.data[...] = 0
    spectral, x = nn.SpectralNorm(layer, rng=RNG(1)), inputs(layer)
    y = spectral(x)
    np.testing.assert_array_equal(raw(y), np.tile(layer.bias.data, (4, 1)))
    np.sum(y).backward()
    np.testing.assert_array_equal(layer.weight.grad, np.tile(x.sum(axis=0), (2, 1)))
    sigma, u, v = nn.power_iteration(layer.weight.data, spectral.u, 3)
    assert sigma == 0 and not v.any() and np.linalg.norm(u) == pytest.approx(1)
    layer.weight.data[...] = own
    for _ in range(100):
        spectral(x)
    assert float(spectral.sigma) == pytest.approx(np.linalg.norm(own, 2), rel=1e-12)
    layer.weight.data[...] = 0  # nor does a zero in the middle of training stop it
    spectral(x)
    layer.weight.data[...] = own
    for _ in range(100):
        spectral(x)
    assert np.linalg.norm(raw(spectral.weight), 2) == pytest.approx(1, rel=1e-12)


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
