"""On the device every layer, loss and penalty has the value and the gradients that it has on the CPU."""

import numpy as np
import pytest

from minigen import diffusion, gan, grad, nn
from minigen.autodiff import raw
from minigen.device import asnumpy, device_of, to
from minigen.diffusion import TimeMLP, UNet

TOLERANCES = {np.float32: 1e-5, np.float64: 1e-10}
POINTS, SIGNALS, IMAGES = (12, 4), (6, 8), (3, 2, 7, 7)
TIMES = np.linspace(0.05, 0.95, 12)


def classified(logits):
    return nn.cross_entropy(logits, np.arange(len(logits)) % logits.shape[1])


def quartic(y):
    """Of terms that do not cancel; and not the mean square, whose slope is 0 behind a normalisation."""
    return np.mean(np.square(y) * np.square(y - 1))


def both(loss):
    """The first half of the outputs are of data, the second of samples."""
    return lambda y: loss(y[: len(y) // 2], y[len(y) // 2 :])


def sequential(*layers):
    return lambda rng, dtype: nn.Sequential(*(layer(rng, dtype) if callable(layer) else layer for layer in layers))


def linear(n, m):
    return lambda rng, dtype: nn.Linear(n, m, rng=rng, dtype=dtype)


def mlp(activation, *sizes):
    return lambda rng, dtype: nn.MLP(sizes, activation, rng=rng, dtype=dtype)


def normalised(rng, dtype):
    return nn.spectral_norm(nn.MLP((4, 8, 1), nn.leaky_relu, rng=rng, dtype=dtype), rng=rng)


class Timed(nn.Module):
    """A network of points and times, with labels, as one of points."""

    def __init__(self, network):
        self.network = network
        self.denoiser = diffusion.Denoiser(network, diffusion.VariancePreserving())

    def forward(self, x):
        labels = None if not self.network.classes else np.arange(len(x)) % (self.network.classes + 1)
        return self.denoiser.output(x, TIMES[: len(x)], labels)


def time_mlp(**options):
    return lambda rng, dtype: woken(Timed(TimeMLP(4, (16, 16), rng=rng, dtype=dtype, **options)), rng)


def unet(rng, dtype):
    return woken(Timed(UNet(8, 1, (8, 16), rng=rng, dtype=dtype)), rng)


def woken(model, rng):
    """With random numbers where a layer starts at 0 and hides what is behind it."""
    for p in model.parameters():
        p.data[...] += 0.1 * rng.standard_normal(p.shape)
    return model


MODELS = {
    "linear": (linear(4, 3), POINTS, quartic),
    **{
        f"mlp {activation.__name__}": (mlp(activation, 4, 16, 3), POINTS, quartic)
        for activation in (nn.relu, nn.leaky_relu, nn.elu, nn.gelu, nn.silu, nn.softplus, nn.sigmoid, np.tanh)
    },
    "layer norm": (sequential(linear(4, 8), lambda rng, dtype: nn.LayerNorm(8, dtype=dtype)), POINTS, quartic),
    "batch norm": (sequential(linear(4, 8), lambda rng, dtype: nn.BatchNorm(8, dtype=dtype)), POINTS, quartic),
    "dropout": (sequential(linear(4, 8), lambda rng, dtype: nn.Dropout(0.4, rng=rng)), POINTS, quartic),
    "fourier": (
        sequential(lambda rng, dtype: nn.FourierFeatures(4, 8, rng=rng, dtype=dtype), linear(8, 3)), POINTS, quartic,
    ),
    "spectral norm": (normalised, POINTS, quartic),
    "convolution": (
        lambda rng, dtype: nn.Conv2d(2, 3, 3, rng=rng, stride=2, padding=1, dtype=dtype), IMAGES, quartic,
    ),
    "transposed convolution": (
        lambda rng, dtype: nn.ConvTranspose2d(2, 3, 3, rng=rng, stride=2, padding=1, dtype=dtype), IMAGES, quartic,
    ),
    "time mlp": (time_mlp(), POINTS, quartic),
    "time mlp, norm, fourier, labels, waves": (
        time_mlp(injection="norm", embedding="fourier", classes=3, point_features=6), POINTS, quartic,
    ),
    "unet": (unet, SIGNALS, quartic),
    "cross-entropy": (mlp(nn.relu, 4, 16, 3), POINTS, classified),
    "binary cross-entropy": (
        mlp(nn.relu, 4, 16, 1), POINTS, lambda y: nn.binary_cross_entropy_with_logits(y, 1.0),
    ),
    **{
        f"{name} {player}": (mlp(nn.leaky_relu, 4, 16, 1), POINTS, both(pair[0]) if player == "critic" else pair[1])
        for name, pair in (("minimax", gan.minimax), ("non-saturating", gan.non_saturating), ("hinge", gan.hinge),
                           ("wasserstein", gan.wasserstein))
        for player in ("critic", "generator")
    },
}  # fmt: skip


def value_and_gradients(build, shape, loss, dtype, where):
    """The loss, its slopes in the weights, and its slopes in the points, as float64 on the CPU."""
    rng = np.random.default_rng(3)
    model = build(rng, dtype).to(where)
    x = to(rng.standard_normal(shape).astype(dtype), where)
    value = loss(model(x))
    value.backward()
    model.eval()  # or a second look would draw, or step, anew
    found = [value.data, model.vector.grad, raw(grad(lambda x: loss(model(x)))(x))]
    assert {device_of(a) for a in found} == {where}
    assert all(a.dtype == dtype for a in found)
    return [asnumpy(a).astype(np.float64) for a in found]


def same(found, wanted, tolerance):
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * np.max(np.abs(b)))


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("model", MODELS)
def test_gradients_on_the_device_are_those_of_the_cpu(cuda, model, dtype):
    there, here = (value_and_gradients(*MODELS[model], dtype, where) for where in ("cuda", "cpu"))
    assert np.any(here[1] != 0) and np.any(here[2] != 0)
    same(there, here, TOLERANCES[dtype])


CONSTRAINTS = {
    "gradient penalty": gan.GradientPenalty(10.0),
    "one-sided": gan.GradientPenalty(10.0, one_sided=True, target=0.1),
    "dragan": gan.DRAGAN(10.0),
    "zero-centred": gan.ZeroCentredPenalty(1.0),
}


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("constraint", CONSTRAINTS)
def test_penalties_on_the_device_are_those_of_the_cpu(cuda, constraint, dtype):
    """Their gradients are mixed second derivatives of the critic."""

    def found(where):
        rng = np.random.default_rng(5)
        critic = nn.MLP((4, 16, 16, 1), nn.leaky_relu, rng=rng, dtype=dtype).to(where)
        real, fake = (to(rng.standard_normal(POINTS).astype(dtype), where) for _ in range(2))
        penalty = CONSTRAINTS[constraint].penalty(critic, real, fake, rng)
        penalty.backward()
        assert device_of(penalty) == device_of(critic.vector.grad) == where
        return [asnumpy(a) for a in (raw(penalty), critic.vector.grad)]

    there, here = found("cuda"), found("cpu")
    assert np.any(here[1] != 0)
    same(there, here, TOLERANCES[dtype])


def test_likelihood_and_its_divergence(cuda):
    """The divergence of a learned score, along the whole flow."""

    def found(where):
        rng = np.random.default_rng(6)
        network = woken(TimeMLP(2, (16,), rng=rng, dtype=np.float64), rng).to(where)
        model = diffusion.Denoiser(network, diffusion.VariancePreserving())
        x = to(rng.standard_normal((5, 2)), where)
        times = model.process.grid(6)[:-1]
        return [asnumpy(diffusion.flow_log_density(model.score, model.process, x, times, rng=r))
                for r in (None, np.random.default_rng(1))]  # fmt: skip

    same(found("cuda"), found("cpu"), 1e-9)
