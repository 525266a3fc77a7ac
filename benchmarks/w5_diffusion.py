"""W5: a diffusion model of the plane, a perceptron 3x128 that is told the time at each layer (64 waves, SiLU).

Training: one step of noise prediction on a batch of 256, Adam, and the running average of the weights.
Sampling: 1000 points, 100 ancestral steps from noise to data.
"""

from itertools import cycle
from types import SimpleNamespace

import numpy as np

from benchmarks.measure import Workload
from benchmarks.problems import ITERATIONS, Replay, normal, replay, weights_of

WIDTH, WAVES, BATCH, TIMES, DECAY = 128, 64, 256, 1000, 0.999
POINTS, STEPS = 1000, 100
BETAS = 1e-5, 2e-3  # little noise: random weights do not denoise, and what they leave grows


def problem(dtype):
    """time: of the embedding, inside: of the hidden layers, inject: of the time into them, out: of the last."""
    rng = np.random.default_rng(5)
    layers = [WAVES, WIDTH], [2, WIDTH], *[[WIDTH, WIDTH]] * 5, [WIDTH, 2]
    time, *inside, i1, i2, i3, out = (weights_of(sizes, rng, dtype)[0] for sizes in layers)
    beta = np.linspace(*BETAS, TIMES)
    a = np.concatenate([[1.0], np.sqrt(np.cumprod(1 - beta))])  # amplitudes a_0 .. a_T
    frequencies = (10000.0 ** (-np.arange(WAVES // 2) / (WAVES // 2))).astype(dtype)
    return SimpleNamespace(
        time=time, inside=inside, inject=[i1, i2, i3], out=out, a=a, sigma=np.sqrt(1 - a**2), frequencies=frequencies,
        dtype=dtype, x=normal(rng, (BATCH, 2), dtype), noise=normal(rng, (BATCH, 2), dtype),
        t=rng.integers(1, TIMES, size=(ITERATIONS, BATCH), endpoint=True), start=normal(rng, (POINTS, 2), dtype)[0],
        noises=rng.standard_normal((STEPS, POINTS, 2)).astype(dtype),
        grid=np.linspace(TIMES, 0, STEPS + 1).round().astype(int),
    )  # fmt: skip


def ancestral(p):
    """[(t, share of x, share of the guessed noise, standard deviation), ...] of the steps along the grid of times.

    With alpha = a_t / a_s, x becomes (x - (1 - alpha^2) / sigma_t noise) / alpha + std xi (Ho et al. 2020, eq. 11)."""
    rows = []
    for t, s in zip(p.grid[:-1].tolist(), p.grid[1:].tolist(), strict=True):
        alpha = p.a[t] / p.a[s]
        std = np.sqrt(1 - alpha**2) * p.sigma[s] / p.sigma[t]
        rows.append((t, float(1 / alpha), float(-(1 - alpha**2) / p.sigma[t] / alpha), float(std)))
    return rows


def arrays(p):
    """The parameters, one after another: the time's, and then w, b, and the injection's, layer by layer."""
    pairs = [p.time, *(pair for both in zip(p.inside, p.inject, strict=True) for pair in both), p.out]
    return [a for pair in pairs for a in pair]


# minigen


def minigen_model(p):
    from benchmarks.libraries.minigen_parts import set_weights
    from minigen import diffusion

    net = diffusion.TimeMLP(2, [WIDTH] * 3, rng=np.random.default_rng(0), features=WAVES, dtype=p.dtype)
    set_weights([net.embedding.linear, *net.layers, *net.injections, net.output], [p.time, *p.inside, *p.inject, p.out])
    return diffusion.Denoiser(net, diffusion.linear(TIMES, *BETAS))


def train_minigen(p):
    from minigen import diffusion, optim

    model = minigen_model(p)
    rounds = diffusion.train(
        model, replay(p.x), optim.Adam(model.network, lr=1e-3), rng=Replay(standard_normal=p.noise), batch_size=BATCH,
        draw_times=replay(p.t), ema=optim.EMA(model.network, DECAY),
    )  # fmt: skip
    return lambda: next(rounds).loss


def sample_minigen(p):
    from minigen import diffusion

    model = minigen_model(p)

    def step():
        rng = Replay(standard_normal=p.noises)
        x = diffusion.final(diffusion.reverse_chain(model.score, model.process, p.start, p.grid, rng=rng))
        return float(np.mean(np.square(x)))

    return step


# torch


def torch_model(p):
    from benchmarks.libraries import torch_parts as t

    torch = t.torch
    frequencies = torch.tensor(p.frequencies)

    class TimeMLP(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.time, self.out = t.linear(*p.time), t.linear(*p.out)
            self.inside = torch.nn.ModuleList(t.linear(*pair) for pair in p.inside)
            self.inject = torch.nn.ModuleList(t.linear(*pair) for pair in p.inject)

        def forward(self, x, u):
            angles = (1000 * u)[:, None] * frequencies
            silu = torch.nn.functional.silu
            e = silu(self.time(torch.cat([angles.sin(), angles.cos()], dim=1)))
            for layer, inject in zip(self.inside, self.inject, strict=True):
                x = silu(layer(x) + inject(e))
            return self.out(x)

    return t, TimeMLP()


def train_torch(p, how):
    t, net = torch_model(p)
    torch, adam = t.torch, t.adam(net, how)
    average = [w.detach().clone() for w in net.parameters()]
    a, sigma = (torch.tensor(v.astype(p.dtype)) for v in (p.a, p.sigma))
    batches = cycle(zip(*map(torch.tensor, (p.x, p.t, p.noise)), strict=True))

    def step():
        x0, times, noise = next(batches)
        x = a[times][:, None] * x0 + sigma[times][:, None] * noise
        loss = (net(x, times.to(x.dtype) / TIMES) - noise).square().sum() / (2 * BATCH)
        adam.zero_grad()
        loss.backward()
        adam.step()
        torch._foreach_lerp_(average, [w.detach() for w in net.parameters()], 1 - DECAY)
        return loss.item()

    return step


def sample_torch(p):
    t, net = torch_model(p)
    torch, start, noises = t.torch, t.torch.tensor(p.start), t.torch.tensor(p.noises)
    times = [torch.tensor([row[0] / TIMES], dtype=start.dtype) for row in ancestral(p)]

    @torch.inference_mode()
    def step():
        x = start
        for u, (_, of_x, of_noise, std), xi in zip(times, ancestral(p), noises, strict=True):
            x = of_x * x + of_noise * net(x, u)
            if std:
                x = x + std * xi
        return x.square().mean().item()

    return step


# jax


def jax_forward(p):
    from benchmarks.libraries import jax_parts as j

    jnp, silu, frequencies = j.jnp, j.jax.nn.silu, j.jnp.array(p.frequencies)

    def forward(theta, x, u):
        wt, bt, *layers, wo, bo = theta
        angles = (1000 * u)[:, None] * frequencies
        e = silu(jnp.concatenate([jnp.sin(angles), jnp.cos(angles)], axis=1) @ wt.T + bt)
        for i in range(0, len(layers), 4):
            w, b, v, c = layers[i : i + 4]
            x = silu(x @ w.T + b + e @ v.T + c)
        return x @ wo.T + bo

    return j, forward


def train_jax(p):
    j, forward = jax_forward(p)
    a, sigma = (j.jnp.array(v.astype(p.dtype)) for v in (p.a, p.sigma))

    def loss(theta, x, u, noise):
        return j.jnp.square(forward(theta, x, u) - noise).sum() / (2 * BATCH)

    def step(state, batch):
        theta, moments, average = state
        x0, t, noise = batch
        x = a[t][:, None] * x0 + sigma[t][:, None] * noise
        value, g = j.jax.value_and_grad(loss)(theta, x, t.astype(x.dtype) / TIMES, noise)
        theta, moments = j.adam(theta, g, moments)
        average = j.jax.tree.map(lambda m, w: m + (1 - DECAY) * (w - m), average, theta)
        return (theta, moments, average), (value,)

    theta = j.tree(arrays(p))
    return j.stateful(step, (theta, j.adam_init(theta), j.tree(arrays(p))), p.x, p.t, p.noise)


def sample_jax(p):
    j, forward = jax_forward(p)
    jnp, rows = j.jnp, np.array(ancestral(p)).astype(p.dtype)

    @j.jax.jit
    def run(theta, x, rows, noises):
        def one(x, given):
            (t, of_x, of_noise, std), xi = given
            return of_x * x + of_noise * forward(theta, x, t[None] / TIMES) + std * xi, None

        x, _ = j.jax.lax.scan(one, x, (rows, noises))
        return jnp.square(x).mean()

    given = j.tree(arrays(p)), jnp.array(p.start), jnp.array(rows), jnp.array(p.noises)
    return lambda: float(run(*given))


# autograd and MyGrad: the same network in their NumPy


def forward_in(dot, silu, p):
    def forward(theta, x, u):
        wt, bt, *layers, wo, bo = theta
        angles = (1000 * u)[:, None] * p.frequencies
        e = silu(dot(np.concatenate([np.sin(angles), np.cos(angles)], axis=1), wt.T) + bt)
        for i in range(0, len(layers), 4):
            w, b, v, c = layers[i : i + 4]
            x = silu(dot(x, w.T) + b + dot(e, v.T) + c)
        return dot(x, wo.T) + bo

    return forward


def mixed(p):
    """(x_t, t / T, noise) of one batch after another, with the work of a step."""
    a, sigma = p.a.astype(p.dtype), p.sigma.astype(p.dtype)
    for x0, t, noise in cycle(zip(p.x, p.t, p.noise, strict=True)):
        yield a[t][:, None] * x0 + sigma[t][:, None] * noise, t.astype(p.dtype) / p.dtype(TIMES), noise


def follow(average, theta):
    for m, w in zip(average, theta, strict=True):
        m += (1 - DECAY) * (w - m)


def silu_autograd(x):
    import autograd.numpy as anp

    return x / (1 + anp.exp(-x))


def train_autograd(p):
    import autograd.numpy as anp
    from autograd import value_and_grad

    from benchmarks.libraries.numpy_optimisers import Adam

    forward, theta, average = forward_in(anp.dot, silu_autograd, p), arrays(p), [a.copy() for a in arrays(p)]
    theta, batches = [a.copy() for a in theta], mixed(p)
    adam = Adam(theta)
    both = value_and_grad(lambda theta, x, u, noise: anp.sum((forward(theta, x, u) - noise) ** 2) / (2 * BATCH))

    def step():
        loss, g = both(theta, *next(batches))
        adam.step(g)
        follow(average, theta)
        return float(loss)

    return step


def train_mygrad(p):
    from benchmarks.libraries import mygrad_parts as m
    from benchmarks.libraries.numpy_optimisers import Adam

    mg, one = m.mg, p.dtype(1)
    forward = forward_in(mg.matmul, lambda x: x / (one + mg.exp(-x)), p)
    theta, average, batches = [mg.tensor(a.copy()) for a in arrays(p)], [a.copy() for a in arrays(p)], mixed(p)
    adam = Adam(m.arrays(theta))

    def step():
        x, u, noise = next(batches)
        difference = forward(theta, x, u) - noise
        loss = mg.sum(difference * difference) / p.dtype(2 * BATCH)
        adam.step(m.gradients(loss, theta))
        follow(average, m.arrays(theta))
        return float(loss.data)

    return step


# NumPy by hand


def train_by_hand(p):
    from benchmarks.libraries.time_mlp_by_hand import HandTimeMLP

    net, batches = HandTimeMLP(arrays(p), p.frequencies, BATCH, BATCH, DECAY), mixed(p)

    def step():
        x, u, noise = next(batches)
        g = net.forward(x, u)
        g -= noise
        loss = np.vdot(g, g) / (2 * BATCH)
        g /= BATCH
        net.backward(g)
        net.update()
        return float(loss)

    return step


def sample_by_hand(p):
    from benchmarks.libraries.time_mlp_by_hand import HandTimeMLP

    net, rows, work = HandTimeMLP(arrays(p), p.frequencies, POINTS, 1), ancestral(p), np.empty_like(p.start)

    def step():
        x = p.start.copy()
        for (t, of_x, of_noise, std), xi in zip(rows, p.noises, strict=True):
            guess = net.forward(x, np.array([t / TIMES], p.dtype))
            guess *= of_noise
            x *= of_x
            x += guess
            if std:
                x += np.multiply(xi, std, out=work)
        return float(np.mean(np.square(x)))

    return step


WORKLOADS = [
    Workload(
        "W5", "diffusion step, 3x128, batch 256, Adam, average", problem,
        {
            "minigen": train_minigen,
            "torch loop": lambda p: train_torch(p, "loop"),
            "torch foreach": lambda p: train_torch(p, "foreach"),
            "torch fused": lambda p: train_torch(p, "fused"),
            "jax jit": train_jax,
            "autograd": train_autograd,
            "mygrad": train_mygrad,
            "tinygrad jit": "written for W1 and W2 only",
            "NumPy by hand": train_by_hand,
        },
        aim={"float32": 0.60},
    ),
    Workload(
        "W5 sampling", "diffusion, 1000 points, 100 ancestral steps", problem,
        {
            "minigen": sample_minigen,
            "torch": sample_torch,
            "jax jit": sample_jax,
            "autograd": "no gradient is taken: it would be NumPy",
            "mygrad": "no gradient is taken: it would be NumPy",
            "NumPy by hand": sample_by_hand,
        },
        aim={"float32": 1.1}, checked=1,  # each run is the same
    ),
]  # fmt: skip
