"""`minigen train diffusion`: networks, settings and samples of a diffusion model for the runs of minigen.training."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from minigen.device import asnumpy, to
from minigen.diffusion.algorithm import train
from minigen.diffusion.denoiser import Denoiser
from minigen.diffusion.evaluation import oracle_loss
from minigen.diffusion.forward import Chain, ForwardProcess, VariancePreserving, cosine, even_in_root, linear
from minigen.diffusion.kernels import ancestral, ddim
from minigen.diffusion.networks import TimeMLP
from minigen.diffusion.oracle import MixtureOracle
from minigen.diffusion.predictions import KINDS, convert
from minigen.diffusion.samplers import Score, final, probability_flow, reverse_chain
from minigen.diffusion.unet import UNet
from minigen.distributions import GaussianMixture
from minigen.nn import Module
from minigen.optim import EMA, Adam
from minigen.schedules import cosine_decay
from minigen.training.data import TrainingData
from minigen.training.models import SettingsError
from minigen.training.options import fraction, non_negative, non_negative_integer, positive_integer

__all__ = ["Diffusion"]

PROCESSES: dict[str, Callable[[], ForwardProcess]] = {
    "linear": linear,
    "cosine": cosine,
    "vp": lambda: VariancePreserving(first=1e-4),
}
TIMES = ("noise", "uniform")
NETWORKS = ("mlp", "unet")
SAMPLERS = ("ancestral", "ddim", "heun")
NOISIEST = 200.0  # sigma / a: no sampler begins above it, where an error of the network is multiplied so many times
GUIDANCE = 1.0
DRAWS_FOR_FLOOR = 20_000


def sampling_times(process: ForwardProcess, steps: int) -> np.ndarray:
    """Times of exactly so many steps, those of process.grid, but from NOISIEST's on (the whole time nearest to it).

    Whole times that would fall together are pushed apart.  ValueError if there are fewer of them than steps."""
    if not isinstance(process, Chain):
        return np.minimum(process.grid(steps), process.time_of(NOISIEST))
    most = int(process.time_of(NOISIEST))
    if steps > most:
        raise ValueError(f"this process has {most} times to sample at, so {most} steps at most, got {steps}")
    low, high = process.noise_ratio([process.first, most])
    up, k = process.time_of(even_in_root(high, low, steps))[::-1], np.arange(steps)
    up = np.maximum.accumulate(up - k) + k
    up = np.minimum(up, most - k[::-1])
    return np.concatenate([[0], up])[::-1]


@dataclass(frozen=True)
class Record:
    """A step of training.  floor: the loss that no network can beat, in expectation; nan where it is not known."""

    step: int
    loss: float
    floor: float


class Diffusion:
    """A network of point and time, Adam with a cosine decay, and the average of the weights, which is sampled.

    Of a mixture of Gaussians the floor of the loss is known, and recorded beside it."""

    summary = "a diffusion model (Ho et al. 2020)"
    changeable = ("sampler", "sampling_steps", "guidance")
    only_with: ClassVar[dict[str, tuple[str, Any]]] = {
        **dict.fromkeys(("hidden", "waves", "injection"), ("network", "mlp")), "widths": ("network", "unet")
    }  # fmt: skip

    @classmethod
    def add_options(cls, parser: argparse.ArgumentParser) -> None:
        """The options that only diffusion has."""
        parser.add_argument("--process", choices=PROCESSES, help="how noise comes in")
        parser.add_argument("--predicts", choices=KINDS, help="what the network guesses")
        parser.add_argument("--times", choices=TIMES, help="drawn in training evenly by log noise, or by time")
        parser.add_argument("--network", choices=NETWORKS, help="mlp, or a U-Net of the point as a signal")
        parser.add_argument(
            "--widths", type=positive_integer, nargs="+", metavar="N",
            help="channels of the U-Net: at full resolution, at half of it ...",
        )  # fmt: skip
        parser.add_argument("--embedding", choices=("sinusoidal", "fourier"), help="of the time")
        parser.add_argument("--injection", choices=("add", "norm"), help="how the mlp is told the time")
        parser.add_argument(
            "--waves", type=non_negative_integer, metavar="N", help="of the point, for the mlp to see fine detail"
        )
        parser.add_argument("--ema", type=fraction, help="decay of the weights' running average, which is sampled")
        parser.add_argument("--sampler", choices=SAMPLERS, help="the way from noise to samples")
        parser.add_argument("--sampling-steps", type=positive_integer, metavar="N", help="steps of the sampler")
        parser.add_argument("--conditional", action="store_true", help="learn to draw a digit of a given class")
        parser.add_argument(
            "--guidance", type=non_negative, metavar="W",
            help=f"0 ignores the class, 1 is p(x | class), above 1 exaggerates (default {GUIDANCE})",
        )  # fmt: skip

    @classmethod
    def defaults(cls, data: TrainingData) -> dict[str, Any]:
        """Settings for these data, where none are given.

        Found by trial.  On the ring and the grid the waves and times drawn by noise are what finds all 25 peaks, and
        makes them sharp.  Images have nothing that is fine beside the whole, and want times drawn evenly; on the
        digits the U-Net is ahead of the mlp of the same CPU time, and ddim keeps more of their variety.  vp begins
        with less noise than linear (sigma 0.003, not 0.01): the peaks of the ring are 0.014 wide in standard units,
        and linear's samples of them are too narrow."""
        settings: dict[str, Any] = {
            "process": "vp", "predicts": "noise", "times": "noise", "network": "mlp", "widths": [64, 128],
            "embedding": "sinusoidal", "injection": "add", "waves": 32 if data.dimension <= 4 else 0,
            "hidden": [128, 128, 128], "batch_size": 256, "lr": 2e-3, "ema": 0.999, "steps": 12_000,
            "sampler": "ancestral", "sampling_steps": 100, "conditional": False, "guidance": None,
        }  # fmt: skip
        if data.image is not None:
            settings |= {
                "process": "cosine", "predicts": "velocity", "times": "uniform", "network": "unet",
                "injection": "norm", "hidden": [256, 256, 256], "batch_size": 64, "ema": 0.995, "steps": 3000,
                "sampler": "ddim", "sampling_steps": 50,
            }  # fmt: skip
        return settings

    def __init__(self, settings: dict[str, Any], data: TrainingData, rng: np.random.Generator):
        self.settings, self.dimension, self.is_image = settings, data.dimension, data.image is not None
        self.classes = data.classes if settings["conditional"] else 0
        self.labels = data.labels
        if self.classes:
            settings["guidance"] = GUIDANCE if settings["guidance"] is None else settings["guidance"]
        elif settings["guidance"] is not None:
            raise SettingsError("--guidance needs --conditional: without classes there is nothing to be guided to")
        self.process = PROCESSES[settings["process"]]()
        self._times()  # refuses more steps than there are times
        self.network = self._network(data, rng).to(settings.get("device", "cpu"))
        self.model = Denoiser(self.network, self.process, settings["predicts"])
        self.sample_data = self._labelled(data) if self.classes else data.sample
        self.draw_times = self.process.draw_by_noise if settings["times"] == "noise" else self.process.draw_times
        # Scores grow as 1 / sigma, and so would their errors: weighed by sigma^2 they are those of noise (claim C87).
        self.compared = "noise" if settings["predicts"] == "score" else settings["predicts"]
        self.floor = self._floor(data)
        self.curves: tuple[str, ...] = ("loss",) if self.floor is None else ("loss", "floor")
        self.unit = f"half the squared error of the {self.compared}"
        self.states: dict[str, Any] = {
            "network": self.network,
            "optimizer": Adam(self.network, settings["lr"]),
            "ema": EMA(self.network, settings["ema"]),
        }

    def _network(self, data: TrainingData, rng: np.random.Generator) -> Module:
        s = self.settings
        if s["network"] == "unet":  # rows of an image are places, their pixels channels
            length, channels = data.image or (data.dimension, 1)
            try:
                return UNet(length, channels, s["widths"], rng=rng, embedding=s["embedding"], classes=self.classes)
            except ValueError as error:
                raise SettingsError(f"--network unet: {error}") from None
        return TimeMLP(
            self.dimension, s["hidden"], rng=rng, embedding=s["embedding"], injection=s["injection"],
            classes=self.classes, point_features=2 * s["waves"],
        )  # fmt: skip

    def _labelled(self, data: TrainingData) -> Callable[[int, np.random.Generator], tuple[np.ndarray, np.ndarray]]:
        assert data.points is not None and data.labels is not None
        points, labels = data.encode(data.points), data.labels

        def draw(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
            rows = rng.integers(len(points), size=n)
            return points[rows], labels[rows]

        return draw

    def _floor(self, data: TrainingData) -> float | None:
        """The oracle's own loss over the times of training, in the units of training; None where there is no oracle."""
        if data.mixture is None:
            return None
        law = data.mixture
        in_units = GaussianMixture(
            (law.means - data.centre) / data.scale, law.covariances / np.outer(data.scale, data.scale), law.weights
        )
        rng = np.random.default_rng([self.settings["seed"], 4])
        times = self.draw_times(DRAWS_FOR_FLOOR, rng)
        oracle = MixtureOracle(in_units, self.process)
        return oracle_loss(oracle, self.compared, times, DRAWS_FOR_FLOOR, rng).value

    # What a run asks for

    def steps(self, start: int, stop: int, rng: np.random.Generator) -> Iterator[Record]:
        """Algorithm 1 of Ho et al. from step `start` to `stop`.

        While few steps are made the average is over a tenth of them, or short runs would sample their first weights."""
        ema = self.states["ema"]
        floor = float("nan") if self.floor is None else self.floor
        for step in train(
            self.model,
            self.sample_data,
            self.states["optimizer"],
            rng=rng,
            batch_size=self.settings["batch_size"],
            start=start,
            steps=stop,
            weight=(lambda t: self.process.noise_level(t) ** 2) if self.settings["predicts"] == "score" else None,
            draw_times=self.draw_times,
            schedule=cosine_decay(stop),
        ):
            ema.decay = min(self.settings["ema"], step.step / (step.step + 9))
            ema.update()
            yield Record(step.step, step.loss, floor)

    def sample(
        self, n: int, rng: np.random.Generator, labels: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """n samples of the averaged network, and in a conditional model their labels."""
        score: Score = self.model.score
        if self.classes:
            assert self.labels is not None
            labels = self.labels[rng.integers(len(self.labels), size=n)] if labels is None else labels
            score = self.model.guided(labels, self.settings["guidance"])
        x = to(rng.standard_normal((n, self.dimension), dtype=np.float32), self.network.device)
        with self.states["ema"].applied(), np.errstate(over="ignore", invalid="ignore"):  # looked for by who measures
            points = asnumpy(final(self._path(self._within_range(score), x, rng)))
        if self.is_image:
            points = np.clip(points, -1, 1)  # the last guess is within, but for rounding
        return points, labels if self.classes else None

    def distances(self) -> dict[str, Any]:
        """None are measured on the way."""
        return {}

    def _path(self, score: Score, x: np.ndarray, rng: np.random.Generator) -> Iterator[tuple[float, Any]]:
        times = self._times()
        if self.settings["sampler"] == "heun":
            return probability_flow(score, self.process, x, times)
        kernel = ddim if self.settings["sampler"] == "ddim" else ancestral
        return reverse_chain(score, self.process, x, times, rng=rng, kernel=kernel)

    def _times(self) -> np.ndarray:
        try:
            return sampling_times(self.process, self.settings["sampling_steps"])
        except ValueError as error:
            raise SettingsError(f"--sampling-steps: {error}") from None

    def _within_range(self, score: Score) -> Score:
        """For images the score that guesses no pixel outside [-1, 1] (the x_0 of Ho et al. 2020, clipped)."""
        if not self.is_image:
            return score

        def clipped(x: Any, t: Any) -> Any:
            x0 = convert(score(x, t), "score", "data", x, self.process, t)
            return convert(np.clip(x0, -1, 1), "data", "score", x, self.process, t)

        return clipped
