"""Learned against exact: the error of a score by time, and a loss against its floor.  Monte Carlo, with its error."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from minigen.device import asnumpy, to
from minigen.diffusion.denoiser import Denoiser
from minigen.diffusion.oracle import Oracle
from minigen.diffusion.predictions import from_data_and_noise
from minigen.diffusion.samplers import Score

__all__ = ["Estimate", "loss_over_floor", "oracle_loss", "score_error"]


class Estimate(NamedTuple):
    """A mean and its standard error."""

    value: float
    standard_error: float

    @classmethod
    def of(cls, draws: np.ndarray) -> Estimate:
        draws = np.asarray(draws, np.float64)
        if len(draws) < 2:
            raise ValueError(f"there are {len(draws)} draws, expected at least 2: a standard error needs two")
        return cls(float(np.mean(draws)), float(np.std(draws, ddof=1)) / math.sqrt(len(draws)))


def score_error(
    score: Score, oracle: Oracle, t: float, n: int, rng: np.random.Generator, *, weighted: bool = False
) -> Estimate:
    """E |score(x_t, t) - grad log p_t(x_t)|^2 over x_t ~ p_t; weighted: times sigma_t^2, the error in noise.

    Half of the weighted error is what the noise loss at t lies above its floor."""
    x = oracle.sample(n, t, rng)
    squares = np.sum(np.square(score(x, t) - oracle.score(x, t)), axis=1)
    return Estimate.of(squares * float(oracle.process.noise_level(t)) ** 2 if weighted else squares)


def oracle_loss(oracle: Oracle, kind: str, t: Any, n: int, rng: np.random.Generator) -> Estimate:
    """The floor: the unweighted loss of the best possible network of this kind, 1/2 E |target - E[target | x_t]|^2.

    t: one time, n of them, or None for the times of training.  No network has less, in expectation; none has 0."""
    t = oracle.process.draw_times(n, rng) if t is None else t
    x, x0, noise = oracle.sample_with_noise(n, t, rng)
    away = from_data_and_noise(kind, x0, noise, oracle.process, t) - oracle.predict(kind, x, t)
    return Estimate.of(0.5 * np.sum(np.square(away), axis=1))


def loss_over_floor(
    model: Denoiser, oracle: Oracle, t: Any, n: int, rng: np.random.Generator
) -> tuple[Estimate, Estimate, Estimate]:
    """(loss, floor, loss - floor) of a model in its own kind, on the same draws; t as in `oracle_loss`.

    The difference is 1/2 E |model - oracle|^2 in expectation, and has the least standard error: the noise is shared."""
    t = oracle.process.draw_times(n, rng) if t is None else t
    x, x0, noise = oracle.sample_with_noise(n, t, rng)
    target = from_data_and_noise(model.predicts, x0, noise, oracle.process, t)
    learned = asnumpy(model.predict(model.predicts, to(x, model.network.device), t))
    best = oracle.predict(model.predicts, x, t)
    loss, floor = (0.5 * np.sum(np.square(target - guess), axis=1) for guess in (learned, best))
    return Estimate.of(loss), Estimate.of(floor), Estimate.of(loss - floor)
