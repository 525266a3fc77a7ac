"""A network, what it predicts, and of which process: a learned score, with or without guidance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from minigen.autodiff import Tensor, no_grad
from minigen.device import namespace
from minigen.diffusion.forward import ForwardProcess
from minigen.diffusion.predictions import check_kind, convert
from minigen.nn import Module

__all__ = ["Denoiser"]


@dataclass(frozen=True)
class Denoiser:
    """A network made a score.  predicts: what it answers, "noise", "score", "data" or "velocity".

    The network is a Module, network(x, u, labels): x (n, ...), u the times as shares of the last one, (n,) or (1,),
    labels (n,) integers or None.  A conditional one has an attribute `classes` > 0; label `classes`, or None, is the
    null label.  Any network that keeps to this will do."""

    network: Module
    process: ForwardProcess
    predicts: str = "noise"

    def __post_init__(self) -> None:
        check_kind(self.predicts)

    @property
    def classes(self) -> int:
        """How many labels the network knows; 0 if it is not conditional."""
        return getattr(self.network, "classes", 0)

    def output(self, x: Any, t: ArrayLike, labels: Any = None) -> Any:
        """What the network answers, to be trained: a Tensor."""
        if labels is not None and np.ndim(labels) and np.shape(labels) != (len(x),):
            raise ValueError(f"labels has shape {np.shape(labels)} for {len(x)} points, expected one, or one for each")
        u = np.atleast_1d(np.asarray(t) / self.process.last).astype(x.dtype)
        if labels is None:
            return self.network(x, namespace(x).asarray(u))
        return self.network(x, namespace(x).asarray(u), np.broadcast_to(labels, len(x)))

    def predict(self, kind: str, x: Any, t: ArrayLike, labels: Any = None) -> Any:
        """The prediction of this kind, whatever the network's own is: an array for an array, a Tensor for a Tensor.

        x is converted to the network's precision.  ValueError at t = 0 for a score, or for noise guessed through data:
        where there is no noise, nothing is learned of it."""
        undefined = kind != self.predicts and (kind == "score" or (kind, self.predicts) == ("noise", "data"))
        if undefined and np.any(np.asarray(t) == 0):
            raise ValueError(
                f"at t = 0 there is no noise, and a network that predicts {self.predicts} says nothing of the {kind}; "
                f"begin or end at t = {self.process.first:g}, the earliest time with noise (process.first)"
            )
        if not hasattr(x, "dtype"):
            raise TypeError(f"x is a {type(x).__name__}, expected an array of points: np.array(x, dtype=np.float32)")
        if isinstance(x, Tensor):
            x = x if x.dtype == self.network.dtype else x.astype(self.network.dtype)
            return convert(self.output(x, t, labels), self.predicts, kind, x, self.process, t)
        with no_grad():
            x = x.astype(self.network.dtype, copy=False)
            return convert(self.output(x, t, labels).data, self.predicts, kind, x, self.process, t)

    def score(self, x: Any, t: ArrayLike, labels: Any = None) -> Any:
        """The learned grad log p_t(x), or grad log p_t(x | label)."""
        return self.predict("score", x, t, labels)

    def guided(self, labels: Any, weight: float = 1.0) -> Callable[[Any, ArrayLike], Any]:
        """The score s + w (s_y - s), from those without and with the label: classifier-free guidance.

        labels: one for all points, or (n,).  w = 0 ignores the label, w = 1 is the score given the label (claim C93),
        w > 1 exaggerates it, and is the score of no noised law.  (Ho & Salimans 2022, eq. 6, whose weight is w - 1.)"""
        if not self.classes:
            raise ValueError("guidance needs a network that knows labels: build it with classes=...")

        def score(x: Any, t: ArrayLike) -> Any:
            if weight == 1:
                return self.score(x, t, labels)
            free = self.score(x, t)
            return free if weight == 0 else free + weight * (self.score(x, t, labels) - free)

        return score
