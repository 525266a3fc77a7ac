"""Exact marginals, scores and posteriors against quadrature, simulation and one another (C83, C85, C93)."""

import numpy as np
import pytest
from diffusion_laws import GAUSSIAN, MIXTURE, SOLID, TILTED, mass
from hypothesis import given
from hypothesis import strategies as st

from minigen import diffusion as df
from minigen import grad
from minigen.distributions import GaussianMixture

CHAIN = df.constant(0.95, 100)
FLOW = df.VariancePreserving()


def moments(x):
    return x.mean(0), np.cov(x.T)


@pytest.mark.parametrize("law", [GAUSSIAN, MIXTURE, TILTED, SOLID], ids=repr)
@pytest.mark.parametrize("t", [0, 1, 10, 100])
def test_the_marginal_has_the_moments_of_the_chain(law, t):
    """Means a m_k, covariances a^2 C_k + sigma^2 I, weights as they were."""
    a, sigma = CHAIN.amplitude(t), CHAIN.noise_level(t)
    p = df.MixtureOracle(law, CHAIN).marginal(t)
    np.testing.assert_allclose(p.means, a * law.means, rtol=1e-14)
    np.testing.assert_allclose(
        p.covariances, a**2 * law.covariances + sigma**2 * np.eye(law.dimension), rtol=1e-12, atol=1e-15
    )
    np.testing.assert_array_equal(p.weights, law.weights)


def test_gaussian_data_in_closed_form():
    """I5: p_t = N(1.5 alpha^t, 0.25 alpha^{2t} + 1 - alpha^{2t})."""
    oracle, x = df.MixtureOracle(GAUSSIAN, CHAIN), np.array([[-1.0], [0.4]])
    a = 0.95**7
    v = 0.25 * a**2 + 1 - a**2
    np.testing.assert_allclose(oracle.score(x, 7), -(x - 1.5 * a) / v, rtol=1e-12)
    np.testing.assert_allclose(oracle.posterior_mean(x, 7), 1.5 + 0.25 * a / v * (x - 1.5 * a), rtol=1e-12)


def test_the_score_is_the_mean_of_the_conditional_scores():
    """C85: grad log p_t(x) = E[-(x - a x_0) / sigma^2 | x_t = x], the posterior by quadrature over x_0."""
    oracle, t = df.MixtureOracle(MIXTURE, CHAIN), 10
    a, sigma = 0.95**10, np.sqrt(1 - 0.95**20)
    x0, w = mass(lambda x: np.exp(MIXTURE.log_density(x)))
    for x in (-1.3, 0.2, 1.9):
        posterior = w * np.exp(-0.5 * ((x - a * x0[:, 0]) / sigma) ** 2)
        posterior /= posterior.sum()
        score = np.sum(posterior * -(x - a * x0[:, 0]) / sigma**2)
        point = np.array([[x]])
        assert oracle.score(point, t).item() == pytest.approx(score, abs=1e-12)
        assert oracle.posterior_mean(point, t).item() == pytest.approx(np.sum(posterior * x0[:, 0]), abs=1e-12)
        assert oracle.predict("noise", point, t).item() == pytest.approx(-sigma * score, abs=1e-12)


@pytest.mark.parametrize("law", [MIXTURE, TILTED, SOLID], ids=repr)
def test_the_score_is_the_slope_of_the_log_density(law):
    """And both are those of the marginal, a mixture that is computed in another way."""
    oracle = df.MixtureOracle(law, CHAIN)
    x = np.random.default_rng(0).standard_normal((7, law.dimension))
    for t in (0, 3, 40):
        slope = grad(lambda x, t=t: np.sum(oracle.log_density(x, t)))(x)
        np.testing.assert_allclose(oracle.score(x, t), slope, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(oracle.score(x, t), oracle.marginal(t).score(x), rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(oracle.log_density(x, t), oracle.marginal(t).log_density(x), rtol=1e-10, atol=1e-12)


def test_one_time_for_each_point():
    oracle, rng = df.MixtureOracle(TILTED, CHAIN), np.random.default_rng(0)
    x, t = rng.standard_normal((50, 2)), rng.integers(0, 8, 50)
    each = np.stack([oracle.score(x[i : i + 1], t[i])[0] for i in range(50)])
    np.testing.assert_allclose(oracle.score(x, t), each, rtol=1e-12)
    np.testing.assert_allclose(
        oracle.log_density(x, t), [oracle.log_density(x[i : i + 1], t[i])[0] for i in range(50)], rtol=1e-12
    )
    with pytest.raises(ValueError, match="3 times for points"):
        oracle.score(x, t[:3])


def test_draws_of_the_marginal():
    """Mean and covariance of 1e5 exact draws, one time and one for each; x_t is a x_0 + sigma xi."""
    oracle, rng, n = df.MixtureOracle(TILTED, CHAIN), np.random.default_rng(0), 100_000
    p = oracle.marginal(10)
    for t in (10, np.full(n, 10)):
        x, x0, noise = oracle.sample_with_noise(n, t, rng)
        np.testing.assert_allclose(x, CHAIN.amplitude(10) * x0 + CHAIN.noise_level(10) * noise, rtol=1e-12)
        m, c = moments(x)
        np.testing.assert_allclose(m, p.mean, atol=5 * np.sqrt(np.max(p.covariance) / n))
        np.testing.assert_allclose(c, p.covariance, atol=0.02)
    np.testing.assert_allclose(oracle.sample(n, 10, rng).mean(0), p.mean, atol=0.02)


@pytest.mark.parametrize("s", [0, 3])
def test_the_exact_reverse_kernel_is_bayes_rule(s):
    """p(x_s | x_t) ~ p_s(x_s) N(x_t; alpha x_s, 1 - alpha^2) by quadrature: three moments of 2e5 draws."""
    oracle, t, x, n = df.MixtureOracle(MIXTURE, CHAIN), 20, 0.35, 200_000
    alpha = CHAIN.step_amplitude(s, t)
    grid, w = mass(lambda x: np.exp(oracle.log_density(x, s)))
    w = w * np.exp(-0.5 * (x - alpha * grid[:, 0]) ** 2 / (1 - alpha**2))
    w /= w.sum()
    draws = oracle.reverse_step(np.full((n, 1), x), t, s, np.random.default_rng(0))[:, 0]
    for power in (1, 2, 3):
        want, square = np.sum(w * grid[:, 0] ** power), np.sum(w * grid[:, 0] ** (2 * power))
        assert abs(np.mean(draws**power) - want) < 4.5 * np.sqrt((square - want**2) / n)


@pytest.mark.parametrize("law", [TILTED, SOLID], ids=repr)
@pytest.mark.parametrize("steps", [1, 3])
def test_ancestral_sampling_with_exact_kernels_returns_the_data(steps, law):
    """C83, with full covariances: from p_T exact in one step or three.  Moments of 1e5 draws, and modes' shares.

    From t = 0.3, where x_t still tells much of x_0: wrong axes would show."""
    process, rng, n = df.VariancePreserving(), np.random.default_rng(0), 100_000
    oracle = df.MixtureOracle(law, process)
    times = np.linspace(0.3, 0, steps + 1)
    path = list(oracle.ancestral(oracle.sample(n, 0.3, rng), times, rng))
    assert [t for t, _ in path] == times.tolist()
    x = path[-1][1]
    m, c = moments(x)
    np.testing.assert_allclose(m, law.mean, atol=5 * np.sqrt(np.max(law.covariance) / n))
    np.testing.assert_allclose(c, law.covariance, atol=0.05)
    np.testing.assert_allclose(law.responsibilities(x).mean(0), law.weights, atol=0.01)


def test_forward_and_backward_factorisations_are_one_joint_law():
    """C83 on a chain of 4 states, 2 steps: p_0 K K and p_2 with the kernels of Bayes' rule agree to 1e-15."""
    rng = np.random.default_rng(0)
    p0, K = rng.dirichlet(np.ones(4)), rng.dirichlet(np.ones(4), 4)
    p1 = p0 @ K
    p2 = p1 @ K
    back1, back2 = (p0[:, None] * K / p1).T, (p1[:, None] * K / p2).T
    forward = np.einsum("i,ij,jk->ijk", p0, K, K)
    np.testing.assert_allclose(forward, np.einsum("k,kj,ji->ijk", p2, back2, back1), atol=1e-15)


@given(st.integers(0, 1000), st.floats(0.05, 1.0))
def test_points_are_a_mixture_of_narrow_modes(seed, t):
    """The score of a finite set is that of a mixture with variance -> 0 in place of C_k."""
    process = df.VariancePreserving()
    rng = np.random.default_rng(seed)
    points, x = rng.standard_normal((6, 3)), rng.standard_normal((5, 3))
    exact = df.PointsOracle(points, process)
    near = df.MixtureOracle(GaussianMixture(points, 1e-13), process)
    np.testing.assert_allclose(exact.score(x, t), near.score(x, t), rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(exact.posterior_mean(x, t), near.posterior_mean(x, t), rtol=1e-5, atol=1e-8)


def test_the_perfect_score_of_a_training_set_generates_the_training_set():
    process, rng = df.VariancePreserving(), np.random.default_rng(0)
    points = rng.standard_normal((5, 2))
    oracle = df.PointsOracle(points, process)
    x = df.final(df.reverse_chain(oracle.score, process, rng.standard_normal((200, 2)), process.grid(100), rng=rng))
    distances = np.linalg.norm(x[:, None] - points, axis=2)
    assert distances.min(1).max() < 1e-6
    assert len(set(distances.argmin(1))) == 5


def test_points_take_one_time_for_each_and_refuse_t_0():
    process, rng = df.linear(), np.random.default_rng(0)
    oracle, x = df.PointsOracle(rng.standard_normal((5, 2)), process), rng.standard_normal((3, 2))
    each = [oracle.score(x[i : i + 1], t)[0] for i, t in enumerate((5, 50, 500))]
    np.testing.assert_allclose(oracle.score(x, np.array([5, 50, 500])), each, rtol=1e-12)
    with pytest.raises(ValueError, match="at t = 0"):
        oracle.score(x, 0)


def test_conditional_scores():
    """C93: sum_y p(y | x) grad log p(x | y) = grad log p(x); grad log p(x | y) = grad log p(x) + grad log p(y | x)."""
    p = df.MixtureOracle(MIXTURE, CHAIN).marginal(10)
    x = np.array([[0.3]])
    alone = np.concatenate(
        [df.MixtureOracle(GaussianMixture([m], [v[0, 0]]), CHAIN).score(x, 10) for m, v in
         zip(MIXTURE.means, MIXTURE.covariances, strict=True)]
    )  # fmt: skip
    assert p.responsibilities(x) @ alone == pytest.approx(p.score(x), abs=1e-12)
    for y in (0, 1):
        classifier = grad(lambda x, y=y: np.log(p.responsibilities(x)[0, y]))(x)
        np.testing.assert_allclose(alone[y], (p.score(x) + classifier)[0], atol=1e-8)


@pytest.mark.parametrize("oracle", [df.MixtureOracle(TILTED, FLOW), df.PointsOracle(np.eye(2), FLOW)])
def test_points_of_another_dimension_are_refused(oracle):
    """A column (n, 1) would be broadcast to the two coordinates of the law, and nobody would notice."""
    for shape in ((5, 1), (5,), (2,), (5, 3), (5, 2, 2)):
        for ask in (oracle.score, oracle.posterior_mean):
            with pytest.raises(ValueError, match=r"x has shape \(.*expected \(n, 2\)"):
                ask(np.zeros(shape), 0.5)
    with pytest.raises(TypeError, match="x is a list, expected an array of points"):
        oracle.score([[0.0, 1.0]], 0.5)
    assert oracle.score(np.zeros((5, 2)), 0.5).shape == (5, 2)


def test_mixtures_refuse_such_points_in_densities_and_steps_back():
    oracle = df.MixtureOracle(TILTED, FLOW)
    with pytest.raises(ValueError, match=r"expected \(n, 2\)"):
        oracle.log_density(np.zeros((5, 1)), 0.5)
    with pytest.raises(ValueError, match=r"expected \(n, 2\)"):
        oracle.reverse_step(np.zeros((5, 1)), 0.5, 0.4, np.random.default_rng(0))
