"""W2: one iteration of a GAN in the plane: both players 3x128, batch 256, leaky ReLU, non-saturating loss, Adam.

The discriminator judges data and samples in one pass; then the generator steps, and the discriminator's weights are
constants meanwhile.
"""

from itertools import cycle
from types import SimpleNamespace

import numpy as np

from benchmarks.measure import Workload
from benchmarks.problems import normal, replay, weights_of

BATCH = 256


def problem(dtype):
    rng = np.random.default_rng(2)
    g, d = weights_of((2, 128, 128, 128, 2), rng, dtype), weights_of((2, 128, 128, 128, 1), rng, dtype)
    labels = np.repeat(np.array([1, 0], dtype), BATCH)[:, None]
    x, z, z2 = (normal(rng, (BATCH, 2), dtype) for _ in range(3))
    return SimpleNamespace(g=g, d=d, x=x + dtype(1), z=z, z2=z2, labels=labels)


def in_minigen(p):
    from benchmarks.libraries.minigen_parts import mlp
    from minigen import gan, nn, optim

    g, d = mlp(p.g, nn.LeakyReLU(0.2)), mlp(p.d, nn.LeakyReLU(0.2))
    noise = [z for pair in zip(p.z, p.z2, strict=True) for z in pair]
    rounds = gan.train(
        g, d, replay(p.x), replay(noise), gan.non_saturating, optim.Adam(g, lr=1e-3), optim.Adam(d, lr=1e-3),
        rng=np.random.default_rng(0), batch_size=BATCH,
    )  # fmt: skip

    def step():
        done = next(rounds)
        return done.discriminator_loss, done.generator_loss

    return step


def in_torch(p, how):
    from benchmarks.libraries import torch_parts as t

    torch = t.torch
    g, d = t.mlp(p.g, torch.nn.LeakyReLU(0.2)), t.mlp(p.d, torch.nn.LeakyReLU(0.2))
    g_adam, d_adam, labels = t.adam(g, how), t.adam(d, how), torch.tensor(p.labels)
    batches = cycle(zip(*map(torch.tensor, (p.x, p.z, p.z2)), strict=True))

    def step():
        x, z, z2 = next(batches)
        with torch.no_grad():
            fake = g(z)
        d_loss = 2 * t.bce(d(torch.cat([x, fake])), labels)  # the sum of two means
        d_adam.zero_grad()
        d_loss.backward()
        d_adam.step()
        d.requires_grad_(False)
        g_loss = t.bce(d(g(z2)), labels[:BATCH])
        d.requires_grad_(True)
        g_adam.zero_grad()
        g_loss.backward()
        g_adam.step()
        return d_loss.item(), g_loss.item()

    return step


def in_jax(p):
    from benchmarks.libraries import jax_parts as j

    labels = j.jnp.array(p.labels)

    def forward(theta, x):
        return j.forward(theta, x, j.leaky_relu)

    def step(state, batch):
        (g, g_moments), (d, d_moments) = state
        x, z, z2 = batch
        both = j.jnp.concatenate([x, forward(g, z)])
        d_loss, slopes = j.jax.value_and_grad(lambda d: 2 * j.bce(forward(d, both), labels))(d)
        d, d_moments = j.adam(d, slopes, d_moments)
        g_loss, slopes = j.jax.value_and_grad(lambda g: j.bce(forward(d, forward(g, z2)), labels[:BATCH]))(g)
        g, g_moments = j.adam(g, slopes, g_moments)
        return ((g, g_moments), (d, d_moments)), (d_loss, g_loss)

    g, d = j.tree(p.g), j.tree(p.d)
    return j.stateful(step, ((g, j.adam_init(g)), (d, j.adam_init(d))), p.x, p.z, p.z2)


def in_autograd(p):
    from autograd import value_and_grad

    from benchmarks.libraries import autograd_parts as a
    from benchmarks.libraries.numpy_optimisers import Adam

    g, d, batches = a.flat(p.g), a.flat(p.d), cycle(zip(p.x, p.z, p.z2, strict=True))
    g_adam, d_adam = Adam(g), Adam(d)
    d_both = value_and_grad(lambda d, both: 2 * a.bce(a.forward(d, both), p.labels))
    g_both = value_and_grad(lambda g, z: a.bce(a.forward(d, a.forward(g, z)), p.labels[:BATCH]))

    def step():
        x, z, z2 = next(batches)
        d_loss, slopes = d_both(d, np.concatenate([x, a.forward(g, z)]))
        d_adam.step(slopes)
        g_loss, slopes = g_both(g, z2)
        g_adam.step(slopes)
        return float(d_loss), float(g_loss)

    return step


def in_mygrad(p):
    from benchmarks.libraries import mygrad_parts as m
    from benchmarks.libraries.numpy_optimisers import Adam

    g, d, batches = m.flat(p.g), m.flat(p.d), cycle(zip(p.x, p.z, p.z2, strict=True))
    g_adam, d_adam = Adam(m.arrays(g)), Adam(m.arrays(d))

    def step():
        x, z, z2 = next(batches)
        with m.mg.no_autodiff:
            fake = m.forward(g, z).data
        d_loss = 2 * m.bce(m.forward(d, np.concatenate([x, fake])), p.labels)
        d_adam.step(m.gradients(d_loss, d))
        g_loss = m.bce(m.forward(m.arrays(d), m.forward(g, z2)), p.labels[:BATCH])
        g_adam.step(m.gradients(g_loss, g))
        return float(d_loss.data), float(g_loss.data)

    return step


def in_tinygrad(p):
    from benchmarks.libraries import tinygrad_parts as t

    g, d, labels = t.flat(p.g), t.flat(p.d), t.Tensor(p.labels).realize()
    g_adam, d_adam = t.Adam(g), t.Adam(d)

    def step(x, z, z2):
        both = x.cat(t.forward(g, z).detach())
        d_loss = 2 * t.bce(t.forward(d, both), labels)
        d_adam.zero_grad()
        d_loss.backward()
        t.realized(d_adam, d_loss)
        g_loss = t.bce(t.forward([w.detach() for w in d], t.forward(g, z2)), labels[:BATCH])
        g_adam.zero_grad()
        g_loss.backward()
        return d_loss, *t.realized(g_adam, g_loss)

    return t.jitted(step, p.x, p.z, p.z2)


def by_hand(p):
    from benchmarks.libraries import by_hand as h

    g, d = h.HandMLP(p.g, BATCH), h.HandMLP(p.d, 2 * BATCH)
    d_of_fake = h.HandMLP(p.d, BATCH, shared=d)
    g_adam, d_adam, batches = h.Adam(g.theta), h.Adam(d.theta), cycle(zip(p.x, p.z, p.z2, strict=True))
    both = np.empty((2 * BATCH, 2), p.x.dtype)

    def step():
        both[:BATCH], z, z2 = next(batches)
        both[BATCH:] = g.forward(z)
        d_loss, slopes = h.bce(d.forward(both), p.labels)
        slopes *= 2
        d.backward(slopes)
        d_adam.step(d.grad)
        g_loss, slopes = h.bce(d_of_fake.forward(g.forward(z2)), p.labels[:BATCH])
        g.backward(d_of_fake.backward(slopes, weights=False, input_gradient=True))
        g_adam.step(g.grad)
        return 2 * float(d_loss), float(g_loss)

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
WORKLOADS = [Workload("W2", "GAN, both 3x128, batch 256, Adam", problem, CONTENDERS, aim={"float32": 0.58})]
