"""W6: what one operation costs when the numbers cost nothing: chains of operations on scalars, and their gradient.

x <- tanh(a x + b), three operations a link: 300 links, and 10,000 for the deep graph.
"""

import math
from functools import partial
from itertools import pairwise
from types import SimpleNamespace

import numpy as np

from benchmarks.measure import Workload


def problem(dtype, links):
    return SimpleNamespace(a=np.array(0.9, dtype), b=np.array(0.1, dtype), x=np.array(0.5, dtype), links=links)


def in_minigen(p):
    from minigen import Tensor

    def step():
        a, b, x = (Tensor(v, requires_grad=True) for v in (p.a, p.b, p.x))
        y = x
        for _ in range(p.links):
            y = np.tanh(a * y + b)
        y.backward()
        return float(y), float(a.grad), float(b.grad)

    return step


def in_torch(p):
    from benchmarks.libraries.torch_parts import torch

    def step():
        a, b, x = (torch.tensor(v, requires_grad=True) for v in (p.a, p.b, p.x))
        y = x
        for _ in range(p.links):
            y = torch.tanh(a * y + b)
        y.backward()
        return y.item(), a.grad.item(), b.grad.item()

    return step


def in_jax(p):
    from benchmarks.libraries import jax_parts as j

    def f(a, b, y):
        for _ in range(p.links):
            y = j.jnp.tanh(a * y + b)
        return y

    both = j.jax.jit(j.jax.value_and_grad(f, argnums=(0, 1)))
    given = tuple(map(j.jnp.array, (p.a, p.b, p.x)))

    def step():
        y, (a, b) = both(*given)
        return float(y), float(a), float(b)

    return step


def in_autograd(p):
    import autograd.numpy as anp
    from autograd import value_and_grad

    def f(a, b):
        y = p.x
        for _ in range(p.links):
            y = anp.tanh(a * y + b)
        return y

    both = value_and_grad(f, argnum=(0, 1))

    def step():
        y, (a, b) = both(p.a, p.b)
        return float(y), float(a), float(b)

    return step


def in_mygrad(p):
    from benchmarks.libraries.mygrad_parts import mg

    def step():
        a, b, y = (mg.tensor(v) for v in (p.a, p.b, p.x))
        for _ in range(p.links):
            y = mg.tanh(a * y + b)
        y.backward()
        return float(y.data), float(a.grad), float(b.grad)

    return step


def by_hand(p):
    """With the buffers of a tape: the calls of NumPy that are needed, and no others."""
    ys = np.empty(p.links + 1, p.x.dtype)
    cells = [ys[i : i + 1].reshape(()) for i in range(p.links + 1)]
    g, ga, gb, work = (np.zeros((), p.x.dtype) for _ in range(4))
    one = p.x.dtype.type(1)

    def step():
        cells[0][...] = p.x
        for y, out in pairwise(cells):
            np.multiply(p.a, y, out=out)
            np.add(out, p.b, out=out)
            np.tanh(out, out=out)
        g[...], ga[...], gb[...] = 1, 0, 0
        for y, out in zip(cells[-2::-1], cells[:0:-1], strict=True):
            np.multiply(out, out, out=work)
            np.subtract(one, work, out=work)
            np.multiply(g, work, out=g)
            np.add(gb, g, out=gb)
            np.multiply(g, y, out=work)
            np.add(ga, work, out=ga)
            np.multiply(g, p.a, out=g)
        return float(cells[-1]), float(ga), float(gb)

    return step


def in_python(p):
    """Python's own numbers, which are double: what would be left without arrays."""

    def step():
        a, b, ys = float(p.a), float(p.b), [float(p.x)]
        for _ in range(p.links):
            ys.append(math.tanh(a * ys[-1] + b))
        g, ga, gb = 1.0, 0.0, 0.0
        for y, out in zip(ys[-2::-1], ys[:0:-1], strict=True):
            g *= 1 - out * out
            gb += g
            ga += g * y
            g *= a
        return ys[-1], ga, gb

    return step


CONTENDERS = {
    "minigen": in_minigen,
    "torch": in_torch,
    "autograd": in_autograd,
    "mygrad": in_mygrad,
    "NumPy by hand": by_hand,
    "Python floats": in_python,
}
WORKLOADS = [
    Workload(
        "W6", "scalars, 900 operations and their gradient", partial(problem, links=300),
        CONTENDERS | {"jax jit": in_jax}, aim={"float32": 0.55},
    ),
    Workload(
        "W6 deep", "scalars, 30,000 operations and their gradient", partial(problem, links=10_000),
        CONTENDERS | {"jax jit": "the time to compile grows with the square of their number"},
        aim={"float32": None}, checked=2,
    ),
]  # fmt: skip
