"""Training a diffusion model, as an iterator over its steps."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

from minigen.autodiff import raw
from minigen.device import asnumpy, to
from minigen.diffusion.denoiser import Denoiser
from minigen.diffusion.forward import standard_normal
from minigen.diffusion.losses import prediction_loss
from minigen.optim import EMA, Optimizer

__all__ = ["Step", "train"]

Sampler = Callable[[int, np.random.Generator], Any]


@dataclass(frozen=True)
class Step:
    """What one step reports.  step: how many steps have been made, this one included.  loss: of its batch, before it.

    The loss does not tend to 0, but to a floor that is the data's: see minigen.diffusion.oracle_loss."""

    step: int
    loss: float


def train(
    model: Denoiser,
    sample_data: Sampler,
    optimizer: Optimizer,
    *,
    rng: np.random.Generator,
    batch_size: int = 128,
    steps: int | None = None,
    start: int = 0,
    weight: Callable[[Any], Any] | None = None,
    draw_times: Sampler | None = None,
    drop_labels: float = 0.1,
    schedule: Callable[[int], float] | None = None,
    ema: EMA | None = None,
) -> Iterator[Step]:
    """Ho et al. (2020), Algorithm 1; the course's Algorithm 2 with its erratum R26 mended.  Yields a Step after each of

        x_0 ~ data,  t ~ uniform,  xi ~ N(0, I)
        x_t = a_t x_0 + sigma_t xi
        descend 1/2 w(t) |network(x_t, t) - target|^2,   target = xi where model.predicts = "noise"

    until `steps` steps are made (None: without end), counting from `start`.  The network learns xi, and the sampler
    wants a score: `model.score` converts, and a sampler that takes the one for the other diverges (claim C90).

    sample_data(n, rng): a batch (n, ...), or a pair of a batch and its labels (n,), each of which is replaced by the
    null label with probability drop_labels, so that one network learns p(x) and p(x | y) (Ho & Salimans 2022,
    Algorithm 1).  weight(t): of each point.  draw_times(n, rng): another law of t than model.process.draw_times.
    schedule(start), schedule(start + 1), ...: factors on the learning rate.  ema: follows each step.

    Batches and noise are moved to the device where the network lives: model.network.to("cuda"), before the optimiser
    is made, is all that a GPU asks for.

    All randomness comes from rng, and all that changes is in the network, the optimiser, ema and rng: save these and
    the step, and a run goes on from there bit for bit.  FloatingPointError, naming the step, if the loss or a gradient
    is no longer finite; that update is not made."""
    _check(batch_size, drop_labels)
    process, dtype, device = model.process, model.network.dtype, model.network.device
    draw_times = process.draw_times if draw_times is None else draw_times

    for step in count(start) if steps is None else range(start, steps):
        x0, labels = _batch(sample_data, batch_size, rng, dtype, device)
        if labels is None and model.classes:
            raise ValueError(
                f"the network knows {model.classes} classes, but sample_data gives no labels: it should give a pair, "
                "points (n, ...) and labels (n,); or build the network without classes"
            )
        t = draw_times(batch_size, rng)
        noise = to(standard_normal(x0.shape, dtype, rng), device)
        if labels is not None:
            labels = np.where(rng.random(batch_size) < drop_labels, model.classes, labels)
        x = process.mix(x0, t, noise)

        with np.errstate(over="ignore", invalid="ignore"):
            w = 1.0 if weight is None else weight(t)
            loss = prediction_loss(model.predicts, model.output(x, t, labels), x0, noise, process, t, w)
            value = float(loss)  # asked for once: on a GPU it has to be waited for
            if not math.isfinite(value):
                hint = "Lower the learning rate, or look at the data for outliers"
                raise FloatingPointError(f"step {step + 1}: the loss is {value}. {hint}")
            optimizer.zero_grad()
            loss.backward()
            _descend(optimizer, 1.0 if schedule is None else schedule(step), step)
        if ema is not None:
            ema.update()
        yield Step(step + 1, value)


def _descend(optimizer: Optimizer, rate: float, step: int) -> None:
    """One step at `rate` times the learning rate, which is the same again afterwards."""
    base, optimizer.lr = optimizer.lr, optimizer.lr * rate
    try:
        optimizer.step()
    except FloatingPointError as error:
        raise FloatingPointError(f"step {step + 1}: {error}") from error
    finally:
        optimizer.lr = base


def _batch(sample: Sampler, n: int, rng: np.random.Generator, dtype: Any, device: str) -> tuple[Any, Any]:
    """n points in the network's precision and on its device, and their labels, on the CPU, or None."""
    batch = sample(n, rng)
    x, labels = batch if isinstance(batch, tuple) else (batch, None)
    x = raw(x)
    if not hasattr(x, "dtype"):
        raise TypeError(f"a sampler gave a {type(x).__name__}, expected an array of points: np.asarray(...)")
    if len(x) != n or (labels is not None and len(labels) != n):
        given = f"{len(x)}" if labels is None else f"{len(x)} with {len(labels)} labels"
        raise ValueError(f"a sampler was asked for {n} points and gave {given}")
    return to(x.astype(dtype, copy=False), device), None if labels is None else asnumpy(labels)


def _check(batch_size: int, drop_labels: float) -> None:
    if isinstance(batch_size, bool) or not isinstance(batch_size, (int, np.integer)) or batch_size < 1:
        raise ValueError(f"batch_size is {batch_size!r}, expected a whole number >= 1")
    if not 0 <= drop_labels <= 1:
        raise ValueError(f"drop_labels is {drop_labels!r}, expected a probability")
