"""Training: one step by hand, cutting a run, conditional training, and what is learned beside the exact score."""

import itertools

import numpy as np
import pytest
from diffusion_laws import MIXTURE

from minigen import Tensor, nn, optim
from minigen import diffusion as df
from minigen.checkpoint import restore, save
from minigen.distributions import GaussianMixture
from minigen.schedules import cosine_decay

PROCESS = df.VariancePreserving()


class Line(nn.Module):
    """xi = theta x."""

    def __init__(self):
        self.theta = nn.Parameter(np.array([0.3]))

    def forward(self, x, u, labels=None):
        return self.theta * x


@pytest.mark.parametrize("kind", df.KINDS)
def test_the_algorithm_by_hand(kind):
    """Data, times, noise, in this order; then theta <- theta - lr mean w (theta x - target) . x."""
    net, rng, lr = Line(), np.random.default_rng(1), 0.1
    chain = df.constant(0.9, 20)
    model, theta = df.Denoiser(net, chain, kind), 0.3

    def weight(t):
        return 1 / (1 + t)

    run = df.train(model, MIXTURE.sample, optim.SGD(net, lr), rng=np.random.default_rng(1), batch_size=6, weight=weight)
    for step, record in enumerate(itertools.islice(run, 3)):
        x0, t, xi = MIXTURE.sample(6, rng), rng.integers(1, 20, 6, endpoint=True), rng.standard_normal((6, 1))
        a, sigma = (0.9**t)[:, None], np.sqrt(1 - 0.81**t)[:, None]
        x = a * x0 + sigma * xi
        target = {"noise": xi, "score": -xi / sigma, "data": x0, "velocity": a * xi - sigma * x0}[kind]
        off = theta * x - target
        assert record.step == step + 1
        assert record.loss == pytest.approx(0.5 * np.mean(off[:, 0] ** 2 / (1 + t)), rel=1e-10)
        theta -= lr * np.mean((off * x)[:, 0] / (1 + t))
        assert net.theta.data.item() == pytest.approx(theta, rel=1e-10)


def parts(seed=0, lr=1e-2, **options):
    net = df.TimeMLP(1, (16, 16), rng=np.random.default_rng(seed), **options)
    return df.Denoiser(net, PROCESS), optim.Adam(net, lr), optim.EMA(net, 0.9)


def labelled(n, rng):
    return MIXTURE.sample_labelled(n, rng)


@pytest.mark.parametrize(("sample", "options"), [(MIXTURE.sample, {}), (labelled, {"classes": 2})])
def test_a_run_can_be_cut_anywhere(sample, options, tmp_path):
    """Stopping after step 7, saving, and going on with other objects changes no bit."""
    schedule = cosine_decay(20)
    model, optimizer, ema = parts(**options)
    whole = list(df.train(model, sample, optimizer, rng=np.random.default_rng(1), steps=20, schedule=schedule, ema=ema))
    first, optimizer1, ema1 = parts(**options)
    rng = np.random.default_rng(1)
    run = df.train(first, sample, optimizer1, rng=rng, steps=20, schedule=schedule, ema=ema1)
    cut = list(itertools.islice(run, 7))
    save(tmp_path / "c.npz", network=first.network, optimizer=optimizer1, ema=ema1, rng=rng)
    second, optimizer2, ema2 = parts(seed=9, **options)
    rng2 = np.random.default_rng(99)
    restore(tmp_path / "c.npz", network=second.network, optimizer=optimizer2, ema=ema2, rng=rng2)
    rest = list(df.train(second, sample, optimizer2, rng=rng2, start=7, steps=20, schedule=schedule, ema=ema2))
    assert cut + rest == whole and [record.step for record in whole] == list(range(1, 21))
    np.testing.assert_array_equal(model.network.vector.data, second.network.vector.data)
    np.testing.assert_array_equal(ema.average, ema2.average)


def test_another_seed_gives_another_run():
    def losses(seed):
        model, optimizer, _ = parts()
        return [r.loss for r in df.train(model, MIXTURE.sample, optimizer, rng=np.random.default_rng(seed), steps=5)]

    assert losses(1) == losses(1) != losses(2)


def test_the_average_follows_the_weights_and_not_the_buffers():
    """C92: average_n = d average + (1 - d) theta_n; Fourier frequencies are buffers and stay."""
    model, optimizer, ema = parts(embedding="fourier")
    frequencies = model.network.embedding.fourier.frequencies.copy()
    average = model.network.vector.data.copy()
    for _ in df.train(model, MIXTURE.sample, optimizer, rng=np.random.default_rng(0), steps=5, ema=ema):
        average += np.float32(1 - 0.9) * (model.network.vector.data - average)
    np.testing.assert_allclose(ema.average, average, rtol=1e-5, atol=1e-7)
    assert len(ema.average) == sum(p.size for p in model.network.parameters())
    with ema.applied():
        np.testing.assert_array_equal(model.network.embedding.fourier.frequencies, frequencies)
        averaged = model.score(np.ones((1, 1)), 0.5)
    assert averaged != model.score(np.ones((1, 1)), 0.5)


def test_c92_in_numbers():
    """beta = 0.01 = 1 - decay: initial weight 0.99^500 = 0.00657, lag 99 on a ramp, variance beta / (2 - beta)."""
    p = nn.Parameter(np.array([1.0]))
    ema = optim.EMA([p], 0.99)
    for _ in range(500):
        p.data[...] = 0.0
        ema.update()
    assert ema.average.item() == pytest.approx(0.99**500, rel=1e-12) == pytest.approx(0.00657, abs=1e-5)
    ramp = optim.EMA([p], 0.99)
    for n in range(1, 4001):
        p.data[...] = n
        ramp.update()
    assert n - ramp.average.item() == pytest.approx(99, abs=1e-9)
    v = 0.0
    for _ in range(3000):
        v = 0.99**2 * v + 0.01**2
    assert v == pytest.approx(0.01 / 1.99, rel=1e-12) == pytest.approx(0.0050251256, abs=1e-9)


def test_labels_are_dropped_at_the_given_rate():
    seen = []

    class Spy(Line):
        classes = 3

        def forward(self, x, u, labels=None):
            seen.append(labels)
            return super().forward(x, u)

    def data(n, rng):
        return rng.standard_normal((n, 1)), rng.integers(0, 3, n)

    for rate in (0.0, 0.25, 1.0):
        seen.clear()
        net, rng = Spy(), np.random.default_rng(0)
        model, optimizer = df.Denoiser(net, PROCESS), optim.SGD(net, 0.1)
        next(df.train(model, data, optimizer, rng=rng, batch_size=4000, drop_labels=rate))
        (labels,) = seen
        assert abs(np.mean(labels == 3) - rate) < 5 * np.sqrt(rate * (1 - rate) / 4000) + 1e-12
        assert set(labels) <= {0, 1, 2, 3}


def test_the_schedule_scales_a_learning_rate_that_is_left_as_it_was():
    """Asked with the number of steps made before: 3, then 4, for a run from 3 to 5."""
    model, optimizer, _ = parts()
    before = model.network.vector.data.copy()
    factors = {3: 0.0, 4: 1.0}
    run = df.train(
        model, MIXTURE.sample, optimizer, rng=np.random.default_rng(0), start=3, steps=5, schedule=factors.get
    )
    next(run)
    np.testing.assert_array_equal(model.network.vector.data, before)
    list(run)
    assert np.any(model.network.vector.data != before)
    assert optimizer.lr == 1e-2


def test_other_times_can_be_drawn():
    model, optimizer, _ = parts()
    calls = []

    def times(n, rng):
        calls.append(n)
        return np.full(n, 0.5)

    list(
        df.train(
            model, MIXTURE.sample, optimizer, rng=np.random.default_rng(0), steps=2, batch_size=8, draw_times=times
        )
    )
    assert calls == [8, 8]


def test_a_loss_that_is_not_finite_stops_before_the_update_and_names_the_step():
    model, optimizer, ema = parts()
    calls = itertools.count(1)

    def poisoned(n, rng):
        return MIXTURE.sample(n, rng) * (np.nan if next(calls) == 3 else 1)

    run = df.train(model, poisoned, optimizer, rng=np.random.default_rng(0), ema=ema)
    next(run), next(run)
    before, average = model.network.vector.data.copy(), ema.average.copy()
    with pytest.raises(FloatingPointError, match=r"step 3: the loss is nan\. Lower the learning rate"):
        next(run)
    np.testing.assert_array_equal(model.network.vector.data, before)
    np.testing.assert_array_equal(ema.average, average)


def test_a_gradient_that_is_not_finite_names_the_step_too():
    class Steep(Line):
        def forward(self, x, u, labels=None):
            return np.sqrt(np.abs(self.theta * 0.0)) * x

    net = Steep()
    run = df.train(df.Denoiser(net, PROCESS), MIXTURE.sample, optim.SGD(net, 0.1), rng=np.random.default_rng(0))
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError, match="step 1: the gradient of"):
        next(run)
    assert net.theta.data.item() == 0.3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "batch_size is 0"),
        ({"drop_labels": 1.5}, "drop_labels is 1.5"),
        ({"sample_data": lambda n, rng: np.zeros((n - 1, 1))}, "asked for 128 points and gave 127"),
        ({"sample_data": lambda n, rng: (np.zeros((n, 1)), np.zeros(3, int))}, "gave 128 with 3 labels"),
    ],
)
def test_bad_input_is_named(options, message):
    model, optimizer, _ = parts()
    options = {"sample_data": MIXTURE.sample, "rng": np.random.default_rng(0)} | options
    with pytest.raises(ValueError, match=message):
        next(df.train(model, optimizer=optimizer, **options))


def test_a_sampler_may_give_tensors_and_a_list_is_named():
    def draw(n, rng):
        return rng.standard_normal((n, 1))

    steps = []
    for sample in (draw, lambda n, rng: Tensor(draw(n, rng))):
        model, optimizer, _ = parts()
        steps.append(next(df.train(model, sample, optimizer, rng=np.random.default_rng(0), drop_labels=0)))
    assert steps[0] == steps[1]
    with pytest.raises(TypeError, match="a sampler gave a list, expected an array of points"):
        next(df.train(model, lambda n, rng: [[0.0]] * n, optimizer, rng=np.random.default_rng(0)))


def test_one_number_learns_the_weighted_mean_of_times():
    """C87: xi = theta x on N(0, 0.2^2), alpha = 0.95, T = 50: the noise loss leads to 1.0805, the score's to 1.1621."""
    chain = df.constant(0.95, 50)
    for weight, want in ((None, 1.08046), (lambda t: chain.noise_level(t) ** -2.0, 1.16215)):
        net = Line()
        run = df.train(df.Denoiser(net, chain), lambda n, rng: 0.2 * rng.standard_normal((n, 1)), optim.SGD(net, 0.5),
                       rng=np.random.default_rng(0), batch_size=4000, steps=200, weight=weight,
                       schedule=cosine_decay(200))  # fmt: skip
        list(run)
        assert net.theta.data.item() == pytest.approx(want, abs=0.01)


def test_scores_of_a_mixture_are_learned_with_and_without_labels():
    """MIXTURE and its two labels, 600 steps: sigma^2 E |s - s*|^2 by time, the loss over its floor, guided samples.

    Over 20 seeds: errors up to 0.077 at t = 0.05 and 0.2, 0.0027 at 0.5 and 0.9, 0.012 given the label; excess loss up
    to 0.012 over a floor of 0.14; means of guided samples within 0.05, widths within 13 %."""
    oracle = df.MixtureOracle(MIXTURE, PROCESS)
    modes = zip(MIXTURE.means, MIXTURE.covariances[:, 0, 0], strict=True)
    alone = [df.MixtureOracle(GaussianMixture([m], v), PROCESS) for m, v in modes]
    for seed in range(5):
        rng = np.random.default_rng(seed)
        net = df.TimeMLP(1, (64, 64), rng=rng, classes=2)
        model, ema, steps = df.Denoiser(net, PROCESS), optim.EMA(net, 0.98), 600
        run = df.train(model, labelled, optim.Adam(net, 5e-3), rng=rng, batch_size=256, steps=steps, drop_labels=0.3,
                       schedule=cosine_decay(steps), ema=ema)  # fmt: skip
        list(run)
        with ema.applied():
            for t, bound in ((0.05, 0.12), (0.2, 0.12), (0.5, 0.005), (0.9, 0.005)):
                assert df.score_error(model.score, oracle, t, 2000, rng, weighted=True).value < bound
                for y, truth in enumerate(alone):
                    guided = model.guided(y, 1.0)
                    assert df.score_error(guided, truth, t, 2000, rng, weighted=True).value < 0.02
            _, floor, excess = df.loss_over_floor(model, oracle, None, 20_000, rng)
            assert 0.12 < floor.value < 0.16 and -0.001 < excess.value < 0.02
            for y in (0, 1):
                x = rng.standard_normal((2000, 1), dtype=np.float32)
                x = df.final(df.probability_flow(model.guided(y), PROCESS, x, PROCESS.grid(20, smallest=0.02)))
                assert x.dtype == np.float32
                assert abs(x.mean() - MIXTURE.means[y, 0]) < 0.1
                assert x.std() == pytest.approx(np.sqrt(MIXTURE.covariances[y, 0, 0]), rel=0.2)


def test_a_network_of_classes_is_not_trained_without_labels():
    model, optimizer, _ = parts(classes=2)
    with pytest.raises(ValueError, match="the network knows 2 classes, but sample_data gives no labels"):
        next(df.train(model, MIXTURE.sample, optimizer, rng=np.random.default_rng(0), batch_size=4))
