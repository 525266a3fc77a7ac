"""`minigen train gan`: networks, settings and samples of a GAN for the runs of minigen.training.

The rest of the family, in variants.py, changes the pieces of this class: losses, constraint, networks, optimisers.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np

from minigen.autodiff import no_grad
from minigen.device import asnumpy, to
from minigen.gan.algorithm import Constraint, Step, train
from minigen.gan.conditional import ConditionalGenerator, LabelledLatent, LabelledPoints
from minigen.gan.lipschitz import at_rest
from minigen.gan.losses import Losses, hinge, minimax, non_saturating, wasserstein
from minigen.gan.watch import Watch
from minigen.nn import MLP, Module, leaky_relu, relu
from minigen.optim import EMA, Adam, Optimizer, RMSProp
from minigen.schedules import cosine_decay
from minigen.training.data import TrainingData, disjoint_sets
from minigen.training.options import fraction, non_negative_integer, positive_integer

__all__ = ["GAN"]

# Each with the unit of its values.  Those of a critic are numbers without a meaning of their own.
LOSSES: dict[str, tuple[Losses, str]] = {
    "non-saturating": (non_saturating, "nats"),
    "minimax": (minimax, "nats"),
    "wasserstein": (wasserstein, "units of the critic"),
    "hinge": (hinge, "units of the critic"),
}
NOISES = ("uniform", "normal")
OPTIMIZERS = ("adam", "rmsprop")
POINTS_WATCHED, NULLS = 256, 8  # so many points, and so many fresh sets of them for the null


class GAN:
    """Generator and discriminator as multilayer perceptrons, with a cosine decay, and the generator's average."""

    summary = "a generative adversarial network (Goodfellow et al. 2014)"
    losses: ClassVar[tuple[str, ...]] = ("non-saturating", "minimax")  # to choose from, the first by default
    changeable: tuple[str, ...] = ()
    only_with: ClassVar[dict[str, tuple[str, Any]]] = {}
    own: ClassVar[dict[str, Any]] = {}  # defaults of a variant, whatever the data
    curves: tuple[str, ...] = ("discriminator_loss", "generator_loss")

    @classmethod
    def add_options(cls, parser: argparse.ArgumentParser) -> None:
        """The options that only GANs have."""
        if len(cls.losses) > 1:
            parser.add_argument("--loss", choices=cls.losses, help=f"what the two descend (default {cls.losses[0]})")
        parser.add_argument("--noise", choices=NOISES, help="law of the noise z: on [-2, 2]^N, or N(0, I)")
        parser.add_argument(
            "--latent", type=positive_integer, metavar="N",
            help="dimension of the noise z; for a file of points that of the points, but 2 at least and 32 at most",
        )  # fmt: skip
        parser.add_argument(
            "--n-critic", type=positive_integer, metavar="N", help="discriminator's steps per generator's"
        )
        parser.add_argument("--optimizer", choices=OPTIMIZERS, help="how both networks descend")
        parser.add_argument("--beta1", type=fraction, help="Adam's decay of the mean gradient; RMSProp has none")
        parser.add_argument("--beta2", type=fraction, help="decay of the mean squared gradient, in RMSProp alpha")
        parser.add_argument("--ema", type=fraction, help="decay of the generator's running average, which is sampled")
        parser.add_argument("--conditional", action="store_true", help="learn to draw a digit of a given class")
        parser.add_argument(
            "--watch", type=non_negative_integer, metavar="N",
            help="steps between measurements of the exact W1 (default: a hundredth of the steps; 0 for none)",
        )  # fmt: skip

    @classmethod
    def defaults(cls, data: TrainingData) -> dict[str, Any]:
        """Settings for these data, where none are given.

        For points in the plane they were found by trial on the ring and the grid.  Noise from a square rather than a
        bell has no thin tails to be strewn between modes; Adam's short memory (beta2 = 0.9) and a discriminator that
        bends less sharply than the generator keep modes from being lost; the cosine decay and the average then bring
        precision."""
        settings: dict[str, Any] = {
            "loss": cls.losses[0], "steps": 8000, "batch_size": 256, "lr": 1e-3, "optimizer": "adam", "beta1": 0.5,
            "beta2": 0.9, "ema": 0.998, "hidden": [128, 128, 128], "noise": "uniform", "latent": 2, "n_critic": 1,
            "conditional": False, "watch": None, **cls.own,
        }  # fmt: skip
        if data.image is not None:
            of_images = {"latent": 16, "hidden": [128, 128], "batch_size": 128, "lr": 5e-4, "noise": "normal"}
            return settings | of_images | {"beta2": 0.99, "steps": 10_000}
        if data.mixture is not None and len(data.mixture.weights) > 10:
            settings["steps"] = 16_000
        return settings | {"latent": max(2, min(data.dimension, 32))}

    def __init__(self, settings: dict[str, Any], data: TrainingData, rng: np.random.Generator):
        self.settings, self.dimension = settings, data.dimension
        self.loss, self.unit = LOSSES[settings["loss"]]
        self.classes = data.classes if settings["conditional"] else 0
        self.generator, self.discriminator = self.networks(data, rng)
        for network in (self.generator, self.discriminator):
            network.to(settings.get("device", "cpu"))
        latent = settings["latent"]

        def noise(n: int, rng: np.random.Generator) -> np.ndarray:
            if settings["noise"] == "uniform":
                return 4 * rng.random((n, latent), dtype=np.float32) - 2
            return rng.standard_normal((n, latent), dtype=np.float32)

        if self.classes:
            assert data.points is not None and data.labels is not None
            self.labelled_latent = LabelledLatent(latent, data.labels, self.classes, noise)
            self.sample_latent: Any = self.labelled_latent
            self.sample_data: Any = LabelledPoints(data.encode(data.points), data.labels, self.classes)
        else:
            self.sample_latent = noise
            self.sample_data = data.sample
        self.states: dict[str, Any] = {
            "generator": self.generator,
            "discriminator": self.discriminator,
            "generator_optimizer": self.optimizer(self.generator),
            "discriminator_optimizer": self.optimizer(self.discriminator),
            "ema": EMA(self.generator, settings["ema"]),
        }
        self.watch = self._watch(data) if settings.get("watch") else None
        if self.watch is not None:
            self.states["watch"] = self.watch

    # The pieces that the variants change

    def networks(self, data: TrainingData, rng: np.random.Generator) -> tuple[Module, Module]:
        """Generator and discriminator with their first weights."""
        latent, hidden = self.settings["latent"], self.settings["hidden"]
        generator: Module = MLP(
            (latent + self.classes, *hidden, data.dimension), relu, rng=rng, dtype=np.float32,
            output_activation=None if data.image is None else np.tanh,  # images lie in [-1, 1]
        )  # fmt: skip
        if self.classes:
            generator = ConditionalGenerator(generator, self.classes)
        return generator, MLP((data.dimension + self.classes, *hidden, 1), leaky_relu, rng=rng, dtype=np.float32)

    def optimizer(self, network: Module) -> Optimizer:
        s = self.settings
        if s["optimizer"] == "rmsprop":
            return RMSProp(network, s["lr"], s["beta2"])
        return Adam(network, s["lr"], (s["beta1"], s["beta2"]))

    def constraint(self) -> Constraint | None:
        """What keeps the discriminator tame, if anything."""
        return None

    # What a run asks for

    def steps(self, start: int, stop: int, rng: np.random.Generator) -> Iterator[Step]:
        """The alternating algorithm from step `start` to `stop`."""
        steps = train(
            self.generator,
            self.discriminator,
            self.sample_data,
            self.sample_latent,
            self.loss,
            self.states["generator_optimizer"],
            self.states["discriminator_optimizer"],
            rng=rng,
            batch_size=self.settings["batch_size"],
            n_critic=self.settings["n_critic"],
            start=start,
            steps=stop,
            constraint=self.constraint(),
            schedule=cosine_decay(stop),
            ema=self.states["ema"],
        )
        return steps if self.watch is None else self.watch(steps)

    def sample(
        self, n: int, rng: np.random.Generator, labels: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """n samples of the averaged generator, and in a conditional GAN their labels."""
        latent = self.sample_latent(n, rng) if labels is None else self.labelled_latent.of(labels, rng)
        with no_grad(), at_rest(self.generator), self.states["ema"].applied():
            points = asnumpy(self.generator(to(latent, self.generator.device)).data)
        asked = np.argmax(points[:, self.dimension :], axis=1) if self.classes else None
        return points[:, : self.dimension], asked

    def distances(self) -> dict[str, Any]:
        """Exact W1 between samples of the generator as it is (not its average) and data, beside the critic's gap.

        The gap itself is an estimate of W1 only where it is what the critic maximises, and left out elsewhere."""
        if self.watch is None:
            return {}
        record = self.watch.record()
        if self.loss is not wasserstein:
            del record["gap"]
        return record

    def _watch(self, data: TrainingData) -> Watch:
        """On points and noise of its own, drawn apart from all that training draws."""
        rng = np.random.default_rng([self.settings["seed"], 4])
        if self.classes:
            real, *fresh = disjoint_sets(self.sample_data.pairs, NULLS + 1, POINTS_WATCHED, rng)
        else:
            real, *fresh = data.sets(NULLS + 1, POINTS_WATCHED, rng)
        latent = self.sample_latent(POINTS_WATCHED, rng)
        return Watch(self.generator, self.discriminator, real, latent, every=self.settings["watch"], fresh=fresh)
