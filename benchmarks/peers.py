"""The same workloads in minigen and in other libraries, each written the way its users write it."""

from itertools import pairwise

import numpy as np


def weights_of(sizes, rng):
    """(weights, biases) of a perceptron in float32, by fan-in."""
    weights = [(rng.standard_normal((n, m)) / np.sqrt(m)).astype(np.float32) for m, n in pairwise(sizes)]
    return weights, [np.zeros(n, np.float32) for n in sizes[1:]]


class Minigen:
    """minigen: nn.MLP, optim.Adam, loss.backward()."""

    def __init__(self):
        from minigen import nn, optim

        self.nn, self.optim = nn, optim

    def mlp(self, weights):
        w, b = weights
        sizes = [w[0].shape[1], *(a.shape[0] for a in w)]
        net = self.nn.MLP(sizes, activation=self.nn.LeakyReLU(0.2), rng=np.random.default_rng(0), dtype=np.float32)
        for p, value in zip(net.parameters(), (a for pair in zip(w, b, strict=True) for a in pair), strict=True):
            p.data = value.copy()
        return net, self.optim.Adam(net.parameters(), lr=1e-3)

    def classifier(self, weights, x, y):
        net, adam = self.mlp(weights)

        def step():
            loss = self.nn.binary_cross_entropy_with_logits(net(x), y)
            adam.zero_grad()
            loss.backward()
            adam.step()
            return float(loss)

        return step

    def gan(self, generator, discriminator, x, z):
        from minigen import gan

        (g, g_adam), (d, d_adam) = self.mlp(generator), self.mlp(discriminator)
        rounds = gan.train(
            g, d, lambda n, rng: x, lambda n, rng: z, gan.non_saturating, g_adam, d_adam,
            batch_size=len(x), rng=np.random.default_rng(0),
        )  # fmt: skip

        def step():
            done = next(rounds)
            return done.discriminator_loss, done.generator_loss

        return step


class Torch:
    """torch, eager mode, with its default (foreach) or fused Adam."""

    def __init__(self, fused=False):
        import torch

        torch.set_num_threads(1)
        self.torch, self.fused = torch, fused

    def mlp(self, weights):
        torch = self.torch
        layers = []
        for w, b in zip(*weights, strict=True):
            layer = torch.nn.Linear(w.shape[1], w.shape[0])
            layer.weight.data, layer.bias.data = torch.tensor(w), torch.tensor(b)
            layers += [layer, torch.nn.LeakyReLU(0.2)]
        net = torch.nn.Sequential(*layers[:-1])
        return net, torch.optim.Adam(net.parameters(), lr=1e-3, fused=self.fused)

    def classifier(self, weights, x, y):
        torch = self.torch
        (net, adam), bce = self.mlp(weights), torch.nn.functional.binary_cross_entropy_with_logits
        x, y = torch.tensor(x), torch.tensor(y)

        def step():
            loss = bce(net(x), y)
            adam.zero_grad()
            loss.backward()
            adam.step()
            return loss.item()

        return step

    def gan(self, generator, discriminator, x, z):
        torch = self.torch
        (g, g_adam), (d, d_adam) = self.mlp(generator), self.mlp(discriminator)
        bce, n = torch.nn.functional.binary_cross_entropy_with_logits, len(x)
        x, z = torch.tensor(x), torch.tensor(z)
        labels = torch.cat([torch.ones(n, 1), torch.zeros(n, 1)])

        def step():
            with torch.no_grad():
                fake = g(z)
            d_loss = 2 * bce(d(torch.cat([x, fake])), labels)  # the sum of two means
            d_adam.zero_grad()
            d_loss.backward()
            d_adam.step()
            d.requires_grad_(False)
            g_loss = bce(d(g(z)), labels[:n])
            d.requires_grad_(True)
            g_adam.zero_grad()
            g_loss.backward()
            g_adam.step()
            return d_loss.item(), g_loss.item()

        return step


class Autograd:
    """HIPS autograd: grad of a function of a list of arrays, Adam by hand on each."""

    def __init__(self):
        import autograd
        import autograd.numpy

        self.autograd, self.np = autograd, autograd.numpy

    def mlp(self, weights):
        theta = [a.copy() for pair in zip(*weights, strict=True) for a in pair]
        return theta, Adam(theta)

    def forward(self, theta, x):
        for i in range(0, len(theta), 2):
            x = self.np.dot(x, theta[i].T) + theta[i + 1]
            if i + 2 < len(theta):
                x = self.np.maximum(x, np.float32(0.2) * x)
        return x

    def bce(self, logits, y):
        return self.np.mean(self.np.logaddexp(np.float32(0), logits) - y * logits)

    def classifier(self, weights, x, y):
        theta, adam = self.mlp(weights)
        both = self.autograd.value_and_grad(lambda theta: self.bce(self.forward(theta, x), y))

        def step():
            loss, g = both(theta)
            adam.step(g)
            return float(loss)

        return step

    def gan(self, generator, discriminator, x, z):
        (g, g_adam), (d, d_adam), n = self.mlp(generator), self.mlp(discriminator), len(x)
        labels = np.concatenate([np.ones((n, 1), x.dtype), np.zeros((n, 1), x.dtype)])
        d_both = self.autograd.value_and_grad(lambda d, xs: 2 * self.bce(self.forward(d, xs), labels))
        g_both = self.autograd.value_and_grad(lambda g: self.bce(self.forward(d, self.forward(g, z)), labels[:n]))

        def step():
            d_loss, grads = d_both(d, np.concatenate([x, self.forward(g, z)]))
            d_adam.step(grads)
            g_loss, grads = g_both(g)
            g_adam.step(grads)
            return float(d_loss), float(g_loss)

        return step


class Adam:
    """Adam on a list of arrays, as an autograd user writes it."""

    def __init__(self, theta):
        self.theta, self.t = theta, 0
        self.m, self.v = ([np.zeros_like(a) for a in theta] for _ in range(2))

    def step(self, grads, lr=1e-3, b1=0.9, b2=0.999, eps=1e-8):
        self.t += 1
        for a, g, m, v in zip(self.theta, grads, self.m, self.v, strict=True):
            m += (1 - b1) * (g - m)
            v += (1 - b2) * (g * g - v)
            a -= lr / (1 - b1**self.t) * m / (np.sqrt(v / (1 - b2**self.t)) + eps)
