"""The alternating algorithm: one step against NumPy by hand, orders, determinism, going on, and what it learns."""

import itertools

import numpy as np
import pytest

import minigen as mg
from minigen import gan, nn, optim
from minigen.schedules import cosine_decay


def latent(n, rng):
    return rng.standard_normal((n, 1))


def data(n, rng):
    return 3 + 0.5 * rng.standard_normal((n, 1))


def players(seed=0, hidden=(), dtype=np.float64, lr=0.1, optimizer=optim.SGD):
    rng = np.random.default_rng(seed)
    g = nn.MLP((1, *hidden, 1), rng=rng, dtype=dtype)
    d = nn.MLP((1, *hidden, 1), rng=rng, dtype=dtype)
    return g, d, optimizer(g, lr), optimizer(d, lr)


def run(g, d, og, od, seed=1, losses=gan.non_saturating, sample_data=data, sample_latent=latent, **options):
    rng = np.random.default_rng(seed)
    return gan.train(g, d, sample_data, sample_latent, losses, og, od, rng=rng, **options)


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


class Linear:
    """The GAN with G(z) = a z + b, D(x) = sigmoid(c x + e), its gradients written by hand, by gradient descent."""

    def __init__(self, g, d, lr=0.1):
        self.a, self.b, self.c, self.e = (
            p.data.item() for p in (g.layers[0].weight, g.layers[0].bias, d.layers[0].weight, d.layers[0].bias)
        )
        self.lr = lr

    def discriminate(self, x, z):
        fake = self.a * z + self.b
        dx, df = -(1 - sigmoid(self.c * x + self.e)), sigmoid(self.c * fake + self.e)
        self.c, self.e = (
            self.c - self.lr * (np.mean(dx * x) + np.mean(df * fake)), self.e - self.lr * (np.mean(dx) + np.mean(df))
        )  # fmt: skip

    def generate(self, z, minimax=False):
        v = self.c * (self.a * z + self.b) + self.e
        slope = -sigmoid(v) if minimax else -(1 - sigmoid(v))
        self.a, self.b = (
            self.a - self.lr * np.mean(slope * self.c * z), self.b - self.lr * np.mean(slope * self.c)
        )  # fmt: skip

    def weights(self):
        return [self.a, self.b, self.c, self.e]


def weights(g, d):
    return [*g.vector.data, *d.vector.data]


@pytest.mark.parametrize("n_critic", [1, 3])
@pytest.mark.parametrize("losses", [gan.non_saturating, gan.minimax])
def test_algorithm_1_by_hand(n_critic, losses):
    """Data, then noise, then the discriminator, n_critic times; fresh noise, then the generator."""
    g, d, og, od = players()
    hand, rng = Linear(g, d), np.random.default_rng(1)
    for _ in run(g, d, og, od, losses=losses, batch_size=5, n_critic=n_critic, steps=3):
        for _ in range(n_critic):
            x, z = data(5, rng), latent(5, rng)
            hand.discriminate(x, z)
        hand.generate(latent(5, rng), minimax=losses is gan.minimax)
        np.testing.assert_allclose(weights(g, d), hand.weights(), rtol=1e-12)


@pytest.mark.parametrize("reuse", [False, True])
@pytest.mark.parametrize("n_critic", [1, 2])
def test_the_order_with_the_generator_first(reuse, n_critic):
    g, d, og, od = players()
    hand, rng = Linear(g, d), np.random.default_rng(1)
    order = {"generator_first": True, "reuse_noise": reuse, "n_critic": n_critic}
    for _ in run(g, d, og, od, batch_size=5, steps=3, **order):
        z = latent(5, rng)
        hand.generate(z)
        for _ in range(n_critic):
            x = data(5, rng)
            hand.discriminate(x, z if reuse else latent(5, rng))
        np.testing.assert_allclose(weights(g, d), hand.weights(), rtol=1e-12)


def test_noise_can_be_reused_in_algorithm_1_too():
    g, d, og, od = players()
    hand, rng = Linear(g, d), np.random.default_rng(1)
    for _ in run(g, d, og, od, batch_size=5, steps=2, reuse_noise=True):
        x, z = data(5, rng), latent(5, rng)
        hand.discriminate(x, z)
        hand.generate(z)
    np.testing.assert_allclose(weights(g, d), hand.weights(), rtol=1e-12)


def test_the_record_tells_the_losses_before_each_update():
    g, d, og, od = players()
    hand, rng = Linear(g, d), np.random.default_rng(1)
    (record,) = run(g, d, og, od, batch_size=6, steps=1)
    x, z = data(6, rng), latent(6, rng)
    real, fake = hand.c * x + hand.e, hand.c * (hand.a * z + hand.b) + hand.e
    assert record.discriminator_loss == pytest.approx(gan.discriminator_loss(real, fake), rel=1e-12)
    hand.discriminate(x, z)
    z = latent(6, rng)
    fake = hand.c * (hand.a * z + hand.b) + hand.e
    assert record.generator_loss == pytest.approx(gan.non_saturating_generator_loss(fake), rel=1e-12)
    assert (record.step, record.penalty) == (1, 0.0)


def test_the_same_seed_gives_the_same_bits_and_another_seed_does_not():
    def end(seed):
        g, d, og, od = players(hidden=(8,), dtype=np.float32, optimizer=optim.Adam, lr=1e-2)
        records = list(run(g, d, og, od, seed=seed, batch_size=16, steps=20))
        return np.array(weights(g, d)).tobytes(), records

    assert end(5) == end(5)
    assert end(5)[0] != end(6)[0]


def test_a_run_can_be_cut_anywhere():
    """Stopping after step 7 and going on with the same generator of random numbers changes no bit."""
    schedule = cosine_decay(20)

    def networks():
        g, d, og, od = players(hidden=(8,), dtype=np.float32, optimizer=optim.Adam, lr=1e-2)
        return g, d, og, od, optim.EMA(g, 0.9)

    g, d, og, od, ema = networks()
    whole = list(run(g, d, og, od, steps=20, schedule=schedule, ema=ema))
    g2, d2, og2, od2, ema2 = networks()
    rng = np.random.default_rng(1)
    options = {"rng": rng, "schedule": schedule, "ema": ema2}
    first = list(itertools.islice(gan.train(g2, d2, data, latent, gan.non_saturating, og2, od2, **options), 7))
    rest = list(gan.train(g2, d2, data, latent, gan.non_saturating, og2, od2, start=7, steps=20, **options))
    assert first + rest == whole
    assert [record.step for record in whole] == list(range(1, 21))
    np.testing.assert_array_equal(weights(g, d), weights(g2, d2))
    np.testing.assert_array_equal(ema.average, ema2.average)


def test_the_schedule_is_a_factor_on_learning_rates_that_are_left_as_they_were():
    g, d, og, od = players()
    hand, rng, factors = Linear(g, d), np.random.default_rng(1), [1.0, 0.5, 0.0]
    for step, _ in enumerate(run(g, d, og, od, batch_size=5, steps=3, schedule=lambda step: factors[step])):
        hand.lr = 0.1 * factors[step]
        x, z = data(5, rng), latent(5, rng)
        hand.discriminate(x, z)
        hand.generate(latent(5, rng))
        assert (og.lr, od.lr) == (0.1, 0.1)
    np.testing.assert_allclose(weights(g, d), hand.weights(), rtol=1e-12)


def test_cosine_decay():
    factor = cosine_decay(10, last=0.2)
    assert [factor(0), factor(5), factor(10), factor(99)] == pytest.approx([1.0, 0.6, 0.2, 0.2])
    for bad in ({"steps": 0}, {"steps": 5, "last": 1.5}):
        with pytest.raises(ValueError, match="expected"):
            cosine_decay(**bad)


class Clipping(gan.Constraint):
    def __init__(self):
        self.called = 0

    def after_step(self, discriminator):
        self.called += 1
        optim.clip_weights(discriminator, 0.01)


class ZeroCentred(gan.Constraint):
    """gamma/2 times the mean squared slope of the discriminator on the data."""

    def penalty(self, discriminator, real, fake, rng):
        slope = mg.grad(lambda x: np.sum(discriminator(x)))(real)
        return 5.0 * np.mean(np.sum(slope**2, axis=1))


def test_a_constraint_may_change_the_discriminator_after_each_of_its_steps():
    g, d, og, od = players(hidden=(4,))
    clipping = Clipping()
    for _ in run(g, d, og, od, batch_size=4, steps=2, n_critic=3, constraint=clipping):
        assert np.abs(d.vector.data).max() <= 0.01
    assert clipping.called == 6
    assert np.abs(g.vector.data).max() > 0.01


def test_a_penalty_is_added_to_the_loss_and_differentiated():
    """For D(x) = sigmoid(c x + e) the penalty is 5 c^2, whose slope 10 c pulls c to 0."""
    g, d, og, od = players()
    hand, rng = Linear(g, d), np.random.default_rng(1)
    c = hand.c
    (record,) = run(g, d, og, od, batch_size=5, steps=1, constraint=ZeroCentred())
    x, z = data(5, rng), latent(5, rng)
    hand.discriminate(x, z)
    assert record.penalty == pytest.approx(5 * c * c, rel=1e-12)
    assert d.layers[0].weight.data.item() == pytest.approx(hand.c - 0.1 * 10 * c, rel=1e-12)


def test_nothing_is_computed_for_the_player_that_does_not_move():
    """After the generator's step the discriminator's gradient is still that of its own step."""
    g, d, og, od = players(hidden=(4,))
    seen = {}

    class Spy(gan.Constraint):
        def after_step(self, discriminator):
            seen["discriminator"], seen["generator"] = d.vector.grad.copy(), g.vector.grad.copy()

    list(run(g, d, og, od, batch_size=4, steps=1, constraint=Spy()))
    assert np.any(seen["discriminator"]) and not np.any(seen["generator"])
    np.testing.assert_array_equal(d.vector.grad, seen["discriminator"])
    assert np.any(g.vector.grad)
    assert all(p.requires_grad for p in [*g.parameters(), *d.parameters()])


def test_frozen_puts_the_flags_back_as_they_were_even_after_an_error():
    d = nn.MLP((1, 3, 1), rng=np.random.default_rng(0))
    d.layers[0].weight.requires_grad = False
    with pytest.raises(KeyError), gan.frozen(d):
        assert not any(p.requires_grad for p in d.parameters())
        raise KeyError
    assert [p.requires_grad for p in d.parameters()] == [False, True, True, True]


def test_batch_normalisation_sees_each_batch_alone():
    """Running statistics: after one pass over data near 3 and one over samples, not one over the mixture of both."""
    g, _, og, _ = players()
    d = nn.Sequential(nn.BatchNorm(1, momentum=1.0), nn.Linear(1, 1, rng=np.random.default_rng(0)))
    seen = []
    d[0].__class__ = type("Spy", (nn.BatchNorm,), {"_follow": lambda self, mean, var: seen.append(mean.item())})
    list(run(g, d, og, optim.SGD(d, 0.1), batch_size=64, steps=1))
    assert len(seen) == 3  # data, samples, and samples again for the generator
    assert abs(seen[0] - 3) < 0.3


def test_single_precision_stays_single():
    g, d, og, od = players(hidden=(4,), dtype=np.float32)
    list(run(g, d, og, od, batch_size=4, steps=2))  # data and noise come in double precision
    assert g.dtype == d.dtype == g.vector.grad.dtype == np.float32


def test_a_loss_that_is_not_finite_stops_the_run_before_the_update_and_names_the_step():
    g, d, og, od = players()
    calls = itertools.count(1)

    def poisoned(n, rng):
        return data(n, rng) * (np.nan if next(calls) == 3 else 1)

    records = run(g, d, og, od, sample_data=poisoned, batch_size=4)
    next(records), next(records)
    before = weights(g, d)
    with pytest.raises(FloatingPointError, match=r"step 3: the discriminator's loss is nan\. Lower the learning rate"):
        next(records)
    assert weights(g, d) == before
    assert all(p.requires_grad for p in d.parameters())


def test_a_gradient_that_is_not_finite_names_the_step_too():
    g, d, og, od = players()

    class Steep(gan.Constraint):
        def penalty(self, discriminator, real, fake, rng):
            return np.sum(np.sqrt(np.abs(discriminator.layers[0].weight * 0.0)))

    with np.errstate(all="ignore"), pytest.raises(FloatingPointError, match="step 1: the gradient of"):
        next(run(g, d, og, od, batch_size=4, constraint=Steep()))


@pytest.mark.parametrize("bad", [{"batch_size": 0}, {"n_critic": 0}, {"n_critic": 1.5}])
def test_bad_counts_are_named(bad):
    (name,) = bad
    with pytest.raises(ValueError, match=f"{name} is {bad[name]}, expected a whole number"):
        next(run(*players(), **bad))


@pytest.mark.parametrize("who", ["both", "generator", "discriminator"])
def test_an_optimiser_of_the_other_player_is_refused(who):
    g, d, og, od = players()
    mixed = optim.SGD([*g.parameters(), *d.parameters()], 0.1)
    pairs = {"both": (od, og), "generator": (mixed, od), "discriminator": (og, mixed)}
    before, named = weights(g, d), "generator" if who == "both" else who
    with pytest.raises(ValueError, match=f"{named}_optimizer holds parameters of the .* swapped"):
        next(run(g, d, *pairs[who]))
    assert weights(g, d) == before


def test_an_optimiser_of_an_old_network_is_refused():
    g, d, _, od = players()
    with pytest.raises(ValueError, match="generator_optimizer holds none of the generator's parameters"):
        next(run(g, d, players()[2], od))


def test_an_optimiser_may_hold_a_part_and_what_both_share_and_what_is_frozen_or_normalised():
    g, d, _, _ = players(hidden=(3,))
    g.layers[0] = d.layers[0]  # shared by both
    d.layers[1].bias.requires_grad = False
    of_d = optim.SGD(d, 0.1)
    nn.spectral_norm(d, rng=np.random.default_rng(0))
    for of_g in (g.layers[1], g):  # a part, and all
        assert len(list(run(g, d, optim.SGD(of_g, 0.1), of_d, batch_size=4, steps=1))) == 1


@pytest.mark.parametrize(
    "bad, says",
    [
        ({"losses": "wasserstein"}, "losses is 'wasserstein', expected a pair of functions: gan.wasserstein"),
        ({"constraint": gan.GradientPenalty}, r"the class GradientPenalty; make one: constraint=GradientPenalty\(\)"),
        ({"constraint": 10.0}, r"constraint is 10\.0, expected a gan\.Constraint"),
    ],
)
def test_pieces_of_another_kind_are_named(bad, says):
    with pytest.raises(TypeError, match=says):
        next(run(*players(), **bad))


def test_bad_samplers_are_named():
    with pytest.raises(ValueError, match=r"asked for 64 points and gave 63"):
        next(run(*players(), sample_data=lambda n, rng: np.zeros((n - 1, 1))))
    with pytest.raises(ValueError, match=r"samples have shape \(1,\), but the data have \(2,\)"):
        next(run(*players(), sample_data=lambda n, rng: np.zeros((n, 2))))
    with pytest.raises(TypeError, match="a sampler gave a list, expected an array of points"):
        next(run(*players(), sample_data=lambda n, rng: [[0.0]] * n))


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, bool])
def test_data_of_whole_numbers_and_tensors_are_points_too(dtype):
    def draw(n, rng):
        return rng.integers(2, size=(n, 1))

    want = next(run(*players(dtype=np.float32), sample_data=lambda n, rng: draw(n, rng).astype(np.float32)))
    assert next(run(*players(dtype=np.float32), sample_data=lambda n, rng: draw(n, rng).astype(dtype))) == want
    boxed = run(*players(dtype=np.float32), sample_data=lambda n, rng: mg.Tensor(draw(n, rng).astype(np.float32)))
    assert next(boxed) == want


def test_a_normal_law_on_the_line_is_learned():
    """G(z) = a z + b finds N(1, 1.5^2).  Over 20 seeds means lie in 0.88..1.05, deviations in 1.46..1.52."""
    means, deviations, steps = [], [], 600
    for seed in range(5):
        rng = np.random.default_rng(seed)
        g = nn.Linear(1, 1, rng=rng, dtype=np.float32)
        d = nn.MLP((1, 16, 1), rng=rng, dtype=np.float32)
        og, od = (optim.Adam(network, 1e-2, (0.5, 0.999)) for network in (g, d))
        ema = optim.EMA(g, 0.98)
        options = {"batch_size": 128, "steps": steps, "schedule": cosine_decay(steps), "ema": ema}
        list(run(g, d, og, od, seed=seed, sample_data=lambda n, rng: 1 + 1.5 * rng.standard_normal((n, 1)), **options))
        with ema.applied():
            means.append(g.bias.data.item())
            deviations.append(abs(g.weight.data.item()))
    assert min(means) > 0.8 and max(means) < 1.2, means
    assert min(deviations) > 1.4 and max(deviations) < 1.6, deviations
