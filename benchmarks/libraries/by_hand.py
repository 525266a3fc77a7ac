"""A perceptron, its gradient, its gradient penalty and the optimisers, written out with every buffer allocated once.

This is what no engine can be expected to beat; the distance to it is an engine's overhead.
"""

import numpy as np


class HandMLP:
    """Affine layers with leaky ReLU (slope 0: ReLU) between them, for a fixed batch size.

    shared: another HandMLP with the same weights and gradients, whose vectors are used."""

    def __init__(self, weights, batch, slope=0.2, shared=None):
        arrays = [a for pair in weights for a in pair]
        kind, ends = arrays[0].dtype, np.cumsum([0] + [a.size for a in arrays])

        def views(vector):
            return [vector[i:j].reshape(a.shape) for a, i, j in zip(arrays, ends, ends[1:], strict=False)]

        self.theta = np.concatenate([a.ravel() for a in arrays]) if shared is None else shared.theta
        self.grad = np.zeros_like(self.theta) if shared is None else shared.grad
        p, g = views(self.theta), views(self.grad)
        self.w, self.b, self.gw, self.gb = p[::2], p[1::2], g[::2], g[1::2]
        widths = [len(w) for w in self.w]
        self.slope, self.rest = kind.type(slope), kind.type(1 - slope)
        self.pre = [np.empty((batch, n), kind) for n in widths]  # before the activation
        self.post = [np.empty((batch, n), kind) for n in widths[:-1]]
        self.slopes = [np.empty((batch, n), kind) for n in widths[:-1]]
        self.positive = [np.empty((batch, n), bool) for n in widths[:-1]]
        self.cot = [np.empty((batch, w.shape[1]), kind) for w in self.w]  # cotangents of the layers' inputs
        self.tan = [np.empty((batch, n), kind) for n in widths]
        self.extra = [np.empty_like(w) for w in self.w]
        self.ones = np.ones(batch, kind)
        self.last = len(self.w) - 1

    def forward(self, x):
        """The network's output, in a buffer that the next call overwrites."""
        self.input = x
        for i, (w, b) in enumerate(zip(self.w, self.b, strict=True)):
            y = np.matmul(x, w.T, out=self.pre[i])
            y += b
            if i < self.last:
                x = np.multiply(y, self.slope, out=self.post[i])
                np.maximum(y, x, out=x)
        return y

    def masks(self):
        """The activations' slopes at what forward saw last."""
        for y, mask, s in zip(self.pre, self.positive, self.slopes, strict=False):
            np.multiply(np.greater(y, 0, out=mask), self.rest, out=s)
            s += self.slope

    def backward(self, g, weights=True, input_gradient=False):
        """The gradient in all parameters, in self.grad, from the output's cotangent; in the input, if asked."""
        self.masks()
        for i in range(self.last, -1, -1):
            if weights:
                np.matmul(g.T, self.post[i - 1] if i else self.input, out=self.gw[i])
                np.matmul(self.ones, g, out=self.gb[i])
            if i or input_gradient:
                g = product(g, self.w[i], self.cot[i])
            if i:
                g *= self.slopes[i - 1]
        return g

    def add_penalty(self, x, weight):
        """weight mean (|grad f(x)| - 1)^2 for one output f; its gradient is added to self.grad.

        The activations are linear between their kinks, so the slopes are constants: with d_l the cotangents of the
        layers' outputs, v_l = d_l W_l those of their inputs, and u = dP/dv_0, a second sweep runs forwards:
        dP/dW_l += d_l^T u_l,  u_{l+1} = (u_l W_l^T) slopes_l.  The biases have no part in it."""
        self.forward(x)
        v = self.backward(np.ones_like(self.pre[-1]), weights=False, input_gradient=True)
        norms = np.sqrt(np.einsum("ij,ij->i", v, v))[:, None]
        u = v * ((norms - 1) / norms * (2 * weight / len(x)))
        for i in range(self.last + 1):
            d = self.cot[i + 1] if i < self.last else self.ones[:, None]
            self.gw[i] += np.matmul(d.T, u, out=self.extra[i])
            if i < self.last:
                u = np.matmul(u, self.w[i].T, out=self.tan[i])
                u *= self.slopes[i]
        return weight * np.mean(np.square(norms - 1))


def product(g, w, out):
    """g w; for one column, where a product of matrices is several times slower, as an outer product."""
    return np.multiply(g, w, out=out) if len(w) == 1 else np.matmul(g, w, out=out)


class Adam:
    """In place, along a vector of gradients."""

    def __init__(self, theta, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        self.theta, self.lr, self.betas, self.eps, self.t = theta, lr, betas, eps, 0
        self.m, self.v, self.work = np.zeros_like(theta), np.zeros_like(theta), np.empty_like(theta)

    def step(self, g):
        self.t += 1
        m, v, w, (b1, b2) = self.m, self.v, self.work, self.betas
        m *= b1
        m += np.multiply(g, 1 - b1, out=w)
        v *= b2
        np.multiply(g, g, out=w)
        w *= 1 - b2
        v += w
        np.sqrt(v, out=w)
        w *= (1 - b2**self.t) ** -0.5
        w += self.eps
        np.divide(m, w, out=w)
        w *= self.lr / (1 - b1**self.t)
        self.theta -= w


class RMSProp:
    """In place, along a vector of gradients."""

    def __init__(self, theta, lr, alpha=0.99, eps=1e-8):
        self.theta, self.lr, self.alpha, self.eps = theta, lr, alpha, eps
        self.v, self.work = np.zeros_like(theta), np.empty_like(theta)

    def step(self, g):
        v, w = self.v, self.work
        v *= self.alpha
        np.multiply(g, g, out=w)
        w *= 1 - self.alpha
        v += w
        np.sqrt(v, out=w)
        w += self.eps
        np.divide(g, w, out=w)
        w *= self.lr
        self.theta -= w


def bce(logits, target):
    """Mean binary cross-entropy from logits and its gradient in them."""
    e = np.exp(-np.abs(logits))
    loss = np.mean(np.maximum(logits, 0) - logits * target + np.log1p(e))
    g = np.where(logits >= 0, 1, e) / (1 + e)
    g -= target
    g /= g.dtype.type(g.size)
    return loss, g
