"""How steep is a critic, and what does its gap say about the Wasserstein distance?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np

from minigen import nn
from minigen.autodiff import no_grad, raw
from minigen.device import asnumpy, to
from minigen.gan.constraints import check_points, gradient_norms
from minigen.transport import cost_matrix

__all__ = [
    "clipping_bound", "critic_gap", "lipschitz_bound", "measured_lipschitz", "normalised_gap", "secant_lipschitz",
]  # fmt: skip

# Largest slope of each activation.  Those of SiLU and GELU (in its tanh approximation) are rounded up.
_SLOPES: dict[Any, float] = {
    np.tanh: 1.0, nn.relu: 1.0, nn.leaky_relu: 1.0, nn.elu: 1.0, nn.softplus: 1.0, nn.sigmoid: 0.25,
    nn.Tanh: 1.0, nn.ReLU: 1.0, nn.LeakyReLU: 1.0, nn.Softplus: 1.0, nn.Sigmoid: 0.25,
    nn.silu: 1.0999, nn.SiLU: 1.0999, nn.gelu: 1.129, nn.GELU: 1.129,
}  # fmt: skip


def lipschitz_bound(critic: Any) -> float:
    """Product of the layers' largest singular values and the activations' largest slopes: Lip(f) <= the result.

    critic: Linear, SpectralNorm of it, MLP, Sequential, or an activation.  Attained only where the singular vectors of
    neighbouring layers align; for random weights it is about ten times too large (claim C63).  ValueError for a layer
    of which no constant is known here."""
    if isinstance(critic, nn.MLP):
        last = [] if critic.output_activation is None else [critic.output_activation]
        slopes = [lipschitz_bound(critic.activation)] * (len(critic.layers) - 1)
        return prod([*(lipschitz_bound(part) for part in (*critic.layers, *last)), *slopes])
    if isinstance(critic, nn.Sequential):
        return prod(lipschitz_bound(layer) for layer in critic)
    if isinstance(critic, nn.Linear) or (isinstance(critic, nn.SpectralNorm) and isinstance(critic.layer, nn.Linear)):
        return float(np.linalg.norm(asnumpy(raw(critic.weight)).astype(np.float64), 2))
    if isinstance(critic, nn.ELU):
        return max(1.0, critic.alpha)
    slope = _SLOPES.get(type(critic) if isinstance(critic, nn.Module) else critic)
    if slope is None:
        name = type(critic).__name__ if isinstance(critic, nn.Module) else getattr(critic, "__name__", repr(critic))
        raise ValueError(f"no Lipschitz constant is known for {name}; measured_lipschitz looks at points instead")
    return slope


def clipping_bound(sizes: Sequence[int], c: float) -> float:
    """prod_l c sqrt(n_l n_{l+1}): the Lipschitz bound of an MLP of these sizes with all weights in [-c, c].

    Attained, for ReLU, where every weight is c.  (2, 64, 64, 1) at c = 0.01 gives 0.0058.  (Claim C54.)"""
    if len(sizes) < 2 or min(sizes) < 1 or not c >= 0:
        raise ValueError(f"expected the sizes of an MLP, (2, 64, 1) say, and c >= 0, got {tuple(sizes)} and {c}")
    return prod(c * (n * m) ** 0.5 for n, m in pairwise(sizes))


def measured_lipschitz(critic: Any, points: Any) -> float:
    """The largest |grad f(x)| at the points (n, ...): a lower bound of the Lipschitz constant (claim C59)."""
    with no_grad(), at_rest(critic):
        return float(np.max(gradient_norms(critic, _as_taken(critic, points))))


def secant_lipschitz(critic: Any, x: Any, y: Any) -> float:
    """The largest |f(x_i) - f(y_j)| / |x_i - y_j| over all pairs of the two sets (m, d) and (n, d).

    A lower bound of the Lipschitz constant, and all of it that E f(x) - E f(y) can use."""
    return _steepest(_values(critic, x), _values(critic, y), x, y)


def _steepest(f: np.ndarray, g: np.ndarray, x: Any, y: Any) -> float:
    distance = cost_matrix(_double(x), _double(y), 1, "euclidean")
    rise = np.abs(f[:, None] - g[None, :])
    return float(np.max(np.divide(rise, distance, out=np.zeros_like(rise), where=distance > 0)))


def critic_gap(critic: Any, real: Any, fake: Any) -> float:
    """E f(x) - E f(G(z)) over two sets of points: what a Wasserstein critic maximises, in units of f."""
    return _gap(_values(critic, real), _values(critic, fake))


def _gap(f: np.ndarray, g: np.ndarray) -> float:
    return float(np.mean(f - f[0]) - np.mean(g - f[0]))  # without what both share: exactly 0 for a constant critic


def normalised_gap(critic: Any, real: Any, fake: Any, constant: float | None = None) -> float:
    """The critic's gap over its Lipschitz constant: never above the exact W1 of the two sets of points (m, d), (n, d).

    constant: a Lipschitz constant of the critic, lipschitz_bound(critic) say.  None: secant_lipschitz on these points,
    the smallest for which the statement holds: E f(x) - E f(y) = E_plan[f(x) - f(y)] <= constant E_plan |x - y|, for
    every plan, the optimal one among them.  A constant critic gives 0.  (Kantorovich-Rubinstein; claims C44, C53.)"""
    f, g = _values(critic, real), _values(critic, fake)
    gap = _gap(f, g)
    if constant is None:
        constant = _steepest(f, g, real, fake)
    if constant == 0 and gap == 0:
        return 0.0
    if not constant > 0:
        raise ValueError(f"constant is {constant!r}, expected a Lipschitz constant of the critic, above 0")
    return gap / constant


def _as_taken(critic: Any, points: Any) -> Any:
    """The points in the critic's own precision and on its device, if it is a Module."""
    check_points(points)
    points = raw(points)
    return to(points.astype(critic.dtype, copy=False), critic.device) if isinstance(critic, nn.Module) else points


def _double(points: Any) -> np.ndarray:
    return asnumpy(raw(points)).astype(np.float64)


def _values(critic: Callable, points: Any) -> np.ndarray:
    """f at the points, (n,), in double precision."""
    with no_grad(), at_rest(critic):
        values = asnumpy(raw(critic(_as_taken(critic, points)))).astype(np.float64)
    if values.size != len(points):
        raise ValueError(f"a critic gives one number a point, but {len(points)} points gave shape {values.shape}")
    return values.reshape(-1)


@contextmanager
def at_rest(critic: Any) -> Iterator[None]:
    """Inside the block the critic is in eval(), one and the same function at each call, which looking does not change:
    in training a SpectralNorm moves on with every pass, and BatchNorm and Dropout make a point's value depend on more
    than the point."""
    modules = [module for _, module in critic.named_modules()] if isinstance(critic, nn.Module) else []
    modes = [module.training for module in modules]
    for module in modules:
        module.training = False
    try:
        yield
    finally:
        for module, mode in zip(modules, modes, strict=True):
            module.training = mode
