"""W4: one iteration of the Wasserstein GAN with gradient penalty: leaky ReLU, batch 256, lambda = 10, Adam.

One step of the critic on data, samples and the points between them, which takes a second derivative; one of the
generator.  3x128 is a model of the plane; at 3x512 the products of matrices outweigh what a framework adds.
"""

from functools import partial
from itertools import cycle
from types import SimpleNamespace

import numpy as np

from benchmarks.measure import Workload
from benchmarks.problems import ITERATIONS, Replay, normal, replay, weights_of

BATCH, LAMBDA, LR, BETAS = 256, 10.0, 1e-5, (0.0, 0.9)  # so slow that ten steps can be compared in float32


def problem(dtype, width):
    rng = np.random.default_rng(4)
    g, f = weights_of((2, *[width] * 3, 2), rng, dtype), weights_of((2, *[width] * 3, 1), rng, dtype)
    x, z, z2 = (normal(rng, (BATCH, 2), dtype) for _ in range(3))
    share = rng.random((ITERATIONS, BATCH, 1)).astype(dtype)
    return SimpleNamespace(g=g, f=f, x=x + dtype(1), z=z, z2=z2, share=share)


def in_minigen(p):
    from benchmarks.libraries.minigen_parts import mlp
    from minigen import gan, nn, optim

    g, f = mlp(p.g, nn.LeakyReLU(0.2)), mlp(p.f, nn.LeakyReLU(0.2))
    noise = [z for pair in zip(p.z, p.z2, strict=True) for z in pair]
    rounds = gan.train(
        g, f, replay(p.x), replay(noise), gan.wasserstein, optim.Adam(g, LR, BETAS), optim.Adam(f, LR, BETAS),
        rng=Replay(random=p.share), batch_size=BATCH, constraint=gan.GradientPenalty(LAMBDA),
    )  # fmt: skip

    def step():
        done = next(rounds)
        return done.discriminator_loss, done.penalty, done.generator_loss

    return step


def in_torch(p, how):
    from benchmarks.libraries import torch_parts as t

    torch = t.torch
    g, f = t.mlp(p.g, torch.nn.LeakyReLU(0.2)), t.mlp(p.f, torch.nn.LeakyReLU(0.2))
    g_adam, f_adam = t.adam(g, how, LR, BETAS), t.adam(f, how, LR, BETAS)
    batches = cycle(zip(*map(torch.tensor, (p.x, p.z, p.z2, p.share)), strict=True))

    def step():
        x, z, z2, share = next(batches)
        with torch.no_grad():
            fake = g(z)
        values = f(torch.cat([x, fake]))
        f_loss = values[BATCH:].mean() - values[:BATCH].mean()
        between = (fake + share * (x - fake)).requires_grad_(True)
        (slopes,) = torch.autograd.grad(f(between).sum(), between, create_graph=True)
        penalty = LAMBDA * (slopes.norm(dim=1) - 1).square().mean()
        f_adam.zero_grad()
        (f_loss + penalty).backward()
        f_adam.step()
        f.requires_grad_(False)
        g_loss = -f(g(z2)).mean()
        f.requires_grad_(True)
        g_adam.zero_grad()
        g_loss.backward()
        g_adam.step()
        return f_loss.item(), penalty.item(), g_loss.item()

    return step


def in_jax(p):
    from benchmarks.libraries import jax_parts as j

    jax, jnp = j.jax, j.jnp

    def forward(theta, x):
        return j.forward(theta, x, j.leaky_relu)

    def critic_loss(f, x, fake, share):
        values = forward(f, jnp.concatenate([x, fake]))
        loss = values[BATCH:].mean() - values[:BATCH].mean()
        slopes = jax.grad(lambda points: forward(f, points).sum())(fake + share * (x - fake))
        penalty = LAMBDA * jnp.square(jnp.linalg.norm(slopes, axis=1) - 1).mean()
        return loss + penalty, (loss, penalty)

    def step(state, batch):
        (g, g_moments), (f, f_moments) = state
        x, z, z2, share = batch
        (_, said), slopes = jax.value_and_grad(critic_loss, has_aux=True)(f, x, forward(g, z), share)
        f, f_moments = j.adam(f, slopes, f_moments, LR, *BETAS)
        g_loss, slopes = jax.value_and_grad(lambda g: -forward(f, forward(g, z2)).mean())(g)
        g, g_moments = j.adam(g, slopes, g_moments, LR, *BETAS)
        return ((g, g_moments), (f, f_moments)), (*said, g_loss)

    g, f = j.tree(p.g), j.tree(p.f)
    return j.stateful(step, ((g, j.adam_init(g)), (f, j.adam_init(f))), p.x, p.z, p.z2, p.share)


def in_autograd(p):
    import autograd.numpy as anp
    from autograd import elementwise_grad, value_and_grad

    from benchmarks.libraries import autograd_parts as a
    from benchmarks.libraries.numpy_optimisers import Adam

    g, f, batches = a.flat(p.g), a.flat(p.f), cycle(zip(p.x, p.z, p.z2, p.share, strict=True))
    g_adam, f_adam, said = Adam(g, LR, BETAS), Adam(f, LR, BETAS), []

    def critic_loss(f, x, fake, share):
        values = a.forward(f, np.concatenate([x, fake]))
        loss = anp.mean(values[BATCH:]) - anp.mean(values[:BATCH])
        slopes = elementwise_grad(lambda points: a.forward(f, points))(fake + share * (x - fake))
        penalty = LAMBDA * anp.mean((anp.sqrt(anp.sum(slopes**2, axis=1)) - 1) ** 2)
        said[:] = loss, penalty
        return loss + penalty

    f_both = value_and_grad(critic_loss)
    g_both = value_and_grad(lambda g, z: -anp.mean(a.forward(f, a.forward(g, z))))

    def step():
        x, z, z2, share = next(batches)
        _, slopes = f_both(f, x, a.forward(g, z), share)
        f_adam.step(slopes)
        g_loss, slopes = g_both(g, z2)
        g_adam.step(slopes)
        return *(float(v._value) for v in said), float(g_loss)

    return step


def by_hand(p):
    from benchmarks.libraries import by_hand as h

    g, f, batches = h.HandMLP(p.g, BATCH), h.HandMLP(p.f, 2 * BATCH), cycle(zip(p.x, p.z, p.z2, p.share, strict=True))
    f_of_half = h.HandMLP(p.f, BATCH, shared=f)
    g_adam, f_adam = h.Adam(g.theta, LR, BETAS), h.Adam(f.theta, LR, BETAS)
    both, dtype = np.empty((2 * BATCH, 2), p.x.dtype), p.x.dtype
    slopes = np.repeat(np.array([-1 / BATCH, 1 / BATCH], dtype), BATCH)[:, None]

    def step():
        x, z, z2, share = next(batches)
        fake = g.forward(z)
        both[:BATCH], both[BATCH:] = x, fake
        values = f.forward(both)
        f_loss = values[BATCH:].mean() - values[:BATCH].mean()
        f.backward(slopes)
        penalty = f_of_half.add_penalty(fake + share * (x - fake), LAMBDA)
        f_adam.step(f.grad)
        g_loss = -f_of_half.forward(g.forward(z2)).mean()
        g.backward(f_of_half.backward(slopes[:BATCH], weights=False, input_gradient=True))
        g_adam.step(g.grad)
        return float(f_loss), float(penalty), float(g_loss)

    return step


CONTENDERS = {
    "minigen": in_minigen,
    "torch loop": lambda p: in_torch(p, "loop"),
    "torch foreach": lambda p: in_torch(p, "foreach"),
    "torch fused": lambda p: in_torch(p, "fused"),
    "jax jit": in_jax,
    "autograd": in_autograd,
    "mygrad": "it has no second derivatives",
    "tinygrad jit": "written for W1 and W2 only",
    "NumPy by hand": by_hand,
}
WORKLOADS = [
    Workload(name, f"WGAN-GP, 3x{width}, batch 256, Adam", partial(problem, width=width), CONTENDERS, aim, single=1e-3)
    for name, width, aim in (("W4", 128, {"float32": 0.64, "float64": 0.72}), ("W4 wide", 512, {"float32": 0.80}))
]
