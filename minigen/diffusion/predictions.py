"""Noise, score, data, velocity: four names for one prediction, and the way from each to each.

Given x_t = a x_0 + sigma xi, whoever guesses x_0 has guessed xi, and the other way round.  The best guesses (in mean
square) are conditional means, which obey the same linear relations:

    data      E[x_0 | x_t]                    score      grad log p_t(x_t) = -E[xi | x_t] / sigma
    noise     E[xi | x_t]                     velocity   E[a xi - sigma x_0 | x_t]

(Score: Tweedie's formula, Efron 2011; noise: Ho et al. 2020; velocity: Salimans & Ho 2022; claims C85, C87.)
"""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike

from minigen.diffusion.forward import ForwardProcess, per_point

__all__ = ["KINDS", "check_kind", "convert", "data_and_noise", "from_data_and_noise"]

KINDS = ("noise", "score", "data", "velocity")


def data_and_noise(kind: str, value: Any, x: Any, process: ForwardProcess, t: ArrayLike) -> tuple[Any, Any]:
    """(x_0, xi) with a x_0 + sigma xi = x, as told by a prediction of this kind at x_t = x, both (n, ...).

    Undefined at t = 0, but for "velocity" and "score": where there is no noise, nothing is learned from guessing it."""
    a, sigma = per_point(process.amplitude(t), x), per_point(process.noise_level(t), x)
    if check_kind(kind) == "noise":
        return (x - sigma * value) / a, value
    if kind == "score":
        return (x + sigma**2 * value) / a, -sigma * value
    if kind == "data":
        return value, (x - a * value) / sigma
    return a * x - sigma * value, sigma * x + a * value


def from_data_and_noise(kind: str, x0: Any, noise: Any, process: ForwardProcess, t: ArrayLike) -> Any:
    """The prediction of this kind that says (x_0, xi): what a network of this kind should have answered."""
    if check_kind(kind) == "noise":
        return noise
    if kind == "data":
        return x0
    a, sigma = per_point(process.amplitude(t), noise), per_point(process.noise_level(t), noise)
    return -noise / sigma if kind == "score" else a * noise - sigma * x0


def convert(value: Any, source: str, target: str, x: Any, process: ForwardProcess, t: ArrayLike) -> Any:
    """A prediction of kind `source` at x_t = x as one of kind `target`; kinds: noise, score, data, velocity."""
    if check_kind(source) == check_kind(target):
        return value
    return from_data_and_noise(target, *data_and_noise(source, value, x, process, t), process, t)


def check_kind(kind: str) -> str:
    """kind, if it is one of KINDS; ValueError otherwise."""
    if kind not in KINDS:
        raise ValueError(f"a prediction is one of {', '.join(KINDS)}, got {kind!r}")
    return kind
