"""Score matching: the identities between the losses, floors, and errors of a score (C86, C87)."""

import numpy as np
import pytest
from diffusion_laws import MIXTURE, TILTED, mass

from minigen import diffusion as df
from minigen.diffusion.losses import half_mean_square
from minigen.distributions import GaussianMixture

CHAIN = df.constant(0.95, 50)


def test_a_loss_by_hand():
    a, b = np.array([[1.0, 2.0], [0.0, 3.0]]), np.array([[0.0, 0.0], [1.0, 1.0]])
    assert half_mean_square(a, b) == pytest.approx((5 + 5) / 4)
    assert half_mean_square(a, b, np.array([2.0, 4.0])) == pytest.approx((10 + 20) / 4)
    assert half_mean_square(a, b, 3.0) == pytest.approx(7.5)
    assert half_mean_square(a.reshape(2, 1, 2), b.reshape(2, 1, 2), np.array([2.0, 4.0])) == pytest.approx(7.5)
    with pytest.raises(ValueError, match=r"shape \(2, 2\), but the target has \(2, 1\)"):
        half_mean_square(a, b[:, :1])


def test_denoising_score_matching_is_explicit_up_to_a_constant():
    """C86 at t = 10: C_1 = 0.3799571, C_2 = C_1 - d / (2 sigma^2) = -0.3994490; four scores within 4 SE."""
    oracle, t, n = df.MixtureOracle(MIXTURE, CHAIN), 10, 200_000
    sigma = CHAIN.noise_level(t)
    grid, w = mass(lambda x: np.exp(oracle.log_density(x, t)))
    true = oracle.score(grid, t)
    c1 = 0.5 * np.sum(w * true[:, 0] ** 2)
    c2 = c1 - 0.5 / sigma**2
    assert c1 == pytest.approx(0.3799571, abs=1e-7) and c2 == pytest.approx(-0.3994490, abs=1e-7)
    x, _, noise = oracle.sample_with_noise(n, t, np.random.default_rng(0))
    candidates = [lambda x: -x, lambda x: np.sin(3 * x), lambda x: oracle.score(x, t), np.zeros_like]
    for s, printed in zip(candidates, (0.24203, 0.56156, 0, 0.37996), strict=True):
        explicit = 0.5 * np.sum(w * (s(grid) - true)[:, 0] ** 2)
        assert explicit == pytest.approx(printed, abs=1e-5)
        denoising = df.denoising_score_matching(s(x), noise, CHAIN, t)
        draws = 0.5 * np.sum((s(x) + noise / sigma) ** 2, axis=1)
        assert denoising == pytest.approx(draws.mean(), rel=1e-12)
        assert abs(c2 + denoising - explicit) < 4 * draws.std() / np.sqrt(n)
        by_truth = df.explicit_score_matching(s(x), oracle.score(x, t))
        assert by_truth == pytest.approx(explicit, abs=0.01)


@pytest.mark.parametrize("t", [7, np.array([1, 5, 50])])
def test_each_kind_s_loss_is_the_noise_loss_with_a_weight(t):
    """C87: score 1 / sigma^2, data sigma^2 / a^2, velocity 1 / a^2, for one guess told in four ways."""
    rng = np.random.default_rng(0)
    x0, noise, guess = rng.standard_normal((3, 3, 2))
    x = CHAIN.mix(x0, t, noise)
    for kind in df.KINDS:
        told = df.convert(guess, "noise", kind, x, CHAIN, t)
        loss = df.prediction_loss(kind, told, x0, noise, CHAIN, t)
        weight = df.weight_in_noise(kind, CHAIN, t)
        assert loss == pytest.approx(df.noise_prediction(guess, noise, weight), rel=1e-9)
        unweighted = df.prediction_loss(kind, told, x0, noise, CHAIN, t, 1 / weight)
        assert unweighted == pytest.approx(df.noise_prediction(guess, noise), rel=1e-9)
        if kind == "score":
            assert loss == pytest.approx(df.denoising_score_matching(told, noise, CHAIN, t), rel=1e-12)


def test_weights_matter_where_one_parameter_serves_all_times():
    """C87, erratum R28: xi = theta x on data N(0, 0.2^2): 1.08046 by the noise loss, 1.16215 by the score's."""
    t = np.arange(1, 51)
    sigma = CHAIN.noise_level(t)
    v = 0.04 * CHAIN.amplitude(t) ** 2 + sigma**2
    # 1/2 sum_t c_t E (theta x_t - xi)^2 with E x_t^2 = v_t, E x_t xi = sigma_t; c_t = weight of the loss in noise.
    for kind, printed in (("noise", 1.08046), ("score", 1.16215)):
        c = df.weight_in_noise(kind, CHAIN, t)
        assert np.sum(c * sigma) / np.sum(c * v) == pytest.approx(printed, abs=1e-5)


@pytest.mark.parametrize("kind", df.KINDS)
def test_the_floor_of_gaussian_data(kind):
    """Data N(0, s^2 I) in the plane: E Var(xi | x_t) = a^2 s^2 / v for the noise, times the kind's weight, d / 2."""
    law, t, n = GaussianMixture([[0.0, 0.0]], 0.3), 8, 100_000
    oracle = df.MixtureOracle(law, CHAIN)
    a, sigma = CHAIN.amplitude(t), CHAIN.noise_level(t)
    want = a**2 * 0.3 / (a**2 * 0.3 + sigma**2) * df.weight_in_noise(kind, CHAIN, t)
    floor = df.oracle_loss(oracle, kind, t, n, np.random.default_rng(0))
    assert abs(floor.value - want) < 5 * floor.standard_error
    assert 0.001 * want < floor.standard_error < 0.01 * want


def test_the_floor_over_all_times_is_the_mean_of_the_floors():
    oracle, rng = df.MixtureOracle(TILTED, CHAIN), np.random.default_rng(0)
    each = np.mean([df.oracle_loss(oracle, "noise", t, 4000, rng).value for t in range(1, 51)])
    together = df.oracle_loss(oracle, "noise", None, 40_000, rng)
    assert abs(together.value - each) < 5 * together.standard_error


class Shifted:
    """A network that answers the truth plus 0.1: a model whose error is known."""

    classes, dtype, device = 0, np.dtype(float), "cpu"

    def __init__(self, oracle, kind):
        self.oracle, self.kind = oracle, kind

    def __call__(self, x, u):
        from minigen import Tensor

        t = np.broadcast_to(np.round(u * self.oracle.process.last), len(x))
        return Tensor(self.oracle.predict(self.kind, x, t) + 0.1)


@pytest.mark.parametrize("kind", ["noise", "velocity"])
def test_loss_over_its_floor(kind):
    """A network that is off by 0.1 in each of 2 coordinates lies d/2 0.01 = 0.01 above the floor."""
    oracle = df.MixtureOracle(TILTED, CHAIN)
    model = df.Denoiser(Shifted(oracle, kind), CHAIN, kind)
    for t in (10, None):
        loss, floor, excess = df.loss_over_floor(model, oracle, t, 20_000, np.random.default_rng(0))
        assert excess.value == pytest.approx(loss.value - floor.value, rel=1e-9)
        assert abs(excess.value - 0.01) < 5 * excess.standard_error
        assert excess.standard_error < 0.3 * loss.standard_error
        same = df.oracle_loss(oracle, kind, t, 20_000, np.random.default_rng(0))
        assert floor.value == pytest.approx(same.value, rel=1e-9)


def test_the_error_of_a_score():
    """A score off by (0.3, -0.4) has error 0.25, and 0.25 sigma^2 weighted; the excess noise loss is half of that."""
    oracle, t, rng = df.MixtureOracle(TILTED, CHAIN), 10, np.random.default_rng(0)

    def score(x, t):
        return oracle.score(x, t) + np.array([0.3, -0.4])

    sigma = CHAIN.noise_level(t)
    assert df.score_error(score, oracle, t, 100, rng).value == pytest.approx(0.25, rel=1e-9)
    assert df.score_error(score, oracle, t, 100, rng, weighted=True).value == pytest.approx(0.25 * sigma**2, rel=1e-9)

    wrong = df.score_error(lambda x, t: -x, oracle, t, 50_000, rng)
    more = df.score_error(lambda x, t: -x, oracle, t, 200_000, rng)
    assert abs(wrong.value - more.value) < 5 * wrong.standard_error
    assert more.standard_error == pytest.approx(wrong.standard_error / 2, rel=0.1)


def test_an_estimate_is_a_mean_and_its_standard_error():
    draws = np.array([1.0, 2.0, 3.0, 6.0])
    with pytest.raises(ValueError, match="there are 1 draws, expected at least 2"):
        df.Estimate.of(draws[:1])
    estimate = df.Estimate.of(draws)
    assert estimate.value == 3 and estimate.standard_error == pytest.approx(draws.std(ddof=1) / 2)
