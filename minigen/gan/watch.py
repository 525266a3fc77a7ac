"""The exact Wasserstein distance beside what the critic makes of it, while the two networks learn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np

from minigen.autodiff import no_grad, raw
from minigen.device import asnumpy, to
from minigen.gan.algorithm import Step
from minigen.gan.lipschitz import at_rest, critic_gap, normalised_gap
from minigen.nn import Module
from minigen.transport import wasserstein_distance

__all__ = ["Reading", "Watch"]


@dataclass(frozen=True)
class Reading:
    """What a Watch measured after a step.  w1: exact, between n samples and n data points, in the data's units.

    gap: E f(x) - E f(G(z)) over the same points, in units of the critic f.  normalised_gap: the gap over the largest
    slope of f between these points, in the data's units; never above w1."""

    step: int
    w1: float
    gap: float
    normalised_gap: float


class Watch:
    """An iterator over the steps of gan.train that passes them on, and takes a Reading after every `every` of them.

        watch = Watch(generator, critic, ring.sample(256, rng), latent, every=80)
        for step in watch(gan.train(generator, critic, ...)):
            ...
        watch.readings

    real: (n, d) data points held out for it.  latent: (m, ...) the z of the samples; real and latent stay the same
    for all readings, so that these differ only by what was learned, and training is the same with a Watch as without.
    fresh: other sets of data points (n, d); `null` is the mean of their exact W1 to real, which is what perfect samples
    would score, None without them.  At n = 256 a reading takes about 0.02 s: W1 is a linear program, O(n^2) and more.

    FloatingPointError, naming the step, if samples or critic are no longer finite.  (Claims C52, C53.)"""

    def __init__(
        self, generator: Module, critic: Module, real: Any, latent: Any, *, every: int, fresh: Sequence[Any] = ()
    ):
        if isinstance(every, bool) or not isinstance(every, (int, np.integer)) or every < 1:
            raise ValueError(f"every is {every!r}, expected a whole number of steps >= 1")
        self.generator, self.critic, self.real, self.latent, self.every = generator, critic, real, latent, every
        distances = [wasserstein_distance(_double(points), _double(real)) for points in fresh]
        self.null = float(np.mean(distances)) if distances else None
        self.readings: list[Reading] = []

    def __call__(self, steps: Iterable[Step]) -> Iterator[Step]:
        for step in steps:
            if step.step % self.every == 0:
                self.readings.append(self.read(step.step))
            yield step

    def read(self, step: int) -> Reading:
        """A Reading of the networks as they are."""
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is looked for, and named
            with no_grad(), at_rest(self.generator):
                fake = raw(self.generator(to(self.latent, self.generator.device)))
            gap = critic_gap(self.critic, self.real, fake)
        for name, values in (("some samples are", fake), ("the critic's values are", gap)):
            if not np.isfinite(values).all():
                raise FloatingPointError(f"step {step}: {name} not finite. Lower the learning rate")
        distance = wasserstein_distance(_double(fake), _double(self.real))
        return Reading(step, float(distance), gap, normalised_gap(self.critic, self.real, fake))

    def record(self) -> dict[str, Any]:
        """All readings, column by column, with the null: what goes into a file."""
        columns = {name: [getattr(r, name) for r in self.readings] for name in Reading.__dataclass_fields__}
        return {"n": len(self.real), "null": self.null, **columns}

    def state_dict(self) -> dict[str, Any]:
        return {"readings": np.array([astuple(r) for r in self.readings], np.float64).reshape(-1, 4)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        readings = np.asarray(state["readings"])
        if readings.ndim != 2 or readings.shape[1] != 4:
            raise ValueError(f"readings have shape {readings.shape}, expected (n, 4)")
        self.readings = [Reading(int(step), *rest) for step, *rest in readings.tolist()]


def _double(points: Any) -> np.ndarray:
    return asnumpy(raw(points)).astype(np.float64)
