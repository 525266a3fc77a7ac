"""Losses, each the mean over all that is given, as one stable call from logits."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigen.autodiff import defvjp, log_softmax, primitive, raw, sigmoid, softmax
from minigen.device import beside

__all__ = ["binary_cross_entropy_with_logits", "cross_entropy", "mse_loss"]


def _check_targets(name: str, x: Any, targets: Any) -> None:
    shape = np.shape(raw(targets))
    if shape and shape != np.shape(raw(x)):
        raise ValueError(f"{name}: {np.shape(x)} against targets {shape} would be broadcast: reshape one of them")


@primitive
def _binary_cross_entropy(logits, targets):
    return np.mean(np.maximum(logits, 0) - logits * targets + np.log1p(np.exp(-np.abs(logits))))


defvjp(
    _binary_cross_entropy,
    lambda g, y, logits, targets: g / logits.size * (sigmoid(logits) - targets),
    lambda g, y, logits, targets: -g / logits.size * logits,
)


def binary_cross_entropy_with_logits(logits: Any, targets: Any) -> Any:
    """mean of -t log sigmoid(l) - (1 - t) log(1 - sigmoid(l)), finite for logits of any size.

    logits: any shape.  targets: numbers t in [0, 1] of that shape, or one for all.  ValueError for other shapes, which
    would be broadcast ((n,) against (n, 1) is n^2 losses)."""
    _check_targets("binary_cross_entropy_with_logits", logits, targets)
    return _binary_cross_entropy(logits, targets)


def mse_loss(prediction: Any, targets: Any) -> Any:
    """mean of (prediction - target)^2.  ValueError if the shapes differ and targets is not one number."""
    _check_targets("mse_loss", prediction, targets)
    return np.mean(np.square(prediction - targets))


@primitive
def _softmax_cross_entropy(logits, labels):
    return -np.mean(log_softmax(logits, axis=-1)[np.arange(len(labels), like=labels), labels])


def _softmax_cross_entropy_rule(g, y, logits, labels):
    labels = raw(labels)
    hits = np.zeros_like(raw(logits))
    hits[np.arange(len(labels), like=labels), labels] = 1
    return g / len(labels) * (softmax(logits, axis=-1) - hits)


defvjp(_softmax_cross_entropy, _softmax_cross_entropy_rule, None)


def cross_entropy(logits: Any, labels: Any) -> Any:
    """mean of -log softmax(logits)[label].

    logits: (n, classes).  labels: n integers from 0 to classes - 1.  ValueError or TypeError for anything else."""
    labels = raw(labels)
    labels = labels if hasattr(labels, "__array_function__") else np.asarray(labels)
    if np.ndim(logits) != 2 or labels.shape != (len(logits),):
        raise ValueError(
            f"cross_entropy takes logits (n, classes) and labels (n,), got {np.shape(logits)} and {labels.shape}"
        )
    if labels.dtype.kind not in "iu":
        raise TypeError(f"labels are integers, the classes' numbers; got {labels.dtype}")
    if labels.size and not (labels.min() >= 0 and labels.max() < np.shape(logits)[1]):
        raise ValueError(f"labels must be from 0 to {np.shape(logits)[1] - 1}, got {labels.min()} to {labels.max()}")
    return _softmax_cross_entropy(logits, beside(labels, logits))
