"""A multilayer perceptron, its gradient and Adam, written out in NumPy with every buffer allocated once.

This is what no engine can be expected to beat; the distance to it is an engine's overhead.
"""

import numpy as np

SLOPE = np.float32(0.2)


class HandMLP:
    """Affine layers with leaky ReLU between them, for a fixed batch size."""

    def __init__(self, weights, biases, batch):
        arrays = [a for pair in zip(weights, biases, strict=True) for a in pair]
        ends = np.cumsum([0] + [a.size for a in arrays])
        self.theta = np.concatenate([a.ravel() for a in arrays])
        self.grad = np.zeros_like(self.theta)

        def views(vector):
            return [vector[i:j].reshape(a.shape) for a, i, j in zip(arrays, ends, ends[1:], strict=False)]

        p, g = views(self.theta), views(self.grad)
        self.w, self.b, self.gw, self.gb = p[::2], p[1::2], g[::2], g[1::2]
        kind = self.theta.dtype
        self.pre = [np.empty((batch, w.shape[0]), kind) for w in self.w]  # before the activation
        self.post = [np.empty((batch, w.shape[0]), kind) for w in self.w[:-1]]
        self.spare = [np.empty((batch, w.shape[0]), kind) for w in self.w[:-1]]
        self.cot = [np.empty((batch, w.shape[1]), kind) for w in self.w]
        self.positive = [np.empty((batch, w.shape[0]), bool) for w in self.w[:-1]]
        self.ones = np.ones(batch, kind)
        self.moments = np.zeros_like(self.theta), np.zeros_like(self.theta)
        self.work = np.empty_like(self.theta)
        self.t = 0

    def forward(self, x):
        """The network's output, in a buffer that the next call overwrites."""
        for i, (w, b) in enumerate(zip(self.w, self.b, strict=True)):
            self.input = x if i == 0 else self.input
            y = np.matmul(x, w.T, out=self.pre[i])
            y += b
            if i < len(self.w) - 1:
                x = np.multiply(y, SLOPE, out=self.post[i])
                np.maximum(y, x, out=x)
        return y

    def backward(self, g, input_gradient=False):
        """The gradient in all parameters, in self.grad, from the output's cotangent; in the input, if asked."""
        for i in reversed(range(len(self.w))):
            x = self.post[i - 1] if i else self.input
            np.matmul(g.T, x, out=self.gw[i])
            np.matmul(self.ones, g, out=self.gb[i])
            if i or input_gradient:
                g = np.matmul(g, self.w[i], out=self.cot[i])
            if i:
                mask = np.greater(self.pre[i - 1], 0, out=self.positive[i - 1])
                slope = np.multiply(mask, np.float32(1 - SLOPE), out=self.spare[i - 1])
                slope += SLOPE
                g *= slope
        return g

    def adam(self, lr=1e-3, b1=0.9, b2=0.999, eps=1e-8):
        """One step of Adam along self.grad."""
        self.t += 1
        (m, v), g, w = self.moments, self.grad, self.work
        m *= b1
        m += np.multiply(g, 1 - b1, out=w)
        v *= b2
        np.multiply(g, g, out=w)
        v += np.multiply(w, 1 - b2, out=w)
        np.sqrt(v, out=w)
        w *= (1 - b2**self.t) ** -0.5
        w += eps
        np.divide(m, w, out=w)
        w *= lr / (1 - b1**self.t)
        self.theta -= w


def bce(logits, target):
    """Mean binary cross-entropy from logits and its gradient in them."""
    loss = np.mean(np.logaddexp(logits, np.float32(0)) - target * logits)
    g = np.exp(-np.logaddexp(-logits, np.float32(0)))
    g -= target
    g /= np.float32(g.size)
    return loss, g


class Classifier:
    """Workload: one step of a classifier on a fixed batch."""

    def __init__(self, weights, x, y):
        self.net, self.x, self.y = HandMLP(*weights, len(x)), x, y

    def step(self):
        loss, g = bce(self.net.forward(self.x), self.y)
        self.net.backward(g)
        self.net.adam()
        return float(loss)


class GAN:
    """Workload: one iteration of the non-saturating GAN, discriminator and generator."""

    def __init__(self, generator, discriminator, x, z):
        self.x, self.z, n = x, z, len(x)
        self.g, self.d = HandMLP(*generator, n), HandMLP(*discriminator, 2 * n)
        self.d_of_fake = HandMLP(*discriminator, n)  # the same weights, with buffers for one batch
        self.both = np.empty((2 * n, x.shape[1]), x.dtype)
        self.labels = np.concatenate([np.ones((n, 1), x.dtype), np.zeros((n, 1), x.dtype)])

    def step(self):
        n = len(self.x)
        self.both[:n] = self.x
        self.both[n:] = self.g.forward(self.z)
        d_loss, g = bce(self.d.forward(self.both), self.labels)
        g *= 2  # the loss is the sum of two means
        self.d.backward(g)
        self.d.adam()
        self.d_of_fake.theta[:] = self.d.theta
        g_loss, g = bce(self.d_of_fake.forward(self.g.forward(self.z)), self.labels[:n])
        self.g.backward(self.d_of_fake.backward(g, input_gradient=True))
        self.g.adam()
        return 2 * float(d_loss), float(g_loss)
