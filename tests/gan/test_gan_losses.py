"""Losses from logits against their definitions, their slopes (claim C16), and the optimal discriminator (C13, C15)."""

import numpy as np
import pytest

import minigen as mg
from minigen import gan

LOG4 = np.log(4.0)


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


@pytest.fixture
def logits():
    rng = np.random.default_rng(3)
    return rng.normal(size=(7, 1)), rng.normal(size=(5, 1))


def test_they_are_their_definitions_in_probabilities(logits):
    real, fake = logits
    value = np.mean(np.log(sigmoid(real))) + np.mean(np.log(1 - sigmoid(fake)))
    assert gan.value(real, fake) == pytest.approx(value, abs=1e-14)
    assert gan.discriminator_loss(real, fake) == pytest.approx(-value, abs=1e-14)
    assert gan.minimax_generator_loss(fake) == pytest.approx(np.mean(np.log(1 - sigmoid(fake))), abs=1e-14)
    assert gan.non_saturating_generator_loss(fake) == pytest.approx(-np.mean(np.log(sigmoid(fake))), abs=1e-14)


def test_the_pairs_name_what_each_player_minimises(logits):
    real, fake = logits
    for pair, generator_loss in (
        (gan.minimax, gan.minimax_generator_loss), (gan.non_saturating, gan.non_saturating_generator_loss)
    ):  # fmt: skip
        assert pair.discriminator(real, fake) == gan.discriminator_loss(real, fake)
        assert pair.generator(fake) == generator_loss(fake)


def test_an_undecided_discriminator_has_value_minus_log_4():
    assert gan.value(np.zeros(4), np.zeros(9)) == pytest.approx(-LOG4, abs=1e-15)


@pytest.mark.parametrize("v", [-1e4, -10.0, -5.0, 0.0, 5.0, 10.0, 1e4])
def test_slopes_of_the_generator_losses(v):
    """d log(1 - D)/dv = -D saturates where D rejects; d(-log D)/dv = -(1 - D) does not."""
    d = 1.0 if v > 700 else 0.0 if v < -700 else sigmoid(v)
    assert mg.grad(gan.minimax_generator_loss)(v) == pytest.approx(-d, abs=1e-15)
    assert mg.grad(gan.non_saturating_generator_loss)(v) == pytest.approx(-(1 - d), abs=1e-15)


def test_slopes_of_the_discriminator_loss(logits):
    real, fake = logits
    d_real, d_fake = mg.grad(gan.discriminator_loss, argnums=(0, 1))(real, fake)
    np.testing.assert_allclose(d_real, -(1 - sigmoid(real)) / 7, atol=1e-15)
    np.testing.assert_allclose(d_fake, sigmoid(fake) / 5, atol=1e-15)


def test_they_are_exact_at_extreme_logits_and_keep_single_precision():
    for dtype in (np.float32, np.float64):
        v = np.array([1e4, -1e4], dtype)
        assert gan.non_saturating_generator_loss(v) == 5000
        assert gan.minimax_generator_loss(v) == -5000
        assert gan.discriminator_loss(v, -v) == 10000
        assert gan.discriminator_loss(v, v).dtype == dtype


def test_they_can_be_differentiated_twice(logits):
    for loss in (gan.minimax_generator_loss, gan.non_saturating_generator_loss):
        mg.check_grad(loss, logits[1], order=2)
    mg.check_grad(gan.discriminator_loss, *logits, order=2)


def test_against_torch(logits):
    torch = pytest.importorskip("torch")
    bce = torch.nn.functional.binary_cross_entropy_with_logits
    real, fake = (torch.tensor(v, requires_grad=True) for v in logits)
    loss = bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))
    loss.backward()
    assert gan.discriminator_loss(*logits) == pytest.approx(loss.item(), abs=1e-14)
    ours = mg.grad(gan.discriminator_loss, argnums=(0, 1))(*logits)
    np.testing.assert_allclose(ours[0], real.grad.numpy(), atol=1e-15)
    np.testing.assert_allclose(ours[1], fake.grad.numpy(), atol=1e-15)
    generator = bce(fake, torch.ones_like(fake))
    assert gan.non_saturating_generator_loss(logits[1]) == pytest.approx(generator.item(), abs=1e-14)


def test_no_discriminator_is_better_than_the_optimal_one():
    rng = np.random.default_rng(0)
    p, q = rng.dirichlet(np.ones(6)), rng.dirichlet(np.ones(6))

    def value_of(d):
        return np.sum(p * np.log(d) + q * np.log(1 - d))

    best = gan.optimal_discriminator(p, q)
    js = 0.5 * np.sum(p * np.log(2 * p / (p + q)) + q * np.log(2 * q / (p + q)))
    assert value_of(best) == pytest.approx(2 * js - LOG4, abs=1e-12)
    for d in rng.uniform(0.001, 0.999, (200, 6)):
        assert value_of(d) <= value_of(best)


def test_optimal_discriminator_on_two_normal_laws():
    """p_d = N(0, 1), p_g = N(1, 1.5^2): the values that the catalogue gives for claim C15."""
    p = np.exp(-0.5 * 0.0) / np.sqrt(2 * np.pi)
    q = np.exp(-0.5 * (1 / 1.5) ** 2) / (1.5 * np.sqrt(2 * np.pi))
    assert gan.optimal_discriminator(p, q) == pytest.approx(0.65197, abs=1e-5)
    assert gan.optimal_discriminator(p, q, data_share=0.75) == pytest.approx(0.84894, abs=1e-5)


def test_optimal_discriminator_where_a_density_vanishes():
    d = gan.optimal_discriminator(np.array([1.0, 0.0, 0.0]), np.array([0.0, 2.0, 0.0]))
    np.testing.assert_array_equal(d, [1.0, 0.0, 0.5])


@pytest.mark.parametrize("bad", [-0.1, np.nan, np.inf])
def test_what_is_not_a_density_is_refused(bad):
    with pytest.raises(ValueError, match="p_generator holds"):
        gan.optimal_discriminator([0.5, 0.5], [0.5, bad])
    with pytest.raises(ValueError, match="data_share"):
        gan.optimal_discriminator(0.5, 0.5, data_share=1.0)
