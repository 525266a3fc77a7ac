"""The gradient through sigma against finite differences with a fresh SVD each, by hand, and against torch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from spectral_layers import LAYERS, RNG, close, converged, few, finite_differences, give_gap, inputs, largest, seeds

from minigen import gan, nn
from minigen.autodiff import raw


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

