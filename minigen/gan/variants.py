"""`minigen train gan-r1 | wgan | wgan-gp | dragan | sngan`: what each changes of the GAN in cli.py."""

from __future__ import annotations

import argparse
from typing import Any, ClassVar

import numpy as np

from minigen.gan import constraints
from minigen.gan.algorithm import Constraint
from minigen.gan.cli import GAN
from minigen.gan.conditional import LabelsHeld
from minigen.nn import Module, spectral_norm
from minigen.training.data import TrainingData
from minigen.training.options import positive

__all__ = ["DRAGAN", "R1", "SNGAN", "WGAN", "WGANGP"]


class _Variant(GAN):
    on_images: ClassVar[dict[str, Any]] = {}  # defaults for images, where they are others than `own`

    @classmethod
    def defaults(cls, data: TrainingData) -> dict[str, Any]:
        """For points in the plane deeper and narrower networks than the GAN's, which make more steps in a minute, and a
        hotter learning rate without momentum, which these critics stand; found by trial on the ring and the grid."""
        settings = super().defaults(data)
        if data.image is not None:
            return settings | cls.on_images
        modes = 0 if data.mixture is None else len(data.mixture.weights)
        steps = 22_000 if modes > 10 else 12_000 if modes else 6_000  # fine detail takes the most
        return settings | {"hidden": [64] * 4, "lr": 2e-3, "beta1": 0.0, "steps": steps}

    def of_points(self, constraint: Constraint) -> Constraint:
        """A penalty at data points; in a conditional GAN with the label of each held fixed."""
        return LabelsHeld(constraint, self.classes) if self.classes else constraint


class R1(_Variant):
    summary = "a GAN with a zero-centred gradient penalty on the data (Mescheder et al. 2018)"
    curves = (*GAN.curves, "penalty")
    own: ClassVar[dict[str, Any]] = {"gamma": 0.05}

    @classmethod
    def add_options(cls, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--gamma", type=positive, help="strength of the penalty gamma/2 E |grad D(x)|^2")

    def constraint(self) -> Constraint:
        return self.of_points(constraints.ZeroCentredPenalty(self.settings["gamma"]))


class WGAN(_Variant):
    summary = "a Wasserstein GAN with weight clipping (Arjovsky et al. 2017)"
    losses = ("wasserstein",)
    own: ClassVar[dict[str, Any]] = {"clip": 0.1}
    on_images: ClassVar[dict[str, Any]] = {"clip": 0.05, "optimizer": "rmsprop", "n_critic": 3}

    @classmethod
    def add_options(cls, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        _say_the_papers(parser, "--optimizer rmsprop --lr 5e-5 --clip 0.01 --n-critic 5 --batch-size 64")
        parser.add_argument("--clip", type=positive, metavar="C", help="weights of the critic are clipped to [-C, C]")

    def constraint(self) -> Constraint:
        return constraints.WeightClipping(self.settings["clip"])


class WGANGP(_Variant):
    """In a conditional one the points of the critic are pairs (x, one-hot y), and the lines join pairs: the distance is
    that of the laws of pairs, in which two labels are sqrt(2) apart."""

    summary = "a Wasserstein GAN with gradient penalty (Gulrajani et al. 2017)"
    losses = ("wasserstein",)
    curves = (*GAN.curves, "penalty")
    own: ClassVar[dict[str, Any]] = {"penalty_weight": 0.1, "one_sided": False}
    on_images: ClassVar[dict[str, Any]] = {"penalty_weight": 10.0, "n_critic": 3, "beta2": 0.9}

    @classmethod
    def add_options(cls, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        _say_the_papers(parser, "--lambda 10 --n-critic 5 --lr 1e-4 --beta1 0 --beta2 0.9 --batch-size 64")
        _add_penalty(parser, "in units of W1, which of standardised points is about 1 at first and 0.1 at last")

    def constraint(self) -> Constraint:
        s = self.settings
        return constraints.GradientPenalty(s["penalty_weight"], one_sided=s["one_sided"])


class DRAGAN(_Variant):
    summary = "DRAGAN, a GAN with a gradient penalty around the data (Kodali et al. 2017)"
    curves = (*GAN.curves, "penalty")
    own: ClassVar[dict[str, Any]] = {"penalty_weight": 0.1, "one_sided": False, "spread": 0.1}

    @classmethod
    def add_options(cls, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        _add_penalty(parser, "with f in nats and the data standardised")
        parser.add_argument("--spread", type=positive, metavar="C", help="width of the noise, in that of the data")

    def constraint(self) -> Constraint:
        s = self.settings
        return self.of_points(constraints.DRAGAN(s["penalty_weight"], spread=s["spread"], one_sided=s["one_sided"]))


class SNGAN(_Variant):
    summary = "a GAN with spectral normalisation (Miyato et al. 2018)"
    losses = ("hinge", "non-saturating", "wasserstein")
    own: ClassVar[dict[str, Any]] = {"bound": 2.0, "both": False}

    @classmethod
    def add_options(cls, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--bound", type=positive, metavar="B", help="largest singular value of each layer")
        parser.add_argument("--both", action="store_true", help="normalise the generator, too")

    def networks(self, data: TrainingData, rng: np.random.Generator) -> tuple[Module, Module]:
        networks = super().networks(data, rng)
        generator, critic = networks
        for network in networks if self.settings["both"] else (critic,):
            spectral_norm(network, rng=rng, bound=self.settings["bound"])
        return generator, critic


def _say_the_papers(parser: argparse.ArgumentParser, settings: str) -> None:
    parser.description = f"{parser.description} The paper's settings: {settings}."


def _add_penalty(parser: argparse.ArgumentParser, units: str) -> None:
    """units: those of lambda, and with them why its default is not the papers'."""
    parser.add_argument(
        "--penalty-weight", "--lambda", type=positive, metavar="LAMBDA",
        help=f"lambda, the weight of the penalty E (|grad f| - 1)^2, {units}; the paper's 10 is for images",
    )  # fmt: skip
    parser.add_argument("--one-sided", action="store_true", help="penalise only slopes above 1")
