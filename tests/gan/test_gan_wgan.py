"""Algorithm 1 of the Wasserstein GAN by hand, epoch-style loops, and the critics' losses (claims C52, C55, C56)."""

import inspect
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigen as mg
from minigen import checkpoint, gan, nn, optim
from minigen.autodiff import raw

RNG = np.random.default_rng
seeds = st.integers(0, 2**32 - 1)
few = settings(max_examples=40, deadline=None)


def data(n, rng):
    return 3 + 0.5 * rng.standard_normal((n, 2))


def latent(n, rng):
    return rng.standard_normal((n, 2))


class RMSProp:
    """The optimiser of the paper, written again: v <- 0.99 v + 0.01 g^2, w <- w - lr g / (sqrt(v) + 1e-8)."""

    def __init__(self, lr):
        self.lr, self.v = lr, 0.0

    def step(self, w, g):
        self.v = 0.99 * self.v + 0.01 * g * g
        return w - self.lr * g / (np.sqrt(self.v) + 1e-8)


# Algorithm 1


@pytest.mark.parametrize(("n_critic", "c"), [(5, 0.1), (1, 0.02), (2, 10.0)])
def test_algorithm_1_by_hand(n_critic, c):
    """f(x) = w . x + e and G(z) = A z + b: for the critic g_w = E G(z) - E x; for G, g_A = -w (E z)^T and g_b = -w."""
    generator, critic = nn.Linear(2, 2, rng=RNG(0)), nn.Linear(2, 1, rng=RNG(1))
    A, b = generator.weight.data.copy(), generator.bias.data.copy()
    w, e = critic.weight.data[0].copy(), critic.bias.data.copy()
    lr, m = 0.03, 7
    of_w, of_A, of_b = RMSProp(lr), RMSProp(lr), RMSProp(lr)
    by_hand = RNG(2)
    run = gan.wgan(
        generator, critic, data, latent, rng=RNG(2), lr=lr, c=c, batch_size=m, n_critic=n_critic, steps=6
    )  # fmt: skip
    for step, record in enumerate(run, start=1):
        for _ in range(n_critic):
            x, z = data(m, by_hand), latent(m, by_hand)
            g = (z @ A.T + b).mean(axis=0) - x.mean(axis=0)
            critic_loss = w @ g
            w, e = np.clip(of_w.step(w, g), -c, c), np.clip(e, -c, c)
        z = latent(m, by_hand)
        generator_loss = -np.mean((z @ A.T + b) @ w + e)
        A, b = of_A.step(A, -np.outer(w, z.mean(axis=0))), of_b.step(b, -w)
        np.testing.assert_allclose(critic.weight.data[0], w, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(critic.bias.data, e, rtol=1e-12)
        np.testing.assert_allclose(generator.weight.data, A, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(generator.bias.data, b, rtol=1e-12, atol=1e-14)
        assert record.discriminator_loss == pytest.approx(critic_loss, rel=1e-10, abs=1e-12)
        assert record.generator_loss == pytest.approx(generator_loss, rel=1e-10, abs=1e-12)
        assert (record.step, record.penalty) == (step, 0.0)


def test_algorithm_1_of_two_layers_as_its_pseudocode():
    """The same lines for networks, their gradients from the engine, one by one."""
    def networks():
        return nn.MLP((2, 6, 2), np.tanh, rng=RNG(0)), nn.MLP((2, 6, 1), nn.relu, rng=RNG(1))

    def slope(loss, network):
        network.zero_grad()
        loss.backward()
        return network.vector.grad.copy()

    generator, critic = networks()
    G, f = networks()
    rng, of_w, of_theta = RNG(2), RMSProp(0.02), RMSProp(0.02)
    run = gan.wgan(generator, critic, data, latent, rng=RNG(2), lr=0.02, c=0.3, batch_size=8, n_critic=3, steps=5)
    for _ in run:
        for _ in range(3):
            x, z = data(8, rng), latent(8, rng)
            f.vector.data = of_w.step(f.vector.data, -slope(np.mean(f(x)) - np.mean(f(raw(G(z)))), f))
            f.vector.data = np.clip(f.vector.data, -0.3, 0.3)
        G.vector.data = of_theta.step(G.vector.data, -slope(np.mean(f(G(latent(8, rng)))), G))
        np.testing.assert_allclose(critic.vector.data, f.vector.data, rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(generator.vector.data, G.vector.data, rtol=1e-11, atol=1e-13)


def test_the_defaults_are_the_papers():
    defaults = {name: p.default for name, p in inspect.signature(gan.wgan).parameters.items()}
    assert [defaults[name] for name in ("lr", "c", "batch_size", "n_critic")] == [5e-5, 0.01, 64, 5]
    sizes, generator, critic = [], nn.Linear(2, 2, rng=RNG(0)), nn.Linear(2, 1, rng=RNG(1))

    def counted(n, rng):
        sizes.append(n)
        return data(n, rng)

    start = generator.vector.data.copy()
    for _ in gan.wgan(generator, critic, counted, latent, rng=RNG(2), steps=1):
        assert np.abs(critic.vector.data).max() == 0.01
        # The first step of RMSProp is lr g / sqrt(0.01 g^2) = 10 lr in each weight.
        np.testing.assert_allclose(np.abs(generator.vector.data - start), 10 * 5e-5, rtol=1e-3)
    assert sizes == [64] * 5


@pytest.mark.parametrize("n_critic", [1, 5])
def test_n_critic_steps_on_fresh_batches_each_clipped_and_the_generator_never(n_critic):
    generator, critic = nn.Linear(2, 2, rng=RNG(0)), nn.MLP((2, 4, 1), nn.relu, rng=RNG(1))
    generator.vector.data *= 10
    seen, c = [], 0.05

    def spy(kind, sample):
        def drawn(n, rng):
            batch = sample(n, rng)
            seen.append((kind, batch, np.abs(critic.vector.data).max(), critic.vector.data.copy()))
            return batch

        return drawn

    rounds = 3
    list(gan.wgan(
        generator, critic, spy("x", data), spy("z", latent), rng=RNG(2), lr=0.05, c=c, batch_size=4, n_critic=n_critic,
        steps=rounds,
    ))  # fmt: skip
    assert [kind for kind, *_ in seen] == ([*"xz"] * n_critic + ["z"]) * rounds  # n_critic steps, not n_critic + 1
    assert len({batch.tobytes() for _, batch, *_ in seen}) == len(seen)
    assert seen[0][2] > c  # the first weights are not clipped before there was a step,
    after_a_step = [largest for _, _, largest, _ in seen[2:]]  # but after each
    assert max(after_a_step) <= c and np.abs(critic.vector.data).max() <= c
    moved = [not np.array_equal(a[3], b[3]) for a, b in pairwise(seen)]
    # A step after each pair of batches, and none when the generator moves.
    assert moved == (([False, True] * n_critic + [False]) * rounds)[:-1]
    assert np.abs(generator.vector.data).max() > 1


def test_a_location_is_learned():
    """Data N(3, 0.5^2), G(z) = a z + b: the critic's slope is c, so b climbs to 3 and swings there."""
    ends = []
    for seed in range(5):
        generator, critic = nn.Linear(1, 1, rng=RNG(seed)), nn.Linear(1, 1, rng=RNG(seed + 10))
        run = gan.wgan(
            generator, critic, lambda n, rng: 3 + 0.5 * rng.standard_normal((n, 1)),
            lambda n, rng: rng.standard_normal((n, 1)), rng=RNG(seed), lr=0.02, batch_size=32,
            steps=250,
        )  # fmt: skip
        ends.append(np.mean([generator.bias.data[0] for _ in run][-100:]))
    np.testing.assert_allclose(ends, 3, atol=0.1)  # of 20 seeds, none is further away than 0.035


# Epochs


@few
@given(seeds, st.integers(1, 17), st.lists(st.integers(1, 9), min_size=1, max_size=30))
def test_every_point_comes_once_in_each_epoch(seed, count, sizes):
    points, rng = RNG(seed).standard_normal((count, 2)), RNG(seed)
    sampler, rows = gan.Epochs(points), []
    for n in sizes:
        batch = sampler(n, rng)
        assert batch.shape == (n, 2)
        rows += [int(np.flatnonzero((points == point).all(axis=1))[0]) for point in batch]
        assert sampler.epoch == -(-len(rows) // count)  # rounded up
    for start in range(0, len(rows), count):
        epoch = rows[start : start + count]
        assert len(set(epoch)) == len(epoch)
        assert len(epoch) < count or set(epoch) == set(range(count))


def test_epochs_are_shuffled_each_anew():
    points, rng = np.arange(50), RNG(0)
    sampler = gan.Epochs(points)
    first, second = sampler(50, rng), sampler(50, rng)
    assert not np.array_equal(first, points) and not np.array_equal(first, second)
    np.testing.assert_array_equal(points, np.arange(50))


@few
@given(seeds, st.integers(1, 11), st.integers(0, 25), st.integers(1, 7))
def test_a_run_goes_on_in_the_middle_of_an_epoch(seed, count, before, n):
    points, rng = np.arange(count), RNG(seed)
    sampler = gan.Epochs(points)
    for _ in range(before):
        sampler(n, rng)
    state, random_state = sampler.state_dict(), rng.bit_generator.state
    want = [sampler(n, rng) for _ in range(8)]
    other, rng = gan.Epochs(points), RNG()
    other.load_state_dict(state)
    rng.bit_generator.state = random_state
    np.testing.assert_array_equal([other(n, rng) for _ in range(8)], want)
    assert other.epoch == sampler.epoch


def test_epochs_survive_a_checkpoint_and_refuse_what_is_not_theirs(tmp_path):
    sampler, rng = gan.Epochs(np.arange(10)), RNG(0)
    sampler(3, rng)
    checkpoint.save(tmp_path / "run.npz", sampler=sampler, rng=rng)
    want = sampler(9, rng)
    other, again = gan.Epochs(np.arange(10)), RNG(5)
    checkpoint.restore(tmp_path / "run.npz", sampler=other, rng=again)
    np.testing.assert_array_equal(other(9, again), want)
    small = gan.Epochs(np.arange(4))
    with pytest.raises(ValueError, match="of more points than the 4 here"):
        small.load_state_dict(sampler.state_dict())
    assert small.epoch == 0 and sorted(small(4, rng)) == [0, 1, 2, 3]
    with pytest.raises(ValueError, match="no points to go through"):
        gan.Epochs(np.zeros((0, 2)))


# The epoch-style loop on D(x) = phi x, G = theta, data 0 (claim C56)


def dirac_players(theta):
    """f(x) = phi x with phi = 0, and a generator that gives theta whatever the noise, which is 0."""
    generator, critic = nn.Linear(1, 1, rng=RNG(0)), nn.Linear(1, 1, rng=RNG(0), bias=False)
    generator.weight.data[...], generator.bias.data[...], critic.weight.data[...] = 0, theta, 0
    return generator, critic


def play(theta, n_critic, steps, constraint=None):
    def zeros(n, rng):
        return np.zeros((n, 1))

    generator, critic = dirac_players(theta)
    run = gan.train(
        generator, critic, zeros, zeros, gan.wasserstein, optim.SGD(generator, 0.1), optim.SGD(critic, 0.1),
        rng=RNG(0), batch_size=2, n_critic=n_critic, steps=steps, constraint=constraint,
    )  # fmt: skip
    return np.array([(generator.bias.data[0], critic.weight.data[0, 0]) for _ in run])


def test_the_generator_answers_the_refreshed_critic():
    """Played literally, the generator's gradient taken before the critic's update, the radius grows to 1.01^100."""
    *_, (theta, phi) = gan.dirac.simultaneous(lambda t, p: (-p, -t), 1.0, 0.0, 0.1, steps=200)
    assert np.hypot(theta, phi) == pytest.approx(1.01**100, rel=1e-12) == pytest.approx(2.70481, abs=5e-6)
    refreshed = play(1.0, 1, 200)
    assert np.hypot(*refreshed[-1]) == pytest.approx(0.98360, abs=5e-6)
    alternating = list(gan.dirac.alternating(lambda t, p: (-p, -t), 1.0, 0.0, 0.1, steps=200))[1:]
    np.testing.assert_allclose(refreshed, alternating, rtol=1e-12, atol=1e-14)


def test_without_a_lipschitz_step_the_critic_leaves_the_ball():
    free, clipped = play(3.0, 5, 50), play(3.0, 5, 50, gan.WeightClipping(1.0))
    assert abs(free[-1, 1]) == pytest.approx(6.60, abs=0.005)
    assert np.abs(clipped[:, 1]).max() == 1
    assert np.abs(clipped[-20:, 0]).max() < 0.5 < np.abs(free[-20:, 0]).max()  # and only then theta comes near the data


# Losses


@few
@given(seeds, st.integers(1, 9), st.integers(1, 9))
def test_the_wasserstein_losses_are_the_gap(seed, m, n):
    real, fake = RNG(seed).standard_normal((m, 1)), RNG(seed + 1).standard_normal((n, 1))
    assert gan.wasserstein.discriminator(real, fake) == pytest.approx(fake.mean() - real.mean(), abs=1e-15)
    assert gan.wasserstein.discriminator(real, fake) == pytest.approx(
        -gan.critic_gap(lambda x: x, real, fake), abs=1e-14
    )
    assert gan.wasserstein.generator(fake) == -fake.mean() == gan.hinge.generator(fake)
    d_real, d_fake = mg.grad(gan.critic_loss, argnums=(0, 1))(real, fake)
    np.testing.assert_allclose(d_real, -1 / m)
    np.testing.assert_allclose(d_fake, 1 / n)
    np.testing.assert_allclose(mg.grad(gan.wasserstein_generator_loss)(1e6 * fake), -1 / n)  # it never flattens out


def test_the_hinge_loss_by_hand():
    """Data at 2, 1, 0.25 and -1 fall short of the margin by 0, 0, 0.75, 2; samples at -3 and 0.5 exceed by 0, 1.5."""
    real, fake = np.array([2.0, 1.0, 0.25, -1.0]), np.array([-3.0, 0.5])
    assert gan.hinge.discriminator(real, fake) == (0.75 + 2) / 4 + 1.5 / 2
    d_real, d_fake = mg.grad(gan.hinge_critic_loss, argnums=(0, 1))(real[[0, 2, 3]], fake)
    np.testing.assert_allclose(d_real, [0, -1 / 3, -1 / 3])
    np.testing.assert_allclose(d_fake, [0, 1 / 2])
    single = gan.hinge.discriminator(real.astype(np.float32), fake.astype(np.float32))
    assert single.dtype == np.float32


@few
@given(seeds, st.integers(2, 6), st.integers(1, 12), st.integers(1, 12))
def test_the_hinge_optimum_is_two_times_one_minus_total_variation(seed, places, m, n):
    """On a discrete space of any distances: attained by the sign of p - q, and no critic is below it."""
    rng = RNG(seed)
    x, y = rng.integers(0, places, m), rng.integers(0, places, n)
    p, q = np.bincount(x, minlength=places) / m, np.bincount(y, minlength=places) / n
    optimum = 2 * (1 - np.abs(p - q).sum() / 2)
    best = np.sign(p - q)
    assert gan.hinge.discriminator(best[x], best[y]) == pytest.approx(optimum, abs=1e-12)
    for scale in (1.0, 3.0, 0.3):  # no critic is below it, near the best or far away
        f = scale * rng.standard_normal(places)
        assert gan.hinge.discriminator(f[x], f[y]) >= optimum - 1e-12
        f = best + 0.1 * f
        assert gan.hinge.discriminator(f[x], f[y]) >= optimum - 1e-12
