"""Optimisers over a list of arrays, as users of autograd and MyGrad write them."""

import numpy as np


class Adam:
    def __init__(self, theta, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        self.theta, self.lr, self.betas, self.eps, self.t = theta, lr, betas, eps, 0
        self.m, self.v = ([np.zeros_like(a) for a in theta] for _ in range(2))

    def step(self, grads):
        self.t += 1
        (b1, b2), t = self.betas, self.t
        for a, g, m, v in zip(self.theta, grads, self.m, self.v, strict=True):
            m += (1 - b1) * (g - m)
            v += (1 - b2) * (g * g - v)
            a -= self.lr / (1 - b1**t) * m / (np.sqrt(v / (1 - b2**t)) + self.eps)


class RMSProp:
    def __init__(self, theta, lr, alpha=0.99, eps=1e-8):
        self.theta, self.lr, self.alpha, self.eps = theta, lr, alpha, eps
        self.v = [np.zeros_like(a) for a in theta]

    def step(self, grads):
        for a, g, v in zip(self.theta, grads, self.v, strict=True):
            v += (1 - self.alpha) * (g * g - v)
            a -= self.lr * g / (np.sqrt(v) + self.eps)
