"""W3: one iteration of the Wasserstein GAN with clipping: both players 3x128, ReLU, batch 64, RMSProp.

Five steps of the critic, after each of which its weights are clipped to [-0.01, 0.01]; then one of the generator.
"""

from itertools import cycle
from types import SimpleNamespace

import numpy as np

from benchmarks.measure import Workload
from benchmarks.problems import normal, replay, weights_of

BATCH, CRITIC_STEPS, LR, C = 64, 5, 5e-5, 0.01


def problem(dtype):
    rng = np.random.default_rng(3)
    g, f = weights_of((2, 128, 128, 128, 2), rng, dtype), weights_of((2, 128, 128, 128, 1), rng, dtype)
    x, z = normal(rng, (CRITIC_STEPS, BATCH, 2), dtype), normal(rng, (CRITIC_STEPS + 1, BATCH, 2), dtype)
    return SimpleNamespace(g=g, f=f, x=x + dtype(1), z=z)


def in_minigen(p):
    from benchmarks.libraries.minigen_parts import mlp
    from minigen import gan, nn

    rounds = gan.wgan(
        mlp(p.g, nn.relu), mlp(p.f, nn.relu), replay(p.x.reshape(-1, BATCH, 2)), replay(p.z.reshape(-1, BATCH, 2)),
        rng=np.random.default_rng(0), lr=LR, c=C, batch_size=BATCH, n_critic=CRITIC_STEPS,
    )  # fmt: skip

    def step():
        done = next(rounds)
        return done.discriminator_loss, done.generator_loss

    return step


def in_torch(p, how):
    from benchmarks.libraries import torch_parts as t

    torch = t.torch
    g, f = t.mlp(p.g, torch.nn.ReLU()), t.mlp(p.f, torch.nn.ReLU())
    g_opt, f_opt = t.rmsprop(g, how, LR), t.rmsprop(f, how, LR)
    batches = cycle([(x.unbind(), z.unbind()) for x, z in zip(*map(torch.tensor, (p.x, p.z)), strict=True)])

    def step():
        xs, (*zs, last) = next(batches)
        for x, z in zip(xs, zs, strict=True):
            with torch.no_grad():
                fake = g(z)
            values = f(torch.cat([x, fake]))
            f_loss = values[BATCH:].mean() - values[:BATCH].mean()
            f_opt.zero_grad()
            f_loss.backward()
            f_opt.step()
            with torch.no_grad():
                for w in f.parameters():
                    w.clamp_(-C, C)
        f.requires_grad_(False)
        g_loss = -f(g(last)).mean()
        f.requires_grad_(True)
        g_opt.zero_grad()
        g_loss.backward()
        g_opt.step()
        return f_loss.item(), g_loss.item()

    return step


def in_jax(p):
    from benchmarks.libraries import jax_parts as j

    jax, jnp = j.jax, j.jnp

    def forward(theta, x):
        return j.forward(theta, x, jax.nn.relu)

    def critic_loss(f, both):
        values = forward(f, both)
        return values[BATCH:].mean() - values[:BATCH].mean()

    def step(state, batch):
        (g, g_square), (f, f_square) = state
        xs, zs = batch
        for i in range(CRITIC_STEPS):
            f_loss, slopes = jax.value_and_grad(critic_loss)(f, jnp.concatenate([xs[i], forward(g, zs[i])]))
            f, f_square = j.rmsprop(f, slopes, f_square, LR)
            f = jax.tree.map(lambda w: jnp.clip(w, -C, C), f)
        g_loss, slopes = jax.value_and_grad(lambda g: -forward(f, forward(g, zs[-1])).mean())(g)
        g, g_square = j.rmsprop(g, slopes, g_square, LR)
        return ((g, g_square), (f, f_square)), (f_loss, g_loss)

    g, f = j.tree(p.g), j.tree(p.f)
    return j.stateful(step, ((g, j.rmsprop_init(g)), (f, j.rmsprop_init(f))), p.x, p.z)


def in_autograd(p):
    import autograd.numpy as anp
    from autograd import value_and_grad

    from benchmarks.libraries import autograd_parts as a
    from benchmarks.libraries.numpy_optimisers import RMSProp

    g, f, batches = a.flat(p.g), a.flat(p.f), cycle(zip(p.x, p.z, strict=True))
    g_opt, f_opt = RMSProp(g, LR), RMSProp(f, LR)

    def critic_loss(f, both):
        values = a.forward(f, both, a.relu)
        return anp.mean(values[BATCH:]) - anp.mean(values[:BATCH])

    f_both = value_and_grad(critic_loss)
    g_both = value_and_grad(lambda g, z: -anp.mean(a.forward(f, a.forward(g, z, a.relu), a.relu)))

    def step():
        xs, (*zs, last) = next(batches)
        for x, z in zip(xs, zs, strict=True):
            f_loss, slopes = f_both(f, np.concatenate([x, a.forward(g, z, a.relu)]))
            f_opt.step(slopes)
            for w in f:
                np.clip(w, -C, C, out=w)
        g_loss, slopes = g_both(g, last)
        g_opt.step(slopes)
        return float(f_loss), float(g_loss)

    return step


def in_mygrad(p):
    from benchmarks.libraries import mygrad_parts as m
    from benchmarks.libraries.numpy_optimisers import RMSProp

    mg = m.mg
    g, f, batches = m.flat(p.g), m.flat(p.f), cycle(zip(p.x, p.z, strict=True))
    g_opt, f_opt = RMSProp(m.arrays(g), LR), RMSProp(m.arrays(f), LR)

    def step():
        xs, (*zs, last) = next(batches)
        for x, z in zip(xs, zs, strict=True):
            with mg.no_autodiff:
                fake = m.forward(g, z, m.relu).data
            values = m.forward(f, np.concatenate([x, fake]), m.relu)
            f_loss = mg.mean(values[BATCH:]) - mg.mean(values[:BATCH])
            f_opt.step(m.gradients(f_loss, f))
            for w in m.arrays(f):
                np.clip(w, -C, C, out=w)
        g_loss = -mg.mean(m.forward(m.arrays(f), m.forward(g, last, m.relu), m.relu))
        g_opt.step(m.gradients(g_loss, g))
        return float(f_loss.data), float(g_loss.data)

    return step


def by_hand(p):
    from benchmarks.libraries import by_hand as h

    g, f = h.HandMLP(p.g, BATCH, slope=0), h.HandMLP(p.f, 2 * BATCH, slope=0)
    f_of_fake = h.HandMLP(p.f, BATCH, slope=0, shared=f)
    g_opt, f_opt = h.RMSProp(g.theta, LR), h.RMSProp(f.theta, LR)
    batches, both = cycle(zip(p.x, p.z, strict=True)), np.empty((2 * BATCH, 2), p.x.dtype)
    slopes = np.repeat(np.array([-1 / BATCH, 1 / BATCH], p.x.dtype), BATCH)[:, None]

    def step():
        xs, (*zs, last) = next(batches)
        for x, z in zip(xs, zs, strict=True):
            both[:BATCH], both[BATCH:] = x, g.forward(z)
            values = f.forward(both)
            f_loss = values[BATCH:].mean() - values[:BATCH].mean()
            f.backward(slopes)
            f_opt.step(f.grad)
            np.clip(f.theta, -C, C, out=f.theta)
        g_loss = -f_of_fake.forward(g.forward(last)).mean()
        g.backward(f_of_fake.backward(slopes[:BATCH], weights=False, input_gradient=True))
        g_opt.step(g.grad)
        return float(f_loss), float(g_loss)

    return step


CONTENDERS = {
    "minigen": in_minigen,
    "torch loop": lambda p: in_torch(p, "loop"),
    "torch foreach": lambda p: in_torch(p, "foreach"),
    "jax jit": in_jax,
    "autograd": in_autograd,
    "mygrad": in_mygrad,
    "tinygrad jit": "written for W1 and W2 only",
    "NumPy by hand": by_hand,
}
WORKLOADS = [
    Workload(
        "W3",
        "WGAN with clipping, 5 critic steps, 3x128, batch 64, RMSProp",
        problem,
        CONTENDERS,
        {"float32": 0.40},
        single=2e-3,
        scale=0.01,  # two means of size 0.01 all but cancel; so does the last bias's gradient
    )
]
