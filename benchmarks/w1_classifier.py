"""W1: one step of a classifier: a perceptron 2-128-128-128-1 on a batch of 256, leaky ReLU, cross-entropy, Adam."""

from itertools import cycle
from types import SimpleNamespace

import numpy as np

from benchmarks.measure import Workload
from benchmarks.problems import normal, weights_of

SIZES, BATCH = (2, 128, 128, 128, 1), 256


def problem(dtype):
    rng = np.random.default_rng(1)
    x = normal(rng, (BATCH, 2), dtype)
    y = (rng.random((*x.shape[:2], 1)) < 0.5).astype(dtype)
    return SimpleNamespace(weights=weights_of(SIZES, rng, dtype), x=x, y=y)


def in_minigen(p):
    from benchmarks.libraries.minigen_parts import mlp
    from minigen import nn, optim

    net, batches = mlp(p.weights, nn.LeakyReLU(0.2)), cycle(zip(p.x, p.y, strict=True))
    adam = optim.Adam(net.parameters(), lr=1e-3)

    def step():
        x, y = next(batches)
        loss = nn.binary_cross_entropy_with_logits(net(x), y)
        adam.zero_grad()
        loss.backward()
        adam.step()
        return float(loss)

    return step


def in_torch(p, how):
    from benchmarks.libraries import torch_parts as t

    net = t.mlp(p.weights, t.torch.nn.LeakyReLU(0.2))
    adam, batches = t.adam(net, how), cycle(zip(*map(t.torch.tensor, (p.x, p.y)), strict=True))

    def step():
        x, y = next(batches)
        loss = t.bce(net(x), y)
        adam.zero_grad()
        loss.backward()
        adam.step()
        return loss.item()

    return step


def in_jax(p):
    from benchmarks.libraries import jax_parts as j

    def loss(theta, x, y):
        return j.bce(j.forward(theta, x, j.leaky_relu), y)

    def step(state, batch):
        theta, moments = state
        value, g = j.jax.value_and_grad(loss)(theta, *batch)
        return j.adam(theta, g, moments), (value,)

    theta = j.tree(p.weights)
    return j.stateful(step, (theta, j.adam_init(theta)), p.x, p.y)


def in_autograd(p):
    from autograd import value_and_grad

    from benchmarks.libraries import autograd_parts as a
    from benchmarks.libraries.numpy_optimisers import Adam

    theta, batches = a.flat(p.weights), cycle(zip(p.x, p.y, strict=True))
    adam, both = Adam(theta), value_and_grad(lambda theta, x, y: a.bce(a.forward(theta, x), y))

    def step():
        loss, g = both(theta, *next(batches))
        adam.step(g)
        return float(loss)

    return step


def in_mygrad(p):
    from benchmarks.libraries import mygrad_parts as m
    from benchmarks.libraries.numpy_optimisers import Adam

    theta, batches = m.flat(p.weights), cycle(zip(p.x, p.y, strict=True))
    adam = Adam(m.arrays(theta))

    def step():
        x, y = next(batches)
        loss = m.bce(m.forward(theta, x), y)
        adam.step(m.gradients(loss, theta))
        return float(loss.data)

    return step


def in_tinygrad(p):
    from benchmarks.libraries import tinygrad_parts as t

    theta = t.flat(p.weights)
    adam = t.Adam(theta)

    def step(x, y):
        loss = t.bce(t.forward(theta, x), y)
        adam.zero_grad()
        loss.backward()
        return t.realized(adam, loss)

    return t.jitted(step, p.x, p.y)


def by_hand(p):
    from benchmarks.libraries import by_hand as h

    net, batches = h.HandMLP(p.weights, BATCH), cycle(zip(p.x, p.y, strict=True))
    adam = h.Adam(net.theta)

    def step():
        x, y = next(batches)
        loss, g = h.bce(net.forward(x), y)
        net.backward(g)
        adam.step(net.grad)
        return float(loss)

    return step


CONTENDERS = {
    "minigen": in_minigen,
    "torch loop": lambda p: in_torch(p, "loop"),
    "torch foreach": lambda p: in_torch(p, "foreach"),
    "torch fused": lambda p: in_torch(p, "fused"),
    "jax jit": in_jax,
    "autograd": in_autograd,
    "mygrad": in_mygrad,
    "tinygrad jit": in_tinygrad,
    "NumPy by hand": by_hand,
}
WORKLOADS = [
    Workload("W1", "classifier 2-3x128-1, batch 256, Adam", problem, CONTENDERS, aim={"float32": 0.50, "float64": 0.70})
]
