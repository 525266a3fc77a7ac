"""Exact W1 while a GAN learns: right by POT, bounding the critic, without a trace in the training."""

import numpy as np
import pytest

from minigen import nn, optim
from minigen.gan import DRAGAN, GradientPenalty, ZeroCentredPenalty, critic_gap, train, wasserstein
from minigen.gan.conditional import LabelsHeld, one_hot
from minigen.gan.watch import Watch


def networks(rng):
    generator = nn.MLP((2, 8, 2), nn.relu, rng=rng)
    critic = nn.spectral_norm(nn.MLP((2, 8, 1), nn.leaky_relu, rng=rng), rng=rng)
    return nn.spectral_norm(generator, rng=rng), critic


def cloud(n, rng):
    return rng.standard_normal((n, 2)) + 3


def steps(generator, critic, rng, n=6):
    return train(
        generator, critic, cloud, cloud, wasserstein, optim.RMSProp(generator, 1e-2), optim.RMSProp(critic, 1e-2),
        rng=rng, batch_size=16, steps=n,
    )  # fmt: skip


def watched(n=40, every=2, **more):
    rng = np.random.default_rng(0)
    generator, critic = networks(rng)
    own = np.random.default_rng(1)
    watch = Watch(generator, critic, cloud(n, own), cloud(n, own), every=every, **more)
    return watch, steps(generator, critic, rng), rng


def test_the_steps_are_those_of_a_loop_that_nobody_watches():
    watch, loop, rng = watched()
    seen = list(watch(loop))
    alone = np.random.default_rng(0)
    generator, critic = networks(alone)
    assert seen == list(steps(generator, critic, alone))
    for ours, theirs in ((watch.generator, generator), (watch.critic, critic)):
        for name, value in theirs.state_dict().items():  # spectral vectors among them
            np.testing.assert_array_equal(ours.state_dict()[name], value)
    assert rng.bit_generator.state == alone.bit_generator.state
    assert [r.step for r in watch.readings] == [2, 4, 6]


def test_readings_against_pot():
    ot = pytest.importorskip("ot")
    fresh = [cloud(40, np.random.default_rng(seed)) for seed in (2, 3)]
    watch, loop, _ = watched(fresh=fresh)
    for step in watch(loop):
        if step.step % 2 == 0:
            fake = watch.generator.eval()(watch.latent).data
            watch.generator.train()
            reading = watch.readings[-1]
            assert reading.w1 == pytest.approx(ot.emd2([], [], ot.dist(fake, watch.real, "euclidean")), rel=1e-9)
            assert reading.gap == pytest.approx(critic_gap(watch.critic, watch.real, fake))
            assert reading.normalised_gap <= reading.w1 * (1 + 1e-9)
    costs = [ot.emd2([], [], ot.dist(points, watch.real, "euclidean")) for points in fresh]
    assert watch.null == pytest.approx(np.mean(costs), rel=1e-9)


def test_readings_are_saved_and_restored():
    watch, loop, _ = watched()
    list(watch(loop))
    other, _, _ = watched()
    other.load_state_dict(watch.state_dict())
    assert other.readings == watch.readings and other.record() == watch.record()
    assert other.record()["step"] == [2, 4, 6] and other.record()["null"] is None
    with pytest.raises(ValueError, match="expected \\(n, 4\\)"):
        other.load_state_dict({"readings": np.zeros(3)})


def test_what_is_not_finite_is_named():
    watch, _, _ = watched()
    next(iter(watch.generator.parameters())).data[...] = np.nan
    with pytest.raises(FloatingPointError, match="step 7: some samples are not finite"):
        watch.read(7)
    watch, _, _ = watched()
    list(watch.critic.parameters())[-1].data[...] = np.inf
    with pytest.raises(FloatingPointError, match="step 7: the critic's values are not finite"):
        watch.read(7)


@pytest.mark.parametrize("every", [0, -1, 1.5, True])
def test_every_so_many_steps(every):
    with pytest.raises(ValueError, match="every is"):
        watched(every=every)


class Linear(nn.Module):
    """f(x, y) = a.x + b.y, whose slope is a in x and (a, b) in the pair."""

    def __init__(self, a, b):
        self.weight = nn.Parameter(np.concatenate([a, b]))

    def forward(self, pairs):
        return pairs @ self.weight


@pytest.mark.parametrize(
    "constraint, penalty",
    [(ZeroCentredPenalty(0.3), lambda s: 0.15 * s**2), (DRAGAN(2.0), lambda s: 2 * (s - 1) ** 2)],
    ids=["R1", "DRAGAN"],
)
def test_labels_held_leave_the_slope_in_the_points(constraint, penalty):
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal(4), rng.standard_normal(3)
    critic = Linear(a, b)
    pairs = np.concatenate([rng.standard_normal((20, 4)), one_hot(rng.integers(3, size=20), 3, float)], axis=1)
    held = LabelsHeld(constraint, 3).penalty(critic, pairs, pairs[::-1], rng)
    assert float(held) == pytest.approx(penalty(np.linalg.norm(a)), rel=1e-12)
    free = constraint.penalty(critic, pairs, pairs[::-1], rng)
    assert float(free) == pytest.approx(penalty(np.hypot(np.linalg.norm(a), np.linalg.norm(b))), rel=1e-12)
    held.backward()
    assert np.all(critic.weight.grad[4:] == 0) and np.all(critic.weight.grad[:4] != 0)


def test_labels_held_are_those_of_each_point():
    """A critic whose slope depends on point and label: f = s_y x^2 / 2, the labels of the samples being others."""

    class Steep(nn.Module):
        def __init__(self):
            self.slope = nn.Parameter(np.array([1.0, 5.0]))

        def forward(self, pairs):
            return 0.5 * pairs[:, 0] ** 2 * np.sum(pairs[:, 1:] * self.slope, axis=1)

    rng = np.random.default_rng(0)
    x, labels = rng.standard_normal((4, 1)), np.array([0, 1, 1, 0])
    real, fake = (np.concatenate([x, one_hot(y, 2, float)], axis=1) for y in (labels, 1 - labels))
    penalty = LabelsHeld(ZeroCentredPenalty(2.0), 2).penalty(Steep(), real, fake, rng)
    slopes = np.array([1.0, 5.0])[labels] * x[:, 0]
    assert float(penalty) == pytest.approx(np.mean(slopes**2), rel=1e-12)


def test_clipping_passes_through():
    class Clipped(GradientPenalty):
        def after_step(self, discriminator):
            discriminator.weight.data[...] = 0

    critic = Linear(np.ones(2), np.ones(1))
    LabelsHeld(Clipped(), 1).after_step(critic)
    assert not critic.weight.data.any()
