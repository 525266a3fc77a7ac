"""Three steps of training at any width and batch, by minigen and by torch, at a place: "cuda", or "cpu" to try it out.

Both get the same weights and the same draws, which lie on the CPU, as a user's samplers leave them: moving a batch
belongs to the step.  Both ask for the losses after each step.
"""

from itertools import cycle
from types import SimpleNamespace

import numpy as np

from benchmarks.problems import ITERATIONS, Replay, normal, replay, weights_of

LAMBDA, WAVES, DECAY = 10.0, 64, 0.999
LR, BETAS = 1e-5, (0.5, 0.9)  # so slow that the losses of the first steps can be compared in float32
CHECKED = 6  # steps that are compared before anything is timed


def classifier(width, batch):
    rng = np.random.default_rng(1)
    y = (rng.random((ITERATIONS, batch, 1)) < 0.5).astype(np.float32)
    return SimpleNamespace(
        f=weights_of((2, *[width] * 3, 1), rng, np.float32), x=normal(rng, (batch, 2), np.float32), y=y
    )


def classifier_minigen(p, where):
    from minigen import nn, optim
    from minigen.device import to

    f, batches = on_minigen(p.f, where), cycle(zip(p.x, p.y, strict=True))
    adam = optim.Adam(f, LR, BETAS)

    def step():
        x, y = (to(a, where) for a in next(batches))
        loss = nn.binary_cross_entropy_with_logits(f(x), y)
        adam.zero_grad()
        loss.backward()
        adam.step()
        return float(loss)

    return step


def classifier_torch(p, where, how):
    from benchmarks.libraries import torch_parts as t

    f, batches = on_torch(p.f, where), cycle(zip(*map(t.torch.tensor, (p.x, p.y)), strict=True))
    adam = t.adam(f, how, LR, BETAS)

    def step():
        x, y = (a.to(where) for a in next(batches))
        loss = t.bce(f(x), y)
        adam.zero_grad()
        loss.backward()
        adam.step()
        return loss.item()

    return step


def penalised(width, batch):
    """One step of the critic with gradient penalty, one of the generator."""
    rng = np.random.default_rng(4)
    g, f = (weights_of((2, *[width] * 3, n), rng, np.float32) for n in (2, 1))
    x, z, z2 = (normal(rng, (batch, 2), np.float32) for _ in range(3))
    return SimpleNamespace(g=g, f=f, x=x + np.float32(1), z=z, z2=z2, share=rng.random((ITERATIONS, batch, 1)))


def penalised_minigen(p, where):
    from minigen import gan, optim

    g, f = on_minigen(p.g, where), on_minigen(p.f, where)
    noise = [z for pair in zip(p.z, p.z2, strict=True) for z in pair]
    rounds = gan.train(
        g, f, replay(p.x), replay(noise), gan.wasserstein, optim.Adam(g, LR, BETAS), optim.Adam(f, LR, BETAS),
        rng=Replay(random=p.share), batch_size=p.x.shape[1], constraint=gan.GradientPenalty(LAMBDA),
    )  # fmt: skip

    def step():
        done = next(rounds)
        return done.discriminator_loss, done.penalty, done.generator_loss

    return step


def penalised_torch(p, where, how):
    from benchmarks.libraries import torch_parts as t

    torch, batch = t.torch, p.x.shape[1]
    g, f = on_torch(p.g, where), on_torch(p.f, where)
    g_adam, f_adam = t.adam(g, how, LR, BETAS), t.adam(f, how, LR, BETAS)
    draws = map(torch.tensor, (p.x, p.z, p.z2, p.share.astype(np.float32)))
    batches = cycle(zip(*draws, strict=True))

    def step():
        x, z, z2, share = (a.to(where) for a in next(batches))
        with torch.no_grad():
            fake = g(z)
        values = f(torch.cat([x, fake]))
        f_loss = values[batch:].mean() - values[:batch].mean()
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


def noised(width, batch):
    """Noise prediction by a perceptron that is told the time at each layer, Adam, the average of the weights."""
    rng = np.random.default_rng(5)
    layers = [WAVES, width], [2, width], *[[width, width]] * 5, [width, 2]
    time, *inside, i1, i2, i3, out = (weights_of(sizes, rng, np.float32)[0] for sizes in layers)
    return SimpleNamespace(
        width=width, time=time, inside=inside, inject=[i1, i2, i3], out=out, x=normal(rng, (batch, 2), np.float32),
        noise=normal(rng, (batch, 2), np.float32), t=rng.uniform(0.01, 1, (ITERATIONS, batch)),
    )  # fmt: skip


def noised_minigen(p, where):
    from benchmarks.libraries.minigen_parts import set_weights
    from minigen import diffusion, optim

    net = diffusion.TimeMLP(2, [p.width] * 3, rng=np.random.default_rng(0), features=WAVES)
    set_weights([net.embedding.linear, *net.layers, *net.injections, net.output], [p.time, *p.inside, *p.inject, p.out])
    model = diffusion.Denoiser(net.to(where), diffusion.VariancePreserving())
    rounds = diffusion.train(
        model, replay(p.x), optim.Adam(net, LR, BETAS), rng=Replay(standard_normal=p.noise), draw_times=replay(p.t),
        batch_size=p.x.shape[1], ema=optim.EMA(net, DECAY),
    )  # fmt: skip
    return lambda: next(rounds).loss


def noised_torch(p, where, how):
    from benchmarks.libraries import torch_parts as t
    from minigen.diffusion import VariancePreserving

    torch, batch, silu = t.torch, p.x.shape[1], t.torch.nn.functional.silu
    frequencies = torch.tensor((10000.0 ** (-np.arange(WAVES // 2) / (WAVES // 2))).astype(np.float32), device=where)
    time, out, inside, inject = (
        torch.nn.ModuleList(t.linear(*pair) for pair in pairs) for pairs in ([p.time], [p.out], p.inside, p.inject)
    )
    net = torch.nn.ModuleList([time, out, inside, inject]).to(where)

    def guess(x, u):
        angles = (1000 * u)[:, None] * frequencies
        e = silu(time[0](torch.cat([angles.sin(), angles.cos()], dim=1)))
        for layer, injection in zip(inside, inject, strict=True):
            x = silu(layer(x) + injection(e))
        return out[0](x)

    adam, process = t.adam(net, how, LR, BETAS), VariancePreserving()
    average = [w.detach().clone() for w in net.parameters()]
    amplitudes, levels = (f(p.t).astype(np.float32) for f in (process.amplitude, process.noise_level))
    draws = map(torch.tensor, (p.x, p.noise, p.t.astype(np.float32), amplitudes, levels))
    batches = cycle(zip(*draws, strict=True))

    def step():
        x0, noise, u, a, sigma = (v.to(where) for v in next(batches))
        x = a[:, None] * x0 + sigma[:, None] * noise
        loss = (guess(x, u) - noise).square().sum() / (2 * batch)
        adam.zero_grad()
        loss.backward()
        adam.step()
        torch._foreach_lerp_(average, [w.detach() for w in net.parameters()], 1 - DECAY)
        return loss.item()

    return step


def on_minigen(weights, where):
    from benchmarks.libraries.minigen_parts import mlp
    from minigen import nn

    return mlp(weights, nn.LeakyReLU(0.2)).to(where)


def on_torch(weights, where):
    from benchmarks.libraries import torch_parts as t

    return t.mlp(weights, t.torch.nn.LeakyReLU(0.2)).to(where)


STEPS = {
    "classifier": (classifier, classifier_minigen, classifier_torch),
    "WGAN-GP": (penalised, penalised_minigen, penalised_torch),
    "diffusion": (noised, noised_minigen, noised_torch),
}
