"""The Wasserstein GAN as its paper has it, and the epoch-style sampler of data that other texts use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from minigen.device import beside
from minigen.gan.algorithm import Sampler, Step, train
from minigen.gan.constraints import WeightClipping
from minigen.gan.losses import wasserstein
from minigen.nn import Module
from minigen.optim import RMSProp

__all__ = ["Epochs", "wgan"]


def wgan(
    generator: Module,
    critic: Module,
    sample_data: Sampler,
    sample_latent: Sampler,
    *,
    rng: np.random.Generator,
    lr: float = 5e-5,
    c: float = 0.01,
    batch_size: int = 64,
    n_critic: int = 5,
    steps: int | None = None,
) -> Iterator[Step]:
    """Arjovsky et al. (2017), Algorithm 1, with the paper's defaults: gan.train with

        the critic's loss -(E f(x) - E f(G(z))), and the generator's -E f(G(z)),
        RMSProp for both, at the same learning rate (the paper's alpha), without momentum,
        every weight of the critic clipped to [-c, c] after each of its steps.

    n_critic is 5 steps of the critic; counted from t = 0 up to and including n_critic, as a lecture text prints it,
    they would be 6 (claim C55)."""
    return train(
        generator, critic, sample_data, sample_latent, wasserstein, RMSProp(generator, lr), RMSProp(critic, lr),
        rng=rng, batch_size=batch_size, n_critic=n_critic, steps=steps, constraint=WeightClipping(c),
    )  # fmt: skip


class Epochs:
    """A sampler of data that goes through the points (n, ...) in random order, all of them before any comes again.

    Each call gives the next batch, so every critic step has a fresh one; what is left of an epoch that is shorter
    than a batch is filled up from the next.  epoch: how many times the points have been shuffled, the present included.
    state_dict() and load_state_dict() let a run go on in the middle of an epoch."""

    def __init__(self, points: Any):
        if len(points) == 0:
            raise ValueError("there are no points to go through")
        self.points, self.epoch = points if hasattr(points, "dtype") else np.asarray(points), 0
        self._order = np.zeros(0, dtype=np.int64)

    def __call__(self, n: int, rng: np.random.Generator) -> Any:
        while len(self._order) < n:
            self._order = np.concatenate([self._order, rng.permutation(len(self.points))])
            self.epoch += 1
        rows, self._order = self._order[:n], self._order[n:]
        return self.points[beside(rows, self.points)]

    def state_dict(self) -> dict[str, Any]:
        return {"order": self._order.copy(), "epoch": self.epoch}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        order = np.asarray(state["order"], dtype=np.int64)
        if order.size and not (order.min() >= 0 and order.max() < len(self.points)):
            raise ValueError(f"this state is of more points than the {len(self.points)} here")
        self._order, self.epoch = order, int(state["epoch"])
