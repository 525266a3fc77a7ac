"""Losses of the two players, from the discriminator's logits v: D(x) = sigmoid(v(x)).

Written with softplus, for which log D = -softplus(-v) and log(1 - D) = -softplus(v): right at any size of v, where
log(sigmoid(v)) would give -inf.  All of them take arrays and Tensors of any shape and return a scalar.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minigen.autodiff import log_sigmoid, softplus

__all__ = [
    "Losses",
    "discriminator_loss",
    "minimax",
    "minimax_generator_loss",
    "non_saturating",
    "non_saturating_generator_loss",
    "optimal_discriminator",
    "value",
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
    """What each player minimises: discriminator(real logits, fake logits) and generator(fake logits)."""

    discriminator: Callable[[Any, Any], Any]
    generator: Callable[[Any], Any]


minimax = Losses(discriminator_loss, minimax_generator_loss)
non_saturating = Losses(discriminator_loss, non_saturating_generator_loss)


def optimal_discriminator(p_data: Any, p_generator: Any, data_share: float = 0.5) -> Any:
    """D*(x) = s p_data(x) / (s p_data(x) + (1 - s) p_generator(x)), from the two densities at the same points.

    data_share: s, the share of data among what the discriminator sees, 0 < s < 1.  With s = 1/2 it maximises V; in
    general it is P(real | x).  Where both densities are 0 every value is optimal, and 1/2 is returned.  ValueError for
    a negative or NaN density.  (Goodfellow et al. 2014, Prop. 1; claims C13, C15.)"""
    if not 0 < data_share < 1:
        raise ValueError(f"data_share is {data_share!r}, expected a share between 0 and 1, such as 0.5")
    p, q = (np.asarray(density, dtype=np.float64) for density in (p_data, p_generator))
    for name, density in (("p_data", p), ("p_generator", q)):
        if not np.all(density >= 0):
            raise ValueError(f"{name} holds {np.min(density)}, expected densities, which are >= 0")
    real, fake = np.broadcast_arrays(data_share * p, (1 - data_share) * q)
    total = real + fake
    return np.divide(real, total, out=np.full(total.shape, 0.5), where=total > 0)[()]
