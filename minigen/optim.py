"""Optimisers, averages and clipping: each a few in-place lines on the one vector of a model's parameters.

    optimizer = Adam(model, lr=1e-3)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

`parameters` is a model, an iterable of parameters, or a ParameterVector throughout.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from minigen.device import asnumpy, namespace
from minigen.vector import ParameterVector

__all__ = ["EMA", "SGD", "Adam", "Optimizer", "RMSProp", "clip_grad_norm", "clip_grad_value", "clip_weights"]


def _check(name: str, value: float, low: float, high: float = math.inf, open_low: bool = False) -> float:
    """value as a float in [low, high), or (low, high); ValueError otherwise."""
    if not (low < value < high or (value == low and not open_low)):
        interval = f"{'(' if open_low else '['}{low:g}, {high:g})"
        raise ValueError(f"{name} must be in {interval}, got {value!r}")
    return float(value)


class _Stateful:
    """What is saved: the vectors named in `buffers` and the numbers named in `settings`."""

    vector: ParameterVector
    buffers: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()

    def _allocate(self, *names: str) -> None:
        self.buffers = names
        for name in names:
            setattr(self, name, np.zeros_like(self.vector.data))

    def state_dict(self) -> dict[str, Any]:
        """All that a resumed run needs, apart from the parameters themselves: numbers and copies of arrays."""
        state: dict[str, Any] = {"kind": type(self).__name__}
        state |= {name: getattr(self, name) for name in self.settings}
        return state | {name: np.array(asnumpy(getattr(self, name))) for name in self.buffers}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state_dict(), settings included.  ValueError if it is not of this kind and size; then nothing
        has changed."""
        kind, n = type(self).__name__, len(self.vector)
        if state.get("kind") != kind:
            raise ValueError(f"this is a state of {state.get('kind', 'something else')}, not of {kind}")
        names = {"kind", *self.settings, *self.buffers}
        if set(state) != names:
            raise ValueError(f"a state of {kind} has {sorted(names)}, but this one has {sorted(state)}")
        for name in self.buffers:
            value = np.asarray(state[name])
            if value.shape != (n,) or value.dtype != self.vector.data.dtype:
                raise ValueError(
                    f"{name} should be {n} numbers of {self.vector.data.dtype}, but is of shape {value.shape} and "
                    f"{value.dtype}: the state is of another model"
                )
        for name in self.settings:
            value = state[name]
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
                raise ValueError(f"{name} should be a finite number, but is {value!r}")
        for name in self.settings:
            setattr(self, name, type(getattr(self, name))(state[name]))
        for name in self.buffers:
            own = getattr(self, name)
            own[...] = namespace(own).asarray(state[name])


class Optimizer(_Stateful):
    """Base class.  lr may be changed at any time: `optimizer.lr *= 0.5`.

    step() raises FloatingPointError if the gradient is not finite, before anything has changed.  A parameter that no
    gradient reached counts as one with gradient zero."""

    def __init__(self, parameters: Any, lr: float):
        self.vector = ParameterVector.of(parameters)
        self.lr = _check("lr", lr, 0, open_low=True)
        self._scratch = np.empty_like(self.vector.data)

    def zero_grad(self) -> None:
        """Set the gradient to zero: backward() adds to what is there."""
        self.vector.zero_grad()

    def step(self) -> None:
        """Change the parameters along their gradient."""
        theta, g = self.vector.data, self.vector.grad
        if not np.isfinite(g).all():
            raise FloatingPointError(_not_finite(self.vector))
        self.update(theta, g)

    def update(self, theta: Any, g: Any) -> None:
        """Change theta in place, given the gradient g, which is left as it is."""
        raise NotImplementedError


def _not_finite(vector: ParameterVector) -> str:
    bad = [i for i, s in enumerate(vector.slices) if not np.isfinite(vector.grad[s]).all()]
    shape = vector.parameters[bad[0]].shape
    return (
        f"the gradient of {len(bad)} of {len(vector.parameters)} parameters is not finite (first: number {bad[0]}, "
        f"shape {shape}); no parameter was changed.  Look at the loss, lower lr, or clip the gradient's norm"
    )


class SGD(Optimizer):
    """theta <- theta - lr g.  With momentum mu:  v <- mu v + g, theta <- theta - lr v; nesterov: theta - lr (g + mu v).

    (Robbins & Monro 1951; Polyak 1964; Sutskever et al. 2013, in PyTorch's form.)"""

    settings = ("lr", "momentum")

    def __init__(self, parameters: Any, lr: float, momentum: float = 0.0, nesterov: bool = False):
        super().__init__(parameters, lr)
        self.momentum, self.nesterov = _check("momentum", momentum, 0, 1), bool(nesterov)
        if nesterov and not momentum:
            raise ValueError("nesterov=True needs a momentum > 0")
        self._allocate("velocity")

    def update(self, theta: Any, g: Any) -> None:
        s, v = self._scratch, self.velocity  # type: ignore[attr-defined]
        if self.momentum:
            v *= self.momentum
            v += g
            if self.nesterov:
                np.multiply(v, self.momentum, out=s)
                s += g
                g = s
            else:
                g = v
        np.multiply(g, self.lr, out=s)
        theta -= s


class RMSProp(Optimizer):
    """v <- alpha v + (1 - alpha) g^2,  theta <- theta - lr g / (sqrt(v) + eps).

    (Tieleman & Hinton 2012; defaults of PyTorch.  The Wasserstein GAN was trained with lr = 5e-5.)"""

    settings = ("lr", "alpha", "eps")

    def __init__(self, parameters: Any, lr: float = 0.01, alpha: float = 0.99, eps: float = 1e-8):
        super().__init__(parameters, lr)
        self.alpha, self.eps = _check("alpha", alpha, 0, 1), _check("eps", eps, 0)
        self._allocate("square")

    def update(self, theta: Any, g: Any) -> None:
        s, v = self._scratch, self.square  # type: ignore[attr-defined]
        v *= self.alpha
        np.multiply(g, g, out=s)
        s *= 1 - self.alpha
        v += s
        np.sqrt(v, out=s)
        s += self.eps
        np.divide(g, s, out=s)
        s *= self.lr
        theta -= s


class Adam(Optimizer):
    """m <- b1 m + (1 - b1) g,  v <- b2 v + (1 - b2) g^2,  theta <- theta - lr m' / (sqrt(v') + eps)

    with the bias corrections m' = m / (1 - b1^t) and v' = v / (1 - b2^t), t = 1, 2, ...; betas = (b1, b2).
    (Kingma & Ba 2015, algorithm 1.)"""

    settings = ("lr", "beta1", "beta2", "eps", "t")

    def __init__(self, parameters: Any, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8):
        super().__init__(parameters, lr)
        self.beta1, self.beta2 = _check("beta1", betas[0], 0, 1), _check("beta2", betas[1], 0, 1)
        self.eps, self.t = _check("eps", eps, 0), 0
        self._allocate("m", "v")

    def update(self, theta: Any, g: Any) -> None:
        s, m, v = self._scratch, self.m, self.v  # type: ignore[attr-defined]
        self.t += 1
        m *= self.beta1
        np.multiply(g, 1 - self.beta1, out=s)
        m += s
        v *= self.beta2
        np.multiply(g, g, out=s)
        s *= 1 - self.beta2
        v += s
        scale = math.sqrt(1 - self.beta2**self.t)  # of v'; it cancels, so that it need not multiply every number
        np.sqrt(v, out=s)
        s += self.eps * scale
        np.divide(m, s, out=s)
        s *= self.lr * scale / (1 - self.beta1**self.t)
        theta -= s


class EMA(_Stateful):
    """The running average of a model's parameters: average <- decay average + (1 - decay) theta at each update().

    It starts at theta as it is now.  Buffers, a BatchNorm's statistics for example, are not averaged."""

    settings = ("decay",)
    buffers = ("average",)

    def __init__(self, parameters: Any, decay: float = 0.999):
        self.vector = ParameterVector.of(parameters)
        self.decay = _check("decay", decay, 0, 1)
        self.average = self.vector.data.copy()
        self._scratch = np.empty_like(self.average)

    def update(self) -> None:
        """Follow theta by one step; call it after the optimiser's."""
        np.subtract(self.vector.data, self.average, out=self._scratch)
        self._scratch *= 1 - self.decay
        self.average += self._scratch

    @contextmanager
    def applied(self) -> Iterator[None]:
        """`with ema.applied(): ...` computes with the average in place of theta, and puts theta back after."""
        theta = self.vector.data.copy()
        self.vector.data = self.average
        try:
            yield
        finally:
            self.vector.data = theta


def clip_grad_value(parameters: Any, bound: float) -> None:
    """Clip each number of the gradient to [-bound, bound], in place."""
    g = ParameterVector.of(parameters).grad
    _check("bound", bound, 0, open_low=True)
    np.clip(g, -bound, bound, out=g)


def clip_grad_norm(parameters: Any, max_norm: float) -> float:
    """Shorten the gradient to length max_norm if it is longer, in place.  Returns its length before.

    Raises FloatingPointError if the gradient is not finite.  (Pascanu et al. 2013, algorithm 1.)"""
    _check("max_norm", max_norm, 0, open_low=True)
    vector = ParameterVector.of(parameters)
    g = vector.grad
    largest = float(np.max(np.abs(g)))
    if not math.isfinite(largest):
        raise FloatingPointError(_not_finite(vector))
    norm = largest * float(np.linalg.norm(g / largest)) if largest else 0.0  # scaled: no square overflows
    if norm > max_norm:
        g *= max_norm / norm
    return norm


def clip_weights(parameters: Any, c: float) -> None:
    """Clip each parameter to [-c, c], in place, as the Wasserstein GAN does (Arjovsky et al. 2017, algorithm 1)."""
    _check("c", c, 0, open_low=True)
    theta = ParameterVector.of(parameters).data
    np.clip(theta, -c, c, out=theta)
