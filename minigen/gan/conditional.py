"""Conditional GANs: a GAN of pairs (x, y), whose generator passes the label y on beside the x that it makes.

The label is a one-hot vector, joined to z for the generator and to x for the discriminator.  So the alternating
algorithm, the losses and the discriminator are those of any GAN, with pairs for points (Mirza & Osindero 2014;
claim C21).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from minigen.gan.algorithm import Constraint
from minigen.nn import Module

__all__ = ["ConditionalGenerator", "LabelledLatent", "LabelledPoints", "LabelsHeld", "one_hot"]


def one_hot(labels: ArrayLike, classes: int, dtype: DTypeLike = np.float32) -> np.ndarray:
    """(n,) labels 0..classes-1 as rows of the identity matrix, (n, classes).  ValueError for any other label."""
    labels = np.asarray(labels)
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise ValueError(f"labels are {labels.dtype} of shape {labels.shape}, expected integers of shape (n,)")
    if labels.size and not (labels.min() >= 0 and labels.max() < classes):
        raise ValueError(f"labels run from {labels.min()} to {labels.max()}, expected 0 to {classes - 1}")
    return np.eye(classes, dtype=dtype)[labels]


class LabelledPoints:
    """Draws pairs [x, one_hot(y)], (n, d + classes), from points (N, d) and their labels (N,), with replacement."""

    def __init__(self, points: np.ndarray, labels: np.ndarray, classes: int):
        points = np.asarray(points)
        if len(points) != len(labels) or not len(points):
            raise ValueError(f"there are {len(points)} points and {len(labels)} labels, expected one label per point")
        self.pairs = np.concatenate([points, one_hot(labels, classes, points.dtype)], axis=1)

    def __call__(self, n: int, rng: np.random.Generator) -> np.ndarray:
        return self.pairs[rng.integers(len(self.pairs), size=n)]


class LabelledLatent:
    """Draws [z, one_hot(y)], (n, latent + classes): y with the frequencies of the given labels, z ~ N(0, I).

    noise(n, rng), (n, latent) in single precision: another law of z."""

    def __init__(
        self, latent: int, labels: np.ndarray, classes: int,
        noise: Callable[[int, np.random.Generator], np.ndarray] | None = None,
    ):  # fmt: skip
        self.labels, self.classes = np.asarray(labels), classes
        self.noise = noise or (lambda n, rng: rng.standard_normal((n, latent), dtype=np.float32))

    def __call__(self, n: int, rng: np.random.Generator) -> np.ndarray:
        return self.of(self.labels[rng.integers(len(self.labels), size=n)], rng)

    def of(self, labels: ArrayLike, rng: np.random.Generator) -> np.ndarray:
        """The same with chosen labels."""
        return np.concatenate([self.noise(len(np.asarray(labels)), rng), one_hot(labels, self.classes)], axis=1)


class ConditionalGenerator(Module):
    """[z, y] -> [G(z, y), y]: the network's sample with its label, (n, d + classes)."""

    def __init__(self, network: Module, classes: int):
        self.network, self.classes = network, classes

    def forward(self, latent: Any) -> Any:
        return np.concatenate([self.network(latent), latent[:, -self.classes :]], axis=1)

    def extra_repr(self) -> str:
        return f"{self.classes} classes"


class LabelsHeld(Constraint):
    """A constraint at the data (x, y) as one on x alone, with the label y held fixed.

    A slope in y says nothing where there is no label between two labels, and noise in y makes of it what none is."""

    def __init__(self, constraint: Constraint, classes: int):
        self.constraint, self.classes = constraint, classes

    def penalty(self, discriminator: Module, real: Any, fake: Any, rng: np.random.Generator) -> Any:
        labels = real[:, -self.classes :]

        def of_points(x: Any) -> Any:
            return discriminator(np.concatenate([x, labels], axis=1))

        points: Any = of_points
        return self.constraint.penalty(points, real[:, : -self.classes], fake[:, : -self.classes], rng)

    def after_step(self, discriminator: Module) -> None:
        self.constraint.after_step(discriminator)
