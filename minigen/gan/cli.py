"""`minigen train gan`: the networks, settings and samples of a GAN for the runs of minigen.training."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

import numpy as np

from minigen.autodiff import no_grad
from minigen.gan.algorithm import Step, train
from minigen.gan.conditional import ConditionalGenerator, LabelledLatent, LabelledPoints
from minigen.gan.losses import minimax, non_saturating
from minigen.nn import MLP, Module, leaky_relu, relu
from minigen.optim import EMA, Adam
from minigen.schedules import cosine_decay
from minigen.training.data import TrainingData
from minigen.training.options import fraction, positive_integer

SUMMARY = "a generative adversarial network (Goodfellow et al. 2014)"
LOSSES = {"non-saturating": non_saturating, "minimax": minimax}
NOISES = ("uniform", "normal")


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that only a GAN has."""
    parser.add_argument("--loss", choices=LOSSES, help="what the generator descends (default non-saturating)")
    parser.add_argument("--noise", choices=NOISES, help="law of the noise z: on [-2, 2]^N, or N(0, I)")
    parser.add_argument("--latent", type=positive_integer, metavar="N", help="dimension of the noise z")
    parser.add_argument("--n-critic", type=positive_integer, metavar="N", help="discriminator's steps per generator's")
    parser.add_argument("--beta1", type=fraction, help="Adam's decay of the mean gradient (default 0.5)")
    parser.add_argument("--beta2", type=fraction, help="Adam's decay of the mean squared gradient")
    parser.add_argument("--ema", type=fraction, help="decay of the generator's running average, which is sampled")
    parser.add_argument("--conditional", action="store_true", help="learn to draw a digit of a given class")


def defaults(data: TrainingData) -> dict[str, Any]:
    """Settings for these data, where none are given.

    For points in the plane they were found by trial on the ring and the grid.  Noise from a square rather than a bell
    has no thin tails to be strewn between modes; Adam's short memory (beta2 = 0.9) and a discriminator that bends less
    sharply than the generator keep modes from being lost; the cosine decay and the average then bring precision."""
    settings: dict[str, Any] = {
        "loss": "non-saturating", "steps": 8000, "batch_size": 256, "lr": 1e-3, "beta1": 0.5, "beta2": 0.9,
        "ema": 0.998, "hidden": [128, 128, 128], "noise": "uniform", "latent": 2, "n_critic": 1, "conditional": False,
    }  # fmt: skip
    if data.image is not None:
        of_images = {"latent": 16, "hidden": [128, 128], "batch_size": 128, "lr": 5e-4, "noise": "normal"}
        return settings | of_images | {"beta2": 0.99, "steps": 10_000}
    if data.mixture is not None and len(data.mixture.weights) > 10:
        settings["steps"] = 16_000
    return settings | {"latent": max(2, min(data.dimension, 32))}


def build(settings: dict[str, Any], data: TrainingData, rng: np.random.Generator) -> GAN:
    """The networks with their first weights."""
    return GAN(settings, data, rng)


class GAN:
    """Generator and discriminator as multilayer perceptrons, Adam with a cosine decay, and the generator's average."""

    curves = ("discriminator_loss", "generator_loss")

    def __init__(self, settings: dict[str, Any], data: TrainingData, rng: np.random.Generator):
        self.settings = settings
        classes = data.classes if settings["conditional"] else 0
        latent, hidden = settings["latent"], settings["hidden"]

        self.generator: Module = MLP(
            (latent + classes, *hidden, data.dimension), relu, rng=rng, dtype=np.float32,
            output_activation=None if data.image is None else np.tanh,  # images lie in [-1, 1]
        )  # fmt: skip
        self.discriminator = MLP((data.dimension + classes, *hidden, 1), leaky_relu, rng=rng, dtype=np.float32)
        self.dimension = data.dimension

        def noise(n: int, rng: np.random.Generator) -> np.ndarray:
            if settings["noise"] == "uniform":
                return 4 * rng.random((n, latent), dtype=np.float32) - 2
            return rng.standard_normal((n, latent), dtype=np.float32)

        if classes:
            assert data.points is not None and data.labels is not None
            self.generator = ConditionalGenerator(self.generator, classes)
            self.labelled_latent = LabelledLatent(latent, data.labels, classes, noise)
            self.sample_latent: Any = self.labelled_latent
            self.sample_data: Any = LabelledPoints(data.encode(data.points), data.labels, classes)
        else:
            self.sample_latent = noise
            self.sample_data = data.sample
        betas = (settings["beta1"], settings["beta2"])
        self.states: dict[str, Any] = {
            "generator": self.generator,
            "discriminator": self.discriminator,
            "generator_optimizer": Adam(self.generator, settings["lr"], betas),
            "discriminator_optimizer": Adam(self.discriminator, settings["lr"], betas),
            "ema": EMA(self.generator, settings["ema"]),
        }

    def steps(self, start: int, stop: int, rng: np.random.Generator) -> Iterator[Step]:
        """The alternating algorithm from step `start` to `stop`."""
        return train(
            self.generator,
            self.discriminator,
            self.sample_data,
            self.sample_latent,
            LOSSES[self.settings["loss"]],
            self.states["generator_optimizer"],
            self.states["discriminator_optimizer"],
            rng=rng,
            batch_size=self.settings["batch_size"],
            n_critic=self.settings["n_critic"],
            start=start,
            steps=stop,
            schedule=cosine_decay(stop),
            ema=self.states["ema"],
        )

    def sample(
        self, n: int, rng: np.random.Generator, labels: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """n samples of the averaged generator, and in a conditional GAN their labels."""
        if self.settings["conditional"]:
            latent = self.sample_latent(n, rng) if labels is None else self.labelled_latent.of(labels, rng)
        else:
            latent = self.sample_latent(n, rng)
        with no_grad(), self.states["ema"].applied():
            points = self.generator(latent).data
        asked = np.argmax(points[:, self.dimension :], axis=1) if self.settings["conditional"] else None
        return points[:, : self.dimension], asked
