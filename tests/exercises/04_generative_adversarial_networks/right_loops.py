"""Plain loops and the math module."""

import math

import numpy as np


def optimal_discriminator(p_d, p_g):
    d = np.empty(np.shape(p_d))
    for i in np.ndindex(*d.shape):
        d[i] = p_d[i] / (p_d[i] + p_g[i]) if p_d[i] + p_g[i] > 0 else 0.5
    return d


def _log_sigmoid(v):
    return -math.log1p(math.exp(-v)) if v > 0 else v - math.log1p(math.exp(v))


def _sigmoid(v):
    return math.exp(_log_sigmoid(v))


def gan_losses(real, fake):
    discriminator = saturating = non_saturating = 0.0
    for v in real:
        discriminator -= _log_sigmoid(v) / len(real)
    for v in fake:
        saturating += _log_sigmoid(-v) / len(fake)
        non_saturating -= _log_sigmoid(v) / len(fake)
    return discriminator - saturating, saturating, non_saturating


def gan_gradients(real, fake):
    return [
        np.array([(_sigmoid(v) - 1) / len(real) for v in real]),
        np.array([_sigmoid(v) / len(fake) for v in fake]),
        np.array([-_sigmoid(v) / len(fake) for v in fake]),
        np.array([(_sigmoid(v) - 1) / len(fake) for v in fake]),
    ]


def dirac_step(theta, phi, eta, alternating):
    start = theta, phi
    phi = phi - eta * start[0] * _sigmoid(phi * start[0])
    other = phi if alternating else start[1]
    theta = theta + eta * other * _sigmoid(other * theta)
    return [theta, phi]


def ring(modes, radius, sigma):
    centres = []
    for k in range(modes):
        angle = k * (2 * math.pi / modes)
        centres.append([radius * math.cos(angle), radius * math.sin(angle)])
    return centres, [[sigma * sigma, 0], [0, sigma * sigma]]


def mode_report(samples, centres, sigma):
    found, good, counts = set(), 0, [0] * len(centres)
    for x in samples:
        far = [math.dist(x, c) for c in centres]
        k = far.index(min(far))
        counts[k] += 1
        good += far[k] <= 3 * sigma
        found |= {j for j, d in enumerate(far) if d <= 3 * sigma}
    n, even = len(samples), 1 / len(centres)
    return len(found), good / n, sum(max(count / n - even, 0) for count in counts)


def conditional_input(z, labels, classes):
    rows = np.zeros((len(z), z.shape[1] + classes))
    for i, label in enumerate(labels):
        rows[i, : z.shape[1]] = z[i]
        rows[i, z.shape[1] + label] = 1
    return rows


def conv_transpose(y, w, stride, padding):
    height = (y.shape[0] - 1) * stride - 2 * padding + w.shape[0]
    width = (y.shape[1] - 1) * stride - 2 * padding + w.shape[1]
    x = np.zeros((height, width))
    for i in range(y.shape[0]):
        for j in range(y.shape[1]):
            for s in range(w.shape[0]):
                for t in range(w.shape[1]):
                    row, column = stride * i + s - padding, stride * j + t - padding
                    if 0 <= row < height and 0 <= column < width:
                        x[row, column] += y[i, j] * w[s, t]
    return x
