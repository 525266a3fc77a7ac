"""Samplers: orders of convergence, exactness where it is known, the oracle on ring and grid beside its null."""

from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from diffusion_laws import GAUSSIAN, MIXTURE, TILTED, affine_recursion

from minigen import diffusion as df
from minigen.distributions import GaussianMixture, grid, ring
from minigen.metrics import mode_report
from minigen.transport import wasserstein_distance

PROCESS = df.VariancePreserving()


def standardised(law):
    """The mixture in units of its standard deviation."""
    scale = float(np.sqrt(law.covariance[0, 0]))
    return GaussianMixture(law.means / scale, (law.sigma / scale) ** 2)


def test_the_path_is_the_kernel_and_the_noise_of_the_rng():
    """By hand: x <- mean + std xi with the score at t, and no noise on arriving at 0."""
    chain = df.constant(0.9, 4)
    oracle = df.MixtureOracle(MIXTURE, chain)
    x = start = np.array([[0.3], [-1.0]])
    rng, path = (
        np.random.default_rng(5),
        list(df.reverse_chain(oracle.score, chain, start, rng=np.random.default_rng(5))),
    )
    assert [t for t, _ in path] == [4, 3, 2, 1, 0]
    assert path[0][1] is start
    for (t, _), (s, after) in pairwise(path):
        alpha = 0.9
        mean = (x + (1 - alpha**2) * oracle.score(x, t)) / alpha
        std = np.sqrt((1 - alpha**2) * (1 - alpha ** (2 * s)) / (1 - alpha ** (2 * t)))
        x = mean + (std * rng.standard_normal((2, 1)) if s > 0 else 0)
        np.testing.assert_allclose(after, x, rtol=1e-12)
    np.testing.assert_array_equal(df.final(iter(path)), path[-1][1])


@pytest.mark.parametrize("kernel", [df.taylor, df.ancestral, partial(df.ancestral, variance="forward")])
@pytest.mark.parametrize("last_noise", [False, True])
def test_a_simulation_agrees_with_the_exact_recursion(kernel, last_noise):
    """Mean and variance of 1e5 simulated chains on Gaussian data within 5 standard errors."""
    chain, n, rng = df.constant(0.9, 40), 100_000, np.random.default_rng(0)
    m, v = affine_recursion(GAUSSIAN, chain, kernel, last_noise=last_noise)
    score = df.MixtureOracle(GAUSSIAN, chain).score
    path = df.reverse_chain(score, chain, rng.standard_normal((n, 1)), rng=rng, kernel=kernel, last_noise=last_noise)
    x = df.final(path)
    assert abs(x.mean() - m) < 5 * np.sqrt(v / n)
    assert abs(x.var() - v) < 5 * v * np.sqrt(2 / n)


def flowed(x0, t, s):
    """The exact probability flow of Gaussian data: (x - m_t) / std_t is kept."""
    p, q = (df.MixtureOracle(GAUSSIAN, PROCESS).marginal(time) for time in (t, s))
    return q.mean + (x0 - p.mean) * np.sqrt(q.covariance / p.covariance)


@pytest.mark.parametrize(
    ("sample", "order"),
    [
        (
            lambda score, x, times: df.reverse_chain(
                score, PROCESS, x, times, rng=np.random.default_rng(0), kernel=df.euler
            ),
            1,
        ),
        (
            lambda score, x, times: df.reverse_chain(
                score, PROCESS, x, times, rng=np.random.default_rng(0), kernel=df.ddim
            ),
            1,
        ),
        (lambda score, x, times: df.probability_flow(score, PROCESS, x, times, method="euler"), 1),
        (lambda score, x, times: df.probability_flow(score, PROCESS, x, times), 2),
    ],
    ids=["euler", "ddim", "flow by euler", "flow by heun"],
)
def test_flows_converge_with_their_order(sample, order):
    """Against the exact flow of Gaussian data from t = 0.8 to 0.1: errors divide by 2^order as steps double."""
    score = df.MixtureOracle(GAUSSIAN, PROCESS).score
    x = np.array([[-1.0], [0.5], [2.0]])
    want, errors = flowed(x, 0.8, 0.1), []
    for steps in (50, 100, 200):
        errors.append(np.max(np.abs(df.final(sample(score, x, np.linspace(0.8, 0.1, steps + 1))) - want)))
    rates = np.log2(np.array(errors[:-1]) / errors[1:])
    np.testing.assert_allclose(rates, order, atol=0.1)
    assert errors[-1] < (0.02 if order == 1 else 2e-4)


def test_ddim_is_eulers_method_for_the_flow():
    """Song, Meng & Ermon, eq. 14: with eta = 0 the two are the same, step by step, to rounding."""
    score, x = df.MixtureOracle(TILTED, PROCESS).score, np.random.default_rng(0).standard_normal((20, 2))
    times = PROCESS.grid(30)
    ddim = df.reverse_chain(score, PROCESS, x, times, rng=np.random.default_rng(1), kernel=df.ddim)
    for (t, a), (s, b) in zip(ddim, df.probability_flow(score, PROCESS, x, times, method="euler"), strict=True):
        assert t == s
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)


def test_the_flow_can_be_undone():
    score, x = df.MixtureOracle(TILTED, PROCESS).score, np.random.default_rng(0).standard_normal((20, 2))
    times = np.linspace(0.05, 1, 400)
    there = df.final(df.probability_flow(score, PROCESS, x, times))
    back = df.final(df.probability_flow(score, PROCESS, there, times[::-1]))
    np.testing.assert_allclose(back, x, atol=5e-3)


def test_langevin_s_stationary_variance():
    """For N(0, 1): v <- (1 - h)^2 v + 2 h tends to 1 / (1 - h / 2); 1e5 chains of 60 steps of 0.2."""
    h, n, rng = 0.2, 100_000, np.random.default_rng(0)
    path = list(df.langevin(lambda x, t: -x, np.zeros((n, 1)), 0, h, rng=rng, steps=60))
    assert len(path) == 61
    v = 1 / (1 - h / 2)
    assert abs(path[-1].var() - v) < 5 * v * np.sqrt(2 / n)
    endless = df.langevin(lambda x, t: -x, np.zeros((2, 1)), 0, h, rng=rng)
    for _ in range(5):
        next(endless)


def test_langevin_dynamics_finds_the_marginal():
    """At t = 0.3 the mixture's p_t: mean and variance of 2e4 chains, started at one point."""
    oracle, rng, n = df.MixtureOracle(MIXTURE, PROCESS), np.random.default_rng(0), 20_000
    p = oracle.marginal(0.3)
    *_, x = df.langevin(oracle.score, np.zeros((n, 1)), 0.3, 0.02, rng=rng, steps=600)
    assert abs(x.mean() - p.mean[0]) < 0.05
    assert x.var() == pytest.approx(p.covariance.item(), rel=0.03)


def test_a_corrector_replaces_a_bias_by_its_own():
    """20 Taylor steps of alpha = 0.8 miss the variance v at t = 1 by 10 % and more.  20 corrections after each leave
    (1 + r^2) v, whatever came before: Langevin's v / (1 - h / 2v) for the step size h that the ratio r chooses."""
    chain, rng, n = df.constant(0.8, 20), np.random.default_rng(0), 40_000
    oracle = df.MixtureOracle(GAUSSIAN, chain)
    v = oracle.marginal(1).covariance.item()
    for corrector, low, high in ((None, 1.1, 9), (df.langevin_corrector(0.3, 20), 1.09 - 0.03, 1.09 + 0.03)):
        x = rng.standard_normal((n, 1))
        *_, (t, x), _ = df.reverse_chain(oracle.score, chain, x, rng=rng, kernel=df.taylor, corrector=corrector)
        assert t == 1
        assert low < x.var() / v < high


def test_the_corrector_s_step_size():
    """2 (r |xi| / |score|)^2, with norms averaged over the batch."""
    score, x = (lambda x, t: 2 * x + 1), np.random.default_rng(0).standard_normal((5, 3))
    noise = np.random.default_rng(3).standard_normal((5, 3))
    step = 2 * (0.2 * np.linalg.norm(noise, axis=1).mean() / np.linalg.norm(2 * x + 1, axis=1).mean()) ** 2
    want = x + step * (2 * x + 1) + np.sqrt(2 * step) * noise
    np.testing.assert_allclose(df.langevin_corrector(0.2)(score, x, 0.5, np.random.default_rng(3)), want, rtol=1e-12)


# (law, process, sampler): grids whose last noise is well below a mode's width, 0.014 and 0.018 in standard units.
FINE = PROCESS.grid(100, smallest=0.002)
SAMPLERS = {
    "ancestral": lambda score, x, rng: df.reverse_chain(score, PROCESS, x, FINE, rng=rng),
    "ddim": lambda score, x, rng: df.reverse_chain(score, PROCESS, x, FINE, rng=rng, kernel=df.ddim),
    "heun": lambda score, x, rng: df.probability_flow(score, PROCESS, x, FINE),
    "linear chain": lambda score, x, rng: df.reverse_chain(score, LINEAR, x, LINEAR.times(500), rng=rng),
}
LINEAR = df.linear()


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("make", [ring, grid])
def test_the_oracle_s_samples_are_perfect_but_for_the_grid(make, sampler):
    """All modes, 96 % or more of high quality, modes in balance, and exact W1 at n = 500 within 1.5 times its null.

    W1 is a mean over 4 pairs of sets: single ones scatter by a third."""
    law = standardised(make())
    process = LINEAR if sampler == "linear chain" else PROCESS
    rng = np.random.default_rng(1)
    x = df.final(SAMPLERS[sampler](df.MixtureOracle(law, process).score, rng.standard_normal((2500, 2)), rng))
    report = mode_report(x, law)
    assert report.captured == report.modes == len(law.weights)
    assert report.high_quality > 0.96
    assert report.mode_tv < 0.08
    parts = [x[i : i + 500] for i in range(0, 2000, 500)]
    w1 = np.mean([wasserstein_distance(part, law.sample(500, rng)) for part in parts])
    null = np.mean([wasserstein_distance(law.sample(500, rng), law.sample(500, rng)) for _ in parts])
    assert w1 < 1.5 * null


def test_heun_needs_twenty_steps_for_fine_detail_and_fifty_are_enough():
    """Widths of the ring's modes, in their own: with few steps heun overshoots at small noise, more than euler does."""
    law, process = standardised(ring()), df.VariancePreserving(first=1e-4)
    score, start = df.MixtureOracle(law, process).score, np.random.default_rng(1).standard_normal((4000, 2))

    def width(steps, method="heun"):
        x = df.final(df.probability_flow(score, process, start, process.grid(steps), method=method))
        return np.sqrt(np.mean(np.min(np.sum((x[:, None] - law.means) ** 2, axis=2), axis=1)) / 2) / law.sigma

    assert width(10) == pytest.approx(2.4, abs=0.15) and width(10, "euler") == pytest.approx(2.1, abs=0.15)
    assert width(20) == pytest.approx(1, abs=0.07)
    assert width(50) == pytest.approx(1, abs=0.03)


def test_a_grid_that_ends_too_early_blurs_or_shrinks():
    """Why the end of the grid matters: from noise sigma straight to E[x_0 | x], a mode of width w keeps w^2 / (w^2 +
    sigma^2) of its variance at most.  One Gaussian mode of width 0.014, the grid's last noise at 0.002 and at 0.1."""
    law = GaussianMixture([[0.0]], 0.014**2)
    score, x = df.MixtureOracle(law, PROCESS).score, np.random.default_rng(0).standard_normal((4000, 1))
    widths = [
        df.final(df.probability_flow(score, PROCESS, x, PROCESS.grid(200, smallest=low), method="heun")).std() / 0.014
        for low in (0.002, 0.1)
    ]
    assert widths[0] == pytest.approx(1, abs=0.04)
    assert widths[1] == pytest.approx(0.014 / np.sqrt(0.014**2 + 0.1**2), rel=0.05)


def test_a_corrector_has_nothing_to_do_where_the_score_is_0():
    """An untrained network's is: its last layer starts at 0."""
    model = df.Denoiser(df.TimeMLP(2, (8,), rng=np.random.default_rng(0)), PROCESS)
    x = np.random.default_rng(1).standard_normal((5, 2)).astype(np.float32)
    rng = np.random.default_rng(2)
    assert df.langevin_corrector(steps=2)(model.score, x, 0.5, rng) is x
    path = df.reverse_chain(model.score, PROCESS, x, PROCESS.grid(4), rng=rng, corrector=df.langevin_corrector())
    assert np.isfinite(df.final(path)).all()


def test_other_precisions_than_numpy_draws_are_kept():
    for dtype in (np.float16, np.longdouble):
        x, rng = np.ones((3, 2), dtype), np.random.default_rng(0)
        path = df.reverse_chain(lambda x, t: -x, PROCESS, x, PROCESS.grid(3), rng=rng)
        assert all(y.dtype == dtype for _, y in path)


def test_single_precision_stays():
    def score(x, t):
        return -x

    x = np.ones((3, 2), np.float32)
    rng = np.random.default_rng(0)
    paths = [
        df.reverse_chain(score, df.linear(20), x, rng=rng, corrector=df.langevin_corrector()),
        df.probability_flow(score, PROCESS, x, PROCESS.grid(5)),
        PROCESS.path(x, [0.0, 0.5, 1.0], rng),
    ]
    for path in paths:
        assert all(y.dtype == np.float32 for _, y in path)
    assert all(y.dtype == np.float32 for y in df.langevin(score, x, 0, 0.1, rng=rng, steps=2))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x, rng: df.reverse_chain(None, PROCESS, x, [0.0, 1.0], rng=rng), "decreasing"),
        (lambda x, rng: df.probability_flow(None, PROCESS, x, [1.0, 0.5, 0.7]), "decreasing or increasing"),
        (lambda x, rng: df.probability_flow(None, PROCESS, x, method="rk4"), "method is 'rk4'"),
        (lambda x, rng: df.langevin(None, x, 0, 0.0, rng=rng), r"step_size is 0\.0"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        next(call(np.zeros((1, 1)), np.random.default_rng(0)))


@pytest.mark.parametrize(
    "sample",
    [
        lambda x: df.reverse_chain(None, PROCESS, x, rng=np.random.default_rng(0)),
        lambda x: df.probability_flow(None, PROCESS, x),
        lambda x: df.langevin(None, x, 0, 0.1, rng=np.random.default_rng(0)),
    ],
)
def test_a_start_that_is_no_array_of_floats_is_named(sample):
    with pytest.raises(TypeError, match="x is a list, expected an array of points"):
        next(sample([[0.0, 1.0]]))
    with pytest.raises(TypeError, match=r"x holds int64 numbers, expected floating point ones: x.astype\(float\)"):
        next(sample(np.array([[0, 1]])))


def test_a_learned_flow_grows_from_the_first_time_and_not_from_0():
    """As the docstring says: data to noise and back is the identity; a start at t = 0 is refused."""
    net = df.TimeMLP(2, (8,), rng=np.random.default_rng(0), dtype=np.float64)
    net.output.weight.data[...] = 0.1 * np.random.default_rng(1).standard_normal(net.output.weight.shape)
    model, x, up = df.Denoiser(net, PROCESS), np.array([[0.3, -1.0]]), PROCESS.grid(200)[-2::-1]
    noise = df.final(df.probability_flow(model.score, PROCESS, x, up))
    np.testing.assert_allclose(df.final(df.probability_flow(model.score, PROCESS, noise, up[::-1])), x, atol=2e-3)
    with pytest.raises(ValueError, match="at t = 0 there is no noise"):
        df.final(df.probability_flow(model.score, PROCESS, x, PROCESS.grid(200)[::-1]))
