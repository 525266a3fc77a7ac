"""Generative adversarial networks: losses, the alternating algorithm, what keeps a critic Lipschitz, the Dirac game."""

from minigen.gan import dirac
from minigen.gan.algorithm import Constraint, Step, frozen, train
from minigen.gan.conditional import ConditionalGenerator, LabelledLatent, LabelledPoints, LabelsHeld, one_hot
from minigen.gan.constraints import (
    DRAGAN,
    GradientPenalty,
    WeightClipping,
    ZeroCentredPenalty,
    gradient_norms,
    interpolates,
)
from minigen.gan.lipschitz import (
    clipping_bound,
    critic_gap,
    lipschitz_bound,
    measured_lipschitz,
    normalised_gap,
    secant_lipschitz,
)
from minigen.gan.losses import (
    Losses,
    critic_loss,
    discriminator_loss,
    hinge,
    hinge_critic_loss,
    minimax,
    minimax_generator_loss,
    non_saturating,
    non_saturating_generator_loss,
    optimal_discriminator,
    value,
    wasserstein,
    wasserstein_generator_loss,
)
from minigen.gan.watch import Reading, Watch
from minigen.gan.wgan import Epochs, wgan

__all__ = [
    "DRAGAN", "ConditionalGenerator", "Constraint", "Epochs", "GradientPenalty", "LabelledLatent", "LabelledPoints",
    "LabelsHeld", "Losses", "Reading", "Step", "Watch", "WeightClipping", "ZeroCentredPenalty", "clipping_bound",
    "critic_gap", "critic_loss", "dirac", "discriminator_loss", "frozen", "gradient_norms", "hinge",
    "hinge_critic_loss", "interpolates", "lipschitz_bound", "measured_lipschitz", "minimax",
    "minimax_generator_loss", "non_saturating", "non_saturating_generator_loss", "normalised_gap", "one_hot",
    "optimal_discriminator", "secant_lipschitz", "train", "value", "wasserstein", "wasserstein_generator_loss",
    "wgan",
]  # fmt: skip
