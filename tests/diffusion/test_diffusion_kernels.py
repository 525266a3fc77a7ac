"""Reverse kernels: exact means, the Taylor kernel's bias, variances, DDIM, and the sampler's numbers (C88-C91)."""

from functools import partial

import numpy as np
import pytest
from diffusion_laws import GAUSSIAN, MIXTURE, TILTED, affine_recursion, mass
from hypothesis import given
from hypothesis import strategies as st

from minigen import diffusion as df
from minigen.distributions import GaussianMixture

STANDARD = GaussianMixture([[0.0]], 1.0)
forward = partial(df.ancestral, variance="forward")


def slope(h, errors):
    return np.polyfit(np.log(h), np.log(errors), 1)[0]


@pytest.mark.parametrize("s", [9, 0])
def test_the_exact_mean_is_exact_for_any_law(s):
    """C88: E[x_s | x_t] = (x + (1 - alpha^2) score) / alpha, by quadrature, for a mixture and steps of any size."""
    chain, t, x = df.constant(0.9, 50), 10, 0.7
    oracle = df.MixtureOracle(MIXTURE, chain)
    alpha = chain.step_amplitude(s, t)
    grid, w = mass(lambda x: np.exp(oracle.log_density(x, s)))
    w = w * np.exp(-0.5 * (x - alpha * grid[:, 0]) ** 2 / (1 - alpha**2))
    want = np.sum(w * grid[:, 0]) / w.sum()
    point = np.array([[x]])
    mean, _ = df.ancestral(point, oracle.score(point, t), chain, t, s)
    assert mean.item() == pytest.approx(want, abs=1e-12)
    taylor, _ = df.taylor(point, oracle.score(point, t), chain, t, s)
    assert abs(taylor.item() - want) > 1e-3


def test_the_taylor_mean_is_off_by_the_stated_difference():
    """C88: exact minus Taylor = (1-a)^2/a x + (1-a)(1-a^2)/a score."""
    rng = np.random.default_rng(0)
    x, score = rng.standard_normal((2, 4, 3))
    for a in (0.5, 0.9, 0.999):
        chain = df.constant(a, 3)
        gap = df.ancestral(x, score, chain, 2, 1).mean - df.taylor(x, score, chain, 2, 1).mean
        np.testing.assert_allclose(gap, (1 - a) ** 2 / a * x + (1 - a) * (1 - a**2) / a * score, rtol=1e-9, atol=1e-15)
        assert df.taylor(x, score, chain, 2, 1).std == pytest.approx(np.sqrt(1 - a**2))


def test_one_taylor_step_errs_to_second_order():
    """C88: Gaussian I5 at x = 1.3, alpha^t near exp(-1/2): errors of mean and variance fall as (1 - alpha)^2."""
    h = np.array([0.01, 0.003, 0.001, 0.0003])
    means, variances, x = [], [], np.array([[1.3]])
    for step in h:
        chain = df.constant(1 - step, round(0.5 / -np.log1p(-step)) + 1)
        t, alpha = chain.last, 1 - step
        oracle = df.MixtureOracle(GAUSSIAN, chain)
        mean, std = df.taylor(x, oracle.score(x, t), chain, t, t - 1)
        v = oracle.marginal(t - 1).covariance.item()
        gain = alpha * v / (alpha**2 * v + 1 - alpha**2)
        m = oracle.marginal(t - 1).mean.item()
        means.append(abs(mean.item() - (m + gain * (1.3 - alpha * m))))
        variances.append(abs(std**2 - gain * (1 - alpha**2) / alpha))
    assert slope(h, means) == pytest.approx(2, abs=0.06)
    assert slope(h, variances) == pytest.approx(2, abs=0.05)


def test_the_taylor_sampler_s_stationary_variance():
    """C89: for N(0, 1) the recursion tends to (1 + a) / (a (2 - a + a^2)): 1.105294 at 0.9, not 1."""
    for a, printed in ((0.9, 1.105294), (0.95, 1.051284), (0.99, 1.010050)):
        chain = df.constant(a, 3000)
        _, v = affine_recursion(STANDARD, chain, df.taylor, last_noise=True)
        assert v == pytest.approx((1 + a) / (a * (2 - a + a * a)), rel=1e-10)
        assert v == pytest.approx(printed, abs=1e-6)


def test_the_taylor_sampler_on_gaussian_data():
    """C89: final variance for I5 with and without the last noise, and a bias of first order in 1 - alpha."""
    for a, steps, noisy, quiet in ((0.95, 100, 0.31360, 0.21610), (0.99, 500, 0.26163, 0.24173)):
        chain = df.constant(a, steps)
        assert affine_recursion(GAUSSIAN, chain, df.taylor, last_noise=True)[1] == pytest.approx(noisy, abs=2e-5)
        assert affine_recursion(GAUSSIAN, chain, df.taylor)[1] == pytest.approx(quiet, abs=2e-5)
    h = np.array([0.02, 0.01, 0.005, 0.0025])
    errors = np.abs(
        [np.subtract(affine_recursion(GAUSSIAN, df.constant(1 - step, int(12 / step)), df.taylor, last_noise=True),
                     (1.5, 0.25)) for step in h]
    )  # fmt: skip
    assert slope(h, errors[:, 0]) == pytest.approx(1, abs=0.05)
    assert slope(h, errors[:, 1]) == pytest.approx(1, abs=0.05)


def test_noise_after_the_last_step_blurs_point_masses():
    """C89: point-mass data, alpha = 0.95: variance 0.0979 with noise on arriving at t = 0, 0.0004 without."""
    point, chain = GaussianMixture([[1.5]], 1e-12), df.constant(0.95, 100)
    assert affine_recursion(point, chain, df.taylor, last_noise=True)[1] == pytest.approx(0.0979, abs=1e-4)
    assert affine_recursion(point, chain, df.taylor)[1] == pytest.approx(0.0004, abs=1e-4)


def test_a_noise_predictor_taken_for_a_score_explodes():
    """C90, erratum R26: variance 1.6e12 at alpha = 0.95, T = 100; 1.2e13 at 0.99, T = 500; converted, 0.2631."""
    for a, steps, mean, variance in ((0.95, 100, -1.0e4, 1.6e12), (0.99, 500, -3.0e4, 1.2e13)):
        chain = df.constant(a, steps)
        oracle = df.MixtureOracle(GAUSSIAN, chain)
        literal = partial(oracle.predict, "noise")
        m, v = affine_recursion(GAUSSIAN, chain, df.taylor, literal, last_noise=True)
        assert m == pytest.approx(mean, rel=0.06) and v == pytest.approx(variance, rel=0.06)

        def converted(x, t, literal=literal, chain=chain):
            return df.convert(literal(x, t), "noise", "score", x, chain, t)

        right = affine_recursion(GAUSSIAN, chain, df.taylor, converted, last_noise=True)
        np.testing.assert_allclose(right, affine_recursion(GAUSSIAN, chain, df.taylor, last_noise=True), rtol=1e-9)


def test_the_score_is_asked_at_the_time_where_x_is():
    """C91: Gaussian data of variance 0.25 and 0.0025, alpha = 0.95, T = 100; index t explodes for narrow data."""
    chain = df.constant(0.95, 100)
    for variance, right, wrong in (
        (0.25, (1.4801, 0.3136), (1.5619, 0.2341)),
        (0.0025, (1.4954, 0.0984), (1.7497, 141.8)),
    ):
        law = GaussianMixture([[1.5]], variance)
        np.testing.assert_allclose(affine_recursion(law, chain, df.taylor, last_noise=True), right, atol=1e-4)
        oracle = df.MixtureOracle(law, chain)
        early = affine_recursion(law, chain, df.taylor, lambda x, t, o=oracle: o.score(x, t - 1), last_noise=True)
        np.testing.assert_allclose(early, wrong, rtol=1e-3)


def test_exact_backward_recursion_of_gaussian_data():
    """C83, I5, alpha = 0.99, T = 500: with the exact kernel mean 1.499984 and variance 0.250000 from N(0, 1)."""
    chain = df.constant(0.99, 500)

    def exact(x, score, process, t, s):
        alpha = process.step_amplitude(s, t)
        v = df.MixtureOracle(GAUSSIAN, process).marginal(s).covariance.item()
        return df.Kernel(
            df.ancestral(x, score, process, t, s).mean, np.sqrt((1 - alpha**2) * v / (alpha**2 * v + 1 - alpha**2))
        )

    m, v = affine_recursion(GAUSSIAN, chain, exact, last_noise=True)
    assert m == pytest.approx(1.499984, abs=1e-6) and v == pytest.approx(0.25, abs=1e-6)


def test_a_short_chain_that_starts_from_the_reference():
    """C84: alpha = 0.95, exact kernels, T = 5, 20, 50: variance 0.3054, 0.2509, 0.2500017, as N(0, 1) is not p_T."""
    for steps, variance in ((5, 0.3054), (20, 0.2509), (50, 0.2500017)):
        chain = df.constant(0.95, steps)
        oracle = df.MixtureOracle(GAUSSIAN, chain)
        p = oracle.marginal(steps)
        gain = chain.amplitude(steps) * 0.25 / p.covariance.item()
        assert 0.25 + gain**2 * (1 - p.covariance.item()) == pytest.approx(variance, rel=2e-4)
        x = oracle.reverse_step(np.zeros((100_000, 1)), steps, 0, np.random.default_rng(0))
        assert x.var() == pytest.approx(0.25 - gain**2 * p.covariance.item(), rel=0.03)


@pytest.mark.parametrize(("law", "kernel"), [(STANDARD, forward), (GaussianMixture([[1.5]], 1e-10), df.ancestral)])
def test_the_two_variances_of_ho_et_al_are_right_for_extreme_data(law, kernel):
    """ "forward" where the data are N(0, 1), "posterior" where they are a point: exact at every step."""
    chain = df.constant(0.8, 12)
    oracle = df.MixtureOracle(law, chain)
    x = np.zeros((1, 1))
    for t in range(2, 13):
        alpha, v = 0.8, oracle.marginal(t - 1).covariance.item()
        exact = (1 - alpha**2) * v / (alpha**2 * v + 1 - alpha**2)
        assert kernel(x, x, chain, t, t - 1).std ** 2 == pytest.approx(exact, rel=1e-6)


def test_between_two_points_the_true_variance_exceeds_both():
    """Data at 3 and -3 with equal odds, seen at x = 0: x_0 is wide open, and its variance of 9 comes on top."""
    chain, t = df.constant(0.8, 12), 3
    draws = df.MixtureOracle(GaussianMixture([[-3.0], [3.0]], 1e-10), chain).reverse_step(
        np.zeros((20_000, 1)), t, t - 1, np.random.default_rng(0)
    )
    two = [df.ancestral(np.zeros((1, 1)), 0.0, chain, t, t - 1, variance=v).std ** 2 for v in ("posterior", "forward")]
    pull = 0.8 ** (t - 1) * (1 - 0.8**2) / (1 - 0.8 ** (2 * t))  # of x_0 in the posterior's mean
    assert draws.var() == pytest.approx(two[0] + 9 * pull**2, rel=0.03)
    assert two[0] < two[1] < 0.5 * draws.var()


@given(st.integers(2, 100), st.integers(1, 99), st.integers(0, 1000))
def test_the_posterior_with_tweedie_s_mean_is_the_ancestral_kernel(t, back, seed):
    """Ho et al., eqs. 7 and 11: guessing x_0 = E[x_0 | x_t] in p(x_s | x_t, x_0) gives the exact mean."""
    s, chain = max(0, t - back), df.linear(100, 1e-3, 0.2)
    oracle = df.MixtureOracle(TILTED, chain)
    x = np.random.default_rng(seed).standard_normal((3, 2))
    by_score = df.ancestral(x, oracle.score(x, t), chain, t, s)
    by_data = df.posterior(x, oracle.posterior_mean(x, t), chain, t, s)
    np.testing.assert_allclose(by_score.mean, by_data.mean, rtol=1e-9, atol=1e-9)
    assert by_score.std == pytest.approx(by_data.std, rel=1e-12)


def test_the_posterior_is_bayes_rule_of_two_gaussians():
    """p(x_s | x_0) p(x_t | x_s) completed to a square: precision 1 / sigma_s^2 + alpha^2 / (1 - alpha^2)."""
    chain, t, s, x, x0 = df.linear(50, 0.01, 0.1), 40, 17, 0.3, -1.2
    alpha, a_s, variance = chain.step_amplitude(s, t), chain.amplitude(s), chain.noise_level(s) ** 2
    precision = 1 / variance + alpha**2 / (1 - alpha**2)
    want = (a_s * x0 / variance + alpha * x / (1 - alpha**2)) / precision
    mean, std = df.posterior(np.array([[x]]), np.array([[x0]]), chain, t, s)
    assert mean.item() == pytest.approx(want, rel=1e-12) and std == pytest.approx(precision**-0.5, rel=1e-12)


@given(st.integers(1, 100), st.integers(1, 100), st.integers(0, 1000))
def test_ddim_with_eta_1_is_ancestral(t, back, seed):
    s, chain = max(0, t - back), df.linear(100, 1e-3, 0.2)
    x, score = np.random.default_rng(seed).standard_normal((2, 3, 2))
    ours, theirs = df.ddim(x, score, chain, t, s, eta=1.0), df.ancestral(x, score, chain, t, s)
    np.testing.assert_allclose(ours.mean, theirs.mean, rtol=1e-7, atol=1e-7)
    assert ours.std == pytest.approx(theirs.std, rel=1e-12)


@given(st.floats(0, 1), st.integers(0, 1000))
def test_ddim_keeps_the_marginals_of_known_data(eta, seed):
    """Song, Meng & Ermon, lemma 1: with the true x_0 and xi, x_s ~ N(a_s x_0, sigma_s^2) whatever eta is."""
    chain, t, s = df.cosine(60), 45, 20
    x0, noise = np.random.default_rng(seed).standard_normal((2, 1, 1))
    x = chain.mix(x0, t, noise)
    mean, std = df.ddim(x, df.from_data_and_noise("score", x0, noise, chain, t), chain, t, s, eta=eta)
    left = (mean - chain.amplitude(s) * x0) / noise  # the part of xi that is kept
    assert left.item() ** 2 + std**2 == pytest.approx(chain.noise_level(s) ** 2, rel=1e-6)


def test_euler_steps_down_the_flow_s_field():
    """x_s - x_t over the time between them tends to -1/2 beta (x + score), the ODE of Song et al."""
    process, oracle = df.VariancePreserving(), df.MixtureOracle(TILTED, df.VariancePreserving())
    x, t, h = np.random.default_rng(0).standard_normal((4, 2)), 0.3, 1e-7
    score = oracle.score(x, t)
    mean, std = df.euler(x, score, process, t, t - h)
    np.testing.assert_allclose((mean - x) / -h, -0.5 * process.beta(t) * (x + score), rtol=1e-4)
    assert std == 0


@pytest.mark.parametrize("kernel", [df.taylor, df.ancestral, forward, df.ddim, partial(df.ddim, eta=0.5), df.euler])
def test_single_precision_stays(kernel):
    x = np.ones((3, 2), np.float32)
    mean, std = kernel(x, x, df.linear(), 10, 9)
    assert mean.dtype == np.float32 and isinstance(std, float)


def test_bad_options_are_named():
    x = np.zeros((1, 1))
    with pytest.raises(ValueError, match="variance is 'small'"):
        df.ancestral(x, x, df.linear(), 2, 1, variance="small")
    with pytest.raises(ValueError, match="eta is 2"):
        df.ddim(x, x, df.linear(), 2, 1, eta=2)
