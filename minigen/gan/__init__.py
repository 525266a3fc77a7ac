"""Generative adversarial networks: losses, the alternating algorithm, conditional GANs, the Dirac game."""

from minigen.gan import dirac
from minigen.gan.algorithm import Constraint, Step, frozen, train
from minigen.gan.conditional import ConditionalGenerator, LabelledLatent, LabelledPoints, one_hot
from minigen.gan.losses import (
    Losses,
    discriminator_loss,
    minimax,
    minimax_generator_loss,
    non_saturating,
    non_saturating_generator_loss,
    optimal_discriminator,
    value,
)

__all__ = [
    "ConditionalGenerator",
    "Constraint",
    "LabelledLatent",
    "LabelledPoints",
    "Losses",
    "Step",
    "dirac",
    "discriminator_loss",
    "frozen",
    "minimax",
    "minimax_generator_loss",
    "non_saturating",
    "non_saturating_generator_loss",
    "one_hot",
    "optimal_discriminator",
    "train",
    "value",
]
