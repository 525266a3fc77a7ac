"""What each model of `minigen train` is made of: losses, constraint, optimisers, networks, as its settings say."""

import numpy as np
import pytest

from minigen import nn
from minigen.gan import conditional, constraints, hinge, lipschitz_bound, losses
from minigen.gan.cli import POINTS_WATCHED
from minigen.optim import Adam, RMSProp
from minigen.training.data import open_data
from minigen.training.models import MODELS, model_class

FAMILY = [name for name in MODELS if "gan" in name]
RING, DIGITS = open_data("ring"), open_data("digits")


def build(name, data=RING, **settings):
    kind = model_class(name)
    return kind({"seed": 0, **kind.defaults(data), "hidden": [8, 8], **settings}, data, np.random.default_rng(0))


@pytest.mark.parametrize(
    "name, settings, kind, attributes",
    [
        ("gan-r1", {"gamma": 0.3}, constraints.ZeroCentredPenalty, {"gamma": 0.3, "weight": 0.15, "target": 0.0}),
        ("wgan", {"clip": 0.2}, constraints.WeightClipping, {"c": 0.2}),
        (
            "wgan-gp", {"penalty_weight": 3.0}, constraints.GradientPenalty,
            {"weight": 3.0, "one_sided": False, "target": 1.0},
        ),
        ("wgan-gp", {"one_sided": True}, constraints.GradientPenalty, {"one_sided": True}),
        (
            "dragan", {"penalty_weight": 3.0, "spread": 0.7}, constraints.DRAGAN,
            {"weight": 3.0, "spread": 0.7, "one_sided": False, "target": 1.0},
        ),
        ("gan", {}, type(None), {}),
        ("sngan", {}, type(None), {}),
    ],
)  # fmt: skip
def test_constraints(name, settings, kind, attributes):
    constraint = build(name, **settings).constraint()
    assert type(constraint) is kind
    assert {key: getattr(constraint, key) for key in attributes} == attributes


@pytest.mark.parametrize(
    "name, expected",
    [
        ("gan", losses.non_saturating), ("gan-r1", losses.non_saturating), ("dragan", losses.non_saturating),
        ("wgan", losses.wasserstein), ("wgan-gp", losses.wasserstein),
    ],
)  # fmt: skip
def test_losses(name, expected):
    assert build(name).loss is expected


def test_losses_to_choose_from():
    assert build("sngan", loss="hinge").loss is hinge
    assert build("sngan", loss="wasserstein").loss is losses.wasserstein
    assert build("gan-r1", loss="minimax").loss is losses.minimax
    units = [build("sngan", loss=loss).unit for loss in ("hinge", "non-saturating", "wasserstein")]
    assert units == ["units of the critic", "nats", "units of the critic"]


def test_optimisers():
    for player in ("generator", "discriminator"):
        rmsprop = build("wgan", optimizer="rmsprop", lr=3e-4, beta2=0.95).states[f"{player}_optimizer"]
        assert type(rmsprop) is RMSProp and (rmsprop.lr, rmsprop.alpha) == (3e-4, 0.95)
        adam = build("wgan", optimizer="adam", lr=3e-4, beta1=0.1, beta2=0.95).states[f"{player}_optimizer"]
        assert type(adam) is Adam and (adam.lr, adam.beta1, adam.beta2) == (3e-4, 0.1, 0.95)


@pytest.mark.parametrize("bound", [0.5, 1.0, 3.0])
def test_a_spectral_critic_is_as_steep_as_its_bound_allows(bound):
    """The product over three layers, once the power iteration has converged: after 15 rounds to a per mille or so."""
    critic = build("sngan", bound=bound).discriminator
    for _ in range(200):
        critic(np.zeros((1, 2), np.float32))
    assert lipschitz_bound(critic) == pytest.approx(bound**3, rel=1e-4)


def test_both_networks_can_be_normalised():
    def normalised(network):
        return sum(isinstance(module, nn.SpectralNorm) for _, module in network.named_modules())

    one, both = build("sngan"), build("sngan", both=True)
    assert (normalised(one.generator), normalised(one.discriminator)) == (0, 3)
    assert (normalised(both.generator), normalised(both.discriminator)) == (3, 3)


@pytest.mark.parametrize("name", FAMILY)
def test_labels_in_the_penalty(name):
    """Held fixed where the penalty is at the data; the lines of WGAN-GP join pairs."""
    constraint = build(name, DIGITS, conditional=True).constraint()
    assert isinstance(constraint, conditional.LabelsHeld) == (name in ("gan-r1", "dragan"))
    assert not isinstance(build(name, DIGITS).constraint(), conditional.LabelsHeld)


@pytest.mark.parametrize("name", FAMILY)
def test_defaults_are_enough_to_build_and_make_a_step(name):
    for data in (RING, DIGITS):
        model = build(name, data, batch_size=8, watch=None)
        (record,) = model.steps(0, 1, np.random.default_rng(0))
        assert all(np.isfinite(getattr(record, curve)) for curve in model.curves)
        assert model.distances() == {}


def test_watched_points_are_no_others_each_time_and_none_twice():
    model, again = (build("gan", DIGITS, watch=1, conditional=True).watch for _ in range(2))
    np.testing.assert_array_equal(model.real, again.real)
    np.testing.assert_array_equal(model.latent, again.latent)
    assert model.real.shape == (POINTS_WATCHED, 74) and model.null == again.null > 0
    assert len(np.unique(model.real, axis=0)) == POINTS_WATCHED
