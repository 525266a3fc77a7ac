"""The perceptron of W5, its gradient and its running average, written out with every buffer allocated once."""

import numpy as np

from benchmarks.libraries.by_hand import Adam


def silu(x, work):
    """x sigmoid(x) in place of x; sigmoid(x) is left in work."""
    np.negative(x, out=work)
    np.exp(work, out=work)
    work += 1
    np.divide(1, work, out=work)  # faster than np.reciprocal
    x *= work
    return x


def silu_slope(y, s, work):
    """The slope of silu from y = x s and s = sigmoid(x): s + y (1 - s)."""
    np.subtract(1, s, out=work)
    work *= y
    work += s
    return work


class HandTimeMLP:
    """The network of the others; n points, and as many times or one.

    parts: w, b of the time's embedding, then for each layer its w, b and those that inject the time, then the output's
    w, b.  decay: of the running average."""

    def __init__(self, parts, frequencies, n, times, decay=0.0):
        kind, width = parts[0].dtype, len(parts[0])
        ends = np.cumsum([0] + [a.size for a in parts])
        self.theta = np.concatenate([a.ravel() for a in parts])
        self.grad, self.average = np.zeros_like(self.theta), self.theta.copy()
        self.w, self.g = (
            [v[i:j].reshape(a.shape) for a, i, j in zip(parts, ends, ends[1:], strict=False)]
            for v in (self.theta, self.grad)
        )
        self.adam, self.spare = Adam(self.theta), np.empty_like(self.theta)
        self.frequencies, self.decay = frequencies, decay

        def buffers(rows, count):
            return [np.empty((rows, width), kind) for _ in range(count)]

        self.waves, self.out = np.empty((times, 2 * len(frequencies)), kind), np.empty((n, 2), kind)
        self.e, self.se, self.de, self.we = buffers(times, 4)
        self.h, self.s, self.work, self.injected = buffers(n, 3), buffers(n, 3), buffers(n, 1)[0], buffers(times, 1)[0]
        self.cot, self.ones = buffers(n, 3), np.ones(n, kind)

    def forward(self, x, u):
        wt, bt, *layers, wo, bo = self.w
        half = len(self.frequencies)
        angles = np.multiply((1000 * u)[:, None], self.frequencies, out=self.waves[:, :half])
        np.cos(angles, out=self.waves[:, half:])
        np.sin(angles, out=angles)
        e = np.matmul(self.waves, wt.T, out=self.e)
        e += bt
        silu(e, self.se)
        self.x = x
        for i in range(3):
            w, b, v, c = layers[4 * i : 4 * i + 4]
            h = np.matmul(x, w.T, out=self.h[i])
            k = np.matmul(e, v.T, out=self.injected)
            k += b
            k += c
            h += k
            x = silu(h, self.s[i])
        y = np.matmul(x, wo.T, out=self.out)
        y += bo
        return y

    def backward(self, g):
        *layers, wo, _ = self.w[2:]
        gwt, gbt, *into, gwo, gbo = self.g
        np.matmul(g.T, self.h[2], out=gwo)
        np.matmul(self.ones, g, out=gbo)
        g = np.matmul(g, wo, out=self.cot[2])
        for i in (2, 1, 0):
            gw, gb, gv, gc = into[4 * i : 4 * i + 4]
            g *= silu_slope(self.h[i], self.s[i], self.work)
            np.matmul(g.T, self.h[i - 1] if i else self.x, out=gw)
            np.matmul(g.T, self.e, out=gv)
            np.matmul(self.ones, g, out=gb)
            gc[:] = gb
            if i == 2:
                np.matmul(g, layers[4 * i + 2], out=self.de)
            else:
                self.de += np.matmul(g, layers[4 * i + 2], out=self.we)
            if i:
                g = np.matmul(g, layers[4 * i], out=self.cot[i - 1])
        self.de *= silu_slope(self.e, self.se, self.we)
        np.matmul(self.de.T, self.waves, out=gwt)
        np.matmul(self.ones, self.de, out=gbt)

    def update(self):
        self.adam.step(self.grad)
        np.subtract(self.theta, self.average, out=self.spare)
        self.spare *= 1 - self.decay
        self.average += self.spare
