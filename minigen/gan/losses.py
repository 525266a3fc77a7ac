"""Losses of the two players, from what the discriminator, or critic, says of data and of samples.

A discriminator says logits v: D(x) = sigmoid(v(x)).  Its losses are written with softplus, for which
log D = -softplus(-v) and log(1 - D) = -softplus(v): right at any size of v, where log(sigmoid(v)) would give -inf.
A Wasserstein critic's f(x) is a number without a meaning of its own: no sigmoid, no logarithm.
All of them take arrays and Tensors of any shape and return a scalar.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minigen.autodiff import log_sigmoid, relu, softplus

__all__ = [
    "Losses",
    "critic_loss",
    "discriminator_loss",
    "hinge",
    "hinge_critic_loss",
    "minimax",
    "minimax_generator_loss",
    "non_saturating",
    "non_saturating_generator_loss",
    "optimal_discriminator",
    "value",
    "wasserstein",
    "wasserstein_generator_loss",
]


def value(real: Any, fake: Any) -> Any:
    """V(G, D) = E log D(x) + E log(1 - D(G(z))), from the logits on data and on generated samples.

    At most 0, and -log 4 for D = 1/2.  The discriminator maximises it, the generator minimises it (Goodfellow et
    al. 2014, eq. 1; claim C12)."""
    return np.mean(log_sigmoid(real)) + np.mean(log_sigmoid(-fake))


def discriminator_loss(real: Any, fake: Any) -> Any:
    """-V(G, D) = E softplus(-v(x)) + E softplus(v(G(z))): cross-entropy of real against fake, summed over both.

    Slopes in the logits: -(1 - D) on data, D on samples, each over the batch size (Goodfellow et al. 2014, Alg. 1)."""
    return np.mean(softplus(-real)) + np.mean(softplus(fake))


def minimax_generator_loss(fake: Any) -> Any:
    """E log(1 - D(G(z))) = -E softplus(v(G(z))): the generator's part of V.

    Its slope in a logit v is -sigmoid(v), which vanishes where the discriminator rejects a sample: it saturates
    (Goodfellow et al. 2014, eq. 1; claim C16)."""
    return -np.mean(softplus(fake))


def non_saturating_generator_loss(fake: Any) -> Any:
    """-E log D(G(z)) = E softplus(-v(G(z))).

    Its slope in a logit v is -(1 - sigmoid(v)), near -1 where the discriminator rejects a sample; the game is no
    longer zero-sum (Goodfellow et al. 2014, section 3; claim C16)."""
    return np.mean(softplus(-fake))


class Losses(NamedTuple):
    """What each player minimises: discriminator(said of data, said of samples) and generator(said of samples)."""

    discriminator: Callable[[Any, Any], Any]
    generator: Callable[[Any], Any]


def critic_loss(real: Any, fake: Any) -> Any:
    """-(E f(x) - E f(G(z))): minus the gap, which a critic that is kept Lipschitz maximises.

    With f the best 1-Lipschitz function the gap is W1 (Arjovsky et al. 2017, eq. 2 and algorithm 1; claim C52)."""
    return np.mean(fake) - np.mean(real)


def wasserstein_generator_loss(fake: Any) -> Any:
    """-E f(G(z)): the generator climbs the critic, which does not flatten out where samples are bad (claim C52)."""
    return -np.mean(fake)


def hinge_critic_loss(real: Any, fake: Any) -> Any:
    """E max(0, 1 - f(x)) + E max(0, 1 + f(G(z))): values beyond the margin of +-1 count no further.

    Not a Wasserstein loss: its optimum is 2 (1 - TV), whatever the distances.  (Lim & Ye 2017; Miyato et al. 2018.)"""
    return np.mean(relu(1 - real)) + np.mean(relu(1 + fake))


minimax = Losses(discriminator_loss, minimax_generator_loss)
non_saturating = Losses(discriminator_loss, non_saturating_generator_loss)
wasserstein = Losses(critic_loss, wasserstein_generator_loss)
hinge = Losses(hinge_critic_loss, wasserstein_generator_loss)


def optimal_discriminator(p_data: Any, p_generator: Any, data_share: float = 0.5) -> Any:
    """D*(x) = s p_data(x) / (s p_data(x) + (1 - s) p_generator(x)), from the two densities at the same points.

    data_share: s, the share of data among what the discriminator sees, 0 < s < 1.  With s = 1/2 it maximises V; in
    general it is P(real | x).  Where both densities are 0 every value is optimal, and 1/2 is returned.  ValueError for
    a density that is negative, infinite or NaN.  (Goodfellow et al. 2014, Prop. 1; claims C13, C15.)"""
    if not 0 < data_share < 1:
        raise ValueError(f"data_share is {data_share!r}, expected a share between 0 and 1, such as 0.5")
    p, q = (np.asarray(density, dtype=np.float64) for density in (p_data, p_generator))
    for name, density in (("p_data", p), ("p_generator", q)):
        if not np.all((density >= 0) & (density < np.inf)):
            worst = np.max(density) if np.all(density >= 0) else np.min(density)
            raise ValueError(f"{name} holds {worst}, expected densities, which are finite and >= 0")
    real, fake = np.broadcast_arrays(data_share * p, (1 - data_share) * q)
    total = real + fake
    return np.divide(real, total, out=np.full(total.shape, 0.5), where=total > 0)[()]
