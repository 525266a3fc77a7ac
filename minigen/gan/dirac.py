"""The smallest GANs: a generator theta against a discriminator phi, two numbers in all.

A game is a function (theta, phi) -> (dV/dtheta, dV/dphi): theta descends, phi ascends.  Each of the games below has
its equilibrium at (0, 0), and gradient play does not get there (Mescheder et al. 2018; claim C18).
"""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import numpy as np

from minigen.autodiff import sigmoid

__all__ = [
    "alternating",
    "alternating_map",
    "bilinear",
    "dirac_gan",
    "non_saturating_dirac_gan",
    "simultaneous",
    "simultaneous_map",
]

Game = Callable[[Any, Any], tuple[Any, Any]]


def bilinear(theta: Any, phi: Any) -> tuple[Any, Any]:
    """min over theta, max over phi of V = theta phi: the gradients phi and theta."""
    return phi, theta


def dirac_gan(theta: Any, phi: Any) -> tuple[Any, Any]:
    """Data at 0, samples at theta, D(x) = sigmoid(phi x): V = -log 2 + log(1 - sigmoid(phi theta)).

    The gradients are -phi s and -theta s with s = sigmoid(phi theta)."""
    s = sigmoid(phi * theta)
    return -phi * s, -theta * s


def non_saturating_dirac_gan(theta: Any, phi: Any) -> tuple[Any, Any]:
    """The same players, but theta descends -log sigmoid(phi theta), with the slope -phi (1 - s)."""
    return -phi * sigmoid(-phi * theta), -theta * sigmoid(phi * theta)


def simultaneous(
    game: Game, theta: Any, phi: Any, step_size: float = 0.1, steps: int | None = None
) -> Iterator[tuple[Any, Any]]:
    """Both players step from the same point: (theta - eta dV/dtheta, phi + eta dV/dphi).

    Yields (theta, phi), item k after k steps, the start first; endless if steps is None.  On the bilinear game each
    step multiplies the radius by sqrt(1 + eta^2): (1, 1) is at sqrt(2) 1.01^500 = 204.74 after 1000 steps of 0.1."""
    yield theta, phi
    for _ in _rounds(steps):
        slope_theta, slope_phi = game(theta, phi)
        theta, phi = theta - step_size * slope_theta, phi + step_size * slope_phi
        yield theta, phi


def alternating(
    game: Game,
    theta: Any,
    phi: Any,
    step_size: float = 0.1,
    steps: int | None = None,
    generator_first: bool = False,
) -> Iterator[tuple[Any, Any]]:
    """The second player answers the first one's new position; phi steps first, unless generator_first.

    Yields like `simultaneous`.  On the bilinear game the orbit stays on the ellipse theta^2 + phi^2 + eta theta phi =
    constant (minus eta theta phi if the generator is first), for 0 < eta < 2: it neither converges nor diverges."""
    yield theta, phi
    for _ in _rounds(steps):
        if generator_first:
            theta = theta - step_size * game(theta, phi)[0]
            phi = phi + step_size * game(theta, phi)[1]
        else:
            phi = phi + step_size * game(theta, phi)[1]
            theta = theta - step_size * game(theta, phi)[0]
        yield theta, phi


def simultaneous_map(step_size: float) -> np.ndarray:
    """The matrix of one simultaneous step on the bilinear game; its eigenvalues 1 +- i eta have modulus > 1."""
    return np.array([[1.0, -step_size], [step_size, 1.0]])


def alternating_map(step_size: float, generator_first: bool = False) -> np.ndarray:
    """The matrix of one alternating step on the bilinear game: determinant 1, eigenvalues of modulus 1 for eta <= 2."""
    descend = np.array([[1.0, -step_size], [0.0, 1.0]])
    ascend = np.array([[1.0, 0.0], [step_size, 1.0]])
    return ascend @ descend if generator_first else descend @ ascend


def _rounds(steps: int | None) -> Any:
    if steps is not None and steps < 0:
        raise ValueError(f"steps is {steps!r}, expected a number of steps >= 0, or None for no end")
    return count() if steps is None else range(steps)
