"""Mixtures against scipy and their own gradient; toy laws against the formulas that define them."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal, norm

from minigen.autodiff import Tensor, check_grad, grad
from minigen.distributions import LAWS, Empirical, GaussianMixture, Pinwheel, SwissRoll, TwoMoons, by_name, grid, ring


def random_mixture(seed, k=3, d=2, kind="full"):
    rng = np.random.default_rng(seed)
    means = 2 * rng.standard_normal((k, d))
    weights = rng.dirichlet(np.ones(k))
    if kind == "scalar":
        covariances = rng.uniform(0.1, 2)
    elif kind == "per mode":
        covariances = rng.uniform(0.1, 2, k)
    else:
        a = rng.standard_normal((k, d, d))
        covariances = a @ np.swapaxes(a, 1, 2) + 0.2 * np.eye(d)
    return GaussianMixture(means, covariances, weights)


KINDS = st.sampled_from(["scalar", "per mode", "full"])
SEEDS = st.integers(0, 10**6)


@settings(deadline=None, max_examples=60)
@given(SEEDS, st.integers(1, 5), st.integers(1, 4), KINDS)
def test_log_density_is_scipys(seed, k, d, kind):
    mixture = random_mixture(seed, k, d, kind)
    x = 3 * np.random.default_rng(seed + 1).standard_normal((7, d))
    want = sum(
        w * multivariate_normal(m, c).pdf(x)
        for w, m, c in zip(mixture.weights, mixture.means, mixture.covariances, strict=True)
    )
    assert np.allclose(mixture.log_density(x), np.log(want), rtol=1e-9, atol=1e-9)
    assert np.allclose(np.sum(mixture.responsibilities(x), axis=-1), 1, atol=1e-12)


@settings(deadline=None, max_examples=60)
@given(SEEDS, st.integers(1, 5), st.integers(1, 4), KINDS)
def test_score_is_the_gradient_of_log_density(seed, k, d, kind):
    mixture = random_mixture(seed, k, d, kind)
    x = 3 * np.random.default_rng(seed + 1).standard_normal((5, d))
    want = grad(lambda x: np.sum(mixture.log_density(x)))(x)
    assert np.allclose(mixture.score(x), want, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kind", ["scalar", "per mode", "full"])
def test_density_and_score_have_derivatives_of_their_own(kind):
    mixture = random_mixture(3, kind=kind)
    x = np.random.default_rng(0).standard_normal((4, 2))
    check_grad(mixture.log_density, x, order=2)
    check_grad(mixture.score, x, order=2)
    assert isinstance(mixture.score(Tensor(x)), Tensor)


@pytest.mark.parametrize("kind", ["scalar", "full"])
def test_single_points_and_batches_of_batches(kind):
    mixture = random_mixture(1, kind=kind)
    x = np.random.default_rng(0).standard_normal((2, 3, 2))
    assert mixture.log_density(x).shape == (2, 3)
    assert mixture.score(x).shape == (2, 3, 2)
    assert mixture.responsibilities(x).shape == (2, 3, 3)
    assert math.isclose(mixture.log_density(x[1, 2]), mixture.log_density(x)[1, 2], rel_tol=1e-12)
    assert np.allclose(mixture.score(list(x[1, 2])), mixture.score(x)[1, 2], rtol=1e-12)


def test_density_integrates_to_one():
    mixture = random_mixture(5, kind="per mode")
    ticks = np.linspace(-14, 14, 561)
    x = np.stack(np.meshgrid(ticks, ticks, indexing="ij"), axis=-1)
    assert abs(np.sum(np.exp(mixture.log_density(x))) * (ticks[1] - ticks[0]) ** 2 - 1) < 1e-9


def test_score_far_away_is_that_of_the_nearest_mode():
    """All densities underflow to 0 there; sigma = 0.01 at distance 100 is 10^4 sigma."""
    mixture = ring()
    x = np.array([[100.0, 0.0], [0.0, -1e4], [-1e8, 0.0]])
    nearest = np.array([[1.0, 0.0], [0.0, -1.0], [-1.0, 0.0]])
    assert np.allclose(mixture.score(x), (nearest - x) / 1e-4, rtol=1e-12)
    want = -np.sum((x - nearest) ** 2, axis=1) / 2e-4 - math.log(8) - math.log(2 * math.pi * 1e-4)
    assert np.allclose(mixture.log_density(x), want, rtol=1e-12)
    assert np.all(np.isfinite(grad(lambda x: np.sum(mixture.log_density(x)))(x)))


def test_a_mode_of_weight_zero_is_not_there():
    mixture = GaussianMixture([[0.0], [5.0]], 1.0, [1.0, 0.0])
    x = np.linspace(-3, 8, 12)[:, None]
    assert np.allclose(mixture.log_density(x), norm.logpdf(x[:, 0]), atol=1e-12)
    assert np.allclose(mixture.score(x), -x, atol=1e-12)
    assert np.allclose(grad(lambda x: np.sum(mixture.log_density(x)))(x), -x, atol=1e-12)
    assert np.max(mixture.sample(1000, np.random.default_rng(0))) < 5


def test_the_argument_is_a_variance():
    """A covariance of std * I is a published bug: both readings differ by a factor 4 here."""
    n = 40_000
    for covariances in (0.0625, [0.0625], 0.0625 * np.eye(2)[None]):
        mixture = GaussianMixture([[1.0, 2.0]], covariances)
        assert np.allclose(mixture.covariance, 0.0625 * np.eye(2), atol=1e-15)
        assert math.isclose(mixture.log_density([1.0, 2.0]), -math.log(2 * math.pi * 0.0625), rel_tol=1e-12)
        variance = np.var(mixture.sample(n, np.random.default_rng(0)), axis=0)
        assert np.all(np.abs(variance - 0.0625) < 4 * 0.0625 * math.sqrt(2 / n))
    assert GaussianMixture([[0.0, 0.0]], 0.0625).sigma == 0.25


@pytest.mark.parametrize("kind", ["scalar", "per mode", "full"])
def test_samples_have_the_mean_and_covariance_of_the_law(kind):
    n = 50_000
    mixture = random_mixture(11, kind=kind)
    x = mixture.sample(n, np.random.default_rng(4))
    assert np.all(np.abs(x.mean(0) - mixture.mean) < 4 * np.sqrt(np.diag(mixture.covariance) / n))
    away = x - mixture.mean
    products = away[:, :, None] * away[:, None, :]
    error = np.abs(products.mean(0) - mixture.covariance)
    assert np.all(error < 4 * products.std(0) / math.sqrt(n))


def test_labels_are_the_modes_of_the_samples():
    mixture = grid()
    x, labels = mixture.sample_labelled(5000, np.random.default_rng(2))
    assert np.array_equal(x, mixture.sample(5000, np.random.default_rng(2)))
    assert np.array_equal(labels, np.argmin(np.sum((x[:, None] - mixture.modes) ** 2, axis=-1), axis=1))
    weights = [0.7, 0.1, 0.2]
    shares = GaussianMixture([[0.0], [1], [2]], 0.1, weights).sample_labelled(20_000, np.random.default_rng(0))[1]
    error = np.bincount(shares) / 20_000 - weights
    assert np.all(np.abs(error) < 4 * np.sqrt(np.multiply(weights, np.subtract(1, weights)) / 20_000))


def test_samples_of_full_covariances_pass_a_chi_square_test():
    """|z|^2 of whitened draws is chi^2_d: its mean is d, its variance 2d.  L^T for L fails this."""
    c = np.array([[[4.0, 1.9, 0.0], [1.9, 1.0, 0.1], [0.0, 0.1, 0.3]]])
    mixture = GaussianMixture([[1.0, 2.0, 3.0]], c)
    n = 20_000
    squares = np.sum(mixture.whitened(mixture.sample(n, np.random.default_rng(0)))[:, 0] ** 2, axis=1)
    assert abs(squares.mean() - 3) < 4 * math.sqrt(6 / n)


def test_ring_has_eight_distinct_modes():
    mixture = ring()
    gaps = np.linalg.norm(mixture.modes[:, None] - mixture.modes, axis=-1)[~np.eye(8, dtype=bool)]
    assert math.isclose(gaps.min(), 2 * math.sin(math.pi / 8), rel_tol=1e-12)
    assert np.allclose(np.linalg.norm(mixture.modes, axis=1), 1, atol=1e-15)
    assert np.allclose(mixture.modes[[0, 2]], [[1, 0], [0, 1]], atol=1e-15)
    assert mixture.sigma == pytest.approx(0.01, rel=1e-15)
    assert np.allclose(mixture.covariances, 1e-4 * np.eye(2), atol=1e-19)

    angles = np.linspace(0, 2 * np.pi, 8)
    published = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    assert len(np.unique(np.round(published, 9), axis=0)) == 7
    assert len(np.unique(np.round(mixture.modes, 9), axis=0)) == 8


def test_grid_is_the_lattice():
    mixture = grid()
    want = {(a, b) for a in (-4, -2, 0, 2, 4) for b in (-4, -2, 0, 2, 4)}
    assert {tuple(mode) for mode in mixture.modes.tolist()} == want
    assert mixture.sigma == pytest.approx(0.05, rel=1e-15)
    assert np.array_equal(grid(side=2, spacing=3).modes, [[-1.5, -1.5], [-1.5, 1.5], [1.5, -1.5], [1.5, 1.5]])


def test_swiss_roll_without_noise_is_an_archimedean_spiral():
    x = SwissRoll(noise=0, scale=2).sample(4000, np.random.default_rng(0)) * 2
    t = np.linalg.norm(x, axis=1)
    assert np.allclose(x, np.stack([t * np.cos(t), t * np.sin(t)], axis=1), atol=1e-9)
    assert 1.5 * np.pi <= t.min() and t.max() <= 4.5 * np.pi
    assert abs(t.mean() - 3 * np.pi) < 4 * 3 * np.pi / math.sqrt(12 * 4000)


def test_swiss_roll_adds_the_noise_before_it_scales():
    clean, noisy = (SwissRoll(noise=s, scale=7.5).sample(20_000, np.random.default_rng(1)) for s in (0, 0.25))
    assert np.std(noisy - clean) == pytest.approx(0.25 / 7.5, rel=0.02)


def test_moons_without_noise_are_two_half_circles():
    x = TwoMoons(noise=0).sample(4000, np.random.default_rng(0))
    upper = np.isclose(np.hypot(*x.T), 1) & (x[:, 1] >= -1e-12)
    lower = np.isclose(np.hypot(x[:, 0] - 1, x[:, 1] - 0.5), 1) & (x[:, 1] <= 0.5 + 1e-12)
    assert np.all(upper ^ lower)
    assert abs(upper.mean() - 0.5) < 4 * 0.5 / math.sqrt(4000)
    noisy = TwoMoons(noise=0.3).sample(4000, np.random.default_rng(0))
    assert np.std(noisy - x) == pytest.approx(0.3, rel=0.05)


def test_pinwheel_without_width_untwists_to_its_arms():
    """With b = 0 the radius is a, so the arm's number can be solved for; a > 0 (7 sigma) keeps it on its side."""
    n = 10_000
    x = Pinwheel(radial_sigma=1 / 7, tangential_sigma=0, scale=2).sample(n, np.random.default_rng(0)) / 2
    radius = np.hypot(*x.T)
    arm = (np.arctan2(x[:, 1], x[:, 0]) - 0.25 * np.exp(radius)) * 5 / (2 * np.pi)
    assert np.allclose(arm, np.round(arm), atol=1e-9)
    shares = np.bincount(np.round(arm).astype(int) % 5, minlength=5) / n
    assert np.all(np.abs(shares - 0.2) < 4 * math.sqrt(0.16 / n))


def test_pinwheel_has_the_stated_second_moment():
    """Turning keeps lengths: E |x|^2 = scale^2 (1 + radial_sigma^2 + tangential_sigma^2)."""
    n = 20_000
    squares = np.sum(Pinwheel(scale=2).sample(n, np.random.default_rng(0)) ** 2, axis=1)
    assert abs(squares.mean() - 4 * (1 + 0.3**2 + 0.1**2)) < 4 * squares.std() / math.sqrt(n)


def test_pinwheel_without_length_turns_its_arms_as_they_are():
    """With a = 1 every arm is the segment (1, b) turned by a known angle: turned back, the first coordinate is 1."""
    x, angle = Pinwheel(arms=1, radial_sigma=0).sample(1000, np.random.default_rng(0)), 0.25 * math.e
    back = x @ [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    assert np.allclose(back[:, 0], 1, atol=1e-12)
    assert abs(np.std(back[:, 1]) - 0.1) < 4 * 0.1 / math.sqrt(2000)


def test_empirical_draws_rows_with_replacement():
    points = np.array([[1.0, 10], [2, 20], [3, 30]])
    law = Empirical(points)
    points[:] = 0
    x = law.sample(9000, np.random.default_rng(0))
    assert law.dimension == 2
    assert np.array_equal(x[:, 1], 10 * x[:, 0])
    assert np.all(np.abs(np.bincount(x[:, 0].astype(int))[1:] / 9000 - 1 / 3) < 4 * math.sqrt(2 / 9 / 9000))
    assert len(Empirical([[1.0]]).sample(5, np.random.default_rng(0))) == 5
    assert Empirical(np.zeros((3, 2), np.float32)).sample(2, np.random.default_rng(0)).dtype == np.float32
    assert Empirical([[1, 2]]).sample(2, np.random.default_rng(0)).dtype == np.float64


@pytest.mark.parametrize("name", list(LAWS))
def test_named_laws_are_seeded_and_leave_no_trace(name):
    law = by_name(name)
    first, second = (law.sample(50, np.random.default_rng(7)) for _ in range(2))
    assert first.shape == (50, law.dimension) and law.dimension == 2
    assert np.array_equal(first, second)
    assert not np.array_equal(first, law.sample(50, np.random.default_rng(8)))
    assert law.sample(0, np.random.default_rng(0)).shape == (0, 2)
    assert first.flags.writeable
    with pytest.raises(TypeError, match="default_rng"):
        law.sample(5, 0)
    for n in (-1, 2.5, True):
        with pytest.raises(ValueError, match="number of samples"):
            law.sample(n, np.random.default_rng(0))


def test_names():
    assert by_name("ring", modes=5).modes.shape == (5, 2)
    with pytest.raises(ValueError, match=r"'rings'; there are ring, grid, swiss_roll, moons, pinwheel"):
        by_name("rings")


def test_parameters_cannot_be_changed_behind_the_density():
    means = np.zeros((2, 1))
    mixture = GaussianMixture(means, 1.0)
    means[:] = 9
    assert np.array_equal(mixture.means, [[0], [0]])
    with pytest.raises(ValueError, match="read-only"):
        mixture.means[0] = 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.0, 1.0], 1.0), r"means\[:, None\] for 2 modes on a line"),
        ((np.zeros((0, 2)), 1.0), r"means has shape \(0, 2\)"),
        (([[0.0, np.nan]], 1.0), r"means\[0, 1\] is nan"),
        (([["a"]], 1.0), "means has dtype"),
        (([[0.0], [1.0, 2.0]], 1.0), "means is not a rectangular array"),
        (([[0.0]], 0.0), "variance 0, expected all above 0"),
        (([[0.0], [1.0]], [1.0, -1.0]), "variance -1"),
        (([[0.0], [1.0]], [1.0, 1.0, 1.0]), r"covariances has shape \(3,\)"),
        (([[0.0, 1.0]], np.eye(2)), r"covariances has shape \(2, 2\).*one matrix per mode"),
        (([[0.0, 1.0]], [[[1.0, 2.0], [2.0, 1.0]]]), "not positive definite: its smallest eigenvalue is -1"),
        (([[0.0, 1.0]], [[[1.0, 0.5], [0.0, 1.0]]]), "not symmetric"),
        (([[0.0], [1.0]], 1.0, [0.5]), r"weights has shape \(1,\)"),
        (([[0.0], [1.0]], 1.0, [1.5, -0.5]), r"weights\[1\] is -0.5"),
        (([[0.0], [1.0]], 1.0, [0.5, 0.4]), "weights sum to 0.9, expected 1"),
    ],
)
def test_bad_mixtures_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        GaussianMixture(*arguments)


def test_other_bad_input_is_named():
    with pytest.raises(ValueError, match=r"x has shape \(4, 3\), expected \(..., 2\)"):
        ring().score(np.zeros((4, 3)))
    with pytest.raises(ValueError, match="modes is 0"):
        ring(modes=0)
    with pytest.raises(ValueError, match=r"sigma is -0\.1"):
        grid(sigma=-0.1)
    with pytest.raises(ValueError, match=r"side is 2\.5"):
        grid(side=2.5)
    with pytest.raises(ValueError, match="noise is -1"):
        SwissRoll(noise=-1)
    with pytest.raises(ValueError, match="noise is nan"):
        TwoMoons(noise=math.nan)
    with pytest.raises(ValueError, match="arms is 0"):
        Pinwheel(arms=0)
    with pytest.raises(ValueError, match="twist is nan"):
        Pinwheel(twist=math.nan)
    with pytest.raises(ValueError, match=r"points has shape \(0, 2\)"):
        Empirical(np.zeros((0, 2)))
    with pytest.raises(ValueError, match=r"points\[1, 0\] is inf"):
        Empirical([[0.0], [np.inf]])
    with pytest.raises(ValueError, match="no single sigma"):
        _ = GaussianMixture([[0.0], [1.0]], [1.0, 2.0]).sigma
    with pytest.raises(ValueError, match="no single sigma"):
        _ = GaussianMixture([[0.0, 0.0]], np.eye(2)[None]).sigma
