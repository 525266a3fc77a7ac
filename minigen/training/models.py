"""The models of `minigen train`, by name, and what a model is to a run."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Iterator
from pkgutil import resolve_name
from typing import Any, Protocol

import numpy as np

from minigen.training.data import TrainingData

__all__ = ["MODELS", "Model", "SettingsError", "model_class", "unknown_model"]

# Where the class of each model is: module:name.  It is imported when it is asked for.
MODELS = {
    "gan": "minigen.gan.cli:GAN",
    "gan-r1": "minigen.gan.variants:R1",
    "wgan": "minigen.gan.variants:WGAN",
    "wgan-gp": "minigen.gan.variants:WGANGP",
    "dragan": "minigen.gan.variants:DRAGAN",
    "sngan": "minigen.gan.variants:SNGAN",
    "diffusion": "minigen.diffusion.cli:Diffusion",
}


class SettingsError(ValueError):
    """The settings do not go together, or not with the data; the message says why."""


class Model(Protocol):
    """What a model is to a run.

    summary: what it is, after "Train ...".  add_options: its own options, without defaults, so that what was given can
    be told from what was not.  defaults: settings for these data, where none are given.  changeable: settings that may
    be given anew when a run goes on, for training does not depend on them.  only_with: settings that mean something
    beside one value of another setting alone, {name: (other, value)}.  The constructor makes the networks with
    their first weights; SettingsError if it cannot.

    curves: names of the losses in the records that `steps` yields, with `.step`, counted from 1.  unit: theirs.
    states: what is to be saved, by name, each with state_dict() and load_state_dict().  sample: n standardised points,
    (n, d), with the labels that they were made for (given, or drawn), or None.  distances: exact W1 over the steps, as
    gan.Watch.record gives it; {} if the model measures none."""

    summary: str
    changeable: tuple[str, ...]
    only_with: dict[str, tuple[str, Any]]
    curves: tuple[str, ...]
    unit: str
    states: dict[str, Any]

    @classmethod
    def add_options(cls, parser: argparse.ArgumentParser) -> None: ...

    @classmethod
    def defaults(cls, data: TrainingData) -> dict[str, Any]: ...

    def __init__(self, settings: dict[str, Any], data: TrainingData, rng: np.random.Generator): ...

    def steps(self, start: int, stop: int, rng: np.random.Generator) -> Iterator[Any]: ...

    def sample(
        self, n: int, rng: np.random.Generator, labels: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray | None]: ...

    def distances(self) -> dict[str, Any]: ...


def model_class(name: str) -> type[Model]:
    """The class of the model called `name`, a key of MODELS."""
    return resolve_name(MODELS[name])


def unknown_model(name: str) -> str:
    """That there is no such model, and which was meant."""
    near = difflib.get_close_matches(name.lower(), MODELS, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(MODELS)}"
    return f"no model is called {name!r}: {hint}"
