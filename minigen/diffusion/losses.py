"""Losses of score matching: half mean squared distances, so that their gradients have no stray factors.

    explicit score matching   1/2 E w(t) |s(x_t, t) - grad log p_t(x_t)|^2           (needs the truth)
    denoising score matching  1/2 E w(t) |s(x_t, t) - grad log p(x_t | x_0)|^2       (needs data only)
    noise prediction          1/2 E w(t) |e(x_t, t) - xi|^2

The first two differ by a number that s does not change (Vincent 2011; claim C86, erratum R27), the last two by the
weight sigma^2 (claim C87, erratum R28).  Norms are sums over coordinates, means are over the batch.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from minigen.diffusion.forward import ForwardProcess, per_point
from minigen.diffusion.predictions import check_kind, from_data_and_noise

__all__ = [
    "denoising_score_matching", "explicit_score_matching", "half_mean_square", "noise_prediction", "prediction_loss",
    "weight_in_noise",
]  # fmt: skip


def half_mean_square(prediction: Any, target: Any, weight: Any = 1.0) -> Any:
    """1/2 mean_i w_i |prediction_i - target_i|^2 for (n, ...); weight: one number, or one for each point, (n,)."""
    if prediction.shape != target.shape:
        raise ValueError(f"the prediction has shape {prediction.shape}, but the target has {target.shape}")
    return np.sum(per_point(weight, target) * np.square(prediction - target)) / (2 * len(target))


def explicit_score_matching(score: Any, true_score: Any, weight: Any = 1.0) -> Any:
    """1/2 E w |s - grad log p_t(x_t)|^2: from the truth, which only an oracle has."""
    return half_mean_square(score, true_score, weight)


def denoising_score_matching(score: Any, noise: Any, process: ForwardProcess, t: ArrayLike, weight: Any = 1.0) -> Any:
    """1/2 E w |s - grad log p(x_t | x_0)|^2, where grad log p(x_t | x_0) = -xi / sigma_t (claims C85, C86)."""
    return half_mean_square(score, -noise / per_point(process.noise_level(t), noise), weight)


def noise_prediction(guess: Any, noise: Any, weight: Any = 1.0) -> Any:
    """1/2 E w |guess - xi|^2: denoising score matching with weight sigma^2 (Ho et al. 2020, eq. 14; claim C87)."""
    return half_mean_square(guess, noise, weight)


def prediction_loss(
    kind: str, prediction: Any, x0: Any, noise: Any, process: ForwardProcess, t: ArrayLike, weight: Any = 1.0
) -> Any:
    """1/2 E w |prediction - target|^2, the target being what a prediction of this kind should say of (x_0, xi)."""
    return half_mean_square(prediction, from_data_and_noise(kind, x0, noise, process, t), weight)


def weight_in_noise(kind: str, process: ForwardProcess, t: ArrayLike) -> Any:
    """c with (loss of this kind) = c (loss of the noise that the prediction implies), at each t.

    noise 1, score 1 / sigma^2, data sigma^2 / a^2, velocity 1 / a^2: so an unweighted loss of one kind is a weighted
    loss of any other (claim C87, erratum R28)."""
    if check_kind(kind) == "noise":
        return np.ones(np.shape(t))
    if kind == "score":
        return process.noise_level(t) ** -2.0
    return process.noise_ratio(t) ** 2 if kind == "data" else process.amplitude(t) ** -2.0
