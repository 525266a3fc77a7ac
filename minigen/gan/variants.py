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


class _Penalised(GAN):
    curves = (*GAN.curves, "penalty")

    def of_points(self, constraint: Constraint) -> Constraint:
        """The penalty at data points; in a conditional GAN with the label of each held fixed."""
        return LabelsHeld(constraint, self.classes) if self.classes else constraint


class R1(_Penalised):
    summary = "a GAN with a zero-centred gradient penalty on the data (Mescheder et al. 2018)"

    @classmethod
    def add_options(cls, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--gamma", type=positive, help="strength of the penalty gamma/2 E |grad D(x)|^2")

    @classmethod
    def defaults(cls, data: TrainingData) -> dict[str, Any]:
        return super().defaults(data) | {"gamma": 0.1}

    def constraint(self) -> Constraint:
        return self.of_points(constraints.ZeroCentredPenalty(self.settings["gamma"]))


class WGAN(GAN):
    summary = "a Wasserstein GAN with weight clipping (Arjovsky et al. 2017)"
    losses = ("wasserstein",)
    PAPER: ClassVar[dict[str, Any]] = {
        "optimizer": "rmsprop", "lr": 5e-5, "beta2": 0.99, "clip": 0.01, "n_critic": 5, "batch_size": 64,
    }  # fmt: skip

    @classmethod
    def add_options(cls, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--clip", type=positive, metavar="C", help="weights of the critic are clipped to [-C, C]")

    @classmethod
    def defaults(cls, data: TrainingData) -> dict[str, Any]:
        return super().defaults(data) | cls.PAPER

    def constraint(self) -> Constraint:
        return constraints.WeightClipping(self.settings["clip"])


class WGANGP(_Penalised):
    summary = "a Wasserstein GAN with gradient penalty (Gulrajani et al. 2017)"
    losses = ("wasserstein",)

    @classmethod
    def add_options(cls, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        _add_penalty(parser)

    @classmethod
    def defaults(cls, data: TrainingData) -> dict[str, Any]:
        own = {"penalty_weight": 10.0, "one_sided": False, "n_critic": 5}
        return super().defaults(data) | own

    def constraint(self) -> Constraint:
        # In a conditional GAN the points of the critic are pairs (x, one-hot y), and the lines join pairs: the distance
        # is that of the laws of pairs, in which two labels are sqrt(2) apart.
        s = self.settings
        return constraints.GradientPenalty(s["penalty_weight"], one_sided=s["one_sided"])


class DRAGAN(_Penalised):
    summary = "DRAGAN, a GAN with a gradient penalty around the data (Kodali et al. 2017)"

    @classmethod
    def add_options(cls, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        _add_penalty(parser)
        parser.add_argument(
            "--spread", type=positive, metavar="C", help="width of the noise around the data, in their spread"
        )

    @classmethod
    def defaults(cls, data: TrainingData) -> dict[str, Any]:
        return super().defaults(data) | {"penalty_weight": 10.0, "one_sided": False, "spread": 0.5}

    def constraint(self) -> Constraint:
        s = self.settings
        return self.of_points(
            constraints.DRAGAN(s["penalty_weight"], spread=s["spread"], one_sided=s["one_sided"])
        )


class SNGAN(GAN):
    summary = "a GAN with spectral normalisation (Miyato et al. 2018)"
    losses = ("hinge", "non-saturating", "wasserstein")

    @classmethod
    def add_options(cls, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--bound", type=positive, metavar="B", help="largest singular value of each layer")
        parser.add_argument("--both", action="store_true", help="normalise the generator, too")

    @classmethod
    def defaults(cls, data: TrainingData) -> dict[str, Any]:
        return super().defaults(data) | {"bound": 1.0, "both": False}

    def networks(self, data: TrainingData, rng: np.random.Generator) -> tuple[Module, Module]:
        generator, critic = super().networks(data, rng)
        if self.settings["both"]:
            generator = spectral_norm(generator, rng=rng, bound=self.settings["bound"])
        return generator, spectral_norm(critic, rng=rng, bound=self.settings["bound"])


def _add_penalty(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--penalty-weight", "--lambda", type=positive, metavar="LAMBDA",
        help="weight of the penalty E (|grad f| - 1)^2; the paper's lambda",
    )  # fmt: skip
    parser.add_argument("--one-sided", action="store_true", help="penalise only slopes above 1")
